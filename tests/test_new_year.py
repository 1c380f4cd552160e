"""Tests of the taking in of a new year: from an e-mail's workbooks to a year that can be run."""

from __future__ import annotations

import errno
import re
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import xlsxwriter
import yaml
from new_years import new_year, raw, spoilt, state
from world import World, kept_environment, real
from world_2014 import EARLIER, GAINS, LATER, SHORT, Truth, truth
from world_2014_books import FUNDING, OFSTED, RESULTS, Sheets, write_workbooks
from world_next import tables_for

from analysis import cli
from analysis.sources.registry import load_release

Said = pytest.CaptureFixture[str]
ZERO = "£000s"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    root = tmp_path / "project"
    root.mkdir()
    return real(root, monkeypatch)


@pytest.fixture(scope="session")
def mail(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The three workbooks as they came."""
    return [str(path) for path in write_workbooks(tmp_path_factory.mktemp("mail"))]


def table(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{k: None if pd.isna(v) else v for k, v in sorted(row.items())} for row in rows]


def joined(made: Truth) -> dict[str, dict[str, Any]]:
    """Return what is true of each collaboration, joined in plain Python."""
    long = {short: name for name, short in SHORT.items()}
    rows = {row["name"]: {k: v for k, v in row.items() if k != "number"} for row in made.ofsted}
    for other in (made.funding, made.gains):
        for row in other:
            name = long.get(row["name"], row["name"])
            if name in rows:
                rows[name] |= row | {"name": name}
    return rows


def test_three_workbooks_become_exactly_the_true_tables_in_three_places(
    project: World, mail: list[str], capsys: Said
) -> None:
    before = state(project)
    assert new_year(*mail, "--yes") == 0, capsys.readouterr().err
    now = state(project)
    files = {f"data/raw/2014/SIMULATED_{t}.csv" for t in ("ofsted", "funding", "gains", "coverage")}
    assert set(now) - set(before) == files
    assert {name for name in before if now[name] != before[name]} == {
        "data/sources.yaml",
        "params.yaml",
    }
    assert now["data/sources.yaml"].startswith(before["data/sources.yaml"])
    with kept_environment():
        assert cli.main(["stage", "tables", "--year", "2014"]) == 0
    frame = pd.read_parquet(project.root / "data" / "processed" / "2014" / "collaborations.parquet")
    found = {row["collaboration"]: row for row in table(frame.to_dict("records"))}
    expected = joined(truth())
    assert set(found) == set(expected)
    for name, row in expected.items():
        for column, value in row.items():
            if column != "name":
                assert found[name][column] == value, (name, column)
    for name in set(found) - {row["name"] for row in truth().gains} - set(SHORT):
        assert all(found[name][column] is None for column in GAINS)
    release = load_release("2014")
    assert release.maturity == "SIMULATED"
    assert (frame[LATER].isna() & frame[EARLIER].notna()).sum() >= len(truth().without_money)


def test_the_written_cells_are_those_of_the_sheet(project: World, mail: list[str]) -> None:
    assert new_year(*mail, "--yes") == 0
    cells = {t: raw(project, t) for t in ("ofsted", "funding", "gains")}
    rows = {t: truth().table(t) for t in cells}
    assert {t: len(c) - 1 for t, c in cells.items()} == {t: len(r) for t, r in rows.items()}
    later = next(i for i, name in enumerate(cells["funding"][0]) if ZERO in name)
    printed = [row[later] for row in cells["funding"][1:]]
    assert printed == [f"{row[LATER] / 1000:.1f}" if row[LATER] else "" for row in rows["funding"]]
    assert {row[-1] for row in cells["funding"][1:]} >= {"Yes", "Yes ", "yes", "n/a"}
    names = [row[1] for row in cells["ofsted"][1:]]
    assert names == [row["name"] for row in rows["ofsted"]]
    block = yaml.safe_load(project.read("data/sources.yaml"))["2014"]["tables"]["funding"]
    assert block["scale"] == {cells["funding"][0][later]: 1000}


def test_every_decision_is_listed_and_kept_with_its_table(
    project: World, mail: list[str], capsys: Said
) -> None:
    assert new_year(*mail, "--yes") == 0
    said = capsys.readouterr().out
    numbers = [int(n) for n in re.findall(r"^ +(\d+)  ", said, re.MULTILINE)]
    assert numbers == list(range(1, len(numbers) + 1))
    for words in (
        f"{OFSTED}#Cover",
        "hidden, and not read",
        "formulas, of which the stored values are used",
        'heading "Not yet inspected" read as n_not_inspected',
        "a name over two rows joined",
        "a line break in column",
        "a row of totals checked and set aside",
        "count 1,000 times",
        "text in Windows-1252",
        'column "Lead person" is not ours',
        "taken over from 2013",
        "maturity: SIMULATED",
        '"RI" is now "Requires Improvement"',
    ):
        assert words in said, words
    blocks = yaml.safe_load(project.read("data/sources.yaml"))["2014"]["tables"]
    kept = [words for entry in blocks.values() for words in entry["decisions"]]
    assert all(words in said for words in kept)
    assert "make check" in said


def test_a_full_disk_leaves_the_project_as_it_was(
    project: World, mail: list[str], monkeypatch: pytest.MonkeyPatch, capsys: Said
) -> None:
    def full(_: object, __: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    before = state(project)
    monkeypatch.setattr("analysis.files.os.replace", full)
    assert new_year(*mail, "--yes") == 1
    assert "No space left" in capsys.readouterr().err
    assert state(project) == before


def test_all_wrong_cells_are_told_at_once_in_the_words_of_the_sheet(
    project: World, tmp_path: Path, capsys: Said
) -> None:
    def spoil(sheets: Sheets) -> None:
        sheets["Ofsted Summary"][5][4] = "three"
        sheets["Grants"][7][3] = "£1,2"
        sheets["Results"][3][1] = "?"

    before = state(project)
    assert new_year(*spoilt(tmp_path, spoil), "--yes") == 1
    said = capsys.readouterr().err.splitlines()
    assert [line.partition(": found")[0] for line in said[:-1]] == [
        f'DataError: {OFSTED}#Ofsted Summary row 6, column "Outstanding"',
        f'DataError: {FUNDING} row 8, column "2013/14 Funding (if applicable)"',
        f'DataError: {RESULTS} row 4, column "Key Stage 4 gain 1"',
    ]
    assert said[-1].startswith("Nothing was written.")
    assert state(project) == before


def test_a_known_error_of_the_source_is_taken_in_once_it_is_declared(
    project: World, tmp_path: Path, capsys: Said
) -> None:
    def spoil(sheets: Sheets) -> None:
        sheets["Results"][3][1] = "?"

    files = spoilt(tmp_path, spoil)
    assert new_year(*files, "--yes") == 1
    assert "data/corrections.yaml under 2014" in capsys.readouterr().err
    name = truth().gains[1]["name"]
    project.put(
        "data/corrections.yaml",
        f'"2014":\n  - {{table: gains, row: "{name}", column: Key Stage 4 gain 1, expect: "?", '
        'use: "", reason: asked the council}\n',
    )
    assert new_year(*files, "--yes") == 0, capsys.readouterr().err
    assert "as data/corrections.yaml has it, in spite of" in capsys.readouterr().out
    assert raw(project, "gains")[2][1] == "?"


def test_a_total_that_does_not_follow_is_refused(
    project: World, tmp_path: Path, capsys: Said
) -> None:
    def lost(sheets: Sheets) -> None:
        del sheets["Grants"][8]

    assert new_year(*spoilt(tmp_path, lost), "--yes") == 1
    assert "which follows from the rows" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["new-year", "2013", "x.csv"], "The year 2013 is there already"),
        (["new-year", "14", "x.csv"], "expected four digits"),
        (["new-year", "2014", "x.csv", "--table", "money=x.csv"], "expected one of"),
        (["new-year", "2014", "x.csv", "--table", "funding"], "expected a table and a file"),
        (["new-year", "2014", "x.csv", "--heading", "funding:Pot"], "expected a table, a heading"),
        (["new-year", "2014", "x.csv", "--heading", "ofsted:Pot=urn"], "expected one of"),
        (["new-year", "2014", "a/x.csv", "b/x.csv"], "Two files are called x.csv"),
    ],
)
def test_a_mistake_in_the_usage_is_one_clear_error(
    project: World, capsys: Said, arguments: list[str], words: str
) -> None:
    assert cli.main(arguments) == 2
    assert words in capsys.readouterr().err


def test_a_file_that_is_not_there_and_a_table_that_is_nowhere_are_told(
    project: World, mail: list[str], capsys: Said
) -> None:
    assert new_year("nowhere.csv", *mail) == 1
    assert "nowhere.csv: found no readable file" in capsys.readouterr().err
    assert new_year(mail[0], mail[2], "--yes") == 1
    assert "found no table funding" in capsys.readouterr().err


def test_what_is_simulated_can_be_called_nothing_else(
    project: World, mail: list[str], capsys: Said
) -> None:
    assert new_year(*mail, "--yes", "--maturity", "final") == 1
    assert "SIMULATED" in capsys.readouterr().err


def test_facts_that_are_given_are_written(project: World, mail: list[str]) -> None:
    facts = ["--published", "2015", "--title", "SIMULATED results", "--document", "A report"]
    assert new_year(*mail, "--yes", *facts) == 0
    release = load_release("2014")
    assert (release.published, release.title) == ("2015", "SIMULATED results")
    assert (release.document, release.place) == ("A report", "Kent")


def test_a_name_in_a_new_spelling_comes_with_the_line_to_paste(
    project: World, tmp_path: Path, capsys: Said
) -> None:
    long = "Hawkinge and District Made-Up Hub"
    short = long.replace("and", "&")

    def respelt(sheets: Sheets) -> None:
        for row in sheets["Results"]:
            if row[0] == long:
                row[0] = short

    assert new_year(*spoilt(tmp_path, respelt), "--yes") == 0
    said = capsys.readouterr().out
    assert "1 name is not linked yet" in said
    line = f"{short},{long},name,"
    assert line in next(text for text in said.splitlines() if short in text and "found" in text)
    assert cli.main(["check", "2014"]) == 1
    names = project.read("data/names.csv")
    project.put("data/names.csv", f"{names}{line}the same place and kind\n")
    assert cli.main(["check", "2014"]) == 0


def test_a_table_only_on_a_hidden_sheet_is_not_read(
    project: World, tmp_path: Path, capsys: Said
) -> None:
    def exchange(sheets: Sheets) -> None:
        sheets["old workings"] = sheets["Ofsted Summary"]
        sheets["Ofsted Summary"] = [["moved to another sheet"]]

    assert new_year(*spoilt(tmp_path, exchange), "--yes") == 1
    assert "hidden sheet" in capsys.readouterr().err


def test_a_table_pasted_from_a_pdf_is_read_too(
    project: World, mail: list[str], tmp_path: Path
) -> None:
    lines = ["SIMULATED results 2014", ""]
    lines.append(
        "name".ljust(60) + "".join(f"ks{s}_{n}".rjust(8) for s in (2, 4) for n in (1, 2, 3))
    )
    for row in truth().gains:
        values = ["" if row[c] is None else f"{row[c]:.0f}" for c in GAINS]
        if all(values):
            lines.append(row["name"].ljust(60) + "".join(v.rjust(8) for v in values))
    pasted = tmp_path / "SIMULATED pasted.txt"
    pasted.write_text("\n".join(lines) + "\n", encoding="utf-8")
    assert new_year(*mail[:2], str(pasted), "--yes") == 0
    whole = [row for row in truth().gains if all(row[c] is not None for c in GAINS)]
    assert [row[0] for row in raw(project, "gains")[1:]] == [row["name"] for row in whole]


def test_the_tables_of_the_next_edition_come_by_themselves(
    project: World, mail: list[str], tmp_path: Path, capsys: Said
) -> None:
    names = [row["name"] for row in truth().ofsted]
    made = tables_for(names, seed=2014, year=2014)
    path = tmp_path / "SIMULATED next edition.xlsx"
    with xlsxwriter.Workbook(path, {"strings_to_numbers": True}) as book:
        for i, cells in enumerate(made.values()):
            page = book.add_worksheet(f"Sheet {i}")
            for j, row in enumerate([["SIMULATED"], *cells]):
                page.write_row(j, 0, row)
    assert new_year(*mail, str(path), "--yes") == 0, capsys.readouterr().err
    assert {name: len(raw(project, name)) for name in made} == {n: len(c) for n, c in made.items()}
    assert cli.main(["check", "2014"]) == 0
