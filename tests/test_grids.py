"""Tests of opening: whatever is sent is read, or called what it is, in seconds."""

from __future__ import annotations

import csv
import io
import os
import socket
import time
from pathlib import Path
from typing import Any

import hostile
import openpyxl
import pytest
import xlsxwriter
from hostile import SOUND, xlsx
from odf import opendocument
from odf import table as odf_table
from odf import text as odf_text
from sheets import refusal, refused

from analysis.errors import DataError
from analysis.sources import workbook
from analysis.sources.draft import RefusedError
from analysis.sources.grids import LARGEST_FILE, open_grids


@pytest.mark.parametrize("name", hostile.REFUSED)
def test_a_hostile_or_foreign_zip_file_is_answered_within_seconds(
    tmp_path: Path, name: str
) -> None:
    make, code, word = hostile.REFUSED[name]
    path = hostile.written(tmp_path, f"{name}.xlsx", make())
    began = time.monotonic()
    problem = refusal(path)
    assert time.monotonic() - began < 8
    assert (problem.code, word in problem.found) == (code, True), problem


@pytest.mark.parametrize("name", hostile.FAR_CELLS)
def test_a_cell_far_from_the_table_is_refused_before_anything_is_made_of_it(
    tmp_path: Path, name: str
) -> None:
    began = time.monotonic()
    assert refused(tmp_path, hostile.FAR_CELLS[name]()).code in ("size", "damaged")
    assert time.monotonic() - began < 8


@pytest.mark.parametrize("name", hostile.NO_TABLES)
def test_a_file_that_is_no_table_is_called_what_it_is(tmp_path: Path, name: str) -> None:
    data, code, word = hostile.NO_TABLES[name]
    problem = refused(tmp_path, data, name)
    assert (problem.code, word in problem.found) == (code, True), problem


def test_macros_are_a_matter_of_content_and_not_of_the_name(tmp_path: Path) -> None:
    for name in ("table.xlsm", "table.csv", "table"):
        (grid,) = open_grids(hostile.written(tmp_path, name, xlsx(SOUND)))
        assert grid.rows == (("name", "n"), ("Ash", "5"))


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "socket"))
    names: list[str] = [
        "pipe",
        "loop",
        "socket",
        "missing",
        "a\0b",
        "n" * 300,
        "\udcff",
        "a\nb",
        "",
        "folder",
    ]
    for name in names:
        assert refusal(tmp_path / name).code == "file", name
    assert refusal(Path("/dev/zero")).code == "file"


def test_a_file_without_the_right_to_read_it_is_refused(tmp_path: Path) -> None:
    path = hostile.written(tmp_path, "table.csv", "a,b\n1,2\n")
    path.chmod(0)
    if os.access(path, os.R_OK):
        assert open_grids(path)
    else:
        assert refusal(path).code == "file"


def test_a_file_that_is_too_large_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "large.csv"
    with path.open("wb") as stream:
        stream.truncate(1_000_000_000)
    began = time.monotonic()
    assert refusal(path).code == "size"
    assert time.monotonic() - began < 1
    assert LARGEST_FILE < 1_000_000_000


@pytest.mark.parametrize(
    ("program", "word"),
    [
        ("import os; os.abort()", "without an answer"),
        ("import os; os._exit(0)", "without an answer"),
        ("raise SystemExit(3)", "without an answer"),
        ("import time; time.sleep(60)", "over 1 seconds"),
        ("import os; os.kill(os.getpid(), 24)", "seconds of work"),
        ("workbook._sheets = lambda stream: bytearray(10**10); workbook.answer()", "memory"),
        ("workbook._sheets = lambda stream: 1 / 0; workbook.answer()", "ZeroDivisionError"),
    ],
)
def test_a_reader_that_dies_hangs_or_fails_is_a_clean_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, program: str, word: str
) -> None:
    begin = workbook._START.removesuffix("workbook.answer()")
    monkeypatch.setattr(workbook, "_START", begin + program)
    monkeypatch.setattr(workbook, "SECONDS", 1)
    began = time.monotonic()
    assert word in refused(tmp_path, xlsx(SOUND)).found
    assert time.monotonic() - began < 8


def test_an_attribute_almost_without_end_does_not_hold_up_the_reader(tmp_path: Path) -> None:
    path = hostile.written(tmp_path, "table.xlsx", hostile.long_word())
    began = time.monotonic()
    try:
        found: list[object] = [grid.rows for grid in open_grids(path)]
    except DataError as error:
        found = [problem.code for problem in error.problems]
    assert found in ([(("name", "n"), ("Ash", "5"))], ["unsafe"])
    assert time.monotonic() - began < 20


def test_a_workbook_cut_off_anywhere_or_with_a_flipped_bit_is_read_whole_or_refused(
    tmp_path: Path,
) -> None:
    data = xlsx(SOUND)
    whole = [(("name", "n"), ("Ash", "5"))]
    for end in range(4, len(data), 37):
        with pytest.raises(RefusedError):
            read(data[:end])
    for at in range(0, len(data), 5):
        try:
            found = read(bytes([*data[:at], data[at] ^ 16, *data[at + 1 :]]))
        except RefusedError:
            continue
        assert [tuple(map(tuple, sheet["rows"])) for sheet in found] == whole


def read(data: bytes) -> list[dict[str, Any]]:
    return workbook._sheets(io.BytesIO(data))


TABLE = (
    ("Collaboration name", "Funding", "Note"),
    ("Ash, Elm & Oak", "£42,000", 'say "yes"'),
    ("007", "", "1E5"),
    ("St James’", "75%", "n/a"),
    ("two\nlines", "-7", "Łódź"),
)


def by_openpyxl(path: Path) -> None:
    made = openpyxl.Workbook()
    for cells in TABLE:
        made.active.append([cell or None for cell in cells])
    made.save(path)


def by_xlsxwriter(path: Path) -> None:
    with xlsxwriter.Workbook(path) as made:
        page = made.add_worksheet()
        for i, cells in enumerate(TABLE):
            for j, value in enumerate(cells):
                page.write_string(i, j, value)


def by_odfpy(path: Path) -> None:
    made, page = opendocument.OpenDocumentSpreadsheet(), odf_table.Table(name="Sheet")
    for cells in TABLE:
        line = odf_table.TableRow()
        for value in cells:
            box = odf_table.TableCell(valuetype="string")
            for part in value.split("\n"):
                box.addElement(odf_text.P(text=part))
            line.addElement(box)
        page.addElement(line)
    made.spreadsheet.addElement(page)
    made.save(path)


def by_csv(path: Path) -> None:
    with path.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows(TABLE)


@pytest.mark.parametrize("write", [by_openpyxl, by_xlsxwriter, by_odfpy, by_csv])
def test_a_table_is_the_same_in_whichever_form_it_is_sent(tmp_path: Path, write: Any) -> None:
    path = tmp_path / "table"
    write(path)
    (grid,) = open_grids(path)
    assert grid.rows == TABLE
