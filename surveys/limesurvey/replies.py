"""What LimeSurvey, or something in front of it, may answer: each answer told from every other.

LimeSurvey reports nearly all mistakes with HTTP 200 and a `status` text, partly translated; version 7 adds an
`error_code`. Texts are matched in English only, and no text of the server reaches a message where it may hold a value.
"""

from __future__ import annotations

import base64
import binascii
import html
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from theory_of_change.problems import Place, Problem, ProblemsFound, ServiceFailed

INVALID_SESSION = "invalid session key"
NO_PERMISSION = "no permission"
NOT_ACTIVE = "no data, survey table does not exist."
NO_RESPONSES = "no data, could not get max id."
NO_PARTICIPANTS = "no survey participants found."
NO_PARTICIPANT_TABLE = "error: no survey participants table"
NO_SURVEYS = "no surveys found"
_WRONG_PASSWORD = "invalid user name or password"
_NO_SURVEY = ("error: invalid survey id", "invalid surveyid", "invalid survey id")
#: LimeSurvey 7 names its errors beside the text; where it does, the name decides.
_CODES = {
    "ERR_INVALID_SESSION": INVALID_SESSION,
    "ERR_INVALID_SESSION_KEY": INVALID_SESSION,
    "ERR_NO_PERMISSION": NO_PERMISSION,
    "ERR_INVALID_SURVEY": _NO_SURVEY[0],
    "ERR_NO_PARTICIPANT_TABLE": NO_PARTICIPANT_TABLE,
}
_LOCKED = re.compile(r"attempt|tentativ|tentative|versuch|intentos", re.IGNORECASE)
_NO_INTERNAL_LOGIN = re.compile(r"database|base de datos|base de données|datenbank", re.IGNORECASE)
_HTML = re.compile(rb"\s*(<!doctype html|<html|<head|<body|<center|<h1)", re.IGNORECASE)
#: Statuses by which a proxy or an overloaded server says: later.
PASSING = (408, 429, 500, 502, 503, 504)


class Refused(Exception):
    """LimeSurvey understood the call and answers with a status instead of a result. `status` is in lower case."""

    def __init__(self, method: str, status: str, said: str) -> None:
        super().__init__(method)
        self.method, self.status, self.said = method, status, said


class PassingFault(ServiceFailed):
    """The server, or the way to it, failed in a manner that may be over in a moment. `wait` is what it asks for."""

    def __init__(self, problem: Problem, wait: float | None = None) -> None:
        super().__init__([problem])
        self.wait = wait


@dataclass(frozen=True)
class Reply:
    """One HTTP answer. `address` is the one that was asked, without secrets."""

    address: str
    method: str
    status: int
    headers: Mapping[str, str]
    body: bytes

    def result(self, id_: int) -> Any:
        """What the call gave. Raises Refused, PassingFault, or ServiceFailed for what is no answer of the interface."""
        self._must_be_of_the_interface()
        try:
            answer = json.loads(self.body)
        except ValueError:
            code = "limesurvey-cut-short" if self.body.lstrip()[:1] in (b"{", b"[") else "limesurvey-not-understood"
            raise PassingFault(self.problem(code)) from None
        if not isinstance(answer, dict) or "result" not in answer or answer.get("id", id_) != id_:
            raise ServiceFailed([self.problem("limesurvey-not-understood")])
        if answer.get("error") is not None:
            raise Refused(self.method, "error", "")
        result = answer["result"]
        if isinstance(result, dict) and "status" in result and result["status"] != "OK":
            said = html.unescape(str(result["status"]))
            raise Refused(self.method, _CODES.get(str(result.get("error_code")), said.strip().casefold()), said)
        return result

    def problem(self, code: str, **facts: str) -> Problem:
        return Problem(code, Place(self.address), facts)

    def _must_be_of_the_interface(self) -> None:
        """Raises for a redirection, a page of a proxy or of LimeSurvey itself, and for the interface switched off."""
        facts = {"status": str(self.status)}
        if 300 <= self.status < 400:
            raise ServiceFailed([self.problem("limesurvey-redirect", target=self._target(), **facts)])
        if self.status in PASSING:
            code = "limesurvey-busy" if self.status in (429, 503) else "limesurvey-server-fault"
            raise PassingFault(self.problem(code, **facts), _seconds(self.headers.get("Retry-After", "")))
        if self.status in (401, 403, 407):
            raise ServiceFailed([self.problem("limesurvey-door-closed", **facts)])
        if self.status != 200:
            raise ServiceFailed([self.problem("limesurvey-wrong-path", **facts)])
        if not self.body.strip():
            raise ServiceFailed([self.problem("limesurvey-interface-off")])
        if self.body.lstrip().startswith(b"<?xml") and b"<methodResponse>" in self.body:
            raise ServiceFailed([self.problem("limesurvey-interface-xml")])
        if _HTML.match(self.body):
            raise ServiceFailed([self.problem("limesurvey-html-page", **facts)])

    def _target(self) -> str:
        """Where a redirection leads, without anything secret it may carry."""
        scheme, _, rest = self.headers.get("Location", "").partition("://")
        return f"{scheme}://{rest.partition('?')[0].rpartition('@')[2]}" if rest else "…"


def _seconds(text: str) -> float | None:
    return float(text) if re.fullmatch(r"\d{1,4}", text.strip()) else None


def login_problem(refused: Refused, address: str) -> ProblemsFound:
    """Why nobody could log in. The texts are in the site's language, so what no pattern knows is told as it came."""
    place = Place(address)
    if refused.status == _WRONG_PASSWORD:
        return ProblemsFound([Problem("limesurvey-wrong-password", place)])
    if _LOCKED.search(refused.said):
        return ServiceFailed([Problem("limesurvey-locked", place)])
    if _NO_INTERNAL_LOGIN.search(refused.said):
        return ProblemsFound([Problem("limesurvey-no-internal-login", place)])
    return ProblemsFound([Problem("limesurvey-login-refused", place, {"said": refused.said or "…"})])


def survey_problem(refused: Refused, place: Place, survey: int) -> ProblemsFound:
    """Why a call about one survey gave nothing. `place` is where the contract names the survey."""
    facts = {"survey": str(survey), "method": refused.method}
    if refused.status == NO_PERMISSION:
        return ProblemsFound([Problem("limesurvey-no-permission", place, facts)])
    if refused.status in _NO_SURVEY:
        return ProblemsFound([Problem("limesurvey-survey-missing", place, facts)])
    if refused.status == NOT_ACTIVE:
        return ProblemsFound([Problem("limesurvey-not-active", place, facts)])
    return ServiceFailed([Problem("limesurvey-call-refused", place, facts)])


def export_of(result: Any, address: str, method: str) -> Any:
    """The JSON inside an export's base64. Raises PassingFault where it was cut on the way."""
    try:
        return json.loads(base64.b64decode(result, validate=True))
    except (TypeError, ValueError, binascii.Error):
        raise PassingFault(Problem("limesurvey-cut-short", Place(address), {"method": method})) from None
