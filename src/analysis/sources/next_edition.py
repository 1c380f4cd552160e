"""Rows of the tables that the report promises of its next edition, checked one by one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

import pandas as pd

from analysis.errors import Problem, quoted
from analysis.sources.convert import tidy_text
from analysis.sources.names import fold
from analysis.sources.typed import TypedTable

# The words that a column may hold, as printed without regard to case, and what they stand for.
WORDS: Mapping[str, Mapping[str, str]] = {
    "framework_stage": {
        "emerged": "emerged",
        "emerging": "emerged",
        "embedded": "embedded",
        "enhanced": "enhanced",
    },
    "key_stage": {
        "ks2": "ks2",
        "key stage 2": "ks2",
        "ks4": "ks4",
        "key stage 4": "ks4",
    },
    "target_unit": {
        "%": "%",
        "per cent": "%",
        "pp": "pp",
        "percentage points": "pp",
        "points": "points",
    },
}
# In order: a later stage is further on.
FRAMEWORK_STAGES = tuple(dict.fromkeys(WORDS["framework_stage"].values()))
# What tells rows of one collaboration apart.
KEYS: Mapping[str, tuple[str, ...]] = {
    "targets": ("measure",),
    "stages": (),
    "gaps": ("key_stage",),
    "grades": ("grades_year",),
}
_NAMES = (
    "name; collaboration; collaboration name; name of collaboration; collaborative; "
    "name of the collaboration; group; partnership"
)
# Headings that are known beside those of data/sources.yaml, folded, in one string a column.
HEADINGS: Mapping[str, Mapping[str, str]] = {
    "targets": {
        "name": _NAMES,
        "measure": "measure; measure agreed; agreed measure; what is measured; indicator",
        "target": "target; agreed target; target agreed; target set",
        "result": "result; actual; achieved; outcome; result achieved",
        "target_unit": "unit; units; unit of measure; measured in",
        "baseline": "baseline; base; starting point; result last year",
    },
    "stages": {
        "name": _NAMES,
        "framework_stage": "stage; category; framework stage; stage this year; qdf stage; "
        "quality development framework stage; quality development framework category",
        "framework_stage_before": "stage before; stage last year; previous stage; "
        "category last year; previous category; stage the year before; framework stage before",
    },
    "gaps": {
        "name": _NAMES,
        "key_stage": "key stage; ks",
        "gain_disadvantaged_pp": "gain of disadvantaged pupils; disadvantaged gain; "
        "gain disadvantaged; disadvantaged pupils gain; gain of disadvantaged",
        "gain_other_pp": "gain of other pupils; other gain; gain other; other pupils gain; "
        "gain of others; gain of all other pupils",
        "gap_pp": "change of the gap; change in gap; gap change; change in the gap; gap",
        "gap_before_pp": "gap before; gap last year; previous gap; gap the year before; "
        "gap before pp",
        "cohort_disadvantaged": "disadvantaged pupils; number of disadvantaged pupils; "
        "disadvantaged cohort; cohort disadvantaged",
        "cohort_other": "other pupils; number of other pupils; other cohort; cohort other",
    },
    "grades": {
        "name": _NAMES,
        "grades_year": "year; grades of; year of grades; year of the grades",
        "n_schools": "number of schools; no of schools; schools; total schools",
        "n_outstanding": "outstanding; number outstanding; no outstanding",
        "n_good": "good; number good; no good",
        "n_requires_improvement": "ri; requires improvement; number ri",
        "n_inadequate": "inadequate; number inadequate; no inadequate",
        "n_not_inspected": "no inspection yet; not inspected yet; not yet inspected; not inspected",
        "good_or_better_pct": "% good or better; good or better %; percentage good or better; "
        "% good or outstanding; good or better",
    },
}
_BEFORE = "framework_stage_before"
_GAINS = ("gain_disadvantaged_pp", "gain_other_pp", "gap_pp")
_COHORTS = {
    "gain_disadvantaged_pp": "cohort_disadvantaged",
    "gain_other_pp": "cohort_other",
}
_COMPARE = "Compare the row with the publication and correct the file."
Line = Mapping[str, Any]


def word_of(column: str, cell: object) -> str | None:
    """Return what the word in a cell stands for, or None where it is none that is known."""
    words = WORDS[column.removesuffix("_before")]
    return words.get(tidy_text(str(cell)).casefold())


def _lines(table: TypedTable) -> list[dict[str, Any]]:
    return [
        {str(name): None if pd.isna(value) else value for name, value in line.items()}
        for line in table.frame.to_dict("records")
    ]


def _all_filled(table: TypedTable, columns: tuple[str, ...]) -> Iterator[Problem]:
    for line in _lines(table):
        for column in columns:
            if line[column] is None:
                yield table.problem(line["row"], column, "a blank", "a value", _COMPARE, "value")


def _known_words(table: TypedTable, *columns: str) -> Iterator[Problem]:
    for line in _lines(table):
        for column in (column for column in columns if column in table.frame):
            if line[column] is not None and word_of(column, line[column]) is None:
                words = " or ".join(dict.fromkeys(WORDS[column.removesuffix("_before")].values()))
                found = f"{quoted(line[column])} for {quoted(line['name'])}"
                yield table.problem(line["row"], column, found, words, _COMPARE, "value")


def _once(table: TypedTable) -> Iterator[Problem]:
    keys = KEYS[table.source.table]
    seen: dict[tuple[str, ...], int] = {}
    for line in _lines(table):
        key = tuple(fold(str(line[column])) for column in ("name", *keys))
        if line["name"] is not None and key in seen:
            of = "".join(f" with {quoted(line[column])}" for column in keys)
            found = f"{quoted(line['name'])}{of}, which row {seen[key]} already has"
            expected = f"each {' and '.join(('name', *keys)).replace('_', ' ')} once"
            remedy = "Remove the second row, or write what tells the two apart."
            yield table.problem(line["row"], "name", found, expected, remedy, "duplicate")
        seen.setdefault(key, line["row"])


def _targets(table: TypedTable) -> Iterator[Problem]:
    """Give results without a target, and figures that are not in the unit of their row."""
    for line in _lines(table):
        if line["target"] is None:
            result = "no target" if line["result"] is None else "a result without its target"
            found = f"{result} for {quoted(line['name'])}"
            yield table.problem(line["row"], "target", found, "the target agreed", _COMPARE)
        yield from _in_their_unit(table, line)


def _in_their_unit(table: TypedTable, line: Line) -> Iterator[Problem]:
    unit = word_of("target_unit", line["target_unit"])
    for column in ("target", "result", "baseline"):
        if column not in table.frame or line[column] is None or unit is None:
            continue
        printed = table.printed(line["row"], column)
        if "%" in printed and unit != "%":
            found = f"{quoted(printed)} where the unit is {quoted(unit)}"
            yield table.problem(line["row"], column, found, "one unit in a row", _COMPARE)
        elif unit == "%" and not 0 <= line[column] <= 100:
            found = f"{quoted(printed)} where the unit is %"
            expected = "a percentage from 0 to 100, or the unit pp for a change"
            yield table.problem(line["row"], column, found, expected, _COMPARE)


def _gaps(table: TypedTable) -> Iterator[Problem]:
    """Give gaps that don't follow from their gains, and gains that nobody stands behind."""
    for line in _lines(table):
        blank = [column for column in _GAINS if line[column] is None]
        if blank and len(blank) < len(_GAINS):
            found = f"a blank beside a figure for {quoted(line['name'])}"
            expected = "both gains and the change of their gap, or none of the three"
            yield table.problem(line["row"], blank[0], found, expected, _COMPARE)
        elif not blank:
            yield from _gap_follows(table, line)
        yield from _someone_behind(table, line)


def _someone_behind(table: TypedTable, line: Line) -> Iterator[Problem]:
    for gain, cohort in _COHORTS.items():
        if line[gain] is not None and not line[cohort]:
            found = "a blank" if line[cohort] is None else "0"
            expected = f"the pupils behind the gain of {quoted(table.printed(line['row'], gain))}"
            yield table.problem(line["row"], cohort, found, expected, _COMPARE)


def _gap_follows(table: TypedTable, line: Line) -> Iterator[Problem]:
    """Give the gap where no gains that round to those printed could have it."""
    half = {column: 0.5 / 10 ** _decimals(table, line, column) for column in _GAINS}
    exact = line["gain_other_pp"] - line["gain_disadvantaged_pp"]
    if abs(line["gap_pp"] - exact) > sum(half.values()) + 1e-9:
        found = f"{table.printed(line['row'], 'gap_pp')} for {quoted(line['name'])}"
        expected = f"{exact:.10g}: the gain of the other pupils less that of the disadvantaged"
        yield table.problem(line["row"], "gap_pp", found, expected, _COMPARE)


def _decimals(table: TypedTable, line: Line, column: str) -> int:
    printed = table.figure(line["row"], column).rstrip(" %p")
    return len(printed.partition(".")[2])


def _two_years(table: TypedTable) -> Iterator[Problem]:
    """Give a year that can't be one, or the rarest where there are not two of them."""
    rows: dict[int, list[int]] = {}
    for line in _lines(table):
        year = line["grades_year"]
        if year is not None and not 2000 <= year <= 2099:
            expected = "a year, such as 2013"
            yield table.problem(line["row"], "grades_year", str(year), expected, _COMPARE, "value")
            return
        if year is not None:
            rows.setdefault(year, []).append(line["row"])
    if rows and len(rows) != 2:
        found = "grades of " + ", ".join(map(str, sorted(rows)))
        remedy = "Put the grades of both years below each other, a row a group and year."
        first = min(rows.values(), key=len)[0]
        yield table.problem(first, "grades_year", found, "grades of two years", remedy)


def _filled(*columns: str) -> Callable[[TypedTable], Iterator[Problem]]:
    return partial(_all_filled, columns=columns)


def _words(*columns: str) -> Callable[[TypedTable], Iterator[Problem]]:
    return lambda table: _known_words(table, *columns)


CHECKS: Mapping[str, tuple[Callable[[TypedTable], Iterator[Problem]], ...]] = {
    "targets": (_filled("name", "measure", "target_unit"), _words("target_unit"), _once, _targets),
    "stages": (_filled("name", "framework_stage"), _words("framework_stage", _BEFORE), _once),
    "gaps": (_filled("name", "key_stage"), _words("key_stage"), _once, _gaps),
    "grades": (_filled("name", "grades_year", "good_or_better_pct"), _once, _two_years),
}
