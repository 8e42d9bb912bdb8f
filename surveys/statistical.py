"""An SPSS or Stata file read in a process of its own, with limits on memory and time: run, never imported.

A malformed file ends the process of its reader without a word. Takes path and kind as arguments; answers with one JSON
line about the file, then one for each column: its cells as text, and which of them the file itself declares missing.
Codes stay codes; a date no calendar has stays as it is written, so that it refuses its own row and not the whole file.
"""

from __future__ import annotations

import datetime as dt
import json
import math
import sys
from collections.abc import Callable, Mapping
from typing import Any

from surveys.limits import Fault, answering

_SPSS_START, _STATA_START = dt.datetime(1582, 10, 14), dt.datetime(1960, 1, 1)
_SPSS_DAYS = ("DATE", "ADATE", "EDATE", "JDATE", "SDATE", "QYR", "MOYR", "WKYR")
_DAY = 86_400
#: Stata's formats by their beginning: how the number becomes a date, a moment, or the first day of its period.
_STATA: Mapping[str, Callable[[float], str]] = {
    "%td": lambda n: _moment(_STATA_START, n * _DAY)[:10],
    "%d": lambda n: _moment(_STATA_START, n * _DAY)[:10],
    "%tc": lambda n: _moment(_STATA_START, n / 1000),
    "%tC": lambda n: _moment(_STATA_START, n / 1000),
    "%tw": lambda n: _moment(dt.datetime(1960 + int(n // 52), 1, 1), n % 52 * 7 * _DAY)[:10],
    "%tm": lambda n: f"{1960 + int(n // 12):04d}-{1 + int(n % 12):02d}-01",
    "%tq": lambda n: f"{1960 + int(n // 4):04d}-{1 + 3 * int(n % 4):02d}-01",
    "%th": lambda n: f"{1960 + int(n // 2):04d}-{1 + 6 * int(n % 2):02d}-01",
}


def main() -> None:
    answering(lambda: answer(sys.argv[1], sys.argv[2]))


def answer(path: str, kind: str) -> None:
    columns, meta = _opened(path, kind)
    names = list(meta.column_names)
    count = max((len(columns[name]) for name in names), default=0)
    labels = {name: {_number(code): str(said) for code, said in codes.items()}
              for name, codes in meta.variable_value_labels.items()}  # fmt: skip
    about = {
        "headers": names,
        "count": count,
        "titles": [meta.column_names_to_labels.get(name) or "" for name in names],
        "labels": [labels.get(name, {}) for name in names],
        "encoding": meta.file_encoding,
        "sets": {name: one["variable_list"] for name, one in _sets(meta).items()},
    }
    print(json.dumps(about))
    for name in names:
        texts, missing = _column(columns[name], meta, name)
        print(json.dumps([texts, missing]))


def _opened(path: str, kind: str) -> tuple[Mapping[str, Any], Any]:
    import pyreadstat

    how: dict[str, Any] = {"disable_datetime_conversion": True, "output_format": "dict"}
    try:
        if kind == "por":
            return pyreadstat.read_por(path, **how)
        read = pyreadstat.read_dta if kind == "dta" else pyreadstat.read_sav
        try:
            return read(path, user_missing=True, **how)
        except pyreadstat.ReadstatError as fault:
            if "invalid" not in str(fault).lower() or (
                "encoding" not in str(fault).lower() and "byte" not in str(fault)
            ):
                raise
            return read(path, user_missing=True, encoding="cp1252", **how)
    except UnicodeDecodeError:
        raise Fault("delivery-damaged") from None
    except pyreadstat.PyreadstatError as fault:
        raise Fault("delivery-damaged") from fault
    except pyreadstat.ReadstatError as fault:
        raise Fault("delivery-password" if "encrypted" in str(fault).lower() else "delivery-damaged") from fault


def _sets(meta: Any) -> Mapping[str, Any]:
    return getattr(meta, "mr_sets", None) or {}


def _column(values: Any, meta: Any, name: str) -> tuple[list[str], str]:
    """The cells as text and, as a string of 0 and 1, which of them hold a code the file declares missing."""
    shown = _shower(meta.original_variable_types.get(name) or "", meta.readstat_variable_types.get(name) == "string")
    ranges = meta.missing_ranges.get(name) or ()
    tagged = set(meta.missing_user_values.get(name) or ()) if meta.readstat_variable_types.get(name) != "string" else ()
    texts, missing = [], bytearray()
    for value in values.tolist() if hasattr(values, "tolist") else values:
        if value is None or (isinstance(value, float) and math.isnan(value)):
            texts.append("")
            missing.append(48)
        elif isinstance(value, str) and tagged and value in tagged:
            texts.append(f".{value}")
            missing.append(49)
        else:
            texts.append(value if isinstance(value, str) else shown(value))
            missing.append(49 if any(_lies_in(value, one) for one in ranges) else 48)
    return texts, missing.decode("ascii")


def _lies_in(value: Any, span: Mapping[str, Any]) -> bool:
    low, high = span["lo"], span["hi"]
    if isinstance(value, str) or isinstance(low, str) or isinstance(high, str):
        return str(value).rstrip() == str(low).rstrip() == str(high).rstrip()
    return low <= value <= high


def _shower(format_: str, is_text: bool) -> Callable[[Any], str]:
    """How a number of this format is said: a date as ISO, a time as `HH:MM:SS`, else the number itself."""
    if is_text:
        return str
    if format_.startswith("%"):
        return next((show for start, show in _STATA.items() if format_.startswith(start)), _number)
    bare = format_.rstrip("0123456789.").upper()
    if bare in _SPSS_DAYS:
        return lambda seconds: _moment(_SPSS_START, seconds)[:-9]
    if bare in ("DATETIME", "YMDHMS"):
        return lambda seconds: _moment(_SPSS_START, seconds)
    return _clock if bare in ("TIME", "DTIME", "MTIME") else _number


def _moment(start: dt.datetime, seconds: float) -> str:
    """ISO date and time; where it lies beyond year 9999, with as many digits as its year has."""
    seconds = round(seconds)
    try:
        return (start + dt.timedelta(seconds=seconds)).isoformat(" ", "seconds")
    except OverflowError:
        rounds = seconds // (146_097 * _DAY)  # the calendar repeats itself every 400 years of 146,097 days
        near = start + dt.timedelta(seconds=seconds - rounds * 146_097 * _DAY)
        return f"{near.year + 400 * rounds}{near.isoformat(' ', 'seconds')[4:]}"


def _clock(seconds: float) -> str:
    whole = math.floor(seconds)
    return f"{whole // 3600:02d}:{whole // 60 % 60:02d}:{whole % 60:02d}"


def _number(value: Any) -> str:
    """`5` for 5.0: the codes of a contract are written without decimals."""
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    return f".{value}" if isinstance(value, str) and len(value) == 1 and value.islower() else str(value)


if __name__ == "__main__":
    main()
