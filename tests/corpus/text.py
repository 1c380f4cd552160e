"""Ways of writing a table as text."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable

from .sheets import Sheet


def lines(rows: Iterable[list[str]], delimiter: str = ",", quoting: int = csv.QUOTE_MINIMAL) -> str:
    """Return rows as text, with a line feed after each."""
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter, quoting=quoting, lineterminator="\n").writerows(rows)  # type: ignore[arg-type]
    return out.getvalue()


def plain(t: Sheet) -> str:
    """Return the table as it should be: UTF-8, commas, line feeds."""
    return lines(t.printed())


def split(t: Sheet) -> list[str]:
    """Return the lines of the plain table."""
    return plain(t).splitlines()


def joined(made: Iterable[str]) -> str:
    return "".join(f"{line}\n" for line in made)
