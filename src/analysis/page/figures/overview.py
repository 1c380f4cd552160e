"""Pictures of the published tables: money, grades, members, gains, and what is missing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import matplotlib.ticker as ticker
import numpy as np
import pandas as pd

from analysis.page.figures.canvas import (
    BLUE,
    GRID,
    INK,
    ORANGE,
    PALE,
    PURPLE,
    SOFT,
    Figure,
    drawing,
    shorten,
    to_svg,
    watermark,
)
from analysis.page.tables import Table
from analysis.questions.estimate import Estimate
from analysis.variables import STAGES, funding_column, gain_columns, variable

if TYPE_CHECKING:
    from analysis.page.chapter import Chapter

ROW_INCHES = 0.2
_GRADES = {
    "n_outstanding": ("outstanding", BLUE),
    "n_good": ("good", "#7fa8d4"),
    "n_requires_improvement": ("requires improvement", "#e0a468"),
    "n_inadequate": ("inadequate", ORANGE),
    "n_not_inspected": ("not inspected yet", PALE),
}


def money_by_collaboration(chapter: Chapter, listed: Estimate) -> Figure:
    """Return each collaboration's money of both school years, largest first."""
    first, second = (funding_column(int(chapter.year) + i) for i in (0, 1))
    frame = listed.rows[["collaboration", first, second]].dropna(how="all", subset=[first, second])
    frame = frame.assign(_all=frame[[first, second]].sum(axis=1))
    frame = frame.sort_values("_all", ascending=False, ignore_index=True)
    with drawing(ROW_INCHES * len(frame) + 1.0) as (canvas, axes):
        places = np.arange(len(frame))
        early, late = frame[first].fillna(0) / 1000, frame[second].fillna(0) / 1000
        axes.barh(places, early, color=BLUE, height=0.68, label=chapter.words["money_year"])
        axes.barh(
            places,
            late,
            left=early,
            color=ORANGE,
            height=0.68,
            label=chapter.words["next_money_year"],
        )
        _name_rows(axes, frame["collaboration"])
        axes.xaxis.set_major_formatter(ticker.FuncFormatter(lambda v, _: f"£{v:,.0f}k"))
        axes.xaxis.tick_top()
        axes.xaxis.set_major_locator(ticker.MaxNLocator(5))
        axes.legend(loc="lower right", title="Paid for")
        axes.grid(axis="x", color=GRID)
        svg = to_svg(canvas, watermark(chapter.study.release.maturity))
    top = frame.iloc[0]
    half = int((frame["_all"].cumsum() < frame["_all"].sum() / 2).sum()) + 1
    slug = f"{chapter.name}-money-by-collaboration"
    return Figure(
        slug=slug,
        title=f"{half} of {len(frame)} funded collaborations share half of the money",
        subtitle=f"Money listed for {chapter.words['money_year']} and "
        f"{chapter.words['next_money_year']}, thousands of pounds, "
        f"{chapter.words['place']}",
        alt=f"Bar chart of the money of {len(frame)} collaborations, largest first, in two parts "
        f"by school year. {top['collaboration']} has the most, £{top['_all']:,.0f} in both years; "
        f"the middle one has £{frame['_all'].median():,.0f}. {half} collaborations share half of "
        f"£{frame['_all'].sum():,.0f}.",
        caption="A blank in the table is drawn as no bar; it is not known to be zero. Lines that "
        "are no collaborations are left out.",
        svg=svg,
        data=Table(
            frame.drop(columns="_all"),
            slug=slug,
            caption="Money listed by collaboration and school year.",
        ),
    )


def _name_rows(axes: Any, names: pd.Series) -> None:
    axes.set_yticks(np.arange(len(names)), [shorten(name, 27) for name in names])
    axes.set_ylim(len(names) - 0.4, -0.6)
    axes.tick_params(axis="y", length=0)


def grades(chapter: Chapter, graded: Estimate) -> Figure:
    """Return every collaboration's grades as a column of shares, best first."""
    frame = graded.rows.dropna(subset=["n_schools"])
    frame = frame.sort_values(
        ["good_or_better_pct", "n_outstanding", "n_schools"], ascending=False, ignore_index=True
    )
    size = frame["n_schools"].astype(float)
    with drawing(3.9) as (canvas, axes):
        bottom = np.zeros(len(frame))
        for column, (label, colour) in _GRADES.items():
            share = 100 * frame[column].astype(float) / size
            axes.bar(frame.index, share, bottom=bottom, width=0.9, color=colour, label=label)
            bottom = bottom + share.to_numpy()
        axes.set_xticks([])
        axes.set_xlim(-0.7, len(frame) - 0.3)
        axes.set_ylabel("Share of the group's schools, %")
        axes.set_xlabel(f"{len(frame)} collaborations, highest share good or better first")
        axes.legend(loc="upper center", bbox_to_anchor=(0.5, 1.3), ncols=2)
        svg = to_svg(canvas, watermark(chapter.study.release.maturity))
    full = int((frame["good_or_better_pct"] == 100).sum())
    share = graded.quantities[f"{graded.question.id}.schools_pct"]
    slug = f"{chapter.name}-grades"
    return Figure(
        slug=slug,
        title=f"In {full} of {len(frame)} collaborations every school is good or better",
        subtitle="Ofsted grades of the member schools of each collaboration, {chapter.words['place']}, as published "
        f"with the results of {chapter.year}",
        alt=f"Stacked column chart of the Ofsted grades of {len(frame)} collaborations, one column "
        f"each, sorted by the share graded good or better, which runs from "
        f"{frame['good_or_better_pct'].max():g} % to {frame['good_or_better_pct'].min():g} %. "
        f"{full} columns are wholly good or better. Over all memberships the share is "
        f"{share.text}.",
        caption="Each column is one collaboration, whatever its size. A school in two "
        "collaborations is counted in both.",
        svg=svg,
        data=Table(
            frame[["collaboration", "n_schools", *_GRADES, "good_or_better_pct"]],
            slug=slug,
            caption="Ofsted grades by collaboration.",
        ),
    )


def taking_part(chapter: Chapter, members: Estimate) -> Figure:
    """Return the share of each phase's schools that take part."""
    frame = chapter.study.coverage.assign(
        taking_part_pct=lambda f: 100 * f["members"].astype(float) / f["schools"].astype(float)
    ).sort_values("taking_part_pct", ignore_index=True)
    with drawing(2.4) as (canvas, axes):
        axes.barh(frame["phase"], 100, color=PALE, alpha=0.45)
        axes.barh(frame["phase"], frame["taking_part_pct"], color=BLUE)
        for line in frame.itertuples():
            inside = line.taking_part_pct > 30
            axes.text(
                line.taking_part_pct + (-1.5 if inside else 1.5),
                line.Index,
                f"{line.members} of {line.schools}",
                va="center",
                ha="right" if inside else "left",
                color="white" if inside else INK,
            )
        axes.set_xlabel("Schools that take part, %")
        axes.set_xlim(0, 100)
        axes.tick_params(axis="y", length=0)
        svg = to_svg(canvas, watermark(chapter.study.release.maturity))
    share = members.quantities["schools.taking_part_pct"]
    parts = "; ".join(f"{r.phase} {r.members} of {r.schools}" for r in frame.itertuples())
    slug = f"{chapter.name}-taking-part"
    return Figure(
        slug=slug,
        title=f"{share.text} of the county's schools take part",
        subtitle="Schools in a collaboration by phase, {chapter.words['place']}, as the report counts them",
        alt=f"Bar chart of the share of schools that take part, by phase: {parts}. Over all phases "
        f"{share.text} take part.",
        caption="Counts as printed; the shares are computed from them.",
        svg=svg,
        data=Table(
            frame[["phase", "members", "schools", "taking_part_pct"]],
            slug=slug,
            caption="Schools in a collaboration by phase.",
            labels={"taking_part_pct": "Taking part, computed"},
            units={"taking_part_pct": "%"},
        ),
    )


def shown_gains(chapter: Chapter, *shown: Estimate) -> Figure:
    """Return the gain of every group shown, by key stage, sorted."""
    parts = [e.rows.assign(stage=str(e.question.outcome)) for e in shown]
    frame = pd.concat(parts, ignore_index=True)
    wide = frame.pivot_table(index="collaboration", columns="stage", values="outcome")
    wide = wide.reindex(columns=[str(e.question.outcome) for e in shown])
    wide = wide.assign(_top=wide.max(axis=1)).sort_values("_top", ascending=False)
    looks = {"ks2": ("o", BLUE, "Key stage 2"), "ks4": ("s", ORANGE, "Key stage 4")}
    with drawing(0.25 * len(wide) + 1.2) as (canvas, axes):
        for stage in wide.columns.drop("_top"):
            marker, colour, label = looks[stage]
            axes.scatter(
                wide[stage],
                np.arange(len(wide)),
                marker=marker,
                color=colour,
                s=42,
                label=label,
                zorder=3,
            )
        _name_rows(axes, wide.index.to_series())
        axes.axvline(0, color=INK, linewidth=1)
        axes.grid(axis="y", color=GRID)
        axes.set_xlabel("Mean of the printed columns, percentage points")
        axes.legend(loc="lower right")
        svg = to_svg(canvas, watermark(chapter.study.release.maturity))
    n_all = len(chapter.study.collaborations)
    means = "; ".join(
        f"{looks[str(e.question.outcome)][2]}: {e.quantities[f'{e.question.id}.n'].text} groups, "
        f"mean {e.quantities[f'{e.question.id}.mean_pp'].text}"
        for e in shown
    )
    slug = f"{chapter.name}-shown-gains"
    return Figure(
        slug=slug,
        title=f"Every gain shown is above zero; {n_all - len(wide)} of {n_all} groups are not shown",
        subtitle=f"Gains of the groups in the gains table, {chapter.words['place']}, {chapter.year} on "
        f"{chapter.words['year_before']}",
        alt=f"Dot plot of the gains of {len(wide)} collaborations by key stage, largest first, all "
        f"above zero. {means}. The other {n_all - len(wide)} collaborations have no row in the "
        "table.",
        caption="Sorted by the larger of a group's two gains. A group's gain is the mean of the "
        "three columns printed for the key stage, whose headings are lost.",
        svg=svg,
        data=Table(
            wide.drop(columns="_top").reset_index(),
            slug=slug,
            caption="Mean gain by group and key stage.",
            labels={"ks2": "Key stage 2 gain", "ks4": "Key stage 4 gain"},
            units={"ks2": "pp", "ks4": "pp"},
        ),
    )


def missing_map(chapter: Chapter) -> Figure:
    """Return which table says something about which collaboration."""
    table = chapter.study.collaborations
    years = [funding_column(int(chapter.year) + i) for i in (0, 1)]
    known = pd.DataFrame({"collaboration": table["collaboration"]})
    known["Ofsted grades"] = table["n_schools"].notna()
    for column in years:
        known[variable(column).label] = table[column].notna()
    for stage in STAGES:
        known[f"KS{stage[-1]} gains"] = table[gain_columns(stage)].notna().all(axis=1)
    rows = list(known.columns[1:])
    order = known.sort_values(rows[::-1], ascending=False, kind="stable", ignore_index=True)
    counts = {name: int(order[name].sum()) for name in rows}
    with drawing(2.7) as (canvas, axes):
        for place, name in enumerate(rows):
            there = order.index[order[name]]
            gone = order.index[~order[name]]
            axes.bar(there, 0.72, bottom=place - 0.36, width=0.86, color=BLUE)
            axes.scatter(gone, np.full(len(gone), place), marker="_", s=8, color=SOFT)
        labels = [f"{name}\n{counts[name]} of {len(order)}" for name in rows]
        axes.set_yticks(range(len(rows)), labels)
        axes.set_ylim(len(rows) - 0.5, -0.5)
        axes.set_xlim(-0.7, len(order) - 0.3)
        axes.set_xticks([])
        axes.tick_params(axis="y", length=0)
        axes.set_xlabel(f"The {len(order)} collaborations, one column each")
        svg = to_svg(canvas, watermark(chapter.study.release.maturity))
    said = "; ".join(f"{name} {counts[name]}" for name in rows)
    slug = f"{chapter.name}-missing-map"
    return Figure(
        slug=slug,
        title=f"All {counts[rows[0]]} groups have grades; gains are shown for "
        f"{counts[rows[3]]} at key stage 2 and {counts[rows[4]]} at key stage 4",
        subtitle=f"What each published table says of each collaboration, {chapter.words['place']}, {chapter.year}",
        alt=f"Map of {len(order)} collaborations by published table: filled where a value is "
        f"printed, a dash where it is not. Number of collaborations with a value: {said}.",
        caption="A dash is a blank or a missing row; it does not mean zero.",
        svg=svg,
        data=Table(
            order.replace({True: "printed", False: "x"}).astype("str"),
            slug=slug,
            caption="Which table has a value for which collaboration; x means not available.",
        ),
    )


def verdicts(chapter: Chapter) -> Figure:
    """Return every claim as a square, by paragraph, in the colour and mark of its verdict."""
    ledger = chapter.study.claims
    looks = {
        "agrees": ("s", BLUE),
        "differs": ("X", ORANGE),
        "contradicts itself": ("D", PURPLE),
        "cannot be checked": ("_", SOFT),
    }
    paragraphs = list(dict.fromkeys(ledger["paragraph"]))
    place = ledger.groupby("paragraph").cumcount()
    with drawing(0.27 * len(paragraphs) + 1.3) as (canvas, axes):
        for verdict, (marker, colour) in looks.items():
            rows = ledger.index[ledger["verdict"] == verdict]
            heights = [paragraphs.index(p) for p in ledger.loc[rows, "paragraph"]]
            axes.scatter(
                place[rows],
                heights,
                marker=marker,
                color=colour,
                s=70,
                label=f"{verdict} ({len(rows)})",
            )
        labels = [p if p == "appendix" else f"paragraph {p}" for p in paragraphs]
        axes.set_yticks(range(len(paragraphs)), labels)
        axes.set_ylim(len(paragraphs) - 0.4, -0.6)
        axes.set_xticks([])
        axes.spines["bottom"].set_visible(False)
        axes.tick_params(axis="y", length=0)
        axes.legend(loc="upper center", bbox_to_anchor=(0.4, -0.01), ncols=2)
        svg = to_svg(canvas, watermark(chapter.study.release.maturity))
    counts = ledger["verdict"].value_counts()
    said = ", ".join(f"{counts.get(verdict, 0)} {verdict}" for verdict in looks)
    slug = f"{chapter.name}-verdicts"
    return Figure(
        slug=slug,
        title=f"Of {len(ledger)} claims {counts.get('agrees', 0)} agree with the report's own "
        f"tables and {counts.get('differs', 0) + counts.get('contradicts itself', 0)} do not",
        subtitle="Each mark is a number that the report states, re-derived from its tables",
        alt=f"Dot chart of {len(ledger)} numbers that the report states, by paragraph, marked by "
        f"verdict: {said}.",
        caption="A claim cannot be checked where the report prints no table that it could follow "
        "from.",
        svg=svg,
        data=Table(
            ledger[["claim", "paragraph", "printed", "verdict"]],
            slug=slug,
            caption="Claims and their verdicts.",
        ),
    )
