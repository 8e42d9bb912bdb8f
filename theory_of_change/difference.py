"""What changed between two theories of change: which blocks came, went, moved, were reworded or re-specified.

Works on any blocks, matched by id and never by order. What a change does to an indicator's series is decided in
`series`; how it is said in words is in `difference_words`; which published values it touches is for `pipelines` to ask.
"""

from __future__ import annotations

import datetime as dt
import difflib
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import zip_longest
from typing import Any, Literal

from pydantic import BaseModel

from theory_of_change.contents import Leaf, Nature, Path, blocks_of, content_hash, leaves, name_of
from theory_of_change.difference_remarks import remarked
from theory_of_change.model import Baseline, Indicator, Link, Target, Text, Theory, TheoryOfChange
from theory_of_change.series import Because, Ground, Series, verdict

Kind = Literal["added", "removed", "retired", "renamed", "moved", "respecified", "reworded", "updated"]
Contracts = Mapping[str, BaseModel]
_KINDS: tuple[tuple[Kind, Nature], ...] = (
    ("moved", "place"),
    ("respecified", "meaning"),
    ("reworded", "words"),
    ("updated", "fact"),
)
_TITLES = ("title", "statement", "name", "question", "claim", "text")
_MUCH = 0.5  # below this likeness most words are new, and a reader must check the meaning


@dataclass(frozen=True)
class Detail:
    """One thing that differs: its path in YAML's names, and what stood and stands there (None: nothing)."""

    path: Path
    nature: Nature
    old: Any
    new: Any
    language: str | None = None


@dataclass(frozen=True)
class Change:
    """One change of one block. `other` is the block it takes the place of, or that takes its place; `series` and
    `because` say what an indicator's change does to its values over time, `remarks` what to look at again."""

    block: str
    id: str
    kind: Kind
    details: tuple[Detail, ...] = ()
    title: Text | None = None
    other: str | None = None
    series: Series | None = None
    because: tuple[Because, ...] = field(default=())
    remarks: tuple[Because, ...] = field(default=())

    @property
    def likeness(self) -> float | None:
        """How alike the words are, from 0 to 1: of all texts that stood before and stand now, the least alike."""
        both = [_likeness(d.old, d.new) for d in self.details if d.nature == "words" and d.old and d.new]
        return min(both) if both and self.kind == "reworded" else None

    @property
    def extent(self) -> Literal["small", "large"] | None:
        """Whether few or most words of a rewording are new; None where only a language came or went."""
        if self.likeness is None:
            return None
        return "small" if self.likeness >= _MUCH else "large"

    def sentence(self, language: str) -> str:
        """The change in one sentence, and what it does to the series in another; `it` or `en`."""
        from theory_of_change.difference_words import sentence

        return sentence(self, language)

    def as_dict(self, language: str) -> dict[str, Any]:
        from theory_of_change.difference_words import because, remark

        return {
            "block": self.block,
            "id": self.id,
            "kind": self.kind,
            "details": [
                {"path": ".".join(d.path), "nature": d.nature, "language": d.language, "old": d.old, "new": d.new}
                for d in self.details
            ],
            "extent": self.extent,
            "likeness": None if self.likeness is None else round(self.likeness, 3),
            "other": self.other,
            "series": self.series,
            "because": [because(one, language) for one in self.because],
            "remarks": [remark(one, language) for one in self.remarks],
            "sentence": self.sentence(language),
        }


def compare(
    old: TheoryOfChange,
    new: TheoryOfChange,
    contracts: tuple[Contracts, Contracts] | None = None,
    programmes: tuple[BaseModel, BaseModel] | None = None,
) -> tuple[Change, ...]:
    """Every change from `old` to `new`, in the order of the theory's blocks.

    With the contracts of both sides' sources, and with both programmes, their changes are told too, and what they do
    to the indicators that rest on them.
    """
    around = [*_programme(programmes), *_sources(contracts)]
    ground = Ground.of(old, new, contracts, [(c.block, c.id, c.kind, c.details) for c in around])
    return (*remarked(tuple(_theory(old, new, ground)), old, new), *around)


def _theory(old: TheoryOfChange, new: TheoryOfChange, ground: Ground) -> Iterator[Change]:
    before, after = dict(blocks_of(old)), dict(blocks_of(new))
    pairs = {key: _pairs(before.get(key, ()), after.get(key, ())) for key in dict.fromkeys((*after, *before))}
    gone = {_id(one): (key, one) for key, some in pairs.items() for one, other in some if other is None and _id(one)}
    come = {_id(other) for some in pairs.values() for one, other in some if one is None and _id(other)}
    for key, some in pairs.items():
        earlier = {name_of(one): one for one in before.get(key, ())}
        heirs = {name_of(other): earlier[name] for one, other in some if one is None and other is not None
                 for name in _predecessors(other, after[key]) if name in earlier}  # fmt: skip
        inherited = {name_of(one) for one in heirs.values()}
        for one, other in some:
            if one is not None and other is not None:
                if _retired(other) and not _retired(one):
                    yield _retirement(key, one, other)
                else:
                    yield from _altered(key, one, other, ground)
            elif other is None and one is not None:
                if _id(one) not in come and name_of(one) not in inherited:
                    yield Change(key, name_of(one), "removed", title=_title(one), series=_if(key, "ends"))
            elif other is not None:
                if _id(other) in gone:  # the same block under another heading
                    where, known = gone[_id(other)]
                    yield from _altered(key, known, other, ground, [Detail(("block",), "place", where, key)])
                elif name_of(other) in heirs:
                    yield _renamed(key, heirs[name_of(other)], other, ground)
                else:
                    yield Change(key, name_of(other), "added", title=_title(other), series=_if(key, "starts"))


def _altered(
    key: str, old: BaseModel, new: BaseModel, ground: Ground, first: Sequence[Detail] = ()
) -> Iterator[Change]:
    """One change for each nature of what differs. The weightiest tells what becomes of the series."""
    found = [*first, *details(old, new)]
    told = [Change(key, name_of(new), kind, tuple(d for d in found if d.nature == nature), _title(new))
            for kind, nature in _KINDS if any(d.nature == nature for d in found)]  # fmt: skip
    if key == "indicators" and isinstance(old, Indicator) and isinstance(new, Indicator):
        series, because = verdict(old, new, [(d.path, d.nature) for d in found], ground)
        if series == "bridged":  # its words are part of the reason
            told = [replace(c, details=own) for c in told if (own := _but(c.details, "bridge"))]
        if not told and {one.key for one in because} <= {"beside"}:
            return
        weightiest = next((c for c in told if c.kind == "respecified"), told[0] if told else None)
        if weightiest is None:  # as written it is the same; what it rests on is not
            told = [weightiest := Change(key, name_of(new), "respecified", (), _title(new))]
        told[told.index(weightiest)] = replace(weightiest, series=series, because=because)
    yield from told


def _renamed(key: str, old: BaseModel, new: BaseModel, ground: Ground) -> Change:
    found = _but(details(old, new), "id", "replaces", "bridge", "retired")
    change = Change(key, name_of(new), "renamed", found, _title(new), other=name_of(old))
    if isinstance(old, Indicator) and isinstance(new, Indicator):
        series, because = verdict(old, new, [(d.path, d.nature) for d in found], ground, renamed=True)
        return replace(change, series=series, because=because)
    return change


def _but(found: Iterable[Detail], *keys: str) -> tuple[Detail, ...]:
    return tuple(detail for detail in found if detail.path[0] not in keys)


def _retirement(key: str, old: BaseModel, new: BaseModel) -> Change:
    other = _replaced_by(new)
    why = tuple(d for d in details(old, new) if d.path in (("retired", "at"), ("retired", "reason")))
    return Change(key, name_of(new), "retired", why, _title(new), other, None if other else _if(key, "ends"))


def _if(key: str, series: Series) -> Series | None:
    return series if key == "indicators" else None


# What differs --------------------------------------------------------------------------------------------------------


def details(old: BaseModel, new: BaseModel, but: Iterable[str] = ()) -> list[Detail]:
    """Everything two versions of one block say differently, but for the keys in `but`."""
    left_out = set(but)
    before, after = ({path: leaf for path, leaf in leaves(block).items() if path[0] not in left_out}
                     for block in (old, new))  # fmt: skip
    before, after = _same_form(before, after), _same_form(after, before)
    known = {path for path, leaf in (before | after).items() if leaf.language is None}
    found = []
    for path in dict.fromkeys((*before, *after)):
        was, now = before.get(path), after.get(path)
        if (was.value if was else None) == (now.value if now else None):
            continue
        leaf = now or was
        assert leaf is not None
        one_sided = (was is None) != (now is None)
        if one_sided and leaf.language is not None and path[:-2] in known:
            continue  # a label that came or went with its code, which is told already
        name = path[:-1] if leaf.language is not None else path
        found.append(Detail(name, leaf.nature, was and was.value, now and now.value, leaf.language))
    return found


def _same_form(texts: dict[Path, Leaf], others: Mapping[Path, Leaf]) -> dict[Path, Leaf]:
    """A plain text serves every language: where the other side names languages, it is read in each of them."""
    read: dict[Path, Leaf] = {}
    for path, leaf in texts.items():
        languages = [other for other in others if other[:-1] == path[:-1] and other[-1] and others[other].language]
        if leaf.language == "" and languages:
            read |= {other: Leaf(leaf.nature, leaf.value, other[-1]) for other in languages}
        else:
            read[path] = leaf
    return read


def _likeness(old: str, new: str) -> float:
    """Of all words, the share that both texts have in the same order (Ratcliff and Obershelp, as in difflib)."""
    before, after = (re.findall(r"\w+", text.casefold()) for text in (old, new))
    if not before and not after:
        return 1.0
    return difflib.SequenceMatcher(None, before, after, autojunk=False).ratio()


# Which block is which ------------------------------------------------------------------------------------------------


def _pairs(old: Sequence[BaseModel], new: Sequence[BaseModel]) -> list[tuple[BaseModel | None, BaseModel | None]]:
    """Blocks of one name together: the same ones first, then those due on the same day, then in order."""
    if len(old) == len(new) == 1 and isinstance(old[0], Theory):
        return [(old[0], new[0])]  # a theory is one, whatever it is called
    before, after = defaultdict(list), defaultdict(list)
    for block in old:
        before[name_of(block)].append(block)
    for block in new:
        after[name_of(block)].append(block)
    pairs = []
    for name in dict.fromkeys((*after, *before)):
        was, now = list(before[name]), list(after[name])
        for alike in (content_hash, lambda block: getattr(block, "by", None)):
            if len(was) == len(now) == 1:
                break
            for one in list(was):
                other = next((other for other in now if alike(other) == alike(one)), None)
                if other is not None:
                    was.remove(one)
                    now.remove(other)
                    pairs.append((one, other))
        pairs += zip_longest(was, now)
    return pairs


def _id(block: BaseModel | None) -> str | None:
    return getattr(block, "id", None)


def _title(block: BaseModel) -> Text | None:
    """What a reader knows a block by: its own words, else what it joins or asks for."""
    if isinstance(block, Link):
        return Text(f"{block.from_} → {block.to}")
    if isinstance(block, Target):
        values = block.value if isinstance(block.value, tuple) else (block.value,)
        return _numbers(f"{block.operator} {{}}", values, block.by)
    if isinstance(block, Baseline):
        value = block.published.value if block.published else block.value
        return _numbers(block.period or block.value_from or "{}", () if value is None else (value,), block.date)
    found = (getattr(block, name, None) for name in _TITLES)
    return next((text for text in found if isinstance(text, Text)), None)


def _numbers(words: str, values: Sequence[float], day: dt.date | None) -> Text:
    """Numbers and a day inside words, the numbers as each language writes them."""
    written = " – ".join(f"{value:.10g}" for value in values)
    end = f" ({day.isoformat()})" if day else ""
    return Text({"it": words.format(written.replace(".", ",")) + end, "en": words.format(written) + end})


def _retired(block: BaseModel) -> Any:
    return getattr(block, "retired", None)


def _replaced_by(block: BaseModel) -> str | None:
    return getattr(_retired(block), "replaced_by", None) or getattr(block, "replaced_by", None)


def _predecessors(block: BaseModel, beside: Iterable[BaseModel]) -> Iterator[str]:
    """The names of the blocks this new one takes the place of: it says so itself, or the retired one does."""
    if said := getattr(block, "replaces", None):
        yield said
    yield from (name_of(one) for one in beside if _replaced_by(one) == name_of(block))


# What the theory rests on --------------------------------------------------------------------------------------------


def _programme(programmes: tuple[BaseModel, BaseModel] | None) -> Iterator[Change]:
    if programmes:
        yield from _natures("programme", name_of(programmes[1]), details(*programmes), _title(programmes[1]))


def _sources(contracts: tuple[Contracts, Contracts] | None) -> Iterator[Change]:
    """Changes of sources, and of each of their questions, scales and columns."""
    before, after = contracts or ({}, {})
    for name in dict.fromkeys((*before, *after)):
        old, new = before.get(name), after.get(name)
        if old is None or new is None:
            kind: Kind = "added" if old is None else "removed"
            yield Change("sources", name, kind, title=_title(new or old))
            continue
        parts = [dict(blocks_of(side)) for side in (old, new)]
        columns = [key for key in dict.fromkeys((*parts[0], *parts[1])) if key in ("questions", "scales", "columns")]
        yield from _natures("sources", name, details(old, new, but=columns), _title(new))
        for key in columns:
            for one, other in _pairs(parts[0].get(key, ()), parts[1].get(key, ())):
                known = other if one is None else one
                own = f"{name}.{name_of(known)}"
                if one is None or other is None:
                    yield Change(key, own, "added" if one is None else "removed", title=_title(known))
                else:
                    yield from _natures(key, own, details(one, other), _title(other))


def _natures(key: str, name: str, found: Sequence[Detail], title: Text | None) -> Iterator[Change]:
    for kind, nature in _KINDS:
        of_it = tuple(d for d in found if d.nature == nature)
        if of_it:
            yield Change(key, name, kind, of_it, title)
