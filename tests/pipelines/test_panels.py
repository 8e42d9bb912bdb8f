"""Two waves are counted person by person; near misses are told and never joined; small counts are held back."""

from __future__ import annotations

import stat
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from pipelines.panels import attrition, list_near_misses
from surveys.deliveries import read_delivery
from surveys.questionnaire import Survey
from surveys.sources import Source, source_of
from theory_of_change.loading import Places
from theory_of_change.programme import Programme, Workspace
from warehouse.identities import near_misses, pseudonymise
from warehouse.store import Warehouse, open_warehouse

PROGRAMME = Programme.model_validate(
    {"id": "p", "title": "P", "calendar": {"start": "2024-01-01", "end": "2024-12-31"}}
)


def panel(when: dict[str, str] | None = None, **person: str) -> Source:
    contract = {"id": "people", "title": "People", "wave": {"column": "wave"}, **(when or {"answered": "day"}),
                "person": {"column": "code", "scheme": "panel", **person},
                "questions": [{"name": "trust", "type": "number"}]}  # fmt: skip
    return source_of(Survey.model_validate(contract), "surveys/people.yml", Places(""))


@pytest.fixture
def landed(tmp_path: Path) -> Callable[..., Any]:
    """Codes by wave become rows of the warehouse; gives what `work` makes of it."""

    def run(source: Source, waves: dict[str, str], work: Callable[[Warehouse], Any]) -> Any:
        workspace = Workspace(tmp_path)
        days = {"before": "2024-01-01", "after": "2024-06-01", "later": "2024-09-01"}
        lines = [f"{code},{wave},{days[wave]},3" for wave, codes in waves.items() for code in codes.split(";")]
        path = tmp_path / "people.csv"
        path.write_text("\n".join(["code,wave,day,trust", *lines]) + "\n", encoding="utf-8")
        delivery = read_delivery(path, source, PROGRAMME, pseudonymise(workspace))
        with open_warehouse(workspace) as warehouse:
            warehouse.land(source.table, delivery, source.fingerprint)
            return work(warehouse)

    return run


def table(source: Source, least: int = 1) -> Callable[[Warehouse], list[tuple]]:
    def work(warehouse: Warehouse) -> list[tuple]:
        found = attrition(warehouse.connection, {"people": source}, least, partial(near_misses, warehouse.workspace))
        warehouse.replace("attrition", found)
        columns = "wave_from, wave_to, n_from, n_to, n_both, n_lost, n_new, retained_share, n_near, status"
        return warehouse.connection.execute(f"select {columns} from core.attrition order by all").fetchall()

    return work


def test_who_stayed_left_and_came_is_counted_in_the_order_of_time(landed: Callable) -> None:
    source = panel()
    found = landed(source, {"before": "ada;bea;cleo;ada", "after": "ada;bea;dora", "later": "ada"}, table(source))
    assert found == [
        ("after", "later", 3, 1, 1, 2, 0, pytest.approx(1 / 3), None, "ok"),
        ("before", "after", 3, 3, 2, 1, 1, pytest.approx(2 / 3), None, "ok"),
        ("before", "later", 3, 1, 1, 2, 0, pytest.approx(1 / 3), None, "ok"),
    ]


def test_without_dates_waves_stand_in_the_order_of_their_names(landed: Callable) -> None:
    undated = panel({"period": "2024"})
    found = landed(undated, {"before": "ada;bea", "after": "ada"}, table(undated))
    assert found == [("after", "before", 1, 2, 1, 0, 1, 1.0, None, "ok")]


def test_self_made_codes_meet_whatever_their_capitals_accents_and_blanks(landed: Callable) -> None:
    source, waves = panel(normalise="code"), {"before": "Ro 01 à;BE-02", "after": "RO01A;be-02"}
    assert landed(source, waves, table(source)) == [("before", "after", 2, 2, 2, 0, 0, 1.0, 0, "ok")]


def test_tokens_that_a_program_gave_out_are_taken_as_they_are(landed: Callable) -> None:
    source = panel()
    found = landed(source, {"before": "aB3x", "after": "ab3X"}, table(source))
    assert found == [("before", "after", 1, 1, 0, 1, 1, 0.0, None, "ok")]


def test_one_slip_of_the_pen_is_counted_and_nobody_is_joined(landed: Callable) -> None:
    source = panel(normalise="code")
    waves = {"before": "maro01;luig77;anna55", "after": "maroo1;luig777;piop99"}  # 0 for o; one sign more; another
    assert landed(source, waves, table(source)) == [("before", "after", 3, 3, 0, 3, 3, 0.0, 2, "ok")]


def test_a_small_count_holds_back_all_numbers_of_the_pair(landed: Callable) -> None:
    source = panel()
    stayed = ";".join(f"p{i}" for i in range(10))
    found = landed(source, {"before": stayed + ";gone", "after": stayed}, table(source, least=5))
    assert found == [("before", "after", *[None] * 7, "suppressed")]


def test_the_list_of_near_misses_is_for_its_owner_alone(landed: Callable, tmp_path: Path) -> None:
    source = panel(normalise="code")
    work = lambda warehouse: list_near_misses(Workspace(tmp_path), warehouse.connection, source)  # noqa: E731
    count, path = landed(source, {"before": "maro01;anna55", "after": "mar001;piop99"}, work)
    assert count == 1 and stat.S_IMODE(path.stat().st_mode) == 0o600
    assert path.read_text(encoding="utf-8").splitlines() == [
        "wave_from,code_from,wave_to,code_to",
        "before,maro01,after,mar001",
    ]


def test_forgetting_somebody_takes_the_list_of_near_misses_away(landed: Callable, tmp_path: Path) -> None:
    from warehouse.identities import drop, find

    source = panel(normalise="code")
    work = lambda warehouse: list_near_misses(Workspace(tmp_path), warehouse.connection, source)  # noqa: E731
    _, path = landed(source, {"before": "maro01;anna55", "after": "mar001;piop99"}, work)
    person = find(Workspace(tmp_path), " MARO 01")  # as the person would write it today
    drop(Workspace(tmp_path), [person], in_use=[])
    assert not path.exists()
