"""The study's tables: one row a collaboration, linked over the tables of a release."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field

import pandas as pd

from analysis import paths
from analysis.errors import DataError, Problem
from analysis.files import write_together
from analysis.sources.corrections import APPLIED
from analysis.sources.registry import NEXT_EDITION, Release, load_release
from analysis.sources.typed import DTYPES, TypedTable
from analysis.tables import panel
from analysis.tables.claims import check_claims
from analysis.tables.gathered import Gathered, gather
from analysis.tables.next_edition import Tables, given_names, load_next_edition, shaped
from analysis.tables.panel import Panel
from analysis.variables import GRADES, STAGES, gain_columns, variable

JOINED = ("funding", "gains")


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
    notes : pandas.DataFrame
        What was seen through when the files were taken in and read: `file`, `when`, `note`.
    corrections : pandas.DataFrame
        Each cell of which another text was read than is printed, with the reason.
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
    notes: pd.DataFrame = field(default_factory=pd.DataFrame)
    corrections: pd.DataFrame = field(default_factory=pd.DataFrame)


STORED = (
    *("collaborations", "other_funding", "coverage", "claims", "missing", "links"),
    *("notes", "corrections"),
)


def make_study(year: str) -> Study:
    """Return a year's tables from its raw files, checked and linked.

    Raises
    ------
    DataError
        With all that `analysis.tables.gathered.gather` finds wrong, or else with all claims that
        can't be followed.
    """
    made = gather(load_release(year))
    if made.problems:
        raise DataError(made.problems)
    return study_of(made)


def study_of(made: Gathered) -> Study:
    """Return a year's tables from what was gathered without any problem.

    Raises
    ------
    DataError
        With all claims that can't be followed.
    """
    collaborations = _join(made.linked)
    other = made.linked["funding"].loc[lambda f: f["kind"] == "no collaboration"]
    tables = {
        "collaborations": collaborations,
        "other_funding": _other_funding(other),
        "coverage": made.typed["coverage"].frame.drop(columns="row"),
    }
    year = made.release.year
    return Study(
        year,
        made.release,
        **tables,
        claims=check_claims(made.claims, tables, paths.relative(paths.raw(year) / "claims.csv")),
        missing=_reasons(made.typed, made.linked, collaborations),
        links=made.links,
        panel=made.panel,
        notes=_notes(made),
        corrections=_corrections(made.typed),
        next_edition=_next_edition(made.linked),
    )


def _next_edition(linked: Mapping[str, pd.DataFrame]) -> Tables:
    return {name: shaped(name, linked[name]) for name in given_names(linked)}


def _notes(made: Gathered) -> pd.DataFrame:
    lines = [
        (source.file, when, note)
        for name, source in made.release.tables.items()
        for when, notes in (
            ("taken in", source.decisions),
            ("read", made.typed[name].notes if name in made.typed else ()),
        )
        for note in notes
    ]
    return pd.DataFrame(lines, columns=["file", "when", "note"], dtype="str")


def _corrections(typed: Mapping[str, TypedTable]) -> pd.DataFrame:
    lines = [line for table in typed.values() for line in table.corrections]
    kinds = {name: "int64" if name == "row" else "str" for name in APPLIED}
    return pd.DataFrame(lines, columns=list(APPLIED)).astype(kinds)


def frames_of(study: Study) -> dict[str, pd.DataFrame]:
    """Return a year's tables by the names under which they are stored."""
    frames: dict[str, pd.DataFrame] = {name: getattr(study, name) for name in STORED}
    if study.panel is not None:
        frames |= {f"panel_{name}": getattr(study.panel, name) for name in panel.STORED}
    return frames | dict(study.next_edition)


def rebuilt(release: Release, frames: Mapping[str, pd.DataFrame]) -> Study:
    """Return the year's tables that `frames_of` took apart."""
    own = {name: frame for name, frame in frames.items() if name in STORED}
    single = {name: frames[f"panel_{name}"] for name in panel.STORED if f"panel_{name}" in frames}
    promised = {name: frame for name, frame in frames.items() if name in NEXT_EDITION}
    return Study(
        release.year,
        release,
        **own,
        panel=Panel(**single) if single else None,
        next_edition=promised,
    )


def save_study(study: Study) -> None:
    """Write a year's tables as Parquet, all of them or none."""
    folder, frames = paths.processed(study.year), frames_of(study)
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
