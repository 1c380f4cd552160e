"""Shrinking towards the mean and funnel limits against Efron and Morris and known truths."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.meta_analysis import combine_effects

from analysis.methods.shrinkage import empirical_bayes, funnel_limits, percentage_variance

# Efron and Morris (1975), JASA 70, 311-319, table 1: hits in 45 times at bat of 18 players of
# 1970 and their averages in the remainder of the season.
HITS = np.array([18, 17, 16, 15, 14, 14, 13, 12, 11, 11, 10, 10, 10, 10, 10, 9, 8, 7])
REMAINDER = np.array(
    [346, 298, 276, 222, 273, 270, 263, 210, 269, 230, 264, 256, 303, 264, 226, 285, 316, 200]
) / 1000  # fmt: skip


def variance_stabilised(share: np.ndarray) -> np.ndarray:
    return np.sqrt(45) * np.arcsin(2 * share - 1)


def test_the_baseball_players_are_shrunk_as_by_efron_and_morris_in_1975() -> None:
    x, truth = variance_stabilised(HITS / 45), variance_stabilised(REMAINDER)
    found = empirical_bayes(x, np.ones(18))
    # Efron and Morris (1975), table 1: estimator .791 mean + .209 x; three digits given.
    assert found.reliability == pytest.approx(np.full(18, 0.209), abs=5e-4)
    # Same place: squared errors 17.56 and 5.01, 3.50 times less. Averages printed to three digits
    # leave about .02 in a squared error.
    assert ((x - truth) ** 2).sum() == pytest.approx(17.56, abs=0.02)
    assert ((found.values - truth) ** 2).sum() == pytest.approx(5.01, abs=0.02)
    errors = ((x - truth) ** 2).sum() / ((found.values - truth) ** 2).sum()
    # One unit of the last digit printed, times the .02 above.
    assert errors == pytest.approx(3.50, abs=0.02)


def test_the_batting_averages_are_shrunk_as_in_scientific_american() -> None:
    share = HITS / 45
    mean = share.mean()
    found = empirical_bayes(share, np.full(18, mean * (1 - mean) / 45))
    # Efron and Morris (1977), Scientific American 236, 119-127: factor .212 about .265; Clemente's
    # .400 becomes .294, Alvis' .156 becomes .242. Three digits given.
    assert found.mean == pytest.approx(0.265, abs=5e-4)
    assert found.reliability[0] == pytest.approx(0.212, abs=5e-4)
    assert found.values[[0, -1]] == pytest.approx([0.294, 0.242], abs=5e-4)
    # Same article: 3.5 times less total squared error; two digits given.
    less = ((share - REMAINDER) ** 2).sum() / ((found.values - REMAINDER) ** 2).sum()
    assert less == pytest.approx(3.5, abs=0.05)


@pytest.mark.parametrize("seed", range(5))
def test_the_between_variance_is_that_of_statsmodels_paule_mandel(seed: int) -> None:
    rng = np.random.default_rng(seed)
    variances = rng.uniform(0.2, 9.0, 25)
    values = rng.normal(40, np.sqrt(2.0 + variances))
    found = empirical_bayes(values, variances)
    other = combine_effects(values, variances, method_re="iterated", atol=1e-8, maxiter=500)
    # statsmodels stops where the sum of squares is within 1e-8 of its degrees of freedom (and
    # gives nought for tighter tolerances, when rounding takes it below).
    assert found.between_variance == pytest.approx(other.tau2, rel=1e-6)
    assert found.mean == pytest.approx(other.mean_effect_re, rel=1e-8)


def test_shrunken_values_are_nearer_to_the_truth_than_the_values() -> None:
    rng = np.random.default_rng(3)
    variances = rng.uniform(1.0, 30.0, 400)
    truth = rng.normal(50, 3, 400)
    values = rng.normal(truth, np.sqrt(variances))
    found = empirical_bayes(values, variances)
    # Standard error of a variance from 400 values with noise of 15: about 1.7.
    assert found.between_variance == pytest.approx(9, abs=4)
    raw, shrunk = np.mean((values - truth) ** 2), np.mean((found.values - truth) ** 2)
    assert shrunk < 0.5 * raw
    assert np.corrcoef(found.reliability, variances)[0, 1] < -0.9


def test_shrunken_values_predict_the_truth_with_slope_one() -> None:
    rng = np.random.default_rng(4)
    variances = rng.uniform(1.0, 30.0, 5000)
    truth = rng.normal(50, 3, 5000)
    found = empirical_bayes(rng.normal(truth, np.sqrt(variances)), variances)
    # Standard error of the slope with 5,000 rows: about .02.
    assert stats.linregress(found.values, truth).slope == pytest.approx(1, abs=0.06)


def test_values_that_differ_less_than_chance_have_no_variance_between_them() -> None:
    found = empirical_bayes([10.0, 10.1, 9.9, 10.05, 9.95], np.full(5, 4.0))
    assert found.between_variance == 0
    # Morris' factor leaves each its own (k - 1 - (k - 3)) / (k - 1) = one half of five values.
    assert found.reliability == pytest.approx(np.full(5, 0.5), rel=1e-12)


def test_shrinking_does_not_depend_on_order_or_unit() -> None:
    rng = np.random.default_rng(5)
    values, variances = rng.normal(20, 5, 30), rng.uniform(1, 20, 30)
    found, order = empirical_bayes(values, variances), rng.permutation(30)
    moved = empirical_bayes(7 + 3 * values[order], 9 * variances[order])
    # Sums in another order differ in the last digits, the bisection ends within them.
    assert moved.values == pytest.approx(7 + 3 * found.values[order], rel=1e-10)
    assert moved.between_variance == pytest.approx(9 * found.between_variance, rel=1e-10)


@pytest.mark.parametrize(
    ("values", "variances"),
    [
        ([1.0, 2.0, 3.0], [1.0, 1.0, 1.0]),
        ([1.0, 2.0, 3.0, np.nan], [1.0] * 4),
        ([1.0, 2.0, 3.0, 4.0], [1.0, 1.0, 1.0, 0.0]),
        ([1.0, 2.0, 3.0, 4.0], [1.0, 1.0, 1.0]),
    ],
    ids=["three values", "missing", "no variance", "shapes"],
)
def test_what_cannot_be_shrunk_is_refused(values: list[float], variances: list[float]) -> None:
    with pytest.raises(ValueError, match="values"):
        empirical_bayes(values, variances)


def test_the_variance_of_a_percentage_is_never_nought() -> None:
    ends = percentage_variance([0.0, 100.0], [10, 10])
    # By hand: p = .5 / 11, 1e4 p (1 - p) / 10.
    assert ends == pytest.approx(np.full(2, 1e3 * 0.5 / 11 * 10.5 / 11), rel=1e-12)
    # The correction fades: 200 of 400 pupils have 1e4 / 4 / 400.
    assert percentage_variance(50.0, 400) == pytest.approx(6.25, rel=1e-12)
    assert percentage_variance(20.0, 10_000) == pytest.approx(0.16, rel=1e-3)


def test_the_variance_of_a_percentage_is_that_of_many_drawn_cohorts() -> None:
    drawn = 100 * np.random.default_rng(6).binomial(40, 0.7, 200_000) / 40
    # Corrected p differs from p by .5 %, Monte Carlo error is .3 %.
    assert percentage_variance(70.0, 40) == pytest.approx(drawn.var(), rel=0.02)


@pytest.mark.parametrize(("percent", "cohort"), [(101.0, 9), (-1.0, 9), (np.nan, 9), (50.0, 0)])
def test_no_variance_for_what_is_no_percentage(percent: float, cohort: int) -> None:
    with pytest.raises(ValueError, match=r"percentage|cohort"):
        percentage_variance(percent, cohort)


def test_funnel_limits_are_two_and_three_standard_errors() -> None:
    limits = funnel_limits([25, 100], centre=2.0, sd=10.0)
    assert list(limits.columns) == ["cohort", "level", "low", "high"]
    assert limits["level"].tolist() == [0.95, 0.998] * 2
    # Spiegelhalter (2005): 95 % and 99.8 %, 1.96 and 3.09 standard errors.
    reach = np.array([1.96, 3.09, 1.96, 3.09]) * np.array([2.0, 2.0, 1.0, 1.0])
    # Three digits of the normal quantiles.
    assert (limits["high"] - 2).to_numpy() == pytest.approx(reach, abs=0.01)
    assert (2 - limits["low"]).to_numpy() == pytest.approx(reach, abs=0.01)


def test_chance_alone_stays_in_the_funnel_as_often_as_said() -> None:
    rng = np.random.default_rng(7)
    cohort = rng.integers(5, 200, 20_000)
    gains = rng.normal(1.0, 30 / np.sqrt(cohort))
    limits = funnel_limits(cohort, centre=1.0, sd=30.0, levels=(0.95,))
    inside = (gains > limits["low"]) & (gains < limits["high"])
    # Binomial standard error of 20,000: .0015.
    assert inside.mean() == pytest.approx(0.95, abs=0.006)


@pytest.mark.parametrize(
    "bad", [{"sd": 0.0}, {"sd": np.nan}, {"levels": (1.0,)}, {"levels": ()}, {"cohort": [0]}]
)
def test_no_funnel_without_spread_level_or_pupils(bad: dict[str, object]) -> None:
    given: dict[str, object] = {"cohort": [10], "centre": 0.0, "sd": 1.0, **bad}
    with pytest.raises(ValueError, match=r"sd|level|cohort"):
        funnel_limits(given.pop("cohort"), **given)  # type: ignore[arg-type]
