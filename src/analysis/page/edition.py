"""One year's set of chapters: what they are called and what they are made from."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from analysis import paths
from analysis.errors import UsageError
from analysis.files import sha256, sha256_of_tree
from analysis.page.maturity import SIMULATED, mark_of
from analysis.page.provenance import PACKAGE, bibtex, digest_of, installed, tree_id, versions
from analysis.questions.plan import Plan, load_plan
from analysis.sources.registry import Release, load_release

SERIES = "School-to-school collaborations"
COMMAND = "make findings"
REVIEWERS_PAGE = "07_findings"
SINCE_LAST_YEAR = "08_since_last_year"
DIGITS = 12
CODE = Path(__file__).parents[1]
# What the index needs of a year, beside what the plan declares as `headlines`.
HEADLINES = (
    "funding.ks2.slope_pp_per_10k",
    "funding.ks4.slope_pp_per_10k",
    "gains.ks2.shown.mean_pp",
    "gains.listed.all_n",
    "gains.listed.unseen_n",
    "membership.ks2.difference",
)


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
    title, place, publisher, published, document, accessed, licence : str
        The release, as data/sources.yaml names it.
    places : mapping of str to str
        Where in the publication each of its tables stands, by the path from the root.
    trees : tuple of (str, str)
        Folder and git's object id of the code and of the chapters, by which a commit is found.
    versions : tuple of (str, str)
        Name and version of the libraries behind the numbers.
    definitions : mapping
        How each outcome is defined, where the release states it.
    headlines : tuple of str
        Ids of the findings that the index shows.
    lacking : mapping
        Why the release cannot give some of them, by id.
    apart : frozenset of str
        The chapters that are made by a stage of their own.
    """

    year: str
    status: str
    chapters: tuple[tuple[str, str], ...]
    parameters: Mapping[str, object] = field(default_factory=dict)
    raw: tuple[tuple[str, str], ...] = ()
    inputs: tuple[tuple[str, str], ...] = ()
    title: str = ""
    place: str = ""
    publisher: str = ""
    published: str = ""
    document: str = ""
    accessed: str = ""
    licence: str = ""
    places: Mapping[str, str] = field(default_factory=dict)
    trees: tuple[tuple[str, str], ...] = ()
    versions: tuple[tuple[str, str], ...] = ()
    definitions: Mapping[str, str] = field(default_factory=dict)
    headlines: tuple[str, ...] = HEADLINES
    lacking: Mapping[str, str] = field(default_factory=dict)
    apart: frozenset[str] = frozenset()

    @property
    def mark(self) -> str:
        """The word that all pages and pictures bear, none for firm figures."""
        return mark_of(self.status)

    @property
    def document_mark(self) -> str:
        """The mark as a page's title needs it: not where the label says it already."""
        said = self.mark == SIMULATED and SIMULATED in self.label.upper()
        return "" if said else self.mark

    @property
    def changes(self) -> str:
        """The chapter that says what moved, empty where there is none."""
        return SINCE_LAST_YEAR if SINCE_LAST_YEAR in dict(self.chapters) else ""

    @property
    def label(self) -> str:
        """The year as a reader writes it; a made-up one is the practice year."""
        if not self.year[:1].isdigit():
            return f"Practice year ({self.year})"
        return re.sub(r"\A(\d{4})_(\d{2})\Z", r"\1/\2", self.year)

    @property
    def workbook(self) -> str:
        """The file that holds all tables of the year, beside their CSV files."""
        name = f"collaborations-{self.year}.xlsx"
        made_up = self.mark == SIMULATED and SIMULATED not in name.upper()
        return f"simulated-{name}" if made_up else name

    @property
    def plan_sha256(self) -> str | None:
        """SHA-256 of the analysis plan, None where there is none."""
        return dict(self.inputs).get("plan.yaml")

    @property
    def titles(self) -> Mapping[str, str]:
        """The title of each chapter, by the name of its file."""
        return defaultdict(str, self.chapters)

    def shortened(self, rows: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
        """Return digests as a page names them, by their first digits."""
        return [(name, digest[:DIGITS]) for name, digest in rows]

    @property
    def code_tree(self) -> str:
        """Git's object id of the code, empty where it isn't known."""
        return self.trees[0][1] if self.trees else ""

    @property
    def version(self) -> str:
        """What a citation names of this edition: the package's version, the code and the data."""
        named = [("code", self.code_tree), ("data", digest_of(self.raw))]
        digests = [f"{what} {digest[:DIGITS]}" for what, digest in named if digest]
        return ", ".join([f"version {installed(PACKAGE)}", *digests])

    def bibtex(self, name: str, title: str) -> str:
        """Return a page of this edition as an entry of a BibTeX file."""
        note = f"{SERIES}, {self.label} ({self.status}), {self.version}"
        return bibtex(f"collaborations-{self.year}-{name}", title, note)

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
    folder, release, plan = paths.notebooks(), load_release(year), load_plan()
    declared = [name for name in plan.content.get("headlines", ()) if "<" not in name]
    headlines = tuple(dict.fromkeys((*HEADLINES, *declared)))
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
            ("code", sha256_of_tree(CODE, folder)),
        ),
        title=release.title,
        place=release.place,
        publisher=release.publisher,
        published=release.published,
        document=release.document,
        accessed=release.accessed,
        licence=release.licence,
        places={source.file: source.place for source in release.files},
        trees=tuple((paths.relative(one), tree_id(one)) for one in (CODE, folder)),
        versions=tuple(versions()),
        definitions=release.definitions,
        headlines=headlines,
        lacking=_lacking(release, plan, headlines),
        apart=frozenset(name for name in names if _is_apart(folder / f"{name}.ipynb")),
    )


def _lacking(release: Release, plan: Plan, headlines: Sequence[str]) -> dict[str, str]:
    """Return why a release has no tables for some headline findings, by id."""
    absent = {
        "schools": "" if release.schools else "the release has no results of single schools",
        "report": "" if "ofsted" in release.tables else "the release has no table of groups",
    }
    reasons = {name: absent.get(plan.question_of(name).data, "") for name in headlines}
    return {name: reason for name, reason in reasons.items() if reason}


def _is_apart(notebook: Path) -> bool:
    """Return whether a notebook's metadata give it a stage of its own."""
    metadata = json.loads(notebook.read_text(encoding="utf-8"))["metadata"]
    return "stage" in metadata.get("analysis", {})


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
