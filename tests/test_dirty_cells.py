"""Tests of cells of unknown origin: read to the one value that they can mean, or refused."""

from __future__ import annotations

import pytest

from analysis.sources.convert import Missing
from analysis.sources.dirty_cells import LONGEST_NAME, CellError, read_cell, read_measure, read_name
from analysis.variables import CellType, variable

THIN = "\N{THIN SPACE}"


@pytest.mark.parametrize(
    ("kind", "cell", "value"),
    [
        ("money", "£42,000", 42000.0),
        ("money", "42000", 42000.0),
        ("money", " £42,000.50 ", 42000.5),
        ("money", "42,000.00", 42000.0),
        ("money", "42000.5", 42000.5),
        ("money", "£ 42,000", 42000.0),
        ("money", "£42 000", 42000.0),
        ("money", f"42{THIN}000", 42000.0),
        ("money", "42,000 GBP", 42000.0),
        ("money", "£1,200,000", 1200000.0),
        ("money", "£0", 0.0),
        ("money", "42 000", 42000.0),
        ("money", "£ -", 0.0),
        ("money", "42,000.0", 42000.0),
        ("money", "'42000", 42000.0),
        ("count", "12", 12),
        ("count", "1,200", 1200),
        ("count", "12.0", 12),
        ("percent", "66.7", 66.7),
        ("percent", "66.7 %", 66.7),
        ("percent", ".75", 0.75),
        ("percent", "66.66666666666667", 66.66666666666667),
        ("points", "-7", -7.0),
        ("points", "\N{MINUS SIGN}7.5", -7.5),
        ("points", "\N{NON-BREAKING HYPHEN}7", -7.0),
        ("points", "+7 pp", 7.0),
        ("answer", " YES", "yes"),
        ("answer", "N", "no"),
        ("answer", "To be confirmed", "tbc"),
        ("text", " two  words\xa0", "two words"),
        ("text", "NA", "NA"),
        ("text", "'=1+1", "=1+1"),
        ("text", "'@home", "@home"),
        ("text", "'quoted'", "'quoted'"),
    ],
)
def test_a_cell_gives_the_value_that_it_plainly_means(
    kind: CellType, cell: str, value: object
) -> None:
    read = read_cell(cell, kind)
    assert read.value == value
    assert type(read.value) is type(value)


@pytest.mark.parametrize(
    ("kind", "cell", "why"),
    [
        ("money", "£42,00", "a decimal comma, or a group of digits cut short"),
        ("money", "£42k", "a shortened amount"),
        ("money", "£1.2m", "a shortened amount"),
        ("money", "(1,200)", "brackets, which in accounts mean a negative number"),
        ("money", "-£42,000", "a negative number"),
        ("money", "\N{MINUS SIGN}42000", "a negative number"),
        ("money", "€42,000", "another currency"),
        ("money", "$42,000", "another currency"),
        ("money", "42.000", "a decimal, or a group?"),
        ("money", "£42.000", "a decimal, or a group?"),
        ("money", "4.2E+04", "an exponent"),
        ("money", "1e5", "an exponent"),
        ("money", "42_000", "an underscore"),
        ("money", "42", "a small number without a unit"),
        ("money", "042000", "a leading zero"),
        ("money", "000", "a leading zero"),
        ("money", "£42,000.5", "one decimal of a pound"),
        ("money", "£4,2000", ""),
        ("money", "£42,000*", ""),
        ("money", "£42,000 or more", ""),
        ("money", "£42,000\n£3,000", "a line break"),
        ("money", "£42\n000", "a line break"),
        ("money", "=SUM(D2:D9)", "a formula"),
        ("money", "#REF!", "a spreadsheet shows"),
        ("money", "#####", "a spreadsheet shows"),
        ("money", "#DIV/0!", "a spreadsheet shows"),
        ("money", "#N/A", "a spreadsheet shows"),
        ("money", "٤٢٠٠٠", "digits of another script"),
        ("money", "４２０００", "digits of another script"),
        ("money", "nil", ""),
        ("money", "None", ""),
        ("money", "SUPP", ""),
        ("count", "1_000", "an underscore"),
        ("count", "0x1F", "a hexadecimal number"),
        ("count", "1e1", "an exponent"),
        ("count", "4.5", ""),
        ("count", "04", "a leading zero"),
        ("count", "-4", "a negative number"),
        ("count", "TRUE", ""),
        ("count", "9" * 5000, ""),
        ("percent", "77,8", "a decimal comma"),
        ("percent", "101", ""),
        ("percent", "-1", "a negative number"),
        ("percent", "nan", "no number"),
        ("percent", "0.75.1", ""),
        ("points", "inf", "no number"),
        ("points", "2-Mar", "a date"),
        ("points", "Mar-02", "a date"),
        ("points", "02/03/2013", "a date"),
        ("points", "2013-03-02 00:00:00", "a date"),
        ("points", "41335", ""),
        ("points", "(3)", "brackets"),
        ("points", "١٣", "digits of another script"),
        ("points", "3-", ""),
        ("points", "-99", "missing value"),
        ("money", "21 000 75 000", ""),
        ("money", "42 00", ""),
        ("points", "--3", ""),
        ("points", "36.", ""),
        ("answer", "Perhaps", ""),
        ("answer", "1", ""),
        ("answer", "Yes/No", ""),
    ],
)
def test_a_cell_that_could_mean_something_else_is_refused_with_the_reason(
    kind: CellType, cell: str, why: str
) -> None:
    with pytest.raises(CellError) as refused:
        read_cell(cell, kind)
    assert refused.value.expected
    assert refused.value.remedy
    assert why in refused.value.why


@pytest.mark.parametrize(
    ("cell", "kind"),
    [
        ("", "blank"),
        ("  ", "blank"),
        ("N/A", "not applicable"),
        ("n.a.", "not applicable"),
        ("TBC", "to be confirmed"),
        ("-", "dash"),
        ("\N{EM DASH}", "dash"),
        ("..", "not available"),
    ],
)
def test_a_code_is_a_missing_value_of_its_own_kind(cell: str, kind: str) -> None:
    for column in ("money", "points", "count", "percent"):
        value = read_cell(cell, column).value  # type: ignore[arg-type]
        assert isinstance(value, Missing)
        assert value.kind == kind


@pytest.mark.parametrize(
    ("cell", "scale", "value"), [("42", 1000, 42000.0), ("£42.5", 1000, 42500.0)]
)
def test_an_amount_in_thousands_is_multiplied(cell: str, scale: int, value: float) -> None:
    assert read_cell(cell, "money", scale).value == value


def test_pounds_below_a_heading_in_thousands_are_refused() -> None:
    with pytest.raises(CellError, match="thousands of pounds"):
        read_cell("£42,000", "money", 1000)


@pytest.mark.parametrize(
    ("cell", "why"),
    [
        ("", "no name"),
        ("-", "no name"),
        ("n/a", "no name"),
        ("St James? CEl", ""),
        ("St Mary?s", "another encoding lost"),
        ("St JamesÕ CEl", "another encoding lost"),
        ("Ã‰cole", "UTF-8 read as Windows-1252"),
        ("A" * (LONGEST_NAME + 1), "301 characters"),
        ("EAS Hub\nWK Rural,1,15,6,,,", "rows of the table inside"),
    ],
)
def test_a_name_that_is_none_is_refused(cell: str, why: str) -> None:
    if not why:
        assert read_name(cell).value == cell
        return
    with pytest.raises(CellError) as refused:
        read_name(cell)
    assert why in refused.value.why


@pytest.mark.parametrize(
    ("column", "cell", "value"),
    [
        ("ks2_expected_pct", "72%", 72.0),
        ("cohort", "28", 28),
        ("cohort", "28.0", 28),
        ("ks2_reading_progress", "-1.5", -1.5),
    ],
)
def test_a_figure_of_a_school_is_read_in_its_unit(column: str, cell: str, value: object) -> None:
    assert read_measure(cell, variable(column)).value == value


def test_a_suppressed_figure_keeps_its_reason_and_an_unknown_code_is_refused() -> None:
    value = read_measure("SUPP", variable("ks2_expected_pct")).value
    assert isinstance(value, Missing)
    assert value.kind == "suppressed: too few pupils"
    with pytest.raises(CellError, match="a known code"):
        read_measure("??", variable("ks2_expected_pct"))
