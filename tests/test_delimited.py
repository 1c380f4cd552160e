"""Tests of tables as text: encodings, separators, quotation marks, and text pasted from a PDF."""

from __future__ import annotations

import csv
import io
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.errors import DataError, Problem
from analysis.sources.delimited import LARGEST_TEXT, read_delimited
from analysis.sources.grids import Grid, open_grids

ROWS = (("name", "Funding"), ("Ash, Elm", "£42,000"), ("St James’", ""))


def grid(folder: Path, data: str | bytes) -> Grid:
    path = folder / "table.txt"
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    (found,) = open_grids(path)
    assert found.sheet is None
    assert len(found.rows) == len(found.lines)
    return found


def refused(folder: Path, data: str | bytes) -> Problem:
    with pytest.raises(DataError) as caught:
        grid(folder, data)
    (problem,) = caught.value.problems
    assert problem.remedy
    return problem


def written(separator: str = ",", end: str = "\r\n") -> str:
    made = io.StringIO()
    csv.writer(made, delimiter=separator, lineterminator=end).writerows(ROWS)
    return made.getvalue()


@pytest.mark.parametrize(
    ("encoding", "note"),
    [
        ("utf-8", "text in UTF-8"),
        ("utf-8-sig", "text in UTF-8 with its mark"),
        ("utf-16", "text in UTF-16"),
        ("cp1252", "text in Windows-1252, as it is not UTF-8"),
    ],
)
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_text_of_any_usual_encoding_and_line_end_is_the_same_table(
    tmp_path: Path, encoding: str, note: str, end: str
) -> None:
    found = grid(tmp_path, written(end=end).encode(encoding))
    assert found.rows == ROWS
    assert found.lines == (1, 2, 3)
    assert found.notes == (note, "cells parted by commas")


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf_16_without_its_mark_is_known_by_its_bytes(tmp_path: Path, encoding: str) -> None:
    found = grid(tmp_path, written().encode(encoding))
    assert found.rows == ROWS
    assert found.notes[0] == "text in UTF-16 without its mark"


def test_the_mark_of_an_old_system_at_the_end_of_a_file_is_passed_over(tmp_path: Path) -> None:
    assert grid(tmp_path, written() + "\x1a").rows == ROWS


@pytest.mark.parametrize(("end", "noted"), [("", True), ("\n", False)])
def test_a_last_row_without_line_end_is_noted(tmp_path: Path, end: str, noted: bool) -> None:
    found = grid(tmp_path, f"name,n\nAsh,12{end}")
    assert ("no line end after the last row" in found.notes) == noted


def test_spaces_around_quotation_marks_are_passed_over(tmp_path: Path) -> None:
    assert grid(tmp_path, 'a, "b"\nAsh, "1,2" \n').rows == (("a", "b"), ("Ash", "1,2"))


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_quotation_marks_around_whole_rows_are_taken_off(tmp_path: Path, separator: str) -> None:
    rows = ["name,n,m", 'Ash,"1,200",3', "Elm,4,5"]
    lines = [line.replace(",", separator).replace('"', '""') for line in rows]
    found = grid(tmp_path, "".join(f'"{line}"\n' for line in lines))
    assert [row[0] for row in found.rows] == ["name", "Ash", "Elm"]
    assert {len(row) for row in found.rows} == {3}
    assert "quotation marks around whole rows taken off" in found.notes


def test_cells_in_quotation_marks_may_be_parted_by_tabs(tmp_path: Path) -> None:
    assert grid(tmp_path, '"a"\t"b"\n"Ash"\t"1  2"\n').rows == (("a", "b"), ("Ash", "1  2"))


def test_utf_16_of_the_other_byte_order_is_read(tmp_path: Path) -> None:
    assert grid(tmp_path, b"\xfe\xff" + written().encode("utf-16-be")).rows == ROWS


@pytest.mark.parametrize(
    ("separator", "note"),
    [(",", "commas"), (";", "semicolons"), ("\t", "tabs"), ("|", "upright strokes")],
)
def test_the_separator_is_found(tmp_path: Path, separator: str, note: str) -> None:
    found = grid(tmp_path, written(separator))
    assert found.rows == ROWS
    assert found.notes[1] == f"cells parted by {note}"


@pytest.mark.parametrize(
    ("data", "second"),
    [
        ("name;pct\nAsh;7,5\nElm;8,5\n", ("Ash", "7,5")),
        ("name\tfunding\nAsh, A\t£42,000\nElm, B\t£7,356\n", ("Ash, A", "£42,000")),
        ("Table 1; Kent\nAsh,1,2\nElm,2,3\nOak,3,4\n", ("Ash", "1", "2")),
        ("sep=;\nAsh;1,5\n", ("Ash", "1,5")),
        ("Ash, a  b,1\nElm, c  d,2\n", ("Elm", " c  d", "2")),
        ("n,m\n1,234\n2,345\n", ("1", "234")),
    ],
)
def test_the_separator_is_the_sign_by_which_most_lines_agree(
    tmp_path: Path, data: str, second: tuple[str, ...]
) -> None:
    assert second in grid(tmp_path, data).rows


def test_two_signs_that_stand_equally_often_are_refused(tmp_path: Path) -> None:
    problem = refused(tmp_path, "town, county;n\nAsh, Kent;1\n")
    assert (problem.row, problem.code) == (1, "structure")
    assert "equally often" in problem.found


def test_a_single_column_is_a_table_too(tmp_path: Path) -> None:
    found = grid(tmp_path, 'School\n"Ash"\nSt  Mary\nElm\n')
    assert found.rows == (("School",), ("Ash",), ("St  Mary",), ("Elm",))
    assert found.notes[1] == "one column"


@pytest.mark.parametrize(
    "word",
    ["NA", "None", "n/a", "1E5", "007", "£42,000", "\u00a0x\u00a0", "’‘“”", "–7", " a ", "=1+1"],
)
def test_cells_stay_as_they_stand(tmp_path: Path, word: str) -> None:
    assert grid(tmp_path, f"name;x\nAsh;{word}\n").rows[1] == ("Ash", word)


def test_rows_stay_ragged_but_blank_cells_right_of_the_table_go(tmp_path: Path) -> None:
    found = grid(tmp_path, "a,b,c,,\n1,2\n1,2,,,\n1,2,3,,\n,,,,\n")
    assert found.rows == (("a", "b", "c"), ("1", "2"), ("1", "2", ""), ("1", "2", "3"))


def test_blank_rows_are_given_as_one_and_the_lines_stay_right(tmp_path: Path) -> None:
    found = grid(tmp_path, "\n,\na,b\n\n\n , \n1,2\n\n")
    assert found.rows == (("a", "b"), ("",), ("1", "2"))
    assert found.lines == (3, 4, 7)


def test_a_cell_in_quotation_marks_may_hold_line_breaks_which_is_noted(tmp_path: Path) -> None:
    found = grid(tmp_path, 'name,note\n"Ash\r\nHigh St, Ash",1\nElm,"a ""b"""\n')
    assert found.rows == (("name", "note"), ("Ash\nHigh St, Ash", "1"), ("Elm", 'a "b"'))
    assert found.lines == (1, 2, 4)
    assert found.notes[2] == "line breaks in cells, in the rows from lines 2"


@pytest.mark.parametrize(
    ("data", "line", "column", "word"),
    [
        ('a,b\nAsh,5" pipe\n', 2, "B", "inside"),
        ('a,b\n1,2\n"Ash"ley,1\n', 3, "A", "after a closing"),
        ('a,b\n1,2\n3,"Ash\n4,5\n6,7\n', 3, "B", "without its partner"),
        ('a,b,c\n"Ash,1,2\nElm",3,4\n', 2, "A", "whole rows"),
        ('a,b,c\nAsh,"1,2\nElm,3,4\nOak",5\n', 2, "B", "whole rows"),
        ('"' + "x\n" * 20_000, 1, "A", "without its partner"),
    ],
)
def test_a_stray_quotation_mark_is_refused_with_its_line(
    tmp_path: Path, data: str, line: int, column: str, word: str
) -> None:
    problem = refused(tmp_path, data)
    assert (problem.row, problem.column, problem.code) == (line, column, "structure")
    assert word in problem.found


@pytest.mark.parametrize(
    ("data", "line", "word"),
    [
        (b"a,b\r\n1,2\r\n\x00,3\r\n", 3, "NUL"),
        ("a,b\n1,2\n".encode("utf-32-le"), 1, "NUL"),
        (b"a,b\r1,\x812\r", 2, "0x81"),
        (b"a,b\n1,\x9d\xff\n", 2, "0x9D"),
        (b"a,b\n1,\x1b[2J\n", 2, "U+001B"),
        ("a,b\n1,£2 caf\u00e9\n".encode() + b"2,\xa33\n", 3, "0xA3"),
        (b"a,b\n1,\xa32\n2,\xc2\xa33\n4,\xa34\n", 3, "as of UTF-8"),
        ("a,b\n1,£2\n2,".encode() + b"\xc2", 3, "0xC2"),
        ("a,b\n1,£££2\n2,".encode() + b"\xed\xb1\xb6", 3, "0xED"),
        (b"\xff\xfea\x00,\x00b\x00\n\x00x", 2, "utf-16"),
    ],
)
def test_bytes_that_are_no_text_of_one_encoding_are_refused_with_their_line(
    tmp_path: Path, data: bytes, line: int, word: str
) -> None:
    problem = refused(tmp_path, data)
    assert (problem.row, problem.code) == (line, "encoding")
    assert word in problem.found


PASTED = """\
Table 3: Funding of collaborations, 2013

Collaboration name        District        Funding     Schools
Ash, Elm & Oak            Ashford         £42,000     12
St  James’                Dover                       7
The Deal "five"           Deal            £7,356      5
Whitstable                Canterbury      £133,000    9
"""


def test_columns_of_text_pasted_from_a_pdf_are_told_by_runs_of_spaces(tmp_path: Path) -> None:
    found = grid(tmp_path, PASTED.replace("St  James", "St James"))
    assert found.rows == (
        ("Table 3: Funding of collaborations, 2013",),
        ("",),
        ("Collaboration name", "District", "Funding", "Schools"),
        ("Ash, Elm & Oak", "Ashford", "£42,000", "12"),
        ("St James’", "Dover", "", "7"),
        ('The Deal "five"', "Deal", "£7,356", "5"),
        ("Whitstable", "Canterbury", "£133,000", "9"),
    )
    assert found.lines == (1, 2, 3, 4, 5, 6, 7)
    assert "a guess" in found.notes[1]


def test_pasted_columns_need_not_line_up_where_every_row_has_all_its_cells(tmp_path: Path) -> None:
    found = grid(tmp_path, "name  n  m\nAsh and Elm   12  £1,234\nOak\t3   £5\n")
    assert found.rows == (("name", "n", "m"), ("Ash and Elm", "12", "£1,234"), ("Oak", "3", "£5"))


def test_pasted_rows_with_blank_cells_are_placed_where_the_widest_rows_have_theirs(
    tmp_path: Path,
) -> None:
    lines = [
        "name       a    b    c    d",
        "Ash        1    2    3    4",
        "Elm        5    6          ",
        "Oak                  7    8",
        "Fir        9   10          ",
    ]
    found = grid(tmp_path, "\n".join(lines) + "\n")
    assert found.rows[2:] == (("Elm", "5", "6"), ("Oak", "", "", "7", "8"), ("Fir", "9", "10"))


def test_a_tab_in_pasted_text_parts_cells_wherever_it_stands(tmp_path: Path) -> None:
    found = grid(tmp_path, "name  n  m\nAsh  1  2\nElm Hub\t3\t4\n")
    assert found.rows[2] == ("Elm Hub", "3", "4")


@pytest.mark.parametrize(
    "line",
    ["Beech      £7,356      5", "Be  ech   Town     £1   5   6", "Be ech of the many   Town"],
)
def test_a_pasted_row_whose_cells_cannot_be_placed_is_refused(tmp_path: Path, line: str) -> None:
    problem = refused(
        tmp_path, f"name  town  funding  n\nAsh  Deal  £1  2\nElm  Dover  £2  3\n{line}\n"
    )
    assert problem.row == 4
    assert "line up" in problem.found


def test_page_breaks_of_pasted_text_are_passed_over_and_noted(tmp_path: Path) -> None:
    found = grid(tmp_path, "name   n\nAsh   12\n\fElm   7\n")
    assert found.rows[2] == ("Elm", "7")
    assert any("page breaks" in note for note in found.notes)


@pytest.mark.parametrize(
    ("data", "word"),
    [
        ("a\n" * 1_000_001, "lines"),
        ("a," * 1_001, "cells in a row"),
        (("," * 900 + "\n") * 2_400, "cells"),
        ("a,b\n" + "x" * 40_000 + ",1\n", "letters"),
        (b"a" * (LARGEST_TEXT + 1), "bytes"),
    ],
    ids=["lines", "columns", "cells", "letters", "bytes"],
)
def test_text_beyond_a_limit_is_refused_within_seconds(
    tmp_path: Path, data: str | bytes, word: str
) -> None:
    began = time.monotonic()
    problem = refused(tmp_path, data)
    assert (problem.code, word in problem.found) == ("size", True)
    assert time.monotonic() - began < 8


@given(st.binary(max_size=300))
def test_no_bytes_make_anything_but_rows_or_a_refusal(data: bytes) -> None:
    answered(data)


@given(
    st.text(alphabet=' \t\n\r",;|a£1’\u00a0\f.', max_size=120), st.sampled_from(["utf-8", "utf-16"])
)
def test_no_text_makes_anything_but_rows_or_a_refusal(text: str, encoding: str) -> None:
    answered(text.encode(encoding))


def answered(data: bytes) -> None:
    try:
        rows, lines, notes = read_delimited(data, "x")
    except DataError as error:
        (problem,) = error.problems
        assert problem.row
        return
    assert len(rows) == len(lines)
    assert sorted(set(lines)) == lines
    assert notes
    assert any(cell.strip() for cell in rows[0])


CELLS = st.text(alphabet='ab1 ,;"\n£’', max_size=6).map(lambda text: text.replace("\n", " "))


@given(st.lists(st.tuples(CELLS, CELLS, CELLS), min_size=1, max_size=8))
def test_what_csv_writes_comes_back_as_it_was(rows: list[tuple[str, str, str]]) -> None:
    table = [("name", "district", "n"), *rows, ("z", "z", "z")]
    made = io.StringIO()
    csv.writer(made, quoting=csv.QUOTE_ALL).writerows(table)
    kept = [row for row in table if any(cell.strip() for cell in row)]
    found, _, _ = read_delimited(made.getvalue().encode(), "x")
    assert [tuple(row) for row in found if any(cell.strip() for cell in row)] == kept
