"""A table of a new year read from its sheet, and written as published: one heading, its rows."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from analysis.errors import DataError, Problem
from analysis.files import sha256_of
from analysis.sources.asides import Ledger
from analysis.sources.formats import TABLES as SCHOOL_TABLES
from analysis.sources.formats import Format
from analysis.sources.intake import Found
from analysis.sources.layout import Layout, find_layout
from analysis.sources.report_rows import read_report
from analysis.sources.school_formats import choose_format, short_rows
from analysis.sources.school_rows import read_school_rows
from analysis.sources.vocabulary import fold_heading, is_blank_heading
from analysis.variables import known, variable

_RUNS = ("=", "+", "-", "@", "\t", "\r")
_NUMBER = re.compile(r"[-+]? ?£? ?\d[\d,.]* ?(?:%|pp)?", re.ASCII)
_OF_A_FORMAT = (
    *("headings", "stage", "record_types", "definition", "urn_as_float", "plain", "dates"),
    *("blanks", "short_rows"),
)
_BREAK = re.compile(r"[ \t]*[\r\n]+[ \t]*")


@dataclass(frozen=True)
class Taken:
    """A table that was read.

    Parameters
    ----------
    data : bytes
        The raw table as it is to be written.
    headings : mapping
        Printed heading to our column.
    scale : mapping
        Printed heading to the factor of its amounts.
    lines : tuple of int
        The row of the sheet from which each row comes.
    notes : tuple of str
        What was decided on the way.
    ours : tuple of str
        Headings that are not printed, but ours.
    suspected : tuple of Problem
        What is wrong with its cells and rows as they are printed.
    form : mapping
        What data/sources.yaml says of the form of a school-level file.
    """

    table: str
    place: str
    data: bytes
    rows: int
    headings: Mapping[str, str]
    scale: Mapping[str, int]
    lines: tuple[int, ...]
    notes: tuple[str, ...]
    ours: tuple[str, ...] = ()
    suspected: tuple[Problem, ...] = ()
    form: Mapping[str, object] = field(default_factory=dict)

    @property
    def is_of_schools(self) -> bool:
        """Whether it is a file of single schools, or of their groups."""
        return self.table.partition("_")[0] in SCHOOL_TABLES

    @property
    def sha256(self) -> str:
        """The SHA-256 of the raw table."""
        return sha256_of(self.data)


def take(found: Found) -> Taken:
    """Return a table, with what `analysis read` says of its cells and rows.

    Raises
    ------
    DataError
        If it can't be told which cells are the table's.
    """
    table = found.table
    of_schools = table in SCHOOL_TABLES
    allowed = (lambda heading: short_rows(heading.cells, table)) if of_schools else None
    layout = find_layout([found.grid], table, allowed, found.known)
    notes: Sequence[str] = ()
    suspected: Sequence[Problem] = ()
    try:
        notes = _read(layout, found)
    except DataError as error:
        suspected = error.problems
    taken = _taken(found, layout, (*layout.notes, *notes))
    form = _form(choose_format(layout.heading.cells, table)) if of_schools else {}
    return replace(taken, form=form, suspected=tuple(dict.fromkeys(suspected)))


def _form(made: Format) -> dict[str, object]:
    """Return how an entry says what the form of a school-level file is."""
    if made.name or not made.headings:
        return {"format": made.name or f"{made.table}_plain"}
    said = {name: getattr(made, name) for name in _OF_A_FORMAT}
    return {name: _plain(value) for name, value in said.items() if value}


def _plain(value: object) -> object:
    if isinstance(value, Mapping):
        return dict(value)
    return list(value) if isinstance(value, tuple) else value


def _read(layout: Layout, found: Found) -> Sequence[str]:
    """Return what has to be seen through to read a table's cells."""
    if found.table in SCHOOL_TABLES:
        return read_school_rows(layout, found.table).notes
    kind = "funding" if found.table == "payments" else found.table
    return read_report(layout, kind, Path(found.grid.file))[1]


def _taken(found: Found, layout: Layout, notes: Sequence[str]) -> Taken:
    ledger = Ledger()
    at = _kept(layout, found.table)
    printed, ours = _printed(found, layout, at)
    rows = [
        [_written(row.cells[i], layout, i, row.line, ledger) for i in at] for row in layout.rows
    ]
    meanings = [layout.heading.at.get(i) for i in at]
    pairs = [(p, m) for p, m in zip(printed, meanings, strict=True) if m is not None]
    return Taken(
        table=found.table,
        place=found.place,
        data=_as_csv([printed, *rows]),
        rows=len(rows),
        headings={p: m.column for p, m in pairs},
        scale={p: m.scale for p, m in pairs if m.scale > 1},
        lines=tuple(row.line for row in layout.rows),
        notes=tuple(dict.fromkeys((*notes, *ledger.lines()))),
        ours=tuple(ours),
    )


def _kept(layout: Layout, table: str) -> list[int]:
    """Return the positions that are written: all with a meaning, of schools all with a heading."""
    if table in SCHOOL_TABLES:
        width = range(len(layout.heading.cells))
        return [i for i in width if i not in layout.heading.blank]
    return sorted(layout.heading.at)


def _printed(found: Found, layout: Layout, at: Sequence[int]) -> tuple[list[str], list[str]]:
    """Return the headings to write, and which of them are ours, since none is printed."""
    heading = layout.heading
    names = ["" if is_blank_heading(heading.cells[i]) else heading.name(i) for i in at]
    folded = [fold_heading(name) for name in names]
    made, ours = [], []
    for i, name in zip(at, names, strict=True):
        if i in heading.at and (not name or folded.count(fold_heading(name)) > 1):
            name = found.known.as_printed(heading.at[i].column)
            ours.append(name)
        made.append(name)
    return made, ours


def _written(cell: str, layout: Layout, at: int, line: int, ledger: Ledger) -> str:
    """Return a cell as it is written: on one line, and so that no spreadsheet runs it."""
    name = layout.heading.name(at)
    text = _BREAK.sub(" ", cell.strip("\r\n"))
    if text != cell:
        ledger.add(f'a line break in column "{name}" written as a space', line)
    if not text.startswith(_RUNS) or not any(sign.isalnum() for sign in text):
        return text
    if _NUMBER.fullmatch(text.strip()) and not _is_text(layout, at):
        return text
    ledger.add(f'a text in column "{name}" that a spreadsheet would run: apostrophe added', line)
    return f"'{text}"


def _is_text(layout: Layout, at: int) -> bool:
    meaning = layout.heading.at.get(at)
    return meaning is not None and known(meaning.column) and variable(meaning.column).cell == "text"


def _as_csv(rows: Sequence[Sequence[str]]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue().encode("utf-8")


def _named(made: Sequence[Taken]) -> list[Taken]:
    """Return the tables, files of schools called by their format where there are several."""
    of_schools = [one for one in made if one.table == "schools"]
    if len(of_schools) < 2:
        return list(made)
    return [replace(one, table=_entry_name(one)) if one.table == "schools" else one for one in made]


def _entry_name(taken: Taken) -> str:
    return "schools_" + str(taken.form.get("format", "own")).removeprefix("schools_")


def take_all(tables: Sequence[Found]) -> list[Taken]:
    """Return all tables.

    Raises
    ------
    DataError
        With the problems of all of them, each told once.
    """
    problems: list[Problem] = []
    made = []
    for found in tables:
        try:
            made.append(take(found))
        except DataError as error:
            problems += error.problems
    if problems:
        raise DataError(dict.fromkeys(problems))
    return _named(made)
