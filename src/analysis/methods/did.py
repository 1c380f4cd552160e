"""Group-time differences in differences of a staggered panel, with influence functions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import expit

from analysis.methods.fixed_effects import codes

Floats = NDArray[np.float64]
Indices = NDArray[np.intp]
Mask = NDArray[np.bool_]
Control = Literal["never", "not_yet"]
Base = Literal["varying", "universal"]
Cell = tuple[float, int, int]
# The cell, its estimate and influence, and how many treated and controls it rests on.
Estimated = tuple[Cell, float, Floats, int, int]
RANK_TOLERANCE = 1e-10
# A control that is this likely to be treated would carry all of the weight.
MOST_LIKELY = 0.999
LOGIT_STEPS = 50
LOGIT_TOLERANCE = 1e-10


@dataclass(frozen=True)
class Panel:
    """Outcomes by unit (row) and period (column), nan where not observed.

    `group` is the period in which a unit was first treated, inf if never; `row` is the place of
    each outcome in the columns given, -1 where there is none.
    """

    values: Floats
    row: Indices
    units: NDArray[Any]
    times: Floats
    group: Floats


@dataclass(frozen=True)
class GroupTime:
    """Differences in differences, one for each group and time, in units of y.

    `groups`, `times`, `base_times`, `estimates`, `standard_errors`, `n_treated`, `n_control` and
    `n_treated_clusters` have one number a cell; `influence` is of shape (units, cells), and an
    estimate's error is the mean of its column. `units`, `unit_group` (inf for never) and
    `clusters` (None if every unit is its own) go with the rows of `influence`. `left_out` holds
    the groups and times without a treated or a control unit observed in both periods.
    """

    groups: Floats
    times: Floats
    base_times: Floats
    estimates: Floats
    standard_errors: Floats
    influence: Floats
    units: NDArray[Any]
    unit_group: Floats
    clusters: NDArray[Any] | None
    n_treated: Indices
    n_control: Indices
    n_treated_clusters: Indices
    left_out: tuple[tuple[float, float], ...]
    control: Control
    base: Base
    anticipation: int


def group_time(
    y: ArrayLike,
    unit: ArrayLike,
    time: ArrayLike,
    first_treated: ArrayLike,
    *,
    control: Control = "never",
    base: Base = "varying",
    anticipation: int = 0,
    clusters: ArrayLike | None = None,
    covariates: ArrayLike | None = None,
) -> GroupTime:
    """Return a difference in differences for each group and time, in units of y.

    A group is all units first treated in one period. Its mean change since the base period is
    compared with that of the controls. From treatment on, the base is the last period before
    treatment and `anticipation`; before treatment it is the period just before ("varying", as
    in the R package did) or the same one for all ("universal": the base's own cell is nought).

    A cell rests on the units observed in both of its periods, so an unbalanced panel has other
    units in each cell. With covariates the comparison is doubly robust: a logit for being in
    the group, a linear regression of the controls' change. Errors come from the influence
    functions, see `contributions`; the columns are laid out by `panel`. A group in one cluster
    has no spread between clusters, so its cells' errors hold that of the controls alone: look
    at ``n_treated_clusters``.

    Parameters
    ----------
    y, unit, time, first_treated : arrays, one number or label a row
        `time` and `first_treated` on one scale; never treated is 0, nan or inf. A unit first
        treated after the last period (plus `anticipation`) counts as never treated.
    control : {"never", "not_yet"}
        Units never treated, or all not treated yet at the later period (plus `anticipation`).
    base : {"varying", "universal"}
    anticipation : int
        Periods before treatment in which it may be felt.
    clusters : array of labels, optional
        One for each row, the same in all rows of a unit; else each unit is a cluster.
    covariates : array or frame, one row for each row of y, optional
        The values in the cell's base period are used; without a constant.

    Raises
    ------
    ValueError
        If `panel` refuses the columns, no unit or group can be compared, a group has no period
        before treatment, or covariates separate a group from its controls.

    References
    ----------
    Callaway, B. and Sant'Anna, P. H. C. (2021). Difference-in-differences with multiple time
    periods. Journal of Econometrics 225, 200-230.
    Sant'Anna, P. H. C. and Zhao, J. (2020). Doubly robust difference-in-differences estimators.
    Journal of Econometrics 219, 101-122.
    """
    if control not in ("never", "not_yet") or base not in ("varying", "universal"):
        raise ValueError(f"{control!r}, {base!r}: expected never or not_yet, varying or universal")
    if anticipation < 0 or anticipation != int(anticipation):
        raise ValueError(f"anticipation is {anticipation}, expected a whole number from 0 on")
    data = panel(y, unit, time, first_treated)
    labels = _by_unit(clusters, data)
    extra = _covariates(covariates, data)
    done, left_out = _done(data, extra, control, base, anticipation)
    influence = np.column_stack([one[2] for one in done])
    errors = np.sqrt((contributions(influence, labels) ** 2).sum(axis=0))
    return GroupTime(
        np.array([one[0][0] for one in done]),
        data.times[[one[0][1] for one in done]],
        data.times[[one[0][2] for one in done]],
        np.array([one[1] for one in done]),
        errors,
        influence,
        data.units,
        data.group,
        labels,
        np.array([one[3] for one in done]),
        np.array([one[4] for one in done]),
        np.array([_n_clusters(data, one, labels) for one in done]),
        tuple(left_out),
        control,
        base,
        anticipation,
    )


def panel(y: ArrayLike, unit: ArrayLike, time: ArrayLike, first_treated: ArrayLike) -> Panel:
    """Return the outcomes by unit and period, in units of y, with each unit's group.

    Parameters as in `group_time`.

    Raises
    ------
    ValueError
        If shapes differ, y or time is not finite, a unit has two rows in a period or two
        periods of first treatment, or 0 is both a period and a mark of never treated.
    """
    outcome, calendar = np.asarray(y, dtype=float), np.asarray(time, dtype=float)
    first = np.asarray(first_treated, dtype=float)
    if outcome.ndim != 1 or not outcome.shape == calendar.shape == first.shape:
        shapes = outcome.shape, calendar.shape, first.shape
        raise ValueError(f"y, time and first_treated differ in shape: {shapes}")
    if not len(outcome) or not (np.isfinite(outcome).all() and np.isfinite(calendar).all()):
        raise ValueError("y and time must be finite: form the sample, and count it, beforehand")
    units, place = codes(unit, len(outcome), "unit")
    times, period = np.unique(calendar, return_inverse=True)
    if (first == 0).any() and times[0] <= 0 <= times[-1]:
        raise ValueError("0 is a period here: mark units never treated by inf")
    row = np.full((len(units), len(times)), -1)
    row[place, period] = np.arange(len(outcome))
    if (row >= 0).sum() < len(outcome):
        raise ValueError("a unit has more than one row in a period, expected one")
    first = np.where((first == 0) | ~np.isfinite(first), np.inf, first)
    group = np.full(len(units), np.nan)
    group[place] = first
    if (group[place] != first).any():
        name = units[place[int((group[place] != first).argmax())]]
        raise ValueError(f"unit {name} has several periods of first treatment, expected one")
    values = np.where(row >= 0, outcome[row], np.nan)
    return Panel(values, row, units, times, group)


def contributions(influence: Floats, clusters: NDArray[Any] | None) -> Floats:
    """Return each cluster's part in the error of each estimate, in units of the estimate.

    The standard error is the root of the sum of squares of a column. Without clusters these are
    influences over n, as in the R package did; with them they are added up within a cluster and
    the sum of squares bears the factor G / (G - 1). A part of `group_time`.

    Raises
    ------
    ValueError
        If there are not as many labels as rows, or fewer than two clusters.
    """
    if clusters is None:
        return influence / len(influence)
    labels, code = codes(clusters, len(influence), "clusters")
    n = len(labels)
    if n < 2:
        raise ValueError("1 cluster, at least 2 are needed")
    sums = np.column_stack([np.bincount(code, column, minlength=n) for column in influence.T])
    return np.asarray(sums / len(influence) * np.sqrt(n / (n - 1)))


def _done(
    data: Panel, extra: Floats | None, control: Control, base: Base, anticipation: int
) -> tuple[list[Estimated], list[tuple[float, float]]]:
    done, left_out = [], []
    for cell in _cells(data, base, anticipation):
        sides = _sides(data, cell, control, anticipation)
        if sides[0].any() and sides[1].any():
            done.append((cell, *_compared(data, cell, sides, extra)))
        else:
            left_out.append((cell[0], float(data.times[cell[1]])))
    if not done:
        raise ValueError("no group has both treated and control units in two periods")
    return done, left_out


def _n_clusters(data: Panel, one: Estimated, labels: NDArray[Any] | None) -> int:
    group, place, before = one[0]
    seen = (data.row[:, place] >= 0) & (data.row[:, before] >= 0)
    return one[3] if labels is None else len(np.unique(labels[seen & (data.group == group)]))


def _by_unit(clusters: ArrayLike | None, data: Panel) -> NDArray[Any] | None:
    if clusters is None:
        return None
    labels, code = codes(clusters, int(data.row.max()) + 1, "clusters")
    seen = data.row >= 0
    held = np.where(seen, code[data.row], -1)
    mine = held.max(axis=1)
    if (seen & (held != mine[:, None])).any():
        raise ValueError("a unit lies in several clusters, expected one")
    return np.asarray(labels[mine])


def _covariates(covariates: ArrayLike | None, data: Panel) -> Floats | None:
    if covariates is None:
        return None
    table = np.asarray(covariates, dtype=float)
    table = table.reshape(len(table), -1)
    if len(table) != data.row.max() + 1 or not np.isfinite(table).all():
        raise ValueError(f"covariates of {len(table)} rows: expected a finite row for each of y")
    return table


def _cells(data: Panel, base: Base, anticipation: int) -> Iterator[Cell]:
    """Yield the group, and the places of the period and its base, of each cell."""
    times = data.times
    groups = np.unique(data.group[data.group <= times[-1]])
    if not len(groups):
        raise ValueError("no unit is treated within the panel's periods")
    for group in groups:
        before = int((times + anticipation < group).sum())
        if not before:
            count = int((data.group == group).sum())
            raise ValueError(
                f"{count} units first treated in {group:g} have no period before that: "
                "leave them out, and count them, beforehand"
            )
        for place, time in enumerate(times):
            if base == "universal" or time >= group:
                yield float(group), place, before - 1
            elif place:
                yield float(group), place, place - 1


def _sides(data: Panel, cell: Cell, control: Control, anticipation: int) -> tuple[Mask, Mask]:
    group, place, before = cell
    seen = (data.row[:, place] >= 0) & (data.row[:, before] >= 0)
    last = data.times[-1] if control == "never" else data.times[max(place, before)]
    others = (data.group > last + anticipation) & (data.group != group)
    return seen & (data.group == group), seen & others


def _compared(
    data: Panel, cell: Cell, sides: tuple[Mask, Mask], extra: Floats | None
) -> tuple[float, Floats, int, int]:
    _, place, before = cell
    used = sides[0] | sides[1]
    treated = sides[0][used]
    change = data.values[used, place] - data.values[used, before]
    influence = np.zeros(len(data.units))
    if extra is None or place == before:
        estimate, found = _plain(change, treated)
    else:
        where = f"group {cell[0]:g} in {data.times[place]:g}"
        design = _design(extra[data.row[used, before]], treated, where)
        estimate, found = _doubly_robust(change, treated, design, where)
    influence[used] = found * (len(data.units) / len(change))
    return estimate, influence, int(treated.sum()), int((~treated).sum())


def _plain(change: Floats, treated: Mask) -> tuple[float, Floats]:
    inside, outside = float(change[treated].mean()), float(change[~treated].mean())
    share = treated.mean()
    gap = np.where(treated, (change - inside) / share, -(change - outside) / (1 - share))
    return inside - outside, gap


def _design(values: Floats, treated: Mask, where: str) -> Floats:
    spread = values.std(axis=0)
    centred = (values - values.mean(axis=0)) / np.where(spread > 0, spread, 1)
    design = np.column_stack([np.ones(len(values)), centred])
    for side in (design, design[~treated]):
        size = np.linalg.svd(side, compute_uv=False)
        if len(side) < design.shape[1] or size[-1] < RANK_TOLERANCE * size[0]:
            raise ValueError(f"{where}: covariates are linearly dependent among the controls")
    return design


def _doubly_robust(
    change: Floats, treated: Mask, design: Floats, where: str
) -> tuple[float, Floats]:
    n = len(change)
    chance, bread = _logit(treated, design, where)
    outside = design * ~treated[:, None]
    inverse = np.linalg.inv(outside.T @ design / n)
    rest = change - design @ (inverse @ (outside.T @ change / n))
    weight = np.where(treated, 0.0, chance / (1 - chance))
    inside, outer = treated.mean(), weight.mean()
    mine, theirs = float((treated * rest).mean() / inside), float((weight * rest).mean() / outer)
    line = (outside * rest[:, None]) @ inverse
    scores = (design * (treated - chance)[:, None]) @ bread
    first = treated * (rest - mine) - line @ (treated @ design / n)
    second = weight * (rest - theirs)
    moved = scores @ (second @ design / n) - line @ (weight @ design / n)
    return mine - theirs, first / inside - (second + moved) / outer


def _logit(treated: Mask, design: Floats, where: str) -> tuple[Floats, Floats]:
    """Return each unit's fitted chance of being treated, and the inverse information over n."""
    slopes = np.zeros(design.shape[1])
    n = len(design)
    for _ in range(LOGIT_STEPS):
        chance = expit(design @ slopes)
        if chance[~treated].max() > MOST_LIKELY:
            break
        information = (design * (chance * (1 - chance))[:, None]).T @ design / n
        if np.linalg.cond(information) > 1 / RANK_TOLERANCE:
            break
        bread = np.linalg.inv(information)
        step = bread @ (design.T @ (treated - chance) / n)
        if np.abs(step).max() < LOGIT_TOLERANCE:
            return chance, bread
        slopes = slopes + step
    raise ValueError(f"{where}: covariates separate treated from controls, so none compare")
