"""Tests of the tables of the next edition: read whole, refused with their row, or not there."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
import world_next
from conftest import Refused
from world import GROUPS, SHORT, YEAR, World
from world_next import HEADINGS, TABLES, add, put, tables_for

from analysis import cli
from analysis.errors import DataError
from analysis.sources.registry import NEXT_EDITION, OPTIONAL, load_release
from analysis.sources.registry import TABLES as COLUMNS
from analysis.tables.next_edition import grades_side_by_side, stage_ranks, targets_met
from analysis.tables.reading import Accepted, Rejected, read_one
from analysis.tables.tidy import load_study, make_study, save_study


def spoilt(world: World, table: str, row: int, column: str, to: str) -> World:
    """Give a county all four tables, one cell of them changed."""
    add(world)
    world.change(table, row, column, to)
    return world


def test_each_table_comes_out_under_our_names_row_for_row(nowhere: World) -> None:
    add(nowhere)
    study = make_study(YEAR)
    assert list(study.next_edition) == list(NEXT_EDITION)
    for name, frame in study.next_edition.items():
        columns = [*COLUMNS[name], *OPTIONAL.get(name, ())]
        assert list(frame) == ["collaboration", *columns[1:]]
        assert frame["collaboration"].tolist() == [row[0] for row in TABLES[name]]


def test_figures_words_and_blanks_are_those_of_the_file(nowhere: World) -> None:
    add(nowhere)
    tables = make_study(YEAR).next_edition
    absence = tables["targets"].iloc[11]
    assert (absence["target"], absence["result"], absence["baseline"]) == (5.0, 5.0, 8.0)
    assert absence["target_unit"] == "%"
    assert pd.isna(tables["targets"]["result"].iloc[9])
    assert tables["stages"]["framework_stage"].iloc[[0, 2, 3]].tolist() == [
        *("embedded", "emerged", "enhanced"),
    ]
    assert tables["stages"]["framework_stage_before"].isna().sum() == 2
    assert set(tables["gaps"]["key_stage"]) == {"ks2", "ks4"}
    assert tables["gaps"]["gap_pp"].tolist()[:3] == [1.0, 0.0, -1.0]
    assert set(tables["grades"]["grades_year"]) == {2030, 2031}


def test_what_was_written_is_what_is_read_again(nowhere: World) -> None:
    add(nowhere)
    study = make_study(YEAR)
    save_study(study)
    again = load_study(YEAR).next_edition
    assert list(again) == list(study.next_edition)
    for name, frame in study.next_edition.items():
        pd.testing.assert_frame_equal(again[name], frame)


def test_a_table_that_is_gone_leaves_no_file_of_it_behind(nowhere: World) -> None:
    add(nowhere)
    save_study(make_study(YEAR))
    content = nowhere.sources
    del content[YEAR]["tables"]["stages"]
    nowhere.write_sources(content)
    save_study(make_study(YEAR))
    folder = nowhere.root / "data" / "processed" / YEAR
    assert not (folder / "stages.parquet").exists()
    assert list(load_study(YEAR).next_edition) == ["targets", "gaps", "grades"]


def test_a_release_without_them_is_whole(nowhere: World) -> None:
    assert make_study(YEAR).next_edition == {}
    assert cli.main(["check"]) == 0


@pytest.mark.parametrize("table", NEXT_EDITION)
def test_each_table_may_stand_alone(table: str, nowhere: World) -> None:
    add(nowhere, table)
    assert list(make_study(YEAR).next_edition) == [table]


def test_stages_without_those_of_the_year_before_are_read(nowhere: World) -> None:
    put(nowhere, "stages", [["Collaboration", "Stage"], [GROUPS[0], "Enhanced"]])
    nowhere.refresh()
    frame = make_study(YEAR).next_edition["stages"]
    assert frame["framework_stage_before"].isna().all()
    assert stage_ranks(frame)["moved"].isna().all()


def test_printed_names_are_linked_as_in_the_other_tables(nowhere: World) -> None:
    add(nowhere, "stages")
    nowhere.change("stages", 2, "Collaboration", SHORT)
    nowhere.refresh()
    study = make_study(YEAR)
    assert study.next_edition["stages"]["collaboration"].iloc[0] == GROUPS[0]
    assert "stages" in set(study.links["table"])


def test_every_blank_of_a_promised_table_has_its_reason(nowhere: World) -> None:
    add(nowhere)
    study = make_study(YEAR)
    for name, frame in study.next_edition.items():
        told = study.missing[study.missing["table"] == name]
        assert len(told) == int(frame.isna().sum().sum())
        assert told["collaboration"].isin(GROUPS).all()


WRONG_CELLS = {
    "an unknown stage": ("stages", 3, "Stage", "Established", "value", "Stage", "emerged or"),
    "an unknown stage before": ("stages", 4, "Stage last year", "none", "value", "Stage last", ""),
    "no stage": ("stages", 5, "Stage", "", "value", "Stage", "a value"),
    "a group's second stage": (
        *("stages", 6, "Collaboration", GROUPS[0], "duplicate", "Collaboration"),
        "each name once",
    ),
    "a gap that does not follow": (
        *("gaps", 2, "Change of the gap", "4", "identity", "Change of the gap", "1: the gain"),
    ),
    "a gap with its sign turned": (
        *("gaps", 2, "Change of the gap", "-1", "identity", "Change of the gap", "1: the gain"),
    ),
    "a gain without the other": (
        *("gaps", 4, "Gain of other pupils", "", "identity", "Gain of other pupils", "both gains"),
    ),
    "a gain of nobody": (
        *("gaps", 5, "Disadvantaged pupils", "0", "identity", "Disadvantaged pupils", "behind"),
    ),
    "a gain of an unknown cohort": (
        *("gaps", 5, "Other pupils", "", "identity", "Other pupils", "the pupils behind"),
    ),
    "an unknown key stage": ("gaps", 6, "Key stage", "KS3", "value", "Key stage", "ks2 or ks4"),
    "a key stage twice": (
        *("gaps", 3, "Collaboration", GROUPS[0], "duplicate", "Collaboration", "key stage once"),
    ),
    "a result without its target": (
        *("targets", 2, "Agreed target", "", "identity", "Agreed target", "the target agreed"),
    ),
    "an unknown unit": ("targets", 17, "Unit", "metres", "value", "Unit", "% or pp or points"),
    "a percentage among points": (
        *("targets", 17, "Result", "51.5%", "identity", "Result", "one unit in a row"),
    ),
    "a percentage above 100": (
        *("targets", 3, "Result", "170", "identity", "Result", "from 0 to 100"),
    ),
    "a measure twice": (
        *("targets", 3, "Collaboration", GROUPS[0], "duplicate", "Collaboration", "measure once"),
    ),
    "no measure": ("targets", 3, "Measure agreed", "", "value", "Measure agreed", "a value"),
    "a word for a figure": ("targets", 3, "Result", "met", "value", "Result", "a figure"),
    "grades that do not add up": (
        *("grades", 2, "Good", "4", "identity", "number of schools", "the sum of the five"),
    ),
    "a percentage that does not follow": (
        *("grades", 2, "% good or better", "61.0", "identity", "% good or better", "60.0"),
    ),
    "a group's year twice": (
        *("grades", 3, "Collaboration", GROUPS[0], "duplicate", "Collaboration", "year once"),
    ),
    "a third year": ("grades", 2, "Year", "2029", "identity", "Year", "grades of two years"),
    "no year": ("grades", 2, "Year", "", "value", "Year", "a value"),
    "a year of another century": ("grades", 2, "Year", "1930", "value", "Year", "a year"),
    "a name that nobody linked": (
        *("targets", 2, "Collaboration", "Acom", "names", "Collaboration", "Ofsted"),
    ),
}


@pytest.mark.parametrize("case", WRONG_CELLS)
def test_a_wrong_cell_is_refused_with_its_row_and_column(
    case: str, nowhere: World, refused: Refused
) -> None:
    table, row, column, to, code, where, expected = WRONG_CELLS[case]
    problem = refused(spoilt(nowhere, table, row, column, to))
    assert problem["file"] == f"data/raw/{YEAR}/{table}.csv"
    assert (problem["row"], problem["code"]) == (row, code)
    assert problem["column"].startswith(where)
    assert expected in problem["expected"]


def test_a_gap_may_differ_as_far_as_rounding_takes_it(nowhere: World) -> None:
    add(nowhere)
    for column, cell in (("Gain of disadvantaged pupils", "3.0"), ("Change of the gap", "2")):
        nowhere.change("gaps", 2, column, cell)
    nowhere.refresh()
    assert make_study(YEAR).next_edition["gaps"]["gap_pp"].iloc[0] == 2.0
    nowhere.change("gaps", 2, "Change of the gap", "2.0")
    nowhere.refresh()
    with pytest.raises(DataError, match=r"found 2\.0 for"):
        make_study(YEAR)


def test_a_row_whose_figures_are_all_kept_back_is_read(nowhere: World) -> None:
    add(nowhere)
    for column in ("Gain of disadvantaged pupils", "Gain of other pupils", "Change of the gap"):
        nowhere.change("gaps", 2, column, "")
    nowhere.change("gaps", 2, "Disadvantaged pupils", "")
    nowhere.refresh()
    row = make_study(YEAR).next_edition["gaps"].iloc[0]
    assert row[["gain_other_pp", "gap_pp", "cohort_disadvantaged"]].isna().all()


def test_a_column_of_these_tables_fits_no_other(nowhere: World) -> None:
    add(nowhere)
    content = nowhere.sources
    content[YEAR]["tables"]["ofsted"]["headings"]["Good"] = "baseline"
    nowhere.write_sources(content)
    with pytest.raises(DataError, match="no column of the targets table"):
        load_release(YEAR)


def test_a_target_of_a_fall_is_met_from_below_and_any_other_from_above() -> None:
    rows = [(75, 75, None), (75, 74, None), (5, 5, 8), (5, 6, 8), (5, 4, 5), (5, None, 8)]
    frame = pd.DataFrame(rows, columns=["target", "result", "baseline"], dtype="float64")
    judged = targets_met(frame)
    assert judged["met"].tolist()[:5] == [True, False, True, False, False]
    assert judged["met"].isna().tolist() == [False] * 5 + [True]
    assert judged["shortfall"].dropna().tolist() == [1.0, 1.0, 1.0]


def test_grades_of_both_years_stand_side_by_side(nowhere: World) -> None:
    add(nowhere)
    table = grades_side_by_side(make_study(YEAR).next_edition["grades"])
    assert len(table) == 13
    first, last = table.iloc[0], table.iloc[12]
    assert (first["before_pct"], first["after_pct"]) == (60.0, 80.0)
    assert pd.isna(last["before_pct"])


@pytest.mark.parametrize("table", NEXT_EDITION)
def test_one_file_is_read_alone_with_headings_that_councils_use(table: str, nowhere: World) -> None:
    add(nowhere)
    result = read_one(table, nowhere.file(table))
    assert isinstance(result, Accepted)
    assert len(result.rows) == len(TABLES[table])
    assert set(result.rows[0]) == set(HEADINGS[table].values())


def test_one_file_is_refused_alone_for_the_same_reasons(nowhere: World) -> None:
    spoilt(nowhere, "stages", 3, "Stage", "Established")
    result = read_one("stages", nowhere.file("stages"))
    assert isinstance(result, Rejected)
    (problem,) = result.problems
    assert (problem.row, problem.column) == (3, "Stage")


def test_a_table_drawn_for_any_groups_is_read(nowhere: World, tmp_path: Path) -> None:
    assert tables_for(GROUPS, 3, 2031) == tables_for(GROUPS, 3, 2031)
    assert tables_for(GROUPS, 3, 2031) != tables_for(GROUPS, 4, 2031)
    for seed in range(5):
        for name, cells in tables_for(GROUPS, seed, 2031).items():
            put(nowhere, name, cells)
        nowhere.refresh()
        tables = make_study(YEAR).next_edition
        assert {len(frame) for frame in tables.values()} == {36, 18}
    assert set(world_next.TABLES) == set(tables)
