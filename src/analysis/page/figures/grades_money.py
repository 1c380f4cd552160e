"""Pictures of grades beside money, and of the money by area."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analysis.page.figures.canvas import (
    BLUE,
    GRID,
    INK,
    ORANGE,
    Figure,
    bubble,
    drawing,
    nothing_to_show,
    picture,
    say_measure,
    shorten,
    to_svg,
    watermark,
    write_beside,
)
from analysis.page.figures.phrases import counted, of_zero
from analysis.quantities import SPACE, Quantity, write
from analysis.questions.estimate import Estimate

if TYPE_CHECKING:
    from analysis.page.chapter import Chapter

_AREA = 9  # square points of a dot for each school


def grades_on_money(chapter: Chapter, fit: Estimate) -> Figure:
    """Return the share graded good or better on money, a dot a group, with the fitted curve."""
    exposure = chapter.plan.exposures[str(fit.question.exposure)]
    name = f"grades-on-{exposure.name.replace('_', '-')}"
    frame = fit.rows.assign(
        share=lambda f: 100 * (f["n_outstanding"] + f["n_good"]).astype(float) / f["n_schools"]
    )
    what = f"Share of schools graded good or better on {exposure.label}"
    if frame.empty or fit.detail is None:
        return nothing_to_show(chapter, name, what, "no group has both grades and money")
    money = frame["exposure"] * exposure.scale
    svg = _draw_grades(chapter, frame.assign(money=money), fit, exposure.scale)
    slope = fit.quantities[f"{fit.question.id}.slope"]
    step = write(exposure.scale, "GBP") + (" a school" if exposure.per else "")
    odds = [f"{math.exp(v or 0):.2f}" for v in (slope.value, slope.low, slope.high)]
    ends = _curve(fit, frame["exposure"].agg(["min", "max"]).to_numpy(dtype=float))
    return picture(
        chapter,
        name,
        svg,
        title=_grades_title(slope, exposure.label),
        subtitle=f"{what} in {chapter.words['money_year']}, {chapter.words['place']}, grades as "
        f"published with the results of {chapter.words['year']}",
        alt=f"Scatter plot of the share of schools graded good or better on {exposure.label}, for "
        f"{counted(len(frame), 'funded group')}, larger dots for more schools. A fitted curve goes "
        f"from {ends[0]:.0f}{SPACE}% at the least money to {ends[1]:.0f}{SPACE}% at the most. Each "
        f"{step} more goes with odds {odds[0]} times as high ({chapter.words['level']} interval "
        f"{odds[1]} to {odds[2]}).",
        caption="Two readings are possible, and this picture claims neither: money may have "
        "followed weak grades, or may have lifted grades. Groups with more money may also differ "
        "in grades for other reasons; a cross-section of levels cannot tell these apart. "
        f"Odds for each {step}: {odds[0]} times ({odds[1]} to {odds[2]}).",
        frame=frame.assign(money=money)[["collaboration", "n_schools", "money", "share"]],
        about=f"{what}, by group.",
        labels={"money": exposure.label.capitalize(), "share": "Good or better, computed"},
        units={"money": "GBP", "share": "%"},
    )


def _grades_title(slope: Quantity, money: str) -> str:
    """Return which way grades go with money, or that none is clear."""
    if slope.low is not None and slope.high is not None and slope.low <= 0 <= slope.high:
        return f"No clear slope of good or better grades on {money}: {of_zero(slope)}"
    goes = "higher" if (slope.value or 0) > 0 else "lower"
    return (
        f"Groups with more {money} have a {goes} share of schools graded good or better; "
        f"{of_zero(slope)}"
    )


def _draw_grades(chapter: Chapter, frame: pd.DataFrame, fit: Estimate, scale: float) -> bytes:
    label = chapter.plan.exposures[str(fit.question.exposure)].label.capitalize()
    at = np.linspace(frame["exposure"].min(), frame["exposure"].max(), 40)
    look = bubble(BLUE)
    with drawing(3.9) as (canvas, axes):
        size = _AREA * frame["n_schools"].astype(float)
        axes.scatter(frame["money"] / 1000, frame["share"], s=size, **look)
        axes.plot(at * scale / 1000, _curve(fit, at), color=INK, linewidth=1.8)
        schools = frame["n_schools"].astype(int)
        for n in sorted({schools.min(), int(schools.median()), schools.max()}):
            axes.scatter([], [], s=_AREA * n, label=counted(n, "school"), **look)
        axes.legend(loc="lower right", ncols=3, columnspacing=1.0, handletextpad=0.6)
        axes.set_ylim(min(-4.0, frame["share"].min() - 22), 104)
        axes.set_yticks(range(0, 101, 20))
        axes.set_xlabel(f"{label}, thousands of pounds")
        say_measure(axes, "Schools graded good or better, %")
        axes.grid(axis="y", color=GRID)
        return to_svg(canvas, watermark(chapter.study.release.maturity))


def _curve(fit: Estimate, at: np.ndarray) -> np.ndarray:
    """Return the fitted share in % at values of the exposure."""
    constant, slope = fit.detail.estimates[:2]
    return np.asarray(100 / (1 + np.exp(-(constant + slope * at))))


def money_by_area(chapter: Chapter, money: Estimate) -> Figure:
    """Return each group's money a school by area, a dot a group, with the median marked."""
    frame = money.rows.assign(area=money.rows["area"].fillna("not known"))
    frame = frame.dropna(subset=["per_school"])
    what = "Money a school, by area"
    if frame.empty:
        return nothing_to_show(chapter, "money-by-area", what, "no group has money")
    medians = frame.groupby("area")["per_school"].median().sort_values()
    svg = _draw_areas(chapter, frame, medians)
    pounds = medians.map(lambda v: write(v, "GBP"))
    said = "; ".join(
        f"{area} {pounds[area]} ({counted(int((frame['area'] == area).sum()), 'group')})"
        for area in medians.index[::-1]
    )
    title = f"The middle group of {medians.index[0]} got {pounds.iloc[0]} a school"
    if len(medians) > 1:
        title += f", that of {medians.index[-1]} {pounds.iloc[-1]}"
    return picture(
        chapter,
        "money-by-area",
        svg,
        title=title,
        subtitle=f"Money of {chapter.words['money_year']} for each member school, by area, "
        f"{chapter.words['place']}",
        alt=f"Dot plot of the money a school of {counted(len(frame), 'funded group')} in "
        f"{counted(len(medians), 'area')}, a dot a group, from "
        f"{write(frame['per_school'].min(), 'GBP')} to {write(frame['per_school'].max(), 'GBP')}. "
        f"Medians: {said}.",
        caption="A group's money divided by the number of its schools in the Ofsted table. Groups "
        "with the same money a school lie beside each other. A group without money is not drawn.",
        frame=frame.sort_values(["area", "per_school"], ascending=[True, False])[
            ["collaboration", "area", "n_schools", "money", "per_school"]
        ],
        about="Money a school by group and area.",
        labels={"money": f"Funding {chapter.words['money_year']}", "per_school": "A school"},
        units={"money": "GBP", "per_school": "GBP"},
    )


def _draw_areas(chapter: Chapter, frame: pd.DataFrame, medians: pd.Series) -> bytes:
    end = 1.04 * float(frame["per_school"].max()) / 1000
    with drawing(0.62 * len(medians) + 1.1) as (canvas, axes):
        for place, area in enumerate(medians.index):
            values = frame.loc[frame["area"] == area, "per_school"].sort_values() / 1000
            axes.scatter(values, place + _spread(values, end), s=26, color=BLUE, linewidth=0)
            middle = medians[area] / 1000
            axes.plot([middle, middle], [place - 0.4, place + 0.4], color=ORANGE, linewidth=2.6)
            write_beside(axes, place, write(medians[area], "GBP"), ORANGE)
        write_beside(axes, len(medians) - 0.4, "Median", ORANGE)
        axes.set_yticks(range(len(medians)), [shorten(str(area), 20) for area in medians.index])
        axes.set_ylim(-0.6, len(medians) - 0.3)
        axes.tick_params(axis="y", length=0)
        axes.set_xlim(0, end)
        axes.set_xlabel("Money a school, thousands of pounds")
        return to_svg(canvas, watermark(chapter.study.release.maturity))


def _spread(values: pd.Series, end: float) -> np.ndarray:
    """Return heights that put values of one fiftieth of the axis beside each other, around zero."""
    bins = (values / end * 50).round()
    rank, count = bins.groupby(bins).cumcount(), bins.groupby(bins).transform("size")
    step = np.minimum(0.13, 0.76 / np.maximum(count - 1, 1))
    return ((rank - (count - 1) / 2) * step).to_numpy()
