"""Codes counted: from twelve invented interviews and their codings to the published tables on themes."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import duckdb
import pytest
from statsmodels.stats.proportion import proportion_confint

from tests.pipelines.conftest import Command, put

pytestmark = pytest.mark.usefixtures("unreported")

CODES = """\
  - {id: problemi, title: Problemi}
  - {id: casa, title: Casa, parent: problemi}
  - {id: soli, title: Soli, parent: problemi}
  - {id: aiuto, title: Aiuto}
  - {id: mai, title: Mai}
"""
#: Interview by number: half-year, area, and the codes its passages bear.
SAID = {
    1: ("2026-02-01", "A1", ["casa", "soli"]), 2: ("2026-02-02", "A1", ["casa"]),
    3: ("2026-02-03", "A1", ["casa", "casa"]), 4: ("2026-03-01", "A1", ["aiuto", "soli"]),
    5: ("2026-03-02", "A2", ["aiuto"]), 6: ("2026-03-03", "A2", []),
    7: ("2026-08-01", "A2", ["soli"]), 8: ("2026-08-02", "A2", ["casa", "aiuto"]),
    9: ("2026-09-01", "A1", []), 10: ("2026-09-02", "A2", ["soli"]),
    11: ("2026-10-01", "A2", ["casa", "aiuto"]), 12: ("2026-10-02", "A1", ["aiuto"]),
}  # fmt: skip


def interviews(folder: Path, least: int, said: dict[int, Any] | None = None, codes: str = CODES) -> None:
    documents, segments = [], ["documento;codice;testo"]
    for number, (day, area, own) in (said or SAID).items():
        name = f"INT-{number:02d}"
        documents.append(f"  - {{file: {name}.txt, id: {name}, date: {day}, group: {{area: {area}}}}}")
        put(folder / "data" / "voci" / f"{name}.txt", "".join(f"I: Passo {i} di {name}.\n" for i in range(4)))
        segments += [f"{name}.txt;{code};Passo {i} di {name}" for i, code in enumerate(own)]
    put(folder / "data" / "voci" / "segmenti.csv", "\n".join(segments) + "\n")
    contract = ["id: voci", "title: Voci", "consent: analysis", 'codings: {pattern: "segmenti.csv"}',
                'files: {pattern: "*.txt"}', "speakers: {I: intervistata}", "documents:", *documents,
                "codes:"]  # fmt: skip
    put(folder / "interviews" / "voci.yml", "\n".join(contract) + "\n" + codes)
    programme = folder / "programme.yml"
    put(programme, re.sub(r"smallest_group: \d+", f"smallest_group: {least}", programme.read_text(encoding="utf-8")))


def measured_by(folder: Path, *indicators: dict[str, Any]) -> None:
    theory = folder / "theory_of_change.yml"
    said = [{"title": "T", "measures": ["OC-ALONE"], "unit": "percent", **one} for one in indicators]
    lines = "".join(f"  - {json.dumps(one)}\n" for one in said)
    put(theory, theory.read_text(encoding="utf-8").replace("indicators:\n", f"indicators:\n{lines}", 1))


def ask(folder: Path, sql: str) -> list[tuple]:
    with duckdb.connect(str(folder / "warehouse" / "published.duckdb"), read_only=True) as connection:
        return connection.execute(sql).fetchall()


def test_themes_count_documents_once_with_the_codes_that_are_part(empty: Path, sestante: Command) -> None:
    interviews(empty, least=1)
    said = sestante("run")
    assert said.code == 0, said.err
    whole = "select code_id, n_documents, n_segments, n_all, share from out.themes where period = 'all' and"
    assert ask(empty, f"{whole} dimension = 'all' order by code_id") == [
        ("aiuto", 5, 5, 12, pytest.approx(5 / 12)), ("casa", 5, 6, 12, pytest.approx(5 / 12)),
        ("mai", 0, 0, 12, 0.0), ("problemi", 8, 10, 12, pytest.approx(8 / 12)),
        ("soli", 4, 4, 12, pytest.approx(4 / 12)),
    ]  # fmt: skip
    by_area = "select category, n_documents, n_all from out.themes where dimension = 'area' and code_id = 'problemi'"
    assert ask(empty, f"{by_area} and period = '2026-H1' order by category") == [("A1", 4, 4), ("A2", 0, 2)]
    assert ask(empty, "select sum(present) from out.theme_cases where code_id = 'problemi'") == [(8,)]
    assert ask(empty, "select n_documents, n_either, jaccard from out.theme_pairs where code_id = 'casa' and"
                      " other_code_id = 'aiuto'") == [(2, 8, 0.25)]  # fmt: skip
    assert ask(empty, "select count(*) from out.theme_pairs where code_id = 'problemi' and other_code_id = 'casa'") == [
        (0,)
    ]


def test_saturation_is_the_curve_of_codes_met(empty: Path, sestante: Command) -> None:
    interviews(empty, least=1)
    sestante("run")
    curve = ask(empty, "select n_documents, n_codes, n_new, expected from out.saturation order by n_documents")
    assert [row[:3] for row in curve][:5] == [(1, 3, 3), (2, 3, 0), (3, 3, 0), (4, 4, 1), (5, 4, 0)]
    assert curve[0][3] == pytest.approx((8 + 5 + 4 + 5) / 12)  # after one document: the mean number of codes
    assert curve[-1][1:] == (4, 0, pytest.approx(4))


def test_what_few_documents_say_is_not_shown(empty: Path, sestante: Command) -> None:
    interviews(empty, least=5)
    sestante("run")
    rows = ask(empty, "select code_id, n_documents, n_all, status from out.themes where period = 'all' and dimension ="
                      " 'all' order by code_id")  # fmt: skip
    assert rows == [
        ("aiuto", 5, 12, "ok"), ("casa", 5, 12, "ok"), ("mai", 0, 12, "ok"),
        ("problemi", 8, 12, "ok"), ("soli", None, None, "suppressed"),
    ]  # fmt: skip
    assert ask(empty, "select status from out.theme_pairs where code_id = 'casa' and other_code_id = 'aiuto'") == [
        ("suppressed",)
    ]


def test_who_does_not_speak_of_something_is_not_hidden_but_whoever_has_another_grade_is(
    empty: Path, sestante: Command
) -> None:
    """Of 12 one-person interviews 10 speak of `casa` and 2 do not: of grades, those 2 are the other grade."""
    plain = """\
  - {id: scala, title: Scala}
  - {id: casa, title: Casa, parent: scala}
  - {id: soli, title: Soli, parent: scala}
"""
    said = {number: (day, area, ["soli" if number in (3, 8) else "casa"]) for number, (day, area, _) in SAID.items()}
    interviews(empty, least=3, said=said, codes=plain)
    assert sestante("run").code == 0
    whole = "select code_id, n_documents, status from out.themes where period = 'all' and dimension = 'all' order by 1"
    assert ask(empty, whole) == [("casa", 10, "ok"), ("scala", 12, "ok"), ("soli", None, "suppressed")]
    interviews(empty, least=3, said=said, codes=plain.replace("Scala}", "Scala, ordered: true}"))
    assert sestante("run").code == 0
    assert ask(empty, whole) == [("casa", None, "suppressed"), ("scala", 12, "ok"), ("soli", None, "suppressed")]


def test_no_table_gives_away_what_themes_hide(empty: Path, sestante: Command) -> None:
    interviews(empty, least=3, said={**SAID, 10: ("2026-09-02", "A2", ["aiuto"]), 7: ("2026-08-01", "A2", ["casa"])})
    assert sestante("run").code == 0
    assert ask(empty, "select status from out.themes where code_id = 'soli' and period = 'all' and dimension = 'all'"
               ) == [("suppressed",)]  # fmt: skip
    # after one document, on average as many codes as there are: of those shown alone, or the hidden one follows
    ((expected, met),) = ask(empty, "select min(expected), max(n_codes) from out.saturation")
    shown = ask(empty, "select sum(n_documents), count(*) filter (n_documents > 0) from out.themes where status = 'ok'"
                       " and period = 'all' and dimension = 'all'")  # fmt: skip
    assert (expected * 12, met) == (pytest.approx(shown[0][0]), shown[0][1])
    # each document is one person: the matrix would be their answers
    assert ask(empty, "select distinct present, status from out.theme_cases") == [(None, "suppressed")]
    assert ask(empty, "select count(*) from out.theme_pairs where 'soli' in (code_id, other_code_id) and status = 'ok'"
               ) == [(0,)]  # fmt: skip


def test_an_indicator_is_the_share_of_documents_with_a_code(empty: Path, sestante: Command) -> None:
    interviews(empty, least=1)
    measure = {"from": "voci", "theme": "problemi", "per": "document"}
    measured_by(
        empty,
        {"id": "IN-ALL", "measure": measure, "disaggregation": ["area"]},
        {"id": "IN-SOME", "measure": measure, "uncertainty": {"mode": "sample"}},
    )
    said = sestante("run")
    assert said.code == 0, said.err
    low, high = proportion_confint(8, 12, method="wilson")
    value = "select n, numerator, value, ci_low, ci_high, status from out.indicator_values where period = 'all' and"
    assert ask(empty, f"{value} indicator_id = 'IN-ALL' and dimension = 'all'") == [
        (12, 8, pytest.approx(8 / 12), None, None, "ok")
    ]
    assert ask(empty, f"{value} indicator_id = 'IN-ALL' and category = 'A2'") == [
        (6, 4, pytest.approx(4 / 6), None, None, "ok")
    ]
    assert ask(empty, f"{value} indicator_id = 'IN-SOME'") == [
        (12, 8, pytest.approx(8 / 12), pytest.approx(low), pytest.approx(high), "ok")
    ]
    explained = sestante("explain", "IN-ALL", "--period", "all")
    assert explained.code == 0, explained.err
    assert re.search(r"\b12  used", explained.out) and 'core."voci"' in explained.out
    assert sestante("diff", "1.0.0", ".").code in (0, 1)
