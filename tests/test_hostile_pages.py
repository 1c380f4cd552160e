"""Tests of names that a page, a picture or a spreadsheet could take for something else."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote
from xml.etree import ElementTree

import openpyxl
import pytest
from made_states import HOSTILE, LONG, below_zero, county, pages_of
from world import World

from analysis import cli
from analysis.page.figures.canvas import shorten

DOTS = "\N{HORIZONTAL ELLIPSIS}"
TAGS = {"b", "svg", "script", "iframe"}


class Elements(HTMLParser):
    """The elements of a page with their attributes, and the text of its cells."""

    def __init__(self, markup: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.cells: set[str] = set()
        self._cell: list[str] | None = None
        self.feed(markup)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))
        if tag in ("td", "th"):
            self._cell = []

    def handle_endtag(self, tag: str) -> None:
        if tag in ("td", "th") and self._cell is not None:
            self.cells.add("".join(self._cell))
            self._cell = None

    def handle_data(self, data: str) -> None:
        if self._cell is not None:
            self._cell.append(data)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> World:
    return pages_of("hostile names", tmp_path_factory.getbasetemp())


@pytest.fixture(scope="module")
def read(made: World) -> dict[str, Elements]:
    folder = made.root / "findings" / made.year
    return {file.stem: Elements(file.read_text("utf-8")) for file in folder.glob("*.html")}


def figures(made: World) -> Iterator[tuple[str, str, str]]:
    """Give each figure of the year as its markup, its alternative text and its drawing."""
    for file in sorted((made.root / "findings" / made.year).glob("*.html")):
        for figure in re.findall(r"<figure.*?</figure>", file.read_text("utf-8"), re.S):
            image = next(a for tag, a in Elements(figure).tags if tag == "img")
            yield figure, image["alt"], unquote(image["src"].partition(",")[2])


def test_the_names_are_those_that_were_asked_for() -> None:
    assert len(LONG) == 60
    assert any(set('&<">') <= set(name) for name in HOSTILE)
    for start in ("<img", "=", "+", "\N{ARABIC LETTER MEEM}"):
        assert any(name.startswith(start) for name in HOSTILE)


def test_no_name_becomes_an_element_of_a_page(read: dict[str, Elements]) -> None:
    for page, elements in read.items():
        for tag, attributes in elements.tags:
            assert tag not in TAGS - {"b"}, page
            assert not [name for name in attributes if name.startswith("on")], page
            assert attributes.get("src", "data:").startswith("data:"), page


@pytest.mark.parametrize("name", HOSTILE)
def test_a_name_is_whole_in_the_tables_of_pages(name: str, read: dict[str, Elements]) -> None:
    for page in ("01_data", "02_description", "06_robustness", "07_findings"):
        assert name in read[page].cells, page


@pytest.mark.parametrize("name", HOSTILE)
def test_a_name_is_whole_in_files_and_runs_in_no_spreadsheet(name: str, made: World) -> None:
    shown = f"'{name}" if name[0] in "=+" else name
    found = 0
    for file in (made.root / "findings" / made.year / "data").glob("*.csv"):
        rows = list(csv.reader(io.StringIO(file.read_text("utf-8"))))
        cells = {cell for row in rows for cell in row}
        assert not [cell for cell in cells if cell.startswith(("=", "+cmd"))], file.name
        found += shown in cells
    assert found >= 5


@pytest.mark.parametrize("name", HOSTILE)
def test_a_name_is_whole_text_in_the_workbook(name: str, made: World) -> None:
    (file,) = (made.root / "findings" / made.year / "data").glob("*.xlsx")
    book = openpyxl.load_workbook(file)
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert not [cell for cell in cells if cell.data_type == "f"]
    assert [cell for cell in cells if cell.value == name and cell.data_type == "s"]


def test_a_drawing_is_sound_and_holds_names_as_text(made: World) -> None:
    drawn = list(figures(made))
    assert len(drawn) > 20
    texts = set()
    for figure, _, drawing in drawn:
        elements = list(ElementTree.fromstring(drawing).iter())
        assert not [e for e in elements if e.tag.rpartition("}")[2] in ("image", "a", "script")]
        said = [(e.text or "") for e in elements if e.tag.endswith("}text")]
        texts |= set(said)
        cells = Elements(figure).cells
        for cut in (one.strip() for one in said if one.strip().endswith(DOTS)):
            whole = [name for name in HOSTILE if name.startswith(cut[:-1].strip())]
            assert not whole or set(whole) <= cells, cut
    for name in HOSTILE:
        assert name in texts or shorten(name, 26) in texts or shorten(name, 27) in texts, name


def test_a_name_in_an_alternative_text_is_text(made: World) -> None:
    alts = " ".join(alt for _, alt, _ in figures(made))
    assert HOSTILE[0] in alts
    assert "&lt;" not in alts
    assert "&amp;" not in alts


def test_names_that_are_cut_alike_are_told_apart(made: World) -> None:
    alike = [name for name in HOSTILE if name.startswith(LONG[:40])]
    assert len(alike) == 2
    for _, _, drawing in figures(made):
        said = re.findall(r">(The Whole[^<]*)<", drawing)
        assert len(said) == len(set(said))


def test_the_card_and_the_findings_hold_the_names_as_they_are(made: World) -> None:
    found = json.loads(made.read(f"findings/{made.year}/findings.json"))["findings"]
    name = found["funding.ks2.leave_one_out_pp_per_10k.most_influential"]["text"]
    assert name in HOSTILE


@pytest.mark.parametrize("amount", ["-£2,000", "(£2,000)"])
def test_money_below_zero_is_refused_with_its_cell(
    amount: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    made = below_zero(tmp_path, monkeypatch)
    assert cli.main(["check"]) == 0
    made.change("funding", 3, "2030/31 Funding", amount)
    made.refresh()
    assert cli.main(["check"]) == 1
    said = capsys.readouterr().out
    assert f'row 3, column "2030/31 Funding": found {amount!r}' in said


def test_a_year_without_any_amount_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    made = county(tmp_path, monkeypatch)
    heading, *rows = made.cells("funding")
    made.write("funding", [heading, *([*row[:3], "", "", row[5]] for row in rows)])
    made.refresh()
    assert cli.main(["check"]) == 1
    assert "no value in the whole column" in capsys.readouterr().out
