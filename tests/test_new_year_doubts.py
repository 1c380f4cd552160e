"""Tests of the dialogue about a new year: what is asked, accepted, refused, or left open."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from new_years import heading, new_year, raw, spoilt, state
from world import World, real
from world_2014 import LATER
from world_2014_books import OFSTED, Sheets, write_workbooks

Said = pytest.CaptureFixture[str]
Typed = Callable[..., None]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    root = tmp_path / "project"
    root.mkdir()
    return real(root, monkeypatch)


@pytest.fixture(scope="session")
def mail(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The three workbooks as they came."""
    return [str(path) for path in write_workbooks(tmp_path_factory.mktemp("mail"))]


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch) -> Typed:
    """What a person at a terminal types, line by line."""

    def at_terminal(*lines: str) -> None:
        waiting = list(lines)
        monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
        monkeypatch.setattr("builtins.input", lambda prompt="": waiting.pop(0))

    return at_terminal


@pytest.mark.parametrize(("line", "code"), [("n", 1), ("no", 1), ("", 0), ("y", 0)])
def test_at_a_terminal_the_analyst_accepts_or_refuses(
    project: World, mail: list[str], typed: Typed, line: str, code: int
) -> None:
    before = state(project)
    typed(line)
    assert new_year(*mail) == code
    assert (state(project) == before) == (code == 1)


def test_a_heading_much_like_a_known_one_is_taken_in_doubt(
    project: World, tmp_path: Path, capsys: Said
) -> None:
    files = spoilt(tmp_path, heading("Ofsted Summary", "Inadequate", "Inadequat"))
    assert new_year(*files, "--yes") == 0
    said = capsys.readouterr().out
    assert re.search(r'"Inadequat" in .* means n_inadequate .*\(in doubt\)', said)
    assert raw(project, "ofsted")[0].count("Inadequat") == 1


def test_a_heading_that_nobody_knows_is_asked_for_with_the_option_to_pass(
    project: World, tmp_path: Path, capsys: Said
) -> None:
    before = state(project)
    old = "2014/15 Agreed Funding from KAH (£000s)"
    files = spoilt(tmp_path, heading("Grants", old, "2014-15 Pot (£000s)"))
    assert new_year(*files, "--yes") == 2
    said = capsys.readouterr().err
    option = "funding:2014-15 Pot (£000s)=funding_2014_15_gbp"
    assert f"--heading '{option}'" in said
    assert state(project) == before
    assert new_year(*files, "--yes", "--heading", option) == 0
    block = yaml.safe_load(project.read("data/sources.yaml"))["2014"]["tables"]["funding"]
    assert block["headings"]["2014-15 Pot (£000s)"] == LATER
    assert block["scale"] == {"2014-15 Pot (£000s)": 1000}


def test_at_a_terminal_the_same_is_asked(
    project: World, tmp_path: Path, typed: Typed, capsys: Said
) -> None:
    old = "2014/15 Agreed Funding from KAH (£000s)"
    files = spoilt(tmp_path, heading("Grants", old, "2014-15 Pot (£000s)"))
    typed("7", "x", "1", "y")
    assert new_year(*files) == 0
    assert "Which is it?" in capsys.readouterr().out
    assert "2014-15 Pot (£000s)" in raw(project, "funding")[0]


def test_two_sheets_with_one_table_are_a_question(
    project: World, tmp_path: Path, capsys: Said
) -> None:
    def twice(sheets: Sheets) -> None:
        sheets["Cover"] = sheets["Ofsted Summary"]

    before = state(project)
    files = spoilt(tmp_path, twice)
    assert new_year(*files, "--yes") == 2
    said = capsys.readouterr().err
    assert f"--table 'ofsted={OFSTED}#Cover'" in said
    assert f"--table 'ofsted={OFSTED}#Ofsted Summary'" in said
    assert state(project) == before
    assert new_year(*files, "--dry-run", "--table", f"ofsted={OFSTED}#Cover") == 0
    assert f"from {OFSTED}#Cover" in capsys.readouterr().out
    assert new_year(*files, "--dry-run", "--skip", f"{OFSTED}#Cover") == 0
    assert "passed over, as you said" in capsys.readouterr().out


def test_a_new_column_that_is_much_like_ours_is_left_out_in_doubt(
    project: World, tmp_path: Path, capsys: Said
) -> None:
    files = spoilt(tmp_path, heading("Ofsted Summary", "Lead person", "Good last year"))
    assert new_year(*files, "--yes") == 0
    assert re.search(r'"Good last year" .* left out \(in doubt\)', capsys.readouterr().out)
    assert "Good last year" not in raw(project, "ofsted")[0]


def test_money_of_other_years_than_follow_is_asked_about(
    project: World, tmp_path: Path, capsys: Said
) -> None:
    def earlier(sheets: Sheets) -> None:
        for row in sheets["Grants"]:
            if "District" in row:
                row[3:] = ["2012/13 Funding", "2013/14 Funding (£000s)", "Continuing in 2013/14"]

    assert new_year(*spoilt(tmp_path, earlier), "--yes") == 2
    said = capsys.readouterr().err
    assert "other years than follow on 2013" in said
    assert "--heading 'funding:2012/13 Funding=funding_2012_13_gbp'" in said


def test_without_a_terminal_nothing_is_accepted_unless_told_so(
    project: World, mail: list[str], capsys: Said
) -> None:
    before = state(project)
    assert new_year(*mail) == 2
    assert "pass --yes" in capsys.readouterr().err
    assert state(project) == before


def test_a_dry_run_shows_it_all_and_writes_nothing(
    project: World, mail: list[str], capsys: Said
) -> None:
    before = state(project)
    assert new_year(*mail, "--dry-run") == 0
    assert "Nothing was written" in capsys.readouterr().out
    assert state(project) == before
