"""Pictures of gains and money: who is shown, who is not, and how far the line reaches."""

from __future__ import annotations

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
    shorten,
    to_svg,
    watermark,
)
from analysis.page.tables import Table
from analysis.quantities import write
from analysis.questions.estimate import Estimate

if TYPE_CHECKING:
    from analysis.page.chapter import Chapter

_LABELS = {"ks2": "key stage 2", "ks4": "key stage 4"}
_LOOK = {"ks2": ("o", BLUE), "ks4": ("s", ORANGE)}


def funding_against_gain(
    chapter: Chapter, slope: Estimate, influence: Estimate, control: Estimate
) -> Figure:
    """Return the scatter of gain on funding with its line, and a rug of the groups not shown."""
    stage = str(slope.question.outcome)
    everyone, shown = control.rows, slope.rows
    unseen = everyone[everyone["outcome"].isna()]
    unit = 10.0  # thousands of pounds in GBP 10,000
    with drawing(4.6) as (canvas, axes):
        _line(axes, shown, unit, chapter.settings.confidence)
        marker, colour = _LOOK[stage]
        axes.scatter(
            shown["exposure"] * unit, shown["outcome"], s=46, marker=marker, color=colour, zorder=3
        )
        floor = min(-2.0, float(shown["outcome"].min()) - 3)
        axes.scatter(
            unseen["exposure"] * unit, np.full(len(unseen), floor), s=90, marker="|", color=SOFT
        )
        axes.text(
            float(unseen["exposure"].max()) * unit,
            floor + 0.7,
            f"{len(unseen)} funded groups whose gains are not shown",
            ha="right",
            color=SOFT,
        )
        _name_influential(axes, influence, unit)
        axes.axhline(0, color=GRID, linewidth=0.8, zorder=0)
        axes.set_xlabel(f"Funding {chapter.words['money_year']}, thousands of pounds")
        axes.set_ylabel("Gain shown, percentage points")
        axes.set_xlim(left=0)
        svg = to_svg(canvas, watermark(chapter.study.release.maturity))
    return _scatter_figure(chapter, slope, influence, everyone, unseen, svg)


def _line(axes: Any, shown: pd.DataFrame, unit: float, level: float) -> None:
    x = shown["exposure"].to_numpy(dtype=float)
    at = np.linspace(x.min(), x.max(), 40)
    band = association.band(x, shown["outcome"].to_numpy(dtype=float), at, level=level)
    axes.fill_between(at * unit, band.low, band.high, color=PALE, alpha=0.35, linewidth=0)
    axes.plot(at * unit, band.fitted, color=INK, linewidth=1.6)


def _name_influential(axes: Any, influence: Estimate, unit: float, how_many: int = 3) -> None:
    change = (influence.rows["slope_without"] - influence.main.value).abs()
    for row in influence.rows.loc[change.nlargest(how_many).index].itertuples():
        left = row.exposure * unit > influence.rows["exposure"].median() * unit
        axes.annotate(
            shorten(row.collaboration, 22),
            (row.exposure * unit, row.outcome),
            textcoords="offset points",
            xytext=(-7 if left else 8, 6),
            ha="right" if left else "left",
        )


def _scatter_figure(
    chapter: Chapter,
    slope: Estimate,
    influence: Estimate,
    everyone: pd.DataFrame,
    unseen: pd.DataFrame,
    svg: bytes,
) -> Figure:
    stage = _LABELS[str(slope.question.outcome)]
    number = slope.main
    goes = "smaller" if (number.value or 0) < 0 else "larger"
    zero = (
        "includes"
        if number.low is not None and number.low <= 0 <= (number.high or 0)
        else ("excludes")
    )
    data = everyone[["collaboration", "exposure", "outcome"]].assign(
        exposure=everyone["exposure"] * 10_000
    )
    n_all = len(everyone)
    return Figure(
        slug=f"{chapter.name}-funding-against-{slope.question.outcome}-gain",
        title=f"Among the {number.n} groups shown, more money went with {goes} {stage} gains; "
        f"the interval {zero} zero",
        subtitle=f"Gain shown for {chapter.year} on {chapter.words['money_year']} funding, {chapter.words['place']} "
        f"collaborations; slope {number.text}, {chapter.words['level']} interval "
        f"{number.interval}",
        alt=f"Scatter plot of the {stage} gain on funding for {number.n} of {n_all} funded groups, "
        f"with a straight line and its band. The line's slope is {number.text} with an interval "
        f"of {number.interval}. {len(unseen)} funded groups without a shown gain are marks below "
        f"the points. The most influential group is {influence.quantities[_most(influence)].text}.",
        caption=f"The line leaves out {len(unseen)} of the {n_all} funded groups, because the "
        f"gains table shows none for them: marks at the bottom. Groups are named where the slope "
        f"depends on them most. Band: {chapter.words['level']}, pointwise, HC3.",
        svg=svg,
        data=Table(
            data,
            slug=f"{chapter.name}-funding-against-{slope.question.outcome}-gain",
            caption=f"{stage.capitalize()} gain and {chapter.words['money_year']} funding of the "
            f"{n_all} funded groups.",
            labels={"exposure": f"Funding {chapter.words['money_year']}", "outcome": "Gain shown"},
            units={"exposure": "GBP", "outcome": "pp"},
        ),
    )


def _most(influence: Estimate) -> str:
    return f"{influence.question.id}.most_influential"


def bounds_by_range(chapter: Chapter, bounded: Estimate) -> Figure:
    """Return what slope is possible for each assumed range of the gains that are not shown."""
    everyone = bounded.rows
    x, y = everyone["exposure"].to_numpy(dtype=float), everyone["outcome"].to_numpy(dtype=float)
    breakdown = bounded.quantities[f"{bounded.question.id}.breakdown_pp"]
    widest = max(chapter.plan.limits_pp)
    limits = np.unique([*np.linspace(0, widest, 41), breakdown.value])
    found = [bounds.slope_bounds(x, y, float(limit)) for limit in limits]
    frame = pd.DataFrame(
        {"limit": limits, "low": [b.low for b in found], "high": [b.high for b in found]}
    )
    with drawing(3.6) as (canvas, axes):
        axes.fill_between(frame["limit"], frame["low"], frame["high"], color=BLUE, alpha=0.18)
        axes.plot(frame["limit"], frame["low"], color=BLUE)
        axes.plot(frame["limit"], frame["high"], color=BLUE)
        axes.axhline(0, color=INK, linewidth=1)
        axes.axvline(breakdown.value, color=ORANGE, linestyle="--")
        axes.annotate(
            f"the sign is lost at ±{breakdown.text}",
            (breakdown.value, frame["low"].min() * 0.8),
            textcoords="offset points",
            xytext=(8, 0),
            color=ORANGE,
        )
        axes.set_xlabel("Assumed largest gain or loss of a group not shown, pp")
        axes.set_ylabel("Possible slope, pp per £10,000")
        svg = to_svg(canvas, watermark(chapter.study.release.maturity))
    return _bounds_figure(chapter, bounded, frame, svg)


def _bounds_figure(chapter: Chapter, bounded: Estimate, frame: pd.DataFrame, svg: bytes) -> Figure:
    name = bounded.question.id
    breakdown = bounded.quantities[f"{name}.breakdown_pp"]
    headline = bounded.quantities[f"{name}.range_{chapter.plan.headline_limit_pp:g}"]
    unseen = bounded.quantities[f"{name}.unseen_n"]
    stage = _LABELS[str(bounded.question.outcome)]
    limit = write(chapter.plan.headline_limit_pp, "pp")
    slug = f"{chapter.name}-bounds-{bounded.question.outcome}"
    return Figure(
        slug=slug,
        title=f"If unseen groups moved by no more than {breakdown.text}, the slope would keep its "
        "sign; beyond that anything goes",
        subtitle=f"Worst-case bounds of the {stage} slope over all {headline.n} funded groups, "
        f"Kent, {chapter.year}",
        alt=f"Line chart of the lowest and highest possible slope of the {stage} gain on funding, "
        f"by the assumed range of the gains of {unseen.text} groups that are not shown. Within "
        f"±{limit} the slope can lie anywhere from {headline.interval}. The sign is lost at "
        f"±{breakdown.text}, marked by a dashed line.",
        caption="The band holds every slope that the published gains allow, whatever the unseen "
        "gains are within the assumed range. It is no confidence interval: no chance is assumed.",
        svg=svg,
        data=Table(
            frame,
            slug=slug,
            caption=f"Lowest and highest possible {stage} slope by assumed range.",
            labels={"limit": "Assumed range, plus or minus", "low": "Lowest", "high": "Highest"},
            units={"limit": "pp", "low": "pp per GBP 10,000", "high": "pp per GBP 10,000"},
        ),
    )


def leave_one_out(chapter: Chapter, influence: Estimate) -> Figure:
    """Return the slope without each group in turn, sorted."""
    frame = influence.rows.sort_values("slope_without", ignore_index=True)
    main = influence.main
    stage = _LABELS[str(influence.question.outcome)]
    with drawing(0.27 * len(frame) + 1.1) as (canvas, axes):
        axes.axvline(main.value, color=SOFT, linestyle="--")
        axes.axvline(0, color=INK, linewidth=1)
        axes.scatter(frame["slope_without"], frame.index, color=BLUE, s=36, zorder=3)
        axes.set_yticks(frame.index, [shorten(name, 26) for name in frame["collaboration"]])
        axes.grid(axis="y", color=GRID)
        axes.tick_params(axis="y", length=0)
        axes.set_xlabel("Slope without this group, pp per £10,000")
        svg = to_svg(canvas, watermark(chapter.study.release.maturity))
    most = influence.quantities[_most(influence)].text
    changes = "keeps" if (main.low or 0) * (main.high or 0) > 0 else "changes"
    slug = f"{chapter.name}-leave-one-out-{influence.question.outcome}"
    return Figure(
        slug=slug,
        title=f"The slope {changes} its sign as groups are left out one at a time: {main.interval}",
        subtitle=f"{stage.capitalize()} slope without each of the {main.n} groups shown, {chapter.words['place']}, "
        f"{chapter.year}; dashed: with all of them",
        alt=f"Dot plot of the {stage} slope on funding, each of {main.n} groups left out in turn. "
        f"The slope with all groups is {main.text}; without one group it runs from "
        f"{main.interval}. It depends most on {most}.",
        caption="A slope that hangs on one group says little about the others.",
        svg=svg,
        data=Table(
            frame[["collaboration", "exposure", "outcome", "slope_without"]],
            slug=slug,
            caption=f"{stage.capitalize()} slope with each group left out.",
            labels={
                "exposure": "Funding, £10,000",
                "outcome": "Gain shown",
                "slope_without": "Slope without this group",
            },
            units={
                "exposure": "ratio",
                "outcome": "pp",
                "slope_without": "pp per GBP 10,000",
            },
        ),
    )
