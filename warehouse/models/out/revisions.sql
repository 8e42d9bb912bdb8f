-- Revisions as they were kept; what is suppressed today shows neither its earlier number nor its new one.
with revisions as (
    select
        indicator_id, period, dimension, category, theory_version_before, definition_id_before, status_before,
        value_before, theory_version, definition_id, status, value, revised_at
    from core.revisions
),

hidden as (
    select indicator_id, period, dimension, category
    from core.indicator_values
    where status = 'suppressed'
)

select
    revisions.indicator_id, revisions.period, revisions.dimension, revisions.category,
    revisions.theory_version_before, revisions.definition_id_before, revisions.status_before,
    case when hidden.indicator_id is null then revisions.value_before end as value_before,
    revisions.theory_version, revisions.definition_id, revisions.status,
    case when hidden.indicator_id is null then revisions.value end as value,
    revisions.revised_at
from revisions
left join hidden using (indicator_id, period, dimension, category)
order by
    revisions.revised_at, revisions.indicator_id, revisions.period, revisions.dimension, revisions.category,
    revisions.definition_id_before, revisions.definition_id
