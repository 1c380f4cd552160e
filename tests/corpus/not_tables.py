"""Bytes: files that are no table, half a table, or something under a table's name."""

from __future__ import annotations

import gzip
import io
import json
import zipfile
from random import Random

from .cases import ANY, FILE, NAME, at, either, sound, spoilt
from .sheets import CONTINUING, FIRST, PERCENT, Sheet
from .text import joined, plain, split

SIGN_IN = """<!DOCTYPE html>
<html lang="en"><head><title>Sign in</title></head>
<body><form action="/login" method="post"><label>Email, password</label><input name="user">
</form></body></html>
"""
PDF = (b"%PDF-1.4\n1 0 obj\n<< /Type /Catalog /Pages 2 0 R >>\nendobj\n2 0 obj\n<< /Type /Pages"
       b" /Kids [] /Count 0 >>\nendobj\ntrailer\n<< /Root 1 0 R >>\n%%EOF\n")  # fmt: skip
PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00"
POINTER = """version https://git-lfs.github.com/spec/v1
oid sha256:{}
size 48213
"""
FORMS = ("gains", "ofsted", "funding", "schools", "members")


def _zipped(name: str, data: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, data)
    return out.getvalue()


NO_TABLES = {
    "nothing": b"",
    "mark-only": b"\xef\xbb\xbf",
    "white-space-only": b" \n\n \t\r\n",
    "commas-only": b",,,,,,\n" * 4,
    "pdf": PDF,
    "png": PNG + bytes(range(256)) * 8,
    "sign-in-page": SIGN_IN.encode(),
    "pointer": POINTER.format("ab" * 32).encode(),
    "error-in-words": b"503 Service Unavailable: the server is busy, try again later\n",
    "rich-text": rb"{\rtf1\ansi\deff0 {\fonttbl {\f0 Arial;}} \f0 Gains of the groups \par}",
    "a-line-of-5-mb": b"x" * 5_000_000,
    "nul-bytes-only": bytes(10_000),
    "one-quote": b'"',
}
for _n, (_label, _data) in enumerate(NO_TABLES.items()):

    @spoilt("bytes", FORMS[_n % 5], label=_label)
    def no_table(t: Sheet, r: Random, data: bytes = _data) -> object:
        return data, FILE if data[:1] not in b" ," else at(ANY)


@spoilt("bytes", "gains", "members")
def noise(t: Sheet, r: Random) -> object:
    return r.randbytes(20_000), at(ANY)


@either("bytes", "ofsted")
def compressed(t: Sheet, r: Random) -> object:
    return gzip.compress(plain(t).encode()), FILE


@either("bytes", "funding")
def in_a_zip_archive(t: Sheet, r: Random) -> object:
    return ("funding.zip", _zipped("funding.csv", plain(t).encode())), FILE


@either("bytes", "gains")
def records_in_json(t: Sheet, r: Random) -> object:
    records = [dict(zip(t.header, row, strict=True)) for row in t.cells]
    return json.dumps(records), FILE


@spoilt("bytes", "gains", "funding", "members", "dfe")
def only_the_heading(t: Sheet, r: Random) -> object:
    return split(t)[0] + "\n", at({None, 1, 2})


@spoilt("bytes", "ofsted", "funding")
def no_heading(t: Sheet, r: Random) -> object:
    return joined(split(t)[1:]), FILE


@spoilt("bytes", "gains", "funding")
def the_table_of_another_name(t: Sheet, r: Random) -> object:
    text = "urn,collaboration,joined,left\n118234,Willow Hub,2012-09-01,\n"
    return text, FILE


@spoilt("bytes", "gains")
def a_file_that_is_not_there(t: Sheet, r: Random) -> object:
    return ("absent.csv", None), FILE


@spoilt("bytes", "ofsted", "members")
def cut_within_a_row(t: Sheet, r: Random) -> object:
    text = plain(t).rstrip("\n")
    keep = text.rindex(",", 0, text.rindex(","))
    return text[: keep - (t.table == "ofsted")], at(t.last)


@spoilt("bytes", "ofsted")
def cut_within_the_last_number(t: Sheet, r: Random) -> object:
    i = len(t) - 1
    t.put(i, PERCENT, t.cells[i][-1][:1])
    return plain(t).rstrip("\n"), at(t.last, PERCENT)


@spoilt("bytes", "funding")
def cut_within_the_last_word(t: Sheet, r: Random) -> object:
    t.put(len(t) - 1, CONTINUING, "Ye")
    return plain(t).rstrip("\n"), at(t.last, CONTINUING)


@spoilt("bytes", "funding")
def cut_within_a_quoted_amount(t: Sheet, r: Random) -> object:
    i = len(t) - 1
    t.put(i, FIRST, "£42,000")
    text = plain(t)
    return text[: text.rindex('"£42') + 4], at(t.last)


@spoilt("bytes", "schools")
def cut_within_the_last_score(t: Sheet, r: Random) -> object:
    i = len(t) - 1
    t.put(i, "ks2_reading_score", "10")
    return plain(t).rstrip("\n"), at(t.last, "ks2_reading_score")


@spoilt("bytes", "gains", "ofsted", "funding")
def garbage_after_the_end(t: Sheet, r: Random) -> object:
    return plain(t).encode() + b"\x9d\x81\x8f\xff\xfe\x00PK\x03\x04" + r.randbytes(60), at(ANY)


@spoilt("bytes", "ofsted", "gains")
def marks_of_a_merge_conflict(t: Sheet, r: Random) -> object:
    made = split(t)
    middle = len(made) // 2
    marked = ["<<<<<<< HEAD", made[middle], "=======", made[middle], ">>>>>>> other"]
    return joined([*made[:middle], *marked, *made[middle + 1 :]]), at(
        {middle + 1, middle + 3, middle + 4, middle + 5}
    )


@spoilt("bytes", "gains")
def a_page_after_half_of_the_table(t: Sheet, r: Random) -> object:
    made = split(t)[: len(t) // 2 + 1]
    return joined(made) + SIGN_IN, at(range(len(made) + 1, len(made) + 7))


@sound("bytes", "gains", "funding")
def commas_behind_every_row(t: Sheet, r: Random) -> str:
    return joined(line + "," * 40 for line in split(t))


@either("bytes", "gains")
def commas_as_far_as_a_sheet_goes(t: Sheet, r: Random) -> object:
    return joined(line + "," * 1000 for line in split(t)), FILE


@sound("bytes", "ofsted", "members")
def rows_of_commas_below(t: Sheet, r: Random) -> str:
    return plain(t) + ("," * (len(t.header) - 1) + "\n") * 2000


@either("bytes", "ofsted")
def a_sheet_in_xml(t: Sheet, r: Random) -> object:
    rows = "".join(
        "<Row>" + "".join(f"<Cell><Data>{c.replace('&', '&amp;')}</Data></Cell>" for c in row)
        + "</Row>" for row in t.printed()
    )  # fmt: skip
    head = '<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet">'
    return ("ofsted.xml", f"{head}<Worksheet><Table>{rows}</Table></Worksheet></Workbook>"), FILE


FILE_NAMES = ["=cmd.csv", "gains; rm -rf x.csv", "ünïcode \u202evsc.csv", "$(touch x).csv",
              "--json",
              "gains.CSV", "gains.data", "a" * 200 + ".csv"]  # fmt: skip
for _n, _name in enumerate(FILE_NAMES):

    @sound("bytes", "gains", label=str(_n + 1))
    def name_of_a_file(t: Sheet, r: Random, name: str = _name) -> tuple[str, str]:
        return name, plain(t)


@sound("bytes", "funding", "gains")
def a_name_of_a_hundred_and_fifty_letters(t: Sheet, r: Random) -> str:
    i = r.randrange(len(t))
    name = "The " + "Very " * 28 + "Long Hub"
    t.put(i, NAME[t.table], name, name)
    return plain(t)
