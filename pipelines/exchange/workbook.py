"""The programme as a workbook: logframe (EU Project Cycle Management), indicator reference sheets (USAID PIRS), values.

A set of sheets for each of the programme's languages. Every cell of words is text, whatever sign it begins with: no
spreadsheet ever computes what somebody wrote. What the sheets are read back into belongs to `importing`.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import yaml
from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE, Cell
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from pipelines.exchange.losses import Loss
from pipelines.exchange.subject import LEVELS, Cut, Start, Subject, cut_words, goal_words, said
from pipelines.exchange.wording import day, header, word, words
from theory_of_change.model import Indicator, Text
from theory_of_change.problems import spoken_in

_LONGEST = 32_767  # characters in a cell
_COMPUTED = tuple("=+-@\t\r")  # how a cell begins that a spreadsheet may compute
_THIN = Side(style="thin", color="B7C0C7")
_EDGES = Border(left=_THIN, right=_THIN, top=_THIN, bottom=_THIN)
_HEAD = PatternFill("solid", fgColor="1F4E5F")
_LEVEL_FILLS = {"impact": "E3D9EC", "outcome": "D6E4F0", "output": "DDEBDA", "activity": "F7EFD2", "input": "F3E3D3",
                "need": "EDEDED", "none": "FFFFFF"}  # fmt: skip
_LOGFRAME = (("level", 14), ("code", 16), ("statement", 46), ("indicator_code", 16), ("indicator", 40),
             ("baseline", 20), ("target", 24), ("verification", 30), ("assumption_code", 16),
             ("assumption", 40))  # fmt: skip
_MERGED = (1, 2, 3)  # what is said once of an element, however many indicators it has
_SHEET = (("indicator_code", 16), ("indicator", 36), ("definition", 44), ("unit", 14), ("unit_of_analysis", 16),
          ("measures", 22), ("measure", 36), ("direction", 12), ("disaggregation", 22), ("uncertainty", 16),
          ("source", 18), ("verification", 30), ("frequency", 14), ("responsible", 22), ("rationale", 36),
          ("baseline", 20), ("target", 24), ("limitations", 36), ("references", 20), ("changes", 30))  # fmt: skip
_VALUES = (("indicator_code", 16), ("indicator", 36), ("what", 16), ("period", 14), ("start", 12), ("end", 12),
           ("dimension", 20), ("category", 22), ("operator", 10), ("value", 14), ("ci_low", 14), ("ci_high", 14),
           ("ci_level", 12), ("n", 10), ("unit", 14), ("status", 24))  # fmt: skip
_LINKS = (("link_code", 14), ("from", 16), ("to", 16), ("type", 16), ("mechanism", 70))


def workbook(subject: Subject, losses: Sequence[Loss]) -> bytes:
    """The workbook's bytes."""
    book = Workbook()
    book.remove(book.active)
    languages = [one for one in subject.programme.languages if one in ("it", "en")] or ["en"]
    for language in languages:
        _Sheets(book, subject, language).all(losses)
    moment = subject.as_of
    book.properties.creator = _plain(subject.organisation)[:255]
    book.properties.title = _plain(subject.theory.theory.title.within(subject.language))[:255]
    if moment:
        import datetime as dt

        book.properties.created = book.properties.modified = dt.datetime.combine(moment, dt.time.min)
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()


def _in_yaml(measure: dict[str, Any]) -> str:
    """A measure as the theory writes it, without its braces, so that `import` reads back the same."""
    flow = yaml.safe_dump(measure, default_flow_style=True, sort_keys=False, allow_unicode=True, width=10**6)
    return flow.strip()[1:-1]


class _Sheets:
    """The sheets in one language."""

    def __init__(self, book: Workbook, subject: Subject, language: str) -> None:
        self.book, self.subject, self.language = book, subject, language

    def all(self, losses: Sequence[Loss]) -> None:
        self.logframe()
        self.table("indicators", _SHEET, self.sheet_rows())
        self.table("values", _VALUES, self.value_rows())
        self.table("links", _LINKS, self.link_rows())
        self.not_carried(losses)

    def text(self, text: Text | None) -> str:
        return text.within(self.language, self.subject.language) if text else ""

    # The logframe ----------------------------------------------------------------------------------------------------

    def logframe(self) -> None:
        """Levels from impact down, one block of rows for each element: its indicators and its assumptions side by side.

        Level, code and words of an element are merged over its rows.
        """
        sheet, row = self.begun("logframe", _LOGFRAME)
        for level, code, statement, indicators, assumptions in self.blocks():
            size = max(1, len(indicators), len(assumptions))
            fill = PatternFill("solid", fgColor=_LEVEL_FILLS[level])
            for offset in range(size):
                indicator = indicators[offset] if offset < len(indicators) else None
                assumption = assumptions[offset] if offset < len(assumptions) else None
                first = (word("level_names", level, self.language), code, statement) if offset == 0 else ("", "", "")
                goals = indicator and "\n".join(goal_words(self.subject, one, self.language)
                                                for one in self.subject.targets_of(indicator.id))  # fmt: skip
                cells = [*first, *((indicator.id, self.text(indicator.title), self.baselines(indicator), goals,
                                    self.verification(indicator)) if indicator else [""] * 5),
                         *((assumption.id, self.text(assumption.statement)) if assumption else ("", ""))]  # fmt: skip
                self.row(sheet, row + offset, cells)
                for column in _MERGED:
                    sheet.cell(row + offset, column).fill = fill
            if size > 1:
                for column in _MERGED:
                    sheet.merge_cells(start_row=row, end_row=row + size - 1, start_column=column, end_column=column)
            row += size

    def blocks(self) -> Iterator[tuple[str, str, str, list[Indicator], list]]:
        subject = self.subject
        assumptions = {one.id: one for one in subject.theory.assumptions}
        told: set[str] = set()
        placed: set[str] = set()
        for level in LEVELS:
            for element in subject.elements[level]:
                indicators = [one for one in subject.theory.indicators if element.id in one.measures]
                beside = [assumptions[name] for name in subject.beside.get(element.id, ())]
                told |= {one.id for one in beside}
                placed |= {one.id for one in indicators}
                yield level, element.id, self.text(element.statement), indicators, beside
        rest = [one for one in subject.theory.assumptions if one.id not in told]
        others = [one for one in subject.theory.indicators if one.id not in placed]
        if rest or others:
            yield "none", "", "", others, rest

    def baselines(self, indicator: Indicator) -> str:
        return "\n".join(
            word("as_of", None, self.language, value=self.start_words(indicator, start),
                 when=day(start.date, self.language))
            for start in self.subject.starts_of(indicator.id)
        )  # fmt: skip

    def start_words(self, indicator: Indicator, start: Start) -> str:
        where = ", ".join(cut_words(self.subject, start.cut, self.language))
        stated = start.baseline.value is not None or start.baseline.published is not None
        number = said(self.subject, indicator, start.value, self.language, stated)
        return f"{where}: {number}" if where else number

    def verification(self, indicator: Indicator) -> str:
        return self.text(indicator.means_of_verification) or indicator.measure.source or ""

    # The other sheets ------------------------------------------------------------------------------------------------

    def sheet_rows(self) -> Iterator[list[Any]]:
        for one in self.subject.theory.indicators:
            measure = one.measure.model_dump(mode="json", by_alias=True, exclude_none=True)
            cuts = [cut if isinstance(cut, str) else " x ".join(cut) for cut in one.disaggregation]
            changes = []
            if one.replaces:
                bridge = self.text(one.bridge)
                changes.append(word("change", None, self.language, replaces=one.replaces, bridge=bridge))
            if one.valid_from:
                changes.append(word("valid_from", None, self.language, day=day(one.valid_from, self.language)))
            yield [one.id, self.text(one.title), self.text(one.definition), self.text(one.unit), one.unit_of_analysis,
                   ", ".join(one.measures), _in_yaml(measure),
                   one.direction, ", ".join(cuts), one.uncertainty.mode if one.uncertainty else "", one.measure.source,
                   self.text(one.means_of_verification), one.frequency, self.text(one.responsible),
                   self.text(one.rationale), self.baselines(one),
                   "\n".join(goal_words(self.subject, target, self.language)
                             for target in self.subject.targets_of(one.id)),
                   self.text(one.limitations),
                   ", ".join(f"{reference.vocabulary} {reference.code}" for reference in one.references),
                   " ".join(changes)]  # fmt: skip

    def value_rows(self) -> Iterator[list[Any]]:
        """Baselines, targets and values of each indicator, numbers as numbers; what is suppressed says so."""
        for one in self.subject.theory.indicators:
            shape = self.shape(one)
            start = [one.id, self.text(one.title)]
            for baseline in self.subject.starts_of(one.id):
                yield [*start, word("what", "baseline", self.language), "", baseline.date, baseline.date,
                       *self.cut(baseline.cut), "", (baseline.value, shape), "", "", "", "",
                       self.text(one.unit), ""]  # fmt: skip
            for target in self.subject.targets_of(one.id):
                bounds = target.value if isinstance(target.value, tuple) else (target.value,)
                for bound, operator in zip(bounds, (">=", "<=") if len(bounds) == 2 else (target.operator,),
                                           strict=True):  # fmt: skip
                    yield [*start, word("what", "target", self.language), "", "", target.by,
                           *self.cut(tuple(target.disaggregation.items())), operator, (bound, shape), "", "", "", "",
                           self.text(one.unit), ""]  # fmt: skip
            for value in self.subject.values_of(one.id):
                status = words()["status"].get(value.status, {}).get(spoken_in(self.language), value.status)
                yield [*start, word("what", "value", self.language), value.period.name, value.period.start,
                       value.period.end, *self.cut(value.cut), "", (value.value, shape), (value.ci_low, shape),
                       (value.ci_high, shape), (value.ci_level, "0.##%"), (value.n, "#,##0"), self.text(one.unit),
                       status]  # fmt: skip

    def cut(self, cut: Cut) -> tuple[str, str]:
        if not cut:
            return word("whole", None, self.language), ""
        names = [self.subject.dimension(dimension, self.language) for dimension, _ in cut]
        categories = [self.subject.category(*pair, self.language) for pair in cut]
        return " x ".join(names), " / ".join(categories)

    def shape(self, indicator: Indicator) -> str:
        unit = self.subject.unit(indicator)
        return {"percent": "0.0%", "count": "#,##0"}.get(unit.kind, "#,##0.00")

    def link_rows(self) -> Iterator[list[Any]]:
        for link in self.subject.theory.links:
            yield [link.id, link.from_, link.to, link.type, self.text(link.mechanism)]

    def not_carried(self, losses: Sequence[Loss]) -> None:
        sheet = self.sheet("losses")
        sheet.column_dimensions["A"].width = 120
        for row, loss in enumerate(losses, start=4):
            self.row(sheet, row, [loss.line(self.language)])

    # How a sheet is made ---------------------------------------------------------------------------------------------

    def table(self, kind: str, columns: Sequence[tuple[str, int]], rows: Iterable[Sequence[Any]]) -> None:
        sheet, row = self.begun(kind, columns)
        last = row - 1
        for last, cells in enumerate(rows, start=row):
            self.row(sheet, last, cells)
        sheet.auto_filter.ref = f"A{row - 1}:{get_column_letter(len(columns))}{last}"

    def sheet(self, kind: str) -> Worksheet:
        """A new sheet with its title, printed on the width of a landscape page."""
        subject = self.subject
        sheet = self.book.create_sheet(word("sheets", kind, self.language))
        title = word("titles", kind, self.language, title=self.text(subject.theory.theory.title))
        _write(sheet.cell(1, 1), title).font = Font(size=14, bold=True)
        about = [word("theory", None, self.language, version=subject.theory.theory.version)]
        if subject.theory.theory.invented:
            about.append(word("invented", None, self.language))
        _write(sheet.cell(2, 1), " · ".join(about)).font = Font(italic=True, color="5A6872")
        sheet.sheet_view.showGridLines = False
        sheet.page_setup.orientation = "landscape"
        sheet.page_setup.paperSize = sheet.PAPERSIZE_A4
        sheet.page_setup.fitToHeight = 0
        sheet.sheet_properties.pageSetUpPr.fitToPage = True
        return sheet

    def begun(self, kind: str, columns: Sequence[tuple[str, int]]) -> tuple[Worksheet, int]:
        """A sheet with its header, and its first row below it."""
        sheet = self.sheet(kind)
        for position, (role, width) in enumerate(columns, start=1):
            cell = _write(sheet.cell(4, position), header(role, self.language))
            cell.font, cell.fill, cell.border = Font(bold=True, color="FFFFFF"), _HEAD, _EDGES
            cell.alignment = Alignment(wrap_text=True, vertical="center")
            sheet.column_dimensions[get_column_letter(position)].width = width
        sheet.freeze_panes = sheet.cell(5, 3)
        sheet.print_title_rows = "4:4"
        return sheet, 5

    def row(self, sheet: Worksheet, row: int, cells: Sequence[Any]) -> None:
        for position, value in enumerate(cells, start=1):
            cell = sheet.cell(row, position)
            value, shape = value if isinstance(value, tuple) else (value, None)
            _write(cell, value)
            if shape:
                cell.number_format = shape
            cell.border = _EDGES
            cell.alignment = Alignment(wrap_text=True, vertical="top")


def _write(cell: Cell, value: Any) -> Cell:
    """Puts a value into a cell; words are text there, even where they begin like a formula."""
    if not isinstance(value, str):
        cell.value = value
        return cell
    text = _plain(value)[:_LONGEST]
    if text:
        cell.value = text
        cell.data_type = "s"
        cell.quotePrefix = text.startswith(_COMPUTED)
    return cell


def _plain(text: str) -> str:
    """Text without the characters a workbook cannot hold."""
    return ILLEGAL_CHARACTERS_RE.sub("", text)
