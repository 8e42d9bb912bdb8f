"""What people and spreadsheets write in a cell, and what it means. One line of a table is one promise."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from surveys import cells

ROME = ZoneInfo("Europe/Rome")


def number(text: str, *others: str, decimal: str | None = None) -> object:
    """The value of the first text in a column that also holds the others; the rule where it breaks one."""
    values, rules = cells.numbers([text, *others], decimal)
    return rules[0] or values[0]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("12", 12),
        ("-12", -12),
        ("+12", 12),
        ("−12", -12),
        ("007", 7),
        ("0", 0),
        ("1234,5", 1234.5),
        ("1234.5", 1234.5),
        ("1.234,56", 1234.56),
        ("1,234.56", 1234.56),
        ("1.234.567", 1234567),
        ("1,234,567", 1234567),
        ("1.234.567,89", 1234567.89),
        ("1 234,56", 1234.56),
        ("1\u00a0234,56", 1234.56),
        ("1\u202f234\u202f567", 1234567),
        ("1'234.50", 1234.5),
        ("1’234.50", 1234.5),
        ("0,5", 0.5),
        (",5", 0.5),
        (".5", 0.5),
        ("0,125", 0.125),
        ("0.125", 0.125),
        ("1234.567", 1234.567),
        ("12,3456", 12.3456),
        ("€ 1.234,50", 1234.5),
        ("1.234,50 €", 1234.5),
        ("1.234,50 euro", 1234.5),
        ("EUR 1.234,50", 1234.5),
        ("€ -3,50", -3.5),
        ("-€ 3,50", -3.5),
        ("25%", 0.25),
        ("12,5 %", 0.125),
        ("1e3", 1000),
        ("1.5E-05", 1.5e-05),
        ("12345678901234567890", 1.2345678901234567e19),
    ],
)
def test_a_number_means_what_it_says(text: str, value: float) -> None:
    assert number(text) == value


@pytest.mark.parametrize(
    "text",
    ["due", "1,2,3", "1.2.3", "1.23.456", "12 34", "1 2345", "--3", "-€-3", "€", "1,", "1.", "3-4", "1/2", "inf", "nan",
     "Infinity", "0x1A", "1_000", "٣x", "=1+1", "#N/A", "1.234,5,6", "1,234.5.6", "5 persone", "1e", "1 234 56",
     "1\n2"],
)  # fmt: skip
def test_what_is_no_number_is_refused(text: str) -> None:
    assert number(text) == "not-a-number"


def test_a_number_beyond_all_bounds_is_refused() -> None:
    assert number("9" * 400) == "too-large"
    assert number("1e999") == "too-large"


@pytest.mark.parametrize(
    ("text", "others", "decimal", "value"),
    [
        # a lone point is a decimal point unless the column or the contract says otherwise
        ("1.234", (), None, 1.234),
        ("1.234", ("2,5",), None, 1234),
        ("1.234", ("10.000,5",), None, 1234),
        ("1.234", ("2.5",), None, 1.234),
        ("1.234", (), ",", 1234),
        ("1.234", (), ".", 1.234),
        # a lone comma may be either, and never becomes a thousand times more or less by guessing
        ("1,234", (), None, "ambiguous-number"),
        ("1,234", ("2,5",), None, 1.234),
        ("1,234", ("2.5",), None, 1234),
        ("1,234", (), ",", 1.234),
        ("1,234", (), ".", 1234),
        # where both marks occur, only what is unmistakable is read
        ("1.234", ("2,5", "2.5"), None, "ambiguous-number"),
        ("2,5", ("2.5",), None, 2.5),
        # the contract's mark binds: a number that contradicts it is no number
        ("2.5", (), ",", "not-a-number"),
        ("2,5", (), ".", "not-a-number"),
        ("1,234.5", (), ",", "not-a-number"),
        ("1.234,5", (), ",", 1234.5),
        ("25", (), ",", 25),
    ],
)
def test_what_can_be_read_two_ways_follows_the_contract_then_the_column(
    text: str, others: tuple[str, ...], decimal: str | None, value: object
) -> None:
    assert number(text, *others, decimal=decimal) == value


@pytest.mark.parametrize(
    ("text", "others", "value"),
    [
        ("12", (), 12),
        ("12,0", (), 12),
        ("12.00", (), 12),
        ("12,5", (), "not-an-integer"),
        ("dodici", (), "not-an-integer"),
        ("1.234", (), "ambiguous-number"),
        ("1.000", (), "ambiguous-number"),
        ("1.234", ("5,0",), 1234),
        ("9223372036854775807", (), 9223372036854775807),
        ("9223372036854775808", (), "too-large"),
        ("1e30", (), "too-large"),
        ("9007199254740993.0", (), "too-large"),  # as a decimal number it cannot be told from its neighbour
        ("50%", (), "not-an-integer"),
    ],
)
def test_whole_numbers(text: str, others: tuple[str, ...], value: object) -> None:
    values, rules = cells.integers([text, *others])
    assert (rules[0] or values[0]) == value


def date(text: str, **how: object) -> object:
    values, rules = cells.dates([text], **how)
    return rules[0] or values[0].isoformat()


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2024-05-31", "2024-05-31"),
        ("2024/05/31", "2024-05-31"),
        ("2024.5.31", "2024-05-31"),
        ("20240531", "2024-05-31"),
        ("31/05/2024", "2024-05-31"),
        ("31/5/2024", "2024-05-31"),
        ("31-05-2024", "2024-05-31"),
        ("31.5.2024", "2024-05-31"),
        ("1 5 2024", "2024-05-01"),
        ("02/03/2024", "2024-03-02"),
        ("2024-05-31T12:30:00", "2024-05-31"),
        ("2024-05-31 12:30:00", "2024-05-31"),
        ("2024-05-31 12:30", "2024-05-31"),
        ("2024-05-31 12:30:00.123", "2024-05-31"),
        ("31/05/2024 19.07.17", "2024-05-31"),
        ("31/05/2024, 19:07", "2024-05-31"),
        ("29/02/2024", "2024-02-29"),
        ("29/02/2023", "impossible-date"),
        ("31/02/2025", "impossible-date"),
        ("04/13/2024", "impossible-date"),
        ("0/1/2024", "impossible-date"),
        ("2024-13-01", "impossible-date"),
        ("31/05/0024", "impossible-date"),
        ("2024-05-31 25:00", "impossible-date"),
        ("2024-05-31 12:61", "impossible-date"),
        ("ieri", "not-a-date"),
        ("2024", "not-a-date"),
        ("05/2024", "not-a-date"),
        ("31/05/024", "not-a-date"),
        ("31/05-2024", "not-a-date"),
        ("45443", "not-a-date"),
        ("2024-05-31 mattina", "not-a-date"),
        ("18-29", "not-a-date"),
    ],
)
def test_dates_day_first_or_iso(text: str, value: str) -> None:
    assert date(text) == value


@pytest.mark.parametrize(
    ("text", "last_year", "value"),
    [("16.1.26", 2026, "2026-01-16"), ("16.1.27", 2026, "1927-01-16"), ("1-2-45", 2026, "1945-02-01"),
     ("1/2/99", 2068, "1999-02-01"), ("1/2/68", 2068, "2068-02-01"), ("1/2/00", 2026, "2000-02-01")],
)  # fmt: skip
def test_a_year_of_two_digits_is_the_last_one_up_to_the_programmes_end(text: str, last_year: int, value: str) -> None:
    assert date(text, last_year=last_year) == value


@pytest.mark.parametrize(
    ("text", "order", "value"),
    [("04/13/2024", "mdy", "2024-04-13"), ("13/04/2024", "mdy", "impossible-date"), ("24/04/13", "ymd", "2024-04-13"),
     ("2024-04-13", "mdy", "2024-04-13"), ("04/03/2024", "mdy", "2024-04-03")],
)  # fmt: skip
def test_the_contracts_order_is_followed_and_iso_is_always_understood(text: str, order: str, value: str) -> None:
    assert date(text, order=order) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2026-05-02T23:30:00Z", "2026-05-03"),  # half past one in Rome
        ("2026-05-02T21:30:00Z", "2026-05-02"),
        ("2026-01-02 23:30 UTC", "2026-01-03"),
        ("2026-01-03T00:30:00+02:00", "2026-01-02"),
        ("2026-01-03T00:30:00-0500", "2026-01-03"),
        ("2026/03/20 5:40:05 PM GMT+1", "2026-03-20"),
        ("2026/03/20 12:10:05 AM GMT+1", "2026-03-20"),
        ("2026/03/20 12:10:05 AM GMT+3", "2026-03-19"),
        ("2026/03/20 13:10:05 PM GMT+1", "impossible-date"),
    ],
)
def test_a_moment_with_its_zone_is_the_programmes_day(text: str, value: str) -> None:
    assert date(text, zone=ROME) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("46041", dt.date(2026, 1, 19)),
        ("46041.75", dt.date(2026, 1, 19)),
        ("3654", dt.date(1910, 1, 1)),
        ("73050.99", dt.date(2099, 12, 31)),
        ("3653", "not-a-date"),
        ("73051", "not-a-date"),
        ("20240531", dt.date(2024, 5, 31)),
        ("1985", "not-a-date"),  # a year, not a day of 1905
        ("0", "not-a-date"),
        ("99999", "not-a-date"),
        ("-5", "not-a-date"),
    ],
)
def test_a_number_cell_of_a_spreadsheet_counts_days_since_1899(text: str, value: object) -> None:
    values, rules = cells.serial_dates([text])
    assert (rules[0] or values[0]) == value


@pytest.mark.parametrize(
    "text", ["sì", "Sì", "SI", "si", "sí", "si'", "s", "x", "X", "1", "true", "VERO", "Y", "yes", "✓"]
)
def test_yes(text: str) -> None:
    assert cells.booleans([text]) == ([True], [None])


@pytest.mark.parametrize("text", ["no", "NO", "n", "0", "false", "Falso"])
def test_no(text: str) -> None:
    assert cells.booleans([text]) == ([False], [None])


@pytest.mark.parametrize("text", ["forse", "2", "-", "sì e no", "oui", "✗"])
def test_neither_yes_nor_no(text: str) -> None:
    assert cells.booleans([text]) == ([None], ["not-boolean"])


# Whatever a number or date is written like, it comes back ------------------------------------------------------------


def italian(value: float, decimals: int) -> str:
    return f"{value:,.{decimals}f}".translate(str.maketrans(",.", ".,"))


@settings(deadline=None)
@given(st.decimals(-(10**12), 10**12, places=2))
def test_italian_numbers_come_back(value) -> None:
    assert number(italian(value, 2)) == float(value)
    assert number(f"€ {italian(abs(value), 2)}") == float(abs(value))


@settings(deadline=None)
@given(st.decimals(-(10**12), 10**12, places=2))
def test_english_numbers_come_back(value) -> None:
    assert number(f"{value:,.2f}") == float(value)


@settings(deadline=None)
@given(st.floats(allow_nan=False, allow_infinity=False))
def test_numbers_as_programs_write_them_come_back(value: float) -> None:
    assert number(repr(value), decimal=".") == value


@given(st.lists(st.from_regex(r"-?[0-9]{1,15}(\.[0-9]{1,17})?", fullmatch=True)), st.sampled_from([None, ".", ","]))
def test_a_column_of_plain_numbers_is_read_like_any_other(texts: list[str], decimal: str | None) -> None:
    values, rules = cells.numbers(texts, decimal)
    awkward = cells.numbers([*texts, "due"], decimal)
    assert ([*values, None], [*rules, "not-a-number"]) == awkward
    assert list(map(type, values)) == list(map(type, awkward[0][:-1]))


@settings(deadline=None)
@given(st.integers(-(2**63) + 1, 2**63 - 1), st.sampled_from([".", ",", " ", "\u00a0", "'", ""]))
def test_whole_numbers_come_back_whatever_separates_thousands(value: int, thousands: str) -> None:
    decimal = {".": ",", ",": "."}.get(thousands)
    values, rules = cells.integers([f"{value:,}".replace(",", thousands)], decimal)
    assert (values, rules) == ([value], [None])


@settings(deadline=None)
@given(st.dates(dt.date(1800, 1, 1), dt.date(2199, 12, 31)), st.sampled_from("/-. "), st.booleans())
def test_dates_come_back_however_they_are_written(day: dt.date, mark: str, is_padded: bool) -> None:
    width = "02" if is_padded else ""
    d, m, y = format(day.day, width), format(day.month, width), day.year
    assert date(f"{d}{mark}{m}{mark}{y}") == day.isoformat()
    assert date(f"{m}{mark}{d}{mark}{y}", order="mdy") == day.isoformat()
    assert date(f"{y}{mark}{m}{mark}{d}") == day.isoformat()
    assert date(f"{day.isoformat()} 23:59:59") == day.isoformat()


@settings(deadline=None)
@given(st.dates(dt.date(1910, 1, 1), dt.date(2099, 12, 31)))
def test_serial_dates_come_back(day: dt.date) -> None:
    assert cells.serial_dates([str((day - dt.date(1899, 12, 30)).days)])[0] == [day]


@settings(deadline=None)
@given(st.lists(st.text(min_size=1)))
def test_any_text_gets_a_value_or_a_rule_and_never_both(texts: list[str]) -> None:
    for read in (cells.numbers, cells.integers, cells.dates, cells.serial_dates, cells.booleans):
        values, rules = read(texts)
        assert len(values) == len(rules) == len(texts)
        assert all((value is None) != (rule is None) for value, rule in zip(values, rules, strict=True))


@pytest.mark.parametrize(
    ("text", "date"),
    [
        ("3 febbraio 2026", "2026-02-03 00:00"),
        ("lunedì 2 feb. 2026, ore 9.30", "2026-02-02 09:30"),
        ("02-feb-26", "2026-02-02 00:00"),
        ("1° marzo 2026", "2026-03-01 00:00"),
        ("Feb 3, 2026 4:05 PM", "2026-02-03 16:05"),
        ("3 sett 2026", "2026-09-03 00:00"),
        ("2026/02/03 3:04:05 PM CET", "2026-02-03 15:04"),
        ("2026/07/03 3:04:05 PM OESC", "2026-07-03 15:04"),
        ("31 febbraio 2026", None),
        ("3 febbraraio 2026", None),
        ("3 mele 2026", None),
    ],
)
def test_a_month_in_words_and_the_names_of_zones_are_read(text: str, date: str | None) -> None:
    from zoneinfo import ZoneInfo

    (moment,), (rule,) = cells.moments([text], zone=ZoneInfo("Europe/Rome"))
    assert (moment and f"{moment:%Y-%m-%d %H:%M}", rule is None) == (date, date is not None)
