"""Which table of a new year stands on which sheet of the files that came."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from analysis.errors import DataError, Problem, quoted
from analysis.sources.grids import Grid
from analysis.sources.heading_search import find_heading
from analysis.sources.headings import Heading
from analysis.sources.intake_doubts import (
    Found,
    doubts,
    may_be,
    which_columns,
    which_sheet,
    which_table,
)
from analysis.sources.intake_last import Last
from analysis.sources.intake_words import (
    LEAVE_OUT,
    READ,
    Question,
    Told,
    instructed,
    is_called,
)
from analysis.sources.layout import HIDDEN
from analysis.sources.registry import LONG_FUNDING, REQUIRED
from analysis.sources.school_formats import choose_format
from analysis.sources.vocabulary import fold_heading


@dataclass(frozen=True)
class Placed:
    """What the files hold.

    Parameters
    ----------
    tables : tuple of Found
        The tables that are whole, each once.
    unread : mapping
        File and sheet to why it is not read.
    questions : tuple of Question
        What is not sure; with any of them the tables are not final.
    """

    tables: tuple[Found, ...]
    unread: Mapping[str, str]
    questions: tuple[Question, ...] = ()


@dataclass
class _Search:
    grids: Sequence[Grid]
    told: Told
    last: Last
    near: list[Found] = field(default_factory=list)


def place_tables(grids: Sequence[Grid], said: Told, last: Last) -> Placed:
    """Return which table stands on which sheet, and what is not sure about it.

    Parameters
    ----------
    grids : sequence of Grid
        All sheets of all files, each called as `analysis.sources.intake_words.label` does.

    Raises
    ------
    DataError
        If a table that every year needs is nowhere, or only on a hidden sheet.
    """
    search = _Search(_not_skipped(grids, said), said, last)
    looked = [found for grid in search.grids for found in _look(grid, search)]
    whole = _told_apart([found for found in looked if not found.absent])
    search.near = _nearest([f for f in looked if f.absent], whole)
    tables, questions = _one_each(whole, search)
    lacking = [name for name in _needed(tables) if name not in {f.table for f in whole}]
    near = [found for found in search.near if may_be(found, last)]
    questions += [q for found in near for q in which_columns(found, last)]
    questions += [q for found in tables for q in doubts(found, said, last)]
    hopeless = [name for name in lacking if name not in {found.table for found in near}]
    if hopeless:
        raise DataError([p for name in hopeless for p in _nowhere(name, search)])
    return Placed(tuple(tables), _unread(grids, search, tables), tuple(questions))


def _needed(tables: Sequence[Found]) -> tuple[str, ...]:
    names = {found.table for found in tables}
    return () if {"schools", "members"} <= names else REQUIRED


def _not_skipped(grids: Sequence[Grid], said: Told) -> list[Grid]:
    return [g for g in grids if not any(g.file == s or is_called(g, s) for s in said.skipped)]


def _look(grid: Grid, search: _Search) -> Iterator[Found]:
    """Yield what each of the tables would be on a sheet."""
    for table in READ:
        pinned = search.told.tables.get(table)
        if pinned and not (grid.file == pinned or is_called(grid, pinned)):
            continue
        known = instructed(table, search.told)
        heading = find_heading(grid, known)
        if heading is None:
            continue
        left = _left_out(heading, table, search.told)
        shown = _blanked(grid, heading, left) if left else grid
        again = find_heading(shown, known) if left else heading
        if again is not None and _rows_below(shown, again):
            absent = tuple(_absent(again, table, search.last))
            yield Found(table, shown, again, known, absent)


def _left_out(heading: Heading, table: str, said: Told) -> list[int]:
    return [
        i
        for i, cell in enumerate(heading.cells)
        if said.headings.get((table, fold_heading(cell))) == LEAVE_OUT
    ]


def _blanked(grid: Grid, heading: Heading, left: Sequence[int]) -> Grid:
    """Return a sheet with nothing in the columns that are left out."""
    rows = tuple(
        tuple("" if i in left and line >= heading.line else cell for i, cell in enumerate(row))
        for line, row in zip(grid.lines, grid.rows, strict=True)
    )
    return replace(grid, rows=rows)


def _rows_below(grid: Grid, heading: Heading) -> bool:
    at = grid.lines.index(heading.last)
    return any(any(cell.strip() for cell in row) for row in grid.rows[at + 1 :])


def _absent(heading: Heading, table: str, last: Last) -> list[str]:
    """Return the columns that a heading lacks; money is asked for by the new year's own years."""
    found = [meaning.column for meaning in heading.at.values()]
    if table == "payments":
        return [column for column in LONG_FUNDING if column not in found]
    absent = list(heading.absent)
    if table != "funding" or not last.money() or "school_year" in found:
        return absent
    money = {column for column in found if column.startswith("funding_20")}
    others = [column for column in absent if not column.startswith("funding_20")]
    lacking = [column for column in last.money() if column not in money]
    return [*others, *lacking[: max(0, 2 - len(money))]]


def _told_apart(whole: Sequence[Found]) -> list[Found]:
    """Return the tables, of those that claim the same heading the one that explains most of it."""
    kept: list[Found] = []
    for found in whole:
        if found.table == "funding" and _is_long(found):
            continue
        rivals = [o for o in whole if o.grid.file == found.grid.file and _same_lines(o, found)]
        rivals = [o for o in rivals if not (o.table == "funding" and _is_long(o))]
        if max(len(other.heading.at) for other in rivals) == len(found.heading.at):
            kept.append(found)
    return kept


def _is_long(found: Found) -> bool:
    return "school_year" in {meaning.column for meaning in found.heading.at.values()}


def _same_lines(one: Found, other: Found) -> bool:
    return one.heading.line <= other.heading.last and other.heading.line <= one.heading.last


def _nearest(near: Sequence[Found], whole: Sequence[Found]) -> list[Found]:
    """Return for each sheet without a whole table the one that lacks least."""
    taken = {found.grid.file for found in whole}
    tables = {found.table for found in whole}
    best: dict[str, Found] = {}
    for found in near:
        open_ = found.grid.file not in taken and found.table not in tables
        if open_ and len(found.heading.at) > max(1, len(found.absent) - 1):
            rank = (len(found.absent) - len(found.heading.at), found.table)
            other = best.get(found.grid.file)
            if other is None or rank < (len(other.absent) - len(other.heading.at), other.table):
                best[found.grid.file] = found
    return list(best.values())


def _one_each(whole: Sequence[Found], search: _Search) -> tuple[list[Found], list[Question]]:
    """Return each table once; a hidden sheet gives way, two that are seen are a question."""
    tables: list[Found] = []
    questions: list[Question] = []
    for table in READ:
        found = [one for one in whole if one.table == table]
        seen = [one for one in found if HIDDEN not in one.grid.notes]
        if found and not seen:
            raise DataError(_hidden(found[0]))
        if len(seen) > 1 and table == "schools" and _differ(seen):
            tables += seen
        elif len(seen) > 1:
            questions.append(which_sheet(table, seen))
        elif seen:
            claimed = [o for o in whole if o.table != table and _clash(o, seen[0])]
            questions += [
                which_table(seen[0], o) for o in claimed if READ.index(o.table) > READ.index(table)
            ]
            tables += seen
    return tables, questions


def _differ(seen: Sequence[Found]) -> bool:
    """Return whether files of schools are each of another format, such as one a key stage."""
    return len({choose_format(one.heading.cells, one.table).name for one in seen}) == len(seen)


def _clash(one: Found, other: Found) -> bool:
    return one.grid.file == other.grid.file and _same_lines(one, other)


def _hidden(found: Found) -> Problem:
    expected = "a sheet that is seen"
    words = f"the table {found.table} on a hidden sheet"
    remedy = "Unhide the sheet, if it is the one that is meant, and save the file again."
    return found.heading.problem(min(found.heading.at), words, expected, remedy)


def _nowhere(table: str, search: _Search) -> list[Problem]:
    """Return why a table that every year needs is nowhere: what the nearest heading lacks."""
    near = [found for found in search.near if found.table == table]
    usual = search.last.printed(table)
    if near:
        found = min(near, key=lambda one: len(one.absent))
        return [_lacking(found, column, usual.get(column, column)) for column in found.absent]
    files = ", ".join(dict.fromkeys(grid.file for grid in search.grids)) or "no sheet"
    expected = (
        f"a sheet with its headings: {', '.join(usual.values()) or 'as in data/sources.yaml'}"
    )
    remedy = f"Give the file that holds it, or say where it is: --table '{table}=FILE#SHEET'."
    return [Problem(files, f"no table {table}", expected, remedy, code="heading")]


def _lacking(found: Found, column: str, usual: str) -> Problem:
    names = [found.heading.name(i) for i in found.heading.unknown]
    hint = f" (not known there: {', '.join(map(quoted, names))})" if names else ""
    words = f"no column with this heading{hint}"
    remedy = f"If one is meant, say so: --heading '{found.table}:PRINTED={column}'."
    place = (found.heading.line, usual, "heading")
    return Problem(found.place, words, f"one that means {column}", remedy, *place)


def _unread(grids: Sequence[Grid], search: _Search, tables: Sequence[Found]) -> dict[str, str]:
    read = {found.grid.file for found in tables}
    kept = {grid.file for grid in search.grids}
    return {
        g.file: "passed over, as you said" if g.file not in kept else _why(g)
        for g in grids
        if g.file not in read
    }


def _why(grid: Grid) -> str:
    hidden = "hidden, and " if HIDDEN in grid.notes else ""
    return f"{hidden}not read: none of the tables is on it"
