"""The chapter on networks: how those who work together are tied, wave by wave, what changed, and who stands between.

Measures, intervals and tests come published; the picture is `network_picture`'s. How far a change may be read follows
the rule of `wording`: it is called clear only where its interval leaves zero out.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from reports import network_picture
from reports.chapter import Chapter
from reports.charts import Chart
from reports.network_placement import spread
from reports.reading import ALL, Period, Row
from reports.shown import Md
from reports.tables import Column, Table

#: How each measure is shown. Those left out are for whoever reads the tables.
_SHAPES = {
    "density": "percent.1", "mean_degree": "number.1", "components": "number.0", "largest_component": "percent.0",
    "isolates": "number.0", "centralisation": "percent.0", "betweenness_centralisation": "percent.0",
    "reciprocity": "percent.0", "mean_strength": "number.1",
}  # fmt: skip
_MOST_BETWEEN = 5


def is_past(row: Row, period: Period) -> bool:
    """True for a wave that was over by the end of the period reported, or has no date."""
    return row["day"] is None or row["day"] <= period.end


class NetworkChapter(Chapter):
    def networks(self) -> dict[str, Any]:
        sources = dict.fromkeys(row["source"] for row in self.report.rows["networks"] if is_past(row, self.period))
        return {"networks": [self._one_network(source) for source in sources]}

    def _one_network(self, source: str) -> dict[str, Any]:
        rows = [row for row in self.report.rows["networks"] if row["source"] == source and is_past(row, self.period)]
        waves = sorted({row["wave"]: row["position"] for row in rows}.items(), key=lambda item: item[1])
        names = [wave for wave, _ in waves]
        measured = {(r["kind"], r["measure"], r["wave"]): r for r in rows if r["compared_with"] is None}
        last = names[-1]
        before = names[-2] if len(names) > 1 else None
        changed = {r["measure"]: r for r in rows
                   if r["kind"] == ALL and r["wave"] == last and r["compared_with"] == before and before}  # fmt: skip
        nodes = [row for row in self.report.rows["network_nodes"] if row["source"] == source and row["wave"] in names]
        title = rows[0][f"title_{self.language}"] or source
        return {
            "source": source,
            "title": self.q(title),
            "said": Md(" ".join(self._network_said(measured, changed, last, before))),
            "figures": self._network_pictures(source, title, names, nodes),
            "table": self._network_table(title, names, measured, changed, before),
            "kinds": self._network_kinds(title, names, measured),
            "between": self._network_between(last, nodes),
            "how": self._network_how(measured[ALL, "density", last], changed),
        }

    # Sentences -------------------------------------------------------------------------------------------------------

    def _network_said(self, measured: dict, changed: dict[str, Row], last: str, before: str | None) -> Iterator[Md]:
        row = measured[ALL, "density", last]
        if row["status"] == "suppressed":
            yield self.t("network.suppressed")
            return
        wave = self.q(last)
        if row["n_answered"] is not None and row["n_members"]:
            share = self.shown.computed(f"share that answered, {row['source']} {last}",
                                        row["n_answered"] / row["n_members"], "percent.0")  # fmt: skip
            facts = {name: self._network_cell(row, name, "number.0") for name in ("n_answered", "n_members")}
            yield self.t("network.response", wave=wave, share=share, **facts)
        if row["status"] != "ok":
            yield self.t("network.not_computable", wave=wave)
            return
        facts = {name: self._network_cell(row, name, "number.0") for name in ("n_nodes", "n_ties")}
        yield self.t("network.is", wave=wave, density=self._network_cell(row, "value", "percent.1"), **facts)
        alone = measured[ALL, "isolates", last]
        if alone["value"]:
            yield self.t("network.alone", count=int(alone["value"]), n=self._network_cell(alone, "value", "number.0"))
        if before is not None:
            yield self._network_change(changed.get("density"), before, last)

    def _network_change(self, row: Row | None, before: str, last: str) -> Md:
        """What became of the density, among those seen in both waves."""
        waves = {"before": self.q(before), "wave": self.q(last)}
        if row is None or row["value"] is None:
            return self.t("network.change_unknown", **waves)
        facts = {**waves, "n": self._network_cell(row, "n_nodes", "number.0")}
        if row["ci_low"] is None or row["ci_low"] <= 0 <= row["ci_high"]:
            name = "unclear"
        else:
            name = "rose" if row["value"] > 0 else "fell"
        size = self.t("effect.points", value=self.shown.size("networks", row, "value", "points.1"))
        if row["ci_low"] is None:
            return self.t("network.change_plain", size=size, **facts)
        interval = {
            "low": self._network_cell(row, "ci_low", "points.1"),
            "high": self._network_cell(row, "ci_high", "points.1"),
            "level": self.wording.level(row, "networks"),
        }  # fmt: skip
        return self.t(f"network.change_{name}", size=size, **facts, **interval)

    def _network_how(self, row: Row, changed: dict[str, Row]) -> Md:
        parts = [self.t("network.how")]
        if row["n_answered"] is not None:
            parts.append(self.t("network.how_union" if "union" in (row["method"] or "") else "network.how_respondents"))
        if changed:
            parts.append(self.t("network.how_changed"))
        return Md(" ".join(parts))

    # Tables ----------------------------------------------------------------------------------------------------------

    def _network_table(self, title: str, names: Sequence[str], measured: dict, changed: dict[str, Row],
               before: str | None) -> Md:  # fmt: skip
        body = []
        for measure, shape in _SHAPES.items():
            rows = [measured.get((ALL, measure, wave)) for wave in names]
            if not any(row is not None for row in rows):
                continue
            cells = [self._network_value(row, shape) for row in rows]
            label = Md(f"{self.t(f'network.{measure}')} [{self.t(f'network.{measure}_means')}]{{.under}}")
            body.append([label, *cells, *([self._network_difference(changed.get(measure), shape)] if before else [])])
        columns = [Column(self.t("network.measure"), 40), *(Column(self.q(wave), 14, "right") for wave in names)]
        if before:
            columns.append(Column(self.t("network.difference"), 26, "right"))
        caption = "network.caption_changed" if before else "network.caption"
        return Table(self.t(caption, title=self.q(title)), columns, body, ("cards",)).markdown()

    def _network_difference(self, row: Row | None, shape: str) -> Md:
        """With its interval where there is one, else with its p-value."""
        if row is None or row["value"] is None:
            return Md(self.shown.nothing)
        shape = shape.replace("percent", "points")
        value = self._network_cell(row, "value", shape)
        if shape.startswith("points"):
            value = self.t("effect.points", value=value)
        if row["ci_low"] is not None:
            under = self.wording.interval(row, shape, "networks")
        else:
            under = self.t("network.p", p=self._network_cell(row, "p_value", "number.2"))
        return Md(f"{value} [{under}]{{.under}}")

    def _network_kinds(self, title: str, names: Sequence[str], measured: dict) -> Md | None:
        kinds = list(dict.fromkeys(kind for kind, _, _ in measured if kind != ALL))
        body = []
        for kind in kinds:
            rows = [measured.get((kind, "density", wave)) for wave in names]
            words = next((row[f"kind_{self.language}"] for row in rows if row and row[f"kind_{self.language}"]), kind)
            body.append([self.q(words), *(self._network_of_kind(row) for row in rows)])
        columns = [Column(self.t("network.kind"), 40), *(Column(self.q(wave), 20, "right") for wave in names)]
        caption = self.t("network.kinds", title=self.q(title))
        return Table(caption, columns, body, ("cards",)).markdown() if body else None

    def _network_of_kind(self, row: Row | None) -> Md:
        if row is None or row["value"] is None:
            return self._network_value(row, "percent.1")
        ties = self.t("network.ties", count=row["n_ties"], n=self._network_cell(row, "n_ties", "number.0"))
        return Md(f"{self._network_cell(row, 'value', 'percent.1')} [{ties}]{{.under}}")

    def _network_between(self, last: str, nodes: Sequence[Row]) -> Md | None:
        """Who stands between most others; only where nodes have names."""
        rows = [row for row in nodes if row["wave"] == last and row["name"] and row["betweenness"]]
        rows.sort(key=lambda row: (-row["betweenness"], row["node"]))
        body = []
        for row in rows[:_MOST_BETWEEN]:
            group = row[f"group_{self.language}"]
            body.append([
                Md(f"{self.q(row['name'])} [{self.q(row['node'])}{', ' + self.q(group) if group else ''}]{{.under}}"),
                self.shown.cell("network_nodes", row, "degree", "number.0"),
                self.shown.cell("network_nodes", row, "betweenness", "percent.1"),
                self.shown.cell("network_nodes", row, "constraint", "number.2"),
            ])  # fmt: skip
        columns = [Column(self.t("network.who"), 46), *(Column(self.t(f"network.{name}"), 18, "right") for name in
                   ("degree", "betweenness", "constraint"))]  # fmt: skip
        caption = self.t("network.between", wave=self.q(last))
        return Table(caption, columns, body, ("cards",)).markdown() if body else None

    def _network_value(self, row: Row | None, shape: str) -> Md:
        if row is None:
            return Md(self.shown.nothing)
        return self._network_cell(row, "value", shape) if row["status"] == "ok" else self.t(f"cell.{row['status']}")

    def _network_cell(self, row: Row, column: str, shape: str) -> Md:
        return self.shown.cell("networks", row, column, shape)

    # Pictures --------------------------------------------------------------------------------------------------------

    def _network_pictures(self, source: str, title: str, names: Sequence[str], nodes: Sequence[Row]) -> list[Md]:
        """One picture for each wave; none where nodes may not be shown."""
        ties = [row for row in self.report.rows["network_ties"] if row["source"] == source and row["wave"] in names]
        weights: dict[tuple[str, str], float] = {}
        for row in ties:
            pair = tuple(sorted((row["node_from"], row["node_to"])))
            weights[pair] = weights.get(pair, 0.0) + 1
        if not weights:
            return []
        tied = sorted({node for pair in weights for node in pair})
        places = spread(tied, weights)
        apart = sorted({row["node"] for row in nodes} - set(tied))
        directed = any(row["directed"] for row in self.report.rows["networks"] if row["source"] == source)
        words = network_picture.Words(*(self.phrases.plain(f"network.sign_{name}") for name in
                                        ("tied", "alone", "silent", "never")))  # fmt: skip
        labelled = self._network_labelled(nodes, len(tied) + len(apart))
        found = []
        for number, wave in enumerate(names):
            own = [row for row in nodes if row["wave"] == wave]
            lines = [network_picture.Line(row["node_from"], row["node_to"], row["strength"] or 1.0)
                     for row in ties if row["wave"] == wave]  # fmt: skip
            dots = [self._network_dot(row, labelled) for row in own]
            alt = self._network_alt(title, wave, own, len(lines))
            name = self.phrases.plain("network.picture", title=title, wave=wave)
            canvas = network_picture.picture(name, alt, dots, lines, places, apart, words, directed)
            caption = self.t("network.picture_caption", title=self.q(title), wave=self.q(wave))
            found.append(self.figure(Chart(f"network-{source}-{number + 1}", canvas, caption, alt)))
        return found

    def _network_labelled(self, nodes: Sequence[Row], n: int) -> set[str]:
        """Whom the pictures name: all of a few, else those who stand between most others in any wave."""
        named = [row for row in nodes if row["name"]]
        if n <= network_picture.ALL_LABELLED:
            return {row["node"] for row in named}
        waves = dict.fromkeys(row["wave"] for row in named)
        return {
            row["node"]
            for wave in waves
            for row in sorted((r for r in named if r["wave"] == wave and r["betweenness"]),
                              key=lambda r: (-r["betweenness"], r["node"]))[:_MOST_BETWEEN]
        }  # fmt: skip

    def _network_dot(self, row: Row, labelled: set[str]) -> network_picture.Dot:
        degree = row["degree"] or 0
        ties = self.phrases.plain("network.ties", degree, n=self.shown.plain_computed("ties of a node", degree))
        said = self.phrases.plain("network.sign_silent") if row["answered"] is False else ties
        name = row["name"] or row["node"]
        self.q(name)
        label = row["node"] if row["node"] in labelled else ""
        return network_picture.Dot(row["node"], degree, row["answered"], f"{name}: {said}", label)

    def _network_alt(self, title: str, wave: str, own: Sequence[Row], n_ties: int) -> str:
        inside = [row for row in own if row["in_network"]]
        numbers = {
            "n": len(own), "ties": n_ties, "alone": sum(not row["degree"] for row in inside),
            "silent": sum(row["answered"] is False for row in own),
            "largest": sum(row["component"] == 1 for row in inside if row["degree"]),
        }  # fmt: skip
        facts = {name: self.shown.plain_computed(f"{name} in the picture, {wave}", value)
                 for name, value in numbers.items()}  # fmt: skip
        self.q(title), self.q(wave)
        return self.phrases.plain("network.alt", title=title, wave=wave, **facts)
