"""What missing outcomes could do to a difference: worst-case and trimming bounds."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class WorstCase:
    """A difference between two arms and what the missing outcomes allow, in the outcome's unit.

    Parameters
    ----------
    complete_case : float
        Treated mean less control mean of the outcomes seen.
    low, high : float
        Least and greatest difference of all units, seen or not.
    n_missing_treated, n_missing_control : int
        Missing outcomes in each arm.
    n_treated, n_control : int
        All units of each arm.
    lowest, highest : float
        Assumed range of an outcome.
    """

    complete_case: float
    low: float
    high: float
    n_missing_treated: int
    n_missing_control: int
    n_treated: int
    n_control: int
    lowest: float
    highest: float

    @property
    def width(self) -> float:
        """Length of the bounds, in the outcome's unit."""
        return self.high - self.low

    @property
    def excludes_zero(self) -> bool:
        """Whether the sign is known under the assumed range."""
        return self.low > 0 or self.high < 0


@dataclass(frozen=True)
class LeeBounds:
    """A difference among those seen whatever their arm, bounded by trimming the fuller arm.

    Parameters
    ----------
    complete_case, low, high : float
        Untrimmed difference and its bounds, in the outcome's unit.
    response_treated, response_control : float
        Shares of each arm whose outcome is seen.
    trimmed_arm : str
        ``"treated"``, ``"control"`` or ``"none"``.
    trimmed_share : float
        Share of the fuller arm's seen outcomes that is cut off.
    n_missing_treated, n_missing_control : int
        Missing outcomes in each arm.
    """

    complete_case: float
    low: float
    high: float
    response_treated: float
    response_control: float
    trimmed_arm: str
    trimmed_share: float
    n_missing_treated: int
    n_missing_control: int


def worst_case_difference(
    y_treated: ArrayLike,
    n_missing_treated: int,
    y_control: ArrayLike,
    n_missing_control: int,
    *,
    low: float,
    high: float,
) -> WorstCase:
    r"""Return the least and the greatest difference of means of all units, in outcome units.

    Each missing outcome may lie anywhere in an assumed range; nothing is assumed about why it is
    missing. The bounds describe the units at hand and hold no sampling error.

    Parameters
    ----------
    y_treated, y_control : array_like of float
        Outcomes seen in each arm, none missing.
    n_missing_treated, n_missing_control : int
        Units of each arm without an outcome.
    low, high : float
        Least and greatest value that an outcome can take.

    Raises
    ------
    ValueError
        If an arm has no outcome seen, one is not finite or lies outside the range, the range is
        empty, or a number of missing outcomes is negative.

    Notes
    -----
    .. math:: D_{\text{low}} = \frac{\sum_1 y_i + m_1 a}{n_1} - \frac{\sum_0 y_i + m_0 b}{n_0}

    .. math:: D_{\text{high}} = \frac{\sum_1 y_i + m_1 b}{n_1} - \frac{\sum_0 y_i + m_0 a}{n_0}

    The sums are over the outcomes seen, 1 standing for those exposed and 0 for the others;
    :math:`m` of :math:`n` outcomes are missing in each group, and the range runs from :math:`a` to
    :math:`b`.

    References
    ----------
    Manski, C. F. (1990). Nonparametric bounds on treatment effects. American Economic Review 80,
      319-323.
    Horowitz, J. L. and Manski, C. F. (2000). Nonparametric analysis of randomized experiments with
      missing covariate and outcome data. Journal of the American Statistical Association 95, 77-84.
    """
    treated = _seen(y_treated, n_missing_treated, "treated")
    control = _seen(y_control, n_missing_control, "control")
    _check_range(np.concatenate([treated, control]), low, high)
    highest = _filled(treated, n_missing_treated, high) - _filled(control, n_missing_control, low)
    lowest = _filled(treated, n_missing_treated, low) - _filled(control, n_missing_control, high)
    return WorstCase(
        complete_case=float(treated.mean() - control.mean()),
        low=lowest,
        high=highest,
        n_missing_treated=n_missing_treated,
        n_missing_control=n_missing_control,
        n_treated=treated.size + n_missing_treated,
        n_control=control.size + n_missing_control,
        lowest=low,
        highest=high,
    )


def lee_bounds(
    y_treated: ArrayLike,
    n_missing_treated: int,
    y_control: ArrayLike,
    n_missing_control: int,
) -> LeeBounds:
    """Return bounds on the difference among the always seen, in the outcome's unit.

    The arm with the larger share seen is cut from above or from below until the shares are
    equal; a unit that the cut splits counts in part. It rests on being in an arm moving every
    unit's chance of being seen in one direction, and on arms alike but for that.

    Parameters
    ----------
    y_treated, n_missing_treated, y_control, n_missing_control
        As in `worst_case_difference`.

    Raises
    ------
    ValueError
        If an arm has no outcome seen, one is not finite, or a number of missing ones is negative.

    References
    ----------
    Lee, D. S. (2009). Training, wages, and sample selection: estimating sharp bounds on treatment
    effects. Review of Economic Studies 76, 1071-1102.
    """
    treated = _seen(y_treated, n_missing_treated, "treated")
    control = _seen(y_control, n_missing_control, "control")
    rates = (
        treated.size / (treated.size + n_missing_treated),
        control.size / (control.size + n_missing_control),
    )
    cut = 1 - min(rates) / max(rates)
    least, greatest = _trimmed(treated, cut if rates[0] > rates[1] else 0.0)
    other_least, other_greatest = _trimmed(control, cut if rates[1] > rates[0] else 0.0)
    return LeeBounds(
        float(treated.mean() - control.mean()),
        least - other_greatest,
        greatest - other_least,
        *rates,
        "none" if rates[0] == rates[1] else ("treated" if rates[0] > rates[1] else "control"),
        cut,
        n_missing_treated,
        n_missing_control,
    )


def _filled(seen: Floats, n_missing: int, value: float) -> float:
    """Return the mean of an arm whose missing outcomes all have one value."""
    return float((seen.sum() + n_missing * value) / (seen.size + n_missing))


def _trimmed(seen: Floats, share: float) -> tuple[float, float]:
    """Return the means of the lower and of the upper outcomes, the other `share` cut off."""
    ordered = np.sort(seen)
    kept = (1 - share) * ordered.size
    part = np.clip(kept - np.arange(ordered.size), 0.0, 1.0)
    return float(part @ ordered / kept), float(part @ ordered[::-1] / kept)


def _seen(outcomes: ArrayLike, n_missing: int, arm: str) -> Floats:
    values = np.asarray(outcomes, dtype=float)
    if values.ndim != 1 or not values.size or not np.isfinite(values).all():
        raise ValueError(
            f"{arm}: expected at least one outcome, all finite; count the missing ones instead"
        )
    if n_missing < 0 or n_missing != int(n_missing):
        raise ValueError(f"{arm}: {n_missing} missing outcomes, expected a number from zero up")
    return values


def _check_range(values: Floats, low: float, high: float) -> None:
    if not (np.isfinite([low, high]).all() and low < high):
        raise ValueError(f"the range {low} to {high} is empty or infinite")
    if values.min() < low or values.max() > high:
        raise ValueError(
            f"outcomes from {values.min()} to {values.max()} leave the range {low} to {high}"
        )
