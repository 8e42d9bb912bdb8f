"""The sampling design in SQL: units counted in the whole design, squares summed stage by stage, faults found.

Works on sums per sampling unit, whatever they are sums of; `queries` and `quantiles` bring them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pipelines.indicators.groups import Group
from pipelines.indicators.rows import sampled_cte, source_cte
from pipelines.indicators.statements import indented, select


@dataclass(frozen=True)
class Sums:
    """Names of the sums kept for one task, and SQL making each at the row level; equal sums are kept once.

    n rows used, t = Σa, b = Σb, and where squares are wanted aa = Σa², ab = Σab, bb = Σb².
    """

    made: dict[str, str]
    n: str
    t: str
    b: str
    aa: str = ""
    ab: str = ""
    bb: str = ""


def design_cte(group: Group, k: int, rows: str = "measured") -> str:
    """For each stratum of stage k: m units, sampled fraction f, and what multiplies and centres the squares.

    Units are counted in the whole design, never in a domain. A stratum with one unit has no spread of its own: it
    counts nothing (`certainty`), is taken around the whole sample's mean (`adjust`), or is flagged for `average`.
    """
    stage, keys = group.stages[k], [key for j in range(k) for key in group.stage_keys(j)]
    stratum = [*keys, *([f"s{k}"] if stage.stratum else [])]
    units = f"count(distinct u{k})" if stage.unit else "count(*)"
    population = f"cast(max(f{k}) as double)" if stage.population else "cast(null as double)"
    lonely = group.tasks[0].lonely
    alone = "1 - f" if lonely == "adjust" else "0"
    fraction = "case when population is null then 0 when population <= 1 then population else m / population end"
    inner = f"select {', '.join([*stratum, f'{units} as m', f'{population} as population'])} from {rows}"
    inner += f" group by {', '.join(stratum)}" if stratum else ""
    columns = [
        *stratum, "m", "f",
        f"case when m > 1 then (1 - f) * m / (m - 1) else {alone} end as g",
        "case when m > 1 then cast(1 as double) / m else 0 end as c",
        "case when m > 1 or f >= 1 then 0 else 1 end as is_lonely",
    ]  # fmt: skip
    counted = f"(select *, {fraction} as f from ({inner}) as units) as fractions"
    return f"design{k} as (\n  select\n    {indented(columns)}\n  from {counted}\n)"


def variance_ctes(group: Group, sums: Sequence[Sums], cells: Sequence[str] = ()) -> list[str]:
    """From the last stage to the first: squares of unit totals in each stratum, and the share passed up from below.

    `cells` are the columns that tell one domain from another; as a rule the cut and its period and category keys.

    V = Σ_h [ g_h (Σt² - c_h (Σt)²) + f_h Σ_i V_i ], the estimator of Särndal, Swensson & Wretman 1992, 4.3, as R's
    survey::svyrecvar computes it, kept as the three numbers of the quadratic form in a and b.
    """
    ctes: list[str] = []
    cells = list(cells) or ["cut", *group.cell_keys]
    origin, last = "rolled", len(group.stages) - 1
    for k in range(last, -1, -1):
        above = [key for j in range(k) for key in group.stage_keys(j)]
        stratum = [f"s{k}"] if group.stages[k].stratum else []
        below = k < last
        names: dict[str, None] = {}
        if group.stages[k].unit:
            columns = [*cells, *above, *stratum, "sum(present) as present"]
            for i, s in enumerate(sums):
                columns += [f"sum({name}) as {name}" for name in dict.fromkeys((s.n, s.t, s.b))]
                columns += [
                    f"sum({s.t} * {s.t}) as qaa{i}",
                    f"sum({s.t} * {s.b}) as qab{i}",
                    f"sum({s.b} * {s.b}) as qbb{i}",
                ]
                columns.append(f"count(case when {s.n} > 0 then 1 end) as units{i}")
                if below:
                    columns += [f"sum({v}{i}) as {v}{i}" for v in ("vaa", "vab", "vbb")]
            ctes.append(select(f"units{k}", columns, origin, [*cells, *above, *stratum]))
            origin = f"units{k}"
        columns = [*(f"q.{c}" for c in (*cells, *above)), "sum(q.present) as present"]
        for i, s in enumerate(sums):
            names = dict.fromkeys((s.n, s.t, s.b))
            columns += [f"sum(q.{name}) as {name}" for name in names]
            aa, ab, bb = (f"qaa{i}", f"qab{i}", f"qbb{i}") if group.stages[k].unit else (s.aa, s.ab, s.bb)
            for v, square, left, right in (("vaa", aa, s.t, s.t), ("vab", ab, s.t, s.b), ("vbb", bb, s.b, s.b)):
                lower = f" + h.f * q.{v}{i}" if below else ""
                columns.append(f"sum(h.g * (q.{square} - h.c * q.{left} * q.{right}){lower}) as {v}{i}")
            if k == 0:
                units = f"q.units{i}" if group.stages[k].unit else f"q.{s.n}"
                columns += [f"sum({units}) as units{i}", f"count(case when q.{s.n} > 0 then 1 end) as strata{i}",
                            f"sum(case when q.{s.n} > 0 then h.is_lonely else 0 end) as lonely{i}"]  # fmt: skip
        joined = " and ".join(f"q.{key} = h.{key}" for key in (*above, *stratum)) or "1 = 1"
        by = ", ".join(f"q.{key}" for key in (*cells, *above))
        ctes.append(
            f"variance{k} as (\n  select\n    {indented(columns)}\n  from {origin} as q join design{k} as h on {joined}"
            f"\n  group by {by}\n)"
        )
        origin = f"variance{k}"
    return ctes


def design_checks_sql(group: Group, k: int) -> str:
    """What is wrong with one stage of the design: strata, lonely ones, and population sizes that cannot be."""
    stage, keys = group.stages[k], [key for j in range(k) for key in group.stage_keys(j)]
    stratum = [*keys, *([f"s{k}"] if stage.stratum else [])]
    units = f"count(distinct u{k})" if stage.unit else "count(*)"
    f = f"cast(f{k} as double)" if stage.population else "cast(null as double)"
    inner = f"select {units} as m, min({f}) as low, max({f}) as high, count(*) - count({f}) as missing from sampled"
    inner += f" group by {', '.join(stratum)}" if stratum else ""
    wanted = "1 = 1" if stage.population else "1 = 0"
    columns = [
        "sum(case when m = 1 and not coalesce(low = 1, false) then 1 else 0 end) as lonely",
        f"sum(case when {wanted} and (missing > 0 or low <= 0 or low <> high) then 1 else 0 end) as unclear",
        "sum(case when high > 1 and m > high then 1 else 0 end) as too_small",
        "max(case when high > 1 then m / high else high end) as fraction",
    ]
    ctes = [*([source_cte(group)] if group.between else []), sampled_cte(group)]
    return f"with {', '.join(ctes)}\nselect\n  {indented(columns, 2)}\nfrom ({inner}) as strata"
