"""Counts rounded on request to a base, so that small differences between them say nothing (controlled rounding).

Each count goes to one of its two neighbouring multiples, chosen so that parts add up to their whole wherever that can
be had (Cox 1987, "A constructive procedure for unbiased controlled rounding"; here as an integer programme). From the
other numbers it must not be possible to go back: shares are made of rounded counts, other values keep only the digits
that rounded counts support, and errors and degrees of freedom, which tell n, are left out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import ceil, floor, inf, isclose, isfinite, log10
from typing import TYPE_CHECKING

from warehouse.adding_up import sums_of

if TYPE_CHECKING:
    import pandas as pd

    from warehouse.disclosure import About

NOTES = {"it": "conteggi arrotondati a multipli di {base}", "en": "counts rounded to multiples of {base}"}
_CONTROLLED_UP_TO = 3000  # counts of an indicator; beyond, each goes to its nearest multiple
_NODES = 200


def rounded_values(
    shown: pd.DataFrame, bases: Mapping[str, int], about: Mapping[str, About], language: str
) -> pd.DataFrame:
    """The values with the counts of these indicators rounded, each to its base. A count above 0 stays above 0."""
    frame = shown.copy()
    frame["note"] = frame["note"].astype(object)
    for name, base in bases.items():
        own = frame[(frame["indicator_id"] == name) & (frame["status"] == "ok") & (frame["n"].fillna(0) > 0)]
        if own.empty:
            continue
        told = NOTES["it" if language.split("-")[0] == "it" else "en"].format(base=base)
        n = _controlled(own, own["n"].astype(float).tolist(), base, about[name].repeats_last)
        is_counted = about[name].kind == "share" and _is_counted(own)
        yes = own["numerator"].astype(float).tolist() if is_counted else []
        yes = _controlled(own, yes, base, about[name].repeats_last) if is_counted else n
        for row, count, top in zip(own.index, n, yes, strict=True):
            before = {key: float(frame.at[row, key]) for key in ("n", "value", "ci_low", "ci_high")}
            if is_counted:
                top, step = min(top, count), base / count
                value, edges = top / count, (0.0, 1.0)
            elif about[name].kind == "count" and isclose(before["value"], before["n"]):
                value, step, edges = count, float(base), (0.0, inf)
            else:
                step, edges = _step(before["value"], base / before["n"]), (-inf, inf)
                value = round(before["value"] / step) * step
            low = max(edges[0], floor(before["ci_low"] / step) * step) if isfinite(before["ci_low"]) else None
            high = min(edges[1], ceil(before["ci_high"] / step) * step) if isfinite(before["ci_high"]) else None
            frame.loc[row, list(_TELLING)] = None
            if is_counted:
                frame.loc[row, ["numerator", "denominator"]] = [top, count]
            frame.loc[row, ["n", "value", "ci_low", "ci_high"]] = [count, value, low, high]
            frame.at[row, "note"] = f"{frame.at[row, 'note']}; {told}" if frame.at[row, "note"] else told
    return frame


def rounded_count(count: float, base: int) -> float:
    """The nearest multiple, above 0 for what is above 0."""
    return max(float(base), floor(count / base + 0.5) * float(base)) if count > 0 else 0.0


def _is_counted(own: pd.DataFrame) -> bool:
    """True for shares whose numerator and denominator are numbers of rows, not of weights."""
    return bool(((own["denominator"].astype(float) - own["n"].astype(float)).abs() < 1e-9).all())


def _step(value: float, resolution: float) -> float:
    """The power of ten down to which a value says no more than its count, known to within `resolution`."""
    return 10.0 ** floor(log10(abs(value) * resolution)) if value else 1.0


def _controlled(own: pd.DataFrame, counts: Sequence[float], base: int, repeats_last: bool) -> list[float]:
    """Every count at a neighbouring multiple of `base`, as near as sums allow that add up: sums that differ are chosen
    last. Only sums all of whose members are shown, and that add up themselves, can be kept."""
    near = [rounded_count(count, base) for count in counts]
    if len(counts) > _CONTROLLED_UP_TO:
        return near
    place = {row: at for at, row in enumerate(own.index)}
    sums = [
        (place[total], [place[part] for part in parts])
        for total, parts in sums_of(own.assign(n=own["n"].astype(float)), repeats_last)
        if isclose(counts[place[total]], sum(counts[place[part]] for part in parts), abs_tol=1e-6)
    ]
    if all(near[total] == sum(near[part] for part in parts) for total, parts in sums):
        return near
    import highspy

    solver = highspy.Highs()
    solver.silent()
    solver.setOptionValue("threads", 1)
    solver.setOptionValue("mip_max_nodes", _NODES)
    for at, count in enumerate(counts):  # how many multiples above the lower neighbour
        lower, fraction = count // base, count / base - count // base
        least = 1.0 if lower == 0 and count > 0 else 0.0
        solver.addVar(least, max(least, 1.0 if fraction else 0.0))
        solver.changeColCost(at, 1.0 - 2.0 * fraction)
        solver.changeColIntegrality(at, highspy.HighsVarType.kInteger)
    for total, parts in sums:
        over = solver.getNumCol()
        for at in (over, over + 1):
            solver.addVar(0.0, highspy.kHighsInf)
            solver.changeColCost(at, 10.0 + len(counts))
        difference = counts[total] // base - sum(counts[part] // base for part in parts)
        columns = [*parts, total, over, over + 1]
        signs = [*(1.0 for _ in parts), -1.0, 1.0, -1.0]
        solver.addRow(difference, difference, len(columns), columns, signs)
    solver.run()
    found = solver.getSolution().col_value
    if not solver.getSolution().value_valid:
        return near
    return [(count // base + round(found[at])) * float(base) for at, count in enumerate(counts)]


_TELLING = ("numerator", "denominator", "std_error", "degrees_of_freedom")
