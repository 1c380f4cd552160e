"""Money by school: what goes with a pound for each pupil once size, its rule, is taken out."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.errors import UnavailableError
from analysis.methods.dose import dose_bins, dose_response, formula_share
from analysis.questions.amounts import PER_GBP, Money, money_of
from analysis.questions.compare import regressors
from analysis.questions.design import TABLES, Design
from analysis.questions.estimate import Answer, Case
from analysis.questions.schools import refuse_improvers_only

_TABLES = (*TABLES, "funding", "payments")
BINS = 4


def money_rule(case: Case) -> Answer:
    """Return how much of the collaborations' money their members' numbers alone predict.

    Added up are the payments in the school years that count; counted are the payments to
    collaborations with results, and the schools that such money reached. Money a pupil is the
    median, over payments, of the sum over the tested pupils of the members.
    """
    money = _money(case)
    n = len(money.groups)
    numbers = [
        case.quantity("", money.formula.r_squared, "share", formula_share, _TABLES, n=n),
        case.quantity("total_gbp", money.groups["gbp"].sum(), "GBP", money_rule, _TABLES, n=n),
        case.quantity("groups_n", n, "groups", money_rule, _TABLES),
        case.quantity(
            "per_pupil", float(np.median(money.groups["gbp"] / money.groups["pupils"])),
            "GBP per pupil", money_rule, _TABLES, n=n,
        ),
        case.quantity(
            "apart", None, "count", formula_share, _TABLES, n=n,
            words="can be told from size" if money.formula.separable else "is almost its size",
        ),
    ]  # fmt: skip
    return Answer(numbers, money.groups, money)


def slope_on_money(case: Case) -> Answer:
    """Return the slope of results on money a pupil, with size's part of the money held.

    Beside it stands the slope without that: what a table of money and results would show.
    Membership, the baseline and the declared characteristics are held in both.
    """
    design, level = case.design, case.settings.confidence
    refuse_improvers_only(case.study, design)
    money = _money(case)
    names, X = regressors(design)
    parts, after = design.shares, design.frame["after"].to_numpy()
    row = parts.row
    controls = np.column_stack([X, money.predicted])
    fit = dose_response(
        after[row], money.dose[row], controls[row], (*names, "predicted"), parts.cluster,
        weights=parts.weight, level=level,
    )  # fmt: skip
    plain = dose_response(
        after[row], money.dose[row], X[row], names, parts.cluster,
        weights=parts.weight, level=level,
    )  # fmt: skip
    unit, n = f"{design.unit} per GBP 100 per pupil", len(after)
    numbers = [
        case.quantity(
            name, one.estimate, unit, dose_response, _TABLES,
            low=one.low, high=one.high, level=level, p_value=one.p_value, n=n,
        )
        for name, one in (("", fit), ("size_not_held", plain))
    ]  # fmt: skip
    numbers.append(
        case.quantity(
            "paid_n",
            int((money.dose > 0).sum()),
            "schools",
            money_rule,
            _TABLES,
            kind="description",
        )
    )
    return Answer(numbers, _rows(design, money), bins_of(design, money, level))


def _money(case: Case) -> Money:
    if case.study.panel is None or case.study.panel.payments.empty:
        raise UnavailableError("this release has no payments that schools' groups can be joined to")
    return money_of(case.study, case.design, case.exposure.school_year)


def _rows(design: Design, money: Money) -> pd.DataFrame:
    gbp = money.dose * PER_GBP
    return design.frame.assign(gbp_per_pupil=gbp, predicted_gbp=money.predicted * PER_GBP)


def bins_of(design: Design, money: Money, level: float) -> pd.DataFrame:
    """Return the mean gain of paid schools in bins of money a pupil, for the picture."""
    paid = money.dose > 0
    found = dose_bins(
        money.dose[paid] * PER_GBP, design.frame["gain"].to_numpy()[paid], BINS, level=level
    )
    return pd.DataFrame(
        {
            "gbp_per_pupil": found.doses, "gain": found.means, "low": found.low,
            "high": found.high, "schools": found.counts,
        }
    )  # fmt: skip
