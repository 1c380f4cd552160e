"""How a release stands among others: what its outcomes mean, and whose results it gives anew."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from analysis.errors import quoted
from analysis.sources.entries import Place, fact, mapping, wrong

_OUTCOME = re.compile(r"[a-z][a-z0-9_]*", re.ASCII)
_YEAR = re.compile(r"20\d\d", re.ASCII)


def definitions(block: Mapping[str, Any], place: Place) -> dict[str, str]:
    """Return how each outcome is defined in a release, by outcome; none where it isn't stated.

    Raises
    ------
    DataError
        If the entry is not a block of outcomes with words.
    """
    if block.get("definitions") is None:
        return {}
    entry = mapping(block, "definitions", place)
    within = (*place, "definitions")
    for outcome in entry:
        if not isinstance(outcome, str) or _OUTCOME.fullmatch(outcome) is None:
            raise wrong((*within, str(outcome)), quoted(outcome), "an outcome such as ks2")
    return {outcome: " ".join(fact(entry, outcome, within).split()) for outcome in entry}


def replaced_years(block: Mapping[str, Any], place: Place) -> tuple[str, ...]:
    """Return the years whose results a release gives anew, from its entry `replaces`.

    Raises
    ------
    DataError
        If the entry is not a year, or a list of years, in quotation marks.
    """
    entry = block.get("replaces") or []
    years = [entry] if isinstance(entry, str) else entry
    if not isinstance(years, list) or not all(_is_other_year(year, place) for year in years):
        expected = 'the other year whose results are given anew, such as "2013", or a list of such'
        raise wrong((*place, "replaces"), quoted(entry), expected)
    return tuple(years)


def _is_other_year(value: object, place: Place) -> bool:
    return isinstance(value, str) and _YEAR.fullmatch(value) is not None and value not in place
