"""One register as its YAML says it: a table of programme data with a key, a date and typed columns.

Says which typed columns come of it and finds contradictions inside one contract; that its references exist in other
sources is checked in `sources`, that the rows obey them in the warehouse.
"""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import Field as Described

from surveys import network_contracts, role_contracts
from surveys.answer_checks import RowRule
from surveys.answer_checks import contradictions_of as contradictions_of_rules
from surveys.contracts import (
    Codes,
    ColumnName,
    Contract,
    Contradiction,
    Decimal,
    Field,
    MissingCode,
    Normalise,
    common_contradictions,
    date_order,
    reversed_range,
    twice,
    unknown,
)
from theory_of_change.calls import Funnel
from theory_of_change.model import Definition, ElementId, Text, Words
from theory_of_change.networks import Network
from theory_of_change.problems import with_hint
from theory_of_change.ratings import Ratings
from theory_of_change.tables import Column, ColumnType, Table

_NUMERIC = ("number", "integer", "money")
_ROLES = ("person", "date", "weight")


class RegisterColumn(Definition):
    name: ColumnName
    type: ColumnType
    code: Words | None = Described(None, description="The header of the column; default: the name.")
    title: Text | None = None
    unit: Words | None = None
    required: bool = False
    min: float | None = None
    max: float | None = None
    values: Codes = Described(default_factory=dict)
    missing: tuple[MissingCode, ...] = ()
    references: Words | None = Described(None, description="`source.column` in which every value must exist.")
    sensitive: bool = False
    scheme: ElementId = Described("person", description="For persons: which kind of identifier this is.")
    normalise: Normalise = Described("exact", description="`code`: capitals, accents and blanks do not matter.")
    optional: bool = Described(False, description="True where a delivery may lack its column.")
    decimal: Decimal | None = None
    date_format: Words | None = None

    @property
    def header(self) -> str:
        return self.code or self.name

    @property
    def target(self) -> tuple[str, str] | None:
        """The source and column referred to; None where there is none or it is not written as `source.column`."""
        source, dot, column = (self.references or "").partition(".")
        return (source, column) if source and dot and column else None


class Register(Contract):
    """`registers/<id>.yml`."""

    date: Words | None = Described(None, description="Column with the date that gives a row its period.")
    person: Words | None = Described(None, description="Column with the person a row is about; default: the only one.")
    columns: tuple[RegisterColumn, ...] = Described(min_length=1)
    rules: tuple[RowRule, ...] = ()
    network: Network | None = Described(None, description="Where a row is a tie: which columns make the network.")
    funnel: Funnel | None = Described(None, description="Where a row is a case of a call: its stages, cohort, money.")
    ratings: Ratings | None = Described(None, description="Where a row is a score somebody gave: who rated what.")


def _person(register: Register) -> str | None:
    """The person column: the one named, else the only one. Two of them (as in ties) leave it open."""
    persons = [column.name for column in register.columns if column.type == "person"]
    return register.person or (persons[0] if len(persons) == 1 else None)


def to_table(register: Register) -> Table:
    """The typed table the rows land in."""
    roles = {"person": _person(register), "date": register.date, "weight": register.weight}
    return Table(
        id=register.id,
        kind="register",
        title=register.title,
        columns=network_contracts.referring(tuple(field.column for field in fields(register)), register.network),
        key=register.key,
        person=roles["person"],
        date=register.date,
        period=register.period,
        weight=register.weight,
        strata=register.strata,
        cluster=register.cluster,
        fpc=register.fpc,
        network=register.network,
        funnel=register.funnel,
        ratings=register.ratings,
        aliases={role: name for role, name in roles.items() if name and role != name and not _has(register, role)},
    )


def _has(register: Register, name: str) -> bool:
    return any(column.name == name for column in register.columns)


def fields(register: Register) -> tuple[Field, ...]:
    """How every column of a delivery is read."""
    design = (register.weight, *register.strata, *register.cluster, *register.fpc)
    ties = (register.network.start, register.network.wave) if register.network else ()
    return tuple(
        Field(
            Column(
                name=column.name,
                type=column.type,
                header=column.header,
                title=column.title,
                unit=column.unit,
                labels=column.values,
                missing=column.missing,
                required=column.required or column.name in register.key or column.name in (*design, *ties),
                min=0 if column.min is None and column.name in (register.weight, *register.fpc) else column.min,
                max=column.max,
                references=column.references,
                sensitivity="personal" if column.type == "person" else "sensitive" if column.sensitive else "none",
            ),
            tuple(dict.fromkeys((column.header, column.name))),
            optional=column.optional,
            scheme=column.scheme,
            normalise=column.normalise,
            decimal=column.decimal or register.decimal,
            date_format=column.date_format or register.date_format,
        )
        for column in register.columns
    )


def contradictions(register: Register) -> Iterator[Contradiction]:
    """Everything in the contract that cannot be, all at once."""
    yield from common_contradictions(register)
    yield from contradictions_of_rules(register.rules)
    names = [column.name for column in register.columns]
    yield from twice(
        ((column.name, ("columns", i, "name")) for i, column in enumerate(register.columns)), "column-twice"
    )
    headers = ((column.header, ("columns", i, "code")) for i, column in enumerate(register.columns))
    yield from twice(headers, "header-twice")
    for role in (*_ROLES, "strata", "cluster", "fpc", "key"):
        given = getattr(register, role) or ()
        yield from unknown(
            "role-column-unknown", (given,) if isinstance(given, str) else given, names, (role,), role=role
        )
    if register.date and register.period:
        yield Contradiction("date-and-period", ("period",), {"date": register.date})
    types = {column.name: column.type for column in register.columns}
    for role, fitting in (("date", ("date",)), ("person", ("person",)), ("weight", _NUMERIC)):
        name = getattr(register, role)
        if name in types and types[name] not in fitting:
            facts = {"name": name, "role": role, "type": types[name], "expected": fitting[0]}
            yield Contradiction("role-column-type", (role,), facts)
    if register.network:
        yield from network_contracts.contradictions(register.network, types)
    yield from role_contracts.contradictions(register.funnel, register.ratings, types)
    for number, column in enumerate(register.columns):
        for code, path, facts in _about(column):
            yield Contradiction(code, ("columns", number, *path), facts | {"name": column.name})


def _about(column: RegisterColumn) -> Iterator[Contradiction]:
    yield from reversed_range(column.min, column.max, ("min",))
    if (column.min is not None or column.max is not None) and column.type not in _NUMERIC:
        path = ("min",) if column.min is not None else ("max",)
        yield Contradiction("range-out-of-place", path, {"type": column.type})
    if column.values and column.type != "category":
        yield Contradiction("answers-out-of-place", ("values",), {"type": column.type})
    if column.date_format and not date_order(column.date_format):
        yield Contradiction("date-format-unknown", ("date_format",), {"found": column.date_format})
    if column.references and not column.target:
        yield Contradiction("reference-form", ("references",), {"found": column.references})


def broken_references(register: Register, columns: dict[str, list[str]]) -> Iterator[Contradiction]:
    """References to sources or columns that do not exist. `columns`: the columns of every source, by its id."""
    for number, column in enumerate(register.columns):
        if not column.target:
            continue
        source, name = column.target
        path, facts = ("columns", number, "references"), {"name": column.name, "source": source, "column": name}
        if source not in columns:
            yield Contradiction("reference-source-unknown", path, with_hint(facts, source, columns))
        elif name not in columns[source]:
            yield Contradiction("reference-column-unknown", path, with_hint(facts, name, columns[source]))
