"""One specification of a multiverse: its data, what is partialled out of them, its estimate."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.methods.association import RANK_TOLERANCE
from analysis.methods.standard_errors import LEVERAGE_TOLERANCE, squared_errors, two_sided_p

Floats = NDArray[np.float64]
Indices = NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Specification:
    """One defensible way to relate an outcome to an exposure.

    Parameters
    ----------
    labels : mapping of str to str
        Choice to option taken, such as ``{"outcome": "ks2", "sample": "all"}``.
    y, x : arrays of shape (n,)
        Outcome and exposure of the units used.
    rows : array of int, shape (n,)
        The units used, as indices into the list of units that all specifications share.
    controls : array of shape (n, p), optional
        Columns partialled out of both, besides the constant, which is always there.
    ranks : bool
        True to replace y, x and each control by its ranks (ties share their mean rank) among
        the rows used.
    """

    labels: Mapping[str, str]
    y: ArrayLike
    x: ArrayLike
    rows: ArrayLike
    controls: ArrayLike | None = None
    ranks: bool = False


@dataclass(frozen=True, eq=False)
class Prepared:
    """A specification ready for algebra, its rows in ascending order.

    `exposure` is x as given. `y` is centred, or centred ranks; `span` is an orthonormal basis,
    of shape (n, p), of the centred controls; `y_left` and `x_left` are what they leave of y
    and x.
    """

    rows: Indices
    exposure: Floats
    ranks: bool
    y: Floats
    span: Floats
    y_left: Floats
    x_left: Floats

    @property
    def df(self) -> int:
        """Residual degrees of freedom: rows less controls less constant and slope."""
        return len(self.rows) - int(self.span.shape[1]) - 2


@dataclass(frozen=True)
class Estimate:
    """What one specification gives; `slope` is in units of y per unit of x.

    `standardised` is the slope after residualised y and x are scaled to standard deviation
    one, which is their partial correlation. `t` and `p_value` are classical, `p_value_hc3`
    uses HC3 and is nan where a row has leverage one.
    """

    standardised: float
    slope: float
    t: float
    p_value: float
    p_value_hc3: float


def prepare(specification: Specification, n_units: int) -> Prepared:
    """Return the specification with its controls partialled out (Frisch, Waugh and Lovell).

    Raises
    ------
    ValueError
        Naming the labels: if shapes differ, a number is not finite, `rows` repeats a unit or
        names one outside 0 to n_units - 1, too few rows are left, the controls are linearly
        dependent, or y or x does not vary once they are partialled out.

    References
    ----------
    Frisch, R. and Waugh, F. V. (1933). Partial time regressions as compared with individual
    trends. Econometrica 1, 387-401.
    """
    try:
        rows, y, exposure, controls = _arrays(specification, n_units)
        x = exposure
        if specification.ranks:
            y, x = ranked(y), ranked(x)
            controls = np.array([ranked(c) for c in controls.T]).T.reshape(controls.shape)
        y, x = y - y.mean(), x - x.mean()
        span = _orthonormal(controls - controls.mean(axis=0))
        left = _left(y, span, "y"), _left(x, span, "x")
    except ValueError as error:
        raise ValueError(f"specification {dict(specification.labels)}: {error}") from error
    return Prepared(rows, exposure, specification.ranks, y, span, *left)


def estimated(prepared: Prepared) -> Estimate:
    """Return slope, standardised slope and tests of one specification."""
    x, y, df = prepared.x_left, prepared.y_left, prepared.df
    squares, product = float(x @ x), float(x @ y)
    slope = product / squares
    residuals = y - slope * x
    error = np.sqrt(float(residuals @ residuals) / df / squares)
    t = slope / error if error else np.copysign(np.inf, slope)
    leverage = 1 / len(x) + np.einsum("ij,ij->i", prepared.span, prepared.span) + x**2 / squares
    p_value_hc3 = float("nan")
    if leverage.max() < 1 - LEVERAGE_TOLERANCE and error:
        robust = np.sqrt(x**2 @ squared_errors(residuals, leverage, df, "HC3")) / squares
        p_value_hc3 = float(two_sided_p(slope / robust, df))
    standardised = product / np.sqrt(squares * float(y @ y))
    return Estimate(float(standardised), slope, float(t), float(two_sided_p(t, df)), p_value_hc3)


def ranked(values: Floats) -> Floats:
    """Return ranks from 1 to n; equal values share their mean rank."""
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    return np.asarray((last - (counts - 1) / 2)[place], dtype=float)


def _arrays(specification: Specification, n_units: int) -> tuple[Indices, Floats, Floats, Floats]:
    rows = np.asarray(specification.rows, dtype=np.intp)
    y, x = (np.asarray(v, dtype=float) for v in (specification.y, specification.x))
    given = specification.controls
    controls = np.empty((len(rows), 0)) if given is None else np.asarray(given, dtype=float)
    if rows.ndim != 1 or y.shape != rows.shape or x.shape != rows.shape:
        raise ValueError(f"rows {rows.shape}, y {y.shape} and x {x.shape} differ in shape")
    if controls.ndim != 2 or len(controls) != len(rows):
        raise ValueError(f"controls of shape {controls.shape} for {len(rows)} rows")
    if not all(np.isfinite(array).all() for array in (y, x, controls)):
        raise ValueError("numbers must be finite: form the sample, and count it, beforehand")
    if len(rows) < controls.shape[1] + 3:
        raise ValueError(f"{len(rows)} rows are too few for {controls.shape[1]} controls")
    order = np.argsort(rows, kind="stable")
    rows = rows[order]
    if rows[0] < 0 or rows[-1] >= n_units or (np.diff(rows) == 0).any():
        raise ValueError(f"rows must be different numbers from 0 to {n_units - 1}")
    return rows, y[order], x[order], controls[order]


def _orthonormal(controls: Floats) -> Floats:
    length = np.sqrt(np.einsum("ij,ij->j", controls, controls))
    if not length.all():
        raise ValueError("a control does not vary among the rows used")
    basis, triangle = np.linalg.qr(controls / length)
    if length.size:
        spread = np.linalg.svd(triangle, compute_uv=False)
        if spread[-1] < RANK_TOLERANCE * spread[0]:
            raise ValueError("the controls are linearly dependent")
    return basis


def _left(values: Floats, span: Floats, name: str) -> Floats:
    left = values - span @ (span.T @ values)
    left -= span @ (span.T @ left)
    if float(left @ left) <= RANK_TOLERANCE * float(values @ values):
        raise ValueError(f"{name} does not vary once the controls are partialled out")
    return left
