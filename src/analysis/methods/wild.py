"""The wild cluster bootstrap with the null imposed, and the interval that inverts it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.methods.clusters import Codes, basis, checked, coded, cr1_factor, summed

Floats = NDArray[np.float64]
WeightsKind = Literal["rademacher", "webb"]
WEIGHTS_KINDS: tuple[str, ...] = get_args(WeightsKind)
WEBB = np.sqrt([0.5, 1.0, 1.5])
# Numbers held at once by a chunk of draws, 16 MB each array.
CELLS = 2_000_000
# Squared statistics this close, as a share of the observed one, are tied.
TIE = 1e-9
# Distances from the estimate, in standard errors, at which the test is tried.
RADII = np.geomspace(1e-2, 1e5, 141)
BISECTIONS = 50


@dataclass(frozen=True)
class WildBootstrap:
    """A coefficient with its t (CR1), bootstrap p-value and the interval that inverts the test.

    `draws` counts the sign vectors compared, all 2^G where `enumerated`. Ends are infinite
    where no value is refused on that side, and nan where no interval was asked for.
    """

    estimate: float
    t: float
    p_value: float
    low: float
    high: float
    draws: int
    enumerated: bool
    n_clusters: int
    level: float


@dataclass(frozen=True, eq=False)
class _Sums:
    """Sums by cluster of a regression.

    With x the regressor less what the other columns explain, Q a basis of all columns, and e
    first the residuals, then x: `own` x_g'e_g, (2, G); `basis` Q_g'e_g, (2, G, k); `across`
    x_g'Q_g, (G, k). Imposing a null that is `shift` above the estimate leaves e_1 - shift e_2.
    """

    own: Floats
    basis: Floats
    across: Floats
    estimate: float
    factor: float


@dataclass(frozen=True, eq=False)
class _Drawn:
    """Each draw's numerator n0 - s n1 and sum of squares q0 - 2 s q1 + s^2 q2 at the shift s."""

    numerator: Floats
    squares: Floats


def wild_cluster_bootstrap(
    y: ArrayLike,
    X: ArrayLike,
    which: int,
    clusters: ArrayLike,
    *,
    weights: ArrayLike | None = None,
    draws: int = 9999,
    seed: int,
    enumerate_up_to: int = 12,
    null: float = 0.0,
    level: float = 0.95,
    interval: bool = True,
    weights_kind: WeightsKind = "rademacher",
) -> WildBootstrap:
    r"""Return one coefficient, in outcome per unit of its column, tested by wild bootstrap.

    The fit is made again as if the coefficient were zero, and what it leaves unexplained keeps or
    changes its sign, cluster by cluster, many times. The p-value is the share of the t statistics
    that are at least as large. The interval holds the values that the same test does not refuse.
    Made for few clusters.

    Parameters
    ----------
    y : array of shape (n,)
    X : array of shape (n, k)
        Holds the column of ones if a constant is wanted; nothing is added.
    which : int
        Column of X that is tested.
    clusters : array of n labels
    weights : array of shape (n,), optional
        Positive weights of the least squares; only their ratios matter.
    draws, seed : int
        Random sign vectors, where not all are listed.
    enumerate_up_to : int
        Number of clusters up to which all 2^G sign vectors are listed (Rademacher only).
    null : float
        Value that is tested, in the coefficient's unit.
    interval : bool
        Whether to invert the test, which takes some 400 evaluations of the p-value.
    weights_kind : {"rademacher", "webb"}
        Signs, or Webb's six points, whose draws differ more where clusters are few.

    Raises
    ------
    ValueError
        As in `cluster_ols`, and if `which` is no column of X, draws < 1, `enumerate_up_to` is
        above 20, `level` is not between 0 and 1, or the clusters leave the regressor no
        clustered variance.

    Notes
    -----
    .. math:: y_{(b)} = X \tilde\beta + \sum_g v_{g b}\, \tilde e_g

    .. math:: p = \frac{1 + \operatorname{count}_b\left(|t_b| \ge |t|\right)}{1 + B}

    :math:`\tilde\beta` and :math:`\tilde e_g` are coefficients and residuals (of cluster :math:`g`)
    of the fit with the tested value imposed, :math:`v_{g b}` is 1 or -1 with equal chance in draw
    :math:`b` of :math:`B`, and :math:`t` has CR1 standard errors. Two-sided; ties count. Where
    clusters are few, all signs are listed, and the p-value is the share itself. Each end of the
    interval is the farthest value that is not refused, up to 100,000 standard errors away, beyond
    which it is infinite.

    References
    ----------
    Cameron, A. C., Gelbach, J. B. and Miller, D. L. (2008). Bootstrap-based improvements for
      inference with clustered errors. Review of Economics and Statistics 90, 414-427.
    MacKinnon, J. G. and Webb, M. D. (2018). The wild bootstrap for few (treated) clusters.
      Econometrics Journal 21, 114-135.
    Roodman, D., MacKinnon, J. G., Nielsen, M. O. and Webb, M. D. (2019). Fast and wild: bootstrap
      inference in Stata using boottest. Stata Journal 19, 4-60.
    Webb, M. D. (2023). Reworking wild bootstrap-based inference for clustered errors. Canadian
      Journal of Economics 56, 839-858.
    """
    outcome, design, weight = checked(y, X, weights)
    codes, n_clusters = coded(clusters, len(outcome))
    _require(which, design.shape[1], draws, enumerate_up_to, level, weights_kind, null)
    root = np.sqrt(weight)
    sums = _sums(outcome * root, design * root[:, None], which, codes, n_clusters)
    error = _standard_error(sums)
    enumerated = weights_kind == "rademacher" and n_clusters <= enumerate_up_to
    signs = _listed(n_clusters) if enumerated else _random(n_clusters, draws, seed, weights_kind)
    drawn = _draw(sums, signs)
    p_value = _p_value(drawn, sums, error, enumerated)
    ends = (float("nan"), float("nan"))
    if interval:
        ends = _inverted(p_value, sums.estimate, error, 1 - level)
    return WildBootstrap(
        sums.estimate,
        (sums.estimate - null) / error,
        p_value(null),
        *ends,
        2**n_clusters if enumerated else draws,
        enumerated,
        n_clusters,
        level,
    )


def _require(
    which: int, k: int, draws: int, most: int, level: float, kind: str, null: float
) -> None:
    if not 0 <= which < k:
        raise ValueError(f"column {which} is asked for, X has columns 0 to {k - 1}")
    if draws < 1:
        raise ValueError(f"{draws} draws, at least one is needed")
    if most > 20:
        raise ValueError(f"2^{most} sign vectors are too many to list: at most 20 clusters")
    if not 0 < level < 1:
        raise ValueError(f"a confidence level lies between 0 and 1, not at {level}")
    if kind not in WEIGHTS_KINDS:
        raise ValueError(f"{kind!r} is not one of {', '.join(WEIGHTS_KINDS)}")
    if not np.isfinite(null):
        raise ValueError(f"the null must be finite, not {null}")


def _sums(outcome: Floats, design: Floats, which: int, codes: Codes, n_clusters: int) -> _Sums:
    """Return the cluster sums; the tested column goes last, so that Q's last column is x."""
    n, k = design.shape
    others = np.delete(design, which, axis=1)
    Q, back = basis(np.column_stack([others, design[:, which]]))
    unit, scale = Q[:, -1], 1 / back[-1, -1]
    left = np.stack([outcome - Q @ (Q.T @ outcome), unit * scale])
    own = np.stack([summed(unit * scale * one, codes, n_clusters) for one in left])
    within = np.stack([summed(Q * one[:, None], codes, n_clusters) for one in left])
    across = summed(Q * (unit * scale)[:, None], codes, n_clusters)
    factor = cr1_factor(n, k, n_clusters)
    return _Sums(own, within, across, float(unit @ outcome / scale), factor)


def _standard_error(sums: _Sums) -> float:
    scores = sums.own[0] - sums.across @ sums.basis[0].sum(axis=0)
    error = float(np.sqrt(sums.factor * scores @ scores) / sums.own[1].sum())
    if not error > 0:
        raise ValueError("no clustered variance is left: the fit is exact within each cluster")
    return error


def _draw(sums: _Sums, signs: Iterator[Floats]) -> _Drawn:
    """Return what every draw adds up to: with signs v, n = own v and q from E = S v."""
    numerators, squares = [], []
    for chunk in signs:
        first, second = (
            chunk * own - (chunk @ within) @ sums.across.T
            for own, within in zip(sums.own, sums.basis, strict=True)
        )
        numerators.append(chunk @ sums.own.T)
        pairs = ((first, first), (first, second), (second, second))
        squares.append(np.stack([np.einsum("bg,bg->b", a, b) for a, b in pairs], axis=1))
    return _Drawn(np.vstack(numerators), np.vstack(squares))


def _p_value(
    drawn: _Drawn, sums: _Sums, error: float, enumerated: bool
) -> Callable[[float], float]:
    """Return the function from a null to its p-value, which compares t* and t by squares."""
    added = 0 if enumerated else 1

    def at(null: float) -> float:
        shift = null - sums.estimate
        above = (drawn.numerator @ np.array([1.0, -shift])) ** 2
        squares = np.maximum(drawn.squares @ np.array([1.0, -2 * shift, shift**2]), 0.0)
        below = sums.factor * (shift / error) ** 2 * squares
        extreme = np.count_nonzero(above >= below * (1 - TIE))
        return float((added + extreme) / (added + len(above)))

    return at


def _inverted(
    p_value: Callable[[float], float], estimate: float, error: float, alpha: float
) -> tuple[float, float]:
    low, high = (_end(p_value, estimate, side * error, alpha) for side in (-1, 1))
    return low, high


def _end(p_value: Callable[[float], float], estimate: float, step: float, alpha: float) -> float:
    """Return the farthest value not refused, walking from the estimate by multiples of `step`."""
    kept = [p_value(estimate + step * radius) > alpha for radius in RADII]
    if kept[-1]:
        return float(np.copysign(np.inf, step))
    last = max((place for place, one in enumerate(kept) if one), default=-1)
    inside, outside = (0.0 if last < 0 else float(RADII[last])), float(RADII[last + 1])
    for _ in range(BISECTIONS):
        middle = (inside + outside) / 2
        if p_value(estimate + step * middle) > alpha:
            inside = middle
        else:
            outside = middle
    return estimate + step * inside


def _listed(n_clusters: int) -> Iterator[Floats]:
    """Yield the sign vectors whose first sign is plus: their opposites have the same |t*|."""
    total, size = 2 ** (n_clusters - 1), max(1, CELLS // n_clusters)
    for first in range(0, total, size):
        numbers = np.arange(first, min(first + size, total))
        bits = numbers[:, None] >> np.arange(n_clusters - 1, -1, -1) & 1
        yield np.asarray(1 - 2 * bits, dtype=float)


def _random(n_clusters: int, draws: int, seed: int, kind: WeightsKind) -> Iterator[Floats]:
    rng, size = np.random.Generator(np.random.PCG64(seed)), max(1, CELLS // n_clusters)
    for first in range(0, draws, size):
        shape = (min(size, draws - first), n_clusters)
        signs = np.asarray(1 - 2 * rng.integers(0, 2, size=shape, dtype=np.int8), dtype=float)
        yield signs * WEBB[rng.integers(0, 3, size=shape)] if kind == "webb" else signs
