"""Formulas of docstrings and of prose: as MathML, as plain text, and never as TeX on a page."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest

from analysis.errors import GateError, UsageError
from analysis.page.export import exporter
from analysis.page.formula import mathml, plain
from analysis.page.gate import POLICY, check_page
from analysis.page.prose import prose

HEAD = f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
PLAIN = {
    r"\bar x = \frac{1}{n} \sum_{i=1}^n x_i": "x̄ = (1 / n) ∑_(i = 1)^n x_i",
    r"-1 \le -x": "−1 ≤ −x",
    r"\frac{a}{b} + 1": "a / b + 1",
    r"\frac{a + b}{2 n}": "(a + b) / (2n)",
    r"(X^\top X)^{-1}": "(X^⊤ X)^(−1)",
    r"\hat\tau_{g,t} \pm z \sqrt{V}": "τ̂_(g, t) ± z√V",
    r"\binom{n}{k}": "(n choose k)",
    r"\operatorname{median}_{i < j} x": "median_(i < j) x",
    r"p \ge 0.05": "p ≥ 0.05",
    r"a < b": "a < b",
    r"\{a, b\}": "{ a, b }",
}
UNREADABLE = [
    *(r"\unknown", r"\frac{1}", r"{a", r"a}", "", "  ", "x^", r"\left(", r"\text{\pounds}"),
    *("a & b", r"x_1_2", r"\begin{aligned}a&=b\end{aligned}"),
]


@pytest.mark.parametrize(("latex", "text"), PLAIN.items())
def test_a_formula_can_be_read_as_a_line_of_text(latex: str, text: str) -> None:
    assert plain(latex) == text
    assert ElementTree.fromstring(mathml(latex)).get("alttext") == text


@pytest.mark.parametrize("latex", UNREADABLE)
def test_a_formula_that_cannot_be_read_whole_is_refused(latex: str) -> None:
    with pytest.raises(UsageError, match="formula"):
        mathml(latex)


def test_a_formula_is_mathml_of_the_kind_asked_for() -> None:
    assert mathml("x_i") == '<math alttext="x_i"><msub><mi>x</mi><mi>i</mi></msub></math>'
    assert mathml("x", block=True).startswith('<math display="block" ')
    assert "<mo>&lt;</mo>" in mathml("a < b")


def test_dollars_in_prose_are_formulas() -> None:
    text = prose(r"Where $x_i$ is *one* of $n$:" + "\n\n$$\n\\frac{a}{b}\n$$\n\nand more.")
    assert re.sub(r"<math.*?</math>", "[]", text) == (
        "<p>Where [] is <em>one</em> of []:</p>\n<p>[]</p>\n<p>and more.</p>\n"
    )
    assert re.findall(r"<math([^>]*)>", text) == [
        ' alttext="x_i"',
        "",
        ' display="block" alttext="a / b"',
    ]


@pytest.mark.parametrize(
    "text",
    [
        *("It costs $5.", "From $5 to $10 a head", "It was $5 and then 10$ more.", "US$5 and US$6"),
        *(
            "Between £7,000 and £12,000",
            "a $ sign",
            "$ x $",
            "5$",
            "$5, $6 and $7",
            "the price $p of C$5",
        ),
    ],
)
def test_a_lone_dollar_and_amounts_of_money_stay_text(text: str) -> None:
    assert prose(text) == f"<p>{text}</p>\n"


def test_dollars_in_code_stay_code_and_an_escaped_one_stays_a_dollar() -> None:
    assert prose("`$x_i$`") == "<p><code>$x_i$</code></p>\n"
    assert "<math" not in prose("    $x_i$\n")
    assert prose(r"\$5 or \$6") == "<p>$5 or $6</p>\n"


def test_a_formula_of_prose_that_cannot_be_read_stops_the_page() -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        prose(r"Where $\unknown$ is")


def test_prose_without_formulas_is_what_nbconvert_makes_of_it() -> None:
    text = "# A\n\n*b* `c` <em>d</em> & e\n\n- f\n- g\n\n| a | b |\n|---|---|\n| 1 | 2 |\n"
    assert prose(text) == str(exporter().markdown2html({}, text))


@pytest.mark.parametrize(
    "shown",
    [
        r"\frac{a}{b}",
        r"\(x\)",
        r"\[x\]",
        "$$x$$",
        r"$\alpha$",
        "$x_i$",
        "$x^2$",
        r"\begin{cases}",
    ],
)
def test_a_page_that_shows_tex_is_refused(shown: str) -> None:
    with pytest.raises(GateError, match="a formula as TeX"):
        check_page(f"{HEAD}<p>where {shown} is</p>", ())


@pytest.mark.parametrize("shown", [r"\frac{a}{b}", "$$"])
def test_a_formula_whose_alternative_text_is_tex_is_refused(shown: str) -> None:
    with pytest.raises(GateError, match="a formula as TeX"):
        check_page(f'{HEAD}<math alttext="{shown}"><mi>x</mi></math>', ())


@pytest.mark.parametrize(
    "body",
    [
        "<p>From $5 to $6, and £7,000</p>",
        r"<code>re.sub(r'\bx\b', '$y_i$')</code>",
        r"<p>A\B</p>",
        mathml(r"\frac{x_i}{n} \le \{a\}", block=True),
        "<cite>Author (2001). Causal effects of money.</cite>",
    ],
)
def test_what_is_no_tex_passes(body: str) -> None:
    check_page(HEAD + body, ())


def test_a_causal_word_outside_a_works_title_is_still_refused() -> None:
    with pytest.raises(GateError, match="causal wording"):
        check_page(f"{HEAD}<p><cite>A title</cite> on effects</p>", ())


def test_a_formula_says_nothing_that_goes_without_saying() -> None:
    tree = ElementTree.fromstring(mathml(r"\bar{x} = \left(\frac{1}{n}\right)", block=True))
    assert [part.text for part in tree.iter("mo") if part.attrib] == []
    assert all(len(row) > 1 for row in tree[0].iter("mrow"))
    assert mathml("x") == "<math><mi>x</mi></math>"
    assert mathml("x_i").startswith('<math alttext="x_i">')
