"""A LimeSurvey on 127.0.0.1 for the tests: it answers as the recorded servers did, keeps answers that can change, and
fails on demand.

What was recorded word for word is replayed word for word (by method and parameters, for the version asked for).
Sessions, exports and counts are played, in the shapes of the recordings, so that answers may be completed, changed and
deleted between two pulls. Nothing of Sestante is used here.
"""

from __future__ import annotations

import base64
import contextlib
import copy
import functools
import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

RECORDINGS = Path(__file__).parent / "recordings"
PATH = "/index.php/admin/remotecontrol"
USER, PASSWORD = "lettore", "example-reader-password"
VERSIONS = ("6.4.2", "6.2.1")
_EXPORTS = {
    "6.4.2": {415101: "export_01_json_all_code_short", 415102: "export_12_json_post",
              415103: "export_13_json_anonymous"},
    "6.2.1": {415101: "v621_04_export_json_all_code_short", 415102: "v621_11_export_json_post",
              415103: "v621_12_export_json_anonymous"},
}  # fmt: skip
_STRUCTURE: dict[str, dict[tuple[int, str], str]] = {
    "get_language_properties": {(415101, "it"): "survey_08_get_language_properties_it",
                                (415101, "en"): "survey_09_get_language_properties_en"},
    "list_groups": {(415101, "it"): "structure_01_list_groups_it", (415101, "en"): "structure_02_list_groups_en"},
    "list_questions": {(415101, "it"): "structure_03_list_questions_it",
                       (415101, "en"): "structure_04_list_questions_en",
                       (415102, "it"): "structure_06_list_questions_post"},
    "get_fieldmap": {(415101, "it"): "structure_07_get_fieldmap_it", (415101, "en"): "structure_08_get_fieldmap_en",
                     (415102, "it"): "structure_09_get_fieldmap_post",
                     (415103, "it"): "structure_10_get_fieldmap_anonymous",
                     (415104, "it"): "structure_11_get_fieldmap_inactive"},
    "get_question_properties": {},
}  # fmt: skip
ANONYMOUS, DRAFT, EMPTY = 415103, 415104, 726244


@functools.cache
def recording(name: str) -> dict[str, Any]:
    """One recording; not to be changed."""
    return json.loads((RECORDINGS / f"{name}.json").read_text(encoding="utf-8"))


def exported(name: str) -> list[dict[str, Any]]:
    """The responses inside a recorded export."""
    return copy.deepcopy(recording(name)["result_decoded"]["responses"])


def recorded(name: str) -> Answer:
    """The HTTP answer of a recording, as it came."""
    response = recording(name)["response"]
    body = response.get("body_text")
    content = json.dumps(response["body"], ensure_ascii=False) if body is None else body
    kind = response["headers"].get("Content-Type", "application/json")
    return Answer(response["http_status"], content.encode("utf-8"), {"Content-Type": kind})


@dataclass(frozen=True)
class Answer:
    """What goes back over HTTP. `cut` ends the connection after so many bytes, `after` waits before the first."""

    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=lambda: {"Content-Type": "application/json"})
    cut: int | None = None
    after: float = 0.0


@dataclass
class Survey:
    responses: list[dict[str, Any]]
    properties: dict[str, Any]
    participants: list[dict[str, Any]] = field(default_factory=list)

    def response(self, number: int) -> dict[str, Any]:
        return next(one for one in self.responses if one["id"] == number)

    def delete(self, *numbers: int) -> None:
        self.responses = [one for one in self.responses if one["id"] not in numbers]


class LimeSurvey:
    """The state of one server. `calls` lists every call it understood, without keys; `next` holds the answers to give
    to the next calls of a method instead of the true ones."""

    def __init__(self, version: str = "6.4.2") -> None:
        self.version = version
        self.address = ""
        self.calls: list[tuple[str, list[Any]]] = []
        self.next: dict[str, list[Answer | Callable[[], None]]] = {}
        self.keys: set[str] = set()
        self.failed_logins = 0
        self.readable = {415101, 415102, 415103, DRAFT, EMPTY}
        self.largest_reply = 0
        names = _EXPORTS[version]
        participants = copy.deepcopy(recording("participants_02_all_attributes")["response"]["body"]["result"])
        self.surveys = {
            number: Survey(exported(name), self._properties(number), participants if number == 415101 else [])
            for number, name in names.items()
        }
        self.surveys[EMPTY] = Survey([], self._properties(EMPTY))
        self._questions = {
            known["qid"]: known
            for path in sorted(RECORDINGS.glob("question_*_*.json"))
            if "qid" in (known := recording(path.stem)["response"]["body"]["result"])
        }
        self._replies = _replies(version)
        self._made = 0

    def _properties(self, number: int) -> dict[str, Any]:
        known = recording("survey_05_get_survey_properties")["response"]["body"]["result"]
        anonymous = {"anonymized": "Y", "datestamp": "N", "savetimings": "N"} if number == ANONYMOUS else {}
        return {**known, **anonymous, "sid": number, "active": "Y"}

    # -- answering ---------------------------------------------------------------------------------------------------

    def answer(self, path: str, content_type: str, body: bytes) -> Answer:
        if path.split("?")[0] != PATH:
            return recorded("error_34_wrong_path")
        try:
            call = json.loads(body)
        except ValueError:
            return recorded("error_27_invalid_json")
        if "application/json" not in content_type or "id" not in call:
            return Answer(200, b"", {"Content-Type": "text/html; charset=UTF-8"})
        method, parameters = call["method"], list(call["params"])
        is_login = method == "get_session_key"
        self.calls.append((method, [] if is_login else parameters[1:]))
        while waiting := self.next.get(method):
            planned = waiting.pop(0)
            if isinstance(planned, Answer):
                return planned
            planned()
        result = self._log_in(*parameters) if is_login else self._called(method, parameters[0], parameters[1:])
        reply = {"id": call["id"], "result": result, "error": None} | (result if _is_reply(result) else {})
        content = json.dumps(reply | {"id": call["id"]}).encode()
        self.largest_reply = max(self.largest_reply, len(content))
        return Answer(200, content)

    def _log_in(self, user: str, password: str) -> Any:
        if self.failed_logins >= 3:
            return recording("session_05_get_session_key_locked_out")["response"]["body"]
        if (user, password) != (USER, PASSWORD):
            self.failed_logins += 1
            return recording("session_02_get_session_key_wrong_password")["response"]["body"]
        self._made += 1
        self.keys.add(key := f"EXAMPLE~SESSION~KEY~{self._made:012d}")
        return key

    def _called(self, method: str, key: str, parameters: list[Any]) -> Any:
        if method == "release_session_key":
            self.keys.discard(key)
            return "OK"
        if key not in self.keys:
            return {"status": "Invalid session key"}
        if method == "get_survey_properties":
            return self._settings(*parameters)
        if method == "export_responses":
            return self._export(*parameters)
        if method == "get_summary":
            return self._summary(parameters[0])
        if method == "list_participants":
            return self._participants(*parameters)
        if method in _STRUCTURE:
            return self._structure(method, *parameters)
        known = self._replies.get(_named(method, parameters))
        return known if known is not None else recorded("error_20_unknown_method").body.decode()

    def _settings(self, survey: int, names: list[str] | None = None) -> Any:
        if survey == DRAFT:
            return {"sid": DRAFT, "active": "N"}
        if survey not in self.surveys:
            return {"status": "Error: Invalid survey ID"}
        if survey not in self.readable:
            return {"status": "No permission"}
        known = self.surveys[survey].properties
        return {name: known[name] for name in names or known if name in known}

    def _export(
        self, survey: int, kind: str, language: str | None = None, status: str = "all", heading: str = "code",
        form: str = "short", first: int | None = None, last: int | None = None, fields: list[str] | None = None,
    ) -> Any:  # fmt: skip
        assert (kind, heading, form) == ("json", "code", "short")
        if survey == DRAFT:
            return {"status": "No Data, survey table does not exist."}
        if survey not in self.surveys or survey not in self.readable:
            return {"status": "No permission"}
        if not self.surveys[survey].responses:
            return {"status": "No Data, could not get max id."}
        chosen = [
            self._shown(one, survey, fields)
            for one in self.surveys[survey].responses
            if (first is None or one["id"] >= first)
            and (last is None or one["id"] <= last)
            and (status not in ("complete", "incomplete") or bool(one["submitdate"]) == (status == "complete"))
        ]
        return base64.b64encode(json.dumps({"responses": chosen}).encode()).decode()

    def _shown(self, response: dict[str, Any], survey: int, fields: list[str] | None) -> dict[str, Any]:
        """All columns but participants' and timings; with `fields` just these, an unknown one empty."""
        if fields is None:
            return response
        token = response.get("token")
        person = next((one for one in self.surveys[survey].participants if token and one["token"] == token), {})
        seconds = 60.5 + response["id"] if self.surveys[survey].properties["savetimings"] == "Y" else None
        known = {**person, **response, "interviewtime": seconds}
        return {name: known.get(name) for name in fields}

    def _summary(self, survey: int) -> Any:
        if survey not in self.readable:
            return {"status": "No permission"}
        responses = self.surveys[survey].responses
        complete = sum(bool(one["submitdate"]) for one in responses)
        invited = self.surveys[survey].participants
        done = sum(one["completed"] != "N" for one in invited)
        sent = sum(one["sent"] != "N" for one in invited)
        tokens = {"token_count": len(invited), "token_sent": sent, "token_completed": done} if invited else {}
        counts = {"completed_responses": complete, "incomplete_responses": len(responses) - complete}
        return {**tokens, **counts, "full_responses": len(responses)}

    def _structure(self, method: str, number: int, *rest: Any) -> Any:
        """What was recorded of the questionnaire, whichever settings are asked for; the settings of questions, recorded
        in Italian, stand for every language."""
        if method == "get_question_properties":
            return self._questions.get(number, {"status": "Error: Invalid questionid"})
        if number not in self.surveys or number not in self.readable:
            return {"status": "No permission" if number in self.surveys else "Error: Invalid survey ID"}
        language = rest[-1] if rest and isinstance(rest[-1], str) else "it"
        name = _STRUCTURE[method].get((number, language))
        return recording(name)["response"]["body"]["result"] if name else {"status": "No permission"}

    def _participants(
        self, survey: int, start: int = 0, limit: int = 10, unused: bool = False, attributes: Any = False
    ) -> Any:
        if not self.surveys[survey].participants:
            return {"status": "Error: No survey participants table"}
        page = [one for one in self.surveys[survey].participants if one["tid"] >= start][:limit]
        return page or {"status": "No survey participants found."}

    # -- what the tests ask of it ------------------------------------------------------------------------------------

    def forget_sessions(self) -> None:
        self.keys.clear()

    def methods(self) -> list[str]:
        return [method for method, _ in self.calls]


@functools.cache
def _replies(version: str) -> dict[str, Any]:
    """Method and parameters to the JSON answered; those of the other version only where this one has none."""
    known: dict[str, Any] = {}
    names = sorted(path.stem for path in RECORDINGS.glob("*.json"))
    for name in sorted(names, key=lambda name: name.startswith("v621_") == (version == "6.2.1")):
        call, body = recording(name)["request"]["body"], recording(name)["response"].get("body")
        if isinstance(call, dict) and isinstance(call.get("params"), list) and isinstance(body, dict):
            known[_named(call.get("method", ""), call["params"][1:])] = body
    return known


def _named(method: str, parameters: list[Any]) -> str:
    while parameters and parameters[-1] is None:
        parameters = parameters[:-1]
    return json.dumps([method, parameters])


def _is_reply(result: Any) -> bool:
    return isinstance(result, dict) and set(result) == {"id", "result", "error"}


@contextlib.contextmanager
def serving(state: LimeSurvey) -> Iterator[LimeSurvey]:
    """The server while it runs; `state.address` is the address of its interface."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            answer = state.answer(self.path, self.headers.get("Content-Type", ""), body)
            time.sleep(answer.after)
            with contextlib.suppress(OSError):
                self.send_response(answer.status)
                for name, value in answer.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(answer.body)))
                self.end_headers()
                self.wfile.write(answer.body[: answer.cut])
            self.close_connection = True

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    state.address = f"http://127.0.0.1:{server.server_port}{PATH}"
    try:
        yield state
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
