"""Random intercepts and intra-cluster correlations against lme4, closed forms and known truths."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats
from statsmodels.regression import mixed_linear_model

from analysis.methods.clusters import cluster_ols
from analysis.methods.multilevel import Icc, Multilevel, icc_anova, random_intercept

Floats = NDArray[np.float64]
Made = tuple[Floats, Floats, NDArray[np.int64]]
NAMES = ("one", "x", "treated")
# Davies and Goldsmith (1972): yield of dyestuff, six batches of five samples (lme4's Dyestuff).
DYESTUFF = np.array(
    [
        [1545, 1440, 1440, 1520, 1580],
        [1540, 1555, 1490, 1560, 1495],
        [1595, 1550, 1605, 1510, 1560],
        [1445, 1440, 1595, 1465, 1545],
        [1595, 1630, 1515, 1635, 1625],
        [1520, 1455, 1450, 1480, 1445],
    ],
    dtype=float,
)
# Faraway, Extending the Linear Model with R, section on one-way random effects: brightness of
# pulp by four operators.
PULP = np.array(
    [
        [59.8, 60.0, 60.8, 60.8, 59.8],
        [59.8, 60.2, 60.4, 59.9, 60.0],
        [60.7, 60.7, 60.5, 60.9, 60.3],
        [61.0, 60.8, 60.6, 60.5, 60.5],
    ]
)


def one_way(table: Floats, **options: Any) -> Multilevel:
    groups = np.repeat(np.arange(len(table)), table.shape[1])
    return random_intercept(table.ravel(), np.ones((table.size, 1)), ("one",), groups, **options)


def one_way_icc(table: Floats) -> Icc:
    return icc_anova(table.ravel(), np.repeat(np.arange(len(table)), table.shape[1]))


def made(seed: int, *, n_groups: int = 40, icc: float = 0.2, mean: float = 50.0) -> Made:
    rng = np.random.default_rng(seed)
    groups = np.repeat(np.arange(n_groups), rng.integers(2, 14, n_groups))
    x, treated = rng.normal(size=groups.size), (np.arange(n_groups) % 2)[groups]
    between = 10 * np.sqrt(icc) * rng.normal(size=n_groups)[groups]
    own = 10 * np.sqrt(1 - icc) * rng.normal(size=groups.size)
    design = np.column_stack([np.ones(groups.size), x, treated])
    return mean + 3 * x + 2 * treated + between + own, design, groups


def test_dyestuff_agrees_with_lme4_by_reml_and_by_maximum_likelihood() -> None:
    fit = one_way(DYESTUFF)
    # Bates, lme4: Mixed-effects modeling with R (2010), section 1.3: sd 42.00 and 49.51, intercept
    # 1527.5 with error 19.38; half a unit of the last digit printed.
    assert np.sqrt(fit.between_variance) == pytest.approx(42.00, abs=5e-3)
    assert np.sqrt(fit.within_variance) == pytest.approx(49.51, abs=5e-3)
    assert (fit.estimates[0], fit.standard_errors[0]) == pytest.approx((1527.5, 19.38), abs=5e-3)
    likelihood = one_way(DYESTUFF, reml=False)
    # Same section, fm1ML: sd 37.26 and 49.51, error 17.69.
    assert np.sqrt(likelihood.between_variance) == pytest.approx(37.26, abs=5e-3)
    assert np.sqrt(likelihood.within_variance) == pytest.approx(49.51, abs=5e-3)
    assert likelihood.standard_errors[0] == pytest.approx(17.69, abs=6e-3)
    assert fit.converged
    assert likelihood.converged
    assert not fit.boundary


def test_pulp_agrees_with_faraway() -> None:
    fit = one_way(PULP)
    # Faraway (2016), section 10.1: sd .261 and .326, intercept 60.40 with error .149.
    assert np.sqrt(fit.between_variance) == pytest.approx(0.261, abs=5e-4)
    assert np.sqrt(fit.within_variance) == pytest.approx(0.326, abs=5e-4)
    assert (fit.estimates[0], fit.standard_errors[0]) == pytest.approx((60.4, 0.149), abs=6e-4)


@pytest.mark.parametrize("table", [DYESTUFF, PULP], ids=["dyestuff", "pulp"])
def test_equal_groups_have_the_closed_form(table: Floats) -> None:
    k, m = table.shape
    between = m * table.mean(axis=1).var(ddof=1)
    within = table.var(axis=1, ddof=1).mean()
    fit, correlation = one_way(table), one_way_icc(table)
    # The optimiser stops at a relative change of 1e-9 in the standard deviation.
    assert fit.between_variance == pytest.approx((between - within) / m, rel=1e-6)
    assert fit.within_variance == pytest.approx(within, rel=1e-6)
    assert fit.standard_errors[0] == pytest.approx(np.sqrt(between / (k * m)), rel=1e-6)
    assert correlation.icc == pytest.approx(fit.icc, rel=1e-6)
    # The mean squares are sums of the same numbers: rounding alone.
    assert correlation.between_mean_square == pytest.approx(between, rel=1e-10)
    assert correlation.within_mean_square == pytest.approx(within, rel=1e-10)
    # With one size the intercept's t interval is that of the k group means.
    margin = stats.t.ppf(0.975, k - 1) * np.sqrt(between / (k * m))
    assert fit.high[0] - fit.estimates[0] == pytest.approx(margin, rel=1e-6)


def test_dyestuff_has_its_analysis_of_variance() -> None:
    found = one_way_icc(DYESTUFF)
    # By hand: 56,357.5 on 5 and 58,830 on 24 degrees of freedom; rounding alone.
    assert found.between_mean_square == pytest.approx(11_271.5, rel=1e-10)
    assert found.within_mean_square == pytest.approx(2_451.25, rel=1e-10)
    assert found.group_size == 5


@pytest.mark.parametrize("reml", [True, False], ids=["reml", "ml"])
@pytest.mark.parametrize("seed", range(3))
def test_unequal_groups_agree_with_mixedlm(seed: int, reml: bool) -> None:
    y, X, groups = made(seed)
    fit = random_intercept(y, X, NAMES, groups, reml=reml)
    other = mixed_linear_model.MixedLM(y, X, groups).fit(reml=reml, method=["powell"])
    # Powell's search stops at 1e-4 in the other fit.
    assert fit.estimates == pytest.approx(np.asarray(other.fe_params), rel=1e-3)
    assert fit.between_variance == pytest.approx(float(other.cov_re[0, 0]), rel=1e-3)
    assert fit.within_variance == pytest.approx(float(other.scale), rel=1e-3)
    # MixedLM inverts the whole observed information, we its block of the coefficients (as lme4).
    assert fit.standard_errors == pytest.approx(np.asarray(other.bse_fe), rel=0.02)
    together = groups[:, None] == groups
    V = fit.within_variance * np.eye(len(y)) + fit.between_variance * together
    written_out = np.sqrt(np.diag(np.linalg.inv(X.T @ np.linalg.solve(V, X))))
    # The same formula with a dense matrix: rounding alone.
    assert fit.standard_errors == pytest.approx(written_out, rel=1e-9)


def test_the_deviance_has_no_slope_at_the_estimate() -> None:
    y, X, groups = made(11)
    fit = random_intercept(y, X, NAMES, groups)
    blocks = [np.flatnonzero(groups == group) for group in np.unique(groups)]

    def reml(between: float, within: float) -> float:
        total, information, score = 0.0, np.zeros((3, 3)), np.zeros(3)
        for rows in blocks:
            V = within * np.eye(rows.size) + between
            inverse = np.linalg.inv(V)
            total += np.linalg.slogdet(V)[1] + y[rows] @ inverse @ y[rows]
            information += X[rows].T @ inverse @ X[rows]
            score += X[rows].T @ inverse @ y[rows]
        quadratic = score @ np.linalg.solve(information, score)
        return float(total - quadratic + np.linalg.slogdet(information)[1])

    least = reml(fit.between_variance, fit.within_variance)
    for factor in (0.97, 1.03):
        assert reml(fit.between_variance * factor, fit.within_variance) > least
        assert reml(fit.between_variance, fit.within_variance * factor) > least


def test_the_truth_is_recovered_and_covered() -> None:
    fits = [random_intercept(*unpacked(made(seed, n_groups=20))) for seed in range(40)]
    assert all(fit.converged for fit in fits)
    # Standard errors of the means of 40: about .014 and .13.
    assert np.mean([fit.icc for fit in fits]) == pytest.approx(0.2, abs=0.05)
    assert np.mean([fit.estimates[1] for fit in fits]) == pytest.approx(3, abs=0.4)
    covered = np.mean([fit.low[2] <= 2 <= fit.high[2] for fit in fits])
    # Binomial standard error of 40: .035.
    assert covered == pytest.approx(0.95, abs=0.08)


def unpacked(data: Made) -> tuple[Floats, Floats, tuple[str, ...], NDArray[np.int64]]:
    return data[0], data[1], NAMES, data[2]


def test_groups_that_differ_less_than_chance_put_the_fit_on_its_boundary() -> None:
    rng = np.random.default_rng(2)
    groups = np.repeat(np.arange(10), 6)
    y = rng.normal(size=60)
    y -= 0.9 * (np.bincount(groups, y) / 6)[groups]
    X = np.column_stack([np.ones(60), rng.normal(size=60)])
    fit = random_intercept(y, X, ("one", "x"), groups)
    assert fit.boundary
    assert fit.converged
    assert fit.icc == fit.between_variance == 0
    pooled = np.linalg.lstsq(X, y, rcond=None)[0]
    # Least squares by two decompositions.
    assert fit.estimates == pytest.approx(pooled, rel=1e-10)
    assert icc_anova(y, groups).icc < 0


def test_a_search_that_stops_early_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    y, X, groups = made(3)
    proper = mixed_linear_model.MixedLM.fit

    def early(self: Any, **options: Any) -> Any:
        result = proper(self, **options)
        result.cov_re = result.cov_re * 3
        return result

    assert random_intercept(y, X, NAMES, groups).converged
    monkeypatch.setattr(mixed_linear_model.MixedLM, "fit", early)
    assert not random_intercept(y, X, NAMES, groups).converged


def test_a_search_that_breaks_off_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(self: Any, **options: Any) -> Any:
        raise np.linalg.LinAlgError("Singular matrix")

    monkeypatch.setattr(mixed_linear_model.MixedLM, "fit", broken)
    y, X, groups = made(3)
    assert not random_intercept(y, X, NAMES, groups).converged


@pytest.mark.parametrize("icc", [0.0, 0.02, 0.9])
@pytest.mark.parametrize("mean", [0.0, 5000.0])
def test_every_fit_converges_whatever_the_correlation_and_the_mean(icc: float, mean: float) -> None:
    for seed in range(4):
        assert random_intercept(*unpacked(made(seed, n_groups=15, icc=icc, mean=mean))).converged


def test_columns_constant_in_groups_have_degrees_of_freedom_of_groups() -> None:
    y, X, groups = made(4, n_groups=12)
    fit = random_intercept(y, X, NAMES, groups)
    assert fit.df.tolist() == [10, len(y) - 12 - 1, 10]
    # Group by group the cluster-robust errors estimate the same; 12 groups leave a wide margin.
    robust = cluster_ols(y, X, NAMES, groups)
    assert fit.standard_errors == pytest.approx(robust.standard_errors, rel=0.6)


def test_a_fit_does_not_depend_on_order_labels_or_unit() -> None:
    y, X, groups = made(6)
    order = np.random.default_rng(0).permutation(len(y))
    fit = random_intercept(y, X, NAMES, groups)
    labels = np.array([f"group {99 - group}" for group in groups])
    moved = random_intercept(7 * y[order], X[order], NAMES, labels[order])
    # The optimiser's relative tolerance of 1e-9, and rounding in sums of another order.
    assert moved.estimates == pytest.approx(7 * fit.estimates, rel=1e-6)
    assert moved.standard_errors == pytest.approx(7 * fit.standard_errors, rel=1e-6)
    assert moved.icc == pytest.approx(fit.icc, rel=1e-6)
    shuffled, plain = icc_anova(y[order], labels[order]), icc_anova(y, groups)
    assert (shuffled.icc, shuffled.low) == pytest.approx((plain.icc, plain.low), rel=1e-9)


def test_the_interval_of_the_correlation_covers_as_often_as_said() -> None:
    rng = np.random.default_rng(8)
    groups = np.repeat(np.arange(15), 8)
    covered = 0
    for _ in range(600):
        y = np.sqrt(0.3) * rng.normal(size=15)[groups] + np.sqrt(0.7) * rng.normal(size=120)
        found = icc_anova(y, groups)
        covered += found.low <= 0.3 <= found.high
    # Binomial standard error of 600: .009.
    assert covered / 600 == pytest.approx(0.95, abs=0.03)


def test_unequal_groups_have_mean_squares_as_expected() -> None:
    rng = np.random.default_rng(9)
    groups = np.repeat(np.arange(8), [40, 2, 2, 3, 2, 25, 2, 4])
    draws = [
        icc_anova(3 * rng.normal(size=8)[groups] + 4 * rng.normal(size=groups.size), groups)
        for _ in range(2000)
    ]
    between = [(one.between_mean_square - one.within_mean_square) / one.group_size for one in draws]
    # Variances 9 and 16; standard errors of the means of 2,000: about .17 and .06. The mean size,
    # 10 in place of 6.7, would give 6.
    assert np.mean(between) == pytest.approx(9, abs=0.6)
    assert np.mean([one.within_mean_square for one in draws]) == pytest.approx(16, abs=0.25)


def spoilt(change: Callable[[Floats, Floats, Any], Any]) -> tuple[Any, ...]:
    y, X, groups = made(1, n_groups=8)
    return change(y.copy(), X.copy(), groups.copy())


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda y, X, g: (np.where(np.arange(y.size) == 3, np.nan, y), X, g), "finite"),
        (lambda y, X, g: (y, X[:-1], g), "do not fit"),
        (lambda y, X, g: (y, X, g[:-1]), "label"),
        (lambda y, X, g: (y, X, np.where(g == 2, np.nan, g)), "label"),
        (lambda y, X, g: (y, X, np.zeros(y.size)), "1 groups"),
        (lambda y, X, g: (y, X, np.arange(y.size)), "expected two groups"),
        (lambda y, X, g: (y, np.column_stack([X[:, :2], X[:, 1]]), g), "collinear"),
        (lambda y, X, g: (g.astype(float), X, g), "nothing varies"),
        (lambda y, X, g: (y[:3], X[:3], np.array([0, 0, 1])), r"collinear|too few"),
    ],
)
def test_what_cannot_be_fitted_is_refused(change: Callable[..., Any], said: str) -> None:
    y, X, groups = spoilt(change)
    with pytest.raises(ValueError, match=said):
        random_intercept(y, X, NAMES, groups)


def test_a_level_outside_its_range_is_refused() -> None:
    y, X, groups = made(1)
    with pytest.raises(ValueError, match="level"):
        random_intercept(y, X, NAMES, groups, level=95)
    with pytest.raises(ValueError, match="nothing varies"):
        icc_anova(groups.astype(float), groups)
