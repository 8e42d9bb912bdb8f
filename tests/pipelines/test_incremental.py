"""A run takes over what nothing has touched, and ends where a full run in an empty warehouse ends: whatever is delivered,
corrected, forgotten or defined anew in between.

The workspace has a source of every sort that rests on another: answers weighted by a frame, a network between members of
a register, two surveys looked at as one, a formula on two sources, a baseline that is another indicator's value.
"""

from __future__ import annotations

import copy
import math
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
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
    folder = warehouse.workspace.root
    what, *facts = step
    if what == "deliver":
        name, rows = facts
        lines = [",".join(map(str, row)) for row in (HEADERS[name], *rows)]
        path = folder / "data" / name / f"{name}-{number:02}.csv"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    elif what == "define":
        DEFINITIONS[facts[0]](story)
    project = story.write(folder)
    code = pseudonymise(warehouse.workspace)
    if what == "forget":
        remove(warehouse, code("person", facts))
    for source in project.sources.values():
        if not source.merged:
            land_new(warehouse, source, project.programme, code)
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
    """Column by column and row by row: to the bit, but floats to a part in 10¹²."""
    for name, table in expected.items():
        own = found[name]
        assert len(own) == len(table), f"{name}: {len(own)} rows instead of {len(table)}"
        for column in table.columns:
            for row, (one, other) in enumerate(zip(own[column], table[column], strict=True)):
                place = f"{name}.{column}, row {row} ({list(table.iloc[row, :5])}): {one!r} instead of {other!r}"
                assert is_same(one, other), place


def is_same(one: Any, other: Any) -> bool:
    if pd.isna(one) or pd.isna(other):
        return bool(pd.isna(one) and pd.isna(other))
    if isinstance(one, float) and not float(one).is_integer():
        return math.isclose(one, other, rel_tol=1e-12, abs_tol=1e-14)
    return bool(one == other)


@contextmanager
def empty_warehouse() -> Iterator[Warehouse]:
    with ExitStack() as stack:
        folder = Path(tempfile.mkdtemp(prefix="incremental-"))
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        yield stack.enter_context(open_warehouse(Workspace(folder)))


def in_full(steps: list[tuple[Any, ...]]) -> dict[str, pd.DataFrame]:
    """The tables after the same steps in an empty warehouse, computed once, at the end."""
    with empty_warehouse() as warehouse:
        story = Story()
        for number, step in enumerate(steps):
            project = happen(step, number, story, warehouse)
        compute(warehouse, project)
        return tables_of(warehouse)


def follow(steps: list[tuple[Any, ...]]) -> None:
    """Runs after every step, and compares with the full run."""
    with empty_warehouse() as warehouse:
        story = Story()
        for number, step in enumerate((*FIRST, *steps)):
            project = happen(step, number, story, warehouse)
            if number + 1 < len(FIRST):
                continue
            compute(warehouse, project)
            assert_same(tables_of(warehouse), in_full([*FIRST, *steps][: number + 1]))


@settings(max_examples=5, deadline=None, database=None, phases=[Phase.explicit, Phase.generate],
          suppress_health_check=list(HealthCheck))  # fmt: skip
@given(st.lists(STEPS, min_size=2, max_size=4))
def test_whatever_happens_a_run_ends_where_a_full_run_ends(steps: list[tuple[Any, ...]]):
    follow(steps)
