"""The 22 question types of a recorded LimeSurvey, each in the states an answer can be in, to the value in core.

The answers are those the recorded servers exported (6.4.2, which writes "never shown" and "left blank" alike, and
6.2.1, which tells them apart); the contract is the one drafted from the survey's own .lss.
"""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from surveys.deliveries import Delivery
from surveys.drafting.items import read_lss
from surveys.drafting.limesurvey import form_of
from surveys.drafting.writing import contract_of
from surveys.sources import Source, source_of
from theory_of_change.loading import Places

RECORDINGS = Path(__file__).parent.parent / "limesurvey" / "recordings"
SERVERS = {"6.4.2": "export_01_json_all_code_short", "6.2.1": "v621_04_export_json_all_code_short"}
#: Answers of the recordings by what happened to them: sent through the web form, stopped by an error on page 1, left at
#: once, sent all blank but for the consent, added through the API with what the columns below need.
WEB, STOPPED, LEFT, BLANK, API, OTHER = 61, 62, 63, 64, 1, 9

BOTH = ("6.4.2", "6.2.1")
#: LimeSurvey's type, column in core, answer number, state, value; where the servers differ, the value by version.
TABLE = [
    ("Y yes/no", "cons", WEB, "answered", True),
    ("Y yes/no", "cons", STOPPED, "answered", False),
    ("Y yes/no", "cons", LEFT, "not shown", None),
    ("G gender", "gen", WEB, "answered", "F"),
    ("G gender", "gen", BLANK, "blank", None),
    ("G gender", "gen", LEFT, "not shown", None),
    ("N number", "eta", WEB, "answered", 44.0),
    ("N number", "redd", WEB, "answered", 512.5),
    ("N number", "redd", BLANK, "blank", None),
    ("N number", "eta", LEFT, "not shown", None),
    ("D date", "dcont", WEB, "answered", "2025-03-15 00:00:00"),
    ("D date", "dcont", BLANK, "blank", None),
    ("D date", "dcont", LEFT, "not shown", None),
    ("D date and time", "dora", WEB, "answered", "2026-04-12 10:30:00"),
    ("D date and time", "dora", BLANK, "blank", None),
    ("D date and time", "dora", LEFT, "not shown", None),
    ("S short text", "comune", WEB, "answered", "Cuneo"),
    ("S short text", "comune", BLANK, "blank", None),
    ("S short text", "motivo", WEB, "not shown: condition not met", None),
    ("S short text", "comune", LEFT, "not shown", None),
    ("L list", "titolo", STOPPED, "answered", "A3"),
    ("L list", "titolo", WEB, "other", "other"),
    ("L list", "titolo_other", WEB, "other", "Diploma estero"),
    ("L list", "titolo", BLANK, "blank", None),
    ("L list", "titolo", LEFT, "not shown", None),
    ("! dropdown", "figli", WEB, "answered", "0"),
    ("! dropdown", "figli", BLANK, "blank", None),
    ("! dropdown", "figli", LEFT, "not shown", None),
    ("O list with comment", "occ", OTHER, "answered", "ALT"),
    ("O list with comment", "occ_comment", OTHER, "comment", 'Cura familiari, "non retribuita"'),
    ("O list with comment", "occ", WEB, "blank", None),
    ("O list with comment", "occ_comment", WEB, "blank", None),
    ("O list with comment", "occ", LEFT, "not shown", None),
    ("M multiple choice", "serv_CAF", WEB, "ticked", True),
    ("M multiple choice", "serv_BIB", WEB, "not ticked, another is", False),
    ("M multiple choice", "serv_BIB", BLANK, "nothing ticked", False),
    ("M multiple choice", "serv_BIB", STOPPED, "never reached", None),
    ("M multiple choice", "serv_BIB", LEFT, "not shown", None),
    ("M multiple choice", "serv_other", WEB, "blank", None),
    ("P multiple with comments", "diff_TRA", WEB, "ticked", True),
    ("P multiple with comments", "diff_TRA_comment", WEB, "comment", "linea 4"),
    ("P multiple with comments", "diff_BUR", WEB, "not ticked, another is", False),
    ("P multiple with comments", "diff_BUR", BLANK, "nothing ticked", False),
    ("P multiple with comments", "diff_BUR", 2, "no value set by the API", {"6.4.2": False, "6.2.1": None}),
    ("P multiple with comments", "diff_TRA", STOPPED, "never reached", None),
    ("P multiple with comments", "diff_TRA_comment", LEFT, "not shown", None),
    ("R ranking", "prio_1", WEB, "answered", "CASA"),
    ("R ranking", "prio_2", WEB, "answered", "SOCI"),
    ("R ranking", "prio_3", WEB, "blank", None),
    ("R ranking", "prio_1", LEFT, "not shown", None),
    ("K multiple numeric", "costi_CURA", WEB, "answered", 0.0),
    ("K multiple numeric", "costi_TRAS", WEB, "blank", None),
    ("K multiple numeric", "costi_CURA", LEFT, "not shown", None),
    ("F array", "sodd_ACC", WEB, "answered", 4),
    ("F array", "sodd_PER", WEB, "blank", None),
    ("F array", "sodd_ACC", LEFT, "not shown", None),
    ("A array of 5 points", "fid_VIC", WEB, "answered", 3),
    ("A array of 5 points", "fid_COM", WEB, "blank", None),
    ("A array of 5 points", "fid_VIC", LEFT, "not shown", None),
    ("5 five points", "voto", WEB, "answered", 4),
    ("5 five points", "voto", BLANK, "blank", None),
    ("5 five points", "voto", LEFT, "not shown", None),
    (": array of numbers", "ore_VOL_FER", WEB, "answered", 3.0),
    (": array of numbers", "ore_VOL_FES", WEB, "blank", None),
    (": array of numbers", "ore_VOL_FER", LEFT, "not shown", None),
    ("1 dual scale", "duale_importanza_VER", WEB, "answered", "A"),
    ("1 dual scale", "duale_qualita_VER", WEB, "answered", "O"),
    ("1 dual scale", "duale_qualita_SIC", WEB, "blank", None),
    ("1 dual scale", "duale_importanza_VER", LEFT, "not shown", None),
    ("Q multiple text", "parole_W1", WEB, "answered", "=casa"),
    ("Q multiple text", "parole_W2", WEB, "blank", None),
    ("Q multiple text", "parole_W1", LEFT, "not shown", None),
    ("T long text", "racc", WEB, "answered", 'Riga uno\nRiga due, con "virgolette"; e altro'),
    ("T long text", "racc", BLANK, "blank", None),
    ("T long text", "racc", STOPPED, "not shown", None),
    ("* equation", "punti", WEB, "answered", 9.0),
    ("* equation", "punti", BLANK, "computed of nothing", 0.0),
    ("* equation", "punti", LEFT, "not reached", None),
    ("S hidden", "fonte", API, "answered", "web"),
    ("S hidden", "fonte", WEB, "blank", None),
    ("| file upload", "alleg", WEB, "no file", 0),
    ("| file upload", "alleg", LEFT, "not shown", None),
]  # fmt: skip


@pytest.fixture(scope="module")
def drafted() -> Source:
    path = RECORDINGS / "welfare_pre.lss"
    contract = contract_of(form_of(read_lss(path, path.name), path.name, is_live=False), "welfare")
    return source_of(contract, "surveys/welfare.yml", Places("surveys/welfare.yml"))


@pytest.fixture(params=BOTH)
def version(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def landed(deliver, drafted: Source, version: str) -> Delivery:
    recorded = json.loads((RECORDINGS / f"{SERVERS[version]}.json").read_text(encoding="utf-8"))
    return deliver(drafted, json.dumps(recorded["result_decoded"], ensure_ascii=False), "risposte.json")


def value(delivery: Delivery, column: str, number: int) -> object:
    """The cell of one answer, plain: None for missing, dates as text."""
    cell = delivery.core.loc[delivery.core["id"] == str(number), column].item()
    if cell is None or cell is pd.NA or cell is pd.NaT or cell != cell:
        return None
    return str(cell) if isinstance(cell, pd.Timestamp) else cell


def test_every_cell_of_every_answer_is_accounted_for(landed: Delivery) -> None:
    assert (landed.rows_read, len(landed.core)) == (64, 64)
    assert (landed.refused, landed.unmapped) == ((), ())


def test_question_type_by_state_gives_value(landed: Delivery, version: str) -> None:
    wanted = [(*row[:4], row[4][version] if isinstance(row[4], dict) else row[4]) for row in TABLE]
    assert [(*row[:4], value(landed, row[1], row[2])) for row in wanted] == wanted


def test_the_table_has_all_22_types() -> None:
    types = {item.type for item in read_lss(RECORDINGS / "welfare_pre.lss", "welfare_pre.lss").items}
    assert {kind[0] for kind, *_ in TABLE} | {"X"} == types  # X is text that is shown: it has no answers
    assert len(types) == 22


def test_what_is_no_answer_is_stored_nowhere(landed: Delivery) -> None:
    columns = {*landed.raw.columns, *landed.core.columns}
    assert columns & {"INTRO", "ALLEG", "token", "ipaddr", "refurl", "seed"} == set()


def test_boxes_of_an_unfinished_answer_stay_unknown_and_others_do_not(landed: Delivery, version: str) -> None:
    boxes = landed.core.set_index("id")["serv_BIB"]
    unfinished = {"7", "14", "21", "28", "35", "42", "49", "56"}
    assert boxes[["62", "63"]].isna().all()
    assert not boxes.drop(["62", "63", *unfinished]).isna().any()


ANONYMOUS = {"6.4.2": "export_13_json_anonymous", "6.2.1": "v621_12_export_json_anonymous"}


def test_the_1980_of_anonymous_surveys_is_no_date(deliver, version: str) -> None:
    path = RECORDINGS / "gradimento_anonimo.lss"
    contract = contract_of(form_of(read_lss(path, path.name), path.name, is_live=False), "gradimento")
    source = source_of(contract, "g.yml", Places("g.yml"))
    recorded = json.loads((RECORDINGS / f"{ANONYMOUS[version]}.json").read_text(encoding="utf-8"))["result_decoded"]
    delivery = deliver(source, json.dumps(recorded), "risposte.json")
    written = {str(one["id"]): one["submitdate"] for one in recorded["responses"]}
    dates = delivery.core.set_index("id")["submitdate"]
    assert {number for number, date in written.items() if date == "1980-01-01 00:00:00"}
    assert {number for number in written if pd.isna(dates[number])} == {
        number for number, date in written.items() if date in ("1980-01-01 00:00:00", "", None)
    }


# The types the recorded survey does not have --------------------------------------------------------------------------

FURTHER = """
answered: submitdate
timezone: America/New_York
questions:
  - {name: agree, code: C1, type: single, answers: {Y: Sì, U: Incerto, N: No}, rows: [SQ1, SQ2]}
  - {name: trend, code: E1, type: single, answers: {I: Aumenta, S: Uguale, D: Diminuisce}, rows: [SQ1]}
  - {name: ten, code: B1, type: scale, range: [1, 10], rows: [SQ1]}
  - {name: words, code: W1, type: text, rows: [R1], columns: [C1, C2]}
  - {name: seen, code: X1, type: yes_no, rows: [R1], columns: [C1]}
  - {name: wake, code: H1, type: time}
  - {name: spoken, code: startlanguage, type: single, answers: {it: italiano}, computed: true}
  - {name: begun, code: startdate, type: datetime, computed: true}
  - {name: visit, code: D1, type: datetime}
"""


def test_the_other_types_and_the_server_s_clock(deliver, rows) -> None:
    header = "submitdate;C1[SQ1];C1[SQ2];E1[SQ1];B1[SQ1];W1[R1_C1];W1[R1_C2];X1[R1_C1];H1;startlanguage;startdate;D1\n"
    line = "2026-06-30 22:30:00;U;;D;10;a;;1;7.05;it;2026-06-30 22:10:00;2026-06-01 09:15:00\n"
    delivery = deliver(FURTHER, header + line)
    core = delivery.core.drop(columns=["_row", "begun", "visit"])
    assert rows(core) == [("2026-07-01", "U", None, "D", 10, "a", None, True, "07:05:00", "it")]
    assert str(delivery.core["begun"].item()) == "2026-07-01 04:10:00"  # the server's clock, brought to Rome
    assert str(delivery.core["visit"].item()) == "2026-06-01 09:15:00"  # what a person wrote is Rome's already


WITHOUT_SAYING = "questions: [{name: s, code: S, type: multiple, answers: [A, B]}]"
SAYING = """
answered: sent
questions:
  - {name: c, code: C, type: yes_no}
  - {name: s, code: S, type: multiple, answers: [A, B], asked_when: {C: Y}}
"""


def test_an_empty_box_is_no_where_the_contract_says_it_was_asked_and_unknown_elsewhere(deliver, rows) -> None:
    unsaid = deliver(WITHOUT_SAYING, "S[A];S[B];x\nY;;1\n;;1\n")
    assert rows(unsaid.core[["s_A", "s_B"]]) == [(True, False), (None, None)]
    said = deliver(SAYING, "sent;C;S[A];S[B]\n2026-01-01;Y;;\n2026-01-01;N;;\n;Y;;\n2026-01-01;N;Y;\n")
    assert rows(said.core[["s_A", "s_B"]]) == [(False, False), (None, None), (None, None), (True, False)]


CHANGED = """
answered: sent
questions:
  - {name: mood, code: Q1, type: scale, range: [1, 5], recode: {since: 2026-05-01, answers: {1: 5, 2: 4, 4: 2, 5: 1}}}
  - {name: use, code: Q2, type: single, answers: [a, b], until: 2026-04-30}
  - {name: use_new, code: Q2, type: single, answers: [a, c], since: 2026-05-01}
"""


def test_answers_stay_with_the_questionnaire_they_were_given_to(deliver, rows) -> None:
    delivery = deliver(CHANGED, "sent;Q1;Q2\n2026-04-30;1;b\n2026-05-01;1;c\n;1;a\n")
    assert rows(delivery.core[["mood", "use", "use_new"]]) == [(1, "b", None), (5, None, "c"), (1, None, None)]
    assert delivery.refused == ()


def test_several_answers_in_one_cell_become_boxes(deliver, rows, refusals) -> None:
    contract = """
    questions:
      - {name: use, code: Q1, type: multiple, separator: ",", answers: {lib: Biblioteca, dan: "Sport, danza", no: No}}
    """
    cells = "Q1|x\nBiblioteca, Sport, danza|1\ndan|1\nBiblioteca, altro|1\n|1\n"
    delivery = deliver(contract, cells)
    assert rows(delivery.core) == [(2, True, True, False), (3, False, True, False), (5, None, None, None)]
    assert refusals(delivery) == [(4, "Q1", "unknown-code")]
