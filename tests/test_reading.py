"""Tests of `analysis read`: what a careful person sees through gives exactly the right rows."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import dirty
import pandas as pd
import pytest
from dirty import (
    GOES_ON,
    LATER,
    MONEY,
    SHARE,
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

from analysis import cli
from analysis.sources.performance import read_results
from analysis.sources.registry import load_release
from analysis.tables.reading import Accepted, Rejected, read_one, shown

STRICT = {table: dirty.strict(table) for table in dirty.REPORT}
YES = {"Yes": "Y", "No": "NO ", "TBC": "tbc"}
TWO_ROWS = [["", "KS2", "", "", "KS4", "", ""], ["Name", "1", "2", "3", "1", "2", "3"]]


def in_thousands(cells: dirty.Cells) -> None:
    money(lambda pounds: f"{pounds / 1000:g}")(cells)
    heading(MONEY, "2012/13 Funding (£000s)")(cells)
    heading(LATER, "2013/14 Agreed Funding (£000s)")(cells)


def on_pages(cells: dirty.Cells) -> None:
    for at in (60, 40, 20):
        cells.insert(at, list(cells[0]))


def over_two_rows(cells: dirty.Cells) -> None:
    first = ["West Malling & Malling School -", *[""] * 6]
    cells[2:3] = [first, ["sch to sch partner", *cells[2][1:]]]


def last_over_two_rows(cells: dirty.Cells) -> None:
    cells[22][0] = "Collaboration of St James’, St John’s&"
    cells.insert(23, ["Pembury", *[""] * 6])


def row_sums(i: int, cells: list[str]) -> None:
    amounts = [int(text[1:].replace(",", "")) for text in cells[3:5] if i and text]
    cells.insert(5, f"£{sum(amounts):,}" if i else "Total")


SEEN_THROUGH: dict[str, tuple[str, Spoil, str]] = {
    "nothing at all": ("funding", each(lambda _: None), ""),
    "a title above": ("gains", row(1, "Gains of 2013"), "row 1: a row above the heading"),
    "two titles and a blank row above": (
        "ofsted",
        both(row(1, ""), row(1, "", "Ofsted Summary"), row(1, "Appendix")),
        "'Ofsted Summary'",
    ),
    "a blank row inside": ("gains", row(9, *[""] * 7), "row 9: a blank row"),
    "an empty line inside": ("gains", row(9), "row 9: a blank row"),
    "blank rows below": ("gains", both(below(""), below(" ")), ""),
    "the heading on every page": ("ofsted", on_pages, "rows 21, 42, 63: the heading repeated"),
    "a page number": ("gains", row(9, "Page 1 of 2"), "row 9: a row between pages"),
    "a note below": ("gains", below("Source: Kent County Council"), "a row below the table"),
    "a short note below": ("gains", row(25, "Notes:"), "a row below the table"),
    "a note below a blank row": (
        "funding",
        both(below(""), below("Compiled in March 2014, see paragraph 19")),
        "'Compiled in March",
    ),
    "a note that commas have parted": (
        "gains",
        below("Note: some groups had no results", " and are blank"),
        "a row below the table",
    ),
    "a total of the money": ("funding", totals("funding", "Total", 0), "row 76: a row of totals"),
    "a grand total in the names": ("funding", totals("funding", "GRAND TOTAL", 2), "of totals"),
    "a total of the grades": ("ofsted", totals("ofsted", "Total", 1), "row 79: a row of totals"),
    "a sum of both years": ("funding", numbered(row_sums), "is the sum of the amounts"),
    "columns in another order": (
        "ofsted",
        each(lambda cells: cells.append(cells.pop(3))),
        "the columns stand in another order",
    ),
    "an empty column last": ("gains", each(lambda cells: cells.append("")), ""),
    "an empty column first": ("gains", each(lambda c: c.insert(0, "")), "empty column 1"),
    "an empty column inside": ("funding", each(lambda c: c.insert(3, " ")), "empty column 4"),
    "a comma too many in a row": ("gains", lambda cells: cells[8].append(""), ""),
    "rows counted by software": (
        "gains",
        numbered(lambda i, cells: cells.insert(0, str(i - 1) if i else "")),
        "only counts the rows",
    ),
    "a column of remarks": (
        "funding",
        numbered(lambda i, cells: cells.append("seen" if i else "Remarks")),
        'column "Remarks" is not ours',
    ),
    "spaces around cells": ("gains", column("name", lambda t: f" {t}  "), "spaces removed"),
    "two spaces in names": ("gains", column("name", lambda t: t.replace(" ", "  ")), "tidied"),
    "hard spaces in names": ("gains", column("name", lambda t: t.replace(" ", "\xa0")), "tidied"),
    "spaces around numbers": ("ofsted", column("Good", lambda t: f" {t} "), "spaces removed"),
    "headings in other case": ("funding", heading("Area", "AREA"), 'heading "AREA" read as area'),
    "a heading over two lines": ("funding", heading(MONEY, "2012/13\nFunding"), "2012/13 Funding"),
    "a heading with hard spaces": ("ofsted", heading(SHARE, "% good\xa0or better"), "good_or"),
    "a heading with a footnote": ("ofsted", heading("Good", "Good*"), 'heading "Good*" read as'),
    "a heading spelt right": (
        "ofsted",
        heading("no Inpection yet", "No inspection yet"),
        "n_not_inspected",
    ),
    "a heading with a dash": ("funding", heading(MONEY, "Funding 2012–13"), "funding_2012_13_gbp"),
    "headings of gains all blank": (
        "gains",
        headed(["Collaboration", *[""] * 6]),
        "read by position",
    ),
    "headings of gains as software numbers them": (
        "gains",
        headed(["name", *[f"Unnamed: {i}" for i in range(1, 7)]]),
        "read by position",
    ),
    "headings of gains under key stages": (
        "gains",
        headed(["Name", "KS2", "", "", "KS4", "", ""]),
        "columns below KS2 and KS4",
    ),
    "headings of gains over two rows": ("gains", headed(*TWO_ROWS), "rows 1 to 2 joined"),
    "number and name without headings": (
        "ofsted",
        lambda cells: cells[0].__setitem__(slice(0, 2), ["", ""]),
        'heading "blank" read as number',
    ),
    "units below the heading": ("funding", row(2, "", "", "", "£", "£", ""), "rows 1 to 2 joined"),
    "amounts without a pound sign": ("funding", money(str), "without its pound sign"),
    "amounts with pence": ("funding", money(lambda n: f"£{n:,}.00"), ""),
    "amounts as a float": ("funding", money(lambda n: f"{n}.0"), "without its pound sign"),
    "amounts in groups without a sign": ("funding", money(lambda n: f"{n:,}"), "pound sign"),
    "a space after the pound sign": ("funding", money(lambda n: f"£ {n:,}"), ""),
    "amounts in a code's pounds": ("funding", money(lambda n: f"GBP {n:,}"), ""),
    "groups parted by hard spaces": (
        "funding",
        money(lambda n: f"£{n:,}".replace(",", "\xa0")),
        "groups of digits parted by spaces",
    ),
    "amounts in thousands": ("funding", in_thousands, "in thousands: multiplied by 1,000"),
    "amounts each with a k": ("funding", money(lambda n: f"£{n / 1000:g}k"), "read as thousands"),
    "an apostrophe before numbers": ("funding", money(lambda n: f"'{n}"), "an apostrophe that"),
    "answers in other words": ("funding", column(GOES_ON, lambda t: YES.get(t, t)), "read as yes"),
    "a percent sign": ("ofsted", column(SHARE, lambda t: f"{t}%"), ""),
    "counts with a decimal nought": ("ofsted", column("Good", lambda t: f"{t}.0"), "nought"),
    "gains with a percent sign": ("gains", gains(lambda t: f"{t}%"), "a percent sign dropped"),
    "gains with a plus": ("gains", gains(lambda t: f"+{t}"), ""),
    "a name over two rows": ("gains", over_two_rows, "rows 3, 4: a name over two rows joined"),
    "the end of the last name below": ("gains", last_over_two_rows, "a name over two rows joined"),
    "a name over two lines of a cell": (
        "gains",
        cell(7, "name", "Temple Hill & Oakfield\nCollaborative Reading Proj"),
        "spaces tidied",
    ),
    "another table below": (
        "gains",
        lambda cells: cells.extend([[""], *dirty.original("ofsted")]),
        "a row of another table (ofsted) set aside",
    ),
}


@pytest.mark.parametrize(("table", "spoil", "note"), SEEN_THROUGH.values(), ids=SEEN_THROUGH)
def test_what_a_careful_person_sees_through_gives_the_right_rows_and_a_note(
    table: str, spoil: Spoil, note: str, tmp_path: Path
) -> None:
    result = dirty.read(tmp_path, table, dirty.as_text(dirty.spoilt(table, spoil)))
    assert isinstance(result, Accepted), [str(problem) for problem in result.problems]
    assert list(result.rows) == STRICT[table]
    assert note in "\n".join(result.notes)


BYTES: dict[str, Any] = {
    "a byte order mark": lambda text: b"\xef\xbb\xbf" + text.encode(),
    "Windows-1252": lambda text: text.encode("cp1252"),
    "UTF-16": lambda text: text.encode("utf-16"),
    "Windows line ends": lambda text: text.replace("\n", "\r\n").encode(),
    "old Macintosh line ends": lambda text: text.replace("\n", "\r").encode(),
    "no line end": lambda text: text.rstrip("\n").encode(),
}


@pytest.mark.parametrize("encode", BYTES.values(), ids=BYTES)
@pytest.mark.parametrize("table", dirty.REPORT)
def test_bytes_that_say_the_same_give_the_same_rows(
    encode: Any, table: str, tmp_path: Path
) -> None:
    data = encode(dirty.as_text(dirty.original(table)))
    result = dirty.read(tmp_path, table, data)
    assert isinstance(result, Accepted), [str(problem) for problem in result.problems]
    assert list(result.rows) == STRICT[table]


@pytest.mark.parametrize("separator", [";", "\t"])
@pytest.mark.parametrize("table", dirty.REPORT)
def test_another_separator_gives_the_same_rows(separator: str, table: str, tmp_path: Path) -> None:
    text = dirty.as_text(dirty.original(table), separator)
    result = dirty.read(tmp_path, table, text)
    assert isinstance(result, Accepted), [str(problem) for problem in result.problems]
    assert list(result.rows) == STRICT[table]


@pytest.mark.parametrize("year", ["2013", "simulated"])
@pytest.mark.parametrize("table", dirty.REPORT)
def test_the_published_files_give_the_rows_of_the_strict_path(table: str, year: str) -> None:
    source = load_release(year).tables[table]
    result = read_one(table, source.path)
    assert isinstance(result, Accepted)
    assert list(result.rows) == dirty.strict(table, year)
    assert result.notes == ("text in UTF-8", "cells parted by commas")


def test_missing_values_have_the_kinds_of_the_strict_path() -> None:
    from analysis.sources.declared import read_typed

    source = load_release("2013").tables["funding"]
    strict = read_typed(source)
    result = read_one("funding", source.path)
    assert isinstance(result, Accepted)
    found = {(i + 2, c, kind) for i, row in enumerate(result.missing) for c, kind in row.items()}
    expected = {(line.row, line.column, line.reason) for line in strict.missing.itertuples()}
    assert found == expected


def test_shares_are_read_as_percentages_where_the_grades_confirm_it(tmp_path: Path) -> None:
    def share(i: int, cells: list[str]) -> None:
        if i:
            cells[8] = f"{(int(cells[3]) + int(cells[4])) / int(cells[2]):.3f}"

    cells = dirty.spoilt("ofsted", numbered(share))
    result = dirty.read(tmp_path, "ofsted", dirty.as_text(cells))
    assert isinstance(result, Accepted)
    assert [row["good_or_better_pct"] for row in result.rows] == [
        row["good_or_better_pct"] for row in STRICT["ofsted"]
    ]
    assert any("as the grades confirm" in note for note in result.notes)


@pytest.mark.parametrize("sign", ["-", "\N{MINUS SIGN}", "\N{EN DASH}"])
def test_a_decline_stays_one_with_any_minus(sign: str, tmp_path: Path) -> None:
    text = dirty.as_text(dirty.spoilt("gains", cell(8, "ks2_2", f"{sign}13")))
    result = dirty.read(tmp_path, "gains", text)
    assert isinstance(result, Accepted)
    assert result.rows[6]["gain_ks2_2_pp"] == -13.0


@pytest.mark.parametrize(
    "name",
    [
        '=HYPERLINK("http://example.org","ACE")',
        "<img src=x onerror=alert(1)>",
        "+SUM(A1:A9)",
        "@SUM(1)",
        "مدرسة",
        "NA",
        "None",
        "1E5",
        "007",
        "'; DROP TABLE schools; --",
        "${year}",
        "A" * 60,
        "Total Learning Trust",
        "Note Valley Partnership",
    ],
)
def test_a_name_is_text_and_nothing_else(name: str, tmp_path: Path) -> None:
    text = dirty.as_text(dirty.spoilt("gains", cell(8, "name", name)))
    result = dirty.read(tmp_path, "gains", text)
    assert isinstance(result, Accepted), [str(problem) for problem in result.problems]
    expected = [dict(row) for row in STRICT["gains"]]
    expected[6]["collaboration"] = name
    assert list(result.rows) == expected


@pytest.mark.parametrize(
    ("printed", "kind"),
    [("", "blank"), ("n/a", "not applicable"), ("TBC", "to be confirmed"), ("-", "dash")],
)
def test_each_code_of_a_missing_amount_keeps_its_kind(
    printed: str, kind: str, tmp_path: Path
) -> None:
    text = dirty.as_text(dirty.spoilt("funding", cell(3, LATER, printed)))
    result = dirty.read(tmp_path, "funding", text)
    assert isinstance(result, Accepted)
    assert result.rows[1]["funding_2013_14_gbp"] is None
    assert result.missing[1] == {"funding_2013_14_gbp": kind}


def test_money_in_long_form_is_read(tmp_path: Path) -> None:
    text = 'name,school year,amount\nACE,2012/13,"£42,000"\nACE,2013/14,\n'
    result = dirty.read(tmp_path, "funding", text)
    assert isinstance(result, Accepted), [str(problem) for problem in result.problems]
    assert result.rows[0] == {"collaboration": "ACE", "school_year": 2013, "funding_gbp": 42000.0}
    assert result.missing[1] == {"funding_gbp": "blank"}


def test_schools_are_those_of_the_strict_path() -> None:
    source = load_release("simulated").schools[0]
    strict = read_results(source).schools
    result = read_one("schools", source.path)
    assert isinstance(result, Accepted)
    assert len(result.rows) == len(strict)
    for column_ in ("urn", "year", "stage", "phase", "district", "cohort", "ks2_expected_pct"):
        expected = [None if pd.isna(value) else value for value in strict[column_].tolist()]
        assert [row[column_] for row in result.rows] == expected


def test_the_command_prints_one_object_and_says_by_its_code_whether_the_file_was_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    good = dirty.put(tmp_path, "gains", dirty.as_text(dirty.original("gains")))
    assert cli.main(["read", "gains", str(good), "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert set(answer) == {"status", "rows", "notes"}
    assert answer["status"] == "accepted"
    last = answer["rows"][5]
    assert last["gain_ks4_1_pp"] is None
    assert last["_missing"] == {f"gain_ks4_{n}_pp": "blank" for n in (1, 2, 3)}
    assert "_missing" not in answer["rows"][0]
    bad = dirty.put(tmp_path, "gains", dirty.as_text(dirty.spoilt("gains", cell(8, "ks2_2", "x"))))
    assert cli.main(["read", "gains", str(bad), "--json"]) == 1
    answer = json.loads(capsys.readouterr().out)
    assert answer["status"] == "rejected"
    assert [set(error) for error in answer["errors"]] == [
        {"file", "row", "column", "found", "expected", "remedy"}
    ]
    assert (answer["errors"][0]["row"], answer["errors"][0]["column"]) == (8, "ks2_2")


def test_the_command_prints_rows_or_errors_for_a_person(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = dirty.put(tmp_path, "gains", dirty.as_text(dirty.spoilt("gains", row(1, "A title"))))
    assert cli.main(["read", "gains", str(file)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("collaboration\tgain_ks2_1_pp")
    assert lines[1] == "BRESIC\t36.0\t7.0\t3.0\t6.0\t13.0\t2.0"
    assert lines[6].endswith("\t[blank]\t[blank]\t[blank]")
    assert lines[-1] == "Note: row 1: a row above the heading set aside: 'A title'"
    assert cli.main(["read", "gains", str(tmp_path / "none.csv")]) == 1
    assert "none.csv" in capsys.readouterr().err


def test_a_table_that_the_reader_does_not_know_is_a_mistake_of_usage(tmp_path: Path) -> None:
    with pytest.raises(SystemExit) as stopped:
        cli.main(["read", "pupils", str(tmp_path)])
    assert stopped.value.code == 2
    with pytest.raises(ValueError, match="expected one of gains"):
        read_one("pupils", tmp_path)


def test_nothing_is_written(tmp_path: Path) -> None:
    file = dirty.put(tmp_path, "gains", dirty.as_text(dirty.original("gains")))
    before = (sorted(tmp_path.rglob("*")), file.read_bytes())
    assert isinstance(read_one("gains", file), Accepted)
    assert (sorted(tmp_path.rglob("*")), file.read_bytes()) == before


def test_a_rejected_file_shows_every_problem_on_a_line() -> None:
    result = read_one("gains", Path("there_is_no_such_file.csv"))
    assert isinstance(result, Rejected)
    assert len(shown(result).splitlines()) == len(result.problems)
