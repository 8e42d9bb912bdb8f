select
    "source", cohort, kind, item, "position", n, base, of_previous, of_first, amount, leverage,
    participations, organisations, status, method, title_it, title_en,
    source_it, source_en, cohort_it, cohort_en
from core.funnels
order by source, kind <> 'stage', kind, cohort = 'all', cohort, "position"
