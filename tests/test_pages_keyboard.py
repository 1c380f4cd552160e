"""Every page by keyboard and by its outline: order, focus, landmarks, headings."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from browser import Seen, Visitor, chromium, turn, visitor
from made_pages import EVERY_PAGE
from page_colours import colour, contrast

__all__ = ["chromium", "visitor"]

LANDMARKS = ("main", "banner", "contentinfo", "navigation", "complementary", "region")
# As they stand in the document; what no style shows takes no focus.
STOPS = """() => {
  const every = "a[href], button, input, select, textarea, summary, [tabindex]";
  window.stops = [...document.querySelectorAll(every)].filter((e) => e.tabIndex >= 0
    && e.checkVisibility({visibilityProperty: true, contentVisibilityAuto: true}));
  return stops.map((e) => e.outerHTML.slice(0, 90));
}"""
AT = """() => {
  const at = document.activeElement, box = at.getBoundingClientRect();
  const inside = box.bottom > 0 && box.right > 0 && box.top < innerHeight && box.left < innerWidth;
  const middle = [Math.max(box.left, 0) + Math.min(box.width, innerWidth) / 2, box.top + 4];
  const hit = document.elementFromPoint(...middle);
  return {place: stops.indexOf(at), tag: at.outerHTML.slice(0, 90), inside,
          covered: !!hit && !at.contains(hit) && !hit.contains(at)
                   && getComputedStyle(hit).position === "sticky"};
}"""
OUTLINE = """() => ({
  headings: [...document.querySelectorAll("h1, h2, h3, h4, h5, h6")].filter(
    (e) => e.checkVisibility()).map((e) => [Number(e.tagName[1]), e.innerText.trim()]),
  moved: [...document.querySelectorAll("body *")].filter((e) => {
    const style = getComputedStyle(e);
    return style.order !== "0" || /reverse/.test(style.flexDirection + style.flexWrap)
      || e.tabIndex > 0;
  }).map((e) => e.outerHTML.slice(0, 90)),
})"""
SKIPPED = """() => {
  const at = document.activeElement, box = at.getBoundingClientRect();
  return {text: at.innerText, href: at.getAttribute("href"), top: box.top, height: box.height};
}"""


def walked(page: Any) -> dict[str, Any]:
    """Return what a reader meets who goes through a page by Tab alone."""
    stops = page.evaluate(STOPS)
    page.keyboard.press("Tab")
    first = page.evaluate(SKIPPED)
    met = [page.evaluate(AT)]
    for _ in stops[1:]:
        page.keyboard.press("Tab")
        met.append(page.evaluate(AT))
    page.keyboard.press("Shift+Tab")
    back = page.evaluate(AT)["place"]
    page.evaluate("stops[0].focus()")
    page.keyboard.press("Enter")
    skipped = page.evaluate("document.activeElement.tagName")
    page.keyboard.press("Tab")
    beyond = page.evaluate("document.querySelector('main').contains(document.activeElement)")
    roles = {role: named(page, role) for role in LANDMARKS}
    facts = {"stops": stops, "first": first, "met": met, "back": back, "skipped": skipped}
    return {**facts, "beyond": beyond, "roles": roles, **page.evaluate(OUTLINE)}


def named(page: Any, role: str) -> list[str]:
    """Return the names of all landmarks of a role, as a screen reader would list them."""
    tree = page.locator("body").aria_snapshot()
    starts = (line.strip() for line in tree.splitlines())
    found = [line for line in starts if line.startswith(f"- {role}")]
    return [line.removeprefix(f"- {role}").strip().rstrip(":") for line in found]


@pytest.fixture(params=EVERY_PAGE)
def walk(request: pytest.FixtureRequest, visitor: Visitor) -> dict[str, Any]:
    return visitor.once(request.param, "walk", walked)  # type: ignore[no-any-return]


@pytest.fixture(params=EVERY_PAGE)
def seen(request: pytest.FixtureRequest, visitor: Visitor) -> dict[str, Seen]:
    return visitor.seen(request.param)


@pytest.mark.browser
def test_tab_meets_everything_once_in_the_order_of_reading(walk: dict[str, Any]) -> None:
    assert len(walk["stops"]) > 10
    assert [at["place"] for at in walk["met"]] == list(range(len(walk["stops"])))
    assert walk["back"] == len(walk["stops"]) - 2
    assert walk["moved"] == []


@pytest.mark.browser
def test_what_has_the_focus_is_in_the_window_and_not_covered(walk: dict[str, Any]) -> None:
    assert [at["tag"] for at in walk["met"] if not at["inside"] or at["covered"]] == []


@pytest.mark.browser
def test_the_first_stop_shows_itself_and_skips_to_the_content(walk: dict[str, Any]) -> None:
    first = walk["first"]
    assert first["text"] == "Skip to the content"
    assert first["top"] >= 0
    assert first["height"] >= 24
    assert walk["skipped"] == "MAIN"
    assert walk["beyond"]


@pytest.mark.browser
@pytest.mark.parametrize("mode", ["light", "dark", "forced colours", "phone"])
def test_everything_shows_that_it_has_the_focus(mode: str, seen: dict[str, Seen]) -> None:
    for stop in seen[mode]["focused"]:
        assert stop["ring"] >= 2, stop["what"]
        assert not stop["clipped"], stop["what"]
        if mode != "forced colours":
            assert contrast(colour(stop["colour"]), colour(stop["ground"])) >= 3, stop["what"]


@pytest.mark.browser
def test_each_page_has_its_landmarks_and_tells_them_apart(walk: dict[str, Any]) -> None:
    roles = walk["roles"]
    assert [len(roles[one]) for one in ("main", "banner", "contentinfo")] == [1, 1, 1]
    assert roles["navigation"]
    for role in ("navigation", "complementary", "region"):
        assert all(roles[role]), roles[role]
        assert len(set(roles[role])) == len(roles[role])


@pytest.mark.browser
def test_headings_begin_with_one_h1_and_skip_no_level(walk: dict[str, Any]) -> None:
    levels = [level for level, _ in walk["headings"]]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    assert all(text for _, text in walk["headings"])


@pytest.mark.browser
def test_the_index_stays_a_table_for_a_screen_reader_on_a_phone(visitor: Visitor) -> None:
    page = visitor.opened("index")
    turn(page, "phone")
    tree = page.context.new_cdp_session(page).send("Accessibility.getFullAXTree")
    roles = [node["role"]["value"] for node in tree["nodes"] if not node.get("ignored")]
    page.close()
    assert {"table", "row", "columnheader", "rowheader", "cell"} <= set(roles)
