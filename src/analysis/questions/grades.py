"""Answers about grades and money: the one outcome that is shown for every group."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.methods.proportions import ShareFit, fit_shares
from analysis.quantities import Quantity
from analysis.questions.estimate import Answer, Case
from analysis.questions.samples import exposure_of

_TABLES = ("ofsted", "funding")


def share_on_money(case: Case) -> Answer:
    """Return how the share of schools good or better goes with the group's money, in log-odds.

    A logit regression of the schools' grades by group, once on money alone, once with the group's
    size and area held. A cross-section of levels: money may follow weak grades as well as lift
    them.

    References
    ----------
    McCullagh, P. and Nelder, J. A. (1989). Generalized Linear Models, 2nd ed. Chapman and Hall,
      chapter 4 (overdispersion).
    """
    table = case.study.collaborations.assign(exposure=exposure_of(case.study, case.exposure))
    table = table.dropna(subset=["exposure", "n_schools", "area"]).reset_index(drop=True)
    alone = _fit(case, table, table[["exposure"]].to_numpy(dtype=float), ("money",))
    areas = pd.get_dummies(table["area"], drop_first=True, dtype=float)
    controls = [table[["exposure", "n_schools"]].astype(float), areas]
    design = np.column_stack([part.to_numpy() for part in controls])
    adjusted = _fit(case, table, design, ("money", "schools", *areas.columns))
    numbers = [
        _slope(case, "slope", alone),
        _slope(case, "slope_adjusted", adjusted),
        case.quantity("dispersion", alone.dispersion, "ratio", fit_shares, _TABLES, n=alone.n),
    ]
    return Answer(numbers, table, alone)


def _fit(case: Case, table: pd.DataFrame, design: np.ndarray, names: tuple[str, ...]) -> ShareFit:
    good = (table["n_outstanding"] + table["n_good"]).to_numpy(dtype=float)
    trials = table["n_schools"].to_numpy(dtype=float)
    design = np.column_stack([np.ones(len(table)), design])
    level = case.settings.confidence
    return fit_shares(good, trials, design, ("constant", *names), level=level)


def _slope(case: Case, suffix: str, fit: ShareFit) -> Quantity:
    unit = case.exposure.unit.replace("pp per", "log-odds per")
    return case.quantity(
        suffix,
        fit.estimates[1],
        unit,
        fit_shares,
        _TABLES,
        low=fit.low[1],
        high=fit.high[1],
        level=fit.level,
        p_value=fit.p_values[1],
        n=fit.n,
    )
