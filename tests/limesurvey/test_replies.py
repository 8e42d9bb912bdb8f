"""Whatever LimeSurvey or something in front of it answers: each is told from every other, with what to do."""

from __future__ import annotations

import contextlib
import json
import socket
import ssl
import subprocess
import threading
from pathlib import Path

import pytest
from desks import account_on
from servers import RECORDINGS, Answer, LimeSurvey, recorded, recording, serving

from surveys.limesurvey.account import Account
from surveys.limesurvey.client import RemoteControl
from surveys.limesurvey.replies import Refused, Reply
from theory_of_change.problems import ProblemsFound, ServiceFailed

EVERY = sorted(path.stem for path in RECORDINGS.glob("*.json"))
HTML = {"Content-Type": "text/html; charset=UTF-8"}


@pytest.mark.parametrize("name", EVERY)
def test_every_recorded_answer_is_a_result_a_status_or_a_failure_of_the_service(name: str) -> None:
    answer = recorded(name)
    sent = recording(name)["response"].get("body")
    number = sent.get("id") if isinstance(sent, dict) else 1
    reply = Reply("http://127.0.0.1", "call", answer.status, answer.headers, answer.body)
    if answer.status != 200 or not isinstance(sent, dict):
        with pytest.raises(ServiceFailed):
            reply.result(number)
    elif sent["error"] is not None or (isinstance(sent["result"], dict) and "status" in sent["result"]):
        with pytest.raises(Refused):
            reply.result(number)
    else:
        assert reply.result(number) == sent["result"]


#: What answers the login, and what is told; the service is to blame where the command ends with 4.
LOGINS = [
    ("session_02_get_session_key_wrong_password", "limesurvey-wrong-password", False),
    ("session_03_get_session_key_unknown_user", "limesurvey-wrong-password", False),
    ("session_05_get_session_key_locked_out", "limesurvey-locked", True),
    ("session_06_get_session_key_no_auth_db", "limesurvey-no-internal-login", False),
    ("error_39_interface_off", "limesurvey-interface-off", True),
    ("error_40_interface_xml", "limesurvey-interface-xml", True),
    ("error_34_wrong_path", "limesurvey-wrong-path", True),
    ("error_27_invalid_json", "limesurvey-not-understood", True),
]


@pytest.mark.parametrize(("name", "code", "is_service"), LOGINS, ids=[name for name, *_ in LOGINS])
def test_a_login_that_fails_says_why_and_is_made_once(
    server: LimeSurvey, name: str, code: str, is_service: bool
) -> None:
    server.next["get_session_key"] = [recorded(name)]
    with RemoteControl(account_on(server)) as client:
        for _ in range(3):  # whoever asks again in this session is told the same, and the server is not asked
            with pytest.raises(ProblemsFound) as raised:
                client.surveys()
    assert [problem.code for problem in raised.value.problems] == [code]
    assert isinstance(raised.value, ServiceFailed) is is_service
    assert server.methods() == ["get_session_key"]


ELSEWHERE = [
    (Answer(301, b"", {"Location": "https://user:secret@example.org/x?key=1"}), "limesurvey-redirect"),
    (Answer(302, b"<html></html>", {"Location": "https://example.org/login"}), "limesurvey-redirect"),
    (Answer(401, b"<html>Authorization Required</html>", HTML), "limesurvey-door-closed"),
    (Answer(403, b"<html>Forbidden</html>", HTML), "limesurvey-door-closed"),
    (Answer(404, b"<html>Not Found</html>", HTML), "limesurvey-wrong-path"),
    (Answer(429, b""), "limesurvey-busy"),
    (Answer(500, b"<!DOCTYPE html> fault", HTML), "limesurvey-server-fault"),
    (Answer(502, b"<html>Bad Gateway</html>", HTML), "limesurvey-server-fault"),
    (Answer(503, b"<html>Maintenance</html>", HTML), "limesurvey-busy"),
    (Answer(200, b"<!DOCTYPE html><title>Proxy</title>", HTML), "limesurvey-html-page"),
    (Answer(200, b"\n <html><body>captive portal", HTML), "limesurvey-html-page"),
    (Answer(200, b"", HTML), "limesurvey-interface-off"),
    (Answer(200, b'{"id": 2, "result": ["sid'), "limesurvey-cut-short"),
    (Answer(200, b"PHP Warning: something"), "limesurvey-not-understood"),
    (Answer(200, b'["a", "list"]'), "limesurvey-not-understood"),
    (Answer(200, b'{"id": 99, "result": [], "error": null}'), "limesurvey-not-understood"),
    (Answer(200, b'{"id": 2, "result": "text", "error": null}'), "limesurvey-not-understood"),
    (Answer(200, b'{"id": 2, "result": [], "error": null}', cut=9), "limesurvey-broken-off"),
]


@pytest.mark.parametrize(("answer", "code"), ELSEWHERE, ids=[f"{a.status}-{i}" for i, (a, _) in enumerate(ELSEWHERE)])
def test_what_is_no_answer_of_the_interface_is_told_as_what_it_is(
    server: LimeSurvey, answer: Answer, code: str
) -> None:
    server.next["list_surveys"] = [answer] * 20
    with RemoteControl(account_on(server)) as client, pytest.raises(ServiceFailed) as raised:
        client.surveys()
    (problem,) = raised.value.problems
    assert problem.code == code
    told = problem.line("it") + problem.line("en")
    assert "secret" not in told and "key=1" not in told and "example-reader-password" not in told
    assert server.methods()[-1] == "release_session_key"


def test_a_base64_that_was_cut_is_asked_for_again(server: LimeSurvey) -> None:
    whole = json.loads(recorded("export_17_json_range_empty").body)["result"]
    cut = [Answer(200, json.dumps({"id": number, "result": whole[:-3], "error": None}).encode()) for number in (2, 3)]
    server.next["export_responses"] = [*cut]
    with RemoteControl(account_on(server)) as client:
        found, _ = client.export(415101, "complete", 1, 2)
    assert [one["id"] for one in found] == [1, 2]
    server.next["export_responses"] = [
        Answer(200, json.dumps({"id": number, "result": whole[:-3], "error": None}).encode()) for number in range(2, 20)
    ]
    with RemoteControl(account_on(server)) as client, pytest.raises(ServiceFailed) as raised:
        client.export(415101, "complete", 1, 2)
    assert raised.value.problems[0].code == "limesurvey-cut-short"


def test_a_server_that_says_nothing_is_waited_for_no_longer_than_the_limit(
    server: LimeSurvey, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(RemoteControl, "read_seconds", 0.05)
    server.next["list_surveys"] = [Answer(200, b"{}", after=0.3)] * 4
    with RemoteControl(account_on(server)) as client, pytest.raises(ServiceFailed) as raised:
        client.surveys()
    assert [problem.code for problem in raised.value.problems] == ["limesurvey-timeout"]


def test_a_server_that_is_not_there_is_told_after_a_few_tries(nobody_waits: list[float]) -> None:
    with serving(LimeSurvey()) as stopped:
        account = account_on(stopped)
    with RemoteControl(account) as client, pytest.raises(ServiceFailed) as raised:
        client.surveys()
    assert [problem.code for problem in raised.value.problems] == ["limesurvey-unreachable"]
    assert nobody_waits == [1.0, 3.0, 9.0]


def test_speaking_tls_to_a_server_without_it_is_told_as_that(server: LimeSurvey) -> None:
    account = Account(server.address.replace("http:", "https:"), "lettore", "password")
    with RemoteControl(account) as client, pytest.raises(ServiceFailed) as raised:
        client.surveys()
    assert [problem.code for problem in raised.value.problems] == ["limesurvey-no-tls"]
    assert server.calls == []


def test_a_certificate_nobody_vouches_for_is_told_as_that(tmp_path: Path) -> None:
    made = tmp_path / "made.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=127.0.0.1", "-days", "2",
                    "-keyout", made, "-out", tmp_path / "cert.pem"], check=True, capture_output=True)  # fmt: skip
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "cert.pem", made)
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def shake() -> None:
            with contextlib.suppress(OSError), context.wrap_socket(listening.accept()[0], server_side=True):
                pass

        threading.Thread(target=shake, daemon=True).start()
        account = Account(f"https://127.0.0.1:{listening.getsockname()[1]}/", "lettore", "password")
        with RemoteControl(account) as client, pytest.raises(ServiceFailed) as raised:
            client.surveys()
    assert [problem.code for problem in raised.value.problems] == ["limesurvey-tls"]


def test_an_answer_without_end_is_not_read_to_its_end(server: LimeSurvey, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("surveys.limesurvey.client._MOST_BYTES", 1000)
    with RemoteControl(account_on(server)) as client, pytest.raises(ServiceFailed) as raised:
        client.export(415101, "all")
    assert [problem.code for problem in raised.value.problems] == ["limesurvey-too-large"]
