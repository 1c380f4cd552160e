"""Pictures of the published tables: money, grades, members, and the verdicts on claims."""

from __future__ import annotations

from typing import TYPE_CHECKING

import matplotlib.ticker as ticker
import numpy as np
import pandas as pd
from matplotlib.patches import Patch

from analysis.page.figures.canvas import (
    BLUE,
    GRID,
    INK,
    ORANGE,
    PALE_BLUE,
    PALE_ORANGE,
    PAPER,
    PURPLE,
    SOFT,
    Figure,
    drawing,
    filled,
    name_rows,
    nothing_to_show,
    picture,
    pounds,
    say_measure,
    shorten,
    to_svg,
    watermark,
)
from analysis.page.figures.phrases import counted, span
from analysis.quantities import write
from analysis.questions.estimate import Estimate
from analysis.variables import funding_column, school_year

if TYPE_CHECKING:
    from analysis.page.chapter import Chapter

_GRADES = {
    "n_outstanding": ("outstanding", BLUE),
    "n_good": ("good", PALE_BLUE),
    "n_requires_improvement": ("requires improvement", PALE_ORANGE),
    "n_inadequate": ("inadequate", ORANGE),
    "n_not_inspected": ("not inspected yet", PAPER),
}
_VERDICTS = {
    "agrees": ("s", BLUE),
    "differs": ("X", ORANGE),
    "contradicts itself": ("D", PURPLE),
    "cannot be checked": ("_", SOFT),
}
_SEVERAL = {
    "agrees": "agree", "differs": "differ", "contradicts itself": "contradict themselves",
}  # fmt: skip


def money_by_collaboration(chapter: Chapter, listed: Estimate) -> Figure:
    """Return each collaboration's money of both school years, largest first."""
    columns = money_columns(chapter, listed.rows)
    frame = listed.rows[["collaboration", *columns]].dropna(how="all", subset=columns)
    years = " and ".join(school_year(column) for column in columns)
    what, name = f"Money listed for {years}", "money-by-collaboration"
    if frame.empty:
        return nothing_to_show(chapter, name, what, "no collaboration has money")
    frame = frame.assign(_all=frame[columns].sum(axis=1))
    frame = frame.sort_values("_all", ascending=False, kind="stable", ignore_index=True)
    svg = _draw_money(chapter, frame, columns)
    top, total = frame.iloc[0], frame["_all"].sum()
    half = int((frame["_all"].cumsum() < total / 2).sum()) + 1
    share = "shares" if half == 1 else "share"
    groups = counted(len(frame), "funded collaboration")
    return picture(
        chapter,
        name,
        svg,
        title=f"{half} of {groups} {share} half of the money",
        subtitle=f"{what}, thousands of pounds, {chapter.words['place']}",
        alt=f"Bar chart of the money of {groups}, largest first, by school year. "
        f"{shorten(top['collaboration'], 60)} has the most, {write(top['_all'], 'GBP')}; the "
        f"middle one has {write(frame['_all'].median(), 'GBP')}. {half} {share} half of "
        f"{write(total, 'GBP')}.",
        caption="A blank in the table is drawn as no bar; it is not known to be zero. Lines that "
        "are no collaborations are left out.",
        frame=frame.drop(columns="_all"),
        about="Money listed by collaboration and school year.",
    )


def money_columns(chapter: Chapter, table: pd.DataFrame) -> list[str]:
    """Return the columns of a table that hold money of the school years of a release."""
    years = [funding_column(chapter.study.release.number + i) for i in (0, 1)]
    return [column for column in years if column in table]


def _draw_money(chapter: Chapter, frame: pd.DataFrame, columns: list[str]) -> bytes:
    with drawing(0.2 * len(frame) + 1.2) as (canvas, axes):
        left = np.zeros(len(frame))
        for column, colour in zip(columns, (BLUE, PALE_ORANGE), strict=False):
            money = frame[column].fillna(0).to_numpy() / 1000
            paid, label = money > 0, f"for {school_year(column)}"
            place = {"left": left[paid], "height": 0.68, "label": label}
            axes.barh(frame.index[paid], money[paid], **place, **filled(colour))
            left = left + money
        name_rows(axes, frame["collaboration"])
        axes.xaxis.tick_top()
        axes.xaxis.set_major_locator(ticker.MaxNLocator(4))
        pounds(axes)
        axes.grid(axis="x", color=GRID)
        canvas.legend(loc="outside lower right", ncols=2)
        return to_svg(canvas, watermark(chapter.study.release.maturity))


def grades(chapter: Chapter, graded: Estimate) -> Figure:
    """Return every collaboration's grades as a column of shares, best first."""
    frame = graded.rows.dropna(subset=["n_schools"]).sort_values(
        ["good_or_better_pct", "n_outstanding", "n_schools"], ascending=False, ignore_index=True
    )
    what = "Ofsted grades of the member schools of each collaboration"
    if frame.empty:
        return nothing_to_show(chapter, "grades", what, "no collaboration has grades")
    svg = _draw_grades(chapter, frame)
    printed = frame["good_or_better_pct"]
    full = int((printed == 100).sum())
    share = graded.quantities[f"{graded.question.id}.schools_pct"]
    return picture(
        chapter,
        "grades",
        svg,
        title=f"In {full} of {counted(len(frame), 'collaboration')} every school is good or "
        f"better; over all memberships {share.text} are",
        subtitle=f"{what}, {chapter.words['place']}, as published with the results of "
        f"{chapter.words['year']}",
        alt=f"Stacked column chart of the Ofsted grades of "
        f"{counted(len(frame), 'collaboration')}, one column each, sorted by the share graded good "
        f"or better: {span(printed.max(), printed.min(), '%')}. "
        f"In {full} every school is good or better. Over all memberships the share is "
        f"{share.text}.",
        caption="Each column is one collaboration, whatever its size. A school in two "
        "collaborations is counted in both. From below: outstanding and good; above the line "
        "requires improvement, inadequate and, at the top, not inspected yet.",
        frame=frame[["collaboration", "n_schools", *_GRADES, "good_or_better_pct"]],
        about="Ofsted grades by collaboration.",
    )


def _draw_grades(chapter: Chapter, frame: pd.DataFrame) -> bytes:
    size = frame["n_schools"].astype(float)
    with drawing(4.1) as (canvas, axes):
        bottom = np.zeros(len(frame))
        for column, (_, colour) in _GRADES.items():
            share = (100 * frame[column].astype(float) / size).to_numpy()
            there = np.flatnonzero(share)
            axes.bar(there, share[there], 0.86, bottom[there], **filled(colour, 0.5))
            bottom = bottom + share
        good = 100 * (frame["n_outstanding"] + frame["n_good"]).astype(float) / size
        edges = np.arange(len(frame) + 1) - 0.5
        axes.stairs(good, edges, baseline=None, color=INK, linewidth=1.2)
        axes.set_xticks([])
        axes.set_xlim(-0.7, len(frame) - 0.3)
        axes.set_xlabel("Collaborations, highest share good or better first")
        say_measure(axes, "Share of the group's schools, %")
        looks = [Patch(**filled(colour), label=label) for label, colour in _GRADES.values()]
        canvas.legend(handles=looks, loc="outside upper left", ncols=2)
        return to_svg(canvas, watermark(chapter.study.release.maturity))


def taking_part(chapter: Chapter, members: Estimate) -> Figure:
    """Return the share of each phase's schools that take part."""
    frame = chapter.study.coverage.assign(
        taking_part_pct=lambda f: 100 * f["members"].astype(float) / f["schools"].astype(float)
    ).sort_values("taking_part_pct", ignore_index=True)
    what = "Schools in a collaboration by phase"
    if frame.empty:
        return nothing_to_show(chapter, "taking-part", what, "no phase is listed")
    place, share = (
        chapter.words["place"],
        members.quantities[f"{members.question.id}.taking_part_pct"],
    )
    parts = "; ".join(f"{r.phase} {r.members} of {r.schools}" for r in frame[::-1].itertuples())
    return picture(
        chapter,
        "taking-part",
        _draw_phases(chapter, frame),
        title=f"{share.text} of the schools in {place} take part",
        subtitle=f"{what}, {place}, as the report on {chapter.words['year']} counts them",
        alt=f"Bar chart of the share of schools that take part, by phase. Over all phases "
        f"{share.text} take part: {parts}.",
        caption="Counts as printed; the shares are computed from them.",
        frame=frame[["phase", "members", "schools", "taking_part_pct"]],
        about=f"{what}.",
        labels={"taking_part_pct": "Taking part, computed"},
        units={"taking_part_pct": "%"},
    )


def _draw_phases(chapter: Chapter, frame: pd.DataFrame) -> bytes:
    with drawing(0.42 * len(frame) + 0.8) as (canvas, axes):
        axes.barh(frame.index, 100, color=GRID, height=0.7)
        axes.barh(frame.index, frame["taking_part_pct"], color=BLUE, height=0.7)
        for line in frame.itertuples():
            inside = line.taking_part_pct > 30
            axes.text(
                line.taking_part_pct + (-1.5 if inside else 1.5),
                line.Index,
                f"{line.members} of {line.schools}",
                va="center",
                ha="right" if inside else "left",
                color=PAPER if inside else INK,
            )
        axes.set_yticks(frame.index, [shorten(phase, 24) for phase in frame["phase"]])
        axes.set_xlim(0, 100)
        axes.set_xlabel("Schools that take part, %")
        axes.tick_params(axis="y", length=0)
        return to_svg(canvas, watermark(chapter.study.release.maturity))


def verdicts(chapter: Chapter) -> Figure:
    """Return every claim as a mark, by paragraph, in the colour and shape of its verdict."""
    ledger = chapter.study.claims
    what = "Numbers that the report states, derived again from its tables"
    if ledger.empty:
        return nothing_to_show(chapter, "verdicts", what, "no claim is listed")
    counts = {verdict: int((ledger["verdict"] == verdict).sum()) for verdict in _VERDICTS}
    against = counts["differs"] + counts["contradicts itself"]
    return picture(
        chapter,
        "verdicts",
        _draw_verdicts(chapter, ledger, counts),
        title=f"Of {counted(len(ledger), 'claim')} {counts['agrees']} agree with the report's own "
        f"tables, {against} do not and {counts['cannot be checked']} cannot be checked",
        subtitle=f"{what}, {chapter.words['place']}, {chapter.words['year']}",
        alt=f"Dot chart of {counted(len(ledger), 'number')} that the report states, by paragraph, "
        f"marked by verdict: {', '.join(_said(counts[one], one) for one in counts)}.",
        caption="A claim cannot be checked where the report prints no table that it could follow "
        "from.",
        frame=ledger[["claim", "paragraph", "printed", "verdict"]],
        about="Claims and their verdicts.",
    )


def _said(number: int, verdict: str) -> str:
    return f"{number} {verdict if number == 1 else _SEVERAL.get(verdict, verdict)}"


def _draw_verdicts(chapter: Chapter, ledger: pd.DataFrame, counts: dict[str, int]) -> bytes:
    paragraphs = list(dict.fromkeys(ledger["paragraph"]))
    height = {paragraph: i for i, paragraph in enumerate(paragraphs)}
    place = ledger.groupby("paragraph").cumcount()
    with drawing(0.27 * len(paragraphs) + 1.0) as (canvas, axes):
        for verdict, (marker, colour) in _VERDICTS.items():
            rows = ledger["verdict"] == verdict
            axes.scatter(
                place[rows],
                ledger.loc[rows, "paragraph"].map(height),
                marker=marker,
                color=colour,
                s=70,
                label=f"{verdict} ({counts[verdict]})",
            )
        labels = [p if p == "appendix" else f"paragraph {p}" for p in paragraphs]
        name_rows(axes, pd.Series(labels))
        axes.set_xticks([])
        axes.spines[["bottom", "left"]].set_visible(False)
        canvas.legend(loc="outside lower left", ncols=2)
        return to_svg(canvas, watermark(chapter.study.release.maturity))
