"""Every cell of the recorded surveys, of both server versions: it is in core as the value it means, or it is named here
as something that is no answer. The rules below were written from the notes on the recordings, not from the code."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from surveys.drafting.items import read_lss
from surveys.drafting.limesurvey import form_of
from surveys.drafting.writing import contract_of
from surveys.sources import source_of
from theory_of_change.loading import Places

RECORDINGS = Path(__file__).parent.parent / "limesurvey" / "recordings"
SURVEYS = {
    "pre": (
        "welfare_pre.lss",
        {"6.4.2": "export_01_json_all_code_short", "6.2.1": "v621_04_export_json_all_code_short"},
    ),
    "post": ("welfare_post.lss", {"6.4.2": "export_12_json_post", "6.2.1": "v621_11_export_json_post"}),
    "anonymous": (
        "gradimento_anonimo.lss",
        {"6.4.2": "export_13_json_anonymous", "6.2.1": "v621_12_export_json_anonymous"},
    ),
}  # fmt: skip
#: No answers: what leads to a person or a machine, the server's own notes, text that is only shown, a file's text.
NO_ANSWER = {"token", "ipaddr", "refurl", "seed", "INTRO", "ALLEG"}


def meant(value: Any, kind: str, is_box: bool, was_shown: bool) -> Any:
    """What one cell of an export with codes means; `was_shown` is known of boxes only."""
    if is_box:
        return value == "Y" if was_shown else None
    if value in (None, ""):
        return None
    if kind == "boolean":
        return value == "Y"
    if kind in ("integer", "number"):
        return float(value)
    if kind in ("date", "datetime") and value.startswith("1980-01-01"):
        return None  # an anonymous survey without dates
    if kind == "date":
        return f"{value[:10]} 00:00:00"
    return "other" if value == "-oth-" else str(value)


@pytest.mark.parametrize("version", ["6.4.2", "6.2.1"])
@pytest.mark.parametrize("survey", list(SURVEYS))
def test_every_cell_is_the_value_it_means_or_no_answer(deliver, survey: str, version: str) -> None:
    structure, exports = SURVEYS[survey]
    contract = contract_of(form_of(read_lss(RECORDINGS / structure, structure), structure, is_live=False), "recorded")
    source = source_of(contract, "surveys/recorded.yml", Places("surveys/recorded.yml"))
    decoded = json.loads((RECORDINGS / f"{exports[version]}.json").read_text(encoding="utf-8"))["result_decoded"]
    answers = decoded["responses"]
    delivery = deliver(source, json.dumps(decoded, ensure_ascii=False), "risposte.json")
    core = delivery.core.set_index(pd.Index([str(number) for number in delivery.core["_row"]]))
    fields = {field.headers[0]: field.column for field in source.fields if field.headers}
    wanted, found = {}, {}
    for answer in answers:
        number = str(answer["id"])
        for header, value in answer.items():
            column = fields.get(header)
            if column is None or header in NO_ANSWER:
                continue
            beside = [answer.get(name) for name, one in fields.items() if one.of == column.of]
            # 6.2.1 writes null for what was never shown; 6.4.2 writes it nowhere, so that only what was sent or filled
            # in is known to have been shown
            was_shown = value is not None if version == "6.2.1" else bool(answer["submitdate"] or any(beside))
            wanted[number, header] = meant(value, column.type, column.is_box, was_shown)
            cell = core.at[number, column.name]
            cell = None if cell is None or cell is pd.NA or cell is pd.NaT or cell != cell else cell
            found[number, header] = str(cell) if isinstance(cell, pd.Timestamp) else cell
    assert {place: (found[place], value) for place, value in wanted.items() if found[place] != value} == {}
    left = {header for answer in answers for header in answer if header not in fields}
    assert left <= NO_ANSWER
    assert len(wanted) + len(answers) * len(left) == sum(len(answer) for answer in answers)
    assert len(core) == len(answers) and delivery.refused == ()
