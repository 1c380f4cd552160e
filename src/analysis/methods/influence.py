"""What each row does to a straight line: leverage, distance, change of the slope."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.methods.association import line, pair
from analysis.methods.standard_errors import ratio

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Influence:
    """What each row does to a straight line; every array has one entry a row."""

    leverage: Floats
    cooks_distance: Floats
    dfbeta: Floats
    studentized_residuals: Floats


def influence(x: ArrayLike, y: ArrayLike) -> Influence:
    """Return leverage, Cook's distance, dfbeta and studentized residual of each row.

    `dfbeta` is the slope with all rows less the slope without the row, in units of y per unit
    of x; residuals are externally studentized (t with n - 3 degrees of freedom). Distances and
    studentized residuals are nan where the line leaves no residual to compare with.

    Raises
    ------
    ValueError
        As in `leave_one_out`, and if n < 4.

    References
    ----------
    Belsley, D. A., Kuh, E. and Welsch, R. E. (1980). Regression Diagnostics. Wiley.
    Cook, R. D. (1977). Detection of influential observation in linear regression.
    Technometrics 19, 15-18.
    """
    exposure, outcome = pair(x, y, least=4)
    n = len(exposure)
    residuals, leverage, _, dfbeta = line(exposure, outcome)
    square = residuals**2 / (1 - leverage)
    total = float(residuals @ residuals)
    cooks = ratio(square * leverage / (1 - leverage) * (n - 2), np.full(n, 2 * total))
    remaining = np.maximum(total - square, 0.0) * (1 - leverage) / (n - 3)
    return Influence(leverage, cooks, dfbeta, ratio(residuals, np.sqrt(remaining)))
