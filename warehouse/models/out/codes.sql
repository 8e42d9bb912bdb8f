select source, code_id, path, parent, title_it, title_en, description_it, description_en, position
from core.codes
order by source, position
