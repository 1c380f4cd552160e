"""A headline number year by year, with a gap wherever two years may not be compared."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from analysis.page.figures.canvas import (
    BLUE,
    GRID,
    INK,
    ORANGE,
    PAPER,
    SOFT,
    Figure,
    cut_alt,
    drawing,
    say_measure,
    to_svg,
)
from analysis.page.figures.panel_words import percent
from analysis.page.figures.phrases import counted, listed
from analysis.page.tables import Table
from analysis.page.years import Measure
from analysis.quantities import write

FEWEST = 2
MOST_LABELS = 10
_HEIGHT = 3.1
_LABELS = {
    "label": "Year",
    "status": "Status",
    "low": "Low end of the interval",
    "high": "High end of the interval",
    "n": "Rows",
    "definition": "How the outcome is defined",
    "why": "Why there is no number",
    "apart": "Why no line comes from the year before",
}


def can_be_drawn(frame: pd.DataFrame) -> bool:
    """Return whether there are enough years with a number for a picture."""
    return int(frame["value"].notna().sum()) >= FEWEST


def coefficient_by_year(frame: pd.DataFrame, measure: Measure, slug: str, place: str) -> Figure:
    """Return the picture of a number by year, as `analysis.page.years.by_year` lists it."""
    known = frame[frame["value"].notna()]
    first, last = frame["label"].iloc[[0, -1]]
    return Figure(
        slug=slug,
        title=_title(known, measure),
        subtitle=f"{measure.short}, {_unit(measure)}, {place}, results of {first} to {last}",
        alt=cut_alt(_alt(frame, known, measure)),
        caption=_caption(frame, known),
        svg=_draw(frame, measure),
        data=table_by_year(frame, measure, slug),
    )


def table_by_year(frame: pd.DataFrame, measure: Measure, slug: str) -> Table:
    """Return the numbers behind the picture, with the reason for each gap."""
    shown = frame[[*_LABELS]].assign(value=frame["value"])
    order = ["label", "status", "value", *list(_LABELS)[2:]]
    return Table(
        shown[order],
        slug,
        f"The {measure.label}, by year.",
        {**_LABELS, "value": measure.short},
        {**dict.fromkeys(("value", "low", "high"), measure.unit), "n": "count"},
        folder="years/",
    )


def _unit(measure: Measure) -> str:
    return write(0.0, measure.unit).partition("\N{NO-BREAK SPACE}")[2] or measure.unit


def _excluding(known: pd.DataFrame) -> pd.Series:
    return (known["low"] > 0) | (known["high"] < 0)


def _title(known: pd.DataFrame, measure: Measure) -> str:
    sized = known[known["low"].notna() & known["high"].notna()]
    if sized.empty:
        return f"{counted(len(known), 'year')} with a {measure.noun}, none with an interval"
    outside = int(_excluding(sized).sum())
    years = counted(len(sized), "year")
    return f"The interval of the {measure.noun} excludes zero in {outside} of {years}"


def _alt(frame: pd.DataFrame, known: pd.DataFrame, measure: Measure) -> str:
    first, last = frame["label"].iloc[[0, -1]]
    lines = int(frame["joined"].sum())
    numbers = "; ".join(
        f"{one.label} {write(one.value, measure.unit, bare=True)}{_interval(one, measure)}"
        for one in known.itertuples()
    )
    return (
        f"Dot chart with intervals of the {measure.label}, {_unit(measure)}, in "
        f"{counted(len(known), 'year')} from {first} to {last}, with a line at zero. "
        f"{counted(lines, 'pair')} of neighbouring years {'is' if lines == 1 else 'are'} joined. "
        f"{_provisional(known)}{numbers}."
    )


def _provisional(known: pd.DataFrame) -> str:
    some = list(known.loc[known["status"] == "provisional", "label"])
    return f"PROVISIONAL: {listed(some)}. " if some else ""


def _interval(one: Any, measure: Measure) -> str:
    if pd.isna(one.low) or pd.isna(one.high):
        return ""
    low, high = (write(end, measure.unit, bare=True) for end in (one.low, one.high))
    return f" ({low} to {high})"


def _caption(frame: pd.DataFrame, known: pd.DataFrame) -> str:
    levels = sorted({percent(level) for level in known["level"].dropna()})
    said = [
        f"Marks are estimates, bars {listed(levels)} intervals." if levels else "",
        "A line joins neighbouring years only where both state the same definition.",
        *_gaps(frame),
        *_without_number(frame),
    ]
    if any(_is_break(frame, place) for place in range(1, len(frame))):
        said.append("Dotted lines stand where a comparison breaks off.")
    some = list(known.loc[known["status"] == "provisional", "label"])
    said += [f"Open diamonds are PROVISIONAL ({listed(some)}) and will change."] if some else []
    return " ".join(part for part in said if part)


def _without_number(frame: pd.DataFrame) -> list[str]:
    """Return a sentence for each reason why years have no number."""
    absent = frame[frame["why"].notna()].groupby("why", sort=False)["label"].agg(list)
    return [f"No number (x) of {listed(labels)}: {reason}." for reason, labels in absent.items()]


def _gaps(frame: pd.DataFrame) -> list[str]:
    """Return a sentence for each reason why neighbouring years with numbers are not joined."""
    pairs: dict[str, list[str]] = {}
    for place in range(1, len(frame)):
        if _is_break(frame, place):
            before, after = frame["label"].iloc[[place - 1, place]]
            pairs.setdefault(frame["apart"].iloc[place], []).append(f"from {before} to {after}")
    return [f"No line {listed(names)}: {reason}." for reason, names in pairs.items()]


def _is_break(frame: pd.DataFrame, place: int) -> bool:
    both = frame["value"].iloc[[place - 1, place]].notna().all()
    return bool(both) and not frame["joined"].iloc[place]


def _draw(frame: pd.DataFrame, measure: Measure) -> bytes:
    with drawing(_HEIGHT) as (canvas, axes):
        axes.axhline(0, color=INK, linewidth=1)
        _draw_lines(axes, frame)
        _draw_breaks(axes, frame)
        _draw_marks(axes, frame)
        step = int(np.ceil(len(frame) / MOST_LABELS))
        ticks = frame.iloc[::-1].iloc[::step]
        names = [f"{one.label}\n{'x' if pd.isna(one.value) else ' '}" for one in ticks.itertuples()]
        axes.set_xticks(ticks["year"], [name.rstrip() for name in names])
        axes.set_xlim(frame["year"].iloc[0] - 0.6, frame["year"].iloc[-1] + 0.6)
        axes.yaxis.set_major_formatter(lambda value, _: write(value, measure.unit, bare=True))
        axes.grid(axis="y", color=GRID, linewidth=0.8)
        say_measure(axes, f"{measure.short}, {_unit(measure)}")
        if len({*frame["status"].dropna()} & {"provisional"}):
            canvas.legend(loc="outside lower left", ncols=2)
        return to_svg(canvas)


def _draw_lines(axes: Any, frame: pd.DataFrame) -> None:
    for place in np.flatnonzero(frame["joined"]):
        pair = frame.iloc[[place - 1, place]]
        firm = (pair["status"] != "provisional").all()
        style = "-" if firm else "--"
        axes.plot(pair["year"], pair["value"], color=BLUE, linewidth=1.6, linestyle=style)


def _draw_breaks(axes: Any, frame: pd.DataFrame) -> None:
    for place in range(1, len(frame)):
        if _is_break(frame, place):
            middle = frame["year"].iloc[place] - 0.5
            axes.axvline(middle, color=SOFT, linestyle=":", linewidth=1.2)


def _draw_marks(axes: Any, frame: pd.DataFrame) -> None:
    for provisional, colour in ((False, BLUE), (True, ORANGE)):
        rows = frame[frame["value"].notna() & ((frame["status"] == "provisional") == provisional)]
        axes.vlines(rows["year"], rows["low"], rows["high"], color=colour, linewidth=2)
        axes.scatter(
            rows["year"],
            rows["value"],
            s=70,
            marker="D" if provisional else "o",
            facecolor=PAPER if provisional else colour,
            edgecolor=colour,
            linewidth=2,
            zorder=3,
            label="PROVISIONAL" if provisional else "revised or final",
        )
