"""A difference of outcomes with the baseline taken into account in three ways, side by side."""

from __future__ import annotations

from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from analysis.methods.association import Fit, fit_ols
from analysis.methods.clusters import ClusterFit, cluster_ols
from analysis.methods.shrinkage import Shrunken, empirical_bayes, percentage_variance

Floats = NDArray[np.float64]
GAIN, ANCOVA, SHRUNKEN = "gain score", "ANCOVA", "shrunken gain"


@dataclass(frozen=True)
class Adjusted:
    """The difference between the treated and the others, in the outcome's unit.

    Parameters
    ----------
    estimate, standard_error, low, high, p_value : float
        Difference with its error, interval and two-sided p-value by Student's t; all but the
        difference nan where one cluster alone is treated, or all but one are.
    df : float
        Degrees of freedom: Satterthwaite's with clusters, rows less columns without.
    n, n_clusters : int
        Rows, and clusters (rows where none are given).
    level : float
        Confidence level.
    slope_on_before : float
        Outcome expected per unit of the baseline: estimated by ANCOVA, one in a gain score, the
        mean reliability of the baselines in a shrunken gain.
    method : str
        ``"gain score"``, ``"ANCOVA"`` or ``"shrunken gain"``.
    """

    estimate: float
    standard_error: float
    low: float
    high: float
    p_value: float
    df: float
    n: int
    n_clusters: int
    level: float
    slope_on_before: float
    method: str


@dataclass(frozen=True, eq=False)
class NetGains:
    """Gains rid of the chance in their baselines; arrays have one entry a row.

    Parameters
    ----------
    net : ndarray of float, shape (n,)
        Outcome less shrunken baseline, in the outcome's unit.
    precision : ndarray of float, shape (n,)
        One over the variance of `net` about the mean true gain.
    baseline, gain : Shrunken
        Baselines shrunk to their mean, and net gains shrunk to theirs, arms ignored in both.
    """

    net: Floats
    precision: Floats
    baseline: Shrunken
    gain: Shrunken


def ancova(
    before: ArrayLike,
    after: ArrayLike,
    treated: ArrayLike,
    *,
    covariates: ArrayLike | None = None,
    clusters: ArrayLike | None = None,
    weights: ArrayLike | None = None,
    level: float = 0.95,
) -> Adjusted:
    """Return the difference in `after` at equal `before` and covariates, in the outcome's unit.

    Least squares of `after` on treated, `before` and covariates. Right where arms with one
    baseline are alike but for chance, as when low baselines are why units were chosen; not where
    the arms differ lastingly and `before` measures that with error.

    Parameters
    ----------
    before, after : array_like of float, shape (n,)
    treated : array_like of bool (or 0 and 1), shape (n,)
    covariates : array_like of float, shape (n,) or (n, k), optional
    clusters : array_like, shape (n,), optional
        Labels; with them the errors are CR2, without HC3.
    weights : array_like of float, shape (n,), optional
        Above zero.
    level : float, optional
        Confidence level.

    Raises
    ------
    ValueError
        If shapes differ, a number is not finite, `treated` is not yes or no with rows on both
        sides, a weight is not above zero, or columns are collinear.

    References
    ----------
    Lord, F. M. (1967). A paradox in the interpretation of group comparisons. Psychological
    Bulletin 68, 304-305.
    Van Breukelen, G. J. P. (2006). ANCOVA versus change from baseline had more power in randomized
    studies and more bias in nonrandomized studies. Journal of Clinical Epidemiology 59, 920-925.
    """
    first, last, arm = _checked(before, after, treated)
    extra = [(first - first.mean())[:, None], *_covariates(covariates, first.size)]
    return _difference(last, arm, extra, clusters, weights, level, ANCOVA, None)


def gain_score(
    before: ArrayLike,
    after: ArrayLike,
    treated: ArrayLike,
    *,
    covariates: ArrayLike | None = None,
    clusters: ArrayLike | None = None,
    weights: ArrayLike | None = None,
    level: float = 0.95,
) -> Adjusted:
    """Return the difference in ``after - before``, in the outcome's unit.

    Least squares of the gain on treated and covariates. Right where the arms differ lastingly by
    a constant; not where low baselines, which rise again by themselves, are why units were
    chosen. Parameters and errors as in `ancova`.

    References
    ----------
    Allison, P. D. (1990). Change scores as dependent variables in regression analysis.
    Sociological Methodology 20, 93-114.
    """
    first, last, arm = _checked(before, after, treated)
    extra = _covariates(covariates, first.size)
    return _difference(last - first, arm, extra, clusters, weights, level, GAIN, 1.0)


def net_gains(
    before: ArrayLike,
    after: ArrayLike,
    cohort_before: ArrayLike,
    cohort_after: ArrayLike,
    *,
    sd_pupil: float | None = None,
) -> NetGains:
    """Return each unit's gain over its shrunken baseline, and that gain shrunken, in its unit.

    A baseline is known from a cohort only. Its best guess, arms ignored, is drawn towards the
    mean of all by its reliability, and the gain is counted from there. The shrunken net gain is
    the best guess of the unit's true gain. The variance of a percentage is taken at the
    percentage shrunk once, as chance in it would else pass into its own reliability.

    Parameters
    ----------
    before, after : array_like of float, shape (n,)
        Percentages, or means of pupils' scores where `sd_pupil` is given.
    cohort_before, cohort_after : array_like of float, shape (n,)
        Pupils behind each.
    sd_pupil : float, optional
        Standard deviation of pupils' scores within a school; left out for percentages.

    Raises
    ------
    ValueError
        If shapes differ, a number is not finite, a cohort is below one, `sd_pupil` is not above
        zero, a percentage lies outside 0 to 100, or there are fewer than four rows.

    References
    ----------
    Kelley, T. L. (1927). Interpretation of Educational Measurements. World Book Company.
    Morris, C. N. (1983). Parametric empirical Bayes inference: theory and applications. Journal
    of the American Statistical Association 78, 47-55.
    Hauer, E. (1997). Observational Before-After Studies in Road Safety. Pergamon (gains counted
    from an empirical Bayes baseline).
    """
    first, last = np.asarray(before, dtype=float), np.asarray(after, dtype=float)
    noise_first = _noise(first, cohort_before, sd_pupil)
    noise_last = _noise(last, cohort_after, sd_pupil)
    baseline = empirical_bayes(first, noise_first)
    net = last - baseline.values
    noise = noise_last + baseline.reliability * noise_first
    gain = empirical_bayes(net, noise)
    return NetGains(net, 1 / (noise + gain.between_variance), baseline, gain)


def shrunken_gain(
    before: ArrayLike,
    after: ArrayLike,
    treated: ArrayLike,
    cohort_before: ArrayLike,
    cohort_after: ArrayLike,
    *,
    sd_pupil: float | None = None,
    covariates: ArrayLike | None = None,
    clusters: ArrayLike | None = None,
    weights: ArrayLike | None = None,
    level: float = 0.95,
) -> Adjusted:
    r"""Return the difference in gains counted from baselines rid of chance, in the outcome's unit.

    A baseline of few pupils is partly luck. It is drawn towards the mean of all by its reliability,
    and the gain is counted from there. Those exposed are compared with the others by least squares,
    each row weighted by the precision of its gain, so that small cohorts count for less; the
    difference itself is not drawn anywhere. The interval takes the reliabilities as known.

    Parameters
    ----------
    before, after, treated, covariates, clusters, weights, level
        As in `ancova`, with its errors.
    cohort_before, cohort_after, sd_pupil
        As in `net_gains`, with its errors.

    Notes
    -----
    .. math:: g_i = y_i - \left(\mu + r_i (x_i - \mu)\right)

    .. math:: w_i = \frac{1}{v_i + r_i u_i + A}

    :math:`x_i` is the baseline and :math:`y_i` the outcome of row :math:`i`, :math:`u_i` and
    :math:`v_i` are their chance variances, :math:`\mu` is the precision-weighted mean baseline,
    :math:`r_i` the baseline's reliability, and :math:`A` the variance of true gains. The difference
    is the coefficient of being exposed in the regression of :math:`g_i` with weights :math:`w_i`;
    its errors are clustered (CR2), without clusters HC3.

    References
    ----------
    Morris, C. N. (1983). Parametric empirical Bayes inference: theory and applications. Journal of
      the American Statistical Association 78, 47-55.
    Hauer, E. (1997). Observational Before-After Studies in Road Safety. Pergamon (gains counted
      from an empirical Bayes baseline).
    """
    first, last, arm = _checked(before, after, treated)
    gains = net_gains(first, last, cohort_before, cohort_after, sd_pupil=sd_pupil)
    given = 1.0 if weights is None else _weights(weights, first.size)
    weight = gains.precision / gains.precision.mean() * given
    extra = _covariates(covariates, first.size)
    slope = float(gains.baseline.reliability.mean())
    return _difference(gains.net, arm, extra, clusters, weight, level, SHRUNKEN, slope)


def regression_to_mean(
    before: ArrayLike,
    after: ArrayLike,
    treated: ArrayLike,
    cohort_before: ArrayLike,
    cohort_after: ArrayLike,
    *,
    sd_pupil: float | None = None,
    covariates: ArrayLike | None = None,
    clusters: ArrayLike | None = None,
    weights: ArrayLike | None = None,
    level: float = 0.95,
) -> pd.DataFrame:
    """Return gain score, ANCOVA and shrunken gain side by side, in the outcome's unit.

    One row a method in this order, the fields of `Adjusted` as columns. Parameters and errors as
    in `shrunken_gain`.

    References
    ----------
    Barnett, A. G., van der Pols, J. C. and Dobson, A. J. (2005). Regression to the mean: what it
    is and how to deal with it. International Journal of Epidemiology 34, 215-220.
    """
    plain = [
        method(
            before, after, treated, covariates=covariates, clusters=clusters, weights=weights,
            level=level,
        )
        for method in (gain_score, ancova)
    ]  # fmt: skip
    shrunken = shrunken_gain(
        before,
        after,
        treated,
        cohort_before,
        cohort_after,
        sd_pupil=sd_pupil,
        covariates=covariates,
        clusters=clusters,
        weights=weights,
        level=level,
    )
    return pd.DataFrame([asdict(row) for row in (*plain, shrunken)])


def _difference(
    outcome: Floats,
    arm: Floats,
    extra: list[Floats],
    clusters: ArrayLike | None,
    weights: ArrayLike | None,
    level: float,
    method: str,
    slope: float | None,
) -> Adjusted:
    """Return the coefficient of `arm`; the first extra column is the baseline if no `slope`."""
    n = outcome.size
    X = np.column_stack([np.ones(n), arm, *extra])
    names = ("constant", "treated", *(f"column {i}" for i in range(2, X.shape[1])))
    weight = np.ones(n) if weights is None else _weights(weights, n)
    if clusters is None:
        root = np.sqrt(weight / weight.mean())
        fit: Fit | ClusterFit = fit_ols(
            outcome * root, X * root[:, None], names, level=level, covariance="HC3"
        )
        df, n_clusters = float(len(X) - X.shape[1]), n
    else:
        rows = cluster_ols(outcome, X, names, clusters, weights=weight, kind="CR2", level=level)
        fit, df, n_clusters = rows, float(rows.df[1]), rows.n_clusters
    of_before = float(fit.estimates[2]) if slope is None else slope
    return Adjusted(*_second(fit), df, n, n_clusters, level, of_before, method)


def _second(fit: Fit | ClusterFit) -> tuple[float, float, float, float, float]:
    """Return estimate, error, interval and p-value of the second column."""
    return (
        float(fit.estimates[1]),
        float(fit.standard_errors[1]),
        float(fit.low[1]),
        float(fit.high[1]),
        float(fit.p_values[1]),
    )


def _noise(values: Floats, cohort: ArrayLike, sd_pupil: float | None) -> Floats:
    """Return the sampling variance of each value, in its squared unit."""
    if sd_pupil is None:
        first_guess = empirical_bayes(values, percentage_variance(values, cohort))
        return percentage_variance(first_guess.values, cohort)
    pupils = np.asarray(cohort, dtype=float)
    if not (np.isfinite(sd_pupil) and sd_pupil > 0):
        raise ValueError(f"sd_pupil is {sd_pupil}: expected above zero")
    if pupils.shape != values.shape or not (np.isfinite(pupils) & (pupils >= 1)).all():
        raise ValueError(f"cohorts {pupils.shape}: expected {values.shape}, each of one or more")
    return np.asarray(sd_pupil**2 / pupils)


def _covariates(covariates: ArrayLike | None, n: int) -> list[Floats]:
    if covariates is None:
        return []
    columns = np.asarray(covariates, dtype=float)
    columns = columns[:, None] if columns.ndim == 1 else columns
    if columns.ndim != 2 or len(columns) != n:
        raise ValueError(f"covariates of shape {columns.shape} do not fit {n} rows")
    return [columns]


def _weights(weights: ArrayLike, n: int) -> Floats:
    given = np.asarray(weights, dtype=float)
    if given.shape != (n,) or not (np.isfinite(given) & (given > 0)).all():
        raise ValueError(f"weights {given.shape}: expected {n} numbers above zero")
    return given


def _checked(
    before: ArrayLike, after: ArrayLike, treated: ArrayLike
) -> tuple[Floats, Floats, Floats]:
    first, last = np.asarray(before, dtype=float), np.asarray(after, dtype=float)
    arm = np.asarray(treated, dtype=float)
    if first.ndim != 1 or not first.shape == last.shape == arm.shape:
        raise ValueError(f"before {first.shape}, after {last.shape}, treated {arm.shape} differ")
    if not (np.isfinite(first).all() and np.isfinite(last).all()):
        raise ValueError("before and after must be finite: form the sample, and count it, first")
    if not np.isin(arm, (0, 1)).all() or arm.sum() in (0, arm.size):
        raise ValueError("treated must be yes or no for each row, with rows on both sides")
    return first, last, arm
