"""Least squares, Theil-Sen and influence against certified and published values."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

import numpy as np
import pytest
import statsmodels.regression.linear_model as lm
from numpy.typing import ArrayLike, NDArray
from scipy import stats
from statsmodels.datasets import longley
from statsmodels.stats.outliers_influence import OLSInfluence

from analysis.methods.association import band, fit_ols, leave_one_out, slope, theil_sen
from analysis.methods.influence import influence
from analysis.methods.standard_errors import COVARIANCES, Covariance

Pair = tuple[NDArray[np.float64], NDArray[np.float64]]
# NIST StRD, data set Norris (ozone monitors), y and x.
NORRIS = """
0.1 0.2 338.8 337.4 118.1 118.2 888.0 884.6 9.2 10.1 228.1 226.5 668.5 666.3 998.5 996.3
449.1 448.6 778.9 777.0 559.2 558.2 0.3 0.4 0.1 0.6 778.1 775.5 668.8 666.9 339.3 338.0
448.9 447.5 10.8 11.6 557.7 556.0 228.3 228.1 998.0 995.8 888.8 887.6 119.6 120.2 0.3 0.3
0.6 0.3 557.6 556.8 339.3 339.1 888.0 887.2 998.5 999.0 778.9 779.0 10.2 11.1 117.6 118.3
228.9 229.2 668.4 669.1 449.2 448.9 0.2 0.5
"""

# Mickey, Dunn and Clark (1967): age at first word (months) and Gesell score of 21 children.
AGE = np.array(
    [15, 26, 10, 9, 15, 20, 18, 11, 8, 20, 7, 9, 10, 11, 11, 10, 12, 42, 17, 11, 10], float
)
GESELL = np.array(
    [95, 71, 83, 91, 102, 87, 93, 100, 104, 94, 113, 96, 83, 84, 102, 100, 105, 57, 121, 86, 100],
    float,
)


@pytest.fixture
def norris() -> Pair:
    pairs = np.array(NORRIS.split(), dtype=float).reshape(-1, 2)
    return pairs[:, 1], pairs[:, 0]


@pytest.fixture
def uneven() -> Pair:
    draw = np.random.default_rng(20130718)
    x = draw.gamma(2.0, 10.0, size=23)
    return x, 5 - 0.1 * x + draw.normal(size=23) * (0.5 + x / 20)


def test_norris_agrees_with_the_certified_values_of_nist(norris: Pair) -> None:
    x, y = norris
    line = slope(x, y, covariance="classical")
    # NIST StRD Norris, certified values. Nine digits: what the data's condition leaves.
    assert line.estimate == pytest.approx(1.00211681802045, rel=1e-9)
    assert line.standard_error == pytest.approx(0.429796848199937e-03, rel=1e-9)
    assert line.intercept == pytest.approx(-0.262323073774029, rel=1e-9)
    fit = fit_ols(y, np.column_stack([np.ones(36), x]), ("one", "x"), covariance="classical")
    assert fit.standard_errors[0] == pytest.approx(0.232818234301152, rel=1e-9)
    assert fit.r_squared == pytest.approx(0.999993745883712, rel=1e-12)
    assert np.sqrt(fit.residuals @ fit.residuals / fit.df) == pytest.approx(
        0.884796396144373, rel=1e-9
    )


def test_longley_agrees_with_the_certified_values_of_nist() -> None:
    data = longley.load_pandas()
    X = np.column_stack([np.ones(16), data.exog.to_numpy()])
    names = ("constant", *data.exog.columns)
    fit = fit_ols(data.endog.to_numpy(), X, names, covariance="classical")
    # NIST StRD Longley, certified values B0 to B6.
    certified = [
        (-3482258.63459582, 890420.383607373),
        (15.0618722713733, 84.9149257747669),
        (-0.358191792925910e-01, 0.334910077722432e-01),
        (-2.02022980381683, 0.488399681651699),
        (-1.03322686717359, 0.214274163161675),
        (-0.511041056535807e-01, 0.226073200069370),
        (1829.15146461355, 455.478499142212),
    ]
    # Nine of fifteen digits: columns of length one have a condition number of 4e4.
    np.testing.assert_allclose(fit.estimates, [pair[0] for pair in certified], rtol=1e-9)
    np.testing.assert_allclose(fit.standard_errors, [pair[1] for pair in certified], rtol=1e-9)
    assert fit.r_squared == pytest.approx(0.995479004577296, rel=1e-12)
    assert (fit.n, fit.df, fit.names[0]) == (16, 9, "constant")


@pytest.mark.parametrize("covariance", COVARIANCES)
def test_standard_errors_intervals_and_p_values_are_those_of_statsmodels(
    uneven: Pair, covariance: Covariance
) -> None:
    x, y = uneven
    X = np.column_stack([np.ones(len(x)), x, x**2])
    fit = fit_ols(y, X, ("one", "x", "square"), level=0.9, covariance=covariance)
    kind = "nonrobust" if covariance == "classical" else covariance
    other = lm.OLS(y, X).fit(cov_type=kind, use_t=True)
    # Two ways to the same algebra; eight digits for the square's condition number.
    np.testing.assert_allclose(fit.standard_errors, other.bse, rtol=1e-8)
    np.testing.assert_allclose(fit.p_values, other.pvalues, rtol=1e-7)
    np.testing.assert_allclose(np.column_stack([fit.low, fit.high]), other.conf_int(0.1), 1e-7)
    np.testing.assert_allclose(fit.leverage, OLSInfluence(other).hat_matrix_diag, rtol=1e-8)
    assert fit.r_squared == pytest.approx(other.rsquared, rel=1e-10)


def test_without_a_constant_the_share_explained_is_about_zero(uneven: Pair) -> None:
    x, y = uneven
    fit = fit_ols(y, x[:, np.newaxis], ("x",))
    assert fit.r_squared == pytest.approx(lm.OLS(y, x).fit().rsquared, rel=1e-10)


def test_slope_recovers_the_truth_in_nineteen_of_twenty_samples() -> None:
    draw = np.random.default_rng(7)
    x = draw.uniform(0, 10, size=40)
    covered = 0
    for _ in range(1000):
        line = slope(x, 2 + 0.5 * x + draw.normal(size=40) * (0.2 + x / 5))
        covered += line.low <= 0.5 <= line.high
    # Four standard errors of a share of .95 in 1,000 samples are .028.
    assert covered / 1000 == pytest.approx(0.95, abs=0.028)


@pytest.mark.parametrize("covariance", ["classical", "HC3"])
def test_the_band_is_the_interval_of_a_predicted_mean(uneven: Pair, covariance: Covariance) -> None:
    x, y = uneven
    at = np.array([0.0, 12.5, 60.0])
    found = band(x, y, at, level=0.9, covariance=covariance)
    kind = "nonrobust" if covariance == "classical" else covariance
    other = lm.OLS(y, np.column_stack([np.ones(len(x)), x])).fit(cov_type=kind, use_t=True)
    frame = other.get_prediction(np.column_stack([np.ones(3), at])).summary_frame(alpha=0.1)
    np.testing.assert_allclose(found.fitted, frame["mean"], rtol=1e-10)
    np.testing.assert_allclose(found.low, frame["mean_ci_lower"], rtol=1e-9)
    np.testing.assert_allclose(found.high, frame["mean_ci_upper"], rtol=1e-9)


def test_the_band_is_narrowest_at_the_mean_and_holds_the_intercepts_interval(uneven: Pair) -> None:
    x, y = uneven
    found = band(x, y, [x.mean(), x.max()], covariance="classical")
    assert found.high[0] - found.low[0] < found.high[1] - found.low[1]
    fit = fit_ols(y, np.column_stack([np.ones(len(x)), x]), ("one", "x"), covariance="classical")
    zero = band(x, y, 0.0, covariance="classical")
    assert (zero.low[0], zero.high[0]) == pytest.approx((fit.low[0], fit.high[0]), rel=1e-10)


def test_theil_sen_agrees_with_the_example_of_sen_1968() -> None:
    # Sen (1968), the illustrative example from Graybill: slope 4, 93 % interval 26/7 to 35/8.
    x, y = [1, 2, 3, 4, 10, 12, 18], [9, 15, 19, 20, 45, 55, 78]
    found = theil_sen(x, y, level=0.93)
    assert found.estimate == pytest.approx(4.0, abs=1e-12)
    assert (found.low, found.high) == pytest.approx((26 / 7, 35 / 8), rel=1e-12)
    assert found.n == 7


@pytest.mark.parametrize("decimals", [0, 6])
def test_theil_sen_agrees_with_scipy_with_and_without_ties(uneven: Pair, decimals: int) -> None:
    x, y = (np.round(values, decimals) for values in uneven)
    other = stats.theilslopes(y, x, alpha=0.95)
    found = theil_sen(x, y)
    assert (found.estimate, found.low, found.high) == pytest.approx(
        (other.slope, other.low_slope, other.high_slope), rel=1e-12
    )


def test_theil_sen_recovers_the_slope_despite_wild_rows() -> None:
    x = np.arange(21.0)
    y = 3 + 0.25 * x
    y[[2, 11, 19]] += [400, -300, 900]
    # Three wild rows of 21 leave more than half of the pairs on the line.
    assert theil_sen(x, y).estimate == pytest.approx(0.25, abs=1e-12)


def test_leave_one_out_refits_without_each_row(uneven: Pair) -> None:
    x, y = uneven
    found = leave_one_out(x, y)
    refitted = np.array(
        [slope(np.delete(x, row), np.delete(y, row)).estimate for row in range(len(x))]
    )
    np.testing.assert_allclose(found.estimates, refitted, rtol=1e-10)
    assert (found.low, found.high) == pytest.approx((refitted.min(), refitted.max()), rel=1e-10)
    assert found.full == pytest.approx(slope(x, y).estimate, rel=1e-12)
    assert found.most_influential == int(np.argmax(np.abs(refitted - found.full)))


def test_leave_one_out_names_the_row_that_makes_the_slope() -> None:
    found = leave_one_out([0, 1, 2, 3, 20], [1, 2, 1, 2, 40])
    assert found.most_influential == 4
    assert found.low == pytest.approx(0.2, abs=1e-12)


def test_influence_agrees_with_the_published_diagnostics_of_the_gesell_scores() -> None:
    found = influence(AGE, GESELL)
    # Draper and John (1981), Technometrics 23, 21-26, on Mickey, Dunn and Clark's data: Cook's
    # statistic is .678 for child 18 and .223 for child 19, whose residual is the largest.
    assert found.cooks_distance[[17, 18]] == pytest.approx([0.678, 0.223], abs=5e-4)
    assert np.argmax(np.abs(found.studentized_residuals)) == 18
    # Moore and McCabe (1993), section 2.2: score = 109.87 - 1.13 age; child 18 is influential.
    line = slope(AGE, GESELL)
    assert (line.intercept, line.estimate) == pytest.approx((109.87, -1.13), abs=5e-3)
    assert leave_one_out(AGE, GESELL).most_influential == 17


def test_influence_agrees_with_statsmodels(uneven: Pair) -> None:
    x, y = uneven
    found = influence(x, y)
    other = OLSInfluence(lm.OLS(y, np.column_stack([np.ones(len(x)), x])).fit())
    np.testing.assert_allclose(found.leverage, other.hat_matrix_diag, rtol=1e-10)
    np.testing.assert_allclose(found.cooks_distance, other.cooks_distance[0], rtol=1e-9)
    np.testing.assert_allclose(found.dfbeta, other.dfbeta[:, 1], rtol=1e-8, atol=1e-12)
    np.testing.assert_allclose(
        found.studentized_residuals, other.resid_studentized_external, rtol=1e-9
    )


@pytest.mark.parametrize(
    ("y", "X", "message"),
    [
        ([1, 2, 3], [[1, 1], [1, 2], [1, np.nan]], "finite"),
        ([1, np.inf, 3], [[1, 1], [1, 2], [1, 3]], "finite"),
        ([1, 2], [[1, 1], [1, 2]], "too few"),
        ([1, 2, 3, 4], [[1, 2, 1], [1, 2, 3], [1, 2, 2], [1, 2, 5]], "dependent"),
        ([1, 2, 3], [[1, 0], [1, 0], [1, 0]], "zero"),
        ([1, 2, 3], [1, 2, 3], "shape"),
    ],
)
def test_a_design_that_cannot_be_fitted_is_refused(
    y: ArrayLike, X: ArrayLike, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        fit_ols(y, X, tuple("abc"[: np.ndim(X) and np.shape(X)[-1]]))


def test_a_wrong_number_of_names_is_refused() -> None:
    with pytest.raises(ValueError, match="1 names for 2 columns"):
        fit_ols([1, 2, 3], [[1, 1], [1, 2], [1, 3]], ("x",))


def test_hc3_is_refused_where_a_row_is_fitted_exactly_and_hc1_is_not() -> None:
    x, y = [0, 0, 0, 0, 1], [1.0, 2.0, 3.0, 4.0, 9.0]
    with pytest.raises(ValueError, match="row 4 has leverage 1"):
        slope(x, y)
    assert slope(x, y, covariance="HC1").estimate == pytest.approx(6.5, rel=1e-12)
    with pytest.raises(ValueError, match="hangs on row 4"):
        leave_one_out(x, y)


@pytest.mark.parametrize("function", [slope, theil_sen, leave_one_out, influence])
def test_equal_exposures_and_missing_outcomes_are_refused(
    function: Callable[[ArrayLike, ArrayLike], object],
) -> None:
    with pytest.raises(ValueError, match="all x are equal"):
        function([2, 2, 2, 2], [1, 2, 3, 4])
    with pytest.raises(ValueError, match="finite"):
        function([1, 2, 3, 4], [1, 2, np.nan, 4])
    with pytest.raises(ValueError, match="shape"):
        function([1, 2, 3, 4], [1, 2, 3])


@pytest.mark.parametrize("level", [0.0, 1.0, 95.0])
def test_a_level_outside_nought_to_one_is_refused(uneven: Pair, level: float) -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        slope(*uneven, level=level)
    with pytest.raises(ValueError, match="between 0 and 1"):
        theil_sen(*uneven, level=level)


def test_an_unknown_covariance_is_refused(uneven: Pair) -> None:
    with pytest.raises(ValueError, match="'HC9' is not one of classical, HC0"):
        slope(*uneven, covariance=cast(Covariance, "HC9"))
