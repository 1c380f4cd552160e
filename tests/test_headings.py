"""Tests of headings of unknown origin: which of our columns each means, or that none is meant."""

from __future__ import annotations

import pytest

from analysis.errors import DataError
from analysis.sources.headings import Heading, check_unknown, heading_problems, read_heading
from analysis.sources.registry import load_release
from analysis.sources.vocabulary import fold_heading, is_blank_heading, vocabulary

GAINS = [f"gain_ks{stage}_{n}_pp" for stage in (2, 4) for n in (1, 2, 3)]


def read(table: str, *cells: str) -> Heading:
    return read_heading(cells, vocabulary(table), "file.csv", 3)


def columns(heading: Heading) -> list[str]:
    return [heading.at[i].column for i in sorted(heading.at)]


@pytest.mark.parametrize("year", ["2013", "simulated"])
@pytest.mark.parametrize("table", ["gains", "ofsted", "funding"])
def test_the_headings_of_every_release_mean_what_it_declares(table: str, year: str) -> None:
    declared = load_release(year).tables[table].headings
    heading = read(table, *declared)
    assert columns(heading) == list(declared.values())
    assert heading_problems(heading, vocabulary(table)) == []
    assert heading.notes == ()


@pytest.mark.parametrize(
    ("printed", "folded"),
    [
        ("  Collaboration\u00a0 NAME ", "collaboration name"),
        ("% good or\nbetter", "% good or better"),
        ("No. of schools", "no of schools"),
        ("RI¹", "ri"),
        ("Good [2]*", "good"),
        ("ks2_1", "ks2 1"),
        ("Funding (£'000)", "funding £ 000"),
    ],
)
def test_headings_are_folded(printed: str, folded: str) -> None:
    assert fold_heading(printed) == folded


@pytest.mark.parametrize("text", ["", " ", "Unnamed: 3", "Column4", "Unnamed: 0_level_1"])
def test_what_software_puts_in_place_of_a_heading_is_none(text: str) -> None:
    assert is_blank_heading(text)


@pytest.mark.parametrize(
    ("table", "printed", "column"),
    [
        ("ofsted", "No. of schools", "n_schools"),
        ("ofsted", "Requires Improvement", "n_requires_improvement"),
        ("ofsted", "Not yet inspected", "n_not_inspected"),
        ("ofsted", "Good or better (%)", "good_or_better_pct"),
        ("ofsted", "good_or_better_pct", "good_or_better_pct"),
        ("funding", "Name of collaboration", "name"),
        ("funding", "2015/16 Grant", "funding_2015_16_gbp"),
        ("funding", "Funding 2012-2013", "funding_2012_13_gbp"),
        ("funding", "2012/13", "funding_2012_13_gbp"),
        ("funding", "Funding 12/13", "funding_2012_13_gbp"),
        ("funding", "Collabtn continuing", "continuing"),
        ("ofsted", "R.I.", "n_requires_improvement"),
        ("ofsted", "No.", "number"),
        ("ofsted", "Outstanding (1)", "n_outstanding"),
        ("ofsted", "% good/better", "good_or_better_pct"),
        ("ofsted", "% good or better (%)", "good_or_better_pct"),
        ("gains", "Group name", "name"),
        ("gains", "KS2 (pp) 1", "gain_ks2_1_pp"),
        ("gains", "KS2_1 (%)", "gain_ks2_1_pp"),
        ("gains", "ks4_3 in pp", "gain_ks4_3_pp"),
        ("members", "Date joined", "joined"),
        ("members", "Leaving date", "left"),
        ("schools", "School year", "year"),
        ("funding", "Continuing in 2016/17?", "continuing"),
        ("funding", "funding_2012_13_gbp", "funding_2012_13_gbp"),
        ("gains", "KS2 gain 3", "gain_ks2_3_pp"),
        ("gains", "Key Stage 4 (2)", "gain_ks4_2_pp"),
        ("gains", "gain_ks4_1_pp", "gain_ks4_1_pp"),
        ("schools", "SCHNAME", "school"),
        ("schools", "ks2_level4_pct", "ks2_level4_pct"),
        ("members", "Group Name", "name"),
    ],
)
def test_a_known_heading_means_one_column(table: str, printed: str, column: str) -> None:
    meaning = vocabulary(table).meaning(printed)
    assert meaning is not None
    assert (meaning.column, meaning.scale, meaning.fault) == (column, 1, "")


@pytest.mark.parametrize(
    ("table", "printed"),
    [
        ("ofsted", "Satisfactory"),
        ("ofsted", "Special measures"),
        ("ofsted", "% good"),
        ("funding", "2012/13 Funding requested"),
        ("funding", "Provisional 2012/13 funding"),
        ("funding", "2012/13 spent"),
        ("funding", "Financial year 2012/13"),
        ("funding", "Not continuing in 2013/14"),
        ("funding", "Funding 2012"),
        ("funding", "Funding 12/14"),
        ("members", "Name"),
        ("gains", "KS2"),
        ("gains", "KS3 1"),
        ("gains", "KS2 4"),
        ("gains", "Reading"),
    ],
)
def test_a_heading_of_another_thing_means_none_of_ours(table: str, printed: str) -> None:
    assert vocabulary(table).meaning(printed) is None


@pytest.mark.parametrize(
    "printed",
    [
        "2012/13 Funding (£000s)",
        "2012/13 £k",
        "2012/13 (£'000)",
        "2012/13 £ thousand",
        "2012/13 (in £1,000s)",
        "12/13 £1000",
    ],
)
def test_a_heading_in_thousands_says_so(printed: str) -> None:
    meaning = vocabulary("funding").meaning(printed)
    assert meaning is not None
    assert (meaning.column, meaning.scale) == ("funding_2012_13_gbp", 1000)


@pytest.mark.parametrize(
    "printed",
    [
        "2012/14 Funding",
        "2012/2014 Funding",
        "2012/13 Funding (£m)",
        "2012/13 (€)",
        "2012/13 pence",
    ],
)
def test_a_heading_with_an_odd_year_or_unit_has_a_fault(printed: str) -> None:
    meaning = vocabulary("funding").meaning(printed)
    assert meaning is not None
    assert meaning.fault


@pytest.mark.parametrize(
    "cells",
    [
        ("name", "", "", "", "", "", ""),
        ("name", "1", "2", "3", "4", "5", "6"),
        ("name", "1", "2", "3", "1", "2", "3"),
        ("Name", "KS2", "", "", "KS4", "", ""),
        ("", "KS2", "KS2", "KS2", "KS4", "KS4", "KS4"),
        ("Group", "Key stage 2 gains", "", "", "Key stage 4 gains", "", ""),
    ],
)
def test_gains_without_headings_are_known_by_position(cells: tuple[str, ...]) -> None:
    heading = read("gains", *cells)
    assert columns(heading) == ["name", *GAINS]
    assert any("by position" in note for note in heading.notes)


def test_gains_of_key_stages_in_the_other_order_are_known_by_their_key_stage() -> None:
    heading = read("gains", "name", "KS4", "", "", "KS2", "", "")
    assert columns(heading) == ["name", *GAINS[3:], *GAINS[:3]]


@pytest.mark.parametrize(
    "cells",
    [
        ("name", "", "", "", "", ""),
        ("name", "3", "2", "1", "3", "2", "1"),
        ("name", "KS2", "", "KS4", "", "", ""),
        ("name", "Reading", "Writing", "Maths", "English", "Maths", "Both"),
        ("BRESIC", "36", "7", "3", "6", "13", "2"),
    ],
)
def test_gains_are_not_guessed_from_other_headings(cells: tuple[str, ...]) -> None:
    assert set(GAINS) <= set(read("gains", *cells).absent)


def test_an_absent_heading_is_said_with_the_nearest_there() -> None:
    printed = ["number", "name", "number of schools", "Outstanding", "Godo", "RI", "Inadequate"]
    heading = read("ofsted", *printed, "no Inpection yet", "% good or better")
    [problem] = heading_problems(heading, vocabulary("ofsted"))
    assert (problem.row, problem.column, problem.code) == (3, "Good", "heading")
    assert "'Godo'" in problem.found
    assert "n_good" in problem.expected


def test_a_column_twice_is_said_at_the_second() -> None:
    printed = ["name", "ks2_1", "ks2_2", "ks2_3", "ks4_1", "ks4_2", "ks4_3"]
    heading = read("gains", *printed, "KS2 1")
    [problem] = heading_problems(heading, vocabulary("gains"))
    assert problem.column == "KS2 1"
    assert "'ks2_1'" in problem.found


def test_a_foreign_column_is_noted_and_one_that_could_be_ours_refused() -> None:
    printed = ["name", "ks2_1", "ks2_2", "ks2_3", "ks4_1", "ks4_2", "ks4_3"]
    known = vocabulary("gains")
    assert check_unknown(read("gains", *printed, "Remarks"), known) == [
        'column "Remarks" is not ours and was passed over'
    ]
    assert check_unknown(read("gains", *printed, "District"), known)
    with pytest.raises(DataError, match="unknown here"):
        check_unknown(read("gains", *printed, "ks2 revised"), known)


@pytest.mark.parametrize(
    ("table", "printed"),
    [
        ("members", ("urn", "collaboration", "joined", "gone")),
        ("members", ("urn", "collaboration", "joinedleft", "x")),
        ("members", ("urn", "collaboration", "joind")),
        ("schools", ("urn", "yaer", "ks2_expected_pct")),
        ("schools", ("urn", "year", "coh0rt", "ks2_expected_pct")),
        ("schools", ("urn", "year", "ks2_expected_pct", "ks2_readng_progress")),
    ],
)
def test_an_unknown_heading_that_is_nearly_one_of_ours_is_refused(
    table: str, printed: tuple[str, ...]
) -> None:
    with pytest.raises(DataError, match="unknown here"):
        check_unknown(read(table, *printed), vocabulary(table))


def test_the_other_columns_of_a_published_file_are_counted_and_passed_over() -> None:
    printed = ["URN", "Academic Year", "KS2 Pupils", "Overall Meet Std", "Reading Score"]
    printed += ["Maths Score", "Reading Progress", "Maths Progress", "Writing Progress"]
    heading = read("schools", *printed, "Year group", "joined")
    assert check_unknown(heading, vocabulary("schools")) == [
        "2 columns are not ours and were passed over"
    ]
