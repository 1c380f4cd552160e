"""Properties of the reader of workbooks, each tried on many made-up examples."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from typing import Any
from xml.sax.saxutils import escape

import councils
import dirty
import hostile
import openpyxl
import pytest
import sheets
import xlsxwriter
from hostile import SOUND, cell, ods, ods_cell, ods_row, row, text, xlsx
from hypothesis import given, settings
from hypothesis import strategies as st
from odf import opendocument, teletype
from odf import table as odf_table
from odf import text as odf_text

from analysis.sources import workbook
from analysis.sources.draft import RefusedError, letter
from analysis.tables.reading import Accepted, read_one

pytestmark = pytest.mark.fuzz
many = settings(max_examples=int(os.environ.get("ANALYSIS_FUZZ", "200")))


@pytest.fixture(autouse=True, scope="module")
def _here() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        sheets.read_here(patch)
        yield


def read(data: bytes) -> list[dict[str, Any]]:
    return workbook._sheets(io.BytesIO(data))


PLAIN = st.characters(blacklist_categories=("Cc", "Cs", "Cn", "Co"), blacklist_characters="\r_")
WORDS = st.text(PLAIN | st.sampled_from(" \n"), min_size=1, max_size=12).filter(
    lambda word: word.strip()
)
WHOLE = st.integers(-(10**10), 10**10).map(lambda n: (n, "General", str(n)))
GROUPED = st.integers(0, 10**9).map(lambda n: (n, "#,##0", f"{n:,}"))
POUNDS = st.integers(0, 10**9).map(lambda n: (n / 100, "£#,##0.00", f"£{n / 100:,.2f}"))
SHARE = st.integers(0, 1000).map(lambda n: (n / 1000, "0.0%", f"{n / 10:.1f}%"))
TENTH = st.integers(-999, 999).map(lambda n: (n / 10, "0.0", f"{n / 10:.1f}"))
CELL = st.one_of(
    *(WORDS.map(lambda word: (word, "@", word)), WHOLE, GROUPED, POUNDS, SHARE, TENTH),
    st.just((None, "General", "")),
)
ROWS = st.integers(1, 4).flatmap(
    lambda width: st.lists(st.lists(CELL, min_size=width, max_size=width), min_size=1, max_size=5)
)
Cells = list[list[tuple[Any, str, str]]]


def with_openpyxl(cells: Cells) -> bytes:
    book = openpyxl.Workbook()
    page: Any = book.active
    for i, line in enumerate(cells, start=1):
        for j, (value, code, _) in enumerate(line, start=1):
            made = page.cell(i, j, value)
            made.number_format = code
            if isinstance(value, str):
                made.data_type = "s"
    saved = io.BytesIO()
    book.save(saved)
    return saved.getvalue()


def with_xlsxwriter(cells: Cells) -> bytes:
    saved = io.BytesIO()
    with xlsxwriter.Workbook(saved) as book:
        page = book.add_worksheet()
        codes = {code for line in cells for _, code, _ in line}
        forms = {code: book.add_format({"num_format": code}) for code in sorted(codes)}
        for i, line in enumerate(cells):
            for j, (value, code, _) in enumerate(line):
                form = forms[code]
                if isinstance(value, str):
                    page.write_string(i, j, value, form)
                elif value is not None:
                    page.write_number(i, j, value, form)
    return saved.getvalue()


def with_odfpy(cells: Cells) -> bytes:
    book, page = opendocument.OpenDocumentSpreadsheet(), odf_table.Table(name="Sheet")
    for line in cells:
        made = odf_table.TableRow()
        for value, _, shown in line:
            kind = {"valuetype": "string"} if isinstance(value, str) else {}
            if not isinstance(value, str | None):
                kind = {"valuetype": "percentage" if "%" in shown else "float", "value": value}
            box = odf_table.TableCell(**kind)
            for part in shown.split("\n") if shown else ():
                paragraph = odf_text.P()
                bare = part.lstrip(" ")
                if bare != part:  # a plain space at a paragraph's start is none in this format
                    paragraph.addElement(odf_text.S(c=len(part) - len(bare)))
                teletype.addTextToElement(paragraph, bare)
                box.addElement(paragraph)
            made.addElement(box)
        page.addElement(made)
    book.spreadsheet.addElement(page)
    saved = io.BytesIO()
    book.write(saved)
    return saved.getvalue()


@pytest.mark.parametrize("write", [with_openpyxl, with_xlsxwriter, with_odfpy])
@many
@given(cells=ROWS)
def test_any_table_is_read_back_cell_for_cell_as_a_person_sees_it(write: Any, cells: Cells) -> None:
    cells = [[("name", "General", "name"), *line] for line in cells]
    (found,) = read(write(cells))
    width = len(found["rows"][0])
    shown = [[seen for *_, seen in line] for line in cells]
    assert found["rows"] == [line[:width] for line in shown]
    assert not any(cell for line in shown for cell in line[width:])
    assert not found["faults"]
    assert not found["unlike"]


GAINS = dirty.original("gains")
ODD = st.one_of(
    st.text(PLAIN, max_size=8).map(lambda word: text("{}", escape(word))),
    st.integers(-200, 200).map(lambda n: cell("{}", n)),
    st.sampled_from(["#REF!", "#N/A"]).map(lambda word: cell("{}", word, "e")),
    st.sampled_from(["", "1", "0"]).map(lambda value: cell("{}", value, formula="1+1")),
    st.integers(-2, 60).map(lambda n: cell("{}", n, style=1)),
    st.integers(-9, 9).map(lambda n: cell("{}", n, style=2)),
)


def gains_with(line: int, at: int, odd: str) -> bytes:
    """Return the table of gains as a workbook, one of its cells replaced."""
    rows = ""
    for i, words in enumerate(GAINS, start=1):
        made = [text(f"{letter(j)}{i}", escape(word)) for j, word in enumerate(words) if word]
        if i == line:
            made = [one for one in made if f'r="{letter(at)}{i}"' not in one]
            made.append(odd.replace("{}", f"{letter(at)}{i}"))
        rows += row(i, *made)
    return xlsx(rows, ("d-mmm", "0;[Red]0"))


@many
@given(line=st.integers(2, len(GAINS)), at=st.integers(1, 6), odd=ODD)
def test_a_changed_cell_is_refused_at_its_place_or_differs_there_alone(
    tmp_path_factory: pytest.TempPathFactory, line: int, at: int, odd: str
) -> None:
    folder = tmp_path_factory.getbasetemp()
    result = read_one("gains", hostile.written(folder, "odd.xlsx", gains_with(line, at, odd)))
    if not isinstance(result, Accepted):
        block = GAINS[0][1:4] if at < 4 else GAINS[0][4:]
        assert {problem.row for problem in result.problems} == {line}
        assert {problem.column for problem in result.problems} <= {*block}
        return
    for i, (found, usual) in enumerate(
        zip(dirty.as_rows(result), dirty.strict("gains"), strict=True), start=2
    ):
        differing = [column for column in usual if found[column] != usual[column]]
        assert i == line or not differing
        assert len(differing) < 2


@many
@given(st.text(alphabet='<>/="&;rcvftAB19 e#-', max_size=60), st.sampled_from(["xlsx", "ods"]))
def test_no_xml_makes_anything_but_sheets_or_a_refusal(inside: str, kind: str) -> None:
    try:
        read(xlsx(SOUND + inside) if kind == "xlsx" else ods(ods_row(ods_cell("a")) + inside))
    except RefusedError:
        return


PIECES = st.sampled_from(
    [
        *(*"abxe59", "_x000A_", " ", "<row>", "</row>", '<c r="C3">', "</c>", "<v>5</v>", "<is>"),
        *('<mergeCell ref="A1:B9"/>', '<c t="s"><v>0</v></c>', '<c s="1"><v>1e9</v></c>'),
        *('<row r="3">', "</is>", "<t>q</t>", '<c t="d"><v>x</v></c>', "<f>A1</f>"),
    ]
)


@many
@given(st.lists(PIECES, max_size=12))
def test_no_order_of_elements_makes_anything_but_sheets_or_a_refusal(pieces: list[str]) -> None:
    try:
        found = read(xlsx(SOUND + "".join(pieces), ("d/m/yy",)))
    except RefusedError:
        return
    assert all(len(set(map(len, sheet["rows"]))) == 1 for sheet in found)


@many
@given(st.binary(max_size=200), st.integers(0, 3000), st.integers(0, 30))
def test_no_bytes_within_a_zip_file_make_anything_but_sheets_or_a_refusal(
    junk: bytes, at: int, gone: int
) -> None:
    data = xlsx(SOUND)
    try:
        read(data[:at] + junk + data[at + gone :])
    except RefusedError:
        return


@many
@given(table=st.sampled_from(dirty.REPORT), at=st.integers(0, 10**6), junk=st.binary(max_size=9))
def test_no_workbook_makes_a_traceback_of_the_reader_of_tables(
    tmp_path_factory: pytest.TempPathFactory, table: str, at: int, junk: bytes
) -> None:
    sheet = hostile.sheet(SOUND).encode()
    at %= len(sheet)
    data = xlsx("", more={"xl/worksheets/sheet1.xml": sheet[:at] + junk + sheet[at + len(junk) :]})
    result = councils.read(tmp_path_factory.getbasetemp(), table, data)
    assert not isinstance(result, Accepted)
