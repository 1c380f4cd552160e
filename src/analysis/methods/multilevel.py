"""Outcomes of units in groups: a random intercept for each, and the intra-cluster correlation."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import fdtri, stdtrit

from analysis.methods.standard_errors import ratio, two_sided_p

Floats = NDArray[np.float64]
Indices = NDArray[np.intp]
# Ratios of between to within variance at which no deviance may be below that of the fit.
_GRID = np.concatenate([[0.0], np.geomspace(1e-4, 1e4, 41)])
# Differences of a deviance (twice a log-likelihood) that no test could notice.
_SETTLED = 1e-4
_BOUNDARY = 1e-8
# Share of the squares of y that rounding alone leaves within groups.
_EXACT = 1e-20


@dataclass(frozen=True, eq=False)
class Multilevel:
    """A linear model with a random intercept a group; arrays of length k follow `names`.

    Parameters
    ----------
    names : tuple of str
    estimates, standard_errors, low, high, p_values, df : ndarray of float, shape (k,)
        In units of y per unit of each column; Student's t with `df` degrees of freedom.
    between_variance, within_variance : float
        Variances of groups and of units in a group, in squared units of y.
    icc : float
        Share of the two variances that lies between groups.
    n, n_groups : int
    converged : bool
        Whether no other ratio of the variances fits better.
    level : float
    boundary : bool
        Whether the variance between groups is estimated as zero.
    reml : bool
        Whether the likelihood is the restricted one.
    """

    names: tuple[str, ...]
    estimates: Floats
    standard_errors: Floats
    low: Floats
    high: Floats
    p_values: Floats
    df: Floats
    between_variance: float
    within_variance: float
    icc: float
    n: int
    n_groups: int
    converged: bool
    level: float
    boundary: bool
    reml: bool


@dataclass(frozen=True)
class Icc:
    """The intra-cluster correlation from a one-way analysis of variance, with its interval.

    Parameters
    ----------
    icc, low, high : float
        Estimate, below zero where groups differ less than chance would have them, and interval.
    between_mean_square, within_mean_square : float
        In squared units of y.
    group_size : float
        Size that counts: the common one, or less than the mean one where sizes differ.
    n, n_groups : int
    level : float
    """

    icc: float
    low: float
    high: float
    between_mean_square: float
    within_mean_square: float
    group_size: float
    n: int
    n_groups: int
    level: float


def random_intercept(
    y: ArrayLike,
    X: ArrayLike,
    names: Sequence[str],
    groups: ArrayLike,
    *,
    level: float = 0.95,
    reml: bool = True,
) -> Multilevel:
    r"""Return the fit of an outcome on several columns, with a level of its own for each group.

    A coefficient says how much higher the outcome is, on average, where its own column is one unit
    higher and the others are the same. Groups differ in their level as draws from one normal
    distribution (a multilevel model).

    Parameters
    ----------
    y : array_like of float, shape (n,)
    X : array_like of float, shape (n, k)
        Holds the column of ones if a constant is wanted; nothing is added.
    names : sequence of k str
    groups : array_like, shape (n,)
        Labels of the groups.
    level : float, optional
        Confidence level.
    reml : bool, optional
        Restricted maximum likelihood, or maximum likelihood.

    Raises
    ------
    ValueError
        If shapes differ, a number is not finite, columns are collinear, there are no two groups
        or none with two units, no degree of freedom is left, or nothing varies within groups.

    Notes
    -----
    .. math:: y_{i j} = x_{i j}^\top \beta + u_j + e_{i j}

    .. math:: \hat\beta = (X^\top \Omega^{-1} X)^{-1} X^\top \Omega^{-1} y

    :math:`u_j` is the level of group :math:`j`, with variance :math:`\tau^2`, and :math:`e_{i j}`
    the unit's own part, with variance :math:`\sigma^2`; :math:`\Omega` is the variance of :math:`y`
    that they make, at the ratio of the two by restricted maximum likelihood. That ratio is checked
    against a grid from nought to ten thousand. Student's t has as many degrees of freedom as groups
    less the columns that are constant in every group, for those columns, and as units less groups
    less the other columns, for the others.

    References
    ----------
    Laird, N. M. and Ware, J. H. (1982). Random-effects models for longitudinal data. Biometrics 38,
      963-974.
    Pinheiro, J. C. and Bates, D. M. (2000). Mixed-Effects Models in S and S-PLUS. Springer,
      sections 2.2 (profiled likelihood) and 2.4.2 (degrees of freedom).
    """
    outcome, design, codes = _checked(y, X, names, groups, level)
    df = _degrees(design, codes)
    theta = _ratio(outcome, design, codes, reml)
    deviance = _deviances(outcome, design, codes, reml)
    at_zero = deviance[0]
    found = _deviance(outcome, design, codes, theta, reml)
    boundary = bool(theta == 0 or at_zero <= found + _BOUNDARY)
    theta, found = (0.0, at_zero) if boundary else (theta, found)
    estimates, unscaled, rss, _ = _gls(outcome, design, codes, theta)
    n, k = design.shape
    within = rss / (n - k if reml else n)
    errors = np.sqrt(within * unscaled)
    reach = np.asarray(stdtrit(df, (1 + level) / 2)) * errors
    return Multilevel(
        tuple(names),
        estimates,
        errors,
        estimates - reach,
        estimates + reach,
        two_sided_p(ratio(estimates, errors), df),
        df,
        theta * within,
        within,
        theta / (1 + theta),
        n,
        int(codes.max()) + 1,
        bool(found <= deviance.min() + _SETTLED),
        level,
        boundary,
        reml,
    )


def icc_anova(y: ArrayLike, groups: ArrayLike, *, level: float = 0.95) -> Icc:
    r"""Return the intra-cluster correlation: the share of variance that lies between clusters.

    By one-way analysis of variance, with the interval of its F statistic. Zero means that units of
    one cluster are no more alike than any others; it comes out below zero where clusters differ
    less than chance would have them. The interval is exact for normal values in clusters of one
    size, approximate otherwise.

    Parameters
    ----------
    y : array_like of float, shape (n,)
    groups : array_like, shape (n,)
        Labels of the groups.
    level : float, optional
        Confidence level.

    Raises
    ------
    ValueError
        As in `random_intercept`.

    Notes
    -----
    .. math:: \hat\rho = \frac{F - 1}{F + m - 1}

    .. math:: m = \frac{1}{k - 1} \left(n - \frac{\sum_j n_j^2}{n}\right)

    :math:`\hat\rho` is the correlation, :math:`F` the mean square between clusters over that within
    them, :math:`n_j` the number of units in cluster :math:`j` of :math:`k`, and :math:`n` that of
    all. The ends of the interval take :math:`F` divided by its quantiles.

    References
    ----------
    Donner, A. and Koval, J. J. (1980). The estimation of intraclass correlation in the analysis of
      family data. Biometrics 36, 19-25.
    Searle, S. R. (1971). Linear Models. Wiley, chapter 9 (the interval).
    """
    values = np.asarray(y, dtype=float)
    outcome, _, codes = _checked(values, np.ones((values.size, 1)), ("mean",), groups, level)
    sizes = np.bincount(codes)
    means = np.bincount(codes, outcome) / sizes
    n, k = outcome.size, sizes.size
    within = float(((outcome - means[codes]) ** 2).sum()) / (n - k)
    between = float((sizes * (means - outcome.mean()) ** 2).sum()) / (k - 1)
    size = (n - float((sizes**2).sum()) / n) / (k - 1)
    f = between / within
    tails = (1 + level) / 2, (1 - level) / 2
    least, greatest = (f / float(fdtri(k - 1, n - k, tail)) for tail in tails)
    icc, low, high = ((value - 1) / (value + size - 1) for value in (f, least, greatest))
    return Icc(icc, low, high, between, within, size, n, k, level)


def _ratio(outcome: Floats, design: Floats, codes: Indices, reml: bool) -> float:
    """Return the ratio of between to within variance by MixedLM, zero where it broke off."""
    from statsmodels.regression.mixed_linear_model import MixedLM

    basis = np.linalg.qr(design)[0]
    left = outcome - basis @ (basis.T @ outcome)
    left /= np.std(left)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            fit = MixedLM(left, basis * np.sqrt(len(basis)), codes).fit(
                reml=reml, method=["powell"], xtol=1e-9, ftol=1e-12
            )
            theta = float(np.asarray(fit.cov_re)[0, 0]) / float(fit.scale)
        except (np.linalg.LinAlgError, ValueError):
            return 0.0
    return theta if np.isfinite(theta) and theta > 0 else 0.0


def _gls(
    outcome: Floats, design: Floats, codes: Indices, theta: float
) -> tuple[Floats, Floats, float, float]:
    """Return coefficients, their unscaled variances, residual sum of squares, log determinant.

    Least squares after a share of each group's mean is taken off whitens a random intercept.
    """
    sizes = np.bincount(codes)
    share = (1 - 1 / np.sqrt(1 + theta * sizes))[codes]
    whole = np.column_stack([design, outcome])
    sums = np.stack([np.bincount(codes, column) for column in whole.T], axis=1)
    whitened = whole - share[:, None] * (sums / sizes[:, None])[codes]
    basis, triangle = np.linalg.qr(whitened[:, :-1])
    inverse = np.linalg.inv(triangle)
    estimates = inverse @ (basis.T @ whitened[:, -1])
    residuals = whitened[:, -1] - whitened[:, :-1] @ estimates
    log_determinant = 2 * float(np.log(np.abs(np.diag(triangle))).sum())
    return estimates, (inverse**2).sum(axis=1), float(residuals @ residuals), log_determinant


def _deviance(outcome: Floats, design: Floats, codes: Indices, theta: float, reml: bool) -> float:
    """Return minus twice the profiled log-likelihood of a ratio, but for a constant."""
    _, _, rss, log_determinant = _gls(outcome, design, codes, theta)
    between = float(np.log1p(theta * np.bincount(codes)).sum())
    n, k = design.shape
    if reml:
        return between + log_determinant + (n - k) * float(np.log(rss))
    return between + n * float(np.log(rss))


def _deviances(outcome: Floats, design: Floats, codes: Indices, reml: bool) -> Floats:
    return np.array([_deviance(outcome, design, codes, float(t), reml) for t in _GRID])


def _degrees(design: Floats, codes: Indices) -> Floats:
    """Return each column's degrees of freedom by whether it is constant in every group."""
    within = _varies(design, codes)
    n_groups, n_within = int(codes.max()) + 1, int(within.sum())
    between_df = n_groups - (design.shape[1] - n_within)
    within_df = len(codes) - n_groups - n_within
    df = np.where(within, within_df, between_df)
    if df.min() < 1:
        raise ValueError(f"{len(codes)} units in {n_groups} groups are too few for the columns")
    return np.asarray(df, dtype=float)


def _left_within(outcome: Floats, design: Floats, codes: Indices) -> float:
    """Return the squares that groups and columns together leave."""
    whole = np.column_stack([design, outcome])
    sums = np.stack([np.bincount(codes, column) for column in whole.T], axis=1)
    inside = whole - (sums / np.bincount(codes)[:, None])[codes]
    fitted = inside[:, :-1] @ np.linalg.lstsq(inside[:, :-1], inside[:, -1], rcond=None)[0]
    return float(((inside[:, -1] - fitted) ** 2).sum())


def _varies(columns: Floats, codes: Indices) -> NDArray[np.bool_]:
    first = np.unique(codes, return_index=True)[1]
    return np.asarray((columns != columns[first[codes]]).any(axis=0))


def _checked(
    y: ArrayLike, X: ArrayLike, names: Sequence[str], groups: ArrayLike, level: float
) -> tuple[Floats, Floats, Indices]:
    outcome, design = np.asarray(y, dtype=float), np.asarray(X, dtype=float)
    labels = np.asarray(groups)
    if design.ndim != 2 or design.shape != (outcome.size, len(names)) or outcome.ndim != 1:
        raise ValueError(f"y {outcome.shape}, X {design.shape}, {len(names)} names do not fit")
    if labels.shape != outcome.shape or any(label is None or label != label for label in labels):
        raise ValueError("groups: expected a label, none missing, for each row")
    if not (np.isfinite(outcome).all() and np.isfinite(design).all()) or not 0 < level < 1:
        raise ValueError(f"y and X must be finite, the level ({level}) between 0 and 1")
    codes = np.unique(labels, return_inverse=True)[1]
    if not 1 < codes.max() + 1 < codes.size:
        raise ValueError(
            f"{codes.size} rows in {codes.max() + 1} groups: expected two groups, "
            "and one of two rows"
        )
    if np.linalg.matrix_rank(design) < design.shape[1]:
        raise ValueError(f"columns {', '.join(names)} are collinear: leave one of them out")
    if _left_within(outcome, design, codes) <= _EXACT * float(outcome @ outcome):
        raise ValueError("nothing varies within groups beyond the columns of X")
    return outcome, design, codes
