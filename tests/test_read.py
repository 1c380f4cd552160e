"""Tests of the reader: from bytes to cells, exactly or not at all."""

from __future__ import annotations

import csv
import io
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.errors import DataError, Problem
from analysis.sources import read
from analysis.sources.read import Row, read_sheet

HEADING = "name,amount\n"


def sheet(folder: Path, data: str | bytes) -> read.Sheet:
    file = folder / "table.csv"
    file.write_bytes(data if isinstance(data, bytes) else data.encode("utf-8"))
    return read_sheet(file)


def refusal(folder: Path, data: str | bytes) -> Problem:
    with pytest.raises(DataError) as caught:
        sheet(folder, data)
    assert len(caught.value.problems) == 1
    return caught.value.problems[0]


def test_cells_are_text_and_know_their_row(tmp_path: Path) -> None:
    found = sheet(tmp_path, 'name,amount\nAsh,"£42,000"\n007,1E5\n')
    assert found.heading == ("name", "amount")
    assert found.rows == (Row(2, ("Ash", "£42,000")), Row(3, ("007", "1E5")))


@pytest.mark.parametrize("word", ["NA", "None", "null", "nan", "N/A", "-", "TRUE", "1-Mar", "=1+1"])
def test_words_that_other_readers_turn_into_something_else_stay_as_they_are(
    tmp_path: Path, word: str
) -> None:
    assert sheet(tmp_path, f"{HEADING}{word},{word}\n").rows[0].cells == (word, word)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("last", ["", "\n", "\r\n\r\n", "\n  \n"])
def test_line_ends_of_any_system_and_blank_last_lines_make_no_difference(
    tmp_path: Path, end: str, last: str
) -> None:
    found = sheet(tmp_path, f"name,amount{end}Ash,1{end}Beech,2{last}")
    assert found.rows == (Row(2, ("Ash", "1")), Row(3, ("Beech", "2")))


def test_a_byte_order_mark_at_the_start_is_no_part_of_the_heading(tmp_path: Path) -> None:
    assert sheet(tmp_path, b"\xef\xbb\xbf" + HEADING.encode()).heading == ("name", "amount")


def test_a_mark_before_a_quoted_heading_does_no_harm(tmp_path: Path) -> None:
    assert sheet(tmp_path, b'\xef\xbb\xbf"name","amount"\n').heading == ("name", "amount")


def test_spaces_in_a_heading_are_joined_but_cells_are_left_alone(tmp_path: Path) -> None:
    found = sheet(tmp_path, "the \u00a0 name ,amount\n  Ash  , 1\n")
    assert found.heading == ("the name", "amount")
    assert found.rows[0].cells == ("  Ash  ", " 1")


@pytest.mark.parametrize(
    "text",
    [
        *("École Sainte-Thérèse", "Ysgol Tŷ Gwyn", "St James’", "Straße", "Łódź", "<b>&amp;</b>"),
        *("CAFÉ’S", "20 \u00b5g", "Σ Group", "Ash\tElm", "a  b", "5 × 5", "½"),
    ],
)
def test_letters_that_a_person_may_print_are_read(tmp_path: Path, text: str) -> None:
    assert sheet(tmp_path, f"{HEADING}{text},1\n").rows[0].cells[0] == text


UNSEEN = [
    *("\x00", "\x0b", "\x0c", "\x1b", "\x1f", "\x7f", "\x85", "\xad"),
    *(chr(code) for code in range(0x200B, 0x2010)),
    *(chr(code) for code in range(0x2028, 0x202F)),
    *(chr(code) for code in range(0x2066, 0x206A)),
    *("\u2060", "\ufeff", "\ufffd", "\ufffe", "\ue000", "\U000e0041", "\U000f0000", "\u3164"),
]


@pytest.mark.parametrize("unseen", UNSEEN, ids=lambda text: f"{ord(text):04X}")
def test_a_character_that_cannot_be_seen_is_refused_by_its_number(
    tmp_path: Path, unseen: str
) -> None:
    problem = refusal(tmp_path, f'{HEADING}Ash,1\n"Beech, Elm",2\n"Oak, {unseen}",3\n')
    assert (problem.row, problem.column) == (4, "name")
    assert f"U+{ord(unseen):04X}" in problem.found
    assert problem.found.isprintable()
    assert problem.code == "encoding"


# Signs of the category "format" that are seen: Arabic number marks, hieroglyph and music signs.
SEEN_FORMATS = {
    *map(chr, (*range(0x600, 0x606), 0x6DD, 0x70F, 0x890, 0x891, 0x8E2, 0x110BD, 0x110CD)),
    *map(chr, (*range(0x13430, 0x13440), *range(0x1BCA0, 0x1BCA4), *range(0x1D173, 0x1D17B))),
}


def test_no_control_or_format_character_of_unicode_gets_through() -> None:
    unseen = {
        character
        for character in map(chr, range(0x110000))
        if unicodedata.category(character) in ("Cc", "Cf", "Co", "Zl", "Zp")
    } - {*"\t\r\n", *SEEN_FORMATS}
    assert len(unseen) > 137_000
    assert not [character for character in unseen if not read._UNSEEN.match(character)]


def test_an_unseen_character_alone_on_a_last_line_is_refused(tmp_path: Path) -> None:
    assert refusal(tmp_path, f"{HEADING}Ash,1\n\x0c").row == 3


@pytest.mark.parametrize("word", ["W\u0435ald", "\u0410sh", "Gr\u03bfup", "\u0421oastal"])
def test_letters_of_two_alphabets_in_a_word_are_refused_by_name(tmp_path: Path, word: str) -> None:
    problem = refusal(tmp_path, f"{HEADING}{word},1\n")
    assert (problem.row, problem.column) == (2, "name")
    assert "latin" in problem.found
    assert "cyrillic" in problem.found or "greek" in problem.found


@pytest.mark.parametrize("text", ["St James’", "£42", "Thérèse"])
def test_text_decoded_twice_is_refused(tmp_path: Path, text: str) -> None:
    twice = text.encode("utf-8").decode("cp1252")
    assert "UTF-8 read as Windows-1252" in refusal(tmp_path, f"{HEADING}{twice},1\n").found


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (HEADING.encode("utf-16"), "UTF-16"),
        (HEADING.encode("utf-16-be"), "U+0000"),
        (HEADING.encode("utf-32"), "UTF-16"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1", "an old Excel workbook"),
        (b"%PDF-1.7\n", "a PDF"),
        (b"\x1f\x8b\x08", "a gz file"),
        (b"\n  <html>", "a web page"),
        (b"\xef\xbb\xbf<!doctype html>", "a web page"),
        (b"name\tamount\nAsh\t1\n", r"cells parted by '\t'"),
    ],
)
def test_what_is_no_csv_is_called_by_its_kind(tmp_path: Path, data: bytes, kind: str) -> None:
    problem = refusal(tmp_path, data)
    assert kind in problem.found
    assert (problem.row, problem.column) == (1, "cell 1")


def test_a_byte_that_is_not_utf_8_is_found_behind_quoted_commas(tmp_path: Path) -> None:
    problem = refusal(tmp_path, HEADING.encode() + b'Ash,1\r"a,b ""c,"" d",\xa342\r')
    assert (problem.row, problem.column) == (3, "amount")
    assert "0xA3" in problem.found


def test_too_many_rows_or_cells_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "more than 1000 cells" in refusal(tmp_path, "," * 2000).found
    monkeypatch.setattr(read, "MOST_ROWS", 3)
    assert refusal(tmp_path, HEADING + "Ash,1\n" * 3).found == "5 rows"


def test_a_file_is_measured_before_it_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Path, "read_bytes", lambda _: pytest.fail("was read"))
    file = tmp_path / "table.csv"
    with file.open("wb") as stream:
        stream.truncate(read.LARGEST_BYTES + 1)
    with pytest.raises(DataError, match="50,000,001 bytes"):
        read_sheet(file)


def test_every_row_of_another_width_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError) as caught:
        sheet(tmp_path, f"{HEADING}Ash\nBeech,1\nOak,£42,000\n\nElm,1,2\n")
    found = [(p.row, p.column, p.found) for p in caught.value.problems]
    assert found == [
        (2, "name", "1 cells"),
        (4, "amount", "3 cells, of which '£42,000' makes two"),
        (5, "name", "a blank row"),
        (6, "amount", "3 cells"),
    ]


@pytest.mark.parametrize(
    ("line", "column"),
    [
        ('Ash,"1', "amount"),
        ('"Ash,1', "name"),
        ('Ash "Elm",1', "name"),
        ('"Ash" Elm,1', "name"),
        ('Ash, "1"', "amount"),
        ('"Ash""",1"', "amount"),
        ('""",1', "name"),
    ],
)
def test_a_quotation_mark_out_of_place_is_refused_at_its_cell(
    tmp_path: Path, line: str, column: str
) -> None:
    problem = refusal(tmp_path, f"{HEADING}{line}\n")
    assert (problem.row, problem.column) == (2, column)


def test_a_huge_cell_is_shown_short(tmp_path: Path) -> None:
    assert len(str(refusal(tmp_path, f'{HEADING}{"x" * 100_000}"y,1\n'))) < 500


PRINTABLE = st.text(st.characters(exclude_categories=("Cc", "Cs")), max_size=20)


@given(st.lists(PRINTABLE, min_size=1, max_size=8))
def test_any_cells_without_line_breaks_come_back_when_quoted(cells: list[str]) -> None:
    line = ",".join('"' + cell.replace('"', '""') + '"' for cell in cells)
    assert read._cells(line, read._Place("f", 1)) == tuple(cells)


@given(st.lists(PRINTABLE, min_size=2, max_size=8))
def test_cells_are_those_of_the_standard_librarys_reader(cells: list[str]) -> None:
    text = io.StringIO()
    csv.writer(text, lineterminator="").writerow(cells)
    assert read._cells(text.getvalue(), read._Place("f", 1)) == tuple(cells)


@given(st.text('ab,"', max_size=12))
def test_a_line_is_refused_or_read_as_the_standard_library_reads_it(line: str) -> None:
    try:
        found = read._cells(line, read._Place("f", 1))
    except DataError:
        return
    strict = next(csv.reader([line], strict=True), [""])
    assert list(found) == (strict or [""])
