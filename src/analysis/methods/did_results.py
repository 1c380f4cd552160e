"""What averages of group-time differences come to: one, a profile, an event study, a test."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Indices = NDArray[np.intp]


@dataclass(frozen=True)
class Aggregate:
    """One average of the differences after treatment, in units of y.

    `n_units` counts all units of the panel; `n_clusters` equals it where none were given.
    """

    estimate: float
    standard_error: float
    low: float
    high: float
    p_value: float
    level: float
    n_units: int
    n_clusters: int


@dataclass(frozen=True)
class Profile:
    """Averages of the differences after treatment, in units of y, one for each of `labels`.

    `low` and `high` hold for one label chosen beforehand, `band_low` and `band_high` for all
    at once; `critical` is the band's half-width in standard errors. `n_treated` counts the
    treated units behind each average.
    """

    labels: Floats
    estimates: Floats
    standard_errors: Floats
    low: Floats
    high: Floats
    band_low: Floats
    band_high: Floats
    critical: float
    n_treated: Indices
    level: float
    n_clusters: int


@dataclass(frozen=True)
class EventStudy:
    """Averages by periods since treatment, in units of y; 0 is the first treated period.

    The fields are those of `Profile`; `pre_trend_p` is the joint p-value of all that come
    before treatment (and its anticipation), nan where there are none that can be tested.
    """

    event_times: Floats
    estimates: Floats
    standard_errors: Floats
    low: Floats
    high: Floats
    band_low: Floats
    band_high: Floats
    critical: float
    n_treated: Indices
    pre_trend_p: float
    level: float
    n_clusters: int


@dataclass(frozen=True)
class PreTrends:
    """A joint test of all differences before treatment: Wald statistic, its df and p-value."""

    statistic: float
    df: int
    p_value: float
