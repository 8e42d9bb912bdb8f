"""The engine against results others have published: R's `survey` on its own example data, to the digits printed.

Sources: [vignette] T. Lumley, "A survey analysis example", vignette of `survey` 4.x. [summary] the page "Simple summary
statistics" of r-survey.r-forge.r-project.org. [svy] results of R `survey` 4.5 printed beside the test data of the
package `svy`. [Lumley 2] the help page of svytotal and svymean in `survey`. [Lumley 7] svytotal and svymean on the two-
stage sample, T. Lumley, Complex Surveys (2010), chapter 7.
"""

from __future__ import annotations

import numpy as np
import pytest

from pipelines.indicators.estimates import logit
from tests.indicators.conftest import cell, reference, table_of

API = {
    "cds": "text", "stype": "category", "dnum": "integer", "snum": "integer", "api00": "integer", "api99": "integer",
    "enroll": "integer", "api_stu": "integer", "ell": "integer", "meals": "integer", "sch_wide": "category",
    "comp_imp": "category", "pw": "number",
}  # fmt: skip


def measure(name: str, **kind: object) -> dict:
    where = {"where": kind.pop("where")} if "where" in kind else {}
    extra = {key: kind.pop(key) for key in ("disaggregation", "uncertainty") if key in kind}
    return {"id": name, "measure": {"from": "answers", **kind, **where}, **extra}


@pytest.fixture
def clusters(computed):
    """15 districts and all their schools: dclus1 of the manual."""
    indicators = [
        measure("mean", mean="api00", disaggregation=["stype"]),
        measure("mean99", mean="api99"),
        measure("elementary", share="stype = 'E'"),
        measure("high", share="stype = 'H'"),
        measure("middle", share="stype = 'M'"),
        measure("enrolled", sum="enroll"),
        measure("schools", count="rows", disaggregation=["stype"]),
        measure("tested", ratio={"numerator": "api_stu", "denominator": "enroll"}),
        measure("tested-high", ratio={"numerator": "api_stu", "denominator": "enroll"}, where="stype = 'H'"),
        measure("ell", mean="ell", disaggregation=["stype"]),
        measure("meals", mean="meals", disaggregation=["stype"]),
        measure("q25", quantile={"of": "api00", "at": 0.25}),
        measure("q50", median="api00"),
        measure("q75", quantile={"of": "api00", "at": 0.75}),
    ]
    table = table_of({**API, "fpc": "number"}, weight="pw", cluster=("dnum",), fpc=("fpc",))
    return computed(reference("apiclus1"), table, indicators).values


@pytest.mark.parametrize(
    ("indicator", "value", "std_error", "digits"),
    [
        ("mean", 644.169399, 23.5422, 1e-4),  # [summary] svymean(~api00+api99+stype, dclus1)
        ("mean99", 606.978142, 24.2250, 1e-4),
        ("elementary", 0.786885, 0.0463, 5e-5),
        ("high", 0.076503, 0.0268, 5e-5),
        ("middle", 0.136612, 0.0296, 5e-5),
        ("enrolled", 3404940.13, 932235.03, 1e-2),  # [summary] svytotal(~enroll+stype, dclus1)
        ("tested", 0.8497087, 0.008386297, 1e-7),  # [vignette] svyratio(~api.stu, ~enroll, dclus1)
        ("tested-high", 0.8300683, 0.01472607, 1e-7),  # [vignette] …, subset(dclus1, stype == "H")
    ],
)
def test_one_stage_clusters(clusters, indicator, value, std_error, digits):
    row = cell(clusters, indicator)
    assert row["value"] == pytest.approx(value, abs=digits)
    assert row["std_error"] == pytest.approx(std_error, abs=digits)


def test_raked_weights_are_taken_as_fixed_and_cost_a_little_width(computed):
    """[rakecheck] of cran/survey 4.5, tests/rakecheck.Rout.save: svymean(~api00, dclus1r) after rake(dclus1,
    list(~stype, ~sch.wide), …) is 641.23 with 23.704. R takes what the margins explain out of the error; here the
    weights are fixed, so that the error is the larger one."""
    from pipelines.raking import rake

    rows = reference("apiclus1")
    known = {"stype": {"E": 4421, "H": 755, "M": 1018}, "sch_wide": {"No": 1072, "Yes": 5122}}
    fitted = rake(
        rows["pw"].to_numpy(dtype=float),
        {name: rows[name].map(list(totals).index).to_numpy() for name, totals in known.items()},
        {name: np.array(list(totals.values()), dtype=float) for name, totals in known.items()},
    )
    table = table_of({**API, "fpc": "number"}, weight="pw", cluster=("dnum",), fpc=("fpc",))
    row = cell(computed(rows.assign(pw=fitted.weights), table, [measure("mean", mean="api00")]).values, "mean")
    assert row["value"] == pytest.approx(641.23, abs=5e-3)
    assert 23.704 < row["std_error"] == pytest.approx(23.806, abs=1e-3)


@pytest.mark.parametrize(
    ("indicator", "category", "value", "std_error"),
    [
        ("schools", "E", 4873.97, 1333.32),  # [vignette] svytotal(~stype, dclus1)
        ("schools", "H", 473.86, 158.70),
        ("schools", "M", 846.17, 167.55),
        ("ell", "E", 29.69444, 1.411617),  # [vignette] svyby(~ell+meals, ~stype, dclus1, svymean)
        ("ell", "H", 15.00000, 5.347065),
        ("ell", "M", 22.68000, 2.952862),
        ("meals", "E", 53.09028, 7.070399),
        ("meals", "H", 37.57143, 5.912262),
        ("meals", "M", 43.08000, 6.017110),
    ],
)
def test_domains_inside_the_full_design(clusters, indicator, category, value, std_error):
    row = cell(clusters, indicator, dimension="stype", category=category)
    assert row["value"] == pytest.approx(value, abs=6e-3)
    assert row["std_error"] == pytest.approx(std_error, abs=6e-3 if indicator == "schools" else 1e-6)


@pytest.mark.parametrize(
    ("indicator", "value", "low", "high", "std_error"),
    [  # [vignette] svyquantile(~api00, dclus1, quantile = c(0.25, 0.5, 0.75), ci = TRUE)
        ("q25", 552, 492, 627, 31.47166),
        ("q50", 652, 561, 714, 35.66788),
        ("q75", 719, 696, 777, 18.88300),
    ],
)
def test_quantiles_with_woodruff_intervals(clusters, indicator, value, low, high, std_error):
    row = cell(clusters, indicator)
    assert (row["value"], row["ci_low"], row["ci_high"]) == (value, low, high)
    assert row["std_error"] == pytest.approx(std_error, abs=1e-5)
    assert row["degrees_of_freedom"] == 14


def test_a_stratified_sample_with_known_populations(computed):
    """[Lumley 7] svydesign(id = ~1, strata = ~stype, fpc = ~fpc, data = apistrat)."""
    table = table_of({**API, "fpc": "number"}, weight="pw", strata=("stype",), fpc=("fpc",))
    found = computed(
        reference("apistrat"), table, [measure("mean", mean="api00"), measure("total", sum="enroll")]
    ).values
    mean, total = cell(found, "mean"), cell(found, "total")
    assert (round(mean["value"], 2), round(mean["std_error"], 4)) == (662.29, 9.4089)
    assert (round(total["value"]), round(total["std_error"])) == (3687178, 114642)
    assert mean["degrees_of_freedom"] == 197


def test_two_stages_with_known_populations(computed):
    """[Lumley 7] svydesign(id = ~dnum + snum, fpc = ~fpc1 + fpc2, data = apiclus2), missing enrolment left out."""
    types = {**API, "fpc1": "number", "fpc2": "number"}
    table = table_of(types, weight="pw", cluster=("dnum", "snum"), fpc=("fpc1", "fpc2"))
    asked = [{"lonely": "adjust"}, {"lonely": "certainty"}]
    indicators = [
        measure(f"{name}-{mode['lonely']}", **{kind: column}, uncertainty={"mode": "sample", **mode})
        for mode in asked
        for name, kind, column in (("mean", "mean", "api00"), ("total", "sum", "enroll"))
    ]
    found = computed(reference("apiclus2"), table, indicators).values
    for mode in ("adjust", "certainty"):  # every district with one school sampled has one school
        mean, total = cell(found, f"mean-{mode}"), cell(found, f"total-{mode}")
        assert (round(mean["value"], 2), round(mean["std_error"], 3)) == (670.81, 30.099)
        assert (round(total["value"]), round(total["std_error"])) == (2639273, 799638)


@pytest.mark.parametrize("asked", [{"mode": "sample", "fpc": False}, {"mode": "superpopulation"}])
def test_without_population_sizes_the_first_stage_alone_counts(computed, asked):
    """[Lumley 2] svydesign(id = ~dnum + snum, weights = ~pw, data = apiclus2), the manual's dclus2wr: 670.81, 30.712
    and 2639273, 820261. Districts with one school sampled are no lonely units, because schools are not looked at."""
    types = {**API, "fpc1": "number", "fpc2": "number"}
    table = table_of(types, weight="pw", cluster=("dnum", "snum"), fpc=("fpc1", "fpc2"))
    indicators = [measure("mean", mean="api00", uncertainty=asked), measure("total", sum="enroll", uncertainty=asked)]
    found = computed(reference("apiclus2"), table, indicators).values
    mean, total = cell(found, "mean"), cell(found, "total")
    assert (round(mean["value"], 2), round(mean["std_error"], 3)) == (670.81, 30.712)
    assert (round(total["value"]), round(total["std_error"])) == (2639273, 820261)


STAGES = {
    "stratum": "category", "psu": "text", "ssu": "text", "unit_id": "text", "y": "number", "x": "number",
    "binary_y": "integer", "wgt": "number", "fpc_psu": "number", "fpc_ssu": "number", "fpc_unit": "number",
}  # fmt: skip


@pytest.mark.parametrize(
    ("roles", "mean", "total", "ratio", "share"),
    [  # [svy] test_fpc.py: designs A1, B1, B2, B4, C2
        ({"cluster": ("psu",)}, 7.2042, 188283, 0.009440871, 0.1202),
        ({"strata": ("stratum",), "cluster": ("psu",)}, 6.1093, 187910, 0.01045302, 0.1001),
        ({"strata": ("stratum",), "cluster": ("psu",), "fpc": ("fpc_psu",)}, 5.2999, 148739, 0.009283717, 0.0855),
        ({"strata": ("stratum",), "cluster": ("psu", "ssu"), "fpc": ("fpc_psu", "fpc_ssu")},
         5.4331, 160864, 0.009862582, 0.0869),
        ({"strata": ("stratum",), "cluster": ("psu", "ssu", "unit_id"), "fpc": ("fpc_psu", "fpc_ssu", "fpc_unit")},
         5.4376, 160918, 0.01017735, 0.0874),
        # the last stage's units are the rows themselves when it names no column of units
        ({"strata": ("stratum",), "cluster": ("psu", "ssu"), "fpc": ("fpc_psu", "fpc_ssu", "fpc_unit")},
         5.4376, 160918, 0.01017735, 0.0874),
    ],
)  # fmt: skip
def test_up_to_three_stages(computed, roles, mean, total, ratio, share):
    indicators = [
        measure("mean", mean="y"),
        measure("total", sum="y"),
        measure("ratio", ratio={"numerator": "y", "denominator": "x"}),
        measure("share", share="binary_y = 0"),
    ]
    found = computed(reference("synthetic_multistage"), table_of(STAGES, weight="wgt", **roles), indicators).values
    assert [round(cell(found, name)["value"], 4) for name in ("mean", "share")] == pytest.approx(
        [60.485, 0.4986], abs=5e-4
    )
    assert cell(found, "mean")["std_error"] == pytest.approx(mean, abs=5e-5)
    assert cell(found, "total")["std_error"] == pytest.approx(total, abs=0.5)
    assert cell(found, "ratio")["std_error"] == pytest.approx(ratio, abs=5e-9)
    assert cell(found, "share")["std_error"] == pytest.approx(share, abs=5e-5)


def test_domains_under_a_stratified_design(computed):
    """[svy] test_fpc.py: svyby(~y, ~stratum, design, svymean) with and without fpc."""
    for fpc, expected in (((), (7.733176, 4.244286)), (("fpc_psu",), (6.916763, 3.287610))):
        table = table_of(STAGES, weight="wgt", strata=("stratum",), cluster=("psu",), fpc=fpc)
        found = computed(
            reference("synthetic_multistage"), table, [measure("mean", mean="y", disaggregation=["stratum"])]
        )
        rows = [cell(found.values, "mean", dimension="stratum", category=stratum) for stratum in "AB"]
        assert [row["value"] for row in rows] == pytest.approx([50.96747, 74.61541], abs=5e-6)
        assert [row["std_error"] for row in rows] == pytest.approx(expected, abs=5e-7)


def test_missing_answers_stay_in_the_design(computed):
    """[svy] test_domain_nulls.py: a sampling unit without any answer still counts as a unit."""
    types = {"stratum": "category", "cluster": "integer", "unit": "integer", "employed": "integer", "income": "number",
             "wgt": "number"}  # fmt: skip
    table = table_of(types, weight="wgt", strata=("stratum",), cluster=("cluster",))
    indicators = [
        measure("mean", mean="income", where="employed = 1", disaggregation=["stratum"]),
        measure("total", sum="income", where="employed = 1"),
        measure("unfiltered", mean="income"),
    ]
    found = computed(reference("domain_nulls"), table, indicators).values
    assert cell(found, "mean")["value"] == pytest.approx(42949.3221906951, rel=1e-13)
    assert cell(found, "mean")["std_error"] == pytest.approx(1715.36393099045, rel=1e-12)
    assert cell(found, "unfiltered")["std_error"] == pytest.approx(1715.36393099045, rel=1e-12)
    assert cell(found, "total")["value"] == pytest.approx(114554002.6538, rel=1e-13)
    assert cell(found, "total")["std_error"] == pytest.approx(18830996.1797964, rel=1e-12)
    for stratum, value, std_error in (
        ("A", 37126.1943347756, 1918.28005228556),
        ("B", 48400.8401814090, 2161.10028916013),
    ):
        row = cell(found, "mean", dimension="stratum", category=stratum)
        assert row["value"] == pytest.approx(value, rel=1e-13)
        assert row["std_error"] == pytest.approx(std_error, rel=1e-12)


@pytest.mark.parametrize(
    ("share", "std_error", "df", "low", "high"),
    [  # [svy] test_proportions.py: R survey 4.4-2, svyciprop(method = "logit")
        (0.507348258357226, 0.0192309892530454, 921, 0.469636396975924, 0.544976682060238),
        (0.507348258357226, 0.0167712595840644, 56, 0.473768764613996, 0.54086158229386),
        (0.471999767708817, 0.0348828290040279, 56, 0.403112644241021, 0.541969987343409),
        (0.501335861736521, 0.0438888962101757, 52, 0.41412536084128, 0.588465156732825),
    ],
)
def test_logit_interval_of_a_share(share, std_error, df, low, high):
    found = logit(np.array([share]), np.array([std_error]), np.array([df]), 0.95)
    assert [bound[0] for bound in found] == pytest.approx([low, high], abs=1e-6)
