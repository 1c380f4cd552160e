"""How far a headline number has moved, what of it is data, groups or method, and how serious."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from analysis.quantities import Quantity, quoted, write
from analysis.questions.headlines import REASON
from analysis.questions.plan import Plan

Entry = Mapping[str, Any]
Entries = Mapping[str, Entry]
COMPARED = ("unchanged", "small", "notable", "serious")
NOT_COMPARED = "not compared"
PARTS = ("method", "lost_groups", "changed_data", "new_groups")
TOGETHER = "+"
SAME = 1e-9  # what another processor may make of the same number, at ten published digits


@dataclass(frozen=True)
class Runs:
    """Entries of the headline numbers by their name in the plan, of each pair of code and tables.

    Parameters
    ----------
    old, new : mapping
        Released code on released tables; today's code on this year's.
    new_on_old : mapping
        Today's code on the released tables.
    same_before, same_now : mapping
        Today's code on either year's tables with the groups of both years only.
    as_before : mapping
        The latter with the figures that both releases state as the earlier one stated them.
    old_on_new : mapping, optional
        Released code on this year's tables, None where that cannot be had.
    """

    old: Entries
    new: Entries
    new_on_old: Entries
    same_before: Entries
    same_now: Entries
    as_before: Entries
    old_on_new: Entries | None


@dataclass(frozen=True)
class Rule:
    """When a move is notable and when serious, as the plan's block `since` says."""

    alpha: float
    serious_share: float
    notable_halfwidths: float
    notable_share: float

    @classmethod
    def of(cls, plan: Plan) -> Rule:
        """Return the rule of a plan."""
        return cls(
            plan.alpha, **{name: float(part) for name, part in plan.content["since"].items()}
        )


@dataclass(frozen=True)
class Move:
    """A headline number in two releases.

    Parameters
    ----------
    name, finding, words : str
        As the plan lists it, its id this year, and what a reader calls it.
    before, now : Quantity, optional
        The number that was released, and this year's; None where there is none.
    parts : mapping of str to float
        What adds up to the difference, in order: `PARTS`, joined by ``+`` where a run that would
        tell them apart gives no number.
    restated : float, optional
        What of the changed data is figures that both releases state.
    method_now : float, optional
        The part of the method in the other order: on this year's tables.
    tier, why : str
        One of `COMPARED` or ``not compared``, and the reason.
    """

    name: str
    finding: str
    words: str
    before: Quantity | None
    now: Quantity | None
    parts: Mapping[str, float]
    restated: float | None
    method_now: float | None
    tier: str
    why: str

    @property
    def difference(self) -> float | None:
        """The number of this year minus the released one."""
        return math.fsum(self.parts.values()) if self.parts else None

    @property
    def together(self) -> str:
        """The parts that could not be told apart, in words with their sum."""
        unit = "count" if self.now is None else self.now.unit
        return "; ".join(
            f"{' and '.join(name.replace('_', ' ').split(TOGETHER))} together: {write(part, unit)}"
            for name, part in self.parts.items()
            if TOGETHER in name
        )

    def row(self) -> dict[str, object]:
        """Return the move as a row of numbers and words."""
        return {
            "headline": self.words,
            "before": None if self.before is None else self.before.value,
            "now": None if self.now is None else self.now.value,
            "difference": self.difference,
            **{part: self.parts.get(part) for part in PARTS},
            "restated": self.restated,
            "method_now": self.method_now,
            "tier": self.tier,
            "why": self.why,
        }

    def quantities(self, question: str) -> Iterator[Quantity]:
        """Give the released number, the difference and its parts as numbers of a question."""
        if self.before is None or self.now is None:
            return
        start, before = f"{question}.{self.finding}", self.before
        ends = {"low": before.low, "high": before.high, "level": before.level, "n": before.n}
        yield _number(f"{start}.before", before.value, before, words=before.words, **ends)
        values = {"difference": self.difference, **self.parts}
        values |= {"restated": self.restated, "method_now": self.method_now}
        for name, value in values.items():
            if value is not None:
                yield _number(f"{start}.{name.replace(TOGETHER, '_and_')}", value, self.now)
        yield _number(f"{start}.tier", None, self.now, words=self.tier)


def _number(name: str, value: float | None, like: Quantity, **more: Any) -> Quantity:
    method = "questions.severity.move"
    return Quantity(name, value, like.unit, like.kind, method, like.sources, **more)


def move(
    name: str, finding: str, words: str, runs: Runs, rule: Rule, *, whole: bool = False
) -> Move:
    """Return a headline number's move between two releases, taken apart and judged.

    Today's code is run on the earlier tables, on the groups of both years in either, and on this
    year's tables. Each step from one to the next is a part of the difference: method, groups lost,
    changed data, new groups. The parts add up to the difference.

    Where the parts would tell of single schools, by being about nearly the same ones, the
    difference is left in one piece.

    Notes
    -----
    .. math:: d = (a_1 - a_0) + (a_2 - a_1) + (a_3 - a_2) + (a_4 - a_3)

    :math:`a_0` is the number that was released, :math:`a_1` that of today's code on the earlier
    tables, :math:`a_2` the same without the groups that vanished, :math:`a_3` that of the same
    groups in this year's tables, and :math:`a_4` this year's number. Where a run gives no number,
    its step is joined with the next.
    """
    old, new = runs.old[name], runs.new[name]
    before, now = (None if REASON in one else quoted(finding, one) for one in (old, new))
    if before is None or now is None:
        why = _gap(old, new, runs.new_on_old[name])
        return Move(name, finding, words, before, now, {}, None, None, NOT_COMPARED, why)
    if before.is_suppressed or now.is_suppressed:
        why = f"suppressed {'before' if before.is_suppressed else 'now'}"
        return Move(name, finding, words, before, now, {}, None, None, NOT_COMPARED, why)
    steps = (runs.new_on_old, runs.same_before, runs.same_now, runs.new)
    values = dict(zip(PARTS, (_value(one[name]) for one in steps), strict=True))
    if whole:
        values |= dict.fromkeys(PARTS[:-1])
    tried = None if whole else runs.old_on_new
    old_on_new = None if tried is None else _value(tried[name])
    tier, why = severity(before, now, rule)
    return Move(
        name,
        finding,
        words,
        before,
        now,
        parts=_parts(before.value, values),
        restated=_minus(values["changed_data"], _value(runs.as_before[name])),
        method_now=_minus(now.value, old_on_new),
        tier=tier,
        why=why,
    )


def _gap(old: Entry, new: Entry, new_on_old: Entry) -> str:
    if REASON in new:
        return f"not available now: {new[REASON]}"
    said = f"not available before: {old[REASON]}"
    if REASON in new_on_old:
        return said
    return f"{said}; today's question put to its tables gives {new_on_old['text']}"


def _value(entry: Entry) -> float | None:
    value: float | None = entry.get("value")
    return value


def _minus(one: float | None, other: float | None) -> float | None:
    return None if one is None or other is None else one - other


def _parts(start: float | None, values: Mapping[str, float | None]) -> dict[str, float]:
    """Return the steps from the first number to the last; a step without number joins the next."""
    parts: dict[str, float] = {}
    waiting: list[str] = []
    if start is None:
        return parts
    for name, value in values.items():
        waiting.append(name)
        if value is not None:
            parts[TOGETHER.join(waiting)] = value - start
            start, waiting = value, []
    return parts


def severity(before: Quantity, now: Quantity, rule: Rule) -> tuple[str, str]:
    """Return the tier of a move and why, by the plan's rule."""
    if before.kind != now.kind:
        return "serious", f"it is called {now.kind}, before {before.kind}"
    if before.value is None or now.value is None:
        same = before.text == now.text
        return ("unchanged", "the same words") if same else ("serious", "its words differ")
    moved = abs(now.value - before.value)
    if _crossed(before.p_value, now.p_value, rule.alpha):
        return "serious", "its p-value crossed the plan's alpha"
    if moved <= SAME * max(1.0, abs(before.value), abs(now.value)):
        return "unchanged", "the same number"
    if before.value * now.value < 0:
        return "serious", "its sign is another"
    if before.level is not None and before.low is not None and before.high is not None:
        return _by_interval(before.low, before.high, now.value, moved, rule)
    return _by_share(moved / abs(before.value) if before.value else math.inf, rule)


def _by_interval(low: float, high: float, now: float, moved: float, rule: Rule) -> tuple[str, str]:
    if not low <= now <= high:
        return "serious", "outside its old interval"
    widths = moved / ((high - low) / 2)
    said = f"{write(widths, 'ratio')} half-widths of its old interval"
    return ("notable" if widths > rule.notable_halfwidths else "small"), said


def _by_share(share: float, rule: Rule) -> tuple[str, str]:
    said = "it was zero" if math.isinf(share) else f"{write(share, 'share')} of its old value"
    if share >= rule.serious_share:
        return "serious", said
    return ("notable" if share > rule.notable_share else "small"), said


def _crossed(before: float | None, now: float | None, alpha: float) -> bool:
    return before is not None and now is not None and (before < alpha) != (now < alpha)
