"""What the pictures of the school-level panel share: their words, limits and empty state."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from typing import Any, NotRequired, TypedDict, Unpack

import numpy as np
import pandas as pd
from matplotlib.figure import Figure as Canvas
from numpy.typing import NDArray

from analysis.page.figures.canvas import (
    Figure,
    cut_alt,
    empty_drawing,
    marked,
    shorten,
    to_svg,
)
from analysis.page.tables import Table
from analysis.quantities import UNITS, write

Floats = NDArray[np.float64]
_FAR = 3.0
_ARROWS = {"x": ("<", ">"), "y": ("v", "^")}


class Words(TypedDict):
    """What a caller says of a picture: the finding, what to know, its name, the mark that it bears.

    Without `subtitle` the measure stands there.
    """

    title: str
    caption: str
    slug: str
    mark: str
    subtitle: NotRequired[str]


def finished(
    svg: bytes,
    measure: str,
    *,
    alt: str,
    frame: pd.DataFrame,
    about: str,
    labels: Mapping[str, str] | None = None,
    units: Mapping[str, str] | None = None,
    **words: Unpack[Words],
) -> Figure:
    """Return a figure with its words; a marked one says so in each of them."""
    subtitle = words.get("subtitle")
    figure = Figure(
        slug=words["slug"],
        title=words["title"],
        subtitle=subtitle or capital(measure),
        alt=cut_alt(alt),
        caption=words["caption"],
        svg=svg,
        data=Table(
            frame,
            words["slug"],
            f"{about} {subtitle}." if subtitle else about,
            labels or {},
            units or {},
        ),
    )
    return marked(figure, words["mark"])


def nothing(what: str, reason: str, **words: Unpack[Words]) -> Figure:
    """Return the figure that stands where there is nothing to draw: `what` is missing, and why."""
    said: Words = {
        "title": f"Nothing to show: {reason}",
        "caption": "A missing value is not zero, so nothing was drawn in its place.",
        "slug": words["slug"],
        "mark": words["mark"],
        "subtitle": words.get("subtitle") or capital(what),
    }
    return finished(
        empty_drawing(words["mark"]),
        what,
        alt=f"An empty picture in the place of this one: {shorten(what, 200)}. There is nothing to "
        f"show, because {reason}.",
        frame=pd.DataFrame({"what": [what], "why nothing is shown": [reason]}),
        about="Why this picture is empty.",
        **said,
    )


def drawn(canvas: Canvas, mark: str) -> bytes:
    """Return a drawing as SVG, with its mark, such as SIMULATED, behind it."""
    return to_svg(canvas, mark)


def taken(
    frame: pd.DataFrame, numbers: Sequence[str], others: Sequence[str] = (), least: int = 0
) -> pd.DataFrame:
    """Return the named columns of a table, `others` first, numbers as floats and missing as NaN.

    Raises
    ------
    ValueError
        If a column is not there.
    """
    if missing := [name for name in (*others, *numbers) if name not in frame]:
        raise ValueError(
            f"the table has the columns {', '.join(map(str, frame.columns)) or 'none'}; "
            f"expected also {', '.join(missing)}"
        )
    table = frame[[*others, *numbers]].reset_index(drop=True)
    values = {
        name: pd.to_numeric(table[name]).to_numpy(dtype=float, na_value=np.nan) for name in numbers
    }
    return table.assign(**values)


def reach(value: Floats, low: Floats, high: Floats) -> tuple[float, float]:
    """Return limits with every value and zero in them, and ends no further off than is readable.

    An end counts up to three middling widths of an interval beyond the outermost value.
    """
    known = np.append(value[np.isfinite(value)], 0.0)
    width = (high - low)[np.isfinite(high - low)]
    span = float(np.ptp(known)) or float(np.abs(known).max()) or 1.0
    far = max(_FAR * float(np.median(width)), span) if len(width) else span
    first = max(_lowest(low, known, far), float(known.min()) - far)
    last = -max(_lowest(-high, -known, far), -float(known.max()) - far)
    room = 0.05 * (last - first) or 1.0
    return first - room, last + room


def _lowest(ends: Floats, known: Floats, far: float) -> float:
    """Return the lowest end; one without limit counts as somewhat below what is known."""
    least = float(known.min())
    told = np.where(np.isneginf(ends), least - far / _FAR, ends)
    return float(min([least, *told[~np.isnan(told)]]))


def beyond_words(limits: tuple[float, float], *ends: Floats) -> str:
    """Return a sentence for the caption if an end lies beyond the limits, else nothing."""
    far = np.concatenate(ends)
    cut = bool(((far < limits[0]) | (far > limits[1])).any())
    return " An arrow at the frame's edge: the interval goes on beyond it." if cut else ""


def spans(axes: Any, place: Floats, low: Floats, high: Floats, along: str, **look: Any) -> None:
    """Draw intervals along ``x`` or ``y``; an end beyond the frame bears an arrow instead."""
    limits = axes.get_xlim() if along == "x" else axes.get_ylim()
    first, last = min(limits), max(limits)
    known = ~(np.isnan(low) | np.isnan(high))
    draw = axes.hlines if along == "x" else axes.vlines
    draw(place[known], np.clip(low[known], first, last), np.clip(high[known], first, last), **look)
    cut = (known & (low < first), known & (high > last))
    for beyond, edge, arrow in zip(cut, (first, last), _ARROWS[along], strict=True):
        at = (np.full(beyond.sum(), edge), place[beyond])
        axes.scatter(*(at if along == "x" else at[::-1]), marker=arrow, s=34, color=look["color"])


def ends(low: float, high: float, unit: str, *, bare: bool = False) -> str:
    """Return an interval as text, the unit on its second end."""
    if np.isnan(low) or np.isnan(high):
        return "no interval"
    return f"{write(low, unit, bare=True)} to {write(high, unit, bare=bare)}"


def axis_words(measure: str, unit: str) -> str:
    """Return a measure with its unit, for an axis."""
    rule = UNITS[unit]
    plain = "percentage points" if unit == "pp" else f"{rule.before}{rule.after}".strip()
    return f"{capital(measure)}, {plain}" if plain else capital(measure)


def lines(text: str, length: int, most: int) -> list[str]:
    """Return a text in up to `most` lines of up to `length` characters, cut where it is longer."""
    wrapped = textwrap.wrap(text, length) or [""]
    if len(wrapped) <= most:
        return wrapped
    return [*wrapped[: most - 1], shorten(" ".join(wrapped[most - 1 :]), length)]


def capital(text: str) -> str:
    """Return a text with its first letter as at the beginning of a sentence."""
    return f"{text[:1].upper()}{text[1:]}"


def dots(axes: Any, x: Floats, y: Floats, size: float, colour: str, cap: str = "round") -> None:
    """Draw points as one path of strokes of no length; their ends make them round or square."""
    gap = np.full(len(x), np.nan)
    across, down = (np.column_stack([way, way, gap]).ravel() for way in (x, y))
    axes.plot(across, down, color=colour, linewidth=size, solid_capstyle=cap)


def percent(level: float) -> str:
    """Return a level of confidence as text."""
    return f"{100 * level:g}\N{NO-BREAK SPACE}%"
