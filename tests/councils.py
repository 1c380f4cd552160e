"""Workbooks as councils send them: the tables of 2013 as other software writes them."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import dirty
import hostile
import openpyxl
import xlsxwriter
from hostile import ods_cell, ods_row

from analysis.tables.reading import Accepted, Rejected, read_one

Typed = str | int | float | None
Change = Callable[[Any, Any], object]
Shown = Callable[[str, Typed], str]


def number(text: str) -> Typed:
    """Return a printed cell as software stores it."""
    plain = text.removeprefix("£").replace(",", "")
    try:
        return (float(plain) if "." in plain else int(plain)) if plain else None
    except ValueError:
        return text


def typed(table: str) -> list[list[Typed]]:
    """Return the cells of a table of 2013, the heading first, its numbers as numbers."""
    heading, *rows = dirty.original(table)
    return [list(heading), *([number(cell) for cell in row] for row in rows)]


def by_openpyxl(
    table: str,
    change: Change = lambda book, page: None,
    formats: Callable[[str], str] = lambda heading: "General",
    at: tuple[int, int] = (1, 1),
) -> bytes:
    """Return a workbook of openpyxl.

    `change` gets book and page at the end, `formats` says a column's number format, and `at` is
    where the first heading stands.
    """
    book = openpyxl.Workbook()
    page: Any = book.active
    cells = typed(table)
    for i, row in enumerate(cells):
        for j, value in enumerate(row):
            if value is not None:
                cell = page.cell(at[0] + i, at[1] + j, value)
                if not isinstance(value, str):
                    cell.number_format = formats(str(cells[0][j]))
    change(book, page)
    made = io.BytesIO()
    book.save(made)
    return made.getvalue()


def by_xlsxwriter(
    table: str, write: Callable[..., bool] = lambda *_: False, top: int = 1, **options: Any
) -> bytes:
    """Return a workbook of xlsxwriter; `write` may write a cell in its own way, or the heading."""
    made = io.BytesIO()
    with xlsxwriter.Workbook(made, options) as book:
        page = book.add_worksheet()
        for i, row in enumerate(typed(table)):
            for j, value in enumerate(row):
                at = (i + top - 1 if i else 0), j
                if not write(book, page, *at, value) and value is not None:
                    page.write(*at, value)
    return made.getvalue()


def by_hand_in_ods(table: str, cell: Callable[[int, int, Typed], str | None]) -> bytes:
    """Return an .ods workbook; `cell` may give a cell's own XML."""
    rows = []
    for i, row in enumerate(typed(table)):
        cells = [cell(i, j, value) or _usual(value) for j, value in enumerate(row)]
        rows.append(ods_row(*cells, '<table:table-cell table:number-columns-repeated="16000"/>'))
    return hostile.ods("".join(rows))


def _usual(value: Typed) -> str:
    if value is None:
        return "<table:table-cell/>"
    if isinstance(value, str):
        return ods_cell(escape(value))
    return ods_cell(str(value), "float", f'office:value="{value}"')


def read(folder: Path, table: str, data: bytes) -> Accepted | Rejected:
    """Return what the reader makes of a workbook."""
    return read_one(table, hostile.written(folder, "table.xlsx", data))


def notes(folder: Path, table: str, data: bytes) -> str:
    """Return the notes on a workbook whose rows must be those of the publication."""
    result = read(folder, table, data)
    assert isinstance(result, Accepted), [str(problem) for problem in result.problems]
    assert dirty.as_rows(result) == [dict(sorted(row.items())) for row in dirty.strict(table)]
    return "\n".join(result.notes)


def places(folder: Path, table: str, data: bytes) -> list[tuple[int | None, str | None, str]]:
    """Return row, column and code of each reason against a workbook."""
    result = read(folder, table, data)
    assert isinstance(result, Rejected)
    assert all(problem.file.endswith("table.xlsx") for problem in result.problems)
    assert all(problem.remedy and problem.expected for problem in result.problems)
    return [(problem.row, problem.column, problem.code) for problem in result.problems]
