"""What analyses of sensitivity come to: proportional selection, a ratio, single clusters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Oster:
    """What selection on the unobserved, in proportion to that on the observed, would do.

    `delta` is the ratio of the two at which the coefficient is `beta` (nan if none does it) and
    `adjusted_beta` the coefficient at the ratio `assumed_delta` (nan if no solution keeps the
    direction of selection on the observed). `solutions` are all coefficients that agree with
    that ratio, the nearest to the controlled one first; `approximate_beta` is the linear
    approximation, nan where the controls explain nothing; `r2_max` is assumed.
    """

    delta: float
    adjusted_beta: float
    r2_max: float
    solutions: tuple[float, ...]
    approximate_beta: float
    beta: float
    assumed_delta: float


@dataclass(frozen=True)
class EValue:
    """The risk ratio that a confounder needs with both sides to explain a ratio away.

    `limit` is the same for the end of the interval nearer to 1: 1 where the interval holds 1.
    """

    estimate: float
    limit: float
    ratio: float
    low: float
    high: float


@dataclass(frozen=True, eq=False)
class LeaveOneClusterOut:
    """A coefficient with all clusters and without each in turn, in y per unit of the column.

    `estimates` follows `clusters` (sorted labels); `low` and `high` are its range, and
    `most_influential` the place in both of the cluster whose absence moves it most.
    """

    full: float
    estimates: Floats
    clusters: NDArray[Any]
    low: float
    high: float
    most_influential: int
