"""What is written of a new year: its block in data/sources.yaml, its line in params.yaml."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import yaml

from analysis.errors import DataError, Problem, quoted
from analysis.sources.entries import FILE
from analysis.sources.grids import Grid
from analysis.sources.intake_last import Last, shifted
from analysis.sources.intake_reading import Taken
from analysis.sources.intake_words import words_of

MARK = "SIMULATED"
_MADE_UP = {
    "publisher": "nobody; every figure is made up",
    "licence": "none needed; no real data",
}
MATURITIES = ("provisional", "revised", "final")
FACTS = ("title", "place", "publisher", "published", "document", "accessed", "licence", "maturity")
_TAKEN_OVER = ("title", "place", "publisher", "licence")
_TITLE_ROWS = 12
_UNKNOWN = "not known"


@dataclass(frozen=True)
class Facts:
    """What is said of a year's publication, and how each fact came about.

    Parameters
    ----------
    notes : tuple of str
        A line for each fact that nobody gave.
    """

    values: Mapping[str, str]
    notes: tuple[str, ...] = ()
    simulated: bool = field(default=False)


def settle_facts(year: str, given: Mapping[str, str], grids: Sequence[Grid], last: Last) -> Facts:
    """Return the facts of a year: as given, else as the files or the last year's block say.

    Parameters
    ----------
    given : mapping
        What the analyst said, by name of the fact.

    Raises
    ------
    DataError
        If files that say SIMULATED are to be called anything else.
    """
    marked = [grid.file for grid in grids if _says(grid, MARK)]
    values, notes = dict(given), []
    for name in (n for n in _MADE_UP if marked and n not in values):
        values[name] = _MADE_UP[name]
        notes.append(f'{name}: "{values[name]}", as the files say {MARK}')
    for name in _TAKEN_OVER:
        if name not in values and (was := words_of(last.block, name)):
            values[name] = _of_the_year(was, last, year)
            notes.append(f'{name}: "{values[name]}", taken over from {last.year}')
    files = ", ".join(dict.fromkeys(grid.file.partition("#")[0] for grid in grids))
    for name, usual in (("document", f"files as received: {files}"), ("accessed", _today())):
        if name not in values:
            values[name] = usual
            notes.append(f'{name}: "{usual}"')
    for name in (n for n in FACTS if n not in values and n != "maturity"):
        values[name] = _UNKNOWN
        notes.append(f"{name}: {_UNKNOWN}; --{name} says it")
    if marked and values.get("maturity", MARK) != MARK:
        raise DataError(_not_simulated(marked[0], values["maturity"]))
    if "maturity" not in values:
        values["maturity"], note = _maturity(grids, marked)
        notes.append(note)
    if marked and MARK not in values["title"]:
        values["title"] = f"{MARK}: {values['title']}"
        notes.append(f"title: begins with {MARK}, as the files say it")
    notes.append(
        "definitions: none written; where outcomes are defined as last year, say so by hand"
    )
    return Facts({name: values[name] for name in FACTS}, tuple(notes), bool(marked))


def _of_the_year(words: str, last: Last, year: str) -> str:
    """Return words on the last year as they are of a new one."""
    alone = rf"(?<!\d){last.year}(?!\d| ?[/‐-―-] ?\d)"
    return re.sub(alone, year, shifted(words, last.later))


def _today() -> str:
    return date.today().isoformat()


def _says(grid: Grid, word: str) -> bool:
    """Return whether file, sheet or a title row says a word."""
    titles = [cell for row in grid.rows[:_TITLE_ROWS] for cell in row if len(_filled(row)) < 3]
    form = re.compile(rf"(?<![^\W_]){re.escape(word)}(?![^\W_])", re.IGNORECASE)
    return any(form.search(text) for text in (grid.file, *titles))


def _filled(row: Sequence[str]) -> list[str]:
    return [cell for cell in row if cell.strip()]


def _maturity(grids: Sequence[Grid], marked: Sequence[str]) -> tuple[str, str]:
    if marked:
        return MARK, f"maturity: {MARK}, as {marked[0]} says"
    for word in MATURITIES:
        for grid in grids:
            if _says(grid, word):
                return word, f"maturity: {word}, as {grid.file} says; --maturity says otherwise"
    return MATURITIES[0], f"maturity: {MATURITIES[0]}, since no file says it; --maturity does"


def _not_simulated(file: str, maturity: str) -> Problem:
    found = f"the word {MARK} there, and the maturity {quoted(maturity)}"
    expected = f"what is {MARK} to be called so on every page"
    return Problem(file, found, expected, "Leave --maturity out.", code="sources")


def file_of(table: str, facts: Facts) -> str:
    """Return the name of a raw table's file."""
    return f"{MARK}_{table}.csv" if facts.simulated else f"{table}.csv"


def block_text(
    year: str, facts: Facts, tables: Sequence[Taken], decisions: Mapping[str, Sequence[str]]
) -> str:
    """Return a year's block as it is appended to data/sources.yaml.

    Parameters
    ----------
    decisions : mapping
        Table to what was accepted when it was taken in.
    """
    entries = {t.table: _entry(t, facts, int(year), decisions[t.table]) for t in tables}
    block = {**facts.values, "tables": entries}
    text = yaml.safe_dump(block, sort_keys=False, allow_unicode=True, width=1_000)
    inside = "".join(f"  {line}" for line in text.splitlines(keepends=True))
    return f'"{year}":\n{inside}'


def _entry(taken: Taken, facts: Facts, year: int, decisions: Sequence[str]) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "file": file_of(taken.table, facts),
        "place": _place(taken),
        "rows": taken.rows,
        "sha256": taken.sha256,
    }
    if taken.ours:
        names = ", ".join(taken.ours)
        entry["note"] = f"These headings are ours, read by position; none is printed: {names}."
    if taken.is_of_schools:
        entry |= taken.form
        if taken.table.startswith("schools") and "year" not in taken.headings.values():
            entry["results_year"] = year
    else:
        entry["headings"] = dict(taken.headings)
    if taken.scale:
        entry["scale"] = dict(taken.scale)
    entry["decisions"] = list(decisions)
    return entry


def _place(taken: Taken) -> str:
    file, mark, sheet = taken.place.partition("#")
    where = f"{file}, sheet {sheet}" if mark else file
    return f"{where}, rows {taken.lines[0]} to {taken.lines[-1]}"


def with_block(text: str, block: str) -> str:
    """Return the text of data/sources.yaml with a block more; its own bytes stay."""
    return text + ("" if not text or text.endswith("\n") else "\n") + block


def with_year(text: str, year: str) -> str:
    """Return the text of params.yaml with a year more, in quotation marks; the rest stays.

    Raises
    ------
    DataError
        If its list of years can't be found or written to.
    """
    years = _years(yaml.compose(text, yaml.SafeLoader))
    earlier = [node for node in years.value if node.value.isdigit() and node.value < year]
    after = earlier[-1] if earlier else None
    made = (
        _in_flow(text, years, after, year)
        if years.flow_style
        else _in_block(text, years, after, year)
    )
    before, now = yaml.safe_load(text), yaml.safe_load(made)
    if {**before, "years": now["years"]} != now or set(now["years"]) != {*before["years"], year}:
        raise DataError(_no_years())
    return made


def _years(root: yaml.Node | None) -> yaml.SequenceNode:
    pairs = root.value if isinstance(root, yaml.MappingNode) else []
    for key, value in pairs:
        if key.value == "years" and isinstance(value, yaml.SequenceNode) and value.value:
            return value
    raise DataError(_no_years())


def _no_years() -> Problem:
    expected, remedy = 'a list such as - "2013"', "Correct the list of years."
    return Problem(
        "params.yaml", "no list of years", expected, remedy, column="years", code="params"
    )


def _in_block(text: str, years: yaml.SequenceNode, after: yaml.Node | None, year: str) -> str:
    node = after or years.value[0]
    lines = text.splitlines(keepends=True)
    line = lines[node.start_mark.line]
    indent = line[: line.index("-")]
    at = node.start_mark.line + (1 if after is not None else 0)
    if at and not lines[at - 1].endswith("\n"):
        lines[at - 1] += "\n"
    return "".join([*lines[:at], f'{indent}- "{year}"\n', *lines[at:]])


def _in_flow(text: str, years: yaml.SequenceNode, after: yaml.Node | None, year: str) -> str:
    if after is None:
        at = years.value[0].start_mark.index
        return f'{text[:at]}"{year}", {text[at:]}'
    at = after.end_mark.index
    return f'{text[:at]}, "{year}"{text[at:]}'


def check_block(text: str, block: str, year: str) -> None:
    """Ask whether a block, appended, is one block more and changes none of the others.

    Raises
    ------
    DataError
        If it is not.
    """
    before, now = yaml.safe_load(text), yaml.safe_load(with_block(text, block))
    if {k: v for k, v in now.items() if k != year} != before:
        found, expected = "a file to whose end no block can be added", "blocks of years, in YAML"
        raise DataError(Problem(FILE, found, expected, "Correct the file.", code="sources"))
