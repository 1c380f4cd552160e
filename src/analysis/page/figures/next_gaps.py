"""Pictures of gaps beside what chance alone does, and of grades in two years."""

from __future__ import annotations

from typing import TYPE_CHECKING

import matplotlib.ticker as ticker
import numpy as np
import pandas as pd

from analysis.page.figures.canvas import (
    BLUE,
    GRID,
    INK,
    ORANGE,
    SOFT,
    Figure,
    bubble,
    drawing,
    picture,
    say_measure,
    to_svg,
    watermark,
)
from analysis.page.figures.next_edition import number
from analysis.page.figures.phrases import counted
from analysis.questions.estimate import Estimate

if TYPE_CHECKING:
    from analysis.page.chapter import Chapter

_AREA = 9  # square points of a dot for each school


def gaps(chapter: Chapter, narrowed: Estimate) -> Figure:
    """Return each group's change of the gap on its disadvantaged pupils, with chance's range."""
    frame = narrowed.rows.assign(beyond=lambda f: f["gap_pp"].abs() > f["chance_pp"])
    stage = f"key stage {str(narrowed.question.outcome)[-1]}"
    n, of, beyond = (number(narrowed, name) for name in ("n", "of_n", "beyond_chance_n"))
    mean = narrowed.quantities[f"{narrowed.question.id}.mean_pp"]
    columns = ["collaboration", "gain_disadvantaged_pp", "gain_other_pp", "gap_pp", "chance_pp"]
    return picture(
        chapter,
        f"gaps-{narrowed.question.outcome}",
        _draw_gaps(chapter, frame),
        title=f"At {stage} the gap narrowed in {n} of {counted(of, 'group')}; in {of - beyond} it "
        "moved no further than chance alone may move it",
        subtitle="Change of the gap between disadvantaged and other pupils, "
        f"{chapter.words['place']}, {chapter.words['year']} on {chapter.words['year_before']}",
        alt=f"Scatter plot of the change of the gap at {stage} on the number of disadvantaged "
        f"pupils, for {counted(of, 'group')}, with the range that chance alone may give each. "
        f"It narrowed in {n}; {beyond} lie outside their range. Mean by disadvantaged pupils: "
        f"{mean.text} ({chapter.words['level']} interval {mean.interval}).",
        caption="Below zero disadvantaged pupils gained more than the others. The thin lines are "
        f"where chance alone leaves the change of two years' cohorts of this size in at least "
        f"{chapter.words['level']} of groups. Gaps that were wide by chance narrow by themselves.",
        frame=frame[[*columns, "cohort_disadvantaged", "cohort_other"]],
        about=f"Change of the gap at {stage} by group.",
        labels={"chance_pp": "What chance may do, plus or minus"},
        units={"chance_pp": "pp"},
    )


def _draw_gaps(chapter: Chapter, frame: pd.DataFrame) -> bytes:
    pupils = frame["cohort_disadvantaged"].astype(float).to_numpy()
    looks = ((False, "o", BLUE, "within what chance may do"), (True, "D", ORANGE, "beyond it"))
    with drawing(3.9) as (canvas, axes):
        axes.axhline(0, color=INK, linewidth=1)
        reach = frame["chance_pp"].to_numpy()
        axes.vlines(pupils, -reach, reach, color=SOFT, linewidth=0.8)
        for beyond, marker, colour, label in looks:
            rows = (frame["beyond"] == beyond).to_numpy()
            if rows.any():
                axes.scatter(pupils[rows], frame["gap_pp"][rows], marker=marker, color=colour, s=34,
                             label=f"{label} ({int(rows.sum())})", zorder=3)  # fmt: skip
        axes.xaxis.set_major_locator(ticker.MaxNLocator(6, integer=True))
        axes.set_xlabel("Disadvantaged pupils of the group")
        say_measure(axes, "Change of the gap, percentage points; below zero it narrowed")
        canvas.legend(loc="outside lower right", ncols=2)
        return to_svg(canvas, watermark(chapter.study.release.maturity))


def grades_of_two_years(chapter: Chapter, changed: Estimate) -> Figure:
    """Return each group's share good or better in the second year on that in the first."""
    frame = changed.rows
    up, same, down, of = (number(changed, f"{name}_n") for name in ("up", "same", "down", "of"))
    first, second = number(changed, "first"), number(changed, "second")
    before, after = (changed.quantities[f"{changed.question.id}.{when}_pct"] for when in
                     ("before", "after"))  # fmt: skip
    return picture(
        chapter,
        "grades-of-two-years",
        _draw_grades(chapter, frame, first, second),
        title=f"The share good or better rose in {up} of {counted(of, 'group')} and fell in "
        f"{down}; over all it went from {before.text} to {after.text}",
        subtitle=f"Schools graded good or better, the same groups in {first} and {second}, "
        f"{chapter.words['place']}",
        alt=f"Scatter plot of the share of schools graded good or better in {second} on that in "
        f"{first}, for {counted(of, 'group')} with grades in both years, larger dots for more "
        f"schools. {up} lie above the line of no change, {same} on it, {down} below. Over all "
        f"memberships {before.text}, then {after.text}.",
        caption="Above the line the share rose. Dots that would hide each other are moved apart a "
        "little. Schools may have joined, left or not been inspected in between: only grades of "
        "single schools would say which of them moved.",
        frame=frame[["collaboration", "schools_before", "before_pct", "schools_after",
                     "after_pct"]],
        about=f"Share good or better by group, {first} and {second}.",
        labels={
            "schools_before": f"Schools {first}",
            "before_pct": f"Good or better {first}",
            "schools_after": f"Schools {second}",
            "after_pct": f"Good or better {second}",
        },
        units={**dict.fromkeys(("schools_before", "schools_after"), "count"),
               **dict.fromkeys(("before_pct", "after_pct"), "%")},
    )  # fmt: skip


def _draw_grades(chapter: Chapter, frame: pd.DataFrame, first: int, second: int) -> bytes:
    x, y = (_apart(frame, *pair) for pair in (("before_pct", 1.3), ("after_pct", 0.0)))
    look = bubble(BLUE)
    with drawing(4.3) as (canvas, axes):
        axes.plot([0, 100], [0, 100], color=SOFT, linewidth=1.2)
        axes.scatter(x, y, s=_AREA * frame["schools_after"], **look)
        axes.set_xlabel(f"Schools good or better in {first}, %")
        say_measure(axes, f"Schools good or better in {second}, %")
        axes.set_xlim(-6, 106)
        axes.set_ylim(-6, 106)
        axes.grid(color=GRID)
        return to_svg(canvas, watermark(chapter.study.release.maturity))


def _apart(frame: pd.DataFrame, column: str, step: float) -> np.ndarray:
    """Return a column with rows of the same two shares moved apart by `step` along it."""
    alike = frame.groupby(["before_pct", "after_pct"])[column]
    rank = alike.cumcount() - (alike.transform("size") - 1) / 2
    return (frame[column] + step * rank).to_numpy(dtype=float)
