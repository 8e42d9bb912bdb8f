select source, n_documents, n_codes, n_new, expected
from core.saturation
order by source, n_documents
