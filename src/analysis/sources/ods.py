"""The cells of an .ods workbook, as their displayed text is stored; nothing is worked out."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from decimal import Decimal
from functools import lru_cache

from analysis.sources.archive import Archive
from analysis.sources.draft import (
    CACHED,
    KEPT,
    LINKED,
    LONGEST_CELL,
    MOST_ROWS,
    REMARKS,
    SAVE_AGAIN,
    Allowance,
    Draft,
    RefusedError,
    place,
)
from analysis.sources.number_formats import Shown, show_general, show_number
from analysis.sources.progress import tell
from analysis.sources.stored import taken

_TABLE = "urn:oasis:names:tc:opendocument:xmlns:table:1.0 "
_OFFICE = "urn:oasis:names:tc:opendocument:xmlns:office:1.0 "
_STYLE = "urn:oasis:names:tc:opendocument:xmlns:style:1.0 "
_TEXT = "urn:oasis:names:tc:opendocument:xmlns:text:1.0 "
_CALC = "urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0 "
# What stands among the cells but is none of them: deleted cells, comments, drawings.
_ASIDE = {
    *("tracked-changes", "dde-links", "annotation", "shapes", "forms", "frame", "note", "g"),
    *("custom-shape", "line", "rect", "ellipse", "circle", "polygon", "path", "control", "caption"),
    *("ruby-text", "named-expressions", "database-ranges", "table-source", "scenario", "detective"),
}
_COLUMNS_REPEATED, _ROWS_REPEATED = (
    f"{_TABLE}number-{what}-repeated" for what in ("columns", "rows")
)
_COLUMNS_SPANNED, _ROWS_SPANNED = (f"{_TABLE}number-{what}-spanned" for what in ("columns", "rows"))
_CALC_KIND = f"{_CALC}value-type"
_KIND, _VALUE, _FORMULA = f"{_OFFICE}value-type", f"{_OFFICE}value", f"{_TABLE}formula"
_CELLS = ("table-cell", "covered-table-cell")
_ERROR = re.compile(r"#(?:REF!|N/A|DIV/0!|VALUE!|NAME\?|NUM!|NULL!)|Err:\d+", re.ASCII)
_WHITE = " \t\r\n"
_OUTSIDE = re.compile(r"(?:file|https?|ftp|smb):|\b(?:WEBSERVICE|DDE)\s*\(", re.IGNORECASE)
_QUOTED = re.compile(r'"[^"]*"')
_SPACES = re.compile(r"[ \t\r\n]+")
_DATE = re.compile(r"\d{4}-\d\d-\d\d(?:T\d\d:\d\d:\d\d(?:\.\d+)?)?", re.ASCII)
_SIGNS = {"GBP": "£", "EUR": "€", "USD": "$"}


def read_ods(archive: Archive) -> list[tuple[Draft, list[str]]]:
    """Return the sheets of cells of a workbook, and what is to be said of all of them.

    Raises
    ------
    RefusedError
        If it is damaged.
    """
    content = _Content()
    archive.parse("content.xml", content.start, content.end, content.text)
    said = ["comments, which are not read"] if content.comments else []
    if content.copies:
        said.append("copies of other workbooks' sheets, which are not read")
    return [(draft, said) for draft in content.drafts]


def _count(attributes: dict[str, str], name: str) -> int:
    text = attributes.get(name)
    if text is None:
        return 1
    if not (text.isascii() and text.isdigit() and len(text) < 12) or int(text) < 1:
        found = f"{text[:40]!r} for {name.removeprefix(_TABLE)}"
        raise RefusedError(found, "a whole number from 1", SAVE_AGAIN)
    return int(text)


@lru_cache(maxsize=1 << 15)
def _number_of(stored: str) -> Decimal:
    return Decimal(show_number(stored, "0.###############").text)


@lru_cache(maxsize=1 << 15)
def _taken(number: Decimal, shown: str, computed: bool) -> Shown:
    return taken(number, shown, computed=computed)


@dataclass
class _Cell:
    attributes: dict[str, str]
    covered: bool
    lines: list[list[str]] = field(default_factory=list)

    def shown(self) -> str:
        return "\n".join("".join(line) for line in self.lines)

    def get(self, name: str) -> str | None:
        return self.attributes.get(_OFFICE + name)


class _Content:
    """The sheets of content.xml, one cell after another."""

    def __init__(self) -> None:
        self.drafts: list[Draft] = []
        self.allowance = Allowance()
        self.hidden_styles: set[str] = set()
        self.formatting_styles: set[str] = set()
        self.defaults: list[tuple[int, str]] = []
        self.style = ""
        self.comments = self.copies = False
        self.aside = 0
        self.draft: Draft | None = None
        self.row = self.column = self.repeated = 0
        self.cell: _Cell | None = None
        self.depth = 0
        self.letters = 0
        self.across = 0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if self.aside or name in _ASIDE:
            self.comments = self.comments or name == "annotation"
            self.aside += 1
        elif name == "table":
            self._table(attributes)
        elif self.cell is not None:
            self._inside_cell(name, attributes)
        elif name in _CELLS and self.draft is not None and self.row:
            self.cell = _Cell(attributes, name == "covered-table-cell")
            self.letters = 0
        elif name == "table-row" and self.draft is not None:
            self._row(self.draft, attributes)
        elif name == "table-column" and self.draft is not None:
            self._columns(self.draft, attributes)
        elif name == "style":
            self.style = attributes.get(_STYLE + "name", "")
            if _STYLE + "data-style-name" in attributes:
                self.formatting_styles.add(self.style)
        elif name == "table-properties" and attributes.get(_TABLE + "display") == "false":
            self.hidden_styles.add(self.style)

    def end(self, name: str) -> None:
        if self.aside:
            self.aside -= 1
        elif name == "table":
            self.draft = None
        elif name in ("p", "h"):
            self.depth = 0
        elif name in _CELLS and self.cell is not None and self.draft is not None:
            self._finish(self.draft, self.cell)
            self.cell = None
        elif name == "table-row":
            self.row += self.repeated - 1

    def text(self, data: str) -> None:
        if self.cell is not None and self.depth and not self.aside:
            text, line = _SPACES.sub(" ", data), self.cell.lines[-1]
            self._add(text.lstrip(_WHITE) if not line or line[-1].endswith(" ") else text)

    def _add(self, text: str) -> None:
        self.letters += len(text)
        if self.letters > LONGEST_CELL:
            found, expected = "a cell with very long text", f"at most {LONGEST_CELL:,} letters"
            raise RefusedError(f"{found} in row {self.row}", expected, code="size", row=self.row)
        if self.cell is not None and text:
            self.cell.lines[-1].append(text)

    def _table(self, attributes: dict[str, str]) -> None:
        name = attributes.get(_TABLE + "name", "?")[:255]
        if self.draft is not None:
            raise RefusedError(f"a table within the table {name!r}", "plain cells", SAVE_AGAIN)
        if name.startswith("'file:"):
            self.copies = True
            self.aside += 1
            return
        hidden = attributes.get(_TABLE + "style-name") in self.hidden_styles
        self.draft = Draft(name, self.allowance, hidden)
        self.drafts.append(self.draft)
        self.row = self.column = self.across = self.repeated = 0
        self.defaults = []

    def _row(self, draft: Draft, attributes: dict[str, str]) -> None:
        self.row, self.column = self.row + 1, 0
        tell(self.row)
        self.repeated = _count(attributes, _ROWS_REPEATED)
        hidden = attributes.get(_TABLE + "visibility", "visible") != "visible"
        if hidden and self.repeated < MOST_ROWS // 2:
            last = self.row + self.repeated - 1
            draft.note("hidden rows", f"{self.row} to {last}" if last > self.row else str(last))

    def _columns(self, draft: Draft, attributes: dict[str, str]) -> None:
        first = self.across + 1
        self.across += _count(attributes, _COLUMNS_REPEATED)
        self.defaults.append((self.across, attributes.get(_TABLE + "default-cell-style-name", "")))
        if attributes.get(_TABLE + "visibility", "visible") != "visible":
            names = (place(1, at)[:-1] for at in (first, self.across))
            draft.note("hidden columns", " to ".join(dict.fromkeys(names)))

    def _inside_cell(self, name: str, attributes: dict[str, str]) -> None:
        cell = self.cell
        if cell is None:
            return
        if name in ("p", "h") and not self.depth:
            cell.lines.append([])
            self.depth = 1
        elif self.depth and name == "s":
            count = attributes.get(_TEXT + "c", "1")
            right = count.isascii() and count.isdigit() and len(count) < 6
            self._add(" " * (int(count) if right else 99_999))
        elif self.depth and name in ("tab", "line-break"):
            self._add("\t" if name == "tab" else "\n")

    def _finish(self, draft: Draft, cell: _Cell) -> None:
        first = self.column + 1
        times = _count(cell.attributes, _COLUMNS_REPEATED)
        self.column += times
        text = self._read(draft, cell, first)
        across = _count(cell.attributes, _COLUMNS_SPANNED)
        down = _count(cell.attributes, _ROWS_SPANNED)
        if (across > 1 or down > 1) and not cell.covered:
            draft.merge((self.row, first, self.row + down - 1, first + across - 1))
        if not text:
            return
        last = self.row + self.repeated - 1
        if last > MOST_ROWS or first > 16_384:
            found, expected = "a value far from a table", "rows from 1 to 1,048,576"
            draft.wrong(self.row, first, found, expected, code="size")
        for row in range(self.row, last + 1):
            draft.put(row, first, text, times)

    def _read(self, draft: Draft, cell: _Cell, column: int) -> str:
        shown, kind = cell.shown(), cell.attributes.get(_KIND)
        formula = cell.attributes.get(_FORMULA)
        calculated = cell.attributes.get(_CALC_KIND) == "error"
        if kind == "string" and formula is None and not calculated:
            return shown or cell.get("string-value") or ""
        if kind == "float" and formula is None and shown == cell.attributes.get(_VALUE):
            show_number(shown, "General")
            return shown
        where = place(self.row, min(column, 16_384))
        if calculated or (formula is not None and _ERROR.fullmatch(shown)):
            found, remedy = f"the error {shown[:20]}", "Mend the formula."
            draft.wrong(self.row, column, found, "a value", remedy, "error")
            return shown or "#N/A"
        if formula is not None:
            if _OUTSIDE.search(_QUOTED.sub('""', formula)):
                draft.note(LINKED, where)
            if kind is None and not shown:
                found, expected = "a formula without a stored value", "one that was worked out"
                draft.wrong(self.row, column, found, expected, SAVE_AGAIN, "formula")
                return f"={formula}"[:80]
            draft.note(CACHED, where)
        try:
            return self._value(draft, cell, kind, shown, column)
        except ValueError as error:
            draft.wrong(self.row, column, str(error), "a value of its kind", code="value")
            return shown or "?"

    def _value(self, draft: Draft, cell: _Cell, kind: str | None, shown: str, column: int) -> str:
        if kind == "date":
            stored = cell.get("date-value") or ""
            if not _DATE.fullmatch(stored):
                raise ValueError(f"{stored[:40]!r} as a date")
            self._remark(draft, column, "date", shown, f"shown as {shown[:20]}")
            return stored.removesuffix("T00:00:00").replace("T", " ")
        if kind == "boolean":
            stored = cell.get("boolean-value") or ""
            if stored not in ("true", "false"):
                raise ValueError(f"{stored[:40]!r} for true or false")
            draft.differ(self.row, column, "truth", stored)
            return stored.upper()
        if kind in ("float", "percentage", "currency"):
            return self._number(draft, cell, kind, shown, column)
        return shown or cell.get("string-value") or cell.get("time-value") or ""

    def _number(self, draft: Draft, cell: _Cell, kind: str, shown: str, column: int) -> str:
        stored = cell.get("value") or ""
        number = _number_of(stored)
        narrow = set(shown.strip()) == {"#"}
        if narrow or not (cell.lines and (shown.strip() or self._formatted(cell, column))):
            if not number and not narrow and _FORMULA in cell.attributes:
                raise ValueError("a formula whose stored 0 no spreadsheet has shown")
            draft.note("values without a displayed text, given in full", place(self.row, column))
            if kind == "percentage":
                return f"{show_general(100 * number)}%"
            sign = _SIGNS.get(cell.get("currency") or "", "") if kind == "currency" else ""
            return f"{'-' * (number < 0)}{sign}{show_general(abs(number))}"
        found = _taken(number, shown, _FORMULA in cell.attributes)
        if found.remark == "unlike":
            raise ValueError(f"{shown[:40]!r}, which is shown for {stored[:20]}")
        if found.remark:
            stored = found.full or stored
            self._remark(draft, column, found.remark, stored, f"stored as {stored[:20]}")
        return found.text

    def _formatted(self, cell: _Cell, column: int) -> bool:
        """Return whether a cell has a format of its own, or of its column."""
        own = cell.attributes.get(_TABLE + "style-name")
        of_column = next((name for last, name in self.defaults if column <= last), "")
        return (own or of_column) in self.formatting_styles

    def _remark(self, draft: Draft, column: int, kind: str, stored: str, said: str) -> None:
        if kind in KEPT:
            draft.differ(self.row, column, kind, stored)
        draft.note(REMARKS[kind], f"{place(self.row, column)} ({said})")
