"""What a simulated county is made of: its settings, schools, roster and money, as arrays."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
Rng = np.random.Generator
PHASES = ("primary", "secondary", "special")
SPECIAL = PHASES.index("special")
MISSING = ("", "SUPP", "NP", "NE", "NEW")
AREAS = ("North", "East", "South", "West")
DISTRICTS = tuple(f"District {letter}" for letter in "ABCDEFGHIJKL")
NEVER = 9999
_TRIES = 1000


@dataclass(frozen=True)
class CountySettings:
    """What a simulated county is made of; the defaults have the margins of the 2013 report.

    A school year is named by the year it ends in. Tests are each May, memberships begin on
    1 September and end on 31 August.

    Parameters
    ----------
    n_collaborations : int
        Groups. If there are special schools, the last group is theirs and no other school's.
    n_primary, n_secondary, n_special : int
        Schools of each phase. Special schools enter nobody for the tests.
    primary_share, secondary_share : float
        Shares of schools that ever join; special schools all do.
    size_log_sd : float
        Standard deviation of the logarithm of a group's size above its first school.
    overlap : float
        Share of the primary and secondary members that are in a second group as well.
    first_year, last_year : int
        First and last tests.
    join_years, join_shares : tuple
        The Septembers in which groups start, and the shares of memberships that start in each.
        A school that joins in September of `last_year` or later does so after all results.
    leavers_share : float
        Chance of a membership of a year or more by `last_year` to have ended, the first of each
        group apart.
    unknown_join_share : float
        Chance of a membership's first day to be missing from the roster.
    selection : float
        Logit slope of joining on how far, in standard deviations of its phase, a school's result
        of the May before the first join year lies BELOW its phase's mean.
    gain_pp, gain_growth_pp : float
        True gain in percentage points of a school that was a member, of one group or of two, for
        the whole school year before the tests, and what each further such year adds.
    money_pp_per_100_gbp : float
        True slope of results in percentage points per GBP 100 per pupil: a group's money divided
        by the tested year's pupils (the cohorts) of its members of the year it is paid in, added
        up over a school's groups.
    money_lag : int
        School years between payment and the tests it acts on; 0 is paid in the same school year.
    trend_pp, member_trend_pp : float
        Rise a year of all schools, and of ever-members on top: a breach of parallel trends.
    ks2_mean_pct, ks4_mean_pct : float
        Mean percentages in the first year.
    sd_ks2_pp, sd_ks4_pp : float
        Standard deviation of lasting differences between schools, which end at 2 such.
    sd_school_year_pp, sd_collaboration_year_pp : float
        Standard deviations of a year's passing luck of a school, and of one that a group's
        schools share (a school in two groups has the mean of theirs), before pupils' chance.
    primary_cohort, secondary_cohort : float
        Median numbers of pupils tested.
    small_share : float
        Share of primary schools with only 3 to 8 pupils tested.
    suppress_below : int
        Results of fewer pupils are not published.
    missing_member_share, missing_other_share : float
        Chance of a result to be missing, of ever-members and of others.
    academies_share : float
        Share of schools whose URN changes once.
    money_years : tuple of int
        School years with money; the wide table prints them all.
    award_shares : tuple of float
        Share of the formula's sum that is paid in each of `money_years`.
    unpaid_share : float
        Chance of a group to get nothing in one of those years.
    guide_primary_gbp, guide_secondary_gbp : float
        The formula's sums for a member school.
    money_noise : float
        Standard deviation of the logarithm of money round the formula.
    measure_correlation : float
        Correlation of chance between the first and each other made-up measure of a stage.
    improvers_only : bool
        Whether the table of gains shows only groups none of whose measures fell.

    Raises
    ------
    ValueError
        If a setting is out of its range or two do not fit.
    """

    n_collaborations: int = 77
    n_primary: int = 449
    n_secondary: int = 101
    n_special: int = 24
    primary_share: float = 402 / 449
    secondary_share: float = 56 / 101
    size_log_sd: float = 0.82
    overlap: float = 0.33
    first_year: int = 2008
    last_year: int = 2013
    join_years: tuple[int, ...] = (2010, 2011, 2012, 2013)
    join_shares: tuple[float, ...] = (0.25, 0.25, 0.3, 0.2)
    leavers_share: float = 0.03
    unknown_join_share: float = 0.03
    selection: float = 0.0
    gain_pp: float = 3.0
    gain_growth_pp: float = 0.0
    money_pp_per_100_gbp: float = 0.0
    money_lag: int = 0
    trend_pp: float = 1.0
    member_trend_pp: float = 0.0
    ks2_mean_pct: float = 70.0
    ks4_mean_pct: float = 52.0
    sd_ks2_pp: float = 9.0
    sd_ks4_pp: float = 14.0
    sd_school_year_pp: float = 3.0
    sd_collaboration_year_pp: float = 2.0
    primary_cohort: float = 35.0
    secondary_cohort: float = 165.0
    small_share: float = 0.02
    suppress_below: int = 6
    missing_member_share: float = 0.02
    missing_other_share: float = 0.04
    academies_share: float = 0.15
    money_years: tuple[int, ...] = (2013, 2014)
    award_shares: tuple[float, ...] = (0.86, 0.36)
    unpaid_share: float = 0.05
    guide_primary_gbp: float = 7_000.0
    guide_secondary_gbp: float = 12_000.0
    money_noise: float = 0.2
    measure_correlation: float = 0.45
    improvers_only: bool = True

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if field.type == "int" and not isinstance(value, int):
                raise ValueError(f"{field.name} is {value}: expected a whole number")
            _check_range(field.name, value)
        _check_fit(self)

    @property
    def years(self) -> Ints:
        """Return the years of the tests, shape (n_years,)."""
        return np.arange(self.first_year, self.last_year + 1)


@dataclass(frozen=True)
class Schools:
    """Schools before any collaboration; `share` and `passed` (school by year) are pupils'."""

    phase: Ints
    district: Ints
    cohort: Ints
    share: Floats
    passed: Ints
    grade: Ints
    changes_urn: Ints

    @property
    def tested(self) -> Bools:
        """Return which schools enter pupils for the tests."""
        return np.asarray(self.phase != SPECIAL)


@dataclass(frozen=True)
class Roster:
    """Memberships: school, group, last tests; each group's September of start, by its year."""

    school: Ints
    group: Ints
    last: Ints
    known: Bools
    start: Ints

    def held(self, year: int) -> Bools:
        """Return which memberships lasted for the whole school year up to the tests of `year`."""
        return np.asarray((self.start[self.group] < year) & (year <= self.last))


@dataclass(frozen=True)
class Results:
    """School by year: probabilities without and with the gain, pupils who passed, missing code."""

    share_without: Floats
    share: Floats
    passed: Ints
    published_pct: Ints
    missing: Ints
    years_member: Ints
    dose_100_gbp: Floats


def _check_range(name: str, value: Any) -> None:
    values = value if isinstance(value, tuple) else (value,)
    if not all(math.isfinite(one) for one in values):
        raise ValueError(f"{name} is {value}: expected finite numbers")
    signed = name == "selection" or ("_pp" in name and not name.startswith("sd_"))
    if not signed and min(values, default=0) < 0:
        raise ValueError(f"{name} is {value}: expected no negative number")
    at_most = 1 if name.endswith(("_share", "join_shares", "overlap", "correlation")) else math.inf
    if max(values, default=0) > (99 if name.endswith("mean_pct") else at_most):
        raise ValueError(f"{name} is {value}: too large")


def _check_fit(s: CountySettings) -> None:
    """Raise ValueError for settings that no county can have together."""
    if not s.first_year < s.last_year:
        raise ValueError(f"first_year {s.first_year}, last_year {s.last_year}: expected two years")
    if not s.join_years or not s.first_year <= min(s.join_years) <= s.last_year:
        raise ValueError(f"join_years are {s.join_years}: expected the first among the years")
    if len(s.join_shares) != len(s.join_years) or abs(sum(s.join_shares) - 1) > 1e-9:
        raise ValueError(f"join_shares are {s.join_shares}: expected one a join year, adding to 1")
    if list(s.join_years) != sorted(set(s.join_years)):
        raise ValueError(f"join_years are {s.join_years}: expected rising years")
    if len(s.award_shares) != len(s.money_years) or len(set(s.money_years)) != len(s.money_years):
        raise ValueError(f"money_years {s.money_years}: expected one of award_shares for each")
    members = round(s.primary_share * s.n_primary) + round(s.secondary_share * s.n_secondary)
    groups = s.n_collaborations - bool(s.n_special)
    if not 1 + (s.overlap > 0) <= groups <= members:
        raise ValueError(f"{groups} groups for {members} schools that join: they do not fit")


def draw_schools(s: CountySettings, rng: Rng) -> Schools:
    """Return the schools of a `county`, with the results they would have each by itself."""
    counts = (s.n_primary, s.n_secondary, s.n_special)
    phase = np.repeat(np.arange(len(PHASES)), counts)
    level = np.clip(rng.standard_normal(len(phase)), -2, 2)
    mean = np.array([s.ks2_mean_pct, s.ks4_mean_pct, s.ks2_mean_pct])[phase]
    spread = np.array([s.sd_ks2_pp, s.sd_ks4_pp, s.sd_ks2_pp])[phase]
    pct = (mean + spread * level)[:, None] + s.trend_pp * (s.years - s.first_year)
    share = bounded((pct + s.sd_school_year_pp * rng.standard_normal(pct.shape)) / 100)
    cohort = np.maximum(1, rng.poisson(_sizes(s, phase, rng)[:, None], pct.shape))
    changes = np.zeros(len(phase), dtype=np.int64)
    n_tested = s.n_primary + s.n_secondary
    which = rng.choice(n_tested, round(s.academies_share * n_tested), replace=False)
    changes[which] = rng.integers(s.first_year, s.last_year, len(which))
    return Schools(
        phase=phase,
        district=rng.integers(0, len(DISTRICTS), len(phase)),
        cohort=cohort,
        share=share,
        passed=rng.binomial(cohort, share),
        grade=_grades(level, rng),
        changes_urn=changes,
    )


def _sizes(s: CountySettings, phase: Ints, rng: Rng) -> Floats:
    """Return the expected number of pupils tested each year, shape (n_schools,)."""
    median = np.array([s.primary_cohort, s.secondary_cohort, 8.0])[phase]
    log_sd = np.array([0.4, 0.18, 0.2])[phase]
    sizes = median * np.exp(log_sd * rng.standard_normal(len(phase)))
    small = (phase == 0) & (rng.random(len(phase)) < s.small_share)
    return np.where(small, rng.uniform(3, 8, len(phase)), sizes)


def _grades(level: Floats, rng: Rng) -> Ints:
    """Return 0 outstanding, 1 good, 2 requires improvement, 3 inadequate, 4 not inspected.

    The shares are those of the 635 memberships of the report's Ofsted table.
    """
    order = np.argsort(-(0.5 * level + math.sqrt(0.75) * rng.standard_normal(len(level))))
    rank = np.empty(len(level))
    rank[order] = (np.arange(len(level)) + 0.5) / max(len(level), 1)
    inspected = np.cumsum([93, 359, 139]) / (93 + 359 + 139 + 27)
    grade = np.searchsorted(inspected, rank)
    return np.where(rng.random(len(level)) < 17 / 635, 4, grade)


def draw_roster(s: CountySettings, schools: Schools, rng: Rng) -> Roster:
    """Return who joins what and when in a `county`; weak results may make joining likelier.

    Raises
    ------
    ValueError
        If the overlap asked for cannot be had with so few groups.
    """
    joiners = _joiners(s, schools, rng)
    group, second = _places(s, len(joiners), rng)
    school = np.empty(len(group), dtype=np.int64)
    school[~second] = joiners[np.lexsort((rng.random(len(joiners)), schools.district[joiners]))]
    school[second] = _seconds(school, group, second, rng)
    start = _starts(s, group, rng)
    leads = np.diff(group, prepend=-1) > 0
    first = start[group] + 1
    stays = (rng.random(len(group)) >= s.leavers_share) | leads | (first > s.last_year)
    leaves = first + np.floor(rng.random(len(group)) * (s.last_year - first + 1)).astype(int)
    known = rng.random(len(group)) >= s.unknown_join_share
    special = np.flatnonzero(~schools.tested)
    n, begin = len(special), min(s.join_years)
    return Roster(
        school=np.append(school, special),
        group=np.append(group, np.full(n, len(start))),
        last=np.append(np.where(stays, NEVER, leaves), np.full(n, NEVER)),
        known=np.append(known, np.ones(n, dtype=bool)),
        start=np.append(start, begin) if n else start,
    )


def _joiners(s: CountySettings, schools: Schools, rng: Rng) -> Ints:
    """Return the tested schools that ever join: logit, with the number of each phase exact."""
    before = min(s.join_years) - s.first_year
    result = schools.passed[:, before] / schools.cohort[:, before]
    chosen = []
    for phase, share in enumerate((s.primary_share, s.secondary_share)):
        of = np.flatnonzero(schools.phase == phase)
        below = result[of].mean() - result[of] if len(of) else np.zeros(0)
        sd = below.std() if len(of) else 0.0
        likely = s.selection * below / (sd or 1.0) + rng.logistic(size=len(of))
        chosen.append(of[np.argsort(-likely, kind="stable")[: round(share * len(of))]])
    return np.sort(np.concatenate(chosen))


def _places(s: CountySettings, n: int, rng: Rng) -> tuple[Ints, Bools]:
    """Return each place's group, in order, and whether it is for a school's second membership."""
    n_groups = s.n_collaborations - bool(s.n_special)
    n_second = round(s.overlap * n)
    weights = np.exp(s.size_log_sd * rng.standard_normal(n_groups))
    exact = weights / weights.sum() * (n + n_second - n_groups)
    sizes = np.floor(exact).astype(int) + 1
    lacking = n + n_second - int(sizes.sum())
    sizes[np.argsort(np.floor(exact) - exact, kind="stable")[:lacking]] += 1
    group = np.repeat(np.arange(n_groups), sizes)
    second = np.zeros(len(group), dtype=bool)
    followers = np.flatnonzero(np.diff(group, prepend=-1) == 0)
    second[rng.choice(followers, n_second, replace=False)] = True
    return group, second


def _seconds(school: Ints, group: Ints, second: Bools, rng: Rng) -> Ints:
    """Return a school for each second place, not far away and none twice in one group."""
    at, filled = np.flatnonzero(second), np.flatnonzero(~second)
    pick = filled[np.sort(rng.choice(len(filled), len(at), replace=False))]
    for reach in range(60, 60 + _TRIES):
        clashes = np.flatnonzero(group[pick] == group[at])
        if not len(clashes):
            return school[pick]
        for i, j in zip(clashes, rng.integers(0, reach, len(clashes)) + clashes, strict=True):
            other = j % len(at)
            pick[i], pick[other] = pick[other], pick[i]
    raise ValueError(f"found no second group for {len(clashes)} schools: overlap is too large")


def _starts(s: CountySettings, group: Ints, rng: Rng) -> Ints:
    """Return the September in which each group starts, near the shares of memberships asked."""
    sizes = np.bincount(group)
    order = rng.permutation(len(sizes))
    middle = (np.cumsum(sizes[order]) - sizes[order] / 2) / len(group)
    start = np.empty(len(sizes), dtype=np.int64)
    start[order] = np.array(s.join_years)[np.searchsorted(np.cumsum(s.join_shares)[:-1], middle)]
    return start


def draw_money(s: CountySettings, schools: Schools, roster: Roster, rng: Rng) -> Ints:
    """Return money of a `county` in GBP to the nearest 100, shape (n_groups, n_money_years)."""
    guide = np.array([s.guide_primary_gbp, s.guide_secondary_gbp, 0.0])[schools.phase]
    shape = (len(roster.start), len(s.money_years))
    factor = np.exp(s.money_noise * rng.standard_normal(shape) - s.money_noise**2 / 2)
    factor *= (rng.random(shape) >= s.unpaid_share) * np.array(s.award_shares)
    columns = [summed(roster, guide, year) for year in s.money_years]
    formula = np.stack(columns, axis=1) if columns else np.zeros(shape)
    return (np.floor(formula * factor / 100 + 0.5) * 100).astype(np.int64)


def summed(roster: Roster, of_school: Floats, year: int) -> Floats:
    """Return the sum over the members of each group of a `county` in a school year."""
    held = roster.held(year)
    weights = of_school[roster.school[held]]
    total = np.bincount(roster.group[held], weights, minlength=len(roster.start))
    return total.astype(np.float64)


def bounded(share: Floats) -> Floats:
    """Return the probabilities of a `county` kept within 1 to 99 per cent."""
    return np.asarray(np.clip(share, 0.01, 0.99), dtype=np.float64)


def shifted(rng: Rng, passed: Ints, cohort: Ints, old: Floats, new: Floats) -> Ints:
    """Return pupils of a `county` who pass at `new` when `passed` do at `old`, few changing."""
    up = rng.binomial(cohort - passed, np.maximum(new - old, 0) / (1 - old))
    return passed + up - rng.binomial(passed, np.maximum(old - new, 0) / old)
