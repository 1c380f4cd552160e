"""What chance shows: against closed forms, Dunnett's and Dixon and Mood's tables, simulation."""

from __future__ import annotations

import math

import numpy as np
import pytest

from analysis.methods.chance import all_up_against_all_down, any_of_k, benchmark

QUADRATURE = 1e-9  # the integral is asked for twelve digits; nine leave room for its last bits


def draws(k: int, correlation: float, mean: float, sd: float, n: int) -> np.ndarray:
    covariance = sd**2 * (correlation + (1 - correlation) * np.eye(k))
    return np.random.default_rng(404).multivariate_normal(np.full(k, mean), covariance, size=n)


# Dunnett (1955), Journal of the American Statistical Association 50, table 1a, infinite degrees
# of freedom: the one-sided 5 % points for k = 2 to 9 treatments against a control.
@pytest.mark.parametrize(
    ("k", "point"),
    [(2, 1.92), (3, 2.06), (4, 2.16), (5, 2.23), (6, 2.29), (7, 2.34), (8, 2.38), (9, 2.42)],
)
def test_any_of_k_reaches_five_per_cent_at_dunnetts_published_points(k: int, point: float) -> None:
    # a point rounded to 0.005 moves the probability by at most 0.005 times a density near 0.11
    assert any_of_k(k, 0.5, -point) == pytest.approx(0.05, abs=0.0006)


@pytest.mark.parametrize("correlation", [-0.45, -0.2, 0.0, 0.3, 0.8, 0.99, 0.9999])
def test_any_of_two_and_three_follow_sheppards_closed_forms(correlation: float) -> None:
    angle = math.asin(correlation)
    assert any_of_k(2, correlation) == pytest.approx(0.75 - angle / (2 * math.pi), abs=QUADRATURE)
    three = 0.875 - 3 * angle / (4 * math.pi)
    assert any_of_k(3, correlation) == pytest.approx(three, abs=QUADRATURE)


@pytest.mark.parametrize("k", [1, 2, 3, 6, 20])
def test_any_of_k_is_k_over_k_plus_one_at_one_half(k: int) -> None:
    assert any_of_k(k, 0.5) == pytest.approx(k / (k + 1), abs=QUADRATURE)


def test_any_of_k_has_its_known_ends() -> None:
    assert any_of_k(3, 0.0) == pytest.approx(7 / 8, abs=QUADRATURE)
    assert any_of_k(3, 1.0) == 0.5
    assert any_of_k(3, -0.4999) > 0.999  # three changes that add up to nothing: one must rise
    assert any_of_k(1, 0.3, 1.0) == pytest.approx(0.8413447461, abs=QUADRATURE)


@pytest.mark.parametrize(("correlation", "shift"), [(0.6, 0.4), (-0.3, 0.4), (0.9, -1.0)])
def test_any_of_k_agrees_with_simulation(correlation: float, shift: float) -> None:
    n = 200_000
    share = float((draws(3, correlation, shift, 1.0, n) > 0).any(axis=1).mean())
    # four standard errors of a simulated share
    assert any_of_k(3, correlation, shift) == pytest.approx(share, abs=4 * 0.5 / math.sqrt(n))


# Dixon and Mood (1946), Journal of the American Statistical Association 41, table 1: the greatest
# number of the rarer sign that is significant at 5 %, two-sided.
@pytest.mark.parametrize(
    ("n", "rarer"), [(6, 0), (9, 1), (12, 2), (15, 3), (17, 4), (20, 5), (23, 6), (25, 7), (30, 9)]
)
def test_sign_test_turns_significant_where_dixon_and_mood_say(n: int, rarer: int) -> None:
    assert all_up_against_all_down(n - rarer, rarer).p_value <= 0.05
    assert all_up_against_all_down(n - rarer - 1, rarer + 1).p_value > 0.05


def test_sign_test_is_exact_by_hand() -> None:
    found = all_up_against_all_down(9, 1)
    assert found.p_value == 22 / 1024
    assert found.p_one_sided == 11 / 1024
    assert (found.share, found.n) == (0.9, 10)
    assert all_up_against_all_down(1, 9).p_one_sided == 1023 / 1024
    assert all_up_against_all_down(5, 5).p_value == 1.0


@pytest.mark.parametrize("correlation", [0.0, 0.7, -0.4])
def test_sign_test_keeps_its_level_whatever_the_correlation(correlation: float) -> None:
    changes = draws(3, correlation, 0.0, 2.0, 40 * 2_000).reshape(2_000, 40, 3)
    up, down = (changes > 0).all(axis=2).sum(axis=1), (changes < 0).all(axis=2).sum(axis=1)
    rejected = [
        all_up_against_all_down(int(a), int(b)).p_value <= 0.05
        for a, b in zip(up, down, strict=True)
        if a + b
    ]
    # an exact test of a count stays below its level; two standard errors of the share above it
    assert np.mean(rejected) <= 0.05 + 2 * math.sqrt(0.05 * 0.95 / len(rejected))


def test_sign_test_finds_a_common_rise() -> None:
    changes = draws(3, 0.5, 1.0, 1.0, 60)
    up, down = (changes > 0).all(axis=1).sum(), (changes < 0).all(axis=1).sum()
    assert all_up_against_all_down(int(up), int(down)).p_value < 0.001


@pytest.mark.parametrize("shown_if", ["all", "any", "mean"])
@pytest.mark.parametrize(
    ("trend", "correlation"), [(0.0, 0.0), (1.5, 0.4), (-2.0, 0.9), (1.0, 1.0), (1.0, -0.3)]
)
def test_benchmark_agrees_with_simulation(shown_if: str, trend: float, correlation: float) -> None:
    n, sd = 100_000, 6.0
    changes = draws(3, correlation, trend, sd, n)
    mean, above = changes.mean(axis=1), changes > 0
    shown = {"all": above.all(axis=1), "any": above.any(axis=1), "mean": mean > 0}[shown_if]
    found = benchmark(trend, sd, 76, 3, correlation, shown_if=shown_if)  # type: ignore[arg-type]
    share_error = 4 * 0.5 / math.sqrt(n)  # four standard errors of a simulated share
    assert found.expected_share_improving == pytest.approx(
        float(above.any(axis=1).mean()), abs=share_error
    )
    assert found.expected_share_shown == pytest.approx(float(shown.mean()), abs=share_error)
    mean_error = 4 * float(mean[shown].std()) / math.sqrt(shown.sum())  # four standard errors
    assert found.expected_mean_of_improvers == pytest.approx(
        float(mean[shown].mean()), abs=mean_error
    )
    assert found.expected_mean_of_all == trend


def test_benchmark_shows_gains_where_nothing_has_changed() -> None:
    found = benchmark(0.0, 5.0, 76, 3, 0.5)
    assert found.expected_mean_of_improvers > 4
    assert found.expected_number_improving == pytest.approx(57, abs=1e-6)  # 76 times 3/4
    assert found.expected_number_shown == pytest.approx(19, abs=1e-6)  # 76 times 1/4


def test_benchmark_of_one_measure_is_the_half_normal_mean() -> None:
    # Johnson, Kotz and Balakrishnan (1994), section 13.10: sd times the square root of 2 / pi
    found = benchmark(0.0, 3.0, 10, 1, 0.0)
    expected = 3 * math.sqrt(2 / math.pi)
    assert found.expected_mean_of_improvers == pytest.approx(expected, abs=QUADRATURE)


def test_impossible_inputs_are_refused() -> None:
    with pytest.raises(ValueError, match="correlation"):
        any_of_k(3, -0.5)
    with pytest.raises(ValueError, match="correlation"):
        any_of_k(3, 1.01)
    with pytest.raises(ValueError, match="one measure"):
        any_of_k(0, 0.0)
    with pytest.raises(ValueError, match="expected counts"):
        all_up_against_all_down(0, 0)
    with pytest.raises(ValueError, match="above zero"):
        benchmark(0.0, 0.0, 76, 3, 0.5)
    with pytest.raises(ValueError, match="shown_if"):
        benchmark(0.0, 1.0, 76, 3, 0.5, shown_if="most")  # type: ignore[arg-type]
