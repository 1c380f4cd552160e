"""The index of all years, from their cards."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from analysis import paths
from analysis.errors import AnalysisError
from analysis.files import write_together
from analysis.page.edition import COMMAND, REVIEWERS_PAGE, SERIES
from analysis.page.gate import check_page

TEMPLATE = Path(__file__).parent / "template"


def build_index(years: Sequence[str], cards: Path, destination: Path) -> None:
    """Write the index of `years`, the newest first and a practice year last, to `destination`.

    Parameters
    ----------
    years : sequence of str
        The years of `params.yaml`; cards of other years are left out.
    cards : Path
        Folder that holds ``<year>.json`` of each year.
    destination : Path
        The page, in the folder above the years' folders.

    Raises
    ------
    AnalysisError
        If a year has no card.
    """
    newest_first = sorted(years, key=lambda year: (year.isdecimal(), year), reverse=True)
    read = [_card(cards, year) for year in newest_first]
    html = index(read)
    check_page(html, {kind for card in read for kind in card["kinds"]})
    write_together({destination: html.encode()})


def index(cards: Sequence[dict[str, Any]]) -> str:
    """Return the index page of the given cards, in their order."""
    import jinja2
    from markupsafe import Markup

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATE), autoescape=True, keep_trailing_newline=True
    )
    css = (TEMPLATE / "style.css").read_text(encoding="utf-8").strip()
    return environment.get_template("contents.html.j2").render(
        series=SERIES,
        css=Markup(css),
        command=COMMAND,
        cards=[card | {"first": _first(card)} for card in cards],
    )


def _first(card: dict[str, Any]) -> str:
    """Return the address of the page on which a reader of a year starts."""
    names = [chapter["name"] for chapter in card["chapters"]]
    name = REVIEWERS_PAGE if REVIEWERS_PAGE in names else names[0]
    return f"{card['year']}/{name}.html"


def _card(cards: Path, year: str) -> dict[str, Any]:
    file = cards / f"{year}.json"
    if not file.is_file():
        raise AnalysisError(
            f"{paths.relative(file)}: there is no card of {year}. Run `{COMMAND}`: its chapters "
            "write it."
        )
    card: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return card
