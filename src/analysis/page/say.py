"""Sentences that take their numbers from quantities, in words that the gate grants."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterable, Mapping

from analysis.errors import GateError, UsageError
from analysis.page.components import component
from analysis.quantities import SUPPRESSED, Quantity, write

_FIELD = re.compile(r"\{([^{}:]+)(?::([a-z_]+))?\}")
_TYPED_NUMBER = re.compile(r"(?<![A-Za-z])\d")
_NAMES_WITH_DIGITS = re.compile(r"\bkey stages? \d( and \d)?|\bKS\d|\bHC\d|\bSHA-256", re.I)
CAUSAL_WORDS = re.compile(
    r"\b(effect\w*|impact\w*|caus(?:e[sd]?|ing|al\w*)|led to|leads to|due to|thanks to|"
    r"because of (?:the )?(?:money|funding|membership))\b",
    re.IGNORECASE,
)
DENIALS = re.compile(r"\bcausal (?:reading|question|claim|word)s?\b", re.IGNORECASE)

Lookup = Callable[[str], Quantity]
Link = Callable[[Quantity, str], str]


def check_words(text: str, granted: Iterable[str] = ()) -> None:
    """Raise if `text` uses a causal word although no quantity of kind ``effect`` was granted.

    Raises
    ------
    GateError
        With the word and the sentence.
    """
    if "effect" in set(granted):
        return
    found = CAUSAL_WORDS.search(DENIALS.sub("", text))
    if found:
        raise GateError(
            f"The gate granted no such word as {found[0]!r} for: {text.strip()!r}. Say what goes "
            "together, or what is not identified."
        )


def check_no_typed_number(template: str) -> None:
    """Raise if a sentence's template holds a digit that is not part of a name.

    Raises
    ------
    UsageError
        With the sentence; its number belongs into a field such as ``{gains.ks2.shown.n}``.
    """
    bare = _NAMES_WITH_DIGITS.sub("", _FIELD.sub("", template))
    if _TYPED_NUMBER.search(bare):
        raise UsageError(f"A number is typed in {template!r}; take it from a quantity instead.")


def fields(template: str) -> list[str]:
    """Return the names between braces in a template, without their forms."""
    return [match[1] for match in _FIELD.finditer(template)]


def unlinked(quantity: Quantity, markup: str) -> str:
    """Return a number's markup as it is."""
    return markup


def sentence(
    template: str, look_up: Lookup, words: Mapping[str, str], link: Link = unlinked
) -> str:
    """Return a template as HTML, its fields replaced by numbers that carry their value and id.

    What `link` makes of a number's markup stands in the sentence.

    A field is a finding's id, or a word of the chapter (such as ``{year}``). After a colon stands
    the form: ``interval``, ``ends`` (the same without its unit), ``low``, ``high``, ``level``,
    ``n``, ``p``, ``bare``, ``kind``, ``zero`` (whether the interval holds zero), ``sign`` (whether
    its sign is open), or ``can`` (whether the question is answered). A noun or verb of `AGREES` is
    itself, in the number that the finding asks for: ``{n} {n:groups} {n:have}`` is ``1 group has``
    or ``2 groups have``.

    Raises
    ------
    GateError
        If the sentence uses a causal word that no quoted quantity grants.
    UsageError
        If a number is typed.
    """
    check_no_typed_number(template)
    granted: list[str] = []
    parts: list[str] = []
    at = 0
    for match in _FIELD.finditer(template):
        parts.append(html.escape(template[at : match.start()]))
        if match[1] in words:
            parts.append(html.escape(words[match[1]]))
        else:
            quantity = look_up(match[1])
            granted.append(quantity.kind)
            one = _field(quantity, match[1], match[2])
            parts.append(one if match[2] in AGREES else link(quantity, one))
        at = match.end()
    parts.append(html.escape(template[at:]))
    check_words(template, granted)
    return "".join(parts)


def _field(quantity: Quantity, name: str, form: str | None) -> str:
    if form == "kind":
        return badge(quantity.kind)
    if form in AGREES:
        return AGREES[form] if quantity.value == 1 else str(form)
    if form not in FORMS:
        known = ", ".join(str(one) for one in FORMS if one)
        raise UsageError(f"{{{name}:{form}}} asks for a form that is not one of {known}, kind.")
    left_out = quantity.is_suppressed or (form == "n" and "n" in quantity.suppressed)
    text = html.escape(SUPPRESSED if left_out and form != "can" else FORMS[form](quantity))
    value = quantity.entry()["value"]
    if value is None:
        return f'<span class="quoted" data-id="{html.escape(quantity.id)}">{text}</span>'
    return (
        f'<data class="number" value="{value}" data-id="{html.escape(quantity.id)}">{text}</data>'
    )


def plain(markup: str) -> str:
    """Return the words of a sentence in HTML."""
    return html.unescape(re.sub(r"<[^>]+>", "", markup))


def badge(kind: str) -> str:
    """Return a kind as a small label in HTML."""
    return component("kind", word=kind)


def _zero(quantity: Quantity) -> str:
    if quantity.low is None or quantity.high is None:
        return "has no interval"
    return "includes zero" if quantity.low <= 0 <= quantity.high else "excludes zero"


def _ends(quantity: Quantity) -> str:
    ends = (quantity.low, quantity.high)
    if None in ends:
        return "no interval"
    return " to ".join(dict.fromkeys(write(end, quantity.unit, bare=True) for end in ends))


def _sign(quantity: Quantity) -> str:
    if quantity.low is None or quantity.high is None:
        return "has no interval"
    is_open = quantity.low < 0 < quantity.high
    return "even its sign is open" if is_open else "its sign is the same throughout"


# Words of several, and the same of one.
AGREES: Mapping[str | None, str] = {
    **{f"{noun}s": noun for noun in (
        *("collaboration", "group", "school", "membership", "number", "grant", "gain", "line"),
        *("pair", "figure", "specification", "target"),
    )},
    **{verb: f"{verb}s" for verb in (
        *("agree", "differ", "contradict", "follow", "leave", "take", "improve"),
    )},
    **{"have": "has", "are": "is", "were": "was", "count": "counts"},
}  # fmt: skip
FORMS: dict[str | None, Callable[[Quantity], str]] = {
    None: lambda quantity: quantity.text,
    "interval": lambda quantity: "no interval" if quantity.low is None else quantity.interval,
    "ends": _ends,
    "low": lambda quantity: write(quantity.low, quantity.unit),
    "high": lambda quantity: write(quantity.high, quantity.unit),
    "n": lambda quantity: write(quantity.n, "count"),
    "p": lambda quantity: write(quantity.p_value, "probability"),
    "bare": lambda quantity: write(quantity.value, quantity.unit, bare=True),
    "level": lambda quantity: f"{100 * (quantity.level or 0):g}\N{NO-BREAK SPACE}%",
    "zero": _zero,
    "sign": _sign,
    "can": lambda quantity: "cannot say" if quantity.kind == "not identified" else "can say",
}
