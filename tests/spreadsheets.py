"""Readers of a finished workbook: its parts as XML, and its cells as a spreadsheet shows them."""

from __future__ import annotations

import io
import re
import zipfile
from typing import Any

import openpyxl
from openpyxl.worksheet.worksheet import Worksheet

FORMAT = re.compile(
    r'(?:\[<0\]-[#,.0]+;\[<0\.001\]"(?P<small>[^"]*)";)?(?:"(?P<before>[^"]*)")?'
    r'(?P<group>#,##)?0(?:\.(?P<decimals>0+))?(?P<percent>%)?(?:"(?P<after>[^"]*)")?'
)


def opened(data: bytes) -> Any:
    """Return a workbook as openpyxl reads it."""
    return openpyxl.load_workbook(io.BytesIO(data))


def parts(data: bytes) -> dict[str, str]:
    """Return the parts of a workbook as text, by name."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name).decode("utf-8") for name in archive.namelist()}


def lines(sheet: Worksheet) -> list[list[Any]]:
    """Return the cells of a sheet's one table, its headings first."""
    (table,) = sheet.tables.values()
    return [list(row) for row in sheet[table.ref]]


def as_shown(cell: Any) -> str:
    """Return a cell as a spreadsheet shows it."""
    value = cell.value
    if isinstance(value, str):
        return value
    if cell.number_format == "General":
        return str(value)
    found = FORMAT.fullmatch(cell.number_format)
    assert found, cell.number_format
    if found["small"] and 0 <= value < 0.001:
        return str(found["small"])
    decimals = len(found["decimals"] or "")
    scaled = 100 * value if found["percent"] else value
    digits = f"{abs(scaled):{',' if found['group'] else ''}.{decimals}f}"
    sign = "-" if value < 0 and float(digits.replace(",", "")) else ""
    return f"{sign}{found['before'] or ''}{digits}{found['percent'] or ''}{found['after'] or ''}"
