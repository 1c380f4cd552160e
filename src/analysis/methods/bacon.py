"""What a two-way fixed effects slope of a staggered panel is an average of."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from analysis.methods.did import Panel, panel

Floats = NDArray[np.float64]
NEVER = "treated against never treated"
ALWAYS = "treated against already treated throughout"
EARLIER = "earlier against later"
LATER = "later against earlier (already treated)"
FORBIDDEN = (ALWAYS, LATER)


def decompose(
    y: ArrayLike, unit: ArrayLike, time: ArrayLike, first_treated: ArrayLike
) -> pd.DataFrame:
    r"""Return the two-by-two comparisons that a two-way slope averages, in the outcome's unit.

    Each compares how one group of units moved, when it became exposed, with how another moved whose
    exposure stayed as it was. Weights add up to one. The weight on groups that were exposed already
    says how far the slope rests on comparisons that mislead where what exposure brings grows with
    time.

    Returns
    -------
    DataFrame
        One row a comparison: ``kind``, ``treated`` and ``control`` (periods of first treatment,
        inf for never), ``weight`` and ``estimate``. Groups first treated between the same two
        periods are one, named by the later period. The columns are laid out by `panel`.

    Raises
    ------
    ValueError
        If `panel` refuses the columns, a unit is not observed in every period, or treatment
        does not vary within units and periods.

    Notes
    -----
    .. math:: \hat\beta = \sum_k w_k \hat\beta_k

    .. math:: \hat\beta_k = \Delta \bar y_1 - \Delta \bar y_0

    .. math:: w_k = \frac{s_1 s_0 b_k a_k}{\sum_j s_1 s_0 b_j a_j}

    :math:`\hat\beta` is the two-way slope. In comparison :math:`k`, :math:`\Delta \bar y_1` is how
    much the mean of the group that becomes exposed has changed, from the periods before to those
    after, :math:`\Delta \bar y_0` the same of the other group, :math:`s_1` and :math:`s_0` are
    their shares of the units, and :math:`b_k` and :math:`a_k` the numbers of periods before and
    after.

    References
    ----------
    Goodman-Bacon, A. (2021). Difference-in-differences with variation in treatment timing. Journal
      of Econometrics 225, 254-277.
    """
    data = panel(y, unit, time, first_treated)
    gaps = int((data.row < 0).sum())
    if gaps:
        raise ValueError(f"{gaps} units and periods have no row, expected a balanced panel")
    groups, shares, means = _groups(data)
    rows = []
    for treated, control in permutations(range(len(groups)), 2):
        found = _compared(data.times, groups[[treated, control]], means[[treated, control]])
        if found is not None:
            size = shares[treated] * shares[control]
            rows.append((*_named(groups, treated, control, data), size * found[0], found[1]))
    if not rows:
        raise ValueError("treatment does not vary within units and periods")
    frame = pd.DataFrame(rows, columns=["kind", "treated", "control", "weight", "estimate"])
    frame["weight"] /= frame["weight"].sum()
    return frame


def share_forbidden(frame: pd.DataFrame) -> float:
    """Return the weight, from 0 to 1, of comparisons whose controls were treated already.

    `frame` comes from `decompose`. Such comparisons are right only if what treatment does
    stays the same over time.

    Raises
    ------
    ValueError
        If the weights do not add up to 1.
    """
    total = float(frame["weight"].sum())
    if not np.isclose(total, 1):
        raise ValueError(f"the weights add up to {total:g}, expected 1")
    return float(frame.loc[frame["kind"].isin(FORBIDDEN), "weight"].sum())


def _groups(data: Panel) -> tuple[Floats, Floats, Floats]:
    """Return the groups, their shares of the units, and their means by period."""
    place = np.searchsorted(data.times, data.group)
    named = np.append(data.times, np.inf)[place]
    groups, code, counts = np.unique(named, return_inverse=True, return_counts=True)
    sums = np.zeros((len(groups), len(data.times)))
    np.add.at(sums, code, data.values)
    return groups, counts / len(data.group), sums / counts[:, None]


def _compared(times: Floats, groups: Floats, means: Floats) -> tuple[float, float] | None:
    """Return weight over the product of shares, and estimate; None if nothing is compared.

    The window is all periods in which the control's treatment stays as it is: those before it
    is treated, where it is treated later, and those from then on, where earlier.
    """
    treated, control = groups
    window = times < control if control > treated else times >= control
    after = window & (times >= treated)
    before = window & (times < treated)
    if not (after.any() and before.any()):
        return None
    gap = means[0] - means[1]
    weight = float(before.sum() * after.sum()) / len(times) ** 2
    return weight, float(gap[after].mean() - gap[before].mean())


def _named(groups: Floats, treated: int, control: int, data: Panel) -> tuple[str, float, float]:
    pair = float(groups[treated]), float(groups[control])
    if np.isinf(pair[1]):
        return NEVER, *pair
    if pair[1] <= data.times[0]:
        return ALWAYS, *pair
    return (EARLIER if pair[0] < pair[1] else LATER), *pair
