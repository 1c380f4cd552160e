"""Shares of a count as a function of exposures: logit regression with overdispersion."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import expit, stdtr, stdtrit, xlogy

Floats = npt.NDArray[np.float64]
_STEPS = 50
_SETTLED = 1e-12
_SEPARATED = 1e-9


@dataclass(frozen=True, eq=False)
class ShareFit:
    """A logit fit of shares; arrays follow `names`, all but the p-values in log-odds.

    Parameters
    ----------
    names : tuple of str
        Names of the columns.
    estimates, standard_errors, low, high, p_values : ndarray of float, shape (k,)
        Log-odds per unit of each column; errors hold the dispersion; intervals and two-sided
        p-values use Student's t with `df` degrees of freedom.
    level : float
        Confidence level.
    dispersion : float
        Pearson's chi-squared over `df`; 1 under binomial variation alone.
    pearson, deviance : float
        Pearson's chi-squared and the deviance.
    n, df : int
        Rows, and rows less columns.
    fitted : ndarray of float, shape (n,)
        Fitted shares.
    """

    names: tuple[str, ...]
    estimates: Floats
    standard_errors: Floats
    low: Floats
    high: Floats
    p_values: Floats
    level: float
    dispersion: float
    pearson: float
    deviance: float
    n: int
    df: int
    fitted: Floats


def fit_shares(
    successes: npt.ArrayLike,
    trials: npt.ArrayLike,
    X: npt.ArrayLike,
    names: Sequence[str],
    *,
    level: float = 0.95,
) -> ShareFit:
    r"""Return how the log-odds of a share go with exposures, by logit regression, in log-odds.

    A coefficient above zero says that the share is greater, on average, where the exposure is, the
    others being the same. Where shares scatter more than chance alone would have them, the
    intervals are wider by that much (the dispersion, one under chance alone).

    Parameters
    ----------
    successes, trials : array_like of float, shape (n,)
        Counts of each row.
    X : array_like of float, shape (n, k)
        Regressors, the column of ones included.
    names : sequence of str, length k
        Names of the columns.
    level : float, optional
        Confidence level.

    Raises
    ------
    ValueError
        If a row has no trials or more successes than trials, a value is missing, columns are
        collinear, no degree of freedom is left, or the fit runs off because a column separates
        shares of nought or one from the rest.

    Notes
    -----
    .. math:: \log\left(\frac{p_i}{1 - p_i}\right) = x_i^\top \beta

    .. math::
        \hat\phi = \frac{1}{n - k} \sum_i \frac{(y_i - m_i \hat p_i)^2}{m_i \hat p_i (1 - \hat p_i)}

    :math:`y_i` of :math:`m_i` count in row :math:`i` of :math:`n`, :math:`x_i` are its :math:`k`
    exposures with the constant, and the variance of :math:`y_i` is taken as :math:`\phi m_i p_i (1
    - p_i)`. Fitted by quasi-likelihood; :math:`\hat\phi` may come out below one. Intervals and
    p-values use Student's t with :math:`n - k` degrees of freedom.

    References
    ----------
    Wedderburn, R. W. M. (1974). Quasi-likelihood functions, generalized linear models, and the
      Gauss-Newton method. Biometrika 61, 439-447.
    McCullagh, P. and Nelder, J. A. (1989). Generalized Linear Models, 2nd ed. Chapman and Hall,
      section 4.5.
    """
    hits, size = np.asarray(successes, dtype=float), np.asarray(trials, dtype=float)
    design = np.asarray(X, dtype=float)
    _check(hits, size, design, names, level)
    beta = _irls(hits, size, design)
    fitted = np.asarray(expit(design @ beta), dtype=float)
    weight = size * fitted * (1 - fitted)
    pearson = float(((hits - size * fitted) ** 2 / weight).sum())
    df = hits.size - design.shape[1]
    covariance = np.linalg.inv((design.T * weight) @ design) * pearson / df
    errors = np.sqrt(np.diag(covariance))
    reach = float(stdtrit(df, (1 + level) / 2)) * errors
    return ShareFit(
        names=tuple(names),
        estimates=beta,
        standard_errors=errors,
        low=beta - reach,
        high=beta + reach,
        p_values=2 * np.asarray(stdtr(df, -np.abs(beta / errors)), dtype=float),
        level=level,
        dispersion=pearson / df,
        pearson=pearson,
        deviance=_deviance(hits, size, fitted),
        n=hits.size,
        df=df,
        fitted=fitted,
    )


def _irls(hits: Floats, size: Floats, design: Floats) -> Floats:
    """Return the coefficients by iteratively reweighted least squares."""
    start = (hits + 0.5) / (size + 1)
    linear = np.log(start / (1 - start))
    last = np.inf
    for _ in range(_STEPS):
        share = np.asarray(expit(linear), dtype=float)
        weight = size * share * (1 - share)
        if not (share * (1 - share) > _SEPARATED).all():
            break
        working = linear + (hits - size * share) / weight
        root = np.sqrt(weight)
        beta = np.linalg.lstsq(design * root[:, None], working * root, rcond=None)[0]
        linear = design @ beta
        deviance = _deviance(hits, size, np.asarray(expit(linear), dtype=float))
        if abs(last - deviance) <= _SETTLED * (abs(deviance) + 0.1):
            return np.asarray(beta)
        last = deviance
    raise ValueError(
        f"the fit did not settle in {_STEPS} steps: a column separates shares of nought or one "
        "from the rest. Drop the column, or group it more coarsely"
    )


def _deviance(hits: Floats, size: Floats, fitted: Floats) -> float:
    missed = size - hits
    up = xlogy(hits, hits) - xlogy(hits, size * fitted)
    down = xlogy(missed, missed) - xlogy(missed, size * (1 - fitted))
    return 2 * float((up + down).sum())


def _check(hits: Floats, size: Floats, design: Floats, names: Sequence[str], level: float) -> None:
    if hits.ndim != 1 or hits.shape != size.shape or design.shape != (hits.size, len(names)):
        raise ValueError(
            f"successes {hits.shape}, trials {size.shape}, X {design.shape}, {len(names)} names: "
            "expected one length, and a name for each column"
        )
    if not ((size > 0) & (hits >= 0) & (hits <= size)).all() or not np.isfinite(design).all():
        raise ValueError("expected 0 <= successes <= trials, trials above zero, nothing missing")
    if hits.size <= design.shape[1] or not 0 < level < 1:
        raise ValueError(f"{hits.size} rows for {design.shape[1]} columns, level {level}")
    if np.linalg.matrix_rank(design) < design.shape[1]:
        raise ValueError(f"columns {', '.join(names)} are collinear: leave one of them out")
