"""Small cohorts swing most: gains shrunk by what chance moves, and the funnel they should fill."""

from __future__ import annotations

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


def funnel(case: Case) -> Answer:
    """Return how far chance alone spreads gains by cohort, and how many schools lie outside."""
    design = case.design
    frame = design.frame
    chance, gain = _chance(design), frame["gain"].to_numpy()
    pupils = 2 / (1 / frame["cohort_before"] + 1 / frame["cohort"])
    sd = float(np.sqrt(np.average(chance * pupils / 2, weights=pupils)) * np.sqrt(2))
    centre = float(np.average(gain, weights=1 / chance))
    grid = np.unique(np.round(np.linspace(pupils.min(), pupils.max(), 60), 1))
    limits = funnel_limits(grid, centre=centre, sd=sd)
    z = np.abs(gain - centre) / np.sqrt(chance)
    shrunken = shrunken_gains(design)
    unit, n = design.unit, len(frame)
    numbers = [
        case.quantity("centre", centre, unit, funnel, TABLES, n=n),
        case.quantity("outside_95", int((z > 1.96).sum()), "schools", funnel, TABLES, n=n),
        case.quantity("outside_998", int((z > 3.09).sum()), "schools", funnel, TABLES, n=n),
        case.quantity(
            "reliability", float(np.median(shrunken.reliability)), "share",
            empirical_bayes, TABLES, n=n,
        ),
    ]  # fmt: skip
    rows = frame.assign(pupils=pupils, shrunken=shrunken.values)
    return Answer(numbers, rows, limits)
