"""Answers a tool calls unfinished or not approved: told with the line that leaves them out, and left out by it."""

from __future__ import annotations

import pytest

TOOLS = [
    ("Kobo", "eta;_validation_status\n31;\n32;Not approved\n33;validation_status_on_hold\n34;Approved\n",
     "delivery-unapproved", (3, 4), '{"_validation_status": ["Not approved", "validation_status_on_hold"]}'),
    ("ODK", "eta;KEY;SubmissionDate;ReviewState\n31;a;2026-01-01;hasIssues\n32;b;2026-01-01;approved\n",
     "delivery-unapproved", (2,), '{"ReviewState": ["hasIssues"]}'),
    ("Typeform", "#,eta,Response Type\na,31,completed\nb,32,partial\n",
     "delivery-unfinished", (3,), '{"Response Type": ["partial"]}'),
    ("Qualtrics", "ResponseId,Progress,Finished,eta\nR1,100,True,31\nR2,40,False,32\n",
     "delivery-unfinished", (3,), '{"Finished": ["False"]}'),
    ("LimeSurvey", "id,submitdate,lastpage,startlanguage,eta\n1,2026-01-01,3,it,31\n2,,2,it,32\n",
     "delivery-unfinished", (3,), '{"submitdate": [""]}'),
]  # fmt: skip
QUESTIONS = "questions: [{name: eta, type: number}]"


@pytest.mark.parametrize(("content", "code", "rows", "line"), [one[1:] for one in TOOLS], ids=[one[0] for one in TOOLS])
def test_what_a_tool_calls_unfinished_is_told_and_can_be_left_out(deliver, content, code, rows, line) -> None:
    told = deliver(QUESTIONS, content)
    (note,) = [note for note in told.notes if note.code == code]
    assert note.facts["rows"] == ", ".join(map(str, rows)) and f"leave_out: {line}" in note.remedy("it")
    assert set(rows) <= set(told.core["_row"])
    left = deliver(f"leave_out: {line}\n{QUESTIONS}", content)
    assert [(one.row, one.rule) for one in left.refused] == [(row, "left-out") for row in rows]
    assert not set(rows) & {*left.core["_row"], *left.raw["_row"]}
    assert len(left.core) == len(told.core) - len(rows)
    assert code not in {note.code for note in left.notes}


def test_whoever_decides_to_keep_them_is_not_told_again(deliver) -> None:
    delivery = deliver(f"leave_out: {{Response Type: []}}\n{QUESTIONS}", "#,eta,Response Type\na,31,partial\n")
    assert (len(delivery.core), [note.code for note in delivery.notes]) == (1, ["delivery-unmapped"])
