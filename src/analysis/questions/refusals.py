"""Why a method refuses a year's tables, in words of a page."""

from __future__ import annotations

import re

_FEW = "too few groups have every figure that is needed"
_ALIKE = "there are too few groups, or they differ too little, to be compared"
_WORDS = {
    r"rows are too few for|rows for \d+ columns|too few for \d+": _FEW,
    r"rows, at least \d+ are needed": _FEW,
    r"leverage 1|hangs on row|all x are equal|does not vary|linearly dependent|is zero": _ALIKE,
    r"two numbers or more in a row": "the table of gains has fewer than two rows",
    r"0 up and 0 down": "no group rose in all its measures and none fell in all",
    r"no unit's exposure is known": "no group's money is known",
}


def in_words(error: ValueError) -> str:
    """Return why a method cannot be used, as a reader who knows no method would say it."""
    said = (words for pattern, words in _WORDS.items() if re.search(pattern, str(error)))
    return next(said, f"the method cannot be used on these tables ({error})")
