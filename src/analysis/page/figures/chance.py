"""What chance alone shows: improvement in any of several measures, and the gains of improvers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from analysis.methods import chance as methods
from analysis.page.figures.canvas import (
    BLUE,
    GREEN,
    GRID,
    INK,
    ORANGE,
    PALE,
    PURPLE,
    STAGE_NAMES,
    Figure,
    drawing,
    nothing_to_show,
    picture,
    say_measure,
    to_svg,
    watermark,
)
from analysis.page.figures.phrases import counted, is_number, listed
from analysis.quantities import SPACE, Quantity, write
from analysis.questions.estimate import Estimate

if TYPE_CHECKING:
    from analysis.page.chapter import Chapter

_LINES = ("-", "--", "-.", ":")
_COLOURS = (BLUE, GREEN, PURPLE, ORANGE)


def any_of_k(chapter: Chapter, any_of: Estimate, improved: Estimate) -> Figure:
    """Return the share improving in at least one of k measures when nothing changes at all."""
    measures = sorted(any_of.rows["measures"].unique())
    reported = improved.quantities["improved.share"]
    frame = _shares(measures)
    svg = _draw_any(chapter, frame, measures, reported)
    low, high = (any_of.quantities[f"chance.any_of.{end}"] for end in ("lowest", "highest"))
    ks = listed(str(k) for k in measures)
    ends = "; ".join(
        f"{counted(k, 'measure')}: {_pct(frame[f'k_{k}'].iloc[0])} when they move independently, "
        f"{_pct(frame[f'k_{k}'].iloc[-1])} when as one"
        for k in measures
    )
    return picture(
        chapter,
        "any-of-k",
        svg,
        title=f"The reported {reported.text} lies {_place(reported, low, high)} what no change at "
        f"all gives, {write(low.value, 'share', bare=True)} to {high.text}",
        subtitle=f"Groups that improve in at least one of {ks} measures when nothing changes, by "
        f"the correlation of the measures; reported: {chapter.words['place']}, {chapter.year}",
        alt=f"Line chart of the share of groups that improve in at least one of several measures "
        f"with no change at all, by the correlation between measures. {ends}. The report counts "
        f"{reported.text} ({chapter.words['level']} interval {reported.interval}), a level line.",
        caption="How many measures the report looked at, and how they move together, is not "
        f"printed. The band about the reported share is its {chapter.words['level']} interval.",
        frame=frame,
        about="Share improving in at least one measure when nothing changes, by correlation.",
        labels={
            "correlation": "Correlation of two measures",
            **{f"k_{k}": f"At least one of {k}" if k > 1 else "One measure" for k in measures},
        },
        units={"correlation": "correlation", **{f"k_{k}": "share" for k in measures}},
    )


def _pct(share: float) -> str:
    return f"{100 * share:.0f}{SPACE}%"


def _place(reported: Quantity, low: Quantity, high: Quantity) -> str:
    value = reported.value or 0.0
    if value < (low.value or 0.0):
        return "below"
    return "above" if value > (high.value or 0.0) else "within"


def _shares(measures: list[int]) -> pd.DataFrame:
    grid = np.linspace(0, 1, 41).round(3)
    columns = {f"k_{k}": [methods.any_of_k(int(k), float(r)) for r in grid] for k in measures}
    return pd.DataFrame({"correlation": grid, **columns})


def _draw_any(
    chapter: Chapter, frame: pd.DataFrame, measures: list[int], reported: Quantity
) -> bytes:
    with drawing(3.7) as (canvas, axes):
        if reported.low is not None and reported.high is not None:
            axes.axhspan(100 * reported.low, 100 * reported.high, color=PALE, alpha=0.35, lw=0)
        axes.axhline(100 * (reported.value or 0), color=INK, linewidth=1.4)
        axes.text(
            1,
            100 * (reported.value or 0) + 0.8,
            f"reported: {reported.text}",
            ha="right",
        )
        for i, k in enumerate(measures):
            shares = 100 * frame[f"k_{k}"]
            look = {"color": _COLOURS[i % 4], "linestyle": _LINES[i % 4]}
            axes.plot(frame["correlation"], shares, linewidth=1.8, **look)
            axes.text(0.01, shares.iloc[0] + 0.8, counted(k, "measure"), color=look["color"])
        axes.set_xlim(0, 1)
        axes.set_xlabel("Correlation between two measures' changes")
        say_measure(axes, "Groups that improve in at least one measure, %")
        return to_svg(canvas, watermark(chapter.study.release.maturity))


def chance_benchmark(chapter: Chapter, benchmark: Estimate, shown: Estimate) -> Figure:
    """Return the mean gain that chance shows among groups picked as improvers, by its spread."""
    frame = benchmark.rows.pivot(
        index="sd_pp", columns="trend", values="expected_mean_of_improvers"
    ).reset_index()
    stage = str(benchmark.question.outcome)
    mean = shown.quantities[f"{shown.question.id}.mean_pp"]
    what = f"Mean {STAGE_NAMES[stage]} gain of groups picked as improvers"
    if not is_number(mean.value):
        reason = f"no {STAGE_NAMES[stage]} gain is shown"
        return nothing_to_show(chapter, f"chance-{stage}", what, reason)
    value = float(mean.value or 0)
    sd = {name: _reached(frame, name, value) for name in ("no_change", "county_trend")}
    svg = _draw_benchmark(chapter, frame, mean, sd)
    rise = benchmark.quantities[f"{benchmark.question.id}.county_trend_pp"].text
    return picture(
        chapter,
        f"chance-{stage}",
        svg,
        title=_benchmark_title(mean, sd["no_change"], frame),
        subtitle=f"{what}, by the standard deviation of a group's results from one year to the "
        f"next; shown: {chapter.words['place']}, {chapter.year}",
        alt=f"Line chart of the mean gain expected of groups none of whose measures fell, for "
        f"standard deviations of {_ends(frame['sd_pp'])}: with no change from "
        f"{_ends(frame['no_change'])}, with the county's yearly rise of {rise} from "
        f"{_ends(frame['county_trend'])}. A level line is the mean of {mean.text} of the {mean.n} "
        f"groups shown; {_meets(sd)}.",
        caption="Groups are taken to differ by chance only, and to be picked because none of "
        "their measures fell. The published tables do not say how much results move from one "
        "year to the next; results of earlier years would.",
        frame=frame[["sd_pp", "no_change", "county_trend"]],
        about="Expected mean gain of groups picked as improvers.",
        labels={
            "sd_pp": "Standard deviation from year to year",
            "no_change": "With no change",
            "county_trend": f"With the county's rise of {rise}",
        },
        units=dict.fromkeys(("sd_pp", "no_change", "county_trend"), "pp"),
    )


def _ends(values: pd.Series) -> str:
    return f"{write(values.iloc[0], 'pp', bare=True)} to {write(values.iloc[-1], 'pp')}"


def _reached(frame: pd.DataFrame, trend: str, value: float) -> float | None:
    """Return the spread at which a rising line has this value, or None outside the range drawn."""
    line = frame[trend].to_numpy()
    if not line[0] <= value <= line[-1]:
        return None
    return float(np.interp(value, line, frame["sd_pp"].to_numpy(dtype=float)))


def _benchmark_title(mean: Quantity, sd: float | None, frame: pd.DataFrame) -> str:
    if sd is not None:
        return (
            f"Chance alone shows a mean gain of {mean.text} where results move by "
            f"{write(sd, 'pp')} from year to year"
        )
    least, most = (float(frame["sd_pp"].iloc[i]) for i in (0, -1))
    side = f"less than {write(least, 'pp')}"
    if float(mean.value or 0) > frame["no_change"].iloc[-1]:
        side = f"more than {write(most, 'pp')}"
    return f"Chance alone shows a mean gain of {mean.text} only where results move by {side} a year"


def _meets(sd: dict[str, float | None]) -> str:
    words = {"no_change": "with no change", "county_trend": "with the county's rise"}
    said = [
        f"{words[name]} it is met at {write(at, 'pp')}"
        if at is not None
        else f"{words[name]} it is not met in the range drawn"
        for name, at in sd.items()
    ]
    return listed(said)


def _draw_benchmark(
    chapter: Chapter, frame: pd.DataFrame, mean: Quantity, sd: dict[str, float | None]
) -> bytes:
    looks: dict[str, tuple[str, str, str]] = {
        "no_change": ("no change at all", BLUE, "-"),
        "county_trend": ("the county's yearly rise", ORANGE, "--"),
    }
    with drawing(3.7) as (canvas, axes):
        for name, (words, colour, line) in looks.items():
            axes.plot(frame["sd_pp"], frame[name], color=colour, linestyle=line, lw=1.8)
            _mark_crossing(axes, sd[name], float(mean.value or 0), colour)
        axes.axhline(mean.value, color=INK, linewidth=1.2)
        axes.text(frame["sd_pp"].iloc[0], float(mean.value or 0) + 0.15, f"shown: {mean.text}")
        axes.set_xlabel("Standard deviation from one year to the next, pp")
        say_measure(axes, "Mean gain of improvers, pp")
        axes.grid(axis="x", color=GRID)
        return to_svg(canvas, watermark(chapter.study.release.maturity))


def _mark_crossing(axes: Any, at: float | None, height: float, colour: str) -> None:
    if at is not None:
        axes.plot([at, at], [0, height], color=colour, linewidth=0.9, linestyle=":")
        axes.plot([at], [height], "o", color=colour, markersize=6)
