"""A report that takes another's place says which numbers changed, and whether the data or a definition changed them."""

from __future__ import annotations

import json
from pathlib import Path

from publication import publish_small

from reports.package import write_package
from warehouse.connections import connect
from warehouse.modelling import models


def revised(path: Path, *statements: str, **more: object) -> Path:
    published = publish_small(path, **more)
    with connect(published) as connection:
        for statement in statements:
            connection.execute(statement)
    return published


def corrected(tmp_path: Path, after: Path, language: str = "en") -> tuple[str, dict]:
    """The chapter and the manifest of a second package over `after`, the first being over the small publication."""
    for published in (publish_small(tmp_path / "before.duckdb"), after):
        package = write_package(published, tmp_path / "output", "2025-H1", None, language, formats=("html",))
    text = (package.path / "report.qmd").read_text(encoding="utf-8").replace("\u00a0", " ")
    start = text.index("report-en" if language == "en" else "report-it")
    chapter = " ".join(text[start : text.index("\n# ", start)].split())
    return chapter, json.loads((package.path / "manifest.json").read_text(encoding="utf-8"))


REDEFINED = (
    "update out.indicator_values set definition_id = 'new' where indicator_id = 'IN-ALONE'",
    'update out.elements set attributes = json_merge_patch(attributes, \'{"change_reason": {"en": "Four was too few",'
    ' "it": "Quattro erano pochi"}}\') where kind = \'theory\'',
)


def test_a_number_that_new_data_changed_stands_before_and_now(tmp_path: Path) -> None:
    chapter, manifest = corrected(tmp_path, publish_small(tmp_path / "after.duckdb", alone=0.47, snapshot="6b" * 8))
    assert (
        "Share of people alone | 38.0% [from 33.0% to 47.0%]{.under} | 43.0% [from 38.0% to 52.0%]{.under} |" in chapter
    )
    assert "computed in another way" not in chapter and manifest["redefined"] == []


def test_a_definition_that_changed_is_named_with_its_reason(tmp_path: Path) -> None:
    after = revised(tmp_path / "after.duckdb", *REDEFINED, alone=0.47, snapshot="6b" * 8)
    chapter, manifest = corrected(tmp_path, after)
    assert "As of this version of the theory (2.1.0) this is computed in another way: Share of people alone." in chapter
    assert "The reason: Four was too few" in chapter
    assert manifest["redefined"] == ["IN-ALONE"]


def test_a_definition_that_changed_is_named_although_its_numbers_stay(tmp_path: Path) -> None:
    chapter, _ = corrected(tmp_path, revised(tmp_path / "after.duckdb", *REDEFINED, snapshot="6b" * 8), "it")
    assert "si calcola in un altro modo: Quota di persone" in chapter and "Quattro erano pochi" in chapter


def test_what_is_hidden_today_does_not_show_what_stood_there(tmp_path: Path) -> None:
    hidden = (
        "update out.indicator_values set value = null, n = null, ci_low = null, ci_high = null, status = 'suppressed'"
        " where indicator_id = 'IN-ALONE' and period = '2025-H1' and dimension = 'all'"
    )
    chapter, manifest = corrected(tmp_path, revised(tmp_path / "after.duckdb", hidden, snapshot="6b" * 8))
    assert "not shown: group too small" in chapter and "38.0%" not in chapter
    told = [one for one in manifest["changes"] if one["table"] == "indicator_values"]
    assert {(one["column"], one["old"], one["new"]) for one in told} == {("status", "ok", "suppressed")}


def test_what_numbers_and_voices_say_together_is_compared_too(tmp_path: Path) -> None:
    columns = "element_id, kind, numbers, voices, agreement, numbers_basis, numbers_reference, position"
    rows = (
        "('OC-1', 'outcome', 'up', '{}', '{}', '[]', '[]', 1), ('OC-2', 'outcome', 'up', 'for', 'agree', '[]', '[]', 2)"
    )
    made = models("out")["joined"].ddl('"out"')

    def joined(voices: str, agreement: str) -> tuple[str, str]:
        return made, f"insert into out.joined ({columns}) values {rows.format(voices, agreement)}"

    before = revised(tmp_path / "before.duckdb", *joined("for", "agree"))
    after = revised(tmp_path / "after.duckdb", *joined("against", "disagree"), snapshot="6b" * 8)
    for published in (before, after):
        package = write_package(published, tmp_path / "output", "2025-H1", None, "it", formats=("html",))
    told = [(one.row, one.column, one.old, one.new) for one in package.changes if one.table == "joined"]
    key = "element_id=OC-1; kind=outcome"
    assert told == [(key, "voices", "for", "against"), (key, "agreement", "agree", "disagree")]
    text = (package.path / "report.qmd").read_text(encoding="utf-8").replace("\\", "")
    assert (
        "| Meno isolamento [Numeri e voci]{.under} | Voci: a favore; Insieme: concordano |"
        " Voci: contro; Insieme: dicono il contrario |" in text
    )
