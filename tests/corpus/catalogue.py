"""All cases, and what the command makes of them: `python -m corpus.catalogue [SEED ...]`."""

from __future__ import annotations

import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from . import (  # noqa: F401 - each declares its cases when imported
    by_hand,
    encodings,
    formats,
    hostile_names,
    logic,
    money,
    national,
    not_tables,
    opendocument,
    schools,
    structure,
    structure_more,
    structure_spoilt,
    traps,
    workbooks,
)
from .cases import CASES, asked, judged

HEAVY = [
    "bytes/funding/a-gigabyte-of-nothing",
    "workbooks/gains/a-gigabyte-named-xlsx",
    "workbooks/ofsted/a-bomb",
    "workbooks/funding/a-bomb-in-the-shared-texts",
    "workbooks/gains/laughs-by-the-billion",
    "workbooks/gains/open-document-that-fills-memory",
    "workbooks/gains/open-document-padded-to-its-end",
    "workbooks/gains/a-cell-far-below",
    "workbooks/ofsted/a-formatted-cell-far-below",
    "workbooks/schools/twelve-thousand-rows",
]
WORDS = ("sound", "either", "spoilt")
FAULTS = ("misread", "crash", "refused", "wrong place")


def table(tally: Counter[tuple[str, str]], words: tuple[str, ...] = WORDS) -> str:
    """Return counts by family in lines of text."""
    families = sorted({family for family, _ in tally})
    made = [f"{'family':12}" + "".join(f"{word:>12}" for word in words)]
    for family in families:
        made.append(f"{family:12}" + "".join(f"{tally[family, word]:12}" for word in words))
    return "\n".join(made)


def main(seeds: list[int]) -> None:
    """Print every failing case, one a line, and their number by family."""
    tally: Counter[tuple[str, str]] = Counter()
    for name, case in CASES.items():
        for seed in seeds:
            started = time.monotonic()
            with tempfile.TemporaryDirectory() as folder:
                made = case.make(Path(folder), seed)
                wrong, detail = judged(case, made, asked(case.table, made.path))
            tally[case.family, wrong or "right"] += 1
            took = time.monotonic() - started
            if wrong or took > 10:
                said = [wrong or "slow", name, str(seed), case.verdict, f"{took:.1f} s", detail]
                print(" | ".join(said), flush=True)
    print(table(tally, ("right", *FAULTS)))


if __name__ == "__main__":
    main([int(seed) for seed in sys.argv[1:]] or [1])
