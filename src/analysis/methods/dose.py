"""Money as a dose: how much of it a formula gives, and the slope on what is left."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.methods.association import fit_ols
from analysis.methods.partialled import partialled_out, weighted
from analysis.methods.sensitivity_more import leave_one_cluster_out
from analysis.methods.standard_errors import ratio, t_quantile, two_sided_p

Floats = NDArray[np.float64]
# R2 of a dose on its formula up to which the two count as separable: a correlation of .9.
SEPARABLE = 0.81
# R2 from which what is left of the dose is rounding.
FORMULA_ITSELF = 0.9999
# Share of a constant's length that the formula's columns may leave of it and still span it.
SPANNED = 1e-8


@dataclass(frozen=True, eq=False)
class FormulaShare:
    """How much of an amount its formula gives.

    `r_squared` is about the mean; `fitted` and `residual` have one entry a row, in the amount's
    unit; `coefficients` follow `names`, in the amount's unit per unit of each column.
    `separable` says whether amount and formula can be told apart.
    """

    r_squared: float
    fitted: Floats
    residual: Floats
    coefficients: Floats
    names: tuple[str, ...]
    separable: bool
    n: int


@dataclass(frozen=True, eq=False)
class DoseResponse:
    """The slope of an outcome on what a formula leaves of a dose, in y per unit of dose.

    Parameters
    ----------
    estimate, standard_error, low, high, p_value, df, level
        The slope, with its interval by Student's t.
    raw_estimate : float
        The slope with nothing partialled out but the mean.
    n, n_clusters : int
        Rows, and clusters (rows, where none are given).
    share : FormulaShare
        How much of the dose the partialled-out columns give.
    outcome_residual : ndarray of float, shape (n,)
        What the same columns leave of the outcome; against ``share.residual`` it is the picture
        of the slope.
    """

    estimate: float
    standard_error: float
    low: float
    high: float
    p_value: float
    df: int
    level: float
    raw_estimate: float
    n: int
    n_clusters: int
    share: FormulaShare
    outcome_residual: Floats


@dataclass(frozen=True, eq=False)
class DoseBins:
    """Mean outcomes of rows with like doses, ready for a picture.

    Bin j holds the doses from ``edges[j]`` to below ``edges[j + 1]``, the last its upper edge,
    too. `doses` and `means` are means within bins, `standard_errors` of `means` (nan for a bin
    of one row), `low` and `high` intervals by Student's t, `counts` the rows.
    """

    edges: Floats
    doses: Floats
    means: Floats
    standard_errors: Floats
    low: Floats
    high: Floats
    counts: NDArray[np.intp]


def formula_share(
    amount: ArrayLike,
    formula_regressors: ArrayLike,
    names: Sequence[str],
    *,
    weights: ArrayLike | None = None,
    separable_up_to: float = SEPARABLE,
) -> FormulaShare:
    r"""Return the share of an amount's variation that its formula gives, from 0 to 1.

    By least squares on what the formula counts. Near one, the amount is almost what the formula
    alone says, and the two cannot be told apart: a slope on the amount would be one on what the
    formula counts.

    Parameters
    ----------
    amount : array of shape (n,)
    formula_regressors : array of shape (n, k)
        What the formula counts, such as primary and secondary schools. A constant is put first
        unless the columns already span one.
    names : sequence of k strings
    weights : array of shape (n,), optional
        Weights of the rows, above zero.
    separable_up_to : float
        R2 up to which amount and formula count as separable; .81 is a correlation of .9.

    Raises
    ------
    ValueError
        If the amount does not vary, `separable_up_to` is not within 0 to 1, and as in `fit_ols`.

    Notes
    -----
    .. math:: R^2 = 1 - \frac{\sum_i (m_i - \hat m_i)^2}{\sum_i (m_i - \bar m)^2}

    :math:`m_i` is the amount in row :math:`i` and :math:`\hat m_i` what the least-squares fit on
    the formula's columns, with a constant, gives for it. Amount and formula can be told apart up to
    an :math:`R^2` of 0.81, a correlation of 0.9, unless another limit is stated.

    References
    ----------
    Borusyak, K. and Hull, P. (2023). Nonrandom exposure to exogenous shocks. Econometrica 91,
      2155-2185 (what a known rule leads to expect must be taken out of an exposure).
    """
    money = np.asarray(amount, dtype=float)
    columns, names = _with_constant(_table(formula_regressors, money, names), names)
    if not 0 <= separable_up_to <= 1:
        raise ValueError(f"separable_up_to is {separable_up_to}: expected a share from 0 to 1")
    design, scaled = weighted(money, columns, weights)
    fit = fit_ols(scaled, design, names, covariance="classical")
    fitted = columns @ fit.estimates
    total = float((_centred(money, weights) ** 2).sum())
    if not total > 0:
        raise ValueError("the amount is the same in all rows: there is nothing to share out")
    r_squared = 1 - float(fit.residuals @ fit.residuals) / total
    return FormulaShare(
        r_squared,
        fitted,
        money - fitted,
        fit.estimates,
        fit.names,
        r_squared <= separable_up_to,
        fit.n,
    )


def dose_response(
    y: ArrayLike,
    dose: ArrayLike,
    controls: ArrayLike,
    names: Sequence[str],
    clusters: ArrayLike | None = None,
    *,
    weights: ArrayLike | None = None,
    level: float = 0.95,
    largest_share: float = FORMULA_ITSELF,
) -> DoseResponse:
    r"""Return the slope on what the controls leave of the dose, in outcome per unit of dose.

    It says how much higher the outcome is, on average, where the dose is one unit higher than the
    controls would have it; it does not say why. The interval comes from leaving out each cluster in
    turn (the jackknife), as rows of one cluster share their dose.

    Parameters
    ----------
    y, dose : arrays of shape (n,)
    controls : array of shape (n, k)
        The formula's columns and any other control; a constant is always among them.
    names : sequence of k strings
        Names of the controls.
    clusters : array of shape (n,), optional
        Labels of the units that receive the money together.
    weights : array of shape (n,), optional
        Weights of the rows, above zero.
    level : float
        Confidence level of the interval.
    largest_share : float
        R2 of the dose on the controls from which no slope is given.

    Raises
    ------
    ValueError
        If the controls give the whole dose, and as in `formula_share` and
        `leave_one_cluster_out`.

    Notes
    -----
    .. math:: \hat\beta = \frac{\sum_i w_i \tilde d_i y_i}{\sum_i w_i \tilde d_i^2}

    .. math:: V = \frac{G - 1}{G} \sum_g \left(\hat\beta_{(g)} - \hat\beta\right)^2

    :math:`\tilde d_i` is what least squares on the controls leaves of the dose of row :math:`i`,
    :math:`y_i` the outcome, :math:`w_i` the weight and :math:`\hat\beta_{(g)}` the slope without
    cluster :math:`g` of :math:`G`. It is the dose's coefficient in the regression on dose and
    controls together (Frisch, Waugh and Lovell). :math:`V` is its variance. The interval uses
    Student's t with :math:`G - 1` degrees of freedom.

    References
    ----------
    Lovell, M. C. (1963). Seasonal adjustment of economic time series and multiple regression
      analysis. Journal of the American Statistical Association 58, 993-1010.
    Borusyak, K. and Hull, P. (2023). Nonrandom exposure to exogenous shocks. Econometrica 91,
      2155-2185.
    MacKinnon, J. G., Nielsen, M. O. and Webb, M. D. (2023). Fast and reliable jackknife and
      bootstrap methods for cluster-robust inference. Journal of Applied Econometrics 38, 671-694.
    """
    outcome, money = np.asarray(y, dtype=float), np.asarray(dose, dtype=float)
    share = formula_share(money, controls, names, weights=weights)
    if share.r_squared >= largest_share:
        raise ValueError(
            f"the controls give {share.r_squared:.6f} of the dose's variation: money and its "
            "formula are one variable here, and no slope can be told from theirs"
        )
    whole, _ = _with_constant(_table(controls, outcome, names), names)
    groups = np.arange(len(money)) if clusters is None else np.asarray(clusters)
    design = np.column_stack([money, whole])
    jackknife = leave_one_cluster_out(outcome, design, 0, groups, weights=weights)
    estimate, df = jackknife.full, len(jackknife.clusters) - 1
    squares = float(((jackknife.estimates - estimate) ** 2).sum())
    error = (squares * df / (df + 1)) ** 0.5
    margin = t_quantile(level, df) * error
    return DoseResponse(
        estimate,
        error,
        estimate - margin,
        estimate + margin,
        float(two_sided_p(ratio(np.array(estimate), np.array(error)), df)),
        df,
        level,
        _raw_slope(outcome, money, weights),
        len(money),
        df + 1,
        share,
        _left_of(outcome, whole, weights),
    )


def dose_bins(
    dose: ArrayLike, y: ArrayLike, bins: int | Sequence[float], *, level: float = 0.95
) -> DoseBins:
    """Return the mean outcome, in y's unit, by bins of the dose.

    Parameters
    ----------
    dose, y : arrays of shape (n,)
    bins : int or sequence of float
        Number of bins of like size, cut at quantiles (fewer where doses tie across a cut), or
        edges in ascending order that hold all doses.
    level : float
        Confidence level of each mean's interval.

    Raises
    ------
    ValueError
        If shapes differ, a number is not finite, the doses do not vary, edges do not ascend or
        do not hold all doses, or a bin is empty.

    References
    ----------
    Cattaneo, M. D., Crump, R. K., Farrell, M. H. and Feng, Y. (2024). On binscatter. American
    Economic Review 114, 1488-1514.
    """
    amounts, outcome = np.asarray(dose, dtype=float), np.asarray(y, dtype=float)
    if amounts.ndim != 1 or amounts.shape != outcome.shape:
        raise ValueError(f"dose and y differ in shape: {amounts.shape} and {outcome.shape}")
    if not (np.isfinite(amounts).all() and np.isfinite(outcome).all()):
        raise ValueError("dose and y must be finite: form the sample, and count it, beforehand")
    edges = _edges(amounts, bins)
    place = np.minimum(np.searchsorted(edges, amounts, side="right") - 1, len(edges) - 2)
    counts = np.bincount(place, minlength=len(edges) - 1)
    if not counts.all():
        raise ValueError(f"bin {int(counts.argmin())} holds no row: take fewer or wider bins")
    means = np.bincount(place, outcome) / counts
    squares = np.bincount(place, (outcome - means[place]) ** 2)
    free = counts - 1.0
    errors = np.sqrt(squares / np.where(free > 0, free, np.nan) / counts)
    reach = np.array([t_quantile(level, int(df)) if df else np.nan for df in free]) * errors
    doses = np.bincount(place, amounts) / counts
    return DoseBins(edges, doses, means, errors, means - reach, means + reach, counts)


def _edges(amounts: Floats, bins: int | Sequence[float]) -> Floats:
    if isinstance(bins, (int, np.integer)):
        if bins < 1 or not len(amounts) or np.ptp(amounts) == 0:
            raise ValueError(f"{bins} bins: expected one or more, and doses that vary")
        return np.unique(np.quantile(amounts, np.linspace(0, 1, int(bins) + 1)))
    edges = np.asarray(bins, dtype=float)
    if edges.ndim != 1 or len(edges) < 2 or not (np.diff(edges) > 0).all():
        raise ValueError("edges: expected two or more numbers in ascending order")
    if len(amounts) and not edges[0] <= amounts.min() <= amounts.max() <= edges[-1]:
        raise ValueError(
            f"doses run from {amounts.min():g} to {amounts.max():g}, edges from {edges[0]:g} to "
            f"{edges[-1]:g}: no dose may fall outside"
        )
    return edges


def _table(columns: ArrayLike, rows: Floats, names: Sequence[str]) -> Floats:
    table = np.asarray(columns, dtype=float)
    if rows.ndim != 1 or table.ndim != 2 or len(table) != len(rows):
        raise ValueError(f"columns of shape {table.shape} do not fit {rows.shape} rows")
    if table.shape[1] != len(names) or not names:
        raise ValueError(f"{len(names)} names for {table.shape[1]} columns, one is needed")
    if not (np.isfinite(table).all() and np.isfinite(rows).all()):
        raise ValueError("numbers must be finite: form the sample, and count it, beforehand")
    return table


def _with_constant(columns: Floats, names: Sequence[str]) -> tuple[Floats, Sequence[str]]:
    ones = np.ones((len(columns), 1))
    if np.linalg.norm(partialled_out(ones, columns)) <= SPANNED * len(columns) ** 0.5:
        return columns, names
    return np.hstack([ones, columns]), ("constant", *names)


def _roots(n: int, weights: ArrayLike | None) -> Floats:
    return np.ones(n) if weights is None else np.sqrt(np.asarray(weights, dtype=float))


def _centred(values: Floats, weights: ArrayLike | None) -> Floats:
    """Return the distances from the mean, each times the root of its row's weight."""
    root = _roots(len(values), weights)
    return root * (values - np.average(values, weights=root**2))


def _raw_slope(outcome: Floats, money: Floats, weights: ArrayLike | None) -> float:
    centred = _centred(money, weights)
    return float(centred @ _centred(outcome, weights)) / float(centred @ centred)


def _left_of(outcome: Floats, columns: Floats, weights: ArrayLike | None) -> Floats:
    design, scaled = weighted(outcome, columns, weights)
    return partialled_out(scaled, design) / _roots(len(outcome), weights)
