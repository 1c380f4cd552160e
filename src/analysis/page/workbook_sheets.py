"""What stands on each sheet of a year's workbook: cover, contents, notes, tables, findings."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from analysis.page.edition import COMMAND, DIGITS, SERIES, Edition
from analysis.page.maturity import SIMULATED, with_mark
from analysis.page.record import EXACT
from analysis.page.shown import Cell, Number, Shown
from analysis.page.tables import NOT_APPLICABLE, NOT_AVAILABLE, SUPPRESSED
from analysis.page.tables import SYMBOLS as MEANINGS
from analysis.quantities import UNITS, write

COVER, CONTENTS, NOTES, FINDINGS = "Cover", "Contents", "Notes", "All findings"
SYMBOLS = {
    symbol: said.removeprefix(f"{symbol} means ").removesuffix(".")
    for symbol, said in MEANINGS.items()
}
WORDS = {
    "pp": "percentage points",
    "less than 0.001": "how a smaller p-value is shown; the cell holds the number",
}
LONGEST_NAME = 31
FRACTION = "fraction"
HEADINGS = (
    *("Finding", "Value", "Unit", "Low end of the interval", "High end of the interval"),
    *("Level of the interval", "p-value", "Rows used", "Kind", "Method", "Sources", "In words"),
)


@dataclass(frozen=True)
class Link:
    """A cell that leads to a sheet of this workbook."""

    text: str
    sheet: str


@dataclass(frozen=True)
class Heading:
    """A line that heads those below it."""

    text: str


Line = str | Link | Heading


@dataclass(frozen=True)
class Grid:
    """The one table of a sheet, marked as such under a name of its own."""

    name: str
    headings: tuple[str, ...]
    rows: tuple[tuple[Cell | Link, ...], ...]


@dataclass(frozen=True)
class Sheet:
    """A sheet: its title in the first cell, lines below it, then its table, if it has one."""

    name: str
    title: str
    lines: tuple[Line, ...]
    grid: Grid | None = None


def sheets(
    edition: Edition,
    tables: Mapping[str, Sequence[Shown]],
    pages: Mapping[str, str],
    findings: Mapping[str, Mapping[str, Any]],
) -> list[Sheet]:
    """Return all sheets in reading order.

    Parameters
    ----------
    tables : mapping of str to sequence of Shown
        The tables of each chapter, by its name.
    pages : mapping of str to str
        The chapters' pages, which show where else a table stands.
    findings : mapping of str to mapping
        Entries of ``findings.json`` by id.
    """
    found = [(chapter, table) for chapter, some in tables.items() for table in some]
    names = distinct([name for some in tables.items() for name in _tabs(*some)], LONGEST_NAME)
    marks = distinct([range_name(table.slug) for _, table in found], 255, "_{}")
    bodies = [
        _table(edition, chapter, table, name, mark)
        for (chapter, table), name, mark in zip(found, names, marks, strict=True)
    ]
    last = _findings(edition, findings)
    rows = [
        (
            Link(NOTES, NOTES),
            "Symbols and words",
            "all pages",
            "notes",
            _count(SYMBOLS | WORDS),
            NOT_APPLICABLE,
        ),
        *(
            _listed(edition, chapter, table, name, pages)
            for (chapter, table), name in zip(found, names, strict=True)
        ),
        (
            Link(FINDINGS, FINDINGS),
            last.title,
            "all pages",
            "findings",
            _count(findings),
            NOT_APPLICABLE,
        ),
    ]
    return [_cover(edition, len(found)), _contents(edition, rows), _notes(edition), *bodies, last]


def distinct(names: Sequence[str], longest: int, again: str = " ({})") -> list[str]:
    """Return names cut to a length, no two alike in the eyes of a spreadsheet: capitals or not."""
    seen: set[str] = set()
    made = []
    for name in names:
        number, cut = 2, _cut(name, longest)
        while cut.lower() in seen:
            end = again.format(number)
            number, cut = number + 1, f"{_cut(name, longest - len(end))}{end}"
        seen.add(cut.lower())
        made.append(cut)
    return made


def _cut(name: str, longest: int) -> str:
    """Return a name that ends with a word where it had to be cut."""
    if len(name) <= longest:
        return name
    return (name[: longest + 1].rpartition(" ")[0] or name[:longest]).rstrip()


def _tabs(chapter: str, tables: Sequence[Shown]) -> Iterator[str]:
    """Give the names of a chapter's sheets, such as ``5.1 Funding against ks2 gain``."""
    number = chapter.partition("_")[0].lstrip("0") or chapter
    for place, table in enumerate(tables, start=1):
        own = table.slug.removeprefix("simulated-").removeprefix(f"{chapter}-")
        said = table.caption.removeprefix(f"{SIMULATED}: ") if own.startswith("compare-") else own
        words = " ".join(re.findall(r"\w+", said))
        yield f"{number}.{place} {words[:1].upper()}{words[1:]}"


def range_name(slug: str) -> str:
    """Return the name of a table's range by the table's, the same in every year."""
    return "T" + re.sub(r"\W", "_", slug.removeprefix("simulated-"), flags=re.ASCII)


def _cover(edition: Edition, tables: int) -> Sheet:
    lines: list[Line] = [
        f"Status: {edition.status}. {_standing(edition)}".strip(),
        Heading("What this workbook holds"),
        f"Every table of the year’s pages and the data of every picture, {tables} in all, one on "
        "each sheet and in the order of the pages; and on the last sheet all findings.",
        "A number is held to ten significant digits and shown with the decimals of its page. Each "
        "table is also a CSV file, which the contents name.",
        Link("Go to the contents", CONTENTS),
        Link("Go to the notes: what the symbols mean", NOTES),
        *_said(_elsewhere(edition)),
        Heading("Source"),
        _source(edition),
        Heading("Licence"),
        f"Of the source: {_sentence(edition.licence or 'not stated')}",
        Heading("How to cite"),
        _citation(edition),
        Heading("How this workbook was made"),
        f"The same inputs give the same workbook, byte for byte. To make it again: {COMMAND}",
        *(f"{name}: SHA-256 {digest[:DIGITS]}" for name, digest in (*edition.inputs, *edition.raw)),
    ]
    title = f"{SERIES}, {edition.label}: all tables and findings"
    return Sheet(COVER, with_mark(title, edition.mark), tuple(lines))


def _standing(edition: Edition) -> str:
    if edition.mark == SIMULATED:
        return "Made-up data: nothing here describes a real school or group, whatever its name."
    if edition.mark:
        return (
            "These figures come from an early release and will change when it is revised. "
            "Don’t rest a decision on them; if you cite one, write “provisional” beside it."
        )
    return ""


def _elsewhere(edition: Edition) -> str:
    """Return what is not in this workbook, nothing where it has all."""
    titles = [title for name, title in edition.chapters if name in edition.apart]
    if not titles:
        return ""
    return (
        f"Not here: the tables of the page “{'”, “'.join(titles)}”, which is made by itself; that "
        "page links them as CSV files."
    )


def _source(edition: Edition) -> str:
    facts = [edition.title, edition.publisher, edition.published]
    return f"Source: {'; '.join(fact for fact in facts if fact) or 'not stated'}."


def _said(line: str) -> list[str | Link]:
    return [line] if line else []


def _sentence(text: str) -> str:
    return f"{text.rstrip('.')}."


def _citation(edition: Edition) -> str:
    if edition.mark == SIMULATED:
        return "Not to be cited: made-up data to practise on."
    what = f"{SERIES}, {edition.label}: all tables and findings ({edition.status})"
    return f"{what}, {edition.workbook}. {_source(edition)}"


def _contents(edition: Edition, rows: Sequence[tuple[Cell | Link, ...]]) -> Sheet:
    grid = Grid("Contents", ("Sheet", "Holds", "Page", "Kind", "Rows", "CSV file"), tuple(rows))
    title = with_mark(f"Contents of the workbook of {edition.label}", edition.mark)
    lines = (
        "This sheet holds one table: a row for each sheet that follows, its name a link.",
        _meanings([NOT_APPLICABLE]),
        *_said(_elsewhere(edition)),
        Link("Back to the cover", COVER),
    )
    return Sheet(CONTENTS, title, lines, grid)


def _listed(
    edition: Edition, chapter: str, table: Shown, name: str, pages: Mapping[str, str]
) -> tuple[Cell | Link, ...]:
    titles = dict(edition.chapters)
    also = [
        titles.get(other, other)
        for other, page in pages.items()
        if other != chapter and f'id="{table.slug}-table"' in page
    ]
    page = "; also ".join([titles.get(chapter, chapter), *also])
    kind = "data of a picture" if table.picture else "table"
    return (
        Link(name, name),
        table.caption,
        page,
        kind,
        _count(table.rows),
        f"{table.slug}.csv",
    )


def _count(things: Sequence[object] | Mapping[str, object]) -> Number:
    return Number(len(things), "count", True, write(len(things), "count"))


def _notes(edition: Edition) -> Sheet:
    rows = tuple(
        (word, _sentence(meaning[:1].upper() + meaning[1:]))
        for word, meaning in (SYMBOLS | WORDS).items()
    )
    lines = (
        "This sheet holds one table: the symbols that stand where there is no number, and words.",
        Link("Back to the contents", CONTENTS),
    )
    title = with_mark("Notes: symbols and words", edition.mark)
    return Sheet(NOTES, title, lines, Grid("Notes", ("Symbol or word", "Meaning"), rows))


def _table(edition: Edition, chapter: str, table: Shown, name: str, mark: str) -> Sheet:
    page = dict(edition.chapters).get(chapter, chapter)
    of = f"the data of the picture “{table.picture}”" if table.picture else "a table"
    headings = distinct(table.headings, 255)
    rows = tuple(tuple(_filled(cell) for cell in row) for row in table.rows)
    rows = rows or ((NOT_APPLICABLE,) * len(headings),)
    lines = (
        f"This sheet holds one table. {_meanings(cell for row in rows for cell in row)}",
        f"It is {of} on the page “{page}” of {edition.label}.",
        _source(edition),
        Link("Back to the contents", CONTENTS),
    )
    return Sheet(name, table.caption, lines, Grid(mark, tuple(headings), rows))


def _filled(cell: Cell) -> Cell:
    """Return a cell that is not blank: where there are no words there is nothing to say."""
    return NOT_APPLICABLE if isinstance(cell, str) and not cell.strip() else cell


def _meanings(cells: Iterator[Cell] | Sequence[Cell]) -> str:
    used = {cell for cell in cells if isinstance(cell, str)}
    said = [f"{symbol}: {SYMBOLS[symbol]}." for symbol in SYMBOLS if symbol in used]
    return " ".join(said) or "No value is missing."


def _findings(edition: Edition, findings: Mapping[str, Mapping[str, Any]]) -> Sheet:
    rows = tuple(_finding(name, entry) for name, entry in findings.items())
    rows = rows or ((NOT_APPLICABLE,) * len(HEADINGS),)
    lines = (
        "This sheet holds one table: every number of the pages by its id, as in findings.json.",
        _meanings([cell for row in rows for cell in row]),
        "A share is held as a fraction and shown in per cent.",
        _source(edition),
        Link("Back to the contents", CONTENTS),
    )
    title = with_mark(f"All findings of {edition.label}", edition.mark)
    return Sheet(FINDINGS, title, lines, Grid("All_findings", HEADINGS, rows))


def _finding(name: str, entry: Mapping[str, Any]) -> tuple[Cell, ...]:
    text, unit = str(entry["text"]), str(entry["unit"])
    left_out = entry.get("suppressed", ())
    lost = NOT_AVAILABLE if text == write(None, unit) else NOT_APPLICABLE
    none = NOT_APPLICABLE if entry["kind"] in EXACT else NOT_AVAILABLE
    lost, none = (SUPPRESSED, SUPPRESSED) if "value" in left_out else (lost, none)
    return (
        name,
        _held(entry["value"], unit, SUPPRESSED if "value" in left_out else lost),
        unit,
        _held(entry["low"], unit, none),
        _held(entry["high"], unit, none),
        _held(entry["level"], "", none),
        _held(entry["p_value"], "probability", none),
        _held(entry["n"], "count", SUPPRESSED if "n" in left_out else NOT_APPLICABLE),
        str(entry["kind"]),
        str(entry["method"]),
        ", ".join(Path(source).name for source in entry["sources"]) or NOT_APPLICABLE,
        text,
    )


def _held(value: float | int | None, unit: str, missing: str) -> Cell:
    """Return a number of a finding as `findings.json` holds it, or why there is none."""
    if value is None:
        return missing
    rule = UNITS.get(unit)
    text = write(value, unit, bare=True) if rule else str(value)
    return Number(value, FRACTION if rule and rule.scale != 1 else unit, True, text)
