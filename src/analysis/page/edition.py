"""One year's set of chapters: what they are called and what they are made from."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from analysis import paths
from analysis.errors import UsageError
from analysis.files import sha256, sha256_of_tree

SERIES = "School-to-school collaborations"
COMMAND = "make findings"
REVIEWERS_PAGE = "07_findings"
DIGITS = 12


@dataclass(frozen=True)
class Edition:
    """A year's publication and the inputs that its pages name.

    Parameters
    ----------
    year : str
        As in `params.yaml`, for example ``2013``.
    status : str
        ``final``, ``revised``, ``provisional`` or ``SIMULATED``.
    chapters : tuple of (str, str)
        Name of the file without ending, and title, in the order of reading.
    parameters : mapping
        What `params.yaml` lets a run vary, without the years.
    raw : tuple of (str, str)
        Path from the root and SHA-256 of each table as published.
    inputs : tuple of (str, str)
        The same for the plan, the lock and the code (one digest for all of it).
    """

    year: str
    status: str
    chapters: tuple[tuple[str, str], ...]
    parameters: Mapping[str, object] = field(default_factory=dict)
    raw: tuple[tuple[str, str], ...] = ()
    inputs: tuple[tuple[str, str], ...] = ()

    @property
    def label(self) -> str:
        """The year as a reader writes it; a made-up one is the practice year."""
        if not self.year[:1].isdigit():
            return f"Practice year ({self.year})"
        return re.sub(r"\A(\d{4})_(\d{2})\Z", r"\1/\2", self.year)

    @property
    def plan_sha256(self) -> str | None:
        """SHA-256 of the analysis plan, None where there is none."""
        return dict(self.inputs).get("plan.yaml")

    def shown_parameters(self) -> list[tuple[str, str]]:
        """Return name and text of each parameter, as a page's foot names them."""
        return [
            (name, json.dumps(value, ensure_ascii=False)) for name, value in self.parameters.items()
        ]


def edition(
    year: str, status: str, parameters: Mapping[str, object], names: Sequence[str]
) -> Edition:
    """Return a year's edition, its titles and digests read from the project's files.

    Raises
    ------
    UsageError
        If a chapter's notebook is missing or has no heading.
    """
    folder = paths.notebooks()
    root = paths.find_root()
    inputs = [(name, root / name) for name in ("plan.yaml", "requirements.lock")]
    return Edition(
        year=year,
        status=status,
        chapters=tuple((name, title(folder / f"{name}.ipynb")) for name in names),
        parameters={"year": year, **parameters},
        raw=tuple((paths.relative(file), sha256(file)) for file in _files(paths.raw(year))),
        inputs=(
            *((name, sha256(file)) for name, file in inputs if file.is_file()),
            ("code", sha256_of_tree(Path(__file__).parents[1], folder)),
        ),
    )


def title(notebook: Path) -> str:
    """Return the text of a notebook's first heading.

    Raises
    ------
    UsageError
        If there is no such notebook, or no line that starts with ``# `` in its text cells.
    """
    if not notebook.is_file():
        raise UsageError(f"{paths.relative(notebook)}: there is no such chapter.")
    for cell in json.loads(notebook.read_text(encoding="utf-8"))["cells"]:
        if cell["cell_type"] == "markdown":
            found = re.search(r"^# +(.+?)\s*$", "".join(cell["source"]), re.MULTILINE)
            if found:
                return found[1]
    raise UsageError(
        f"{paths.relative(notebook)}: found no title; expected a text cell that starts with "
        "'# ' and the title. Write one as the first cell."
    )


def _files(folder: Path) -> list[Path]:
    found = (file for file in folder.rglob("*") if file.is_file())
    return sorted((file for file in found if not file.name.startswith(".")), key=Path.as_posix)
