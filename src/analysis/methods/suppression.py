"""Which cells to leave out so that nobody can work out a small one: cell suppression."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from scipy.optimize import linprog

SLACK = 1e-6
DEAR = 1e6


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
    costs : mapping of str to float
        What leaving out a cell costs; that of others is their size.
    fixed : frozenset of str
        Cells that everybody knows from elsewhere, so that leaving them out protects nothing.
    zeros_shown : bool
        Everybody knows that a count is not left out where it is zero.
    """

    values: Mapping[str, float]
    relations: Sequence[Relation] = ()
    unpublished: frozenset[str] = frozenset()
    signed: frozenset[str] = frozenset()
    widths: Mapping[str, float] = field(default_factory=dict)
    width: float = 1.0
    costs: Mapping[str, float] = field(default_factory=dict)
    fixed: frozenset[str] = frozenset()
    zeros_shown: bool = False

    def __post_init__(self) -> None:
        for relation in self.relations:
            if missing := set(relation.weights) - set(self.values):
                raise ValueError(f"a relation names {', '.join(sorted(missing))}, without a value")
            gap = sum(w * self.values[c] for c, w in relation.weights.items()) - relation.total
            if abs(gap) > SLACK * max(1.0, *(abs(self.values[c]) for c in relation.weights)):
                cells = ", ".join(sorted(relation.weights))
                raise ValueError(f"cells do not add up as declared, by {gap:g}: {cells}")

    @cached_property
    def touching(self) -> Mapping[str, Sequence[Relation]]:
        """The relations in which each cell stands."""
        found: dict[str, list[Relation]] = {name: [] for name in self.values}
        for relation in self.relations:
            for name in relation.weights:
                found[name].append(relation)
        return found

    def least(self, name: str) -> float | None:
        """Return the least value that everybody knows a cell to have, None for no limit."""
        if name in self.signed:
            return None
        shown = self.zeros_shown and name not in self.unpublished and self.values[name] >= 1
        return 1.0 if shown else 0.0

    def cost(self, name: str) -> tuple[bool, float, str]:
        """Return what decides which of several cells is left out: the least does, zeros last."""
        value = self.values[name]
        zero = value == 0 and name not in self.signed
        return zero, self.costs.get(name, abs(value)), name


def table(
    cells: Mapping[str, float], adds: Iterable[tuple[str, Collection[str]]], width: float = 1.0
) -> System:
    """Return the system of a table with margins, for `suppress`.

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

    For one primary cell in danger after the other, those cells go that can be moved along with it
    most cheaply; at the end those that turn out not to be needed are given back, the dearest
    first. A zero is taken only where nothing else will do.

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
    left_out, unsafe = set(kept_out), sorted(kept_out)
    while unsafe := [cell for cell in unsafe if not is_safe(system, left_out, cell)]:
        left_out |= _way_out(system, left_out, unsafe[0])
    for cell in sorted(left_out - kept_out, key=system.cost, reverse=True):
        near = kept_out & _tied(system, left_out, cell)
        fewer = left_out - {cell}
        if all(is_safe(system, fewer, one) for one in sorted(near)):
            left_out = fewer
    return frozenset(left_out)


def is_safe(system: System, left_out: Collection[str], cell: str) -> bool:
    """Return whether a cell's range is as wide as `suppress` has to leave it."""
    low, high = interval(system, left_out, cell)
    if cell not in system.signed:
        low, high = math.ceil(low - SLACK), math.floor(high + SLACK) if high < math.inf else high
    return high - low >= system.widths.get(cell, system.width) - SLACK


def interval(system: System, left_out: Collection[str], cell: str) -> tuple[float, float]:
    """Return the least and the largest value that a cell may have, given all that is published.

    Two linear programmes, as for `suppress`: the cell's least and largest value among all values
    of the cells left out that fit the relations and are no less than they are known to be.
    """
    if cell not in left_out and cell not in system.unpublished:
        return system.values[cell], system.values[cell]
    unknown = sorted(_tied(system, left_out, cell))
    at = {name: place for place, name in enumerate(unknown)}
    rows, totals = _equations(system, at)
    bounds = [(system.least(name), None) for name in unknown]
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


def _way_out(system: System, left_out: Collection[str], cell: str) -> set[str]:
    """Return the cheapest published cells that must go so that a cell may be as large as needed.

    One linear programme: the least change of published cells, weighted by their cost, that goes
    with the wanted change of this one and leaves every relation true. The cells that it moves go.
    """
    names = sorted(system.values)
    at = {name: place for place, name in enumerate(names)}
    free = {*left_out, *system.unpublished}
    prices = np.array([0.0 if name in free else _price(system, name) for name in names])
    prices *= 1 + 1e-6 * np.arange(len(names))  # of several ways, always the same
    rows = np.zeros((len(system.relations) + 1, len(names)))
    for row, relation in zip(rows, system.relations, strict=False):
        row[[at[name] for name in relation.weights]] = list(relation.weights.values())
    rows[-1, at[cell]] = 1.0
    low, _ = interval(system, left_out, cell)
    wanted = np.zeros(len(rows))
    wanted[-1] = system.widths.get(cell, system.width) - (system.values[cell] - low)
    down = [_room_below(system, name) for name in names]
    up = [0.0 if name in system.fixed else None for name in names]
    found = linprog(
        np.concatenate([prices, prices]), A_eq=np.hstack([rows, -rows]), b_eq=wanted,
        bounds=[(0.0, most) for most in (*up, *down)], method="highs",
    )  # fmt: skip
    if not found.success:
        raise ValueError(f"nothing is left to leave out that would protect {cell!r}")
    moved = found.x[: len(names)] + found.x[len(names) :]
    way = {name for name, much in zip(names, moved, strict=True) if much > SLACK} - free
    if not way:
        raise ValueError(f"nothing is left to leave out that would protect {cell!r}")
    return way


def _room_below(system: System, name: str) -> float | None:
    least = system.values[name] if name in system.fixed else system.least(name)
    return None if least is None else max(system.values[name] - least, 0.0)


def _price(system: System, name: str) -> float:
    zero, cost, _ = system.cost(name)
    return min(1.0 + cost, DEAR) * (DEAR if zero else 1.0)


def _tied(system: System, left_out: Collection[str], cell: str) -> frozenset[str]:
    """Return the unknown cells that hang together with `cell`."""
    unknown = {*left_out, *system.unpublished}
    reached, waiting = {cell}, [cell]
    while waiting:
        for relation in system.touching[waiting.pop()]:
            new = (relation.weights.keys() & unknown) - reached
            reached |= new
            waiting += new
    return frozenset(reached)
