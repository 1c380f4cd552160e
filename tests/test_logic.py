from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from analysis.tables.logic import Condition, RecipeError, cells, compare

STATES = {"true": (True, False), "false": (False, True), "unknown": (False, False)}
SIGNS = ["==", "!=", "<", "<=", ">", ">="]


def condition(*states: str) -> Condition:
    true, false = zip(*(STATES[state] for state in states), strict=True)
    return Condition(np.array(true), np.array(false))


def states(condition: Condition) -> list[str]:
    names = {pair: name for name, pair in STATES.items()}
    return [names[bool(t), bool(f)] for t, f in zip(condition.true, condition.false, strict=True)]


def test_and_or_and_not_follow_kleenes_tables() -> None:
    left = condition("true", "true", "true", "false", "false", "unknown")
    right = condition("true", "false", "unknown", "false", "unknown", "unknown")
    assert states(left & right) == ["true", "false", "unknown", "false", "false", "unknown"]
    assert states(left | right) == ["true", "true", "true", "false", "unknown", "unknown"]
    assert states(~right) == ["false", "true", "unknown", "true", "unknown", "unknown"]


@pytest.mark.parametrize("sign", SIGNS)
def test_a_blank_is_neither_true_nor_false_in_any_comparison(sign: str) -> None:
    found = compare(sign, np.array([np.nan, 1.0]), np.array(1.0))
    assert states(found)[0] == "unknown"
    assert states(found)[1] == ("true" if sign in ("==", "<=", ">=") else "false")


@pytest.mark.parametrize("sign", SIGNS)
def test_numbers_that_differ_by_rounding_noise_only_are_equal(sign: str) -> None:
    found = compare(sign, np.array([0.1 + 0.2]), np.array([0.3]))
    assert states(found) == ["true" if sign in ("==", "<=", ">=") else "false"]


@pytest.mark.parametrize("dtype", ["Int64", "Float64", "float64"])
def test_every_kind_of_number_column_gives_nan_for_a_blank(dtype: str) -> None:
    found = cells(pd.Series([1, None], dtype=dtype))
    assert found.dtype == float
    assert found[0] == 1.0
    assert np.isnan(found[1])


@pytest.mark.parametrize("dtype", ["str", "object", "string"])
def test_every_kind_of_text_column_leaves_a_blank_unknown(dtype: str) -> None:
    found = compare("!=", cells(pd.Series(["a", None], dtype=dtype)), np.array("b", dtype=object))
    assert states(found) == ["true", "unknown"]


def test_texts_are_not_put_in_order_nor_compared_with_numbers() -> None:
    words, one = np.array(["a"], dtype=object), np.array([1.0])
    with pytest.raises(RecipeError, match="=="):
        compare("<", words, words)
    with pytest.raises(RecipeError, match="text compared with a number"):
        compare("==", words, one)
