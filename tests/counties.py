"""Studies with results of single schools: of a simulated county, and of a few hand-made rows."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pandas as pd

from analysis.methods.county import County, county
from analysis.methods.county_parts import CountySettings
from analysis.questions.ask import ask
from analysis.questions.design import Design, design_of
from analysis.questions.estimate import Estimate, Settings
from analysis.questions.plan import Plan, load_plan
from analysis.sources.registry import Release
from analysis.tables.panel import SPECIAL, Panel
from analysis.tables.practice import panel_of
from analysis.tables.tidy import Study

YEAR = "simulated"
STRONG = re.compile(r"\b(?:effect|impact|cause|causal)\w*", re.IGNORECASE)
QUICK = Settings(confidence=0.95, seed=1, permutations=1000)
OUTCOME = "ks2_expected_pct"
# Nobody leaves, every day of joining is known and no school is in two collaborations.
CLEAN: dict[str, Any] = {"leavers_share": 0.0, "unknown_join_share": 0.0, "overlap": 0.0}
_NOTHING: dict[str, Any] = dict.fromkeys(
    ("collaborations", "other_funding", "coverage", "claims", "missing", "links"), pd.DataFrame()
)


@cache
def plan() -> Plan:
    return load_plan()


OPEN: dict[str, Any] = {"open": True, "reason": "made up, and the numbers themselves are tested"}


def plan_with(*, runs: int = 199, disclosure: dict[str, Any] | None = None, **entries: Any) -> Plan:
    """Return the plan with these entries of `panel`, and fewer draws so that tests are quick.

    Its disclosure rule of the year is `disclosure`; unless given, it leaves nothing out.
    """
    given = plan()
    block = {**given.content["panel"], "runs": runs, **entries}
    years = {YEAR: OPEN if disclosure is None else {**disclosure, "reason": "made up"}}
    rule = {**given.content["disclosure"], "years": years}
    return replace(given, content={**given.content, "panel": block, "disclosure": rule})


@cache
def quick_plan() -> Plan:
    """Return the plan as it stands, with few draws; one object, so that designs are found again."""
    return plan_with()


def study_of(panel: Panel, truth: Mapping[str, float] | None = None) -> Study:
    """Return the study of a release that has school results and nothing else."""
    words = ("title", "place", "publisher", "published", "document", "accessed", "licence")
    release = Release(
        year=YEAR, tables={}, labels={}, number=2013, maturity="SIMULATED",
        panel=None if truth is None else {"truth": dict(truth)}, **dict.fromkeys(words, "made up"),
    )  # fmt: skip
    return Study(YEAR, release, **_NOTHING, panel=panel)


@cache
def made(seed: int, settings: tuple[tuple[str, Any], ...]) -> County:
    return county(CountySettings(**dict(settings)), seed=seed, results_only=True)


def simulated(seed: int, **settings: Any) -> tuple[County, Study]:
    """Return a simulated county and its study."""
    one = made(seed, tuple(sorted(settings.items())))
    whole = panel_of(one)
    lines = one.schools[one.schools["missing"] != ""].rename(columns={"missing": "reason"})
    columns = {"ks2": OUTCOME, "ks4": "ks4_five_good_pct"}
    lines = lines.assign(urn=lines["urn"].astype(str), column=lines["stage"].map(columns))
    gaps = pd.DataFrame(
        [
            ("ks2", 2012, OUTCOME, 0.25, 71.25, 12), ("ks2", 2011, OUTCOME, -0.5, 70.5, 8),
            ("ks2", 2012, "cohort", 0, 12_000, 0),
            ("ks4", 2012, "ks4_five_good_pct", 0.125, 55.0, 13),
            ("ks4", 2012, "cohort", 0, 15_000, 0),
        ], columns=["stage", "year", "column", "gap", "from_schools", "pupils_unseen"],
    )  # fmt: skip
    gaps = gaps.assign(file="made.csv", authority=pd.NA, printed=60.0, low=50.0, high=70.0)
    gaps["schools"] = np.where(gaps["column"] == "cohort", 90, 80)
    panel = replace(whole, suppressed=lines, reconciliation=gaps)
    return one, study_of(panel, one.truth["mean_gain_last_year_pp"])


def without_schools(study: Study, urns: Iterable[str]) -> Study:
    """Return the study with these schools gone from the tables of results."""
    assert study.panel is not None
    rows = study.panel.schools
    kept = rows[~rows["urn"].isin(set(urns))].reset_index(drop=True)
    return replace(study, panel=replace(study.panel, schools=kept))


def school(
    urn: str, figures: Mapping[int, float | None], *, kind: str = "school", cohort: int = 30,
    stage: str = "ks2", definition: str = "as simulated", column: str = OUTCOME,
) -> list[dict[str, Any]]:  # fmt: skip
    """Return the rows of one school: its figure in each year, None for one that is missing."""
    return [
        {
            "urn": urn, "year": year, "stage": stage, "definition": definition,
            "school": f"School {urn}", "kind": kind, "phase": "primary", "district": "North",
            "cohort": cohort, "n_urns": 1, column: figure,
        }
        for year, figure in figures.items()
    ]  # fmt: skip


def spell(
    urn: str, collaboration: str, joined: str | None, left: str | None = None
) -> dict[str, Any]:
    return {"urn": urn, "collaboration": collaboration, "joined": joined, "left": left}


def panel_from(
    rows: list[dict[str, Any]],
    spells: list[dict[str, Any]],
    payments: Iterable[tuple[str, int, float]] = (),
) -> Panel:
    """Return a panel of plain rows, spells and payments."""
    schools = pd.DataFrame(rows).astype({"cohort": "Int64"})
    for column in (OUTCOME, "ks4_five_good_pct"):
        schools[column] = schools.get(column, pd.Series(index=schools.index)).astype(float)
    members = pd.DataFrame(spells, columns=["urn", "collaboration", "joined", "left"])
    members = members.astype({"urn": "str", "collaboration": "str"})
    members = members.assign(
        joined=pd.to_datetime(members["joined"]), left=pd.to_datetime(members["left"]),
        joined_unknown=members["joined"].isna(),
    )  # fmt: skip
    money = pd.DataFrame(list(payments), columns=["collaboration", "school_year", "funding_gbp"])
    nothing = pd.DataFrame()
    return Panel(schools, members, money, nothing, nothing, nothing)


def tiny() -> Panel:
    """Return twelve schools: three pairs of members, six others, results of 2010 to 2013.

    Beside them a special school, one without the first figure, one without the last, one whose
    day of joining nobody knows and one that joined too late to be a member.
    """
    before = (60.0, 66, 71, 58, 75, 62, 64, 70, 57, 73, 61, 68)
    gain = (9.0, 4, 8, 12, 1, 7, 3, -6, 5, 0, 4, 1)
    rows = []
    for at, (start, more) in enumerate(zip(before, gain, strict=True)):
        wave = (-1) ** at
        years = {2010: start - 2 + wave, 2011: start, 2012: start + more / 2, 2013: start + more}
        rows += school(f"{at + 1:03d}", years, cohort=20 + 3 * at)
    full = {2010: 60.0, 2011: 61.0, 2012: 62.0, 2013: 63.0}
    rows += school("101", dict.fromkeys(full), kind=SPECIAL)
    rows += school("102", {**full, 2011: None})
    rows += school("103", {**full, 2013: None})
    rows += school("104", full)
    rows += school("105", {**full, 2013: 66.0})
    spells = [
        *(spell(f"{at:03d}", f"Group {(at + 1) // 2}", "2011-09-01") for at in range(1, 7)),
        spell("101", "Group 4", "2011-09-01"), spell("103", "Group 1", "2011-09-01"),
        spell("104", "Group 2", None), spell("105", "Group 3", "2012-09-02"),
    ]  # fmt: skip
    return panel_from(rows, spells)


def designed(panel: Panel, stage: str = "ks2", **entries: Any) -> Design:
    return design_of(study_of(panel), plan_with(**entries), stage)


def answered(
    finding: str, study: Study, given: Plan | None = None, settings: Settings = QUICK
) -> Estimate:
    """Return the answer to a finding of the plan, with few draws."""
    return ask(finding, study, given or quick_plan(), settings)


def number(estimate: Estimate, suffix: str = "") -> float:
    """Return the value of one of an estimate's numbers."""
    name = f"{estimate.question.id}.{suffix}" if suffix else estimate.question.id
    value = estimate.quantities[name].value
    assert value is not None, name
    return value


def said(estimate: Estimate) -> list[str]:
    """Return all that a reader could be told of an estimate: words, labels, reasons."""
    verdict = estimate.verdict
    told = [*verdict.reasons, *verdict.needs, verdict.words]
    told += [text for one in estimate.quantities.values() for text in (one.text, one.words or "")]
    rows = estimate.rows
    for column in rows.columns.intersection(["label", "reason", "step", "covariate", "verdict"]):
        told += [str(value) for value in rows[column]]
    return told
