select source, n_by_rule, n_by_hand, n_balancing, per_code, shortest, longest, n_masks
from core.quote_choices
order by source
