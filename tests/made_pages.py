"""The project's real pages, made once for all test processes, and a reader of their tags."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
import yaml

ROOT = Path(__file__).parents[1]
YEARS: list[str] = yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf-8"))["years"]
CHAPTERS = [file.stem for file in sorted((ROOT / "notebooks").glob("*.ipynb"))]
CHAPTER_PAGES = [f"{year}/{name}" for year in YEARS for name in CHAPTERS]
EVERY_PAGE = ["index", *CHAPTER_PAGES]
STAGES = ("tables", "chapters", "since")
INPUTS = (
    "plan.yaml",
    "params.yaml",
    "requirements.lock",
    "data/names.csv",
    "data/sources.yaml",
)
PATIENCE = 300  # seconds that a process waits for what another one makes


class Tags(HTMLParser):
    """All tags with their attributes, and all text but that of style sheets."""

    def __init__(self, markup: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.text: list[str] = []
        self._open = ""
        self.feed(markup)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))
        self._open = tag

    def handle_data(self, data: str) -> None:
        if self._open != "style":
            self.text.append(data)

    def handle_endtag(self, tag: str) -> None:
        self._open = ""

    def named(self, tag: str) -> list[dict[str, str]]:
        return [attributes for name, attributes in self.tags if name == tag]


def drawings(tags: Tags) -> list[str]:
    """Return the pictures of a page as SVG."""
    sources = [attributes["src"] for attributes in tags.named("img")]
    assert all(source.startswith("data:image/svg+xml,") for source in sources)
    return [unquote(source.partition(",")[2]) for source in sources]


def spoken(tags: Tags) -> str:
    """Return all that a page says: text, attributes that are read aloud, and words in pictures."""
    names = ("alt", "title", "aria-label", "content", "summary")
    attributes = [a[name] for _, a in tags.tags for name in names if name in a]
    return "\n".join([*tags.text, *attributes, *drawings(tags)])


def made(folder: Path) -> None:
    """Make all years' pages and the index in a folder of their own."""
    for name in ("data/raw", "notebooks"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns(".*"))
    for name in INPUTS:
        shutil.copy(ROOT / name, folder / name)
    environment = {**os.environ, "ANALYSIS_ROOT": str(folder)}
    years = [[name, "--year", year] for year in YEARS for name in STAGES]
    for stage in (*years, ["index"]):
        command = [sys.executable, "-m", "analysis.cli", "stage", *stage]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr


def once(folder: Path, make: Callable[[], Any]) -> Any:
    """Return what `make` gives, as JSON tells it; the first process makes it, others wait."""
    told = folder / "told.json"
    try:
        folder.mkdir(parents=True)
    except FileExistsError:
        until = time.monotonic() + PATIENCE
        while not told.is_file() and not (folder / "failed").exists():
            assert time.monotonic() < until, f"nobody made {folder.name}"
            time.sleep(0.1)
        assert told.is_file(), f"{folder.name} could not be made; another test process says why"
        return json.loads(told.read_text(encoding="utf-8"))
    try:
        result = make()
        aside = folder / "aside"
        aside.write_text(json.dumps(result), encoding="utf-8")
        aside.rename(told)
    except BaseException:
        (folder / "failed").touch()
        raise
    return json.loads(told.read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that all test processes of this run share."""
    top = tmp_path_factory.getbasetemp()
    return top.parent if os.environ.get("PYTEST_XDIST_WORKER") else top


@pytest.fixture(scope="session")
def findings(shared: Path) -> Path:
    """The published folder, made once for all test processes."""
    folder = shared / "all pages"
    once(shared / "all pages made", lambda: made(folder))
    return folder / "findings"


@pytest.fixture(scope="session")
def every_page(findings: Path) -> dict[str, Path]:
    """Every page by its year and name, and the index."""
    return {name: findings / f"{name}.html" for name in EVERY_PAGE}


@pytest.fixture(scope="session")
def every_read(every_page: dict[str, Path]) -> dict[str, Tags]:
    return {name: Tags(file.read_text(encoding="utf-8")) for name, file in every_page.items()}
