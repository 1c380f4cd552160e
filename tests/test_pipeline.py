"""Tests of the pipeline: the project's dvc.yaml on a made-up project whose stages only copy."""

from __future__ import annotations

import json
import os
import platform
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from analysis.errors import AnalysisError
from analysis.page import pipeline
from analysis.page.pipeline import (
    fixed_environment,
    mend,
    out_of_date,
    prepare,
    reproduce,
    stage_guard,
)

PROJECT = Path(__file__).parents[1]
REVIEWED = "data/reviewed/${item.year}.json"
COMMAND = "python -m analysis.cli stage"
STAGE = """
import json, os, pathlib, sys
stage = os.environ["DVC_STAGE"]
kind, _, year = stage.partition("@")
if stage in pathlib.Path("fail").read_text().split():
    sys.exit("DataError: data/raw/2013/gains.csv row 2: what to do")
with open("ran", "a") as ran:
    ran.write(stage + "\\n")
outs = json.loads(pathlib.Path("outs.json").read_text())[kind]
for out in outs:
    file = pathlib.Path(out.replace("YEAR", year))
    if not file.suffix:
        file = file / "made.csv"
    file.parent.mkdir(parents=True, exist_ok=True)
    plan = pathlib.Path("plan.yaml").read_text()
    file.write_text(json.dumps({"stage": stage, "plan": plan, "value": 1}))
"""


def stages() -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load((PROJECT / "dvc.yaml").read_text(encoding="utf-8"))
    return content["stages"]  # type: ignore[no-any-return]


def outs(stage: dict[str, Any]) -> list[str]:
    return [name for out in (*stage["outs"], *stage.get("metrics", ())) for name in out]


def put(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")


def years(root: Path, *names: str) -> None:
    values = {"outcomes": ["ks2"], "confidence": 0.95, "seed": 1, "permutations": 9}
    put(root / "params.yaml", yaml.safe_dump({"years": list(names), **values}))


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project without git that has been built once."""
    root = tmp_path_factory.mktemp("project")
    pipe = (PROJECT / "dvc.yaml").read_text(encoding="utf-8").replace(COMMAND, "python stage.py")
    put(root / "dvc.yaml", pipe)
    (root / ".dvc").mkdir()
    shutil.copy(PROJECT / ".dvc" / "config", root / ".dvc" / "config")
    shutil.copy(PROJECT / ".dvcignore", root)
    deps = {dep for stage in stages().values() for dep in stage["deps"]}
    made_by_stages = {"build", "data/processed/${item.year}", REVIEWED}
    for dep in deps - made_by_stages:
        for year in ("2013", "2014"):
            file = dep.replace("${item.year}", year)
            put(root / (file if Path(file).suffix else f"{file}/file.py"), f"{file}\n")
    put(root / "data" / "sources.yaml", '"2013": {title: one}\n"2014": {title: two}\nformats: {}\n')
    made = {
        name: [out.replace("${item.year}", "YEAR") for out in outs(s)]
        for name, s in stages().items()
    }
    made["reviewed"] = [REVIEWED.replace("${item.year}", year) for year in ("2013", "2014")]
    put(root / "outs.json", json.dumps(made))
    put(root / "stage.py", STAGE)
    put(root / "fail", "")
    years(root, "2013")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ANALYSIS_ROOT", str(root))
        assert reproduce() == 0
    assert ran(root) == ["reviewed", "tables@2013", "chapters@2013", "since@2013", "index"]
    return root


@pytest.fixture
def project(template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = tmp_path / "copy"
    shutil.copytree(template, root, symlinks=True)
    (root / "ran").unlink()
    monkeypatch.setenv("ANALYSIS_ROOT", str(root))
    return root


def ran(root: Path) -> list[str]:
    return (root / "ran").read_text().split() if (root / "ran").is_file() else []


def pages(root: Path) -> dict[str, bytes]:
    files = (file for file in (root / "findings").rglob("*") if file.is_file())
    return {file.relative_to(root).as_posix(): file.read_bytes() for file in files}


def dvc(root: Path, *arguments: str) -> str:
    command = [sys.executable, "-m", "dvc", *arguments]
    done = subprocess.run(
        command, cwd=root, env=fixed_environment(), capture_output=True, text=True, check=True
    )
    return done.stdout


def test_a_second_run_has_nothing_to_do(project: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert reproduce() == 0
    assert ran(project) == []
    assert capfd.readouterr().out == "Nothing to do: findings/index.html is up to date\n"
    assert "findings/2013/findings.json" in dvc(project, "metrics", "show")


def test_another_year_runs_alone(project: Path, capfd: pytest.CaptureFixture[str]) -> None:
    years(project, "2013", "2014")
    assert reproduce() == 0
    assert ran(project) == ["reviewed", "tables@2014", "chapters@2014", "since@2014", "index"]
    told = capfd.readouterr().out.splitlines()
    assert told[:5] == [f"{stage} ..." for stage in ran(project)]
    assert re.fullmatch(r"Done in \d+\.\d s: findings/index\.html", told[5])


@pytest.mark.parametrize("file", ["data/names.csv", "data/corrections.yaml"])
def test_a_decision_about_no_name_of_a_year_makes_none_of_its_stages_run(
    project: Path, file: str
) -> None:
    put(project / file, "another year's line\n")
    assert reproduce() == 0
    assert ran(project) == ["reviewed"]


def test_a_decision_about_a_year_makes_its_tables_and_pages_anew(project: Path) -> None:
    put(project / "stage.py", STAGE.replace('"value": 1', '"value": 2'))
    put(project / "data" / "names.csv", "this year's line\n")
    assert reproduce() == 0
    assert ran(project) == ["reviewed", "tables@2013", "chapters@2013", "since@2013", "index"]


def test_a_release_makes_only_the_pages_on_what_moved_and_the_index_anew(project: Path) -> None:
    put(project / "findings" / "published" / "2013.json", "{}")
    assert reproduce() == 0
    assert ran(project) == ["since@2013", "index"]


def test_a_stage_whose_inputs_changed_is_known_to_be_out_of_date(project: Path) -> None:
    stages = ["tables@2013", "chapters@2013"]
    assert out_of_date(stages) == []
    put(project / "plan.yaml", "changed")
    assert out_of_date(stages) == ["chapters@2013"]
    with pytest.raises(AnalysisError, match="could not be read"):
        out_of_date(["chapters@1999"])


@pytest.mark.parametrize("file", ["data/sources.yaml", "findings/published/2013.json"])
def test_another_years_block_or_a_release_makes_no_chapter_again_but_the_index(
    file: str, project: Path
) -> None:
    text = (project / file).read_text(encoding="utf-8") if (project / file).is_file() else "{}"
    put(project / file, text.replace("title: two", "title: three") + "\n")
    assert reproduce() == 0
    assert "index" in ran(project)
    assert not [stage for stage in ran(project) if stage.startswith(("tables", "chapters"))]


def test_a_failing_stage_leaves_the_last_pages_and_one_error(
    project: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    before = pages(project)
    put(project / "plan.yaml", "changed")
    put(project / "fail", "chapters@2013")
    assert reproduce() == 1
    assert pages(project) == before
    said = capfd.readouterr().err.splitlines()
    assert said[0] == "DataError: data/raw/2013/gains.csv row 2: what to do"
    assert len(said) == 2
    assert said[1].startswith("ERROR: failed to reproduce 'chapters@2013'")


def test_a_new_plan_leaves_the_tables(project: Path) -> None:
    put(project / "plan.yaml", "changed")
    assert reproduce(["chapters@2013"]) == 0
    assert ran(project) == ["chapters@2013"]
    assert b"changed" in (project / "findings" / "2013" / "07_findings.html").read_bytes()


@pytest.mark.parametrize("broken", ["", "schema: ", "<<<<<<< HEAD\nschema: '2.0'\n======="])
def test_a_broken_lock_file_is_mended(
    project: Path, broken: str, capsys: pytest.CaptureFixture[str]
) -> None:
    put(project / "dvc.lock", broken)
    mend(project)
    assert not (project / "dvc.lock").exists()
    assert "dvc.lock was empty or broken" in capsys.readouterr().err


def test_after_mending_the_same_pages_are_made(project: Path) -> None:
    before, lock = pages(project), (project / "dvc.lock").read_bytes()
    put(project / "dvc.lock", "")
    put(project / ".dvc" / "tmp" / "rwlock", "")
    assert reproduce() == 0
    assert pages(project) == before
    assert (project / "dvc.lock").read_bytes() == lock


@pytest.mark.parametrize("process", [999_999_999, os.getpid()], ids=["gone", "another program"])
def test_a_lock_of_a_killed_run_is_removed(
    tmp_path: Path, process: int, capsys: pytest.CaptureFixture[str], monkeypatch: Any
) -> None:
    busy = tmp_path / ".dvc" / "tmp" / "rwlock"
    put(busy, json.dumps({"write": {"/x": {"pid": process, "cmd": "dvc repro"}}, "read": {}}))
    mend(tmp_path)
    assert not busy.exists()
    assert "rwlock" in capsys.readouterr().err


def test_a_lock_of_a_run_at_work_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    busy = tmp_path / ".dvc" / "tmp" / "rwlock"
    put(busy, json.dumps({"read": {"/x": [{"pid": 7, "cmd": "dvc repro"}]}, "write": {}}))
    monkeypatch.setattr(pipeline, "_runs_dvc", lambda process: process == 7)
    mend(tmp_path)
    assert busy.exists()


def test_without_git_dvc_is_told_so_and_with_git_no_longer(tmp_path: Path) -> None:
    prepare(tmp_path)
    local = tmp_path / ".dvc" / "config.local"
    assert "no_scm = true" in local.read_text(encoding="utf-8")
    (tmp_path / ".git").mkdir()
    prepare(tmp_path)
    assert not local.exists()


def test_a_readers_own_configuration_is_left(tmp_path: Path) -> None:
    put(tmp_path / ".dvc" / "config.local", "[cache]\n    dir = /cache\n")
    (tmp_path / ".git").mkdir()
    prepare(tmp_path)
    assert (tmp_path / ".dvc" / "config.local").exists()


def test_everything_that_could_change_a_bit_is_fixed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONHASHSEED", "5")
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    found = fixed_environment()
    fixed = {"PYTHONHASHSEED": "0", "OPENBLAS_NUM_THREADS": "1", "LC_ALL": "C.UTF-8", "TZ": "UTC"}
    assert fixed.items() <= found.items()
    assert found["PATH"].split(os.pathsep)[0] == str(Path(sys.executable).parent)


@pytest.mark.parametrize(("flags", "core"), [("fma avx2", "Haswell"), ("sse4_2 avx", None)])
def test_a_processor_is_not_told_to_do_what_it_cannot(
    flags: str, core: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(platform, "machine", lambda: "x86_64")
    monkeypatch.setattr(Path, "is_file", lambda self: True)
    monkeypatch.setattr(Path, "read_text", lambda self, **_: f"model : x\nflags\t\t: {flags}\n")
    assert pipeline._blas_core().get("OPENBLAS_CORETYPE") == core


def test_one_stage_runs_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANALYSIS_ROOT", str(tmp_path))
    monkeypatch.setattr(pipeline, "die_with_parent", lambda parent: None)
    with stage_guard(), pytest.raises(AnalysisError, match="Another run"), stage_guard():
        pass
    with stage_guard():
        pass


def test_no_command_is_put_together_from_parameters() -> None:
    assert [stage["cmd"] for stage in stages().values()] == [
        f"{COMMAND} {name}" for name in ("reviewed", "tables", "chapters", "since", "index")
    ]


def test_no_output_is_deleted_before_its_stage_runs() -> None:
    for stage in stages().values():
        for out in (*stage["outs"], *stage.get("metrics", ())):
            assert all(options["persist"] is True for options in out.values()), out


def test_every_chapter_has_its_line_in_the_pipeline() -> None:
    books = {book.stem for book in (PROJECT / "notebooks").glob("*.ipynb")}
    made = [*outs(stages()["chapters"]), *outs(stages()["since"])]
    listed = {Path(out).stem for out in made if out.endswith(".html")}
    assert listed == books


@pytest.mark.parametrize("content", ["{}", '{"write": {}}', '{"write": {}, "read": {}}'])
def test_the_empty_lock_that_dvc_leaves_behind_is_no_killed_run(
    content: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    put(tmp_path / ".dvc" / "tmp" / "rwlock", content)
    pipeline.mend(tmp_path)
    assert capsys.readouterr().err == ""
