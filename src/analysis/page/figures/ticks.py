"""The numbers along axes: with thousands separators, plain, and no more than fit."""

from __future__ import annotations

import re
from typing import Any

from matplotlib.figure import Figure as Canvas
from matplotlib.ticker import MaxNLocator, ScalarFormatter

_LETTER = 0.62  # of the size of the text, DejaVu Sans
_GAP = 12.0  # points between two numbers
_FEWEST = 2
_THOUSANDS = re.compile(r"(?<![.\d])\d{4,}")


class Plain(ScalarFormatter):
    """Numbers all with the same decimals, thousands separators, no powers of ten."""

    def __init__(self) -> None:
        super().__init__(useOffset=False)
        self.set_scientific(False)

    def __call__(self, x: float, pos: int | None = None) -> str:
        """Return a number as text."""
        return _THOUSANDS.sub(lambda whole: f"{int(whole[0]):,}", super().__call__(x, pos))


def tidy_ticks(canvas: Canvas, size: float) -> None:
    """Write the numbers of all axes plainly, and as few as stand side by side at a text size."""
    for axes in canvas.axes:
        for axis in (axes.xaxis, axes.yaxis):
            if type(axis.get_major_formatter()) is ScalarFormatter:
                axis.set_major_formatter(Plain())
    canvas.draw_without_rendering()
    for axes in canvas.axes:
        if isinstance(axes.xaxis.get_major_locator(), MaxNLocator):
            _thin(axes, size)


def _thin(axes: Any, size: float) -> None:
    wide = axes.get_window_extent().width * 72 / axes.figure.dpi
    said = [label.get_text() for label in axes.get_xticklabels()]
    low, high = sorted(axes.get_xlim())
    shown = sum(low <= at <= high for at in axes.get_xticks())
    each = _LETTER * size * max(map(len, said), default=0) + _GAP
    if each * shown > wide + _GAP:
        axes.xaxis.get_major_locator().set_params(nbins=max(_FEWEST, int(wide / each) - 1))
