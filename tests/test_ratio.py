"""Fieller's set: a published calibration, the inverted t test, coverage of a true ratio."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.special import ndtri, stdtrit

from analysis.methods.ratio import Ratio, fieller, money_per_point

# Graybill and Iyer (1994), Regression Analysis, p. 431 and 433: dial and chamber temperature,
# true temperature and thermometer reading.
DIAL = np.arange(0.0, 101.0, 10.0)
CHAMBER = np.array(
    [206.36, 225.52, 252.18, 289.33, 318.11, 349.49, 383.03, 410.70, 444.40, 469.14, 501.16]
)
TEMPERATURE = np.arange(96.0, 111.0, 2.0)
READING = np.array([95.71, 98.16, 99.52, 102.09, 103.79, 106.18, 108.14, 110.21])


def calibrated(
    x: np.ndarray, y: np.ndarray, target: float, level: float, *, one_reading: bool
) -> list[float]:
    """Return the x at which the line reaches `target`, with Fieller's limits."""
    n, centred = x.size, x - x.mean()
    spread = float(centred @ centred)
    slope = float(centred @ y) / spread
    residual = y - y.mean() - slope * centred
    s2 = float(residual @ residual) / (n - 2)
    top = s2 * (1 / n + one_reading)
    found = fieller(
        target - float(y.mean()),
        math.sqrt(top),
        slope,
        math.sqrt(s2 / spread),
        df=n - 2,
        level=level,
    )
    assert found.bounded
    return [value + float(x.mean()) for value in (found.estimate, found.low, found.high)]


def test_a_line_is_inverted_as_graybill_and_iyer_publish() -> None:
    # dial for a mean of 400 degrees, 99 %: 66.5, 65.07 to 68.03
    found = calibrated(DIAL, CHAMBER, 400.0, 0.99, one_reading=False)
    assert found[0] == pytest.approx(66.5, abs=0.05)  # one decimal is printed
    assert found[1:] == pytest.approx([65.07, 68.03], abs=0.005)  # two decimals are printed


def test_a_thermometer_is_calibrated_as_graybill_and_iyer_publish() -> None:
    # a reading of 104, 95 %: 103.995, 103.4 to 104.6; of 100, 90 %: 100.1, 99.63 to 100.59
    first = calibrated(TEMPERATURE, READING, 104.0, 0.95, one_reading=True)
    assert first[0] == pytest.approx(103.995, abs=5e-4)  # three decimals are printed
    assert first[1:] == pytest.approx([103.4, 104.6], abs=0.05)  # one decimal is printed
    second = calibrated(TEMPERATURE, READING, 100.0, 0.90, one_reading=True)
    assert second[1:] == pytest.approx([99.63, 100.59], abs=0.005)  # two decimals are printed


CASES = {
    "interval": (3.0, 0.5, 2.0, 0.4, 0.06),
    "complement": (3.0, 0.5, 0.5, 0.4, -0.06),
    "whole line": (0.4, 0.5, 0.5, 0.4, 0.1),
}


@pytest.mark.parametrize("kind", CASES)
def test_the_set_holds_the_ratios_that_a_t_test_does_not_reject(kind: str) -> None:
    a, se_a, b, se_b, covariance = CASES[kind]
    found = fieller(*CASES[kind], df=9, level=0.9)
    assert found.kind == kind
    ratios = np.linspace(-30, 30, 6_001) + 0.00123
    error = np.sqrt(se_a**2 - 2 * ratios * covariance + ratios**2 * se_b**2)
    kept = np.abs(a - ratios * b) <= stdtrit(9, 0.95) * error
    assert kept.tolist() == [found.holds(float(ratio)) for ratio in ratios]


def test_only_an_interval_is_bounded() -> None:
    assert [fieller(*case, df=9, level=0.9).bounded for case in CASES.values()] == [
        True,
        False,
        False,
    ]
    whole = fieller(*CASES["whole line"], df=9, level=0.9)
    assert (whole.low, whole.high) == (-math.inf, math.inf)


def test_money_per_point_is_the_slopes_interval_turned_over() -> None:
    found = money_per_point(0.8, 0.2, df=21)
    reach = float(stdtrit(21, 0.975)) * 0.2
    ends = [1 / (0.8 + reach), 1 / (0.8 - reach)]
    assert [found.low, found.high] == pytest.approx(ends, rel=1e-12)  # rounding
    assert found.estimate == 1.25
    assert found.bounded


def test_money_per_point_is_refused_while_the_slopes_interval_holds_zero() -> None:
    found = money_per_point(0.3, 0.2, df=21)
    reach = float(stdtrit(21, 0.975)) * 0.2
    assert not found.bounded
    assert found.kind == "complement"
    ends = [1 / (0.3 - reach), 1 / (0.3 + reach)]
    assert [found.low, found.high] == pytest.approx(ends, rel=1e-12)  # rounding
    assert not found.holds(0.0)
    assert found.holds(1e9)


def test_a_slope_of_zero_has_no_price() -> None:
    found = money_per_point(0.0, 0.2, df=21)
    assert math.isnan(found.estimate)
    assert not found.bounded


def test_a_denominator_at_its_critical_value_leaves_a_half_line() -> None:
    critical = float(ndtri(0.975))
    found = fieller(1.0, 0.0, critical, 1.0, 0.0, math.inf, 0.95)
    assert not found.bounded
    assert (found.low, found.high) == (-math.inf, 1 / (2 * critical))
    mirrored = fieller(1.0, 0.0, -critical, 1.0, 0.0, math.inf, 0.95)
    assert (mirrored.low, mirrored.high) == (-1 / (2 * critical), math.inf)
    assert fieller(0.0, 0.0, critical, 1.0).kind == "whole line"


def test_the_set_covers_the_true_ratio_as_often_as_it_says() -> None:
    rng, n = np.random.default_rng(8), 20_000
    tops, bottoms = rng.normal(3.0, 1.0, size=n), rng.normal(1.5, 1.0, size=n)
    held = [fieller(a, 1.0, b, 1.0).holds(2.0) for a, b in zip(tops, bottoms, strict=True)]
    # three standard errors of a simulated share
    assert np.mean(held) == pytest.approx(0.95, abs=3 * math.sqrt(0.95 * 0.05 / n))


def test_impossible_inputs_are_refused() -> None:
    with pytest.raises(ValueError, match="standard errors"):
        fieller(1.0, -1.0, 1.0, 1.0)
    with pytest.raises(ValueError, match="covariance"):
        fieller(1.0, 1.0, 1.0, 1.0, 1.5)
    with pytest.raises(ValueError, match="level"):
        money_per_point(1.0, 1.0, df=10, level=95)


def test_a_ratio_is_a_value() -> None:
    assert fieller(1.0, 0.1, 2.0, 0.1) == fieller(1.0, 0.1, 2.0, 0.1)
    assert isinstance(fieller(1.0, 0.1, 2.0, 0.1), Ratio)
