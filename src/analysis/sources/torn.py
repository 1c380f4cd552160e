"""Whether the last cell of a file that ends without a line end has been cut short."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from analysis.errors import Problem, quoted
from analysis.sources.layout import Layout

_NUMBER = re.compile(r"[^\d]*\d[\d,]*(?:\.(\d+))?[^\d]*", re.ASCII)
_REMEDY = "Fetch the file again: its end is missing. If it is whole, end its last line."


def torn_end(layout: Layout) -> Iterator[Problem]:
    """Yield the problem of a last cell that is less than those above it, if it is the file's last.

    The number of the row, the cells before it and the missing line end alone prove nothing.
    """
    width = len(layout.heading.cells)
    if not layout.torn or width - 1 not in layout.heading.at or len(layout.rows) < 2:
        return
    *above, last = [row.cells[width - 1].strip() for row in layout.rows]
    if expected := _lacking(last, above):
        column = layout.heading.at[width - 1].column
        found = f"{quoted(last)} at the very end of the file, which has no line end"
        place = (layout.rows[-1].line, column, found)
        yield layout.problem(*place, expected, _REMEDY, "structure")


def _lacking(last: str, above: Sequence[str]) -> str:
    """Return what the last cell should be for the sake of the others, or nothing."""
    filled = [cell for cell in above if cell]
    if not last:
        return "a value, as in every row above" if len(filled) == len(above) else ""
    numbers = [match for cell in filled if (match := _NUMBER.fullmatch(cell))]
    number = _NUMBER.fullmatch(last)
    if number and numbers:
        if not last.endswith("%") and all(match[0].endswith("%") for match in numbers):
            return "a percent sign, as in every row above"
        decimals = {len(match[1] or "") for match in numbers}
        if len(decimals) == 1 and len(number[1] or "") < min(decimals):
            return f"{min(decimals)} decimals, as in every row above"
        return ""
    longer = [cell for cell in filled if cell.startswith(last) and cell != last]
    if longer and last not in filled and len(last) < 4:
        return f"a whole word, such as {quoted(longer[0])}"
    if len(last) == 1 and last.isalpha() and filled and all(len(cell) > 1 for cell in filled):
        return f"a whole word, such as {quoted(filled[0])}"
    return ""
