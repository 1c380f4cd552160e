"""Pictures of gains and money: who is shown, who is not, and how far the line reaches."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from analysis.methods import association, bounds
from analysis.page.figures.canvas import (
    BLUE,
    GRID,
    INK,
    ORANGE,
    PALE,
    SOFT,
    Figure,
    drawing,
    name_rows,
    nothing_to_show,
    picture,
    say_measure,
    shorten,
    to_svg,
    watermark,
)
from analysis.page.figures.labels import name_points
from analysis.page.figures.outcomes import Outcome, outcome_of
from analysis.page.figures.phrases import counted, is_number, of_zero
from analysis.quantities import Quantity, write
from analysis.questions.estimate import Estimate
from analysis.questions.samples import outcome_pp
from analysis.variables import STAGES

if TYPE_CHECKING:
    from analysis.page.chapter import Chapter

_UNIT = 10.0  # thousands of pounds in GBP 10,000
_NAMED = 3
_FEWEST = 3


def funding_against_gain(
    chapter: Chapter, slope: Estimate, influence: Estimate, control: Estimate
) -> Figure:
    """Return the scatter of gain on funding with its line, and a rug of the groups not shown."""
    outcome = outcome_of(chapter, slope.question.outcome)
    number = slope.quantities.get(slope.question.id)
    shown = slope.rows
    everyone, others = _with_others(chapter, control.rows, outcome)
    said = _others_words(everyone, others)
    name = f"funding-against-{outcome.name}-gain"
    what = f"{outcome.title} on {chapter.words['money_year']} funding"
    if len(shown) < _FEWEST or number is None or not is_number(number.value):
        reason = f"{counted(len(shown), 'funded group')} with a {outcome.label} shown are too few"
        return nothing_to_show(chapter, name, what, reason)
    unseen, n_all = everyone[everyone["outcome"].isna()], len(everyone)
    svg = _draw_scatter(chapter, slope, influence, everyone, others)
    most = shorten(influence.quantities[_most(influence)].text, 60)
    return picture(
        chapter,
        name,
        svg,
        title=_title(number, outcome) + _shuffled(slope, chapter.plan.alpha),
        subtitle=f"{what}, {chapter.words['place']}, results of {chapter.words['year']}; slope "
        f"{number.text}, {chapter.words['level']} interval {number.interval}",
        alt=f"Scatter plot of the {outcome.label} on funding for {number.n} of {n_all} funded "
        f"groups, with a straight line and its band. The line's slope is {number.text} with an "
        f"interval of {number.interval}. {counted(len(unseen), 'funded group')} without a shown "
        f"value {'is a mark' if len(unseen) == 1 else 'are marks'} below the points. The slope "
        f"depends most on {most}.{said}",
        caption=f"The line leaves out {len(unseen)} of the {n_all} funded groups, because the "
        "published table shows none for them: marks at the bottom. Groups are named where the "
        f"slope depends on them most. Band: {chapter.words['level']}, pointwise, HC3.{said}",
        frame=everyone[["collaboration", "exposure", "outcome", *(o.name for o in others)]].assign(
            exposure=everyone["exposure"] * 10_000
        ),
        about=f"{what} of the {counted(n_all, 'funded group')}.",
        labels={
            "exposure": f"Funding {chapter.words['money_year']}",
            "outcome": outcome.title,
            **{other.name: other.title for other in others},
        },
        units={
            "exposure": "GBP",
            "outcome": outcome.unit,
            **{other.name: other.unit for other in others},
        },
    )


def _with_others(
    chapter: Chapter, everyone: pd.DataFrame, outcome: Outcome
) -> tuple[pd.DataFrame, list[Outcome]]:
    """Return the groups with their gains at other key stages, and those stages that have any."""
    stages = [one for one in chapter.outcomes if one in STAGES and outcome.name in STAGES]
    groups, others = chapter.study.collaborations["collaboration_id"], []
    for stage in stages:
        gain = pd.Series(outcome_pp(chapter.study, stage).to_numpy(), index=groups)
        values = everyone["collaboration_id"].map(gain)
        if stage != outcome.name and values.notna().any():
            everyone = everyone.assign(**{stage: values})
            others.append(outcome_of(chapter, stage))
    return everyone, others


def _others_words(everyone: pd.DataFrame, others: list[Outcome]) -> str:
    """Return a sentence on each key stage that is drawn beside the line's own."""
    return "".join(
        f" Hollow: the {other.label} of {counted(int(everyone[other.name].notna().sum()), 'group')}"
        ", through which no line is drawn."
        for other in others
    )


def _shuffled(slope: Estimate, alpha: float) -> str:
    """Return that shuffling doesn't bear out an interval without zero, where it doesn't."""
    main, shuffled = slope.main, slope.quantities.get(f"{slope.question.id}.permutation_p")
    clear = main.low is not None and main.high is not None and not main.low <= 0 <= main.high
    if not clear or shuffled is None or (shuffled.value or 0) < alpha:
        return ""
    return f", but shuffled money does as well with p {shuffled.text}"


def _title(slope: Quantity, outcome: Outcome) -> str:
    """Return which way the slope goes, or that none is clear where its interval holds zero."""
    among = f"Among the {slope.n} groups shown"
    if slope.low is not None and slope.high is not None and slope.low <= 0 <= slope.high:
        return f"{among}, no clear slope of the {outcome.label} on money: {of_zero(slope)}"
    size = "smaller" if (slope.value or 0) < 0 else "larger"
    return f"{among}, more money went with a {size} {outcome.label}; {of_zero(slope)}"


def _most(influence: Estimate) -> str:
    return f"{influence.question.id}.most_influential"


def _draw_scatter(
    chapter: Chapter,
    slope: Estimate,
    influence: Estimate,
    everyone: pd.DataFrame,
    others: list[Outcome],
) -> bytes:
    shown = slope.rows
    x, y = shown["exposure"].to_numpy(dtype=float), shown["outcome"].to_numpy(dtype=float)
    outcome = outcome_of(chapter, slope.question.outcome)
    with drawing(4.5) as (canvas, axes):
        axes.axhline(0, color=SOFT, linewidth=0.8, zorder=0)
        line = _draw_line(axes, x, y, chapter.settings.confidence)
        axes.scatter(x * _UNIT, y, s=46, marker=outcome.marker, color=outcome.colour, zorder=3,
                     label=f"{outcome.stage} ({len(shown)})")  # fmt: skip
        points = [*zip(x * _UNIT, y, strict=True), *_draw_others(axes, everyone, others)]
        heights = [0.0, *(height for _, height in points)]
        least = _draw_rug(axes, everyone[everyone["outcome"].isna()], heights, outcome)
        axes.set_xlim(left=0)
        _say_axes(axes, chapter, replace(outcome, label="gain") if others else outcome)
        if others:
            canvas.legend(loc="outside upper left", ncols=2)
        named = _influential(influence)
        name_points(
            canvas,
            axes,
            [shorten(name, 28) for name in named["collaboration"]],
            list(zip(named["exposure"] * _UNIT, named["outcome"], strict=True)),
            points,
            line,
            lowest=least,
        )
        return to_svg(canvas, watermark(chapter.study.release.maturity))


def _say_axes(axes: Any, chapter: Chapter, outcome: Outcome) -> None:
    axes.set_xlabel(f"Funding {chapter.words['money_year']}, thousands of pounds")
    say_measure(axes, f"{outcome.measure}, where shown")


def _draw_others(
    axes: Any, everyone: pd.DataFrame, others: list[Outcome]
) -> list[tuple[float, float]]:
    """Draw the gains at other key stages as hollow marks, and return where they stand."""
    points: list[tuple[float, float]] = []
    for other in others:
        rows = everyone[everyone[other.name].notna()]
        at = list(zip(rows["exposure"] * _UNIT, rows[other.name], strict=True))
        axes.scatter(*zip(*at, strict=True), s=40, marker=other.marker, facecolor="none",
                     edgecolor=other.colour, linewidth=1.4, zorder=2.5,
                     label=f"{other.stage} ({len(at)})")  # fmt: skip
        points += at
    return points


def _no_ticks_below(axes: Any, least: float) -> None:
    low, high = axes.get_ylim()
    axes.set_yticks([tick for tick in axes.get_yticks() if least <= tick <= high])
    axes.set_ylim(low, high)


def _draw_line(axes: Any, x: np.ndarray, y: np.ndarray, level: float) -> list[tuple[float, float]]:
    """Draw the line with its band, and return points along it."""
    at = np.linspace(x.min(), x.max(), 40)
    band = association.band(x, y, at, level=level)
    axes.fill_between(at * _UNIT, band.low, band.high, color=PALE, alpha=0.35, linewidth=0)
    for edge in (band.low, band.high):
        axes.plot(at * _UNIT, edge, color=SOFT, linewidth=0.8)
    axes.plot(at * _UNIT, band.fitted, color=INK, linewidth=1.6)
    return list(zip(at * _UNIT, band.fitted, strict=True))


def _draw_rug(axes: Any, unseen: pd.DataFrame, heights: list[float], outcome: Outcome) -> float:
    """Draw the groups without a gain below all others, and return the lowest of the heights."""
    least, most = min(heights), max(heights)
    if not unseen.empty:
        place = least - 0.12 * ((most - least) or 1.0)
        money = unseen["exposure"] * _UNIT
        axes.scatter(money, np.full(len(unseen), place), s=90, marker="|", color=SOFT)
        axes.annotate(
            f"{len(unseen):,} with no {outcome.label} shown",
            (1, place),
            xycoords=axes.get_yaxis_transform(),
            xytext=(0, 8),
            textcoords="offset points",
            ha="right",
            color=SOFT,
            in_layout=False,
        )
    _no_ticks_below(axes, least)
    return least


def _influential(influence: Estimate) -> pd.DataFrame:
    change = (influence.rows["slope_without"] - (influence.main.value or 0)).abs()
    return influence.rows.loc[change.nlargest(_NAMED).index]


def bounds_by_range(chapter: Chapter, bounded: Estimate) -> Figure:
    """Return what slope is possible for each assumed range of the gains that are not shown."""
    name, outcome = bounded.question.id, outcome_of(chapter, bounded.question.outcome)
    label = outcome.label
    slug, what = f"bounds-{outcome.name}", f"Worst-case bounds of the slope of the {label}"
    breakdown, unseen = (bounded.quantities[f"{name}.{s}"] for s in ("breakdown_pp", "unseen_n"))
    if bounded.rows.empty or bounded.rows["outcome"].isna().all():
        return nothing_to_show(chapter, slug, what, f"no {label} of a funded group is shown")
    headline = bounded.quantities[f"{name}.range_{chapter.plan.headline_limit_pp:g}"]
    frame = _ranges(chapter, bounded)
    lost = is_number(breakdown.value)
    return picture(
        chapter,
        slug,
        _draw_bounds(chapter, frame, breakdown, headline),
        title=f"If unseen groups moved by no more than {breakdown.text}, the slope would keep its "
        "sign; beyond that either sign is possible"
        if lost
        else "No funded group is unseen: the slope is what is shown",
        subtitle=f"{what} over all {counted(headline.n or 0, 'funded group')}, "
        f"{chapter.words['place']}, {chapter.words['year']}",
        alt=f"Line chart of the lowest and highest possible slope of the {label} on funding, "
        f"by the assumed range of the gains of {unseen.text} groups that are not shown. Within "
        f"{chapter.words['limit']} the slope can lie anywhere from {headline.interval}. The sign "
        f"is {f'lost at ±{breakdown.text}, marked by a dashed line' if lost else 'never lost'}.",
        caption="The band holds every slope that the published gains allow, whatever the unseen "
        "gains are within the assumed range. It is no confidence interval: no chance is assumed.",
        frame=frame,
        about=f"Lowest and highest possible slope of the {label} by assumed range.",
        labels={"limit": "Assumed range, plus or minus", "low": "Lowest", "high": "Highest"},
        units={"limit": "pp", "low": "pp per GBP 10,000", "high": "pp per GBP 10,000"},
    )


def _ranges(chapter: Chapter, bounded: Estimate) -> pd.DataFrame:
    x, y = (bounded.rows[name].to_numpy(dtype=float) for name in ("exposure", "outcome"))
    limits = np.linspace(0, max(chapter.plan.limits_pp), 21)
    point = bounds.breakdown(x, y)
    if point < limits[-1]:
        limits = np.unique([*limits, point])
    found = bounds.slope_bounds_over(x, y, limits)
    return pd.DataFrame({"limit": limits, "low": found.low, "high": found.high})


def _draw_bounds(
    chapter: Chapter, frame: pd.DataFrame, breakdown: Quantity, headline: Quantity
) -> bytes:
    with drawing(3.6) as (canvas, axes):
        axes.fill_between(frame["limit"], frame["low"], frame["high"], color=PALE, alpha=0.35, lw=0)
        axes.plot(frame["limit"], frame["low"], color=BLUE)
        axes.plot(frame["limit"], frame["high"], color=BLUE)
        axes.axhline(0, color=INK, linewidth=1)
        _mark_headline(axes, chapter.plan.headline_limit_pp, headline)
        if (breakdown.value or math.inf) <= frame["limit"].iloc[-1]:
            low, high = float(frame["low"].min()), float(frame["high"].max())
            late = (breakdown.value or 0) > 0.5 * frame["limit"].iloc[-1]
            axes.plot([breakdown.value] * 2, [low, high], color=ORANGE, linestyle="--")
            axes.annotate(
                f"the sign is lost at ±{breakdown.text}",
                (breakdown.value, low),
                textcoords="offset points",
                xytext=(-7 if late else 7, 0),
                ha="right" if late else "left",
                color=ORANGE,
            )
        axes.set_xlim(left=0)
        axes.set_xlabel("Assumed largest gain or loss of a group not shown, pp")
        say_measure(axes, "Possible slope, pp per £10,000")
        return to_svg(canvas, watermark(chapter.study.release.maturity))


def _mark_headline(axes: Any, limit: float, headline: Quantity) -> None:
    """Mark the range of the headline, with the lowest and the highest slope within it."""
    if headline.low is None or headline.high is None:
        return
    ends = (headline.low, headline.high)
    axes.plot([limit, limit], ends, color=BLUE, linewidth=1, marker="o", markersize=6)
    for end, side in zip(ends, (-1, 1), strict=True):
        axes.annotate(
            f"\N{PLUS-MINUS SIGN}{limit:g} pp: {write(end, headline.unit, bare=True)}",
            (limit, end),
            xytext=(-6, 6 * side),
            textcoords="offset points",
            ha="right",
            va="bottom" if side > 0 else "top",
            in_layout=False,
        )


def leave_one_out(chapter: Chapter, influence: Estimate) -> Figure:
    """Return the slope without each group in turn, sorted."""
    outcome = outcome_of(chapter, influence.question.outcome)
    frame = influence.rows.dropna(subset=["slope_without"])
    frame = frame.sort_values("slope_without", ignore_index=True, kind="stable")
    main = influence.quantities.get(influence.question.id)
    slug = f"leave-one-out-{outcome.name}"
    what = f"Slope of the {outcome.label} without each group"
    if frame.empty or main is None or main.low is None or main.high is None:
        return nothing_to_show(chapter, slug, what, "too few gains are shown")
    keeps = "keeps" if main.low * main.high > 0 else "does not keep"
    most = shorten(influence.quantities[_most(influence)].text, 60)
    without = influence.quantities[f"{influence.question.id}.without_most_influential"]
    return picture(
        chapter,
        slug,
        _draw_left_out(chapter, frame, float(main.value or 0)),
        title=f"The slope {keeps} its sign as groups are left out one at a time: {main.interval}",
        subtitle=f"{what} of the {main.n} shown, {chapter.words['place']}, "
        f"{chapter.words['year']}; dashed: with all of them, {main.text}",
        alt=f"Dot plot of the slope of the {outcome.label} on funding, each of {main.n} groups "
        "left out in turn. "
        f"The slope with all groups is {main.text}; without one group it runs from "
        f"{main.interval}. It depends most on {most}, without which it is {without.text}.",
        caption="A slope that hangs on one group says little about the others.",
        frame=frame[["collaboration", "exposure", "outcome", "slope_without"]].assign(
            exposure=frame["exposure"] * 10_000
        ),
        about=f"{what} in turn.",
        labels={
            "exposure": f"Funding {chapter.words['money_year']}",
            "outcome": outcome.title,
            "slope_without": "Slope without this group",
        },
        units={"exposure": "GBP", "outcome": outcome.unit, "slope_without": "pp per GBP 10,000"},
    )


def _draw_left_out(chapter: Chapter, frame: pd.DataFrame, full: float) -> bytes:
    with drawing(0.27 * len(frame) + 1.1) as (canvas, axes):
        axes.axvline(full, color=SOFT, linestyle="--")
        axes.axvline(0, color=INK, linewidth=1)
        axes.scatter(frame["slope_without"], frame.index, color=BLUE, s=36, zorder=3)
        for line in frame.itertuples():
            axes.plot([full, line.slope_without], [line.Index] * 2, color=BLUE, linewidth=1.2)
        name_rows(axes, frame["collaboration"])
        axes.grid(axis="y", color=GRID)
        axes.set_xlabel("Slope without this group, pp per £10,000")
        return to_svg(canvas, watermark(chapter.study.release.maturity))
