"""Tables with a caption, one header row, scopes and units, and the CSV of the same cells."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain, repeat

import pandas as pd

from analysis.page.components import component
from analysis.quantities import SPACE, UNITS, write
from analysis.variables import known, variable

NOT_AVAILABLE = "x"
_LABELS = {"verdict": "verdict", "called": "kind"}
_RISKY = ("=", "+", "-", "@", "\t", "\r")
_NUMBER = re.compile(r"[-+](?:\d[\d,]*(?:\.\d*)?|\.\d+) ?%?", re.ASCII)


@dataclass(frozen=True)
class Cell:
    """A cell as a reader sees it: its text, how it is set, and where it leads."""

    text: str
    numeric: bool
    look: str = ""
    leads_to: str = ""


@dataclass(frozen=True)
class Table:
    """A table as it stands on a page.

    Parameters
    ----------
    frame : pandas.DataFrame
        The cells; the first column names the row.
    slug : str
        Name of its CSV file and its anchor.
    caption : str
        What the table shows, with place and time.
    labels : mapping of str to str
        Headings of columns that the register of variables doesn't know.
    units : mapping of str to str
        Units (keys of `UNITS`) of such columns.
    folder : str
        Where the CSV file lies, from the page that shows the table.
    links : sequence of str
        The place on the page that each row's name leads to, empty for none.
    """

    frame: pd.DataFrame
    slug: str
    caption: str
    labels: Mapping[str, str] = field(default_factory=dict)
    units: Mapping[str, str] = field(default_factory=dict)
    folder: str = "data/"
    links: Sequence[str] = ()

    def unit(self, column: str) -> str:
        """Return the unit of a column, or nothing for words."""
        if column in self.units:
            return self.units[column]
        return variable(column).unit if known(column) else ""

    def heading(self, column: str) -> str:
        """Return a column's heading with its unit."""
        if column in self.labels:
            label = self.labels[column]
        else:
            label = variable(column).label if known(column) else column.replace("_", " ")
        rule = UNITS.get(self.unit(column))
        unit = f"{rule.before}{rule.after}".replace(SPACE, " ").strip() if rule else ""
        label = f"{label[:1].upper()}{label[1:]}"
        return f"{label}, {unit}" if unit else label

    def cell(self, value: object, column: str) -> str:
        """Return a cell as text; a missing value is shown by its symbol, never as 0."""
        if value is None or value is pd.NA or (isinstance(value, float) and pd.isna(value)):
            return NOT_AVAILABLE
        unit = self.unit(column)
        if unit in UNITS and not isinstance(value, str):
            return write(float(value), unit, bare=True)  # type: ignore[arg-type]
        return str(value)

    def to_html(self) -> str:
        """Return the table as HTML in a region that scrolls by itself on a narrow screen."""
        return component("table", of=self)

    @property
    def heads(self) -> list[Cell]:
        """The headings as they are shown."""
        return [Cell(self.heading(column), bool(self.unit(column))) for column in self.frame]

    @property
    def lines(self) -> Iterator[list[Cell]]:
        """The rows as they are shown."""
        columns = list(self.frame)
        links = chain(self.links, repeat(""))
        rows = self.frame.itertuples(index=False, name=None)
        for row, leads_to in zip(rows, links, strict=False):
            cells = [self._shown(*pair) for pair in zip(row, columns, strict=True)]
            yield [replace(cells[0], leads_to=leads_to), *cells[1:]]

    def _shown(self, value: object, column: str) -> Cell:
        text = self.cell(value, column)
        return Cell(text, bool(self.unit(column)), _look(text, column))

    @property
    def notes(self) -> list[str]:
        """What the symbols that stand in the cells mean."""
        some = bool(self.frame.isna().any(axis=None))
        return [f"{NOT_AVAILABLE} means not available."] if some else []

    def to_csv(self) -> bytes:
        """Return the cells as CSV in UTF-8; words that a spreadsheet would run begin with '."""
        buffer = io.StringIO()
        writer = csv.writer(buffer, lineterminator="\n")
        columns = list(self.frame)
        writer.writerow(_plain(self.heading(column)) for column in columns)
        scales = [UNITS[unit].scale if (unit := self.unit(c)) in UNITS else 1.0 for c in columns]
        for line in self.frame.itertuples(index=False, name=None):
            writer.writerow(map(_plain, line, scales))
        return buffer.getvalue().encode()


def _look(cell: str, column: str) -> str:
    """Return the class of a cell; a verdict or a kind has the label that the pages use for it."""
    if column not in _LABELS:
        return ""
    slug = "-".join(re.findall(r"[a-z]+", cell.lower()))
    return f"{_LABELS[column]} {_LABELS[column]}-{slug}"


def _plain(value: object, scale: float = 1.0) -> str:
    if value is None or value is pd.NA or (isinstance(value, float) and pd.isna(value)):
        return ""
    if isinstance(value, str):
        run = value.startswith(_RISKY) and not _NUMBER.fullmatch(value)
        return f"'{value}" if run else value
    return f"{scale * value:.10g}" if isinstance(value, float) else str(value)
