"""The tables that the report promises of its next edition, as a study keeps them."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from analysis import paths
from analysis.sources.names import fold
from analysis.sources.next_edition import FRAMEWORK_STAGES, KEYS, WORDS, word_of
from analysis.sources.registry import NEXT_EDITION, OPTIONAL, TABLES
from analysis.sources.typed import DTYPES
from analysis.variables import variable

Tables = Mapping[str, pd.DataFrame]


def given_names(tables: Mapping[str, object]) -> list[str]:
    """Return which of the promised tables are among `tables`, in the order of the register."""
    return [name for name in NEXT_EDITION if name in tables]


def keys_of(table: str, frame: pd.DataFrame) -> pd.DataFrame:
    """Return what tells a table's rows apart, written alike where it means the same."""
    keys = frame[["collaboration", *KEYS.get(table, ())]].astype("str")
    return keys.fillna("").map(fold)


def shaped(table: str, linked: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of a promised table in our words: one a collaboration and key.

    Parameters
    ----------
    table : str
        Its name.
    linked : pandas.DataFrame
        Its columns as read, with `collaboration` in place of the printed name.
    """
    columns = [column for column in (*TABLES[table], *OPTIONAL.get(table, ())) if column != "name"]
    frame = linked.reindex(columns=["collaboration", *columns]).reset_index(drop=True)
    for column in (c for c in columns if c.removesuffix("_before") in WORDS):
        words = frame[column].map(lambda cell, c=column: word_of(c, cell), na_action="ignore")
        frame[column] = words.astype("str")
    return frame.astype({column: DTYPES[variable(column).cell] for column in columns})


def load_next_edition(year: str) -> Tables:
    """Return the promised tables of a year as they were written; those it does not have are out."""
    files = {name: paths.processed(year) / f"{name}.parquet" for name in NEXT_EDITION}
    return {name: pd.read_parquet(file) for name, file in files.items() if file.is_file()}


def targets_met(targets: pd.DataFrame) -> pd.DataFrame:
    """Return the targets with `lower_is_better`, `met` (missing without a result) and `shortfall`.

    A target below its baseline is one of a fall: it is met where the result is not above it. Any
    other is met where the result is not below it. The shortfall is how far a missed target was
    missed, in the unit of its row: percentage points for ``%`` and ``pp``.
    """
    falls = (targets["target"] < targets["baseline"]).fillna(False).astype(bool)
    beyond = (targets["result"] - targets["target"]) * np.where(falls, -1.0, 1.0)
    known = beyond.notna()
    met = (beyond >= 0).astype("boolean").mask(~known)
    shortfall = (-beyond).where(known & (beyond < 0))
    return targets.assign(lower_is_better=falls, beyond=beyond, met=met, shortfall=shortfall)


def stage_ranks(stages: pd.DataFrame) -> pd.DataFrame:
    """Return the stages with `now` and `before` as ranks from 0, and `moved`, their difference."""
    rank = {stage: float(place) for place, stage in enumerate(FRAMEWORK_STAGES)}
    now = stages["framework_stage"].map(rank).astype("float64")
    before = stages["framework_stage_before"].map(rank, na_action="ignore").astype("float64")
    return stages.assign(now=now, before=before, moved=now - before)


def grades_side_by_side(grades: pd.DataFrame) -> pd.DataFrame:
    """Return a row a collaboration with the counts of both years and the share good or better.

    `schools_before`, `good_before`, `before_pct` of the first year; `schools_after` and so on of
    the second; missing where a group is in one year only.
    """
    first, last = int(grades["grades_year"].min()), int(grades["grades_year"].max())
    parts = []
    for year, when in ((first, "before"), (last, "after")):
        rows = grades[grades["grades_year"] == year].set_index("collaboration")
        good = (rows["n_outstanding"] + rows["n_good"]).astype("float64")
        schools = rows["n_schools"].astype("float64")
        part = {f"schools_{when}": schools, f"good_{when}": good}
        parts.append(pd.DataFrame({**part, f"{when}_pct": 100 * good / schools}))
    joined = parts[0].join(parts[1], how="outer")
    order = list(dict.fromkeys(grades["collaboration"]))
    return joined.reindex(order).rename_axis("collaboration").reset_index()
