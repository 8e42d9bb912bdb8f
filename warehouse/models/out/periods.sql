-- A period has data when any indicator has: a suppressed value is data too small to show, not a gap.
with periods as (select * from core.periods),

indicator_values as (select * from core.indicator_values),

filled as (
    select distinct period
    from indicator_values
    where status in ('ok', 'suppressed')
)

select
    periods.period,
    periods.level,
    periods.start_date,
    periods.end_date,
    filled.period is not null as has_data,
    periods.position
from periods
left join filled on filled.period = periods.period
order by periods.position
