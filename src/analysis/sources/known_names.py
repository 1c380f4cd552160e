"""The names that groups have borne in the tables and the reviewed list, to settle wrapped names."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from analysis import paths
from analysis.errors import DataError
from analysis.files import read_yaml
from analysis.sources.convert import tidy_text
from analysis.sources.entries import FILE
from analysis.sources.names import fold, load_links
from analysis.sources.read import read_sheet
from analysis.sources.registry import load_release

_TABLES = ("ofsted", "funding", "gains")


def known_names() -> frozenset[str]:
    """Return all names of groups in the releases and in data/names.csv, folded.

    What can't be read is left out: `analysis check` says what is wrong with it.
    """
    return _known_names(str(paths.find_root()))


@cache
def _known_names(root: str) -> frozenset[str]:
    names: set[str] = set()
    try:
        names.update(
            n for link in load_links().values() for n in (link.printed, link.collaboration)
        )
        years = [str(year) for year in read_yaml(paths.find_root() / FILE, "sources")]
    except DataError:
        years = []
    for year in years:
        if year != "formats":
            names.update(_of_release(year))
    return frozenset(fold(name) for name in names if name)


def _of_release(year: str) -> Iterator[str]:
    try:
        tables = load_release(year).tables
    except DataError:
        return
    for source in (tables[table] for table in _TABLES if table in tables):
        try:
            sheet = read_sheet(source.path)
            at = [i for i, h in enumerate(sheet.heading) if source.headings.get(h) == "name"]
        except DataError:
            continue
        yield from (tidy_text(row.cells[i]) for row in sheet.rows for i in at)
