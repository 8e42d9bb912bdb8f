-- What weighting changed, after disclosure control.
select
    source, wave, variable, category, n, unweighted_share, weighted_share, target_share,
    min_weight, max_weight, cv_weight, effective_n, design_effect, n_trimmed, method, status, note,
    category_it, category_en
from core.weighting
order by source, wave, variable <> 'all', variable, category
