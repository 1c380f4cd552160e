"""Workbooks by libraries: sheets, merged cells, formulas, formats, dates, what hides in them."""

from __future__ import annotations

from random import Random
from typing import Any

from openpyxl.comments import Comment
from openpyxl.worksheet.table import Table

from .books import fill, native, ods, written, xlsx
from .cases import ANY, NAME, at, either, sound, spoilt
from .sheets import FIRST, PERCENT, SECOND, Gap, OneOf, Sheet

FORMS = ("gains", "ofsted", "funding", "schools", "members", "dfe")


@sound("workbooks", *FORMS)
def plain_book(t: Sheet, r: Random) -> Any:
    return xlsx(t)


@sound("workbooks", "ofsted", "funding")
def plain_book_of_xlsxwriter(t: Sheet, r: Random) -> Any:
    return written(t, lambda book, sheet, cells: None)


@sound("workbooks", "gains", "ofsted", "members")
def every_cell_as_text(t: Sheet, r: Random) -> Any:
    return xlsx(t, cells=t.printed())


@sound("workbooks", "funding")
def amounts_as_text(t: Sheet, r: Random) -> Any:
    return xlsx(t, cells=t.printed())


@sound("workbooks", "funding")
def amounts_formatted_as_money(t: Sheet, r: Random) -> Any:
    def change(book: Any, ws: Any) -> None:
        for row in ws.iter_rows(min_row=2, min_col=4, max_col=5):
            for cell in row:
                cell.number_format = '"£"#,##0;[Red]-"£"#,##0'

    return xlsx(t, change)


@sound("workbooks", "gains", "ofsted", "funding")
def a_sheet_of_notes_first(t: Sheet, r: Random) -> Any:
    def change(book: Any, ws: Any) -> None:
        notes = book.create_sheet("Read me", 0)
        notes["A1"], notes["A3"] = "What this workbook holds", "Queries to the school office"
        book.active = 0

    return xlsx(t, change)


def _older(t: Sheet) -> list[list[Any]]:
    made = native(t)
    for row in made[1:]:
        row[-1] = row[-1] + 1 if isinstance(row[-1], int | float) else row[-1]
        row[1] = row[1] + 1 if isinstance(row[1], int | float) else row[1]
    return made


for _state in ("hidden", "veryHidden"):

    @sound("workbooks", "gains", "ofsted", label=_state)
    def an_old_version_first(t: Sheet, r: Random, state: str = _state) -> Any:
        def change(book: Any, ws: Any) -> None:
            old = book.create_sheet("Draft", 0)
            fill(old, _older(t))
            old.sheet_state = state
            book.active = 1

        return xlsx(t, change)


@spoilt("workbooks", "gains", "funding")
def two_versions_of_the_table(t: Sheet, r: Random) -> Any:
    def change(book: Any, ws: Any) -> None:
        made = native(t)
        made[2][-2 if t.table == "funding" else 1] = 4321 if t.table == "funding" else 3
        fill(book.create_sheet("Sheet2"), made)

    return xlsx(t, change), at(ANY)


@sound("workbooks", "ofsted", "funding")
def a_table_away_from_the_corner(t: Sheet, r: Random) -> Any:
    def change(book: Any, ws: Any) -> None:
        ws.delete_rows(1, 50)
        ws["C2"] = "Collaborations at the end of the year"
        ws.merge_cells("C2:H2")
        fill(ws, native(t), 5, 3)

    return xlsx(t, change)


@sound("workbooks", "gains", "ofsted")
def notes_below(t: Sheet, r: Random) -> Any:
    def change(book: Any, ws: Any) -> None:
        ws.cell(len(t) + 4, 1).value = "Source: returns of the groups, unaudited"
        ws.cell(len(t) + 5, 1).value = "Percentages are rounded to one place."

    return xlsx(t, change)


@sound("workbooks", "funding")
def merged_areas(t: Sheet, r: Random) -> Any:
    order = sorted(range(len(t)), key=lambda i: (t.rows[i]["area"], t.rows[i]["district"], i))
    t.cells, t.rows = [t.cells[i] for i in order], [t.rows[i] for i in order]

    def change(book: Any, ws: Any) -> None:
        for j in (0, 1):
            start = 0
            for i in range(1, len(t) + 1):
                if i == len(t) or t.cells[i][j] != t.cells[start][j]:
                    ws.merge_cells(start_row=start + 2, end_row=i + 1, start_column=j + 1,
                                   end_column=j + 1)  # fmt: skip
                    start = i

    return xlsx(t, change)


@sound("workbooks", "ofsted")
def merged_line_over_the_headings(t: Sheet, r: Random) -> Any:
    def change(book: Any, ws: Any) -> None:
        ws.insert_rows(1)
        ws["D1"] = "Judgements"
        ws.merge_cells("D1:H1")

    return xlsx(t, change)


@either("workbooks", "gains")
def numbers_merged_over_two_rows(t: Sheet, r: Random) -> Any:
    """One number stands for two groups: nobody knows for sure."""
    i = next(i for i in range(1, len(t) - 1) if t.cells[i][1])
    for heading in ("ks2_1",):
        t.put(i + 1, heading, "", OneOf([t.value(i, heading), Gap("merged"), Gap()]))

    def change(book: Any, ws: Any) -> None:
        ws.merge_cells(start_row=i + 2, end_row=i + 3, start_column=2, end_column=2)

    return xlsx(t, change), at({i + 2, i + 3}, "ks2_1", None)


@sound("workbooks", "ofsted")
def formulas_with_their_values(t: Sheet, r: Random) -> Any:
    def change(book: Any, sheet: Any, cells: Any) -> None:
        for i, row in enumerate(cells[1:], 2):
            sheet.write_formula(i - 1, 8, f"=ROUND(100*(D{i}+E{i})/C{i},1)", None, row[8])
            sheet.write_formula(i - 1, 2, f"=SUM(D{i}:H{i})", None, row[2])

    return written(t, change)


@sound("workbooks", "gains", "funding")
def a_name_by_formula(t: Sheet, r: Random) -> Any:
    j = t.at(NAME[t.table])

    def change(book: Any, sheet: Any, cells: Any) -> None:
        sheet.write_formula(1, j, '="x"&"y"', None, cells[1][j])

    return written(t, change)


@spoilt("workbooks", "ofsted", "gains")
def a_formula_without_its_value(t: Sheet, r: Random) -> Any:
    heading = {"ofsted": "Good", "gains": "ks2_2"}[t.table]
    i = t.some(r, heading)

    def change(book: Any, ws: Any) -> None:
        cell = ws.cell(i + 2, t.at(heading) + 1)
        cell.value = "=1+2"
        cell.data_type = "f"

    return xlsx(t, change), at(t.line(i), heading)


@spoilt("workbooks", "ofsted")
def formulas_never_reckoned(t: Sheet, r: Random) -> Any:
    """As xlsxwriter leaves them: each with the value 0."""

    def change(book: Any, sheet: Any, cells: Any) -> None:
        for i in range(2, len(cells) + 1):
            sheet.write_formula(i - 1, 8, f"=100*(D{i}+E{i})/C{i}")

    return written(t, change), at(range(2, len(t) + 2), PERCENT)


for _error in ("#REF!", "#N/A", "#DIV/0!", "#NAME?"):

    @spoilt("workbooks", "ofsted", "gains", label=_error.strip("#!?").replace("/", "-").lower())
    def an_error_cell(t: Sheet, r: Random, error: str = _error) -> Any:
        heading = {"ofsted": "Good", "gains": "ks2_1"}[t.table]
        i = t.some(r, heading)

        def change(book: Any, ws: Any) -> None:
            ws.cell(i + 2, t.at(heading) + 1).value = error
            ws.cell(i + 2, t.at(heading) + 1).data_type = "e"

        return xlsx(t, change), at(t.line(i), heading)


@sound("workbooks", "gains", "ofsted")
def comments_on_cells(t: Sheet, r: Random) -> Any:
    def change(book: Any, ws: Any) -> None:
        ws["A2"].comment = Comment("Check this: 99?", "Someone")
        ws["C3"].comment = Comment("7", "Someone")

    return xlsx(t, change)


@sound("workbooks", "funding")
def a_link_on_a_name(t: Sheet, r: Random) -> Any:
    def change(book: Any, ws: Any) -> None:
        ws["C2"].hyperlink = "http://example.org/"

    return xlsx(t, change)


@sound("workbooks", "gains", "funding")
def a_table_with_filter(t: Sheet, r: Random) -> Any:
    def change(book: Any, ws: Any) -> None:
        ws.add_table(Table(displayName="T1", ref=ws.dimensions))
        ws.freeze_panes = "B2"

    return xlsx(t, change)


@either("workbooks", "ofsted")
def rows_hidden_by_a_filter(t: Sheet, r: Random) -> Any:
    hidden = sorted(r.sample(range(1, len(t)), 2))

    def change(book: Any, ws: Any) -> None:
        for i in hidden:
            ws.row_dimensions[i + 2].hidden = True

    return xlsx(t, change), at({None, *(i + 2 for i in hidden)})


@either("workbooks", "gains")
def a_hidden_column(t: Sheet, r: Random) -> Any:
    def change(book: Any, ws: Any) -> None:
        ws.column_dimensions["C"].hidden = True

    return xlsx(t, change), at(ANY)


@sound("workbooks", "gains", "members")
def a_protected_sheet(t: Sheet, r: Random) -> Any:
    def change(book: Any, ws: Any) -> None:
        ws.protection.set_password("secret")

    return xlsx(t, change)


@sound("workbooks", "ofsted", "gains")
def a_formatted_cell_far_below(t: Sheet, r: Random) -> Any:
    def change(book: Any, ws: Any) -> None:
        ws["XFD1048576"].number_format = "0.00"

    return xlsx(t, change)


@either("workbooks", "gains", "ofsted")
def a_cell_far_below(t: Sheet, r: Random) -> Any:
    def change(book: Any, ws: Any) -> None:
        ws["XFD1048576"] = "x"

    return xlsx(t, change), at({None, 1048576})


@sound("workbooks", "funding")
def money_of_nought_and_blank(t: Sheet, r: Random) -> Any:
    i = t.some(r, SECOND)
    t.put(i, SECOND, "0", 0)
    return xlsx(t)


@sound("workbooks", "gains", "funding")
def a_name_on_two_lines(t: Sheet, r: Random) -> Any:
    i = r.randrange(len(t))
    t.put(i, NAME[t.table], t.rows[i]["collaboration"].replace(" ", "\n", 1))
    return xlsx(t)


@sound("workbooks", "gains", "ofsted", "funding")
def a_name_like_a_formula(t: Sheet, r: Random) -> Any:
    name = r.choice(["=1+1", "+SUM(A1)", "@Hub", "NA", "007", "None"])
    t.put(1, NAME[t.table], name, name)
    return written(t, lambda book, sheet, cells: None)


@either("workbooks", "gains")
def a_name_that_is_a_number(t: Sheet, r: Random) -> Any:
    t.put(1, "name", "2020", "2020")
    cells = native(t)
    cells[2][0] = 2020
    return xlsx(t, cells=cells), at(3, "name")


@spoilt("workbooks", "gains", "ofsted", "funding", "members")
def a_fault_below_titles_and_behind_sheets(t: Sheet, r: Random) -> Any:
    faults = {"gains": ("ks2_1", "lots"), "ofsted": ("Good", "1O"), "funding": (FIRST, "£42,00")}
    heading, bad = faults.get(t.table, ("urn", "11823"))
    i = t.some(r, heading)
    t.put(i, heading, bad, bad)

    def change(book: Any, ws: Any) -> None:
        ws.insert_rows(1, 4)
        ws["A1"], ws["A2"] = "Return of the groups", "as of January"
        book.create_sheet("Notes", 0)["A1"] = "Nothing here"

    return xlsx(t, change), at(i + 6, heading)


@sound("workbooks", "gains")
def a_book_named_as_text(t: Sheet, r: Random) -> Any:
    return "gains.csv", xlsx(t)[1]


@either("workbooks", "ofsted")
def an_open_document_named_xlsx(t: Sheet, r: Random) -> Any:
    return ("ofsted.xlsx", ods(t)[1]), at(ANY)
