"""What holds for every test, and projects to spoil: a made-up county and the real 2013 inputs.

One thread for linear algebra: tests run a process a core, and more threads than cores wait for
each other, up to eight times as long.
"""

# ruff: noqa: E402 - the number of threads is read when numpy is imported
from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(name, "1")

import pytest
import world
from hypothesis import settings
from made_pages import every_page, every_read, findings, shared
from world import World

from analysis import cli

__all__ = ["every_page", "every_read", "findings", "shared"]  # fixtures of all tests

# The same examples on every machine, and no limit of time on a slow one.
settings.register_profile("project", deadline=None, derandomize=True)
settings.register_profile("fuzz", deadline=None, print_blob=True)
settings.load_profile("fuzz" if os.environ.get("ANALYSIS_FUZZ") else "project")

KEYS = {"file", "row", "column", "code", "found", "expected", "remedy", "severity"}
Refused = Callable[..., dict[str, Any]]


@pytest.fixture(autouse=True)
def _environment() -> Iterator[None]:
    """Undo what a stage that ran in this process made of the environment."""
    with world.kept_environment():
        yield


@pytest.fixture(scope="session")
def built_real(tmp_path_factory: pytest.TempPathFactory) -> World:
    with pytest.MonkeyPatch.context() as patch:
        made = world.real(tmp_path_factory.mktemp("real"), patch)
        made.build_once()
    return made


@pytest.fixture(scope="session")
def built_made_up(tmp_path_factory: pytest.TempPathFactory) -> World:
    with pytest.MonkeyPatch.context() as patch:
        made = world.made_up(tmp_path_factory.mktemp("made_up"), patch)
        made.build_once()
    return made


def copied(made: World, root: Path, patch: pytest.MonkeyPatch) -> World:
    shutil.copytree(made.root, root, dirs_exist_ok=True)
    patch.setenv("ANALYSIS_ROOT", str(root))
    return World(root, made.year)


@pytest.fixture
def kent(built_real: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    """The real 2013 inputs with what a good run made of them, free to be changed."""
    return copied(built_real, tmp_path, monkeypatch)


@pytest.fixture
def nowhere(built_made_up: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    """The made-up county with what a good run made of it, free to be changed."""
    return copied(built_made_up, tmp_path, monkeypatch)


@pytest.fixture
def refused(capsys: pytest.CaptureFixture[str]) -> Refused:
    """Ask for a spoilt project to be refused by every command, and return the one problem."""

    def run(spoilt: World) -> dict[str, Any]:
        before = spoilt.made()
        assert len(before) > 6
        assert cli.main(["check", "--json"]) == 1
        said = json.loads(capsys.readouterr().out)
        problems = [problem for problem in said if problem["severity"] == "error"]
        assert len(problems) == 1, problems
        assert said[0] == problems[0]
        for command in (["build"], ["stage", "tables", "--year", spoilt.year]):
            assert cli.main(command) == 1
            said = capsys.readouterr().err
            assert said.startswith("DataError: ")
            assert len(said.splitlines()) == 1
        assert spoilt.made() == before
        problem: dict[str, Any] = problems[0]
        assert set(problem) == KEYS
        assert problem["severity"] == "error"
        assert all(problem[key] for key in ("file", "code", "found", "expected", "remedy"))
        assert str(spoilt.root) not in said
        return problem

    return run
