"""Power of any test of any design by simulation, and the smallest difference it would find."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import stdtr

from analysis.methods.inference import clopper_pearson

Floats = NDArray[np.float64]
Drawn = tuple[Any, ...]
Draw = Callable[[np.random.Generator], Drawn]
Test = Callable[..., float]
_LEVEL = 0.95
_MOST_DOUBLINGS = 40


@dataclass(frozen=True)
class SimulatedPower:
    """The share of simulated studies whose test rejects, with its exact interval.

    Parameters
    ----------
    power, low, high : float
        Share from 0 to 1 and its Clopper-Pearson interval at 95 %.
    standard_error : float
        Monte Carlo standard error of the share.
    runs : int
    alpha : float
        A run rejects where its p-value is at most this.
    """

    power: float
    standard_error: float
    low: float
    high: float
    runs: int
    alpha: float


@dataclass(frozen=True)
class SimulatedMde:
    """The smallest true difference found with the power asked for, in the design's unit.

    Parameters
    ----------
    mde : float
        Smallest difference whose simulated power reaches `target`, but for `tolerance`.
    low, high : float
        Smallest differences at which the upper and the lower end of the power's interval reach
        it: how far the number of runs leaves the answer open.
    at_mde : SimulatedPower
        Power at `mde`.
    target, tolerance : float
    """

    mde: float
    low: float
    high: float
    at_mde: SimulatedPower
    target: float
    tolerance: float


def simulated_power(
    draw: Draw, test: Test, *, runs: int, seed: int, alpha: float = 0.05
) -> SimulatedPower:
    """Return the share of `runs` drawn studies in which the test rejects at `alpha`.

    Run i has its own stream of random numbers, a function of `seed` and i alone, so that two
    designs are compared on the same chance.

    Parameters
    ----------
    draw : callable
        Takes a numpy Generator and returns the arguments of `test` as a tuple.
    test : callable
        Returns a p-value.
    runs, seed : int
    alpha : float, optional

    Raises
    ------
    ValueError
        If runs < 1, `alpha` lies outside 0 to 1, or a p-value is none.

    References
    ----------
    Arnold, B. F., Hogan, D. R., Colford, J. M. and Hubbard, A. E. (2011). Simulation methods to
    estimate design power: an overview for applied research. BMC Medical Research Methodology 11,
    94.
    Clopper, C. J. and Pearson, E. S. (1934). The use of confidence or fiducial limits
    illustrated in the case of the binomial. Biometrika 26, 404-413.
    """
    if runs < 1 or not 0 < alpha < 1:
        raise ValueError(f"{runs} runs at alpha {alpha}: expected one or more, and 0 to 1")
    p_values = np.array([test(*draw(_stream(seed, run))) for run in range(runs)], dtype=float)
    if not ((p_values >= 0) & (p_values <= 1)).all():
        run = int(np.argmin((p_values >= 0) & (p_values <= 1)))
        raise ValueError(f"run {run} gave {p_values[run]}, which is no p-value")
    found = int(np.count_nonzero(p_values <= alpha))
    share = clopper_pearson(found, runs, level=_LEVEL)
    error = float(np.sqrt(share.share * (1 - share.share) / runs))
    return SimulatedPower(share.share, error, share.low, share.high, runs, alpha)


def clustered_design(
    n_clusters_treated: int,
    n_clusters_control: int,
    cluster_size: int | Sequence[int],
    icc: float,
    *,
    difference: float,
    sd: float = 1.0,
) -> Draw:
    """Return a draw of outcomes in treated and other clusters, for `simulated_power`.

    It gives ``(y, treated, clusters)``, one row a unit: normal outcomes of total standard
    deviation `sd`, a share `icc` of their variance between clusters, treated clusters first.

    Parameters
    ----------
    n_clusters_treated, n_clusters_control : int
    cluster_size : int, or a sequence of one size a cluster, treated ones first
        Units outside any collaboration are clusters of one.
    icc : float
        Intra-cluster correlation, 0 to 1.
    difference : float
        True difference between the arms, in the unit of `sd`.
    sd : float, optional

    Raises
    ------
    ValueError
        If an arm has no cluster, a size is below one or their number differs, `icc` lies
        outside 0 to 1, `sd` is not above zero, or `difference` is not finite.

    References
    ----------
    Donner, A. and Klar, N. (2000). Design and Analysis of Cluster Randomization Trials. Arnold.
    """
    total = n_clusters_treated + n_clusters_control
    sizes = np.asarray(cluster_size)
    sizes = np.full(total, sizes) if sizes.ndim == 0 else sizes
    if min(n_clusters_treated, n_clusters_control) < 1 or sizes.shape != (total,):
        raise ValueError(f"{sizes.size} sizes of {total} clusters, or an arm without any")
    if (sizes < 1).any() or (sizes != sizes.astype(int)).any():
        raise ValueError("cluster sizes must be whole numbers from one up")
    if not 0 <= icc <= 1 or not (sd > 0 and np.isfinite([sd, difference]).all()):
        raise ValueError(f"icc {icc}, sd {sd}, difference {difference}: check them")
    clusters = np.repeat(np.arange(total), sizes.astype(int))
    treated = clusters < n_clusters_treated
    between, within = sd * np.sqrt(icc), sd * np.sqrt(1 - icc)

    def draw(rng: np.random.Generator) -> Drawn:
        common = between * rng.standard_normal(total)[clusters]
        own = within * rng.standard_normal(clusters.size)
        return difference * treated + common + own, treated, clusters

    return draw


def cluster_means_test(y: ArrayLike, treated: ArrayLike, clusters: ArrayLike) -> float:
    """Return the two-sided p-value of the t test on cluster means, equal variances in both arms.

    It is exact for clusters of one size, and fast enough for thousands of runs.

    Parameters
    ----------
    y : array_like of float, shape (n,)
    treated : array_like of bool (or 0 and 1), shape (n,)
        The same for all rows of a cluster.
    clusters : array_like, shape (n,)

    Raises
    ------
    ValueError
        If shapes differ, a number is not finite, a cluster is in both arms, an arm is empty,
        there are fewer than three clusters, or the means do not vary within arms.

    References
    ----------
    Donner and Klar (2000), chapter 7, see `clustered_design`.
    """
    outcome, arm = np.asarray(y, dtype=float), np.asarray(treated, dtype=float)
    codes = np.unique(np.asarray(clusters), return_inverse=True)[1]
    if outcome.ndim != 1 or not outcome.shape == arm.shape == codes.shape:
        raise ValueError(f"y {outcome.shape}, treated {arm.shape}, clusters {codes.shape} differ")
    sizes = np.bincount(codes)
    means, arms = np.bincount(codes, outcome) / sizes, np.bincount(codes, arm) / sizes
    given = arms == 1
    if not np.isin(arms, (0, 1)).all() or given.all() or not given.any() or given.size < 3:
        raise ValueError("expected three clusters or more, each in one arm, none of which is empty")
    if not np.isfinite(means).all():
        raise ValueError("y must be finite")
    first, second = means[given], means[~given]
    square = float(((first - first.mean()) ** 2).sum() + ((second - second.mean()) ** 2).sum())
    if square <= 0:
        raise ValueError("the means of clusters do not vary within arms")
    df = means.size - 2
    error = np.sqrt(square / df * (1 / first.size + 1 / second.size))
    return float(2 * stdtr(df, -abs(first.mean() - second.mean()) / error))


def simulated_mde(
    design: Callable[[float], Draw],
    test: Test,
    *,
    runs: int,
    seed: int,
    power: float = 0.8,
    alpha: float = 0.05,
    start: float = 1.0,
    tolerance: float = 1e-3,
) -> SimulatedMde:
    """Return the smallest true difference that the test finds with the power asked for.

    By bisection, every difference on the same random numbers, so that chance moves the answer
    but not the comparison of two differences. Power is taken to rise with the difference.

    Parameters
    ----------
    design : callable
        Takes a difference and returns a draw for `simulated_power`.
    test, runs, seed, alpha
        As in `simulated_power`.
    power : float, optional
    start : float, optional
        First difference tried, above zero; doubled until its power is enough.
    tolerance : float, optional
        Width at which bisection stops, in the unit of the difference.

    Raises
    ------
    ValueError
        As in `simulated_power`, or if `power` is not above `alpha` and below one, `start` or
        `tolerance` is not above zero, `runs` are too few to tell that
        power, or no difference tried has it.

    References
    ----------
    Arnold, Hogan, Colford and Hubbard (2011), see `simulated_power`.
    """
    if not alpha < power < 1 or not (start > 0 and tolerance > 0):
        raise ValueError(f"power {power}, start {start}, tolerance {tolerance}: check them")
    if runs < 1 or clopper_pearson(runs, runs, level=_LEVEL).low < power:
        raise ValueError(f"{runs} runs are too few to tell a power of {power}: take more")
    known: dict[float, SimulatedPower] = {}

    def at(difference: float) -> SimulatedPower:
        if difference not in known:
            known[difference] = simulated_power(
                design(difference), test, runs=runs, seed=seed, alpha=alpha
            )
        return known[difference]

    def smallest(end: str) -> float:
        return _bisected(lambda x: getattr(at(x), end) >= power, start, tolerance)

    mde = smallest("power")
    return SimulatedMde(mde, smallest("high"), smallest("low"), at(mde), power, tolerance)


def _bisected(enough: Callable[[float], bool], start: float, tolerance: float) -> float:
    """Return the least difference that is enough, from above, but for the tolerance."""
    low, high = 0.0, start
    for _ in range(_MOST_DOUBLINGS):
        if enough(high):
            break
        low, high = high, 2 * high
    else:
        raise ValueError(f"not even a difference of {high} has the power asked for")
    while high - low > tolerance:
        middle = (low + high) / 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return high


def _stream(seed: int, run: int) -> np.random.Generator:
    return np.random.Generator(np.random.PCG64([seed, run]))
