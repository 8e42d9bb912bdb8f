select
    "source", dimension, category, "group", kind, n, n_items, median, q1, q3, mean, ci_low, ci_high,
    distribution, statistic, p_value, p_adjusted, effect, status, method
from core.ratings
order by source, kind, dimension, category, "group" <> 'all', "group"
