"""Made-up chapters, for tests of what runs, renders and publishes them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from analysis.page.edition import Edition

KERNEL = {"name": "python3", "display_name": "Python 3", "language": "python"}
PARAMETERS = {"year": "2013", "outcomes": ["gain"], "confidence": 0.95, "seed": 1}
FINISH = """
import json, os, pathlib
place = pathlib.Path(os.environ["ANALYSIS_STAGING"], "records", "{name}.json")
record = {{"chapter": "{name}", "title": "{title}", "findings": {findings}}}
done = place.write_text(json.dumps(record))
"""
ENTRY = {
    "value": 1.5,
    "unit": "pp",
    "low": None,
    "high": None,
    "level": None,
    "p_value": None,
    "n": 3,
    "method": "analysis.methods.mean",
    "kind": "association",
    "sources": ["data/raw/2013/gains.csv"],
    "text": "1.5 pp",
}


def code(source: str, *tags: str) -> dict[str, Any]:
    """Return a code cell as stored."""
    return {
        "cell_type": "code",
        "metadata": {"tags": list(tags)} if tags else {},
        "execution_count": None,
        "outputs": [],
        "source": source,
    }


def text(source: str) -> dict[str, Any]:
    """Return a text cell as stored."""
    return {"cell_type": "markdown", "metadata": {}, "source": source}


def write_book(file: Path, cells: Sequence[dict[str, Any]], **analysis: object) -> Path:
    """Write a notebook as the project stores one: no outputs, ids or timings."""
    metadata: dict[str, Any] = {"kernelspec": KERNEL}
    if analysis:
        metadata["analysis"] = analysis
    book = {"cells": list(cells), "metadata": metadata, "nbformat": 4, "nbformat_minor": 4}
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(book), encoding="utf-8")
    return file


def write_chapter(
    folder: Path,
    name: str,
    *sources: str,
    title: str = "A chapter",
    findings: dict[str, Any] | None = None,
    **analysis: object,
) -> Path:
    """Write a chapter: title, parameters, the given code cells, and its record."""
    finish = FINISH.format(name=name, title=title, findings=repr(findings or {}))
    cells = [
        text(f"# {title}\n\nOne paragraph."),
        code('year = "1999"', "parameters"),
        *(code(source) for source in sources),
        code(finish),
    ]
    return write_book(folder / f"{name}.ipynb", cells, **analysis)


def made_edition(*names: str, status: str = "final") -> Edition:
    """Return an edition of chapters with made-up titles and digests."""
    return Edition(
        year="2013",
        status=status,
        chapters=tuple((name, f"Title of {name}") for name in names),
        parameters=PARAMETERS,
        raw=(("data/raw/2013/gains.csv", "a" * 64),),
        inputs=(("plan.yaml", "b" * 64), ("code", "c" * 64)),
    )
