"""Forms of every kind become contracts that hold, and no person's answer is in them."""

from __future__ import annotations

import datetime as dt
import zipfile
from pathlib import Path

import pytest
import yaml
from openpyxl import Workbook

from surveys.drafting.files import form_in
from surveys.drafting.naming import name_for
from surveys.drafting.writing import SCHEMA_LINE, as_yaml, contract_of
from surveys.questionnaire import Survey, contradictions
from surveys.sources import source_of
from theory_of_change.loading import Places
from theory_of_change.problems import ProblemsFound

RECORDINGS = Path(__file__).parent.parent / "limesurvey" / "recordings"


def drafted(path: Path, language: str = "en") -> tuple[str, Survey]:
    """The draft's text, and the contract it is when it is read back."""
    text = as_yaml(form_in(path, path.name), "fonte", language)
    return text, Survey.model_validate(yaml.load(text, Loader=yaml.BaseLoader))


def asked(contract: Survey) -> dict[str, object]:
    return {question.code: question for question in contract.questions}


# LimeSurvey -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["welfare_pre", "welfare_post", "gradimento_anonimo"])
@pytest.mark.parametrize("language", ["it", "en"])
def test_the_draft_of_an_lss_holds_and_reads_back_as_it_was_meant(name: str, language: str) -> None:
    path = RECORDINGS / f"{name}.lss"
    text, contract = drafted(path, language)
    assert text.startswith(SCHEMA_LINE)
    assert list(contradictions(contract)) == []
    assert contract == contract_of(form_in(path, path.name), "fonte")


def test_an_lss_gives_words_in_every_language_and_what_each_type_needs() -> None:
    text, contract = drafted(RECORDINGS / "welfare_pre.lss")
    found = asked(contract)
    assert contract.title.root == {"it": "Benessere di comunità – rilevazione iniziale",
                                   "en": "Community wellbeing – baseline"}  # fmt: skip
    assert found["TITOLO"].answers["A1"].root == {"it": "Licenza elementare", "en": "Primary school"}
    assert (found["TITOLO"].other, found["OCC"].comment, found["DIFF"].comment) == (True, True, True)
    assert (found["ETA"].range, found["ORE"].range, found["SODD"].range) == ((14, 110), (0, 40), (1, 5))
    assert (found["DCONT"].type, found["DORA"].type, found["PUNTI"].computed) == ("date", "datetime", True)
    assert found["MOTIVO"].asked_when == {"SERV[CAF]": ("Y",)}
    assert found["SERV"].asked_when == {}
    assert (contract.key, contract.answered) == (("id",), "submitdate")
    assert set(contract.drop) == {"INTRO", "seed", "token", "ipaddr", "refurl"}
    assert "#   person: token" in text
    assert "worked out by the tool even for those who answered nothing" in text


def lss(questions: str = "", more: str = "", attributes: str = "") -> str:
    rows = "<row><qid>1</qid><parent_qid>0</parent_qid><gid>1</gid><type>{}</type><title>Q1</title></row>"
    words = "<row><qid>1</qid><question><![CDATA[{}]]></question><language>it</language></row>"
    return (
        '<?xml version="1.0"?><document><LimeSurveyDocType>Survey</LimeSurveyDocType>'
        "<languages><language>it</language></languages>"
        f"<questions><rows>{questions or rows.format('S')}</rows></questions>"
        f"<question_l10ns><rows>{words.format(more or 'Come sta?')}</rows></question_l10ns>"
        f"<question_attributes><rows>{attributes}</rows></question_attributes>"
        "<surveys><rows><row><sid>7</sid><language>it</language></row></rows></surveys></document>"
    )


def test_markup_control_characters_and_yaml_signs_in_a_question_are_only_words(tmp_path: Path) -> None:
    path = tmp_path / "x.lss"
    path.write_text(
        lss(more='<b>Età</b>: "sì"\n- no # {x}<script>alert(1)</script> &amp; \u202ealtro'), encoding="utf-8"
    )
    _, contract = drafted(path)
    assert asked(contract)["Q1"].text.within("it") == 'Età : "sì" - no # {x} & altro'


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ("<document>", "form-damaged"),
        ('<!DOCTYPE d [<!ENTITY a "b">]><document><DBVersion>&a;</DBVersion></document>', "form-damaged"),
        ('<!DOCTYPE d SYSTEM "file:///etc/passwd"><document/>', "form-damaged"),
        ('<document><LimeSurveyDocType>Group</LimeSurveyDocType></document>', "form-not-lss"),
        ('<document><LimeSurveyDocType>Survey</LimeSurveyDocType></document>', "form-no-questions"),
        ('<other/>', "form-not-lss"),
        ("", "delivery-empty"),
    ],
)  # fmt: skip
def test_a_hostile_or_broken_lss_is_told_as_what_it_is(tmp_path: Path, content: str, code: str) -> None:
    path = tmp_path / "x.lss"
    path.write_text(f'<?xml version="1.0"?>{content}' if content else "", encoding="utf-8")
    with pytest.raises(ProblemsFound) as raised:
        form_in(path, path.name)
    assert [problem.code for problem in raised.value.problems] == [code]


# XLSForm --------------------------------------------------------------------------------------------------------------


def workbook(path: Path, **sheets: list[list[object]]) -> Path:
    book = Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    book.save(path)
    return path


def test_an_xlsform_gives_types_groups_choices_conditions_and_translations(tmp_path: Path) -> None:
    path = workbook(
        tmp_path / "form.xlsx",
        survey=[
            ["type", "name", "label::Italiano (it)", "label::English (en)", "relevant", "constraint"],
            ["end", "end"],
            ["begin_group", "g", "Gruppo"],
            ["select_one town", "town", "Dove abita?", "Where do you live?"],
            ["select_multiple serv", "used", "Che cosa usa?", "What do you use?", "${town}='to'"],
            ["end_group"],
            ["integer", "age", "Età", "Age", None, ". >= 0 and . <= 120"],
            ["select_one five", "mood", "Come sta?", "How are you?"],
            ["geopoint", "where", "Luogo", "Place"],
            ["note", "thanks", "Grazie", "Thanks"],
            ["begin repeat", "family", "Familiari"],
            ["integer", "their_age", "Età"],
            ["end repeat"],
        ],
        choices=[
            ["list_name", "name", "label::Italiano (it)", "label::English (en)"],
            ["town", "to", "Torino", "Turin"], ["town", "ri", "Rivoli", "Rivoli"],
            ["serv", "lib", "Biblioteca", "Library"], ["serv", "caf", "Centro famiglie", "Family centre"],
            *[["five", number, words, words] for number, words in
              [(1, "male"), (2, "così"), (3, "bene"), (4, "benissimo"), (99, "non so")]],
        ],
        settings=[["form_title", "form_id"], ["Ascolto", "x"]],
    )  # fmt: skip
    text, contract = drafted(path)
    found = asked(contract)
    assert list(found) == ["town", "used", "age", "mood"]
    assert found["town"].answers["to"].root == {"it": "Torino", "en": "Turin"}
    assert (found["used"].type, found["used"].asked_when) == ("multiple", {"town": ("to",)})
    assert (found["age"].range, found["mood"].range, found["mood"].missing) == ((0, 120), (1, 4), ("99",))
    assert (contract.answered, set(contract.drop), contract.title.within("it")) == (
        "end",
        {"where", "thanks"},
        "Ascolto",
    )
    assert "repeat group (family)" in text


# Tables ---------------------------------------------------------------------------------------------------------------


def csv(path: Path, header: list[str], rows: list[list[object]]) -> Path:
    lines = [";".join(f'"{cell}"' for cell in row) for row in (header, *rows)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_a_csv_of_a_form_gives_types_with_the_guess_stated(tmp_path: Path) -> None:
    header = ["Informazioni cronologiche", "Indirizzo email", "Quanto è soddisfatto?", "Dove abita?",
              "Che cosa usa? (più risposte)", "Quanti anni ha?", "Accetta?", "Ci racconti", "Hai un commento?",
              "Hai un commento?"]  # fmt: skip
    words = ["Ho trovato persone con cui parlare", "Mi piace molto venire qui", "Vorrei più orari di apertura"]
    uses = ["Sport, danza, Musica", "Musica", "Sport, danza", "Musica, Teatro", "Teatro", "Sport, danza, Teatro"]
    rows = [
        [f"{1 + n % 28:02d}/02/2026 19.07.17", f"persona{n}@example.org", 1 + n % 5, ["Aurora", "Borgo Dora"][n % 2],
         uses[n % 6], 20 + n, ["Sì", "No"][n % 2], f"{words[n % 3]} {n}", "", "x"]
        for n in range(24)
    ]  # fmt: skip
    rows[5][3] = "Via segreta"  # one person alone
    text, contract = drafted(csv(tmp_path / "risposte.csv", header, rows), "it")
    found = asked(contract)
    assert contract.answered == "Informazioni cronologiche"
    assert (contract.drop, contract.person.column) == ((), "Indirizzo email")
    types = {code: question.type for code, question in found.items()}
    assert types == {"Quanto è soddisfatto?": "scale", "Dove abita?": "single",
                     "Che cosa usa? (più risposte)": "multiple",
                     "Quanti anni ha?": "number", "Accetta?": "yes_no", "Ci racconti": "text",
                     "Hai un commento?": "text", "Hai un commento? (2)": "text"}  # fmt: skip
    boxes = found["Che cosa usa? (più risposte)"]
    assert {text.within("it") for text in boxes.answers.values()} == {"Sport, danza", "Musica", "Teatro"}
    assert (boxes.separator, found["Quanto è soddisfatto?"].range) == (",", (1, 5))
    assert [found["Hai un commento?"].position, found["Hai un commento? (2)"].position] == [9, 10]
    assert "# tipo indovinato dai valori: interi da 1 a 5" in text
    assert "valori di meno di 3 risposte, non scritti qui: 1" in text
    assert not any(secret in text for secret in ("segreta", "persona1", "@", "trovato", "orari"))


def test_the_draft_of_a_csv_lands_that_csv(tmp_path: Path, deliver, rows) -> None:
    answers = [["2026-03-01", "Molto", "A;B"], ["2026-03-02", "Poco", "A"], ["2026-03-03", "Molto", "B;A"]] * 4
    path = csv(tmp_path / "r.csv", ["Data compilazione", "Quanto le piace?", "Che cosa usa?"], answers)
    contract = contract_of(form_in(path, path.name), "fonte")
    delivery = deliver(source_of(contract, "f.yml", Places("f.yml")), path)
    assert (delivery.refused, delivery.unmapped, len(delivery.core)) == ((), (), 12)
    assert rows(delivery.core.head(2).drop(columns="_row")) == [
        ("2026-03-01", "Molto", True, True), ("2026-03-02", "Poco", True, False),
    ]  # fmt: skip


def test_a_column_of_codes_of_their_own_is_no_answer(tmp_path: Path) -> None:
    rows = [[f"AB{n:03d}X", "si" if n % 2 else "no"] for n in range(20)]
    text, contract = drafted(csv(tmp_path / "r.csv", ["sigla", "torna"], rows))
    assert contract.person.column == "sigla"
    assert "For anonymous answers: remove it here" in text
    assert "AB00" not in text


def test_what_identifies_goes_apart_or_nowhere_and_the_draft_lands_the_file(tmp_path: Path, deliver) -> None:
    header = ["token. Codice", "email", "Cognome", "ipaddr. Indirizzo IP", "Gruppo/telefono", "username", "eta"]
    rows = [[f"AB{n:03d}X", f"p{n}@example.org", "Rossi", f"151.20.4.{n}", f"333123456{n}", "anonymous", 20 + n]
            for n in range(10)]  # fmt: skip
    path = csv(tmp_path / "r.csv", header, [*rows, *rows])
    text, contract = drafted(path)
    assert contract.person.column == "token. Codice"
    assert {one.column: one.keep for one in contract.identifying} == {
        "email": "identities", "Cognome": "drop", "ipaddr. Indirizzo IP": "drop", "Gruppo/telefono": "identities",
        "username": "drop",
    }  # fmt: skip
    assert "- {column: email, keep: identities}" in text and "# e-mail" in text
    delivery = deliver(source_of(contract, "f.yml", Places("f.yml")), path)
    assert delivery.core.columns.tolist() == ["_row", "token. Codice", "eta"]
    assert delivery.core["token. Codice"].iloc[[0, 10]].tolist() == ["person-1", "person-1"]
    assert list(delivery.raw.columns) == ["_row", "token. Codice", "email", "Gruppo/telefono", "eta"]
    assert delivery.raw["email"].iloc[3] == "email-4"


def test_a_code_that_many_share_is_an_answer(tmp_path: Path) -> None:
    _, contract = drafted(csv(tmp_path / "r.csv", ["codice", "eta"], [["AB"[n % 2], n] for n in range(20)]))
    assert (contract.person, asked(contract)["codice"].type) == (None, "single")


def test_sheets_of_like_columns_are_drafted_together_and_a_sheet_can_be_named(tmp_path: Path, deliver) -> None:
    rows = [["Eta", "Torna"], [31, "si"], [32, "no"], [33, "si"]]
    path = workbook(tmp_path / "mesi.xlsx", Note=[["appunti"]], Gennaio=rows, Febbraio=[rows[0], [41, "no"]])
    text, contract = drafted(path)
    assert list(asked(contract)) == ["Eta", "Torna"]
    assert "#   wave: {column: sheet}" in text
    delivery = deliver(source_of(contract, "f.yml", Places("f.yml")), path)
    assert delivery.core["eta"].tolist() == [31, 32, 33, 41]
    alone = as_yaml(form_in(path, path.name, "Febbraio"), "fonte", "it")
    assert "\nsheet: Febbraio\n" in alone
    workbook(path, Gennaio=rows, Marzo=[["Eta", "Torna?", "Nota"], [41, "no", "x"]], Aprile=[["Età", "Altro"], [1, 2]])
    with pytest.raises(ProblemsFound, match="sestante survey new FILE --sheet"):
        form_in(path, path.name)


def test_titles_above_a_table_are_no_header(tmp_path: Path, deliver) -> None:
    path = workbook(
        tmp_path / "titoli.xlsx",
        Dati=[["Associazione"], ["Anno", 2026], [], ["N.", "Persona", None, "Spesa"], [None, "Codice", "Età", None],
              *[[n, "AB"[n % 2], 30 + n, 2.5 * n] for n in range(1, 13)]],
    )  # fmt: skip
    _, contract = drafted(path)
    assert list(asked(contract)) == ["N.", "Persona [Codice]", "Persona [Età]", "Spesa"]
    delivery = deliver(source_of(contract, "f.yml", Places("f.yml")), path)
    assert (len(delivery.core), delivery.refused) == (12, ())
    assert delivery.core.iloc[0, 1:].tolist() == [1, "B", 31, 2.5]


def test_an_archive_of_limesurvey_and_of_odk_central_are_drafted(tmp_path: Path) -> None:
    archive = tmp_path / "x.lsa"
    with zipfile.ZipFile(archive, "w") as parts:
        parts.write(RECORDINGS / "welfare_pre.lss", "survey_7.lss")
        parts.writestr("survey_7_responses.lsr", "<document/>")
    assert drafted(archive)[1].questions == drafted(RECORDINGS / "welfare_pre.lss")[1].questions
    with zipfile.ZipFile(tmp_path / "odk.zip", "w") as parts:
        parts.writestr("f-familiari.csv", "eta_fam,altro,PARENT_KEY,KEY\n3,x,uuid:1,uuid:1/f[1]\n")
        parts.writestr("f.csv", "SubmissionDate,eta,KEY,ReviewState\n2026-03-01T10:00:00.000Z,31,uuid:1,rejected\n")
    text, contract = drafted(tmp_path / "odk.zip")
    assert (list(asked(contract)), contract.answered, contract.key) == (["eta"], "SubmissionDate", ("KEY",))
    assert '#   leave_out: {"ReviewState": ["rejected"]}' in text


def test_an_spss_file_gives_its_labels_and_the_codes_it_calls_missing(tmp_path: Path) -> None:
    import pandas as pd
    import pyreadstat

    frame = pd.DataFrame(
        {"sodd": [1.0, 2, 3, 4, 9] * 3, "serv": [0.0, 1, 1, 0, 1] * 3, "eta": [30.0, 41, 52, 999, 64] * 3}
    )
    pyreadstat.write_sav(
        frame, str(tmp_path / "a.sav"), column_labels=["Soddisfazione", "Usa il servizio", "Età"],
        variable_value_labels={"sodd": {1: "Per niente", 2: "Poco", 3: "Molto", 4: "Del tutto", 9: "Non risponde"},
                               "serv": {0: "No", 1: "Sì"}, "eta": {999: "Non risponde"}},
        missing_ranges={"sodd": [9], "eta": [999]},
    )  # fmt: skip
    _, contract = drafted(tmp_path / "a.sav")
    found = asked(contract)
    assert (found["sodd"].type, found["sodd"].range, found["sodd"].missing) == ("scale", (1, 4), ("9",))
    assert (found["serv"].type, found["eta"].type, found["eta"].missing) == ("yes_no", "number", ("999",))
    assert found["sodd"].labels["4"].within("it") == "Del tutto"


# Names ----------------------------------------------------------------------------------------------------------------


def test_what_people_write_for_yes_is_yes_and_one_answer_spelt_two_ways_is_one(tmp_path: Path, deliver) -> None:
    words = ["sì", "Si", "x", "X", "no", "No", "SI", "sì"]
    places = ["Torino", "torino", "TORINO ", "Ivrea", "Ivrea", "ivrea", "Torino", "Ivrea"]
    path = csv(tmp_path / "a.csv", ["Attestato", "Sede"], [list(one) for one in zip(words, places, strict=True)])
    _, contract = drafted(path)
    questions = asked(contract)
    assert questions["Attestato"].type == "yes_no"
    assert [str(one.root) for one in questions["Sede"].answers.values()] == ["Torino", "Ivrea"]
    delivery = deliver(source_of(contract, "f.yml", Places("f.yml")), path)
    assert not delivery.refused and list(delivery.core["attestato"]) == [True] * 4 + [False] * 2 + [True] * 2
    assert list(delivery.core["sede"]) == ["Torino"] * 3 + ["Ivrea"] * 3 + ["Torino", "Ivrea"]


def test_a_semicolon_inside_one_answer_makes_no_list_of_answers(tmp_path: Path) -> None:
    said = ["Grazie", 'Più ore; "magari" di sera', "Nulla"] * 4
    _, contract = drafted(csv(tmp_path / "a.csv", ["Altro?", "n"], [[one, 1] for one in said]))
    assert asked(contract)["Altro?"].type == "single"


def test_boxes_of_kobotoolbox_are_one_question_and_its_own_numbers_are_nobody(tmp_path: Path) -> None:
    rows = [["luce gas", 1, 1, f"u{n:08d}", n % 5 + 1, n] for n in range(12)] + [["", "", "", "u99999999", 5, 99]]
    text, contract = drafted(
        csv(tmp_path / "k.csv", ["servizi", "servizi/luce", "servizi/gas", "_uuid", "n_figli", "_id"], rows)
    )
    questions = asked(contract)
    assert list(questions) == ["servizi", "n_figli"]
    assert (questions["servizi"].type, list(questions["servizi"].answers)) == ("multiple", ["luce", "gas"])
    assert "rows with nothing ticked: 1" in text
    assert questions["n_figli"].type == "number"  # nothing says that nobody has six
    assert contract.person is None


def test_days_of_which_some_lost_their_format_are_days(tmp_path: Path) -> None:
    days = [[dt.date(2026, 3, day), 1] for day in range(1, 13)] + [[46100 + day, 1] for day in range(4)]
    _, contract = drafted(workbook(tmp_path / "d.xlsx", Foglio=[["Data iscrizione", "n"], *days]))
    assert asked(contract)["Data iscrizione"].type == "date"


def test_the_row_of_a_grid_gives_the_name_and_a_file_its_title(tmp_path: Path) -> None:
    header = ["Quanto sei d'accordo? [Mi sento solo]", "Quanto sei d'accordo? [Ho amici]"]
    said = [["Molto d'accordo", "Poco d'accordo"], ["Per niente d'accordo", "Molto d'accordo"],
            ["Poco d'accordo", "Per niente d'accordo"]] * 4  # fmt: skip
    text, contract = drafted(csv(tmp_path / "Fine percorso (Risposte) - Modulo 1.csv", header, said))
    assert [one.name for one in contract.questions] == ["sento_solo", "amici"]
    assert text.count("`range: [1, 3]`") == 2 and contract.title.root == "Fine percorso"


@pytest.mark.parametrize(
    ("code", "words", "name"),
    [
        ("TITOLO", "Titolo di studio", "titolo"),
        ("G01Q02", "Quanti anni ha compiuto?", "anni_compiuto"),
        ("Q1", "Perché si è rivolto/a al Centro?", "perche_rivolto_centro"),
        ("Quanto è soddisfatto?", "Quanto è soddisfatto?", "soddisfatto"),
        ("order", "", "q_order"),
        ("12", "???", "q_12"),
        ("Возраст", "", "возраст"),
    ],
)
def test_a_name_is_short_readable_and_usable_in_an_expression(code: str, words: str, name: str) -> None:
    assert name_for(code, words) == name


def test_a_name_that_is_taken_gets_a_number() -> None:
    assert name_for("ETA", "", ["eta", "eta_2"]) == "eta_3"
