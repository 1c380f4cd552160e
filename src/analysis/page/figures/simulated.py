"""The SIMULATED county: what the same line says of all groups, and of the improvers only."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analysis.methods import association
from analysis.page.figures.canvas import (
    BLUE,
    GRID,
    INK,
    ORANGE,
    SOFT,
    Figure,
    drawing,
    nothing_to_show,
    picture,
    say_measure,
    to_svg,
)
from analysis.page.figures.phrases import counted
from analysis.quantities import write
from analysis.questions.estimate import Estimate

if TYPE_CHECKING:
    from analysis.page.chapter import Chapter

MARK = "SIMULATED"


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
    svg = _draw(chapter, frame, some)
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
        alt=f"{MARK}. Two scatter plots of made-up gains on made-up money. Left, all {len(frame)} "
        f"groups, with the true line and the fitted line; right, the {len(some)} groups whose "
        f"measures all rose, with theirs. Over {runs} the true slope is {true.text}; the mean "
        f"fitted slope is {bare[1]} with every group shown and {bare[2]} with improvers only.",
        caption=f"{MARK}: nothing here comes from the published tables. Dashed: the true line; "
        "solid: the line fitted to the points of its panel, in one of the made-up counties.",
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


def _draw(chapter: Chapter, frame: pd.DataFrame, some: pd.DataFrame) -> bytes:
    declared = chapter.plan.content["simulation"]
    centre, scale = frame["funding_gbp"].mean(), 10_000
    with drawing(3.6, ncols=2, sharey=True, sharex=True) as (canvas, axes):
        for panel, rows in zip(axes, (frame, some), strict=True):
            kept = rows["shown"]
            x = rows["funding_gbp"] / 1000
            panel.axhline(0, color=GRID, linewidth=0.8)
            panel.scatter(x[kept], rows["outcome"][kept], s=24, color=ORANGE, marker="s")
            panel.scatter(x[~kept], rows["outcome"][~kept], s=24, facecolor="none", edgecolor=SOFT)
            ends = np.array([frame["funding_gbp"].min(), frame["funding_gbp"].max()])
            true = declared["trend_pp"] + declared["slope_pp_per_10k"] * (ends - centre) / scale
            panel.plot(ends / 1000, true, color=INK, linestyle="--", linewidth=1.4)
            fit = association.slope(rows["exposure"], rows["outcome"])
            panel.plot(ends / 1000, fit.intercept + fit.estimate * ends / scale, color=BLUE, lw=2)
            panel.set_xlabel("Money, £ thousand")
        say_measure(axes[0], "Gain, pp: all groups")
        say_measure(axes[1], "Improvers only")
        return to_svg(canvas, MARK)
