select
    source, wave_from, wave_to, n_from, n_to, n_both, n_lost, n_new, retained_share, n_near, status
from core.attrition
order by source, wave_from, wave_to
