"""What chance alone shows: improvement in any of several measures, and the gains of improvers."""

from __future__ import annotations

from itertools import cycle
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from analysis.methods import chance as methods
from analysis.page.figures.canvas import (
    BLUE,
    GREEN,
    INK,
    ORANGE,
    PURPLE,
    Figure,
    band,
    drawing,
    nothing_to_show,
    picture,
    say_measure,
    shorten,
    to_svg,
    watermark,
)
from analysis.page.figures.labels import spread
from analysis.page.figures.outcomes import outcome_of
from analysis.page.figures.phrases import counted, is_number, listed
from analysis.quantities import SPACE, Quantity, write
from analysis.questions.estimate import Estimate

if TYPE_CHECKING:
    from analysis.page.chapter import Chapter

_LINES = ((BLUE, "-"), (GREEN, "--"), (PURPLE, "-."), (ORANGE, ":"))
_TRENDS = {
    "no_change": ("with no change", BLUE, "-"),
    "county_trend": ("with {place}'s rise", ORANGE, "--"),
}


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
        f"the correlation of the measures; reported: {chapter.words['place']}, "
        f"{chapter.words['year']}",
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
    grid = (1 - np.linspace(1, 0, 31) ** 2).round(4)
    columns = {f"k_{k}": [methods.any_of_k(int(k), float(r)) for r in grid] for k in measures}
    return pd.DataFrame({"correlation": grid, **columns})


def _draw_any(
    chapter: Chapter, frame: pd.DataFrame, measures: list[int], reported: Quantity
) -> bytes:
    share = 100 * (reported.value or 0.0)
    starts = [100 * frame[f"k_{k}"].iloc[0] for k in measures]
    *heights, height = spread([*starts, share], 3.4)
    with drawing(3.9) as (canvas, axes):
        if reported.low is not None and reported.high is not None:
            axes.axhspan(100 * reported.low, 100 * reported.high, **band())
        axes.axhline(share, color=INK, linewidth=1.4)
        axes.text(0.01, height + 0.7, f"reported: {reported.text}")
        for k, at, (colour, line) in zip(measures, heights, cycle(_LINES), strict=False):
            axes.plot(
                frame["correlation"], 100 * frame[f"k_{k}"], line, color=colour, linewidth=1.8
            )
            axes.text(0.01, at + 0.7, counted(k, "measure"), color=colour)
        axes.set_xlim(0, 1)
        axes.set_ylim(top=max(heights) + 6)
        axes.set_xlabel("Correlation between two measures' changes")
        say_measure(axes, "Groups that improve in at least one measure, %")
        return to_svg(canvas, watermark(chapter.study.release.maturity))


def chance_benchmark(chapter: Chapter, benchmark: Estimate, shown: Estimate) -> Figure:
    """Return the mean gain that chance shows among groups picked as improvers, by its spread."""
    frame = benchmark.rows.pivot(
        index="sd_pp", columns="trend", values="expected_mean_of_improvers"
    ).reset_index()
    outcome = outcome_of(chapter, benchmark.question.outcome)
    stage = outcome.name
    mean = shown.quantities[f"{shown.question.id}.mean_pp"]
    what = f"Mean {outcome.label} of groups picked as improvers"
    if not is_number(mean.value):
        reason = f"no {outcome.label} is shown"
        return nothing_to_show(chapter, f"chance-{stage}", what, reason)
    value, place = float(mean.value or 0), chapter.words["place"]
    sd = {name: _reached(frame, name, value) for name in ("no_change", "county_trend")}
    svg = _draw_benchmark(chapter, frame, mean, sd)
    rise = benchmark.quantities[f"{benchmark.question.id}.county_trend_pp"].text
    return picture(
        chapter,
        f"chance-{stage}",
        svg,
        title=_benchmark_title(mean, sd["no_change"], frame),
        subtitle=f"{what}, by the standard deviation of a group's results from one year to the "
        f"next; shown: {place}, {chapter.words['year']}",
        alt=f"Line chart of the mean gain expected of groups none of whose measures fell, for "
        f"standard deviations of {_ends(frame['sd_pp'])}: with no change from "
        f"{_ends(frame['no_change'])}, with {place}'s yearly rise of {rise} from "
        f"{_ends(frame['county_trend'])}. A level line is the mean of {mean.text} of the "
        f"{counted(mean.n or 0, 'group')} shown; {_meets(sd, place)}.",
        caption="Groups are taken to differ by chance only, and to be picked because none of "
        "their measures fell. The published tables do not say how much results move from one "
        "year to the next; results of earlier years would.",
        frame=frame[["sd_pp", "no_change", "county_trend"]],
        about="Expected mean gain of groups picked as improvers.",
        labels={
            "sd_pp": "Standard deviation from year to year",
            "no_change": "With no change",
            "county_trend": f"With {place}'s rise of {rise}",
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
    return (
        f"Chance alone shows a mean gain of {mean.text} only where results move by {side} from "
        "year to year"
    )


def _meets(sd: dict[str, float | None], place: str) -> str:
    words = {"no_change": "with no change", "county_trend": f"with {place}'s rise"}
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
    value = float(mean.value or 0)
    upper = max(_TRENDS, key=lambda name: float(frame[name].mean()))
    with drawing(3.7) as (canvas, axes):
        for name, (words, colour, line) in _TRENDS.items():
            axes.plot(frame["sd_pp"], frame[name], line, color=colour, linewidth=1.8)
            label = words.format(place=shorten(chapter.words["place"], 14))
            _name_line(axes, frame, name, label, colour, name == upper)
            _mark_crossing(axes, sd[name], value, colour, name == upper)
        axes.axhline(value, color=INK, linewidth=1.2)
        axes.annotate(
            f"shown: {mean.text}",
            (float(frame["sd_pp"].iloc[0]), value),
            xytext=(0, 4),
            textcoords="offset points",
        )
        axes.set_ylim(bottom=0)
        axes.set_xlabel("Standard deviation from one year to the next, pp")
        say_measure(axes, "Mean gain of groups picked as improvers, pp")
        return to_svg(canvas, watermark(chapter.study.release.maturity))


def _name_line(
    axes: Any, frame: pd.DataFrame, name: str, words: str, colour: str, upper: bool
) -> None:
    """Write what a rising line is beside its upper end: above the upper line, below the lower."""
    point = frame[["sd_pp", name]].iloc[-1 if upper else -2]
    axes.annotate(
        words,
        (float(point["sd_pp"]), float(point[name])),
        xytext=(-14, 0) if upper else (8, -8),
        textcoords="offset points",
        ha="right" if upper else "left",
        va="center" if upper else "top",
        color=colour,
    )


def _mark_crossing(axes: Any, at: float | None, height: float, colour: str, left: bool) -> None:
    if at is None:
        return
    axes.plot([at, at], [0, height], color=colour, linewidth=1, linestyle=":")
    axes.plot([at], [height], "o", color=colour, markersize=6)
    axes.annotate(
        write(at, "pp"),
        (at, 0),
        xytext=(-4 if left else 4, 4),
        textcoords="offset points",
        ha="right" if left else "left",
        color=colour,
    )
