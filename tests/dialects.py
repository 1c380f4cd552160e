"""Made-up tables, and the many ways in which a council may write each of them as text."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from hypothesis import strategies as st

from analysis.sources.identities import skeleton

Values = dict[str, Any]
Draw = Callable[[st.SearchStrategy[Any]], Any]
GRADES = ("n_outstanding", "n_good", "n_requires_improvement", "n_inadequate", "n_not_inspected")
HEADINGS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "gains": {
        "collaboration": ("name", "Collaboration", "Collaboration name"),
        **{
            f"gain_ks{s}_{n}_pp": (f"ks{s}_{n}", f"KS{s} {n}", f"KS{s} gain {n}")
            for s in (2, 4)
            for n in (1, 2, 3)
        },
    },
    "ofsted": {
        "number": ("number", "Number"),
        "collaboration": ("name", "Collaboration"),
        "n_schools": ("number of schools", "No. of schools"),
        "n_outstanding": ("Outstanding", "outstanding"),
        "n_good": ("Good", "GOOD"),
        "n_requires_improvement": ("RI", "Requires improvement"),
        "n_inadequate": ("Inadequate", " Inadequate "),
        "n_not_inspected": ("no Inpection yet", "No inspection yet"),
        "good_or_better_pct": ("% good or better", "% Good\xa0or better"),
    },
    "funding": {
        "area": ("Area", "AREA"),
        "district": ("District", "District name"),
        "collaboration": ("Collaboration name", "Collaboration"),
        "funding_2012_13_gbp": ("2012/13 Funding (if applicable)", "Funding 2012-13"),
        "funding_2013_14_gbp": ("2013/14 Agreed Funding from KAH (if applicable)", "2013/14"),
        "continuing": ("Collabtn continuing in 2013/14", "Continuing in 2013/14?"),
    },
    "schools": {
        "urn": ("urn", "URN"),
        "year": ("year",),
        "cohort": ("cohort",),
        "ks2_expected_pct": ("ks2_expected_pct",),
        "ks2_reading_progress": ("ks2_reading_progress",),
    },
    "members": {
        "urn": ("urn",),
        "collaboration": ("collaboration",),
        "joined": ("joined",),
        "left": ("left",),
    },
}
TABLES = tuple(HEADINGS)
WORDS = (
    *("Ash", "Elm", "Oak", "Weald", "Hub", "Alliance", "Rural", "School", "St James’", "&", "NA"),
    *(
        "Partnership",
        "(GELA)",
        "Coll, West",
        'The "Five"',
        "Post 16",
        "–",
        "É",
        "1E5",
        "None",
        "M7",
    ),
    *("=SUM(A1)", "<b>", "Kent", "a;b", "x|y", "007", "TBC", "Note", "Total", "+1", "@x", "null"),
)
CODES = {"SUPP": "suppressed: too few pupils", "NE": "no entries", "": "blank", "LT11": ""}
CODES["LT11"] = "suppressed: fewer than 11 pupils"
PLACES = {"Ashford": "South", "Dover": "South", "Swale": "North", "Thanet": "East"}


@dataclass(frozen=True)
class Written:
    """A table as text, and what it says."""

    table: str
    cells: tuple[tuple[str, ...], ...]
    lines: tuple[str, ...]
    rows: tuple[Values, ...]
    columns: tuple[str, ...]
    encoding: str = "utf-8"
    end: str = "\n"
    separator: str = ","

    @property
    def data(self) -> bytes:
        return (self.end.join(self.lines) + self.end).encode(self.encoding)


def names(least: int = 1, most: int = 8) -> st.SearchStrategy[list[str]]:
    """Lists of names that the eye can tell apart."""
    words = st.lists(st.sampled_from(WORDS), min_size=1, max_size=4)
    made = st.tuples(words, st.sampled_from(["Hub", "Collaborative", "Ltd", "Consortium"])).map(
        lambda parts: " ".join([*parts[0], parts[1]])
    )
    return st.lists(made, min_size=least, max_size=most, unique_by=skeleton)


@st.composite
def tables(draw: Draw, table: str) -> list[Values]:
    """Sound rows of a table, in our columns."""
    return [_ROWS[table](draw, i, name) for i, name in enumerate(draw(names()))]


def _gains(draw: Draw, i: int, name: str) -> Values:
    row: Values = {"collaboration": name}
    stages = draw(st.sampled_from([(2,), (4,), (2, 4)]))
    for stage in (2, 4):
        for n in (1, 2, 3):
            gain = st.integers(-40, 60).map(float) if stage in stages else st.none()
            row[f"gain_ks{stage}_{n}_pp"] = draw(gain)
    return row


def _ofsted(draw: Draw, i: int, name: str) -> Values:
    counts = draw(st.lists(st.integers(0, 30), min_size=5, max_size=5).filter(any))
    pct = round(100 * (counts[0] + counts[1]) / sum(counts), 1)
    row = {"number": i + 1, "collaboration": name, "n_schools": sum(counts)}
    return {**row, **dict(zip(GRADES, counts, strict=True)), "good_or_better_pct": pct}


def _funding(draw: Draw, i: int, name: str) -> Values:
    district = draw(st.sampled_from(sorted(PLACES)))
    amounts = st.integers(10, 4_000).map(lambda n: 100.0 * n)
    first = draw(amounts) if i < 1 else draw(st.none() | amounts)
    second = draw(amounts) if first is None or i < 1 else draw(st.none() | amounts)
    return {
        "area": PLACES[district],
        "district": district,
        "collaboration": name,
        "funding_2012_13_gbp": first,
        "funding_2013_14_gbp": second,
        "continuing": draw(st.sampled_from(["yes", "no", "tbc"])),
    }


def _schools(draw: Draw, i: int, name: str) -> Values:
    cohort = draw(st.integers(1, 300))
    share = st.integers(0, cohort).map(lambda pupils: float(round(100 * pupils / cohort)))
    pct = draw(share.filter(lambda percent: percent > 1) | st.sampled_from(sorted(CODES)))
    return {
        "urn": str(draw(st.integers(10_000, 99_999)) * 10 + i),
        "year": draw(st.integers(2008, 2019)),
        "cohort": cohort,
        "ks2_expected_pct": pct,
        "ks2_reading_progress": draw(st.integers(-80, 80)) / 10,
    }


def _members(draw: Draw, i: int, name: str) -> Values:
    joined = draw(st.none() | st.dates(min_value=_DAY.replace(year=2009), max_value=_DAY))
    left = draw(st.none() | st.dates(min_value=_DAY, max_value=_DAY.replace(year=2019)))
    return {
        "urn": str(draw(st.integers(10_000, 99_999)) * 10 + i),
        "collaboration": name,
        "joined": None if joined is None else joined.isoformat(),
        "left": None if left is None else left.isoformat(),
    }


_DAY = date(2013, 8, 31)
_ROWS = {
    "gains": _gains,
    "ofsted": _ofsted,
    "funding": _funding,
    "schools": _schools,
    "members": _members,
}
MONEY: Mapping[str, Callable[[float], str]] = {
    "pounds": lambda n: f"£{n:,.0f}",
    "plain": lambda n: f"{n:.0f}",
    "pence": lambda n: f"£{n:,.2f}",
    "grouped": lambda n: f"{n:,.0f}",
    "spaced": lambda n: f"£ {n:,.0f}",
}
PERCENT: Mapping[str, Callable[[float], str]] = {
    "plain": lambda n: f"{n:.1f}",
    "sign": lambda n: f"{n:.1f}%",
    "spaced": lambda n: f"{n:.1f} %",
}
POINTS: Mapping[str, Callable[[float], str]] = {
    "plain": lambda n: f"{n:.0f}",
    "minus": lambda n: f"{n:.0f}".replace("-", "\N{MINUS SIGN}"),
    "plus": lambda n: f"{n:+.0f}",
    "decimal": lambda n: f"{n:.1f}",
}
ANSWERS: Mapping[str, Mapping[str, str]] = {
    "words": {"yes": "Yes", "no": "No", "tbc": "TBC"},
    "small": {"yes": "yes ", "no": "no", "tbc": "tbc"},
    "letters": {"yes": "Y", "no": "N", "tbc": "To be confirmed"},
}


def printed(draw: Draw, table: str, rows: Sequence[Values]) -> Callable[[str, Any], str]:
    """Return how one file writes its values: one style a kind of column."""
    money = MONEY[draw(st.sampled_from(sorted(MONEY)))]
    percent = PERCENT[draw(st.sampled_from(sorted(PERCENT)))]
    points = POINTS[draw(st.sampled_from(sorted(POINTS)))]
    answers = ANSWERS[draw(st.sampled_from(sorted(ANSWERS)))]

    def write(column: str, value: Any) -> str:
        if value is None:
            return ""
        if column.startswith("funding_"):
            return money(value)
        if column.startswith("gain_"):
            return points(value)
        if column == "continuing":
            return answers[value]
        if column.endswith("_pct") and isinstance(value, float):
            return percent(value)
        return str(value)

    return write


@st.composite
def written(draw: Draw, table: str, plain: bool = False) -> Written:
    """A table in a random dialect; a plain one has the heading first and nothing around it."""
    rows = draw(tables(table))
    columns = list(HEADINGS[table])
    if not plain and draw(st.booleans()):
        columns = draw(st.permutations(columns))
    write = printed(draw, table, rows)
    heading = [draw(st.sampled_from(HEADINGS[table][column])) for column in columns]
    cells = [heading, *([write(column, row[column]) for column in columns] for row in rows)]
    separator = draw(st.sampled_from(",;\t|"))
    around = _around(draw, table, len(columns)) if not plain else ([], [])
    quoting = draw(st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]))
    lines = [line(row, separator, quoting) for row in (*around[0], *cells, *around[1])]
    encodings = ["utf-8", "utf-8-sig", "utf-16"]
    if "".join(lines).encode("cp1252", "replace").decode("cp1252") == "".join(lines):
        encodings.append("cp1252")
    return Written(
        table,
        tuple(map(tuple, cells)),
        tuple(lines),
        tuple(rows),
        tuple(columns),
        draw(st.sampled_from(encodings if not plain else encodings[:1])),
        draw(st.sampled_from(["\n", "\r\n", "\r"])),
        separator,
    )


def line(row: Sequence[str], separator: str, quoting: Any) -> str:
    text = io.StringIO()
    csv.writer(text, delimiter=separator, lineterminator="", quoting=quoting).writerow(row)
    return text.getvalue()


def _around(draw: Draw, table: str, width: int) -> tuple[list[list[str]], list[list[str]]]:
    """Return rows above the heading and below the table that are none of it."""

    def wide(text: str) -> list[str]:
        return [text, *[""] * (width - 1)]

    above = draw(
        st.lists(st.sampled_from([wide("Appendix 2"), wide(""), wide("Kent")]), max_size=2)
    )
    notes = [wide("Source: Kent County Council"), wide("* as of March 2014"), wide("")]
    below = draw(st.lists(st.sampled_from(notes), max_size=2))
    return above, [wide(""), *below] if below else []


def expected(made: Written) -> list[Values]:
    """Return the rows as the reader should give them, why a figure is missing beside them."""
    order = {"gains": 0, "ofsted": 0, "funding": 0}
    told = []
    for row in made.rows:
        columns = list(row) if made.table in order else list(made.columns)
        values = {c: None if row[c] in CODES else row[c] for c in columns}
        absent = {c: CODES.get(row[c] or "", "blank") for c in columns if values[c] is None}
        told.append({**values, **({"_missing": absent} if absent else {})})
    return told
