"""The school-level panel: results by school and year, who was a member when, and what was paid."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import pandas as pd

from analysis import paths
from analysis.errors import DataError, Problem, quoted
from analysis.sources.entries import wrong
from analysis.sources.performance import Results, read_results
from analysis.sources.registry import Release, TableSource
from analysis.sources.rosters import (
    Roster,
    follow,
    read_members,
    read_register,
    read_successors,
)
from analysis.sources.school_codes import REASONS
from analysis.tables.reconcile import check_reconciled, reconcile
from analysis.tables.successors import KEY, one_row_a_school, outcome_columns

STORED = ("schools", "members", "payments", "reconciliation", "suppressed", "set_aside")
SPECIAL = "special school"
NEW = REASONS["new"]
Made = TypeVar("Made")


@dataclass(frozen=True)
class Panel:
    """A release's school-level tables.

    Parameters
    ----------
    schools : pandas.DataFrame
        One row a school, year and stage: ``urn`` (the latest of its chain), ``year`` of the
        tests, ``stage``, ``definition``, ``school``, ``kind``, ``phase``, ``district``,
        ``cohort``, ``n_urns`` (schools pooled in the row), then outcomes and covariates.
    members : pandas.DataFrame
        One row a spell: ``urn``, ``collaboration``, ``joined``, ``left``, ``joined_unknown``.
    payments : pandas.DataFrame
        One row a collaboration and school year: ``collaboration``, ``school_year`` (the year it
        ends in), ``funding_gbp``.
    reconciliation : pandas.DataFrame
        What the schools of a file add up to beside the file's own row for the authority.
    suppressed : pandas.DataFrame
        A line for each figure that is missing: ``urn``, ``year``, ``stage``, ``column``,
        ``reason``.
    set_aside : pandas.DataFrame
        How many rows of each file were set aside before the panel was built, and why.
    """

    schools: pd.DataFrame
    members: pd.DataFrame
    payments: pd.DataFrame
    reconciliation: pd.DataFrame
    suppressed: pd.DataFrame
    set_aside: pd.DataFrame

    def outcome(self, stage: str, wanted: Sequence[str] = ()) -> str | None:
        """Return the stage's outcome column: the first of those wanted that holds figures.

        Where none is named, the first column of the stage that does.
        """
        rows = self.schools[self.schools["stage"] == stage]
        filled = [c for c in outcome_columns(rows) if c.startswith(stage) and rows[c].notna().any()]
        return next((one for one in wanted or filled if one in filled), None)


@dataclass(frozen=True)
class Files:
    """What the school-level files of a release hold, as read."""

    results: tuple[Results, ...]
    rosters: tuple[Roster, ...]
    latest: Mapping[str, str]
    register: pd.DataFrame | None


def make_panel(release: Release, files: Files, payments: pd.DataFrame) -> Panel:
    """Return the panel of a release.

    Parameters
    ----------
    release : Release
        Says which authority it is about.
    files : Files
        The files of results, members, successors and the register.
    payments : pandas.DataFrame
        ``collaboration``, ``school_year`` and ``funding_gbp``, names already linked.

    Raises
    ------
    DataError
        If schools don't add up to their authority's own row, or no member has results.
    """
    results, rosters, latest, register = files.results, files.rosters, files.latest, files.register
    gaps = pd.concat([reconcile(one) for one in results], ignore_index=True)
    check_reconciled(gaps, results)
    found = [_with_register(one, register, latest) for one in results]
    rows = pd.concat([_of_authority(one, release) for one in found], ignore_index=True)
    if rows.empty:
        wanted = quoted((release.panel or {}).get("authority"))
        expected = "an authority of the schools in the files of results, or in the register"
        raise wrong((release.year, "panel", "authority"), wanted, expected)
    schools = one_row_a_school(rows, latest)
    members = _spells(rosters, latest)
    _check_members(members, schools, rosters)
    return Panel(
        schools=schools,
        members=members,
        payments=payments,
        reconciliation=gaps,
        suppressed=_suppressed(results, latest, schools),
        set_aside=_set_aside(results, rosters, rows),
    )


def has_panel(year: str) -> bool:
    """Return whether a year's typed tables hold school results."""
    return (paths.processed(year) / "panel_schools.parquet").is_file()


def read_files(release: Release) -> tuple[Files | None, list[Problem]]:
    """Return what a release's school-level files hold, as far as they can be read, and why not.

    There are no such files in a release without results of schools.
    """
    if not release.schools:
        return None, []
    problems: list[Problem] = []
    files = Files(
        tuple(_each(read_results, release.schools, problems)),
        tuple(_each(read_members, release.members, problems)),
        next(_each(_chains, _given(release.successors), problems), {}),
        next(_each(read_register, _given(release.register), problems), None),
    )
    return files, problems


def _given(source: TableSource | None) -> tuple[TableSource, ...]:
    return () if source is None else (source,)


def _each(
    read: Callable[[TableSource], Made], sources: Iterable[TableSource], problems: list[Problem]
) -> Iterator[Made]:
    """Yield what the files hold that can be read; what is wrong with the others is noted."""
    for source in sources:
        try:
            yield read(source)
        except DataError as error:
            problems += error.problems


def _chains(source: TableSource) -> dict[str, str]:
    return follow(read_successors(source))


def unreconciled(files: Files) -> list[Problem]:
    """Return which files of results do not add up to their authority's own row."""
    problems: list[Problem] = []
    for one in files.results:
        try:
            check_reconciled(reconcile(one), [one])
        except DataError as error:
            problems += error.problems
    return problems


def school_files(release: Release) -> tuple[TableSource, ...]:
    """Return the school-level files of a release."""
    single = (*_given(release.successors), *_given(release.register))
    return (*release.schools, *release.members, *single)


def _of_authority(rows: pd.DataFrame, release: Release) -> pd.DataFrame:
    """Return the schools of the authority that the release is about."""
    wanted = (release.panel or {}).get("authority")
    return rows if wanted is None else rows[rows["authority"] == str(wanted)]


def _says_kind(results: Results) -> bool:
    form = results.source.format
    return form is not None and bool(form.record_types)


def _definition(results: Results) -> str:
    form = results.source.format
    return str(form.definition) if form is not None and form.definition else "as published"


def _with_register(
    results: Results, register: pd.DataFrame | None, latest: Mapping[str, str]
) -> pd.DataFrame:
    """Return a file's schools with what the register knows where the results do not say it.

    A school that closed before the register was drawn up is looked for by its successor.
    """
    rows = results.schools.assign(definition=_definition(results))
    if register is None:
        return rows
    own = register.drop_duplicates("urn").set_index("urn")
    heirs = register.assign(urn=register["urn"].map(lambda urn: latest.get(urn, urn)))
    heir = heirs.drop_duplicates("urn").set_index("urn")
    last = rows["urn"].map(lambda urn: latest.get(urn, urn))
    for column in ("authority", "phase", "district", "kind"):
        if column in own and (column != "kind" or not _says_kind(results)):
            said = rows[column] if column != "kind" else pd.Series(pd.NA, index=rows.index)
            said = said.fillna(rows["urn"].map(own[column])).fillna(last.map(heir[column]))
            rows[column] = said.fillna(rows[column]).astype("str")
    special = rows["kind"].str.casefold() == SPECIAL
    return rows.assign(kind=rows["kind"].mask(special, SPECIAL))


def _spells(rosters: Sequence[Roster], latest: Mapping[str, str]) -> pd.DataFrame:
    frames = [roster.frame for roster in rosters]
    if not frames:
        columns = ["urn", "collaboration", "joined", "left", "joined_unknown"]
        return pd.DataFrame(columns=columns).astype({"urn": "str", "collaboration": "str"})
    frame = pd.concat(frames, ignore_index=True)
    frame = frame.assign(urn=frame["urn"].map(lambda urn: latest.get(urn, urn)))
    columns = ["urn", "collaboration", "joined", "left", "joined_unknown"]
    spells = frame.rename(columns={"name": "collaboration"})[columns]
    return spells.drop_duplicates().sort_values(columns[:3], ignore_index=True)


def _check_members(members: pd.DataFrame, schools: pd.DataFrame, rosters: Sequence[Roster]) -> None:
    if members.empty or members["urn"].isin(schools["urn"]).any():
        return
    first = rosters[0]
    raise DataError(
        Problem(
            first.source.file,
            found=f"no school of the results; the first is {quoted(first.frame['urn'].iloc[0])}",
            expected="members that the files of results know, by their URN",
            remedy="Compare the URNs; where schools became academies, add a table of successors.",
            row=int(first.frame["row"].iloc[0]),
            column=first.source.printed("urn"),
            code="join",
        )
    )


def _suppressed(
    results: Sequence[Results], latest: Mapping[str, str], schools: pd.DataFrame
) -> pd.DataFrame:
    """Return the reason for each figure that is missing, of the schools of the panel."""
    frame = pd.concat([one.missing for one in results], ignore_index=True)
    frame = frame.assign(urn=frame["urn"].map(lambda urn: latest.get(urn, urn)))
    figures = ["cohort", *outcome_columns(schools)]
    holes = schools.melt(KEY, figures, "column").loc[lambda f: f["value"].isna(), [*KEY, "column"]]
    # Of rows brought together, a figure that one of them lacks may stand in another.
    lines = frame[[*KEY, "column", "reason"]].merge(holes, on=[*KEY, "column"])
    own = lines.sort_values("reason", key=lambda reason: reason == NEW, kind="stable")
    lines = own.drop_duplicates([*KEY, "column"]).sort_index().reset_index(drop=True)
    return lines.astype({"column": "str", "reason": "str"})


def _set_aside(
    results: Sequence[Results], rosters: Sequence[Roster], rows: pd.DataFrame
) -> pd.DataFrame:
    read_from: list[Results | Roster] = [*results, *rosters]
    parts = [one.set_aside.assign(file=one.source.file) for one in read_from]
    read = sum(len(one.schools) for one in results)
    if read > len(rows):
        line = {"reason": "schools of other authorities", "rows": read - len(rows), "file": ""}
        parts.append(pd.DataFrame([line]))
    frame = pd.concat([part for part in parts if len(part)] or [parts[0]], ignore_index=True)
    return frame[["file", "reason", "rows"]]
