"""What a drawing shows: elements in columns, the links between them, areas, and the assumptions links rest on.

Small neutral records, filled from what is published. Nothing here knows sizes, places or colours.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from reports.reading import Block, Period, Report

STAGES = ("input", "activity", "output", "outcome_short", "outcome", "outcome_medium", "outcome_long", "impact")
LINK_TYPES = ("produces", "contributes", "enables", "precondition", "reinforces", "inhibits", "belongs")
#: From worst to best: an element with several indicators shows the one that most needs a look.
WORST_FIRST = ("not_met", "behind", "on_track", "met")
STATUSES = (*reversed(WORST_FIRST), "with_data", "no_data", "not_measured")
#: Kinds a theory should measure; the others are marked only where they are measured.
MEASURABLE = ("output", "outcome", "impact")
_TERMS = ("short", "medium", "long")


@dataclass(frozen=True)
class Element:
    """A box. Without `status` it carries none: nobody expects it to be measured, or nothing is published."""

    id: str
    stage: str
    statement: str
    area: str = ""
    status: str = ""
    retired: bool = False


@dataclass(frozen=True)
class Link:
    start: str
    end: str
    type: str
    necessary: bool = False
    assumptions: tuple[str, ...] = ()
    mechanism: str = ""


@dataclass(frozen=True)
class Area:
    id: str
    title: str
    parent: str = ""


@dataclass(frozen=True)
class Assumption:
    """`sign` is the letter that stands for it in the drawing."""

    id: str
    sign: str
    statement: str
    status: str


@dataclass(frozen=True)
class Content:
    """Everything a drawing shows, in the theory's own order and in one language."""

    title: str
    elements: tuple[Element, ...]
    links: tuple[Link, ...]
    areas: tuple[Area, ...] = ()
    assumptions: tuple[Assumption, ...] = ()
    invented: bool = False

    @property
    def columns(self) -> tuple[str, ...]:
        there = {element.stage for element in self.elements}
        return tuple(stage for stage in STAGES if stage in there)

    @property
    def warned(self) -> bool:
        """True where statuses rest on invented data: the drawing must say so."""
        return self.invented and any(element.status for element in self.elements)

    def path(self, area: str) -> tuple[str, ...]:
        """The ids of the areas around and including `area`, the outermost first; empty for an unknown one."""
        parents = {each.id: each.parent for each in self.areas}
        found: list[str] = []
        while area in parents and area not in found:
            found.insert(0, area)
            area = parents[area]
        return tuple(found)

    def only(self, area: str) -> Content:
        """One area and those inside it, with what their elements touch directly, and what of the whole they lead to."""
        own = {e.id for e in self.elements if area in self.path(e.area)}
        whole = {e.id for e in self.elements if not self.path(e.area)}
        kept = own | {link.start for link in self.links if link.end in own}
        ahead = list(own)
        while ahead:
            start = ahead.pop()
            for link in self.links:
                if link.start == start and link.end not in kept and (start in own or link.end in whole):
                    kept.add(link.end)
                    ahead += [link.end] if link.end in whole else []
        links = tuple(link for link in self.links if link.start in kept and link.end in kept)
        used = {id for link in links for id in link.assumptions}
        title = next((each.title for each in self.areas if each.id == area), area)
        return replace(
            self,
            title=f"{self.title}: {title}",
            elements=tuple(e for e in self.elements if e.id in kept),
            links=links,
            assumptions=tuple(a for a in self.assumptions if a.id in used),
        )


def stage_of(block: Block) -> str:
    """The column of an element: its kind; for an outcome also its term."""
    term = block.attributes.get("term")
    return f"outcome_{term}" if block.kind == "outcome" and term in _TERMS else block.kind


def stages(blocks: Iterable[Block]) -> tuple[str, ...]:
    there = {stage_of(block) for block in blocks}
    return tuple(stage for stage in STAGES if stage in there)


def status_of(report: Report, element: str, period: Period) -> str:
    """How the element's indicators stand: the status that most needs a look, or why there is none."""
    indicators = report.measured_by(element)
    if not indicators:
        return "not_measured"
    found = {p["status"] for i in indicators if (p := report.progress(i.id, period.name)) is not None}
    for status in WORST_FIRST:
        if status in found:
            return status
    rows = [report.reported(i, period) for i in indicators]
    return "with_data" if any(row is not None and row["status"] == "ok" for row in rows) else "no_data"


def links_of(report: Report, language: str = "it") -> tuple[Link, ...]:
    """The declared links, and those that `for`, `from` and `precondition_of` imply, each pair once."""
    ids = {block.id for block in report.chain}
    resting = _resting(report)
    links = []
    for row in report.rows["links"]:
        named = row["assumptions"]
        named = tuple(json.loads(named) if isinstance(named, str) and named else named or ())
        rests = tuple(dict.fromkeys([*named, *resting.get(row["link_id"], ())]))
        mechanism = row[f"mechanism_{language}"] or row["mechanism"] or ""
        links.append(Link(row["from_id"], row["to_id"], row["type"], row["necessity"] == "necessary", rests, mechanism))
    for block in report.chain:
        if block.kind == "input":
            links += [Link(block.id, other, "belongs") for other in block.ids("for")]
        if block.kind == "output":
            links += [Link(other, block.id, "belongs") for other in block.ids("from")]
        links += [Link(block.id, other, "precondition") for other in block.ids("precondition_of")]
    different: dict[tuple[str, str], Link] = {}
    for link in links:
        if link.start in ids and link.end in ids and link.start != link.end:
            different.setdefault((link.start, link.end), link)
    return tuple(different.values())


def _resting(report: Report) -> Mapping[str, Sequence[str]]:
    """For each link the assumptions that say they are `on` it."""
    found: dict[str, list[str]] = {}
    for block in report.of("assumption"):
        for where in block.ids("on"):
            found.setdefault(where, []).append(block.id)
    return found


def content_of(report: Report, period: Period | None, language: str, title: str) -> Content:
    """What to draw of a publication; without a period no element has a status."""
    elements = tuple(_element(report, block, period, language) for block in report.chain)
    links = links_of(report, language)
    used = {id for link in links for id in link.assumptions}
    rested = [block for block in report.of("assumption") if block.id in used]
    return Content(
        title,
        elements,
        links,
        tuple(Area(b.id, b.says(language), str(b.attributes.get("parent") or "")) for b in report.of("area")),
        tuple(
            Assumption(b.id, letter(n), b.says(language), str(b.attributes.get("status") or "untested"))
            for n, b in enumerate(rested)
        ),
        bool(report.theory.attributes.get("invented")),
    )


def _element(report: Report, block: Block, period: Period | None, language: str) -> Element:
    retired = bool(block.attributes.get("retired")) or block.attributes.get("status") == "retired"
    status = "" if period is None or retired else status_of(report, block.id, period)
    if status == "not_measured" and block.kind not in MEASURABLE:
        status = ""
    area = str(block.attributes.get("area") or "")
    return Element(block.id, stage_of(block), block.says(language), area, status, retired)


def letter(number: int) -> str:
    """A, B, … Z, AA, AB: letters, so that a mark is never taken for a measured number."""
    text = ""
    while number >= 0:
        text = chr(ord("A") + number % 26) + text
        number = number // 26 - 1
    return text
