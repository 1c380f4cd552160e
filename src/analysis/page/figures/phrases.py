"""Words that follow from numbers: plurals, signs, and what an interval says of zero."""

from __future__ import annotations

import math
from collections.abc import Iterable

from analysis.quantities import Quantity, write


def counted(number: int, one: str, many: str = "") -> str:
    """Return a count with its noun in the right number, such as ``1 group`` or ``2 groups``."""
    return f"{number:,} {one if number == 1 else many or f'{one}s'}"


def listed(words: Iterable[str]) -> str:
    """Return words as an enumeration: ``a``, ``a and b``, or ``a, b and c``."""
    *first, last = words
    return f"{', '.join(first)} and {last}" if first else last


def of_zero(quantity: Quantity) -> str:
    """Return what the quantity's interval says of zero."""
    if quantity.low is None or quantity.high is None:
        return "no interval can be given"
    holds = quantity.low <= 0 <= quantity.high
    return f"the interval {'includes' if holds else 'excludes'} zero"


def is_number(value: float | None) -> bool:
    """Return whether there is a finite number."""
    return value is not None and math.isfinite(value)


def rarely(probability: float, of: str) -> str:
    """Return a probability as a share of `of` in words, such as ``in 55 % of shuffles``."""
    if probability < 0.001:
        return f"in fewer than one in a thousand {of}"
    digits = 0 if probability >= 0.1 else 1
    return f"in {100 * probability:.{digits}f}\N{NO-BREAK SPACE}% of {of}"


def share_in_words(probability: float, of: str) -> str:
    """Return a small probability as a rate, such as ``fewer than one in a thousand orders``."""
    return rarely(probability, of).removeprefix("in ")


def span(first: float, last: float, unit: str) -> str:
    """Return two ends as text, the unit on the second; ends that print alike once."""
    ends = [write(end, unit, bare=True) for end in (first, last)]
    whole = write(last, unit)
    return whole if ends[0] == ends[1] else f"{ends[0]} to {whole}"
