"""The lint of disclosure: nothing that the rule leaves out stands anywhere in what is published."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from html.parser import HTMLParser
from typing import Any

from analysis.errors import GateError
from analysis.page.components import anchor
from analysis.page.gate import drawing_of
from analysis.page.tables import SUPPRESSED
from analysis.page.workbook_read import tables_of
from analysis.page.workbook_sheets import range_name
from analysis.quantities import SUPPRESSED as LEFT_OUT

Record = Mapping[str, Any]
_NULL = ("value", "low", "high", "p_value", "n")
_VOID = {"br", "col", "hr", "img", "input", "link", "meta", "source", "wbr"}
ENTRY_OF = anchor("")
_ROWS = "rows: "
_DIGITS = "0-9.,\N{MINUS SIGN}-"


class Page(HTMLParser):
    """Reads what a page says of numbers: those quoted by id, its tables, its figures, its prose."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tables: dict[str, list[list[str]]] = {}
        self.quoted: list[tuple[str, str, str]] = []
        self.entries: list[tuple[str, str]] = []
        self.figures: dict[str, dict[str, list[str]]] = {}
        self.prose: list[str] = []
        self._open: list[tuple[str, dict[str, str]]] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Enter an element."""
        values = {name: value or "" for name, value in attrs}
        if tag not in _VOID:
            self._open.append((tag, values))
        if tag == "tr" and (table := self._table()) is not None:
            table.append([])
        if tag in ("td", "th") and (table := self._table()):
            table[-1].append("")
        if values.get("id", "").startswith(ENTRY_OF):
            self.entries.append((values["id"].removeprefix(ENTRY_OF), ""))
        if "data-id" in values:
            self.quoted.append((values["data-id"], values.get("value", ""), ""))
        if tag == "img" and (figure := self._figure()) is not None:
            figure["alternative text"].append(values.get("alt", ""))
            drawn = re.sub(r"<style.*?</style>", " ", drawing_of(values.get("src", "")), flags=re.S)
            figure["drawing"] += re.split(r"<[^>]*>", drawn)
        self.prose += [values[name] for name in ("alt", "title", "aria-label") if name in values]

    def handle_endtag(self, tag: str) -> None:
        """Leave an element."""
        while any(name == tag for name, _ in self._open):
            if self._open.pop()[0] == tag:
                return

    def handle_data(self, data: str) -> None:
        """Keep text by where it stands."""
        inside = {name for name, _ in self._open}
        if inside & {"style", "code"}:
            return
        if inside & {"td", "th"} and (table := self._table()) and table[-1]:
            table[-1][-1] += data
        elif (figure := self._figure()) is not None:
            figure["words"].append(data)
        if any("data-id" in values for _, values in self._open):
            name, value, text = self.quoted[-1]
            self.quoted[-1] = (name, value, text + data)
        if any(values.get("id", "").startswith(ENTRY_OF) for _, values in self._open):
            finding, text = self.entries[-1]
            self.entries[-1] = (finding, text + data)
        self.prose.append(data)

    def _table(self) -> list[list[str]] | None:
        for tag, values in reversed(self._open):
            if tag == "table":
                return self.tables.setdefault(values.get("id", "").removesuffix("-table"), [])
        return None

    def _figure(self) -> dict[str, list[str]] | None:
        for tag, values in reversed(self._open):
            if tag == "figure" and "id" in values:
                new: dict[str, list[str]] = {"words": [], "alternative text": [], "drawing": []}
                return self.figures.setdefault(values["id"], new)
        return None


def check_disclosure(
    records: Sequence[Record],
    findings: Mapping[str, Mapping[str, Any]],
    pages: Mapping[str, str],
    files: Mapping[str, bytes],
    card: Mapping[str, Any] | None = None,
    book: bytes | None = None,
) -> None:
    """Raise GateError with every place where more is shown than the disclosure rule allows.

    Parameters
    ----------
    records : sequence of mapping
        What the chapters left, with what each notes of its tables, figures and left-out numbers.
    findings : mapping
        The entries of `findings.json`.
    pages : mapping of str to str
        The pages by name.
    files : mapping of str to bytes
        The CSV files by name.
    card : mapping, optional
        The card of the year for the index.
    book : bytes, optional
        The workbook of the year.

    Raises
    ------
    GateError
        It names page, table, row and column, never the number.
    """
    notes = {str(one["chapter"]): one["disclosure"] for one in records if "disclosure" in one}
    left_out = {c: t for note in notes.values() for one in note["left_out"].values()
                for c, t in one.items()}  # fmt: skip
    sheets = {} if book is None else tables_of(book)
    read = {name: Page(page) for name, page in pages.items()}
    faults = [*_of_entries("findings.json", findings, notes, left_out)]
    faults += _of_entries("the index's card", (card or {}).get("numbers", {}), notes, left_out)
    for name, page in read.items():
        faults += [f"{name}: {fault}" for fault in _of_page(page, notes, left_out)]
    for chapter, note in notes.items():
        for slug, table in note["tables"].items():
            shown = {f"page {name}": page.tables.get(slug) for name, page in read.items()}
            shown[f"{slug}.csv"] = _cells_of(files.get(f"{slug}.csv"))
            shown["the workbook"] = sheets.get(range_name(slug))
            faults += _of_table(chapter, slug, table, shown, note["rule"])
    if faults:
        raise GateError("\n".join([*dict.fromkeys(faults), "Nothing has been published."]))


def _cells_of(data: bytes | None) -> list[list[str]] | None:
    if data is None:
        return None
    return list(csv.reader(io.StringIO(data.decode("utf-8"), newline="")))


def _of_entries(
    place: str,
    entries: Mapping[str, Mapping[str, Any]],
    notes: Mapping[str, Record],
    left_out: Mapping[str, Any],
) -> Iterator[str]:
    """Give what is wrong with recorded numbers: of the list of those left out, and by the rule."""
    for name, entry in entries.items():
        if name in left_out and any(entry.get(part) is not None for part in _NULL):
            yield f"{place}: `{name}` is suppressed and yet given"
        elif name in left_out and entry.get("text") != LEFT_OUT:
            yield f"{place}: the text of `{name}` is not {LEFT_OUT}"
        if f"{name}:n" in left_out and entry.get("n") is not None:
            yield f"{place}: the rows of `{name}` are suppressed and yet given"
    for note in notes.values():
        least = _least(note["rule"], "schools")
        for name, part in note["findings"].items():
            entry = entries.get(name, {})
            if part["count"] and _is_few(entry.get("value"), least):
                yield f"{place}: `{name}` counts fewer schools than may be shown"
            if part["n"] and _is_few(entry.get("n"), least):
                yield f"{place}: `{name}` rests on fewer schools than may be shown"


def _least(rule: Record, of: str) -> int:
    return 0 if rule["open"] else int(rule[f"least_{of}"])


def _is_few(count: Any, least: int) -> bool:
    return isinstance(count, (int, float)) and 0 < count < least


def _of_page(page: Page, notes: Mapping[str, Record], left_out: Mapping[str, Any]) -> Iterator[str]:
    for name, value, text in page.quoted:
        if name in left_out and (value or text != LEFT_OUT):
            yield f"a sentence gives `{name}`, which is suppressed"
    for name, text in page.entries:
        if name in left_out and not text.startswith(LEFT_OUT):
            yield f"the entry of `{name}` gives it, though it is suppressed"
        if f"{name}:n" in left_out and _ROWS in text:
            yield f"the entry of `{name}` gives its rows, though they are suppressed"
    intervals = {n: [t for t in texts if " to " in t] for n, texts in left_out.items()}
    prose = " ".join(" ".join(page.prose).split(" "))
    for name in _said(intervals, prose, ()):
        yield f"its words give `{name}`, which is suppressed"
    for slug, places in page.figures.items():
        secrets = dict(_secrets_of(slug, notes))
        shown = {cell for row in page.tables.get(slug, ()) for cell in row}
        for place, texts in places.items():
            for name in _said(secrets, " \n ".join(texts), shown):
                yield f"figure {slug}: its {place} gives `{name}`, which is suppressed"


def _secrets_of(slug: str, notes: Mapping[str, Record]) -> Iterator[tuple[str, Sequence[str]]]:
    for note in notes.values():
        for question in note["figures"].get(slug, ()):
            yield from note["left_out"].get(question, {}).items()


def _said(secrets: Mapping[str, Iterable[str]], text: str, shown: Iterable[str]) -> Iterator[str]:
    """Give the names of what a text says though it is left out, if no shown cell says the same."""
    plain = text.replace("\N{NO-BREAK SPACE}", " ")
    for name, texts in secrets.items():
        for one in texts:
            words = one.replace("\N{NO-BREAK SPACE}", " ")
            bare = re.split(r" (?=[^\d]*$)", words)[0]
            found = re.search(rf"(?<![{_DIGITS}]){re.escape(words)}(?![\w])", plain)
            if found and bare not in shown:
                yield name
                break


def _of_table(
    chapter: str,
    slug: str,
    table: Record,
    shown: Mapping[str, list[list[str]] | None],
    rule: Record,
) -> Iterator[str]:
    """Give what is wrong with a table where it is shown."""
    if table["of_schools"] and table["declared"] is None and not rule["open"]:
        yield f"{chapter}: the table {slug} is of single schools and declares no counts"
    for place, cells in shown.items():
        if cells is None:
            if place.endswith(".csv") and table["of_schools"]:
                yield f"{chapter}: the table {slug} has no file {place}"
            continue
        for row, column, fault in _wrong_cells(table, cells, rule):
            heading, name = dict(table["columns"])[column], _cell(cells, row, 0)
            yield f'{place}, table {slug}, row "{name}", column "{heading}": {fault}'


def _cell(cells: list[list[str]], row: int, column: int) -> str:
    """Return a cell of the table's body."""
    line = cells[row + 1] if row + 1 < len(cells) else []
    return line[column] if column < len(line) else ""


def _wrong_cells(
    table: Record, cells: list[list[str]], rule: Record
) -> Iterator[tuple[int, str, str]]:
    at = {column: place for place, (column, _) in enumerate(table["columns"])}
    for row, column in table["suppressed"]:
        if _cell(cells, row, at[column]) != SUPPRESSED:
            yield row, column, "suppressed, and yet shown"
    declared = table["declared"]
    if declared is None:
        return
    rows = declared["rows"]
    for row in range(len(cells) - 1) if rows is None else rows:
        for column, of in declared["counts"].items():
            count = _number(_cell(cells, row, at[column]))
            if column in at and _is_few(count, _least(rule, of)):
                yield row, column, f"fewer {of} than may be shown"
        for column, base in declared["bases"].items():
            if column in at and base and _rests_on_few(cells, row, at[base], at[column], rule):
                yield row, column, "rests on a count that may not be shown"


def _rests_on_few(cells: list[list[str]], row: int, base: int, column: int, rule: Record) -> bool:
    """Return whether a number is shown although the count that it rests on is too small."""
    count, shown = _cell(cells, row, base), _number(_cell(cells, row, column))
    return shown is not None and _is_few(_number(count), _least(rule, "schools"))


def _number(cell: str) -> float | None:
    try:
        return float(cell.replace(",", "").replace("\N{MINUS SIGN}", "-"))
    except ValueError:
        return None
