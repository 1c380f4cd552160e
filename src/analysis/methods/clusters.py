"""Least squares with standard errors for rows that come in clusters, also in few of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.special import stdtrit

from analysis.methods.association import RANK_TOLERANCE
from analysis.methods.standard_errors import ratio, two_sided_p

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]
Kind = Literal["CR0", "CR1", "CR2", "CR3"]
KINDS: tuple[str, ...] = get_args(Kind)
# An eigenvalue of I - H within a cluster this small is nought: what it scales is fitted exactly.
NOUGHT = 1e-10
# Share of a coefficient's own length above which it counts as resting on one cluster alone.
RESTS = 1e-6


@dataclass(frozen=True, eq=False)
class ClusterFit:
    """A least-squares fit with clustered standard errors; arrays follow `names`.

    `df` are Satterthwaite's degrees of freedom where `kind` is CR2, else n_clusters - 1. With
    CR2 and CR3 a coefficient that rests on one cluster alone (a single treated cluster, the
    indicator of a cluster) keeps its estimate, and has nan for everything else.
    """

    names: tuple[str, ...]
    estimates: Floats
    standard_errors: Floats
    df: Floats
    low: Floats
    high: Floats
    p_values: Floats
    n: int
    n_clusters: int
    level: float
    kind: Kind
    residuals: Floats
    covariance: Floats


@dataclass(frozen=True, eq=False)
class _Solved:
    """A solved regression: Z = X R^-1, so that Z'WZ is the identity; `back` is R^-1."""

    estimates: Floats
    residuals: Floats
    Z: Floats
    weights: Floats
    back: Floats


@dataclass(frozen=True, eq=False)
class _Parts:
    """What each cluster adds to each of m coefficients.

    With a_s the corrected rows of cluster s: `scores` a_s'e_s and `own` a_s'a_s, both (G, m),
    and `sides` F_s'a_s, (G, f, m). `lost` holds the directions that one cluster alone fixes.
    """

    scores: Floats
    own: Floats
    sides: Floats
    lost: Floats


def cluster_ols(
    y: ArrayLike,
    X: ArrayLike,
    names: Sequence[str],
    clusters: ArrayLike,
    *,
    weights: ArrayLike | None = None,
    kind: Kind = "CR2",
    level: float = 0.95,
    contrasts: ArrayLike | None = None,
) -> ClusterFit:
    r"""Return the least-squares fit of an outcome on several columns, with errors for clusters.

    A coefficient says how much higher the outcome is, on average, where its own column is one unit
    higher and the others are the same. The interval allows for rows of one cluster being alike, and
    is corrected for few clusters (CR2, with Satterthwaite's degrees of freedom).

    Parameters
    ----------
    y : array of shape (n,)
    X : array of shape (n, k)
        Holds the column of ones if a constant is wanted; nothing is added.
    names : sequence of k strings, or one for each contrast
    clusters : array of n labels
    weights : array of shape (n,), optional
        Positive; only their ratios matter.
    kind : {"CR2", "CR0", "CR1", "CR3"}
        CR1 scales CR0 by G / (G - 1) (n - 1) / (n - k); CR3 is the jackknife that leaves out one
        cluster at a time, about the full estimate.
    level : float
        Confidence level of the intervals.
    contrasts : array of shape (m, k), optional
        Combinations of the coefficients to report in their place. One row for one coefficient
        is much faster than all of them where X has many columns.

    Raises
    ------
    ValueError
        If shapes differ, a number is not finite or a label missing, a weight not positive,
        n <= k, the columns are linearly dependent, or there are fewer than two clusters.

    Notes
    -----
    .. math:: \hat\beta = (X^\top W X)^{-1} X^\top W y

    .. math:: V = M \left(\sum_g u_g u_g^\top\right) M

    .. math:: u_g = X_g^\top W_g A_g e_g

    .. math:: \nu = \frac{\left(\sum_i \lambda_i\right)^2}{\sum_i \lambda_i^2}

    :math:`X_g`, :math:`W_g` and :math:`e_g` are the columns, weights and residuals of cluster
    :math:`g`, and :math:`M = (X^\top W X)^{-1}`. :math:`A_g` frees :math:`V` of bias where errors
    are independent and of one variance, whatever the weights; it is a pseudo-inverse root, so that
    a column may be an indicator of a cluster. :math:`\lambda_i` are the eigenvalues of the
    variance's quadratic form under that model. Intervals and two-sided p-values use Student's t
    with :math:`\nu` degrees of freedom.

    References
    ----------
    Liang, K.-Y. and Zeger, S. L. (1986). Longitudinal data analysis using generalized linear
      models. Biometrika 73, 13-22.
    Bell, R. M. and McCaffrey, D. F. (2002). Bias reduction in standard errors for linear regression
      with multi-stage samples. Survey Methodology 28, 169-181.
    Pustejovsky, J. E. and Tipton, E. (2018). Small-sample methods for cluster-robust variance
      estimation and hypothesis testing in fixed effects models. Journal of Business and Economic
      Statistics 36, 672-683.
    """
    outcome, design, weight = checked(y, X, weights)
    if kind not in KINDS:
        raise ValueError(f"{kind!r} is not one of {', '.join(KINDS)}")
    if not 0 < level < 1:
        raise ValueError(f"a confidence level lies between 0 and 1, not at {level}")
    codes, n_clusters = coded(clusters, len(outcome))
    combined = _contrasts(contrasts, names, design.shape[1])
    solved = _solve(outcome, design, weight)
    along = solved.back.T @ combined.T
    covariance, df = _covariance(solved, codes, n_clusters, kind, along)
    estimates = combined @ solved.estimates
    errors = np.sqrt(np.diag(covariance))
    margin = stdtrit(df, (1 + level) / 2) * errors
    return ClusterFit(
        tuple(names),
        estimates,
        errors,
        df,
        estimates - margin,
        estimates + margin,
        two_sided_p(ratio(estimates, errors), df),
        len(outcome),
        n_clusters,
        level,
        kind,
        solved.residuals,
        covariance,
    )


def checked(y: ArrayLike, X: ArrayLike, weights: ArrayLike | None) -> tuple[Floats, Floats, Floats]:
    """Return y, X and weights (ones if None) as arrays that `cluster_ols` can use.

    Raises
    ------
    ValueError
        If shapes differ, a number is not finite, a weight is not positive, or n <= k.
    """
    outcome, design = np.asarray(y, dtype=float), np.asarray(X, dtype=float)
    if design.ndim != 2 or outcome.shape != (len(design),):
        raise ValueError(f"y of shape {outcome.shape} does not fit X of shape {design.shape}")
    weight = np.ones(len(outcome)) if weights is None else np.asarray(weights, dtype=float)
    if weight.shape != outcome.shape:
        raise ValueError(f"weights of shape {weight.shape} do not fit {len(outcome)} rows")
    if not all(np.isfinite(numbers).all() for numbers in (outcome, design, weight)):
        raise ValueError("y, X and weights must be finite: form the sample beforehand")
    if len(design) <= design.shape[1]:
        raise ValueError(f"{len(design)} rows are too few for {design.shape[1]} columns")
    if weight.min() <= 0:
        raise ValueError(f"weights must be positive, the smallest is {weight.min()}")
    return outcome, design, weight / weight.mean()


def coded(clusters: ArrayLike, n: int) -> tuple[Codes, int]:
    """Return cluster labels as numbers from 0 in the order of the labels, and how many there are.

    They are what `cluster_ols` sums by, the same in whatever order the rows come.

    Raises
    ------
    ValueError
        If there are not n labels, one is missing, or fewer than two differ.
    """
    labels = np.asarray(clusters)
    if labels.shape != (n,):
        raise ValueError(f"clusters of shape {labels.shape} do not fit {n} rows")
    codes, known = pd.factorize(labels, sort=True)
    if (codes < 0).any():
        raise ValueError(f"row {int(codes.argmin())} has no cluster")
    if len(known) < 2:
        raise ValueError(f"{len(known)} cluster, at least two are needed")
    return codes, len(known)


def basis(design: Floats) -> tuple[Floats, Floats]:
    """Return Q with orthonormal columns and S with X = Q S^-1, as `cluster_ols` solves them.

    Raises
    ------
    ValueError
        If a column is zero or the columns are linearly dependent.
    """
    length = np.sqrt(np.einsum("ij,ij->j", design, design))
    if not length.all():
        raise ValueError(f"column {int(length.argmin())} of X is zero")
    Q, triangle = np.linalg.qr(design / length)
    spread = np.linalg.svd(triangle, compute_uv=False)
    if spread[-1] < RANK_TOLERANCE * spread[0]:
        raise ValueError("the columns of X are linearly dependent: leave one out")
    return Q, np.linalg.inv(triangle) / length[:, None]


def cr1_factor(n: int, k: int, n_clusters: int) -> float:
    """Return G / (G - 1) (n - 1) / (n - k), by which `cluster_ols` scales CR0 to CR1."""
    return n_clusters / (n_clusters - 1) * (n - 1) / (n - k)


def summed(values: Floats, codes: Codes, n_clusters: int) -> Floats:
    """Return the sums of the rows of `values` by cluster, as `cluster_ols` needs them."""
    total = np.zeros((n_clusters, *values.shape[1:]))
    order = np.argsort(codes, kind="stable")
    starts = np.searchsorted(codes[order], np.arange(n_clusters))
    np.add.reduceat(values[order], starts, axis=0, out=total)
    return total


def _contrasts(contrasts: ArrayLike | None, names: Sequence[str], k: int) -> Floats:
    combined = np.eye(k) if contrasts is None else np.asarray(contrasts, dtype=float)
    if combined.ndim != 2 or combined.shape[1] != k or not np.isfinite(combined).all():
        raise ValueError(f"contrasts of shape {combined.shape} do not fit {k} columns")
    if len(names) != len(combined):
        raise ValueError(f"{len(names)} names for {len(combined)} coefficients")
    return combined


def _solve(outcome: Floats, design: Floats, weight: Floats) -> _Solved:
    root = np.sqrt(weight)
    Q, back = basis(design * root[:, None])
    estimates = back @ (Q.T @ (outcome * root))
    return _Solved(estimates, outcome - design @ estimates, Q / root[:, None], weight, back)


def _covariance(
    solved: _Solved, codes: Codes, n_clusters: int, kind: Kind, along: Floats
) -> tuple[Floats, Floats]:
    df = np.full(along.shape[1], n_clusters - 1.0)
    lost = np.zeros((1, len(along)))
    if kind == "CR2":
        parts, kernel = _corrected(solved, codes, n_clusters, along)
        scores, lost, df = parts.scores, parts.lost, _satterthwaite(parts, kernel)
    else:
        weighted = solved.Z * (solved.weights * solved.residuals)[:, None]
        scores = summed(weighted, codes, n_clusters)
        if kind == "CR3":
            scores, lost = _jackknifed(solved, codes, scores)
        scores = scores @ along
    covariance = scores.T @ scores
    if kind == "CR1":
        covariance *= cr1_factor(len(codes), len(along), n_clusters)
    alone = np.abs(lost @ along).max(axis=0) > RESTS * np.linalg.norm(along, axis=0)
    covariance[alone] = covariance[:, alone] = df[alone] = np.nan
    return covariance, df


def _by_size(codes: Codes, n_clusters: int) -> Iterator[tuple[Codes, Codes]]:
    """Yield for each size of cluster those of that size (g,) and their rows (g, size)."""
    order = np.argsort(codes, kind="stable")
    sizes = np.bincount(codes, minlength=n_clusters)
    starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    for size in np.unique(sizes):
        members = np.flatnonzero(sizes == size)
        yield members, order[starts[members][:, None] + np.arange(size)]


def _corrected(
    solved: _Solved, codes: Codes, n_clusters: int, along: Floats
) -> tuple[_Parts, Floats]:
    """Return the CR2 parts, and K such that (I - H)_s (I - H)_t' = [s = t] I + F_s K F_t'.

    In a cluster F = U R with orthonormal U, so that a root is needed of I + R K R' only.
    """
    F, kernel = _factored(solved)
    m, k = along.shape[1], solved.Z.shape[1]
    scores, own = np.zeros((2, n_clusters, m))
    sides, lost = np.zeros((n_clusters, F.shape[1], m)), [np.zeros((1, k))]
    for members, rows in _by_size(codes, n_clusters):
        U, R = np.linalg.qr(F[rows])
        power, vectors, nought = _root(R, kernel)
        turned = vectors.transpose(0, 2, 1)
        a = (vectors * power[:, None, :]) @ (turned @ (R[:, :, -k:] @ along))
        inside = np.einsum("gsr,gs->gr", U, solved.residuals[rows])
        scores[members] = np.einsum("grm,gr->gm", a, inside)
        own[members] = np.einsum("grm,grm->gm", a, a)
        sides[members] = R.transpose(0, 2, 1) @ a
        lost.append((turned @ R[:, :, :k])[nought])
    return _Parts(scores, own, sides, np.vstack(lost)), kernel


def _factored(solved: _Solved) -> tuple[Floats, Floats]:
    """Return F and K of `_corrected`: Z and -I, or with weights Z beside WZ and a 2k x 2k K."""
    Z, unit = solved.Z, np.eye(solved.Z.shape[1])
    if np.ptp(solved.weights) == 0:
        return Z, -unit
    WZ = Z * solved.weights[:, None]
    return np.hstack([Z, WZ]), np.block([[WZ.T @ WZ, -unit], [-unit, np.zeros_like(unit)]])


def _root(R: Floats, kernel: Floats) -> tuple[Floats, Floats, NDArray[np.bool_]]:
    """Return eigenvalues to the power -1/2 of each I + R K R', its vectors, and which are 0."""
    small = np.eye(R.shape[1]) + R @ kernel @ R.transpose(0, 2, 1)
    values, vectors = np.linalg.eigh(small)
    nought = values < NOUGHT
    return np.where(nought, 0.0, np.where(nought, 1.0, values) ** -0.5), vectors, nought


def _satterthwaite(parts: _Parts, kernel: Floats) -> Floats:
    """Return tr(P)^2 / tr(P^2) of P = diag(own) + L K L' for each coefficient, L its sides."""
    df = np.full(parts.own.shape[1], np.nan)
    for column, own in enumerate(parts.own.T):
        L = parts.sides[:, :, column]
        inner = kernel @ (L.T @ L)
        cross = own @ np.einsum("gf,gf->g", L @ kernel, L)
        square = own @ own + 2 * cross + np.sum(inner * inner.T)
        if square > 0:
            df[column] = (own.sum() + np.trace(inner)) ** 2 / square
    return df


def _jackknifed(solved: _Solved, codes: Codes, scores: Floats) -> tuple[Floats, Floats]:
    scaled, moved = solved.Z * np.sqrt(solved.weights)[:, None], scores.copy()
    lost = [np.zeros((1, scores.shape[1]))]
    for members, rows in _by_size(codes, len(scores)):
        block = scaled[rows]
        left, vectors = np.linalg.eigh(np.eye(block.shape[2]) - block.transpose(0, 2, 1) @ block)
        nought = left < NOUGHT
        inverse = np.where(nought, 0.0, 1 / np.where(nought, 1.0, left))
        inside = np.einsum("gkl,gk->gl", vectors, scores[members])
        moved[members] = np.einsum("gkl,gl->gk", vectors, inverse * inside)
        lost.append(vectors.transpose(0, 2, 1)[nought])
    return moved, np.vstack(lost)
