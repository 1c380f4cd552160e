"""Tests of the one place where a number becomes text."""

from __future__ import annotations

import json
import math
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.quantities import KINDS, MINUS, UNITS, Quantity, rounded, write

FINITE = st.floats(-1e9, 1e9)
NBSP = "\u00a0"


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (7.04, "pp", f"7.0{NBSP}pp"),
        (-0.949, "pp per GBP 10,000", f"{MINUS}0.95{NBSP}pp per £10,000"),
        (42000, "GBP", "£42,000"),
        (-42000.4, "GBP", f"{MINUS}£42,000"),
        (0.125, "share", f"12.5{NBSP}%"),
        (66.66, "%", f"66.7{NBSP}%"),
        (77, "groups", "77"),
        (1234, "memberships", "1,234"),
        (0.0321, "probability", "0.032"),
        (0.0004, "probability", "less than 0.001"),
        (0.0, "probability", "less than 0.001"),
        (-0.04, "pp", f"0.0{NBSP}pp"),
        (-0.0, "GBP", "£0"),
        (math.inf, "pp", "∞"),
        (-math.inf, "pp", f"{MINUS}∞"),
        (math.nan, "pp", "not available"),
        (None, "GBP", "not available"),
    ],
)
def test_a_number_is_written_in_its_unit(value: float | None, unit: str, text: str) -> None:
    assert write(value, unit) == text


@pytest.mark.parametrize("unit", UNITS)
def test_every_unit_can_be_written_bare_and_whole(unit: str) -> None:
    bare, whole = write(-12.345, unit, bare=True), write(-12.345, unit)
    assert re.fullmatch(rf"{MINUS}[\d,]+(\.\d+)?", bare)
    assert bare.lstrip(MINUS) in whole


def test_an_unknown_unit_is_refused() -> None:
    with pytest.raises(KeyError):
        write(1.0, "furlongs")


@given(FINITE, st.sampled_from([unit for unit in UNITS if unit != "probability"]))
def test_what_is_written_is_the_number_to_its_decimals(value: float, unit: str) -> None:
    rule = UNITS[unit]
    back = float(write(value, unit, bare=True).replace(",", "").replace(MINUS, "-"))
    # Half a unit of the last decimal, and what a float of this size can't hold.
    assert back == pytest.approx(value * rule.scale, abs=0.5 * 10**-rule.decimals, rel=1e-12)


@given(FINITE)
def test_no_negative_nothing_is_written(value: float) -> None:
    text = write(value, "pp", bare=True)
    assert text != f"{MINUS}0.0"
    assert "-" not in text


def quantity(**given: object) -> Quantity:
    facts = {
        "id": "gains.ks2.shown",
        "value": 5.0,
        "unit": "pp",
        "kind": "description",
        "method": "methods.mean",
    }
    return Quantity(**{**facts, **given})  # type: ignore[arg-type]


@pytest.mark.parametrize(("field", "value"), [("kind", "cause"), ("unit", "furlongs")])
def test_a_quantity_of_an_unknown_kind_or_unit_is_refused(field: str, value: str) -> None:
    with pytest.raises(ValueError, match=f"gains.ks2.shown: '{value}'"):
        quantity(**{field: value})


@pytest.mark.parametrize("kind", KINDS)
def test_every_declared_kind_is_accepted(kind: str) -> None:
    assert quantity(kind=kind).kind == kind


def test_the_text_is_the_words_the_value_or_the_bounds() -> None:
    assert quantity().text == f"5.0{NBSP}pp"
    assert quantity(words="two").text == "two"
    assert quantity(value=None, low=-1.0, high=2.0).text == f"{MINUS}1.0 to 2.0{NBSP}pp"
    assert quantity(value=None).text == "not available"


def test_the_entry_has_what_the_contract_says_and_fits_json() -> None:
    entry = quantity(low=-math.inf, high=1 / 3, p_value=math.nan, sources=("a.csv",)).entry()
    assert list(entry) == [
        *("value", "unit", "low", "high", "level", "p_value", "n"),
        *("method", "kind", "sources", "text"),
    ]
    assert (entry["low"], entry["high"], entry["p_value"]) == (None, 0.3333333333, None)
    assert json.loads(json.dumps(entry, allow_nan=False)) == entry


@given(st.floats(-1e300, 1e300))
def test_rounding_to_ten_digits_changes_less_than_the_last_of_them(value: float) -> None:
    found = rounded(value)
    assert found is not None
    assert found == pytest.approx(value, rel=5.1e-10, abs=1e-300)  # half of the tenth digit
    assert rounded(found) == found
    assert str(found) != "-0.0"


def test_noise_in_the_last_bits_does_not_show() -> None:
    assert rounded(0.1 + 0.2) == rounded(0.3)
