"""Tables of the study as a page lists them: sources, links, reasons, groups, claims."""

from __future__ import annotations

import pandas as pd

from analysis.page.tables import SUPPRESSED, Declared, Table, where_missing
from analysis.questions.plan import load_plan
from analysis.questions.protect import OF_AUTHORITY, of_authority
from analysis.questions.samples import outcome_pp
from analysis.tables.tidy import Study
from analysis.variables import STAGES, variable


def sources(study: Study) -> Table:
    """Return each raw file with its place in the publication and its fingerprint."""
    frame = pd.DataFrame(
        [
            {
                "file": source.file,
                "place": source.place,
                "rows": source.rows,
                "sha": source.sha256[:12],
                "note": source.note or "none",
            }
            for source in study.release.files
        ]
    )
    labels = {"place": "Where published", "sha": "SHA-256, first digits"}
    release = study.release
    caption = f"{release.document} ({release.publisher}, {release.published})."
    return Table(frame, "sources", caption, labels, {"rows": "count"})


def reasons(study: Study) -> Table | str:
    """Return how many values are missing, by column and reason."""
    if study.missing.empty:
        return "No value is missing."
    frame = study.missing.groupby(["column", "reason"], as_index=False, sort=False).size()
    frame["column"] = [variable(column).label for column in frame["column"]]
    return Table(
        frame, "reasons", "Values that are missing, and why.", {"size": "Values"}, {"size": "count"}
    )


def links(study: Study) -> Table | str:
    """Return the printed names that differ from the Ofsted table's, and what was decided."""
    frame = study.links[study.links["reason"] != "printed alike"] if len(study.links) else None
    if frame is None or frame.empty:
        return "All tables spell the names alike, so no person had to link any."
    frame = frame[["printed", "table", "row", "collaboration", "reason"]].reset_index(drop=True)
    frame = frame.assign(collaboration=frame["collaboration"].replace("", "no collaboration"))
    return Table(
        frame,
        "links",
        "Names that were linked by a person, with the reason.",
        {"row": "Row of the file"},
        {"row": "count"},
    )


def seen_through(study: Study) -> Table | str:
    """Return what was decided when the files were taken in and read: nothing, or note by note."""
    frame = study.notes
    if frame.empty:
        return "Nothing had to be seen through: every cell has the form that its column needs."
    caption = "What was seen through when the files were taken in and when they were read."
    return Table(frame, "seen-through", caption, {"note": "What was done"})


def corrections(study: Study) -> Table | str:
    """Return each cell of which another text was read than is printed, with the reason."""
    frame = study.corrections
    caption = "Cells that were corrected, each as published and as used."
    if frame.empty:
        return "No printed cell was corrected."
    labels = {"row": "Row of the file", "published": "As published", "used": "As used"}
    return Table(frame, "corrections", caption, labels, {"row": "count"})


def groups(study: Study) -> Table:
    """Return one row a collaboration: place, size, money, grades and gains."""
    table = study.collaborations
    money = [column for column in table if column.startswith("funding_")]
    columns = ["collaboration", "district", "n_schools", *money, "good_or_better_pct"]
    frame = table[columns].assign(**{stage: outcome_pp(study, stage) for stage in STAGES})
    labels = {stage: f"Key stage {stage[-1]} gain" for stage in STAGES}
    units = dict.fromkeys(STAGES, "pp")
    known = frame.dropna(axis="columns", how="all")
    absent = [labels.get(c) or variable(c).label for c in frame if c not in known]
    count = f"The {len(frame)} collaborations" if len(frame) > 1 else "The only collaboration"
    left_out = f" No value in this year: {', '.join(absent).lower()}." if absent else ""
    return Table(known, "groups", f"{count}, as published.{left_out}", labels, units)


def identical_gains(study: Study) -> Table | str:
    """Return groups whose printed gains are the same, number for number; none of one group."""
    table = study.collaborations
    gains = [column for column in table if column.startswith("gain_")]
    frame = table.dropna(subset=gains, how="all")
    if len(frame) < 2:
        return ""
    frame = frame[frame.duplicated(subset=gains, keep=False)]
    if frame.empty:
        return "No two groups have the same printed gains."
    return Table(
        frame[["collaboration", *gains]].reset_index(drop=True),
        "identical-gains",
        "Groups with the same printed gains.",
    )


def claims(study: Study) -> Table | str:
    """Return the ledger: each claim, what is printed, what was found, the verdict and why."""
    if study.claims.empty:
        return "No claim is listed in this release."
    order = ["contradicts itself", "differs", "agrees", "cannot be checked"]
    ranked = study.claims.assign(rank=study.claims["verdict"].map(order.index))
    ranked = ranked.sort_values("rank", kind="stable")
    frame = ranked[["claim", "verdict", "printed", "found", "reason", "paragraph"]]
    frame = frame.assign(found=frame["found"].where(frame["found"] != ""))
    return Table(
        frame.reset_index(drop=True),
        "claims",
        "Every claim with its verdict, those that do not hold first.",
    )


def corrected(rows: pd.DataFrame) -> Table:
    """Return a family's p-values as computed and corrected for being read together."""
    labels = {"p": "p-value", "holm": "Holm", "bh": "Benjamini-Hochberg"}
    units = dict.fromkeys(labels, "probability")
    return Table(rows, "family", "p-values of the family, read together.", labels, units)


def by_area(rows: pd.DataFrame) -> Table:
    """Return the money by area: groups, schools, pounds, pounds per school."""
    frame = rows.groupby("area", as_index=False).agg(
        groups=("money", "size"), schools=("n_schools", "sum"), money=("money", "sum")
    )
    frame["per_school"] = frame["money"] / frame["schools"].astype(float)
    labels = {"schools": "Memberships", "per_school": "Money per membership"}
    units = {"groups": "count", "schools": "count", "money": "GBP", "per_school": "GBP"}
    return Table(frame, "by-area", "Money by area, groups that were paid.", labels, units)


def printed_order(rows: pd.DataFrame) -> Table:
    """Return the gains table in printed order with each row's total, which is not printed."""
    frame = rows[["name", "total"]].assign(row=rows["row"])
    labels = {"total": "Total of the row", "row": "Row of the file"}
    units = {"total": "pp", "row": "count"}
    return Table(frame, "printed-order", "Rows of the gains table with totals.", labels, units)


def reconciled(study: Study) -> Table | str:
    """Return what the schools of each file add up to beside the authority's own row."""
    nothing = study.panel is None or study.panel.reconciliation.empty
    frame = pd.DataFrame() if nothing else of_authority(study, load_plan())
    columns = ["year", "column", "printed", "from_schools", "low", "high", "schools"]
    if frame.empty:
        return "No file has a row for the authority as a whole to set beside its schools."
    frame = frame[[*columns, "pupils_unseen"]].reset_index(drop=True)
    frame["column"] = [variable(column).label for column in frame["column"]]
    labels = {
        "year": "Results of", "column": "Figure", "printed": "Authority's own row",
        "from_schools": "From its schools", "low": "At least", "high": "At most",
        "schools": "Schools", "pupils_unseen": "Pupils without a figure",
    }  # fmt: skip
    units = dict.fromkeys(("printed", "from_schools", "low", "high"), "figure")
    units |= {"schools": "count", "pupils_unseen": "count", "year": "year"}
    return Table(
        frame, "reconciled", "Schools beside their authority's own row.", labels, units,
        symbols=where_missing(frame, SUPPRESSED, OF_AUTHORITY, base="schools"),
        declared=Declared(
            {"schools": "schools", "pupils_unseen": "pupils"},
            dict.fromkeys(("from_schools", "low", "high"), "schools"),
        ),
    )  # fmt: skip


def set_aside(study: Study) -> Table | str:
    """Return how many rows of the school-level files were set aside, and why."""
    frame = study.panel.set_aside if study.panel is not None else pd.DataFrame()
    if frame.empty:
        return "No row of the school-level files was set aside."
    return Table(
        frame,
        "set-aside",
        "Rows of the school-level files that were set aside.",
        {},
        {"rows": "count"},
        declared=Declared(rows=()),  # lines of a published file, by the form that they have
    )


def suppressed(rows: pd.DataFrame) -> Table | str:
    """Return why figures of the outcome are missing, among members and others."""
    if rows.empty:
        return "No school lacks a figure of the outcome in any year."
    labels = {"ever_members": "Ever members", "never_members": "Never members"}
    units = dict.fromkeys(labels, "count")
    caption = "Figures of the outcome that are missing, all years, by reason."
    return Table(
        rows, "suppressed", caption, labels, units,
        symbols=where_missing(rows, SUPPRESSED, labels),
        declared=Declared(dict.fromkeys(labels, "schools")),
    )  # fmt: skip
