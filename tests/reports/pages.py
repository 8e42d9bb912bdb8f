"""What a reader sees of an HTML page: its words, and the drawings inside it."""

import base64
import html
import re
from importlib import resources
from pathlib import Path

import duckdb

from reports.compose import compose


def visible(page: str) -> str:
    """The words a reader of an HTML page sees, pictures' text alternatives included."""
    body = re.sub(r"(?s)<style.*?</style>|<script.*?</script>|<head>.*?</head>", " ", page)
    alternatives = re.findall(r'\balt="([^"]*)"', body)
    return html.unescape(re.sub(r"<[^>]+>", " ", body) + " " + " ".join(alternatives))


def embedded_drawings(page: str) -> list[str]:
    """The SVG files inside an HTML page."""
    return [base64.b64decode(data).decode() for data in re.findall(r"data:image/svg\+xml;base64,([^\"]+)", page)]


def without_our_script(page: str) -> str:
    """The page without the drawing's own script, wherever it stands once and unchanged."""
    ours = resources.files("reports").joinpath("templates", "drawing", "drawing.js").read_text(encoding="utf-8").strip()
    return re.sub(r"<script>\s*" + re.escape(ours) + r"\s*</script>", "", page, count=1)


def whole_report(published: Path, folder: Path, language: str) -> str:
    """The source of the report over the whole calendar."""
    with duckdb.connect(str(published), read_only=True) as connection:
        period = connection.execute("select period from out.periods where level = 'all'").fetchone()[0]
    compose(published, folder, period, language=language)
    return (folder / "report.qmd").read_text(encoding="utf-8")
