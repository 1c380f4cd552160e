"""Values of unequal precision drawn towards their mean, and the funnel that chance alone fills."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from analysis.methods.standard_errors import quantile

Floats = NDArray[np.float64]
_LEAST_VALUES = 4
_DOUBLINGS = 200
_HALVINGS = 200


@dataclass(frozen=True, eq=False)
class Shrunken:
    """Values drawn towards their mean; arrays have one entry a value.

    Parameters
    ----------
    values : ndarray of float, shape (k,)
        Posterior means, in the unit of the values given.
    reliability : ndarray of float, shape (k,)
        Weight of a value's own observation, 0 to 1; the mean has the rest.
    mean : float
        Precision-weighted mean, in the unit of the values.
    between_variance : float
        Variance of the true values, in the squared unit; zero where chance explains the spread.
    """

    values: Floats
    reliability: Floats
    mean: float
    between_variance: float


def empirical_bayes(values: ArrayLike, variances: ArrayLike) -> Shrunken:
    r"""Return values drawn towards their mean by their reliability, in their own unit.

    What few pupils show is partly luck. A value's reliability, from zero to one, is the weight that
    its own observation gets; the mean of all gets the rest (empirical Bayes).

    Parameters
    ----------
    values : array_like of float, shape (k,)
        At least four.
    variances : array_like of float, shape (k,)
        Known sampling variances, above zero, in the squared unit of the values.

    Raises
    ------
    ValueError
        If shapes differ, a number is not finite, a variance is not above zero, or k < 4.

    Notes
    -----
    .. math:: \tilde y_i = \mu + r_i (y_i - \mu)

    .. math:: r_i = 1 - \frac{k - 3}{k - 1} \frac{V_i}{V_i + A}

    .. math:: \sum_i \frac{(y_i - \mu)^2}{V_i + A} = k - 1

    :math:`y_i` is value :math:`i` of :math:`k`, :math:`V_i` its chance variance, :math:`\mu` the
    mean with weights :math:`1 / (V_i + A)`, and :math:`A` the variance of the true values that
    solves the last line (Paule and Mandel), or zero where the sum is less without any. Morris'
    factor allows for the estimation of :math:`A` and :math:`\mu`; equal variances give the
    James-Stein estimator.

    References
    ----------
    Morris, C. N. (1983). Parametric empirical Bayes inference: theory and applications. Journal of
      the American Statistical Association 78, 47-55.
    Paule, R. C. and Mandel, J. (1982). Consensus values and weighting factors. Journal of Research
      of the National Bureau of Standards 87, 377-385.
    Efron, B. and Morris, C. (1975). Data analysis using Stein's estimator and its generalizations.
      Journal of the American Statistical Association 70, 311-319.
    """
    observed, noise = _checked(values, variances)
    k = observed.size
    between = _paule_mandel(observed, noise)
    mean = _weighted_mean(observed, noise + between)
    reliability = 1 - (k - 3) / (k - 1) * noise / (noise + between)
    return Shrunken(mean + reliability * (observed - mean), reliability, mean, between)


def percentage_variance(p_pct: ArrayLike, cohort: ArrayLike) -> Floats:
    r"""Return how far chance moves a percentage: its variance, in squared percentage points.

    The fewer the pupils, the more a percentage moves from one year to the next although nothing has
    changed. For a change between years and between groups such variances are added, and the root,
    times the quantile of the interval's level, is how far chance reaches.

    Parameters
    ----------
    p_pct : array_like of float
        Percentages, 0 to 100.
    cohort : array_like of float
        Pupils behind each, at least one.

    Raises
    ------
    ValueError
        If shapes differ, a percentage lies outside 0 to 100, or a cohort is below one.

    Notes
    -----
    .. math:: v = 10^4 \frac{q (1 - q)}{n}

    .. math:: q = \frac{n p + 1 / 2}{n + 1}

    :math:`v` is the variance, :math:`p` the share, :math:`n` the number of pupils, and :math:`q`
    the share drawn towards one half as by half a success and half a failure more (Jeffreys' prior),
    so that nought or all of a cohort has a variance too.

    References
    ----------
    Brown, L. D., Cai, T. T. and DasGupta, A. (2001). Interval estimation for a binomial proportion.
      Statistical Science 16, 101-133 (the correction by Jeffreys' prior).
    """
    percent, pupils = np.asarray(p_pct, dtype=float), _cohorts(cohort)
    if percent.shape != pupils.shape:
        raise ValueError(f"percentages {percent.shape} and cohorts {pupils.shape}: shapes differ")
    if not ((percent >= 0) & (percent <= 100)).all():
        raise ValueError("a percentage lies outside 0 to 100 or is missing")
    share = (pupils * percent / 100 + 0.5) / (pupils + 1)
    return np.asarray(1e4 * share * (1 - share) / pupils)


def funnel_limits(
    cohort: ArrayLike, *, centre: float, sd: float, levels: Sequence[float] = (0.95, 0.998)
) -> pd.DataFrame:
    """Return the limits between which chance alone leaves a value, in its own unit.

    One row a cohort and level, in the order given, with the columns ``cohort``, ``level``,
    ``low`` and ``high``: the centre less and plus the normal quantile times ``sd / sqrt(cohort)``.

    Parameters
    ----------
    cohort : array_like of float, shape (m,)
        Cohort sizes along the funnel.
    centre : float
        Value of a unit with no difference but chance.
    sd : float
        Standard deviation for a cohort of one; a gain between two cohorts of as many pupils has
        the square root of two times that of one cohort.
    levels : sequence of float, optional
        Probabilities of staying inside; two and three standard errors by default.

    Raises
    ------
    ValueError
        If a cohort is below one, `sd` is not above zero, `centre` is not finite, or a level lies
        outside 0 to 1.

    References
    ----------
    Spiegelhalter, D. J. (2005). Funnel plots for comparing institutional performance. Statistics
    in Medicine 24, 1185-1202.
    """
    pupils = np.atleast_1d(_cohorts(cohort))
    if not (np.isfinite(sd) and sd > 0 and np.isfinite(centre)) or not levels:
        raise ValueError(f"sd is {sd}, centre {centre}, levels {levels}: expected sd above zero")
    times = np.array([quantile(level) for level in levels])
    reach = np.outer(sd / np.sqrt(pupils), times).ravel()
    return pd.DataFrame(
        {
            "cohort": np.repeat(pupils, len(times)),
            "level": np.tile(np.asarray(levels, dtype=float), len(pupils)),
            "low": centre - reach,
            "high": centre + reach,
        }
    )


def _paule_mandel(values: Floats, variances: Floats) -> float:
    """Return the root in A of the weighted sum of squares less its degrees of freedom."""

    def excess(between: float) -> float:
        total = variances + between
        return float(((values - _weighted_mean(values, total)) ** 2 / total).sum()) - df

    df = values.size - 1
    if excess(0.0) <= 0:
        return 0.0
    low, high = 0.0, float(np.var(values, ddof=1))
    for _ in range(_DOUBLINGS):
        if excess(high) <= 0:
            break
        high *= 2
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if excess(middle) > 0 else (low, middle)
    return (low + high) / 2


def _weighted_mean(values: Floats, variances: Floats) -> float:
    return float((values / variances).sum() / (1 / variances).sum())


def _checked(values: ArrayLike, variances: ArrayLike) -> tuple[Floats, Floats]:
    observed, noise = np.asarray(values, dtype=float), np.asarray(variances, dtype=float)
    if observed.ndim != 1 or observed.shape != noise.shape:
        raise ValueError(
            f"values {observed.shape} and variances {noise.shape}: expected one length"
        )
    if observed.size < _LEAST_VALUES:
        raise ValueError(f"{observed.size} values: shrinking needs at least {_LEAST_VALUES}")
    if not (np.isfinite(observed).all() and np.isfinite(noise).all() and (noise > 0).all()):
        raise ValueError("values must be finite and variances above zero")
    return observed, noise


def _cohorts(cohort: ArrayLike) -> Floats:
    pupils = np.asarray(cohort, dtype=float)
    if not (np.isfinite(pupils) & (pupils >= 1)).all():
        raise ValueError("a cohort is missing or below one pupil")
    return pupils
