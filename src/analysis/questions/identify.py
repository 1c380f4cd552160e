"""The identification gate: what an estimate may be called, why, and what data would change it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, get_args

from analysis.quantities import Kind

Aim = Literal["describe", "relate", "control", "bound", "power", "compare", "cause"]
AIMS: tuple[str, ...] = get_args(Aim)
ENOUGH_PRE_PERIODS = 2


@dataclass(frozen=True)
class Facts:
    """What is true of the data that a question is put to.

    Parameters
    ----------
    untreated_group : bool
        Outcomes are known for units without the exposure.
    baseline : bool
        Outcomes are known for the same units from before the exposure.
    outcome_selected : bool
        A unit is shown, or not, because of its outcome.
    exposure_before_outcome : bool
        The exposure comes before the outcome is measured.
    pre_periods : int
        Number of periods with outcomes before the exposure.
    comparable : bool
        Exposed and other units overlap in what they were like before.
    separable : bool
        The exposure is not almost a function of something else, such as size.
    units_overlap : bool
        Some units belong to several groups, and no rule for it is declared.
    randomised : bool
        The exposure was drawn by lot.
    trends_differ : bool
        Exposed and other units already moved apart in the periods before the exposure.
    outcome_known : bool
        The outcome of some unit at least is known.
    """

    untreated_group: bool
    baseline: bool
    outcome_selected: bool
    exposure_before_outcome: bool
    pre_periods: int
    comparable: bool
    separable: bool
    units_overlap: bool
    randomised: bool = False
    trends_differ: bool = False
    outcome_known: bool = True


@dataclass(frozen=True)
class Verdict:
    """What the gate allows: the kind, in words, with reasons and remedies.

    Parameters
    ----------
    kind : Kind
        The strongest word that may be used.
    words : str
        The verdict as a sentence.
    reasons : tuple of str
        Why it is not more.
    needs : tuple of str
        What data would change it, in the order of the reasons.
    maryland : int
        Level 0 to 5 of the Maryland scale; 0 is below the scale.
    assumptions : tuple of str
        What has to hold besides, and no table can show, where the gate grants a causal word.
    """

    kind: Kind
    words: str
    reasons: tuple[str, ...]
    needs: tuple[str, ...]
    maryland: int
    assumptions: tuple[str, ...] = ()

    @property
    def meaning(self) -> str:
        """The words without the kind that they begin with, where a label says it already."""
        return self.words.removeprefix(f"{self.kind}; ")


@dataclass(frozen=True)
class _Obstacle:
    stands: Callable[[Facts], bool]
    reason: str
    need: str


_OBSTACLES = (
    _Obstacle(
        lambda f: not f.outcome_known,
        "no gain is known for any group",
        "the outcome of every group, whatever its sign",
    ),
    _Obstacle(
        lambda f: f.outcome_selected,
        "groups are shown because of their outcome: those that did not improve are left out",
        "the outcome of every group, whatever its sign",
    ),
    _Obstacle(
        lambda f: not f.untreated_group and not f.randomised,
        "no outcome is known for any school or group without the exposure",
        "the same outcome for schools or groups without the exposure",
    ),
    _Obstacle(
        lambda f: not f.baseline and not f.randomised,
        "nothing is known of the same schools or groups before the exposure",
        "the outcome of the same schools in earlier years",
    ),
    _Obstacle(
        lambda f: f.pre_periods < ENOUGH_PRE_PERIODS and not f.randomised,
        "fewer than two earlier periods are known, so no earlier trend can be compared",
        "at least two years of results before the exposure",
    ),
    _Obstacle(
        lambda f: f.trends_differ and not f.randomised,
        "exposed and other schools already moved apart before the exposure",
        "schools whose earlier trends are alike",
    ),
    _Obstacle(
        lambda f: not f.comparable and not f.randomised,
        "nothing shows that exposed and other groups were alike before",
        "characteristics of exposed and other groups from before, and their balance",
    ),
    _Obstacle(
        lambda f: not f.separable,
        "the money follows the size of a group so closely that the two cannot be told apart",
        "money that differs between groups of the same size, or its rule",
    ),
    _Obstacle(
        lambda f: f.units_overlap,
        "schools belong to several groups and it is not known which",
        "a dated list of members",
    ),
)


def judge(facts: Facts, aim: Aim) -> Verdict:
    """Return what may be said of an estimate made for `aim` from data with these `facts`.

    Raises
    ------
    ValueError
        If the aim is not one of `AIMS`.

    References
    ----------
    Manski (2003), Partial Identification of Probability Distributions; Sherman et al. (1997),
    Preventing Crime, chapter 2 (the Maryland scale); Roth, Sant'Anna, Bilinski and Poe (2023),
    Journal of Econometrics 235 (earlier trends).
    """
    if aim not in AIMS:
        raise ValueError(f"{aim!r} is not one of {', '.join(AIMS)}")
    obstacles = [o for o in _OBSTACLES if o.stands(facts)]
    reasons = tuple(o.reason for o in obstacles)
    needs = tuple(o.need for o in obstacles)
    if not facts.exposure_before_outcome and aim in ("relate", "compare", "cause", "control"):
        reasons = ("the exposure comes after the outcome and cannot have moved it", *reasons)
        needs = ("an exposure dated before the outcome", *needs)
        return Verdict("negative control", _WORDS["negative control"], reasons, needs, 0)
    kind = _kind(aim, bool(obstacles), facts)
    words = _WORDS[kind] + (_SHOWN if kind == "association" and facts.outcome_selected else "")
    assumed = ASSUMPTIONS if kind == "effect" and not facts.randomised else ()
    return Verdict(kind, words, reasons, needs, maryland_level(facts), assumed)


ASSUMPTIONS = (
    "without joining, members would have moved as the others did; that they did so before is a "
    "sign of it, not a proof",
    "nothing else that moves results began for members alone in these years",
    "schools that joined did not move the results of those that had not",
    "results that are missing are missing for other reasons than the results themselves",
)
_SHOWN = ", among the groups that are shown and for no others"
_WORDS: dict[str, str] = {
    "description": "a description of the published tables",
    "association": "an association: it says how two columns go together, not why",
    "bound": "a bound: it holds for every value that the unseen outcomes may have in the range",
    "negative control": "a negative control: a check beside the association, not a finding about "
    "money",
    "power": "what a study of this size could have detected",
    "effect": "an effect, under the design's stated assumptions",
    "not identified": "not identified; these tables cannot answer the question",
}


def _kind(aim: Aim, obstructed: bool, facts: Facts) -> Kind:
    plain: dict[str, Kind] = {
        "describe": "description",
        "bound": "bound",
        "power": "power",
        "control": "negative control",
        "relate": "association",
    }
    if aim in plain:
        return plain[aim]
    if not obstructed:
        return "effect"
    return "association" if aim == "compare" else "not identified"


def maryland_level(facts: Facts) -> int:
    """Return the level of the Maryland scale, 0 (below the scale) to 5 (drawn by lot).

    References
    ----------
    Sherman et al. (1997); the levels as What Works Centre for Local Economic Growth (2016) reads
    them for policy evaluations.
    """
    unknown = facts.outcome_selected or not facts.outcome_known
    if unknown or not facts.exposure_before_outcome:
        return 0
    drawn = facts.randomised
    if not drawn and not (facts.untreated_group and facts.baseline):
        return 1
    if not facts.separable or not (drawn or (facts.comparable and not facts.trends_differ)):
        return 2
    if facts.units_overlap or not (drawn or facts.pre_periods >= ENOUGH_PRE_PERIODS):
        return 3
    return 5 if drawn else 4


def trust_word(maryland: int) -> str:
    """Return how far a causal answer can be trusted, in a word, from its Maryland level."""
    return ("not at all", "very little", "little", "somewhat", "well", "very well")[maryland]
