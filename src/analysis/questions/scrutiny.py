"""What the comparison of schools would have to withstand: balance, hidden reasons, lost results."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.errors import UnavailableError
from analysis.methods import power, sensitivity, sensitivity_contour, sensitivity_more, standardised
from analysis.methods.association import fit_ols
from analysis.methods.balance import baseline_table, entropy_balance
from analysis.methods.missing import worst_case_difference
from analysis.methods.multilevel import icc_anova
from analysis.quantities import Quantity
from analysis.questions.compare import MEMBER, fit_members, regressors
from analysis.questions.design import TABLES, Design
from analysis.questions.estimate import Answer, Case
from analysis.questions.schools import balanced, refuse_improvers_only

MULTIPLES = (1, 2, 3)


def sample_flow(case: Case) -> Answer:
    """Return how many schools each step left, and why the others were set aside.

    Starting from all schools in the tables of results: special schools, schools without a figure at
    the baseline or at the end, and members from before the baseline or without a known day of
    joining are set aside, in this order.
    """
    design = case.design
    first, last = int(design.flow["schools"].iloc[0]), int(design.flow["schools"].iloc[-1])
    counts = {"": last, "in_tables": first, "set_aside": first - last}
    numbers = [
        case.quantity(name, value, "schools", sample_flow, TABLES) for name, value in counts.items()
    ]
    return Answer(numbers, design.flow, design)


def known_truth(case: Case) -> Answer:
    """Return the true difference (pp) of a SIMULATED county, which no real release can state.

    It was put into the made-up results when they were made, so that each method's answer can be
    held against it.
    """
    stated = (case.study.release.panel or {}).get("truth")
    if not isinstance(stated, dict) or case.question.outcome not in stated:
        raise UnavailableError("nobody knows the true difference; only a simulated year states it")
    value = float(stated[case.question.outcome])
    return Answer([case.quantity("", value, "pp", known_truth, ())], pd.DataFrame(), None)


def reconciled(case: Case) -> Answer:
    r"""Return how far the schools' results are from their authority's own row, in pp and pupils.

    The results of single schools are put together, each weighted by its pupils, and held against
    the figure that the same file prints for the authority as a whole. Given is the largest
    distance.

    Notes
    -----
    .. math:: d = \left|\frac{\sum_i n_i p_i}{\sum_i n_i} - P\right|

    :math:`p_i` is the percentage of school :math:`i`, :math:`n_i` the number of its pupils, and
    :math:`P` what is printed for the authority.
    """
    assert case.study.panel is not None
    gaps = case.study.panel.reconciliation
    gaps = gaps[gaps["stage"] == case.question.outcome]
    if gaps.empty:
        raise UnavailableError("the files of results have no row for the authority as a whole")
    shares = gaps[gaps["column"] != "cohort"]
    cohort = gaps[gaps["column"] == "cohort"]
    numbers = [
        case.quantity("", shares["gap"].abs().max(), "pp", reconciled, ("schools",)),
        case.quantity("figures_n", len(shares), "count", reconciled, ("schools",)),
        case.quantity("pupils_n", cohort["from_schools"].sum(), "pupils", reconciled, ("schools",)),
        case.quantity("pupils_gap", cohort["gap"].abs().max(), "pupils", reconciled, ("schools",)),
        case.quantity(
            "unseen_n", shares["pupils_unseen"].max(), "pupils", reconciled, ("schools",)
        ),
    ]
    return Answer(numbers, gaps, None)


def suppressed(case: Case) -> Answer:
    """Return how many figures are missing for which reason, among members and others.

    Counted are the cells of this outcome, in the years compared, that hold a symbol instead of a
    number.
    """
    design = case.design
    assert case.study.panel is not None
    lines = case.study.panel.suppressed
    wanted = (lines["stage"] == design.stage) & (lines["column"] == design.outcome)
    wanted &= lines["year"].isin(design.years)
    joined = set(case.study.panel.members["urn"])
    who = np.where(lines["urn"].isin(joined), "ever_members", "never_members")
    table = lines.assign(who=who)[wanted].groupby(["reason", "who"]).size().unstack(fill_value=0)
    for name in ("ever_members", "never_members"):
        table[name] = table.get(name, 0)
    rows = table.reset_index()[["reason", "ever_members", "never_members"]]
    numbers = [case.quantity("", int(wanted.sum()), "count", suppressed, TABLES)]
    return Answer(numbers, rows, None)


def balance(case: Case) -> Answer:
    """Return how alike members and others were at the baseline, in standard deviations.

    The largest difference in any baseline characteristic, before and after the others are weighted
    to resemble the members. Up to a twentieth of a standard deviation they are alike, up to a
    quarter alike once it is held, and above that not comparable.
    """
    design = case.design
    both = balanced(design)
    rows = both.before.assign(after=both.after["difference"], after_verdict=both.after["verdict"])
    n, weights = len(design.frame), both.weights
    most = both.before["difference"].abs().max()
    numbers = [
        case.quantity("", most, "standard deviations", baseline_table, TABLES, n=n),
        case.quantity(
            "weighted", both.after["difference"].abs().max(), "standard deviations",
            entropy_balance, TABLES, n=n,
        ),
        case.quantity("largest_gap", weights.largest_gap, "ratio", entropy_balance, TABLES, n=n),
        case.quantity("like_n", weights.effective_n, "schools", entropy_balance, TABLES, n=n),
        case.quantity("word", None, "count", baseline_table, TABLES, n=n, words=_word(most)),
    ]  # fmt: skip
    return Answer(numbers, rows, weights)


def _word(most: float) -> str:
    if most <= 0.05:
        return "alike enough to compare as they are"
    if most <= 0.25:
        return "alike enough to compare once the differences are held"
    return "too different to be called comparable"


def hidden(case: Case) -> Answer:
    """Return how strong an unseen reason for joining must be to explain the difference away.

    Robustness value and what reasons as strong as the baseline would leave (Cinelli and Hazlett),
    Oster's proportion, the E-value, and the difference without each collaboration in turn.
    """
    design, level = case.design, case.settings.confidence
    refuse_improvers_only(case.study, design)
    names, X = regressors(design)
    after, unit, n = design.frame["after"].to_numpy(), design.unit, len(design.frame)
    # The formulas of these methods are those of the classical standard error.
    fit = fit_ols(after, X, names, covariance="classical", level=level)
    value, error = float(fit.estimates[MEMBER]), float(fit.standard_errors[MEMBER])
    found = sensitivity.sensitivity(value, error, n - X.shape[1], q=1.0, alpha=1 - level)
    numbers = [
        case.quantity(name, share, "share", sensitivity.sensitivity, TABLES, n=n)
        for name, share in (
            ("", found.robustness_value),
            ("significance", found.robustness_value_significance),
            ("partial_r2", found.partial_r2),
        )
    ]
    bounds = sensitivity.benchmark_bounds(
        after, X, names, "member", ["before"], multiples=MULTIPLES, level=level
    )
    numbers += [
        case.quantity(
            f"as_baseline_{times}", line["adjusted_estimate"], unit,
            sensitivity.benchmark_bounds, TABLES,
            low=line["adjusted_low"], high=line["adjusted_high"], level=level, n=n,
        )
        for times, line in zip(MULTIPLES, bounds.to_dict("records"), strict=True)
        if not line["capped"]
    ]  # fmt: skip
    numbers += _more(case, design, names, X, after, value)
    contour = sensitivity_contour.contour(value, error, n - X.shape[1], level=level)
    return Answer(numbers, bounds, contour)


def _more(
    case: Case,
    design: Design,
    names: tuple[str, ...],
    X: np.ndarray,
    after: np.ndarray,
    value: float,
) -> list[Quantity]:
    parts, n = design.shares, len(design.frame)
    oster = sensitivity_more.oster_of(after, X, names, "member", common=["constant"])
    left_out = sensitivity_more.leave_one_cluster_out(
        after[parts.row], X[parts.row], MEMBER, parts.cluster, weights=parts.weight
    )
    g = _standardised(design, value, 0.0, case.settings.confidence)
    ratio = sensitivity_more.e_value_difference(g.estimate, g.standard_error)
    return [
        case.quantity("oster", oster.delta, "ratio", sensitivity_more.oster_of, TABLES, n=n),
        case.quantity(
            "leave_one_out", value, design.unit, sensitivity_more.leave_one_cluster_out, TABLES,
            low=left_out.low, high=left_out.high, n=n,
        ),
        case.quantity(
            "e_value", ratio.estimate, "ratio", sensitivity_more.e_value_difference, TABLES, n=n
        ),
    ]  # fmt: skip


def in_standard_deviations(case: Case) -> Answer:
    """Return members' difference in standard deviations of all schools (Hedges' g), and months.

    The declared difference over the spread of results among all schools compared. Months of
    progress are given only where the spread is one of pupils.
    """
    design, level = case.design, case.settings.confidence
    refuse_improvers_only(case.study, design)
    _, X = regressors(design)
    fit = fit_members(design, design.frame["after"].to_numpy(), X, level)
    g = _standardised(design, fit.estimates[MEMBER], fit.standard_errors[MEMBER], level)
    n = len(design.frame)
    number = case.quantity(
        "", g.estimate, "standard deviations", standardised.from_difference, TABLES,
        low=g.low, high=g.high, level=level, n=n,
    )  # fmt: skip
    return Answer([number, _months(case, design, g.estimate)], design.frame, g)


def _standardised(
    design: Design, value: float, error: float, level: float
) -> standardised.Standardised:
    members = int(design.member.sum())
    sd = float(design.frame["after"].std(ddof=1))
    others = len(design.frame) - members
    return standardised.from_difference(
        float(value), float(error) or sd / np.sqrt(members), sd, members, others, level=level
    )


def _months(case: Case, design: Design, g: float) -> Quantity:
    method = standardised.months_of_progress
    try:
        months = method(g, pupil_level=design.rules.months)
    except ValueError:
        words = "not given: the spread is one between schools, and months are for pupils"
        return case.quantity("months", None, "months", method, TABLES, words=words)
    return case.quantity("months", months, "months", method, TABLES)


def lost_results(case: Case) -> Answer:
    """Return the difference in gains if missing ones were the worst seen, or the best seen.

    Schools that pass every step but have no result at the end are given the lowest gain of any
    school, then the highest, members and others against each other. Counted are the results lost on
    both sides.
    """
    design = case.design
    refuse_improvers_only(case.study, design)
    gain, member = design.frame["gain"].to_numpy(), design.member
    lost = design.unseen["member"].astype(bool)
    worst, best = float(gain.min()), float(gain.max())
    found = worst_case_difference(
        gain[member], int(lost.sum()), gain[~member], int((~lost).sum()), low=worst, high=best
    )
    numbers = [
        case.quantity(
            "", None, design.unit, worst_case_difference, TABLES,
            low=found.low, high=found.high, n=len(gain) + len(lost),
        ),
        case.quantity("worst", worst, design.unit, lost_results, TABLES, n=len(gain)),
        case.quantity("best", best, design.unit, lost_results, TABLES, n=len(gain)),
        case.quantity("complete", found.complete_case, design.unit, worst_case_difference, TABLES),
        case.quantity("members_lost", int(lost.sum()), "schools", lost_results, TABLES),
        case.quantity("others_lost", int((~lost).sum()), "schools", lost_results, TABLES),
    ]  # fmt: skip
    none = "no school that is compared lacks its last result"
    return Answer(numbers, design.unseen, found, {} if len(lost) else {"": none})


def detectable(case: Case) -> Answer:
    """Return the smallest true difference that a comparison of this size finds, and the ICC.

    Worked out from the number and size of the clusters, how alike schools of one cluster are once
    the baseline is held, and the plan's power.
    """
    design = case.design
    clusters = design.frame.groupby("cluster").agg(n=("urn", "size"), member=("member", "mean"))
    _, X = regressors(design)
    held = np.delete(X, MEMBER, axis=1)
    after = design.frame["after"].to_numpy()
    left = after - held @ np.linalg.lstsq(held, after, rcond=None)[0]
    icc = icc_anova(left, design.clusters)
    share = float((clusters["member"] > 0.5).mean())
    found = power.clustered_mde(
        len(clusters), float(len(clusters) / (1 / clusters["n"]).sum()),
        max(icc.icc, 0.0), share, sd=float(left.std(ddof=held.shape[1])),
        power=case.plan.power, alpha=case.plan.alpha,
    )  # fmt: skip
    n = len(left)
    numbers = [
        case.quantity("", found.mde, design.unit, power.clustered_mde, TABLES, n=n),
        case.quantity("icc", icc.icc, "correlation", icc_anova, TABLES, low=icc.low, high=icc.high,
                      level=icc.level, n=n, kind="description"),
    ]  # fmt: skip
    return Answer(numbers, pd.DataFrame(clusters), found)
