"""QualCoder's own project, a folder `name.qda` or a zip of it: its database `data.qda`, read as it lies.

Offsets are those of its text widget, UTF-16 units, and are checked against the words stored beside them. Files beside
the database are never read: they can hold names that were replaced in the text that was coded.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from surveys.corpora.codings import Case, Code, CodePath, Codings, Document, Segment, counted, known_as, with_lf
from surveys.corpora.containers import Database
from surveys.corpora.offsets import READINGS, Reading, Written, settle

PROGRAM = "QualCoder"
TABLES = frozenset({"source", "code_name", "code_cat", "code_text", "cases", "case_text", "attribute"})


def read_database(base: Database, file: str) -> Codings:
    """All of a project. Raises ProblemsFound, and nothing else, whatever the database holds."""
    told: Counter[str] = Counter()
    sources = {number: (known_as(name), None if text is None else str(text)) for number, name, text in
               base.rows("select id, name, fulltext from source order by id")}  # fmt: skip
    stored = {name: text for name, text in sources.values() if text}
    attributes = _attributes(base)
    documents = tuple(
        Document(name, with_lf(text) if text else None, name, attributes.get(("file", number), {}))
        for number, (name, text) in sources.items()
    )
    codes, paths = _codes(base)
    given = []
    for code, number, start, end, words, coder, memo in base.rows(
        "select cid, fid, pos0, pos1, seltext, owner, memo from code_text order by fid, pos0, ctid"
    ):
        if code not in paths or number not in sources:
            told["codings-code-unknown"] += 1
        elif not (isinstance(start, int) and isinstance(end, int) and 0 <= start <= end):
            told["codings-selection-malformed"] += 1
        else:
            given.append((code, sources[number][0], Written(start, end, str(words or "")), coder, str(memo or "")))
    placeable = [(name, written) for _, name, written, _, _ in given if name in stored]
    settled, reading = settle(stored, placeable, Reading("UTF-16"))
    places = iter(settled)
    segments = []
    for code, name, written, coder, memo in given:
        start, end, words = written.start, written.end, written.quote
        if name in stored:
            place = next(places)
            start, end = place.start, place.end
            words = words if start is None else with_lf(stored[name])[start:end]
            if place.why != "checked":
                told[f"codings-place-{place.why}"] += 1
        segments.append(Segment(name, paths[code], start, end, words, known_as(coder) if coder else None, memo))
    for table in ("code_image", "code_av"):
        if table in base.tables:
            told["codings-not-text"] += base.rows(f"select count(*) from {table}")[0][0]
    notes = counted(told)
    if reading not in (READINGS[0], Reading("UTF-16")):
        notes = (*notes, ("codings-offsets-read", {"unit": reading.unit}))
    coders = tuple(dict.fromkeys(one.coder for one in segments if one.coder))
    return Codings(PROGRAM, documents, codes, tuple(segments), _cases(base, sources, attributes), coders, notes)


def _codes(base: Database) -> tuple[tuple[Code, ...], dict[int, CodePath]]:
    """Categories, then codes with their number; a code may stand below a category or, since version 4, a code."""
    categories = {number: (known_as(name), above, str(memo or "")) for number, name, above, memo in
                  base.rows("select catid, name, supercatid, memo from code_cat order by catid")}  # fmt: skip
    below_code = "supercid" if "supercid" in base.columns("code_name") else "null"
    listed_codes = base.rows(f"select cid, name, catid, {below_code}, memo, color from code_name order by cid")
    codes = {number: (known_as(name), category, above, str(memo or ""), colour)
             for number, name, category, above, memo, colour in listed_codes}  # fmt: skip
    of_category = {number: _path(("category", number), categories, codes) for number in categories}
    of_code = {number: _path(("code", number), categories, codes) for number in codes}
    listed = [Code(path[-1], path, categories[number][2], None, False) for number, path in of_category.items()]
    for number, path in of_code.items():
        colour = codes[number][4]
        listed.append(Code(path[-1], path, codes[number][3], str(colour) if colour else None))
    return tuple({one.path: one for one in reversed(listed)}.values())[::-1], of_code


def _path(own: tuple[str, int], categories: Mapping[int, tuple], codes: Mapping[int, tuple]) -> CodePath:
    """The names from the root; where parents run in a circle, up to where it closes."""
    names, seen, here = [], set(), own
    while here not in seen:
        seen.add(here)
        kind, number = here
        if kind == "category" and number in categories:
            names.append(categories[number][0])
            here = "category", categories[number][1]
        elif kind == "code" and number in codes:
            names.append(codes[number][0])
            above = codes[number][2]
            here = ("code", above) if above is not None else ("category", codes[number][1])
        else:
            break
    return tuple(reversed(names))


def _attributes(base: Database) -> dict[tuple[str, int], dict[str, str]]:
    found: dict[tuple[str, int], dict[str, str]] = {}
    for kind, number, name, value in base.rows("select attr_type, id, name, value from attribute order by attrid"):
        found.setdefault((str(kind), number), {})[str(name)] = "" if value is None else str(value)
    return found


def _cases(
    base: Database, sources: Mapping[int, tuple[str, str | None]], attributes: Mapping[tuple[str, int], dict[str, str]]
) -> tuple[Case, ...]:
    """Cases with every document of which some stretch is theirs."""
    linked: dict[int, dict[str, None]] = {}
    for case, number in base.rows("select caseid, fid from case_text order by id"):
        if number in sources:
            linked.setdefault(case, {})[sources[number][0]] = None
    return tuple(
        Case(known_as(name), tuple(linked.get(number, ())), attributes.get(("case", number), {}))
        for number, name in base.rows("select caseid, name from cases order by caseid")
    )
