"""What an unseen confounder would leave of an answer, over a grid of its strengths."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.methods.sensitivity import adjusted_estimate, adjusted_t
from analysis.methods.standard_errors import t_quantile

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Contour:
    """Adjusted answers over a grid of confounder strengths, ready for a picture.

    Parameters
    ----------
    r2_treatment, r2_outcome : ndarray of float, shape (m,)
        Shares of remaining variance explained, across and up.
    adjusted_estimates, adjusted_t : ndarray of float, shape (m, m)
        Row i belongs to ``r2_outcome[i]``, column j to ``r2_treatment[j]``.
    critical_t : float
        Absolute t value below which the adjusted estimate is within reach of zero.
    """

    r2_treatment: Floats
    r2_outcome: Floats
    adjusted_estimates: Floats
    adjusted_t: Floats
    critical_t: float


def contour(
    estimate: float,
    standard_error: float,
    df: int,
    *,
    limit: float = 0.4,
    points: int = 81,
    level: float = 0.95,
) -> Contour:
    """Return `adjusted_estimate` and `adjusted_t` over a square of confounder strengths.

    Parameters
    ----------
    limit : float
        Largest share of both remaining variances, above 0 and below 1.
    points, level : int, float
        Points along each side of the grid; confidence level behind the critical t value.

    Raises
    ------
    ValueError
        If an argument is out of range.
    """
    if not (0 < limit < 1 and points >= 2):
        raise ValueError(f"found limit {limit} and {points} points: expected 0 < limit < 1, 2 up")
    side = np.linspace(0, limit, points)
    grid = side[np.newaxis, :], side[:, np.newaxis]
    estimates = adjusted_estimate(estimate, standard_error, df, *grid)
    t = adjusted_t(estimate, standard_error, df, *grid)
    return Contour(side, side, estimates, t, t_quantile(level, df - 1))
