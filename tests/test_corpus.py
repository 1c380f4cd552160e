"""Our own dirty and hostile files: each read to exactly the right table, or refused rightly.

`CORPUS_SEEDS="2 3 4"` adds variants of every file with other names, numbers and positions.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from corpus import catalogue
from corpus.cases import Case, asked, judged

ROOT = Path(__file__).parents[1]
CASES = catalogue.CASES
SEEDS = [1, *map(int, os.environ.get("CORPUS_SEEDS", "").split())]
MOST_MB, MOST_SECONDS = 700, 20


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("case", CASES.values(), ids=list(CASES))
def test_a_file_is_read_to_the_right_table_or_refused_at_the_right_place(
    case: Case, seed: int, tmp_path: Path
) -> None:
    made = case.make(tmp_path, seed)
    wrong, detail = judged(case, made, asked(case.table, made.path))
    assert not wrong, f"{wrong}: {detail}"


@pytest.mark.parametrize("table", ["gains", "ofsted", "funding", "members"])
def test_the_group_is_called_collaboration(table: str, tmp_path: Path) -> None:
    case = CASES[f"workbooks/{table}/plain-book"]
    answer = asked(table, case.make(tmp_path, 1).path)
    assert '"collaboration":' in answer.out
    assert '"name":' not in answer.out


# A process forked by this one would count this one's memory as its own: it starts from a small one.
MEASURED = """
import resource, subprocess, sys, time
started = time.monotonic()
done = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(done.returncode, time.monotonic() - started, used.ru_maxrss / 1024)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="memory is measured as Linux counts it")
@pytest.mark.parametrize("name", catalogue.HEAVY)
def test_a_hostile_file_is_answered_soon_and_in_little_memory(name: str, tmp_path: Path) -> None:
    case = CASES[name]
    made = case.make(tmp_path, 1)
    command = [sys.executable, "-m", "analysis.cli", "read", case.table, str(made.path), "--json"]
    measured = [sys.executable, "-S", "-c", MEASURED, *command]
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    said = subprocess.run(measured, capture_output=True, text=True, check=True, env=environment)
    code, seconds, megabytes = map(float, said.stdout.split())
    assert code in (0, 1)
    assert seconds < MOST_SECONDS
    assert megabytes < MOST_MB


def test_the_corpus_is_as_large_and_as_fair_as_it_says(capsys: Any) -> None:
    tally = Counter((case.family, case.verdict) for case in CASES.values())
    with capsys.disabled():
        print("\n" + catalogue.table(tally))
    of_files = Counter(case.verdict for case in CASES.values() if case.family != "logic")
    assert len(CASES) >= 261
    assert of_files["sound"] > of_files["spoilt"]
