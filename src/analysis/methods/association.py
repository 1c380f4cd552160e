"""Least squares, Theil-Sen and what single rows do to a slope."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.methods.standard_errors import (
    LEVERAGE_TOLERANCE,
    Covariance,
    quantile,
    ratio,
    squared_errors,
    t_quantile,
    two_sided_p,
)

Floats = NDArray[np.float64]
# Smallest ratio of singular values, columns scaled to length one, at which they still count as
# independent: four digits are left in double precision.
RANK_TOLERANCE = 1e-12


@dataclass(frozen=True, eq=False)
class Fit:
    """A least-squares fit; arrays of length k follow `names`, those of length n the rows."""

    names: tuple[str, ...]
    estimates: Floats
    standard_errors: Floats
    low: Floats
    high: Floats
    p_values: Floats
    n: int
    df: int
    r_squared: float
    residuals: Floats
    leverage: Floats
    level: float
    covariance: Covariance


@dataclass(frozen=True)
class Slope:
    """The slope of a straight line, in units of y per unit of x, with its interval."""

    estimate: float
    standard_error: float
    low: float
    high: float
    p_value: float
    n: int
    df: int
    intercept: float
    level: float


@dataclass(frozen=True, eq=False)
class Band:
    """A fitted line at the points `at`, with a pointwise confidence band, in units of y."""

    at: Floats
    fitted: Floats
    low: Floats
    high: Floats


@dataclass(frozen=True)
class TheilSen:
    """The median of the pairwise slopes, in units of y per unit of x, with Sen's interval."""

    estimate: float
    low: float
    high: float
    n: int


@dataclass(frozen=True, eq=False)
class LeaveOneOut:
    """The slope with all rows and without each row in turn, in units of y per unit of x."""

    full: float
    estimates: Floats
    low: float
    high: float
    most_influential: int


def fit_ols(
    y: ArrayLike,
    X: ArrayLike,
    names: Sequence[str],
    *,
    level: float = 0.95,
    covariance: Covariance = "HC3",
) -> Fit:
    r"""Return the least-squares fit of an outcome on several columns, in outcome per unit of each.

    A coefficient says how much higher the outcome is, on average, where its own column is one unit
    higher and the others are the same; it does not say why. The interval does not assume that all
    rows scatter alike about the fit (HC3). The share explained is that of the outcome's variation.

    Parameters
    ----------
    y : array of shape (n,)
    X : array of shape (n, k)
        Holds the column of ones if a constant is wanted; nothing is added.
    names : sequence of k strings
    level : float
        Confidence level of the intervals.
    covariance : {"classical", "HC0", "HC1", "HC2", "HC3"}

    Raises
    ------
    ValueError
        If shapes differ, a number is not finite, n <= k, the columns are linearly dependent,
        or a row has leverage one (HC2 and HC3 are undefined there).

    Notes
    -----
    .. math:: \hat\beta = (X^\top X)^{-1} X^\top y

    .. math:: V = M \left(\sum_i \frac{e_i^2}{(1 - h_i)^2} x_i x_i^\top\right) M

    .. math:: R^2 = 1 - \frac{\sum_i e_i^2}{\sum_i (y_i - \bar y)^2}

    :math:`y` are the outcomes, :math:`X` the columns with the constant, :math:`M = (X^\top
    X)^{-1}`, :math:`x_i` row :math:`i` of them, :math:`e_i` its residual and :math:`h_i = x_i^\top
    (X^\top X)^{-1} x_i` its leverage. :math:`V` is the variance of the coefficients; intervals and
    two-sided p-values use Student's t with :math:`n - k` degrees of freedom, for :math:`n` rows and
    :math:`k` columns. Without a constant the share explained is about zero. Solved by QR
    decomposition, columns scaled to length one.

    References
    ----------
    MacKinnon, J. G. and White, H. (1985). Some heteroskedasticity-consistent covariance matrix
      estimators with improved finite sample properties. Journal of Econometrics 29, 305-325.
    Long, J. S. and Ervin, L. H. (2000). Using heteroscedasticity consistent standard errors in the
      linear regression model. The American Statistician 54, 217-224.
    """
    outcome, design = _checked(y, X)
    n, k = design.shape
    if len(names) != k:
        raise ValueError(f"{len(names)} names for {k} columns")
    pseudo, leverage = _solved(design)
    estimates = pseudo.T @ outcome
    residuals = outcome - design @ estimates
    weights = squared_errors(residuals, leverage, n - k, covariance)
    errors = np.sqrt(weights @ pseudo**2)
    margin = t_quantile(level, n - k) * errors
    return Fit(
        tuple(names),
        estimates,
        errors,
        estimates - margin,
        estimates + margin,
        two_sided_p(ratio(estimates, errors), n - k),
        n,
        n - k,
        _r_squared(outcome, residuals, design @ pseudo.sum(axis=0)),
        residuals,
        leverage,
        level,
        covariance,
    )


def slope(
    x: ArrayLike, y: ArrayLike, *, level: float = 0.95, covariance: Covariance = "HC3"
) -> Slope:
    r"""Return the slope of the least-squares line, in outcome per unit of exposure.

    It says how much higher the outcome is, on average, where the exposure is one unit higher; it
    does not say why. The interval does not assume that all rows scatter alike about the line (HC3).

    Parameters
    ----------
    x, y : arrays of shape (n,), n of at least 3
        The others, and the errors raised, as in `fit_ols`.

    Notes
    -----
    .. math:: \hat\beta = \frac{\sum_i (x_i - \bar x)(y_i - \bar y)}{\sum_i (x_i - \bar x)^2}

    .. math::
        V = \frac{\sum_i (x_i - \bar x)^2 e_i^2 / (1 - h_i)^2}{\left(\sum_i (x_i - \bar
        x)^2\right)^2}

    :math:`x_i` is the exposure of row :math:`i`, :math:`y_i` its outcome, :math:`e_i` its residual
    and :math:`h_i` its leverage. :math:`V` is the slope's variance. The interval is
    :math:`\hat\beta \pm t \sqrt{V}`, with Student's t of :math:`n - 2` degrees of freedom for
    :math:`n` rows; the p-value is two-sided.

    References
    ----------
    MacKinnon, J. G. and White, H. (1985). Some heteroskedasticity-consistent covariance matrix
      estimators with improved finite sample properties. Journal of Econometrics 29, 305-325.
    Long, J. S. and Ervin, L. H. (2000). Using heteroscedasticity consistent standard errors in the
      linear regression model. The American Statistician 54, 217-224.
    """
    exposure, outcome = pair(x, y)
    centre = float(exposure.mean())
    design = np.column_stack([np.ones(len(exposure)), exposure - centre])
    fit = fit_ols(outcome, design, ("mean", "slope"), level=level, covariance=covariance)
    mean, estimate = (float(value) for value in fit.estimates)
    return Slope(
        estimate,
        float(fit.standard_errors[1]),
        float(fit.low[1]),
        float(fit.high[1]),
        float(fit.p_values[1]),
        fit.n,
        fit.df,
        mean - estimate * centre,
        level,
    )


def band(
    x: ArrayLike,
    y: ArrayLike,
    at: ArrayLike,
    *,
    level: float = 0.95,
    covariance: Covariance = "HC3",
) -> Band:
    """Return the fitted line of y on x at the points `at`, in units of y, with its band.

    The band is pointwise: it covers the line at one point chosen beforehand with probability
    `level`, not the whole line at once. Parameters and errors as in `slope`.
    """
    exposure, outcome = pair(x, y)
    points = np.atleast_1d(np.asarray(at, dtype=float))
    if points.ndim != 1 or not np.isfinite(points).all():
        raise ValueError("the points of a band must be finite numbers in one dimension")
    centre = exposure.mean()
    design = np.column_stack([np.ones(len(exposure)), exposure - centre])
    pseudo, leverage = _solved(design)
    df = len(exposure) - 2
    smoother = np.column_stack([np.ones(len(points)), points - centre]) @ pseudo.T
    residuals = outcome - design @ (pseudo.T @ outcome)
    weights = squared_errors(residuals, leverage, df, covariance)
    margin = t_quantile(level, df) * np.sqrt(smoother**2 @ weights)
    fitted = smoother @ outcome
    return Band(points, fitted, fitted - margin, fitted + margin)


def theil_sen(x: ArrayLike, y: ArrayLike, *, level: float = 0.95) -> TheilSen:
    r"""Return the median of the slopes between all pairs of rows, in outcome per unit of exposure.

    Rows far from the others move it little (Theil and Sen). The interval runs between two of these
    slopes, chosen by their rank (Sen).

    Raises
    ------
    ValueError
        If shapes differ, a number is not finite, n < 3, or all x are equal.

    Notes
    -----
    .. math:: \hat\beta = \operatorname{median}_{i < j} \frac{y_j - y_i}{x_j - x_i}

    .. math:: v = \frac{n (n - 1)(2 n + 5) - T}{18}

    Pairs of equal exposure :math:`x` are left out; :math:`N` pairs remain of the :math:`n` rows.
    The interval's ends are the slopes of rank :math:`(N - z \sqrt{v}) / 2` and :math:`(N + z
    \sqrt{v}) / 2 + 1`, rounded; :math:`z` is the normal quantile and :math:`v` the variance of
    Kendall's score, :math:`T` being the sum of :math:`t (t - 1)(2 t + 5)` over the sizes :math:`t`
    of ties in :math:`x` and in :math:`y`. All pairs are held at once: 5,000 rows take about 0.6 GB.

    References
    ----------
    Sen, P. K. (1968). Estimates of the regression coefficient based on Kendall's tau. Journal of
      the American Statistical Association 63, 1379-1389.
    """
    exposure, outcome = pair(x, y)
    n = len(exposure)
    first, second = np.triu_indices(n, 1)
    run = exposure[second] - exposure[first]
    rise = outcome[second] - outcome[first]
    slopes = np.sort(rise[run != 0] / run[run != 0])
    spread = n * (n - 1) * (2 * n + 5) - _tied(exposure) - _tied(outcome)
    reach = quantile(level) * np.sqrt(max(spread, 0.0) / 18)
    high = min(round((len(slopes) + reach) / 2), len(slopes) - 1)
    low = max(round((len(slopes) - reach) / 2) - 1, 0)
    return TheilSen(float(np.median(slopes)), float(slopes[low]), float(slopes[high]), n)


def leave_one_out(x: ArrayLike, y: ArrayLike) -> LeaveOneOut:
    r"""Return the slope without each row in turn, in outcome per unit of exposure.

    Its lowest and its highest value show what single rows do to it; they are no interval of chance.
    The most influential row is that without which the slope changes most.

    Raises
    ------
    ValueError
        As in `slope`, and if the slope hangs on one row alone, all other x being equal.

    Notes
    -----
    .. math::
        \hat\beta_{(i)} = \hat\beta - \frac{(x_i - \bar x) e_i}{(1 - h_i) \sum_j (x_j - \bar x)^2}

    :math:`\hat\beta` is the least-squares slope of all rows; :math:`x_i` is the exposure,
    :math:`e_i` the residual and :math:`h_i` the leverage of the row that is left out.

    References
    ----------
    Belsley, D. A., Kuh, E. and Welsch, R. E. (1980). Regression Diagnostics. Wiley.
    """
    exposure, outcome = pair(x, y)
    full, change = line(exposure, outcome)[2:]
    estimates = full - change
    worst = int(np.argmax(np.abs(change)))
    return LeaveOneOut(full, estimates, float(estimates.min()), float(estimates.max()), worst)


def pair(x: ArrayLike, y: ArrayLike, *, least: int = 3) -> tuple[Floats, Floats]:
    """Return x and y as arrays through which `slope` can be fitted, or raise ValueError."""
    exposure, outcome = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    if exposure.ndim != 1 or exposure.shape != outcome.shape:
        raise ValueError(f"x and y differ in shape: {exposure.shape} and {outcome.shape}")
    if len(exposure) < least:
        raise ValueError(f"{len(exposure)} rows, at least {least} are needed")
    if not (np.isfinite(exposure).all() and np.isfinite(outcome).all()):
        raise ValueError("x and y must be finite: form the sample, and count it, beforehand")
    if np.ptp(exposure) == 0:
        raise ValueError("all x are equal: there is no slope")
    return exposure, outcome


def _checked(y: ArrayLike, X: ArrayLike) -> tuple[Floats, Floats]:
    outcome, design = np.asarray(y, dtype=float), np.asarray(X, dtype=float)
    if design.ndim != 2 or outcome.shape != (len(design),):
        raise ValueError(f"y of shape {outcome.shape} does not fit X of shape {design.shape}")
    if not (np.isfinite(outcome).all() and np.isfinite(design).all()):
        raise ValueError("y and X must be finite: form the sample, and count it, beforehand")
    if len(design) <= design.shape[1]:
        raise ValueError(f"{len(design)} rows are too few for {design.shape[1]} columns")
    return outcome, design


def _solved(design: Floats) -> tuple[Floats, Floats]:
    length = np.sqrt(np.einsum("ij,ij->j", design, design))
    if not length.all():
        raise ValueError(f"column {int(length.argmin())} of X is zero")
    basis, triangle = np.linalg.qr(design / length)
    spread = np.linalg.svd(triangle, compute_uv=False)
    if spread[-1] < RANK_TOLERANCE * spread[0]:
        raise ValueError("the columns of X are linearly dependent: leave one out")
    leverage = np.einsum("ij,ij->i", basis, basis)
    return np.linalg.solve(triangle, basis.T).T / length, leverage


def _r_squared(outcome: Floats, residuals: Floats, fitted_ones: Floats) -> float:
    constant = np.allclose(fitted_ones, 1, rtol=0, atol=1e-6)
    about = outcome - outcome.mean() if constant else outcome
    total = float(about @ about)
    return 1 - float(residuals @ residuals) / total if total else float("nan")


def line(exposure: Floats, outcome: Floats) -> tuple[Floats, Floats, float, Floats]:
    """Return residuals and leverages, the slope, and by row its change as in `leave_one_out`."""
    run = exposure - exposure.mean()
    squares = float(run @ run)
    estimate = float(run @ outcome) / squares
    residuals = outcome - outcome.mean() - estimate * run
    leverage = 1 / len(run) + run**2 / squares
    if leverage.max() > 1 - LEVERAGE_TOLERANCE:
        raise ValueError(f"the slope hangs on row {int(leverage.argmax())}: all other x are equal")
    return residuals, leverage, estimate, run * residuals / (squares * (1 - leverage))


def _tied(values: Floats) -> float:
    counts = np.unique(values, return_counts=True)[1].astype(float)
    return float((counts * (counts - 1) * (2 * counts + 5)).sum())
