"""Coefficient stability, E-values and what single clusters do to a coefficient."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.methods.association import fit_ols
from analysis.methods.partialled import partialled_out, weighted
from analysis.methods.sensitivity_results import EValue, LeaveOneClusterOut, Oster
from analysis.methods.standard_errors import LEVERAGE_TOLERANCE, quantile

Floats = NDArray[np.float64]
# Log risk ratio per standard deviation of difference, VanderWeele and Ding (2017).
LOG_RATIO_PER_SD = 0.91
# Imaginary part, in standard units, up to which a polynomial's root is real.
REAL = 1e-7
# Share of the observed selection that a solution must keep: one control alone gives one at zero.
DIRECTION = 1e-6


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
    r"""Return how closely exposure must hang on the unseen, against the seen, to explain it away.

    Oster's proportion of selection: how many times as closely exposure would have to go with what
    is not seen as it goes with what is seen, for the coefficient to be zero. Above one, the unseen
    would have to matter more than the seen.

    Parameters
    ----------
    y, X, names
        As in `fit_ols`, with its errors.
    treatment : str
        Name of the column whose coefficient it is.
    common : sequence of str
        Names of the columns in both regressions, the column of ones among them. All others but
        the treatment are the observed controls.
    r2_max : float, optional
        By default 1.3 times the R2 with the controls, at most 1: Oster's rule of thumb.
    delta, beta : float
        As in `oster`, with its errors.

    Raises
    ------
    ValueError
        If a name is unknown or no control is left.

    Notes
    -----
    .. math::
        \delta = \frac{u b \left(T + v (D + b)^2 - u b^2\right)}{\left(v D + (v - u) b\right)
        \left(S + u b^2\right)}

    :math:`b` is the coefficient with the controls and :math:`D` that without them less :math:`b`;
    :math:`v` is the variance of exposure and :math:`u` what the controls leave of it; :math:`S` and
    :math:`T` are the outcome's variance times how much more is explained by all, unseen ones too,
    than with the controls, and with the controls than without. All together are assumed to explain
    1.3 times what the controls do, and no more than everything.

    References
    ----------
    Oster, E. (2019). Unobservable selection and coefficient stability: theory and evidence. Journal
      of Business and Economic Statistics 37, 187-204.
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
    r"""Return the risk ratio an unseen reason needs, with both sides, to explain a difference away.

    The E-value: an unseen reason that goes less closely than this with exposure, or with the
    outcome, could not explain the whole difference. The difference in standard deviations is put as
    a risk ratio first, which is an approximation.

    Parameters
    ----------
    g, standard_error : float
        In standard deviations of the outcome.
    level : float
        Of the interval whose nearer end has its `e_value`, too.

    Raises
    ------
    ValueError
        If a number is not finite or the standard error is negative.

    Notes
    -----
    .. math:: r = \exp(0.91\, g)

    .. math:: E = r + \sqrt{r (r - 1)}

    :math:`g` is the difference in standard deviations of the outcome; a ratio :math:`r` below one
    is turned into one over it.

    References
    ----------
    VanderWeele, T. J. and Ding, P. (2017). Sensitivity analysis in observational research:
      introducing the E-value. Annals of Internal Medicine 167, 268-274.
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
    r"""Return the coefficient without each cluster in turn, in outcome per unit of its column.

    Its lowest and its highest value show what single clusters do to it; they are no interval of
    chance.

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

    Notes
    -----
    .. math:: \hat\beta_{(g)} = \hat\beta - \frac{r_g^\top (I - H_g)^{-1} e_g}{r^\top r}

    :math:`\hat\beta` is the coefficient of all rows, :math:`r` what the other columns leave of its
    own, :math:`e_g` are the residuals and :math:`H_g` is the block of the hat matrix of cluster
    :math:`g`. A control that only one cluster has leaves with it.

    References
    ----------
    Belsley, D. A., Kuh, E. and Welsch, R. E. (1980). Regression Diagnostics. Wiley (deletion of
      sets of rows).
    MacKinnon, J. G., Nielsen, M. O. and Webb, M. D. (2023). Fast and reliable jackknife and
      bootstrap methods for cluster-robust inference. Journal of Applied Econometrics 38, 671-694.
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
