"""What a reader sees of an HTML page: its words, and the drawings inside it."""

import base64
import html
import re


def visible(page: str) -> str:
    """The words a reader of an HTML page sees, pictures' text alternatives included."""
    body = re.sub(r"(?s)<style.*?</style>|<script.*?</script>|<head>.*?</head>", " ", page)
    alternatives = re.findall(r'\balt="([^"]*)"', body)
    return html.unescape(re.sub(r"<[^>]+>", " ", body) + " " + " ".join(alternatives))


def embedded_drawings(page: str) -> list[str]:
    """The SVG files inside an HTML page."""
    return [base64.b64decode(data).decode() for data in re.findall(r"data:image/svg\+xml;base64,([^\"]+)", page)]
