"""Tests of a number beside what its cell shows: neither misleads the other in silence."""

from __future__ import annotations

from decimal import Decimal

import pytest

from analysis.sources.number_formats import hides_text
from analysis.sources.stored import stored_number, taken


@pytest.mark.parametrize(
    ("stored", "code", "text", "remark"),
    [
        ("0.75", "0%", "75%", ""),
        ("0.778", "0%", "77.8%", "rounded"),
        ("0.77777777777777779", "0%", "78%", "rounded"),
        ("0.77777777777777779", "0.0%", "77.8%", "rounded"),
        ("77.78", "0.0", "77.8", "rounded"),
        ("3.4", "0", "3.4", "rounded"),
        ("42000.5", '"£"#,##0', "£42,000.50", "rounded"),
        ("42000.123", '"£"#,##0', "£42,000", "rounded"),
        ("42000", '"£"#,##0.00', "£42,000.00", ""),
        ("42000", "# ##0", "42,000", ""),
        ("-3", "0;[Red]0", "-3", "negative"),
        ("-3", "0_);(0)", "-3", ""),
        ("-42000", '"£"#,##0;("£"#,##0)', "-£42,000", ""),
        ("-3", "0;0-", "3-", ""),
        ("0", '#,##0;-#,##0;"-"', "0", "nought"),
        ("0", '_-"£"* #,##0_-;_-"£"* "-"??_-;_-"£"* "-"??_-', "£0", "nought"),
        ("0", "#,###", "", "hidden"),
        ("5", ";;;", "", "hidden"),
        ("1", '"Yes";"Yes";"No"', "Yes", "words"),
        ("3", '"7"', "7", "unlike"),
        ("3", '"1"0', "13", "unlike"),
        ("3", '"-"0', "-3", "unlike"),
        ("12", '0" (2013)"', "12 (2013)", ""),
        ("41699", "d mmm", "2014-03-01", "date"),
    ],
)
def test_a_stored_number_is_not_misread_for_its_format(
    stored: str, code: str, text: str, remark: str
) -> None:
    found = stored_number(stored, code)
    assert (found.text, found.remark) == (text, remark)


@pytest.mark.parametrize(
    ("stored", "code", "text", "full"),
    [
        ("42000", "#,##0,", "42", "42000"),
        ("40400", '"£"#,##0,"k"', "£40k", "£40400"),
        ("42000", "£#,##0.0,", "£42.0", "£42000"),
        ("1200000", '£0.0,,"m"', "£1.2m", "£1200000"),
        ("-42000", "£#,##0,", "-£42", "-£42000"),
    ],
)
def test_what_is_shown_in_thousands_keeps_the_whole_number(
    stored: str, code: str, text: str, full: str
) -> None:
    found = stored_number(stored, code)
    assert (found.text, found.remark, found.full) == (text, "thousands", full)


def test_a_number_that_a_formula_made_is_taken_as_shown() -> None:
    assert stored_number("0.6875", "0%", computed=True).text == "69%"
    assert stored_number("0.6875", "0%").text == "68.75%"


@pytest.mark.parametrize(
    ("stored", "shown", "text", "remark"),
    [
        ("77.8", "77,8", "77.8", ""),
        ("0.778", "77,8 %", "77.8 %", ""),
        ("-1", "\N{MINUS SIGN}1", "\N{MINUS SIGN}1", ""),
        ("42000", "42\N{NO-BREAK SPACE}000 £", "42,000 £", ""),
        ("1234", "1.23E+03", "1.23E+03", ""),
        ("5", "6", "6", "unlike"),
    ],
)
def test_text_shown_in_another_manner_of_writing_numbers_is_compared_too(
    stored: str, shown: str, text: str, remark: str
) -> None:
    found = taken(Decimal(stored), shown)
    assert (found.text, found.remark) == (text, remark)


@pytest.mark.parametrize(
    ("code", "hidden"),
    [(";;;", True), ('0;0;0;""', True), (";;;@", False), ("@", False), ("0;-0;0", False)],
)
def test_a_format_that_leaves_nothing_of_a_text_is_known(code: str, hidden: bool) -> None:
    assert hides_text(code) is hidden
