"""A run takes over what nothing has touched, and ends where a full run ends that never computed before: whatever is
delivered, corrected, forgotten or defined anew in between.

The workspace has a source of every sort that rests on another: answers weighted by a frame, a network between members
of a register, two surveys looked at as one, a formula, a baseline that is another indicator's value.
"""

from __future__ import annotations

import copy
import math
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest
import yaml
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from pandas.api.types import is_numeric_dtype

from pipelines.evaluating import evaluate_all
from pipelines.foundations import Foundations, told
from pipelines.landing import land_new
from pipelines.measuring import Measured, measure
from pipelines.merging import bring_together
from pipelines.project import Project, read_project
from pipelines.quality import check_source
from theory_of_change.problems import errors
from theory_of_change.programme import Workspace
from warehouse.forgetting import remove
from warehouse.identities import pseudonymise
from warehouse.modelling import models
from warehouse.store import Warehouse, open_warehouse

QUESTIONS = [
    {"name": "trust", "text": "Trust", "type": "scale", "range": [1, 5]},
    {"name": "income", "text": "Income", "type": "number"},
    {"name": "area", "text": "Area", "type": "single", "answers": {"A1": "One", "A2": "Two"}},
]
REGISTERS: dict[str, dict[str, Any]] = {
    "frame": {
        "key": ["resident"],
        "columns": [
            {"name": "resident", "type": "text", "required": True},
            {"name": "area", "type": "category", "values": ["A1", "A2"]},
        ],
    },
    "grants": {
        "key": ["grant"],
        "date": "day",
        "columns": [
            {"name": "grant", "type": "text", "required": True},
            {"name": "day", "type": "date", "required": True},
            {"name": "amount", "type": "money", "unit": "EUR"},
            {"name": "org", "type": "text", "references": "orgs.org"},
        ],
    },
    "orgs": {
        "key": ["org"],
        "columns": [{"name": "org", "type": "text", "required": True}, {"name": "form", "type": "text"}],
    },
    "ties": {
        "key": ["start", "end"],
        "columns": [
            {"name": "start", "type": "text", "references": "orgs.org"},
            {"name": "end", "type": "text", "references": "orgs.org"},
        ],
        "network": {"from": "start", "to": "end", "nodes": {"column": "orgs.org", "public": True}},
    },
}
SURVEYS: dict[str, dict[str, Any]] = {
    "answers": {
        "person": "token",
        "key": ["token"],
        "answered": "day",
        "frame": "frame",
        "weights": {"frame": ["area"]},
        "consent": {"column": "consent", "value": "Y"},
        "questions": QUESTIONS,
    },
    "earlier": {"person": "token", "answered": "day", "wave": "pre", "questions": QUESTIONS},
    "later": {"person": "token", "answered": "day", "wave": "post", "questions": QUESTIONS},
    "both": {"merge": [{"source": "earlier"}, {"source": "later"}]},
}
HEADERS = {
    "answers": ("token", "day", "trust", "income", "area", "consent"),
    "earlier": ("token", "day", "trust", "income", "area"),
    "later": ("token", "day", "trust", "income", "area"),
    "frame": ("resident", "area"),
    "grants": ("grant", "day", "amount", "org"),
    "orgs": ("org", "form"),
    "ties": ("start", "end"),
}


def indicator(name: str, measure: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"id": name, "title": name, "measures": ["OC"], "unit": "points", "measure": measure, **more}


def theory() -> dict[str, Any]:
    sample = {"uncertainty": {"mode": "sample"}}
    return {
        "theory": {"id": "small", "version": "1.0.0", "title": "Small"},
        "outcomes": [{"id": "OC", "statement": "Something changes", "level": "person"}],
        "indicators": [
            indicator("IN-TRUST", {"from": "answers", "mean": "trust"}, disaggregation=["area"], **sample),
            indicator("IN-HIGH", {"from": "answers", "share": "trust >= 4"}, **sample),
            indicator("IN-POOR", {"from": "answers", "median": "income"}, **sample),
            indicator("IN-BOTH", {"from": "both", "mean": "trust"}, disaggregation=["area"], **sample),
            indicator("IN-CHANGE", {"from": "both", "change": "trust", "between": ["pre", "post"]}, **sample),
            indicator("IN-MONEY", {"from": "grants", "sum": "amount"}, disaggregation=["org"]),
            indicator("IN-GRANTS", {"from": "grants", "count": "rows"}),
            indicator("IN-EACH", {"formula": "{IN-MONEY} / {IN-GRANTS}"}, disaggregation=["org"]),
            indicator("IN-DENSE", {"from": "ties", "network": "density"}),
        ],
        "baselines": [{"indicator": "IN-TRUST", "value_from": "IN-BOTH"}, {"indicator": "IN-HIGH", "value": 0.5}],
        "evaluations": [
            {"id": "EV", "outcome": "OC", "from": "answers", "measure": "trust", "design": "randomised",
             "group": "area = 'A1'"}
        ],
    }  # fmt: skip


@dataclass
class Story:
    """What a workspace says, and all that has happened to it."""

    theory: dict[str, Any] = field(default_factory=theory)
    calendar: str = "half_year"
    surveys: dict[str, Any] = field(default_factory=lambda: copy.deepcopy(SURVEYS))
    happened: list[tuple[Any, ...]] = field(default_factory=list)

    def write(self, folder: Path) -> Project:
        """The workspace's files, and what they say."""
        _write(folder / "programme.yml", {
            "format": 1, "id": "small", "title": "Small", "organisation": "Some", "languages": ["en"],
            "calendar": {"start": "2024-01-01", "end": "2025-12-31", "every": self.calendar},
            "timezone": "Europe/Rome", "disclosure": {"smallest_group": 2},
        })  # fmt: skip
        _write(folder / "theory_of_change.yml", self.theory)
        for kind, contracts in (("surveys", self.surveys), ("registers", REGISTERS)):
            for name, said in contracts.items():
                files = {} if "merge" in said else {"files": {"pattern": f"{name}*.csv"}}
                _write(folder / kind / f"{name}.yml", {"id": name, "title": name, **files, **said})
        project = read_project(Workspace(folder))
        assert not errors(project.problems), [problem.line("en") for problem in errors(project.problems)]
        return project


def _write(path: Path, said: Mapping[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(yaml.safe_dump(said, sort_keys=False, allow_unicode=True), encoding="utf-8")


# What happens --------------------------------------------------------------------------------------------------------

_DAYS = st.dates(min_value=pd.Timestamp("2024-01-01").date(), max_value=pd.Timestamp("2025-12-31").date())
_NUMBERS = st.integers(0, 11)
_AREAS = st.sampled_from(["A1", "A2"])
_INCOMES = st.sampled_from(["", "0.1", "812.37", "1e3", "20000.5"])
_ORGS = st.integers(0, 5).map("o{}".format)
ROWS: dict[str, st.SearchStrategy[tuple[Any, ...]]] = {
    "answers": st.tuples(_NUMBERS.map("p{}".format), _DAYS, st.integers(1, 5), _INCOMES, _AREAS,
                         st.sampled_from("YYYYN")),
    "earlier": st.tuples(_NUMBERS.map("p{}".format), _DAYS, st.integers(1, 5), _INCOMES, _AREAS),
    "later": st.tuples(_NUMBERS.map("p{}".format), _DAYS, st.integers(1, 5), _INCOMES, _AREAS),
    "frame": st.tuples(st.integers(0, 40).map("r{}".format), _AREAS),
    "grants": st.tuples(_NUMBERS.map("g{}".format), _DAYS, st.sampled_from(["", "10.1", "99.99", "1e5"]), _ORGS),
    "orgs": st.tuples(_ORGS, st.sampled_from(["club", "firm"])),
    "ties": st.tuples(_ORGS, _ORGS),
}  # fmt: skip


def _delivery(name: str) -> st.SearchStrategy[tuple[Any, ...]]:
    """A few rows of a source, one for each key; rows of a key that is there already correct it."""
    key = 2 if name == "ties" else 1
    rows = st.lists(ROWS[name], min_size=1, max_size=6, unique_by=lambda row: row[:key])
    return st.tuples(st.just("deliver"), st.just(name), rows.map(tuple))


DEFINITIONS: dict[str, Callable[[Story], None]] = {
    "where": lambda story: _of(story, "IN-MONEY")["measure"].update(where="amount > 50"),
    "another": lambda story: _of(story, "IN-GRANTS")["measure"].update(where="amount > 50"),
    "disaggregation": lambda story: _of(story, "IN-HIGH").update(disaggregation=["area"]),
    "uncertainty": lambda story: _of(story, "IN-TRUST").update(uncertainty={"mode": "sample", "level": 0.9}),
    "weight": lambda story: story.surveys["answers"].pop("weights", None),
    "baseline": lambda story: story.theory["baselines"][1].update(value=0.25),
    "calendar": lambda story: setattr(story, "calendar", "quarter"),
    "retired": lambda story: _of(story, "IN-BOTH").update(retired={"at": "2024-12-31", "reason": "asked no more"}),
    "removed": lambda story: story.theory.update(
        indicators=[one for one in story.theory["indicators"] if one["id"] not in ("IN-EACH", "IN-POOR")]
    ),
    "title": lambda story: _of(story, "IN-TRUST").update(title="Another title"),
}


def _of(story: Story, name: str) -> dict[str, Any]:
    found = (one for one in story.theory["indicators"] if one["id"] == name)
    return next(found, {"measure": {}})


STEPS = st.one_of(
    st.sampled_from(sorted(ROWS)).flatmap(_delivery),
    st.tuples(st.just("forget"), _NUMBERS.map("p{}".format)),
    st.tuples(st.just("define"), st.sampled_from(sorted(DEFINITIONS))),
)
#: Everybody's first delivery, so that every indicator has something to say.
FIRST: tuple[tuple[Any, ...], ...] = (
    ("deliver", "frame", tuple((f"r{i}", f"A{1 + i % 2}") for i in range(30))),
    ("deliver", "orgs", tuple((f"o{i}", "club") for i in range(6))),
    ("deliver", "ties", (("o0", "o1"), ("o1", "o2"), ("o2", "o0"), ("o3", "o1"))),
    ("deliver", "grants", tuple((f"g{i}", f"202{4 + i % 2}-0{1 + i % 9}-11", f"{10.1 * i}", f"o{i % 3}")
                                for i in range(10))),
    *(("deliver", name, tuple((f"p{i}", f"202{4 + i % 2}-0{1 + i % 9}-11", 1 + i * i % 5, f"{100.7 * i}",
                               f"A{1 + i % 2}", *(["Y"] if name == "answers" else [])) for i in range(10)))
      for name in ("answers", "earlier", "later")),
)  # fmt: skip


def happen(step: tuple[Any, ...], number: int, story: Story, warehouse: Warehouse) -> Project:
    """One thing happens to the workspace and its warehouse."""
    what, *facts = step
    if what == "deliver":
        deliver(warehouse.workspace.root, number, *facts)
    elif what == "define":
        DEFINITIONS[facts[0]](story)
    elif what == "forget":
        remove(warehouse, pseudonymise(warehouse.workspace)("person", facts))
    return land(story.write(warehouse.workspace.root), warehouse)


def deliver(folder: Path, number: int, name: str, rows: Sequence[tuple[Any, ...]]) -> None:
    lines = [",".join(map(str, row)) for row in (HEADERS[name], *rows)]
    path = folder / "data" / name / f"{name}-{number:02}.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def land(project: Project, warehouse: Warehouse) -> Project:
    for source in project.sources.values():
        if not source.merged:
            land_new(warehouse, source, project.programme, pseudonymise(warehouse.workspace))
    bring_together(warehouse, [source for source in project.sources.values() if source.merged])
    return project


def compute(warehouse: Warehouse, project: Project) -> Measured:
    found = measure(warehouse, project)
    evaluate_all(warehouse, project)
    return found


# Two ways to the same tables -----------------------------------------------------------------------------------------

#: What a run computes; how it is kept, and when, is no part of it.
COMPUTED = [
    name for name, one in models("core").items()
    if one.written_by == "python" and not one.is_kept and name not in ("quality", "failing_rows")
]  # fmt: skip


def tables_of(warehouse: Warehouse) -> dict[str, pd.DataFrame]:
    found = {}
    for name in COMPUTED:
        rows = warehouse.connection.execute(f"select * from core.{name}").df()
        order = [column for column in rows.columns if column == "bin_low" or not is_numeric_dtype(rows[column])]
        found[name] = rows.sort_values(order, ignore_index=True)  # the order of bins is the database's
    return found


def assert_same(found: Mapping[str, pd.DataFrame], expected: Mapping[str, pd.DataFrame]) -> None:
    """Column by column and row by row: texts and whole numbers to the bit, floats to a part in 10¹², differences to
    that part of what they are differences of."""
    for name, table in expected.items():
        own = found[name]
        assert len(own) == len(table), f"{name}: {len(own)} rows instead of {len(table)}"
        for column in table.columns:
            for row, (one, other) in enumerate(zip(own[column], table[column], strict=True)):
                size = table.at[row, "value"] if column == "difference" else 0.0
                place = f"{name}.{column}, row {row} ({list(table.iloc[row, :5])}): {one!r} instead of {other!r}"
                assert is_same(one, other, size), place


def is_same(one: Any, other: Any, size: float) -> bool:
    if pd.isna(one) or pd.isna(other):
        return bool(pd.isna(one) and pd.isna(other))
    if isinstance(one, float):
        return math.isclose(one, other, rel_tol=1e-12, abs_tol=max(1e-14, 1e-12 * abs(size)))
    return bool(one == other)


@dataclass(frozen=True)
class Start:
    """A workspace in which everybody's first delivery has landed: not yet computed, and computed."""

    landed: Path
    computed: Path


@pytest.fixture(scope="module")
def start(tmp_path_factory: pytest.TempPathFactory) -> Start:
    landed = tmp_path_factory.mktemp("landed")
    for _, name, rows in FIRST:
        deliver(landed, 0, name, rows)
    with open_warehouse(Workspace(landed)) as warehouse:
        land(Story().write(landed), warehouse)
    computed = tmp_path_factory.mktemp("computed") / "workspace"
    shutil.copytree(landed, computed)
    with open_warehouse(Workspace(computed)) as warehouse:
        compute(warehouse, read_project(Workspace(computed)))
    return Start(landed, computed)


@contextmanager
def copied(folder: Path) -> Iterator[Warehouse]:
    with tempfile.TemporaryDirectory(prefix="incremental-") as name:
        own = shutil.copytree(folder, Path(name) / "workspace")
        with open_warehouse(Workspace(own)) as warehouse:
            yield warehouse


def in_full(start: Start, steps: Sequence[tuple[Any, ...]]) -> dict[str, pd.DataFrame]:
    """The tables after the same steps where nothing was ever computed, made once, at the end."""
    with copied(start.landed) as warehouse:
        story = Story()
        for number, step in enumerate(steps, start=1):
            project = happen(step, number, story, warehouse)
        compute(warehouse, project)
        return tables_of(warehouse)


def follow(start: Start, steps: Sequence[tuple[Any, ...]]) -> None:
    """Runs after every step; what stands at the end is what a full run gives. Shorter stories are stories, too."""
    with copied(start.computed) as warehouse:
        story = Story()
        for number, step in enumerate(steps, start=1):
            compute(warehouse, happen(step, number, story, warehouse))
        assert_same(tables_of(warehouse), in_full(start, steps))


@settings(max_examples=4, deadline=None, database=None, phases=[Phase.explicit, Phase.generate],
          suppress_health_check=list(HealthCheck))  # fmt: skip
@given(st.lists(STEPS, min_size=1, max_size=4))
def test_whatever_happens_a_run_ends_where_a_full_run_ends(start: Start, steps: list[tuple[Any, ...]]):
    follow(start, steps)


MEMBER = ("deliver", "orgs", (("o9", "club"),))
GRANT = ("deliver", "grants", (("g1", "2024-02-11", "500", "o1"),))
FRAME = ("deliver", "frame", (("r40", "A1"), ("r41", "A1"), ("r42", "A1")))


@pytest.mark.parametrize(("forgotten", "step"), [("orgs", MEMBER), ("answers", FRAME), ("grants", GRANT)])
def test_a_key_that_forgets_a_source_is_found_out(
    start: Start, monkeypatch: pytest.MonkeyPatch, forgotten: str, step: tuple[Any, ...]
):
    rows = Foundations.rows

    def of_the_others(self: Foundations, names: Iterable[str], of_source: str | None = None) -> dict[str, str]:
        return rows(self, [name for name in names if name != forgotten], of_source)

    with copied(start.landed) as warehouse, monkeypatch.context() as patched:
        patched.setattr(Foundations, "rows", of_the_others)
        compute(warehouse, read_project(warehouse.workspace))
        compute(warehouse, happen(step, 1, Story(), warehouse))
        found = tables_of(warehouse)
    with pytest.raises(AssertionError, match="instead of"):
        assert_same(found, in_full(start, [step]))


# What is touched -----------------------------------------------------------------------------------------------------


@contextmanager
def watched(connection: duckdb.DuckDBPyConnection) -> Iterator[set[str]]:
    """The indicators whose keys change while this is open."""
    asked = "select part, key from core.foundations where result = 'estimates'"
    before = dict(connection.execute(asked).fetchall())
    changed: set[str] = set()
    yield changed
    after = dict(connection.execute(asked).fetchall())
    changed |= {name for name in before | after if before.get(name) != after.get(name)}


@pytest.fixture(scope="module")
def told_before(start: Start) -> Iterator[tuple[Warehouse, Story]]:
    """A warehouse after one run. Each test adds to the story."""
    with copied(start.computed) as warehouse:
        yield warehouse, Story()


ON_GRANTS = {"IN-MONEY", "IN-GRANTS", "IN-EACH"}
ON_ANSWERS = {"IN-TRUST", "IN-HIGH", "IN-POOR"}


@pytest.mark.parametrize(
    ("step", "touched"),
    [
        (("forget", "nobody"), set()),
        (GRANT, ON_GRANTS),
        (MEMBER, {"IN-DENSE"}),
        (FRAME, ON_ANSWERS),
        (("deliver", "later", (("p1", "2025-02-11", 5, "10", "A1"),)), {"IN-BOTH", "IN-CHANGE"}),
        (("forget", "p3"), ON_ANSWERS | {"IN-BOTH", "IN-CHANGE"}),
        (("define", "another"), {"IN-GRANTS", "IN-EACH"}),
        (("define", "baseline"), set()),  # a comparison rests on it, no value
        (("define", "removed"), {"IN-EACH", "IN-POOR"}),
    ],
    ids=lambda one: str(one) if isinstance(one, tuple) else " ".join(sorted(one)) or "nothing",
)
def test_a_step_touches_what_rests_on_it(
    told_before: tuple[Warehouse, Story], step: tuple[Any, ...], touched: set[str]
):
    warehouse, story = told_before
    with watched(warehouse.connection) as changed:
        project = happen(step, 50 + len(story.happened), story, warehouse)
        story.happened.append(step)
        found = measure(warehouse, project)
    names = {one.id for one in project.theory.indicators}
    assert changed == touched
    assert (found.n_computed, found.n_taken_over) == (len(touched & names), len(names - touched))


def test_nothing_is_taken_over_after_a_doubt(told_before: tuple[Warehouse, Story]):
    warehouse, story = told_before
    project = story.write(warehouse.workspace.root)
    before = measure(warehouse, project)
    warehouse.doubt()
    again = measure(warehouse, project)
    assert (before.n_computed, again.n_taken_over) == (0, 0)
    assert_same({"values": again.values}, {"values": before.values})


# What is kept of a quality check -------------------------------------------------------------------------------------


def test_rules_are_run_again_where_a_source_they_look_at_has_changed(
    told_before: tuple[Warehouse, Story], monkeypatch: pytest.MonkeyPatch
):
    warehouse, story = told_before
    project = story.write(warehouse.workspace.root)
    grants = project.tables["grants"]
    first = check_source(warehouse, project, grants)
    asked: list[str] = []
    monkeypatch.setattr("warehouse.expectations.check", lambda *given, **more: asked.append("run") or [])
    assert check_source(warehouse, project, grants) == first
    assert not asked
    project = happen(("deliver", "orgs", (("o8", "firm"),)), 90, story, warehouse)
    check_source(warehouse, project, project.tables["grants"])
    assert asked == ["run"]


# Never half ----------------------------------------------------------------------------------------------------------


def test_rows_and_what_vouches_for_them_are_written_together_or_not_at_all(told_before: tuple[Warehouse, Story]):
    warehouse, _ = told_before
    state = "select result, part, key from core.foundations order by all"
    before = warehouse.connection.execute(state).fetchall()
    empty = pd.DataFrame(columns=list(models("core")["estimates"].column_names))
    with pytest.raises(ValueError, match="missing columns"):
        warehouse.replace_all({"estimates": empty, "effects": pd.DataFrame({"no": []})}, {"estimates": {"IN": "key"}})
    assert warehouse.connection.execute(state).fetchall() == before
    assert warehouse.connection.execute("select count(*) > 0 from core.estimates").fetchone() == (True,)
    warehouse.replace("estimates", empty)
    assert not [row for row in warehouse.connection.execute(state).fetchall() if row[0] == "estimates"]


# Fingerprints --------------------------------------------------------------------------------------------------------


def test_rows_in_another_order_are_the_same_rows_and_a_value_in_another_column_is_not(
    told_before: tuple[Warehouse, Story],
):
    warehouse, story = told_before
    project = story.write(warehouse.workspace.root)
    asked = "create or replace table core.looked_at as select * from (values {}) as rows(one, other)"
    found = []
    for rows in ("(1, 2), (3, null)", "(3, null), (1, 2)", "(1, 2), (null, 3)", "(2, 1), (3, null)", "(1, 2)",
                 "(1, 2), (3, null), (3, null)"):  # fmt: skip
        warehouse.connection.execute(asked.format(rows))
        found.append(Foundations(warehouse, project).rows(["looked_at"])["looked_at"])
    warehouse.connection.execute("drop table core.looked_at")
    assert found[0] == found[1]
    assert len(set(found)) == 5
    assert Foundations(warehouse, project).rows(["looked_at"])["looked_at"] == "nothing has landed"


def test_a_definition_is_told_alike_in_every_process():
    assert told(frozenset({"b", "a"})) == ["a", "b"]
    assert told({"b": 1, "a": (2, None)}) == [["b", 1], ["a", [2, None]]]
    assert "0x" not in str(told(theory()))
