"""Least squares, Theil-Sen and what single rows do to a slope."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtri, stdtr, stdtrit

Floats = NDArray[np.float64]
Covariance = Literal["classical", "HC0", "HC1", "HC2", "HC3"]
COVARIANCES: tuple[str, ...] = get_args(Covariance)
# Smallest ratio of singular values, columns scaled to length one, at which they still count as
# independent: four digits are left in double precision.
RANK_TOLERANCE = 1e-12
# A leverage this close to one is one: the row is fitted exactly, whatever its outcome.
LEVERAGE_TOLERANCE = 1e-10


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


@dataclass(frozen=True, eq=False)
class Influence:
    """What each row does to a straight line; every array has one entry a row."""

    leverage: Floats
    cooks_distance: Floats
    dfbeta: Floats
    studentized_residuals: Floats


def fit_ols(
    y: ArrayLike,
    X: ArrayLike,
    names: Sequence[str],
    *,
    level: float = 0.95,
    covariance: Covariance = "HC3",
) -> Fit:
    """Return the least-squares fit of y on the columns of X, estimates in units of y per column.

    Solved by Householder QR with columns scaled to length one. Intervals and two-sided
    p-values use Student's t with n - k degrees of freedom, also for the HC covariances.
    `r_squared` is about the mean if the columns of X span a constant, else about zero.

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

    References
    ----------
    MacKinnon, J. G. and White, H. (1985). Some heteroskedasticity-consistent covariance matrix
    estimators with improved finite sample properties. Journal of Econometrics 29, 305-325.
    Long, J. S. and Ervin, L. H. (2000). Using heteroscedasticity consistent standard errors in
    the linear regression model. The American Statistician 54, 217-224.
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
    """Return the least-squares slope of y on x, in units of y per unit of x, with its interval.

    Parameters and errors as in `fit_ols`; x and y have shape (n,), n of at least 3.
    """
    exposure, outcome = _pair(x, y)
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
    exposure, outcome = _pair(x, y)
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
    """Return the median slope over all pairs of rows, in units of y per unit of x.

    The interval is Sen's: two order statistics of the pairwise slopes, chosen by the normal
    approximation to Kendall's S with the variance corrected for ties in x and in y. All pairs
    are held at once: 5,000 rows take about 0.6 GB.

    Raises
    ------
    ValueError
        If shapes differ, a number is not finite, n < 3, or all x are equal.

    References
    ----------
    Sen, P. K. (1968). Estimates of the regression coefficient based on Kendall's tau. Journal of
    the American Statistical Association 63, 1379-1389.
    """
    exposure, outcome = _pair(x, y)
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
    """Return the slopes of y on x without each row in turn, in units of y per unit of x.

    `low` and `high` are their range; `most_influential` is the index of the row whose absence
    moves the slope most.

    Raises
    ------
    ValueError
        As in `slope`, and if the slope hangs on one row alone, all other x being equal.
    """
    exposure, outcome = _pair(x, y)
    full, change = _line(exposure, outcome)[2:]
    estimates = full - change
    worst = int(np.argmax(np.abs(change)))
    return LeaveOneOut(full, estimates, float(estimates.min()), float(estimates.max()), worst)


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
    exposure, outcome = _pair(x, y, least=4)
    n = len(exposure)
    residuals, leverage, _, dfbeta = _line(exposure, outcome)
    square = residuals**2 / (1 - leverage)
    total = float(residuals @ residuals)
    cooks = ratio(square * leverage / (1 - leverage) * (n - 2), np.full(n, 2 * total))
    remaining = np.maximum(total - square, 0.0) * (1 - leverage) / (n - 3)
    return Influence(leverage, cooks, dfbeta, ratio(residuals, np.sqrt(remaining)))


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


def _pair(x: ArrayLike, y: ArrayLike, *, least: int = 3) -> tuple[Floats, Floats]:
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


def _line(exposure: Floats, outcome: Floats) -> tuple[Floats, Floats, float, Floats]:
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
