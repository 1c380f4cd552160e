"""Structure that a careful person sees through: separators, titles, notes, totals, blank rows."""

from __future__ import annotations

import csv
from random import Random

from .cases import ANY, FILE, NAME, at, either, sound
from .sheets import DISTRICTS, FIRST, SECOND, Gap, Sheet
from .text import joined, lines, plain, split

TITLE = "Table 4: returns of the collaborations"
for _word, _delimiter in [("semicolons", ";"), ("tabs", "\t"), ("pipes", "|")]:
    for _form in ("gains", "funding"):

        @sound("structure", _form, label=_word)
        def parted_by(t: Sheet, r: Random, delimiter: str = _delimiter) -> str:
            return lines(t.printed(), delimiter)


@sound("structure", "ofsted", "members")
def every_cell_quoted(t: Sheet, r: Random) -> str:
    return lines(t.printed(), quoting=csv.QUOTE_ALL)


@sound("structure", "funding", "gains")
def separator_named_for_excel(t: Sheet, r: Random) -> str:
    return "sep=;\n" + lines(t.printed(), ";")


@sound("structure", "ofsted", "schools")
def a_space_after_each_comma(t: Sheet, r: Random) -> str:
    return lines([[row[0], *(" " + cell for cell in row[1:])] for row in t.printed()]).replace(
        '," ', ', "'
    )


@sound("structure", "gains", "ofsted", "funding")
def titles_above(t: Sheet, r: Random) -> str:
    return f"{TITLE}\nPublished in January 2014\n\n{plain(t)}"


@sound("structure", "ofsted", "members")
def titles_above_with_their_commas(t: Sheet, r: Random) -> str:
    commas = "," * (len(t.header) - 1)
    return f"{TITLE}{commas}\n{commas}\n{plain(t)}"


@sound("structure", "gains")
def forty_lines_of_text_above(t: Sheet, r: Random) -> str:
    return joined(f"Line {i} of the explanation of this table." for i in range(40)) + plain(t)


@sound("structure", "gains", "ofsted", "funding", "dfe")
def notes_below(t: Sheet, r: Random) -> str:
    notes = ["Source: school improvement service", "* Provisional until the audit",
             '"Note: groups with fewer than two schools, and new ones, are left out."']  # fmt: skip
    return plain(t) + "\n" + joined(notes)


@sound("structure", "ofsted", "funding")
def a_note_below_with_a_comma_of_its_own(t: Sheet, r: Random) -> str:
    return plain(t) + "\nNote: figures are provisional, and subject to audit\n"


@sound("structure", "ofsted", "gains")
def notes_right_below_with_their_commas(t: Sheet, r: Random) -> str:
    return plain(t) + "Source: school improvement service" + "," * (len(t.header) - 1) + "\n"


def _sums(t: Sheet, headings: list[str]) -> dict[str, int]:
    values = {h: [t.value(i, h) for i in range(len(t))] for h in headings}
    return {h: sum(v for v in found if not isinstance(v, Gap)) for h, found in values.items()}


@sound("structure", "funding")
def a_row_of_totals_that_agrees(t: Sheet, r: Random) -> str:
    sums = _sums(t, [FIRST, SECOND])
    return plain(t) + lines([["Total", "", "", *(f"£{s:,}" for s in sums.values()), ""]])


@sound("structure", "ofsted", label="grades")
def a_row_of_totals(t: Sheet, r: Random) -> str:
    sums = _sums(t, t.header[2:8])
    pct = 100 * (sums["Outstanding"] + sums["Good"]) / sums["number of schools"]
    row = ["", "Total", *map(str, sums.values()), f"{pct:.1f}"]
    return plain(t) + lines([[""] * 9, row])


@sound("structure", "funding")
def totals_of_each_area(t: Sheet, r: Random) -> str:
    order = sorted(range(len(t)), key=lambda i: t.rows[i]["area"])
    t.cells, t.rows = [t.cells[i] for i in order], [t.rows[i] for i in order]
    made = [t.header]
    for i, row in enumerate(t.cells):
        made.append(row)
        if i + 1 == len(t) or t.cells[i + 1][0] != row[0]:
            members = [k for k in range(len(t)) if t.cells[k][0] == row[0]]
            found = [[t.value(k, h) for k in members] for h in (FIRST, SECOND)]
            sums = [sum(v for v in values if not isinstance(v, Gap)) for values in found]
            made.append([f"Total {row[0]}", "", "", *(f"£{s:,}" for s in sums), ""])
    return lines(made)


@either("structure", "gains")
def a_row_of_averages(t: Sheet, r: Random) -> object:
    row = ["Average"]
    for heading in t.header[1:]:
        values = [t.value(i, heading) for i in t.filled(heading)]
        row.append(f"{sum(values) / len(values):.1f}")
    return plain(t) + lines([row]), at(t.last + 1)


@sound("structure", "gains", "ofsted", "funding")
def the_heading_again_on_each_page(t: Sheet, r: Random) -> str:
    made = split(t)
    middle = len(made) // 2
    return joined([*made[:middle], made[0], *made[middle:]])


@sound("structure", "gains", "ofsted")
def page_numbers_and_headings_between(t: Sheet, r: Random) -> str:
    made = split(t)
    middle = len(made) // 2
    between = ["", "Page 1 of 2", "", TITLE, "", made[0]]
    return joined([TITLE, "", *made[:middle], *between, *made[middle:], "", "Page 2 of 2"])


@sound("structure", "gains", "funding", "schools")
def blank_rows_between(t: Sheet, r: Random) -> str:
    made = split(t)
    for i in sorted(r.sample(range(1, len(made)), 3), reverse=True):
        made.insert(i, r.choice(["", "," * (len(t.header) - 1)]))
    return joined(made)


@sound("structure", "gains", "ofsted", "funding", "members", "dfe")
def columns_in_another_order(t: Sheet, r: Random) -> str:
    order = r.sample(range(len(t.header)), len(t.header))
    return lines([[row[j] for j in order] for row in t.printed()])


@sound("structure", "ofsted", "funding")
def headings_in_other_case_and_spacing(t: Sheet, r: Random) -> str:
    t.header = [f" {h.upper()}  ".replace(" OF ", "  of ") for h in t.header]
    return plain(t)


@sound("structure", "ofsted", "funding")
def headings_broken_over_lines(t: Sheet, r: Random) -> str:
    t.header = [h.replace(" ", "\n", 2) for h in t.header]
    return plain(t)


@either("structure", "ofsted")
def the_typing_error_of_a_heading_mended(t: Sheet, r: Random) -> object:
    t.header[t.at("no Inpection yet")] = "No inspection yet"
    return plain(t), at(1, "no Inpection yet", "No inspection yet")


@either("structure", "ofsted")
def an_abbreviation_of_a_heading_spelled_out(t: Sheet, r: Random) -> object:
    t.header[t.at("RI")] = "Requires improvement"
    return plain(t), at(1, "RI", "Requires improvement")


@sound("structure", "gains", "members")
def the_index_of_pandas_before(t: Sheet, r: Random) -> str:
    made = [["Unnamed: 0", *t.header], *([str(i), *row] for i, row in enumerate(t.cells))]
    return lines(made)


@sound("structure", "gains", "ofsted")
def an_index_without_heading_before(t: Sheet, r: Random) -> str:
    return lines([["", *t.header], *([str(i), *row] for i, row in enumerate(t.cells))])


@sound("structure", "funding", "ofsted")
def a_comma_at_every_end(t: Sheet, r: Random) -> str:
    return joined(line + "," for line in split(t))


@sound("structure", "gains", "ofsted", "members", "dfe")
def a_column_of_remarks(t: Sheet, r: Random) -> str:
    remarks = ["", "see the letter of May", "new lead school"]
    return lines([[*t.header, "Remarks"], *([*row, r.choice(remarks)] for row in t.cells)])


@either("structure", "funding")
def a_third_year_of_money(t: Sheet, r: Random) -> object:
    heading = "2014/15 Agreed Funding from KAH (if applicable)"
    made = [[*t.header, heading], *([*row, "£5,000"] for row in t.cells)]
    return lines(made), at(1)


@either("structure", "ofsted", "gains")
def a_column_twice_with_the_same_cells(t: Sheet, r: Random) -> object:
    return lines([[*row, row[3]] for row in t.printed()]), at(1, t.header[3])


@sound("structure", "gains", "ofsted", "funding")
def a_name_on_two_lines_in_quotes(t: Sheet, r: Random) -> str:
    i, heading = r.randrange(len(t)), NAME[t.table]
    t.put(i, heading, t.rows[i]["collaboration"].replace(" ", "\n", 1))
    return plain(t)


@either("structure", "gains", "ofsted")
def a_name_that_goes_on_in_the_next_row(t: Sheet, r: Random) -> object:
    i, heading = r.randrange(1, len(t) - 1), NAME[t.table]
    j = t.at(heading)
    whole = t.rows[i]["collaboration"] + " (formerly the old Rural Hub)"
    t.put(i, heading, whole.removesuffix(" (formerly the old Rural Hub)"), whole)
    rest = ["(formerly the old Rural Hub)" if k == j else "" for k in range(len(t.header))]
    t_cells = [t.header, *t.cells]
    return lines([*t_cells[: i + 2], rest, *t_cells[i + 2 :]]), at({t.line(i), t.line(i) + 1})


def _grouped(t: Sheet) -> None:
    order = sorted(range(len(t)), key=lambda i: (t.rows[i]["area"], t.rows[i]["district"], i))
    t.cells, t.rows = [t.cells[i] for i in order], [t.rows[i] for i in order]


@either("structure", "funding")
def areas_merged_in_the_sheet_it_came_from(t: Sheet, r: Random) -> object:
    _grouped(t)
    before = ""
    blank = []
    for i, row in enumerate(t.cells):
        if row[0] == before:
            row[0] = ""
            blank.append(t.line(i))
        before = row[0] or before
    return plain(t), at(blank, "Area", None)


@either("structure", "gains")
def blanks_at_the_end_left_out(t: Sheet, r: Random) -> object:
    made = [line.rstrip(",") for line in split(t)]
    return joined(made), at(i + 1 for i, line in enumerate(split(t)) if line.endswith(","))


@either("structure", "gains", "ofsted")
def another_table_below(t: Sheet, r: Random) -> object:
    other = "District,Schools,Pupils\nDover,12,3400\nSwale,9,2100\n"
    return plain(t) + "\nTable 5: districts\n\n" + other, at(range(t.last + 1, t.last + 8))


@either("structure", "gains")
def another_table_beside(t: Sheet, r: Random) -> object:
    beside = [["District", "Schools"], ["Dover", "12"], ["Swale", "9"]]
    beside += [["", ""]] * (len(t) - 2)
    rows = [[*row, "", *beside[i]] for i, row in enumerate(t.printed())]
    return lines(rows), at(ANY)


@sound("structure", "ofsted", "gains")
def a_line_over_groups_of_columns(t: Sheet, r: Random) -> str:
    if t.table == "gains":
        return "," + "Key stage 2,,,Key stage 4,,\n" + plain(t)
    return ",,,Judgements,,,,,\n" + plain(t)


@either("structure", "gains", "members")
def comments_before(t: Sheet, r: Random) -> object:
    return "# exported by hand\n# one line a group\n" + plain(t), at(ANY)


@either("structure", "gains", "ofsted")
def a_table_of_a_message(t: Sheet, r: Random) -> object:
    made = ["| " + " | ".join(row) + " |" for row in t.printed()]
    rule = "|" + "---|" * len(t.header)
    return joined([made[0], rule, *made[1:]]), at(ANY)


@either("structure", "ofsted", "funding")
def a_page_with_a_table(t: Sheet, r: Random) -> object:
    cells = ["".join(f"<td>{c.replace('&', '&amp;')}</td>" for c in row) for row in t.printed()]
    rows = "".join(f"<tr>{row}</tr>" for row in cells)
    return (f"{t.table}.xls", f"<html><body><table>{rows}</table></body></html>"), FILE


@either("structure", "ofsted")
def text_of_a_page(t: Sheet, r: Random) -> object:
    return joined(" ".join(row) for row in t.printed()), at(ANY)


@either("structure", "gains", "ofsted", "funding")
def columns_set_by_spaces(t: Sheet, r: Random) -> object:
    width = [max(len(row[j]) for row in t.printed()) + 3 for j in range(len(t.header))]
    rows = ["".join(c.ljust(w) for c, w in zip(row, width, strict=True)) for row in t.printed()]
    return joined(row.rstrip() for row in rows), at(ANY)


@either("structure", "gains", "ofsted")
def quotes_inside_a_name(t: Sheet, r: Random) -> object:
    i = r.randrange(1, len(t))
    t.put(i, "name", 'The "Mill" Schools Hub', 'The "Mill" Schools Hub')
    bare = plain(t).replace('"The ""Mill"" Schools Hub"', 'The "Mill" Schools Hub')
    return bare, at(t.line(i), "name", None)


@either("structure", "gains")
def quotes_after_a_backslash(t: Sheet, r: Random) -> object:
    i = r.randrange(1, len(t))
    t.put(i, "name", 'The "Mill" Schools Hub', 'The "Mill" Schools Hub')
    return plain(t).replace('""', '\\"'), at(t.line(i))


@either("structure", "ofsted")
def commas_as_decimal_points(t: Sheet, r: Random) -> object:
    t.each("% good or better", lambda printed: printed.replace(".", ","))
    return lines(t.printed(), ";"), at(i + 2 for i, row in enumerate(t.cells) if "," in row[-1])


@sound("structure", "funding")
def years_of_money_the_other_way_round(t: Sheet, r: Random) -> str:
    return lines([[*row[:3], row[4], row[3], row[5]] for row in t.printed()])


@sound("structure", "dfe")
def rows_of_authority_and_country(t: Sheet, r: Random) -> str:
    tail = ["900", "16.1", "25%", "12%", "4%", "61%", "0.3", "0.2", "-0.1", "104", "103"]
    totals = [["3", "850", " ", " ", " ", " ", *tail], ["4", *[" "] * 5, "604552", *tail[1:]]]
    made = t.printed()
    return lines([*made[:4], totals[0], *made[4:], totals[1], ["5", *totals[1][1:]]])


@either("structure", "ofsted")
def districts_over_their_groups(t: Sheet, r: Random) -> object:
    middle = len(t) // 2
    made = split(t)
    over = [f",{r.choice(DISTRICTS[area])},,,,,,," for area in ("East", "West")]
    return joined([made[0], over[0], *made[1:middle], over[1], *made[middle:]]), at({2, middle + 2})
