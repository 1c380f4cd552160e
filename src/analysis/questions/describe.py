"""Answers that describe the published tables: what is shown, of whom, and how much money."""

from __future__ import annotations

from analysis.errors import UnavailableError
from analysis.questions.estimate import NO_CLAIMS, Answer, Case
from analysis.questions.samples import outcome_pp
from analysis.variables import STAGES, gain_columns

_VERDICTS = {
    "agrees_n": "agrees",
    "differs_n": "differs",
    "contradicts_n": "contradicts itself",
    "unchecked_n": "cannot be checked",
}
_SUMMARIES = ("mean", "median", "min", "max", "std")


def shown_gains(case: Case) -> Answer:
    r"""Return number, mean, median, range and standard deviation (pp) of the gains shown.

    Over all groups of which the published table shows every measure of the key stage; a group's
    gain is the mean of its measures. Groups that are not shown are in none of these numbers.

    Notes
    -----
    .. math:: \bar y = \frac{1}{n} \sum_i y_i

    .. math:: s = \sqrt{\frac{1}{n - 1} \sum_i (y_i - \bar y)^2}

    :math:`y_i` is the gain of group :math:`i` in percentage points, :math:`n` the number of groups
    shown, :math:`\bar y` their mean and :math:`s` their standard deviation.
    """
    stage = str(case.question.outcome)
    columns = ["collaboration_id", "collaboration", "n_schools"]
    frame = case.study.collaborations[columns].assign(outcome=outcome_pp(case.study, stage))
    frame = frame.dropna(subset=["outcome"]).reset_index(drop=True)
    if frame.empty:
        raise UnavailableError(f"no {case.plan.outcomes.get(stage, stage)} is shown for any group")
    values = frame["outcome"].agg(list(_SUMMARIES))
    n = len(frame)
    numbers = [case.quantity("n", n, "groups", shown_gains, ("gains",), n=n)]
    numbers += [
        case.quantity(f"{name}_pp", values[name], "pp", shown_gains, ("gains",), n=n)
        for name in _SUMMARIES
    ]
    return Answer(numbers, frame)


def listed_gains(case: Case) -> Answer:
    """Return how many groups the gains table shows, and how many of its figures decline.

    Counted are all groups, those with any figure in the gains table, those without, the figures
    printed, and those of them below zero.
    """
    table = case.study.collaborations
    cells = table[[column for stage in STAGES for column in gain_columns(stage)]]
    shown = cells.notna().any(axis=1)
    counts = {
        "all_n": len(table),
        "shown_n": int(shown.sum()),
        "unseen_n": int((~shown).sum()),
        "declining_cells_n": int((cells < 0).sum().sum()),
        "cells_n": int(cells.notna().sum().sum()),
    }
    numbers = [
        case.quantity(name, value, "count", listed_gains, ("ofsted", "gains"), n=len(table))
        for name, value in counts.items()
    ]
    none = dict.fromkeys(
        ("cells_n", "declining_cells_n"), "this release shows no gain of any group"
    )
    return Answer(numbers, table[shown], gaps={} if counts["cells_n"] else none)


def listed_funding(case: Case) -> Answer:
    """Return the money that the funding table lists, in GBP, by school year and kind of line.

    The printed amounts are added up, for groups and for other lines apart; counted are the lines
    with an amount. Blank is missing and not zero, so medians and highest amounts are those of the
    groups with money.
    """
    groups, other = case.study.collaborations, case.study.other_funding
    numbers = []
    if not any(name.startswith("funding_") for name in groups):
        raise UnavailableError("this release lists no money of collaborations")
    for column in [name for name in groups if name.startswith("funding_")]:
        year = column.removeprefix("funding_")
        amounts = groups[column].dropna()
        total = amounts.sum() + other[column].sum()
        lines = len(amounts) + int(other[column].notna().sum())
        short = year.removesuffix("_gbp")
        for suffix, value, unit, n in (
            (year, total, "GBP", lines),
            (f"collaborations_{year}", amounts.sum(), "GBP", len(amounts)),
            (f"other_{year}", other[column].sum(), "GBP", lines - len(amounts)),
            (f"funded_{short}_n", len(amounts), "groups", len(amounts)),
            (f"median_{year}", amounts.median(), "GBP", len(amounts)),
            (f"max_{year}", amounts.max(), "GBP", len(amounts)),
        ):
            numbers.append(case.quantity(suffix, value, unit, listed_funding, ("funding",), n=n))
    lines_n = int(groups["area"].notna().sum()) + len(other)
    numbers.append(case.quantity("lines_n", lines_n, "count", listed_funding, ("funding",)))
    numbers.append(case.quantity("other_n", len(other), "count", listed_funding, ("funding",)))
    return Answer(numbers, groups)


def memberships(case: Case) -> Answer:
    """Return the school-memberships of all groups; a school in two groups counts twice.

    The printed numbers of schools are added up over the groups.
    """
    table = case.study.collaborations
    total = int(table["n_schools"].sum())
    number = case.quantity("", total, "memberships", memberships, ("ofsted",), n=len(table))
    return Answer([number], table)


def taking_part(case: Case) -> Answer:
    """Return how many schools take part, of how many, and the memberships beyond one a school.

    Members and schools are added up over the lines of the coverage table. The share is the one over
    the other; what the groups' sizes add up to beyond the members are schools counted more than
    once.
    """
    table, coverage = case.study.collaborations, case.study.coverage
    if coverage.empty:
        raise UnavailableError("this release does not say how many schools take part")
    total, members = int(table["n_schools"].sum()), int(coverage["members"].sum())
    schools = int(coverage["schools"].sum())
    files = ("coverage",)
    numbers = [
        case.quantity("members", members, "schools", taking_part, files, n=len(coverage)),
        case.quantity("all", schools, "schools", taking_part, files, n=len(coverage)),
        case.quantity(
            "beyond_one", total - members, "memberships", taking_part, ("ofsted", *files)
        ),
        case.quantity("taking_part_pct", 100 * members / schools, "%", taking_part, files),
    ]
    short = "there are fewer memberships than member schools, so the groups listed are not all"
    return Answer(numbers, coverage, gaps={"beyond_one": short} if total < members else {})


def grades(case: Case) -> Answer:
    """Return the share (%) of all school-memberships that are graded good or better.

    The schools graded outstanding or good are added up over the groups, and divided by the schools
    of the same groups. A school in two groups counts twice. Grades that are printed beside it are
    counted alike.
    """
    table = case.study.collaborations.dropna(subset=["n_schools", "n_good"])
    if table.empty:
        raise UnavailableError("this release has no grades of the collaborations' schools")
    good = table["n_outstanding"] + table["n_good"]
    share = 100 * good.sum() / table["n_schools"].sum()
    n = int(table["n_schools"].sum())
    numbers = [case.quantity("schools_pct", share, "%", grades, ("ofsted",), n=n)]
    for name in ("n_inadequate", "n_not_inspected", "n_outstanding"):
        value = int(table[name].sum())
        numbers.append(case.quantity(name, value, "memberships", grades, ("ofsted",), n=n))
    none = int((table["n_outstanding"] == 0).sum())
    numbers.append(
        case.quantity("without_outstanding_n", none, "groups", grades, ("ofsted",), n=len(table))
    )
    return Answer(numbers, table)


def ledger(case: Case) -> Answer:
    """Return how many of the publication's own numbers got which verdict.

    Every number that the text states was written down with its page, and worked out again from the
    tables. It agrees, differs, contradicts another number of the text, or cannot be checked from
    what is published.
    """
    table = case.study.claims
    if table.empty:
        raise UnavailableError(NO_CLAIMS)
    counts = table["verdict"].value_counts()
    numbers = [case.quantity("n", len(table), "count", ledger, ("claims",), kind="claim")]
    for suffix, verdict in _VERDICTS.items():
        value = int(counts.get(verdict, 0))
        numbers.append(
            case.quantity(suffix, value, "count", ledger, ("claims",), kind="claim", n=len(table))
        )
    return Answer(numbers, table)
