"""The same values as somebody who knows the formulas would write them for these answers alone, one query a design.

One pass over the rows, squares not centred (the answers are 1 to 5: nothing is lost), no checks, no notes, no grid.
Both group once at the finest cell and roll the sums up. Under clusters that finest cell is nearly a row, so a second
query there sums at the two widest breakdowns and derives each narrower one from the smallest that holds it: the fastest
we could write.
"""

from __future__ import annotations

from collections.abc import Iterable

from benchmarks.answers import CUTS, KEYS, MEANS, QUESTIONS

_ROWS = "rows as (\n  select *, w * w as ww, year(day) as year\n  from core.answers\n)"
_DESIGN = "design as (\n  select h, count(distinct u) as m\n  from core.answers\n  group by h\n)"


def _lines(parts: Iterable[str]) -> str:
    return ",\n  ".join(parts)


def _answer(i: int) -> str:
    return f"q{i}" if i < MEANS else f"cast(q{i} >= 4 as bigint)"


def _sets(*more: str) -> str:
    sets = [(*period, *cut, *more) for period in (("year",), ()) for cut in CUTS]
    return ", ".join(f"({', '.join(one)})" for one in sets)


def weighted() -> str:
    """Σw, Σwy, Σw², Σw²y and Σw²y² of every question at the finest cell; the rest is arithmetic on 152 rows."""
    sums: dict[str, str] = {}
    results = []
    for i in range(QUESTIONS):
        y = _answer(i)
        sums |= {f"n{i}": f"count(q{i})", f"b{i}": f"sum(case when q{i} is not null then w end)",
                 f"bb{i}": f"sum(case when q{i} is not null then ww end)",
                 f"t{i}": f"sum(w * {y})", f"ab{i}": f"sum(ww * {y})"}  # fmt: skip
        if i < MEANS:
            sums[f"aa{i}"] = f"sum(ww * {y} * {y})"
        aa, r = f"aa{i}" if i < MEANS else f"ab{i}", f"(t{i} / b{i})"  # y² = y for 0 and 1
        squares = f"{aa} - 2 * {r} * ab{i} + {r} * {r} * bb{i}"
        results += [f"n{i}", f"t{i} / b{i} as value{i}", f"sqrt(m / (m - 1.0) * ({squares})) / b{i} as error{i}"]
    keys = ", ".join(KEYS)
    return f"""with {_ROWS}, finest as (
  select {keys}, {_lines(f"{sql} as {name}" for name, sql in sums.items())}
  from rows
  group by {keys}
), rolled as (
  select {keys}, {_lines(f"sum({name}) as {name}" for name in sums)}
  from finest
  group by grouping sets ({_sets()})
), size as (
  select count(*) as m
  from core.answers
)
select {keys}, {_lines(results)}
from rolled cross join size"""


def _unit_sums() -> dict[str, str]:
    made: dict[str, str] = {}
    for i in range(QUESTIONS):
        made |= {f"n{i}": f"count(q{i})", f"b{i}": f"sum(case when q{i} is not null then w end)",
                 f"t{i}": f"sum(w * {_answer(i)})"}  # fmt: skip
    return made


def _variances() -> str:
    """From sums by cell and unit to values: squares in each stratum, then strata added up."""
    squares, strata, results = [], [], []
    for i in range(QUESTIONS):
        r = f"(t{i} / b{i})"
        squares += [f"sum({one}{i}) as {one}{i}" for one in "ntb"]
        squares += [f"sum(t{i} * t{i}) as tt{i}", f"sum(t{i} * b{i}) as tb{i}", f"sum(b{i} * b{i}) as bb{i}",
                    f"count(case when n{i} > 0 then 1 end) as units{i}"]  # fmt: skip
        strata += [f"sum({one}{i}) as {one}{i}" for one in "ntb"]
        strata += [
            f"sum(m / (m - 1.0) * ({x}{y}{i} - {x}{i} * {y}{i} / m)) as v{x}{y}{i}" for x, y in ("tt", "tb", "bb")
        ]
        strata.append(f"sum(units{i}) - count(case when units{i} > 0 then 1 end) as df{i}")
        squared = f"vtt{i} - 2 * {r} * vtb{i} + {r} * {r} * vbb{i}"
        results += [f"n{i}", f"{r} as value{i}", f"sqrt({squared}) / b{i} as error{i}", f"df{i}"]
    keys = ", ".join(KEYS)
    return f"""strata as (
  select cut, {keys}, h, {_lines(squares)}
  from units
  group by cut, {keys}, h
), cells as (
  select cut, {keys}, {_lines(strata)}
  from strata inner join design using (h)
  group by cut, {keys}
)
select {keys}, {_lines(results)}
from cells"""


def clustered() -> str:
    keys, made = ", ".join(KEYS), _unit_sums()
    return f"""with {_ROWS}, {_DESIGN}, finest as (
  select {keys}, h, u, {_lines(f"{sql} as {name}" for name, sql in made.items())}
  from rows
  group by {keys}, h, u
), units as (
  select grouping_id({keys}) as cut, {keys}, h, u, {_lines(f"sum({name}) as {name}" for name in made)}
  from finest
  group by grouping sets ({_sets("h", "u")})
), {_variances()}"""


def clustered_by_steps() -> str:
    made = _unit_sums()
    again = _lines(f"sum({name}) as {name}" for name in made)
    first = _lines(f"{sql} as {name}" for name, sql in made.items())

    def step(name: str, origin: str, kept: tuple[str, ...], sums: str = again) -> str:
        columns = ", ".join(key if key in kept else f"null as {key}" for key in KEYS)
        by = ", ".join((*kept, "h", "u"))
        return f"{name} as (\n  select {columns}, h, u, {sums}\n  from {origin}\n  group by {by}\n)"

    steps = {
        "yag": step("yag", "rows", ("year", "area", "gender"), first),
        "yb": step("yb", "rows", ("year", "age_band"), first),
        "ya": step("ya", "yag", ("year", "area")), "yg": step("yg", "yag", ("year", "gender")),
        "y": step("y", "yg", ("year",)), "ag": step("ag", "yag", ("area", "gender")), "a": step("a", "ag", ("area",)),
        "g": step("g", "ag", ("gender",)), "b": step("b", "yb", ("age_band",)), "whole": step("whole", "g", ()),
    }  # fmt: skip
    units = "\n  union all ".join(f"select {cut} as cut, * from {name}" for cut, name in enumerate(steps))
    return f"with {_ROWS}, {_DESIGN}, {', '.join(steps.values())}, units as (\n  {units}\n), {_variances()}"
