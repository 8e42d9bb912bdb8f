"""The chapter that joins numbers and voices: what each says of the same thing, whether they agree, and what nobody has
asked; for assumptions the status the evidence suggests beside the one a person decided.

What is said is ruled in the pipelines and published as `out.joined`; here it is only put into words.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from reports.chapter import Chapter
from reports.reading import Block, Row
from reports.shown import Md
from reports.tables import Column, Table

#: In the order the summary tells them: what needs a look first.
_PARTS = {"disagree": ("disagree",), "mixed": ("mixed",), "agree": ("agree",), "numbers_only": ("numbers_only",),
          "voices_only": ("voices_only",), "open": ("unclear", "no_evidence"), "nobody": ("nobody_asked",)}  # fmt: skip
_SPEAKS = ("up", "down", "no_change")
#: The counts each sentence on voices tells.
_SPEAKING = ("n_documents_speaking", "n_people")
_COUNTED = {"counts_mixed": _SPEAKING, "counts": (*_SPEAKING, "n_documents_for", "n_documents_against"),
            "counts_parted": (*_SPEAKING, "n_documents_for", "n_documents_against", "n_documents_mixed")}  # fmt: skip
_MOST_NAMED = 3  # indicators in one cell; the others are in data/joined.csv


def is_joined(rows: Sequence[Row]) -> bool:
    """Whether there is anything to join: a voice that was asked, or a decision that was taken."""
    return any(row["voices"] != "not_asked" or row["decided_by"] for row in rows)


class JoinedChapter(Chapter):
    def joined(self) -> dict[str, Any]:
        rows = self.report.rows["joined"]
        asked = [row for row in rows if row["agreement"] != "nobody_asked"]
        claims = [row for row in asked if row["kind"] != "assumption"]
        return {
            "summary": self._joined_summary(rows),
            "flags": [self._joined_flag(row) for row in rows if row["flag"]],
            "table": self._joined_table(claims) if claims else None,
            "assumptions": self._joined_assumptions([row for row in rows if row["kind"] == "assumption"]),
            "nobody": self._joined_nobody([row for row in rows if row["agreement"] == "nobody_asked"]),
        }

    def _joined_summary(self, rows: Sequence[Row]) -> Md:
        counts = {name: sum(row["agreement"] in kinds for row in rows) for name, kinds in _PARTS.items()}
        parts = [self.t(f"joined.part_{name}", count=n, n=self.shown.computed(f"joined: {name}", n))
                 for name, n in counts.items() if n]  # fmt: skip
        total = self.shown.computed("elements, links and assumptions", len(rows))
        return self.t("joined.summary", count=len(rows), n=total, parts=self.wording.listed(parts))

    def _joined_flag(self, row: Row) -> Md:
        return self.t(f"joined.told_{row['flag']}", name=self.claimed(row))

    # --- the tables --------------------------------------------------------------------------------------------------

    def _joined_table(self, rows: Sequence[Row]) -> Md:
        body = []
        for row in rows:
            together = self.t(f"joined.together_{row['agreement']}")
            if row["flag"]:
                together = Md(f"**! {self.t('joined.' + row['flag'])}** [{together}]{{.under}}")
            kind = self.t(f"joined.kind_{row['kind']}")
            name = Md(f"{self.claimed(row)} [{kind}]{{.under}}")
            body.append([name, self._joined_numbers(row), self._joined_voices(row), together])
        columns = [Column(self.t("joined.about"), 29), Column(self.t("joined.numbers"), 29),
                   Column(self.t("joined.voices"), 22), Column(self.t("joined.together"), 20)]  # fmt: skip
        return Table(self.t("joined.caption"), columns, body, ("cards",)).markdown()

    def _joined_assumptions(self, rows: Sequence[Row]) -> Md | None:
        body = [[self.claimed(row), self._joined_numbers(row), self._joined_voices(row),
                 self._joined_proposal(row), self._joined_decision(row)] for row in rows]  # fmt: skip
        if not body:
            return None
        columns = [Column(self.t("joined.assumption"), 23), Column(self.t("joined.numbers"), 22),
                   Column(self.t("joined.voices"), 17), Column(self.t("joined.proposal"), 18),
                   Column(self.t("joined.decision"), 20)]  # fmt: skip
        return Table(self.t("joined.assumptions_caption"), columns, body, ("cards",)).markdown()

    def _joined_numbers(self, row: Row) -> Md:
        """What the numbers say, and below it which indicators and evaluations say so; of many, those that speak."""
        said = self.t(f"joined.numbers_{row['numbers']}")
        if row["numbers"] == "not_asked" and (counts := self._counts_of_voices(row)):
            return counts
        if row["numbers"] in ("not_asked", "no_data"):
            return said
        basis = list(enumerate(json.loads(row["numbers_basis"] or "[]")))
        speaking = [entry for entry in basis if entry[1]["says"] in _SPEAKS]
        by_effect = [entry for entry in speaking if entry[1]["why"] == "effect"]
        chosen = (by_effect or speaking or basis)[:_MOST_NAMED]
        told = [self._joined_basis(row, place, one, len(basis) > 1) for place, one in chosen]
        if more := len(basis) - len(chosen):
            n = self.shown.computed(f"more indicators, {row['element_id']}", more)
            told.append(self.t("joined.more", count=more, n=n))
        return Md(f"{said} [{'; '.join(told)}]{{.under}}")

    def _counts_of_voices(self, row: Row) -> Md | None:
        """Indicators that count voices are no numbers here; that they are there is said."""
        own = [one for one in self.report.measured_by(row["element_id"])
               if one.attributes.get("measure_kind") == "theme"]  # fmt: skip
        if not own:
            return None
        names = "; ".join(self.wording.says(one) for one in own[:_MOST_NAMED])
        return Md(f"{self.t('joined.numbers_of_voices')} [{names}]{{.under}}")

    def _joined_basis(self, row: Row, place: int, one: dict[str, Any], is_one_of_many: bool) -> Md:
        """One indicator or evaluation: its name, what it says where several are asked, and by how much it changed."""
        block = self.report.block(one["id"], "indicator", "evaluation")
        told = self.wording.says(block) if block else self.q(one["id"])
        if one["why"] == "milestone":
            return self.t(f"joined.milestone_{'reached' if one['says'] == 'up' else 'open'}", name=told)
        if is_one_of_many and one["says"] != row["numbers"]:
            told = Md(f"{told}: {self.t('joined.numbers_' + one['says'])}")
        if one.get("low") is not None and one.get("high") is not None and block is not None:
            return self._joined_change(row, place, one, told, block)
        name = f"joined.because_{one['why']}"
        return self.t(name, name=told) if self.phrases.has(name) else told

    def _joined_change(self, row: Row, place: int, one: dict[str, Any], name: Md, block: Block) -> Md:
        """By how much it changed: both ends of the interval, the unit said once; one number where all were counted."""
        low, high = one["low"], one["high"]
        unit = self.wording.unit(block)
        shape = unit.format([low, high], difference=True)
        is_exact = low == high
        shape = f"size:{shape}" if is_exact else shape
        first, last = (self.shown.inside("joined", row, "numbers_basis", f"{place}.{end}", one[end], shape)
                       for end in ("low", "high"))  # fmt: skip
        last = self.wording.with_unit(last, unit, abs(high) if is_exact else high, difference=True)
        if not is_exact:
            return self.t(f"joined.by_{one['why']}", name=name, low=first, high=last)
        way = "more" if high > 0 else "less" if high < 0 else "same"
        return self.t(f"joined.{way}_{one['why']}", name=name, change=last)

    def _joined_voices(self, row: Row) -> Md:
        said = self.t(f"joined.voices_{row['voices']}")
        if row["voices"] not in ("for", "against", "mixed"):
            return said
        if row["n_documents_speaking"] is None:
            return Md(f"{said} [{self.t('joined.counts_hidden')}]{{.under}}")
        one_sided = row["n_documents_for"] or row["n_documents_against"]
        name = ("counts_parted" if row["n_documents_mixed"] else "counts") if one_sided else "counts_mixed"
        facts = {column.removeprefix("n_"): self.shown.cell("joined", row, column, "number.0")
                 for column in _COUNTED[name]}  # fmt: skip
        counts = self.t(f"joined.{name}", count=row["n_documents_speaking"], **facts)
        return Md(f"{said} [{counts}]{{.under}}")

    def _joined_proposal(self, row: Row) -> Md:
        status = self.t(f"assumption_status.{row['proposed_status']}")
        return Md(f"{status} [{self.t('joined.why_' + row['proposed_why'])}]{{.under}}")

    def _joined_decision(self, row: Row) -> Md:
        """What a person decided, who by role, when and why; whether the evidence has changed since."""
        if not row["decided_status"]:
            return self.t("joined.undecided")
        status = self.t(f"assumption_status.{row['decided_status']}")
        facts = [self.q(row["decided_by"]) if row["decided_by"] else self.t("joined.by_theory")]
        if row["decided_at"]:
            facts.append(self.shown.cell("joined", row, "decided_at", "date"))
        told = [Md(", ".join(facts))]
        if reason := row[f"decided_reason_{self.language}"] or row["decided_reason"]:
            told.append(self.q(reason))
        under = ". ".join(one.rstrip(".") for one in told)
        stale = f" [**! {self.t('joined.stale')}**]{{.under}}" if row["is_decision_stale"] else ""
        return Md(f"{status} [{under}.]{{.under}}{stale}")

    def _joined_nobody(self, rows: Sequence[Row]) -> list[Md]:
        """What nobody has asked, kind by kind; assumptions stand in their own table already."""
        found = []
        for kind in dict.fromkeys(row["kind"] for row in rows if row["kind"] != "assumption"):
            names = [f"    - {self.claimed(row)}" for row in rows if row["kind"] == kind]
            found.append(Md("\n".join([f"**{self.t(f'joined.kinds_{kind}')}**", *names])))
        return found
