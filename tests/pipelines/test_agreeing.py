"""How far coders agree: from two coders' segments in a file to the published coefficients, units stated."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest
from statsmodels.stats.inter_rater import cohens_kappa

from surveys.corpora.agreement import Ratings, krippendorff_alpha
from tests.pipelines.conftest import Command, put

pytestmark = pytest.mark.usefixtures("unreported")

CONTRACT = """\
id: voci
title: Voci
consent: analysis
codings: {pattern: "segmenti.csv"}
files: {pattern: "*.txt"}
documents: [{file: "INT*", date: 2026-03-01}]
speakers: {I: intervistata}
codes:
  - {id: peso, title: Peso, ordered: true}
  - {id: poco, title: Poco, parent: peso}
  - {id: medio, title: Medio, parent: peso}
  - {id: tanto, title: Tanto, parent: peso}
  - {id: soli, title: Soli}
  - {id: mai, title: Mai}
"""
#: What Ada and Bice gave each of two turns of six interviews; Bice coded nothing in the fourth, so it is not hers.
ADA = [("soli", "poco"), ("soli", "tanto"), ("", "medio"), ("soli", ""), ("", "poco"), ("", "tanto")]
BICE = [("soli", "poco"), ("soli", "medio"), ("soli", "medio"), ("", ""), ("", "poco"), ("", "medio")]


def coded(folder: Path, contract: str = CONTRACT, coders: str = "Ada Bice") -> None:
    rows = ["documento;codice;testo;codificatore"]
    for number, given in enumerate(zip(ADA, BICE, strict=True), start=1):
        name = f"INT-0{number}.txt"
        put(folder / "data" / "voci" / name, f"I: Sono sola la sera {number}.\nI: Mi pesa così {number}.\n")
        for coder, codes in zip(("Ada", "Bice"), given, strict=True):
            for code, words in zip(codes, (f"Sono sola la sera {number}", f"Mi pesa così {number}"), strict=True):
                rows += [f"{name};{code};{words};{coder}"] if code and coder in coders else []
    put(folder / "data" / "voci" / "segmenti.csv", "\n".join(rows) + "\n")
    put(folder / "interviews" / "voci.yml", contract)


def ask(folder: Path, sql: str) -> list[tuple]:
    with duckdb.connect(str(folder / "warehouse" / "published.duckdb"), read_only=True) as connection:
        return connection.execute(sql).fetchall()


def test_agreement_by_code_and_over_all_with_intervals_and_units(empty: Path, sestante: Command) -> None:
    coded(empty)
    said = sestante("run")
    assert said.code == 0, said.err
    rows = {
        (code, kind): rest
        for code, kind, *rest in ask(empty, "select code_id, kind, coefficient, n_units, n_coders, unit, status, ci_low"
                                            " from out.agreement")
    }  # fmt: skip
    # ten turns of five interviews both coded: both gave `soli` to two, Bice alone to one
    alone = [[7, 1], [0, 2]]
    assert rows["soli", "cohen_kappa"][:5] == [
        pytest.approx(cohens_kappa(alone, return_results=False)), 10, 2, "turn", "ok"
    ]  # fmt: skip
    pairs = [(1, 1)] * 2 + [(0, 1)] + [(0, 0)] * 7
    alpha = krippendorff_alpha(Ratings(tuple(pairs))).value
    assert rows["soli", "krippendorff_alpha_nominal"][0] == pytest.approx(alpha)
    assert rows["mai", "cohen_kappa"][0] is None and rows["mai", "cohen_kappa"][4] == "not_computable"
    grades = ((0, 0), (2, 1), (1, 1), (0, 0), (2, 1))  # poco, medio, tanto where both graded
    assert rows["peso", "krippendorff_alpha_ordinal"][:2] == [
        pytest.approx(krippendorff_alpha(Ratings(grades), "ordinal").value), 5
    ]  # fmt: skip
    assert rows["peso", "krippendorff_alpha_nominal"][0] == 1.0  # whether it weighs, both always said alike
    assert ("poco", "krippendorff_alpha_ordinal") not in rows
    # over all codes each turn is judged once a code: six codes, ten turns
    assert rows["all", "krippendorff_alpha_nominal"][1] == 60 and rows["all", "cohen_kappa"][5] is not None
    assert not any(b"Bice" in path.read_bytes() for path in (empty / "warehouse").glob("*published.duckdb"))


def test_units_may_be_whole_documents_and_are_paragraphs_where_nobody_is_known_to_speak(
    empty: Path, sestante: Command
) -> None:
    coded(empty, CONTRACT + "agreement: document\n")
    assert sestante("run").code == 0
    assert ask(empty, "select distinct unit, n_units from out.agreement where code_id = 'soli'") == [("document", 5)]
    coded(empty, CONTRACT.replace("speakers: {I: intervistata}\n", "kind: minutes\n"))
    for number in range(1, 7):
        path = empty / "data" / "voci" / f"INT-0{number}.txt"
        put(path, path.read_text(encoding="utf-8").replace("I: ", ""))
    assert sestante("run").code == 0
    assert ask(empty, "select distinct unit, n_units from out.agreement where code_id = 'soli'") == [("paragraph", 10)]


def test_one_coder_alone_agrees_with_nobody(empty: Path, sestante: Command) -> None:
    coded(empty, coders="Ada")
    assert sestante("run").code == 0
    assert ask(empty, "select count(*) from out.agreement") == [(0,)]


def test_grades_without_a_code_for_each_are_told_by_check(empty: Path, sestante: Command) -> None:
    coded(empty, CONTRACT.replace("id: soli, title: Soli", "id: soli, title: Soli, ordered: true"))
    said = sestante("check", "--language", "en")
    assert said.code == 1
    assert "interviews/voci.yml:13:38: error: the code “soli” is “ordered”, but there are not two" in said.out
