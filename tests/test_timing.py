"""Tests of the years before and after joining: means, differences and what averages mix."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from counties import (
    CLEAN,
    QUICK,
    answered,
    number,
    panel_from,
    plan_with,
    quick_plan,
    school,
    simulated,
    spell,
    study_of,
    tiny,
)

from analysis.errors import UnavailableError
from analysis.methods.bacon import decompose, share_forbidden
from analysis.methods.did import group_time
from analysis.methods.did_aggregate import event_study, overall, pre_trends
from analysis.methods.fixed_effects import two_way
from analysis.questions.design import design_of
from analysis.questions.schools import cells_of, without_always_exposed
from analysis.tables.tidy import Study

SINCE, MIX = "membership.ks2.since", "membership.ks2.two_way"


def test_the_means_by_year_are_those_of_the_schools_compared() -> None:
    estimate = answered("schools.ks2.by_year", study_of(tiny()))
    assert number(estimate, "baseline_year") == 2011
    assert number(estimate, "result_year") == 2013
    before = np.array([60.0, 66, 71, 58, 75, 62])
    after = before + np.array([9.0, 4, 8, 12, 1, 7])
    assert number(estimate, "baseline_members") == pytest.approx(before.mean())
    assert number(estimate, "result_members") == pytest.approx(after.mean())
    others = np.array([64.0, 70, 57, 73, 61, 68, 61])
    assert number(estimate, "baseline_others") == pytest.approx(others.mean())
    one = estimate.quantities["schools.ks2.by_year.baseline_members"]
    assert (one.unit, one.kind, one.n) == ("%", "description", 6)
    assert estimate.quantities["schools.ks2.by_year.result_others"].n == 7
    assert estimate.rows["schools"].sum() == 4 * 13


def by_hand(study: Study) -> tuple[object, np.ndarray]:
    """Return the group-time differences called by hand, with each unit's cluster."""
    long = design_of(study, quick_plan(), "ks2").long
    first = long["first_exposed"].where(long["first_exposed"] <= 2013, 0)
    cells = group_time(
        long["outcome"], long["urn"], long["year"], first, control="not_yet", base="universal"
    )
    cluster = long.drop_duplicates("urn").set_index("urn")["cluster"]
    return cells, cluster.loc[list(cells.units)].to_numpy()


def test_the_differences_since_joining_are_the_methods_own() -> None:
    study = simulated(1)[1]
    estimate = answered(SINCE, study)
    cells, clusters = by_hand(study)
    mean = overall(cells, clusters=clusters)  # type: ignore[arg-type]
    main = estimate.main
    assert main.value == pytest.approx(mean.estimate)
    assert (main.low, main.high) == (pytest.approx(mean.low), pytest.approx(mean.high))
    events = event_study(cells, draws=199, seed=QUICK.seed, clusters=clusters)  # type: ignore[arg-type]
    for at, value, low in zip(events.event_times, events.estimates, events.band_low, strict=True):
        if at == -1:
            continue
        name = f"{SINCE}.{'before' if at < 0 else 'after'}_{abs(int(at))}"
        found = estimate.quantities[name]
        assert (found.value, found.low) == (pytest.approx(value), pytest.approx(low))
    p = pre_trends(cells, clusters=clusters).p_value  # type: ignore[arg-type]
    assert number(estimate, "earlier_trends_p") == pytest.approx(p)


def test_the_year_before_joining_is_what_the_others_are_measured_from_and_has_no_number() -> None:
    estimate = answered(SINCE, simulated(1)[1])
    assert f"{SINCE}.before_1" not in estimate.quantities
    assert {f"{SINCE}.before_2", f"{SINCE}.after_0"} <= set(estimate.quantities)


def test_the_band_over_all_years_is_never_narrower_than_one_years_interval() -> None:
    study = simulated(1)[1]
    found = answered(SINCE, study).detail
    assert (found.band_low <= found.low).all()
    assert (found.band_high >= found.high).all()


def test_what_comes_after_joining_is_found_year_by_year_and_nothing_before() -> None:
    """Means of 15 counties whose members gain 3 pp at once and 2 pp more with each year."""
    found: dict[str, list[float]] = {name: [] for name in ("before_2", "after_0", "after_1")}
    for seed in range(15):
        study = simulated(seed, gain_pp=3.0, gain_growth_pp=2.0, **CLEAN)[1]
        estimate = answered(SINCE, study)
        for name, values in found.items():
            values.append(number(estimate, name))
    for name, truth in (("before_2", 0.0), ("after_0", 3.0), ("after_1", 5.0)):
        values = np.array(found[name])
        # Three Monte Carlo standard errors; results end at 99 per cent, which costs some tenths.
        error = values.std(ddof=1) / np.sqrt(len(values))
        assert abs(values.mean() - truth) < 3 * error + 0.2, name


def test_schools_exposed_from_the_first_year_on_are_left_out_and_later_ones_are_controls() -> None:
    panel = tiny()
    spells = panel.members.copy()
    spells.loc[spells["urn"].isin(["001", "002"]), "joined"] = (
        spells["joined"].min().replace(year=2008)
    )
    study = study_of(replace(panel, members=spells))
    given = plan_with(already_members="keep", baseline_year=2011)
    design = design_of(study, given, "ks2")
    assert {"001", "002"} <= set(design.frame["urn"])
    kept = without_always_exposed(design).drop_duplicates("urn").set_index("urn")
    assert not {"001", "002"} & set(kept.index)
    assert kept.loc["105", "first_exposed"] == 0
    assert kept.loc["003", "first_exposed"] == 2012
    assert set(cells_of(design).groups) == {2012.0}


def test_the_two_way_slope_and_its_forbidden_share_are_the_methods_own() -> None:
    study = simulated(1)[1]
    estimate = answered(MIX, study)
    long = design_of(study, quick_plan(), "ks2").long
    long = long.assign(first=long["first_exposed"].where(long["first_exposed"] <= 2013, 0))
    whole = long[long.groupby("urn")["year"].transform("size") == 6].reset_index(drop=True)
    assert 0 < len(whole) < len(long)
    first = whole["first"].to_numpy()
    exposed = ((first > 0) & (whole["year"] >= first)).to_numpy(float)
    fit = two_way(
        whole["outcome"], exposed[:, None], whole["urn"], whole["year"], names=("x",),
        clusters=whole["cluster"],
    )  # fmt: skip
    assert number(estimate) == pytest.approx(fit.estimates[0])
    assert estimate.main.n == whole["urn"].nunique()
    parts = decompose(whole["outcome"], whole["urn"], whole["year"], first)
    share = number(estimate, "already_exposed_share")
    assert share == pytest.approx(share_forbidden(parts))
    assert 0 < share < 1
    # Weighted, the decomposition's pieces are the slope but for rounding.
    slope = float((parts["weight"] * parts["estimate"]).sum())
    assert number(estimate) == pytest.approx(slope, abs=1e-6)


def test_where_all_joined_in_one_year_nothing_is_compared_with_earlier_joiners() -> None:
    study = simulated(1, join_years=(2011,), join_shares=(1.0,))[1]
    assert number(answered(MIX, study), "already_exposed_share") == 0


@pytest.mark.parametrize("finding", [SINCE, MIX])
def test_without_anybody_who_joined_in_between_there_is_no_before_and_after(finding: str) -> None:
    rows, spells = [], []
    for at in range(12):
        rows += school(f"{at:02d}", {2011: 60.0 + at, 2012: 61.0 + at, 2013: 66.0 - at + at % 2})
        if at < 6:
            spells.append(spell(f"{at:02d}", f"Group {at // 2}", "2009-09-01"))
    given = plan_with(already_members="keep")
    with pytest.raises(UnavailableError, match="nobody joined"):
        answered(finding, study_of(panel_from(rows, spells)), given)


def test_a_panel_in_which_no_school_has_every_year_has_no_decomposition() -> None:
    panel = tiny()
    rows = panel.schools.copy()
    rows.loc[rows["year"] == 2010, "ks2_expected_pct"] = np.where(
        rows.loc[rows["year"] == 2010, "urn"].to_numpy() == "007", 60.0, np.nan
    )
    study = study_of(replace(panel, schools=rows))
    with pytest.raises(UnavailableError, match="too few schools have results in every year"):
        answered(MIX, study)
