"""Every set of ratings of a workspace summed up, as `core.ratings`: each item, each group, tests, agreement.

Arithmetic is in `analysis.rating_tests` and `surveys.corpora.agreement`. No rater is ever shown; items that few rated
and scores that few gave are held back.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pipelines.indicators.dialect import quoted
from pipelines.indicators.statements import core_table, has_landed
from theory_of_change.model import Text
from theory_of_change.programme import Programme
from theory_of_change.tables import Table
from warehouse.disclosure import SUPPRESSED, hidden_counts
from warehouse.modelling import model

if TYPE_CHECKING:
    import duckdb
    import pandas as pd

ALL, BOTH, CROSS = "all", " / ", " x "
_NUMBERS = ("n", "n_items", "median", "q1", "q3", "mean", "ci_low", "ci_high", "distribution", "statistic", "p_value",
            "p_adjusted", "effect")  # fmt: skip
Score = tuple[str, str | None, tuple[str, ...], int]


def sum_up_ratings(
    connection: duckdb.DuckDBPyConnection, tables: Mapping[str, Table], programme: Programme
) -> pd.DataFrame:
    """The rows of `core.ratings`."""
    import pandas as pd

    rows: list[dict[str, Any]] = []
    for table in tables.values():
        if table.ratings is not None and has_landed(connection, table):
            scores = _scores(connection, table)
            least = programme.disclosure.smallest_group
            rows += [
                *_summaries(table, scores, least),
                *_tests(table, scores, least),
                *_agreement(table, scores, least),
            ]
    return pd.DataFrame(rows, columns=list(model("core", "ratings").column_names))


def _scores(connection: duckdb.DuckDBPyConnection, table: Table) -> list[Score]:
    """Rater, group, item and score of every complete row."""
    roles = table.ratings
    names = [roles.rater, *roles.items, roles.score]
    columns = [f"cast({quoted(table.column(name).name)} as varchar)" for name in names[:-1]]
    columns.append(f"cast({quoted(table.column(roles.score).name)} as integer)")
    columns.append(f"cast({quoted(table.column(roles.group).name)} as varchar)" if roles.group else "null")
    whole = " and ".join(f"{quoted(table.column(name).name)} is not null" for name in names)
    found = connection.execute(
        f"select {', '.join(columns)} from {core_table(table)} where {whole} order by _load_id, _row"
    ).fetchall()
    return [(row[0], row[-1], tuple(row[1:-2]), row[-2]) for row in found]


def _cuts(table: Table) -> list[tuple[int, ...]]:
    """Everything together, each column alone, and the single items."""
    n = len(table.ratings.items)
    single = tuple(range(n))
    return list(dict.fromkeys([(), *((at,) for at in range(n)), single]))


def _place(table: Table, cut: Sequence[int], item: Sequence[str], position: int, group: str = ALL) -> dict[str, Any]:
    """What a row is of, by its codes and in words; `item` has a part for each column of the cut."""
    columns = [table.column(table.ratings.items[at]) for at in cut]
    names = [table.ratings.items[at] for at in cut]
    place: dict[str, Any] = {"source": table.id, "dimension": CROSS.join(names) or ALL,
                             "category": BOTH.join(item) or ALL, "group": group, "position": position}  # fmt: skip
    groups = table.column(table.ratings.group or "")
    for language in ("it", "en"):
        said = {
            "source": [_words(table.title, table.id, language)],
            "dimension": [_words(column.title, name, language) for column, name in zip(columns, names, strict=True)],
            "category": [_words(column.labels.get(code), code, language)
                         for column, code in zip(columns, item, strict=True)],
            "group": [_words(groups.labels.get(group), group, language)] if groups and group != ALL else [],
        }  # fmt: skip
        place |= {f"{name}_{language}": (CROSS if name == "dimension" else BOTH).join(words) or None
                  for name, words in said.items()}  # fmt: skip
    return place


def _words(text: Text | None, code: str, language: str) -> str:
    return text.within(language, "it", "en") if text else code


def _in_order(table: Table, cut: Sequence[int], scores: Sequence[Score]) -> list[tuple[str, ...]]:
    """The items of a cut as the contract lists their categories; those it does not list, as they come."""
    listed = [list(table.column(table.ratings.items[at]).labels) for at in cut]
    found = dict.fromkeys(tuple(item[at] for at in cut) for _, _, item, _ in scores)
    return sorted(found, key=lambda item: [names.index(code) if code in names else len(names)
                                           for names, code in zip(listed, item, strict=True)])  # fmt: skip


def _summaries(table: Table, scores: Sequence[Score], least: int) -> Iterator[dict[str, Any]]:
    from pipelines.analysis.rating_tests import summary

    groups = [ALL, *sorted({group for _, group, _, _ in scores if group is not None})]
    single = tuple(range(len(table.ratings.items)))
    for cut in _cuts(table):
        for position, parts in enumerate(_in_order(table, cut, scores)):
            here = [one for one in scores if tuple(one[2][at] for at in cut) == parts]
            raters = [len({who for who, own, _, _ in here if group in (ALL, own)}) for group in groups]
            hidden = hidden_counts(raters, [(0, range(1, len(groups)))] if len(groups) > 1 else [], least)
            for at, group in enumerate(groups):
                own = [score for _, whose, _, score in here if group in (ALL, whose)]
                if not own:
                    continue
                row = {**_place(table, cut, parts, position, group), "kind": "summary", **dict.fromkeys(_NUMBERS)}
                if at in hidden:
                    yield {**row, "status": SUPPRESSED, "method": "scores"}
                    continue
                # scores of one rater are not independent, so only a single item has an interval
                population = _population(table, group) if cut == single else None
                found = summary(own, population)
                few = any(count < least for count in found.counts.values())
                interval = (found.low, found.high) if cut == single else (None, None)
                yield {
                    **row, "n": raters[at], "n_items": len({one[2] for one in here}), "median": found.median,
                    "q1": found.q1, "q3": found.q3, "mean": found.mean, "ci_low": interval[0], "ci_high": interval[1],
                    "distribution": None if few else json.dumps(found.counts), "status": "ok",
                    "method": "; ".join(["scores", "quartiles", *(["t"] if interval[0] is not None else []),
                                         *(["fpc"] if population else [])]),
                }  # fmt: skip


def _population(table: Table, group: str) -> int | None:
    """How many raters a group has in all; of all together where every group says it."""
    sizes = table.ratings.population
    return sum(sizes.values()) or None if group == ALL else sizes.get(group)


def _tests(table: Table, scores: Sequence[Score], least: int) -> Iterator[dict[str, Any]]:
    """Groups of raters compared item by item, corrected for all items (Holm)."""
    from pipelines.analysis.rating_tests import compared, holm

    groups = sorted({group for _, group, _, _ in scores if group is not None})
    if len(groups) < 2:
        return
    single, found = tuple(range(len(table.ratings.items))), []
    for item in _in_order(table, single, scores):
        split = [[score for _, own, other, score in scores if other == item and own == group] for group in groups]
        is_small = any(0 < len(part) < least for part in split)
        found.append((item, split, None if is_small else compared(split), is_small))
    adjusted = holm([one.p_value if one else None for _, _, one, _ in found])
    for position, ((item, split, one, is_small), p_adjusted) in enumerate(zip(found, adjusted, strict=True)):
        row = {**_place(table, single, item, position), "kind": "test", **dict.fromkeys(_NUMBERS)}
        if is_small:
            yield {**row, "status": SUPPRESSED, "method": "rank test"}
        elif one is None:
            yield {**row, "status": "not_computable", "method": "rank test"}
        else:
            yield {**row, "n": sum(map(len, split)), "statistic": one.statistic, "p_value": one.p_value,
                   "p_adjusted": p_adjusted, "effect": one.effect, "status": "ok",
                   "method": f"{one.test}; ties; holm"}  # fmt: skip


def _agreement(table: Table, scores: Sequence[Score], least: int) -> Iterator[dict[str, Any]]:
    """Krippendorff's alpha for ordered scores over all items; raters as columns, unnamed."""
    from surveys.corpora.agreement import Ratings, krippendorff_alpha

    raters = list(dict.fromkeys(who for who, _, _, _ in scores))
    items = list(dict.fromkeys(item for _, _, item, _ in scores))
    given = {(item, who): score for who, _, item, score in scores}
    if len(raters) < 2:
        return
    row = {**_place(table, (), (), 0), "kind": "agreement", **dict.fromkeys(_NUMBERS)}
    if len(raters) < least:
        yield {**row, "status": SUPPRESSED, "method": "krippendorff alpha, ordinal"}
        return
    found = krippendorff_alpha(Ratings(tuple(tuple(given.get((i, r)) for r in raters) for i in items)), "ordinal")
    yield {**row, "n": len(raters), "n_items": len(items), "statistic": found.value, "ci_low": found.low,
           "ci_high": found.high, "status": "ok" if found.value is not None else "not_computable",
           "method": "krippendorff alpha, ordinal"}  # fmt: skip
