"""What every block of the vocabulary is made of: ids, days, durations, texts in several languages, retirement.

The blocks themselves are in `model`. Nothing here knows what a theory of change is, except that what is written in one
has a stable id, is never reused, and may be retired instead of deleted.
"""

from __future__ import annotations

import datetime as dt
import re
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    RootModel,
    StringConstraints,
    model_validator,
)
from pydantic_core import PydanticCustomError

from theory_of_change.languages import code_for


def _known_language(code: str) -> str:
    right = code_for(code)
    if right != code:
        raise PydanticCustomError("language_unknown", "no such language code", {"found": code, "hint": right or ""})
    return code


def _full_date(given: Any) -> Any:
    """Text is a date only when written year-month-day: a bare number must not pass as seconds since 1970."""
    if not isinstance(given, str):
        return given
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", given):
        raise PydanticCustomError("date_shape", "not written year-month-day", {"found": given})
    try:
        return dt.date.fromisoformat(given)
    except ValueError:
        raise PydanticCustomError("date_not_in_calendar", "no such day", {"found": given}) from None


ElementId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_.-]*$", max_length=80)]
SourceId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_-]*$", max_length=60)]
LanguageCode = Annotated[str, AfterValidator(_known_language)]
Words = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]
Day = Annotated[dt.date, BeforeValidator(_full_date, json_schema_input_type=dt.date)]
Lag = Annotated[str, StringConstraints(pattern=r"^P(\d+[YMWD])+(\.\.P(\d+[YMWD])+)?$")]
Version = Annotated[str, StringConstraints(pattern=r"^\d+\.\d+\.\d+([-+][0-9A-Za-z.-]+)?$")]


class Definition(BaseModel):
    """A block of the theory: immutable, and unknown keys are mistakes. A key with nothing after it counts as absent."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, populate_by_name=True)

    @model_validator(mode="before")
    @classmethod
    def _empty_is_absent(cls, given: Any) -> Any:
        if not isinstance(given, dict) or None not in given.values():
            return given
        known = {name for key, field in cls.model_fields.items() for name in (key, field.alias)}
        return {key: value for key, value in given.items() if value is not None or key not in known}


class Text(RootModel[Words | dict[LanguageCode, Words]]):
    """Words in one or more languages: a plain string, or `{it: …, en: …}`."""

    model_config = ConfigDict(frozen=True)

    @property
    def languages(self) -> tuple[str, ...]:
        """Language codes given; empty for a plain string, which serves every language."""
        return () if isinstance(self.root, str) else tuple(self.root)

    def within(self, language: str, *fallbacks: str) -> str:
        """The words in `language`, else in the first fallback that has them, else in any language given."""
        if isinstance(self.root, str):
            return self.root
        for wanted in (language, *fallbacks):
            if wanted in self.root:
                return self.root[wanted]
        return next(iter(self.root.values()), "")


class Unit(Text):
    """What numbers are in: `hub`, `EUR`, `percent`, or the same words in several languages."""

    @property
    def words(self) -> tuple[str, ...]:
        return (self.root,) if isinstance(self.root, str) else tuple(self.root.values())

    @property
    def name(self) -> str:
        """The one word programs go by: the English one where there are several."""
        return self.within("en")


class Span(Definition):
    """A stretch of time, both ends included."""

    start: Day | None = None
    end: Day | None = None


class Retired(Definition):
    """When and why something stopped being part of the theory. It stays in the file, so that old reports resolve."""

    at: Day
    reason: Text
    replaced_by: ElementId | None = None


class Acceptable(Definition):
    """A block at which a coherence rule may be accepted: `accept: {rule: reason}`."""

    accept: dict[str, Text] = Field(default_factory=dict, description="Coherence rules accepted here, with the reason.")


class Named(Acceptable):
    """A block with a stable id. `area` says to which part of the theory it belongs; without one, to the whole."""

    id: ElementId
    area: ElementId | None = None
    retired: Retired | None = None
