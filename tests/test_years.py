"""Tests of which years may be joined by a line, and what is said of the others."""

from __future__ import annotations

import pandas as pd
import pytest
from made_cards import FEW, NEW, OLD, card, practice

from analysis.page.years import DIFFERENCE, NO_PAGES, SLOPE, by_year


def test_two_neighbouring_years_that_state_the_same_definition_are_joined() -> None:
    frame = by_year([card("2014", definition=OLD), card("2013", definition=OLD)], SLOPE)
    assert list(frame["year"]) == [2013, 2014]
    assert list(frame["joined"]) == [False, True]


@pytest.mark.parametrize(
    ("before", "after", "why"),
    [
        (OLD, NEW, "the outcome is defined otherwise"),
        (None, OLD, "they do not both state how the outcome is defined"),
        (OLD, None, "they do not both state how the outcome is defined"),
        (None, None, "they do not both state how the outcome is defined"),
    ],
)
def test_years_are_not_joined_over_a_break_or_where_a_definition_is_not_stated(
    before: str | None, after: str | None, why: str
) -> None:
    frame = by_year([card("2013", definition=before), card("2014", definition=after)], SLOPE)
    assert not frame["joined"].any()
    assert frame["apart"].iloc[1] == why


def test_a_year_that_is_missing_stands_as_a_gap_and_nothing_is_joined_over_it() -> None:
    frame = by_year([card("2013", definition=OLD), card("2015", definition=OLD)], SLOPE)
    assert list(frame["year"]) == [2013, 2014, 2015]
    assert list(frame["why"])[1] == NO_PAGES
    assert pd.isna(frame["value"].iloc[1])
    assert not frame["joined"].any()


def test_a_year_without_a_number_says_why_and_is_not_zero() -> None:
    empty = card("2014", None, definition=OLD, missing={SLOPE.finding: FEW})
    frame = by_year([card("2013", definition=OLD), empty, card("2015", definition=OLD)], SLOPE)
    assert frame["value"].isna().tolist() == [False, True, False]
    assert frame["why"].iloc[1] == FEW
    assert not frame["joined"].any()


def test_a_number_that_is_not_identified_is_no_number() -> None:
    words = "not identified; these tables cannot answer the question"
    entry = {"value": None, "low": None, "high": None, "text": words}
    frame = by_year([card("2013", numbers={SLOPE.finding: entry})], SLOPE)
    assert frame["why"].tolist() == [words]


@pytest.mark.parametrize("status", ["SIMULATED", "simulated"])
def test_a_made_up_year_never_stands_among_real_ones(status: str) -> None:
    made_up = card("2014", (5.0, 4.0, 6.0), definition=OLD, status=status)
    frame = by_year([card("2013", definition=OLD), made_up, practice()], SLOPE)
    assert list(frame["year"]) == [2013]


def test_no_real_year_is_an_empty_table() -> None:
    assert by_year([practice()], DIFFERENCE).empty
    assert by_year([], SLOPE).empty
