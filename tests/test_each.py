"""Tests of what a chapter says once for each outcome."""

from __future__ import annotations

from dataclasses import replace

import pytest

from analysis.page.chapter import Chapter
from analysis.page.say import plain
from analysis.tables.tidy import make_study


@pytest.fixture
def chapter() -> Chapter:
    opened = Chapter("05_test", "2013")
    opened.study = make_study("2013")  # type: ignore[misc]
    return opened


def test_each_says_a_sentence_for_every_outcome_that_has_an_answer(chapter: Chapter) -> None:
    both = chapter.each("<label>: {gains.<outcome>.shown.mean_pp}.")
    assert [plain(part) for part in both.text.split("</p>") if part] == [
        f"Key stage 2: {chapter.quantity('gains.ks2.shown.mean_pp').text}.",
        f"Key stage 4: {chapter.quantity('gains.ks4.shown.mean_pp').text}.",
    ]


def test_each_says_once_what_no_outcome_has(chapter: Chapter) -> None:
    none = chapter.each("<label>: {membership.<outcome>.difference}.")
    assert plain(none.text).count("no results of single schools") == 1


@pytest.fixture
def without_key_stage_2(chapter: Chapter) -> Chapter:
    table = chapter.study.collaborations.copy()
    table[[column for column in table if column.startswith("gain_ks2")]] = float("nan")
    chapter.__dict__["study"] = replace(chapter.study, collaborations=table)
    return chapter


MEAN = "The <stage> mean is {gains.<outcome>.shown.mean_pp}."


def test_first_says_it_of_key_stage_2_where_that_is_shown(chapter: Chapter) -> None:
    assert plain(chapter.first(MEAN).text).startswith("The key stage 2 mean is ")
    assert plain(chapter.headline(MEAN).text).startswith("The key stage 2 mean is ")


def test_first_and_headline_turn_to_key_stage_4_where_key_stage_2_is_not_shown(
    without_key_stage_2: Chapter,
) -> None:
    for said in (without_key_stage_2.first(MEAN), without_key_stage_2.headline(MEAN)):
        assert plain(said.text).startswith("The key stage 4 mean is ")


def test_a_headline_without_its_numbers_is_still_a_sentence(chapter: Chapter) -> None:
    gap = "{membership.ks2.difference}"
    why = "this release has no results of single schools"
    assert plain(chapter.headline(gap).text) == f"These tables give no answer: {why}."
    kept = chapter.headline(gap, otherwise="None of {gains.listed.all_n}: {why}.").text
    assert plain(kept) == f"None of 77: {why}."
    nothing = chapter.headline(gap, otherwise="{membership.ks2.difference}").text
    assert plain(nothing) == f"These tables give no answer: {why}."


def test_what_a_gap_would_have_quoted_is_not_counted_as_quoted(chapter: Chapter) -> None:
    chapter.say("Of {gains.listed.all_n} groups {membership.ks2.difference}.")
    said = chapter.say("Of {gains.listed.all_n} groups.").text
    assert 'id="q-gains.listed.all_n"' in said


def test_tiles_and_comparisons_that_are_all_gaps_are_a_sentence(chapter: Chapter) -> None:
    gap = ("membership.ks2.difference", "difference")
    both = chapter.tiles(gap, ("gains.listed.all_n", "groups")).text
    assert 'value">x</p><p class="tile-label">Not available: ' in both
    assert "tile" not in chapter.tiles(gap).text
    assert "<table" not in chapter.compare("None.", gap[::-1]).text


def test_answers_that_can_be_trusted_alike_share_a_box_and_their_reasons(chapter: Chapter) -> None:
    both = ("identification.membership", "identification.funding")
    html = chapter.trust(*both).text
    assert html.count('class="box trust"') == 1
    assert "On membership and funding" in html
    reasons = {reason for name in both for reason in chapter.ask(name).verdict.reasons}
    assert html.count("<li>") == len(reasons)
    assert all(html.count(reason) == 1 for reason in reasons)


def test_answers_that_can_be_trusted_unlike_have_a_box_each(chapter: Chapter) -> None:
    sure = chapter.ask("identification.membership")
    verdict = replace(sure.verdict, maryland=4, reasons=(), needs=(), assumptions=("nothing else",))
    chapter._asked["identification.membership"] = replace(sure, verdict=verdict)
    html = chapter.trust("identification.membership", "identification.funding").text
    assert html.count('class="box trust"') == 2
    assert "<strong>well</strong>" in html
    assert "provided that" in html
