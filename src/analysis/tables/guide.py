"""Every table that a release may have, as docs/tables.md explains it to who fills it in."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from analysis.sources import formats
from analysis.sources.next_edition import KEYS, WORDS
from analysis.sources.registry import LONG_FUNDING, NEXT_EDITION, OPTIONAL, REQUIRED, TABLES
from analysis.tables.claims import COLUMNS
from analysis.variables import CellType, variable

_FORMS: Mapping[CellType, str] = {
    "text": "words",
    "money": "pounds, as `£42,000`",
    "count": "a whole number",
    "percent": "0 to 100, as `66.7` or `66.7%`",
    "points": "percentage points with their sign, as `7` or `-2.5`",
    "answer": "`Yes`, `No`, `TBC` or `n/a`",
    "figure": "a figure with its sign, as `75`, `75%` or `-2.5`",
    "score": "a figure",
    "urn": "six digits",
    "year": "a year",
    "date": "a day, as `2012-09-01`",
}


@dataclass(frozen=True)
class Explained:
    """What a table is, said in words, with an example row of made-up cells.

    Parameters
    ----------
    about : str
        What a row is, and what the table is for.
    example : mapping
        Column to a cell that the reader accepts.
    notes : tuple of str
        Rules that the register of columns does not hold.
    """

    about: str
    example: Mapping[str, str]
    notes: tuple[str, ...] = ()


_GRADES = {
    **{"n_schools": "5", "n_outstanding": "1", "n_good": "3", "n_requires_improvement": "1"},
    **{"n_inadequate": "0", "n_not_inspected": "0", "good_or_better_pct": "80"},
}
_GAINS = {f"gain_ks{stage}_{i}_pp": f"{i + 2}" for stage in (2, 4) for i in (1, 2, 3)}
_GROUP = {"name": "Alder Group"}
EXPLAINED: Mapping[str, Explained] = {
    "ofsted": Explained(
        "A row for each collaboration: its schools by Ofsted grade. Its names are those that all "
        "other tables are linked to.",
        {"number": "1", **_GROUP, **_GRADES},
        ("The five grades add up to the number of schools, and the percentage follows from them.",),
    ),
    "funding": Explained(
        "A row for each grant: the money of two school years, or a row for each school year.",
        {
            **{"area": "North", "district": "Northtown", **_GROUP},
            **{"funding_2012_13_gbp": "£42,000", "funding_2013_14_gbp": "£21,000"},
            "continuing": "Yes",
        },
        (
            "The two money columns are called by their school years, such as "
            "`funding_2012_13_gbp`. A blank is not known to be zero.",
            "Lines that are no collaborations are said to be so in `data/names.csv`.",
        ),
    ),
    "gains": Explained(
        "A row for each collaboration whose gains are shown: three columns a key stage.",
        {**_GROUP, **_GAINS},
        ("All three columns of a key stage are filled, or none.",),
    ),
    "coverage": Explained(
        "A row for each type of school: how many of how many take part.",
        {"phase": "Primary", "members": "90", "schools": "120", "printed_pct": "75%"},
    ),
    "claims": Explained(
        "A row for each number that the report states about itself, with the recipe that derives "
        "it again from the tables.",
        {
            **{"claim_id": "p9-groups", "paragraph": "9", "claim": "Groups in all"},
            **{"printed": "77", "relation": "=", "recipe": "count(known(n_schools))"},
        },
    ),
    "payments": Explained(
        "A row for each collaboration and school year: the money, where a release with results of "
        "single schools has it apart from the funding table.",
        {**_GROUP, "school_year": "2012/13", "funding_gbp": "£42,000"},
    ),
    "targets": Explained(
        "A row for each collaboration and measure: the target agreed beforehand, and the result.",
        {
            **{**_GROUP, "measure": "Expected standard in reading, writing and maths"},
            **{"target": "75%", "result": "78%", "target_unit": "%", "baseline": "71%"},
        },
        (
            "A blank result is a target without a result yet; it counts as neither met nor missed.",
            "A target below its baseline is one of a fall, such as absence: it is met where the "
            "result is not above it. Any other is met where the result is not below it.",
        ),
    ),
    "stages": Explained(
        "A row for each collaboration: its stage of the Quality Development Framework.",
        {**_GROUP, "framework_stage": "Embedded", "framework_stage_before": "Emerged"},
        (
            "Only the stage of the year before is ever set beside gains: that of the year itself "
            "is settled with the results in hand.",
        ),
    ),
    "gaps": Explained(
        "A row for each collaboration and key stage: the gains of disadvantaged and of other "
        "pupils, the change of the gap between them, and both cohorts.",
        {
            **{**_GROUP, "key_stage": "KS2", "gain_disadvantaged_pp": "5.0"},
            **{"gain_other_pp": "3.5", "gap_pp": "-1.5", "cohort_disadvantaged": "24"},
            **{"cohort_other": "96", "gap_before_pp": "18.0"},
        },
        (
            "The change of the gap is the gain of the other pupils less that of the "
            "disadvantaged, as far as rounding allows: below zero the gap narrowed.",
            "Where a cohort is too small to be published, leave both gains and the change blank, "
            "and the cohort too.",
        ),
    ),
    "grades": Explained(
        "A row for each collaboration and year, of two years: its schools by Ofsted grade.",
        {**_GROUP, "grades_year": "2013", **_GRADES},
        ("The sums are those of `ofsted.csv`. A group may be in one of the two years only.",),
    ),
    "schools": Explained(
        "A row for each school, year and key stage: its cohort and its results. Any other column "
        "that is called as in `src/analysis/variables.py` is read too.",
        {
            **{"urn": "900001", "year": "2013", "stage": "ks2", "school": "Alder Primary"},
            **{"cohort": "30", "ks2_level4_pct": "73%"},
        },
        ("Tables as the Department for Education publishes them are read by `formats:`.",),
    ),
    "members": Explained(
        "A row for each school and spell of membership.",
        {"urn": "900001", **_GROUP, "joined": "2012-09-01", "left": ""},
    ),
    "successors": Explained(
        "A row for each school that goes on under another number.",
        {"urn": "900001", "successor": "900101"},
    ),
    "register": Explained(
        "A row for each school of the county, for telling who could have joined.",
        {"urn": "900001", "school": "Alder Primary", "is_primary": "1", "is_secondary": "0"},
    ),
}


def table_guide() -> str:
    """Return docs/tables.md: every table with its columns, units, codes and an example row."""
    return "\n\n".join([_HEAD, *(_section(table) for table in EXPLAINED), _ENTRY]) + "\n"


def columns_of(table: str) -> tuple[str, ...]:
    """Return the columns of a table that an example row may fill, those needed first."""
    if table == "claims":
        return COLUMNS
    if table == "funding":
        return tuple(EXPLAINED[table].example)
    if table == "payments":
        return LONG_FUNDING
    if table in TABLES:
        return (*TABLES[table], *OPTIONAL.get(table, ()))
    named = formats.TABLES[table]
    return (*named, *(c for c in EXPLAINED[table].example if c not in named))


_HEAD = """# The tables of a release

<!-- Made by src/analysis/tables/guide.py; change it there. -->

What each file in `data/raw/<year>/` may hold, for who fills it in or asks for it. The files are
CSV in UTF-8, a heading in row 1. Headings may be any: `data/sources.yaml` says which of our columns
each of them means. `analysis read TABLE FILE` says what is read from a file, or all that is wrong.

A release needs `ofsted.csv` and `funding.csv`, or `schools.csv` and `members.csv`. Everything else
may be absent, and the pages say what they could not show for want of it."""


def _section(table: str) -> str:
    explained = EXPLAINED[table]
    notes = "\n".join(f"- {note}" for note in (*_codes(table), *explained.notes))
    columns = "\n".join(_columns(table))
    head = (f"## `{table}.csv`", f"{explained.about}{_standing(table)}", columns)
    parts = (*head, notes, f"```csv\n{_example(table)}```")
    return "\n\n".join(part for part in parts if part)


def _standing(table: str) -> str:
    if table in NEXT_EDITION:
        keys = "".join(f" and {_label(key).lower()}" for key in KEYS[table])
        return f" Promised of the next edition; optional. Each collaboration{keys} once."
    return " Needed." if table in REQUIRED else " Optional."


def _label(column: str) -> str:
    return variable(column).label


def _columns(table: str) -> list[str]:
    if table == "claims":
        return [f"Columns, all words: {', '.join(f'`{column}`' for column in COLUMNS)}."]
    needed = formats.REQUIRED.get(table, TABLES.get(table) or LONG_FUNDING)
    lines = ["| column | what | unit | form | needed |", "|---|---|---|---|---|"]
    for column in columns_of(table):
        declared = variable(column)
        must = "yes" if column in needed or column.startswith("funding_20") else ""
        coded = column.removesuffix("_before") in WORDS
        form = "one of the words below" if coded else _FORMS[declared.cell]
        what = f"{declared.label}: {declared.definition}"
        lines.append(f"| `{column}` | {what} | {declared.unit} | {form} | {must} |")
    return lines


def _codes(table: str) -> list[str]:
    return [
        f"`{column}`: {', '.join(f'`{word}`' for word in words)}, in any case."
        for column, words in WORDS.items()
        if column in columns_of(table)
    ]


def headings_of(table: str) -> tuple[str, ...]:
    """Return the headings of a table's example row: a school's name could also stand below name."""
    plain = {"name": "collaboration"} if table == "members" else {}
    return tuple(plain.get(column, column) for column in EXPLAINED[table].example)


def _example(table: str) -> str:
    return as_csv(headings_of(table), [tuple(EXPLAINED[table].example.values())])


def as_csv(heading: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return rows of cells below their heading as CSV."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([heading, *rows])
    return text.getvalue()


_ENTRY = """## How a table is entered

A block under `tables:` of the year in `data/sources.yaml`, here for the targets:

```yaml
    targets:
      file: targets.csv
      place: annex B of the report
      rows: 1
      sha256: "the file's SHA-256, which analysis check shows"
      headings:
        Collaboration: name
        Measure agreed: measure
        Agreed target: target
        Result: result
        Unit: target_unit
        Baseline: baseline
```"""
