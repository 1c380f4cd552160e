"""From the panel to the comparison: which schools and years, who is a member, who is left out."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pandas as pd

from analysis.errors import UnavailableError
from analysis.methods.overlap import connected_components, fractional_membership
from analysis.questions.plan import Plan
from analysis.questions.rules import Rules, rules_of
from analysis.tables.panel import SPECIAL, Panel
from analysis.tables.tidy import Study
from analysis.variables import variable

NEVER = 0
TABLES = ("schools", "members", "successors")
FEWEST_SCHOOLS = 10
FEWEST_MEMBERS = 3


@dataclass(frozen=True, eq=False)
class Shares:
    """A school's parts in its collaborations: row of the frame, share of it, and cluster."""

    row: np.ndarray
    weight: np.ndarray
    cluster: np.ndarray


@dataclass(frozen=True, eq=False)
class Design:
    """The declared comparison on a panel.

    Parameters
    ----------
    outcome : str
        The outcome's column.
    frame : pandas.DataFrame
        One row a school compared: ``urn``, ``school``, ``district``, ``cohort``,
        ``cohort_before``, ``before``, ``after``, ``gain`` (pp), ``member``, ``first_exposed`` (the
        year of the first tests after a whole school year as a member, 0 for none), ``cluster``,
        ``groups`` (number of collaborations) and the covariates.
    long : pandas.DataFrame
        One row a school and year: ``urn``, ``year``, ``outcome``, ``first_exposed``,
        ``cluster``, ``member``.
    shares : Shares
        Each school's parts in its collaborations, by the declared rule for overlap.
    flow : pandas.DataFrame
        ``step``, ``schools`` left, ``set_aside`` and ``reason``.
    unseen : pandas.DataFrame
        The schools that passed every step but the last: without a figure at the end.
    covariates : pandas.DataFrame
        What is held beside the baseline outcome, rows as in `frame`.
    not_held : tuple of str
        Declared covariates that some school of the sample lacks.
    other_definition : tuple of int
        Years left out because the outcome was defined otherwise.
    """

    stage: str
    outcome: str
    rules: Rules
    member_by: pd.Timestamp
    baseline_year: int
    result_year: int
    years: tuple[int, ...]
    frame: pd.DataFrame
    long: pd.DataFrame
    shares: Shares
    flow: pd.DataFrame
    unseen: pd.DataFrame
    covariates: pd.DataFrame
    not_held: tuple[str, ...]
    other_definition: tuple[int, ...]

    @property
    def member(self) -> np.ndarray:
        """Whether each school of `frame` is a member."""
        return self.frame["member"].to_numpy(dtype=bool)

    @property
    def clusters(self) -> np.ndarray:
        """The cluster of each school of `frame`: schools tied by shared collaborations."""
        return self.frame["cluster"].to_numpy()

    @property
    def balance_on(self) -> pd.DataFrame:
        """The baseline characteristics that are compared and balanced."""
        return self.covariates.assign(before=self.frame["before"].to_numpy())

    @property
    def pre_periods(self) -> int:
        """Years with results before the first exposure of the members, the fewest of any."""
        first = self.frame.loc[self.frame["member"], "first_exposed"].min()
        return sum(year < first for year in self.years)

    @property
    def unit(self) -> str:
        """The unit of a difference in the outcome."""
        return "pp" if variable(self.outcome).unit == "%" else "points"

    @property
    def label(self) -> str:
        """What a reader calls the outcome."""
        return variable(self.outcome).label


@lru_cache(maxsize=8)
def design_of(study: Study, plan: Plan, stage: str) -> Design:
    """Return the comparison that the plan declares for a stage.

    Raises
    ------
    UnavailableError
        If the release has no school results, none of this stage, or too few schools on a side.
    """
    panel = study.panel
    if panel is None:
        raise UnavailableError("this release has no results of single schools")
    rules = rules_of(plan, study.year)
    outcome = panel.outcome(stage, rules.outcomes.get(stage, ()))
    if outcome is None:
        label = stage.replace("ks", "key stage ")
        raise UnavailableError(f"this release has no {label} results of single schools")
    rows = panel.schools[panel.schools["stage"] == stage]
    years, other = _years(rows, outcome)
    schools = _joined(rows, panel, years)
    member_by, baseline, result = _when(rules, schools, years)
    schools, unseen, flow = _flow(rows, schools, outcome, rules, (member_by, baseline, result))
    frame = _frame(schools, rows, panel, outcome, rules, (baseline, result))
    _require_enough(frame)
    covariates, not_held = _covariates(frame, rows, outcome, rules, years, baseline)
    return Design(
        stage, outcome, rules, member_by, baseline, result, years, frame,
        _long(rows, schools, outcome, years, frame),
        _shares(frame["urn"], panel.members, rules, frame["cluster"].to_numpy()),
        flow, unseen, covariates, not_held, other,
    )  # fmt: skip


def _years(rows: pd.DataFrame, outcome: str) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Return the last run of years with one definition, and the years left out."""
    seen = rows[rows[outcome].notna()]
    definition = seen.groupby("year")["definition"].agg(
        lambda words: " and ".join(sorted(set(words)))
    )
    years = [int(year) for year in definition.index]
    kept: list[int] = []
    for year in reversed(years):
        if definition[year] != definition[years[-1]]:
            break
        kept.insert(0, year)
    return tuple(kept), tuple(year for year in years if year not in kept)


def _joined(rows: pd.DataFrame, panel: Panel, years: tuple[int, ...]) -> pd.DataFrame:
    """Return each school with the day it first joined, and the first tests that this preceded."""
    spells = panel.members[panel.members["urn"].isin(rows["urn"])]
    known = spells[~spells["joined_unknown"].astype(bool)]
    last = rows.sort_values("year").groupby("urn", sort=True)[["school", "kind", "district"]].last()
    joined = known.groupby("urn")["joined"].min().reindex(last.index)
    only_unknown = last.index.isin(set(spells["urn"]) - set(known["urn"]))
    frame = last.assign(joined=pd.to_datetime(joined), unknown=only_unknown).reset_index()
    return frame.assign(first_exposed=frame["joined"].map(first_exposed).astype("int64"))


def first_exposed(joined: pd.Timestamp) -> int:
    """Return the year of the first tests after a whole school year as a member, 0 for none."""
    if pd.isna(joined):
        return NEVER
    before_term = (joined.month, joined.day) <= (9, 1)
    return int(joined.year + 1 if before_term else joined.year + 2)


def _when(
    rules: Rules, schools: pd.DataFrame, years: tuple[int, ...]
) -> tuple[pd.Timestamp, int, int]:
    if len(years) < 2:
        raise UnavailableError("a comparison over time takes results of at least two years")
    result = rules.result_year or years[-1]
    member_by = rules.member_by or pd.Timestamp(result - 1, 9, 1)
    exposed = schools.loc[schools["joined"] <= member_by, "first_exposed"]
    new = exposed[exposed > years[0]]
    before = [year for year in years if year < min([result, *new])]
    baseline = rules.baseline_year or max(before, default=years[0])
    if not {baseline, result} <= set(years) or baseline >= result:
        raise UnavailableError(f"there are no comparable results of both {baseline} and {result}")
    return member_by, baseline, result


def _flow(
    rows: pd.DataFrame,
    schools: pd.DataFrame,
    outcome: str,
    rules: Rules,
    when: tuple[pd.Timestamp, int, int],
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Return the schools compared, those that only lack the end, and what each step left."""
    member_by, baseline, result = when
    seen = rows[rows[outcome].notna()]
    with_before = set(seen.loc[seen["year"] == baseline, "urn"])
    with_after = set(seen.loc[seen["year"] == result, "urn"])
    member = schools["joined"] <= member_by
    early = member & (schools["first_exposed"] <= baseline) & (rules.already_members == "set aside")
    steps = (
        ("not special schools", schools["kind"] != SPECIAL, "special schools, unlike the others"),
        ("with a figure at the baseline", schools["urn"].isin(with_before), "no figure then"),
        ("with a known day of joining", ~schools["unknown"], "members whose day is not known"),
        ("not yet exposed at the baseline", ~early, "members from before the baseline"),
        ("with a figure at the end", schools["urn"].isin(with_after), "no figure then"),
    )
    keep = pd.Series(True, index=schools.index)
    lines: list[dict[str, object]] = [
        {"step": "in the tables of results", "schools": len(schools), "set_aside": 0, "reason": ""}
    ]
    for step, passes, reason in steps:
        left = keep & passes
        gone = int(keep.sum() - left.sum())
        lines.append(
            {"step": step, "schools": int(left.sum()), "set_aside": gone, "reason": reason}
        )
        last, keep = keep & ~passes, left
    known = schools.assign(member=member)
    kept, unseen = (known[some].reset_index(drop=True) for some in (keep, last))
    return kept, unseen, pd.DataFrame(lines)


def _frame(
    schools: pd.DataFrame,
    rows: pd.DataFrame,
    panel: Panel,
    outcome: str,
    rules: Rules,
    when: tuple[int, int],
) -> pd.DataFrame:
    before, after = (rows[rows["year"] == year].set_index("urn") for year in when)
    urn = schools["urn"]
    frame = schools.assign(
        before=urn.map(before[outcome]).astype(float),
        after=urn.map(after[outcome]).astype(float),
        cohort_before=urn.map(before["cohort"]).astype(float),
        cohort=urn.map(after["cohort"]).astype(float),
        cluster=_clusters(urn, panel.members, rules),
        groups=urn.map(panel.members.groupby("urn")["collaboration"].nunique()).fillna(0),
    )
    return frame.assign(gain=frame["after"] - frame["before"], groups=frame["groups"].astype(int))


def _clusters(urns: pd.Series, members: pd.DataFrame, rules: Rules) -> np.ndarray:
    """Return the cluster of each school; one that is in no collaboration is its own.

    By the rule `components`, schools tied by any shared collaboration; by `fractional`, the
    collaboration that the school joined first.
    """
    pairs = members.sort_values(["joined", "collaboration"])[["urn", "collaboration"]]
    if rules.overlap == "components":
        alone = pd.DataFrame({"urn": urns, "collaboration": None})
        both = pd.concat([alone, pairs], ignore_index=True)
        return np.asarray(connected_components(both["urn"], both["collaboration"]))[: len(urns)]
    home = pairs.drop_duplicates("urn").set_index("urn")["collaboration"]
    known = urns.map(home)
    return pd.factorize(np.where(known.notna(), known, "school " + urns))[0]


def _shares(urns: pd.Series, members: pd.DataFrame, rules: Rules, cluster: np.ndarray) -> Shares:
    """Return each school once for each collaboration, by the rule `fractional`; else once."""
    rows = np.arange(len(urns))
    if rules.overlap == "components":
        return Shares(rows, np.ones(len(urns)), cluster)
    pairs = members.drop_duplicates(["urn", "collaboration"])
    pairs = pairs[pairs["urn"].isin(urns)]
    parts = fractional_membership(pairs["urn"], pairs["collaboration"])
    whole = pd.DataFrame({"unit": urns, "row": rows}).merge(parts, on="unit", how="left")
    own = whole["group"].fillna("school " + whole["unit"])
    weight = whole["weight"].fillna(1.0).to_numpy(dtype=float)
    return Shares(whole["row"].to_numpy(), weight, pd.factorize(own)[0])


def _covariates(
    frame: pd.DataFrame,
    rows: pd.DataFrame,
    outcome: str,
    rules: Rules,
    years: tuple[int, ...],
    baseline: int,
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Return what is held beside the baseline outcome, and what was declared but is not known."""
    at_baseline = rows[rows["year"] == baseline].set_index("urn")
    found: dict[str, np.ndarray] = {}
    missing: list[str] = []
    for name in rules.covariates:
        values = frame["urn"].map(at_baseline[name]) if name in at_baseline else None
        if values is None or values.isna().any() or float(values.astype(float).std()) == 0:
            missing.append(name)
        else:
            found[name] = values.to_numpy(dtype=float)
    earlier = [year for year in years if year < baseline]
    if earlier:
        past = rows[rows["year"].isin(earlier)].groupby("urn")[outcome].mean()
        values = frame["urn"].map(past)
        if values.notna().all():
            found["earlier"] = values.to_numpy(dtype=float)
    return pd.DataFrame(found, index=frame.index), tuple(missing)


def _long(
    rows: pd.DataFrame,
    schools: pd.DataFrame,
    outcome: str,
    years: tuple[int, ...],
    frame: pd.DataFrame,
) -> pd.DataFrame:
    facts = schools.set_index("urn")[["first_exposed", "member"]]
    long = rows[rows["urn"].isin(facts.index) & rows["year"].isin(years) & rows[outcome].notna()]
    cluster = frame.set_index("urn")["cluster"]
    return pd.DataFrame(
        {
            "urn": long["urn"],
            "year": long["year"].astype(int),
            "outcome": long[outcome].astype(float),
            "cohort": long["cohort"].astype(float),
            "first_exposed": long["urn"].map(facts["first_exposed"]),
            "member": long["urn"].map(facts["member"]),
            "cluster": long["urn"].map(cluster),
        }
    ).reset_index(drop=True)


def _require_enough(frame: pd.DataFrame) -> None:
    members = int(frame["member"].sum())
    for n, side in ((members, "members"), (len(frame) - members, "other schools")):
        if n < FEWEST_MEMBERS:  # how few is not said: pages show this reason
            raise UnavailableError(
                f"fewer than {FEWEST_MEMBERS} {side} have results of both years, and a comparison "
                f"takes at least {FEWEST_MEMBERS} members and as many others"
            )
