"""The forest: what every method says of one question, with the headline marked."""

from __future__ import annotations

from typing import Any, Unpack

import numpy as np
import pandas as pd
from matplotlib.lines import Line2D

from analysis.page.figures.canvas import (
    BLUE,
    GREEN,
    GRID,
    INK,
    ORANGE,
    PURPLE,
    SOFT,
    Figure,
    drawing,
    shorten,
)
from analysis.page.figures.panel_words import (
    Words,
    axis_words,
    beyond_words,
    capital,
    drawn,
    ends,
    finished,
    nothing,
    percent,
    reach,
    spans,
    taken,
)
from analysis.page.figures.phrases import counted
from analysis.quantities import write

_LOOKS = (("o", BLUE), ("s", ORANGE), ("^", GREEN), ("D", PURPLE))
_REST = ("X", SOFT)
_LONGEST = {"normal": 66, "bold": 59}
_ROW = 0.46  # inches


def draw_forest(
    frame: pd.DataFrame,
    *,
    unit: str,
    measure: str = "estimate",
    level: float = 0.95,
    **words: Unpack[Words],
) -> Figure:
    """Return the estimates of all methods with their intervals, the headline marked.

    Parameters
    ----------
    frame : pandas.DataFrame
        One row a method, from the top: ``label``, ``value``, ``low``, ``high``, ``kind`` (up to
        four kinds have a mark of their own) and ``main`` (True for the headline).
    unit : str
        Unit of the numbers, a key of `analysis.quantities.UNITS`.
    measure : str, optional
        What is estimated, for the axis.

    Raises
    ------
    ValueError
        If a column is missing.
    """
    table = taken(frame, ("value", "low", "high"), ("label", "kind", "main"))
    table["main"] = table["main"].fillna(False).astype(bool)
    if not np.isfinite(table["value"]).any():
        return nothing(f"{measure} by method", "no method gives a number", **words)
    value, low, high = (table[name].to_numpy() for name in ("value", "low", "high"))
    words["caption"] += beyond_words(reach(value, low, high), low, high)
    return finished(
        _draw(table, unit, measure, words["mark"]),
        f"{measure} by method with {percent(level)} intervals",
        alt=_alt(table, unit, measure, level),
        frame=table.assign(main=np.where(table["main"], "yes", "no")),
        about=f"{capital(measure)} by method, with {percent(level)} intervals.",
        labels={"label": "Method", "value": "Estimate", "low": "Low end", "high": "High end",
                "kind": "Kind", "main": "Headline"},
        units=dict.fromkeys(("value", "low", "high"), unit),
        **words,
    )  # fmt: skip


def _alt(table: pd.DataFrame, unit: str, measure: str, level: float) -> str:
    known = table[np.isfinite(table["value"])]
    head = known[known["main"]]
    said = "No method is marked as the headline."
    if len(head):
        one = head.iloc[0]
        said = (
            f"The headline, {shorten(str(one['label']), 60)}, is {write(one['value'], unit)}, "
            f"interval {ends(one['low'], one['high'], unit)}."
        )
    sized = known.dropna(subset=["low", "high"])
    holds = int(((sized["low"] <= 0) & (sized["high"] >= 0)).sum())
    gone = len(table) - len(known)
    return (
        f"Forest plot of the {measure} by {counted(len(known), 'method')}, with {percent(level)} "
        f"intervals and a line at zero. {said} All methods run from "
        f"{ends(known['value'].min(), known['value'].max(), unit)}; {holds} of "
        f"{counted(len(sized), 'interval')} {'includes' if holds == 1 else 'include'} zero."
        + (f" {counted(gone, 'method')} gave no number." if gone else "")
    )


def _draw(table: pd.DataFrame, unit: str, measure: str, mark: str) -> bytes:
    looks = _looks(table)
    with drawing(_ROW * len(table) + 0.6 + 0.13 * len(looks)) as (canvas, axes):
        value, low, high = (table[name].to_numpy() for name in ("value", "low", "high"))
        axes.set_xlim(reach(value, low, high))
        axes.set_ylim(len(table) - 0.45, -0.55)
        axes.set_yticks([])
        axes.spines["left"].set_visible(False)
        for place, line in enumerate(table.itertuples(index=False)):
            _draw_row(axes, place, line, looks.get(str(line.kind), _REST), unit)
        axes.set_xlabel(shorten(axis_words(measure, unit), 60), loc="left")
        if len(looks) > 1:
            canvas.legend(handles=_handles(looks), loc="outside lower left", ncols=2)
        return drawn(canvas, mark)


def _looks(table: pd.DataFrame) -> dict[str, tuple[str, str]]:
    kinds = [str(kind) for kind in dict.fromkeys(table["kind"])]
    return {kind: _LOOKS[i] if i < len(_LOOKS) else _REST for i, kind in enumerate(kinds)}


def _handles(looks: dict[str, tuple[str, str]]) -> list[Line2D]:
    named = {look: shorten(kind, 26) for kind, look in looks.items() if look != _REST}
    if _REST in looks.values():
        named[_REST] = "other kinds"
    return [
        Line2D([], [], linestyle="", marker=marker, color=colour, markersize=7, label=kind)
        for (marker, colour), kind in named.items()
    ]


def _draw_row(axes: Any, place: int, line: Any, look: tuple[str, str], unit: str) -> None:
    marker, colour = look
    weight = "bold" if line.main else "normal"
    if line.main:
        axes.axhspan(place - 0.46, place + 0.46, color=GRID, alpha=0.45, linewidth=0)
    name = shorten(f"Headline: {line.label}" if line.main else str(line.label), _LONGEST[weight])
    axes.text(0.005, place - 0.24, name, va="center", weight=weight, in_layout=False,
              transform=axes.get_yaxis_transform())  # fmt: skip
    at = place + 0.2
    axes.vlines(0, place - 0.02, place + 0.42, color=INK, linewidth=1)
    low, high = np.array([line.low]), np.array([line.high])
    spans(axes, np.array([at]), low, high, "x", color=colour, linewidth=3 if line.main else 1.6)
    if np.isfinite(line.value):
        axes.scatter([line.value], [at], marker=marker, s=80 if line.main else 40, color=colour,
                     zorder=3)  # fmt: skip
    axes.text(1.03, at, _numbers(line, unit), va="center", weight=weight,
              transform=axes.get_yaxis_transform())  # fmt: skip


def _numbers(line: Any, unit: str) -> str:
    if np.isnan(line.value):
        return "not available"
    return f"{write(line.value, unit, bare=True)} ({ends(line.low, line.high, unit, bare=True)})"
