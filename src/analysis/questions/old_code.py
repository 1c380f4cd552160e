"""The code of a release put to later tables, in a process of its own, and kept once it was done."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from analysis import paths
from analysis.errors import UnavailableError
from analysis.files import sha256_of, write_atomically
from analysis.questions.code import SOURCE, bring_back
from analysis.questions.disclosure import rule_of, withheld
from analysis.questions.plan import load_plan
from analysis.questions.published import Released
from analysis.tables.frozen import fingerprint
from analysis.tables.tidy import Study, frames_of

RUNS = "runs"
LONGEST = 900  # seconds
Run = Mapping[str, Any]


def put_to_old_code(
    base: Released, study: Study, findings: Sequence[str]
) -> Mapping[str, Mapping[str, Any]]:
    """Return what the released code, plan and parameters make of a study's headline numbers.

    A run that was kept with the published findings, or in this one's staging folder, is not made
    again.

    Raises
    ------
    UnavailableError
        If the run was not kept, and the old code cannot be had or does not run.
    """
    key = _key(base, study, findings)
    run = _kept(study.year).get(key) or _made(base, study, findings)
    write_atomically(paths.staging() / RUNS / f"{key}.json", json.dumps(run).encode())
    if "reason" in run:
        raise UnavailableError(run["reason"])
    answers: Mapping[str, Mapping[str, Any]] = run["answers"]
    return answers


def runs_in(staging: Path) -> dict[str, Run]:
    """Return the runs that were used by the chapters of a staging folder, by their key."""
    files = sorted((staging / RUNS).glob("*.json"))
    return {file.stem: json.loads(file.read_text(encoding="utf-8")) for file in files}


def _key(base: Released, study: Study, findings: Sequence[str]) -> str:
    made_by = [base.content[part] for part in ("code", "plan", "params")]
    parts = [made_by[0]["numbers"], *made_by[1:], fingerprint(frames_of(study)), list(findings)]
    return sha256_of(json.dumps(parts, sort_keys=True).encode())[:16]


def _kept(year: str) -> Mapping[str, Run]:
    file = paths.findings(year) / "since.json"
    if not file.is_file():
        return {}
    kept: Mapping[str, Run] = json.loads(file.read_text(encoding="utf-8")).get(RUNS, {})
    return kept


def _made(base: Released, study: Study, findings: Sequence[str]) -> Run:
    tree = base.content["code"]["trees"].get(SOURCE)
    if tree is None:
        raise UnavailableError("the release was made without git, so its code was not kept")
    with tempfile.TemporaryDirectory(prefix="analysis-") as folder:
        code, root = Path(folder, "code"), Path(folder, "project")
        code.mkdir()
        bring_back(tree, code)
        _write_project(root, base, study)
        done = _run(code, root, study.year, findings)
    if done is None:
        return {"reason": "the code of the release does not run on this year's tables"}
    if done["code"] != base.content["code"]["numbers"]:
        return {"reason": "the code that git holds is not the code of the release"}
    return {"answers": done["answers"]}


def _write_project(root: Path, base: Released, study: Study) -> None:
    """Write what the old code reads: the old plan and parameters beside this year's tables.

    It knows no disclosure rule and its answers are published, so it gets no table of schools.
    """
    tables = root / "data" / "processed" / study.year
    tables.mkdir(parents=True)
    frames = frames_of(study)
    left_out = withheld(frames, rule_of(load_plan().content, study.year))
    for name in sorted(set(frames) - set(left_out)):
        frames[name].to_parquet(tables / f"{name}.parquet", index=False)
    shutil.copy(paths.find_root() / "data" / "sources.yaml", root / "data" / "sources.yaml")
    params = {**base.content["params"], "years": [study.year]}
    (root / "plan.yaml").write_text(base.plan_text, encoding="utf-8")
    (root / "params.yaml").write_text(json.dumps(params), encoding="utf-8")  # JSON is YAML


def _run(code: Path, root: Path, year: str, findings: Sequence[str]) -> Run | None:
    """Return what the old code printed, or None where it failed."""
    command = [sys.executable, "-m", "analysis.questions.headlines", year, *findings]
    environment = {
        **os.environ,
        "PYTHONPATH": str(code),
        "PYTHONDONTWRITEBYTECODE": "1",
        "ANALYSIS_ROOT": str(root),
    }
    try:
        done = subprocess.run(
            command, cwd=root, env=environment, capture_output=True, timeout=LONGEST, check=True
        )
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired):
        return None
    said: Run = json.loads(done.stdout)
    return said
