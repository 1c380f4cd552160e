"""How far a workbook's reader has come, told from the child process to a person who waits."""

from __future__ import annotations

import os
import sys
import time
from dataclasses import dataclass, field
from typing import IO

AFTER = 2.0
EVERY = 1_000
_WIDTH = 12
_told = False


def tell(rows: int) -> None:
    """Write how many rows have been read, if this is the child process."""
    if _told and rows % EVERY == 0:
        os.lseek(2, 0, os.SEEK_SET)
        os.write(2, f"{rows:>{_WIDTH}}".encode())


def begin() -> None:
    """From now on write to standard error, which the parent process has made a file."""
    global _told
    _told = True


@dataclass
class Progress:
    """What a person who waits at a terminal is told: a line now and then, else nothing.

    Parameters
    ----------
    file : str
        What is read.
    told : binary file
        The child's standard error.
    """

    file: str
    told: IO[bytes]
    began: float = field(default_factory=time.monotonic)
    last: float = 0.0

    @property
    def seconds(self) -> float:
        """How long it has taken so far."""
        return time.monotonic() - self.began

    def show(self) -> None:
        """Write a line to the terminal, if there is one and it is time to."""
        if self.seconds < self.last + AFTER or not sys.stderr.isatty():
            return
        self.last = self.seconds
        self.told.seek(0)
        rows = self.told.read(_WIDTH).strip()
        if rows.isdigit():
            print(f"reading {self.file}: {int(rows):,} rows ...", file=sys.stderr, flush=True)
