"""Workbooks by hand: broken, hostile, or odd in ways that no library writes."""

from __future__ import annotations

import itertools
import re
from random import Random
from typing import Any

from .books import (
    MAIN,
    bomb,
    by_hand,
    cell_by_hand,
    fill,
    native,
    parts_of,
    rows_by_hand,
    xlsx,
    zipped,
)
from .cases import ANY, FILE, NAME, Sparse, at, either, sound, spoilt
from .sheets import OneOf, Sheet
from .text import plain

COMPOUND = bytes.fromhex("d0cf11e0a1b11ae1") + bytes(16) + bytes.fromhex("3e000300feff0900")


def _named(t: Sheet, data: bytes, ending: str = "xlsx") -> tuple[str, bytes]:
    return f"{t.table}.{ending}", data


@sound("workbooks", "gains", "ofsted", "funding")
def as_little_as_the_format_asks(t: Sheet, r: Random) -> Any:
    return _named(t, by_hand(rows_by_hand(native(t))))


@sound("workbooks", "ofsted", "gains")
def a_dimension_that_is_wrong(t: Sheet, r: Random) -> Any:
    return _named(t, by_hand(rows_by_hand(native(t)), before='<dimension ref="A1"/>'))


@either("workbooks", "ofsted")
def a_dimension_of_the_whole_sheet(t: Sheet, r: Random) -> Any:
    before = '<dimension ref="A1:XFD1048576"/>'
    return _named(t, by_hand(rows_by_hand(native(t)), before=before)), at(ANY)


@sound("workbooks", "ofsted", "gains")
def cells_without_their_addresses(t: Sheet, r: Random) -> Any:
    cells = [[" " if value is None else value for value in row] for row in native(t)]
    rows = [re.sub(r' r="\w+"', "", row) for row in rows_by_hand(cells)]
    return _named(t, by_hand(rows))


@either("workbooks", "gains")
def rows_out_of_order(t: Sheet, r: Random) -> Any:
    rows = rows_by_hand(native(t))
    rows[2], rows[4] = rows[4], rows[2]
    return _named(t, by_hand(rows)), at(ANY)


@either("workbooks", "ofsted")
def an_address_twice(t: Sheet, r: Random) -> Any:
    rows = rows_by_hand(native(t))
    rows[3] = rows[3].replace("</row>", '<c r="D4"><v>9</v></c></row>')
    return _named(t, by_hand(rows)), at({None, 4})


@sound("workbooks", "gains", "funding")
def names_of_several_runs(t: Sheet, r: Random) -> Any:
    j = t.at(NAME[t.table])
    rows = rows_by_hand(native(t))
    t.rows[1]["collaboration"] = "Mill Marsh Hub"
    inline = cell_by_hand(2, j, native(t)[2][j])
    runs = (f'<c r="{"ABC"[j]}3" t="inlineStr"><is><r><t xml:space="preserve">Mill </t></r><r><rPr>'
            "<b/></rPr><t>Marsh</t></r><r><t> Hub</t></r><rPh sb=\"0\" eb=\"1\"><t>MIRU</t></rPh>"
            "</is></c>")  # fmt: skip
    assert inline in rows[2]
    rows[2] = rows[2].replace(inline, runs)
    return _named(t, by_hand(rows).replace(b"</t></r><r><t> Hub", b"</t></r><r><t> Hub"))


@either("workbooks", "gains")
def escaped_control_characters(t: Sheet, r: Random) -> Any:
    t.put(1, "name", "Mill_x000D_Marsh Hub", OneOf(["Mill\rMarsh Hub", "Mill_x000D_Marsh Hub"]))
    return _named(t, by_hand(rows_by_hand(native(t)))), at(3, "name")


@spoilt("workbooks", "gains", "ofsted")
def a_shared_text_that_is_not_there(t: Sheet, r: Random) -> Any:
    rows = rows_by_hand(native(t))
    j = t.at(NAME[t.table])
    rows[2] = rows[2].replace(cell_by_hand(2, j, native(t)[2][j]), f'<c r="{"AB"[j]}3" t="s">'
                              "<v>99</v></c>")  # fmt: skip
    return _named(t, by_hand(rows)), at({None, 3})


@spoilt("workbooks", "ofsted", "gains")
def a_number_that_is_none(t: Sheet, r: Random) -> Any:
    heading = {"ofsted": "Good", "gains": "ks2_1"}[t.table]
    i = t.some(r, heading)
    rows = rows_by_hand(native(t))
    value = t.value(i, heading)
    where = f"{'ABCDE'[t.at(heading)]}{i + 2}"
    rows[i + 1] = rows[i + 1].replace(f'<c r="{where}"><v>{value}', f'<c r="{where}"><v>{value}x')
    return _named(t, by_hand(rows)), at(t.line(i), heading)


@spoilt("workbooks", "gains", "ofsted", "members")
def cut_short(t: Sheet, r: Random) -> Any:
    name, data = xlsx(t)
    return (name, data[: int(len(data) * r.uniform(0.3, 0.9))]), FILE


@spoilt("workbooks", "funding")
def a_sheet_that_is_not_there(t: Sheet, r: Random) -> Any:
    name, data = xlsx(t)
    parts = {k: v for k, v in parts_of(data).items() if "sheet1" not in k}
    return (name, zipped(parts)), FILE


@spoilt("workbooks", "gains", "ofsted")
def a_sheet_cut_within_a_row(t: Sheet, r: Random) -> Any:
    name, data = xlsx(t)
    parts = parts_of(data)
    sheet = parts["xl/worksheets/sheet1.xml"]
    return (name, zipped({**parts, "xl/worksheets/sheet1.xml": sheet[: len(sheet) * 2 // 3]})), (
        at(ANY)
    )


@spoilt("workbooks", "gains")
def laughs_by_the_billion(t: Sheet, r: Random) -> Any:
    names = "abcdefghij"
    entities = '<!ENTITY a "haha">' + "".join(
        f'<!ENTITY {y} "{f"&{x};" * 10}">' for x, y in itertools.pairwise(names)
    )
    t.put(1, "name", "LAUGH")
    data = by_hand(rows_by_hand(native(t)), top=f"<!DOCTYPE worksheet [{entities}]>")
    parts = parts_of(data)
    path = "xl/worksheets/sheet1.xml"
    name = t.rows[1]["collaboration"].replace("&", "&amp;")
    sheet = bytes(parts[path]).decode().replace(name, "&j;")  # type: ignore[arg-type]
    return _named(t, zipped({**parts, path: sheet})), at(ANY)


@spoilt("workbooks", "ofsted")
def a_file_named_by_an_entity(t: Sheet, r: Random) -> Any:
    name = t.rows[1]["collaboration"].replace("&", "&amp;")
    top = '<!DOCTYPE worksheet [<!ENTITY x SYSTEM "file:///etc/hostname">]>'
    parts = parts_of(by_hand(rows_by_hand(native(t)), top=top))
    path = "xl/worksheets/sheet1.xml"
    sheet = bytes(parts[path]).decode().replace(name, "&x;")  # type: ignore[arg-type]
    return _named(t, zipped({**parts, path: sheet})), at(ANY)


@spoilt("workbooks", "ofsted")
def a_bomb(t: Sheet, r: Random) -> Any:
    """A small file that unpacks to 300 megabytes of one sheet."""
    row = b'<row r="1"><c r="A1" t="inlineStr"><is><t>x</t></is></c></row>'
    start = f'<worksheet xmlns="{MAIN}"><sheetData>'.encode()
    parts = parts_of(by_hand([]))
    return _named(t, bomb(parts, "xl/worksheets/sheet1.xml", start, row * 16_000, 300)), at(ANY)


@spoilt("workbooks", "funding")
def a_bomb_in_the_shared_texts(t: Sheet, r: Random) -> Any:
    name, data = xlsx(t)
    start = f'<sst xmlns="{MAIN}"><si><t>'.encode()
    return (name, bomb(parts_of(data), "xl/sharedStrings.xml", start, b"A" * 2**20, 300)), at(ANY)


@either("workbooks", "gains", "funding")
def macros_inside(t: Sheet, r: Random) -> Any:
    parts = parts_of(xlsx(t)[1])
    kinds = bytes(parts["[Content_Types].xml"]).decode()  # type: ignore[arg-type]
    kinds = kinds.replace(
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml",
        "application/vnd.ms-excel.sheet.macroEnabled.main+xml",
    )
    parts.update({"[Content_Types].xml": kinds, "xl/vbaProject.bin": COMPOUND + bytes(2000)})
    return _named(t, zipped(parts), "xlsm"), FILE


@either("workbooks", "ofsted", "funding")
def links_to_another_book(t: Sheet, r: Random) -> Any:
    rows = rows_by_hand(native(t))
    heading = t.header[3]
    i = t.some(r, heading)
    rows[i + 1] = rows[i + 1].replace(f'<c r="D{i + 2}">', f'<c r="D{i + 2}"><f>[1]Old!$B$7</f>')
    link = f'<externalLink xmlns="{MAIN}"><externalBook/></externalLink>'
    data = by_hand(rows, more={"xl/externalLinks/externalLink1.xml": link})
    return _named(t, data), at({None, t.line(i)}, heading, None)


@sound("workbooks", "gains", "ofsted")
def formulas_of_all_kinds_with_values(t: Sheet, r: Random) -> Any:
    rows = rows_by_hand(native(t))
    shared = '<f t="shared" ref="{0}" si="0">1+1</f>'
    for i in range(2, 6):
        found = re.search(r'<c r="([C-G]\d+)">(?=<v>)', rows[i])
        assert found
        rows[i] = rows[i].replace(found[0], found[0] + shared.format(found[1]))
    return _named(t, by_hand(rows))


@spoilt("workbooks", "members", "gains")
def with_a_password(t: Sheet, r: Random) -> Any:
    body = "EncryptedPackage".encode("utf-16-le") + "EncryptionInfo".encode("utf-16-le")
    return _named(t, (COMPOUND + bytes(480) + body).ljust(8192, b"\0")), FILE


@spoilt("workbooks", "ofsted")
def an_old_book_named_xlsx(t: Sheet, r: Random) -> Any:
    body = "Workbook".encode("utf-16-le") + b"\x09\x08\x10\x00\x00\x06\x05\x00"
    return _named(t, (COMPOUND + bytes(480) + body).ljust(8192, b"\0")), FILE


@spoilt("workbooks", "gains")
def an_old_book(t: Sheet, r: Random) -> Any:
    body = "Workbook".encode("utf-16-le") + b"\x09\x08\x10\x00\x00\x06\x05\x00"
    return _named(t, (COMPOUND + bytes(480) + body).ljust(8192, b"\0"), "xls"), FILE


@either("workbooks", "gains", "funding")
def text_named_xlsx(t: Sheet, r: Random) -> Any:
    return _named(t, plain(t).encode()), FILE


@either("workbooks", "ofsted")
def text_named_xls(t: Sheet, r: Random) -> Any:
    return _named(t, plain(t).encode(), "xls"), FILE


@spoilt("workbooks", "members")
def a_page_named_xlsx(t: Sheet, r: Random) -> Any:
    return _named(t, b"<!DOCTYPE html><html><body>Please sign in</body></html>"), FILE


@spoilt("workbooks", "gains")
def an_archive_of_something_else(t: Sheet, r: Random) -> Any:
    return _named(t, zipped({"word/document.xml": "<w/>", "[Content_Types].xml": "<Types/>"})), FILE


@spoilt("workbooks", "gains", "ofsted")
def a_book_without_cells(t: Sheet, r: Random) -> Any:
    return xlsx(t, cells=[]), FILE


@spoilt("workbooks", "funding", "members")
def a_book_with_the_heading_only(t: Sheet, r: Random) -> Any:
    return xlsx(t, cells=[list(t.header)]), at({None, 1, 2})


@spoilt("workbooks", "gains")
def an_empty_file(t: Sheet, r: Random) -> Any:
    return _named(t, b""), FILE


@spoilt("workbooks", "gains")
def parts_with_names_that_climb(t: Sheet, r: Random) -> Any:
    parts = parts_of(xlsx(t)[1])
    sheet = parts.pop("xl/worksheets/sheet1.xml")
    rels = bytes(parts["xl/_rels/workbook.xml.rels"]).decode()  # type: ignore[arg-type]
    rels = re.sub(r'Target="[^"]*sheet1.xml"', 'Target="../../../../sheet1.xml"', rels)
    parts.update({"xl/_rels/workbook.xml.rels": rels, "../../../sheet1.xml": sheet})
    return _named(t, zipped(parts)), FILE


@either("workbooks", "gains")
def a_part_twice(t: Sheet, r: Random) -> Any:
    data = by_hand(rows_by_hand(native(t)), after="<!-- end -->")
    return _named(t, data + b"trailing bytes behind the archive"), FILE


@either("workbooks", "ofsted")
def strict_names_of_the_format(t: Sheet, r: Random) -> Any:
    parts = parts_of(by_hand(rows_by_hand(native(t))))
    strict = {
        name: bytes(data).decode()  # type: ignore[arg-type]
        .replace(MAIN, "http://purl.oclc.org/ooxml/spreadsheetml/main")
        .replace("http://schemas.openxmlformats.org/officeDocument/2006/relationships",
                 "http://purl.oclc.org/ooxml/officeDocument/relationships")
        for name, data in parts.items()
    }  # fmt: skip
    return _named(t, zipped(dict(strict))), FILE


@sound("workbooks", "gains", "ofsted")
def prefixes_before_the_tags(t: Sheet, r: Random) -> Any:
    parts = parts_of(by_hand(rows_by_hand(native(t))))
    path = "xl/worksheets/sheet1.xml"
    sheet = bytes(parts[path]).decode()  # type: ignore[arg-type]
    sheet = re.sub(r"<(/?)(worksheet|sheetData|row|c|v|is|t)(?=[ />])", r"<\1x:\2", sheet)
    return _named(t, zipped({**parts, path: sheet.replace("xmlns=", "xmlns:x=")}))


@either("workbooks", "gains", "ofsted")
def the_table_on_two_sheets(t: Sheet, r: Random) -> Any:
    """Half of the groups on each sheet: one half alone is not the table."""
    half = len(t) // 2
    cells = native(t)

    def change(book: Any, ws: Any) -> None:
        fill(book.create_sheet("N to Z"), [cells[0], *cells[half + 1 :]])

    return xlsx(t, change, cells[: half + 1]), at(ANY)


@either("workbooks", "gains")
def a_copy_of_the_table_on_another_sheet(t: Sheet, r: Random) -> Any:
    def change(book: Any, ws: Any) -> None:
        fill(book.create_sheet("Copy"), native(t))

    return xlsx(t, change), at(ANY)


@sound("workbooks", "ofsted", "gains")
def a_chart_and_sheets_with_odd_names(t: Sheet, r: Random) -> Any:
    def change(book: Any, ws: Any) -> None:
        book.create_chartsheet("Chart", 0)
        ws.title = "=1+1 <b>'&é"
        book.create_sheet("empty")

    return xlsx(t, change)


@sound("workbooks", "gains")
def two_hundred_empty_sheets(t: Sheet, r: Random) -> Any:
    def change(book: Any, ws: Any) -> None:
        for i in range(200):
            book.create_sheet(f"Empty {i}", 0)

    return xlsx(t, change)


@sound("workbooks", "gains", "ofsted")
def numbers_in_every_form_of_the_format(t: Sheet, r: Random) -> Any:
    rows = rows_by_hand(native(t))
    forms = [
        lambda v: f"{v}.0",
        lambda v: f"{v}E0",
        lambda v: f"{v / 10:.17g}E1".replace("E1", "E+1"),
    ]
    for i in range(1, len(rows)):
        rows[i] = re.sub(
            r"<v>(\d+)</v>", lambda m, i=i: f"<v>{forms[i % 3](int(m[1]))}</v>", rows[i]
        )
    return _named(t, by_hand(rows))


@sound("workbooks", "gains", "funding")
def empty_cells_that_are_there(t: Sheet, r: Random) -> Any:
    rows = rows_by_hand(native(t))
    for i, values in enumerate(native(t)):
        empty = "".join(f'<c r="{"ABCDEFG"[j]}{i + 1}"><v></v></c>' for j, v in enumerate(values)
                        if v is None)  # fmt: skip
        cells = re.findall(r"<c .*?</c>", rows[i] + empty)
        rows[i] = f'<row r="{i + 1}">' + "".join(sorted(cells, key=lambda c: c[6])) + "</row>"
    return _named(t, by_hand(rows))


@either("workbooks", "gains")
def sheets_in_utf_16(t: Sheet, r: Random) -> Any:
    parts = parts_of(by_hand(rows_by_hand(native(t))))
    path = "xl/worksheets/sheet1.xml"
    sheet = bytes(parts[path]).decode()  # type: ignore[arg-type]
    sheet = sheet.replace('version="1.0"', 'version="1.0" encoding="UTF-16"')
    return _named(t, zipped({**parts, path: sheet.encode("utf-16")})), FILE


@sound("workbooks", "schools")
def twelve_thousand_rows(t: Sheet, r: Random) -> Any:
    row, printed = t.rows[0], t.cells[0]
    t.cells = [[str(100001 + i), *printed[1:]] for i in range(12_000)]
    t.rows = [{**row, "urn": str(100001 + i)} for i in range(12_000)]
    return _named(t, by_hand(rows_by_hand(native(t))))


@spoilt("workbooks", "gains")
def a_gigabyte_named_xlsx(t: Sheet, r: Random) -> Any:
    return _named(t, Sparse(b"PK\x03\x04", 2**30)), FILE  # type: ignore[arg-type]


@spoilt("bytes", "funding")
def a_gigabyte_of_nothing(t: Sheet, r: Random) -> Any:
    return _named(t, Sparse(plain(t).encode(), 2**30), "csv"), at(ANY)  # type: ignore[arg-type]
