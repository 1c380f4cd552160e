"""How many schools stand behind each published number, and which of these counts may be shown."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
import pandas as pd

from analysis.errors import UnavailableError
from analysis.methods.suppression import Relation, System, suppress
from analysis.questions.amounts import money_of
from analysis.questions.bands import OUTSIDE, SIDES, banded
from analysis.questions.design import Design, design_of
from analysis.questions.disclosure import Rule, rule_of
from analysis.questions.paid import bins_of
from analysis.questions.plan import Plan
from analysis.questions.schools import cells_of, without_always_exposed
from analysis.tables.tidy import Study

ALL_OF = "all of file "
COMPARED, IN_TABLES, ASIDE = "compared", "in tables", "set aside"


@dataclass(frozen=True, eq=False)
class Census:
    """The counts of schools of a stage, what adds up to what, and which are left out.

    Parameters
    ----------
    system : System
        Every count, and what adds up to what.
    left_out : frozenset of str
        The counts that are shown nowhere: small ones, and what would give them away.
    n_held : int
        What a regression holds, the constant and membership among it.
    """

    rule: Rule
    system: System
    left_out: frozenset[str]
    n_held: int

    @property
    def values(self) -> Mapping[str, float]:
        """Every count by its name."""
        return self.system.values

    def hides(self, cell: str) -> bool:
        """Return whether a count is left out."""
        return cell in self.left_out

    @property
    def refuses_models(self) -> bool:
        """Whether too few schools stand on a side, or behind a regression, for any estimate."""
        df = self.values[COMPARED] - self.n_held
        few = any(self.rule.refuses(self.values[side]) for side in SIDES)
        return few or (not self.rule.open and df < self.rule.least_df)

    def shown(self, cell: str) -> float:
        """Return a count, or NaN where it is left out."""
        return float("nan") if self.hides(cell) else float(self.values[cell])


@dataclass
class _Counts:
    """Counts and relations while they are gathered."""

    values: dict[str, float] = field(default_factory=dict)
    relations: list[Relation] = field(default_factory=list)
    unpublished: set[str] = field(default_factory=set)

    def add(self, **cells: float) -> None:
        self.values |= {name.replace("_", " "): float(value) for name, value in cells.items()}

    def sums(self, total: str, parts: Collection[str]) -> None:
        self.relations.append(Relation({total: -1.0, **dict.fromkeys(parts, 1.0)}))

    def rest(self, total: str, part: str) -> None:
        """Note what is left of `total` without `part`: it stands nowhere, but follows."""
        name = f"{total} but not {part}"
        self.values[name] = self.values[total] - self.values[part]
        self.unpublished.add(name)
        self.sums(total, (part, name))


@lru_cache(maxsize=16)
def census_of(study: Study, plan: Plan, stage: str) -> Census:
    """Return the counts of schools of a stage, and which of them the plan's rule leaves out.

    Raises
    ------
    UnavailableError
        If there is no comparison of schools at this stage.
    """
    design, rule = design_of(study, plan, stage), rule_of(plan.content, study.year)
    counts = _Counts()
    for part in (_flow, _sides, _joiners, _bands):
        part(counts, design)
    _missing(counts, study, design)
    _of_authority(counts, study, design)
    for name, shift in (("", 0), ("future ", 1)):
        _paid(counts, study, design, name, shift)
    system = _system(counts, rule)
    small = {name for name, count in counts.values.items() if rule.hides(count)}
    left_out = suppress(system, small) if rule.complementary else frozenset(small)
    n_held = 3 + design.covariates.shape[1]
    return Census(rule, system, left_out, n_held)


def _system(counts: _Counts, rule: Rule) -> System:
    """Return the counts as an attacker sees them, who must learn no more than that one is small.

    A count that is left out is known to be one or more; what stands nowhere may be zero. How many
    schools an authority has is known from elsewhere.
    """
    least = max(float(rule.least_schools), 3.0)
    public = {name for name in counts.values if name.startswith(ALL_OF)} - counts.unpublished
    return System(
        counts.values,
        counts.relations,
        frozenset(counts.unpublished),
        width=least - 2,
        fixed=frozenset({IN_TABLES, *public}),
        zeros_shown=True,
    )


def flow_cells(design: Design) -> list[tuple[str, str]]:
    """Return the names of the counts in each row of the flow: schools left, and set aside."""
    last = len(design.flow) - 1
    left = {0: IN_TABLES, last: COMPARED}
    return [(left.get(at, f"left {at}"), f"aside {at}") for at in range(last + 1)]


def _flow(counts: _Counts, design: Design) -> None:
    before = ""
    names = flow_cells(design)
    for (left, aside), line in zip(names, design.flow.to_dict("records"), strict=True):
        counts.values[left] = float(line["schools"])
        if before:
            counts.values[aside] = float(line["set_aside"])
            counts.sums(before, (left, aside))
        before = left
    counts.values[ASIDE] = counts.values[IN_TABLES] - counts.values[COMPARED]
    counts.sums(ASIDE, [aside for _, aside in names[1:]])
    lost = design.unseen["member"].astype(bool)
    counts.add(members_lost=lost.sum(), others_lost=(~lost).sum())
    counts.sums(names[-1][1], ("members lost", "others lost"))


def _sides(counts: _Counts, design: Design) -> None:
    member = design.member
    counts.add(members=member.sum(), others=(~member).sum())
    counts.sums(COMPARED, SIDES)
    counts.add(overlap=(design.frame["groups"] > 1).sum())
    counts.rest(COMPARED, "overlap")
    counts.add(clusters=len(np.unique(design.shares.cluster)))


def _joiners(counts: _Counts, design: Design) -> None:
    long = without_always_exposed(design)
    per_school = long.groupby("urn")["year"].size()
    counts.add(units=len(per_school), whole=(per_school == long["year"].nunique()).sum())
    counts.rest(COMPARED, "units")
    counts.rest("units", "whole")
    if long["first_exposed"].nunique() > 1:
        _events(counts, design)


def _events(counts: _Counts, design: Design) -> None:
    """Note how many joiners each year since joining counts: sums of those of each year's wave."""
    cells = cells_of(design)
    groups = np.unique(cells.groups)
    size = {group: float((cells.unit_group == group).sum()) for group in groups}
    counts.values |= {f"joined {group:g}": n for group, n in size.items()}
    counts.unpublished |= {f"joined {group:g}" for group in groups}
    for event, mask in events(cells.times - cells.groups):
        here = np.unique(cells.groups[mask])
        seen = sum(cells.n_treated[mask & (cells.groups == group)].max() for group in here)
        name = event_cell(event)
        counts.values[name] = float(seen)
        parts = {f"joined {group:g}": -1.0 for group in here}
        if unseen := sum(size[group] for group in here) - float(seen):
            counts.values[f"{name}, not seen"] = unseen
            counts.unpublished.add(f"{name}, not seen")
            parts[f"{name}, not seen"] = 1.0
        counts.relations.append(Relation({name: 1.0, **parts}))
    _all_joiners(counts, design, [f"joined {group:g}" for group in groups])


def _all_joiners(counts: _Counts, design: Design, waves: list[str]) -> None:
    """Note that the members are those of all waves, where no wave joined too late to be one."""
    always = "compared but not units"
    if sum(counts.values[one] for one in (*waves, always)) == counts.values["members"]:
        counts.sums("members", (*waves, always))


def events(since: np.ndarray) -> Iterator[tuple[float, np.ndarray]]:
    """Give each number of years since joining with the group-time cells that it stands for."""
    for event in np.unique(since):
        yield float(event), since == event


def event_cell(event: float) -> str:
    """Return the name of the count of schools that are seen so many years since joining."""
    return f"seen at {event:g}"


def _bands(counts: _Counts, design: Design) -> None:
    bands = banded(design)
    if bands is None:
        return
    for name in bands.counts:
        values = bands.counts[name]
        counts.values |= {f"{name} {at}": float(count) for at, count in enumerate(values)}
        parts = [f"{name} {at}" for at in range(len(values))]
        if name not in SIDES:
            counts.values[name] = float(values.sum())
        counts.sums(name, parts)
    for out in OUTSIDE:
        counts.values |= {f"{side} {out}": n for side, n in bands.outside(out).items()}
        counts.sums(out, [f"{side} {out}" for side in SIDES])
        for side in SIDES:
            counts.rest(side, f"{side} {out}")
        for at in range(len(bands.counts)):
            whole = f"in band {at}"
            counts.values[whole] = sum(counts.values[f"{side} {at}"] for side in SIDES)
            counts.unpublished.add(whole)
            counts.sums(whole, [f"{side} {at}" for side in SIDES])
            counts.rest(whole, f"{out} {at}")
    for end in ["", *(f" {at}" for at in range(len(bands.counts)))]:
        counts.rest(f"outside 95{end}", f"outside 998{end}")


def _of_authority(counts: _Counts, study: Study, design: Design) -> None:
    """Note how many schools of each file have a figure, which its authority's row is set beside.

    Who knows how many have one in the year of the baseline, or at the end, knows nearly how many
    of the schools compared do.
    """
    assert study.panel is not None
    for row, whole in with_whole(study.panel.reconciliation, design).itertuples(index=False):
        line = study.panel.reconciliation.loc[row]
        name, all_of = seen_cell(row), f"{ALL_OF}{whole}"
        counts.values |= {name: float(line["schools"])}
        counts.values[all_of] = float(study.panel.reconciliation.loc[whole, "schools"])
        counts.rest(all_of, name)
        if int(line["year"]) == design.baseline_year:
            left = flow_cells(design)[2][0]
            total = counts.values[name] - counts.values[left]
            counts.relations.append(Relation({name: 1.0, left: -1.0}, total))
        if (
            int(line["year"]) == design.result_year
            and counts.values[name] > counts.values[COMPARED]
        ):
            counts.rest(name, COMPARED)
    _tie_missing(counts)


def _tie_missing(counts: _Counts) -> None:
    """Note that the figures that are missing are those of the files, where they are as many."""
    unseen = [n for n in counts.unpublished if n.startswith(ALL_OF) and " but not with" in n]
    if unseen and sum(counts.values[n] for n in unseen) == counts.values.get("missing"):
        counts.sums("missing", sorted(unseen))


def with_whole(gaps: pd.DataFrame, design: Design) -> pd.DataFrame:
    """Return the rows of the outcome's figures, each with the row of all schools of its file."""
    if gaps.empty:
        return pd.DataFrame({"row": [], "whole": []})
    keys = ["file", "authority", "year", "stage"]
    rows = gaps.loc[gaps["stage"] == design.stage, [*keys, "column"]]
    rows = rows.assign(row=rows.index)
    figures, wholes = (rows[rows["column"] == c] for c in (design.outcome, "cohort"))
    pairs = figures.merge(wholes, on=keys, suffixes=("", "_of"), validate="m:1")
    return pairs[["row", "row_of"]].rename(columns={"row_of": "whole"})


def seen_cell(row: int) -> str:
    """Return the name of the count of schools with a figure in a row of the reconciliation."""
    return f"with a figure in row {row}"


def _missing(counts: _Counts, study: Study, design: Design) -> None:
    table = missing_by_reason(study, design)
    if table.empty:
        return
    cells = {missing_cell(r, w): float(n) for (r, w), n in table.stack().items()}
    counts.values |= {**cells, "missing": sum(cells.values())}
    counts.sums("missing", cells)


def missing_by_reason(study: Study, design: Design) -> pd.DataFrame:
    """Return how many figures of the outcome are missing, a row a reason, a column a side."""
    assert study.panel is not None
    lines = study.panel.suppressed
    if lines.empty:
        return pd.DataFrame()
    wanted = (lines["stage"] == design.stage) & (lines["column"] == design.outcome)
    wanted &= lines["year"].isin(design.years)
    joined = set(study.panel.members["urn"])
    who = np.where(lines["urn"].isin(joined), "ever_members", "never_members")
    table = lines.assign(who=who)[wanted].groupby(["reason", "who"]).size().unstack(fill_value=0)
    return table.reindex(columns=["ever_members", "never_members"], fill_value=0)


def missing_cell(reason: str, who: str) -> str:
    """Return the name of a count of missing figures."""
    return f"missing, {reason}, {who}"


def _paid(counts: _Counts, study: Study, design: Design, name: str, shift: int) -> None:
    if study.panel is None or study.panel.payments.empty:
        return
    try:
        money = money_of(study, design, shift)
        bins = bins_of(design, money, 0.95)
    except (UnavailableError, ValueError):
        return
    counts.values[f"{name}paid"] = float((money.dose > 0).sum())
    counts.rest(COMPARED, f"{name}paid")
    parts = {f"{name}bin {at}": float(n) for at, n in enumerate(bins["schools"])}
    counts.values |= parts
    counts.sums(f"{name}paid", parts)
