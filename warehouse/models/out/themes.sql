select
    source, code_id, period, dimension, category, n_documents, n_segments, share, n_all, status,
    n_people, n_people_all
from core.themes
order by source, code_id, period, dimension, category
