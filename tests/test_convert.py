"""Tests of conversion: a printed cell is exactly of its column's form, or it is refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.sources.convert import Missing
from analysis.sources.dirty_cells import Typed, read_cell
from analysis.variables import CellType

NUMERIC: tuple[CellType, ...] = ("money", "count", "percent", "points")


def convert(cell: str, kind: CellType) -> Typed:
    return read_cell(cell, kind).value


@pytest.mark.parametrize(
    ("cell", "kind", "value"),
    [
        ("£42,000", "money", 42000.0),
        ("£7,356", "money", 7356.0),
        ("£1,234,567.89", "money", 1234567.89),
        ("£42000", "money", 42000.0),
        ("£0", "money", 0.0),
        ("\u00a0£42,000 ", "money", 42000.0),
        ("12", "count", 12),
        ("1,200", "count", 1200),
        ("0", "count", 0),
        ("66.7", "percent", 66.7),
        ("55 %", "percent", 55.0),
        ("12.5%", "percent", 12.5),
        ("100.0", "percent", 100.0),
        ("0.5", "percent", 0.5),
        ("7", "points", 7.0),
        ("-7", "points", -7.0),
        ("+7", "points", 7.0),
        ("\N{MINUS SIGN}7", "points", -7.0),
        ("4.5", "points", 4.5),
        ("Yes", "answer", "yes"),
        ("NO", "answer", "no"),
        ("TBC", "answer", "tbc"),
        ("  a \u00a0 b ", "text", "a b"),
        ("NA", "text", "NA"),
        ("None", "text", "None"),
        ("null", "text", "null"),
        ("<b>&amp;</b>", "text", "<b>&amp;</b>"),
        ("=1+1", "text", "=1+1"),
    ],
)
def test_a_cell_of_its_columns_form_has_its_value(
    cell: str, kind: CellType, value: float | str
) -> None:
    found = convert(cell, kind)
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    "cell",
    [
        *("£42,00", "£4,2000", "£,000", "£42,000,00", "£42k", "£-42", "-£42"),
        *("(£42,000)", "£42.5", "£42,000.", "€42", "$42"),
        *("£٤٢", "£042", "£0,042", "Â£42", "£1e3", "£1_000", "£nan", "￡42", "£42,000 approx"),
        f"£{'9' * 13}",
        f"£{'9' * 400}",
    ],
)
def test_what_only_looks_like_money_is_refused(cell: str) -> None:
    with pytest.raises(ValueError, match="an amount such as £42,000 or 42000"):
        convert(cell, "money")


@pytest.mark.parametrize(
    "cell",
    [
        *(
            "1.5",
            "-1",
            "+1",
            "1 2",
            "1,2",
            "12,00",
            "007",
            "1_000",
            "٤٢",
            "٣",
            "1e3",
            "0x1",
        ),
        *("TRUE", "nan", "inf", "²", "½", "x", "#REF!", "9" * 13, "9" * 5000),
    ],
)
def test_what_only_looks_like_a_count_is_refused(cell: str) -> None:
    with pytest.raises(ValueError, match="a whole number, such as 12"):
        convert(cell, "count")


@pytest.mark.parametrize(
    "cell",
    [
        *("77,8", "101", "100.1", "-1", "77.", "٧٧", "7_7", "75%%", "75 pc", "nan", "1e1"),
        *("077.8", "1" * 400, "SUPP"),
    ],
)
def test_what_only_looks_like_a_percentage_is_refused(cell: str) -> None:
    with pytest.raises(ValueError, match="a percentage from 0 to 100"):
        convert(cell, "percent")


@pytest.mark.parametrize(
    "cell",
    [
        *(
            "- 7",
            "--7",
            "(7)",
            "7,5",
            "101",
            "-101",
            "٧",
            "1E1",
        ),
        *("1_0", "inf", "-inf", "nan"),
    ],
)
def test_what_only_looks_like_points_is_refused(cell: str) -> None:
    with pytest.raises(ValueError, match="a change in percentage points"):
        convert(cell, "points")


@pytest.mark.parametrize("cell", ["maybe", "1", "yes.", "TBA"])
def test_an_answer_outside_the_list_is_refused(cell: str) -> None:
    with pytest.raises(ValueError, match="Yes, No, TBC"):
        convert(cell, "answer")


@pytest.mark.parametrize("kind", [*NUMERIC, "answer", "text"])
def test_every_missing_value_keeps_its_kind_and_what_was_printed(kind: CellType) -> None:
    assert convert(" \u00a0", kind) == Missing("blank", " \u00a0")
    assert convert("n/a", kind) == Missing("not applicable", "n/a")
    assert convert("N/A ", kind) == Missing("not applicable", "N/A ")


@pytest.mark.parametrize("kind", NUMERIC)
@pytest.mark.parametrize("code", ["SUPP", "x", "c", "z", "None", "null", "*"])
def test_no_other_word_becomes_a_missing_number(code: str, kind: CellType) -> None:
    with pytest.raises(ValueError, match="a"):
        convert(code, kind)


def test_to_be_confirmed_is_an_answer_but_no_amount() -> None:
    assert convert("tbc", "answer") == "tbc"
    assert convert("TBC", "money") == Missing("to be confirmed", "TBC")


def test_a_decline_of_nothing_is_plain_nothing() -> None:
    assert str(convert("-0", "points")) == "0.0"


@given(st.integers(0, 10**12 - 1), st.booleans(), st.sampled_from(["", ".00", ".99"]))
def test_money_written_as_pounds_reads_back(pounds: int, grouped: bool, pence: str) -> None:
    cell = f"£{pounds:,}{pence}" if grouped else f"£{pounds}{pence}"
    assert convert(cell, "money") == pounds + float(f"0{pence}")


@given(st.decimals(-100, 100, places=2))
def test_points_written_with_either_minus_read_back(value: object) -> None:
    text = str(value)
    assert convert(text, "points") == float(text)
    assert convert(text.replace("-", "\N{MINUS SIGN}"), "points") == float(text)
