"""From recognised tables to the draft of a theory: elements, links, assumptions and indicators with their ids.

Nothing is guessed: what has no level, no known id or no words becomes a remark with its cell. How a draft is written
down as YAML belongs to `importing`.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from pipelines.exchange.recognising import Found, coded, folded, header_of, items, labelled, level_of, tables
from pipelines.exchange.sheets import Cell, Remark, Sheet

BLOCKS = {"need": "needs", "input": "inputs", "activity": "activities", "output": "outputs", "outcome": "outcomes",
          "impact": "impact"}  # fmt: skip
_PREFIX = {"need": "ND", "input": "RE", "activity": "AC", "output": "OP", "outcome": "OC", "impact": "IM",
           "indicator": "IN", "assumption": "AS"}  # fmt: skip
_ID = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,79}")
_LINK_TYPES = ("produces", "enables", "precondition", "contributes", "reinforces", "inhibits")
#: Columns of an indicator that go into its YAML as they are written.
DETAILS = {"definition": "definition", "unit": "unit", "unit_of_analysis": "unit_of_analysis",
           "rationale": "rationale", "verification": "means_of_verification", "responsible": "responsible",
           "limitations": "limitations"}  # fmt: skip
#: Columns of an indicator that a reader needs, but that only a person can turn into YAML.
ASIDE = ("baseline", "target", "measure", "source", "direction", "frequency", "disaggregation", "uncertainty",
         "references", "changes", "value")  # fmt: skip
_SMALL_WORDS = frozenset(
    re.findall(
        r"\w+",
        "il lo la i gli le un uno una di del dello della dei degli delle da dal in nel nella a al alla ai agli alle "
        "con per su sul sulla tra fra e ed o che si the an of to on for with and or by from at as is are their "
        "numero number percentuale percentage",
    )
)


@dataclass
class Item:
    """Something with an id: its kind, its words by language (`` where the sheet's language is unknown), its cell."""

    id: str
    kind: str
    text: dict[str, str]
    place: str
    on: list[str] = field(default_factory=list)
    details: dict[str, dict[str, str]] = field(default_factory=dict)
    aside: dict[str, tuple[str, str]] = field(default_factory=dict)  # what a sheet says, and in which cell


@dataclass
class Link:
    id: str
    source: str
    target: str
    type: str
    mechanism: dict[str, str]
    place: str


class Draft:
    """What has been understood so far, and the remarks on the rest."""

    def __init__(self) -> None:
        self.items: dict[str, Item] = {}
        self.links: dict[str, Link] = {}
        self.remarks: list[Remark] = []
        self.titles: list[tuple[str, str | None]] = []
        self.languages: list[str] = []
        self._words: dict[tuple[str, str], str] = {}
        self._read: set[tuple[str, tuple[int, int]]] = set()
        self._pending: list[tuple[Found, Mapping[int, Cell]]] = []

    def of(self, *kinds: str) -> list[Item]:
        return [item for item in self.items.values() if item.kind in kinds]

    def remark(self, code: str, place: str, **facts: str) -> None:
        self.remarks.append(Remark(code, place, facts))

    # Ids -------------------------------------------------------------------------------------------------------------

    def item(self, kind: str, text: str, language: str, place: str, code: str | None = None) -> Item:
        """The item of these words, new or known. The same words of one kind are one item; so is the same code with
        words in another language. An id comes from the code, else from the words, never from the row."""
        known = self._words.get((kind, folded(text) or text))
        if code is None and known:
            return self.items[known]
        id = _id_of(kind, text, code)
        number = 2
        wanted = id
        while id in self.items and not self._same(self.items[id], kind, text, language):
            id, number = f"{wanted[:76]}-{number}", number + 1
        if id not in self.items:
            if id != wanted and code:
                self.remark("import-id-taken", place, found=wanted, id=id)
            elif code and id != code:
                self.remark("import-code-changed", place, found=code, id=id)
            self.items[id] = Item(id, kind, {}, place)
        self.items[id].text.setdefault(language, text)
        self._words.setdefault((kind, folded(text) or text), id)
        return self.items[id]

    def _same(self, item: Item, kind: str, text: str, language: str) -> bool:
        return item.kind == kind and folded(item.text.get(language, text)) == folded(text)

    # Tables ----------------------------------------------------------------------------------------------------------

    def read(self, sheets: Iterable[Sheet]) -> None:
        for sheet in sheets:
            self.remarks += sheet.remarks
            found, unread = tables(sheet)
            if unread and not _is_ours(next(iter(unread[0].values())).text):
                shown = "; ".join(cell.text for cell in list(unread[0].values())[:3])
                self.remark("import-no-header", sheet.name, found=shown)
            for table in found:
                self._table(table)
        for table, row in self._pending:
            self._link(table, row)

    def _table(self, table: Found) -> None:
        roles = set(table.roles.values())
        if table.language and table.language not in self.languages:
            self.languages.append(table.language)
        self._title(table)
        if {"period", "value"} <= roles:
            self.remark("import-values", table.sheet)
            return
        if {"from", "to"} <= roles:
            self._pending += [(table, row) for row in table.rows]
            return
        self._unknown_columns(table)
        rows = _Rows(self, table)
        for row in table.rows:
            rows.row(row)

    def _title(self, table: Found) -> None:
        for row in table.above:
            for cell in row.values():
                if not cell.own:
                    continue
                titled = any(language == table.language for _, language in self.titles)
                if _is_ours(cell.text) or header_of(cell.text):
                    rest = cell.text.partition(":")[2].strip()
                    if rest and not titled:
                        self.titles.append((rest, table.language))
                elif not titled:
                    self.titles.append((cell.text, table.language))
                else:
                    self.remark("import-above", cell.place, found=cell.text)

    def _unknown_columns(self, table: Found) -> None:
        for column, header in table.headers.items():
            if column not in table.roles and header.own:
                n = sum(column in row for row in table.rows)
                if n:
                    self.remark("import-column", header.place, found=header.text, n=str(n))
        headless = {column: cell for row in reversed(table.rows) for column, cell in row.items()
                    if column not in table.roles and column not in table.headers}  # fmt: skip
        for cell in headless.values():
            self.remark("import-column-nameless", cell.place, found=cell.text)

    def _link(self, table: Found, row: Mapping[int, Cell]) -> None:
        told = {role: row[column] for column, role in table.roles.items() if column in row}
        place = next(iter(row.values())).place
        missing = [role for role in ("from", "to") if role not in told]
        unknown = [told[role].text for role in ("from", "to") if role in told and told[role].text not in self.items]
        if missing or unknown:
            self.remark("import-link", place, found=", ".join(unknown) or "—")
            return
        source, target = told["from"].text, told["to"].text
        given = told["link_code"].text if "link_code" in told else ""
        id = given if _ID.fullmatch(given) else f"L-{source}-{target}"[:80]
        kind = told["type"].text.casefold() if "type" in told else "contributes"
        if kind not in _LINK_TYPES:
            self.remark("import-link-type", told["type"].place, found=told["type"].text)
            kind = "contributes"
        link = self.links.setdefault(id, Link(id, source, target, kind, {}, place))
        if (link.source, link.target) != (source, target):
            self.remark("import-link-twice", place, id=id)
        elif "mechanism" in told:
            link.mechanism.setdefault(table.language or "", told["mechanism"].text)


class _Rows:
    """The rows of one table in order: what level and which elements they are of carries down."""

    def __init__(self, draft: Draft, table: Found) -> None:
        self.draft, self.table = draft, table
        self.language = table.language or ""
        self.level: str | None = None
        self.above: list[Item] = []
        self.seen: set[tuple[int, int]] = set()
        self.told_levels: set[str] = set()

    def row(self, row: Mapping[int, Cell]) -> None:
        fresh = {column: cell for column, cell in row.items() if cell.origin not in self.seen}
        self.seen |= {cell.origin for cell in row.values()}
        if not fresh:
            return
        if self._section(row):
            return
        told = {role: fresh[column] for column, role in self.table.roles.items() if column in fresh}
        self._set_level(told)
        self._elements(told)
        indicators = self._indicators(told)
        if indicators and self.above and not self._says_where(row) and "measures" not in told:
            above = ", ".join(one.id for one in self.above)
            self.draft.remark("import-as-above", told["indicator"].place, found=above)
        self._assumptions(told)
        self._details(told, indicators)

    def _says_where(self, row: Mapping[int, Cell]) -> bool:
        """Whether the row itself, or a merged cell that reaches it, names the element its indicator is of."""
        roles = self.table.roles
        return any(roles.get(column) == "statement" or roles.get(column, "")[:6] == "level:" for column in row)

    def _section(self, row: Mapping[int, Cell]) -> bool:
        """A row that only names a level: what follows is of that level."""
        cells = list(row.values())
        if len({cell.origin for cell in cells}) != 1:
            return False
        if level := level_of(cells[0].text):
            self._named(level, cells[0])
            self.above = []
            return True
        return False

    def _named(self, level: str, cell: Cell) -> None:
        self.level = level
        if level == "output" and folded(cell.text).startswith(("risultat", "result", "expected result")):
            if folded(cell.text) not in self.told_levels:
                self.draft.remark("import-results", cell.place, found=cell.text)
            self.told_levels.add(folded(cell.text))

    def _set_level(self, told: dict[str, Cell]) -> None:
        cell = told.get("level")
        if cell is None:
            return
        if level := level_of(cell.text):
            self._named(level, cell)
            self.above = []
        elif head := labelled(cell.text):
            self._named(head[0], cell)
            self.above = []
            told.setdefault("statement", cell)
        elif folded(cell.text) in _OUTSIDE:
            self.level, self.above = None, []
        else:
            self.level, self.above = None, []
            self.draft.remark("import-level", cell.place, found=cell.text)

    def _elements(self, told: dict[str, Cell]) -> None:
        found: list[Item] = []
        for column, level in self.table.elements:
            cell = told.get(f"level:{level}")
            if cell is not None and column is not None:
                found = [self._element(level, one, cell, None) for one in items(cell.text)] or found
        if (cell := told.get("statement")) is not None:
            code = told["code"].text if "code" in told else None
            several = items(cell.text)
            found = [one for one in (self._stated(text, cell, code if len(several) == 1 else None)
                                     for text in several) if one]  # fmt: skip
            self.above = []
        elif "code" in told and "indicator" not in told:
            self.draft.remark("import-code-alone", told["code"].place, found=told["code"].text)
        if found:
            self.above = found

    def _stated(self, text: str, cell: Cell, code: str | None) -> Item | None:
        head = labelled(text)
        level, number, words = head if head else (self.level, None, text)
        if head and number and code is None:
            code = number
        if level is None:
            self.draft.remark("import-no-level", cell.place, found=text)
            return None
        if self._is_named_like(level, words):
            return None
        return self._element(level, words, cell, code)

    def _is_named_like(self, level: str, words: str) -> bool:
        """A cell that only repeats the level's name says nothing."""
        return level_of(words) == level

    def _element(self, level: str, text: str, cell: Cell, code: str | None) -> Item:
        own, words = coded(text) if code is None else (code, text)
        return self.draft.item(level, words, self.language, cell.place, own)

    def _indicators(self, told: dict[str, Cell]) -> list[Item]:
        cell = told.get("indicator")
        if cell is None:
            return []
        codes = [told[role].text for role in ("indicator_code", *(() if "statement" in told else ("code",)))
                 if role in told]  # fmt: skip
        several = items(cell.text)
        found = []
        for text in several:
            own, words = (codes[0], text) if codes and len(several) == 1 else _numbered(text)
            item = self.draft.item("indicator", words, self.language, cell.place, own)
            item.on += [one.id for one in self.above if one.id not in item.on]
            if "measures" in told:
                named = re.split(r"[,;\s]+", told["measures"].text)
                item.on += [one for one in named if one in self.draft.items and one not in item.on]
            found.append(item)
        return found

    def _assumptions(self, told: dict[str, Cell]) -> None:
        cell = told.get("assumption")
        if cell is None:
            return
        code = told["assumption_code"].text if "assumption_code" in told else None
        several = items(cell.text)
        for text in several:
            own, words = (code, text) if code and len(several) == 1 else _numbered(text)
            item = self.draft.item("assumption", words, self.language, cell.place, own)
            item.on += [one.id for one in self.above if one.id not in item.on]

    def _details(self, told: dict[str, Cell], indicators: list[Item]) -> None:
        """What else a row says of its indicator, or of its indicators together."""
        for role, cell in told.items():
            if role not in DETAILS and role not in ASIDE:
                continue
            if not indicators:
                self.draft.remark("import-no-indicator", cell.place, found=cell.text)
            for item in indicators:
                if role in DETAILS:
                    item.details.setdefault(role, {}).setdefault(self.language, " ".join(cell.text.split()))
                elif len(cell.text) and role not in item.aside:
                    item.aside[role] = (" ".join(cell.text.split()), cell.place)


_GENERIC = {folded(one) for one in (
    "Quadro logico", "Logframe", "Logical framework", "Matrice del quadro logico", "Logframe matrix",
    "Schede indicatori", "Schede degli indicatori",
    "Indicator sheets", "Indicator reference sheets", "Elenco indicatori", "Indicator list",
    "Indicatori", "Indicators", "Nessi causali", "Causal links", "Valori di partenza, obiettivo e osservati",
    "Baselines, targets and values", "Che cosa questo file non riporta", "What this file does not carry",
    "Progetto", "Project", "Titolo", "Title", "Titolo del progetto", "Project title")}  # fmt: skip
_ABOUT = ("teoria del cambiamento versione", "theory of change version")
_OUTSIDE = {folded(one) for one in ("Fuori dalla catena", "Outside the chain")}


def _is_ours(text: str) -> bool:
    """Words that only say which sheet this is, as Sestante itself and many logframes write them: with the title behind
    a colon, or the theory's version."""
    return folded(text.partition(":")[0]) in _GENERIC or folded(text).startswith(_ABOUT)


def _id_of(kind: str, text: str, code: str | None) -> str:
    """An id from the code where it is one, else from a number with the kind's prefix, else from the first words."""
    prefix = _PREFIX[kind]
    if code:
        tidy = re.sub(r"\s+", "-", code.strip()).strip(".:-")
        if re.fullmatch(r"\d+(?:\.\d+)*", tidy):
            return f"{prefix}-{tidy}"
        if _ID.fullmatch(tidy):
            return tidy
    return f"{prefix}-{_slug(text)}"


def _numbered(text: str) -> tuple[str | None, str]:
    """Code and words of an indicator or assumption, whose single numbers begin anew in every cell and are no codes."""
    code, words = coded(text)
    return (None if code and code.isdecimal() else code), words


def _slug(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    parts = re.findall(r"[A-Za-z0-9]+", plain.upper())
    telling = [part for part in parts if part.casefold() not in _SMALL_WORDS] or parts
    if len("".join(telling)) >= 3:
        return "-".join(telling[:4])[:48].strip("-")
    return hashlib.sha256(text.encode()).hexdigest()[:8].upper()
