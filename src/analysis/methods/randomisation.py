"""Randomisation inference for a treatment given to whole clusters, and the widest interval."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, combinations, product

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from analysis.methods.clusters import Codes, basis, coded, summed
from analysis.methods.inference import TIE, orders

Floats = NDArray[np.float64]
# Numbers held at once by a chunk of assignments, 16 MB each array.
CELLS = 2_000_000
# A treatment of which the controls leave less than this share of its rows is one of them.
LEFT = 1e-10


@dataclass(frozen=True)
class Randomised:
    """A difference in units of the outcome, tested by assigning the treatment to clusters anew.

    `draws` counts the assignments compared, all there are where `exact`. Ends of the interval
    are infinite where no value is refused on that side.
    """

    estimate: float
    p_value: float
    low: float
    high: float
    draws: int
    exact: bool
    n_clusters: int
    n_treated: int
    level: float


@dataclass(frozen=True)
class Interval:
    """An estimate with the interval and p-value that one method gives it."""

    method: str
    estimate: float
    low: float
    high: float
    p_value: float


@dataclass(frozen=True, eq=False)
class _Experiment:
    """Sums by cluster: rows, outcome and treatment less controls, and the controls' basis."""

    given: NDArray[np.bool_]
    sizes: Floats
    outcome: Floats
    treatment: Floats
    controls: Floats


def randomise_clusters(
    y: ArrayLike,
    treated: ArrayLike,
    clusters: ArrayLike,
    *,
    controls: ArrayLike | None = None,
    strata: ArrayLike | None = None,
    draws: int = 9999,
    seed: int,
    level: float = 0.95,
    exact_up_to: int = 50_000,
) -> Randomised:
    r"""Return the difference of those exposed, with the p-value of dealing exposure out anew.

    Whole clusters are given the exposure by lot many times, as many as have it, and the whole
    regression is run again each time. The p-value is the share of the differences at least as far
    from zero as the one observed. The interval holds the differences that the same draws do not
    refuse. Both are exact where the difference is the same in all rows and any cluster was as
    likely to be exposed, and not otherwise.

    Parameters
    ----------
    y : array of shape (n,)
    treated : array of bool (or 0 and 1), shape (n,)
        The same in all rows of a cluster.
    clusters : array of n labels
    controls : array of shape (n,) or (n, m), optional
        Without a constant, which is always added, and not touched by the treatment.
    strata : array of n labels, optional
        The same in all rows of a cluster; clusters change places within their stratum only.

    Raises
    ------
    ValueError
        If shapes differ, a number is not finite or a label missing, treatment or stratum varies
        within a cluster, no stratum has clusters on both sides, the controls explain the
        treatment, draws < 1, or `level` is not between 0 and 1.

    Notes
    -----
    .. math:: p = \frac{1 + \operatorname{count}_b\left(|\hat\tau_b| \ge |\hat\tau|\right)}{1 + B}

    :math:`\hat\tau` is the least-squares coefficient of exposure beside a constant and the
    controls, not studentised, and :math:`\hat\tau_b` the same for draw :math:`b` of :math:`B`,
    outcome and controls staying in place. Two-sided; ties count. Where the ways of dealing exposure
    out are few enough, all are listed, and the p-value is the share itself. Clusters change places
    within their stratum only, where there are strata.

    References
    ----------
    Fisher, R. A. (1935). The Design of Experiments. Oliver and Boyd.
    Rosenbaum, P. R. (2002). Covariance adjustment in randomized experiments and observational
      studies. Statistical Science 17, 286-327.
    Small, D. S., Ten Have, T. R. and Rosenbaum, P. R. (2008). Randomization inference in a
      group-randomized trial of treatments for depression. Journal of the American Statistical
      Association 103, 271-279.
    MacKinnon, J. G. and Webb, M. D. (2020). Randomization inference for difference-in-differences
      with few treated clusters. Journal of Econometrics 218, 435-450.
    """
    if draws < 1:
        raise ValueError(f"{draws} draws, at least one is needed")
    if not 0 < level < 1:
        raise ValueError(f"a confidence level lies between 0 and 1, not at {level}")
    outcome, given, others = _checked(y, treated, controls)
    codes, n_clusters = coded(clusters, len(outcome))
    blocks = _blocks(strata, codes)
    experiment = _experiment(outcome, given, others, codes, blocks)
    exact = _count(experiment.given, blocks) <= exact_up_to
    chosen = _all(experiment.given, blocks)
    if not exact:
        chosen = _random(experiment.given, blocks, draws, seed)
    values, own = _coefficients(experiment, chosen)
    estimate = float(_coefficients(experiment, iter([experiment.given[None]]))[0][0])
    extreme = np.abs(values) >= abs(estimate) - TIE * max(np.abs(values).max(), abs(estimate))
    added = 0 if exact else 1
    low, high = _inverted(estimate, values, own, 1 - level, added)
    return Randomised(
        estimate,
        float((added + extreme.sum()) / (added + len(values))),
        low,
        high,
        len(values),
        exact,
        n_clusters,
        int(experiment.given.sum()),
        level,
    )


def widest(*intervals: Interval) -> Interval:
    """Return the longest of several intervals for one quantity: the headline beside the others.

    Methods for few clusters err in different ways, so the most cautious of them speaks. Equally
    long (or endless) ones go by the larger p-value, then by order.

    Parameters
    ----------
    intervals : Interval
        As by `randomise_clusters` and its like.

    Raises
    ------
    ValueError
        If there are no intervals, or an end is not a number or out of order.
    """
    if not intervals:
        raise ValueError("no intervals to choose from")
    for one in intervals:
        if not one.low <= one.high:
            raise ValueError(f"{one.method} gives no interval: from {one.low} to {one.high}")
    return max(intervals, key=lambda one: (*_reach(one), one.p_value))


def _reach(interval: Interval) -> tuple[int, float]:
    """Return how many ends are infinite, and the length of a finite interval."""
    endless = math.isinf(interval.low) + math.isinf(interval.high)
    return endless, math.inf if endless else interval.high - interval.low


def _checked(
    y: ArrayLike, treated: ArrayLike, controls: ArrayLike | None
) -> tuple[Floats, Floats, Floats]:
    outcome, given = np.asarray(y, dtype=float), np.asarray(treated, dtype=float)
    if outcome.ndim != 1 or outcome.shape != given.shape:
        raise ValueError(f"y and treated differ in shape: {outcome.shape} and {given.shape}")
    others = np.empty((len(outcome), 0)) if controls is None else np.asarray(controls, dtype=float)
    others = others[:, None] if others.ndim == 1 else others
    if others.ndim != 2 or len(others) != len(outcome):
        raise ValueError(f"controls of shape {others.shape} do not fit {len(outcome)} rows")
    if not all(np.isfinite(numbers).all() for numbers in (outcome, given, others)):
        raise ValueError("numbers must be finite: form the sample, and count it, beforehand")
    if not np.isin(given, (0, 1)).all():
        raise ValueError("treated must be yes or no for each row")
    return outcome, given, others


def _blocks(strata: ArrayLike | None, codes: Codes) -> list[Codes]:
    """Return the clusters of each stratum."""
    labels = np.zeros(len(codes), dtype=int) if strata is None else np.asarray(strata)
    if labels.shape != codes.shape:
        raise ValueError(f"strata of shape {labels.shape} do not fit {len(codes)} rows")
    numbers = pd.factorize(labels, sort=True)[0]
    if (numbers < 0).any():
        raise ValueError(f"row {int(numbers.argmin())} has no stratum")
    stratum = _constant(numbers, codes, "stratum")
    return [np.flatnonzero(stratum == number) for number in range(int(stratum.max()) + 1)]


def _constant(values: NDArray[np.generic], codes: Codes, what: str) -> NDArray[np.generic]:
    """Return the value of each cluster, which must be the same in all its rows."""
    first = np.unique(codes, return_index=True)[1]
    if (values[first][codes] != values).any():
        row = int((values[first][codes] != values).argmax())
        raise ValueError(f"the {what} differs within the cluster of row {row}")
    return values[first]


def _experiment(
    outcome: Floats, given: Floats, others: Floats, codes: Codes, blocks: list[Codes]
) -> _Experiment:
    n_clusters = int(codes.max()) + 1
    by_cluster = _constant(given.astype(bool), codes, "treatment").astype(bool)
    if not any(by_cluster[block].any() and not by_cluster[block].all() for block in blocks):
        raise ValueError("treated and other clusters are needed within one stratum at least")
    stratum = np.zeros((n_clusters, len(blocks)))
    for number, block in enumerate(blocks):
        stratum[block, number] = 1.0
    Q = basis(np.hstack([stratum[codes], others]))[0]
    left = np.column_stack([outcome, given])
    left -= Q @ (Q.T @ left)
    sums = summed(np.hstack([np.ones((len(codes), 1)), left, Q]), codes, n_clusters)
    return _Experiment(by_cluster, sums[:, 0], sums[:, 1], sums[:, 2], sums[:, 3:])


def _coefficients(
    experiment: _Experiment, chosen: Iterator[NDArray[np.bool_]]
) -> tuple[Floats, Floats]:
    """Return each assignment's coefficient for the outcome, and for the treatment as given."""
    outcome, treatment = [], []
    for assigned in chosen:
        signs = assigned.astype(float)
        rows = signs @ experiment.sizes
        squares = rows - ((signs @ experiment.controls) ** 2).sum(axis=1)
        if (squares <= LEFT * rows).any():
            raise ValueError("the controls explain the treatment, or one of its assignments")
        outcome.append(signs @ experiment.outcome / squares)
        treatment.append(signs @ experiment.treatment / squares)
    return np.concatenate(outcome), np.concatenate(treatment)


def _inverted(
    estimate: float, values: Floats, own: Floats, alpha: float, added: int
) -> tuple[float, float]:
    """Return the ends of the differences d at which enough assignments are as extreme.

    An assignment is while |value - d own| >= |estimate - d|: between two roots about the
    estimate where |own| < 1, and otherwise taken to be so for every d.
    """
    always = np.abs(own) > 1 - TIE
    safe = np.where(always, 0.0, own)
    ends = np.sort([(estimate - values) / (1 - safe), (estimate + values) / (1 + safe)], axis=0)
    low, high = np.where(always, -np.inf, ends[0]), np.where(always, np.inf, ends[1])
    allowed = math.floor(round(alpha * (added + len(values)), 9)) - added
    if allowed < 0:
        return -math.inf, math.inf
    return float(np.partition(low, allowed)[allowed]), -float(np.partition(-high, allowed)[allowed])


def _count(given: NDArray[np.bool_], blocks: list[Codes]) -> int:
    return math.prod(math.comb(len(block), int(given[block].sum())) for block in blocks)


def _all(given: NDArray[np.bool_], blocks: list[Codes]) -> Iterator[NDArray[np.bool_]]:
    ways = (combinations(block.tolist(), int(given[block].sum())) for block in blocks)
    picked = [list(chain.from_iterable(one)) for one in product(*ways)]
    assigned = np.zeros((len(picked), len(given)), dtype=bool)
    np.put_along_axis(assigned, np.array(picked, dtype=np.intp), True, axis=1)
    yield assigned


def _random(
    given: NDArray[np.bool_], blocks: list[Codes], draws: int, seed: int
) -> Iterator[NDArray[np.bool_]]:
    seeds = np.random.SeedSequence(seed).generate_state(len(blocks))
    size = max(1, CELLS // len(given))
    for first in range(0, draws, size):
        count = min(size, draws - first)
        assigned = np.zeros((count, len(given)), dtype=bool)
        for block, one in zip(blocks, seeds, strict=True):
            order = orders(len(block), count, seed=int(one), first=first)
            picked = block[order[:, : int(given[block].sum())]]
            np.put_along_axis(assigned, picked, True, axis=1)
        yield assigned
