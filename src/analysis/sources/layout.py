"""From the cells of a file to its one table: the heading found, every other row accounted for."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from analysis.errors import DataError, Problem, quoted
from analysis.sources.asides import Ledger, refuse_hidden_unit, shown, sort_rows
from analysis.sources.delimited import NO_LINE_END, PASTED
from analysis.sources.doubtful import as_stored, cell_problems, faults_below, faults_outside
from analysis.sources.fitting import fitted, is_sound, leaves_out_blanks
from analysis.sources.heading_search import find_heading
from analysis.sources.headings import Heading, check_unknown, heading_problems, read_heading
from analysis.sources.merged import fill_places
from analysis.sources.read import Row
from analysis.sources.spaced import parted
from analysis.sources.vocabulary import READABLE, Vocabulary, fold_heading, vocabulary

if TYPE_CHECKING:
    from analysis.sources.grids import Grid

_VALUE = re.compile(r"[-+£]?[\d,.]+%?|(?i:yes|no|tbc|n/a)", re.ASCII)
HIDDEN = "hidden sheet"
_COMPARE = "Compare the row with the publication and correct the file."


@dataclass(frozen=True)
class Layout:
    """A table as it stands in a file.

    Parameters
    ----------
    heading : Heading
        Which position means what.
    rows : tuple of Row
        The rows of the table, all cells as they stand there.
    totals : tuple of Row
        Rows of totals or averages, which must agree with the others.
    notes : tuple of str
        What was decided on the way.
    torn : bool
        Whether the last row has no line end and may be cut short.
    """

    heading: Heading
    rows: tuple[Row, ...]
    totals: tuple[Row, ...] = ()
    notes: tuple[str, ...] = ()
    torn: bool = False

    @property
    def file(self) -> str:
        """The file's path from the project's root."""
        return self.heading.file

    @property
    def position(self) -> Mapping[str, int]:
        """Our column to its position."""
        return {found.column: i for i, found in self.heading.at.items()}

    def problem(
        self, line: int, column: str, found: str, expected: str, remedy: str, code: str = "value"
    ) -> Problem:
        """Return a problem at the file's `line` and our `column`."""
        place = (line, self.printed(column), code)
        return Problem(self.file, found, expected, remedy, *place)

    def printed(self, column: str) -> str:
        """Return the heading of our `column`."""
        return self.heading.name(self.position[column])


def find_layout(
    grids: Sequence[Grid],
    table: str,
    short_rows: Callable[[Heading], bool] | None = None,
    known: Vocabulary | None = None,
) -> Layout:
    """Return the one table of the kind `table` that the sheets of a file hold.

    Parameters
    ----------
    grids : sequence of Grid
        The sheets, or the one grid of a text file.
    short_rows : callable, optional
        From the heading to whether blank cells at the end of a row may be left out.
    known : Vocabulary, optional
        The headings known for the table, where they are more than data/sources.yaml has.

    Raises
    ------
    DataError
        If there is no such table, or more than one, or a row that is neither part of it nor
        plainly something else.
    """
    known = known or vocabulary(table)
    grids = [parted(grid, known) for grid in grids]
    grid, heading = _only(grids, known)
    if problems := heading_problems(heading, known):
        raise DataError(problems)
    allowed = short_rows(heading) if short_rows else False
    try:
        made = _lay_out(grid, heading, known, allowed)
    except DataError:
        if problems := faults_below(grid, heading):
            raise DataError(problems) from None
        raise
    others = [f'sheet "{other.sheet}" was not read' for other in grids if other is not grid]
    if others and grid.sheet is not None:
        others.insert(0, f'read from the sheet "{grid.sheet}"')
    return replace(made, notes=(*grid.notes, *others, *made.notes))


def _only(grids: Sequence[Grid], known: Vocabulary) -> tuple[Grid, Heading]:
    """Return the one sheet with the table; a hidden sheet gives way to one that is seen."""
    whole = []
    for grid in grids:
        heading = find_heading(grid, known)
        if heading is not None and not heading.absent and _rows_below(grid, heading):
            whole.append((grid, heading))
    seen = [one for one in whole if HIDDEN not in one[0].notes]
    if len(seen) > 1:
        raise DataError(_twice(*seen[0], *seen[1]))
    if whole and not seen:
        raise DataError(_hidden(*whole[0]))
    if not seen:
        raise DataError(_none([g for g in grids if HIDDEN not in g.notes] or grids, known))
    return seen[0]


def _hidden(grid: Grid, heading: Heading) -> Problem:
    found, expected = f"the table on the hidden sheet {quoted(grid.sheet)}", "a sheet that is seen"
    remedy = "Unhide the sheet, if it is the one that is meant, and save the file again."
    return heading.problem(min(heading.at), found, expected, remedy)


def _rows_below(grid: Grid, heading: Heading) -> bool:
    at = grid.lines.index(heading.last)
    return any(any(cell.strip() for cell in row) for row in grid.rows[at + 1 :])


def _none(grids: Sequence[Grid], known: Vocabulary) -> list[Problem]:
    """Return why no sheet holds the table: what the nearest heading lacks, or that none is."""
    near = [h for grid in grids if (h := find_heading(grid, known)) is not None]
    near = [h for h in near if len(h.at) > len(h.absent) or len(h.at) > 3]
    if near:
        best = min(near, key=lambda heading: len(heading.absent))
        return heading_problems(best, known) or [_no_rows(best)]
    if not grids:
        raise ValueError("found no grid; expected at least one")
    first = grids[0]
    filled = [i for i, row in enumerate(first.rows) if any(row)]
    found = f"none of the headings, but {quoted(first.rows[filled[0]])}" if filled else "no rows"
    printed = list(known.printed.values())
    return [
        Problem(
            first.file,
            found=found,
            expected=f"a row with the headings of the table: {', '.join(printed[:9])}",
            remedy=f"Restore the heading, or say which table the file is: {', '.join(READABLE)}.",
            row=first.lines[filled[0]] if filled else 1,
            column=printed[0],
            code="heading",
        )
    ]


def _no_rows(heading: Heading) -> Problem:
    found, expected = "a heading without rows", "the rows of the table"
    return heading.problem(0, found, expected, "Restore the rows from the publication.")


def _twice(one: Grid, first: Heading, other: Grid, second: Heading) -> Problem:
    found = f"the table again: sheets {quoted(one.sheet)} (row {first.line}) and "
    found += f"{quoted(other.sheet)} (row {second.line}) both have its headings"
    remedy = "Remove the sheet that is not meant, or save the one that is as a file of its own."
    return second.problem(0, found, "one sheet with the table", remedy)


@dataclass
class _Walk:
    """What is known while a grid is walked through."""

    grid: Grid
    heading: Heading
    known: Vocabulary
    ledger: Ledger = field(default_factory=Ledger)


def _lay_out(grid: Grid, heading: Heading, known: Vocabulary, short_rows: bool) -> Layout:
    walk = _Walk(grid, heading, known)
    walk.ledger.extend(heading.notes)
    if heading.last > heading.line:
        walk.ledger.add(f"rows {heading.line} to {heading.last} joined into one heading")
    titles = _titles(walk)
    body = _body(walk)
    index = _index_column(walk, body)
    pasted = any(note.startswith(PASTED) for note in grid.notes)
    problems: list[Problem] = []
    for i, row in enumerate(body):
        blanks = short_rows and i < len(body) - 1 and bool(row.cells[-1].strip())
        may_be_short = pasted or (blanks and leaves_out_blanks(row, heading))
        try:
            body[i] = fitted(row, heading, may_be_short, walk.ledger)
        except DataError as error:
            problems += error.problems
    if problems:
        raise DataError(problems)
    walk.heading = index or walk.heading
    walk.ledger.extend(check_unknown(walk.heading, known))
    rows, totals = sort_rows(body, walk.heading, known.table, titles, walk.ledger)
    rows = fill_places(rows, walk.heading, walk.ledger)
    _empty_columns(walk, rows)
    if not rows:
        raise DataError(_no_rows(heading))
    if problems := cell_problems(grid, walk.heading, rows, totals):
        raise DataError(problems)
    walk.ledger.extend(faults_outside(grid, walk.heading, {row.line for row in (*rows, *totals)}))
    rows, totals = (as_stored(grid, walk.heading, some) for some in (rows, totals))
    _order(walk)
    torn = NO_LINE_END in grid.notes and rows[-1].line == grid.lines[-1]
    return Layout(walk.heading, tuple(rows), tuple(totals), walk.ledger.lines(), torn)


def _titles(walk: _Walk) -> tuple[str, ...]:
    """Return the texts above the heading; a row of values there is an error."""
    titles = []
    for line, cells in zip(walk.grid.lines, walk.grid.rows, strict=True):
        if line >= walk.heading.line:
            break
        filled = [cell for cell in cells if cell.strip()]
        if not filled:
            walk.ledger.add("a blank row set aside", line)
            continue
        row = Row(line, tuple(cells))
        valued = any(_VALUE.fullmatch(cell.strip()) for cell in filled)
        wide = valued and len(filled) > 2 and len(filled) >= len(walk.heading.at) / 2
        if wide or (len(filled) > 1 and is_sound(row, walk.heading)):
            found = f"{quoted(cells)} above the heading"
            expected = "the heading first, then the rows"
            place = (walk.grid.file, found, expected, _COMPARE, line, "cell 1", "structure")
            raise DataError(Problem(*place))
        refuse_hidden_unit(row, walk.heading, walk.known.table)
        titles.append(" ".join(" ".join(filled).split()))
        walk.ledger.add(f"a row above the heading set aside: {shown(filled)}", line)
    return tuple(titles)


def _body(walk: _Walk) -> list[Row]:
    """Return the rows below the heading, up to the heading of another table."""
    rows: list[Row] = []
    at = walk.grid.lines.index(walk.heading.last) + 1
    lines, cells = walk.grid.lines[at:], walk.grid.rows[at:]
    other = ""
    own = {walk.known.table: walk.known}
    tables = own | {table: vocabulary(table) for table in READABLE} | own
    for line, row in zip(lines, cells, strict=True):
        wanted, found = _heads(row, walk, tables)
        if wanted and not other and _same_heading(row, walk.heading):
            rows.append(Row(line, tuple(row)))
            continue
        if wanted:
            raise DataError(_second(walk, line, row))
        other = found or other
        if other:
            walk.ledger.add(f"a row of another table ({other}) set aside", line)
        else:
            rows.append(Row(line, tuple(row)))
    return rows


def _heads(row: Sequence[str], walk: _Walk, tables: Mapping[str, Vocabulary]) -> tuple[bool, str]:
    """Return whether a row is a heading of the wanted table, or of which other one it is."""
    first = [fold_heading(cell) for cell in row if cell.strip()][:3]
    if len(first) < 2:
        return False, ""
    for table, known in tables.items():
        if sum(word in known.exact for word in first) < 2:
            continue
        heading = read_heading(row, known, walk.grid.file, 0)
        if len(heading.at) >= max(2, len(heading.absent)) and not _has_values(row, heading):
            return table == walk.known.table, "" if table == walk.known.table else table
    return False, ""


def _has_values(row: Sequence[str], heading: Heading) -> bool:
    others = [row[i] for i in range(len(row)) if i not in heading.at]
    return any(cell.strip()[:1].isdigit() or cell.strip()[:1] == "£" for cell in others)


def _same_heading(row: Sequence[str], heading: Heading) -> bool:
    cells = [fold_heading(cell) for cell in row] + [""] * (len(heading.cells) - len(row))
    return heading.line == heading.last and cells == [fold_heading(cell) for cell in heading.cells]


def _second(walk: _Walk, line: int, row: Sequence[str]) -> Problem:
    found = f"a second heading of this table, {quoted(tuple(row))}"
    expected = f"the heading of row {walk.heading.line} alone, or repeated as it is"
    remedy = "Save each table as a file of its own, its columns in one order."
    place = (walk.grid.file, found, expected, remedy, line, walk.heading.name(0), "structure")
    return Problem(*place)


def _index_column(walk: _Walk, body: Sequence[Row]) -> Heading | None:
    """Return the heading without a column that only numbers the rows, as software puts there."""
    for i in walk.heading.blank:
        cells = [row.cells[i].strip() for row in body if i < len(row.cells)]
        filled = [cell for cell in cells if cell]
        counted = any(filled == [str(n + start) for n in range(len(filled))] for start in (0, 1))
        if len(filled) > 1 and counted:
            rest = tuple(other for other in walk.heading.blank if other != i)
            walk.ledger.add(f"{walk.heading.name(i)} only counts the rows and was passed over")
            return replace(walk.heading, blank=rest)
    return None


def _empty_columns(walk: _Walk, rows: Sequence[Row]) -> None:
    """Note the columns without heading and cells; one with cells but no heading is an error."""
    for i in walk.heading.blank:
        for row in rows:
            if row.cells[i].strip():
                found = f"{quoted(row.cells[i])} below no heading"
                remedy = "Give the column its heading, or empty it."
                place = (row.line, walk.heading.name(i), "structure")
                problem = Problem(walk.grid.file, found, "a heading", remedy, *place)
                raise DataError(problem)
        walk.ledger.add(f"empty column {i + 1} dropped")


def _order(walk: _Walk) -> None:
    if walk.known.table not in ("gains", "ofsted", "funding"):
        return
    usual = list(walk.known.printed)
    found = [walk.heading.at[i].column for i in sorted(walk.heading.at)]
    found = [column for column in found if column in usual]
    if found != sorted(found, key=usual.index):
        walk.ledger.add("the columns stand in another order; they were read by their headings")
