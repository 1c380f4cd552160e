"""What each number about single schools is made of: its own count, and those behind it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from analysis.errors import GateError

Made = Literal["open", "model", "extreme"]
OPEN: Made = "open"
MODEL: Made = "model"
EXTREME: Made = "extreme"


@dataclass(frozen=True)
class Part:
    """What a number of an answer is.

    Parameters
    ----------
    made : {"open", "model", "extreme"}
        Of no single schools; an estimate from both sides; a figure of the one school that has it.
    count : str
        The count of the census that the number is, if it is one.
    base : tuple of str
        The counts of the census that stand behind a mean: all must be shown.
    n : str
        The count of the census that its number of rows is.
    """

    made: Made = OPEN
    count: str = ""
    base: tuple[str, ...] = ()
    n: str = ""


_COMPARED = "compared"
_MODEL = Part(MODEL, n=_COMPARED)
_OPEN = Part()
_ALL = "*"


def _means(side: str) -> Part:
    return Part(base=(side,), n=side)


# By method, then by the end of a number's id; `*` stands for the others.
DECLARED: Mapping[str, Mapping[str, Part]] = {
    "identification": {_ALL: _OPEN},
    "known_truth": {_ALL: _OPEN},
    # Payments and their collaborations are the report's.
    "money_rule": {_ALL: _OPEN},
    "sample_flow": {
        "": Part(count=_COMPARED),
        "in_tables": Part(count="in tables"),
        "set_aside": Part(count="set aside"),
    },
    "suppressed": {"": Part(count="missing")},
    "by_year": {
        **{f"{when}_{side}": _means(side) for when in ("baseline", "result")
           for side in ("members", "others")},
        "baseline_year": _OPEN,
        "result_year": _OPEN,
    },
    "balance": {_ALL: _MODEL},
    "funnel": {
        "outside_95": Part(count="outside 95", n=_COMPARED),
        "outside_998": Part(count="outside 998", n=_COMPARED),
        _ALL: _MODEL,
    },
    "detectable": {_ALL: _MODEL},
    "difference": {
        "members_n": Part(count="members"),
        "others_n": Part(count="others"),
        "clusters_n": Part(count="clusters"),
        "overlap_n": Part(count="overlap"),
        _ALL: _MODEL,
    },
    "estimators": {"lowest": Part(MODEL), "highest": Part(MODEL), _ALL: _MODEL},
    "by_years_since": {_ALL: Part(MODEL, n="units")},
    "two_way_mix": {_ALL: Part(MODEL, n="whole")},
    "hidden": {_ALL: _MODEL},
    "in_standard_deviations": {_ALL: _MODEL},
    "lost_results": {
        "": Part(MODEL, base=("members lost", "others lost"), n="before the end"),
        "worst": Part(EXTREME, n=_COMPARED),
        "best": Part(EXTREME, n=_COMPARED),
        "complete": Part(MODEL),
        "members_lost": Part(count="members lost"),
        "others_lost": Part(count="others lost"),
    },
    "slope_on_money": {"paid_n": Part(count="paid"), _ALL: _MODEL},
    "reconciled": {_ALL: Part()},  # by its own rows: `analysis.questions.protect.of_authority`
}  # fmt: skip


def part_of(method: str, suffix: str) -> Part:
    """Return what a number of an answer about single schools is declared to be.

    Raises
    ------
    GateError
        If nothing is declared for it.
    """
    parts = DECLARED.get(method, {})
    part = parts.get(suffix, parts.get(_ALL))
    if part is None:
        raise GateError(
            f"The method {method!r} says nothing of the schools behind its number "
            f"{suffix or 'of the same name'!r}. Declare it in src/analysis/questions/declared.py."
        )
    return part
