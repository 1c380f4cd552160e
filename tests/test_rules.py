"""Tests of the declared rules: what plan.yaml may say of the comparison of schools."""

from __future__ import annotations

import datetime
from dataclasses import fields
from typing import Any

import pandas as pd
import pytest
from counties import plan, plan_with

from analysis.errors import DataError
from analysis.questions.plan import Plan
from analysis.questions.rules import Rules, rules_of

YEAR = "2013"
BAD: list[tuple[str, Any, str]] = [
    ("member_by", "1 September 2012", "a day such as '2012-09-01'"),
    ("member_by", "2012-09-31", "a day such as"),
    ("member_by", 2012, "a day such as"),
    ("baseline_year", "the first", "a year such as 2010"),
    ("baseline_year", 13, "a year such as 2010"),
    ("result_year", True, "a year such as 2013"),
    ("result_year", [2013], "a year such as 2013"),
    ("already_members", "drop", "'set aside' or 'keep'"),
    ("already_members", None, "'set aside' or 'keep'"),
    ("money_lag", -1, "a whole number"),
    ("money_lag", 0.5, "a whole number"),
    ("money_lag", True, "a whole number"),
    ("money_lag", None, "a whole number"),
    ("covariates", "cohort", "a list of cohort and measures"),
    ("covariates", ["cohorts"], "a list of cohort and measures"),
    ("covariates", ["district"], "a list of cohort and measures"),
    ("covariates", None, "a list of cohort and measures"),
    ("months", "yes", "true or false"),
    ("months", 1, "true or false"),
    ("outcomes", ["ks2_expected_pct"], "a stage and its column"),
    ("outcomes", {"ks2": "ks2_expected"}, "a stage and its column"),
    ("outcomes", {"ks2": "district"}, "a stage and its column"),
    ("outcomes", {"ks2": ["ks2_expected_pct", "district"]}, "a stage and its column"),
    ("outcomes", {"ks2": []}, "a stage and its column"),
    ("outcomes", {"ks2": None}, "a stage and its column"),
    ("runs", "many", "a whole number, such as 1999"),
    ("runs", -5, "a whole number, such as 1999"),
    ("overlap", "both", "'fractional' or 'components'"),
]


def changed(given: Plan, block: object) -> Plan:
    return Plan(**{**vars(given), "content": {**given.content, "panel": block}})


def refusal(given: Plan) -> str:
    with pytest.raises(DataError) as caught:
        rules_of(given, YEAR)
    (problem,) = caught.value.problems
    assert (problem.file, problem.code) == ("plan.yaml", "plan")
    return str(problem)


def test_the_plan_as_it_stands_declares_every_rule() -> None:
    rules = rules_of(plan(), YEAR)
    block = plan().content["panel"]
    assert {field.name for field in fields(Rules)} == set(block) - {"years"}
    assert rules.overlap == block["overlap"]
    assert rules.covariates == tuple(block["covariates"])
    assert rules.runs == block["runs"]


def test_a_day_may_be_text_or_a_date_of_the_file() -> None:
    for day in ("2012-09-01", datetime.date(2012, 9, 1)):
        assert rules_of(plan_with(member_by=day), YEAR).member_by == pd.Timestamp(2012, 9, 1)
    assert rules_of(plan_with(member_by=None), YEAR).member_by is None


def test_one_column_or_several_may_stand_for_a_stage() -> None:
    one = rules_of(plan_with(outcomes={"ks2": "ks2_expected_pct"}), YEAR)
    assert one.outcomes == {"ks2": ("ks2_expected_pct",)}
    two = rules_of(plan_with(outcomes={"ks4": ["ks4_basics_94_pct", "ks4_progress_8"]}), YEAR)
    assert two.outcomes == {"ks4": ("ks4_basics_94_pct", "ks4_progress_8")}


def test_a_year_may_declare_its_own_and_the_others_keep_the_general_rules() -> None:
    own = {YEAR: {"baseline_year": 2009, "overlap": "components"}, "2014": {"baseline_year": 2011}}
    given = plan_with(years=own, baseline_year=2010, money_lag=2)
    assert rules_of(given, YEAR).baseline_year == 2009
    assert rules_of(given, YEAR).overlap == "components"
    assert rules_of(given, YEAR).money_lag == 2
    assert rules_of(given, "2014").baseline_year == 2011
    assert rules_of(given, "2015").baseline_year == 2010
    assert rules_of(given, "2015").overlap == "fractional"


def test_a_year_can_take_a_general_rule_back_by_null() -> None:
    given = plan_with(years={YEAR: {"baseline_year": None}}, baseline_year=2010)
    assert rules_of(given, YEAR).baseline_year is None


@pytest.mark.parametrize(("entry", "value", "expected"), BAD)
def test_an_entry_not_of_its_form_is_refused_by_name(entry: str, value: Any, expected: str) -> None:
    message = refusal(plan_with(**{entry: value}))
    assert f'column "panel.{entry}"' in message
    assert f"expected {expected}" in message
    assert "Correct this entry" in message


@pytest.mark.parametrize(("entry", "value", "expected"), BAD)
def test_what_a_year_declares_is_checked_as_strictly(entry: str, value: Any, expected: str) -> None:
    message = refusal(plan_with(years={YEAR: {entry: value}}))
    assert f'column "panel.{entry}"' in message
    assert f"expected {expected}" in message


def test_every_rule_is_tried_by_a_bad_entry() -> None:
    assert {entry for entry, *_ in BAD} == {field.name for field in fields(Rules)}


@pytest.mark.parametrize("where", ["panel", "years"])
def test_an_unknown_entry_is_refused_with_the_known_ones(where: str) -> None:
    entry = {"baselineyear": 2010}
    message = refusal(plan_with(**entry) if where == "panel" else plan_with(years={YEAR: entry}))
    assert 'column "panel.baselineyear"' in message
    assert "one of member_by, baseline_year" in message


@pytest.mark.parametrize("block", [None, [], "fractional"])
def test_a_plan_without_the_block_is_refused(block: object) -> None:
    assert 'column "panel"' in refusal(changed(plan(), block))


@pytest.mark.parametrize("entry", sorted(plan().content["panel"].keys() - {"years"}))
def test_a_rule_that_is_left_out_is_no_silent_choice(entry: str) -> None:
    """Days, years and columns may be null; a rule that has to be chosen may not be left out."""
    block = {name: value for name, value in plan().content["panel"].items() if name != entry}
    may_be_null = {"member_by", "baseline_year", "result_year", "outcomes"}
    if entry in may_be_null:
        assert rules_of(changed(plan(), block), YEAR)
    else:
        assert f'column "panel.{entry}"' in refusal(changed(plan(), block))


@pytest.mark.parametrize("years", [[2013], "2013", {YEAR: 2010}, {YEAR: None}])
def test_years_that_are_no_blocks_are_refused(years: object) -> None:
    assert 'column "panel.years"' in refusal(plan_with(years=years))


def test_a_year_without_quotation_marks_is_refused_and_not_passed_over() -> None:
    message = refusal(plan_with(years={2013: {"baseline_year": 2009}}))
    assert 'column "panel.years"' in message
    assert "in quotation marks" in message
