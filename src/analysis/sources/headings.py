"""Which printed heading means which of our columns, for files of unknown origin."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from rapidfuzz import fuzz, process

from analysis.errors import DataError, Problem, quoted
from analysis.sources.formats import REQUIRED
from analysis.sources.formats import TABLES as SCHOOL_TABLES
from analysis.sources.registry import TABLES
from analysis.sources.school_formats import is_published, missing_headings
from analysis.sources.unnamed import with_blocks, with_unnamed
from analysis.sources.vocabulary import (
    YEARS,
    Meaning,
    Vocabulary,
    fold_heading,
    is_blank_heading,
    is_sum,
)
from analysis.variables import is_measure, measures

_MEANINGFUL: Mapping[str, str] = {
    "gains": "ks2 ks4 ks gain gains name collaboration group",
    "ofsted": "good outstanding inadequate inspection ri inspected improvement schools name "
    "collaboration group %",
    "funding": "funding grant amount award allocation continuing continues district area name "
    "collaboration group total £",
}
_VALUE = re.compile(r"£?\d[\d,./-]*%?", re.ASCII)
_OF_ANY = "name collaboration group target result stage gap gain ks2 ks4 good outstanding ri"
_ALIKE = 75
_OF_ABSENT: Mapping[str, str] = {
    "year": "year yr academic",
    "cohort": "cohort",
    "joined": "join joined joining start started from since",
    "left": "leave leaver leaving left gone end ended until ceased",
}


@dataclass(frozen=True)
class Heading:
    """The heading of a table: its line, its cells, and what each of them means.

    Parameters
    ----------
    line, last : int
        The first and the last row of the file that it takes up.
    cells : tuple of str
        As printed; of several rows joined.
    at : mapping
        Position to meaning.
    unknown : tuple of int
        Positions of headings that mean nothing here; those without any words are in `blank`.
    """

    file: str
    line: int
    last: int
    cells: tuple[str, ...]
    at: Mapping[int, Meaning]
    unknown: tuple[int, ...] = ()
    blank: tuple[int, ...] = ()
    absent: tuple[str, ...] = ()
    notes: tuple[str, ...] = field(default=(), compare=False)

    def name(self, position: int) -> str:
        """Return what to call a column in a message."""
        given = position < len(self.cells) and " ".join(self.cells[position].split())
        return given or f"cell {position + 1}"

    def problem(self, position: int, found: str, expected: str, remedy: str) -> Problem:
        """Return a problem of the heading at `position`."""
        place = (self.line, self.name(position))
        return Problem(self.file, found, expected, remedy, *place, "heading")


def read_heading(
    cells: Sequence[str], known: Vocabulary, file: str, line: int, last: int | None = None
) -> Heading:
    """Return what a row of cells means as the heading of a table; nothing is raised here."""
    at = {i: found for i, cell in enumerate(cells) if (found := known.meaning(cell)) is not None}
    notes: list[str] = []
    if known.table == "gains":
        at, notes = with_blocks(cells, at)
    at = with_unnamed(cells, at, known.table)
    others = [i for i in range(len(cells)) if i not in at]
    blank = tuple(i for i in others if is_blank_heading(cells[i]))
    notes += [
        f'heading "{" ".join(cells[i].split()) or "blank"}" read as {_called(found.column)}'
        + (f", in thousands: multiplied by {found.scale:,}" if found.scale > 1 else "")
        for i, found in at.items()
        if cells[i] not in known.declared and cells[i] != found.column
    ]
    return Heading(
        file,
        line,
        line if last is None else last,
        tuple(cells),
        at,
        tuple(i for i in others if i not in blank),
        blank,
        _absent(known, cells, [found.column for found in at.values()]),
        tuple(notes),
    )


def _called(column: str) -> str:
    """Return the name by which other people know a column."""
    return "collaboration" if column == "name" else column


def _absent(known: Vocabulary, cells: Sequence[str], found: Sequence[str]) -> tuple[str, ...]:
    if known.table in SCHOOL_TABLES:
        wanted = dict.fromkeys((*REQUIRED[known.table], *missing_headings(cells, known.table)))
        absent = [column for column in wanted if column not in found]
        outcome = known.table != "schools" or any(map(is_measure, found))
        return (*absent, *(() if outcome else ("an outcome of a school",)))
    needed: list[str] = list(TABLES[known.table])
    absent = [column for column in needed if column not in found]
    if known.table != "funding":
        return tuple(absent)
    money = [column for column in found if column.startswith("funding_20")]
    if not money and {"school_year", "funding_gbp"} & set(found):
        return tuple(c for c in ("name", "school_year", "funding_gbp") if c not in found)
    usual = [column for column in known.printed if column.startswith("funding_20")]
    lacking = [column for column in usual if column not in money][: max(0, 2 - len(set(money)))]
    return (*absent, *lacking)


def heading_problems(heading: Heading, known: Vocabulary) -> list[Problem]:
    """Return why a row can't be the heading: columns absent, twice, not clear, or of odd years."""
    problems = [
        heading.problem(i, quoted(heading.cells[i]), found.fault, _RENAME)
        for i, found in heading.at.items()
        if found.fault
    ]
    return problems or [*_absences(heading, known), *_doubles(heading), *_years(heading)]


_RENAME = "Correct the heading as the publication has it."
_RESTORE = "Restore the column from the publication, or give it its usual heading."


def _absences(heading: Heading, known: Vocabulary) -> list[Problem]:
    unknown = [heading.name(i) for i in heading.unknown]
    made = []
    of_schools = known.table in SCHOOL_TABLES
    for column in heading.absent:
        own = missing_headings(heading.cells, known.table) if of_schools else {}
        printed = own.get(column, known.as_printed(column))
        near = [name for name, *_ in process.extract(printed, unknown, limit=3)]
        hint = f" (the nearest there: {', '.join(map(quoted, near))})" if near else ""
        found, expected = f"no column with this heading{hint}", f"one that means {_called(column)}"
        place = (heading.line, printed, "heading")
        made.append(Problem(heading.file, found, expected, _RESTORE, *place))
    return made


def _doubles(heading: Heading) -> list[Problem]:
    seen: dict[str, int] = {}
    made = []
    for i, found in heading.at.items():
        if found.column in seen:
            other = heading.name(seen[found.column])
            text = f"a second column that means {_called(found.column)}, as {quoted(other)} does"
            remedy = "Remove the column that is wrong, or give it its own heading."
            made.append(heading.problem(i, text, "each column once", remedy))
        seen.setdefault(found.column, i)
    return made


def _years(heading: Heading) -> list[Problem]:
    """Return whether years of money do not follow each other, or the group goes on in another."""
    money = {m.year: i for i, m in heading.at.items() if m.column.startswith("funding_20")}
    years = sorted(year for year in money if year)
    if len(years) < 2:
        return []
    if len(years) > 2 or years[1] != years[0] + 1:
        found = f"{quoted(heading.name(money[years[-1]]))} beside money of {years[0] - 1}/"
        expected = "money of two school years that follow each other"
        problem = found + f"{years[0] % 100:02d}"
        return [heading.problem(money[years[-1]], problem, expected, _RENAME)]
    for i, found_ in heading.at.items():
        if found_.column == "continuing" and found_.year not in (None, years[-1]):
            expected = f"whether the group goes on in {years[-1] - 1}/{years[-1] % 100:02d}"
            return [heading.problem(i, quoted(heading.name(i)), expected, _RENAME)]
    return []


def check_unknown(heading: Heading, known: Vocabulary) -> list[str]:
    """Return notes on the columns that are passed over.

    Raises
    ------
    DataError
        If one of them has a heading that could be meant for one of ours.
    """
    if known.table in SCHOOL_TABLES and is_published(heading.cells, known.table):
        passed = len(heading.unknown)
        return [f"{passed} columns are not ours and were passed over"] if passed else []
    meant = _words(heading, known.table)
    problems, notes = [], []
    for i in heading.unknown:
        if known.table == "funding" and is_sum(heading.cells[i]):
            continue
        of_money = known.table in TABLES and YEARS.search(heading.cells[i])
        if _VALUE.fullmatch(heading.cells[i].strip()):
            found = f"the value {quoted(heading.cells[i])} among the headings"
            remedy = "Restore the line end after the heading, or give the column its heading."
            problems.append(heading.problem(i, found, "a heading", remedy))
            continue
        alike = _is_nearly(heading.cells[i], heading, known)
        if set(fold_heading(heading.cells[i]).split()) & meant or of_money or alike:
            near = process.extract(heading.cells[i], list(known.printed.values()), limit=3)
            expected = f"a known heading; the nearest: {', '.join(quoted(n) for n, *_ in near)}"
            found = f"the heading {quoted(heading.cells[i])}, unknown here"
            problems.append(heading.problem(i, found, expected, _RENAME))
        else:
            notes.append(f'column "{heading.name(i)}" is not ours and was passed over')
    if problems:
        raise DataError(problems)
    return notes


def _is_nearly(printed: str, heading: Heading, known: Vocabulary) -> bool:
    """Return whether an unknown heading is almost, or contains, that of a column not found."""
    if known.table not in SCHOOL_TABLES:
        return False
    found = {meaning.column for meaning in heading.at.values()}
    headings = {**known.exact, **({m: m for m in measures()} if known.table == "schools" else {})}
    wanted = [fold_heading(h) for h, column in headings.items() if column not in found]
    text = fold_heading(printed).replace(" ", "")
    bare = [word.replace(" ", "") for word in wanted]
    return any(
        fuzz.ratio(text, word) >= _ALIKE or (len(word) > 3 and word in text) for word in bare
    )


def _words(heading: Heading, table: str) -> set[str]:
    """Return the words that make an unknown heading one that could be meant for one of ours."""
    if table not in SCHOOL_TABLES:
        return set(_MEANINGFUL.get(table, _OF_ANY).split())
    found = {meaning.column for meaning in heading.at.values()}
    possible = [c for c in SCHOOL_TABLES[table] if c in _OF_ABSENT and c not in found]
    return {word for column in possible for word in _OF_ABSENT[column].split()}
