"""Tests of the door: commands, exit codes, and how a mistake is answered."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
from typing import Any

import pytest
from conftest import KEYS
from world import YEAR, World

from analysis import cli
from analysis.errors import DataError, GateError, Problem, quoted
from analysis.page import pipeline
from analysis.tables import rehearsal, tidy

Said = pytest.CaptureFixture[str]


def spoil_two(world: World) -> None:
    world.change("gains", 3, "ks2_1", "x")
    world.change("gains", 4, "ks2_1", "y")


def test_a_sound_project_passes(nowhere: World, capsys: Said) -> None:
    for command in (["check"], ["check", YEAR]):
        assert cli.main(command) == 0
        last = capsys.readouterr().out.splitlines()[-1]
        assert last == "Nothing found that would stop a run. Next: make findings"
    assert cli.main(["check", "--json"]) == 0
    assert {one["severity"] for one in json.loads(capsys.readouterr().out)} == {"note"}


def test_two_problems_are_one_shown_whole_and_the_other_counted(
    nowhere: World, capsys: Said
) -> None:
    spoil_two(nowhere)
    assert cli.main(["build"]) == 1
    first, rest = capsys.readouterr().err.splitlines()
    assert first.startswith("DataError: data/raw/2031/gains.csv row 3, column \"ks2_1\": found 'x'")
    assert rest == "and 1 more; see them all with: analysis check"


def test_the_check_shows_all_problems_in_words_and_as_json(nowhere: World, capsys: Said) -> None:
    spoil_two(nowhere)
    assert cli.main(["check"]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[:2] == ["Errors: each stops a run.", "  data/raw/2031/gains.csv"]
    assert [line.partition(",")[0] for line in lines[2:4]] == [
        "    [value] row 3",
        "    [value] row 4",
    ]
    assert cli.main(["check", "--json"]) == 1
    problems: list[dict[str, Any]] = json.loads(capsys.readouterr().out)[:2]
    assert all(set(problem) == KEYS for problem in problems)
    assert [(p["row"], p["column"], p["severity"]) for p in problems] == [
        (3, "ks2_1", "error"),
        (4, "ks2_1", "error"),
    ]


def test_a_problem_that_all_years_share_is_told_once(nowhere: World, capsys: Said) -> None:
    text = nowhere.read("data/sources.yaml")
    nowhere.put(
        "data/sources.yaml", text.replace(f"'{YEAR}':", f"'{YEAR}': &all") + "'2032': *all\n"
    )
    nowhere.put(
        "params.yaml", nowhere.read("params.yaml").replace("- '2031'", "- '2031'\n- '2032'")
    )
    nowhere.put("data/names.csv", "nothing\n")
    raw = nowhere.root / "data" / "raw"
    (raw / "2032").symlink_to(raw / YEAR)
    assert cli.main(["check", "--json"]) == 1
    said = json.loads(capsys.readouterr().out)
    assert [p["file"] for p in said if p["severity"] == "error"] == ["data/names.csv"]


@pytest.mark.parametrize("year", ["1999", "2032", "../2031", "٢٠٣١", "", "x" * 500])
def test_an_unknown_year_is_a_mistake_of_usage(nowhere: World, capsys: Said, year: str) -> None:
    for asked in (["check", year or "0"], ["check", "--json", year or "0"]):
        assert cli.main(asked) == 2
        out, said = capsys.readouterr()
        assert (out, len(said.splitlines())) == ("", 1)
        assert said.startswith("Error: data/sources.yaml has no year ")
        assert said.endswith(f"it has {YEAR}.\n")


def test_a_year_of_the_parameters_without_a_block_is_a_mistake_in_the_data(
    nowhere: World, capsys: Said
) -> None:
    text = nowhere.read("params.yaml").replace("- '2031'", "- '2031'\n- '2032'")
    nowhere.put("params.yaml", text)
    assert cli.main(["check"]) == 1
    assert "found no block for this year" in capsys.readouterr().out


def test_a_stage_of_a_year_outside_params_is_a_mistake_of_usage(
    nowhere: World, capsys: Said
) -> None:
    before = nowhere.made()
    assert cli.main(["stage", "tables", "--year", "1999"]) == 2
    assert capsys.readouterr().err == "Error: params.yaml has no year '1999'; it has 2031.\n"
    assert nowhere.made() == before


def test_a_stage_finds_its_year_in_the_name_that_dvc_gives_it(
    nowhere: World, monkeypatch: pytest.MonkeyPatch, capsys: Said
) -> None:
    before = nowhere.made()
    monkeypatch.delenv("DVC_STAGE", raising=False)
    assert cli.main(["stage", "tables"]) == 2
    assert "Say which year" in capsys.readouterr().err
    for file in (nowhere.root / "data" / "processed").rglob("*.parquet"):
        file.unlink()
    monkeypatch.setenv("DVC_STAGE", "dvc.yaml:tables@2031")
    assert cli.main(["stage", "tables"]) == 0
    assert nowhere.made() == before


@pytest.mark.parametrize("name", ["chapters@2031", "tables@2031; touch X", "tables@", "tables"])
def test_another_stages_name_gives_no_year(
    nowhere: World, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv("DVC_STAGE", name)
    assert cli.main(["stage", "tables"]) == 2


@pytest.mark.parametrize(
    "arguments", [[], ["fly"], ["stage"], ["stage", "pages"], ["check", "--x"]]
)
def test_an_unknown_command_is_a_mistake_of_usage(arguments: list[str], capsys: Said) -> None:
    with pytest.raises(SystemExit) as caught:
        cli.main(arguments)
    assert caught.value.code == 2
    assert "usage: analysis" in capsys.readouterr().err


def test_nothing_is_run_before_every_year_has_been_read(
    nowhere: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pipeline, "reproduce", lambda _: pytest.fail("was run"))
    spoil_two(nowhere)
    assert cli.main(["build"]) == 1


def test_a_sound_project_is_handed_on_with_the_stages_asked_for(
    nowhere: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def reproduce(stages: list[str]) -> int:
        asked.extend(stages)
        return 7

    monkeypatch.setattr(pipeline, "reproduce", reproduce)
    assert cli.main(["build", "chapters@2031"]) == 7
    assert asked == ["chapters@2031"]


def test_a_full_disk_is_one_clear_line_wherever_it_fills_up(
    nowhere: World, monkeypatch: pytest.MonkeyPatch, capsys: Said
) -> None:
    before, honest = nowhere.made(), os.fsync
    nowhere.change("funding", 3, "2030/31 Funding", "£20,001")
    nowhere.change("coverage", 2, "members", "91")
    nowhere.refresh()
    failed = 0
    for failing in range(len(tidy.STORED) + 1):
        left = iter(range(failing))

        def full(handle: int, left: Any = left) -> None:
            if next(left, None) is None:
                raise OSError(errno.ENOSPC, "No space left on device")
            honest(handle)

        monkeypatch.setattr(os, "fsync", full)
        if cli.main(["stage", "tables", "--year", YEAR]) == 0:
            break
        failed += 1
        said = capsys.readouterr().err
        assert said.startswith("Error: data/processed/2031/")
        assert len(said.splitlines()) == 1
        assert nowhere.made() == before
    assert failed >= 2  # the funding and the coverage that were changed above
    assert nowhere.made() != before


def test_ctrl_c_is_answered_without_a_traceback(
    nowhere: World, monkeypatch: pytest.MonkeyPatch, capsys: Said
) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(rehearsal, "rehearse", interrupt)
    assert cli.main(["check"]) == 130
    assert "last good pages are as they were" in capsys.readouterr().err


def test_a_fault_of_the_software_is_not_hidden(
    nowhere: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rehearsal, "rehearse", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        cli.main(["check"])


def test_other_mistakes_are_one_line_without_the_word_data(
    nowhere: World, monkeypatch: pytest.MonkeyPatch, capsys: Said
) -> None:
    def refuse(*_: object) -> None:
        raise GateError("the page says too much")

    monkeypatch.setattr(rehearsal, "rehearse", refuse)
    assert cli.main(["build"]) == 1
    assert capsys.readouterr().err == "Error: the page says too much\n"


def test_a_terminal_without_the_pound_sign_gets_an_answer_too(nowhere: World) -> None:
    nowhere.change("funding", 3, "2030/31 Funding", "£42,00")
    done = subprocess.run(
        [sys.executable, "-m", "analysis.cli", "check"],
        env={**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONWARNINGS": "error"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (1, "")
    assert r"\xa342,00" in done.stdout


def test_a_problem_reads_as_place_evidence_and_next_step() -> None:
    problem = Problem("f.csv", "'x'", "a number", "Mend it.", row=3, column="Good")
    assert str(problem) == "f.csv row 3, column \"Good\": found 'x'; expected a number. Mend it."
    whole = Problem("f.csv", "no file", "a table", "Put it there.")
    assert str(whole) == "f.csv: found no file; expected a table. Put it there."
    assert str(DataError([problem, whole])) == f"{problem}\n{whole}"


@pytest.mark.parametrize(
    "value", ["a\x1b[31m", "\u202e", "x" * 10**6, [[["x" * 999] * 99] * 99] * 99]
)
def test_a_foreign_value_is_shown_short_and_harmless(value: object) -> None:
    shown = quoted(value)
    assert len(shown) < 1000
    assert shown.isprintable()
