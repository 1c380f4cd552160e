"""The collaborations of a release that has a roster of schools and no table of grades."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

import pandas as pd

from analysis.errors import DataError
from analysis.sources.names import load_links, resolve, unlinked
from analysis.sources.registry import TABLES
from analysis.sources.rosters import Roster
from analysis.sources.typed import TypedTable, no_rows
from analysis.variables import GRADES

_UNSAID = (*GRADES, "good_or_better_pct")


def linked_rosters(rosters: Sequence[Roster], names: Collection[str]) -> tuple[Roster, ...]:
    """Return the rosters with each printed name replaced by the collaboration it stands for.

    Raises
    ------
    DataError
        If a name is neither one of `names` nor linked to one in data/names.csv.
    """
    reviewed = load_links()
    linked, problems = [], []
    for roster in rosters:
        first = roster.frame.drop_duplicates("name")
        known = {}
        for row, printed in zip(first["row"], first["name"], strict=True):
            link = resolve(printed, reviewed, names)
            if link is None or link.kind != "name":
                place = (roster.source.file, int(row), roster.source.printed("name"))
                problems.append(unlinked(*place, printed, reviewed, names))
            else:
                known[printed] = link.collaboration
        if not problems:
            frame = roster.frame.assign(name=roster.frame["name"].map(known))
            linked.append(replace(roster, frame=frame))
    if problems:
        raise DataError(problems)
    return tuple(linked)


def groups_of(rosters: Sequence[Roster]) -> TypedTable:
    """Return the table of grades that a roster stands in for: names and sizes, no grades."""
    table = no_rows("ofsted", TABLES["ofsted"])
    frames = [roster.frame for roster in rosters]
    members = pd.concat(frames, ignore_index=True) if frames else pd.DataFrame({"name": []})
    if members.empty:
        return table
    sizes = members.groupby("name", sort=True)["urn"].nunique()
    frame = pd.DataFrame(index=range(len(sizes)), columns=list(table.frame))
    frame["row"], frame["number"] = range(2, len(sizes) + 2), range(1, len(sizes) + 1)
    frame["name"], frame["n_schools"] = sizes.index.to_numpy(), sizes.to_numpy()
    unsaid = [(row, column, "", "no table of grades") for row in frame["row"] for column in _UNSAID]
    missing = pd.DataFrame(unsaid, columns=table.missing.columns)
    typed = frame.astype(table.frame.dtypes.to_dict())
    return TypedTable(table.source, typed, missing, table.sheet)
