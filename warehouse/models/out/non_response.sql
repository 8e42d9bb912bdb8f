-- Worst-case bounds of shares, as `core.non_response` holds them; the rule is in pipelines/non_response.py.
select
    indicator_id, period, dimension, category,
    n, n_asked, n_missing, response_share,
    "value", share_low, share_high, known_from, unit
from core.non_response
order by indicator_id, period, dimension, category
