"""The engine against R's `survey` on public samples: every number of in_survey.csv, which in_survey.R wrote.

Means, totals, ratios, shares and quantiles with their errors, intervals and degrees of freedom, for the whole and for
groups inside the full design; differences between groups and periods; strata with a single unit. The data are described
in data/README.md.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Mapping
from typing import Any

import pandas as pd
import pytest

from pipelines.indicators.comparisons import compare
from pipelines.indicators.estimate import compute
from tests.indicators.conftest import DATA, cell, landed, programme_with, reference, table_of, theory_with

HALVES = {"start": "2024-01-01", "end": "2024-12-31", "every": "half_year"}
NUMBERS = ("value", "std_error", "ci_low", "ci_high", "degrees_of_freedom")
SCHOOLS = {"file": "apiclus1", "y": "api00", "x": "api99", "share": "api00 > 600", "weight": "pw"}
ROOMS = {"file": "crowd", "y": "person", "x": "rooms", "weight": "weight", "strata": ("stratum",),
         "cluster": ("cluster",)}  # fmt: skip
VALUES = {"file": "fpc", "y": "x", "weight": "weight", "strata": ("stratid",), "cluster": ("psuid",)}
#: The designs of in_survey.R: what is measured, and the roles of the columns.
DESIGNS: dict[str, dict[str, Any]] = {
    "fpc with replacement": VALUES,
    "fpc without replacement": VALUES | {"fpc": ("Nh",), "share": "x > 4", "where": {"large": "x > 4"}},
    "mu284": {"file": "mu284", "y": "y1", "share": "y1 > 40", "weight": "w", "cluster": ("id1", "id2"),
              "fpc": ("n1", "n2")},
    "scd": {"file": "scd", "y": "alive", "x": "arrests", "weight": "w", "strata": ("ESA",), "cluster": ("ambulance",)},
    "hospital": {"file": "hospital", "y": "births", "share": "births > 1000", "weight": "weighta",
                 "strata": ("oblevel",), "cluster": ("hospno",), "fpc": ("tothosp",)},
    **{f"crowd {way}": ROOMS | {"lonely": way} for way in ("certainty", "adjust", "average")},
    **{f"lonely {way}": SCHOOLS | {"file": "apistrat", "strata": ("stype",), "fpc": ("fpc",), "lonely": way}
       for way in ("certainty", "adjust", "average")},
    "election": {"file": "election", "y": "Bush", "x": "votes", "share": "Bush > Kerry", "weight": "wt"},
    "nhanes": {"file": "nhanes", "y": "hi_chol", "share": "hi_chol = 1", "weight": "weight", "strata": ("stratum",),
               "cluster": ("psu",), "by": "agecat", "compared": "sex"},
    "apiclus1": SCHOOLS | {"cluster": ("dnum",), "fpc": ("fpc",), "by": "stype", "compared": "sch_wide"},
    "apistrat": SCHOOLS | {"file": "apistrat", "strata": ("stype",), "fpc": ("fpc",), "by": "sch_wide",
                           "compared": "sch_wide"},
    "apiclus2": SCHOOLS | {"file": "apiclus2", "cluster": ("dnum", "snum"), "fpc": ("fpc1", "fpc2"), "by": "stype",
                           "compared": "sch_wide"},
}  # fmt: skip
CATEGORIES = ("stype", "sch_wide", "comp_imp", "agecat", "sex")

with (DATA / "in_survey.csv").open(encoding="utf-8") as text:
    IN_SURVEY = list(csv.DictReader(text))


def rows_of(name: str) -> pd.DataFrame:
    rows = reference(DESIGNS[name]["file"])
    if name.startswith("lonely"):  # thirty, twenty and one of the three strata
        rows = pd.concat([rows[rows["stype"] == stype][:size] for stype, size in (("E", 30), ("M", 20), ("H", 1))])
    return rows


def told_by_the_engine(name: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The values and comparisons of everything in_survey.R asks of a design."""
    design, rows = DESIGNS[name], rows_of(name)
    # the two groups compared stand in the two halves of the year, too
    first = min(rows[design["compared"]].dropna()) if "compared" in design else ""
    rows["day"] = (
        ["2024-03-01" if group == first else "2024-09-01" for group in rows[design["compared"]]] if first else ""
    )
    types = {column: "category" if column in CATEGORIES else "number" for column in rows.columns} | {"day": "date"}
    roles = {role: design[role] for role in ("weight", "strata", "cluster", "fpc") if role in design}
    table = table_of(types, date="day" if first else None, period=None if first else "2024", **roles)
    y, x = design["y"], design.get("x")
    measures: dict[str, dict[str, Any]] = {"mean": {"mean": y}, "sum": {"sum": y}}
    measures |= {f"quantile {at}": {"quantile": {"of": y, "at": at}} for at in ("0.25", "0.5", "0.75")}
    if x:
        measures["ratio"] = {"ratio": {"numerator": y, "denominator": x}}
    if "share" in design:
        measures["share"] = {"share": design["share"]}
    if name == "apiclus1":
        measures["change"] = {"mean": "api00 - api99"}
    breakdowns = sorted({design[key] for key in ("by", "compared") if key in design})
    indicators = [
        {"id": f"{statistic} {group}".strip().replace(" ", "-").replace(".", ""),
         "measure": {"from": "answers", **measure, **({"where": where} if where else {})}, "disaggregation": breakdowns,
         "uncertainty": {"mode": "sample", "lonely": design.get("lonely", "refuse")}}
        for statistic, measure in measures.items()
        for group, where in {"": "", **design.get("where", {})}.items()
    ]  # fmt: skip
    connection, theory, programme = landed(rows, table), theory_with(indicators), programme_with(HALVES)
    tables = {"answers": table}
    values = compute(connection, theory, programme, tables, "snapshot", {}).values
    found = values, compare(connection, theory, programme, tables, values) if first else pd.DataFrame()
    connection.close()
    return found


@pytest.mark.parametrize("name", DESIGNS)
def test_every_number_is_that_of_survey(name: str):
    design = DESIGNS[name]
    values, differences = told_by_the_engine(name)
    asked = [row for row in IN_SURVEY if row["design"] == name]
    assert asked
    for row in asked:
        statistic, group = row["statistic"], row["group"]
        if statistic.startswith("difference"):
            id_ = {"means": "mean", "totals": "sum", "ratios": "ratio", "shares": "share"}[statistic.split()[-1]]
            own = differences[differences["indicator_id"] == id_]
            if id_ != "sum":  # totals of groups are parts of one, and not compared
                between = own[(own["period"] == "all") & (own["dimension"] == design["compared"])].iloc[0]
                agree({"value": between["difference"], "std_error": between["std_error"]}, row)
            later = own[(own["against"] == "previous_period") & (own["dimension"] == "all")].iloc[0]
            agree({"value": -later["difference"], "std_error": later["std_error"]}, row)
            continue
        id_ = statistic.replace(" ", "-").replace(".", "")
        filtered = group in design.get("where", {})
        place = {} if group == "all" or filtered else {"dimension": design["by"], "category": group}
        agree(cell(values, f"{id_}-{group}" if filtered else id_, **place), row)


def agree(found: Mapping[str, Any], wanted: Mapping[str, str]) -> None:
    """To nine digits, shares to six (svyciprop iterates); what one side does not have, the other has not either."""
    digits = 1e-6 if wanted["statistic"] == "share" else 1e-9
    for name in NUMBERS:
        if name not in found:
            continue
        expected = float(wanted[name]) if wanted[name] else math.nan
        number = float(found[name]) if pd.notna(found[name]) else math.nan
        assert number == pytest.approx(expected, rel=digits, abs=digits, nan_ok=True), f"{name} of {dict(wanted)}"
