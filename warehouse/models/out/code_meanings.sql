select source, code_id, element_id, kind, direction, strength
from core.code_meanings
order by source, code_id, element_id
