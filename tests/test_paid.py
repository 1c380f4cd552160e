"""Tests of money by school: the window, the dose, its rule, and the slope with size held."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from counties import (
    CLEAN,
    answered,
    number,
    panel_from,
    plan_with,
    quick_plan,
    school,
    simulated,
    spell,
    study_of,
)

from analysis.errors import UnavailableError
from analysis.methods.dose import dose_response, formula_share
from analysis.questions.amounts import PER_GBP, is_separable, money_of
from analysis.questions.compare import regressors
from analysis.questions.design import Design, design_of
from analysis.tables.tidy import Study

SLOPE, RULE = "money.ks2.slope", "money.ks2.rule"
CONTROL = "control.ks2.future_money_slope"
THREE_YEARS: dict[str, Any] = {
    "money_years": (2012, 2013, 2014), "award_shares": (0.5, 0.86, 0.36)
}  # fmt: skip


def paid(
    payments: Iterable[tuple[str, int, float]], since: str = "2011-09-01", **second: Any
) -> Study:
    """Return twelve schools of 30 pupils; the first eight are members, two a group."""
    rows, spells = [], []
    for at in range(12):
        figures = {2010: 60.0 + at, 2011: 62.0 + (7 * at) % 5, 2013: 66.0 - at + (5 * at) % 7}
        rows += school(f"{at:02d}", {**figures, 2012: 63.0 + at}, cohort=30)
        if at < 8:
            spells.append(spell(f"{at:02d}", f"Group {at // 2}", since))
    if second:
        spells.append(spell(**second))
    return study_of(panel_from(rows, spells, payments))


def every(year: int) -> list[tuple[str, int, float]]:
    return [(f"Group {at}", year, 3_000.0 + 600 * at**2) for at in range(4)]


def designed(study: Study, **entries: Any) -> Design:
    return design_of(study, plan_with(**entries), "ks2")


def doses(study: Study, shift: int = 0, **entries: Any) -> dict[str, float]:
    """Return GBP a pupil by school."""
    design = designed(study, **entries)
    values = money_of(study, design, shift).dose * PER_GBP
    return dict(zip(design.frame["urn"], values.tolist(), strict=True))


def test_the_dose_is_pounds_for_each_tested_pupil_of_the_groups_members() -> None:
    found = doses(paid(every(2012)))
    assert found["00"] == found["01"] == pytest.approx(3_000 / 60)
    assert found["06"] == pytest.approx((3_000 + 600 * 9) / 60)
    assert [found[f"{at:02d}"] for at in range(8, 12)] == [0.0] * 4


def test_a_school_of_two_collaborations_has_the_money_of_both() -> None:
    study = paid(every(2012), urn="00", collaboration="Group 3", joined="2011-09-01")
    found = doses(study)
    assert found["00"] == pytest.approx(3_000 / 60 + 8_400 / 90)
    assert found["07"] == pytest.approx(8_400 / 90)


@pytest.mark.parametrize(
    "second",
    [
        {"urn": "08", "collaboration": "Group 0", "joined": "2011-09-02"},
        {"urn": "08", "collaboration": "Group 0", "joined": "2009-09-01", "left": "2011-12-31"},
    ],
)
def test_only_members_of_the_whole_school_year_have_a_part_in_its_money(
    second: dict[str, str],
) -> None:
    found = doses(paid(every(2012), **second), already_members="keep", baseline_year=2011)
    assert found["00"] == pytest.approx(3_000 / 60)
    assert found["08"] == 0


def test_money_counts_if_its_school_year_ended_after_the_baseline_and_before_the_tests() -> None:
    payments = [payment for year in range(2010, 2016) for payment in every(year)]
    study = paid(payments, since="2010-09-01")
    years = {
        lag: money_of(study, designed(study, money_lag=lag, baseline_year=2010), 0).school_years
        for lag in (0, 1, 2)
    }
    assert years == {0: (2011, 2012, 2013), 1: (2011, 2012), 2: (2011,)}
    for lag in (0, 1):
        assert money_of(study, designed(study, money_lag=lag), 1).school_years == (2014, 2015)


@pytest.mark.parametrize(
    ("year", "lag", "message"),
    [
        (2013, 1, "ended after the tests of 2011 and before those of 2013"),
        (2011, 1, "ended after the tests of 2011 and before those of 2013"),
        (2014, 1, "ended after the tests of 2011 and before those of 2013"),
        (2012, 2, "the tests of 2011 and 2013 are too near each other"),
    ],
)
def test_money_of_another_time_is_no_exposure(year: int, lag: int, message: str) -> None:
    study, given = paid(every(year)), plan_with(money_lag=lag)
    with pytest.raises(UnavailableError, match=message):
        answered(SLOPE, study, given)
    assert not is_separable(study, design_of(study, given, "ks2"), 0)


def test_money_of_later_school_years_answers_the_control_alone() -> None:
    study = simulated(1, money_years=(2014,), award_shares=(0.9,))[1]
    estimate = answered(CONTROL, study)
    assert estimate.verdict.kind == "negative control"
    assert estimate.main.kind == "negative control"
    with pytest.raises(UnavailableError, match="and before those of 2013"):
        answered(SLOPE, study)
    early = simulated(1, money_years=(2012,), award_shares=(0.9,))[1]
    with pytest.raises(UnavailableError, match="after the tests of 2013"):
        answered(CONTROL, early)


@pytest.mark.parametrize("finding", [RULE, SLOPE, CONTROL])
def test_a_release_without_payments_says_so(finding: str) -> None:
    with pytest.raises(UnavailableError, match="no payments"):
        answered(finding, paid([]))


def test_money_of_two_collaborations_is_too_little_to_say_anything() -> None:
    twice = [payment for year in (2011, 2012) for payment in every(year)[:2]]
    study = paid(twice, since="2010-09-01")
    with pytest.raises(UnavailableError, match=r"2 collaborations .* takes at least 3"):
        answered(SLOPE, study)


@pytest.mark.parametrize("seed", range(3))
def test_the_dose_is_the_countys_true_one_of_the_same_year(seed: int) -> None:
    settings = {"money_years": (2013,), "award_shares": (0.9,), "unknown_join_share": 0.0}
    one, study = simulated(seed, money_noise=0.5, **settings)
    design = designed(study, money_lag=0)
    results = one.truth["results"]
    last = results[results["year"] == 2013]
    truth = pd.Series(last["gbp_100_per_pupil"].to_numpy(), index=last["urn"].astype(str))
    dose = money_of(study, design, 0).dose
    assert (dose > 0).sum() > 100
    # The same sums in another order: equal but for rounding.
    assert np.allclose(dose, truth.loc[design.frame["urn"]].to_numpy(), atol=1e-9)


def test_lagged_money_is_that_of_the_year_before_but_for_the_count_of_pupils() -> None:
    settings = {"money_years": (2012,), "award_shares": (0.9,), "unknown_join_share": 0.0}
    one, study = simulated(0, money_lag=1, **settings)
    results = one.truth["results"]
    last = results[results["year"] == 2013]
    truth = pd.Series(last["gbp_100_per_pupil"].to_numpy(), index=last["urn"].astype(str))
    design = designed(study)
    dose, true = money_of(study, design, 0).dose, truth.loc[design.frame["urn"]].to_numpy()
    assert ((dose > 0) == (true > 0)).all()
    # The county divides by the pupils tested in 2013, the dose by those of the year of the money.
    assert np.corrcoef(dose, true)[0, 1] > 0.98


def test_the_rule_is_least_squares_on_the_numbers_of_schools_of_each_stage() -> None:
    study = simulated(1, **THREE_YEARS)[1]
    estimate = answered(RULE, study)
    groups = estimate.rows
    share = formula_share(groups["gbp"], groups[["n_ks2", "n_ks4"]], ("a", "b"))
    assert number(estimate) == pytest.approx(share.r_squared)
    assert number(estimate, "groups_n") == len(groups) == groups["collaboration"].nunique()
    assert number(estimate, "total_gbp") == groups["gbp"].sum()
    assert np.allclose(groups["predicted_gbp"], share.fitted)
    assert estimate.quantities[f"{RULE}.apart"].text == "is almost its size"
    assert estimate.main.kind == "description"


def test_noisy_money_is_said_to_be_told_from_size() -> None:
    estimate = answered(RULE, simulated(2, money_noise=1.0, **THREE_YEARS)[1])
    assert number(estimate) < 0.81
    assert estimate.quantities[f"{RULE}.apart"].text == "can be told from size"


def test_money_that_is_nearly_its_rule_gives_an_association_and_the_reason() -> None:
    settings = {**THREE_YEARS, "money_noise": 0.0, "unpaid_share": 0.0}
    estimate = answered(SLOPE, simulated(1, **settings)[1])
    assert estimate.main.kind == "association"
    assert any("so closely" in reason for reason in estimate.verdict.reasons)


def test_results_of_one_stage_are_enough_for_the_rule() -> None:
    whole = simulated(2, money_noise=1.0, **THREE_YEARS)[1]
    assert whole.panel is not None
    rows = whole.panel.schools
    only = replace(whole, panel=replace(whole.panel, schools=rows[rows["stage"] == "ks2"]))
    estimate = answered(RULE, only)
    assert (estimate.rows["n_ks4"] == 0).all()
    groups = estimate.rows
    share = formula_share(groups["gbp"], groups[["n_ks2"]], ("a",))
    assert number(estimate) == pytest.approx(share.r_squared)
    assert np.isfinite(number(answered(SLOPE, only)))


def test_money_exactly_by_its_rule_has_no_slope() -> None:
    study = simulated(1, **THREE_YEARS)[1]
    design = design_of(study, quick_plan(), "ks2")
    groups = money_of(study, design, 0).groups
    exact = groups.assign(funding_gbp=1_000 + 7_000 * groups["n_ks2"] + 12_000 * groups["n_ks4"])
    assert study.panel is not None
    payments = exact[["collaboration", "school_year", "funding_gbp"]]
    changed = replace(study, panel=replace(study.panel, payments=payments))
    assert number(answered(RULE, changed)) == pytest.approx(1)
    with pytest.raises(UnavailableError, match="too much alike, for this method"):
        answered(SLOPE, changed)


def test_the_slope_is_the_methods_own_with_the_predicted_part_held() -> None:
    study = simulated(2, money_noise=1.0, **THREE_YEARS)[1]
    estimate = answered(SLOPE, study)
    design = design_of(study, quick_plan(), "ks2")
    money, parts = money_of(study, design, 0), design.shares
    _, X = regressors(design)
    row, after = parts.row, design.frame["after"].to_numpy()
    held = np.column_stack([X, money.predicted])
    names = tuple(f"x{at}" for at in range(held.shape[1]))
    for name, controls in (("", held), ("size_not_held", X)):
        fit = dose_response(
            after[row], money.dose[row], controls[row], names[: controls.shape[1]],
            parts.cluster, weights=parts.weight,
        )  # fmt: skip
        assert number(estimate, name) == pytest.approx(fit.estimate)
        whole = np.column_stack([money.dose, controls])
        # A school's parts add to one: the plain coefficient but for rounding.
        plain = np.linalg.lstsq(whole, after, rcond=None)[0][0]
        assert number(estimate, name) == pytest.approx(plain, abs=1e-7)
    assert number(estimate, "paid_n") == (money.dose > 0).sum()
    assert estimate.main.unit == "pp per GBP 100 per pupil"
    assert len(estimate.rows) == len(design.frame)


def test_a_true_slope_is_recovered_with_size_held() -> None:
    """Means near 50 per cent, so that no result ends at 99."""
    truth, given = 3.0, plan_with(money_lag=0)
    settings = {"money_years": (2013,), "award_shares": (0.9,), "money_noise": 0.5}
    slopes = []
    for seed in range(16):
        study = simulated(seed, money_pp_per_100_gbp=truth, ks2_mean_pct=50.0, **settings, **CLEAN)[
            1
        ]
        slopes.append(number(answered(SLOPE, study, given)))
    error = np.std(slopes, ddof=1) / np.sqrt(len(slopes))
    # Three Monte Carlo standard errors, and these small enough to tell the truth from nought.
    assert abs(np.mean(slopes) - truth) < 3 * error
    assert 3 * error < truth / 2


def test_the_picture_counts_every_paid_school_once() -> None:
    study = simulated(2, money_noise=1.0, **THREE_YEARS)[1]
    estimate = answered(SLOPE, study)
    assert estimate.detail["schools"].sum() == number(estimate, "paid_n")
    assert estimate.detail["gbp_per_pupil"].is_monotonic_increasing
