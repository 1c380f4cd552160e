"""Tests of the readers of members, successors, the register, and money in long form."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.errors import DataError, Problem
from analysis.sources.formats import Format, load_formats
from analysis.sources.payments import is_long, read_payments
from analysis.sources.registry import TableSource
from analysis.sources.rosters import (
    Roster,
    follow,
    read_members,
    read_register,
    read_successors,
)

REAL = Path(__file__).parents[2] / "shared" / "real"
SHIPPED = load_formats()
ISO = replace(SHIPPED["members_plain"], dates=())
HEAD = "urn,collaboration,joined,left\n"
needs_real = pytest.mark.skipif(
    not REAL.is_dir(), reason="the real school-level files are not beside this project"
)


def source(file: Path, made: Format, **more: Any) -> TableSource:
    return TableSource(made.table, file, "-", "-", 0, made.headings, format=made, **more)


def written(folder: Path, text: str, made: Format, **more: Any) -> TableSource:
    file = folder / f"{made.table}.csv"
    file.write_text(text, encoding="utf-8")
    return source(file, made, **more)


def members(folder: Path, rows: str, made: Format = ISO, **more: Any) -> Roster:
    return read_members(written(folder, HEAD + rows, made, **more))


def refusal(folder: Path, rows: str, made: Format = ISO) -> Problem:
    with pytest.raises(DataError) as caught:
        members(folder, rows, made)
    (problem,) = caught.value.problems
    assert problem.remedy
    return problem


def test_links_are_dated_and_a_school_can_have_several(tmp_path: Path) -> None:
    rows = "118234,Ash,2012-09-01,2013-08-31\n118234,Elm,2012-09-01,\n118235,Ash,2013-01-15,\n"
    frame = members(tmp_path, rows).frame
    assert frame["urn"].tolist() == ["118234", "118234", "118235"]
    assert frame["name"].tolist() == ["Ash", "Elm", "Ash"]
    assert frame["joined"].tolist() == list(pd.to_datetime(["2012-09-01"] * 2 + ["2013-01-15"]))
    assert frame["left"].isna().tolist() == [False, True, True]
    assert frame["left"].iloc[0] == pd.Timestamp("2013-08-31")
    assert not frame["joined_unknown"].any()
    assert frame[["kind", "group"]].isna().all(axis=None)
    assert [frame[c].dtype.kind for c in ("joined", "left")] == ["M", "M"]


@pytest.mark.parametrize("day", ["", " ", "1900-01-01", "x", "NA", "N/A", ".."])
def test_a_day_of_joining_can_be_unknown(tmp_path: Path, day: str) -> None:
    frame = members(tmp_path, f"118234,Ash,{day},2014-07-31\n").frame
    assert frame["joined_unknown"].tolist() == [True]
    assert frame["joined"].isna().all()
    assert frame["left"].tolist() == [pd.Timestamp("2014-07-31")]


def test_a_file_without_dates_has_none(tmp_path: Path) -> None:
    made = replace(ISO, headings={"urn": "urn", "collaboration": "name"})
    frame = members(tmp_path, "118234,Ash,soon,\n", made).frame
    assert frame["joined_unknown"].all()
    assert frame["left"].isna().all()


def test_a_british_date_is_read_where_the_file_shows_that_the_day_comes_first(
    tmp_path: Path,
) -> None:
    rows = "118234,Ash,01/09/2012,\n118235,Ash,03/09/2012,31/08/2013\n"
    frame = members(tmp_path, rows).frame
    assert frame["joined"].tolist() == list(pd.to_datetime(["2012-09-01", "2012-09-03"]))
    assert members(tmp_path, "118234,Ash,09/09/2012,\n").frame["joined"].notna().all()


def test_a_date_that_can_be_read_in_two_ways_is_refused_unless_declared(tmp_path: Path) -> None:
    problem = refusal(tmp_path, "118234,Ash,01/09/2012,\n")
    assert (problem.row, problem.column) == (2, "joined")
    assert "dates: [dd/mm/yyyy]" in problem.expected
    frame = members(tmp_path, "118234,Ash,01/09/2012,\n", SHIPPED["members_plain"]).frame
    assert frame["joined"].tolist() == [pd.Timestamp("2012-09-01")]


WRONG: dict[str, tuple[str, str]] = {
    "no such day": ("118234,Ash,2013-02-29,", "joined"),
    "no such month": ("118234,Ash,13/13/2013,", "joined"),
    "the month first": ("118234,Ash,09/13/2013,", "joined"),
    "a year of two digits": ("118234,Ash,13/09/12,", "joined"),
    "a day of one digit": ("118234,Ash,2013-9-1,", "joined"),
    "a date without marks": ("118234,Ash,20130901,", "joined"),
    "a date with time": ("118234,Ash,2013-09-01 00:00,", "joined"),
    "a month in words": ("118234,Ash,1 September 2013,", "joined"),
    "a spreadsheet's number": ("118234,Ash,41518,", "joined"),
    "digits of another script": ("118234,Ash,٢٠١٣-٠٩-٠١,", "joined"),
    "another century": ("118234,Ash,1813-09-01,", "joined"),
    "a year beyond": ("118234,Ash,2113-09-01,", "joined"),
    "a day of leaving that is unknown": ("118234,Ash,,1900-01-01", "left"),
    "a day of leaving by a code": ("118234,Ash,,SUPP", "left"),
    "left before joined": ("118234,Ash,2013-09-01,2013-08-31", "left"),
    "no name": ("118234,,2013-09-01,", "collaboration"),
    "a code for a name": ("118234,N/A,2013-09-01,", "collaboration"),
    "a children's centre": ("20003,Ash,2013-09-01,", "urn"),
    "no school": (",Ash,2013-09-01,", "urn"),
    "a decimal": ("118234.0,Ash,2013-09-01,", "urn"),
}


@pytest.mark.parametrize(("row", "column"), WRONG.values(), ids=WRONG)
def test_a_wrong_link_is_refused_with_row_and_column(tmp_path: Path, row: str, column: str) -> None:
    problem = refusal(tmp_path, f"118235,Elm,2013-09-01,\n{row}\n")
    assert (problem.file, problem.row, problem.column) == ("members.csv", 3, column)


def test_an_exactly_repeated_link_is_refused_but_a_second_spell_is_not(tmp_path: Path) -> None:
    problem = refusal(tmp_path, "118234,Ash,2012-09-01,\n" * 2)
    assert (problem.row, problem.code) == (3, "duplicate")
    assert "row 2" in problem.found
    assert refusal(tmp_path, "118234,Ash,,\n" * 2).code == "duplicate"
    twice = "118234,Ash,2012-09-01,2013-01-01\n118234,Ash,2013-02-01,\n"
    assert len(members(tmp_path, twice).frame) == 2


def test_a_group_identifier_tells_groups_of_one_name_apart(tmp_path: Path) -> None:
    made = SHIPPED["gias_group_links"]
    row = "118234,Ash,{},Federation,2012-09-01,886\n"
    text = ",".join(made.headings) + "\n" + row.format(1) + row.format(2)
    frame = read_members(written(tmp_path, text, made)).frame
    assert frame["group"].tolist() == ["1", "2"]


def test_links_that_are_not_kept_are_counted_and_need_not_be_sound(tmp_path: Path) -> None:
    made = SHIPPED["gias_group_links"]
    rows = "20003,Ash,1,Children's Centres Group,soon,886\n118234,Elm,2,Federation,,886\n"
    text = ",".join(made.headings) + "\n" + rows
    found = read_members(written(tmp_path, text, made, keep={"kind": ("Federation",)}))
    assert found.frame["name"].tolist() == ["Elm"]
    assert found.set_aside.to_numpy().tolist() == [["kind is not Federation", 1]]
    with pytest.raises(DataError, match="no row with 'Trust'"):
        read_members(written(tmp_path, text, made, keep={"kind": ("Trust",)}))


CHAIN = SHIPPED["urn_chain"]


def chain(folder: Path, rows: str, made: Format = CHAIN) -> pd.DataFrame:
    return read_successors(written(folder, "OLD_URN,LATEST_URN\n" + rows, made))


def frame_of(*pairs: tuple[str, str]) -> pd.DataFrame:
    rows = range(2, len(pairs) + 2)
    return pd.DataFrame(pairs, columns=["urn", "successor"]).assign(row=rows)


def test_a_chain_is_followed_to_its_end_in_any_order(tmp_path: Path) -> None:
    rows = "100002,100003.0\n100001,100002.0\n100003,100003.0\n100009,100001.0\n"
    latest = follow(chain(tmp_path, rows))
    assert latest == dict.fromkeys(["100002", "100001", "100003", "100009"], "100003")


def test_schools_can_merge_but_not_split(tmp_path: Path) -> None:
    assert len(set(follow(chain(tmp_path, "100001,100003\n100002,100003\n")).values())) == 1
    with pytest.raises(DataError, match="'100001', which row 2 already has"):
        chain(tmp_path, "100001,100003\n100001,100002\n")


def test_decimals_are_urns_only_where_the_format_says_so(tmp_path: Path) -> None:
    assert chain(tmp_path, "100001,100002.0\n")["successor"].tolist() == ["100002"]
    with pytest.raises(DataError) as caught:
        chain(tmp_path, "100001,100002.0\n", replace(CHAIN, urn_as_float=False))
    assert caught.value.problems[0].column == "LATEST_URN"
    with pytest.raises(DataError):
        chain(tmp_path, "100001,100002.5\n")


def test_a_circle_of_successors_is_refused_with_its_schools(tmp_path: Path) -> None:
    frame = chain(tmp_path, "100009,100001\n100001,100002\n100002,100003\n100003,100001\n")
    with pytest.raises(DataError) as caught:
        follow(frame)
    (problem,) = caught.value.problems
    assert "100001, 100002, 100003, 100001" in problem.found
    assert (problem.file, problem.row) == ("successors.csv", 3)


URNS = st.sampled_from([f"10000{i}" for i in range(7)])


@given(st.dictionaries(URNS, URNS, max_size=7))
def test_every_chain_ends_at_a_school_that_went_nowhere_or_is_a_circle(
    steps: dict[str, str],
) -> None:
    problems: list[Problem] = []
    latest: dict[str, str] = {}
    try:
        latest = follow(frame_of(*steps.items()))
    except DataError as error:
        problems = error.problems
    for start in steps:
        at, seen = start, set()
        while steps.get(at, at) != at and at not in seen:
            seen.add(at)
            at = steps[at]
        if at in seen:
            assert any(at in problem.found for problem in problems)
        elif not problems:
            assert latest[start] == at


REGISTER = SHIPPED["register_cut"]
SCHOOLS = (
    "118234,Ash,886,Academy,1,0,20130901,\n118235,Elm,886,nan,0,1,,20140831\n"
    "118236,Oak,886,College,1,1,,\n118237,Yew,887,Special School,0,0,,\n"
)


def register(folder: Path, rows: str = SCHOOLS, **more: Any) -> pd.DataFrame:
    text = ",".join(REGISTER.headings) + "\n" + rows
    return read_register(written(folder, text, REGISTER, **more))


def test_a_register_says_phase_kind_and_days(tmp_path: Path) -> None:
    frame = register(tmp_path)
    assert frame["phase"].fillna("-").tolist() == ["primary", "secondary", "all-through", "-"]
    assert frame["kind"].fillna("-").tolist() == ["Academy", "-", "College", "Special School"]
    assert frame["opened"].iloc[0] == pd.Timestamp("2013-09-01")
    assert frame["closed"].iloc[1] == pd.Timestamp("2014-08-31")
    assert frame["opened"].isna().sum() == 3
    assert len(register(tmp_path, keep={"authority": ("887",)})) == 1


@pytest.mark.parametrize(
    ("old", "new", "column"),
    [
        ("Academy,1,0", "Academy,2,0", "Primary"),
        ("118235", "118234", "URN"),
        ("20130901", "20131301", "Date Opened"),
    ],
)
def test_a_wrong_cell_of_the_register_is_refused(
    tmp_path: Path, old: str, new: str, column: str
) -> None:
    with pytest.raises(DataError) as caught:
        register(tmp_path, SCHOOLS.replace(old, new))
    assert [problem.column for problem in caught.value.problems] == [column]


PAID = {"Group": "name", "Year": "school_year", "Money": "funding_gbp"}
LONG = 'Group,Year,Money\nAsh,2012/13,"£42,000"\nAsh,2013/14,£1500.50\nElm,2012/13,n/a\n'


def payments(folder: Path, text: str = LONG) -> Any:
    file = folder / "funding.csv"
    file.write_text(text, encoding="utf-8")
    return read_payments(TableSource("funding", file, "-", "-", 3, PAID))


def test_money_in_long_form_is_typed_by_group_and_school_year(tmp_path: Path) -> None:
    found = payments(tmp_path)
    assert found.frame.columns.tolist() == ["row", "name", "school_year", "funding_gbp"]
    assert found.frame["school_year"].tolist() == [2013, 2014, 2013]
    assert str(found.frame["school_year"].dtype) == "Int64"
    assert found.frame["funding_gbp"].fillna(-1).tolist() == [42000.0, 1500.5, -1]
    assert found.missing.to_numpy().tolist() == [[4, "funding_gbp", "n/a", "not applicable"]]
    assert found.problem(4, "funding_gbp", "a", "b", "c").column == "Money"


@pytest.mark.parametrize(
    ("old", "new", "row", "column"),
    [
        ("2013/14", "2013/15", 3, "Year"),
        ("2013/14", "2013", 3, "Year"),
        ("£1500.50", "500", 3, "Money"),
        ("Elm", "", 4, "Group"),
        ("Elm", "ASH", 4, "Group"),
        ("Year", "When", 1, "Year"),
    ],
)
def test_a_wrong_payment_is_refused_with_row_and_column(
    tmp_path: Path, old: str, new: str, row: int, column: str
) -> None:
    with pytest.raises(DataError) as caught:
        payments(tmp_path, LONG.replace(old, new))
    (problem,) = caught.value.problems
    assert (problem.row, problem.column) == (row, column)


def test_money_in_wide_form_is_no_long_form(tmp_path: Path) -> None:
    wide = TableSource("funding", tmp_path / "f.csv", "-", "-", 0, {"a": "funding_2012_13_gbp"})
    assert not is_long(wide)
    with pytest.raises(ValueError, match="school_year"):
        read_payments(wide)


@given(st.lists(st.text(max_size=10), min_size=4, max_size=4))
def test_no_link_whatever_makes_anything_but_a_roster_or_an_error(
    tmp_path_factory: pytest.TempPathFactory, cells: list[str]
) -> None:
    folder = tmp_path_factory.mktemp("links")
    rows = f"{','.join(cells)}\n118234,{','.join(cells[1:])}\n"
    try:
        found = members(folder, rows)
    except DataError as error:
        problems = error.problems
    else:
        problems = []
        assert len(found.frame) == 2
    assert all(problem.found and problem.expected for problem in problems)


@needs_real
def test_the_links_of_england_are_read_by_their_kind() -> None:
    kinds = ("Multi-academy trust", "Single-academy trust", "Federation", "Trust")
    file = REAL / "gias_group_links_2022_03.csv"
    found = read_members(source(file, SHIPPED["gias_group_links"], keep={"kind": kinds}))
    assert found.frame["kind"].value_counts().tolist() == [8737, 1168, 1054, 537]
    assert found.set_aside["rows"].tolist() == [20395 - 8737 - 1168 - 1054 - 537]
    assert not found.frame["name"].str.contains("\x92").any()
    dated = found.frame.dropna(subset="joined")
    assert dated["joined"].min() > pd.Timestamp("1999-01-01")
    assert found.frame["joined_unknown"].sum() == len(found.frame) - len(dated)


@needs_real
def test_establishments_that_are_no_schools_are_named_where_they_are_not_left_out() -> None:
    with pytest.raises(DataError) as caught:
        read_members(source(REAL / "gias_group_links_2022_03.csv", SHIPPED["gias_group_links"]))
    assert len(caught.value.problems) == 1623
    assert "`keep`" in caught.value.problems[0].remedy


@needs_real
def test_the_chain_of_england_is_followed() -> None:
    frame = read_successors(source(REAL / "gias_urn_chain.csv", CHAIN))
    latest = follow(frame)
    assert len(latest) == 49462
    assert sum(old != new for old, new in latest.items()) == 10038


@needs_real
def test_the_register_knows_the_schools_of_kent() -> None:
    file = REAL / "spine_england_2017_18.csv"
    everywhere = read_register(source(file, REGISTER))
    assert len(everywhere) == 26078
    assert everywhere["kind"].isna().sum() == 34
    kent = read_register(source(file, REGISTER, keep={"authority": ("886",)}))
    assert len(kent) == 705
    assert kent["school"].notna().all()
    assert set(kent["phase"].dropna()) == {"primary", "secondary", "all-through"}
