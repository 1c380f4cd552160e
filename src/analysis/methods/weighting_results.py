"""What weighting comes to: fitted chances, and differences with their errors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from analysis.methods.balance import Estimand

Floats = NDArray[np.float64]
Link = Literal["logit", "probit"]


@dataclass(frozen=True, eq=False)
class Propensity:
    """Fitted chances of being treated; coefficients, the constant first, follow `names`."""

    scores: Floats
    names: tuple[str, ...]
    coefficients: Floats
    converged: bool
    link: Link


@dataclass(frozen=True)
class Difference:
    """A mean of the treated less one of the controls, in units of y, with Student's t."""

    estimate: float
    standard_error: float
    low: float
    high: float
    p_value: float
    df: float
    n: int
    level: float


@dataclass(frozen=True)
class WeightedDifference(Difference):
    """A `Difference` of `n` rows with weight, `effective_n` by Kish's count of either arm.

    `df` is n - 2, or clusters - 1.
    """

    effective_n: float


@dataclass(frozen=True)
class StackedDifference(Difference):
    """A `Difference` among the treated ("att") or all rows ("ate"), all its steps in the error.

    `df` is infinite, or clusters - 1.
    """

    mean_control: float
    mean_control_error: float
    estimand: Estimand
