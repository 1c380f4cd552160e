"""The cells of a school-level file under our names, and their conversion a column at a time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from rapidfuzz import process

from analysis.errors import DataError, Problem, quoted
from analysis.files import sha256
from analysis.sources.check import check_whole
from analysis.sources.convert import Missing, tidy_text
from analysis.sources.formats import TABLES, Format
from analysis.sources.read import Sheet, read_bytes_sheet
from analysis.sources.registry import TableSource
from analysis.variables import is_measure

COMPARE = "Compare the cell with the publication and correct the file."
OR_KEEP = "Correct the cell, or leave such rows out by `keep` in data/sources.yaml."
_CORRECT_KEEP = "Correct `keep` of this table in data/sources.yaml."
_SET_ASIDE = ["reason", "rows"]


@dataclass
class Cells:
    """A school-level file's cells as text, and what was found wrong with them so far.

    Parameters
    ----------
    source : TableSource
        Where they come from.
    sheet : Sheet
        The cells that are kept, as printed.
    headings : dict
        Printed heading to our column, for all columns that are kept.
    frame : pandas.DataFrame
        Our columns as tidy text, and `row`: the file's row as a spreadsheet shows it.
    set_aside : pandas.DataFrame
        How many rows are not kept: `reason`, `rows`.
    """

    source: TableSource
    sheet: Sheet
    headings: dict[str, str]
    frame: pd.DataFrame
    set_aside: pd.DataFrame
    problems: list[Problem] = field(default_factory=list)

    @property
    def format(self) -> Format:
        """How the file is written."""
        return _format(self.source)

    def wrong(
        self,
        row: int,
        column: str,
        found: str,
        expected: str,
        remedy: str = COMPARE,
        code: str = "value",
    ) -> None:
        """Note a problem at the file's `row` and our `column`."""
        printed = next((p for p, ours in self.headings.items() if ours == column), column)
        self.problems.append(Problem(self.sheet.file, found, expected, remedy, row, printed, code))

    def finish(self) -> None:
        """Raise what was noted, if anything, in the order of the rows.

        Raises
        ------
        DataError
            With all problems.
        """
        if self.problems:
            raise DataError(sorted(self.problems, key=lambda problem: problem.row or 0))

    def typed(
        self,
        column: str,
        read: Callable[[str], Any],
        where: pd.Series | None = None,
        remedy: str = COMPARE,
    ) -> pd.Series:
        """Return what `read` makes of a column's cells; each different cell is read once.

        A `ValueError` of `read` is noted as a problem of every row that holds the cell, and
        stands as None; so does every row outside `where`.
        """
        text = self.frame[column] if where is None else self.frame.loc[where, column]
        codes, different = pd.factorize(text)
        values = np.empty(len(different), dtype=object)
        for i, cell in enumerate(different):
            try:
                values[i] = read(cell)
            except ValueError as expected:
                for row in self.frame.loc[text.index[codes == i], "row"]:
                    self.wrong(int(row), column, quoted(cell), str(expected), remedy)
        made = pd.Series(values[codes], index=text.index, dtype=object)
        return made.reindex(self.frame.index)

    def words(self, column: str) -> pd.Series:
        """Return a column of words, missing where it is blank or not in the file."""
        if column not in self.frame:
            return pd.Series(pd.NA, index=self.frame.index, dtype="str")
        blanks = ("", *self.format.blanks)
        return self.frame[column].mask(self.frame[column].isin(blanks)).astype("str")

    def keep(self, rows: pd.Series) -> None:
        """Leave only the rows that are true in `rows`."""
        self.frame = self.frame[rows].reset_index(drop=True)


def read_cells(source: TableSource) -> Cells:
    """Return the cells of a school-level file, by the headings that its entry declares.

    Raises
    ------
    DataError
        If a heading is missing or stands there twice, if the file has no rows, or if it is not
        what `analysis.sources.read.read_bytes_sheet` can read.
    """
    headings: dict[str, str] = {}

    def pick(file: str, printed: tuple[str, ...]) -> Sequence[int]:
        headings.update(_found_headings(source, file, printed))
        return [i for i, name in enumerate(printed) if name in headings]

    sheet = read_bytes_sheet(source.path, pick, _format(source).short_rows)
    if not sheet.rows:
        expected = f"{source.rows} rows, as data/sources.yaml says"
        remedy = "Restore the rows from the publication."
        place = (sheet.file, "a heading without rows", expected, remedy, 1, sheet.heading[0])
        raise DataError(Problem(*place, "rows"))
    columns = zip(*(row.cells for row in sheet.rows), strict=True)
    named = zip((headings[name] for name in sheet.heading), columns, strict=True)
    frame = pd.DataFrame({ours: _tidy(cells) for ours, cells in named})
    frame.insert(0, "row", [row.line for row in sheet.rows])
    aside = pd.DataFrame({"reason": pd.Series(dtype="str"), "rows": pd.Series(dtype="int64")})
    return Cells(source, sheet, headings, frame, aside)


def set_aside(cells: Cells, exempt: pd.Series | None = None) -> None:
    """Keep the rows that the source's `keep` names, and count the others.

    Parameters
    ----------
    cells : Cells
        The file's cells; they are changed.
    exempt : pandas.Series, optional
        Rows that stay whatever stands in them.

    Raises
    ------
    DataError
        If no row has a value that is to be kept.
    """
    lines = []
    stays = pd.Series(False, index=cells.frame.index) if exempt is None else exempt
    for column, values in cells.source.keep.items():
        if column not in cells.frame:
            expected = "a column by which rows are kept"
            cells.wrong(1, column, "no such column", expected, _CORRECT_KEEP, "keep")
            cells.finish()
        fits = cells.frame[column].isin(values)
        present = set(cells.frame.loc[fits, column])
        for value in values:
            if value not in present:
                found = f"no row with {quoted(value)}"
                expected = "at least one row of each value that is kept"
                cells.wrong(1, column, found, expected, _CORRECT_KEEP, "keep")
        out = ~(fits | stays)
        lines.append((f"{column} is not {' or '.join(values)}", int(out.sum())))
        cells.keep(~out)
        stays = stays[~out].reset_index(drop=True)
    cells.finish()
    if lines:
        cells.set_aside = pd.DataFrame(lines, columns=_SET_ASIDE).astype({"reason": "str"})


def check_unchanged(source: TableSource) -> list[Problem]:
    """Return whether a school-level file is the one that data/sources.yaml describes.

    Its SHA-256 decides; where it differs, the number of rows is looked at first.
    """
    if sha256(source.path) == source.sha256:
        return []
    short_rows = _format(source).short_rows
    sheet = read_bytes_sheet(source.path, lambda file, heading: [0], short_rows)
    return check_whole(source, [row.line for row in sheet.rows])


def is_missing(value: object) -> bool:
    """Return whether `value` is a missing value that keeps its reason."""
    return isinstance(value, Missing)


def _format(source: TableSource) -> Format:
    return source.format or Format("", source.table.partition("_")[0], source.headings)


def _tidy(cells: Sequence[str]) -> pd.Series:
    codes, different = pd.factorize(pd.Series(cells, dtype="str"))
    tidy = np.array([tidy_text(cell) for cell in different], dtype=object)
    return pd.Series(tidy[codes], dtype="str")


def _found_headings(source: TableSource, file: str, printed: tuple[str, ...]) -> dict[str, str]:
    headings = dict(source.headings)
    if _format(source).plain:
        mapped = set(headings.values())
        allowed = TABLES[_format(source).table]
        for name in printed:
            measured = _format(source).table == "schools" and is_measure(name)
            if name not in headings and name not in mapped and (name in allowed or measured):
                headings[name] = name
    problems = [
        _heading(file, name, _where(name, printed)) for name in headings if printed.count(name) != 1
    ]
    if problems:
        raise DataError(problems)
    return headings


def _where(name: str, printed: tuple[str, ...]) -> str:
    if name in printed:
        return "the same heading twice"
    near = process.extract(name, sorted(set(printed)), limit=3)
    return f"no column with this heading (the nearest: {', '.join(quoted(n) for n, *_ in near)})"


def _heading(file: str, name: str, found: str) -> Problem:
    expected = "each heading of this file's format once"
    remedy = "Choose the format of this year in data/sources.yaml, or declare its headings there."
    return Problem(file, found, expected, remedy, 1, name, "heading")
