"""Every table of every page, and the file of the same cells; every number, and its entry."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from bs4 import BeautifulSoup, Tag
from made_pages import CHAPTER_PAGES, EVERY_PAGE, YEARS

from analysis.page.say import FORMS
from analysis.quantities import Quantity

SYMBOLS = {"x", "z", "c", "u", "low", ":", ""}  # a value that isn't there, in a cell or a file
LEAST = "less than 0.001"
SHOWN = re.compile(r"(?P<sign>[−+]?)£?(?P<digits>\d{1,3}(?:,\d{3})+|\d+)(?P<rest>\.\d+)?")
INTERVAL = re.compile(r"[\[(]?−?[\d,]*\.\d+(?: to | ?[–,;] ?)−?[\d,]*\.?\d+[\])]?(?:\s\S+)?")


@dataclass(frozen=True)
class Shown:
    """A table as a page shows it, with the file that it links to."""

    slug: str
    rows: list[list[str]]
    numeric: list[bool]
    file: Path

    def stored(self) -> list[list[str]]:
        with self.file.open(encoding="utf-8", newline="") as lines:
            return list(csv.reader(lines))


def tables(page: Path, soup: BeautifulSoup) -> Iterator[Shown]:
    """Give each table whose nearest block also holds a link to a file of numbers."""
    for table in soup.find_all("table"):
        block = table.find_parent(lambda tag: tag.find("a", href=re.compile(r"\.csv$")) is not None)
        if block is None or len(block.find_all("table")) > 1:
            continue
        link = block.find("a", href=re.compile(r"\.csv$"))
        rows = [[text(cell) for cell in row.find_all(["th", "td"])] for row in table.find_all("tr")]
        numeric = ["num" in cell.get("class", []) for cell in table.tr.find_all("th")]
        yield Shown(str(table.get("id")), rows, numeric, page.parent / str(link["href"]))


def text(cell: Tag) -> str:
    return cell.get_text().strip()


def same(shown: str, stored: str) -> bool:
    """Tell whether a cell shows what the file stores, rounded to the cell's decimals."""
    if shown in SYMBOLS:
        return stored in SYMBOLS
    if shown == LEAST:
        return 0 <= float(stored) < 0.001
    match = SHOWN.fullmatch(shown)
    if match is None or not stored or not is_number(stored):
        return shown == stored.removeprefix("'").strip()
    value = abs(float(stored))
    decimals = len(match["rest"] or ".") - 1
    digits = float(match["digits"].replace(",", "") + (match["rest"] or ""))
    signed = match["sign"] == "−"
    return abs(value - digits) <= 0.5 * 10**-decimals + 1e-6 and (
        digits == 0 or signed == (float(stored) < 0)
    )


def is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


@pytest.fixture(scope="module")
def soups(every_page: dict[str, Path]) -> dict[str, BeautifulSoup]:
    return {
        name: BeautifulSoup(file.read_text(encoding="utf-8"), "html.parser")
        for name, file in every_page.items()
    }


@pytest.fixture(params=CHAPTER_PAGES)
def shown(
    request: pytest.FixtureRequest, every_page: dict[str, Path], soups: dict[str, BeautifulSoup]
) -> list[Shown]:
    return list(tables(every_page[request.param], soups[request.param]))


@pytest.mark.parametrize("name", EVERY_PAGE)
def test_every_table_of_a_chapter_links_to_a_file_of_its_own(
    name: str, every_page: dict[str, Path], soups: dict[str, BeautifulSoup]
) -> None:
    found = list(tables(every_page[name], soups[name]))
    if name != "index":
        assert len(found) == len(soups[name].find_all("table"))
    assert len({one.file for one in found}) == len(found)


def test_a_file_holds_the_cells_that_its_table_shows(shown: list[Shown]) -> None:
    for table in shown:
        head, *rows = table.stored()
        assert table.rows[0] == head, table.slug
        assert len(table.rows) == 1 + len(rows), table.slug
        for cells, stored in zip(table.rows[1:], rows, strict=True):
            assert [c for c in zip(cells, stored, strict=True) if not same(*c)] == [], table.slug


def test_a_cell_and_a_file_that_differ_are_told_apart() -> None:
    good = [("42,000", "42000"), ("−0.17", "-0.1681273247"), ("75.0", "75"), ("x", ""), ("x", "x"),
            ("less than 0.001", "0.0004"), ("−5 pp", "'−5 pp"), ("0.00", "-1e-12")]  # fmt: skip
    bad = [("42,000", "41000"), ("0.17", "-0.1681"), ("0.17", "0.176"), ("x", "0"), ("0", ""),
           ("less than 0.001", "0.01"), ("a", "b")]  # fmt: skip
    assert [pair for pair in good if not same(*pair)] == []
    assert [pair for pair in bad if same(*pair)] == []


@pytest.mark.parametrize("name", EVERY_PAGE)
def test_no_table_has_an_empty_header_or_merged_cells_and_every_header_a_scope(
    name: str, soups: dict[str, BeautifulSoup]
) -> None:
    for table in soups[name].find_all("table"):
        assert text(table.caption)
        assert len(table.thead.find_all("tr")) == 1
        for cell in table.find_all(["th", "td"]):
            assert not cell.get("colspan"), cell
            assert not cell.get("rowspan"), cell
        for head in table.find_all("th"):
            assert text(head), table.get("id")
            assert head["scope"] == ("col" if head.find_parent("thead") else "row")
        width = {len(row.find_all(["th", "td"])) for row in table.find_all("tr")}
        assert len(width) == 1


def test_ends_of_intervals_stand_in_two_columns_and_units_in_headings(shown: list[Shown]) -> None:
    for table in shown:
        for place, heading in enumerate(table.rows[0]):
            cells = [row[place] for row in table.rows[1:]]
            assert [one for one in cells if INTERVAL.fullmatch(one)] == [], (table.slug, heading)
            carried = [unit_of(one) for one in cells if one not in SYMBOLS]
            if table.numeric[place]:
                assert set(carried) <= {"", None}, (table.slug, heading)
            assert len(set(carried)) != 1 or carried[0] in (None, ""), (table.slug, heading)


def unit_of(cell: str) -> str | None:
    """Return the unit that a cell carries beside its number, None where it is no number."""
    if cell == LEAST:
        return ""
    bare = SHOWN.match(cell.removeprefix("£"))
    rest = cell.removeprefix("£")[bare.end() :].strip() if bare else ""
    if bare is None or not re.fullmatch(r"|%|(?:pp|points|log-odds|standard deviations)\b.*", rest):
        return None
    return f"£{rest}" if cell.startswith("£") else rest


@pytest.mark.parametrize("year", YEARS)
def test_every_number_in_a_sentence_is_written_as_its_entry_says(
    year: str, findings: Path, soups: dict[str, BeautifulSoup]
) -> None:
    stored = json.loads((findings / year / "findings.json").read_text(encoding="utf-8"))
    quoted = [
        number
        for name in CHAPTER_PAGES
        if name.startswith(f"{year}/")
        for number in soups[name].find_all("data", attrs={"data-id": True})
    ]
    assert len(quoted) > 40
    wrong = [
        (number["data-id"], text(number))
        for number in quoted
        if not told(
            text(number),
            str(number["value"]),
            stored["findings"][number["data-id"]],
            str(number["data-id"]),
        )
    ]
    assert wrong == []


def told(words: str, value: str, entry: dict[str, Any], name: str) -> bool:
    """Tell whether words are an entry's number in one of its written forms."""
    quantity = Quantity(name, **{key: entry[key] for key in entry if key not in ("text", "kind")},
                        kind=entry["kind"])  # fmt: skip
    return float(value) == entry["value"] and words in {form(quantity) for form in FORMS.values()}
