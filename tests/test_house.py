"""Tests of the house: floors, sizes, notebooks, locks, and what no file may hold."""

from __future__ import annotations

import ast
import hashlib
import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
import yaml

from analysis.params import Params
from analysis.questions.plan import load_plan

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src" / "analysis"
MODULES = sorted(SOURCE.rglob("*.py"))
OTHER_CODE = sorted([*(ROOT / "tests").glob("*.py"), *(ROOT / "benchmarks").glob("*.py")])
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
TEXTS = [*MODULES, *NOTEBOOKS, *(SOURCE / "page" / "template").iterdir()] + [
    ROOT / name
    for name in ("README.md", "CONTRIBUTING.md", "Makefile", "dvc.yaml", "params.yaml",
                 "plan.yaml", "pyproject.toml", "environment.yml", "data/sources.yaml")
]  # fmt: skip
BIN = Path(sys.executable).parent
# Steps of a method that is cited where it is put together, and plain counting.
UNCITED = {
    "standard_errors.py": {"squared_errors", "two_sided_p", "t_quantile", "quantile", "ratio"},
    "multiverse_design.py": {"estimated", "ranked"},
    "multiverse_draws.py": {"pooled", "designed", "observed", "drawn"},
    "order.py": {"identical_rows"},
}
# Declared and answered, but on no page.
Cell = tuple[str, dict[str, Any], str]


def named(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def cells(notebook: Path) -> list[Cell]:
    """Return kind, the cell as stored, and source of each cell."""
    stored = json.loads(notebook.read_text(encoding="utf-8"))
    return [(cell["cell_type"], cell, "".join(cell["source"])) for cell in stored["cells"]]


def code_cells(notebook: Path) -> list[Cell]:
    return [cell for cell in cells(notebook) if cell[0] == "code"]


def code_lines(source: str) -> list[str]:
    return [line for line in source.splitlines() if line.strip()]


def imported(path: Path) -> set[str]:
    """Return the top names of all modules that a file imports, wherever it does."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
    return {name.split(".")[0] for name in found}


def run(*command: str) -> tuple[int, str]:
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize(
    "command",
    [
        ("ruff", "check", "--no-cache"),
        ("ruff", "format", "--check", "--no-cache"),
        ("mypy",),
        ("lint-imports", "--no-cache"),
    ],
    ids=["ruff check", "ruff format", "mypy", "floors"],
)
def test_the_code_is_clean(command: tuple[str, ...]) -> None:
    program, *rest = command
    code, said = run(str(BIN / program), *rest)
    assert code == 0, said


@pytest.mark.parametrize("module", [*MODULES, *OTHER_CODE], ids=named)
def test_no_module_has_over_400_lines_or_none(module: Path) -> None:
    lines = module.read_text(encoding="utf-8").splitlines()
    assert 0 < len(lines) <= 400


def test_nine_functions_in_ten_are_under_25_lines() -> None:
    lengths = sorted(
        node.end_lineno - node.lineno + 1 - len((ast.get_docstring(node) or "").splitlines())
        for module in MODULES
        for node in ast.walk(ast.parse(module.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef) and node.end_lineno
    )
    assert lengths[9 * len(lengths) // 10] < 25


def test_no_room_is_called_for_what_it_does_not_say() -> None:
    names = {path.stem for path in MODULES} | {path.parent.name for path in MODULES}
    assert not names & {"utils", "util", "helpers", "helper", "misc", "common"}


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=named)
def test_a_chapter_is_thin(notebook: Path) -> None:
    counts = [len(code_lines(source)) for _, _, source in code_cells(notebook)]
    assert max(counts) <= 6
    assert sum(counts) <= 60


def tagged(cell: dict[str, Any]) -> bool:
    return "parameters" in cell["metadata"].get("tags", [])


FORBIDDEN_NODES = (
    ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda, ast.For, ast.While, ast.With,
    ast.If, ast.Try, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp, ast.Raise,
)  # fmt: skip
FORBIDDEN_CALLS = re.compile(
    r"open|print|exec|eval|merge|join|read_\w+|to_(csv|parquet|excel)|write\w*|plot\w*|\w*plot|"
    r"subplots|savefig|figure|scatter|hist"
)


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=named)
def test_a_chapter_defines_nothing_loops_over_nothing_and_touches_no_file(notebook: Path) -> None:
    for _, _, source in code_cells(notebook):
        for node in ast.walk(ast.parse(source)):
            assert not isinstance(node, FORBIDDEN_NODES), source
            if isinstance(node, ast.Call):
                name = getattr(node.func, "attr", getattr(node.func, "id", ""))
                assert not FORBIDDEN_CALLS.fullmatch(name), source


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=named)
def test_a_chapter_knows_nothing_but_the_package(notebook: Path) -> None:
    for _, _, source in code_cells(notebook):
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.ImportFrom):
                assert str(node.module).startswith("analysis.page"), source
            assert not isinstance(node, ast.Import), source


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=named)
def test_a_chapter_starts_with_title_paragraph_and_parameters(notebook: Path) -> None:
    first, second = cells(notebook)[:2]
    assert first[0] == "markdown"
    assert re.match(r"# \S.*\n\n\S", first[2])
    assert len([cell for _, cell, _ in cells(notebook) if tagged(cell)]) == 1
    assert tagged(second[1])
    known = {"year"} | {field.name for field in fields(Params)} - {"years"}
    for statement in ast.parse(second[2]).body:
        assert isinstance(statement, ast.Assign), second[2]
        ast.literal_eval(statement.value)
        assert {target.id for target in statement.targets if isinstance(target, ast.Name)} <= known


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=named)
def test_a_chapter_ends_by_writing_its_record(notebook: Path) -> None:
    assert code_cells(notebook)[-1][2].strip() == "chapter.close()"


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=named)
def test_a_chapter_calls_itself_by_its_own_name(notebook: Path) -> None:
    made = [source for _, _, source in code_cells(notebook) if "= Chapter(" in source]
    assert len(made) == 1
    assert f'"{notebook.stem}"' in made[0]


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=named)
def test_a_chapter_is_stored_without_outputs_counts_or_clock(notebook: Path) -> None:
    for _, cell, _ in code_cells(notebook):
        assert cell["outputs"] == []
        assert cell["execution_count"] is None
    stored = json.loads(notebook.read_text(encoding="utf-8"))
    kernel = stored["metadata"]["kernelspec"]
    assert set(kernel) == {"name", "display_name", "language"}
    assert (kernel["name"], kernel["language"]) == ("python3", "python")
    assert set(stored["metadata"]) <= {"kernelspec", "language_info", "analysis"}
    for _, cell, _ in cells(notebook):
        assert set(cell["metadata"]) <= {"tags"}
    ids = [cell.get("id") for _, cell, _ in cells(notebook)]
    assert len(set(ids) - {None}) == len([one for one in ids if one])


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=named)
def test_no_number_is_typed_into_prose(notebook: Path) -> None:
    for kind, _, source in cells(notebook):
        if kind == "markdown":
            bare = re.sub(r"\]\([^)]*\)|(?i:key stages? [24]( and [24])?)", "", source)
            assert not re.search(r"\d", bare)


def test_the_chapters_are_those_that_the_pipeline_publishes() -> None:
    stages = yaml.safe_load((ROOT / "dvc.yaml").read_text(encoding="utf-8"))["stages"]
    pages = {}
    for name in ("chapters", "since"):
        outs = [next(iter(out)) for out in stages[name]["outs"]]
        pages |= {Path(out).stem: name for out in outs if out.endswith(".html")}
    assert sorted(pages) == [notebook.stem for notebook in NOTEBOOKS]
    for notebook in NOTEBOOKS:
        stored = json.loads(notebook.read_text(encoding="utf-8"))
        said = stored["metadata"].get("analysis", {}).get("stage", "chapters")
        assert said == pages[notebook.stem]


def test_chapters_that_quote_say_so() -> None:
    quoting = []
    for notebook in NOTEBOOKS:
        stored = json.loads(notebook.read_text(encoding="utf-8"))
        said = stored["metadata"].get("analysis", {}).get("quotes", False)
        assert said == any("quotes=True" in source for _, _, source in code_cells(notebook))
        quoting += [notebook.stem] * said
    assert "07_findings" in quoting


def test_every_entry_of_the_plan_is_published_by_some_chapter() -> None:
    text = "".join(source for notebook in NOTEBOOKS for _, _, source in code_cells(notebook))
    for entry in load_plan().content["questions"]:
        of_outcome = [entry.replace("{outcome}", name) for name in ("ks2", "ks4", "<outcome>")]
        assert any(name in text for name in of_outcome), entry


def test_only_sources_reads_raw_tables() -> None:
    for module in MODULES:
        text = module.read_text(encoding="utf-8")
        assert not re.search(r"\bread_(csv|excel|table|fwf)\b", text), named(module)
        # The lint of disclosure reads again what is about to be published.
        if module.parent.name != "sources" and module.name != "disclosed.py":
            assert "csv" not in imported(module) or "csv.reader" not in text, named(module)
            assert "DictReader" not in text, named(module)


@pytest.mark.parametrize(
    ("libraries", "rooms"),
    [
        ({"matplotlib", "seaborn"}, ("page/figures/",)),
        (
            {"papermill", "nbconvert", "nbclient", "nbformat", "jupyter_client", "IPython"},
            tuple(f"page/{n}.py" for n in ("run", "engine", "export", "gaps", "kernel", "prose")),
        ),
        ({"latex2mathml"}, ("page/formula.py",)),
        ({"dvc"}, ("page/pipeline.py",)),
        ({"statsmodels", "sklearn", "linearmodels"}, ("methods/",)),
        ({"pandas"}, ("sources/", "tables/", "questions/", "page/", "methods/")),
        ({"requests", "urllib3", "httpx", "aiohttp", "socket"}, ("page/kernel.py",)),
    ],
    ids=["drawing", "notebooks", "formulas", "pipeline", "models", "frames", "network"],
)
def test_a_library_is_known_to_its_own_rooms_only(libraries: set[str], rooms: Any) -> None:
    for module in MODULES:
        place = module.relative_to(SOURCE).as_posix()
        if imported(module) & libraries:
            assert place.startswith(tuple(rooms)), place


def functions(module: Path) -> Iterator[tuple[str, str]]:
    for node in ast.parse(module.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
            yield node.name, ast.get_docstring(node) or ""


def test_every_method_cites_its_source_or_the_method_that_it_is_part_of() -> None:
    methods = [path for path in MODULES if path.parent.name == "methods"]
    said = {name: text for path in methods for name, text in functions(path)}
    cited = {name for name, text in said.items() if "References\n-" in text}
    for _ in said:
        cited |= {n for n, t in said.items() if any(f"`{other}`" in t for other in cited)}
    for path in methods:
        without = {name for name, _ in functions(path)} - cited
        assert without <= UNCITED.get(path.name, set()), path.name


def test_the_first_screen_of_the_readme_has_both_commands_and_the_page_to_open() -> None:
    screen = "\n".join((ROOT / "README.md").read_text(encoding="utf-8").splitlines()[:25])
    for words in ("make findings", "make test", "findings/index.html", "question", "cannot tell"):
        assert words in screen


def versions(name: str) -> dict[str, str]:
    text = (ROOT / name).read_text(encoding="utf-8")
    return dict(re.findall(r"^([A-Za-z0-9][\w.-]*)==([^\s;\\]+)", text, re.MULTILINE))


def plain_name(need: str) -> str:
    """Return the name of a package in a line such as `flit_core>=3.12`."""
    return re.split(r"[^\w.-]", need)[0].lower().replace("_", "-")


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-dev.lock"])
def test_a_lock_names_no_address_and_every_package_has_hashes(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    assert "://" not in text
    assert not re.search(r"^(-|--)(i|e|f|index|extra|find|trusted)", text, re.MULTILINE)
    blocks = re.split(r"\n(?=\S)", re.sub(r"^#.*\n", "", text, flags=re.MULTILINE).strip())
    for block in blocks:
        assert re.match(r"[A-Za-z0-9][\w.-]*(\[[\w,]+\])?==\S+", block), block[:80]
        assert re.search(r"--hash=sha256:[0-9a-f]{64}\b", block), block[:80]


def test_what_the_project_needs_is_in_the_locks_at_one_version() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    run_lock, dev_lock = versions("requirements.lock"), versions("requirements-dev.lock")
    extras = [need for needs in project["optional-dependencies"].values() for need in needs]
    assert {plain_name(need) for need in project["dependencies"]} <= set(run_lock)
    assert {plain_name(need) for need in extras} <= set(dev_lock)
    assert {name: dev_lock.get(name) for name in run_lock} == run_lock


def test_the_conda_entrance_has_the_versions_of_the_lock() -> None:
    content = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
    locked = versions("requirements-dev.lock")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    needs = [need for need in content["dependencies"] if isinstance(need, str)]
    by_pip = [need for part in content["dependencies"] if isinstance(part, dict)
              for need in part["pip"]]  # fmt: skip
    listed = dict(need.split("=") for need in needs if "=" in need)
    listed |= dict(need.split("==") for need in by_pip)
    assert listed.pop("python") == project["requires-python"].removeprefix(">=")
    assert listed == {name: locked[name] for name in listed}
    assert {plain_name(need) for need in project["dependencies"]} <= set(listed)


@pytest.mark.parametrize("path", TEXTS, ids=named)
def test_no_file_names_a_folder_of_a_machine(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    found = re.search(r"(?<![\w.])/(home|root|tmp|Users|work|mnt|opt)/|[A-Z]:\\\\?Users", text)
    assert not found or "/path/to" in text[found.start() - 5 : found.end()], found


def tree_md5(folder: Path) -> str:
    """Return DVC's fingerprint of a folder: that of the sorted list of its files' own."""
    files = sorted(f for f in folder.rglob("*") if f.is_file() and f.parent == folder)
    listed = [
        {"md5": hashlib.md5(file.read_bytes()).hexdigest(), "relpath": file.name} for file in files
    ]
    return hashlib.md5(json.dumps(listed, sort_keys=True).encode()).hexdigest() + ".dir"


def test_the_proof_of_the_pipeline_is_of_these_chapters_and_this_plan() -> None:
    lock = yaml.safe_load((ROOT / "dvc.lock").read_text(encoding="utf-8"))
    params = yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf-8"))
    plan = hashlib.md5((ROOT / "plan.yaml").read_bytes()).hexdigest()
    for year in params["years"]:
        deps = {dep["path"]: dep["md5"] for dep in lock["stages"][f"chapters@{year}"]["deps"]}
        assert deps["plan.yaml"] == plan, "dvc.lock is older than plan.yaml: make findings"
        assert deps["notebooks"] == tree_md5(ROOT / "notebooks"), "make findings renews dvc.lock"
