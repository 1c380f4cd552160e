"""How unevenly a sum is shared: Gini coefficient, share of the top, Herfindahl index."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


def gini(values: npt.ArrayLike) -> float:
    r"""Return the Gini coefficient: how unevenly a sum is shared, from zero to nearly one.

    Zero means that all hold the same. The highest value, one less one over the number of units,
    means that one holds everything.

    Parameters
    ----------
    values : array_like of float, shape (n,)
        What each unit holds: zero or more, not all zero.

    Raises
    ------
    ValueError
        If a value is missing or negative, or all are zero.

    Notes
    -----
    .. math:: G = \frac{\sum_i (2 i - n - 1) x_{(i)}}{n \sum_i x_i}

    :math:`x_{(i)}` is what unit :math:`i` of :math:`n` holds, lined up from the least to the most.
    :math:`G` has no small-sample correction.

    References
    ----------
    Gini, C. (1912). Variabilita e mutabilita. Cuppini.
    Cowell, F. A. (2011). Measuring Inequality, 3rd ed. Oxford University Press (the formula).
    """
    held = np.sort(_holdings(values))
    ranks = 2 * np.arange(1, held.size + 1) - held.size - 1
    return float(ranks @ held) / (held.size * float(held.sum()))


def top_share(values: npt.ArrayLike, share: float) -> float:
    r"""Return the share of the total, from 0 to 1, that those who hold most have between them.

    Units are lined up from the one that holds most, and a given share of them is taken from the
    top. Where that share cuts a unit, part of what the unit holds is counted (a straight line on
    the Lorenz curve).

    Parameters
    ----------
    values : array_like of float, shape (n,)
        As in `gini`.
    share : float
        Share of the units, counted from the one that holds most, from 0 to 1.

    Raises
    ------
    ValueError
        As in `gini`, or if `share` lies outside 0 to 1.

    Notes
    -----
    .. math:: S = \frac{\sum_{i=1}^{m} x_{(i)} + (q n - m) x_{(m+1)}}{\sum_i x_i}

    :math:`S` is the share, :math:`x_{(i)}` what unit :math:`i` of :math:`n` holds, from the most to
    the least, :math:`q` the share of units taken, and :math:`m` the whole number in :math:`q n`.

    References
    ----------
    Lorenz, M. O. (1905). Methods of measuring the concentration of wealth. Publications of the
      American Statistical Association 9, 209-219.
    """
    if not 0 <= share <= 1:
        raise ValueError(f"share is {share}: expected 0 to 1")
    held = np.sort(_holdings(values))[::-1]
    curve = np.concatenate(([0.0], np.cumsum(held))) / held.sum()
    return float(np.interp(share, np.linspace(0, 1, held.size + 1), curve))


def herfindahl(values: npt.ArrayLike) -> float:
    """Return the sum of squared shares, from ``1/n`` (all the same) to 1 (one holds everything).

    Its reciprocal is the number of equal holders with the same concentration. Competition
    authorities quote it times 10,000.

    Parameters
    ----------
    values : array_like of float, shape (n,)
        As in `gini`.

    Raises
    ------
    ValueError
        As in `gini`.

    References
    ----------
    Hirschman, A. O. (1964). The paternity of an index. American Economic Review 54, 761-762.
    """
    held = _holdings(values)
    shares = held / held.sum()
    return float(shares @ shares)


def _holdings(values: npt.ArrayLike) -> Floats:
    held = np.asarray(values, dtype=float)
    if held.ndim != 1 or held.size == 0 or not (held >= 0).all():
        raise ValueError("values: expected a list of numbers, zero or more, none missing")
    if not held.sum() > 0:
        raise ValueError("values are all zero: there is nothing to share")
    return held
