"""Tests of which reviewed lines concern a year: those of its printed names, and no others."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import school_world
from two_years import LATER, with_a_second_year
from world import GROUPS, OTHER, SHORT, YEAR, World

from analysis import cli
from analysis.sources.corrections import FILE
from analysis.sources.reviewed import reviewed


def names(year: str = YEAR) -> list[str]:
    lines = reviewed(year)["names"]
    assert isinstance(lines, list)
    return [line[0] for line in lines]


def add(world: World, line: str) -> None:
    world.put("data/names.csv", f"{world.read('data/names.csv')}{line}\n")


def test_the_lines_of_the_names_in_a_years_files_concern_it_and_others_do_not(
    nowhere: World,
) -> None:
    add(nowhere, f"A Name of Another Year,{GROUPS[1]},name,made up so")
    assert names() == [SHORT, OTHER]


@pytest.mark.parametrize(
    ("printed", "line"),
    [
        ('Briar "M-U" Group', '"Briar ""M-U"" Group"'),
        ("Briar, Group", '"Briar, Group"'),
        ("Briar  \u00a0Group", "Briar Group"),
    ],
)
def test_quotation_marks_and_spaces_do_not_hide_a_name(
    nowhere: World, printed: str, line: str
) -> None:
    nowhere.change("gains", 3, "name", printed)
    add(nowhere, f"{line},{GROUPS[1]},name,made up so")
    assert len(names()) == 3


def test_a_name_in_another_encoding_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = school_world.made(tmp_path, monkeypatch)
    data = made.file("members").read_text(encoding="utf-8").replace("Alder", "Älder")
    made.file("members").write_bytes(data.encode("cp1252"))
    add(made, f"Älder Made-Up Group,{school_world.GROUPS[0]},name,made up so")
    assert "Älder Made-Up Group" in names(school_world.YEAR)


def test_a_line_on_which_another_rests_concerns_the_year_too(nowhere: World) -> None:
    nowhere.change("gains", 3, "name", "Briar Hub")
    add(nowhere, "Briar Hub,Briar of Old,name,made up so")
    add(nowhere, "Briar of Old,Briar of Old,name,in no table but a group of its own")
    assert names()[-2:] == ["Briar Hub", "Briar of Old"]


def test_a_year_has_its_own_corrections_or_none(nowhere: World) -> None:
    with_a_second_year(nowhere)
    nowhere.put(FILE, f'"{LATER}": [{{table: gains}}]\n')
    assert reviewed(LATER)["corrections"] == [{"table": "gains"}]
    assert reviewed(YEAR)["corrections"] == []


def test_the_stage_writes_a_file_a_year_and_removes_those_of_years_that_are_gone(
    nowhere: World,
) -> None:
    nowhere.put("data/reviewed/1999.json", "{}")
    assert cli.main(["stage", "reviewed"]) == 0
    (file,) = (nowhere.root / "data" / "reviewed").iterdir()
    assert file.name == f"{YEAR}.json"
    assert json.loads(file.read_text(encoding="utf-8")) == reviewed(YEAR)


def test_a_later_years_line_leaves_an_earlier_years_file_as_it_is(nowhere: World) -> None:
    assert cli.main(["stage", "reviewed"]) == 0
    file = nowhere.root / "data" / "reviewed" / f"{YEAR}.json"
    before = file.read_bytes()
    later = with_a_second_year(nowhere)
    later.change("gains", 3, "name", "Briar of Next Year")
    add(nowhere, f"Briar of Next Year,{GROUPS[1]},name,made up so")
    text = nowhere.read("params.yaml").replace(f"- '{YEAR}'", f"- '{YEAR}'\n- '{LATER}'")
    nowhere.put("params.yaml", text)
    assert cli.main(["stage", "reviewed"]) == 0
    assert file.read_bytes() == before
    assert "Briar of Next Year" in names(LATER)
