select
    indicator_id, operator, value, value_high, "by", approx,
    attributes, dimension, category, position
from core.targets
order by position
