"""Which collaboration of a later year continues one of an earlier year: a reviewed list."""

from __future__ import annotations

import re
from dataclasses import dataclass

from analysis import paths
from analysis.errors import DataError, Problem, quoted
from analysis.sources.convert import tidy_text
from analysis.sources.read import read_sheet

FILE = "data/groups.csv"
HEADING = ("year", "earlier", "later", "kind", "reason")
KINDS = ("renamed", "merged")
_YEAR = re.compile(r"20\d\d", re.ASCII)


@dataclass(frozen=True)
class Succession:
    """A reviewed line of data/groups.csv.

    Parameters
    ----------
    year : str
        The first year in whose tables the later name stands.
    kind : str
        ``renamed``: one group under another name; ``merged``: several groups became one.
    """

    year: str
    earlier: str
    later: str
    kind: str
    reason: str


def load_successions() -> tuple[Succession, ...]:
    """Return the reviewed lines, in their order; none where there is no such file.

    Raises
    ------
    DataError
        If a line has no year, name or reason, an unknown kind, or a group is continued twice.
    """
    path = paths.find_root() / FILE
    if not path.is_file():
        return ()
    sheet = read_sheet(path)
    if sheet.heading != HEADING:
        raise DataError(_wrong(1, "year", quoted(",".join(sheet.heading)), ",".join(HEADING)))
    lines: dict[tuple[str, str], Succession] = {}
    for row in sheet.rows:
        line = Succession(*(tidy_text(cell) for cell in row.cells))
        _check(line, row.line)
        if (line.year, line.earlier) in lines:
            found = f"{quoted(line.earlier)} in {line.year} again"
            raise DataError(_wrong(row.line, "earlier", found, "one line each"))
        lines[line.year, line.earlier] = line
    return tuple(lines.values())


def later_names(year: str) -> dict[str, str]:
    """Return the name in `year` of each group that had another name in the year before."""
    return {line.earlier: line.later for line in load_successions() if line.year == year}


def _check(line: Succession, row: int) -> None:
    if _YEAR.fullmatch(line.year) is None:
        raise DataError(_wrong(row, "year", quoted(line.year), "a year, such as 2014"))
    if line.kind not in KINDS:
        raise DataError(_wrong(row, "kind", quoted(line.kind), " or ".join(KINDS)))
    for column in ("earlier", "later", "reason"):
        if not getattr(line, column):
            raise DataError(_wrong(row, column, "nothing", "words"))


def _wrong(row: int, column: str, found: str, expected: str) -> Problem:
    remedy = "Correct this line; the heading and a year, two names, a kind and a reason are asked."
    return Problem(FILE, found, expected, remedy, row, column, "groups")
