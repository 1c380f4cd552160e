"""The workbooks of the made-up 2014 as an e-mail would bring them, with all that is odd in them."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from itertools import groupby
from pathlib import Path
from typing import Any

import xlsxwriter
from odf import opendocument
from odf import table as odf_table
from odf import text as odf_text
from world_2014 import EARLIER, GAINS, GRADES, LATER, MARK, Row, Truth, truth

OFSTED = f"{MARK} ofsted summary 2014.xlsx"
FUNDING = f"{MARK} KAH funding 2014.ods"
RESULTS = f"{MARK} results 2014.csv"
Cell = str | int | float
Cells = list[list[Cell]]
Sheets = dict[str, Cells]
Change = Callable[[Sheets], object]
OFSTED_HEADING: list[Cell] = [
    *("number", "name", "number of schools", "% good or better", "Outstanding", "Good"),
    *("Requires Improvement", "Inadequate", "Not yet inspected", "Lead person"),
]
FUNDING_HEADING: list[Cell] = [
    *("Area", "District", "Name of collaboration", "2013/14 Funding (if applicable)"),
    *("2014/15 Agreed Funding from KAH (£000s)", "Collabtn continuing in 2014/15"),
]
GAINS_HEADING: list[Cell] = [
    "Collaboration",
    *(f"Key Stage {stage} gain {n}" for stage in (4, 2) for n in (1, 2, 3)),
]
WRAPPED = "Collaboration of St James’ CEl & CEJ, St John’s CEP & Pembury"
BROKEN = "The Marsh Group (Shepway Rural Collaboration)"


def sheets(made: Truth | None = None) -> Sheets:
    """Return the cells of every sheet, before anything is spoilt."""
    made = made or truth()
    return {
        "Cover": [
            [f"{MARK}: Ofsted summary of the collaborations, 2014"],
            ["Every number is made up. Provisional; prepared for the tutorial."],
        ],
        "Ofsted Summary": _ofsted(made.ofsted),
        "Coverage": _coverage(made.coverage),
        "old workings": [["name", "number"], ["to be deleted", 1]],
        "Grants": _funding(made.funding),
        "Results": _gains(made.gains),
    }


def _ofsted(rows: list[Row]) -> Cells:
    cells: Cells = [
        [f"{MARK}: Ofsted summary"],
        ["As of summer 2014, provisional"],
        [],
        [*OFSTED_HEADING],
    ]
    for row in rows:
        head, tail = row["name"], ""
        if head == WRAPPED:
            head, tail = "Collaboration of St James’ CEl & CEJ, St John’s CEP &", "Pembury"
            cells.append(["", head])
            head = tail
        if row["name"] == BROKEN:
            head = head.replace(" (", "\n(")
        share = row["good_or_better_pct"] / 100
        counts: list[Cell] = [row[grade] for grade in GRADES]
        cells.append([row["number"], head, row["n_schools"], share, *counts, "made up"])
    schools = sum(row["n_schools"] for row in rows)
    sums = [sum(row[grade] for row in rows) for grade in GRADES]
    share = round((sums[0] + sums[1]) / schools, 3)
    cells.append(["", "Total", schools, share, *sums, ""])
    return [*cells, [], ["Note: a school that is in two groups counts in both."]]


def _coverage(rows: list[Row]) -> Cells:
    cells: Cells = [["phase", "members", "schools", "printed percentage"]]
    return cells + [
        [row["phase"], row["members"], row["schools"], f"{row['printed_pct']}%"] for row in rows
    ]


def _funding(rows: list[Row]) -> Cells:
    """Return the money, each area on a page of its own with the heading again."""
    title: list[Cell] = [f"{MARK}: KAH funding 2014, provisional"]
    cells: Cells = [title, []]
    answers = {"yes": ("Yes", "Yes ", "yes"), "no": ("No",), "tbc": ("TBC",), None: ("n/a",)}
    for page, (_, group) in enumerate(groupby(rows, key=lambda row: row["area"]), start=1):
        cells += [[f"Page {page}"], [*FUNDING_HEADING]] if page > 1 else [[*FUNDING_HEADING]]
        for i, row in enumerate(group):
            printed = answers[row["continuing"]]
            earlier = f"£{row[EARLIER]:,.0f}" if row[EARLIER] else ""
            later = f"{row[LATER] / 1000:.1f}" if row[LATER] else ""
            place = [row["area"], row["district"], row["name"]]
            cells.append([*place, earlier, later, printed[i % len(printed)]])
    early, late = (sum(row[column] or 0 for row in rows) for column in (EARLIER, LATER))
    cells.append(["", "", "Total", f"£{early:,.0f}", f"{late / 1000:,.1f}", ""])
    return cells


def _gains(rows: list[Row]) -> Cells:
    cells: Cells = [[f"{MARK}: gains on the year before, 2014"], [*GAINS_HEADING]]
    order = (*GAINS[3:], *GAINS[:3])
    return cells + [[row["name"], *(_gain(row[column]) for column in order)] for row in rows]


def _gain(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:.0f}".replace("-", "\N{EN DASH}")


def write_workbooks(
    folder: Path, change: Change | None = None, made: Truth | None = None
) -> list[Path]:
    """Write the files of the e-mail into a folder, and return their paths.

    `change` may spoil the cells of the sheets first.
    """
    folder.mkdir(parents=True, exist_ok=True)
    content = sheets(made)
    if change is not None:
        change(content)
    _write_xlsx(folder / OFSTED, content)
    _write_ods(folder / FUNDING, content["Grants"])
    text = io.StringIO()
    csv.writer(text, delimiter=";", lineterminator="\r\n").writerows(content["Results"])
    (folder / RESULTS).write_bytes(text.getvalue().encode("cp1252"))
    return [folder / name for name in (OFSTED, FUNDING, RESULTS)]


def _write_xlsx(path: Path, content: Sheets) -> None:
    with xlsxwriter.Workbook(path, {"strings_to_numbers": False}) as book:
        share = book.add_format({"num_format": "0.0%"})
        for name in ("Cover", "Ofsted Summary", "Coverage", "old workings"):
            page = book.add_worksheet(name)
            if name == "old workings":
                page.hide()
            for i, row in enumerate(content[name]):
                for j, cell in enumerate(row):
                    _put(page, i, j, cell, share)
        page = book.get_worksheet_by_name("Ofsted Summary")
        page.merge_range(0, 0, 0, 8, content["Ofsted Summary"][0][0])


def _put(page: Any, i: int, j: int, cell: Cell, share: Any) -> None:
    """Write a cell; counts of schools are formulas that a spreadsheet has worked out."""
    if isinstance(cell, float):
        page.write_number(i, j, cell, share)
    elif isinstance(cell, int) and j == 2 and page.get_name() == "Ofsted Summary":
        page.write_formula(i, j, f"=SUM(E{i + 1}:I{i + 1})", None, cell)
    elif isinstance(cell, int):
        page.write_number(i, j, cell)
    elif cell:
        page.write_string(i, j, cell)


def _write_ods(path: Path, cells: Cells) -> None:
    book, page = opendocument.OpenDocumentSpreadsheet(), odf_table.Table(name="Grants")
    spans = _areas(cells)
    for i, row in enumerate(cells):
        line = odf_table.TableRow()
        for j, cell in enumerate(row):
            line.addElement(_box(str(cell), spans.get(i) if j == 0 else None))
        page.addElement(line)
    book.spreadsheet.addElement(page)
    book.save(str(path))


def _areas(cells: Cells) -> dict[int, int]:
    """Return how many rows the area's cell spans, by its first row, and 0 for the rows below."""
    spans: dict[int, int] = {}
    first = -1
    for i, row in enumerate(cells):
        inside = len(row) > 2 and row[0] in ("East", "North", "South", "West")
        if not inside:
            first = -1
        elif first < 0 or cells[first][0] != row[0]:
            first, spans[i] = i, 1
        else:
            spans[first] += 1
            spans[i] = 0
    return spans


def _box(text: str, rows: int | None) -> Any:
    if rows == 0:
        return odf_table.CoveredTableCell()
    span = {"numberrowsspanned": rows, "numbercolumnsspanned": 1} if rows and rows > 1 else {}
    if not text:
        return odf_table.TableCell()
    box = odf_table.TableCell(valuetype="string", **span)
    box.addElement(odf_text.P(text=text))
    return box
