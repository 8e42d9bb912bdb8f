"""The chapters that tell the theory of change: its diagram, the same in words, its assumptions with their evidence, its
risks. How its indicators did is told in `indicator_chapters`.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any

from reports.chapter import Chapter
from reports.charts import Chart
from reports.diagram.content import (
    MEASURABLE,
    WORST_FIRST,
    Link,
    content_of,
    links_of,
    stage_of,
    stages,
    status_of,
)
from reports.diagram.drawn import drawn, sheet_for
from reports.diagram.page import anchor, fragment, sentence
from reports.reading import Block, Row, spoken
from reports.shown import Md
from reports.tables import Column, Table


class TheoryChapters(Chapter):
    def theory(self) -> dict[str, Any]:
        in_words = "theory_in_words" in self.chapters
        return {
            "context": self.words(self.report.theory, "context"),
            "needs": [self._need(block) for block in self.report.of("need")],
            "diagram": self._diagram(),
            "section": self.t("section.theory_in_words") if in_words else None,
            "stages": None if in_words else self._stages(),
        }

    def theory_in_words(self) -> dict[str, Any]:
        return {
            "stages": self._stages(),
            "links": self._links(),
            "stakeholders": [self._stakeholder(block) for block in self.report.of("stakeholder")],
        }

    def _stages(self) -> list[tuple[Md, list[Md]]]:
        """The diagram's text alternative: its columns, each with its elements in words."""
        return [
            (self.t(f"stage.{stage}"), [self._in_words(b) for b in self.report.chain if stage_of(b) == stage])
            for stage in stages(self.report.chain)
        ]

    def _need(self, block: Block) -> Md:
        evidence = self.words(block, "evidence")
        return Md(f"**{self.wording.says(block)}.** {evidence}" if evidence else self.wording.says(block))

    def _stakeholder(self, block: Block) -> Md:
        name = self.wording.says(block)
        size = block.attributes.get("population_size")
        if size is not None:
            n = self.shown.stated(block.kind, block.id, "population_size", size, "number.0")
            name = self.t("theory.population", name=name, n=n)
        note = self.words(block, "note")
        traits = [self.q(spoken(trait, self.language)) for trait in block.attributes.get("characteristics") or ()]
        more = "; ".join([*traits, *([note] if note else [])])
        return Md(f"{name}: {more}" if more else name)

    def _diagram(self) -> dict[str, Any] | None:
        """The diagram as a figure, and the page it stands on."""
        title = self.phrases.plain("section.theory")
        found = drawn(content_of(self.report, self.period, self.language, title), self.phrases)
        if found is None:
            return None
        canvas = found.canvas()
        columns = stages(self.report.chain)
        chapter = "theory_in_words" if "theory_in_words" in self.chapters else "theory"
        alt = self.phrases.plain(
            "theory.alt",
            columns=self.shown.plain_computed("columns of the diagram", len(columns)),
            stages=", ".join(self.phrases.plain(f"stage.{stage}") for stage in columns),
            n=self.shown.plain_computed("elements of the theory", len(self.report.chain)),
            links=self.shown.plain_computed("links of the theory", len(self._edges)),
            section=self.phrases.plain(f"section.{chapter}"),
        )
        for block in (*self.report.chain, *self.report.of("area", "assumption")):
            self.wording.says(block)
        sheet = sheet_for(canvas)
        canvas.description = alt
        chart = Chart("theory", canvas, self.t("theory.caption"), alt, ("diagram",), f"{sheet.picture:.0f}mm",
                      lambda theme: fragment(found, theme, alt))  # fmt: skip
        page = Md(f'{{.landscape paper-width="{sheet.width:.0f}mm" paper-height="{sheet.height:.0f}mm"}}')
        return {"figure": self.figure(chart), "page": page}

    def _in_words(self, block: Block) -> Md:
        """An element with its status, what measures it and what it leads to, as one item of a list."""
        status = status_of(self.report, block.id, self.period)
        head = f"[**{self.wording.says(block)}**]{{#{anchor(block.id)}}}"
        if status != "not_measured" or block.kind in MEASURABLE:
            head = f"{head} {self.wording.status(status)}"
        parts = [self.t("drawing.area", area=Md(" › ".join(areas)))] if (areas := self._areas(block)) else []
        indicators = self.report.measured_by(block.id)
        if indicators:
            names = "; ".join(self._standing(indicator) for indicator in indicators)
            parts.append(self.t("theory.measured_by", indicators=Md(names)))
        parts += [self._link_in_words(link, block.id) for link in self._edges if block.id in (link.start, link.end)]
        return Md("\n".join([head, *(f"    - {part}" for part in parts)]))

    @cached_property
    def _edges(self) -> tuple[Link, ...]:
        return links_of(self.report, self.language)

    def _areas(self, block: Block) -> list[Md]:
        """The areas around an element, the outermost first."""
        found: list[Md] = []
        seen: set[str] = set()
        area = self.report.block(str(block.attributes.get("area") or ""), "area")
        while area is not None and area.id not in seen:
            seen.add(area.id)
            found.insert(0, self.wording.says(area))
            area = self.report.block(str(area.attributes.get("parent") or ""), "area")
        return found

    def _standing(self, indicator: Block) -> Md:
        """An indicator with its value for the period, where there is one, and how it stands."""
        row, _ = self.reported(indicator)
        progress = self.report.progress(indicator.id, self.period.name)
        name = self.wording.says(indicator)
        if row is None or row["status"] != "ok":
            return name
        value = self.wording.value(indicator, row, self.wording.shape(indicator, [row], progress))
        status = progress["status"] if progress else ""
        return Md(f"{name}: {value} {self.wording.status(status)}" if status in WORST_FIRST else f"{name}: {value}")

    def _link_in_words(self, link: Link, element: str) -> Md:
        """A link as one of its ends sees it. On paper the reason is left to the table of links."""
        out = link.start == element
        type = self.t(f"link.{link.type}") if self.phrases.has(f"link.{link.type}") else self.q(link.type)
        other = self.named(link.end if out else link.start)
        said = self.t("drawing.link_to" if out else "drawing.link_from", type=type, element=other)
        why = self.q(sentence(link.mechanism)) if link.mechanism else ""
        rests = Md("; ".join(self.named(id) for id in link.assumptions))
        more = " ".join(part for part in (why, self.t("drawing.rests_on", assumptions=rests) if rests else "") if part)
        return Md(f"{said}[. {more}]{{.screen}}" if more else said)

    def _links(self) -> Md | None:
        rows = []
        for link in self.report.rows["links"]:
            mechanism = link[f"mechanism_{self.language}"] or link["mechanism"] or ""
            type = self.t(f"link.{link['type']}") if self.phrases.has(f"link.{link['type']}") else self.q(link["type"])
            strength = self._link_evidence(link)
            pair = Md(f"{self.named(link['from_id'])} → *{type}* → {self.named(link['to_id'])}")
            rows.append([pair, self.q(mechanism) if mechanism else Md(self.shown.nothing), strength])
        if not rows:
            return None
        columns = [Column(self.t("theory.link"), 44),
                   Column(self.t("theory.mechanism"), 44), Column(self.t("theory.strength"), 14)]  # fmt: skip
        return Table(self.t("theory.links_caption"), columns, rows, ("cards",)).markdown()

    def _link_evidence(self, link: Row) -> Md:
        """What the evidence gathered says of a link: for each side the strongest; else what its author states."""
        rows = [row for row in self.report.rows["evidence"] if row["link_id"] == link["link_id"]]
        sides = {}
        for direction in ("for", "against", "mixed"):
            found = {row["strength"] for row in rows if row["direction"] == direction}
            strongest = next((one for one in ("strong", "moderate", "weak") if one in found), None)
            if strongest:
                sides[direction] = self.t(f"strength.{strongest}")
        if not sides:
            return self.t(f"strength.{link['strength_of_evidence'] or 'unknown'}")
        return Md("; ".join(f"{self.t(f'direction.{side}')}: {strength}" for side, strength in sides.items()))

    def assumptions(self) -> dict[str, Any]:
        rows = []
        for block in self.report.of("assumption"):
            tests = block.ids("test")
            tested = (
                self.t("assumptions.tested_by", ids=Md("; ".join(self.named(id) for id in tests))) if tests else None
            )
            basis = [part for part in (self.words(block, "reason"), tested) if part]
            level = block.attributes.get("criticality")
            status = self.t(f"assumption_status.{block.attributes.get('status', 'untested')}")
            if block.attributes.get("status", "untested") == "untested" and (suggested := self.suggested(block.id)):
                status = Md(f"{status} [{self.t('assumptions.suggested', status=suggested)}]{{.under}}")
            rows.append([
                self.wording.says(block),
                self.t(f"level.{level}") if level else Md(self.shown.nothing),
                status,
                Md(" ".join(basis)) if basis else self.t("assumptions.untested"),
            ])  # fmt: skip
        columns = [Column(self.t("assumptions.statement"), 32), Column(self.t("assumptions.criticality"), 10),
                   Column(self.t("assumptions.state"), 15), Column(self.t("assumptions.basis"), 43)]  # fmt: skip
        return {
            "table": Table(self.t("assumptions.caption"), columns, rows, ("cards",)).markdown() if rows else None,
            "evidence": self._evidence(),
            "claims": [self._claim(block) for block in self.report.of("claim")],
        }

    def _evidence(self) -> Md | None:
        rows = []
        corpora = {row["source"]: row[f"title_{self.language}"] for row in self.report.rows["corpora"]}
        for row in self.report.rows["evidence"]:
            link = self.report.rows["links"]
            about = row["element_id"] or row["assumption_id"]
            if row["link_id"]:
                pair = next((entry for entry in link if entry["link_id"] == row["link_id"]), None)
                name = (
                    Md(f"{self.named(pair['from_id'])} → {self.named(pair['to_id'])}")
                    if pair
                    else self.q(row["link_id"])
                )
            else:
                name = self.named(about) if about else Md(self.shown.nothing)
            kind, reference = str(row["kind"] or ""), str(row["reference"] or "")
            said = self.t(f"evidence_kind.{kind}") if self.phrases.has(f"evidence_kind.{kind}") else self.q(kind)
            strength = str(row["strength"] or "unknown")
            title = row["title_it"] if self.language == "it" else row["title_en"]
            called = self.q(title) if title else self.named(reference) if reference else None
            where = (
                f" [{self.q(corpora[row['source']] or row['source'])}]{{.under}}" if row["source"] in corpora else ""
            )
            rows.append([
                name,
                Md((f"{said}: {called}" if called else said) + where),
                self.t(f"direction.{row['direction'] or 'none'}"),
                self.t(f"strength.{strength}") if self.phrases.has(f"strength.{strength}") else self.q(strength),
            ])  # fmt: skip
        if not rows:
            return None
        columns = [Column(self.t("assumptions.about"), 38), Column(self.t("assumptions.kind"), 34),
                   Column(self.t("assumptions.direction"), 14), Column(self.t("assumptions.strength"), 14)]  # fmt: skip
        return Table(self.t("assumptions.evidence_caption"), columns, rows, ("cards",)).markdown()

    def _claim(self, block: Block) -> dict[str, Any]:
        """A contribution claim with what speaks for it, against it, and what else might explain the change."""
        names = {"for": "evidence_for", "against": "evidence_against", "alternatives": "alternatives"}
        lists = [
            (
                self.t(f"assumptions.{name}"),
                [self.q(spoken(text, self.language)) for text in block.attributes.get(key) or ()],
            )
            for name, key in names.items()
        ]
        return {
            "claim": self.wording.says(block),
            "verdict": self.words(block, "verdict"),
            "lists": [(title, items) for title, items in lists if items],
        }

    def risks(self) -> dict[str, Any]:
        def level(block: Block, name: str) -> Md:
            found = block.attributes.get(name)
            return self.t(f"level.{found}") if found else Md(self.shown.nothing)

        rows = [
            [self.wording.says(b), level(b, "likelihood"), level(b, "consequence"),
             self.words(b, "mitigation") or Md(self.shown.nothing)]
            for b in self.report.of("risk")
        ]  # fmt: skip
        columns = [Column(self.t("risks.statement"), 34), Column(self.t("risks.likelihood"), 13),
                   Column(self.t("risks.consequence"), 14), Column(self.t("risks.mitigation"), 39)]  # fmt: skip
        return {"table": Table(self.t("risks.caption"), columns, rows, ("cards",)).markdown() if rows else None}
