"""Sensitivity: what a hidden variable would leave of an estimate, by how strong it is."""

from __future__ import annotations

from typing import Any, Unpack

import numpy as np
import pandas as pd
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator
from numpy.typing import ArrayLike

from analysis.page.figures.canvas import (
    BLUE,
    INK,
    ORANGE,
    PALE,
    SOFT,
    TEXT_POINTS,
    Figure,
    drawing,
    say_measure,
    shorten,
)
from analysis.page.figures.labels import name_points
from analysis.page.figures.panel_words import Floats, Words, drawn, finished, nothing, taken
from analysis.page.figures.phrases import counted
from analysis.quantities import write

_FEWEST = 2
_STEPS = 2001
_NAMED = 24
_EDGE = 0.09  # of the frame: no number of a line nearer to its edge


def draw_contour(
    r2_treatment: ArrayLike,
    r2_outcome: ArrayLike,
    adjusted: ArrayLike,
    *,
    benchmarks: pd.DataFrame,
    estimate: float,
    unit: str,
    **words: Unpack[Words],
) -> Figure:
    """Return what would be left of an estimate if a hidden variable of some strength were held.

    Parameters
    ----------
    r2_treatment, r2_outcome : array_like of float, shapes (m,) and (k,)
        Rising partial R-squared of the hidden variable with joining, and with the outcome.
    adjusted : array_like of float, shape (k, m)
        The estimate at each pair, a row for each of `r2_outcome`.
    benchmarks : pandas.DataFrame
        Known variables to compare with: ``label``, ``x`` (with joining), ``y`` (with the outcome).
    estimate : float
        The estimate with no hidden variable.
    unit : str
        Unit of the estimates, a key of `analysis.quantities.UNITS`.

    Raises
    ------
    ValueError
        If the shapes don't fit, a grid does not rise, or a column is missing.

    References
    ----------
    Cinelli, C. and Hazlett, C. (2020). Making sense of sensitivity: extending omitted variable
    bias. Journal of the Royal Statistical Society, Series B 82, 39-67.
    """
    x, y, grid = _checked(r2_treatment, r2_outcome, adjusted)
    marks = taken(benchmarks, ("x", "y"), ("label",))
    marks = marks.assign(
        left=[_at(x, y, grid, *point) for point in zip(marks["x"], marks["y"], strict=True)]
    )
    what = "estimate that a hidden variable would leave"
    if not np.isfinite(grid).any() or min(grid.shape) < _FEWEST:
        return nothing(what, "no grid of adjusted estimates is given", **words)
    return finished(
        _draw(x, y, grid, marks, estimate, unit, words["mark"]),
        f"{what}, by its partial R² with joining and with the outcome",
        alt=_alt(x, y, grid, marks, estimate, unit),
        frame=_table(marks, estimate),
        about="The estimate that a hidden variable as strong as each of these would leave.",
        labels={
            "label": "As strong as",
            "x": "Partial R² with joining",
            "y": "Partial R² with the outcome",
            "left": "Estimate left",
        },
        units={"x": "probability", "y": "probability", "left": unit},
        **words,
    )


def _checked(
    across: ArrayLike, up: ArrayLike, adjusted: ArrayLike
) -> tuple[Floats, Floats, Floats]:
    x, y, grid = (np.asarray(one, dtype=float) for one in (across, up, adjusted))
    if x.ndim != 1 or y.ndim != 1 or grid.shape != (y.size, x.size):
        raise ValueError(
            f"adjusted has the shape {grid.shape}; expected a row for each of {y.size} values of "
            f"r2_outcome and a column for each of {x.size} of r2_treatment"
        )
    for name, way in (("r2_treatment", x), ("r2_outcome", y)):
        if not (np.isfinite(way).all() and (np.diff(way) > 0).all()):
            raise ValueError(f"{name} does not rise; expected finite values in rising order")
    return x, y, np.where(np.isfinite(grid), grid, np.nan)


def _at(x: Floats, y: Floats, grid: Floats, across: float, up: float) -> float:
    """Return the estimate at a point between those of the grid, NaN outside of it."""
    inside = x.size and y.size and x[0] <= across <= x[-1] and y[0] <= up <= y[-1]
    if not inside:
        return float("nan")
    return float(np.interp(up, y, [np.interp(across, x, row) for row in grid]))


def _equal_strength(x: Floats, y: Floats, grid: Floats) -> float:
    """Return the least partial R-squared, the same with both, at which the estimate is zero."""
    shares = np.linspace(max(x[0], y[0]), min(x[-1], y[-1]), _STEPS)
    left = np.array([_at(x, y, grid, share, share) for share in shares])
    turned = np.flatnonzero(np.sign(left) != np.sign(left[0]))
    return (
        float(shares[turned[0]]) if len(turned) and np.isfinite(left[turned[0]]) else float("nan")
    )


def _table(marks: pd.DataFrame, estimate: float) -> pd.DataFrame:
    none = pd.DataFrame({"label": ["no hidden variable"], "x": 0.0, "y": 0.0, "left": estimate})
    return pd.concat([none, marks], ignore_index=True) if len(marks) else none


def _alt(
    x: Floats, y: Floats, grid: Floats, marks: pd.DataFrame, estimate: float, unit: str
) -> str:
    share = _equal_strength(x, y, grid)
    zero = f"It would be zero if that explained {write(share, 'share')} of what is left of both"
    never = "Nowhere on the diagonal of the frame does it reach zero"
    known = marks[marks["left"].notna()]
    said = [
        f"one as strong as {shorten(str(row.label), 40)} would leave {write(row.left, unit)}"
        for row in known.head(3).itertuples()
    ]
    return (
        "Contour chart of the estimate that would be left if a hidden variable were held, by its "
        f"partial R² with joining and with the outcome. Without one it is {write(estimate, unit)}. "
        f"{never if np.isnan(share) else zero}. "
        f"{counted(len(known), 'known variable')} {'is' if len(known) == 1 else 'are'} marked"
        + (f": {'; '.join(said)}." if said else ".")
    )


def _draw(
    x: Floats,
    y: Floats,
    grid: Floats,
    marks: pd.DataFrame,
    estimate: float,
    unit: str,
    mark: str,
) -> bytes:
    with drawing(4.7) as (canvas, axes):
        axes.set_xlim(x[0], x[-1])
        axes.set_ylim(y[0], y[-1])
        axes.set_xlabel("Partial R² of the hidden variable with joining")
        say_measure(axes, "Its partial R² with the outcome")
        written, zero = _draw_lines(axes, x, y, grid, unit)
        inside = marks[marks["left"].notna()]
        axes.scatter(inside["x"], inside["y"], marker="D", s=42, color=ORANGE, zorder=3)
        here = x[0] <= 0 <= x[-1] and y[0] <= 0 <= y[-1]
        if here:
            axes.scatter([0], [0], marker="o", s=60, color=BLUE, zorder=3, clip_on=False)
        handles = _handles(here, bool(len(inside)), write(estimate, unit))
        canvas.legend(handles=handles, loc="outside lower left", ncols=2)
        names = [shorten(str(label), _NAMED) for label in inside["label"]]
        at = list(zip(inside["x"], inside["y"], strict=True))
        name_points(canvas, axes, names, at, [*at, *written], zero)
        return drawn(canvas, mark)


def _draw_lines(
    axes: Any, x: Floats, y: Floats, grid: Floats, unit: str
) -> tuple[list[Any], list[Any]]:
    """Draw a line for each round estimate; return its numbers' places and points of zero's line."""
    least, most = np.nanmin(grid), np.nanmax(grid)
    levels = [v for v in MaxNLocator(7).tick_values(least, most) if least < v < most and v != 0]
    masked = np.ma.masked_invalid(grid)
    written: list[Any] = []
    strong: list[Any] = []
    if levels:
        lines = axes.contour(x, y, masked, levels, colors=SOFT, linewidths=0.9, linestyles="-")
        said = axes.clabel(lines, fmt=lambda v: write(v, unit, bare=True), fontsize=TEXT_POINTS,
                           colors=SOFT, manual=_right_ends(lines.allsegs, x, y))  # fmt: skip
        written = [text.get_position() for text in said]
    if least < 0 < most:
        axes.contourf(x, y, masked, [least, 0] if np.sign(grid[0, 0]) > 0 else [0, most],
                      colors=[PALE], alpha=0.35)  # fmt: skip
        zero = axes.contour(x, y, masked, [0], colors=INK, linewidths=2.6)
        strong = [tuple(point) for part in zero.allsegs[0] for point in part[::4]]
    return written, strong


def _right_ends(levels: list[Any], x: Floats, y: Floats) -> list[tuple[float, float]]:
    """Return the right end of each line's part that lies well within the frame."""
    low, high = np.array([x[0], y[0]]), np.array([x[-1], y[-1]])
    room = _EDGE * (high - low)
    found = []
    for parts in levels:
        points = np.concatenate([*parts, np.empty((0, 2))])
        inside = points[((points > low + room) & (points < high - room)).all(axis=1)]
        found += [tuple(inside[inside[:, 0].argmax()])] if len(inside) else []
    return found


def _handles(here: bool, marked: bool, estimate: str) -> list[Line2D]:
    plain: Any = {"linestyle": "", "markersize": 7}
    looks = [
        Line2D([], [], color=INK, linewidth=2.6, label="estimate would be zero"),
        Line2D([], [], color=SOFT, linewidth=0.9, label="other estimates"),
    ]
    if here:
        none = f"none hidden: {estimate}"
        looks.append(Line2D([], [], marker="o", color=BLUE, label=shorten(none, 34), **plain))
    if marked:
        looks.append(Line2D([], [], marker="D", color=ORANGE, label="as strong as …", **plain))
    return looks
