"""Tests of the register of sources: a wrong entry is named by its line and its keys."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest
from conftest import Refused
from world import HEADINGS, YEAR, World

from analysis import variables
from analysis.errors import DataError
from analysis.sources.formats import Format
from analysis.sources.registry import Release, load_release
from analysis.tables.tidy import make_study
from analysis.variables import Variable

Change = Callable[[dict[str, Any]], object]


def table(name: str, change: Change) -> Change:
    return lambda block: change(block["tables"][name])


def heading(name: str, printed: Any, ours: Any) -> Change:
    return table(name, lambda entry: entry["headings"].__setitem__(printed, ours))


def test_a_release_knows_its_tables_and_where_they_are(nowhere: World) -> None:
    release = load_release(YEAR)
    assert release.maturity == "SIMULATED"
    assert set(release.tables) == {*HEADINGS, "claims"}
    gains = release.tables["gains"]
    assert gains.file == "data/raw/2031/gains.csv"
    assert gains.printed("gain_ks4_2_pp") == "ks4_2"
    assert gains.rows == 14


def test_only_labels_that_have_been_filled_in_count(nowhere: World) -> None:
    content = nowhere.sources
    content[YEAR]["labels"] = {"gain_ks2_1_pp": None, "gain_ks2_2_pp": "Writing"}
    nowhere.write_sources(content)
    assert load_release(YEAR).labels == {"gain_ks2_2_pp": "Writing"}


BAD: dict[str, tuple[Change, str]] = {
    "no title": (lambda block: block.pop("title"), "title"),
    "a number for a date": (lambda block: block.update(published=2031), "published"),
    "a blank fact": (lambda block: block.update(licence="  "), "licence"),
    "an unknown maturity": (lambda block: block.update(maturity="done"), "maturity"),
    "no tables": (lambda block: block.pop("tables"), "tables"),
    "tables as a list": (lambda block: block.update(tables=["gains"]), "tables"),
    "a table left out": (lambda block: block["tables"].pop("funding"), "tables.funding"),
    "a table nobody knows": (
        lambda block: block["tables"].update(pupils=block["tables"]["gains"]),
        "tables.pupils",
    ),
    "a table without an entry": (lambda block: block["tables"].update(gains=None), "tables.gains"),
    "a file elsewhere": (
        table("gains", lambda entry: entry.update(file="../2013/gains.csv")),
        "tables.gains.file",
    ),
    "a workbook": (
        table("gains", lambda entry: entry.update(file="gains.xlsx")),
        "tables.gains.file",
    ),
    "rows in words": (table("gains", lambda entry: entry.update(rows="14")), "tables.gains.rows"),
    "rows as yes": (table("gains", lambda entry: entry.update(rows=True)), "tables.gains.rows"),
    "rows below nothing": (
        table("gains", lambda entry: entry.update(rows=-1)),
        "tables.gains.rows",
    ),
    "no fingerprint": (table("gains", lambda entry: entry.pop("sha256")), "tables.gains.sha256"),
    "no headings": (table("gains", lambda entry: entry.pop("headings")), "tables.gains.headings"),
    "an unknown column": (heading("gains", "ks2_1", "gain_ks9"), "tables.gains.headings.ks2_1"),
    "a column that is no word": (heading("gains", "ks2_1", 1), "tables.gains.headings.ks2_1"),
    "a heading that is no word": (heading("gains", 2031, "name"), "tables.gains.headings.2031"),
    "a column of another table": (
        heading("gains", "more", "n_schools"),
        "tables.gains.headings.more",
    ),
    "a column twice": (heading("gains", "ks2_9", "gain_ks2_1_pp"), "tables.gains.headings.ks2_9"),
    "a column left out": (
        table("ofsted", lambda entry: entry["headings"].pop("RI")),
        "tables.ofsted.headings",
    ),
    "money of one year only": (
        table("funding", lambda entry: entry["headings"].pop("2031/32 Funding")),
        "tables.funding.headings",
    ),
    "money under another year's heading": (
        heading("funding", "2030/31 Funding", "funding_2029_30_gbp"),
        "tables.funding.headings.2030/31 Funding",
    ),
    "money of no school year": (
        heading("funding", "2030/31 Funding", "funding_2030_32_gbp"),
        "tables.funding.headings.2030/31 Funding",
    ),
    "a label of no column": (
        lambda block: block.update(labels={"gain_ks9": "Writing"}),
        "labels.gain_ks9",
    ),
    "a label that is no word": (
        lambda block: block.update(labels={"gain_ks2_1_pp": ["Writing"]}),
        "labels.gain_ks2_1_pp",
    ),
    "labels as a list": (lambda block: block.update(labels=["Writing"]), "labels"),
}


@pytest.mark.parametrize(("change", "entry"), BAD.values(), ids=BAD)
def test_a_wrong_entry_is_one_error_with_its_keys_and_its_line(
    change: Change, entry: str, nowhere: World, refused: Refused
) -> None:
    content = nowhere.sources
    change(content[YEAR])
    nowhere.write_sources(content)
    problem = refused(nowhere)
    assert (problem["file"], problem["column"]) == ("data/sources.yaml", f"{YEAR}.{entry}")
    text = nowhere.read("data/sources.yaml").splitlines()
    line = text[problem["row"] - 1].strip(" '\"")
    keys = [YEAR, *entry.split(".")]
    assert line.startswith(tuple(keys[-2:]))


TEXTS = {
    "a year without quotation marks": (f"'{YEAR}':", f"{YEAR}:", f"the key {YEAR} without"),
    "no such year": (f"'{YEAR}':", "'2032':", "no block for this year"),
    "no YAML": ("title:", "title: [", "expected"),
    "a tab": ("  title:", "\ttitle:", "cannot start any token"),
    "a key twice": ("  place: Nowhereshire", "  place: a\n  place: b", "the key 'place' twice"),
    "an impossible date": ("published: '2031'", "published: 2031-13-45", "not YAML"),
    "a foreign tag": ("published: '2031'", "published: !!timestamp x", "not YAML"),
    "a Python object": ("published: '2031'", "published: !!python/name:os.system", "constructor"),
    "too deep a nest": ("published: '2031'", f"published: {'[' * 500}", "not YAML"),
    "a control code": ("Nowhereshire", "Nowhere\x07shire", "not YAML"),
}


@pytest.mark.parametrize(("old", "new", "found"), TEXTS.values(), ids=TEXTS)
def test_a_register_that_cannot_be_read_is_one_error(
    old: str, new: str, found: str, nowhere: World, refused: Refused
) -> None:
    text = nowhere.read("data/sources.yaml")
    assert old in text
    nowhere.put("data/sources.yaml", text.replace(old, new, 1))
    problem = refused(nowhere)
    assert problem["file"] == "data/sources.yaml"
    assert found in problem["found"]


@pytest.mark.parametrize("data", [b"", b"[]", b"- a", b"\xff\xfe2\x00", b"caf\xe9: 1"])
def test_a_register_of_something_else_is_one_error(
    data: bytes, nowhere: World, refused: Refused
) -> None:
    (nowhere.root / "data/sources.yaml").write_bytes(data)
    assert refused(nowhere)["file"] == "data/sources.yaml"


def test_a_lost_register_is_one_error(nowhere: World, refused: Refused) -> None:
    (nowhere.root / "data/sources.yaml").unlink()
    assert "no readable file" in refused(nowhere)["found"]


def test_a_nest_of_aliases_is_shown_short(nowhere: World) -> None:
    bomb = "\n".join(f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]" for i in range(1, 30))
    text = f"a0: &a0 [x]\n{bomb}\n'{YEAR}': {{title: *a29}}\n"
    nowhere.put("data/sources.yaml", text)
    with pytest.raises(DataError) as caught:
        load_release(YEAR)
    assert len(str(caught.value)) < 1000


def test_headings_can_be_shared_by_an_alias(nowhere: World) -> None:
    text = nowhere.read("data/sources.yaml").replace(f"'{YEAR}':", f"'{YEAR}': &block", 1)
    nowhere.put("data/sources.yaml", f"{text}'2032': *block\n")
    assert load_release("2032").tables["gains"].file == "data/raw/2032/gains.csv"


def test_a_column_that_a_table_also_holds_needs_only_its_declaration(
    nowhere: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = nowhere.sources
    content[YEAR]["tables"]["ofsted"]["headings"]["Pupils"] = "n_pupils"
    nowhere.write_sources(content)
    cells = nowhere.cells("ofsted")
    nowhere.write("ofsted", [[*cells[0], "Pupils"], *([*line, "99"] for line in cells[1:])])
    nowhere.refresh()
    with pytest.raises(DataError, match="n_pupils"):
        make_study(YEAR)
    pupils = Variable("n_pupils", "Pupils", "count", "count", "Made up.")
    monkeypatch.setitem(variables._REGISTER, "n_pupils", pupils)
    assert len(make_study(YEAR).collaborations) == len(cells) - 1


KS2 = {"URN": "urn", "TELIG": "cohort", "Met": "ks2_expected_pct"}
FILE = {"place": "nowhere", "rows": 3, "sha256": "-"}
SCHOOL_LEVEL = {
    "schools_2030": {"file": "a.csv", "headings": KS2, "stage": "ks2", "results_year": 2030},
    "schools_2031": {"file": "b.csv", "format": "plain"},
    "members": {"file": "c.csv", "headings": {"URN": "urn", "Group": "name"}},
}
PLAIN = {"table": "schools", "plain": True, "headings": {"urn": "urn", "year": "year"}}


def with_schools(world: World, change: Change = lambda block: None) -> Release:
    """Return the release of a block that holds nothing but school-level files, then changed."""
    content = world.sources
    entries = {name: {**FILE, **entry} for name, entry in copy.deepcopy(SCHOOL_LEVEL).items()}
    content[YEAR]["tables"] = entries
    change(content[YEAR])
    world.write_sources({**content, "formats": {"plain": PLAIN}})
    return load_release(YEAR)


def test_schools_and_members_make_a_release_without_the_reports_tables(nowhere: World) -> None:
    release = with_schools(nowhere)
    assert release.tables == {}
    assert [one.table for one in release.schools] == ["schools_2030", "schools_2031"]
    assert [one.results_year for one in release.schools] == [2030, None]
    assert release.schools[0].format == Format("", "schools", KS2, stage="ks2")
    assert release.schools[1].format == Format("plain", "schools", PLAIN["headings"], plain=True)
    assert [one.headings for one in release.members] == [{"URN": "urn", "Group": "name"}]
    assert (release.successors, release.register, release.panel) == (None, None, None)
    assert (release.number, load_release(YEAR).maturity) == (int(YEAR), "SIMULATED")


def test_the_reports_tables_stay_where_school_level_files_join_them(nowhere: World) -> None:
    content = nowhere.sources
    content[YEAR]["tables"]["register"] = {
        **FILE, "file": "d.csv", "headings": {"URN": "urn", "LA": "authority"},
        "keep": {"authority": ["886"]}, "note": "a cut",
    }  # fmt: skip
    content[YEAR]["panel"] = {"authority": "886"}
    nowhere.write_sources(content)
    release = load_release(YEAR)
    assert set(release.tables) == {*HEADINGS, "claims"}
    assert release.register is not None
    assert release.register.keep == {"authority": ("886",)}
    assert release.register.note == "a cut"
    assert release.panel == {"authority": "886"}
    assert release.schools == ()


def test_a_year_that_is_a_word_says_which_year_it_is(nowhere: World) -> None:
    content = nowhere.sources
    block = {**content[YEAR], "maturity": "simulated", "results_of": 2013}
    nowhere.write_sources({"simulated": block})
    assert load_release("simulated").number == 2013
    assert load_release("simulated").maturity == "simulated"
    nowhere.write_sources({"simulated": {**block, "results_of": "2013"}})
    with pytest.raises(DataError, match=r"simulated\.results_of"):
        load_release("simulated")


def test_headings_of_an_entry_come_on_top_of_its_formats(nowhere: World) -> None:
    extra = {"headings": {"Met": "ks2_expected_pct"}, "stage": "ks2"}
    found = with_schools(nowhere, table("schools_2031", lambda entry: entry.update(extra)))
    made = found.schools[1].format
    assert made is not None
    assert made.headings == {**PLAIN["headings"], **extra["headings"]}
    assert (made.stage, made.plain, made.name) == ("ks2", True, "plain")


def test_money_in_long_form_is_declared_by_its_headings(nowhere: World) -> None:
    long = {"Group": "name", "Year": "school_year", "Money": "funding_gbp"}
    entry = {**FILE, "file": "funding.csv", "headings": long}
    release = with_schools(nowhere, lambda block: block["tables"].update(funding=entry))
    assert release.tables["funding"].printed("school_year") == "Year"


def school(name: str, **changes: Any) -> Change:
    return table(name, lambda entry: entry.update(changes))


BAD_SCHOOLS: dict[str, tuple[Change, str]] = {
    "no members": (lambda block: block["tables"].pop("members"), "tables.ofsted"),
    "a name in capitals": (
        lambda block: block["tables"].update(schools_A=block["tables"]["members"]),
        "tables.schools_A",
    ),
    "a format nobody knows": (school("schools_2031", format="none"), "tables.schools_2031.format"),
    "a format of another table": (
        school("members", format="plain", headings={}),
        "tables.members.format",
    ),
    "neither format nor headings": (
        table("members", lambda entry: entry.pop("headings")),
        "tables.members.headings",
    ),
    "no year": (
        table("schools_2030", lambda entry: entry.pop("results_year")),
        "tables.schools_2030.results_year",
    ),
    "two years": (school("schools_2031", results_year=2031), "tables.schools_2031.results_year"),
    "a year in words": (
        school("schools_2030", results_year="2030"),
        "tables.schools_2030.results_year",
    ),
    "no stage": (
        table("schools_2030", lambda entry: entry.pop("stage")),
        "tables.schools_2030.headings",
    ),
    "a column to keep by that is not there": (
        school("members", keep={"kind": ["a"]}),
        "tables.members.keep.kind",
    ),
    "nothing to keep": (school("members", keep={"name": []}), "tables.members.keep.name"),
    "numbers to keep": (school("members", keep={"name": [886]}), "tables.members.keep.name"),
    "a file elsewhere": (school("members", file="../c.csv"), "tables.members.file"),
    "a panel that is no block": (lambda block: block.update(panel="yes"), "panel"),
    "money without a school year": (
        lambda block: block["tables"].update(
            funding={**FILE, "file": "f.csv", "headings": {"a": "name", "b": "funding_gbp"}}
        ),
        "tables.funding.headings",
    ),
    "a date in the report's tables": (
        lambda block: block["tables"].update(
            gains={**FILE, "file": "g.csv", "headings": {"a": "name", "b": "joined"}}
        ),
        "tables.gains.headings.b",
    ),
}


@pytest.mark.parametrize(("change", "entry"), BAD_SCHOOLS.values(), ids=BAD_SCHOOLS)
def test_a_wrong_school_level_entry_is_one_error_with_its_keys(
    change: Change, entry: str, nowhere: World
) -> None:
    with pytest.raises(DataError) as caught:
        with_schools(nowhere, change)
    (problem,) = caught.value.problems
    assert (problem.file, problem.column) == ("data/sources.yaml", f"{YEAR}.{entry}")
    assert problem.row is not None


def test_money_in_long_form_cannot_stand_beside_an_ofsted_table(nowhere: World) -> None:
    content = nowhere.sources
    long = {"Group": "name", "Year": "school_year", "Money": "funding_gbp"}
    content[YEAR]["tables"]["funding"]["headings"] = long
    nowhere.write_sources(content)
    with pytest.raises(DataError, match="a column of its own") as caught:
        load_release(YEAR)
    assert caught.value.problems[0].column == f"{YEAR}.tables.funding.headings"
