"""The picture of what moved: each headline number's way from its old value to the new one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from analysis.page.figures.canvas import (
    BLUE,
    GRID,
    INK,
    ORANGE,
    PAPER,
    SOFT,
    Figure,
    drawing,
    nothing_to_show,
    picture,
    shorten,
    to_svg,
    watermark,
    write_beside,
)
from analysis.page.figures.phrases import counted
from analysis.page.listings_since import PART_WORDS
from analysis.quantities import write
from analysis.questions.estimate import Estimate
from analysis.questions.severity import SAME, TOGETHER, Move
from analysis.questions.since import Since

if TYPE_CHECKING:
    from analysis.page.chapter import Chapter

_ROW, _HEAD = 0.24, 0.46  # inches
Step = tuple[str, float, float]


def ways(chapter: Chapter, estimate: Estimate) -> Figure:
    """Return each headline number that moved: its old value, the steps, and its new value."""
    since: Since = estimate.detail
    kind = estimate.question.id.rpartition(".")[2]
    name, what = f"ways-since-{kind}", f"Headline numbers since {since.label}"
    known = [one for one in since.moves if one.difference is not None]
    moved = [one for one in known if one.tier != "unchanged"]
    if not moved:
        return nothing_to_show(chapter, name, what, "no headline number that both have has moved")
    serious = sum(one.tier == "serious" for one in moved)
    title = f"{len(moved)} of {counted(len(known), 'headline number')} moved, {serious} seriously"
    said = " ".join(_said(one) for one in moved)
    return picture(
        chapter,
        name,
        _draw(chapter, moved),
        title=title,
        subtitle=f"{what}, each on a scale of its own, {chapter.words['place']}",
        alt=f"Small charts, one for each headline number that moved: its value in {since.label}, "
        f"the steps of method, lost groups, changed data and new groups, and its value now. "
        f"{said}",
        caption="Hollow: as released before. Filled: this year. Lines are intervals. Bars are the "
        "steps between, in this order; steps of nothing are left out.",
        frame=pd.DataFrame([line for one in moved for line in _lines(one)]),
        about=f"{what}: the steps from old to new.",
        labels={"headline": "Number", "start": "From", "end": "To"},
    )


def _said(one: Move) -> str:
    before, now = ("" if part is None else part.text for part in (one.before, one.now))
    return f"{_capital(one.words)}: from {before} to {now}, {one.tier}."


def _capital(words: str) -> str:
    return f"{words[:1].upper()}{words[1:]}"


def _lines(one: Move) -> list[dict[str, str]]:
    assert one.now is not None
    unit = one.now.unit
    return [
        {"headline": one.words, "step": step, "start": write(a, unit), "end": write(b, unit)}
        for step, a, b in _steps(one)
    ]


def _steps(one: Move) -> list[Step]:
    """Return name, start and end of each step that moved the number."""
    assert one.before is not None
    assert one.before.value is not None
    at, steps = one.before.value, []
    for name, part in one.parts.items():
        if abs(part) > SAME * max(1.0, abs(at)):
            words = " and ".join(PART_WORDS[single] for single in name.split(TOGETHER))
            steps.append((words, at, at + part))
        at += part
    return steps


def _draw(chapter: Chapter, moved: list[Move]) -> bytes:
    heights = [_HEAD + _ROW * (len(_steps(one)) + 2) for one in moved]
    with drawing(sum(heights), nrows=len(moved), height_ratios=heights, squeeze=False) as (
        canvas,
        grid,
    ):
        for axes, one in zip(grid[:, 0], moved, strict=True):
            _draw_one(axes, one)
        return to_svg(canvas, watermark(chapter.study.release.maturity))


def _draw_one(axes: Any, one: Move) -> None:
    assert one.before is not None
    assert one.now is not None
    steps, unit = _steps(one), one.now.unit
    last = len(steps) + 1
    names = ["before", *(shorten(name, 24) for name, _, _ in steps), "now"]
    axes.set_title(shorten(f"{_capital(one.words)}: {one.tier}", 64), pad=5)
    axes.set_yticks(range(last + 1), names)
    axes.set_ylim(last + 0.5, -0.5)
    axes.tick_params(axis="y", length=0)
    axes.set_xticks([])
    for side in ("left", "bottom"):
        axes.spines[side].set_visible(False)
    for place, number, filled in ((0, one.before, False), (last, one.now, True)):
        axes.axhline(place, color=GRID, linewidth=0.8)
        if number.low is not None and number.high is not None:
            axes.hlines(place, number.low, number.high, color=BLUE, linewidth=1.6)
        face = BLUE if filled else PAPER
        axes.scatter([number.value], [place], s=52, color=face, edgecolors=BLUE, zorder=3)
        write_beside(axes, place, number.text)
    for place, (_, start, end) in enumerate(steps, start=1):
        axes.barh(place, end - start, left=start, height=0.5, color=ORANGE)
        axes.vlines(end, place, place + 1, color=SOFT, linewidth=0.8, linestyles=":")
        write_beside(axes, place, write(end - start, unit, bare=True), INK)
    axes.use_sticky_edges = False
    axes.margins(x=0.08)
