"""Bounds for missing outcomes against every way of filling them in, and against closed forms."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pytest

from analysis.methods.bounds import mean_bounds
from analysis.methods.missing import lee_bounds, worst_case_difference

TREATED, CONTROL = np.array([1.0, 4.0, 2.5]), np.array([0.5, 3.0])


def test_the_bounds_are_the_least_and_greatest_of_all_ways_of_filling_in() -> None:
    found = worst_case_difference(TREATED, 2, CONTROL, 3, low=-5, high=6)
    filled = [
        np.concatenate([TREATED, values[:2]]).mean() - np.concatenate([CONTROL, values[2:]]).mean()
        for values in product((-5.0, 0.0, 6.0), repeat=5)
    ]
    # The same sums: rounding alone.
    assert (found.low, found.high) == pytest.approx((min(filled), max(filled)), rel=1e-12)
    assert found.complete_case == pytest.approx(2.5 - 1.75, rel=1e-12)
    assert (found.n_missing_treated, found.n_missing_control) == (2, 3)
    assert (found.n_treated, found.n_control) == (5, 5)
    assert (found.lowest, found.highest) == (-5, 6)


def test_the_width_is_the_range_times_the_shares_missing() -> None:
    found = worst_case_difference(TREATED, 2, CONTROL, 3, low=-5, high=6)
    # Manski (1990): the range times the sum of the arms' shares missing; rounding alone.
    assert found.width == pytest.approx(11 * (2 / 5 + 3 / 5), rel=1e-12)


def test_with_none_missing_the_bounds_are_the_complete_case() -> None:
    found = worst_case_difference(TREATED, 0, CONTROL, 0, low=-5, high=6)
    assert found.low == found.high == found.complete_case
    assert found.excludes_zero


def test_the_bounds_are_those_of_two_means_on_a_range_about_zero() -> None:
    found = worst_case_difference(TREATED, 4, CONTROL, 1, low=-9, high=9)
    arms = mean_bounds(TREATED, 7, 9.0), mean_bounds(CONTROL, 3, 9.0)
    # The same sums in another order: rounding alone.
    assert found.low == pytest.approx(arms[0].low - arms[1].high, rel=1e-12)
    assert found.high == pytest.approx(arms[0].high - arms[1].low, rel=1e-12)


def test_the_truth_is_within_the_bounds_however_outcomes_go_missing() -> None:
    rng = np.random.default_rng(1)
    for _ in range(200):
        treated, control = rng.uniform(0, 100, 60), rng.uniform(0, 90, 80)
        seen = treated > rng.uniform(0, 60), control < rng.uniform(50, 100)
        found = worst_case_difference(
            treated[seen[0]], int((~seen[0]).sum()), control[seen[1]], int((~seen[1]).sum()),
            low=0, high=100,
        )  # fmt: skip
        assert found.low <= treated.mean() - control.mean() <= found.high


def test_bounds_follow_unit_and_order_and_turn_with_the_arms() -> None:
    found = worst_case_difference(TREATED, 2, CONTROL, 3, low=-5, high=6)
    moved = worst_case_difference(1 + 2 * TREATED[::-1], 2, 1 + 2 * CONTROL, 3, low=-9, high=13)
    turned = worst_case_difference(CONTROL, 3, TREATED, 2, low=-5, high=6)
    # Rounding alone.
    assert (moved.low, moved.high) == pytest.approx((2 * found.low, 2 * found.high), rel=1e-12)
    assert (turned.low, turned.high) == pytest.approx((-found.high, -found.low), rel=1e-12)


@pytest.mark.parametrize(
    "bad",
    [
        {"y_treated": []},
        {"y_control": [1.0, np.nan]},
        {"y_treated": [[1.0]]},
        {"n_missing_treated": -1},
        {"n_missing_control": 1.5},
        {"low": 2.0},
        {"high": 3.5},
        {"low": 6.0, "high": -5.0},
        {"high": np.inf},
    ],
)
def test_what_has_no_bounds_is_refused(bad: dict[str, Any]) -> None:
    given = {
        "y_treated": TREATED, "n_missing_treated": 2, "y_control": CONTROL, "n_missing_control": 3,
        "low": -5.0, "high": 6.0, **bad,
    }  # fmt: skip
    with pytest.raises(ValueError, match=r"outcomes?|range"):
        worst_case_difference(**given)


def test_lee_bounds_cut_the_fuller_arm_down_to_the_other_share() -> None:
    found = lee_bounds(np.arange(1.0, 11.0), 0, np.array([4.0, 6.0, 5.0, 5.0]), 1)
    # By hand: 100 % against 80 % seen, a fifth of ten is cut: means 4.5 and 6.5 against 5.
    assert (found.low, found.high) == pytest.approx((-0.5, 1.5), rel=1e-12)
    assert found.complete_case == pytest.approx(0.5, rel=1e-12)
    assert (found.trimmed_arm, found.trimmed_share) == ("treated", pytest.approx(0.2))
    assert (found.response_treated, found.response_control) == (1.0, 0.8)
    assert (found.n_missing_treated, found.n_missing_control) == (0, 1)


def test_lee_bounds_cut_the_control_arm_where_that_is_fuller() -> None:
    found = lee_bounds(np.array([4.0, 6.0, 5.0, 5.0]), 1, np.arange(1.0, 11.0), 0)
    assert (found.low, found.high) == pytest.approx((-1.5, 0.5), rel=1e-12)
    assert found.trimmed_arm == "control"


def test_a_unit_that_the_cut_splits_counts_in_part() -> None:
    found = lee_bounds(np.array([0.0, 10.0]), 0, np.array([0.0, 0.0, 0.0]), 1)
    # By hand: a quarter of two is cut, 1.5 are left: (0 + 5) / 1.5 and (10 + 0) / 1.5.
    assert (found.low, found.high) == pytest.approx((10 / 3, 20 / 3), rel=1e-12)


def test_equal_shares_seen_leave_nothing_to_cut() -> None:
    found = lee_bounds(TREATED, 3, CONTROL, 2)
    assert found.low == pytest.approx(found.complete_case, rel=1e-12)
    assert found.high == pytest.approx(found.complete_case, rel=1e-12)
    assert (found.trimmed_arm, found.trimmed_share) == ("none", 0.0)


def test_lee_bounds_of_uniform_outcomes_have_the_closed_form() -> None:
    rng = np.random.default_rng(2)
    found = lee_bounds(rng.uniform(0, 1, 40_000), 10_000, rng.uniform(0, 1, 30_000), 20_000)
    # A quarter of a uniform cut: means 3/8 and 5/8 against 1/2; standard error .003.
    assert (found.low, found.high) == pytest.approx((-0.125, 0.125), abs=0.01)


def test_lee_bounds_hold_the_difference_among_the_always_seen() -> None:
    rng = np.random.default_rng(3)
    base, frailty = rng.normal(size=(2, 60_000))
    base += 0.8 * frailty
    treated = rng.random(60_000) < 0.5
    seen = frailty + 0.7 * treated > 0
    y = base + 1.0 * treated
    arms = (
        (y[treated & seen], int((treated & ~seen).sum())),
        (
            y[~treated & seen],
            int((~treated & ~seen).sum()),
        ),
    )
    found = lee_bounds(*arms[0], *arms[1])
    # The true difference is 1 for all; the untrimmed one is wrong by far more than its error .01.
    assert found.low < 1 < found.high
    assert abs(found.complete_case - 1) > 0.1
    assert found.trimmed_arm == "treated"


def test_lee_bounds_refuse_an_empty_arm() -> None:
    with pytest.raises(ValueError, match="outcome"):
        lee_bounds([], 3, CONTROL, 2)
