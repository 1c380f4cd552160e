"""Rows below a heading that are no rows of the table: blanks, page headings, totals, notes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from analysis.errors import DataError, Problem, quoted
from analysis.sources.dirty_cells import holds_rows
from analysis.sources.headings import Heading
from analysis.sources.known_names import known_names
from analysis.sources.names import fold
from analysis.sources.read import Row
from analysis.sources.vocabulary import fold_heading
from analysis.variables import known, variable

MOST_LINES = 5
_PAGE = re.compile(r"(?:page|p|sheet) ?\d+(?: (?:of|/)? ?\d+)?|\d+ of \d+|.* (?:continued|cont)")
_NOTE = re.compile(
    r"(?i)\s*(?:sources?|notes?|n\.?b\.?|key|footnotes?|produced|prepared|printed|published|"
    r"compiled|contact|disclaimer|copyright|©|figures|data|all (?:figures|amounts|data)|"
    r"end of|\*+|†|‡|\(\d\)|\[\d\])(?:\W|$)"
    r"|\s*(?:tbc|n/a|ri|ks[24])\s*(?:[:=–-]|(?:means|is|stands)\b)"
)
_OF = "grand|overall|sub|kent|county|combined|group|column|national|england|area"
_SUM, _MEAN = "total|totals|subtotal|subtotals|sum", "average|averages|mean|median"
_PLAIN_TOTAL = re.compile(
    rf"(?:(?:{_OF}) )*(?:{_SUM}|{_MEAN})(?: (?:funding|schools|all|kent|east|west|north|south|"
    r"collaborations|groups|amount|gain|gains))*|(?:total )?(?:carried|brought) forward"
)
_TOTAL = re.compile(
    rf"(?:(?:{_OF}) )*(?:{_SUM})(?: .*)?|.{{1,40}} (?:{_SUM})"
    r"|(?:total )?(?:carried|brought) forward"
)
_AVERAGE = re.compile(rf"(?:(?:{_OF}) )*(?:{_MEAN})(?: .*)?|.{{1,40}} (?:{_MEAN})")
_ALL = {
    *("kent", "kent county", "county", "all", "overall", "all groups", "all collaborations"),
    *("national", "england", "all schools"),
}
_RULED = re.compile(r"[-=_:+*~|\u2010-\u2015 ]{3,}")
_REMARK = re.compile(r"(?i)\s*(?:(?:notes?|sources?|n\.?b\.?) ?:|[*#\u2020\u2021])")
_UNIT = re.compile(r"(?i)thousands?\b|\b0{3}'?s\b|£ ?['’]?000s?\b|£ ?[km]\b|\bmillions?\b|\(000\)")
_COMMAND = re.compile(r"\s*'?[=@]\w")
_OPEN_END = re.compile(r"(?:[&,/(–-]|\b(?:and|of|to|the|for|with|in))$", re.IGNORECASE)
_CONTINUES = re.compile(r"[&),/–-]|(?:and|of|to|the|for|with|in|at|by|on)\b")
_SECTION = "the heading of a section"
_REPORT = ("gains", "ofsted", "funding")
_LABELS = ("area", "district", "name")
_COMPARE = "Compare the row with the publication and correct the file."


@dataclass
class Ledger:
    """Notes on what was decided, each with the rows that it concerns."""

    entries: dict[str, list[int]] = field(default_factory=dict)

    def add(self, text: str, *rows: int) -> None:
        """Add a note, or further rows to it."""
        self.entries.setdefault(text, []).extend(rows)

    def extend(self, texts: Sequence[str]) -> None:
        """Add notes on the whole table."""
        for text in texts:
            self.add(text)

    def lines(self) -> tuple[str, ...]:
        """Return a line for each note."""
        return tuple(f"{_rows(rows)}{text}" for text, rows in self.entries.items())


def _rows(rows: Sequence[int]) -> str:
    if not rows:
        return ""
    if len(rows) == 1:
        return f"row {rows[0]}: "
    first = ", ".join(map(str, rows[:MOST_LINES]))
    more = f" and {len(rows) - MOST_LINES} more" if len(rows) > MOST_LINES else ""
    return f"rows {first}{more}: "


def shown(cells: Sequence[str]) -> str:
    """Return the filled cells of a row as a note may show them."""
    return quoted(" | ".join(" ".join(cell.split()) for cell in cells if cell.strip()))


def is_remark(cell: str) -> bool:
    """Return whether a cell begins as a note does, with a word and a colon or a sign."""
    return _REMARK.match(cell) is not None


def refuse_hidden_unit(row: Row, heading: Heading, table: str) -> None:
    """Refuse a title or note that gives amounts another unit than their headings do.

    Raises
    ------
    DataError
        If there is one.
    """
    scaled = any(found.scale > 1 for found in heading.at.values())
    for i, cell in enumerate(row.cells):
        if table == "funding" and not scaled and _UNIT.search(cell):
            found = f"{quoted(cell)}, outside the headings of the money"
            expected = "the unit in the heading of each amount, such as 2012/13 Funding (£000s)"
            remedy = "Write the unit into the headings, or remove it if the amounts are in pounds."
            place = (row.line, f"cell {i + 1}", "unit")
            raise DataError(Problem(heading.file, found, expected, remedy, *place))


@dataclass
class _Sorter:
    heading: Heading
    table: str
    titles: tuple[str, ...]
    ledger: Ledger
    rows: list[Row] = field(default_factory=list)
    totals: list[Row] = field(default_factory=list)
    alone: list[Row] = field(default_factory=list)
    after_blank: bool = False

    @property
    def at(self) -> dict[str, int]:
        return {found.column: i for i, found in self.heading.at.items()}

    @property
    def label(self) -> int:
        """The position of the name."""
        return next((self.at[c] for c in ("name", "urn") if c in self.at), 0)

    def problem(self, row: Row, found: str, expected: str, remedy: str = _COMPARE) -> DataError:
        place = (row.line, self.heading.name(self.label), "structure")
        return DataError(Problem(self.heading.file, found, expected, remedy, *place))


def sort_rows(
    body: Sequence[Row], heading: Heading, table: str, titles: tuple[str, ...], ledger: Ledger
) -> tuple[list[Row], list[Row]]:
    """Return the rows of the table and its rows of totals; others are noted in `ledger`.

    Raises
    ------
    DataError
        If a row is neither part of the table nor plainly something else.
    """
    sorter = _Sorter(heading, table, titles, ledger)
    for row in body:
        _sort(sorter, row)
    for row in sorter.alone:
        _set_aside_below(sorter, row, row is sorter.alone[0] and not sorter.after_blank)
    return sorter.rows, sorter.totals


def _sort(sorter: _Sorter, row: Row) -> None:
    filled = [cell for cell in row.cells if cell.strip()]
    if not filled:
        sorter.ledger.add("a blank row set aside", row.line)
        sorter.after_blank = sorter.after_blank or not sorter.alone
    elif all(_RULED.fullmatch(cell) for cell in filled):
        sorter.ledger.add("a ruled line set aside", row.line)
    elif _repeats(row, sorter.heading):
        _page_break(sorter, row)
    elif len(filled) > 2 and filled == [str(n + 1) for n in range(len(filled))]:
        sorter.ledger.add("a row of the columns' numbers set aside", row.line)
    elif len(filled) == 1 or _is_note(sorter, row):
        sorter.alone.append(row)
    elif _is_total(sorter, row):
        _settle(sorter, None)
        sorter.totals.append(row)
        sorter.ledger.add(f"a row of totals checked and set aside: {shown(filled[:1])}", row.line)
    else:
        _settle(sorter, row)


def _repeats(row: Row, heading: Heading) -> bool:
    if heading.line != heading.last:
        return False
    return [fold_heading(c) for c in row.cells] == [fold_heading(c) for c in heading.cells]


def _page_break(sorter: _Sorter, row: Row) -> None:
    """Set a repeated heading aside, with the titles and page numbers above it."""
    for above in sorter.alone:
        text = " ".join(" ".join(above.cells).split())
        number = text.isdecimal() and (sorter.after_blank or not above.cells[sorter.label].strip())
        page = number or _PAGE.fullmatch(fold_heading(text))
        if text not in sorter.titles and not page:
            found = f"{quoted(text)} and the heading again: two tables"
            expected = "one table, its heading repeated at most on a new page"
            remedy = "Save each table as a file of its own."
            raise sorter.problem(above, found, expected, remedy)
        sorter.ledger.add(f"a row between pages set aside: {quoted(text)}", above.line)
    sorter.alone.clear()
    sorter.after_blank = False
    sorter.ledger.add("the heading repeated on a new page, set aside", row.line)


def _is_note(sorter: _Sorter, row: Row) -> bool:
    first = next(cell for cell in row.cells if cell.strip())
    numbers = [i for column, i in sorter.at.items() if _is_number(column)]
    values = any(re.match(r"[\s£+−-]*\d", row.cells[i]) for i in numbers)
    known_note = _NOTE.match(first) if sorter.table in _REPORT else _REMARK.match(first)
    return known_note is not None and not values and not row.cells[-1].strip()


def _is_number(column: str) -> bool:
    return not known(column) or variable(column).cell not in ("text", "answer", "date")


def _is_total(sorter: _Sorter, row: Row) -> bool:
    if sorter.table not in ("gains", "ofsted", "funding"):
        return False
    texts = {sorter.at[column] for column in _LABELS if column in sorter.at}
    places = sorted({*texts, *sorter.heading.blank})
    labels = [row.cells[i] for i in places if row.cells[i].strip()]
    labels = [label for label in labels if not _COMMAND.match(label)]
    if not labels and "number" in sorter.at:
        labels = [row.cells[sorter.at["number"]]]
    numbered = "number" in sorter.at and bool(row.cells[sorter.at["number"]].strip())
    plain = [label for label in labels if _PLAIN_TOTAL.fullmatch(fold_heading(label))]
    if plain and numbered and len(labels) > 0 and labels[0] != row.cells[sorter.at["number"]]:
        found = f"{quoted(plain[0])} beside a running number"
        raise sorter.problem(row, found, "a name, or a row of totals without a number")
    if plain:
        return len(labels) < 3 or len(plain) > 1
    loose = [label for label in labels if is_total(label) or is_mean(label)]
    if sorter.table == "gains":
        return bool(labels) and (is_county(labels[0]) or (bool(loose) and _adds_up(sorter, row)))
    if len(labels) > 1 or numbered:
        return len(loose) > 1
    return bool(loose) or is_county(labels[0]) if labels else _adds_up(sorter, row)


def is_county(label: str) -> bool:
    """Return whether a row of this name gives sums or averages of all rows."""
    return fold_heading(label) in _ALL


def _adds_up(sorter: _Sorter, row: Row) -> bool:
    """Return whether a row gives the sums, or the averages, of two columns or more."""
    kinds = {i: variable(column).cell for column, i in sorter.at.items()}
    at = [i for i, k in kinds.items() if k in ("money", "count", "points") and row.cells[i].strip()]
    if len(at) < 2 or len(sorter.rows) < 2:
        return False
    return all(_is_of_column(sorter, row, i) for i in at)


def _is_of_column(sorter: _Sorter, row: Row, at: int) -> bool:
    values = [_amount(above.cells[at]) for above in sorter.rows if above.cells[at].strip()]
    found, total = _amount(row.cells[at]), sum(values)
    return abs(found - total) < 0.01 or abs(found - total / max(len(values), 1)) < 0.51


def _amount(cell: str) -> float:
    bare = "".join(sign for sign in cell if sign in "0123456789.-")
    try:
        return float(bare)
    except ValueError:
        return 0.0


def is_total(label: str) -> bool:
    """Return whether a row of this name gives totals."""
    return _TOTAL.fullmatch(fold_heading(label)) is not None


def is_mean(label: str) -> bool:
    """Return whether a row of this name gives averages."""
    return _AVERAGE.fullmatch(fold_heading(label)) is not None


def _settle(sorter: _Sorter, row: Row | None) -> None:
    """Take a row into the table, after what stood alone above it has found its place."""
    waiting, sorter.alone = sorter.alone, []
    sorter.after_blank = False
    for i, above in enumerate(waiting):
        text = " ".join(" ".join(above.cells).split())
        if _PAGE.fullmatch(fold_heading(text)) or (text in sorter.titles and sorter.rows):
            sorter.ledger.add(f"a row between pages set aside: {quoted(text)}", above.line)
        elif _REMARK.match(text):
            refuse_hidden_unit(above, sorter.heading, sorter.table)
            sorter.ledger.add(f"a note between rows set aside: {quoted(text)}", above.line)
        elif row is not None and _is_section(sorter, text, row):
            sorter.ledger.add(f"{_SECTION} set aside: {quoted(text)}", above.line)
        elif row is not None and i == len(waiting) - 1:
            row = _wrapped(sorter, above, row)
        else:
            raise _alone(sorter, above)
    if row is not None:
        sorter.rows.append(row)


def _is_section(sorter: _Sorter, text: str, row: Row) -> bool:
    """Return whether a text says of the rows below it, and of none above, where they are.

    In a table with sections the first comes first.
    """
    if sorter.rows and not any(note.startswith(_SECTION) for note in sorter.ledger.entries):
        return False
    word = fold_heading(text).removesuffix(" kent")
    above = {place for other in sorter.rows for place in _places(sorter, other)}
    return word in _places(sorter, row) and word not in above


def _places(sorter: _Sorter, row: Row) -> set[str]:
    places = [row.cells[sorter.at[c]] for c in ("area", "district") if c in sorter.at]
    return {fold_heading(place) for place in places if place.strip()}


def _alone(sorter: _Sorter, row: Row) -> DataError:
    found = f"a row with only {shown(row.cells)}"
    remedy = "Join it with the row it belongs to, or remove it if it is no part of the table."
    return sorter.problem(row, found, "a name with its values", remedy)


def _wrapped(sorter: _Sorter, above: Row, row: Row) -> Row:
    """Return `row` with the part of its name above it, or give that part to the row before."""
    at = sorter.label
    part, name = above.cells[at].strip(), row.cells[at].strip()
    if not part or sorter.table not in _REPORT:
        raise _alone(sorter, above)
    before = sorter.rows[-1] if sorter.rows else None
    if not name:
        return _join(sorter, row, part, above.line)
    if holds_rows(above.cells[at]):
        found = f"rows of the table inside the quotation marks of {shown(above.cells)}"
        raise sorter.problem(above, found, "one name")
    whole = fold(name) in known_names() and fold(f"{part} {name}") not in known_names()
    of_next = bool(_OPEN_END.search(part) or _unclosed(part) or _continues(name)) and not whole
    of_last = before is not None and _belongs(before.cells[at].strip(), part)
    if of_next == of_last:
        of_next = bool(fold(f"{part} {name}") in known_names())
        of_last = before is not None and _is_known_with(before, at, part)
    if of_next == of_last:
        raise _alone(sorter, above)
    if of_next:
        return _join(sorter, row, f"{part} {name}", above.line)
    assert before is not None
    sorter.rows[-1] = _join(sorter, before, f"{before.cells[at].strip()} {part}", above.line)
    return row


def _is_known_with(row: Row, at: int, part: str) -> bool:
    return fold(f"{row.cells[at].strip()} {part}") in known_names()


def _belongs(name: str, part: str) -> bool:
    return bool(_OPEN_END.search(name) or _unclosed(name) or _continues(part))


def _continues(text: str) -> bool:
    return _CONTINUES.match(text) is not None


def _unclosed(text: str) -> bool:
    return text.count("(") > text.count(")")


def _join(sorter: _Sorter, row: Row, name: str, line: int) -> Row:
    sorter.ledger.add(f"a name over two rows joined: {quoted(name)}", line, row.line)
    cells = list(row.cells)
    cells[sorter.label] = name
    return Row(row.line, tuple(cells))


def _set_aside_below(sorter: _Sorter, row: Row, is_next: bool) -> None:
    """Set a row below the table aside, or join the end of the last name."""
    text = " ".join(" ".join(row.cells).split())
    if sorter.table not in _REPORT and not (row.cells[0].strip() or is_remark(text)):
        raise _alone(sorter, row)
    if is_next and sorter.rows and not _is_remark(text):
        last, part = sorter.rows[-1], row.cells[sorter.label].strip()
        name = last.cells[sorter.label].strip()
        if not part or not (_belongs(name, part) or _is_known_with(last, sorter.label, part)):
            raise _alone(sorter, row)
        sorter.rows[-1] = _join(sorter, last, f"{name} {part}", row.line)
        return
    refuse_hidden_unit(row, sorter.heading, sorter.table)
    sorter.ledger.add(f"a row below the table set aside: {quoted(text)}", row.line)


def _is_remark(text: str) -> bool:
    """Return whether a text next to the last row is plainly none of its name."""
    page = _PAGE.fullmatch(fold_heading(text)) is not None
    return page or _NOTE.match(text) is not None or text.endswith(".") or len(text.split()) > 8
