"""From the bytes of a published file to cells of text that know their row."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from analysis.errors import DataError, Problem
from analysis.paths import relative


@dataclass(frozen=True)
class Row:
    """One row of cells; `line` counts as a spreadsheet does, the heading being row 1."""

    line: int
    cells: tuple[str, ...]


@dataclass(frozen=True)
class Sheet:
    """A file's heading and rows, all cells text as they stand in the file."""

    file: str
    heading: tuple[str, ...]
    rows: tuple[Row, ...]


def read_sheet(path: Path) -> Sheet:
    """Return the cells of a CSV file, or say exactly where it is not one.

    The text must be UTF-8, every row must have as many cells as the heading, and a quoted cell
    must end on the line where it begins. Nothing is guessed, nothing coerced.

    Raises
    ------
    DataError
        With file, row, and column where there is one.

    References
    ----------
    RFC 4180, Common Format and MIME Type for Comma-Separated Values Files (2005).
    """
    file = relative(path)
    text = _decode(_bytes(path, file), file)
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    while lines and not lines[-1].strip():
        lines.pop()
    if not lines:
        raise DataError(_problem(file, 1, "an empty file", "a heading and rows"))
    rows = [Row(i, _cells(line, i, file)) for i, line in enumerate(lines, start=1)]
    heading = tuple(" ".join(cell.split()) for cell in rows[0].cells)
    _same_width(file, heading, rows[1:])
    return Sheet(file, heading, tuple(rows[1:]))


def _bytes(path: Path, file: str) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise DataError(
            Problem(
                file,
                found=f"no readable file ({error.strerror})",
                expected="the table that data/sources.yaml names",
                remedy="Put the file there, or correct its name in data/sources.yaml.",
                code="file",
            )
        ) from None


def _decode(data: bytes, file: str) -> str:
    for mark, name in ((b"\xff\xfe", "UTF-16"), (b"\xfe\xff", "UTF-16"), (b"PK", "a workbook")):
        if data.startswith(mark):
            raise DataError(_encoding(file, 1, 1, f"{name}, not text in UTF-8"))
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        cell = data[data.rfind(b"\n", 0, error.start) + 1 : error.start].count(b",") + 1
        found = f"the byte 0x{data[error.start]:02X}, which is not UTF-8"
        raise DataError(_encoding(file, line, cell, found)) from None
    for line, content in enumerate(text.split("\n"), start=1):
        for character in content:
            if character < " " and character not in "\t\r":
                raise DataError(_encoding(file, line, 1, f"the control code {ord(character)}"))
    return text


def _encoding(file: str, line: int, cell: int, found: str) -> Problem:
    return Problem(
        file,
        row=line,
        column=f"cell {cell}",
        found=found,
        expected="text in UTF-8",
        remedy="Save the file again as 'CSV UTF-8'; the pound sign and curly quotes show the loss.",
        code="encoding",
    )


def _problem(file: str, line: int, found: str, expected: str, cell: int | None = None) -> Problem:
    return Problem(
        file,
        row=line,
        column=None if cell is None else f"cell {cell}",
        found=found,
        expected=expected,
        remedy="Compare the row with the publication and correct the file.",
        code="structure",
    )


def _cells(line: str, number: int, file: str) -> tuple[str, ...]:
    cells: list[str] = []
    at = 0
    while True:
        if line.startswith('"', at):
            cell, at = _quoted(line, at, number, len(cells) + 1, file)
        else:
            end = line.find(",", at)
            end = len(line) if end < 0 else end
            cell, at = line[at:end], end
            if '"' in cell:
                found = f"a quotation mark inside {cell!r}"
                expected = "a cell in quotation marks from end to end, inner marks doubled"
                raise DataError(_problem(file, number, found, expected, len(cells) + 1))
        cells.append(cell)
        if at >= len(line):
            return tuple(cells)
        at += 1


def _quoted(line: str, at: int, number: int, cell: int, file: str) -> tuple[str, int]:
    start = at + 1
    end = start
    while True:
        end = line.find('"', end)
        if end < 0:
            found = f"a quotation mark without its partner before {line[start : start + 30]!r}"
            expected = "a second quotation mark on the same line"
            raise DataError(_problem(file, number, found, expected, cell))
        if not line.startswith('""', end):
            break
        end += 2
    after = end + 1
    if after < len(line) and line[after] != ",":
        found = f"{line[after : after + 20]!r} after a closing quotation mark"
        raise DataError(_problem(file, number, found, "a comma or the end of the row", cell))
    return line[start:end].replace('""', '"'), after


def _same_width(file: str, heading: tuple[str, ...], rows: list[Row]) -> None:
    problems = []
    for row in rows:
        if len(row.cells) == len(heading):
            continue
        if not any(cell.strip() for cell in row.cells):
            found, short = "a blank row", min(len(row.cells), len(heading))
        else:
            found, short = f"{len(row.cells)} cells", min(len(row.cells), len(heading))
        column = heading[short - 1] or f"cell {short}"
        remedy = "Put quotation marks around a cell with a comma in it, or fill up the row."
        expected = f"{len(heading)} cells, as in the heading"
        problems.append(
            Problem(file, found, expected, remedy, row=row.line, column=column, code="structure")
        )
    if problems:
        raise DataError(problems)
