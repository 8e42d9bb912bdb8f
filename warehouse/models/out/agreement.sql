select source, code_id, coefficient, kind, n_units, n_coders
from core.agreement
order by source, code_id, kind
