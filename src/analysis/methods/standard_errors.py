"""Standard errors by rule, and the quantiles and p-values of normal and Student's t."""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri, stdtr, stdtrit

Floats = NDArray[np.float64]
Covariance = Literal["classical", "HC0", "HC1", "HC2", "HC3"]
COVARIANCES: tuple[str, ...] = get_args(Covariance)
# A leverage this close to one is one: the row is fitted exactly, whatever its outcome.
LEVERAGE_TOLERANCE = 1e-10


def squared_errors(residuals: Floats, leverage: Floats, df: int, covariance: Covariance) -> Floats:
    """Return the variance put on each row's error, in squared units of y, by HC rule or pooled.

    Raises
    ------
    ValueError
        If the rule is not known, or divides by 1 - leverage where leverage is one.
    """
    square = residuals**2
    if covariance == "classical":
        return np.full(len(square), square.sum() / df)
    if covariance == "HC0":
        return square
    if covariance == "HC1":
        return square * len(square) / df
    if covariance not in COVARIANCES:
        raise ValueError(f"{covariance!r} is not one of {', '.join(COVARIANCES)}")
    free = 1 - leverage
    if free.min() < LEVERAGE_TOLERANCE:
        row = int(free.argmin())
        raise ValueError(f"row {row} has leverage 1, where {covariance} is undefined; use HC1")
    return square / free ** (1 if covariance == "HC2" else 2)


def two_sided_p(t: Floats, df: int | Floats) -> Floats:
    """Return two-sided p-values of t statistics with `df` degrees of freedom."""
    return np.asarray(2 * stdtr(df, -np.abs(t)), dtype=float)


def t_quantile(level: float, df: int) -> float:
    """Return the t value whose central interval has probability `level`."""
    return float(stdtrit(df, _upper(level)))


def quantile(level: float) -> float:
    """Return the normal value whose central interval has probability `level`."""
    return float(ndtri(_upper(level)))


def ratio(above: Floats, below: Floats) -> Floats:
    """Return above / below without a warning: infinite over zero, nan for nought over zero."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return above / below


def _upper(level: float) -> float:
    if not 0 < level < 1:
        raise ValueError(f"a confidence level lies between 0 and 1, not at {level}")
    return (1 + level) / 2
