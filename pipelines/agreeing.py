"""How far the coders of each corpus agree, as `core.agreement`: over all codes together, and code by code.

What a unit is and who judged it is said in `surveys.corpora.ratings`, the coefficients are in
`surveys.corpora.agreement`. No coder is named, and no passage: a row tells how many units and coders it rests on.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pipelines.theming import parts_of
from surveys.corpora.agreement import Coefficient, Ratings, coefficients, krippendorff_alpha
from surveys.corpora.corpus import Corpus
from surveys.corpora.ratings import Coded, Span, paragraphs, ratings_of
from warehouse.modelling import model

if TYPE_CHECKING:
    import duckdb
    import pandas as pd

    from pipelines.project import Project

ALL = "all"
_SLUGS = {
    "Krippendorff's alpha (nominal)": "krippendorff_alpha_nominal",
    "Krippendorff's alpha (ordinal)": "krippendorff_alpha_ordinal",
    "Cohen's kappa": "cohen_kappa",
    "Fleiss' kappa": "fleiss_kappa",
}


def coders_agreement(connection: duckdb.DuckDBPyConnection, project: Project) -> pd.DataFrame:
    """The rows of `core.agreement`; none of a corpus of which no document was coded by two."""
    import pandas as pd

    rows = [row for one in project.corpora.values() for row in _rows(connection, one.corpus)]
    return pd.DataFrame(rows, columns=list(model("core", "agreement").column_names), dtype=object)


def _rows(connection: duckdb.DuckDBPyConnection, corpus: Corpus) -> Iterator[dict[str, Any]]:
    """One row for each code and coefficient: whether each unit bears the code, its parts included; and for a code whose
    parts are grades, how far those who graded a unit gave it the same grade. Over all codes each counts as it was
    given, without its parts, so that nothing counts twice."""
    codings = _codings(connection, corpus.id)
    if len({one.coder for one in codings}) < 2:
        return
    units, unit = _units(connection, corpus)
    given = [code.id for code in corpus.codes]
    overall = ratings_of(codings, units, given, corpus.agreement)[ALL]
    yield from _told(corpus.id, ALL, coefficients(overall), unit)
    wholes = _wholes(corpus)
    widened = [Coded(one.document, one.coder, whole, one.start, one.end)
               for one in codings for whole in wholes.get(one.code, ())]  # fmt: skip
    each = ratings_of(widened, units, given, corpus.agreement)
    for code in corpus.codes:
        yield from _told(corpus.id, code.id, coefficients(each[code.id]), unit)
        grades = [part.id for part in corpus.codes if part.parent == code.id] if code.ordered else []
        if grades:
            graded = _graded([each[grade] for grade in grades])
            alpha = krippendorff_alpha(graded, "ordinal")
            yield from _told(corpus.id, code.id, (alpha,) if alpha.n_units else (), unit)


def _codings(connection: duckdb.DuckDBPyConnection, source: str) -> list[Coded]:
    rows = connection.execute(
        'select document_id, coder, code_id, "start", "end" from core.segments'
        " where source = ? and coder is not null and state <> 'look' order by all",
        [source],
    ).fetchall()
    return [Coded(*row) for row in rows]


def _units(connection: duckdb.DuckDBPyConnection, corpus: Corpus) -> tuple[dict[str, Sequence[Span]], str]:
    """The turns of each document, or its paragraphs where nobody is known to speak, and what that is called."""
    turns: dict[str, list[Span]] = defaultdict(list)
    for document, start, end in connection.execute(
        'select document_id, "start", "end" from core.turns where source = ? order by document_id, turn', [corpus.id]
    ).fetchall():
        turns[document].append((start, end))
    texts = connection.execute(
        "select document_id, text from core.documents where source = ? order by document_id", [corpus.id]
    ).fetchall()
    units = {document: turns.get(document) or paragraphs(text) for document, text in texts}
    if corpus.agreement != "turn":
        return units, corpus.agreement
    kinds = {"turn" if document in turns else "paragraph" for document in units}
    return units, "turn or paragraph" if len(kinds) > 1 else kinds.pop() if kinds else "turn"


def _wholes(corpus: Corpus) -> dict[str, list[str]]:
    """Each code with itself and all it is part of."""
    found: dict[str, list[str]] = {}
    for code, parts in parts_of(corpus).items():
        for part in parts:
            found.setdefault(part, []).append(code)
    return found


def _graded(grades: Sequence[Ratings]) -> Ratings:
    """One rating a unit and coder: which grade was given, counted from the first; None where none was, or two."""
    values = []
    for judged in zip(*(one.values for one in grades), strict=True):
        coders = zip(*judged, strict=True)
        given = [[place for place, one in enumerate(said) if one] for said in coders]
        values.append(tuple(places[0] if len(places) == 1 else None for places in given))
    first = grades[0]
    return Ratings(tuple(values), first.clusters, first.weights, first.unit)


def _told(source: str, code: str, found: Sequence[Coefficient], unit: str) -> Iterator[Mapping[str, Any]]:
    for one in found:
        yield {
            "source": source, "code_id": code, "coefficient": one.value, "kind": _SLUGS[one.kind],
            "n_units": one.n_units, "n_coders": one.n_coders, "ci_low": one.low, "ci_high": one.high,
            "ci_level": None if one.low is None else one.level, "interval": one.interval, "unit": unit,
            "status": "not_computable" if one.value is None else "ok",
        }  # fmt: skip
