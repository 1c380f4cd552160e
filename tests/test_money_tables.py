"""Tests of money in its two shapes: a row a payment, and a column a school year."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
import school_world
from hypothesis import given
from hypothesis import strategies as st
from school_world import FUNDING, GROUPS, OTHER, YEAR
from world import World, as_csv

from analysis.errors import DataError
from analysis.sources.payments import read_payments
from analysis.sources.registry import TableSource
from analysis.sources.typed import TypedTable
from analysis.tables.money import PAYMENTS, as_wide, payments_of
from analysis.tables.tidy import load_study, make_study, save_study

WIDE = ["funding_2029_30_gbp", "funding_2030_31_gbp"]
Rows = list[list[str]]


def long(folder: Path, rows: Rows) -> TypedTable:
    """Return a table of payments as it is read from a file."""
    file = folder / "payments.csv"
    file.write_bytes(as_csv([FUNDING, *rows]))
    headings = school_world.ENTRIES["funding"]["headings"]
    return read_payments(TableSource("payments", file, "-", "-", len(rows), headings))


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    return school_world.made(tmp_path, monkeypatch)


def test_payments_become_a_row_a_group_and_a_column_a_school_year(tmp_path: Path) -> None:
    table = as_wide(long(tmp_path, school_world.funding()))
    assert table.frame["name"].tolist() == [*GROUPS[:2], OTHER]
    assert table.frame["row"].tolist() == [2, 4, 5]
    assert table.frame[WIDE].fillna(-1).to_numpy().tolist() == [
        [1000, 2500],
        [-1, 4000],
        [-1, 9000],
    ]
    assert table.frame[["area", "district", "continuing"]].isna().all(axis=None)


def test_every_amount_that_is_not_there_has_its_reason(tmp_path: Path) -> None:
    rows = [*school_world.funding(), [GROUPS[1], "2029/30", "tbc"]]
    table = as_wide(long(tmp_path, rows))
    reasons = table.missing.set_index(["row", "column"])
    first, second = WIDE
    printed_not = reasons.loc[[(4, first)], ["printed", "reason"]].to_numpy().tolist()
    absent = reasons.loc[[(5, first)], ["printed", "reason"]].to_numpy().tolist()
    ((printed, why),) = printed_not
    assert (printed, why != "") == ("tbc", True)
    assert absent == [["", "no row for this school year"]]
    assert (2, first) not in reasons.index
    assert {(r, second) for r in (2, 4, 5)}.isdisjoint(reasons.index)
    assert {(2, c) for c in ("area", "district", "continuing")} <= set(reasons.index)


def test_a_group_without_any_amount_keeps_its_row(tmp_path: Path) -> None:
    table = as_wide(long(tmp_path, [[GROUPS[0], "2030/31", ""], [GROUPS[1], "2030/31", "£1"]]))
    assert table.frame["name"].tolist() == list(GROUPS[:2])
    assert table.frame["funding_2030_31_gbp"].isna().tolist() == [True, False]


def test_money_of_no_collaboration_is_no_payment_to_one() -> None:
    wide = pd.DataFrame(
        {
            "collaboration": pd.Series(["B", "A", None], dtype="str"),
            "kind": ["name", "name", "no collaboration"],
            "funding_2029_30_gbp": [1.0, None, 7.0],
            "funding_2030_31_gbp": [2.0, 3.0, 7.0],
            "other": 5.0,
        }
    )
    found = payments_of(wide)
    assert found.to_numpy().tolist() == [["A", 2031, 3.0], ["B", 2030, 1.0], ["B", 2031, 2.0]]
    assert {c: str(found[c].dtype) for c in found} == {
        "collaboration": "str",
        "school_year": "int64",
        "funding_gbp": "float64",
    }


def test_without_columns_of_money_there_are_no_payments_and_the_same_columns() -> None:
    found = payments_of(pd.DataFrame({"collaboration": ["A"], "kind": ["name"]}))
    assert list(found.columns) == PAYMENTS
    assert found.empty
    assert [str(found[c].dtype) for c in found] == ["str", "int64", "float64"]


amounts = st.dictionaries(
    st.tuples(st.sampled_from(GROUPS), st.sampled_from([2029, 2030, 2031])),
    st.integers(1000, 10**6),
    min_size=1,
)


@given(paid=amounts)
def test_there_and_back_no_pound_is_lost(
    paid: dict[tuple[str, int], int], tmp_path_factory: pytest.TempPathFactory
) -> None:
    rows = [[name, f"{y - 1}/{y % 100}", f"£{amount:,}"] for (name, y), amount in paid.items()]
    wide = as_wide(long(tmp_path_factory.mktemp("money"), rows)).frame
    found = payments_of(wide.assign(collaboration=wide["name"], kind="name"))
    lines = found.itertuples(index=False, name=None)
    assert {(who, year): amount for who, year, amount in lines} == paid


def test_long_money_is_in_the_columns_of_the_collaborations_and_in_the_payments(
    made: World,
) -> None:
    study = make_study(YEAR)
    table = study.collaborations.set_index("collaboration")
    assert table[WIDE].fillna(-1).to_numpy().tolist() == [[1000, 2500], [-1, 4000], [-1, -1]]
    assert study.panel is not None
    assert study.panel.payments.to_numpy().tolist() == [
        [GROUPS[0], 2030, 1000.0],
        [GROUPS[0], 2031, 2500.0],
        [GROUPS[1], 2031, 4000.0],
    ]
    assert study.other_funding["name"].tolist() == [OTHER]
    assert study.other_funding["funding_2030_31_gbp"].tolist() == [9000]


def test_a_year_without_money_has_no_payments(made: World) -> None:
    content = made.sources
    del content[YEAR]["tables"]["funding"]
    made.write_sources(content)
    save_study(make_study(YEAR))
    study = load_study(YEAR)
    assert study.panel is not None
    assert study.panel.payments.empty
    assert len(study.collaborations) == 3


def test_payments_stand_beside_the_wide_table_and_are_what_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    payments = [[GROUPS[0], "2028/29", "£50"], [GROUPS[0], "2030/31", "£2,500"]]
    world = school_world.made(tmp_path, monkeypatch, payments=payments)
    study = make_study(YEAR)
    assert study.panel is not None
    assert study.panel.payments["school_year"].tolist() == [2029, 2031]
    assert "funding_2028_29_gbp" not in study.collaborations
    assert world.year == YEAR


def test_a_name_of_the_money_that_nobody_knows_is_refused_with_the_nearest(made: World) -> None:
    school_world.rewrite(made, "funding", [["Alder Md-Up Grp", "2030/31", "£1"]])
    with pytest.raises(DataError) as caught:
        make_study(YEAR)
    (problem,) = caught.value.problems
    assert (problem.file, problem.row) == (f"data/raw/{YEAR}/funding.csv", 2)
    assert (problem.column, problem.code) == ("name", "names")
    assert GROUPS[0] in problem.remedy


def test_a_name_of_the_money_can_be_linked(made: World) -> None:
    school_world.rewrite(made, "funding", [["Alder Md-Up Grp", "2030/31", "£1"]])
    school_world.link(made, "Alder Md-Up Grp", GROUPS[0])
    study = make_study(YEAR)
    assert study.panel is not None
    assert study.panel.payments.to_numpy().tolist() == [[GROUPS[0], 2031, 1.0]]


def test_a_changed_amount_is_noticed_by_the_fingerprint(made: World) -> None:
    save_study(make_study(YEAR))
    made.change("funding", 3, "amount", "£2,600")
    with pytest.raises(DataError) as caught:
        make_study(YEAR)
    assert [problem.code for problem in caught.value.problems] == ["fingerprint"]
    assert "SHA-256" in str(caught.value)


def test_a_changed_payment_is_not_laid_at_the_door_of_a_line_that_did_not_change(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = school_world.made(tmp_path, monkeypatch, payments=school_world.funding())
    save_study(make_study(YEAR))
    world.change("payments", 3, "amount", "£2,600")
    with pytest.raises(DataError) as caught:
        make_study(YEAR)
    (problem,) = caught.value.problems
    assert (problem.file, problem.row) == (f"data/raw/{YEAR}/payments.csv", None)
    assert "SHA-256" in problem.found
