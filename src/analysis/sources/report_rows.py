"""The rows of a report's table, typed from a file of unknown origin."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from analysis.errors import DataError, Problem, quoted
from analysis.sources import read as strict
from analysis.sources import school_codes
from analysis.sources.asides import Ledger
from analysis.sources.check import check_rows
from analysis.sources.convert import Missing
from analysis.sources.dirty_cells import CellError, Read, read_cell, read_name
from analysis.sources.identities import check_more, check_sums, check_totals
from analysis.sources.layout import Layout
from analysis.sources.read import Row, Sheet
from analysis.sources.registry import OPTIONAL, TABLES, TableSource
from analysis.sources.settling import Reads, settle
from analysis.sources.torn import torn_end
from analysis.sources.typed import DTYPES, TypedTable
from analysis.sources.vocabulary import Meaning, fold_heading
from analysis.variables import variable

_HEADINGS = ("name", "collaboration name", "name of collaboration", "collaboration")
_IN_K = re.compile(r"\s*£ ?\d+(?:\.\d{1,3})?[kK]\s*", re.ASCII)
_PLAIN = re.compile(r"\s*(-?\d{1,9}(?:\.\d{1,9})?) ?%?\s*", re.ASCII)
_RUNNING = re.compile(r"\s*0*(\d{1,9})\.?\s*", re.ASCII)
_PICTURE = re.compile("(?<=[\u2190-\u2bff\U0001f000-\U0001faff])[\ufe0f\u200d]")
_MISSING = ["row", "column", "printed", "reason"]
UNREADABLE = "unreadable"


@dataclass(frozen=True)
class LooseTable(TypedTable):
    """A table whose rows need not follow each other in the file.

    Parameters
    ----------
    numbers : mapping
        Row and column to the number as its decimals were printed.
    """

    numbers: Mapping[tuple[int, str], str]

    def printed(self, row: int, column: str) -> str:
        """Return the number as its decimals were printed."""
        return self.numbers[row, column]


def read_report(layout: Layout, table: str, path: Path) -> tuple[LooseTable, tuple[str, ...]]:
    """Return the typed rows of a report's table, checked, and notes on what was seen through.

    Raises
    ------
    DataError
        With all cells that are not of their form; or else with all columns whose unit is not
        plain; or else with all rows that contradict themselves, each other or their totals.
    """
    ledger = Ledger()
    reads, odd = settle(layout, read_columns(layout, layout.rows, ledger), ledger)
    _raise(odd or list(torn_end(layout)))
    made = _table(layout, table, path, reads)
    problems = [] if "school_year" in reads else check_rows(made)
    problems = [problem for problem in problems if not _explained(problem, made)]
    _raise(problems or check_more(made, layout))
    if "number" in reads and list(made.frame["number"]) != sorted(made.frame["number"]):
        ledger.add("the rows stand in another order than their running numbers")
    ledger.extend(check_sums(made, layout))
    totals = read_columns(layout, layout.totals, Ledger(), lenient=True)
    _raise(check_totals(made, layout, totals))
    return made, ledger.lines()


def _raise(problems: Sequence[Problem]) -> None:
    if problems:
        raise DataError(sorted(problems, key=lambda problem: problem.row or 0))


def _explained(problem: Problem, made: LooseTable) -> bool:
    """Return whether the file itself says why a value is missing, or numbers its rows anew."""
    frame, missing = made.frame, made.missing
    if "number" in frame and problem.column == made.source.printed("number"):
        return sorted(frame["number"].dropna()) == list(range(1, len(frame) + 1))
    said = missing[missing["row"] == problem.row]
    if problem.found.startswith("a blank beside"):
        return not said[
            (said["column"] == _ours(problem, made)) & (said["reason"] != "blank")
        ].empty
    to_come = said["reason"] == "to be confirmed"
    return problem.found.startswith("no amount for") and not said[to_come].empty


def _ours(problem: Problem, made: LooseTable) -> str:
    columns = made.source.headings
    return next((ours for printed, ours in columns.items() if printed == problem.column), "")


def read_columns(
    layout: Layout, rows: Sequence[Row], ledger: Ledger, *, lenient: bool = False
) -> dict[str, list[Read]]:
    """Return what the cells of the rows hold, a list a column.

    Parameters
    ----------
    lenient : bool
        Whether a blank name is allowed and a word stands for no number, as in a row of totals.

    Raises
    ------
    DataError
        With all cells that are not of their form.
    """
    reads, problems = gather_columns(layout, rows, ledger, lenient=lenient)
    _raise(problems)
    return reads


def gather_columns(
    layout: Layout, rows: Sequence[Row], ledger: Ledger, *, lenient: bool = False
) -> tuple[dict[str, list[Read]], list[Problem]]:
    """Return what `read_columns` does, and all cells that are not of their form.

    Such a cell stands as a missing value of the kind ``unreadable``.
    """
    problems: list[Problem] = []
    reads: dict[str, list[Read]] = {meaning.column: [] for meaning in layout.heading.at.values()}
    short = {i for i, m in layout.heading.at.items() if _all_in_k([r.cells[i] for r in rows], m)}
    for row in rows:
        for i, meaning in layout.heading.at.items():
            cell = row.cells[i]
            try:
                refuse_unseen(cell)
                if i in short and cell.strip():
                    read = _in_thousands(cell, meaning.column, lenient)
                else:
                    read = _read(cell, meaning.column, meaning.scale, lenient)
            except CellError as error:
                found = f"{quoted(cell)} ({error.why})" if error.why else quoted(cell)
                place = (row.line, meaning.column)
                problem = layout.problem(*place, found, error.expected, error.remedy)
                problems.append(problem)
                read = Read(Missing(UNREADABLE, cell))
            for note in read.notes:
                ledger.add(f'{note} in column "{layout.heading.name(i)}"', row.line)
            reads[meaning.column].append(read)
    return reads, problems


def _all_in_k(cells: Sequence[str], meaning: Meaning) -> bool:
    """Return whether every amount of a column is written with a k for its thousands."""
    filled = [cell for cell in cells if cell.strip()]
    if meaning.scale > 1 or variable(meaning.column).cell != "money" or len(filled) < 2:
        return False
    return all(_IN_K.fullmatch(cell) for cell in filled)


def _in_thousands(cell: str, column: str, lenient: bool) -> Read:
    read = _read(cell.strip()[:-1], column, 1000, lenient)
    return Read(read.value, read.printed, (*read.notes, "an amount with a k read as thousands"))


def refuse_unseen(cell: str) -> None:
    """Refuse a cell with characters that can't be seen, or of two alphabets in a word.

    Raises
    ------
    CellError
        If there are such characters.
    """
    if cell.isascii() and cell.isprintable():
        return
    text = _PICTURE.sub("", cell).replace("\r\n", "\n").replace("\r", "\n")
    for pattern, describe in strict._FAULTS:
        if match := pattern.search(text):
            found, expected, remedy = describe(match[0])
            raise CellError(expected, found, remedy)


def _read(cell: str, column: str, scale: int, lenient: bool) -> Read:
    kind = variable(column).cell
    if lenient and (kind in ("text", "answer") or not any(letter.isdigit() for letter in cell)):
        return Read(Missing("blank", cell))
    if lenient and (match := _PLAIN.fullmatch(cell)) and kind != "money":
        return Read(float(match[1]), match[1])
    if column == "number" and (match := _RUNNING.fullmatch(cell)):
        return Read(int(match[1]), match[1])
    if column == "name" and fold_heading(cell) in _HEADINGS:
        raise CellError("a name", "a heading", "Remove the row, or join it with the heading.")
    if column == "name":
        return read_name(cell)
    if column == "school_year":
        try:
            return Read(school_codes.school_year(cell), cell)
        except ValueError as expected:
            raise CellError(str(expected)) from None
    return read_cell(cell, kind, scale)


def _table(layout: Layout, table: str, path: Path, reads: Reads) -> LooseTable:
    lines = [row.line for row in layout.rows]
    headings = {layout.heading.name(i): m.column for i, m in layout.heading.at.items()}
    source = TableSource(table, path, "", "", len(lines), headings)
    columns = _ordered(table, list(reads))
    frame = pd.DataFrame(
        {
            column: pd.Series([_value(read) for read in reads[column]], dtype=_dtype(column))
            for column in columns
        }
    )
    frame.insert(0, "row", lines)
    missing = [
        (line, column, read.value.printed, read.value.kind)
        for column in columns
        for line, read in zip(lines, reads[column], strict=True)
        if isinstance(read.value, Missing)
    ]
    numbers = {
        (line, column): read.printed
        for column in columns
        for line, read in zip(lines, reads[column], strict=True)
    }
    sheet = Sheet(layout.file, layout.heading.cells, layout.rows)
    return LooseTable(source, frame, pd.DataFrame(missing, columns=_MISSING), sheet, numbers)


def _value(read: Read) -> object:
    return None if isinstance(read.value, Missing) else read.value


def _dtype(column: str) -> str:
    return DTYPES[variable(column).cell]


def _ordered(table: str, columns: Sequence[str]) -> list[str]:
    """Return our columns in the order of the table, money before what follows from it."""
    money = sorted(column for column in columns if variable(column).cell == "money")
    usual = [*TABLES[table], *OPTIONAL.get(table, ()), "school_year", "funding_gbp"]
    first = [column for column in usual if column in columns and column not in money]
    if "continuing" in first:
        first.remove("continuing")
        return [*first, *money, "continuing"]
    return [*first, *money]
