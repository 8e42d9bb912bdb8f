"""A session is begun when needed, kept, renewed, and given back whatever happens; only what is safe is repeated."""

from __future__ import annotations

from pathlib import Path

import pytest
from desks import account_on
from servers import PASSWORD, USER, Answer, LimeSurvey

from surveys.limesurvey.account import Account, account_of
from surveys.limesurvey.client import RemoteControl
from theory_of_change.problems import ProblemsFound, ServiceFailed
from theory_of_change.programme import Workspace


def test_one_login_serves_all_calls_and_the_key_is_given_back(server: LimeSurvey) -> None:
    with RemoteControl(account_on(server)) as client:
        client.summary(415101)
        client.summary(415103)
        assert len(server.keys) == 1
    assert server.methods() == ["get_session_key", "get_summary", "get_summary", "release_session_key"]
    assert server.keys == set()


def test_without_a_call_nobody_logs_in(server: LimeSurvey) -> None:
    with RemoteControl(account_on(server)):
        pass
    assert server.calls == []


def test_a_key_the_server_forgot_is_replaced_once_and_the_call_made_again(server: LimeSurvey) -> None:
    with RemoteControl(account_on(server)) as client:
        client.summary(415101)
        server.forget_sessions()
        assert client.summary(415101)["completed_responses"] == 54
    assert server.methods().count("get_session_key") == 2


def test_a_server_that_forgets_every_key_is_told_so(server: LimeSurvey) -> None:
    server.next["get_summary"] = [server.forget_sessions] * 2
    original = server._called
    server._called = lambda method, key, rest: (  # type: ignore[method-assign]
        {"status": "Invalid session key"} if method == "get_summary" else original(method, key, rest)
    )
    with RemoteControl(account_on(server)) as client, pytest.raises(ServiceFailed) as raised:
        client.summary(415101)
    assert [problem.code for problem in raised.value.problems] == ["limesurvey-session-lost"]
    assert server.methods().count("get_session_key") == 2


def test_a_key_is_renewed_before_the_server_forgets_it(server: LimeSurvey) -> None:
    now = [0.0]
    with RemoteControl(account_on(server), clock=lambda: now[0]) as client:
        client.summary(415101)
        now[0] = 6_500.0
        client.summary(415101)
        now[0] = 6_700.0
        client.summary(415101)
    assert server.methods() == [
        "get_session_key", "get_summary", "get_summary",
        "release_session_key", "get_session_key", "get_summary", "release_session_key",
    ]  # fmt: skip
    assert server.keys == set()


@pytest.mark.parametrize("end", [KeyboardInterrupt, SystemExit, RuntimeError])
def test_the_key_is_given_back_however_the_work_ends(server: LimeSurvey, end: type[BaseException]) -> None:
    with pytest.raises(end), RemoteControl(account_on(server)) as client:
        client.summary(415101)
        raise end
    assert server.keys == set()


def test_a_key_that_cannot_be_given_back_hides_nothing(server: LimeSurvey) -> None:
    server.next["release_session_key"] = [Answer(500, b"")]
    with RemoteControl(account_on(server)) as client:
        assert client.summary(415101)["full_responses"] == 64


def test_a_reading_call_is_repeated_after_faults_that_pass(server: LimeSurvey, nobody_waits: list[float]) -> None:
    server.next["get_summary"] = [
        Answer(503, b"", {"Retry-After": "7"}),
        Answer(200, b'{"id": 3, "res'),
        Answer(502, b""),
    ]
    with RemoteControl(account_on(server)) as client:
        assert client.summary(415101)["full_responses"] == 64
    assert nobody_waits == [7.0, 3.0, 9.0]
    assert server.methods().count("get_summary") == 4


def test_a_call_the_server_refuses_is_not_repeated(server: LimeSurvey, nobody_waits: list[float]) -> None:
    from surveys.limesurvey.replies import Refused

    with RemoteControl(account_on(server)) as client, pytest.raises(Refused):
        client.survey_properties(999999)
    assert server.methods().count("get_survey_properties") == 1 and nobody_waits == []


@pytest.mark.parametrize(
    "answer", [Answer(500, b""), Answer(504, b""), Answer(200, b'{"id": 1, "result": "x"}', cut=5)]
)
def test_a_login_that_may_have_been_counted_is_not_repeated(
    server: LimeSurvey, answer: Answer, nobody_waits: list[float]
) -> None:
    server.next["get_session_key"] = [answer]
    with RemoteControl(account_on(server)) as client, pytest.raises(ServiceFailed):
        client.summary(415101)
    assert server.methods() == ["get_session_key"] and nobody_waits == []


def test_a_wrong_password_costs_one_attempt_of_three(server: LimeSurvey) -> None:
    with RemoteControl(account_on(server, "wrong")) as client:
        for _ in range(5):
            with pytest.raises(ProblemsFound):
                client.summary(415101)
    assert server.failed_logins == 1


def test_nothing_an_account_becomes_as_text_holds_a_secret() -> None:
    account = Account("https://proxyuser:proxypass@surveys.example.org/x?token=abc", "lettore", "a secret")
    told = f"{account} {account!r} {account.address}"
    assert account.address == "https://surveys.example.org/x"
    assert [word for word in ("proxypass", "abc", "a secret", "lettore") if word in told] == []


ADDRESSES = [
    ("https://s.example.org", "https://s.example.org/index.php/admin/remotecontrol"),
    ("https://s.example.org/", "https://s.example.org/index.php/admin/remotecontrol"),
    ("https://example.org/limesurvey/index.php/admin", "https://example.org/limesurvey/index.php/admin/remotecontrol"),
    ("https://s.example.org/admin/remotecontrol", "https://s.example.org/admin/remotecontrol"),
    ("https://s.example.org/index.php?r=admin/remotecontrol", "https://s.example.org/index.php?r=admin/remotecontrol"),
]


@pytest.mark.parametrize(("written", "asked"), ADDRESSES)
def test_the_site_s_address_is_enough(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, written: str, asked: str
) -> None:
    (tmp_path / ".env").write_text(
        f'LIMESURVEY_URL={written}\nLIMESURVEY_USER="{USER}"\nLIMESURVEY_PASSWORD=from-file\n'
    )
    monkeypatch.setenv("LIMESURVEY_PASSWORD", PASSWORD)  # the environment comes first
    account = account_of(Workspace(tmp_path))
    assert (account.url, account.user, account.password) == (asked, USER, PASSWORD)


@pytest.mark.parametrize(
    "written", ["surveys.example.org", "ftp://example.org", "https://", "https://[::1", "http://h:99999"]
)
def test_what_is_no_address_is_told_before_anything_is_sent(tmp_path: Path, written: str) -> None:
    (tmp_path / ".env").write_text(f"LIMESURVEY_URL={written}\nLIMESURVEY_USER=u\nLIMESURVEY_PASSWORD=p\n")
    with pytest.raises(ProblemsFound) as raised:
        account_of(Workspace(tmp_path))
    assert [problem.code for problem in raised.value.problems] == ["limesurvey-address"]


@pytest.mark.parametrize(
    ("address", "is_in_clear"),
    [("http://s.example.org/", True), ("https://s.example.org/", False), ("http://localhost:8090/", False),
     ("http://127.0.0.1/", False), ("http://[::1]/", False), ("http://192.168.1.4/", True)],
)  # fmt: skip
def test_a_password_in_clear_is_warned_of_unless_it_never_leaves_the_machine(address: str, is_in_clear: bool) -> None:
    assert Account(address, "u", "p").is_in_clear is is_in_clear
