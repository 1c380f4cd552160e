"""Names beside points, each put to a free side, with a thin line where it stands away."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.figure import Figure as Canvas

from analysis.page.figures.canvas import SOFT, TEXT_POINTS

_LETTER = 0.6 * TEXT_POINTS
_HEIGHT = 1.2 * TEXT_POINTS
_POINT = 5.0
_NEAR = 10.0
_DISTANCES = (8.0, 16.0, 26.0, 38.0, 52.0)
_SIDES = ((1, 0), (-1, 0), (1, 1), (1, -1), (-1, 1), (-1, -1), (0, 1), (0, -1))


@dataclass(frozen=True)
class _Box:
    left: float
    low: float
    right: float
    high: float

    def overlap(self, other: _Box) -> float:
        wide = min(self.right, other.right) - max(self.left, other.left)
        tall = min(self.high, other.high) - max(self.low, other.low)
        return wide * tall if wide > 0 and tall > 0 else 0.0

    @property
    def area(self) -> float:
        return (self.right - self.left) * (self.high - self.low)


def name_points(
    canvas: Canvas,
    axes: Any,
    names: Sequence[str],
    at: Sequence[tuple[float, float]],
    avoid: Iterable[tuple[float, float]],
) -> None:
    """Write names beside the points `at`, away from the points to `avoid` and from each other.

    Everything else must have been drawn: the places are those of the finished layout.
    """
    canvas.draw_without_rendering()
    to_points = 72 / canvas.dpi
    place = axes.transData.transform
    taken = [_around(*(place(point) * to_points)) for point in avoid]
    extent = axes.get_window_extent()
    frame = _Box(*(to_points * edge for edge in extent.extents))
    for name, point in sorted(zip(names, at, strict=True), key=lambda pair: pair[1][::-1]):
        x, y = place(point) * to_points
        side, distance, box = _best(name, float(x), float(y), frame, taken)
        taken.append(box)
        _write(axes, name, point, side, distance)


def _around(x: float, y: float) -> _Box:
    return _Box(x - _POINT, y - _POINT, x + _POINT, y + _POINT)


def _best(
    name: str, x: float, y: float, frame: _Box, taken: Sequence[_Box]
) -> tuple[tuple[int, int], float, _Box]:
    tried = [(s, d, _text_box(name, x, y, s, d)) for d in _DISTANCES for s in _SIDES]
    costs = [
        sum(box.overlap(other) for other in taken)
        + 3 * (box.area - box.overlap(frame))
        + 2 * distance
        for _, distance, box in tried
    ]
    return tried[int(np.argmin(costs))]


def _text_box(name: str, x: float, y: float, side: tuple[int, int], distance: float) -> _Box:
    wide = _LETTER * len(name)
    x, y = x + side[0] * distance, y + side[1] * distance
    left = x - wide * (1 - side[0]) / 2
    low = y - _HEIGHT * (1 - side[1]) / 2
    return _Box(left, low, left + wide, low + _HEIGHT)


def _write(
    axes: Any, name: str, point: tuple[float, float], side: tuple[int, int], distance: float
) -> None:
    line = {"arrowstyle": "-", "color": SOFT, "linewidth": 0.8, "shrinkA": 0, "shrinkB": _POINT}
    axes.annotate(
        name,
        point,
        xytext=(side[0] * distance, side[1] * distance),
        textcoords="offset points",
        ha={1: "left", 0: "center", -1: "right"}[side[0]],
        va={1: "bottom", 0: "center", -1: "top"}[side[1]],
        arrowprops=line if distance > _NEAR else None,
        in_layout=False,
    )
