"""Answers that say how far the tables reach: bounds, power, and the gate's own verdict."""

from __future__ import annotations

import numpy as np

from analysis.errors import UnavailableError
from analysis.methods import association, bounds, power, truncation
from analysis.questions.estimate import Answer, Case
from analysis.questions.samples import outcome_pp

_TABLES = ("gains", "funding")


def mean_bounds(case: Case) -> Answer:
    """Return the lowest and highest mean gain (pp) of all groups, for each assumed range.

    Groups without a gain may have had any within the range, on both sides of zero.
    """
    gains = outcome_pp(case.study, str(case.question.outcome))
    seen = gains.dropna().to_numpy()
    if not len(seen):
        raise UnavailableError(f"no {_label(case)} is shown for any group")
    numbers, found = [], []
    for limit in case.plan.limits_pp:
        bound = bounds.mean_bounds(seen, len(gains), limit)
        found.append(bound)
        numbers.append(
            case.quantity(
                f"range_{limit:g}",
                None,
                "pp",
                bounds.mean_bounds,
                ("gains", "ofsted"),
                low=bound.low,
                high=bound.high,
                n=len(gains),
            )
        )
    whole = f"every group's {_label(case)} is shown, so nothing is left open"
    gaps = {} if len(seen) < len(gains) else _no_ranges(case, whole)
    return Answer(numbers, gains.dropna().to_frame("outcome"), found, gaps)


def slope_bounds(case: Case) -> Answer:
    """Return the slope's bounds over all funded groups by assumed range, and where they break.

    Counted are the groups with money, and those of them whose gain is shown and is not shown. Gains
    that are not shown may lie anywhere within the range, on both sides of zero.
    """
    everyone = case.sample.everyone
    x, y = everyone["exposure"].to_numpy(dtype=float), everyone["outcome"].to_numpy(dtype=float)
    seen = int(np.isfinite(y).sum())
    if not seen:
        raise UnavailableError(f"no group with {case.exposure.label} has a {_label(case)} shown")
    numbers, found = [], []
    for limit in case.plan.limits_pp:
        bound = bounds.slope_bounds(x, y, limit)
        found.append(bound)
        numbers.append(
            case.quantity(
                f"range_{limit:g}",
                None,
                case.exposure.unit,
                bounds.slope_bounds,
                _TABLES,
                low=bound.low,
                high=bound.high,
                n=len(x),
            )
        )
    for name, value, unit, method in (
        ("breakdown_pp", bounds.breakdown(x, y), "pp", bounds.breakdown),
        ("funded_n", len(x), "groups", slope_bounds),
        ("seen_n", seen, "groups", slope_bounds),
        ("unseen_n", len(x) - seen, "groups", slope_bounds),
    ):
        numbers.append(case.quantity(name, value, unit, method, _TABLES, n=len(x)))
    whole = f"every group with {case.exposure.label} has a {_label(case)} shown"
    gaps = {} if seen < len(x) else {**_no_ranges(case, whole), "breakdown_pp": whole}
    return Answer(numbers, everyone, found, gaps)


def _label(case: Case) -> str:
    outcome = str(case.question.outcome)
    return case.plan.outcomes.get(outcome, outcome)


def _no_ranges(case: Case, why: str) -> dict[str, str]:
    """Return why no assumed range says anything: nothing is unseen."""
    return {f"range_{limit:g}": why for limit in case.plan.limits_pp}


def slope_power(case: Case) -> Answer:
    """Return the smallest slope that a study of this size detects with the plan's power.

    Worked out from the standard error of the slope among the groups shown. A study that finds
    nothing says little about smaller ones.
    """
    sample = case.fitted
    fit = association.slope(sample.x, sample.y, level=case.settings.confidence)
    mde = power.slope_mde(fit.standard_error, fit.df, power=case.plan.power, alpha=case.plan.alpha)
    unit = case.exposure.unit
    number = case.quantity("", mde, unit, power.slope_mde, _TABLES, n=fit.n)
    return Answer([number], sample.frame, fit)


def truncated(case: Case) -> Answer:
    """Return the slope under a normal model of what was left out, or that none can be told.

    The groups with a gain above zero are taken for the upper part of a normal distribution about a
    line. The model rests wholly on the shape of the errors. Where its likelihood is flat there is
    no number.
    """
    sample = case.fitted
    keep = sample.y > 0
    fit = truncation.truncated_slope(sample.x[keep], sample.y[keep], level=case.settings.confidence)
    usable = fit.converged and not fit.flat
    words = None if usable else "no number: the likelihood is flat, so any slope fits as well"
    number = case.quantity(
        "",
        fit.estimate if usable else None,
        case.exposure.unit,
        truncation.truncated_slope,
        _TABLES,
        low=fit.low if usable else None,
        high=fit.high if usable else None,
        level=fit.level if usable else None,
        n=fit.n,
        words=words,
        kind=None if usable else "not identified",
    )
    return Answer([number], sample.frame, fit)


def identification(case: Case) -> Answer:
    """Return the gate's verdict on a causal reading; there is no number.

    What the tables say about selection, dates, comparison groups and size is set against what a
    causal reading takes, and each obstacle is named with the data that would remove it.
    """
    tables = ("gains", "ofsted", "coverage") if case.question.outcome is None else _TABLES
    method = identification
    words = case.verdict.words
    return Answer(
        [case.quantity("", None, "pp", method, tables, words=words)],
        case.study.collaborations,
        case.facts,
    )
