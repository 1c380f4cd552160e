"""Time a page's first paint while no host answers, against a floor: a page of one sentence.

Run ``python benchmarks/first_paint.py`` after ``analysis build``; it needs Chromium. Every request
but that for the file itself is left without an answer. Quote the ratio, not the milliseconds.
"""

from __future__ import annotations

import shutil
import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
REPEATS = 7
FLOOR = "<!DOCTYPE html><html lang='en-GB'><title>Floor</title><p>One sentence.</p></html>"
PAINTED = (
    """() => performance.getEntriesByName("first-contentful-paint").map((e) => e.startTime)[0]"""
)


def painted(browser: Any, file: Path) -> float:
    """Return when a page first shows something, ms after it was asked for."""
    page = browser.new_page(viewport={"width": 390, "height": 844})
    page.route(lambda url: url.startswith("http"), lambda route: None)
    page.goto(file.as_uri(), wait_until="commit")
    while (taken := page.evaluate(PAINTED)) is None:
        page.wait_for_timeout(5)
    page.close()
    return float(taken)


def main() -> None:
    """Print the median first paint of the floor and of each page, and the ratio of the two."""
    from playwright.sync_api import sync_playwright

    program = shutil.which("chromium") or sys.exit("no chromium on this machine")
    pages = sorted((ROOT / "findings").glob("*/[0-9]*.html"))
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        floor = Path(folder) / "floor.html"
        floor.write_text(FLOOR, encoding="utf-8")
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        taken: dict[Path, list[float]] = {file: [] for file in (floor, *pages)}
        for _ in range(REPEATS):
            for file, times in taken.items():
                times.append(painted(browser, file))
        browser.close()
    least = statistics.median(taken[floor])
    for file, times in taken.items():
        middle = statistics.median(times)
        print(f"{file.parent.name}/{file.stem:24} {middle:6.0f} ms  x {middle / least:.1f}")


if __name__ == "__main__":
    main()
