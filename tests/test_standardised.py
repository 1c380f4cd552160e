"""Tests of standardised differences: Hedges' g, with clusters or not, and months of progress."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from scipy import stats

from analysis.methods.standardised import (
    MONTHS_FROM,
    arms,
    clustered_g,
    cox_index,
    from_difference,
    hedges_g,
    months_of_progress,
    numbered,
    small_sample_correction,
)


def with_moments(n: int, mean: float, sd: float) -> np.ndarray:
    """Return n values that have exactly this mean and standard deviation."""
    values = np.random.default_rng(n).normal(size=n)
    return mean + sd * (values - values.mean()) / values.std(ddof=1)


def clustered(
    seed: int, sizes: list[int], n_treated: int, rho: float, gap: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return y, treated and clusters of a total standard deviation of one."""
    draw = np.random.default_rng(seed)
    clusters = np.repeat(np.arange(len(sizes)), sizes)
    treated = clusters < n_treated
    school = draw.normal(0, math.sqrt(rho), len(sizes))[clusters]
    return (
        school + draw.normal(0, math.sqrt(1 - rho), len(clusters)) + gap * treated,
        treated,
        clusters,
    )


def test_g_is_the_published_one_of_borenstein_and_others() -> None:
    # Introduction to Meta-Analysis (2009), pp. 26-28: d 0.5970, g 0.5924, its error 0.2028.
    found = hedges_g(with_moments(50, 103, 5.5), with_moments(50, 100, 4.5))
    # Printed to four decimals, and with J by its approximation, 0.00004 from the exact one.
    assert found.estimate == pytest.approx(0.5924, abs=1e-4)
    assert found.standard_error == pytest.approx(0.2028, abs=1e-4)


def test_the_correction_is_the_exact_one_of_hedges_table() -> None:
    # Closed forms of the gamma function; rounding alone is left.
    assert small_sample_correction(2) == pytest.approx(1 / math.sqrt(math.pi), rel=1e-12)
    assert small_sample_correction(4) == pytest.approx(math.sqrt(2 / math.pi), rel=1e-12)
    # The usual approximation is within 0.0004 of it from ten degrees of freedom on.
    assert small_sample_correction(10) == pytest.approx(1 - 3 / (4 * 10 - 1), abs=4e-4)
    # Far out it goes to one; rounding of the logarithms of gamma leaves ten digits or so.
    assert small_sample_correction(1e6) == pytest.approx(1 - 0.75e-6, abs=1e-8)


def test_g_has_no_bias_where_cohens_d_has() -> None:
    draw = np.random.default_rng(5)
    x, y = draw.normal(0.8, 1, (4_000, 5)), draw.normal(0, 1, (4_000, 5))
    g = np.array([hedges_g(a, b).estimate for a, b in zip(x, y, strict=True)])
    # Three standard errors of the mean of 4,000 draws; d would be 10 % too large, 6 of them.
    assert abs(g.mean() - 0.8) < 3 * g.std() / math.sqrt(4_000)
    assert g.mean() / small_sample_correction(8) - 0.8 > 3 * g.std() / math.sqrt(4_000)


def test_the_interval_covers_the_truth_as_often_as_it_says() -> None:
    draw = np.random.default_rng(6)
    covered = 0
    for _ in range(2_000):
        found = hedges_g(draw.normal(0.5, 1, 12), draw.normal(0, 1, 8), level=0.9)
        covered += found.low <= 0.5 <= found.high
    # Two and a half binomial errors at 0.9, and a little more as t is on the wide side here.
    assert 0.88 < covered / 2_000 < 0.93


def test_g_ignores_unit_origin_and_order_and_changes_sign_with_the_arms() -> None:
    a, b = with_moments(12, 3, 2), with_moments(9, 1, 1)
    found, swapped = hedges_g(a, b), hedges_g(b, a)
    other = hedges_g(7 + 100 * a[::-1], 7 + 100 * b)
    assert other.estimate == pytest.approx(found.estimate, rel=1e-12)
    assert other.standard_error == pytest.approx(found.standard_error, rel=1e-12)
    assert swapped.estimate == pytest.approx(-found.estimate, rel=1e-12)
    assert (found.n_treated, found.n_control) == (12, 9)


def test_a_difference_keeps_its_verdict_when_standardised() -> None:
    found = from_difference(3.0, 1.5, 10.0, 40, 60, level=0.95)
    shrink = small_sample_correction(98)
    assert found.estimate == pytest.approx(0.3 * shrink)
    assert found.low == pytest.approx(shrink * (0.3 - stats.norm.ppf(0.975) * 0.15))
    assert found.low > 0
    with_t = from_difference(3.0, 1.5, 10.0, 40, 60, df=5)
    assert with_t.low < 0 < with_t.high
    assert with_t.high - with_t.estimate == pytest.approx(
        stats.t.ppf(0.975, 5) * with_t.standard_error
    )


@pytest.mark.parametrize("sd", [0.0, -1.0, float("nan"), float("inf")])
def test_no_difference_is_divided_by_no_standard_deviation(sd: float) -> None:
    with pytest.raises(ValueError, match="standard deviation"):
        from_difference(1.0, 1.0, sd, 10, 10)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"difference": float("nan")}, "expected numbers"),
        ({"standard_error": -1.0}, "expected numbers"),
        ({"n_treated": 0}, "some of each"),
        ({"df": 0.0}, "degrees of freedom"),
        ({"level": 1.0}, "level"),
    ],
)
def test_a_difference_that_makes_no_sense_is_refused(change: dict[str, Any], said: str) -> None:
    given = {"difference": 1.0, "standard_error": 0.5, "total_sd": 2.0} | {
        "n_treated": 10,
        "n_control": 10,
    }
    with pytest.raises(ValueError, match=said):
        from_difference(**(given | change))


def test_g_of_clusters_is_the_formula_of_hedges_for_equal_sizes() -> None:
    n, m, gap = 10, 8, 0.4
    y, treated, clusters = clustered(3, [n] * (2 * m), m, 0.2, gap)
    found = clustered_g(y, treated, clusters)
    N, rho = 2 * n * m, found.intra_cluster_correlation
    spread = math.sqrt((y[treated].var() + y[~treated].var()) / 2 * N / (N - 2))
    less = 2 * (n - 1) * rho
    d = (y[treated].mean() - y[~treated].mean()) / spread * math.sqrt(1 - less / (N - 2))
    above = (N - 2) * (1 - rho) ** 2 + n * (N - 2 * n) * rho**2 + 2 * (N - 2 * n) * rho * (1 - rho)
    variance = 4 / N * (1 + (n - 1) * rho) + d**2 * above / (2 * (N - 2) * (N - 2 - less))
    shrink = small_sample_correction((N - 2 - less) ** 2 / above)
    assert found.estimate == pytest.approx(shrink * d, rel=1e-12)
    assert found.standard_error == pytest.approx(shrink * math.sqrt(variance), rel=1e-12)
    assert found.n_clusters == 16
    reach = stats.t.ppf(0.975, 14) * found.standard_error
    assert found.high - found.estimate == pytest.approx(reach)
    assert found.estimate - found.low == pytest.approx(reach)


def test_the_intra_cluster_correlation_is_that_of_the_analysis_of_variance() -> None:
    y, treated, clusters = clustered(4, [6] * 20, 10, 0.3, 1.0)
    within = np.array([y[clusters == c].var(ddof=1) for c in range(20)]).mean()
    means = np.array([y[clusters == c].mean() for c in range(20)])
    between = 6 * (means[:10].var(ddof=1) + means[10:].var(ddof=1)) / 2
    expected = (between - within) / (between + 5 * within)
    assert clustered_g(y, treated, clusters).intra_cluster_correlation == pytest.approx(expected)


def test_without_any_clustering_g_is_almost_the_plain_one() -> None:
    y, treated, clusters = clustered(12, [4, 9, 3, 8, 5, 7] * 10, 30, 0.0, 0.5)
    found, plain = clustered_g(y, treated, clusters), hedges_g(y[treated], y[~treated])
    if found.intra_cluster_correlation == 0:
        assert found.estimate == pytest.approx(plain.estimate, rel=1e-12)
    # Two ways to write the degrees of freedom in the variance differ by two in 360.
    assert found.standard_error == pytest.approx(plain.standard_error, rel=0.2)
    assert found.intra_cluster_correlation < 0.1


def test_g_of_unequal_clusters_finds_the_truth_and_covers_it() -> None:
    sizes = [5, 30, 12, 8, 25, 10, 18, 6] * 3
    found = [clustered_g(*clustered(seed, sizes, 12, 0.25, 0.5)) for seed in range(600)]
    estimates = np.array([one.estimate for one in found])
    covered = np.mean([one.low <= 0.5 <= one.high for one in found])
    # Three errors of a mean of 600; the interval may be a little wide or narrow with 24 clusters.
    assert abs(estimates.mean() - 0.5) < 3 * estimates.std() / math.sqrt(600) + 0.01
    assert 0.92 <= covered <= 0.985
    ignoring = [
        hedges_g(y[t], y[~t])
        for y, t, _ in (clustered(s, sizes, 12, 0.25, 0.5) for s in range(200))
    ]
    assert np.mean([one.low <= 0.5 <= one.high for one in ignoring]) < 0.8


def test_the_labels_of_clusters_and_the_order_of_rows_do_not_matter() -> None:
    y, treated, clusters = clustered(8, [5, 7, 9, 4, 6, 8], 3, 0.2, 0.5)
    order = np.random.default_rng(0).permutation(len(y))
    named = np.array([f"school {9 - c}" for c in clusters])
    first, second = (
        clustered_g(y, treated, clusters),
        clustered_g(3 * y[order] + 1, treated[order], named[order]),
    )
    assert second.estimate == pytest.approx(first.estimate, rel=1e-10)
    assert second.standard_error == pytest.approx(first.standard_error, rel=1e-10)


@pytest.mark.parametrize(
    ("treated", "clusters", "said"),
    [
        ([1, 0, 1, 1, 0, 0, 0, 0], [1, 1, 2, 2, 3, 3, 4, 4], "both arms"),
        ([1, 1, 0, 0, 0, 0, 0, 0], [1, 1, 2, 2, 3, 3, 4, 4], "two clusters"),
        ([1, 1, 1, 1, 0, 0, 0, 0], list(range(8)), "two rows"),
        ([1, 1, 1, 1, 0, 0, 0, 0], [1, 1, 2, 2, 3, 3, 4, float("nan")], "no cluster"),
        ([1, 1, 1, 1, 0, 0, 0, 0], [1, 1, 2], "shape"),
        ([2, 1, 1, 1, 0, 0, 0, 0], [1, 1, 2, 2, 3, 3, 4, 4], "yes or no"),
        ([0] * 8, [1, 1, 2, 2, 3, 3, 4, 4], "both arms are needed"),
    ],
)
def test_clusters_that_do_not_fit_the_arms_are_refused(
    treated: list[int], clusters: list[float], said: str
) -> None:
    with pytest.raises(ValueError, match=said):
        clustered_g(np.arange(8.0), treated, clusters)


def test_values_that_are_missing_or_all_equal_are_refused() -> None:
    with pytest.raises(ValueError, match="finite"):
        hedges_g([1, 2, float("nan")], [1, 2])
    with pytest.raises(ValueError, match="standard deviation"):
        hedges_g([1, 1], [2, 2])
    with pytest.raises(ValueError, match="more than one"):
        small_sample_correction(1)
    with pytest.raises(ValueError, match="treated 4"):
        clustered_g([1.0, 2, 3], [1, 1, 0, 0], [1, 1, 2, 2])


def test_the_cox_index_of_even_odds_is_nought_and_of_threefold_ln_three() -> None:
    assert cox_index(0.5, 0.5) == 0
    assert cox_index(0.75, 0.5) == pytest.approx(math.log(3) / 1.65)
    assert cox_index(0.2, 0.6) == pytest.approx(-cox_index(0.6, 0.2))
    with pytest.raises(ValueError, match="between 0 and 1"):
        cox_index(0.0, 0.5)


@pytest.mark.parametrize(
    ("g", "months"),
    [
        (0.0, 0), (0.04, 0), (0.0449, 0), (0.045, 1), (0.05, 1), (0.09, 1), (0.10, 2), (0.18, 2),
        (0.19, 3), (0.26, 3), (0.27, 4), (0.35, 4), (0.36, 5), (0.44, 5), (0.45, 6), (0.52, 6),
        (0.53, 7), (0.61, 7), (0.62, 8), (0.69, 8), (0.70, 9), (0.78, 9), (0.79, 10), (0.87, 10),
        (0.88, 11), (0.95, 11), (0.96, 12), (1.0, 12), (3.0, 12),
    ],
)  # fmt: skip
def test_months_are_those_of_the_eefs_table_both_ways(g: float, months: int) -> None:
    assert months_of_progress(g, pupil_level=True) == months
    assert months_of_progress(-g, pupil_level=True) == -months


def test_each_step_of_the_table_starts_where_it_should() -> None:
    for month, start in enumerate(MONTHS_FROM, start=1):
        assert months_of_progress(start, pupil_level=True) == month
        assert months_of_progress(start - 0.01, pupil_level=True) == month - 1


def test_months_are_refused_where_the_standard_deviation_is_that_of_schools() -> None:
    with pytest.raises(ValueError, match="pupils' own results"):
        months_of_progress(0.3, pupil_level=False)
    with pytest.raises(ValueError, match="finite"):
        months_of_progress(float("nan"), pupil_level=True)


def test_arms_and_clusters_are_read_from_any_labels() -> None:
    assert arms([True, False]).tolist() == arms([1, 0]).tolist() == [True, False]
    assert numbered(["b", "a", "b"], 3).tolist() == [0, 1, 0]
