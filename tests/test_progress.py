"""Tests of what a person is told who waits for a large workbook."""

from __future__ import annotations

import sys
from pathlib import Path

import hostile
import pytest

from analysis.errors import DataError
from analysis.sources import progress, workbook
from analysis.sources.grids import open_grids

SLOW = (
    "import time; from analysis.sources import progress; "
    "progress.begin(); progress.tell(12_000); time.sleep(60)"
)


def wait(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Read a workbook whose reader is slow, until it is given up."""
    begin = workbook._START.removesuffix("workbook.answer()")
    monkeypatch.setattr(workbook, "_START", begin + SLOW)
    monkeypatch.setattr(workbook, "SECONDS", 1.5)
    monkeypatch.setattr(workbook, "LOOK_EVERY", 0.1)
    monkeypatch.setattr(progress, "AFTER", 0.9)
    with pytest.raises(DataError, match=r"over 1.5 seconds"):
        open_grids(hostile.written(folder, "large.xlsx", hostile.xlsx(hostile.SOUND)))


def test_a_person_at_a_terminal_sees_how_many_rows_have_been_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    wait(tmp_path, monkeypatch)
    said = capsys.readouterr()
    assert said.err == "reading large.xlsx: 12,000 rows ...\n"
    assert not said.out


def test_without_a_terminal_nothing_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    wait(tmp_path, monkeypatch)
    assert capsys.readouterr() == ("", "")


def test_only_the_child_process_writes_and_only_now_and_then(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    told: list[bytes] = []
    monkeypatch.setattr(progress.os, "lseek", lambda *_: 0)
    monkeypatch.setattr(progress.os, "write", lambda _, data: told.append(data))
    progress.tell(2_000)
    assert not told
    monkeypatch.setattr(progress, "_told", True)
    for rows in (1, 999, 1_000, 1_001, 24_000):
        progress.tell(rows)
    assert [int(data) for data in told] == [1_000, 24_000]
