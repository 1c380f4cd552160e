"""What the commands of docs/tutorial.md say, so that its outputs are always real ones.

`python tests/tutorial.py` writes them into the page; a test holds that they are there.
"""

from __future__ import annotations

import builtins
import contextlib
import io
import re
import sys
import tempfile
from pathlib import Path

import pytest
from world import World, kept_environment, real
from world_2014 import truth
from world_2014_books import Change, Sheets, write_workbooks

from analysis import cli
from analysis.sources import intake_block

PAGE = Path(__file__).parents[1] / "docs" / "tutorial.md"
TODAY = "2015-03-02"
HUB = "Hawkinge and District Made-Up Hub"
_BLOCK = re.compile(r"(<!-- output: (\w+) -->\n```\n)(.*?)(```\n)", re.DOTALL)


def outputs(folder: Path) -> dict[str, str]:
    """Return what each command of the tutorial says, by its name on the page."""
    with pytest.MonkeyPatch.context() as patch, kept_environment():
        patch.setattr(intake_block, "_today", lambda: TODAY)
        return {
            "mail": _mail(folder),
            "shown": _said(_project(folder, patch), _workbooks(folder), "--dry-run"),
            "wrong": _said(_project(folder, patch), _workbooks(folder, _mistyped), "--dry-run"),
            "unsure": _said(_project(folder, patch), _workbooks(folder, _renamed), "--yes"),
            "corrected": _corrected(folder, patch),
            **_accepted(folder, patch),
            "unlinked": _after(
                _said(_project(folder, patch), _workbooks(folder, _respelt), "--yes"), "1 name"
            ),
        }


def renewed(page: str, said: dict[str, str]) -> str:
    """Return the tutorial with the outputs that the commands have now."""
    return _BLOCK.sub(lambda match: f"{match[1]}{said[match[2]].strip()}\n{match[4]}", page)


def names_on(page: str) -> list[str]:
    """Return the names of the outputs on the page."""
    return [match[2] for match in _BLOCK.finditer(page)]


def _mail(folder: Path) -> str:
    return "\n".join(f"build/tutorial/{Path(file).name}" for file in _workbooks(folder))


def _project(folder: Path, patch: pytest.MonkeyPatch) -> World:
    root = Path(tempfile.mkdtemp(dir=folder))
    return real(root, patch)


def _workbooks(folder: Path, change: Change | None = None) -> list[str]:
    return [str(path) for path in write_workbooks(Path(tempfile.mkdtemp(dir=folder)), change)]


def _run(*arguments: str) -> str:
    said = io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        cli.main(list(arguments))
    return said.getvalue()


def _said(_: World, files: list[str], *options: str) -> str:
    return _run("new-year", "2014", *files, *options)


def _accepted(folder: Path, patch: pytest.MonkeyPatch) -> dict[str, str]:
    """Return what is said where the year is first refused, then accepted and checked."""
    _project(folder, patch)
    files = _workbooks(folder)
    said = {}
    for name, answer in (("refused", "n"), ("accepted", "y")):
        with pytest.MonkeyPatch.context() as typed:
            typed.setattr(sys, "stdin", _Terminal())
            typed.setattr(builtins, "input", lambda prompt, word=answer: _typed(prompt, word))
            said[name] = _after(_run("new-year", "2014", *files), "Accept all")
    return {**said, "checked": _shortened(_run("check", "2014"))}


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def _typed(prompt: str, answer: str) -> str:
    print(f"{prompt}{answer}")
    return answer


def _corrected(folder: Path, patch: pytest.MonkeyPatch) -> str:
    world = _project(folder, patch)
    world.put("data/corrections.yaml", correction(PAGE.read_text(encoding="utf-8")))
    said = _said(world, _workbooks(folder, _unreadable), "--dry-run")
    return "\n".join(line for line in said.splitlines() if "corrections.yaml" in line)


def correction(page: str) -> str:
    """Return the entry for data/corrections.yaml that the page shows."""
    return page.split("```yaml\n")[1].split("```")[0]


def _after(text: str, words: str) -> str:
    return text[text.index(words) :]


def _shortened(text: str) -> str:
    """Return what `check` says with one warning of each kind, all of groups, and its last lines."""
    kept: list[str] = []
    seen: set[str] = set()
    lines = text.strip().splitlines()
    for i, line in enumerate(lines):
        code = line.split()[0] if line.startswith("    ") else ""
        if i > len(lines) - 4 or code in ("", "[groups]") or code not in seen:
            kept.append(line)
        elif kept[-1] != "    ...":
            kept.append("    ...")
        seen.add(code)
    return "\n".join(kept)


def _mistyped(sheets: Sheets) -> None:
    sheets["Ofsted Summary"][5][4] = "three"
    sheets["Grants"][7][3] = "£1,2"


def _renamed(sheets: Sheets) -> None:
    for row in sheets["Grants"]:
        if "District" in row:
            row[4] = "2014-15 Pot (£000s)"


def _unreadable(sheets: Sheets) -> None:
    at = next(i for i, row in enumerate(truth().gains) if row["name"] == HUB)
    row = sheets["Results"][at + 2]
    first = next(i for i in range(1, len(row)) if row[i])
    row[first] = f"{row[first]}?"


def _respelt(sheets: Sheets) -> None:
    for row in sheets["Results"]:
        if row[0] == HUB:
            row[0] = HUB.replace("and", "&")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as place:
        made = outputs(Path(place))
    PAGE.write_text(renewed(PAGE.read_text(encoding="utf-8"), made), encoding="utf-8")
    print(f"docs/{PAGE.name}")
