"""Every word of an exchanged file is there in Italian and in English, with the same places to fill."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from pipelines.exchange import losses
from pipelines.exchange.recognising import header_of
from pipelines.exchange.wording import plain_number, words

SLOT = re.compile(r"\{[a-z_]+\}")


def entries(node: object, path: str = "") -> Iterator[tuple[str, dict]]:
    if isinstance(node, dict) and {"it", "en"} & set(node):
        yield path, node
    elif isinstance(node, dict):
        for key, inner in node.items():
            yield from entries(inner, f"{path}.{key}")
    else:
        raise AssertionError(f"{path} has no language")


def test_both_languages_are_there_with_the_same_places_to_fill() -> None:
    for path, entry in entries(words()):
        assert set(entry) == {"it", "en"}, path
        for text in entry.values():
            assert all(isinstance(one, str) and one for one in (text if isinstance(text, list) else [text])), path
        if isinstance(entry["it"], str):
            assert SLOT.findall(entry["it"]) == SLOT.findall(entry["en"]), path


def test_what_is_written_above_a_column_is_what_is_read_there() -> None:
    for role, spoken in words()["headers"].items():
        for phrases in spoken.values():
            assert header_of(phrases[0]).name == role


def test_every_kind_of_loss_has_its_words() -> None:
    source = losses.__loader__.get_source(losses.__name__)
    used = set(re.findall(r'Loss\("([a-z_]+)"', source))
    assert len(used) > 25
    assert used <= set(words()["losses"])


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.1 + 0.2, "0.3"), (35.0, "35"), (1e15, "1000000000000000"), (1e-7, "0.0000001"), (-2.5, "-2.5"), (0.0, "0")],
)
def test_numbers_have_a_point_and_no_exponent(value: float, text: str) -> None:
    assert plain_number(value) == text
