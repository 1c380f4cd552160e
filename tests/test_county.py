"""A simulated county: its known truth comes back, and each setting does what it says."""

from __future__ import annotations

import hashlib
import math
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from analysis.methods.county import County, CountySettings, as_csv, county
from analysis.methods.county_tables import OUTCOMES

ROOT = Path(__file__).parents[1]
# Nobody leaves, changes URN or lacks a figure.
PLAIN: dict[str, Any] = {
    "leavers_share": 0.0,
    "unknown_join_share": 0.0,
    "academies_share": 0.0,
    "missing_member_share": 0.0,
    "missing_other_share": 0.0,
    "suppress_below": 0,
    "small_share": 0.0,
}
# All schools of a phase alike but for what is asked for.
STILL: dict[str, Any] = PLAIN | {
    "sd_ks2_pp": 0.0,
    "sd_ks4_pp": 0.0,
    "sd_school_year_pp": 0.0,
    "sd_collaboration_year_pp": 0.0,
    "trend_pp": 0.0,
    "gain_pp": 0.0,
}


def made(seed: int = 1, results_only: bool = False, **changes: Any) -> County:
    return county(CountySettings(**changes), seed=seed, results_only=results_only)


def true_mean(one: County, column: str = "true_pct") -> pd.DataFrame:
    """Return school (rows) by year (columns)."""
    return one.truth["results"].pivot(index="school", columns="year", values=column)


def compared(one: County, stage: str) -> pd.DataFrame:
    """Return the change from May 2010, before anyone joined, to 2013, and who was a member."""
    wide = one.schools.pivot(index="urn", columns="year", values=OUTCOMES[stage])
    early = one.members[one.members["joined"] <= "2012-09-01"]["urn"]
    frame = pd.DataFrame({"change": wide[2013] - wide[2010], "before": wide[2010]})
    return frame.assign(member=wide.index.isin(early)).dropna()


def difference(frame: pd.DataFrame, column: str = "change") -> float:
    means = frame.groupby("member")[column].mean()
    return float(means[True] - means[False])


def adjusted(frame: pd.DataFrame) -> float:
    """Return the member coefficient of the change on membership and the baseline."""
    x = np.column_stack([np.ones(len(frame)), frame["member"], frame["before"]])
    return float(np.linalg.lstsq(x, frame["change"].to_numpy(), rcond=None)[0][1])


def standard_error(values: list[float]) -> float:
    return float(np.std(values, ddof=1)) / math.sqrt(len(values))


# The truth


@pytest.mark.parametrize("gain", [0.0, 3.0])
def test_the_true_gain_comes_back_from_a_two_way_comparison_on_average(gain: float) -> None:
    counties = [made(seed, results_only=True, gain_pp=gain, **PLAIN) for seed in range(100)]
    for stage in OUTCOMES:
        errors = [
            difference(compared(one, stage)) - one.truth["mean_gain_last_year_pp"][stage]
            for one in counties
        ]
        # four Monte Carlo standard errors; that of ks2 is near 0.1 pp, so a lost gain is seen
        assert abs(np.mean(errors)) < 4 * standard_error(errors), stage
        assert standard_error(errors) < {"ks2": 0.2, "ks4": 0.3}[stage]


def test_weak_baselines_joining_bias_the_gain_score_and_not_the_adjusted_comparison() -> None:
    changes = PLAIN | {"gain_pp": 0.0, "selection": 1.5, "sd_collaboration_year_pp": 0.0}
    frames = [compared(made(seed, results_only=True, **changes), "ks2") for seed in range(100)]
    gain_scores = [difference(frame) for frame in frames]
    ancova = [adjusted(frame) for frame in frames]
    assert np.mean(gain_scores) > 0.5  # regression to the mean, all of it
    assert np.mean(gain_scores) > 8 * standard_error(gain_scores)
    assert abs(np.mean(ancova)) < 4 * standard_error(ancova)  # four Monte Carlo standard errors
    assert np.mean([difference(frame, "before") for frame in frames]) < -2


def test_without_selection_members_and_others_start_level() -> None:
    gaps = [
        difference(compared(made(seed, results_only=True, **PLAIN), "ks2"), "before")
        for seed in range(40)
    ]
    assert abs(np.mean(gaps)) < 4 * standard_error(gaps)  # four Monte Carlo standard errors


def test_the_true_gain_is_there_for_whole_years_of_membership_only() -> None:
    one = made(gain_pp=2.0, gain_growth_pp=1.0, leavers_share=0.5, sd_ks2_pp=2.0, sd_ks4_pp=2.0)
    rows = one.truth["results"]
    held = pd.Series(0, index=pd.MultiIndex.from_frame(rows[["school", "year"]]))
    for school, joined, left in one.truth["roster"][["school", "joined", "left"]].itertuples(False):
        for year in range(2008, 2014):
            if joined <= f"{year - 1}-09-01" and (pd.isna(left) or left >= f"{year}-05-01"):
                held[school, year] = 1
    years = (held.groupby(level=0).cumsum() * held).to_numpy()
    assert rows["years_member"].tolist() == years.tolist()
    tested = rows["school"] < 550
    gain = np.where((years > 0) & tested, 2.0 + 1.0 * (years - 1), 0.0)
    assert (rows["true_pct"] - rows["true_without_pct"]).to_numpy() == pytest.approx(gain)
    assert {1, 2, 3} <= set(years)
    mean = gain[(years > 0) & (rows["school"] < 449)].mean()
    assert one.truth["mean_gain_pp"]["ks2"] == pytest.approx(mean)


@pytest.mark.parametrize(("lag", "acts_on"), [(0, [2011, 2012]), (1, [2012, 2013])])
def test_money_acts_by_its_slope_on_gbp_per_pupil_and_by_its_lag(
    lag: int, acts_on: list[int]
) -> None:
    paid = {"money_years": (2011, 2012), "award_shares": (1.0, 0.5), "money_lag": lag}
    one = made(money_pp_per_100_gbp=1.5, **paid, **STILL)
    cohort = one.schools.set_index(["urn", "year"])["cohort"].astype(float)
    members = one.members[one.members["urn"] < 900_551].merge(one.funding, on="collaboration")
    members = members[members["joined"] < members["school_year"].sub(1).astype(str) + "-12"]
    members["year"] = members["school_year"] + lag
    members["cohort"] = [cohort[key] for key in zip(members["urn"], members["year"], strict=True)]
    pupils = members.groupby(["collaboration", "year"])["cohort"].transform("sum")
    members["dose"] = members["funding_gbp"] / pupils / 100
    dose = members.groupby(["urn", "year"])["dose"].sum()
    rows = one.truth["results"].set_index(["urn", "year"])
    expected = dose.reindex(rows.index, fill_value=0.0)
    assert rows["gbp_100_per_pupil"].to_numpy() == pytest.approx(expected.to_numpy())
    added = rows["true_pct"] - rows["true_without_pct"]
    assert added.to_numpy() == pytest.approx(1.5 * expected.to_numpy())
    assert sorted(added[added > 1e-9].index.unique("year")) == acts_on


def test_the_trends_are_those_asked_for() -> None:
    one = made(**STILL | {"trend_pp": 1.5, "member_trend_pp": 0.5})
    rise = true_mean(one).diff(axis=1).iloc[:, 1:]
    ever = rise.index.isin(one.truth["roster"]["school"])
    assert rise[~ever].to_numpy() == pytest.approx(1.5)
    assert rise[ever].to_numpy() == pytest.approx(2.0)


def test_lasting_differences_and_passing_luck_have_the_spread_asked_for() -> None:
    lasting = true_mean(made(**STILL | {"sd_ks2_pp": 8.0, "sd_ks4_pp": 4.0}))
    # a normal cut at two standard deviations has 0.96 of the spread; 0.1 is 3 errors at n = 449
    assert lasting[2010].iloc[:449].std() == pytest.approx(0.96 * 8, rel=0.1)
    assert lasting[2010].iloc[449:550].std() == pytest.approx(0.96 * 4, rel=0.2)  # n = 101
    assert lasting.std(axis=1).max() < 1e-9
    passing = true_mean(made(**STILL | {"sd_school_year_pp": 3.0})).iloc[:550]
    assert passing.std(axis=1).pow(2).mean() == pytest.approx(9, rel=0.08)  # 4 errors, 2,750 df
    primary = passing.iloc[:449]
    assert abs(np.corrcoef(primary[2010], primary[2011])[0, 1]) < 0.19  # four errors at n = 449


def test_luck_of_a_year_is_shared_within_a_group_and_gives_the_stated_correlation() -> None:
    one = made(overlap=0.0, **STILL | {"sd_collaboration_year_pp": 4.0})
    luck = true_mean(one)[2011] - np.repeat([70.0, 52.0, 70.0], [449, 101, 24])
    group = one.truth["roster"].set_index("school")["collaboration"]
    by_group = luck.loc[group.index].groupby(group)
    assert by_group.std().max() < 1e-9
    assert by_group.mean().std() == pytest.approx(4, rel=0.33)  # four errors at 77 groups
    assert luck.drop(group.index).abs().max() < 1e-9
    both = made(overlap=0.5, **STILL | {"sd_collaboration_year_pp": 4.0})
    luck = true_mean(both)[2011] - np.repeat([70.0, 52.0, 70.0], [449, 101, 24])
    roster = both.truth["roster"].assign(luck=lambda rows: luck[rows["school"]].to_numpy())
    single = roster[~roster["school"].duplicated(keep=False)].groupby("collaboration")["luck"]
    twice = roster.assign(of=roster["collaboration"].map(single.first())).groupby("school")
    mean = twice["of"].agg(lambda of: of.mean(skipna=False)).dropna()
    assert luck[mean.index].tolist() == pytest.approx(mean.tolist())
    usual = made(sd_collaboration_year_pp=4.0, sd_school_year_pp=3.0)
    rows = usual.truth["results"].merge(usual.schools, on=["urn", "year"], validate="1:1")
    rows = rows[rows["phase"] == "secondary"]
    chance = (rows["true_pct"] * (100 - rows["true_pct"]) / rows["cohort"].astype(float)).mean()
    assert usual.truth["icc"]["ks4"] == pytest.approx(16 / (16 + 9 + chance))


def test_figures_scatter_round_the_true_ones_as_pupils_do_and_are_rounded_half_up() -> None:
    one = made(**PLAIN)
    rows = one.truth["results"].merge(one.schools, on=["urn", "year"], validate="1:1")
    for stage, column in OUTCOMES.items():
        of = rows[rows["stage"].eq(stage) & rows["phase"].ne("special")]
        exact, share = of[f"{column}_exact"], of["true_pct"] / 100
        z = (exact / 100 - share) / np.sqrt(share * (1 - share) / of["cohort"].astype(float))
        assert abs(z.mean()) < 4 / math.sqrt(len(z))  # four standard errors
        assert z.pow(2).mean() == pytest.approx(1, abs=4 * math.sqrt(2 / len(z)))  # likewise
        assert of[column].tolist() == np.floor(exact + 0.5 + 1e-9).tolist()


# Who joins what


@pytest.mark.parametrize("overlap", [0.0, 0.33, 0.8])
def test_the_share_of_members_in_a_second_group_is_the_one_asked_for(overlap: float) -> None:
    one = made(overlap=overlap)
    members = one.truth["roster"]
    assert one.truth["n_members"] == {"primary": 402, "secondary": 56, "special": 24}
    assert one.truth["n_second"] == round(overlap * 458)
    assert members["school"].value_counts().eq(2).sum() == one.truth["n_second"]
    assert not members.duplicated(["school", "collaboration"]).any()
    assert members["collaboration"].nunique() == 77
    last = members[members["collaboration"] == "Simulated collaboration 77"]
    assert last["school"].tolist() == list(range(550, 574))


def test_groups_start_in_the_years_and_shares_asked_for() -> None:
    shares = np.zeros(4)
    for seed in range(20):
        roster = made(seed, results_only=True).truth["roster"]
        roster = roster[roster["school"] < 550]
        assert roster.groupby("collaboration")["joined"].nunique().max() == 1
        shares += roster["joined"].value_counts(normalize=True).sort_index().to_numpy() / 20
    assert list(roster["joined"].sort_values().unique()) == [
        f"{year}-09-01" for year in (2010, 2011, 2012, 2013)
    ]
    assert shares == pytest.approx([0.25, 0.25, 0.3, 0.2], abs=0.03)  # whole groups: 0.01 an error


def test_leavers_leave_after_a_whole_year_and_never_empty_a_group() -> None:
    one = made(leavers_share=1.0, n_special=0)
    gone = one.members.dropna(subset=["joined", "left"])
    whole = gone["left"].str[:4].astype(int) - gone["joined"].str[:4].astype(int)
    assert whole.min() >= 1
    assert set(gone["left"]) <= {f"{year}-08-31" for year in (2011, 2012, 2013)}
    assert len(one.collaborations) == 77
    still = one.truth["roster"].groupby("collaboration")["left"].agg(lambda left: left.isna().sum())
    ours = one.collaborations.set_index("collaboration")["n_schools"]
    assert ours.to_dict() == still.to_dict()
    assert made(leavers_share=0.0).members["left"].isna().all()


def test_unknown_first_days_are_missing_from_the_roster_only() -> None:
    one = made(unknown_join_share=0.3)
    # four binomial errors at about 640 memberships
    assert one.members["joined"].isna().mean() == pytest.approx(0.3, abs=4 * math.sqrt(0.21 / 640))
    assert one.truth["roster"]["joined"].notna().all()


# Schools and their figures


def test_of_two_urns_of_a_school_exactly_one_has_figures_in_any_year() -> None:
    one = made(**PLAIN | {"academies_share": 0.4})
    assert len(one.successors) == round(0.4 * 550)
    assert one.successors["urn"].is_unique
    assert one.successors["successor"].is_unique
    assert not set(one.successors["successor"]) & set(one.successors["urn"])
    figures = one.schools.assign(has=one.schools["missing"] == "")
    has = figures.pivot(index="urn", columns="year", values="has")
    old, new = (has.loc[one.successors[name]].to_numpy() for name in ("urn", "successor"))
    assert ((old == True).astype(int) + (new == True) == 1).all()  # noqa: E712
    assert ((new == False).sum(axis=1) == 1).all()  # noqa: E712  # the row of its first year
    assert set(one.schools.loc[one.schools["missing"] != "", "missing"]) == {"NE", "NEW"}
    assert one.schools.loc[one.schools["missing"] == "NEW", "cohort"].isna().all()
    unchanged = made(**PLAIN).schools
    assert len(figures[figures["missing"] != "NEW"]) == len(unchanged) == 574 * 6


def test_the_roster_has_the_urn_of_the_day_a_membership_began() -> None:
    one = made(**PLAIN | {"academies_share": 0.9})
    new = one.schools[one.schools["missing"] == "NEW"].set_index("urn")["year"]
    rows = one.truth["roster"]
    changed = (900_001 + rows["school"]).map(one.successors.set_index("urn")["successor"])
    after = changed.map(new) <= rows["joined"].str[:4].astype(int)
    expected = changed.where(after, 900_001 + rows["school"]).astype(int)
    assert rows["urn"].tolist() == expected.tolist()
    assert after.any()
    assert (changed.notna() & ~after).any()


def test_few_pupils_are_suppressed_and_special_schools_enter_nobody() -> None:
    one = made(small_share=0.3, missing_member_share=0.0, missing_other_share=0.0)
    rows = one.schools[one.schools["missing"] != "NEW"]
    tested = rows["phase"] != "special"
    few = rows["cohort"] < 6
    assert rows.loc[tested & few, "missing"].eq("SUPP").all()
    assert rows.loc[tested & ~few, "missing"].eq("").all()
    assert rows.loc[~tested, "missing"].eq("NE").all()
    assert (tested & few).sum() > 100
    figures = rows[list(OUTCOMES.values())].notna().sum(axis=1)
    assert figures.tolist() == rows["missing"].eq("").astype(int).tolist()


def test_figures_are_missing_at_the_rate_of_each_arm() -> None:
    one = made(**PLAIN | {"missing_member_share": 0.1, "missing_other_share": 0.4})
    rows = one.schools[one.schools["phase"] != "special"]
    missing = rows["missing"].eq("NP").groupby(rows["urn"].isin(one.members["urn"])).mean()
    assert missing[True] == pytest.approx(0.1, abs=4 * math.sqrt(0.09 / 2748))  # four errors
    assert missing[False] == pytest.approx(0.4, abs=4 * math.sqrt(0.24 / 552))  # likewise


def test_cohorts_are_of_the_size_asked_for() -> None:
    rows = made(primary_cohort=30.0, secondary_cohort=150.0, **PLAIN).schools
    median = rows.groupby("phase")["cohort"].median()
    assert median["primary"] == pytest.approx(30, rel=0.1)  # 449 schools of log spread 0.4
    assert median["secondary"] == pytest.approx(150, rel=0.1)  # 101 of 0.18
    middle = rows[rows["phase"] == "primary"]["cohort"].astype(float).quantile([0.1, 0.9])
    assert 15 < middle.iloc[0] < middle.iloc[1] < 60


# The county as a whole


def printed(one: County) -> str:
    return "".join(table.to_csv(index=False) for table in as_csv(one).values())


def test_the_same_seed_gives_the_same_bytes_in_another_process_too() -> None:
    code = (
        "from hashlib import sha256; from analysis.methods.county import *; "
        "made = as_csv(county(CountySettings(), seed=7)).values(); "
        "text = ''.join(table.to_csv(index=False) for table in made); "
        "print(sha256(text.encode()).hexdigest())"
    )
    fresh = os.environ | {"PYTHONHASHSEED": "7", "PYTHONPATH": str(ROOT / "src")}
    run = subprocess.run([sys.executable, "-c", code], env=fresh, capture_output=True, check=True)
    digest = hashlib.sha256(printed(made(7)).encode()).hexdigest()
    assert run.stdout.decode().strip() == digest
    assert printed(made(8)) != printed(made(7))


def test_a_gain_moves_no_roster_no_money_and_no_figure_of_others() -> None:
    without, with_gain = made(gain_pp=0.0), made(gain_pp=5.0)
    for name in ("members", "funding", "successors", "coverage", "collaborations"):
        pd.testing.assert_frame_equal(getattr(without, name), getattr(with_gain, name))
    others = without.truth["results"]["years_member"] == 0
    exact = [c for c in without.truth["results"] if c.endswith(("exact", "without_pct"))]
    before, after = (one.truth["results"].loc[others, exact] for one in (without, with_gain))
    pd.testing.assert_frame_equal(before, after)
    assert with_gain.schools["missing"].tolist() == without.schools["missing"].tolist()
    better = with_gain.schools["ks2_expected_pct"] >= without.schools["ks2_expected_pct"]
    assert better[without.schools["ks2_expected_pct"].notna()].all()


def test_a_county_of_other_sizes_and_years_can_be_made() -> None:
    one = made(
        n_primary=40, n_secondary=0, n_special=0, n_collaborations=6, first_year=2016,
        last_year=2018, join_years=(2016, 2018), join_shares=(0.5, 0.5), money_years=(),
        award_shares=(), academies_share=0.0,
    )  # fmt: skip
    assert sorted(one.schools["year"].unique()) == [2016, 2017, 2018]
    assert len(one.schools) == 120
    assert one.funding.empty
    assert one.truth["mean_gain_pp"]["ks2"] == pytest.approx(3, abs=0.2)  # less where near 99 %
    assert math.isnan(one.truth["mean_gain_pp"]["ks4"])


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"overlap": 1.2}, "overlap"),
        ({"primary_share": -0.1}, "primary_share"),
        ({"sd_ks2_pp": -1.0}, "sd_ks2_pp"),
        ({"gain_pp": math.nan}, "finite"),
        ({"n_primary": 10.5}, "whole number"),
        ({"n_collaborations": 500}, "do not fit"),
        ({"first_year": 2013}, "two years"),
        ({"join_years": (2005,), "join_shares": (1.0,)}, "join_years"),
        ({"join_years": (2011, 2010), "join_shares": (0.5, 0.5)}, "rising"),
        ({"join_shares": (0.5, 0.5)}, "join_shares"),
        ({"join_shares": (0.5, 0.2, 0.2, 0.2)}, "adding to 1"),
        ({"money_years": (2013,)}, "award_shares"),
        ({"measure_correlation": 1.5}, "too large"),
        ({"ks2_mean_pct": 120.0}, "too large"),
        ({"n_collaborations": 2, "overlap": 0.1}, "do not fit"),
    ],
)
def test_settings_that_no_county_can_have_are_refused(
    changes: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        CountySettings(**changes)


def test_a_negative_seed_and_an_overlap_that_cannot_be_had_are_refused() -> None:
    with pytest.raises(ValueError, match="seed is -1"):
        made(-1)
    with pytest.raises(ValueError, match="overlap is too large"):
        made(n_collaborations=3, n_special=0, overlap=1.0, size_log_sd=6.0)
