"""A real browser, and what it sees of a page with all folds open, in each way of looking."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from made_pages import EVERY_PAGE, once

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-dev-shm-usage",
    "--no-first-run",
]
DESK, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}
MODES: dict[str, dict[str, Any]] = {
    "light": {"viewport": DESK},
    "dark": {"viewport": DESK, "color_scheme": "dark"},
    "forced colours": {"viewport": DESK, "forced_colors": "active"},
    "phone": {"viewport": PHONE},
    "print": {"viewport": {"width": 673, "height": 1000}, "media": "print"},
    "320 px": {"viewport": {"width": 320, "height": 640}},
    "768 px": {"viewport": {"width": 768, "height": 1024}},
    # Zoom to 200 % halves the window, 1.4.4; so does a reader's own size of letters.
    "zoom 200 %": {"viewport": {"width": 640, "height": 450}},
    "letters 200 %": {"viewport": DESK, "style": ":root { font-size: 200% !important }"},
    "letters 200 % in half a window": {
        "viewport": {"width": 640, "height": 900},
        "style": ":root { font-size: 200% !important }",
    },
    # The distances of 1.4.12.
    "spaced": {
        "viewport": PHONE,
        "style": "* { line-height: 1.5 !important; letter-spacing: 0.12em !important; "
        "word-spacing: 0.16em !important } p { margin-bottom: 2em !important }",
    },
}
LOOK = Path(__file__).with_name("look.js").read_text(encoding="utf-8")
OPEN = "document.querySelectorAll('details').forEach((fold) => { fold.open = true; })"
STYLED = """(rules) => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(rules);
  document.adoptedStyleSheets = [sheet];
}"""
Seen = dict[str, Any]


def needed(*programs: str, package: str) -> str:
    """Return a program's place; without it a test is skipped, but on CI it fails."""
    found = next((place for name in programs if (place := shutil.which(name))), None)
    if found is None:
        message = f"no {programs[0]} on this machine; on Debian: apt-get install {package}"
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)
    return found


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    """A browser; for one module only, as its event loop would stop others from running theirs."""
    program = needed("chromium", "chromium-browser", package="chromium")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=ARGUMENTS)
        yield browser
        browser.close()


class Visitor:
    """Looks at each page once in every mode, whichever process asks first."""

    def __init__(self, browser: Any, files: dict[str, Path], shared: Path) -> None:
        self.browser, self.files, self.shared = browser, files, shared

    def opened(self, name: str, mode: str = "light") -> Any:
        """Return a page in a mode, with all folds open; who asks for it closes it."""
        page = self.browser.new_page()
        page.goto(self.files[name].as_uri(), wait_until="load")
        page.evaluate(OPEN)
        turn(page, mode)
        return page

    def once(self, name: str, kind: str, look: Callable[[Any], Any]) -> Any:
        """Return what `look` makes of a page that was just opened, by whichever process."""

        def looked() -> Any:
            page = self.opened(name)
            try:
                return look(page)
            finally:
                page.close()

        return once(self.shared / kind / str(EVERY_PAGE.index(name)), looked)

    def seen(self, name: str) -> dict[str, Seen]:
        """Return what is seen of a page in each mode: the facts of `look.js`."""
        return self.once(name, "seen", in_every_mode)  # type: ignore[no-any-return]


def turn(page: Any, mode: str) -> None:
    """Look at an open page in another mode."""
    how = MODES[mode]
    page.set_viewport_size(how.get("viewport", DESK))
    page.emulate_media(
        media=how.get("media", "screen"),
        color_scheme=how.get("color_scheme", "light"),
        forced_colors=how.get("forced_colors", "none"),
        reduced_motion="reduce",
    )
    page.evaluate(STYLED, how.get("style", ""))


def in_every_mode(page: Any) -> dict[str, Seen]:
    page.evaluate(LOOK)
    facts = {}
    for mode in MODES:
        turn(page, mode)
        facts[mode] = page.evaluate("look()")
    return facts


@pytest.fixture(scope="module")
def visitor(chromium: Any, every_page: dict[str, Path], shared: Path) -> Visitor:
    return Visitor(chromium, every_page, shared)
