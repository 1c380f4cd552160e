from __future__ import annotations

import math
from dataclasses import replace

import pytest

from analysis.tables.printed import read_printed
from analysis.tables.recipes import Rederived
from analysis.tables.verdicts import VERDICTS, Elsewhere, Finding, Statement, Verdict, judge


def stated(printed: str, relation: str = "=", limits: bool = False) -> Statement:
    return Statement(printed, read_printed(printed), relation, limits)


def found(value: float, words: str = "") -> Finding:
    return Finding(words, Rederived(value, (), ("collaborations",), ()))


def verdict(printed: str, *values: float, relation: str = "=", limits: bool = False) -> Verdict:
    return judge(stated(printed, relation, limits), [found(value) for value in values])


@pytest.mark.parametrize(
    ("relation", "below", "equal", "above"),
    [
        ("=", "differs", "agrees", "differs"),
        (">", "differs", "differs", "agrees"),
        (">=", "differs", "agrees", "agrees"),
        ("<", "agrees", "differs", "differs"),
        ("<=", "agrees", "agrees", "differs"),
        ("about", "differs", "agrees", "differs"),
    ],
)
def test_each_relation_accepts_its_own_side(
    relation: str, below: str, equal: str, above: str
) -> None:
    words = [verdict("40", value, relation=relation).word for value in (30, 40, 50)]
    assert words == [below, equal, above]


def test_about_accepts_a_tenth_and_no_more() -> None:
    assert verdict("40", 44, relation="about").word == "agrees"
    assert verdict("40", 44.1, relation="about").word == "differs"


@pytest.mark.parametrize(
    ("relation", "low", "high", "word"),
    [
        ("=", 23, 76, "cannot be checked"),
        ("=", 48, 76, "differs"),
        ("=", 47, 47, "agrees"),
        (">", 40, 60, "cannot be checked"),
        (">", 48, 60, "agrees"),
        (">", 10, 47, "differs"),
        ("<", 10, 46, "agrees"),
        ("about", 10, 90, "cannot be checked"),
        ("about", 60, 90, "differs"),
    ],
)
def test_limits_decide_only_where_both_ends_say_the_same(
    relation: str, low: float, high: float, word: str
) -> None:
    assert verdict("47", low, high, relation=relation, limits=True).word == word


def test_a_blank_limit_decides_nothing() -> None:
    assert verdict("47", 48, math.nan, limits=True).word == "cannot be checked"


def test_the_reason_gives_what_was_found_and_the_gap() -> None:
    reason = verdict("26", 29).reason
    assert reason == "The tables give 29, 3 more than printed."
    assert verdict("400", 400.0, relation=">").reason == (
        "The tables give 400, not more than the printed number."
    )


def test_a_reading_that_alone_agrees_is_said_to_be_the_condition() -> None:
    judged = judge(stated("60"), [found(58, "groups"), found(60, "all lines")])
    assert judged.word == "agrees"
    assert judged.found == "58 (groups); 60 (all lines)"
    assert judged.other_found == "60 (all lines)"
    assert judged.reason.startswith("Only if read as all lines: 60, as printed. Otherwise the ")
    assert "58 (groups), 2 fewer than printed" in judged.reason


def test_the_plain_reading_needs_no_condition() -> None:
    judged = judge(stated("58"), [found(58, "groups"), found(60, "all lines")])
    assert judged.word == "agrees"
    assert "Only if" not in judged.reason
    assert "60 (all lines), 2 more than printed" in judged.reason


def test_another_value_elsewhere_outranks_what_the_tables_give() -> None:
    other = Elsewhere("77", "in paragraph 9", agrees=False)
    judged = judge(stated("76"), [found(76)], [other])
    assert judged.word == "contradicts itself"
    assert judged.found == "76; 77 (in paragraph 9)"
    assert "76 here, but 77 in paragraph 9" in judged.reason


def test_the_same_value_elsewhere_is_no_check() -> None:
    other = Elsewhere("76", "in paragraph 9", agrees=True)
    judged = judge(stated("76"), [], [other])
    assert judged.word == "cannot be checked"
    assert "no independent check" in judged.reason


def test_what_has_no_number_recipe_or_cell_cannot_be_checked() -> None:
    assert judge(stated("December 2012"), []).word == "cannot be checked"
    assert judge(stated("26"), []) == Verdict("cannot be checked", "", "", "")
    assert verdict("26", math.nan).reason == "The cells that this needs are blank."


def test_numbers_of_the_report_are_not_called_tables() -> None:
    own = Finding("", Rederived(100 * 26 / 77, (), (), ("p9-groups",)))
    assert judge(stated("34%"), [own]).reason == (
        "The report's own numbers give 33.8%, as printed."
    )


def test_there_are_four_verdicts() -> None:
    assert set(VERDICTS) == {"agrees", "differs", "contradicts itself", "cannot be checked"}


def test_a_reading_that_stretches_the_words_explains_but_does_not_decide() -> None:
    statement = stated("60")
    readings = [found(58, "collaborations"), found(60, "all lines counted in")]
    decided = judge(replace(statement, first_decides=True), readings)
    assert decided.word == "differs"
    assert "58" in decided.reason
    assert "comes out with all lines counted in" in decided.reason
    assert judge(statement, readings).word == "agrees"
