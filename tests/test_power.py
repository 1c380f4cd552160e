"""Minimum detectable differences: Bloom's multipliers, PowerUp!'s design, the exact power."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from analysis.methods.power import (
    clustered_mde,
    clusters_needed,
    design_factor,
    difference_mde,
    multiplier,
    slope_mde,
)


# Bloom (1995), Evaluation Review 19, table 1: multipliers of the standard error.
@pytest.mark.parametrize(
    ("power", "alpha", "sided", "published"),
    [
        (0.9, 0.05, 1, 2.93),
        (0.8, 0.05, 1, 2.49),
        (0.7, 0.05, 1, 2.17),
        (0.8, 0.10, 1, 2.12),
        (0.8, 0.05, 2, 2.80),
    ],
)
def test_multiplier_is_blooms_in_large_samples(
    power: float, alpha: float, sided: int, published: float
) -> None:
    found = multiplier(math.inf, power=power, alpha=alpha, sided=sided)  # type: ignore[arg-type]
    assert found == pytest.approx(published, abs=0.005)  # two decimals are printed


def test_clustered_mde_is_the_published_powerup_example() -> None:
    # Dong and Maynard's PowerUp!, two-level cluster assignment (CRA2_2), as documented for R's
    # PowerUpR: mdes.cra2r2(rho2 = .17, n = 15, J = 20) is 0.629 with 18 df, standard error 0.212
    found = clustered_mde(20, 15, 0.17)
    assert found.mde == pytest.approx(0.629, abs=0.0005)  # three decimals are printed
    assert found.standard_error == pytest.approx(0.212, abs=0.0005)
    assert found.df == 18


def test_clusters_needed_is_the_published_powerup_example() -> None:
    # mrss.cra2r2(es = .629, rho2 = .17, n = 15) is J = 20, rounded; .6291 is what 20 can find
    assert clusters_needed(0.6291, 15, 0.17) == 20


# Killip, Mahfoud and Pearce (2004), Annals of Family Medicine 2, 204-208: the table of design
# factors for an intra-cluster correlation of .017.
@pytest.mark.parametrize(
    ("size", "published"), [(10, 1.153), (20, 1.323), (40, 1.663), (80, 2.343)]
)
def test_design_factor_is_the_published_variance_inflation(size: int, published: float) -> None:
    assert design_factor(size, 0.017) == pytest.approx(published, abs=1e-9)  # exact decimals


def test_sixty_four_a_group_find_half_a_standard_deviation() -> None:
    # Cohen (1988), Statistical Power Analysis, table 2.4.1: d = .50, power .80, 5 % two-sided: 64
    assert difference_mde(1.0, 64, 64).mde == pytest.approx(0.50, abs=0.005)  # d has two decimals
    assert difference_mde(1.0, 63, 63).mde > difference_mde(1.0, 64, 64).mde


@pytest.mark.parametrize("df", [8, 21, 60])
def test_a_true_slope_of_the_mde_is_found_with_the_power_asked_for(df: int) -> None:
    slope = slope_mde(2.0, df)
    critical = stats.t.ppf(0.975, df)
    found = 1 - stats.nct.cdf(critical, df, slope / 2.0) + stats.nct.cdf(-critical, df, slope / 2.0)
    # the multiplier adds two central t quantiles, where the exact power needs the noncentral t
    assert found == pytest.approx(0.8, abs=0.015)


def test_simulated_clusters_are_found_with_the_power_asked_for() -> None:
    rng, n_clusters, size, icc, n_runs = np.random.default_rng(6), 24, 10, 0.2, 4_000
    truth = clustered_mde(n_clusters, size, icc).mde
    treated = np.arange(n_clusters) % 2 == 0
    between = math.sqrt(icc) * rng.normal(size=(n_runs, n_clusters))
    within = math.sqrt((1 - icc) / size) * rng.normal(size=(n_runs, n_clusters))
    means = between + within + truth * treated
    p_values = stats.ttest_ind(means[:, treated], means[:, ~treated], axis=1).pvalue
    # three standard errors of a simulated share, and the approximation tested above
    assert np.mean(p_values < 0.05) == pytest.approx(0.8, abs=3 * math.sqrt(0.16 / n_runs) + 0.01)


def test_a_one_sided_test_needs_less() -> None:
    # Student's t, any table: 1.725 and 0.860 with 20 degrees of freedom
    assert slope_mde(1.0, 20, sided=1) == pytest.approx(1.725 + 0.860, abs=0.001)  # printed
    assert slope_mde(1.0, 20) == pytest.approx(2.086 + 0.860, abs=0.001)


def test_clusters_of_one_are_a_plain_comparison() -> None:
    clustered, plain = clustered_mde(40, 1, 0.3, sd=5.0), difference_mde(5.0, 20, 20)
    assert clustered.mde == pytest.approx(plain.mde, rel=1e-12)  # rounding


def test_covariates_help_and_cost_degrees_of_freedom() -> None:
    plain = clustered_mde(40, 30, 0.2)
    helped = clustered_mde(40, 30, 0.2, r2_between=0.5, n_covariates=1)
    assert helped.mde < plain.mde
    assert helped.df == plain.df - 1
    assert difference_mde(1, 20, 20, r2=0.4).mde < difference_mde(1, 20, 20).mde


@pytest.mark.parametrize("mde", [0.15, 0.4, 2.0])
def test_clusters_needed_is_the_smallest_number_that_suffices(mde: float) -> None:
    n = clusters_needed(mde, 25, 0.15, n_covariates=1)
    assert clustered_mde(n, 25, 0.15, n_covariates=1).mde <= mde
    if n > 4:
        assert clustered_mde(n - 1, 25, 0.15, n_covariates=1).mde > mde


def test_impossible_designs_are_refused() -> None:
    with pytest.raises(ValueError, match="too few units"):
        slope_mde(1.0, 0)
    with pytest.raises(ValueError, match="between 0 and 1"):
        multiplier(10, power=80)
    with pytest.raises(ValueError, match="standard_error"):
        slope_mde(-1.0, 10)
    with pytest.raises(ValueError, match="check them"):
        difference_mde(1.0, 0, 10)
    with pytest.raises(ValueError, match="icc"):
        clustered_mde(20, 10, 1.2)
    with pytest.raises(ValueError, match="share_treated"):
        clustered_mde(20, 10, 0.2, share_treated=1)
    with pytest.raises(ValueError, match="cluster_size"):
        design_factor(0, 0.2)
    with pytest.raises(ValueError, match="more than"):
        clusters_needed(1e-6, 10, 0.2)
    with pytest.raises(ValueError, match="above zero"):
        clusters_needed(0, 10, 0.2)
