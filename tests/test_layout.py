"""Tests of what is refused in files of unknown origin: the right row, column and remedy."""

from __future__ import annotations

from pathlib import Path

import dirty
import pytest
from dirty import (
    GOES_ON,
    LATER,
    MONEY,
    SHARE,
    Cells,
    Spoil,
    below,
    both,
    cell,
    column,
    each,
    gains,
    headed,
    heading,
    money,
    numbered,
    row,
    totals,
)

from analysis.tables.reading import Rejected, read_one

Place = tuple[str, Spoil, int, str, str]


def again(at: int, change: Spoil = lambda cells: None) -> Spoil:
    def spoil(cells: Cells) -> None:
        cells.append(list(cells[at - 1]))
        change(cells)

    return spoil


def wrong_total(table: str, at: int, to: str) -> Spoil:
    return both(totals(table, "Total", 1 if table == "ofsted" else 0), lambda c: put(c, at, to))


def put(cells: Cells, at: int, to: str) -> None:
    cells[-1][at] = to


def second(cells: Cells) -> None:
    cells += [[""], ["Results of 2012"], *dirty.original("gains")]


def without(name: str) -> Spoil:
    return lambda cells: [line.pop(at) for at in [cells[0].index(name)] for line in cells]


def exchange(cells: Cells) -> None:
    cells[1][:2] = reversed(cells[1][:2])


STRUCTURE: dict[str, Place] = {
    "an unquoted amount": (
        "funding",
        lambda c: c[1].__setitem__(slice(3, 4), ["£42", "000"]),
        2,
        MONEY,
        "'£42,000' makes two",
    ),
    "every amount unquoted, the heading as wide": (
        "funding",
        both(numbered(lambda i, c: c.insert(4, "000" if i else ""))),
        2,
        "cell 5",
        "below no heading",
    ),
    "a short row": ("gains", lambda c: c[7].__delitem__(slice(4, None)), 8, "ks2_3", "4 cells"),
    "a cut last row": (
        "gains",
        lambda c: c[-1].__delitem__(slice(5, None)),
        24,
        "ks4_1",
        "5 cells",
    ),
    "a cell too many": ("gains", lambda c: c[7].append("3"), 8, "ks4_3", "8 cells"),
    "the heading lost": ("gains", lambda c: c.pop(0), 1, "name", "none of the headings"),
    "a column lost": ("gains", without("ks2_3"), 1, "ks2_3", "no column with this heading"),
    "the names lost": ("funding", without("Collaboration name"), 1, "Collaboration name", "no col"),
    "a heading twice": ("gains", heading("ks2_2", "ks2_1"), 1, "ks2_2", "no column with this"),
    "a heading of another thing": ("ofsted", heading("RI", "Satisfactory"), 1, "RI", "'Satisf"),
    "a heading of years too far apart": (
        "funding",
        heading(LATER, "2014/15 Agreed Funding"),
        1,
        "2014/15 Agreed Funding",
        "beside money of 2012/13",
    ),
    "a school year of two years": (
        "funding",
        heading(MONEY, "2012/14 Funding"),
        1,
        "2012/14 Funding",
        "'2012/14 Funding'",
    ),
    "the same year twice": (
        "funding",
        heading(LATER, "2012/13 Agreed Funding"),
        1,
        LATER,
        "no column with this heading",
    ),
    "going on in another year": (
        "funding",
        heading(GOES_ON, "Collabtn continuing in 2012/13"),
        1,
        "Collabtn continuing in 2012/13",
        "'Collabtn continuing in 2012/13'",
    ),
    "money in millions": ("funding", heading(MONEY, "2012/13 (£m)"), 1, "2012/13 (£m)", "£m"),
    "a unit in the title": ("funding", row(1, "All in £000s"), 1, "cell 1", "'All in £000s'"),
    "a unit in a note": ("funding", below("Note: £ thousands"), 76, "cell 1", "outside the head"),
    "money of a third column": (
        "funding",
        numbered(lambda i, c: c.append("£1,000" if i else "2012/13 Funding, revised")),
        1,
        "2012/13 Funding, revised",
        "unknown here",
    ),
    "cells below no heading": (
        "gains",
        numbered(lambda i, c: c.append("3" if i == 5 else "")),
        6,
        "cell 8",
        "'3' below no heading",
    ),
    "a row of values above the heading": (
        "gains",
        lambda c: c.insert(0, c.pop(4)),
        1,
        "cell 1",
        "above the heading",
    ),
    "two tables of one kind": ("gains", second, 26, "name", "two tables"),
    "the columns exchanged on the second page": (
        "gains",
        row(9, "name", "ks4_1", "ks4_2", "ks4_3", "ks2_1", "ks2_2", "ks2_3"),
        9,
        "name",
        "a second heading",
    ),
    "a lone word between rows": ("gains", row(9, "Primary"), 9, "name", "only 'Primary'"),
    "a name without values at the end": ("gains", below("EAST Hub"), 25, "name", "only 'EAST Hub'"),
    "no rows": ("gains", lambda c: c.__delitem__(slice(1, None)), 1, "name", "without rows"),
    "subjects in place of numbers": (
        "gains",
        headed(["name", "Reading", "Writing", "Maths", "English", "Maths", "Both"]),
        1,
        "name",
        "none of the headings",
    ),
    "three columns below one key stage and two below another": (
        "gains",
        headed(["name", "KS2", "", "", "", "KS4", ""]),
        1,
        "name",
        "none of the headings",
    ),
}
LOGIC: dict[str, Place] = {
    "grades that do not add up": (
        "ofsted",
        cell(12, "Good", "7"),
        12,
        "number of schools",
        "add up",
    ),
    "a percentage that does not follow": ("ofsted", cell(3, SHARE, "78.8"), 3, SHARE, "78.8 for"),
    "one share among percentages": ("ofsted", cell(3, SHARE, "0.778"), 3, SHARE, "0.778"),
    "a percentage cut short": ("ofsted", cell(4, SHARE, "57"), 4, SHARE, "57 for 'BRESIC"),
    "a name twice": ("gains", again(8), 25, "name", "which row 8 already has"),
    "a name twice in other case": (
        "gains",
        again(8, lambda c: put(c, 0, "eas HUB")),
        25,
        "name",
        "which row 8 already has",
    ),
    "a name twice in look-alike letters": (
        "gains",
        again(11, lambda c: put(c, 0, "WK Ruraⅼ")),
        25,
        "name",
        "which row 11 already has",
    ),
    "a name twice but for a sign": (
        "gains",
        again(11, lambda c: put(c, 0, "WK-Rural")),
        25,
        "name",
        "looks like that of row 11",
    ),
    "a zero for an O": (
        "gains",
        again(6, lambda c: put(c, 0, "DASC0 Computer Science Cluster")),
        25,
        "name",
        "looks like that of row 6",
    ),
    "a row lost": ("ofsted", lambda c: c.pop(40), 41, "number", "41"),
    "a district in two areas": ("funding", cell(2, "Area", "North"), 2, "Area", "'North' for"),
    "area and district exchanged": ("funding", exchange, 2, "Area", "'Ashford'"),
    "an area that is blank": ("funding", cell(3, "Area", ""), 3, "Area", "''"),
    "a gain that is blank": ("gains", cell(8, "ks2_2", ""), 8, "ks2_2", "a blank beside 2"),
    "a row without money": ("funding", cell(2, MONEY, ""), 2, MONEY, "no amount for 'ACE'"),
    "a column without money": ("funding", column(LATER, lambda _: ""), 2, LATER, "no value"),
    "a total that is wrong": ("funding", wrong_total("funding", 3, "£1"), 76, MONEY, "'£1' in the"),
    "a total of grades that is wrong": ("ofsted", wrong_total("ofsted", 4, "3"), 79, "Good", "'3'"),
    "an average that is none": ("gains", below("Average", "99"), 25, "ks2_1", "'99' in the row"),
    "one amount cut short": ("funding", cell(3, MONEY, "£56"), 3, MONEY, "in thousands?"),
    "amounts in thousands unsaid": (
        "funding",
        money(lambda n: f"{n // 1000}"),
        2,
        MONEY,
        "pounds or thousands",
    ),
    "one gain as a share": ("gains", cell(8, "ks2_2", "0.13"), 8, "ks2_2", "'0.13'"),
    "all gains as shares": ("gains", gains(lambda t: f"{int(t) / 100}"), 2, "ks2_1", "'0.36'"),
    "one gain with a percent sign": ("gains", cell(8, "ks2_2", "13%"), 8, "ks2_2", "'13%'"),
    "a sum of years that is none": (
        "funding",
        numbered(lambda i, c: c.append("£5" if i else "Total")),
        2,
        "Total",
        "'£5'",
    ),
}
NAMES: dict[str, Place] = {
    f"a name with {what}": ("gains", cell(8, "name", f"EAS{sign}Hub"), 8, "name", found)
    for what, sign, found in (
        ("a mark that turns text", "\u202e", "U+202E"),
        ("an isolate", "\u2066", "U+2066"),
        ("a space without width", "\u200b", "U+200B"),
        ("a byte order mark", "\ufeff", "U+FEFF"),
        ("a control code", "\x1b", "U+001B"),
        ("a soft hyphen", "\xad", "U+00AD"),
        ("a replacement character", "\ufffd", "U+FFFD"),
        ("a letter of another alphabet", "\u0410", "cyrillic capital letter a"),
        ("a sign decoded twice", "â€™", "UTF-8 read as Windows-1252"),
        ("a lost character", "?", "another encoding lost"),
    )
}
ALL = {**STRUCTURE, **LOGIC, **NAMES}


@pytest.mark.parametrize(("table", "spoil", "line", "name", "found"), ALL.values(), ids=ALL)
def test_what_could_mean_something_else_is_refused_at_its_place(
    table: str, spoil: Spoil, line: int, name: str, found: str, tmp_path: Path
) -> None:
    result = dirty.read(tmp_path, table, dirty.as_text(dirty.spoilt(table, spoil)))
    assert isinstance(result, Rejected)
    problem = result.problems[0]
    assert (problem.file, problem.row, problem.column) == (f"{table}.csv", line, name), str(problem)
    assert found in problem.found
    assert problem.expected
    assert problem.remedy
    assert len(str(problem)) < 900


@pytest.mark.parametrize("table", dirty.REPORT)
@pytest.mark.parametrize("other", dirty.REPORT)
def test_a_table_is_not_read_as_another(table: str, other: str) -> None:
    source = dirty.RAW / "2013" / f"{table}.csv"
    assert isinstance(read_one(other, source), Rejected) == (table != other)


@pytest.mark.parametrize("table", dirty.REPORT)
@pytest.mark.parametrize("kept", [0.3, 0.7, 0.999])
def test_a_file_cut_anywhere_inside_a_row_is_refused(
    table: str, kept: float, tmp_path: Path
) -> None:
    text = dirty.as_text(dirty.original(table))
    at = text.index(",", int(kept * len(text) * 0.98))
    result = dirty.read(tmp_path, table, text[:at])
    assert isinstance(result, Rejected)


def test_a_row_keeps_its_number_below_titles_and_blank_rows(tmp_path: Path) -> None:
    spoil = both(cell(8, "ks2_2", "x"), row(5, ""), row(1, ""), row(1, "Gains"))
    result = dirty.read(tmp_path, "gains", dirty.as_text(dirty.spoilt("gains", spoil)))
    assert isinstance(result, Rejected)
    assert [(problem.row, problem.column) for problem in result.problems] == [(11, "ks2_2")]


def test_every_row_that_is_too_wide_is_said(tmp_path: Path) -> None:
    text = "\n".join(",".join(line) for line in dirty.original("funding")) + "\n"
    result = dirty.read(tmp_path, "funding", text)
    assert isinstance(result, Rejected)
    assert [problem.row for problem in result.problems] == list(range(2, 76))


def test_every_bad_cell_of_a_file_is_said(tmp_path: Path) -> None:
    spoil = both(cell(8, "ks2_2", "x"), cell(3, "ks4_1", "y"), each(lambda _: None))
    result = dirty.read(tmp_path, "gains", dirty.as_text(dirty.spoilt("gains", spoil)))
    assert isinstance(result, Rejected)
    assert [problem.row for problem in result.problems] == [3, 8]
