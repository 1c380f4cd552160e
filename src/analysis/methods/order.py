"""Forensics of printed rows: how unlikely their order is by chance, and which are the same."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True)
class Order:
    """How far the printed order of values is from falling, and how often chance does as well.

    Parameters
    ----------
    is_sorted : bool
        Whether no value exceeds the one before it.
    n : int
        Number of values.
    inversions : int
        Pairs in which the later value is the greater one.
    kendall_tau : float
        Kendall's tau-b of value and place from the end: 1 for a falling order without ties, -1
        for a rising one; NaN when all values are the same.
    p_value : float
        Probability that a random order of these values has no more inversions.
    """

    is_sorted: bool
    n: int
    inversions: int
    kendall_tau: float
    p_value: float


def descending_order(values: npt.ArrayLike) -> Order:
    r"""Return how near the printed order is to a falling one, and how probable that is by chance.

    Counted are the pairs of rows whose later value is the greater one. If every order were equally
    likely, the probability of no more such pairs follows exactly, by counting the orders; equal
    values may change places.

    Parameters
    ----------
    values : array_like of float, shape (n,)
        Values in the order in which they are printed.

    Raises
    ------
    ValueError
        If there are fewer than two values or one is missing.

    Notes
    -----
    .. math:: p = \frac{A_d}{n! / (m_1!\, m_2! \cdots)}

    .. math:: \tau_b = \frac{F - d}{\sqrt{N (N - T)}}

    :math:`d` of the :math:`N` pairs rise and :math:`F` fall, :math:`T` are tied, :math:`A_d` is the
    number of orders with at most :math:`d` rising pairs (from the generating function of
    inversions, in whole numbers), :math:`\tau_b` is Kendall's tau, and :math:`m_1`, :math:`m_2` and
    so on are the numbers of equal values among :math:`n`.

    References
    ----------
    Kendall, M. G. (1938). A new measure of rank correlation. Biometrika 30, 81-93.
    MacMahon, P. A. (1916). Combinatory Analysis, vol. 2, section 9 (inversions of a multiset).
    """
    printed = np.asarray(values, dtype=float)
    if printed.ndim != 1 or printed.size < 2 or np.isnan(printed).any():
        raise ValueError("values: expected two numbers or more in a row, and none missing")
    first, second = np.triu_indices(printed.size, k=1)
    signs = np.sign(printed[first] - printed[second])
    inversions = int((signs < 0).sum())
    ties = list(Counter(printed.tolist()).values())
    return Order(
        is_sorted=inversions == 0,
        n=printed.size,
        inversions=inversions,
        kendall_tau=_tau_b(int(signs.sum()), signs.size, int((signs == 0).sum())),
        p_value=float(_share_of_orders(ties, inversions)),
    )


def identical_rows(matrix: Iterable[Iterable[object]]) -> list[tuple[int, ...]]:
    """Return the groups of row numbers, from 0, whose rows are the same in every column.

    A missing value counts as the same as another missing value. Rows that are missing throughout
    are left out. Groups come in the order of their first row.

    Parameters
    ----------
    matrix : two-dimensional array or iterable of rows
        Rows of numbers or text.
    """
    groups: dict[tuple[object, ...], list[int]] = {}
    for number, row in enumerate(matrix):
        key = tuple(None if _missing(cell) else cell for cell in row)
        if any(cell is not None for cell in key):
            groups.setdefault(key, []).append(number)
    return [tuple(rows) for rows in groups.values() if len(rows) > 1]


def _missing(cell: object) -> bool:
    return cell is None or bool(cell != cell)


def _tau_b(score: int, pairs: int, tied: int) -> float:
    return score / math.sqrt(pairs * (pairs - tied)) if pairs > tied else math.nan


def _share_of_orders(ties: Sequence[int], inversions: int) -> Fraction:
    """Return the share of the distinct orders that have at most `inversions` inversions."""
    counts = [1] + [0] * inversions
    for factor in range(1, sum(ties) + 1):
        for power in range(inversions, factor - 1, -1):
            counts[power] -= counts[power - factor]
    for tie in ties:
        for factor in range(1, tie + 1):
            for power in range(factor, inversions + 1):
                counts[power] += counts[power - factor]
    orders = math.factorial(sum(ties)) // math.prod(math.factorial(tie) for tie in ties)
    return Fraction(sum(counts), orders)
