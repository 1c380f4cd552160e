"""Tests of the register of columns."""

from __future__ import annotations

import pytest

from analysis.quantities import UNITS
from analysis.variables import (
    _REGISTER,
    GRADES,
    STAGES,
    funding_column,
    gain_columns,
    is_measure,
    known,
    school_year,
    variable,
)


@pytest.mark.parametrize("name", _REGISTER)
def test_each_column_is_declared_whole(name: str) -> None:
    found = variable(name)
    assert found.name == name
    assert found.label
    assert found.definition.endswith(".")
    words = ("text", "answer", "urn", "year", "date")
    assert (found.unit in UNITS) == (found.cell not in words)


@pytest.mark.parametrize("name", _REGISTER)
def test_the_end_of_a_columns_name_is_its_unit(name: str) -> None:
    ends = {"_pct": "%", "_pp": "pp", "_gbp": "GBP"}
    unit = next((unit for end, unit in ends.items() if name.endswith(end)), None)
    assert (variable(name).unit if unit else unit) == unit
    assert (variable(name).unit in ends.values()) == (unit is not None)


def test_money_columns_are_declared_for_every_school_year() -> None:
    found = variable("funding_2012_13_gbp")
    assert (found.label, found.unit, found.cell) == ("2012/13 funding", "GBP", "money")
    assert variable("funding_2099_00_gbp").label == "2099/00 funding"


@pytest.mark.parametrize(
    "name",
    [
        *("funding_2012_14_gbp", "funding_2012_12_gbp", "funding_1912_13_gbp", "funding_12_13_gbp"),
        *("funding_2012_13", "funding_٢٠١٢_13_gbp", "funding_2012_13_gbp\n", "gain_ks9", ""),
    ],
)
def test_other_names_are_unknown(name: str) -> None:
    assert not known(name)
    with pytest.raises(KeyError):
        variable(name)


def test_a_money_columns_school_year_is_written_as_people_write_it() -> None:
    assert school_year("funding_2012_13_gbp") == "2012/13"
    assert school_year("funding_2099_00_gbp") == "2099/00"
    with pytest.raises(KeyError, match="not a funding column"):
        school_year("n_schools")


@pytest.mark.parametrize("ends_in", [2013, 2014, 2031, 2100])
def test_the_column_of_a_school_year_is_one_that_is_known(ends_in: int) -> None:
    assert known(funding_column(ends_in))
    assert school_year(funding_column(ends_in)) == f"{ends_in - 1}/{ends_in % 100:02d}"


def test_gain_columns_are_in_printed_order() -> None:
    assert STAGES == ("ks2", "ks4")
    assert gain_columns("ks2") == ["gain_ks2_1_pp", "gain_ks2_2_pp", "gain_ks2_3_pp"]
    assert gain_columns("ks4") == ["gain_ks4_1_pp", "gain_ks4_2_pp", "gain_ks4_3_pp"]
    assert gain_columns("ks9") == []


def test_the_five_grades_are_counts_of_members() -> None:
    assert {variable(grade).unit for grade in GRADES} == {"memberships"}
    assert len(GRADES) == 5


def test_measures_are_what_can_be_an_outcome_or_a_covariate_of_a_school() -> None:
    for name in ("ks2_expected_pct", "ks4_progress_8", "ks2_reading_score", "eal_pct"):
        assert is_measure(name)
    for name in ("cohort", "urn", "gain_ks2_1_pp", "funding_gbp", "n_good", "ks9"):
        assert not is_measure(name)


@pytest.mark.parametrize("name", _REGISTER)
def test_a_score_has_a_range(name: str) -> None:
    found = variable(name)
    assert (found.lowest is not None) == (found.highest is not None) == (found.cell == "score")
