"""Colours of every drawing against the paper that it lies on, in light and in dark."""

from __future__ import annotations

import re

import pytest
from made_pages import EVERY_PAGE, Tags, drawings
from page_colours import DARK, LIGHT, Colour, colour, contrast, over

RULE = re.compile(r"([^{}]+)\{([^{}]*)\}")
IN_DARK = re.compile(r"@media[^{]*prefers-color-scheme: ?dark[^{]*\{((?:[^{}]*\{[^{}]*\})*)\s*\}")
# What carries no meaning by itself: grid lines and the frames of boxes, bands beneath lines that
# bound them, and the watermark, which is also said in words above each drawing.
PALE = {"#d9dee5", "#c3cad4", "#9dbbdd", "#e6bd95", "#ffffff", "#3a4350", "#566170", "#3c6a9e",
        "#8f5c28", "#12171b"}  # fmt: skip
Sheet = dict[str, dict[str, str]]


def sheet(css: str) -> Sheet:
    """Return what a style sheet declares, by selector."""
    rules: Sheet = {}
    for selectors, body in RULE.findall(css):
        said = dict(pair.split(":", 1) for pair in body.split(";") if ":" in pair)
        for selector in selectors.split(","):
            rules.setdefault(selector.strip(), {}).update(said)
    return rules


def in_both_modes(svg: str) -> list[tuple[str, Colour, Sheet]]:
    """Return a drawing's styles with their paper, in light and in dark."""
    css = "".join(re.findall(r"<style>(.*?)</style>", svg, flags=re.DOTALL))
    dark = "".join(IN_DARK.findall(css))
    light = sheet(IN_DARK.sub("", css))
    mixed = {name: {**said, **sheet(dark).get(name, {})} for name, said in light.items()}
    return [("light", LIGHT, light), ("dark", DARK, mixed)]


def parts(svg: str) -> set[tuple[str, str]]:
    """Return tag and class of everything drawn."""
    drawn = re.findall(r"<(text|path|circle|rect|use|line|g)\b([^>]*)", svg)
    return {(tag, re.sub(r".*\bclass=['\"](\w+)['\"].*|.*", r"\1", rest)) for tag, rest in drawn}


def said_of(styles: Sheet, tag: str, name: str) -> dict[str, str]:
    return {**styles.get(tag, {}), **styles.get(f".{name}", {})}


def seen(paint: str, said: dict[str, str], key: str, paper: Colour) -> Colour:
    share = float(said.get("opacity", 1)) * float(said.get(f"{key}-opacity", 1))
    return over(colour(paint), share, paper)


def faint(svg: str) -> list[tuple[str, str, str, float]]:
    """Return what a drawing shows too faintly: words under 4.5 to 1, marks under 3 to 1."""
    found = []
    for mode, paper, styles in in_both_modes(svg):
        for tag, name in sorted(parts(svg)):
            said = said_of(styles, tag, name)
            watermark = float(said.get("font-size", "11px").removesuffix("px")) > 30
            paints = {key: said.get(key, "none") for key in ("fill", "stroke")}
            strong = {key: one for key, one in paints.items() if one.startswith("#")}
            if watermark or not strong:
                continue
            least = 4.5 if tag == "text" else 3.0
            if tag != "text" and set(strong.values()) <= PALE:
                continue
            if tag == "text" and colour(strong["fill"]) == paper:  # words on a filled mark
                paper_of = [colour(x["fill"]) for x in styles.values() if is_mark(x)]
                assert min(contrast(paper, one) for one in paper_of) >= least
                continue
            best = max(contrast(seen(one, said, key, paper), paper) for key, one in strong.items())
            if best < least:
                found.append((mode, tag, str(strong), round(best, 2)))
    return found


def is_mark(said: dict[str, str]) -> bool:
    """Tell whether a style fills a shape in a colour that carries meaning."""
    fill = said.get("fill", "none")
    return fill.startswith("#") and fill not in PALE and "text-anchor" not in said


@pytest.mark.parametrize("name", EVERY_PAGE)
def test_words_and_marks_of_drawings_stand_out_from_the_paper(
    name: str, every_read: dict[str, Tags]
) -> None:
    for svg in drawings(every_read[name]):
        assert len(parts(svg)) > 2
        assert faint(svg) == []


def test_a_faint_word_or_mark_is_found_in_the_mode_that_it_is_faint_in() -> None:
    css = "text{fill:#777777}.a{stroke:#1f5fa8}@media screen and (prefers-color-scheme:dark)" \
          "{text{fill:#ffffff}}"  # fmt: skip
    svg = f"<svg><style>{css}</style><text>a</text><path class='a' d='M0,0'/></svg>"
    assert [one[:2] for one in faint(svg)] == [("light", "text"), ("dark", "path")]
