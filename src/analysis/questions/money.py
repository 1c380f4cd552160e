"""Answers about the money itself: who got it, by which rule, and what a point would cost."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from analysis.errors import UnavailableError
from analysis.methods import association, concentration, power, ratio
from analysis.questions.estimate import Answer, Case
from analysis.questions.samples import funding_gbp


def who_got(case: Case) -> Answer:
    """Return how the year's money is spread: a school's share of it, concentration, by area.

    Each group's money is divided by its number of schools; median, lowest and highest are those of
    the groups with money. Groups without money in the table are left out.
    """
    table = case.study.collaborations.assign(money=funding_gbp(case.study, case.exposure))
    table = table.dropna(subset=["money"]).reset_index(drop=True)
    if table.empty:
        raise UnavailableError(f"no group has {case.exposure.label}")
    money, size = table["money"].to_numpy(), table["n_schools"].to_numpy(dtype=float)
    per_school = money / size
    n = len(table)
    tables = ("funding", "ofsted")
    numbers = [
        case.quantity(
            "gini", concentration.gini(money), "ratio", concentration.gini, tables[:1], n=n
        ),
        case.quantity(
            "top_tenth",
            concentration.top_share(money, 0.1),
            "share",
            concentration.top_share,
            tables[:1],
            n=n,
        ),
        case.quantity("per_school_median_gbp", np.median(per_school), "GBP", who_got, tables, n=n),
        case.quantity("per_school_min_gbp", per_school.min(), "GBP", who_got, tables, n=n),
        case.quantity("per_school_max_gbp", per_school.max(), "GBP", who_got, tables, n=n),
    ]
    table = table.assign(per_school=per_school)
    alike = "one group alone was paid" if n == 1 else "all groups were paid alike"
    gaps = {"per_school_max_gbp": alike} if np.ptp(per_school) == 0 else {}
    return Answer(numbers, table, gaps=gaps)


def formula(case: Case) -> Answer:
    """Return how much of the money the number of schools predicts, and how often the rule is exact.

    The rule is the guide sum for each primary and each secondary school that the publication
    states. A grant follows it exactly if whole numbers of both, together the group's schools, give
    it. Counted beside it are grants that are a multiple of the sum for a primary school.
    """
    table = case.study.collaborations.assign(money=funding_gbp(case.study, case.exposure))
    table = table.dropna(subset=["money", "n_schools"]).reset_index(drop=True)
    money, size = table["money"].to_numpy(), table["n_schools"].to_numpy(dtype=float)
    fit = association.fit_ols(
        money, np.column_stack([np.ones(len(size)), size]), ("constant", "schools")
    )
    primary, secondary = case.stated("guide_primary"), case.stated("guide_secondary")
    exact = follows_rule(money, size, primary, secondary)
    multiple = money % primary == 0
    tables = ("funding", "ofsted")
    n, level = len(table), fit.level
    numbers = [
        case.quantity("r_squared", fit.r_squared, "share", association.fit_ols, tables, n=n),
        case.quantity(
            "gbp_per_school",
            fit.estimates[1],
            "GBP",
            association.fit_ols,
            tables,
            low=fit.low[1],
            high=fit.high[1],
            level=level,
            p_value=fit.p_values[1],
            n=n,
        ),
        case.quantity("exact_n", int(exact.sum()), "groups", formula, (*tables, "claims"), n=n),
        case.quantity("multiples_n", int(multiple.sum()), "groups", formula, tables, n=n),
        case.quantity("guide_primary_gbp", primary, "GBP", formula, ("claims",)),
        case.quantity("guide_secondary_gbp", secondary, "GBP", formula, ("claims",)),
    ]
    return Answer(numbers, table.assign(exact=exact, multiple=multiple))


def follows_rule(
    money: np.ndarray, size: np.ndarray, primary: float, secondary: float
) -> np.ndarray:
    """Return whether some split of a group's schools into the two phases gives its money exactly.

    Parameters
    ----------
    money, size : array of float, shape (n,)
        GBP, and number of schools.
    primary, secondary : float
        GBP per primary and per secondary school.
    """
    if primary == secondary:
        return np.asarray(money == primary * size)
    n_secondary = (money - primary * size) / (secondary - primary)
    return (n_secondary >= 0) & (n_secondary <= size) & (n_secondary % 1 == 0)


def price(case: Case) -> Answer:
    """Return the money (GBP) that goes with one percentage point, or why there is no price.

    One over the slope of the gain on the money. Refused while the slope's interval holds zero, and
    while the slope is not above zero.
    """
    sample, level = case.fitted, case.settings.confidence
    fit = association.slope(sample.x, sample.y, level=level)
    found = ratio.money_per_point(fit.estimate, fit.standard_error, fit.df, level)
    refused = _refusal(found, fit)
    scale = case.exposure.scale
    tables = ("gains", "funding")
    numbers = [
        case.quantity(
            "",
            None if refused else scale * found.estimate,
            "GBP per pp",
            ratio.money_per_point,
            tables,
            low=None if refused else scale * found.low,
            high=None if refused else scale * found.high,
            level=None if refused else level,
            n=fit.n,
            words=refused,
            kind="not identified" if refused else None,
        )
    ]
    return Answer(numbers, sample.frame, found)


def _refusal(found: ratio.Ratio, fit: association.Slope) -> str | None:
    if not found.bounded:
        return "no price: the slope's interval holds zero, so any price would do"
    if fit.estimate <= 0:
        return "no price: among the groups shown more money went with smaller gains"
    return None


def next_study(case: Case) -> Answer:
    r"""Return how far gains scatter about the line (pp), and what full reporting would find.

    The scatter is that of the groups shown, about their least-squares line. If all funded groups
    scattered alike and were all reported, a slope of a certain size would probably be found; with
    matched money every grant doubles, and that size halves.

    Notes
    -----
    .. math:: s = \sqrt{\frac{\sum_i e_i^2}{n - 2}}

    .. math:: u = \frac{s}{\sqrt{\sum_j (x_j - \bar x)^2}}

    :math:`e_i` is the distance of group :math:`i` of the :math:`n` shown from the line, :math:`s`
    the scatter, :math:`x_j` the money of group :math:`j` among all funded, and :math:`u` the
    standard error that a slope through all of them would have.
    """
    sample = case.fitted
    everyone = sample.everyone["exposure"].to_numpy(dtype=float)
    fit = association.slope(sample.x, sample.y)
    left = sample.y - (fit.intercept + fit.estimate * sample.x)
    scatter = float(np.sqrt((left**2).sum() / fit.df))
    error = scatter / (everyone.std() * np.sqrt(len(everyone)))
    declared: dict[str, Any] = {"power": case.plan.power, "alpha": case.plan.alpha}
    mde = power.slope_mde(error, len(everyone) - 2, **declared)
    matched = power.slope_mde(error / 2, len(everyone) - 2, **declared)
    tables = ("gains", "funding")
    unit, n = case.exposure.unit, len(everyone)
    return Answer(
        [
            case.quantity("slope_mde_pp_per_10k", mde, unit, power.slope_mde, tables, n=n),
            case.quantity("matched_mde_pp_per_10k", matched, unit, power.slope_mde, tables, n=n),
            case.quantity("scatter_pp", scatter, "pp", next_study, tables, n=fit.n),
        ],
        pd.DataFrame({"exposure": everyone}),
    )
