-- Every value beside its baseline and target. The rule, in the order it is applied:
--   no_target  no target is set for this indicator and category. A target with a disaggregation holds for that category
--              alone, one without for the whole alone.
--   no_data    there is no value, or it is suppressed.
--   met        the value satisfies the operator (to within one part in a billion) and its whole interval does, too; from
--              the due date on, and where there is no date or no interval, the value alone decides.
--   not_met    it does not, and the period ends on the due date or later. A period that is not over ends, for this purpose,
--              with the last reporting period in which any indicator has rows: nothing here looks at a clock, and a
--              milestone, which has a value in every period, says nothing of when the data end.
--   on_track   before the due date, when the value satisfies the operator and its interval does not: the margin of
--              uncertainty leaves open whether the target is met, and there is time. Also when the value is at least where
--              the path is at the period's end, and has not gone past the target (as it can where the target is `=`).
--   behind     before the due date otherwise; so too where there is no path to hold it against, or the target no date.
-- `certainty` says whether the interval bears the status out: `sure` where all of it lies on the value's side of the line
-- that decided (the target; for on_track and behind the path), also where everybody was counted; `unsure` where it
-- straddles the line; null without an interval.
-- `=` holds within the target's tolerance. To `maintain` a value without a stated tolerance, an interval that covers the
-- target satisfies it: there is no evidence that it has moved.
-- The path is the one the target states (its points, joined by straight lines), else one straight line from the start to
-- the target. Before the first stated point, with no start to come from, nothing is expected yet.
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
        case when indicator_values.ci_high > indicator_values.ci_low then indicator_values.ci_low end as low,
        case when indicator_values.ci_high > indicator_values.ci_low then indicator_values.ci_high end as high,
        coalesce(regexp_matches(indicator_values."method", '(^|; )(census|milestone)'), false) as is_exact,
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
        targets.attributes,
        cast(json_extract_string(targets.attributes, '$.tolerance') as double) as stated_tolerance,
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
        goals.operator, goals.target, goals.target_high, goals.due, goals.attributes, goals.stated_tolerance,
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

waypoints as (
    select
        stated.indicator_id, stated.period, stated.dimension, stated.category, stated.end_date,
        cast(json_extract_string(point, '$.by') as date) as day,
        cast(json_extract_string(point, '$.value') as double) as expected_value
    from side_by_side as stated, unnest(cast(json_extract(stated.attributes, '$.path') as json[])) as points (point)
    union all
    select indicator_id, period, dimension, category, end_date, start_date, origin
    from side_by_side
    where origin is not null and json_extract(attributes, '$.path') is not null
    union all
    select indicator_id, period, dimension, category, end_date, due, target
    from side_by_side
    where json_extract(attributes, '$.path') is not null
),

stated_paths as (
    select
        indicator_id, period, dimension, category,
        arg_max(expected_value, day) filter (where day <= end_date) as value_before,
        max(day) filter (where day <= end_date) as day_before,
        arg_min(expected_value, day) filter (where day > end_date) as value_after,
        min(day) filter (where day > end_date) as day_after,
        arg_min(expected_value, day) as first_value,
        any_value(end_date) as end_date
    from waypoints
    group by all
),

bounds as (
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
        case
            when operator in ('>=', 'between') then target - tolerance
            when operator = '=' then target - coalesce(stated_tolerance, 0) - tolerance
        end as least,
        case
            when operator = '<=' then target + tolerance
            when operator = 'between' then target_high + tolerance
            when operator = '=' then target + coalesce(stated_tolerance, 0) + tolerance
        end as most,
        direction = 'maintain' and operator = '=' and stated_tolerance is null and low <= target and high >= target
            as covers,
        case
            when due <= start_date then 1.0
            when end_date <= start_date then 0.0
            else least(1.0, cast(end_date - start_date as double) / cast(due - start_date as double))
        end as elapsed
    from side_by_side
),

ways as (
    select
        bounds.*,
        coalesce(covers, false) or (value >= coalesce(least, value) and value <= coalesce(most, value)) as is_satisfied,
        low >= coalesce(least, low) and high <= coalesce(most, high) as is_surely_in,
        high < least or low > most as is_surely_out,
        stated_paths.first_value is not null as has_path,
        case
            when stated_paths.first_value is null then origin + elapsed * (goal - origin)
            when stated_paths.day_after is null then stated_paths.value_before
            else stated_paths.value_before + (stated_paths.value_after - stated_paths.value_before)
                * cast(bounds.end_date - stated_paths.day_before as double)
                / cast(stated_paths.day_after - stated_paths.day_before as double)
        end as expected_value,
        case operator
            when '>=' then 1
            when '<=' then -1
            else sign(coalesce(goal, target) - coalesce(origin, stated_paths.first_value))
        end as way
    from bounds
    left join stated_paths
        on stated_paths.indicator_id = bounds.indicator_id and stated_paths.period = bounds.period
        and stated_paths.dimension = bounds.dimension and stated_paths.category = bounds.category
),

covered as (
    select
        ways.*,
        (value - origin) / (goal - origin) as progress,
        case when has_path then (expected_value - origin) / (goal - origin) else elapsed end as expected,
        case
            when has_path and expected_value is null then true
            when not has_path and goal is null then false
            else way * (value - expected_value) >= -1e-9 * greatest(1, abs(expected_value))
                and (operator = '>=' or operator = '<=' or way * (value - coalesce(goal, target)) <= tolerance)
        end as is_on_path,
        case
            when way > 0 then low >= expected_value - tolerance or high < expected_value - tolerance
            else high <= expected_value + tolerance or low > expected_value + tolerance
        end as is_surely_placed
    from ways
),

judged as (
    select
        covered.*,
        case
            when target is null then 'no_target'
            when value is null then 'no_data'
            when is_satisfied and (due is null or end_date >= due or low is null or is_surely_in) then 'met'
            when is_satisfied then 'on_track'
            when end_date >= due then 'not_met'
            when is_on_path then 'on_track'
            else 'behind'
        end as status
    from covered
)

select
    indicator_id, period, dimension, category,
    baseline, target, operator, due, value, progress, status,
    target_high, case when due is not null then expected end as expected, unit,
    case
        when status in ('no_target', 'no_data') then null
        when low is null then case when is_exact then 'sure' end
        when status = 'met' then case when is_surely_in then 'sure' else 'unsure' end
        when is_satisfied then 'unsure'
        when status = 'not_met' or expected_value is null then case when is_surely_out then 'sure' else 'unsure' end
        when is_surely_placed then 'sure'
        else 'unsure'
    end as certainty,
    case when due is not null then expected_value end as expected_value, stated_tolerance as tolerance
from judged
order by indicator_id, period, dimension, category
