"""From a published file to its typed table, by the headings that data/sources.yaml declares."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import pandas as pd

from analysis.errors import DataError, Problem
from analysis.sources.asides import Ledger
from analysis.sources.convert import Missing
from analysis.sources.corrections import FILE, Corrected, correct
from analysis.sources.dirty_cells import Read
from analysis.sources.headings import Heading
from analysis.sources.layout import Layout
from analysis.sources.read import Sheet, read_sheet
from analysis.sources.registry import TableSource
from analysis.sources.report_rows import UNREADABLE, gather_columns
from analysis.sources.settling import settle
from analysis.sources.typed import DTYPES, MISSING, TypedTable, undeclared
from analysis.sources.vocabulary import Meaning
from analysis.variables import variable

_CONFIRM = (
    f"Compare the cell with the publication and correct the file; if it is right as it stands, "
    f"confirm it in {FILE}."
)
_IN_CORRECTIONS = f"Correct `use` of this entry in {FILE}."


@dataclass(frozen=True)
class Attempt:
    """A published file as far as it can be read.

    Parameters
    ----------
    table : TypedTable, optional
        Its rows; None where the file holds no table of cells. Cells that can't be read are blank.
    problems : tuple of Problem
        All that is wrong with headings, cells and units.
    whole : bool
        Whether all columns are there.
    """

    table: TypedTable | None
    problems: tuple[Problem, ...] = ()
    whole: bool = False

    def finished(self) -> TypedTable:
        """Return the table of a file without problems.

        Raises
        ------
        DataError
            With all problems.
        """
        if self.problems or self.table is None:
            raise DataError(self.problems)
        return self.table


def read_typed(source: TableSource) -> TypedTable:
    """Return a published table, each column typed as `analysis.variables` declares it.

    The headings must be those declared, but cells are read as `analysis read` reads them; what was
    seen through is in the table's `notes`.

    Raises
    ------
    DataError
        With every heading that is missing or new, and every cell that is not of its form.
    """
    return read_as_far(source).finished()


def read_as_far(source: TableSource) -> Attempt:
    """Return a published table as far as it can be read, and all that is wrong with it."""
    try:
        published = read_sheet(source.path)
    except DataError as error:
        return Attempt(None, tuple(error.problems))
    wrong = undeclared(published, source)
    at = _positions(published, source)
    if not published.rows and not wrong:
        wrong = [_no_rows(published, source)]
    if not published.rows or not at:
        return Attempt(None, tuple(wrong))
    corrected = correct(published, source.headings, source.corrections)
    layout = _layout(source, corrected.sheet, at)
    ledger = Ledger()
    reads, unread = gather_columns(layout, layout.rows, ledger)
    reads, odd = settle(layout, reads, ledger)
    problems = [*corrected.problems, *unread, *_not_caused(odd, layout, reads, corrected)]
    named = [_named(problem, corrected) for problem in problems]
    table = _table(source, layout, corrected, reads, ledger)
    found = [*wrong, *sorted(named, key=lambda problem: problem.row or 0)]
    return Attempt(table, tuple(found), whole=not wrong)


def layout_of(table: TypedTable) -> Layout:
    """Return where the columns of a table stand in its file."""
    return _layout(table.source, table.sheet, _positions(table.sheet, table.source))


def _positions(sheet: Sheet, source: TableSource) -> dict[int, str]:
    """Return the position of each declared column; of two headings alike, the first."""
    found: dict[str, int] = {}
    for i, printed in enumerate(sheet.heading):
        if printed in source.headings:
            found.setdefault(source.headings[printed], i)
    return {i: ours for ours, i in found.items()}


def _no_rows(sheet: Sheet, source: TableSource) -> Problem:
    found, remedy = "a heading without rows", "Restore the rows from the publication."
    expected = f"{source.rows} rows, as data/sources.yaml says"
    return Problem(sheet.file, found, expected, remedy, 1, sheet.heading[0], "rows")


def _layout(source: TableSource, sheet: Sheet, at: Mapping[int, str]) -> Layout:
    meanings = {
        i: Meaning(ours, source.scale.get(sheet.heading[i], 1)) for i, ours in sorted(at.items())
    }
    heading = Heading(sheet.file, 1, 1, sheet.heading, meanings)
    return Layout(heading, sheet.rows)


def _not_caused(
    odd: Sequence[Problem], layout: Layout, reads: Mapping[str, Sequence[Read]], done: Corrected
) -> list[Problem]:
    """Return what is odd about columns, but not because of a cell that can't be read."""
    confirmed = {(row, layout.heading.name(at)) for row, at in done.cells}
    unread = {
        row.line
        for column in reads.values()
        for row, read in zip(layout.rows, column, strict=True)
        if isinstance(read.value, Missing) and read.value.kind == UNREADABLE
    }
    return [
        replace(problem, remedy=_CONFIRM)
        for problem in odd
        if problem.row not in unread and (problem.row, problem.column) not in confirmed
    ]


def _named(problem: Problem, done: Corrected) -> Problem:
    """Return a problem of a corrected cell as one of the entry that corrected it."""
    for (row, at), one in done.cells.items():
        if (problem.file, problem.row, problem.column) == (
            done.sheet.file, row, done.sheet.heading[at],
        ):  # fmt: skip
            return one.problem("use", problem.found, problem.expected, _IN_CORRECTIONS)
    return problem


def _table(
    source: TableSource,
    layout: Layout,
    done: Corrected,
    reads: Mapping[str, Sequence[Read]],
    ledger: Ledger,
) -> TypedTable:
    lines = [row.line for row in layout.rows]
    columns = [ours for ours in source.headings.values() if ours in reads]
    cells = [
        (line, ours, read)
        for ours in columns
        for line, read in zip(lines, reads[ours], strict=True)
    ]
    order = layout.position
    gone = [
        (line, ours, read.value.printed, read.value.kind)
        for line, ours, read in sorted(cells, key=lambda cell: (cell[0], order[cell[1]]))
        if isinstance(read.value, Missing)
    ]
    frame = pd.DataFrame({ours: _series(ours, reads[ours]) for ours in columns})
    frame.insert(0, "row", lines)
    return TypedTable(
        source,
        frame,
        pd.DataFrame(gone, columns=MISSING),
        done.sheet,
        numbers={(line, ours): read.printed for line, ours, read in cells},
        notes=ledger.lines(),
        corrections=done.lines,
    )


def _series(column: str, reads: Sequence[Read]) -> pd.Series:
    values = [None if isinstance(read.value, Missing) else read.value for read in reads]
    return pd.Series(values, dtype=DTYPES[variable(column).cell])
