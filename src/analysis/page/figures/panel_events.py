"""Time: differences by year counted from joining, and the means of members and others by year."""

from __future__ import annotations

import textwrap
from typing import Any, Unpack

import numpy as np
import pandas as pd
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from analysis.page.figures.canvas import (
    BLUE,
    INK,
    ORANGE,
    PAPER,
    SOFT,
    Figure,
    band,
    drawing,
    say_measure,
    shorten,
    write_beside,
)
from analysis.page.figures.labels import spread
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

_BAND = ("band_low", "band_high")
_ENDS = ("low", "high", *_BAND)
_COUNTS = 9
_LETTERS = 50  # of the common size, side by side on the axes
_YEARS = 7
_WORD = 7  # letters of the longest word
_SIDES = ("years before joining", "years since joining")


def draw_event_study(
    frame: pd.DataFrame,
    *,
    unit: str,
    reference: int = -1,
    measure: str = "difference between members and others",
    level: float = 0.95,
    **words: Unpack[Words],
) -> Figure:
    """Return the estimates by year counted from joining, with intervals and one band for all.

    Parameters
    ----------
    frame : pandas.DataFrame
        One row a year: ``event_time`` (0 is the first year since joining), ``estimate``, ``low``
        and ``high`` (pointwise), ``band_low`` and ``band_high`` (simultaneous), ``n`` (schools).
    unit : str
        Unit of the numbers, a key of `analysis.quantities.UNITS`.
    reference : int, optional
        The year that the others are compared with; its estimate is zero by construction.

    Raises
    ------
    ValueError
        If a column is missing, or a year stands twice.
    """
    table = taken(frame, ("event_time", "estimate", *_ENDS, "n"))
    table["estimate"] = table["estimate"].where(np.isfinite(table["estimate"]))
    if table["event_time"].duplicated().any() or table["event_time"].isna().any():
        raise ValueError("an event time is missing or stands twice; expected one row each")
    told = table[table["event_time"] != reference]
    if not np.isfinite(told["estimate"]).any():
        return nothing(
            f"{measure} by year counted from joining", "no year has an estimate", **words
        )
    shown = _with_reference(table, reference)
    words["caption"] += beyond_words(_limits(shown), *(shown[name] for name in _ENDS))
    return finished(
        _draw_events(shown, reference, unit, measure, level, words),
        f"{measure} by year counted from joining, compared with year {_year(reference)}",
        alt=_alt(told[np.isfinite(told["estimate"])], unit, measure, level),
        frame=table,
        about=f"{capital(measure)} by year counted from joining.",
        labels={
            "event_time": "Year counted from joining",
            "low": f"Low end, {percent(level)} interval",
            "high": "High end",
            "band_low": f"Low end, {percent(level)} band of all years",
            "band_high": "High end of the band",
            "n": "Schools",
        },
        units={
            **dict.fromkeys(("estimate", "low", "high", *_BAND), unit),
            **dict.fromkeys(("event_time", "n"), "count"),
        },
        **words,
    )


def _year(number: float) -> str:
    return write(number, "count")


def _with_reference(table: pd.DataFrame, reference: int) -> pd.DataFrame:
    there = table["event_time"] == reference
    if there.any():
        zero = there & table["estimate"].isna()
        table = table.assign(estimate=table["estimate"].mask(zero, 0.0))
    else:
        table = pd.concat(
            [table, pd.DataFrame({"event_time": [float(reference)], "estimate": 0.0})]
        )
    return table.sort_values("event_time", ignore_index=True)


def _alt(told: pd.DataFrame, unit: str, measure: str, level: float) -> str:
    early, late = told[told["event_time"] < 0], told[told["event_time"] >= 0]
    parts = [
        f"Event-study chart of the {measure} with {percent(level)} intervals and a band for all "
        f"years together, for {counted(len(early), 'year')} before and "
        f"{counted(len(late), 'year')} since joining."
    ]
    parts += [_said(rows, unit, side) for rows, side in zip((early, late), _SIDES, strict=True)]
    if len(late):
        last = late.loc[late["event_time"].idxmax()]
        parts.append(
            f"In year {_year(last['event_time'])} it is {write(last['estimate'], unit)}, interval "
            f"{ends(last['low'], last['high'], unit)}."
        )
    return " ".join(part for part in parts if part)


def _said(rows: pd.DataFrame, unit: str, side: str) -> str:
    if rows.empty:
        return ""
    low, high = (rows[name] for name in _BAND)
    known = int((low.notna() & high.notna()).sum())
    holds = int(((low <= 0) & (high >= 0)).sum())
    size = rows["estimate"]
    span = f"runs from {ends(size.min(), size.max(), unit)}" if len(rows) > 1 else ""
    return (
        f"In the {side} it {span or f'is {write(size.iloc[0], unit)}'}; the band includes zero in "
        f"{holds} of {known}."
    )


def _draw_events(
    table: pd.DataFrame, reference: int, unit: str, measure: str, level: float, words: Any
) -> bytes:
    time = table["event_time"].to_numpy()
    value, low, high, floor, top = (table[name].to_numpy() for name in ("estimate", *_ENDS))
    with drawing(4.5) as (canvas, axes):
        first, last = _limits(table)
        axes.set_ylim(first, last)
        axes.set_xlim(time.min() - 0.6, time.max() + 0.6)
        axes.axhline(0, color=INK, linewidth=1)
        known = ~(np.isnan(floor) | np.isnan(top))
        floor, top = (np.clip(way[known], first, last) for way in (floor, top))
        axes.bar(time[known], top - floor, 0.62, floor, **band())
        spans(axes, time, low, high, "y", color=BLUE, linewidth=2)
        axes.set_ylim(first, last + 0.22 * (last - first))
        _draw_points(axes, time, value, reference)
        _say_sides(axes, time)
        _name_years(axes, table)
        say_measure(axes, shorten(axis_words(measure, unit), 60))
        canvas.legend(
            handles=_handles(time[time != reference], level), loc="outside lower left", ncols=2
        )
        return drawn(canvas, words["mark"])


def _limits(table: pd.DataFrame) -> tuple[float, float]:
    value, low, high, floor, top = (table[name].to_numpy() for name in ("estimate", *_ENDS))
    return reach(value, np.fmin(low, floor), np.fmax(high, top))


def _draw_points(axes: Any, time: np.ndarray, value: np.ndarray, reference: int) -> None:
    given = time == reference
    for chosen, look in ((~given & (time < 0), _EARLY), (~given & (time >= 0), _LATE),
                         (given, _GIVEN)):  # fmt: skip
        axes.scatter(time[chosen], value[chosen], zorder=3, **look)


_EARLY: dict[str, Any] = {"marker": "s", "s": 44, "color": ORANGE}
_LATE: dict[str, Any] = {"marker": "o", "s": 50, "color": BLUE}
_GIVEN: dict[str, Any] = {"marker": "D", "s": 40, "facecolor": PAPER, "edgecolor": INK}


def _say_sides(axes: Any, time: np.ndarray) -> None:
    """Write on which side of joining a year lies, each as wide as its side of the start."""
    left, right = axes.get_xlim()
    if left < -0.5 < right:
        axes.axvline(-0.5, color=SOFT, linestyle="--", linewidth=1.2)
    start = min(max(-0.5, left), right)
    shares = ((start - left) / (right - left), (right - start) / (right - left))
    for words, share, side in zip(_SIDES, shares, (-1, 1), strict=True):
        if _LETTERS * share >= _WORD:
            axes.annotate(
                textwrap.fill(words, int(_LETTERS * share)),
                (start, 1.0),
                xycoords=axes.get_xaxis_transform(),
                xytext=(7 * side, -2),
                textcoords="offset points",
                ha="right" if side < 0 else "left",
                va="top",
                color=SOFT,
                in_layout=False,
            )


def _name_years(axes: Any, table: pd.DataFrame) -> None:
    if len(table) > _COUNTS:
        step = -(-len(table) // _COUNTS)
        shown = table[(table["event_time"] % step) == 0]
        axes.set_xticks(shown["event_time"], [_year(time) for time in shown["event_time"]])
        axes.set_xlabel("Year counted from joining")
        return
    counts = ["" if np.isnan(n) else _year(n) for n in table["n"]]
    names = [f"{_year(t)}\n{n}" for t, n in zip(table["event_time"], counts, strict=True)]
    axes.set_xticks(table["event_time"], names)
    axes.set_xlabel("Year counted from joining; below it, number of schools")


def _handles(time: np.ndarray, level: float) -> list[Any]:
    plain: Any = {"linestyle": "", "markersize": 7}
    looks: list[Any] = [
        Line2D([], [], color=BLUE, linewidth=2, label=f"{percent(level)} interval of one year"),
        Patch(**band(), label=f"{percent(level)} band of all years"),
        Line2D(
            [], [], marker="D", color=INK, fillstyle="none", label="year compared with", **plain
        ),
    ]
    if (time >= 0).any():
        looks.append(Line2D([], [], marker="o", color=BLUE, label="since joining", **plain))
    if (time < 0).any():
        looks.append(Line2D([], [], marker="s", color=ORANGE, label="before joining", **plain))
    return looks


def draw_years(
    frame: pd.DataFrame,
    *,
    unit: str,
    start: float,
    measure: str = "mean outcome",
    start_words: str = "first members join",
    **words: Unpack[Words],
) -> Figure:
    """Return the mean outcome by year of members and others, with the start marked.

    Parameters
    ----------
    frame : pandas.DataFrame
        One row a year: ``year`` (whole number), ``members`` and ``others`` (means). A year without
        a row, or without a mean, breaks the line.
    unit : str
        Unit of the means, a key of `analysis.quantities.UNITS`.
    start : float
        Where joining begins on the scale of years, such as 2015.5 for between two years' tests.

    Raises
    ------
    ValueError
        If a column is missing, a year is no number, or stands twice.
    """
    table = taken(frame, ("year", "members", "others")).sort_values("year", ignore_index=True)
    if table["year"].duplicated().any() or table["year"].isna().any():
        raise ValueError("a year is missing or stands twice; expected one row each")
    table = table.replace([np.inf, -np.inf], np.nan)
    if table[["members", "others"]].isna().all(axis=None):
        return nothing(f"{measure} by year", "no year has a mean", **words)
    sides = " ".join(_moved(table, side, unit) for side in ("members", "others"))
    years = f"{table['year'].iloc[0]:.0f} to {table['year'].iloc[-1]:.0f}"
    return finished(
        _draw_years(table, start, start_words, axis_words(measure, unit), unit, words["mark"]),
        f"{measure} by year, members and others",
        alt=f"Line chart of the {measure} of members and others, {years}; a dashed line marks "
        f"where {start_words}. {sides}",
        frame=table.assign(year=[f"{year:.0f}" for year in table["year"]]),
        about=f"{capital(measure)} by year.",
        units=dict.fromkeys(("members", "others"), unit),
        **words,
    )


def _moved(table: pd.DataFrame, side: str, unit: str) -> str:
    known = table.dropna(subset=[side])
    if known.empty:
        return f"No mean of the {side} is available."
    (year, value), (last, then) = (known[["year", side]].iloc[i] for i in (0, -1))
    if year == last:
        return f"{side.capitalize()}: {write(value, unit)} in {year:.0f} alone."
    return (
        f"{side.capitalize()}: {write(value, unit)} in {year:.0f}, "
        f"{write(then, unit)} in {last:.0f}."
    )


def _draw_years(
    table: pd.DataFrame, start: float, said: str, measure: str, unit: str, mark: str
) -> bytes:
    years = np.arange(table["year"].min(), table["year"].max() + 1)
    means = table.set_index("year").reindex(years)
    with drawing(3.9) as (canvas, axes):
        for side, look in (("members", "o-"), ("others", "s--")):
            colour = BLUE if side == "members" else ORANGE
            axes.plot(years, means[side], look, color=colour, linewidth=2, markersize=6)
        axes.set_xlim(min(years[0], start) - 0.4, max(years[-1], start) + 0.4)
        axes.margins(y=0.12)
        low, high = axes.get_ylim()
        axes.set_ylim(low, high + 0.12 * (high - low))
        left, right = axes.get_xlim()
        axes.set_xticks(years[:: int(-(-(right - left) // _YEARS))])
        axes.xaxis.set_major_formatter(lambda year, _: f"{year:.0f}")
        _mark_start(axes, start, said)
        _name_sides(axes, means, unit)
        say_measure(axes, shorten(measure, 60))
        return drawn(canvas, mark)


def _mark_start(axes: Any, start: float, said: str) -> None:
    axes.axvline(start, color=SOFT, linestyle=":", linewidth=1.6)
    left, right = axes.get_xlim()
    late = start > (left + right) / 2
    axes.annotate(
        shorten(said, 34),
        (start, 1.0),
        xycoords=axes.get_xaxis_transform(),
        xytext=(-5 if late else 5, -2),
        textcoords="offset points",
        ha="right" if late else "left",
        va="top",
        color=SOFT,
        in_layout=False,
    )


def _name_sides(axes: Any, means: pd.DataFrame, unit: str) -> None:
    """Write each side's name and last mean to the right, at least a line of text apart."""
    known = {side: means[side].dropna() for side in ("members", "others")}
    known = {side: values for side, values in known.items() if len(values)}
    low, high = axes.get_ylim()
    heights = spread([float(values.iloc[-1]) for values in known.values()], 0.07 * (high - low))
    for (side, values), height in zip(known.items(), heights, strict=True):
        text = f"{side} {write(values.iloc[-1], unit, bare=True)}"
        write_beside(axes, height, text, BLUE if side == "members" else ORANGE)
