"""Logic of single schools and of members: URNs, dates, cohorts, codes for what isn't shown."""

# ruff: noqa: E501 - a case a line
from __future__ import annotations

from random import Random

from .cases import at, either, sound, spoilt
from .cells import Cell, declare_cells
from .sheets import Gap, OneOf, Sheet
from .text import lines, plain

EXPECTED = "ks2_expected_pct"
declare_cells("logic", [
    Cell("five-digits", "members", "urn", "spoilt", lambda v: v[:5]),
    Cell("seven-digits", "members", "urn", "spoilt", lambda v: v + "0"),
    Cell("letter", "members", "urn", "spoilt", lambda v: v[:5] + "O"),
    Cell("leading-nought", "schools", "urn", "spoilt", lambda v: "0" + v[1:]),
    Cell("float-urn", "members", "urn", "either", lambda v: f"{v}.0", lambda v: v, everywhere=True),
    Cell("comma-urn", "members", "urn", "either", lambda v: f"{v[:3]},{v[3:]}", lambda v: v),
    Cell("space-urn", "members", "urn", "either", lambda v: f"{v[:3]} {v[3:]}", lambda v: v),
    Cell("blank-urn", "schools", "urn", "spoilt", ""),
    Cell("e-urn", "members", "urn", "spoilt", "1.18E+05"),
    Cell("nan-urn", "schools", "urn", "spoilt", "nan"),
    Cell("percent", "schools", EXPECTED, "sound", lambda v: f"{v}%", everywhere=True),
    Cell("percent", "schools", EXPECTED, "sound", lambda v: f"{v}%"),
    Cell("suppressed", "schools", EXPECTED, "sound", "SUPP", Gap("SUPP")),
    Cell("blank", "schools", EXPECTED, "sound", "", Gap()),
    Cell("too-high", "schools", EXPECTED, "spoilt", "104"),
    Cell("negative", "schools", EXPECTED, "spoilt", "-4"),
    Cell("unknown-code", "schools", EXPECTED, "spoilt", "QQQ"),
    Cell("word", "schools", "cohort", "spoilt", "many"),
    Cell("part-of-a-pupil", "schools", "cohort", "spoilt", lambda v: f"{v}.5"),
    Cell("negative", "schools", "cohort", "spoilt", lambda v: f"-{v}"),
    Cell("comma", "schools", "cohort", "spoilt", "4,2"),
    Cell("score-of-another-scale", "schools", "ks2_reading_score", "either", "1050", 1050),
    Cell("two-digits", "schools", "year", "spoilt", "13"),
    Cell("five-digits", "schools", "year", "spoilt", "20013"),
    Cell("school-year", "schools", "year", "either", lambda v: f"{v - 1}/{v % 100}", everywhere=True),
    Cell("year-and-half", "schools", "year", "spoilt", "2012.5"),
    Cell("not-published", "dfe", "PTRWM_EXP", "sound", "NP", Gap("NP")),
    Cell("suppressed", "dfe", "PTRWM_EXP", "sound", "SUPP", Gap("SUPP")),
    Cell("no-entries", "dfe", "READPROG", "sound", "NE", Gap("NE")),
    Cell("low-coverage", "dfe", "READPROG", "sound", "LOWCOV", Gap("LOWCOV")),
    Cell("new", "dfe", "MATPROG", "sound", "NEW", Gap("NEW")),
    Cell("not-applicable", "dfe", "WRITPROG", "sound", "NA", Gap("NA")),
    Cell("blank", "dfe", "PSENELSE", "sound", "", Gap()),
    Cell("space", "dfe", "PSENELSE", "sound", " ", Gap()),
    Cell("small-letters", "dfe", "PTRWM_EXP", "either", "supp", Gap("SUPP")),
    Cell("unknown", "dfe", "PTRWM_EXP", "spoilt", "XXXX"),
    Cell("unknown-short", "dfe", "READPROG", "spoilt", "?"),
    Cell("percent-too-high", "dfe", "PTRWM_EXP", "spoilt", "173%"),
    Cell("no-percent-sign", "dfe", "PTRWM_EXP", "sound", lambda v: str(v), everywhere=True),
    Cell("share", "dfe", "PTRWM_EXP", "either", lambda v: f"{v / 100:.2f}", everywhere=True),
    Cell("kind-of-record", "dfe", "SCHNAME", "sound", "NA Primary School", "NA Primary School"),
    Cell("date-of-britain", "members", "joined", "sound", lambda v: "/".join(reversed(v.split("-"))), everywhere=True),
    Cell("date-of-britain", "members", "left", "either", lambda v: "/".join(reversed(v.split("-")))),
    Cell("date-of-america", "members", "joined", "either", "09/25/2012", "2012-09-25"),
    Cell("month-thirteen", "members", "joined", "spoilt", "2012-13-01"),
    Cell("thirtieth-of-february", "members", "joined", "spoilt", "2012-02-30"),
    Cell("thirty-first-of-june", "members", "joined", "spoilt", "31/06/2012"),
    Cell("leap-day-of-no-leap-year", "members", "joined", "spoilt", "29/02/2011"),
    Cell("midnight", "members", "joined", "either", lambda v: f"{v} 00:00:00", lambda v: v, everywhere=True),
    Cell("number-of-a-day", "members", "joined", "either", "41153", "2012-09-01"),
    Cell("month-in-words", "members", "joined", "either", "1 September 2012", "2012-09-01"),
    Cell("month-only", "members", "joined", "spoilt", "Sept 2012"),
    Cell("year-only", "members", "joined", "spoilt", "2012"),
    Cell("two-digit-year", "members", "joined", "either", "14/09/12", "2012-09-14"),
    Cell("words", "members", "joined", "spoilt", "at the start"),
    Cell("nought", "members", "joined", "spoilt", "00/01/1900"),
    Cell("still", "members", "left", "either", "current", Gap("current")),
    Cell("to-be-confirmed", "members", "joined", "either", "TBC", Gap("tbc")),
    Cell("far-future", "members", "left", "either", "9999-12-31", OneOf([Gap("open"), "9999-12-31"])),
    Cell("points", "members", "joined", "either", lambda v: ".".join(reversed(v.split("-"))), lambda v: v),
])  # fmt: skip

SIGNS = {"percent": "{}%", "pound": "£{}", "degrees": "{}°", "kilo": "{}k", "points": "{} pp", "brackets": "({})",
         "comma": "{},0", "question": "{}?", "letter": "{}a", "twice": "{0} {0}", "plus-minus": "±{}"}  # fmt: skip
COUNTS = [("ofsted", "Good"), ("ofsted", "number of schools"), ("schools", "cohort"), ("dfe", "TELIG"),
          ("schools", "ks2_reading_score"), ("dfe", "READPROG"), ("schools", "year")]  # fmt: skip
declare_cells("logic", [
    Cell(f"sign-{sign}", form, heading, "spoilt", shape.format)
    for form, heading in COUNTS for sign, shape in SIGNS.items()
    if (heading, sign) != ("READPROG", "brackets")
])  # fmt: skip


@spoilt("logic", "schools")
def a_share_no_cohort_can_have(t: Sheet, r: Random) -> object:
    """Of 7 pupils nobody can make 52 %."""
    i = r.randrange(1, len(t))
    t.put(i, "cohort", "7")
    t.put(i, EXPECTED, r.choice(["52", "64", "37"]))
    return plain(t), at(t.line(i), "cohort", EXPECTED, None)


@spoilt("logic", "schools")
def a_result_of_no_pupils(t: Sheet, r: Random) -> object:
    i = r.randrange(1, len(t))
    t.put(i, "cohort", "0")
    return plain(t), at(t.line(i), "cohort", EXPECTED, None)


@spoilt("logic", "schools")
def a_school_and_year_twice(t: Sheet, r: Random) -> object:
    i = r.randrange(1, len(t) // 2) * 2
    t.put(i + 1, "year", t.cells[i][1])
    return plain(t), at({t.line(i), t.line(i + 1)}, "urn", "year", None)


@spoilt("logic", "dfe")
def a_school_twice(t: Sheet, r: Random) -> object:
    i, k = sorted(r.sample(range(len(t)), 2))
    t.put(k, "URN", t.cells[i][3])
    return plain(t), at({t.line(i), t.line(k)}, "URN", None)


@spoilt("logic", "dfe")
def a_share_no_cohort_of_the_table_can_have(t: Sheet, r: Random) -> object:
    i = r.randrange(1, len(t))
    t.put(i, "TELIG", "7")
    t.put(i, "PTRWM_EXP", "52%")
    return plain(t), at(t.line(i), "TELIG", "PTRWM_EXP", None)


@spoilt("logic", "members")
def left_before_joining(t: Sheet, r: Random) -> object:
    i = t.some(r, "left")
    t.put(i, "left", "2010-03-31")
    return plain(t), at(t.line(i), "joined", "left", None)


@spoilt("logic", "members")
def a_membership_twice(t: Sheet, r: Random) -> object:
    i = r.randrange(1, len(t) - 1)
    made = t.printed()
    made.insert(i + 2, list(made[i + 1]))
    return lines(made), at({t.line(i), t.line(i) + 1})


@sound("logic", "members")
def a_school_that_came_back(t: Sheet, r: Random) -> str:
    row = t.cells[0]
    row[2], row[3] = "2011-09-01", "2012-03-31"
    t.rows[0].update(joined="2011-09-01", left="2012-03-31")
    t.cells.insert(1, [row[0], row[1], "2012-09-01", ""])
    t.rows.insert(1, {**t.rows[0], "joined": "2012-09-01", "left": Gap()})
    return plain(t)


@sound("logic", "members")
def a_school_in_two_groups(t: Sheet, r: Random) -> str:
    t.cells.insert(1, [t.cells[0][0], *t.cells[1][1:]])
    t.rows.insert(1, {**t.rows[1], "urn": t.rows[0]["urn"]})
    return plain(t)


@sound("logic", "dfe")
def every_code_at_once(t: Sheet, r: Random) -> str:
    for i, code in enumerate(["SUPP", "NE", "NP", "NA"]):
        for heading in ("PTRWM_EXP", "READ_AVERAGE", "MAT_AVERAGE"):
            t.put(i, heading, code, Gap(code))
    for i, code in enumerate(["LOWCOV", "NEW", "SUPP", "NA"]):
        t.put(i, "READPROG", code, Gap(code))
    return plain(t)


@either("logic", "dfe")
def a_kind_of_record_never_seen(t: Sheet, r: Random) -> object:
    i = r.randrange(1, len(t))
    t.put(i, "RECTYPE", "9")
    return plain(t), at(t.line(i), "RECTYPE")


@sound("logic", "dfe")
def cohorts_of_the_smallest_schools(t: Sheet, r: Random) -> str:
    i = r.randrange(1, len(t))
    t.put(i, "TELIG", "6", 6)
    t.put(i, "PTRWM_EXP", "33%", 33)
    for heading in ("READPROG", "WRITPROG", "MATPROG"):
        t.put(i, heading, "SUPP", Gap("SUPP"))
    return plain(t)


@either("logic", "members")
def two_stays_that_overlap(t: Sheet, r: Random) -> object:
    t.put(0, "left", "", Gap())
    t.cells.insert(1, [t.cells[0][0], t.cells[0][1], "2013-02-01", ""])
    t.rows.insert(1, {**t.rows[0], "joined": "2013-02-01"})
    return plain(t), at({2, 3})


@either("logic", "members")
def left_on_the_day_of_joining(t: Sheet, r: Random) -> object:
    i = t.some(r, "left")
    t.put(i, "left", t.cells[i][2], t.cells[i][2])
    return plain(t), at(t.line(i))


@sound("logic", "schools")
def results_of_all_and_of_none(t: Sheet, r: Random) -> str:
    t.put(0, EXPECTED, "100", 100)
    t.put(1, EXPECTED, "0", 0)
    return plain(t)


@sound("logic", "dfe")
def negative_progress_with_its_sign(t: Sheet, r: Random) -> str:
    for i, printed in enumerate(["-3.4", "−2.1", "+1.2", "0", "-0.0"]):
        t.put(i, "READPROG", printed, float(printed.replace("−", "-")))
    return plain(t)
