"""One visual language for all pictures: colours, the figure with its words, the empty state."""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
import pandas as pd
import seaborn as sns
from markupsafe import Markup
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure as Canvas

from analysis.page.components import anchor, component
from analysis.page.figures.svg import slim
from analysis.page.figures.ticks import tidy_ticks
from analysis.page.maturity import SIMULATED, mark_of, with_mark
from analysis.page.tables import Table

if TYPE_CHECKING:
    from analysis.page.chapter import Chapter

INK = "#1d2430"
SOFT = "#5b6675"
GRID = "#d9dee5"
PALE = "#c3cad4"
PAPER = "#ffffff"
BLUE, ORANGE, GREEN, PURPLE = "#2169b5", "#a84e08", "#1d4a2c", "#6b2468"
PALE_BLUE, PALE_ORANGE = "#9dbbdd", "#e6bd95"
_DARK = {
    INK: "#e9edf3",
    SOFT: "#aab4c2",
    GRID: "#3a4350",
    PALE: "#566170",
    PAPER: "#12171b",
    BLUE: "#6aaaf0",
    ORANGE: "#f0a048",
    GREEN: "#a9c98a",
    PURPLE: "#f3bfe6",
    PALE_BLUE: "#3c6a9e",
    PALE_ORANGE: "#8f5c28",
}
EDGES = {PALE_BLUE: BLUE, PALE_ORANGE: ORANGE, PALE: SOFT, PAPER: SOFT}
WIDTH_INCHES = 5.8
TEXT_POINTS = 11
ALT_LENGTH = (40, 600)
_MARK: Any = {"fontsize": 38, "color": PALE, "alpha": 0.35, "rotation": 24}
_MARK_EVERY, _MARK_LEAST = 4.5, 2.0  # inches of height
_DOTS = "\N{HORIZONTAL ELLIPSIS}"
_SCRAP = 4  # letters of a word that are better left out than shown
_UNSAFE_IN_URL = re.compile(r"[\x00-\x20\"#%<>\[\\\]^`{|}]")

_STYLE: Any = {
    "axes.edgecolor": SOFT,
    "axes.labelcolor": INK,
    "axes.grid": False,
    "axes.axisbelow": True,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.labelsize": TEXT_POINTS,
    "axes.titlesize": TEXT_POINTS,
    "axes.titlelocation": "left",
    "figure.facecolor": "none",
    "axes.facecolor": "none",
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": TEXT_POINTS,
    "grid.color": GRID,
    "grid.linewidth": 0.8,
    "hatch.linewidth": 0.8,
    "legend.frameon": False,
    "legend.borderaxespad": 0.2,
    "legend.handlelength": 1.4,
    "path.simplify": False,
    "savefig.facecolor": "none",
    "svg.fonttype": "none",
    "svg.hashsalt": "analysis",
    "text.color": INK,
    "text.parse_math": False,
    "xtick.color": SOFT,
    "ytick.color": SOFT,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "xtick.labelsize": TEXT_POINTS,
    "ytick.labelsize": TEXT_POINTS,
}


@dataclass(frozen=True)
class Figure:
    """A picture with all that stands around it on a page.

    Parameters
    ----------
    slug : str
        Name of its data file and its anchor.
    title, subtitle, caption, alt : str
        The finding; measure, place and time; what to know; the picture in words.
    svg : bytes
        The drawing.
    data : analysis.page.tables.Table
        The numbers drawn.
    """

    slug: str
    title: str
    subtitle: str
    alt: str
    caption: str
    svg: bytes
    data: Table

    def __post_init__(self) -> None:
        if not ALT_LENGTH[0] <= len(self.alt) <= ALT_LENGTH[1]:
            raise ValueError(f"{self.slug}: the alt text has {len(self.alt)} characters")

    def to_html(self, origins: Sequence[tuple[str, str]] = ()) -> str:
        """Return the figure as HTML: title, picture, caption, and its data folded.

        `origins` are id and words of numbers behind it, whose entries stand on the same page.
        """
        safe = _UNSAFE_IN_URL.sub(lambda m: f"%{ord(m[0]):02X}", self.svg.decode())
        drawing = Markup(safe.replace("&", "&amp;"))  # whole otherwise: %22 stands for its quotes
        leads = [(anchor(finding), title) for finding, title in origins]
        return component("figure", of=self, drawing=drawing, origins=leads)


def picture(
    chapter: Chapter,
    name: str,
    svg: bytes,
    *,
    title: str,
    subtitle: str,
    alt: str,
    caption: str,
    frame: pd.DataFrame,
    about: str,
    labels: Mapping[str, str] | None = None,
    units: Mapping[str, str] | None = None,
) -> Figure:
    """Return a figure of a chapter; `frame` is the table behind it and `about` its caption.

    Where the release is not firm, all its words say so. An alt text that long names have
    made too long loses whole sentences from its end.
    """
    slug = f"{chapter.name}-{name}"
    figure = Figure(
        slug=slug,
        title=title,
        subtitle=subtitle,
        alt=cut_alt(alt),
        caption=caption,
        svg=svg,
        data=Table(frame, slug, about, labels or {}, units or {}),
    )
    return marked(figure, watermark(chapter.study.release.maturity))


def nothing_to_show(chapter: Chapter, name: str, what: str, reason: str) -> Figure:
    """Return the figure that stands where there is nothing to draw: `what` is missing, and why."""
    words = chapter.words
    return picture(
        chapter,
        name,
        empty_drawing(watermark(chapter.study.release.maturity)),
        title=f"Nothing to show: {reason}",
        subtitle=f"{what}, {words['place']}, {words['year']}",
        alt=f"An empty picture in the place of this one: {what}. There is nothing to show, "
        f"because {reason}.",
        caption="A missing value is not zero, so nothing was drawn in its place.",
        frame=pd.DataFrame({"what": [what], "why nothing is shown": [reason]}),
        about="Why this picture is empty.",
    )


def empty_drawing(mark: str = "") -> bytes:
    """Return the drawing that stands where there is nothing to draw, as SVG."""
    with drawing(1.0) as (canvas, axes):
        axes.set_axis_off()
        axes.text(0.5, 0.5, "Nothing to show", ha="center", va="center", color=SOFT)
        return to_svg(canvas, mark)


def marked(figure: Figure, mark: str) -> Figure:
    """Return a figure whose words all say `mark`, as `write_behind` draws it.

    The name of a SIMULATED one says so too; that of a provisional one stays, so that links hold.
    """
    if not mark:
        return figure
    named = mark != SIMULATED or "simulated" in figure.slug
    slug = figure.slug if named else f"simulated-{figure.slug}"
    return replace(
        figure,
        slug=slug,
        title=with_mark(figure.title, mark),
        subtitle=with_mark(figure.subtitle, mark),
        alt=cut_alt(with_mark(figure.alt, mark)),
        caption=with_mark(figure.caption, mark),
        data=replace(figure.data, slug=slug, caption=with_mark(figure.data.caption, mark)),
    )


def cut_alt(alt: str) -> str:
    """Return an alt text that has lost whole sentences from its end if it was too long."""
    while len(alt) > ALT_LENGTH[1]:
        sentences = alt.rstrip(".").rpartition(". ")[0]
        alt = f"{sentences}." if sentences else shorten(alt, ALT_LENGTH[1])
    return alt


@contextmanager
def drawing(height: float, **grid: Any) -> Iterator[tuple[Canvas, Any]]:
    """Give a canvas of the common width and its axes, in the common style.

    A letter that matplotlib's own font lacks is no trouble: the reader's browser draws the text.
    """
    with mpl.rc_context(_STYLE), sns.axes_style(rc=_STYLE), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=r"(?s)Glyph .* missing from", append=False)
        canvas = Canvas(figsize=(WIDTH_INCHES, height), layout="constrained")
        axes = canvas.subplots(**grid)
        yield canvas, axes


def to_svg(canvas: Canvas, mark: str = "") -> bytes:
    """Return a drawing as SVG: text as text, no date, colours that follow the reader's setting.

    A mark, such as ``SIMULATED``, is written behind all that is drawn.
    """
    if mark:
        write_behind(canvas, mark)
    buffer = io.StringIO()
    with mpl.rc_context(_STYLE):
        tidy_ticks(canvas, TEXT_POINTS)
        canvas.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    return slim(buffer.getvalue(), _DARK, f"{TEXT_POINTS}px", INK)


def write_behind(canvas: Canvas, word: str) -> None:
    """Write a word in large light letters behind all that is drawn, again on a tall canvas."""
    inches = canvas.get_figheight()
    times = max(1, round(inches / _MARK_EVERY))
    look = _MARK if inches > _MARK_LEAST else {**_MARK, "rotation": 0}
    for place in range(times):
        height = (place + 0.5) / times
        canvas.text(0.5, height, word, ha="center", va="center", zorder=-1, **look)


def filled(colour: str, width: float = 0.8) -> dict[str, Any]:
    """Return the look of a surface; a pale one has an edge that stands out from the paper."""
    edge = EDGES.get(colour)
    plain = {"facecolor": colour, "edgecolor": edge or "none"}
    return {**plain, "linewidth": width if edge else 0}


def band() -> dict[str, Any]:
    """Return the look of a band: seen through, with edges that stand out from the paper."""
    return {"facecolor": to_rgba(PALE, 0.35), "edgecolor": SOFT, "linewidth": 0.8}


def bubble(colour: str) -> dict[str, Any]:
    """Return the look of a large dot that others may lie on: seen through, with a firm edge."""
    return {"facecolor": to_rgba(colour, 0.3), "edgecolor": colour, "linewidth": 0.8}


def say_measure(axes: Any, text: str) -> None:
    """Write what the vertical axis shows level above it, so that nobody has to tilt the head."""
    axes.set_title(text, color=SOFT, pad=8)


def write_beside(axes: Any, height: float, text: str, colour: str = INK) -> None:
    """Write a text to the right of the axes, at a height of their scale."""
    axes.text(1.015, height, text, va="center", color=colour, transform=axes.get_yaxis_transform())


def pounds(axes: Any) -> None:
    """Write the values of the horizontal axis, in thousands of pounds, as money."""
    axes.xaxis.set_major_formatter(lambda value, _: f"£{value:,.0f}k")


def name_rows(axes: Any, names: pd.Series, length: int = 27) -> None:
    """Name the rows of a chart from the top, one at each whole number from zero."""
    axes.set_yticks(range(len(names)), short_names(list(names), length))
    axes.set_ylim(len(names) - 0.4, -0.6)
    axes.tick_params(axis="y", length=0)


def short_names(names: Sequence[str], length: int) -> list[str]:
    """Return names cut to `length`; those that would look alike show their end instead."""
    cut = [shorten(name, length) for name in names]
    return [
        short if cut.count(short) == 1 or short == name else _both_ends(name, length)
        for name, short in zip(names, cut, strict=True)
    ]


def _both_ends(name: str, length: int) -> str:
    head = name[: (length - 1) // 2]
    head = head.rpartition(" ")[0] or head
    tail = name[len(head) + len(name) - length + 1 :]
    return f"{head}{_DOTS}{tail.partition(' ')[2] or tail}"


def shorten(name: str, length: int = 30) -> str:
    """Return a name cut to `length` characters with an ellipsis, at a word's end if one is near."""
    if len(name) <= length:
        return name
    cut = name[: length - 1].rstrip()
    whole = cut.rpartition(" ")[0]
    return f"{whole if whole and len(cut) - len(whole) <= _SCRAP else cut}{_DOTS}"


def watermark(maturity: str) -> str:
    """Return what is written behind the pictures of a release that is not firm."""
    return mark_of(maturity)
