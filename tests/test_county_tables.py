"""The tables of a simulated county: margins near the report's, and cells as a council prints."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from analysis.methods.county import County, CountySettings, as_csv, county
from analysis.methods.county_tables import GAINS, GRADES, OUTCOMES
from analysis.sources.convert import Missing
from analysis.sources.dirty_cells import read_cell
from analysis.variables import CellType

RAW = Path(__file__).parents[1] / "data" / "raw" / "2013"
# Nobody leaves, changes URN or lacks a figure.
PLAIN: dict[str, Any] = {
    "leavers_share": 0.0,
    "unknown_join_share": 0.0,
    "academies_share": 0.0,
    "missing_member_share": 0.0,
    "missing_other_share": 0.0,
    "suppress_below": 0,
}


def made(seed: int = 1, **changes: Any) -> County:
    return county(CountySettings(**changes), seed=seed)


# The margins of the report


def raw(name: str) -> pd.DataFrame:
    return pd.read_csv(RAW / f"{name}.csv", dtype="str", keep_default_na=False)


@pytest.fixture(scope="module")
def twenty() -> list[County]:
    return [made(seed) for seed in range(20)]


def test_groups_are_as_many_and_as_large_as_the_reports(twenty: list[County]) -> None:
    sizes = raw("ofsted")["number of schools"].astype(int)
    ours = [one.collaborations["n_schools"] for one in twenty]
    assert {len(one) for one in ours} == {len(sizes)}
    assert np.mean([one.mean() for one in ours]) == pytest.approx(sizes.mean(), rel=0.05)
    assert np.mean([one.median() for one in ours]) == pytest.approx(sizes.median(), abs=1)
    assert np.mean([one.std() for one in ours]) == pytest.approx(sizes.std(), rel=0.2)
    assert min(one.min() for one in ours) >= 1
    assert np.mean([one.max() for one in ours]) == pytest.approx(sizes.max(), rel=0.3)


def test_money_is_as_much_and_as_near_to_size_as_a_formula_makes_it(twenty: list[County]) -> None:
    table = raw("funding")
    table = table[~table["District"].isin(["All", "North KAH"])]
    for heading, column in (
        ("2012/13 Funding (if applicable)", "funding_2012_13_gbp"),
        ("2013/14 Agreed Funding from KAH (if applicable)", "funding_2013_14_gbp"),
    ):
        printed = pd.to_numeric(table[heading].str.replace("[£,]", "", regex=True)).sum()
        ours = [one.collaborations[column].sum() for one in twenty]
        assert np.mean(ours) == pytest.approx(printed, rel=0.1)  # as the task asks
        assert np.max(np.abs(np.array(ours) / printed - 1)) < 0.25
    near = [
        one.collaborations[["n_schools", "funding_2012_13_gbp"]].corr().iloc[0, 1] for one in twenty
    ]
    assert np.mean(near) > 0.9


def test_the_schools_that_take_part_are_the_reports_by_phase(twenty: list[County]) -> None:
    printed = raw("coverage").set_index("phase")
    for one in twenty:
        ours = one.coverage.set_index("phase")
        for phase in ("Primary", "Secondary", "Special"):
            schools, members = (int(printed.loc[phase, name]) for name in ("schools", "members"))
            line = ours.loc[phase.lower()]
            assert line["schools"] == schools
            # some have left by then: a handful of 402
            assert 0 <= members - line["members"] <= 0.04 * members
            share = 100 * line["members"] / line["schools"]
            assert line["printed_pct"] == pytest.approx(share, abs=0.5)


def test_grades_are_mixed_as_the_reports_and_add_up(twenty: list[County]) -> None:
    table = raw("ofsted").iloc[:, 2:8].astype(int).sum()
    printed = (table.iloc[1:] / table.iloc[0]).to_numpy()
    tables = [one.collaborations for one in twenty]
    ours = np.mean([one[list(GRADES)].sum() / one["n_schools"].sum() for one in tables], axis=0)
    assert ours == pytest.approx(printed, abs=0.02)
    for one in tables:
        assert (one[list(GRADES)].sum(axis=1) == one["n_schools"]).all()
        share = 100 * (one["n_outstanding"] + one["n_good"]) / one["n_schools"]
        assert np.abs(one["good_or_better_pct"] - share).max() <= 0.5


def test_as_many_groups_are_shown_improving_by_as_much_as_in_the_report(
    twenty: list[County],
) -> None:
    printed = raw("gains").set_index("name").apply(pd.to_numeric)
    shown = [len(one.gains) / 77 for one in twenty]
    assert np.mean(shown) == pytest.approx(len(printed) / 77, abs=0.06)
    for stage in OUTCOMES:
        theirs = printed.filter(like=stage).stack().mean()
        ours = np.mean([one.gains.filter(like=stage).stack().mean() for one in twenty])
        assert ours == pytest.approx(theirs, abs=1.5)
        assert np.mean([one.gains[f"gain_{stage}_1_pp"].notna().sum() for one in twenty]) >= 8


# Money and the report's tables


def test_money_without_noise_is_the_formula_and_never_comes_before_the_group() -> None:
    one = made(money_noise=0.0, unpaid_share=0.0, award_shares=(1.0, 0.5), **PLAIN)
    rows = one.members[one.members["urn"] < 900_551].copy()
    rows["guide"] = np.where(rows["urn"] <= 900_449, 7_000, 12_000)
    for year, share in ((2013, 1.0), (2014, 0.5)):
        there = rows[rows["joined"] < f"{year - 1}-12"]
        expected = share * there.groupby("collaboration")["guide"].sum()
        paid = one.funding[one.funding["school_year"] == year]
        assert paid.set_index("collaboration")["funding_gbp"].to_dict() == expected.to_dict()
    assert (one.funding["funding_gbp"] > 0).all()


def test_noise_and_unpaid_groups_are_as_asked() -> None:
    formula = made(money_noise=0.0, unpaid_share=0.0).funding
    noisy = made(money_noise=0.3, unpaid_share=0.0).funding
    ratio = np.log(noisy["funding_gbp"] / formula["funding_gbp"])
    assert ratio.std() == pytest.approx(0.3, rel=0.25)  # four errors at 136 payments
    wide = [
        made(seed, money_noise=0.5, unpaid_share=0.0).funding["funding_gbp"] for seed in range(10)
    ]
    plain = [
        made(seed, money_noise=0.0, unpaid_share=0.0).funding["funding_gbp"] for seed in range(10)
    ]
    share = np.concatenate([one / other for one, other in zip(wide, plain, strict=True)])
    assert share.mean() == pytest.approx(1, abs=0.06)  # four errors at 1,360 payments
    assert len(made(unpaid_share=1.0).funding) == 0
    assert made(unpaid_share=0.3).funding.groupby("school_year").size().max() < 70


def test_the_first_gain_is_the_mean_change_of_the_groups_published_figures() -> None:
    one = made(improvers_only=False, **PLAIN)
    members = one.members
    for stage, column in OUTCOMES.items():
        wide = one.schools.pivot(index="urn", columns="year", values=column)
        change = members["urn"].map(wide[2013] - wide[2012])
        mean = np.floor(change.groupby(members["collaboration"]).mean() + 0.5).dropna()
        ours = one.gains.set_index("collaboration")[f"gain_{stage}_1_pp"].dropna()
        assert ours.to_dict() == mean.to_dict()
    assert len(one.gains) == 76


def test_a_table_of_improvers_is_the_whole_one_without_any_group_that_fell() -> None:
    whole, shown = made(improvers_only=False).gains, made(improvers_only=True).gains
    fell = (whole[list(GAINS)] < 0).any(axis=1)
    assert fell.any()
    pd.testing.assert_frame_equal(whole[~fell].reset_index(drop=True), shown)


def test_measures_agree_as_much_as_asked() -> None:
    same = made(measure_correlation=1.0, improvers_only=False).gains
    for stage in OUTCOMES:
        first = same[f"gain_{stage}_1_pp"].dropna()
        assert np.abs(same[f"gain_{stage}_2_pp"].dropna() - first).max() <= 1  # rounding
    loose, tight = (
        made(measure_correlation=r, improvers_only=False).gains[list(GAINS[:2])] for r in (0.0, 0.9)
    )
    assert loose.corr().iloc[0, 1] + 0.2 < tight.corr().iloc[0, 1]


# As a council prints it

KINDS: dict[str, dict[str, CellType]] = {
    "ofsted": {"name": "text", "% good or better": "percent"},
    "funding": {"Area": "text", "District": "text", "Collaboration name": "text"},
    "gains": {"name": "text"},
    "coverage": {"phase": "text", "printed percentage": "percent"},
}
OTHERWISE: dict[str, CellType] = {
    "ofsted": "count",
    "funding": "money",
    "gains": "points",
    "coverage": "count",
}


@pytest.fixture(scope="module")
def files() -> dict[str, pd.DataFrame]:
    return as_csv(made(3))


def test_every_cell_is_a_text_and_the_headings_are_the_reports(
    files: dict[str, pd.DataFrame],
) -> None:
    for table in files.values():
        assert all(isinstance(cell, str) for cell in table.to_numpy().ravel())
    for name in ("ofsted", "gains", "coverage"):
        assert list(files[name]) == list(raw(name))
    assert list(files["funding"]) == [
        heading.replace(" from KAH", "") for heading in raw("funding")
    ]


@pytest.mark.parametrize("name", list(KINDS))
def test_the_houses_own_reader_understands_every_cell(
    files: dict[str, pd.DataFrame], name: str
) -> None:
    for heading, cells in files[name].items():
        kind = KINDS[name].get(str(heading), OTHERWISE[name])
        kind = "answer" if str(heading).startswith("Collabtn") else kind
        values = [read_cell(cell, kind).value for cell in cells]
        blank = [value.kind for value in values if isinstance(value, Missing)]
        assert set(blank) <= ({"blank"} if name in ("gains", "funding") else set())


def test_printed_cells_have_the_reports_forms(files: dict[str, pd.DataFrame]) -> None:
    forms = {
        ("schools", "urn"): r"9\d{5}",
        ("schools", "cohort"): r"\d+|NEW",
        ("schools", "ks2_expected_pct"): r"\d+%|SUPP|NP|NE|NEW|NA",
        ("schools", "ks4_five_good_pct"): r"\d+%|SUPP|NP|NEW|NA",
        ("members", "joined"): r"20\d\d-09-01|",
        ("members", "left"): r"20\d\d-08-31|",
        ("funding", "2012/13 Funding (if applicable)"): r"£\d{1,3}(,\d{3})*|",
        ("funding", "Collabtn continuing in 2013/14"): "Yes|No|TBC",
        ("successors", "successor"): r"9\d{5}",
        ("ofsted", "% good or better"): r"\d+%",
        ("gains", "ks4_1"): r"\d+|",
        ("coverage", "phase"): "Secondary|Primary|Special",
    }
    for (name, heading), form in forms.items():
        assert files[name][heading].str.fullmatch(form).all(), heading
    for name, heading in (("schools", "ks2_expected_pct"), ("members", "joined")):
        kinds = files[name][heading].str.replace(r"\d+", "9", regex=True).nunique()
        assert kinds == len(forms[name, heading].split("|"))


def test_printed_figures_are_those_of_the_county() -> None:
    one = made(3)
    files = as_csv(one)
    printed = files["schools"]["ks2_expected_pct"].str.extract(r"^(\d+)%$")[0].astype(float)
    assert printed.tolist() == pytest.approx(one.schools["ks2_expected_pct"].tolist(), nan_ok=True)
    other = one.schools["stage"] == "ks4"
    assert files["schools"].loc[other, "ks2_expected_pct"].eq("NA").all()
    assert files["schools"].loc[~other, "ks2_expected_pct"].ne("NA").all()
    listed = files["funding"].set_index("Collaboration name").iloc[:, 2:4].stack()
    money = pd.to_numeric(listed.str.replace("[£,]", "", regex=True)).dropna()
    assert money.sum() == one.funding["funding_gbp"].sum()
    assert listed.groupby(level=0).agg(lambda cells: (cells != "").any()).all()
    assert set(files["gains"]["name"]) <= set(files["ofsted"]["name"])


def test_a_district_lies_in_one_area_and_every_name_is_plainly_made_up(
    files: dict[str, pd.DataFrame],
) -> None:
    assert files["funding"].groupby("District")["Area"].nunique().max() == 1
    assert set(files["schools"]["district"]) == {f"District {letter}" for letter in "ABCDEFGHIJKL"}
    assert files["ofsted"]["name"].str.fullmatch(r"Simulated collaboration \d\d").all()
    assert files["ofsted"]["number"].tolist() == [str(number) for number in range(1, 78)]


def test_a_group_that_starts_after_the_report_is_not_in_it() -> None:
    later = made(join_years=(2010, 2014), join_shares=(0.7, 0.3))
    starts = later.truth["roster"].groupby("collaboration")["joined"].min()
    assert set(later.collaborations["collaboration"]) == set(starts[starts < "2014"].index)
    assert len(later.collaborations) < 77
    assert set(later.gains["collaboration"]) <= set(later.collaborations["collaboration"])


def test_results_alone_are_those_of_the_whole_county() -> None:
    whole, lean = made(), county(CountySettings(), seed=1, results_only=True)
    for name in ("schools", "members", "funding", "successors"):
        pd.testing.assert_frame_equal(getattr(whole, name), getattr(lean, name))
    assert lean.collaborations.empty
    with pytest.raises(ValueError, match="results_only"):
        as_csv(lean)


def test_a_county_is_quick() -> None:
    took = []
    for seed in range(5):
        begin = time.perf_counter()
        made(seed)
        took.append(time.perf_counter() - begin)
    assert min(took) < 0.15  # near 0.012 s on one quiet core
