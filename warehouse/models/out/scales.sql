select
    source, scale, period, wave, title_it, title_en, library, reference, score, times, n_items,
    at_least, n, alpha, ci_low, ci_high, ci_level, weighted, status
from core.scale_reliability
order by source, scale, period, wave
