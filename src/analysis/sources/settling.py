"""The unit of a report's columns, where the cells alone don't say it: settled, or refused."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

from analysis.errors import Problem, quoted
from analysis.sources.asides import Ledger
from analysis.sources.convert import Missing
from analysis.sources.dirty_cells import Read
from analysis.sources.layout import Layout
from analysis.sources.read import Row
from analysis.variables import GRADES, variable

_COMPARE = "Compare the cell with the publication and correct the file."
Reads = Mapping[str, Sequence[Read]]


def settle(
    layout: Layout, reads: dict[str, list[Read]], ledger: Ledger
) -> tuple[dict[str, list[Read]], list[Problem]]:
    """Return the columns in their units, and where it is not plain which unit that is.

    Dashes that a sum confirms become noughts, and shares that the grades confirm percentages.
    """
    made = _in_percent(layout, _noughts(layout, reads, ledger), ledger)
    return made, _columns_not_plain(layout, made)


def _noughts(layout: Layout, reads: dict[str, list[Read]], ledger: Ledger) -> dict[str, list[Read]]:
    """Return the columns, with dashes among grades read as noughts where their sum confirms it.

    So are blanks, in a table that prints no nought at all.
    """
    if not {"n_schools", *GRADES} <= set(reads):
        return reads
    made = {column: list(cells) for column, cells in reads.items()}
    printed = any(read.value == 0 for column in GRADES for read in reads[column])
    for i, row in enumerate(layout.rows):
        missing = ("dash",) if printed else ("dash", "blank")
        dashes = [c for c in GRADES if any(_is_missing(reads[c][i], kind) for kind in missing)]
        counts = [reads[column][i].value for column in GRADES if column not in dashes]
        known = bool(dashes) and all(isinstance(count, int) for count in counts)
        if known and sum(int(str(c)) for c in counts) == reads["n_schools"][i].value:
            made |= {c: [*made[c][:i], Read(0, "0"), *made[c][i + 1 :]] for c in dashes}
            ledger.add(
                "a dash or blank read as nought, as the sum of the grades confirms", row.line
            )
    return made


def _is_missing(read: Read, kind: str) -> bool:
    return isinstance(read.value, Missing) and read.value.kind == kind


def _in_percent(
    layout: Layout, reads: dict[str, list[Read]], ledger: Ledger
) -> dict[str, list[Read]]:
    """Return the columns, with shares that the grades confirm turned into percentages."""
    column = "good_or_better_pct"
    filled = [read for read in reads.get(column, []) if not isinstance(read.value, Missing)]
    shares = filled and all(float(str(read.value)) <= 1 for read in filled)
    if not shares or any("%" in _cell(layout, row, column) for row in layout.rows):
        return reads
    if not all(_confirmed(reads, i) for i in range(len(layout.rows))):
        return reads
    name = layout.heading.name(layout.position[column])
    ledger.add(f'shares of 1 in column "{name}" read as percentages, as the grades confirm')
    return {**reads, column: [_hundredfold(read) for read in reads[column]]}


def _cell(layout: Layout, row: Row, column: str) -> str:
    return row.cells[layout.position[column]]


def _confirmed(reads: Reads, i: int) -> bool:
    share = _rounded(reads["good_or_better_pct"][i])
    parts = [reads[c][i].value for c in ("n_outstanding", "n_good", "n_schools")]
    if isinstance(share.value, Missing) or not all(isinstance(part, int) for part in parts):
        return isinstance(share.value, Missing)
    outstanding, good, schools = (int(str(part)) for part in parts)
    decimals = len(share.printed.partition(".")[2])
    exact = (outstanding + good) / schools if schools else 0
    return abs(float(share.printed) - exact) <= 0.5 / 10**decimals + 1e-9


def _rounded(read: Read) -> Read:
    """Return a share without the last digits of a number that software kept in binary."""
    if isinstance(read.value, Missing) or len(read.printed.partition(".")[2]) < 13:
        return read
    text = f"{round(Decimal(read.printed), 12).normalize():f}"
    return Read(float(text), text, read.notes)


def _hundredfold(read: Read) -> Read:
    if isinstance(read.value, Missing):
        return read
    read = _rounded(read)
    text = f"{(Decimal(read.printed) * 100).normalize():f}"
    return Read(float(text), text, read.notes)


def _columns_not_plain(layout: Layout, reads: Reads) -> list[Problem]:
    return [
        *_signs(layout, reads),
        *_small_gains(layout, reads),
        *_small_amounts(layout, reads),
        *_without_values(layout, reads),
    ]


def _filled(reads: Reads, column: str) -> list[tuple[int, Read]]:
    return [(i, r) for i, r in enumerate(reads[column]) if not isinstance(r.value, Missing)]


def _gains(reads: Reads) -> list[tuple[str, int, Read]]:
    columns = [column for column in reads if column.startswith("gain_")]
    return [(column, i, read) for column in columns for i, read in _filled(reads, column)]


def _signs(layout: Layout, reads: Reads) -> list[Problem]:
    """Return the gains with a percent sign where others have none, or the reverse."""
    problems = []
    for column in (c for c in reads if c.startswith("gain_")):
        gains = _filled(reads, column)
        signed = [entry for entry in gains if not entry[1].printed[-1:].isdigit()]
        odd = signed if 2 * len(signed) <= len(gains) else [g for g in gains if g not in signed]
        expected = "a percent sign on all gains of the column or on none"
        problems += [_problem(layout, column, i, expected) for i, _ in odd]
    return problems


def _problem(layout: Layout, column: str, i: int, expected: str, why: str = "") -> Problem:
    row = layout.rows[i]
    found = quoted(_cell(layout, row, column)) + (f" ({why})" if why else "")
    return layout.problem(row.line, column, found, expected, _COMPARE)


def _small_gains(layout: Layout, reads: Reads) -> list[Problem]:
    """Return gains between -1 and 1 with decimals, where no other gain has decimals."""
    gains = [(c, i, abs(float(str(read.value)))) for c, i, read in _gains(reads)]
    small = [(c, i) for c, i, size in gains if 0 < size < 1]
    others = [size for _, _, size in gains if size >= 1]
    if any(size % 1 for size in others):
        return []
    expected = "percentage points, such as 7, and not a share such as 0.07"
    return [_problem(layout, column, i, expected) for column, i in small]


def _small_amounts(layout: Layout, reads: Reads) -> list[Problem]:
    """Return amounts under £1,000 in a column whose usual amount is ten times as large."""
    problems = []
    for column in (c for c in reads if variable(c).cell == "money"):
        sizes = {i: float(str(read.value)) for i, read in _filled(reads, column)}
        usual = sorted(sizes.values())[len(sizes) // 2] if sizes else 0
        expected = f"an amount like the others of the column, about £{usual:,.0f}"
        why = "cut short, or in thousands?"
        odd = [i for i, size in sizes.items() if 0 < size < 1000 and usual >= 10_000]
        problems += [_problem(layout, column, i, expected, why) for i in odd]
    return problems


def _without_values(layout: Layout, reads: Reads) -> list[Problem]:
    """Return columns of money, answers or counts without any value, and rows without a place."""
    problems = []
    for column in reads:
        first = layout.rows[0].line
        if variable(column).cell in ("money", "answer", "count") and not _filled(reads, column):
            found, remedy = "no value in the whole column", "Restore the column's values."
            problems.append(layout.problem(first, column, found, "values", remedy))
        if column in ("area", "district"):
            blank = [i for i, read in enumerate(reads[column]) if _is_no_place(read)]
            expected = f"the {column}; a cell that spans several rows counts for the first alone"
            problems += [_problem(layout, column, i, expected) for i in blank]
        if column == "good_or_better_pct":
            blank = [i for i, read in enumerate(reads[column]) if _is_blank(read)]
            expected = "a percentage, as the grades of the row give it, or n/a"
            problems += [_problem(layout, column, i, expected) for i in blank]
    return problems


def _is_blank(read: Read) -> bool:
    return _is_missing(read, "blank")


def _is_no_place(read: Read) -> bool:
    return _is_blank(read) or not any(letter.isalpha() for letter in read.printed)
