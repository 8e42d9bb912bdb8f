select
    "source", wave, kind, measure, value, ci_low, ci_high, n_nodes, n_ties, n_answered, method,
    compared_with, std_error, ci_level, p_value, n_members, directed, "position", status, note,
    title_it, title_en, kind_it, kind_en, day
from core.networks
order by source, kind <> 'all', kind, measure, compared_with is not null, "position"
