"""Which column of a file answers which question: by its code, by the question's words in any language, or by its place.

A code that stands there wins over words, exact spelling over likeness, and nothing is ever matched by guess: two
columns that fit one question, or one that fits two, are a problem to settle in the contract. What the cells then mean
is decided in `wording` and `columns`.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from surveys.asked import selected, spellings_of
from surveys.contracts import Field
from surveys.files import TextTable
from surveys.headers import distinct, leading_code, path_ends, plain, positions, words
from surveys.questionnaire import Survey
from surveys.questions import COMMENT, OTHER, Question, headers_of
from surveys.sources import Source
from theory_of_change.model import Text
from theory_of_change.problems import Place, Problem, ProblemsFound, listed, with_hint

CONSENT = "\x00consent"  # no column can have this name
_OTHERS = (
    "altro", "other", "altro specificare", "other specify", "altro text", "other text", "altro testo",
    "other please specify", "other please describe", "please specify", "altro si prega di specificare",
    "altro per favore specificare", "altro specifica", "altro specificare quale", "altro indicare", "altro precisare",
    "altro indicare quale", "altro specificare per favore",
)  # fmt: skip
_COMMENTS = ("commento", "comment")
_RANKS = ("", "classifica ", "rank ", "ranking ", "posizione ", "posto ")
_SCALES = ("scala ", "scale ", "")
#: What divides the answers one cell lists; the first that explains most cells is taken.
_SEPARATORS = ("; ", ";", ", ", ",", "\n", " | ", "|", " ")


@dataclass(frozen=True)
class Matched:
    """Where each field stands in a file (`places`, from 0), how it was found (`code`, `text` or `position`), and the
    fields as this file needs them read: boxes listed in one cell know what divides them. `lists` are the columns in
    which a question's answers stand together, by the question's name."""

    places: Mapping[str, int]
    ways: Mapping[str, str]
    fields: tuple[Field, ...]
    lists: Mapping[str, int]


def asked_for(source: Source) -> list[str]:
    """Every spelling a header of this source may have, for finding the header in a file."""
    fields = [one for one in source.fields if one.headers]
    phrases = {phrase for one in fields for phrase in _phrases(one, _question_of(one, source))}
    survey = source.contract if isinstance(source.contract, Survey) else None
    consent = [survey.consent.column] if survey and survey.consent else []
    wholes = [text for question in survey.questions for text in _texts(question.text)] if survey else []
    return [*(header for one in fields for header in one.headers), *sorted(phrases), *consent, *wholes]


def match(table: TextTable, source: Source, file: str) -> Matched:
    """Every field's column. Raises ProblemsFound with all that are missing, stand there twice or fit two questions."""
    fields = {one.column.name: one for one in source.fields if one.headers}
    spellings = {name: one.headers for name, one in fields.items()} | _consent_spellings(source, fields)
    placed = _by_position(fields, source, table, file)
    ways = dict.fromkeys(placed, "position")
    left = {name: some for name, some in spellings.items() if name not in placed}
    taken = set(itertools.chain.from_iterable(placed.values()))
    found = _without_rivals(positions(table.headers, left), table, left)
    found = {name: [place for place in places if place not in taken] for name, places in found.items()}
    ways |= {name: "code" for name, places in found.items() if places}
    found |= placed
    open_ones = [name for name, places in found.items() if not places]
    codes = {name: {plain(header) for header in spellings[name]} for name in open_ones}
    _find(found, ways, "code", _further_codes(table), codes)
    _settle_by_shape(found, _further_codes(table), fields)
    open_ones = [name for name, places in found.items() if not places and name in fields]
    texts = {name: _phrases(fields[name], _question_of(fields[name], source)) for name in open_ones}
    _find(found, ways, "text", _further_texts(table), texts)
    _find_bare_labels(found, ways, table, fields)
    fields, lists = _with_lists(fields, found, ways, table, source)
    _raise_what_is_unclear(found, spellings, fields, lists, table, file)
    places = {name: some[0] for name, some in found.items() if some}
    every = tuple(fields.get(one.column.name, one) for one in source.fields)
    return Matched(places, {name: ways[name] for name in places}, every, lists)


def places_called(table: TextTable, names: Iterable[str]) -> dict[int, str]:
    """The columns of these names, as questions find theirs: by the header, else by its code, else by its words."""
    ways = ([{plain(header)} for header in table.headers], _further_codes(table), _further_texts(table))
    found: dict[int, str] = {}
    for name in names:
        wanted = (plain(name), plain(name), words(name))
        each = ([place for place, known in enumerate(way) if form in known]
                for way, form in zip(ways, wanted, strict=True) if form)  # fmt: skip
        found |= dict.fromkeys(next((places for places in each if places), []), name)
    return found


def _question_of(one: Field, source: Source) -> Question | None:
    if not isinstance(source.contract, Survey) or one.column.of is None:
        return None
    return next((question for question in source.contract.questions if question.name == one.column.of), None)


def _consent_spellings(source: Source, fields: Mapping[str, Field]) -> dict[str, tuple[str, ...]]:
    consent = source.contract.consent if isinstance(source.contract, Survey) else None
    if consent is None:
        return {}
    asked = next((one for one in fields.values() if consent.column in (one.column.name, *one.headers)), None)
    return {CONSENT: asked.headers if asked else (consent.column,)}


# The ways, from the surest to the loosest -----------------------------------------------------------------------------


def _by_position(fields: Mapping[str, Field], source: Source, table: TextTable, file: str) -> dict[str, list[int]]:
    """Questions whose contract says in which column they stand; their parts follow one after the other."""
    placed: dict[str, list[int]] = {}
    problems = []
    for question in source.contract.questions if isinstance(source.contract, Survey) else ():
        if question.position is None:
            continue
        own = [one for one in fields.values() if one.column.of == question.name and not one.optional]
        step = 0 if question.separator else 1
        for number, one in enumerate(own):
            place = question.position - 1 + number * step
            if place >= len(table.headers):
                facts = {"column": one.column.name, "position": str(place + 1), "count": str(len(table.headers))}
                problems.append(Problem("delivery-position-absent", Place(file), facts))
                break
            placed[one.column.name] = [place]
    if problems:
        raise ProblemsFound(problems)
    return placed


def _without_rivals(
    found: dict[str, list[int]], table: TextTable, spellings: Mapping[str, Sequence[str]]
) -> dict[str, list[int]]:
    """Leaves out empty columns of the same header, a spreadsheet's leftovers, and gives no column to two fields.

    The field whose own header it bears has it: else a person's column might be read a second time as plain text.
    """
    own: dict[int, str] = {}
    for name, places in found.items():
        if len(places) > 1:
            found[name] = places = [place for place in places if table.holds_anything(place)] or places[:1]
        for place in places:
            if plain(table.headers[place]) == plain(spellings[name][0]) and name != CONSENT:
                own.setdefault(place, spellings[name][0])  # boxes ticked in one cell share its header
    return {
        name: [place for place in places if name == CONSENT or own.get(place, first) == first]
        for (name, places), first in zip(found.items(), (spellings[name][0] for name in found), strict=True)
    }


def _further_codes(table: TextTable) -> list[set[str]]:
    """What else a column's code may be: the end of its path of groups, what stands before its text, its number."""
    names = []
    for place, (header, unique) in enumerate(zip(table.headers, distinct(table.headers), strict=True)):
        also = {plain(name) for name in _also(table, place)}
        names.append(path_ends(header) | {leading_code(header), plain(unique)} | also)
    return names


def _further_texts(table: TextTable) -> list[set[str]]:
    return [
        {words(form) for name in (header, *_also(table, place)) for form in (name, *_last_of_path(name))} - {""}
        for place, header in enumerate(table.headers)
    ]


def _last_of_path(header: str) -> Iterator[str]:
    """`Chi sei / Quanti anni ha?` without its groups, one after the other."""
    parts = header.split("/")
    return ("/".join(parts[i:]) for i in range(1, min(len(parts), 12)))


def _also(table: TextTable, place: int) -> tuple[str, ...]:
    return table.also[place] if place < len(table.also) else ()


def _find(
    found: dict[str, list[int]],
    ways: dict[str, str],
    way: str,
    names_of: Sequence[set[str]],
    wanted: Mapping[str, set[str]],
) -> None:
    """Gives each field that has no column yet the free ones that bear one of its names."""
    taken = {places[0] for places in found.values() if len(places) == 1}
    free = [(place, names) for place, names in enumerate(names_of) if place not in taken]
    for name, some in wanted.items():
        if fitting := [place for place, names in free if not some.isdisjoint(names)]:
            found[name], ways[name] = fitting, way
    settled = {places[0] for places in found.values() if len(places) == 1}
    for name, places in found.items():
        if len(places) > 1:
            found[name] = [place for place in places if place not in settled] or places


def _settle_by_shape(found: dict[str, list[int]], names_of: Sequence[set[str]], fields: Mapping[str, Field]) -> None:
    """Of two columns for a box, the one written like the others: `q/other` beside `q/bib`; `q_other` is a text."""
    for group in dict.fromkeys(one.group for one in fields.values() if one.group):
        boxes = [name for name, one in fields.items() if one.group == group and one.column.type == "boolean"]
        shapes = [
            number for name in boxes if len(found[name]) == 1
            for number, header in enumerate(fields[name].headers) if plain(header) in names_of[found[name][0]]
        ]  # fmt: skip
        if not shapes:
            continue
        usual = max(set(shapes), key=shapes.count)
        for name in boxes:
            if len(found[name]) > 1 and usual < len(fields[name].headers):
                header = plain(fields[name].headers[usual])
                found[name] = [place for place in found[name] if header in names_of[place]] or found[name]


def _find_bare_labels(
    found: dict[str, list[int]], ways: dict[str, str], table: TextTable, fields: Mapping[str, Field]
) -> None:
    """Boxes under nothing but their own words, as Typeform writes them: all boxes of a question, or none."""
    taken = set(itertools.chain.from_iterable(found.values()))
    free = {place: words(header) for place, header in enumerate(table.headers) if place not in taken}
    for group in dict.fromkeys(one.group for one in fields.values() if one.group):
        boxes = {name: one for name, one in fields.items() if one.group == group and one.column.type == "boolean"}
        bare = {name: [place for place, said in free.items() if said in _words_of(one.column.title)]
                for name, one in boxes.items()}  # fmt: skip
        if len(boxes) > 1 and not any(found[name] for name in boxes) and all(len(some) == 1 for some in bare.values()):
            found |= bare
            ways |= dict.fromkeys(bare, "text")
            after = 1 + max(places[0] for places in bare.values())
            other = f"{group}_{OTHER}"
            if other in fields and not found[other] and free.get(after) in _OTHERS:
                found[other], ways[other] = [after], "text"


# Words ----------------------------------------------------------------------------------------------------------------


def _texts(text: Text | None) -> list[str]:
    return [text.within(language) for language in text.languages or ("it",)] if text else []


def _words_of(text: Text | None) -> set[str]:
    return {words(said) for said in _texts(text)} - {""}


def _phrases(one: Field, question: Question | None) -> set[str]:
    """A column's words in every language: those of the question, then those of the part the column answers."""
    if question is None:
        return _words_of(one.column.title)
    parts = list(_parts(one, question))
    scales = [f"{word}{question.part}" for word in _SCALES] if question.part else [""]
    found: set[str] = set()
    for language in question.text.languages or ("it",) if question.text else ():
        asked = question.text.within(language)
        for part in parts:
            said = [part] if isinstance(part, str) else [" ".join(text.within(language) for text in part)]
            found |= {words(f"{asked} {words_said} {scale}") for words_said in said for scale in scales}
    return found - {""}


def _parts(one: Field, question: Question) -> Iterator[str | tuple[Text, ...]]:
    """What follows the question's words in the header of this column."""
    end = one.column.name.removeprefix(question.name).removeprefix("_")
    if not end or one.separator:
        yield ""
    elif one.optional and end == OTHER:
        yield from _OTHERS
    elif one.optional and end == COMMENT:
        yield from _COMMENTS
    elif one.optional and end.endswith(f"_{COMMENT}"):
        for label in _texts(question.answers.get(end.removesuffix(f"_{COMMENT}"))):
            yield from (f"{label} {word}" for word in _COMMENTS)
    elif question.type == "multiple" and end in question.answers:
        yield (question.answers[end],)
    elif question.type == "ranking":
        yield from (f"{word}{end}" for word in _RANKS)
    else:
        for row, label in question.rows.items():
            if end == row:
                yield (label,)
            yield from ((label, inner) for column, inner in question.columns.items() if end == f"{row}_{column}")


# Answers listed in one cell -------------------------------------------------------------------------------------------


def _with_lists(
    fields: Mapping[str, Field],
    found: dict[str, list[int]],
    ways: dict[str, str],
    table: TextTable,
    source: Source,
) -> tuple[dict[str, Field], dict[str, int]]:
    """Questions whose answers stand together in one cell, where the file has no column for each.

    Where it has both, the list only tells who answered.
    """
    fields, lists = dict(fields), {}
    taken = set(itertools.chain.from_iterable(places for places in found.values() if len(places) == 1))
    codes, texts = _further_codes(table), _further_texts(table)
    for question in source.contract.questions if isinstance(source.contract, Survey) else ():
        own = {name: one for name, one in fields.items() if one.column.of == question.name}
        apart = {name: one for name, one in own.items() if not one.optional}
        if question.type not in ("multiple", "ranking") or question.separator:
            continue
        headers = {plain(header) for header in headers_of(question)}
        free = [place for place in range(len(table.headers)) if place not in taken]
        whole = [place for place in free if plain(table.headers[place]) in headers]
        whole = whole or [place for place in free if not codes[place].isdisjoint(headers)]
        whole = whole or [place for place in free if not texts[place].isdisjoint(_words_of(question.text))]
        if len(whole) != 1:
            continue
        lists[question.name] = whole[0]
        if question.type == "ranking" or any(found[name] for name in apart):
            continue
        separator = _separator(table, whole[0], question)
        for name, one in own.items():
            is_box = one.column.type == "boolean"
            if not is_box and not (name == f"{question.name}_{OTHER}" and not found[name]):
                continue
            found[name], ways[name] = [whole[0]], "code" if plain(table.headers[whole[0]]) in headers else "text"
            code = name.removeprefix(f"{question.name}_") if is_box else None
            fields[name] = replace(one, separator=separator, option=code, options=question.answers,
                                   has_other=question.other)  # fmt: skip
    return fields, lists


def _separator(table: TextTable, place: int, question: Question) -> str:
    """What divides the answers of this column: the sign under which fewest cells hold something unknown."""
    spellings = spellings_of(question.answers)
    _, cells = table.different(place)
    unknown = {sign: sum(bool(selected(cell, sign, spellings)[1]) for cell in cells) for sign in _SEPARATORS}
    return min(_SEPARATORS, key=lambda sign: unknown[sign])


# What is unclear ------------------------------------------------------------------------------------------------------


def _raise_what_is_unclear(
    found: Mapping[str, list[int]],
    spellings: Mapping[str, Sequence[str]],
    fields: Mapping[str, Field],
    lists: Mapping[str, int],
    table: TextTable,
    file: str,
) -> None:
    if not any(found.values()) and not lists:
        wanted = listed(dict.fromkeys(some[0] for some in spellings.values()), 30)
        raise ProblemsFound([Problem("delivery-no-header", Place(file), {"columns": wanted})])
    problems = []
    used = set(itertools.chain.from_iterable(found.values()))
    free = [" ".join(header.split()) for place, header in enumerate(table.headers) if place not in used]
    for name, places in found.items():
        asked = {"column": spellings[name][0]}
        one = fields.get(name)
        if len(places) > 1:
            numbers = ", ".join(str(place + 1) for place in places)
            facts = asked | {"count": str(len(places)), "positions": numbers}
            problems.append(Problem("delivery-column-twice", Place(file), facts))
        elif not places and not (one and (one.optional or one.column.of in lists)):
            near = with_hint(asked, spellings[name][0], free)
            problems.append(Problem("delivery-column-missing", Place(file), near))
    if problems and _is_turned(found, table, spellings, fields):
        raise ProblemsFound([Problem("delivery-turned", Place(file), {"file": file.rpartition("/")[2]})])
    problems += _contested(found, spellings, fields, table, file)
    if problems:
        raise ProblemsFound({(one.code, one.facts["column"]): one for one in problems}.values())


def _is_turned(
    found: Mapping[str, list[int]],
    table: TextTable,
    spellings: Mapping[str, Sequence[str]],
    fields: Mapping[str, Field],
) -> bool:
    """True where the questions stand below each other in the first column, and each person is a column."""
    wanted = {plain(header) for some in spellings.values() for header in some}
    wanted |= {words(said) for one in fields.values() for said in _texts(one.column.title)}
    down = [table.headers[0], *table.cells[0].iloc[:500]]
    return sum(not {plain(text), words(text)}.isdisjoint(wanted) for text in down) > max(
        1, sum(map(bool, found.values()))
    )


def _contested(
    found: Mapping[str, list[int]],
    spellings: Mapping[str, Sequence[str]],
    fields: Mapping[str, Field],
    table: TextTable,
    file: str,
) -> Iterable[Problem]:
    """Columns that two questions claim, unless the contract itself gives both the same header."""
    claims: dict[int, list[str]] = {}
    for name, places in found.items():
        if len(places) == 1 and name != CONSENT and not (name in fields and fields[name].separator):
            claims.setdefault(places[0], []).append(name)
    for place, names in claims.items():
        if len({spellings[name][0] for name in names}) > 1:
            facts = {"column": " ".join(table.headers[place].split()), "names": listed(names, 12),
                     "position": str(place + 1)}  # fmt: skip
            yield Problem("delivery-column-contested", Place(file), facts)
