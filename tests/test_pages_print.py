"""Every page on paper: a tagged PDF of A4, figures whole, folds left out, nothing cut off."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from typing import Any

import pypdf
import pypdfium2
import pytest
from browser import Seen, Visitor, chromium, visitor
from made_pages import CHAPTER_PAGES, EVERY_PAGE, Tags

__all__ = ["chromium", "visitor"]

MM = 72 / 25.4
MOST_PAGES = 12
A4 = (210 * MM, 297 * MM)
MARGIN = 16 * MM
CODE = """() => [...document.querySelectorAll("details pre")].map((e) => e.textContent.trim())"""
TABLES = """() => [...document.querySelectorAll("table")].map((e) => !!e.closest("details"))"""
LINKED = """() => [...document.querySelectorAll("main a[href]")].filter((e) => e.checkVisibility())
  .map((e) => e.innerText)"""


def printed(page: Any) -> dict[str, Any]:
    """Return what is in a page's PDF, made as a reader's browser makes it."""
    page.evaluate("document.querySelectorAll('details').forEach((fold) => { fold.open = false; })")
    page.emulate_media(media="print")
    facts = {"linked": page.evaluate(LINKED), "code": page.evaluate(CODE)}
    facts["folded tables"] = page.evaluate(TABLES)
    page.emulate_media(media=None)
    data = page.pdf(format="A4", tagged=True, outline=True, prefer_css_page_size=True)
    return facts | structure(pypdf.PdfReader(io.BytesIO(data))) | drawn(data)


def structure(pdf: pypdf.PdfReader) -> dict[str, Any]:
    """Return what a PDF says of itself, and on which pages each figure lies."""
    root = pdf.trailer["/Root"]
    place = {page.indirect_reference.idnum: i for i, page in enumerate(pdf.pages)}  # type: ignore[union-attr]
    tags = list(elements(root["/StructTreeRoot"]))
    return {
        "language": root["/Lang"],
        "marked": bool(root["/MarkInfo"]["/Marked"]),
        "title": pdf.metadata.title if pdf.metadata else "",
        "tags": [str(tag["/S"]) for tag in tags],
        "outline": list(titles(pdf.outline)),
        "sizes": [[float(x) for x in page.mediabox[2:]] for page in pdf.pages],
        "figures": [
            sorted({place[n] for n in pages_of(tag)})
            for tag in tags
            if tag["/S"] == "/Figure" and "/Alt" not in tag
        ],
        "alts": [str(tag["/Alt"]) for tag in tags if "/Alt" in tag],
    }


def children(element: Any) -> Iterator[Any]:
    kids = element.get("/K", [])
    kids = kids.get_object() if hasattr(kids, "get_object") else kids
    for kid in kids if isinstance(kids, list) else [kids]:
        yield kid.get_object() if hasattr(kid, "get_object") else kid


def elements(element: Any) -> Iterator[Any]:
    """Give all elements of a structure tree."""
    for kid in children(element):
        if hasattr(kid, "get") and "/S" in kid:
            yield kid
            yield from elements(kid)


def pages_of(element: Any) -> Iterator[int]:
    """Give the numbers of the page objects that an element's content lies on."""
    for kid in children(element):
        if hasattr(kid, "get") and "/S" in kid:
            yield from pages_of(kid)
        else:
            holder = kid if hasattr(kid, "get") and "/Pg" in kid else element
            yield holder.raw_get("/Pg").idnum


def titles(outline: Any) -> Iterator[str]:
    for one in outline:
        if isinstance(one, list):
            yield from titles(one)
        else:
            yield str(one.title)


def drawn(data: bytes) -> dict[str, Any]:
    """Return a PDF's text and how far to the right its letters reach, pt."""
    document = pypdfium2.PdfDocument(data)
    texts, right = [], []
    for page in document:
        letters = page.get_textpage()
        texts.append(letters.get_text_bounded())
        boxes = [letters.get_rect(i) for i in range(letters.count_rects())]
        right.append(max((box[2] for box in boxes), default=0.0))
    document.close()
    return {"text": "\n".join(texts), "right": right}


@pytest.fixture(params=EVERY_PAGE)
def paper(request: pytest.FixtureRequest, visitor: Visitor) -> dict[str, Any]:
    return visitor.once(request.param, "paper", printed)  # type: ignore[no-any-return]


def squeezed(text: str) -> str:
    return re.sub(r"[\s\u00ad\ufffe\x02-]+", "", text)


@pytest.mark.browser
def test_a_pdf_is_tagged_and_says_its_language_title_and_outline(paper: dict[str, Any]) -> None:
    assert paper["language"] == "en-GB"
    assert paper["marked"]
    assert len(paper["title"]) > 10
    assert {"/H1", "/H2", "/P", "/Link"} <= set(paper["tags"])
    assert len(paper["outline"]) > 2


@pytest.mark.browser
def test_a_pdf_has_at_most_twelve_pages_of_a4(paper: dict[str, Any]) -> None:
    assert len(paper["sizes"]) <= MOST_PAGES
    for size in paper["sizes"]:
        assert size == pytest.approx(A4, abs=1)


@pytest.mark.browser
@pytest.mark.parametrize("name", EVERY_PAGE)
def test_every_figure_is_whole_on_one_page_with_its_description(
    name: str, visitor: Visitor, every_read: dict[str, Tags]
) -> None:
    paper = visitor.once(name, "paper", printed)
    described = [image["alt"] for image in every_read[name].named("img")]
    assert [alt.split() for alt in paper["alts"]] == [alt.split() for alt in described]
    assert len(paper["figures"]) == len(described)
    assert all(len(pages) == 1 for pages in paper["figures"]), paper["figures"]
    seen: Seen = visitor.seen(name)["print"]
    assert all(0 < image["height"] <= 760 for image in seen["images"])  # 200 mm


@pytest.mark.browser
def test_nothing_is_cut_off_on_the_right(paper: dict[str, Any]) -> None:
    assert max(paper["right"]) <= A4[0] - MARGIN + 1
    assert max(paper["right"]) > A4[0] / 2


@pytest.mark.browser
@pytest.mark.parametrize("name", CHAPTER_PAGES)
def test_code_and_the_data_of_figures_are_left_out_and_links_can_be_read(
    name: str, visitor: Visitor
) -> None:
    paper = visitor.once(name, "paper", printed)
    text = squeezed(paper["text"])
    assert max(len(code) for code in paper["code"]) > 40
    assert [code for code in paper["code"] if squeezed(code)[:40] in text] == []
    assert paper["tags"].count("/Table") == paper["folded tables"].count(False)
    assert [one for one in paper["linked"] if squeezed(one) not in text] == []
    for words in ("Data of this figure", "Skip to the content", "Download as CSV"):
        assert squeezed(words) not in text
