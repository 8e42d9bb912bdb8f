-- What measures each element, and where nothing does. A suppressed value counts as data.
with elements as (select * from core.coverage),

measures as (select * from core.measures),

indicator_values as (select * from core.indicator_values),

filled as (
    select distinct indicator_id
    from indicator_values
    where status in ('ok', 'suppressed')
),

counted as (
    select
        measures.element_id,
        count(*) as n_indicators,
        count(filled.indicator_id) as n_with_data,
        sum(case when measures.is_qualitative then 1 else 0 end) as n_qualitative
    from measures
    left join filled on filled.indicator_id = measures.indicator_id
    group by measures.element_id
)

select
    elements.element_id,
    elements.kind,
    coalesce(counted.n_indicators, 0) as n_indicators,
    coalesce(counted.n_with_data, 0) as n_with_data,
    coalesce(counted.n_qualitative, 0) as n_qualitative,
    case
        when counted.element_id is null then 'not_measured'
        when counted.n_with_data = 0 then 'no_data'
    end as gap
from elements
left join counted on counted.element_id = elements.element_id
order by elements.position
