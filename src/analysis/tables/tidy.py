"""The study's tables: one row a collaboration, linked over the tables of a release."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import pandas as pd

from analysis import paths
from analysis.errors import DataError, Problem, quoted
from analysis.files import write_together
from analysis.sources.check import check_lost_rows, check_rows, check_whole
from analysis.sources.names import Link, load_links, resolve, unlinked
from analysis.sources.payments import is_long, read_payments
from analysis.sources.registry import (
    LONG_FUNDING,
    NEXT_EDITION,
    TABLES,
    Release,
    TableSource,
    load_release,
)
from analysis.sources.typed import DTYPES, TypedTable, no_rows, read_text, read_typed
from analysis.tables import panel
from analysis.tables.changes import changed_cells
from analysis.tables.claims import COLUMNS, check_claims
from analysis.tables.groups import groups_of, linked_rosters
from analysis.tables.money import as_wide, payments_of
from analysis.tables.next_edition import (
    Tables,
    given_names,
    keys_of,
    load_next_edition,
    shaped,
)
from analysis.tables.panel import Panel, make_panel, read_files
from analysis.variables import GRADES, STAGES, gain_columns, variable

LINKED = ("ofsted", "funding", "gains", "payments")
JOINED = ("funding", "gains")
TYPED = (*LINKED, "coverage")


@dataclass(frozen=True, eq=False)
class Study:
    """A year's tables.

    Parameters
    ----------
    collaborations : pandas.DataFrame
        One row a collaboration that appears in any table.
    other_funding : pandas.DataFrame
        The lines of the funding table that are no collaborations.
    coverage : pandas.DataFrame
        Schools that take part, by phase.
    claims : pandas.DataFrame
        The publication's own numbers, each with its verdict.
    missing : pandas.DataFrame
        A line for each missing value, with its reason.
    links : pandas.DataFrame
        Every printed name and the collaboration it stands for, with the reason.
    panel : Panel, optional
        Results of single schools and who was a member when, where the release has them.
    next_edition : mapping of str to pandas.DataFrame
        The tables that the report promises of its next edition, those that the release has.
    """

    year: str
    release: Release
    collaborations: pd.DataFrame
    other_funding: pd.DataFrame
    coverage: pd.DataFrame
    claims: pd.DataFrame
    missing: pd.DataFrame
    links: pd.DataFrame
    panel: Panel | None = None
    next_edition: Tables = field(default_factory=dict)


_MONEY = ("funding", "payments")
STORED = ("collaborations", "other_funding", "coverage", "claims", "missing", "links")


def make_study(year: str) -> Study:
    """Return a year's tables from its raw files, checked and linked.

    Raises
    ------
    DataError
        With all problems of the first stage that finds any: reading, the tables' own sums,
        lost rows, names, then row counts and fingerprints.
    """
    release = load_release(year)
    typed, claims = _read(release)
    files = read_files(release)
    _raise_if([problem for name in release.tables for problem in _rows_checked(typed, name)])
    lines = {name: [row.line for row in table.sheet.rows] for name, table in typed.items()}
    lines["claims"] = claims["row"].tolist()
    sources = release.tables.items()
    _raise_if([p for name, source in sources for p in check_lost_rows(source, lines[name])])
    if "ofsted" not in release.tables and files is not None:
        typed["ofsted"] = groups_of(files.rosters)
    linked, links = _link(typed)
    problems = []
    for name, source in sources:
        whole = check_whole(source, lines[name])
        wide = name in LINKED and not is_long(source)
        if whole and wide and len(lines[name]) == source.rows:
            whole = changed_cells(year, typed[name], linked[name]) or whole
        problems += whole
    _raise_if(problems)
    schools = None
    if files is not None:
        rosters = linked_rosters(files.rosters, set(typed["ofsted"].frame["name"]))
        files = replace(files, rosters=rosters)
        schools = make_panel(release, files, payments_of(_paid(linked)))
        _raise_if(panel.changed_files(release))
    collaborations = _join(linked)
    other = linked["funding"].loc[lambda f: f["kind"] == "no collaboration"]
    tables = {
        "collaborations": collaborations,
        "other_funding": _other_funding(other),
        "coverage": typed["coverage"].frame.drop(columns="row"),
    }
    ledger = check_claims(claims, tables, paths.relative(paths.raw(year) / "claims.csv"))
    return Study(
        year,
        release,
        **tables,
        claims=ledger,
        missing=_reasons(typed, linked, collaborations),
        links=links,
        panel=schools,
        next_edition={name: shaped(name, linked[name]) for name in given_names(linked)},
    )


def _rows_checked(typed: Mapping[str, TypedTable], name: str) -> list[Problem]:
    """Return what is wrong with the rows of a table in the report's own form."""
    if name not in typed or is_long(typed[name].source):
        return []
    return check_rows(typed[name])


def _paid(linked: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Return the money by collaboration: that of the payments where there are some."""
    return linked["payments"] if len(linked["payments"]) else linked["funding"]


def save_study(study: Study) -> None:
    """Write a year's tables as Parquet, all of them or none."""
    folder = paths.processed(study.year)
    frames: dict[str, pd.DataFrame] = {name: getattr(study, name) for name in STORED}
    if study.panel is not None:
        frames |= {f"panel_{name}": getattr(study.panel, name) for name in panel.STORED}
    frames |= study.next_edition
    left_over = [file for file in folder.glob("*.parquet") if file.stem not in frames]
    write_together(
        {
            folder / f"{name}.parquet": frame.to_parquet(index=False)
            for name, frame in frames.items()
        }
    )
    for file in left_over:
        file.unlink()


def load_study(year: str) -> Study:
    """Return a year's tables as they were written.

    Raises
    ------
    DataError
        If they have not been made yet.
    """
    folder = paths.processed(year)
    for name in STORED:
        if not (folder / f"{name}.parquet").is_file():
            raise DataError(
                Problem(
                    paths.relative(folder / f"{name}.parquet"),
                    found="no such file",
                    expected="the year's typed tables",
                    remedy="Make them with: make findings",
                    code="file",
                )
            )
    frames = {name: pd.read_parquet(folder / f"{name}.parquet") for name in STORED}
    promised = load_next_edition(year)
    return Study(year, load_release(year), **frames, panel=_load_panel(year), next_edition=promised)


def _load_panel(year: str) -> Panel | None:
    if not panel.has_panel(year):
        return None
    folder = paths.processed(year)
    return Panel(**{n: pd.read_parquet(folder / f"panel_{n}.parquet") for n in panel.STORED})


def _raise_if(problems: list[Problem]) -> None:
    if problems:
        raise DataError(problems)


def _read(release: Release) -> tuple[dict[str, TypedTable], pd.DataFrame]:
    """Return the typed tables and the claims; a table that may be absent comes without rows."""
    problems: list[Problem] = []
    typed: dict[str, TypedTable] = {}
    for name in (*TYPED, *given_names(release.tables)):
        if name not in release.tables:
            typed[name] = no_rows(name, TABLES[name] or LONG_FUNDING)
            continue
        try:
            typed[name] = _typed(release.tables[name])
        except DataError as error:
            problems += error.problems
    _raise_if(problems)
    if "claims" not in release.tables:
        return typed, pd.DataFrame(columns=["row", *COLUMNS], dtype="str")
    return typed, read_text(release.tables["claims"])


def _typed(source: TableSource) -> TypedTable:
    """Return a table of the report; one of payments with a column a school year."""
    return as_wide(read_payments(source)) if is_long(source) else read_typed(source)


def _link(typed: Mapping[str, TypedTable]) -> tuple[dict[str, pd.DataFrame], pd.DataFrame]:
    reviewed = load_links()
    names = set(typed["ofsted"].frame["name"])
    problems: list[Problem] = []
    found: dict[str, pd.DataFrame] = {}
    lines: list[dict[str, object]] = []
    for name in (*LINKED, *given_names(typed)):
        table, links = typed[name], []
        for row, printed in zip(table.frame["row"], table.frame["name"], strict=True):
            link = resolve(printed, reviewed, names)
            if link is None:
                column = table.source.printed("name")
                place = (table.source.file, row, column)
                problems.append(unlinked(*place, printed, reviewed, names))
            else:
                links.append(link)
                lines.append({"table": name, "row": row, **vars(link)})
        if not problems:
            found[name] = _with_links(table, links, problems)
    _raise_if(problems)
    return found, pd.DataFrame(lines)


def _with_links(table: TypedTable, links: list[Link], problems: list[Problem]) -> pd.DataFrame:
    frame = table.frame.assign(
        collaboration=pd.Series([link.collaboration for link in links], dtype="str"),
        kind=pd.Series([link.kind for link in links], dtype="str"),
    )
    other = frame["kind"] == "no collaboration"
    twice = keys_of(table.source.table, frame).duplicated()
    for line in frame[~other & twice].to_dict("records"):
        stands_for = quoted(line["collaboration"])
        found = f"{quoted(line['name'])}, which stands for {stands_for} once more"
        remedy = "Correct the link in data/names.csv, or remove the row that is there twice."
        expected = "each collaboration once in a table"
        problems.append(table.problem(line["row"], "name", found, expected, remedy, "duplicate"))
    for line in frame[other].to_dict("records") if table.source.table not in _MONEY else ():
        found = f"{quoted(line['name'])}, which data/names.csv calls no collaboration"
        remedy = "Correct the link in data/names.csv; only tables of money have other lines."
        expected = "a collaboration"
        problems.append(table.problem(line["row"], "name", found, expected, remedy, "names"))
    return frame


def _join(linked: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Join on the collaboration; the Ofsted table's order first, then what only others name."""
    frame = linked["ofsted"].drop(columns=["row", "number", "name", "kind"])
    for name in JOINED:
        right = linked[name].loc[lambda f: f["kind"] == "name"]
        right = right.drop(columns=["row", "name", "kind"])
        frame = frame.merge(right, on="collaboration", how="outer", validate="1:1", sort=False)
    order = {name: i for i, name in enumerate(linked["ofsted"]["collaboration"])}
    rank = frame["collaboration"].map(order).fillna(len(order))
    frame = frame.assign(_rank=rank).sort_values(["_rank", "collaboration"], ignore_index=True)
    frame = frame.assign(collaboration_id=_ids(frame["collaboration"]))
    columns = ["collaboration_id", *_columns(linked["funding"])]
    return frame[columns].astype({c: DTYPES[variable(c).cell] for c in columns[1:]})


def _columns(funding: pd.DataFrame) -> list[str]:
    money = sorted(column for column in funding if column.startswith("funding_"))
    gains = [column for stage in STAGES for column in gain_columns(stage)]
    names = ["collaboration", "area", "district"]
    return [*names, *money, "continuing", "n_schools", *GRADES, "good_or_better_pct", *gains]


def _ids(names: pd.Series) -> pd.Series:
    ids: dict[str, None] = {}
    for name in names:
        slug = unique = _slug(name)
        repeat = 2
        while unique in ids:
            unique = f"{slug}-{repeat}"
            repeat += 1
        ids[unique] = None
    return pd.Series(list(ids), index=names.index, dtype="str")


def _slug(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name.replace("\N{RIGHT SINGLE QUOTATION MARK}", ""))
    letters = plain.encode("ascii", "ignore").decode("ascii").casefold()
    return re.sub(r"[^a-z0-9]+", "-", letters).strip("-") or "group"


def _other_funding(lines: pd.DataFrame) -> pd.DataFrame:
    money = sorted(column for column in lines if column.startswith("funding_"))
    columns = ["name", "area", "district", *money, "continuing"]
    return lines[columns].reset_index(drop=True)


def _reasons(
    typed: Mapping[str, TypedTable],
    linked: Mapping[str, pd.DataFrame],
    collaborations: pd.DataFrame,
) -> pd.DataFrame:
    """Say of every missing value of a collaboration why: blank there, or no row there."""
    parts = []
    for name in ("ofsted", *JOINED, *given_names(typed)):
        rows = linked[name].set_index("row")["collaboration"]
        part = typed[name].missing.assign(table=name)
        parts.append(part.assign(collaboration=part["row"].map(rows)))
        if name in NEXT_EDITION:
            continue
        columns = [c for c in typed[name].frame if c in collaborations.columns]
        absent = sorted(set(collaborations["collaboration"]) - set(rows))
        lines = [
            (None, column, "", f"no row in the {name} table", name, who)
            for who in absent
            for column in columns
        ]
        parts.append(pd.DataFrame(lines, columns=parts[-1].columns))
    frame = pd.concat([part for part in parts if len(part)], ignore_index=True)
    columns = ["table", "row", "collaboration", "column", "printed", "reason"]
    return frame[columns].astype({name: "Int64" if name == "row" else "str" for name in columns})
