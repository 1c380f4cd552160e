"""The cells of an .xlsx workbook, read from its XML as it is stored; nothing is worked out."""

from __future__ import annotations

import re

from analysis.sources.archive import Archive
from analysis.sources.draft import (
    CACHED,
    KEPT,
    LINKED,
    MOST_ROWS,
    REMARKS,
    RESHOW,
    SAVE_AGAIN,
    Allowance,
    Draft,
    RefusedError,
    letter,
    place,
)
from analysis.sources.number_formats import Shown, hides_text, show_text
from analysis.sources.progress import tell
from analysis.sources.stored import stored_number
from analysis.sources.xlsx_parts import (
    LAST_COLUMN,
    QUOTED,
    Book,
    Relation,
    Strings,
    Styles,
    block,
    depends,
    refer,
    relations,
    true,
    unescaped,
    whole,
)

_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_LETTERS = ["", *(letter(i) for i in range(LAST_COLUMN)), "too far"]
_BOOLEANS = {"1": "TRUE", "true": "TRUE", "0": "FALSE", "false": "FALSE"}


def read_xlsx(archive: Archive) -> list[tuple[Draft, list[str]]]:
    """Return the sheets of cells of a workbook, and what is to be said of all of them.

    Raises
    ------
    RefusedError
        If it is damaged.
    """
    main = next((r for r in relations(archive, "").values() if r.kind == "officeDocument"), None)
    part = main.target if main else "xl/workbook.xml"
    book, strings, styles = Book(), Strings(), Styles()
    archive.parse(part, book.start, book.end, book.text)
    related = relations(archive, part)
    for relation in related.values():
        if relation.kind == "sharedStrings" and relation.target in archive:
            archive.parse(relation.target, strings.start, strings.end, strings.text)
        elif relation.kind == "styles" and relation.target in archive:
            archive.parse(relation.target, styles.start, styles.end)
    allowance, made, said = Allowance(), [], _said(archive)
    for name, target, hidden in book.sheets:
        relation = related.get(target, Relation("", target, False))
        if relation.kind in ("chartsheet", "dialogsheet"):
            continue
        if relation.kind != "worksheet" or relation.outside:
            raise RefusedError(f"no cells for the sheet {name!r}", "a whole workbook", SAVE_AGAIN)
        draft = Draft(name, allowance, hidden)
        reader = _Sheet(draft, book, strings.texts, styles.all())
        archive.parse(relation.target, reader.start, reader.end, reader.text)
        made.append((draft, said))
    return made


def _said(archive: Archive) -> list[str]:
    names = archive.names()
    said = []
    if any("/externallinks/" in f"/{name}" for name in names):
        said.append("links to other workbooks, which are not followed")
    if any("comments" in name and name.endswith(".xml") for name in names):
        said.append("comments, which are not read")
    if any(name.endswith("/connections.xml") for name in names):
        said.append("connections to outside data, which are not followed")
    return said


class _Sheet:
    """The cells of one sheet, one after another."""

    def __init__(self, draft: Draft, book: Book, strings: list[str], styles: list[str]) -> None:
        self.draft, self.book, self.strings, self.styles = draft, book, strings, styles
        names = "|".join(re.escape(name) for name in sorted(book.linked))
        self.linked = re.compile(rf"(?<![\w.])(?:{names})(?![\w.(])", re.I) if names else None
        self.row, self.column, self.inside = 0, 0, False
        self.cell: dict[str, str] | None = None
        self.value: list[str] | None = None
        self.formula: list[str] | None = None
        self.inline: Strings | None = None
        self.reading: list[str] | None = None

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if self.cell is not None:
            self._within(name, attributes)
        elif name == "c" and self.inside:
            self._begin(attributes)
        elif name == "row" and self.inside:
            self.row, self.column = whole(attributes.get("r"), self.row + 1), 0
            if not 0 < self.row <= MOST_ROWS:
                found = f"a row numbered {self.row:,} in sheet {self.draft.sheet!r}"
                raise RefusedError(found, "rows from 1 to 1,048,576")
            tell(self.row)
            if true(attributes.get("hidden")):
                self.draft.note("hidden rows", str(self.row))
        elif name == "sheetData":
            self.inside = True
        elif name == "mergeCell":
            self.draft.merge(block(attributes.get("ref", "")))
        elif name == "col" and true(attributes.get("hidden")):
            first, last = (whole(attributes.get(k), 1) for k in ("min", "max"))
            ends = dict.fromkeys(letter(at - 1) for at in (first, last))
            self.draft.note("hidden columns", " to ".join(ends))

    def _begin(self, attributes: dict[str, str]) -> None:
        reference = attributes.get("r")
        self.column += 1
        if reference and reference != f"{_LETTERS[self.column]}{self.row}":
            row, self.column = refer(reference)
            if row != self.row:
                raise self._misplaced(f"the cell {reference} in row {self.row}")
        if self.column > LAST_COLUMN or not self.row:
            raise self._misplaced(f"a cell {self.column:,} in row {self.row}")
        self.cell, self.value, self.formula, self.inline = attributes, None, None, None

    def _misplaced(self, found: str) -> RefusedError:
        found = f"{found} of sheet {self.draft.sheet!r}"
        return RefusedError(found, "cells from A to XFD, in their rows", row=self.row or None)

    def _within(self, name: str, attributes: dict[str, str]) -> None:
        if name == "v":
            self.value = self.reading = []
        elif name == "f":
            self.formula = self.reading = []
        elif name == "is":
            self.inline = Strings()
        if self.inline is not None:
            self.inline.start(name, attributes)

    def text(self, data: str) -> None:
        if self.reading is not None:
            self.reading.append(data)
        elif self.inline is not None:
            self.inline.text(data)

    def end(self, name: str) -> None:
        if self.cell is None:
            self.inside = self.inside and name != "sheetData"
        elif name == "c":
            self._finish(self.cell)
            self.cell = None
        elif name in ("v", "f"):
            self.reading = None
        elif self.inline is not None:
            self.inline.end(name)

    def _wrong(self, found: str, expected: str, remedy: str, code: str) -> None:
        self.draft.wrong(self.row, self.column, found, expected, remedy, code)

    def _finish(self, cell: dict[str, str]) -> None:
        kind = cell.get("t", "n")
        value = self.value
        stored = None if value is None else value[0] if len(value) == 1 else "".join(value)
        if self.formula is not None:
            self._check_formula("".join(self.formula), kind, stored)
        if kind == "inlineStr" and self.inline is not None:
            stored = "".join(self.inline.texts)
        if stored is None or (stored == "" and kind != "s"):
            if (self.row, self.column) in self.draft.faults:
                self.draft.put(self.row, self.column, f"={''.join(self.formula or ())}"[:80])
            return
        style = cell.get("s")
        text = self._shown(kind, stored, whole(style, 0) if style else 0)
        if not text.isprintable() and (fault := _CONTROL.search(text)):
            found = f"the unseen character U+{ord(fault[0]):04X}"
            self._wrong(found, "characters that can be seen", "Type the cell again.", "encoding")
        self.draft.put(self.row, self.column, text)

    def _check_formula(self, formula: str, kind: str, stored: str | None) -> None:
        bare = QUOTED.sub('""', formula)
        if depends(formula) or (self.linked and self.linked.search(bare)):
            self.draft.note(LINKED, place(self.row, self.column))
        if stored is None or (stored == "" and kind not in ("str", "inlineStr")):
            found, remedy = "a formula without a stored value", SAVE_AGAIN
            self._wrong(found, "a value that a spreadsheet has worked out", remedy, "formula")
        if self.book.stale and stored == "0" and kind == "n":
            found = "a formula whose stored 0 no spreadsheet has worked out"
            self._wrong(found, "a value that a spreadsheet has worked out", SAVE_AGAIN, "formula")
        self.draft.note(CACHED, place(self.row, self.column))

    def _shown(self, kind: str, stored: str, style: int) -> str:
        if style >= len(self.styles):
            self._broken(f"a cell with the style {style}, which is not there")
            return stored
        code = self.styles[style]
        if kind == "n":
            return self._number(stored.strip(), code)
        if kind in ("s", "str", "inlineStr") and hides_text(code):
            self.draft.differ(self.row, self.column, "hidden", stored)
        if kind == "s":
            at = whole(stored.strip() or None, len(self.strings))
            if at >= len(self.strings):
                self._broken(f"a cell with the text number {stored[:20]!r}, which is not there")
                return f"?{stored}"
            return show_text(self.strings[at], code)
        if kind == "str":
            return show_text(unescaped(stored), code)
        if kind == "inlineStr":
            return show_text(stored, code)
        return self._special(kind, stored)

    def _special(self, kind: str, stored: str) -> str:
        where = self.row, self.column
        if kind == "e":
            self._wrong(f"the error {stored[:20]}", "a value", "Mend the formula.", "error")
            return stored
        if kind == "b" and stored in _BOOLEANS:
            self.draft.differ(*where, "truth", _BOOLEANS[stored])
            return _BOOLEANS[stored]
        if kind == "d":
            self.draft.differ(*where, "date", stored)
            self.draft.note(REMARKS["date"], place(*where))
            return stored.removesuffix("T00:00:00").replace("T", " ")
        self._broken(f"a cell of the kind {kind[:20]!r} with {stored[:20]!r}")
        return f"?{stored}"

    def _broken(self, found: str) -> None:
        self._wrong(found, "a whole workbook", SAVE_AGAIN, "damaged")

    def _number(self, stored: str, code: str) -> str:
        if code == "General" and len(stored) < 12 and stored.isdigit() and stored.isascii():
            return stored.lstrip("0") or "0"
        try:
            computed = self.formula is not None
            shown = stored_number(stored, code, self.book.since_1904, computed=computed)
        except ValueError as error:
            self._wrong(str(error), "a number or a date", "Correct the cell.", "value")
            return stored
        if shown.remark:
            self._remark(shown, stored, code)
        return shown.text

    def _remark(self, shown: Shown, stored: str, code: str) -> None:
        where = self.row, self.column
        if shown.remark == "unlike":
            found = f"{shown.text[:40]!r}, which a number format shows for {stored[:20]}"
            self._wrong(found, "the number that is stored", RESHOW, "value")
            return
        if shown.remark in KEPT:
            self.draft.differ(*where, shown.remark, shown.full or stored)
        said = f"shown as {code}" if shown.remark == "date" else f"stored as {stored}"
        said = code if shown.remark == "not rendered" else said
        self.draft.note(REMARKS[shown.remark], f"{place(*where)} ({said[:40]})")
