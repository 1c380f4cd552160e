"""What the gains of the groups not shown could do to the mean of all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from analysis.page.figures.canvas import (
    INK,
    Figure,
    drawing,
    name_rows,
    nothing_to_show,
    picture,
    to_svg,
    watermark,
)
from analysis.page.figures.outcomes import outcome_of
from analysis.page.figures.phrases import counted, listed, span
from analysis.quantities import write
from analysis.questions.estimate import Estimate

if TYPE_CHECKING:
    from analysis.page.chapter import Chapter


_OPEN = "of either sign"


def mean_bounds(chapter: Chapter, *bounded: Estimate) -> Figure:
    """Return the lowest and highest mean gain of all groups, by assumed range of the unseen."""
    frame = pd.DataFrame([line for one in bounded for line in _lines(chapter, one)])
    what = "Lowest and highest mean gain of all groups"
    if frame.empty:
        return nothing_to_show(chapter, "mean-bounds", what, "no outcome has bounds")
    head = frame[frame["limit"] == chapter.plan.headline_limit_pp]
    n_all = int(frame["n_all"].iloc[0])
    limit, place = chapter.words["limit"], chapter.words["place"]
    return picture(
        chapter,
        "mean-bounds",
        _draw(chapter, frame),
        title=f"If unseen gains lie within {limit}, {_title(head, n_all)}",
        subtitle=f"{what}, by the range assumed for those not shown, {place}, "
        f"{chapter.words['year']}",
        alt=f"Interval chart of the lowest and highest mean gain of "
        f"{counted(n_all, 'group')} in all, by assumed "
        f"range of the gains not shown. {'. '.join(_said(line) for line in _each(head))}.",
        caption="The bars hold every mean that the published gains allow, whatever the unseen "
        "gains are within the assumed range. They are no confidence intervals. The mark is the "
        "mean of the groups shown.",
        frame=frame.drop(columns=["name", "stage"]),
        about=f"{what}, by assumed range.",
        labels={
            "outcome": "Outcome",
            "limit": "Assumed range, plus or minus",
            "low": "Lowest mean",
            "high": "Highest mean",
            "shown": "Mean of those shown",
            "n_seen": "Groups shown",
            "n_all": "All groups",
        },
        units={
            **dict.fromkeys(("limit", "low", "high", "shown"), "pp"),
            **dict.fromkeys(("n_seen", "n_all"), "groups"),
        },
    )


def _lines(chapter: Chapter, bounded: Estimate) -> list[dict[str, Any]]:
    outcome = outcome_of(chapter, bounded.question.outcome)
    shown = bounded.rows["outcome"].mean() if len(bounded.rows) else None
    about = {"outcome": outcome.title, "name": outcome.name, "stage": outcome.stage}
    return [
        {
            **about,
            "limit": bound.limit,
            "low": bound.low,
            "high": bound.high,
            "shown": shown,
            "n_seen": bound.n_seen,
            "n_all": bound.n_all,
        }
        for bound in bounded.detail
    ]


def _each(frame: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(name): value for name, value in line.items()} for line in frame.to_dict("records")]


def _title(head: pd.DataFrame, n_all: int) -> str:
    signs = {line["stage"]: _sign(line) for line in _each(head)}
    groups = f"all {n_all} groups" if n_all > 1 else "the only group"
    if set(signs.values()) == {_OPEN}:
        return f"even the sign of the mean of {groups} is open"
    if len(set(signs.values())) == 1:
        return f"the mean of {groups} is {next(iter(signs.values()))}"
    said = (f"{sign} at {stage}" for stage, sign in signs.items())
    return f"the mean of {groups} is {listed(said)}"


def _sign(line: dict[str, Any]) -> str:
    if line["low"] <= 0 <= line["high"]:
        return _OPEN
    return "above zero" if line["low"] > 0 else "below zero"


def _said(line: dict[str, Any]) -> str:
    return (
        f"{line['outcome']}: {counted(line['n_seen'], 'group')} shown with mean "
        f"{write(line['shown'], 'pp')}; within \N{PLUS-MINUS SIGN}{write(line['limit'], 'pp')} "
        f"the mean of all is {span(line['low'], line['high'], 'pp')}"
    )


def _draw(chapter: Chapter, frame: pd.DataFrame) -> bytes:
    with drawing(0.36 * len(frame) + 1.0) as (canvas, axes):
        axes.axvline(0, color=INK, linewidth=1)
        for place, line in enumerate(_each(frame)):
            look = outcome_of(chapter, line["name"])
            ends = [line["low"], line["high"]]
            axes.plot(ends, [place, place], color=look.colour, linewidth=2, marker="|", ms=11)
            axes.plot([line["shown"]], [place], look.marker, color=look.colour, markersize=8)
            sides = (-1, 1) if line["high"] > line["low"] else (1,)
            for side in sides:
                _write_end(axes, ends[max(side, 0)], place, side)
        names = [
            f"{line['stage']}, \N{PLUS-MINUS SIGN}{line['limit']:g} pp" for line in _each(frame)
        ]
        name_rows(axes, pd.Series(names))
        axes.margins(x=0.24)
        axes.spines["left"].set_visible(False)
        axes.set_xlabel("Mean gain of all groups, percentage points")
        return to_svg(canvas, watermark(chapter.study.release.maturity))


def _write_end(axes: Any, end: float, place: int, side: int) -> None:
    axes.annotate(
        write(end, "pp", bare=True),
        (end, place),
        xytext=(7 * side, 0),
        textcoords="offset points",
        ha="left" if side > 0 else "right",
        va="center",
    )
