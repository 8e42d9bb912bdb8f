"""From the deliveries in `data/` to the warehouse: which are new, which must be read again, and one load for each.

It brings together what lies in the folder (`arrivals`), how a file is read (`surveys.deliveries`) and where its rows go
(`warehouse`); none of the three knows the others. Nothing here judges a row.
"""

from __future__ import annotations

import dataclasses
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.arrivals import Arrival, Arrivals
from pipelines.changed_forms import require_decided
from pipelines.withdrawn import answers_lost
from surveys.deliveries import read_delivery
from surveys.limesurvey.snapshot import FILE
from theory_of_change.problems import Problem, ProblemsFound
from theory_of_change.programme import Programme, Workspace

if TYPE_CHECKING:
    from surveys.deliveries import Delivery
    from surveys.sources import Source
    from warehouse.store import Load, Warehouse

Pseudonymise = Callable[[str, Sequence[str]], list[str]]


@dataclass(frozen=True)
class Landed:
    """A delivery and the load it became; `kept` is where its bytes lie in `data/`, `notes` what a changed contract took
    away on the way."""

    delivery: Delivery
    load: Load
    kept: Path
    notes: tuple[Problem, ...] = ()


def arrivals_of(workspace: Workspace, source: Source) -> Arrivals:
    own = FILE if source.contract.limesurvey else None
    return Arrivals(workspace.data(source.table.id), source.pattern, own)


def land_new(warehouse: Warehouse, source: Source, programme: Programme, pseudonymise: Pseudonymise) -> list[Landed]:
    """Lands every delivery of the source that is not in the warehouse yet, in the order they arrived.

    Where the contract has changed, all of them are read again in one transaction. Raises ProblemsFound with the
    problems of every file that cannot be read; the readable ones have landed all the same.
    """
    require_decided(warehouse.workspace, source)
    arrivals = arrivals_of(warehouse.workspace, source)
    table, fingerprint = source.table, source.fingerprint
    warehouse.prepare(table)
    if warehouse.contract(table.id) not in (None, fingerprint):
        return _land_again(warehouse, source, arrivals, programme, pseudonymise)
    every = arrivals.in_order()
    latest = {arrival.name: arrival for arrival in every}
    known = {load["sha256"] for load in warehouse.deliveries(table.id)}
    carried = warehouse.carried(table.id)
    landed: list[Landed] = []
    problems: list[Problem] = []
    for arrival in every:
        stands = latest[arrival.name] is not arrival or carried.get(arrival.name) == arrival.sha256
        if arrival.sha256 in known and stands:
            continue
        try:
            delivery = _read(arrival, source, programme, pseudonymise)
        except ProblemsFound as found:
            problems += found.problems
            continue
        arrivals.note(arrival)
        landed.append(Landed(delivery, warehouse.land(table, delivery, fingerprint), arrival.path))
    if problems:
        raise ProblemsFound(problems)
    return landed


def _land_again(
    warehouse: Warehouse, source: Source, arrivals: Arrivals, programme: Programme, pseudonymise: Pseudonymise
) -> list[Landed]:
    landed: list[Landed] = []
    problems: list[Problem] = []
    lost = tuple(answers_lost(warehouse.connection, source))
    with warehouse.replacing(source.table, source.fingerprint) as landing:
        for arrival in arrivals.in_order():
            try:
                delivery = _read(arrival, source, programme, pseudonymise)
            except ProblemsFound as found:
                problems += found.problems
                continue
            arrivals.note(arrival)
            landed.append(Landed(delivery, landing.land(delivery), arrival.path, () if landed else lost))
        if problems:
            raise ProblemsFound(problems)
    return landed


def land_file(
    warehouse: Warehouse, source: Source, programme: Programme, pseudonymise: Pseudonymise, file: Path
) -> Landed:
    """Lands one file as the source's latest delivery and keeps its bytes in `data/`; keeps nothing where it fails."""
    require_decided(warehouse.workspace, source)
    arrivals = arrivals_of(warehouse.workspace, source)
    table, fingerprint = source.table, source.fingerprint
    delivery = read_delivery(file, source, programme, pseudonymise)
    notes: tuple[Problem, ...] = ()
    if warehouse.contract(table.id) not in (None, fingerprint):
        again = _land_again(warehouse, source, arrivals, programme, pseudonymise)
        notes = tuple(note for one in again for note in one.notes)
    with arrivals.keeping(file) as arrival:
        delivery = dataclasses.replace(delivery, file_name=arrival.name)
        return Landed(delivery, warehouse.land(table, delivery, fingerprint), arrival.path, notes)


def rehearse(source: Source, programme: Programme, file: Path) -> Landed:
    """What landing this file on an empty warehouse would do. It happens in a temporary folder."""
    from warehouse.identities import pseudonymise
    from warehouse.store import open_warehouse

    with tempfile.TemporaryDirectory(prefix="sestante-") as folder:
        elsewhere = Workspace(Path(folder))
        delivery = read_delivery(file, source, programme, pseudonymise(elsewhere))
        with open_warehouse(elsewhere) as warehouse:
            return Landed(delivery, warehouse.land(source.table, delivery, source.fingerprint), file)


def _read(arrival: Arrival, source: Source, programme: Programme, pseudonymise: Pseudonymise) -> Delivery:
    delivery = read_delivery(arrival.path, source, programme, pseudonymise)
    return dataclasses.replace(delivery, file_name=arrival.name)
