"""Tables with a caption, one header row, scopes and units, and the CSV of the same cells."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain, repeat

import pandas as pd

from analysis.page.components import component
from analysis.quantities import SPACE, UNITS, write
from analysis.variables import known, variable

NOT_AVAILABLE = "x"
SUPPRESSED = "c"
NOT_APPLICABLE = "z"
LOW = "low"
UNRELIABLE = "u"
SYMBOLS = {
    SUPPRESSED: "c means suppressed, so that nothing can be learnt of single schools or pupils.",
    LOW: "low means not zero, but rounded to it.",
    UNRELIABLE: "u means too unreliable to show.",
    NOT_AVAILABLE: "x means not available.",
    NOT_APPLICABLE: "z means not applicable.",
}
_NOISE = 1e-9
_COMPARED = ("value", "low", "high", "p", "rows")
_LONG = 60  # letters
_LABELS = {"verdict": "verdict", "called": "kind"}
_RISKY = ("=", "+", "-", "@", "\t", "\r")
_NUMBER = re.compile(r"[-+](?:\d[\d,]*(?:\.\d*)?|\.\d+) ?%?", re.ASCII)


@dataclass(frozen=True)
class Declared:
    """What a table says of the schools behind its cells.

    Parameters
    ----------
    counts : mapping of str to str
        Columns that count ``schools`` or ``pupils``.
    bases : mapping of str to str
        Columns that rest on a count, with the column that holds it.
    rows : tuple of int, optional
        The rows that are about single schools; None for all.
    """

    counts: Mapping[str, str] = field(default_factory=dict)
    bases: Mapping[str, str] = field(default_factory=dict)
    rows: tuple[int, ...] | None = None


@dataclass(frozen=True)
class Cell:
    """A cell as a reader sees it: its text, how it is set, and where it leads."""

    text: str
    numeric: bool
    look: str = ""
    leads_to: str = ""

    @property
    def setting(self) -> str:
        """The class that sets the cell: numbers to the right, long words with room."""
        if self.numeric:
            return "num"
        return "long" if len(self.text) > _LONG else ""


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
    symbols : mapping of (int, str) to str
        Why single cells are missing, by row from 0 and column: a symbol of the Government
        Statistical Service. A missing cell without one is not available.
    declared : Declared, optional
        Of a table of single schools, which columns count them and which rest on such counts.
    links : sequence of str
        The place on the page that each row's name leads to, empty for none.
    by_unit : bool
        Whether each row has a unit of its own, as findings side by side have.
    """

    frame: pd.DataFrame
    slug: str
    caption: str
    labels: Mapping[str, str] = field(default_factory=dict)
    units: Mapping[str, str] = field(default_factory=dict)
    folder: str = "data/"
    links: Sequence[str] = ()
    by_unit: bool = False
    symbols: Mapping[tuple[int, str], str] = field(default_factory=dict)
    declared: Declared | None = None

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

    def cell(self, value: object, column: str, row: int = -1) -> str:
        """Return a cell as text; a missing value is shown by its symbol, never as 0.

        A number that is not zero but would be written so is shown as ``low``.
        """
        if (symbol := self.symbol(value, column, row)) is not None:
            return symbol
        unit = self.unit(column)
        if unit in UNITS and not isinstance(value, str):
            return write(float(value), unit, bare=True)  # type: ignore[arg-type]
        return str(value)

    def symbol(self, value: object, column: str, row: int = -1) -> str | None:
        """Return the symbol that stands in the place of a cell's value, None where it is shown."""
        if value is None or value is pd.NA or (isinstance(value, float) and pd.isna(value)):
            return self.symbols.get((row, column), NOT_AVAILABLE)
        unit = self.unit(column)
        if unit in UNITS and not isinstance(value, str) and _is_low(float(value), unit):  # type: ignore[arg-type]
            return LOW
        return None

    def _symbols_used(self) -> list[str]:
        cells = (
            self.symbol(value, column, row)
            for row, line in enumerate(self.frame.itertuples(index=False, name=None))
            for column, value in zip(self.frame, line, strict=True)
        )
        used = set(cells)
        return [symbol for symbol in SYMBOLS if symbol in used]

    def to_html(self) -> str:
        """Return the table as HTML in a region that scrolls by itself on a narrow screen."""
        return component("table", of=self)

    @property
    def heads(self) -> list[Cell]:
        """The headings as they are shown."""
        return [Cell(self.heading(column), self._is_numeric(column)) for column in self.frame]

    @property
    def lines(self) -> Iterator[list[Cell]]:
        """The rows as they are shown."""
        columns = list(self.frame)
        links = chain(self.links, repeat(""))
        rows = enumerate(self.frame.itertuples(index=False, name=None))
        for (row, line), leads_to in zip(rows, links, strict=False):
            cells = [self._shown(*pair, row) for pair in zip(line, columns, strict=True)]
            yield [replace(cells[0], leads_to=leads_to), *cells[1:]]

    def _shown(self, value: object, column: str, row: int) -> Cell:
        text = self.cell(value, column, row)
        return Cell(text, self._is_numeric(column), _look(text, column))

    def _is_numeric(self, column: str) -> bool:
        """Return whether a column is set as numbers: it has a unit, or compares findings."""
        return bool(self.unit(column)) or (self.by_unit and column in _COMPARED)

    @property
    def notes(self) -> list[str]:
        """What the symbols that stand in the cells mean."""
        return [SYMBOLS[symbol] for symbol in self._symbols_used()]

    def to_csv(self) -> bytes:
        """Return the cells as CSV in UTF-8; words that a spreadsheet would run begin with '."""
        buffer = io.StringIO()
        writer = csv.writer(buffer, lineterminator="\n")
        columns = list(self.frame)
        writer.writerow(_plain(self.heading(column)) for column in columns)
        scales = [UNITS[unit].scale if (unit := self.unit(c)) in UNITS else 1.0 for c in columns]
        for row, line in enumerate(self.frame.itertuples(index=False, name=None)):
            cells = zip(line, columns, scales, strict=True)
            writer.writerow(
                self.symbol(value, column, row) or _plain(value, scale)
                for value, column, scale in cells
            )
        return buffer.getvalue().encode()


def _is_low(value: float, unit: str) -> bool:
    """Return whether a number that is not zero would be written as zero."""
    if not abs(value) > _NOISE:
        return False
    digits = re.sub(r"[^0-9a-z]", "", write(value, unit, bare=True))
    return bool(digits) and not digits.strip("0")


def where_missing(
    frame: pd.DataFrame, symbol: str, columns: Iterable[str] | None = None, base: str = ""
) -> dict[tuple[int, str], str]:
    """Return the missing cells of these columns, or of all, with one symbol for each of them.

    With `base` only of the rows in which that column is missing as well.
    """
    return {
        (row, str(column)): symbol
        for column in (frame if columns is None else columns)
        for row, missing in enumerate(frame[column].isna())
        if missing and (not base or pd.isna(frame[base].iloc[row]))
    }


def _look(cell: str, column: str) -> str:
    """Return the class of a cell; a verdict or a kind has the label that the pages use for it."""
    if column not in _LABELS:
        return ""
    slug = "-".join(re.findall(r"[a-z]+", cell.lower()))
    return f"{_LABELS[column]} {_LABELS[column]}-{slug}"


def _plain(value: object, scale: float = 1.0) -> str:
    if isinstance(value, str):
        run = value.startswith(_RISKY) and not _NUMBER.fullmatch(value)
        return f"'{value}" if run else value
    return f"{scale * value:.10g}" if isinstance(value, float) else str(value)
