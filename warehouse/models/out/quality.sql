select source, rule_id, severity, n_rows, n_failed, remedy, remedy_it, remedy_en, blocking
from core.quality
order by source, rule_id
