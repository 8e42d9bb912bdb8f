"""What earlier publications have shown: kept row by row, so that today's numbers do not give away what changed since.

A difference between two publications is a table of its own: of those who came, or went, in between. What was hidden
stays hidden until enough of them are known. On request (`changes: hold`) a row of which fewer than the smallest group
have changed goes on showing its last published numbers; `together` works out which other rows must do so, too. Kept in
`core.shown_before`, which no reader sees.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import duckdb
    import pandas as pd

    from warehouse.together import Before

KEYS = ("indicator_id", "period", "dimension", "category")
#: What a row that stands still says; the same for those that changed little and those that cover them.
STANDING = {
    "it": "come già pubblicato: da allora è cambiato troppo poco per mostrarlo senza dire di singole righe",
    "en": "as published before: too little has changed since to show it without telling of single rows",
}
_NUMBERS = ("n", "numerator", "denominator", "value", "std_error", "ci_low", "ci_high", "ci_level",
            "degrees_of_freedom", "method", "theory_version", "snapshot_id")  # fmt: skip


def before(
    frame: pd.DataFrame, earlier: pd.DataFrame | None, rounded: Mapping[str, int], least: int
) -> dict[int, Before]:
    """What was last published of the rows of `frame`, by their labels; of indicators whose definition is still the same
    and whose counts are not rounded, which hides small changes by itself. What was hidden under a larger smallest group
    than `least` is free."""
    from warehouse.together import Before  # brings numpy, which publishing does without

    if earlier is None or not len(earlier):
        return {}
    asked = [*KEYS, "definition_id"]
    earlier = earlier[earlier["is_shown"].astype(bool) | (earlier["least"] <= least)]
    known = {tuple(row[:-2]): row[-2:] for row in
             earlier[[*asked, "n_then", "is_shown"]].itertuples(index=False, name=None)}  # fmt: skip
    rows = zip(frame.index, frame[asked].itertuples(index=False, name=None), strict=True)
    return {
        int(row): Before(float(known[key][0]), bool(known[key][1]))
        for row, key in rows
        if key in known and key[0] not in rounded
    }


def standing(shown: pd.DataFrame, rows: list[int], earlier: pd.DataFrame, language: str) -> pd.DataFrame:
    """The values with these rows as they were last published."""
    last = earlier.set_index(list(KEYS))
    held = shown.copy()
    held["note"] = held["note"].astype(object)
    keys = list(held.loc[rows, list(KEYS)].itertuples(index=False, name=None))
    for name in _NUMBERS:
        held.loc[rows, name] = last.loc[keys, name].to_numpy()
    held.loc[rows, "status"] = "ok"
    held.loc[rows, "note"] = STANDING["it" if language.split("-")[0] == "it" else "en"]
    return held


def remembered(estimates: pd.DataFrame, shown: pd.DataFrame, earlier: pd.DataFrame | None, least: int) -> pd.DataFrame:
    """The rows of `core.shown_now`: what a reader has seen of each row once `shown` is published.

    A row shown has today's numbers and the count they rest on; one that stands still, or is hidden now, keeps what was
    seen last; one never seen keeps the count it was first hidden with, until enough rows have changed.
    """
    import pandas as pd

    now = shown.reset_index(drop=True).copy()
    now["n_then"] = estimates.reset_index(drop=True)["n"].astype("Float64")
    now["least"] = least
    now["is_shown"] = now["status"].isin(["ok", "not_computable"])
    now = now[now["n_then"].fillna(0) > 0]
    if earlier is None or not len(earlier):
        return now
    keys = [*KEYS, "definition_id"]
    old = now[keys].merge(earlier.rename(columns={"snapshot_id": "snapshot_then"}), on=keys, how="left")
    old.index = now.index
    stands = now["is_shown"] & (now["note"].isin(STANDING.values()))
    was_shown, n_then = old["is_shown"].fillna(False).astype(bool), old["n_then"].astype("Float64")
    near = ((now["n_then"] - n_then).abs() < least).fillna(False)
    kept = stands | (~now["is_shown"] & (was_shown | near))
    old = old.rename(columns={"snapshot_then": "snapshot_id"})[now.columns]
    return pd.concat([now[~kept], old[kept]], ignore_index=True)


def keep_shown(connection: duckdb.DuckDBPyConnection) -> None:
    """What the publication that follows shows takes the place of what was seen before. Done just before it, and once
    only: repeated after an interruption, it changes nothing."""
    keys = " and ".join(f"shown_before.{key} = shown_now.{key}" for key in KEYS)
    connection.execute(f"delete from core.shown_before using core.shown_now where {keys}")
    connection.execute("insert into core.shown_before by name select * from core.shown_now")
