"""Tests of what a page says of its making: digests, versions, the code's tree, citations."""

from __future__ import annotations

import re
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from analysis.page.edition import CODE, DIGITS, SERIES, Edition
from analysis.page.export import component
from analysis.page.provenance import (
    LIBRARIES,
    PACKAGE,
    PROJECT,
    bibtex,
    digest_of,
    installed,
    tree_id,
    versions,
)

ROOT = Path(__file__).parents[1]
HOSTILE = '<img src=x onerror=alert(1)>&"'


def edition(**more: Any) -> Edition:
    known: dict[str, Any] = {
        "year": "2013",
        "status": "final",
        "chapters": (("05_funding", "Funding: how much?"), ("08_since_last_year", "Since")),
        "raw": (("data/raw/2013/gains.csv", "a" * 64),),
        "inputs": (("plan.yaml", "b" * 64),),
        "trees": (("src/analysis", "c" * 40),),
        "versions": (("numpy", "9.9.9"),),
        "publisher": "A council",
        "published": "2014",
        "document": "A report",
        "accessed": "2026-11-23",
        "licence": "open",
    }
    return Edition(**{**known, **more})


def git(*words: str) -> str:
    done = subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=False)
    return done.stdout.strip()


def test_the_id_of_a_tree_is_that_of_git(tmp_path: Path) -> None:
    if not git("--version"):
        pytest.skip("no git on this machine")
    for name, text in {"b.py": "b\n", "a/c.txt": "c", "a.txt": "", "a/é.py": "é"}.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8", newline="")
    run = {"cwd": tmp_path, "check": True, "capture_output": True, "text": True}
    subprocess.run(["git", "init", "-q"], **run)
    subprocess.run(["git", "add", "-A"], **run)
    expected = subprocess.run(["git", "write-tree"], **run).stdout.strip()
    for name in ("__pycache__/b.pyc", "a/__pycache__/c.pyc"):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_bytes(b"cache")
    (tmp_path / "empty").mkdir()
    (tmp_path / ".git").rename(tmp_path.parent / f"{tmp_path.name}.git")
    assert tree_id(tmp_path) == expected


def test_the_command_on_a_page_finds_the_commit_that_holds_its_code() -> None:
    if not git("log", "-1", "--format=%H"):
        pytest.skip("a copy without git")
    if git("status", "--porcelain", "--", "src/analysis"):
        pytest.skip("the code is not committed")
    found = git("log", "--format=%H", f"--find-object={tree_id(CODE)}")
    assert found
    assert git("rev-parse", f"{found.splitlines()[-1]}:src/analysis") == tree_id(CODE)


def test_versions_are_those_of_the_installed_libraries() -> None:
    assert [name for name, _ in versions()] == list(LIBRARIES)
    assert all(re.fullmatch(r"\d[\w.]+", number) for _, number in versions())
    assert installed("no-such-package-anywhere") == "not installed"


def test_one_digest_stands_for_all_files_and_their_names() -> None:
    files = [("a.csv", "1" * 64), ("b.csv", "2" * 64)]
    assert re.fullmatch(r"[0-9a-f]{64}", digest_of(files))
    renamed = [("a.csv", "1" * 64), ("c.csv", "2" * 64)]
    assert len({digest_of(files), digest_of(files[:1]), digest_of(renamed)}) == 3


def test_a_page_names_all_that_it_takes_to_make_it_again() -> None:
    html = component("provenance", of=edition(), name="05_funding", command="make findings")
    for text in ("make findings", "data/raw/2013/gains.csv", "plan.yaml", "numpy", "9.9.9"):
        assert text in html
    assert f"--find-object={'c' * 40}" in html
    assert "a" * DIGITS in html
    assert "a" * (DIGITS + 1) not in html


def test_a_page_says_how_to_cite_it_and_its_data() -> None:
    html = component("citation", of=edition(), name="05_funding", series=SERIES, project=PROJECT)
    text = " ".join(re.sub(r"<[^>]+>", " ", html).split())
    for part in (PROJECT, "Funding: how much?", "2013 (final)", "A council (2014)", "A report"):
        assert part in text
    assert f"code {'c' * DIGITS}" in text
    assert "@misc{collaborations-2013-05_funding," in text
    assert 'href="08_since_last_year.html"' in html


def test_a_made_up_years_citation_says_so() -> None:
    made_up = edition(status="SIMULATED", year="simulated")
    html = component("citation", of=made_up, name="05_funding", series=SERIES, project=PROJECT)
    assert html.count("SIMULATED") >= 2


def test_what_a_release_says_of_itself_is_text_on_the_page_and_in_bibtex() -> None:
    odd = edition(
        document=HOSTILE, publisher=HOSTILE, licence=HOSTILE, chapters=(("05_funding", HOSTILE),)
    )
    html = component("citation", of=odd, name="05_funding", series=SERIES, project=PROJECT)
    assert "<img" not in html
    entry = bibtex("key", "Money & gains_100% {so}", "#1")
    assert r"title = {Money \& gains\_100\% \{so\}}" in entry
    assert r"note = {\#1}" in entry


def test_the_citation_file_cites_what_the_pages_cite() -> None:
    cited = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert cited["cff-version"] == "1.2.0"
    assert [author["name"] for author in cited["authors"]] == [PROJECT]
    assert cited["version"] == project["version"] == installed(PACKAGE)
    assert cited["title"].startswith(SERIES)
    release = yaml.safe_load((ROOT / "data" / "sources.yaml").read_text(encoding="utf-8"))["2013"]
    source = cited["references"][0]
    assert source["title"] == release["document"]
    assert source["authors"] == [{"name": release["publisher"]}]
    assert str(source["year"]) == release["published"]
