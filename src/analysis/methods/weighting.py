"""Chances of treatment, weights that balance the arms, and differences that use them."""

from __future__ import annotations

import math
from typing import get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import expit, ndtr, stdtr

from analysis.methods.balance import (
    Covariates,
    Estimand,
    Weights,
    effective_sample_size,
    matrix,
    row_weights,
)
from analysis.methods.balance import entropy_balance as entropy_balance
from analysis.methods.standard_errors import quantile, ratio, t_quantile
from analysis.methods.standardised import arms, numbered
from analysis.methods.weighting_results import (
    Link,
    Propensity,
    StackedDifference,
    WeightedDifference,
)

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
# Weights of an arm, their slopes in the coefficients of the chances, and those's influence.
_Arm = tuple[Floats, Floats, Floats]
# Smallest ratio of singular values at which columns, weighted or not, count as independent.
RANK_TOLERANCE = 1e-8
STEPS = 50
# Largest last step of settled coefficients; standard deviations of yes or no taken for nought.
SETTLED = 1e-10
SATURATED = 1e-75


def propensity(covariates: Covariates, treated: ArrayLike, *, link: Link = "logit") -> Propensity:
    """Return each row's chance of being treated, by maximum likelihood in the covariates.

    `converged` is False where covariates separate the arms and the coefficients run off.

    Raises
    ------
    ValueError
        If a value is missing, shapes differ, an arm is empty, columns are constant or linearly
        dependent, or the link is not known.

    References
    ----------
    Rosenbaum, P. R. and Rubin, D. B. (1983). The central role of the propensity score in
    observational studies for causal effects. Biometrika 70, 41-55.
    """
    names, values, given = matrix(covariates, treated)
    design = _design(values)
    beta, converged = _scoring(design, given, link)
    slopes = beta[1:] / values.std(axis=0)
    coefficients = np.concatenate([[beta[0] - slopes @ values.mean(axis=0)], slopes])
    scores = _chance(design @ beta, link)[0]
    return Propensity(scores, ("constant", *names), coefficients, converged, link)


def inverse_probability(
    scores: ArrayLike, treated: ArrayLike, *, estimand: Estimand = "att", normalise: bool = True
) -> Weights:
    """Return weights by which the arms stand for the treated ("att") or for all rows ("ate").

    Normalised, the weights of either arm sum to the number of rows stood for.

    Raises
    ------
    ValueError
        If a score is not between 0 and 1, shapes differ, or the estimand is not known.

    References
    ----------
    Hirano, K., Imbens, G. W. and Ridder, G. (2003). Efficient estimation of average treatment
    effects using the estimated propensity score. Econometrica 71, 1161-1189.
    """
    given, p = arms(treated), np.asarray(scores, dtype=float)
    if p.shape != given.shape or not ((p > 0) & (p < 1)).all():
        raise ValueError(f"scores of shape {p.shape}: expected {len(given)} between 0 and 1")
    weights = _stood(p, estimand) / np.where(given, p, 1 - p)
    if normalise:
        totals = np.where(given, weights[given].sum(), weights[~given].sum())
        weights = weights * _stood(given, estimand).sum() / totals
    effective = effective_sample_size(weights[~given])
    if estimand == "ate":
        effective += effective_sample_size(weights[given])
    return Weights(weights, True, math.nan, effective, estimand)


def weighted_difference(
    y: ArrayLike,
    treated: ArrayLike,
    weights: ArrayLike,
    *,
    clusters: ArrayLike | None = None,
    level: float = 0.95,
) -> WeightedDifference:
    r"""Return the weighted mean of those exposed less that of the others, in the outcome's unit.

    The weights are taken as given, such as those that make the others resemble the exposed. The
    interval allows for rows of one cluster being alike (CR1).

    Parameters
    ----------
    y, treated, weights : arrays of shape (n,)
        Weights on any scale, none negative.
    clusters : array of shape (n,), optional
        A label for each row; may run across arms.

    Raises
    ------
    ValueError
        If a value is missing, shapes differ, or too few rows or clusters have weight.

    Notes
    -----
    .. math:: \hat\tau = \frac{\sum_1 w_i y_i}{\sum_1 w_i} - \frac{\sum_0 w_i y_i}{\sum_0 w_i}

    .. math:: V = \frac{G}{G - 1} \frac{n - 1}{n - 2} \sum_g \left(\sum_{i \in g} q_i e_i\right)^2

    :math:`w_i` is the weight of row :math:`i` of :math:`n` and :math:`y_i` its outcome; the sums
    are over those exposed (1) and over the others (0). :math:`q_i` is the weight over the sum of
    its group's, :math:`e_i` the distance from the group's mean and :math:`g` one of :math:`G`
    clusters. Student's t has :math:`G - 1` degrees of freedom. Without clusters the error is HC1,
    with :math:`n - 2`.

    References
    ----------
    MacKinnon, J. G. and White, H. (1985). Some heteroskedasticity-consistent covariance matrix
      estimators with improved finite sample properties. Journal of Econometrics 29, 305-325.
    Liang, K.-Y. and Zeger, S. L. (1986). Longitudinal data analysis using generalized linear
      models. Biometrika 73, 13-22.
    """
    given = arms(treated)
    outcome, weight = _outcome(y, given), row_weights(weights, given)
    groups = np.arange(len(given)) if clusters is None else numbered(clusters, len(given))
    used = weight > 0
    outcome, given, weight, groups = outcome[used], given[used], weight[used], groups[used]
    n, g = len(outcome), len(np.unique(groups))
    if n < 3 or g < 2:
        raise ValueError(f"{n} rows in {g} clusters have weight: too few for an error")
    totals = np.where(given, weight[given].sum(), weight[~given].sum())
    share = np.where(given, 1, -1) * weight / totals
    means = [float(np.average(outcome[arm], weights=weight[arm])) for arm in (given, ~given)]
    pull = np.bincount(groups, weights=share * (outcome - np.where(given, *means)))
    factor = n / (n - 2) if clusters is None else g / (g - 1) * (n - 1) / (n - 2)
    estimate, error = means[0] - means[1], math.sqrt(factor * float(pull @ pull))
    df = n - 2 if clusters is None else g - 1
    effective = sum(effective_sample_size(weight[arm]) for arm in (given, ~given))
    return WeightedDifference(*_tested(estimate, error, df, n, level), effective)


def ipw_estimate(
    y: ArrayLike,
    covariates: Covariates,
    treated: ArrayLike,
    *,
    estimand: Estimand = "att",
    link: Link = "logit",
    clusters: ArrayLike | None = None,
    level: float = 0.95,
) -> StackedDifference:
    r"""Return the difference from others weighted by how likely they were to be exposed.

    Each row's chance of being exposed is fitted from its baseline characteristics (logit). Others
    count for more, the more they resemble those exposed, and the error holds that of the fit.

    Parameters
    ----------
    y, covariates, treated, link
        As in `propensity`, with its errors.
    estimand
        As in `inverse_probability`, with its errors.

    Raises
    ------
    ValueError
        As in those two, and if the chances did not settle.

    Notes
    -----
    .. math:: \log\left(\frac{p_i}{1 - p_i}\right) = x_i^\top \gamma

    .. math::
        \hat\tau = \frac{1}{n_1} \sum_1 y_i - \frac{\sum_0 w_i y_i}{\sum_0 w_i}, \quad w_i =
        \frac{\hat p_i}{1 - \hat p_i}

    :math:`x_i` are the characteristics of row :math:`i`, :math:`y_i` its outcome; the sums are over
    the :math:`n_1` exposed rows (1) and over the others (0). The estimating equations of chances
    and means are stacked, as in Stata. With clusters, Student's t has one degree of
    freedom less than clusters; else the interval is normal.

    References
    ----------
    Lunceford, J. K. and Davidian, M. (2004). Stratification and weighting via the propensity score
      in estimation of causal treatment effects. Statistics in Medicine 23, 2937-2960.
    """
    values, given = matrix(covariates, treated)[1:]
    outcome, scored = _outcome(y, given), _scored(values, given, link, estimand)
    return _stacked([_weighted(outcome, one) for one in scored], clusters, estimand, level)


def ra_estimate(
    y: ArrayLike,
    covariates: Covariates,
    treated: ArrayLike,
    *,
    estimand: Estimand = "att",
    clusters: ArrayLike | None = None,
    level: float = 0.95,
) -> StackedDifference:
    """Return the mean difference of two regressions, one of each arm, as Stata's teffects ra.

    Raises
    ------
    ValueError
        As in `ipw_estimate`, and if columns are linearly dependent within an arm.
    """
    values, given = matrix(covariates, treated)[1:]
    outcome, stood = _outcome(y, given), _stood(given, estimand)
    means = [_regressed(outcome, values, arm, stood) for arm in (given, ~given)]
    return _stacked(means, clusters, estimand, level)


def aipw_estimate(
    y: ArrayLike,
    covariates: Covariates,
    treated: ArrayLike,
    *,
    score_covariates: Covariates | None = None,
    estimand: Estimand = "att",
    link: Link = "logit",
    clusters: ArrayLike | None = None,
    level: float = 0.95,
) -> StackedDifference:
    """Return `ra_estimate` with its residuals weighted as in `ipw_estimate` added (not normalised).

    Right if either model is. `score_covariates` are those of the chances, the same if left out.

    References
    ----------
    Robins, J. M., Rotnitzky, A. and Zhao, L. P. (1994). Estimation of regression coefficients when
    some regressors are not always observed. Journal of the American Statistical Association 89,
    846-866.
    """
    values, given = matrix(covariates, treated)[1:]
    others = values if score_covariates is None else matrix(score_covariates, treated)[1]
    outcome, stood = _outcome(y, given), _stood(given, estimand)
    first, second = _scored(others, given, link, estimand)
    treated_mean = _regressed(outcome, values, given, stood, first)
    control_mean = _regressed(outcome, values, ~given, stood, second)
    return _stacked([treated_mean, control_mean], clusters, estimand, level)


def _scored(values: Floats, given: Bools, link: Link, estimand: Estimand) -> tuple[_Arm, _Arm]:
    design = _design(values)
    beta, converged = _scoring(design, given, link)
    if not converged:
        raise ValueError("chances of treatment did not settle: covariates separate the arms")
    p, q, density, bend = _chance(design @ beta, link)
    variance, miss = p * q, np.where(given, q, -p)
    curve = density**2 / variance
    curve -= miss * (bend / variance - density**2 * (q - p) / variance**2)
    score = design * (miss * density / variance)[:, None]
    influence = score @ np.asarray(np.linalg.inv((design.T * curve) @ design), dtype=float)
    stood = _stood(p, estimand)
    slope = -density / p**2 if estimand == "ate" else np.zeros(len(p))
    moved = [(design * one[:, None]).T for one in (slope * given, density / q**2 * ~given)]
    return (stood / p * given, moved[0], influence), (stood / q * ~given, moved[1], influence)


def _weighted(outcome: Floats, scored: _Arm) -> tuple[float, Floats]:
    """Return an arm's weighted mean and each row's influence on it."""
    weight, moved, influence = scored
    mean = float(np.average(outcome, weights=weight))
    residuals = outcome - mean
    return mean, (weight * residuals + influence @ (moved @ residuals)) / weight.mean()


def _regressed(
    outcome: Floats, values: Floats, chosen: Bools, stood: Floats, scored: _Arm | None = None
) -> tuple[float, Floats]:
    """Return an arm's regression mean over `stood`, and each row's influence on it."""
    design = _design(values)
    part = _independent(design[chosen])
    fitted = design @ np.linalg.lstsq(part, outcome[chosen], rcond=None)[0]
    residuals = outcome - fitted
    weight = np.zeros(len(outcome)) if scored is None else scored[0]
    total = stood * fitted + weight * residuals
    mean = float(total.sum() / stood.sum())
    pull = np.linalg.solve(part.T @ part, (stood - weight) @ design)
    influence = total - stood * mean + chosen * residuals * (design @ pull)
    if scored is not None:
        influence += scored[2] @ (scored[1] @ residuals)
    return mean, influence / stood.mean()


def _stacked(
    means: list[tuple[float, Floats]],
    clusters: ArrayLike | None,
    estimand: Estimand,
    level: float,
) -> StackedDifference:
    (treated, first), (control, second) = means
    n = len(first)
    codes = np.arange(n) if clusters is None else numbered(clusters, n)
    g = int(codes.max()) + 1
    if g < 2:
        raise ValueError("all rows are in one cluster: no error can be estimated")
    factor, df = (1.0, math.inf) if clusters is None else (g / (g - 1), g - 1.0)
    sums = [np.bincount(codes, weights=one) / n for one in (first - second, second)]
    error, of_control = (math.sqrt(factor * float(one @ one)) for one in sums)
    shared = _tested(treated - control, error, df, n, level)
    return StackedDifference(*shared, control, of_control, estimand)


def _tested(
    estimate: float, error: float, df: float, n: int, level: float
) -> tuple[float, float, float, float, float, float, int, float]:
    reach = (quantile(level) if math.isinf(df) else t_quantile(level, int(df))) * error
    t = ratio(np.array([estimate]), np.array([error]))
    p_value = float(2 * (ndtr(-abs(t[0])) if math.isinf(df) else stdtr(df, -abs(t[0]))))
    return estimate, error, estimate - reach, estimate + reach, p_value, df, n, level


def _outcome(y: ArrayLike, given: Bools) -> Floats:
    outcome = np.asarray(y, dtype=float)
    if outcome.shape != given.shape or not np.isfinite(outcome).all():
        raise ValueError(f"y of shape {outcome.shape}: expected {len(given)} finite numbers")
    return outcome


def _stood(share: Floats | Bools, estimand: Estimand) -> Floats:
    if estimand not in get_args(Estimand):
        raise ValueError(f"estimand {estimand!r} is not one of {', '.join(get_args(Estimand))}")
    return share.astype(float) if estimand == "att" else np.ones(len(share))


def _design(values: Floats) -> Floats:
    scale = values.std(axis=0)
    if not scale.all():
        raise ValueError(f"covariate {int(scale.argmin())} is constant: leave it out")
    centred = (values - values.mean(axis=0)) / scale
    return _independent(np.column_stack([np.ones(len(values)), centred]))


def _independent(design: Floats) -> Floats:
    n, k = design.shape
    if n <= k or np.linalg.cond(design) > 1 / RANK_TOLERANCE:
        raise ValueError(f"{k - 1} covariates are linearly dependent, in all or {n} rows of an arm")
    return design


def _scoring(design: Floats, given: Bools, link: Link) -> tuple[Floats, bool]:
    """Return coefficients by Fisher scoring, and whether they settled."""
    beta = np.zeros(design.shape[1])
    for _ in range(STEPS):
        p, q, density, _ = _chance(design @ beta, link)
        root = np.sqrt(p * q)
        if root.min() < SATURATED:
            break
        weighted, miss = design * (density / root)[:, None], np.where(given, q, -p) / root
        if np.linalg.cond(weighted) > 1 / RANK_TOLERANCE:
            break
        step = np.linalg.lstsq(weighted, miss, rcond=None)[0]
        beta = beta + step
        if np.abs(step).max() < SETTLED:
            return beta, True
    return beta, False


def _chance(linear: Floats, link: Link) -> tuple[Floats, Floats, Floats, Floats]:
    """Return p, 1 - p and the two derivatives of p by the linear predictor."""
    if link not in get_args(Link):
        raise ValueError(f"link {link!r} is not one of {', '.join(get_args(Link))}")
    if link == "logit":
        p, q = expit(linear), expit(-linear)
        return p, q, p * q, p * q * (q - p)
    density = np.exp(-(linear**2) / 2) / math.sqrt(2 * math.pi)
    return ndtr(linear), ndtr(-linear), density, -linear * density
