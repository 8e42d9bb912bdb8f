"""Numbers as readers of each language write them, and words from data that stay words."""

import datetime as dt

import pytest

from reports.shown import Md, Shown, Unit, escaped, formatted
from reports.typeset import pandoc

NBSP = "\u00a0"


@pytest.mark.parametrize(
    ("value", "shape", "italian", "english"),
    [
        (1794.342, "money.USD.0", f"1.794{NBSP}$", "$1,794"),
        (-1794.342, "money.USD.0", f"−1.794{NBSP}$", "−$1,794"),
        (-1794.342, "size:money.USD.0", f"1.794{NBSP}$", "$1,794"),
        (12.5, "money.EUR.2", f"12,50{NBSP}€", "€12.50"),
        (0.2583, "percent.1", f"25,8{NBSP}%", "25.8%"),
        (25.83, "plain_percent.1", f"25,8{NBSP}%", "25.8%"),
        (-0.0312, "points.1", "−3,1", "−3.1"),
        (-0.0001, "percent.1", f"0,0{NBSP}%", "0.0%"),
        (0, "number.0", "0", "0"),
        (1234567.891, "number.2", "1.234.567,89", "1,234,567.89"),
        (dt.date(1978, 12, 31), "date", f"31{NBSP}dicembre{NBSP}1978", f"31{NBSP}December{NBSP}1978"),
        (dt.datetime(2026, 11, 22, 9, 30), "date", f"22{NBSP}novembre{NBSP}2026", f"22{NBSP}November{NBSP}2026"),
    ],
)
def test_a_number_is_written_as_its_readers_write_it(value, shape, italian, english):
    assert formatted(value, shape, "it") == italian
    assert formatted(value, shape, "en") == english


@pytest.mark.parametrize(
    ("unit", "kind", "decimals", "values", "shape"),
    [
        ("percent", "share", None, [0.258], "percent.1"),
        ("percent", "share", 0, [0.258], "percent.0"),
        ("hub", "share", None, [0.258], "percent.1"),
        ("percent", "mean", None, [25.8], "plain_percent.1"),
        ("USD", "mean", None, [6349.1], "money.USD.0"),
        ("USD", "mean", None, [6.5], "money.USD.2"),
        ("person", "distinct", None, [185.0], "number.0"),
        ("year", "mean", None, [25.37], "number.1"),
        ("score", "mean", None, [2.5], "number.2"),
        ("ABC", "mean", None, [2.5], "number.2"),
    ],
)
def test_a_unit_chooses_the_format_and_as_many_decimals_as_the_values_need(unit, kind, decimals, values, shape):
    assert Unit.of(unit, kind, decimals).format(values) == shape


def test_the_difference_of_two_percentages_is_in_points():
    assert Unit.of("percent", "share").format([-0.08], difference=True) == "points.1"


NASTY = [
    "*non* corsivo _qui_ `né` codice",
    "<script>alert(1)</script>",
    "una | barra e [un](https://example.org) link",
    "1. non è un elenco",
    "- nemmeno questo",
    "# né un titolo",
    "$x^2$ ~giù~ ^su^ @fig-uno {#id .classe}",
    "{{< include segreto.md >}}",
    "> citazione: 5×1000 «è» ə",
    "a) lettera",
    "riga\nspezzata\tcon spazi",
    f"1.794{NBSP}$",
]


def test_words_from_data_are_shown_exactly_and_never_act():
    markdown = "\n\n".join(escaped(words) for words in NASTY)
    shown = pandoc(["--from", "markdown-smart", "--to", "plain", "--wrap", "none"], markdown).strip().split("\n\n")
    assert shown == [" ".join(words.split("\n")).replace("\t", " ") for words in NASTY]
    html = pandoc(["--from", "markdown", "--to", "html"], markdown)
    for tag in ("<script", "<em>", "<code>", "<a ", "<li>", "<h1", "<blockquote", "<sup>", "math", "citation"):
        assert tag not in html
    assert "{{<" not in markdown  # Quarto reads these before pandoc does


def test_every_number_shown_is_written_down_with_where_it_came_from():
    shown = Shown("it")
    row = {
        "indicator_id": "IN-1",
        "period": "2024",
        "dimension": "all",
        "category": "all",
        "value": 0.258,
        "ci_low": None,
    }
    assert shown.cell("indicator_values", row, "value", "percent.1") == f"25,8{NBSP}%"
    assert shown.cell("indicator_values", row, "ci_low", "percent.1") == "–"
    (number,) = shown.numbers.values()
    assert (number.table, number.column, number.value, number.format) == (
        "indicator_values",
        "value",
        "0.258",
        "percent.1",
    )
    assert number.row == "indicator_id=IN-1; period=2024; dimension=all; category=all"


def test_words_with_digits_are_written_down_and_others_not():
    shown = Shown("en")
    assert isinstance(shown.quoted("Earnings in 1978"), Md)
    shown.quoted("No digits here")
    assert list(shown.quotes) == ["Earnings in 1978"]
