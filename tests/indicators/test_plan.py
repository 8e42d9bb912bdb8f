"""Wrong measures and evaluations are told at their own place in the theory, in both languages, all at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipelines.indicators.plan import check_measures
from tests.indicators.conftest import programme_with, table_of
from theory_of_change.loading import load_theory
from theory_of_change.programme import Workspace

RESIDENTS = table_of(
    {"trust": "integer", "area": "category", "income": "number", "day": "date", "token": "person", "wave": "category",
     "treat": "boolean", "arm": "text", "w": "number"},
    source="residents", person="token", wave="wave", weight="w", labels={"area": ("A1", "A2"), "wave": ("pre", "post")},
)  # fmt: skip
VISITS = table_of({"n": "integer", "h": "category", "g": "category"}, source="visits", strata=("h", "g"), weight="n")
HEAD = "theory: {id: t, version: 1.0.0, title: T}\n"


def problems(tmp_path: Path, text: str) -> list:
    (tmp_path / "theory_of_change.yml").write_text(HEAD + text, encoding="utf-8")
    loaded = load_theory(Workspace(tmp_path))
    assert loaded.value is not None, loaded.problems
    tables = {"residents": RESIDENTS, "visits": VISITS}
    return check_measures(loaded.value, programme_with(), tables, loaded.places)


def indicator(measure: str) -> str:
    return f"indicators:\n  - id: IN\n    title: T\n    measures: [OC]\n    unit: u\n    measure:\n      {measure}\n"


@pytest.mark.parametrize(
    ("measure", "code"),
    [
        ("{from: residents, share: trust}", "expression-not-boolean"),
        ("{from: residents, mean: trust, where: 'trst > 1'}", "expression-column-unknown"),
        ("{from: residents, mean: area}", "expression-not-number"),
        ("{from: residents, median: 'income; 1'}", "expression-several"),
        ("{from: residents, quantile: {of: incom, at: 0.5}}", "expression-column-unknown"),
        ("{from: residents, ratio: {numerator: income, denominator: area}}", "expression-not-number"),
        ("{from: residents, distinct: tokn}", "expression-column-unknown"),
        ("{from: residents, share: \"area = 'A9'\"}", "expression-code-unknown"),
        ("{formula: '{IN-A} +'}", "formula-unreadable"),
        ("{formula: '1 + 1'}", "formula-without-indicators"),
        ("{formula: 'sum({IN-A})'}", "formula-not-arithmetic"),
        ("{formula: '{IN-A} > 1'}", "formula-not-arithmetic"),
        ("{formula: '{IN-A}', where: 'trust > 1'}", "formula-with-where"),
        ("{from: residents, change: trust}", "change-without-between"),
        ("{from: residents, change: trust, between: [pre, pre]}", "change-between-same"),
        ("{from: residents, change: trust, between: [pre, later]}", "expression-code-unknown"),
        ("{from: residents, network: density}", "network-measure-without-network"),
        ("{from: visits, count: rows}", "design-stages-without-units"),
    ],
)
def test_each_mistake_has_its_name(tmp_path, measure, code):
    assert [problem.code for problem in problems(tmp_path, indicator(measure))] == [code]


@pytest.mark.parametrize(
    "measure",
    ["{from: residents, share: \"trust >= 4 and area in ('A1')\"}", "{from: residents, count: rows}",
     "{from: residents, change: trust, between: [pre, post]}", "{formula: '100 * {A} / ({B} - {A})'}",
     "{milestone: M}", "{from: elsewhere, mean: x}"],
)  # fmt: skip
def test_what_is_right_is_left_alone(tmp_path, measure):
    assert problems(tmp_path, indicator(measure)) == []


def test_the_place_is_the_key_of_the_expression(tmp_path):
    text = indicator("from: residents\n      ratio:\n        numerator: income\n        denominator: incme")
    (problem,) = problems(tmp_path, text)
    assert str(problem.place) == "theory_of_change.yml:11:22"
    assert problem.line("en") == (
        "theory_of_change.yml:11:22: error: source “residents” has no column “incme”. Did you mean “income”? "
        "Use a column of the source; if “incme” is a text, put it in single quotes. [expression-column-unknown]"
    )
    assert problem.line("it") == (
        "theory_of_change.yml:11:22: errore: la fonte «residents» non ha la colonna «incme». Forse «income»? "
        "Usare una colonna della fonte; se «incme» è un testo, metterlo tra apici semplici. [expression-column-unknown]"
    )


def test_everything_is_told_at_once(tmp_path):
    text = indicator("{from: residents, share: 'trst > foo(1)', where: area}")
    assert sorted(problem.code for problem in problems(tmp_path, text)) == [
        "expression-column-unknown", "expression-function-unknown", "expression-not-boolean"]  # fmt: skip


def evaluation(rest: str) -> str:
    return f"evaluations:\n  - {{id: EV, from: residents, {rest}}}\n"


@pytest.mark.parametrize(
    ("rest", "codes"),
    [
        ("measure: income, design: randomised, group: treat, covariates: [trust, area]", []),
        ('measure: "income > 0", design: randomised, group: "arm = \'A\'"', []),
        ("measure: income, design: randomised", ["evaluation-lacks"]),
        ("measure: area, design: randomised, group: treat", ["expression-not-number"]),
        ("measure: income, design: randomised, group: arm", ["evaluation-group-not-binary"]),
        ("measure: income, design: randomised, group: income", ["evaluation-group-not-binary"]),
        ("measure: income, design: randomised, group: treat, cluster: site", ["expression-column-unknown"]),
        ("measure: income, design: randomised, group: treat, covariates: [trust, aeg]", ["expression-column-unknown"]),
        ("measure: income, design: randomised, group: treat, covariates: [day]", ["covariate-is-date"]),
        ("measure: income, where: trust, design: randomised, group: treat", ["expression-not-boolean"]),
        ("measure: income, design: pre_post, time: wave, person: token", []),
        ("measure: income, design: difference_in_differences, group: treat", ["evaluation-lacks"]),
        ("measure: income, design: interrupted_time_series, time: day", ["evaluation-not-yet-computed"]),
        (
            "measure: income, design: mixed_model",
            ["evaluation-lacks", "evaluation-lacks", "evaluation-not-yet-computed"],
        ),
    ],
)
def test_evaluations(tmp_path, rest, codes):
    assert sorted(problem.code for problem in problems(tmp_path, evaluation(rest))) == codes


def test_a_family_has_one_correction(tmp_path):
    one = "from: residents, measure: income, design: randomised, group: treat, family: main"
    text = f"evaluations:\n  - {{id: A, {one}}}\n  - {{id: B, {one}, correction: bh}}\n"
    (problem,) = problems(tmp_path, text)
    assert (problem.code, problem.severity, problem.place.line) == ("family-corrections-differ", "warning", 4)
