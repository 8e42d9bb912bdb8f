"""The workbook is a logframe people know, nothing in it is ever computed, and it comes back as the same theory."""

from __future__ import annotations

import io
from pathlib import Path

import openpyxl
import pytest
import yaml
from openpyxl.worksheet.worksheet import Worksheet

from pipelines.exchange.losses import losses
from pipelines.exchange.subject import Subject, Value, subject
from pipelines.exchange.workbook import workbook
from pipelines.project import read_project
from pipelines.starting import make_workspace
from tests.pipelines.conftest import Command
from theory_of_change.loading import load_theory
from theory_of_change.programme import Workspace


def opened(told: Subject) -> openpyxl.Workbook:
    return openpyxl.load_workbook(io.BytesIO(workbook(told, losses("xlsx", told, told.language))))


def rows(sheet: Worksheet) -> list[dict[str, object]]:
    """The rows below the header, by its words."""
    header = [cell.value for cell in sheet[4]]
    return [dict(zip(header, (cell.value for cell in row), strict=True)) for row in sheet.iter_rows(min_row=5)]


def test_there_is_a_set_of_sheets_for_each_language(told: Subject) -> None:
    assert opened(told).sheetnames == ["Quadro logico", "Schede indicatori", "Valori", "Nessi", "Non riportato",
                                       "Logframe", "Indicator sheets", "Values", "Links", "Not carried"]  # fmt: skip


def test_the_logframe_goes_from_impact_down_with_indicators_and_assumptions_beside(told: Subject) -> None:
    sheet = opened(told)["Logframe"]
    found = rows(sheet)
    assert [row["Level"] for row in found if row["Level"]] == ["Impact", "Outcome", "Output", "Activity", "Input"]
    output = next(row for row in found if row["Code"] == "OP-VISITS")
    assert output["Intervention logic"] == "People listened to"
    assert output["Objectively verifiable indicators"] == "People listened to"
    assert output["Target"] == "≥ 200 by 31 December 2026"
    assert (output["Assumption code"], output["Assumptions"]) == ("AS-LISTEN", "People who are alone come to the desk")
    outcome = next(row for row in found if row["Code"] == "OC-ALONE")
    assert outcome["Baseline"] == "35.0% (30 June 2026)"
    merged = {str(one) for one in sheet.merged_cells.ranges}
    assert {"A6:A7", "B6:B7", "C6:C7"} <= merged, "an element with two indicators is said once"


def test_indicator_sheets_have_the_fields_of_a_reference_sheet(told: Subject) -> None:
    row = next(one for one in rows(opened(told)["Indicator sheets"]) if one["Indicator code"] == "IN-ALONE")
    assert row["Method of calculation"] == "from: visitors, share: alone >= 4"
    assert (row["Unit of measure"], row["Disaggregated by"], row["Uncertainty"]) == ("percent", "area", "sample")
    assert row["Measures"] == "OC-ALONE"


def test_values_are_numbers_with_their_intervals_and_what_is_suppressed_has_none(told: Subject) -> None:
    found = rows(opened(told)["Values"])
    share = next(r for r in found if (r["Indicator code"], r["What"], r["Period"], r["Dimension"]) ==
                 ("IN-ALONE", "value", "2026-H1", "whole"))  # fmt: skip
    published = next(v for v in told.values_of("IN-ALONE") if v.period.name == "2026-H1" and not v.cut)
    assert (share["Value"], share["Interval from"], share["Cases"]) == (
        published.value,
        published.ci_low,
        published.n,
    )
    assert share["Status"] == "computed"
    assert {row["Operator"] for row in found if row["What"] == "target" and row["Indicator code"] == "IN-ALONE"} == {
        "<="
    }


def test_a_suppressed_value_is_told_in_words_and_never_as_a_number(told: Subject) -> None:
    hidden = Value("IN-ALONE", told.programme.calendar.period("2026-H2"), (("area", "A1"),), None, "suppressed")
    found = rows(opened(Subject(told.programme, told.theory, (hidden,)))["Values"])
    (row,) = [one for one in found if one["What"] == "value"]
    assert row["Status"] == "not shown because the group is too small"
    assert (row["Value"], row["Cases"], row["Interval from"], row["Interval to"]) == (None, None, None, None)


def test_no_cell_is_ever_a_formula(told: Subject) -> None:
    awkward = 0
    for sheet in opened(told).worksheets:
        for row in sheet.iter_rows():
            for cell in row:
                assert cell.data_type != "f", f"{sheet.title}!{cell.coordinate}"
                if isinstance(cell.value, str) and cell.value[:1] in "=+-@":
                    assert cell.quotePrefix, f"{sheet.title}!{cell.coordinate}"
                    awkward += 1
    assert awkward >= 6, "the theory has titles and definitions that begin like formulas"


def test_characters_a_workbook_cannot_hold_are_left_out(told: Subject) -> None:
    theory = told.theory.theory.model_copy(
        update={"title": type(told.theory.theory.title)("a\x0bb\x00" + "x" * 40_000)}
    )
    changed = Subject(told.programme, told.theory.model_copy(update={"theory": theory}), told.values)
    title = opened(changed)["Logframe"]["A1"].value
    assert title.startswith("Logical framework: abx")
    assert len(title) == 32_767


@pytest.mark.parametrize("example", ["costellazioni-civiche", "porta-palazzo", "national-supported-work"])
def test_a_logframe_comes_back_as_the_same_theory(example: str, tmp_path: Path, sestante: Command) -> None:
    here = make_workspace(tmp_path / "here", example)
    out = tmp_path / "logframe.xlsx"
    assert sestante("export", "xlsx", "--workspace", here, "--output", out).code == 0
    said = sestante("import", out, tmp_path / "there")
    assert said.code == 0, said.err
    before = subject(read_project(Workspace(here)).sound()).theory
    loaded = load_theory(Workspace(tmp_path / "there"))
    assert [problem for problem in loaded.problems if problem.severity == "error"] == []
    after = loaded.value
    for block in ("needs", "inputs", "activities", "outputs", "outcomes", "impact", "assumptions"):
        assert [(one.id, one.statement) for one in sorted(getattr(after, block), key=lambda one: one.id)] == [
            (one.id, one.statement) for one in sorted(getattr(before, block), key=lambda one: one.id)
        ], block
    assert [(one.id, one.from_, one.to, one.type, one.mechanism) for one in after.links] == [
        (one.id, one.from_, one.to, one.type, one.mechanism) for one in before.links
    ]
    assert after.theory.title == before.theory.title
    text = (tmp_path / "there" / "theory_of_change.yml").read_text(encoding="utf-8")
    _, _, comment = text.partition("# indicators:\n")
    entries = yaml.safe_load("\n".join(line[2:] for line in comment.splitlines())) or []
    assert {(one["id"], tuple(one["measures"])) for one in entries} == {
        (one.id, tuple(name for name in told_order(before, one.measures))) for one in before.indicators
    }


def told_order(theory: object, measures: tuple[str, ...]) -> list[str]:
    """Measured elements in the order a logframe tells them, then any that stand outside it."""
    chain = [one.id for block in ("impact", "outcomes", "outputs", "activities", "inputs", "needs")
             for one in getattr(theory, block)]  # fmt: skip
    return sorted(measures, key=lambda name: chain.index(name) if name in chain else len(chain))


def test_the_command_says_what_a_workbook_leaves_out(published: Path, sestante: Command, tmp_path: Path) -> None:
    out = tmp_path / "desk.xlsx"
    said = sestante("export", "xlsx", "--workspace", published, "--output", out, "--language", "it")
    assert said.code == 0, said.err
    assert said.out.startswith(f"Scritto {out}\nNon riporta (anche in desk.xlsx.not-carried.md):\n")
    assert "  Portatori di interesse: ST-VISITORS\n" in said.out
    again = out.read_bytes()
    sestante("export", "xlsx", "--workspace", published, "--output", out, "--language", "it")
    assert openpyxl.load_workbook(io.BytesIO(again)).sheetnames == openpyxl.load_workbook(out).sheetnames


def test_without_output_the_file_stands_below_output(tmp_path: Path, sestante: Command) -> None:
    here = make_workspace(tmp_path / "desk")
    said = sestante("export", "xlsx", "--workspace", here)
    assert said.code == 0
    assert sorted(path.name for path in (here / "output" / "exchange").iterdir()) == [
        "desk-logframe.xlsx",
        "desk-logframe.xlsx.not-carried.md",
    ]
    assert "nothing has been published yet" in said.out


def test_a_theory_with_mistakes_is_not_exported(tmp_path: Path, sestante: Command) -> None:
    here = make_workspace(tmp_path / "desk")
    theory = here / "theory_of_change.yml"
    theory.write_text(theory.read_text(encoding="utf-8").replace("to: OC-ALONE", "to: OC-ALON"), encoding="utf-8")
    said = sestante("export", "xlsx", "--workspace", here)
    assert said.code == 1
    assert "OC-ALON" in said.err
    assert not (here / "output").exists()
