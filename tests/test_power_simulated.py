"""Simulated power against exact power, and its smallest difference against the formula."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.power import TTestIndPower

from analysis.methods.clusters import cluster_ols
from analysis.methods.power import clustered_mde
from analysis.methods.power_simulated import (
    cluster_means_test,
    clustered_design,
    simulated_mde,
    simulated_power,
)

Draw = Callable[[np.random.Generator], tuple[Any, ...]]


def two_samples(difference: float, n: int) -> Draw:
    return lambda rng: (rng.standard_normal(n) + difference, rng.standard_normal(n))


def t_test(first: Any, second: Any) -> float:
    return float(stats.ttest_ind(first, second).pvalue)


def test_power_of_the_t_test_is_that_of_its_noncentral_distribution() -> None:
    found = simulated_power(two_samples(0.8, 20), t_test, runs=2000, seed=1)
    exact = TTestIndPower().power(0.8, 20, 0.05)
    # Monte Carlo standard error of 2,000 runs: .010.
    assert found.power == pytest.approx(exact, abs=0.03)
    assert found.low < exact < found.high


def test_share_error_and_interval_are_those_of_the_runs_that_reject() -> None:
    given = iter([0.01, 0.05, 0.2, 0.9])
    found = simulated_power(lambda rng: (), lambda: next(given), runs=4, seed=1)
    assert found.power == 0.5
    assert found.standard_error == 0.25
    # Clopper-Pearson of 2 in 4 from scipy: the same quantiles of a beta distribution.
    exact = stats.binomtest(2, 4).proportion_ci(0.95, "exact")
    assert (found.low, found.high) == pytest.approx((exact.low, exact.high), rel=1e-8)
    assert (found.runs, found.alpha) == (4, 0.05)


def test_a_run_depends_on_seed_and_number_alone() -> None:
    seen: list[float] = []

    def test(value: float) -> float:
        seen.append(value)
        return 0.5

    def draw(rng: np.random.Generator) -> tuple[float]:
        return (rng.random(),)

    simulated_power(draw, test, runs=3, seed=5)
    simulated_power(draw, test, runs=5, seed=5)
    simulated_power(draw, test, runs=1, seed=6)
    assert seen[:3] == seen[3:6]
    assert len(set(seen)) == 6


def test_the_test_of_cluster_means_is_the_t_test_of_those_means() -> None:
    rng = np.random.default_rng(3)
    clusters = np.repeat(np.arange(11), rng.integers(1, 9, 11))
    y, treated = rng.normal(size=clusters.size), clusters % 3 == 0
    means = np.array([y[clusters == c].mean() for c in range(11)])
    arm = np.arange(11) % 3 == 0
    # The same statistic by scipy: rounding alone.
    expected = stats.ttest_ind(means[arm], means[~arm]).pvalue
    assert cluster_means_test(y, treated, clusters) == pytest.approx(expected, rel=1e-10)
    order = rng.permutation(y.size)
    shuffled = cluster_means_test(5 * y[order], treated[order], np.array(list("abcdefghijk"))[
        clusters[order]
    ])  # fmt: skip
    assert shuffled == pytest.approx(expected, rel=1e-10)


def test_a_clustered_draw_has_the_spread_correlation_and_difference_asked_for() -> None:
    draw = clustered_design(1500, 500, 4, 0.3, difference=2.0, sd=5.0)
    y, treated, clusters = draw(np.random.default_rng(4))
    assert (y.size, treated.sum(), clusters.max() + 1) == (8000, 6000, 2000)
    left = y - 2.0 * treated
    tables = left.reshape(-1, 4)
    # Standard errors with 2,000 clusters: about .11 of the means, .06 of the sd, .02 of the icc.
    assert y[treated].mean() - y[~treated].mean() == pytest.approx(2.0, abs=0.6)
    assert left.std() == pytest.approx(5.0, abs=0.25)
    assert np.corrcoef(tables[:, 0], tables[:, 1])[0, 1] == pytest.approx(0.3, abs=0.08)


def test_clusters_have_the_sizes_given_treated_first() -> None:
    draw = clustered_design(2, 3, [5, 2, 1, 1, 1], 0.1, difference=0.0)
    y, treated, clusters = draw(np.random.default_rng(1))
    assert np.bincount(clusters).tolist() == [5, 2, 1, 1, 1]
    assert treated.tolist() == [True] * 7 + [False] * 3
    assert y.shape == (10,)


def test_the_smallest_difference_agrees_with_the_formula() -> None:
    exact = clustered_mde(24, 10, 0.15, sd=8.0)

    def design(difference: float) -> Draw:
        return clustered_design(12, 12, 10, 0.15, difference=difference, sd=8.0)

    found = simulated_mde(design, cluster_means_test, runs=1000, seed=2, tolerance=0.02)
    # 1,000 runs leave .013 in the power, at whose slope of about .25 a unit .05 in the difference
    # is one standard error; the formula itself is an approximation good to about one per cent.
    assert found.mde == pytest.approx(exact.mde, abs=0.25)
    assert found.low < exact.mde < found.high
    assert found.low < found.mde < found.high
    assert found.at_mde.power >= 0.8
    at_exact = simulated_power(design(exact.mde), cluster_means_test, runs=1000, seed=3)
    # Monte Carlo standard error .013.
    assert at_exact.power == pytest.approx(0.8, abs=0.04)


def test_under_no_difference_tests_reject_in_five_per_cent_also_in_unequal_clusters() -> None:
    sizes = [9, 3, 6, 4, 8, 2, 5, 7, 4, 6] + [1] * 40
    draw = clustered_design(10, 40, sizes, 0.3, difference=0.0)

    def robust(y: Any, treated: Any, clusters: Any) -> float:
        X = np.column_stack([np.ones(len(y)), treated])
        return float(cluster_ols(y, X, ("one", "treated"), clusters).p_values[1])

    def blind(y: Any, treated: Any, clusters: Any) -> float:
        return t_test(y[treated], y[~treated])

    size = simulated_power(draw, robust, runs=600, seed=4)
    # Monte Carlo standard error .009.
    assert size.power == pytest.approx(0.05, abs=0.03)
    assert simulated_power(draw, blind, runs=600, seed=4).power > size.power + 0.03


def test_more_clusters_and_less_correlation_need_a_smaller_difference() -> None:
    def smallest(n: int, icc: float) -> float:
        return simulated_mde(
            lambda d: clustered_design(n, n, 5, icc, difference=d),
            cluster_means_test, runs=150, seed=8, tolerance=0.02,
        ).mde  # fmt: skip

    assert smallest(20, 0.1) < smallest(10, 0.1) < smallest(10, 0.5)


def test_the_smallest_difference_follows_the_unit() -> None:
    def smallest(sd: float) -> float:
        return simulated_mde(
            lambda d: clustered_design(10, 10, 5, 0.2, difference=d, sd=sd),
            cluster_means_test, runs=150, seed=8, start=sd, tolerance=sd / 256,
        ).mde  # fmt: skip

    # The same random numbers and the same steps of bisection.
    assert smallest(10.0) == pytest.approx(10 * smallest(1.0), rel=1e-12)


@pytest.mark.parametrize("p_value", [np.nan, -0.1, 1.1])
def test_a_test_that_gives_no_p_value_is_refused(p_value: float) -> None:
    with pytest.raises(ValueError, match="run 0 gave"):
        simulated_power(lambda rng: (), lambda: p_value, runs=3, seed=1)


@pytest.mark.parametrize("bad", [{"runs": 0}, {"alpha": 0.0}, {"alpha": 1.0}])
def test_no_power_without_runs_or_alpha(bad: dict[str, Any]) -> None:
    given: dict[str, Any] = {"runs": 3, "alpha": 0.05, **bad}
    with pytest.raises(ValueError, match="expected one or more"):
        simulated_power(lambda rng: (), lambda: 0.5, seed=1, **given)


@pytest.mark.parametrize(
    "bad",
    [
        {"n_clusters_treated": 0},
        {"cluster_size": [3, 3]},
        {"cluster_size": 0},
        {"cluster_size": [2, 2, 2.5]},
        {"icc": 1.2},
        {"icc": np.nan},
        {"sd": 0.0},
        {"difference": np.nan},
    ],
)
def test_a_design_that_cannot_be_is_refused(bad: dict[str, Any]) -> None:
    given: dict[str, Any] = {
        "n_clusters_treated": 1, "n_clusters_control": 2, "cluster_size": 3, "icc": 0.1,
        "difference": 0.0, **bad,
    }  # fmt: skip
    with pytest.raises(ValueError, match=r"cluster|icc"):
        clustered_design(**given)


@pytest.mark.parametrize(
    ("y", "treated", "clusters", "said"),
    [
        ([1.0, 2, 3, 4], [1, 0, 0, 0], [0, 0, 1, 2], "one arm"),
        ([1.0, 2, 3, 4], [0, 0, 0, 0], [0, 1, 2, 3], "one arm"),
        ([1.0, 2, 3, 4], [1, 1, 0, 0], [0, 0, 1, 1], "three clusters"),
        ([1.0, np.nan, 3, 4], [1, 1, 0, 0], [0, 1, 2, 3], "finite"),
        ([1.0, 1, 3, 3], [1, 1, 0, 0], [0, 1, 2, 3], "do not vary"),
        ([1.0, 1, 3], [1, 1, 0, 0], [0, 1, 2, 3], "differ"),
    ],
)
def test_means_of_clusters_that_cannot_be_compared_are_refused(
    y: list[float], treated: list[int], clusters: list[int], said: str
) -> None:
    with pytest.raises(ValueError, match=said):
        cluster_means_test(y, treated, clusters)


@pytest.mark.parametrize(
    ("bad", "said"),
    [
        ({"power": 0.05}, "check them"),
        ({"power": 1.0}, "check them"),
        ({"start": 0.0}, "check them"),
        ({"tolerance": 0.0}, "check them"),
        ({"runs": 10}, "too few"),
        ({}, "not even"),
    ],
)
def test_no_smallest_difference_without_enough_to_find_it(bad: dict[str, Any], said: str) -> None:
    given: dict[str, Any] = {"runs": 30, "power": 0.8, **bad}
    with pytest.raises(ValueError, match=said):
        simulated_mde(lambda d: lambda rng: (), lambda: 0.5, seed=1, **given)
