"""Answers about single schools as they may be published: small counts and what gives them away out.

Everything that is published takes its numbers from here: sentences, pictures, tables, findings.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from analysis.errors import UnavailableError
from analysis.methods.suppression import Relation, System, suppress
from analysis.quantities import Quantity, write
from analysis.questions.bands import OUTSIDE, SIDES, Funnel, banded, dots
from analysis.questions.census import (
    Census,
    census_of,
    event_cell,
    events,
    flow_cells,
    missing_cell,
    seen_cell,
)
from analysis.questions.declared import EXTREME, MODEL, Part, part_of
from analysis.questions.design import Design
from analysis.questions.disclosure import Rule, rule_of
from analysis.questions.estimate import Answer, Case
from analysis.questions.plan import Plan
from analysis.questions.schools import cells_of
from analysis.tables.tidy import Study
from analysis.variables import STAGES

NAN = float("nan")
COUNTS = ("schools", "pupils", "count", "clusters")
ALL = "all"
Secrets = dict[str, tuple[str, ...]]
WIDTH = 1.0  # unit of the outcome: how well a left-out mean may be known at best
KEYS = ("file", "authority", "year", "stage")
_OF_NO_SCHOOL = ("identification", "known_truth", "money_rule")
OF_AUTHORITY = ("from_schools", "low", "high", "schools", "pupils_unseen")


def protected(case: Case, answer: Answer) -> Answer:
    """Return an answer without what the plan's disclosure rule leaves out.

    Raises
    ------
    GateError
        If the answer's method says nothing of the schools behind its numbers.
    """
    rule = rule_of(case.plan.content, case.study.year)
    for number in answer.quantities:
        part_of(case.question.method, _suffix(case, number))
    if case.question.method in _OF_NO_SCHOOL:
        return answer
    if rule.open and case.question.method != "funnel":
        return answer
    if case.question.method == "reconciled":
        return _reconciled(case, answer, rule)
    census = census_of(case.study, case.plan, str(case.question.outcome))
    numbers, secrets = _numbers(case, answer, census)
    made = replace(answer, quantities=numbers, secrets=secrets)
    if census.refuses_models and _is_model(case, answer):
        return replace(made, rows=answer.rows.head(0), detail=None, is_withheld=True)
    change = _ROWS.get(case.question.method)
    return change(case, made, census) if change else made


def _suffix(case: Case, number: Quantity) -> str:
    return number.id.removeprefix(case.question.id).removeprefix(".")


def _is_model(case: Case, answer: Answer) -> bool:
    parts = [part_of(case.question.method, _suffix(case, one)) for one in answer.quantities]
    return any(part.made == MODEL for part in parts)


def _numbers(case: Case, answer: Answer, census: Census) -> tuple[list[Quantity], Secrets]:
    numbers, secrets = [], Secrets()
    for number in answer.quantities:
        part = _named(part_of(case.question.method, _suffix(case, number)), case)
        if _is_left_out(part, number, census):
            secrets[number.id] = texts_of(number)
            number = number.without("value")
        elif number.n is not None and part.n and census.hides(part.n):
            secrets[f"{number.id}:n"] = schools_in_words(number.n)
            number = number.without("n")
        numbers.append(number)
    return numbers, secrets


def _named(part: Part, case: Case) -> Part:
    """Return a part with the counts that have another name for this question."""
    if part.n == "before the end":
        return replace(part, n=flow_cells(case.design)[-2][0])
    if part.count == "paid" and case.exposure.school_year > 0:
        return replace(part, count="future paid")
    return part


def _is_left_out(part: Part, number: Quantity, census: Census) -> bool:
    if part.made == EXTREME or (part.made == MODEL and census.refuses_models):
        return True
    if part.count:
        return census.hides(part.count)
    if part.made == MODEL:
        return any(census.hides(cell) for cell in part.base)
    return any(census.rule.refuses(census.values[cell]) for cell in part.base)


def schools_in_words(count: float) -> tuple[str, ...]:
    """Return the words in which a count of schools, or of their figures, may be said."""
    one = f"{write(count, 'count')} "
    return tuple(f"{one}{noun}" for noun in ("school", "schools", "member", "members", "others"))


def texts_of(number: Quantity) -> tuple[str, ...]:
    """Return a number's texts that a reader could find it by: with its unit, and its interval."""
    if number.unit in COUNTS and number.value is not None:
        return schools_in_words(number.value)
    shown = [] if number.value is None else [number.text]
    if number.low is not None and number.high is not None:
        shown += [number.interval, write(number.low, number.unit), write(number.high, number.unit)]
    return tuple(dict.fromkeys(shown))


def _flow(case: Case, answer: Answer, census: Census) -> Answer:
    names = flow_cells(case.design)
    rows = answer.rows.assign(
        schools=[census.shown(left) for left, _ in names],
        set_aside=[0.0, *(census.shown(aside) for _, aside in names[1:])],
    )
    return _with_secrets(answer, census, [cell for pair in names for cell in pair], rows=rows)


def _missing(case: Case, answer: Answer, census: Census) -> Answer:
    columns = ["ever_members", "never_members"]
    rows, cells = answer.rows.copy(), []
    for who in columns:
        named = [missing_cell(reason, who) for reason in rows["reason"]]
        rows[who] = [census.shown(cell) for cell in named]
        cells += named
    return _with_secrets(answer, census, cells, rows=rows)


def _by_year(case: Case, answer: Answer, census: Census) -> Answer:
    rows = answer.rows.astype({"outcome": float, "schools": float})
    few = np.array([census.rule.refuses(n) for n in rows["schools"]], dtype=bool)
    unit = "%" if case.design.unit == "pp" else case.design.unit
    secrets = {
        f"{case.question.id} {line.year} {line.member}": (write(line.outcome, unit),)
        for line in rows[few].itertuples()
    }
    rows.loc[few, ["outcome", "schools"]] = NAN
    wide = rows.pivot(index="year", columns="member", values="outcome")
    return replace(answer, rows=rows, detail=wide, secrets={**answer.secrets, **secrets})


def _events(case: Case, answer: Answer, census: Census) -> Answer:
    """Leave out the years since joining that stand for too few schools, and what gives them away.

    The mean over the years after joining is that of the years, each by its schools: from it and
    all years but one, that one follows.
    """
    study, design = answer.detail, case.design
    few = _few_events(design, study, census)
    out = np.array([event_cell(event) in few for event in study.event_times])
    ends = ("estimates", "standard_errors", "low", "high", "band_low", "band_high")
    values = {name: np.where(out, NAN, getattr(study, name)) for name in ends}
    uncounted = np.array([census.hides(event_cell(event)) for event in study.event_times])
    values["n_treated"] = np.where(out | uncounted, NAN, study.n_treated)
    numbers, secrets = [], dict(answer.secrets)
    gone = {_when(event) for event in study.event_times[out]} | ({""} if ALL in few else set())
    for number in answer.quantities:
        if _suffix(case, number) in gone:
            secrets[number.id] = texts_of(number)
            number = number.without("value")
        numbers.append(number)
    return replace(answer, quantities=numbers, detail=replace(study, **values), secrets=secrets)


def _few_events(design: Design, study: Any, census: Census) -> frozenset[str]:
    """Return the years since joining that are left out, and `ALL` where their mean is too."""
    cells, weights = cells_of(design), dict[str, float]()
    for event, mask in events(cells.times - cells.groups):
        size = sum((cells.unit_group == group).sum() for group in cells.groups[mask])
        weights |= {event_cell(event): float(size)} if event >= 0 else {}
    pairs = zip(study.event_times, study.estimates, strict=True)
    values = {event_cell(event): float(value) for event, value in pairs}
    few = {name for name in values if census.rule.refuses(census.values[name])}
    if not (few & set(weights)) or not census.rule.complementary:
        return frozenset(few)
    whole = sum(weights.values())
    values[ALL] = sum(weights[name] * values[name] for name in weights) / whole
    system = System(
        values, [Relation({**weights, ALL: -whole})], signed=frozenset(values), width=WIDTH,
        costs={**{name: census.values[name] for name in values if name != ALL}, ALL: np.inf},
    )  # fmt: skip
    return suppress(system, few)


def _when(event: float) -> str:
    return f"{'before' if event < 0 else 'after'}_{abs(int(event))}"


def _bins(case: Case, answer: Answer, census: Census) -> Answer:
    start = "future " if case.exposure.school_year > 0 else ""
    bins = answer.detail.astype(float)
    cells = [f"{start}bin {at}" for at in range(len(bins))]
    out = [census.hides(cell) or census.rule.refuses(census.values[cell]) for cell in cells]
    secrets = {
        f"{case.question.id} {cell}": (write(gain, case.design.unit),)
        for cell, gain, hidden in zip(cells, bins["gain"], out, strict=True) if hidden
    }  # fmt: skip
    bins.loc[out, :] = NAN
    return replace(answer, detail=bins, secrets={**answer.secrets, **secrets})


def _funnel(case: Case, answer: Answer, census: Census) -> Answer:
    bands = banded(case.design)
    assert bands is not None
    least = 1 if census.rule.open else census.rule.least_schools
    names = [*SIDES, *OUTSIDE]
    frame = pd.DataFrame({"cohort": list(bands.cohorts)})
    for name in names:
        frame[name] = [census.shown(f"{name} {at}") for at in range(len(frame))]
    few = [census.rule.refuses(n) for n in bands.counts[list(SIDES)].sum(axis=1)]
    frame.insert(3, "mean", np.where(few, NAN, bands.means))
    counts = {name: census.shown(name) for name in SIDES}
    counts |= {f"{s} {out}": census.shown(f"{s} {out}") for s in SIDES for out in OUTSIDE}
    shown = Funnel(answer.detail, dots(bands.schools, least), frame, counts, least)
    cells = [*counts, *(f"{name} {at}" for name in names for at in range(len(frame)))]
    hidden = {
        f"{case.question.id} mean {at}": (write(mean, case.design.unit),)
        for at, mean in enumerate(bands.means) if few[at]
    }  # fmt: skip
    rows = answer.rows if census.rule.open else answer.rows.head(0)
    made = _with_secrets(answer, census, cells, rows=rows, detail=shown)
    return replace(made, secrets={**made.secrets, **hidden})


_ROWS: Mapping[str, Callable[[Case, Answer, Census], Answer]] = {
    "sample_flow": _flow,
    "suppressed": _missing,
    "by_year": _by_year,
    "by_years_since": _events,
    "slope_on_money": _bins,
    "funnel": _funnel,
}


def _with_secrets(answer: Answer, census: Census, cells: Iterable[str], **changed: Any) -> Answer:
    hidden = {
        cell: schools_in_words(census.values[cell])
        for cell in cells if census.hides(cell)
    }  # fmt: skip
    return replace(answer, secrets={**answer.secrets, **hidden}, **changed)


def of_authority(study: Study, plan: Plan) -> pd.DataFrame:
    """Return the schools beside their authority's rows, without what few schools would tell.

    Where one or two schools, or fewer pupils than the rule asks for, have no figure, the
    authority's row less the other schools is nearly theirs. What is left out of one figure of a
    file is left out of all its figures of that year.
    """
    assert study.panel is not None
    gaps, rule = study.panel.reconciliation, rule_of(plan.content, study.year)
    if gaps.empty or rule.open:
        return gaps
    shown = gaps.astype(dict.fromkeys(OF_AUTHORITY, float))
    keys = [gaps[key] for key in KEYS]
    is_whole = gaps["column"] == "cohort"
    of_all = gaps["schools"].where(is_whole).groupby(keys, dropna=False).transform("max")
    unseen = of_all.fillna(gaps["schools"]) - gaps["schools"]
    hidden = _hidden_rows(study, plan)
    out = [
        rule.hides(n) or rule.hides(pupils, "pupils") or rule.refuses(seen) or row in hidden
        for row, n, pupils, seen in zip(
            gaps.index, unseen, gaps["pupils_unseen"], gaps["schools"], strict=True
        )
    ]
    few = pd.Series(out, index=gaps.index).groupby(keys, dropna=False).transform("any")
    shown.loc[few & ~is_whole, [*OF_AUTHORITY, "gap"]] = NAN
    return shown


def _hidden_rows(study: Study, plan: Plan) -> set[int]:
    """Return the rows whose number of schools would give away another count."""
    assert study.panel is not None
    hidden: set[int] = set()
    for stage in STAGES:
        try:
            census = census_of(study, plan, stage)
        except UnavailableError:
            continue
        gaps = study.panel.reconciliation
        hidden |= {row for row in gaps.index if census.hides(seen_cell(row))}
    return hidden


def _reconciled(case: Case, answer: Answer, rule: Rule) -> Answer:
    shown = of_authority(case.study, case.plan)
    shown = shown[shown["stage"] == case.question.outcome]
    hidden = shown["schools"].isna() & (shown["column"] != "cohort")
    if not hidden.any():
        return replace(answer, rows=shown)
    full = answer.rows.loc[hidden[hidden].index]
    largest = {"": full["gap"].abs(), "unseen_n": full["pupils_unseen"]}
    numbers, secrets = [], Secrets()
    for number in answer.quantities:
        values = largest.get(_suffix(case, number))
        if values is not None and number.value is not None and (values == number.value).any():
            secrets[number.id] = texts_of(number)
            number = number.without("value")
        numbers.append(number)
    return replace(answer, quantities=numbers, rows=shown, secrets=secrets)
