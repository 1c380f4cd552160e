"""How far two arms differ beforehand, and the shares of rows under which they do not."""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from analysis.methods.standardised import arms, cox_index, small_sample_correction

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Covariates: TypeAlias = pd.DataFrame | ArrayLike
Estimand = Literal["att", "ate"]
PASSES = 0.05
MUST_ADJUST = 0.25
# Shares this close are equal: weighting meets a share of nought or one no closer.
SAME_SHARE = 1e-7
# Directions this flat, against the steepest, are not stepped along; steps are halved this often.
FLAT = 1e-13
HALVINGS = 40
LONGEST_STEP = 100.0
VERDICTS = ("passes", "must adjust", "not comparable")


@dataclass(frozen=True, eq=False)
class Weights:
    """A weight for each row, and what the weights achieve.

    `largest_gap` is the largest difference left between the arms' moments, in standard deviations
    of all rows (nan where nothing was balanced); `effective_n` Kish's effective number of rows
    among those reweighted: the controls for "att", both arms added for "ate".
    """

    weights: Floats
    converged: bool
    largest_gap: float
    effective_n: float
    estimand: Estimand


def baseline_table(
    covariates: pd.DataFrame,
    treated: ArrayLike,
    *,
    weights: ArrayLike | None = None,
    proportions: Collection[str] = (),
) -> pd.DataFrame:
    r"""Return how far two groups differ at the start, in standard deviations.

    Each baseline characteristic by itself: for a mean the difference is divided by the spread that
    the groups have in common (Hedges' g); for a share the logarithms of the odds are compared
    (Cox's index). Up to a twentieth of a standard deviation passes, up to a quarter must be held,
    and above that the groups are not comparable.

    Parameters
    ----------
    covariates : DataFrame
        Numbers, a row a unit.
    treated : array of bool (or 0 and 1), shape (n,)
    weights : array of shape (n,), optional
        Not negative, on any scale.
    proportions : collection of str
        Columns between 0 and 1 that are shares of something, or yes or no.

    Returns
    -------
    DataFrame
        ``covariate``, ``kind`` ("mean" or "proportion"), ``treated``, ``control``,
        ``sd_treated``, ``sd_control``, ``difference``, ``variance_ratio`` and ``verdict``: by size
        of the difference "passes" (up to 0.05), "must adjust" (to 0.25) or "not comparable".

    Raises
    ------
    ValueError
        If a value is missing, shapes differ, an arm has fewer than two rows or no weight, or a
        proportion is no column or lies outside 0 and 1.

    Notes
    -----
    .. math:: g = J\, \frac{\bar x_1 - \bar x_0}{s}

    .. math::
        d = \frac{1}{1.65} \left(\log\left(\frac{p_1}{1 - p_1}\right) - \log\left(\frac{p_0}{1 -
        p_0}\right)\right)

    :math:`\bar x_1` and :math:`\bar x_0` are the means, :math:`p_1` and :math:`p_0` the shares, of
    those exposed and of the others, :math:`s` is the pooled standard deviation and :math:`J`
    Hedges' small-sample factor. Means are weighted where weights are given, :math:`s` is not, so
    that differences before and after weighting differ by the means alone. The index is infinite
    where one of two different shares is 0 or 1.

    References
    ----------
    What Works Clearinghouse (2022). Procedures and Standards Handbook, Version 5.0, chapter IV and
      appendix E.
    """
    names, values, given = matrix(covariates, treated)
    weight = row_weights(weights, given)
    unknown = sorted(set(proportions) - set(names))
    if unknown:
        raise ValueError(f"proportions {', '.join(unknown)} are no covariates")
    if min(given.sum(), (~given).sum()) < 2:
        raise ValueError(f"{given.sum()} of {len(given)} rows are treated: expected two an arm")
    return pd.DataFrame(
        [
            _row(name, column, given, weight, shared=name in proportions)
            for name, column in zip(names, values.T, strict=True)
        ]
    )


def worst(table: pd.DataFrame) -> str:
    """Return the verdict on the covariate that differs most in a `baseline_table`.

    Raises
    ------
    ValueError
        If the table has no row.
    """
    if table.empty:
        raise ValueError("a table of no covariates has no verdict")
    return verdict(float(table["difference"].abs().max()))


def verdict(difference: float) -> str:
    """Return what a difference, in standard deviations, allows, as in a `baseline_table`.

    Raises
    ------
    ValueError
        If the difference is nan.
    """
    if math.isnan(difference):
        raise ValueError("the difference is nan: there is no verdict on it")
    size = abs(difference)
    return VERDICTS[int(size > PASSES) + int(size > MUST_ADJUST)]


def effective_sample_size(weights: ArrayLike) -> float:
    """Return how many equally weighted rows would be as precise as these weighted ones.

    Raises
    ------
    ValueError
        If a weight is negative or not finite, or all are zero.

    References
    ----------
    Kish, L. (1965). Survey Sampling. Wiley, section 11.7.
    """
    given = np.asarray(weights, dtype=float)
    if given.ndim != 1 or not np.isfinite(given).all() or (given < 0).any() or not given.any():
        raise ValueError("weights: expected finite numbers, none negative and one above zero")
    scaled = given / given.max()
    return float(scaled.sum() ** 2 / (scaled @ scaled))


def entropy_balance(
    covariates: Covariates,
    treated: ArrayLike,
    *,
    moments: int = 1,
    base_weights: ArrayLike | None = None,
    tolerance: float = 1e-8,
    max_iterations: int = 200,
) -> Weights:
    r"""Return weights under which the others have the means of those exposed, as even as can be.

    Those exposed keep their weight. The others are weighted up or down until their baseline
    characteristics have the same means, and the weights differ from each other as little as that
    allows (entropy balancing). The evenness is put as the number of equally weighted rows that
    would be as precise.

    Parameters
    ----------
    covariates : DataFrame or array of shape (n, k)
    treated : array of bool (or 0 and 1), shape (n,)
    moments : {1, 2, 3}
        Means; variances as well; third moments as well. Powers that follow from lower ones (the
        square of yes or no) are left out.
    base_weights : array of shape (n,), optional
    tolerance : float
        Largest gap, in standard deviations, at which the moments are met.
    max_iterations : int

    Raises
    ------
    ValueError
        If a value is missing, shapes differ, an arm is empty, or an argument is out of range.

    Notes
    -----
    .. math:: \min_w \sum_j w_j \log\left(\frac{w_j}{q_j}\right)

    .. math:: \sum_j w_j x_j = \bar x_1, \quad \sum_j w_j = 1

    .. math:: n_w = \frac{\left(\sum_j w_j\right)^2}{\sum_j w_j^2}

    :math:`w_j` is the weight of row :math:`j` among the others, :math:`q_j` its share before
    weighting, :math:`x_j` its characteristics and :math:`\bar x_1` their means among those exposed.
    :math:`n_w` is Kish's count. Where no weights meet the means, because these lie beyond all of
    the others, none are used.

    References
    ----------
    Hainmueller, J. (2012). Entropy balancing for causal effects: a multivariate reweighting method
      to produce balanced samples in observational studies. Political Analysis 20, 25-46.
    Kish, L. (1965). Survey Sampling. Wiley, section 11.7 (the count of rows).
    """
    values, given = matrix(covariates, treated)[1:]
    base = row_weights(base_weights, given)
    if moments not in (1, 2, 3) or not tolerance > 0 or max_iterations < 1:
        raise ValueError(f"moments {moments}, tolerance {tolerance}, {max_iterations} iterations")
    features = _powers(values, moments)
    target = base[given] @ features[given] / base[given].sum()
    share, gap = entropy_shares(
        features[~given] - target,
        base[~given],
        tolerance=tolerance,
        max_iterations=max_iterations,
    )
    weights = base.copy()
    weights[~given] = share * base[given].sum()
    return Weights(weights, gap < tolerance, gap, effective_sample_size(share), "att")


def entropy_shares(
    gaps: Floats, base: Floats, *, tolerance: float, max_iterations: int
) -> tuple[Floats, float]:
    """Return shares of rows under which every column averages to zero, and the largest left.

    Among all such shares those nearest to `base` in relative entropy, by damped Newton steps on
    the dual. Where there are none, the steps run out or stall, and the second value is no longer
    below `tolerance`.

    Parameters
    ----------
    gaps : array of shape (n, k)
        Columns, on a scale near one, less what they are to average to.
    base : array of shape (n,)
        Not negative, one above zero.
    tolerance : float
    max_iterations : int

    References
    ----------
    Hainmueller, J. (2012). Entropy balancing for causal effects: a multivariate reweighting
    method to produce balanced samples in observational studies. Political Analysis 20, 25-46.
    """
    point = np.zeros(gaps.shape[1])
    value, share, slope = _dual(gaps, base, point)
    for _ in range(max_iterations):
        if np.abs(slope).max(initial=0.0) < tolerance:
            break
        curvature = (gaps.T * share) @ gaps - np.outer(slope, slope)
        step = -np.linalg.lstsq(curvature, slope, rcond=FLAT)[0]
        step *= min(1.0, LONGEST_STEP / max(np.abs(step).max(), 1e-300))
        for halving in range(HALVINGS):
            tried = point + step / 2**halving
            new, new_share, new_slope = _dual(gaps, base, tried)
            promised = 1e-4 * float(slope @ step) / 2**halving
            if new <= value + promised or np.abs(new_slope).max() < np.abs(slope).max():
                break
        else:
            break
        point, value, share, slope = tried, new, new_share, new_slope
    return share, float(np.abs(slope).max(initial=0.0))


def matrix(covariates: Covariates, treated: ArrayLike) -> tuple[tuple[str, ...], Floats, Bools]:
    """Return names and values, of shape (n, k), of covariates and who is treated, checked.

    As for `baseline_table`; columns of an array are named by their number.

    Raises
    ------
    ValueError
        If there is no column, shapes differ, a value is missing or no number, or an arm is empty.
    """
    given = arms(treated)
    try:
        values = np.asarray(covariates, dtype=float)
    except (TypeError, ValueError) as error:
        raise ValueError("covariates must be numbers: code other columns beforehand") from error
    if values.ndim != 2 or values.shape[1] == 0 or len(values) != len(given):
        raise ValueError(f"covariates have shape {values.shape}: expected {len(given)} rows")
    labels = covariates.columns if isinstance(covariates, pd.DataFrame) else range(values.shape[1])
    names = tuple(str(label) for label in labels)
    missing = ~np.isfinite(values).all(axis=0)
    if missing.any():
        named = ", ".join(name for name, bad in zip(names, missing, strict=True) if bad)
        raise ValueError(f"{named}: values are missing; form the sample, and count it, beforehand")
    return names, values, given


def row_weights(weights: ArrayLike | None, given: Bools) -> Floats:
    """Return a weight for each row, one if none are given, checked as for `baseline_table`.

    Raises
    ------
    ValueError
        If shapes differ, a weight is negative or not finite, or an arm has no weight.
    """
    weight = np.ones(len(given)) if weights is None else np.asarray(weights, dtype=float)
    if weight.shape != given.shape:
        raise ValueError(f"weights have shape {weight.shape}, {len(given)} rows")
    if not np.isfinite(weight).all() or (weight < 0).any():
        raise ValueError("weights must be finite and not negative")
    if not (weight[given].any() and weight[~given].any()):
        raise ValueError("all rows of an arm have weight zero")
    return weight


def _powers(values: Floats, moments: int) -> Floats:
    """Return standardised powers of the columns; the m-th of those with more than m values."""
    found: list[Floats] = []
    for column in values.T:
        different = len(np.unique(column))
        power = _standard(column) if different > 1 else np.zeros(len(column))
        found += [_standard(power**m) for m in range(1, moments + 1) if different > m]
    return np.column_stack(found) if found else np.zeros((len(values), 0))


def _standard(column: Floats) -> Floats:
    centred = column - column.mean()
    return centred / centred.std()


def _dual(gaps: Floats, base: Floats, point: Floats) -> tuple[float, Floats, Floats]:
    """Return the dual's value, the shares that go with it, and its slope: their averages."""
    exponent = gaps @ point
    top = float(exponent[base > 0].max())
    raised = base * np.exp(np.minimum(exponent - top, 0.0))
    share = raised / raised.sum()
    return top + math.log(raised.sum() / base.sum()), share, share @ gaps


def _row(
    name: str, column: Floats, given: Bools, weight: Floats, *, shared: bool
) -> dict[str, float | str]:
    first, second = column[given], column[~given]
    treated, treated_variance = _moments(first, weight[given])
    control, control_variance = _moments(second, weight[~given])
    if shared:
        difference = _proportions(name, column, treated, control)
    else:
        difference = _means(first, second, treated - control)
    return {
        "covariate": name,
        "kind": "proportion" if shared else "mean",
        "treated": treated,
        "control": control,
        "sd_treated": float(first.std(ddof=1)),
        "sd_control": float(second.std(ddof=1)),
        "difference": difference,
        "variance_ratio": _over(treated_variance, control_variance),
        "verdict": verdict(difference),
    }


def _moments(values: Floats, weight: Floats) -> tuple[float, float]:
    """Return the weighted mean and variance; unweighted, the variance is that over n - 1."""
    share = weight / weight.sum()
    mean = values[0] + float(share @ (values - values[0]))
    free = 1 - float(share @ share)
    return mean, _over(float(share @ (values - mean) ** 2), free) if free > 0 else 0.0


def _means(first: Floats, second: Floats, difference: float) -> float:
    df = len(first) + len(second) - 2
    squares = (len(first) - 1) * first.var(ddof=1) + (len(second) - 1) * second.var(ddof=1)
    scaled = _over(difference, math.sqrt(squares / df))
    return 0.0 if math.isnan(scaled) else small_sample_correction(df) * scaled


def _proportions(name: str, column: Floats, treated: float, control: float) -> float:
    if column.min() < 0 or column.max() > 1:
        raise ValueError(
            f"proportion {name} runs from {column.min()} to {column.max()}, not 0 to 1"
        )
    if abs(treated - control) <= SAME_SHARE:
        return 0.0
    if 0 < treated < 1 and 0 < control < 1:
        return cox_index(treated, control)
    return math.copysign(math.inf, treated - control)


def _over(above: float, below: float) -> float:
    if below == 0:
        return math.nan if above == 0 else math.copysign(math.inf, above)
    return above / below
