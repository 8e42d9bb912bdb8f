"""What somebody wrote into a questionnaire never becomes a formula in a spreadsheet made from our files."""

from __future__ import annotations

import pytest

from pipelines.tabular import rendered
from reports.compose import write_csv
from reports.contents import inert, rows_of

WRITTEN = ["=1+1", "+39 011 123456x", "-tre figli", "@SUM(1)", "\tx", "'=1", "-5", "+3,5 %", "ciao", "", "'ciao", "a=b"]


@pytest.mark.parametrize(
    ("cell", "shown"),
    [("=cmd|'/C calc'!A0", "'=cmd|'/C calc'!A0"), ("-2+3", "'-2+3"), ("-5", "-5"), ("-0,5 %", "-0,5 %"), (-5.0, -5.0),
     (None, None), ("ciao", "ciao"), ("'=1", "''=1")],
)  # fmt: skip
def test_a_text_that_begins_like_a_formula_gets_an_apostrophe(cell: object, shown: object) -> None:
    assert inert(cell) == shown


def test_a_package_reads_back_what_was_written(tmp_path) -> None:
    write_csv(tmp_path / "a.csv", ("words",), ([cell] for cell in WRITTEN))
    assert [row["words"] for row in rows_of(tmp_path / "a.csv")] == WRITTEN
    assert not any(line.startswith(("=", "@", "\t")) for line in (tmp_path / "a.csv").read_text().splitlines())


def test_a_query_written_as_csv_holds_no_formula() -> None:
    assert rendered(["a", "b"], [["=1+1", -5]], "csv").splitlines()[1] == "'=1+1,-5"
