"""The reference document that gives DOCX reports real Word styles: pandoc's own, restyled in the report's colours. Word
users can then change a style once and the whole report follows. Layout of pages and tables is here; words are not.
"""

from __future__ import annotations

import io
import re
import subprocess
import zipfile
from functools import cache

from reports.theme import Palette

#: Fonts every office suite has, or has a twin of the same widths for.
_TEXT_FONT, _TITLE_FONT = "Arial", "Georgia"
#: Word measures drawings in 914400 to the inch and pages in twips, 1440 to the inch; then the room around a drawing.
_PER_TWIP = 914400 / 1440
_AROUND = (4.9 / 2.54 * 914400, 6.2 / 2.54 * 914400)
_EPOCH = (1980, 1, 1, 0, 0, 0)


def finished_document(document: bytes) -> bytes:
    """What pandoc cannot be told: the diagram as large as its landscape page, the page number in every section, and
    rows that do not break across pages."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(document)) as given, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        for entry in given.infolist():
            data = given.read(entry)
            if entry.filename == "word/document.xml":
                data = _whole_rows(_numbered(_widened(data.decode()))).encode()
            _write(made, entry.filename, data)
    return out.getvalue()


def _widened(document: str) -> str:
    """A drawing alone in a section with pages of its own is scaled to them; pandoc keeps it to an upright page."""
    parts = re.split(r"(<w:sectPr\b.*?</w:sectPr>)", document, flags=re.DOTALL)
    for number in range(1, len(parts) - 2, 2):
        page = re.search(r'w:w="(\d+)" w:h="(\d+)"', parts[number])
        sizes = re.findall(r'<wp:extent cx="(\d+)" cy="(\d+)"', parts[number - 1])
        if number < 3 or page is None or len(sizes) != 1 or not all(map(int, sizes[0])):
            continue
        width, height = (int(side) * _PER_TWIP - room for side, room in zip(page.groups(), _AROUND, strict=True))
        scale = min(width / int(sizes[0][0]), height / int(sizes[0][1]))
        scaled = f'cx="{round(int(sizes[0][0]) * scale)}" cy="{round(int(sizes[0][1]) * scale)}"'
        parts[number - 1] = parts[number - 1].replace(f'cx="{sizes[0][0]}" cy="{sizes[0][1]}"', scaled)
    return "".join(parts)


def _numbered(document: str) -> str:
    footer = re.search(r"<w:footerReference [^>]*/>", document)
    if not footer:
        return document
    bare = re.compile(r"<w:sectPr>(?!\s*<w:footerReference)")
    return bare.sub("<w:sectPr>" + footer[0], document)


def _whole_rows(document: str) -> str:
    """Rows that already have properties get one more; the others get some."""
    kept = document.replace("<w:trPr>", "<w:trPr><w:cantSplit/>")
    return re.sub(r"<w:tr>(?!\s*<w:trPr>)", "<w:tr><w:trPr><w:cantSplit/></w:trPr>", kept)


@cache
def _pandoc_reference() -> bytes:
    from reports.typeset import pandoc_program

    return subprocess.run(
        [pandoc_program(), "--print-default-data-file", "reference.docx"], capture_output=True, check=True
    ).stdout


def reference_document(palette: Palette, language: str) -> bytes:
    """A reference.docx in these colours, with A4 pages, page numbers and the proofing language. The same every time."""
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(_pandoc_reference())) as given,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made,
    ):
        for name in sorted(given.namelist()):
            data = given.read(name)
            if name == "word/styles.xml":
                data = _styled(data.decode(), palette, language).encode()
            elif name == "word/document.xml":
                data = _paged(data.decode()).encode()
            elif name == "word/_rels/document.xml.rels":
                data = data.decode().replace("</Relationships>", _FOOTER_RELATION + "</Relationships>").encode()
            elif name == "[Content_Types].xml":
                data = data.decode().replace("</Types>", _FOOTER_TYPE + "</Types>").encode()
            _write(made, name, data)
        _write(made, "word/footer9.xml", _footer(palette).encode())
    return out.getvalue()


def _write(archive: zipfile.ZipFile, name: str, data: bytes) -> None:
    entry = zipfile.ZipInfo(name, _EPOCH)
    entry.compress_type = zipfile.ZIP_DEFLATED
    archive.writestr(entry, data)


_FOOTER_RELATION = (
    '<Relationship Id="rId99" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/footer" '
    'Target="footer9.xml"/>'
)
_FOOTER_TYPE = (
    '<Override PartName="/word/footer9.xml" '
    'ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.footer+xml"/>'
)
_W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'


def _footer(palette: Palette) -> str:
    run = f'<w:rPr><w:color w:val="{palette.muted[1:]}"/><w:sz w:val="17"/></w:rPr>'
    field = "".join(
        f"<w:r>{run}{part}</w:r>"
        for part in (
            '<w:fldChar w:fldCharType="begin"/>', '<w:instrText xml:space="preserve"> PAGE </w:instrText>',
            '<w:fldChar w:fldCharType="separate"/>', "<w:t>1</w:t>", '<w:fldChar w:fldCharType="end"/>',
        )
    )  # fmt: skip
    return (
        f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?><w:ftr {_W}><w:p><w:pPr><w:jc w:val="right"/></w:pPr>'
        f"{field}</w:p></w:ftr>"
    )


def _paged(document: str) -> str:
    """A4 with calm margins, and the footer."""
    section = (
        '<w:sectPr><w:footerReference w:type="default" r:id="rId99" '
        'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"/>'
        '<w:pgSz w:w="11906" w:h="16838"/><w:pgMar w:top="1304" w:right="1304" w:bottom="1304" w:left="1304" '
        'w:header="567" w:footer="567" w:gutter="0"/></w:sectPr>'
    )
    without = re.sub(r"<w:sectPr.*?</w:sectPr>|<w:sectPr[^>]*/>", "", document, flags=re.DOTALL)
    return without.replace("</w:body>", section + "</w:body>")


def _styled(styles: str, palette: Palette, language: str) -> str:
    ink, muted, accent = (colour[1:] for colour in (palette.ink, palette.muted, palette.accent))
    rule = palette.rule[1:]
    defaults = (
        f'<w:docDefaults><w:rPrDefault><w:rPr>{_fonts(_TEXT_FONT)}<w:color w:val="{ink}"/><w:sz w:val="22"/>'
        f'<w:szCs w:val="22"/><w:lang w:val="{language}"/></w:rPr></w:rPrDefault><w:pPrDefault><w:pPr>'
        '<w:spacing w:after="140" w:line="276" w:lineRule="auto"/></w:pPr></w:pPrDefault></w:docDefaults>'
    )
    styles = re.sub(r"<w:docDefaults>.*?</w:docDefaults>", defaults, styles, flags=re.DOTALL)
    heading = f"{_fonts(_TITLE_FONT)}<w:b/>"
    for id, name, based, para, run in (
        (
            "Title",
            "Title",
            "Normal",
            _space(1400, 120, keep=True),
            f'{heading}<w:color w:val="{ink}"/><w:sz w:val="60"/>',
        ),
        (
            "Subtitle",
            "Subtitle",
            "Normal",
            _space(0, 400),
            f'<w:color w:val="{accent}"/><w:b/><w:caps/><w:spacing w:val="30"/><w:sz w:val="21"/>',
        ),
        (
            "Heading1",
            "heading 1",
            "Normal",
            _space(560, 160, keep=True, level=0, border=accent),
            f'{heading}<w:color w:val="{ink}"/><w:sz w:val="36"/>',
        ),
        (
            "Heading2",
            "heading 2",
            "Normal",
            _space(360, 100, keep=True, level=1),
            f'<w:b/><w:color w:val="{ink}"/><w:sz w:val="26"/>',
        ),
        (
            "Heading3",
            "heading 3",
            "Normal",
            _space(260, 80, keep=True, level=2),
            f'<w:b/><w:color w:val="{ink}"/><w:sz w:val="23"/>',
        ),
        ("ImageCaption", "Image Caption", "Normal", _space(80, 280), f'<w:color w:val="{muted}"/><w:sz w:val="19"/>'),
        (
            "TableCaption",
            "Table Caption",
            "Normal",
            _space(240, 80, keep=True),
            f'<w:color w:val="{muted}"/><w:sz w:val="19"/>',
        ),
        ("CaptionedFigure", "Captioned Figure", "Normal", _space(200, 0, keep=True), ""),
        ("Compact", "Compact", "Normal", _space(30, 30), '<w:sz w:val="20"/>'),
        ("Lead", "Lead", "Normal", _space(60, 240), f'{_fonts(_TITLE_FONT)}<w:sz w:val="25"/>'),
        ("Note", "Note", "Normal", _space(60, 200), f'<w:color w:val="{muted}"/><w:sz w:val="19"/>'),
        (
            "Warning",
            "Warning",
            "Normal",
            _space(120, 200),
            f'<w:b/><w:color w:val="{palette.statuses["behind"][1:]}"/>',
        ),
        (
            "KeyFigure",
            "Key Figure",
            "Normal",
            _space(140, 0, keep=True),
            f'{heading}<w:color w:val="{accent}"/><w:sz w:val="34"/>',
        ),
        ("KeyLabel", "Key Label", "Normal", _space(0, 80), '<w:sz w:val="20"/>'),
        ("Cover", "Cover", "Normal", _space(0, 40), f'<w:color w:val="{muted}"/>'),
        ("CoverOrganisation", "Cover Organisation", "Normal", _space(0, 360), '<w:sz w:val="26"/>'),
    ):
        styles = _put(styles, "paragraph", id, name, based, para, run)
    for id, name, run in (
        ("KeyFigureText", "Key Figure Text", ""),
        ("Under", "Under", f'<w:color w:val="{muted}"/><w:sz w:val="18"/>'),
        *(
            (
                f"Status{kind.replace('_', '')}",
                f"Status {kind.replace('_', '-')}",
                f'{"" if colour == palette.muted else "<w:b/>"}<w:color w:val="{colour[1:]}"/>',
            )
            for kind, colour in palette.statuses.items()
        ),
        ("Hyperlink", "Hyperlink", f'<w:color w:val="{accent}"/>'),
    ):
        styles = _put(styles, "character", id, name, "DefaultParagraphFont", "", run)
    return _put(styles, "table", "Table", "Table", "TableNormal", "", "", _table(ink, muted, rule))


def _fonts(name: str) -> str:
    return f'<w:rFonts w:ascii="{name}" w:hAnsi="{name}" w:cs="{name}" w:eastAsia="{name}"/>'


def _space(before: int, after: int, keep: bool = False, level: int | None = None, border: str = "") -> str:
    """Paragraph properties, in the order the standard asks for."""
    kept = "<w:keepNext/><w:keepLines/>" if keep else ""
    line = f'<w:pBdr><w:top w:val="single" w:sz="12" w:space="8" w:color="{border}"/></w:pBdr>' if border else ""
    outline = f'<w:outlineLvl w:val="{level}"/>' if level is not None else ""
    return f'<w:pPr>{kept}{line}<w:spacing w:before="{before}" w:after="{after}"/>{outline}</w:pPr>'


def _table(ink: str, muted: str, rule: str) -> str:
    edge = '<w:{0} w:val="single" w:sz="{1}" w:space="0" w:color="{2}"/>'
    return (
        '<w:tblPr><w:tblInd w:w="0" w:type="dxa"/><w:tblBorders>'
        + edge.format("bottom", 4, rule)
        + edge.format("insideH", 4, rule)
        + '</w:tblBorders><w:tblCellMar><w:top w:w="60" w:type="dxa"/><w:left w:w="80" w:type="dxa"/>'
        '<w:bottom w:w="60" w:type="dxa"/><w:right w:w="80" w:type="dxa"/></w:tblCellMar></w:tblPr>'
        f'<w:tblStylePr w:type="firstRow"><w:rPr><w:b/><w:color w:val="{muted}"/><w:sz w:val="18"/></w:rPr>'
        "<w:tcPr><w:tcBorders>" + edge.format("bottom", 10, ink) + "</w:tcBorders></w:tcPr></w:tblStylePr>"
    )


def _put(styles: str, kind: str, id: str, name: str, based: str, para: str, run: str, more: str = "") -> str:
    """The style replaced where pandoc has it, added where not."""
    custom = "" if id.startswith("Heading") or id in ("Title", "Subtitle", "Hyperlink") else ' w:customStyle="1"'
    following = '<w:next w:val="BodyText"/>' if id.startswith("Heading") else ""
    body = (
        f'<w:style w:type="{kind}"{custom} w:styleId="{id}"><w:name w:val="{name}"/><w:basedOn w:val="{based}"/>'
        f"{following}"
        f"<w:qFormat/>{para}{f'<w:rPr>{run}</w:rPr>' if run else ''}{more}</w:style>"
    )
    found = re.compile(rf'<w:style [^>]*w:styleId="{id}".*?</w:style>', re.DOTALL)
    if found.search(styles):
        return found.sub(lambda _: body, styles, count=1)
    return styles.replace("</w:styles>", body + "</w:styles>")
