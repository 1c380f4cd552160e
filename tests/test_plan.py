"""Tests of the plan: what it declares is answered, what it cannot mean is refused."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from analysis import paths
from analysis.errors import DataError, UnavailableError, UsageError
from analysis.questions.ask import FAMILY, METHODS, ask
from analysis.questions.estimate import Estimate, Settings
from analysis.questions.identify import AIMS
from analysis.questions.plan import DATA, MEMBERSHIP, Plan, Question, load_plan
from analysis.questions.samples import facts_of
from analysis.tables.tidy import Study, make_study

FILE = Path(__file__).parents[1] / "plan.yaml"
QUICK = Settings(confidence=0.95, seed=1, permutations=1000)


@pytest.fixture(scope="module")
def plan() -> Plan:
    return load_plan()


@pytest.fixture(scope="module")
def study() -> Study:
    return make_study("2013")


@pytest.fixture(scope="module")
def estimates(plan: Plan, study: Study) -> dict[str, Estimate]:
    of_report = ("report", "best")
    asked = [name for name, question in plan.questions.items() if question.data in of_report]
    return {name: ask(name, study, plan, QUICK) for name in asked}


@pytest.fixture(scope="module")
def of_schools(plan: Plan) -> dict[str, Estimate]:
    practice = make_study("simulated")
    asked = [name for name, question in plan.questions.items() if question.data == "schools"]
    return {name: ask(name, practice, plan, QUICK) for name in asked}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ANALYSIS_ROOT", str(tmp_path))
    return tmp_path


def refusal(folder: Path, change: Callable[[dict[str, Any]], object]) -> str:
    """Return what is said of the plan after `change`."""
    content = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    change(content)
    (folder / "plan.yaml").write_text(yaml.safe_dump(content), encoding="utf-8")
    with pytest.raises(DataError) as caught:
        load_plan()
    (problem,) = caught.value.problems
    assert problem.file == "plan.yaml"
    assert problem.code == "plan"
    return str(problem)


def test_every_question_of_the_plan_is_answered(estimates: dict[str, Estimate]) -> None:
    for name, estimate in estimates.items():
        assert estimate.quantities, name
        assert all(one == name or one.startswith(f"{name}.") for one in estimate.quantities), name
        assert all(quantity.id == one for one, quantity in estimate.quantities.items())


def test_every_method_that_the_plan_names_exists_and_each_is_used(plan: Plan) -> None:
    named = {question.method for question in plan.questions.values()}
    assert named == {*METHODS, FAMILY}


def test_no_two_questions_give_a_number_of_the_same_name(
    estimates: dict[str, Estimate], of_schools: dict[str, Estimate]
) -> None:
    answers = estimates | of_schools
    names = [name for estimate in answers.values() for name in estimate.quantities]
    assert len(names) == len(set(names))


def test_the_numbers_of_a_question_lead_back_to_it(
    plan: Plan, estimates: dict[str, Estimate], of_schools: dict[str, Estimate]
) -> None:
    for name, estimate in (estimates | of_schools).items():
        for finding in estimate.quantities:
            assert plan.question_of(finding).id == name


def test_the_families_name_tests_that_the_plan_declares(
    plan: Plan, estimates: dict[str, Estimate]
) -> None:
    for family in plan.content["families"].values():
        for finding in family:
            assert estimates[plan.question_of(finding).id].quantities[finding].p_value is not None


def test_the_fingerprint_is_that_of_the_file(plan: Plan) -> None:
    assert plan.sha256 == hashlib.sha256(FILE.read_bytes()).hexdigest()


def test_a_question_of_several_outcomes_is_asked_of_each(plan: Plan) -> None:
    ks2, ks4 = (plan.questions[f"gains.{outcome}.shown"] for outcome in ("ks2", "ks4"))
    assert (ks2.outcome, ks4.outcome) == ("ks2", "ks4")
    assert not [name for name in plan.questions if "{" in name]


def test_a_finding_belongs_to_the_question_with_the_longest_beginning_of_its_name(
    plan: Plan,
) -> None:
    questions = {
        name: Question(name, "slope", "relate", "ks2", "funding_total")
        for name in ("money", "money.ks2", "money.ks2.slope.p")
    }
    small = replace(plan, questions=questions)
    assert small.question_of("money.ks2.slope.p.exact").id == "money.ks2.slope.p"
    assert small.question_of("money.ks2.slope.q").id == "money.ks2"
    assert small.question_of("money.ks2").id == "money.ks2"
    assert small.question_of("money.ks20.slope").id == "money"


def test_an_unknown_finding_is_refused_with_the_known_questions(plan: Plan) -> None:
    with pytest.raises(UsageError) as caught:
        plan.question_of("fundings.ks2.slope_pp_per_10k")
    assert "no question for the finding 'fundings.ks2.slope_pp_per_10k'" in str(caught.value)
    assert "funding.ks2.slope_pp_per_10k" in str(caught.value)
    assert caught.value.exit_code == 2


def test_a_method_that_does_not_exist_is_refused_with_the_known_ones(
    plan: Plan, study: Study
) -> None:
    asked = Question("magic", "magic", "describe", None, None)
    with pytest.raises(UsageError, match=r"'magic', which does not exist\. Known: .*theil_sen"):
        ask("magic", study, replace(plan, questions={"magic": asked}), QUICK)


def test_an_unknown_aim_is_refused(folder: Path) -> None:
    said = refusal(folder, lambda c: c["questions"]["claims"].update(aim="prove"))
    assert "questions.claims.aim" in said
    assert "'prove'" in said
    assert " or ".join(AIMS) in said


def test_unknown_data_are_refused_with_the_known_ones(folder: Path) -> None:
    said = refusal(folder, lambda c: c["questions"]["claims"].update(data="pupils"))
    assert "questions.claims.data" in said
    assert "'pupils'" in said
    assert " or ".join(DATA) in said


def test_a_question_that_names_no_data_is_put_to_the_report(plan: Plan) -> None:
    assert plan.questions["claims"].data == "report"
    assert plan.questions["membership.ks2.difference"].data == "schools"
    assert plan.questions["identification.membership"].data == "best"
    assert {question.data for question in plan.questions.values()} == set(DATA)


def test_what_is_asked_of_single_schools_is_refused_where_a_release_has_none(
    plan: Plan, study: Study
) -> None:
    asked = [name for name, question in plan.questions.items() if question.data == "schools"]
    assert len(asked) > 30
    for name in asked:
        with pytest.raises(UnavailableError, match="no results of single schools"):
            ask(name, study, plan, QUICK)


def test_the_best_data_are_those_of_single_schools_where_a_release_has_them(
    plan: Plan, study: Study
) -> None:
    name = "identification.membership"
    report, panel = (ask(name, one, plan, QUICK) for one in (study, make_study("simulated")))
    assert (report.verdict.kind, report.verdict.maryland) == ("not identified", 0)
    assert (panel.verdict.kind, panel.verdict.maryland) == ("effect", 4)


def test_a_comparison_has_the_strongest_word_only_where_nothing_speaks_against_it(
    plan: Plan, of_schools: dict[str, Estimate]
) -> None:
    compared = [name for name, question in plan.questions.items() if question.aim == "compare"]
    assert compared
    for name in compared:
        verdict = of_schools[name].verdict
        assert verdict.kind in ("effect", "association", "negative control"), name
        assert (verdict.kind == "effect") == (not verdict.reasons), name


def test_an_unknown_exposure_is_refused(folder: Path) -> None:
    said = refusal(folder, lambda c: c["questions"]["money"].update(exposure="funding_totals"))
    assert "questions.money.exposure" in said
    assert "'funding_totals'" in said
    assert "expected funding_per_pupil, funding_per_school" in said


def test_an_unknown_outcome_is_refused(folder: Path) -> None:
    said = refusal(
        folder, lambda c: c["questions"]["gains.{outcome}.shown"].update(outcomes=["ks2", "ks3"])
    )
    assert "questions.gains.{outcome}.shown.outcomes" in said
    assert "found 'ks3'; expected " in said
    assert "ks2, ks4" in said


@pytest.mark.parametrize("name", ["alpha", "power"])
@pytest.mark.parametrize("value", [0.0, 1.0, 5, 1, "0.05", None, True])
def test_a_level_that_is_no_share_is_refused(folder: Path, name: str, value: object) -> None:
    said = refusal(folder, lambda c: c.update({name: value}))
    assert f'column "{name}"' in said
    assert repr(value) in said
    assert "a number between 0 and 1" in said


@pytest.mark.parametrize(
    "name",
    ["outcomes", "exposures", "questions", "bounds", "chance", "curve", "simulation", "answers",
     "families", "stated", "panel", "county"],
)  # fmt: skip
def test_a_missing_block_is_refused_by_name(folder: Path, name: str) -> None:
    assert f'column "{name}": found None' in refusal(folder, lambda c: c.pop(name))


@pytest.mark.parametrize("key", ["label", "school_year", "scale", "unit"])
def test_an_exposure_that_lacks_a_part_is_refused(folder: Path, key: str) -> None:
    said = refusal(folder, lambda c: c["exposures"]["funding_total"].pop(key))
    assert "exposures.funding_total" in said
    assert "label, school_year, scale and unit" in said


@pytest.mark.parametrize("entry", [None, "slope", ["slope"]])
def test_an_entry_that_is_no_block_is_refused(folder: Path, entry: object) -> None:
    assert "questions.claims" in refusal(folder, lambda c: c["questions"].update(claims=entry))
    assert "outcomes.ks2" in refusal(folder, lambda c: c["outcomes"].update(ks2=entry))
    assert "exposures.x" in refusal(folder, lambda c: c["exposures"].update(x=entry))


@pytest.mark.parametrize(
    "bounds",
    [
        {"limits_pp": [20]},
        {"headline_pp": 20},
        {"limits_pp": ["wide"], "headline_pp": 1},
        {"limits_pp": [20, 40], "headline_pp": 30},
    ],
)
def test_bounds_without_their_numbers_are_refused(folder: Path, bounds: object) -> None:
    assert 'column "bounds"' in refusal(folder, lambda c: c.update(bounds=bounds))


@pytest.mark.parametrize(
    "text",
    [
        b"questions: [unclosed",
        b"a: b: c",
        b"alpha: \xff\xfe0.05",
        b"- 1\n- 2\n",
        b"",
        b"alpha: 0.05\nalpha: 0.5\n",
    ],
)
def test_what_is_no_plan_is_refused_without_a_traceback(folder: Path, text: bytes) -> None:
    (folder / "plan.yaml").write_bytes(text)
    with pytest.raises(DataError) as caught:
        load_plan()
    assert str(caught.value).startswith("plan.yaml")
    assert str(folder) not in str(caught.value)


def test_a_plan_that_is_not_there_is_refused_without_naming_the_machine(folder: Path) -> None:
    with pytest.raises(DataError) as caught:
        load_plan()
    assert str(caught.value).startswith("plan.yaml")
    assert str(folder) not in str(caught.value)


def test_money_paid_after_the_tests_is_refused_as_an_exposure(plan: Plan, study: Study) -> None:
    for name in ("future_funding", "future_funding_per_school"):
        facts = facts_of(study, "ks2", name, dict(plan.exposures))
        assert not facts.exposure_before_outcome
        asked = Question("later", "slope", "relate", "ks2", name)
        estimate = ask("later", study, replace(plan, questions={"later": asked}), QUICK)
        assert estimate.verdict.kind == "negative control"
        assert {quantity.kind for quantity in estimate.quantities.values()} == {"negative control"}


def test_asking_for_the_cause_of_gains_in_later_money_gives_a_control_and_no_cause(
    plan: Plan, study: Study
) -> None:
    asked = Question("later", "identification", "cause", "ks2", "future_funding")
    estimate = ask("later", study, replace(plan, questions={"later": asked}), QUICK)
    assert estimate.verdict.kind == "negative control"
    assert "comes after the outcome" in estimate.verdict.reasons[0]


def test_the_curve_takes_no_money_paid_after_the_tests(plan: Plan, study: Study) -> None:
    curve = {**plan.content["curve"], "exposure": ["funding_total", "future_funding"]}
    changed = replace(plan, content={**plan.content, "curve": curve})
    with pytest.raises(UsageError, match=r"future_funding .* paid after the tests"):
        ask("curve", study, changed, QUICK)


def test_the_curve_refuses_a_sample_that_it_does_not_know(plan: Plan, study: Study) -> None:
    curve = {**plan.content["curve"], "sample": ["all shown", "the best"]}
    changed = replace(plan, content={**plan.content, "curve": curve})
    with pytest.raises(UsageError, match="the sample 'the best'"):
        ask("curve", study, changed, QUICK)


def test_no_question_of_the_plan_takes_later_money_for_more_than_a_control(
    plan: Plan, estimates: dict[str, Estimate], of_schools: dict[str, Estimate]
) -> None:
    later = {name for name, exposure in plan.exposures.items() if exposure.school_year > 0}
    asked = {name for name, question in plan.questions.items() if question.exposure in later}
    assert asked
    answers = estimates | of_schools
    assert {answers[name].verdict.kind for name in asked} == {"negative control"}


def test_every_question_put_to_schools_is_answered_in_the_practice_year(
    of_schools: dict[str, Estimate],
) -> None:
    assert len(of_schools) >= 30
    for name, estimate in of_schools.items():
        assert estimate.quantities, name
        for number, quantity in estimate.quantities.items():
            assert number.startswith(name)
            assert quantity.sources or name.endswith(".truth"), number


def test_membership_is_an_exposure_without_money(plan: Plan, study: Study) -> None:
    assert plan.questions["identification.membership"].exposure == MEMBERSHIP
    facts = facts_of(study, None, MEMBERSHIP, dict(plan.exposures))
    assert not facts.untreated_group
    assert facts.outcome_selected


def test_an_exposure_of_a_year_that_no_table_states_is_refused(plan: Plan, study: Study) -> None:
    early = replace(plan.exposures["funding_total"], school_year=-3)
    asked = Question("early", "slope", "relate", "ks2", "early")
    changed = replace(plan, exposures={"early": early}, questions={"early": asked})
    with pytest.raises(DataError, match="no heading that means funding_2009_10_gbp"):
        ask("early", study, changed, QUICK)


def test_a_stated_number_that_no_claim_gives_is_refused(plan: Plan, study: Study) -> None:
    stated = {**plan.content["stated"], "improved": "p99-nothing"}
    changed = replace(plan, content={**plan.content, "stated": stated})
    with pytest.raises(DataError) as caught:
        ask("improved", study, changed, QUICK)
    assert 'column "stated.improved"' in str(caught.value)
    assert "'p99-nothing'" in str(caught.value)


def test_the_plan_is_found_from_the_package_and_not_from_the_working_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert load_plan().sha256 == hashlib.sha256(FILE.read_bytes()).hexdigest()
    assert paths.find_root() == FILE.parent
