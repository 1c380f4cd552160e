"""The smallest true difference or slope that a study of a given size would probably find."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from scipy.special import ndtri, stdtrit

Sided = Literal[1, 2]
_MOST_CLUSTERS = 10**7


@dataclass(frozen=True)
class DetectableDifference:
    """Minimum detectable difference between two arms, with what it rests on.

    Parameters
    ----------
    mde : float
        Minimum detectable difference, in the unit of the standard deviation given.
    standard_error : float
        Standard error of the estimated difference, same unit.
    df : float
        Degrees of freedom of the test.
    multiplier : float
        `mde` in standard errors.
    """

    mde: float
    standard_error: float
    df: float
    multiplier: float


def multiplier(df: float, *, power: float = 0.8, alpha: float = 0.05, sided: Sided = 2) -> float:
    """Return the minimum detectable difference in standard errors of the estimate.

    It is ``t(1 - alpha / sided, df) + t(power, df)``; with ``df=math.inf`` the normal multiplier
    of Bloom (1995), 2.80 for a two-sided test at 5 % with 80 % power.

    Raises
    ------
    ValueError
        If `df` is not above zero, or `power` or `alpha` lies outside 0 to 1.

    References
    ----------
    Bloom, H. S. (1995). Minimum detectable effects: a simple way to report the statistical power
    of experimental designs. Evaluation Review 19, 547-556.
    Dong, N. and Maynard, R. (2013). PowerUp! Journal of Research on Educational Effectiveness 6,
    24-67 (the form with Student's t).
    """
    if not df > 0:
        raise ValueError(f"df is {df}: expected above zero; the study has too few units")
    if not (0 < power < 1 and 0 < alpha < 1):
        raise ValueError(f"power is {power}, alpha {alpha}: expected both between 0 and 1")
    return _quantile(1 - alpha / sided, df) + _quantile(power, df)


def slope_mde(
    standard_error: float,
    df: float,
    *,
    power: float = 0.8,
    alpha: float = 0.05,
    sided: Sided = 2,
) -> float:
    r"""Return the smallest true slope that the test would probably find, in the slope's unit.

    A slope of this size would be told from zero with the chance that is stated (the power). A test
    that finds nothing says little about smaller ones.

    Parameters
    ----------
    standard_error : float
        Standard error of the slope; the result has its unit.
    df : float
        Residual degrees of freedom.

    Raises
    ------
    ValueError
        As in `multiplier`, or if the standard error is negative.

    Notes
    -----
    .. math:: \beta_{\min} = \left(t_{1 - \alpha / 2} + t_{\pi}\right) s

    :math:`\beta_{\min}` is the smallest slope, :math:`s` the slope's standard error, :math:`\alpha`
    the level of a two-sided test, :math:`\pi` its power, and :math:`t` stands for quantiles of
    Student's t with the residual degrees of freedom.

    References
    ----------
    Murray, D. M. (1998). Design and Analysis of Group-Randomized Trials. Oxford University Press,
      chapter 9 (the form with Student's t).
    """
    if not standard_error >= 0:
        raise ValueError(f"standard_error is {standard_error}: expected zero or more")
    return multiplier(df, power=power, alpha=alpha, sided=sided) * standard_error


def difference_mde(
    sd: float,
    n_treated: int,
    n_control: int,
    *,
    r2: float = 0.0,
    n_covariates: int = 0,
    power: float = 0.8,
    alpha: float = 0.05,
    sided: Sided = 2,
) -> DetectableDifference:
    """Return the smallest true difference between two groups' means, in the unit of `sd`.

    Parameters
    ----------
    sd : float
        Standard deviation of the outcome within each group; 1 gives standard deviations.
    n_treated, n_control : int
        Units in each group.
    r2 : float, optional
        Share of the outcome's variance that the covariates explain.
    n_covariates : int, optional
        Number of covariates; each costs a degree of freedom.

    Raises
    ------
    ValueError
        As in `multiplier`, or if a group is empty or `r2` lies outside 0 to 1.

    References
    ----------
    Bloom (1995), equation 1, see `multiplier`.
    """
    if min(n_treated, n_control) < 1 or not 0 <= r2 < 1 or not sd > 0:
        raise ValueError(f"groups of {n_treated} and {n_control}, r2 {r2}, sd {sd}: check them")
    error = sd * math.sqrt((1 - r2) * (1 / n_treated + 1 / n_control))
    df = n_treated + n_control - 2 - n_covariates
    times = multiplier(df, power=power, alpha=alpha, sided=sided)
    return DetectableDifference(times * error, error, df, times)


def clustered_mde(
    n_clusters: int,
    cluster_size: float,
    icc: float,
    share_treated: float = 0.5,
    *,
    sd: float = 1.0,
    r2_between: float = 0.0,
    r2_within: float = 0.0,
    n_covariates: int = 0,
    power: float = 0.8,
    alpha: float = 0.05,
    sided: Sided = 2,
) -> DetectableDifference:
    r"""Return the smallest true difference that a comparison of whole clusters would probably find.

    A difference of this size would be told from zero with the chance that is stated (the power).
    The more alike the units of one cluster, the larger it is. A comparison that finds nothing says
    little about smaller ones.

    Parameters
    ----------
    n_clusters : int
        Clusters in both arms together.
    cluster_size : float
        Units in a cluster (the harmonic mean where they differ).
    icc : float
        Intra-cluster correlation: the share of variance between clusters.
    share_treated : float, optional
        Share of the clusters that are treated.
    sd : float, optional
        Total standard deviation of the outcome; 1 gives standard deviations.
    r2_between, r2_within : float, optional
        Shares of the variance between and within clusters that covariates explain.
    n_covariates : int, optional
        Number of covariates of clusters; each costs a degree of freedom.

    Raises
    ------
    ValueError
        As in `multiplier`, or if a share lies outside its range or no degree of freedom is left.

    Notes
    -----
    .. math:: \delta_{\min} = (t_{1 - \alpha / 2} + t_{\pi})\, \sigma \sqrt{\frac{u}{P (1 - P) G}}

    .. math:: u = \rho (1 - R_B^2) + (1 - \rho) \frac{1 - R_W^2}{m}

    :math:`\delta_{\min}` is the smallest difference, :math:`\sigma` the outcome's standard
    deviation and gives the unit, :math:`\rho` the share of its variance between clusters, :math:`m`
    the number of units in one of the :math:`G` clusters, :math:`P` the share of clusters exposed,
    and :math:`R_B^2` and :math:`R_W^2` what is explained of the variance between and within
    clusters. :math:`t` stands for quantiles of Student's t with :math:`G - 2` degrees of freedom,
    less one for each covariate of clusters; the test is two-sided at :math:`\alpha`, its power
    :math:`\pi`.

    References
    ----------
    Bloom, H. S., Richburg-Hayes, L. and Black, A. R. (2007). Using covariates to improve precision
      for studies that randomize schools to evaluate educational interventions. Educational
      Evaluation and Policy Analysis 29, 30-59.
    Donner, A. and Klar, N. (2000). Design and Analysis of Cluster Randomization Trials. Arnold.
    """
    _check_clusters(cluster_size, icc, share_treated, r2_between, r2_within)
    between = icc * (1 - r2_between)
    within = (1 - icc) * (1 - r2_within) / cluster_size
    arms = share_treated * (1 - share_treated) * n_clusters
    df = n_clusters - n_covariates - 2
    times = multiplier(df, power=power, alpha=alpha, sided=sided)
    error = sd * math.sqrt((between + within) / arms)
    return DetectableDifference(times * error, error, df, times)


def clusters_needed(
    mde: float,
    cluster_size: float,
    icc: float,
    share_treated: float = 0.5,
    *,
    sd: float = 1.0,
    r2_between: float = 0.0,
    r2_within: float = 0.0,
    n_covariates: int = 0,
    power: float = 0.8,
    alpha: float = 0.05,
    sided: Sided = 2,
) -> int:
    """Return the smallest number of clusters, both arms together, that can find `mde`.

    The arguments are those of `clustered_mde`; `mde` is in the unit of `sd`.

    Raises
    ------
    ValueError
        As in `clustered_mde`, or if `mde` is not above zero or needs over ten million clusters.
    """
    if not mde > 0:
        raise ValueError(f"mde is {mde}: expected above zero")

    def found(n_clusters: int) -> float:
        return clustered_mde(
            n_clusters,
            cluster_size,
            icc,
            share_treated,
            sd=sd,
            r2_between=r2_between,
            r2_within=r2_within,
            n_covariates=n_covariates,
            power=power,
            alpha=alpha,
            sided=sided,
        ).mde

    low, high = n_covariates + 2, n_covariates + 3
    while found(high) > mde:
        low, high = high, 2 * high
        if high > _MOST_CLUSTERS:
            raise ValueError(f"mde {mde} needs more than {_MOST_CLUSTERS:,} clusters")
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if found(middle) > mde else (low, middle)
    return high


def design_factor(cluster_size: float, icc: float) -> float:
    """Return how many times clustering inflates a mean's variance, ``1 + (m - 1) icc``.

    References
    ----------
    Kish, L. (1965). Survey Sampling. Wiley, section 5.4. Donner and Klar (2000), see
    `clustered_mde`.
    """
    _check_clusters(cluster_size, icc)
    return 1 + (cluster_size - 1) * icc


def _check_clusters(
    cluster_size: float,
    icc: float,
    share_treated: float = 0.5,
    r2_between: float = 0.0,
    r2_within: float = 0.0,
) -> None:
    if not cluster_size >= 1:
        raise ValueError(f"cluster_size is {cluster_size}: expected one or more")
    if not 0 < share_treated < 1:
        raise ValueError(f"share_treated is {share_treated}: expected between 0 and 1")
    shares = {"icc": icc, "r2_between": r2_between, "r2_within": r2_within}
    for name, share in shares.items():
        if not 0 <= share <= 1:
            raise ValueError(f"{name} is {share}: expected 0 to 1")


def _quantile(probability: float, df: float) -> float:
    return float(ndtri(probability) if math.isinf(df) else stdtrit(df, probability))
