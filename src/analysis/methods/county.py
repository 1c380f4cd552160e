"""A made-up county with a known truth: school results, a dated roster, money and report tables."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from analysis.methods.county_parts import (
    DISTRICTS,
    MISSING,
    NEVER,
    PHASES,
    CountySettings,
    Floats,
    Ints,
    Results,
    Rng,
    Roster,
    Schools,
    bounded,
    draw_money,
    draw_roster,
    draw_schools,
    shifted,
    summed,
)
from analysis.methods.county_tables import (
    GAINS,
    OFSTED,
    OUTCOMES,
    collaboration_table,
    coverage_table,
    gains_table,
    money_heading,
    names,
    printed,
    printed_schools,
    words,
)

FIRST_URN = 900_001


@dataclass(frozen=True)
class County:
    """A simulated county, every name in it made up.

    Parameters
    ----------
    schools : DataFrame
        One row a URN and year: ``urn``, ``year``, ``stage`` (``ks2``, ``ks4``), ``phase``,
        ``district``, ``cohort``, ``ks2_expected_pct`` and ``ks4_five_good_pct`` in whole per cent,
        and ``missing``, an empty text or why the stage's result is not there: ``SUPP`` few
        pupils, ``NP`` not published, ``NE`` no entries, ``NEW`` first row of a new URN, whose
        predecessor has the year's figures. The other stage's column never has a number.
    members : DataFrame
        One row a membership, under the URN of the day it began: ``urn``, ``collaboration``,
        ``joined``, ``left`` (ISO dates; missing if unknown or still a member).
    funding : DataFrame
        ``collaboration``, ``school_year`` (the year it ends in), ``funding_gbp``.
    successors : DataFrame
        ``urn`` and its ``successor``.
    collaborations : DataFrame
        One row a group as of the autumn after the last tests: ``collaboration``, ``area``,
        ``district``, a funding column each paid year, ``continuing``, ``n_schools``, five grades,
        ``good_or_better_pct``.
    gains : DataFrame
        ``collaboration`` and ``gain_ks2_1_pp`` to ``gain_ks4_3_pp``: last year less the year
        before, mean over the group's schools, in whole percentage points.
    coverage : DataFrame
        ``phase``, ``members``, ``schools``, ``printed_pct``.
    truth : dict
        ``settings``; ``n_members`` (ever, by phase); ``n_second`` (schools in two groups);
        ``mean_gain_pp`` and ``mean_gain_last_year_pp`` (by stage: mean true difference over
        member school-years); ``icc`` (by stage: share of a result's variance from year to year
        that a group has in common); ``roster`` (true dates, and the school's number, which is
        the same under both its URNs); ``results`` (one row a school and year: the exact
        percentage drawn, the true ones with and without the gain, ``years_member``,
        ``gbp_100_per_pupil``).
    """

    schools: pd.DataFrame
    members: pd.DataFrame
    funding: pd.DataFrame
    successors: pd.DataFrame
    collaborations: pd.DataFrame
    gains: pd.DataFrame
    coverage: pd.DataFrame
    truth: dict[str, Any]


def county(settings: CountySettings, *, seed: int, results_only: bool = False) -> County:
    """Return a simulated county whose truth is known, as its figures would be published.

    Each part has its own stream of random numbers, so that a setting that is no part of, say,
    the roster leaves the roster of a seed as it is.

    Parameters
    ----------
    settings : CountySettings
        What the county is made of.
    seed : int
        The same seed gives the same county.
    results_only : bool, optional
        Whether to leave the report's tables (``collaborations``, ``gains``, ``coverage``) empty,
        which saves a third of the time.

    Raises
    ------
    ValueError
        If the seed is negative or the overlap asked for cannot be had.

    References
    ----------
    Morris, T. P., White, I. R. and Crowther, M. J. (2019). Using simulation studies to evaluate
    statistical methods. Statistics in Medicine 38, 2074-2102.
    """
    if seed < 0:
        raise ValueError(f"seed is {seed}: expected 0 or more")
    rngs = [np.random.Generator(np.random.PCG64([seed, part])) for part in range(5)]
    schools = draw_schools(settings, rngs[0])
    roster = draw_roster(settings, schools, rngs[1])
    money = draw_money(settings, schools, roster, rngs[2])
    results = _draw_results(settings, schools, roster, money, rngs[3])
    memberships = _roster_rows(schools, roster)
    report = [pd.DataFrame()] * 3
    if not results_only:
        report = [
            collaboration_table(settings, schools, roster, money, rngs[4]),
            gains_table(settings, schools, roster, results, rngs[4]),
            coverage_table(settings, schools, roster),
        ]
    return County(
        schools=_school_rows(settings, schools, results),
        members=_member_rows(roster, memberships),
        funding=_payments(settings, money),
        successors=_successors(schools),
        collaborations=report[0],
        gains=report[1],
        coverage=report[2],
        truth=_truth(settings, schools, results, memberships),
    )


def _draw_results(
    s: CountySettings, schools: Schools, roster: Roster, money: Ints, rng: Rng
) -> Results:
    """Return the results of a `county`, with and without what membership and money add."""
    shape = schools.cohort.shape
    joined = np.zeros((shape[0], len(roster.start)))
    joined[roster.school, roster.group] = 1
    ever = joined.any(axis=1)
    luck = s.sd_collaboration_year_pp * rng.standard_normal((len(roster.start), shape[1]))
    shared = joined @ luck / np.maximum(joined.sum(axis=1), 1)[:, None]
    shared += s.member_trend_pp * np.outer(ever, s.years - s.first_year)
    without = bounded(schools.share + shared / 100)
    years_member, dose = _exposed(s, roster, shape), _doses(s, schools, roster, money)
    gain = np.where(years_member > 0, s.gain_pp + s.gain_growth_pp * (years_member - 1), 0)
    gain = (gain + s.money_pp_per_100_gbp * dose) * schools.tested[:, None]
    share = bounded(without + gain / 100)
    gone = np.where(ever, s.missing_member_share, s.missing_other_share)[:, None]
    missing = np.where(rng.random(shape) < gone, MISSING.index("NP"), 0)
    missing[schools.cohort < s.suppress_below] = MISSING.index("SUPP")
    missing[~schools.tested] = MISSING.index("NE")
    passed = shifted(rng, schools.passed, schools.cohort, schools.share, without)
    passed = shifted(rng, passed, schools.cohort, without, share)
    return Results(
        share_without=without,
        share=share,
        passed=passed,
        published_pct=(200 * passed + schools.cohort) // (2 * schools.cohort),
        missing=missing,
        years_member=years_member,
        dose_100_gbp=dose,
    )


def _exposed(s: CountySettings, roster: Roster, shape: tuple[int, ...]) -> Ints:
    """Return how many whole school years a member before the tests, 0 where not one now."""
    held = np.zeros(shape, dtype=bool)
    for at, year in enumerate(s.years):
        held[roster.school[roster.held(year)], at] = True
    return np.where(held, np.cumsum(held, axis=1), 0)


def _doses(s: CountySettings, schools: Schools, roster: Roster, money: Ints) -> Floats:
    """Return the money that acts on each result, in GBP 100 per pupil tested."""
    dose = np.zeros(schools.cohort.shape)
    for at, year in enumerate(s.years - s.money_lag):
        if year not in s.money_years:
            continue
        held = roster.held(year)
        pupils = summed(roster, schools.cohort[:, at].astype(float), year)
        each = money[:, s.money_years.index(year)] / np.maximum(pupils, 1) / 100
        np.add.at(dose[:, at], roster.school[held], each[roster.group[held]])
    return dose


def _successor_urns(schools: Schools) -> Ints:
    """Return each school's later URN, which is the first where it never changes."""
    own = FIRST_URN + np.arange(len(schools.phase))
    changes = schools.changes_urn > 0
    return np.where(changes, FIRST_URN + len(own) - 1 + np.cumsum(changes), own)


def _urns(schools: Schools, school: Ints, year: Ints) -> Ints:
    """Return the URN under which a school has its figures of a year."""
    changed = (schools.changes_urn[school] > 0) & (year > schools.changes_urn[school])
    return np.where(changed, _successor_urns(schools)[school], FIRST_URN + school)


def _successors(schools: Schools) -> pd.DataFrame:
    old = np.flatnonzero(schools.changes_urn)
    return pd.DataFrame({"urn": FIRST_URN + old, "successor": _successor_urns(schools)[old]})


def _school_rows(s: CountySettings, schools: Schools, results: Results) -> pd.DataFrame:
    n, n_years = schools.cohort.shape
    changed = np.flatnonzero(schools.changes_urn)
    school = np.append(np.repeat(np.arange(n), n_years), changed)
    year = np.append(np.tile(s.years, n), schools.changes_urn[changed])
    new = np.arange(len(school)) >= n * n_years
    cell = school, year - s.first_year
    missing = np.where(new, MISSING.index("NEW"), results.missing[cell])
    pct = np.where(missing == 0, results.published_pct[cell], np.nan)
    secondary = schools.phase[school] == PHASES.index("secondary")
    frame = pd.DataFrame(
        {
            "urn": np.where(new, _successor_urns(schools)[school], _urns(schools, school, year)),
            "year": year,
            "stage": words(tuple(OUTCOMES), secondary.astype(int)),
            "phase": words(PHASES, schools.phase[school]),
            "district": words(DISTRICTS, schools.district[school]),
            "cohort": pd.arrays.IntegerArray(schools.cohort[cell], new),
            OUTCOMES["ks2"]: np.where(secondary, np.nan, pct),
            OUTCOMES["ks4"]: np.where(secondary, pct, np.nan),
            "missing": words(MISSING, missing),
        }
    )
    return frame.sort_values(["urn", "year"], ignore_index=True)


def _roster_rows(schools: Schools, roster: Roster) -> pd.DataFrame:
    """Return all memberships with their true dates and the school's number."""
    begins = roster.start[roster.group]
    joined = pd.Series(begins.astype(str), dtype="str") + "-09-01"
    left = pd.Series(roster.last.astype(str), dtype="str") + "-08-31"
    return pd.DataFrame(
        {
            "school": roster.school,
            "urn": _urns(schools, roster.school, begins + 1),
            "collaboration": names(roster.group),
            "joined": joined,
            "left": left.where(roster.last != NEVER),
        }
    )


def _member_rows(roster: Roster, rows: pd.DataFrame) -> pd.DataFrame:
    """Return the memberships as the roster shows them."""
    shown = rows.drop(columns="school").assign(joined=rows["joined"].where(roster.known))
    return shown.sort_values(["collaboration", "urn"], ignore_index=True)


def _payments(s: CountySettings, money: Ints) -> pd.DataFrame:
    group, at = np.nonzero(money)
    years = np.array(s.money_years, dtype=np.int64)[at]
    paid = {"school_year": years, "funding_gbp": money[group, at]}
    return pd.DataFrame({"collaboration": names(group), **paid})


def _truth(
    s: CountySettings, schools: Schools, results: Results, rows: pd.DataFrame
) -> dict[str, Any]:
    n_groups = np.bincount(rows["school"], minlength=len(schools.phase))
    ever = np.bincount(schools.phase[n_groups > 0], minlength=len(PHASES))
    true: dict[str, Any] = {
        "settings": s,
        "n_members": dict(zip(PHASES, ever.tolist(), strict=True)),
        "n_second": int((n_groups > 1).sum()),
        "roster": rows,
        "results": _exact(s, schools, results),
    }
    shared, own = s.sd_collaboration_year_pp**2, s.sd_school_year_pp**2
    pupils = 1e4 * results.share * (1 - results.share) / schools.cohort
    gain = 100 * (results.share - results.share_without)
    for name in ("icc", "mean_gain_pp", "mean_gain_last_year_pp"):
        true[name] = {}
    for stage, phase in (("ks2", 0), ("ks4", 1)):
        member = (results.years_member > 0) & (schools.phase == phase)[:, None]
        true["mean_gain_pp"][stage] = _mean(gain[member])
        true["mean_gain_last_year_pp"][stage] = _mean(gain[:, -1][member[:, -1]])
        chance = _mean(pupils[schools.phase == phase])
        true["icc"][stage] = shared / (shared + own + chance)
    return true


def _mean(values: Floats) -> float:
    return float(values.mean()) if values.size else math.nan


def _exact(s: CountySettings, schools: Schools, results: Results) -> pd.DataFrame:
    n, n_years = schools.cohort.shape
    secondary = np.repeat(schools.phase == PHASES.index("secondary"), n_years)
    exact = (100 * results.passed / schools.cohort).ravel()
    school, year = np.repeat(np.arange(n), n_years), np.tile(s.years, n)
    return pd.DataFrame(
        {
            "school": school,
            "urn": _urns(schools, school, year),
            "year": year,
            "ks2_expected_pct_exact": np.where(secondary, np.nan, exact),
            "ks4_five_good_pct_exact": np.where(secondary, exact, np.nan),
            "true_pct": (100 * results.share).ravel(),
            "true_without_pct": (100 * results.share_without).ravel(),
            "years_member": results.years_member.ravel(),
            "gbp_100_per_pupil": results.dose_100_gbp.ravel(),
        }
    )


def as_csv(made: County) -> dict[str, pd.DataFrame]:
    """Return the tables of a `county` as a council would print them, every cell a text.

    Returns
    -------
    dict of DataFrame
        ``schools``, ``members``, ``successors``, ``funding`` (wide), ``ofsted``, ``gains`` and
        ``coverage``, under the report's headings where it has such a table.

    Raises
    ------
    ValueError
        If the county was made without the report's tables.
    """
    if made.collaborations.empty:
        raise ValueError("the county was made with results_only: expected the report's tables too")
    last = made.truth["settings"].last_year
    groups = made.collaborations.assign(number=np.arange(1, len(made.collaborations) + 1))
    paid = [column for column in groups if column.startswith("funding_")]
    listed = groups[groups[paid].notna().any(axis=1)]
    heading = {"area": "Area", "district": "District", "collaboration": "Collaboration name"}
    heading |= {column: money_heading(column, last) for column in paid}
    heading["continuing"] = f"Collabtn continuing in {last}/{(last + 1) % 100:02d}"
    gains = {"collaboration": "name"} | {name: name[5:-3] for name in GAINS}
    by_phase = made.coverage.assign(phase=made.coverage["phase"].str.title())
    coverage = {name: name for name in by_phase} | {"printed_pct": "printed percentage"}
    return {
        "schools": printed_schools(made.schools),
        "members": printed(made.members),
        "successors": printed(made.successors),
        "funding": printed(listed, heading),
        "ofsted": printed(groups, OFSTED),
        "gains": printed(made.gains, gains),
        "coverage": printed(by_phase, coverage),
    }
