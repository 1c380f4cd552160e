"""Where in a table a fault of a text file stands, so that its message can name the heading."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

from analysis.errors import DataError, Problem
from analysis.sources.decoding import find_fault
from analysis.sources.delimited import SEPARATORS, read_delimited
from analysis.sources.grids import Grid, letter
from analysis.sources.heading_search import find_heading
from analysis.sources.headings import Heading
from analysis.sources.vocabulary import vocabulary

_CONTROL = re.compile("[\x00-\x08\x0b\x0e-\x1f\x7f]")
_UNDECODED = re.compile("[\x81\x8d\x8f\x90\x9d]")
_LINE = re.compile(b"\r\n|\r|\n")
_QUOTED = re.compile('"[^"]*"?')


def with_heading(problem: Problem, table: str, path: Path) -> Problem:
    """Return a problem of a text file with the heading of its column instead of a letter.

    It is returned as it is where the rows above it show no heading.

    Parameters
    ----------
    problem : Problem
        As it was raised before the file's cells were known.
    """
    if problem.row is None or problem.row < 2 or problem.code == "size":
        return problem
    try:
        data = path.read_bytes()
        if data.startswith(b"PK"):
            return problem
        lines = _LINE.split(data)
        rows, numbers, _ = read_delimited(b"\n".join(lines[: problem.row - 1]), problem.file)
    except (DataError, OSError):
        return problem
    grid = Grid(problem.file, None, tuple(map(tuple, rows)), tuple(numbers))
    heading = find_heading(grid, vocabulary(table))
    if heading is None or heading.absent:
        return problem
    at = _position(problem, heading, lines[problem.row - 1], _offset(data))
    return problem if at is None else replace(problem, column=heading.name(at))


def _offset(data: bytes) -> int | None:
    """Return how many bytes of its line stand before a byte of another encoding."""
    fault = find_fault(data)
    return None if fault is None else len(_LINE.split(data[: fault.at])[-1])


def _position(problem: Problem, heading: Heading, line: bytes, offset: int | None) -> int | None:
    if problem.column is not None:
        width = range(len(heading.cells))
        return next((i for i in width if letter(i) == problem.column), len(heading.cells) - 1)
    text = line.decode("latin-1")
    if offset is None:
        fault = _CONTROL.search(text) or _UNDECODED.search(text)
        offset = fault.start() if fault else None
    if offset is None:
        return None
    before = _QUOTED.sub("", text[:offset])
    return min(max(before.count(sign) for sign in SEPARATORS), len(heading.cells) - 1)
