"""Groups of two releases that are the same, and a year's tables restricted to those."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

import pandas as pd

from analysis.sources.names import fold
from analysis.sources.successions import later_names
from analysis.tables.panel import Panel
from analysis.tables.tidy import Study

MONEY = re.compile(r"funding_20\d\d_\d\d_gbp", re.ASCII)
KEYS = ("collaboration_id", "collaboration")


@dataclass(frozen=True)
class Pairing:
    """Which group of a later release continues which of an earlier one.

    Parameters
    ----------
    pairs : mapping of str to str
        Name in the earlier release to name in the later one.
    vanished, appeared : tuple of str
        Groups of the earlier and of the later release that have no counterpart.
    """

    pairs: Mapping[str, str]
    vanished: tuple[str, ...]
    appeared: tuple[str, ...]

    @property
    def merged(self) -> dict[str, list[str]]:
        """Each later group that continues several earlier ones, with those."""
        found: dict[str, list[str]] = {}
        for earlier, later in self.pairs.items():
            found.setdefault(later, []).append(earlier)
        return {later: names for later, names in found.items() if len(names) > 1}

    @property
    def renamed(self) -> dict[str, str]:
        """Each earlier group that goes on alone under another name, with that name."""
        together = {name for names in self.merged.values() for name in names}
        return {
            earlier: later
            for earlier, later in self.pairs.items()
            if earlier not in together and fold(earlier) != fold(later)
        }


def pair_groups(earlier: Study, later: Study) -> Pairing:
    """Return which groups go on, by name and by the reviewed list data/groups.csv."""
    before = list(earlier.collaborations["collaboration"])
    after = {fold(name): name for name in later.collaborations["collaboration"]}
    renames = _renames(earlier.release.number, later.release.number)
    pairs = {
        name: after[now] for name in before if (now := _followed(fold(name), renames)) in after
    }
    return Pairing(
        pairs,
        tuple(name for name in before if name not in pairs),
        tuple(name for name in after.values() if name not in set(pairs.values())),
    )


def _renames(first: int, last: int) -> list[dict[str, str]]:
    """Return the reviewed renames of each year after `first` up to `last`, folded."""
    years = range(first + 1, last + 1)
    lists = (later_names(str(year)) for year in years)
    return [{fold(old): fold(new) for old, new in names.items()} for names in lists]


def _followed(name: str, renames: list[dict[str, str]]) -> str:
    for names in renames:
        name = names.get(name, name)
    return name


def restricted(study: Study, groups: Collection[str]) -> Study:
    """Return a year's tables without other groups than these, nor the schools of those alone.

    Lines of money for no collaboration, the report's own numbers and its coverage stay.
    """
    kept = study.collaborations["collaboration"].isin(groups)
    return replace(
        study,
        collaborations=study.collaborations[kept].reset_index(drop=True),
        panel=None if study.panel is None else _restricted(study.panel, groups),
        next_edition={
            name: frame[frame["collaboration"].isin(groups)].reset_index(drop=True)
            for name, frame in study.next_edition.items()
        },
    )


def _restricted(panel: Panel, groups: Collection[str]) -> Panel:
    stays = panel.members["collaboration"].isin(groups)
    lost = set(panel.members.loc[~stays, "urn"]) - set(panel.members.loc[stays, "urn"])
    paid = panel.payments["collaboration"].isin(groups)
    return replace(
        panel,
        schools=panel.schools[~panel.schools["urn"].isin(lost)].reset_index(drop=True),
        members=panel.members[stays].reset_index(drop=True),
        payments=panel.payments[paid].reset_index(drop=True),
        suppressed=panel.suppressed[~panel.suppressed["urn"].isin(lost)].reset_index(drop=True),
    )


def stated_twice(earlier: Study, later: Study) -> list[str]:
    """Return the columns that both releases state of the same time.

    Of two years these are the amounts of a school year; of one year all columns.
    """
    columns = [column for column in later.collaborations if column in earlier.collaborations]
    if earlier.year == later.year:
        return [column for column in columns if column not in KEYS]
    return [column for column in columns if MONEY.fullmatch(column)]


def as_stated_before(later: Study, earlier: Study, pairing: Pairing) -> Study:
    """Return the later tables with the amounts that both state as the earlier release had them.

    A group that continues several has their sum.
    """
    table = later.collaborations.copy()
    for column in stated_twice(earlier, later):
        if MONEY.fullmatch(column):
            before = _stated(earlier, column, pairing)
            known = table["collaboration"].isin(set(pairing.pairs.values()))
            table[column] = table["collaboration"].map(before).where(known, table[column])
    return replace(later, collaborations=table)


def _stated(earlier: Study, column: str, pairing: Pairing) -> pd.Series:
    table = earlier.collaborations
    now = table["collaboration"].map(pairing.pairs)
    values = table[column].astype(float)
    return values.groupby(now).sum(min_count=1)


def restated(earlier: Study, later: Study, pairing: Pairing) -> pd.DataFrame:
    """Return each figure that both releases state and the later one states otherwise.

    One row a figure: ``collaboration`` (its later name), ``column``, ``before``, ``now`` (text
    where the column holds words), missing where one release leaves it blank.
    """
    rows: list[dict[str, object]] = []
    single = {now: name for name, now in pairing.pairs.items() if now not in pairing.merged}
    old = earlier.collaborations.set_index("collaboration")
    new = later.collaborations.set_index("collaboration")
    for column in stated_twice(earlier, later):
        sums = _stated(earlier, column, pairing) if MONEY.fullmatch(column) else None
        for name in new.index:
            if sums is not None and name in sums.index:
                before = sums[name]
            elif sums is None and name in single:
                before = old.loc[single[name], column]
            else:
                continue
            now = new.loc[name, column]
            if not _same(before, now):
                rows.append({"collaboration": name, "column": column, "before": before, "now": now})
    return pd.DataFrame(rows, columns=["collaboration", "column", "before", "now"])


def _same(before: object, now: object) -> bool:
    if pd.isna(before) or pd.isna(now):  # type: ignore[call-overload]
        return bool(pd.isna(before) and pd.isna(now))  # type: ignore[call-overload]
    return before == now
