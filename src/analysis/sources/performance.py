"""Results of schools from a published performance table, the rows of totals set apart."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.errors import quoted
from analysis.sources import school_codes
from analysis.sources.cells import OR_KEEP, Cells, is_missing, read_cells, set_aside
from analysis.sources.formats import AUTHORITY, SCHOOL, SPECIAL
from analysis.sources.registry import TableSource
from analysis.variables import STAGES, is_measure, variable

SCHOOL_COLUMNS = (
    *("row", "urn", "laestab", "school", "authority", "year", "stage", "kind", "phase"),
    *("district", "cohort"),
)
TOTAL_COLUMNS = ("row", "record", "authority", "year", "stage", "cohort")
MISSING_COLUMNS = ("row", "urn", "year", "stage", "column", "printed", "reason")
_KINDS = (SCHOOL, SPECIAL)


@dataclass(frozen=True)
class Results:
    """What a performance table says of schools.

    Parameters
    ----------
    source : TableSource
        Where it comes from.
    schools : pandas.DataFrame
        A row a school: `SCHOOL_COLUMNS`, then the measures of the file, in its units.
    totals : pandas.DataFrame
        A row an authority, or the nation: `TOTAL_COLUMNS`, then the measures.
    missing : pandas.DataFrame
        A line for each figure of a school that is missing: `MISSING_COLUMNS`.
    set_aside : pandas.DataFrame
        How many rows the entry's `keep` left out: `reason`, `rows`.
    measures : tuple of str
        The names of the measures.
    encoding, separator : str
        What the file was found to be written in.
    """

    source: TableSource
    schools: pd.DataFrame
    totals: pd.DataFrame
    missing: pd.DataFrame
    set_aside: pd.DataFrame
    measures: tuple[str, ...] = ()
    encoding: str = "utf-8"
    separator: str = ","


def read_results(source: TableSource) -> Results:
    """Return the results of schools that a published file holds.

    Raises
    ------
    DataError
        With all problems of the first stage that finds any: headings, record types, rows to
        keep, cells, then schools that are there twice.
    """
    cells = read_cells(source)
    cells.frame["kind"] = _records(cells)
    cells.finish()
    set_aside(cells, _exempt(cells))
    schools = cells.frame["kind"].isin(_KINDS)
    if not schools.any():
        cells.wrong(1, "urn", "no row of a school", "rows of schools", code="rows")
        cells.finish()
    frame, missing, measures = _typed(cells, schools)
    cells.finish()
    _once(cells, frame[schools])
    cells.finish()
    return Results(
        source,
        frame.loc[schools, [*SCHOOL_COLUMNS, *measures]].reset_index(drop=True),
        _totals(frame[~schools], measures),
        missing,
        cells.set_aside,
        measures,
        cells.sheet.encoding,
        cells.sheet.separator,
    )


def _records(cells: Cells) -> pd.Series:
    """Return what each row describes; where no column says it, a school."""
    if "record" not in cells.frame:
        return pd.Series(SCHOOL, index=cells.frame.index, dtype="str")
    types = cells.format.record_types

    def read(code: str) -> str:
        if code not in types:
            known = ", ".join(f"{code} ({record})" for code, record in types.items())
            raise ValueError(f"a record type that this format declares: {known}")
        return types[code]

    return cells.typed("record", read).astype("str")


def _exempt(cells: Cells) -> pd.Series:
    """Return the rows of totals, which no `keep` concerns but that of their own authority."""
    kind = cells.frame["kind"]
    totals = ~kind.isin(_KINDS)
    if {"authority"} & set(cells.source.keep) & set(cells.frame):
        fits = cells.frame["authority"].isin(cells.source.keep["authority"])
        return totals & ((kind != AUTHORITY) | fits)
    return totals


def _typed(cells: Cells, schools: pd.Series) -> tuple[pd.DataFrame, pd.DataFrame, tuple[str, ...]]:
    """Return all rows typed, the reasons of missing figures of schools, and the measures."""
    frame = pd.DataFrame({"row": cells.frame["row"], "kind": cells.frame["kind"]})
    frame["urn"] = _urns(cells, schools)
    frame["laestab"] = _laestabs(cells, schools)
    for column in ("school", "authority", "phase", "district"):
        frame[column] = cells.words(column)
    frame["year"] = _years(cells)
    frame["stage"] = _stages(cells)
    measures = tuple(c for c in cells.headings.values() if is_measure(c))
    reasons = []
    for column in ("cohort", *measures):
        frame[column], why = _figures(cells, column)
        known = frame[["row", "urn", "year", "stage"]]
        reasons.append(known.assign(**why)[schools])
    missing = pd.concat(reasons, ignore_index=True).dropna(subset="reason")
    missing = missing.sort_values("row", kind="stable", ignore_index=True)
    return frame, missing[list(MISSING_COLUMNS)], measures


def _urns(cells: Cells, schools: pd.Series) -> pd.Series:
    def read(text: str) -> str:
        if not text and "record" not in cells.frame:
            raise ValueError(
                "a URN of six digits; rows of totals need a heading that means record, and "
                "`record_types:`"
            )
        return school_codes.urn(text, as_float=cells.format.urn_as_float)

    return cells.typed("urn", read, schools, OR_KEEP).astype("str")


def _laestabs(cells: Cells, schools: pd.Series) -> pd.Series:
    if "laestab" in cells.frame:
        given = schools & (cells.frame["laestab"] != "")
        return cells.typed("laestab", school_codes.laestab, given).astype("str")
    if not {"authority", "establishment"} <= set(cells.frame):
        return pd.Series(pd.NA, index=cells.frame.index, dtype="str")
    given = schools & (cells.frame["establishment"] != "")
    joined = cells.frame["authority"] + "/" + cells.frame["establishment"]
    for row, text in zip(cells.frame.loc[given, "row"], joined[given], strict=True):
        try:
            school_codes.laestab(text)
        except ValueError as expected:
            cells.wrong(int(row), "establishment", quoted(text), str(expected))
    return joined.str.replace("/", "").where(given)


def _years(cells: Cells) -> pd.Series:
    if "year" not in cells.frame:
        return pd.Series(cells.source.results_year or 0, index=cells.frame.index, dtype="int64")
    return cells.typed("year", school_codes.year).fillna(0).astype("int64")


def _stages(cells: Cells) -> pd.Series:
    if "stage" not in cells.frame:
        if not cells.format.stage:
            expected = "a column stage, or a line `stage:` in data/sources.yaml"
            cells.wrong(1, "stage", "no key stage", expected, "Add one of the two.", "heading")
        return pd.Series(cells.format.stage, index=cells.frame.index, dtype="str")

    def read(text: str) -> str:
        if (stage := text.casefold()) not in STAGES:
            raise ValueError(f"a key stage: {' or '.join(STAGES)}")
        return stage

    return cells.typed("stage", read).astype("str")


def _figures(cells: Cells, column: str) -> tuple[pd.Series, dict[str, object]]:
    """Return a column's numbers, and for each missing one what is printed and why."""
    dtype = "Int64" if column == "cohort" else "float64"
    if column not in cells.frame:
        nothing = pd.Series(np.nan, index=cells.frame.index).astype(dtype)
        return nothing, {"column": column, "printed": "", "reason": None}
    declared = variable(column)
    values = cells.typed(column, lambda text: school_codes.measure(text, declared))
    absent = values.map(is_missing).astype(bool)
    reasons = values.where(absent).map(lambda v: v.kind, na_action="ignore")
    numbers = values.where(~absent).astype("float64").astype(dtype)
    if declared.cell == "percent":
        _refuse_fractions(cells, column, numbers)
    printed = cells.frame[column]
    return numbers, {"column": column, "printed": printed, "reason": reasons}


def _refuse_fractions(cells: Cells, column: str, numbers: pd.Series) -> None:
    """Note a column of percentages that is written as fractions of 1, such as 0.72."""
    text = cells.frame[column]
    inside = (numbers > 0) & (numbers < 1) & ~text.str.endswith("%")
    if inside.sum() >= 3 and numbers.max() <= 1 and not text.str.endswith("%").any():
        first = inside.idxmax()
        expected = "percentages from 0 to 100; no cell of this column is over 1"
        cells.wrong(int(cells.frame["row"][first]), column, quoted(text[first]), expected)


def _once(cells: Cells, schools: pd.DataFrame) -> None:
    key = ["urn", "year", "stage"]
    first = schools.groupby(key)["row"].transform("first")
    for line in schools[schools.duplicated(key)].to_dict("records"):
        before = first[schools["row"] == line["row"]].iloc[0]
        found = f"{quoted(line['urn'])}, which row {before} already has for {line['year']}"
        remedy = "Remove the row that is wrong, or keep one by `keep` in data/sources.yaml."
        cells.wrong(
            line["row"], "urn", found, "each school once a year and key stage", remedy, "duplicate"
        )


def _totals(frame: pd.DataFrame, measures: tuple[str, ...]) -> pd.DataFrame:
    named = frame.rename(columns={"kind": "record"})
    return named[[*TOTAL_COLUMNS, *measures]].reset_index(drop=True)
