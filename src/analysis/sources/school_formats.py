"""Which declared format of a school-level file the headings of one of unknown origin show."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from analysis import paths
from analysis.files import read_yaml
from analysis.sources.entries import FILE
from analysis.sources.formats import Format, load_formats, read_format
from analysis.sources.vocabulary import fold_heading


@cache
def _formats(table: str, root: str) -> tuple[Format, ...]:
    content = read_yaml(paths.find_root() / FILE, "sources")
    made = [made for made in load_formats().values() if made.table == table]
    for year, block in content.items():
        entries = block.get("tables") if isinstance(block, dict) and year != "formats" else None
        for name, entry in (entries or {}).items():
            if name.partition("_")[0] == table and isinstance(entry, dict):
                made.append(read_format(content, entry, (str(year), "tables", name)))
    return tuple(made)


def choose_format(cells: Sequence[str], table: str) -> Format:
    """Return the declared format whose headings a file has, of several the largest.

    Where none is there as a whole, it is a plain file with headings of our own, its dates as in
    our plain form.
    """
    found = {fold_heading(cell) for cell in cells}
    known = _formats(table, str(paths.find_root()))
    whole = [made for made in known if {fold_heading(h) for h in made.headings} <= found]
    best = max(whole, key=lambda made: len(made.headings), default=None)
    if best is not None:
        return best
    dates = [form for made in known if made.name == f"{table}_plain" for form in made.dates]
    return Format("", table, {}, dates=tuple(dates))


def nearest_published(cells: Sequence[str], table: str) -> Format | None:
    """Return the published format of which a file has most headings, if more than half."""
    found = {fold_heading(cell) for cell in cells}
    known = _formats(table, str(paths.find_root()))
    shares = [
        (sum(fold_heading(h) in found for h in made.headings) / len(made.headings), i)
        for i, made in enumerate(known)
        if made.name and not _is_plain(made, table) and not made.plain
    ]
    best, i = max(shares, default=(0.0, 0))
    return known[i] if best > 0.5 else None


def is_published(cells: Sequence[str], table: str) -> bool:
    """Return whether a file is written as its publisher writes it, with columns of all kinds."""
    made = choose_format(cells, table)
    return bool(made.name) and not made.plain and not _is_plain(made, table)


def short_rows(cells: Sequence[str], table: str) -> bool:
    """Return whether the publisher of such a file leaves out blank cells at a row's end."""
    return choose_format(cells, table).short_rows


def missing_headings(cells: Sequence[str], table: str) -> dict[str, str]:
    """Return the columns that a file of its kind must have and has not: ours, and as printed.

    A file near to a published format must have all its headings; any other is held to our plain
    form.
    """
    found = {fold_heading(cell) for cell in cells}
    if choose_format(cells, table).name:
        return {}
    near = nearest_published(cells, table)
    plain = [made for made in _formats(table, str(paths.find_root())) if _is_plain(made, table)]
    wanted = near.headings if near is not None else plain[0].headings if plain else {}
    return {ours: printed for printed, ours in wanted.items() if fold_heading(printed) not in found}


def _is_plain(made: Format, table: str) -> bool:
    return made.name == f"{table}_plain"
