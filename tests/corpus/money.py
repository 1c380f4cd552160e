"""Money: amounts printed in every way that councils and spreadsheets print them."""

# ruff: noqa: E501 - a case a line
from __future__ import annotations

from random import Random

from .cases import ANY, at, either, sound, spoilt
from .cells import Cell, declare_cells
from .sheets import FIRST, SECOND, Gap, OneOf, Sheet
from .text import lines, plain

F = "funding"
SOUND = [
    ("no-pound", lambda v: f"{v:,}"), ("plain-digits", str), ("pound-without-comma", lambda v: f"£{v}"),
    ("space-after-pound", lambda v: f"£ {v:,}"), ("pence-of-nought", lambda v: f"£{v:,}.00"),
    ("plain-with-pence", lambda v: f"{v}.00"), ("padded", lambda v: f"  £{v:,} "),
    ("hard-space", lambda v: f"\u00a0£{v:,}\u00a0"),
]  # fmt: skip
declare_cells("money", (Cell(label, F, FIRST, "sound", p) for label, p in SOUND))
declare_cells(
    "money", (Cell(label, F, SECOND, "sound", p, everywhere=True) for label, p in SOUND[:5])
)
declare_cells("money", [
    Cell("pence", F, FIRST, "sound", lambda v: f"£{v:,}.50", lambda v: v + 0.5),
    Cell("nought", F, FIRST, "sound", "£0", 0),
    Cell("plain-nought", F, FIRST, "sound", "0", 0),
])  # fmt: skip

EITHER = [
    ("dash", "-", Gap("dash")), ("long-dash", "–", Gap("dash")), ("nil", "nil", OneOf([0, Gap("nil")])),
    ("thousands-k", lambda v: f"£{v / 1000:g}k", lambda v: v), ("million", "£0.12m", 120000),
    ("minus", lambda v: f"-£{v:,}", lambda v: -v), ("minus-inside", lambda v: f"£-{v:,}", lambda v: -v),
    ("trailing-minus", lambda v: f"£{v:,}-", lambda v: -v), ("brackets", lambda v: f"(£{v:,})", lambda v: -v),
    ("typographic-minus", lambda v: f"−£{v:,}", lambda v: -v), ("e-notation", "1E5", 100000),
    ("scientific", "4.2E+04", 42000), ("star", lambda v: f"£{v:,}*", lambda v: v),
    ("spaces-for-thousands", lambda v: f"£{v:,}".replace(",", " "), lambda v: v),
    ("narrow-spaces", lambda v: f"£{v:,}".replace(",", "\u202f"), lambda v: v),
    ("points-and-comma", lambda v: f"{v:,}".replace(",", ".") + ",00", lambda v: v),
    ("code-of-currency", lambda v: f"GBP {v:,}", lambda v: v), ("pound-behind", lambda v: f"{v:,} £", lambda v: v),
    ("apostrophe", lambda v: f"'{v}", lambda v: v), ("formula", lambda v: f"={v}", lambda v: v),
    ("nan", "NaN", Gap("nan")), ("zero-width", lambda v: f"\u200b£{v:,}", lambda v: v),
    ("swiss", lambda v: f"{v:,}".replace(",", "’"), lambda v: v), ("per-year", lambda v: f"£{v:,} pa", lambda v: v),
    ("estimate", lambda v: f"£{v:,} (est.)", lambda v: v), ("none", "None", OneOf([0, Gap("none")])),
    ("accounts-dash", " £-   ", OneOf([0, Gap("dash")])), ("mark-of-direction", lambda v: f"£{v:,}\u200e", lambda v: v),
    ("wide-pound", lambda v: f"￡{v:,}", lambda v: v), ("pound-of-mojibake", lambda v: f"Â£{v:,}", lambda v: v),
    ("hash-for-pound", lambda v: f"#{v:,}", lambda v: v), ("lira", lambda v: f"₤{v:,}", lambda v: v),
    ("space-after-comma", lambda v: f"£{v:,}".replace(",", ", "), lambda v: v), ("line-end", lambda v: f"£{v:,}\n", lambda v: v),
    ("half-quoted", lambda v: f"'£{v:,}", lambda v: v), ("pounds-in-words", lambda v: f"{v:,} pounds", lambda v: v), ("one-digit-of-pence", lambda v: f"£{v:,}.5", lambda v: v + 0.5),
]  # fmt: skip
declare_cells("money", (Cell(label, F, FIRST, "either", p, v) for label, p, v in EITHER))

SPOILT = {
    "two-digits-after-comma": "£42,00", "continental": "4.200", "pound-continental": "£42.000",
    "four-digits-after-comma": "£42,0000", "comma-first": "£,42000", "comma-twice": "£42,,000",
    "comma-early": "£4,2000", "comma-last": "£42,000,", "points-twice": "£42.000.00", "euro": "€42,000",
    "dollar": "$42,000", "hashes": "#####", "reference-lost": "#REF!", "value-error": "#VALUE!",
    "divided-by-nought": "#DIV/0!", "not-available": "#N/A", "month": "Apr-42", "date": "01/02/2013",
    "words": "forty-two thousand", "two-amounts": "£42,000 £33,000", "amounts-with-slash": "£42,000/£21,000",
    "sum": "£42,000 + £3,000", "range": "£20,000-£25,000", "underscore": "42_000", "infinity": "inf",
    "hexadecimal": "0xA410", "letter-o": "£42,OOO", "letter-l": "£l2,000", "percent": "42%",
    "pound-twice": "££42,000", "pound-alone": "£", "question": "£42,000?", "up-to": "up to £42,000",
    "yes": "Yes", "space-inside": "£4 2,000", "lost-pound": "?42,000", "dots": "£42...000", "in-brackets-of-note": "£42,000 [2]", "plus-minus": "±£42,000", "less": "<£42,000",
}  # fmt: skip
declare_cells("money", (Cell(label, F, FIRST, "spoilt", p) for label, p in SPOILT.items()))
declare_cells("money", [
    Cell("two-digits-after-comma", F, SECOND, "spoilt", lambda v: f"£{v / 1000:.2f}".replace(".", ","), everywhere=True),
    Cell("continental", F, SECOND, "spoilt", lambda v: f"{v:,}".replace(",", "."), everywhere=True),
    Cell("euro", F, FIRST, "spoilt", lambda v: f"€{v:,}", everywhere=True),
])  # fmt: skip


GAPS = {"n/a": Gap("n/a"), "N/A": Gap("n/a"), "TBC": Gap("tbc"), "tbc": Gap("tbc"), "": Gap()}
for _printed, _gap in GAPS.items():

    @sound("money", "funding", label=_printed.replace("/", "-") or "blank")
    def no_amount_for_one_year(t: Sheet, r: Random, printed: str = _printed,
                               gap: Gap = _gap) -> str:  # fmt: skip
        i = r.choice([i for i in t.filled(FIRST) if i in t.filled(SECOND)])
        t.put(i, r.choice([FIRST, SECOND]), printed, gap)
        return plain(t)


@sound("money", "funding")
def a_new_group_whose_money_is_to_be_confirmed(t: Sheet, r: Random) -> str:
    i = t.some(r, SECOND)
    t.put(i, FIRST, "", Gap())
    t.put(i, SECOND, "TBC", Gap("tbc"))
    return plain(t)


@either("money", "funding")
def a_group_without_any_money(t: Sheet, r: Random) -> object:
    i = t.some(r, SECOND)
    t.put(i, FIRST, "", Gap())
    t.put(i, SECOND, "", Gap())
    return plain(t), at(t.line(i))


@sound("money", "funding")
def every_way_of_printing_in_one_column(t: Sheet, r: Random) -> str:
    ways = [lambda v: f"£{v:,}", str, lambda v: f"{v:,}.00", lambda v: f"£ {v}", lambda v: f"{v}.0"]
    for k, i in enumerate(t.filled(FIRST)):
        t.put(i, FIRST, ways[k % 4](t.value(i, FIRST)))
    return plain(t)


@sound("money", "funding")
def floats_of_pandas(t: Sheet, r: Random) -> str:
    for heading in (FIRST, SECOND):
        for i in t.filled(heading):
            t.put(i, heading, f"{t.value(i, heading)}.0")
    return plain(t)


@either("money", "funding")
def the_pound_in_the_heading(t: Sheet, r: Random) -> object:
    t.each(FIRST, lambda printed: printed.replace("£", ""))
    t.header[t.at(FIRST)] = "2012/13 Funding (£)"
    return plain(t), at({None, 1})


def _in_thousands(t: Sheet, heading: str) -> None:
    t.each(heading, lambda printed: f"{int(printed[1:].replace(',', '')) / 1000:g}")


@either("money", "funding")
def thousands_in_a_heading(t: Sheet, r: Random) -> object:
    _in_thousands(t, SECOND)
    t.header[t.at(SECOND)] = "2013/14 Agreed Funding from KAH (£000s)"
    return plain(t), at(ANY, SECOND, "2013/14 Agreed Funding from KAH (£000s)", None)


@either("money", "funding")
def thousands_in_both_headings(t: Sheet, r: Random) -> object:
    for heading in (FIRST, SECOND):
        _in_thousands(t, heading)
        t.header[t.at(heading)] = heading.replace("(if applicable)", "£'000")
    return plain(t), at(ANY)


@either("money", "funding")
def thousands_in_the_title_only(t: Sheet, r: Random) -> object:
    _in_thousands(t, FIRST)
    _in_thousands(t, SECOND)
    return "Funding of collaborations, all amounts in £000s\n\n" + plain(t), at(ANY)


@either("money", "funding")
def thousands_in_a_note_only(t: Sheet, r: Random) -> object:
    _in_thousands(t, FIRST)
    _in_thousands(t, SECOND)
    return plain(t) + "\nAmounts are in thousands of pounds.\n", at(ANY)


@either("money", "funding")
def thousands_in_a_line_of_units(t: Sheet, r: Random) -> object:
    _in_thousands(t, FIRST)
    _in_thousands(t, SECOND)
    return lines([t.header, ["", "", "", "£000", "£000", ""], *t.cells]), at(ANY)


@either("money", "funding")
def a_line_of_units(t: Sheet, r: Random) -> object:
    return lines([t.header, ["", "", "", "£", "£", ""], *t.cells]), at(2)


@either("money", "funding")
def thousands_in_the_title_but_whole_pounds_below(t: Sheet, r: Random) -> object:
    """Amounts of £42,000 thousand a group, if the title is right; nobody can say 42000 pounds."""
    for heading in (FIRST, SECOND):
        t.each(heading, lambda printed: printed.replace("£", ""))
        for i in t.filled(heading):
            t.rows[i][t.names[t.at(heading)]] *= 1000
    return "Funding of collaborations (£000s)\n\n" + plain(t), at(ANY)


@spoilt("money", "funding")
def totals_that_disagree(t: Sheet, r: Random) -> object:
    sums = []
    for heading in (FIRST, SECOND):
        values = [t.value(i, heading) for i in range(len(t))]
        sums.append(sum(v for v in values if not isinstance(v, Gap)))
    row = ["Total", "", "", f"£{sums[0] + 9000:,}", f"£{sums[1]:,}", ""]
    return plain(t) + lines([row]), at(t.last + 1, FIRST, None)


@spoilt("money", "funding")
def a_digit_lost_below_a_total(t: Sheet, r: Random) -> object:
    """The total shows that an amount lost its last nought."""
    values = [t.value(i, FIRST) for i in range(len(t))]
    total = sum(v for v in values if not isinstance(v, Gap))
    i = t.some(r, FIRST)
    t.put(i, FIRST, f"£{t.value(i, FIRST) // 10:,}")
    row = ["Total", "", "", f"£{total:,}", "", ""]
    return plain(t) + lines([row]), at({t.last + 1, t.line(i)}, FIRST, None)


@spoilt("money", "funding")
def both_years_in_one_column(t: Sheet, r: Random) -> object:
    i = t.some(r, FIRST)
    t.put(i, FIRST, "£42,000 £33,000")
    t.put(i, SECOND, "")
    return plain(t), at(t.line(i), FIRST)


@either("money", "funding")
def a_dash_for_every_blank(t: Sheet, r: Random) -> object:
    changed = []
    for i, row in enumerate(t.cells):
        for heading in (FIRST, SECOND):
            if not row[t.at(heading)]:
                t.put(i, heading, "-", Gap("dash"))
                changed.append(t.line(i))
    return plain(t), at(changed, FIRST, SECOND)
