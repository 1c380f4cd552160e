"""From a sheet of text to a typed table, with a reason for every value that is missing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from rapidfuzz import process

from analysis.errors import DataError, Problem, quoted
from analysis.sources.convert import Missing, convert, tidy_text
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
        The cells as printed.
    """

    source: TableSource
    frame: pd.DataFrame
    missing: pd.DataFrame
    sheet: Sheet

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


def read_typed(source: TableSource) -> TypedTable:
    """Return a published table, each column typed as `analysis.variables` declares it.

    Raises
    ------
    DataError
        With every heading that is missing or new, or with every cell that is not of its form.
    """
    sheet = read_sheet(source.path)
    _check_headings(sheet, source)
    if not sheet.rows:
        found, remedy = "a heading without rows", "Restore the rows from the publication."
        column = sheet.heading[0]
        expected = f"{source.rows} rows, as data/sources.yaml says"
        raise DataError(Problem(sheet.file, found, expected, remedy, 1, column, "rows"))
    problems: list[Problem] = []
    missing: list[dict[str, object]] = []
    values: dict[str, list[object]] = {ours: [] for ours in source.headings.values()}
    for row in sheet.rows:
        for printed, ours, cell in _named(sheet, row, source):
            value = _convert(cell, ours, printed, row.line, sheet.file, problems)
            if isinstance(value, Missing):
                missing.append(
                    {"row": row.line, "column": ours, "printed": cell, "reason": value.kind}
                )
            values[ours].append(None if isinstance(value, Missing) else value)
    if problems:
        raise DataError(problems)
    frame = pd.DataFrame({n: pd.Series(v, dtype=_dtype(n)) for n, v in values.items()})
    frame.insert(0, "row", [row.line for row in sheet.rows])
    return TypedTable(source, frame, pd.DataFrame(missing, columns=_MISSING), sheet)


_MISSING = ["row", "column", "printed", "reason"]


def no_rows(table: str, columns: Sequence[str]) -> TypedTable:
    """Return a table without rows, for one that a release does not have."""
    headings = {column: column for column in columns}
    source = TableSource(table, Path(f"{table}.csv"), "not in this release", "", 0, headings)
    frame = pd.DataFrame({column: pd.Series(dtype=_dtype(column)) for column in columns})
    frame.insert(0, "row", pd.Series(dtype="int64"))
    sheet = Sheet(source.file, tuple(columns), ())
    return TypedTable(source, frame, pd.DataFrame(columns=_MISSING), sheet)


def read_text(source: TableSource) -> pd.DataFrame:
    """Return a table whose columns are all words (such as the claims), under our names."""
    sheet = read_sheet(source.path)
    _check_headings(sheet, source)
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


def _convert(
    cell: str, ours: str, printed: str, line: int, file: str, problems: list[Problem]
) -> object:
    try:
        return convert(cell, variable(ours).cell)
    except ValueError as expected:
        remedy = "Compare the cell with the publication and correct the file."
        problems.append(Problem(file, quoted(cell), str(expected), remedy, line, printed))
        return Missing("unreadable", cell)


def _check_headings(sheet: Sheet, source: TableSource) -> None:
    if not set(source.headings) & set(sheet.heading):
        instead = f"none of the headings, but {quoted(sheet.heading)}"
        raise DataError(_heading(sheet, next(iter(source.headings)), instead))
    unknown = sorted(set(sheet.heading) - set(source.headings))
    twice = sorted({printed for printed in sheet.heading if sheet.heading.count(printed) > 1})
    absent = [printed for printed in source.headings if printed not in sheet.heading]
    found = {printed: _absent(printed, unknown, twice) for printed in absent}
    if not absent:
        found |= dict.fromkeys(twice, "the same heading twice")
        found |= dict.fromkeys(unknown, "a column unknown here")
    if found:
        raise DataError([_heading(sheet, *entry) for entry in found.items()])


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
