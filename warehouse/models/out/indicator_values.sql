-- Values after disclosure control, as `core.indicator_values` holds them.
select
    indicator_id, period, dimension, category,
    n, numerator, denominator, value,
    std_error, ci_low, ci_high, ci_level, degrees_of_freedom,
    method, unit, status, note,
    theory_version, definition_id, snapshot_id
from core.indicator_values
order by indicator_id, period, dimension, category
