"""Coded segments as a table, one row a document, a passage and a code: somebody's own CSV or workbook, or Taguette's.

Columns are found by their names, in Italian or English, in any order. What the words of a passage are held against is
decided in `placing`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from surveys.corpora.codings import Code, CodePath, Codings, Document, Segment, counted, fault, known_as
from surveys.corpora.taguette import PROGRAM as TAGUETTE
from surveys.corpora.taguette import code_of, path_of, used_codes
from theory_of_change.problems import Place, Problem, ProblemsFound

#: What each column may be called; the first is what a message calls it.
COLUMNS: Mapping[str, tuple[str, ...]] = {
    "document": ("documento", "document", "nome documento", "document name", "file", "nome file", "file name",
                 "trascrizione", "transcript", "intervista", "interview", "fonte", "source", "source name"),
    "code": ("codice", "code", "nome codice", "code name", "etichetta", "tag", "categoria", "category", "nodo", "node",
             "tema", "theme", "codici", "codes"),
    "text": ("testo", "text", "segmento", "segment", "brano", "passo", "passage", "citazione", "quotation", "quote",
             "contenuto", "content", "estratto", "excerpt", "testo codificato", "coded text", "segmento codificato",
             "coded segment", "quotation content"),
    "start": ("inizio", "start", "da", "from", "posizione iniziale", "start position", "begin"),
    "end": ("fine", "end", "a", "to", "posizione finale", "end position"),
    "coder": ("codificatore", "coder", "codificatrice", "chi codifica", "codificato da", "coded by", "autore", "author",
              "creato da", "created by", "utente", "user", "rater"),
    "memo": ("memo", "nota", "note", "appunto", "commento", "comment"),
    "description": ("descrizione", "description"),
}  # fmt: skip
_PATH = re.compile(r"\s+[>›→]\s+|::|\s+/\s+|\s*\\\s*")
_MOST_TOLD = 50


def read_segments(path: Path, file: str) -> Codings:
    """The segments, or Taguette's list of tags, in a table. Raises ProblemsFound with all rows that lack something."""
    from surveys.headers import positions
    from surveys.reading import read_table

    table = read_table(path, file, [name for names in COLUMNS.values() for name in names])
    found = {name: places[0] for name, places in positions(table.headers, COLUMNS).items() if places}
    columns = {name: [str(cell) for cell in table.cells[place]] for name, place in found.items()}
    if {"code", "description"} <= set(found) and not {"document", "text"} & set(found):
        listed = zip(columns["code"], columns["description"], strict=True)
        codes = {path_of(tag): code_of(tag, about.strip()) for tag, about in listed if tag.strip()}
        return Codings(TAGUETTE, codes=tuple(codes.values()))
    lacking = [COLUMNS[name][0] for name in ("document", "code") if name not in found]
    has_place = {"start", "end"} <= set(found)
    if "text" not in found and not has_place:
        lacking.append(COLUMNS["text"][0])
    if lacking:
        raise fault("codings-no-columns", file, columns=", ".join(lacking))  # a first row may be somebody's words
    is_taguette = {header.strip().casefold() for header in table.headers} >= {"id", "document", "tag", "content"}
    told: Counter[str] = Counter()
    segments, problems = [], []
    for number, row in enumerate(int(one) for one in table.rows):
        cells = {name: column[number].strip() for name, column in columns.items()}
        if not any(cells.values()):
            continue
        blank = [COLUMNS[name][0] for name in ("document", "code") if not cells[name]]
        span = _span(cells.get("start", ""), cells.get("end", ""))
        if not cells.get("text") and span is None:
            blank.append(COLUMNS["text"][0])
        if blank:
            facts = {"file": file.rpartition("/")[2], "columns": ", ".join(blank)}
            problems.append(Problem("codings-row-incomplete", Place(file, row), facts))
            continue
        told["codings-selection-malformed"] += span is None and bool(cells.get("start") or cells.get("end"))
        code = path_of(cells["code"]) if is_taguette else _path(cells["code"])
        words, coder, memo = cells.get("text", ""), known_as(cells.get("coder", "")) or None, cells.get("memo", "")
        segments.append(Segment(known_as(cells["document"]), code, *(span or (None, None)), words, coder, memo))
    if problems:
        raise ProblemsFound(problems[:_MOST_TOLD])
    documents = tuple(Document(name) for name in dict.fromkeys(one.document for one in segments))
    coders = tuple(dict.fromkeys(one.coder for one in segments if one.coder))
    codes: tuple[Code, ...] = used_codes(segments)
    program = TAGUETTE if is_taguette else table.kind
    return Codings(program, documents, codes, tuple(segments), coders=coders, notes=counted(told))


def _path(code: str) -> CodePath:
    """`Problemi > Abitare` and `Problemi::Abitare` as a path."""
    parts = tuple(_PATH.split(known_as(code)))
    return parts if all(parts) else (known_as(code),)


def _span(start: str, end: str) -> tuple[int, int] | None:
    """Two whole numbers in order, as spreadsheets write them, too (`12.0`)."""
    found = [re.fullmatch(r"(\d{1,12})(?:[.,]0+)?", one) for one in (start, end)]
    if found[0] is None or found[1] is None or int(found[0][1]) > int(found[1][1]):
        return None
    return int(found[0][1]), int(found[1][1])
