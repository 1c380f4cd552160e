"""What a page must not hold when it is published."""

from __future__ import annotations

import base64
import binascii
import re
import tempfile
from collections.abc import Collection, Iterator, Mapping
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

from analysis import paths
from analysis.errors import GateError
from analysis.page.say import CAUSAL_WORDS, DENIALS

FAULTS = {
    re.compile(r"No description has been provided for this image"): "no alternative text",
    re.compile(r"Traceback \(most recent call last\)"): "an error's traceback",
    re.compile(r"\b0x[0-9a-fA-F]{6,}\b"): "an object's address in memory",
}
FAULTS_OF_PROSE = {
    re.compile(r"(?<![\w-])(?:nan|NaN|NaT|<NA>)(?![\w-])"): "a missing value shown as a number",
    re.compile(r"\{[A-Za-z_][^{}\s]*\}"): "an unfilled placeholder",
    re.compile(r"<(?:stage|outcome|label|limit|narrow|wide|money|next_money)>"): "an unfilled mark",
    re.compile(r"\\(?:[A-Za-z]{2,}|[()\[\]])|\$\$|\$[^$\n]*[\\^_][^$\n]*\$"): "a formula as TeX",
}
LOADS = {"src", "srcset", "href", "xlink:href", "data", "poster", "action", "background"}
SPOKEN = {"alt", "title", "aria-label", "content", "summary", "alttext"}
REFUSED_TAGS = {"script", "iframe", "object", "embed", "form", "base", "link", "applet"}
QUOTES = {"q", "blockquote", "cite"}
CODE = "code"
ELLIPSIS = "\N{HORIZONTAL ELLIPSIS}"
POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
VOID = {"area", "br", "col", "hr", "img", "input", "link", "meta", "source", "track", "wbr", "base"}


class Reader(HTMLParser):
    """Reads a page as a browser and a screen reader would, and keeps what is wrong."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.prose: list[str] = []
        self.code: list[str] = []
        self.quoted: list[str] = []
        self.styles: list[str] = []
        self.drawings: list[str] = []
        self.alts: list[str] = []
        self.problems: list[str] = []
        self.open: list[str] = []
        self.ids: set[str] = set()
        self.has_policy = False
        self.uncaptioned = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Check a tag and its attributes."""
        values = {name: value or "" for name, value in attrs}
        if tag in REFUSED_TAGS:
            self.problems.append(f"a <{tag}> element")
        if tag == "img" and "alt" not in values:
            self.problems.append("an image without alternative text")
        if tag == "img":
            self.alts.append(values.get("alt", ""))
        if tag == "th" and "scope" not in values:
            self.problems.append("a table heading without scope")
        self._check_captions(tag)
        if tag == "meta" and values.get("http-equiv", "").lower() == "content-security-policy":
            self.has_policy = values.get("content") == POLICY
        elif tag == "meta" and "http-equiv" in values:
            self.problems.append(f"a <meta http-equiv={values['http-equiv']}>")
        for name, value in values.items():
            self._check_attribute(tag, name, value)
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """Leave an element."""
        if tag == "table":
            self.problems += ["a table without caption"] * min(self.uncaptioned, 1)
            self.uncaptioned = 0
        if tag in self.open:
            while self.open.pop() != tag:
                pass

    def handle_data(self, data: str) -> None:
        """Keep text by what it is: prose, a quotation, code or style."""
        inside = set(self.open)
        if "style" in inside:
            self.styles.append(data)
        elif inside & QUOTES:
            self.quoted.append(data)
        elif CODE in inside:
            self.code.append(data)
        else:
            self.prose.append(data)

    def _check_captions(self, tag: str) -> None:
        if tag == "table":
            self.uncaptioned += 1
        if tag == "caption":
            self.uncaptioned -= 1

    def _check_attribute(self, tag: str, name: str, value: str) -> None:
        if name.startswith("on"):
            self.problems.append(f"an {name} handler")
        if name == "style":
            self.styles.append(value)
        if name in SPOKEN and not (tag == "meta" and name == "content" and value == POLICY):
            self.prose.append(value)
        if name == "id":
            if value in self.ids:
                self.problems.append(f'the id "{value}" twice')
            self.ids.add(value)
        if name in LOADS:
            self._check_reference(tag, value.strip())

    def _check_reference(self, tag: str, target: str) -> None:
        scheme = target.split(":", 1)[0].lower() if ":" in target else ""
        if scheme in {"javascript", "vbscript"}:
            self.problems.append(f"a {scheme}: link")
        elif tag != "a" and (scheme in {"http", "https", "ftp", "file"} or target[:2] == "//"):
            self.problems.append(f"a request to {target[:60]}")
        elif target.startswith("data:image/svg+xml"):
            self.drawings.append(drawing_of(target))


def check_page(html: str, kinds: Collection[str], names: Collection[str] = ()) -> None:
    """Raise GateError if a page holds what must not be published.

    Parameters
    ----------
    html : str
        A whole page.
    kinds : collection of str
        Kinds of the findings of the year: only ``effect`` among them allows causal words.
        Quotations and works (``<q>``, ``<blockquote>``, ``<cite>``) are others' words and are not
        judged.
    names : collection of str
        Names from the tables, such as a group called IMPACT: not our words either.
    """
    reader = _read(html)
    problems = list(reader.problems)
    if not reader.has_policy:
        problems.append("no content security policy")
    drawn = [_read(drawing) for drawing in reader.drawings]
    problems += [f"in a figure: {fault}" for one in drawn for fault in one.problems]
    for style in (text for one in (reader, *drawn) for text in one.styles):
        problems += _requests_of(style)
    prose = [text for one in (reader, *drawn) for text in one.prose]
    if "effect" not in kinds:
        words = DENIALS.sub("", _without("\n".join(prose + reader.code), names))
        problems += _found(words, {CAUSAL_WORDS: "causal wording"})
    problems += _found(_without("\n".join(prose), names), FAULTS_OF_PROSE)
    problems += _found("\n".join(prose + reader.code + reader.quoted), FAULTS)
    problems += _machine(re.sub(r"base64,[\w+/=]+", "", html))
    if problems:
        raise GateError("; ".join(f"found {problem}" for problem in dict.fromkeys(problems)))


def check_mark(html: str, mark: str) -> None:
    """Raise GateError if a page, a picture of it or its alternative text doesn't bear `mark`.

    Parameters
    ----------
    html : str
        A whole page.
    mark : str
        Such as PROVISIONAL; none asks for nothing.
    """
    if not mark:
        return
    reader = _read(html)
    drawn = [" ".join(_read(drawing).prose) for drawing in reader.drawings]
    places = [("the page", [" ".join(reader.prose)]), ("a picture", drawn)]
    places.append(("a picture's alternative text", reader.alts))
    bare = [place for place, texts in places if any(mark not in text for text in texts)]
    if bare:
        raise GateError(f"{' and '.join(bare)} should say {mark}")


def _without(text: str, names: Collection[str]) -> str:
    """Return `text` without the names, whole or cut short with an ellipsis, the longest first."""
    text = "\n".join(line for line in text.splitlines() if not _is_part(line.strip(), names))
    for name in sorted(names, key=lambda name: (-len(name), name)):
        text = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", "", text)
    return re.sub(rf"[^\n{ELLIPSIS}]+{ELLIPSIS}", lambda found: _before_name(found[0], names), text)


def _is_part(line: str, names: Collection[str]) -> bool:
    """Return whether a line is some words of a name, which a picture writes over several lines."""
    return " " in line and any(line in name for name in names)


def _before_name(text: str, names: Collection[str]) -> str:
    """Return what stands before a name that `text` ends with, cut short; all, where none does."""
    for start in range(len(text)):
        shown = text[start:-1].rstrip()
        if shown and any(name.startswith(shown) for name in names):
            return text[:start]
    return text


def _read(html: str) -> Reader:
    reader = Reader()
    reader.feed(html)
    reader.close()
    return reader


def _found(text: str, patterns: Mapping[re.Pattern[str], str]) -> Iterator[str]:
    for pattern, fault in patterns.items():
        for match in pattern.finditer(text):
            near = " ".join(text[max(0, match.start() - 30) : match.end() + 30].split())
            yield f"{fault}, “{near}”"


def _requests_of(style: str) -> Iterator[str]:
    for target in re.findall(r"url\(\s*['\"]?([^)'\"]*)", style):
        if not target.startswith(("data:", "#")):
            yield f"a request to {target[:60]}"
    if "@import" in style:
        yield "an @import in a style sheet"


def _machine(html: str) -> Iterator[str]:
    """Give the folders of this machine that a page names."""
    folders = {paths.find_root(), Path.home(), Path(tempfile.gettempdir())}
    for folder in sorted(folder.as_posix() for folder in folders if folder != Path("/")):
        if re.search(rf"(?<![\w.-]){re.escape(folder)}(?![\w-])", html):
            yield f"the machine's folder {folder}"


def drawing_of(target: str) -> str:
    """Return the drawing in a data URI, empty where it cannot be read."""
    head, _, body = target.partition(",")
    if not head.endswith(";base64"):
        return unquote(body)
    try:
        return base64.b64decode(body, validate=True).decode("utf-8")
    except (binascii.Error, UnicodeDecodeError):
        return ""
