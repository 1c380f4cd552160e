"""Tests of the real pages of 2013: as files, and as a real browser shows them."""

from __future__ import annotations

import gzip
import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urldefrag

import pytest
from browser import chromium
from made_pages import CHAPTERS, Tags, drawings, spoken

__all__ = ["chromium"]

PRACTICE = [f"simulated/{name}" for name in CHAPTERS]
OF_2013 = [*CHAPTERS, "index"]
PAGES = [*OF_2013, *PRACTICE]
WIDTHS = {320: 640, 390: 844, 768: 1024, 1280: 900}
PHONE, DESK = 390, 1280
FACTS = """() => {
  const all = (selector) => [...document.querySelectorAll(selector)];
  return {
    wide: document.documentElement.scrollWidth - document.documentElement.clientWidth,
    images: all("img").map((i) => ({alt: i.alt, ok: i.complete && i.naturalWidth > 0,
                                    width: i.clientWidth, src: i.src})),
    seen: document.body.innerText,
    paper: getComputedStyle(document.body).backgroundColor,
    ink: getComputedStyle(document.body).color,
    boxes: Object.fromEntries([".headline", "h1", ".tiles", ".trust"].map(
      (s) => [s, all(s).slice(0, 1).map((e) => e.getBoundingClientRect().toJSON())[0]])),
    small: all("main p, main li, main td, main th, main figcaption, main caption, main summary")
      .filter((e) => e.offsetParent && parseFloat(getComputedStyle(e).fontSize) < 12).length,
    folded: all("details").filter((e) => !e.open).length,
    cut: all("main p, main h1, main h2, main .tile-value").filter(
      (e) => e.offsetParent && e.scrollWidth > e.clientWidth + 1).map((e) => e.innerText),
  };
}"""
LETTERS = """([svg, width]) => {
  document.body.innerHTML = svg;
  const top = document.querySelector("svg");
  top.removeAttribute("height");
  top.setAttribute("width", width);
  return [...top.querySelectorAll("text, tspan")].filter((t) => t.textContent.trim()).map((t) => {
    const m = (t.closest("text") || t).getScreenCTM();
    return [parseFloat(getComputedStyle(t).fontSize) * Math.hypot(m.a, m.b), t.textContent];
  });
}"""


@pytest.fixture(scope="session")
def pages(findings: Path) -> dict[str, Path]:
    chapters = {name: findings / "2013" / f"{name}.html" for name in CHAPTERS}
    practice = {name: findings / f"{name}.html" for name in PRACTICE}
    return {**chapters, "index": findings / "index.html", **practice}


@pytest.fixture(scope="session")
def read(pages: dict[str, Path]) -> dict[str, Tags]:
    return {name: Tags(file.read_text(encoding="utf-8")) for name, file in pages.items()}


@pytest.fixture(scope="module")
def visits(chromium: Any, pages: dict[str, Path]) -> dict[tuple[str, object], dict[str, Any]]:
    """What was seen of each page: by width, "dark" on a phone, in "print", and what it "asked"."""
    seen: dict[tuple[str, object], dict[str, Any]] = {}
    for name, file in pages.items():
        asked: list[str] = []
        page = chromium.new_page(viewport={"width": DESK, "height": WIDTHS[DESK]})
        page.on("request", lambda request, asked=asked: asked.append(request.url))
        page.goto(file.as_uri(), wait_until="load")
        for width, height in sorted(WIDTHS.items(), reverse=True):
            page.set_viewport_size({"width": width, "height": height})
            seen[name, width] = page.evaluate(FACTS)
        page.emulate_media(color_scheme="dark")
        seen[name, "dark"] = page.evaluate(FACTS)
        page.emulate_media(media="print", color_scheme="light")
        folds = page.locator("details.code:visible, details.data:visible, .menu:visible")
        seen[name, "print"] = {"folds": folds.count()}
        page.close()
        others = [url for url in asked if url != file.as_uri() and not url.startswith("data:")]
        seen[name, "asked"] = {"urls": others, "all": len(asked)}
    return seen


@pytest.mark.parametrize("name", PAGES)
def test_a_page_says_its_language_and_a_title_of_its_own(name: str, read: dict[str, Tags]) -> None:
    assert [a["lang"] for a in read[name].named("html")] == ["en-GB"]
    assert len(read[name].named("h1")) == 1
    same = PRACTICE if name in PRACTICE else OF_2013
    texts = {n: "".join(read[n].text).strip() for n in same}
    titles = {n: re.search(r"[^\n]+", text)[0] for n, text in texts.items()}  # type: ignore[index]
    assert titles[name]
    assert list(titles.values()).count(titles[name]) == 1


@pytest.mark.parametrize("name", OF_2013)
def test_nothing_of_2013_is_called_an_effect(name: str, read: dict[str, Tags]) -> None:
    assert "effect" not in spoken(read[name]).lower()


def test_no_finding_or_table_of_2013_is_called_an_effect(findings: Path) -> None:
    files = [*(findings / "2013" / "data").glob("*.csv"), findings / "2013" / "findings.json"]
    assert len(files) > 20
    for file in files:
        assert "effect" not in file.read_text(encoding="utf-8").lower(), file.name


@pytest.mark.parametrize("name", PAGES)
def test_no_gap_is_shown_as_a_number_and_nothing_is_left_unfilled(
    name: str, read: dict[str, Tags], pages: dict[str, Path]
) -> None:
    said = spoken(read[name])
    assert not re.search(r"\b(nan|NaN|NaT|None|inf)\b", said)
    page = re.sub(r"<(pre|style)\b.*?</\1>", "", pages[name].read_text("utf-8"), flags=re.DOTALL)
    assert not re.search(r"\{[\w.:]+\}|<(limit|money|outcome)>", " ".join(Tags(page).text))
    assert name in PRACTICE or "Not available:" not in said
    assert "No description has been provided" not in said


@pytest.mark.parametrize("name", PAGES)
def test_every_picture_is_described_in_words(name: str, read: dict[str, Tags]) -> None:
    for image in read[name].named("img"):
        assert 40 <= len(image["alt"]) <= 600
    if name in CHAPTERS and name not in ("01_data", "08_since_last_year"):
        assert read[name].named("img")


@pytest.mark.parametrize("name", PAGES)
def test_every_table_has_a_caption_one_header_row_and_scopes(
    name: str, read: dict[str, Tags]
) -> None:
    tags = read[name]
    assert len(tags.named("caption")) == len(tags.named("table")) == len(tags.named("thead"))
    assert {a.get("scope") for a in tags.named("th")} <= {"col", "row"}
    assert not [a for t, a in tags.tags if t in ("td", "th") and ({"colspan", "rowspan"} & set(a))]


@pytest.mark.parametrize("name", PAGES)
def test_no_id_stands_twice(name: str, read: dict[str, Tags]) -> None:
    ids = [attributes["id"] for _, attributes in read[name].tags if "id" in attributes]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("name", PAGES)
def test_every_link_leads_to_a_file_or_a_place_that_is_there(
    name: str, read: dict[str, Tags], pages: dict[str, Path]
) -> None:
    ids = {file.resolve(): {a["id"] for _, a in read[n].tags if "id" in a}
           for n, file in pages.items()}  # fmt: skip
    for link in read[name].named("a"):
        target, place = urldefrag(link["href"])
        file = (pages[name].parent / unquote(target)).resolve() if target else pages[name].resolve()
        assert file.is_file(), link["href"]
        assert not place or place in ids[file], link["href"]


def test_every_file_of_numbers_is_linked_from_a_page(findings: Path, read: dict[str, Tags]) -> None:
    linked = {Path(a["href"]).name for tags in read.values() for a in tags.named("a")}
    for year in ("2013", "simulated"):
        assert {file.name for file in (findings / year / "data").glob("*.csv")} <= linked


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_small(name: str, pages: dict[str, Path]) -> None:
    data = pages[name].read_bytes()
    assert len(data) <= 300_000
    assert len(gzip.compress(data)) <= 80_000


@pytest.mark.parametrize("name", [*CHAPTERS, *PRACTICE])
def test_numbers_in_sentences_are_those_of_the_findings(
    name: str, read: dict[str, Tags], findings: Path
) -> None:
    year = "simulated" if name in PRACTICE else "2013"
    published = json.loads((findings / year / "findings.json").read_text(encoding="utf-8"))
    for number in read[name].named("data"):
        entry = published["findings"][number["data-id"]]
        assert float(number["value"]) == entry["value"], number["data-id"]


@pytest.mark.parametrize("name", PRACTICE)
def test_a_practice_page_says_simulated_in_its_head_pictures_and_files(
    name: str, read: dict[str, Tags]
) -> None:
    tags = read[name]
    assert "SIMULATED" in " ".join(tags.text[:200])
    assert all("SIMULATED" in image["alt"] for image in tags.named("img"))
    assert all("SIMULATED" in re.sub(r"<[^>]+>", "", drawing) for drawing in drawings(tags))
    files = [Path(a["href"]).name for a in tags.named("a") if a["href"].endswith(".csv")]
    assert all("simulated" in file for file in files)


def test_the_practice_years_findings_say_simulated(findings: Path) -> None:
    published = json.loads((findings / "simulated" / "findings.json").read_text(encoding="utf-8"))
    assert published["status"] == "SIMULATED"
    assert published["findings"]["membership.ks2.difference"]["kind"] == "effect"


def test_the_index_answers_with_the_headline_of_the_reviewers_page(read: dict[str, Tags]) -> None:
    page, index = (" ".join(" ".join(read[n].text).split()) for n in ("07_findings", "index"))
    start = "These tables cannot say whether"
    sentence = page[page.index(start) :].split(".")[0].replace(" ", "")
    assert sentence in index.replace(" ", "")


@pytest.mark.browser
@pytest.mark.parametrize("name", PAGES)
def test_a_page_asks_the_network_for_nothing(name: str, visits: Any) -> None:
    assert visits[name, "asked"]["all"] >= 1
    assert visits[name, "asked"]["urls"] == []


@pytest.mark.browser
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", PAGES)
def test_a_page_fits_the_screen(name: str, width: int, visits: Any) -> None:
    assert visits[name, width]["wide"] <= 0
    assert visits[name, width]["cut"] == []


@pytest.mark.browser
@pytest.mark.parametrize("name", PAGES)
def test_every_picture_is_drawn_and_fits(name: str, visits: Any) -> None:
    for width in WIDTHS:
        for image in visits[name, width]["images"]:
            assert image["ok"], image["alt"]
            assert 200 < image["width"] <= width


@pytest.mark.browser
@pytest.mark.parametrize("name", PAGES)
def test_letters_can_be_read_on_a_phone(name: str, visits: Any, chromium: Any) -> None:
    assert visits[name, PHONE]["small"] == 0
    page = chromium.new_page()
    for image in visits[name, PHONE]["images"]:
        svg = unquote(image["src"].partition(",")[2])
        for size, text in page.evaluate(LETTERS, [svg, image["width"]]):
            assert size >= 9, (text, image["alt"][:60])
    page.close()


@pytest.mark.browser
def test_the_answer_is_on_the_first_screen(visits: Any) -> None:
    for width in (PHONE, DESK):
        box = visits["07_findings", width]["boxes"][".headline"]
        assert box["top"] >= 0
        assert box["bottom"] <= WIDTHS[width]


@pytest.mark.browser
def test_tiles_and_trust_are_on_the_first_screen_of_a_desk(visits: Any) -> None:
    boxes = visits["07_findings", DESK]["boxes"]
    assert boxes["h1"]["bottom"] < boxes[".headline"]["top"]
    assert boxes[".tiles"]["bottom"] <= WIDTHS[DESK]
    assert boxes[".trust"]["top"] <= WIDTHS[DESK]


@pytest.mark.browser
@pytest.mark.parametrize("name", PAGES)
def test_a_dark_screen_gets_light_letters_on_dark_paper(name: str, visits: Any) -> None:
    dark, light = visits[name, "dark"], visits[name, PHONE]
    assert brightness(dark["paper"]) < 60 < 180 < brightness(dark["ink"])
    assert brightness(light["ink"]) < 60 < 240 < brightness(light["paper"])


def brightness(colour: str) -> float:
    """Return the mean of red, green and blue, 0 to 255."""
    return sum(float(part) for part in re.findall(r"[\d.]+", colour)[:3]) / 3


@pytest.mark.browser
@pytest.mark.parametrize("name", PAGES)
def test_code_and_data_are_folded_on_the_screen_and_left_out_in_print(
    name: str, visits: Any, read: dict[str, Tags]
) -> None:
    assert visits[name, PHONE]["folded"] == len(read[name].named("details"))
    assert visits[name, "print"]["folds"] == 0


@pytest.mark.browser
def test_what_each_number_is_called_is_said_in_words(visits: Any) -> None:
    seen = visits["07_findings", DESK]["seen"]
    for words in ("not identified", "negative control", "bound", "association"):
        assert words in seen
