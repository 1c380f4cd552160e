"""Tests of the sums: schools against the row that their own file prints for the authority."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import school_world
from school_world import OTHERS, SPECIAL, YEAR, YEARS, school, schools, with_totals
from world import World

from analysis.errors import DataError, Problem
from analysis.sources.performance import Results
from analysis.tables.reconcile import COLUMNS, check_reconciled, reconcile
from analysis.tables.tidy import make_study

Rows = list[list[str]]
CSV = f"data/raw/{YEAR}/schools.csv"


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    return school_world.made(tmp_path, monkeypatch)


def read(world: World, rows: Rows) -> Results:
    school_world.rewrite(world, "schools", rows)
    return school_world.results(world)


def line(gaps: pd.DataFrame, year: int, column: str) -> pd.Series:
    return gaps[(gaps["year"] == year) & (gaps["column"] == column)].iloc[0]


def refusals(results: Results) -> list[Problem]:
    with pytest.raises(DataError) as caught:
        check_reconciled(reconcile(results), [results])
    return caught.value.problems


def two(world: World, cohorts: tuple[int, int], printed: tuple[str, str], total: str) -> Results:
    """Return a file of two schools and their authority."""
    pairs = zip(OTHERS, cohorts, printed, strict=False)
    rows = [school(urn, 2031, cohort, share) for urn, cohort, share in pairs]
    return read(world, [*rows, ["LA", "", "", "2031", "", "", str(sum(cohorts)), total]])


def test_a_file_that_adds_up_agrees_in_every_line(made: World) -> None:
    found = school_world.results(made)
    gaps = reconcile(found)
    check_reconciled(gaps, [found])
    assert gaps[["year", "column"]].to_numpy().tolist() == [
        [year, column] for year in YEARS for column in ("cohort", "ks2_expected_pct")
    ]
    assert gaps["agrees"].all()
    assert list(gaps.columns) == COLUMNS
    assert gaps["row"].tolist() == [47, 47, 48, 48, 49, 49]
    assert (gaps.loc[gaps["column"] == "cohort", "gap"] == 0).all()


def test_a_percentage_is_the_mean_by_cohort_and_not_that_of_schools(made: World) -> None:
    gaps = reconcile(two(made, (90, 10), ("50%", "100%"), "55%"))
    share = line(gaps, 2031, "ks2_expected_pct")
    assert (share["from_schools"], share["printed"], share["gap"]) == (55.0, 55.0, 0.0)
    assert (share["pupils"], share["schools"]) == (100, 2)
    assert not reconcile(two(made, (90, 10), ("50%", "100%"), "75%"))["agrees"].all()


def test_special_schools_count_among_the_pupils(made: World) -> None:
    found = school_world.results(made)
    ordinary = replace(found, schools=found.schools[found.schools["kind"] == "school"])
    codes = [(p.code, p.column, p.found) for p in refusals(ordinary)]
    said = "Cohort 470 in the authority's own row"
    assert codes == [("reconciliation", "cohort", said)] * len(YEARS)


def test_a_suppressed_figure_leaves_an_interval_from_none_to_all(made: World) -> None:
    gaps = reconcile(two(made, (90, 10), ("50%", "SUPP"), "45%"))
    share = line(gaps, 2031, "ks2_expected_pct")
    # By hand: (90 x 50 + 0) / 100 and (90 x 50 + 10 x 100) / 100.
    assert (share["low"], share["high"]) == (45.0, 55.0)
    assert (share["from_schools"], share["pupils"], share["pupils_unseen"]) == (50.0, 90, 10)


@pytest.mark.parametrize(
    ("total", "agrees"), [("43%", False), ("45%", True), ("55%", True), ("57%", False)]
)
def test_the_authoritys_figure_may_lie_anywhere_in_that_interval(
    made: World, total: str, agrees: bool
) -> None:
    share = line(reconcile(two(made, (90, 10), ("50%", "SUPP"), total)), 2031, "ks2_expected_pct")
    assert share["tolerance"] < 1.5
    assert bool(share["agrees"]) is agrees


@pytest.mark.parametrize(("printed", "step"), [("50%", 1.0), ("50.3%", 0.1)])
def test_printed_figures_are_as_exact_as_their_last_place(
    made: World, printed: str, step: float
) -> None:
    gaps = reconcile(two(made, (30, 40), (printed, printed), printed))
    tolerance = line(gaps, 2031, "ks2_expected_pct")["tolerance"]
    # Half a step, and three standard deviations of the mean of two uniform errors, weights 3 : 4.
    assert tolerance == pytest.approx(step * (0.5 + 3 / np.sqrt(12) * 5 / 7), rel=1e-12)  # floats


def test_rounding_of_every_school_stays_within_the_tolerance(made: World) -> None:
    """Exact shares of a thousand made-up files, rounded as printed, are never refused."""
    rng = np.random.Generator(np.random.PCG64(7))
    found = school_world.results(made)
    of_year = found.schools[(found.schools["year"] == 2031) & (found.schools["urn"] != SPECIAL)]
    total = found.totals[found.totals["year"] == 2031]
    refused = 0
    for _ in range(200):
        cohort = rng.integers(10, 90, len(of_year))
        exact = rng.uniform(20, 95, len(of_year))
        rows = of_year.assign(cohort=cohort, ks2_expected_pct=np.round(exact))
        mean = float(np.round(np.average(exact, weights=cohort)))
        whole = total.assign(cohort=int(cohort.sum()), ks2_expected_pct=mean)
        refused += not reconcile(replace(found, schools=rows, totals=whole))["agrees"].all()
    # Three standard deviations and half a step: less than one file in two hundred.
    assert refused <= 1


def without(rows: Rows) -> Rows:
    return [row for row in rows if row[1] != OTHERS[1]]


def doubled(rows: Rows) -> Rows:
    again = [[*row[:1], "900099", *row[2:]] for row in rows if row[1] == OTHERS[1]]
    return [*rows[:3], *again, *rows[3:]]


def with_another_cohort(rows: Rows) -> Rows:
    return [[*row[:6], "37", row[7]] if row[1] == OTHERS[1] else row for row in rows]


@pytest.mark.parametrize("spoil", [without, doubled, with_another_cohort])
def test_rows_that_are_lost_doubled_or_changed_are_refused_at_the_authoritys_row(
    made: World, spoil: Callable[[Rows], Rows]
) -> None:
    rows = spoil(with_totals(schools()))
    school_world.rewrite(made, "schools", rows)
    with pytest.raises(DataError) as caught:
        make_study(YEAR)
    problems = caught.value.problems
    own = [i + 2 for i, row in enumerate(rows) if row[0] == "LA"]
    assert [(p.file, p.row, p.column) for p in problems if p.column == "cohort"] == [
        (CSV, row, "cohort") for row in own
    ]
    assert {problem.code for problem in problems} == {"reconciliation"}
    assert all(problem.remedy for problem in problems)


def test_a_school_that_is_there_twice_under_its_own_number_is_refused_at_its_second_row(
    made: World,
) -> None:
    rows = with_totals(schools())
    school_world.rewrite(made, "schools", [*rows[:3], rows[2], *rows[3:]])
    with pytest.raises(DataError) as caught:
        make_study(YEAR)
    (problem,) = caught.value.problems
    assert (problem.file, problem.row, problem.code) == (CSV, 5, "duplicate")


def test_a_changed_share_is_refused_under_the_heading_that_the_file_prints(made: World) -> None:
    rows = with_totals(schools())
    rows[2][7] = "100%"
    (problem,) = refusals(read(made, rows))
    assert (problem.row, problem.column, problem.code) == (49, "pct", "reconciliation")
    assert problem.found.startswith("Expected standard in reading, writing and maths 61")
    assert "14 schools" in problem.expected


def test_a_heading_mapped_to_the_wrong_column_does_not_add_up(made: World) -> None:
    content = made.sources
    headings = content[YEAR]["tables"]["schools"]["headings"]
    headings["cohort"], headings["pct"] = "ks2_expected_pct", "cohort"
    made.write_sources(content)
    rows = [[*row[:6], row[6], row[7].rstrip("%")] for row in with_totals(schools())]
    rows = [row for row in rows if row[1] != SPECIAL]
    rows = [[*row[:6], "62" if row[0] == "LA" else row[6], row[7]] for row in rows]
    assert {p.code for p in refusals(read(made, rows))} == {"reconciliation"}


def test_a_file_without_a_row_for_the_authority_has_nothing_to_compare(made: World) -> None:
    found = read(made, schools())
    gaps = reconcile(found)
    assert gaps.empty
    assert list(gaps.columns) == COLUMNS
    check_reconciled(gaps, [found])


def test_without_cohorts_no_figure_is_weighted_and_none_refused(made: World) -> None:
    content = made.sources
    del content[YEAR]["tables"]["schools"]["headings"]["cohort"]
    made.write_sources(content)
    found = school_world.results(made)
    gaps = reconcile(found)
    assert set(gaps["column"]) == {"cohort"}
    check_reconciled(gaps, [found])


def test_a_total_without_a_cohort_is_compared_in_its_figures_only(made: World) -> None:
    rows = with_totals(schools())
    for row in rows[-3:]:
        row[6] = ""
    gaps = reconcile(read(made, rows))
    assert gaps["agrees"].all()
    assert gaps.loc[gaps["column"] == "cohort", "printed"].isna().all()
    assert len(gaps) == 6


def test_mean_scores_are_not_compared_since_no_percentage_bounds_them(made: World) -> None:
    content = made.sources
    content[YEAR]["tables"]["schools"]["headings"]["pct"] = "ks2_maths_score"
    made.write_sources(content)
    rows = with_totals(schools())
    changed = [[*row[:7], "104" if row[7].endswith("%") else row[7]] for row in rows]
    assert set(reconcile(read(made, changed))["column"]) == {"cohort"}


def test_the_order_of_the_rows_does_not_matter(made: World) -> None:
    found = school_world.results(made)
    shuffled = replace(found, schools=found.schools.sample(frac=1, random_state=3))
    # The order in which floats are added moves the last bits.
    pd.testing.assert_frame_equal(reconcile(shuffled), reconcile(found), rtol=1e-12)
