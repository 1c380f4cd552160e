"""Every page under axe-core, all rules, with all folds open, in each way of looking."""

from __future__ import annotations

import importlib.resources
import re
from typing import Any

import pytest
from browser import Visitor, chromium, turn, visitor
from made_pages import EVERY_PAGE

__all__ = ["chromium", "visitor"]

WAYS = ("light", "dark", "forced colours", "phone", "print")
# What axe can't decide, and why it needn't: the signs of a formula have the colour of the words
# around them, which are measured; on paper no link is followed, so none must stand out.
DECIDED = {
    "color-contrast": re.compile(r"<m[a-z]+[ >]"),
    "link-in-text-block": re.compile(r'<a class="to-entry"'),
}
RUN = """async () => {
  const told = await axe.run(document, {resultTypes: ["violations", "incomplete"]});
  const brief = (results) => results.flatMap((r) => r.nodes.map((n) =>
    [r.id, n.html.slice(0, 200), [...n.any, ...n.all, ...n.none].map((c) => c.message).join(" ")]));
  return {rules: told.testEngine.version, violations: brief(told.violations),
          incomplete: brief(told.incomplete)};
}"""
# Axe measures no contrast over a gradient. So the shade at the edge of a table that scrolls, which
# runs from the paper to one darker colour, is made that colour everywhere: the worst case.
FLAT = """() => document.querySelectorAll("body *").forEach((e) => {
  const image = getComputedStyle(e).backgroundImage;
  if (!image.includes("gradient")) return;
  const stops = image.match(/rgba?\\([^)]*\\)/g).filter((c) => !/, 0\\)$/.test(c));
  e.style.background = stops.at(-1);
})"""
# Rows, points and pieces of code that look like one before them are measured in light alone.
THIN = """() => {
  const look = (e) => [e, ...e.querySelectorAll("*")].map((x) => x.tagName + x.className).join();
  for (const parent of document.querySelectorAll("tbody, ul, ol, pre code")) {
    const seen = new Set();
    for (const child of [...parent.children]) {
      if (seen.has(look(child))) child.remove();
      seen.add(look(child));
    }
  }
}"""


def examined(page: Any) -> dict[str, Any]:
    """Return what axe says of a page in each way of looking."""
    source = importlib.resources.files("axe_playwright_python") / "axe.min.js"
    page.evaluate(source.read_text(encoding="utf-8"))
    told = {}
    for way in WAYS:
        turn(page, way)
        page.evaluate(FLAT)
        told[way] = page.evaluate(RUN)
        page.evaluate("document.querySelectorAll('[style]').forEach((e) => e.style = '')")
        if way == "light":
            page.evaluate(THIN)
    return told


@pytest.fixture(params=EVERY_PAGE)
def told(request: pytest.FixtureRequest, visitor: Visitor) -> dict[str, Any]:
    return visitor.once(request.param, "axe", examined)  # type: ignore[no-any-return]


@pytest.mark.browser
def test_axe_finds_nothing_in_any_way_of_looking(told: dict[str, Any]) -> None:
    for way in WAYS:
        assert told[way]["violations"] == [], way


@pytest.mark.browser
def test_axe_leaves_nothing_undecided_that_is_not_decided_here(told: dict[str, Any]) -> None:
    for way in WAYS:
        left = [one for one in told[way]["incomplete"] if not decided(way, *one[:2])]
        assert left == [], way


def decided(way: str, rule: str, html: str) -> bool:
    return (rule != "link-in-text-block" or way == "print") and bool(
        rule in DECIDED and DECIDED[rule].match(html)
    )
