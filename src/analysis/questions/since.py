"""What moved between two releases, and how much of it is data, groups or method: the four runs."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from analysis.errors import UnavailableError
from analysis.questions.ask import is_of_schools
from analysis.questions.code import digest_of, number_files, without_years
from analysis.questions.disclosure import rule_of
from analysis.questions.estimate import Answer, Case
from analysis.questions.headlines import REASON, answers, ids_of
from analysis.questions.old_code import put_to_old_code
from analysis.questions.published import Released, earlier_release, last_year
from analysis.questions.severity import COMPARED, Entries, Move, Rule, Runs, move
from analysis.tables.continuing import (
    MONEY,
    Pairing,
    as_stated_before,
    pair_groups,
    restated,
    restricted,
)


@dataclass(frozen=True)
class Since:
    """All that a page says about what moved.

    Parameters
    ----------
    base : Released
        What is compared with.
    label : str
        Year of `base`, with its maturity where it is an earlier release of the same year.
    moves : tuple of Move
        The headline numbers, in the order of the plan.
    groups : pandas.DataFrame
        ``what``, ``before``, ``now``: groups that appeared, vanished, merged or were renamed.
    restated : pandas.DataFrame
        As `analysis.tables.continuing.restated` gives it.
    method : pandas.DataFrame
        ``what``, ``name``, ``change``: code, plan, parameters and definitions that differ.
    old_code : str
        Whether the old code was put to this year's tables, or why not.
    names : frozenset of str
        Names of the groups of both.
    """

    base: Released
    label: str
    moves: tuple[Move, ...]
    groups: pd.DataFrame
    restated: pd.DataFrame
    method: pd.DataFrame
    old_code: str
    names: frozenset[str]


def since_last_year(case: Case) -> Answer:
    """Return what moved since the nearest earlier year that was released.

    The headline numbers of both years are set side by side, each difference is parted into method,
    groups and data, and its seriousness is judged by the plan's rule.
    """
    return _answer(case, last_year(case.study.year))


def since_its_release(case: Case) -> Answer:
    """Return what moved since the last less mature release of the same year.

    The headline numbers of both releases are set side by side, each difference is parted into
    method, groups and data, and its seriousness is judged by the plan's rule.
    """
    return _answer(case, earlier_release(case.study.year, case.study.release.maturity))


def _answer(case: Case, base: Released) -> Answer:
    found = compare(case, base)
    numbers = [number for one in found.moves for number in one.quantities(case.question.id)]
    counted = _counts(found)
    numbers += [case.quantity(n, value, unit, compare, ()) for n, (value, unit) in counted.items()]
    numbers.append(case.quantity("from", None, "year", compare, (), words=found.label))
    same = {} if len(found.restated) else {"restated_gbp": "no figure is restated"}
    return Answer(numbers, pd.DataFrame([one.row() for one in found.moves]), found, same)


def _counts(found: Since) -> dict[str, tuple[float, str]]:
    tiers = [one.tier for one in found.moves]
    kinds = found.groups["what"].value_counts()
    money = found.restated[found.restated["column"].str.fullmatch(MONEY.pattern)]
    sums = [math.fsum(money[name].dropna()) for name in ("now", "before")]
    counts = {
        "compared_n": sum(tier in COMPARED for tier in tiers),
        "moved_n": sum(tier in COMPARED and tier != "unchanged" for tier in tiers),
        **{f"{tier}_n": tiers.count(tier) for tier in COMPARED},
        "restated_n": len(found.restated),
        "method_n": len(found.method),
    }
    groups = {f"{what}_n": kinds.get(what, 0) for what in ("appeared", "vanished", "renamed")}
    groups["merged_n"] = kinds.get("merged", 0)
    return {
        **{name: (value, "count") for name, value in counts.items()},
        **{name: (float(value), "groups") for name, value in groups.items()},
        "restated_gbp": (sums[0] - sums[1], "GBP"),
    }


def _is_whole(case: Case, name: str) -> bool:
    """Return whether a number is of single schools of which not everything is published."""
    number = case.plan.in_year(name, case.study.release.number)
    of_schools = is_of_schools(case.study, case.plan.question_of(number))
    return of_schools and not rule_of(case.plan.content, case.study.year).open


def compare(case: Case, base: Released) -> Since:
    """Return this year and an earlier release, compared number by number and group by group.

    Counted are the headline numbers that are in both, those that moved and how seriously, the
    groups that appeared, vanished, merged or were renamed, and the figures that the two state
    differently. Money restated is the sum of those figures now, less the sum before.
    """
    pairing = pair_groups(base.study, case.study)
    method = changes_of_method(case, base)
    runs, old_code = _run(case, base, pairing)
    rule, ids = Rule.of(case.plan), ids_of(case.plan, case.study.release.number)
    moves = tuple(
        _marked(case, move(name, ids[name], words, runs, rule, whole=_is_whole(case, name)), method)
        for name, words in case.plan.headlines.items()
    )
    same_year = base.year == case.study.year
    before, now = base.study.collaborations, case.study.collaborations
    return Since(
        base=base,
        label=f"the {base.maturity} release of {base.year}" if same_year else base.year,
        moves=moves,
        groups=_groups(pairing),
        restated=restated(base.study, case.study, pairing),
        method=method,
        old_code=old_code,
        names=frozenset(before["collaboration"]) | frozenset(now["collaboration"]),
    )


def _marked(case: Case, one: Move, method: pd.DataFrame) -> Move:
    """Return a move that says so where its outcome is defined otherwise than before."""
    outcome = case.plan.question_of(one.finding).outcome
    other = method.loc[method["what"] == "definition", "name"]
    if outcome not in set(other):
        return one
    return replace(one, why=f"{one.why}; its outcome is defined otherwise now")


def _run(case: Case, base: Released, pairing: Pairing) -> tuple[Runs, str]:
    then, now = ids_of(case.plan, base.number), ids_of(case.plan, case.study.release.number)
    both = (case.plan, case.settings)
    before = restricted(base.study, set(pairing.pairs))
    after = restricted(case.study, set(pairing.pairs.values()))
    new = answers(case.study, *both, now.values())
    old_on_new, said = _old_on_new(case, base, new)
    return Runs(
        old={name: base.entry(one) for name, one in then.items()},
        new=_by_name(now, new),
        new_on_old=_by_name(then, answers(base.study, *both, then.values())),
        same_before=_by_name(then, answers(before, *both, then.values())),
        same_now=_by_name(now, answers(after, *both, now.values())),
        as_before=_by_name(
            now, answers(as_stated_before(after, base.study, pairing), *both, now.values())
        ),
        old_on_new=None if old_on_new is None else _by_name(now, old_on_new),
    ), said


def _by_name(ids: Mapping[str, str], found: Entries) -> dict[str, Mapping[str, Any]]:
    return {name: found.get(one, {REASON: "it was not asked"}) for name, one in ids.items()}


def _old_on_new(case: Case, base: Released, new: Entries) -> tuple[Entries | None, str]:
    """Return what the released code makes of this year's tables, with a word on how it was had."""
    if _same_method(case, base):
        return new, "the code, plan and parameters that make numbers are those of the release"
    try:
        return put_to_old_code(base, case.study, list(new)), "the released code was run again"
    except UnavailableError as gap:
        return None, str(gap)


def _same_method(case: Case, base: Released) -> bool:
    return (
        digest_of(number_files()) == base.content["code"]["numbers"]
        and without_years(case.plan.content) == without_years(base.plan)
        and all(base.content["params"][n] == value for n, value in vars(case.settings).items())
    )


def changes_of_method(case: Case, base: Released) -> pd.DataFrame:
    """Return what of the method differs from that of a release, a line each."""
    pairs: tuple[tuple[str, Mapping[str, Any], Mapping[str, Any]], ...] = (
        ("code", base.content["code"]["files"], number_files()),
        ("plan", _entries(base.plan), _entries(case.plan.content)),
        ("parameter", base.content["params"], vars(case.settings)),
        ("definition", base.content["definitions"], case.study.release.definitions),
    )
    lines = [
        {"what": what, "name": name, "change": _change(old.get(name), new.get(name), what)}
        for what, old, new in pairs
        for name in sorted({*old, *new})
        if old.get(name) != new.get(name) and not (what == "parameter" and name not in new)
    ]
    return pd.DataFrame(lines, columns=["what", "name", "change"])


def _entries(plan: Mapping[str, Any]) -> dict[str, Any]:
    """Return a plan's entries two names deep, such as ``questions.claims``."""
    found: dict[str, Any] = {}
    for name, part in without_years(plan).items():
        if isinstance(part, dict):
            found |= {f"{name}.{key}": value for key, value in part.items()}
        else:
            found[name] = part
    return found


def _change(old: Any, new: Any, what: str) -> str:
    if old is None or new is None:
        return "new" if old is None else "gone"
    return "differs" if what in ("code", "plan") else f"{old} before, {new} now"


def _groups(pairing: Pairing) -> pd.DataFrame:
    lines = [
        *({"what": "appeared", "before": "", "now": name} for name in pairing.appeared),
        *({"what": "vanished", "before": name, "now": ""} for name in pairing.vanished),
        *({"what": "renamed", "before": a, "now": b} for a, b in pairing.renamed.items()),
        *(
            {"what": "merged", "before": "; ".join(names), "now": later}
            for later, names in pairing.merged.items()
        ),
    ]
    return pd.DataFrame(lines, columns=["what", "before", "now"])
