"""What Taguette exports: its database, a coded document as HTML, highlights as HTML, DOCX or a table, its codebook.

Tags are flat names that people divide with dots; a coder stands in none of the files. In the database offsets are
UTF-8 bytes of the document's HTML without its tags. Its `.qdc` is read in `refi`, tables are opened in `segments`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from html.parser import HTMLParser
from pathlib import Path
from xml.etree.ElementTree import Element

from surveys.corpora.codings import Code, CodePath, Codings, Document, Segment, counted, fault, known_as, unlike_names
from surveys.corpora.containers import MOST_XML, Database, children, local, opened, parsed
from surveys.corpora.offsets import Reading, Ruler

PROGRAM = "Taguette"
TABLES = frozenset({"documents", "highlights", "highlight_tags", "tags", "projects"})
_DOT = re.compile(r"(?<=\S)\.(?=\S)")
_WORD = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"


def path_of(tag: str) -> CodePath:
    """`problemi.reddito` as a path; a dot before a blank belongs to the name."""
    return tuple(_DOT.split(known_as(tag)))


def code_of(tag: str, description: str = "") -> Code:
    path = path_of(tag)
    return Code(path[-1], path, description)


def used_codes(segments: Iterable[Segment]) -> tuple[Code, ...]:
    """The codes of files that list none."""
    return tuple(Code(path[-1], path) for path in dict.fromkeys(one.code for one in segments))


# The database ---------------------------------------------------------------------------------------------------------


def read_database(base: Database, file: str) -> Codings:
    """The one project of a `.sqlite3`. Raises ProblemsFound for a server's database of several: whose is not said."""
    projects = base.rows("select id from projects")
    if len(projects) != 1:
        raise fault("codings-several-projects" if projects else "codings-no-project", file, count=str(len(projects)))
    told: Counter[str] = Counter()
    found = base.rows("select id, name, filename, contents from documents order by id")
    names = unlike_names(known_as(name) for _, name, _, _ in found)
    texts = {number: _text_of(str(contents)) for number, _, _, contents in found}
    of_number = {number: name for (number, *_), name in zip(found, names, strict=True)}
    rulers = {number: Ruler(text, Reading("byte")) for number, text in texts.items()}
    tags = {number: code_of(str(tag), str(about or "")) for number, tag, about in
            base.rows("select id, path, description from tags order by id")}  # fmt: skip
    of_highlight: dict[int, list[CodePath]] = {}
    for highlight, tag in base.rows("select highlight_id, tag_id from highlight_tags order by highlight_id, tag_id"):
        if tag in tags:
            of_highlight.setdefault(highlight, []).append(tags[tag].path)
    segments = []
    columns = "id, document_id, start_offset, end_offset, snippet"
    for highlight, number, begin, after, snippet in base.rows(f"select {columns} from highlights order by 2, 3, 1"):
        codes = of_highlight.get(highlight, [])
        told["codings-without-code"] += not codes
        if number not in texts:
            told["codings-text-absent"] += len(codes)
            continue
        start, end = (rulers[number].place(one) if isinstance(one, int) else None for one in (begin, after))
        is_place = start is not None and end is not None and start <= end
        told["codings-place-beyond"] += not is_place
        words = texts[number][start:end] if is_place else _text_of(str(snippet))
        span = (start, end) if is_place else (None, None)
        segments += [Segment(of_number[number], code, *span, words) for code in codes]
    documents = tuple(
        Document(name, texts[number], str(path or "")) for name, (number, _, path, _) in zip(names, found, strict=True)
    )
    return Codings(PROGRAM, documents, tuple(tags.values()), tuple(segments), notes=counted(told))


def _text_of(contents: str) -> str:
    """HTML without its tags, every character between them kept: what Taguette counts in."""
    reader = _Texts()
    reader.feed(contents)
    reader.close()
    return "".join(reader.parts)


class _Texts(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []

    def handle_data(self, data: str) -> None:
        self.parts.append(data)


# HTML -----------------------------------------------------------------------------------------------------------------


def read_html(text: str, file: str) -> Codings:
    """A coded document, or a list of highlights. Raises ProblemsFound for HTML of anything else."""
    text = text.replace("\r\n", "\n")
    if "taglist" in text:
        return _read_document(text, file)
    return _read_list(_html_blocks(text), file)


class _CodedDocument(HTMLParser):
    """The text below the title, and for each highlighted piece where it stands and which tags end there."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.title, self.parts, self.pieces = "", [], []
        self._length, self._where, self._spans = 0, "head", []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "h1" and self._where == "head":
            self._where = "title"
        elif tag == "span":
            self._spans.append(((dict(attrs).get("class") or "").strip(), self._length))

    def handle_endtag(self, tag: str) -> None:
        if tag == "h1" and self._where == "title":
            self._where = "text"
        elif tag == "body":
            self._where = "after"
        elif tag == "span" and self._spans:
            kind, start = self._spans.pop()
            if kind == "highlight":
                self.pieces.append([start, self._length, ""])

    def handle_data(self, data: str) -> None:
        if self._where == "title":
            self.title += data
        elif self._where == "text" and self._spans and self._spans[-1][0] == "taglist":
            if self.pieces:
                self.pieces[-1][2] += data
        elif self._where == "text":
            self.parts.append(data)
            self._length += len(data)


def _read_document(text: str, file: str) -> Codings:
    """A document with its highlights. Where they overlap, the file tells where each ends, not where it begins: such a
    piece is read from where the one before it ended."""
    reader = _CodedDocument()
    reader.feed(text)
    reader.close()
    whole = "".join(reader.parts)
    body = whole.strip("\n ")
    before = len(whole) - len(whole.lstrip("\n "))
    name = known_as(reader.title)
    if not name:
        raise fault("codings-not-taguette", file)
    segments: list[Segment] = []
    uncertain, last = 0, -1
    for start, end, tags in reader.pieces:
        listed = [path_of(tag) for tag in tags.strip().removeprefix("[").removesuffix("]").split(",") if tag.strip()]
        uncertain += len(listed) if start == last else 0
        last = end
        here = slice(max(start - before, 0), min(end - before, len(body)))
        segments += [Segment(name, code, here.start, here.stop, body[here]) for code in listed]
    notes = counted({"codings-begin-unknown": uncertain})
    return Codings(PROGRAM, (Document(name, body, name),), used_codes(segments), tuple(segments), notes=notes)


# Lists of highlights: paragraphs, then one with the labels «Document:» and «Tags:», then a rule ----------------------

_Run = tuple[str, bool]  # words, and whether they are a label


def _read_list(blocks: Iterable[list[_Run] | None], file: str) -> Codings:
    """Highlights from paragraphs of runs; None is a rule between two of them. Labels are known by their look, not their
    words, which follow the language Taguette is set to."""
    segments: list[Segment] = []
    words: list[str] = []
    for block in blocks:
        labels = [i for i, (said, is_label) in enumerate(block or ()) if is_label and said.strip()]
        if block is None:
            words = []
        elif len(labels) == 2 and words:
            document = known_as("".join(said for said, _ in block[labels[0] + 1 : labels[1]]))
            tags = "".join(said for said, _ in block[labels[1] + 1 :])
            segments += [
                Segment(document, path_of(tag), None, None, "\n".join(words)) for tag in tags.split(",") if tag.strip()
            ]
            words = []
        elif paragraph := "".join(said for said, _ in block).strip():
            words.append(paragraph)
    if not segments:
        raise fault("codings-not-taguette", file)
    documents = tuple(Document(name) for name in dict.fromkeys(one.document for one in segments))
    return Codings(PROGRAM, documents, used_codes(segments), tuple(segments))


class _Paragraphs(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.blocks: list[list[_Run] | None] = []
        self._is_body, self._is_label = False, False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._is_body = self._is_body or tag == "body"
        if tag == "hr":
            self.blocks.append(None)
        elif tag in ("p", "li", "blockquote", "div", "tr", "br", "h2", "h3"):
            self.blocks.append([])
        elif tag == "h1":  # the title of the list
            self.blocks.append(None)
        self._is_label = self._is_label or tag == "strong"

    def handle_endtag(self, tag: str) -> None:
        if tag == "h1":
            self.blocks.append(None)
        self._is_label = self._is_label and tag != "strong"

    def handle_data(self, data: str) -> None:
        if self._is_body and self.blocks and self.blocks[-1] is not None:
            self.blocks[-1].append((data, self._is_label))


def _html_blocks(text: str) -> list[list[_Run] | None]:
    reader = _Paragraphs()
    reader.feed(text)
    reader.close()
    return reader.blocks


def read_docx(path: Path, file: str) -> Codings:
    """Highlights as a Word document. Raises ProblemsFound for a document of anything else."""
    with opened(path, file) as package:
        member = package.find("word", "document.xml")
        if member is None:
            raise fault("codings-not-taguette", file)
        root = parsed(package.read(member, MOST_XML), file)
    return _read_list([_docx_block(one) for one in root.iter(f"{_WORD}p")], file)


def _docx_block(paragraph: Element) -> list[_Run] | None:
    """A paragraph's runs; None for a rule or a heading. A label has a style or weight of its own."""
    runs: list[_Run] = []
    for one in children(paragraph, "pPr", "r"):
        looks = {local(each): each.get(f"{_WORD}val") or "" for each in one.iter()}
        if local(one) == "pPr":
            if looks.get("pStyle") == "0 Block" or looks.get("pStyle", "").startswith("Heading"):
                return None
            continue
        words = "".join(each.text or "" for each in children(one, "t"))
        runs.append((words, "rStyle" in looks or looks.get("b", "0") not in ("0", "false")))
    return runs
