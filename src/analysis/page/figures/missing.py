"""Where data are missing: which table has a value for which collaboration, with the numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from analysis.page.figures.canvas import (
    BLUE,
    SOFT,
    TEXT_POINTS,
    Figure,
    drawing,
    name_rows,
    nothing_to_show,
    picture,
    to_svg,
    watermark,
    write_beside,
)
from analysis.page.figures.outcomes import outcome_of
from analysis.page.figures.overview import money_columns
from analysis.page.figures.phrases import counted
from analysis.variables import STAGES, gain_columns, variable

if TYPE_CHECKING:
    from analysis.page.chapter import Chapter

_GRADES = "Ofsted grades"
_DIGIT = 0.66 * TEXT_POINTS
_END = 0.25  # of a column
_ACROSS = 235.0  # points of the map's columns


def missing_map(chapter: Chapter) -> Figure:
    """Return which table says something about which collaboration."""
    table = chapter.study.collaborations
    known = pd.DataFrame({"collaboration": table["collaboration"]})
    known[_GRADES] = table["n_schools"].notna()
    for column in money_columns(chapter, table):
        known[variable(column).label] = table[column].notna()
    stages = {stage: f"{outcome_of(chapter, stage).title}s" for stage in STAGES}
    for stage, label in stages.items():
        known[label] = table[gain_columns(stage)].notna().all(axis=1)
    rows = list(known.columns[1:])
    order = known.sort_values(rows[::-1], ascending=False, kind="stable", ignore_index=True)
    counts = {name: int(order[name].sum()) for name in rows}
    n = len(order)
    if n == 0:
        what = "What each published table says of each collaboration"
        return nothing_to_show(chapter, "missing-map", what, "no collaboration is listed")
    runs = _runs(order[rows])
    whole = int(order[rows].all(axis=1).sum())
    return picture(
        chapter,
        "missing-map",
        _draw_map(chapter, order, counts, runs),
        title=_title(chapter, counts, stages, n),
        subtitle="What each published table says of each collaboration, "
        f"{chapter.words['place']}, {chapter.words['year']}",
        alt=f"Map of {counted(n, 'collaboration')} by published table: filled where a value is "
        "printed, a dash where it is not. Number of collaborations with a value: "
        f"{'; '.join(f'{name} {counts[name]}' for name in rows)}. {_whole(whole)}",
        caption="A dash is a blank or a missing row; it does not mean zero. "
        f"{_whole(whole)} Below: how many neighbours have values in the same tables.",
        frame=order.replace({True: "printed", False: "x"}).astype("str"),
        about="Which table has a value for which collaboration; x means not available.",
    )


def _title(chapter: Chapter, counts: dict[str, int], stages: dict[str, str], n: int) -> str:
    graded = counts[_GRADES]
    groups = f"All {counted(n, 'group')}" if graded == n and n > 1 else f"{graded} of {n}"
    gained = " and ".join(
        f"{counts[label]} at {outcome_of(chapter, stage).stage}" for stage, label in stages.items()
    )
    return f"{groups} {'has' if n == 1 else 'have'} grades; gains are shown for {gained}"


def _whole(number: int) -> str:
    return f"{counted(number, 'group has', 'groups have')} a value in every row."


def _runs(known: pd.DataFrame) -> list[tuple[int, int]]:
    """Return first and last place of each run of neighbours with values in the same tables."""
    starts = np.flatnonzero((known != known.shift()).any(axis=1))
    ends = [*starts[1:], len(known)]
    return [(int(start), int(end) - 1) for start, end in zip(starts, ends, strict=True)]


def _draw_map(
    chapter: Chapter, order: pd.DataFrame, counts: dict[str, int], runs: list[tuple[int, int]]
) -> bytes:
    with drawing(0.4 * len(counts) + 0.85) as (canvas, axes):
        for place, (name, count) in enumerate(counts.items()):
            there, gone = order.index[order[name]], order.index[~order[name]]
            axes.bar(there, 0.72, 0.86, bottom=place - 0.36, color=BLUE)
            axes.scatter(gone, np.full(len(gone), place), marker="_", s=8, color=SOFT)
            write_beside(axes, place, f"{count} of {len(order)}")
        name_rows(axes, pd.Series(list(counts)))
        axes.set_xlim(-0.7, len(order) - 0.3)
        axes.set_xticks([])
        axes.spines[["left", "bottom"]].set_visible(False)
        axes.set_ylim(len(counts) + 0.35, -0.6)
        _number_runs(axes, runs, len(counts) - 0.3)
        axes.set_xlabel("The collaborations, one column each")
        return to_svg(canvas, watermark(chapter.study.release.maturity))


def _number_runs(axes: Any, runs: list[tuple[int, int]], height: float) -> None:
    """Draw a line below each run of like neighbours, with their number where it fits."""
    column = _ACROSS / (runs[-1][1] + 1)
    for first, last in runs:
        ends = (first - _END, last + _END)
        axes.plot(ends, (height, height), color=SOFT, linewidth=1.4, solid_capstyle="butt")
        text = f"{last - first + 1:,}"
        if _DIGIT * len(text) <= column * (last - first + 1):
            axes.text((first + last) / 2, height + 0.42, text, ha="center", va="center",
                      color=SOFT)  # fmt: skip
