"""From the bytes of a published file to cells of text that know their row."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from analysis.errors import DataError, Problem, quoted
from analysis.paths import relative

LARGEST_BYTES = 50_000_000
MOST_ROWS = 1_000_000
MOST_CELLS = 1_000
BOM = b"\xef\xbb\xbf"
_OTHER_FORMATS = (
    (b"\xff\xfe", "text in UTF-16"),
    (b"\xfe\xff", "text in UTF-16"),
    (b"PK\x03\x04", "a workbook or another zip file"),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook"),
    (b"%PDF", "a PDF"),
    (b"\x1f\x8b", "a gz file"),
    (b"<", "a web page, perhaps one that asks to sign in"),
)
# Control codes, characters without width, marks that turn the direction of text, private use.
_UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f"
    "\u2028-\u202e\u2060-\u206f\u2800\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\uffff\ue000-\uf8ff"
    "\U000e0000-\U0010ffff]"
)
_DECODED_TWICE = re.compile("[ÂÃ][¡-¿]|â€")
_LATIN, _ALIKE = "A-Za-zÀ-ÖØ-öø-ɏ", "\u0370-\u052f\u0531-\u058f\u13a0-\u13ff"
_MIXED = re.compile(f"[{_LATIN}][{_ALIKE}]|[{_ALIKE}][{_LATIN}]")
_COMPARE = "Compare the row with the publication and correct the file."
_SAVE_AS = "Save the file again as 'CSV UTF-8'; the pound sign and curly quotes show the loss."


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


@dataclass(frozen=True)
class _Place:
    """A row of a file, and the heading above it, for what is said of its cells."""

    file: str
    row: int
    heading: tuple[str, ...] = ()

    def wrong(
        self,
        cell: int,
        found: str,
        expected: str,
        remedy: str = _COMPARE,
        code: str = "structure",
    ) -> Problem:
        known = 0 < cell <= len(self.heading) and self.heading[cell - 1]
        column = known or f"cell {cell}"
        return Problem(self.file, found, expected, remedy, self.row, column, code)


def read_sheet(path: Path) -> Sheet:
    """Return the cells of a CSV file, or say exactly where it is not one.

    The text must be UTF-8 without unseen characters, every row must have as many cells as the
    heading, and a quoted cell must end on the line where it begins. Nothing is guessed, nothing
    coerced.

    Raises
    ------
    DataError
        With file, row, and column where there is one.

    References
    ----------
    RFC 4180, Common Format and MIME Type for Comma-Separated Values Files (2005).
    """
    file = relative(path)
    lines = _lines(_bytes(path, file), file)
    first = _Place(file, 1)
    cells = _cells(_text(lines[0], first), first)
    if len(cells) == 1 and (other := re.search("[;\t|]", cells[0])):
        found, expected = f"cells parted by {quoted(other[0])}", "cells parted by commas"
        raise DataError(first.wrong(1, found, expected, _SAVE_AS))
    heading = tuple(" ".join(cell.split()) for cell in cells)
    rows = []
    for number, line in enumerate(lines[1:], start=2):
        place = _Place(file, number, heading)
        rows.append(Row(number, _cells(_text(line, place), place)))
    _same_width(file, heading, rows)
    return Sheet(file, heading, tuple(rows))


def _bytes(path: Path, file: str) -> bytes:
    try:
        size = path.stat().st_size
        if size > LARGEST_BYTES:
            raise DataError(_no_table(file, f"{size:,} bytes", f"at most {LARGEST_BYTES:,}"))
        if not path.is_file():
            raise DataError(_no_table(file, "a folder or a device", "a CSV file"))
        return path.read_bytes()
    except OSError as error:
        found = f"no readable file ({error.strerror})"
        raise DataError(_no_table(file, found, "a CSV file")) from None


def _no_table(file: str, found: str, expected: str) -> Problem:
    remedy = f"Put the table there as a CSV file, or correct its name where {file} is named."
    return Problem(file, found, expected, remedy, code="file")


def _lines(data: bytes, file: str) -> list[bytes]:
    """Return the file's lines, as bytes; what is no text at all is named by its kind."""
    start = data.removeprefix(BOM).lstrip(b" \t\r\n")
    for mark, kind in _OTHER_FORMATS:
        if start.startswith(mark):
            raise DataError(
                _Place(file, 1).wrong(1, kind, "text in UTF-8", _SAVE_AS, code="encoding")
            )
    text = data.removeprefix(BOM).replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    lines = text.split(b"\n")
    if len(lines) > MOST_ROWS:
        raise DataError(_no_table(file, f"{len(lines):,} rows", f"at most {MOST_ROWS:,}"))
    while lines and not lines[-1].strip(b" \t"):
        lines.pop()
    if not lines:
        raise DataError(_Place(file, 1).wrong(1, "an empty file", "a heading and rows"))
    return lines


def _text(line: bytes, place: _Place) -> str:
    try:
        text = line.decode("utf-8")
    except UnicodeDecodeError as error:
        found = f"the byte 0x{line[error.start]:02X}, which is not UTF-8"
        cell = _cell_at(line[: error.start].decode("latin-1"))
        problem = place.wrong(cell, found, "text in UTF-8", _SAVE_AS, code="encoding")
        raise DataError(problem) from None
    for pattern, describe in _FAULTS:
        if match := pattern.search(text):
            cell = _cell_at(text[: match.start()])
            raise DataError(place.wrong(cell, *describe(match[0]), code="encoding"))
    return text


def _cell_at(before: str) -> int:
    """Return the number of the cell in which a row's text `before` ends."""
    return re.sub('"[^"]*"?', "", before).count(",") + 1


def _unseen(text: str) -> tuple[str, str, str]:
    name = unicodedata.name(text, "a control code")
    found = f"the unseen character U+{ord(text):04X} ({name.lower()})"
    return found, "characters that can be seen", "Remove it: type the cell again by hand."


def _twice(text: str) -> tuple[str, str, str]:
    return f"{quoted(text)}, as left by UTF-8 read as Windows-1252", "text in UTF-8", _SAVE_AS


def _mixed(text: str) -> tuple[str, str, str]:
    names = " beside ".join(unicodedata.name(letter, "?").lower() for letter in text)
    return f"{quoted(text)} ({names})", "letters of one alphabet in a word", _COMPARE


_FAULTS = ((_UNSEEN, _unseen), (_DECODED_TWICE, _twice), (_MIXED, _mixed))


def _cells(line: str, place: _Place) -> tuple[str, ...]:
    cells: list[str] = []
    at = 0
    while True:
        if line.startswith('"', at):
            cell, at = _quoted(line, at, len(cells) + 1, place)
        else:
            end = line.find(",", at)
            end = len(line) if end < 0 else end
            cell, at = line[at:end], end
            if '"' in cell:
                found = f"a quotation mark inside {quoted(cell)}"
                expected = "a cell in quotation marks from end to end, inner marks doubled"
                raise DataError(place.wrong(len(cells) + 1, found, expected))
        cells.append(cell)
        if len(cells) > MOST_CELLS:
            found, expected = f"more than {MOST_CELLS} cells", f"at most {MOST_CELLS}"
            raise DataError(place.wrong(1, found, expected))
        if at >= len(line):
            return tuple(cells)
        at += 1


def _quoted(line: str, at: int, cell: int, place: _Place) -> tuple[str, int]:
    start = at + 1
    end = start
    while True:
        end = line.find('"', end)
        if end < 0:
            found = f"a quotation mark without its partner before {quoted(line[start:])}"
            raise DataError(place.wrong(cell, found, "a second quotation mark on the same line"))
        if not line.startswith('""', end):
            break
        end += 2
    after = end + 1
    if after < len(line) and line[after] != ",":
        found = f"{quoted(line[after:])} after a closing quotation mark"
        raise DataError(place.wrong(cell, found, "a comma or the end of the row"))
    return line[start:end].replace('""', '"'), after


def _same_width(file: str, heading: tuple[str, ...], rows: Sequence[Row]) -> None:
    if len(heading) == 1 and rows and len(rows[0].cells) > 1:
        found, expected = f"1 cell, {quoted(heading[0])}", "the heading, as wide as the rows below"
        remedy = "Remove what stands above the heading."
        raise DataError(_Place(file, 1, heading).wrong(1, found, expected, remedy))
    problems = [_width(file, heading, row) for row in rows if len(row.cells) != len(heading)]
    if problems:
        raise DataError(problems)


def _width(file: str, heading: tuple[str, ...], row: Row) -> Problem:
    cell = min(len(row.cells), len(heading))
    found = f"{len(row.cells)} cells"
    if not any(cell.strip() for cell in row.cells):
        found = "a blank row"
    for number, pair in enumerate(zip(row.cells, row.cells[1:], strict=False), start=1):
        if len(row.cells) > len(heading) and _AMOUNT.fullmatch(",".join(pair)):
            found, cell = f"{found}, of which {quoted(','.join(pair))} makes two", number
            break
    expected = f"{len(heading)} cells, as in the heading"
    remedy = "Put quotation marks around a cell with a comma in it, or fill up the row."
    return _Place(file, row.line, heading).wrong(cell, found, expected, remedy)


_AMOUNT = re.compile(r" *£ ?\d{1,3},\d{3} *", re.ASCII)
