"""One visual language for all pictures, and the way from a drawing to a page."""

from __future__ import annotations

import base64
import html
import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import matplotlib as mpl
import seaborn as sns
from matplotlib.figure import Figure as Canvas

from analysis.page.tables import Table

INK = "#1d2430"
SOFT = "#5b6675"
GRID = "#d9dee5"
PALE = "#c3cad4"
BLUE, ORANGE, GREEN, PURPLE = "#1f5fa8", "#b3560b", "#2d7a4f", "#7b4a9e"
COLOURS = (BLUE, ORANGE, GREEN, PURPLE)
MARKERS = ("o", "s", "^", "D")
_DARK = {
    INK: "#e9edf3",
    SOFT: "#aab4c2",
    GRID: "#3a4350",
    PALE: "#566170",
    BLUE: "#7db4f0",
    ORANGE: "#f0a860",
    GREEN: "#74c69a",
    PURPLE: "#c8a2e6",
}
WIDTH_INCHES = 5.8
ALT_LENGTH = (40, 600)

_STYLE: Any = {
    "axes.edgecolor": SOFT,
    "axes.labelcolor": INK,
    "axes.grid": False,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.labelsize": 11,
    "figure.facecolor": "none",
    "axes.facecolor": "none",
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": 11,
    "grid.color": GRID,
    "grid.linewidth": 0.8,
    "legend.frameon": False,
    "savefig.facecolor": "none",
    "svg.fonttype": "none",
    "svg.hashsalt": "analysis",
    "text.color": INK,
    "xtick.color": SOFT,
    "ytick.color": SOFT,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "xtick.labelsize": 11,
    "ytick.labelsize": 11,
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

    def to_html(self) -> str:
        """Return the figure as HTML: title, picture, caption, and its data folded."""
        image = base64.b64encode(self.svg).decode()
        said = {name: html.escape(getattr(self, name)) for name in ("title", "subtitle", "caption")}
        return (
            f'<figure class="figure" id="{html.escape(self.slug)}">'
            f'<p class="figure-title">{said["title"]}</p>'
            f'<p class="figure-subtitle">{said["subtitle"]}</p>'
            f'<img src="data:image/svg+xml;base64,{image}" alt="{html.escape(self.alt)}">'
            f"<figcaption>{said['caption']}</figcaption>"
            f'<details class="data"><summary>Data of this figure</summary>{self.data.to_html()}'
            "</details></figure>"
        )


@contextmanager
def drawing(height: float, **grid: Any) -> Iterator[tuple[Canvas, Any]]:
    """Give a canvas of the common width and its axes, in the common style."""
    with mpl.rc_context(_STYLE), sns.axes_style(rc=_STYLE):
        canvas = Canvas(figsize=(WIDTH_INCHES, height), layout="constrained")
        axes = canvas.subplots(**grid)
        yield canvas, axes


def to_svg(canvas: Canvas, across: str = "") -> bytes:
    """Return a drawing as SVG: text as text, no date, colours that follow the reader's setting."""
    if across:
        canvas.text(
            0.5,
            0.5,
            across,
            fontsize=38,
            color=PALE,
            alpha=0.5,
            ha="center",
            va="center",
            rotation=24,
        )
    buffer = io.StringIO()
    with mpl.rc_context(_STYLE):
        canvas.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    text = re.sub(r"<\?xml.*?\?>\s*<!DOCTYPE.*?>\s*", "", buffer.getvalue(), flags=re.DOTALL)
    text = re.sub(r"<metadata>.*?</metadata>\s*", "", text, flags=re.DOTALL)
    text = text.replace("'DejaVu Sans'", "system-ui, 'DejaVu Sans'")
    return text.replace("<defs>", f"<style>{_dark_style()}</style><defs>", 1).encode()


def _dark_style() -> str:
    rules = "".join(
        f'[style*="fill: {light}"]{{fill:{dark}!important}}'
        f'[style*="stroke: {light}"]{{stroke:{dark}!important}}'
        for light, dark in _DARK.items()
    )
    return f"@media screen and (prefers-color-scheme:dark){{{rules}}}"


def shorten(name: str, length: int = 30) -> str:
    """Return a name cut to `length` characters with an ellipsis, at a word's end where it can."""
    if len(name) <= length:
        return name
    cut = name[: length - 1].rstrip()
    return f"{cut.rsplit(' ', 1)[0] if ' ' in cut[length // 2 :] else cut}\N{HORIZONTAL ELLIPSIS}"


def watermark(maturity: str) -> str:
    """Return what is written across the pictures of a release that is not final."""
    return "" if maturity == "final" else maturity.upper()
