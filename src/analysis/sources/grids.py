"""From any file that a council sends to grids of text cells, or to a refusal that says why."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from analysis.errors import DataError, Problem
from analysis.paths import relative
from analysis.sources.delimited import LARGEST_TEXT, read_delimited
from analysis.sources.draft import Block, RefusedError, letter
from analysis.sources.workbook import read_workbook

__all__ = ["LARGEST_FILE", "Grid", "letter", "open_grids"]

LARGEST_FILE = 50_000_000
_TABLES = "a table: .xlsx, .ods, or text such as CSV"
_PUT = "Put the table there, or correct the name."
_SAVE = "Open it in a spreadsheet and save it as .xlsx or as CSV UTF-8."
_UNLOCK = "Open it, remove the password, and save it as .xlsx or as CSV UTF-8."
_PASTE = "Copy the table's text into a text file, or convert it to .xlsx or CSV."
_UNPACK = "Unpack it and give the file that is inside."
_ASK = "Ask for the table as .xlsx or CSV."
_TYPE = "Ask for the table itself, or type it into a spreadsheet."
_DOWNLOAD = "Sign in with a browser, and download the table itself."
_MARKS = (
    (b"\x1f\x8b", "a gz file", _UNPACK),
    (b"BZh", "a bz2 file", _UNPACK),
    (b"\xfd7zXZ\x00", "an xz file", _UNPACK),
    (b"7z\xbc\xaf\x27\x1c", "a 7z file", _UNPACK),
    (b"Rar!\x1a", "a rar file", _UNPACK),
    (b"\x28\xb5\x2f\xfd", "a zst file", _UNPACK),
    (b"\x89PNG", "an image", _TYPE),
    (b"\xff\xd8\xff", "an image", _TYPE),
    (b"GIF8", "an image", _TYPE),
    (b"II*\x00", "an image", _TYPE),
    (b"MM\x00*", "an image", _TYPE),
    (b"{\\rtf", "a rich-text document", _PASTE),
    (b"SQLite format 3\x00", "a database", _SAVE),
    (b"PAR1", "a Parquet file", _SAVE),
    (b"\x09\x08\x10\x00", "an old Excel workbook (.xls)", _SAVE),
    (b"\x09\x08\x08\x00", "an old Excel workbook (.xls)", _SAVE),
)
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_IN_OLE = (
    ("EncryptedPackage", "a workbook locked by a password", _UNLOCK, "locked"),
    ("WordDocument", "an old Word document", _PASTE, "kind"),
    ("PowerPoint Document", "an old PowerPoint presentation", _PASTE, "kind"),
)
_WEB = re.compile(
    r"<(?:!doctype\s+html|html|head|body|table|meta|script|div|form|title|style|frameset|iframe)\b"
)
_SIGN_IN = re.compile(r"password|sign[ -]?in|log[ -]?in|single sign-on|saml|oauth")
Place = tuple[int, int]
_JSON = re.compile(r'(?:\{|\[\s*\{)\s*"')


@dataclass(frozen=True)
class Grid:
    """The cells of a sheet, or of a text file, as text that a person sees.

    Parameters
    ----------
    file : str
        Path from the project's root, as a reader would type it.
    sheet : str or None
        The sheet's name; None for a text file.
    rows : tuple of tuple of str
        From the first row with a cell to the last; several blank rows on end are given as one.
        Rows of a workbook are equally wide; those of a text file as wide as they stand there,
        but without the blank cells right of the whole table.
    lines : tuple of int
        The number of each row as the spreadsheet shows it, or the line on which it begins.
    notes : tuple of str
        What was found: encoding and separator; stored values of formulas, dates, merged or
        hidden cells, with their places.
    faults : mapping
        Number of a row and position to what is wrong with a cell of a workbook; harmless where
        it is no part of the table.
    unlike : mapping
        The same to how a cell shows something else than is stored (date, truth, hidden,
        thousands), and what is stored.
    merged : tuple of tuple of int
        Merged cells whose value was spread: first row and column, last row and column, from 1.
    """

    file: str
    sheet: str | None
    rows: tuple[tuple[str, ...], ...]
    lines: tuple[int, ...]
    notes: tuple[str, ...] = ()
    faults: Mapping[Place, Problem] = field(default_factory=dict)
    unlike: Mapping[Place, tuple[str, str]] = field(default_factory=dict)
    merged: tuple[Block, ...] = ()


def open_grids(path: Path) -> list[Grid]:
    """Return a grid for each sheet of a file that has any cell; hidden sheets come last.

    What the file is, is judged by its content. Formulas are not worked out, macros not run and
    links not followed; workbooks are read in a process of their own with limits.

    Raises
    ------
    DataError
        With one problem, whatever the file may be.
    """
    file = _named(path)
    try:
        with _opened(path) as stream:
            found = _read(stream, file)
    except RefusedError as fault:
        raise DataError(Problem(file, **fault.parts)) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "a name that no file can have"
        parts = (f"no readable file ({reason})", _TABLES, _PUT)
        raise DataError(Problem(file, *parts, code="file")) from None
    except (MemoryError, RecursionError) as error:
        parts = (f"a file that can't be followed ({type(error).__name__})", _TABLES, _SAVE)
        raise DataError(Problem(file, *parts, code="reader")) from None
    if not found:
        parts = ("a workbook without a filled cell", "a heading and rows", _PUT)
        raise DataError(Problem(file, *parts, code="file"))
    return [_grid(file, sheet) for sheet in found]


def _grid(file: str, found: Mapping[str, Any]) -> Grid:
    rows, lines = tuple(map(tuple, found["rows"])), tuple(found["lines"])
    return Grid(
        file,
        found["sheet"],
        rows,
        lines,
        tuple(found["notes"]),
        {(row, at): Problem(file, **fault) for row, at, fault in found.get("faults", ())},
        {(row, at): (kind, stored) for row, at, kind, stored in found.get("unlike", ())},
        tuple((top, left, last, right) for top, left, last, right in found.get("merged", ())),
    )


def _named(path: Path) -> str:
    """Return a file's name as a message can show it, even where it leads in a circle."""
    try:
        name = relative(path)
    except (OSError, RuntimeError):
        name = path.name
    plain = name.encode("utf-8", "backslashreplace").decode("utf-8") or "."
    return "".join(sign if sign.isprintable() else f"\\x{ord(sign):02x}" for sign in plain)


def _opened(path: Path) -> IO[bytes]:
    """Open a file of bounded size; nothing that would wait, such as a pipe, is opened."""
    _regular(os.stat(path))
    flags = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NONBLOCK", 0)
    stream = os.fdopen(os.open(path, flags), "rb")
    try:
        _regular(os.fstat(stream.fileno()))
    except RefusedError:
        stream.close()
        raise
    return stream


def _regular(state: os.stat_result) -> None:
    if stat.S_ISDIR(state.st_mode):
        raise RefusedError("a folder", _TABLES, _PUT, "file")
    if not stat.S_ISREG(state.st_mode):
        raise RefusedError("a pipe, a socket or a device", _TABLES, _PUT, "file")
    if state.st_size > LARGEST_FILE:
        found, expected = f"{state.st_size:,} bytes", f"at most {LARGEST_FILE:,}"
        raise RefusedError(found, expected, "Save the sheet with the table alone.", "size")
    if not state.st_size:
        raise RefusedError("an empty file", _TABLES, _PUT, "file")


def _read(stream: IO[bytes], file: str) -> list[Mapping[str, Any]]:
    head = stream.read(4)
    if head in (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08"):
        return read_workbook(stream, file)
    data = head + stream.read(LARGEST_FILE - len(head))
    _refuse_kinds(data)
    if len(data) > LARGEST_TEXT:
        found, expected = f"{len(data):,} bytes of text", f"at most {LARGEST_TEXT:,}"
        raise RefusedError(found, expected, "Save the rows that matter alone.", "size")
    rows, lines, notes = read_delimited(data, file)
    return [{"sheet": None, "rows": rows, "lines": lines, "notes": notes}]


def _refuse_kinds(data: bytes) -> None:
    """Refuse what is no text, and text that is no table, by what it begins with."""
    if data.startswith(_OLE):
        _refuse_ole(data)
    for mark, kind, remedy in _MARKS:
        if data.startswith(mark):
            raise RefusedError(kind, _TABLES, remedy, "kind")
    if b"%PDF-" in data[:1024]:
        raise RefusedError("a PDF", _TABLES, _PASTE, "kind")
    if data[:2] == b"BM" and int.from_bytes(data[2:6], "little") == len(data):
        raise RefusedError("an image", _TABLES, _TYPE, "kind")
    if (data[:4] == b"RIFF" and data[8:12] == b"WEBP") or data[4:8] == b"ftyp":
        raise RefusedError("an image or a film", _TABLES, _TYPE, "kind")
    if data[257:262] == b"ustar":
        raise RefusedError("a tar file", _TABLES, _UNPACK, "kind")
    _refuse_markup(data)


def _refuse_ole(data: bytes) -> None:
    for name, kind, remedy, code in _IN_OLE:
        if name.encode("utf-16-le") in data:
            raise RefusedError(kind, _TABLES, remedy, code)
    raise RefusedError("an old Excel workbook (.xls)", _TABLES, _SAVE, "kind")


def _refuse_markup(data: bytes) -> None:
    wide = data[:2] in (b"\xff\xfe", b"\xfe\xff")
    text = data[:200_000].decode("utf-16" if wide else "utf-8", "ignore")
    text = text.lstrip("\ufeff \t\r\n").casefold()
    while text.startswith("<!--"):
        text = text.partition("-->")[2].lstrip()
    if text.startswith("mime-version:"):
        raise RefusedError("a web page in one file (.mht)", _TABLES, _SAVE, "kind")
    if _JSON.match(text):
        raise RefusedError(
            "an answer in JSON", _TABLES, "Ask for the table as .xlsx or CSV.", "kind"
        )
    if text.startswith("<?xml") and "<html" not in text[:2_000]:
        spreadsheet = "urn:schemas-microsoft-com:office:spreadsheet" in text or "<office:" in text
        kind = "a workbook in one XML file" if spreadsheet else "an XML file"
        raise RefusedError(kind, _TABLES, _SAVE, "kind")
    if _WEB.match(text) or text.startswith("<?xml"):
        _refuse_page(text)


def _refuse_page(text: str) -> None:
    if _SIGN_IN.search(text) and "<td" not in text:
        raise RefusedError("a web page that asks to sign in", _TABLES, _DOWNLOAD, "kind")
    if "<table" in text:
        found = "a web page with a table, perhaps saved under a workbook's name"
        raise RefusedError(found, _TABLES, _SAVE, "kind")
    raise RefusedError("a web page", _TABLES, _DOWNLOAD, "kind")
