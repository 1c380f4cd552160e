"""Tests of cells in another form than the plain one: read as what they plainly mean, and noted."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd
import pytest
from world import YEAR, World

from analysis.errors import DataError
from analysis.page import listings
from analysis.page.tables import Table
from analysis.sources.declared import read_typed
from analysis.sources.registry import load_release
from analysis.tables.tidy import STORED, load_study, make_study, save_study

MONEY, LATER = "2030/31 Funding", "2031/32 Funding"
FORMS = {
    "an amount without its pound sign": ("funding", MONEY, lambda t: t.replace("£", "")),
    "an answer with a space behind it": ("funding", "continuing", lambda t: f"{t} "),
    "an answer by its first letter": ("funding", "continuing", lambda t: t.replace("Yes", "Y")),
    "a share of 1": ("ofsted", "% good or better", lambda t: f"{float(t) / 100:.3f}"),
    "a per cent sign": ("ofsted", "% good or better", lambda t: f"{t} %"),
    "a dash for nought": ("ofsted", "Inadequate", lambda t: t.replace("0", "-")),
    "a count with a decimal nought": ("ofsted", "Good", lambda t: f"{t}.0"),
    "gains with a per cent sign": ("gains", "ks2_1", None),
}
Form = tuple[str, str, Callable[[str], str] | None]


def write(world: World, table: str, column: str, form: Callable[[str], str] | None) -> None:
    """Write all cells of a column another way; without `form`, all gains with a sign."""
    cells = world.cells(table)
    at = cells[0].index(column)
    for row in cells[1:]:
        if form is None:
            row[1:] = [f"{cell}%" if cell else "" for cell in row[1:]]
        else:
            row[at] = form(row[at])
    world.write(table, cells)
    world.refresh()


@pytest.mark.parametrize(("table", "column", "form"), FORMS.values(), ids=FORMS)
def test_a_form_that_means_the_same_gives_the_same_tables(
    nowhere: World, table: str, column: str, form: Callable[[str], str] | None
) -> None:
    before = load_study(YEAR)
    write(nowhere, table, column, form)
    after = make_study(YEAR)
    for name in (one for one in STORED if one not in ("notes", "missing")):
        pd.testing.assert_frame_equal(getattr(after, name), getattr(before, name))
    if column != "% good or better" or table != "ofsted" or "share" in str(after.notes):
        assert len(after.notes) or form is not None


@pytest.mark.parametrize("form", [one for one in FORMS if one != "a per cent sign"])
def test_what_was_seen_through_is_told_with_its_file(nowhere: World, form: str) -> None:
    table, *how = FORMS[form]
    write(nowhere, table, *how)
    notes = make_study(YEAR).notes
    assert set(notes["file"]) == {f"data/raw/{YEAR}/{table}.csv"}
    assert set(notes["when"]) == {"read"}


def test_plain_cells_leave_no_note(nowhere: World) -> None:
    study = make_study(YEAR)
    assert study.notes.empty
    assert study.corrections.empty


def test_what_was_accepted_when_a_file_was_taken_in_is_kept_with_the_tables(
    nowhere: World,
) -> None:
    content = nowhere.sources
    content[YEAR]["tables"]["gains"]["decisions"] = ["two title rows left out", "a total left out"]
    nowhere.write_sources(content)
    save_study(make_study(YEAR))
    notes = load_study(YEAR).notes
    assert notes["note"].tolist() == ["two title rows left out", "a total left out"]
    assert set(notes["when"]) == {"taken in"}


def test_the_page_lists_what_was_seen_through_and_says_where_it_was_nothing(
    nowhere: World,
) -> None:
    assert "every cell has the form" in str(listings.seen_through(load_study(YEAR)))
    nowhere.change("funding", 3, MONEY, "20,000")
    nowhere.refresh()
    table = listings.seen_through(make_study(YEAR))
    assert isinstance(table, Table)
    page = table.to_html()
    assert "row 3: an amount without its pound sign" in page


def in_thousands(world: World) -> None:
    cells = world.cells("funding")
    at = cells[0].index(MONEY)
    cells[0][at] = f"{MONEY} (£000s)"
    for row in cells[1:]:
        row[at] = f"{int(row[at].replace('£', '').replace(',', '')) / 1000:g}"
    world.write("funding", cells)
    content = world.sources
    entry = content[YEAR]["tables"]["funding"]
    headings = {f"{MONEY} (£000s)" if p == MONEY else p: c for p, c in entry["headings"].items()}
    entry |= {"headings": headings, "scale": {f"{MONEY} (£000s)": 1000}}
    world.write_sources(content)
    world.refresh()


def test_money_in_thousands_is_multiplied_where_the_entry_says_so(nowhere: World) -> None:
    before = load_study(YEAR).collaborations
    in_thousands(nowhere)
    pd.testing.assert_frame_equal(make_study(YEAR).collaborations, before)


def test_pounds_in_a_column_of_thousands_are_refused(nowhere: World) -> None:
    in_thousands(nowhere)
    nowhere.change("funding", 2, f"{MONEY} (£000s)", "£10,000")
    with pytest.raises(DataError, match="expected thousands of pounds"):
        read_typed(load_release(YEAR).tables["funding"])


@pytest.mark.parametrize(
    ("scale", "column"),
    [
        ({"no such heading": 1000}, "no such heading"),
        ({"District": 1000}, "District"),
        ({MONEY: 100}, MONEY),
        ({MONEY: True}, MONEY),
        ({MONEY: "1000"}, MONEY),
        ([1000], None),
    ],
)
def test_a_factor_that_no_money_has_is_refused_with_its_line(
    nowhere: World, scale: object, column: str | None
) -> None:
    content = nowhere.sources
    content[YEAR]["tables"]["funding"]["scale"] = scale
    nowhere.write_sources(content)
    with pytest.raises(DataError) as caught:
        load_release(YEAR)
    (problem,) = caught.value.problems
    place = [YEAR, "tables", "funding", "scale", *([column] if column else [])]
    assert (problem.column, problem.row is not None) == (".".join(place), True)


def test_a_share_that_the_grades_do_not_bear_out_is_refused(nowhere: World) -> None:
    write(nowhere, "ofsted", "% good or better", lambda text: f"{float(text) / 100:.3f}")
    nowhere.change("ofsted", 3, "% good or better", "0.2")
    with pytest.raises(DataError, match=r"row 3, column \"% good or better\""):
        make_study(YEAR)


def test_a_dash_that_the_sum_does_not_bear_out_is_refused(nowhere: World) -> None:
    nowhere.change("ofsted", 3, "Good", "-")
    with pytest.raises(DataError, match=r"row 3, column \"Good\": found a blank"):
        make_study(YEAR)
