select source, rule_id, severity, n_rows, n_failed, remedy, blocking
from core.quality
order by source, rule_id
