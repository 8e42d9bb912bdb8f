"""RemoteControl 2 as an object: one session key, kept, renewed and always released, and the calls Sestante makes.

Only reading calls exist here, so each may be repeated when the way to the server fails; a login is sent again only if
it never left this machine, because three failed ones lock the address for ten minutes. What an answer means is decided
in `replies`. Neither the key nor the password is ever part of a text.
"""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import TracebackType
from typing import Any

import requests
from urllib3.exceptions import NameResolutionError, NewConnectionError

from surveys.limesurvey.account import Account
from surveys.limesurvey.replies import (
    INVALID_SESSION,
    NO_PARTICIPANTS,
    NO_SURVEYS,
    PassingFault,
    Refused,
    Reply,
    export_of,
    login_problem,
)
from theory_of_change.problems import Place, Problem, ProblemsFound, ServiceFailed

CONNECT_SECONDS, READ_SECONDS = 10.0, 120.0
#: Seconds before each repetition of a call that failed on the way.
PAUSES = (1.0, 3.0, 9.0)
_LONGEST_PAUSE = 60.0
#: The server forgets a key 7,200 seconds after login, used or not; a new one is asked for before.
_KEY_SECONDS = 6_600.0
_MOST_BYTES = 256 * 2**20
_PAGE = 1_000


class RemoteControl:
    """One session with the server. Use it as a context: leaving it releases the key, however it is left.

        with RemoteControl(account) as server:
            server.survey_properties(415101)

    Every call raises Refused for a status LimeSurvey answers with, ServiceFailed when the server cannot be reached or
    what answers is not it, and ProblemsFound where the account may not log in.
    """

    read_seconds = READ_SECONDS

    def __init__(
        self,
        account: Account,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.account = account
        self._sleep, self._clock = sleep, clock
        self._http = requests.Session()
        self._http.headers["User-Agent"] = "sestante"
        self._key: str | None = None
        self._key_since = 0.0
        self._refused: ProblemsFound | None = None
        self._id = 0

    def __enter__(self) -> RemoteControl:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self.release()
        finally:
            self._http.close()

    @property
    def address(self) -> str:
        return self.account.address

    def release(self) -> None:
        """Gives the key back. A server that cannot be told any more forgets it by itself."""
        key, self._key = self._key, None
        if key is None:
            return
        with contextlib.suppress(ServiceFailed, Refused):
            self._send("release_session_key", [key], read_seconds=5.0)

    # -- the calls ---------------------------------------------------------------------------------------------------

    def surveys(self) -> list[dict[str, Any]]:
        """The surveys this account may see: sid, surveyls_title in the base language, active."""
        try:
            return self._list("list_surveys")
        except Refused as refused:
            if refused.status == NO_SURVEYS:
                return []
            raise

    def survey_properties(self, survey: int, names: Sequence[str] | None = None) -> dict[str, Any]:
        return self._mapping("get_survey_properties", survey, *([list(names)] if names else []))

    def language_properties(self, survey: int, language: str, names: Sequence[str] | None = None) -> dict[str, Any]:
        return self._mapping("get_language_properties", survey, list(names) if names else None, language)

    def groups(self, survey: int, language: str | None = None) -> list[dict[str, Any]]:
        return self._list("list_groups", survey, *([language] if language else []))

    def questions(self, survey: int, language: str | None = None) -> list[dict[str, Any]]:
        """Questions and sub-questions in one list; `parent_qid` is 0 for a question."""
        return self._list("list_questions", survey, *([None, language] if language else []))

    def question_properties(
        self, question: int, names: Sequence[str] | None = None, language: str | None = None
    ) -> dict[str, Any]:
        named = list(names) if names else None
        return self._mapping("get_question_properties", question, named, *([language] if language else []))

    def fieldmap(self, survey: int, language: str | None = None) -> dict[str, dict[str, Any]]:
        """Every column of the answers by its name in the database, in the order of the export."""
        return self._mapping("get_fieldmap", survey, *([language] if language else []))

    def summary(self, survey: int) -> dict[str, Any]:
        """How many answered and, where people were invited, how many those are; empty for a survey never activated."""
        result = self.call("get_summary", survey)
        return result if isinstance(result, dict) else {}

    def participants(self, survey: int, attributes: Sequence[str] = ()) -> Iterator[dict[str, Any]]:
        """Who was invited, page by page. The second parameter is the lowest `tid` of a page, not how many to skip."""
        start = 0
        while True:
            try:
                page = self._list("list_participants", survey, start, _PAGE, False, list(attributes) or False)
            except Refused as refused:
                if refused.status == NO_PARTICIPANTS:
                    return
                raise
            yield from page
            if len(page) < _PAGE:
                return
            start = max(int(one["tid"]) for one in page) + 1

    def export(
        self, survey: int, status: str, first: int | None = None, last: int | None = None,
        fields: Sequence[str] | None = None,
    ) -> tuple[list[dict[str, Any]], int]:  # fmt: skip
        """Answers as codes, those with ids from `first` to `last`, and the size of what came in bytes.

        `status` is `all`, `complete` or `incomplete`; `fields` are columns of the database. Labels are never asked
        for: `long` turns a question that was not shown into an answer on some versions, and takes minutes.
        """
        asked = [survey, "json", None, status, "code", "short", first, last, *([list(fields)] if fields else [])]
        return self._repeating(lambda: self._export(asked))

    def _export(self, asked: Sequence[Any]) -> tuple[list[dict[str, Any]], int]:
        result = self._once("export_responses", *asked)
        content = export_of(result, self.address, "export_responses")
        responses = content.get("responses") if isinstance(content, dict) else None
        if not isinstance(responses, list) or not all(isinstance(one, dict) and "id" in one for one in responses):
            raise ServiceFailed([Problem("limesurvey-not-understood", Place(self.address))])
        return responses, len(result)

    def call(self, method: str, *parameters: Any) -> Any:
        """The result of a reading call, repeated where the way to the server fails."""
        return self._repeating(lambda: self._once(method, *parameters))

    def _list(self, method: str, *parameters: Any) -> list[dict[str, Any]]:
        return self._of_kind(list, self.call(method, *parameters))

    def _mapping(self, method: str, *parameters: Any) -> dict[str, Any]:
        result = self.call(method, *parameters)
        return {} if result == [] else self._of_kind(dict, result)  # PHP knows one kind of empty

    def _of_kind(self, kind: type, result: Any) -> Any:
        if not isinstance(result, kind):
            raise ServiceFailed([Problem("limesurvey-not-understood", Place(self.address))])
        return result

    # -- the session -------------------------------------------------------------------------------------------------

    def _once(self, method: str, *parameters: Any) -> Any:
        """One call with the key. A key the server has forgotten meanwhile is replaced once."""
        try:
            return self._send(method, [self._session_key(), *parameters])
        except Refused as refused:
            if refused.status != INVALID_SESSION:
                raise
        self._key = None
        try:
            return self._send(method, [self._session_key(), *parameters])
        except Refused as refused:
            if refused.status != INVALID_SESSION:
                raise
            raise ServiceFailed([Problem("limesurvey-session-lost", Place(self.address))]) from None

    def _session_key(self) -> str:
        if self._key is not None and self._clock() - self._key_since < _KEY_SECONDS:
            return self._key
        self.release()
        self._key_since = self._clock()
        self._key = self._log_in()
        return self._key

    def _log_in(self) -> str:
        """Asks for a key. Whatever keeps it from coming is raised again, without asking a second time: nobody knows
        whether the server counted the attempt, and three close it."""
        if self._refused:
            raise self._refused
        try:
            return self._asked_for_key()
        except ProblemsFound as found:
            self._refused = found
            raise

    def _asked_for_key(self) -> str:
        given = [self.account.user, self.account.password]
        for pause in (*PAUSES, None):
            try:
                key = self._send("get_session_key", given)
                break
            except _NeverSent as fault:
                if pause is None:
                    raise ServiceFailed(fault.problems) from None
                self._sleep(_pause(fault, pause))
            except PassingFault as fault:  # the server may have counted it as an attempt
                raise ServiceFailed(fault.problems) from None
            except Refused as refused:
                raise login_problem(refused, self.address) from None
        if not isinstance(key, str) or not key:
            raise ServiceFailed([Problem("limesurvey-not-understood", Place(self.address))])
        return key

    def _repeating(self, ask: Callable[[], Any]) -> Any:
        """What `ask` gives, asked again after a fault that may pass; as often as there are pauses."""
        for pause in PAUSES:
            try:
                return ask()
            except PassingFault as fault:
                self._sleep(_pause(fault, pause))
        return ask()

    # -- one request -------------------------------------------------------------------------------------------------

    def _send(self, method: str, parameters: Sequence[Any], read_seconds: float | None = None) -> Any:
        self._id += 1
        body = json.dumps({"method": method, "params": list(parameters), "id": self._id})
        try:
            with self._http.post(
                self.account.url,
                data=body.encode("utf-8"),
                headers={"Content-Type": "application/json"},
                timeout=(CONNECT_SECONDS, read_seconds or self.read_seconds),
                allow_redirects=False,  # a redirection would take the password along, or drop the call
                stream=True,
            ) as response:
                content = self._content(response)
                reply = Reply(self.address, method, response.status_code, _plain(response.headers), content)
        except requests.RequestException as error:
            raise self._way(error) from None
        return reply.result(self._id)

    def _content(self, response: requests.Response) -> bytes:
        content = bytearray()
        for block in response.iter_content(1 << 16):
            content += block
            if len(content) > _MOST_BYTES:
                facts = {"megabytes": str(_MOST_BYTES // 2**20)}
                raise ServiceFailed([Problem("limesurvey-too-large", Place(self.address), facts)])
        return bytes(content)

    def _way(self, error: requests.RequestException) -> ServiceFailed:
        """What went wrong between here and the server. The exception's own text may hold the address with its password
        and is dropped."""
        place = Place(self.address)
        if isinstance(error, requests.exceptions.SSLError):
            is_certificate = "CERTIFICATE_VERIFY_FAILED" in str(error)
            return ServiceFailed([Problem("limesurvey-tls" if is_certificate else "limesurvey-no-tls", place)])
        if isinstance(error, requests.exceptions.ProxyError):
            return ServiceFailed([Problem("limesurvey-proxy", place)])
        if isinstance(error, requests.exceptions.ConnectTimeout) or _never_left(error):
            return _NeverSent(Problem("limesurvey-unreachable", place))
        if isinstance(error, requests.exceptions.Timeout):
            return PassingFault(Problem("limesurvey-timeout", place, {"seconds": f"{self.read_seconds:g}"}))
        if isinstance(error, (requests.exceptions.InvalidURL, requests.exceptions.MissingSchema)):
            return ServiceFailed([Problem("limesurvey-address", place)])
        return PassingFault(Problem("limesurvey-broken-off", place))


class _NeverSent(PassingFault):
    """No connection came about, so the server knows nothing of the call."""


def _never_left(error: requests.RequestException) -> bool:
    reason = getattr(error.args[0], "reason", None) if error.args else None
    return isinstance(error, requests.exceptions.ConnectionError) and isinstance(
        reason, (NewConnectionError, NameResolutionError)
    )


def _pause(fault: PassingFault, planned: float) -> float:
    return planned if fault.wait is None else min(max(fault.wait, planned), _LONGEST_PAUSE)


def _plain(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.title(): value for name, value in headers.items()}
