"""The few parts that pages are built of, each a macro of `template/components.html.j2`."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

import jinja2

TEMPLATE = Path(__file__).parent / "template"
FILE = "components.html.j2"


@lru_cache(maxsize=1)
def _parts() -> Any:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATE),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    return environment.get_template(FILE).module


def component(name: str, /, **values: Any) -> str:
    """Return a part of a page as HTML; every text in `values` that isn't `Markup` is escaped.

    Parameters
    ----------
    name : str
        A macro of the file of components: ``table``, ``figure``, ``tiles``, ``box`` and so on.
    **values
        What the macro takes.
    """
    return str(getattr(_parts(), name)(**values)).strip()


def anchor(finding: str) -> str:
    """Return the id of the entry of a number."""
    return f"n-{finding}"


def quoted_at(finding: str) -> str:
    """Return the id of the place where a page quotes a number first."""
    return f"q-{finding}"
