"""Tests that the tutorial shows what the commands say, and can be followed to the pages."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
from pathlib import Path

import pytest
import yaml
from tutorial import PAGE, names_on, outputs, renewed
from world import PROJECT, World, kept_environment, real
from world_2014_books import write_workbooks

from analysis import cli

Said = pytest.CaptureFixture[str]
TEXT = PAGE.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return outputs(tmp_path_factory.mktemp("tutorial"))


def test_every_output_on_the_page_is_what_the_command_says(said: dict[str, str]) -> None:
    assert sorted(names_on(TEXT)) == sorted(said)
    assert renewed(TEXT, said) == TEXT, "renew it: python tests/tutorial.py"


def pasted() -> list[str]:
    return [
        line
        for block in re.findall(r"```csv\n(.*?)```", TEXT, re.DOTALL)
        for line in block.split("\n")
    ]


def test_what_the_page_says_to_paste_is_what_the_check_asks_for(
    said: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Said
) -> None:
    lines = [line for line in pasted() if line]
    assert len(lines) == 3
    for line in lines:
        assert ",".join(line.split(",")[:3]) in said["checked"], line
    world = real(tmp_path, monkeypatch)
    files = [str(path) for path in write_workbooks(tmp_path / "mail")]
    assert cli.main(["new-year", "2014", *files, "--yes"]) == 0
    known = (PROJECT / "data" / "groups.csv").read_text(encoding="utf-8")
    world.put("data/groups.csv", known + "\n".join([*lines, ""]))
    capsys.readouterr()
    assert cli.main(["check", "2014", "--json"]) == 0
    told = [p for p in json.loads(capsys.readouterr().out) if p["code"] == "groups"]
    for line in lines:
        _, earlier, later, *_ = line.split(",")
        assert not [p for p in told if earlier in p["found"] or later in p["found"]]


@pytest.mark.parametrize("target", sorted(set(re.findall(r"(?:^|`)make ([a-z-]+)", TEXT, re.M))))
def test_every_target_that_the_page_names_is_there(target: str) -> None:
    makefile = (PROJECT / "Makefile").read_text(encoding="utf-8")
    assert re.search(rf"^{target}:", makefile, re.MULTILINE)


def whole(root: Path, patch: pytest.MonkeyPatch) -> World:
    """Return a project of 2013 alone that can be built as a reader would."""
    root.mkdir()
    world = real(root, patch)
    for folder in ("notebooks", ".dvc", "src", "findings/published"):
        left_out = shutil.ignore_patterns("__pycache__", "tmp", "cache", "config.local")
        shutil.copytree(PROJECT / folder, root / folder, ignore=left_out)
    reviewed = ("data/corrections.yaml", "data/groups.csv")
    for file in ("dvc.yaml", "requirements.lock", ".dvcignore", *reviewed):
        shutil.copy(PROJECT / file, root / file)
    params = yaml.safe_load(world.read("params.yaml"))
    world.put("params.yaml", yaml.safe_dump({**params, "permutations": 1000}))
    return world


def fingerprints(world: World, year: str) -> dict[str, str]:
    files = sorted(f for f in (world.root / "findings" / year).rglob("*") if f.is_file())
    return {str(f): hashlib.sha256(f.read_bytes()).hexdigest() for f in files}


def test_from_the_workbooks_to_pages_only_the_new_year_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    world = whole(tmp_path / "project", monkeypatch)
    files = [str(path) for path in write_workbooks(tmp_path / "mail")]
    with kept_environment():
        os.environ["ANALYSIS_ENGINE"] = "in_process"
        assert cli.main(["build"]) == 0, capfd.readouterr().err
        before = fingerprints(world, "2013")
        assert cli.main(["new-year", "2014", *files, "--yes"]) == 0
        capfd.readouterr()
        assert cli.main(["build"]) == 0, capfd.readouterr().err
        ran = re.findall(r"^(\w+(?:@\w+)?) \.\.\.$", capfd.readouterr().out, re.MULTILINE)
    assert ran == ["reviewed", "tables@2014", "chapters@2014", "since@2014", "index"]
    assert before
    assert fingerprints(world, "2013") == before
    pages = {path.name for path in (world.root / "findings" / "2014").glob("*.html")}
    assert pages == {path.name for path in (world.root / "findings" / "2013").glob("*.html")}
    assert all(
        "SIMULATED" in page.read_text("utf-8")
        for page in (world.root / "findings" / "2014").glob("*.html")
    )
    assert "2014/07_findings.html" in world.read("findings/index.html")
