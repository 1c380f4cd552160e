"""Tables as text: cells parted by commas and the like, or pasted with columns held by spaces."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from analysis.errors import DataError, Problem, quoted
from analysis.sources.decoding import decode
from analysis.sources.draft import (
    CLEAR,
    COMPARE,
    LONGEST_CELL,
    MOST_CELLS,
    MOST_COLUMNS,
    Rows,
    letter,
)
from analysis.sources.pasted import Spans, find_columns, read_pasted

LARGEST_TEXT = 30_000_000
MOST_LINES = 1_000_000
SAMPLE = 2_000
SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "upright strokes"}
_SAVE_AS = "Save the file again as 'CSV UTF-8'."
PASTED = "a guess: columns parted by runs of spaces"
NO_LINE_END = "no line end after the last row"
_QUOTED = re.compile('"[^"]*(?:"|$)')
_NONE = "\0"
_HINT = re.compile(r'"?sep=([,;|\t])"?', re.IGNORECASE)
_WRAPPED = re.compile('"(?:[^"]|"")*"')
_RUN = re.compile(r"[ \u00a0]{2}|\t")
_AMOUNT = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
Read = tuple[Rows, list[int], list[str]]


def read_delimited(data: bytes, file: str) -> Read:
    """Return the rows of a table written as text, the line on which each begins, and notes.

    Parameters
    ----------
    data : bytes
        The whole file.
    file : str
        Its name for messages.

    Raises
    ------
    DataError
        If it is not text of one encoding, or its cells can't be told apart, with the line.
    """
    text, notes = decode(data, file)
    if text.count("\n") > MOST_LINES:
        found, expected = f"{text.count(chr(10)):,} lines", f"at most {MOST_LINES:,}"
        raise DataError(Problem(file, found, expected, CLEAR, code="size"))
    lines = _unwrapped(text.split("\n"), notes)
    last = [] if text.endswith("\n") else [NO_LINE_END]
    del text
    hint = _HINT.fullmatch(lines[0].strip(" "))
    if hint:
        lines[0] = ""
    columns = None if hint else _pasted(lines[:SAMPLE])
    if columns is not None:
        notes.append(f"{PASTED}, as text from a PDF")
        rows = read_pasted(lines, columns, file)
    else:
        separator = hint[1] if hint else _separator(lines[:SAMPLE], file)
        notes.append(f"cells parted by {SEPARATORS[separator]}" if separator else "one column")
        rows = _records(lines, separator or _NONE, file, notes)
    kept, numbers = _tidy(rows, file)
    return kept, numbers, [*notes, *last]


def _unwrapped(lines: list[str], notes: list[str]) -> list[str]:
    """Return lines of which each as a whole stands in quotation marks without them."""
    filled = [line for line in lines if line.strip()]
    inner = [line[1:-1].replace('""', '"') for line in filled if _WRAPPED.fullmatch(line)]
    if len(inner) < max(2, len(filled)):
        return lines
    if not any(min(line.count(sign) for line in inner[:SAMPLE]) > 1 for sign in SEPARATORS):
        return lines
    notes.append("quotation marks around whole rows taken off")
    return [line[1:-1].replace('""', '"') for line in lines]


def _problem(
    file: str,
    line: int,
    found: str,
    expected: str,
    remedy: str = COMPARE,
    code: str = "structure",
    cell: int = 0,
) -> DataError:
    column = letter(cell - 1) if cell else None
    return DataError(Problem(file, found, expected, remedy, line, column, code))


def _separator(lines: Sequence[str], file: str) -> str | None:
    """Return what parts the cells: the sign that stands equally often in most lines."""
    filled = [line for line in lines if line.strip()]
    agree = {
        sign: agreed
        for sign, agreed in _agreement(lines).items()
        if agreed[1] > 2 or 4 * sum(sign in line for line in filled) > len(filled)
    }
    if not agree:
        return None
    ranked = sorted(agree, key=lambda sign: agree[sign], reverse=True)
    if len(ranked) > 1 and agree[ranked[0]] == agree[ranked[1]]:
        signs = " or ".join(SEPARATORS[sign] for sign in ranked[:2])
        line = next(i for i, text in enumerate(lines, start=1) if ranked[0] in text)
        found = f"cells parted by {signs}, equally often"
        raise _problem(file, line, found, "one sign between cells", _SAVE_AS)
    return ranked[0]


def _agreement(lines: Sequence[str]) -> dict[str, tuple[float, int]]:
    """Return for each sign the share of lines in which it stands as often as in most, and that."""
    bare = _QUOTED.sub("x", "\n".join(lines)).split("\n")
    bare = [line for line in bare if line.strip()]
    found = {}
    for sign in SEPARATORS:
        counts = Counter(line.count(sign) for line in bare)
        del counts[0]
        if counts:
            often, share = max(counts.items(), key=lambda pair: (pair[1], pair[0]))
            found[sign] = (share / len(bare), often)
    return found


def _records(
    lines: list[str], separator: str, file: str, notes: list[str]
) -> Iterator[tuple[int, list[str]]]:
    number, broken = 0, []
    while number < len(lines):
        line = lines[number]
        start = number = number + 1
        if '"' not in line:
            yield start, line.split(separator)
            continue
        row = _QuotedRow(lines, start, separator, file)
        number = row.number
        if number > start:
            broken.append(str(start))
            row.refuse_swallowed()
        yield start, row.cells
    if broken:
        more = f" and {len(broken) - 3:,} more" if len(broken) > 3 else ""
        notes.append(f"line breaks in cells, in the rows from lines {', '.join(broken[:3])}{more}")


class _QuotedRow:
    """A row with quotation marks: its cells, and the line on which it ends."""

    def __init__(self, lines: list[str], start: int, separator: str, file: str) -> None:
        self.lines, self.start, self.separator, self.file = lines, start, separator, file
        self.text, self.number = lines[start - 1], start
        self.cells: list[str] = []
        at = 0
        while at <= len(self.text):
            first = at + len(self.text[at:]) - len(self.text[at:].lstrip(" "))
            marked = self.text.startswith('"', first)
            at = 1 + (self._quoted(first + 1) if marked else self._bare(at))

    def _wrong(self, found: str, expected: str, remedy: str = COMPARE) -> DataError:
        return _problem(self.file, self.start, found, expected, remedy, cell=len(self.cells) + 1)

    def _bare(self, at: int) -> int:
        """Take a cell without marks, and return where it ends."""
        end = self.text.find(self.separator, at)
        end = len(self.text) if end < 0 else end
        cell = self.text[at:end]
        if '"' in cell:
            expected = "a cell in quotation marks from end to end, inner marks doubled"
            raise self._wrong(f"a quotation mark inside {quoted(cell)}", expected)
        self.cells.append(cell)
        return end

    def _quoted(self, at: int) -> int:
        """Take a cell in marks, the first of which stands before `at`; return where it ends."""
        end = self._closing(at)
        cell = self.text[at:end].replace('""', '"')
        end += 1
        while self.text.startswith(" ", end):
            end += 1
        if end < len(self.text) and self.text[end] != self.separator:
            found = f"{quoted(self.text[end:])} after a closing quotation mark"
            raise self._wrong(found, "the next cell or the end of the row")
        self.cells.append(cell)
        return end

    def _closing(self, begin: int) -> int:
        """Return where the closing mark stands, perhaps some lines on."""
        at = begin
        while True:
            end = self.text.find('"', at)
            if end >= 0 and not self.text.startswith('""', end):
                return end
            if end >= 0:
                at = end + 2
                continue
            if self.number >= len(self.lines) or len(self.text) - begin > LONGEST_CELL:
                found = f"a quotation mark without its partner before {quoted(self.text[begin:])}"
                raise self._wrong(found, "a second quotation mark")
            at = len(self.text)
            self.text += "\n" + self.lines[self.number]
            self.number += 1

    def refuse_swallowed(self) -> None:
        """Refuse a cell that holds a line as wide as a row: a stray mark took in other rows."""
        width = len(self.cells)
        for i, cell in enumerate(self.cells):
            inner = max((line.count(self.separator) for line in cell.split("\n")[:-1]), default=0)
            if width > 2 and inner > 1 and inner >= width - i - 1:
                found = f"whole rows within one pair of quotation marks: {quoted(cell)}"
                remedy = "Remove the stray quotation marks, or the line breaks within the cell."
                place = (self.start, found, "a row to a line", remedy)
                raise _problem(self.file, *place, cell=i + 1)


def _pasted(lines: Sequence[str]) -> Spans | None:
    """Return from where to where each column of text pasted from a PDF reaches, if it is such."""
    bare = [_AMOUNT.sub("", line) if _RUN.search(line.strip()) else line for line in lines]
    parted = max((share for share, _ in _agreement(bare).values()), default=0.0)
    return None if parted >= 0.5 else find_columns(lines)


def _tidy(rows: Iterator[tuple[int, list[str]]], file: str) -> tuple[Rows, list[int]]:
    """Return the rows without blank cells right of the table, and a blank row for several."""
    kept, numbers, width, count = [], [], 0, 0
    blank_before = True
    for number, cells in rows:
        filled = next((i for i in range(len(cells), 0, -1) if cells[i - 1].strip()), 0)
        if filled or not blank_before:
            kept.append(cells)
            numbers.append(number)
        blank_before, width, count = not filled, max(width, filled), count + len(cells)
        _bounded(cells, number, count, file)
    if kept and blank_before:
        kept.pop()
        numbers.pop()
    if not kept:
        found, expected = "no text but spaces and separators", "a heading and rows"
        raise _problem(file, 1, found, expected, "Put the table there.", "file")
    usual = _usual_length(kept)
    return [row if len(row) > usual else row[:width] for row in kept], numbers


def _usual_length(rows: Rows) -> int:
    """Return how many cells most rows have; one with more may have a separator too many."""
    lengths = Counter(len(row) for row in rows if sum(map(bool, row)) > 1)
    return min(lengths, key=lambda length: (-lengths[length], length), default=MOST_COLUMNS)


def _bounded(cells: Sequence[str], number: int, count: int, file: str) -> None:
    if len(cells) > MOST_COLUMNS:
        found, expected = f"{len(cells):,} cells in a row", f"at most {MOST_COLUMNS:,}"
        raise _problem(file, number, found, expected, CLEAR, "size")
    if count > MOST_CELLS:
        found, expected = f"over {MOST_CELLS:,} cells", "at most so many in a file"
        raise _problem(file, number, found, expected, CLEAR, "size")
    longest = max(map(len, cells), default=0)
    if longest > LONGEST_CELL:
        found, expected = f"{longest:,} letters in a cell", f"at most {LONGEST_CELL:,}"
        raise _problem(file, number, found, expected, CLEAR, "size")
