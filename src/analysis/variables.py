"""The register of columns: what each is called, its unit, its type and its definition."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

CellType = Literal[
    "text",
    "money",
    "count",
    "percent",
    "points",
    "answer",
    "figure",
    "score",
    "urn",
    "year",
    "date",
]


@dataclass(frozen=True)
class Variable:
    """A column: its name in the code, how it is read and how a page calls it.

    Parameters
    ----------
    name : str
        Column name, the unit last.
    label : str
        What a reader calls it, without the unit.
    unit : str
        A unit of `analysis.quantities.UNITS`, or empty for text.
    cell : CellType
        How a printed cell of this column is read.
    definition : str
        What is counted, and as of when.
    lowest, highest : float, optional
        Between which values a score must lie.
    """

    name: str
    label: str
    unit: str
    cell: CellType
    definition: str
    lowest: float | None = None
    highest: float | None = None


def _gain(stage: str, position: int) -> Variable:
    return Variable(
        f"gain_{stage}_{position}_pp",
        f"{_STAGES[stage]} gain, column {position}",
        "pp",
        "points",
        f"Printed increase of the group's {_STAGES[stage]} results on the year before, in the "
        f"block's column {position} of 3; the column's heading is not in the published text.",
    )


def _percent(name: str, label: str, which: str) -> Variable:
    return Variable(name, label, "%", "percent", f"Pupils {which} in % of the cohort, as printed.")


def _score(name: str, label: str, lowest: float, highest: float) -> Variable:
    definition = "Mean over the cohort's pupils, as printed."
    return Variable(name, label, "points", "score", definition, lowest, highest)


_STAGES = {"ks2": "key stage 2", "ks4": "key stage 4"}
STAGES: tuple[str, ...] = tuple(_STAGES)
GRADES = ("n_outstanding", "n_good", "n_requires_improvement", "n_inadequate", "n_not_inspected")

_DECLARED = [
    Variable("number", "Number", "count", "count", "Running number printed before the name."),
    Variable("name", "Name", "", "text", "Name as printed in this table."),
    Variable("collaboration", "Collaboration", "", "text", "Name as in the Ofsted table."),
    Variable("area", "Area", "", "text", "Area board that oversaw the money."),
    Variable("district", "District", "", "text", "District as printed in the funding table."),
    Variable(
        "continuing",
        "Continuing",
        "",
        "answer",
        "Whether the group goes on in the second school year of the funding table.",
    ),
    Variable("n_schools", "Schools", "memberships", "count", "Member schools of the group."),
    Variable("n_outstanding", "Outstanding", "memberships", "count", "Members graded so."),
    Variable("n_good", "Good", "memberships", "count", "Members graded so."),
    Variable(
        "n_requires_improvement", "Requires improvement", "memberships", "count", "Graded so."
    ),
    Variable("n_inadequate", "Inadequate", "memberships", "count", "Members graded so."),
    Variable("n_not_inspected", "Not inspected yet", "memberships", "count", "No grade yet."),
    Variable(
        "good_or_better_pct",
        "Good or better",
        "%",
        "percent",
        "Members graded good or outstanding in % of all members, as printed.",
    ),
    Variable("phase", "Phase", "", "text", "Type of school."),
    Variable("members", "In a collaboration", "schools", "count", "Schools that take part."),
    Variable("schools", "All schools", "schools", "count", "Schools in the county."),
    Variable("printed_pct", "Taking part", "%", "percent", "Share that takes part, as printed."),
    *(_gain(stage, position) for stage in STAGES for position in (1, 2, 3)),
    Variable("record", "Record type", "", "text", "What a row of a published file describes."),
    Variable("urn", "URN", "", "urn", "Unique reference number of a school: six digits."),
    Variable(
        "laestab", "LAESTAB", "", "text", "Number of the authority and of the establishment in it."
    ),
    Variable("establishment", "Establishment number", "", "text", "Number within the authority."),
    Variable("school", "School", "", "text", "Name of the school as published."),
    Variable("authority", "Local authority", "", "text", "Number of the local authority."),
    Variable("stage", "Key stage", "", "text", "Key stage at whose end pupils were assessed."),
    Variable("year", "Results of", "", "year", "Calendar year in which the school year ends."),
    Variable("kind", "Kind", "", "text", "Kind of school, or of group."),
    Variable("cohort", "Cohort", "pupils", "count", "Pupils at the end of the key stage."),
    _percent("ks2_expected_pct", "Expected standard in reading, writing and maths", "at it"),
    _percent("ks2_level4_pct", "Level 4 or above in reading, writing and maths", "at it"),
    _score("ks2_reading_score", "Reading, average scaled score", 80, 120),
    _score("ks2_maths_score", "Maths, average scaled score", 80, 120),
    *(
        Variable(
            f"ks2_{subject.lower()}_progress",
            f"{subject} progress",
            "points",
            "points",
            "Mean difference to pupils elsewhere with the same key stage 1 results.",
        )
        for subject in ("Reading", "Maths", "Writing")
    ),
    _percent("ks4_five_good_pct", "Five GCSEs at A* to C with English and maths", "with them"),
    _percent("ks4_basics_94_pct", "Grade 4 or above in English and maths", "with it"),
    _score("ks4_attainment_8", "Attainment 8", 0, 100),
    _score("ks4_progress_8", "Progress 8", -10, 10),
    _percent("fsm_pct", "Eligible for free school meals", "so eligible"),
    _percent("disadvantaged_pct", "Disadvantaged", "so classified"),
    _percent("eal_pct", "English as an additional language", "with it"),
    _percent("sen_pct", "Special educational needs with a statement or plan", "with one"),
    _score("prior_attainment", "Prior attainment", 0, 130),
    Variable("group", "Group identifier", "", "text", "What tells groups of one name apart."),
    Variable("joined", "Joined", "", "date", "Day on which a school joined the group."),
    Variable("left", "Left", "", "date", "Day on which a school left; blank for a member."),
    Variable("successor", "Successor", "", "urn", "URN under which the school went on."),
    Variable("is_primary", "Primary", "", "text", "Whether it has primary pupils: 1 or 0."),
    Variable("is_secondary", "Secondary", "", "text", "Whether it has secondary pupils: 1 or 0."),
    Variable("opened", "Opened", "", "date", "Day on which the school opened."),
    Variable("closed", "Closed", "", "date", "Day on which the school closed."),
    Variable("school_year", "School year", "", "year", "School year of the money, as 2012/13."),
    Variable("funding_gbp", "Funding", "GBP", "money", "Money granted for the school year."),
    Variable("measure", "Measure", "", "text", "What was agreed to be measured, in words."),
    Variable("target", "Target", "figure", "figure", "Figure agreed for the year."),
    Variable("result", "Result", "figure", "figure", "Figure reached; blank while not known."),
    Variable("target_unit", "Unit", "", "text", "Unit of target, result and baseline."),
    Variable("baseline", "Baseline", "figure", "figure", "Figure when the target was agreed."),
    Variable("framework_stage", "Stage", "", "text", "Stage of the Quality Development Framework."),
    Variable("framework_stage_before", "Stage before", "", "text", "The same in the year before."),
    Variable("key_stage", "Key stage", "", "text", "Key stage at whose end pupils were assessed."),
    Variable(
        "gain_disadvantaged_pp",
        "Gain of disadvantaged pupils",
        "pp",
        "points",
        "Increase of their results on the year before, as printed.",
    ),
    Variable(
        "gain_other_pp",
        "Gain of other pupils",
        "pp",
        "points",
        "Increase of the results of all other pupils on the year before, as printed.",
    ),
    Variable(
        "gap_pp",
        "Change of the gap",
        "pp",
        "points",
        "Gain of other pupils less that of disadvantaged pupils; below zero the gap narrowed.",
    ),
    Variable(
        "gap_before_pp",
        "Gap before",
        "pp",
        "points",
        "Results of other pupils less those of disadvantaged pupils in the year before.",
    ),
    Variable(
        "cohort_disadvantaged",
        "Disadvantaged pupils",
        "pupils",
        "count",
        "Disadvantaged pupils at the end of the key stage.",
    ),
    Variable(
        "cohort_other", "Other pupils", "pupils", "count", "Other pupils at the key stage's end."
    ),
    Variable("grades_year", "Grades of", "year", "count", "Calendar year of the grades in a row."),
]
_REGISTER = {variable.name: variable for variable in _DECLARED}
_FUNDING = re.compile(r"funding_(20\d\d)_(\d\d)_gbp", re.ASCII)


def variable(name: str) -> Variable:
    """Return the declaration of column `name`.

    Raises
    ------
    KeyError
        If no such column is declared.
    """
    if year := _school_year(name):
        return Variable(name, f"{year} funding", "GBP", "money", f"Money granted for {year}.")
    return _REGISTER[name]


def known(name: str) -> bool:
    """Return whether a column of this name is declared."""
    return name in _REGISTER or _school_year(name) is not None


def is_measure(name: str) -> bool:
    """Return whether column `name` can hold an outcome or a covariate of a school."""
    if name not in _REGISTER or name.startswith("gain_"):
        return False
    return _REGISTER[name].cell in ("percent", "points", "score")


def measures() -> list[str]:
    """Return the names of all columns that can hold an outcome or a covariate of a school."""
    return [name for name in _REGISTER if is_measure(name)]


def funding_column(ends_in: int) -> str:
    """Return the name of the column with the money of the school year that ends in `ends_in`."""
    return f"funding_{ends_in - 1}_{ends_in % 100:02d}_gbp"


def school_year(column: str) -> str:
    """Return the school year of a funding column as it is written, such as ``2012/13``."""
    year = _school_year(column)
    if year is None:
        raise KeyError(f"{column} is not a funding column")
    return year


def _school_year(column: str) -> str | None:
    match = _FUNDING.fullmatch(column)
    if match is None or (int(match[1]) + 1) % 100 != int(match[2]):
        return None
    return f"{match[1]}/{match[2]}"


def gain_columns(stage: str) -> list[str]:
    """Return the names of a key stage's columns of the gains table, in printed order."""
    return [name for name in _REGISTER if name.startswith(f"gain_{stage}_")]
