"""Tests of the tables of 2013 in workbooks as councils send them: the same rows, or a place."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Any

import councils
import pytest
from councils import by_hand_in_ods, by_openpyxl, by_xlsxwriter, notes, places
from dirty import GOES_ON, LATER, MONEY, REPORT, SHARE
from hostile import ods_cell
from sheets import read_here

EACH = '_-[$£-809]* #,##0_-;\\-[$£-809]* #,##0_-;_-[$£-809]* "-"??_-;_-@_-'


@pytest.fixture(autouse=True)
def _here(monkeypatch: pytest.MonkeyPatch) -> None:
    read_here(monkeypatch)


@pytest.mark.parametrize("table", REPORT)
@pytest.mark.parametrize("write", [by_openpyxl, by_xlsxwriter])
def test_numbers_stored_as_numbers_give_the_published_rows(
    tmp_path: Path, table: str, write: Any
) -> None:
    assert "without its pound sign" in notes(tmp_path, table, write(table)) or table != "funding"


PLAIN = ("#,##0", "#,##0.00", "£#,##0", "[$£-809]#,##0.00", EACH, '#,##0 "GBP"', "# ##0", "@")
SIGNED = ("£#,##0;[Red]£#,##0", '"£"#,##0;("£"#,##0)')
THOUSANDS = ('"£"#,##0,"k"', "£#,##0,", "#,##0.0,")


@pytest.mark.parametrize("code", [*PLAIN, *SIGNED, *THOUSANDS])
def test_money_in_any_number_format_is_in_pounds(tmp_path: Path, code: str) -> None:
    def formats(heading: str) -> str:
        return code if heading in (MONEY, LATER) else "General"

    said = notes(tmp_path, "funding", by_openpyxl("funding", formats=formats))
    assert ("shows in thousands" in said) is (code in THOUSANDS)


def in_thousands(_: Any, page: Any) -> None:
    page["D1"], page["E1"] = "2012/13 Funding (£000s)", "2013/14 Funding (£000s)"


def test_a_heading_in_thousands_and_a_format_in_thousands_count_once(tmp_path: Path) -> None:
    data = by_openpyxl("funding", in_thousands, lambda h: "#,##0," if h in (MONEY, LATER) else "0")
    assert "multiplied by 1,000" in notes(tmp_path, "funding", data)


@pytest.mark.parametrize("code", ["General", "0%", "0.0%"])
def test_shares_are_read_as_the_percentages_that_they_are(tmp_path: Path, code: str) -> None:
    def change(_: Any, page: Any) -> None:
        for (cell,) in page["I2:I78"]:
            if not isinstance(cell.value, str | None):
                cell.value, cell.number_format = cell.value / 100, code

    notes(tmp_path, "ofsted", by_openpyxl("ofsted", change))


def dashes(heading: str) -> str:
    return '#,##0;-#,##0;"-"' if heading not in (SHARE, "number") else "General"


def test_noughts_that_a_format_shows_as_dashes_are_noughts(tmp_path: Path) -> None:
    assert "as a dash" in notes(tmp_path, "ofsted", by_openpyxl("ofsted", formats=dashes))


def furnished(book: Any, page: Any) -> None:
    """Add what councils put around a table."""
    cover = book.create_sheet("Cover & 'notes' <1>", 0)
    cover["B2"], cover["B4"] = "Kent County Council", "Contact: the office"
    for name, state in (("Lists", "hidden"), ("Old", "veryHidden")):
        book.create_sheet(name)["A1"] = "Yes"
        book[name].sheet_state = state
    book.create_chartsheet("Chart")
    book.create_sheet("Pivot").append(["Row Labels", "Sum of 2012/13 Funding"])
    page["C2"] = "Collaborations of schools"
    page.merge_cells("C2:H2")
    page["C3"] = "Printed in March 2014"
    page.freeze_panes, page.auto_filter.ref = "C8", "C7:H81"
    page.row_dimensions[12].hidden = page.column_dimensions["D"].hidden = True


def test_a_table_that_starts_at_c7_among_other_sheets_is_found(tmp_path: Path) -> None:
    said = notes(tmp_path, "funding", by_openpyxl("funding", furnished, at=(7, 3)))
    assert "hidden rows: 12" in said
    assert "hidden columns: D" in said
    assert 'sheet "Pivot" was not read' in said
    assert "a title over merged cells, given once: C2:H2" in said


def older(book: Any, page: Any) -> None:
    """Put an older table on a hidden sheet, before the one that is meant."""
    old = book.create_sheet("Old", 0)
    old.sheet_state = "hidden"
    for row in page.iter_rows(values_only=True):
        old.append([value + 1 if isinstance(value, int | float) else value for value in row])


@pytest.mark.parametrize("table", REPORT)
def test_a_hidden_sheet_gives_way_to_the_one_that_is_seen(tmp_path: Path, table: str) -> None:
    assert 'read from the sheet "Sheet"' in notes(tmp_path, table, by_openpyxl(table, older))


def joined(_: Any, page: Any) -> None:
    """Merge the cells of each area and each district, as pivot tables are pasted."""
    for column in "AB":
        runs: list[list[int]] = []
        for row in range(2, page.max_row + 1):
            value = page[f"{column}{row}"].value
            if runs and page[f"{column}{runs[-1][0]}"].value == value:
                runs[-1].append(row)
            else:
                runs.append([row])
        for run in runs:
            if len(run) > 1:
                page.merge_cells(f"{column}{run[0]}:{column}{run[-1]}")


def test_areas_and_districts_merged_down_the_rows_hold_for_each_of_them(tmp_path: Path) -> None:
    assert "their value spread" in notes(tmp_path, "funding", by_openpyxl("funding", joined))


@pytest.mark.parametrize(
    ("block", "column"),
    [("C5:C6", "Collaboration name"), ("D5:D6", MONEY), ("D5:E5", MONEY)],
)
def test_other_cells_merged_within_the_table_are_refused(
    tmp_path: Path, block: str, column: str
) -> None:
    data = by_openpyxl("funding", lambda _, page: page.merge_cells(block))
    assert (5, column, "structure") in places(tmp_path, "funding", data)


def two_rows(book: Any, page: Any, i: int, j: int, value: Any) -> bool:
    """Write the heading of the money over two rows, its other cells merged down."""
    if i == 0 and j == 3:
        page.merge_range(0, 3, 0, 4, "Funding (if applicable)")
    elif i == 0 and j != 4:
        page.merge_range(0, j, 1, j, value)
    if i == 0 and j in (3, 4):
        page.write(1, j, ("2012/13", "2013/14")[j - 3])
    return i == 0


def test_a_heading_merged_over_two_rows_is_one(tmp_path: Path) -> None:
    said = notes(tmp_path, "funding", by_xlsxwriter("funding", two_rows, top=2))
    assert "rows 1 to 2 joined into one heading" in said
    assert 'heading "Funding (if applicable) 2012/13" read as funding_2012_13_gbp' in said


def grouped(book: Any, page: Any, i: int, j: int, value: Any) -> bool:
    """Write a heading that says nothing over the grades, the other cells merged down."""
    if i == 0 and j == 3:
        page.merge_range(0, 3, 0, 7, "Grades at the last inspection")
    elif i == 0 and not 2 < j < 8:
        page.merge_range(0, j, 1, j, value)
    if i == 0 and 2 < j < 8:
        page.write(1, j, value)
    return i == 0


def test_a_heading_over_a_group_of_columns_says_nothing_of_its_own(tmp_path: Path) -> None:
    notes(tmp_path, "ofsted", by_xlsxwriter("ofsted", grouped, top=2))


def unit_above(book: Any, page: Any, i: int, j: int, value: Any) -> bool:
    done = two_rows(book, page, i, j, value)
    if (i, j) == (0, 4):
        page.write(0, 3, "Amounts in thousands")
    return done


def test_a_unit_in_the_heading_above_is_not_lost(tmp_path: Path) -> None:
    ((row, *_),) = places(tmp_path, "funding", by_xlsxwriter("funding", unit_above, top=2))
    assert row == 1


def rich(book: Any, page: Any, i: int, j: int, value: Any) -> bool:
    if i and isinstance(value, str) and len(value) > 3:
        page.write_rich_string(i, j, book.add_format({"bold": True}), value[:2], value[2:])
        return True
    return False


def computed(book: Any, page: Any, i: int, j: int, value: Any) -> bool:
    if i and isinstance(value, int | float) and value:
        page.write_formula(i, j, f"={value}+'[1]Old'!A1", None, value)
        return True
    return False


def test_rich_texts_and_stored_values_of_formulas_and_links_are_read(tmp_path: Path) -> None:
    notes(tmp_path, "funding", by_xlsxwriter("funding", rich))
    said = notes(tmp_path, "funding", by_xlsxwriter("funding", computed))
    assert "formulas, of which the stored values are used" in said
    assert "not followed, stored values used: D2" in said


def test_days_from_1904_and_little_memory_change_nothing(tmp_path: Path) -> None:
    data = by_xlsxwriter("gains", date_1904=True, constant_memory=True, in_memory=False)
    assert not notes(tmp_path, "gains", data)


def put(cell: str, value: object, code: str = "General") -> councils.Change:
    """Put a value into a cell."""

    def change(_: Any, page: Any) -> None:
        page[cell], page[cell].number_format = value, code

    return change


@pytest.mark.parametrize(
    ("table", "change", "row", "column", "code"),
    [
        ("gains", put("C5", "#REF!"), 5, "ks2_2", "error"),
        ("gains", put("A5", "#N/A"), 5, "name", "error"),
        ("gains", put("C5", "=1+2"), 5, "ks2_2", "formula"),
        ("gains", put("C5", datetime.date(2014, 4, 3), "d-mmm"), 5, "ks2_2", "value"),
        ("gains", put("A5", datetime.date(2014, 4, 3), "d-mmm"), 5, "name", "value"),
        ("gains", put("A5", True), 5, "name", "value"),
        ("gains", put("C5", True), 5, "ks2_2", "value"),
        ("gains", put("C5", 3, ";;;"), 5, "ks2_2", "value"),
        ("gains", put("C5", 3, '"7"'), 5, "ks2_2", "value"),
        ("funding", put("C5", "x", ";;;"), 5, "Collaboration name", "value"),
        ("funding", put("F5", True), 5, GOES_ON, "value"),
        ("funding", put("D5", -5000, "£#,##0;[Red]£#,##0"), 5, MONEY, "value"),
        ("funding", put("A1", "#NAME?"), 1, "Area", "heading"),
    ],
)
def test_a_cell_that_is_not_what_it_seems_is_refused_below_its_heading(
    tmp_path: Path, table: str, change: councils.Change, row: int, column: str, code: str
) -> None:
    assert places(tmp_path, table, by_openpyxl(table, change)) == [(row, column, code)]


def test_all_spoilt_cells_of_a_table_are_named_at_once(tmp_path: Path) -> None:
    def change(_: Any, page: Any) -> None:
        page["B3"], page["C5"], page["G24"] = "#N/A", "#REF!", "=1"

    found = places(tmp_path, "gains", by_openpyxl("gains", change))
    assert found == [(3, "ks2_1", "error"), (5, "ks2_2", "error"), (24, "ks4_3", "formula")]


def test_totals_that_nobody_has_worked_out_are_refused(tmp_path: Path) -> None:
    def change(_: Any, page: Any) -> None:
        page["C76"], page["D76"] = "Total", "=SUM(D2:D75)"

    assert places(tmp_path, "funding", by_openpyxl("funding", change)) == [(76, MONEY, "formula")]


def test_spoilt_cells_outside_the_table_do_not_spoil_it(tmp_path: Path) -> None:
    def change(book: Any, page: Any) -> None:
        page["C40"] = "#DIV/0!"
        book.create_sheet("Look-up")["D4"] = "#N/A"

    assert "hold no value, as of an error: C40" in notes(
        tmp_path, "gains", by_openpyxl("gains", change)
    )


def as_money(_: int, j: int, value: councils.Typed) -> str | None:
    stored = f'office:currency="GBP" office:value="{value}"'
    money = j in (3, 4) and isinstance(value, int | float)
    return ods_cell(f"£{value:,.2f}", "currency", stored) if money else None


def as_share(_: int, j: int, value: councils.Typed) -> str | None:
    share = j == 8 and isinstance(value, int | float)
    stored = f'office:value="{float(str(value)) / 100:.3f}"' if share else ""
    return ods_cell(f"{value:.0f}%", "percentage", stored) if share else None


def test_an_ods_workbook_gives_the_same_rows(tmp_path: Path) -> None:
    notes(tmp_path, "gains", by_hand_in_ods("gains", lambda *_: None))
    notes(tmp_path, "funding", by_hand_in_ods("funding", as_money))
    assert "shows rounded" in notes(tmp_path, "ofsted", by_hand_in_ods("ofsted", as_share))
