"""Tests that pictures can be seen: by contrast, by the colour-blind, in grey, in the dark."""

from __future__ import annotations

import itertools
from functools import cache

import panel_pictures
import pytest
from colours import SIGHTS, Look, apart, contrast, looks
from drawings import PICTURES, chapter_of, draw
from made_cards import STATES

from analysis.page.figures import canvas
from analysis.page.figures.by_year import coefficient_by_year
from analysis.page.figures.canvas import (
    _DARK,
    BLUE,
    EDGES,
    GREEN,
    GRID,
    INK,
    ORANGE,
    PALE,
    PAPER,
    PURPLE,
    SOFT,
    Figure,
)
from analysis.page.years import SLOPE, by_year
from analysis.tables.tidy import make_study

CATEGORIES = (BLUE, ORANGE, GREEN, PURPLE)
TEXT, MARK = 4.5, 3.0  # least contrast to paper (WCAG 2.2, 1.4.3 and 1.4.11)
PANEL = panel_pictures.PICTURES
YEARS = [name for name in STATES if name != "one year"]


@cache
def drawn(kind: str, name: str) -> Figure:
    if kind == "panel":
        return PANEL[name](**panel_pictures.words())
    if kind == "years":
        frame = by_year(STATES[name], SLOPE)
        return coefficient_by_year(frame, SLOPE, "by-year", STATES[name][0].place)
    return draw(chapter_of(make_study("2013")), name)


@pytest.fixture(
    params=[
        *(("page", name) for name in PICTURES),
        *(("panel", name) for name in PANEL),
        *(("years", name) for name in YEARS),
    ],
    ids="-".join,
)
def figure(request: pytest.FixtureRequest) -> Figure:
    return drawn(*request.param)


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_every_text_stands_out_from_what_it_is_written_on(figure: Figure, dark: bool) -> None:
    words = [look for look in looks(figure) if look.tag == "text" and not look.seen_through]
    assert words
    for look in words:
        on_bar = look.style["fill"] == PAPER
        ground = _turned(BLUE if on_bar else PAPER, dark)
        assert contrast(look.colours(dark)[0], ground) >= TEXT, look


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_every_mark_stands_out_from_the_paper_or_has_an_edge_that_does(
    figure: Figure, dark: bool
) -> None:
    marks = [look for look in looks(figure) if look.tag != "text" and look.colours(dark)]
    assert marks
    for look in marks:
        best = max(contrast(colour, _turned(PAPER, dark)) for colour in look.colours(dark))
        assert best >= MARK or _is_ground(look), look


def _turned(colour: str, dark: bool) -> str:
    return _DARK[colour] if dark else colour


def _is_ground(look: Look) -> bool:
    """Return whether a shape means nothing by itself: a grid, a track, a zone seen through."""
    used = {look.style.get(kind, "none") for kind in ("fill", "stroke")} - {"none"}
    return used == {GRID} or (used <= {GRID, PALE} and look.seen_through)


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("sight", SIGHTS)
def test_no_two_categories_look_alike_to_any_eye(sight: str, dark: bool) -> None:
    used = [_turned(colour, dark) for colour in CATEGORIES]
    nearest = min(apart(*pair, sight) for pair in itertools.combinations(used, 2))
    assert nearest > 20


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_a_pale_surface_s_edge_stands_out_and_is_written_on_in_ink(dark: bool) -> None:
    for pale, edge in EDGES.items():
        assert contrast(_turned(edge, dark), _turned(PAPER, dark)) >= MARK
        assert contrast(_turned(INK, dark), _turned(pale, dark)) >= TEXT
        assert canvas.filled(pale)["edgecolor"] == edge


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_words_can_be_read_where_they_lie_on_the_mark_of_a_release(dark: bool) -> None:
    mark = Look("text", {"fill": PALE, "opacity": str(canvas._MARK["alpha"])}).colours(dark)[0]
    for colour in (INK, SOFT, *CATEGORIES):
        assert contrast(_turned(colour, dark), mark) >= TEXT, colour
