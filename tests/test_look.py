"""Tests of the look at a page itself: on a page with one fault of each kind, it sees them all."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from browser import LOOK, PHONE, chromium
from page_colours import colour, contrast

__all__ = ["chromium"]

FAULTY = """<!DOCTYPE html><html lang="en-GB"><title>Faulty</title><style>
p, li { font: 16px/20px sans-serif; margin: 0 } .wide { width: 900px } .roll { overflow-x: auto }
.over { margin-top: -18px } .flat a { display: block }
.cut { overflow: hidden; width: 80px; height: 20px; white-space: nowrap }
a:focus { outline: 3px solid navy } a.bare:focus { outline: none }
</style><body>
<p class="wide">beyond the edge</p>
<div class="roll"><p class="wide">a region without a name</p></div>
<p>one line of text</p><p class="over">another line over it</p>
<div class="cut">a text that is cut off by its box</div>
<p class="flat"><a href="#a">first of two</a><a href="#b">close by</a></p>
<p>In a sentence <a href="#c">a link</a> may be <a href="#d">as low as its line</a> of words.</p>
<p style="margin: 40px"><a href="#e">alone</a></p>
<p><a class="bare" href="#f">focus unseen</a> and some words around it</p>
</body></html>"""


@pytest.fixture(scope="module")
def faults(chromium: Any) -> Iterator[dict[str, Any]]:
    page = chromium.new_page(viewport=PHONE)
    page.set_content(FAULTY)
    page.evaluate(LOOK)
    yield page.evaluate("look()")
    page.close()


@pytest.mark.browser
def test_the_look_sees_what_is_too_wide_and_what_scrolls_unnamed(faults: dict[str, Any]) -> None:
    assert faults["wide"] > 400
    assert faults["beyond"] == ["<p> beyond the edge"]
    (region,) = faults["regions"]
    assert not region["focusable"]
    assert region["label"] == ""


@pytest.mark.browser
def test_the_look_sees_text_over_text_and_text_cut_off(faults: dict[str, Any]) -> None:
    assert faults["overlaps"] == [["one line of text", "another line over it"]]
    assert faults["cut"] == ["a text that is cut off by its box"]


@pytest.mark.browser
def test_the_look_lets_low_targets_pass_in_sentences_and_where_none_is_near(
    faults: dict[str, Any],
) -> None:
    assert faults["small"] == [
        "<a> first of two 374 x 20",
        "<a> close by 374 x 20",
    ]


@pytest.mark.browser
def test_the_look_sees_a_focus_that_does_not_show(faults: dict[str, Any]) -> None:
    assert [one["what"] for one in faults["focused"] if one["ring"] < 2] == ["<a> focus unseen"]


def test_contrasts_are_those_that_wcag_works_out() -> None:
    assert contrast(colour("#000"), colour("rgb(255, 255, 255)")) == pytest.approx(21)
    assert contrast(colour("#777777"), colour("#fff")) == pytest.approx(4.48, abs=0.005)
