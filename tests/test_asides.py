"""Tests of rows beside a table: notes, sections, wrapped names, places given once, torn ends."""

from __future__ import annotations

from itertools import groupby
from pathlib import Path

import dirty
import pytest
from dirty import GOES_ON, MONEY, Cells, Spoil, below, both, cell, each, row, totals

from analysis.sources.known_names import known_names
from analysis.tables.reading import Accepted, Rejected

STRICT = {table: dirty.strict(table) for table in dirty.REPORT}
SCHOOLS = "urn,year,cohort,ks2_expected_pct\n100001,2016,28,72%\n100002,2016,30,NEW\n"


def accepted(folder: Path, table: str, data: str) -> Accepted:
    result = dirty.read(folder, table, data)
    assert isinstance(result, Accepted), [str(problem) for problem in result.problems]
    return result


def refused(folder: Path, table: str, data: str) -> tuple[int | None, str | None, str]:
    result = dirty.read(folder, table, data)
    assert isinstance(result, Rejected)
    problem = result.problems[0]
    assert problem.remedy
    return problem.row, problem.column, problem.found


def by_area(cells: Cells) -> dict[str, Cells]:
    lines = sorted(cells[1:], key=lambda line: line[0])
    return {area: list(group) for area, group in groupby(lines, key=lambda line: line[0])}


def sections(cells: Cells) -> None:
    found = by_area(cells)
    cells[1:] = [line for a in found for line in ([f"{a} Kent", *[""] * 5], *found[a])]


def area_once(cells: Cells) -> None:
    found = by_area(cells)
    cells[1:] = [[a if i == 0 else "", *line[1:]] for a in found for i, line in enumerate(found[a])]


def parted_name(above: str, part: str) -> Spoil:
    def spoil(cells: Cells) -> None:
        at = next(i for i, line in enumerate(cells) if line[0] == f"{above} {part}")
        cells[at][0] = above
        cells.insert(at + 1, [part, *[""] * 6])

    return spoil


def name_around_values(cells: Cells) -> None:
    at = next(i for i, line in enumerate(cells) if line[0] == "Deal Learning Alliance")
    cells[at][0] = ""
    cells.insert(at, ["Deal Learning", *[""] * 6])
    cells.insert(at + 2, ["Alliance", *[""] * 6])


ASIDE: dict[str, tuple[str, Spoil, str]] = {
    "a note between rows": ("gains", row(9, "Note: revised", *[""] * 6), "a note between rows"),
    "a ruled line": ("gains", row(2, *["---"] * 7), "row 2: a ruled line"),
    "a total called by the county": ("funding", totals("funding", "Kent", 0), "of totals"),
    "a total of all": ("ofsted", totals("ofsted", "All", 1), "of totals"),
    "a total without a name": ("funding", totals("funding", "", 0), "of totals"),
    "a name that only the list knows": ("gains", parted_name("Weald", "Consortium"), "joined"),
    "the last name": ("gains", parted_name("Gravesham Rural", "Collaborative"), "joined"),
    "a name around its values": ("gains", name_around_values, "joined"),
    "a page number above the heading repeated": (
        "gains",
        both(row(9, *dirty.original("gains")[0]), row(9, "12"), row(9, "")),
        "row 10: a row between pages",
    ),
}


@pytest.mark.parametrize(("table", "spoil", "note"), ASIDE.values(), ids=ASIDE)
def test_rows_beside_the_table_are_set_aside_with_a_note(
    table: str, spoil: Spoil, note: str, tmp_path: Path
) -> None:
    result = accepted(tmp_path, table, dirty.as_text(dirty.spoilt(table, spoil)))
    assert list(result.rows) == STRICT[table]
    assert note in "\n".join(result.notes)


@pytest.mark.parametrize(
    ("spoil", "note"),
    [
        (sections, "the heading of a section"),
        (area_once, 'blank cells in column "Area" filled from above'),
    ],
)
def test_an_area_may_stand_once_above_its_rows_or_in_the_first_of_them(
    spoil: Spoil, note: str, tmp_path: Path
) -> None:
    result = accepted(tmp_path, "funding", dirty.as_text(dirty.spoilt("funding", spoil)))
    expected = sorted(STRICT["funding"], key=lambda line: line["area"])
    assert list(result.rows) == expected
    assert any(note in line for line in result.notes)


def averages(cells: Cells) -> None:
    columns = [[int(line[i]) for line in cells[1:]] for i in range(2, 8)]
    means = [f"{sum(column) / len(column):.1f}" for column in columns]
    cells.append(["", "Average", *means, ""])


def noughts_left_blank(cells: Cells) -> None:
    for line in cells[1:]:
        line[3:8] = [text if text != "0" else "" for text in line[3:8]]


MORE: dict[str, tuple[str, Spoil, str]] = {
    "averages of counts": ("ofsted", averages, "of totals"),
    "noughts left blank": ("ofsted", noughts_left_blank, "as the sum of the grades confirms"),
    "running numbers with points": (
        "ofsted",
        dirty.column("number", lambda text: f"{text:0>2}."),
        "",
    ),
    "a remark of software": ("gains", row(9, "# checked", *[""] * 6), "a note between rows"),
}


@pytest.mark.parametrize(("table", "spoil", "note"), MORE.values(), ids=MORE)
def test_what_sums_and_running_numbers_confirm_is_read(
    table: str, spoil: Spoil, note: str, tmp_path: Path
) -> None:
    result = accepted(tmp_path, table, dirty.as_text(dirty.spoilt(table, spoil)))
    assert list(result.rows) == STRICT[table]
    assert note in "\n".join(result.notes)


REFUSED: dict[str, tuple[str, Spoil, int, str, str]] = {
    "a number in place of a wrapped name's end": (
        "gains",
        row(9, "16", *[""] * 6),
        9,
        "name",
        "only '16'",
    ),
    "a total of the county that is wrong": (
        "funding",
        both(totals("funding", "Kent", 0), lambda c: c[-1].__setitem__(3, "£1")),
        76,
        MONEY,
        "'£1'",
    ),
    "a row of amounts without a name that are no sums": (
        "funding",
        below("", "", "", "£9,000", "£9,000"),
        76,
        "Collaboration name",
        "no name",
    ),
    "two areas left blank among others": (
        "funding",
        both(cell(3, "Area", ""), cell(9, "Area", "")),
        3,
        "Area",
        "''",
    ),
    "a row of the county that is neither sum nor average": (
        "gains",
        below("Kent", "2", "3", "4", "1", "1", "1"),
        25,
        "ks2_1",
        "'2' in the row 'Kent'",
    ),
    "an area left blank where every other stands once": (
        "funding",
        lambda c: c.__setitem__(slice(1, None), [c[1], ["", *c[4][1:]], c[8]]),
        3,
        "Area",
        "''",
    ),
    "a unit in a note between rows": (
        "funding",
        row(9, "Note: £000s", *[""] * 5),
        9,
        "cell 1",
        "outside the headings",
    ),
    "a name and a district exchanged": (
        "funding",
        lambda c: c[4].__setitem__(slice(1, 3), [c[4][2], c[4][1]]),
        5,
        "District",
        "for the name 'Canterbury'",
    ),
}


@pytest.mark.parametrize(("table", "spoil", "line", "name", "found"), REFUSED.values(), ids=REFUSED)
def test_rows_that_could_be_part_of_the_table_are_refused(
    table: str, spoil: Spoil, line: int, name: str, found: str, tmp_path: Path
) -> None:
    said = refused(tmp_path, table, dirty.as_text(dirty.spoilt(table, spoil)))
    assert said[:2] == (line, name)
    assert found in said[2]


def test_the_names_of_all_releases_are_known_and_folded() -> None:
    assert {"eas hub", "weald consortium", "bresic"} <= known_names()


@pytest.mark.parametrize(
    ("table", "cut", "line", "name", "found"),
    [
        ("funding", "/a\n", 75, GOES_ON, "'n' at the very end"),
        ("funding", "n/a\n", 75, GOES_ON, "'' at the very end"),
        ("ofsted", "5.0\n", 78, "% good or better", "7 for"),
    ],
)
def test_a_last_cell_that_was_cut_short_is_refused(
    table: str, cut: str, line: int, name: str, found: str, tmp_path: Path
) -> None:
    text = dirty.as_text(dirty.original(table))
    assert text.endswith(cut)
    said = refused(tmp_path, table, text.removesuffix(cut))
    assert said[:2] == (line, name)
    assert found in said[2]


@pytest.mark.parametrize(("last", "kept"), [("72%", "7"), ("71.5", "71"), ("NEW", "NE")])
def test_a_last_figure_of_schools_that_is_less_than_the_others_is_refused(
    last: str, kept: str, tmp_path: Path
) -> None:
    above = SCHOOLS.replace("72%", last).replace("NEW", last)
    whole = f"{above}100003,2016,31,{last}"
    accepted(tmp_path, "schools", whole)
    said = refused(tmp_path, "schools", whole.removesuffix(last) + kept)
    assert said[:2] == (4, "ks2_expected_pct")
    assert "no line end" in said[2]


@pytest.mark.parametrize("table", dirty.REPORT)
def test_a_whole_last_row_without_line_end_is_read(table: str, tmp_path: Path) -> None:
    text = dirty.as_text(dirty.original(table)).rstrip("\n")
    assert list(accepted(tmp_path, table, text).rows) == STRICT[table]


WIDE = {
    "a name behind two other texts": (
        "funding",
        '"Pent Valley, St Mary’s and Morehall"',
        40,
        "Collaboration name",
    ),
    "a name with a bare comma": ("ofsted", '"Pent Valley, St Mary’s and Morehall"', 43, "name"),
    "an amount in single marks": ("funding", '"£42,000"', 2, MONEY),
    "an amount in curly marks": ("funding", '"£42,000"', 2, MONEY),
}


@pytest.mark.parametrize("marks", ["", "''", "“”"])
@pytest.mark.parametrize(("table", "whole", "line", "name"), WIDE.values(), ids=WIDE)
def test_a_row_that_is_too_wide_is_refused_where_a_separator_parts_a_cell(
    table: str, whole: str, line: int, name: str, marks: str, tmp_path: Path
) -> None:
    left, right = marks or ("", "")
    text = dirty.as_text(dirty.original(table)).replace(whole, f"{left}{whole[1:-1]}{right}", 1)
    said = refused(tmp_path, table, text)
    assert said[:2] == (line, name)
    assert "makes two" in said[2]


def test_a_separator_too_many_in_a_row_with_blanks_is_refused(tmp_path: Path) -> None:
    text = "urn,collaboration,joined,left\n100001,ACE,2012-09-01,\n100002,Hub,,2013-08-31\n"
    accepted(tmp_path, "members", text)
    said = refused(tmp_path, "members", text.replace("ACE,", "ACE,,"))
    assert said[0] == 2
    assert "a blank one too many" in said[2]


def test_a_member_without_urn_in_the_last_row_is_no_note(tmp_path: Path) -> None:
    text = "urn,collaboration,joined,left\n100001,ACE,2012-09-01,\nn/a,Hub,2013-08-31,\n"
    assert refused(tmp_path, "members", text)[:2] == (3, "urn")


@pytest.mark.parametrize("times", [1, 2])
def test_a_name_like_that_of_a_sum_is_one_where_no_two_rows_are_summed(
    times: int, tmp_path: Path
) -> None:
    text = "name,ks2_1,ks2_2,ks2_3,ks4_1,ks4_2,ks4_3\n" + "=SUM(A1) Hub,0,0,0,,,\n" * times
    if times == 1:
        assert len(accepted(tmp_path, "gains", text).rows) == 1
    else:
        assert refused(tmp_path, "gains", text)[:2] == (3, "name")


def test_a_member_with_a_name_alone_is_no_part_of_the_next_name(tmp_path: Path) -> None:
    text = "urn,collaboration,joined,left\n,Ash Hub,,\n100001,& Elm Hub,,\n"
    assert refused(tmp_path, "members", text)[:2] == (2, "collaboration")


def test_separators_too_many_in_every_row_are_dropped(tmp_path: Path) -> None:
    text = dirty.as_text(dirty.spoilt("gains", each(lambda line: line.append(""))))
    assert list(accepted(tmp_path, "gains", text).rows) == STRICT["gains"]


def cut_after(line: int, letters: int) -> Spoil:
    def spoil(cells: Cells) -> None:
        text = ",".join(cells[line - 1])[:letters]
        cells[line - 1] = [text]

    return spoil


def rows_in_quotes(cells: Cells) -> None:
    cells[7:9] = [[",".join(cells[7]) + "\n" + ",".join(cells[8])]]


CUT: dict[str, tuple[str, Spoil, int, str]] = {
    "a bracket open above a whole name": ("gains", cut_after(4, 42), 4, "only"),
    "a joining word above a whole name": ("gains", cut_after(3, 38), 3, "only"),
    "an area in the middle of the table": ("funding", cut_after(70, 4), 70, "only 'West'"),
    "the first area of its name": ("funding", cut_after(10, 5), 10, "only 'North'"),
    "rows inside quotation marks": ("gains", rows_in_quotes, 8, "inside the quotation marks"),
}


@pytest.mark.parametrize(("table", "spoil", "line", "found"), CUT.values(), ids=CUT)
def test_what_is_left_of_a_row_is_refused_there(
    table: str, spoil: Spoil, line: int, found: str, tmp_path: Path
) -> None:
    result = dirty.read(tmp_path, table, dirty.as_text(dirty.spoilt(table, spoil)))
    assert isinstance(result, Rejected)
    assert result.problems[0].row == line
    assert found in result.problems[0].found


def test_an_answer_cut_to_another_answer_at_the_files_end_is_refused(tmp_path: Path) -> None:
    text = dirty.as_text(dirty.original("funding"))
    result = dirty.read(tmp_path, "funding", text[: text.rindex("n/a") + 1])
    assert isinstance(result, Rejected)
    assert result.problems[0].row == 75
    result = dirty.read(tmp_path, "funding", text[: text.index("n/a") + 1])
    assert isinstance(result, Rejected)
    assert result.problems[0].row == 74


@pytest.mark.parametrize("name", ["TBC Hub", "Key Hub", "A name of many words, which goes on."])
def test_a_member_without_urn_is_no_note_whatever_its_group_is_called(
    tmp_path: Path, name: str
) -> None:
    table = f'urn,collaboration,joined,left\n100000,Ash Hub,,\n,"{name}",,\n'
    assert refused(tmp_path, "members", table)[0] == 3
