"""A ratio of two estimates with Fieller's confidence set, and when that set is no interval."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from scipy.special import ndtri, stdtrit

ConfidenceSet = Literal["interval", "complement", "whole line"]


@dataclass(frozen=True)
class Ratio:
    """A ratio with its confidence set.

    Parameters
    ----------
    estimate : float
        Ratio of the two estimates; NaN when the denominator's estimate is zero.
    low, high : float
        Ends of the set. For ``"interval"`` the set lies between them, for ``"complement"`` it is
        everything up to `low` and everything from `high`, for ``"whole line"`` they are infinite.
    level : float
        Confidence level.
    kind : {"interval", "complement", "whole line"}
        Shape of the set.
    """

    estimate: float
    low: float
    high: float
    level: float
    kind: ConfidenceSet

    @property
    def bounded(self) -> bool:
        """Whether the set is an interval; if not, the ratio should not be quoted."""
        return self.kind == "interval"

    def holds(self, value: float) -> bool:
        """Return whether `value` lies in the confidence set."""
        if self.kind == "interval":
            return self.low <= value <= self.high
        return self.kind == "whole line" or value <= self.low or value >= self.high


def fieller(
    numerator: float,
    se_numerator: float,
    denominator: float,
    se_denominator: float,
    covariance: float = 0.0,
    df: float = math.inf,
    level: float = 0.95,
) -> Ratio:
    """Return numerator / denominator with Fieller's confidence set, in units of one per other.

    The set holds every ratio ``r`` for which ``numerator - r * denominator`` does not differ from
    zero. It is an interval only if the denominator differs from zero at the same level.

    Parameters
    ----------
    numerator, denominator : float
        Estimates, jointly normal.
    se_numerator, se_denominator : float
        Their standard errors.
    covariance : float, optional
        Covariance of the two estimates.
    df : float, optional
        Degrees of freedom of the standard errors; infinite for known ones.
    level : float, optional
        Confidence level.

    Raises
    ------
    ValueError
        If a standard error is negative, the covariance too large for them, `df` not above zero or
        `level` outside 0 to 1.

    References
    ----------
    Fieller, E. C. (1954). Some problems in interval estimation. Journal of the Royal Statistical
    Society B 16, 175-185.
    von Luxburg, U. and Franz, V. H. (2009). A geometric approach to confidence sets for ratios.
    Statistica Sinica 19, 1095-1117 (the three shapes).
    """
    _check(se_numerator, se_denominator, covariance, df, level)
    times = _quantile((1 + level) / 2, df) ** 2
    square = denominator**2 - times * se_denominator**2
    cross = numerator * denominator - times * covariance
    constant = numerator**2 - times * se_numerator**2
    kind, low, high = _confidence_set(square, cross, constant)
    estimate = numerator / denominator if denominator != 0 else math.nan
    return Ratio(estimate, low, high, level, kind)


def money_per_point(
    slope: float, standard_error: float, df: float = math.inf, level: float = 0.95
) -> Ratio:
    r"""Return the money that goes with one point of outcome: one over the slope, with its interval.

    The interval is Fieller's. While the slope's own interval holds zero, every amount of money
    would fit, and no number should be given.

    Parameters
    ----------
    slope : float
        Points of outcome per unit of money; the result is in that unit of money per point.
    standard_error : float
        Standard error of the slope.
    df : float, optional
        Degrees of freedom of the standard error.
    level : float, optional
        Confidence level.

    Notes
    -----
    .. math:: \hat r = \frac{1}{\hat\beta}

    .. math:: \frac{1}{\hat\beta + t s} \le r \le \frac{1}{\hat\beta - t s}

    :math:`\hat\beta` is the slope, in points per unit of money, :math:`s` its standard error and
    :math:`t` the quantile of Student's t. The second line holds where zero is outside the slope's
    interval; Fieller's set :math:`(1 - r \hat\beta)^2 \le t^2 s^2 r^2` has no end otherwise.

    References
    ----------
    Fieller, E. C. (1954). Some problems in interval estimation. Journal of the Royal Statistical
      Society B 16, 175-185.
    """
    return fieller(1.0, 0.0, slope, standard_error, 0.0, df, level)


def _confidence_set(
    square: float, cross: float, constant: float
) -> tuple[ConfidenceSet, float, float]:
    """Return shape and ends of the solutions of ``square r^2 - 2 cross r + constant <= 0``."""
    if square == 0:
        return _half_line(cross, constant)
    inside = cross**2 - square * constant
    if square < 0 and inside <= 0:
        return "whole line", -math.inf, math.inf
    root = math.sqrt(max(inside, 0.0))
    low, high = sorted(((cross - root) / square, (cross + root) / square))
    return ("interval" if square > 0 else "complement"), low, high


def _half_line(cross: float, constant: float) -> tuple[ConfidenceSet, float, float]:
    if cross == 0:
        return "whole line", -math.inf, math.inf
    end = constant / (2 * cross)
    return ("complement", -math.inf, end) if cross > 0 else ("complement", end, math.inf)


def _check(se_top: float, se_bottom: float, covariance: float, df: float, level: float) -> None:
    if not (se_top >= 0 and se_bottom >= 0):
        raise ValueError(f"standard errors {se_top} and {se_bottom}: expected zero or more")
    if abs(covariance) > se_top * se_bottom * (1 + 1e-12):
        raise ValueError(f"covariance {covariance} exceeds the product of the standard errors")
    if not df > 0 or not 0 < level < 1:
        raise ValueError(f"df {df} and level {level}: expected above zero, and between 0 and 1")


def _quantile(probability: float, df: float) -> float:
    return float(ndtri(probability) if math.isinf(df) else stdtrit(df, probability))
