"""From matplotlib's SVG to a small one: a class for each look, coordinates to a hundredth."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import groupby
from xml.etree import ElementTree
from xml.etree.ElementTree import Element
from xml.sax.saxutils import escape

FONTS = "system-ui,-apple-system,'Segoe UI',Roboto,'DejaVu Sans',sans-serif"
_TOKEN = re.compile(r"[A-Za-z]|-?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?")
_NUMBER = re.compile(r"-?\d+\.\d+(?:e[-+]?\d+)?")
_LINK = "{http://www.w3.org/1999/xlink}href"
# matplotlib's circle: eight arcs from the lowest point; the second ends level with the centre.
_CIRCLE = re.compile(
    r"M (\S+) (\S+) C(?: \S+){6} C(?: \S+){5} (\S+) C(?: \S+){6}(?: C(?: \S+){6}){5} z"
)
_SHORT_SYMBOL = 30
_DROPPED = {"font-family"}
_DEFAULTS = {"stroke-linejoin": "round", "stroke-linecap": "butt"}
_POINTS = {"M": 1, "L": 1, "Q": 2, "C": 3}


@dataclass(frozen=True)
class _Shape:
    tag: str
    style: Mapping[str, str]
    values: Mapping[str, str]
    text: str = ""

    @property
    def path(self) -> str:
        return self.values.get("d", "")

    @property
    def joins(self) -> bool:
        """Whether a neighbour of the same look may share its path."""
        return self.tag == "path" and not any("opacity" in name for name in self.style)


def slim(text: str, dark: Mapping[str, str], font_size: str, ink: str) -> bytes:
    """Return matplotlib's SVG made small, with the dark colours for readers who ask for them.

    Left out is what a drawing that stays within its frame does not need: clip paths, groups,
    unused names, invisible shapes. Opaque neighbours of one look become one path.

    Parameters
    ----------
    text : str
        SVG as matplotlib writes it, text as text.
    dark : mapping of str to str
        Dark colour of each colour that may occur.
    font_size, ink : str
        Size and colour of a text that asks for no other.
    """
    root = ElementTree.fromstring(text)
    symbols = {e.get("id", ""): e for e in root.iter() if e.get("id") and _tag(e) == "path"}
    shapes = _joined([shape for e in _drawn(root, False) for shape in _shape(e, symbols)])
    sheet = _Sheet(ink, font_size)
    body = "".join(sheet.write(shape) for shape in shapes)
    used = "".join(sheet.symbol(name, symbols[name]) for name in list(sheet.symbols))
    box = "".join(f" {n}='{_rounded(root.get(n, ''))}'" for n in ("width", "height", "viewBox"))
    return (
        f"<svg xmlns='http://www.w3.org/2000/svg'{box}><style>{sheet.rules(dark)}"
        f"</style>{f'<defs>{used}</defs>' if used else ''}{body}</svg>"
    ).encode()


@dataclass
class _Sheet:
    """The looks and symbols met so far, each with a short name."""

    ink: str
    font_size: str
    looks: dict[str, str] = field(default_factory=dict)
    symbols: dict[str, str] = field(default_factory=dict)

    def write(self, shape: _Shape) -> str:
        values = dict(shape.values)
        if shape.tag == "use":
            target = values.pop("href")
            name = self.symbols.setdefault(target, f"s{len(self.symbols)}")
            values = {"href": f"#{name}", **values}
        return self._element(shape.tag, shape.style, values, shape.text)

    def symbol(self, name: str, element: Element) -> str:
        values = {"id": self.symbols[name], "d": _short_path(element.get("d", ""))}
        return self._element("path", _style(element), values)

    def _element(
        self, tag: str, style: Mapping[str, str], values: Mapping[str, str], text: str = ""
    ) -> str:
        plain = {"fill": self.ink, "font-size": self.font_size} if tag == "text" else {}
        said = {name: v for name, v in style.items() if plain.get(name) != v}
        look = ";".join(f"{name}:{value}" for name, value in said.items())
        attributes = dict(values)
        if look:
            attributes = {"class": self.looks.setdefault(look, _name(len(self.looks))), **values}
        written = "".join(f" {name}='{value}'" for name, value in attributes.items())
        return f"<{tag}{written}>{escape(text)}</{tag}>" if text else f"<{tag}{written}/>"

    def rules(self, dark: Mapping[str, str]) -> str:
        """Return the style sheet; the dark colours only where a screen asks for them."""
        rules = {
            "text": f"fill:{self.ink};unicode-bidi:plaintext",
            **{f".{n}": look for look, n in self.looks.items()},
        }
        night = {name: _night(look, dark) for name, look in rules.items()}
        defaults = ";".join(f"{name}:{value}" for name, value in _DEFAULTS.items())
        light = "".join(f"{name}{{{look}}}" for name, look in rules.items())
        turned = "".join(f"{name}{{{look}}}" for name, look in night.items() if look)
        return (
            f"svg{{{defaults};font:{self.font_size} {FONTS}}}{light}"
            f"@media screen and (prefers-color-scheme:dark){{{turned}}}"
        )


def _name(number: int) -> str:
    letters = "abcdefghijklmnopqrstuvwxyz"
    return letters[number] if number < len(letters) else f"z{number}"


def _night(look: str, dark: Mapping[str, str]) -> str:
    parts = (part.partition(":") for part in look.split(";"))
    return ";".join(f"{name}:{dark[value]}" for name, _, value in parts if value in dark)


def _tag(element: Element) -> str:
    return element.tag.rpartition("}")[2]


def _drawn(parent: Element, in_defs: bool) -> Iterator[Element]:
    """Give the elements that are drawn, in order; what stands in defs is drawn by its name."""
    for child in parent:
        tag = _tag(child)
        if tag in ("path", "use", "text") and not in_defs:
            yield child
        elif tag not in ("metadata", "style", "clipPath"):
            yield from _drawn(child, in_defs or tag == "defs")


def _shape(element: Element, symbols: Mapping[str, Element]) -> Iterator[_Shape]:
    tag, style = _tag(element), _style(element)
    if tag == "text":
        names = ("x", "y", "transform")
        values = {name: _rounded(element.get(name, "")) for name in names if element.get(name)}
        yield _Shape(tag, style, _plainly_placed(values), element.text or "")
    elif tag == "use":
        yield _marked(element, style, symbols)
    elif style.get("fill") != "none" or "stroke" in style:
        yield _outlined(element.get("d", ""), style)


def _outlined(path: str, style: Mapping[str, str], at: tuple[float, float] = (0, 0)) -> _Shape:
    """Return an outline as a shape: a circle if it is matplotlib's circle, else a path."""
    if circle := _CIRCLE.fullmatch(" ".join(path.split())):
        x, top = (float(number) for number in circle.groups()[:2])
        y = float(circle[3])
        radius = _written(abs(top - y))
        return _Shape(
            "circle", style, {"cx": _written(x + at[0]), "cy": _written(y + at[1]), "r": radius}
        )
    return _Shape("path", style, {"d": _short_path(path, at)})


def _marked(element: Element, style: Mapping[str, str], symbols: Mapping[str, Element]) -> _Shape:
    """Return a mark by its symbol's name, or drawn out where that is shorter."""
    name = element.get(_LINK, "").removeprefix("#")
    x, y = float(element.get("x", 0)), float(element.get("y", 0))
    path = symbols[name].get("d", "")
    drawn = _outlined(path, {**style, **_style(symbols[name])}, (x, y))
    if drawn.tag == "circle" or len(_short_path(path)) < _SHORT_SYMBOL or x == 0:
        return drawn
    return _Shape("use", style, {"href": name, "x": _written(x), "y": _written(y)})


def _style(element: Element) -> dict[str, str]:
    pairs = (part.partition(":") for part in element.get("style", "").split(";") if part.strip())
    said = {name.strip(): value.strip() for name, _, value in pairs}
    return {n: v for n, v in said.items() if n not in _DROPPED and _DEFAULTS.get(n) != v}


def _plainly_placed(values: dict[str, str]) -> dict[str, str]:
    """Return the place of a text without a turn of zero, a mere shift as its x and y."""
    turn = values.get("transform", "")
    if turn.startswith("rotate(-0 "):
        values.pop("transform")
    elif shift := re.fullmatch(r"translate\((\S+) (\S+)\)", turn):
        return {"x": shift[1], "y": shift[2]}
    return values


def _joined(shapes: list[_Shape]) -> list[_Shape]:
    def key(shape: _Shape) -> object:
        return (tuple(shape.style.items()),) if shape.joins else id(shape)

    parts = [list(group) for _, group in groupby(shapes, key)]
    return [
        run[0]
        if len(run) == 1
        else _Shape("path", run[0].style, {"d": "".join(shape.path for shape in run)})
        for run in parts
    ]


def _written(number: float) -> str:
    text = f"{number:.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def _rounded(text: str) -> str:
    return _NUMBER.sub(lambda match: _written(float(match[0])), text)


def _short_path(path: str, shift: tuple[float, float] = (0, 0)) -> str:
    """Return a path with relative steps between rounded points; rounding does not add up."""
    tokens = _TOKEN.findall(path)
    out: list[str] = []
    here = (0.0, 0.0)
    at, command = 0, ""
    while at < len(tokens):
        if tokens[at].isalpha():
            command, at = tokens[at], at + 1
            if command in "zZ":
                out.append("z")
                continue
        count = 2 * _POINTS[command]
        flat = [float(token) for token in tokens[at : at + count]]
        points = [
            (round(x + shift[0], 2), round(y + shift[1], 2))
            for x, y in zip(flat[::2], flat[1::2], strict=True)
        ]
        out.append(_step(command, points, here))
        here, at = points[-1], at + count
    return "".join(out)


def _step(command: str, points: list[tuple[float, float]], here: tuple[float, float]) -> str:
    if command == "M":
        return f"M{_written(points[0][0])},{_written(points[0][1])}"
    steps = [(x - here[0], y - here[1]) for x, y in points]
    across, down = (_written(step) for step in steps[0])
    if command == "L" and down == "0":
        return f"h{across}"
    if command == "L" and across == "0":
        return f"v{down}"
    pairs = ",".join(f"{_written(x)},{_written(y)}" for x, y in steps)
    return f"{command.lower()}{pairs}".replace(",-", "-")
