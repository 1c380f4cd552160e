"""Tests of the names: linked by a person's decision, never by likeness."""

from __future__ import annotations

import csv

import pytest
import world
from conftest import Refused
from world import GROUPS, World

from analysis import cli
from analysis.errors import DataError
from analysis.sources.names import Link, fold, load_links, resolve, unlinked
from analysis.tables.tidy import make_study

NAMES = ("Ash Hub", "Beech, Elm & Oak", "Cedar Group")
LINKS = {
    link.printed: link
    for link in (
        Link("Ash", "Ash Hub", "name", "made up"),
        Link("Money", "", "no collaboration", "made up"),
        Link("Fir", "Fir Alliance", "name", "made up"),
        Link("Gum Tree", "Gum", "name", "made up"),
        Link("Gum", "Gum", "name", "has no row in the Ofsted table"),
    )
}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ACE", "Ace"),
        ("Ash  Hub", "Ash\u00a0Hub"),
        ("St James’", "St James'"),
        ("Ash - Elm", "Ash – Elm"),
        ("ACE", "АСЕ"),
        ("Hub", "Ηub"),
        ("Ｈｕｂ", "Hub"),
        ("Straße", "STRASSE"),
        ("Cafe\u0301", "Café"),
    ],
)
def test_names_that_a_reader_cannot_tell_apart_fold_alike(one: str, other: str) -> None:
    assert one != other
    assert fold(one) == fold(other)


@pytest.mark.parametrize(("one", "other"), [("Ash 1", "Ash 2"), ("Cafe", "Café"), ("A B", "AB")])
def test_names_that_differ_stay_different(one: str, other: str) -> None:
    assert fold(one) != fold(other)


def test_a_name_printed_alike_stands_for_itself() -> None:
    link = resolve("Cedar Group", LINKS, NAMES)
    assert link == Link("Cedar Group", "Cedar Group", "name", "printed alike")


def test_a_reviewed_name_stands_for_what_the_list_says() -> None:
    assert resolve("Ash", LINKS, NAMES) == LINKS["Ash"]
    assert resolve("Money", LINKS, NAMES) == LINKS["Money"]


@pytest.mark.parametrize("name", ["ash hub", "Ash Hubs", "Cedar group", "", "Beech Elm & Oak"])
def test_likeness_alone_links_nothing(name: str) -> None:
    assert resolve(name, LINKS, NAMES) is None


def test_a_link_to_a_name_that_nobody_has_leads_nowhere() -> None:
    assert resolve("Fir", LINKS, NAMES) is None


def test_a_group_outside_the_ofsted_table_is_declared_by_a_link_to_itself() -> None:
    assert resolve("Gum", LINKS, NAMES) == LINKS["Gum"]
    assert resolve("Gum Tree", LINKS, NAMES) == LINKS["Gum Tree"]


def test_a_name_of_this_years_ofsted_table_stands_for_itself_whatever_it_once_meant() -> None:
    link = resolve("Ash", LINKS, ("Ash", "Ash Hub"))
    assert link is not None
    assert link.collaboration == "Ash"


def test_an_unlinked_name_is_shown_with_the_nearest_and_a_line_to_paste() -> None:
    problem = unlinked("f.csv", 9, "name", "Beech Elm & Oak", {}, NAMES)
    assert (problem.file, problem.row, problem.column) == ("f.csv", 9, "name")
    assert 'Beech Elm & Oak,"Beech, Elm & Oak",name,WHY YOU KNOW' in problem.remedy


def test_a_broken_link_is_called_so() -> None:
    problem = unlinked("f.csv", 9, "name", "Fir", LINKS, NAMES)
    assert "data/names.csv links to the unknown 'Fir Alliance'" in problem.found


@pytest.mark.parametrize("printed", ['Acorn "M-U", Group', "Acorn, Group", '"', "Acorn’s Group"])
def test_the_line_to_paste_works_as_it_stands(
    nowhere: World, capsys: pytest.CaptureFixture[str], printed: str
) -> None:
    nowhere.change("gains", 2, "name", printed)
    nowhere.refresh()
    assert cli.main(["check"]) == 1
    said = capsys.readouterr().out.strip()
    line = said.rpartition("so: ")[2].splitlines()[0]
    names = nowhere.read("data/names.csv")
    nearest = next(csv.reader([line]))[1]
    assert nearest in GROUPS
    nowhere.put("data/names.csv", f"{names}{line.replace(nearest, GROUPS[0])}\n")
    assert cli.main(["check"]) == 0
    assert make_study(nowhere.year).collaborations.loc[0, "gain_ks2_1_pp"] == 4


@pytest.mark.parametrize(
    ("line", "column"),
    [
        ("Ash,Acorn Made-Up Group,nickname,because", "kind"),
        ("Ash,Acorn Made-Up Group,,because", "kind"),
        ("Ash,Acorn Made-Up Group,name,", "reason"),
        ("Ash,,name,because", "collaboration"),
        ("Ash,Acorn Made-Up Group,no collaboration,because", "collaboration"),
        (",Acorn Made-Up Group,name,because", "printed"),
        (f"{world.SHORT},Acorn Made-Up Group,name,because", "printed"),
        ("Ash,Acorn, name,name,because", "reason"),
        ("Ash,Acorn Made-Up Group,name", "kind"),
    ],
)
def test_a_bad_line_of_the_list_is_named(
    nowhere: World, refused: Refused, line: str, column: str
) -> None:
    nowhere.put("data/names.csv", f"{nowhere.read('data/names.csv')}{line}\n")
    problem = refused(nowhere)
    assert problem["file"] == "data/names.csv"
    assert (problem["row"], problem["column"]) == (4, column)


def test_another_heading_of_the_list_is_refused(nowhere: World, refused: Refused) -> None:
    text = nowhere.read("data/names.csv").replace("printed,", "name,")
    nowhere.put("data/names.csv", text)
    assert (refused(nowhere)["row"]) == 1


def test_a_lost_list_is_called_by_its_own_name(nowhere: World, refused: Refused) -> None:
    (nowhere.root / "data" / "names.csv").unlink()
    problem = refused(nowhere)
    assert problem["file"] == "data/names.csv"
    assert "sources.yaml" not in str(problem)


def test_an_empty_list_is_no_fault_in_itself(nowhere: World) -> None:
    nowhere.put("data/names.csv", "printed,collaboration,kind,reason\n")
    assert load_links() == {}


def test_a_link_to_a_misspelt_collaboration_makes_no_new_group(
    nowhere: World, refused: Refused
) -> None:
    text = nowhere.read("data/names.csv").replace("Acorn Made-Up", "Acorn Made-Upp")
    nowhere.put("data/names.csv", text)
    problem = refused(nowhere)
    assert (problem["file"], problem["row"]) == ("data/raw/2031/gains.csv", 2)
    assert "'Acorn Made-Upp Group'" in problem["found"]


def test_a_gain_cannot_be_set_apart_as_no_collaboration(nowhere: World, refused: Refused) -> None:
    nowhere.put(
        "data/names.csv",
        nowhere.read("data/names.csv").replace("Acorn Made-Up Group,name", ",no collaboration"),
    )
    problem = refused(nowhere)
    assert (problem["file"], problem["row"]) == ("data/raw/2031/gains.csv", 2)
    assert "calls no collaboration" in problem["found"]


def test_a_group_that_only_the_funding_table_names_has_its_own_row(nowhere: World) -> None:
    cells = nowhere.cells("funding")
    cells.append(["North", "Nodistrict 1", "Gum Made-Up Group", "£1,000", "", "Yes"])
    nowhere.write("funding", cells)
    nowhere.refresh()
    with pytest.raises(DataError, match="Gum Made-Up Group"):
        make_study(nowhere.year)
    line = "Gum Made-Up Group,Gum Made-Up Group,name,has no row in the Ofsted table\n"
    nowhere.put("data/names.csv", nowhere.read("data/names.csv") + line)
    frame = make_study(nowhere.year).collaborations
    assert frame["collaboration"].tolist() == [*GROUPS, "Gum Made-Up Group"]
    assert frame["funding_2030_31_gbp"].iloc[-1] == 1000
    assert frame["n_schools"].isna().tolist() == [False] * len(GROUPS) + [True]
