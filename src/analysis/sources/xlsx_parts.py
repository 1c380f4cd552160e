"""The parts of an .xlsx workbook beside its sheets: names, texts, formats and relations."""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass, field

from analysis.sources.archive import Archive
from analysis.sources.draft import MOST_ROWS, Block, RefusedError
from analysis.sources.number_formats import BUILT_IN

_CELL = re.compile(r"\$?([A-Z]{1,3})\$?([1-9]\d{0,6})", re.ASCII)
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
QUOTED = re.compile(r'"[^"]*"')
# [1]Sheet!A1 or '[1]Sheet 1'!A1, but not Table1[2014] and its like.
_OTHER_FILE = re.compile(
    r"(?<![\w.\]\[:,#@])\[\d+\][^\[\]]*?!|(?<![\w.\]\[:,#@])\[\d+\]!", re.ASCII
)
_PROGRAM = re.compile(r"(?<![\w\]])\w+\|[^|!]{1,200}!", re.ASCII)
_ONLINE = re.compile(r"\b(?:WEBSERVICE|RTD|STOCKHISTORY|CUBE[A-Z]+)\s*\(|_xll\.", re.IGNORECASE)
LAST_COLUMN = 16_384


def refer(text: str) -> tuple[int, int]:
    """Return row and column of a cell's name, both from 1."""
    match = _CELL.fullmatch(text)
    column = 0
    for sign in match[1] if match else "":
        column = column * 26 + ord(sign) - 64
    if match is None or column > LAST_COLUMN or int(match[2]) > MOST_ROWS:
        raise RefusedError(f"a cell named {text[:40]!r}", "names from A1 to XFD1048576")
    return int(match[2]), column


def block(text: str) -> Block:
    """Return the first row and column and the last of a block such as A1:C2."""
    first, _, last = text.partition(":")
    top, left = refer(first)
    bottom, right = refer(last or first)
    return min(top, bottom), min(left, right), max(top, bottom), max(left, right)


def whole(text: str | None, otherwise: int) -> int:
    """Return an attribute that is a whole number, or what holds where it is left out."""
    if text is None:
        return otherwise
    if not (text.isascii() and text.isdigit() and len(text) < 9):
        raise RefusedError(f"{text[:40]!r} for a whole number", "a whole workbook")
    return int(text)


def true(text: str | None) -> bool:
    """Return whether an attribute says yes."""
    return text in ("1", "true", "on")


def unescaped(text: str) -> str:
    """Return a text with its _x000D_ and the like as characters."""
    if "_x" not in text:
        return text
    text = _ESCAPED.sub(lambda match: chr(int(match[1], 16)), text)
    return text.replace("\r\n", "\n").replace("\r", "\n")


@dataclass
class Strings:
    """The texts of a shared list, or of one cell: runs joined, readings of ideographs left out."""

    texts: list[str] = field(default_factory=list)
    parts: list[str] | None = None
    reading: bool = False
    aside: bool = False

    def start(self, name: str, _: dict[str, str]) -> None:
        """Begin a text, or a part of it."""
        if name in ("si", "is"):
            self.parts = []
        elif name == "rPh":
            self.aside = True
        self.reading = name == "t" and not self.aside and self.parts is not None

    def end(self, name: str) -> None:
        """Keep a text that is whole."""
        self.reading = False
        if name == "rPh":
            self.aside = False
        elif name in ("si", "is") and self.parts is not None:
            self.texts.append(unescaped("".join(self.parts)))
            self.parts = None

    def text(self, data: str) -> None:
        """Take letters."""
        if self.reading and self.parts is not None:
            self.parts.append(data)


@dataclass
class Styles:
    """The number format of each style of cells."""

    codes: dict[int, str] = field(default_factory=lambda: dict(BUILT_IN))
    ids: list[int] = field(default_factory=list)
    inside: str = ""

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """Take a format or a style; those of conditional formats are none of a cell's."""
        if name in ("numFmts", "cellXfs"):
            self.inside = name
        elif name == "numFmt" and self.inside == "numFmts":
            code = attributes.get("formatCode", "General")
            self.codes[whole(attributes.get("numFmtId"), 0)] = code
        elif name == "xf" and self.inside == "cellXfs":
            self.ids.append(whole(attributes.get("numFmtId"), 0))

    def end(self, name: str) -> None:
        """Leave the list of formats or styles."""
        self.inside = "" if name == self.inside else self.inside

    def all(self) -> list[str]:
        """Return the format code of each style."""
        return [self.codes.get(i, "General") for i in self.ids] or ["General"]


@dataclass
class Book:
    """What a workbook says of its sheets and names."""

    sheets: list[tuple[str, str, bool]] = field(default_factory=list)
    linked: set[str] = field(default_factory=set)
    since_1904: bool = False
    stale: bool = False
    name: str = ""
    reading: list[str] | None = None

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """Take a sheet, a setting or the beginning of a name."""
        if name == "sheet":
            target = next((v for k, v in attributes.items() if k.endswith(" id")), "")
            hidden = attributes.get("state", "visible") != "visible"
            self.sheets.append((attributes.get("name", "?")[:255], target, hidden))
        elif name == "workbookPr":
            self.since_1904 = true(attributes.get("date1904"))
        elif name == "calcPr":
            self.stale = true(attributes.get("fullCalcOnLoad"))
        elif name == "definedName":
            self.name, self.reading = attributes.get("name", ""), []

    def end(self, name: str) -> None:
        """Keep a name that stands for cells of another file."""
        if name == "definedName" and self.reading is not None:
            if self.name and depends("".join(self.reading)):
                self.linked.add(self.name.lower())
            self.reading = None

    def text(self, data: str) -> None:
        """Take letters of what a name stands for."""
        if self.reading is not None:
            self.reading.append(data)


def depends(formula: str) -> bool:
    """Return whether a formula takes its value from another file, a program or a network."""
    formula = QUOTED.sub('""', formula)
    return any(form.search(formula) for form in (_OTHER_FILE, _ONLINE, _PROGRAM))


@dataclass
class Relation:
    """Another part, or a place outside the file, that a part refers to."""

    kind: str
    target: str
    outside: bool


def relations(archive: Archive, part: str) -> dict[str, Relation]:
    """Return what a part refers to, by id; targets are whole names of parts."""
    folder, name = posixpath.split(part)
    found: dict[str, Relation] = {}

    def start(element: str, attributes: dict[str, str]) -> None:
        if element == "Relationship":
            outside = attributes.get("TargetMode", "").lower() == "external"
            target = attributes.get("Target", "").replace("\\", "/")
            joined = posixpath.normpath(posixpath.join("/", folder, target)).lstrip("/")
            kind = attributes.get("Type", "").rpartition("/")[2]
            found[attributes.get("Id", "")] = Relation(kind, joined, outside)

    of = posixpath.join(folder, "_rels", f"{name}.rels")
    if of in archive:
        archive.parse(of, start)
    return found
