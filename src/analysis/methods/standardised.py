"""Differences between two arms in standard deviations, and in months of progress."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.special import gammaln

from analysis.methods.standard_errors import quantile, t_quantile

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Codes = NDArray[np.intp]
COX = 1.65
# Lower ends, in standard deviations to two decimals, of one month to twelve.
MONTHS_FROM = (0.05, 0.10, 0.19, 0.27, 0.36, 0.45, 0.53, 0.62, 0.70, 0.79, 0.88, 0.96)
# A value this close to a half hundredth is one: doubles hold few decimals exactly.
HALF = 1e-9


@dataclass(frozen=True)
class Standardised:
    """A difference, treated less control, in standard deviations, with its interval."""

    estimate: float
    standard_error: float
    low: float
    high: float
    level: float
    n_treated: int
    n_control: int


@dataclass(frozen=True)
class ClusteredStandardised(Standardised):
    """A `Standardised` difference with what the clusters did to it."""

    n_clusters: int
    intra_cluster_correlation: float


def hedges_g(
    treated_values: ArrayLike, control_values: ArrayLike, *, level: float = 0.95
) -> Standardised:
    """Return Hedges' g, treated less control, in pooled standard deviations.

    The interval is g plus and minus Student's t with n - 2 degrees of freedom times the error.

    Raises
    ------
    ValueError
        If an arm has fewer than two values, a value is missing, or no value differs within an arm.

    References
    ----------
    Hedges, L. V. (1981). Distribution theory for Glass's estimator of effect size and related
    estimators. Journal of Educational Statistics 6, 107-128.
    Borenstein, M., Hedges, L. V., Higgins, J. P. T. and Rothstein, H. R. (2009). Introduction to
    Meta-Analysis, Wiley, pp. 26-28.
    """
    first, second = _values(treated_values, "treated"), _values(control_values, "control")
    n_first, n_second = len(first), len(second)
    df = n_first + n_second - 2
    squares = (n_first - 1) * first.var(ddof=1) + (n_second - 1) * second.var(ddof=1)
    spread = _spread(math.sqrt(squares / df))
    difference = float(first.mean() - second.mean()) / spread
    variance = 1 / n_first + 1 / n_second + difference**2 / (2 * (n_first + n_second))
    shrink = small_sample_correction(df)
    error = shrink * math.sqrt(variance)
    estimate = shrink * difference
    reach = t_quantile(level, df) * error
    return Standardised(
        estimate, error, estimate - reach, estimate + reach, level, n_first, n_second
    )


def from_difference(
    difference: float,
    standard_error: float,
    total_sd: float,
    n_treated: int,
    n_control: int,
    *,
    level: float = 0.95,
    df: float | None = None,
) -> Standardised:
    r"""Return a difference in total standard deviations, with its own error on the same scale.

    The difference is divided by the spread of the outcome among all units, adjusted for nothing,
    and corrected for small samples (Hedges' g). The interval leaves out zero exactly when that of
    the difference does; the spread's own uncertainty is not added.

    Parameters
    ----------
    difference, standard_error : float
        In units of the outcome, from a model or not; shrunk as in `hedges_g`.
    total_sd : float
        Of the outcome between all units, adjusted for nothing: not a residual one.
    n_treated, n_control : int
        Units behind `total_sd` (of their number less two is the correction made).
    df : float, optional
        Degrees of freedom of the standard error; normal if left out.

    Raises
    ------
    ValueError
        If a number is not finite, the error is negative, `total_sd` is not above zero, or an arm
        is empty.

    Notes
    -----
    .. math:: g = J\, \frac{d}{s}

    .. math:: J = \frac{\Gamma(\nu / 2)}{\sqrt{\nu / 2}\, \Gamma((\nu - 1) / 2)}

    :math:`d` is the difference, :math:`s` the total standard deviation, and :math:`\nu` the number
    of units less two. The error is divided and corrected alike.

    References
    ----------
    Hedges, L. V. (1981). Distribution theory for Glass's estimator of effect size and related
      estimators. Journal of Educational Statistics 6, 107-128 (the correction).
    Education Endowment Foundation (2022). Statistical analysis guidance for EEF evaluations
      (unconditional total variance as the denominator).
    """
    if not (math.isfinite(difference) and math.isfinite(standard_error) and standard_error >= 0):
        raise ValueError(f"difference {difference} with error {standard_error}: expected numbers")
    if min(n_treated, n_control) < 1:
        raise ValueError(f"{n_treated} treated and {n_control} control: expected some of each")
    scale = small_sample_correction(n_treated + n_control - 2) / _spread(total_sd)
    estimate, error = difference * scale, standard_error * scale
    reach = (quantile(level) if df is None else _t(level, df)) * error
    return Standardised(
        estimate, error, estimate - reach, estimate + reach, level, n_treated, n_control
    )


def clustered_g(
    y: ArrayLike, treated: ArrayLike, clusters: ArrayLike, *, level: float = 0.95
) -> ClusteredStandardised:
    """Return Hedges' g on the total variance of clustered rows, in standard deviations.

    Whole clusters are treated or not, and may differ in size. The intra-cluster correlation is
    that of the analysis of variance pooled within arms, taken as zero where it comes out below.
    The interval uses Student's t with two degrees of freedom fewer than clusters: wider than the
    normal one of the paper, as the correlation is estimated from the same clusters.

    Parameters
    ----------
    y : array of shape (n,)
    treated : array of bool (or 0 and 1), shape (n,)
    clusters : array of shape (n,)
        A label for each row.

    Raises
    ------
    ValueError
        If shapes differ, a value is missing, a cluster is in both arms, an arm has fewer than two
        clusters, no cluster has two rows, or y does not vary.

    References
    ----------
    Hedges, L. V. (2007). Effect sizes in cluster-randomized designs. Journal of Educational and
    Behavioral Statistics 32, 341-370.
    """
    given = arms(treated)
    outcome, codes = _values(y, "y"), numbered(clusters, len(given))
    if outcome.shape != given.shape:
        raise ValueError(f"y has {len(outcome)} rows, treated {len(given)}")
    sizes = _sizes(codes, given)
    total, correlation = _total_and_correlation(outcome, given, codes)
    first, second = (int(size.sum()) for size in sizes)
    difference = float(outcome[given].mean() - outcome[~given].mean()) / _spread(total)
    shrink, sampling, curvature, freedom = _hedges_2007(sizes, correlation)
    d = difference * shrink
    error = math.sqrt(sampling + curvature * d**2)
    correction = small_sample_correction(freedom)
    estimate, error = correction * d, correction * error
    n_clusters = sum(len(size) for size in sizes)
    reach = t_quantile(level, n_clusters - 2) * error
    low, high = estimate - reach, estimate + reach
    return ClusteredStandardised(
        estimate, error, low, high, level, first, second, n_clusters, correlation
    )


def cox_index(p_treated: float, p_control: float) -> float:
    """Return the difference of two shares, treated less control, in standard deviations.

    The logarithm of the odds ratio over 1.65: on the scale of `hedges_g`.

    Raises
    ------
    ValueError
        If a share does not lie between 0 and 1, both left out.

    References
    ----------
    Cox, D. R. (1970). Analysis of Binary Data. Chapman and Hall.
    Sanchez-Meca, J., Marin-Martinez, F. and Chacon-Moscoso, S. (2003). Effect-size indices for
    dichotomized outcomes in meta-analysis. Psychological Methods 8, 448-467.
    """
    if not (0 < p_treated < 1 and 0 < p_control < 1):
        raise ValueError(f"shares {p_treated} and {p_control}: expected both between 0 and 1")
    odds = math.log(p_treated / (1 - p_treated)) - math.log(p_control / (1 - p_control))
    return odds / COX


def months_of_progress(g: float, *, pupil_level: bool) -> int:
    """Return a difference in standard deviations as months of progress, negative for less.

    Read off the table that the Education Endowment Foundation uses in reports of trials, with the
    difference rounded to two decimals, halves away from zero. Beyond one standard deviation the
    table ends, and twelve months are given. It is made for standard deviations of pupils, and for
    no other.

    Parameters
    ----------
    g : float
    pupil_level : bool
        Whether the standard deviation is that of pupils; the table is made for no other.

    Raises
    ------
    ValueError
        If the standard deviation is not that of pupils, or g is not finite.

    References
    ----------
    Education Endowment Foundation (2021). The EEF's months of additional progress measure.
    Higgins, S. et al. (2016). The Sutton Trust-EEF Teaching and Learning Toolkit: Technical
      Appendices.
    """
    if not pupil_level:
        raise ValueError(
            "months of progress need the standard deviation of pupils' own results; that of school "
            "averages is several times smaller and would overstate the months"
        )
    if not math.isfinite(g):
        raise ValueError(f"g is {g}: expected a finite number")
    rounded = math.floor(100 * abs(g) + 0.5 + HALF) / 100
    months = sum(rounded >= start for start in MONTHS_FROM)
    return months if g >= 0 else -months


def small_sample_correction(df: float) -> float:
    """Return Hedges' factor by which a standardised difference is shrunk, exactly.

    Raises
    ------
    ValueError
        If there is no more than one degree of freedom.

    References
    ----------
    Hedges, L. V. (1981). Distribution theory for Glass's estimator of effect size and related
    estimators. Journal of Educational Statistics 6, 107-128, equation 6e.
    """
    if not df > 1:
        raise ValueError(f"{df} degrees of freedom: more than one is needed")
    return math.exp(float(gammaln(df / 2) - gammaln((df - 1) / 2))) / math.sqrt(df / 2)


def arms(treated: ArrayLike) -> Bools:
    """Return which rows are treated, as `hedges_g` and its like compare them.

    Raises
    ------
    ValueError
        If the array is not one of yes and no, or an arm is empty.
    """
    given = np.asarray(treated)
    if given.ndim != 1 or not np.isin(given, (0, 1)).all():
        raise ValueError("treated must be yes or no (1 or 0) for each row")
    chosen = given.astype(bool)
    if chosen.all() or not chosen.any():
        raise ValueError(f"{chosen.sum()} of {len(chosen)} rows are treated: both arms are needed")
    return chosen


def numbered(clusters: ArrayLike, n: int) -> Codes:
    """Return the clusters numbered from 0 in order of appearance, as `clustered_g` takes them.

    Raises
    ------
    ValueError
        If there is not one label for each of the n rows.
    """
    labels = np.asarray(clusters)
    if labels.shape != (n,):
        raise ValueError(f"clusters have shape {labels.shape}, {n} rows")
    codes, _ = pd.factorize(labels)
    if (codes < 0).any():
        raise ValueError(f"{int((codes < 0).sum())} rows have no cluster")
    return codes


def _values(given: ArrayLike, name: str) -> Floats:
    values = np.asarray(given, dtype=float)
    if values.ndim != 1 or len(values) < 2 or not np.isfinite(values).all():
        raise ValueError(f"{name}: expected two or more finite numbers in one dimension")
    return values


def _spread(sd: float) -> float:
    if not (math.isfinite(sd) and sd > 0):
        raise ValueError(f"the standard deviation is {sd}: expected one above zero")
    return sd


def _t(level: float, df: float) -> float:
    if not df > 0:
        raise ValueError(f"{df} degrees of freedom: expected more than none")
    return t_quantile(level, df)  # type: ignore[arg-type]


def _sizes(codes: Codes, given: Bools) -> tuple[Floats, Floats]:
    rows = np.bincount(codes)
    chosen = np.bincount(codes, weights=given)
    mixed = int(((chosen > 0) & (chosen < rows)).sum())
    if mixed:
        raise ValueError(f"{mixed} clusters are in both arms")
    first, second = rows[chosen > 0].astype(float), rows[chosen == 0].astype(float)
    if min(len(first), len(second)) < 2 or rows.max() < 2:
        raise ValueError(
            f"{len(first)} treated and {len(second)} control clusters, the largest with "
            f"{rows.max()} rows: expected two clusters or more in each arm, and two rows in one"
        )
    return first, second


def _total_and_correlation(outcome: Floats, given: Bools, codes: Codes) -> tuple[float, float]:
    centred = outcome - np.where(given, outcome[given].mean(), outcome[~given].mean())
    sizes = np.bincount(codes).astype(float)
    treated = np.bincount(codes, weights=given) > 0
    between = float((np.bincount(codes, weights=centred) ** 2 / sizes).sum())
    total, n, m = float(centred @ centred), len(outcome), len(sizes)
    within = (total - between) / (n - m)
    variance = (between / (m - 2) - within) / (_freed(sizes[treated], sizes[~treated]) / (m - 2))
    both = variance + within
    correlation = min(1.0, max(0.0, variance / both)) if both > 0 else 0.0
    return math.sqrt(total / (n - 2)), correlation


def _freed(first: Floats, second: Floats) -> float:
    return float(sum(size.sum() - (size**2).sum() / size.sum() for size in (first, second)))


def _hedges_2007(sizes: tuple[Floats, Floats], rho: float) -> tuple[float, float, float, float]:
    """Return the factor on d, its variance (constant, and per d squared), degrees of freedom."""
    first, second = (float(size.sum()) for size in sizes)
    n, freed = first + second, _freed(*sizes)
    mean_size = second * float((sizes[0] ** 2).sum()) / (first * n) + first * float(
        (sizes[1] ** 2).sum()
    ) / (second * n)
    sampling = n / (first * second) * (1 + (mean_size - 1) * rho)
    inflated = n - 2 - rho * (n - 2 - freed)
    quartic = sum(_quartic(size) for size in sizes)
    spread = (n - 2) * (1 - rho) ** 2 + quartic * rho**2 + 2 * freed * rho * (1 - rho)
    curvature = spread / (2 * (n - 2) * inflated)
    return math.sqrt(inflated / (n - 2)), sampling, curvature, inflated**2 / spread


def _quartic(sizes: Floats) -> float:
    n, square, cube = (float((sizes**power).sum()) for power in (1, 2, 3))
    return (n**2 * square + square**2 - 2 * n * cube) / n**2
