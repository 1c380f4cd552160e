"""One school under one number: rows of predecessors and successors brought together."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

FACTS = ("row", "urn", "laestab", "school", "authority", "year", "stage", "kind", "phase")
_DESCRIBED = ("school", "kind", "phase", "district", "definition")
KEY = ["urn", "year", "stage"]
_NOT_FIGURES = {*FACTS, "district", "definition", "cohort", "n_urns"}


def outcome_columns(frame: pd.DataFrame) -> list[str]:
    """Return the names of the columns that hold figures: outcomes and covariates."""
    return [column for column in frame if column not in _NOT_FIGURES]


def one_row_a_school(rows: pd.DataFrame, latest: Mapping[str, str]) -> pd.DataFrame:
    """Return one row a school, year and stage, under the latest number of its chain.

    A new academy stands in the tables with a blank row beside its predecessor's figures: the row
    with figures is kept. Where several schools of a chain have figures in one year (an infant and
    a junior school that later became one), their cohorts are added and their figures averaged by
    cohort; `n_urns` says how many.
    """
    figures = outcome_columns(rows)
    frame = rows.assign(urn=rows["urn"].map(lambda urn: latest.get(urn, urn)))
    filled = frame[figures].notna().any(axis=1)
    some = filled.groupby([frame[key] for key in KEY]).transform("any")
    # Of a chain without figures in a year, one row stays to say so.
    frame = frame[filled | ~some]
    single = ~frame.duplicated(KEY, keep=False)
    pooled = [_pooled(group, figures) for _, group in frame[~single].groupby(KEY, sort=True)]
    whole = pd.concat([frame[single].assign(n_urns=1), *pooled], ignore_index=True)
    ordered = whole.sort_values(KEY, ignore_index=True)
    columns = [*KEY, *_DESCRIBED, "cohort", "n_urns", *figures]
    return ordered[columns].astype({"cohort": "Int64", "n_urns": "int64"})


def _pooled(group: pd.DataFrame, figures: list[str]) -> pd.DataFrame:
    """Return the rows of one school and year as one, figures averaged by cohort."""
    last = group.sort_values("row").iloc[[-1]]
    known = group["cohort"].notna()
    cohort = int(group.loc[known, "cohort"].sum()) if known.any() else pd.NA
    means = {column: _mean(group[column], group["cohort"]) for column in figures}
    filled = int(group[figures].notna().any(axis=1).sum())
    return last.assign(cohort=cohort, n_urns=max(filled, 1), **means)


def _mean(values: pd.Series, cohort: pd.Series) -> float:
    """Return the mean by cohort of the rows with a figure, missing if one lacks its figure."""
    if not cohort.fillna(0).gt(0).any():
        return float(values.mean(skipna=False))
    weights = cohort.fillna(0).to_numpy(dtype=float)
    counted = weights > 0
    if values[counted].isna().any():
        return float("nan")
    return float(np.average(values[counted], weights=weights[counted]))
