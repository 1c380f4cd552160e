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


def releases(study: Study) -> Table | str:
    """Return the releases that are kept from before this one, the latest first."""
    kept = earlier_releases(study.year, study.release.maturity)
    if not kept:
        return "No earlier release is kept."
    lines = [
        {"year": one.year, "maturity": one.maturity, "published": one.content["released"],
         "kept": one.file, "numbers": len(one.findings)}
        for one in kept
    ]  # fmt: skip
    labels = {"year": "Results of", "kept": "Kept in", "numbers": "Numbers"}
    caption = "Earlier releases, whose numbers and tables are kept as they were published."
    return Table(pd.DataFrame(lines), "releases", caption, labels, {"numbers": "count"})


def moved(estimate: Estimate) -> Table:
    """Return each headline number then and now, how far it moved, and how serious that is."""
    since: Since = estimate.detail
    frame = pd.DataFrame(
        [
            {
                "headline": _capital(one.words),
                "before": None if one.before is None else one.before.text,
                "now": None if one.now is None else one.now.text,
                "difference": _text(one.difference, one),
                "tier": one.tier,
                "why": one.why,
                "called": "not available" if one.now is None else one.now.kind,
            }
            for one in since.moves
        ]
    )
    labels = {"headline": "Number", "before": _capital(since.label), "now": "This year"}
    caption = f"Headline numbers, {since.label} and this year."
    return Table(frame, f"moved-since-{_kind(estimate)}", caption, labels)


def parts(estimate: Estimate) -> Table | str:
    """Return what the difference of each headline number is made of."""
    since: Since = estimate.detail
    slug = f"parts-since-{_kind(estimate)}"
    compared = [one for one in since.moves if one.difference is not None]
    if not compared:
        return "No headline number is known of both, so there is no difference to take apart."
    frame = pd.DataFrame([_parts(one) for one in compared])
    labels = {
        "headline": "Number",
        "restated": "of which restated",
        "method_now": "Method, on this year's tables",
    }
    if not frame["left_together"].any():
        frame = frame.drop(columns="left_together")
    caption = (
        "What the differences are made of; method, lost groups, changed data and new groups add "
        f"up. Method on this year's tables: {since.old_code}."
    )
    return Table(frame, slug, caption, labels)


def _parts(one: Move) -> dict[str, object]:
    return {
        "headline": _capital(one.words),
        "difference": _text(one.difference, one),
        **{part: _text(one.parts.get(part), one) for part in PARTS[:-1]},
        "restated": _text(one.restated, one),
        "new_groups": _text(one.parts.get("new_groups"), one),
        "method_now": _text(one.method_now, one),
        "left_together": one.together,
    }


def _text(value: float | None, of: Move) -> str | None:
    return None if value is None or of.now is None else write(value, of.now.unit, bare=True)


def _capital(words: str) -> str:
    return f"{words[:1].upper()}{words[1:]}"


def groups(estimate: Estimate) -> Table | str:
    """Return the groups that appeared, vanished, merged or were renamed."""
    since: Since = estimate.detail
    slug = f"groups-since-{_kind(estimate)}"
    if since.groups.empty:
        return "Every group is in both, under the same name."
    frame = since.groups.assign(
        before=since.groups["before"].replace("", "none"),
        now=since.groups["now"].replace("", "none"),
    )
    labels = {"before": f"Group before: {since.label}", "now": "Group now"}
    return Table(frame, slug, "Groups that came, went, or go on under another name.", labels)


def restated(estimate: Estimate) -> Table | str:
    """Return the figures that both releases state and the later one states otherwise."""
    since: Since = estimate.detail
    slug = f"restated-since-{_kind(estimate)}"
    if since.restated.empty:
        return ""
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


def method(estimate: Estimate) -> Table | str:
    """Return the files of code, entries of the plan, parameters and definitions that differ."""
    since: Since = estimate.detail
    slug = f"method-since-{_kind(estimate)}"
    if since.method.empty:
        return "Code, plan, parameters and definitions are those of the release."
    caption = "What of the method is not as it was, by the fingerprints of the release."
    return Table(since.method, slug, caption, {"what": "Part", "change": "Now"})


def _kind(estimate: Estimate) -> str:
    return estimate.question.id.rpartition(".")[2]
