select
    element_id, link_id, assumption_id, source, kind, direction, strength, reference,
    n_documents, n_people, n_documents_all, status, title_it, title_en
from core.evidence
order by element_id, link_id, assumption_id, source, kind, reference, direction, strength
