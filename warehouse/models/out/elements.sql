select element_id, kind, position, statement, statement_it, statement_en, attributes
from core.elements
order by kind, position, element_id
