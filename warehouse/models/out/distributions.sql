-- Bins after disclosure control.
select indicator_id, period, dimension, category, bin_low, bin_high, n, status
from core.distributions
order by indicator_id, period, dimension, category, bin_low
