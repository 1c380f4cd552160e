"""The pictures of the school-level chapters: what each shows of the estimates it is given."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from analysis.page.figures.canvas import Figure, watermark
from analysis.page.figures.panel_balance import draw_love_plot
from analysis.page.figures.panel_events import draw_event_study, draw_years
from analysis.page.figures.panel_flow import draw_flow
from analysis.page.figures.panel_forest import draw_forest
from analysis.page.figures.panel_funnel import draw_dose, draw_funnel
from analysis.page.figures.panel_sensitivity import draw_contour
from analysis.page.figures.phrases import of_zero
from analysis.page.tables import SUPPRESSED, Declared, where_missing
from analysis.quantities import SUPPRESSED as LEFT_OUT
from analysis.quantities import Quantity, write
from analysis.questions.bands import OUTSIDE, SIDES, Funnel
from analysis.questions.compare import MEMBER, fit_members, regressors
from analysis.questions.design import Design, design_of
from analysis.questions.estimate import Estimate
from analysis.variables import known, variable

if TYPE_CHECKING:
    from analysis.page.chapter import Chapter
    from analysis.page.figures.panel_words import Words

_TIMES = "\N{MULTIPLICATION SIGN}"
_OTHER_WORDS = {"before": "Result at the baseline", "earlier": "Results of earlier years"}


def flow(chapter: Chapter, counted_schools: Estimate) -> Figure:
    """Return how many schools each step of the comparison left, and why."""
    rows, numbers = counted_schools.rows, counted_schools.quantities
    left, all_of = counted_schools.main, numbers[f"{counted_schools.question.id}.in_tables"]
    title = f"{left.text} of {all_of.text} schools can be compared"
    caption = "A school is set aside for one reason, the first that applies."
    figure = draw_flow(rows, **_words(chapter, counted_schools, "flow", title, caption))
    counts = dict.fromkeys(("schools", "set_aside"), "schools")
    return _declared(figure, Declared(counts))


def _declared(figure: Figure, declared: Declared) -> Figure:
    """Return a figure whose table says what it counts, and why cells of these are missing."""
    frame = figure.data.frame
    columns = [name for name in (*declared.counts, *declared.bases) if name in frame]
    symbols = where_missing(frame, SUPPRESSED, columns)
    return replace(figure, data=replace(figure.data, symbols=symbols, declared=declared))


def years(chapter: Chapter, means: Estimate) -> Figure:
    """Return the mean result of members and of others by year."""
    wide = means.detail.rename(columns={True: "members", False: "others"})
    design = _design(chapter, means)
    start = min(year for year in design.frame["first_exposed"] if year > 0) - 0.5
    moved = wide.loc[design.result_year] - wide.loc[design.baseline_year]
    unit = "%" if design.unit == "pp" else design.unit
    members, others = (_or_left_out(moved[side], design.unit) for side in ("members", "others"))
    title = (
        f"From {design.baseline_year} to {design.result_year} members moved by {members}, "
        f"others by {others}"
    )
    caption = "Means of schools, as published; nothing is held."
    figure = draw_years(
        wide.reset_index(), unit=unit, start=start, measure=_measure(design),
        start_words="first whole year as members",
        **_words(chapter, means, "years", title, caption),
    )  # fmt: skip
    return _declared(figure, Declared(bases=dict.fromkeys(("members", "others"), "")))


def _or_left_out(value: float, unit: str) -> str:
    return LEFT_OUT if np.isnan(value) else write(value, unit)


def love(chapter: Chapter, balance: Estimate) -> Figure:
    """Return how unlike members and others were at the baseline, before and after weighting."""
    frame = balance.rows.assign(
        covariate=[_called(name) for name in balance.rows["covariate"]],
        before=balance.rows["difference"],
    )
    worst = write(float(frame["before"].abs().max()), "standard deviations")
    title = f"At the baseline members and others differed by up to {worst}"
    caption = (
        "Standardised differences (Hedges' g). Up to the inner line groups pass as alike, up to "
        "the outer one the difference must be held (What Works Clearinghouse)."
    )
    figure = draw_love_plot(
        frame[["covariate", "before", "after"]],
        **_words(chapter, balance, "balance", title, caption),
    )
    return _of_all(figure)


def _of_all(figure: Figure) -> Figure:
    """Return a figure whose numbers all rest on every school compared, and count none."""
    return replace(figure, data=replace(figure.data, declared=Declared(rows=())))


def forest(chapter: Chapter, main: Estimate, methods: Estimate) -> Figure:
    """Return the declared difference and what the other methods say, with intervals."""
    head = main.main
    lines = [_line("the widest of three intervals", head, True)]
    others = methods.rows[methods.rows["value"].notna()]
    kind = _legend(head.kind)
    lines += [
        {"label": line["label"], "value": line["value"], "low": line["low"], "high": line["high"],
         "kind": kind, "main": False}
        for line in others.to_dict("records")
    ]  # fmt: skip
    lost = methods.rows[methods.rows["value"].isna()]
    caption = "Each row answers the same question by other assumptions."
    for line in lost.to_dict("records"):
        caption += f" {line['label']}: not available, {line['reason']}."
    low, high = others["value"].min(), others["value"].max()
    unit = head.unit
    title = f"By method the difference lies between {write(low, unit)} and {write(high, unit)}"
    figure = draw_forest(
        pd.DataFrame(lines), unit=unit, measure="difference between members and others",
        level=head.level or 0.95, **_words(chapter, main, "forest", title, caption),
    )  # fmt: skip
    return _of_all(figure)


def _line(label: str, number: Quantity, main: bool) -> dict[str, Any]:
    ends = {"low": number.low, "high": number.high, "kind": _legend(number.kind)}
    return {"label": label, "value": number.value, "main": main, **ends}


def _legend(kind: str) -> str:
    return "under the design's assumptions" if kind == "effect" else kind


def since(chapter: Chapter, events: Estimate) -> Figure:
    """Return the difference by years since joining, with its simultaneous band."""
    found = events.detail
    frame = pd.DataFrame(
        {
            "event_time": found.event_times, "estimate": found.estimates, "low": found.low,
            "high": found.high, "band_low": found.band_low, "band_high": found.band_high,
            "n": found.n_treated,
        }
    )  # fmt: skip
    head = events.main
    title = f"After joining the mean difference is {head.text}; {of_zero(head)}"
    caption = (
        "Schools that joined against those that had not yet (Callaway and Sant'Anna). Every year "
        "is compared with the last one before joining. The band holds for all years together."
    )
    if np.isnan(found.n_treated).any():
        caption += " Where no number of schools stands below a year, it is suppressed."
    figure = draw_event_study(
        frame, unit=head.unit, level=found.level,
        **_words(chapter, events, "since-joining", title, caption),
    )  # fmt: skip
    ends = ("estimate", "low", "high", "band_low", "band_high")
    return _declared(figure, Declared({"n": "schools"}, dict.fromkeys(ends, "n")))


def contour(chapter: Chapter, hidden: Estimate) -> Figure:
    """Return what a reason for joining that nobody saw would leave of the difference."""
    design = _design(chapter, hidden)
    grid, bounds = hidden.detail, hidden.rows
    X = regressors(design)[1]
    value = fit_members(design, design.frame["after"].to_numpy(), X, 0.95).estimates[MEMBER]
    kept = bounds[~bounds["capped"].astype(bool)]
    benchmarks = pd.DataFrame(
        {
            "label": [f"{times}{_TIMES} baseline" for times in range(1, len(kept) + 1)],
            "x": kept["r2_treatment"].to_numpy(), "y": kept["r2_outcome"].to_numpy(),
        }
    )  # fmt: skip
    robust = hidden.main.text
    title = f"A hidden reason as strong as {robust} on both sides would explain the difference away"
    caption = (
        "Shares of what is left unexplained of joining (across) and of results (up) that a hidden "
        "reason would account for; the marks are as strong as the baseline result itself."
    )
    figure = draw_contour(
        grid.r2_treatment, grid.r2_outcome, grid.adjusted_estimates, benchmarks=benchmarks,
        estimate=float(value), unit=design.unit,
        **_words(chapter, hidden, "sensitivity", title, caption),
    )  # fmt: skip
    return _of_all(figure)


def funnel(chapter: Chapter, spread: Estimate) -> Figure:
    """Return the gains by cohort, within what chance alone spreads them."""
    design = _design(chapter, spread)
    found: Funnel = spread.detail
    limits = found.limits.assign(name=(1000 * found.limits["level"]).round().astype(int))
    wide = limits.pivot(index="cohort", columns="name", values=["low", "high"])
    bounds = pd.DataFrame(
        {
            "cohort": wide.index, "low95": wide[("low", 950)], "high95": wide[("high", 950)],
            "low998": wide[("low", 998)], "high998": wide[("high", 998)],
            "centre": spread.quantities[f"{spread.question.id}.centre"].value,
        }
    ).reset_index(drop=True)  # fmt: skip
    outside = spread.quantities[f"{spread.question.id}.outside_95"]
    of = spread.quantities[f"{spread.question.id}.centre"]
    n = LEFT_OUT if of.n is None else write(of.n, "count")
    title = f"{outside.text} of {n} schools lie outside what chance gives in 95 of 100"
    caption = (
        "Small cohorts swing most, up and down: a large gain of a small school says little. A mark "
        "stands for several schools of about its cohort and gain; where fewer than "
        f"{found.least} lie together, none is drawn."
    )
    figure = draw_funnel(
        found.dots, bounds, bands=found.bands, counts=found.counts,
        unit=design.unit, **_words(chapter, spread, "funnel", title, caption)
    )  # fmt: skip
    counts = dict.fromkeys((*SIDES, *OUTSIDE), "schools")
    return _declared(figure, Declared(counts, {"mean": ""}))


def money(chapter: Chapter, slope: Estimate) -> Figure:
    """Return the mean gain by money a pupil, in bins of the schools that were paid."""
    design = _design(chapter, slope)
    bins = slope.detail.rename(columns={"gbp_per_pupil": "gbp", "schools": "n"})
    head = slope.main
    unit = design.unit
    title = (
        f"With size held, £100 more a pupil goes with {write(head.value, unit)}; {of_zero(head)}"
    )
    caption = (
        "Schools in bins of like number by what their collaborations were paid; the bins hold "
        "nothing else, so that size moves along with money."
    )
    figure = draw_dose(
        bins, unit=design.unit, slope_words=head.text, level=head.level or 0.95,
        **_words(chapter, slope, "money", title, caption),
    )  # fmt: skip
    bases = dict.fromkeys(("gbp", "gain", "low", "high"), "n")
    return _declared(figure, Declared({"n": "schools"}, bases))


def _design(chapter: Chapter, estimate: Estimate) -> Design:
    return design_of(chapter.study, chapter.plan, str(estimate.question.outcome))


def _measure(design: Design) -> str:
    return design.label[:1].lower() + design.label[1:]


def _called(name: str) -> str:
    if name in _OTHER_WORDS:
        return _OTHER_WORDS[name]
    return variable(name).label if known(name) else name


def _words(chapter: Chapter, estimate: Estimate, name: str, title: str, caption: str) -> Words:
    stage = str(estimate.question.outcome)
    release = chapter.study.release
    design = _design(chapter, estimate)
    subtitle = f"{design.label}, {release.place}, results of {_span(design)}"
    return {
        "title": title,
        "caption": caption,
        "slug": f"{chapter.name}-{stage}-{name}",
        "mark": watermark(release.maturity),
        "subtitle": subtitle,
    }


def _span(design: Design) -> str:
    first, last = int(np.min(design.years)), int(np.max(design.years))
    return f"{first} to {last}"
