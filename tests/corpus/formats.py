"""Workbooks by libraries: what a cell's format and type make of its number."""

from __future__ import annotations

import datetime
from random import Random
from typing import Any

from .books import native, xlsx
from .cases import at, either, sound, spoilt
from .sheets import FIRST, PERCENT, OneOf, Sheet


def _formatted(t: Sheet, heading: str, shape: str, divisor: float = 1) -> Any:
    def change(book: Any, ws: Any) -> None:
        for i in t.filled(heading):
            cell = ws.cell(i + 2, t.at(heading) + 1)
            cell.value = t.value(i, heading) / divisor if divisor != 1 else t.value(i, heading)
            cell.number_format = shape

    return xlsx(t, change)


@sound("workbooks", "ofsted", "schools")
def percent_format(t: Sheet, r: Random) -> Any:
    heading = {"ofsted": PERCENT}.get(t.table, "ks2_expected_pct")
    return _formatted(t, heading, "0.0%", 100)


@sound("workbooks", "dfe")
def whole_percent_format(t: Sheet, r: Random) -> Any:
    return _formatted(t, "PTRWM_EXP", "0%", 100)


@either("workbooks", "gains")
def gains_in_percent_format(t: Sheet, r: Random) -> Any:
    """Of what a gain is a percentage, the file doesn't say."""
    return _formatted(t, "ks2_1", "0%", 100), at(range(2, len(t) + 2), "ks2_1")


@sound("workbooks", "ofsted")
def percentages_as_reckoned(t: Sheet, r: Random) -> Any:
    """Unrounded quotients under a format of one place."""
    exact = []
    for row in t.rows:
        exact.append((row["n_outstanding"] + row["n_good"]) / row["n_schools"])
        row["good_or_better_pct"] = OneOf([row["good_or_better_pct"], 100 * exact[-1]])

    def change(book: Any, ws: Any) -> None:
        for i, value in enumerate(exact):
            ws.cell(i + 2, 9).value = value
            ws.cell(i + 2, 9).number_format = "0.0%"

    return xlsx(t, change)


@sound("workbooks", "ofsted")
def shares_without_format(t: Sheet, r: Random) -> Any:
    return _formatted(t, PERCENT, "General", 100)


@sound("workbooks", "ofsted")
def a_percent_sign_by_format_only(t: Sheet, r: Random) -> Any:
    return _formatted(t, PERCENT, '0.0"%"')


@either("workbooks", "funding")
def shown_in_thousands_by_format(t: Sheet, r: Random) -> Any:
    return _formatted(t, FIRST, '"£"#,##0,"k"'), at(range(2, len(t) + 2), FIRST)


@either("workbooks", "funding")
def thousands_whose_k_is_format(t: Sheet, r: Random) -> Any:
    return _formatted(t, FIRST, '"£"0.0##"k"', 1000), at(range(2, len(t) + 2), FIRST)


@spoilt("workbooks", "gains", "ofsted", "funding")
def a_date_for_a_number(t: Sheet, r: Random) -> Any:
    heading = {"gains": "ks2_1", "ofsted": "RI", "funding": FIRST}[t.table]
    i = t.some(r, heading)

    def change(book: Any, ws: Any) -> None:
        ws.cell(i + 2, t.at(heading) + 1).value = datetime.datetime(2014, 3, r.randint(1, 28))

    return xlsx(t, change), at(t.line(i), heading)


@spoilt("workbooks", "gains", "schools")
def a_time_for_a_number(t: Sheet, r: Random) -> Any:
    heading = {"gains": "ks2_1"}.get(t.table, "cohort")
    i = t.some(r, heading)

    def change(book: Any, ws: Any) -> None:
        ws.cell(i + 2, t.at(heading) + 1).value = datetime.time(13, 30)

    return xlsx(t, change), at(t.line(i), heading)


@spoilt("workbooks", "gains", "ofsted")
def a_truth_value_for_a_number(t: Sheet, r: Random) -> Any:
    heading = {"gains": "ks2_1", "ofsted": "Good"}[t.table]
    i = t.some(r, heading)

    def change(book: Any, ws: Any) -> None:
        ws.cell(i + 2, t.at(heading) + 1).value = True

    return xlsx(t, change), at(t.line(i), heading)


@either("workbooks", "funding")
def truth_values_for_yes_and_no(t: Sheet, r: Random) -> Any:
    cells = native(t)
    for row in cells[1:]:
        row[5] = {"Yes": True, "No": False}.get(row[5], row[5])
    return xlsx(t, cells=cells), at(range(2, len(t) + 2), t.header[5])


def _dated(t: Sheet, system_of_1904: bool = False) -> Any:
    cells = native(t)
    for row in cells[1:]:
        row[2:] = [datetime.date.fromisoformat(v) if v else None for v in row[2:]]

    def change(book: Any, ws: Any) -> None:
        if system_of_1904:
            book.epoch = datetime.datetime(1904, 1, 1)

    return xlsx(t, change, cells)


@sound("workbooks", "members")
def dates_as_dates(t: Sheet, r: Random) -> Any:
    return _dated(t)


@sound("workbooks", "members")
def dates_from_1904(t: Sheet, r: Random) -> Any:
    return _dated(t, system_of_1904=True)


@either("workbooks", "members")
def dates_as_numbers(t: Sheet, r: Random) -> Any:
    cells = native(t)
    start = datetime.date(1899, 12, 30)
    for row in cells[1:]:
        row[2] = (datetime.date.fromisoformat(row[2]) - start).days
    return xlsx(t, cells=cells), at(range(2, len(t) + 2), "joined")


@either("workbooks", "members")
def a_date_with_an_hour(t: Sheet, r: Random) -> Any:
    i = t.some(r, "joined")
    cells = native(t)
    cells[i + 1][2] = datetime.datetime.fromisoformat(cells[i + 1][2] + " 13:30:00")
    return xlsx(t, cells=cells), at(t.line(i), "joined")


@sound("workbooks", "gains")
def noise_of_floats(t: Sheet, r: Random) -> Any:
    for i in t.filled("ks2_1"):
        value = t.value(i, "ks2_1")
        t.put(i, "ks2_1", str(value), OneOf([value, value + 4e-15]))
    cells = native(t)
    for i in t.filled("ks2_1"):
        cells[i + 1][1] = t.rows[i]["gain_ks2_1_pp"][1]
    return xlsx(t, cells=cells)


for _label, _shape in {"points": '0" pp"', "scientific": "0.00E+00", "fraction": "# ?/?",
                       "text": "@", "signs": "+0;-0;0", "colour": "[Blue]0",
                       "two-places": "0.00"}.items():  # fmt: skip

    @sound("workbooks", "gains", label=_label)
    def gains_in_a_format(t: Sheet, r: Random, shape: str = _shape) -> Any:
        return _formatted(t, "ks2_1", shape)


for _label, _shape in {"date": "dd/mm/yyyy", "hours": "[h]:mm", "nothing": ";;;",
                       "month": "mmm-yy", "brackets": "(0)", "word": '"high"'}.items():  # fmt: skip

    @either("workbooks", "gains", label=_label)
    def gains_in_an_odd_format(t: Sheet, r: Random, shape: str = _shape) -> Any:
        return _formatted(t, "ks2_1", shape), at(range(2, len(t) + 2), "ks2_1")


@either("workbooks", "funding")
def money_in_the_format_of_euros(t: Sheet, r: Random) -> Any:
    return _formatted(t, FIRST, "[$€-2] #,##0"), at(range(2, len(t) + 2), FIRST)


@either("workbooks", "funding")
def negative_money_in_brackets(t: Sheet, r: Random) -> Any:
    i = t.some(r, FIRST)
    t.put(i, FIRST, f"(£{t.value(i, FIRST):,})", -t.value(i, FIRST))

    return _formatted(t, FIRST, '"£"#,##0_);("£"#,##0)'), at(t.line(i), FIRST)


@sound("workbooks", "funding")
def accounts_format(t: Sheet, r: Random) -> Any:
    i = t.some(r, FIRST)
    t.put(i, FIRST, "£0", 0)
    shape = '_-"£"* #,##0_-;-"£"* #,##0_-;_-"£"* "-"??_-;_-@_-'
    return _formatted(t, FIRST, shape)
