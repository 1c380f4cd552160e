from __future__ import annotations

import re
from xml.etree import ElementTree

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.figure import Figure as Canvas

from analysis.page.figures.canvas import _DARK, BLUE, INK, drawing, to_svg
from analysis.page.figures.svg import slim

HEAD = (
    "<svg xmlns:xlink='http://www.w3.org/1999/xlink' xmlns='http://www.w3.org/2000/svg' "
    "width='10pt' height='10pt' viewBox='0 0 10 10'>"
)


def slimmed(body: str) -> str:
    return slim(f"{HEAD}{body}</svg>", _DARK, "11px", INK).decode()


def paths(svg: str) -> list[str]:
    return re.findall(r" d=\'([^\']*)\'", svg)


def test_a_path_becomes_relative_steps_without_drift() -> None:
    steps = "".join(f"L {0.333333 * i} {0.333333 * i} " for i in range(1, 31))
    (path,) = paths(slimmed(f'<path d="M 0 0 {steps}" style="stroke: {BLUE}"/>'))
    ends = np.cumsum(
        [[float(n) for n in re.findall(r"-?[\d.]+", s)] for s in path.split("l")[1:]], 0
    )
    # Each point is rounded by itself, so the last is off by half a hundredth at most.
    assert ends[-1] == pytest.approx([9.99999, 9.99999], abs=0.0051)


def test_level_and_upright_steps_are_written_short() -> None:
    box = '<path d="M 1 1 L 5 1 L 5 3 L 1 3 L 1 1 z" style="fill: #1f5fa8"/>'
    assert paths(slimmed(box)) == ["M1,1h4v2h-4v-2z"]


def test_neighbours_of_one_look_become_one_path_and_others_do_not() -> None:
    one = '<path d="M 1 1 L 2 1" style="stroke: {}"/>'
    same = one.format(BLUE) + one.format(BLUE) + one.format(INK) + one.format(BLUE)
    assert paths(slimmed(same)) == ["M1,1h1M1,1h1", "M1,1h1", "M1,1h1"]


def test_shapes_that_one_sees_through_stay_apart() -> None:
    one = f'<path d="M 1 1 L 2 1 z" style="fill: {BLUE}; opacity: 0.5"/>'
    assert len(paths(slimmed(one + one))) == 2


def test_invisible_shapes_clips_comments_and_metadata_go() -> None:
    body = (
        "<metadata><date>2026-11-23</date></metadata><!-- made by hand -->"
        "<defs><clipPath id='p'><rect x='0' y='0' width='9' height='9'/></clipPath></defs>"
        '<g id="patch_1"><path d="M 0 0 L 9 9" style="fill: none"/></g>'
        f"""<path d="M 0 0 L 9 9" clip-path="url(#p)" style="stroke: {BLUE}"/>"""
    )
    svg = slimmed(body)
    assert paths(svg) == ["M0,0l9,9"]
    assert not re.search("date|hand|clip|<g|patch|rect", svg)


def test_a_symbol_used_often_is_named_and_a_short_one_drawn_out() -> None:
    star = "M 0 1 L 1 2 L 3 4 L 5 7 L 2 9 L 8 3 L 4 4 L 1 7 z"
    defs = f'<defs><path id="long" d="{star}"/><path id="tick" d="M 0 0 L 0 3"/></defs>'
    use = '<use xlink:href="#{}" x="{}" y="4" style="fill: #1f5fa8"/>'
    body = defs + "".join(use.format(name, x) for name in ("long", "tick") for x in (3, 6))
    svg = slimmed(body)
    assert svg.count("<use ") == 2
    assert svg.count("href='#s0'") == 2
    assert "M3,4v3M6,4v3" in paths(svg)


def test_a_round_mark_is_a_circle_of_the_same_size() -> None:
    with drawing(2.0) as (canvas, axes):
        axes.scatter([1, 2], [1, 2], s=100, color=BLUE)
        svg = to_svg(canvas).decode()
    circles = re.findall(r"<circle [^>]*r='([\d.]+)'", svg)
    # The area in square points is that of the square about the mark: a radius of 5, plus an edge
    # that is drawn over it.
    assert circles == ["5", "5"]


def test_text_stays_text_and_is_escaped() -> None:
    with drawing(2.0) as (canvas, axes):
        axes.text(0.5, 0.5, 'A & <B> "C" $x_1$ \\frac')
        svg = to_svg(canvas)
    texts = [e.text for e in ElementTree.fromstring(svg).iter() if e.tag.endswith("}text")]
    assert 'A & <B> "C" $x_1$ \\frac' in texts


def test_a_larger_text_keeps_its_size_and_a_plain_one_has_no_look_of_its_own() -> None:
    with drawing(2.0) as (canvas, _):
        svg = to_svg(canvas, "SIMULATED").decode()
    assert "font-size:38px" in svg
    assert "font-size:11px" not in svg
    assert "font:11px system-ui" in svg


def test_settings_of_matplotlib_are_left_as_they_were() -> None:
    before = dict(mpl.rcParams)
    with drawing(2.0) as (canvas, _):
        to_svg(canvas)
    assert dict(mpl.rcParams) == before
    assert isinstance(canvas, Canvas)
