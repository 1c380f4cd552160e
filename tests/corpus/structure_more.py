"""More structure: what editors, exports and hands add around and between the rows."""

from __future__ import annotations

from random import Random

from .cases import ANY, NAME, All, at, either, sound, spoilt
from .sheets import CONTINUING, FIRST, PERCENT, SECOND, Gap, OneOf, Sheet
from .text import joined, lines, plain, split


@sound("structure", "gains", "funding")
def line_ends_doubled(t: Sheet, r: Random) -> str:
    return plain(t).replace("\n", "\r\r\n")


@sound("structure", "gains", "ofsted", "members")
def an_empty_column_before(t: Sheet, r: Random) -> str:
    return lines([["", *row] for row in t.printed()])


@sound("structure", "funding", "schools")
def empty_lines_before(t: Sheet, r: Random) -> str:
    return "\n" * r.randint(1, 6) + plain(t)


@sound("structure", "ofsted")
def rows_ordered_by_percentage(t: Sheet, r: Random) -> str:
    order = sorted(range(len(t)), key=lambda i: -t.rows[i]["good_or_better_pct"])
    t.cells, t.rows = [t.cells[i] for i in order], [t.rows[i] for i in order]
    return plain(t)


@sound("structure", "gains", "funding")
def a_last_line_that_says_end(t: Sheet, r: Random) -> str:
    return plain(t) + "\n" + r.choice(["--- End of report ---", "END", "End of table"]) + "\n"


@sound("structure", "ofsted", "gains")
def a_count_of_the_groups_below(t: Sheet, r: Random) -> str:
    return plain(t) + f"\n{len(t)} collaborations\n"


@sound("structure", "ofsted")
def a_title_on_two_lines_in_quotes(t: Sheet, r: Random) -> str:
    return '"Judgements of the groups\nas of January",,,,,,,,\n' + plain(t)


@sound("structure", "gains")
def separator_named_as_a_comma(t: Sheet, r: Random) -> str:
    return "sep=,\n" + plain(t)


@either("structure", "ofsted", "gains")
def numbers_of_the_columns_below_the_heading(t: Sheet, r: Random) -> object:
    return lines([t.header, [str(j + 1) for j in range(len(t.header))], *t.cells]), at(2)


@either("structure", "gains", "ofsted")
def a_heading_with_a_footnote(t: Sheet, r: Random) -> object:
    t.header[2] += "*"
    return plain(t), at(1)


@either("structure", "ofsted", "funding")
def a_heading_with_more_words(t: Sheet, r: Random) -> object:
    old = {"ofsted": PERCENT}.get(t.table, NAME["funding"])
    new = {"ofsted": "% good or better (of all schools)"}.get(t.table, "Name of collaboration")
    t.header[t.at(old)] = new
    return plain(t), at(1, old, new, None)


@either("structure", "gains")
def cells_below_no_heading(t: Sheet, r: Random) -> object:
    marks = [r.choice(["x", ""]) for _ in t.cells[1:]]
    return lines([[*t.header, ""], [*t.cells[0], "x"],
                  *([*row, m] for row, m in zip(t.cells[1:], marks, strict=True))]), at(
        ANY
    )  # fmt: skip


@either("structure", "funding")
def a_row_of_totals_above_the_rows(t: Sheet, r: Random) -> object:
    sums = []
    for heading in (FIRST, SECOND):
        values = [t.value(i, heading) for i in range(len(t))]
        sums.append(f"£{sum(v for v in values if not isinstance(v, Gap)):,}")
    return lines([t.header, ["", "", "Total", *sums, ""], *t.cells]), at(2)


@sound("structure", "funding")
def a_grand_total_under_a_blank_row(t: Sheet, r: Random) -> str:
    sums = []
    for heading in (FIRST, SECOND):
        values = [t.value(i, heading) for i in range(len(t))]
        sums.append(f"£{sum(v for v in values if not isinstance(v, Gap)):,}")
    return plain(t) + lines([[""] * 6, ["", "", "GRAND TOTAL", *sums, ""]])


@sound("structure", "ofsted")
def a_total_of_some_columns_only(t: Sheet, r: Random) -> str:
    total = sum(row["n_schools"] for row in t.rows)
    return plain(t) + lines([["", "Total number of schools", str(total), *[""] * 6]])


@spoilt("structure", "gains", "ofsted", "funding")
def three_faults_at_once(t: Sheet, r: Random) -> object:
    faults = {"gains": ("ks2_1", "12,"), "ofsted": ("Good", "1O"), "funding": (FIRST, "£42,00")}
    heading, bad = faults[t.table]
    places = []
    for i in sorted(r.sample(t.filled(heading), 3)):
        t.put(i, heading, bad)
        places.append(at(t.line(i), heading))
    return plain(t), All(places)


@spoilt("structure", "funding")
def faults_in_two_columns(t: Sheet, r: Random) -> object:
    i, k = sorted(r.sample(range(len(t)), 2))
    t.put(i, FIRST, "€42,000")
    t.put(k, CONTINUING, "Perhaps")
    return plain(t), All([at(t.line(i), FIRST), at(t.line(k), CONTINUING)])


@spoilt("structure", "gains", "ofsted", "funding")
def a_fault_below_names_on_two_lines(t: Sheet, r: Random) -> object:
    """The editor's line is not the number of the record."""
    faults = {"gains": ("ks2_1", "12,"), "ofsted": ("Good", "1O"), "funding": (FIRST, "£42,00")}
    heading, bad = faults[t.table]
    i = max(t.filled(heading))
    for k in (0, 1):
        name = t.cells[k][t.at(NAME[t.table])]
        t.put(k, NAME[t.table], name.replace(" ", "\n", 1))
    t.put(i, heading, bad)
    return plain(t), at(t.line(i) + 2, heading)


@spoilt("structure", "gains", "ofsted")
def a_fault_below_titles_and_blank_lines(t: Sheet, r: Random) -> object:
    heading, bad = {"gains": ("ks2_1", "12,"), "ofsted": ("Good", "1O")}[t.table]
    i = t.some(r, heading)
    t.put(i, heading, bad)
    made = split(t)
    return joined(["Judgements and gains", "", "", made[0], "", *made[1:]]), at(
        t.line(i) + 4, heading
    )


@spoilt("structure", "gains", "members")
def a_fault_in_the_last_row(t: Sheet, r: Random) -> object:
    heading, bad = {"gains": ("name", ""), "members": ("urn", "none")}[t.table]
    t.put(len(t) - 1, heading, bad)
    return plain(t).rstrip("\n"), at(t.last, heading, None)


@sound("structure", "ofsted")
def halves_rounded_either_way(t: Sheet, r: Random) -> str:
    """Five of eight is 62.5: 62 and 63 are both in use; so are 6.2 and 6.3 for 6.25."""
    for i, pct in ((1, "62.5"), (3, r.choice(["56.2", "56.3"]))):
        total, *parts = [(8, 1, 4, 2, 1, 0), (16, 2, 7, 6, 1, 0)][i // 3]
        for heading, value in zip(t.header[2:8], [total, *parts], strict=True):
            t.put(i, heading, str(value), value)
        t.put(i, PERCENT, pct, float(pct))
    return plain(t)


@sound("structure", "ofsted")
def all_and_none_good(t: Sheet, r: Random) -> str:
    for i, (pct, parts) in enumerate([("100.0", (4, 1, 3, 0, 0, 0)), ("0", (3, 0, 0, 2, 1, 0)),
                                      ("100", (1, 0, 1, 0, 0, 0))]):  # fmt: skip
        for heading, value in zip(t.header[2:8], parts, strict=True):
            t.put(i, heading, str(value), value)
        t.put(i, PERCENT, pct, float(pct))
    return plain(t)


@either("structure", "ofsted")
def a_group_of_no_schools(t: Sheet, r: Random) -> object:
    i = r.randrange(1, len(t) - 1)
    for heading in t.header[2:8]:
        t.put(i, heading, "0", 0)
    t.put(i, PERCENT, "", OneOf([Gap()]))
    return plain(t), at(t.line(i))


@sound("structure", "gains")
def two_groups_with_the_same_gains(t: Sheet, r: Random) -> str:
    for name, cell, heading in zip(t.names[1:], t.cells[1][1:], t.header[1:], strict=True):
        t.put(2, heading, cell, t.rows[1][name])
    return plain(t)


@sound("structure", "gains")
def one_group_only(t: Sheet, r: Random) -> str:
    del t.cells[1:], t.rows[1:]
    return plain(t)
