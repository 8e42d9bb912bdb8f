select
    source, code_id, coefficient, kind, n_units, n_coders, ci_low, ci_high, ci_level, "interval", unit, status
from core.agreement
order by source, code_id, kind
