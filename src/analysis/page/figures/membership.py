"""What the gains of the groups not shown could do to the mean of all."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from analysis.page.figures.canvas import (
    GRID,
    INK,
    STAGE_LOOKS,
    STAGE_NAMES,
    Figure,
    drawing,
    nothing_to_show,
    picture,
    to_svg,
    watermark,
)
from analysis.page.figures.phrases import listed
from analysis.quantities import write
from analysis.questions.estimate import Estimate

if TYPE_CHECKING:
    from analysis.page.chapter import Chapter


def mean_bounds(chapter: Chapter, *bounded: Estimate) -> Figure:
    """Return the lowest and highest mean gain of all groups, by assumed range of the unseen."""
    frame = pd.DataFrame([line for one in bounded for line in _lines(one)])
    if frame.empty:
        return nothing_to_show(chapter, "mean-bounds", "Mean gain of all groups", "none is known")
    svg = _draw(chapter, frame)
    head = frame[frame["limit"] == chapter.plan.headline_limit_pp]
    n_all = int(frame["n_all"].iloc[0])
    return picture(
        chapter,
        "mean-bounds",
        svg,
        title=_title(head, n_all),
        subtitle=f"Lowest and highest mean gain of all {n_all} groups, by the range assumed for "
        f"those not shown, {chapter.words['place']}, {chapter.year}",
        alt=f"Interval chart of the lowest and highest mean gain of all {n_all} groups, by assumed "
        f"range of the gains not shown. {'. '.join(_said(head))}.",
        caption="The bars hold every mean that the published gains allow, whatever the unseen "
        "gains are within the assumed range. They are no confidence intervals. The mark is the "
        "mean of the groups shown.",
        frame=frame.assign(stage=frame["stage"].map(STAGE_NAMES))[
            ["stage", "limit", "low", "high", "shown", "n_seen", "n_all"]
        ],
        about="Bounds on the mean gain of all groups.",
        labels={
            "stage": "Key stage",
            "limit": "Assumed range, plus or minus",
            "low": "Lowest mean",
            "high": "Highest mean",
            "shown": "Mean of those shown",
            "n_seen": "Groups shown",
            "n_all": "All groups",
        },
        units={
            **dict.fromkeys(("limit", "low", "high", "shown"), "pp"),
            "n_seen": "groups",
            "n_all": "groups",
        },
    )


def _lines(bounded: Estimate) -> list[dict[str, object]]:
    stage = str(bounded.question.outcome)
    shown = bounded.rows["outcome"].mean() if len(bounded.rows) else None
    return [
        {
            "stage": stage,
            "limit": b.limit,
            "low": b.low,
            "high": b.high,
            "shown": shown,
            "n_seen": b.n_seen,
            "n_all": b.n_all,
        }
        for b in bounded.detail
    ]


def _span(line: pd.Series) -> str:
    return f"{write(line['low'], 'pp', bare=True)} to {write(line['high'], 'pp')}"


def _title(head: pd.DataFrame, n_all: int) -> str:
    spans = listed(f"{_span(line)} at {STAGE_NAMES[line['stage']]}" for _, line in head.iterrows())
    limit = write(head["limit"].iloc[0], "pp")
    open_ = ((head["low"] <= 0) & (head["high"] >= 0)).all()
    end = ": even its sign is open" if open_ else ""
    return f"If unseen gains lie within ±{limit}, the mean of all {n_all} lies in {spans}{end}"


def _said(head: pd.DataFrame) -> list[str]:
    return [
        f"At {STAGE_NAMES[line['stage']]}, {line['n_seen']} shown with mean "
        f"{write(line['shown'], 'pp')}, within ±{write(line['limit'], 'pp')} it lies in "
        f"{_span(line)}"
        for _, line in head.iterrows()
    ]


def _draw(chapter: Chapter, frame: pd.DataFrame) -> bytes:
    with drawing(0.34 * len(frame) + 0.9) as (canvas, axes):
        axes.axvline(0, color=INK, linewidth=1)
        for place, line in frame.iterrows():
            marker, colour = STAGE_LOOKS[line["stage"]]
            axes.plot([line["low"], line["high"]], [place, place], color=colour, lw=6, alpha=0.5)
            axes.plot([line["shown"]], [place], marker, color=colour)
        names = [f"KS{line['stage'][-1]}, ±{line['limit']:g} pp" for _, line in frame.iterrows()]
        axes.set_yticks(range(len(frame)), names)
        axes.set_ylim(len(frame) - 0.4, -0.6)
        axes.tick_params(axis="y", length=0)
        axes.grid(axis="x", color=GRID)
        axes.set_xlabel("Mean gain of all groups, percentage points")
        return to_svg(canvas, watermark(chapter.study.release.maturity))
