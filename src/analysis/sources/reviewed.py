"""What people decided about printed names and cells, by the year that it concerns.

A new year brings new lines of data/names.csv and data/corrections.yaml. The pipeline looks at what
concerns a year, so that another year's lines make nothing run again.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from analysis import paths
from analysis.files import read_yaml, write_together
from analysis.sources import corrections
from analysis.sources.names import Link, load_links
from analysis.sources.read import find_encoding


def write_reviewed(years: Sequence[str]) -> None:
    """Write a file for each year with the reviewed lines that concern it; others are removed.

    Raises
    ------
    DataError
        If data/names.csv or data/corrections.yaml is not of its form.
    """
    folder = paths.find_root() / "data" / "reviewed"
    files = {folder / f"{year}.json": _as_json(reviewed(year)) for year in years}
    write_together(files)
    for old in set(folder.glob("*.json")) - set(files):
        old.unlink()


def reviewed(year: str) -> dict[str, object]:
    """Return the reviewed lines that concern a year: links of names, and corrections.

    A link concerns a year if its printed name stands in one of the year's files, or if it links
    to itself a collaboration to which such a name is linked.
    """
    text = "\n".join(_plain(_text(file)) for file in sorted(paths.raw(year).glob("*.csv")))
    links = load_links()
    printed = {name for name in links if _plain(name) in text}
    printed |= {links[name].collaboration for name in printed} & set(links)
    path = paths.find_root() / corrections.FILE
    content = read_yaml(path, "corrections") if path.is_file() else {}
    lines = [_line(links[name]) for name in links if name in printed]
    return {"names": lines, "corrections": content.get(year, [])}


def _line(link: Link) -> list[str]:
    return [link.printed, link.collaboration, link.kind, link.reason]


def _text(file: paths.Path) -> str:
    data = file.read_bytes()
    return data.decode(find_encoding(data), "replace")


def _plain(text: str) -> str:
    """Return a text without what CSV and wrapped cells add to a name: quotation marks, spaces."""
    return "".join(text.replace('"', "").split())


def _as_json(content: dict[str, object]) -> bytes:
    text = json.dumps(content, indent=1, ensure_ascii=False, default=str)
    return f"{text}\n".encode()
