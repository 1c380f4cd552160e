"""What unseen outcomes could do to a mean or a slope: worst-case bounds and breakdown points."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Bounds:
    """The least and the greatest value that the unseen outcomes allow.

    Parameters
    ----------
    low, high : float
        Ends of the identified interval, in the unit of the mean or of the slope.
    limit : float
        Assumed largest absolute value of an unseen outcome, in the outcome's unit.
    n_seen, n_all : int
        Units with a seen outcome, and all units.
    """

    low: float
    high: float
    limit: float
    n_seen: int
    n_all: int

    @property
    def width(self) -> float:
        """Length of the identified interval, in the unit of its ends."""
        return self.high - self.low

    @property
    def excludes_zero(self) -> bool:
        """Whether the sign is known under the assumed limit."""
        return self.low > 0 or self.high < 0


@dataclass(frozen=True, eq=False)
class BoundsPath:
    """Bounds on one slope over a range of assumed limits, ready for a picture.

    Parameters
    ----------
    limits, low, high : ndarray of float, shape (m,)
        Assumed limits in the outcome's unit; ends of the bounds in the slope's unit.
    breakdown : float
        Smallest limit at which the bounds include zero.
    """

    limits: Floats
    low: Floats
    high: Floats
    breakdown: float


def mean_bounds(seen: npt.ArrayLike, n_all: int, limit: float) -> Bounds:
    r"""Return the least and the greatest mean that all units can have, in the outcome's unit.

    Units that are not shown may have any outcome within an assumed range on both sides of zero;
    nothing is assumed about why they are not shown. The bounds describe the units at hand and hold
    no sampling error.

    Parameters
    ----------
    seen : array_like of float, shape (n_seen,)
        Outcomes of the units that are seen.
    n_all : int
        Number of all units, seen or not.
    limit : float
        Largest absolute value that an unseen outcome may take.

    Raises
    ------
    ValueError
        If `limit` is negative, a seen outcome is missing, or more are seen than there are units.

    Notes
    -----
    .. math::
        \frac{\sum_{\text{seen}} y_i - m L}{n} \le \bar y \le \frac{\sum_{\text{seen}} y_i + m L}{n}

    :math:`\bar y` is the mean of all units, :math:`y_i` are the outcomes seen, :math:`m` is the
    number of units without one, :math:`n` that of all units, and :math:`L` the end of the assumed
    range, which runs from :math:`-L` to :math:`L`. No narrower bounds hold without a further
    assumption.

    References
    ----------
    Manski, C. F. (1989). Anatomy of the selection problem. Journal of Human Resources 24, 343-360.
    """
    values = np.asarray(seen, dtype=float)
    _check_limit(limit)
    if values.ndim != 1 or np.isnan(values).any():
        raise ValueError("seen: expected a list of numbers without a missing one; leave those out")
    if n_all < max(1, values.size):
        raise ValueError(f"n_all is {n_all}, but {values.size} outcomes are seen: count all units")
    centre = float(values.sum()) / n_all
    reach = limit * (n_all - values.size) / n_all
    return Bounds(centre - reach, centre + reach, limit, values.size, n_all)


def slope_bounds(x: npt.ArrayLike, y: npt.ArrayLike, limit: float) -> Bounds:
    r"""Return the least and the greatest slope over all units, in outcome per unit of exposure.

    Every unit's exposure is known. Each outcome that is not shown may lie anywhere within an
    assumed range on both sides of zero, and is put where it makes the least-squares slope least,
    then where it makes it greatest.

    Parameters
    ----------
    x : array_like of float, shape (n,)
        Exposure of every unit.
    y : array_like of float, shape (n,)
        Outcome; NaN where it is unseen.
    limit : float
        Largest absolute value that an unseen outcome may take.

    Raises
    ------
    ValueError
        If `x` has a missing value or does not vary, the lengths differ, or `limit` is negative.

    Notes
    -----
    .. math:: b - L u \le \hat\beta \le b + L u

    .. math:: b = \sum_{\text{seen}} w_i y_i, \quad u = \sum_{\text{unseen}} |w_i|

    .. math:: w_i = \frac{x_i - \bar x}{\sum_j (x_j - \bar x)^2}

    :math:`\hat\beta` is the least-squares slope over all units, :math:`b` the part of it that is
    seen and :math:`u` the weight of what is not; :math:`x_i` is the exposure, :math:`y_i` the
    outcome, :math:`w_i` the outcome's weight in the slope, and :math:`L` the end of the assumed
    range, which runs from :math:`-L` to :math:`L`.

    References
    ----------
    Horowitz, J. L. and Manski, C. F. (2000). Nonparametric analysis of randomized experiments with
      missing covariate and outcome data. Journal of the American Statistical Association 95, 77-84.
    """
    _check_limit(limit)
    centre, reach, n_seen, n_all = _seen_and_unseen(x, y)
    return Bounds(centre - limit * reach, centre + limit * reach, limit, n_seen, n_all)


def breakdown(x: npt.ArrayLike, y: npt.ArrayLike) -> float:
    r"""Return the smallest assumed range, in outcome units, at which the slope's bounds hold zero.

    Where outcomes that are not shown may be so far from zero or farther, not even the slope's sign
    is known.

    Parameters
    ----------
    x, y : array_like of float, shape (n,)
        As in `slope_bounds`.

    Notes
    -----
    .. math:: L_0 = \frac{\left|\sum_{\text{seen}} w_i y_i\right|}{\sum_{\text{unseen}} |w_i|}

    .. math:: w_i = \frac{x_i - \bar x}{\sum_j (x_j - \bar x)^2}

    :math:`x_i` is the exposure, :math:`y_i` the outcome and :math:`w_i` its weight in the
    least-squares slope. The range from :math:`-L_0` to :math:`L_0` is infinite without unseen
    outcomes.

    References
    ----------
    Horowitz, J. L. and Manski, C. F. (1995). Identification and robustness with contaminated and
      corrupted data. Econometrica 63, 281-302 (the idea of a breakdown point of an identified
      sign).
    """
    centre, reach, _, _ = _seen_and_unseen(x, y)
    return abs(centre) / reach if reach > 0 else math.inf


def slope_bounds_over(x: npt.ArrayLike, y: npt.ArrayLike, limits: npt.ArrayLike) -> BoundsPath:
    """Return the slope's bounds for each of `limits`, in `y` per unit of `x`.

    Parameters
    ----------
    x, y : array_like of float, shape (n,)
        As in `slope_bounds`.
    limits : array_like of float, shape (m,)
        Assumed largest absolute values of an unseen outcome.
    """
    grid = np.asarray(limits, dtype=float)
    for limit in grid:
        _check_limit(float(limit))
    centre, reach, _, _ = _seen_and_unseen(x, y)
    return BoundsPath(grid, centre - grid * reach, centre + grid * reach, breakdown(x, y))


def _check_limit(limit: float) -> None:
    if not limit >= 0:
        raise ValueError(f"limit is {limit}: expected zero or more, in the outcome's unit")


def _seen_and_unseen(x: npt.ArrayLike, y: npt.ArrayLike) -> tuple[float, float, int, int]:
    """Return the seen part of the slope, the unseen weights' absolute sum, n seen and n."""
    exposure, outcome = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    if exposure.ndim != 1 or exposure.shape != outcome.shape:
        raise ValueError(f"x and y: expected one length, found {exposure.shape}, {outcome.shape}")
    if not exposure.size:
        raise ValueError("no unit's exposure is known")
    if np.isnan(exposure).any():
        raise ValueError("x has a missing value: the bounds need every unit's exposure")
    centred = exposure - exposure.mean()
    spread = float(centred @ centred)
    if not spread > 0:
        raise ValueError("x does not vary: no slope is defined")
    weights, unseen = centred / spread, np.isnan(outcome)
    centre = float(weights[~unseen] @ outcome[~unseen])
    reach = float(np.abs(weights[unseen]).sum())
    return centre, reach, int((~unseen).sum()), exposure.size
