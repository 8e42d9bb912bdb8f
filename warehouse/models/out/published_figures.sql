-- Figures others published, beside what the published values give.
select
    figure_id, "value", approx, unit, as_of, source, locator,
    indicator_id, evaluation_id, period, category, term,
    value_found, difference, verdict, reason, note_it, note_en,
    disagrees_with, position
from core.published_figures
order by position
