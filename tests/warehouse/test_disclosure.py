"""Nothing too small is shown, and nothing hidden can be computed from what is shown."""

from __future__ import annotations

import itertools
from collections.abc import Mapping

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from theory_of_change.model import TheoryOfChange
from theory_of_change.programme import Programme
from warehouse import attack
from warehouse.disclosure import NOTES, About, protect, protect_distributions, protected, protected_effects
from warehouse.modelling import model

KEYS = ["indicator_id", "period", "dimension", "category"]


def table(rows: list[tuple]) -> pd.DataFrame:
    """Values from (indicator, period, dimension, category, n[, yes]); without yes the value is a mean of 10."""
    made = []
    for indicator, period, dimension, category, n, *yes in rows:
        numerator = yes[0] if yes else 10.0 * n
        made.append(
            {
                "indicator_id": indicator, "period": period, "dimension": dimension, "category": category,
                "n": n, "numerator": numerator if n else None, "denominator": float(n) if n else None,
                "value": numerator / n if n else None, "std_error": 0.1, "ci_low": 0.2, "ci_high": 0.3,
                "ci_level": 0.95, "degrees_of_freedom": n - 1, "method": "test", "unit": "percent",
                "status": "ok" if n else "no_data", "note": None, "theory_version": "1.0.0",
                "definition_id": "d", "snapshot_id": "s", "n_rows": n,
            }
        )  # fmt: skip
    return pd.DataFrame(made).astype({"n": "Int64", "n_rows": "Int64", "degrees_of_freedom": "Int64"})


def one_way(counts: Mapping[str, int], indicator: str = "I", dimension: str = "area", **yes: int) -> pd.DataFrame:
    rows = [(indicator, "all", "all", "all", sum(counts.values()), *([sum(yes.values())] if yes else []))]
    rows += [(indicator, "all", dimension, name, n, *([yes[name]] if yes else [])) for name, n in counts.items()]
    return table(rows)


def two_way(counts: np.ndarray, indicator: str = "I") -> pd.DataFrame:
    """Cross `a x b` with both margins and the whole."""
    down, across = counts.shape
    rows = [(indicator, "all", "all", "all", int(counts.sum()))]
    rows += [(indicator, "all", "a", f"a{i}", int(counts[i].sum())) for i in range(down)]
    rows += [(indicator, "all", "b", f"b{j}", int(counts[:, j].sum())) for j in range(across)]
    rows += [(indicator, "all", "a x b", f"a{i} / b{j}", int(counts[i, j])) for i in range(down) for j in range(across)]
    return table(rows)


def hidden(shown: pd.DataFrame) -> list[str]:
    return shown.loc[shown["status"] == "suppressed", "category"].tolist()


def questionnaire(questions: int, people: int, answered: float) -> tuple[pd.DataFrame, dict[str, About]]:
    """Shares of some questions by area and gender; each person answers each with the same probability."""
    random = np.random.default_rng(5)
    area, gender = random.choice(8, people, p=np.array([30, 20, 15, 12, 10, 7, 4, 2]) / 100), random.choice(2, people)
    rows = []
    for question in range(questions):
        used, yes = random.random(people) < answered, random.random(people) < 0.6
        groups = [("all", "all", used)]
        groups += [("area", f"a{a}", used & (area == a)) for a in range(8)]
        groups += [("gender", f"g{g}", used & (gender == g)) for g in range(2)]
        groups += [("area x gender", f"a{a} / g{g}", used & (area == a) & (gender == g))
                   for a in range(8) for g in range(2)]  # fmt: skip
        rows += [(f"Q{question}", "all", dimension, category, int(own.sum()), int((own & yes).sum()))
                 for dimension, category, own in groups]  # fmt: skip
    return table(rows), {f"Q{question}": About("share", "s", conditions=frozenset()) for question in range(questions)}


# What is too small ---------------------------------------------------------------------------------------------------


def test_a_small_group_is_hidden_whole_and_the_next_smallest_covers_it():
    shown = protect(one_way({"north": 3, "east": 9, "south": 40, "west": 50}), 5)
    assert hidden(shown) == ["north", "east"]
    held = shown[shown["status"] == "suppressed"]
    numbers = ["n", "numerator", "denominator", "value", "std_error", "ci_low", "ci_high", "ci_level"]
    assert held[[*numbers, "degrees_of_freedom"]].isna().all(axis=None)
    assert set(held["note"]) == {NOTES["en"]}
    kept = shown[shown["status"] == "ok"]
    assert kept["n"].tolist() == [102, 40, 50] and kept["note"].isna().all()


def test_small_groups_in_two_breakdowns_are_covered_by_other_groups_and_never_by_the_whole():
    rows = [(period, *cell) for period in ("2024", "all") for cell in (
        ("all", "all", 83), ("area", "north", 50), ("area", "east", 30), ("area", "west", 3),
        ("gender", "f", 40), ("gender", "m", 41), ("gender", "x", 2),
    )]  # fmt: skip
    shown = protect(table([("I", *row) for row in rows]), 5)
    assert sorted(set(hidden(shown))) == ["east", "f", "west", "x"]
    assert shown.loc[shown["dimension"] == "all", "n"].tolist() == [83, 83]


def test_a_period_is_hidden_only_where_it_is_too_small_itself_or_covers_one_that_is():
    rows = [("2024-H1", 5, 4), ("2024-H2", 5, 5), ("2025-H1", 4, 5), ("2025-H2", 1, 1)]
    rows += [("2024", 10, 9), ("2025", 5, 6), ("all", 15, 15)]
    cells = [
        cell
        for period, hub, antenna in rows
        for cell in (
            ("I", period, "all", "all", hub + antenna),
            *(("I", period, "kind", name, n) for name, n in (("hub", hub), ("antenna", antenna))),
            *(("I", period, "done", name, n) for name, n in (("yes", hub), ("no", antenna))),
        )
    ]
    shown = protect(table(cells), 5)
    assert "antenna" in hidden(shown)
    wholes = shown[shown["dimension"] == "all"]
    assert wholes.loc[wholes["status"] == "suppressed", "period"].tolist() == ["2025-H1", "2025-H2"]


def test_result_has_exactly_the_published_columns_in_order():
    assert (
        tuple(protect(one_way({"north": 3, "south": 40}), 5).columns) == model("out", "indicator_values").column_names
    )


def test_one_switches_it_off_and_the_threshold_of_an_indicator_wins():
    values = one_way({"north": 1, "south": 12, "west": 60})
    assert hidden(protect(values, 1)) == []
    assert hidden(protect(values, 5, {"I": 1})) == []
    assert hidden(protect(values, 1, {"I": 20})) == ["north", "south", "west"]
    assert hidden(protect(values, 5, {"I": 3})) == ["north", "south"]


def test_a_true_zero_and_no_data_stay_as_they_are_and_cover_nothing():
    values = one_way({"north": 0, "east": 2, "south": 30, "west": 40})
    zero = values["category"] == "north"
    counted = values.assign(value=values["value"].mask(zero, 0.0), status=values["status"].mask(zero, "ok"))
    shown = protect(counted, 5).set_index("category")
    assert shown.loc["north", "status"] == "ok" and shown.loc["north", "value"] == 0 and shown.loc["north", "n"] == 0
    assert hidden(shown.reset_index()) == ["east", "south"]
    assert protect(values, 5).set_index("category").loc["north", "status"] == "no_data"


@pytest.mark.parametrize(
    ("yes", "is_hidden"),
    [(0, False), (1, True), (4, True), (5, False), (35, False), (36, True), (39, True), (40, False)],
)
def test_a_share_hides_few_who_say_yes_and_few_who_say_no_but_not_all_alike(yes: int, is_hidden: bool):
    shown = protect(table([("I", "all", "all", "all", 40, yes)]), 5, about={"I": About("share")})
    assert (shown["status"] == "suppressed").tolist() == [is_hidden]


def test_weights_make_the_yeses_of_a_share_an_expected_number():
    values = table([("I", "all", "all", "all", 40, 0)]).assign(numerator=200.0, denominator=4000.0, value=0.05)
    assert hidden(protect(values, 5, about={"I": About("share")})) == ["all"]
    assert hidden(protect(values, 2, about={"I": About("share")})) == []


def test_few_different_persons_are_hidden_however_many_rows_they_have():
    values = table([("I", "all", "all", "all", 60)]).assign(value=3.0, numerator=None, denominator=None)
    assert hidden(protect(values, 5, about={"I": About("distinct")})) == ["all"]
    assert hidden(protect(values, 5, about={"I": About("count")})) == []


def test_quantiles_have_neither_numerator_nor_denominator_and_are_hidden_by_their_count():
    values = one_way({"north": 4, "east": 6, "south": 20}).assign(numerator=None, denominator=None)
    assert hidden(protect(values, 5, about={"I": About("median")})) == ["north", "east"]


def test_a_number_that_cannot_be_computed_still_hides_its_small_count():
    values = one_way({"north": 2, "east": 8, "south": 30})
    values.loc[values["category"] == "north", ["value", "status"]] = [None, "not_computable"]
    assert hidden(protect(values, 5)) == ["north", "east"]


def test_milestones_and_formulas_without_a_count_are_nobodys_rows():
    values = table([("M", "all", "all", "all", 0)]).assign(n=pd.NA, value=1.0, status="ok")
    assert hidden(protect(values.astype({"n": "Int64"}), 5, about={"M": About("milestone")})) == []


def test_a_formula_on_a_hidden_value_is_hidden_through_any_chain_of_formulas():
    values = pd.concat(
        [
            one_way({"north": 3, "east": 9, "south": 40}, "A"),
            one_way({"north": 30, "east": 90, "south": 40}, "B"),
            *(
                one_way({"north": 33, "east": 99, "south": 80}, name).assign(n=pd.NA, numerator=None, denominator=None)
                for name in ("F", "G")
            ),
        ],
        ignore_index=True,
    )
    told = {"A": About("count", "s"), "B": About("count", "t"), "F": About("formula", rests_on=("A", "B")),
            "G": About("formula", rests_on=("F",))}  # fmt: skip
    shown = protect(values.astype({"n": "Int64"}), 5, about=told)
    assert {name: hidden(rows) for name, rows in shown.groupby("indicator_id")} == {
        "A": ["north", "east"], "B": [], "F": ["north", "east"], "G": ["north", "east"],
    }  # fmt: skip


def test_the_note_speaks_the_programmes_language_and_is_the_same_for_every_hidden_cell():
    shown = protect(one_way({"north": 3, "east": 9, "south": 40}), 5, language="it")
    assert set(shown.loc[shown["status"] == "suppressed", "note"]) == {NOTES["it"]}


# What covers it ------------------------------------------------------------------------------------------------------


def test_two_small_groups_that_together_are_still_small_take_a_third():
    assert hidden(protect(one_way({"north": 1, "east": 2, "south": 40, "west": 50}), 5)) == ["north", "east", "south"]
    assert hidden(protect(one_way({"north": 3, "east": 2, "south": 40, "west": 50}), 5)) == ["north", "east"]


def test_rows_without_a_category_are_one_more_group_that_must_stay_unknown():
    values = one_way({"north": 20, "south": 30})
    values.loc[values["category"] == "all", "n"] = 53
    assert hidden(protect(values, 5)) == ["north"]
    values.loc[values["category"] == "all", "n"] = 60
    assert hidden(protect(values, 5)) == []


def test_categories_that_overlap_are_no_sum():
    values = one_way({"north": 3, "east": 20, "south": 40})
    values.loc[values["category"] == "all", "n"] = 50
    assert hidden(protect(values, 5)) == ["north"]


def test_a_year_does_not_give_away_its_halves():
    values = table(
        [("I", p, "all", "all", n) for p, n in (("2024-H1", 3), ("2024-H2", 30), ("2025-H1", 20), ("2025-H2", 40),
                                               ("2024", 33), ("2025", 60), ("all", 93))]
    )  # fmt: skip
    shown = protect(values, 5).set_index("period")["status"]
    assert shown[shown == "suppressed"].index.tolist() == ["2024-H1", "2024-H2"]


def test_a_year_that_repeats_its_last_period_is_hidden_with_it():
    values = table([("I", p, "all", "all", n) for p, n in (("2024-H1", 30), ("2024-H2", 3), ("2024", 3), ("all", 3))])
    shown = protect(values, 5, about={"I": About("mean", "s", repeats_last=True)}).set_index("period")["status"]
    assert shown[shown == "suppressed"].index.tolist() == ["2024-H2", "2024", "all"]


def test_a_category_whose_own_name_holds_the_separator_still_adds_up():
    values = table(
        [("I", "all", "all", "all", 72), ("I", "all", "a", "x / y", 32), ("I", "all", "a", "z", 40),
         ("I", "all", "b", "f", 33), ("I", "all", "b", "m", 39),
         ("I", "all", "a x b", "x / y / f", 2), ("I", "all", "a x b", "x / y / m", 30),
         ("I", "all", "a x b", "z / f", 31), ("I", "all", "a x b", "z / m", 9)]
    )  # fmt: skip
    assert hidden(protect(values, 5)) == ["x / y / f", "x / y / m", "z / f", "z / m"]


def test_two_indicators_of_one_source_hide_the_same_counts():
    """Left to itself the mean would cover north with east, the share would need no cover for north, as west's few
    yeses hide west: and each would show what the other hides."""
    counts = {"north": 3, "east": 9, "south": 40, "west": 50}
    mean = one_way(counts, "MEAN")
    share = one_way(counts, "SHARE", north=1, east=4, south=20, west=2)
    told = {"MEAN": About("mean", "residents"), "SHARE": About("share", "residents")}
    shown = protect(pd.concat([mean, share], ignore_index=True), 5, about=told)
    assert hidden(shown[shown["indicator_id"] == "MEAN"]) == ["north", "east"]
    assert set(hidden(shown[shown["indicator_id"] == "SHARE"])) >= {"north", "east", "west"}


def test_settings_come_from_the_theory_and_the_programme():
    theory = TheoryOfChange.model_validate(
        {
            "theory": {"id": "T", "version": "1.0.0", "title": "t"},
            "indicators": [
                {"id": "I", "title": "i", "measures": ["O"], "unit": "u", "measure": {"from": "s", "mean": "x"},
                 "disclosure": {"threshold": 10}}
            ],
        }
    )  # fmt: skip
    programme = Programme.model_validate(
        {"id": "p", "title": "p", "languages": ["it"], "calendar": {"start": "2024-01-01", "end": "2024-12-31"}}
    )
    shown = protected(one_way({"north": 8, "east": 12, "south": 40}), theory, programme)
    assert hidden(shown) == ["north", "east"]
    assert set(shown["note"].dropna()) == {NOTES["it"]}


def test_an_effect_on_a_handful_of_people_is_not_told():
    columns = model("out", "effects").column_names
    rows = [
        {"evaluation_id": "E", "term": term, "design": "randomised", "estimate": 2.5, "n": n + 50, "n_group": n,
         "n_comparison": 50, "method": "OLS; HC2; t", "diagnostics": "{}"}
        for term, n in (("difference", 4), ("adjusted", 5))
    ]  # fmt: skip
    programme = Programme.model_validate(
        {"id": "p", "title": "p", "calendar": {"start": "2024-01-01", "end": "2024-12-31"}}
    )
    shown = protected_effects(pd.DataFrame(rows, columns=list(columns), dtype=object), programme)
    told = shown.set_index("term")
    assert told.loc["difference"].dropna().to_dict() == {
        "evaluation_id": "E", "design": "randomised", "method": "suppressed",
    }  # fmt: skip
    assert told.loc["adjusted", ["estimate", "n_group", "method"]].tolist() == [2.5, 5, "OLS; HC2; t"]


# The attacker --------------------------------------------------------------------------------------------------------


def solved_by_elimination(shown: pd.DataFrame, sums: list[tuple[tuple, list[tuple]]]) -> list[tuple]:
    """Hidden cells whose count follows from the sums: those that raising the rank cannot tell apart from known ones."""
    cells = {tuple(row): status for *row, status in shown[["dimension", "category", "status"]].itertuples(index=False)}
    unknown = [cell for cell, status in cells.items() if status == "suppressed"]
    place = {cell: number for number, cell in enumerate(unknown)}
    matrix = np.zeros((len(sums), len(unknown)))
    for row, (total, parts) in zip(matrix, sums, strict=True):
        for cell, sign in [(total, -1), *((part, 1) for part in parts)]:
            if cell in place:
                row[place[cell]] += sign
    rank = np.linalg.matrix_rank(matrix) if unknown else 0
    solved = []
    for cell, number in place.items():
        unit = np.zeros(len(unknown))
        unit[number] = 1
        if np.linalg.matrix_rank(np.vstack([matrix, unit])) == rank:
            solved.append(cell)
    return solved


def sums_of_two_way(down: int, across: int) -> list[tuple[tuple, list[tuple]]]:
    whole = ("all", "all")
    cross = [[("a x b", f"a{i} / b{j}") for j in range(across)] for i in range(down)]
    return [
        (whole, [("a", f"a{i}") for i in range(down)]),
        (whole, [("b", f"b{j}") for j in range(across)]),
        (whole, list(itertools.chain(*cross))),
        *((("a", f"a{i}"), cross[i]) for i in range(down)),
        *((("b", f"b{j}"), [row[j] for row in cross]) for j in range(across)),
    ]


small_counts = st.integers(0, 12) | st.integers(0, 60)


@settings(max_examples=50, deadline=None)
@given(st.lists(small_counts, min_size=1, max_size=7), st.sampled_from([2, 3, 5, 10]))
def test_nobody_solves_a_hidden_cell_of_a_one_way_table(counts: list[int], least: int):
    values = one_way({f"c{i}": n for i, n in enumerate(counts)})
    shown = protect(values, least)
    parts = [("area", f"c{i}") for i in range(len(counts))]
    assert solved_by_elimination(shown, [(("all", "all"), parts)]) == []
    _nothing_small_is_left(values, shown, least)
    _sums_that_can_be_read_off_are_not_small(values, shown, [(("all", "all"), parts)], least)


@settings(max_examples=50, deadline=None)
@given(st.integers(1, 4), st.integers(1, 5), st.data(), st.sampled_from([3, 5]))
def test_nobody_solves_a_hidden_cell_of_a_two_way_table(down: int, across: int, data: st.DataObject, least: int):
    drawn = data.draw(st.lists(small_counts, min_size=down * across, max_size=down * across))
    values = two_way(np.array(drawn).reshape(down, across))
    shown = protect(values, least)
    sums = sums_of_two_way(down, across)
    assert solved_by_elimination(shown, sums) == []
    _nothing_small_is_left(values, shown, least)
    _sums_that_can_be_read_off_are_not_small(values, shown, sums, least)


def _nothing_small_is_left(values: pd.DataFrame, shown: pd.DataFrame, least: int) -> None:
    assert not shown["n"].between(1, least - 1).any()
    kept = shown["status"] != "suppressed"
    pd.testing.assert_series_equal(shown.loc[kept, "n"], values.loc[kept, "n"])
    assert (shown.loc[values["n"] == 0, "status"] == "no_data").all()


def _sums_that_can_be_read_off_are_not_small(
    values: pd.DataFrame, shown: pd.DataFrame, sums: list[tuple[tuple, list[tuple]]], least: int
) -> None:
    count = {tuple(row): n for *row, n in values[["dimension", "category", "n"]].itertuples(index=False)}
    gone = {
        tuple(row)
        for *row, s in shown[["dimension", "category", "status"]].itertuples(index=False)
        if s == "suppressed"
    }
    for total, parts in sums:
        left = [part for part in parts if part in gone]
        if total not in gone and left:
            assert sum(count[part] for part in left) >= least


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(small_counts, small_counts), min_size=2, max_size=5), st.sampled_from([3, 5]))
def test_nobody_finds_a_small_yes_or_no_by_subtracting_shares(cells: list[tuple[int, int]], least: int):
    names = {f"c{i}": (max(pair), min(pair)) for i, pair in enumerate(cells)}
    yes = {name: said for name, (_, said) in names.items()}
    shown = protect(one_way({name: n for name, (n, _) in names.items()}, **yes), least, about={"I": About("share")})
    gone = hidden(shown)
    if "all" not in gone and gone:
        n = sum(names[name][0] for name in gone)
        said = sum(yes[name] for name in gone)
        assert len(gone) > 1
        assert not 0 < n < least and not 0 < said < least and not 0 < n - said < least
    for name, (n, said) in names.items():
        if name not in gone and n:
            assert n >= least and not 0 < said < least and not 0 < n - said < least


def test_cover_costs_little_in_a_table_of_one_small_cell():
    counts = np.array([[2, 30, 40], [50, 9, 60], [70, 80, 8]])
    shown = protect(two_way(counts), 5)
    assert len(hidden(shown)) == 4 and {"a0 / b0", "a1 / b1"} <= set(hidden(shown))


# Bins ----------------------------------------------------------------------------------------------------------------


def test_small_bins_are_hidden_with_a_cover_and_all_bins_of_a_hidden_value():
    values = one_way({"north": 4, "east": 28, "south": 100})
    shown = protect(values, 5)
    spread = {"all": (9, 23, 100), "north": (1, 3, 0), "east": (8, 20, 0), "south": (0, 0, 100)}
    bins = pd.DataFrame(
        [
            ("I", "all", "all" if name == "all" else "area", name, low, low + 10, n, "ok")
            for name, counts in spread.items()
            for low, n in zip((0, 10, 20), counts, strict=True)
        ],
        columns=[*KEYS, "bin_low", "bin_high", "n", "status"],
    ).astype({"n": "Int64"})
    held = protect_distributions(bins, values, shown, 5)
    status = {name: rows["status"].tolist() for name, rows in held.groupby("category", sort=False)}
    assert hidden(shown) == ["north", "east"]
    assert status["all"] == ["ok", "ok", "ok"] and status["south"] == ["ok", "ok", "ok"]
    assert status["north"] == ["suppressed", "suppressed", "ok"]
    assert status["east"] == ["suppressed", "suppressed", "ok"]
    assert held.loc[held["status"] == "suppressed", "n"].isna().all()


def test_one_small_bin_takes_a_second_one_with_it():
    values = table([("I", "all", "all", "all", 73)])
    bins = pd.DataFrame(
        [("I", "all", "all", "all", low, low + 1, n, "ok") for low, n in enumerate((2, 50, 21))],
        columns=[*KEYS, "bin_low", "bin_high", "n", "status"],
    )
    held = protect_distributions(bins, values, protect(values, 5), 5)
    assert held["status"].tolist() == ["suppressed", "ok", "suppressed"]


@settings(max_examples=40, deadline=None)
@given(st.lists(small_counts, min_size=12, max_size=12))
def test_nobody_solves_a_hidden_cell_over_periods_and_categories(drawn: list[int]):
    halves, names = ("2024-H1", "2024-H2", "2025-H1", "2025-H2"), ("x", "y", "z")
    counts = {(half, name): n for (half, name), n in zip(itertools.product(halves, names), drawn, strict=True)}
    within = {**{half: [half] for half in halves}, "2024": halves[:2], "2025": halves[2:], "all": halves}
    n = {(p, name): sum(counts[half, name] for half in parts) for p, parts in within.items() for name in names}
    n |= {(period, "all"): sum(n[period, name] for name in names) for period in within}
    values = table([("I", p, "all" if name == "all" else "area", name, count) for (p, name), count in n.items()])
    shown = protect(values, 5).rename(columns={"dimension": "_", "period": "dimension"})
    sums = [((period, "all"), [(period, name) for name in names]) for period in within]
    sums += [((p, c), [(q, c) for q in within[p]]) for p in ("2024", "2025", "all") for c in (*names, "all")]
    assert solved_by_elimination(shown, sums) == []
    assert not shown["n"].between(1, 4).any()


def test_a_random_solution_tells_the_same_as_all_solutions(monkeypatch: pytest.MonkeyPatch):
    random, mixed = np.random.default_rng(7), 0
    for _ in range(30):
        equations = [
            tuple((int(place), float(random.choice([-1, 1]))) for place in sorted(set(random.integers(0, 20, 4))))
            for _ in range(18)
        ]
        every = attack.freedom(equations, 20)
        monkeypatch.setattr(attack, "_DENSE_UP_TO", 0)
        one = attack.freedom(equations, 20)
        monkeypatch.undo()
        assert ((every < 1e-6) == (one < 1e-6)).all()
        mixed += 0 < (every < 1e-6).sum() < 20
    assert mixed > 3


@pytest.mark.parametrize("answered", [0.85, 0.995])
def test_a_long_questionnaire_hides_no_more_of_a_question_than_a_short_one(answered: float):
    """Questions left out by some have by chance the same counts here and there: that is no reason to hide them
    together. Where nearly all answer, equal counts are those of the same rows, and little more is hidden either."""
    values, told = questionnaire(20, 400, answered)
    alone = [len(hidden(protect(own, 5, about=told))) for _, own in values.groupby("indicator_id")]
    together = len(hidden(protect(values, 5, about=told)))
    assert 0 < sum(alone) <= together < 1.6 * sum(alone)
    assert together < 0.6 * len(values)


def test_rows_without_a_category_in_a_group_are_nobodys_number_and_cover_one_another():
    """Of 24 in C three have no zone. Hiding C's north and one more of the north is enough: how many of A have no zone
    is published nowhere, so nothing follows from it."""
    groups = {"A": (14, 24, 50), "B": (8, 13, 27), "C": (9, 12, 24)}
    rows = [("I", "all", "all", "all", 101)]
    rows += [("I", "all", "project", name, whole) for name, (_, _, whole) in groups.items()]
    rows += [("I", "all", "zone", "N", 31), ("I", "all", "zone", "S", 49)]
    rows += [("I", "all", "project x zone", f"{name} / {zone}", n)
             for name, own in groups.items() for zone, n in zip("NS", own, strict=False)]  # fmt: skip
    found = hidden(protect(table(rows), 5))
    assert len(found) == 2
    assert {name[:1] for name in found} > {"C"} and len({name[-1] for name in found}) == 1
