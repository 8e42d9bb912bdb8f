"""Who is behind a pseudonym: the only module that sees identifiers, and the only one that opens `identities.duckdb`.

A pseudonym is a keyed hash of scheme and identifier, so that one person is one pseudonym in every source and nobody
without the key can try identifiers out. The key is `SESTANTE_KEY`, in the environment or in `.env`; it is in no
database. Which columns hold persons is said by the contracts.
"""

from __future__ import annotations

import contextlib
import csv
import fcntl
import hmac
import io
import os
import secrets
import unicodedata
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

import duckdb

from theory_of_change.identifiers import code_form
from theory_of_change.problems import Place, Problem, ProblemsFound
from theory_of_change.programme import Workspace
from warehouse.connections import connect, create_missing, storing, transaction, write_anew
from warehouse.near_misses import near_misses as compared

KEY = "SESTANTE_KEY"
DEFAULT_SCHEME = "person"
_SHORTEST_KEY = 32  # characters; a key made here has 64
_LENGTH = 20  # hexadecimal digits

Pseudonymise = Callable[[str, Sequence[str]], list[str | None]]
_FORGOTTEN = "forgotten\x1f"  # before the scheme, so that what marks the forgotten is no pseudonym


@dataclass(frozen=True)
class Person:
    """Somebody to be forgotten: the scheme, the identifier as normalised, the pseudonym, and whether a run of
    `forget` got so far before that only its traces in the files may be left."""

    scheme: str
    identifier: str
    pseudonym: str
    is_forgotten: bool = False

    def __repr__(self) -> str:
        return f"Person({self.pseudonym})"  # an identifier must not reach a log by way of a traceback


def pseudonymise(workspace: Workspace) -> Pseudonymise:
    """A function from a scheme and identifiers to their pseudonyms, in the same order; None for who was forgotten.

    Makes the key where there is none yet, and keeps who is who in `identities.duckdb`. Raises ProblemsFound when people
    are known but their key is gone or is another one: new pseudonyms would no longer meet the old ones.
    """
    key = _key(workspace)

    def named(scheme: str, identifiers: Sequence[str]) -> list[str]:
        plain = [normalised(identifier) for identifier in identifiers]
        known = {identifier: pseudonym(key, scheme, identifier) for identifier in dict.fromkeys(plain)}
        if known and (gone := _forgotten(workspace)):
            marks = {identifier: _mark(key, scheme, identifier) for identifier in known}
            known = {identifier: named for identifier, named in known.items() if marks[identifier] not in gone}
        if known:
            _remember(workspace, scheme, known)
        return [known.get(identifier) for identifier in plain]

    return named


def pseudonym(key: str, scheme: str, identifier: str) -> str:
    """`p_` and the first 80 bits of HMAC-SHA256 over scheme and identifier (already `normalised`).

    Eighty bits: among ten million persons two share a pseudonym with probability n² / 2⁸¹ = 4 · 10⁻¹¹, and it still
    fits a table's column.
    """
    said = f"{scheme}\x1f{identifier}".encode()
    return "p_" + hmac.digest(key.encode(), said, "sha256").hex()[:_LENGTH]


def normalised(identifier: str) -> str:
    """Without blanks around it and in one Unicode form. Capitals are kept: a token may differ by them alone, and taking
    two persons for one cannot be undone."""
    return unicodedata.normalize("NFC", identifier).strip()


# Who is known --------------------------------------------------------------------------------------------------------


def _remember(workspace: Workspace, scheme: str, known: dict[str, str]) -> None:
    import pandas as pd

    with storing("identities.duckdb"), contextlib.closing(_database(workspace)) as connection, transaction(connection):
        met = pd.DataFrame({"identifier": list(known), "pseudonym": list(known.values())}, dtype="str")
        connection.register("met", met)
        connection.execute(
            "insert into people (scheme, identifier, pseudonym) select ?, identifier, pseudonym from met"
            " where not exists (select 1 from people where people.scheme = ? and people.identifier = met.identifier)",
            [scheme, scheme],
        )


def _database(workspace: Workspace) -> duckdb.DuckDBPyConnection:
    """The open database, made on first use and readable by its owner alone."""
    path = workspace.identities_database
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        create_missing(path, private=True)
    except OSError as error:
        raise ProblemsFound([Problem("warehouse-not-accessible", Place("warehouse"))]) from error
    connection = connect(path)
    connection.execute("create table if not exists people (scheme varchar, identifier varchar, pseudonym varchar)")
    connection.execute("create table if not exists forgotten (scheme varchar, mark varchar)")
    return connection


def _someone(workspace: Workspace) -> tuple[str, str, str] | None:
    """Scheme, identifier and pseudonym of anyone known, to try a key on."""
    if not workspace.identities_database.is_file():
        return None
    with contextlib.closing(_database(workspace)) as connection:
        return connection.execute(
            "select scheme, identifier, pseudonym from people"
            " union all select '', '', mark from forgotten where scheme = '' limit 1"
        ).fetchone()


# Forgetting ----------------------------------------------------------------------------------------------------------


def find(workspace: Workspace, given: str, scheme: str | None = None, is_pseudonym: bool = False) -> Person:
    """The person known by an identifier as the deliveries write it, or by a pseudonym; also one already forgotten.

    Raises ProblemsFound when there is none, or when the identifier means somebody in several schemes.
    """
    if not workspace.identities_database.is_file():
        raise ProblemsFound([Problem("person-not-found", Place("warehouse"))])
    key, plain = _key(workspace), normalised(given)
    column = "pseudonym" if is_pseudonym else "identifier"
    with contextlib.closing(_database(workspace)) as connection:
        found = connection.execute(
            f"select distinct scheme, identifier, pseudonym from people where {column} in (?, ?)"
            " and (? is null or scheme = ?) order by scheme",
            [plain, code_form(plain), scheme, scheme],
        ).fetchall()
        marks = connection.execute("select scheme, mark from forgotten where scheme <> ''").fetchall()
    forms = {_mark(key, name, form): (name, form) for name, _ in marks for form in (code_form(plain), plain)}
    gone = {forms[mark] for _, mark in marks if mark in forms and scheme in (None, forms[mark][0])}
    if len(found) > 1:
        facts = {"schemes": ", ".join(name for name, _, _ in found)}
        raise ProblemsFound([Problem("person-several-schemes", Place("warehouse"), facts)])
    if found:
        return Person(*found[0], is_forgotten=found[0][:2] in gone)
    if gone and not is_pseudonym:
        name, form = min(gone)
        return Person(name, form, pseudonym(key, name, form), is_forgotten=True)
    raise ProblemsFound([Problem("person-not-found", Place("warehouse"))])


def named_by(workspace: Workspace, pseudonyms: Collection[str]) -> list[Person]:
    """Who the pseudonyms stand for."""
    with contextlib.closing(_database(workspace)) as connection:
        found = connection.execute(
            "select distinct scheme, identifier, pseudonym from people"
            " where pseudonym in (select unnest(?)) order by all",
            [list(pseudonyms)],
        ).fetchall()
    return [Person(*one) for one in found]


def bar(workspace: Workspace, persons: Collection[Person]) -> None:
    """Remembers, by a keyed hash alone, that rows about these persons must not land again."""
    key = _key(workspace)
    marks = [(one.scheme, _mark(key, one.scheme, one.identifier)) for one in persons] + [("", pseudonym(key, "", ""))]
    with storing("identities.duckdb"), contextlib.closing(_database(workspace)) as connection, transaction(connection):
        for scheme, mark in marks:
            connection.execute(
                "insert into forgotten select ?, ? where not exists"
                " (select 1 from forgotten where forgotten.scheme = ? and forgotten.mark = ?)",
                [scheme, mark, scheme, mark],
            )


def drop(workspace: Workspace, persons: Collection[Person], in_use: Collection[str]) -> int:
    """Takes the persons off the list, and everybody whose pseudonym no row uses any more; returns how many were on it.

    The file is written anew, so that nothing of them is left in it.
    """
    gone = [one.pseudonym for one in persons]
    with storing("identities.duckdb"), contextlib.closing(_database(workspace)) as connection, transaction(connection):
        (count,) = connection.execute(
            "delete from people where pseudonym in (select unnest(?)) or pseudonym not in (select unnest(?))",
            [gone, list(in_use)],
        ).fetchone()
    with storing("identities.duckdb"):
        write_anew(workspace.identities_database, private=True)
        for listed in workspace.identities_database.parent.glob("near_misses-*.csv"):
            listed.unlink()  # made anew on request, without them
    return count


def _forgotten(workspace: Workspace) -> frozenset[str]:
    if not workspace.identities_database.is_file():
        return frozenset()
    with contextlib.closing(_database(workspace)) as connection:
        return frozenset(mark for (mark,) in connection.execute("select mark from forgotten").fetchall())


def _mark(key: str, scheme: str, identifier: str) -> str:
    return pseudonym(key, _FORGOTTEN + scheme, identifier)


# One person, two spellings? ------------------------------------------------------------------------------------------


def near_misses(
    workspace: Workspace, scheme: str, some: Collection[str], others: Collection[str]
) -> list[tuple[str, str]]:
    """Pairs of pseudonyms, one of each list, whose identifiers are one slip of the pen apart. Both lists are
    pseudonyms and so is the result: what people are called stays here."""
    codes = _codes(workspace, scheme, {*some, *others})
    names = {identifier: pseudonym for pseudonym, identifier in codes.items()}
    found = compared([codes[one] for one in some if one in codes], [codes[one] for one in others if one in codes])
    return [(names[one], names[other]) for one, other in found]


def list_near_misses(
    workspace: Workspace, source: str, scheme: str, pairs: Collection[tuple[str, str, str, str]]
) -> Path:
    """Writes the codes behind pairs of pseudonyms, with their waves, into a file that its owner alone can read; returns
    where it is. `pairs` are wave, pseudonym, wave, pseudonym."""
    codes = _codes(workspace, scheme, {name for _, one, _, other in pairs for name in (one, other)})
    path = workspace.identities_database.with_name(f"near_misses-{source}.csv")
    with storing(path.name):
        path.unlink(missing_ok=True)
        create_missing(path, private=True)
        with path.open("w", encoding="utf-8", newline="") as file:
            rows = csv.writer(file, lineterminator="\n")
            rows.writerow(("wave_from", "code_from", "wave_to", "code_to"))
            known = [pair for pair in pairs if {pair[1], pair[3]} <= codes.keys()]
            rows.writerows(sorted((a, _inert(codes[one]), b, _inert(codes[other])) for a, one, b, other in known))
    return path


def _inert(code: str) -> str:
    """The code as a spreadsheet shows it and never computes it."""
    return f"'{code}" if code[:1] in ("=", "+", "-", "@", "\t", "\r") else code


def _codes(workspace: Workspace, scheme: str, pseudonyms: Collection[str]) -> dict[str, str]:
    """Identifiers by pseudonym; empty where nobody is known."""
    if not workspace.identities_database.is_file():
        return {}
    with contextlib.closing(_database(workspace)) as connection:
        found = connection.execute(
            "select pseudonym, identifier from people where scheme = ? and pseudonym in (select unnest(?))",
            [scheme, list(pseudonyms)],
        ).fetchall()
    return dict(found)


# The key -------------------------------------------------------------------------------------------------------------


def _key(workspace: Workspace) -> str:
    """From the environment, else from `.env`, else made now and written there."""
    someone = _someone(workspace)
    if given := os.environ.get(KEY, "").strip():
        return _checked(given, someone, "environment")
    try:
        with _env_file(workspace, make=someone is None) as file:
            given = _key_in(file.read())
            if not given and someone:
                raise ProblemsFound([Problem("key-lost", Place(".env"))])
            if not given:
                given = secrets.token_hex(32)
                _append(file, given)
            return _checked(given, someone, ".env")
    except FileNotFoundError as error:
        raise ProblemsFound([Problem("key-lost", Place(".env"))]) from error
    except (OSError, UnicodeDecodeError) as error:
        raise ProblemsFound([Problem("environment-unreadable", Place(".env"))]) from error


def _checked(key: str, someone: tuple[str, str, str] | None, place: str) -> str:
    if len(key) < _SHORTEST_KEY:
        raise ProblemsFound([Problem("key-too-short", Place(place), {"least": str(_SHORTEST_KEY)})])
    if someone and not hmac.compare_digest(pseudonym(key, *someone[:2]), someone[2]):
        raise ProblemsFound([Problem("key-changed", Place(place))])
    return key


@contextlib.contextmanager
def _env_file(workspace: Workspace, make: bool) -> Iterator[TextIO]:
    """`.env` open to read and append, held so that two processes do not both make a key."""
    flags = os.O_RDWR | os.O_APPEND | (os.O_CREAT if make else 0)
    with os.fdopen(os.open(workspace.environment, flags, 0o600), "r+", encoding="utf-8", newline="") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.seek(0)
        yield file


def _key_in(text: str) -> str:
    from dotenv import dotenv_values

    return (dotenv_values(stream=io.StringIO(text), interpolate=False).get(KEY) or "").strip()


def _append(file: TextIO, key: str) -> None:
    """The key on a line of its own after what is there, which stays as it is; then nobody else may read the file."""
    file.seek(0)
    text = file.read()
    gap = "" if not text or text.endswith("\n") else "\n"
    file.write(f"{gap}{KEY}={key}\n")
    file.flush()
    os.fsync(file.fileno())
    os.fchmod(file.fileno(), 0o600)
