"""A table of answers as a form: types guessed from the values, with the guess stated, or taken from the file's labels.

A value is only written into a draft where it is one of a few that at least `LEAST` answers share, never from a column
that identifies somebody, holds people's own words or gives nearly everybody another value. Everything else becomes free
text.
"""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from surveys import cells
from surveys.drafting.forms import Asked, Form, Note, bare
from surveys.drafting.limesurvey import counts_up, no_answers
from surveys.drafting.naming import code_for, name_for
from surveys.files import TextTable
from surveys.headers import leading_code, plain
from surveys.identifying import holds_identifier, looks_like_prose, recognise
from surveys.identifying_headers import kind_said
from surveys.standing import line, states

#: Answers that must share a value before it is written into a draft.
LEAST = 3
_MOST_ANSWERS, _LONGEST_ANSWER = 15, 80
_ANSWERED = ("informazioni cronologiche", "timestamp", "ora di completamento", "completion time", "submit date (utc)",
             "recordeddate", "end date", "submitdate", "data invio", "date submitted", "_submission_time",
             "submissiondate", "data compilazione", "data_compilazione", "data di compilazione")  # fmt: skip
_KEYS = ("id", "#", "id risposta", "response id", "responseid", "respondent id", "_uuid", "_id", "instanceid", "key",
         "id_questionario", "id questionario")  # fmt: skip
_CODES = ("token", "codice partecipante", "codice del partecipante", "participant code", "codice", "externalreference",
          "external reference", "custom data 1", "codice d'accesso", "access code")  # fmt: skip
#: Of what identifies, what leads back to a person who asks to be forgotten; all else is stored nowhere.
_LEADS_BACK = ("email", "phone", "tax_code")
_TOOL = ("status", "progress", "finished", "collector id", "distributionchannel", "userlanguage", "network id", "tags",
         "stage date (utc)", "response type", "locationlatitude", "locationlongitude", "lastpage", "seed", "refurl",
         "_status", "_validation_status", "_version_", "__version__", "_index", "_notes", "_submitted_by",
         "reviewstate", "deviceid", "edits", "formversion", "attachmentspresent", "attachmentsexpected", "_tags",
         "seme", "ultima pagina", "last page", "url di riferimento", "referrer url", "ending")  # fmt: skip
_YES_OR_NO = frozenset(("si", "no", "yes", "y", "n", "true", "false", "vero", "falso"))
#: What stands for yes beside those words; alone it may as well be a mark of anything.
_MARKS = frozenset(("x", "s", "si'", "si`", "✓", "✔", "☑"))
#: Headers that ask for a number of things: the largest number given so far is no bound.
_COUNTED = re.compile(r"(?:n|nr|num|numero|number|quant[ie]|how many)(?:[\W_]|$)|.*(?:^|\W)(?:numero di|number of)\W")
_IN_GRID = re.compile(r".*\S\s*\[([^\[\]]+)\]")
_OF_DEGREE = re.compile(
    r"\b(?:per niente|per nulla|poco|abbastanza|molto|moltissimo|mai|raramente|talvolta|a volte|spesso|sempre|"
    r"d'accordo|soddisfatt\w+|never|rarely|sometimes|often|always|agree|disagree|satisfied|dissatisfied|very|"
    r"not at all)\b"
)
#: What people write where they have nothing to say, in plain form.
_SILENT = re.compile(
    r"[-–—_./\\*?]+|n\.? ?[rdac]\.?|n/[arcd]|n\.? ?s\.?|ns ?[/-] ?nr|null|none|missing|non (so|sa|risponde|rispondo|"
    r"risposto|disponibile|pervenut[oa]|applicabile|indicat[oa]|dichiarat[oa])|nessuna risposta|no answer|don'?t know"
)
_DAY, _ENOUGH = re.compile(r"\d[-/. ]\d"), 5
_TICKS = frozenset(("0", "1", "True", "False", "TRUE", "FALSE", "true", "false"))
_SHORT_CODE = re.compile(r"[^\W_][\w.+-]{0,19}")
_SCALES = ((1, 5), (1, 7), (0, 10), (1, 10), (1, 4), (1, 6))


def form_of(table: TextTable, path: Path, sheet: str | None = None) -> Form:
    """The form behind a table. Its words are in the language of the file, whichever that is. `sheet` is the one that
    was asked for."""
    columns = [_Column(table, position) for position in range(len(table.headers)) if table.headers[position].strip()]
    columns = columns[:-1] if table.sheets else columns  # the names of the sheets are no answers
    names = [one.header for one in columns]
    _tell_apart(columns)
    _pool(columns)
    answered = next(
        (one.header for name in _ANSWERED for one in columns if one.is_called(name) and one.is_dated()), None
    )
    key = next((one.header for one in columns if one.is_called(*_KEYS) and one.is_unique()), None)
    kinds = {one.header: kind for one in columns if one.header not in (answered, key)
             and (kind := one.identifies(names))}  # fmt: skip
    person = _person(columns, kinds)
    ticked = _ticked(columns)
    inside = {box for boxes in ticked.values() for box in boxes}
    asked: list[Asked] = []
    drop: list[tuple[str, Note]] = []
    identifying: list[tuple[str, str, Note]] = []
    for one in columns:
        if one.header in (answered, key, person) or one in inside:
            continue
        if kind := kinds.get(one.header):
            keep = "identities" if kind in (*_LEADS_BACK, "code") and one.is_each_its_own() else "drop"
            identifying.append((one.header, keep, Note(f"kind-{kind.replace('_', '-')}")))
        elif one.is_called(*_TOOL) or (key and one.is_called(*_KEYS) and one.is_unique()):
            drop.append((one.header, Note("drop-tool")))
        elif one in ticked:
            asked.append(one.asked_in_boxes(ticked[one]))
        else:
            asked.append(one.asked())
    keys: dict[str, Any] = {"files": {"pattern": "{id}*"}}
    keys |= {"key": [key]} if key else {}
    keys |= {"sheet": sheet} if sheet else {}
    keys |= {"person": person} if person else {}
    keys |= {"answered": answered} if answered else {}
    keys |= {"date_format": "mm/dd/yyyy"} if answered and _is_month_first(columns, answered) else {}
    hints = [] if person else [("person: …", Note("hint-person-column"))]
    hints += [("wave: {column: sheet}", Note("hint-sheets"))] if table.sheets else [("wave: pre", Note("hint-wave"))]
    hints += [(line(table, place, values), Note(f"hint-{what}")) for what, place, values in states(table)]
    return Form(
        origin=path.name, kind=table.kind, title={}, languages=("it",), asked=tuple(asked), keys=keys,
        hints=tuple(hints), drop=tuple(drop), identifying=tuple(identifying),
    )  # fmt: skip


def _is_month_first(columns: Iterable[_Column], header: str) -> bool:
    found = next((one.reads_dates() for one in columns if one.header == header), None)
    return found is not None and found[1] == "mdy"


def _person(columns: Iterable[_Column], kinds: Mapping[str, str]) -> str | None:
    """The column that tells people apart best: a code made for that, else the codice fiscale, else the e-mail."""
    for kind in ("code", "tax_code", "email"):
        for one in columns:
            if kinds.get(one.header) == kind and one.is_each_its_own():
                return one.header
    return None


def _ticked(columns: list[_Column]) -> dict[_Column, list[_Column]]:
    """The columns that list ticked codes, each with the columns `question/code` of its boxes, as of KoboToolbox."""
    found = {}
    for one in columns:
        boxes = [box for box in columns if box.said.rpartition("/")[0] == one.said]
        codes = {box.said.rpartition("/")[2] for box in boxes}
        listed = {code for text in one.counts for code in text.split()}
        if len(boxes) > 1 and listed <= codes and all(set(box.counts) <= _TICKS for box in boxes):
            found[one] = boxes
    return found


def _tell_apart(columns: Iterable[_Column]) -> None:
    """Columns of one header are known by their position, the second as `header (2)`."""
    same: dict[str, list[_Column]] = {}
    for one in columns:
        same.setdefault(plain(one.header), []).append(one)
    for several in same.values():
        for number, one in enumerate(several if len(several) > 1 else (), start=1):
            one.place = one.position + 1
            one.header += f" ({number})" if number > 1 else ""


def _pool(columns: Iterable[_Column]) -> None:
    """How many answers a value has in all columns of few values together."""
    few = [one for one in columns if len(one.counts) <= _MOST_ANSWERS]
    shared = sum((one.counts for one in few), Counter[str]())
    for one in few:
        one.shared = shared


class _Column:
    """One column with what can be said of it without saying what anybody answered."""

    def __init__(self, table: TextTable, position: int) -> None:
        self.header = self.said = " ".join(table.headers[position].split())
        self.position, self.place = position, 0
        self.shared: Counter[str] = Counter()
        self.titles = [bare(title) for title in (table.also[position] if position < len(table.also) else ())]
        texts = table.cells[position].str.strip()
        missing = table.missing_cells.get(position)
        shown = texts if missing is None else texts[~missing]
        self.missing = sorted({text for text in texts[missing] if text}) if missing is not None else []
        self.labels = {code: bare(words) for code, words in table.labels.get(position, {}).items()}
        self.counts = Counter(text for text in shown if text)
        self.filled = sum(self.counts.values())
        self.blank = int((texts == "").sum())
        numbers = table.number_cells
        self.is_numeric = numbers is not None and bool(numbers[position].any())

    def is_called(self, *names: str) -> bool:
        return not {plain(self.said), leading_code(self.said)}.isdisjoint(names)

    def is_each_its_own(self) -> bool:
        """True where few rows share a value, as those of one person in two waves."""
        return self.filled > 0 and 2 * len(self.counts) >= self.filled and "anonymous" not in self.counts

    def is_unique(self) -> bool:
        return bool(self.filled) and len(self.counts) == self.filled

    def is_dated(self) -> bool:
        """True for a column of dates, or an empty one of that name."""
        return not self.counts or bool(self.reads_dates())

    def reads_dates(self) -> tuple[str, str, int] | None:
        return self._dates(self.counts) or (self._dates(self.counts, True) if self.filled >= _ENOUGH else None)

    def identifies(self, headers: Iterable[str]) -> str | None:
        """The kind of identifier it holds, where it holds one; `code` for one made to tell people apart."""
        if self.is_called(*_KEYS):
            return None
        if self.is_called(*_CODES):
            return "code" if not self.filled or self.is_each_its_own() else None
        ends = [self.said.rpartition("/")[2], leading_code(self.said), *self.titles]
        if said := next(filter(None, map(kind_said, (self.said, *ends))), None):
            return said
        found = recognise(self.said, list(self.counts), np.array(list(self.counts.values())), None, headers)
        if found is None or found.is_in_prose:
            return "code" if self.is_a_code() else None
        return found.kind

    def is_a_code(self) -> bool:
        """True where nearly everybody has a short code of their own: letters and digits in one word."""
        own = [text for text in self.counts if re.fullmatch(r"(?=.*\d)(?=.*[^\W\d_])[\w-]{3,40}", text)]
        return self.filled >= 10 and len(self.counts) >= 0.9 * self.filled and len(own) >= 0.9 * len(self.counts)

    def asked(self) -> Asked:
        title = self.titles[0] if self.titles else self.header
        keys, notes = self._labelled() if self.labels else self._guessed()
        text = {"text": title} if title != self.header or len(title.split()) > 1 else {}
        missing = {"missing": [*self.missing, *keys.get("missing", ())]} if self.missing else {}
        place = {"position": self.place} if self.place else {}
        in_grid = _IN_GRID.fullmatch(self.said)
        name = name_for("", in_grid[1]) if in_grid else ""
        return Asked({"code": self.header, **place, **text, **keys, **missing}, tuple(notes), name)

    def asked_in_boxes(self, boxes: Iterable[_Column]) -> Asked:
        """Several answers, each in a column of its own that is named after the question and the answer's code."""
        answers = {box.said.rpartition("/")[2]: {} for box in boxes}
        notes = [_guess("una colonna per ogni risposta", "a column for each answer"), *self._blank_boxes()]
        return Asked({"code": self.header, "type": "multiple", "answers": answers}, tuple(notes))

    def _blank_boxes(self) -> list[Note]:
        return [Note("boxes-blank", {"count": str(self.blank)})] if self.blank else []

    # What the file itself says ---------------------------------------------------------------------------------------

    def _labelled(self) -> tuple[dict[str, Any], list[Note]]:
        """By the file's own labels. Codes it calls missing are none of the answers."""
        answers = {code: words for code, words in self.labels.items() if code not in self.missing and code[:1] != "."}
        unsaid = [text for text in self.counts if text not in answers]
        if unsaid and self._numbers(self.counts) is not None:
            return {"type": "number"} | self._also_missing(answers), []
        if unsaid or not answers:
            return self._guessed()
        if set(answers) == {"0", "1"} and {plain(words) for words in answers.values()} <= _YES_OR_NO:
            return {"type": "yes_no"}, []
        if len(answers) > 3 and counts_up(answers):
            ends = sorted(int(code) for code in answers)
            return {"type": "scale", "range": [ends[0], ends[-1]], "labels": answers}, [Note("scale")]
        return {"type": "single", "answers": answers}, []

    def _also_missing(self, labels: Mapping[str, str]) -> dict[str, Any]:
        """A number with a label of its own that nobody has, or that says so, is a code for no answer."""
        silent = no_answers({code: {"it": words} for code, words in labels.items()})
        beyond = [code for code in labels if code not in self.counts or code in silent]
        return {"missing": beyond} if beyond else {}

    # What the values look like ---------------------------------------------------------------------------------------

    def _guessed(self) -> tuple[dict[str, Any], list[Note]]:
        if not self.counts:
            return {"type": "text"}, [_guess("nessun valore", "no values")]
        for is_tolerant in (False, True):
            if found := self._closed(is_tolerant):
                return found
        if found := self._joined():
            return found
        return self._few() or ({"type": "text"}, [])

    def _closed(self, is_tolerant: bool) -> tuple[dict[str, Any], list[Note]] | None:
        """Dates, yes and no, or numbers; a tolerant look takes `n.r.` and a dash for no answer, and leaves a few cells
        that are none of these to be refused with their rows."""
        counts = self.counts
        if is_tolerant:
            counts = Counter({text: count for text, count in counts.items() if not _SILENT.fullmatch(plain(text))})
        silent = sorted(set(self.counts) - set(counts))
        if not counts or (is_tolerant and sum(counts.values()) < _ENOUGH):
            return None
        keys, notes, unread = None, [], 0
        if found := self._dates(counts, is_tolerant):
            kind, order, unread = found
            keys = {"type": kind} | ({"date_format": "mm/dd/yyyy"} if order == "mdy" else {})
            notes = [_guess("date", "dates")]
        elif self._are_yes_or_no(counts):
            keys, notes = {"type": "yes_no"}, [_guess("sì e no", "yes and no")]
        elif found := self._numbers(counts, is_tolerant):
            numbers, unread = found
            keys, notes = self._of_numbers(numbers)
        if keys is None:
            return None
        notes += [Note("unread", {"count": str(unread)})] if unread else []
        return keys | ({"missing": silent} if silent else {}), notes

    @staticmethod
    def _are_yes_or_no(texts: Iterable[str]) -> bool:
        folded = {cells.without_accents(text).casefold() for text in texts}
        has_words = folded <= _YES_OR_NO | _MARKS and not folded.isdisjoint(_YES_OR_NO)
        return has_words or folded == {"0", "1"}

    def _dates(self, counts: Mapping[str, int], is_tolerant: bool = False) -> tuple[str, str, int] | None:
        """Whether they are days or moments, with the day or the month first, and how many cells are neither."""
        texts = list(counts)
        if self.is_numeric:
            return self._partly_serial(counts)
        if not texts or not (is_tolerant or all(_DAY.search(text) for text in texts)):
            return None
        for order in ("dmy", "mdy"):
            moments, rules = cells.moments(texts, order)
            unread = _unread(rules, counts)
            if not any(moments) or unread > (_tolerated(counts) if is_tolerant else 0):
                continue
            kind = "datetime" if any(one.time() != one.min.time() for one in moments if one) else "date"
            return kind, order, unread
        return None

    @staticmethod
    def _partly_serial(counts: Mapping[str, int]) -> tuple[str, str, int] | None:
        """Dates of which some are the number a spreadsheet keeps a day by, where a cell lost its format."""
        plain_numbers = [text for text in counts if text.isdecimal()]
        written = [text for text in counts if not text.isdecimal()]
        moments, rules = cells.moments(written)
        _, unreadable = cells.serial_moments(plain_numbers)
        n_written = sum(counts[text] for text in written)
        if any(rules) or any(unreadable) or 2 * n_written < sum(counts.values()):
            return None
        return "datetime" if any(one.time() != one.min.time() for one in moments if one) else "date", "dmy", 0

    def _numbers(self, counts: Mapping[str, int], is_tolerant: bool = False) -> tuple[list[float], int] | None:
        """The numbers, and how many cells are none."""
        values, rules = cells.numbers(list(counts))
        unread = _unread(rules, counts)
        if unread > (_tolerated(counts) if is_tolerant else 0):
            return None
        return [value for value in values if value is not None], unread

    def _of_numbers(self, numbers: list[float]) -> tuple[dict[str, Any], list[Note]]:
        ends = (min(numbers), max(numbers))
        is_whole = all(float(number).is_integer() for number in numbers)
        is_count = _COUNTED.match(plain(self.said)) is not None
        if is_whole and not is_count and self.filled >= 10 and len(self.counts) >= 3 and ends in _SCALES:
            low, high = (int(end) for end in ends)
            reason = _guess(f"interi da {low} a {high}", f"whole numbers from {low} to {high}")
            return {"type": "scale", "range": [low, high]}, [reason]
        return {"type": "number"}, [_guess("numeri", "numbers")]

    def _joined(self) -> tuple[dict[str, Any], list[Note]] | None:
        """Several ticked answers in one cell, as Google and Microsoft Forms write them."""
        for separator in (";", ", "):
            with_it = sum(count for text, count in self.counts.items() if separator in text.rstrip(separator))
            if with_it < max(2, 0.1 * self.filled):
                continue
            rows = [(_parts(text, separator), count) for text, count in self.counts.items()]
            options, several = _merged(rows, separator)
            kept = {option: n for option, n in options.items() if n >= LEAST and _may_be_written(option)}
            told = sum(kept.values()) / sum(options.values())
            if several < max(2, 0.1 * self.filled) or len(kept) < 2 or len(options) > _MOST_ANSWERS + 5 or told < 0.7:
                continue
            sign = separator.strip()
            if set(options.values()) == {self.filled} and len(kept) == len(options):
                reason = _guess(f"le stesse risposte in ogni riga, divise da «{sign}», in ordine diverso",
                                f"the same answers in each row, divided by “{sign}”, in another order")  # fmt: skip
                return {"type": "ranking", "answers": _coded(kept)}, [reason]
            notes = [_guess(f"più risposte divise da «{sign}»", f"several answers divided by “{sign}”")]
            left = len(options) - len(kept)
            notes += [Note("rare", {"count": str(left), "least": str(LEAST)})] if left else []
            notes += self._blank_boxes()
            other = {"other": True} if left else {}
            return {"type": "multiple", "separator": sign, "answers": _coded(kept), **other}, notes
        return None

    def _few(self) -> tuple[dict[str, Any], list[Note]] | None:
        """A few words that many share."""
        pairs = self._spelled_alike()
        is_few = len(pairs) <= _MOST_ANSWERS and 2 * len(pairs) <= self.filled
        if not is_few or max(map(len, self.counts)) > _LONGEST_ANSWER:
            return None
        told = Counter({text: count for text, count in pairs if count >= LEAST})
        shared = self.shared if len(told) >= 2 else Counter()  # the same answers in several columns of a grid
        kept = [text for text, count in pairs if max(count, shared[text]) >= LEAST and _may_be_written(text)]
        left = len(pairs) - len(kept)
        if len(kept) < 2 or (looks_like_prose(pairs) and left):
            return None
        notes = [_guess(f"{len(pairs)} valori diversi", f"{len(pairs)} different values")]
        notes += [Note("rare", {"count": str(left), "least": str(LEAST)})] if left else []
        of_degree = [text for text in kept if _OF_DEGREE.search(plain(text))]
        notes += [Note("maybe-ordered", {"count": str(len(kept))})] if len(of_degree) >= 2 and len(kept) > 2 else []
        return {"type": "single", "answers": _coded(kept)}, notes

    def _spelled_alike(self) -> list[tuple[str, int]]:
        """The values with how many rows have each; those that differ in capitals, accents or blanks alone are one, in
        the spelling most people used."""
        alike: dict[str, Counter[str]] = {}
        for text, count in self.counts.items():
            alike.setdefault(plain(text), Counter())[text] += count
        return [(spellings.most_common(1)[0][0], spellings.total()) for spellings in alike.values()]


def _unread(rules: Iterable[str | None], counts: Mapping[str, int]) -> int:
    return sum(count for rule, count in zip(rules, counts.values(), strict=True) if rule)


def _tolerated(counts: Mapping[str, int]) -> int:
    """How many cells may be anything else in a column of dates or numbers: one in ten."""
    return sum(counts.values()) // 10


def _guess(italian: str, english: str) -> Note:
    return Note("guessed", {"it": italian, "en": english})


def _parts(text: str, separator: str) -> list[str]:
    return [part.strip() for part in text.split(separator) if part.strip()]


def _may_be_written(text: str) -> bool:
    return len(text) <= _LONGEST_ANSWER and not holds_identifier(text)


def _merged(rows: list[tuple[list[str], int]], separator: str) -> tuple[dict[str, int], int]:
    """The options with how many rows have each, and how many rows have several. Parts that always stand one after
    the other are one option with the separator inside."""
    for _ in range(4):
        alone = Counter(part for parts, n in rows for part in parts for _ in range(n))
        pairs = Counter(pair for parts, n in rows for pair in itertools.pairwise(parts) for _ in range(n))
        glued = {pair for pair, n in pairs.items() if n >= LEAST and n == alone[pair[0]] == alone[pair[1]]}
        if not glued:
            break
        rows = [(_glue(parts, glued, separator), n) for parts, n in rows]
    options = Counter(part for parts, n in rows for part in dict.fromkeys(parts) for _ in range(n))
    return dict(options.most_common()), sum(n for parts, n in rows if len(parts) > 1)


def _glue(parts: list[str], glued: set[tuple[str, str]], separator: str) -> list[str]:
    joined: list[str] = []
    last = ""
    for part in parts:
        if joined and (last, part) in glued:
            joined[-1] += f"{separator.rstrip()} {part}"
        else:
            joined.append(part)
        last = part
    return joined


def _coded(options: Iterable[str]) -> dict[str, Any]:
    """Answers under short codes; the words they are recognised by are their labels."""
    codes: dict[str, Any] = {}
    for words in options:
        code = words if _SHORT_CODE.fullmatch(words) and words.isascii() else code_for(words, codes)
        codes[code] = {} if code == words else words
    return codes
