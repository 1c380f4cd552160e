"""Tests of the dress rehearsal: everything at once, nothing twice, and what is said of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import school_world
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from two_years import LATER, with_a_second_year
from world import GROUPS, SHORT, YEAR, World

from analysis import cli
from analysis.errors import Problem
from analysis.page import pipeline
from analysis.tables.rehearsal import rehearse, shown, year_before

Said = pytest.CaptureFixture[str]
MONEY = "2030/31 Funding"


def errors(year: str = YEAR) -> list[Problem]:
    return [problem for problem in rehearse(year) if problem.severity == "error"]


def places(problems: list[Problem]) -> list[tuple[str, int | None, str | None, str]]:
    return [(Path(p.file).stem, p.row, p.column, p.code) for p in problems]


def test_faults_of_every_kind_and_table_are_told_at_once(nowhere: World) -> None:
    nowhere.change("ofsted", 4, "Good", "x")
    nowhere.change("ofsted", 6, "RI", "9")
    nowhere.change("funding", 3, "Area", "South")
    nowhere.change("funding", 5, MONEY, "£42,00")
    nowhere.change("gains", 7, "name", "Nobody")
    nowhere.change("gains", 9, "ks2_1", "")
    nowhere.change("coverage", 2, "members", "400")
    nowhere.change("claims", 3, "relation", "?")
    assert set(places(errors())) == {
        ("ofsted", 4, "Good", "value"),
        ("ofsted", 6, "number of schools", "identity"),
        ("funding", 3, "Area", "identity"),
        ("funding", 5, MONEY, "value"),
        ("gains", 7, "name", "names"),
        ("gains", 9, "ks2_1", "identity"),
        ("coverage", 2, "members", "identity"),
        ("claims", 3, "relation", "claims"),
    }


def test_a_lost_column_hides_neither_the_other_columns_nor_the_names(nowhere: World) -> None:
    cells = nowhere.cells("gains")
    cells[0][2] = "something else"
    cells[3][4], cells[5][0] = "x", "Nobody"
    nowhere.write("gains", cells)
    assert places(errors()) == [
        ("gains", 1, "ks2_2", "heading"),
        ("gains", 4, "ks4_1", "value"),
        ("gains", 6, "name", "names"),
    ]


@pytest.mark.parametrize("spoil", ["gone", "cut", "no names"])
def test_names_are_not_called_unknown_when_the_table_of_names_can_not_be_read(
    nowhere: World, spoil: str
) -> None:
    cells = nowhere.cells("ofsted")
    if spoil == "gone":
        nowhere.file("ofsted").unlink()
    elif spoil == "cut":
        nowhere.write("ofsted", cells[:9])
    else:
        nowhere.change("ofsted", 5, "name", "")
    nowhere.change("gains", 3, "ks2_1", "x")
    found = errors()
    assert {Path(problem.file).stem for problem in found} == {"ofsted", "gains"}
    assert len(found) == 2


def test_a_row_that_is_wrong_is_told_once_and_not_blamed_for_what_follows(nowhere: World) -> None:
    nowhere.change("ofsted", 3, "Good", "many")  # neither a sum nor a percentage can be right now
    nowhere.change("gains", 3, "ks2_1", "x")  # nor has its block three numbers
    assert [(row, column) for _, row, column, _ in places(errors())] == [
        (3, "Good"),
        (3, "ks2_1"),
    ]


def test_a_row_that_is_there_twice_is_not_told_again_when_names_are_linked(nowhere: World) -> None:
    cells = nowhere.cells("gains")
    nowhere.write("gains", [*cells, cells[4]])
    assert places(errors()) == [("gains", 16, "name", "duplicate")]


def test_an_unknown_name_comes_with_three_near_ones_and_the_line_to_paste(nowhere: World) -> None:
    nowhere.change("gains", 4, "name", "Cobnut Made Up")
    (problem,) = errors()
    assert all(name in problem.remedy for name in (GROUPS[2], "data/names.csv"))
    assert problem.remedy.count("Made-Up Group'") == 3
    line = problem.remedy.rpartition("so: ")[2]
    assert line == f"Cobnut Made Up,{GROUPS[2]},name,WHY YOU KNOW"
    nowhere.put("data/names.csv", f"{nowhere.read('data/names.csv')}{line}\n")
    nowhere.refresh()
    assert errors() == []


def test_the_files_of_schools_are_rehearsed_beside_the_tables(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = school_world.made(tmp_path, monkeypatch)
    assert errors(school_world.YEAR) == []
    made.change("schools", 3, "pct", "many")
    made.change("members", 2, "joined", "soon")
    made.change("funding", 2, "amount", "£1,00")
    found = places(errors(school_world.YEAR))
    assert [table for table, *_ in found] == ["funding", "schools", "members"]


def test_what_was_seen_through_in_a_cell_is_a_note(nowhere: World) -> None:
    nowhere.change("funding", 3, MONEY, "20,000")
    nowhere.refresh()
    found = rehearse(YEAR)
    notes = [problem.found for problem in found if problem.code == "seen"]
    assert notes == [f'row 3: an amount without its pound sign in column "{MONEY}"']
    assert {problem.severity for problem in found} == {"note"}


def test_money_without_a_plain_unit_is_refused_until_a_person_confirms_it(nowhere: World) -> None:
    nowhere.change("funding", 3, MONEY, "£20")
    (problem,) = errors()
    assert (problem.row, "data/corrections.yaml" in problem.remedy) == (3, True)
    entry = f"[{{table: funding, row: {GROUPS[1]}, column: {MONEY}, expect: £20, use: £20"
    nowhere.put("data/corrections.yaml", f'"{YEAR}": {entry}, reason: said so by the council}}]\n')
    nowhere.refresh()
    assert errors() == []


PIECES = st.sampled_from(
    [
        b"",
        b",",
        b'"',
        b"\n",
        b"x",
        b"0",
        b"-",
        b"\xff",
        b"\x00",
        b"%",
        b"=1",
        b"null",
        b"[",
        b"- a: b",
    ]
)
FILES = [
    *(f"data/raw/{LATER}/{table}.csv" for table in ("ofsted", "funding", "gains", "claims")),
    *("data/names.csv", "data/groups.csv", "data/corrections.yaml", "data/sources.yaml"),
]


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(FILES), st.floats(0, 1), st.integers(0, 60), PIECES)
def test_no_change_of_any_file_makes_a_traceback(
    nowhere: World, name: str, place: float, length: int, piece: bytes
) -> None:
    if not (nowhere.root / "data" / "raw" / LATER).exists():
        with_a_second_year(nowhere)
        nowhere.put("data/groups.csv", "year,earlier,later,kind,reason\n")
        nowhere.put("data/corrections.yaml", f'"{LATER}": []\n')
    file = nowhere.root / name
    data = file.read_bytes()
    at = int(place * len(data))
    file.write_bytes(data[:at] + piece + data[at + length :])
    try:
        found = rehearse(LATER)
    finally:
        file.write_bytes(data)
    assert all((one.file, one.found, one.expected, one.remedy) for one in found)


def test_the_year_before_is_the_nearest_that_has_a_number(nowhere: World) -> None:
    with_a_second_year(nowhere)
    content = nowhere.sources
    nowhere.write_sources({**content, "2028": content[YEAR], "simulated": content[YEAR]})
    assert [year_before(one) for one in (LATER, YEAR, "2028", "simulated")] == [
        *(YEAR, "2028", None, None),
    ]


def test_a_table_that_is_no_longer_published_is_a_note(nowhere: World) -> None:
    with_a_second_year(nowhere)
    content = nowhere.sources
    del content[LATER]["tables"]["claims"]
    nowhere.write_sources(content)
    (note,) = [problem for problem in rehearse(LATER) if problem.code == "absent"]
    assert (note.severity, note.found) == ("note", "no table of claims")


def test_the_words_go_from_errors_to_notes_by_file_and_end_with_counts_and_what_to_do(
    nowhere: World, capsys: Said
) -> None:
    nowhere.change("gains", 3, "ks2_1", "x")
    nowhere.change("funding", 4, MONEY, "30,000")
    nowhere.change("funding", 3, MONEY, "y")
    assert cli.main(["check", YEAR]) == 1
    lines = capsys.readouterr().out.splitlines()
    heads = [i for i, line in enumerate(lines) if line.startswith(("Errors", "Notes"))]
    files = [i for i, line in enumerate(lines) if line.startswith("  data/raw")]
    assert heads[0] < files[0] < files[1] < heads[1] < files[2]
    assert [lines[i].strip() for i in files] == [
        f"data/raw/{YEAR}/{table}.csv" for table in ("funding", "gains", "funding")
    ]
    first = lines[files[0] + 1]
    assert first.startswith(f"    [value] row 3, column \"{MONEY}\": found 'y'; expected")
    assert lines[-2] == "2 errors, 0 warnings and 2 notes."
    assert lines[-1] == f"Next: do what the errors say, then again: analysis check {YEAR}"


def test_warnings_alone_stop_nothing_and_are_counted_by_the_build(
    nowhere: World, capsys: Said, monkeypatch: pytest.MonkeyPatch
) -> None:
    later = with_a_second_year(nowhere)
    later.change("ofsted", 2, "name", "Quite Another Thing")
    later.change("gains", 2, "name", "Quite Another Thing")
    later.change("funding", 2, "Collaboration name", "Quite Another Thing")
    later.refresh()
    assert cli.main(["check", LATER, "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert {one["severity"] for one in said} == {"warning", "note"}
    assert cli.main(["check", LATER]) == 0
    assert capsys.readouterr().out.endswith("look at the warnings, then: make findings\n")
    nowhere.put("params.yaml", nowhere.read("params.yaml").replace(f"'{YEAR}'", f"'{LATER}'"))
    monkeypatch.setattr(pipeline, "reproduce", lambda _: 0)
    assert cli.main(["build"]) == 0
    count = sum(one["severity"] == "warning" for one in said)
    assert capsys.readouterr().out == f"Warnings: {count}; see them with: analysis check\n"


def test_one_thing_is_one_error_one_warning_one_note() -> None:
    made = [Problem("f.csv", "x", "y", "z.", severity=s) for s in ("error", "warning", "note")]
    assert "1 error, 1 warning and 1 note." in shown(made, "analysis check")


def test_what_takes_long_is_said_on_the_other_stream_and_what_does_not_is_not(
    nowhere: World, capsys: Said
) -> None:
    with cli.Progress(after_seconds=0) as progress:
        progress("2031: reading a large file")
        progress._timer.join()
    assert capsys.readouterr() == ("", "2031: reading a large file ...\n")
    with cli.Progress(after_seconds=60) as progress:
        progress("2031: reading a small file")
    progress._timer.join()
    assert capsys.readouterr().err == ""


def test_each_name_of_a_table_leads_to_the_row_where_it_is_linked(nowhere: World) -> None:
    nowhere.put("data/names.csv", nowhere.read("data/names.csv").replace(SHORT, "Acorn"))
    (problem,) = errors()
    assert (Path(problem.file).stem, problem.row) == ("gains", 2)
