"""Makers of files as councils send them: workbooks written part by part, sound or hostile."""

from __future__ import annotations

import io
import random
import struct
import zipfile
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
TYPES = "http://schemas.openxmlformats.org/package/2006/content-types"
_KIND = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_KINDS = "".join(
    f'<Override PartName="/xl/{part}.xml" ContentType="{_KIND}.{kind}+xml"/>'
    for part, kind in (
        ("workbook", "sheet.main"),
        ("worksheets/sheet1", "worksheet"),
        ("styles", "styles"),
        ("sharedStrings", "sharedStrings"),
    )
)
ODF = "urn:oasis:names:tc:opendocument:xmlns:"
LAUGHS = (
    '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">'
    '<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;"><!ENTITY d "&c;&c;&c;&c;&c;&c;&c;&c;">]>'
)
STEAL = '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>'
Parts = dict[str, bytes | str]


def packed(parts: Mapping[str, bytes | str], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """Return a zip file of the parts."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", method) as archive:
        for name, content in parts.items():
            archive.writestr(zipfile.ZipInfo(name, (2014, 3, 1, 0, 0, 0)), content, method)
    return made.getvalue()


def cell(name: str, value: object, kind: str = "n", style: int = 0, formula: str = "") -> str:
    """Return a cell of a sheet as XML; None for a value leaves it out."""
    inside = f"<f>{formula}</f>" if formula else ""
    inside += "" if value is None else f"<v>{value}</v>"
    return f'<c r="{name}" s="{style}" t="{kind}">{inside}</c>'


def text(name: str, value: str) -> str:
    """Return a cell with a text of its own."""
    return f'<c r="{name}" t="inlineStr"><is><t xml:space="preserve">{value}</t></is></c>'


def row(number: int, *cells: str, more: str = "") -> str:
    return f'<row r="{number}" {more}>{"".join(cells)}</row>'


def sheet(rows: str, before: str = "", after: str = "", doctype: str = "") -> str:
    """Return a worksheet part."""
    inside = f"{before}<sheetData>{rows}</sheetData>{after}"
    return f'<?xml version="1.0"?>{doctype}<worksheet xmlns="{MAIN}">{inside}</worksheet>'


def styles(*codes: str) -> str:
    """Return a styles part: style 0 is General, then one a format code."""
    formats = "".join(
        f'<numFmt numFmtId="{164 + i}" formatCode="{code}"/>' for i, code in enumerate(codes)
    )
    xfs = "".join(f'<xf numFmtId="{164 + i}"/>' for i in range(len(codes)))
    formats = f"<numFmts>{formats}</numFmts><fonts><font/></fonts>"
    formats += "<fills><fill><patternFill/></fill></fills><borders><border/></borders>"
    xfs = f'<cellStyleXfs><xf/></cellStyleXfs><cellXfs><xf numFmtId="0"/>{xfs}</cellXfs>'
    named = '<cellStyles><cellStyle name="Normal" xfId="0"/></cellStyles>'
    inside = f"{formats}{xfs}{named}"
    return f'<styleSheet xmlns="{MAIN}">{inside}</styleSheet>'


def relations(*pairs: tuple[str, str]) -> str:
    """Return a part of relations: kind and target of each, with the ids r1, r2, ..."""
    inside = "".join(
        f'<Relationship Id="r{i}" Type="{OFFICE}/{kind}" Target="{target}"/>'
        for i, (kind, target) in enumerate(pairs, start=1)
    )
    return f'<Relationships xmlns="{PACKAGE}">{inside}</Relationships>'


def book(
    sheets: Mapping[str, str],
    codes: tuple[str, ...] = (),
    strings: str = "",
    states: Mapping[str, str] | None = None,
    names: str = "",
    options: str = "",
) -> Parts:
    """Return the parts of an .xlsx workbook; `sheets` from name to worksheet part."""
    states = states or {}
    listed = "".join(
        f'<sheet name="{name}" sheetId="{i}" state="{states.get(name, "visible")}" r:id="r{i}"/>'
        for i, name in enumerate(sheets, start=1)
    )
    targets = [("worksheet", f"worksheets/sheet{i}.xml") for i in range(1, len(sheets) + 1)]
    targets += [("styles", "styles.xml"), ("sharedStrings", "sharedStrings.xml")]
    parts: Parts = {
        "[Content_Types].xml": f'<Types xmlns="{TYPES}">{_KINDS}</Types>',
        "_rels/.rels": relations(("officeDocument", "xl/workbook.xml")),
        "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}">{options}'
        f"<sheets>{listed}</sheets>{names}</workbook>",
        "xl/_rels/workbook.xml.rels": relations(*targets),
        "xl/styles.xml": styles(*codes),
        "xl/sharedStrings.xml": f'<sst xmlns="{MAIN}">{strings}</sst>',
    }
    for (_, target), part in zip(targets, sheets.values(), strict=False):
        parts[f"xl/{target}"] = part
    return parts


def xlsx(
    rows: str, codes: tuple[str, ...] = (), more: Parts | None = None, after: str = ""
) -> bytes:
    """Return an .xlsx workbook of one sheet, with more parts or other ones."""
    return packed({**book({"Data": sheet(rows, after=after)}, codes), **(more or {})})


def ods_cell(shown: str, kind: str = "string", more: str = "") -> str:
    return (
        f'<table:table-cell office:value-type="{kind}" {more}><text:p>{shown}</text:p>'
        "</table:table-cell>"
    )


def ods_row(*cells: str, more: str = "") -> str:
    return f"<table:table-row {more}>{''.join(cells)}</table:table-row>"


def ods(
    tables: str, styles: str = "", doctype: str = "", more: Parts | None = None, wrap: bool = True
) -> bytes:
    """Return an .ods workbook of one table with the rows given, or of whole tables."""
    spaces = " ".join(
        f'xmlns:{name}="{ODF}{name}:1.0"' for name in ("office", "table", "text", "style", "draw")
    )
    calc = "urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0"
    tables = f'<table:table table:name="Data">{tables}</table:table>' if wrap else tables
    content = (
        f'{doctype}<office:document-content {spaces} xmlns:calcext="{calc}">'
        f"<office:automatic-styles>{styles}</office:automatic-styles><office:body>"
        f"<office:spreadsheet>{tables}</office:spreadsheet></office:body>"
        "</office:document-content>"
    )
    kind = "application/vnd.oasis.opendocument.spreadsheet"
    manifest = "<manifest/>"
    parts: Parts = {"mimetype": kind, "content.xml": content, "META-INF/manifest.xml": manifest}
    return packed({**parts, **(more or {})})


ONE = row(1, text("A1", "name"), text("B1", "n"))
SOUND = ONE + row(2, text("A2", "Ash"), cell("B2", 5))


def zip_bomb() -> bytes:
    """Return a workbook of 180 kB that grows to 180 MB."""
    return xlsx(SOUND, more={"xl/worksheets/sheet1.xml": b" " * 180_000_000})


def many_bombs() -> bytes:
    """Return a workbook of parts each small enough, but not together."""
    return xlsx(SOUND, more={f"xl/media/{i}.bin": b"\0" * 4_900_000 for i in range(90)})


def lying_size() -> bytes:
    """Return a workbook whose list of parts says that a large sheet is small."""
    data = bytearray(xlsx(SOUND, more={"xl/worksheets/sheet1.xml": sheet(SOUND + " " * 900_000)}))
    at = data.find(b"PK\x01\x02")
    while at >= 0:
        if data[at + 46 : at + 70] == b"xl/worksheets/sheet1.xml":
            data[at + 24 : at + 28] = (300).to_bytes(4, "little")
        at = data.find(b"PK\x01\x02", at + 4)
    return bytes(data)


def many_parts() -> bytes:
    """Return a zip file whose list has 60,000 parts."""
    return packed({f"xl/{i}": "" for i in range(60_000)}, zipfile.ZIP_STORED)


def overlapping() -> bytes:
    """Return a zip file in which all parts are one and the same bytes."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    content = packer.compress(b"0" * 1_000_000) + packer.flush()
    crc = zlib.crc32(b"0" * 1_000_000)
    sizes = (0, 8, 0, 33, crc, len(content), 1_000_000, 6, 0)
    body = b"PK\x03\x04" + struct.pack("<HHHHHIIIHH", 20, *sizes) + b"000000" + content
    listed = b"".join(
        b"PK\x01\x02"
        + struct.pack("<HHHHHHIIIHHHHHII", 20, 20, *sizes, 0, 0, 0, 0, 0)
        + f"{i:06}".encode()
        for i in range(300)
    )
    end = struct.pack("<HHHHIIH", 0, 0, 300, 300, len(listed), len(body), 0)
    return body + listed + b"PK\x05\x06" + end


def locked_zip() -> bytes:
    """Return a workbook whose parts say that they are encrypted."""
    data = bytearray(xlsx(SOUND))
    for mark, at in ((b"PK\x01\x02", 8), (b"PK\x03\x04", 6)):
        found = data.find(mark)
        while found >= 0:
            data[found + at] |= 1
            found = data.find(mark, found + 4)
    return bytes(data)


def twice_named() -> bytes:
    """Return a workbook with two sheets of one name, of which readers take one or the other."""
    made = io.BytesIO(xlsx(SOUND))
    with zipfile.ZipFile(made, "a") as archive:
        archive.writestr("XL/worksheets/sheet1.xml", sheet(row(1, text("A1", "other"))))
    return made.getvalue()


def deep() -> bytes:
    """Return a workbook whose sheet is a million elements deep."""
    return xlsx(SOUND, more={"xl/worksheets/sheet1.xml": "<a>" * 1_000_000})


def long_word() -> bytes:
    """Return a workbook with an attribute of 30 MB, which parsers read again and again."""
    noise = random.Random(1).randbytes(15_000_000).hex()
    return xlsx(SOUND + f'<row r="3" a="{noise}"/>')


def long_text() -> bytes:
    """Return a workbook in which half a million cells share a text of 30,000 letters."""
    rows = "".join(row(i, cell(f"A{i}", 0, "s")) for i in range(1, 500_000))
    return packed(book({"Data": sheet(rows)}, strings=f"<si><t>{'a' * 30_000}</t></si>"))


def ole(*names: str) -> bytes:
    """Return the beginning of an OLE2 file with streams of these names."""
    listed = b"".join(name.encode("utf-16-le").ljust(128, b"\0") for name in names)
    return b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 504 + listed.ljust(1024, b"\0")


SIGN_IN = (
    b"\r\n<!-- portal --><!DOCTYPE html>\n<html><head><title>Sign in</title></head><body>"
    b'<form action="/login"><input type="password"></form></body></html>'
)
HTML_TABLE = b"<html><body><table><tr><td>name</td><td>n</td></tr></table></body></html>"
XML_2003 = (
    b'<?xml version="1.0"?><?mso-application progid="Excel.Sheet"?>'
    b'<Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"></Workbook>'
)
# Files that are no table: content, code of the refusal, a word of what is found.
NO_TABLES: dict[str, tuple[bytes, str, str]] = {
    "empty.csv": (b"", "file", "empty"),
    "blank.csv": (b" \r\n\t\r\n", "file", "no text"),
    "mark.csv": (b"\xef\xbb\xbf", "file", "no text"),
    "old.xls": (ole("Root Entry", "Workbook"), "kind", "old Excel"),
    "locked.xlsx": (ole("EncryptionInfo", "EncryptedPackage"), "locked", "password"),
    "report.doc": (ole("WordDocument"), "kind", "Word"),
    "signin.csv": (SIGN_IN, "kind", "sign in"),
    "signin16.csv": (SIGN_IN.decode().encode("utf-16"), "kind", "sign in"),
    "table.xls": (HTML_TABLE, "kind", "web page with a table"),
    "frames.xls": (b"<html><frameset></frameset></html>", "kind", "web page"),
    "one.mht": (b"MIME-Version: 1.0\nContent-Type: text/html", "kind", "mht"),
    "2003.xml": (XML_2003, "kind", "one XML file"),
    "feed.xml": (b'<?xml version="1.0"?><rss/>', "kind", "XML"),
    "answer.csv": (b'{"error": "denied"}', "kind", "JSON"),
    "paper.pdf": (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", "kind", "PDF"),
    "junk.pdf": (b"\n\n%PDF-1.4\n", "kind", "PDF"),
    "table.csv.gz": (b"\x1f\x8b\x08" + b"\0" * 30, "kind", "gz"),
    "table.7z": (b"7z\xbc\xaf\x27\x1c\0\0", "kind", "7z"),
    "scan.png": (b"\x89PNG\r\n\x1a\n\0\0", "kind", "image"),
    "scan.jpg": (b"\xff\xd8\xff\xe0\0\x10JFIF", "kind", "image"),
    "scan.bmp": (b"BM\x0c\0\0\0\0\0\0\0\x1a\0", "kind", "image"),
    "scan.heic": (b"\0\0\0\x18ftypheic", "kind", "image"),
    "letter.rtf": (b"{\\rtf1\\ansi Dear all}", "kind", "rich"),
    "data.parquet": (b"PAR1\x15\x04", "kind", "Parquet"),
    "data.tar": (b"a.csv".ljust(257, b"\0") + b"ustar\0" + b"\0" * 300, "kind", "tar"),
}
# Zip files that are refused: how made, code of the refusal, a word of what is found.
REFUSED: dict[str, tuple[Callable[[], bytes], str, str]] = {
    "bomb": (zip_bomb, "unsafe", "grows"),
    "bombs": (many_bombs, "unsafe", "in all"),
    "lying": (lying_size, "damaged", "sheet1.xml"),
    "parts": (many_parts, "unsafe", "parts"),
    "overlap": (overlapping, "unsafe", "overlaps"),
    "locked": (locked_zip, "locked", "password"),
    "twice": (twice_named, "unsafe", "two parts"),
    "deep": (deep, "unsafe", "deep"),
    "text": (long_text, "size", "letters"),
    "upwards": (lambda: xlsx(SOUND, more={"../../x": "y"}), "unsafe", "name"),
    "rooted": (lambda: xlsx(SOUND, more={"/etc/x": "y"}), "unsafe", "name"),
    "lzma": (lambda: packed(book({"D": sheet(SOUND)}), zipfile.ZIP_LZMA), "unsafe", "method"),
    "laughs": (
        lambda: xlsx("", more={"xl/worksheets/sheet1.xml": sheet(SOUND, doctype=LAUGHS)}),
        *("unsafe", "DOCTYPE"),
    ),
    "laughs in texts": (
        lambda: xlsx(SOUND, more={"xl/sharedStrings.xml": LAUGHS + "<sst>&d;</sst>"}),
        *("unsafe", "DOCTYPE"),
    ),
    "laughs in UTF-16": (
        lambda: xlsx(SOUND, more={"xl/workbook.xml": (LAUGHS + "<x>&d;</x>").encode("utf-16")}),
        *("unsafe", "DOCTYPE"),
    ),
    "laughs in ods": (lambda: ods(ods_row(ods_cell("&d;")), doctype=LAUGHS), "unsafe", "DOCTYPE"),
    "stolen": (lambda: ods(ods_row(ods_cell("&a;")), doctype=STEAL), "unsafe", "DOCTYPE"),
    "macros": (lambda: xlsx(SOUND, more={"xl/vbaProject.bin": b"\1"}), "macros", "macros"),
    "old macros": (
        lambda: xlsx(SOUND, more={"xl/macrosheets/sheet1.xml": "<x/>"}),
        *("macros", "macros"),
    ),
    "ods macros": (
        lambda: ods(ods_row(ods_cell("a")), more={"Basic/Standard/x.xml": "<x/>"}),
        *("macros", "macros"),
    ),
    "ods locked": (
        lambda: ods("", more={"META-INF/manifest.xml": "<manifest:encryption-data/>"}),
        *("locked", "password"),
    ),
    "word": (lambda: packed({"[Content_Types].xml": "", "word/document.xml": ""}), "kind", "Word"),
    "binary": (lambda: packed({"xl/workbook.bin": b"\0"}), "kind", "xlsb"),
    "numbers": (lambda: packed({"Index/Document.iwa": b"\0"}), "kind", "Numbers"),
    "odt": (
        lambda: packed({"mimetype": "application/vnd.oasis.opendocument.text"}),
        *("kind", "opendocument.text"),
    ),
    "csv in zip": (lambda: packed({"funding.csv": "a,b\n"}), "kind", "funding.csv"),
    "xlsx in zip": (lambda: packed({"funding.xlsx": xlsx(SOUND)}), "kind", "funding.xlsx"),
    "empty zip": (lambda: packed({}), "kind", "nothing"),
    "no sheet": (lambda: packed({"[Content_Types].xml": "<Types/>"}), "damaged", "workbook.xml"),
    "no cell": (lambda: xlsx(""), "file", "without a filled cell"),
    "zip mark": (lambda: b"PK\x03\x04" + b"\0" * 50, "damaged", "list of parts"),
}
FAR_CELLS: dict[str, Callable[[], bytes]] = {
    "xlsx": lambda: xlsx(ONE + row(1_048_576, cell("XFD1048576", 1))),
    "ods": lambda: ods(
        ods_row(ods_cell("a", more='table:number-columns-repeated="16384"'))
        + ods_row(ods_cell("b"), more='table:number-rows-repeated="1048570"')
    ),
    "ods down": lambda: ods(
        ods_row(ods_cell("a"), more='table:number-rows-repeated="1048576"')
        + ods_row(ods_cell("b"), more='table:number-rows-repeated="99999999999"')
    ),
}


def written(folder: Path, name: str, data: bytes | str) -> Path:
    """Write a file and return its path."""
    path = folder / name
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return path
