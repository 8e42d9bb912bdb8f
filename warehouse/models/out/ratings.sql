select
    "source", dimension, category, "group", kind, n, n_items, median, q1, q3, mean, ci_low, ci_high,
    distribution, statistic, p_value, p_adjusted, effect, status, method, position, source_it, source_en,
    dimension_it, dimension_en, category_it, category_en, group_it, group_en
from core.ratings
order by source, kind, dimension, position, category, "group" <> 'all', "group"
