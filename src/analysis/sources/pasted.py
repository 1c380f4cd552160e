"""Text pasted from a PDF, in which runs of spaces hold the columns apart."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Iterator, Sequence

from analysis.errors import DataError, Problem

_RUN = re.compile(r"[ \u00a0]{2,}")
_TAB = 8
_NEAR = 3
Piece = tuple[int, int, str]
Spans = Sequence[tuple[int, int]]


def pieces(line: str) -> list[Piece]:
    """Return what stands between runs of spaces: from, to (without it), text."""
    line = line.replace("\t", "  \t").expandtabs(_TAB)
    found, at = [], 0
    for run in [*(match.span() for match in _RUN.finditer(line)), (len(line), len(line))]:
        text = line[at : run[0]]
        if text.strip():
            left = at + len(text) - len(text.lstrip())
            found.append((left, at + len(text.rstrip()), text.strip()))
        at = run[1]
    return found


def find_columns(lines: Sequence[str]) -> Spans | None:
    """Return from where to where each column reaches; None if the lines show none.

    The widest rows say where the columns are, if every other row can be placed below them;
    else the most frequent ones.
    """
    split = [found for line in lines if (found := pieces(line))]
    widths = Counter(len(found) for found in split if len(found) > 1)
    if not widths:
        return None
    often = max(widths, key=lambda width: (widths[width], width))
    if 2 * sum(widths.values()) < len(split) or widths[often] < 2:
        return None
    wide = max((width for width in widths if widths[width] > 1), default=often)
    spans = _spans(split, wide)
    whole = _apart(spans) and all(len(p) == 1 or place(p, spans) is not None for p in split)
    return spans if whole else _spans(split, often)


def _spans(split: Sequence[Sequence[Piece]], width: int) -> Spans:
    whole = [found for found in split if len(found) == width]
    return [(min(p[i][0] for p in whole), max(p[i][1] for p in whole)) for i in range(width)]


def _apart(spans: Spans) -> bool:
    return all(left[1] <= right[0] for left, right in itertools.pairwise(spans))


def read_pasted(lines: Sequence[str], spans: Spans, file: str) -> Iterator[tuple[int, list[str]]]:
    """Give each line its cells; one with too few is placed by where its pieces stand.

    Raises
    ------
    DataError
        If a piece of a row could stand below two columns, or below none.
    """
    for number, line in enumerate(lines, start=1):
        found = pieces(line)
        row = place(found, spans)
        if row is not None:
            yield number, row
        elif len(found) == 1:
            yield number, [found[0][2]]
        else:
            text = f"{len(found)} cells that don't line up with the others"
            remedy = "Write the table as CSV, each cell in its column, blank ones too."
            wanted = f"{len(spans)} cells"
            raise DataError(Problem(file, text, wanted, remedy, number, code="structure"))


def place(found: Sequence[Piece], spans: Spans) -> list[str] | None:
    """Return a row's cells, each below its column, or None where that is not certain."""
    if len(found) == len(spans):
        return [text for _, _, text in found]
    at = [_column(piece, spans) for piece in found]
    sure = [i for i in at if i is not None]
    if len(sure) < len(at) or sure != sorted(set(sure)):
        return None
    row = [""] * (max(sure, default=0) + 1)
    for i, (_, _, text) in zip(sure, found, strict=True):
        row[i] = text
    return row


def _column(piece: Piece, spans: Spans) -> int | None:
    """Return the one column below which a piece stands, or is by far the nearest to."""
    gaps = [max(left - piece[1], piece[0] - right) for left, right in spans]
    over = [i for i, gap in enumerate(gaps) if gap < 0]
    if over:
        return over[0] if len(over) == 1 else None
    nearest, *others = sorted(range(len(gaps)), key=gaps.__getitem__)
    near = gaps[nearest]
    clear = not others or gaps[others[0]] > 2 * near + 1
    return nearest if near < _NEAR and clear else None
