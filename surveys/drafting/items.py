"""LimeSurvey's questions as a few facts each, from an .lss file or from what a server says of a survey.

Both give the same `Survey`, so that the draft of a survey and that of its file are the same. Of an .lss, hostile XML
included, nothing but the structure is read. What a question type means is in `limesurvey`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from surveys.drafting.forms import Said, said
from theory_of_change.languages import code_for
from theory_of_change.problems import Place, Problem, ProblemsFound

if TYPE_CHECKING:
    from surveys.limesurvey.structure import Structure

_MOST_BYTES = 64 * 2**20


@dataclass(frozen=True)
class Item:
    """One question as LimeSurvey holds it. `subs` and `answers` are code, scale (0 or 1) and words."""

    code: str
    type: str
    texts: Said
    has_other: bool = False
    relevance: str = ""
    attributes: Mapping[str, Said] = field(default_factory=dict)
    subs: tuple[tuple[str, int, Said], ...] = ()
    answers: tuple[tuple[str, int, Said], ...] = ()

    def attribute(self, name: str) -> str:
        """A setting that is the same in every language."""
        return next((value for value in self.attributes.get(name, {}).values() if value), "")


@dataclass(frozen=True)
class Survey:
    """A survey with what its settings say of its columns."""

    number: int
    titles: Said
    languages: tuple[str, ...]
    settings: Mapping[str, Any]
    items: tuple[Item, ...]


# From an .lss file ----------------------------------------------------------------------------------------------------


def read_lss(path: Path, file: str) -> Survey:
    """The survey in an .lss file, called `file` in messages. Raises ProblemsFound, and nothing else."""
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise _unreadable("form-too-large", file)
        return survey_in(path.read_bytes(), file)
    except OSError as fault:
        raise _unreadable("delivery-unreadable", file, reason=fault.strerror or "") from None


def survey_in(content: bytes, file: str) -> Survey:
    """The survey in the bytes of an .lss."""
    from xml.etree.ElementTree import ParseError

    from defusedxml.common import DefusedXmlException
    from defusedxml.ElementTree import fromstring

    try:
        root = fromstring(content, forbid_dtd=True)
    except (DefusedXmlException, ParseError, ValueError, LookupError):
        raise _unreadable("form-damaged", file) from None
    if root.tag != "document" or (root.findtext("LimeSurveyDocType") or "Survey").strip() != "Survey":
        raise _unreadable("form-not-lss", file)
    tables: Callable[[str], list[dict[str, str]]] = lambda name: [  # noqa: E731
        {cell.tag: cell.text or "" for cell in row} for row in root.findall(f"{name}/rows/row")
    ]
    survey = _from_tables(tables, [element.text or "" for element in root.findall("languages/language")])
    if not survey.items:
        raise _unreadable("form-no-questions", file)
    return survey


def _unreadable(code: str, file: str, **facts: str) -> ProblemsFound:
    return ProblemsFound([Problem(code, Place(file), {"file": file.rpartition("/")[2], **facts})])


def _from_tables(table: Callable[[str], list[dict[str, str]]], languages: list[str]) -> Survey:
    """The survey out of the tables of an .lss. Before version 4 words stood in the tables of questions and answers."""
    settings = next(iter(table("surveys")), {})
    base = settings.get("language", "")
    spoken = _languages([base, *languages])
    texts = _words(table("question_l10ns") or [*table("questions"), *table("subquestions")], "qid", "question")
    labels = _words(table("answer_l10ns"), "aid", "answer")
    groups = {row["gid"]: (int(row.get("group_order") or 0), row.get("grelevance", "")) for row in table("groups")}
    attributes: dict[str, dict[str, dict[str, str]]] = defaultdict(lambda: defaultdict(dict))
    for row in table("question_attributes"):
        attributes[row["qid"]][row["attribute"]][_language(row.get("language", ""))] = row.get("value", "")
    subs: dict[str, dict[str, tuple[Any, ...]]] = defaultdict(dict)
    for row in table("subquestions"):
        order = (int(row.get("scale_id") or 0), int(row.get("question_order") or 0))
        subs[row["parent_qid"]].setdefault(row["qid"], (order, row["title"], texts.get(row["qid"], {})))
    answers: dict[str, dict[tuple[int, str], tuple[Any, ...]]] = defaultdict(dict)
    for row in table("answers"):
        scale, code = int(row.get("scale_id") or 0), row["code"]
        words = labels.get(row.get("aid", "")) or {}
        if row.get("answer"):
            words = {
                **answers[row["qid"]].get((scale, code), (0, 0, {}))[2],
                **said([(_language(row["language"]), row["answer"])]),
            }
        answers[row["qid"]][scale, code] = ((scale, int(row.get("sortorder") or 0)), code, words)
    seen: dict[str, tuple[tuple[int, int], Item]] = {}
    for row in table("questions"):
        order, grelevance = groups.get(row.get("gid", ""), (0, ""))
        item = Item(
            code=row["title"],
            type=row.get("type") or "T",
            texts=texts.get(row["qid"], {}),
            has_other=row.get("other") == "Y",
            relevance=_both(grelevance, row.get("relevance", "")),
            attributes=attributes.get(row["qid"], {}),
            subs=_in_order(subs[row["qid"]].values()),
            answers=_in_order(answers[row["qid"]].values()),
        )
        if row.get("parent_qid") in (None, "", "0"):
            seen.setdefault(row["qid"], ((order, int(row.get("question_order") or 0)), item))
    rows = table("surveys_languagesettings")
    titles = said((_language(row.get("surveyls_language", "")), row.get("surveyls_title")) for row in rows)
    number = settings.get("sid", "")
    items = tuple(item for _, item in sorted(seen.values(), key=_order))
    return Survey(int(number) if number.isdigit() else 0, _sorted(titles, spoken), spoken, settings, items)


def _in_order(rows: Iterable[tuple[Any, ...]]) -> tuple[tuple[str, int, Said], ...]:
    """Code, scale and words of what came with its place."""
    return tuple((code, place[0], words) for place, code, words in sorted(rows, key=_order))


def _order(one: tuple[Any, ...]) -> Any:
    return one[0]


def _words(rows: list[dict[str, str]], key: str, text: str) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = defaultdict(dict)
    for row in rows:
        if row.get("language") and row.get(key):
            found[row[key]].update(said([(_language(row["language"]), row.get(text))]))
    return found


def _both(group: str, question: str) -> str:
    """The condition of the group and of the question, where both have one."""
    given = [one.strip() for one in (group, question) if one and one.strip() not in ("", "1")]
    return " and ".join(given) if len(given) < 2 else " and ".join(f"({one})" for one in given)


def _language(code: str) -> str:
    """A language code as contracts write it; `it-informal` is `it` with its variety."""
    primary = code.strip().split("-")[0]
    return code_for(primary) or primary


def _languages(codes: Iterable[str]) -> tuple[str, ...]:
    known = (code for written in codes for code in [_language(written)] if written and code_for(code) == code)
    return tuple(dict.fromkeys(known)) or ("it",)


def _sorted(words: Said, languages: tuple[str, ...]) -> dict[str, str]:
    return {code: words[code] for code in languages if code in words}


# From a server --------------------------------------------------------------------------------------------------------


def from_structure(structure: Structure) -> Survey:
    """The survey as the server describes it."""
    spoken = _languages(structure.languages)
    base = next(iter(structure.languages.values()), None)
    if base is None:  # a survey that was never activated, or whose content this account may not read
        return Survey(structure.survey, {}, spoken, structure.settings, ())
    order = {group["gid"]: (int(group.get("group_order") or 0), group.get("grelevance") or "") for group in base.groups}
    told = {_language(code): {int(one["qid"]): one for one in inside.questions}
            for code, inside in structure.languages.items()}  # fmt: skip
    kinds = {_language(code): inside.properties for code, inside in structure.languages.items()}

    def words(number: int) -> dict[str, str]:
        return said((code, told[code].get(number, {}).get("question")) for code in told)

    items = []
    for row in base.questions:
        if int(row["parent_qid"]):
            continue
        number = int(row["qid"])
        subs = sorted(
            (one for one in base.questions if int(one["parent_qid"]) == number),
            key=lambda one: (int(one.get("scale_id") or 0), int(one.get("question_order") or 0), int(one["qid"])),
        )
        place, grelevance = order.get(row.get("gid"), (0, ""))
        item = Item(
            code=str(row["title"]),
            type=str(row["type"]),
            texts=words(number),
            has_other=row.get("other") == "Y",
            relevance=_both(grelevance, str(row.get("relevance") or "")),
            attributes=_attributes(number, kinds),
            subs=tuple((str(one["title"]), int(one.get("scale_id") or 0), words(int(one["qid"]))) for one in subs),
            answers=_answers(number, kinds),
        )
        items.append(((place, int(row.get("question_order") or 0), number), item))
    titles = said((_language(code), str(inside.texts.get("surveyls_title") or ""))
                  for code, inside in structure.languages.items())  # fmt: skip
    ordered = tuple(item for _, item in sorted(items, key=_order))
    return Survey(structure.survey, titles, spoken, structure.settings, ordered)


def _attributes(number: int, kinds: Mapping[str, Mapping[int, Mapping[str, Any]]]) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = defaultdict(dict)
    for code, properties in kinds.items():
        for name, by_language in (("attributes", ""), ("attributes_lang", code)):
            given = properties.get(number, {}).get(name)
            for key, value in given.items() if isinstance(given, dict) else ():
                if value is not None:
                    found[key][by_language] = str(value)
    return found


def _answers(number: int, kinds: Mapping[str, Mapping[int, Mapping[str, Any]]]) -> tuple[tuple[str, int, Said], ...]:
    found: dict[tuple[int, str], dict[str, str]] = defaultdict(dict)
    order: dict[tuple[int, str], tuple[int, int]] = {}
    for language, properties in kinds.items():
        given = properties.get(number, {}).get("answeroptions")
        for options in given if isinstance(given, list) else [given] if isinstance(given, dict) else ():
            for code, one in options.items():
                scale = int(one.get("scale_id") or 0)
                order.setdefault((scale, code), (scale, int(one.get("order") or 0)))
                found[scale, code].update(said([(language, one.get("answer"))]))
    return tuple((code, scale, found[scale, code]) for scale, code in sorted(order, key=lambda one: order[one]))
