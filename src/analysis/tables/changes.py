"""Which cells of a published table are no longer those of the last good tables."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from analysis import paths
from analysis.errors import Problem, quoted
from analysis.sources.typed import TypedTable

_NOT_READABLE = (OSError, ValueError, LookupError)


def changed_cells(year: str, table: TypedTable, rows: pd.DataFrame) -> list[Problem]:
    """Return a problem for each cell that differs from the last good tables, if there are any.

    Parameters
    ----------
    table : TypedTable
        A table of rows that were in order, but whose file is not the one that was described.
    rows : pandas.DataFrame
        Its frame, with `collaboration` where names have been linked.
    """
    folder = paths.processed(year)
    try:
        before = _last_good(folder, table)
    except _NOT_READABLE:
        return []
    keys = rows["collaboration"].where(rows["collaboration"] != "", rows["name"])
    return [
        problem
        for key, line in zip(keys, rows.to_dict("records"), strict=True)
        for problem in _differences(table, before, str(key), line)
    ]


def _last_good(folder: paths.Path, table: TypedTable) -> pd.DataFrame:
    frame = pd.read_parquet(folder / "collaborations.parquet").set_index("collaboration")
    if table.source.table != "funding":
        return frame
    other = pd.read_parquet(folder / "other_funding.parquet").set_index("name")
    return pd.concat([frame, other])


def _differences(
    table: TypedTable, before: pd.DataFrame, key: str, line: dict[str, object]
) -> Iterator[Problem]:
    row = int(str(line["row"]))
    remedy = (
        "Restore the cell; or, if the change is meant, write the file's new SHA-256 into "
        "data/sources.yaml."
    )
    if key not in before.index:
        found, expected = quoted(line["name"]), "a name of the last good tables"
        yield table.problem(row, "name", found, expected, remedy, "fingerprint")
        return
    for column in (name for name in table.source.headings.values() if name in before.columns):
        was, now = before.loc[key, column], line[column]
        blank = (pd.isna(was), pd.isna(now))
        if all(blank) or (not any(blank) and was == now):
            continue
        expected = f"{_words(was)}, as in the last good tables"
        found = quoted(table.printed(row, column))
        yield table.problem(row, column, found, expected, remedy, "fingerprint")


def _words(value: object) -> str:
    if pd.isna(value):
        return "a blank"
    return quoted(value) if isinstance(value, str) else f"{value:,.10g}"
