"""What every kept result rests on: a fingerprint of all that can change it, so that a run computes only what new loads
or changed definitions touch.

A result stands while its key does: the definitions and contracts behind it, the rows in force of the tables it reads,
the programme, and the program itself. Keys are kept with the rows they vouch for, in one transaction
(`warehouse.store`), so an interruption leaves neither without the other. What is computed belongs elsewhere.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import fields, is_dataclass
from functools import cache
from importlib import metadata, resources
from typing import TYPE_CHECKING, Any

from pipelines.indicators.measures import rows_of
from theory_of_change.model import Indicator, TheoryOfChange
from theory_of_change.tables import Table
from warehouse.modelling import model, quoted

if TYPE_CHECKING:
    import pandas as pd

    from pipelines.project import Project
    from warehouse.store import Warehouse

#: Whose code makes numbers, and whose releases may change the last digits of one.
_PACKAGES = ("theory_of_change", "surveys", "warehouse", "pipelines")
_LIBRARIES = ("duckdb", "highspy", "numpy", "pandas", "scipy", "statsmodels", "great_expectations", "networkx")
_CODE = (".py", ".sql", ".yml")
#: What a corpus has landed as, beside the views of its documents, passages and voices.
CORPORA = ("documents", "document_participants", "turns", "segments", "codes", "code_meanings")


class Foundations:
    """The keys of what is kept, and how keys are made from what is there now."""

    def __init__(self, warehouse: Warehouse, project: Project) -> None:
        self.warehouse, self.project = warehouse, project
        self._about = digest(engine(), told(project.programme))
        self._rows: dict[tuple[str, str], str] = {}
        self._tables: dict[str, str] = {}
        found = warehouse.connection.execute("select result, part, key from core.foundations").fetchall()
        self._kept = {(result, part): key for result, part, key in found}

    def key(self, *facts: Any) -> str:
        """The key of a result that rests on these facts, on the programme and on the program."""
        return digest(self._about, *facts)

    def stands(self, result: str, key: str, part: str = "") -> bool:
        return self._kept.get((result, part)) == key

    def standing(self, result: str, keys: Mapping[str, str]) -> set[str]:
        """The parts of a result that stand under these keys."""
        return {part for part, key in keys.items() if self.stands(result, key, part)}

    def keys_of(self, result: str) -> dict[str, str]:
        """The kept keys of a result, by part."""
        return {part: key for (name, part), key in self._kept.items() if name == result}

    def rows(self, names: Iterable[str], of_source: str | None = None) -> dict[str, str]:
        """Fingerprints of what these tables of `core` hold now, in whatever order: the number of rows and the sum of
        their hashes. Of one source's rows alone where a table holds those of several."""
        return {name: self._fingerprint(name, of_source) for name in dict.fromkeys(names)}

    def _fingerprint(self, name: str, of_source: str | None) -> str:
        import duckdb

        if (name, of_source or "") not in self._rows:
            where = " where source = ?" if of_source else ""
            asked = f"select count(*), sum(cast(hash(*columns(*)) as hugeint)) from core.{quoted(name)}{where}"
            try:
                found = self.warehouse.connection.execute(asked, [of_source] if of_source else []).fetchone()
                self._rows[name, of_source or ""] = " ".join(map(str, found or ()))
            except duckdb.CatalogException:
                self._rows[name, of_source or ""] = "nothing has landed"
        return self._rows[name, of_source or ""]

    def tables(self, tables: Iterable[Table]) -> list[Any]:
        """Facts of sources a result reads: what each column means and which rows are in force."""
        found = []
        for table in tables:
            if table.id not in self._tables:
                self._tables[table.id] = digest(told(table), self.project.fingerprints.get(table.id))
            found.append([self._tables[table.id], self.rows([table.id])])
        return found

    def of_indicators(self, tables: Mapping[str, Table]) -> dict[str, str]:
        """The key of each indicator's values; those of a formula or an index hold the keys of what it rests on."""
        theory = self.project.theory
        indicators = {one.id: one for one in theory.indicators}
        done: dict[str, str] = {}

        def found(one: Indicator, above: tuple[str, ...]) -> str:
            if one.id not in done:
                inputs = [name for name in one.measure.rests_on if name in indicators and name not in above]
                facts = [found(indicators[name], (*above, one.id)) for name in inputs]
                facts += [told(one), _beside(one, theory), self.tables(read_by(one, tables))]
                done[one.id] = self.key("values", *facts)
            return done[one.id]

        return {one.id: found(one, ()) for one in theory.indicators}

    def kept(self, name: str, parts: Collection[str]) -> pd.DataFrame:
        """The kept rows of some indicators of a table, in the order they were written, typed as its model says."""
        rows = self.warehouse.connection.execute(f"select * from core.{quoted(name)} order by rowid").df()
        rows = rows[rows["indicator_id"].isin(list(parts))].reset_index(drop=True)
        for column in model("core", name).columns:
            kind = {"bigint": "Int64", "double": "float64"}.get(column.type)
            own = rows[column.name]
            rows[column.name] = own.astype(kind) if kind else own.astype(object).where(own.notna(), None)
        return rows

    def renew(
        self, names: Collection[str], facts: Iterable[Any], make: Callable[[], Mapping[str, pd.DataFrame]]
    ) -> bool:
        """Makes whole tables anew, unless what they rest on is what it was. True where they were made."""
        key = self.key(sorted(names), *facts)
        if all(self.stands(name, key) for name in names):
            return
        self.warehouse.replace_all(make(), {name: {"": key} for name in names})


def read_by(indicator: Indicator, tables: Mapping[str, Table]) -> list[Table]:
    """The tables whose rows an indicator is made from: its source's, and of a network the members', too."""
    table = rows_of(indicator, tables)
    if table is None:
        return []
    nodes = tables.get(table.network.nodes.source) if table.network else None
    return [table, nodes] if nodes is not None else [table]


def _beside(indicator: Indicator, theory: TheoryOfChange) -> Any:
    """What the theory says beside the indicators: all its dimensions and areas, because few change and one may rest on
    another, and the milestone that an indicator names."""
    milestones = [one for one in theory.milestones if one.id == indicator.measure.milestone]
    return told([theory.dimensions, theory.areas, milestones])


# Fingerprints --------------------------------------------------------------------------------------------------------


def digest(*facts: Any) -> str:
    return hashlib.sha256(json.dumps(facts, ensure_ascii=False, separators=(",", ":")).encode()).hexdigest()[:32]


def told(thing: Any) -> Any:
    """A definition as plain lists and texts: the same for equal definitions, in every process. The order of a mapping
    counts, because labels and categories are shown in theirs; that of a set does not."""
    if thing is None or isinstance(thing, (bool, int, float, str)):
        return thing
    if hasattr(thing, "model_dump"):
        return [[name, told(getattr(thing, name))] for name in type(thing).model_fields]
    if is_dataclass(thing):
        return [[one.name, told(getattr(thing, one.name))] for one in fields(thing)]
    if isinstance(thing, Mapping):
        return [[told(name), told(value)] for name, value in thing.items()]
    if isinstance(thing, (set, frozenset)):
        return sorted((told(one) for one in thing), key=json.dumps)
    if isinstance(thing, (list, tuple)):
        return [told(one) for one in thing]
    return f"{type(thing).__name__} {thing}"


@cache
def engine() -> str:
    """The program: the text of what computes, and the releases of the libraries it computes with."""
    found = []
    for package in _PACKAGES:
        folder = resources.files(package)
        with resources.as_file(folder) as root:
            files = [path for path in root.rglob("*") if path.suffix in _CODE]
            files = [path for path in files if "examples" not in path.parts]
            found += [[path.relative_to(root).as_posix(), hashlib.sha256(path.read_bytes()).hexdigest()]
                      for path in sorted(files)]  # fmt: skip
    return digest(found, [_release(library) for library in _LIBRARIES])


def _release(library: str) -> str:
    try:
        return metadata.version(library)
    except metadata.PackageNotFoundError:
        return ""


def row_keys(frame: pd.DataFrame, without: Collection[str] = ()) -> dict[str, str]:
    """A fingerprint of each indicator's rows, in their order, whatever types their columns were kept in."""
    import pandas as pd
    from pandas.api.types import is_numeric_dtype

    plain = {
        name: frame[name].astype("float64") if is_numeric_dtype(frame[name]) else frame[name].astype(object).fillna("")
        for name in frame.columns if name not in without
    }  # fmt: skip
    hashed = pd.util.hash_pandas_object(pd.DataFrame(plain), index=False).to_numpy()
    places = frame.groupby("indicator_id", sort=False).indices
    return {str(name): hashlib.sha256(hashed[rows].tobytes()).hexdigest() for name, rows in places.items()}
