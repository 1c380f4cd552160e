"""A county whose true slope is known, as raw files through the whole path: found, or refused."""

from __future__ import annotations

import csv
import hashlib
import math
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

from analysis.methods.simulate import GAINS, as_printed, report_tables
from analysis.questions.ask import ask
from analysis.questions.estimate import Settings
from analysis.questions.identify import judge
from analysis.questions.plan import Plan, load_plan
from analysis.questions.samples import facts_of
from analysis.tables.tidy import Study, make_study

SLOPE = 0.5
FINDING = "funding.ks2.slope_pp_per_10k"
QUICK = Settings(confidence=0.95, seed=1, permutations=1000)
RUNS = 40
FACTS = {
    "title": "A SIMULATED county",
    "place": "Nowhere",
    "publisher": "The tests",
    "published": "2013",
    "document": "Made up",
    "accessed": "2013-01-01",
    "licence": "none needed",
    "maturity": "SIMULATED",
}
HEADINGS = {
    "ofsted": {
        "No": "number",
        "Name": "name",
        "Schools": "n_schools",
        "Outstanding": "n_outstanding",
        "Good": "n_good",
        "RI": "n_requires_improvement",
        "Inadequate": "n_inadequate",
        "None yet": "n_not_inspected",
        "% good or better": "good_or_better_pct",
    },
    "funding": {
        "Area": "area",
        "District": "district",
        "Name": "name",
        "2012/13 Funding": "funding_2012_13_gbp",
        "2013/14 Funding": "funding_2013_14_gbp",
        "Continuing": "continuing",
    },
    "gains": {
        "Name": "name",
        **{f"{s}_{i}": f"gain_{s}_{i}_pp" for s in ("ks2", "ks4") for i in (1, 2, 3)},
    },
    "coverage": {"Phase": "phase", "In": "members", "All": "schools", "%": "printed_pct"},
}


def simulated(seed: int) -> pd.DataFrame:
    return report_tables(77, SLOPE, trend_pp=2.0, sd_pp=4.0, seed=seed)


def study_of(folder: Path, table: pd.DataFrame) -> Study:
    """Write the raw files of a county with these groups and read them back as a study."""
    raw = folder / "data" / "raw" / "2013"
    raw.mkdir(parents=True, exist_ok=True)
    blocks = {}
    for name, lines in printed(table).items():
        file = raw / f"{name}.csv"
        with open(file, "w", encoding="utf-8", newline="") as stream:
            csv.writer(stream, lineterminator="\n").writerows([HEADINGS[name], *lines])
        blocks[name] = {
            "file": file.name,
            "place": "made up",
            "rows": len(lines),
            "sha256": hashlib.sha256(file.read_bytes()).hexdigest(),
            "headings": HEADINGS[name],
        }
    register = yaml.safe_dump({"2013": {**FACTS, "tables": blocks}})
    (folder / "data" / "sources.yaml").write_text(register, encoding="utf-8")
    names = "printed,collaboration,kind,reason\n"
    (folder / "data" / "names.csv").write_text(names, encoding="utf-8")
    return make_study("2013")


def printed(table: pd.DataFrame) -> dict[str, list[list[str]]]:
    """Return the cells of each table as such a report prints them."""
    lines: dict[str, list[list[str]]] = {"ofsted": [], "funding": [], "gains": []}
    for number, row in enumerate(table.to_dict("records"), start=1):
        name, schools = f"Group {number}", str(row["n_schools"])
        lines["ofsted"].append([str(number), name, schools, "0", schools, "0", "0", "0", "100"])
        money = f"£{row['funding_gbp']:,.2f}"
        later = "£1,000.00" if number == 1 else ""
        lines["funding"].append(["East", "Thanet", name, money, later, "Yes"])
        gains = ["" if math.isnan(row[gain]) else f"{row[gain]:.6f}" for gain in GAINS]
        if any(gains):
            lines["gains"].append([name, *gains, "", "", ""])
    members = str(table["n_schools"].sum())
    return {**lines, "coverage": [["All", members, members, "100%"]]}


@dataclass(frozen=True)
class County:
    """One county, reported in full and improvers only."""

    full: Study
    shown: Study


@pytest.fixture(scope="module")
def plan() -> Plan:
    return load_plan()


@pytest.fixture(scope="module")
def counties(tmp_path_factory: pytest.TempPathFactory) -> list[County]:
    found = []
    with pytest.MonkeyPatch.context() as patch:
        for seed in range(RUNS):
            folder = tmp_path_factory.mktemp("county")
            patch.setenv("ANALYSIS_ROOT", str(folder))
            table = simulated(seed)
            found.append(County(study_of(folder, table), study_of(folder, as_printed(table))))
    return found


def slopes(studies: Iterable[Study], plan: Plan) -> np.ndarray:
    main = [ask(FINDING, study, plan, QUICK).main for study in studies]
    return np.array([float(quantity.value or 0) for quantity in main])


def test_the_raw_files_hold_the_county_that_was_simulated(counties: list[County]) -> None:
    truth, read = simulated(0), counties[0].full.collaborations
    assert read["n_schools"].tolist() == truth["n_schools"].tolist()
    # Money is printed to the penny, a gain to six digits.
    assert read["funding_2012_13_gbp"].to_numpy() == pytest.approx(truth["funding_gbp"], abs=0.006)
    for ours, made in zip(("1", "2", "3"), GAINS, strict=True):
        assert read[f"gain_ks2_{ours}_pp"].to_numpy() == pytest.approx(truth[made], abs=1e-6)
    assert (truth[list(GAINS)] < 0).any().any()


def test_a_full_table_gives_the_true_slope_within_three_of_its_errors(
    counties: list[County], plan: Plan
) -> None:
    estimate = ask(FINDING, counties[0].full, plan, QUICK)
    # Three standard errors: exceeded once in 300 tables; this one is fixed by its seed.
    assert abs(float(estimate.main.value or 0) - SLOPE) < 3 * estimate.detail.standard_error
    assert estimate.main.n == 77


def test_over_many_full_tables_the_slope_is_right_on_average(
    counties: list[County], plan: Plan
) -> None:
    found = slopes((county.full for county in counties), plan)
    # The mean of 40 tables has this Monte Carlo error; three of them hold in 299 of 300 runs.
    assert abs(found.mean() - SLOPE) < 3 * found.std(ddof=1) / math.sqrt(RUNS)
    # And the check has power: the error is small against the slope itself.
    assert found.std(ddof=1) / math.sqrt(RUNS) < SLOPE / 8


def test_over_many_full_tables_the_interval_holds_the_truth_as_often_as_it_says(
    counties: list[County], plan: Plan
) -> None:
    estimates = [ask(FINDING, county.full, plan, QUICK).main for county in counties]
    covered = sum(float(e.low or 0) <= SLOPE <= float(e.high or 0) for e in estimates)
    # Of 40 intervals at 95 % fewer than 33 hold the truth once in 600 runs.
    assert covered >= 33


def test_improvers_only_give_a_slope_that_is_wrong_on_average(
    counties: list[County], plan: Plan
) -> None:
    found = slopes((county.shown for county in counties), plan)
    error = found.std(ddof=1) / math.sqrt(RUNS)
    # Over three Monte Carlo errors below the truth: selection, not chance.
    assert found.mean() < SLOPE - 3 * error
    full = slopes((county.full for county in counties), plan)
    paired = full - found
    assert paired.mean() > 3 * paired.std(ddof=1) / math.sqrt(RUNS)


def test_the_tables_themselves_tell_improvers_only_from_a_full_report(
    counties: list[County], plan: Plan
) -> None:
    for county in counties:
        full = facts_of(county.full, "ks2", "funding_total", dict(plan.exposures))
        shown = facts_of(county.shown, "ks2", "funding_total", dict(plan.exposures))
        assert not full.outcome_selected
        assert shown.outcome_selected


def test_the_gate_refuses_improvers_only_and_names_the_remedy(
    counties: list[County], plan: Plan
) -> None:
    exposures = dict(plan.exposures)
    shown = facts_of(counties[0].shown, "ks2", "funding_total", exposures)
    refused = judge(shown, "cause")
    assert (refused.kind, refused.maryland) == ("not identified", 0)
    assert "shown because of their outcome" in refused.reasons[0]
    assert "of every group" in refused.needs[0]
    full = judge(facts_of(counties[0].full, "ks2", "funding_total", exposures), "cause")
    assert full.maryland > 0
    assert not any("because of their outcome" in reason for reason in full.reasons)


def test_a_full_report_alone_earns_no_stronger_word_than_an_association(
    counties: list[County], plan: Plan
) -> None:
    related = ask(FINDING, counties[0].full, plan, QUICK)
    assert related.verdict.kind == "association"
    assert "among the groups that are shown" not in related.verdict.words
    asked = ask("identification.funding", counties[0].full, plan, QUICK)
    assert asked.verdict.kind == "not identified"


def test_the_bounds_from_improvers_hold_the_slope_of_the_full_table(
    counties: list[County], plan: Plan
) -> None:
    name = "bounds.ks2.slope_pp_per_10k.range_40"
    for county in counties[:5]:
        bound = ask(name, county.shown, plan, QUICK).quantities[name]
        # No simulated gain lies beyond 40 points, so the bounds must hold whatever was left out.
        assert float(bound.low or 0) < slopes([county.full], plan)[0] < float(bound.high or 0)


def test_what_is_shown_of_improvers_is_counted(counties: list[County], plan: Plan) -> None:
    counted = ask("gains.ks2.shown.n", counties[0].shown, plan, QUICK).quantities
    assert counted["gains.ks2.shown.n"].value == simulated(0)["shown"].sum()
    assert float(counted["gains.ks2.shown.min_pp"].value or 0) >= 0
