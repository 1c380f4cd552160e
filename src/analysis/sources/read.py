"""From the bytes of a published file to cells of text that know their row."""

from __future__ import annotations

import csv
import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from analysis.errors import DataError, Problem, quoted
from analysis.paths import relative

LARGEST_BYTES = 50_000_000
MOST_ROWS = 1_000_000
MOST_CELLS = 1_000
BOM = b"\xef\xbb\xbf"
_UTF_16 = ((b"\xff\xfe", "text in UTF-16"), (b"\xfe\xff", "text in UTF-16"))
_NO_TEXT = (
    (b"PK\x03\x04", "a workbook or another zip file"),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook"),
    (b"%PDF", "a PDF"),
    (b"\x1f\x8b", "a gz file"),
    (b"<", "a web page, perhaps one that asks to sign in"),
)
SEPARATORS = (",", ";", "\t")
Pick = Callable[[str, tuple[str, ...]], Sequence[int]]
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
    """A file's heading and rows, all cells text as they stand in the file.

    Parameters
    ----------
    encoding, separator : str
        What the file was found to be written in.
    """

    file: str
    heading: tuple[str, ...]
    rows: tuple[Row, ...]
    encoding: str = "utf-8"
    separator: str = ","


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
    _refuse(data, file, (*_UTF_16, *_NO_TEXT), "text in UTF-8")
    text = data.removeprefix(BOM).replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    lines = text.split(b"\n")
    if len(lines) > MOST_ROWS:
        raise DataError(_no_table(file, f"{len(lines):,} rows", f"at most {MOST_ROWS:,}"))
    while lines and not lines[-1].strip(b" \t"):
        lines.pop()
    if not lines:
        raise DataError(_Place(file, 1).wrong(1, "an empty file", "a heading and rows"))
    return lines


def _refuse(data: bytes, file: str, marks: Sequence[tuple[bytes, str]], expected: str) -> None:
    start = data.removeprefix(BOM).lstrip(b" \t\r\n")
    for mark, kind in marks:
        if start.startswith(mark):
            problem = _Place(file, 1).wrong(1, kind, expected, _SAVE_AS, code="encoding")
            raise DataError(problem)


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


def _cell_at(before: str, separator: str = ",") -> int:
    """Return the number of the cell in which a row's text `before` ends."""
    return _without_quoted(before).count(separator) + 1


def _without_quoted(text: str) -> str:
    return re.sub('"[^"]*"?', "", text)


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


def _cells(line: str, place: _Place, separator: str = ",") -> tuple[str, ...]:
    cells: list[str] = []
    at = 0
    while True:
        if line.startswith('"', at):
            cell, at = _quoted(line, at, len(cells) + 1, place, separator)
        else:
            end = line.find(separator, at)
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


def _quoted(line: str, at: int, cell: int, place: _Place, separator: str) -> tuple[str, int]:
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
    if after < len(line) and line[after] != separator:
        found = f"{quoted(line[after:])} after a closing quotation mark"
        name = {",": "a comma", ";": "a semicolon"}.get(separator, "a tab")
        raise DataError(place.wrong(cell, found, f"{name} or the end of the row"))
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


def read_bytes_sheet(path: Path, pick: Pick | None = None, short_rows: bool = False) -> Sheet:
    """Return the cells of a published text file, and the encoding and separator found.

    The text may be UTF-8, UTF-16 with its mark, or else Windows-1252, whose codes are understood
    (and reported) among UTF-8 too; cells may be parted by commas, semicolons or tabs. Otherwise it
    is read as strictly as by `read_sheet`, but characters are judged in the cells that are kept.

    Parameters
    ----------
    path : Path
        The file.
    pick : callable, optional
        From the file's name and whole heading to the positions of the cells that are kept.
    short_rows : bool
        Whether the publisher leaves out blank cells at the end of a row. Then a row may be short,
        but must end on a filled cell, and the last row must be whole: it may have been cut off.

    Raises
    ------
    DataError
        With file, row, and column where there is one.
    """
    file = relative(path)
    lines, encoding = _decoded(_bytes(path, file), file)
    if len(lines) > MOST_ROWS:
        raise DataError(_no_table(file, f"{len(lines):,} rows", f"at most {MOST_ROWS:,}"))
    first = _Place(file, 1)
    separator = find_separator(lines[0])
    if separator is None:
        found, expected = "cells parted by several signs", "one of comma, semicolon and tab"
        raise DataError(first.wrong(1, found, expected, _SAVE_AS))
    printed = _cells(lines[0], first, separator)
    heading = tuple(" ".join(cell.split()) for cell in printed)
    _judge(list(enumerate(printed)), _Place(file, 1, heading))
    at = range(len(heading)) if pick is None else pick(file, heading)
    rows = tuple(_picked(lines, separator, _Place(file, 1, heading), at, short_rows))
    return Sheet(file, tuple(heading[i] for i in at), rows, encoding, separator)


def find_encoding(data: bytes) -> str:
    """Return the encoding of a file's bytes: that of its mark, else UTF-8 or Windows-1252."""
    if data.startswith(BOM):
        return "utf-8-sig"
    if data.startswith(tuple(mark for mark, _ in _UTF_16)):
        return "utf-16"
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8"


def find_separator(heading: str) -> str | None:
    """Return what parts the cells of a heading; None where two signs are equally frequent."""
    text = _without_quoted(heading)
    counts = {sign: text.count(sign) for sign in SEPARATORS}
    best = [sign for sign in SEPARATORS if counts[sign] == max(counts.values())]
    if not any(counts.values()):
        return ","
    return best[0] if len(best) == 1 else None


def _decoded(data: bytes, file: str) -> tuple[list[str], str]:
    _refuse(data, file, _NO_TEXT, "a table as text")
    encoding = find_encoding(data)
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        row = error.object.count(b"\n", 0, error.start) + 1
        found = f"the byte 0x{error.object[error.start]:02X}, which is no character of {encoding}"
        problem = _Place(file, row).wrong(1, found, "text in one encoding", _SAVE_AS, "encoding")
        raise DataError(problem) from None
    _refuse(text.lstrip()[:9].encode(), file, _NO_TEXT, "a table as text")
    if not text.isascii() and _CONTROL_1.search(text):
        text = _CONTROL_1.sub(lambda m: m[0].encode("latin-1").decode("cp1252"), text)
        encoding += ", with codes of Windows-1252"
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    while lines and not lines[-1].strip(" \t"):
        lines.pop()
    if not lines:
        raise DataError(_Place(file, 1).wrong(1, "an empty file", "a heading and rows"))
    return lines, encoding


def _picked(
    lines: list[str], separator: str, place: _Place, at: Sequence[int], short_rows: bool
) -> Iterator[Row]:
    problems, width = [], len(place.heading)
    for number, line in enumerate(lines[1:], start=2):
        here = _Place(place.file, number, place.heading)
        cells = _split(line, here, separator)
        if short_rows and len(cells) < width and cells[-1].strip() and number < len(lines):
            cells = [*cells, *[""] * (width - len(cells))]
        if len(cells) != width:
            problems.append(_width(place.file, place.heading, Row(number, tuple(cells))))
            continue
        if control := _CONTROL.search(line):
            cell = _cell_at(line[: control.start()], separator)
            _judge([(cell - 1, control[0])], here)
        if not line.isascii():
            _judge([(i, cells[i]) for i in at], here)
        yield Row(number, tuple([cells[i] for i in at]))
    if problems:
        raise DataError(problems)


_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f]")
_CONTROL_1 = re.compile("[\x80\x82-\x8c\x8e\x91-\x9c\x9e\x9f]")


def _split(line: str, place: _Place, separator: str) -> Sequence[str]:
    """Return a row's cells, by the fast way where it can't differ from the strict one."""
    if '"' not in line:
        return line.split(separator)
    try:
        cells = next(csv.reader([line], delimiter=separator, strict=True))
    except csv.Error:
        return _cells(line, place, separator)
    return _cells(line, place, separator) if '"' in "".join(cells) else cells


def _judge(cells: Sequence[tuple[int, str]], place: _Place) -> None:
    for position, cell in cells:
        for pattern, describe in _FAULTS:
            if match := pattern.search(cell):
                raise DataError(place.wrong(position + 1, *describe(match[0]), code="encoding"))
