"""What `interviews/<id>.yml` says of quotes: by which rule or hand they are chosen, where masks are, what is cleared.

Which passages pass is decided in `quoting`. A contract is kept in git, so the words that must not be seen stand in a
table of `data/` (`mask_tables`), never here; `published_contract` gives what may be remembered of a contract.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from surveys.contracts import Contradiction
from theory_of_change.model import Day, Definition, ElementId, Text, Words

if TYPE_CHECKING:
    from surveys.corpora.corpus import Corpus

Count = Annotated[int, Field(ge=1)]


class Rule(Definition):
    """Passages chosen without anybody's hand: the same from the same data."""

    per_code: Annotated[int, Field(ge=1, le=20)] = Field(2, description="How many passages of each code.")
    codes: tuple[ElementId, ...] = Field((), description="Of these codes alone; without, of every code.")
    shortest: Count = Field(6, description="The fewest words of a passage.")
    longest: Count = Field(80, description="The most words of a passage.")


class Pick(Definition):
    """One passage somebody chose: by its sign, or the passage of a code in a document."""

    passage: Annotated[str, Field(pattern=r"^[0-9a-f]{10}$")] | None = Field(
        None, description="The sign `sestante quotes` prints beside a passage."
    )
    document: ElementId | None = None
    code: ElementId | None = None
    by: Words = Field(description="The role of who chose it, never a name.")
    date: Day
    reason: Text | None = None


class MaskTable(Definition):
    """What is masked, in a table of data/<id>/ with the columns `words` and `placeholder`: data are not in git."""

    table: Words

    @model_validator(mode="before")
    @classmethod
    def _elsewhere(cls, given: Any) -> Any:
        """Anything else may hold the very names, so that no message may repeat it."""
        if not isinstance(given, Mapping) or set(given) != {"table"} or not isinstance(given["table"], str):
            raise PydanticCustomError("quote_masks_in_contract", "masks stand in a table", {})
        return given


class Quotes(Definition):
    """How passages become quotes. Without this block a corpus is not quoted."""

    rule: Rule | None = None
    picks: tuple[Pick, ...] = ()
    masks: MaskTable | None = Field(
        None, description="Where it stands what is replaced, whole and in every writing, by a [placeholder]."
    )
    cleared: tuple[Words, ...] = Field((), description="Words somebody has read and found to identify nobody.")

    @property
    def bounds(self) -> Rule:
        return self.rule or Rule()


def quote_contradictions(corpus: Corpus) -> Iterator[Contradiction]:
    """What cannot be in the block `quotes` of one contract."""
    quotes = corpus.quotes
    if quotes is None:
        return
    known = [code.id for code in corpus.codes]
    if quotes.rule:
        if quotes.rule.shortest > quotes.rule.longest:
            facts = {"shortest": str(quotes.rule.shortest), "longest": str(quotes.rule.longest)}
            yield Contradiction("quote-bounds", ("quotes", "rule", "shortest"), facts)
        for number, code in enumerate(quotes.rule.codes):
            if code not in known:
                yield Contradiction("quote-code-unknown", ("quotes", "rule", "codes", number), {"name": code})
    for number, pick in enumerate(quotes.picks):
        if pick.code is not None and pick.code not in known:
            yield Contradiction("quote-code-unknown", ("quotes", "picks", number, "code"), {"name": pick.code})
        if pick.passage is None and (pick.document is None or pick.code is None):
            yield Contradiction("quote-pick-of-nothing", ("quotes", "picks", number), {})


def published_contract(said: Mapping[str, Any]) -> dict[str, Any]:
    """A contract as read, without what may name somebody: labels of speakers, names of files, words that were
    cleared."""
    kept = {name: value for name, value in said.items() if name != "speakers"}
    if isinstance(kept.get("documents"), list):
        kept["documents"] = [{k: v for k, v in one.items() if k != "file"} for one in kept["documents"]]
    if isinstance(kept.get("quotes"), Mapping):
        kept["quotes"] = {k: v for k, v in kept["quotes"].items() if k not in ("masks", "cleared")}
    return kept
