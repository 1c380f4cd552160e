"""Structure that nobody can be sure of: shifted, short and long rows, lost or doubled columns."""

from __future__ import annotations

from random import Random

from .cases import ANY, FILE, NAME, at, either, spoilt
from .sheets import FIRST, SECOND, Sheet
from .text import joined, lines, plain, split


def _unquoted(cell: str) -> str:
    return cell.replace('"', "")


@spoilt("structure", "funding")
def one_amount_without_its_quotes(t: Sheet, r: Random) -> object:
    made = split(t)
    i = next(i for i in range(2, len(made)) if made[i].count('"£') == 2 and made[i].count('"') == 4)
    amount = t.cells[i - 1][3]
    made[i] = made[i].replace(f'"{amount}"', amount, 1)
    return joined(made), at(i + 1)


@spoilt("structure", "funding")
def an_amount_of_the_first_row_without_its_quotes(t: Sheet, r: Random) -> object:
    made = split(t)
    t.cells[0][2] = "Plain Hub"
    made[1] = ",".join(t.cells[0])
    return joined(made), at(2)


@spoilt("structure", "funding")
def no_amount_has_its_quotes(t: Sheet, r: Random) -> object:
    t.each("Collaboration name", lambda name: name.replace(",", ""))
    return joined(",".join(row) for row in t.printed()), at(range(1, t.last + 1))


@spoilt("structure", "gains", "ofsted")
def a_name_with_a_comma_without_its_quotes(t: Sheet, r: Random) -> object:
    i = next(i for i, row in enumerate(t.rows) if "," in row["collaboration"])
    made = split(t)
    made[i + 1] = _unquoted(made[i + 1])
    return joined(made), at(t.line(i))


@spoilt("structure", "members")
def a_date_left_out(t: Sheet, r: Random) -> object:
    i = t.some(r, "left")
    made = t.printed()
    del made[i + 1][2]
    return lines(made), at(t.line(i))


@spoilt("structure", "ofsted", "schools")
def one_field_too_few(t: Sheet, r: Random) -> object:
    i, j = r.randrange(1, len(t) - 1), r.randrange(2, len(t.header))
    made = t.printed()
    made[i + 1] = [cell for k, cell in enumerate(made[i + 1]) if k != j]
    return lines(made), at(t.line(i))


@spoilt("structure", "gains", "ofsted", "dfe")
def one_field_too_many(t: Sheet, r: Random) -> object:
    i, j = r.randrange(1, len(t) - 1), r.randrange(2, len(t.header))
    made = t.printed()
    made[i + 1] = [*made[i + 1][:j], "7", *made[i + 1][j:]]
    return lines(made), at(t.line(i))


@spoilt("structure", "gains", "ofsted")
def one_field_too_many_in_all_rows(t: Sheet, r: Random) -> object:
    made = t.printed()
    return lines([made[0], *([*row[:2], "7", *row[2:]] for row in made[1:])]), at(
        range(1, t.last + 1)
    )


@spoilt("structure", "ofsted", "members")
def one_field_too_few_in_all_rows(t: Sheet, r: Random) -> object:
    made = t.printed()
    return lines([made[0], *([*row[:2], *row[3:]] for row in made[1:])]), at(range(1, t.last + 1))


@spoilt("structure", "ofsted", "funding", "schools")
def a_row_moved_right(t: Sheet, r: Random) -> object:
    i = r.randrange(1, len(t) - 1)
    t.cells[i] = ["", *t.cells[i][:-1]]
    return plain(t), at(t.line(i))


@spoilt("structure", "ofsted", "gains")
def a_row_moved_left(t: Sheet, r: Random) -> object:
    i = r.randrange(1, len(t) - 1)
    t.cells[i] = [*t.cells[i][1:], ""]
    return plain(t), at(t.line(i))


@spoilt("structure", "ofsted")
def the_grades_of_a_row_moved_by_one(t: Sheet, r: Random) -> object:
    i = r.randrange(1, len(t) - 1)
    t.cells[i][3:8] = ["", *t.cells[i][3:7]]
    return plain(t), at(t.line(i))


@spoilt("structure", "gains", "ofsted")
def a_quote_that_never_closes(t: Sheet, r: Random) -> object:
    i = r.randrange(1, len(t) - 1)
    t.each("name", lambda name: name.replace(",", ""))
    t.cells[i][t.at("name")] = '"' + t.cells[i][t.at("name")]
    return joined(",".join(row) for row in t.printed()), at(range(t.line(i), t.last + 1))


@spoilt("structure", "gains")
def a_quote_that_closes_rows_below(t: Sheet, r: Random) -> object:
    i = r.randrange(1, len(t) - 3)
    t.each("name", lambda name: name.replace(",", ""))
    t.cells[i][0] = '"' + t.cells[i][0]
    t.cells[i + 2][0] += '"'
    made = [",".join(row) for row in t.printed()]
    return joined(made), at({t.line(i), t.line(i) + 1, t.line(i) + 2})


@spoilt("structure", "ofsted", "funding", "gains", "members", "dfe")
def a_column_lost(t: Sheet, r: Random) -> object:
    heading = {"ofsted": "Good", "funding": SECOND, "gains": "name", "members": "urn"}.get(
        t.table, "PTRWM_EXP"
    )
    j = t.at(heading)
    return lines([[*row[:j], *row[j + 1 :]] for row in t.printed()]), at({None, 1}, heading, None)


@either("structure", "ofsted")
def the_numbers_of_rows_lost(t: Sheet, r: Random) -> object:
    for row in t.rows:
        del row["number"]
    return lines([row[1:] for row in t.printed()]), at({None, 1}, "number", None)


@either("structure", "gains")
def the_second_block_lost(t: Sheet, r: Random) -> object:
    for row in t.rows:
        for heading in t.header[4:]:
            del row[f"gain_{heading}_pp"]
    return lines([row[:4] for row in t.printed()]), at({None, 1}, *t.header[4:], None)


@spoilt("structure", "ofsted", "funding", "members")
def a_heading_that_says_nothing(t: Sheet, r: Random) -> object:
    heading = {"ofsted": "Good", "funding": FIRST, "members": "joined"}[t.table]
    t.header[t.at(heading)] = "Column 5"
    return plain(t), at({None, 1}, heading, "Column 5", None)


@spoilt("structure", "ofsted", "gains")
def an_empty_heading(t: Sheet, r: Random) -> object:
    heading = {"ofsted": "RI", "gains": "ks2_2"}[t.table]
    t.header[t.at(heading)] = ""
    return plain(t), at({None, 1}, heading, "", None)


@spoilt("structure", "ofsted", "gains", "funding")
def a_heading_twice(t: Sheet, r: Random) -> object:
    first, second = {"ofsted": ("Good", "RI"), "gains": ("ks2_1", "ks2_2")}.get(
        t.table, (FIRST, SECOND)
    )
    t.header[t.at(second)] = first
    return plain(t), at({None, 1}, first, second)


@spoilt("structure", "ofsted", "gains")
def a_column_twice_with_other_cells(t: Sheet, r: Random) -> object:
    made = t.printed()
    other = [str(r.randint(3, 9)) for _ in t.cells]
    return lines([[*made[0], made[0][3]], *([*row, o] for row, o in zip(made[1:], other,
                  strict=True))]), at({None, 1}, made[0][3])  # fmt: skip


@spoilt("structure", "ofsted")
def two_headings_exchanged(t: Sheet, r: Random) -> object:
    good, ri = t.at("Good"), t.at("RI")
    t.header[good], t.header[ri] = "RI", "Good"
    return plain(t), at(ANY)


@spoilt("structure", "gains", "ofsted")
def rows_and_columns_exchanged(t: Sheet, r: Random) -> object:
    return lines(list(map(list, zip(*t.printed(), strict=True)))), at(ANY)


@spoilt("structure", "gains", "ofsted", "funding")
def a_row_twice(t: Sheet, r: Random) -> object:
    i = r.randrange(1, len(t) - 1)
    made = t.printed()
    made.insert(i + 2, list(made[i + 1]))
    return lines(made), at({t.line(i), t.line(i) + 1})


@either("structure", "gains")
def last_years_table_below(t: Sheet, r: Random) -> object:
    made = t.printed()
    old = [[row[0], *(str(int(c) + 1) if c else "" for c in row[1:])] for row in t.cells]
    title = ["Results of the year before", *[""] * 6]
    below = [[""] * 7, title, t.header, *old]
    return lines([*made, *below]), at(range(t.last + 1, t.last + 5 + len(old)))


@spoilt("structure", "gains", "ofsted", "funding", "members")
def a_row_without_its_name(t: Sheet, r: Random) -> object:
    i = r.randrange(1, len(t) - 1)
    t.put(i, NAME[t.table], r.choice(["", "  "]))
    return plain(t), at(t.line(i), NAME[t.table], None)


@spoilt("structure", "gains")
def words_in_the_midst_of_the_rows(t: Sheet, r: Random) -> object:
    i = t.some(r, "ks2_2")
    t.put(i, "ks2_2", r.choice(["see note", "about ten", "higher"]))
    return plain(t), at(t.line(i), "ks2_2")


@spoilt("structure", "members")
def separators_mixed(t: Sheet, r: Random) -> object:
    made = split(t)
    i = r.randrange(2, len(made) - 1)
    made[i] = ";".join(t.cells[i - 1])
    return joined(made), at(i + 1)


@either("structure", "ofsted")
def a_row_below_what_it_continues(t: Sheet, r: Random) -> object:
    i = r.randrange(1, len(t) - 1)
    made = t.printed()
    row = made[i + 1]
    made[i + 1 : i + 2] = [[*row[:5], "", "", "", ""], ["", "", "", "", "", *row[5:]]]
    return lines(made), at({t.line(i), t.line(i) + 1})


@spoilt("structure", "schools")
def the_heading_of_another_table(t: Sheet, r: Random) -> object:
    t.header = ["a", "b", "c", "d", "e"]
    return plain(t), FILE
