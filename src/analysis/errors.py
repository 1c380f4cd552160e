"""What is said when an input cannot be used: file, row, column, found, expected, remedy."""

from __future__ import annotations

import reprlib
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Literal

LONGEST_QUOTE = 80
Severity = Literal["error", "warning", "note"]
_SHORT = reprlib.Repr()
_SHORT.maxlevel = 2
_SHORT.maxstring = _SHORT.maxother = LONGEST_QUOTE


@dataclass(frozen=True)
class Problem:
    """One reason why an input cannot be used, with the place and the remedy.

    Parameters
    ----------
    file : str
        Path from the project's root, as a reader would type it.
    found, expected, remedy : str
        What stands there, what should, and what to do about it.
    row : int, optional
        Line of the file, counted as a spreadsheet shows it: the heading is row 1.
    column : str, optional
        Heading as printed.
    code : str
        Short stable name of the kind of problem; `analysis.codes` says what each means.
    severity : str
        An ``error`` stops a run, a ``warning`` bends a result, a ``note`` says what was decided.
    """

    file: str
    found: str
    expected: str
    remedy: str
    row: int | None = None
    column: str | None = None
    code: str = "value"
    severity: Severity = "error"

    def __str__(self) -> str:
        place = self.file
        if self.row is not None:
            place += f" row {self.row}"
        if self.column is not None:
            place += f', column "{self.column}"'
        return f"{place}: {self.said}"

    @property
    def said(self) -> str:
        """What is wrong and what to do, without the place; of a note, what was decided."""
        if self.severity == "note":
            return f"{self.found}. {self.remedy}"
        return f"found {self.found}; expected {self.expected}. {self.remedy}"

    def as_dict(self) -> dict[str, object]:
        """Return the problem as a plain mapping, ready for JSON."""
        return asdict(self)


def quoted(value: object) -> str:
    """Return a foreign value as a message may show it: in quotation marks, short, escaped."""
    return _SHORT.repr(value)


class AnalysisError(Exception):
    """A mistake that a person can mend; shown without a traceback."""

    exit_code = 1


class DataError(AnalysisError):
    """One or more problems with the inputs; nothing has been written."""

    def __init__(self, problems: Problem | Iterable[Problem]) -> None:
        self.problems = [problems] if isinstance(problems, Problem) else list(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


class UnavailableError(AnalysisError):
    """A number that this year's tables do not give; a page says so instead of showing it."""


class GateError(AnalysisError):
    """A page would have said more than the identification gate allows."""


class UsageError(AnalysisError):
    """A command or a parameter that the software does not know."""

    exit_code = 2
