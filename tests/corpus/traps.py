"""Traps of several families: what a reader takes for granted and some file does otherwise."""

from __future__ import annotations

import re
from random import Random
from typing import Any

from .books import by_hand, fill, native, parts_of, rows_by_hand, xlsx, zipped
from .cases import ANY, NAME, at, either, sound, spoilt
from .sheets import FIRST, PERCENT, SECOND, Gap, OneOf, Sheet
from .text import joined, lines, plain, split

FAULTS = {"gains": ("ks2_1", "12,"), "ofsted": ("Good", "1O"), "funding": (FIRST, "£42,00"),
          "members": ("urn", "11823"), "schools": ("cohort", "many")}  # fmt: skip


def _fault(t: Sheet, r: Random) -> tuple[int, str]:
    heading, bad = FAULTS[t.table]
    i = t.some(r, heading)
    t.put(i, heading, bad, bad)
    return t.line(i), heading


@spoilt("bytes", "gains", "ofsted", "funding", "members", "schools")
def a_fault_in_a_file_of_old_line_ends(t: Sheet, r: Random) -> object:
    line, heading = _fault(t, r)
    return plain(t).replace("\n", "\r"), at(line, heading)


@spoilt("bytes", "gains", "funding", "members")
def a_fault_in_utf_16(t: Sheet, r: Random) -> object:
    line, heading = _fault(t, r)
    return lines(t.printed(), "\t").replace("\n", "\r\n").encode("utf-16"), at(line, heading)


@spoilt("structure", "funding", "ofsted")
def a_fault_below_a_heading_on_lines(t: Sheet, r: Random) -> object:
    line, heading = _fault(t, r)
    other = {"funding": SECOND, "ofsted": "number of schools"}[t.table]
    t.header[t.at(other)] = other.replace(" ", "\n", 2)
    return plain(t), at(line + 2, heading)


@either("structure", "ofsted", "gains")
def columns_in_another_order_on_the_second_page(t: Sheet, r: Random) -> object:
    half = len(t) // 2
    order = [0, *r.sample(range(1, len(t.header)), len(t.header) - 1)]
    below = [[row[j] for j in order] for row in t.printed()]
    return lines([*t.printed()[: half + 1], below[0], *below[half + 1 :]]), at(
        range(t.line(half), t.last + 2)
    )


@either("structure", "ofsted")
def the_heading_again_in_capitals(t: Sheet, r: Random) -> object:
    made = split(t)
    middle = len(made) // 2
    return joined([*made[:middle], made[0].upper(), *made[middle:]]), at(middle + 1)


@either("structure", "funding")
def totals_carried_forward(t: Sheet, r: Random) -> object:
    half = len(t) // 2
    sums = []
    for heading in (FIRST, SECOND):
        values = [t.value(i, heading) for i in range(half)]
        sums.append(f"£{sum(v for v in values if not isinstance(v, Gap)):,}")
    made = t.printed()
    rows = [["", "", word, *sums, ""] for word in ("Carried forward", "Brought forward")]
    return lines([*made[: half + 1], rows[0], made[0], rows[1], *made[half + 1 :]]), at(
        {half + 2, half + 4}
    )


@sound("structure", "ofsted")
def totals_named_under_the_numbers(t: Sheet, r: Random) -> str:
    sums = [sum(row[name] for row in t.rows) for name in t.names[2:8]]
    pct = 100 * (sums[1] + sums[2]) / sums[0]
    return plain(t) + lines([["Total", "", *map(str, sums), f"{pct:.1f}"]])


@either("structure", "funding")
def totals_without_a_name(t: Sheet, r: Random) -> object:
    sums = []
    for heading in (FIRST, SECOND):
        values = [t.value(i, heading) for i in range(len(t))]
        sums.append(f"£{sum(v for v in values if not isinstance(v, Gap)):,}")
    return plain(t) + lines([["", "", "", *sums, ""]]), at(t.last + 1)


@sound("logic", "ofsted")
def shares_of_one_and_nought(t: Sheet, r: Random) -> str:
    for i, (pct, parts) in enumerate([(100, (4, 1, 3, 0, 0, 0)), (0, (3, 0, 0, 2, 1, 0))]):
        for heading, value in zip(t.header[2:8], parts, strict=True):
            t.put(i, heading, str(value), value)
        t.put(i, PERCENT, str(pct), pct)
    t.each(PERCENT, lambda printed: f"{float(printed) / 100:g}")
    return plain(t)


@either("logic", "schools")
def shares_of_single_schools(t: Sheet, r: Random) -> object:
    t.each("ks2_expected_pct", lambda printed: f"{int(printed) / 100:.2f}")
    return plain(t), at(range(2, t.last + 1), "ks2_expected_pct")


@spoilt("logic", "ofsted", "members")
def two_cells_of_a_row_exchanged(t: Sheet, r: Random) -> object:
    i = r.randrange(1, len(t) - 1)
    t.cells[i][0], t.cells[i][1] = t.cells[i][1], t.cells[i][0]
    return plain(t), at(t.line(i))


@spoilt("structure", "gains", "funding")
def letters_behind_a_closing_quote(t: Sheet, r: Random) -> object:
    i = next(i for i, row in enumerate(t.rows) if "," in row["collaboration"])
    name = t.rows[i]["collaboration"]
    return plain(t).replace(f'"{name}"', f'"{name}" x'), at(t.line(i))


@either("structure", "ofsted", "gains")
def a_comma_at_the_end_of_rows_only(t: Sheet, r: Random) -> object:
    made = split(t)
    return joined([made[0], *(line + "," for line in made[1:])]), at(range(1, t.last + 1))


@sound("structure", "ofsted", "members")
def a_comma_at_the_end_of_the_heading_only(t: Sheet, r: Random) -> str:
    made = split(t)
    return joined([made[0] + ",", *(line + "," for line in made[1:])])


@either("structure", "gains", "members")
def cells_kept_as_text_by_a_formula(t: Sheet, r: Random) -> object:
    for i in range(len(t)):
        name = t.rows[i]["collaboration"]
        t.put(i, NAME[t.table], f'="{name}"', OneOf([name, f'="{name}"']))
    return plain(t), at(range(2, t.last + 1), NAME[t.table])


@either("structure", "gains")
def numbers_kept_as_text_by_a_formula(t: Sheet, r: Random) -> object:
    t.each("ks2_1", lambda printed: f'="{printed}"')
    return plain(t), at((t.line(i) for i in t.filled("ks2_1")), "ks2_1")


@spoilt("structure", "gains", "ofsted")
def heading_and_rows_parted_otherwise(t: Sheet, r: Random) -> object:
    t.each("name", lambda name: name.replace(",", ""))
    made = split(t)
    return joined([made[0].replace(",", ";"), *made[1:]]), at(range(1, t.last + 1))


@spoilt("structure", "members")
def a_word_of_warning_among_the_rows(t: Sheet, r: Random) -> object:
    made = split(t)
    middle = len(made) // 2
    warning = "Warning: undefined index urn in export.php on line 12"
    return joined([*made[:middle], warning, *made[middle:]]), at(middle + 1)


@either("structure", "gains", "ofsted")
def a_remark_beside_the_table(t: Sheet, r: Random) -> object:
    made = t.printed()
    i = r.randrange(2, len(made))
    wide = [[*row, "", "checked by JB" if k == i else ""] for k, row in enumerate(made)]
    return lines(wide), at({1, i + 1})


@sound("workbooks", "gains", "ofsted")
def a_table_after_two_thousand_empty_rows(t: Sheet, r: Random) -> Any:
    def change(book: Any, ws: Any) -> None:
        ws.delete_rows(1, 50)
        fill(ws, native(t), 2001, 1)

    return xlsx(t, change)


@spoilt("workbooks", "funding", "members")
def a_fault_in_a_workbook_of_text(t: Sheet, r: Random) -> Any:
    line, heading = _fault(t, r)
    return xlsx(t, cells=t.printed()), at(line, heading)


@either("workbooks", "ofsted", "gains")
def a_remark_beside_the_table_of_a_sheet(t: Sheet, r: Random) -> Any:
    def change(book: Any, ws: Any) -> None:
        ws.cell(4, len(t.header) + 2).value = "checked by JB"

    return xlsx(t, change), at({1, 4})


@sound("workbooks", "members")
def dates_in_words_of_the_standard(t: Sheet, r: Random) -> Any:
    rows = rows_by_hand(native(t))
    dated = r'<c r="(C\d+)" t="inlineStr"><is><t>([\d-]+)</t></is></c>'
    return "members.xlsx", by_hand(
        re.sub(dated, r'<c r="\1" t="d"><v>\2</v></c>', row) for row in rows
    )


@sound("workbooks", "gains", "funding")
def formulas_whose_value_is_empty_text(t: Sheet, r: Random) -> Any:
    rows = []
    for i, values in enumerate(native(t)):
        cells = re.findall(r"<c .*?</c>", rows_by_hand([values])[0].replace('1"', f'{i + 1}"'))
        empty = [f'<c r="{"ABCDEFG"[j]}{i + 1}" t="str"><f>IF(1,"")</f><v></v></c>'
                 for j, value in enumerate(values) if value is None]  # fmt: skip
        ordered = sorted([*cells, *empty], key=lambda cell: cell[6])
        rows.append(f'<row r="{i + 1}">' + "".join(ordered) + "</row>")
    return f"{t.table}.xlsx", by_hand(rows)


@either("workbooks", "gains", "ofsted")
def parts_named_with_backslashes(t: Sheet, r: Random) -> Any:
    parts = parts_of(by_hand(rows_by_hand(native(t))))
    made = zipped({name.replace("/", "\\"): data for name, data in parts.items()})
    return (f"{t.table}.xlsx", made), at(ANY)


@either("workbooks", "gains")
def a_row_a_million_rows_below(t: Sheet, r: Random) -> Any:
    """A group far below the others is a group, or a reason to ask."""
    rows = rows_by_hand(native(t))
    last = len(rows)
    rows[-1] = re.sub(rf'(r="[A-G]?){last}"', r'\g<1>1000000"', rows[-1])
    return ("gains.xlsx", by_hand(rows)), at({None, 1000000})


MISSPELT = {"gains": "ks2_2", "ofsted": "Inadequate", "funding": SECOND, "schools": "cohort",
            "members": "left", "dfe": "PTRWM_EXP"}  # fmt: skip


@either("structure", "gains", "ofsted", "funding", "schools", "members", "dfe")
def a_letter_of_a_heading_lost(t: Sheet, r: Random) -> object:
    """Guess the column or ask; to read the table without it is to lose it in silence."""
    heading = MISSPELT[t.table if len(t.header) < 17 else "dfe"]
    t.header[t.at(heading)] = heading[:3] + heading[4:]
    return plain(t), at({None, 1}, heading, heading[:3] + heading[4:], None)


@either("structure", "schools", "members")
def two_letters_of_a_heading_exchanged(t: Sheet, r: Random) -> object:
    heading = {"schools": "ks2_expected_pct", "members": "joined"}[t.table]
    wrong = heading.replace("pe", "ep").replace("in", "ni")
    t.header[t.at(heading)] = wrong
    return plain(t), at({None, 1}, heading, wrong, None)


@spoilt("structure", "schools")
def no_column_of_cohorts(t: Sheet, r: Random) -> object:
    return lines([[*row[:2], *row[3:]] for row in t.printed()]), at({None, 1}, "cohort", None)


@either("structure", "members")
def no_column_of_leaving(t: Sheet, r: Random) -> object:
    for row in t.rows:
        del row["left"]
    return lines([row[:3] for row in t.printed()]), at({None, 1}, "left", None)


@spoilt("structure", "gains", "ofsted", "funding", "schools", "members", "dfe")
def the_line_end_after_the_heading_lost(t: Sheet, r: Random) -> object:
    made = split(t)
    glue = r.choice(["", ","])
    return joined([made[0] + glue + made[1], *made[2:]]), at({None, 1})


@spoilt("structure", "gains", "ofsted", "funding", "schools", "members", "dfe")
def a_line_end_lost(t: Sheet, r: Random) -> object:
    made = split(t)
    i = r.randrange(2, len(made) - 2)
    made[i : i + 2] = [made[i] + made[i + 1]]
    return joined(made), at(i + 1)


@spoilt("bytes", "dfe")
def cut_within_a_number_of_the_last_row(t: Sheet, r: Random) -> object:
    """Rows may be short in this form, but a file ends with a line end like its other lines."""
    text = plain(t).rstrip("\n")
    return text[: text.rindex(".")], at(t.last)


@spoilt("bytes", "schools", "ofsted", "members")
def cut_at_a_comma(t: Sheet, r: Random) -> object:
    text = plain(t)
    return text[: text.rindex(",", 0, text.rindex(",")) + 1], at(t.last)


@spoilt("structure", "schools", "members")
def a_line_lost_in_the_middle_of_two(t: Sheet, r: Random) -> object:
    """The end of one row and the start of the next are gone."""
    made = split(t)
    i = r.randrange(2, len(made) - 2)
    made[i : i + 2] = [made[i][:9] + made[i + 1][-6:]]
    return joined(made), at(i + 1)


@spoilt("structure", "dfe")
def a_school_cut_short(t: Sheet, r: Random) -> object:
    """A publisher may leave blanks out at a row's end, but this file is no such one."""
    i = r.randrange(len(t) - 1)
    made = split(t)
    cells = made[t.line(i) - 1].split(",")
    made[t.line(i) - 1] = ",".join(cells[: r.randrange(5, len(cells) - 1)])
    return joined(made), at(t.line(i))


@spoilt("structure", "funding")
def an_area_alone_on_its_line(t: Sheet, r: Random) -> object:
    i = r.randrange(1, len(t) - 1)
    made = split(t)
    made[t.line(i) - 1] = t.cells[i + 1][0]
    return joined(made), at(t.line(i))
