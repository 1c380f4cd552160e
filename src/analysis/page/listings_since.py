"""Tables of what moved since an earlier release: numbers, groups, restated figures, method."""

from __future__ import annotations

import pandas as pd

from analysis.page.tables import Table
from analysis.quantities import write
from analysis.questions.estimate import Estimate
from analysis.questions.published import earlier_releases
from analysis.questions.severity import PARTS, Move
from analysis.questions.since import Since
from analysis.tables.continuing import MONEY
from analysis.tables.tidy import Study
from analysis.variables import known, variable

PART_WORDS = {
    "method": "method",
    "lost_groups": "lost groups",
    "changed_data": "changed data",
    "new_groups": "new groups",
}
MOST_LINES = 200


def releases(study: Study) -> Table:
    """Return the releases that are kept from before this one, the latest first."""
    kept = earlier_releases(study.year, study.release.maturity)
    if not kept:
        return _nothing("releases", "Earlier releases", "No earlier release is kept.")
    lines = [
        {"year": one.year, "maturity": one.maturity, "published": one.content["released"],
         "kept": one.file, "numbers": len(one.findings)}
        for one in kept
    ]  # fmt: skip
    labels = {"year": "Results of", "kept": "Kept in", "numbers": "Numbers"}
    caption = "Earlier releases, whose numbers and tables are kept as they were published."
    return Table(pd.DataFrame(lines), "releases", caption, labels, {"numbers": "count"})


def moved(estimate: Estimate) -> Table:
    """Return each headline number then and now, the difference and what it is made of."""
    since: Since = estimate.detail
    frame = pd.DataFrame([_line(one) for one in since.moves])
    caption = (
        f"Headline numbers, {since.label} and now. The parts add up to the difference, in this "
        f"order. Method on this year's tables: {since.old_code}."
    )
    labels = {
        "now": "This year", "before": f"Before: {since.label}",
        "restated": "of which restated", "method_now": "Method, on this year's tables",
    }  # fmt: skip
    return Table(frame, f"moved-since-{_kind(estimate)}", caption, labels)


def _line(one: Move) -> dict[str, object]:
    unit = "count" if one.now is None else one.now.unit

    def text(value: float | None) -> str | None:
        return None if value is None else write(value, unit, bare=True)

    return {
        "number": f"{one.words[:1].upper()}{one.words[1:]}",
        "tier": one.tier,
        "before": None if one.before is None else one.before.text,
        "now": None if one.now is None else one.now.text,
        "difference": text(one.difference),
        **{part: text(one.parts.get(part)) for part in PARTS},
        "restated": text(one.restated),
        "method_now": text(one.method_now),
        "why": "; ".join(filter(None, (one.why, one.together))),
        "called": "not available" if one.now is None else one.now.kind,
    }


def groups(estimate: Estimate) -> Table:
    """Return the groups that appeared, vanished, merged or were renamed."""
    since: Since = estimate.detail
    slug = f"groups-since-{_kind(estimate)}"
    if since.groups.empty:
        return _nothing(slug, "Groups", "Every group is in both, under the same name.")
    frame = since.groups.assign(
        before=since.groups["before"].replace("", "none"),
        now=since.groups["now"].replace("", "none"),
    )
    labels = {"before": f"Group before: {since.label}", "now": "Group now"}
    return Table(frame, slug, "Groups that came, went, or go on under another name.", labels)


def restated(estimate: Estimate) -> Table:
    """Return the figures that both releases state and the later one states otherwise."""
    since: Since = estimate.detail
    slug = f"restated-since-{_kind(estimate)}"
    if since.restated.empty:
        words = "No figure that both releases state is stated otherwise now."
        return _nothing(slug, "Restated figures", words)
    lines = [_restated(*line) for line in since.restated.itertuples(index=False, name=None)]
    frame = pd.DataFrame(lines[:MOST_LINES], columns=list(since.restated))
    caption = "Figures that both releases state, and state differently"
    if len(lines) > MOST_LINES:
        caption += f"; the first {MOST_LINES:,} of {len(lines):,}"
    return Table(frame, slug, f"{caption}.", {"before": "Stated before", "now": "Stated now"})


def _restated(name: str, column: str, before: object, now: object) -> tuple[str, str, str, str]:
    label = variable(column).label if known(column) else column
    return name, label, _shown(before, column), _shown(now, column)


def _shown(value: object, column: str) -> str:
    if pd.isna(value):  # type: ignore[call-overload]
        return "blank"
    if isinstance(value, str):
        return value
    unit = "GBP" if MONEY.fullmatch(column) else variable(column).unit
    return write(float(value), unit)  # type: ignore[arg-type]


def method(estimate: Estimate) -> Table:
    """Return the files of code, entries of the plan, parameters and definitions that differ."""
    since: Since = estimate.detail
    slug = f"method-since-{_kind(estimate)}"
    if since.method.empty:
        words = "Code, plan, parameters and definitions are those of the release."
        return _nothing(slug, "Method", words)
    caption = "What of the method is not as it was, by the fingerprints of the release."
    return Table(since.method, slug, caption, {"what": "Part", "change": "Now"})


def _nothing(slug: str, title: str, words: str) -> Table:
    return Table(pd.DataFrame({"found": [words]}), slug, f"{title}: nothing to list.")


def _kind(estimate: Estimate) -> str:
    return estimate.question.id.rpartition(".")[2]
