"""Money in two shapes: a row a collaboration with a column a year, and a row a payment."""

from __future__ import annotations

import re
from dataclasses import replace

import pandas as pd

from analysis.sources.typed import TypedTable
from analysis.variables import funding_column

PAYMENTS = ["collaboration", "school_year", "funding_gbp"]
_REASON = ["row", "column", "printed", "reason"]
_WIDE = re.compile(r"funding_(20\d\d)_\d\d_gbp", re.ASCII)


def as_wide(table: TypedTable) -> TypedTable:
    """Return a long table of payments with a row a name and a column of GBP a school year.

    What has no amount is missing with its reason: as printed, or for want of a row.
    """
    known = table.frame.dropna(subset=["funding_gbp"])
    wide = known.pivot(index="name", columns="school_year", values="funding_gbp")
    wide.columns = pd.Index([funding_column(int(year)) for year in wide.columns])
    first = table.frame.drop_duplicates("name").set_index("name")["row"]
    frame = wide.reindex(first.index).reset_index()
    frame.insert(0, "row", first.to_numpy())
    words = {column: pd.Series(None, index=frame.index, dtype="str") for column in _UNSAID}
    return replace(table, frame=frame.assign(**words), missing=_missing(table, frame))


_UNSAID = ("area", "district", "continuing")


def _missing(table: TypedTable, frame: pd.DataFrame) -> pd.DataFrame:
    """Return why cells of the wide table are missing: `row`, `column`, `printed`, `reason`."""
    long = table.frame.merge(table.missing.drop(columns="column"), on="row")
    columns = long["school_year"].map(lambda year: funding_column(int(year))).astype("str")
    said = long.assign(column=columns).set_index(["name", "column"])[["printed", "reason"]]
    holes = frame.melt(["row", "name"], frame.columns[2:], "column")
    holes = holes[holes["value"].isna()].join(said, on=["name", "column"])
    holes = holes.fillna({"printed": "", "reason": "no row for this school year"})
    unsaid = [(row, column, "", "not in this table") for row in frame["row"] for column in _UNSAID]
    both = [holes[_REASON], pd.DataFrame(unsaid, columns=_REASON)]
    return pd.concat([one for one in both if len(one)] or both[:1], ignore_index=True)


def payments_of(funding: pd.DataFrame) -> pd.DataFrame:
    """Return a row a collaboration and school year (the year it ends in) with its GBP."""
    columns = [column for column in funding if _WIDE.fullmatch(column)]
    if not columns:
        return pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in _EMPTY.items()})
    groups = funding[funding["kind"] == "name"]
    long = groups.melt("collaboration", columns, "column", "funding_gbp").dropna()
    years = long["column"].str.extract(_WIDE, expand=False).astype("int64") + 1
    frame = long.assign(school_year=years)[PAYMENTS]
    return frame.sort_values(PAYMENTS, ignore_index=True)


_EMPTY = {"collaboration": "str", "school_year": "int64", "funding_gbp": "float64"}
