"""Tests of the formats of published files, and of the way from their bytes to cells."""

from __future__ import annotations

import codecs
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from world import World

from analysis.errors import DataError, Problem
from analysis.sources import read
from analysis.sources.formats import RECORDS, load_formats
from analysis.sources.read import Row, Sheet, find_encoding, find_separator, read_bytes_sheet

PROJECT = Path(__file__).parents[1]
NAMES = (
    *("dfe_ks2_2016", "dfe_ks2_2010", "dfe_ks4_2010", "dfe_ks4_2016", "ks2_england_cut"),
    *("gias_group_links", "urn_chain", "register_cut", "schools_plain", "members_plain"),
)
TEXT = "urn,school\n118234,École St Anne’s\n118235,Ash\n"


def sheet(folder: Path, data: str | bytes, **more: Any) -> Sheet:
    file = folder / "table.csv"
    file.write_bytes(data if isinstance(data, bytes) else data.encode("utf-8"))
    return read_bytes_sheet(file, **more)


def refusal(folder: Path, data: str | bytes, **more: Any) -> Problem:
    with pytest.raises(DataError) as caught:
        sheet(folder, data, **more)
    return caught.value.problems[0]


def test_every_format_that_the_project_ships_is_of_its_form() -> None:
    found = load_formats()
    assert set(NAMES) <= set(found)
    for name, made in found.items():
        assert made.name == name
        assert set(made.record_types.values()) <= set(RECORDS)
        assert bool(made.definition) == (made.table == "schools")


def test_two_formats_of_the_same_outcome_say_that_years_can_be_compared() -> None:
    found = load_formats()
    assert found["dfe_ks2_2016"].definition == found["ks2_england_cut"].definition
    five = {found[f"dfe_ks4_{year}"].definition for year in (2010, 2014, 2015)}
    assert len(five) == 3


def test_the_record_types_of_the_key_stages_differ() -> None:
    found = load_formats()
    assert found["dfe_ks2_2016"].record_types["3"] == "authority"
    assert "3" not in found["dfe_ks4_2010"].record_types
    assert found["dfe_ks4_2010"].record_types["4"] == "authority"
    assert found["dfe_ks4_2016"].record_types["7"] == "national, state-funded"


PLAIN = {"table": "schools", "stage": "ks2", "headings": {"URN": "urn", "Met": "ks2_expected_pct"}}
BAD: dict[str, tuple[dict[str, Any], str]] = {
    "no table": ({"table": None}, "table"),
    "a table nobody knows": ({"table": "pupils"}, "table"),
    "no headings": ({"headings": {}}, "headings"),
    "a stage nobody knows": ({"stage": "ks3"}, "stage"),
    "no stage": ({"stage": None}, "stage"),
    "a column of another table": ({"headings": {"URN": "urn", "a": "joined"}}, "headings.a"),
    "a column nobody knows": ({"headings": {"URN": "urn", "a": "gain"}}, "headings.a"),
    "a number for a column": ({"headings": {"URN": "urn", "a": 1}}, "headings.a"),
    "a number for a heading": ({"headings": {"URN": "urn", 2: "cohort"}}, "headings.2"),
    "a space after a heading": ({"headings": {"URN ": "urn"}}, "headings.URN "),
    "no URN": ({"headings": {"Met": "ks2_expected_pct"}}, "headings"),
    "no outcome": ({"headings": {"URN": "urn"}}, "headings"),
    "a column twice": (
        {"headings": {"URN": "urn", "Met": "ks2_expected_pct", "b": "ks2_expected_pct"}},
        "headings",
    ),
    "types of no record": ({"record_types": {"1": "school"}}, "headings"),
    "records without types": (
        {"headings": {**PLAIN["headings"], "RECTYPE": "record"}},
        "headings",
    ),
    "a record nobody knows": ({"record_types": {"1": "pupil"}}, "record_types.1"),
    "a code that is no word": ({"record_types": {1: "school"}}, "record_types.1"),
    "dates by month": ({"dates": ["mm/dd/yyyy"]}, "dates"),
    "a flag in words": ({"plain": "yes"}, "plain"),
    "blanks as a word": ({"blanks": "nan"}, "blanks"),
}


@pytest.mark.parametrize(("change", "entry"), BAD.values(), ids=BAD)
def test_a_wrong_format_is_one_error_with_its_keys(
    change: dict[str, Any], entry: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = World(tmp_path, "2031")
    monkeypatch.setenv("ANALYSIS_ROOT", str(tmp_path))
    world.put("data/sources.yaml", yaml.safe_dump({"formats": {"one": PLAIN | change}}))
    with pytest.raises(DataError) as caught:
        load_formats()
    problem = caught.value.problems[0]
    assert (problem.file, problem.column) == ("data/sources.yaml", f"formats.one.{entry}")
    assert problem.row is not None


@pytest.mark.parametrize(
    ("encoding", "mark", "said"),
    [
        ("utf-8", b"", "utf-8"),
        ("utf-8", codecs.BOM_UTF8, "utf-8-sig"),
        ("utf-16-le", codecs.BOM_UTF16_LE, "utf-16"),
        ("utf-16-be", codecs.BOM_UTF16_BE, "utf-16"),
        ("cp1252", b"", "cp1252"),
    ],
)
@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_encoding_and_separator_are_found_and_said(
    tmp_path: Path, encoding: str, mark: bytes, said: str, separator: str, end: str
) -> None:
    text = (TEXT + "\n\n").replace(",", separator).replace("\n", end)
    found = sheet(tmp_path, mark + text.encode(encoding))
    assert (found.encoding, found.separator) == (said, separator)
    assert found.heading == ("urn", "school")
    assert found.rows == (Row(2, ("118234", "École St Anne’s")), Row(3, ("118235", "Ash")))


def test_codes_of_windows_among_utf_8_are_understood_and_said(tmp_path: Path) -> None:
    found = sheet(tmp_path, "urn,group\n118234,Anne\x92s\n")
    assert found.rows[0].cells[1] == "Anne’s"
    assert found.encoding == "utf-8, with codes of Windows-1252"


def test_only_cells_that_are_picked_are_kept_and_judged(tmp_path: Path) -> None:
    data = "a,urn,b\nx\u200b,118234,1\n"
    found = sheet(tmp_path, data, pick=lambda file, heading: [heading.index("urn")])
    assert (found.heading, found.rows[0].cells) == (("urn",), ("118234",))
    assert "U+200B" in refusal(tmp_path, data).found


@pytest.mark.parametrize(
    ("heading", "sign"),
    [("a,b;c,d", ","), ('"a,b";c;d', ";"), ("a\tb, c\td", "\t"), ("urn", ","), ("a,b;c", None)],
)
def test_the_separator_is_the_sign_that_stands_most_outside_quotation_marks(
    heading: str, sign: str | None
) -> None:
    assert find_separator(heading) == sign


def test_a_tie_of_separators_is_refused(tmp_path: Path) -> None:
    assert "several signs" in refusal(tmp_path, "a,b;c\n1,2;3\n").found


REFUSED: dict[str, tuple[bytes, int | None, str]] = {
    "a byte of no alphabet": (b"urn,school\n1,\xe9\x81\n", 2, "0x81"),
    "a mark without its encoding": (codecs.BOM_UTF8 + b"urn\n1\n\xe9\n", 3, "0xE9"),
    "half of a UTF-16 character": (codecs.BOM_UTF16_LE + b"u\x00r", 1, "utf-16"),
    "a NUL": (b"urn,school\n1,A\x00sh\n", 2, "U+0000"),
    "UTF-16 without a mark": ("urn\n1\n".encode("utf-16-le"), 1, "U+0000"),
    "a page to sign in": (b"  <!DOCTYPE html><p>Sign in\n", 1, "web page"),
    "a page in UTF-16": (codecs.BOM_UTF16_LE + "<html>".encode("utf-16-le"), 1, "web page"),
    "a workbook": (b"PK\x03\x04rest", 1, "workbook"),
    "a short row": (b"urn,school\n1,Ash\n2\n", 3, "1 cells"),
    "a long row": (b"urn,school\n1,Ash\n2,Elm,3\n", 3, "3 cells"),
    "a blank row between": (b"urn,school\n\n2,Elm\n", 2, "blank row"),
    "a mark within a cell": (b'urn,school\n1,A"sh"\n', 2, "quotation mark inside"),
    "text after a mark": (b'urn,school\n1,"Ash"x\n', 2, "after a closing"),
    "a cell over two lines": (b'urn,school\n1,"Ash\nElm"\n', 2, "without its partner"),
    "text decoded twice": ("urn,school\n1,Ã©cole\n".encode(), 2, "read as Windows-1252"),
    "two alphabets in a word": ("urn,school\n1,Аsh\n".encode(), 2, "cyrillic"),
    "nothing": (b"\n \n", 1, "an empty file"),
}


@pytest.mark.parametrize(("data", "row", "found"), REFUSED.values(), ids=REFUSED)
def test_what_can_be_misread_is_refused_with_its_row(
    tmp_path: Path, data: bytes, row: int, found: str
) -> None:
    problem = refusal(tmp_path, data)
    assert (problem.row, problem.file) == (row, "table.csv")
    assert found in problem.found


def test_every_row_of_another_width_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError) as caught:
        sheet(tmp_path, "urn,school\n1\n2,Ash\n3,Elm,4\n")
    assert [problem.row for problem in caught.value.problems] == [2, 4]


def test_short_rows_are_filled_up_only_where_the_publisher_is_known_to_leave_out_blanks(
    tmp_path: Path,
) -> None:
    data = "a,b,c\n1,2\n1,2,3\n"
    assert refusal(tmp_path, data).row == 2
    assert sheet(tmp_path, data, short_rows=True).rows[0].cells == ("1", "2", "")


@pytest.mark.parametrize("data", ["a,b,c\n1,\n1,2,3\n", "a,b,c\n1,2,3\n1,2\n", "a,b\n1,2,3\n1,2\n"])
def test_a_row_that_was_cut_off_is_refused_even_there(tmp_path: Path, data: str) -> None:
    assert "cells" in refusal(tmp_path, data, short_rows=True).found


def test_a_file_of_too_many_bytes_or_no_file_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(DataError, match="no readable file"):
        read_bytes_sheet(tmp_path / "absent.csv")
    monkeypatch.setattr(read, "MOST_ROWS", 2)
    assert "3 rows" in refusal(tmp_path, "a\n1\n2\n").found


@given(st.binary(max_size=60))
def test_any_bytes_have_an_encoding_and_give_cells_or_an_error(data: bytes) -> None:
    assert find_encoding(data) in ("utf-8", "utf-8-sig", "utf-16", "cp1252")
    problems: list[Problem] = []
    widths: set[int] = set()
    try:
        lines, _ = read._decoded(data, "table.csv")
        separator = find_separator(lines[0]) or ","
        heading = read._cells(lines[0], read._Place("table.csv", 1), separator)
        place = read._Place("table.csv", 1, heading)
        rows = list(read._picked(lines, separator, place, range(len(heading)), False))
        widths = {len(row.cells) for row in rows} - {len(heading)}
    except DataError as error:
        problems = error.problems
    assert all(problem.found and problem.expected for problem in problems)
    assert not widths


@given(st.lists(st.text(alphabet='a,;" \té', max_size=6), min_size=1, max_size=4))
def test_the_fast_way_to_split_a_row_agrees_with_the_strict_one(cells: list[str]) -> None:
    place = read._Place("table.csv", 2)
    for line in (",".join(cells), ",".join('"' + c.replace('"', '""') + '"' for c in cells)):
        try:
            strict = read._cells(line, place, ",")
        except DataError:
            with pytest.raises(DataError):
                read._split(line, place, ",")
        else:
            assert tuple(read._split(line, place, ",")) == strict
