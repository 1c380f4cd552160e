"""Tests of the gate: every fact about the data changes what may be said."""

from __future__ import annotations

from dataclasses import fields, replace
from itertools import product
from typing import Any

import pytest

from analysis.quantities import KINDS
from analysis.questions.identify import AIMS, Facts, judge, maryland_level, trust_word

SOUND = Facts(
    untreated_group=True,
    baseline=True,
    outcome_selected=False,
    exposure_before_outcome=True,
    pre_periods=2,
    comparable=True,
    separable=True,
    units_overlap=False,
    randomised=False,
)
# What is wrong, the words that must stand in the reason, in the remedy, and the level left.
FLIPS: list[tuple[dict[str, Any], str, str, int]] = [
    ({"untreated_group": False}, "without the exposure", "the same outcome for schools", 1),
    ({"baseline": False}, "before the exposure", "earlier years", 1),
    ({"outcome_selected": True}, "shown because of their outcome", "of every group", 0),
    ({"pre_periods": 1}, "no earlier trend", "two years of results", 3),
    ({"comparable": False}, "alike before", "balance", 2),
    (
        {"separable": False},
        "so closely that the two cannot be told apart",
        "groups of the same size",
        2,
    ),
    ({"units_overlap": True}, "several groups", "list of members", 3),
    ({"trends_differ": True}, "moved apart before", "earlier trends are alike", 2),
    ({"outcome_known": False}, "no gain is known for any", "of every group", 0),
]


def test_a_fully_sound_design_is_granted_the_strongest_word() -> None:
    verdict = judge(SOUND, "cause")
    assert verdict.kind == "effect"
    assert (verdict.reasons, verdict.needs) == ((), ())
    assert verdict.maryland == 4


@pytest.mark.parametrize(("fault", "reason", "need", "level"), FLIPS)
def test_each_fact_alone_takes_the_strongest_word_away(
    fault: dict[str, Any], reason: str, need: str, level: int
) -> None:
    verdict = judge(replace(SOUND, **fault), "cause")
    assert verdict.kind == "not identified"
    assert len(verdict.reasons) == len(verdict.needs) == 1
    assert reason in verdict.reasons[0]
    assert need in verdict.needs[0]
    assert verdict.maryland == level


def test_no_fact_is_left_out_of_these_tests() -> None:
    tried = {name for fault, *_ in FLIPS for name in fault}
    assert tried | {"exposure_before_outcome", "randomised"} == {f.name for f in fields(Facts)}


def test_an_exposure_after_the_outcome_is_a_negative_control_whatever_else_holds() -> None:
    for values in product((False, True), repeat=5):
        names = ("untreated_group", "baseline", "outcome_selected", "comparable", "randomised")
        facts = replace(
            SOUND, exposure_before_outcome=False, **dict(zip(names, values, strict=True))
        )
        for aim in ("relate", "compare", "cause", "control"):
            verdict = judge(facts, aim)  # type: ignore[arg-type]
            assert verdict.kind == "negative control"
            assert "comes after the outcome" in verdict.reasons[0]
            assert "dated before the outcome" in verdict.needs[0]
            assert verdict.maryland == 0


def test_a_lot_makes_up_for_missing_periods_and_comparison_but_not_for_selection() -> None:
    drawn = replace(
        SOUND, randomised=True, baseline=False, untreated_group=False, pre_periods=0,
        comparable=False, trends_differ=True,
    )  # fmt: skip
    assert (judge(drawn, "cause").kind, judge(drawn, "cause").maryland) == ("effect", 5)
    assert judge(replace(drawn, randomised=False), "cause").kind == "not identified"
    cut = judge(replace(drawn, outcome_selected=True), "cause")
    assert (cut.kind, cut.maryland) == ("not identified", 0)


@pytest.mark.parametrize("fault", [{"separable": False}, {"units_overlap": True}])
def test_a_lot_that_cannot_be_read_is_not_trusted_very_well(fault: dict[str, bool]) -> None:
    facts = replace(SOUND, randomised=True, **fault)  # type: ignore[arg-type]
    verdict = judge(facts, "cause")
    assert verdict.kind == "not identified"
    assert verdict.maryland <= 3


def test_improvers_only_are_refused_and_an_association_says_among_whom() -> None:
    facts = replace(SOUND, outcome_selected=True)
    assert judge(facts, "cause").kind == "not identified"
    related = judge(facts, "relate")
    assert related.kind == "association"
    assert "among the groups that are shown and for no others" in related.words
    assert "among the groups that are shown" not in judge(SOUND, "relate").words


@pytest.mark.parametrize(
    ("aim", "kind"),
    [
        ("describe", "description"),
        ("relate", "association"),
        ("control", "negative control"),
        ("bound", "bound"),
        ("power", "power"),
    ],
)
def test_every_other_aim_gets_its_own_word_however_sound_the_design(aim: Any, kind: str) -> None:
    assert judge(SOUND, aim).kind == kind
    assert judge(replace(SOUND, outcome_selected=True), aim).kind == kind


def test_only_a_cause_or_a_comparison_can_reach_the_strongest_word() -> None:
    for facts in every_design():
        for aim in AIMS:
            verdict = judge(facts, aim)  # type: ignore[arg-type]
            assert verdict.kind in KINDS
            assert verdict.kind != "effect" or aim in ("cause", "compare")
            assert len(verdict.reasons) == len(verdict.needs)
            assert verdict.maryland == 0 or facts.exposure_before_outcome


@pytest.mark.parametrize(("fault", "reason"), [(fault, reason) for fault, reason, *_ in FLIPS])
def test_a_comparison_that_any_fact_speaks_against_is_an_association(
    fault: dict[str, Any], reason: str
) -> None:
    assert judge(SOUND, "compare").kind == "effect"
    verdict = judge(replace(SOUND, **fault), "compare")
    assert verdict.kind == "association"
    assert reason in verdict.reasons[0]
    assert verdict.assumptions == ()


def test_the_strongest_word_comes_with_what_has_to_be_assumed_unless_it_was_drawn_by_lot() -> None:
    assert len(judge(SOUND, "compare").assumptions) == len(judge(SOUND, "cause").assumptions) == 4
    assert judge(replace(SOUND, randomised=True), "cause").assumptions == ()


def test_a_comparison_differs_from_the_question_of_a_cause_by_the_weaker_word_alone() -> None:
    for facts in every_design():
        compared, caused = judge(facts, "compare"), judge(facts, "cause")
        assert (compared.kind == "effect") == (caused.kind == "effect")
        assert (compared.kind == "association") == (caused.kind == "not identified")
        assert compared.reasons == caused.reasons
        assert compared.maryland == caused.maryland
        assert compared.assumptions == caused.assumptions


def test_what_is_granted_stands_on_level_four_or_five_and_on_nothing_refused() -> None:
    for facts in every_design():
        verdict = judge(facts, "cause")
        assert (verdict.kind == "effect") == (verdict.maryland >= 4)
        assert (verdict.kind == "effect") == (not verdict.reasons)


def test_an_unknown_aim_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ValueError, match=r"'prove' is not one of describe, relate"):
        judge(SOUND, "prove")  # type: ignore[arg-type]


def test_trust_grows_with_the_level_and_each_level_has_a_word() -> None:
    words = [trust_word(level) for level in range(6)]
    assert words[0] == "not at all"
    assert words[5] == "very well"
    assert len(set(words)) == 6
    with pytest.raises(IndexError):
        trust_word(6)


def test_the_level_never_falls_when_a_fault_is_mended() -> None:
    better: dict[str, Any] = {
        "untreated_group": True,
        "baseline": True,
        "outcome_selected": False,
        "exposure_before_outcome": True,
        "pre_periods": 2,
        "comparable": True,
        "separable": True,
        "units_overlap": False,
        "randomised": True,
        "trends_differ": False,
        "outcome_known": True,
    }
    assert set(better) == {field.name for field in fields(Facts)}
    for facts in every_design():
        for name, value in better.items():
            assert maryland_level(replace(facts, **{name: value})) >= maryland_level(facts)


def every_design() -> list[Facts]:
    """Return all combinations of the facts, with none, one, two and three earlier periods."""
    names = [field.name for field in fields(Facts) if field.name != "pre_periods"]
    return [
        Facts(pre_periods=periods, **dict(zip(names, values, strict=True)))
        for values in product((False, True), repeat=len(names))
        for periods in (0, 1, 2, 3)
    ]
