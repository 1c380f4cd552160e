"""Balance: how far members and others lay apart at the baseline, before and after weighting."""

from __future__ import annotations

from typing import Any, Unpack

import numpy as np
import pandas as pd
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from analysis.page.figures.canvas import (
    BLUE,
    GRID,
    INK,
    ORANGE,
    PALE,
    SOFT,
    Figure,
    drawing,
    name_rows,
    short_names,
    shorten,
    write_beside,
)
from analysis.page.figures.panel_words import Words, drawn, finished, lines, nothing, taken
from analysis.page.figures.phrases import counted
from analysis.quantities import write

_LETTERS = 24
_UNIT = "standard deviations"
_WHAT = "standardised differences between members and others at the baseline"


def draw_love_plot(
    frame: pd.DataFrame,
    *,
    passes: float = 0.05,
    adjusts: float = 0.25,
    **words: Unpack[Words],
) -> Figure:
    """Return the standardised differences of members and others before and after weighting.

    Parameters
    ----------
    frame : pandas.DataFrame
        One row a characteristic, from the top: ``covariate``, ``before`` and ``after``
        (standard deviations, of either sign; drawn without it).
    passes, adjusts : float, optional
        Largest difference that passes, and that may be adjusted for (What Works Clearinghouse).

    Raises
    ------
    ValueError
        If a column is missing, or the thresholds are not above zero and in order.
    """
    if not 0 < passes < adjusts < np.inf:
        raise ValueError(f"thresholds are {passes} and {adjusts}; expected 0 < passes < adjusts")
    table = taken(frame, ("before", "after"), ("covariate",))
    if not np.isfinite(table[["before", "after"]]).any(axis=None):
        return nothing(_WHAT, "no characteristic has a standardised difference", **words)
    return finished(
        _draw(table, (passes, adjusts), words["mark"]),
        _WHAT,
        alt=_alt(table, passes, adjusts),
        frame=table,
        about="Standardised differences, members less others.",
        labels={
            "covariate": "Characteristic",
            "before": "Before weighting",
            "after": "After weighting",
        },
        units=dict.fromkeys(("before", "after"), _UNIT),
        **words,
    )


def _alt(table: pd.DataFrame, passes: float, adjusts: float) -> str:
    return (
        f"Dot plot of the size of the standardised difference between members and others in "
        f"{counted(len(table), 'characteristic')}, before and after weighting. "
        f"{_side(table, 'before', passes, adjusts)} {_side(table, 'after', passes, adjusts)}"
    )


def _side(table: pd.DataFrame, when: str, passes: float, adjusts: float) -> str:
    size = table[when].abs()
    known = size[np.isfinite(size)]
    if known.empty:
        return f"No difference {when} weighting is available."
    most = known.idxmax()
    fine, far = int((known <= passes).sum()), int((known > adjusts).sum())
    return (
        f"{when.capitalize()} weighting {fine} of {len(known)} are at most {_bare(passes)} and "
        f"{far} above {_bare(adjusts)}; the largest is {write(known[most], _UNIT)}, in "
        f"{shorten(str(table.loc[most, 'covariate']), 60)}."
    )


def _bare(value: float) -> str:
    return write(value, _UNIT, bare=True)


def _draw(table: pd.DataFrame, zones: tuple[float, float], mark: str) -> bytes:
    before, after = (table[name].abs().to_numpy() for name in ("before", "after"))
    known = np.concatenate([before, after])
    far = 1.08 * max(known[np.isfinite(known)].max(), 1.2 * zones[1])
    names = short_names([str(name) for name in table["covariate"]], 2 * _LETTERS - 4)
    names = ["\n".join(lines(name, _LETTERS, 2)) for name in names]
    tall = 0.4 if any("\n" in name for name in names) else 0.3
    with drawing(tall * len(table) + 1.75) as (canvas, axes):
        axes.set_xlim(-0.012 * far, far)
        axes.axvspan(*zones, color=GRID, alpha=0.5, linewidth=0)
        axes.axvspan(zones[1], far, color=PALE, alpha=0.5, linewidth=0)
        axes.vlines(zones, -0.6, len(table) - 0.4, color=SOFT, linestyle=["--", "-"], linewidth=1)
        axes.hlines(table.index, *_pair(before, after, far), color=SOFT, linewidth=1.2)
        for values, look in ((before, _BEFORE), (after, _AFTER)):
            axes.scatter(np.where(np.isfinite(values), values, np.nan), table.index, **look)
        for place, (first, last) in enumerate(zip(before, after, strict=True)):
            write_beside(axes, place, _numbers(first, last))
        name_rows(axes, pd.Series(names), max(map(len, names)))
        axes.set_xlabel("Size of the difference, standard deviations")
        canvas.legend(handles=_handles(zones), loc="outside lower left", ncols=2)
        return drawn(canvas, mark)


_BEFORE: dict[str, Any] = {"marker": "s", "facecolor": "none", "edgecolor": ORANGE, "s": 40}
_AFTER: dict[str, Any] = {"marker": "o", "color": BLUE, "s": 44, "zorder": 3}


def _pair(before: np.ndarray, after: np.ndarray, far: float) -> tuple[np.ndarray, np.ndarray]:
    """Return both ends of the lines between two marks; an end beyond the frame lies on its edge."""
    lost = np.isnan(before) | np.isnan(after)
    return tuple(np.where(lost, np.nan, np.minimum(way, far)) for way in (before, after))  # type: ignore[return-value]


def _numbers(first: float, last: float) -> str:
    said = ["x" if np.isnan(value) else _bare(value) for value in (first, last)]
    return " \N{RIGHTWARDS ARROW} ".join(said)


def _handles(zones: tuple[float, float]) -> list[Any]:
    passes, adjusts = map(_bare, zones)
    plain: Any = {"linestyle": "", "markersize": 7}
    return [
        Line2D(
            [], [], marker="s", color=ORANGE, fillstyle="none", label="before weighting", **plain
        ),
        Line2D([], [], marker="o", color=BLUE, label="after weighting", **plain),
        Patch(facecolor="none", edgecolor=SOFT, label=f"up to {passes}: passes"),
        Patch(facecolor=GRID, edgecolor=SOFT, alpha=0.8, label=f"up to {adjusts}: adjust for it"),
        Patch(facecolor=PALE, edgecolor=INK, label=f"above {adjusts}: too far apart"),
    ]
