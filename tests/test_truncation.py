"""Truncated and censored regression: Tobin's durables, an independent maximiser, known slopes."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import optimize
from scipy.special import log_ndtr

from analysis.methods.truncation import tobit_slope, truncated_slope

# Tobin (1958), Econometrica 26, as shipped with R's package survival (data set `tobin`): durable
# goods expenditure, age, liquidity ratio per mille of 20 households.
TOBIN = np.array(
    [
        (0, 57.7, 236),
        (0.7, 50.9, 283),
        (0, 48.5, 207),
        (0, 41.7, 220),
        (0, 47.7, 238),
        (0, 59.8, 216),
        (0, 44.3, 284),
        (3.7, 45.1, 221),
        (0, 51.7, 275),
        (3.0, 50.0, 269),
        (10.4, 46.8, 207),
        (0, 58.0, 249),
        (0, 58.9, 246),
        (0, 40.0, 277),
        (1.5, 34.1, 231),
        (0, 39.9, 219),
        (0, 33.4, 240),
        (3.5, 48.1, 266),
        (6.1, 46.6, 214),
        (0, 53.1, 251),
    ]
)
DURABLE, AGE, QUANT = TOBIN.T
BOUGHT = DURABLE > 0


def sample(seed: int, n: int, slope: float, sigma: float = 2.0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    x = rng.uniform(0, 6, size=n)
    return x, 1 + slope * x + sigma * rng.normal(size=n)


def truncated_log_likelihood(
    beta: np.ndarray, sigma: float, design: np.ndarray, y: np.ndarray
) -> float:
    mean = design @ beta
    kernel = -(((y - mean) / sigma) ** 2) / 2 - math.log(sigma * math.sqrt(2 * math.pi))
    return float((kernel - log_ndtr(mean / sigma)).sum())


def test_tobit_gives_the_published_fit_of_tobins_data() -> None:
    # R, survival::survreg(Surv(durable, durable > 0, type = "left") ~ age + quant, gaussian):
    # 15.1449 (16.0795), age -0.1291 (0.2186), quant -0.0455 (0.0583), scale 5.57, loglik -28.9
    age = tobit_slope(AGE, DURABLE, covariates=QUANT)
    quant = tobit_slope(QUANT, DURABLE, covariates=AGE)
    assert [age.estimate, quant.estimate] == pytest.approx([-0.1291, -0.0455], abs=5e-5)  # printed
    assert [age.standard_error, quant.standard_error] == pytest.approx(
        [0.2186, 0.0583],
        abs=5e-5,  # four decimals are printed
    )
    assert age.intercept == pytest.approx(15.1449, abs=5e-5)  # four decimals are printed
    assert age.sigma == pytest.approx(5.57, abs=5e-3)  # two decimals are printed
    assert age.log_likelihood == pytest.approx(-28.9, abs=0.05)  # one decimal is printed
    assert (age.n, age.n_censored, age.converged, age.flat) == (20, 13, True, False)
    assert age.ridge_drop == math.inf


def test_tobit_gives_the_published_scaled_coefficients_of_tobins_data() -> None:
    # R, manual of truncreg, coef / scale: age -0.023159868, quant -0.008172515
    age = tobit_slope(AGE, DURABLE, covariates=QUANT)
    quant = tobit_slope(QUANT, DURABLE, covariates=AGE)
    scaled = [age.estimate / age.sigma, quant.estimate / quant.sigma]
    assert scaled == pytest.approx([-0.023159868, -0.008172515], abs=1e-7)  # nine decimals printed


def test_truncated_gives_the_published_scaled_coefficients_of_tobins_buyers() -> None:
    # R, manual of truncreg, the seven households with durable > 0: intercept / sigma 7.62674516,
    # age / sigma 0.26094645, quant / sigma -0.07190702
    age = truncated_slope(AGE[BOUGHT], DURABLE[BOUGHT], covariates=QUANT[BOUGHT])
    quant = truncated_slope(QUANT[BOUGHT], DURABLE[BOUGHT], covariates=AGE[BOUGHT])
    scaled = [fit / age.sigma for fit in (age.intercept, age.estimate, quant.estimate)]
    published = np.array([7.62674516, 0.26094645, -0.07190702])
    # truncreg stops its search early: see the next test, where its point lies below ours
    assert scaled == pytest.approx(published, rel=2e-4)


def test_truncated_reaches_a_higher_likelihood_than_the_published_point() -> None:
    fit = truncated_slope(AGE[BOUGHT], DURABLE[BOUGHT], covariates=QUANT[BOUGHT])
    design = np.column_stack([np.ones(7), AGE[BOUGHT], QUANT[BOUGHT]])
    published = np.array([7.62674516, 0.26094645, -0.07190702])
    best = max(
        truncated_log_likelihood(published * sigma, sigma, design, DURABLE[BOUGHT])
        for sigma in np.linspace(0.9, 1.1, 2001) * fit.sigma
    )
    assert best < fit.log_likelihood < best + 1e-5  # flat at the top: 1e-4 in a coefficient


def test_truncated_agrees_with_an_independent_maximiser() -> None:
    x, y = sample(3, 120, 0.5)
    x, y = x[y > 0], y[y > 0]
    fit = truncated_slope(x, y)
    design = np.column_stack([np.ones(x.size), x])
    found = optimize.minimize(
        lambda p: -truncated_log_likelihood(p[:2], math.exp(p[2]), design, y),
        [1.0, 0.3, 0.5],
        method="Nelder-Mead",
        options={"xatol": 1e-9, "fatol": 1e-12},
    )
    ours = [fit.intercept, fit.estimate, fit.sigma]
    assert ours == pytest.approx([found.x[0], found.x[1], math.exp(found.x[2])], abs=1e-6)  # xatol
    assert fit.log_likelihood == pytest.approx(-found.fun, abs=1e-8)  # quadratic in that error


def test_profile_interval_ends_where_the_likelihood_has_fallen_by_half_chi_squared() -> None:
    x, y = sample(3, 120, 0.5)
    x, y = x[y > 0], y[y > 0]
    fit = truncated_slope(x, y)
    design = np.column_stack([np.ones(x.size), x])
    for end in (fit.low, fit.high):
        held = optimize.minimize(
            lambda p, end=end: (
                -truncated_log_likelihood(np.array([p[0], end]), math.exp(p[1]), design, y)
            ),
            [1.0, 0.5],
            method="Nelder-Mead",
            options={"xatol": 1e-8, "fatol": 1e-10},
        )
        # 1.920729 is half the 95 % point of chi-squared; the search for the end stops at 1e-9
        assert fit.log_likelihood + held.fun == pytest.approx(1.920729, abs=1e-5)


def test_both_recover_a_true_slope_that_least_squares_on_improvers_misses() -> None:
    x, y = sample(11, 4_000, 0.5, sigma=3.0)
    seen = y > 0
    plain = float(np.polyfit(x[seen], y[seen], 1)[0])
    cut, censored = truncated_slope(x[seen], y[seen]), tobit_slope(x, y)
    for fit in (cut, censored):
        assert abs(fit.estimate - 0.5) < 4 * fit.standard_error  # four standard errors
        assert fit.low < 0.5 < fit.high
        assert fit.converged
        assert not fit.flat
    assert plain < 0.5 - 4 * censored.standard_error


def test_tobit_takes_missing_outcomes_as_censored() -> None:
    x, y = sample(5, 80, 0.6)
    unlisted = np.where(y > 0, y, math.nan)
    assert tobit_slope(x, unlisted) == tobit_slope(x, y)


def test_tobit_without_censoring_is_least_squares() -> None:
    x, y = sample(5, 50, 0.6)
    fit = tobit_slope(x, y, lower=float(y.min()) - 50)
    assert fit.estimate == pytest.approx(float(np.polyfit(x, y, 1)[0]), abs=1e-8)  # two solvers
    assert fit.n_censored == 0


def test_shifting_and_scaling_the_outcome_shifts_and_scales_the_fit() -> None:
    x, y = sample(3, 120, 0.5)
    x, y = x[y > 0], y[y > 0]
    plain, moved = truncated_slope(x, y), truncated_slope(x / 1000, 10 * y + 7, lower=7.0)
    assert moved.estimate == pytest.approx(10_000 * plain.estimate, rel=1e-6)  # Newton's tolerance
    assert moved.intercept == pytest.approx(10 * plain.intercept + 7, rel=1e-6)
    assert moved.log_likelihood == pytest.approx(
        plain.log_likelihood - y.size * math.log(10), abs=1e-8
    )


def test_exponential_outcomes_are_flagged_flat_and_not_converged() -> None:
    # del Castillo (1994): no maximum exists when the outcomes vary more than their mean
    rng = np.random.default_rng(2)
    y = rng.exponential(size=80) ** 1.6
    fit = truncated_slope(rng.normal(size=80), y)
    assert y.std() > y.mean()
    assert fit.flat
    assert not fit.converged
    assert fit.ridge_drop == 0
    assert (fit.low, fit.high) == (-math.inf, math.inf)


def test_the_ridge_is_the_exponential_likelihood() -> None:
    y = np.random.default_rng(4).exponential(2.0, size=200)
    x = np.tile([0.0, 1.0], 100)  # rates are one over the two groups' means
    fit = truncated_slope(x, y)
    means = [y[x == group].mean() for group in (0, 1)]
    ridge = -sum(100 * (math.log(mean) + 1) for mean in means)
    assert fit.log_likelihood - fit.ridge_drop == pytest.approx(ridge, abs=1e-6)  # Newton's stop


def test_a_few_rows_of_a_hard_truncated_outcome_are_flagged_flat() -> None:
    fits = []
    for seed in range(40):
        rng = np.random.default_rng(seed)
        x = rng.normal(size=60)
        y = -1 + 0.5 * x + 2 * rng.normal(size=60)
        fits.append(truncated_slope(x[y > 0], y[y > 0]))
    near_the_ridge = [fit for fit in fits if fit.ridge_drop < 1.9207]
    assert all(fit.flat for fit in near_the_ridge)
    assert len(near_the_ridge) > 10
    assert 0.5 < np.mean([fit.flat for fit in fits]) < 1


def test_interval_covers_the_true_slope_as_often_as_it_says() -> None:
    held, n = 0, 200
    for seed in range(n):
        x, y = sample(seed, 150, 0.5)
        fit = truncated_slope(x[y > 0], y[y > 0])
        held += fit.low <= 0.5 <= fit.high
    assert abs(held / n - 0.95) < 3 * math.sqrt(0.95 * 0.05 / n)  # three standard errors


def test_impossible_inputs_are_refused() -> None:
    x, y = sample(3, 30, 0.5)
    with pytest.raises(ValueError, match="leave them out, or use tobit_slope"):
        truncated_slope(x, y)
    with pytest.raises(ValueError, match="no slope is defined"):
        tobit_slope(np.ones(30), y)
    with pytest.raises(ValueError, match="too few"):
        truncated_slope([1.0, 2.0, 3.0], [1.0, 3.0, 2.0])
    with pytest.raises(ValueError, match="no missing exposure"):
        tobit_slope(np.where(x > 3, math.nan, x), y)
    with pytest.raises(ValueError, match="level"):
        tobit_slope(x, y, level=95)
