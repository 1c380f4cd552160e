"""What a reader sees of each page with all folds open, and where its links and names lead."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import unquote, urldefrag

import pytest
from browser import Visitor, chromium, visitor
from made_pages import EVERY_PAGE, Tags

__all__ = ["chromium", "visitor"]

UNFIT = {
    "a missing value of the language": r"(?<![\w.])(?:nan|NaN|NaT|None|<NA>|inf)(?![\w-])",
    "raw TeX": r"\\(?:frac|hat|beta|alpha|sum|mathrm|text|left|right|begin)\b|\$[^$\s][^$]*\$",
    "a traceback": r"Traceback|^\s*File \".+\", line \d+",
    "an unfilled field": r"\{[A-Za-z_][\w.:]*\}|\{\{|\{%",
    "markup": r"</?(?:p|td|span|div|b|data)\b|&(?:amp|lt|gt|nbsp|#\d+);",
    "an object": r"<[\w.]+ object at|0x[0-9a-f]{6}",
}
REFERS = ("aria-labelledby", "aria-describedby", "aria-controls", "aria-details", "for", "headers")
CODE = """() => document.querySelectorAll("pre, code").forEach((e) => e.remove())"""


@pytest.mark.browser
@pytest.mark.parametrize("name", EVERY_PAGE)
def test_a_reader_sees_no_remains_of_the_program(name: str, visitor: Visitor) -> None:
    def words(page: object) -> str:
        page.evaluate(CODE)  # type: ignore[attr-defined]
        return str(page.evaluate("document.body.innerText"))  # type: ignore[attr-defined]

    text = visitor.once(name, "words", words)
    assert len(text) > 800
    for what, pattern in UNFIT.items():
        found = re.search(pattern, text, flags=re.MULTILINE)
        assert found is None, f"{what}: {text[max(0, found.start() - 40) : found.end() + 40]!r}"


def test_remains_of_the_program_are_found() -> None:
    remains = [
        "it is nan here",
        r"\frac{1}{2}",
        "Traceback (most",
        "a {name}",
        "&amp;",
        "<b>",
        "0xdeadbeef",
    ]
    for one in remains:
        assert any(re.search(pattern, one, flags=re.MULTILINE) for pattern in UNFIT.values()), one


@pytest.mark.parametrize("name", EVERY_PAGE)
def test_every_id_stands_once_and_every_reference_finds_one(
    name: str, every_read: dict[str, Tags]
) -> None:
    tags = every_read[name].tags
    ids = [said["id"] for _, said in tags if "id" in said]
    assert len(ids) == len(set(ids))
    asked = {one for _, said in tags for key in REFERS for one in said.get(key, "").split()}
    assert asked
    assert asked <= set(ids)


@pytest.mark.parametrize("name", EVERY_PAGE)
def test_every_link_finds_its_file_and_its_place(
    name: str, every_read: dict[str, Tags], every_page: dict[str, Path]
) -> None:
    ids = {
        file.resolve(): {said["id"] for _, said in every_read[other].tags if "id" in said}
        for other, file in every_page.items()
    }
    here = every_page[name].resolve()
    links = [said["href"] for said in every_read[name].named("a")]
    assert len(links) > 8
    for link in links:
        if re.match(r"https?://", link):
            continue
        target, place = urldefrag(link)
        file = (here.parent / unquote(target)).resolve() if target else here
        assert file.is_file(), link
        assert not place or unquote(place) in ids[file], link


@pytest.mark.parametrize("name", EVERY_PAGE)
def test_a_page_runs_nothing_and_loads_nothing(name: str, every_read: dict[str, Tags]) -> None:
    tags = every_read[name].tags
    assert not {tag for tag, _ in tags} & {"script", "link", "iframe", "object", "embed", "base"}
    loads = [said[key] for tag, said in tags if tag != "a" for key in ("src", "srcset", "href")
             if key in said]  # fmt: skip
    assert [one[:40] for one in loads if not one.startswith("data:")] == []
    policy = [said["content"] for _, said in tags if "content-security" in
              said.get("http-equiv", "").lower()]  # fmt: skip
    assert policy == ["default-src 'none'; style-src 'unsafe-inline'; img-src data:"]
