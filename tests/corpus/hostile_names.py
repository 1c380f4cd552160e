"""Hostile names: a name is text, whatever it looks like, and is read as it stands or refused."""

# ruff: noqa: E501 - several names a line
from __future__ import annotations

from random import Random
from typing import Any

from .cases import NAME, Case, at, declare
from .sheets import OneOf, Sheet
from .text import plain

SOUND = {
    "hyperlink": '=HYPERLINK("http://example.org/?x="&A1,"Willow Hub")',
    "command": "=cmd|' /C calc'!A0", "plus": "+SUM(1,2)", "minus": "-2+3+cmd", "at": "@SUM(1+1)",
    "script": "<script>alert(1)</script>", "image": '<img src=x onerror="alert(1)">',
    "attribute": '"><svg onload=alert(1)>', "entity": "Mill &amp; Marsh &lt;Hub&gt;",
    "database": "Robert'); DROP TABLE schools;--", "template": "{{ 7*7 }} {% raw %} ${HOME}",
    "shell": "$(touch x) `id` && echo", "percent": "%s %n %d %(name)s", "braces": "{0} {name!r:>10}",
    "path": "../../../secrets", "path-of-windows": "..\\..\\secrets.txt", "markdown": "[Hub](javascript:x) **b**",
    "latex": r"\input{secret} $x^2$", "not-available": "NA", "none": "None", "null": "null", "nan": "nan",
    "capital-null": "NULL", "true": "TRUE", "e-notation": "1E5", "agent": "007", "noughts": "00123",
    "hexadecimal": "0x1F", "infinity": "Infinity", "quotes": 'The "Old" Mill, "New" Mill',
    "commas": ",,Mill,,", "quote-only": '"', "emoji": "Sunny 🌞 Schools Hub", "emoji-of-two-parts": "Sunny ☀\ufe0f Schools Hub",
    "arabic": "مجموعة مدارس كنت", "chinese": "肯特学校联盟", "welsh": "Ysgolion Tŷ Gŵyr",
    "accents-apart": "E\u0301cole Zoe\u0308 Hub", "many-accents": "H" + "\u0301\u0323" * 20 + "ub",
    "semicolons": "Mill; Marsh; Vale", "pipes": "Mill | Marsh", "tab": "Mill\tMarsh Hub",
    "two-lines": "Mill\nMarsh Hub", "three-lines-of-windows": "Mill\r\nMarsh\r\nHub",
    "edges": "  Mill Marsh Hub  ",

    "number-first": "4 Schools Together",
    "hash": "#1 Hub", "star-first": "*Star Hub", "apostrophe-first": "’Tis Schools Hub",
    "one-letter": "X", "number-word": "Three",
    "like-its-heading": "Name of the Hub", "district": "Dover", "mixed-scripts": "Hub Ελλάς и Кент",
    "ligature": "Sheﬃeld Park Hub", "currency": "£ for Lb Schools", "yes": "Yes", "tbc-inside": "TBC Hub",
}  # fmt: skip
EITHER: dict[str, tuple[str, Any]] = {
    "quoted-formula": ("'=SUM(A1)", OneOf(["'=SUM(A1)", "=SUM(A1)"])),
    "right-to-left": ("Hub \u202egpj.exe", "Hub \u202egpj.exe"),
    "isolates": ("Hub \u2066x\u2069 y", OneOf(["Hub \u2066x\u2069 y", "Hub x y"])),
    "zero-width": ("Mill\u200b Marsh Hub", OneOf(["Mill\u200b Marsh Hub", "Mill Marsh Hub"])),
    "word-joiner": ("Mill\u2060Marsh", OneOf(["Mill\u2060Marsh", "MillMarsh"])),
    "mark-inside": ("Mill\ufeff Marsh", OneOf(["Mill\ufeff Marsh", "Mill Marsh"])),
    "soft-hyphen": ("Part\u00adnership of Mill", OneOf(["Part\u00adnership of Mill", "Partnership of Mill"])),
    "cyrillic": ("Сорреr Marsh Hub", "Сорреr Marsh Hub"),
    "full-width": ("Ｍill Marsh Hub", OneOf(["Ｍill Marsh Hub", "Mill Marsh Hub"])),
    "escape": ("\x1b]0;x\x07Mill Hub", "\x1b]0;x\x07Mill Hub"),
    "backspaces": ("Mill\b\b\b\bHub", "Mill\b\b\b\bHub"),
    "delete": ("Mill\x7fHub", "Mill\x7fHub"),
    "line-separator": ("Mill\u2028Marsh Hub", OneOf(["Mill\u2028Marsh Hub", "Mill Marsh Hub"])),
    "next-line": ("Mill\u0085Marsh Hub", OneOf(["Mill\u0085Marsh Hub", "Mill Marsh Hub"])),
    "no-character": ("Mill\uffff Hub", "Mill\uffff Hub"),
    "private-use": ("Mill \ue000 Hub", "Mill \ue000 Hub"),
    "tags": ("Mill Hub\U000e0041\U000e0042", OneOf(["Mill Hub\U000e0041\U000e0042", "Mill Hub"])),
    "emoji-joined": ("Hub 👩\u200d🏫 of Mill", "Hub 👩\u200d🏫 of Mill"),
    "five-hundred-letters": ("Long " * 100 + "Hub", "Long " * 100 + "Hub"),
    "five-thousand-letters": ("Mill " * 1000, ("Mill " * 1000).strip()),
    "footnote": ("Mill Marsh Hub¹", OneOf(["Mill Marsh Hub¹", "Mill Marsh Hub"])),
    "star": ("Mill Marsh Hub *", OneOf(["Mill Marsh Hub *", "Mill Marsh Hub"])),
    "dash": ("-", "-"), "n/a": ("n/a", "n/a"), "to-be-confirmed": ("TBC", "TBC"),
    "whole-total": ("Total", "Total"), "number": ("12", "12"), "school-year": ("2012/13", "2012/13"),
    "question": ("?", "?"), "dots": ("...", "..."), "lost-reference": ("#REF!", "#REF!"),
    "hundred-lines": ("Mill\n" * 100 + "Hub", "Mill " * 100 + "Hub"),
}  # fmt: skip
LIKE_ASIDES = (
    """Total Learning Partnership|Average Achievers Hub|Source of the Stour Hub|Page Hill 2
Note Valley Schools|All Saints Schools|Sum of its Parts Hub|County Town Schools|Grand Union Hub
Overall Farm Schools|Mean Valley Hub|Table Hill 3 Schools|Continued Learning Hub|Kent Association
England Lane Schools|Key Street Hub|Of Which We Are Proud|Sub Total Recall Hub|Footnote Alliance
Published Authors Hub|Median Road Schools|End of the Line Hub|Provisional Wing Hub|Page 2 Hub
""".replace("\n", "|")
    .strip("|")
    .split("|")
)
FORMS = ("gains", "ofsted", "funding", "members")


def _maker(printed: str, meant: Any, verdict: str) -> Any:
    def name(t: Sheet, r: Random) -> Any:
        i, heading = r.randrange(1, len(t) - 1), NAME[t.table]
        t.put(i, heading, printed, meant)
        content = plain(t)
        first = t.line(i)
        rows = range(first, first + printed.count("\n") + printed.count("\u2028") + 1)
        return content if verdict == "sound" else (content, at(rows, heading, None))

    return name


for _n, (_label, _printed) in enumerate(SOUND.items()):
    declare(Case("names", FORMS[_n % 4], "sound", _maker(_printed, _printed, "sound"), _label))
for _n, _printed in enumerate(LIKE_ASIDES):
    for _form in (FORMS[_n % 3], FORMS[(_n + 1) % 3]):
        _label = _printed.lower().replace(" ", "-")
        declare(Case("names", _form, "sound", _maker(_printed, _printed, "sound"), _label))
for _n, (_label, (_shown, _meant)) in enumerate(EITHER.items()):
    declare(Case("names", FORMS[_n % 4], "either", _maker(_shown, _meant, "either"), _label))
for _label, _shown in {
    "blank": "",
    "spaces": "   ",
    "zero-width-only": "\u200b",
    "hard": "\xa0",
}.items():
    declare(Case("names", "ofsted", "spoilt", _maker(_shown, "", "spoilt"), _label))
