"""Workbooks read in this process, for tests: the cells are the same, and nothing is started."""

from __future__ import annotations

import json
from pathlib import Path
from typing import IO, Any

import hostile
import pytest

from analysis.errors import DataError, Problem
from analysis.sources import grids as opening
from analysis.sources import workbook
from analysis.sources.grids import Grid, open_grids


def here(stream: IO[bytes], _: str) -> Any:
    """Return the sheets as the child process would."""
    stream.seek(0)
    return json.loads(json.dumps(workbook._sheets(stream)))


def read_here(patch: pytest.MonkeyPatch) -> None:
    """Read workbooks in this process from now on."""
    patch.setattr(opening, "read_workbook", here)


def grids(folder: Path, data: bytes, name: str = "table.xlsx") -> list[Grid]:
    """Return the sheets of a workbook."""
    return open_grids(hostile.written(folder, name, data))


def refusal(path: Path) -> Problem:
    """Return the one reason why a file is refused."""
    with pytest.raises(DataError) as caught:
        open_grids(path)
    (problem,) = caught.value.problems
    assert problem.found
    assert problem.expected
    assert problem.remedy
    assert str(path.parent) not in str(problem)
    return problem


def refused(folder: Path, data: bytes, name: str = "table.xlsx") -> Problem:
    """Return the one reason why a workbook is refused."""
    return refusal(hostile.written(folder, name, data))


def fault(folder: Path, data: bytes) -> Problem:
    """Return the one cell of a workbook that can't be trusted."""
    (grid,) = grids(folder, data)
    (((line, at), problem),) = grid.faults.items()
    assert (problem.row, problem.column) == (line, opening.letter(at))
    assert problem.expected
    assert problem.remedy
    assert problem.file.endswith("table.xlsx")
    return problem


def said(grid: Grid, word: str) -> str:
    """Return the one note with a word in it."""
    (note,) = [note for note in grid.notes if word in note]
    return note
