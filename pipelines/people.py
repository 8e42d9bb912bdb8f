"""Values on documents and passages counted in people, for disclosure control: a focus group of eight is eight people.

Only who stands behind a number is counted here, never shown: whether that is too few is decided in
`warehouse.disclosure`. Somebody who took part in two documents counts twice, because nobody is known across documents.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from pipelines.indicators.measures import ALL
from pipelines.passages import VOICES, speaker_groups
from surveys.corpora.corpus import Corpus
from theory_of_change.model import Indicator, Measure, TheoryOfChange, Uncertainty
from theory_of_change.programme import Programme
from theory_of_change.tables import Table

if TYPE_CHECKING:
    import duckdb
    import pandas as pd

_COUNTED = Uncertainty(mode="none")


def in_people(
    connection: duckdb.DuckDBPyConnection,
    theory: TheoryOfChange,
    programme: Programme,
    tables: Mapping[str, Table],
    corpora: Mapping[str, Corpus],
) -> list[pd.DataFrame]:
    """The values of every indicator on a code in people: by what documents are broken down, each document with all who
    took part in it; by what speakers are, each voice as one. They add up in different ways, so they are two frames."""
    on_codes = [one for one in theory.indicators if one.measure.kind == "theme" and one.measure.source in corpora]
    documents = {name: replace(tables[name], weight="people") for name in corpora}
    voices = {name: replace(tables[f"{name}{VOICES}"], id=f"{name}{VOICES}") for name in corpora}
    by_document, by_voice = [], []
    for one in on_codes:
        spoken = speaker_groups(corpora[one.measure.source]) if one.measure.per == "segment" else []
        narrowed = _names(one.measure.where, spoken)
        cuts = [cut for cut in one.disaggregation if not set(spoken) & set(_columns(cut, theory))]
        if not narrowed:
            by_document.append(_counted(one, cuts))
        if narrowed or len(cuts) < len(one.disaggregation):
            by_voice.append(_counted(one, list(one.disaggregation)))
    frames = []
    if by_document:
        frames.append(_computed(connection, theory, programme, by_document, documents))
    if by_voice:
        heard = _computed(connection, theory, programme, by_voice, voices)
        frames.append(_in_whole(heard, frames[0]) if frames else heard)
    return frames


def by_voices(
    connection: duckdb.DuckDBPyConnection,
    theory: TheoryOfChange,
    programme: Programme,
    tables: Mapping[str, Table],
    corpus: Corpus,
) -> pd.DataFrame:
    """The values of indicators on documents, broken down by what speakers are, with voices in the place of rows."""
    indicators = list(theory.indicators)
    voices = {corpus.id: tables[f"{corpus.id}{VOICES}"]}
    heard = _computed(connection, theory, programme, [_counted(one, list(one.disaggregation)) for one in indicators],
                      voices)  # fmt: skip
    whole = _computed(connection, theory, programme, [_counted(one, []) for one in indicators],
                      {corpus.id: replace(tables[corpus.id], weight="people")})  # fmt: skip
    return _in_whole(heard, whole)


def _in_whole(heard: pd.DataFrame, whole: pd.DataFrame) -> pd.DataFrame:
    """The voices with, as their sum, all people: those who took part and are not told apart by the transcript are the
    rest, which nobody publishes. Where more voices are heard than people are known to have taken part, it is them."""
    import numpy as np

    keys = ["indicator_id", "period", "dimension", "category"]
    totals = heard[heard["dimension"] == ALL][keys].merge(
        whole[[*keys, "numerator", "denominator"]].dropna(), on=keys, how="left"
    )
    found = heard.copy()
    rows = found.index[found["dimension"] == ALL]
    yes, every = (found.loc[rows, name].fillna(0).to_numpy() for name in ("numerator", "denominator"))
    people, all_people = (totals[name].fillna(0).to_numpy() for name in ("numerator", "denominator"))
    said, unsaid = np.maximum(yes, people), np.maximum(every - yes, all_people - people)
    found.loc[rows, "numerator"], found.loc[rows, "denominator"] = said, said + unsaid
    found.loc[rows, "n"] = (said + unsaid).round().astype(int)
    return found


def _counted(one: Indicator, cuts: list[str | tuple[str, ...]]) -> Indicator:
    """The share of those who say it among those who said anything, as far as the indicator asks that."""
    where = one.measure.where
    if one.measure.per == "segment":
        where = f"coded and ({where})" if where else "coded"
    measure = Measure.model_validate({"from": one.measure.source, "theme": one.measure.theme, "per": "document",
                                      **({"where": where} if where else {})})  # fmt: skip
    return one.model_copy(update={"measure": measure, "uncertainty": _COUNTED, "disaggregation": tuple(cuts)})


def _computed(
    connection: duckdb.DuckDBPyConnection,
    theory: TheoryOfChange,
    programme: Programme,
    indicators: list[Indicator],
    tables: Mapping[str, Table],
) -> pd.DataFrame:
    """The values with people in the place of rows."""
    from pipelines.indicators.estimate import compute

    asked = theory.model_copy(update={"indicators": tuple(indicators), "milestones": ()})
    values = compute(connection, asked, programme, tables, "", {}).values
    values["n"] = values["denominator"].round().astype("Int64")
    return values


def _names(expression: str | None, names: list[str]) -> bool:
    return any(re.search(rf"\b{re.escape(name)}\b", expression or "") for name in names)


def _columns(cut: str | tuple[str, ...], theory: TheoryOfChange) -> list[str]:
    behind = {one.id: one.column or one.id for one in theory.dimensions}
    return [behind.get(name, name) for name in ((cut,) if isinstance(cut, str) else cut)]
