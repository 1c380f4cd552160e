"""From a sheet of text to a typed table, with a reason for every value that is missing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd
from rapidfuzz import process

from analysis.errors import DataError, Problem, quoted
from analysis.sources.convert import tidy_text
from analysis.sources.read import Row, Sheet, read_sheet
from analysis.sources.registry import TableSource
from analysis.variables import variable

DTYPES = {
    "text": "str",
    "answer": "str",
    "money": "float64",
    "percent": "float64",
    "points": "float64",
    "figure": "float64",
    "count": "Int64",
    "year": "Int64",
}
MISSING = ["row", "column", "printed", "reason"]


@dataclass(frozen=True)
class TypedTable:
    """A published table in our columns.

    Parameters
    ----------
    source : TableSource
        Where it comes from.
    frame : pandas.DataFrame
        Our columns, and `row`: the file's row as a spreadsheet shows it.
    missing : pandas.DataFrame
        A line for each missing value: `row`, `column`, `printed`, `reason`.
    sheet : Sheet
        The cells as printed; a correction's where there is one.
    numbers : mapping
        Row and column to a number as its decimals were printed.
    notes : tuple of str
        What was seen through.
    corrections : tuple of mapping
        A line for each cell of which another text was read than is printed.
    """

    source: TableSource
    frame: pd.DataFrame
    missing: pd.DataFrame
    sheet: Sheet
    numbers: Mapping[tuple[int, str], str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    corrections: tuple[Mapping[str, object], ...] = ()

    def problem(
        self, row: int, column: str, found: str, expected: str, remedy: str, code: str = "identity"
    ) -> Problem:
        """Return a problem at this table's `row` and printed column."""
        return Problem(
            self.source.file, found, expected, remedy, row, self.source.printed(column), code
        )

    def printed(self, row: int, column: str) -> str:
        """Return the cell as it stands in the file."""
        first = self.sheet.rows[0].line
        at = self.sheet.heading.index(self.source.printed(column))
        return self.sheet.rows[row - first].cells[at]

    def figure(self, row: int, column: str) -> str:
        """Return a number as its decimals were printed, in the column's unit."""
        known = self.numbers.get((row, column))
        return tidy_text(self.printed(row, column)) if known is None else known


def no_rows(table: str, columns: Sequence[str]) -> TypedTable:
    """Return a table without rows, for one that a release does not have."""
    headings = {column: column for column in columns}
    source = TableSource(table, Path(f"{table}.csv"), "not in this release", "", 0, headings)
    frame = pd.DataFrame({column: pd.Series(dtype=_dtype(column)) for column in columns})
    frame.insert(0, "row", pd.Series(dtype="int64"))
    sheet = Sheet(source.file, tuple(columns), ())
    return TypedTable(source, frame, pd.DataFrame(columns=MISSING), sheet)


def read_text(source: TableSource) -> pd.DataFrame:
    """Return a table whose columns are all words (such as the claims), under our names."""
    sheet = read_sheet(source.path)
    if problems := undeclared(sheet, source):
        raise DataError(problems)
    rows = [
        {ours: tidy_text(cell) for _, ours, cell in _named(sheet, row, source)}
        for row in sheet.rows
    ]
    frame = pd.DataFrame(rows, columns=list(source.headings.values()), dtype="str")
    frame.insert(0, "row", [row.line for row in sheet.rows])
    return frame


def _dtype(column: str) -> str:
    return DTYPES[variable(column).cell]


def _named(sheet: Sheet, row: Row, source: TableSource) -> Iterator[tuple[str, str, str]]:
    for printed, cell in zip(sheet.heading, row.cells, strict=True):
        yield printed, source.headings[printed], cell


def undeclared(sheet: Sheet, source: TableSource) -> list[Problem]:
    """Return which declared headings are missing, and which others are there.

    Payments may have columns beside those declared.
    """
    if not set(source.headings) & set(sheet.heading):
        instead = f"none of the headings, but {quoted(sheet.heading)}"
        return [_heading(sheet, next(iter(source.headings)), instead)]
    unknown = sorted(set(sheet.heading) - set(source.headings))
    twice = sorted({printed for printed in sheet.heading if sheet.heading.count(printed) > 1})
    absent = [printed for printed in source.headings if printed not in sheet.heading]
    found = {printed: _absent(printed, unknown, twice) for printed in absent}
    if not absent:
        found |= dict.fromkeys(twice, "the same heading twice")
    if not absent and "school_year" not in source.headings.values():
        found |= dict.fromkeys(unknown, "a column unknown here")
    return [_heading(sheet, *entry) for entry in found.items()]


def _absent(printed: str, unknown: list[str], twice: list[str]) -> str:
    hint = ""
    if unknown:
        nearest, *_ = process.extractOne(printed, unknown)
        hint = f" (the nearest heading there: {quoted(nearest)})"
    elif twice:
        hint = f" (but {quoted(twice[0])} is there twice)"
    return f"no column with this heading{hint}"


def _heading(sheet: Sheet, printed: str, found: str) -> Problem:
    return Problem(
        sheet.file,
        row=1,
        column=printed or f"cell {sheet.heading.index(printed) + 1}",
        found=found,
        expected="the headings that data/sources.yaml lists for this table",
        remedy="Restore the column, or change the headings of this table in data/sources.yaml.",
        code="heading",
    )
