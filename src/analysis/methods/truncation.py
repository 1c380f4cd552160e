"""Maximum likelihood for an outcome that is seen only above a limit: truncated and censored."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy.special import log_ndtr, ndtri

Floats = npt.NDArray[np.float64]
_WIDE = 20.0
_STEPS = 200
_GRADIENT_TOLERANCE = 1e-6


@dataclass(frozen=True)
class TruncatedFit:
    """The latent slope of an outcome that is seen only above a limit.

    Parameters
    ----------
    estimate : float
        Slope of the untruncated outcome, in outcome per unit of exposure.
    standard_error : float
        From the observed information; NaN where that is singular.
    low, high : float
        Profile-likelihood interval; infinite where the profile does not fall far enough.
    level : float
        Confidence level.
    intercept, sigma : float
        Latent intercept and residual standard deviation, in the outcome's unit.
    log_likelihood : float
        At the estimate, the densities being per unit of the outcome; where no maximum exists, the
        value that it tends to.
    converged : bool
        Whether the gradient vanished at a maximum inside the parameter space.
    flat : bool
        Whether the data leave the slope open: see `truncated_slope`. A flat fit gives no number
        that could be quoted.
    ridge_drop : float
        How far the log-likelihood falls from the maximum to the exponential limit of a truncated
        normal; zero where no maximum exists, infinite for a censored fit, which has no such limit.
    n, n_censored : int
        Rows used, and those of them known only to lie at or below the limit.
    """

    estimate: float
    standard_error: float
    low: float
    high: float
    level: float
    intercept: float
    sigma: float
    log_likelihood: float
    converged: bool
    flat: bool
    ridge_drop: float
    n: int
    n_censored: int


@dataclass(frozen=True, eq=False)
class _Sample:
    """Standardised rows; the limit is zero, `pull` is the part of the mean held fixed."""

    design: Floats
    outcome: Floats
    pull: Floats
    censored: Floats
    censored_pull: Floats
    truncated: bool


@dataclass(frozen=True, eq=False)
class _Rows:
    """Standardised rows before anything is held fixed; column 1 of the design is the exposure."""

    design: Floats
    outcome: Floats
    censored: npt.NDArray[np.bool_]
    truncated: bool

    def sample(self, slope: float | None = None) -> _Sample:
        """Return the rows to be fitted, with the exposure's slope held at `slope` if given."""
        seen, free = ~self.censored, self.design
        pull = np.zeros(len(free)) if slope is None else slope * self.design[:, 1]
        if slope is not None:
            free = np.delete(self.design, 1, axis=1)
        return _Sample(
            free[seen], self.outcome[seen], pull[seen], free[~seen], pull[~seen], self.truncated
        )


@dataclass(frozen=True, eq=False)
class _Peak:
    point: Floats
    value: float
    hessian: Floats
    converged: bool


def truncated_slope(
    x: npt.ArrayLike,
    y: npt.ArrayLike,
    *,
    lower: float = 0.0,
    covariates: npt.ArrayLike | None = None,
    level: float = 0.95,
) -> TruncatedFit:
    r"""Return the slope of all rows, from those above a limit, in outcome per unit of exposure.

    Maximum likelihood, with errors that are normal and of one variance. Nothing else stands in for
    the rows that were left out, so the number rests wholly on that shape. Where the likelihood is
    flat, any slope fits about as well, and no number should be given.

    Parameters
    ----------
    x, y : array_like of float, shape (n,)
        Exposure and outcome of the rows seen.
    lower : float, optional
        Truncation point, in the unit of `y`.
    covariates : array_like of float, shape (n,) or (n, k), optional
        Further regressors.
    level : float, optional
        Confidence level of the interval and of the flatness test.

    Raises
    ------
    ValueError
        If a value is missing or not above `lower`, the regressors are collinear, or there are no
        more rows than parameters (slopes, intercept and standard deviation).

    Notes
    -----
    .. math:: \ell = \sum_i \left(\log \varphi(a_i) - \log \sigma - \log \Phi(b_i)\right)

    .. math:: a_i = \frac{y_i - \mu_i}{\sigma}, \quad b_i = \frac{\mu_i - c}{\sigma}

    :math:`y_i` is the outcome of row :math:`i`, :math:`\mu_i = \beta_0 + \beta x_i` with its
    exposure :math:`x_i`, :math:`c` the limit, :math:`\Phi` the normal distribution and
    :math:`\varphi` its density. The interval holds the slopes :math:`\beta` at which the
    likelihood, at its best in :math:`\beta_0` and :math:`\sigma`, is below its maximum by no more
    than half the chi-squared quantile.

    As the latent mean falls and the variance grows, a truncated normal turns into an exponential
    distribution, and the slope takes any value: the likelihood is called flat where it had not yet
    fallen by so much at a slope of 20 standard deviations of outcome per one of exposure.

    References
    ----------
    Hausman, J. A. and Wise, D. A. (1977). Social experimentation, truncated distributions, and
      efficient estimation. Econometrica 45, 919-938.
    Olsen, R. J. (1978). Note on the uniqueness of the maximum likelihood estimator for the Tobit
      model. Econometrica 46, 1211-1215 (the parameters).
    del Castillo, J. (1994). The singly truncated normal distribution: a non-steep exponential
      family. Annals of the Institute of Statistical Mathematics 46, 57-66 (the ridge).
    """
    design, outcome = _rows(x, y, covariates)
    if not (outcome > lower).all():
        missed = int((~(outcome > lower)).sum())
        raise ValueError(
            f"y: {missed} of {outcome.size} values are missing or not above {lower}; leave them "
            "out, or use tobit_slope if their exposure is known"
        )
    return _fit(design, outcome - lower, np.zeros(outcome.size, dtype=bool), lower, level, True)


def tobit_slope(
    x: npt.ArrayLike,
    y: npt.ArrayLike,
    *,
    lower: float = 0.0,
    covariates: npt.ArrayLike | None = None,
    level: float = 0.95,
) -> TruncatedFit:
    """Return the latent slope of `y` on `x` when outcomes at or below `lower` are not seen.

    Parameters
    ----------
    x : array_like of float, shape (n,)
        Exposure of all rows, seen or not.
    y : array_like of float, shape (n,)
        Outcome; NaN or any value at or below `lower` counts as censored there. Taking an unlisted
        row as censored assumes that it was left out because it did not exceed `lower`.
    lower, covariates, level
        As in `truncated_slope`.

    Raises
    ------
    ValueError
        As in `truncated_slope`, except that censored rows are welcome; at least as many rows as
        there are parameters must be seen.

    References
    ----------
    Tobin, J. (1958). Estimation of relationships for limited dependent variables. Econometrica 26,
    24-36. Olsen (1978), see `truncated_slope`.
    """
    design, outcome = _rows(x, y, covariates)
    censored = ~(outcome > lower)
    return _fit(design, outcome - lower, censored, lower, level, False)


def _rows(
    x: npt.ArrayLike, y: npt.ArrayLike, covariates: npt.ArrayLike | None
) -> tuple[Floats, Floats]:
    columns = [np.asarray(x, dtype=float)]
    if covariates is not None:
        columns.append(np.asarray(covariates, dtype=float))
    design, outcome = np.column_stack(columns), np.asarray(y, dtype=float)
    if outcome.ndim != 1 or len(design) != outcome.size or not np.isfinite(design).all():
        raise ValueError("x, y, covariates: expected one length and no missing exposure")
    return design, outcome


def _fit(
    regressors: Floats,
    outcome: Floats,
    censored: npt.NDArray[np.bool_],
    lower: float,
    level: float,
    truncated: bool,
) -> TruncatedFit:
    """Return the fit of ``outcome > 0``; the slope is that of the first regressor."""
    _check(regressors, outcome, censored, level)
    centre, spread = regressors.mean(axis=0), regressors.std(axis=0)
    unit = float(outcome[~censored].std()) or 1.0
    design = np.column_stack([np.ones(outcome.size), (regressors - centre) / spread])
    rows = _Rows(design, outcome / unit, censored, truncated)
    ridge = _ridge_value(rows.sample()) if truncated else -math.inf
    peak = _maximum(rows.sample())
    peak = replace(peak, value=max(peak.value, ridge))
    beta = peak.point[:-1] / peak.point[-1] * unit
    factor = unit / float(spread[0])
    low, high = _profile(rows, peak, _half_chi_squared(level))
    return TruncatedFit(
        estimate=float(beta[1]) / float(spread[0]),
        standard_error=_slope_error(peak) * factor,
        low=low * factor,
        high=high * factor,
        level=level,
        intercept=lower + float(beta[0] - (beta[1:] / spread) @ centre),
        sigma=unit / float(peak.point[-1]),
        log_likelihood=peak.value - int((~censored).sum()) * math.log(unit),
        converged=peak.converged,
        flat=math.isinf(low) or math.isinf(high),
        ridge_drop=peak.value - ridge,
        n=outcome.size,
        n_censored=int(censored.sum()),
    )


def _check(
    regressors: Floats, outcome: Floats, censored: npt.NDArray[np.bool_], level: float
) -> None:
    if not 0 < level < 1:
        raise ValueError(f"level is {level}: expected between 0 and 1")
    n_parameters = regressors.shape[1] + 2
    seen = int((~censored).sum())
    if seen < regressors.shape[1] + 2 or outcome.size < n_parameters + 1:
        raise ValueError(f"{seen} outcomes are seen: too few for {n_parameters} parameters")
    full = np.column_stack([np.ones(outcome.size), regressors])
    if np.linalg.matrix_rank(full) < full.shape[1]:
        raise ValueError("the exposure does not vary, or repeats a covariate: no slope is defined")


def _start(sample: _Sample) -> Floats:
    """Return the least-squares fit of the seen rows, as coefficients and one over sigma."""
    target = sample.outcome - sample.pull
    beta = np.linalg.lstsq(sample.design, target, rcond=None)[0]
    residual = target - sample.design @ beta
    theta = 1 / max(math.sqrt(float(residual @ residual) / target.size), 1e-3)
    return np.append(beta * theta, theta)


def _evaluate(sample: _Sample, point: Floats) -> tuple[float, Floats, Floats]:
    """Return log-likelihood, gradient and Hessian in (coefficients / sigma, 1 / sigma)."""
    theta, size = float(point[-1]), sample.outcome.size
    if not theta > 0:
        return -math.inf, point, np.eye(point.size)
    target = sample.outcome - sample.pull
    rows = np.column_stack([sample.design, -target])
    residual = -(rows @ point)
    value = size * (math.log(theta) - math.log(2 * math.pi) / 2) - float(residual @ residual) / 2
    gradient = residual @ rows
    gradient[-1] += size / theta
    hessian = -(rows.T @ rows)
    hessian[-1, -1] -= size / theta**2
    if sample.truncated:
        edge = np.column_stack([sample.design, sample.pull])
        above = edge @ point
        hazard = _hazard(above)
        value -= float(log_ndtr(above).sum())
        gradient -= hazard @ edge
        hessian += (edge.T * (hazard * (above + hazard))) @ edge
    if len(sample.censored):
        edge = np.column_stack([sample.censored, sample.censored_pull])
        below = -(edge @ point)
        hazard = _hazard(below)
        value += float(log_ndtr(below).sum())
        gradient -= hazard @ edge
        hessian -= (edge.T * (hazard * (below + hazard))) @ edge
    return value, gradient, hessian


def _hazard(z: Floats) -> Floats:
    """Return the normal density over its distribution function, without overflow."""
    return np.asarray(np.exp(-z * z / 2 - math.log(2 * math.pi) / 2 - log_ndtr(z)))


def _maximum(sample: _Sample) -> _Peak:
    return _newton(lambda point: _evaluate(sample, point), _start(sample))


def _newton(evaluate: Callable[[Floats], tuple[float, Floats, Floats]], start: Floats) -> _Peak:
    """Return the maximum reached from `start` by Newton steps, halved until they climb."""
    point = start
    value, gradient, hessian = evaluate(point)
    for _ in range(_STEPS):
        step = _ascent(gradient, hessian)
        if float(gradient @ step) < _GRADIENT_TOLERANCE**2:
            break
        length = 1.0
        trial = evaluate(point + step)
        while not trial[0] > value and length > 1e-10:
            length /= 2
            trial = evaluate(point + length * step)
        if not trial[0] > value:
            break
        point, (value, gradient, hessian) = point + length * step, trial
    curved = bool(np.linalg.eigvalsh(-hessian)[0] > 0)
    still = bool(np.abs(gradient).max() < _GRADIENT_TOLERANCE * max(1.0, abs(value)))
    return _Peak(point, value, hessian, curved and still)


def _ascent(gradient: Floats, hessian: Floats) -> Floats:
    """Return Newton's step, with the curvature's sign mended where it points uphill."""
    curvature, axes = np.linalg.eigh(-hessian)
    floor = 1e-10 * max(1.0, float(np.abs(curvature).max()))
    return np.asarray(axes @ ((axes.T @ gradient) / np.maximum(np.abs(curvature), floor)))


def _slope_error(peak: _Peak) -> float:
    """Return the delta-method standard error of coefficient 1 over 1 / sigma."""
    if not peak.converged:
        return math.nan
    theta = float(peak.point[-1])
    jacobian = np.zeros(peak.point.size)
    jacobian[1], jacobian[-1] = 1 / theta, -float(peak.point[1]) / theta**2
    variance = float(jacobian @ np.linalg.solve(-peak.hessian, jacobian))
    return math.sqrt(variance) if variance > 0 else math.nan


def _profile(rows: _Rows, peak: _Peak, drop: float) -> tuple[float, float]:
    """Return the two slopes at which the profile log-likelihood has fallen by `drop`."""
    centre = float(peak.point[1] / peak.point[-1])

    def fallen(slope: float) -> float:
        return peak.value - _maximum(rows.sample(slope)).value - drop

    error = _slope_error(peak)
    step = error if math.isfinite(error) else 1.0
    return _crossing(fallen, centre, -step), _crossing(fallen, centre, step)


def _crossing(fallen: Callable[[float], float], centre: float, step: float) -> float:
    """Return where `fallen` turns positive on one side of `centre`, or an infinite end."""
    from scipy.optimize import brentq

    inner, outer = centre, centre + step
    while fallen(outer) < 0:
        if abs(outer - centre) > _WIDE:
            return math.copysign(math.inf, step)
        step *= 2
        inner, outer = outer, centre + step
    return float(brentq(fallen, *sorted((inner, outer)), xtol=1e-9))


def _ridge_value(sample: _Sample) -> float:
    """Return the greatest log-likelihood of the exponential limit of the truncated normal."""

    def evaluate(rate: Floats) -> tuple[float, Floats, Floats]:
        rates = sample.design @ rate
        if not (rates > 0).all():
            return -math.inf, rate, np.eye(rate.size)
        value = float(np.log(rates).sum() - rates @ sample.outcome)
        gradient = (1 / rates - sample.outcome) @ sample.design
        return value, gradient, -(sample.design.T / rates**2) @ sample.design

    start = np.zeros(sample.design.shape[1])
    start[0] = 1 / float(sample.outcome.mean())
    return _newton(evaluate, start).value


def _half_chi_squared(level: float) -> float:
    return float(ndtri((1 + level) / 2)) ** 2 / 2
