"""The practice year: a SIMULATED county written as a council would publish it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

import numpy as np
import pandas as pd
import yaml

from analysis import paths
from analysis.errors import DataError, Problem, UsageError, quoted
from analysis.files import sha256_of, write_together
from analysis.methods.county import County, as_csv, county
from analysis.methods.county_parts import CountySettings
from analysis.sources.entries import FILE
from analysis.tables.panel import SPECIAL, Panel
from analysis.tables.successors import one_row_a_school

YEAR = "simulated"
MARK = "SIMULATED"
PLAN = "plan.yaml"
MONEY_YEARS_PRINTED = 2
_DEFINITION = "as simulated"
_RECORDS = {"school": "school", "special": "special school", "LA": "authority"}
_SCHOOLS = {
    "record": "record", "urn": "urn", "year": "year", "stage": "stage", "phase": "phase",
    "district": "district", "cohort": "cohort", "ks2_expected_pct": "ks2_expected_pct",
    "ks4_five_good_pct": "ks4_five_good_pct",
}  # fmt: skip
_OFSTED = {
    "number": "number", "name": "name", "number of schools": "n_schools",
    "Outstanding": "n_outstanding", "Good": "n_good", "RI": "n_requires_improvement",
    "Inadequate": "n_inadequate", "no Inpection yet": "n_not_inspected",
    "% good or better": "good_or_better_pct",
}  # fmt: skip
_FUNDING = {"Area": "area", "District": "district", "Collaboration name": "name"}
_PAYMENTS = {"name": "name", "school year": "school_year", "amount": "funding_gbp"}
_COVERAGE = {
    "phase": "phase", "members": "members", "schools": "schools",
    "printed percentage": "printed_pct",
}  # fmt: skip


def settings_of(content: Mapping[str, Any]) -> tuple[CountySettings, int]:
    """Return the county that a `county` block declares, and its seed.

    Raises
    ------
    DataError
        If a setting is unknown, or no county can be made with it.
    """
    block = dict(content)
    seed = block.pop("seed", None)
    if not isinstance(seed, int) or isinstance(seed, bool) or seed < 0:
        raise _wrong("county.seed", seed, "a whole number, 0 or more")
    known = {one.name for one in fields(CountySettings)}
    for name, value in block.items():
        if name not in known:
            raise _wrong(f"county.{name}", value, f"one of {', '.join(sorted(known))}")
    try:
        given: dict[str, Any] = {
            n: tuple(v) if isinstance(v, list) else v for n, v in block.items()
        }
        return CountySettings(**given), seed
    except (TypeError, ValueError) as error:
        raise _wrong("county", str(error), "settings of a county that can be made") from None


def practice_files(settings: CountySettings, seed: int) -> dict[str, bytes]:
    """Return the practice year's raw files by name, every name marked SIMULATED."""
    made = county(settings, seed=seed)
    printed = as_csv(made)
    tables = {
        **printed,
        "schools": _with_authority(printed["schools"], made),
        "funding": _two_years(printed["funding"]),
        "payments": _payments(made.funding),
    }
    return {f"{MARK}_{name}.csv": _bytes(tables[name]) for name in _ORDER}


_ORDER = (
    *("schools", "members", "successors", "payments", "funding", "ofsted", "gains", "coverage"),
)


def write_practice(settings: CountySettings, seed: int) -> list[str]:
    """Write the practice year's files and its block in data/sources.yaml; return their paths.

    Raises
    ------
    UsageError
        If the tables of the report, which print two school years, have more or fewer.
    """
    if len(settings.money_years) < MONEY_YEARS_PRINTED:
        raise UsageError("county.money_years: found fewer than two; the funding table prints two.")
    files = practice_files(settings, seed)
    sources = paths.find_root() / FILE
    text = _without_block(sources.read_text(encoding="utf-8"))
    block = practice_block(files, settings, seed, truth_of(settings, seed))
    written = {paths.raw(YEAR) / name: data for name, data in files.items()}
    write_together({**written, sources: f"{text}{block}".encode()})
    return [paths.relative(path) for path in written]


def panel_of(made: County) -> Panel:
    """Return a simulated county's panel as the files of `practice_files` would give it."""
    latest = dict(made.successors.astype("str").itertuples(index=False, name=None))
    special = made.schools["phase"] == SPECIAL.split()[0]
    rows = made.schools.drop(columns="missing").assign(
        urn=made.schools["urn"].astype("str"), row=range(2, len(made.schools) + 2), school=pd.NA,
        kind=np.where(special, SPECIAL, "school"), definition=_DEFINITION,
    )  # fmt: skip
    members = made.members.assign(
        urn=made.members["urn"].astype("str").map(lambda urn: latest.get(urn, urn)),
        joined=pd.to_datetime(made.members["joined"]), left=pd.to_datetime(made.members["left"]),
        joined_unknown=made.members["joined"].isna(),
    )  # fmt: skip
    nothing = pd.DataFrame()
    schools = one_row_a_school(rows, latest)
    return Panel(schools, members, made.funding, nothing, nothing, nothing)


def truth_of(settings: CountySettings, seed: int) -> dict[str, float]:
    """Return the true mean gain (pp) of members in the last year's results, by stage."""
    made = county(settings, seed=seed, results_only=True)
    gains = made.truth["mean_gain_last_year_pp"]
    return {stage: round(float(gain), 4) for stage, gain in gains.items()}


def practice_block(
    files: Mapping[str, bytes], settings: CountySettings, seed: int, truth: Mapping[str, float]
) -> str:
    """Return the practice year's block of data/sources.yaml, as text."""
    entries = {}
    for name, data in files.items():
        table = name.removeprefix(f"{MARK}_").removesuffix(".csv")
        lines = data.decode().splitlines()
        entries[table] = {
            "file": name,
            "place": f"{MARK}, made by analysis simulate",
            "rows": len(lines) - 1,
            "sha256": sha256_of(data),
            **_meaning(table, lines[0].split(",")),
        }
    block = {
        YEAR: {
            "title": f"{MARK} county: what a year with results of single schools looks like",
            "place": "Simulated County",
            "publisher": "nobody; every school and collaboration is made up",
            "published": MARK,
            "document": f"made by analysis simulate with the seed {seed}",
            "accessed": MARK,
            "licence": "none needed; no real data",
            "maturity": MARK,
            "results_of": settings.last_year,
            "panel": {"truth": dict(truth)},
            "tables": entries,
        }
    }
    return yaml.safe_dump(block, sort_keys=False, allow_unicode=True, width=100)


def _meaning(table: str, heading: list[str]) -> dict[str, Any]:
    """Return what an entry says of its table's form."""
    if table == "schools":
        return {"headings": _SCHOOLS, "record_types": _RECORDS, "definition": _DEFINITION}
    if table == "members":
        return {"format": "members_plain"}
    if table == "successors":
        return {"headings": {"urn": "urn", "successor": "successor"}}
    if table == "funding":
        return {"headings": {**_FUNDING, **dict(map(_money_of, heading[3:]))}}
    if table == "gains":
        return {"headings": {c: c if c == "name" else f"gain_{c}_pp" for c in heading}}
    return {"headings": {"ofsted": _OFSTED, "payments": _PAYMENTS, "coverage": _COVERAGE}[table]}


def _money_of(heading: str) -> tuple[str, str]:
    if heading.startswith("Collabtn"):
        return heading, "continuing"
    first, last = heading[:7].split("/")
    return heading, f"funding_{first}_{last}_gbp"


def _with_authority(printed: pd.DataFrame, made: County) -> pd.DataFrame:
    """Return the rows of schools with the row that the authority has for each year and stage."""
    special = printed["phase"] == "special"
    rows = printed.assign(record=np.where(special, "special", "school"))
    key = ["urn", "year"]
    exact = made.truth["results"]
    shown = made.schools.merge(exact, on=key, how="left", validate="1:1")
    totals = [
        _total(group, str(year), str(stage))
        for (year, stage), group in shown.groupby(["year", "stage"])
    ]
    whole = pd.concat([rows, pd.DataFrame(totals)], ignore_index=True)
    return whole[list(_SCHOOLS)].fillna("")


def _total(group: pd.DataFrame, year: str, stage: str) -> dict[str, str]:
    column = {"ks2": "ks2_expected_pct", "ks4": "ks4_five_good_pct"}[stage]
    cohort = group["cohort"].fillna(0).to_numpy(dtype=float)
    exact = group[f"{column}_exact"].to_numpy(dtype=float)
    known = (cohort > 0) & ~np.isnan(exact)
    mean = float(np.average(exact[known], weights=cohort[known]))
    other = {"ks2_expected_pct": "NA", "ks4_five_good_pct": "NA"}
    facts = {"record": "LA", "year": year, "stage": stage, "cohort": str(int(cohort.sum()))}
    return {**other, **facts, column: f"{round(mean)}%"}


def _two_years(funding: pd.DataFrame) -> pd.DataFrame:
    """Return the wide table with its last two school years, and the groups paid in either."""
    money = [column for column in funding if "Funding" in column]
    frame = funding.drop(columns=money[:-MONEY_YEARS_PRINTED])
    return frame[(frame[money[-MONEY_YEARS_PRINTED:]] != "").any(axis=1)]


def _payments(funding: pd.DataFrame) -> pd.DataFrame:
    year = funding["school_year"].astype(int)
    return pd.DataFrame(
        {
            "name": funding["collaboration"],
            "school year": [f"{one - 1}/{one % 100:02d}" for one in year],
            "amount": [f"£{amount:,.0f}" for amount in funding["funding_gbp"]],
        }
    )


def _bytes(frame: pd.DataFrame) -> bytes:
    return frame.to_csv(index=False, lineterminator="\n").encode()


def _without_block(text: str) -> str:
    """Return data/sources.yaml without the practice year's block, wherever it stands."""
    kept, inside = [], False
    for line in text.splitlines(keepends=True):
        if not line.startswith((" ", "\n")):
            inside = line.startswith((f"{YEAR}:", f'"{YEAR}":', f"'{YEAR}':"))
        if not inside:
            kept.append(line)
    if kept and not kept[-1].endswith("\n"):
        kept.append("\n")
    return "".join(kept)


def _wrong(entry: str, found: object, expected: str) -> DataError:
    remedy = "Correct this entry of the plan."
    return DataError(Problem(PLAN, quoted(found), expected, remedy, column=entry, code="plan"))
