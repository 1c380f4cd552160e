"""Tests of the promise that a bad input gets one error with its place, and nothing is written."""

from __future__ import annotations

import os
from collections.abc import Callable

import pytest
from conftest import Refused
from world import World

Spoil = Callable[[World], object]
NO_PUBLICATION = "bytes that were never published"
SIGN_IN = b"<!DOCTYPE html>\n<html><head><title>Sign in</title></head><body></body></html>\n"


def each(table: str, change: Callable[[list[list[str]]], object]) -> Spoil:
    def spoil(world: World) -> None:
        cells = world.cells(table)
        change(cells)
        world.write(table, cells)

    return spoil


def cell(table: str, row: int, column: str, to: str) -> Spoil:
    return lambda world: world.change(table, row, column, to)


def raw(table: str, change: Callable[[bytes], bytes]) -> Spoil:
    def spoil(world: World) -> None:
        file = world.file(table)
        data = file.read_bytes()
        changed = change(data)
        assert changed != data
        file.write_bytes(changed)

    return spoil


def swap(table: str, old: str, new: str) -> Spoil:
    return lambda world: world.replace(table, old.encode(), new.encode())


def again(table: str, row: int) -> Spoil:
    return each(table, lambda cells: cells.append(cells[row - 1]))


def row(table: str, *new: str) -> Spoil:
    return each(table, lambda cells: cells.append(list(new)))


CELLS = {
    "a wrong group of digits": (
        cell("funding", 5, "2012/13 Funding (if applicable)", "£42,00"),
        ("funding", 5, "2012/13 Funding (if applicable)", "'£42,00'"),
    ),
    "an amount with a euro sign": (
        cell("funding", 5, "2012/13 Funding (if applicable)", "€42,000"),
        ("funding", 5, "2012/13 Funding (if applicable)", "'€42,000'"),
    ),
    "a grade count that does not add up": (
        cell("ofsted", 12, "Good", "7"),
        ("ofsted", 12, "number of schools", "the five grades add up to"),
    ),
    "a percentage that does not follow": (
        cell("ofsted", 3, "% good or better", "78.8"),
        ("ofsted", 3, "% good or better", "78.8 for 'Ashford Rural"),
    ),
    "a decimal comma": (
        cell("ofsted", 3, "% good or better", "77,8"),
        ("ofsted", 3, "% good or better", "'77,8'"),
    ),
    "a share instead of a percentage": (
        cell("ofsted", 3, "% good or better", "0.778"),
        ("ofsted", 3, "% good or better", "0.778"),
    ),
    "Arabic digits": (cell("gains", 8, "ks2_2", "١٣"), ("gains", 8, "ks2_2", "'١٣'")),
    "a digit group by underscore": (
        cell("ofsted", 2, "number of schools", "1_000"),
        ("ofsted", 2, "number of schools", "'1_000'"),
    ),
    "a count with more digits than any number type holds": (
        cell("ofsted", 2, "number of schools", "9" * 5000),
        ("ofsted", 2, "number of schools", "'999"),
    ),
    "an exponent": (cell("gains", 8, "ks2_2", "1E1"), ("gains", 8, "ks2_2", "'1E1'")),
    "a spreadsheet's error value": (
        cell("gains", 8, "ks2_2", "#REF!"),
        ("gains", 8, "ks2_2", "'#REF!'"),
    ),
    "a code that nobody has declared": (
        cell("gains", 8, "ks2_2", "SUPP"),
        ("gains", 8, "ks2_2", "'SUPP'"),
    ),
    "one cell of a block emptied": (
        cell("gains", 8, "ks2_2", ""),
        ("gains", 8, "ks2_2", "a blank beside 2 numbers"),
    ),
    "a row without a gain": (
        each("gains", lambda cells: cells[7].__setitem__(slice(1, None), [""] * 6)),
        ("gains", 8, "ks2_1", "no gain for 'EAS Hub'"),
    ),
    "a row without an amount": (
        cell("funding", 2, "2012/13 Funding (if applicable)", ""),
        ("funding", 2, "2012/13 Funding (if applicable)", "no amount for 'ACE'"),
    ),
    "an answer that is none": (
        cell("funding", 2, "Collabtn continuing in 2013/14", "Perhaps"),
        ("funding", 2, "Collabtn continuing in 2013/14", "'Perhaps'"),
    ),
    "a district in two areas": (
        cell("funding", 2, "Area", "North"),
        ("funding", 2, "Area", "'North' for the district 'Ashford'"),
    ),
    "more members than schools": (
        cell("coverage", 3, "members", "450"),
        ("coverage", 3, "members", "450"),
    ),
    "a changed number that breaks no sum": (
        cell("gains", 8, "ks2_2", "14"),
        ("gains", 8, "ks2_2", "'14'"),
    ),
    "two amounts of money changed round": (
        cell("funding", 2, "2012/13 Funding (if applicable)", "£24,000"),
        ("funding", 2, "2012/13 Funding (if applicable)", "'£24,000'"),
    ),
    "a blank where an answer was": (
        cell("funding", 2, "Collabtn continuing in 2013/14", ""),
        ("funding", 2, "Collabtn continuing in 2013/14", "''"),
    ),
}
NAMES = {
    "an unknown name": (
        cell("gains", 8, "name", "EAST Hub"),
        ("gains", 8, "name", "'EAST Hub'"),
    ),
    "a name in other case": (
        cell("funding", 2, "Collaboration name", "Ace"),
        ("funding", 2, "Collaboration name", "written with other characters than 'ACE'"),
    ),
    "a name all in look-alike letters": (
        cell("funding", 2, "Collaboration name", "АСЕ"),
        ("funding", 2, "Collaboration name", "written with other characters than 'ACE'"),
    ),
    "a look-alike letter inside a word": (
        swap("gains", "Weald", "We\u0430ld"),
        ("gains", 10, "name", "latin small letter e beside cyrillic small letter a"),
    ),
    "a straight apostrophe for a curly one": (
        cell("gains", 23, "name", "Collaboration of St James', St John’s& Pembury"),
        ("gains", 23, "name", "Collaboration of St James', St"),
    ),
    "a name that is blank": (cell("gains", 8, "name", "  "), ("gains", 8, "name", "no name")),
    "a mark that turns the direction of text": (
        swap("gains", "WK Rural", "WK \u202eRural"),
        ("gains", 11, "name", "U+202E (right-to-left override)"),
    ),
    "an isolate": (swap("gains", "WK Rural", "WK \u2066Rural"), ("gains", 11, "name", "U+2066")),
    "a space without width": (
        swap("gains", "WK Rural", "WK\u200b Rural"),
        ("gains", 11, "name", "U+200B (zero width space)"),
    ),
    "a byte order mark inside": (
        swap("gains", "WK Rural", "WK \ufeffRural"),
        ("gains", 11, "name", "U+FEFF"),
    ),
    "a form feed": (swap("gains", "WK Rural", "WK \x0cRural"), ("gains", 11, "name", "U+000C")),
    "a replacement character": (
        swap("gains", "WK Rural", "WK \ufffdRural"),
        ("gains", 11, "name", "U+FFFD (replacement character)"),
    ),
    "curly quotes decoded by the wrong table": (
        swap("gains", "James’", "Jamesâ€™"),
        ("gains", 23, "name", "UTF-8 read as Windows-1252"),
    ),
}
ROWS = {
    "a known name twice": (again("gains", 8), ("gains", 25, "name", "which row 8 already has")),
    "a running row twice": (again("ofsted", 5), ("ofsted", 79, "name", "which row 5 already")),
    "one more row with a known name": (
        row("gains", "Coastal Alliance", "1", "2", "3", "", "", ""),
        ("gains", 25, "name", "24 rows"),
    ),
    "one more row with an unknown name": (
        row("gains", "Nobody's Hub", "1", "2", "3", "", "", ""),
        ("gains", 25, "name", '"Nobody\'s Hub"'),
    ),
    "one group under two of its names": (
        row("gains", "West Ramsgate Achievement Partnership (WRAP)", *"123", "", "", ""),
        ("gains", 25, "name", "which stands for 'West Ramsgate Achievement"),
    ),
    "a row lost in the middle": (
        each("ofsted", lambda cells: cells.pop(40)),
        ("ofsted", 41, "number", "41"),
    ),
    "the last row lost": (
        each("ofsted", lambda cells: cells.pop()),
        ("ofsted", 77, "number", "76"),
    ),
    "a row of gains lost": (each("gains", lambda cells: cells.pop(9)), ("gains", 23, "name", "22")),
    "two rows in another order": (
        each("ofsted", lambda cells: cells.insert(3, cells.pop(4))),
        ("ofsted", 4, "number", "4"),
    ),
    "a blank row": (
        swap("gains", "\nWK Rural", "\n\nWK Rural"),
        ("gains", 11, "name", "a blank row"),
    ),
    "no rows": (
        each("gains", lambda cells: cells.__delitem__(slice(1, None))),
        ("gains", 1, "name", ""),
    ),
}


def comma(line: bytes) -> bytes:
    return line.replace(b'"\xc2\xa342,000"', b"\xc2\xa342,000", 1)


WIDTHS = {
    "an unquoted amount in the first row only": (
        swap("funding", 'ACE,"£42,000"', "ACE,£42,000"),
        ("funding", 2, "2012/13 Funding (if applicable)", "7 cells, of which '£42,000'"),
    ),
    "an unquoted amount in one row": (
        swap("funding", 'Weald Consortium,"£42,000"', "Weald Consortium,£42,000"),
        ("funding", 67, "2012/13 Funding (if applicable)", "7 cells, of which '£42,000'"),
    ),
    "an unquoted name": (
        swap(
            "ofsted", '"Pent Valley, St Mary’s and Morehall"', "Pent Valley, St Mary’s and Morehall"
        ),
        ("ofsted", 43, "% good or better", "10 cells"),
    ),
    "a truncated last line": (
        raw("funding", lambda data: data[: data.rindex(b",,")]),
        ("funding", 75, "2012/13 Funding (if applicable)", "4 cells"),
    ),
    "a last line truncated inside quotes": (
        raw("funding", lambda data: data[: data.rindex(b"8,000")]),
        ("funding", 75, "2012/13 Funding (if applicable)", "a quotation mark without its partner"),
    ),
    "a last line truncated inside its last cell": (
        raw("ofsted", lambda data: data.rstrip().removesuffix(b".0")),
        ("ofsted", None, None, "SHA-256"),
    ),
    "a stray quotation mark": (
        swap("gains", "EAS Hub", '"EAS Hub'),
        ("gains", 8, "name", "a quotation mark without its partner"),
    ),
    "a quotation mark inside a cell": (
        swap("gains", "EAS Hub", 'EAS "Hub"'),
        ("gains", 8, "name", "a quotation mark inside"),
    ),
    "words after a closing quotation mark": (
        swap("gains", "EAS Hub", '"EAS" Hub'),
        ("gains", 8, "name", "after a closing quotation mark"),
    ),
    "a line break inside a cell": (
        swap("gains", "EAS Hub", '"EAS\nHub"'),
        ("gains", 8, "name", "a quotation mark without its partner"),
    ),
}
FILES = {
    "Windows-1252": (
        raw("funding", lambda data: data.decode().encode("cp1252")),
        ("funding", 2, "2012/13 Funding (if applicable)", "the byte 0xA3"),
    ),
    "Windows-1252 behind a quoted comma": (
        raw("ofsted", lambda data: data.decode().encode("cp1252")),
        ("ofsted", 10, "name", "the byte 0x92"),
    ),
    "UTF-16 with its mark": (
        raw("funding", lambda data: data.decode().encode("utf-16")),
        ("funding", 1, "cell 1", "text in UTF-16"),
    ),
    "UTF-16 without a mark": (
        raw("funding", lambda data: data.decode().encode("utf-16-le")),
        ("funding", 1, "cell 1", "U+0000"),
    ),
    "a code of zero": (swap("gains", "EAS Hub", "EAS\0Hub"), ("gains", 8, "name", "U+0000")),
    "a sign-in page": (raw("gains", lambda _: SIGN_IN), ("gains", 1, "cell 1", "a web page")),
    "a workbook": (raw("gains", lambda _: b"PK\x03\x04"), ("gains", 1, "cell 1", "a workbook")),
    "nothing": (raw("gains", lambda _: b""), ("gains", 1, "cell 1", "an empty file")),
    "only blank lines": (
        raw("gains", lambda _: b"\r\n \n"),
        ("gains", 1, "cell 1", "an empty file"),
    ),
    "semicolons": (
        raw("gains", lambda data: data.replace(b",", b";")),
        ("gains", 1, "cell 1", "cells parted by ';'"),
    ),
    "a title above the heading": (
        raw("gains", lambda data: b"Gains of 2013\n" + data),
        ("gains", 1, "Gains of 2013", "1 cell"),
    ),
    "the heading lost": (
        each("gains", lambda cells: cells.pop(0)),
        ("gains", 1, "name", "none of the headings, but ('BRESIC'"),
    ),
    "a column lost": (
        each("gains", lambda cells: [line.pop(3) for line in cells]),
        ("gains", 1, "ks2_3", "no column with this heading"),
    ),
    "a column more": (
        each("gains", lambda cells: list(map(list.append, cells, [""] * len(cells)))),
        ("gains", 1, "cell 8", "a column unknown here"),
    ),
    "a heading spelt otherwise": (
        swap("ofsted", "Inpection", "Inspection"),
        ("ofsted", 1, "no Inpection yet", "'no Inspection yet'"),
    ),
    "a heading twice": (swap("gains", "ks2_2", "ks2_1"), ("gains", 1, "ks2_2", "no column with")),
    "too large a file": (
        lambda world: os.truncate(world.file("gains"), 50_000_001),
        ("gains", None, None, "50,000,001 bytes"),
    ),
    "no file": (lambda world: world.file("gains").unlink(), ("gains", None, None, "No such file")),
    "bytes changed but no cell": (
        raw("gains", lambda data: data.replace(b"\n", b"\r\n")),
        ("gains", None, None, "SHA-256"),
    ),
}
ALL = {**CELLS, **NAMES, **ROWS, **WIDTHS, **FILES}


@pytest.mark.parametrize(("spoil", "place"), ALL.values(), ids=ALL)
def test_a_bad_table_gets_one_error_with_its_place_and_nothing_is_written(
    spoil: Spoil, place: tuple[str, int | None, str | None, str], kent: World, refused: Refused
) -> None:
    spoil(kent)
    table, line, column, found = place
    problem = refused(kent)
    assert problem["file"] == f"data/raw/2013/{table}.csv"
    assert (problem["row"], problem["column"]) == (line, column)
    assert found in problem["found"]
    assert len(str(problem)) < 900


def test_a_folder_in_place_of_a_table_is_refused(kent: World, refused: Refused) -> None:
    kent.file("gains").unlink()
    kent.file("gains").mkdir()
    assert "a folder or a device" in refused(kent)["found"]


def test_a_pipe_in_place_of_a_table_does_not_hang(kent: World, refused: Refused) -> None:
    kent.file("gains").unlink()
    os.mkfifo(kent.file("gains"))
    assert "a folder or a device" in refused(kent)["found"]


def test_every_amount_unquoted_shows_the_first_row_whole_and_counts_the_rest(
    kent: World, capsys: pytest.CaptureFixture[str]
) -> None:
    data = kent.file("funding").read_bytes().replace(b'"', b"")
    kent.file("funding").write_bytes(data)
    before = kent.made()
    from analysis import cli

    assert cli.main(["build"]) == 1
    first, rest = capsys.readouterr().err.splitlines()
    assert "funding.csv row 2" in first
    assert "'£42,000' makes two" in first
    assert rest == "and 73 more; see them all with: analysis check"
    assert kent.made() == before
