"""The specification curve: every declared choice, sorted by slope, with its choices below."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from analysis.page.figures.canvas import (
    BLUE,
    INK,
    ORANGE,
    SOFT,
    Figure,
    drawing,
    nothing_to_show,
    picture,
    say_measure,
    shorten,
    to_svg,
    watermark,
    write_beside,
)
from analysis.page.figures.outcomes import outcome_of
from analysis.page.figures.phrases import counted, rarely
from analysis.quantities import write
from analysis.questions.estimate import Estimate

if TYPE_CHECKING:
    from analysis.page.chapter import Chapter

CHOICES = {
    "outcome": "Gain",
    "exposure": "Money",
    "size": "Size",
    "sample": "Groups",
    "values": "Values",
}
_ROW = 0.215
_HEAD = 2.3
_BAR = 10.0  # points


def specification_curve(chapter: Chapter, curve: Estimate) -> Figure:
    """Return every specification's standardised slope, sorted, above a matrix of its choices."""
    name = "specification-curve"
    frame = curve.rows.sort_values("standardised", kind="stable", ignore_index=True)
    if frame.empty:
        reason = "no declared specification leaves enough groups"
        return nothing_to_show(chapter, name, "Standardised slopes of the gains on money", reason)
    frame = frame.assign(significant=frame["p"] < chapter.plan.alpha)
    svg = _draw(chapter, frame)
    joint = curve.quantities["curve.joint_p"].value or 0.0
    n, above = len(frame), int((frame["standardised"] > 0).sum())
    significant = int(frame["significant"].sum())
    median = curve.quantities["curve.median_standardised_slope"]
    ends = [write(frame["standardised"].iloc[i], "ratio") for i in (0, -1)]
    far = f"as far from zero as chance alone would give {rarely(joint, 'shuffles')}"
    return picture(
        chapter,
        name,
        svg,
        title=f"{counted(above, 'slope')} of {n} {'is' if above == 1 else 'are'} above zero; the "
        f"middle one is {far}",
        subtitle="Slope of the gain on money, in standard deviations for each standard deviation, "
        f"under every declared choice, {chapter.words['place']}, {chapter.words['year']}",
        alt=f"Specification curve: the slopes of {counted(n, 'specification')}, sorted from "
        f"{ends[0]} to {ends[1]}, above a matrix of their choices. {above} are above zero, "
        f"{significant} are significant by themselves. The median is {median.text}, {far}.",
        caption="Each column is one specification; a mark in the lower part says which choice it "
        "made, the number at its end is the median slope under that choice. Dashed: the median of "
        "all. The specifications share their groups, so they are tested together, by shuffling "
        f"the money.{_alike(frame)}",
        frame=frame[[*CHOICES, "n", "standardised", "p"]],
        about="Every declared specification that leaves enough groups, sorted by slope.",
        labels={
            "n": "Number of groups",
            "standardised": "Standardised slope",
            "p": "p-value",
            **CHOICES,
        },
        units={"standardised": "ratio", "p": "probability", "n": "count"},
    )


def _alike(frame: pd.DataFrame) -> str:
    """Return how many specifications come to a slope of their own, where some do not."""
    apart = frame[["n", "standardised", "p"]].round(9).drop_duplicates()
    if len(apart) == len(frame):
        return ""
    return (
        f" Some choices come to the same: {len(apart):,} of the {len(frame):,} slopes differ, and "
        "the others stand more than once."
    )


def _draw(chapter: Chapter, frame: pd.DataFrame) -> bytes:
    rows = _rows(chapter, frame)
    below = _ROW * (len(rows) + 0.5)
    heights = {"height_ratios": [_HEAD, below]}
    with drawing(_HEAD + below, nrows=2, sharex=True, gridspec_kw=heights) as (canvas, axes):
        top, matrix = axes
        _draw_slopes(top, frame, chapter.plan.alpha)
        _draw_choices(matrix, frame, rows)
        matrix.set_xlim(-2, len(frame) + 1)
        return to_svg(canvas, watermark(chapter.study.release.maturity))


def _draw_slopes(axes: Any, frame: pd.DataFrame, alpha: float) -> None:
    plain, marked = ~frame["significant"], frame["significant"]
    axes.axhline(0, color=INK, linewidth=1)
    slopes = frame["standardised"]
    _dots(axes, frame.index[plain], slopes[plain], 2.6, SOFT)
    _dots(axes, frame.index[marked], slopes[marked], 4.6, ORANGE)
    median = float(slopes.median())
    axes.axhline(median, color=BLUE, linestyle="--", linewidth=1.2)
    axes.set_xticks([])
    axes.spines["bottom"].set_visible(False)
    write_beside(axes, median, write(median, "ratio"), BLUE)
    say_measure(axes, f"Slope; large dots: p below {alpha:g}")


def _dots(axes: Any, x: pd.Index, y: pd.Series, size: float, colour: str) -> None:
    """Draw all dots as one path: strokes of no length with round ends."""
    gap = np.full(len(x), np.nan)
    across = np.column_stack([x, x, gap]).ravel()
    down = np.column_stack([y, y, gap]).ravel()
    axes.plot(across, down, color=colour, linewidth=size, solid_capstyle="round")


def _rows(chapter: Chapter, frame: pd.DataFrame) -> list[tuple[str, str | None, str]]:
    """Return the matrix's rows: a heading for each kind of choice, then its options."""
    rows: list[tuple[str, str | None, str]] = []
    for choice, heading in CHOICES.items():
        rows.append((choice, None, heading))
        declared = [o for o in chapter.plan.content["curve"][choice] if (frame[choice] == o).any()]
        rows += [(choice, option, _readable(chapter, choice, option)) for option in declared]
    return rows


def _readable(chapter: Chapter, choice: str, option: str) -> str:
    if choice == "outcome":
        stage, _, column = option.partition("_")
        name = outcome_of(chapter, stage).stage
        return f"{name}, column {column}" if column else f"{name}, mean of columns"
    if choice == "exposure" and option in chapter.plan.exposures:
        return chapter.plan.exposures[option].label
    plain = option.replace("_", " ").replace("the largest grant shown", "largest grant")
    return shorten(plain.replace("log ", "logarithm of "), 27)


def _draw_choices(axes: Any, frame: pd.DataFrame, rows: list[tuple[str, str | None, str]]) -> None:
    for place, (choice, option, _) in enumerate(rows):
        if option is None:
            continue
        chosen = frame[choice] == option
        across = [x for run in _runs(chosen) for x in (*run, np.nan)]
        down = np.full(len(across), place)
        axes.plot(across, down, color=BLUE, linewidth=_BAR, solid_capstyle="butt")
        median = write(frame.loc[chosen, "standardised"].median(), "ratio")
        write_beside(axes, place, median)
    write_beside(axes, 0, "Median", SOFT)
    axes.set_yticks(range(len(rows)), [words for _, _, words in rows])
    for tick, (_, option, _) in zip(axes.get_yticklabels(), rows, strict=True):
        tick.set_color(SOFT if option is None else INK)
    axes.set_ylim(len(rows) - 0.4, -0.6)
    axes.tick_params(axis="y", length=0)
    axes.spines[["left", "bottom"]].set_visible(False)


def _runs(chosen: pd.Series) -> list[tuple[float, float]]:
    """Return both ends of each run of neighbouring columns that made a choice."""
    run = (chosen != chosen.shift()).cumsum()
    parts = [part.index for _, part in chosen[chosen].groupby(run[chosen])]
    return [(part[0] - 0.5, part[-1] + 0.5) for part in parts]
