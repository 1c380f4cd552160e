"""Tests of the states that a year's pages may be in: each is whole, true and plain English."""

from __future__ import annotations

import csv
import html
import io
import json
import re
from collections import Counter
from html.parser import HTMLParser
from typing import Any

import pytest
from made_states import STATES, pages_of
from test_pages import PHONE, WIDTHS, chromium
from world import World

from analysis.page.gaps import HEADING
from analysis.page.gate import check_mark, check_page
from analysis.page.maturity import mark_of

__all__ = ["chromium"]  # the browser that test_pages starts, here for this module

REVIEWERS_PAGE = "07_findings"
WITH_SCHOOLS = ("schools only", "no money")
BLOCKS = {"p", "li", "td", "th", "caption", "h1", "h2", "h3", "summary", "dt", "dd", "b"}
NOUNS = (
    "groups|schools|collaborations|memberships|claims|numbers|figures|pupils|pairs|specifications|"
    "rows|gains|grants|lines|targets"
)
SLIPS = {
    "a missing value": r"\b(None|nan|NaN|NaT)\b|<NA>|∞",
    "nothing of nothing": r"\b0 of 0\b|\b[Oo]f 0 \w+ 0\b",
    "one of several": rf"(?<![\d.,])1 (?:{NOUNS})\b",
    "one that have": rf"(?<!of )\b1 (?:{NOUNS.replace('s|', '|')[:-1]}) (?:have|are|were)\b",
    "a dangling sentence": r"Not available: ?\.|: ?\.|\(\)|\s[,;.](?:\s|$)|;;|\.\.|\bby \.",
    "a range of one": r"(?<![\d.,−])(−?\d[\d,.]*)(?:\s(?:pp|%))? to \1(?![\d,.]*\d)",
    "a method's own words": r"leverage|\brows for \d+ columns|\b[a-z_]+\.ks\d\.\w+:",
}


class Blocks(HTMLParser):
    """A page's blocks of text, in order, with their tags; pictures and the foot left out."""

    LEFT_OUT = ("figure", "style", "pre", "footer", "nav")

    def __init__(self, markup: str) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[tuple[str, str]] = []
        self._open: list[list[str]] = []
        self._out = 0
        self.feed(markup)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        classes = dict(attrs).get("class") or ""
        if tag == "figure":
            self.found.append((tag, ""))
        if tag in self.LEFT_OUT or (tag == "section" and classes != ""):
            self._out += 1
        elif tag in BLOCKS and not self._out:
            self._open.append([tag, ""])

    def handle_endtag(self, tag: str) -> None:
        if tag in (*self.LEFT_OUT, "section") and self._out:
            self._out -= 1
        elif tag in BLOCKS and not self._out and self._open and self._open[-1][0] == tag:
            name, text = self._open.pop()
            self.found.append((name, " ".join(text.split())))
            if self._open and name == "b":
                self._open[-1][1] += text

    def handle_data(self, data: str) -> None:
        if self._open and not self._out:
            self._open[-1][1] += data


@pytest.fixture(scope="module", params=STATES)
def state(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def made(state: str, tmp_path_factory: pytest.TempPathFactory) -> World:
    return pages_of(state, tmp_path_factory.getbasetemp())


@pytest.fixture(scope="module")
def pages(made: World) -> dict[str, str]:
    folder = made.root / "findings" / made.year
    return {file.stem: file.read_text("utf-8") for file in sorted(folder.glob("*.html"))}


@pytest.fixture(scope="module")
def card(made: World) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(made.read(f"build/{made.year}.json"))
    return content


def findings(made: World) -> dict[str, dict[str, Any]]:
    content: dict[str, dict[str, Any]] = json.loads(
        made.read(f"findings/{made.year}/findings.json")
    )["findings"]
    return content


def headline(page: str) -> str:
    (said,) = re.findall(r'<p class="headline">(.*?)</p>', page, re.S)
    return str(said)


def text(markup: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", "", markup).split())


def counts(made: World) -> dict[str, int]:
    """Return how many groups there are and how many gains of them, counted in the raw tables."""
    gains = [row[1:] for row in made.cells("gains")[1:]]
    cells = [float(cell) for row in gains for cell in row if cell]
    groups = len(made.cells("ofsted")) - 1
    shown = sum(any(row) for row in gains)
    names = ("all_n", "unseen_n", "cells_n", "declining_cells_n")
    values = (groups, groups - shown, len(cells), sum(cell < 0 for cell in cells))
    return {f"gains.listed.{name}": value for name, value in zip(names, values, strict=True)}


def test_every_page_is_there_and_passes_the_gate(
    pages: dict[str, str], made: World, card: dict[str, Any]
) -> None:
    assert len(pages) == 9
    kinds = {entry["kind"] for entry in findings(made).values()}
    records = (made.root / "build" / "staging" / made.year / "records").glob("*.json")
    names = {name for file in records for name in json.loads(file.read_text("utf-8"))["names"]}
    for page in pages.values():
        check_page(page, kinds, names)
        check_mark(page, mark_of(card["status"]))


def test_nothing_is_called_an_effect_that_the_gate_does_not_grant(
    made: World, card: dict[str, Any]
) -> None:
    granted = {how["kind"] for how in card["trust"].values()}
    kinds = {entry["kind"] for entry in findings(made).values()}
    assert "effect" not in kinds or "effect" in granted
    assert card["trust"]["identification.membership"]["kind"] == "not identified"


def test_the_first_sentence_is_true_and_stands_on_the_index(
    state: str, made: World, pages: dict[str, str]
) -> None:
    said = headline(pages[REVIEWERS_PAGE])
    assert text(said).endswith(".")
    assert "Not available" not in said
    assert "cannot say" in text(said)
    assert "can say" not in text(said).replace("cannot say", "")
    quoted = {name: float(value) for value, name in
              re.findall(r'value="([^"]+)" data-id="([^"]+)"', said)}  # fmt: skip
    assert quoted
    if state in WITH_SCHOOLS:
        assert 0 < quoted["membership.ks2.difference"] < 4
    elif "gains" in made.sources[made.year]["tables"]:
        true = counts(made)
        assert quoted == {name: true[name] for name in quoted}
    else:
        assert set(quoted) == {"gains.listed.all_n"}
    assert text(said) in text(made.read("findings/index.html"))


@pytest.mark.parametrize("slip", SLIPS)
def test_no_sentence_slips(slip: str, pages: dict[str, str]) -> None:
    for name, page in pages.items():
        for _, said in Blocks(page).found:
            assert not re.search(SLIPS[slip], said), (name, said)


@pytest.mark.parametrize("slip", SLIPS)
def test_no_words_of_a_picture_slip(slip: str, pages: dict[str, str]) -> None:
    for name, page in pages.items():
        for figure in re.findall(r"<figure.*?</figure>", page, re.S):
            shown = text(re.sub(r"<details.*", "", figure, flags=re.S))
            (alt,) = re.findall(r'alt="(.*?)"', figure, re.S)
            assert not re.search(SLIPS[slip], f"{shown} {html.unescape(alt)}"), name


def test_a_reason_is_said_once_and_no_heading_or_list_is_empty(pages: dict[str, str]) -> None:
    for name, page in pages.items():
        assert not re.search(r"<(ul|ol|tbody|tr|p|li)(?: [^>]*)?>\s*</\1>", page), name
        found = Blocks(page).found
        tags = [tag for tag, _ in found]
        assert not [i for i in range(len(tags) - 1) if tags[i] == tags[i + 1] == "h2"], name
        if name != REVIEWERS_PAGE:  # which keeps all its headings, each with its reason
            said = Counter(said for tag, said in found if tag == "p" and len(said) > 30)
            assert [one for one, times in said.items() if times > 1] == [], name


def test_no_table_is_all_gaps(pages: dict[str, str]) -> None:
    for name, page in pages.items():
        for body in re.findall(r"<tbody>(.*?)</tbody>", page, re.S):
            cells = [text(cell) for cell in re.findall(r"<td[^>]*>(.*?)</td>", body, re.S)]
            assert set(cells) - {"x", "not available"} or not cells, (name, body[:200])


@pytest.mark.browser
def test_every_page_fits_a_phone(made: World, chromium: Any) -> None:
    wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    page = chromium.new_page(viewport={"width": PHONE, "height": WIDTHS[PHONE]})
    for file in sorted((made.root / "findings").glob("**/*.html")):
        page.goto(file.as_uri(), wait_until="load")
        assert page.evaluate(wide) <= 0, file.name
        images = page.evaluate("[...document.images].map((i) => i.naturalWidth)")
        assert all(images), file.name
    page.close()


def test_files_of_numbers_are_whole(made: World) -> None:
    for file in (made.root / "findings" / made.year / "data").glob("*.csv"):
        rows = list(csv.reader(io.StringIO(file.read_text("utf-8"))))
        assert len(rows) > 1, file.name
        assert {len(row) for row in rows} == {len(rows[0])}, file.name
        assert not {"nan", "None", "NaT"} & {cell for row in rows for cell in row}, file.name
        assert set(rows[0]) - {""} == set(rows[0]), file.name


def only(state: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    one = pages_of(state, tmp_path_factory.getbasetemp())
    folder = one.root / "findings" / one.year
    return {file.stem: text(file.read_text("utf-8")) for file in folder.glob("*.html")}


def test_a_year_without_gains_says_so_once_a_page(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    said = only("no gains", tmp_path_factory)
    why = "no group with funding has a key stage 2 gain shown"
    assert f"No line can be drawn: {why}." in said["05_funding"]
    assert HEADING in said["05_funding"]
    assert f"{why.capitalize()}. Left out: The groups that are not shown;" in said["06_robustness"]
    assert "Of 0 printed" not in said["02_description"]


def test_a_year_of_key_stage_4_alone_answers_for_key_stage_4(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    said = only("no key stage 2", tmp_path_factory)
    assert "whose key stage 4 gains are shown the slope is" in said["05_funding"]
    assert "funded groups have no key stage 4 gain shown" in said["06_robustness"]
    assert "no gain is known for any group" not in said["05_funding"]


def test_groups_that_went_and_money_stated_lower_are_told(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    said = only("three of twelve", tmp_path_factory)["08_since_last_year"]
    assert re.search(r"9\s*gone", said)
    assert "Together the amounts differ by \N{MINUS SIGN}£3,000." in said
    assert "∞" not in said


def test_one_collaboration_is_spoken_of_as_one(tmp_path_factory: pytest.TempPathFactory) -> None:
    said = only("one collaboration", tmp_path_factory)
    assert "It names 1 collaboration;" in said["01_data"]
    assert "one group alone was paid" in said["02_description"]
    assert "only 1 group with funding has a key stage 2 gain shown" in said["05_funding"]
