"""How far a release has come, the mark that it leaves, and when its pages are overtaken."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from analysis.page.card import Card
    from analysis.sources.registry import Release

SIMULATED = "SIMULATED"
_STAGES = ("provisional", "revised", "final")
_UNMARKED = ("revised", "final")
AGAIN = "make these pages again"


def mark_of(maturity: str) -> str:
    """Return the word that all things made from such a release bear, none for firm figures."""
    return "" if maturity in _UNMARKED else maturity.upper()


def with_mark(text: str, mark: str) -> str:
    """Return a text that begins with `mark`, as it is where it does so already.

    An empty mark changes nothing.
    """
    return text if text.startswith(mark) else f"{mark}: {text}"


def is_later(maturity: str, than: str) -> bool:
    """Return whether one maturity comes after another; made-up releases come after nothing."""
    if maturity not in _STAGES or than not in _STAGES:
        return False
    return _STAGES.index(maturity) > _STAGES.index(than)


def overtaken(
    card: Card,
    cards: Sequence[Card],
    releases: Mapping[str, Release],
    published: Mapping[str, Mapping[str, Any]],
) -> list[tuple[str, str]]:
    """Return why a year's pages are no longer the last word, each reason with what to do.

    Parameters
    ----------
    card : Card
        What the pages were made from.
    cards : sequence of Card
        Those of all years of the index.
    releases : mapping of str to Release
        What data/sources.yaml says now, by year.
    published : mapping of str to mapping
        What was released of each year, as `findings/published/<year>.json` holds it.
    """
    found = list(_by_its_tables(card, releases.get(card.year)))
    later = str(published.get(card.year, {}).get("maturity"))
    if is_later(later, card.status):
        said = f"a {later} release of {card.label} has been published, and these pages are "
        bring = f"bring data/sources.yaml and its tables up to that release, then {AGAIN}"
        found.append((f"{said}{card.status}", bring))
    for other in cards:
        release = releases.get(other.year)
        if release is not None and card.year in release.replaces and _counts(other, card):
            found.append(
                (f"the release of {other.label} gives these results anew", f"cite {other.label}")
            )
    return found


def _by_its_tables(card: Card, release: Release | None) -> Iterator[tuple[str, str]]:
    if release is None:
        return
    if release.maturity != card.status:
        yield f"its release is now {release.maturity}, and these pages are {card.status}", AGAIN
    renewed = [
        source.path.name
        for source in release.files
        if card.sources.get(source.file, "").lower() != source.sha256.lower()
    ]
    if renewed:
        yield f"tables of its release were renewed after these pages: {', '.join(renewed)}", AGAIN


def _counts(other: Card, card: Card) -> bool:
    """Return whether one year's pages can stand in for another's: never made-up ones for real."""
    made_up = (mark_of(other.status) == SIMULATED, mark_of(card.status) == SIMULATED)
    return made_up != (True, False) and other.year != card.year
