"""Tests of what a chapter says once for each outcome."""

from __future__ import annotations

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
