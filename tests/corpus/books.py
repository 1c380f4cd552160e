"""Ways of writing a table as a workbook, by other people's libraries and by hand."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Iterable
from typing import Any
from xml.sax.saxutils import escape

import xlsxwriter
from odf.element import Element
from odf.opendocument import OpenDocumentSpreadsheet
from odf.table import Table, TableCell, TableRow
from odf.text import P
from openpyxl import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from .sheets import Gap, OneOf, Sheet

Cells = list[list[Any]]
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"


def native(t: Sheet) -> Cells:
    """Return the table with numbers as numbers, as a spreadsheet would hold it."""
    made: Cells = [list(t.header)]
    for row, cells in zip(t.rows, t.cells, strict=True):
        values = [row.get(name, cell) for name, cell in zip(t.names, cells, strict=True)]
        made.append([
            cell if not isinstance(v, int | float) or isinstance(v, Gap | OneOf) else v
            for v, cell in zip(values, cells, strict=True)
        ])  # fmt: skip
    return [[None if value == "" else value for value in row] for row in made]


def fill(ws: Worksheet, cells: Cells, row: int = 1, column: int = 1) -> None:
    for i, values in enumerate(cells):
        for j, value in enumerate(values):
            if value is not None:
                ws.cell(row + i, column + j).value = value
                if isinstance(value, str) and value.startswith("="):
                    ws.cell(row + i, column + j).data_type = "s"


def saved(book: Workbook) -> bytes:
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def xlsx(t: Sheet, change: Callable[[Workbook, Worksheet], None] | None = None,
         cells: Cells | None = None) -> tuple[str, bytes]:  # fmt: skip
    """Return the table as written by openpyxl, changed before it is saved."""
    book = Workbook()
    ws = book.active
    assert isinstance(ws, Worksheet)
    fill(ws, native(t) if cells is None else cells)
    if change:
        change(book, ws)
    return f"{t.table}.xlsx", saved(book)


def written(t: Sheet, change: Callable[[Any, Any, Cells], None]) -> tuple[str, bytes]:
    """Return a workbook of xlsxwriter with the table, some cells written over by `change`."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(
        out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    )
    sheet, cells = book.add_worksheet(), native(t)
    for i, row in enumerate(cells):
        for j, value in enumerate(row):
            if value is not None:
                sheet.write(i, j, value)
    change(book, sheet, cells)
    book.close()
    return f"{t.table}.xlsx", out.getvalue()


def bomb(parts: dict[str, bytes | str], name: str, start: bytes, more: bytes, times: int) -> bytes:
    """Return an archive with one more part, of `start` and then `more` again and again."""
    out = io.BytesIO(zipped({k: v for k, v in parts.items() if k != name}))
    out.seek(0, io.SEEK_END)
    with (
        zipfile.ZipFile(out, "a", zipfile.ZIP_DEFLATED, compresslevel=1) as archive,
        archive.open(name, "w") as part,
    ):
        part.write(start)
        for _ in range(times):
            part.write(more)
    return out.getvalue()


def zipped(parts: dict[str, bytes | str], stored: Iterable[str] = ()) -> bytes:
    """Return an archive of these parts."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            kind = zipfile.ZIP_STORED if name in stored else zipfile.ZIP_DEFLATED
            archive.writestr(name, data, kind)
    return out.getvalue()


def parts_of(data: bytes) -> dict[str, bytes | str]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def letters(j: int) -> str:
    return "ABCDEFGHIJKLMNOPQRSTUVWXYZ"[j]


def cell_by_hand(i: int, j: int, value: Any) -> str:
    """Return a cell in XML, text inline."""
    if value is None:
        return ""
    where = f"{letters(j)}{i + 1}"
    if isinstance(value, str):
        return f'<c r="{where}" t="inlineStr"><is><t>{escape(value)}</t></is></c>'
    return f'<c r="{where}"><v>{value}</v></c>'


def rows_by_hand(cells: Cells) -> list[str]:
    return [
        f'<row r="{i + 1}">' + "".join(cell_by_hand(i, j, v) for j, v in enumerate(row)) + "</row>"
        for i, row in enumerate(cells)
    ]


def by_hand(rows: Iterable[str], before: str = "", after: str = "", top: str = "",
            more: dict[str, bytes | str] | None = None) -> bytes:  # fmt: skip
    """Return a workbook of one sheet from rows in XML, with as little as the format asks."""
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    parts: dict[str, bytes | str] = {
        "[Content_Types].xml": f'<?xml version="1.0"?><Types xmlns="{PACKAGE}/content-types">'
        '<Default Extension="rels" ContentType='
        '"application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{kind}.sheet.main+xml"/>'
        f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{kind}.worksheet+xml"/>'
        "</Types>",
        "_rels/.rels": f'<?xml version="1.0"?><Relationships xmlns="{PACKAGE}/relationships">'
        f'<Relationship Id="rId1" Type="{OFFICE}/officeDocument" Target="xl/workbook.xml"/>'
        "</Relationships>",
        "xl/workbook.xml": f'<?xml version="1.0"?><workbook xmlns="{MAIN}" xmlns:r="{OFFICE}">'
        '<sheets><sheet name="Sheet1" sheetId="1" r:id="rId1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": '<?xml version="1.0"?>'
        f'<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="rId1" '
        f'Type="{OFFICE}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
        "xl/worksheets/sheet1.xml": f'<?xml version="1.0"?>{top}<worksheet xmlns="{MAIN}">{before}'
        f"<sheetData>{''.join(rows)}</sheetData>{after}</worksheet>",
    }
    return zipped({**parts, **(more or {})})


def ods_cell(value: Any) -> Element:
    if value is None:
        return TableCell()
    if isinstance(value, Element):
        return value
    number = isinstance(value, int | float)
    kind = {"valuetype": "float", "value": value} if number else {"valuetype": "string"}
    cell = TableCell(**kind)
    cell.addElement(P(text=str(value)))
    return cell


def ods_table(name: str, cells: Cells, **attributes: Any) -> Element:
    table = Table(name=name, **attributes)
    for values in cells:
        row = TableRow()
        for value in values:
            row.addElement(ods_cell(value))
        table.addElement(row)
    return table


def ods_of(*tables: Element) -> bytes:
    document = OpenDocumentSpreadsheet()
    for table in tables:
        document.spreadsheet.addElement(table)
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def ods(t: Sheet, cells: Cells | None = None) -> tuple[str, bytes]:
    """Return the table as written by odfpy."""
    return f"{t.table}.ods", ods_of(ods_table("Sheet1", native(t) if cells is None else cells))
