"""A sheet while it is being read: cells by place, within limits, and what was noticed of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

MOST_ROWS = 1_048_576
MOST_COLUMNS = 1_000
MOST_CELLS = 2_000_000
MOST_LETTERS = 60_000_000
LONGEST_CELL = 32_767
MOST_MERGED = 20_000
MOST_FAULTS = 20_000
COMPARE = "Compare the cell with the publication and correct the file."
SAVE_AGAIN = "Open it in a spreadsheet and save it again as .xlsx, or the sheet as CSV UTF-8."
CLEAR = "Delete what stands outside the table (whole rows or columns), and save the file again."
RESHOW = "Give the cell a plain number format, and compare it with the publication."
REMARKS = {
    "date": "dates, given as year-month-day",
    "hidden": "values that their format hides",
    "thousands": "numbers that their format shows in thousands",
    "rounded": "numbers that their format shows rounded",
    "negative": "negative numbers that their format shows without a minus sign",
    "nought": "noughts that their format shows as a dash",
    "words": "numbers that their format shows as words",
    "not rendered": "numbers given without their format",
}
KEPT = ("date", "hidden", "thousands", "rounded")
CACHED = "formulas, of which the stored values are used"
LINKED = "formulas that refer to what is outside the file: not followed, stored values used"
_UNMERGE = "Unmerge the cells and save the file again."
Block = tuple[int, int, int, int]
Rows = list[list[str]]


class RefusedError(Exception):
    """Why a file can't be used: the parts of a `Problem` but for the file's name."""

    def __init__(
        self,
        found: str,
        expected: str,
        remedy: str = SAVE_AGAIN,
        code: str = "damaged",
        row: int | None = None,
        column: str | None = None,
    ) -> None:
        super().__init__(found)
        self.parts: dict[str, Any] = {
            "found": found,
            "expected": expected,
            "remedy": remedy,
            "code": code,
            "row": row,
            "column": column,
        }


def letter(i: int) -> str:
    """Return the letters over a column of a spreadsheet: A for position 0, AA for 26.

    Raises
    ------
    ValueError
        If the position is negative.
    """
    if i < 0:
        raise ValueError(f"found position {i}; expected 0 or more")
    name, i = "", i + 1
    while i:
        i, rest = divmod(i - 1, 26)
        name = chr(65 + rest) + name
    return name


def place(row: int, column: int) -> str:
    """Return a cell's name, such as B7; rows and columns count from 1."""
    return f"{letter(column - 1)}{row}"


@dataclass
class Allowance:
    """How many cells and letters the sheets of one file may still have."""

    cells: int = MOST_CELLS
    letters: int = MOST_LETTERS

    def take(self, cells: int, letters: int) -> None:
        """Count cells and letters.

        Raises
        ------
        RefusedError
            When the file has more than a table of schools can have.
        """
        self.cells -= cells
        self.letters -= letters
        if self.cells < 0 or self.letters < 0:
            found = f"over {MOST_CELLS:,} cells, or {MOST_LETTERS:,} letters"
            raise RefusedError(found, "at most so many in a file", CLEAR, "size")


@dataclass
class Draft:
    """The cells of a sheet found so far; rows and columns count from 1, as a spreadsheet's do."""

    sheet: str
    allowance: Allowance
    hidden: bool = False
    cells: dict[int, dict[int, str]] = field(default_factory=dict)
    merged: list[Block] = field(default_factory=list)
    noticed: dict[str, list[str]] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)
    faults: dict[tuple[int, int], dict[str, Any]] = field(default_factory=dict)
    unlike: dict[tuple[int, int], tuple[str, str]] = field(default_factory=dict)
    spread: list[Block] = field(default_factory=list)

    def put(self, row: int, column: int, text: str, times: int = 1) -> None:
        """Set a cell, and as many to its right as it is repeated.

        Raises
        ------
        RefusedError
            If the cell is out of all bounds or too long.
        """
        if not text:
            return
        last = column + times - 1
        if last > MOST_COLUMNS or row > MOST_ROWS:
            repeated = f"a value repeated {times:,} times, and so" if times > 1 else "a value"
            expected = f"at most {MOST_COLUMNS:,} columns"
            self.wrong(row, column, f"{repeated} far from a table", expected, CLEAR, "size")
        if len(text) > LONGEST_CELL:
            found, expected = f"{len(text):,} letters in a cell", f"at most {LONGEST_CELL:,}"
            self.wrong(row, column, found, expected, CLEAR, "size")
        self.allowance.take(times, times * len(text))
        cells = self.cells.get(row)
        if cells is None:
            cells = self.cells[row] = {}
        if times == 1 and column not in cells:
            cells[column] = text
            return
        for at in range(column, last + 1):
            if at in cells:
                self.wrong(row, at, "the cell a second time", "each cell once", code="damaged")
            cells[at] = text

    def merge(self, block: Block) -> None:
        """Keep a block of merged cells: first row and column, last row and column."""
        self.merged.append(block)
        if len(self.merged) > MOST_MERGED:
            found, expected = f"over {MOST_MERGED:,} merged blocks", "a table"
            raise RefusedError(f"{found} in sheet {self.sheet!r}", expected, CLEAR, "size")

    def note(self, kind: str, where: str) -> None:
        """Notice something of a kind at a place; the first three places are named."""
        self.counts[kind] = self.counts.get(kind, 0) + 1
        if self.counts[kind] <= 3:
            self.noticed.setdefault(kind, []).append(where)

    def wrong(
        self,
        row: int,
        column: int,
        found: str,
        expected: str,
        remedy: str = COMPARE,
        code: str = "value",
    ) -> None:
        """Keep what is wrong with a cell: it matters if the cell is part of the table.

        Raises
        ------
        RefusedError
            If nothing can be made of the sheet: the cell is out of all bounds, or there are
            thousands like it.
        """
        said = f"{found} (cell {place(row, column)} of sheet {self.sheet!r})"
        fault = RefusedError(said, expected, remedy, code, row, letter(column - 1))
        if code == "size" or len(self.faults) >= MOST_FAULTS:
            raise fault
        self.faults.setdefault((row, column), fault.parts)

    def differ(self, row: int, column: int, kind: str, stored: str) -> None:
        """Keep that a cell shows something else than is stored."""
        self.unlike[row, column] = kind, stored

    def finish(self) -> tuple[Rows, list[int]]:
        """Return the rows, equally wide, and their numbers; blank rows in between give one.

        Raises
        ------
        RefusedError
            If the table is too large.
        """
        seen = {
            n: {c: text for c, text in row.items() if text.strip()} for n, row in self.cells.items()
        }
        seen = {number: row for number, row in seen.items() if row}
        if not seen:
            return [], []
        left, right = min(map(min, seen.values())), max(map(max, seen.values()))
        self._spread(seen, left, right)
        numbers: list[int] = []
        for number in sorted(seen):
            if numbers and number > numbers[-1] + 1:
                numbers.append(numbers[-1] + 1)
            numbers.append(number)
        self.allowance.take(len(numbers) * right - sum(map(len, seen.values())), 0)
        span = range(1, right + 1)
        return [[self.cells.get(n, {}).get(c, "") for c in span] for n in numbers], numbers

    def notes(self) -> list[str]:
        """Return what was noticed, a line a kind."""
        said = ["hidden sheet"] if self.hidden else []
        for kind, places in self.noticed.items():
            more = self.counts[kind] - len(places)
            said.append(f"{kind}: {', '.join(places)}" + (f" and {more:,} more" if more else ""))
        return said

    def _spread(self, seen: dict[int, dict[int, str]], left: int, right: int) -> None:
        """Copy each merged block's value over the block, as far as the table goes."""
        bottom = max(seen)
        taken: set[tuple[int, int]] = set()
        for block in self.merged:
            row, column = block[:2]
            text = self.cells.get(row, {}).get(column, "")
            titles = block[3] > column == left and not _others(seen, block, text)
            where = f"{place(row, column)}:{place(*block[2:])}"
            if text:
                kind = (
                    "a title over merged cells, given once"
                    if titles
                    else "merged cells, their value spread"
                )
                self.note(kind, where)
                if not titles:
                    self.spread.append(block)
            for at in _inside(block, bottom, right):
                if at in taken:
                    self.wrong(*at, "overlapping merged blocks", "none", code="damaged")
                taken.add(at)
                if at != (row, column):
                    self._cover(at, "" if titles else text, text)
        for row, column in taken:
            if text := self.cells.get(row, {}).get(column, ""):
                seen.setdefault(row, {})[column] = text

    def _cover(self, at: tuple[int, int], text: str, seen: str) -> None:
        own = self.cells.get(at[0], {}).pop(at[1], "")
        if own.strip() and own != seen:
            found, expected = "a value that a merged cell hides", "a value that can be seen"
            self.wrong(*at, found, expected, _UNMERGE, "structure")
        self.allowance.take(1, len(text))
        if text:
            self.cells.setdefault(at[0], {})[at[1]] = text


def _others(seen: dict[int, dict[int, str]], block: Block, text: str) -> bool:
    """Return whether the rows of a merged block hold anything but its own text."""
    first, left, last, right = block
    rows = (seen[row] for row in range(first, min(last, first + 100) + 1) if row in seen)
    inside = range(left, right + 1)
    return any(c not in inside or cell != text for row in rows for c, cell in row.items())


def _inside(block: Block, bottom: int, right: int) -> Iterator[tuple[int, int]]:
    top, left, last_row, last_column = block
    for row in range(top, min(last_row, bottom) + 1):
        for column in range(left, min(last_column, right) + 1):
            yield row, column
