"""Tests of the workbooks of the real pages: every table of every page, cell by cell."""

from __future__ import annotations

import csv
import io
import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from spreadsheets import as_shown, lines, opened, parts
from test_year_workbook import assert_is_inert

from analysis.page.maturity import with_mark
from analysis.page.say import CAUSAL_WORDS, DENIALS
from analysis.page.workbook_sheets import CONTENTS, COVER, FINDINGS, LONGEST_NAME, NOTES

FILES = {"2013": "collaborations-2013.xlsx", "simulated": "collaborations-simulated.xlsx"}
OF_FINDINGS = re.compile(r"-(compare-\d+|numbers)\.csv$")  # these hold texts as CSV
NUMBER = re.compile(r"-?[\d.]+(e-?\d+)?", re.ASCII)
EMPTY = "table-none"  # the class of what stands in the place of a table without rows
APART = "08_since_last_year"
ABOUT = [COVER, CONTENTS, NOTES]
Read = dict[str, tuple[str, list[list[str]]]]


class Tables(HTMLParser):
    """The CSV files that a page links, and the caption and cells of every table, by its name."""

    def __init__(self, markup: str) -> None:
        super().__init__(convert_charrefs=True)
        self.linked: list[str] = []
        self.found: Read = {}
        self._open: list[str] = []
        self._name = ""
        self.feed(markup)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "table" or given.get("class") == EMPTY:
            self._name = f"{given['id'].removesuffix('-table')}.csv"
            self.found[self._name] = ("", [])
        elif tag == "a" and given["href"].endswith(".csv"):
            self.linked.append(Path(given["href"]).name)
        elif self._name and tag == "tr":
            self.found[self._name][1].append([])
        elif self._name and tag in ("th", "td"):
            self.found[self._name][1][-1].append("")
        self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        self._name = "" if tag in ("table", "p") else self._name
        while self._open and self._open.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        if not self._name:
            return
        caption, rows = self.found[self._name]
        if "small" not in self._open and {"caption", "b"} & set(self._open):
            self.found[self._name] = (caption + data, rows)
        elif {"th", "td"} & set(self._open):
            rows[-1][-1] += data


@pytest.fixture(scope="module", params=list(FILES))
def year(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def data(findings: Path, year: str) -> bytes:
    return (findings / year / "data" / FILES[year]).read_bytes()


@pytest.fixture(scope="module")
def book(data: bytes) -> Any:
    return opened(data)


@pytest.fixture(scope="module")
def read(findings: Path, year: str) -> list[Tables]:
    files = sorted(file for file in (findings / year).glob("*.html") if file.stem != APART)
    return [Tables(file.read_text(encoding="utf-8")) for file in files]


@pytest.fixture(scope="module")
def on_pages(read: list[Tables]) -> Read:
    return {name: table for page in reversed(read) for name, table in page.found.items()}


@pytest.fixture(scope="module")
def listed(book: Any) -> dict[str, Any]:
    """The sheet of each CSV file, as the contents name them."""
    rows = [[cell.value for cell in row] for row in lines(book[CONTENTS])[1:]]
    return {row[5]: book[row[0]] for row in rows if row[5].endswith(".csv")}


def test_every_table_of_every_page_is_there_once_and_in_reading_order(
    read: list[Tables], on_pages: Read, listed: dict[str, Any], book: Any
) -> None:
    linked = list(dict.fromkeys(name for page in read for name in page.linked))
    assert list(listed) == linked
    assert len(linked) > 40
    assert set(on_pages) <= set(linked)
    assert all(name.endswith("-numbers.csv") for name in set(linked) - set(on_pages))
    sheets = [sheet.title for sheet in listed.values()]
    assert book.sheetnames == [*ABOUT, *sheets, FINDINGS]


def test_the_contents_say_where_else_a_table_stands(read: list[Tables], book: Any) -> None:
    rows = [[cell.value for cell in row] for row in lines(book[CONTENTS])[1:]]
    also = {row[5] for row in rows if "; also " in row[2]}
    assert also
    assert also == {row[5] for row in rows if sum(row[5] in page.found for page in read) > 1}


def test_a_table_has_the_caption_headings_and_cells_of_its_page(
    on_pages: Read, listed: dict[str, Any]
) -> None:
    for name, (caption, rows) in on_pages.items():
        sheet = listed[name]
        assert sheet["A1"].value == caption
        heads, *body = lines(sheet)
        rows = rows or [[cell.value for cell in heads], ["z"] * len(heads)]
        assert [cell.value for cell in heads] == rows[0], name
        for cells, texts in zip(body, rows[1:], strict=True):
            for cell, text in zip(cells, texts, strict=True):
                assert same(cell, text), (name, cell.coordinate, cell.value, text)


def same(cell: Any, text: str) -> bool:
    """Return whether a cell shows a text of a page, give or take a tie in the last digit."""
    text = text.replace("\N{MINUS SIGN}", "-")
    given = as_shown(cell).replace("\N{MINUS SIGN}", "-")
    if isinstance(cell.value, str) or given == text:
        return given == text or (given == "z" and not text.strip())
    form, shapes = re.compile(r"[\d,.]+"), [re.sub(r"\d", "0", one) for one in (given, text)]
    ends = [float(form.search(one)[0].replace(",", "")) for one in (given, text)]  # type: ignore[index]
    unit = 10.0 ** -len(form.search(text)[0].partition(".")[2])  # type: ignore[index]
    tie = abs(abs(cell.value) / unit % 1 - 0.5) < 1e-6
    return shapes[0] == shapes[1] and tie and abs(ends[0] - ends[1]) < 1.5 * unit


def test_a_table_has_the_numbers_of_its_csv_file_and_symbols_where_that_is_blank(
    findings: Path, year: str, listed: dict[str, Any]
) -> None:
    numbers = 0
    for name, sheet in listed.items():
        text = (findings / year / "data" / name).read_text(encoding="utf-8")
        _, *rows = csv.reader(io.StringIO(text, newline=""))
        for cells, texts in zip(lines(sheet)[1:], rows or [[]], strict=True):
            for cell, one in zip(cells, texts, strict=bool(rows)):
                assert cell.value not in (None, "")
                if isinstance(cell.value, str):
                    assert cell.data_type == "s"
                elif not OF_FINDINGS.search(name) and NUMBER.fullmatch(one):
                    numbers += 1
                    assert cell.value == pytest.approx(float(one), rel=1e-9), (name, one)
    assert numbers > 1000


def test_all_findings_are_there_to_ten_digits(findings: Path, year: str, book: Any) -> None:
    published = json.loads((findings / year / "findings.json").read_text(encoding="utf-8"))
    entries = published["findings"]
    rows = {row[0].value: row for row in lines(book[FINDINGS])[1:]}
    assert list(rows) == sorted(entries)
    places = {"value": 1, "low": 3, "high": 4, "level": 5, "p_value": 6, "n": 7}
    for name, entry in entries.items():
        for part, place in places.items():
            value = rows[name][place].value
            lost = ("c",) if entry.get("suppressed") else ("x", "z")
            assert value in lost if entry[part] is None else value == entry[part], name
        said = [rows[name][place].value for place in (2, 8, 9, 11)]
        assert said == [entry[part] for part in ("unit", "kind", "method", "text")]


def test_numbers_of_a_comparison_are_those_of_the_findings_and_not_their_text(book: Any) -> None:
    cells = [cell for row in lines(book[FINDINGS])[1:] for cell in row[1:7]]
    found = [cell.value for cell in cells if isinstance(cell.value, int | float)]
    held = sorted({*found, *(100 * value for value in found)})
    compared = [sheet for sheet in book.worksheets if any("compare" in n for n in sheet.tables)]
    shown = [cell for sheet in compared for row in lines(sheet)[1:] for cell in row[2:6]]
    numbers = [cell.value for cell in shown if isinstance(cell.value, int | float)]
    assert len(numbers) > 0.7 * len([cell for cell in shown if cell.value not in ("x", "z")])
    assert len(numbers) > 20
    for value in numbers:
        assert min(abs(value - one) for one in held) <= 1e-9 * abs(value)


def test_every_sheet_keeps_the_rules_for_accessible_spreadsheets(book: Any) -> None:
    names = [name for sheet in book.worksheets for name in sheet.tables]
    assert len({name.lower() for name in names}) == len(names) == len(book.sheetnames) - 1
    assert len({name.lower() for name in book.sheetnames}) == len(book.sheetnames)
    assert book.active.title == COVER
    for sheet in book.worksheets:
        assert 0 < len(sheet.title) <= LONGEST_NAME
        assert sheet.sheet_state == "visible"
        assert sheet["A1"].style == "Heading 1"
        assert sheet.sheet_view.selection[0].activeCell == "A1"
        assert (sheet.freeze_panes, sheet.auto_filter.ref) == (None, None)
        assert not sheet.merged_cells.ranges
        assert not sheet.conditional_formatting
        assert not any(d.hidden for d in sheet.column_dimensions.values())
        assert not any(d.hidden for d in sheet.row_dimensions.values())
        assert sheet.oddHeader.center.text is None
        assert sheet.oddFooter.center.text is None
        for row in sheet.iter_rows():
            for cell in row:
                assert cell.fill.fill_type is None
                assert cell.font.name == "Arial"
                assert cell.font.sz >= 11
                assert cell.alignment.wrap_text or cell.value is None


def test_a_sheet_is_a_title_lines_and_one_table_from_the_left_edge_to_the_last_row(
    book: Any,
) -> None:
    for sheet in book.worksheets[1:]:
        (table,) = sheet.tables.values()
        first, last = table.ref.split(":")
        heads = lines(sheet)[0]
        assert first == heads[0].coordinate
        assert first.startswith("A")
        assert sheet.dimensions.endswith(f":{last}")
        assert (table.autoFilter, table.headerRowCount, table.tableStyleInfo.name) == (
            None,
            1,
            None,
        )
        columns = [column.name for column in table.tableColumns]
        assert columns == [cell.value for cell in heads]
        assert len({name.lower() for name in columns}) == len(columns)
        above = [sheet.cell(row, 1).value for row in range(1, heads[0].row)]
        assert all(above)
        assert above[1].startswith("This sheet holds one table")
        assert not any(sheet.cell(row, 2).value for row in range(1, heads[0].row))
        assert all(cell.value not in (None, "") for row in lines(sheet) for cell in row)
        widths = [sheet.column_dimensions[cell.column_letter].width for cell in heads]
        assert all(10 <= width <= 62 for width in widths)


def test_links_lead_to_every_sheet_and_back_and_nowhere_else(book: Any, data: bytes) -> None:
    assert_is_inert(data)
    places = {f"'{name}'!A1" for name in book.sheetnames}
    leads = {sheet.title: links(sheet) for sheet in book.worksheets}
    assert {place for found in leads.values() for place in found} <= places
    assert set(leads[CONTENTS]) == places - {f"'{CONTENTS}'!A1"}
    assert leads[COVER] == ["'Contents'!A1", "'Notes'!A1"]
    assert all(leads[name] == ["'Contents'!A1"] for name in book.sheetnames[2:])


def links(sheet: Any) -> list[str]:
    found = [cell.hyperlink for row in sheet.iter_rows() for cell in row if cell.hyperlink]
    assert not [link for link in found if link.target]
    return [link.location for link in found]


def test_no_heading_stands_twice_in_a_table_of_a_page(on_pages: Read) -> None:
    for name, (_, rows) in on_pages.items():
        heads = [head.lower() for head in rows[0]] if rows else []
        assert len(set(heads)) == len(heads), name


def test_a_made_up_years_workbook_says_simulated_on_every_sheet_and_a_real_ones_not(
    book: Any, year: str
) -> None:
    titles = [sheet["A1"].value for sheet in book.worksheets]
    marked = [title == with_mark(title, "SIMULATED") for title in titles]
    assert all(marked) if year == "simulated" else marked.count(True) == 1


def test_no_sheet_says_more_than_the_pages_may(book: Any) -> None:
    own = [row[0].value for name in ABOUT for row in book[name].iter_rows()]
    own += [sheet.cell(row, 1).value for sheet in book.worksheets for row in range(1, 7)]
    text = DENIALS.sub("", "\n".join(str(one) for one in own))
    assert not CAUSAL_WORDS.search(text)


def test_parts_are_stored_in_one_order_with_one_date(data: bytes) -> None:
    import zipfile

    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        kinds = {(one.date_time, one.compress_type) for one in archive.infolist()}
    assert kinds == {((1980, 1, 1, 0, 0, 0), zipfile.ZIP_STORED)}
    assert "xl/styles.xml" in parts(data)
    assert len(data) < 1_500_000


def test_the_index_puts_the_workbook_first_and_says_its_size(
    findings: Path, year: str, data: bytes
) -> None:
    html = (findings / "index.html").read_text(encoding="utf-8")
    link = f'<a href="{year}/data/{FILES[year]}" download>'
    size = f"(XLSX, {len(data) / 1000:.0f} KB)"
    section = html.partition(f'id="tables-{year}"')[2]
    assert section.index(link) < section.index("findings.json")
    found = re.findall(rf"{re.escape(link)}([^<]*)<", html)
    label = "2013" if year == "2013" else "Practice year (simulated)"
    assert found == [f"All tables {size}", f"All tables of {label} in one workbook {size}"]
