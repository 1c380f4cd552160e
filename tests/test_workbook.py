"""Tests of workbooks: what a person sees in the cells, and a clean answer to any other file."""

from __future__ import annotations

import datetime
import io
import re
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import hostile
import openpyxl
import pytest
import xlsxwriter
from hostile import SOUND, cell, ods, row, text, xlsx
from sheets import fault, grids, read_here, refused, said

from analysis.sources.draft import letter
from analysis.sources.grids import open_grids
from analysis.sources.number_formats import show_number

DDE = "cmd|' /c calc'!A0"
ACCOUNTING = "_-&quot;£&quot;* #,##0_-;\\-&quot;£&quot;* #,##0_-;_-&quot;£&quot;* &quot;-&quot;??_-"


@pytest.fixture(autouse=True)
def _here(monkeypatch: pytest.MonkeyPatch) -> None:
    read_here(monkeypatch)


@pytest.mark.parametrize(
    ("position", "letters"),
    [(0, "A"), (25, "Z"), (26, "AA"), (701, "ZZ"), (702, "AAA"), (16383, "XFD")],
)
def test_columns_are_named_as_a_spreadsheet_does(position: int, letters: str) -> None:
    assert letter(position) == letters


@pytest.mark.parametrize(
    ("stored", "code", "shown"),
    [
        ("0.75", "0%", "75%"),
        ("0.285", "0%", "29%"),
        ("42000", '"£"#,##0', "£42,000"),
        ("42000", "[$£-809]#,##0.00", "£42,000.00"),
        ("42000", "General", "42000"),
        ("4.2E4", "General", "42000"),
        ("-42000", '"£"#,##0;[Red]\\-"£"#,##0', "-£42,000"),
        ("-42000", '"£"#,##0_);("£"#,##0)', "(£42,000)"),
        ("0", '0;-0;"-"', "-"),
        ("5", ";;;", ""),
        ("7", "000", "007"),
        ("123456", "00-00-00", "12-34-56"),
        ("1234567", "#,##0,", "1,235"),
        ("0.5", "#.##", ".5"),
        ("5", "0.0#", "5.0"),
        ("999.996", "#,##0.00", "1,000.00"),
        ("1234", "0.00E+00", "1.23E+03"),
        ("12", '0" schools"', "12 schools"),
        ("12", '[>=10]"many";0', "many"),
        ("9", '[>=10]"many";0', "9"),
        ("0.30000000000000004", "General", "0.3"),
        ("66.666666666666671", "General", "66.66666667"),
        ("123456789012345", "General", "123456789012345"),
        ("41699", "dd/mm/yyyy", "2014-03-01"),
        ("41699", "mmm-yy", "2014-03-01"),
        ("41699.5", "d mmm yyyy h:mm", "2014-03-01 12:00"),
        ("59", "d/m/yy", "1900-02-28"),
        ("61", "d/m/yy", "1900-03-01"),
        ("0.5625", "h:mm AM/PM", "13:30"),
        ("1.5", "[h]:mm", "36:00"),
    ],
)
def test_a_number_is_given_as_its_format_shows_it(stored: str, code: str, shown: str) -> None:
    assert show_number(stored, code).text == shown


def test_days_count_from_1904_where_a_workbook_says_so() -> None:
    assert show_number("0", "d/m/yyyy", True).text == "1904-01-01"


@pytest.mark.parametrize("stored", ["60", "-1", "2958466"])
def test_a_day_that_no_calendar_has_is_an_error(stored: str) -> None:
    with pytest.raises(ValueError, match="calendar"):
        show_number(stored, "dd/mm/yyyy")


def test_cells_of_an_xlsx_workbook_are_the_text_that_a_person_sees(tmp_path: Path) -> None:
    codes = ("0%", "&quot;£&quot;#,##0", ACCOUNTING)
    rows = row(1, cell("A1", 0.75, style=1), cell("B1", 42000, style=2), cell("C1", 42000, style=3))
    rows += row(2, cell("A2", 42000), cell("B2", 1, "b"), text("C2", "1E5"))
    rows += row(
        3, text("A3", "007"), text("B3", " a\u00a0b "), text("C3", "St James’ _x0041_&amp;")
    )
    (grid,) = grids(tmp_path, xlsx(rows, codes))
    assert grid.rows == (
        ("75%", "£42,000", "£42,000"),
        ("42000", "TRUE", "1E5"),
        ("007", " a\u00a0b ", "St James’ A&"),
    )
    assert (grid.sheet, grid.lines, grid.notes) == ("Data", (1, 2, 3), ())


def test_shared_texts_join_their_runs_and_leave_out_readings(tmp_path: Path) -> None:
    strings = "<si><t>x</t></si><si><r><t>As</t></r><r><t>h</t></r><rPh><t>kana</t></rPh></si>"
    parts = hostile.book({"D": hostile.sheet(row(1, cell("A1", 1, "s")))}, strings=strings)
    assert grids(tmp_path, hostile.packed(parts))[0].rows == (("Ash",),)


def test_what_a_format_rounds_or_turns_into_a_date_is_noted(tmp_path: Path) -> None:
    rows = row(1, cell("A1", 0.7512, style=1), cell("B1", 41699, style=2), cell("C1", 5, style=3))
    (grid,) = grids(tmp_path, xlsx(rows + row(2, text("C2", "x")), ("0%", "mmm-yy", ";;;")))
    assert grid.rows[0] == ("75.12%", "2014-03-01", "")
    kept = {(1, 0): ("rounded", "0.7512"), (1, 1): ("date", "41699"), (1, 2): ("hidden", "5")}
    assert grid.unlike == kept
    assert "A1 (stored as 0.7512)" in said(grid, "rounded")
    assert "B1 (shown as mmm-yy)" in said(grid, "dates")
    assert "C1" in said(grid, "hides")


def test_stored_values_of_formulas_are_used_and_noted(tmp_path: Path) -> None:
    rows = row(1, *(cell(f"{letter(i)}1", i, formula="1+1") for i in range(5)))
    rows += row(
        2, cell("A2", "", "str", formula="A1&amp;B1"), cell("B2", "yes", "str", formula="x")
    )
    (grid,) = grids(tmp_path, xlsx(rows))
    assert grid.rows == (("0", "1", "2", "3", "4"), ("", "yes", "", "", ""))
    assert said(grid, "formulas").endswith("A1, B1, C1 and 4 more")


@pytest.mark.parametrize(
    ("wrong", "code", "found"),
    [
        (cell("B7", None, formula="1+1"), "formula", "without a stored value"),
        (cell("B7", "", formula="1+1"), "formula", "without a stored value"),
        (cell("B7", "#REF!", "e", formula="#REF!"), "error", "#REF!"),
        (cell("B7", "#N/A", "e"), "error", "#N/A"),
        (cell("B7", "#DIV/0!", "e"), "error", "#DIV/0!"),
        (cell("B7", 60, style=1), "value", "calendar"),
        (cell("B7", "5 "*3), "value", "no number"),
        (text("B7", "_x0000_"), "encoding", "U+0000"),
        (text("B7", "_xD800_"), "encoding", "U+D800"),
        (cell("B7", 1) + cell("B7", 2), "damaged", "second time"),
    ],
)  # fmt: skip
def test_a_cell_that_cannot_be_trusted_is_named(
    tmp_path: Path, wrong: str, code: str, found: str
) -> None:
    problem = fault(tmp_path, xlsx(SOUND + row(7, wrong), ("dd/mm/yyyy",)))
    assert (problem.row, problem.column, problem.code) == (7, "B", code)
    assert found in problem.found
    assert "B7 of sheet 'Data'" in problem.found


def test_a_cell_with_a_text_longer_than_any_spreadsheet_writes_is_refused(tmp_path: Path) -> None:
    problem = refused(tmp_path, xlsx(SOUND + row(7, text("B7", "a" * 32_768))))
    assert (problem.row, problem.column, problem.code) == (7, "B", "size")


@pytest.mark.parametrize(
    "wrong",
    [
        *(row(0, text("A0", "x")), row(3, text("A4", "x")), row(3, text("XFE3", "x"))),
        *('<row r="-1"/>', '<row r="99999999999999"/>', "<c>"),
    ],
)
def test_cells_that_no_spreadsheet_writes_are_refused(tmp_path: Path, wrong: str) -> None:
    assert refused(tmp_path, xlsx(SOUND + wrong)).code == "damaged"


@pytest.mark.parametrize(
    "wrong",
    [
        *(cell("A3", 99, "s"), cell("A3", 1, "zzz"), cell("A3", 1, style=9)),
        *(cell("A3", "maybe", "b"), cell("A3", "", "s")),
    ],
)
def test_a_cell_that_refers_to_nothing_is_named(tmp_path: Path, wrong: str) -> None:
    problem = fault(tmp_path, xlsx(SOUND + row(3, wrong)))
    assert (problem.row, problem.column, problem.code) == (3, "A", "damaged")


@pytest.mark.parametrize("formula", ["Table1[2014]", "Table1[[2013]:[2014]]+Other!A1", '"[1]x!A1"'])
def test_names_of_columns_and_texts_are_no_links(tmp_path: Path, formula: str) -> None:
    data = xlsx(row(1, cell("A1", 5, formula=formula.replace('"', "&quot;"))))
    (grid,) = grids(tmp_path, data)
    assert grid.rows == (("5",),)
    assert len(grid.notes) == 1


@pytest.mark.parametrize(
    "formula", ["'[1]Sheet 1'!A1*2", "[1]!Rate", "WEBSERVICE(A1)", "2*rate", DDE]
)
def test_links_are_not_followed_and_their_stored_values_used(tmp_path: Path, formula: str) -> None:
    names = "<definedNames><definedName name='Rate'>[1]S!$A$1</definedName></definedNames>"
    sheet = hostile.sheet(SOUND + row(3, cell("B3", 5, formula=formula), cell("C3", 6)))
    parts = hostile.book({"D": sheet}, names=names)
    parts["xl/externalLinks/externalLink1.xml"] = "<externalLink/>"
    (grid,) = grids(tmp_path, hostile.packed(parts))
    assert grid.rows[2] == ("", "5", "6")
    assert said(grid, "refer to what is outside").endswith("used: B3")
    assert "links to other workbooks, which are not followed" in grid.notes


def test_a_nought_that_software_wrote_for_a_formula_is_not_believed(tmp_path: Path) -> None:
    path = tmp_path / "made.xlsx"
    with xlsxwriter.Workbook(path) as made:
        made.add_worksheet().write_formula("C3", "=1+1")
    (grid,) = open_grids(path)
    assert grid.faults[3, 2].code == "formula"
    with xlsxwriter.Workbook(path) as made:
        made.add_worksheet().write_formula("C3", "=1+1", None, 2)
    assert open_grids(path)[0].rows == (("", "", "2"),)


def test_merged_cells_are_filled_as_far_as_the_table_goes(tmp_path: Path) -> None:
    rows = row(1, text("B1", "2013"), text("A1", "name")) + row(2, text("A2", "Ash"), cell("C2", 1))
    rows += row(3, cell("B3", 7), cell("C3", 2))
    merged = '<mergeCells><mergeCell ref="B1:C1"/><mergeCell ref="A2:A1048576"/></mergeCells>'
    (grid,) = grids(tmp_path, xlsx(rows, after=merged))
    assert grid.rows == (("name", "2013", "2013"), ("Ash", "", "1"), ("Ash", "7", "2"))
    assert said(grid, "merged") == "merged cells, their value spread: B1:C1, A2:A1048576"
    assert grid.merged == ((1, 2, 1, 3), (2, 1, 1_048_576, 1))


def test_a_title_over_the_whole_table_is_given_once(tmp_path: Path) -> None:
    merged = '<mergeCells><mergeCell ref="A1:H1"/></mergeCells>'
    rows = row(1, text("A1", "Table 1")) + row(2, *(text(f"{c}2", c) for c in "ABC"))
    (grid,) = grids(tmp_path, xlsx(rows, after=merged))
    assert grid.rows == (("Table 1", "", ""), ("A", "B", "C"))
    assert "A1:H1" in said(grid, "title")


@pytest.mark.parametrize("blocks", [("A1:B2",), ("C1:C2", "C2:C3")])
def test_merged_cells_that_hide_values_or_overlap_are_named(
    tmp_path: Path, blocks: Sequence[str]
) -> None:
    merged = "".join(f'<mergeCell ref="{block}"/>' for block in blocks)
    rows = (
        row(1, text("A1", "x"), text("C1", "y")) + row(2, text("B2", "z")) + row(3, text("A3", "w"))
    )
    (grid,) = grids(tmp_path, xlsx(rows, after=merged))
    assert all(problem.row in (1, 2) for problem in grid.faults.values())
    assert grid.faults


def test_hidden_rows_columns_and_sheets_are_read_and_noted(tmp_path: Path) -> None:
    before = '<cols><col min="2" max="3" hidden="1"/></cols>'
    rows = row(1, text("A1", "a")) + row(2, text("A2", "b"), more='hidden="1"')
    sheets = {n: hostile.sheet(rows, before) for n in ("Old", "Deep", "Data")}
    sheets["None"] = hostile.sheet("")
    states = {"Old": "hidden", "Deep": "veryHidden"}
    found = grids(tmp_path, hostile.packed(hostile.book(sheets, states=states)))
    assert [grid.sheet for grid in found] == ["Data", "Old", "Deep"]
    assert ["hidden sheet" in grid.notes for grid in found] == [False, True, True]
    assert found[0].rows == (("a",), ("b",))
    assert said(found[0], "hidden rows") == "hidden rows: 2"
    assert said(found[0], "hidden columns") == "hidden columns: B to C"


def test_blank_rows_keep_the_numbers_right_and_are_given_as_one(tmp_path: Path) -> None:
    rows = row(3, text("B3", "a")) + row(9, text("A9", "b"), cell("D9", None))
    (grid,) = grids(tmp_path, xlsx(rows + row(20, text("A20", "  "))))
    assert grid.rows == (("", "a"), ("", ""), ("b", ""))
    assert grid.lines == (3, 4, 9)


def test_numbers_written_by_openpyxl_are_shown_by_their_formats(tmp_path: Path) -> None:
    made = openpyxl.Workbook()
    page: Any = made.active
    page.append([0.75, 42000, 42000, True, datetime.date(2014, 3, 1), 12.5, -3])
    for name, code in (("A1", "0%"), ("B1", '"£"#,##0')):
        page[name].number_format = code
    page.merge_cells("A3:B4")
    page["A3"] = "m"
    page["C3"] = "x"
    path = tmp_path / "table.xlsx"
    made.save(path)
    (grid,) = open_grids(path)
    assert grid.rows[0] == ("75%", "£42,000", "42000", "TRUE", "2014-03-01", "12.5", "-3")
    assert grid.rows[2][:3] == ("m", "m", "x")


def test_the_makers_make_zip_files_that_others_can_read() -> None:
    made = openpyxl.load_workbook(io.BytesIO(xlsx(SOUND)))
    assert [[cell.value for cell in cells] for cells in made["Data"]] == [["name", "n"], ["Ash", 5]]
    with zipfile.ZipFile(io.BytesIO(ods(""))) as archive:
        assert archive.testzip() is None


def strict(parts: hostile.Parts) -> hostile.Parts:
    """Write a workbook in the namespaces of ISO/IEC 29500 Strict."""
    to = {
        hostile.MAIN: "http://purl.oclc.org/ooxml/spreadsheetml/main",
        hostile.OFFICE: "http://purl.oclc.org/ooxml/officeDocument/relationships",
    }
    made = {}
    for name, content in parts.items():
        for old, new in to.items():
            content = str(content).replace(old, new)
        made[name] = content
    return made


def prefixed(sheet: str) -> str:
    return re.sub("<(/?)(?=[a-z])", r"<\1x:", sheet).replace("xmlns=", "xmlns:x=")


def in_utf_16(sheet: str) -> bytes:
    return sheet.replace('"1.0"', '"1.0" encoding="UTF-16"').encode("utf-16")


def without_names(sheet: str) -> str:
    return re.sub(r' r="[A-Z]*\d+"', "", sheet)


SHEET = "xl/worksheets/sheet1.xml"
MANNERS: dict[str, Callable[[hostile.Parts], hostile.Parts]] = {
    "strict": strict,
    "prefixed": lambda parts: {**parts, SHEET: prefixed(str(parts[SHEET]))},
    "in UTF-16": lambda parts: {**parts, SHEET: in_utf_16(str(parts[SHEET]))},
    "without names": lambda parts: {**parts, SHEET: without_names(str(parts[SHEET]))},
    "without styles": lambda parts: {n: p for n, p in parts.items() if "styles" not in n},
    "in capitals": lambda parts: {n.replace("xl/w", "XL/W"): p for n, p in parts.items()},
    "with backslashes": lambda parts: {n.replace("s/s", "s\\s"): p for n, p in parts.items()},
    "with whole paths": lambda parts: {
        n: p.replace('Target="', 'Target="/xl/') if "xl/_rels" in n else p
        for n, p in ((n, str(p)) for n, p in parts.items())
    },
}


@pytest.mark.parametrize("manner", MANNERS)
def test_a_workbook_is_read_in_any_manner_of_writing_it(tmp_path: Path, manner: str) -> None:
    parts = MANNERS[manner](hostile.book({"Data": hostile.sheet(SOUND.replace(' s="0"', ""))}))
    assert grids(tmp_path, hostile.packed(parts))[0].rows == (("name", "n"), ("Ash", "5"))
