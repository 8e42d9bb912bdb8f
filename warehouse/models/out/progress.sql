-- Every value beside its baseline and target. The rule, in the order it is applied:
--   no_target  no target is set for this indicator and category. A target with a disaggregation holds for that category
--              alone, one without for the whole alone.
--   no_data    there is no value, or it is suppressed.
--   met        the value satisfies the operator, at any date (to within one part in a billion).
--   not_met    it does not, and the period ends on the due date or later. A period that is not over ends, for this purpose,
--              with the last reporting period in which any indicator has rows: nothing here looks at a clock, and a
--              milestone, which has a value in every period, says nothing of when the data end.
--   on_track   before the due date, when progress is at least the share of the time elapsed from start to due date, and
--              has not gone past the target (as it can where the target is `=` or `between`).
--   behind     before the due date otherwise; so too where no progress can be computed, or the target has no date.
-- Of several targets the next one due counts, after the last due date the last one; undated ones only where none is dated.
-- Of several baselines the one for exactly this category counts, else the first. A stated value holds for its own category
-- alone; one taken from a series is taken category by category. The start is the baseline's date, else the end of its
-- period, else the first day of the calendar.
-- progress = (value - baseline) / (goal - baseline); the goal of `between` is the bound the baseline has to cross. Counts
-- and sums without a baseline start from 0. It is null where the baseline already satisfies the target and where the
-- direction is `maintain`: there is no way to cover.
with indicator_values as (select * from core.indicator_values),

indicators as (select * from core.indicators),

targets as (select * from core.targets),

baselines as (select * from core.baselines),

periods as (select * from core.periods),

calendar as (select min(start_date) as first_day from periods),

horizon as (
    select max(periods.end_date) as last_day
    from periods
    inner join indicator_values on indicator_values.period = periods.period
    where periods.level = (select level from periods order by position limit 1)
        and (
            indicator_values.status = 'suppressed'
            or (indicator_values.status = 'ok' and indicator_values.n is not null)  -- a milestone has no rows
        )
),

rows_to_judge as (
    select
        indicator_values.indicator_id, indicator_values.period, indicator_values.dimension, indicator_values.category,
        indicator_values.value, indicator_values.unit,
        least(periods.end_date, coalesce(horizon.last_day, periods.end_date)) as end_date,
        indicators.measure_kind, indicators.direction
    from indicator_values
    cross join horizon
    left join periods on periods.period = indicator_values.period
    left join indicators on indicators.indicator_id = indicator_values.indicator_id
),

starts as (
    select
        rows_to_judge.indicator_id, rows_to_judge.period, rows_to_judge.dimension, rows_to_judge.category,
        coalesce(baselines.value, own_series.value, other_series.value) as baseline,
        coalesce(baselines."date", baseline_period.end_date, calendar.first_day) as start_date,
        row_number() over (
            partition by rows_to_judge.indicator_id, rows_to_judge.period,
                rows_to_judge.dimension, rows_to_judge.category
            order by case when baselines.dimension = rows_to_judge.dimension then 0 else 1 end, baselines.position
        ) as choice
    from rows_to_judge
    cross join calendar
    inner join baselines
        on baselines.indicator_id = rows_to_judge.indicator_id
        and (
            (baselines.dimension = rows_to_judge.dimension and baselines.category = rows_to_judge.category)
            or (baselines.dimension = 'all' and baselines.value is null)
        )
    left join periods as baseline_period on baseline_period.period = baselines.period
    left join indicator_values as own_series
        on own_series.indicator_id = baselines.indicator_id and own_series.period = baselines.period
        and own_series.dimension = rows_to_judge.dimension and own_series.category = rows_to_judge.category
    left join indicator_values as other_series
        on other_series.indicator_id = baselines.value_from and other_series.period = rows_to_judge.period
        and other_series.dimension = rows_to_judge.dimension and other_series.category = rows_to_judge.category
),

goals as (
    select
        rows_to_judge.indicator_id, rows_to_judge.period, rows_to_judge.dimension, rows_to_judge.category,
        targets.operator, targets.value as target, targets.value_high as target_high, targets."by" as due,
        row_number() over (
            partition by rows_to_judge.indicator_id, rows_to_judge.period,
                rows_to_judge.dimension, rows_to_judge.category
            order by
                case when targets."by" >= rows_to_judge.end_date then 0 when targets."by" is not null then 1 else 2 end,
                case when targets."by" >= rows_to_judge.end_date then targets."by" end,
                targets."by" desc,
                targets.position
        ) as choice
    from rows_to_judge
    inner join targets
        on targets.indicator_id = rows_to_judge.indicator_id
        and targets.dimension = rows_to_judge.dimension and targets.category = rows_to_judge.category
),

side_by_side as (
    select
        rows_to_judge.*,
        starts.baseline,
        coalesce(starts.start_date, calendar.first_day) as start_date,
        case
            when starts.choice is null and rows_to_judge.measure_kind in ('count', 'distinct', 'sum') then 0
            else starts.baseline
        end as origin,
        goals.operator, goals.target, goals.target_high, goals.due,
        1e-9 * greatest(1, abs(goals.target)) as tolerance
    from rows_to_judge
    cross join calendar
    left join starts
        on starts.indicator_id = rows_to_judge.indicator_id and starts.period = rows_to_judge.period
        and starts.dimension = rows_to_judge.dimension and starts.category = rows_to_judge.category
        and starts.choice = 1
    left join goals
        on goals.indicator_id = rows_to_judge.indicator_id and goals.period = rows_to_judge.period
        and goals.dimension = rows_to_judge.dimension and goals.category = rows_to_judge.category
        and goals.choice = 1
),

ways as (
    select
        side_by_side.*,
        case
            when direction = 'maintain' then null
            when operator = '>=' and origin < target - tolerance then target
            when operator = '<=' and origin > target + tolerance then target
            when operator = '=' and abs(origin - target) > tolerance then target
            when operator = 'between' and origin < target - tolerance then target
            when operator = 'between' and origin > target_high + tolerance then target_high
        end as goal,
        case operator
            when '>=' then value >= target - tolerance
            when '<=' then value <= target + tolerance
            when '=' then abs(value - target) <= tolerance
            when 'between' then value >= target - tolerance and value <= target_high + tolerance
        end as is_satisfied,
        case
            when due <= start_date then 1.0
            when end_date <= start_date then 0.0
            else least(1.0, cast(end_date - start_date as double) / cast(due - start_date as double))
        end as expected
    from side_by_side
),

covered as (
    select ways.*, (value - origin) / (goal - origin) as progress
    from ways
)

select
    indicator_id, period, dimension, category,
    baseline, target, operator, due, value, progress,
    case
        when target is null then 'no_target'
        when value is null then 'no_data'
        when is_satisfied then 'met'
        when end_date >= due then 'not_met'
        when progress between expected - 1e-9 and 1 then 'on_track'
        else 'behind'
    end as status,
    target_high, case when due is not null then expected end as expected, unit
from covered
order by indicator_id, period, dimension, category
