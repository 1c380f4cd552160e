"""A release's files, read, checked and linked as far as they go, and all that stands in the way.

A row that is wrong is told once: what follows from a mistake is not a mistake of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace

import pandas as pd

from analysis.errors import DataError, Problem, quoted
from analysis.sources.cells import check_unchanged
from analysis.sources.check import check_lost_rows, check_rows, check_whole
from analysis.sources.declared import Attempt, layout_of, read_as_far
from analysis.sources.identities import check_more
from analysis.sources.names import FILE as NAMES
from analysis.sources.names import Link, load_links, resolve, unlinked
from analysis.sources.payments import is_long, payments_as_far
from analysis.sources.registry import LONG_FUNDING, TABLES, Release, TableSource
from analysis.sources.report_rows import UNREADABLE
from analysis.sources.typed import TypedTable, no_rows, read_text
from analysis.tables import panel
from analysis.tables.changes import changed_cells
from analysis.tables.claims import COLUMNS, faulty_lines
from analysis.tables.groups import groups_of, linked_rosters
from analysis.tables.money import as_wide, payments_of
from analysis.tables.next_edition import given_names, keys_of
from analysis.tables.panel import Files, Panel, make_panel, read_files

LINKED = ("ofsted", "funding", "gains", "payments")
TYPED = (*LINKED, "coverage")
_MONEY = ("funding", "payments")
_NAMED_IN = ("ofsted", "funding", "gains")
Say = Callable[[str], None]


@dataclass
class Gathered:
    """What a release holds, as far as it can be read.

    Parameters
    ----------
    typed : dict
        The tables that could be read; one that the release lacks has no rows.
    linked : dict
        Their rows whose names are linked, with the collaboration that each stands for.
    claims : pandas.DataFrame
        The claims as text.
    links : pandas.DataFrame
        Every printed name and the collaboration it stands for.
    panel : Panel, optional
        Results of single schools, where the release has them and they fit together.
    problems : list of Problem
        All that stands in the way of a run.
    """

    release: Release
    typed: dict[str, TypedTable] = field(default_factory=dict)
    linked: dict[str, pd.DataFrame] = field(default_factory=dict)
    claims: pd.DataFrame = field(default_factory=pd.DataFrame)
    links: pd.DataFrame = field(default_factory=pd.DataFrame)
    panel: Panel | None = None
    problems: list[Problem] = field(default_factory=list)

    def add(self, problems: Iterable[Problem]) -> None:
        """Add problems, but for those of rows that are known to be wrong."""
        told = {(one.file, one.row) for one in self.problems if one.row is not None}
        self.problems += [one for one in problems if (one.file, one.row) not in told]

    def sound(self, *tables: str) -> bool:
        """Return whether nothing is wrong with the files of these tables."""
        spoilt = {problem.file for problem in self.problems}
        sources = [self.release.tables[name] for name in tables if name in self.release.tables]
        return spoilt.isdisjoint(source.file for source in sources)

    @property
    def names(self) -> set[str] | None:
        """The collaborations of the Ofsted table; None where they are not all known."""
        table = self.typed.get("ofsted")
        if table is None or "name" not in table.frame or table.frame["name"].isna().any():
            return None
        return set(table.frame["name"]) if len(table.frame) >= table.source.rows else None


def gather(release: Release, say: Say = lambda _: None, *, schools: bool = True) -> Gathered:
    """Return a release's tables and all that is wrong with them.

    Parameters
    ----------
    say : callable, optional
        Told what is being done, in words.
    schools : bool
        Whether the files of single schools are read, too.
    """
    made = Gathered(release, problems=list(release.faults))
    for name in (*TYPED, *given_names(release.tables)):
        say(f"reading the {name} table")
        _read(made, name)
    _read_claims(made)
    say("reading the files of schools")
    files, problems = read_files(release) if schools else (None, [])
    made.add(problems)
    broken = bool(problems)
    for source in release.tables.values():
        if not any(problem.file == source.file for problem in made.problems):
            made.add(check_lost_rows(source, _lines(made, source.table)))
    if "ofsted" not in release.tables and files is not None:
        del made.typed["ofsted"]
        if len(files.rosters) == len(release.members):
            made.typed["ofsted"] = groups_of(files.rosters)
    say("linking names")
    _link(made)
    _check_whole(made)
    if files is not None:
        say("putting the results of schools together")
        _panel(made, files, broken)
    return made


def _read(made: Gathered, name: str) -> None:
    source = made.release.tables.get(name)
    if source is None:
        made.typed[name] = no_rows(name, TABLES[name] or LONG_FUNDING)
        return
    attempt = _attempt(source)
    made.add(attempt.problems)
    if attempt.table is not None:
        made.typed[name] = as_wide(attempt.table) if is_long(source) else attempt.table
    if attempt.table is not None and attempt.whole and not is_long(source):
        made.add(rows_wrong(attempt.table))


def _attempt(source: TableSource) -> Attempt:
    return payments_as_far(source) if is_long(source) else read_as_far(source)


def rows_wrong(table: TypedTable) -> list[Problem]:
    """Return which rows of a table contradict themselves or each other."""
    missing = table.missing
    unread = set(missing.loc[missing["reason"] == UNREADABLE, "row"])
    problems = [problem for problem in check_rows(table) if problem.row not in unread]
    if problems or table.source.table not in _NAMED_IN:
        return problems
    sound = table.frame[~table.frame["row"].isin(unread)]
    return check_more(replace(table, frame=sound), layout_of(table))


def _read_claims(made: Gathered) -> None:
    made.claims = pd.DataFrame(columns=["row", *COLUMNS], dtype="str")
    if "claims" in made.release.tables:
        try:
            source = made.release.tables["claims"]
            made.claims = read_text(source)
            made.add(faulty_lines(made.claims, source.file))
        except DataError as error:
            made.add(error.problems)


def _lines(made: Gathered, name: str) -> list[int]:
    if name == "claims":
        return made.claims["row"].tolist()
    return [row.line for row in made.typed[name].sheet.rows]


def _link(made: Gathered) -> None:
    names = made.names
    try:
        reviewed = load_links()
    except DataError as error:
        made.add(error.problems)
        return
    if names is None:
        return
    lines: list[dict[str, object]] = []
    for name in (*(name for name in LINKED if name in made.typed), *given_names(made.typed)):
        table = made.typed[name]
        if "name" not in table.frame:
            continue
        links, problems = _links(table, reviewed, names)
        lines += [{"table": name, "row": row, **vars(link)} for row, link in links.items()]
        known = table.frame["row"].isin(links)
        frame = _with_links(table, table.frame[known], [*links.values()], problems)
        made.linked[name] = frame
        made.add(problems)
    made.links = pd.DataFrame(lines)


def _links(
    table: TypedTable, reviewed: Mapping[str, Link], names: set[str]
) -> tuple[dict[int, Link], list[Problem]]:
    """Return what the names stand for, by row, and the names that nobody has linked."""
    links: dict[int, Link] = {}
    problems = []
    for row, printed in zip(table.frame["row"], table.frame["name"], strict=True):
        link = None if pd.isna(printed) else resolve(printed, reviewed, names)
        if link is not None:
            links[row] = link
        elif not pd.isna(printed):
            place = (table.source.file, row, table.source.printed("name"))
            problems.append(unlinked(*place, printed, reviewed, names))
    return links, problems


def _with_links(
    table: TypedTable, rows: pd.DataFrame, links: list[Link], problems: list[Problem]
) -> pd.DataFrame:
    frame = rows.assign(
        collaboration=pd.Series([one.collaboration for one in links], rows.index, dtype="str"),
        kind=pd.Series([link.kind for link in links], rows.index, dtype="str"),
    )
    other = frame["kind"] == "no collaboration"
    twice = keys_of(table.source.table, frame).duplicated()
    for line in frame[~other & twice].to_dict("records"):
        stands_for = quoted(line["collaboration"])
        found = f"{quoted(line['name'])}, which stands for {stands_for} once more"
        remedy = f"Correct the link in {NAMES}, or remove the row that is there twice."
        expected = "each collaboration once in a table"
        problems.append(table.problem(line["row"], "name", found, expected, remedy, "duplicate"))
    for line in frame[other].to_dict("records") if table.source.table not in _MONEY else ():
        found = f"{quoted(line['name'])}, which {NAMES} calls no collaboration"
        remedy = f"Correct the link in {NAMES}; only tables of money have other lines."
        expected = "a collaboration"
        problems.append(table.problem(line["row"], "name", found, expected, remedy, "names"))
    return frame


def _check_whole(made: Gathered) -> None:
    """Note which tables without other faults are not the files that data/sources.yaml describes."""
    for name, source in made.release.tables.items():
        if not made.sound(name):
            continue
        lines = _lines(made, name)
        whole = check_whole(source, lines)
        joined = name in LINKED and name in made.linked and not is_long(source)
        if whole and joined and len(lines) == source.rows:
            whole = changed_cells(made.release.year, made.typed[name], made.linked[name]) or whole
        made.add(whole)


def _panel(made: Gathered, files: Files, broken: bool) -> None:
    if broken:
        made.add(panel.unreconciled(files))
    else:
        made.panel = _made_panel(made, files)
    for source in panel.school_files(made.release):
        if not any(problem.file == source.file for problem in made.problems):
            made.add(check_unchanged(source))


def _made_panel(made: Gathered, files: Files) -> Panel | None:
    paid = made.linked.get("payments", pd.DataFrame())
    paid = paid if len(paid) else made.linked.get("funding", pd.DataFrame())
    try:
        if made.names is not None:
            files = replace(files, rosters=linked_rosters(files.rosters, made.names))
    except DataError as error:
        made.add(error.problems)
    try:
        return make_panel(made.release, files, payments_of(paid))
    except DataError as error:
        made.add(error.problems)
        return None
