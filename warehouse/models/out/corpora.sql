select source, title_it, title_en, kind, consent, n_documents, n_people, first_day, last_day, status
from core.corpora
order by source, kind, consent
