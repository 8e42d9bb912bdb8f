select
    source, scale, period, wave, item, place, reversed, n, item_rest, alpha_without, status
from core.scale_items
order by source, scale, period, wave, place
