"""Tests of writing whole files or none, of strict YAML, and of fingerprints."""

from __future__ import annotations

import errno
import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from analysis.errors import AnalysisError, DataError
from analysis.files import (
    line_of_entry,
    read_yaml,
    sha256,
    sha256_of_tree,
    write_atomically,
    write_together,
)

CALLS = ["fdopen", "fsync", "chmod", "replace"]


def fail_at(call: int, name: str) -> Callable[..., Any]:
    """Return `os.<name>` that finds the disk full at its call number `call`."""
    honest, made = getattr(os, name), []

    def full(*given: Any, **options: Any) -> Any:
        made.append(given)
        if len(made) == call:
            if name == "fdopen":
                os.close(given[0])
            raise OSError(errno.ENOSPC, "No space left on device")
        return honest(*given, **options)

    return full


def content(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.iterdir()}


def test_a_file_is_written_with_its_folders_and_readable_by_all(tmp_path: Path) -> None:
    file = tmp_path / "a" / "b" / "c.txt"
    write_atomically(file, b"one")
    write_atomically(file, b"two")
    assert content(file.parent) == {"c.txt": b"two"}
    assert file.stat().st_mode & 0o777 == 0o644


@pytest.mark.parametrize("name", CALLS)
def test_a_full_disk_is_one_clear_line_and_the_old_file_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    file = tmp_path / "page.html"
    write_atomically(file, b"the last good page")
    monkeypatch.setattr(os, name, fail_at(1, name))
    with pytest.raises(AnalysisError, match=r"page\.html could not be written: No space") as caught:
        write_atomically(file, b"half a p")
    assert len(str(caught.value).splitlines()) == 1
    assert content(tmp_path) == {"page.html": b"the last good page"}


@pytest.mark.parametrize("name", CALLS[:3])
def test_files_written_together_all_stay_old_wherever_writing_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    old = {f"{n}.csv": b"old" for n in "abc"}
    new = {tmp_path / name: b"new" for name in old}
    write_together({tmp_path / name: data for name, data in old.items()})
    for call in (1, 2, 3):
        with monkeypatch.context() as patch:
            patch.setattr(os, name, fail_at(call, name))
            with pytest.raises(AnalysisError):
                write_together(new)
        assert content(tmp_path) == old
    write_together(new)
    assert set(content(tmp_path).values()) == {b"new"}


def test_an_interruption_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(_: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupt)
    with pytest.raises(KeyboardInterrupt):
        write_atomically(tmp_path / "page.html", b"half")
    assert content(tmp_path) == {}


def test_a_file_in_place_of_a_folder_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "findings").write_text("a file")
    with pytest.raises(AnalysisError, match="could not be written"):
        write_atomically(tmp_path / "findings" / "index.html", b"page")


@pytest.mark.parametrize(
    ("text", "found", "row"),
    [
        ("a: 1\nb: 2\na: 3\n", "the key 'a' twice", 3),
        ("a:\n  - b: 1\n    b: 2\n", "the key 'b' twice", 3),
        ("a: 1\n'a': 2\n", "the key 'a' twice", 2),
        ("a: [1\n", "expected", 2),
        ("a: b: c\n", "mapping values are not allowed", 1),
        ("a: 2026-02-30\n", "not YAML", None),
        (f"a: {'9' * 5000}\n", "not YAML", None),
        ("a: !!timestamp x\n", "not YAML", None),
        ("a: !!bool x\n", "not YAML", None),
        ("a: !!python/object/apply:os.getpid []\n", "could not determine a constructor", 1),
        ("? [a]\n: 1\n", "unhashable key", 1),
        ("- a\n", "no entries", None),
        ("", "no entries", None),
    ],
)
def test_yaml_that_is_not_plain_entries_is_refused(
    tmp_path: Path, text: str, found: str, row: int | None
) -> None:
    (tmp_path / "x.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(DataError) as caught:
        read_yaml(tmp_path / "x.yaml", "params")
    (problem,) = caught.value.problems
    assert found in problem.found
    assert (problem.file, problem.row, problem.code) == ("x.yaml", row, "params")


@pytest.mark.parametrize("data", [b"\xff\xfea\0", b"a: \xa3", b"a: \0"])
def test_yaml_in_another_encoding_is_refused(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "x.yaml").write_bytes(data)
    with pytest.raises(DataError, match="YAML"):
        read_yaml(tmp_path / "x.yaml", "params")


def test_a_yaml_folder_or_a_lost_file_is_refused(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "lost.yaml"):
        with pytest.raises(DataError, match="no readable file"):
            read_yaml(path, "params")


def test_good_yaml_is_read_with_its_mark_and_its_aliases(tmp_path: Path) -> None:
    (tmp_path / "x.yaml").write_bytes(b"\xef\xbb\xbfa: &a {b: 1}\nc: *a\n")
    assert read_yaml(tmp_path / "x.yaml", "params") == {"a": {"b": 1}, "c": {"b": 1}}


def test_an_entry_is_found_on_its_line(tmp_path: Path) -> None:
    file = tmp_path / "x.yaml"
    file.write_text("# note\n'2031':\n  title: a\n  tables:\n    gains: {rows: 1}\n", "utf-8")
    assert line_of_entry(file, ("2031", "tables", "gains")) == 5
    assert line_of_entry(file, ("2031", "tables", "lost")) == 4
    assert line_of_entry(file, ("lost",)) is None


def test_a_fingerprint_is_the_published_algorithms(tmp_path: Path) -> None:
    (tmp_path / "abc").write_bytes(b"abc")
    # FIPS 180-4, example of SHA-256 for the message "abc".
    assert sha256(tmp_path / "abc").startswith("ba7816bf8f01cfea")
    assert sha256(tmp_path / "abc") == hashlib.sha256(b"abc").hexdigest()


def test_a_trees_fingerprint_knows_names_and_content_but_no_bytecode(tmp_path: Path) -> None:
    top = tmp_path / "src"
    write_together({top / "a.py": b"1", top / "b" / "c.py": b"2"})
    before = sha256_of_tree(top)
    write_together({top / "__pycache__" / "a.pyc": b"x", top / ".ipynb_checkpoints" / "a": b"x"})
    assert sha256_of_tree(top) == before
    (top / "a.py").write_bytes(b"2")
    changed = sha256_of_tree(top)
    (top / "a.py").rename(top / "d.py")
    assert len({before, changed, sha256_of_tree(top)}) == 3
