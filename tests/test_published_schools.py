"""Tests of the reader of schools' results on real published files, where they are."""

from __future__ import annotations

from pathlib import Path

import pytest

from analysis.sources import school_codes
from analysis.sources.formats import load_formats
from analysis.sources.performance import Results, read_results
from analysis.sources.registry import TableSource

REAL = Path(__file__).parents[2] / "shared" / "real"
SHIPPED = load_formats()
needs_real = pytest.mark.skipif(
    not REAL.is_dir(), reason="the real school-level files are not beside this project"
)


def source(file: Path, name: str, results_year: int | None = None) -> TableSource:
    made = SHIPPED[name]
    more = {"format": made, "results_year": results_year}
    return TableSource("schools", file, "-", "-", 0, made.headings, **more)


def hampshire(year: int) -> Results:
    file = REAL / f"ks2_hampshire_{year - 1}_{year % 100}.csv"
    return read_results(source(file, "dfe_ks2_2016", results_year=year))


@needs_real
@pytest.mark.parametrize(
    ("year", "schools", "special", "pupils"), [(2017, 313, 15, 14040), (2018, 312, 16, 14463)]
)
def test_the_schools_of_hampshire_add_up_to_their_authority(
    year: int, schools: int, special: int, pupils: int
) -> None:
    found = hampshire(year)
    assert found.schools["kind"].value_counts().to_dict() == {
        "school": schools,
        "special school": special,
    }
    authority = found.totals[found.totals["record"] == "authority"]
    assert len(found.totals) == 3
    assert authority["cohort"].tolist() == [pupils]
    assert found.schools["cohort"].sum() == pupils
    assert found.encoding == "utf-8-sig"
    assert found.schools["laestab"].str.startswith("850").all()
    assert set(found.missing["reason"]) <= set(school_codes.REASONS.values())


@needs_real
def test_a_school_of_hampshire_is_as_printed() -> None:
    frame = hampshire(2017).schools.set_index("urn")
    line = frame.loc["115976"]
    assert (line["school"], line["laestab"]) == ("Church Crookham Junior School", "8502229")
    assert (line["cohort"], line["ks2_expected_pct"]) == (109, 72.0)
    assert (line["ks2_reading_progress"], line["ks2_maths_progress"]) == (1.2, -0.1)


@needs_real
@pytest.mark.parametrize(("year", "rows"), [(2016, 16162), (2017, 16313), (2018, 16364)])
def test_the_cut_of_england_is_read_whole(year: int, rows: int) -> None:
    found = read_results(source(REAL / f"ks2_england_{year}.csv", "ks2_england_cut"))
    assert len(found.schools) == rows
    assert set(found.schools["year"]) == {year}
    assert found.schools["ks2_expected_pct"].between(0, 100).sum() > 15000
    assert found.totals.empty


@needs_real
def test_two_publications_of_one_school_agree() -> None:
    england = read_results(source(REAL / "ks2_england_2017.csv", "ks2_england_cut")).schools
    both = hampshire(2017).schools.merge(england, on="urn", suffixes=("", "_cut"), validate="1:1")
    both = both.dropna(subset=["ks2_expected_pct", "ks2_expected_pct_cut"])
    assert len(both) > 290
    assert (both["ks2_expected_pct"] == both["ks2_expected_pct_cut"]).all()
    assert (both["cohort"] == both["cohort_cut"]).all()
