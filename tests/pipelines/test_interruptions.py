"""Whose doing an error is: the user's interruption, or a fault of ours."""

from __future__ import annotations

from pipelines.faults import is_interruption


def test_an_error_behind_which_an_interruption_stands_is_the_users_doing() -> None:
    error = RuntimeError("a query ended")
    error.__cause__ = KeyboardInterrupt()
    assert is_interruption(error)
    assert is_interruption(RuntimeError("Query interrupted"))


def test_any_other_error_is_a_fault_of_ours() -> None:
    assert not is_interruption(RuntimeError("a table is missing"))
    assert not is_interruption(ValueError("interrupted"))
