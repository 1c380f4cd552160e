r"""What a method says of itself: its docstring's words, formulas and references, for a page.

A docstring is NumPy's. What stands before its first section are the words: plain English, without
names of the code. Under ``Notes`` stand the formulas (``.. math::``) and what their symbols mean
(``:math:`x_i```). Under ``References`` each work begins at the margin; its further lines are
indented.
"""

from __future__ import annotations

import html
import inspect
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from importlib import import_module
from typing import Any

from analysis.errors import UsageError
from analysis.page.formula import mathml, plain

ROOMS = ("methods", "questions")
_HEADING = re.compile(r"^(\w[\w ]*)\n-{3,}$", re.MULTILINE)
_FORMULA = re.compile(r"^\.\. math::(.*(?:\n(?:[ \t]+\S.*)?)*)", re.MULTILINE)
_SYMBOL = re.compile(r":math:`([^`]+)`")


@dataclass(frozen=True)
class MethodSaid:
    """How a number is made, as its method says.

    Parameters
    ----------
    words : str
        Plain sentences, as text.
    formulas : tuple of str
        ``<math display="block">`` elements, each with its plain text in ``alttext``.
    symbols : str
        What the formulas' symbols mean, as HTML that is safe to show; empty without formula.
    references : tuple of str
        Works, as text. Their titles are others' words: show each in a ``<cite>``.
    plain_formulas : tuple of str
        The formulas as lines of plain text, for a table or a workbook.
    """

    words: str
    formulas: tuple[str, ...]
    symbols: str
    references: tuple[str, ...]
    plain_formulas: tuple[str, ...]


@lru_cache(maxsize=512)
def method_said(name: str) -> MethodSaid:
    """Return what the method with this dotted name says of itself.

    Parameters
    ----------
    name : str
        From the package, such as ``methods.association.slope``: `Quantity.method`.

    Raises
    ------
    UsageError
        If there is no such function, it says nothing, or one of its formulas cannot be read.
    """
    parts = _sections(inspect.getdoc(_found(name)) or "")
    words = _one_line(parts[""])
    if not words:
        raise UsageError(f"The method {name} has no docstring, so a page cannot say what it does.")
    notes = parts.get("Notes", "")
    formulas = [" ".join(found[1].split()) for found in _FORMULA.finditer(notes)]
    try:
        return MethodSaid(
            words=_capitalised(words.removeprefix("Return ")),
            formulas=tuple(mathml(formula, block=True) for formula in formulas),
            symbols=_symbols(_FORMULA.sub("", notes)),
            references=_works(parts.get("References", "")),
            plain_formulas=tuple(plain(formula) for formula in formulas),
        )
    except UsageError as error:
        raise UsageError(f"The method {name}: {error}") from error


def _found(name: str) -> Callable[..., Any]:
    module, _, function = name.rpartition(".")
    if module.split(".")[0] not in ROOMS:
        raise UsageError(f"{name!r} is no method: its name begins with {' or '.join(ROOMS)}.")
    try:
        found = getattr(import_module(f"analysis.{module}"), function, None)
    except ModuleNotFoundError:
        found = None
    if not callable(found):
        raise UsageError(f"There is no method {name!r}: the package has no such function.")
    return found


def _sections(docstring: str) -> dict[str, str]:
    """Return the text of each section by its heading; that before the first under no name."""
    texts = _HEADING.split(docstring)
    return {"": texts[0], **dict(zip(texts[1::2], texts[2::2], strict=True))}


def _symbols(text: str) -> str:
    pieces = _SYMBOL.split(_one_line(text))
    return "".join(mathml(p) if at % 2 else html.escape(p) for at, p in enumerate(pieces))


def _works(text: str) -> tuple[str, ...]:
    works = re.split(r"\n+(?=\S)", text.strip())
    return tuple(_one_line(work) for work in works if work)


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _capitalised(text: str) -> str:
    return text[:1].upper() + text[1:]
