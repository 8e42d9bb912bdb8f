select
    source, rule_id, severity, n_rows, case when hidden then null else n_failed end as n_failed,
    remedy, remedy_it, remedy_en, blocking, wave, kind, what_it, what_en
from core.quality
order by source, rule_id
