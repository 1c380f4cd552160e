"""Tests of what a published table implies about itself."""

from __future__ import annotations

import pytest
from conftest import Refused
from world import World

from analysis.errors import DataError, Problem
from analysis.sources.check import check_lost_rows, check_rows, check_whole
from analysis.sources.declared import read_typed
from analysis.sources.registry import load_release
from analysis.sources.typed import TypedTable

HEADINGS = {"ofsted": "name", "funding": "Collaboration name", "gains": "name", "coverage": "phase"}


def typed(world: World, table: str) -> TypedTable:
    return read_typed(load_release(world.year).tables[table])


def problems(world: World, table: str, *changes: tuple[int, str, str]) -> list[Problem]:
    for row, column, to in changes:
        world.change(table, row, column, to)
    return check_rows(typed(world, table))


@pytest.mark.parametrize("project", ["kent", "nowhere"])
@pytest.mark.parametrize("table", HEADINGS)
def test_sound_tables_raise_nothing(
    project: str, table: str, request: pytest.FixtureRequest
) -> None:
    assert check_rows(typed(request.getfixturevalue(project), table)) == []


@pytest.mark.parametrize("table", HEADINGS)
@pytest.mark.parametrize("copy", [" {}", "{}\u00a0", "{}"])
def test_a_name_twice_is_one_problem_at_the_second_row(
    nowhere: World, table: str, copy: str
) -> None:
    heading = HEADINGS[table]
    first = nowhere.cells(table)[1][nowhere.cells(table)[0].index(heading)]
    found = problems(nowhere, table, (3, heading, copy.format(first)))
    assert [(p.row, p.column, p.code) for p in found] == [(3, heading, "duplicate")]
    assert "which row 2 already has" in found[0].found


@pytest.mark.parametrize("name", ["ace’s hub", "АСЕ's Hub", "ACE`s  Hub"])
def test_a_name_twice_in_look_alike_characters_is_found(nowhere: World, name: str) -> None:
    nowhere.change("ofsted", 2, "name", "ACE's Hub")
    found = problems(nowhere, "ofsted", (3, "name", name))
    assert [(p.row, p.column, p.code) for p in found] == [(3, "name", "duplicate")]


@pytest.mark.parametrize(
    ("printed", "sound"),
    [
        ("60.0", True),
        ("60", True),
        ("60.00", True),
        ("60 %", True),
        ("60.1", False),
        ("59.9", False),
        ("61", False),
        ("60.01", False),
        ("n/a", True),
    ],
)
def test_a_percentage_follows_from_the_grades_to_its_last_printed_digit(
    nowhere: World, printed: str, sound: bool
) -> None:
    found = problems(nowhere, "ofsted", (5, "% good or better", printed))
    assert [p.column for p in found] == ([] if sound else ["% good or better"])


def test_a_percentage_may_be_printed_in_whole_numbers(nowhere: World) -> None:
    changes = [(3, "Good", "1"), (3, "number of schools", "3")]
    assert problems(nowhere, "ofsted", *changes, (3, "% good or better", "67")) == []
    assert len(problems(nowhere, "ofsted", (3, "% good or better", "66"))) == 1


def test_a_percentage_just_beyond_half_its_last_digit_is_refused(nowhere: World) -> None:
    four_of_seven = [(3, "number of schools", "7"), (3, "Good", "3"), (3, "RI", "3")]
    assert problems(nowhere, "ofsted", *four_of_seven, (3, "% good or better", "57.1")) == []
    found = problems(nowhere, "ofsted", (3, "% good or better", "57.2"))
    assert [(p.found[:4], p.expected[:4]) for p in found] == [("57.2", "57.1")]


@pytest.mark.parametrize(("good", "total"), [("2", 4), ("4", 6)])
def test_grades_that_add_up_to_fewer_or_more_than_the_schools_are_refused(
    nowhere: World, good: str, total: int
) -> None:
    (found,) = problems(nowhere, "ofsted", (2, "Good", good))
    assert (found.row, found.column) == (2, "number of schools")
    assert found.found.endswith(f"the five grades add up to {total}")


@pytest.mark.parametrize("column", ["number of schools", "Good", "Inadequate"])
def test_a_blank_count_is_refused_at_its_cell(nowhere: World, column: str) -> None:
    found = problems(nowhere, "ofsted", (4, column, ""))
    assert [(p.row, p.column, p.found) for p in found] == [(4, column, "a blank")]


def test_a_group_of_no_schools_is_refused(nowhere: World) -> None:
    columns = ("number of schools", "Outstanding", "Good", "RI")
    found = problems(nowhere, "ofsted", *((4, column, "0") for column in columns))
    assert [(p.row, p.column, p.expected) for p in found] == [
        (4, "number of schools", "at least one school")
    ]


def test_only_the_first_wrong_running_number_is_told(nowhere: World) -> None:
    found = problems(nowhere, "ofsted", (4, "number", "9"), (6, "number", ""))
    assert [(p.row, p.found) for p in found] == [(4, "9")]


@pytest.mark.parametrize("row", [2, 7, 12])
def test_the_odd_one_out_of_a_district_is_blamed_wherever_it_stands(
    nowhere: World, row: int
) -> None:
    found = problems(nowhere, "funding", (row, "Area", "West"))
    assert [(p.row, p.column) for p in found] == [(row, "Area")]
    assert "'North', as in row" in found[0].expected


def test_a_district_in_other_case_is_the_same_district(nowhere: World) -> None:
    found = problems(nowhere, "funding", (7, "District", "NODISTRICT 1"), (7, "Area", "South"))
    assert [(p.row, p.column) for p in found] == [(7, "Area")]


def test_each_broken_row_is_told(nowhere: World) -> None:
    found = problems(nowhere, "ofsted", (3, "Good", "9"), (5, "RI", "9"), (9, "RI", ""))
    assert [p.row for p in found] == [9, 3, 5]


@pytest.mark.parametrize("column", ["members", "schools"])
def test_coverage_needs_both_numbers(nowhere: World, column: str) -> None:
    assert [p.found for p in problems(nowhere, "coverage", (2, column, ""))] == ["a blank"]


def test_a_table_that_is_not_the_one_described_is_told_by_rows_then_by_bytes(
    nowhere: World,
) -> None:
    source = load_release(nowhere.year).tables["gains"]
    rows = list(range(2, 2 + source.rows))
    assert check_whole(source, rows) == []
    assert [p.code for p in check_whole(source, [*rows, 99])] == ["rows"]
    assert [p.code for p in check_lost_rows(source, rows[1:])] == ["rows"]
    assert check_lost_rows(source, [*rows, 99]) == []
    nowhere.replace("gains", b"\nBriar", b"\n Briar")
    assert [p.code for p in check_whole(source, rows)] == ["fingerprint"]


def test_what_changed_is_named_where_the_last_good_tables_tell(
    nowhere: World, refused: Refused
) -> None:
    nowhere.change("funding", 5, "2030/31 Funding", "£40,001")
    problem = refused(nowhere)
    assert (problem["row"], problem["column"]) == (5, "2030/31 Funding")
    assert problem["found"] == "'£40,001'"
    assert problem["expected"] == "40,000, as in the last good tables"
    assert problem["code"] == "fingerprint"


def test_a_changed_line_that_is_no_collaboration_is_named_too(
    nowhere: World, refused: Refused
) -> None:
    nowhere.change("funding", 17, "2030/31 Funding", "£1")
    assert (refused(nowhere)["row"]) == 17


def test_without_good_tables_the_file_as_a_whole_is_named(nowhere: World) -> None:
    (nowhere.root / "data/processed/2031/collaborations.parquet").write_bytes(b"torn")
    nowhere.change("funding", 5, "2030/31 Funding", "£40,001")
    from analysis.tables.tidy import make_study

    with pytest.raises(DataError, match="SHA-256"):
        make_study(nowhere.year)
