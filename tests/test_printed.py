from __future__ import annotations

import pytest

from analysis.tables.printed import PrintedNumber, read_printed, round_half_up


def number(text: str) -> PrintedNumber:
    read = read_printed(text)
    assert read is not None
    return read


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("26", 26.0),
        ("34%", 34.0),
        ("55 %", 55.0),
        ("12.5%", 12.5),
        ("£5.2 million", 5_200_000.0),
        ("£7,000", 7000.0),
        ("\N{MINUS SIGN}3", -3.0),
        ("nine", 9.0),
        ("Half", 50.0),
        ("all", 100.0),
    ],
)
def test_a_printed_number_is_read_with_its_unit(text: str, value: float) -> None:
    assert number(text).value == value


@pytest.mark.parametrize(
    "text", ["", "£500,00", "December 2012", "12,5%", "1e5", "٤٢", "26 groups"]
)
def test_what_is_no_printed_number_is_not_guessed(text: str) -> None:
    assert read_printed(text) is None


@pytest.mark.parametrize(
    ("text", "found", "same"),
    [
        ("62%", 61.8, True),
        ("90%", 100 * 402 / 449, True),
        ("90%", 89.5, True),
        ("12.5%", 100 * 2 / 14, False),
        ("37%", 100 * 28 / 77, False),
        ("£5.2 million", 5_249_999.0, True),
        ("£5.2 million", 5_250_000.0, False),
        ("26", 29.0, False),
        ("-3", -2.5, True),
    ],
)
def test_agreement_is_at_the_decimals_in_print(text: str, found: float, same: bool) -> None:
    assert number(text).matches(found) is same


def test_a_half_is_rounded_away_from_zero_whatever_its_binary_form() -> None:
    assert round_half_up(1.005, 2) == 1.01
    assert round_half_up(-68.75, 1) == -68.8
    assert round_half_up(0.4, 0) == 0.0


@pytest.mark.parametrize(
    ("text", "found", "written"),
    [
        ("£5.2 million", 3_711_605.0, "£3.7 million"),
        ("£7,000", 1470.2, "£1,470"),
        ("37%", 100 * 28 / 77, "36.4%"),
        ("34.2", 100 * 26 / 77, "33.8"),
        ("nine", 4.0, "4"),
        ("3", -4.0, "\N{MINUS SIGN}4"),
        ("3", -0.2, "0"),
    ],
)
def test_a_found_number_is_written_like_the_printed_one(
    text: str, found: float, written: str
) -> None:
    assert number(text).write(found) == written


def test_a_number_just_beyond_print_is_written_with_the_decimals_that_show_it() -> None:
    assert number("400").write_apart(400.25) == "400.3"
    assert number("half").write_apart(50.0) == "50.0%"


@pytest.mark.parametrize(
    ("text", "found", "words"),
    [
        ("26", 29.0, "3 more"),
        ("14", 12.0, "2 fewer"),
        ("12.5%", 100 * 2 / 14, "1.8 points more"),
        ("37%", 100 * 28 / 77, "0.6 points less"),
        ("£5.2 million", 3_711_605.0, "£1.5 million less"),
    ],
)
def test_a_gap_says_how_far_and_to_which_side(text: str, found: float, words: str) -> None:
    assert number(text).gap(found) == words
