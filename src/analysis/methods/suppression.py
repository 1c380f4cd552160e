"""Which cells to leave out so that nobody can work out a small one: cell suppression."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from scipy.optimize import linprog

SLACK = 1e-6


@dataclass(frozen=True)
class Relation:
    """Cells that add up: the sum of each cell times its weight is `total`."""

    weights: Mapping[str, float]
    total: float = 0.0


@dataclass(frozen=True)
class System:
    """Cells that are published or could be worked out, and what everybody knows of them.

    Parameters
    ----------
    values : mapping of str to float
        Every cell's value, also of those that are never published.
    relations : sequence of Relation
        What adds up to what.
    unpublished : frozenset of str
        Cells that stand nowhere, such as the difference of two that do.
    signed : frozenset of str
        Cells that may lie below zero, such as means; the others are counts.
    widths : mapping of str to float
        How wide a cell's range must stay for it to count as protected, by cell.
    width : float
        The same for cells not named in `widths`.
    """

    values: Mapping[str, float]
    relations: Sequence[Relation] = ()
    unpublished: frozenset[str] = frozenset()
    signed: frozenset[str] = frozenset()
    widths: Mapping[str, float] = field(default_factory=dict)
    width: float = 1.0

    def __post_init__(self) -> None:
        for relation in self.relations:
            if missing := set(relation.weights) - set(self.values):
                raise ValueError(f"a relation names {', '.join(sorted(missing))}, without a value")
            gap = sum(w * self.values[c] for c, w in relation.weights.items()) - relation.total
            if abs(gap) > SLACK * max(1.0, *(abs(self.values[c]) for c in relation.weights)):
                cells = ", ".join(sorted(relation.weights))
                raise ValueError(f"cells do not add up as declared, by {gap:g}: {cells}")


def table(
    cells: Mapping[str, float], adds: Iterable[tuple[str, Collection[str]]], width: float = 1.0
) -> System:
    """Return the system of a table with margins.

    Parameters
    ----------
    cells : mapping of str to float
        Cells and totals.
    adds : iterable of (str, collection of str)
        Each total with the cells that add up to it.
    width : float
        How wide a small cell's range must stay.
    """
    relations = [Relation({total: -1.0, **dict.fromkeys(parts, 1.0)}) for total, parts in adds]
    return System(cells, relations, width=width)


def suppress(system: System, primary: Collection[str]) -> frozenset[str]:
    """Return the cells to leave out: the primary ones, and the fewest found that protect them.

    Cells are added one at a time, each the smallest that is enough for a primary cell in danger,
    or else the one that widens its range most; at the end those that turn out not to be needed
    are given back, the largest first. A zero is taken only where nothing else will do.

    Raises
    ------
    ValueError
        If even with every cell left out a primary one could be worked out.

    References
    ----------
    Hundepool, A. and others (2012). Statistical Disclosure Control. Wiley, chapter 4.
    Fischetti, M. and Salazar, J. J. (2001). Solving the cell suppression problem on tabular data
    with linear constraints. Management Science 47, 1008-1027.
    """
    kept_out = frozenset(primary) & set(system.values)
    left_out = set(kept_out)
    while unsafe := [cell for cell in sorted(kept_out) if not is_safe(system, left_out, cell)]:
        left_out.add(_best(system, left_out, unsafe[0]))
    for cell in sorted(left_out - kept_out, key=lambda name: (-abs(system.values[name]), name)):
        fewer = left_out - {cell}
        if all(is_safe(system, fewer, one) for one in kept_out):
            left_out = fewer
    return frozenset(left_out)


def is_safe(system: System, left_out: Collection[str], cell: str) -> bool:
    """Return whether a cell's range, as far as it can be worked out, is as wide as it must be."""
    low, high = interval(system, left_out, cell)
    if cell not in system.signed:
        low, high = math.ceil(low - SLACK), math.floor(high + SLACK) if high < math.inf else high
    return high - low >= system.widths.get(cell, system.width) - SLACK


def interval(system: System, left_out: Collection[str], cell: str) -> tuple[float, float]:
    """Return the least and the largest value that a cell may have, given all that is published.

    Two linear programmes: the cell's least and largest value among all values of the cells left
    out that fit the relations and are, unless signed, no less than zero.
    """
    unknown = sorted({*left_out, *system.unpublished} & set(system.values))
    if cell not in unknown:
        return system.values[cell], system.values[cell]
    at = {name: place for place, name in enumerate(unknown)}
    rows, totals = _equations(system, at)
    bounds = [(None if name in system.signed else 0.0, None) for name in unknown]
    aim = np.zeros(len(unknown))
    aim[at[cell]] = 1.0
    low, high = (_extreme(sign * aim, rows, totals, bounds, sign) for sign in (1.0, -1.0))
    return low, high


def _equations(system: System, at: Mapping[str, int]) -> tuple[np.ndarray, np.ndarray]:
    """Return the relations among the unknown cells, what is known moved to the other side."""
    rows, totals = [], []
    for relation in system.relations:
        row, total = np.zeros(len(at)), relation.total
        for name, weight in relation.weights.items():
            if name in at:
                row[at[name]] += weight
            else:
                total -= weight * system.values[name]
        if row.any():
            rows.append(row)
            totals.append(total)
    return np.array(rows).reshape(len(rows), len(at)), np.array(totals)


def _extreme(
    aim: np.ndarray,
    rows: np.ndarray,
    totals: np.ndarray,
    bounds: Sequence[tuple[float | None, None]],
    sign: float,
) -> float:
    equal = {"A_eq": rows, "b_eq": totals} if len(rows) else {}
    found = linprog(aim, bounds=bounds, method="highs", **equal)
    if found.status == 3:
        return -sign * math.inf
    if not found.success:
        raise ValueError(f"the cells fit no values at all: {found.message}")
    return sign * float(found.fun)


def _best(system: System, left_out: Collection[str], cell: str) -> str:
    """Return the cell to leave out next for the sake of one in danger."""
    choice = _candidates(system, left_out, cell)
    if not choice:
        raise ValueError(f"nothing is left to leave out that would protect {cell!r}")
    widths = {}
    for name in choice:
        if is_safe(system, {*left_out, name}, cell):
            return name
        low, high = interval(system, {*left_out, name}, cell)
        widths[name] = high - low
    return max(choice, key=lambda name: widths[name])


def _candidates(system: System, left_out: Collection[str], cell: str) -> list[str]:
    """Return the published cells that stand in a relation with what hangs together with `cell`."""
    unknown = {*left_out, *system.unpublished}
    reached, published = {cell}, set[str]()
    grown = True
    while grown:
        touched = [set(one.weights) for one in system.relations if reached & set(one.weights)]
        tied = set[str]().union(*touched)
        grown = bool((tied & unknown) - reached)
        reached |= tied & unknown
        published = tied - unknown
    size = system.values
    return sorted(published, key=lambda name: (size[name] == 0, abs(size[name]), name))
