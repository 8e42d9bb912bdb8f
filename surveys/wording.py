"""Answers in the contract's own codes: the words of an option in any language, lists in one cell, what a tool adds.

A copy of the table for `columns` to read; what arrived stays as it is for `raw`. Words are only taken for a code where
they are exactly those of one option (capitals, accents and spaces aside); whatever else stands there stays, and is
refused later with its row.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np
import pandas as pd

from surveys.asked import spellings_of
from surveys.contracts import Field
from surveys.files import TextTable
from surveys.headers import plain
from surveys.matching import Matched
from surveys.questionnaire import Survey
from surveys.questions import OTHER, Question
from surveys.sources import Source
from theory_of_change.model import Text

#: What a spreadsheet shows where a formula failed, in English and Italian.
_ERROR = re.compile(r"#(N/A|N/D|DIV/0!|VALUE!|VALORE!|REF!|RIF!|NAME\?|NOME\?|NUM!|NULL!|NULLO!)|Err:\d{3}")
#: What LimeSurvey and others write before a text that a spreadsheet would run: the apostrophe is theirs.
_PROTECTED = re.compile(r"'[=+\-@\t\r]")
#: LimeSurvey's word for a question that was not answered, in exports with full texts.
_NOT_ANSWERED = "n/a"
_YES, _NO = ("si", "yes", "y", "vero", "true"), ("no", "n", "falso", "false")
_SEPARATORS = (";", ", ", ",", "\n", " > ", " ")


def in_codes(table: TextTable, matched: Matched, source: Source) -> tuple[TextTable, dict[str, int]]:
    """The table with every matched column in the contract's codes, and where each field stands in it."""
    places = dict(matched.places)
    columns: dict[int, pd.api.extensions.ExtensionArray] = {}
    headers = list(table.headers)
    errors = dict(table.error_cells)
    shared = list(places.values())
    by_name = {one.column.name: one for one in matched.fields}

    def added(name: str, texts: list[str] | np.ndarray) -> None:
        """A column the file does not have, for a field whose answers stand inside another one."""
        places[name] = len(headers)
        columns[len(headers)] = pd.array(texts, dtype="str")
        headers.append(name)

    for name, place in matched.places.items():
        one = by_name.get(name)
        if (wrong := _errors(table, place)) is not None:
            errors[place] = wrong
        if one is None or one.separator or shared.count(place) > 1:
            continue
        free = places.get(f"{name}_{OTHER}") is None and f"{name}_{OTHER}" in by_name
        read = _reader(one, table.labels.get(place, {}), is_free=free)
        if read is None and place not in table.missing_cells:
            continue
        numbers, texts = table.different(place)
        codes = [read(text) for text in texts] if read else list(texts)
        if free and any(code == OTHER and text.strip() != OTHER for code, text in zip(codes, texts, strict=True)):
            known = {plain(words) for words in _labels(one.column.labels)} | {OTHER, "-oth-"}
            pairs = zip(codes, texts, strict=True)
            said = ["" if code != OTHER or plain(text) in known else text for code, text in pairs]
            added(f"{name}_{OTHER}", np.array(said, dtype=object)[numbers])
        if place in table.missing_cells:
            codes, numbers = [*codes, ""], np.where(table.missing_cells[place], len(codes), numbers)
        if codes != texts or place in table.missing_cells:
            columns[place] = pd.array(codes, dtype="str").take(numbers)
    for question, place in _lists(matched, source):
        if question.type == "ranking":
            for number, texts in enumerate(_ranked(table, place, question), start=1):
                if f"{question.name}_{number}" not in matched.places:
                    added(f"{question.name}_{number}", texts)
        else:
            _blank_where_not_answered(table, columns, matched, question, place)
    if not columns and not errors:
        return table, places
    cells = {place: columns.get(place, table.cells[place].array if place < len(table.headers) else None)
             for place in range(len(headers))}  # fmt: skip
    more = len(headers) - len(table.headers)
    false = (np.zeros(len(table.rows), dtype=bool),) * more
    changed = replace(
        table,
        headers=tuple(headers),
        cells=pd.DataFrame(cells, index=range(len(table.rows)), copy=False),
        number_cells=table.number_cells and (*table.number_cells, *false),
        null_cells=table.null_cells and (*table.null_cells, *false),
        error_cells=errors,
        _different={place: known for place, known in table._different.items() if place not in columns},
    )
    return changed, places


def _errors(table: TextTable, place: int) -> np.ndarray | None:
    """Which cells of a column show an error; None where none does."""
    numbers, texts = table.different(place)
    given = table.error_cells.get(place)
    everything = "\n".join(texts)  # one look at a column spares one at each of its texts
    if "#" not in everything and "Err:" not in everything:
        return given
    found = {i for i, text in enumerate(texts) if ("#" in text or "Err:" in text) and _ERROR.fullmatch(text.strip())}
    if not found:
        return given
    wrong = np.array([i in found for i in range(len(texts))], dtype=bool)
    return wrong[numbers] if given is None else wrong[numbers] | given


def _labels(labels: Mapping[str, Text]) -> list[str]:
    return [words.within(language) for words in labels.values() for language in words.languages or ("it",)]


def codes_by_words(labels: Mapping[str, Text]) -> dict[str, str]:
    """The code of every option by its words in any language, in plain form; words that two options share have none."""
    codes: dict[str, set[str]] = {}
    for code, label in labels.items():
        for language in label.languages or ("it",):
            codes.setdefault(plain(label.within(language)), set()).add(code)
    return {words: next(iter(some)) for words, some in codes.items() if len(some) == 1 and words}


def _reader(one: Field, said: Mapping[str, str], is_free: bool) -> Callable[[str], str] | None:
    """How a text of this column becomes a code; None where it stays. `said` is what the file says its codes mean."""
    kind = one.column.type
    if one.group and kind == "boolean":
        return _box_reader(one)
    if kind == "boolean":
        return lambda text: _yes_or_no(text, said)
    if kind == "text":
        return lambda text: text[1:] if text[:1] == "'" and _PROTECTED.match(text) else text
    if kind not in ("category", "integer", "number") or not (one.column.labels or said):
        return None
    labels = one.column.labels
    known = {*labels, *one.synonyms, *one.column.missing, *(one.recode[1] if one.recode else ())}
    by_words = codes_by_words(labels)

    def read(text: str) -> str:
        bare = text.strip()
        if bare in known or not bare:
            return text
        folded = plain(bare)
        code = by_words.get(folded) or by_words.get(plain(said.get(bare, "")))
        if code is not None:
            return code
        if folded == _NOT_ANSWERED:
            return ""
        return OTHER if is_free and kind == "category" and by_words else text

    return read


def _box_reader(one: Field) -> Callable[[str], str]:
    """A ticked box may hold the words of its option instead of a yes."""
    own = {plain(words) for words in _labels({"": one.column.title})} if one.column.title else set()
    code = plain(one.column.name.removeprefix(f"{one.group}_"))
    plainly = {"1", "0", "y", "n"}

    def read(text: str) -> str:
        folded = plain(text)
        if folded == _NOT_ANSWERED:
            return ""
        return "Y" if folded in own or (folded == code and folded not in plainly) else text

    return read


def _yes_or_no(text: str, said: Mapping[str, str]) -> str:
    """What the file says its codes mean comes first: in one 1 is yes and 2 no, in another 0 is no and 1 yes."""
    meant = plain(said.get(text.strip(), ""))
    if meant in _YES or meant in _NO:
        return "Y" if meant in _YES else "N"
    return "" if plain(text) == _NOT_ANSWERED else text


def _lists(matched: Matched, source: Source) -> list[tuple[Question, int]]:
    questions = source.contract.questions if isinstance(source.contract, Survey) else ()
    return [(question, matched.lists[question.name]) for question in questions if question.name in matched.lists]


def _ranked(table: TextTable, place: int, question: Question) -> list[np.ndarray]:
    """A cell like `Salute;Lavoro;Casa;` as one column for each place. What is no option stays, to be refused."""
    spellings = spellings_of(question.answers)
    numbers, cells = table.different(place)
    separator = min(_SEPARATORS, key=lambda sign: sum(bool(_in_order(cell, sign, spellings)[1]) for cell in cells))
    orders = []
    for cell in cells:
        codes, unknown = _in_order(cell, separator, spellings)
        orders.append([cell] if unknown else codes)
    longest = len(question.answers)
    return [np.array([order[n] if n < len(order) else "" for order in orders], dtype=object)[numbers]
            for n in range(longest)]  # fmt: skip


def _in_order(cell: str, separator: str, spellings: Mapping[str, str]) -> tuple[list[str], bool]:
    """The options a cell lists in their order, and whether it lists anything else."""
    parts, codes, at = cell.split(separator), [], 0
    while at < len(parts):
        ends = range(len(parts), at, -1)
        end = next((end for end in ends if plain(separator.join(parts[at:end])) in spellings), None)
        if end is None:
            if parts[at].strip():
                return codes, True
            at += 1
            continue
        codes.append(spellings[plain(separator.join(parts[at:end]))])
        at = end
    return codes, False


def _blank_where_not_answered(
    table: TextTable,
    columns: dict[int, pd.api.extensions.ExtensionArray],
    matched: Matched,
    question: Question,
    place: int,
) -> None:
    """ODK writes 0 into every box of a question nobody answered; the list beside them is then empty."""
    if table.filled(place).all():
        return
    for code in question.answers:
        box = matched.places.get(f"{question.name}_{code}")
        if box is not None and box != place:
            texts = columns.get(box, table.cells[box].array).copy()
            texts[~table.filled(place)] = ""
            columns[box] = texts
