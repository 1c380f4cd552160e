"""Tests of corrections: made, listed, and refused when they no longer fit."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from world import GROUPS, PROJECT, SHORT, YEAR, World

from analysis import cli
from analysis.errors import Problem
from analysis.page import listings
from analysis.page.tables import Table
from analysis.sources.corrections import FIELDS, FILE
from analysis.tables.rehearsal import rehearse
from analysis.tables.tidy import load_study, make_study, save_study

MONEY = "2030/31 Funding"
GOOD = {
    "table": "funding",
    "row": GROUPS[1],
    "column": MONEY,
    "expect": "£20,00",
    "use": "£20,000",
    "reason": "a nought is missing; the minutes have £20,000",
}


def put(world: World, *entries: dict[str, Any] | str, year: str = YEAR) -> None:
    world.put(FILE, "# known errors\n" + yaml.safe_dump({year: [*entries]}, sort_keys=False))


def spoil(world: World) -> None:
    world.change("funding", 3, MONEY, "£20,00")
    world.refresh()


def refusals() -> list[Problem]:
    return [problem for problem in rehearse(YEAR) if problem.severity == "error"]


def test_a_corrected_cell_is_read_as_the_entry_says_and_listed_as_published(
    nowhere: World,
) -> None:
    before = load_study(YEAR).collaborations
    spoil(nowhere)
    put(nowhere, GOOD)
    save_study(make_study(YEAR))
    study = load_study(YEAR)
    assert study.collaborations.equals(before)
    assert study.corrections.to_dict("records") == [
        {
            "file": f"data/raw/{YEAR}/funding.csv",
            "row": 3,
            "column": MONEY,
            "published": "£20,00",
            "used": "£20,000",
            "reason": GOOD["reason"],
        }
    ]


@pytest.mark.parametrize(
    ("table", "row", "line", "column"),
    [
        ("ofsted", "2", 3, "Good"),
        ("ofsted", 2, 3, "Good"),
        ("ofsted", GROUPS[1], 3, "Good"),
        ("gains", SHORT, 2, "ks2_1"),
        ("gains", f"{GROUPS[1]}, 3", 3, "ks2_1"),
        ("coverage", "Primary", 2, "members"),
    ],
)
def test_a_row_is_found_by_name_by_running_number_or_by_name_and_another_cell(
    nowhere: World, table: str, row: object, line: int, column: str
) -> None:
    cells = nowhere.cells(table)
    was = cells[line - 1][cells[0].index(column)]
    put(nowhere, {**GOOD, "table": table, "row": row, "column": column, "expect": was, "use": was})
    assert refusals() == []
    assert make_study(YEAR).corrections["row"].tolist() == [line]


@pytest.mark.parametrize(
    ("change", "column", "found"),
    [
        ({"expect": "£20,0"}, "expect", "'£20,00' in data/raw/2031/funding.csv row 3"),
        ({"row": "Nobody"}, "row", "no row 'Nobody'"),
        ({"column": "2029/30 Funding"}, "column", "'2029/30 Funding'"),
        ({"table": "grants"}, "table", "'grants'"),
        ({"table": "claims"}, "table", "'claims'"),
        ({"reason": " "}, "reason", "' '"),
        ({"reason": None}, "reason", "no reason"),
        ({"use": None}, "use", "no use"),
        ({"expect": 2000}, "expect", "2000"),
        ({"row": True}, "row", "True"),
        ({"why": "because"}, "why", "'why'"),
    ],
)
def test_an_entry_that_can_not_be_followed_is_refused_at_its_line(
    nowhere: World, change: dict[str, Any], column: str, found: str
) -> None:
    spoil(nowhere)
    other = {**GOOD, "row": GROUPS[2], "expect": "£30,000", "use": "£30,000"}
    put(nowhere, other, {k: v for k, v in {**GOOD, **change}.items() if v is not None})
    problem = next(one for one in refusals() if one.file == FILE)
    assert (problem.row, problem.column, problem.code) == (
        2 + 1 + len(FIELDS),
        column,
        "corrections",
    )
    assert found in problem.found
    assert problem.expected
    assert problem.remedy


def test_an_entry_for_a_cell_that_was_put_right_expires_and_says_so(nowhere: World) -> None:
    put(nowhere, GOOD)
    (problem,) = refusals()
    assert "'£20,000' in data/raw/2031/funding.csv row 3" in problem.found
    assert problem.expected == "'£20,00', which is to be corrected"
    assert "delete this entry" in problem.remedy


def test_a_correction_that_is_no_better_is_told_at_the_entry_and_not_at_the_file(
    nowhere: World,
) -> None:
    spoil(nowhere)
    put(nowhere, {**GOOD, "use": "£20,0000"})
    (problem,) = refusals()
    assert (problem.file, problem.row, problem.column) == (FILE, 3, "use")
    assert "'£20,0000'" in problem.found


def test_two_entries_for_one_cell_are_refused_at_the_second(nowhere: World) -> None:
    spoil(nowhere)
    put(nowhere, GOOD, {**GOOD, "use": "£21,000"})
    (problem,) = refusals()
    assert (problem.row, problem.column) == (3 + len(FIELDS), "row")
    assert problem.found == "the same cell as in line 3"


def test_the_file_is_still_held_as_published(nowhere: World) -> None:
    spoil(nowhere)
    put(nowhere, GOOD)
    nowhere.change("funding", 3, MONEY, "£20,000")
    assert {problem.file for problem in refusals()} == {FILE, f"data/raw/{YEAR}/funding.csv"}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("- a list\n", "no entries"),
        ("2031: []\n", "without quotation marks"),
        ('"2031": {table: funding}\n', "{'table': 'funding'}"),
        ('"2031": [funding]\n', "'funding'"),
        ('"2031": [\n', "expected"),
    ],
)
def test_a_file_of_another_form_is_one_problem_and_hides_no_other(
    nowhere: World, text: str, found: str
) -> None:
    nowhere.put(FILE, text)
    nowhere.change("gains", 3, "ks2_1", "x")
    first, second = refusals()
    assert first.file == FILE
    assert found in first.found
    assert (second.file, second.row) == (f"data/raw/{YEAR}/gains.csv", 3)


def test_the_page_lists_each_correction_and_says_where_there_is_none(nowhere: World) -> None:
    assert listings.corrections(load_study(YEAR)) == "No printed cell was corrected."
    spoil(nowhere)
    put(nowhere, GOOD)
    table = listings.corrections(make_study(YEAR))
    assert isinstance(table, Table)
    page = table.to_html()
    assert all(words in page for words in ("funding.csv", "£20,00<", "£20,000<", "a nought is"))


def test_another_years_entries_are_not_looked_at(nowhere: World) -> None:
    put(nowhere, {"table": "nonsense"}, year="2030")
    assert refusals() == []
    assert cli.main(["check", YEAR]) == 0


def test_the_projects_own_file_corrects_nothing_and_shows_the_form() -> None:
    text = (PROJECT / FILE).read_text(encoding="utf-8")
    assert yaml.safe_load(text) == {}
    assert all(f"{name}: " in text for name in FIELDS)
