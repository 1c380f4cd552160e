"""Nearest-neighbour matching with replacement, and the error of what it finds."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.linalg import solve_triangular
from scipy.spatial.distance import cdist
from scipy.special import ndtr

from analysis.methods.balance import Covariates, Estimand, matrix
from analysis.methods.standard_errors import quantile, ratio

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Rows = NDArray[np.intp]
Metric = Literal["mahalanobis", "inverse_variance", "propensity"]
# Distances, in standard deviations, this close are tied: the square root of double precision.
TIE = math.sqrt(np.finfo(float).eps)
# Smallest eigenvalue of a correlation matrix at which columns still count as independent.
RANK_TOLERANCE = 1e-10
# Distances held at once, 16 MB.
CELLS = 2_000_000


@dataclass(frozen=True, eq=False)
class Matched:
    """A mean difference between rows and their matches, in units of y.

    `n` counts rows, `n_treated` those treated; `times_used`, of length n, is how often each was a
    match, shared among ties; `pairs`, of shape (m, 2), holds the numbers of a row and its match.
    """

    estimate: float
    standard_error: float
    low: float
    high: float
    p_value: float
    n: int
    n_treated: int
    times_used: Floats
    pairs: Rows
    level: float
    estimand: Estimand


def match_nearest(
    covariates: Covariates,
    treated: ArrayLike,
    y: ArrayLike,
    *,
    n_matches: int = 1,
    exact: pd.DataFrame | ArrayLike | None = None,
    metric: Metric = "mahalanobis",
    scores: ArrayLike | None = None,
    bias_adjust: bool | Collection[str] = False,
    estimand: Estimand = "att",
    variance_matches: int = 2,
    level: float = 0.95,
) -> Matched:
    r"""Return the mean difference of exposed rows from their nearest others, in the outcome's unit.

    Each row that is exposed is compared with the mean of a few that are not and resemble it most in
    the baseline characteristics. A row may serve more than once, and all at the same distance as
    the last are used.

    Parameters
    ----------
    covariates : DataFrame or array of shape (n, k)
    treated : array of bool (or 0 and 1), shape (n,)
    y : array of shape (n,)
    n_matches : int
        Nearest rows of the other arm averaged, and all at the same distance as the last.
    exact : array of shape (n,) or (n, q), or DataFrame, optional
        Labels that a match must share. Neighbours for the variance share them where they can.
    metric : {"mahalanobis", "inverse_variance", "propensity"}
        Distance in the covariates, by the covariance or the variances of all rows, or in `scores`.
    scores : array of shape (n,), optional
        For the metric "propensity", and only for it.
    bias_adjust : bool or collection of str
        Whether, or by which covariates, matches are moved along a regression of the other arm's
        matched rows to where the row is that they are matched to.
    estimand : {"att", "ate"}
        Whether the treated alone are matched, or the controls to the treated as well.
    variance_matches : int
        Nearest rows of the same arm, and their ties, whose variance with the row's own is taken.

    Raises
    ------
    ValueError
        If a value is missing, shapes differ, covariates are constant or linearly dependent, a row
        has too few rows to be matched to, or arguments do not go together.

    Notes
    -----
    .. math:: \hat\tau = \frac{1}{n_1} \sum_i \left(y_i - \frac{1}{M_i} \sum_{j \in N_i} y_j\right)

    .. math::
        V = \frac{1}{n_1^2} \left(\sum_i (\hat\tau_i - \hat\tau)^2 + \sum_j \left(k_j^2 - q_j\right)
        \hat\sigma_j^2\right)

    The sum goes over the :math:`n_1` exposed rows :math:`i`, :math:`N_i` are the :math:`M_i` rows
    matched to :math:`i`, nearest by Mahalanobis' distance, and :math:`\hat\tau_i` is the bracket
    above. Row :math:`j` is used with shares that add up to :math:`k_j` and squared to :math:`q_j`,
    and :math:`\hat\sigma_j^2` is the outcome's variance among the rows nearest to it in its own
    group. :math:`V` is the variance; the interval is normal.

    References
    ----------
    Abadie, A. and Imbens, G. W. (2006). Large sample properties of matching estimators for average
      treatment effects. Econometrica 74, 235-267.
    Abadie, A. and Imbens, G. W. (2011). Bias-corrected matching estimators for average treatment
      effects. Journal of Business and Economic Statistics 29, 1-11.
    """
    names, values, given = matrix(covariates, treated)
    outcome, strata = _outcome(y, given), _strata(exact, len(given))
    _require(n_matches, variance_matches, estimand)
    adjusted, points = values[:, _chosen(names, bias_adjust)], _points(values, metric, scores)
    pairs = _pairs(points, given, strata, n_matches, estimand)
    share = 1 / np.bincount(pairs[:, 0], minlength=len(given))[pairs[:, 0]]
    used = _summed(pairs[:, 1], share, len(given))
    offered = outcome[pairs[:, 1]] + _moved(adjusted, outcome, given, used, pairs)
    gaps = outcome - _summed(pairs[:, 0], share * offered, len(given))
    counted = gaps[given] if estimand == "att" else np.where(given, gaps, -gaps)
    estimate = float(counted.mean())
    pull = used**2 - _summed(pairs[:, 1], share**2, len(given))
    if estimand == "ate":
        pull += 2 * used
    spread = _variances(outcome, points, given, strata, np.flatnonzero(pull), variance_matches)
    total = float(((counted - estimate) ** 2).sum()) + float(pull[pull != 0] @ spread)
    error = math.sqrt(total) / len(counted)
    tested = _tested(estimate, error, level)
    return Matched(*tested, len(given), int(given.sum()), used, pairs, level, estimand)


def _tested(
    estimate: float, error: float, level: float
) -> tuple[float, float, float, float, float]:
    reach, z = quantile(level) * error, ratio(np.array([estimate]), np.array([error]))[0]
    return estimate, error, estimate - reach, estimate + reach, float(2 * ndtr(-abs(z)))


def _outcome(y: ArrayLike, given: Bools) -> Floats:
    outcome = np.asarray(y, dtype=float)
    if outcome.shape != given.shape or not np.isfinite(outcome).all():
        raise ValueError(f"y of shape {outcome.shape}: expected {len(given)} finite numbers")
    return outcome


def _require(n_matches: int, variance_matches: int, estimand: Estimand) -> None:
    if min(n_matches, variance_matches) < 1:
        raise ValueError(f"{n_matches} matches, {variance_matches} for the variance: expected some")
    if estimand not in get_args(Estimand):
        raise ValueError(f"estimand {estimand!r} is not one of {', '.join(get_args(Estimand))}")


def _strata(exact: pd.DataFrame | ArrayLike | None, n: int) -> Rows:
    """Return a number for each row, the same where all labels are."""
    if exact is None:
        return np.zeros(n, dtype=np.intp)
    frame = pd.DataFrame(exact if isinstance(exact, pd.DataFrame) else np.asarray(exact))
    if len(frame) != n or frame.isna().to_numpy().any():
        raise ValueError(f"exact has {len(frame)} rows of labels: expected {n}, none missing")
    numbers = frame.groupby(list(frame.columns), sort=False).ngroup()
    return numbers.to_numpy(dtype=np.intp)


def _chosen(names: tuple[str, ...], bias_adjust: bool | Collection[str]) -> Rows:
    """Return the numbers of the covariates whose differences are adjusted for."""
    if isinstance(bias_adjust, bool):
        return np.arange(len(names) if bias_adjust else 0)
    wanted = [bias_adjust] if isinstance(bias_adjust, str) else list(bias_adjust)
    unknown = sorted(set(wanted) - set(names))
    if unknown:
        raise ValueError(f"{', '.join(unknown)}: no covariates to adjust for")
    return np.array([names.index(name) for name in wanted], dtype=np.intp)


def _points(values: Floats, metric: Metric, scores: ArrayLike | None) -> Floats:
    """Return coordinates whose plain distances are those of the metric."""
    if metric not in get_args(Metric):
        raise ValueError(f"metric {metric!r} is not one of {', '.join(get_args(Metric))}")
    if (metric == "propensity") != (scores is not None):
        raise ValueError(f"metric {metric!r}: scores are given for 'propensity' alone, and then")
    if scores is not None:
        score = np.asarray(scores, dtype=float)
        if score.shape != (len(values),) or not np.isfinite(score).all():
            raise ValueError(f"scores of shape {score.shape}: expected {len(values)} numbers")
        return score[:, None]
    scale = values.std(axis=0, ddof=1)
    if not scale.all():
        raise ValueError(f"covariate {int(scale.argmin())} is constant: leave it out")
    standard = (values - values.mean(axis=0)) / scale
    return standard if metric == "inverse_variance" else _whitened(standard)


def _whitened(standard: Floats) -> Floats:
    correlation = standard.T @ standard / (len(standard) - 1)
    if np.linalg.eigvalsh(correlation)[0] < RANK_TOLERANCE:
        raise ValueError("covariates are linearly dependent: leave one out")
    factor = np.linalg.cholesky(correlation)
    return np.asarray(solve_triangular(factor, standard.T, lower=True), dtype=float).T


def _pairs(points: Floats, given: Bools, strata: Rows, k: int, estimand: Estimand) -> Rows:
    """Return the numbers of each row to be matched, in order, and of each of its matches."""
    rows, found = np.arange(len(given)), []
    for side in [given] if estimand == "att" else [given, ~given]:
        for part, distance in _distances(points, rows[side], rows[~side]):
            distance[strata[part][:, None] != strata[~side]] = np.inf
            few = (np.isfinite(distance).sum(axis=1) < k).sum()
            if few:
                raise ValueError(
                    f"{few} rows have fewer than {k} to be matched to, labels the same"
                )
            found.append(_nearest(part, rows[~side], distance, k))
    return np.concatenate(found)


def _distances(points: Floats, rows: Rows, others: Rows) -> Iterator[tuple[Rows, Floats]]:
    """Yield some rows at a time with their distances from the others."""
    size = max(1, CELLS // len(others))
    for first in range(0, len(rows), size):
        part = rows[first : first + size]
        yield part, cdist(points[part], points[others])


def _nearest(part: Rows, others: Rows, distance: Floats, k: int) -> Rows:
    last = np.partition(distance, k - 1, axis=1)[:, k - 1]
    row, other = np.nonzero(distance <= last[:, None] + TIE)
    return np.column_stack([part[row], others[other]])


def _moved(adjusted: Floats, outcome: Floats, given: Bools, used: Floats, pairs: Rows) -> Floats:
    """Return what a regression adds to each match's outcome to be where its row is."""
    moved = np.zeros(len(pairs))
    for arm in (given, ~given):
        fitted = arm & (used > 0)
        if adjusted.shape[1] == 0 or not fitted.any():
            continue
        centre = adjusted[fitted].mean(axis=0)
        root = np.sqrt(used[fitted])[:, None]
        design = np.column_stack([np.ones(int(fitted.sum())), adjusted[fitted] - centre]) * root
        slope = np.linalg.lstsq(design, outcome[fitted] * root[:, 0], rcond=None)[0][1:]
        here = arm[pairs[:, 1]]
        moved[here] = (adjusted[pairs[here, 0]] - adjusted[pairs[here, 1]]) @ slope
    return moved


def _variances(
    outcome: Floats, points: Floats, given: Bools, strata: Rows, wanted: Rows, k: int
) -> Floats:
    """Return the variance of y about each wanted row, from its k nearest of the same arm."""
    variances, rows = np.zeros(len(given)), np.arange(len(given))
    beyond = 1 + 2 * float(np.abs(points).sum(axis=1).max())
    for arm in (given, ~given):
        needed = wanted[arm[wanted]]
        if len(needed) and arm.sum() <= k:
            raise ValueError(f"{arm.sum()} rows in an arm: the variance needs {k + 1}")
        for part, distance in _distances(points, needed, rows[arm]):
            distance += beyond * (strata[part][:, None] != strata[arm])
            distance[part[:, None] == rows[arm]] = 0.0
            near = _nearest(part, rows[arm], distance, k + 1)
            variances[part] = _within(outcome, near)[part]
    return variances[wanted]


def _within(outcome: Floats, near: Rows) -> Floats:
    """Return the variance over n - 1 of the second column's outcomes, by row of the first."""
    row, values, n = near[:, 0], outcome[near[:, 1]], len(outcome)
    count = np.maximum(np.bincount(row, minlength=n), 1)
    centred = values - (_summed(row, values, n) / count)[row]
    return _summed(row, centred**2, n) / np.maximum(count - 1, 1)


def _summed(rows: Rows, values: Floats, n: int) -> Floats:
    return np.asarray(np.bincount(rows, weights=values, minlength=n), dtype=float)
