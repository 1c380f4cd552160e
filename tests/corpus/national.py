"""Structure of the tables of single schools and of members, which have many columns or few."""

from __future__ import annotations

from random import Random

from .cases import ANY, at, either, sound, spoilt
from .sheets import Gap, Sheet
from .text import joined, lines, plain, split


@spoilt("structure", "dfe", "schools")
def results_twice_with_other_cells(t: Sheet, r: Random) -> object:
    heading = {17: "PTRWM_EXP"}.get(len(t.header), "ks2_expected_pct")
    other = [str(r.randint(30, 90)) for _ in t.cells]
    rows = [[*row, o] for row, o in zip(t.cells, other, strict=True)]
    return lines([[*t.header, heading], *rows]), at({None, 1}, heading)


@spoilt("structure", "schools", "members")
def a_needed_column_lost(t: Sheet, r: Random) -> object:
    heading = {"schools": "year", "members": "collaboration"}[t.table]
    j = t.at(heading)
    return lines([[*row[:j], *row[j + 1 :]] for row in t.printed()]), at({None, 1}, heading, None)


@either("structure", "dfe")
def blank_cells_at_an_end_left_out(t: Sheet, r: Random) -> object:
    """As the published files do."""
    i = r.randrange(1, len(t) - 1)
    for heading in ("READ_AVERAGE", "MAT_AVERAGE"):
        t.put(i, heading, "", Gap())
    made = split(t)
    made[i + 1] = made[i + 1].rstrip(",")
    return joined(made), at(t.line(i))


@spoilt("structure", "dfe")
def a_school_with_a_comma_without_its_quotes(t: Sheet, r: Random) -> object:
    i = r.randrange(1, len(t) - 1)
    t.put(i, "SCHNAME", "St Agnes, Mill Lane, Primary School")
    return plain(t).replace('"', ""), at(t.line(i))


@sound("structure", "dfe")
def schools_with_commas_and_quotes(t: Sheet, r: Random) -> str:
    for i in range(0, len(t), 2):
        name = f'St Agnes’ "Mill", Primary School {i}'
        t.put(i, "SCHNAME", name, name)
    return plain(t)


@spoilt("structure", "members")
def joining_and_leaving_exchanged(t: Sheet, r: Random) -> object:
    t.header[2], t.header[3] = "left", "joined"
    return plain(t), at(ANY)


@spoilt("structure", "dfe")
def cohorts_and_results_exchanged(t: Sheet, r: Random) -> object:
    """A cohort has no percent sign."""
    cohort, result = t.at("TELIG"), t.at("PTRWM_EXP")
    t.header[cohort], t.header[result] = "PTRWM_EXP", "TELIG"
    return plain(t), at(ANY)


@spoilt("structure", "dfe")
def a_school_without_its_number(t: Sheet, r: Random) -> object:
    i = r.randrange(1, len(t))
    t.put(i, "URN", r.choice(["", " "]))
    return plain(t), at(t.line(i), "URN")


@either("structure", "dfe")
def a_fault_in_the_row_of_the_country(t: Sheet, r: Random) -> object:
    row = ["4", *[" "] * 5, "604552", "16", "31%", "20%", "3%", "XX", " ", " ", " ", "104", "103"]
    return plain(t) + lines([row]), at(t.last + 1)


@sound("structure", "dfe", "schools")
def the_heading_once_more(t: Sheet, r: Random) -> str:
    made = split(t)
    return joined([*made[:4], made[0], *made[4:]])


@sound("structure", "dfe", "schools", "members")
def a_title_and_notes(t: Sheet, r: Random) -> str:
    return f"Results as published\n\n{plain(t)}\nSUPP: suppressed\nNE: no entries\n"


@sound("structure", "dfe")
def many_columns_that_are_not_ours(t: Sheet, r: Random) -> str:
    more = [f"PTOTHER{j}" for j in range(250)]
    rows = [[*row, *(r.choice(["SUPP", "12%", "0.3", ""]) for _ in more)] for row in t.cells]
    return lines([[*t.header, *more], *rows])


@either("structure", "members")
def headings_in_other_words(t: Sheet, r: Random) -> object:
    t.header = ["URN", "Collaboration name", "Date joined", "Date left"]
    return plain(t), at({None, 1})


@either("structure", "schools")
def headings_in_other_words_for_results(t: Sheet, r: Random) -> object:
    t.header[3] = r.choice(["ks2_expected", "ks2_expected_percent", "KS2 expected %"])
    return plain(t), at({None, 1})


@either("structure", "dfe")
def cohort_not_shown(t: Sheet, r: Random) -> object:
    i = r.randrange(1, len(t))
    t.put(i, "TELIG", "SUPP", Gap("SUPP"))
    t.put(i, "PTRWM_EXP", "SUPP", Gap("SUPP"))
    return plain(t), at(t.line(i), "TELIG")


@spoilt("structure", "members", "schools")
def a_row_of_the_other_table(t: Sheet, r: Random) -> object:
    made = split(t)
    i = r.randrange(2, len(made) - 1)
    made[i] = r.choice(["Willow Hub,12,4,3,,,", "7,Willow Hub,4,1,2,1,0,0,75"])
    return joined(made), at(i + 1)


@spoilt("structure", "schools", "dfe")
def one_field_too_many_in_a_row(t: Sheet, r: Random) -> object:
    i = r.randrange(1, len(t) - 1)
    made = t.printed()
    made[i + 1] = [*made[i + 1][:-1], "5", made[i + 1][-1]]
    return lines(made), at(t.line(i))
