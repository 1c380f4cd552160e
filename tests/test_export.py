"""Tests of the page: what it shows, what it leaves out, and that it can be read by all."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any

import pytest
from books import made_edition

from analysis.page import run

run.preload(("analysis.page.export",))

import nbformat.v4  # noqa: E402 - after preload, which spares it a second

from analysis.page.export import anchor, css, normalise, page, plain_css  # noqa: E402
from analysis.page.gate import check_page  # noqa: E402

library: Any = nbformat.v4
NAMES = ("01_data", "02_claims", "03_findings")


def result(data: dict[str, str], kind: str = "execute_result") -> Any:
    return library.new_output(
        kind, data=data, **({"execution_count": 4} if kind == "execute_result" else {})
    )


def cell(source: str, *outputs: Any, tags: tuple[str, ...] = ()) -> Any:
    made = library.new_code_cell(source, outputs=list(outputs), execution_count=9)
    made.metadata.update({"tags": list(tags), "papermill": {"duration": 0.25}})
    return made


def notebook(*cells: Any) -> Any:
    first = library.new_markdown_cell("# Claims\n\nOne paragraph.")
    node = library.new_notebook(cells=[first, *cells])
    node.metadata["papermill"] = {"start_time": "2026-11-23T10:00:00"}
    return node


def made(*cells: Any, status: str = "final") -> str:
    return page(notebook(*cells), "02_claims", made_edition(*NAMES, status=status))


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.seen: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))


def tags(html: str, name: str) -> list[dict[str, str | None]]:
    parser = Tags()
    parser.feed(html)
    return [attributes for tag, attributes in parser.seen if tag == name]


def test_a_result_is_shown_by_its_html_and_not_by_its_text() -> None:
    html = made(cell("x", result({"text/html": "<p class='say'>seen</p>", "text/plain": "unseen"})))
    assert "<p class='say'>seen</p>" in html
    assert "unseen" not in html


def test_results_and_displays_are_both_shown_in_their_order() -> None:
    html = made(
        cell(
            "x",
            result({"text/html": "<i>one</i>"}, "display_data"),
            library.new_output("stream", name="stdout", text="two & <three>"),
            result({"text/markdown": "*four*"}, "display_data"),
            result({"text/plain": "five < 6"}),
        )
    )
    shown = ["<i>one</i>", "two &amp; &lt;three&gt;", "<em>four</em>", "five &lt; 6"]
    assert [html.index(text) for text in shown] == sorted(html.index(text) for text in shown)


def test_the_page_names_title_year_status_and_the_other_chapters() -> None:
    html = made()
    assert tags(html, "html") == [{"lang": "en-GB"}]
    assert "<h1>Title of 02_claims</h1>" in html
    assert html.count("<h1") == 1
    assert '<span class="edition-year">2013</span> <span class="status status-final">Final' in html
    links = [link["href"] for link in tags(html, "a")]
    assert {"01_data.html", "03_findings.html", "../index.html", "#main"} <= set(links)
    current = [link["href"] for link in tags(html, "a") if link.get("aria-current") == "page"]
    assert current == ["02_claims.html"]


@pytest.mark.parametrize(
    ("status", "word"),
    [
        ("final", "Final"),
        ("revised", "Revised"),
        ("provisional", "PROVISIONAL"),
        ("SIMULATED", "SIMULATED"),
        ("<odd>", "&lt;odd&gt;"),
    ],
)
def test_each_status_is_told(status: str, word: str) -> None:
    assert re.search(rf'class="status[^"]*">{word}</span>', made(status=status))


def test_a_provisional_page_says_at_its_top_that_it_will_change_and_what_to_cite() -> None:
    html = made(status="provisional")
    banner = html[html.index('<aside class="box warning maturity"') : html.index("</aside>")]
    assert html.index("</aside>") < html.index("</header>", html.index("<h1>"))
    for words in ("early release", "will change", "write “provisional” beside it", "What to cite"):
        assert words in banner
    assert 'href="../index.html"' in banner
    assert "<title>PROVISIONAL: " in html
    check_page(html, ())


def test_a_provisional_page_names_the_release_to_cite_escaped() -> None:
    edition = replace(made_edition(*NAMES, status="provisional"), title="A & <b>",
                      publisher="Nobody", published="2031")  # fmt: skip
    html = page(notebook(), "02_claims", edition)
    assert "A &amp; &lt;b&gt;, Nobody, published 2031, provisional." in html


def test_a_revised_page_says_that_it_replaces_an_earlier_one() -> None:
    html = made(status="revised")
    assert "replaces an earlier one" in html[html.index("<header class") : html.index("</header>",
                                             html.index("<h1>"))]  # fmt: skip
    assert "<title>Title" in html
    assert "What moved" not in html
    edition = made_edition(*NAMES, "08_since_last_year", status="revised")
    assert '<a href="08_since_last_year.html">What moved</a>' in page(
        notebook(), "02_claims", edition
    )


def test_a_final_page_bears_no_trace_of_a_banner() -> None:
    html = made(status="final").partition("</style>")[2]
    assert "maturity" not in html
    assert "<aside" not in html
    assert '<span class="status status-final">Final</span></p>\n</header>' in html


@pytest.mark.parametrize(("year", "title"), [("2014", "SIMULATED: Title"), ("simulated", "Title")])
def test_a_made_up_year_says_so_in_its_title_once(year: str, title: str) -> None:
    edition = replace(made_edition(*NAMES, status="SIMULATED"), year=year)
    assert f"<title>{title}" in page(notebook(), "02_claims", edition)


def test_the_page_asks_the_network_for_nothing_and_runs_nothing() -> None:
    html = made(cell("x", result({"text/html": "<p>1</p>"})))
    policy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
    assert {"http-equiv": "Content-Security-Policy", "content": policy} in tags(html, "meta")
    assert not tags(html, "script")
    assert not tags(html, "link")
    assert "http" not in html.replace("http-equiv", "")
    check_page(html, ())


def test_code_is_folded_and_coloured() -> None:
    html = made(cell("total = 1  # note", result({"text/plain": "1"})))
    fold = html[
        html.index('<details class="code">') : html.index("</details>", html.index('class="code"'))
    ]
    assert "<summary>Code<" in fold
    assert '<span class="c1"># note</span>' in fold
    assert "open" not in fold


def test_injected_parameters_replace_the_defaults_and_fold_with_the_set_up() -> None:
    html = made(
        cell('year = "1999"', tags=("parameters",)),
        cell('year = "2013"', tags=("injected-parameters",)),
        cell("from analysis import paths"),
    )
    assert "1999" not in html
    assert html.count('<details class="code">') == 1
    assert "<summary>Parameters and set-up<" in html


def test_nothing_that_differs_from_run_to_run_reaches_the_page() -> None:
    one = made(cell("x", result({"text/plain": "1"})))
    other = made(cell("x", result({"text/plain": "1"})))  # new random cell ids
    assert one == other
    assert "2026" not in one
    assert "<dd><code>0.25" not in one


def test_the_notebook_itself_is_left_as_it_was() -> None:
    node = notebook(cell("x", result({"text/plain": "1"})))
    before = str(node)
    normalise(node)
    assert str(node) == before


def test_headings_are_listed_and_can_be_reached() -> None:
    html = made(library.new_markdown_cell("## Money & *gain*\n\ntext\n\n### Not listed\n\n## Next"))
    assert '<a href="#money-gain">Money &amp; gain</a>' in html
    assert '<h2 id="money-gain">Money &amp; <em>gain</em></h2>' in html
    assert '<h3 id="not-listed">' in html
    assert '"#not-listed"' not in html


def test_an_anchor_is_never_empty() -> None:
    assert [anchor("Who, what?"), anchor("£ / %")] == ["who-what", "section"]


def test_a_page_says_how_it_was_made_without_commit_or_clock() -> None:
    foot = made().split('<section class="provenance"')[1]
    for text in ("confidence", "0.95", "data/raw/2013/gains.csv", "plan.yaml", "code"):
        assert text in foot
    assert "a" * 12 in foot
    assert "a" * 13 not in foot
    assert "make findings" in foot


def test_an_image_without_words_is_left_for_the_gate_to_refuse() -> None:
    html = made(cell("x", result({"image/png": "iVBORw0KGgo=", "text/plain": "<Figure>"})))
    assert tags(html, "img") == [{"src": "data:image/png;base64,iVBORw0KGgo="}]


def test_every_summary_and_region_can_be_named_by_a_screen_reader() -> None:
    html = made(cell("x", result({"text/plain": "1"})))
    labels = [nav.get("aria-label") for nav in tags(html, "nav")]
    assert None not in labels
    assert len(labels) == len(set(labels)) == 2
    assert 'class="hidden"> of step' in html


def luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
def test_every_text_colour_has_contrast_on_every_background(scheme: int) -> None:
    root = re.findall(r":root \{([^}]*--paper[^}]*)\}", css())[scheme]
    colours = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", root))
    inks = ["ink", "muted", "accent", *(name for name in colours if name.startswith("code-"))]
    pairs = [(ink, paper) for ink in inks for paper in ("paper", "raised")]
    pairs += [("ink", "accent-soft"), ("ink", "warn-soft"), ("warn", "warn-soft")]
    pairs += [(ink, "paper") for ink in ("warn", "good", "bad")]
    for ink, paper in pairs:
        light, dark = sorted((luminance(colours[ink]), luminance(colours[paper])), reverse=True)
        # WCAG 2.2, 1.4.3: 4.5 to 1 for text of normal size
        assert (light + 0.05) / (dark + 0.05) >= 4.5, (ink, paper)


def test_the_style_sheet_on_a_page_has_no_comments_or_indents() -> None:
    assert plain_css("/* a\n b */\na {\n  color: red;\n}\n\n") == "a {\ncolor: red;\n}"
    style = made().split("<style>")[1].split("</style>")[0]
    assert "/*" not in style
    assert not re.search(r"\n[ \t]", style)


def test_code_without_a_colour_has_no_element_of_its_own() -> None:
    html = made(cell("show(year)", result({"text/plain": "1"})))
    assert "show(year)" in html.replace('<span class="n">', "!")
