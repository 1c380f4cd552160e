"""Concentration: the ineq package's Gini, the merger guidelines' index, Pareto's 80 and 20."""

from __future__ import annotations

import math

import numpy as np
import pytest

from analysis.methods.concentration import gini, herfindahl, top_share

# R's package ineq, its manual's vector of incomes.
INCOMES = [541, 1463, 2445, 3438, 4437, 5401, 6392, 8304, 11904, 22261]
ROUNDING = 1e-12  # a few sums of doubles


def pareto(alpha: float, n: int) -> np.ndarray:
    """Return the quantiles of a Pareto distribution at the middles of `n` equal slices."""
    return np.asarray((1 - (np.arange(n) + 0.5) / n) ** (-1 / alpha))


def test_gini_is_the_published_one_of_the_ineq_manual() -> None:
    assert gini(INCOMES) == pytest.approx(0.4620911, abs=5e-8)  # seven decimals are printed


@pytest.mark.parametrize(
    # US Department of Justice and Federal Trade Commission, Horizontal Merger Guidelines (2010),
    # section 5.3, note 9: four firms with 30, 30, 20 and 20 per cent have an index of 2600
    ("shares", "published"),
    [([30, 30, 20, 20], 2600), ([25, 25, 25, 25], 2500), ([7], 10_000)],
)
def test_herfindahl_is_the_merger_guidelines_index(shares: list[int], published: int) -> None:
    assert 10_000 * herfindahl(shares) == pytest.approx(published, abs=1e-8)


def test_a_fifth_hold_four_fifths_under_paretos_law() -> None:
    # Newman (2005), Contemporary Physics 46, equation 29: the share of the top P is
    # P ** ((alpha - 1) / alpha), here in terms of the tail's exponent; .8 for alpha log 5 / log 4
    alpha = math.log(5) / math.log(4)
    # slices cut off the infinite tail, whose share falls as the 0.14th power of their number
    assert top_share(pareto(2.0, 400_000), 0.2) == pytest.approx(math.sqrt(0.2), abs=1e-3)
    assert 0.2 ** ((alpha - 1) / alpha) == pytest.approx(0.8, abs=ROUNDING)
    assert 0.75 < top_share(pareto(alpha, 400_000), 0.2) < 0.8


def test_gini_recovers_paretos_closed_form() -> None:
    # Cowell (2011), Measuring Inequality, appendix: 1 / (2 alpha - 1)
    assert gini(pareto(3.0, 200_000)) == pytest.approx(1 / 5, abs=1e-3)  # slices cut off the tail


def test_the_ends_are_equality_and_one_holder() -> None:
    assert gini([4, 4, 4, 4]) == 0
    assert gini([0, 0, 0, 9]) == 0.75
    assert herfindahl([0, 0, 9]) == 1
    assert herfindahl([3, 3, 3]) == pytest.approx(1 / 3, abs=ROUNDING)
    assert top_share([5, 5, 5, 5], 0.25) == pytest.approx(0.25, abs=ROUNDING)
    assert top_share([0, 0, 9], 1 / 3) == pytest.approx(1, abs=ROUNDING)


def test_top_share_counts_from_the_greatest_and_splits_a_unit() -> None:
    total = sum(INCOMES)
    assert top_share(INCOMES, 0.1) == pytest.approx(22261 / total, abs=ROUNDING)
    assert top_share(INCOMES, 0.2) == pytest.approx((22261 + 11904) / total, abs=ROUNDING)
    half_a_unit = (22261 + 11904 / 2) / total
    assert top_share(INCOMES[::-1], 0.15) == pytest.approx(half_a_unit, abs=ROUNDING)
    assert (top_share(INCOMES, 0), top_share(INCOMES, 1)) == (0, 1)


@pytest.mark.parametrize("measure", [gini, herfindahl, lambda values: top_share(values, 0.2)])
def test_scale_and_order_do_not_matter(measure: object) -> None:
    assert callable(measure)
    shuffled = np.random.default_rng(1).permutation(INCOMES) * 1_000
    assert measure(shuffled) == pytest.approx(measure(INCOMES), abs=ROUNDING)


def test_impossible_inputs_are_refused() -> None:
    for values in ([], [1.0, -1.0], [1.0, math.nan]):
        with pytest.raises(ValueError, match="zero or more"):
            gini(values)
    with pytest.raises(ValueError, match="nothing to share"):
        herfindahl([0, 0])
    with pytest.raises(ValueError, match="share"):
        top_share(INCOMES, 20)
