"""The chapter on what voices say: who was heard, which themes come how often, how far coders agree, and the quotes.

Counts, shares and quotes come published; which may be shown was decided before. A quote stands beside its theme with
what it speaks of and which way, and what could not be quoted is said.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from reports import figures
from reports.chapter import Chapter
from reports.charts import Chart
from reports.reading import ALL, Row
from reports.shown import Md
from reports.tables import Column, Table

_MOST_CATEGORIES = 5  # side by side in one table
_FEWEST_DOCUMENTS = 3  # of a category, for shares of its documents to say anything
#: The least agreement on which even tentative conclusions rest (Krippendorff 2004, Content Analysis, 11.4).
TENTATIVE = 2 / 3
_MOST_PAIRS = 5
_TELLING = 0.5  # Jaccard's coefficient from which two themes that stand together are worth a line
_FEWEST_POINTS, _MOST_POINTS = 4, 24  # documents of a saturation curve
_PARTICIPANT = "participant"
#: Quotation marks within a quote, as each language nests them.
_INNER = {"it": str.maketrans("«»", "“”"), "en": str.maketrans("“”", "‘’")}


class ThemeChapter(Chapter):
    def themes(self) -> dict[str, Any]:
        sources = dict.fromkeys(row["source"] for row in self.report.rows["corpora"])
        invented = bool(self.report.theory.attributes.get("invented"))
        return {"corpora": [self._one_corpus(source) for source in sources], "invented": invented}

    def _one_corpus(self, source: str) -> dict[str, Any]:
        counted = {(row["kind"], row["consent"]): row for row in self._of("corpora", source)}
        codes = sorted(self._of("codes", source), key=lambda row: row["position"] or 0)
        themes, period = self._themes_of(source)
        return {
            "source": source,
            "title": self.q(counted[ALL, ALL][f"title_{self.language}"] or source),
            "who": Md(" ".join(self._who(counted))),
            "table": self._theme_table(codes, themes, period) if themes else None,
            "hidden": any(row["status"] != "ok" for row in themes),
            "groups": [self._theme_groups(codes, name, rows) for name, rows in self._cut(themes)],
            "pairs": self._theme_pairs(source, codes),
            "saturation": self._saturation(source),
            "agreement": self._coders(source, codes),
            "quotes": self._quotes(source, codes),
            "chosen": Md(" ".join(self._how_chosen(source))),
            "unquoted": list(self._unquoted(source)),
        }

    def _of(self, table: str, source: str) -> list[Row]:
        return [row for row in self.report.rows[table] if row["source"] == source]

    # Who was heard ---------------------------------------------------------------------------------------------------

    def _who(self, counted: dict[tuple[str, str], Row]) -> Iterator[Md]:
        whole = counted[ALL, ALL]
        if whole["status"] != "ok":
            yield self.t("theme.too_few")
            return
        yield self.t("theme.heard", **self._documents_and_people(whole))
        kinds = [row for (kind, _), row in counted.items() if kind != ALL]
        if len(kinds) > 1:
            yield self.t("theme.kinds", parts=self.wording.listed([self._kind(row) for row in kinds]))
        elif kinds:
            yield self.t("theme.one_kind", kind=self.t(f"theme.kind_{kinds[0]['kind']}"))
        consents = {consent: row for (_, consent), row in counted.items() if consent != ALL}
        if set(consents) == {"quotes"}:
            yield self.t("theme.all_quotable")
        elif set(consents) == {"analysis"}:
            yield self.t("theme.none_quotable")
        elif consents["quotes"]["status"] == "ok":
            yield self.t("theme.quotable", n=self.shown.cell("corpora", consents["quotes"], "n_documents", "number.0"))
        else:
            yield self.t("theme.some_quotable")

    def _documents_and_people(self, row: Row) -> dict[str, Md]:
        n, people = row["n_documents"], row["n_people"]
        return {
            "documents": self.t("theme.documents", n, n=self.shown.cell("corpora", row, "n_documents", "number.0")),
            "people": self.t("theme.people", people, n=self.shown.cell("corpora", row, "n_people", "number.0")),
        }

    def _kind(self, row: Row) -> Md:
        name = self.t(f"theme.kind_{row['kind']}")
        if row["status"] != "ok":
            return self.t("theme.kind_hidden", kind=name)
        return self.t("theme.kind_part", kind=name, **self._documents_and_people(row))

    # Themes ----------------------------------------------------------------------------------------------------------

    def _themes_of(self, source: str) -> tuple[list[Row], str]:
        """The rows of the period reported; of the whole calendar where that alone has any."""
        rows = self._of("themes", source)
        for period in (self.period.name, ALL):
            if found := [row for row in rows if row["period"] == period]:
                return found, period
        return [], ALL

    def _theme_table(self, codes: Sequence[Row], rows: Sequence[Row], period: str) -> Md:
        whole = {row["code_id"]: row for row in rows if row["dimension"] == ALL}
        body = []
        for code in codes:
            row = whole.get(code["code_id"])
            cells = [Md(self.shown.nothing)] * 3
            if row is not None and row["status"] != "ok":
                cells = [self.t("status.suppressed"), Md(self.shown.nothing), Md(self.shown.nothing)]
            elif row is not None:
                of = self.t("theme.of", **{name: self.shown.cell("themes", row, name, "number.0")
                                           for name in ("n_documents", "n_all")})  # fmt: skip
                cells = [self._share(row) or Md(self.shown.nothing), of,
                         self.shown.cell("themes", row, "n_segments", "number.0")]  # fmt: skip
            body.append([self._code_cell(code), *cells])
        names = ("share", "n_documents", "n_segments")
        columns = [Column(self.t("theme.theme"), 49), *(Column(self.t(f"theme.{name}"), 17, "right") for name in names)]
        when = self.t("theme.whole") if period == ALL else self.q(self.wording.period_name(self.report.period(period)))
        return Table(self.t("theme.caption", period=when), columns, body, ("cards",)).markdown()

    def _share(self, row: Row) -> Md | None:
        """None of so few documents that a share of them would say more than they do."""
        if (row["n_all"] or 0) < _FEWEST_DOCUMENTS:
            return None
        return self.shown.cell("themes", row, "share", "percent.0")

    def _code_cell(self, code: Row, with_meaning: bool = True) -> Md:
        """The theme in words, set in where it is part of another; what it speaks of and which way, below."""
        under: list[Md] = []
        if with_meaning:
            under += [self._direction(row["direction"], row["element_id"]) for row in
                      self._of("code_meanings", code["source"]) if row["code_id"] == code["code_id"]]  # fmt: skip
        title = Md(f"{'– ' * self._depth(code)}{self._code_title(code)}")
        return Md(title + "".join(f" [{words}]{{.under}}" for words in under))

    def _depth(self, code: Row) -> int:
        """How many themes it is part of, one within the other."""
        parents = {one["code_id"]: one["parent"] for one in self._of("codes", code["source"])}
        depth, here = 0, code["parent"]
        while here and depth < len(parents):
            depth, here = depth + 1, parents.get(here)
        return depth

    def _code_title(self, code: Row) -> Md:
        return self.q(code[f"title_{self.language}"] or code["code_id"])

    def _direction(self, direction: str, element: str) -> Md:
        return self.t(f"theme.{direction}", element=self._spoken_of(element))

    def _spoken_of(self, element: str) -> Md:
        """An element in its words; a link by its two ends."""
        link = next((one for one in self.report.rows["links"] if one["link_id"] == element), None)
        if link is not None:
            return Md(f"{self.named(link['from_id'])} → {self.named(link['to_id'])}")
        return self.named(element)

    def _cut(self, rows: Sequence[Row]) -> Iterator[tuple[str, list[Row]]]:
        """The ways themes are broken down that show something: two categories or more with some documents, and
        no more than half of the shares held back."""
        dimensions = dict.fromkeys(row["dimension"] for row in rows if row["dimension"] != ALL)
        for name in dimensions:
            own = [row for row in rows if row["dimension"] == name]
            shown = {row["category"] for row in own if row["status"] == "ok"}
            enough = {row["category"] for row in own if (row["n_all"] or 0) >= _FEWEST_DOCUMENTS}
            hidden = sum(row["status"] != "ok" for row in own)
            few = len({row["category"] for row in own}) <= _MOST_CATEGORIES
            if few and len(shown & enough) >= 2 and 2 * hidden <= len(own):
                yield name, own

    def _theme_groups(self, codes: Sequence[Row], dimension: str, rows: Sequence[Row]) -> Md:
        places = {(row["code_id"], row["category"]): row for row in rows}
        firsts = {row["category"]: row for row in rows}
        names = [row["category"] for row in self.plates.in_order(dimension, list(firsts.values()))]
        body = []
        for code in codes:
            cells = []
            for name in names:
                row = places.get((code["code_id"], name))
                if row is None:
                    cells.append(Md(self.shown.nothing))
                elif row["status"] != "ok":
                    cells.append(self.t("status.suppressed"))
                else:
                    of = self.t("theme.of", **{column: self.shown.cell("themes", row, column, "number.0")
                                               for column in ("n_documents", "n_all")})  # fmt: skip
                    share = self._share(row)
                    cells.append(Md(f"{share} [{of}]{{.under}}") if share else of)
            body.append([self._code_cell(code, with_meaning=False), *cells])
        width = 60 // len(names)
        columns = [Column(self.t("theme.theme"), 40)]
        columns += [Column(self._theme_category(dimension, name), width, "right") for name in names]
        return Table(self.t("theme.by", what=self._dimension(dimension)), columns, body, ("cards",)).markdown()

    def _dimension(self, name: str) -> Md:
        known = f"theme.by_{name}"
        return self.t(known) if self.phrases.has(known) else self.q(self.plates.dimension_title(name))

    def _theme_category(self, dimension: str, name: str) -> Md:
        known = f"theme.kind_{name}"
        if dimension == "kind" and self.phrases.has(known):
            return self.t(known)
        return self.q(self.plates.category_label(dimension, name))

    def _theme_pairs(self, source: str, codes: Sequence[Row]) -> list[Md]:
        """Themes that mostly stand in the same documents, the closest first."""
        wholes = {code["parent"] for code in codes}
        titles = {code["code_id"]: Md(f"**{self._code_title(code)}**") for code in codes}
        rows = [
            row for row in self._of("theme_pairs", source)
            if not wholes & {row["code_id"], row["other_code_id"]}
            and row["status"] == "ok" and row["jaccard"] is not None and _TELLING <= row["jaccard"] < 1
        ]  # fmt: skip
        rows.sort(key=lambda row: (-row["jaccard"], row["code_id"], row["other_code_id"]))
        return [
            self.t("theme.pair", one=titles[row["code_id"]], other=titles[row["other_code_id"]],
                   **{name: self.shown.cell("theme_pairs", row, name, "number.0")
                      for name in ("n_documents", "n_either")})
            for row in rows[:_MOST_PAIRS]
        ]  # fmt: skip

    # Saturation and agreement ----------------------------------------------------------------------------------------

    def _saturation(self, source: str) -> dict[str, Md] | None:
        """The curve of themes met, and in words what the last documents still added."""
        rows = sorted(self._of("saturation", source), key=lambda row: row["n_documents"])
        if len(rows) < _FEWEST_POINTS:
            return None
        last = rows[-1]
        since = next((row for row in rows if row["n_codes"] == last["n_codes"]), last)
        facts = {
            "n": self.shown.cell("saturation", last, "n_documents", "number.0"),
            "codes": self.shown.cell("saturation", last, "n_codes", "number.0"),
            "since": self.shown.cell("saturation", since, "n_documents", "number.0"),
        }  # fmt: skip
        said = self.t("theme.saturated" if since is not last else "theme.not_saturated", **facts)
        step = max(1, -(-len(rows) // _MOST_POINTS))
        points = [row for row in rows if (row["n_documents"] - 1) % step == 0 or row is last]
        marks = [
            figures.Point(self.shown.plain_cell("saturation", row, "n_documents", "number.0"), float(row["n_codes"]),
                          None, None, self.shown.plain_cell("saturation", row, "n_codes", "number.0"))
            for row in points
        ]  # fmt: skip
        title = self.phrases.plain("theme.curve")
        extent = (0.0, max(1.0, float(last["n_codes"])))
        ticks = [(value, self.shown.plain_computed("scale of a chart", value, "number.0"))
                 for value in figures.ticks(*extent) if float(value).is_integer()]  # fmt: skip
        canvas = figures.series(title, marks, ticks, (), extent)
        alt = self.phrases.plain("theme.curve_alt", items="; ".join(f"{one.label}: {one.text}" for one in marks))
        chart = Chart(f"saturation-{source}", canvas, self.t("theme.curve_caption"), alt)
        return {"said": said, "figure": self.figure(chart)}

    def _coders(self, source: str, codes: Sequence[Row]) -> dict[str, Md] | None:
        """How far those who coded the same agree: over all codes in words, code by code in a table."""
        rows = [row for row in self._of("agreement", source) if row["status"] in ("ok", "not_computable")]
        whole = [row for row in rows if row["code_id"] in (ALL, None) and row["coefficient"] is not None]
        if not whole:
            return None
        row = min(whole, key=lambda one: ("krippendorff" not in one["kind"], one["kind"]))
        interval = self.wording.interval(row, "number.2", "agreement") if row["ci_low"] is not None else None
        facts = {
            "kind": self.t(f"theme.{row['kind']}"),
            "value": self.shown.cell("agreement", row, "coefficient", "number.2"),
            "units": self.t(f"theme.unit_{row['unit']}", row["n_units"],
                            n=self.shown.cell("agreement", row, "n_units", "number.0")),
            "coders": self.shown.cell("agreement", row, "n_coders", "number.0"),
        }  # fmt: skip
        said = self.t("theme.agreement" if interval else "theme.agreement_plain", **facts,
                      **({"interval": interval} if interval else {}))  # fmt: skip
        own = {one["code_id"]: one for one in rows if one["kind"] == row["kind"]}
        body = [
            [self._code_title(code),
             self.shown.cell("agreement", one, "coefficient", "number.2")
             if one["coefficient"] is not None else self.t("cell.not_computable"),
             self.shown.cell("agreement", one, "n_units", "number.0")]
            for code in codes if (one := own.get(code["code_id"]))
        ]  # fmt: skip
        weak = [
            self.t("theme.little_agreement_on", theme=self._code_title(code),
                   value=self.shown.cell("agreement", one, "coefficient", "number.2"))
            for code in codes
            if (one := own.get(code["code_id"])) and one["coefficient"] is not None and one["coefficient"] < TENTATIVE
        ]  # fmt: skip
        if weak:
            least = self.shown.computed("least agreement for conclusions", TENTATIVE, "number.2")
            said = Md(f"{said} {self.t('theme.little_agreement', least=least, themes=self.wording.listed(weak))}")
        columns = [Column(self.t("theme.theme"), 60), Column(self.t("theme.coefficient"), 20, "right"),
                   Column(self.t("theme.n_units"), 20, "right")]  # fmt: skip
        table = Table(self.t("theme.agreement_caption"), columns, body, ("cards",)).markdown() if body else Md("")
        return {"said": said, "table": table}

    # Quotes ----------------------------------------------------------------------------------------------------------

    def _quotes(self, source: str, codes: Sequence[Row]) -> list[dict[str, Any]]:
        """By theme, in the order of the codebook; each quote once, with everything it speaks of."""
        rows = self._of("quotes", source)
        found = []
        for code in codes:
            own: dict[str, list[Row]] = {}
            for row in rows:
                if row["code_id"] == code["code_id"]:
                    own.setdefault(row["quote_id"], []).append(row)
            if own:
                found.append({"theme": self._code_title(code), "quotes": [self._quote(some) for some in own.values()]})
        return found

    def _quote(self, rows: Sequence[Row]) -> dict[str, Md]:
        row = rows[0]
        who = self.t("theme.participant") if row["speaker"] == _PARTICIPANT else self._speaker(row["speaker"])
        ways = [self._direction(one["direction"], one["element_id"]) for one in rows if one["element_id"]]
        role = self.q(row["chosen_role"]) if row["chosen_role"] else Md("")
        how = self.t(f"theme.by_{row['chosen_by']}", role=role) if row["chosen_by"] == "hand" else None
        tail = [who, *ways, *([how] if how else []), *([self.t("theme.added")] if row["is_balancing"] else [])]
        return {"text": self.q(row["text"].translate(_INNER[self.language])), "tail": Md(" · ".join(tail))}

    def _speaker(self, said: str) -> Md:
        """`residente, area: A1` with groups in the words the theory has for them."""
        parts = []
        for part in said.split(", "):
            name, _, value = part.partition(": ")
            named = f"{self.plates.dimension_title(name)}: {self.plates.category_label(name, value)}" if value else part
            parts.append(self.q(named))
        return Md(", ".join(parts))

    def _how_chosen(self, source: str) -> Iterator[Md]:
        row = next(iter(self._of("quote_choices", source)), None)
        if row is None:
            return
        facts = {name: self.shown.cell("quote_choices", row, name, "number.0")
                 for name in ("per_code", "shortest", "longest")}  # fmt: skip
        if row["per_code"] is not None:
            yield self.t("theme.chosen_by_rule", **facts)
        if row["n_by_hand"]:
            n = self.shown.cell("quote_choices", row, "n_by_hand", "number.0")
            yield self.t("theme.chosen_by_hand", row["n_by_hand"], n=n)
        if row["n_balancing"]:
            n = self.shown.cell("quote_choices", row, "n_balancing", "number.0")
            yield self.t("theme.chosen_balancing", row["n_balancing"], n=n)
        yield self.t("theme.how")
        if any(quote["language"] != self.language for quote in self._of("quotes", source)):
            yield self.t("theme.as_said")

    def _unquoted(self, source: str) -> Iterator[Md]:
        """Elements somebody speaks against of whom nobody is quoted, and why: said plainly."""
        if not self._of("quote_choices", source):
            return
        for row in self._of("quote_balance", source):
            if row["direction"] == "against" and not row["n_quoted"] and row["reasons"]:
                why = [self.t(f"theme.because_{reason}") for reason in row["reasons"].split(", ")]
                yield self.t("theme.unquoted", element=self._spoken_of(row["element_id"]), why=self.wording.listed(why))
