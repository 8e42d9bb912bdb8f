"""Workspaces whose answers lie on a server of the tests, and what can be asked of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
from servers import PASSWORD, USER, LimeSurvey

from pipelines.starting import make_workspace
from surveys.limesurvey.account import Account

CONTRACT = """\
id: wellbeing
title: {it: Benessere, en: Wellbeing}
limesurvey: {survey: 415101}
person: token
answered: submitdate
questions:
  - {name: gender, code: GEN, type: single, answers: {F: Femmina, M: Maschio}}
  - {name: age, code: ETA, type: number}
  - {name: rent, code: REDD, type: number}
  - name: degree
    code: TITOLO
    type: single
    answers: {A1: Licenza elementare, A2: Licenza media, A3: Diploma di scuola superiore, A4: Laurea o titolo superiore}
    other: true
  - name: services
    code: SERV
    type: multiple
    answers: {BIB: Biblioteca di quartiere, CAF: Centro per le famiglie, DOP: Doposcuola,
              ANZ: Assistenza domiciliare anziani}
    other: true
  - {name: mark, code: VOTO, type: scale, range: [1, 5]}
  - {name: words, code: RACC, type: text}
"""


@dataclass(frozen=True)
class Said:
    code: int
    out: str
    err: str


Command = Callable[..., Said]


def account_on(server: LimeSurvey, password: str = PASSWORD) -> Account:
    return Account(server.address, USER, password)


def put(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def workspace_on(server: LimeSurvey, folder: Path, contract: str = CONTRACT) -> Path:
    made = make_workspace(folder)
    put(made / "surveys" / "wellbeing.yml", contract)
    put(
        made / ".env",
        f"LIMESURVEY_URL={server.address}\nLIMESURVEY_USER={USER}\nLIMESURVEY_PASSWORD={PASSWORD}\n",
    )
    return made


def rows(folder: Path, sql: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(folder / "warehouse" / "impact.duckdb"), read_only=True) as connection:
        return connection.execute(sql).fetchall()
