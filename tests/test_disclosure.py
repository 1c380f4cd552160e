"""Tests of the declared disclosure rule, and of answers that it leaves parts of out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml
from counties import answered, plan_with, simulated, study_of, tiny
from world import PROJECT

from analysis.errors import DataError, GateError
from analysis.methods.suppression import interval
from analysis.quantities import SUPPRESSED, Quantity, quoted
from analysis.questions import declared, old_code
from analysis.questions.ask import METHODS
from analysis.questions.bands import banded, dots
from analysis.questions.census import census_of
from analysis.questions.design import design_of
from analysis.questions.disclosure import Rule, rule_of
from analysis.questions.estimate import Estimate
from analysis.questions.plan import Plan, load_plan
from analysis.questions.protect import of_authority
from analysis.questions.published import read_released
from analysis.questions.severity import Rule as Tiers
from analysis.questions.severity import Runs, move
from analysis.tables.tidy import make_study

AS_DECLARED: dict[str, Any] = {"open": False}
TINY = ("schools.ks2.flow", "membership.ks2.difference", "schools.ks2.by_year")


def content() -> dict[str, Any]:
    given: dict[str, Any] = yaml.safe_load((PROJECT / "plan.yaml").read_text(encoding="utf-8"))
    return given


def put(block: dict[str, Any], path: str, value: Any) -> None:
    *way, last = path.split(".")
    for name in way:
        block = block[name]
    block[last] = value


def test_the_project_leaves_out_fewer_than_three_schools_and_fewer_than_six_pupils() -> None:
    for year in ("2013", "2014", "simulated"):
        assert rule_of(content(), year) == Rule(3, 6, 10, complementary=True)


def test_a_count_is_hidden_from_one_to_below_the_least_and_a_true_zero_is_shown() -> None:
    rule = rule_of(content(), "2014")
    assert [rule.hides(n) for n in (0, 1, 2, 3)] == [False, True, True, False]
    assert [rule.hides(n, "pupils") for n in (0, 5, 6)] == [False, True, False]
    assert [rule.refuses(n) for n in (0, 2, 3)] == [True, True, False]
    assert not replace(rule, open=True).hides(1)
    assert not replace(rule, open=True).refuses(0)


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        ("disclosure", None, "disclosure"),
        ("disclosure", {"school": {}}, "a block with collaborations, schools, years"),
        ("disclosure.collaborations", {"open": True}, "open: true with the reason"),
        ("disclosure.collaborations.open", False, "open: true with the reason"),
        ("disclosure.schools", None, "least_schools"),
        ("disclosure.schools", {"least_schools": 3}, "disclosure.schools.least_pupils"),
        ("disclosure.schools.least_schols", 3, "least_schols"),
        ("disclosure.schools.least_schools", 0, "a whole number, at least 1"),
        ("disclosure.schools.least_schools", True, "a whole number, at least 1"),
        ("disclosure.schools.complementary", "yes", "true or false"),
        ("disclosure.years", {2014: {}}, "in quotation marks"),
        ("disclosure.years", {"2014": {"open": True}}, "why the rule is another this year"),
        ("disclosure.years", {"2014": {"reason": "a", "opn": True}}, "years.2014.opn"),
    ],
)
def test_a_rule_that_is_absent_or_misspelt_is_refused_with_one_error(
    path: str, value: Any, said: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    plan = content()
    put(plan, path, value)
    (tmp_path / "plan.yaml").write_text(yaml.safe_dump(plan), encoding="utf-8")
    monkeypatch.setenv("ANALYSIS_ROOT", str(tmp_path))
    with pytest.raises(DataError) as caught:
        load_plan()
    (problem,) = caught.value.problems
    assert (problem.file, problem.code) == ("plan.yaml", "plan")
    assert said in str(problem)
    assert "docs/disclosure.md" in problem.remedy


def test_a_year_loosens_the_rule_with_a_reason_and_the_others_keep_it() -> None:
    plan = content()
    plan["disclosure"]["years"] = {"2014": {"least_schools": 1, "reason": "all are published"}}
    assert rule_of(plan, "2014").least_schools == 1
    assert rule_of(plan, "2015").least_schools == 3


@pytest.fixture(scope="module")
def given() -> Plan:
    return plan_with(disclosure=AS_DECLARED)


@pytest.fixture(scope="module")
def few(given: Plan) -> Callable[[str], Estimate]:
    return partial(answered, study=study_of(tiny()), given=given)


def test_every_method_that_is_put_to_schools_declares_what_its_numbers_are_made_of() -> None:
    of_schools = {
        one.method for one in load_plan().questions.values() if one.data in ("schools", "best")
    }
    assert of_schools == set(declared.DECLARED)
    assert of_schools <= set(METHODS)


def test_an_answer_about_schools_that_declares_nothing_is_refused(
    few: Callable[[str], Estimate], monkeypatch: pytest.MonkeyPatch
) -> None:
    parts = {**declared.DECLARED, "by_year": {"baseline_year": declared.Part()}}
    monkeypatch.setattr(declared, "DECLARED", parts)
    with pytest.raises(GateError, match="'by_year' says nothing of the schools behind its number"):
        few("schools.ks2.by_year")


def test_a_step_that_sets_one_school_aside_is_left_out_with_what_gives_it_away(
    few: Callable[[str], Estimate],
) -> None:
    # Of 17 schools one is set aside at each of four steps: with 13 at the end each would follow.
    rows = few("schools.ks2.flow").rows
    assert rows["schools"].dropna().tolist() == [17]
    assert rows["set_aside"].dropna().tolist() == [0, 0]
    names = {"aside 1", "aside 2", "aside 3", "aside 5"}
    census = census_of(study_of(tiny()), plan_with(disclosure=AS_DECLARED), "ks2")
    assert names <= census.left_out
    assert np.isnan([census.shown(name) for name in names]).all()


def test_without_complementary_suppression_only_small_counts_are_left_out() -> None:
    given = plan_with(disclosure={"open": False, "complementary": False})
    rows = answered("schools.ks2.flow", study_of(tiny()), given).rows
    assert rows["schools"].tolist() == [17, 16, 15, 14, 14, 13]
    assert rows["set_aside"].isna().sum() == 4


def test_no_small_count_can_be_worked_out_from_those_that_are_shown(given: Plan) -> None:
    for seed in (1, 2, 5):
        study = simulated(seed, overlap=0.1)[1]
        for stage in ("ks2", "ks4"):
            found = census_of(study, given, stage)
            small = {name for name, count in found.values.items() if 0 < count < 3}
            assert small <= found.left_out
            for name in small:
                low, high = interval(found.system, found.left_out, name)
                assert np.floor(high + 1e-6) - np.ceil(low - 1e-6) >= 1, name


def test_a_suppressed_number_has_no_part_left_and_says_so(few: Callable[[str], Estimate]) -> None:
    study = study_of(tiny())
    number = answered(TINY[1], study, plan_with(disclosure={"open": False, "least_df": 100})).main
    entry = number.entry()
    nothing = {"value", "low", "high", "level", "p_value", "n"}
    assert {name for name, part in entry.items() if part is None} == nothing
    assert entry["text"] == number.text == SUPPRESSED
    assert entry["kind"] == answered(TINY[1], study).main.kind
    assert quoted(number.id, entry) == number
    assert quoted(number.id, entry).is_suppressed


def test_a_number_of_rows_alone_can_be_left_out() -> None:
    number = Quantity("a", 1.5, "pp", "description", "m", n=12, low=1.0, high=2.0)
    left = number.without("n")
    assert (left.value, left.n, left.suppressed, left.is_suppressed) == (1.5, None, ("n",), False)
    assert quoted("a", left.entry()) == left
    assert "suppressed" not in number.entry()


@pytest.mark.parametrize("rule", [{"least_schools": 8}, {"least_df": 9}])
def test_too_few_schools_on_a_side_or_degrees_of_freedom_withhold_every_estimate(
    rule: dict[str, Any],
) -> None:
    # 6 members and 7 others; 13 schools less five regressors leave eight degrees of freedom.
    given, study = plan_with(disclosure={"open": False, **rule}), study_of(tiny())
    for finding in ("membership.ks2.difference", "membership.ks2.hidden", "schools.ks2.balance"):
        estimate = answered(finding, study, given)
        assert estimate.is_withheld, finding
        assert len(estimate.rows) == 0
        assert estimate.detail is None
        models = [one for one in estimate.quantities.values() if one.unit != "schools"]
        assert all(one.is_suppressed for one in models if one.unit != "clusters"), finding


def test_eight_degrees_of_freedom_are_enough_where_the_rule_says_so() -> None:
    given = plan_with(disclosure={"open": False, "least_df": 8})
    assert not answered("membership.ks2.difference", study_of(tiny()), given).is_withheld


def test_the_mean_of_too_few_schools_in_a_year_is_left_out() -> None:
    study = study_of(tiny())
    shown = answered("schools.ks2.by_year", study)
    estimate = answered(
        "schools.ks2.by_year", study, plan_with(disclosure={"open": False, "least_schools": 7})
    )
    member = estimate.rows["member"]
    assert estimate.rows.loc[member, "outcome"].isna().all()
    assert estimate.detail[True].isna().all()
    assert estimate.detail[False].equals(shown.detail[False])
    assert estimate.quantities["schools.ks2.by_year.result_members"].is_suppressed
    assert not estimate.quantities["schools.ks2.by_year.result_others"].is_suppressed


def test_a_single_schools_figure_is_left_out_whatever_its_size(given: Plan) -> None:
    numbers = answered("membership.ks2.lost", simulated(1)[1], given).quantities
    assert numbers["membership.ks2.lost.worst"].is_suppressed
    assert numbers["membership.ks2.lost.best"].is_suppressed


def test_the_authoritys_row_less_all_schools_but_one_is_not_shown(given: Plan) -> None:
    line = {"file": "a.csv", "authority": pd.NA, "stage": "ks2", "printed": 61.0, "gap": 0.2,
            "from_schools": 61.2, "low": 60.0, "high": 62.0}  # fmt: skip
    gaps = pd.DataFrame(
        [
            {**line, "year": year, "column": column, "schools": n, "pupils_unseen": pupils}
            for year, seen, unseen in ((2007, 39, 9), (2008, 36, 24), (2009, 36, 4), (2010, 40, 0))
            for column, n, pupils in (("cohort", 40, 0), ("ks2_expected_pct", seen, unseen))
        ]
    )  # fmt: skip
    study = study_of(replace(tiny(), reconciliation=gaps))
    shown = of_authority(study, given).set_index(["year", "column"])["from_schools"].isna()
    out = {year for year, column in shown[shown].index if column != "cohort"}
    assert out == {2007, 2009}
    assert of_authority(study, plan_with()).equals(gaps)


def test_marks_of_a_funnel_stand_for_several_schools_and_at_no_schools_own_place() -> None:
    design = design_of(simulated(1)[1], plan_with(), "ks2")
    bands = banded(design)
    assert bands is not None
    found = dots(bands.schools, 3)
    assert 10 < len(found) < len(bands.schools) / 3
    assert not set(found["cohort"]) & set(bands.schools["pupils"])
    assert set(found["gain"] % 5) == {0}
    assert len(dots(bands.schools, 1)) > len(found)
    assert dots(bands.schools.head(2), 3).empty


def test_what_is_suppressed_in_either_release_is_not_compared(
    few: Callable[[str], Estimate],
) -> None:
    old = answered(TINY[1], study_of(tiny())).main
    entries = {"x": old.entry()}, {"x": old.without("value").entry()}
    runs = Runs(*[entries[0]] * 6, None)
    tiers = Tiers(0.05, 0.25, 0.5, 0.1)
    for changed, when in (
        (replace(runs, new=entries[1]), "now"),
        (replace(runs, old=entries[1]), "before"),
    ):
        found = move("x", "x", "a number", changed, tiers)
        assert (found.tier, found.why, dict(found.parts)) == (
            "not compared",
            f"suppressed {when}",
            {},
        )
    parts = move("x", "x", "a number", runs, tiers, whole=True).parts
    assert list(parts) == ["method+lost_groups+changed_data+new_groups"]


def test_code_from_before_the_rule_gets_no_table_of_schools(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    base = read_released("2013")
    assert base is not None
    study = make_study("simulated")
    for name, rule, given in (("kept", content(), False), ("open", content(), True)):
        years = {"simulated": {"open": True, "reason": "all is published"}} if given else {}
        rule["disclosure"]["years"] = years
        plan = replace(load_plan(), content=rule)
        monkeypatch.setattr(old_code, "load_plan", lambda plan=plan: plan)
        old_code._write_project(tmp_path / name, base, study)
        tables = (tmp_path / name / "data" / "processed" / "simulated").glob("*.parquet")
        names = {file.stem for file in tables}
        assert "collaborations" in names
        assert ("panel_schools" in names) == given
        assert any(name.startswith("panel_") for name in names) == given
