"""What least squares on some columns leaves of others, and rows scaled by their weights."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.methods.association import RANK_TOLERANCE

Floats = NDArray[np.float64]


def partialled_out(values: ArrayLike, columns: ArrayLike) -> Floats:
    """Return what least squares on the columns leaves of the values, in their units.

    Values have shape (n,) or (n, m), columns (n, p); none at all leaves the values as they are.

    Raises
    ------
    ValueError
        If the columns are linearly dependent or one of them is zero.

    References
    ----------
    Frisch, R. and Waugh, F. V. (1933). Partial time regressions as compared with individual
    trends. Econometrica 1, 387-401.
    Lovell, M. C. (1963). Seasonal adjustment of economic time series and multiple regression
    analysis. Journal of the American Statistical Association 58, 993-1010.
    """
    left, design = np.asarray(values, dtype=float), np.asarray(columns, dtype=float)
    if not design.shape[1]:
        return left.copy()
    length = np.linalg.norm(design, axis=0)
    if not length.all():
        raise ValueError(f"column {int(length.argmin())} is zero")
    basis, triangle = np.linalg.qr(design / length)
    spread = np.linalg.svd(triangle, compute_uv=False)
    if len(spread) < design.shape[1] or spread[-1] < RANK_TOLERANCE * spread[0]:
        raise ValueError("the columns are linearly dependent: leave one out")
    once = left - basis @ (basis.T @ left)
    return np.asarray(once - basis @ (basis.T @ once))


def weighted(y: ArrayLike, X: ArrayLike, weights: ArrayLike | None) -> tuple[Floats, Floats]:
    """Return X and y with each row times the root of its weight, for use in `fit_ols`.

    Raises ValueError if shapes differ or a weight is not above zero.
    """
    design, outcome = np.asarray(X, dtype=float), np.asarray(y, dtype=float)
    if design.ndim != 2 or outcome.shape != (len(design),):
        raise ValueError(f"y of shape {outcome.shape} does not fit X of shape {design.shape}")
    if weights is None:
        return design, outcome
    given = np.asarray(weights, dtype=float)
    if given.shape != outcome.shape or not ((given > 0) & (given < np.inf)).all():
        raise ValueError(f"weights: expected {len(outcome)} finite numbers above zero")
    root = np.sqrt(given)
    return design * root[:, np.newaxis], outcome * root
