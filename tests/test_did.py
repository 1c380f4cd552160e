"""Group-time differences against published tables, an independent library and known truths."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from analysis.methods.did import GroupTime, contributions, group_time
from analysis.methods.did_aggregate import (
    by_calendar,
    by_group,
    event_study,
    overall,
    pre_trends,
)

PUBLISHED = Path(__file__).parent / "oracle" / "published"
# The package's own pages print four decimals.
PRINTED = 0.00005 + 1e-9
# R package did, vignette "Getting Started with the did Package", no covariates, controls never
# treated: group, time, estimate, standard error.
VIGNETTE = """
2004 2004 -0.0105 0.0243 | 2004 2005 -0.0704 0.0331 | 2004 2006 -0.1373 0.0412
2004 2007 -0.1008 0.0358 | 2006 2004  0.0065 0.0230 | 2006 2005 -0.0028 0.0210
2006 2006 -0.0046 0.0175 | 2006 2007 -0.0412 0.0196 | 2007 2004  0.0305 0.0147
2007 2005 -0.0027 0.0156 | 2007 2006 -0.0311 0.0179 | 2007 2007 -0.0261 0.0175
"""
# The same with log population as covariate, printed on the package's and on ddml's pages.
ROBUST = """
2004 2004 -0.0145 0.0231 | 2004 2005 -0.0764 0.0295 | 2004 2006 -0.1404 0.0382
2004 2007 -0.1069 0.0338 | 2006 2004 -0.0005 0.0226 | 2006 2005 -0.0062 0.0190
2006 2006  0.0010 0.0199 | 2006 2007 -0.0413 0.0207 | 2007 2004  0.0267 0.0145
2007 2005 -0.0046 0.0151 | 2007 2006 -0.0284 0.0177 | 2007 2007 -0.0288 0.0154
"""


def printed(text: str) -> np.ndarray:
    rows = text.replace("\n", "|").split("|")
    return np.array([[float(cell) for cell in row.split()] for row in rows if row.strip()])


@pytest.fixture(scope="module")
def counties() -> pd.DataFrame:
    return pd.read_csv(PUBLISHED / "mpdta.csv").rename(columns={"first.treat": "group"})


def compared(frame: pd.DataFrame, **options: object) -> GroupTime:
    return group_time(frame["lemp"], frame["countyreal"], frame["year"], frame["group"], **options)


def staggered(seed: int, n_units: int) -> pd.DataFrame:
    """Return a panel of 8 periods with groups 3, 5, 7 and never, and growing differences."""
    rng = np.random.default_rng(seed)
    unit, time = (part.ravel() for part in np.indices((n_units, 8)))
    group = rng.choice([3.0, 5.0, 7.0, np.inf], size=n_units)[unit]
    y = rng.normal(size=n_units)[unit] + 0.3 * time**1.5 + rng.normal(size=len(unit))
    y += np.where(time >= group, 1 + time / 4, 0)
    return pd.DataFrame({"unit": unit, "time": time, "group": group, "y": y})


def of(frame: pd.DataFrame, **options: object) -> GroupTime:
    return group_time(frame["y"], frame["unit"], frame["time"], frame["group"], **options)


@pytest.mark.parametrize(("text", "robust"), [(VIGNETTE, False), (ROBUST, True)])
def test_the_minimum_wage_table_is_that_of_the_authors_package(
    counties: pd.DataFrame, text: str, robust: bool
) -> None:
    table = printed(text)
    gt = compared(counties, covariates=counties["lpop"] if robust else None)
    assert np.array_equal(np.column_stack([gt.groups, gt.times]), table[:, :2])
    assert gt.estimates == pytest.approx(table[:, 2], abs=PRINTED)
    # The printed errors are bootstrapped, and differ by a tenth from one printing to the next.
    assert gt.standard_errors == pytest.approx(table[:, 3], rel=0.14)
    assert set(gt.n_treated) == {20, 40, 131}
    assert set(gt.n_control) == {309}


def test_the_universal_base_is_that_of_the_authors_package(counties: pd.DataFrame) -> None:
    # Group-time table with base_period = "universal", printed in public course notes on did.
    gt = compared(counties, base="universal")
    before = gt.times < gt.groups
    expected = [0, -0.0038, 0.0028, 0, 0.0033, 0.0338, 0.0311, 0]
    assert gt.estimates[before] == pytest.approx(expected, abs=PRINTED)
    assert (gt.standard_errors == 0).sum() == 3
    assert np.isfinite(event_study(gt, seed=1).critical)


def test_the_joint_test_of_pre_trends_is_that_of_the_authors_package(
    counties: pd.DataFrame,
) -> None:
    # Printed to five decimals under the two tables above: 0.16812 and 0.23267.
    test = pre_trends(compared(counties))
    assert test.p_value == pytest.approx(0.16812, abs=5e-6)
    assert test.df == 5
    robust = pre_trends(compared(counties, covariates=counties[["lpop"]]))
    assert robust.p_value == pytest.approx(0.23267, abs=5e-6)
    # The universal base holds the same differences in other sums: rounding only.
    universal = pre_trends(compared(counties, base="universal"))
    assert universal.p_value == pytest.approx(test.p_value, rel=1e-8)


def test_the_aggregates_are_those_of_the_authors_package(counties: pd.DataFrame) -> None:
    gt = compared(counties)
    simple, dynamic, group = (overall(gt, kind=k) for k in ("simple", "event_time", "group"))
    # The vignette's aggte(): dynamic -.0772 (.0203), bootstrapped; group -.0310 (.0124) from the
    # manuals of two ports to Python; simple -.0400 (.0120) as often quoted from runs of did.
    assert simple.estimate == pytest.approx(-0.0400, abs=PRINTED)
    assert simple.standard_error == pytest.approx(0.0120, abs=PRINTED)
    assert dynamic.estimate == pytest.approx(-0.0772, abs=PRINTED)
    # Bootstrapped errors vary by a tenth from one printing to the next.
    assert dynamic.standard_error == pytest.approx(0.0203, rel=0.1)
    assert group.estimate == pytest.approx(-0.0310, abs=PRINTED)
    assert group.standard_error == pytest.approx(0.0124, abs=PRINTED)
    assert (group.n_units, group.n_clusters) == (500, 500)
    # Vignette, type = "dynamic"; event times -3 to 3.
    study = event_study(gt, seed=1)
    effects = [0.0305, -0.0006, -0.0245, -0.0199, -0.0510, -0.1373, -0.1008]
    assert study.event_times.tolist() == list(range(-3, 4))
    assert study.estimates == pytest.approx(effects, abs=PRINTED)
    assert study.n_treated.tolist() == [131, 171, 171, 191, 60, 20, 20]
    # The vignette's band at event time 3 is 2.48 errors wide; such quantiles vary by about .08.
    assert study.critical == pytest.approx(2.55, abs=0.2)
    groups = by_group(gt, seed=1)
    # The rows that a port's manual prints with analytical errors.
    assert groups.estimates == pytest.approx([-0.0797, -0.0229, -0.0261], abs=PRINTED)
    assert groups.standard_errors == pytest.approx([0.0264, 0.0167, 0.0167], abs=PRINTED)
    assert groups.n_treated.tolist() == [20, 40, 131]


@pytest.mark.parametrize("control", ["never", "not_yet"])
@pytest.mark.parametrize("base", ["varying", "universal"])
@pytest.mark.parametrize("anticipation", [0, 2])
@pytest.mark.parametrize("clustered", [False, True])
def test_every_option_agrees_with_diff_diff(
    counties: pd.DataFrame, control: str, base: str, anticipation: int, clustered: bool
) -> None:
    # States are the thousands of the county code; group 2004 has no period before anticipation.
    frame = counties.assign(state=counties["countyreal"] // 1000)
    frame = frame if not anticipation else frame[frame["group"] != 2004]
    theirs = pytest.importorskip("diff_diff").CallawaySantAnna(
        control_group=f"{control}_treated",
        base_period=base,
        anticipation=anticipation,
        cluster="state" if clustered else None,
    )
    found = theirs.fit(frame, "lemp", "countyreal", "year", "group")
    gt = compared(
        frame,
        control=control,
        base=base,
        anticipation=anticipation,
        clusters=frame["state"] if clustered else None,
    )
    cells = [found.group_time_effects[key] for key in zip(gt.groups, gt.times, strict=True)]
    # The same formulas: rounding only; nought is the base's own cell.
    assert gt.estimates == pytest.approx([cell["effect"] for cell in cells], abs=1e-12)
    shown = gt.standard_errors > 0
    errors = np.array([cell["se"] for cell in cells])
    assert gt.standard_errors[shown] == pytest.approx(errors[shown], rel=1e-9)
    study, other = event_study(gt, seed=1), found.aggregate("event_study")
    known = np.isin(study.event_times, other.event_time) & (study.standard_errors > 0)
    asked = np.isin(other.event_time, study.event_times[known])
    assert study.estimates[known] == pytest.approx(other.att[asked], abs=1e-12)
    assert study.standard_errors[known] == pytest.approx(other.se[asked], rel=1e-9)
    assert known.sum() > 4
    if not anticipation:
        # diff_diff's overall average takes anticipated periods in; did's and this one do not.
        assert overall(gt).estimate == pytest.approx(found.overall_att, abs=1e-12)
        assert overall(gt).standard_error == pytest.approx(found.overall_se, rel=1e-9)


def test_doubly_robust_cells_agree_with_diff_diff_and_with_the_formula(
    counties: pd.DataFrame,
) -> None:
    from statsmodels.discrete.discrete_model import Logit

    theirs = pytest.importorskip("diff_diff").CallawaySantAnna(control_group="not_yet_treated")
    columns = "lemp", "countyreal", "year", "group"
    found = theirs.fit(counties, *columns, covariates=["lpop"]).group_time_effects
    gt = compared(counties, control="not_yet", covariates=counties[["lpop"]])
    cells = [found[key] for key in zip(gt.groups, gt.times, strict=True)]
    # diff_diff ends its logit early: it is further than this module from the formula below.
    assert gt.estimates == pytest.approx([cell["effect"] for cell in cells], abs=5e-6)
    assert gt.standard_errors == pytest.approx([cell["se"] for cell in cells], rel=1e-4)
    wide = counties.pivot(index="countyreal", columns="year", values="lemp")
    unit = counties.groupby("countyreal")[["group", "lpop"]].first()
    used = ((unit["group"] == 2006) | (unit["group"] > 2005) | (unit["group"] == 0)).to_numpy()
    treated = (unit["group"] == 2006).to_numpy()[used]
    change = (wide[2005] - wide[2004]).to_numpy()[used]
    design = np.column_stack([np.ones(used.sum()), unit["lpop"].to_numpy()[used]])
    chance = Logit(treated * 1.0, design).fit(disp=0, tol=1e-14).predict()
    line = np.linalg.lstsq(design[~treated], change[~treated])[0]
    rest, odds = change - design @ line, (chance / (1 - chance))[~treated]
    by_hand = rest[treated].mean() - np.average(rest[~treated], weights=odds)
    # Sant'Anna and Zhao (2020), doubly robust for panels: rounding only.
    assert gt.estimates[5] == pytest.approx(by_hand, abs=1e-12)


def test_covariates_remove_a_trend_that_follows_them() -> None:
    rng = np.random.default_rng(5)
    unit, time = (part.ravel() for part in np.indices((3000, 3)))
    x = rng.normal(size=3000)
    treated = rng.uniform(size=3000) < 1 / (1 + np.exp(-x))
    y = 2.0 * x[unit] * time + 1.5 * (treated[unit] & (time == 2)) + rng.normal(size=9000)
    columns = y, unit, time + 1, np.where(treated, 3, 0)[unit]
    plain, robust = (overall(group_time(*columns, covariates=c)) for c in (None, x[unit]))
    # Four standard errors on either side, once in 16,000 seeds.
    assert abs(robust.estimate - 1.5) < 4 * robust.standard_error
    assert plain.estimate - 1.5 > 10 * plain.standard_error
    # No cell's base is the last period, so what a covariate is by then is not looked at.
    later = np.where(time == 2, 99 * treated[unit], x[unit])
    assert overall(group_time(*columns, covariates=later)) == robust


def test_interval_band_and_pre_trend_test_keep_their_level() -> None:
    hit = np.zeros(3)
    for seed in range(300):
        rng = np.random.default_rng(seed)
        unit, time = (part.ravel() for part in np.indices((160, 8)))
        cluster = unit // 4
        # Whole clusters are treated together, and share a shock in each period, which errors
        # by unit would miss.
        group = rng.permutation(np.repeat([3.0, 5.0, 7.0, np.inf], 10))[cluster]
        y = rng.normal(size=(40, 8))[cluster, time] + rng.normal(size=len(unit)) + (time >= group)
        gt = group_time(y, unit, time, group, clusters=cluster)
        study = event_study(gt, first=-3, last=1, level=0.9, draws=199, seed=seed)
        true = np.where(study.event_times >= 0, 1.0, 0.0)
        inside = (study.low < true) & (true < study.high)
        whole = (study.band_low < true) & (true < study.band_high)
        hit += [inside.mean(), whole.all(), study.pre_trend_p > 0.1]
    assert set(gt.n_treated_clusters) == {10}
    # Simulation errors are up to .018; ten clusters a group fall a few points short of .9.
    assert 0.84 < hit[0] / 300 < 0.94
    assert 0.81 < hit[1] / 300 < 0.94
    assert 0.84 < hit[2] / 300 < 0.96


def test_order_names_calendar_and_scale_of_the_data_change_nothing_of_substance() -> None:
    frame = staggered(3, 90)
    gt = of(frame, control="not_yet")
    other = frame.sample(frac=1, random_state=2)
    other["unit"] = "u" + other["unit"].astype(str)
    other["time"] += 2010
    other["group"] += 2010
    other["y"] = 1000 * other["y"] + 5
    moved = of(other, control="not_yet")
    # Rounding only, on both lines.
    assert moved.estimates == pytest.approx(1000 * gt.estimates, rel=1e-9)
    assert moved.standard_errors == pytest.approx(1000 * gt.standard_errors, rel=1e-9)
    one, two = overall(gt, kind="calendar"), overall(moved, kind="calendar")
    assert two.low == pytest.approx(1000 * one.low, rel=1e-9)
    assert two.p_value == pytest.approx(one.p_value, rel=1e-6)
    shuffled = of(frame.sample(frac=1, random_state=9), control="not_yet")
    assert event_study(shuffled, seed=4).critical == event_study(gt, seed=4).critical


def test_all_marks_of_never_treated_are_the_same_as_treatment_after_the_end() -> None:
    frame = staggered(3, 90)
    frame[["time", "group"]] += 1
    for mark in (0.0, np.nan, np.inf, 99.0):
        marked = frame.assign(group=frame["group"].replace(np.inf, mark))
        assert np.array_equal(of(marked).estimates, of(frame).estimates)


def test_an_unbalanced_panel_uses_units_seen_in_both_periods_of_a_cell() -> None:
    frame = staggered(6, 60)
    gapped = frame.drop(frame.index[(frame["unit"] < 20) & (frame["time"] == 4)])
    gt, whole = of(gapped), of(frame)
    wide = gapped.pivot(index="unit", columns="time", values="y")
    groups = gapped.groupby("unit")["group"].first()
    change = (wide[4] - wide[2]).dropna()
    cell = (gt.groups == 3) & (gt.times == 4)
    mine = change[groups[change.index] == 3].mean() - change[np.isinf(groups[change.index])].mean()
    assert gt.estimates[cell] == pytest.approx(mine, rel=1e-12)
    assert gt.n_treated[cell] < whole.n_treated[cell]
    same = (gt.times != 4) & (gt.base_times != 4)
    assert np.array_equal(gt.estimates[same], whole.estimates[same])


def test_without_never_treated_the_cells_without_controls_are_named_not_guessed() -> None:
    frame = staggered(6, 60)
    frame = frame[np.isfinite(frame["group"])]
    gt = of(frame, control="not_yet")
    assert gt.left_out == ((3.0, 7.0), (5.0, 7.0), (7.0, 5.0), (7.0, 6.0), (7.0, 7.0))
    assert gt.times.max() == 6
    with pytest.raises(ValueError, match="both treated and control"):
        of(frame)


def test_clusters_of_one_unit_differ_by_the_stated_factor_only() -> None:
    gt = of(staggered(6, 60))
    alone = contributions(gt.influence, gt.units)
    # Rounding only.
    assert (alone**2).sum(axis=0) == pytest.approx(gt.standard_errors**2 * 60 / 59, rel=1e-12)
    grouped = overall(gt, clusters=gt.units // 2)
    assert grouped == overall(dataclasses.replace(gt, clusters=gt.units // 2))
    assert grouped.n_clusters == 30
    assert grouped.standard_error != overall(gt).standard_error


def test_bands_hold_their_intervals_and_more_draws_change_little() -> None:
    gt = of(staggered(6, 200))
    for found in (by_group(gt, seed=1), by_calendar(gt, seed=1), event_study(gt, seed=1)):
        assert (found.band_low <= found.low).all()
        assert (found.band_high >= found.high).all()
    few, many = (event_study(gt, draws=draws, seed=2).critical for draws in (999, 20_000))
    # A quantile of 999 draws has a standard error of about .05 here.
    assert few == pytest.approx(many, abs=0.2)
    window = event_study(gt, first=-2, last=1, seed=1)
    assert window.event_times.tolist() == [-2, -1, 0, 1]
    assert window.critical < few


def test_clustered_tests_and_intervals_use_hotelling_and_student() -> None:
    gt = of(staggered(6, 200))
    clusters = gt.units % 40
    parts, before = contributions(gt.influence, clusters), gt.times < gt.groups
    gap = gt.estimates[before]
    wald = gap @ np.linalg.solve(parts[:, before].T @ parts[:, before], gap)
    test = pre_trends(gt, clusters=clusters)
    # The textbook formulas by scipy: rounding only.
    assert (test.df, test.statistic) == (before.sum(), pytest.approx(wald, rel=1e-8))
    q = test.df
    expected = stats.f.sf(wald * (40 - q) / (39 * q), q, 40 - q)
    assert test.p_value == pytest.approx(expected, rel=1e-8)
    study = event_study(gt, seed=1, clusters=clusters)
    one = overall(gt, clusters=clusters)
    reach = stats.t.ppf(0.975, 39)
    margins = reach * study.standard_errors
    assert study.high - study.estimates == pytest.approx(margins, rel=1e-8)
    assert one.high - one.estimate == pytest.approx(reach * one.standard_error, rel=1e-8)
    assert one.p_value == pytest.approx(2 * stats.t.sf(abs(one.estimate / one.standard_error), 39))
    assert np.isnan(pre_trends(gt, clusters=gt.units % 4).p_value)
    assert np.isnan(event_study(gt, first=0, seed=1).pre_trend_p)


def test_periods_of_anticipation_are_no_test_of_pre_trends() -> None:
    frame = staggered(6, 200)
    frame["y"] += 9.0 * (frame["time"] == frame["group"] - 1)
    plain, waiting = of(frame), of(frame, anticipation=1)
    assert pre_trends(plain).p_value < 1e-6 < 0.001 < pre_trends(waiting).p_value
    assert event_study(plain, seed=1).pre_trend_p < 1e-6
    assert event_study(waiting, seed=1).pre_trend_p > 0.001


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"y": np.nan}, "finite"),
        ({"time": 3}, "more than one row"),
        ({"group": np.arange(480) % 8 + 1.0}, "several periods"),
        ({"group": np.inf}, "no unit is treated"),
        ({"group": -1.0}, "480|60 units first treated"),
        ({"group": 0.0}, "0 is a period"),
        ({"unit": None}, "missing"),
    ],
)
def test_columns_that_are_no_staggered_panel_are_refused(
    change: dict[str, object], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        of(staggered(6, 60).assign(**change))


def test_bad_options_are_refused() -> None:
    frame = staggered(6, 60)
    for options, message in (
        ({"control": "all"}, "expected never"),
        ({"anticipation": 0.5}, "whole number"),
        ({"anticipation": 3}, "no period before"),
        ({"clusters": frame["time"]}, "several clusters"),
        ({"clusters": np.ones(len(frame))}, "at least 2"),
        ({"covariates": np.ones(3)}, "covariates of 3 rows"),
        ({"covariates": np.ones(len(frame))}, "group 3 in 1: covariates are linearly"),
        ({"covariates": np.isinf(frame["group"]) + 1e-3 * frame["unit"]}, "separate"),
    ):
        with pytest.raises(ValueError, match=message):
            of(frame, **options)
    gt = of(frame)
    with pytest.raises(ValueError, match="expected simple"):
        overall(gt, kind="total")
    with pytest.raises(ValueError, match="at least 99"):
        event_study(gt, draws=9, seed=1)
    with pytest.raises(ValueError, match="no event time"):
        event_study(gt, first=50, seed=1)
    with pytest.raises(ValueError, match="labels"):
        overall(gt, clusters=[1, 2])
