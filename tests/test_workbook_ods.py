"""Tests of .ods workbooks: what a person sees in the cells, and what can't be trusted in them."""

from __future__ import annotations

from pathlib import Path

import pytest
from hostile import ods, ods_cell, ods_row
from sheets import fault, grids, read_here, said

SUM = 'table:formula="of:=1+1"'
LINK = "table:formula=\"of:='file:///x.ods'#$S.A1\""


@pytest.fixture(autouse=True)
def _here(monkeypatch: pytest.MonkeyPatch) -> None:
    read_here(monkeypatch)


def test_cells_of_an_ods_workbook_are_their_displayed_text(tmp_path: Path) -> None:
    spaces = "a<text:s text:c='2'/>b  c<text:tab/><text:span>d</text:span>"
    rows = ods_row(
        ods_cell("75%", "percentage", 'office:value="0.75"'),
        ods_cell("£42,000", "currency", 'office:value="42000"'),
        ods_cell("1.3.14", "date", 'office:date-value="2014-03-01"'),
        ods_cell("WAHR", "boolean", 'office:boolean-value="true"'),
        ods_cell(spaces),
    )
    rows += ods_row(
        '<table:table-cell office:value-type="float" office:value="42000"/>',
        '<table:table-cell office:value-type="percentage" office:value="0.75"/>',
        ods_cell("007"),
        ods_cell("a</text:p><text:p>b"),
        ods_cell("x</text:p><office:annotation><text:p>no</text:p></office:annotation><text:p>y"),
        more='table:visibility="collapse"',
    )
    (grid,) = grids(tmp_path, ods(rows))
    assert grid.rows == (
        ("75%", "£42,000", "2014-03-01", "TRUE", "a  b c\td"),
        ("42000", "75%", "007", "a\nb", "x\ny"),
    )
    assert "C1 (shown as 1.3.14)" in said(grid, "dates")
    assert said(grid, "hidden rows") == "hidden rows: 2"


def test_repeated_and_merged_cells_of_an_ods_workbook_are_spread(tmp_path: Path) -> None:
    empty = '<table:table-cell table:number-columns-repeated="1000"/>'
    rows = ods_row(ods_cell("a", more='table:number-columns-repeated="2"'), ods_cell("b"), empty)
    rows += ods_row(empty, more='table:number-rows-repeated="2"')
    covered = "<table:covered-table-cell/>"
    rows += ods_row(ods_cell("m", more='table:number-rows-spanned="2"'), ods_cell("c"))
    rows += ods_row(covered, ods_cell("d"))
    rows += ods_row(empty, more='table:number-rows-repeated="1048000"')
    (grid,) = grids(tmp_path, ods(rows))
    assert grid.rows == (("a", "a", "b"), ("", "", ""), ("m", "c", ""), ("m", "d", ""))
    assert grid.lines == (1, 2, 4, 5)


def test_deleted_cells_and_copies_of_other_files_in_an_ods_workbook_are_no_cells(
    tmp_path: Path,
) -> None:
    old = f"<table:tracked-changes>{ods_row(ods_cell('old'))}</table:tracked-changes>"
    copy = f"<table:table table:name=\"'file:///x.ods'#S\">{ods_row(ods_cell('x'))}</table:table>"
    hidden = '<style:style style:name="h"><style:table-properties table:display="false"/>'
    table = '<table:table table:name="{0}" table:style-name="{1}">{2}</table:table>'
    tables = old + copy + table.format("H", "h", ods_row(ods_cell("h")))
    tables += table.format("Data", "v", ods_row(ods_cell("new")))
    found = grids(tmp_path, ods(tables, styles=f"{hidden}</style:style>", wrap=False))
    assert [(grid.sheet, grid.rows) for grid in found] == [("Data", (("new",),)), ("H", (("h",),))]
    assert "hidden sheet" in found[1].notes


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ('<table:table-cell table:formula="of:=1+1"/>', "formula"),
        (ods_cell("#REF!", more='table:formula="of:=#REF!"'), "error"),
        (ods_cell("Err:502", more='table:formula="of:=X()"'), "error"),
        (ods_cell("oh", more='calcext:value-type="error"'), "error"),
        (ods_cell("x", "date", 'office:date-value="1 March"'), "value"),
        (ods_cell("5", "float", 'office:value="3"'), "value"),
        (ods_cell("", "float", f'office:value="0" {SUM}'), "value"),
        ('<table:table-cell office:value-type="float" office:value="ten"/>', "value"),
    ],
)
def test_a_cell_of_an_ods_workbook_that_cannot_be_trusted_is_named(
    tmp_path: Path, wrong: str, code: str
) -> None:
    problem = fault(tmp_path, ods(ods_row(ods_cell("a")) + ods_row(ods_cell("b"), wrong)))
    assert (problem.row, problem.column, problem.code) == (2, "B", code)


@pytest.mark.parametrize(
    ("cell", "shown"),
    [
        (ods_cell("0.8", "float", 'office:value="0.8"'), "0.8"),
        (ods_cell("78%", "percentage", 'office:value="0.778"'), "77.8%"),
        (ods_cell("78%", "percentage", f'office:value="0.778" {SUM}'), "78%"),
        (ods_cell("77,8", "float", 'office:value="77.8"'), "77.8"),
        (ods_cell("(3)", "float", 'office:value="-3"'), "-3"),
        (ods_cell("3", "float", 'office:value="-3"'), "-3"),
        (ods_cell("-", "float", 'office:value="0"'), "0"),
        (ods_cell("###", "float", 'office:value="42000"'), "42000"),
        (ods_cell("", "float", 'office:value="0"'), "0"),
        (ods_cell("5", "float", f'office:value="5" {LINK}'), "5"),
    ],
)
def test_a_number_of_an_ods_workbook_is_not_misread_for_its_format(
    tmp_path: Path, cell: str, shown: str
) -> None:
    (grid,) = grids(tmp_path, ods(ods_row(ods_cell("a"), cell)))
    assert grid.rows == (("a", shown),)
    assert not grid.faults
    assert any("not followed" in note for note in grid.notes) is (LINK in cell)


@pytest.mark.parametrize(
    ("shown", "value", "kind", "stored"),
    [("£42", "42000", "thousands", "£42000"), ("", "0", "hidden", "0"), ("", "7", "hidden", "7")],
)
def test_a_cell_that_shows_something_else_than_it_holds_is_kept_in_mind(
    tmp_path: Path, shown: str, value: str, kind: str, stored: str
) -> None:
    style = '<style:style style:name="s" style:family="table-cell" style:data-style-name="n"/>'
    columns = '<table:table-column/><table:table-column table:default-cell-style-name="s"/>'
    cell = ods_cell(shown, "float", f'office:value="{value}"')
    (grid,) = grids(tmp_path, ods(columns + ods_row(ods_cell("a"), cell), style))
    assert grid.unlike == {(1, 1): (kind, stored)}
