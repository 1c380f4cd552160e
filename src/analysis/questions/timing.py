"""Members and others year by year: before joining, after it, and what two-way averages mix up."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from analysis.errors import UnavailableError
from analysis.methods.bacon import decompose, share_forbidden
from analysis.methods.did_aggregate import event_study, overall, pre_trends
from analysis.methods.fixed_effects import two_way
from analysis.quantities import Kind, Quantity
from analysis.questions.design import TABLES, Design
from analysis.questions.estimate import Answer, Case
from analysis.questions.schools import (
    cells_of,
    clusters_of,
    events_of,
    refuse_improvers_only,
    without_always_exposed,
)

REFERENCE = -1


def by_year(case: Case) -> Answer:
    r"""Return the mean result of members and of others in each year, as the tables show them.

    Over the schools that are compared and have a result in that year, each counting alike; nothing
    is held.

    Notes
    -----
    .. math:: \bar y_t = \frac{1}{n_t} \sum_i y_{i t}

    :math:`y_{i t}` is the result of school :math:`i` in year :math:`t`; the mean is over the
    :math:`n_t` members, or other schools, with one.
    """
    design = case.design
    long = design.long
    rows = (long.groupby(["year", "member"])["outcome"].agg(["mean", "size"]).reset_index()).rename(
        columns={"mean": "outcome", "size": "schools"}
    )
    wide, size = (
        rows.pivot(index="year", columns="member", values=of) for of in ("outcome", "schools")
    )
    numbers = []
    for year, name in ((design.baseline_year, "baseline"), (design.result_year, "result")):
        for member, who in ((True, "members"), (False, "others")):
            value = float(wide.loc[year, member])
            unit = "%" if design.unit == "pp" else design.unit
            numbers.append(
                case.quantity(
                    f"{name}_{who}", value, unit, by_year, TABLES, n=int(size.loc[year, member])
                )
            )
    for name, number in (
        ("baseline_year", design.baseline_year),
        ("result_year", design.result_year),
    ):
        numbers.append(case.quantity(name, number, "year", by_year, TABLES))
    return Answer(numbers, rows, wide)


def by_years_since(case: Case) -> Answer:
    """Return the difference by years since joining, with its band, in the outcome's unit.

    Schools that have joined are compared with those that have not joined yet (Callaway and
    Sant'Anna). The band holds for all the years together at the level stated.
    """
    design, level = case.design, case.settings.confidence
    refuse_improvers_only(case.study, design)
    _require_joiners(design)
    study = events_of(design, level, case.settings.seed)
    cells = cells_of(design)
    n = len(cells.units)
    mean = overall(cells, level=level, clusters=clusters_of(design, cells.units))
    more: dict[str, Any] = {"level": level, "n": n}
    numbers = [
        case.quantity(
            "", mean.estimate, design.unit, overall, TABLES,
            low=mean.low, high=mean.high, p_value=mean.p_value, **more,
        ),
        *_pre_trend(case, design),
    ]  # fmt: skip
    for at, value, low, high in zip(
        study.event_times, study.estimates, study.band_low, study.band_high, strict=True
    ):
        if at == REFERENCE:
            continue
        when = f"{'before' if at < 0 else 'after'}_{abs(int(at))}"
        kind: Kind | None = "description" if at < 0 else None
        ends = {"low": low, "high": high, "kind": kind}
        numbers.append(case.quantity(when, value, design.unit, event_study, TABLES, **ends, **more))
    return Answer(numbers, without_always_exposed(design), study)


def _pre_trend(case: Case, design: Design) -> list[Quantity]:
    cells = cells_of(design)
    try:
        test = pre_trends(cells, clusters=clusters_of(design, cells.units))
    except ValueError:
        return []
    p = float(test.p_value)
    return [
        case.quantity(
            "earlier_trends_p", p, "probability", pre_trends, TABLES,
            p_value=p, n=len(cells.units), kind="description",
        )
    ]  # fmt: skip


def _require_joiners(design: Design) -> None:
    if without_always_exposed(design)["first_exposed"].nunique() < 2:
        raise UnavailableError(
            "nobody joined between the first results and the last, so there is no before and after"
        )


def two_way_mix(case: Case) -> Answer:
    """Return the two-way slope, and how much of it compares joiners with earlier joiners.

    Such comparisons take schools that already changed for a baseline, and mislead where what
    joining brings grows with time.
    """
    design, level = case.design, case.settings.confidence
    refuse_improvers_only(case.study, design)
    _require_joiners(design)
    long = _whole(without_always_exposed(design))
    exposed = (long["first_exposed"] > 0) & (long["year"] >= long["first_exposed"])
    fit = two_way(
        long["outcome"], exposed.to_numpy(dtype=float)[:, None], long["urn"], long["year"],
        names=("exposed",), clusters=long["cluster"], level=level,
    )  # fmt: skip
    parts = decompose(long["outcome"], long["urn"], long["year"], long["first_exposed"])
    numbers = [
        case.quantity(
            "", fit.estimates[0], design.unit, two_way, TABLES,
            low=fit.low[0], high=fit.high[0], level=level, p_value=fit.p_values[0], n=fit.n_units,
        ),
        case.quantity(
            "already_exposed_share", share_forbidden(parts), "share", decompose, TABLES,
            n=fit.n_units, kind="description",
        ),
    ]  # fmt: skip
    return Answer(numbers, parts, fit)


def _whole(long: pd.DataFrame) -> pd.DataFrame:
    """Return the schools with a result in every year, which the decomposition needs."""
    years = long["year"].nunique()
    count = long.groupby("urn")["year"].transform("size")
    found = long[count == years].dropna(subset=["cluster"]).reset_index(drop=True)
    if found["urn"].nunique() < 2 or not np.any(found["first_exposed"] > 0):
        raise UnavailableError("too few schools have results in every year")
    return found
