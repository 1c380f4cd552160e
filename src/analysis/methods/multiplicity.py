"""p-values adjusted for the number of questions asked."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
# Statistics are tied when they differ by less than this share of the observed one.
TIE = 1e-10


def holm(p: ArrayLike) -> Floats:
    r"""Return p-values corrected for being read together, by Holm's method, in the order given.

    Where one of them is below a limit, the chance of any false finding among all the questions is
    no more than that limit, however the tests hang together.

    Raises
    ------
    ValueError
        If `p` is empty, not of one dimension, or holds a number outside 0 to 1.

    Notes
    -----
    .. math:: \tilde p_{(i)} = \max_{j \le i} \min\left(1, (m - j + 1) p_{(j)}\right)

    :math:`p_{(1)}` to :math:`p_{(m)}` are the :math:`m` p-values from the smallest to the largest.

    References
    ----------
    Holm, S. (1979). A simple sequentially rejective multiple test procedure. Scandinavian Journal
      of Statistics 6, 65-70.
    """
    values = _probabilities(p)
    order = np.argsort(values, kind="stable")
    steps = np.arange(len(values), 0, -1)
    return _restored(np.minimum(np.maximum.accumulate(values[order] * steps), 1), order)


def benjamini_hochberg(p: ArrayLike) -> Floats:
    r"""Return p-values corrected for the share of false findings, in the order given.

    By Benjamini and Hochberg's method. Where those at or below a limit are taken as findings, the
    expected share of false ones among them is no more than that limit, for tests that are
    independent or go together positively.

    Raises
    ------
    ValueError
        As in `holm`.

    Notes
    -----
    .. math:: \tilde p_{(i)} = \min_{j \ge i} \min\left(1, \frac{m}{j} p_{(j)}\right)

    :math:`p_{(1)}` to :math:`p_{(m)}` are the :math:`m` p-values from the smallest to the largest.

    References
    ----------
    Benjamini, Y. and Hochberg, Y. (1995). Controlling the false discovery rate: a practical and
      powerful approach to multiple testing. Journal of the Royal Statistical Society B 57, 289-300.
    """
    values = _probabilities(p)
    order = np.argsort(values, kind="stable")[::-1]
    steps = len(values) / np.arange(len(values), 0, -1)
    return _restored(np.minimum(np.minimum.accumulate(values[order] * steps), 1), order)


def westfall_young(
    statistics: ArrayLike, null_statistics: ArrayLike, *, exact: bool = False
) -> Floats:
    """Return step-down max-statistic adjusted p-values, in the order given.

    The largest statistic is compared with the largest of all null statistics in each draw, the
    next with the largest of those left, and so on; p-values never fall along the way. As the
    tests' dependence is that of the draws, this gains over Holm where tests go together.
    Romano and Wolf's step-down for resampled studentized statistics is the same computation.

    Parameters
    ----------
    statistics : array of shape (m,)
        Two-sided: absolute values are compared, so they should be studentized alike.
    null_statistics : array of shape (draws, m)
        The same statistics, drawn jointly under the null hypotheses.
    exact : bool
        True if the rows are all arrangements, the observed one among them: p-values are then
        shares of the rows. Otherwise (1 + as extreme) / (1 + draws).

    Raises
    ------
    ValueError
        If the shapes do not fit or a number is not finite.

    References
    ----------
    Westfall, P. H. and Young, S. S. (1993). Resampling-Based Multiple Testing. Wiley,
    algorithm 2.8.
    Romano, J. P. and Wolf, M. (2016). Efficient computation of adjusted p-values for
    resampling-based stepdown multiple testing. Statistics and Probability Letters 113, 38-40.
    """
    observed = np.abs(np.asarray(statistics, dtype=float))
    null = np.abs(np.asarray(null_statistics, dtype=float))
    if observed.ndim != 1 or null.ndim != 2 or null.shape[1] != observed.size or not null.size:
        raise ValueError(f"statistics {observed.shape} do not fit null draws {null.shape}")
    if not (np.isfinite(observed).all() and np.isfinite(null).all()):
        raise ValueError("statistics must be finite")
    order = np.argsort(observed, kind="stable")
    largest = np.maximum.accumulate(null[:, order], axis=1)
    extreme = np.count_nonzero(largest >= observed[order] * (1 - TIE), axis=0)
    shares = extreme / len(null) if exact else (1 + extreme) / (1 + len(null))
    return _restored(np.maximum.accumulate(shares[::-1]), order[::-1])


def _probabilities(p: ArrayLike) -> Floats:
    values = np.asarray(p, dtype=float)
    if values.ndim != 1 or not values.size or not ((values >= 0) & (values <= 1)).all():
        raise ValueError("p-values must be one list of numbers from 0 to 1")
    return values


def _restored(ordered: Floats, order: NDArray[np.intp]) -> Floats:
    adjusted = np.empty_like(ordered)
    adjusted[order] = ordered
    return adjusted
