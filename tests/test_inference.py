"""Permutation tests and exact limits against complete enumeration and published values."""

from __future__ import annotations

import itertools
import math
import tracemalloc
from collections.abc import Callable

import numpy as np
import pytest
from scipy import stats

from analysis.methods.inference import (
    clopper_pearson,
    orders,
    permute_difference,
    permute_slope,
)

# Manly (2007), table 1.1: mandible lengths (mm) of golden jackals in the British Museum.
JACKALS = {
    "male": [120, 107, 110, 116, 114, 111, 113, 117, 114, 112],
    "female": [110, 111, 107, 108, 110, 105, 107, 106, 111, 111],
}


def test_every_order_of_four_is_drawn_equally_often() -> None:
    drawn = orders(4, 24_000, seed=3)
    _, counts = np.unique(drawn, axis=0, return_counts=True)
    assert len(counts) == 24
    # Chi-squared with 23 degrees of freedom passes 49.7 once in a thousand seeds.
    assert ((counts - 1000) ** 2 / 1000).sum() < 49.7


def test_the_draws_do_not_depend_on_the_size_of_the_chunks() -> None:
    whole = orders(77, 100, seed=5)
    parts = [orders(77, count, seed=5, first=first) for first, count in ((0, 33), (33, 67))]
    assert (np.vstack(parts) == whole).all()
    assert (np.sort(whole, axis=1) == np.arange(77)).all()
    assert (orders(77, 100, seed=6) != whole).any()


@pytest.mark.parametrize("n", [5, 6, 7, 8])
def test_ranks_reject_where_zars_table_of_spearmans_coefficient_does(n: int) -> None:
    # Zar (1972), Significance testing of the Spearman rank correlation coefficient, Journal of
    # the American Statistical Association 67, 578-580: two-tailed critical values at .05.
    critical = {5: 1.000, 6: 0.886, 7: 0.786, 8: 0.738}[n]
    ranks = np.arange(1.0, n + 1)
    reached: dict[float, tuple[float, ...]] = {}
    for order in itertools.islice(itertools.permutations(ranks), 2000):
        reached.setdefault(round(float(np.corrcoef(ranks, order)[0, 1]), 3), order)
    values = sorted(value for value in reached if value > 0.5)
    below = max(value for value in values if value < critical - 0.0005)
    at = permute_slope(ranks, reached[critical], seed=1)
    assert at.exact
    assert at.draws == math.factorial(n)
    assert at.p_value <= 0.05 < permute_slope(ranks, reached[below], seed=1).p_value


def test_all_orders_of_a_small_sample_agree_with_scipy() -> None:
    draw = np.random.default_rng(11)
    x, y = draw.normal(size=(2, 7))
    found = permute_slope(x, y, seed=1)
    other = stats.permutation_test(
        (y,), lambda y: np.cov(x, y)[0, 1], permutation_type="pairings", n_resamples=np.inf
    )
    truth = np.mean(np.abs(other.null_distribution) >= abs(other.statistic) * (1 - 1e-9))
    assert found.p_value == pytest.approx(truth, abs=1e-12)
    assert found.statistic == pytest.approx(np.polyfit(x, y, 1)[0], rel=1e-10)


def test_random_orders_agree_with_all_of_them() -> None:
    draw = np.random.default_rng(12)
    # Nine rows are drawn, not listed: compare with the complete list, made here.
    x, y = draw.normal(size=(2, 9))
    slopes = np.array(list(itertools.permutations(y - y.mean()))) @ (x - x.mean())
    truth = np.mean(np.abs(slopes) >= abs((x - x.mean()) @ y) * (1 - 1e-9))
    found = permute_slope(x, y, draws=20_000, seed=9)
    assert (found.exact, found.draws) == (False, 20_000)
    # Four standard errors of a share in 20,000 draws are at most .0142.
    assert found.p_value == pytest.approx(truth, abs=0.0142)


def test_without_association_five_in_a_hundred_slopes_are_rejected() -> None:
    draw = np.random.default_rng(13)
    rejected = 0
    for seed in range(1000):
        x, y = draw.exponential(size=12), draw.standard_cauchy(12)
        rejected += permute_slope(x, y, draws=199, seed=seed).p_value <= 0.05
    # Four standard errors of a share of .05 in 1,000 samples are .028.
    assert rejected / 1000 == pytest.approx(0.05, abs=0.028)


def test_ties_count_as_extreme_however_the_sums_round() -> None:
    # All 0.1: each order gives the same slope, but sums of tenths differ in their last digits.
    assert permute_slope([0.1, 0.2, 0.7, 0.3], [0.1] * 4, seed=1).p_value == 1.0
    # Symmetric by construction: exactly the two monotone orders of six reach the observed slope.
    assert permute_slope([0.1, 0.2, 0.3], [0.7, 0.8, 0.9], seed=1).p_value == pytest.approx(2 / 6)


def test_the_lady_tasting_tea_is_right_once_in_seventy() -> None:
    # Fisher (1935), The Design of Experiments, chapter II: 1 choice of 70 is all right, 16 have
    # three right of four. Two-sided doubles both, as all wrong is as far from chance.
    truth = np.array([1, 1, 1, 1, 0, 0, 0, 0])
    perfect = permute_difference(truth, truth.astype(bool), seed=1)
    assert (perfect.statistic, perfect.draws, perfect.exact) == (1.0, 70, True)
    assert perfect.p_value == pytest.approx(2 / 70, abs=1e-12)
    three = permute_difference([1, 1, 1, 0, 1, 0, 0, 0], truth, seed=1)
    assert three.p_value == pytest.approx(2 * 17 / 70, abs=1e-12)


def test_the_jackals_agree_with_manly() -> None:
    lengths = JACKALS["male"] + JACKALS["female"]
    found = permute_difference(lengths, np.arange(20) < 10, seed=1)
    assert found.statistic == pytest.approx(4.8, abs=1e-12)
    assert (found.exact, found.draws) == (True, 184_756)
    # Manly (2007), section 1.1: 9 of 5,000 random allocations reach 4.8, .0018 one-sided; equal
    # groups double it. Three standard errors of 9 in 5,000, doubled, are .0036.
    assert found.p_value == pytest.approx(2 * 0.0018, abs=0.0036)
    assert found.p_value == 616 / 184_756


def test_unequal_groups_agree_with_scipy() -> None:
    # Efron and Tibshirani (1993), table 2.1: survival (days) of treated and control mice.
    treated = [94, 197, 16, 38, 99, 141, 23]
    control = [52, 104, 146, 10, 51, 30, 40, 27, 46]
    found = permute_difference(treated + control, [True] * 7 + [False] * 9, seed=1)
    assert found.statistic == pytest.approx(30.63, abs=0.005)
    distribution = stats.permutation_test(
        (treated, control), lambda a, b: np.mean(a) - np.mean(b), n_resamples=np.inf
    ).null_distribution
    truth = np.mean(np.abs(distribution) >= found.statistic - 1e-9)
    assert found.p_value == pytest.approx(truth, abs=1e-12)
    # Their table 15.1 has a one-sided level of .132 from 1,000 permutations; four standard
    # errors of that are .043.
    assert np.mean(distribution >= found.statistic - 1e-9) == pytest.approx(0.132, abs=0.043)


def test_random_choices_agree_with_all_choices() -> None:
    lengths = JACKALS["male"][::-1] + JACKALS["female"]
    treated = np.arange(20) % 3 == 0
    exact = permute_difference(lengths, treated, seed=1)
    drawn = permute_difference(lengths, treated, seed=1, draws=20_000, exact_up_to=1_000)
    assert (exact.exact, drawn.exact, drawn.draws) == (True, False, 20_000)
    # Four standard errors of a share in 20,000 draws are at most .0142.
    assert drawn.p_value == pytest.approx(exact.p_value, abs=0.0142)


def test_a_drawn_p_value_is_never_zero() -> None:
    x = np.arange(30.0)
    assert permute_slope(x, x, draws=99, seed=1).p_value == pytest.approx(0.01)
    assert permute_difference(x, x > 14, draws=99, seed=1).p_value == pytest.approx(0.01)


def test_memory_stays_bounded_whatever_the_number_of_draws() -> None:
    x = np.arange(200.0)
    tracemalloc.start()
    permute_slope(x, x[::-1], draws=60_000, seed=1)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    # 60,000 orders of 200 are 96 MB an array; chunks of 16 MB, four arrays at once.
    assert peak < 80e6


@pytest.mark.parametrize(
    ("successes", "n", "low", "high"),
    # Newcombe (1998), Statistics in Medicine 17, 857-872, table I, method 5 (Clopper-Pearson).
    [
        (81, 263, 0.2527, 0.3676),
        (15, 148, 0.0578, 0.1617),
        (0, 20, 0.0000, 0.1684),
        (1, 29, 0.0009, 0.1776),
    ],
)
def test_clopper_pearson_limits_are_those_of_newcombes_table(
    successes: int, n: int, low: float, high: float
) -> None:
    found = clopper_pearson(successes, n, level=0.95)
    # Four printed decimals.
    assert (found.low, found.high) == pytest.approx((low, high), abs=5.1e-5)
    assert (found.share, found.n) == (successes / n, n)
    other = clopper_pearson(n - successes, n, level=0.95)
    assert (1 - other.high, 1 - other.low) == pytest.approx((found.low, found.high), abs=1e-12)


@pytest.mark.parametrize(("successes", "n"), [(47, 76), (8, 10), (5, 10), (0, 7), (7, 7)])
def test_the_sign_test_is_that_of_scipy(successes: int, n: int) -> None:
    found = clopper_pearson(successes, n, level=0.9)
    other = stats.binomtest(successes, n)
    interval = other.proportion_ci(0.9, method="exact")
    assert found.p_value == pytest.approx(other.pvalue, abs=1e-12)
    assert (found.low, found.high) == pytest.approx((interval.low, interval.high), abs=1e-10)


def test_clopper_pearson_covers_the_truth_at_least_as_often_as_it_says() -> None:
    counts = np.arange(21)
    found = [clopper_pearson(int(count), 20, level=0.9) for count in counts]
    for share in (0.07, 0.3, 0.5, 0.86):
        inside = [one.low <= share <= one.high for one in found]
        assert stats.binom.pmf(counts, 20, share)[inside].sum() >= 0.9


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: permute_slope([1, 2, 3], [1, 2, np.nan], seed=1), "finite"),
        (lambda: permute_slope([1, 1, 1], [1, 2, 3], seed=1), "all x are equal"),
        (lambda: permute_slope([1, 2], [1, 2], seed=1), "at least 3"),
        (lambda: permute_slope([1, 2, 3], [1, 2, 3], seed=1, draws=0), "at least one"),
        (lambda: permute_slope([1, 2, 3], [1, 2], seed=1), "shape"),
        (lambda: permute_difference([1, 2, 3], [0, 1, 2], seed=1), "yes or no"),
        (lambda: permute_difference([1, 2, 3], [1, 1, 1], seed=1), "both sides"),
        (lambda: clopper_pearson(5, 4, level=0.95), "not a share"),
        (lambda: clopper_pearson(0, 0, level=0.95), "not a share"),
        (lambda: clopper_pearson(1, 4, level=95), "between 0 and 1"),
        (lambda: orders(0, 5, seed=1), "cannot draw"),
    ],
)
def test_what_cannot_be_tested_is_refused(call: Callable[[], object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()
