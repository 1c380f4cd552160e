"""Tests of files as the department and the register of schools publish them, read alone."""

from __future__ import annotations

from pathlib import Path

import dirty
import pytest
import xlsxwriter

from analysis.tables.reading import Accepted, Rejected, read_one

OURS = (
    *("RECTYPE", "LEA", "ESTAB", "URN", "SCHNAME", "TELIG", "PTRWM_EXP", "READ_AVERAGE"),
    *("MAT_AVERAGE", "READPROG", "WRITPROG", "MATPROG", "TKS1AVERAGE"),
    *("PTFSM6CLA1A", "PTEALGRP2", "PSENELSE"),
)
VALUES = ("72%", "105", "104", "1.2", "-0.4", "0.3", "16.1", "23%", "5%", "14%")
LINKS = """\
URN,Group Name,Group UID,Group Type,Joined date,LA (code)
118001,Tove Trust,80001,Multi-academy trust,2013-09-01,886
118001,TOVE TRUST,80002,School sponsor,2013-09-01,886
20003,Central,80637,Children's Centres Group,1900-01-01,852
"""


def schools(others: int) -> list[list[str]]:
    """Return five schools, a row of their authority and `others` columns that are not read."""
    more = [f"OTHER{i}" for i in range(others)]
    rows = [
        ["1", "886", str(2000 + i), str(118001 + i), f"School {i}", "40", *VALUES] for i in range(5)
    ]
    last = ["3", "886", "", "", "", "200", *VALUES]
    return [[*OURS, *more], *([*row, *["0"] * others] for row in [*rows, last])]


def read(folder: Path, rows: list[list[str]], end: str = "\n") -> Accepted | Rejected:
    return dirty.read(folder, "schools", "\n".join(map(",".join, rows)) + end)


@pytest.mark.parametrize(("others", "cells"), [(60, 7), (60, 15), (0, 7), (0, 5), (20, 5)])
def test_a_school_cut_short_is_refused(others: int, cells: int, tmp_path: Path) -> None:
    rows = schools(others)
    rows[3] = rows[3][:cells]
    result = read(tmp_path, rows)
    assert isinstance(result, Rejected)
    assert [problem.row for problem in result.problems] == [4]


@pytest.mark.parametrize("cells", [5, 16])
def test_blanks_that_the_publisher_leaves_out_at_a_rows_end_are_read(
    cells: int, tmp_path: Path
) -> None:
    rows = schools(60)
    rows[3] = rows[3][:cells]
    result = read(tmp_path, rows)
    assert isinstance(result, Accepted), [str(problem) for problem in result.problems]
    assert [row["cohort"] for row in result.rows] == [40, 40, 40 if cells > 5 else None, 40, 40]


@pytest.mark.parametrize(("column", "cell"), [("ESTAB", "22"), ("ESTAB", "20023"), ("LEA", "88")])
def test_the_number_of_a_school_in_its_authority_has_its_digits(
    column: str, cell: str, tmp_path: Path
) -> None:
    rows = schools(0)
    rows[2][OURS.index(column)] = cell
    result = read(tmp_path, rows)
    assert isinstance(result, Rejected)
    assert [(problem.row, problem.column) for problem in result.problems] == [(3, column)]


def test_numbers_that_software_wrote_with_a_decimal_nought_are_read(tmp_path: Path) -> None:
    rows = [[c, *r] for c, r in zip(["", *"012345"], schools(0), strict=True)]
    rows = [[f"{c}.0" if c.isdigit() and 1 < j < 5 else c for j, c in enumerate(r)] for r in rows]
    result = read(tmp_path, rows)
    assert isinstance(result, Accepted), [str(problem) for problem in result.problems]
    assert result.rows[1]["laestab"] == "8862001"
    assert result.rows[1]["urn"] == "118002"


def test_a_row_of_totals_may_end_a_file_in_blanks(tmp_path: Path) -> None:
    rows = schools(0)
    rows[-1][-1] = ""
    assert isinstance(read(tmp_path, rows, ""), Accepted)
    assert isinstance(read(tmp_path, [*rows[:-2], [*rows[-2][:-1], ""]], ""), Rejected)


def test_groups_with_numbers_and_childrens_centres_are_read(tmp_path: Path) -> None:
    result = dirty.read(tmp_path, "members", LINKS)
    assert isinstance(result, Accepted), [str(problem) for problem in result.problems]
    assert [row["urn"] for row in result.rows] == ["118001", "118001", "20003"]
    assert result.missing[2] == {"joined": "unknown"}


def test_a_school_with_five_digits_is_refused(tmp_path: Path) -> None:
    result = dirty.read(tmp_path, "members", LINKS.replace("118001,T", "11800,T", 1))
    assert isinstance(result, Rejected)
    assert [(problem.row, problem.column) for problem in result.problems] == [(2, "URN")]


def test_a_lost_quotation_mark_of_windows_is_the_mark(tmp_path: Path) -> None:
    text = dirty.as_text(dirty.original("gains")).replace("\u2019", "\u0092")
    result = dirty.read(tmp_path, "gains", text)
    assert isinstance(result, Accepted)
    expected = dirty.original("gains")[-2][0]
    assert result.rows[-2]["collaboration"] == expected
    assert any("Windows-1252" in note for note in result.notes)


@pytest.mark.parametrize("name", ["@SUM", "=SUM", "@Total"])
def test_a_name_that_a_spreadsheet_would_run_is_no_row_of_totals(name: str, tmp_path: Path) -> None:
    text = dirty.as_text(dirty.original("gains")).replace("EAS Hub", name)
    result = dirty.read(tmp_path, "gains", text)
    assert isinstance(result, Accepted)
    assert result.rows[6]["collaboration"] == name


@pytest.mark.parametrize("kind", ["0.0", "0"])
def test_whole_pounds_shown_in_rounded_thousands_are_read_whole(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "funding.xlsx"
    book = xlsxwriter.Workbook(str(path))
    sheet, form = book.add_worksheet(), book.add_format({"num_format": kind})
    for i, row in enumerate(dirty.original("funding")):
        for j, cell in enumerate(row):
            heading = "2012/13 Funding (£000s)" if j == 3 else cell.replace("KAH", "KAH, £000s")
            pounds = cell.strip("£").replace(",", "")
            if i and j in (3, 4) and pounds:
                sheet.write_number(i, j, int(pounds) / 1000, form)
            else:
                sheet.write_string(i, j, cell if i else heading)
    book.close()
    result = read_one("funding", path)
    assert isinstance(result, Accepted), [str(problem) for problem in result.problems]
    strict = dirty.read(tmp_path, "funding", dirty.as_text(dirty.original("funding")))
    assert isinstance(strict, Accepted)
    assert result.rows == strict.rows
