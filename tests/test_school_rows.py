"""Tests of files of schools and members of unknown origin, and of workbooks' sheets."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import dirty
import pytest

from analysis.errors import DataError
from analysis.sources.grids import Grid
from analysis.sources.layout import find_layout
from analysis.sources.registry import load_release
from analysis.sources.rosters import read_members
from analysis.sources.xlsx_parts import block as cells
from analysis.tables.reading import Accepted, Rejected, read_one

SCHOOLS = "urn,year,cohort,ks2_expected_pct\n100001,2016,28,72%\n100002,2016,30,SUPP\n"
MEMBERS = "urn,collaboration,joined,left\n100001,ACE,2012-09-01,\n100002,ACE,,2013-08-31\n"
GAINS = tuple(map(tuple, dirty.original("gains")))
HIDDEN = ("hidden sheet",)


def grid(rows: tuple[tuple[str, ...], ...] = GAINS, name: str = "one", *notes: str) -> Grid:
    return Grid("book.xlsx", name, rows, tuple(range(1, len(rows) + 1)), notes)


def accepted(folder: Path, table: str, text: str) -> Accepted:
    result = dirty.read(folder, table, text)
    assert isinstance(result, Accepted), [str(problem) for problem in result.problems]
    return result


def test_schools_are_read_with_their_codes(tmp_path: Path) -> None:
    result = accepted(tmp_path, "schools", SCHOOLS)
    assert result.rows == (
        {"urn": "100001", "year": 2016, "cohort": 28, "ks2_expected_pct": 72.0},
        {"urn": "100002", "year": 2016, "cohort": 30, "ks2_expected_pct": None},
    )
    assert result.missing[1] == {"ks2_expected_pct": "suppressed: too few pupils"}


def test_members_are_those_of_the_strict_path() -> None:
    source = load_release("simulated").members[0]
    frame = read_members(source).frame
    result = read_one("members", source.path)
    assert isinstance(result, Accepted)
    assert [row["urn"] for row in result.rows] == frame["urn"].tolist()
    assert [row["collaboration"] for row in result.rows] == frame["name"].tolist()
    for column in ("joined", "left"):
        days = frame[column].dt.strftime("%Y-%m-%d")
        expected = [day if isinstance(day, str) else None for day in days]
        assert [row[column] for row in result.rows] == expected


def _small(*lines: str) -> str:
    return "\n".join(["urn,year,cohort,ks2_expected_pct", *lines, ""])


def test_percentages_that_are_no_shares_of_the_cohort_are_read(tmp_path: Path) -> None:
    lines = [f"{100001 + i},2016,{8 + i},{61 + 3 * i}%" for i in range(12)]
    result = accepted(tmp_path, "schools", _small(*lines))
    assert [row["ks2_expected_pct"] for row in result.rows] == [61.0 + 3 * i for i in range(12)]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("100001", "100001.0"),
        ("100001", " 100001 "),
        ("urn", "URN"),
        ("urn,year", "Title of the file\nurn,year"),
        ("2016,28", "2015/16,28"),
        ("2016,28", "2016.0,28.0"),
        ("2016,28", "2015–16,28"),
        ("72%", "72.0"),
    ],
)
def test_a_dirty_file_of_schools_gives_the_same_rows(old: str, new: str, tmp_path: Path) -> None:
    expected = accepted(tmp_path, "schools", SCHOOLS).rows
    assert accepted(tmp_path, "schools", SCHOOLS.replace(old, new, 1)).rows == expected


@pytest.mark.parametrize(
    ("old", "new", "row", "column", "found"),
    [
        ("100001", "10001", 2, "urn", "'10001'"),
        ("100001", "０00001", 2, "urn", "another script"),
        ("100002", "100001", 3, "urn", "row 2 already has"),
        ("72%", "0.72", 2, "ks2_expected_pct", "'0.72'"),
        ("72%", "172", 2, "ks2_expected_pct", "'172'"),
        ("28", "2.8E1", 2, "cohort", "an exponent"),
        ("28", "0", 2, "cohort", "0 pupils, but a result"),
        ("year", "yaer", 1, "year", "no column with this heading"),
        ("cohort", "size", 1, "cohort", "no column with this heading"),
        ("28", "6", 2, "ks2_expected_pct", "'72%' of 6 pupils"),
        ("SUPP", "???", 3, "ks2_expected_pct", "'???'"),
        ("2016", "16", 2, "year", "'16'"),
        ("ks2_expected_pct", "Expected", 1, "an outcome of a school", "'Expected'"),
        ("urn", "code", 1, "urn", "'code'"),
        (",SUPP", "", 3, "cohort", "3 cells"),
    ],
)
def test_a_wrong_cell_of_a_file_of_schools_is_refused_at_its_place(
    old: str, new: str, row: int, column: str, found: str, tmp_path: Path
) -> None:
    result = dirty.read(tmp_path, "schools", SCHOOLS.replace(old, new, 1))
    assert isinstance(result, Rejected)
    problem = result.problems[0]
    assert (problem.row, problem.column) == (row, column), str(problem)
    assert found in problem.found


@pytest.mark.parametrize(
    ("old", "new", "joined"),
    [
        ("2012-09-01", "13/09/2012", "2012-09-13"),
        ("2012-09-01", "01/09/2012", "2012-09-01"),
        ("2012-09-01", "n/a", None),
        ("2012-09-01", "2012-09-01 00:00:00", "2012-09-01"),
        ("2012-09-01", "2012-09-01T00:00", "2012-09-01"),
        ("2012-09-01", "1/9/2012", "2012-09-01"),
        ("2012-09-01", "13.9.2012", "2012-09-13"),
        ("2012-09-01", "2012/09/01", "2012-09-01"),
        ("2012-09-01", "1st September 2012", "2012-09-01"),
        ("2012-09-01", "01-Sep-12", "2012-09-01"),
        ("2012-09-01", "1900-01-01", None),
    ],
)
def test_dates_of_members_are_read(old: str, new: str, joined: str | None, tmp_path: Path) -> None:
    result = accepted(tmp_path, "members", MEMBERS.replace(old, new))
    assert result.rows[0]["joined"] == joined
    assert ("joined" in result.missing[0]) == (joined is None)


@pytest.mark.parametrize(
    ("old", "new", "row", "column", "found"),
    [
        ("2012-09-01", "41153", 2, "joined", "as spreadsheets count"),
        ("2012-09-01", "2012-13-01", 2, "joined", "'2012-13-01'"),
        ("2012-09-01", "1 Sept", 2, "joined", "'1 Sept'"),
        ("2012-09-01", "09/13/2012", 2, "joined", "'09/13/2012'"),
        ("2012-09-01", "01/09/12", 2, "joined", "'01/09/12'"),
        ("2012-09-01", "1 Mai 2012", 2, "joined", "'1 Mai 2012'"),
        ("2013-08-31", "31/12/2099", 3, "left", "'31/12/2099'"),
        ("100002,ACE", "100002,ace", 3, "collaboration", "looks like 'ACE' of row 2"),
        ("100002,ACE", "100002,АСЕ", 3, "collaboration", "looks like 'ACE' of row 2"),
        ("100002,ACE,,2013", "100001,ACE,,2013", 3, "urn", "in days that row 2 covers"),
        ("collaboration,", "name,", 1, "collaboration", "no column with this heading"),
        (",2012-09-01,", ",2012-09-01,2012-08-31", 2, "left", "before the day of joining"),
        ("100002,ACE,,2013-08-31", "100001,ACE,2012-09-01,", 3, "urn", "as in row 2"),
        ("100002,ACE", "100002,", 3, "collaboration", "no name"),
        ("100002,ACE", "100002,A\u202eCE", 3, "collaboration", "U+202E"),
    ],
)
def test_a_wrong_cell_of_a_file_of_members_is_refused_at_its_place(
    old: str, new: str, row: int, column: str, found: str, tmp_path: Path
) -> None:
    result = dirty.read(tmp_path, "members", MEMBERS.replace(old, new))
    assert isinstance(result, Rejected)
    problem = result.problems[0]
    assert (problem.row, problem.column) == (row, column), str(problem)
    assert found in problem.found


def test_days_before_months_are_noted(tmp_path: Path) -> None:
    result = accepted(tmp_path, "members", MEMBERS.replace("2012-09-01", "01/09/2012"))
    assert any("the day first" in note for note in result.notes)


def test_the_one_sheet_with_the_table_is_read_and_the_others_are_named() -> None:
    cover = grid((("About this workbook",),), "cover")
    layout = find_layout([cover, grid()], "gains")
    assert len(layout.rows) == 23
    assert 'sheet "cover" was not read' in layout.notes
    assert 'read from the sheet "one"' in layout.notes


def test_two_sheets_with_the_table_are_refused_and_a_hidden_one_gives_way() -> None:
    with pytest.raises(DataError, match="both have its headings"):
        find_layout([grid(), grid(GAINS, "two")], "gains")
    other = grid(GAINS[:-1], "two", *HIDDEN)
    assert len(find_layout([grid(), other], "gains").rows) == 23
    with pytest.raises(DataError, match="the hidden sheet 'two'"):
        find_layout([grid((("Cover",),)), other], "gains")


@pytest.mark.parametrize(
    ("block", "column"), [("B2:B3", "ks2_1"), ("B2:C2", "ks2_1"), ("A5:A6", "name")]
)
def test_a_merged_value_is_refused_at_its_first_cell(block: str, column: str) -> None:
    with pytest.raises(DataError) as refused:
        find_layout([replace(grid(), merged=(cells(block),))], "gains")
    [problem] = refused.value.problems
    assert (problem.row, problem.column) == (int(block[1]), column)


def test_a_merged_area_is_read_for_each_of_its_rows() -> None:
    rows = tuple(map(tuple, dirty.original("funding")))
    blocks = tuple(map(cells, ("A2:A3", "B2:B3", "A5:A6", "A7:A8", "A9:A10")))
    made = replace(grid(rows), merged=blocks)
    assert len(find_layout([made], "funding").rows) == 74
    with pytest.raises(DataError, match="over the cells C71:C72"):
        find_layout([replace(made, merged=(*blocks, cells("C71:C72")))], "funding")


def test_a_number_that_its_format_hides_is_refused() -> None:
    with pytest.raises(DataError) as refused:
        find_layout([replace(grid(), unlike={(4, 1): ("hidden", "17")})], "gains")
    [problem] = refused.value.problems
    assert (problem.row, problem.column) == (4, "ks2_1")


def test_text_pasted_with_columns_held_by_spaces_may_leave_the_last_cells_out() -> None:
    rows = tuple(row if row[-1] else row[:4] for row in GAINS)
    with pytest.raises(DataError, match="4 cells"):
        find_layout([grid(rows)], "gains")
    note = "a guess: columns parted by runs of spaces, as text from a PDF"
    assert [row.cells for row in find_layout([grid(rows, "one", note)], "gains").rows] == list(
        GAINS[1:]
    )


@pytest.mark.parametrize(
    ("spoil", "row", "column"),
    [
        (lambda text: text.replace("EAS Hub", '"EAS" Hub'), 8, "name"),
        (lambda text: text.replace("EAS Hub", "EAS\0Hub"), 8, "name"),
        (lambda text: text.replace("EAS Hub,4", "EAS Hub,\x1b4"), 8, "ks2_1"),
    ],
)
def test_a_fault_of_the_text_itself_is_said_at_the_printed_heading(
    spoil: object, row: int, column: str, tmp_path: Path
) -> None:
    assert callable(spoil)
    result = dirty.read(tmp_path, "gains", spoil(dirty.as_text(dirty.original("gains"))))
    assert isinstance(result, Rejected)
    assert [(problem.row, problem.column) for problem in result.problems] == [(row, column)]
