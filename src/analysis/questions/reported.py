"""Answers about what the publication says in words, and what chance alone would show."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from analysis.errors import UnavailableError
from analysis.methods import chance
from analysis.methods.inference import clopper_pearson
from analysis.questions.estimate import Answer, Case
from analysis.variables import gain_columns


def improved(case: Case) -> Answer:
    """Return how many groups are said to have improved, of how many.

    The counts are the publication's own words. Their share has an exact interval and a sign test.
    Both denominators are given: with the groups of which neither gain nor decline is said, and
    without.

    References
    ----------
    Clopper and Pearson (1934), Biometrika 26, 404-413.
    """
    stated = stated_counts(case)
    level = case.settings.confidence
    n_up, n_all, n_down = stated["improved"], stated["of"], stated["declined"]
    numbers = []
    for suffix, n in (("share", n_all), ("share_of_classified", n_up + n_down)):
        found = clopper_pearson(n_up, n, level=level)
        interval: dict[str, Any] = {
            "low": found.low,
            "high": found.high,
            "level": level,
            "p_value": found.p_value,
        }
        numbers.append(
            case.quantity(
                suffix, found.share, "share", clopper_pearson, ("claims",), n=n, **interval
            )
        )
    for name, value in (("n", n_up), ("of_n", n_all), ("declined_n", n_down)):
        numbers.append(case.quantity(name, value, "groups", improved, ("claims",), n=n_all))
    unclassified = n_all - n_up - n_down
    numbers.append(case.quantity("unclassified_n", unclassified, "groups", improved, ("claims",)))
    rest = "every other group is said to have improved"
    gaps = {} if unclassified else {"share_of_classified": rest}
    return Answer(numbers, pd.DataFrame([stated]), gaps=gaps)


def stated_counts(case: Case) -> dict[str, int]:
    """Return the publication's counts of improved, all and declined groups."""
    return {name: int(case.stated(name)) for name in ("improved", "of", "declined")}


def all_up(case: Case) -> Answer:
    """Return the exact test of groups that went up throughout against those that went down.

    Counted as up are the groups in the gains table without any decline; as down those that the text
    says have declined. That these fell in all their measures is a reading of the text. The test
    holds for any number of measures and however they go together.
    """
    table = case.study.collaborations
    gains = table[[column for column in table if column.startswith("gain_")]]
    shown = gains.notna().any(axis=1)
    if not shown.any():
        raise UnavailableError("no gain is shown for any group")
    n_up = int((shown & ~(gains < 0).any(axis=1)).sum())
    found = chance.all_up_against_all_down(n_up, stated_counts(case)["declined"])
    method, tables = chance.all_up_against_all_down, ("gains", "claims")
    n = found.n_up + found.n_down
    p = found.p_value
    numbers = [case.quantity("", p, "probability", method, tables, p_value=p, n=n)]
    return Answer(
        [*numbers, case.quantity("n_up", n_up, "groups", all_up, ("gains",))], table[shown]
    )


def any_of_k(case: Case) -> Answer:
    """Return how often a group improves in at least one measure when nothing changes at all.

    For each number of measures and each closeness of their changes that the plan declares, by
    chance alone.
    """
    declared = case.plan.content["chance"]
    numbers, rows = [], []
    for k in declared["measures"]:
        for correlation in declared["correlations"]:
            share = chance.any_of_k(k, correlation)
            rows.append({"measures": k, "correlation": correlation, "share": share})
            suffix = f"k_{k}.r_{round(100 * correlation)}"
            numbers.append(case.quantity(suffix, share, "share", chance.any_of_k, ("claims",)))
    numbers += [
        case.quantity(
            "lowest", min(r["share"] for r in rows), "share", chance.any_of_k, ("claims",)
        ),
        case.quantity(
            "highest", max(r["share"] for r in rows), "share", chance.any_of_k, ("claims",)
        ),
    ]
    return Answer(numbers, pd.DataFrame(rows))


def chance_benchmark(case: Case) -> Answer:
    r"""Return the mean gain (pp) that chance alone would show among groups picked as improvers.

    Once with no change at all, once with the county's own yearly rise, over a range of spreads from
    year to year. Shown are groups none of whose measures fell. The yearly rise is the rise that the
    text states, over its number of years.

    Notes
    -----
    .. math:: b = \frac{r}{m}

    :math:`b` is the county's yearly rise, :math:`r` the rise in percentage points that the
    publication states, and :math:`m` the number of years that it took.
    """
    stage, declared = str(case.question.outcome), case.plan.content["chance"]
    n = len(case.study.collaborations)
    k = len(gain_columns(stage))
    trends = {"no_change": 0.0, "county_trend": yearly_rise(case, stage)}
    numbers, rows = [], []
    for name, trend in trends.items():
        for sd in declared["sd_pp"]:
            found = chance.benchmark(trend, sd, n, k, declared["headline_correlation"])
            rows.append({"trend": name, "sd_pp": sd, **vars(found)})
            more: dict[str, Any] = {"n": n}
            method, tables = chance.benchmark, ("claims", "gains")
            for suffix, value, unit in (
                ("mean_shown_pp", found.expected_mean_of_improvers, "pp"),
                ("share_shown", found.expected_share_shown, "share"),
                ("share_improving", found.expected_share_improving, "share"),
            ):
                place = f"{name}.sd_{sd:g}.{suffix}"
                numbers.append(case.quantity(place, value, unit, method, tables, **more))
    rise = trends["county_trend"]
    numbers.append(case.quantity("county_trend_pp", rise, "pp", chance_benchmark, ("claims",)))
    return Answer(numbers, pd.DataFrame(rows))


def yearly_rise(case: Case, stage: str) -> float:
    """Return the county's own yearly rise in pp, from the publication's rise over some years."""
    return float(np.round(case.stated(f"rise_{stage}") / case.plan.content["rise_years"], 10))
