"""How strong an unseen confounder must be to change a regression's answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.special import stdtrit

from analysis.methods.association import fit_ols
from analysis.methods.partialled import partialled_out
from analysis.methods.standard_errors import t_quantile

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Sensitivity:
    """How firmly a coefficient stands against one unseen confounder.

    Parameters
    ----------
    estimate, standard_error, t, df : float, float, float, int
        The coefficient, its classical standard error, their ratio and the residual df.
    partial_r2 : float
        Share of the outcome's remaining variance that the treatment explains; also the share of
        the treatment's that a confounder must explain to bring the estimate to zero, if it
        explains all that remains of the outcome.
    robustness_value, robustness_value_significance : float
        Share of both remaining variances that a confounder must explain to lower the estimate
        by the share `q`; and to bring what is left within reach of zero at level `alpha`.
    q, alpha : float
    """

    estimate: float
    standard_error: float
    t: float
    df: int
    partial_r2: float
    robustness_value: float
    robustness_value_significance: float
    q: float
    alpha: float


def partial_r2(t: float, df: float) -> float:
    """Return the share of remaining variance that a coefficient with this t explains, 0 to 1.

    See `robustness_value`; `df` are the residual degrees of freedom.
    """
    _check_t(t, df, least=0)
    return t**2 / (t**2 + df)


def robustness_value(t: float, df: float, *, q: float = 1.0, alpha: float = 1.0) -> float:
    """Return the share of both remaining variances that explains the estimate away, 0 to 1.

    A confounder that explains less than this share of what remains of treatment and of outcome
    can't lower the estimate by the share `q` (`alpha` = 1), or can't bring it within reach, at
    level `alpha`, of what `q` leaves. Critical values have df - 1 degrees of freedom.

    Parameters
    ----------
    t, df : float
        Estimate over its classical standard error; residual degrees of freedom, above 1.
    q : float
        Share of the estimate to be explained away, above zero.
    alpha : float
        Significance level, above 0 and up to 1; 1 asks for the estimate alone.

    Raises
    ------
    ValueError
        If `t` is not finite, or `df`, `q` or `alpha` is out of range.

    References
    ----------
    Cinelli, C. and Hazlett, C. (2020). Making sense of sensitivity: extending omitted variable
    bias. Journal of the Royal Statistical Society, Series B 82, 39-67. Where only the
    bound on the treatment binds: Cinelli, C. and Hazlett, C. (2025). An omitted variable bias
    framework for sensitivity analysis of instrumental variables. Biometrika 112.
    """
    _check_t(t, df, least=1)
    if not (0 < q < np.inf and 0 < alpha <= 1):
        raise ValueError(f"found q = {q}, alpha = {alpha}: expected q > 0 and 0 < alpha <= 1")
    f = q * abs(t) / df**0.5
    critical = float(stdtrit(df - 1, 1 - alpha / 2)) / (df - 1) ** 0.5
    excess = f - critical
    if excess <= 0:
        return 0.0
    if f * critical > 1:
        return (f**2 - critical**2) / (1 + f**2)
    return 2 / (1 + (1 + 4 / excess**2) ** 0.5)


def bias(
    r2_treatment: ArrayLike, r2_outcome: ArrayLike, standard_error: float, df: float
) -> Floats:
    """Return the distance by which a confounder moves the estimate, in the estimate's unit.

    Parameters
    ----------
    r2_treatment : array_like of float
        Share of the treatment's variance left by the controls that it explains, below 1.
    r2_outcome : array_like of float
        Share of the outcome's variance left by controls and treatment that it explains.
    standard_error, df : float
        Classical standard error and residual df of the regression without the confounder.

    Raises
    ------
    ValueError
        If a share is outside its range, or `standard_error` or `df` is not above zero.

    References
    ----------
    Cinelli, C. and Hazlett, C. (2020). Making sense of sensitivity: extending omitted variable
    bias. Journal of the Royal Statistical Society, Series B 82, 39-67.
    """
    treatment, outcome = _shares(r2_treatment, r2_outcome)
    _check_error(standard_error, df)
    return np.asarray(standard_error * np.sqrt(df * outcome * treatment / (1 - treatment)))


def adjusted_standard_error(
    standard_error: float, df: float, r2_treatment: ArrayLike, r2_outcome: ArrayLike
) -> Floats:
    """Return the standard error that a regression with the confounder would have.

    In the estimate's unit. Parameters and errors as in `bias`; `df` must be above 1.
    """
    treatment, outcome = _shares(r2_treatment, r2_outcome)
    _check_error(standard_error, df)
    if not df > 1:
        raise ValueError(f"found {df} degrees of freedom: a confounder takes one of at least two")
    spread = (1 - outcome) / (1 - treatment) * df / (df - 1)
    return np.asarray(standard_error * np.sqrt(spread))


def adjusted_estimate(
    estimate: float,
    standard_error: float,
    df: float,
    r2_treatment: ArrayLike,
    r2_outcome: ArrayLike,
    *,
    reduce: bool = True,
) -> Floats:
    """Return the estimate that a regression with the confounder would give, in its unit.

    The confounder pulls the estimate towards zero and past it, or away from zero if `reduce` is
    false. Parameters and errors as in `bias`.
    """
    moved = bias(r2_treatment, r2_outcome, standard_error, df)
    return np.asarray(estimate - np.copysign(moved, estimate if reduce else -estimate))


def adjusted_t(
    estimate: float,
    standard_error: float,
    df: float,
    r2_treatment: ArrayLike,
    r2_outcome: ArrayLike,
    *,
    null: float = 0.0,
    reduce: bool = True,
) -> Floats:
    """Return the t value that a regression with the confounder would give, with df - 1.

    It is `adjusted_estimate` less `null`, over `adjusted_standard_error`; infinite or nan where
    the confounder leaves nothing of the outcome.
    """
    moved = adjusted_estimate(estimate, standard_error, df, r2_treatment, r2_outcome, reduce=reduce)
    error = adjusted_standard_error(standard_error, df, r2_treatment, r2_outcome)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray((moved - null) / error)


def sensitivity(
    estimate: float, standard_error: float, df: int, *, q: float = 1.0, alpha: float = 0.05
) -> Sensitivity:
    r"""Return how strong an unseen reason must be to explain an estimate away, from 0 to 1.

    The robustness value is the share of what is left of exposure and of the outcome, once all that
    is known is held, that the unseen reason would have to explain in both to bring the estimate to
    zero, or within reach of zero. Beside it stands the share of the outcome's remaining variation
    that exposure explains.

    Parameters
    ----------
    estimate, standard_error, df, q, alpha
        As in `bias` and `robustness_value`, with their errors.

    Notes
    -----
    .. math:: R^2 = \frac{t^2}{t^2 + \nu}

    .. math:: V = \frac{1}{2} \left(\sqrt{f^4 + 4 f^2} - f^2\right)

    :math:`V` is the robustness value, :math:`R^2` the share beside it, :math:`t` the estimate over
    its classical standard error, :math:`\nu` the residual degrees of freedom. For bringing the
    estimate to zero :math:`f = |t| / \sqrt{\nu}`; for bringing it within reach of zero :math:`f` is
    less by :math:`t_{1 - \alpha / 2} / \sqrt{\nu - 1}`, the quantile of Student's t with :math:`\nu
    - 1` degrees of freedom, and nought if that is more. Where only the bound on exposure binds, the
    value is :math:`(f^2 - c^2) / (1 + f^2)`, :math:`c` being what is taken off :math:`f`.

    References
    ----------
    Cinelli, C. and Hazlett, C. (2020). Making sense of sensitivity: extending omitted variable
      bias. Journal of the Royal Statistical Society, Series B 82, 39-67.
    """
    _check_error(standard_error, df)
    t = float(estimate / standard_error)
    return Sensitivity(
        float(estimate),
        float(standard_error),
        t,
        df,
        partial_r2(t, df),
        robustness_value(t, df, q=q),
        robustness_value(t, df, q=q, alpha=alpha),
        q,
        alpha,
    )


def benchmark_bounds(
    y: ArrayLike,
    X: ArrayLike,
    names: Sequence[str],
    treatment: str,
    benchmarks: Sequence[str] | Mapping[str, Sequence[str]],
    *,
    multiples: Sequence[float] = (1, 2, 3),
    level: float = 0.95,
) -> pd.DataFrame:
    r"""Return what an unseen reason as strong as a known one, or stronger, would leave over.

    The unseen reason is supposed to go with exposure and with the outcome, beyond all that is held,
    a given number of times as closely as a characteristic that is known. What would be left of the
    difference, with its interval, is in the estimate's unit; the unseen reason pulls it towards
    zero.

    Parameters
    ----------
    y, X, names
        As in `fit_ols`; X holds the treatment, too.
    treatment : str
        Name of the treatment's column.
    benchmarks : sequence of str, or mapping of str to sequence of str
        Names of controls; or labels, each with the names of a group taken together.
    multiples : sequence of float
        How many times as strong as the benchmark, in both relations.
    level : float
        Confidence level of the intervals.

    Returns
    -------
    DataFrame
        One row a benchmark and multiple: `bound_label`, `r2_treatment` and `r2_outcome` (the shares
        it could explain at most), `adjusted_estimate`, `adjusted_se`, `adjusted_low`,
        `adjusted_high`, `adjusted_t`, and `capped`, true where the bound on `r2_outcome` passes 1.

    Raises
    ------
    ValueError
        If a name is unknown, the treatment is its own benchmark, a multiple is not above zero
        or asks for a confounder that would explain all of the treatment, and as in `fit_ols`.

    Notes
    -----
    .. math::
        R_D^2 = \frac{k R_{D x}^2}{1 - R_{D x}^2}, \quad R_Y^2 = \frac{\eta^2 R_{Y x}^2}{1 - R_{Y
        x}^2}

    .. math:: |\hat\tau - \hat\tau_{\text{adj}}| = s \sqrt{\frac{\nu R_Y^2 R_D^2}{1 - R_D^2}}

    .. math:: s_{\text{adj}} = s \sqrt{\frac{1 - R_Y^2}{1 - R_D^2} \frac{\nu}{\nu - 1}}

    :math:`R_{D x}^2` and :math:`R_{Y x}^2` are the shares that the known characteristic explains of
    what the others leave of exposure and, exposure held too, of the outcome; :math:`k` is the
    number of times, and :math:`\eta = (\sqrt{k} + f) / \sqrt{1 - f^2}` with :math:`f^2 = k R_{D
    x}^4 / ((1 - k R_{D x}^2)(1 - R_{D x}^2))`. :math:`\hat\tau` is the estimate, :math:`s` its
    classical standard error with :math:`\nu` degrees of freedom. Where :math:`R_Y^2` would pass 1,
    1 is used.

    References
    ----------
    Cinelli, C. and Hazlett, C. (2020). Making sense of sensitivity: extending omitted variable
      bias. Journal of the Royal Statistical Society, Series B 82, 39-67.
    """
    design = np.asarray(X, dtype=float)
    fit = fit_ols(y, design, names, level=level, covariance="classical")
    groups = _groups(names, treatment, benchmarks)
    own = fit.names.index(treatment)
    columns = sorted({column for group in groups.values() for column in group})
    rest = [j for j in range(len(fit.names)) if j != own and j not in columns]
    kept = np.column_stack([np.asarray(y, dtype=float), design[:, [own, *columns]]])
    left = partialled_out(kept, design[:, rest])
    place = {column: 2 + i for i, column in enumerate(columns)}
    bounds = [
        _bound(label, strengths, float(multiple))
        for label, group in groups.items()
        for strengths in [_strengths(left, [place[column] for column in group])]
        for multiple in multiples
    ]
    return _adjusted(
        bounds, float(fit.estimates[own]), float(fit.standard_errors[own]), fit.df, level
    )


def _groups(
    names: Sequence[str], treatment: str, benchmarks: Sequence[str] | Mapping[str, Sequence[str]]
) -> dict[str, list[int]]:
    if isinstance(benchmarks, str):
        raise ValueError("benchmarks: expected a sequence of names, found one string")
    if not isinstance(benchmarks, Mapping):
        benchmarks = {name: [name] for name in benchmarks}
    asked = {label: list(group) for label, group in benchmarks.items()}
    known = {name: place for place, name in enumerate(names)}
    wanted = [treatment, *(name for group in asked.values() for name in group)]
    if unknown := [name for name in wanted if name not in known]:
        raise ValueError(f"no column is called {', '.join(map(repr, unknown))}")
    if not asked or not all(asked.values()) or treatment in wanted[1:]:
        raise ValueError("benchmarks: expected one or more controls other than the treatment")
    return {label: [known[name] for name in group] for label, group in asked.items()}


def _strengths(left: Floats, group: list[int]) -> tuple[float, float]:
    """Return the group's partial R2 with the treatment and, given that, with the outcome."""
    others = [j for j in range(2, left.shape[1]) if j not in group]
    free = partialled_out(left[:, [0, 1, *group]], left[:, others])
    outcome, treatment, own = free[:, 0], free[:, 1], free[:, 2:]
    with_treatment = _explained(treatment, own)
    given = partialled_out(np.column_stack([outcome, own]), treatment[:, np.newaxis])
    return with_treatment, _explained(given[:, 0], given[:, 1:])


def _explained(values: Floats, columns: Floats) -> float:
    unexplained = partialled_out(values, columns)
    return 1 - float(unexplained @ unexplained) / float(values @ values)


def _bound(
    label: str, strengths: tuple[float, float], multiple: float
) -> tuple[str, float, float, bool]:
    """Return label and bounds for a confounder `multiple` times as strong in both relations."""
    treatment, outcome = strengths
    called = f"{multiple:g}x {label}"
    if not 0 < multiple < np.inf:
        raise ValueError(f"a multiple is {multiple}: expected a number above zero")
    on_treatment = multiple * treatment / (1 - treatment)
    shared = multiple * treatment**2 / ((1 - multiple * treatment) * (1 - treatment))
    if on_treatment >= 1 or not 0 <= shared < 1:
        raise ValueError(f"{called}: nothing so strong can be, it would explain all treatment")
    raised = (multiple**0.5 + shared**0.5) / (1 - shared) ** 0.5
    on_outcome = raised**2 * outcome / (1 - outcome)
    return called, on_treatment, min(on_outcome, 1.0), on_outcome > 1


def _adjusted(
    bounds: list[tuple[str, float, float, bool]],
    estimate: float,
    error: float,
    df: int,
    level: float,
) -> pd.DataFrame:
    frame = pd.DataFrame(bounds, columns=["bound_label", "r2_treatment", "r2_outcome", "capped"])
    strength = frame["r2_treatment"].to_numpy(float), frame["r2_outcome"].to_numpy(float)
    moved = adjusted_estimate(estimate, error, df, *strength)
    errors = adjusted_standard_error(error, df, *strength)
    margin = t_quantile(level, df - 1) * errors
    frame["adjusted_estimate"], frame["adjusted_se"] = moved, errors
    frame["adjusted_low"], frame["adjusted_high"] = moved - margin, moved + margin
    frame["adjusted_t"] = adjusted_t(estimate, error, df, *strength)
    return frame[[*frame.columns.drop("capped"), "capped"]]


def _shares(r2_treatment: ArrayLike, r2_outcome: ArrayLike) -> tuple[Floats, Floats]:
    treatment, outcome = np.asarray(r2_treatment, dtype=float), np.asarray(r2_outcome, dtype=float)
    if not ((treatment >= 0) & (treatment < 1)).all():
        raise ValueError("r2_treatment: expected shares from 0 to below 1")
    if not ((outcome >= 0) & (outcome <= 1)).all():
        raise ValueError("r2_outcome: expected shares from 0 to 1")
    return treatment, outcome


def _check_error(standard_error: float, df: float) -> None:
    if not (0 < standard_error < np.inf and 0 < df < np.inf):
        raise ValueError(f"found standard error {standard_error}, df {df}: expected above zero")


def _check_t(t: float, df: float, *, least: int) -> None:
    if not (np.isfinite(t) and least < df < np.inf):
        raise ValueError(f"found t = {t}, df = {df}: expected finite t and df above {least}")
