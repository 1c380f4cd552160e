"""A year's card: all that the index says of a year, kept when its pages are published."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from analysis.errors import AnalysisError
from analysis.page.edition import REVIEWERS_PAGE, Edition
from analysis.page.maturity import SIMULATED, mark_of

Entry = Mapping[str, Any]
NO_REASON = "no chapter of this year gives it"


@dataclass(frozen=True)
class Card:
    """What is known of a year's published pages.

    Parameters
    ----------
    status : str
        The release's maturity.
    numbers : mapping of str to mapping
        The headline findings that there are, as `findings.json` holds them.
    missing : mapping of str to str
        Why there is no number, by headline finding.
    trust : mapping of str to mapping
        By question: the word, and the Maryland level behind it.
    definitions : mapping of str to str
        How each outcome is defined, where the release states it.
    sources : mapping of str to str
        SHA-256 of each table that the pages were made from.
    workbook : str
        The file that holds all tables, empty where there is none.
    workbook_bytes : int
        Its size.
    """

    year: str
    label: str
    status: str
    headline: Sequence[str]
    chapters: Sequence[Mapping[str, str]]
    kinds: Sequence[str]
    downloads: Sequence[str]
    title: str = ""
    place: str = ""
    numbers: Mapping[str, Entry] = field(default_factory=dict)
    missing: Mapping[str, str] = field(default_factory=dict)
    trust: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    definitions: Mapping[str, str] = field(default_factory=dict)
    sources: Mapping[str, str] = field(default_factory=dict)
    workbook: str = ""
    workbook_bytes: int = 0

    @property
    def is_made_up(self) -> bool:
        """Whether the year describes no real place."""
        return mark_of(self.status) == SIMULATED

    @property
    def workbook_size(self) -> str:
        """The workbook's size as a reader needs it."""
        return f"{max(1, round(self.workbook_bytes / 1000)):,} KB"

    @property
    def first_page(self) -> str:
        """The address of the page on which a reader of the year starts."""
        names = [chapter["name"] for chapter in self.chapters]
        name = REVIEWERS_PAGE if REVIEWERS_PAGE in names else names[0]
        return f"{self.year}/{name}.html"

    def value(self, finding: str) -> float | None:
        """Return a headline finding's value, None where there is none."""
        value = self.numbers.get(finding, {}).get("value")
        return None if value is None else float(value)

    def why_missing(self, finding: str) -> str:
        """Return why a headline finding has no value."""
        entry = self.numbers.get(finding)
        return self.missing.get(finding, NO_REASON) if entry is None else str(entry["text"])

    def trusted(self, question: str) -> str | None:
        """Return how far the answer to a question can be trusted, None where it wasn't put."""
        word = self.trust.get(question, {}).get("word")
        return None if word is None else str(word)


def make_card(
    edition: Edition,
    records: Sequence[Mapping[str, Any]],
    findings: Mapping[str, Entry],
    downloads: Iterable[str],
    workbook_bytes: int = 0,
) -> dict[str, Any]:
    """Return a year's card as it is written.

    Raises
    ------
    AnalysisError
        If the reviewer's page has no headline.
    """
    numbers = {name: findings[name] for name in edition.headlines if name in findings}
    gaps = dict(edition.lacking)
    gaps |= {name: why for one in records for name, why in one.get("gaps", {}).items()}
    trust = {name: how for one in records for name, how in one.get("trust", {}).items()}
    return asdict(
        Card(
            year=edition.year,
            label=edition.label,
            status=edition.status,
            headline=_headline(records),
            chapters=[{"name": name, "title": title} for name, title in edition.chapters],
            kinds=sorted({str(entry["kind"]) for entry in findings.values()}),
            downloads=list(downloads),
            title=edition.title,
            place=edition.place,
            numbers=numbers,
            missing={n: _reason(n, gaps) for n in edition.headlines if n not in numbers},
            trust=trust,
            definitions=dict(edition.definitions),
            sources=dict(edition.raw),
            workbook=edition.workbook if workbook_bytes else "",
            workbook_bytes=workbook_bytes,
        )
    )


def read_card(file: Path) -> Card:
    """Return the card that `make_card` wrote."""
    return Card(**json.loads(file.read_text(encoding="utf-8")))


def _reason(finding: str, gaps: Mapping[str, str]) -> str:
    """Return why a finding is not there: what was said of its question."""
    asked = [name for name in gaps if finding == name or finding.startswith(f"{name}.")]
    return gaps[max(asked, key=len)] if asked else NO_REASON


def _headline(records: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return the sentences that answer the question: the reviewer's page's, else all chapters'."""
    said = {record["chapter"]: list(record.get("headline", [])) for record in records}
    if REVIEWERS_PAGE in said and not said[REVIEWERS_PAGE]:
        raise AnalysisError(f"{REVIEWERS_PAGE}: has no headline, and the index needs one.")
    return said.get(REVIEWERS_PAGE) or [line for lines in said.values() for line in lines]
