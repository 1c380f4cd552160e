"""Coefficient stability, E-values and what single clusters do to a coefficient."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.methods.association import LEVERAGE_TOLERANCE, RANK_TOLERANCE, fit_ols, quantile

Floats = NDArray[np.float64]
# Log risk ratio per standard deviation of difference, VanderWeele and Ding (2017).
LOG_RATIO_PER_SD = 0.91
# Imaginary part, in standard units, up to which a polynomial's root is real.
REAL = 1e-7
# Share of the observed selection that a solution must keep: one control alone gives one at zero.
DIRECTION = 1e-6


@dataclass(frozen=True)
class Oster:
    """What selection on the unobserved, in proportion to that on the observed, would do.

    `delta` is the ratio of the two at which the coefficient is `beta` (nan if none does it) and
    `adjusted_beta` the coefficient at the ratio `assumed_delta` (nan if no solution keeps the
    direction of selection on the observed). `solutions` are all coefficients that agree with
    that ratio, the nearest to the controlled one first; `approximate_beta` is the linear
    approximation, nan where the controls explain nothing; `r2_max` is assumed.
    """

    delta: float
    adjusted_beta: float
    r2_max: float
    solutions: tuple[float, ...]
    approximate_beta: float
    beta: float
    assumed_delta: float


@dataclass(frozen=True)
class EValue:
    """The risk ratio that a confounder needs with both sides to explain a ratio away.

    `limit` is the same for the end of the interval nearer to 1: 1 where the interval holds 1.
    """

    estimate: float
    limit: float
    ratio: float
    low: float
    high: float


@dataclass(frozen=True, eq=False)
class LeaveOneClusterOut:
    """A coefficient with all clusters and without each in turn, in y per unit of the column.

    `estimates` follows `clusters` (sorted labels); `low` and `high` are its range, and
    `most_influential` the place in both of the cluster whose absence moves it most.
    """

    full: float
    estimates: Floats
    clusters: NDArray[Any]
    low: float
    high: float
    most_influential: int


def oster(
    beta_short: float,
    r2_short: float,
    beta_long: float,
    r2_long: float,
    *,
    r2_max: float,
    variance_outcome: float,
    variance_treatment: float,
    variance_treatment_residual: float,
    delta: float = 1.0,
    beta: float = 0.0,
) -> Oster:
    """Return the ratio of selection that gives `beta`, and the coefficient at the ratio `delta`.

    With b the bias of `beta_long`, D = `beta_short` - `beta_long`, v and u the treatment's
    variance and its residual variance, S and T the outcome's variance times `r2_max` -
    `r2_long` and times `r2_long` - `r2_short`, proportional selection says

        delta (v D + (v - u) b) (S + u b^2) = u b (T + v (D + b)^2 - u b^2),

    a cubic in b, and a quadratic where delta is 1. Of its real solutions those that turn or end
    the selection on the observed are left out (her assumption 3) and the least bias is taken.

    Parameters
    ----------
    beta_short, r2_short, beta_long, r2_long : float
        Coefficient and R2 without the controls, and with them.
    r2_max : float
        R2 with the unobserved included, from `r2_long` to 1.
    variance_outcome, variance_treatment, variance_treatment_residual : float
        Variances of outcome, of treatment, and of what the controls leave of the treatment, all
        with the same divisor. Columns common to both regressions are partialled out of the
        treatment first, for both its variances.
    delta, beta : float
        Assumed ratio of selection; coefficient whose ratio is asked.

    Raises
    ------
    ValueError
        If a number is not finite, 0 <= r2_short <= r2_long <= r2_max <= 1 does not hold, or the
        variances are not in the order outcome > 0, treatment >= residual > 0.

    References
    ----------
    Oster, E. (2019). Unobservable selection and coefficient stability: theory and evidence.
    Journal of Business & Economic Statistics 37, 187-204.
    """
    _check_finite(beta_short, beta_long, delta, beta)
    _check_shares(r2_short, r2_long, r2_max)
    _check_variances(variance_outcome, variance_treatment, variance_treatment_residual)
    unit = float(np.sqrt(variance_outcome / variance_treatment))
    moved = (beta_short - beta_long) / unit
    share = variance_treatment_residual / variance_treatment
    gaps = r2_max - r2_long, r2_long - r2_short
    biases = _biases(moved, share, *gaps, delta)
    floor = DIRECTION * moved**2
    kept = [b for b in biases if moved * (moved + (1 - share) * b) > floor or not moved]
    step = delta * moved * gaps[0]
    return Oster(
        _delta((beta_long - beta) / unit, moved, share, *gaps),
        beta_long - unit * kept[0] if kept else float("nan"),
        r2_max,
        tuple(beta_long - unit * b for b in biases),
        beta_long - unit * step / gaps[1] if gaps[1] > 0 else float("nan"),
        beta,
        delta,
    )


def oster_of(
    y: ArrayLike,
    X: ArrayLike,
    names: Sequence[str],
    treatment: str,
    *,
    common: Sequence[str],
    r2_max: float | None = None,
    delta: float = 1.0,
    beta: float = 0.0,
) -> Oster:
    """Return `oster` of the regressions of y on the treatment without and with the controls.

    Arguments as in `fit_ols` and `oster`, and

    Parameters
    ----------
    common : sequence of str
        Names of the columns in both regressions, the column of ones among them. All others but
        the treatment are the observed controls.
    r2_max : float, optional
        By default 1.3 times the R2 with the controls, at most 1: Oster's rule of thumb.

    Raises ValueError if a name is unknown, no control is left, and as those two do.
    """
    design, outcome = np.asarray(X, dtype=float), np.asarray(y, dtype=float)
    if unknown := sorted({treatment, *common} - set(names)):
        raise ValueError(f"no column is called {', '.join(map(repr, unknown))}")
    if treatment in common or len(set(names)) <= len(set(common)) + 1:
        raise ValueError("common: expected columns other than the treatment, with controls left")
    long = fit_ols(outcome, design, names, covariance="classical")
    own, base = long.names.index(treatment), [long.names.index(name) for name in common]
    short_names = [treatment, *common]
    short = fit_ols(outcome, design[:, [own, *base]], short_names, covariance="classical")
    variances = [
        float(np.mean(partialled_out(design[:, own], design[:, columns]) ** 2))
        for columns in (base, [j for j in range(len(names)) if j != own])
    ]
    ceiling = min(1.0, 1.3 * long.r_squared) if r2_max is None else r2_max
    return oster(
        float(short.estimates[0]),
        short.r_squared,
        float(long.estimates[own]),
        long.r_squared,
        r2_max=ceiling,
        variance_outcome=float(outcome.var()),
        variance_treatment=variances[0],
        variance_treatment_residual=variances[1],
        delta=delta,
        beta=beta,
    )


def e_value(ratio: float, low: float, high: float) -> EValue:
    """Return the risk ratio that a confounder needs with exposure and outcome to explain a ratio.

    `low` and `high` are the ends of the ratio's interval.

    Raises ValueError if 0 < low <= ratio <= high does not hold.

    References
    ----------
    VanderWeele, T. J. and Ding, P. (2017). Sensitivity analysis in observational research:
    introducing the E-value. Annals of Internal Medicine 167, 268-274.
    """
    if not 0 < low <= ratio <= high < np.inf:
        raise ValueError(f"found {ratio} ({low} to {high}): expected 0 < low <= ratio <= high")
    nearer = low if low > 1 else high if high < 1 else 1.0
    return EValue(_explaining(ratio), _explaining(nearer), ratio, low, high)


def e_value_difference(g: float, standard_error: float, *, level: float = 0.95) -> EValue:
    """Return the `e_value` of a standardised difference, taken as the risk ratio exp(0.91 g).

    `g` and its standard error are in standard deviations of the outcome.

    Raises ValueError if a number is not finite or the standard error is negative.
    """
    if not (np.isfinite(g) and 0 <= standard_error < np.inf):
        raise ValueError(f"found g = {g}, standard error {standard_error}: expected numbers, >= 0")
    reach = quantile(level) * standard_error
    ends = np.exp(LOG_RATIO_PER_SD * np.array([g, g - reach, g + reach]))
    return e_value(*ends.tolist())


def leave_one_cluster_out(
    y: ArrayLike,
    X: ArrayLike,
    which: int,
    clusters: ArrayLike,
    *,
    weights: ArrayLike | None = None,
) -> LeaveOneClusterOut:
    """Return the coefficient of column `which` without each cluster in turn, in y per its unit.

    No regression is run again. With r the column's residual on the others, e the residuals of
    y, both of the full fit, and H the hat matrix, leaving out cluster g takes from the coefficient
    r_g' z / r'r, where (I - H_gg) z = e_g. A control that only one cluster has, such as its own
    intercept, leaves with it.

    Parameters
    ----------
    y, X : arrays of shape (n,) and (n, k)
    which : int
        Column of the coefficient.
    clusters : array of shape (n,)
        Labels that can be sorted, none missing.
    weights : array of shape (n,), optional

    Raises
    ------
    ValueError
        As in `fit_ols`; if there is one cluster, a label is missing, a weight is not above zero,
        `which` is no column, or one cluster alone carries the coefficient.

    References
    ----------
    Belsley, D. A., Kuh, E. and Welsch, R. E. (1980). Regression Diagnostics. Wiley (deletion of
    sets of rows). MacKinnon, J. G., Nielsen, M. O. and Webb, M. D. (2023). Fast and reliable
    jackknife and bootstrap methods for cluster-robust inference. Journal of Applied Econometrics
    38, 671-694.
    """
    design, outcome = weighted(y, X, weights)
    n, k = design.shape
    if not -k <= which < k:
        raise ValueError(f"found column {which}: expected one of {k}")
    labels, place = _labels(clusters, n)
    fit = fit_ols(outcome, design, list(map(str, range(k))), covariance="classical")
    own = partialled_out(design[:, which], np.delete(design, which, axis=1))
    basis = np.linalg.qr(design / np.linalg.norm(design, axis=0))[0]
    order = np.argsort(place, kind="stable")
    blocks = np.split(order, np.cumsum(np.bincount(place))[:-1])
    total = float(own @ own)
    changes = [
        _taken(own[rows], fit.residuals[rows], basis[rows], total, label)
        for rows, label in zip(blocks, labels, strict=True)
    ]
    full = float(fit.estimates[which])
    estimates = full - np.array(changes)
    worst = int(np.argmax(np.abs(changes)))
    return LeaveOneClusterOut(
        full, estimates, labels, float(estimates.min()), float(estimates.max()), worst
    )


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


def _labels(clusters: ArrayLike, n: int) -> tuple[NDArray[Any], NDArray[np.intp]]:
    """Return the sorted labels and each row's place among them."""
    given = np.asarray(clusters)
    if given.shape != (n,):
        raise ValueError(f"clusters of shape {given.shape}: expected {n} labels")
    if any(label is None or label != label for label in given.tolist()):
        raise ValueError("a row has no cluster: form the sample, and count it, beforehand")
    labels, place = np.unique(given, return_inverse=True)
    if len(labels) < 2:
        raise ValueError("all rows are in one cluster: expected two clusters or more")
    return labels, place


def _taken(own: Floats, residuals: Floats, basis: Floats, total: float, label: Any) -> float:
    """Return what leaving out one cluster takes from the coefficient."""
    left, sizes, _ = np.linalg.svd(basis, full_matrices=False)
    free = 1 - sizes**2
    gone = free < LEVERAGE_TOLERANCE
    weight = left.T @ own
    if (np.abs(weight[gone]) > np.sqrt(LEVERAGE_TOLERANCE * total)).any():
        raise ValueError(f"without cluster {label} the other rows do not hold the coefficient")
    gain = np.divide(sizes**2, free, out=np.zeros_like(free), where=~gone)
    return float(own @ residuals + weight @ (gain * (left.T @ residuals))) / total


def _explaining(ratio: float) -> float:
    away = max(ratio, 1 / ratio)
    return float(away + np.sqrt(away * (away - 1)))


def _biases(moved: float, share: float, unseen: float, seen: float, delta: float) -> list[float]:
    """Return the real biases that agree with delta, least first, in standard units."""
    cubic = (delta - 1) * share * (1 - share)
    square = (delta - 2) * share * moved
    linear = delta * (1 - share) * unseen - share * (seen + moved**2)
    roots = np.roots([cubic, square, linear, delta * moved * unseen])
    real = roots.real[np.abs(roots.imag) <= REAL * (1 + np.abs(roots.real))]
    return sorted(real.tolist(), key=abs)


def _delta(bias: float, moved: float, share: float, unseen: float, seen: float) -> float:
    """Return the ratio of selection at which the bias is this one, in standard units."""
    above = share * bias * (seen + (moved + bias) ** 2 - share * bias**2)
    below = (moved + (1 - share) * bias) * (unseen + share * bias**2)
    return above / below if below else float("nan")


def _check_finite(*given: float) -> None:
    if not np.isfinite(given).all():
        raise ValueError(f"found {given}: expected finite coefficients and delta")


def _check_shares(short: float, long: float, most: float) -> None:
    if not 0 <= short <= long <= most <= 1:
        raise ValueError(
            f"R2 are {short:.6g}, {long:.6g}, {most:.6g}: expected 0 <= short <= long <= max <= 1"
        )


def _check_variances(outcome: float, treatment: float, residual: float) -> None:
    if not (0 < outcome < np.inf and 0 < residual <= treatment < np.inf):
        raise ValueError(
            f"variances are outcome {outcome}, treatment {treatment}, residual {residual}: "
            "expected outcome > 0, treatment >= residual > 0"
        )
