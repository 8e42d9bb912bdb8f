select
    indicator_id, title, title_it, title_en,
    measures, unit, measure_kind, source, direction, attributes, position, unit_it, unit_en
from core.indicators
order by position
