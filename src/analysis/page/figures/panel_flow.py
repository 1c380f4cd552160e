"""The sample's flow: how many schools each step leaves, and why the others are set aside."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Unpack

import numpy as np
import pandas as pd
from matplotlib.patches import Rectangle

from analysis.page.figures.canvas import (
    BLUE,
    GRID,
    PALE_BLUE,
    SOFT,
    Figure,
    drawing,
    filled,
    shorten,
)
from analysis.page.figures.panel_words import Words, drawn, finished, lines, nothing, taken
from analysis.page.figures.phrases import counted
from analysis.quantities import SUPPRESSED, write

_WIDE = 100.0
_LINE = 14.0  # points
_BAR = 7.0
_LETTERS = 38, 52


def draw_flow(frame: pd.DataFrame, **words: Unpack[Words]) -> Figure:
    """Return the sample's flow as boxes from the top, each with a bar of the schools it leaves.

    Parameters
    ----------
    frame : pandas.DataFrame
        One row a step: ``step``, ``schools`` (left after it), ``set_aside`` (on the way to it
        from the step before) and ``reason``.

    Raises
    ------
    ValueError
        If a column is missing, or the schools set aside don't account for those that are gone.
    """
    table = taken(frame, ("schools", "set_aside"), ("step", "reason"))
    table = table[["step", "schools", "set_aside", "reason"]]
    table["reason"] = table["reason"].fillna("").astype(str)
    if not np.isfinite(table["schools"]).any():
        return nothing("flow of the sample", "no step has a number of schools", **words)
    _require_account(table)
    return finished(
        _draw(table, words["mark"]),
        "number of schools left after each step",
        alt=_alt(table),
        frame=table,
        about="Schools left after each step, and those set aside on the way to it.",
        labels={"schools": "Schools left"},
        units=dict.fromkeys(("schools", "set_aside"), "schools"),
        **words,
    )


def _require_account(table: pd.DataFrame) -> None:
    gone = table["schools"].shift() - table["schools"]
    wrong = table[(gone - table["set_aside"].fillna(0)).abs() > 0.5]
    if len(wrong):
        row = wrong.iloc[0]
        raise ValueError(
            f"{row['step']}: {write(gone[wrong.index[0]], 'count')} schools are gone and "
            f"{write(row['set_aside'], 'count')} set aside; expected the same number"
        )


def _alt(table: pd.DataFrame) -> str:
    known = table[np.isfinite(table["schools"])]
    first, last = known.iloc[0], known.iloc[-1]
    aside = table["set_aside"].iloc[1:]
    said = (
        f"Flow chart of the sample in {counted(len(table), 'step')}: {_schools(first['schools'])}, "
        f"{shorten(str(first['step']), 60)}"
    )
    if len(known) > 1:
        said += f"; {_schools(last['schools'])} at the last, {shorten(str(last['step']), 60)}"
    if aside.isna().any():
        return f"{said}. How many are set aside is suppressed where they are few."
    if not (aside > 0).any():
        return f"{said}. No school is set aside."
    most = aside.idxmax()
    why = shorten(str(table.loc[most, "reason"]), 80) or "no reason given"
    return (
        f"{said}. Set aside in all: {write(aside.sum(), 'schools')}. Most at one step: "
        f"{write(aside[most], 'schools')} ({why})."
    )


def _schools(number: float) -> str:
    return counted(round(number), "school")


@dataclass(frozen=True)
class _Box:
    """A step's box: its top from that of the picture, and the lines of its words, in points."""

    top: float
    name: list[str]
    reason: list[str]

    @property
    def low(self) -> float:
        return self.top + _LINE * len(self.name) + _BAR + 12


def _boxes(table: pd.DataFrame) -> list[_Box]:
    boxes: list[_Box] = []
    below = 1.0
    for place, line in enumerate(table.itertuples(index=False)):
        reason = lines(_aside(line.set_aside, line.reason), _LETTERS[1], 3) if place else []
        box = _Box(below + (_LINE * len(reason) + 12 if place else 0),
                   lines(str(line.step), _LETTERS[0], 2), reason)  # fmt: skip
        boxes.append(box)
        below = box.low
    return boxes


def _aside(number: float, reason: str) -> str:
    if np.isnan(number):
        return f"{SUPPRESSED} set aside: {reason or 'no reason given'}"
    if number == 0:
        return "none set aside"
    return f"{write(number, 'schools')} set aside: {reason or 'no reason given'}"


def _draw(table: pd.DataFrame, mark: str) -> bytes:
    boxes = _boxes(table)
    height = boxes[-1].low + 2
    whole = float(table["schools"].max())
    with drawing(height / 72 + 0.1) as (canvas, axes):
        axes.set_axis_off()
        axes.set_xlim(0, _WIDE)
        axes.set_ylim(height, 0)
        for place, (box, number) in enumerate(zip(boxes, table["schools"], strict=True)):
            if place:
                _draw_aside(axes, boxes[place - 1].low, box)
            _draw_box(axes, box, number, whole, BLUE if place == len(boxes) - 1 else PALE_BLUE)
        return drawn(canvas, mark)


def _draw_box(axes: Any, box: _Box, number: float, whole: float, colour: str) -> None:
    frame = Rectangle((0.3, box.top), _WIDE - 0.6, box.low - box.top)
    frame.set(facecolor="none", edgecolor=SOFT, linewidth=1)
    axes.add_patch(frame)
    for place, line in enumerate(box.name):
        axes.text(2.5, box.top + 10 + _LINE * place, line, va="center")
    axes.text(97.5, box.top + 10, _left(number, whole), va="center", ha="right", weight="bold")
    bar = box.low - _BAR - 5
    axes.add_patch(Rectangle((2.5, bar), 95, _BAR, facecolor=GRID, linewidth=0))
    if number > 0:
        axes.add_patch(Rectangle((2.5, bar), 95 * number / whole, _BAR, **filled(colour)))


def _left(number: float, whole: float) -> str:
    if np.isnan(number):
        return SUPPRESSED
    if number == whole or whole <= 0:
        return _schools(number)
    return f"{write(number, 'schools')} ({write(100 * number / whole, '%')})"


def _draw_aside(axes: Any, above: float, box: _Box) -> None:
    axes.plot([5, 5], [above + 1, box.top - 5], color=SOFT, linewidth=1.2)
    axes.scatter([5], [box.top - 5], marker="v", s=36, color=SOFT)
    for place, line in enumerate(box.reason):
        axes.text(9, above + 12 + _LINE * place, line, va="center", color=SOFT)
