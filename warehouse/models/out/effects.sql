-- Effects as the evaluations estimated them.
select
    evaluation_id, term, design,
    estimate, std_error, statistic, p_value, p_adjusted, ci_low, ci_high, ci_level,
    n, n_group, n_comparison, effect_size, effect_size_kind,
    method, diagnostics
from core.effects
order by evaluation_id, term
