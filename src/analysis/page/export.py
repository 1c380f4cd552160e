"""An executed chapter as one self-contained HTML page."""

from __future__ import annotations

import copy
import html
import re
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

from nbconvert.exporters import HTMLExporter, TemplateExporter
from nbconvert.filters.widgetsdatatypefilter import WidgetsDataTypeFilter
from nbformat import NotebookNode, from_dict
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer
from traitlets.config import Config

from analysis.page.components import component
from analysis.page.edition import COMMAND, SERIES, Edition
from analysis.page.gaps import gathered
from analysis.page.prose import prose
from analysis.page.provenance import PROJECT

TEMPLATE = Path(__file__).parent / "template"
INJECTED = "injected-parameters"
LANGUAGE = {"language_info": {"name": "python"}}
NUMBERS = "numbers"
_UNCOLOURED = re.compile(r'<span class="(?:n|o|p|w)">([^<]*)</span>')
_HAS_NUMBERS = f'id="{NUMBERS}"'
SHOWN = ["text/html", "text/markdown", "image/svg+xml", "image/png", "text/plain"]


first_shown: Any = WidgetsDataTypeFilter


class PageExporter(HTMLExporter):
    """nbconvert's HTML exporter with this project's template, and nothing added to its text.

    The parent class parses the finished page again to write a placeholder as the alternative
    text of every image that has none. Here such an image stays as it is, for the gate to see.
    """

    def from_notebook_node(  # type: ignore[override]
        self, nb: NotebookNode, resources: dict[str, Any] | None = None, **kw: Any
    ) -> tuple[str, dict[str, Any]]:
        """Return the page of `nb` and nbconvert's resources."""
        own: Any = self
        resources = own._init_resources(resources)
        choose = first_shown(notebook_metadata=own._nb_metadata, parent=self, resources=resources)
        own.register_filter("filter_data_type", choose)
        found: tuple[str, dict[str, Any]] = TemplateExporter.from_notebook_node(
            self, nb, resources, **kw
        )
        return found


@lru_cache(maxsize=1)
def exporter() -> PageExporter:
    """Return the exporter of chapters, its template compiled."""
    made: PageExporter = PageExporter(  # type: ignore[no-untyped-call]
        config=Config({"NbConvertBase": {"display_data_priority": SHOWN}}),
        extra_template_basedirs=[str(TEMPLATE.parent)],
        template_name=TEMPLATE.name,
        exclude_anchor_links=True,
        filters={"prose": _prose, "highlight": _highlight},
    )
    made.template  # noqa: B018 - compiled here, before children are forked
    return made


@lru_cache(maxsize=1)
def css() -> str:
    """Return the style sheet of all pages."""
    return plain_css((TEMPLATE / "style.css").read_text(encoding="utf-8"))


def plain_css(text: str) -> str:
    """Return a style sheet without its comments and indents, a rule a line."""
    bare = re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)
    return "\n".join(line.strip() for line in bare.splitlines() if line.strip())


def page(node: NotebookNode, name: str, edition: Edition) -> str:
    """Return an executed chapter as a page of HTML that asks the network for nothing.

    Parameters
    ----------
    node : NotebookNode
        As `run_chapter` returns it; not changed.
    name : str
        The chapter's file name without ending.
    edition : Edition
        Names the other chapters and the inputs.
    """
    clean = normalise(node)
    names = [chapter for chapter, _ in edition.chapters]
    here = names.index(name) if name in names else len(names)
    about = {
        "gathered": _gathered(clean) if quotes(node) else "",
        "name": name,
        "title": dict(edition.chapters).get(name, name),
        "series": SERIES,
        "css": css(),
        "command": COMMAND,
        "edition": edition,
        "contents": [*contents(clean), *_ends(clean, name, edition)],
        "before": edition.chapters[here - 1] if here > 0 else None,
        "after": edition.chapters[here + 1] if here + 1 < len(names) else None,
        "made": component("provenance", of=edition, name=name, command=COMMAND),
        "cite": component("citation", of=edition, name=name, series=SERIES, project=PROJECT),
    }
    text, _ = exporter().from_notebook_node(clean, {"page": about})
    return text


def _ends(node: NotebookNode, name: str, edition: Edition) -> list[tuple[str, str]]:
    """Return anchor and text of the sections that every page ends with."""
    shown = (output.get("data", {}).get("text/html", "") for output in _outputs(node))
    has_numbers = any(_HAS_NUMBERS in text for text in shown)
    ends = [(NUMBERS, "Where each number comes from")] if has_numbers else []
    ends.append(("made", "How this was made"))
    if edition.changes and name != edition.changes:
        ends.append(("changes", "Changes since the last release"))
    return [*ends, ("cite", "Cite, reuse, download")]


def _outputs(node: NotebookNode) -> Iterator[NotebookNode]:
    for cell in node.cells:
        yield from cell.get("outputs", [])


def quotes(node: NotebookNode) -> bool:
    """Return whether a chapter only quotes others: a page for readers, its code at the end."""
    return bool(node.metadata.get("analysis", {}).get("quotes", False))


def _gathered(node: NotebookNode) -> str:
    return "\n\n".join(cell.source for cell in node.cells if cell.cell_type == "code")


def normalise(node: NotebookNode) -> NotebookNode:
    """Return what a page shows of a notebook: nothing that differs from run to run.

    The title goes (the page's head has it), defaults that a run replaced go, sections that this
    year's tables leave empty are gathered at the end, cells that show nothing join the next such
    cell, and cells are numbered afresh.
    """
    cells = [copy.deepcopy(cell) for cell in node.cells]
    tags = {tag for cell in cells for tag in cell.metadata.get("tags", [])}
    if INJECTED in tags:
        cells = [cell for cell in cells if "parameters" not in cell.metadata.get("tags", [])]
    _drop_title(cells)
    cells = gathered(cells, in_place=quotes(node))
    kept = _joined([cell for cell in cells if cell.source.strip()])
    for step, cell in enumerate(kept, start=1):
        injected = INJECTED in cell.metadata.get("tags", [])
        cell.id = f"step-{step}"
        cell.metadata = {"step": step, "summary": "Parameters and set-up" if injected else "Code"}
        if cell.cell_type == "code":
            cell.execution_count = None
            for output in cell.outputs:
                if output.output_type == "execute_result":
                    output.execution_count = None
    clean = copy.copy(node)
    clean.cells = kept
    clean.metadata = from_dict(LANGUAGE)  # type: ignore[no-untyped-call]
    return clean


def contents(node: NotebookNode) -> list[tuple[str, str]]:
    """Return anchor and text of every second-level heading of the text cells."""
    headings = []
    for cell in node.cells:
        if cell.cell_type == "markdown":
            for text in re.findall(r"^## +(.+?)\s*#*\s*$", cell.source, re.MULTILINE):
                plain = re.sub(r"[*_`]", "", text)
                headings.append((anchor(plain), plain))
    return headings


def anchor(text: str) -> str:
    """Return the id of a heading: its words in lower case, joined by hyphens."""
    return "-".join(re.findall(r"\w+", text.lower())) or "section"


def _drop_title(cells: list[NotebookNode]) -> None:
    for cell in cells:
        if cell.cell_type == "markdown":
            cell.source, dropped = re.subn(r"^# .*\n*", "", cell.source, count=1, flags=re.M)
            if dropped:
                return


def _joined(cells: list[NotebookNode]) -> list[NotebookNode]:
    """Join neighbouring code cells that show nothing, so that they fold as one."""
    kept: list[NotebookNode] = []
    for cell in cells:
        last = kept[-1] if kept else None
        silent = cell.cell_type == "code" and not cell.outputs
        if last is not None and silent and last.cell_type == "code" and not last.outputs:
            last.source = f"{last.source.rstrip()}\n\n{cell.source}"
            last.metadata.setdefault("tags", []).extend(cell.metadata.get("tags", []))
        else:
            kept.append(cell)
    return kept


def _prose(source: str) -> str:
    """Return Markdown as HTML, every heading with an id, every formula as MathML."""
    return re.sub(r"<h([2-6])>(.*?)</h\1>", _with_id, prose(source), flags=re.DOTALL)


def _with_id(found: re.Match[str]) -> str:
    level, inner = found.groups()
    words = html.unescape(re.sub(r"<[^>]+>", "", inner))
    return f'<h{level} id="{anchor(words)}">{inner}</h{level}>'


def _highlight(source: str) -> str:
    coloured = str(highlight(source, PythonLexer(), HtmlFormatter(nowrap=True))).rstrip()
    return _UNCOLOURED.sub(r"\1", coloured)
