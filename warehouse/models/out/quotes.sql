select
    source, quote_id, case when names_document then document_id end as document_id, code_id, element_id, direction,
    speaker, text, language, chosen_by, chosen_role, chosen_at, is_adverse, is_balancing
from core.quotes
order by source, quote_id, element_id
