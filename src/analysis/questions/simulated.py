"""The same method on a SIMULATED full table, and on the improvers only: what selection does."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from analysis.methods import association
from analysis.methods.simulate import GAINS, report_tables
from analysis.questions.estimate import Answer, Case


def truncation_shown(case: Case) -> Answer:
    """Return the slope (pp per GBP 10,000) of a SIMULATED table: full, and improvers only.

    The true slope is the plan's. Over `runs` tables the mean slopes say how far each way of
    reporting is from it.
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
