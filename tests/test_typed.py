"""Tests of typed tables: headings, types, and a reason for every missing value."""

from __future__ import annotations

import pandas as pd
import pytest
from world import World

from analysis.errors import DataError, Problem
from analysis.sources.declared import read_typed
from analysis.sources.registry import load_release
from analysis.sources.typed import TypedTable, read_text


def typed(world: World, table: str) -> TypedTable:
    return read_typed(load_release(world.year).tables[table])


def problems(world: World, table: str) -> list[Problem]:
    with pytest.raises(DataError) as caught:
        typed(world, table)
    return caught.value.problems


def test_each_column_has_its_declared_type_and_each_row_its_line(nowhere: World) -> None:
    frame = typed(nowhere, "funding").frame
    assert frame["row"].tolist() == list(range(2, 18))
    assert {column: str(kind) for column, kind in frame.dtypes.items()} == {
        "row": "int64",
        **dict.fromkeys(["area", "district", "name", "continuing"], "str"),
        "funding_2030_31_gbp": "float64",
        "funding_2031_32_gbp": "float64",
    }
    assert str(typed(nowhere, "ofsted").frame["n_good"].dtype) == "Int64"


def test_columns_are_found_by_heading_whatever_their_order(nowhere: World) -> None:
    before = typed(nowhere, "gains").frame
    nowhere.write("gains", [list(reversed(line)) for line in nowhere.cells("gains")])
    pd.testing.assert_frame_equal(typed(nowhere, "gains").frame[before.columns], before)


def test_every_missing_value_has_its_row_its_column_and_its_reason(nowhere: World) -> None:
    nowhere.change("funding", 2, "2031/32 Funding", " tbc ")
    nowhere.change("funding", 3, "2031/32 Funding", "n/a")
    missing = typed(nowhere, "funding").missing
    lines = set(missing.itertuples(index=False, name=None))
    assert (2, "funding_2031_32_gbp", " tbc ", "to be confirmed") in lines
    assert (3, "funding_2031_32_gbp", "n/a", "not applicable") in lines
    assert (5, "funding_2031_32_gbp", "", "blank") in lines
    frame = typed(nowhere, "funding").frame
    assert len(missing) == int(frame.isna().sum().sum())


def test_a_cell_can_be_looked_up_as_it_was_printed(nowhere: World) -> None:
    assert typed(nowhere, "funding").printed(3, "funding_2030_31_gbp") == "£20,000"


@pytest.mark.parametrize("name", ["NA", "None", "null", "nan", "TRUE", "007", "1E5", "<b>&</b>"])
def test_a_name_that_looks_like_something_else_stays_text(nowhere: World, name: str) -> None:
    nowhere.change("gains", 5, "name", name)
    frame = typed(nowhere, "gains").frame
    assert frame.loc[3, "name"] == name
    assert not frame["name"].isna().any()


def test_every_cell_that_is_not_of_its_form_is_told_at_once(nowhere: World) -> None:
    nowhere.change("gains", 3, "ks2_1", "x")
    nowhere.change("gains", 9, "ks2_3", "1e1")
    found = [(p.row, p.column, p.found) for p in problems(nowhere, "gains")]
    assert found == [(3, "ks2_1", "'x'"), (9, "ks2_3", "'1e1' (an exponent)")]


def test_every_lost_heading_is_told_with_the_nearest_that_is_there(nowhere: World) -> None:
    cells = nowhere.cells("gains")
    cells[0][1:3] = ["ks2 1", "KS2_2"]
    nowhere.write("gains", cells)
    found = problems(nowhere, "gains")
    assert [(p.row, p.column) for p in found] == [(1, "ks2_1"), (1, "ks2_2")]
    assert "'ks2 1'" in found[0].found


def test_columns_that_nobody_declared_are_refused(nowhere: World) -> None:
    cells = nowhere.cells("gains")
    nowhere.write("gains", [[*line, f"x{i}", ""] for i, line in enumerate(cells)])
    assert [p.column for p in problems(nowhere, "gains")] == ["cell 9", "x0"]


def test_a_heading_twice_is_refused(nowhere: World) -> None:
    nowhere.write("gains", [[*line, line[1]] for line in nowhere.cells("gains")])
    assert [(p.column, p.found) for p in problems(nowhere, "gains")] == [
        ("ks2_1", "the same heading twice")
    ]


def test_a_heading_without_rows_is_refused(nowhere: World) -> None:
    nowhere.write("gains", nowhere.cells("gains")[:1])
    assert [(p.row, p.found) for p in problems(nowhere, "gains")] == [(1, "a heading without rows")]


def test_a_table_of_words_is_read_under_our_names(nowhere: World) -> None:
    frame = read_text(load_release(nowhere.year).tables["claims"])
    assert frame["row"].tolist()[:2] == [2, 3]
    assert frame["printed"].tolist()[:2] == ["17", "18"]
    assert frame.loc[0, "other_recipe"] == ""
