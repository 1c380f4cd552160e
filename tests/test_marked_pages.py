"""Tests of a provisional year from raw tables to pages: as files, and as a browser shows them."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import world
from browser import chromium
from made_cards import STATES
from made_pages import Tags, drawings, spoken
from test_pages import LETTERS, PHONE, WIDTHS
from world import YEAR, World

from analysis import cli
from analysis.page.gate import check_mark
from analysis.page.index import in_order, index
from analysis.sources.registry import load_release

__all__ = ["chromium"]

CHAPTERS = ("01_data", "03_claims", "05_funding")
PHONE_AND_DESK = (PHONE, 1280)


@pytest.fixture(scope="module")
def provisional(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """The made-up county as a provisional release, with pages of some chapters and an index."""
    with pytest.MonkeyPatch.context() as patch, world.kept_environment():
        made = world.made_up(tmp_path_factory.mktemp("provisional"), patch)
        for name in CHAPTERS:
            book = Path("notebooks", f"{name}.ipynb")
            (made.root / "notebooks").mkdir(exist_ok=True)
            shutil.copy(world.PROJECT / book, made.root / book)
        content = made.sources
        content[YEAR] |= {"maturity": "provisional", "definitions": {"ks2": "level 4"}}
        made.write_sources(content)
        for stage in (["tables", "--year", YEAR], ["chapters", "--year", YEAR], ["index"]):
            assert cli.main(["stage", *stage]) == 0
        yield made


@pytest.fixture(scope="module")
def pages(provisional: World) -> dict[str, Tags]:
    folder = provisional.root / "findings" / YEAR
    return {name: Tags((folder / f"{name}.html").read_text("utf-8")) for name in CHAPTERS}


def test_every_page_picture_and_table_says_provisional(
    pages: dict[str, Tags], provisional: World
) -> None:
    for name, tags in pages.items():
        file = provisional.root / "findings" / YEAR / f"{name}.html"
        check_mark(file.read_text("utf-8"), "PROVISIONAL")
        captions = re.findall(r"<caption[^>]*>(.*?)<", file.read_text("utf-8"))
        assert all(caption.startswith("PROVISIONAL: ") for caption in captions)
        assert all("PROVISIONAL" in image["alt"] for image in tags.named("img"))
        assert all("PROVISIONAL" in drawing for drawing in drawings(tags))
        assert "SIMULATED" not in spoken(tags)
    assert pages["05_funding"].named("img")


def test_files_keep_their_names_so_that_links_hold(provisional: World) -> None:
    names = [file.name for file in (provisional.root / "findings" / YEAR / "data").iterdir()]
    assert names
    assert not [name for name in names if "provisional" in name.lower()]


def test_findings_and_card_say_provisional_and_what_was_asked(provisional: World) -> None:
    found = json.loads(provisional.read(f"findings/{YEAR}/findings.json"))
    card = json.loads(provisional.read(f"build/{YEAR}.json"))
    assert found["status"] == card["status"] == "provisional"
    assert card["numbers"]["funding.ks2.slope_pp_per_10k"]["value"] == pytest.approx(1.0)
    assert card["definitions"] == {"ks2": "level 4"}
    assert card["trust"]["identification.funding"]["word"] == "not at all"
    why = "the release has no results of single schools"
    assert card["missing"]["membership.ks2.difference"] == why
    for source in load_release(YEAR).files:
        assert card["sources"][source.file] == source.sha256


def test_the_index_shows_the_year_as_provisional_and_not_overtaken(provisional: World) -> None:
    html = provisional.read("findings/index.html").partition("</style>")[2]
    assert "PROVISIONAL: " in html
    assert "vertaken" not in html


def test_an_index_made_after_the_release_matured_says_that_the_page_is_overtaken(
    provisional: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(provisional.root, tmp_path, dirs_exist_ok=True)
    monkeypatch.setenv("ANALYSIS_ROOT", str(tmp_path))
    later = World(tmp_path, YEAR)
    content = later.sources
    content[YEAR]["maturity"] = "final"
    later.write_sources(content)
    assert cli.main(["stage", "index"]) == 0
    html = later.read("findings/index.html")
    assert "its release is now final, and these pages are provisional" in html


@pytest.fixture(scope="module")
def shown(chromium: Any, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The index in each state, as a browser shows it at each width."""
    folder, seen = tmp_path_factory.mktemp("states"), {}
    for state, cards in STATES.items():
        file = folder / f"{state}.html"
        file.write_text(index(in_order(cards))[0], encoding="utf-8")
        page = chromium.new_page()
        page.goto(file.as_uri(), wait_until="load")
        for width, height in WIDTHS.items():
            page.set_viewport_size({"width": width, "height": height})
            seen[state, width] = page.evaluate(LOOK)
        page.close()
    return seen  # type: ignore[return-value]


LOOK = """() => {
  const all = (selector) => [...document.querySelectorAll(selector)];
  return {
    wide: document.documentElement.scrollWidth - document.documentElement.clientWidth,
    cards: getComputedStyle(document.querySelector("tbody tr")).display === "block",
    labels: all("tbody td[data-label]").map((e) => getComputedStyle(e, "::before").content),
    scrolled: all(".all-years").map((e) => e.scrollWidth - e.clientWidth)[0],
    small: all("main p, main li, main td, main th, main figcaption, main caption")
      .filter((e) => e.offsetParent && parseFloat(getComputedStyle(e).fontSize) < 12).length,
    images: all("img").map((i) => ({width: i.clientWidth, src: i.src, ok: i.naturalWidth > 0})),
  };
}"""


@pytest.mark.browser
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("state", STATES)
def test_the_index_fits_every_screen_in_every_state(
    state: str, width: int, shown: dict[Any, Any]
) -> None:
    seen = shown[state, width]
    assert seen["wide"] <= 0
    assert seen["scrolled"] <= 0
    assert seen["small"] == 0
    assert all(image["ok"] for image in seen["images"])


@pytest.mark.browser
def test_a_phone_shows_a_card_a_year_and_a_desk_a_table(shown: dict[Any, Any]) -> None:
    for state in STATES:
        assert shown[state, 320]["cards"]
        assert shown[state, PHONE]["cards"]
        assert not shown[state, 1280]["cards"]
        labels = shown[state, PHONE]["labels"]
        assert labels
        assert all(len(label) > 4 for label in labels)
        assert set(shown[state, 1280]["labels"]) == {"none"}


@pytest.mark.browser
@pytest.mark.parametrize("state", [state for state in STATES if state != "one year"])
def test_the_picture_by_year_can_be_read_on_a_phone(
    state: str,
    shown: dict[Any, Any],
    chromium: Any,
) -> None:
    from urllib.parse import unquote

    page = chromium.new_page()
    for image in shown[state, PHONE]["images"]:
        svg = unquote(image["src"].partition(",")[2])
        for size, text in page.evaluate(LETTERS, [svg, image["width"]]):
            assert size >= 9, text
    page.close()


@pytest.mark.browser
@pytest.mark.parametrize("width", PHONE_AND_DESK)
def test_the_banner_of_a_provisional_page_is_on_the_first_screen(
    width: int,
    provisional: World,
    chromium: Any,
) -> None:
    page = chromium.new_page(viewport={"width": width, "height": WIDTHS[width]})
    page.goto((provisional.root / "findings" / YEAR / "05_funding.html").as_uri())
    box = page.locator("aside.maturity").bounding_box()
    assert box["y"] + box["height"] < WIDTHS[width] / 2
    assert "will change" in page.locator("aside.maturity").inner_text()
    wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert page.evaluate(wide) <= 0
    page.close()
