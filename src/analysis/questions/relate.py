"""Answers that relate money to gains among the groups shown, and the controls beside them."""

from __future__ import annotations

from typing import Any

import numpy as np

from analysis.methods import association, inference
from analysis.questions.estimate import Answer, Case
from analysis.questions.samples import (
    INSEPARABLE,
    exposure_of,
    outcome_pp,
    size_correlation,
)

_TABLES = ("gains", "funding")
_ALIKE = "the two cannot be told apart"
_APART = "the two can be told apart"


def slope(case: Case) -> Answer:
    """Return the slope of the gain on the exposure (pp per unit), with a permutation p-value.

    A least-squares line through the groups whose gain is shown and whose exposure is known. Its
    interval does not assume that all groups scatter alike (HC3). The permutation p-value is how
    often chance alone gives a slope as far from zero.
    """
    sample, level = case.fitted, case.settings.confidence
    fit = association.slope(sample.x, sample.y, level=level)
    permuted = inference.permute_slope(
        sample.x, sample.y, draws=case.settings.permutations, seed=case.settings.seed
    )
    tables = (*_TABLES, "ofsted") if case.exposure.per else _TABLES
    numbers = [
        case.quantity(
            "",
            fit.estimate,
            case.exposure.unit,
            association.slope,
            tables,
            low=fit.low,
            high=fit.high,
            level=level,
            p_value=fit.p_value,
            n=fit.n,
        ),
        case.quantity(
            "permutation_p",
            permuted.p_value,
            "probability",
            inference.permute_slope,
            tables,
            p_value=permuted.p_value,
            n=fit.n,
        ),
    ]
    return Answer(numbers, sample.frame, fit)


def theil_sen(case: Case) -> Answer:
    """Return the median of the slopes between all pairs of groups (pp per unit of exposure).

    Among the groups whose gain is shown. Groups far from the others move it little.
    """
    sample, level = case.fitted, case.settings.confidence
    fit = association.theil_sen(sample.x, sample.y, level=level)
    number = case.quantity(
        "",
        fit.estimate,
        case.exposure.unit,
        association.theil_sen,
        _TABLES,
        low=fit.low,
        high=fit.high,
        level=level,
        n=fit.n,
    )
    return Answer([number], sample.frame, fit)


def leave_one_out(case: Case) -> Answer:
    """Return the slope with the lowest and highest value that it takes without any one group.

    Among the groups whose gain is shown. The group without which it changes most is named.
    """
    sample = case.fitted
    fit = association.leave_one_out(sample.x, sample.y)
    frame = sample.frame.assign(slope_without=fit.estimates)
    name = frame["collaboration"].iloc[fit.most_influential]
    numbers = [
        case.quantity(
            "",
            fit.full,
            case.exposure.unit,
            association.leave_one_out,
            _TABLES,
            low=fit.low,
            high=fit.high,
            n=len(frame),
        ),
        case.quantity(
            "without_most_influential",
            fit.estimates[fit.most_influential],
            case.exposure.unit,
            association.leave_one_out,
            _TABLES,
            n=len(frame) - 1,
        ),
        case.quantity(
            "most_influential", None, "groups", association.leave_one_out, _TABLES, words=name
        ),
    ]
    return Answer(numbers, frame, fit)


def size_or_money(case: Case) -> Answer:
    r"""Return whether money and number of schools can be told apart, and how alike they are.

    The correlation of a group's money with its number of schools, among the groups whose gain is
    shown and among all with money. Where either is above the limit, the two cannot be told apart,
    and a slope on the one is as much a slope on the other.

    Notes
    -----
    .. math::
        r = \frac{\sum_i (x_i - \bar x)(z_i - \bar z)}{\sqrt{\sum_i (x_i - \bar x)^2 \sum_i (z_i -
        \bar z)^2}}

    :math:`x_i` is the money of group :math:`i`, :math:`z_i` its number of schools. The limit is
    0.9, in either direction.
    """
    sample, level = case.fitted, case.settings.confidence
    size = sample.frame["n_schools"].to_numpy(dtype=float)
    design = np.column_stack([np.ones(len(size)), sample.x, size])
    fit = association.fit_ols(sample.y, design, ("constant", "money", "schools"), level=level)
    among_shown = float(np.corrcoef(sample.x, size)[0, 1])
    among_funded = size_correlation(case.study, case.exposure)
    alike = max(abs(among_shown), abs(among_funded)) > INSEPARABLE
    apart = _ALIKE if alike else _APART
    tables = (*_TABLES, "ofsted")
    numbers = [
        case.quantity(
            "apart",
            None,
            "count",
            size_or_money,
            tables,
            n=fit.n,
            words=apart,
        ),
        case.quantity(
            "slope_pp_per_10k",
            fit.estimates[1],
            case.exposure.unit,
            association.fit_ols,
            tables,
            low=fit.low[1],
            high=fit.high[1],
            level=level,
            p_value=fit.p_values[1],
            n=fit.n,
        ),
        case.quantity(
            "correlation_shown", among_shown, "correlation", size_or_money, tables, n=fit.n
        ),
        case.quantity(
            "correlation_funded",
            among_funded,
            "correlation",
            size_or_money,
            tables[1:],
            n=int(exposure_of(case.study, case.exposure).notna().sum()),
        ),
    ]
    return Answer(numbers, sample.frame, fit)


def funded_or_not(case: Case) -> Answer:
    """Return the mean gain (pp) of shown groups with the year's money minus those without.

    Counted are the groups on both sides whose gain is shown. The p-value comes from dealing the
    money out anew among them.
    """
    table = case.study.collaborations[["collaboration_id", "collaboration", "n_schools"]].assign(
        outcome=outcome_pp(case.study, str(case.question.outcome)),
        funded=exposure_of(case.study, case.exposure).notna(),
    )
    table = table.dropna(subset=["outcome"]).reset_index(drop=True)
    permuted = inference.permute_difference(
        table["outcome"].to_numpy(),
        table["funded"].to_numpy(),
        draws=case.settings.permutations,
        seed=case.settings.seed,
    )
    more: dict[str, Any] = {"p_value": permuted.p_value, "n": len(table)}
    method = inference.permute_difference
    counts = {"funded_n": int(table["funded"].sum()), "unfunded_n": int((~table["funded"]).sum())}
    numbers = [case.quantity("", permuted.statistic, "pp", method, _TABLES, **more)]
    numbers += [
        case.quantity(name, value, "groups", funded_or_not, _TABLES)
        for name, value in counts.items()
    ]
    numbers.append(
        case.quantity("permutation_p", permuted.p_value, "probability", method, _TABLES, **more)
    )
    return Answer(numbers, table, permuted)
