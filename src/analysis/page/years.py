"""One number over the years: which neighbours may be joined, and why the others may not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from analysis.page.card import Card

COLUMNS = ("year", "status", "value", "low", "high", "n", "level", "definition", "why")
NO_PAGES = "no pages of this year have been made"


@dataclass(frozen=True)
class Measure:
    """A headline finding that is followed over the years.

    Parameters
    ----------
    finding : str
        Its id in `findings.json`.
    outcome : str
        The outcome whose definition it rests on.
    label, short, noun : str
        What a reader calls it, in a sentence, in a table's heading, and in a word.
    unit : str
        A key of `UNITS`.
    """

    finding: str
    outcome: str
    label: str
    short: str
    noun: str
    unit: str


SLOPE = Measure(
    "funding.ks2.slope_pp_per_10k",
    "ks2",
    "slope of the key stage 2 gain on funding among the groups shown",
    "Slope of gain on funding",
    "slope",
    "pp per GBP 10,000",
)
DIFFERENCE = Measure(
    "membership.ks2.difference",
    "ks2",
    "difference between members and other schools at key stage 2",
    "Members and others differ by",
    "difference",
    "pp",
)


def by_year(cards: Sequence[Card], measure: Measure) -> pd.DataFrame:
    """Return a row for each calendar year from the first to the last, made-up years left out.

    ``joined`` says whether a line may run from the year before to this one: both are there, each
    has a number, and both state the same definition. ``why`` says why there is no number, and
    ``apart`` why no line comes from the year before.
    """
    real = {int(card.year[:4]): card for card in cards if not card.is_made_up}
    span = range(min(real), max(real) + 1) if real else range(0)
    frame = pd.DataFrame(
        [_row(year, real.get(year), measure) for year in span], columns=[*COLUMNS, "label"]
    ).astype({"value": float, "low": float, "high": float, "n": "Int64"})
    apart = [*_apart(frame)]
    return frame.assign(apart=apart, joined=[why is None for why in apart])


def _row(year: int, card: Card | None, measure: Measure) -> dict[str, object]:
    if card is None:
        return {"year": year, "label": str(year), "why": NO_PAGES}
    known = card.value(measure.finding) is not None
    entry = card.numbers[measure.finding] if known else {}
    return {
        "year": year,
        "label": card.label,
        "status": card.status,
        **{name: entry.get(name) for name in ("value", "low", "high", "n", "level")},
        "definition": card.definitions.get(measure.outcome),
        "why": None if known else card.why_missing(measure.finding),
    }


def _apart(frame: pd.DataFrame) -> Iterator[str | None]:
    """Give why each year is not joined to the one before, None where it is."""
    last = None
    for line in frame.itertuples():
        yield "it is the first year" if last is None else _break(last, line)
        last = line


def _break(last: Any, line: Any) -> str | None:
    """Return why no line may run from one year to the next, None where it may."""
    if pd.isna(last.value) or pd.isna(line.value):
        return "one of the two has no number"
    if pd.isna(last.definition) or pd.isna(line.definition):
        return "they do not both state how the outcome is defined"
    return None if last.definition == line.definition else "the outcome is defined otherwise"
