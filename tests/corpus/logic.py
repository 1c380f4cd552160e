"""Logic: cells that are well formed, and rows or tables that cannot be true."""

# ruff: noqa: E501 - a case a line
from __future__ import annotations

from random import Random

from .cases import ANY, NAME, at, either, sound, spoilt
from .cells import Cell, declare_cells
from .sheets import CONTINUING, FIRST, PERCENT, SECOND, Gap, OneOf, Sheet
from .text import lines, plain

GRADES = ["number of schools", "Outstanding", "Good", "RI", "Inadequate", "no Inpection yet"]
WORDS = ["none", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"]

declare_cells("logic", [
    Cell("percent-sign", "ofsted", PERCENT, "sound", lambda v: f"{v:g}%"),
    Cell("percent-sign", "ofsted", PERCENT, "sound", lambda v: f"{v:g}%", everywhere=True),
    Cell("percent-sign-apart", "ofsted", PERCENT, "sound", lambda v: f"{v:g} %", everywhere=True),
    Cell("rounded", "ofsted", PERCENT, "sound", lambda v: f"{v:.0f}", lambda v: round(v), everywhere=True),
    Cell("rounded-with-sign", "ofsted", PERCENT, "either", lambda v: f"{v:.0f}%", lambda v: round(v)),
    Cell("share", "ofsted", PERCENT, "sound", lambda v: f"{v / 100:.3f}", everywhere=True),
    Cell("share", "ofsted", PERCENT, "either", lambda v: f"{v / 100:.3f}"),
    Cell("too-high", "ofsted", PERCENT, "spoilt", "101"),
    Cell("digits-exchanged", "ofsted", PERCENT, "spoilt", lambda v: f"{(v + 27) % 100:.1f}"),
    Cell("point-lost", "ofsted", PERCENT, "spoilt", lambda v: f"{v * 10:.0f}"),
    Cell("negative", "ofsted", PERCENT, "spoilt", lambda v: f"-{v:g}"),
    Cell("two-points", "ofsted", PERCENT, "spoilt", "75.0.0"),
    Cell("per-mille", "ofsted", PERCENT, "spoilt", lambda v: f"{v:g}‰"),
    Cell("two-signs", "ofsted", PERCENT, "spoilt", lambda v: f"{v:g}%%"),
    Cell("blank", "ofsted", PERCENT, "either", "", OneOf([Gap()])),
    Cell("word-for-a-count", "ofsted", "Good", "either", lambda v: WORDS[v], lambda v: v),
    Cell("part-of-a-school", "ofsted", "Good", "spoilt", lambda v: f"{v}.5"),
    Cell("float", "ofsted", "Good", "either", lambda v: f"{v}.0", everywhere=True),
    Cell("negative-count", "ofsted", "RI", "spoilt", lambda v: f"-{v}", also=(None, *GRADES)),
    Cell("letter-o", "ofsted", "Outstanding", "spoilt", "O"),
    Cell("letter-l", "ofsted", "number of schools", "spoilt", lambda v: f"l{v}"),
    Cell("error-for-a-count", "ofsted", "Good", "spoilt", "#REF!"),
    Cell("blank-count", "ofsted", "Good", "either", "", Gap(), also=(None, *GRADES)),
    Cell("number-doubled", "ofsted", "Good", "spoilt", lambda v: f"{v}{v}", also=(None, *GRADES)),
    Cell("ordinal", "ofsted", "number", "either", lambda v: f"{v}.", lambda v: v, everywhere=True),
    Cell("unknown-answer", "funding", CONTINUING, "spoilt", "Maybe"),
    Cell("year-for-an-answer", "funding", CONTINUING, "spoilt", "2014"),
    Cell("mark-for-an-answer", "funding", CONTINUING, "either", "✓", "yes"),
    Cell("initial", "funding", CONTINUING, "either", "Y", "yes"),
    Cell("space-behind", "funding", CONTINUING, "sound", lambda v: f"{v.capitalize() if v != 'tbc' else 'TBC'} "),
    Cell("capitals", "funding", CONTINUING, "sound", lambda v: v.upper(), everywhere=True),
    Cell("small", "funding", CONTINUING, "sound", lambda v: v, everywhere=True),
    Cell("blank-answer", "funding", CONTINUING, "sound", "", Gap()),
    Cell("two-answers", "funding", CONTINUING, "spoilt", "Yes/No"),
    Cell("blank-area", "funding", "Area", "either", "", Gap()),
    Cell("unknown-area", "funding", "Area", "spoilt", "Northwest", also=("District",)),
    Cell("area-in-capitals", "funding", "Area", "either", lambda v: v.upper(), lambda v: OneOf([v, v.upper()])),
    Cell("negative-gain", "gains", "ks2_2", "sound", lambda v: f"-{v}", lambda v: -v),
    Cell("typographic-minus", "gains", "ks2_2", "sound", lambda v: f"−{v}", lambda v: -v),
    Cell("dash-as-minus", "gains", "ks2_2", "either", lambda v: f"–{v}", lambda v: -v),
    Cell("plus", "gains", "ks2_1", "sound", lambda v: f"+{v}"),
    Cell("plus", "gains", "ks4_1", "sound", lambda v: f"+{v}", everywhere=True),
    Cell("minus-apart", "gains", "ks2_1", "either", lambda v: f"- {v}", lambda v: -v),
    Cell("trailing-minus", "gains", "ks2_1", "either", lambda v: f"{v}-", lambda v: -v),
    Cell("brackets", "gains", "ks2_1", "either", lambda v: f"({v})", lambda v: -v),
    Cell("percent", "gains", "ks2_3", "either", lambda v: f"{v}%", everywhere=True),
    Cell("points", "gains", "ks2_3", "either", lambda v: f"{v} pp", everywhere=True),
    Cell("decimal", "gains", "ks2_3", "sound", lambda v: f"{v}.5", lambda v: v + 0.5),
    Cell("decimal-comma", "gains", "ks2_3", "either", lambda v: f"{v},5", lambda v: v + 0.5),
    Cell("nought", "gains", "ks2_3", "sound", "0", 0),
    Cell("leading-noughts", "gains", "ks2_3", "either", lambda v: f"0{v}"),
    Cell("not-applicable", "gains", "ks2_3", "sound", "n/a", Gap("n/a")),
    Cell("too-high", "gains", "ks2_1", "spoilt", "120"),
    Cell("too-low", "gains", "ks4_2", "spoilt", "-150"),
    Cell("two-numbers", "gains", "ks2_1", "spoilt", "12 9"),
    Cell("range", "gains", "ks2_1", "spoilt", "2-3"),
    Cell("month", "gains", "ks2_1", "spoilt", "Mar-04"),
    Cell("date", "gains", "ks2_1", "spoilt", "2013-03-04"),
    Cell("date-of-ten", "gains", "ks2_1", "spoilt", "10/11/2013"),
    Cell("number-in-brackets-behind", "gains", "ks2_1", "spoilt", "13 (3)"),
    Cell("less-than", "gains", "ks2_1", "spoilt", "<5"),
    Cell("fraction", "gains", "ks2_1", "spoilt", "1/2"),
    Cell("underscore", "gains", "ks2_1", "spoilt", "1_0"),
    Cell("e-notation", "gains", "ks2_1", "either", "1E1", 10),
    Cell("hexadecimal", "gains", "ks2_1", "spoilt", "0x1F"),
    Cell("true", "gains", "ks2_1", "spoilt", "TRUE"),
    Cell("infinite", "gains", "ks2_1", "spoilt", "-inf"),
    Cell("comma-of-thousands", "gains", "ks2_1", "spoilt", "1,200"),
    Cell("pound", "gains", "ks2_1", "spoilt", lambda v: f"£{v}"),
    Cell("star", "gains", "ks2_1", "either", lambda v: f"{v}*"),
    Cell("not-a-number", "gains", "ks2_1", "either", "NaN", Gap("nan")),
    Cell("dash", "gains", "ks4_1", "either", "-", Gap("dash")),
])  # fmt: skip


@spoilt("logic", "ofsted")
def grades_that_do_not_add_up(t: Sheet, r: Random) -> object:
    i = r.randrange(1, len(t) - 1)
    t.put(i, "Inadequate", str(t.value(i, "Inadequate") + 2))
    return plain(t), at(t.line(i), None, *GRADES)


@spoilt("logic", "ofsted")
def a_number_of_schools_too_high(t: Sheet, r: Random) -> object:
    i = r.randrange(1, len(t) - 1)
    t.put(i, "number of schools", str(t.value(i, "number of schools") + 1))
    return plain(t), at(t.line(i), None, PERCENT, *GRADES)


@either("logic", "ofsted")
def percentages_of_inspected_schools(t: Sheet, r: Random) -> object:
    changed = []
    for i, row in enumerate(t.rows):
        if row["n_not_inspected"]:
            good = row["n_outstanding"] + row["n_good"]
            pct = f"{100 * good / (row['n_schools'] - row['n_not_inspected']):.1f}"
            t.put(i, PERCENT, pct, float(pct))
            changed.append(t.line(i))
    return plain(t), at(changed, PERCENT)


@either("logic", "ofsted")
def dashes_for_noughts(t: Sheet, r: Random) -> object:
    changed = []
    for i in range(len(t)):
        for heading in GRADES[1:]:
            if t.cells[i][t.at(heading)] == "0":
                t.put(i, heading, "-", OneOf([0, Gap("dash")]))
                changed.append(t.line(i))
    return plain(t), at(changed, *GRADES)


@either("logic", "ofsted")
def a_number_missing_from_the_count_of_rows(t: Sheet, r: Random) -> object:
    i = r.randrange(2, len(t) - 1)
    del t.cells[i], t.rows[i]
    return plain(t), at({t.line(i - 1), t.line(i)}, "number", None)


@spoilt("logic", "ofsted")
def totals_that_disagree(t: Sheet, r: Random) -> object:
    sums = [sum(row[name] for row in t.rows) for name in t.names[2:8]]
    pct = 100 * (sums[1] + sums[2]) / sums[0]
    row = ["", "Total", *map(str, [sums[0], sums[1], sums[2] + 6, *sums[3:]]), f"{pct:.1f}"]
    return plain(t) + lines([row]), at(t.last + 1, "Good", None, "number of schools")


ALIKE = {
    "case": lambda name: name.upper(), "spaces": lambda name: name.replace(" ", "  "),
    "hard-space": lambda name: name.replace(" ", "\u00a0"), "edge": lambda name: f" {name} ",
    "cyrillic": lambda name: name.replace("a", "а").replace("e", "е").replace("o", "о"),
    "zero-width": lambda name: name[:4] + "\u200b" + name[4:],
    "full-width": lambda name: chr(ord(name[0]) + 0xFEE0) + name[1:],
    "soft-hyphen": lambda name: name[:5] + "\u00ad" + name[5:],
    "same": lambda name: name,
}  # fmt: skip
for _n, (_label, _alike) in enumerate(ALIKE.items()):
    for _form in (["gains", "ofsted", "funding"][_n % 3],):

        @spoilt("logic", _form, label=_label)
        def a_name_twice(t: Sheet, r: Random, alike: object = _alike) -> object:
            i, k = sorted(r.sample(range(len(t)), 2))
            assert callable(alike)
            t.put(k, NAME[t.table], alike(t.rows[i]["collaboration"]))
            return plain(t), at({t.line(i), t.line(k)}, NAME[t.table])


@spoilt("logic", "funding")
def a_district_in_two_areas(t: Sheet, r: Random) -> object:
    i = r.randrange(1, len(t) - 1)
    areas = {row[0] for row in t.cells} - {t.cells[i][0]}
    t.put(i, "Area", r.choice(sorted(areas)))
    return plain(t), at(t.line(i), "Area", "District")


@spoilt("logic", "funding")
def a_district_that_is_an_area(t: Sheet, r: Random) -> object:
    i = r.randrange(1, len(t) - 1)
    area, district = t.cells[i][:2]
    t.put(i, "Area", district)
    t.put(i, "District", area)
    return plain(t), at(t.line(i), "Area", "District")


HEADINGS = {
    "two-years-apart": (FIRST, "2012/14 Funding (if applicable)"),
    "backwards": (FIRST, "2012/11 Funding (if applicable)"),
    "impossible": (SECOND, "2013/41 Agreed Funding from KAH (if applicable)"),
    "the-same-twice": (SECOND, "2012/13 Agreed Funding from KAH (if applicable)"),
    "two-in-one": (SECOND, "2012/13 2013/14 Agreed Funding from KAH (if applicable)"),
}
for _label, (_old, _new) in HEADINGS.items():

    @spoilt("logic", "funding", label=_label)
    def a_year_in_a_heading(t: Sheet, r: Random, old: str = _old, new: str = _new) -> object:
        t.header[t.at(old)] = new
        return plain(t), at({None, 1}, old, new, None)


@either("logic", "funding")
def a_year_far_from_its_neighbour(t: Sheet, r: Random) -> object:
    t.header[t.at(FIRST)] = "2002/03 Funding (if applicable)"
    for row in t.rows:
        row["funding_2002_03_gbp"] = row.pop("funding_2012_13_gbp")
    return plain(t), at({None, 1})


@either("logic", "funding")
def next_years_headings(t: Sheet, r: Random) -> object:
    t.header[3:] = ["2013/14 Funding (if applicable)",
                    "2014/15 Agreed Funding from KAH (if applicable)",
                    "Collabtn continuing in 2014/15"]  # fmt: skip
    for row in t.rows:
        row["funding_2014_15_gbp"] = row.pop("funding_2013_14_gbp")
        row["funding_2013_14_gbp"] = row.pop("funding_2012_13_gbp")
    return plain(t), at({None, 1})


@sound("logic", "gains")
def blanks_noughts_and_not_applicable(t: Sheet, r: Random) -> str:
    t.put(2, "ks2_1", "0", 0)
    t.put(2, "ks2_2", "n/a", Gap("n/a"))
    t.put(2, "ks2_3", "TBC", Gap("tbc"))
    return plain(t)


@either("logic", "gains")
def a_block_with_a_number_missing(t: Sheet, r: Random) -> object:
    i = t.some(r, "ks2_2")
    t.put(i, "ks2_2", "", Gap())
    return plain(t), at(t.line(i), "ks2_2", None)


@either("logic", "gains")
def a_group_without_any_gain(t: Sheet, r: Random) -> object:
    i = r.randrange(1, len(t) - 1)
    for heading in t.header[1:]:
        t.put(i, heading, "", Gap())
    return plain(t), at(t.line(i))


@spoilt("logic", "funding")
def money_under_the_area(t: Sheet, r: Random) -> object:
    t.header[0], t.header[3] = t.header[3], t.header[0]
    return plain(t), at(ANY)
