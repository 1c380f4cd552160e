"""What an analyst says of the files of a new year, and the questions that are put to him."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from analysis.errors import UsageError, quoted
from analysis.sources.formats import TABLES as SCHOOL_TABLES
from analysis.sources.grids import Grid
from analysis.sources.registry import LONG_FUNDING, TABLES
from analysis.sources.vocabulary import YEARS, Meaning, Vocabulary, fold_heading, vocabulary
from analysis.variables import is_measure, known, variable

LEAVE_OUT = "-"
SURE = 85
READ = (*(name for name in TABLES if name != "claims"), "schools", "members")
_TIMES = re.compile(r"(.+)\*(1000?)", re.ASCII)
_THOUSANDS = re.compile(r"(?i)£ ?['’]?000|000'?s|thousand|\(000\)|£ ?k\b")


@dataclass(frozen=True)
class Told:
    """What has been said of the files, by options or by answers.

    Parameters
    ----------
    headings : mapping
        Table and folded heading to our column, to our column times a factor, or to `LEAVE_OUT`.
    tables : mapping
        Table to the file, or FILE#SHEET, where it is.
    skipped : tuple of str
        Files and sheets that are not to be read.
    answers : tuple of str
        What was decided in doubt, in words.
    """

    headings: Mapping[tuple[str, str], str] = field(default_factory=dict)
    tables: Mapping[str, str] = field(default_factory=dict)
    skipped: tuple[str, ...] = ()
    answers: tuple[str, ...] = ()

    def with_answer(self, option: Option) -> Told:
        """Return what has been said, and an answer beside it."""
        made = told(option.headings, option.tables, option.skipped)
        return Told(
            {**self.headings, **made.headings},
            {**self.tables, **made.tables},
            (*self.skipped, *made.skipped),
            (*self.answers, option.words),
        )


@dataclass(frozen=True)
class Option:
    """A possible answer: in words, and as the options of the command that give it.

    Parameters
    ----------
    likeness : float
        From 0 to 100; an answer is as good as sure from `SURE` on.
    """

    words: str
    likeness: float
    headings: tuple[str, ...] = ()
    tables: tuple[str, ...] = ()
    skipped: tuple[str, ...] = ()

    @property
    def flags(self) -> str:
        """What to pass to the command."""
        kinds = (("heading", self.headings), ("table", self.tables), ("skip", self.skipped))
        return " ".join(f"--{kind} {_shell(text)}" for kind, texts in kinds for text in texts)


def _shell(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"


@dataclass(frozen=True)
class Question:
    """Something that is not sure, with the answers that are possible."""

    text: str
    options: tuple[Option, ...]

    @property
    def likely(self) -> Option | None:
        """The one answer that is as good as sure, if there is exactly one."""
        good = [option for option in self.options if option.likeness >= SURE]
        return good[0] if len(good) == 1 else None


def told(headings: Sequence[str], tables: Sequence[str], skipped: Sequence[str]) -> Told:
    """Return what options of the command say.

    Raises
    ------
    UsageError
        If one is not of its form, or names a table or column that there is not.
    """
    return Told(
        dict(map(_heading, headings)),
        dict(map(_table, tables)),
        tuple(skipped),
    )


def _heading(text: str) -> tuple[tuple[str, str], str]:
    table, found, rest = text.partition(":")
    printed, equals, column = rest.rpartition("=")
    form = "'funding:2014-15 Grant=funding_2014_15_gbp'"
    if not (found and equals and printed.strip()):
        raise UsageError(f"--heading {text}: expected a table, a heading and a column: {form}")
    _check_table(table, f"--heading {text}")
    match = _TIMES.fullmatch(column)
    if column != LEAVE_OUT and not fits(match[1] if match else column, table):
        raise UsageError(
            f"--heading {text}: found the column {quoted(column)}; expected one of "
            f"{', '.join(columns_of(table))}, or {LEAVE_OUT} to leave it out"
        )
    return (table, fold_heading(printed)), column


def _table(text: str) -> tuple[str, str]:
    table, found, place = text.partition("=")
    if not found or not place:
        raise UsageError(
            f"--table {text}: expected a table and a file: 'funding=money.xlsx#Grants'"
        )
    _check_table(table, f"--table {text}")
    return table, place


def _check_table(table: str, option: str) -> None:
    if table not in READ:
        raise UsageError(f"{option}: found the table {table!r}; expected one of {', '.join(READ)}")


def columns_of(table: str) -> list[str]:
    """Return the columns that a table has, as far as they have fixed names."""
    if table in SCHOOL_TABLES:
        return list(SCHOOL_TABLES[table])
    usual = TABLES[table] or LONG_FUNDING
    others = {c for c in vocabulary(table).exact.values() if not c.startswith("funding_20")}
    money = ["funding_2013_14_gbp and the like"] if table == "funding" else []
    return [*usual, *sorted(others - {*usual}), *money]


def fits(column: str, table: str) -> bool:
    """Return whether a table can have a column of this name."""
    money = table == "funding" and column.startswith("funding_20") and known(column)
    measure = table == "schools" and is_measure(column)
    return money or measure or column in columns_of(table)


@dataclass(frozen=True)
class Instructed(Vocabulary):
    """The headings known for a table, and what has been said of others."""

    told: Mapping[str, Meaning] = field(default_factory=dict)

    def meaning(self, heading: str) -> Meaning | None:
        """Return what a heading means, or None where nobody knows."""
        meant = self.told.get(fold_heading(heading))
        if meant is None:
            return super().meaning(heading)
        scaled = meant.scale == 0 and _THOUSANDS.search(heading)
        return replace(meant, scale=meant.scale or (1000 if scaled else 1))


def instructed(table: str, said: Told) -> Instructed:
    """Return the headings known for a table, with those of which something has been said."""
    usual = vocabulary(table)
    meant = {
        heading: _meaning(column)
        for (of, heading), column in said.headings.items()
        if of == table and column != LEAVE_OUT
    }
    parts = {name: getattr(usual, name) for name in ("table", "exact", "printed", "declared")}
    return Instructed(**parts, told=meant)


def _meaning(column: str) -> Meaning:
    match = _TIMES.fullmatch(column)
    name, scale = (match[1], int(match[2])) if match else (column, 0)
    if variable(name).cell != "money":
        return Meaning(name)
    years = YEARS.search(name)
    return Meaning(name, scale, int(years[1]) + 1 if years else None)


def label(grid: Grid, several: bool) -> str:
    """Return how a file, or one of its several sheets, is called in messages and options."""
    name = Path(grid.file).name
    return f"{name}#{grid.sheet}" if several and grid.sheet is not None else name


def is_called(grid: Grid, name: str) -> bool:
    """Return whether FILE or FILE#SHEET, with or without folders, means a labelled sheet."""
    file, mark, sheet = name.partition("#")
    own = grid.file.removesuffix(f"#{grid.sheet}")
    return Path(file).name == own and (not mark or sheet == grid.sheet)


def words_of(block: Mapping[str, Any], name: str) -> str:
    """Return a fact of a block, or nothing."""
    value = block.get(name)
    return value if isinstance(value, str) else ""
