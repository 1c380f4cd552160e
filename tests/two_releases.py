"""A made-up county that was released once, and what came after: another release, another year."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import world
from world import PROJECT, YEAR, World

from analysis.page import release as release_module
from analysis.page.release import release
from analysis.params import load_params
from analysis.questions.ask import ask
from analysis.questions.estimate import Estimate, Settings
from analysis.questions.plan import load_plan
from analysis.questions.severity import Move
from analysis.tables.tidy import make_study, save_study

NEXT = "2032"
RELEASE = """
import sys
from analysis.page import release
from analysis.params import load_params
release.out_of_date = lambda stages: []
release.release(sys.argv[1], load_params())
"""


def standing(made: World, maturity: str) -> None:
    """Say how mature the county's year is."""
    content = made.sources
    content[made.year]["maturity"] = maturity
    made.write_sources(content)


def prepared(root: Path, patch: pytest.MonkeyPatch, **options: Any) -> World:
    """Return the made-up county, its year called provisional and its tables made."""
    made = world.made_up(root, patch, **options)
    patch.setenv("ANALYSIS_STAGING", str(root / "build" / "draft"))
    standing(made, "provisional")
    save_study(make_study(YEAR))
    made.put(f"findings/{YEAR}/findings.json", json.dumps({"findings": {}}))
    return made


def released(root: Path, patch: pytest.MonkeyPatch, **options: Any) -> World:
    """Return the made-up county after its provisional release, and now called revised."""
    made = prepared(root, patch, **options)
    patch.setattr(release_module, "out_of_date", lambda stages: [])
    release(YEAR, load_params())
    standing(made, "revised")
    return made


def released_by_old_code(
    root: Path, patch: pytest.MonkeyPatch, file: str, old: str, new: str
) -> World:
    """Return the county released by code in which `old` stood as `new`, which git has kept."""
    made = prepared(root, patch)
    without = shutil.ignore_patterns("__pycache__")
    shutil.copytree(PROJECT / "src", root / "src", ignore=without)
    shutil.copytree(PROJECT / "notebooks", root / "notebooks", ignore=without)
    text = made.read(f"src/analysis/{file}")
    assert text.count(old) == 1
    made.put(f"src/analysis/{file}", text.replace(old, new))
    git(root, "init", "-q")
    git(root, "add", "src", "notebooks", "plan.yaml", "params.yaml")
    git(root, "-c", "user.name=a", "-c", "user.email=a@example.org", "commit", "-qm", "old")
    environment = {**os.environ, "PYTHONPATH": str(root / "src"), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-c", RELEASE, YEAR]
    subprocess.run(command, env=environment, check=True, cwd=root)
    shutil.rmtree(root / "src")
    standing(made, "revised")
    return made


def git(root: Path, *arguments: str) -> None:
    """Run git in a folder."""
    environment = {n: v for n, v in os.environ.items() if not n.startswith("GIT_")}
    subprocess.run(["git", "-C", str(root), *arguments], check=True, env=environment)


def without(made: World, group: str) -> None:
    """Take a group out of every table."""
    for table in ("ofsted", "funding", "gains"):
        made.write(
            table, numbered(table, [line for line in made.cells(table) if group not in line])
        )


def numbered(table: str, cells: list[list[str]]) -> list[list[str]]:
    """Return a table's cells, its lines numbered anew where it numbers them."""
    if table != "ofsted":
        return cells
    return [cells[0], *([str(number), *line[1:]] for number, line in enumerate(cells[1:], 1))]


def add_year(made: World, change: Callable[[str, list[list[str]]], None]) -> World:
    """Return the county with another year of the same tables, each changed by `change`.

    Each year states two school years: the later one of the first is the earlier one of the second.
    """
    later = World(made.root, NEXT)
    (made.root / "data" / "raw" / NEXT).mkdir()
    content = made.sources
    block = json.loads(json.dumps(content[YEAR]))
    block |= {"published": NEXT, "maturity": "final"}
    headings = block["tables"]["funding"]["headings"]
    block["tables"]["funding"]["headings"] = {
        shifted(printed): shifted(ours) for printed, ours in headings.items()
    }
    made.write_sources({**content, NEXT: block})
    for table in block["tables"]:
        cells = made.cells(table)
        if table == "funding":
            cells = [[shifted(cell) for cell in cells[0]], *cells[1:]]
            for line in cells[1:]:
                line[3], line[4] = line[4] or line[3], line[3]
        change(table, cells)
        later.write(table, numbered(table, cells))
    later.refresh()
    return later


def shifted(heading: str) -> str:
    """Return a heading of money one school year later."""
    marks = {"2030/31": "2031/32", "2031/32": "2032/33", "2030_31": "2031_32", "2031_32": "2032_33"}
    found = next((mark for mark in marks if mark in heading), "")
    return heading.replace(found, marks[found]) if found else heading


def asked(made: World, question: str = "since.release") -> Estimate:
    """Return what moved since the release, of the tables as they stand now."""
    params = load_params()
    settings = Settings(params.confidence, params.seed, params.permutations)
    return ask(question, make_study(made.year), load_plan(), settings)


def moves(estimate: Estimate) -> dict[str, Move]:
    """Return the headline numbers by their name in the plan."""
    return {one.name: one for one in estimate.detail.moves}
