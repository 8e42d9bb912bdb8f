"""A theory as its files say it, in the shape of a publication, so that one drawing serves both: with the statuses of
what was published where there is any, and without a warehouse else.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from pydantic import BaseModel

from reports.reading import NEEDED, Block, Period, Report, Row
from theory_of_change.model import Text, TheoryOfChange

_BLOCKS = (
    ("areas", "area", "title"),
    ("inputs", "input", "statement"),
    ("activities", "activity", "statement"),
    ("outputs", "output", "statement"),
    ("outcomes", "outcome", "statement"),
    ("impact", "impact", "statement"),
    ("assumptions", "assumption", "statement"),
)


def written(theory: TheoryOfChange, language: str, published: Report | None = None,
            outdated: Collection[str] = ()) -> Report:  # fmt: skip
    """The theory as written. `language` is the one it is written in first; values of `published` are kept, but for
    indicators that are `outdated`: defined otherwise when they were computed."""
    kept: dict[str, tuple[Row, ...]] = dict.fromkeys(NEEDED, ())
    if published is not None:
        for table in ("indicator_values", "progress"):
            kept[table] = tuple(row for row in published.rows[table] if row["indicator_id"] not in outdated)
    kept["links"] = tuple(_links(theory, language))
    blocks = [_block(theory.theory, "theory", theory.theory.title, language)]
    for attribute, kind, words in _BLOCKS:
        blocks += [_block(one, kind, getattr(one, words), language) for one in getattr(theory, attribute)]
    indicators = tuple(_block(one, "indicator", one.title, language) for one in theory.indicators if not one.retired)
    return Report(kept, tuple(blocks), indicators, published.periods if published else ())


def latest(report: Report) -> Period | None:
    """The last of the shortest periods that has data."""
    level = report.periods[0].level if report.periods else ""
    return next((p for p in reversed(report.periods) if p.level == level and p.has_data), None)


def _block(model: BaseModel, kind: str, words: Text, language: str) -> Block:
    said = {"": words.within(language), **{code: words.within(code, language) for code in ("it", "en")}}
    fields: dict[str, Any] = model.model_dump(mode="json", by_alias=True, exclude_none=True)
    return Block(fields.get("id", ""), kind, said, fields)


def _links(theory: TheoryOfChange, language: str) -> Iterable[Row]:
    for link in theory.links:
        why = {code: link.mechanism.within(code, language) if link.mechanism else None for code in ("it", "en")}
        yield {
            "link_id": link.id, "from_id": link.from_, "to_id": link.to, "type": link.type,
            "necessity": link.necessity, "mechanism": link.mechanism.within(language) if link.mechanism else None,
            "mechanism_it": why["it"], "mechanism_en": why["en"], "assumptions": link.assumptions,
        }  # fmt: skip
