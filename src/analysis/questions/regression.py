"""Small cohorts swing most: gains shrunk by what chance moves, and the funnel they should fill."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.methods.shrinkage import Shrunken, empirical_bayes, funnel_limits, percentage_variance
from analysis.questions.design import TABLES, Design
from analysis.questions.estimate import Answer, Case


def shrunken_gains(design: Design) -> Shrunken:
    """Return each school's gain (pp) shrunk towards the mean of all by its reliability.

    Raises
    ------
    ValueError
        If the outcome is not a percentage of a cohort, whose chance variance is known.
    """
    return empirical_bayes(design.frame["gain"].to_numpy(), _chance(design))


def _chance(design: Design) -> np.ndarray:
    if design.unit != "pp":
        raise ValueError("the chance variance of a score needs the pupils' standard deviation")
    frame = design.frame
    return percentage_variance(frame["before"], frame["cohort_before"]) + percentage_variance(
        frame["after"], frame["cohort"]
    )


@dataclass(frozen=True, eq=False)
class Spread:
    """What chance gives each school of a comparison.

    Parameters
    ----------
    pupils : numpy.ndarray
        Each school's cohort, the harmonic mean of both years.
    z : numpy.ndarray
        How far its gain lies from the centre, in standard deviations of chance.
    centre, sd : float
        The mean gain, weighted by precision, and the standard deviation of one pupil's.
    """

    pupils: np.ndarray
    z: np.ndarray
    centre: float
    sd: float


def spread_of(design: Design) -> Spread:
    """Return how far each school's gain lies from the centre, measured by chance.

    Raises
    ------
    ValueError
        If the outcome is not a percentage of a cohort, whose chance variance is known.
    """
    frame, chance = design.frame, _chance(design)
    gain = frame["gain"].to_numpy()
    pupils = (2 / (1 / frame["cohort_before"] + 1 / frame["cohort"])).to_numpy(dtype=float)
    sd = float(np.sqrt(np.average(chance * pupils / 2, weights=pupils)) * np.sqrt(2))
    centre = float(np.average(gain, weights=1 / chance))
    return Spread(pupils, np.abs(gain - centre) / np.sqrt(np.asarray(chance)), centre, sd)


def funnel(case: Case) -> Answer:
    r"""Return how far chance alone spreads gains by cohort, and how many schools lie outside.

    The fewer pupils a school has, the more its gain swings by chance. Counted are the schools whose
    gain is farther from the centre than chance takes all but one in twenty, and all but one in five
    hundred. The centre is the mean gain, weighted by precision.

    Notes
    -----
    .. math:: c = \frac{\sum_i g_i / v_i}{\sum_i 1 / v_i}

    .. math:: z_i = \frac{|g_i - c|}{\sqrt{v_i}}

    :math:`g_i` is the gain of school :math:`i`, :math:`v_i` its chance variance (the sum of those
    of both percentages) and :math:`c` the centre. Outside are :math:`z_i` above 1.96 and above
    3.09.

    References
    ----------
    Spiegelhalter, D. J. (2005). Funnel plots for comparing institutional performance. Statistics in
      Medicine 24, 1185-1202.
    """
    design = case.design
    frame, spread = design.frame, spread_of(design)
    pupils, z = spread.pupils, spread.z
    ends = 10 * np.floor(pupils.min() / 10), 10 * np.ceil(pupils.max() / 10)
    grid = np.unique(np.round(np.linspace(max(ends[0], 1), ends[1], 60), 1))
    limits = funnel_limits(grid, centre=spread.centre, sd=spread.sd)
    shrunken = shrunken_gains(design)
    unit, n = design.unit, len(frame)
    numbers = [
        case.quantity("centre", spread.centre, unit, funnel, TABLES, n=n),
        case.quantity("outside_95", int((z > 1.96).sum()), "schools", funnel, TABLES, n=n),
        case.quantity("outside_998", int((z > 3.09).sum()), "schools", funnel, TABLES, n=n),
        case.quantity(
            "reliability", float(np.median(shrunken.reliability)), "share",
            empirical_bayes, TABLES, n=n,
        ),
    ]  # fmt: skip
    rows = frame.assign(pupils=pupils, shrunken=shrunken.values)
    return Answer(numbers, rows, limits)
