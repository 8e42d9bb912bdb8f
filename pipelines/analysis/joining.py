"""What numbers say, what voices say, and whether they agree: the rules, as tables anyone can check.

Only rules stand here: published values, effects and counted documents go in, words out. Nothing reads a file or a
database, nothing is worded for readers (`reports`), and no number is estimated: an interval comes with its value. Where
the evidence is fetched is `pipelines.joining`.

Up and down are relative to what is hoped: a fall is `up` for an indicator that is hoped to fall.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import Literal

Numbers = Literal["up", "down", "no_change", "unclear", "no_data", "not_asked"]
Voices = Literal["for", "against", "mixed", "few", "none", "not_asked"]
Agreement = Literal[
    "agree", "disagree", "mixed", "numbers_only", "voices_only", "nobody_asked", "no_evidence", "unclear"
]
Flag = Literal["numbers_up_voices_down", "numbers_down_voices_up"]
Status = Literal["untested", "holding", "doubtful", "failed"]

#: Voices lean one way where at least this share of the documents that speak say only that.
LEANING = 2 / 3
_STRENGTHS = ("none", "weak", "moderate", "strong")
_NOTHING = 1e-9  # relative: sums of fractions differ by less

# Numbers -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Value:
    """One published value of an indicator, in the order of time where it is one of several."""

    period: str
    status: str = "ok"
    value: float | None = None
    ci_low: float | None = None
    ci_high: float | None = None


@dataclass(frozen=True)
class Goal:
    """A target as it is set for the whole; `is_due` where the data reach its date."""

    operator: str
    low: float
    high: float | None = None
    is_due: bool = False


@dataclass(frozen=True)
class Change:
    """How the latest value shown compares with an earlier one, as `out.comparisons` tells it: `up`, `down`,
    `no_evidence`, `same`, `unknown` or `not_comparable`, with the interval of the difference where there is one."""

    verdict: str
    since: str | None = None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Series:
    """What is published of one indicator. `values` are those of the periods it is reported by, the earliest first; of
    an indicator without dates, the whole alone. `baseline` and `previous` are how the latest value that is shown
    compares with the start and with the period before."""

    indicator_id: str
    direction: str | None = None
    kind: str = "share"
    is_census: bool = False
    values: tuple[Value, ...] = ()
    baseline: Change | None = None
    previous: Change | None = None
    goal: Goal | None = None


@dataclass(frozen=True)
class Said:
    """What one indicator or evaluation says, by which rule, and the numbers it rests on."""

    reference: str
    says: Numbers
    why: str
    strength: str | None = None
    period: str | None = None
    since: str | None = None
    change_low: float | None = None
    change_high: float | None = None


def indicator_says(series: Series) -> Said:
    """What one indicator says. The first of these that applies decides:

    - no value in any period: `no_data`; only values that are held back: `unclear` (what is hidden says nothing here).
    - a milestone: `up` once it is reached, `no_change` before.
    - nobody said which way is hoped for: `unclear`.
    - hoped to stay (`maintain`) with a target: `up` where the whole interval is inside it, `down` where it is outside.
    - a paired change: its own interval against zero.
    - the latest value shown against the baseline, else against the period before, as `comparisons` tells it.
    - the target alone: `up` where the whole interval is on its right side, `down` where it is due and the whole
      interval is on the wrong one, else `unclear`.

    A change is `up` or `down` where its interval leaves zero out, and `no_change`, no evidence of one, where it does
    not. Without an interval nothing can be told from chance and it is `unclear`; only a census is exact without one.
    An interval of no width from a sample (everybody gave one answer) is none.
    """
    shown = [one for one in series.values if one.status == "ok" and one.value is not None]
    if not shown:
        hidden = any(one.status == "suppressed" for one in series.values)
        return Said(series.indicator_id, "unclear" if hidden else "no_data", "hidden" if hidden else "no_data")
    now = shown[-1]
    if series.kind == "milestone":
        return Said(series.indicator_id, "up" if now.value == 1 else "no_change", "milestone", period=now.period)
    if series.direction not in ("up", "down", "maintain"):
        return Said(series.indicator_id, "unclear", "no_direction", period=now.period)
    if series.direction == "maintain" and series.goal:
        return _by_target(series, now, series.goal)
    if series.kind == "change":
        return _by_change(series, now, _own_change(now), "paired_change")
    if series.baseline:
        return _by_change(series, now, series.baseline, "baseline")
    if series.previous:
        return _by_change(series, now, series.previous, "previous")
    if series.goal:
        return _by_target(series, now, series.goal)
    return Said(series.indicator_id, "unclear", "no_start", period=now.period)


def _own_change(now: Value) -> Change:
    ends = _ends(now, is_census=False)
    if ends is None:
        return Change("unknown")
    return Change("up" if ends[0] > 0 else "down" if ends[1] < 0 else "no_evidence", None, *ends)


#: What a comparison says by the direction that is hoped for; whatever else it says leaves the indicator unclear.
_HOPED: Mapping[tuple[str, str], Numbers] = {
    ("up", "up"): "up", ("up", "down"): "down", ("down", "down"): "up", ("down", "up"): "down",
    ("maintain", "up"): "down", ("maintain", "down"): "down", ("maintain", "same"): "up",
    ("up", "same"): "no_change", ("down", "same"): "no_change", ("up", "no_evidence"): "no_change",
    ("down", "no_evidence"): "no_change", ("maintain", "no_evidence"): "no_change",
}  # fmt: skip


def _by_change(series: Series, now: Value, change: Change, why: str) -> Said:
    says = _HOPED.get((series.direction or "", change.verdict))
    if says is None:
        reason = "not_comparable" if change.verdict == "not_comparable" else "no_interval"
        return Said(series.indicator_id, "unclear", reason, period=now.period, since=change.since)
    return Said(series.indicator_id, says, why, None, now.period, change.since, change.low, change.high)


def _by_target(series: Series, now: Value, goal: Goal) -> Said:
    ends = _ends(now, series.is_census)
    if ends is None:
        return Said(series.indicator_id, "unclear", "no_interval", period=now.period)
    right = [_satisfies(end, goal) for end in ends]
    says: Numbers = "unclear"
    if all(right):
        says = "up"
    elif not any(right) and not _straddles(ends, goal) and (goal.is_due or series.direction == "maintain"):
        says = "down"
    return Said(series.indicator_id, says, "target", period=now.period)


def _satisfies(value: float, goal: Goal) -> bool:
    near = _NOTHING * max(1.0, abs(goal.low))
    match goal.operator:
        case ">=":
            return value >= goal.low - near
        case "<=":
            return value <= goal.low + near
        case "=":
            return abs(value - goal.low) <= near
    return goal.low - near <= value <= (goal.low if goal.high is None else goal.high) + near


def _straddles(ends: tuple[float, float], goal: Goal) -> bool:
    """Both ends miss a goal that lies between them."""
    return goal.operator in ("=", "between") and ends[0] < goal.low and ends[1] > (goal.high or goal.low)


def _ends(value: Value, is_census: bool) -> tuple[float, float] | None:
    if value.value is None:
        return None
    if value.ci_low is None or value.ci_high is None:
        return (value.value, value.value) if is_census else None
    return (value.ci_low, value.ci_high) if value.ci_high > value.ci_low else None


#: What the direction of an evaluation's effects, as `pipelines.evaluating` tells it, is called here.
EFFECTS: Mapping[str, Numbers] = {"for": "up", "against": "down", "none": "no_change", "mixed": "unclear"}


def stated(said: Said, direction: str | None) -> Said:
    """What an indicator or evaluation says of a link whose author wrote in which direction it speaks. Where the numbers
    do not bear the author out, the two together are `unclear`; without an author's word the numbers stand alone."""
    if direction is None or said.says not in ("up", "down", "no_change"):
        return said
    meant = {"for": "up", "against": "down"}.get(direction)
    if said.says == meant:
        return said
    return Said(said.reference, "unclear", "other_than_stated", said.strength, said.period, said.since)


def numbers_say(effects: Sequence[Said], indicators: Sequence[Said]) -> Numbers:
    """What all of them say together. Evaluations weigh more: where one of them says anything, plain changes of
    indicators are not asked. Those that say the same say it together; those that differ, or an evaluation whose own
    estimates differ, are `unclear`. What else is unclear or has no data counts only where nothing else speaks."""
    for group in (effects, indicators):
        found = {one.says for one in group if one.says in ("up", "down", "no_change") or one.why == "terms_differ"}
        if found:
            return found.pop() if len(found) == 1 else "unclear"
    every = [one.says for one in (*effects, *indicators)]
    if not every:
        return "not_asked"
    return "unclear" if "unclear" in every else "no_data"


# Voices --------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Voice:
    """One document, or a record that names none: how many people speak in it, and what its codes say of one element:
    direction by code. `recorded` are directions of harvested outcomes and stories taken from it, `strengths` what is
    given to each direction; a document of a corpus that was asked and says nothing has none of them."""

    document: str
    people: int = 1
    codes: Mapping[str, str] = field(default_factory=dict)
    recorded: tuple[str, ...] = ()
    strengths: tuple[tuple[str, str], ...] = ()
    corpus: str = ""

    @property
    def lean(self) -> str | None:
        """`for` or `against` where it says only that, `mixed` where both or in part, None where it says nothing."""
        said = {*self.codes.values(), *self.recorded}
        return None if not said else said.pop() if len(said) == 1 else "mixed"

    @property
    def directions(self) -> set[str]:
        return {*self.codes.values(), *self.recorded}


@dataclass(frozen=True)
class Heard:
    """What the voices say of one element. Counts are None where they are too small to show, or would give such away."""

    says: Voices
    n_for: int | None = None
    n_against: int | None = None
    n_speaking: int | None = None
    n_people: int | None = None
    strength: str | None = None
    n_mixed: int | None = None


def voices_say(voices: Sequence[Voice], least: int, is_asked: bool = True) -> Heard:
    """What the documents say of one element; `voices` are all documents that were asked, silent ones among them.

    - `not_asked` where no code, harvested outcome, story or test bears on the element; `none` where no document speaks.
    - `few` where fewer people than the smallest group (`least`) speak in all of them together; nothing else is told.
    - `for` where at least two thirds of the documents that speak say only things for it, `against` likewise, else
      `mixed`. Each document counts once, however long it is and however many people speak in it.

    The strength is the greatest that is given to what is said in that direction. Counts are held back, all of them,
    where those who say only one thing, those who say both, those who say nothing, or those who share two codes are
    fewer than the smallest group: any of these could be found by subtraction from the tables of themes.
    """
    speaking = [one for one in voices if one.lean]
    if not speaking:
        return Heard("none" if is_asked or voices else "not_asked")
    people = sum(one.people for one in speaking)
    if people < least:
        return Heard("few")
    says: Voices = "mixed"
    for direction in ("for", "against"):
        if sum(one.lean == direction for one in speaking) >= LEANING * len(speaking) - _NOTHING:
            says = direction
    weights = [weight for one in speaking for way, weight in one.strengths if way == says]
    strength = max(weights, default=None, key=_STRENGTHS.index)
    if _gives_away(voices, least):
        return Heard(says, strength=strength)
    n_for, n_against = (sum(way in one.directions for one in speaking) for way in ("for", "against"))
    n_mixed = sum(one.lean == "mixed" for one in speaking)
    return Heard(says, n_for, n_against, len(speaking), people, strength, n_mixed)


def _gives_away(voices: Sequence[Voice], least: int) -> bool:
    """Whether any group that the counts, or their differences from those of single codes, would tell is too small."""
    groups = [[one for one in voices if one.lean == lean] for lean in ("for", "against", "mixed", None)]
    codes = {(one.corpus, code) for one in voices for code in one.codes}
    for corpus, code in codes:
        inside = [one for one in voices if one.corpus == corpus]
        groups += [[one for one in inside if code in one.codes], [one for one in inside if code not in one.codes]]
    for (corpus, one_code), (other, other_code) in combinations(sorted(codes), 2):
        if corpus == other:
            groups.append([one for one in voices
                           if one.corpus == corpus and one_code in one.codes and other_code in one.codes])  # fmt: skip
    return any(0 < sum(one.people for one in group) < least for group in groups)


# Together ------------------------------------------------------------------------------------------------------------


def together(numbers: Numbers, voices: Voices) -> tuple[Agreement, Flag | None]:
    """Whether numbers and voices agree, and the flag where they say the contrary of each other.

    | numbers            | for         | against     | mixed       | few          | none         | not_asked    |
    |--------------------|-------------|-------------|-------------|--------------|--------------|--------------|
    | up                 | agree       | disagree    | mixed       | numbers_only | numbers_only | numbers_only |
    | down               | disagree    | agree       | mixed       | numbers_only | numbers_only | numbers_only |
    | no_change          | unclear     | unclear     | mixed       | numbers_only | numbers_only | numbers_only |
    | unclear            | unclear     | unclear     | unclear     | unclear      | unclear      | unclear      |
    | no_data, not_asked | voices_only | voices_only | voices_only | unclear      | no_evidence  | no_evidence  |

    No evidence of a change neither bears voices out nor contradicts them. Nobody asked for either: `nobody_asked`.
    """
    if numbers == voices == "not_asked":
        return "nobody_asked", None
    if numbers in ("no_data", "not_asked"):
        if voices in ("for", "against", "mixed"):
            return "voices_only", None
        return ("unclear" if voices == "few" else "no_evidence"), None
    if numbers == "unclear":
        return "unclear", None
    if voices in ("few", "none", "not_asked"):
        return "numbers_only", None
    if voices == "mixed":
        return "mixed", None
    if numbers == "no_change":
        return "unclear", None
    if (numbers == "up") == (voices == "for"):
        return "agree", None
    return "disagree", "numbers_up_voices_down" if numbers == "up" else "numbers_down_voices_up"


def proposal(numbers: Numbers, effects: Iterable[Said], heard: Heard) -> tuple[Status, str]:
    """The status the evidence suggests for an assumption, with the name of the rule. A person decides.

    The first that applies:

    - `nothing_asked`: untested. Nothing measures it or speaks of it.
    - `no_data`: untested. Something was asked and nothing answers yet.
    - `strong_against`: failed. An evaluation by lot speaks against it and voices do not speak for it; or one with a
      comparison (moderate or stronger) does, and voices speak against it, too.
    - `disagree`: doubtful. Numbers and voices say the contrary of each other.
    - `both_against`, `numbers_against`, `voices_against`: doubtful.
    - `mixed`: doubtful. Voices are divided, whatever the numbers say.
    - `both_for`, `numbers_for`: holding.
    - `voices_for`: holding, where what is said weighs at least moderately; `voices_weak`: untested, where it does not.
    - `nothing_decides`: untested. What was measured shows no clear change, and nobody speaks clearly.

    Numbers that are unclear, or show no evidence of a change, do not take away what voices say, nor add to it.
    """
    voices = heard.says
    answers_nothing = numbers in ("no_data", "not_asked")
    if numbers == voices == "not_asked":
        return "untested", "nothing_asked"
    if answers_nothing and voices in ("none", "not_asked"):
        return "untested", "no_data"
    if numbers == "down":
        against = [_STRENGTHS.index(one.strength or "none") for one in effects if one.says == "down"]
        strongest = max(against, default=0)
        if (strongest == 3 and voices != "for") or (strongest >= 2 and voices == "against"):
            return "failed", "strong_against"
        return "doubtful", {"against": "both_against", "for": "disagree", "mixed": "mixed"}.get(
            voices, "numbers_against"
        )
    if voices == "against":
        return "doubtful", "disagree" if numbers == "up" else "voices_against"
    if voices == "mixed":
        return "doubtful", "mixed"
    if numbers == "up":
        return "holding", "both_for" if voices == "for" else "numbers_for"
    if voices == "for":
        return ("holding", "voices_for") if heard.strength in ("moderate", "strong") else ("untested", "voices_weak")
    return "untested", "nothing_decides"
