"""Permutation tests of a slope and of a difference, and the exact interval of a share."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, combinations, islice, permutations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import bdtr, betaincinv

Floats = NDArray[np.float64]
Indices = NDArray[np.intp]
# All orders are listed up to this many: 8! is below it, 9! is not.
EXACT_ORDERS = 50_000
# Numbers held at once by a chunk of draws, 16 MB each array.
CELLS = 2_000_000
# Statistics this close, as a share of the largest value that any order could give, are tied.
TIE = 1e-10


@dataclass(frozen=True)
class Permutation:
    """A statistic and its two-sided permutation p-value.

    `draws` counts the arrangements compared: all of them where `exact`.
    """

    statistic: float
    p_value: float
    draws: int
    exact: bool


@dataclass(frozen=True)
class Proportion:
    """A share between 0 and 1, its exact interval and the sign test against one half."""

    share: float
    low: float
    high: float
    p_value: float
    n: int


def orders(n: int, count: int, *, seed: int, first: int = 0) -> Indices:
    """Return `count` random orders of 0 to n - 1, one a row, of shape (count, n).

    Row i is a function of `n`, `seed` and ``first + i`` alone, so that chunks of any size,
    in any process, give the same orders. Each order sorts n words of a PCG64 stream whose
    lowest bits are the index itself, which breaks ties: at n = 77 the 57 bits above them tie
    once in 10^13 orders, at n = 20,000 the 49 bits above them once in a million.

    Raises
    ------
    ValueError
        If n < 1, or `count` or `first` is negative.

    References
    ----------
    O'Neill, M. E. (2014). PCG: a family of simple fast space-efficient statistically good
    algorithms for random number generation. Harvey Mudd College, HMC-CS-2014-0905.
    """
    if n < 1 or count < 0 or first < 0:
        raise ValueError(f"cannot draw {count} orders of {n} from number {first} on")
    stream = np.random.PCG64(seed)
    stream.advance(first * n)
    keys = stream.random_raw(count * n).reshape(count, n)
    index_bits = np.uint64((1 << (n - 1).bit_length()) - 1)
    keys &= ~index_bits
    keys |= np.arange(n, dtype=np.uint64)
    keys.sort(axis=1)
    keys &= index_bits
    return keys.astype(np.intp)


def permute_slope(x: ArrayLike, y: ArrayLike, *, draws: int = 100_000, seed: int) -> Permutation:
    r"""Return the slope of the line, in outcome per unit of exposure, with its permutation p-value.

    The outcomes are dealt out anew among the rows many times, and the least-squares slope is worked
    out each time. The p-value is the share of these slopes that are at least as far from zero as
    the one observed: how often chance alone does as much.

    Parameters
    ----------
    x, y : arrays of shape (n,)
    draws : int
        Random orders, where not all are listed.
    seed : int

    Raises
    ------
    ValueError
        If shapes differ, a number is not finite, n < 3, all x are equal, or draws < 1.

    Notes
    -----
    .. math:: p = \frac{1 + \operatorname{count}_b\left(|\hat\beta_b| \ge |\hat\beta|\right)}{1 + B}

    :math:`\hat\beta` is the slope observed and :math:`\hat\beta_b` that of draw :math:`b` of
    :math:`B`. Two-sided; ties count. Where there are no more than 50,000 orders of the rows, all
    are listed, and the p-value is the share itself.

    References
    ----------
    Pitman, E. J. G. (1937). Significance tests which may be applied to samples from any
      populations. II. The correlation coefficient test. Supplement to the Journal of the Royal
      Statistical Society 4, 225-232.
    Phipson, B. and Smyth, G. K. (2010). Permutation p-values should never be zero. Statistical
      Applications in Genetics and Molecular Biology 9, 39.
    """
    exposure, outcome = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    _require_rows(exposure, outcome, least=3, draws=draws)
    if np.ptp(exposure) == 0:
        raise ValueError("all x are equal: there is no slope")
    run, rise = exposure - exposure.mean(), outcome - outcome.mean()
    weights = run / (run @ run)
    n = len(run)
    exact = math.factorial(n) <= EXACT_ORDERS
    chunks = _all_orders(n) if exact else _random_orders(n, draws, seed)
    slopes = (rise[chunk] @ weights for chunk in chunks)
    largest = float(np.linalg.norm(rise) * np.linalg.norm(weights))
    return _compared(float(rise @ weights), slopes, largest, exact=exact)


def permute_difference(
    y: ArrayLike,
    treated: ArrayLike,
    *,
    draws: int = 100_000,
    seed: int,
    exact_up_to: int = 200_000,
) -> Permutation:
    r"""Return the mean of one group less that of another, in outcome units, with its p-value.

    Which rows belong to which group is dealt out anew many times, as many to each as there are. The
    p-value is the share of the differences that are at least as far from zero as the one observed:
    how often chance alone does as much.

    Parameters
    ----------
    y : array of shape (n,)
    treated : array of bool (or 0 and 1), shape (n,)
    draws, seed : int
    exact_up_to : int
        Number of choices up to which all are listed.

    Raises
    ------
    ValueError
        If shapes differ, a number is not finite, `treated` is not yes or no, one side is empty,
        or draws < 1.

    Notes
    -----
    .. math:: D = \bar y_1 - \bar y_0

    .. math:: p = \frac{1 + \operatorname{count}_b\left(|D_b| \ge |D|\right)}{1 + B}

    :math:`\bar y_1` and :math:`\bar y_0` are the groups' means and :math:`D_b` is the difference in
    draw :math:`b` of :math:`B`. Two-sided; ties count. Where the ways of choosing the rows are few
    enough, all are listed, and the p-value is the share itself.

    References
    ----------
    Fisher, R. A. (1935). The Design of Experiments. Oliver and Boyd.
    Pitman, E. J. G. (1937). Significance tests which may be applied to samples from any
      populations. Supplement to the Journal of the Royal Statistical Society 4, 119-130.
    """
    outcome, given = np.asarray(y, dtype=float), np.asarray(treated, dtype=float)
    _require_rows(outcome, given, least=2, draws=draws)
    n, k = len(given), int(given.sum())
    if not np.isin(given, (0, 1)).all() or k in (0, n):
        raise ValueError("treated must be yes or no for each row, with rows on both sides")
    rise = (outcome - outcome.mean()) * n / (k * (n - k))
    smaller = min(k, n - k)
    exact = math.comb(n, k) <= exact_up_to
    chunks = _all_choices(n, smaller) if exact else _random_orders(n, draws, seed)
    differences = (rise[chunk[:, :smaller]].sum(axis=1) for chunk in chunks)
    largest = float(np.linalg.norm(rise) * math.sqrt(smaller))
    return _compared(float(rise @ given), differences, largest, exact=exact)


def clopper_pearson(successes: int, n: int, *, level: float) -> Proportion:
    r"""Return a share, from 0 to 1, with its exact interval and the sign test against one half.

    The interval holds the true share at least as often as its level says, however few the units.
    The p-value is the probability of a split at least as uneven if both outcomes are equally
    likely.

    Raises
    ------
    ValueError
        If n < 1, `successes` does not lie between 0 and n, or `level` not between 0 and 1.

    Notes
    -----
    .. math:: p_{\text{low}} = B^{-1}\left(\frac{\alpha}{2}; k, n - k + 1\right)

    .. math:: p_{\text{high}} = B^{-1}\left(1 - \frac{\alpha}{2}; k + 1, n - k\right)

    .. math:: p = \min\left(1, 2 \sum_{j=0}^{\min(k, n - k)} \binom{n}{j} \frac{1}{2^n}\right)

    :math:`k` of :math:`n` units count, :math:`1 - \alpha` is the interval's level and
    :math:`B^{-1}` the quantile of the beta distribution. The lower end of none is 0, the upper end
    of all is 1. The p-value is two-sided.

    References
    ----------
    Clopper, C. J. and Pearson, E. S. (1934). The use of confidence or fiducial limits illustrated
      in the case of the binomial. Biometrika 26, 404-413.
    """
    if n < 1 or not 0 <= successes <= n:
        raise ValueError(f"{successes} successes of {n} are not a share")
    if not 0 < level < 1:
        raise ValueError(f"a confidence level lies between 0 and 1, not at {level}")
    tail, failures = (1 - level) / 2, n - successes
    low = float(betaincinv(successes, failures + 1, tail)) if successes else 0.0
    high = float(betaincinv(successes + 1, failures, 1 - tail)) if failures else 1.0
    sign = min(1.0, 2 * float(bdtr(min(successes, failures), n, 0.5)))
    return Proportion(successes / n, low, high, sign, n)


def _require_rows(first: Floats, second: Floats, *, least: int, draws: int) -> None:
    if first.ndim != 1 or first.shape != second.shape:
        raise ValueError(f"the arrays differ in shape: {first.shape} and {second.shape}")
    if len(first) < least:
        raise ValueError(f"{len(first)} rows, at least {least} are needed")
    if not (np.isfinite(first).all() and np.isfinite(second).all()):
        raise ValueError("numbers must be finite: form the sample, and count it, beforehand")
    if draws < 1:
        raise ValueError(f"{draws} draws, at least one is needed")


def _compared(
    observed: float, statistics: Iterator[Floats], largest: float, *, exact: bool
) -> Permutation:
    threshold = abs(observed) - TIE * largest
    extreme = draws = 0
    for chunk in statistics:
        extreme += int(np.count_nonzero(np.abs(chunk) >= threshold))
        draws += len(chunk)
    p_value = extreme / draws if exact else (1 + extreme) / (1 + draws)
    return Permutation(observed, p_value, draws, exact)


def _random_orders(n: int, draws: int, seed: int) -> Iterator[Indices]:
    size = max(1, CELLS // n)
    for first in range(0, draws, size):
        yield orders(n, min(size, draws - first), seed=seed, first=first)


def _all_orders(n: int) -> Iterator[Indices]:
    yield _listed(permutations(range(n)), n)


def _all_choices(n: int, k: int) -> Iterator[Indices]:
    choices = combinations(range(n), k)
    while len(chunk := _listed(islice(choices, max(1, CELLS // k)), k)):
        yield chunk


def _listed(rows: Iterator[tuple[int, ...]], width: int) -> Indices:
    return np.fromiter(chain.from_iterable(rows), dtype=np.intp).reshape(-1, width)
