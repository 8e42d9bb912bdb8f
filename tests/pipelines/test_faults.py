"""The account of a fault: where in the code it happened, and nothing a person said."""

from __future__ import annotations

import stat
from pathlib import Path

from pipelines.faults import account, write_account

SECRET = "Mario Rossi, via Roma 1"


def failing() -> BaseException:
    def convert(answer: str) -> int:
        return int(answer)

    try:
        try:
            convert(SECRET)
        except ValueError as error:
            raise RuntimeError(f"cannot read {SECRET}") from error
    except RuntimeError as error:
        return error


def test_the_account_names_kinds_and_places_but_no_value() -> None:
    text = account(failing())
    assert SECRET not in text
    assert "Mario" not in text
    assert "builtins.RuntimeError" in text
    assert "builtins.ValueError" in text
    assert "in convert" in text


def test_it_is_written_for_the_user_alone(tmp_path: Path) -> None:
    path = write_account(failing(), tmp_path)
    assert path.parent == tmp_path
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_without_a_folder_of_ours_it_goes_to_the_temporary_one(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr("tempfile.gettempdir", lambda: str(tmp_path))
    assert write_account(failing(), tmp_path / "absent").parent == tmp_path
    assert write_account(failing(), None).parent == tmp_path


def test_on_a_full_disk_no_half_account_is_left(tmp_path: Path, monkeypatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fdopen", full)
    monkeypatch.setattr("tempfile.gettempdir", lambda: str(tmp_path))
    assert write_account(failing(), tmp_path) is None
    assert list(tmp_path.iterdir()) == []
