select element_id, link_id, assumption_id, source, kind, direction, strength, reference
from core.evidence
order by element_id, link_id, assumption_id, source, kind, reference, direction, strength
