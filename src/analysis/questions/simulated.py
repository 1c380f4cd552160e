"""The same method on a SIMULATED full table, and on the improvers only: what selection does."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from analysis.methods import association
from analysis.methods.simulate import GAINS, report_tables
from analysis.questions.estimate import Answer, Case


def truncation_shown(case: Case) -> Answer:
    r"""Return what a table of improvers makes of a known slope, in made-up tables (SIMULATED).

    Tables like the publication's are made up many times with a slope that is known, and a line is
    fitted to each, once through all groups and once through the improvers only. Given are the true
    slope, the mean of the fitted ones, and how often the interval holds the true one. No number of
    it is of any real group.

    Notes
    -----
    .. math:: \bar\beta = \frac{1}{B} \sum_b \hat\beta_b

    .. math::
        c = \frac{1}{B} \operatorname{count}_b\left(\text{low}_b \le \beta \le \text{high}_b\right)

    :math:`\hat\beta_b` is the least-squares slope in made-up table :math:`b` of :math:`B`, with its
    interval; :math:`\beta` is the true slope, :math:`\bar\beta` the mean and :math:`c` the share of
    intervals that hold it.

    References
    ----------
    Morris, T. P., White, I. R. and Crowther, M. J. (2019). Using simulation studies to evaluate
      statistical methods. Statistics in Medicine 38, 2074-2102.
    """
    declared, level = case.plan.content["simulation"], case.settings.confidence
    runs = [_run(declared, case.settings.seed + i, level) for i in range(declared["runs"])]
    frame = pd.DataFrame(runs)
    first = report_tables(**_made(declared), seed=case.settings.seed)
    numbers = [
        case.quantity(name, value, case.exposure.unit, truncation_shown, (), n=declared["runs"])
        for name, value in (
            ("true_slope_pp_per_10k", declared["slope_pp_per_10k"]),
            ("full_slope_pp_per_10k", frame["full"].mean()),
            ("shown_slope_pp_per_10k", frame["shown"].mean()),
        )
    ]
    shares = (("full_coverage", frame["full_covers"]), ("shown_coverage", frame["shown_covers"]))
    numbers += [
        case.quantity(name, covers.mean(), "share", truncation_shown, (), n=declared["runs"])
        for name, covers in shares
    ]
    outcome = first[list(GAINS)].mean(axis=1)
    rows = first.assign(outcome=outcome, exposure=first["funding_gbp"] / case.exposure.scale)
    return Answer(numbers, rows, frame)


def _made(declared: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in declared.items() if name != "runs"}


def _run(declared: dict[str, Any], seed: int, level: float) -> dict[str, float]:
    table = report_tables(**_made(declared), seed=seed)
    truth = declared["slope_pp_per_10k"]
    found: dict[str, float] = {}
    for name, rows in (("full", table), ("shown", table[table["shown"]])):
        x = rows["funding_gbp"].to_numpy() / 10_000
        fit = association.slope(x, np.asarray(rows[list(GAINS)].mean(axis=1)), level=level)
        found[name] = fit.estimate
        found[f"{name}_covers"] = float(fit.low <= truth <= fit.high)
    return found
