"""Worst-case bounds: sharp against every corner, and against Manski's published example."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

from analysis.methods.bounds import breakdown, mean_bounds, slope_bounds, slope_bounds_over

NAN = math.nan
ROUNDING = 1e-12  # sums of a few dozen numbers of order one


def ols_slope(x: np.ndarray, y: np.ndarray) -> float:
    return float(np.polyfit(x, y, 1)[0])


@pytest.fixture
def exposure_and_outcome() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(20131)
    x = rng.gamma(4, 2, size=12)
    y = 1 + 0.4 * x + rng.normal(size=12)
    y[[1, 4, 5, 9]] = NAN
    return x, y


def filled(y: np.ndarray, values: tuple[float, ...]) -> np.ndarray:
    whole = y.copy()
    whole[np.isnan(whole)] = values
    return whole


# Manski (1989), Journal of Human Resources 24, and Manski (1995), Identification Problems in the
# Social Sciences, chapter 2: of 106 homeless men 64 were found again and 21 of those had left
# homelessness, bound [21/106, 63/106], about [.20, .59]; of 31 women 14 and 3, bound [.10, .65].
@pytest.mark.parametrize(
    ("n_all", "n_found", "n_left", "low", "high"),
    [(106, 64, 21, 0.20, 0.59), (31, 14, 3, 0.10, 0.65)],
)
def test_mean_bounds_give_manskis_published_bounds_on_leaving_homelessness(
    n_all: int, n_found: int, n_left: int, low: float, high: float
) -> None:
    coded = np.repeat([1.0, -1.0], [n_left, n_found - n_left])  # left is 1, stayed is -1
    found = mean_bounds(coded, n_all, limit=1.0)
    as_shares = [(found.low + 1) / 2, (found.high + 1) / 2]
    assert as_shares == pytest.approx([low, high], abs=0.005)  # published to two digits


def test_slope_bounds_give_the_bound_on_a_difference_in_manskis_example() -> None:
    women = np.repeat([0.0, 1.0], [106, 31])
    y = np.concatenate(
        [np.repeat([1.0, 0.0, NAN], [21, 43, 42]), np.repeat([1.0, 0.0, NAN], [3, 11, 17])]
    )
    found = slope_bounds(women, 2 * y - 1, limit=1.0)
    # women's share less men's share, from the counts of the published example
    expected = [3 / 31 - 63 / 106, 20 / 31 - 21 / 106]
    assert [found.low / 2, found.high / 2] == pytest.approx(expected, abs=ROUNDING)


def test_mean_bounds_hold_the_true_mean_and_touch_it_at_the_limit() -> None:
    seen = [4.0, 7.0, 1.0]
    found = mean_bounds(seen, 5, limit=20)
    assert found.high == pytest.approx(np.mean([*seen, 20.0, 20.0]), abs=ROUNDING)
    assert found.low == pytest.approx(np.mean([*seen, -20.0, -20.0]), abs=ROUNDING)
    assert (found.n_seen, found.n_all, found.excludes_zero) == (3, 5, False)


def test_mean_bounds_shrink_to_the_mean_when_all_are_seen() -> None:
    found = mean_bounds([1.0, 2.0, 6.0], 3, limit=40)
    assert (found.low, found.high, found.width) == (3.0, 3.0, 0.0)


def test_slope_bounds_are_the_extremes_over_every_corner_of_the_unseen(
    exposure_and_outcome: tuple[np.ndarray, np.ndarray],
) -> None:
    x, y = exposure_and_outcome
    corners = [ols_slope(x, filled(y, c)) for c in itertools.product((-5.0, 5.0), repeat=4)]
    found = slope_bounds(x, y, limit=5.0)
    assert found.low == pytest.approx(min(corners), abs=1e-10)  # polyfit solves by SVD
    assert found.high == pytest.approx(max(corners), abs=1e-10)
    assert (found.n_seen, found.n_all) == (8, 12)


def test_slope_bounds_hold_the_true_slope_whatever_was_left_out() -> None:
    rng = np.random.default_rng(7)
    x = rng.normal(size=70)
    y = 2 + 0.8 * x + rng.normal(size=70)
    printed = np.where(y > 2, y, NAN)  # improvers only
    found = slope_bounds(x, printed, limit=float(np.abs(y).max()))
    assert found.low < ols_slope(x, y) < found.high


def test_slope_bounds_are_the_slope_when_nothing_is_unseen() -> None:
    x, y = np.array([1.0, 2.0, 4.0]), np.array([2.0, 1.0, 5.0])
    found = slope_bounds(x, y, limit=30)
    assert found.low == found.high == pytest.approx(ols_slope(x, y), abs=1e-10)  # SVD again
    assert breakdown(x, y) == math.inf


def test_breakdown_is_where_the_sign_is_lost(
    exposure_and_outcome: tuple[np.ndarray, np.ndarray],
) -> None:
    x, y = exposure_and_outcome
    point = breakdown(x, y)
    assert 0 < point < math.inf
    assert slope_bounds(x, y, 0.999 * point).excludes_zero
    assert not slope_bounds(x, y, 1.001 * point).excludes_zero


def test_bounds_over_a_range_are_the_single_bounds(
    exposure_and_outcome: tuple[np.ndarray, np.ndarray],
) -> None:
    x, y = exposure_and_outcome
    path = slope_bounds_over(x, y, [0, 20, 30, 40])
    singly = [slope_bounds(x, y, limit) for limit in (0, 20, 30, 40)]
    assert path.low == pytest.approx([one.low for one in singly], abs=ROUNDING)
    assert path.high == pytest.approx([one.high for one in singly], abs=ROUNDING)
    assert path.breakdown == breakdown(x, y)
    assert (np.diff(path.high - path.low) > 0).all()


def test_impossible_inputs_are_refused() -> None:
    with pytest.raises(ValueError, match="limit"):
        mean_bounds([1.0], 2, limit=-1)
    with pytest.raises(ValueError, match="count all units"):
        mean_bounds([1.0, 2.0], 1, limit=1)
    with pytest.raises(ValueError, match="missing"):
        mean_bounds([1.0, NAN], 2, limit=1)
    with pytest.raises(ValueError, match="every unit's exposure"):
        slope_bounds([1.0, NAN], [1.0, 2.0], limit=1)
    with pytest.raises(ValueError, match="does not vary"):
        slope_bounds([1.0, 1.0], [1.0, 2.0], limit=1)
    with pytest.raises(ValueError, match="one length"):
        breakdown([1.0, 2.0], [1.0])
