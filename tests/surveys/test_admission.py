"""What says who somebody is does not come in by accident: neither typed nor raw, neither in names nor in messages."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from surveys.deliveries import Delivery, read_delivery
from surveys.sources import Source
from theory_of_change.problems import ProblemsFound
from theory_of_change.programme import Programme

CONTRACT = "{person: token, questions: [{name: q, type: single, answers: [si, no]}, {name: voice, type: text}]}"
REGISTER = "{key: [n], columns: [{name: n, type: text}, {name: age, type: integer}, {name: contact, type: category}]}"
HEADER = "token,q,voice,email\n"
ROWS = "t1,si,bene,ada@example.org\nt2,no,male,bruno@example.org\nt3,si,,\n"
SECRETS = ("ada@example.org", "bruno@example.org")


def everything(delivery: Delivery) -> str:
    told = [note.line(language) for note in delivery.notes for language in ("it", "en")]
    return "\n".join([delivery.raw.to_csv(), delivery.core.to_csv(), *told])


def blocked(deliver: Callable[..., Delivery], contract: str, content: str, **how: str) -> list[str]:
    with pytest.raises(ProblemsFound) as found:
        deliver(contract, content, **how)
    said = [problem.line("en") for problem in found.value.problems]
    assert not any(secret in line for line in said for secret in SECRETS)
    return said


def with_(identifying: str, contract: str = CONTRACT) -> str:
    return f"{contract[:-1]}, identifying: {identifying}}}"


def test_a_column_nobody_declared_blocks_the_load_and_says_the_three_things_one_can_do(deliver, pseudonyms):
    (line,) = blocked(deliver, CONTRACT, HEADER + ROWS)
    assert line.rpartition("consegna.csv: ")[2] == (
        "error: the column “email” holds e-mail addresses (rows: 2) and the contract does not say what "
        "becomes of them. In prova.yml, under `identifying:`, write one of these lines: "
        "`- {column: email, keep: drop}` "
        "(store it nowhere), `- {column: email, keep: identities}` (only in the list of identities; elsewhere a "
        "pseudonym), `- {column: email, keep: public}` (it is about no person: an organisation’s address). "
        "[identifying-email]"
    )
    assert pseudonyms.calls == []


@pytest.mark.parametrize("keep", ["drop", "identities"])
def test_each_line_the_message_offers_does_what_it_says(deliver, pseudonyms, keep: str):
    delivery = deliver(with_(f"[{{column: email, keep: {keep}}}]"), HEADER + ROWS)
    assert len(delivery.core) == 3 and not any(secret in everything(delivery) for secret in SECRETS)
    assert ("email" in delivery.raw.columns) == (keep == "identities")
    if keep == "identities":
        assert delivery.raw["email"].tolist()[:2] == ["email-1", "email-2"] and delivery.raw["email"].isna()[2]
        assert ("email", list(SECRETS)) in pseudonyms.calls
    assert delivery.unmapped == ()


def test_what_is_about_no_person_may_stay_as_it_is(deliver):
    delivery = deliver(with_("[{column: email, keep: public}]"), HEADER + ROWS)
    assert delivery.raw["email"].tolist()[:2] == list(SECRETS)


def test_headers_are_told_as_yaml_takes_them(deliver):
    (line,) = blocked(deliver, CONTRACT, HEADER.replace("email", '"La tua e-mail: quale?"') + ROWS)
    assert '`- {column: "La tua e-mail: quale?", keep: drop}`' in line


def test_every_such_column_is_told_at_once(deliver):
    header = "token,q,voice,email,cognome,nome,cell\n"
    rows = "".join(f"t{i},si,,p{i}@example.org,Rossi,Ada,+39 333 123456{i}\n" for i in range(4))
    said = blocked(deliver, CONTRACT, header + rows)
    assert [line.rpartition("[")[2] for line in said] == [
        "identifying-email]", "identifying-name]", "identifying-name]", "identifying-phone]"
    ]  # fmt: skip


def test_a_described_column_of_identifiers_blocks_too(deliver):
    (line,) = blocked(deliver, REGISTER, "n,age,contact\n1,30,ada@example.org\n2,31,altro\n")
    assert line.endswith("[described-email]") and "remove the description of “contact”" in line
    assert len(deliver(with_("[{column: contact, keep: public}]", REGISTER), "n,age,contact\n1,3,a@b.it\n").core) == 1


def test_a_telephone_declared_as_a_number_is_still_a_telephone(deliver):
    contract = "{key: [n], columns: [{name: n, type: text}, {name: telefono, type: integer}]}"
    (line,) = blocked(deliver, contract, "n,telefono\n1,3331234567\n2,3289876543\n")
    assert line.endswith("[described-phone]")


def test_a_free_text_is_flagged_with_a_count_and_lands(deliver):
    texts = "".join(f"t{i},si,mi piace stare qui insieme,\n" for i in range(9))
    delivery = deliver(CONTRACT, HEADER + texts + "t10,si,scrivere a ada@example.org grazie,\n")
    (note,) = [note for note in delivery.notes if note.code == "identifier-in-text"]
    assert note.facts == {"column": "voice", "count": "1"} and len(delivery.core) == 10


def test_an_identifier_typed_into_a_number_is_refused_with_its_row_and_kept_nowhere(deliver, refusals):
    delivery = deliver(REGISTER, "n,age,contact\n1,30,a\n2,ada@example.org,b\n3,trenta,c\n")
    assert refusals(delivery) == [(3, "age", "not-an-integer"), (4, "age", "not-an-integer")]
    assert not any(secret in everything(delivery) for secret in SECRETS)
    assert delivery.raw["age"].tolist()[::2] == ["30", "trenta"]
    assert [(note.code, note.facts["count"]) for note in delivery.notes] == [("identifier-blanked", "1")]


def test_an_unlisted_answer_that_identifies_is_kept_nowhere(deliver):
    delivery = deliver(CONTRACT, "token,q,voice\nt1,ada@example.org,\nt2,si,\n")
    assert not any(secret in everything(delivery) for secret in SECRETS) and len(delivery.core) == 1


def test_names_of_files_and_columns_carry_nobody(deliver):
    assert blocked(deliver, CONTRACT, HEADER + ROWS, name="ada@example.org.csv")[0].startswith("data/prova: error")
    (line,) = blocked(deliver, "{questions: [{name: q, type: text}]}", "q,ada@example.org\nx,y\n")
    assert "the header of column 2 holds" in line


def test_without_consent_nothing_of_a_row_is_looked_at_or_kept(deliver):
    contract = f"{CONTRACT[:-1]}, consent: {{column: ok, value: Y}}}}"
    delivery = deliver(contract, "token,q,voice,email,ok\nt1,si,bene,ada@example.org,N\nt2,no,male,,Y\n")
    assert len(delivery.raw) == 1 and not any(secret in everything(delivery) for secret in SECRETS)
    assert [one.rule for one in delivery.refused] == ["no-consent"]


def test_a_row_about_somebody_forgotten_is_left_out_of_everything(
    tmp_path: Path, contract: Callable[[str], Source], programme: Programme
):
    path = tmp_path / "f.csv"
    path.write_text("a,b,n\nx,y,1\ny,z,2\nx,z,3\n", encoding="utf-8")
    ties = "{columns: [{name: a, type: person}, {name: b, type: person}, {name: n, type: integer}]}"

    def named(scheme: str, identifiers: list[str]) -> list[str | None]:
        return [None if one == "y" else f"p-{one}" for one in identifiers]

    delivery = read_delivery(path, contract(ties), programme, named)
    assert delivery.core.drop(columns="_row").to_numpy().tolist() == [["p-x", "p-z", 3]]
    assert delivery.raw["_row"].tolist() == [4]
    assert [(one.row, one.rule) for one in delivery.refused] == [(2, "forgotten"), (3, "forgotten")]


def test_contradictions_of_the_contract(contract):
    from surveys.sources import _contradictions

    source = contract(with_("[{column: voice, keep: drop}, {column: e, keep: drop}, {column: E, keep: public}]"))
    found = [(code, path) for code, path, _ in _contradictions(source.contract, None)]
    assert found == [("identifying-twice", ("identifying", 2)), ("identifying-and-used", ("identifying", 0, "column"))]


def test_large_columns_are_looked_at_quickly_enough_to_count():
    from surveys.identifying import recognise

    texts = [f"p{i}@example.org" for i in range(20_000)]
    assert recognise("x", texts, np.ones(20_000, dtype=int)).rows == 20_000
