"""A publication narrowed to one area of the theory with all areas inside it, for a report that is about that area.

Elements, indicators and everything said of them stay where they belong to the area; stakeholders, dimensions and the
programme itself belong to every area. Nothing is computed anew.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from reports.reading import Block, Report, Row

#: Blocks that say who, in what words and for whom, whatever the area.
_EVERYWHERE = ("programme", "theory", "stakeholder", "phase", "dimension", "code_list", "report", "source")


def within(report: Report, area: str) -> Report:
    """The publication as seen from `area`. Links stay where both their ends do; an indicator where it belongs to the
    area or measures something that does."""
    inside = _inside(report, area)
    blocks = tuple(block for block in report.blocks if _belongs(block, inside))
    ids = {block.id for block in blocks if block.kind not in _EVERYWHERE}
    indicators = tuple(
        one for one in report.indicators if one.attributes.get("area") in inside or ids & set(one.ids("measures"))
    )
    named = {one.id for one in indicators}
    links = {row["link_id"] for row in report.rows["links"] if {row["from_id"], row["to_id"]} <= ids}
    keys = {(block.id, block.kind) for block in blocks}
    evaluations = {block.id for block in blocks if block.kind == "evaluation"}
    figures = {block.id for block in blocks if block.kind == "published_figure"}
    keep: Mapping[str, Callable[[Row], bool]] = {
        **dict.fromkeys(("indicators", "indicator_values", "progress", "targets", "distributions"),
                        lambda row: row["indicator_id"] in named),
        "elements": lambda row: (row["element_id"], _kind(row["kind"])) in keys,
        "links": lambda row: row["link_id"] in links,
        "effects": lambda row: row["evaluation_id"] in evaluations,
        "coverage": lambda row: row["element_id"] in ids,
        "evidence": lambda row: bool({row["element_id"], row["assumption_id"]} & ids) or row["link_id"] in links,
        "joined": lambda row: row["element_id"] in (links if row["kind"] == "link" else ids),
        "published_figures": lambda row: row["figure_id"] in figures,
    }  # fmt: skip
    rows = {
        table: tuple(filter(keep[table], found)) if table in keep else found for table, found in report.rows.items()
    }
    return replace(report, rows=rows, blocks=blocks, indicators=indicators)


def _inside(report: Report, area: str) -> set[str]:
    parents = {block.id: block.attributes.get("parent") for block in report.of("area")}
    found, size = {area}, 0
    while len(found) > size:
        size = len(found)
        found |= {own for own, parent in parents.items() if parent in found}
    return found


def _belongs(block: Block, inside: set[str]) -> bool:
    if block.kind == "area":
        return block.id in inside
    return block.kind in _EVERYWHERE or block.attributes.get("area") in inside


def _kind(kind: str) -> str:
    return "claim" if kind == "contribution_claim" else kind
