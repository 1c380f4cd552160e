"""Columns and conditions in which a blank is unknown, and unknown is neither true nor false.

References
----------
S. C. Kleene, Introduction to Metamathematics (1952), section 64: the strong three-valued logic.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

Mask = npt.NDArray[np.bool_]
Numbers = npt.NDArray[np.float64]
Words = npt.NDArray[np.object_]
EQUAL_TO = 1e-9


class RecipeError(ValueError):
    """A recipe that can't be followed: what was found in it, and what is known."""

    def __init__(self, found: str, expected: str) -> None:
        super().__init__(f"found {found}; expected {expected}")
        self.found, self.expected = found, expected


@dataclass(frozen=True)
class Condition:
    """Where a condition is true and where it is false; unknown where neither."""

    true: Mask
    false: Mask

    def __invert__(self) -> Condition:
        return Condition(self.false, self.true)

    def __and__(self, other: Condition) -> Condition:
        return Condition(self.true & other.true, self.false | other.false)

    def __or__(self, other: Condition) -> Condition:
        return Condition(self.true | other.true, self.false & other.false)


Value = Numbers | Words | Condition


def blank(value: Numbers | Words) -> Mask:
    """Return where a column has no value."""
    return np.asarray(pd.isna(value), dtype=bool)


def cells(series: pd.Series) -> Numbers | Words:
    """Return a table's column as numbers with nan, or as texts with None, for its blanks."""
    if pd.api.types.is_numeric_dtype(series) or bool(series.isna().all()):
        numbers: Numbers = series.astype("Float64").to_numpy(dtype=float, na_value=np.nan)
        return numbers
    words: Words = series.astype(object).to_numpy(dtype=object, na_value=None)
    return words


def compare(sign: str, left: Numbers | Words, right: Numbers | Words) -> Condition:
    """Return where ``left sign right`` is true and where false; a blank leaves it unknown.

    Raises
    ------
    RecipeError
        If texts are put in order, or a text is compared with a number.
    """
    known = ~(blank(left) | blank(right))
    if not known.any():
        return Condition(np.zeros_like(known), np.zeros_like(known))
    if left.dtype != right.dtype:
        raise RecipeError("a text compared with a number", "two texts or two numbers")
    if left.dtype == object:
        answer = _same(sign, left, right)
    else:
        answer = _ordered(sign, np.asarray(left, dtype=float), np.asarray(right, dtype=float))
    return Condition(answer & known, ~answer & known)


def _same(sign: str, left: Numbers | Words, right: Numbers | Words) -> Mask:
    if sign not in ("==", "!="):
        raise RecipeError(f"texts compared with {sign}", "texts compared with == or !=")
    same = np.asarray(left == right, dtype=bool)
    return same if sign == "==" else ~same


def _ordered(sign: str, left: Numbers, right: Numbers) -> Mask:
    close = np.isclose(left, right, rtol=EQUAL_TO, atol=EQUAL_TO)
    answers: dict[str, Mask] = {
        "==": close,
        "!=": ~close,
        "<": (left < right) & ~close,
        "<=": (left < right) | close,
        ">": (left > right) & ~close,
        ">=": (left > right) | close,
    }
    return np.asarray(answers[sign], dtype=bool)
