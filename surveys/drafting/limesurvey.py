"""A LimeSurvey questionnaire as a form: what each of its question types means in a contract.

Where the questions come from, a file or a server, is in `items`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from surveys.drafting.forms import Asked, Form, Note, Said, bare, said
from surveys.drafting.items import Item, Survey
from surveys.drafting.naming import name_for

_SCALES = {"A": (1, 5), "B": (1, 10), "5": (1, 5)}
#: Answers that LimeSurvey has by itself, with the words of its own translation.
_BUILT_IN = {
    "C": {"Y": {"it": "Sì", "en": "Yes"}, "U": {"it": "Incerto", "en": "Uncertain"}, "N": {"it": "No", "en": "No"}},
    "E": {"I": {"it": "Aumenta", "en": "Increase"}, "S": {"it": "Uguale", "en": "Same"},
          "D": {"it": "Diminuisce", "en": "Decrease"}},
    "G": {"F": {"it": "Femmina", "en": "Female"}, "M": {"it": "Maschio", "en": "Male"}},
}  # fmt: skip
_TEXTS = ("S", "T", "U", "Q", ";")
_NO_ANSWER = re.compile(
    r"(?i)\b(non so|non sa|non risponde|non rispondo|preferisc\w+ non|nessuna risposta|non applicabile|"
    r"don.?t know|do not know|no answer|prefer not|refuse\w*|not applicable)\b|^\W*(n/?[ar]|ns/nr|dk|na)\W*$"
)
_CONDITION = re.compile(r"""\(*\s*([A-Za-z]\w*)(?:\.(?:NAOK|value|code))?\s*(?:==|eq)\s*(["'])([^"']*)\2\s*\)*""")
_ARITHMETIC = re.compile(r"^\{\s*(?:sum|count|round|floor|ceil|min|max|abs|intval|sqrt|pow|strlen)\s*\(|[*/]|\d\s*[-+]")


# The form -------------------------------------------------------------------------------------------------------------


def form_of(survey: Survey, origin: str, is_live: bool) -> Form:
    """The form of a survey, LimeSurvey's own columns included."""
    headers = dict(_variables(survey.items))
    asked = [one for item in survey.items for one in _asked(item, headers, survey.languages)]
    is_dated = survey.settings.get("datestamp", "Y") == "Y"
    is_anonymous = survey.settings.get("anonymized") == "Y"
    drop = [(item.code, Note("drop-display")) for item in survey.items if item.type == "X"]
    drop += [("seed", Note("drop-seed"))]
    hints = [("wave: pre", Note("hint-wave")), ("timezone: UTC", Note("hint-timezone"))]
    if is_anonymous:
        notes = [Note("anonymous")] + ([] if is_dated else [Note("anonymous-undated")])
    else:
        notes = []
        drop += [("token", Note("drop-token"))]
        hints = [("person: token", Note("hint-person")), *hints]
    drop += [(name, Note(f"drop-{name}")) for name in ("ipaddr", "refurl") if survey.settings.get(name, "Y") == "Y"]
    source = {"limesurvey": {"survey": survey.number}} if is_live else {"files": {"pattern": "{id}*"}}
    if not is_live and survey.number:
        hints = [(f"limesurvey: {{survey: {survey.number}}}", Note("hint-limesurvey")), *hints]
    return Form(
        origin=origin,
        kind="limesurvey",
        title=survey.titles,
        languages=survey.languages,
        asked=(*_own_columns(survey, is_dated), *asked),
        keys={**source, "key": ["id"], "answered": "submitdate"},
        hints=tuple(hints),
        notes=tuple(notes),
        drop=tuple(drop),
    )


def _own_columns(survey: Survey, is_dated: bool) -> Iterator[Asked]:
    """What LimeSurvey notes by itself about each answer."""
    languages = _languages_named(survey.languages)
    yield Asked({"code": "startlanguage", "type": "single", "computed": True, "answers": languages}, name="language")
    yield Asked({"code": "lastpage", "type": "number", "computed": True}, name="last_page")
    for code, name in (("startdate", "started"), ("datestamp", "last_action")) if is_dated else ():
        yield Asked({"code": code, "type": "datetime", "computed": True}, name=name)
    if survey.settings.get("savetimings") == "Y":
        yield Asked({"code": "interviewtime", "type": "number", "unit": "seconds", "computed": True}, name="duration")


def _asked(item: Item, headers: Mapping[str, str], languages: tuple[str, ...]) -> Iterator[Asked]:
    """The question or, for an array of two scales, both of them."""
    if item.type == "X":
        return
    if item.type == "1":
        for part, side in ((1, "A"), (2, "B")):
            heading = said(item.attributes.get(f"dualscale_header{side}", {}).items())
            texts = {code: f"{words} – {heading[code]}" if code in heading else words
                     for code, words in item.texts.items()}  # fmt: skip
            keys, notes = _choice([(code, words) for code, scale, words in item.answers if scale == part - 1])
            keys = {"code": item.code, **keys, "text": texts, "part": part, "rows": _rows(item)}
            ending = _first(heading, languages)
            name = f"{name_for(item.code, _first(item.texts, languages))}_{name_for('', ending)}" if ending else ""
            yield Asked(keys, (*notes, *_shown(item, headers)[1]), name=name)
        return
    keys, notes = _of_type(item, languages)
    condition, remarks = _shown(item, headers)
    if condition is not None and (condition or item.type in ("M", "P")):
        keys["asked_when"] = condition or "always"
    if item.attribute("hidden") == "1":
        remarks = [*remarks, Note("hidden")]
    yield Asked({"code": item.code, "text": dict(item.texts), **keys}, (*notes, *remarks))


def _first(words: Said, languages: Iterable[str]) -> str:
    return next((words[code] for code in languages if words.get(code)), "")


def _languages_named(languages: tuple[str, ...]) -> dict[str, Said]:
    """The languages of a survey, each by its name in all of them."""
    from babel import Locale, UnknownLocaleError

    def name(code: str, within: str) -> str:
        try:
            return Locale.parse(code).get_display_name(within) or code
        except (UnknownLocaleError, ValueError):
            return code

    return {code: {within: name(code, within) for within in languages} for code in languages}


def _of_type(item: Item, languages: tuple[str, ...]) -> tuple[dict[str, Any], list[Note]]:
    """The contract's keys for a question of this type, and what to say of them."""
    kind, rows = item.type, _rows(item)
    if kind in ("L", "!", "O"):
        keys, notes = _list(item)
        return {**keys, **({"comment": True} if kind == "O" else {})}, notes
    if kind in ("M", "P"):
        keys = {"type": "multiple", "answers": rows, "other": item.has_other, "comment": kind == "P"}
        return {key: value for key, value in keys.items() if value}, []
    if kind in ("F", "H"):
        keys, notes = _choice([(code, words) for code, _, words in item.answers])
        return {**keys, "rows": rows}, notes
    if kind in _SCALES:
        return {"type": "scale", "range": list(_SCALES[kind]), **({"rows": rows} if rows else {})}, []
    if kind in _BUILT_IN:
        answers = {code: {one: words.get(one, words["en"]) for one in languages}
                   for code, words in _BUILT_IN[kind].items()}  # fmt: skip
        return {"type": "single", "answers": answers, **({"rows": rows} if rows else {})}, []
    if kind == "R":
        places = item.answers or item.subs  # LimeSurvey 7 keeps the options of a ranking as sub-questions
        return {"type": "ranking", "answers": {code: dict(words) for code, _, words in places}}, []
    if kind in ("N", "K"):
        span, notes = _span(item, "min_num_value_n", "max_num_value_n")
        return {"type": "number", **span, **({"rows": rows} if rows else {})}, notes
    if kind == ":":
        directions = {"rows": rows, "columns": _rows(item, 1)}
        if item.attribute("multiflexible_checkbox") == "1":
            return {"type": "yes_no", **directions}, []
        return {"type": "number", **directions, **_span(item, "multiflexible_min", "multiflexible_max", "0")[0]}, []
    if kind == "D":
        has_time = re.search(r"H|M[M]?:", item.attribute("date_format")) is not None
        return {"type": "datetime" if has_time else "date"}, []
    if kind == "*":
        is_number = item.attribute("numbers_only") == "1" or any(map(_ARITHMETIC.search, item.texts.values()))
        return {"type": "number" if is_number else "text", "computed": True}, [Note("equation")]
    if kind == "I":
        return {"type": "single", "answers": _languages_named(languages)}, []
    if kind in ("Y", "|"):
        return {"type": "yes_no" if kind == "Y" else "file"}, [] if kind == "Y" else [Note("file")]
    keys = {"type": "text", **({"rows": rows} if rows else {}), **({"columns": _rows(item, 1)} if kind == ";" else {})}
    return keys, [] if kind in _TEXTS else [Note("type-unknown", {"type": kind})]


def _rows(item: Item, scale: int = 0) -> dict[str, Said]:
    return {code: dict(words) for code, one, words in item.subs if one == scale}


def _list(item: Item) -> tuple[dict[str, Any], list[Note]]:
    """A choice of one. Its codes stay words, even where they are digits: nothing says that they are amounts."""
    answers = {code: dict(words) for code, _, words in item.answers}
    notes = [Note("no-answer-kept", {"codes": ", ".join(gone)})] if (gone := no_answers(answers)) else []
    if len(answers) - len(gone) > 3 and counts_up([code for code in answers if code not in gone]):
        notes.append(Note("maybe-scale"))
    return {"type": "single", "answers": answers, **({"other": True} if item.has_other else {})}, notes


def _choice(answers: list[tuple[str, Said]]) -> tuple[dict[str, Any], list[Note]]:
    """The answers of an array: a scale where the codes count up by one, else a choice.

    Codes whose words say that there is no answer would be points of the scale, so they become missing.
    """
    labels = {code: dict(words) for code, words in answers}
    gone = no_answers(labels)
    points = {code: words for code, words in labels.items() if code not in gone}
    if len(points) > 2 and counts_up(points):
        ends = sorted(int(code) for code in points)
        keys = {"type": "scale", "range": [ends[0], ends[-1]], "labels": points}
        said_so = [Note("no-answer", {"codes": ", ".join(gone)})] if gone else []
        return {**keys, **({"missing": gone} if gone else {})}, [Note("scale"), *said_so]
    return {"type": "single", "answers": labels}, [Note("no-answer-kept", {"codes": ", ".join(gone)})] if gone else []


def counts_up(codes: Iterable[str]) -> bool:
    """True for codes that are whole numbers following one another."""
    written = list(codes)
    numbers = sorted(int(code) for code in written if re.fullmatch(r"-?\d{1,3}", code))
    return len(numbers) == len(written) and numbers == list(range(numbers[0], numbers[0] + len(numbers)))


def no_answers(answers: Mapping[str, Said]) -> list[str]:
    """Codes whose words say that there is no answer; none where that is all there are."""
    gone = [code for code, words in answers.items() if any(map(_NO_ANSWER.search, words.values()))]
    return gone if len(gone) < len(answers) else []


def _span(item: Item, low: str, high: str, default: str = "") -> tuple[dict[str, Any], list[Note]]:
    """The range, where both ends are plain numbers; one end alone becomes a remark."""
    ends = [item.attribute(low) or default, item.attribute(high)]
    numbers = [float(end) if re.fullmatch(r"-?\d+(\.\d+)?", end) else None for end in ends]
    if None not in numbers:
        return {"range": [int(one) if float(one).is_integer() else one for one in numbers]}, []
    shown = " … ".join(end or "?" for end in ends)
    return {}, [Note("range-open", {"range": shown})] if any(ends) and ends != [default, ""] else []


# When a question is shown ---------------------------------------------------------------------------------------------


def _variables(items: Iterable[Item]) -> Iterator[tuple[str, str]]:
    """The names that conditions use for columns, and the columns' headers."""
    for item in items:
        yield item.code, item.code
        for sub, _, _ in item.subs:
            yield f"{item.code}_{sub}", f"{item.code}[{sub}]"


def _shown(item: Item, headers: Mapping[str, str]) -> tuple[dict[str, str] | None, list[Note]]:
    """The condition under which it is shown: empty for always, None where it cannot be said in a contract."""
    relevance = item.relevance.strip()
    if item.attribute("array_filter") or item.attribute("array_filter_exclude"):
        return None, [Note("filtered")]
    if relevance in ("", "1"):
        return {}, []
    found: dict[str, str] = {}
    for part in re.split(r"\s+(?:and|AND)\s+|&&", relevance):
        match = _CONDITION.fullmatch(part.strip())
        if match is None or match[1] not in headers or headers[match[1]] in found:
            return None, [Note("condition", {"condition": bare(relevance, 200)})]
        found[headers[match[1]]] = match[3]
    return found, []
