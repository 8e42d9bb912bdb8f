select source, document_id, code_id, present, status
from core.theme_cases
order by source, document_id, code_id
