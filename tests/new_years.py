"""Steps that the tests of taking in a new year share."""

from __future__ import annotations

import csv
import io
from pathlib import Path

from world import World
from world_2014_books import Change, Sheets, write_workbooks

from analysis import cli


def state(world: World) -> dict[str, bytes]:
    files = sorted(file for file in world.root.rglob("*") if file.is_file())
    return {file.relative_to(world.root).as_posix(): file.read_bytes() for file in files}


def new_year(*arguments: str) -> int:
    return cli.main(["new-year", "2014", *arguments])


def spoilt(folder: Path, change: Change) -> list[str]:
    return [str(path) for path in write_workbooks(folder / "mail", change)]


def heading(sheet: str, old: str, new: str) -> Change:
    def change(sheets: Sheets) -> None:
        for row in sheets[sheet]:
            if old in row:
                row[row.index(old)] = new

    return change


def raw(world: World, name: str) -> list[list[str]]:
    text = (world.root / "data" / "raw" / "2014" / f"SIMULATED_{name}.csv").read_text("utf-8")
    return list(csv.reader(io.StringIO(text)))
