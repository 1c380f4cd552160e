"""Formulas: LaTeX as MathML, which browsers draw and screen readers speak, and as plain text."""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Callable, Iterator
from functools import lru_cache
from xml.etree.ElementTree import Element, tostring

from latex2mathml import exceptions
from latex2mathml.converter import convert_to_element

from analysis.errors import UsageError

ARITY = {
    **dict.fromkeys(("mfrac", "mroot", "msub", "msup", "munder", "mover"), 2),
    **dict.fromkeys(("msubsup", "munderover"), 3),
}
ACCENTS = {
    "^": "\N{COMBINING CIRCUMFLEX ACCENT}",
    "\N{MACRON}": "\N{COMBINING MACRON}",
    "\N{HORIZONTAL BAR}": "\N{COMBINING MACRON}",
    "~": "\N{COMBINING TILDE}",
}
BRACKET = {"stretchy": "true", "fence": "true", "form": "prefix"}
_ENDS = set("=<>≤≥≠≈+−±,;.)]}|")
# The library raises classes of its own without a common one, and what its parser trips over.
_UNREADABLE: tuple[type[Exception], ...] = (
    *(one for one in vars(exceptions).values() if isinstance(one, type)),
    IndexError,
    RuntimeError,
    StopIteration,
)
_SPACED = re.compile(r"\s*([=<>≤≥≠≈×+−±∣∈→])\s*")
_SIGN = re.compile(r"(?<=[(\[{,=<>≤≥])\s*−\s|^\s*−\s")


@lru_cache(maxsize=1024)
def mathml(latex: str, *, block: bool = False) -> str:
    """Return a formula as a ``<math>`` element, its plain text in ``alttext``.

    Parameters
    ----------
    latex : str
        Without dollar signs.
    block : bool
        Whether it stands in a line of its own.

    Raises
    ------
    UsageError
        If it cannot be read whole: an unknown command would be shown as it is written.
    """
    tree = _tree(latex, "block" if block else "inline")
    said = _tidy(_said(tree))
    tree.attrib.clear()
    if block:
        tree.attrib["display"] = "block"
    if block or len(said) > 1:
        tree.attrib["alttext"] = said
    _slim(tree)
    return tostring(tree, encoding="unicode")


def _slim(part: Element) -> None:
    """Take out what is so without being said: brackets stretch, a row of one is that one."""
    for position, child in enumerate(part):
        _slim(child)
        if child.tag == "mo" and child.attrib.items() <= BRACKET.items() | {("form", "postfix")}:
            child.attrib.clear()
        if child.tag == "mrow" and len(child) == 1:
            part[position] = child[0]


@lru_cache(maxsize=1024)
def plain(latex: str) -> str:
    """Return a formula as one line of plain text, such as ``x̄ = (∑_i x_i) / n``.

    Raises
    ------
    UsageError
        As `mathml`.
    """
    return _tidy(_said(_tree(latex, "block")))


def _tree(latex: str, display: str) -> Element:
    if not latex.strip() or _unbalanced(latex):
        raise UsageError(f"The formula {latex!r} is empty, or its braces do not match.")
    try:
        tree = convert_to_element(latex.strip(), display=display)
    except _UNREADABLE as error:
        raise UsageError(f"The formula {latex!r} cannot be read: {error!r}.") from error
    for part in tree.iter():
        part.text = html.unescape(part.text) if part.text else part.text
        unread = part.text and ("\\" in part.text or part.text == "&")
        if unread or len(part) != ARITY.get(part.tag, len(part)):
            raise UsageError(f"The formula {latex!r} cannot be read at {part.text or part.tag!r}.")
    return tree


def _unbalanced(latex: str) -> bool:
    depth = 0
    for brace in re.findall(r"(?<!\\)[{}]", latex):
        depth += 1 if brace == "{" else -1
        if depth < 0:
            return True
    return depth != 0


def _said(part: Element) -> str:
    if part.get("linethickness") == "0":
        return " choose ".join(_said(child) for child in part)
    if part.tag in _FORMS:
        return _FORMS[part.tag](*(_said(child) for child in part))
    if part.tag == "mspace":
        return " "
    text = (part.text or "").replace("\N{NO-BREAK SPACE}", " ")
    named = part.tag in ("mi", "mo") and len(text) > 1 and text.isalpha()
    return f"{text} " if named else text + "".join(_parts(part))


def _parts(part: Element) -> Iterator[str]:
    separator = {"mtable": "; ", "mtr": ", "}.get(part.tag, "")
    for position, child in enumerate(part):
        said = f"({_said(child)}) " if _multiplies(part, position) else _said(child)
        yield (separator if position else "") + said


def _multiplies(part: Element, position: int) -> bool:
    """Return whether a child is a fraction with a factor after it, not an operator."""
    after = part[position + 1] if position + 1 < len(part) else None
    if part[position].tag != "mfrac" or after is None:
        return False
    return (after.text or "") not in _ENDS


def _whole(text: str) -> str:
    """Return `text` in brackets unless it is one symbol."""
    bare = _tidy(text)
    one = re.fullmatch(r"\w[\u0300-\u036f]?|\d+|[^\s\w]|\([^()]*\)", bare)
    return bare if one else f"({bare})"


def _term(text: str) -> str:
    """Return `text` in brackets unless it is one symbol, with or without index and power."""
    bare = _tidy(text)
    index = r"(?:\w|\([^()]*\))"
    one = rf"[^\W_][\u0300-\u036f]?(?:_{index})?(?:\^{index})?|[\d.]+"
    return bare if re.fullmatch(one, bare) else f"({bare})"


def _over(base: str, mark: str) -> str:
    accent = ACCENTS.get(mark)
    if accent is None:
        return f"{base}^{_whole(mark)}"
    return f"{base.strip()}{accent}"


_FORMS: dict[str, Callable[..., str]] = {
    "mfrac": lambda top, below: f"{_term(top)} / {_term(below)}",
    "msqrt": lambda *inner: f"√{_whole(''.join(inner))}",
    "msup": lambda base, above: f"{base.strip()}^{_whole(above)} ",
    "mover": _over,
    **dict.fromkeys(("msub", "munder"), lambda base, below: f"{base.strip()}_{_whole(below)} "),
    **dict.fromkeys(
        ("msubsup", "munderover"),
        lambda base, below, above: f"{base.strip()}_{_whole(below)}^{_whole(above)} ",
    ),
}


def _tidy(text: str) -> str:
    spaced = _SPACED.sub(r" \1 ", text)
    spaced = re.sub(r"[,;](?=[^\s])", lambda found: f"{found[0]} ", spaced)
    signed = _SIGN.sub(" \N{MINUS SIGN}", spaced)
    closed = re.sub(r"\s+(?=[,;)\]])|(?<=\w)\s+(?=\|)|(?<=[(\[])\s+", "", " ".join(signed.split()))
    # Braces stand apart: on a page without space they are a placeholder that was not filled.
    braced = re.sub(r"\{\s*", "{ ", re.sub(r"\s*\}", " }", closed))
    return unicodedata.normalize("NFC", braced)
