"""What every test of landing needs: a contract from a few lines of YAML, a file from a few lines of text, one call."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pandas as pd
import pytest
import yaml

from surveys.deliveries import Delivery, read_delivery
from surveys.questionnaire import Survey
from surveys.registers import Register
from surveys.sources import Source, source_of
from theory_of_change.loading import Places
from theory_of_change.programme import Programme


def source_from(text: str) -> Source:
    """The contract written in YAML: a register where it has `columns`, else a survey. Values stay the text they are."""
    written = {"id": "prova", "title": "Prova"} | yaml.load(text, Loader=yaml.BaseLoader)
    model = Register if "columns" in written else Survey
    return source_of(model.model_validate(written), "prova.yml", Places("prova.yml"))


class Pseudonyms:
    """Stands for the warehouse's keyed hash: `person-1` for the first identifier of the scheme `person`, and so on."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, list[str]]] = []
        self.known: dict[tuple[str, str], str] = {}

    def __call__(self, scheme: str, identifiers: Sequence[str]) -> list[str]:
        self.calls.append((scheme, list(identifiers)))
        for identifier in identifiers:
            number = sum(one == scheme for one, _ in self.known) + 1
            self.known.setdefault((scheme, identifier), f"{scheme}-{number}")
        return [self.known[scheme, identifier] for identifier in identifiers]


@pytest.fixture
def programme() -> Programme:
    return Programme.model_validate(
        {
            "id": "prova",
            "title": "Prova",
            "calendar": {"start": "2024-01-01", "end": "2026-12-31"},
            "timezone": "Europe/Rome",
        }
    )


@pytest.fixture
def pseudonyms() -> Pseudonyms:
    return Pseudonyms()


@pytest.fixture
def deliver(tmp_path: Path, programme: Programme, pseudonyms: Pseudonyms) -> Callable[..., Delivery]:
    """`deliver(contract, content)`: writes the content to a file and reads it by the contract."""

    def read(contract: str | Source, content: str | bytes | Path, name: str = "consegna.csv") -> Delivery:
        source = source_from(contract) if isinstance(contract, str) else contract
        path = content if isinstance(content, Path) else tmp_path / name
        if not isinstance(content, Path):
            path.write_bytes(content.encode("utf-8") if isinstance(content, str) else content)
        return read_delivery(path, source, programme, pseudonyms)

    return read


@pytest.fixture
def contract() -> Callable[[str], Source]:
    return source_from


@pytest.fixture
def rows() -> Callable[[pd.DataFrame], list[tuple]]:
    """A table as a list of rows: nulls as None, dates as `2024-05-31`."""

    def plain(frame: pd.DataFrame) -> list[tuple]:
        frame = frame.copy()
        for column in frame.columns:
            if str(frame[column].dtype).startswith("datetime"):
                frame[column] = frame[column].dt.strftime("%Y-%m-%d")
        frame = frame.astype(object)
        return [tuple(row) for row in frame.where(frame.notna(), None).itertuples(index=False)]

    return plain


@pytest.fixture
def refusals() -> Callable[[Delivery], list[tuple[int, str, str]]]:
    return lambda delivery: [(one.row, one.column, one.rule) for one in delivery.refused]
