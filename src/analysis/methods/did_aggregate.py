"""Averages of group-time differences: overall, by event time, by group and by calendar."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import chdtrc, fdtrc, ndtr

from analysis.methods.did import GroupTime, contributions
from analysis.methods.did_results import Aggregate, EventStudy, PreTrends, Profile
from analysis.methods.standard_errors import quantile, ratio, t_quantile, two_sided_p

Floats = NDArray[np.float64]
Indices = NDArray[np.intp]
Mask = NDArray[np.bool_]
Kind = Literal["simple", "event_time", "group", "calendar"]
# Numbers held at once by a chunk of draws, 16 MB.
CELLS = 2_000_000
RANK_TOLERANCE = 1e-10


@dataclass(frozen=True)
class _Averages:
    estimates: Floats
    influence: Floats


def overall(
    gt: GroupTime,
    *,
    kind: Kind = "simple",
    level: float = 0.95,
    clusters: ArrayLike | None = None,
) -> Aggregate:
    r"""Return the mean difference from exposure on, over all groups and periods, in outcome units.

    Units are grouped by when they became exposed. Each group's change since then is compared with
    that of units not exposed yet, and these differences in differences are averaged, larger groups
    counting for more. The interval allows for clusters where there are any.

    Parameters
    ----------
    gt : GroupTime
    kind : {"simple", "event_time", "group", "calendar"}
        "simple" weights each cell by its group's size; "group" averages within a group first, then
        over groups by size; "event_time" and "calendar" give each of these the same weight.
    level : float
    clusters : array of labels, optional
        One for each of ``gt.units``; else those of `gt`.

    Raises
    ------
    ValueError
        If `kind` is not known, no cell lies after treatment, or labels do not fit.

    Notes
    -----
    .. math:: \hat\tau_{g,t} = (\bar y_{g,t} - \bar y_{g,b}) - (\bar y_{0,t} - \bar y_{0,b})

    .. math::
        \hat\theta = \frac{\sum_g \sum_{t \ge g} s_g \hat\tau_{g,t}}{\sum_g \sum_{t \ge g} s_g}

    :math:`\hat\tau_{g,t}` is how much more the mean of group :math:`g`, all units first exposed in
    one period, has changed by period :math:`t` than that of units not exposed by then, since the
    last period :math:`b` before the group's exposure; :math:`s_g` is the group's share of the
    units. The standard error, from the influence functions, holds that of the shares. With
    :math:`G` clusters the interval uses Student's t with :math:`G - 1` degrees of freedom, else the
    normal distribution.

    References
    ----------
    Callaway, B. and Sant'Anna, P. H. C. (2021). Difference-in-differences with multiple time
      periods. Journal of Econometrics 225, 200-230 (section 3).
    """
    found = _overall(gt, kind)
    labels = _clusters(gt, clusters)
    parts = contributions(found.influence, labels)
    estimate, error = float(found.estimates[0]), float(np.sqrt((parts**2).sum()))
    margin = _pointwise(level, labels, len(parts)) * error
    t = ratio(np.array([estimate]), np.array([error]))
    p = 2 * ndtr(-np.abs(t)) if labels is None else two_sided_p(t, len(parts) - 1)
    return Aggregate(
        estimate,
        error,
        estimate - margin,
        estimate + margin,
        float(p[0]),
        level,
        len(gt.units),
        len(parts),
    )


def event_study(
    gt: GroupTime,
    *,
    first: float | None = None,
    last: float | None = None,
    level: float = 0.95,
    draws: int = 999,
    seed: int,
    clusters: ArrayLike | None = None,
) -> EventStudy:
    r"""Return the mean difference at each time since exposure, in outcome units, with a band.

    Units are grouped by when they became exposed. Each group's change is compared with that of
    units not exposed yet, and groups are averaged at the same distance from exposure, larger ones
    counting for more. The band holds for all times together at its level.

    Parameters
    ----------
    gt : GroupTime
    first, last : float, optional
        Event times to show; all, unless given.
    level : float
    draws : int
        Random signs; at least 99.
    seed : int
    clusters : array of labels, optional
        As in `overall`.

    Raises
    ------
    ValueError
        If no event time is left, draws < 99, or labels do not fit.

    Notes
    -----
    .. math:: \hat\tau_{g,t} = (\bar y_{g,t} - \bar y_{g,b}) - (\bar y_{0,t} - \bar y_{0,b})

    .. math:: \hat\theta_e = \frac{\sum_g s_g \hat\tau_{g,g+e}}{\sum_g s_g}

    :math:`\hat\tau_{g,t}` is how much more the mean of group :math:`g`, all units first exposed in
    one period, has changed by period :math:`t` than that of units not exposed by then, since the
    last period :math:`b` before the group's exposure; :math:`s_g` is the group's share of the units
    and :math:`e` the time since exposure. The band is :math:`\hat\theta_e \pm c \sqrt{V_e}`:
    :math:`c` is the quantile of the largest absolute t of all times when each cluster's part in the
    errors is given a random sign, and never less than that of one interval.

    References
    ----------
    Callaway, B. and Sant'Anna, P. H. C. (2021). Difference-in-differences with multiple time
      periods. Journal of Econometrics 225, 200-230 (sections 3 and 4).
    Montiel Olea, J. L. and Plagborg-Moller, M. (2019). Simultaneous confidence bands: theory,
      implementation, and an application to SVARs. Journal of Applied Econometrics 34, 1-17.
    """
    since = gt.times - gt.groups
    low, high = -np.inf if first is None else first, np.inf if last is None else last
    events = np.unique(since[(since >= low) & (since <= high)])
    if not len(events):
        raise ValueError(f"no event time lies between {low:g} and {high:g}")
    masks = [since == event for event in events]
    found = _averaged(gt, masks)
    labels = _clusters(gt, clusters)
    parts = contributions(found.influence, labels)
    before = events < -gt.anticipation
    test = _joint(found.estimates[before], parts[:, before], labels is not None)
    shown = _profile(gt, events, masks, found, (level, draws, seed, labels))
    return EventStudy(
        shown.labels,
        shown.estimates,
        shown.standard_errors,
        shown.low,
        shown.high,
        shown.band_low,
        shown.band_high,
        shown.critical,
        shown.n_treated,
        test.p_value,
        level,
        shown.n_clusters,
    )


def by_group(
    gt: GroupTime,
    *,
    level: float = 0.95,
    draws: int = 999,
    seed: int,
    clusters: ArrayLike | None = None,
) -> Profile:
    """Return each group's mean difference over its treated periods, in units of y.

    `labels` are the periods of first treatment. Parameters and errors as in `event_study`.
    """
    after = _after(gt)
    groups = np.unique(gt.groups[after])
    masks = [after & (gt.groups == group) for group in groups]
    return _profile(gt, groups, masks, _averaged(gt, masks), (level, draws, seed, clusters))


def by_calendar(
    gt: GroupTime,
    *,
    level: float = 0.95,
    draws: int = 999,
    seed: int,
    clusters: ArrayLike | None = None,
) -> Profile:
    """Return the mean difference of the groups treated by each period, in units of y.

    `labels` are periods; groups are weighted by size. Parameters and errors as in `event_study`.
    """
    after = _after(gt)
    times = np.unique(gt.times[after])
    masks = [after & (gt.times == time) for time in times]
    return _profile(gt, times, masks, _averaged(gt, masks), (level, draws, seed, clusters))


def pre_trends(gt: GroupTime, *, clusters: ArrayLike | None = None) -> PreTrends:
    r"""Return the joint test that no group moved otherwise than its controls before its exposure.

    A small p-value says that groups that were to become exposed moved differently before that
    already, so that later differences cannot be laid to exposure. A large one does not prove that
    they moved alike.

    Parameters
    ----------
    gt : GroupTime
    clusters : array of labels, optional
        As in `overall`.

    Notes
    -----
    .. math:: W = \hat\tau^\top \hat V^{-1} \hat\tau

    .. math:: F = \frac{G - q}{q (G - 1)} W

    :math:`\hat\tau` are the :math:`q` differences in differences of all groups and periods before
    exposure and :math:`\hat V` is their variance. :math:`W` is chi-squared with :math:`q` degrees
    of freedom; with :math:`G` clusters :math:`F`, Hotelling's statistic, has :math:`q` and :math:`G
    - q`. There is no p-value where nothing lies before exposure, or clusters are too few.

    References
    ----------
    Callaway, B. and Sant'Anna, P. H. C. (2021). Difference-in-differences with multiple time
      periods. Journal of Econometrics 225, 200-230 (section 4.3).
    Hotelling, H. (1931). The generalization of Student's ratio. Annals of Mathematical Statistics
      2, 360-378.
    """
    before = gt.times < gt.groups - gt.anticipation
    labels = _clusters(gt, clusters)
    parts = contributions(gt.influence[:, before], labels) if before.any() else np.empty((0, 0))
    return _joint(gt.estimates[before], parts, labels is not None)


def _after(gt: GroupTime) -> Mask:
    after = np.asarray(gt.times >= gt.groups)
    if not after.any():
        raise ValueError("no group could be compared in a treated period")
    return after


def _clusters(gt: GroupTime, clusters: ArrayLike | None) -> NDArray[Any] | None:
    return gt.clusters if clusters is None else np.asarray(clusters)


def _pointwise(level: float, labels: NDArray[Any] | None, n: int) -> float:
    return quantile(level) if labels is None else t_quantile(level, n - 1)


def _averaged(gt: GroupTime, masks: Sequence[Mask]) -> _Averages:
    """Return the mean of each mask's cells, weighted by the size of their groups."""
    pairs = [_weighted(gt.estimates[m], gt.influence[:, m], gt.groups[m], gt) for m in masks]
    return _Averages(np.array([one[0] for one in pairs]), np.column_stack([o[1] for o in pairs]))


def _weighted(
    estimates: Floats, influence: Floats, groups: Floats, gt: GroupTime
) -> tuple[float, Floats]:
    member = gt.unit_group[:, None] == groups
    size = member.mean(axis=0)
    weight = size / size.sum()
    estimate = float(weight @ estimates)
    drawn = (member - size) @ (estimates - estimate) / size.sum()
    return estimate, influence @ weight + drawn


def _overall(gt: GroupTime, kind: Kind) -> _Averages:
    after = _after(gt)
    if kind == "simple":
        return _averaged(gt, [after])
    steps = {"event_time": gt.times - gt.groups, "group": gt.groups, "calendar": gt.times}
    if kind not in steps:
        raise ValueError(f"{kind!r}: expected simple, event_time, group or calendar")
    labels = np.unique(steps[kind][after])
    found = _averaged(gt, [after & (steps[kind] == label) for label in labels])
    if kind == "group":
        estimate, influence = _weighted(found.estimates, found.influence, labels, gt)
        return _Averages(np.array([estimate]), influence[:, None])
    mean = found.influence.mean(axis=1, keepdims=True)
    return _Averages(found.estimates.mean(keepdims=True), mean)


def _profile(
    gt: GroupTime,
    labels: Floats,
    masks: Sequence[Mask],
    found: _Averages,
    how: tuple[float, int, int, ArrayLike | None],
) -> Profile:
    level, draws, seed, clusters = how
    names = _clusters(gt, clusters)
    parts = contributions(found.influence, names)
    errors = np.sqrt((parts**2).sum(axis=0))
    one = _pointwise(level, names, len(parts))
    critical = max(one, _largest(parts, errors, level, draws, seed))
    return Profile(
        labels,
        found.estimates,
        errors,
        found.estimates - one * errors,
        found.estimates + one * errors,
        found.estimates - critical * errors,
        found.estimates + critical * errors,
        critical,
        np.array([_treated(gt, mask) for mask in masks]),
        level,
        len(parts),
    )


def _treated(gt: GroupTime, mask: Mask) -> int:
    groups = np.unique(gt.groups[mask])
    return int(sum(gt.n_treated[mask & (gt.groups == group)].max() for group in groups))


def _largest(parts: Floats, errors: Floats, level: float, draws: int, seed: int) -> float:
    """Return the quantile of the largest absolute t under random signs; 0 if all are nought."""
    if draws < 99:
        raise ValueError(f"{draws} draws, expected at least 99")
    scaled = parts[:, errors > 0] / errors[errors > 0]
    if not scaled.size:
        return 0.0
    stream = np.random.Generator(np.random.PCG64(seed))
    largest = np.empty(draws)
    chunk = max(1, CELLS // len(scaled))
    for start in range(0, draws, chunk):
        stop = min(start + chunk, draws)
        signs = 2.0 * stream.integers(0, 2, size=(stop - start, len(scaled)), dtype=np.int8) - 1
        largest[start:stop] = np.abs(signs @ scaled).max(axis=1)
    return float(np.quantile(largest, level, method="higher"))


def _joint(estimates: Floats, parts: Floats, clustered: bool) -> PreTrends:
    tested = (parts**2).sum(axis=0) > 0
    n = len(parts)
    if not 0 < tested.sum() < n:
        return PreTrends(float("nan"), 0, float("nan"))
    estimates, parts = estimates[tested], parts[:, tested]
    values, vectors = np.linalg.eigh(parts.T @ parts)
    kept = values > RANK_TOLERANCE * values[-1]
    df = int(kept.sum())
    statistic = float(((vectors[:, kept].T @ estimates) ** 2 / values[kept]).sum())
    if not clustered:
        return PreTrends(statistic, df, float(chdtrc(df, statistic)))
    p = fdtrc(df, n - df, statistic * (n - df) / (df * (n - 1)))
    return PreTrends(statistic, df, float(p))
