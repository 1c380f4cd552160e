"""Markdown of a chapter's text cells as HTML, its formulas as MathML."""

from __future__ import annotations

from typing import Any, ClassVar

from nbconvert.filters.markdown_mistune import (
    IPythonRenderer,
    MarkdownWithMath,
    MathInlineParser,
)

from analysis.page.formula import mathml

# As Pandoc has it: no space inside the dollar signs and no digit after them, so that two amounts
# in dollars are no formula. What begins with a digit must also hold a sign of TeX's.
FORMULA = (
    r"(?<![$\\\w])\$(?=\S)(?!\d[^$\\^_={]*\$)(?P<math_inline_tex>[^$]+?)(?<![\s\\])\$(?![\d$])"
)


class _Inline(MathInlineParser):  # type: ignore[misc]
    SPECIFICATION: ClassVar[dict[str, str]] = {
        **MathInlineParser.SPECIFICATION,
        "inline_math_tex": FORMULA,
    }


class _Renderer(IPythonRenderer):  # type: ignore[misc]
    def inline_math(self, body: str) -> str:
        return mathml(body)

    def block_math(self, body: str) -> str:
        return mathml(body, block=True)

    def latex_environment(self, name: str, body: str) -> str:
        return mathml(f"\\begin{{{name}}}{body}\\end{{{name}}}", block=True)


def prose(source: str) -> str:
    """Return Markdown as HTML; ``$...$`` and ``$$...$$`` are formulas, a lone dollar sign is text.

    Raises
    ------
    UsageError
        If a formula cannot be read.
    """
    renderer: Any = _Renderer(escape=False, exclude_anchor_links=True)
    return str(MarkdownWithMath(renderer=renderer, inline=_Inline(hard_wrap=False)).render(source))
