-- Comparisons of published values, as `core.comparisons` holds them; the rules are in pipelines/indicators/pairs.py.
select
    indicator_id, period, dimension, category, against, other_period,
    other_category, other_indicator, value, other_value, difference, std_error,
    ci_low, ci_high, ci_level, degrees_of_freedom, p_value, p_adjusted,
    n_compared, n, n_other, n_both, unit, method,
    status, verdict, note
from core.comparisons
order by indicator_id, period, dimension, category, against
