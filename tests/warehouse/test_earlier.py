"""What was published before counts: neither a change of few rows nor a dominant contribution is told, by no detour."""

from __future__ import annotations

import pandas as pd
import pytest

from warehouse.disclosure import About, protect
from warehouse.earlier import STANDING, remembered

KEYS = ["indicator_id", "period", "dimension", "category"]
COUNT = {"I": About("mean", "s")}


def table(counts: dict[str, int], snapshot: str, total: int | None = None, definition: str = "d") -> pd.DataFrame:
    """A mean of 10 by area, and of all."""
    rows = {"all": sum(counts.values()) if total is None else total, **counts}
    return pd.DataFrame([
        {"indicator_id": "I", "period": "all", "dimension": "all" if name == "all" else "area", "category": name,
         "n": n, "numerator": 10.0 * n, "denominator": float(n), "value": 10.0, "std_error": 0.1, "ci_low": 9.0,
         "ci_high": 11.0, "ci_level": 0.95, "degrees_of_freedom": n - 1, "method": "m", "unit": "u", "status": "ok",
         "note": None, "theory_version": "1", "definition_id": definition, "snapshot_id": snapshot}
        for name, n in rows.items()
    ]).astype({"n": "Int64", "degrees_of_freedom": "Int64"})  # fmt: skip


def series(*deliveries: dict[str, int], least: int = 5, holds: bool = True) -> list[pd.DataFrame]:
    """What readers see after each publication, one after the other."""
    earlier, seen = None, []
    for number, counts in enumerate(deliveries, start=1):
        values = table(counts, f"s{number}")
        shown = protect(values, least, about=COUNT, earlier=earlier, holds=holds)
        now = remembered(values, shown, earlier, least)
        old = [] if earlier is None else [earlier[~earlier.set_index(KEYS).index.isin(now.set_index(KEYS).index)]]
        earlier = pd.concat([*old, now], ignore_index=True)
        seen.append(shown.set_index("category"))
    return seen


def test_one_person_more_is_not_told_and_the_number_stands_as_it_was():
    first, second = series({"north": 30, "south": 100}, {"north": 31, "south": 100})
    assert first["n"].to_dict() == {"all": 130, "north": 30, "south": 100}
    assert second["n"].to_dict() == {"all": 130, "north": 30, "south": 100}
    assert second.loc["north", ["status", "note", "snapshot_id"]].tolist() == ["ok", STANDING["en"], "s1"]
    assert second.loc["all", "note"] == STANDING["en"]


def test_a_register_that_grows_goes_on_being_published():
    seen = series(*({"north": 30 + 6 * month, "south": 100 + 9 * month} for month in range(6)))
    assert [shown.loc["all", "n"] for shown in seen] == [130 + 15 * month for month in range(6)]
    assert all(shown["note"].isna().all() for shown in seen)


def test_a_small_change_beside_large_ones_is_not_found_by_subtraction():
    _, second = series({"north": 30, "south": 100, "west": 80}, {"north": 31, "south": 110, "west": 87})
    known = second[(second["status"] == "ok") & second["note"].isna()]
    assert "north" not in known.index
    assert len(known) <= 2  # else all but one of the sum would be known
    assert second.loc["north", "n"] == 30


def test_small_changes_are_shown_together_once_they_are_enough():
    *_, last = series({"north": 30, "south": 100}, *({"north": 30 + more, "south": 100 + more} for more in (2, 4, 5)))
    assert last["n"].to_dict() == {"all": 140, "north": 35, "south": 105} and last["note"].isna().all()


def test_what_has_been_shown_is_no_cover_and_nothing_new_changes_nothing():
    counts = {"north": 3, "east": 9, "south": 40, "west": 50}
    first, second, third = series(counts, counts, {**counts, "new": 2, "west": 60})
    assert first.loc[first["status"] == "suppressed"].index.tolist() == ["north", "east"]
    pd.testing.assert_frame_equal(first.drop(columns="snapshot_id"), second.drop(columns="snapshot_id"))
    assert third.loc["south", "n"] == 40 and pd.isna(third.loc["new", "n"])
    assert third.loc[["north", "east"], "status"].tolist() == ["suppressed", "suppressed"]


def test_who_was_hidden_stays_hidden_until_enough_have_come():
    """North counts six, enough to be shown; but four a month ago could then be had from what was shown since."""
    seen = series(*({"north": north, "south": 100, "west": west} for north, west in ((4, 50), (6, 53), (9, 55))))
    assert [shown.loc["north", "status"] for shown in seen] == ["suppressed", "suppressed", "ok"]
    assert [shown.loc["west", "status"] for shown in seen] == ["suppressed", "suppressed", "ok"]


def test_unless_asked_to_hold_them_small_changes_are_shown_but_what_was_hidden_then_stays_hidden():
    first, second = series({"north": 30, "south": 100}, {"north": 31, "south": 100}, holds=False)
    assert second["n"].to_dict() == {"all": 131, "north": 31, "south": 100} and second["note"].isna().all()
    first, second = series({"north": 4, "south": 100, "west": 50}, {"north": 6, "south": 101, "west": 50}, holds=False)
    assert first["status"].to_dict() == {"all": "ok", "north": "suppressed", "south": "ok", "west": "suppressed"}
    assert second["status"].to_dict() == first["status"].to_dict()
    assert second.loc["south", "n"] == 101 and second.loc["all", "n"] == 157


def test_a_smaller_smallest_group_shows_what_a_larger_one_hid():
    values = table({"north": 4, "south": 100, "west": 50}, "s1")
    earlier = remembered(values, protect(values, 5, about=COUNT), None, 5)
    assert protect(values, 3, about=COUNT, earlier=earlier)["n"].tolist() == [154, 4, 100, 50]


def test_another_definition_or_switching_it_off_shows_todays_numbers():
    before = table({"north": 30, "south": 100}, "s1")
    earlier = remembered(before, protect(before, 5, about=COUNT), None, 5)
    changed = table({"north": 31, "south": 100}, "s2", definition="e")
    assert protect(changed, 5, about=COUNT, earlier=earlier)["n"].tolist() == [131, 31, 100]
    assert protect(table({"north": 31, "south": 100}, "s2"), 5, about=COUNT)["n"].tolist() == [131, 31, 100]
    assert protect(table({"north": 31, "south": 100}, "s2"), 1, about=COUNT, earlier=earlier)["n"].tolist()[0] == 131


# Dominance -----------------------------------------------------------------------------------------------------------


def contributions(**given: tuple[float, float, float]) -> pd.DataFrame:
    return pd.DataFrame(
        [("I", "all", "all" if name == "all" else "area", name, "value", "amount", 10.0, *sums)
         for name, sums in given.items()],
        columns=[*KEYS, "part", "amount", "percent", "total", "first", "second"],
    )  # fmt: skip


@pytest.mark.parametrize(("second", "is_hidden"), [(5.0, True), (1.0, False)])
def test_a_sum_of_which_one_gives_nearly_all_is_hidden_by_the_p_percent_rule(second: float, is_hidden: bool):
    """Of 100, one gives 90: who gives 5 knows that 90 to within 5, closer than 10 % of it; who gives 1, to within 9,
    the very limit: 100 - 90 - 1 = 9 = 10 % of 90."""
    values = table({"north": 20, "south": 40, "west": 60}, "s")
    told = contributions(all=(1000.0, 90, 80), north=(100.0, 90.0, second), south=(400.0, 50, 40), west=(500.0, 50, 40))
    shown = protect(values, 5, about=COUNT, contributions=told)
    hidden = shown.loc[shown["status"] == "suppressed", "category"].tolist()
    assert hidden == (["north", "south"] if is_hidden else [])


# Rounding ------------------------------------------------------------------------------------------------------------


def test_rounded_counts_still_add_up_and_cannot_be_undone_from_the_share():
    values = table({"north": 21, "south": 42, "west": 58}, "s")
    yes = values["n"].astype(float) * [0.5, 10 / 21, 0.5, 29.5 / 58]
    values = values.assign(numerator=yes, value=yes / values["denominator"], ci_low=0.4, ci_high=0.6)
    shown = protect(values, 5, about={"I": About("share", "s", rounding=5)}).set_index("category")
    assert (shown["n"] % 5 == 0).all() and (shown["numerator"] % 5 == 0).all()
    assert shown.loc["all", "n"] == shown.loc[["north", "south", "west"], "n"].sum()
    assert (shown["value"] == shown["numerator"] / shown["n"].astype(float)).all()
    assert ((shown["n"] - values.set_index("category")["n"]).abs() < 5).all()
    assert shown[["std_error", "degrees_of_freedom"]].isna().all(axis=None)
    assert (shown["ci_low"] <= 0.4).all() and (shown["ci_high"] >= 0.6).all()
    assert shown["note"].str.contains("multiples of 5").all()


def test_a_mean_keeps_the_digits_a_rounded_count_supports():
    values = table({"north": 120}, "s").assign(value=3.4721, ci_low=3.1313, ci_high=3.8181)
    shown = protect(values, 5, about={"I": About("mean", "s", rounding=5)})
    assert shown["value"].tolist() == pytest.approx([3.5, 3.5]) and shown["n"].tolist() == [120, 120]
    assert shown["ci_low"].tolist() == pytest.approx([3.1] * 2) and shown["ci_high"].tolist() == pytest.approx(
        [3.9] * 2
    )
    assert shown["numerator"].isna().all()
