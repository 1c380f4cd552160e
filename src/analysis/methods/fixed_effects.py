"""Two-way fixed effects regression on balanced or unbalanced panels, by exact absorption."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.linalg import eigh
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from analysis.methods.association import fit_ols
from analysis.methods.standard_errors import ratio, t_quantile, two_sided_p

Floats = NDArray[np.float64]
Indices = NDArray[np.intp]
# What is left in any unit's or period's mean, as a share of the column's spread.
WITHIN_TOLERANCE = 1e-10
# A column that keeps less than this share of its spread within units and periods has none.
SPREAD_TOLERANCE = 1e-9
# The smaller of the two sets of levels is solved as a dense system.
MOST_DENSE = 4000


@dataclass(frozen=True)
class TwoWay:
    """Slopes within units and periods, in units of y per unit of each column, by `names`.

    `n`, `n_units`, `n_periods` and `n_clusters` count what the slopes rest on; `n_singletons`
    counts the rows set aside since they are alone in their unit or period. `df` is that of t,
    `n_clusters` - 1; `df_model` counts the parameters in the small-sample factor.
    """

    names: tuple[str, ...]
    estimates: Floats
    standard_errors: Floats
    low: Floats
    high: Floats
    p_values: Floats
    df: int
    n: int
    n_units: int
    n_periods: int
    n_clusters: int
    n_singletons: int
    df_model: int
    level: float


@dataclass(frozen=True)
class _Levels:
    rows: Indices
    columns: Indices
    n_rows: int
    n_columns: int
    n_parts: int

    @property
    def rank(self) -> int:
        return self.n_rows + self.n_columns - self.n_parts


def two_way(
    y: ArrayLike,
    X: ArrayLike,
    unit: ArrayLike,
    time: ArrayLike,
    *,
    names: Sequence[str],
    clusters: ArrayLike | None = None,
    weights: ArrayLike | None = None,
    level: float = 0.95,
) -> TwoWay:
    r"""Return least-squares slopes with units and periods held, in outcome per unit of exposure.

    Each unit is compared with itself at other times, less what all units have in common in a
    period. The interval allows for rows of one cluster being alike (CR1).

    Parameters
    ----------
    y : array of shape (n,)
    X : array of shape (n, k)
        Without a constant.
    unit, time : arrays of n labels
        Read by `codes`; columns are freed of both sets of levels as by `within`. Rows alone in one
        are set aside, and counted, by `singletons`.
    names : sequence of k strings
    clusters : array of n labels
        The units, unless given.
    weights : array of shape (n,)
        Above zero; only their ratios matter.

    Raises
    ------
    ValueError
        If shapes differ, a number is not finite, a column has no spread within units and
        periods, columns are linearly dependent within them, or fewer than two clusters are left.

    Notes
    -----
    .. math:: y_{i t} = \alpha_i + \gamma_t + \beta x_{i t} + e_{i t}

    .. math::
        V = \frac{G}{G - 1} \frac{n - 1}{n - K} \frac{\sum_g \left(\sum_{i t \in g} \tilde x_{i t}
        \hat e_{i t}\right)^2}{\left(\sum_{i t} \tilde x_{i t}^2\right)^2}

    :math:`\alpha_i` is the level of unit :math:`i`, :math:`\gamma_t` that of period :math:`t`,
    :math:`\tilde x_{i t}` what both sets of levels leave of the exposure and :math:`\hat e_{i t}`
    the residual; :math:`V` is written for one slope. The interval uses Student's t with :math:`G -
    1` degrees of freedom, for :math:`G` clusters. :math:`K` counts the slopes and the periods (less
    one for each further part of the panel that shares no unit or period with the rest); where a
    unit lies in several clusters, all unit levels too. Rows alone in their unit or period tell
    nothing of the slopes and are set aside.

    References
    ----------
    Wooldridge, J. M. (2010). Econometric Analysis of Cross Section and Panel Data, 2nd ed. MIT
      Press, chapter 10.
    Cameron, A. C. and Miller, D. L. (2015). A practitioner's guide to cluster-robust inference.
      Journal of Human Resources 50, 317-372.
    Correia, S. (2015). Singletons, cluster-robust standard errors and fixed effects: a bad mix.
      Working paper, Duke University.
    """
    outcome, design, weight = _checked(y, X, weights, names)
    n = len(outcome)
    units, periods = (codes(labels, n, of)[1] for labels, of in ((unit, "unit"), (time, "time")))
    groups = units if clusters is None else codes(clusters, n, "clusters")[1]
    keep = ~singletons(units, periods)
    units, periods, groups = (_recoded(code[keep]) for code in (units, periods, groups))
    root = np.sqrt(weight[keep])
    levels = _levels(units, periods)
    columns = np.column_stack([outcome, design])[keep]
    left = _swept(columns, levels, weight[keep])
    _require_spread(columns[:, 1:], left[:, 1:], names)
    sizes = n, int(units.max()) + 1, int(periods.max()) + 1
    counted = sizes[2] - levels.n_parts + 1 if _nested(units, groups) else levels.rank
    return _fitted(left * root[:, None], groups, names, counted, levels.rank, sizes, level)


def within(values: ArrayLike, unit: ArrayLike, time: ArrayLike) -> Floats:
    """Return the columns of `values` less their unit and period levels, in units of `values`.

    The levels are solved for exactly, on unbalanced panels too.

    Raises
    ------
    ValueError
        If shapes differ or a number is not finite, or if means of a unit or period are left.

    References
    ----------
    Wansbeek, T. and Kapteyn, A. (1989). Estimation of the error-components model with incomplete
    panels. Journal of Econometrics 41, 341-361.
    """
    table = np.asarray(values, dtype=float)
    columns = table if table.ndim == 2 else table.reshape(-1, 1)
    if not np.isfinite(columns).all():
        raise ValueError("values must be finite: form the sample, and count it, beforehand")
    n = len(columns)
    units, periods = (codes(labels, n, of)[1] for labels, of in ((unit, "unit"), (time, "time")))
    return _swept(columns, _levels(units, periods), np.ones(n)).reshape(table.shape)


def codes(labels: ArrayLike, n: int, of: str) -> tuple[NDArray[Any], Indices]:
    """Return the distinct labels in order, and for each row the number of its label.

    A part of `two_way`.

    Raises
    ------
    ValueError
        If there are not n labels, or one is missing.
    """
    given = np.asarray(labels)
    if given.shape != (n,):
        raise ValueError(f"{of} has shape {given.shape}, expected {n} labels")
    if given.dtype == object:
        # A missing label is no answer to whether it equals itself, or the answer no.
        missing = np.array([label is None or str(label == label) != "True" for label in given])
    else:
        missing = given != given
    if missing.any():
        raise ValueError(f"{of} has {int(missing.sum())} missing labels, expected none")
    try:
        values, numbers = np.unique(given, return_inverse=True)
    except TypeError as problem:
        raise ValueError(f"{of} has labels of several kinds, expected one") from problem
    return values, numbers.reshape(-1)


def singletons(units: Indices, periods: Indices) -> NDArray[np.bool_]:
    """Return which rows are alone in their unit or period, once other such rows are set aside.

    `units` and `periods` hold a number from 0 on for each row. A part of `two_way`.
    """
    alone = np.zeros(len(units), dtype=bool)
    while True:
        found = alone.copy()
        for code in (units, periods):
            counts = np.bincount(code[~alone], minlength=int(code.max()) + 1)
            found |= counts[code] <= 1
        if (found == alone).all():
            return alone
        alone = found


def _checked(
    y: ArrayLike, X: ArrayLike, weights: ArrayLike | None, names: Sequence[str]
) -> tuple[Floats, Floats, Floats]:
    outcome, design = np.asarray(y, dtype=float), np.asarray(X, dtype=float)
    if design.ndim != 2 or outcome.shape != (len(design),):
        raise ValueError(f"y of shape {outcome.shape} does not fit X of shape {design.shape}")
    if len(names) != design.shape[1] or not len(names):
        raise ValueError(f"{len(names)} names for {design.shape[1]} columns, expected one or more")
    weight = np.ones(len(outcome)) if weights is None else np.asarray(weights, dtype=float)
    if weight.shape != outcome.shape or not (np.isfinite(weight).all() and (weight > 0).all()):
        raise ValueError("weights must be as many as y, finite and above zero")
    if not (np.isfinite(outcome).all() and np.isfinite(design).all()):
        raise ValueError("y and X must be finite: form the sample, and count it, beforehand")
    return outcome, design, weight / weight.mean() if len(weight) else weight


def _recoded(code: Indices) -> Indices:
    return np.unique(code, return_inverse=True)[1].reshape(-1)


def _nested(units: Indices, groups: Indices) -> bool:
    pairs = units.astype(np.int64) * (int(groups.max(initial=0)) + 1) + groups
    return len(np.unique(pairs)) == len(np.unique(units))


def _levels(units: Indices, periods: Indices) -> _Levels:
    """Return both sets of levels, the smaller one as columns, and the parts of the panel."""
    if not len(units):
        raise ValueError("no row is left that shares both its unit and its period with another")
    sizes = int(units.max()) + 1, int(periods.max()) + 1
    graph = csr_array(
        (np.ones(len(units)), (units, sizes[0] + periods)), shape=(sum(sizes), sum(sizes))
    )
    parts = int(connected_components(graph, directed=False, return_labels=False))
    if sizes[0] < sizes[1]:
        units, periods, sizes = periods, units, sizes[::-1]
    if sizes[1] > MOST_DENSE:
        raise ValueError(f"{sizes} levels; the smaller set may hold at most {MOST_DENSE}")
    return _Levels(units, periods, *sizes, parts)


def _swept(columns: Floats, levels: _Levels, weight: Floats) -> Floats:
    shape = levels.n_rows, levels.n_columns
    cells = csr_array((weight, (levels.rows, levels.columns)), shape=shape)
    below = np.bincount(levels.rows, weight)
    size = np.bincount(levels.columns, weight)
    shares = cells.multiply(1 / below[:, None]).tocsr()
    values, vectors = eigh(np.diag(size) - (cells.T @ shares).toarray())
    values, vectors = values[levels.n_parts :], vectors[:, levels.n_parts :]
    left = columns - np.average(columns, axis=0, weights=weight)
    spread = np.sqrt(np.average(left**2, axis=0, weights=weight))
    # The second pass takes away the rounding that the first one left.
    for _ in range(2):
        left = left - (_sums(left, levels.rows, weight) / below[:, None])[levels.rows]
        sums = _sums(left, levels.columns, weight)
        level = vectors @ ((vectors.T @ sums) / values[:, None])
        left = left - level[levels.columns] + (shares @ level)[levels.rows]
    for code, total in ((levels.rows, below), (levels.columns, size)):
        rest = np.abs(_sums(left, code, weight) / total[:, None]).max(axis=0)
        if (rest > WITHIN_TOLERANCE * spread).any():
            raise ValueError(f"levels not absorbed: a mean of {rest.max():.1e} is left")
    return left


def _sums(columns: Floats, code: Indices, weight: Floats) -> Floats:
    return np.column_stack([np.bincount(code, weight * column) for column in columns.T])


def _require_spread(before: Floats, after: Floats, names: Sequence[str]) -> None:
    spread = np.sqrt(((before - before.mean(axis=0)) ** 2).sum(axis=0))
    none = np.sqrt((after**2).sum(axis=0)) <= SPREAD_TOLERANCE * spread
    if none.any():
        name = names[int(none.argmax())]
        raise ValueError(f"{name} has no spread within units and periods, so it has no slope")


def _fitted(
    left: Floats,
    groups: Indices,
    names: Sequence[str],
    counted: int,
    rank: int,
    sizes: tuple[int, int, int],
    level: float,
) -> TwoWay:
    n, k = len(left), left.shape[1] - 1
    n_clusters, df_model = int(groups.max()) + 1, counted + k
    if n_clusters < 2:
        raise ValueError("1 cluster, at least 2 are needed")
    if n <= rank + k:
        raise ValueError(f"{n} rows are too few for {k} columns and {rank} levels")
    fit = fit_ols(left[:, 0], left[:, 1:], names, covariance="HC1", level=level)
    pseudo = np.linalg.pinv(left[:, 1:]).T
    scores = _sums(pseudo * fit.residuals[:, None], groups, np.ones(n))
    factor = n_clusters / (n_clusters - 1) * (n - 1) / (n - df_model)
    errors = np.sqrt(factor * (scores**2).sum(axis=0))
    margin = t_quantile(level, n_clusters - 1) * errors
    return TwoWay(
        tuple(names),
        fit.estimates,
        errors,
        fit.estimates - margin,
        fit.estimates + margin,
        two_sided_p(ratio(fit.estimates, errors), n_clusters - 1),
        n_clusters - 1,
        n,
        sizes[1],
        sizes[2],
        n_clusters,
        sizes[0] - n,
        df_model,
        level,
    )
