"""Every mistake of the whole system is told in both languages, and no code is used that the catalogue lacks."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from theory_of_change.coherence import RULES
from theory_of_change.problems import catalogue
from theory_of_change.rules import NUMBERS

ROOT = Path(__file__).parent.parent.parent
PACKAGES = ("theory_of_change", "surveys", "warehouse", "pipelines", "reports")
AREAS = sorted((ROOT / "theory_of_change" / "catalogue").glob("*.yml"))
ENTRIES = {
    (area.stem, code): entry
    for area in AREAS
    for code, entry in (yaml.safe_load(area.read_text(encoding="utf-8")) or {}).items()
}
SLOT = re.compile(r"\{([a-z_]+)\}")


def entry_test(function):
    return pytest.mark.parametrize("entry", ENTRIES.values(), ids=[":".join(key) for key in ENTRIES])(function)


@entry_test
def test_an_entry_says_what_and_what_to_do_in_both_languages(entry: dict) -> None:
    rule = {"title", "why"} & set(entry)
    assert set(entry) == {"severity", "what", "remedy"} | rule
    assert entry["severity"] in ("error", "warning", "info")
    for part in ("what", "remedy", *rule):
        assert set(entry[part]) == {"it", "en"}
        assert all(words == " ".join(words.split()) for words in entry[part].values())
        needed = part == "what" or entry["severity"] != "info"  # a mere note asks for nothing
        assert all(entry[part].values()) or not needed


@entry_test
def test_both_languages_tell_the_same_facts(entry: dict) -> None:
    for part in ("what", "remedy"):
        assert set(SLOT.findall(entry[part]["it"])) == set(SLOT.findall(entry[part]["en"]))


@entry_test
def test_italian_is_written_with_its_accents(entry: dict) -> None:
    italian = f"{entry['what']['it']} {entry['remedy']['it']}"
    assert not re.search(
        r"\b(perche|poiche|finche|cioe|piu|gia|puo|cosi|e'|perche'|piu'|puo'|perchè|nè)(?![\w])", italian
    )


SPEECH = yaml.safe_load((ROOT / "pipelines" / "speech.yml").read_text(encoding="utf-8"))
SAID = {
    **{
        f"{area}:{code}:{part}": entry[part]
        for (area, code), entry in ENTRIES.items()
        for part in entry
        if part != "severity"
    },
    **SPEECH,
}


@pytest.mark.parametrize("language", ["it", "en"])
def test_apostrophes_are_typographic_outside_of_code(language: str) -> None:
    told = {where: re.sub(r"`[^`]*`", "`…`", words[language]) for where, words in SAID.items()}
    assert [where for where, words in told.items() if re.search(r"(?<=[^\W\d_])'(?=[\w`«“ ])", words)] == []


def test_nobody_is_addressed_as_you_in_italian() -> None:
    """Instructions are infinitives, «Correggere…»: neither `tu` nor `voi`."""
    orders = (r"(?:^|[.:;] )(Controlla|Correggi|Scrivi|Usa|Libera|Rimetti|Togli|Aggiungi|Metti|Chiudi|Esegui|Lascia"
              r"|Chiedi|[A-Z]\w*[aei]te)\b")  # fmt: skip
    address = r"\b(tu|tuo|tua|tuoi|tue|voi|vostro|vostra|vostri|vostre|potete|dovete|puoi|devi)\b"
    meant = {"Lasciate"}  # of scales that were left out
    told = {where: set(re.findall(orders, words["it"])) | set(re.findall(address, words["it"], re.I))
            for where, words in SAID.items()}  # fmt: skip
    assert {where: found - meant for where, found in told.items() if found - meant} == {}


def test_no_two_areas_share_a_code() -> None:
    codes = [code for _, code in ENTRIES]
    assert sorted(codes) == sorted(set(codes))


def test_codes_are_plain_words() -> None:
    assert [code for _, code in ENTRIES if not re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", code)] == []


def test_every_rule_of_coherence_is_in_the_catalogue_and_is_no_error() -> None:
    assert {rule: catalogue()[rule]["severity"] for rule in RULES if catalogue()[rule]["severity"] == "error"} == {}


def test_rules_alone_say_why_they_matter_and_all_of_them_do() -> None:
    assert {code for code, entry in catalogue().items() if "why" in entry} == set(RULES)
    assert {code for code, entry in catalogue().items() if "title" in entry} == set(RULES)
    assert [rule for rule in RULES if any(SLOT.search(words) for words in catalogue()[rule]["why"].values())] == []


def test_the_twenty_rules_are_all_there_and_numbered_in_order() -> None:
    numbers = list(NUMBERS.values())
    assert numbers == sorted(numbers)
    assert set(numbers) == set(range(1, max(numbers) + 1)) >= set(range(1, 21))


def codes_used() -> Iterator[tuple[str, str]]:
    """Every code named where a problem is made; the types of pydantic's custom errors become codes, too."""
    for package in PACKAGES:
        for file in sorted((ROOT / package).rglob("*.py")):
            for call in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                if not isinstance(call, ast.Call):
                    continue
                name = getattr(call.func, "id", getattr(call.func, "attr", "")).strip("_").lower()
                given = [*call.args[:3], *(word.value for word in call.keywords if word.arg in ("code", "rule"))]
                literal = [part for part in given if isinstance(part, (ast.Constant, ast.IfExp))]
                words = [part.value for one in literal for part in ast.walk(one) if isinstance(part, ast.Constant)]
                for word in words:
                    code = str(word).replace("_", "-") if name == "pydanticcustomerror" else str(word)
                    is_code = re.fullmatch(r"[a-z]+(-[a-z0-9]+)+", code) and word is not None
                    code = f"refused-{code}" if name == "refusal" else code
                    if is_code and name in (
                        "problem",
                        "finding",
                        "refuse",
                        "refusal",
                        "give_up",
                        "pydanticcustomerror",
                    ):
                        yield f"{file.relative_to(ROOT)}:{call.lineno}", code


def test_every_code_used_in_the_source_is_in_the_catalogue() -> None:
    used = list(codes_used())
    assert len({code for _, code in used}) > 60, "the search itself finds the codes"
    assert [f"{where}: {code}" for where, code in used if code not in catalogue()] == []
