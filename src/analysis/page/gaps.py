"""Sections that a year's tables leave empty: gathered, so that a page says each reason once."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_output

from analysis.page.components import component

HEADING = "What this year’s tables do not give"
_GAP = re.compile(r'<(p|div) class="[^"]*\bgap">(?:<p>)?Not available: (.*?)\.(?:</p>)?</\1>')
_CLOSING = '<section class="entries"'
_NOTHING = "there is nothing to draw in this year"
_MARK = re.compile(r"^## +(.+?)\s*#*\s*$", re.MULTILINE)
new_cell: Callable[..., NotebookNode] = new_code_cell
new_result: Callable[..., NotebookNode] = new_output
new_words: Callable[..., NotebookNode] = new_markdown_cell


@dataclass(frozen=True)
class _Section:
    """The cells from a second-level heading to the next, or those before the first."""

    title: str
    cells: list[NotebookNode]

    @property
    def own(self) -> list[NotebookNode]:
        """The cells without the list of the chapter's numbers, which ends the last section."""
        return [cell for cell in self.cells if not _closes(cell)]

    @property
    def reasons(self) -> list[str]:
        """Why there is nothing in the section; none where something is shown."""
        shown = [cell for cell in self.own if cell.cell_type == "code" and cell.outputs]
        texts = [_html_of(cell) for cell in shown]
        if not self.title or not texts or any(_GAP.sub("", text).strip() for text in texts):
            return []
        found = [why for text in texts for _, reasons in _GAP.findall(text)
                 for why in html.unescape(reasons).split("; ")]  # fmt: skip
        said = list(dict.fromkeys(found))
        return [why for why in said if why != _NOTHING] or said


def gathered(cells: Sequence[NotebookNode], *, in_place: bool) -> list[NotebookNode]:
    """Return a page's cells with every section that shows nothing but gaps taken out.

    They are listed by their reasons in a section before the list of numbers, or with `in_place`
    keep their headings, each with its reason. Elsewhere a gap is said once in a section.
    """
    sections = _sections(cells)
    empty = [one for one in sections if one.reasons]
    kept: list[NotebookNode] = []
    for one in sections:
        if one not in empty:
            kept += _once(one.own)
        elif in_place:
            kept += [new_words(f"## {one.title}"), _listed([one], one.reasons, "paragraphs")]
    if empty and not in_place:
        kept += [new_words(f"## {HEADING}"), _listed(empty, _by_reason(empty), "points")]
    return [*kept, *(cell for one in sections for cell in one.cells if _closes(cell))]


def _sections(cells: Sequence[NotebookNode]) -> list[_Section]:
    found = [_Section("", [])]
    for cell in cells:
        title = _MARK.search(cell.source) if cell.cell_type == "markdown" else None
        if title is not None:
            found.append(_Section(title[1], []))
        found[-1].cells.append(cell)
    return found


def _closes(cell: NotebookNode) -> bool:
    return cell.cell_type == "code" and _html_of(cell).startswith(_CLOSING)


def _html_of(cell: NotebookNode) -> str:
    """Return what a code cell shows as HTML; anything else that it shows as a mark of its own."""
    outputs = cell.outputs if cell.cell_type == "code" else []
    return "".join(str(out.get("data", {}).get("text/html", out.output_type)) for out in outputs)


def _once(cells: Sequence[NotebookNode]) -> list[NotebookNode]:
    """Return a section's cells, each reason of a gap once."""
    said: set[str] = set()

    def first(found: re.Match[str]) -> str:
        again = found[2] in said
        said.add(found[2])
        return "" if again else found[0]

    for cell in cells:
        for output in cell.outputs if cell.cell_type == "code" else []:
            data: dict[str, Any] = output.get("data", {})
            if "text/html" in data:
                data["text/html"] = _GAP.sub(first, str(data["text/html"]))
    return list(cells)


def _by_reason(sections: Sequence[_Section]) -> list[str]:
    """Return each section's first reason once, with the headings of the sections it empties."""
    titles: dict[str, list[str]] = {}
    for one in sections:
        titles.setdefault(one.reasons[0], []).append(one.title)
    return [f"{why}.{_left_out(those)}" for why, those in titles.items()]


def _listed(sections: Sequence[_Section], lines: Sequence[str], part: str) -> NotebookNode:
    """Return a cell that says why the sections are empty, with their code."""
    said = [f"{_capital(line)}{'' if line[-1] in '.?' else '.'}" for line in lines]
    shown = component(part, sentences=said)
    code = [c.source for one in sections for c in one.own if c.cell_type == "code"]
    output = new_result("execute_result", data={"text/html": shown}, execution_count=None)
    return new_cell("\n\n".join(code), outputs=[output], metadata={"tags": []})


def _left_out(titles: Sequence[str]) -> str:
    words = "; ".join(re.sub(r"[*_`]", "", title) for title in titles)
    return f" Left out: {words}{'' if words.endswith('?') else '.'}"


def _capital(words: str) -> str:
    return f"{words[:1].upper()}{words[1:]}"
