"""Tests of what differs from the year before: told where it may be wrong, and only there."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import school_world
from two_years import LATER, with_a_second_year
from world import GROUPS, World

from analysis.errors import Problem
from analysis.sources.registry import load_release
from analysis.tables.drift import far_values
from analysis.tables.gathered import gather
from analysis.tables.rehearsal import rehearse

NOW, BEFORE = "2032/33 Funding", "2031/32 Funding"


@pytest.fixture
def later(nowhere: World) -> World:
    return with_a_second_year(nowhere)


def told(world: World, code: str) -> list[Problem]:
    world.refresh()
    found = rehearse(LATER)
    assert not [problem for problem in found if problem.severity == "error"], found
    return [one for one in found if one.code == code and one.severity == "warning"]


def rename(world: World, old: str, new: str) -> None:
    for table in ("ofsted", "funding", "gains"):
        cells = [[new if cell == old else cell for cell in row] for row in world.cells(table)]
        world.write(table, cells)


def drop(world: World, name: str) -> None:
    for table in ("ofsted", "funding", "gains"):
        world.write(table, [row for row in world.cells(table) if name not in row])
    cells = world.cells("ofsted")
    numbered = [[str(i), *row[1:]] for i, row in enumerate(cells)]
    world.write("ofsted", [cells[0], *numbered[1:]])


def put_groups(world: World, *lines: str) -> None:
    world.put("data/groups.csv", "\n".join(["year,earlier,later,kind,reason", *lines, ""]))


def test_a_year_like_the_one_before_gives_no_warning(later: World) -> None:
    assert [one for one in rehearse(LATER) if one.severity != "note"] == []


def test_a_group_under_a_like_name_is_one_warning_and_its_line_settles_it(later: World) -> None:
    rename(later, GROUPS[4], "Elder Made-Up Partnership")
    (problem,) = told(later, "groups")
    assert (problem.row, problem.column) == (6, "name")
    assert f"'{GROUPS[4]}' of 2031 is gone" in problem.found
    line = f"2032,{GROUPS[4]},Elder Made-Up Partnership,renamed,WHY YOU KNOW"
    assert problem.remedy.endswith(f"add to data/groups.csv so: {line}")
    put_groups(later, line)
    assert told(later, "groups") == []


def test_groups_that_became_one_get_a_line_each(later: World) -> None:
    drop(later, GROUPS[6])
    rename(later, GROUPS[7], "Gorse and Hazel Group")
    (problem,) = told(later, "groups")
    lines = [f"2032,{name},Gorse and Hazel Group,merged,WHY YOU KNOW" for name in GROUPS[6:8]]
    assert all(line in problem.remedy for line in lines)
    put_groups(later, *lines)
    assert told(later, "groups") == []


def test_a_group_that_ended_and_one_that_is_new_are_two_warnings(later: World) -> None:
    drop(later, GROUPS[6])
    cells = later.cells("ofsted")
    later.write("ofsted", [*cells, [str(len(cells)), "Zebra Crossing", "1", *"10000", "100.0"]])
    new, gone = told(later, "groups")
    assert new.found.startswith("'Zebra Crossing', a group that the tables of 2031 do not name")
    assert (gone.row, gone.found) == (None, f"no row for '{GROUPS[6]}', a group of 2031")
    assert "nothing is to do" in gone.remedy


@pytest.mark.parametrize(
    ("line", "column"),
    [
        (f"2032,Nobody,{GROUPS[1]},renamed,why", "earlier"),
        (f"2032,{GROUPS[1]},Nobody,renamed,why", "later"),
    ],
)
def test_a_line_about_a_group_that_no_table_names_is_told_at_its_place(
    later: World, line: str, column: str
) -> None:
    put_groups(later, f"2031,Old,{GROUPS[0]},renamed,of another year", line)
    problem = told(later, "groups")[0]
    assert (problem.file, problem.row, problem.column) == ("data/groups.csv", 3, column)
    assert "'Nobody'" in problem.found


def test_a_malformed_list_of_groups_is_an_error(later: World) -> None:
    put_groups(later, "2032,A,B,moved,why")
    (problem,) = [one for one in rehearse(LATER) if one.severity == "error"]
    assert (problem.file, problem.row, problem.code) == ("data/groups.csv", 2, "groups")


@pytest.mark.parametrize(
    ("to", "far"), [("£15,001", True), ("£15,000", False), ("£1,666", True), ("£1,667", False)]
)
def test_money_more_than_three_times_as_much_or_as_little_is_told(
    later: World, to: str, far: bool
) -> None:
    later.change("funding", 2, NOW, to)
    assert [one.row for one in told(later, "far")] == ([2] if far else [])


def test_a_group_with_many_times_its_schools_is_told(later: World) -> None:
    cells = later.cells("ofsted")
    cells[3][2:] = ["20", "4", "12", "4", "0", "0", "80.0"]
    later.write("ofsted", cells)
    (problem,) = told(later, "far")
    assert (problem.row, problem.column) == (4, "number of schools")
    assert "about 5, as in 2031" in problem.expected or "as in 2031" in problem.expected


def test_money_of_the_same_school_year_that_was_restated_is_told(later: World) -> None:
    later.change("funding", 3, BEFORE, "£5,600")
    (problem,) = told(later, "restated")
    assert (problem.row, problem.column) == (3, BEFORE)
    assert problem.found == f"£5,600 for 2031/32 for '{GROUPS[1]}'"
    assert problem.expected == "£5,500, as in 2031"


def test_money_in_long_form_is_compared_under_the_heading_it_has(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = school_world.made(tmp_path, monkeypatch)
    content = world.sources
    content["2032"] = {**content[school_world.YEAR], "results_of": 2032}
    world.write_sources(content)
    shutil.copytree(world.file("funding").parent, tmp_path / "data" / "raw" / "2032")
    later = World(world.root, "2032")
    later.change("funding", 3, "amount", "£9,900")
    now, before = (gather(load_release(year)) for year in ("2032", school_world.YEAR))
    found = {(one.row, one.column, one.code) for one in far_values(now, before, {})}
    assert found == {(2, "amount", "far"), (2, "amount", "restated")}


def test_a_merged_groups_money_is_compared_with_the_sum_of_those_it_came_from(
    later: World,
) -> None:
    drop(later, GROUPS[6])
    put_groups(later, f"2032,{GROUPS[6]},{GROUPS[5]},merged,made up")
    (problem,) = told(later, "restated")
    assert problem.expected == "£15,500, as in 2031"  # 7,500 and 8,000


def test_a_gain_beyond_all_of_last_years_is_told_and_one_that_occurred_is_not(
    later: World,
) -> None:
    later.change("gains", 3, "ks2_1", "14")
    assert told(later, "far") == []
    later.change("gains", 3, "ks2_1", "70")
    (problem,) = told(later, "far")
    assert (problem.row, problem.column) == (3, "ks2_1")
    assert problem.found == f"70 for '{GROUPS[1]}'"


def test_many_far_values_of_a_column_are_five_and_a_line_that_counts_the_rest(
    later: World,
) -> None:
    for row in range(2, 11):
        later.change("gains", row, "ks2_1", "90")
    found = told(later, "far")
    assert [one.row for one in found] == [2, 3, 4, 5, 6, 7]
    assert found[-1].found == "4 more such values, in the rows 7, 8, 9, 10"


@pytest.mark.parametrize(("left", "warned"), [(9, True), (10, False)])
def test_a_table_with_a_third_fewer_rows_is_told(later: World, left: int, warned: bool) -> None:
    later.write("gains", later.cells("gains")[: left + 1])
    found = told(later, "count")
    assert [(one.found, one.row) for one in found] == ([(f"{left} rows", None)] if warned else [])


def test_how_many_groups_a_table_covers_is_noted_and_warned_of_when_it_halves(
    later: World,
) -> None:
    notes = [one for one in rehearse(LATER) if one.code == "join"]
    assert [(one.severity, one.found) for one in notes] == [
        ("note", "rows for 15 of the 18 groups of the Ofsted table"),
        ("note", "rows for 14 of the 18 groups of the Ofsted table"),
    ]
    later.write("gains", later.cells("gains")[:7])
    (problem,) = told(later, "join")
    assert problem.found == "rows for 6 of the 18 groups of the Ofsted table"


def test_what_is_an_error_already_is_not_called_far_as_well(later: World) -> None:
    later.change("ofsted", 2, "number of schools", "60")
    found = [one for one in rehearse(LATER) if one.severity != "note"]
    assert [(one.row, one.code) for one in found] == [(2, "identity")]


def test_a_year_before_that_can_not_be_read_hides_nothing_of_this_year(
    nowhere: World, later: World
) -> None:
    nowhere.change("ofsted", 2, "name", "")
    nowhere.change("funding", 2, "2030/31 Funding", "x")
    later.change("gains", 3, "ks2_1", "x")
    found = [one for one in rehearse(LATER) if one.severity == "error"]
    assert [one.file for one in found] == ["data/raw/2032/gains.csv"]
