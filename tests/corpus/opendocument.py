"""Workbooks of LibreOffice: repeated cells, percentages, dates, annotations, hidden sheets."""

from __future__ import annotations

from random import Random
from typing import Any

from odf.dc import Creator
from odf.element import Element
from odf.office import Annotation
from odf.style import Style, TableProperties
from odf.table import CoveredTableCell, Table, TableCell, TableRow
from odf.text import LineBreak, P, S, Span

from .books import native, ods, ods_cell, ods_of, ods_table, parts_of, zipped
from .cases import ANY, FILE, NAME, at, either, sound, spoilt
from .sheets import FIRST, PERCENT, Sheet


def typed(kind: str, text: str, **attributes: Any) -> Element:
    cell = TableCell(valuetype=kind, **attributes)
    cell.addElement(P(text=text))
    return cell


def _changed(t: Sheet, heading: str, make: Any, only: int | None = None) -> Any:
    cells = native(t)
    for i in t.filled(heading) if only is None else [only]:
        cells[i + 1][t.at(heading)] = make(t.value(i, heading))
    return ods(t, cells)


@sound("workbooks", "gains", "ofsted", "funding", "schools", "members", "dfe")
def plain_open_document(t: Sheet, r: Random) -> Any:
    return ods(t)


@sound("workbooks", "gains", "funding")
def open_document_of_text_cells(t: Sheet, r: Random) -> Any:
    return ods(t, t.printed())


@sound("workbooks", "ofsted", "schools")
def open_document_percentages(t: Sheet, r: Random) -> Any:
    heading = {"ofsted": PERCENT}.get(t.table, "ks2_expected_pct")
    return _changed(t, heading, lambda v: typed("percentage", f"{v}%", value=repr(v / 100)))


@sound("workbooks", "funding")
def open_document_money(t: Sheet, r: Random) -> Any:
    return _changed(t, FIRST, lambda v: typed("currency", f"£{v:,}.00", value=v, currency="GBP"))


@spoilt("workbooks", "funding")
def open_document_money_in_euros(t: Sheet, r: Random) -> Any:
    made = _changed(t, FIRST, lambda v: typed("currency", f"€{v:,}.00", value=v, currency="EUR"))
    return made, at((i + 2 for i in t.filled(FIRST)), FIRST)


@sound("workbooks", "members")
def open_document_dates(t: Sheet, r: Random) -> Any:
    return _changed(t, "joined", lambda v: typed("date", v, datevalue=v))


@spoilt("workbooks", "gains", "ofsted")
def open_document_date_for_a_number(t: Sheet, r: Random) -> Any:
    heading = {"gains": "ks2_2", "ofsted": "Good"}[t.table]
    i = t.some(r, heading)
    made = _changed(t, heading, lambda v: typed("date", "03/04/14", datevalue="2014-04-03"), i)
    return made, at(t.line(i), heading)


@spoilt("workbooks", "gains", "ofsted")
def open_document_truth_for_a_number(t: Sheet, r: Random) -> Any:
    heading = {"gains": "ks2_2", "ofsted": "Good"}[t.table]
    i = t.some(r, heading)
    return _changed(t, heading, lambda v: typed("boolean", "TRUE", booleanvalue="true"), i), at(
        t.line(i), heading
    )


@sound("workbooks", "ofsted")
def open_document_formulas(t: Sheet, r: Random) -> Any:
    return _changed(
        t, PERCENT, lambda v: typed("float", str(v), value=v, formula="of:=100*[.D2]/[.C2]")
    )


@spoilt("workbooks", "ofsted", "gains")
def open_document_error(t: Sheet, r: Random) -> Any:
    heading = {"gains": "ks2_2", "ofsted": "Good"}[t.table]
    i = t.some(r, heading)
    return _changed(
        t, heading, lambda v: typed("string", "#REF!", stringvalue="", formula="of:=[.#REF!]"), i
    ), at(t.line(i), heading)


def _empty_row(columns: int, rows: int) -> Element:
    row = TableRow(numberrowsrepeated=rows)
    row.addElement(TableCell(numbercolumnsrepeated=columns))
    return row


@sound("workbooks", "gains", "ofsted", "members")
def open_document_padded_to_its_end(t: Sheet, r: Random) -> Any:
    table = ods_table("Sheet1", native(t))
    for row in list(table.childNodes):
        row.addElement(TableCell(numbercolumnsrepeated=16000))
    table.addElement(_empty_row(16384, 1048000))
    return f"{t.table}.ods", ods_of(table)


@sound("workbooks", "ofsted", "gains")
def open_document_repeated_cells(t: Sheet, r: Random) -> Any:
    """Equal neighbours are written once, as LibreOffice does."""
    table = Table(name="Sheet1")
    for values in native(t):
        row, j = TableRow(), 0
        while j < len(values):
            k = j
            while k < len(values) and values[k] == values[j]:
                k += 1
            cell = ods_cell(values[j])
            cell.setAttribute("numbercolumnsrepeated", k - j)
            row.addElement(cell)
            j = k
        table.addElement(row)
    return f"{t.table}.ods", ods_of(table)


@sound("workbooks", "gains")
def open_document_blank_rows_repeated(t: Sheet, r: Random) -> Any:
    table = ods_table("Sheet1", [["Gains of the groups"]])
    table.addElement(_empty_row(7, 5))
    for row in list(ods_table("x", native(t)).childNodes):
        table.addElement(row)
    return "gains.ods", ods_of(table)


@spoilt("workbooks", "gains")
def open_document_fault_below_repeated_rows(t: Sheet, r: Random) -> Any:
    i = t.some(r, "ks2_1")
    t.put(i, "ks2_1", "12,", "12,")
    table = ods_table("Sheet1", [["Gains of the groups"]])
    table.addElement(_empty_row(7, 5))
    for row in list(ods_table("x", native(t)).childNodes):
        table.addElement(row)
    return ("gains.ods", ods_of(table)), at(i + 8, "ks2_1")


@spoilt("workbooks", "gains", "ofsted")
def open_document_row_repeated(t: Sheet, r: Random) -> Any:
    """One row that stands a thousand times is a name a thousand times."""
    table = ods_table("Sheet1", native(t))
    table.childNodes[3].setAttribute("numberrowsrepeated", 1000)
    return (f"{t.table}.ods", ods_of(table)), at(range(4, 1004))


@spoilt("workbooks", "gains", "ofsted")
def open_document_that_fills_memory(t: Sheet, r: Random) -> Any:
    table = ods_table("Sheet1", native(t))
    row = TableRow(numberrowsrepeated=1000000)
    cell = TableCell(numbercolumnsrepeated=16384, valuetype="string")
    cell.addElement(P(text="x"))
    row.addElement(cell)
    table.addElement(row)
    return (f"{t.table}.ods", ods_of(table)), at(ANY)


@sound("workbooks", "funding")
def open_document_merged_areas(t: Sheet, r: Random) -> Any:
    order = sorted(range(len(t)), key=lambda i: (t.rows[i]["area"], i))
    t.cells, t.rows = [t.cells[i] for i in order], [t.rows[i] for i in order]
    cells = native(t)
    start = 1
    for i in range(2, len(cells) + 1):
        if i == len(cells) or t.cells[i - 1][0] != t.cells[start - 1][0]:
            cells[start][0] = typed("string", t.cells[start - 1][0], numberrowsspanned=i - start,
                                    numbercolumnsspanned=1)  # fmt: skip
            start = i
    table = Table(name="Sheet1")
    for values in cells:
        row = TableRow()
        head = values[0] if not isinstance(values[0], str) or values is cells[0] else None
        row.addElement(CoveredTableCell() if head is None else ods_cell(head))
        for value in values[1:]:
            row.addElement(ods_cell(value))
        table.addElement(row)
    return "funding.ods", ods_of(table)


@sound("workbooks", "gains", "ofsted")
def open_document_annotations(t: Sheet, r: Random) -> Any:
    cells = native(t)
    for i, j in ((1, 0), (2, 2)):
        cell = ods_cell(cells[i][j])
        note = Annotation()
        note.addElement(Creator(text="Someone"))
        note.addElement(P(text="9 or 99?"))
        cell.insertBefore(note, cell.firstChild)
        cells[i][j] = cell
    return ods(t, cells)


@sound("workbooks", "gains", "funding")
def open_document_rich_text(t: Sheet, r: Random) -> Any:
    i, j = r.randrange(len(t)), t.at(NAME[t.table])
    t.rows[i]["collaboration"] = "Mill Marsh Hub of  Schools"
    cell = TableCell(valuetype="string")
    paragraph = P(text="Mill ")
    paragraph.addElement(Span(text="Marsh"))
    paragraph.addElement(LineBreak())
    paragraph.addText("Hub of")
    paragraph.addElement(S(c=2))
    paragraph.addText("Schools")
    cell.addElement(paragraph)
    cells = native(t)
    cells[i + 1][j] = cell
    return ods(t, cells)


@sound("workbooks", "gains")
def open_document_name_in_two_paragraphs(t: Sheet, r: Random) -> Any:
    i = r.randrange(len(t))
    t.rows[i]["collaboration"] = "Mill Marsh Hub"
    cell = TableCell(valuetype="string")
    cell.addElement(P(text="Mill Marsh"))
    cell.addElement(P(text="Hub"))
    cells = native(t)
    cells[i + 1][0] = cell
    return ods(t, cells)


@sound("workbooks", "gains", "ofsted")
def open_document_hidden_draft_first(t: Sheet, r: Random) -> Any:
    cells = native(t)
    for row in cells[1:]:
        row[1] = row[1] + 3 if isinstance(row[1], int | float) else row[1]
    document_style = Style(name="ta9", family="table")
    document_style.addElement(TableProperties(display="false"))
    old = ods_table("Draft", cells, stylename=document_style)
    data = ods_of(old, ods_table("Sheet1", native(t)))
    parts = parts_of(data)
    content = bytes(parts["content.xml"])  # type: ignore[arg-type]
    style = (
        b'<style:style style:name="ta9" style:family="table">'
        b'<style:table-properties table:display="false"/></style:style>'
    )
    if b"office:automatic-styles/>" in content:
        content = content.replace(
            b"<office:automatic-styles/>",
            b"<office:automatic-styles>" + style + b"</office:automatic-styles>",
        )
    else:
        content = content.replace(b"</office:automatic-styles>", style
                                  + b"</office:automatic-styles>")  # fmt: skip
    assert b'display="false"' in content
    return f"{t.table}.ods", zipped({**parts, "content.xml": content}, ["mimetype"])


@sound("workbooks", "ofsted")
def open_document_notes_first(t: Sheet, r: Random) -> Any:
    notes = ods_table("Notes", [["What this is"], ["Returns of the groups"]])
    return "ofsted.ods", ods_of(notes, ods_table("Data", native(t)))


@spoilt("workbooks", "gains")
def open_document_cut_short(t: Sheet, r: Random) -> Any:
    name, data = ods(t)
    return (name, data[: len(data) // 2]), FILE


@spoilt("workbooks", "funding")
def open_document_without_content(t: Sheet, r: Random) -> Any:
    name, data = ods(t)
    parts = parts_of(data)
    del parts["content.xml"]
    return (name, zipped(parts)), FILE


@spoilt("workbooks", "members")
def open_document_with_password(t: Sheet, r: Random) -> Any:
    name, data = ods(t)
    parts = parts_of(data)
    manifest = bytes(parts["META-INF/manifest.xml"])  # type: ignore[arg-type]
    entry = (
        b'<manifest:file-entry manifest:full-path="content.xml" manifest:size="99" '
        b'manifest:media-type="text/xml"><manifest:encryption-data manifest:checksum="x"/>'
        b"</manifest:file-entry></manifest:manifest>"
    )
    parts["META-INF/manifest.xml"] = manifest.replace(b"</manifest:manifest>", entry)
    parts["content.xml"] = r.randbytes(4000)
    return (name, zipped(parts)), FILE


@either("workbooks", "ofsted")
def open_document_hidden_rows(t: Sheet, r: Random) -> Any:
    table = ods_table("Sheet1", native(t))
    table.childNodes[3].setAttribute("visibility", "collapse")
    return ("ofsted.ods", ods_of(table)), at({None, 4})
