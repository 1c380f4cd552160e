"""The SIMULATED county: what the same line says of all groups, and of the improvers only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.methods import association
from analysis.page.figures.canvas import (
    BLUE,
    INK,
    ORANGE,
    SOFT,
    Figure,
    drawing,
    name_rows,
    nothing_to_show,
    picture,
    say_measure,
    to_svg,
    watermark,
)
from analysis.page.figures.phrases import counted
from analysis.quantities import write
from analysis.questions.estimate import Estimate

if TYPE_CHECKING:
    from analysis.page.chapter import Chapter

Floats = NDArray[np.float64]
MARK = "SIMULATED"
_UNIT = 10.0  # thousands of pounds in GBP 10,000


def truncation(chapter: Chapter, simulated: Estimate) -> Figure:
    """Return a SIMULATED table twice: every group shown, and the improvers only."""
    frame = simulated.rows
    true, full, shown = (
        simulated.quantities[f"{simulated.question.id}.{name}_slope_pp_per_10k"]
        for name in ("true", "full", "shown")
    )
    some = frame[frame["shown"]]
    if len(some) < 3:
        reason = f"fewer than three {MARK} groups improve in every measure"
        return nothing_to_show(chapter, "simulated-truncation", f"{MARK} gains on money", reason)
    svg = _draw(chapter, simulated, some)
    bare = [write(q.value, q.unit, bare=True) for q in (true, full, shown)]
    runs = f"{counted(true.n or 0, f'{MARK} county', f'{MARK} counties')}"
    misses = f"misses the true {true.text}" if bare[2] != bare[0] else f"meets the true {true.text}"
    return picture(
        chapter,
        "simulated-truncation",
        svg,
        title=f"{MARK}: the mean slope among improvers only, {bare[2]}, {misses}",
        subtitle=f"{MARK} gains on {MARK} money: one made-up county of {len(frame)} groups, no "
        f"real place or year; slopes are means over {runs}",
        alt=f"{MARK}. Two scatter plots of made-up gains on made-up money: left, all {len(frame)} "
        f"groups, with the true line and the fitted line; right, the {len(some)} groups whose "
        "measures all rose, with theirs. Below, the fitted slopes of every county. Over "
        f"{runs} the true slope is {true.text}; the mean fitted slope is {bare[1]} with every "
        f"group shown and {bare[2]} with improvers only.",
        caption=f"{MARK}: nothing here comes from the published tables. Above, one made-up county: "
        "dashed the true line, solid the line fitted to the points of its panel. Below, a mark for "
        "the fitted slope of each county, a diamond for their mean, dashed the true slope.",
        frame=frame[["funding_gbp", "outcome"]].assign(
            group=range(1, len(frame) + 1), shown=np.where(frame["shown"], "yes", "no")
        )[["group", "funding_gbp", "outcome", "shown"]],
        about=f"{MARK} money and gain of each group of one made-up county.",
        labels={
            "group": f"{MARK} group",
            "funding_gbp": "Money",
            "outcome": "Mean gain",
            "shown": "All measures rose",
        },
        units={"funding_gbp": "GBP", "outcome": "pp"},
    )


def _draw(chapter: Chapter, simulated: Estimate, some: pd.DataFrame) -> bytes:
    frame = simulated.rows
    with drawing(5.0) as (canvas, _):
        canvas.clear()
        grid = canvas.add_gridspec(2, 2, height_ratios=(3, 1.5))
        left = canvas.add_subplot(grid[0, 0])
        right = canvas.add_subplot(grid[0, 1], sharex=left, sharey=left)
        right.tick_params(labelleft=False)
        for panel, rows in ((left, frame), (right, some)):
            _draw_panel(panel, rows, _true_line(chapter, frame))
        say_measure(left, f"Gain, pp: all {len(frame)}")
        say_measure(right, f"Only the {len(some)} improvers")
        _draw_slopes(canvas.add_subplot(grid[1, :]), simulated)
        also = watermark(chapter.study.release.maturity)
        return to_svg(canvas, "\n".join(dict.fromkeys(filter(None, (MARK, also)))))


def _true_line(chapter: Chapter, frame: pd.DataFrame) -> tuple[Floats, Floats]:
    """Return both ends of the true line: money in GBP 10,000 and the expected gain in pp."""
    declared = chapter.plan.content["simulation"]
    ends = np.array([frame["exposure"].min(), frame["exposure"].max()])
    rise = declared["slope_pp_per_10k"] * (ends - frame["exposure"].mean())
    return ends, declared["trend_pp"] + rise


def _draw_panel(panel: Any, rows: pd.DataFrame, true: tuple[Floats, Floats]) -> None:
    kept, money = rows["shown"], rows["exposure"] * _UNIT
    panel.axhline(0, color=SOFT, linewidth=0.8)
    panel.scatter(money[kept], rows["outcome"][kept], s=24, color=ORANGE, marker="s")
    panel.scatter(money[~kept], rows["outcome"][~kept], s=24, facecolor="none", edgecolor=SOFT)
    fit = association.slope(rows["exposure"], rows["outcome"])
    ends, expected = true
    panel.plot(ends * _UNIT, fit.intercept + fit.estimate * ends, color=BLUE, linewidth=2)
    panel.plot(ends * _UNIT, expected, color=INK, linestyle="--", linewidth=1.4)
    panel.set_xlabel("Money, £ thousand")


def _draw_slopes(axes: Any, simulated: Estimate) -> None:
    """Draw the fitted slope of every county, and their mean, for both ways of reporting."""
    ways = {"full": "all groups", "shown": "improvers only"}
    for place, name in enumerate(ways):
        slopes = simulated.detail[name]
        axes.scatter(slopes, np.full(len(slopes), place), marker="|", s=150, color=SOFT, lw=0.8)
        axes.scatter([slopes.mean()], [place], marker="D", s=60, color=BLUE, zorder=3)
    true = simulated.quantities[f"{simulated.question.id}.true_slope_pp_per_10k"]
    axes.axvline(true.value, color=INK, linestyle="--", linewidth=1.4)
    name_rows(axes, pd.Series(list(ways.values())))
    axes.set_xlabel("Fitted slope of each county, pp per £10,000")
