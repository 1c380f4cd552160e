"""The marked tables of a workbook as text, for checks before it is published."""

from __future__ import annotations

import io
import posixpath
import re
import zipfile
from collections.abc import Iterator, Mapping
from xml.etree import ElementTree

_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_PLACE = re.compile(r"([A-Z]+)(\d+)")


def tables_of(book: bytes) -> dict[str, list[list[str]]]:
    """Return the cells of each marked table of a workbook by its name, the headings first."""
    with zipfile.ZipFile(io.BytesIO(book)) as file:
        texts = _texts(file)
        names = [name for name in file.namelist() if re.match(r"xl/worksheets/[^/]+\.xml", name)]
        return dict(pair for name in names for pair in _of_sheet(file, name, texts))


def _texts(file: zipfile.ZipFile) -> list[str]:
    if "xl/sharedStrings.xml" not in file.namelist():
        return []
    root = ElementTree.fromstring(file.read("xl/sharedStrings.xml"))
    return ["".join(item.itertext()) for item in root.iter(f"{_MAIN}si")]


def _of_sheet(
    file: zipfile.ZipFile, name: str, texts: list[str]
) -> Iterator[tuple[str, list[list[str]]]]:
    folder, base = posixpath.split(name)
    links = f"{folder}/_rels/{base}.rels"
    if links not in file.namelist():
        return
    cells = _cells(ElementTree.fromstring(file.read(name)), texts)
    for link in ElementTree.fromstring(file.read(links)):
        if link.get("Type", "").endswith("/table"):
            place = posixpath.normpath(posixpath.join(folder, link.get("Target", "")))
            table = ElementTree.fromstring(file.read(place))
            yield table.get("name", ""), _within(cells, table.get("ref", ""))


def _cells(sheet: ElementTree.Element, texts: list[str]) -> Mapping[tuple[int, int], str]:
    found = {}
    for cell in sheet.iter(f"{_MAIN}c"):
        value = cell.findtext(f"{_MAIN}v") or ""
        shared = cell.get("t") == "s"
        found[_at(cell.get("r", ""))] = texts[int(value)] if shared and value else value
    return found


def _within(cells: Mapping[tuple[int, int], str], ref: str) -> list[list[str]]:
    (top, left), (bottom, right) = (_at(corner) for corner in ref.split(":"))
    return [
        [cells.get((row, column), "") for column in range(left, right + 1)]
        for row in range(top, bottom + 1)
    ]


def _at(place: str) -> tuple[int, int]:
    """Return the row and column of a place such as B7."""
    letters, row = _PLACE.fullmatch(place).groups()  # type: ignore[union-attr]
    column = 0
    for letter in letters:
        column = 26 * column + ord(letter) - 64
    return int(row), column
