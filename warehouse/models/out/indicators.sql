select
    indicator_id, title, title_it, title_en,
    measures, unit, measure_kind, source, direction, attributes, position
from core.indicators
order by position
