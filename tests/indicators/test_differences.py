"""The arithmetic of differences against what its authors and textbooks print."""

from __future__ import annotations

import numpy as np
import pytest
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import confint_proportions_2indep, test_proportions_2indep

from pipelines.indicators.differences import (
    by_t,
    from_logit,
    from_number,
    holm,
    independent,
    newcombe,
    paired_shares,
    welch,
)
from pipelines.indicators.estimates import logit, wilson

test_proportions_2indep.__test__ = False  # a function of statsmodels, no test


def arrays(*numbers: float) -> list[np.ndarray]:
    return [np.array([float(number)]) for number in numbers]


#: Newcombe 1998, Statistics in Medicine 17, 873-890, Table II, method 10: yes and all on both sides, the 95% interval.
NEWCOMBE = [
    (56, 70, 48, 80, 0.0524, 0.3339),
    (9, 10, 3, 10, 0.1705, 0.8090),
    (6, 7, 2, 7, 0.0582, 0.8062),
    (5, 56, 0, 29, -0.0381, 0.1926),
    (0, 10, 0, 20, -0.1611, 0.2775),
    (0, 10, 0, 10, -0.2775, 0.2775),
    (10, 10, 0, 20, 0.6791, 1.0000),
    (10, 10, 0, 10, 0.6075, 1.0000),
]


@pytest.mark.parametrize(("yes", "n", "other", "other_n", "low", "high"), NEWCOMBE)
def test_shares_of_independent_samples_have_newcombes_interval(yes, n, other, other_n, low, high):
    found = newcombe(*arrays(yes / n, n, other / other_n, other_n), 0.95)
    assert (found.ci_low[0], found.ci_high[0]) == pytest.approx((low, high), abs=5e-5)
    theirs = confint_proportions_2indep(yes, n, other, other_n, method="newcomb")
    assert (found.ci_low[0], found.ci_high[0]) == pytest.approx(theirs, abs=1e-12)


def test_their_test_is_the_score_test_with_n_less_one():
    found = newcombe(*arrays(56 / 70, 70, 48 / 80, 80), 0.95).p_value[0]
    theirs = test_proportions_2indep(56, 70, 48, 80, method="score", compare="diff", correction=True).pvalue
    assert found == pytest.approx(theirs, rel=1e-9)


def test_of_a_population_half_of_which_answered_less_is_left_to_chance():
    half = newcombe(*arrays(0.8, 70, 0.6, 80), 0.95, fraction=0.5)
    twice = newcombe(*arrays(0.8, 140, 0.6, 160), 0.95)
    assert (half.ci_low[0], half.ci_high[0], half.p_value[0]) == (twice.ci_low[0], twice.ci_high[0], twice.p_value[0])


@pytest.mark.parametrize(
    ("table", "p_value"),
    [  # Fagerland, Lydersen & Laake 2013, BMC Medical Research Methodology 13:91, Table 4: McNemar mid-p
        ((1, 1, 7, 12), 0.039),  # airway hyper-responsiveness before and after transplantation
        ((59, 6, 16, 80), 0.035),  # complete response before and after consolidation therapy
    ],
)
def test_the_same_people_twice_are_tested_with_mcnemars_mid_p(table, p_value):
    assert paired_shares(*arrays(*table), 0.95).p_value[0] == pytest.approx(p_value, abs=5e-4)


def test_the_mid_p_is_the_exact_one_less_half_of_what_was_seen():
    """The exact test is that of statsmodels."""
    exact = mcnemar([[59, 6], [16, 80]], exact=True).pvalue
    seen = 74613 / 2**22  # 22 over 6, of 22 who changed
    assert paired_shares(*arrays(59, 6, 16, 80), 0.95).p_value[0] == pytest.approx(exact - seen, abs=1e-12)
    nobody = paired_shares(*arrays(10, 0, 0, 10), 0.95)
    assert nobody.p_value[0] == 1 and nobody.ci_low[0] < 0 < nobody.ci_high[0]


def test_their_interval_is_newcombes_for_paired_shares():
    """Altman, Machin, Bryant & Gardner 2000, Statistics with Confidence, Table 6.2 (p. 52): 0.122, 0.011 to 0.226."""
    found = paired_shares(*arrays(14, 5, 0, 22), 0.95)
    assert (found.ci_low[0], found.ci_high[0]) == pytest.approx((0.011, 0.226), abs=6e-4)


#: Hours of sleep under two drugs, ten patients (Student 1908), R's data set `sleep`.
SLEEP = (
    np.array([0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0]),
    np.array([1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4]),
)


def test_means_of_independent_samples_have_welchs_test():
    """R's help page of t.test, `t.test(extra ~ group, data = sleep)`: p = 0.07939, from -3.3654832 to 0.2054832."""
    first, second = SLEEP
    spreads = [one.var(ddof=1) / 10 for one in SLEEP]
    found = welch(*arrays(first.mean() - second.mean(), spreads[0], 10, spreads[1], 10), 0.95)
    assert (found.ci_low[0], found.ci_high[0]) == pytest.approx((-3.3654832, 0.2054832), abs=5e-8)
    assert found.p_value[0] == pytest.approx(0.07939, abs=5e-6)


def test_the_same_people_have_the_paired_t_test():
    """R's help page of t.test, paired: p = 0.002833, from -2.4598858 to -0.7001142."""
    change = SLEEP[0] - SLEEP[1]
    found = by_t(*arrays(change.mean(), change.var(ddof=1) / 10, 9), 0.95)
    assert (found.ci_low[0], found.ci_high[0]) == pytest.approx((-2.4598858, -0.7001142), abs=5e-8)
    assert found.p_value[0] == pytest.approx(0.002833, abs=5e-7)


def test_a_difference_without_spread_has_neither_interval_nor_test():
    found = by_t(np.array([0.3, 0.3]), np.array([0.0, 0.01]), np.array([9.0, 0.0]), 0.95)
    assert np.isnan([found.std_error, found.ci_low, found.ci_high, found.p_value]).all()


def test_two_intervals_of_independent_shares_make_newcombes():
    share, n, other, other_n = arrays(0.8, 70, 0.6, 80)
    made = independent(share, *wilson(share, n, 0.95), other, *wilson(other, other_n, 0.95), 0.95)
    whole = newcombe(share, n, other, other_n, 0.95)
    assert (made.ci_low[0], made.ci_high[0]) == (whole.ci_low[0], whole.ci_high[0])
    assert made.p_value[0] == pytest.approx(whole.p_value[0], abs=0.004)


def test_a_share_against_a_stated_one_is_tested_as_its_interval_says():
    """A share is on the end of its interval exactly when the test of that end gives what the level leaves."""
    share, n, error, df = arrays(0.3, 60, 0.07, 25)
    low, high = wilson(share, n, 0.95)
    for end in (low, high):
        assert from_number(share, n, end)[0] == pytest.approx(0.05, abs=1e-9)
    for end in logit(share, error, df, 0.95):
        assert from_logit(share, error, df, end)[0] == pytest.approx(0.05, abs=1e-9)
    assert np.isnan(from_number(share, n, np.array([0.0]))[0]) and np.isnan(from_logit(share, error, df, np.ones(1))[0])


def test_holm_corrects_within_each_family_alone():
    """R's help page of p.adjust: p.adjust(c(0.01, 0.02, 0.03), "holm") is 0.03, 0.04, 0.04."""
    found = holm(np.array([0.01, 0.5, 0.02, np.nan, 0.03]), np.array([0, 1, 0, 0, 0]))
    assert found[[0, 2, 4]] == pytest.approx([0.03, 0.04, 0.04])
    assert found[1] == 0.5 and np.isnan(found[3])
    p_values = np.random.default_rng(1).random(40) ** 3
    theirs = multipletests(p_values, method="holm")[1]
    assert holm(p_values, np.zeros(40)) == pytest.approx(theirs)
