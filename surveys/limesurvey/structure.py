"""The questionnaire as the server has it now, raw: settings, groups, questions, columns, every language.

Whoever drafts or compares a contract starts here. Nothing is interpreted but where the server says the same thing in
two ways; what a question type means is in `surveys.questions`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from surveys.limesurvey.client import RemoteControl
from surveys.limesurvey.replies import Refused, survey_problem
from theory_of_change.problems import Place

#: Never all settings: among them are the password of a mailbox and people's addresses.
_SETTINGS = ("sid", "active", "anonymized", "datestamp", "savetimings", "ipaddr", "refurl", "language",
             "additional_languages", "startdate", "expires", "format")  # fmt: skip
_TEXTS = ("surveyls_title", "surveyls_description", "surveyls_dateformat", "surveyls_numberformat")
_LISTS = ("available_answers", "subquestions", "answeroptions")


@dataclass(frozen=True)
class InLanguage:
    """One language of a survey. `properties` are those of each question, by its number (qid)."""

    texts: Mapping[str, Any]
    groups: tuple[Mapping[str, Any], ...]
    questions: tuple[Mapping[str, Any], ...]
    properties: Mapping[int, Mapping[str, Any]]


@dataclass(frozen=True)
class Structure:
    """One survey. `languages` begins with the base language; `fieldmap` has every column by its name in the database,
    in the order of the export, and `headers` the names the same columns bear there."""

    survey: int
    settings: Mapping[str, Any]
    languages: Mapping[str, InLanguage]
    fieldmap: Mapping[str, Mapping[str, Any]]

    @property
    def headers(self) -> tuple[str, ...]:
        return tuple(header_of(column) for column in self.fieldmap.values())


def survey_structure(server: RemoteControl, survey: int, place: Place | None = None) -> Structure:
    """Everything the server says about the questionnaire. `place`, for problems, is where the survey is named."""
    try:
        settings = server.survey_properties(survey, _SETTINGS)
        languages = [str(settings.get("language") or "")]
        languages += [code for code in str(settings.get("additional_languages") or "").split() if code]
        spoken = {code: _in_language(server, survey, code) for code in dict.fromkeys(languages) if code}
        return Structure(survey, settings, spoken, server.fieldmap(survey, languages[0] or None))
    except Refused as refused:
        raise survey_problem(refused, place or Place(server.address), survey) from None


def _in_language(server: RemoteControl, survey: int, language: str) -> InLanguage:
    questions = server.questions(survey, language)
    asked = [int(one["qid"]) for one in questions if not int(one["parent_qid"])]
    described = {number: _without_sentences(server.question_properties(number, _ASKED, language)) for number in asked}
    return InLanguage(
        texts=server.language_properties(survey, language, _TEXTS),
        groups=tuple(server.groups(survey, language)),
        questions=tuple(questions),
        properties=described,
    )


#: The default answer of get_question_properties leaves some of these out.
_ASKED = (
    "qid", "gid", "title", "type", "other", "mandatory", "question_order", "relevance", "question_theme_name",
    "available_answers", "subquestions", "attributes", "attributes_lang", "answeroptions", "defaultvalue",
)  # fmt: skip


def _without_sentences(properties: Mapping[str, Any]) -> dict[str, Any]:
    """The properties with options always by their code, and none where the server puts a sentence in place of none.

    PHP writes the codes 0, 1, 2 as a list; two scales are a list as well, of one mapping each.
    """
    return {name: _by_code(value) if name in _LISTS else value for name, value in properties.items()}


def _by_code(options: Any) -> Any:
    if isinstance(options, str):
        return {}
    if isinstance(options, list) and all(isinstance(one, dict) and "answer" in one for one in options):
        return {str(code): one for code, one in enumerate(options)}
    return [_by_code(one) for one in options] if isinstance(options, list) else options


def header_of(column: Mapping[str, Any]) -> str:
    """The header a column of the fieldmap has in an export with `code` headings: `FID[VIC]`, `DUALE[VER][2]`."""
    code, part = str(column.get("title") or ""), str(column.get("aid") or "")
    if not code:
        return str(column["fieldname"])
    scale = column.get("scale_id")
    is_dual = column.get("type") == "1" and scale is not None and part not in ("", "other", "comment")
    return code + (f"[{part}]" if part else "") + (f"[{int(scale) + 1}]" if is_dual else "")
