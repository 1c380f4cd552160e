"""All specifications under permuted exposures, in batched linear algebra.

Specifications that share rows and exposure form a group. Their outcomes and controls span few
dimensions; the permuted exposures are projected there once, which is the only work that grows
with the number of rows, and every specification is a short vector in that basis.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.methods.association import RANK_TOLERANCE
from analysis.methods.inference import orders
from analysis.methods.multiverse_design import Prepared, ranked

Floats = NDArray[np.float64]
Indices = NDArray[np.intp]
# Numbers in the largest array of a chunk, 4 MB: it stays in the processor's cache.
CELLS = 500_000


@dataclass(frozen=True, eq=False)
class Pool:
    """An exposure and the units, in ascending order, for which it is known."""

    units: Indices
    values: Floats


@dataclass(frozen=True, eq=False)
class Group:
    """Specifications that share rows and exposure; matrices are coordinates in `basis`.

    `exposure` is the pool's, centred; `at` leads from a row to its unit in the pool. `levels`
    counts the different values where each draw must be ranked anew, `exposure` holding their
    order from 0; else it is 0.
    """

    exposure: NDArray[Any]
    at: Indices
    levels: int
    basis: Floats
    outcomes: Floats
    controls: Floats
    membership: Floats
    control_set: Indices
    columns: slice


@dataclass(frozen=True, eq=False)
class Design:
    """All groups by pool; `position` leads from a specification to its column."""

    n_units: int
    pools: tuple[tuple[Indices, tuple[Group, ...]], ...]
    position: Indices
    df: Floats


def donors(order: Indices, members: Indices) -> Indices:
    """Return from which member each member takes its exposure, in each of the draws.

    A draw ``order[i]`` gives unit u the exposure of unit ``order[i, u]``. Among some of the
    units, each takes that of the first member met on following the draw from unit to unit,
    which deletes the others from the permutation's cycles. The induced permutation is uniform
    if the draw is, and agrees with the draw wherever the donor is itself a member.

    Parameters
    ----------
    order : array of int, shape (draws, n_units)
    members : array of int, shape (m,)

    Returns
    -------
    array of int, shape (draws, m)
        Positions within `members`.

    References
    ----------
    Pitman, J. (2006). Combinatorial Stochastic Processes. Springer, section 3.1.
    """
    place = np.full(order.shape[1], -1)
    place[members] = np.arange(len(members))
    given = order[:, members]
    draw, column = np.nonzero(place[given] < 0)
    while len(draw):
        moved = order[draw, given[draw, column]]
        given[draw, column] = moved
        outside = place[moved] < 0
        draw, column = draw[outside], column[outside]
    return place[given]


def pooled(prepared: Sequence[Prepared], exposures: Sequence[str]) -> list[Pool]:
    """Return, for each specification, its exposure on all units on which any states it.

    Parameters
    ----------
    prepared : sequence of Prepared
    exposures : sequence of str
        The name of each specification's exposure.

    Raises
    ------
    ValueError
        If two specifications give one exposure different values for the same unit.
    """
    n_units = 1 + max(int(one.rows[-1]) for one in prepared)
    stated: dict[str, Floats] = {}
    for one, name in zip(prepared, exposures, strict=True):
        known = stated.setdefault(name, np.full(n_units, np.nan))
        before = known[one.rows]
        wrong = np.flatnonzero(~np.isnan(before) & (before != one.exposure))
        if wrong.size:
            raise ValueError(
                f'exposure "{name}" is both {before[wrong[0]]} and {one.exposure[wrong[0]]} for '
                f"unit {one.rows[wrong[0]]}: give what differs a name of its own"
            )
        known[one.rows] = one.exposure
    pools = {name: _pool(known) for name, known in stated.items()}
    return [pools[name] for name in exposures]


def designed(prepared: Sequence[Prepared], pools: Sequence[Pool]) -> Design:
    """Return the specifications laid out for batched draws, each with its exposure's pool."""
    different = {id(pool): pool.units for pool in pools}
    used = np.unique(np.concatenate(list(different.values())))
    by_pool: dict[bytes, dict[tuple[bytes, bytes, bool], list[int]]] = {}
    for index, (one, pool) in enumerate(zip(prepared, pools, strict=True)):
        groups = by_pool.setdefault(pool.units.tobytes(), {})
        key = (one.rows.tobytes(), pool.values.tobytes(), one.ranks)
        groups.setdefault(key, []).append(index)
    order: list[int] = []
    laid = []
    for groups in by_pool.values():
        made = []
        for indices in groups.values():
            first = len(order)
            order += indices
            made.append(_group([prepared[index] for index in indices], pools[indices[0]], first))
        laid.append((np.searchsorted(used, pools[order[-1]].units), tuple(made)))
    df = np.array([prepared[index].df for index in order], dtype=float)
    return Design(len(used), tuple(laid), np.argsort(order), df)


def observed(design: Design) -> Floats:
    """Return the standardised slopes as they are, of shape (1, columns)."""
    return _slopes(design, np.arange(design.n_units)[np.newaxis])


def drawn(design: Design, draws: int, seed: int, chunk: int | None) -> Iterator[tuple[int, Floats]]:
    """Yield number of the first draw and standardised slopes, chunk by chunk of draws.

    Raises
    ------
    ValueError
        If `draws` or `chunk` is below one.
    """
    if draws < 1 or (chunk is not None and chunk < 1):
        raise ValueError(f"{draws} draws in chunks of {chunk}: at least one is needed")
    size = chunk or max(1, CELLS // max(design.n_units, len(design.df)))
    for first in range(0, draws, size):
        count = min(size, draws - first)
        yield first, _slopes(design, orders(design.n_units, count, seed=seed, first=first))


def _pool(known: Floats) -> Pool:
    units = np.flatnonzero(~np.isnan(known))
    return Pool(units, known[units])


def _group(prepared: Sequence[Prepared], pool: Pool, first: int) -> Group:
    rows = prepared[0].rows
    spans = {one.span.tobytes(): one.span for one in prepared}
    outcomes = {one.y.tobytes(): one.y for one in prepared}
    constant = np.full((len(rows), 1), len(rows) ** -0.5)
    stacked = np.hstack([constant, *spans.values()])
    basis, _ = np.linalg.qr(np.column_stack([stacked, *outcomes.values()]))
    lefts = np.column_stack([one.y_left / np.linalg.norm(one.y_left) for one in prepared])
    number = {key: index for index, key in enumerate(spans)}
    width = [span.shape[1] for span in spans.values()]
    exposure, levels = _handed_out(pool.values, prepared[0].ranks, len(rows))
    return Group(
        exposure=exposure,
        at=np.searchsorted(pool.units, rows),
        levels=levels,
        basis=basis,
        outcomes=basis.T @ lefts,
        controls=basis.T @ stacked,
        membership=np.vstack([np.ones(len(width)), np.repeat(np.eye(len(width)), width, axis=0)]),
        control_set=np.array([number[one.span.tobytes()] for one in prepared]),
        columns=slice(first, first + len(prepared)),
    )


def _handed_out(values: Floats, ranks: bool, n: int) -> tuple[NDArray[Any], int]:
    if ranks and n < len(values):
        levels, codes = np.unique(values, return_inverse=True)
        return codes, len(levels)
    handed = ranked(values) if ranks else values
    return handed - handed.mean(), 0


def _slopes(design: Design, order: Indices) -> Floats:
    slopes = np.empty((len(order), len(design.df)))
    for members, groups in design.pools:
        taken = donors(order, members)
        for group in groups:
            _fill(slopes[:, group.columns], group, taken)
    return slopes


def _fill(slopes: Floats, group: Group, taken: Indices) -> None:
    whole = len(group.at) == taken.shape[1]
    exposure = group.exposure[taken if whole else taken[:, group.at]]
    if group.levels:
        exposure = _ranked_rows(exposure, group.levels)
    projected = exposure @ group.basis
    np.matmul(projected, group.outcomes, out=slopes)
    total = np.einsum("ij,ij->i", exposure, exposure)[:, np.newaxis]
    left = total - (projected @ group.controls) ** 2 @ group.membership
    # An exposure that a draw lays into the span of the controls shows no slope.
    least = RANK_TOLERANCE * total + np.finfo(float).tiny
    scale = np.where(left > least, 1 / np.sqrt(np.maximum(left, least)), 0.0)
    slopes *= scale[:, group.control_set]


def _ranked_rows(codes: Indices, levels: int) -> Floats:
    draws, n = codes.shape
    cells = codes + levels * np.arange(draws)[:, np.newaxis]
    counts = np.bincount(cells.ravel(), minlength=levels * draws).reshape(draws, levels)
    ranks = counts.cumsum(axis=1) - (counts - 1) / 2 - (n + 1) / 2
    return np.asarray(ranks.ravel()[cells], dtype=float)
