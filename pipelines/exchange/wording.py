"""The words of exchanged files, in Italian and English, from `words.yml`; numbers and days as readers write them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any

import yaml

from theory_of_change.problems import spoken_in


@cache
def words() -> Mapping[str, Any]:
    text = resources.files("pipelines.exchange").joinpath("words.yml").read_text(encoding="utf-8")
    return yaml.load(text, Loader=yaml.CSafeLoader)


def header(role: str, language: str) -> str:
    return words()["headers"][role][spoken_in(language)][0]


def word(section: str, key: str | None, language: str, /, **facts: object) -> str:
    entry = words()[section] if key is None else words()[section][key]
    return entry[spoken_in(language)].format(**facts).strip()


def plain_number(value: float) -> str:
    """A number as data formats write it: a point, no thousands, no digits that are only binary noise."""
    text = f"{value:.12g}"
    return f"{value:.12f}".rstrip("0").rstrip(".") if "e" in text else text


def number(value: float, language: str) -> str:
    """A number as a reader of that language writes it, with all its digits up to six."""
    from babel.numbers import format_decimal

    return format_decimal(round(value, 6), format="#,##0.######", locale=language)


def day(date: dt.date, language: str) -> str:
    from babel.dates import format_date

    return format_date(date, format="long", locale={"en": "en_GB"}.get(language, language))
