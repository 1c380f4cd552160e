"""Gains of single schools: by size of cohort within chance's funnel, and by money per pupil."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Unpack

import numpy as np
import pandas as pd
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from analysis.page.figures.canvas import (
    BLUE,
    INK,
    ORANGE,
    SOFT,
    Figure,
    drawing,
    say_measure,
    shorten,
    write_beside,
)
from analysis.page.figures.labels import name_points, spread
from analysis.page.figures.panel_words import (
    Floats,
    Words,
    axis_words,
    beyond_words,
    capital,
    dots,
    drawn,
    finished,
    nothing,
    percent,
    reach,
    spans,
    taken,
)
from analysis.page.figures.phrases import counted
from analysis.quantities import SUPPRESSED, write

_NEAR, _FAR = 0.95, 0.998
_LIMITS = ("low95", "high95", "low998", "high998")
_COUNTED = ("members", "others", "outside 95", "outside 998")
_COLUMNS = ("members", "others", "mean", "outside 95", "outside 998")
_SIDES = {True: ("members", BLUE, 4.4, "projecting"), False: ("others", ORANGE, 3.4, "round")}
_SAID = {
    "members": "Members",
    "outside 95": f"Outside the {percent(_NEAR)} limits",
    "outside 998": f"Outside the {percent(_FAR)} limits",
}


def draw_funnel(
    frame: pd.DataFrame,
    limits: pd.DataFrame,
    *,
    bands: pd.DataFrame,
    counts: Mapping[str, float],
    unit: str = "pp",
    measure: str = "gain",
    **words: Unpack[Words],
) -> Figure:
    """Return gains by size of cohort, within the limits that chance alone gives.

    No school is named or drawn by itself, and the table behind the picture holds bands of cohorts.

    Parameters
    ----------
    frame : pandas.DataFrame
        One row a mark: ``cohort`` (pupils), ``gain`` and ``member`` (True or False).
    limits : pandas.DataFrame
        One row a cohort size: ``cohort``, ``low95``, ``high95``, ``low998``, ``high998``,
        ``centre``.
    bands : pandas.DataFrame
        One row a band of cohorts: ``cohort`` in words, ``members``, ``others``, ``mean``,
        ``outside 95`` and ``outside 998``; missing is what may not be shown.
    counts : mapping of str to float
        ``members`` and ``others``, and each with the names of the limits that they lie outside.

    Raises
    ------
    ValueError
        If a column is missing.
    """
    table = taken(frame, ("cohort", "gain"), ("member",))
    table = table.assign(member=table["member"].fillna(False).astype(bool))
    table = table[np.isfinite(table[["cohort", "gain"]]).all(axis=1)].reset_index(drop=True)
    bounds = taken(limits, ("cohort", *_LIMITS, "centre")).dropna().sort_values("cohort")
    rows = taken(bands, (*_COUNTED, "mean"), ("cohort",))[["cohort", *_COLUMNS]]
    return finished(
        _draw(table, bounds, axis_words(measure, unit), words["mark"]),
        f"{measure} of schools by size of cohort",
        alt=_alt(counts, measure),
        frame=rows,
        about="Schools by size of cohort.",
        labels={"mean": f"Mean {measure}", "cohort": "Pupils in the cohort", **_SAID},
        units={"mean": unit, **dict.fromkeys(_COUNTED, "schools")},
        **words,
    )


def _alt(counts: Mapping[str, float], measure: str) -> str:
    parts = []
    for side, *_ in _SIDES.values():
        of, far, farther = (
            SUPPRESSED if np.isnan(n := counts[name]) else write(n, "count")
            for name in (side, f"{side} outside 95", f"{side} outside 998")
        )
        parts.append(
            f"of {of} {side} {far} lie outside the {percent(_NEAR)} limits and {farther} outside "
            f"the {percent(_FAR)} limits"
        )
    return (
        f"Funnel plot of the {measure} of schools by size of cohort, with the limits that chance "
        f"alone gives: {'; '.join(parts)}. No school is named or drawn by itself."
    )


def _draw(kept: pd.DataFrame, bounds: pd.DataFrame, measure: str, mark: str) -> bytes:
    with drawing(4.5) as (canvas, axes):
        _set_frame(axes, kept, bounds)
        for member in (False, True):
            _, colour, size, cap = _SIDES[member]
            rows = kept[kept["member"] == member]
            dots(axes, rows["cohort"].to_numpy(), rows["gain"].to_numpy(), size, colour, cap)
        _draw_limits(axes, bounds)
        axes.set_xlabel("Pupils in the cohort")
        say_measure(axes, shorten(measure, 60))
        canvas.legend(handles=_handles(kept), loc="outside lower left", ncols=2)
        return drawn(canvas, mark)


def _handles(kept: pd.DataFrame) -> list[Line2D]:
    there = {member: look for member, look in _SIDES.items() if (kept["member"] == member).any()}
    return [
        Line2D([], [], linestyle="", marker=marker, color=colour, markersize=size, label=side)
        for (side, colour, size, cap) in there.values()
        for marker in ("s" if cap == "projecting" else "o",)
    ]


def _set_frame(axes: Any, kept: pd.DataFrame, bounds: pd.DataFrame) -> None:
    heights = [kept["gain"], bounds["low95"], bounds["high95"]]
    across = pd.concat([kept["cohort"], bounds["cohort"]]), axes.set_xlim
    for values, setter in (across, (pd.concat(heights), axes.set_ylim)):
        low, high = (float(values.min()), float(values.max())) if len(values) else (0.0, 1.0)
        room = 0.06 * (high - low) or max(1.0, 0.1 * abs(high))
        setter(low - room, high + room)


def _draw_limits(axes: Any, bounds: pd.DataFrame) -> None:
    """Draw the limits as far as they lie in the frame, and name them at their right ends."""
    if bounds.empty:
        return
    (left, right), (low, high) = axes.get_xlim(), axes.get_ylim()
    at = np.linspace(max(left, bounds["cohort"].min()), min(right, bounds["cohort"].max()), 60)
    looks = {"95": ("--", 1.3), "998": ("-", 1.3)}
    marked: dict[str, float] = {}
    for name in ("centre", *_LIMITS):
        height = np.interp(at, bounds["cohort"], bounds[name])
        style, width = looks.get(name.removeprefix("low").removeprefix("high"), (":", 1.6))
        seen = np.where((height >= low) & (height <= high), height, np.nan)
        axes.plot(at, seen, color=INK, linestyle=style, linewidth=width)
        if not np.isnan(seen[-1]):
            marked[name] = float(seen[-1])
    said = {"centre": "centre"} | {n: percent(_NEAR if "95" in n else _FAR) for n in _LIMITS}
    for name, place in zip(
        marked, spread(list(marked.values()), 0.055 * (high - low)), strict=True
    ):
        write_beside(axes, place, said[name], SOFT)


def draw_dose(
    frame: pd.DataFrame,
    *,
    unit: str = "pp",
    line: tuple[float, float] | None = None,
    slope_words: str = "",
    measure: str = "mean gain",
    level: float = 0.95,
    **words: Unpack[Words],
) -> Figure:
    """Return the mean gain by money per pupil, in bins of schools, with the fitted line.

    Parameters
    ----------
    frame : pandas.DataFrame
        One row a bin: ``gbp`` (mean pounds per pupil), ``gain``, ``low``, ``high`` and ``n``
        (schools).
    line : tuple of float, optional
        Height of the fitted line at no money, and its rise for each pound per pupil.
    slope_words : str, optional
        The slope with its unit, as text, for the alt text.

    Raises
    ------
    ValueError
        If a column is missing.
    """
    table = taken(frame, ("gbp", "gain", "low", "high", "n"))
    known = table[np.isfinite(table[["gbp", "gain"]]).all(axis=1)].reset_index(drop=True)
    if known.empty:
        return nothing(f"{measure} by money per pupil", "no bin of schools has both", **words)
    fitted = _fitted(known["gbp"].to_numpy(), line)
    low, high = known["low"].to_numpy(), known["high"].to_numpy()
    words["caption"] += beyond_words(_heights(known, fitted), low, high)
    return finished(
        _draw_bins(known, fitted, axis_words(measure, unit), words["mark"]),
        f"{measure} by pounds per pupil, with {percent(level)} intervals",
        alt=_alt_of_bins(known, unit, measure, level, slope_words),
        frame=table,
        about=f"{capital(measure)} by money per pupil.",
        labels={"gbp": "Money per pupil", "gain": measure, "low": "Low end", "high": "High end",
                "n": "Schools"},
        units={"gbp": "GBP", "n": "count", **dict.fromkeys(("gain", "low", "high"), unit)},
        **words,
    )  # fmt: skip


def _alt_of_bins(known: pd.DataFrame, unit: str, measure: str, level: float, slope: str) -> str:
    ordered = known.sort_values("gbp")
    first, last = ordered.iloc[0], ordered.iloc[-1]
    said = [f"{write(one['gain'], unit)} at {write(one['gbp'], 'GBP')}" for one in (first, last)]
    return (
        f"Dot plot of the {measure} by money per pupil in {counted(len(known), 'bin')} of "
        f"{write(known['n'].sum(), 'count')} schools, with {percent(level)} intervals. The "
        f"{measure} is {said[0] if len(known) == 1 else ' and '.join(said)}."
        + (f" The fitted line's slope is {slope}." if slope else "")
    )


def _draw_bins(known: pd.DataFrame, line: tuple[Floats, Floats], measure: str, mark: str) -> bytes:
    x, gain, low, high = (known[name].to_numpy() for name in ("gbp", "gain", "low", "high"))
    with drawing(4.2) as (canvas, axes):
        room = 0.08 * float(np.ptp(x)) or max(1.0, 0.1 * abs(float(x[0])))
        axes.set_xlim(min(0.0, x.min()) - room, x.max() + room)
        axes.set_ylim(_heights(known, line))
        axes.axhline(0, color=SOFT, linewidth=1, zorder=0)
        axes.plot(*line, color=INK, linestyle="--", linewidth=1.6)
        spans(axes, x, low, high, "y", color=BLUE, linewidth=2)
        axes.scatter(x, gain, s=46, color=BLUE, zorder=3)
        axes.set_xlabel("Money per pupil; beside each point, number of schools")
        axes.xaxis.set_major_locator(MaxNLocator(6, integer=True))
        axes.xaxis.set_major_formatter(lambda value, _: write(value, "GBP"))
        say_measure(axes, shorten(measure, 60))
        at = list(zip(x, gain, strict=True))
        counts = ["" if np.isnan(n) else write(n, "count") for n in known["n"]]
        avoid = [*at, *_along(axes, x, low, high)]
        name_points(canvas, axes, counts, at, avoid, list(zip(*line, strict=True)))
        return drawn(canvas, mark)


def _along(axes: Any, x: Floats, low: Floats, high: Floats) -> list[tuple[float, float]]:
    """Return points along each interval that is known, as far as it lies in the frame."""
    ends_known = ~(np.isnan(low) | np.isnan(high))
    first, last = (np.clip(end[ends_known], *axes.get_ylim()) for end in (low, high))
    steps = np.linspace(first, last, 12)
    return [(at, up) for at, way in zip(x[ends_known], steps.T, strict=True) for up in way]


def _fitted(x: Floats, line: tuple[float, float] | None) -> tuple[Floats, Floats]:
    if line is None or not np.isfinite(line).all():
        return np.empty(0), np.empty(0)
    at = np.linspace(x.min(), x.max(), 20 if np.ptp(x) else 1)
    return at, line[0] + line[1] * at


def _heights(known: pd.DataFrame, line: tuple[Floats, Floats]) -> tuple[float, float]:
    """Return the limits of the vertical axis, with the whole line in them."""
    none = np.full(len(line[1]), np.nan)
    low, high = (np.append(known[name], none) for name in ("low", "high"))
    return reach(np.append(known["gain"], line[1]), low, high)
