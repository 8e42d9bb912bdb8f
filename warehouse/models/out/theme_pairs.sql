select source, code_id, other_code_id, n_documents, n_either, jaccard, status
from core.theme_pairs
order by source, code_id, other_code_id
