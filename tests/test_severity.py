"""Tests of the rule that says how serious it is that a headline number moved."""

from __future__ import annotations

from typing import Any

import pytest

from analysis.quantities import Quantity
from analysis.questions.plan import load_plan
from analysis.questions.severity import Rule, severity

RULE = Rule(alpha=0.05, serious_share=0.25, notable_halfwidths=0.5, notable_share=0.1)


def number(value: float | None, **more: Any) -> Quantity:
    given: dict[str, Any] = {"unit": "pp", "kind": "association", "method": "a.b", **more}
    return Quantity("a", value, **given)


def wide(value: float, **more: Any) -> Quantity:
    """Return a number with an interval of two to each side."""
    return number(value, low=value - 2, high=value + 2, level=0.95, **more)


@pytest.mark.parametrize(
    ("before", "now", "tier", "why"),
    [
        (wide(4), wide(4), "unchanged", "the same number"),
        (wide(4), wide(4 + 1e-10), "unchanged", "the same number"),
        (wide(4), wide(4.9), "small", "0.45 half-widths"),
        (wide(4), wide(5.1), "notable", "0.55 half-widths"),
        (wide(4), wide(6.1), "serious", "outside its old interval"),
        (wide(1), wide(-0.2), "serious", "its sign is another"),
        (wide(4), wide(4, kind="description"), "serious", "called description, before association"),
        (wide(4, p_value=0.04), wide(4, p_value=0.06), "serious", "crossed the plan's alpha"),
        (wide(4, p_value=0.03), wide(4, p_value=0.04), "unchanged", "the same number"),
        (number(100), number(109), "small", "9.0"),
        (number(100), number(111), "notable", "11.0"),
        (number(100), number(75), "serious", "25.0"),
        (number(0), number(1), "serious", "it was zero"),
        (number(0), number(0), "unchanged", "the same number"),
        (number(None, words="a"), number(None, words="a"), "unchanged", "the same words"),
        (number(None, words="a"), number(None, words="b"), "serious", "its words differ"),
    ],
)
def test_the_tier_follows_from_the_rule(
    before: Quantity, now: Quantity, tier: str, why: str
) -> None:
    found, said = severity(before, now, RULE)
    assert found == tier
    assert why in said


def test_a_range_that_is_no_confidence_interval_is_judged_by_share() -> None:
    before = number(100, low=99, high=101)
    assert severity(before, number(105), RULE)[0] == "small"


def test_the_rule_is_that_of_the_plan() -> None:
    assert Rule.of(load_plan()) == RULE
