"""Names beside points, each put to a free side, with a thin line where it stands away."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from matplotlib.figure import Figure as Canvas

from analysis.page.figures.canvas import SOFT, TEXT_POINTS

_LETTER = 0.6 * TEXT_POINTS
_HEIGHT = 1.2 * TEXT_POINTS
_POINT = 5.0
_NEAR = 10.0
_CROSSING = 40.0
_POINT_COST, _LINE_COST = 12.0, 3.0
_DISTANCES = (8.0, 14.0, 22.0, 32.0, 44.0, 58.0)
_SHIFT = 26.0
_SIDES = ((1, 0), (-1, 0), (1, 1), (1, -1), (-1, 1), (-1, -1))
_ALONG = ("left", "center", "right")


@dataclass(frozen=True)
class _Box:
    left: float
    low: float
    right: float
    high: float
    cost: float = 1.0

    def overlap(self, other: _Box) -> float:
        wide = min(self.right, other.right) - max(self.left, other.left)
        tall = min(self.high, other.high) - max(self.low, other.low)
        return wide * tall if wide > 0 and tall > 0 else 0.0

    @property
    def area(self) -> float:
        return (self.right - self.left) * (self.high - self.low)


@dataclass(frozen=True)
class _Place:
    """Where a name stands from its point: shift in points, and which of its sides is there."""

    across: float
    up: float
    ha: str
    va: str

    @property
    def distance(self) -> float:
        return max(abs(self.across), abs(self.up))

    def box(self, x: float, y: float, name: str) -> _Box:
        wide = _LETTER * len(name)
        left = x + self.across - {"left": 0.0, "center": wide / 2, "right": wide}[self.ha]
        low = y + self.up - {"bottom": 0.0, "center": _HEIGHT / 2, "top": _HEIGHT}[self.va]
        return _Box(left, low, left + wide, low + _HEIGHT)

    def write(self, axes: Any, name: str, point: tuple[float, float]) -> None:
        meets = ({"left": 0, "center": 0.5, "right": 1}, {"bottom": 0, "center": 0.5, "top": 1})
        line = {
            "arrowstyle": "-",
            "color": SOFT,
            "linewidth": 0.8,
            "shrinkA": 0,
            "shrinkB": _POINT,
            "relpos": (meets[0][self.ha], meets[1][self.va]),
        }
        axes.annotate(
            name,
            point,
            xytext=(self.across, self.up),
            textcoords="offset points",
            ha=self.ha,
            va=self.va,
            arrowprops=line if self.distance > _NEAR else None,
            in_layout=False,
        )


def name_points(
    canvas: Canvas,
    axes: Any,
    names: Sequence[str],
    at: Sequence[tuple[float, float]],
    avoid: Iterable[tuple[float, float]],
    lines: Iterable[tuple[float, float]] = (),
    lowest: float | None = None,
) -> None:
    """Write names beside the points `at`, away from the points to `avoid` and from each other.

    Names rather cross points of `lines` than what must be avoided.
    No name goes below the height `lowest` of the axes' scale where there is room above it.
    Everything else must have been drawn: the places are those of the finished layout.
    """
    canvas.draw_without_rendering()
    to_points = 72 / canvas.dpi
    place = axes.transData.transform
    taken = [_around(place(point) * to_points, _POINT_COST) for point in avoid]
    taken += [_around(place(point) * to_points, _LINE_COST) for point in lines]
    left, low, right, high = (to_points * edge for edge in axes.get_window_extent().extents)
    if lowest is not None:
        low = to_points * place((0, lowest))[1]
    frame = _Box(left, low, right, high)
    for name, point in sorted(zip(names, at, strict=True), key=lambda pair: pair[1][::-1]):
        x, y = (float(way) * to_points for way in place(point))
        best = min(_places(), key=lambda tried: _cost(tried, name, (x, y), frame, taken))
        taken.append(replace(best.box(x, y, name), cost=_POINT_COST))
        best.write(axes, name, point)


def spread(heights: Sequence[float], gap: float) -> list[float]:
    """Return heights with neighbours at least `gap` apart, the lowest kept, the others moved up."""
    placed: dict[int, float] = {}
    last = -np.inf
    for place in np.argsort(heights, kind="stable"):
        last = max(float(heights[place]), last + gap)
        placed[int(place)] = last
    return [placed[place] for place in range(len(heights))]


def _around(point: np.ndarray, cost: float) -> _Box:
    x, y = point
    return _Box(x - _POINT, y - _POINT, x + _POINT, y + _POINT, cost)


def _places() -> list[_Place]:
    """Return the places to try: beside the point, above and below it, and at its corners."""
    level, upright = {1: "left", -1: "right"}, {1: "bottom", 0: "center", -1: "top"}
    sides = [
        _Place(across * d, up * d, level[across], upright[up])
        for d in _DISTANCES
        for across, up in _SIDES
    ]
    stacked = [
        _Place(0, up * d, ha, upright[up]) for d in _DISTANCES for up in (1, -1) for ha in _ALONG
    ]
    shifted = [
        _Place(-across * _SHIFT, up * d, level[across], upright[up])
        for d in _DISTANCES
        for up in (1, -1)
        for across in level
    ]
    return [*sides, *stacked, *shifted]


def _cost(
    tried: _Place, name: str, at: tuple[float, float], frame: _Box, taken: Sequence[_Box]
) -> float:
    box = tried.box(*at, name)
    outside = box.area - box.overlap(frame)
    covered = sum(other.cost * box.overlap(other) for other in taken)
    return covered + _CROSSING * _crossed(tried, at, taken) + 3 * outside + 2 * tried.distance


def _crossed(tried: _Place, at: tuple[float, float], taken: Sequence[_Box]) -> int:
    """Return how many boxes the line from a point to its name runs through."""
    if tried.distance <= _NEAR:
        return 0
    first = 2 * _POINT / tried.distance
    steps = [share for share in np.linspace(0, 1, 24) if share > first]
    along = [(at[0] + share * tried.across, at[1] + share * tried.up) for share in steps]
    dots = [_Box(x, y, x + 1, y + 1) for x, y in along]
    return sum(any(box.overlap(dot) for dot in dots) for box in taken)
