"""Tests of the codes: each that is used is explained, each that is explained is used and shown."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import code_examples
import pytest
from code_examples import EXAMPLES, PAGE

import analysis
from analysis.codes import CODES, page_of_codes
from analysis.errors import Problem

SOURCE = Path(analysis.__file__).parent
TREES = {
    path: ast.parse(path.read_text(encoding="utf-8"))
    for path in sorted(SOURCE.rglob("*.py"))
    if path.name != "codes.py"
}
CLASSES = {"Problem": 6, "RefusedError": 3}
CODE = re.compile(r"[a-z_]+")
# What other functions call a code is that of a number's format.
MAKES_PROBLEMS = re.compile(r"\w*(problem|wrong|unreadable|read_yaml)")


def functions(tree: ast.AST) -> Iterator[ast.FunctionDef]:
    yield from (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))


def positions(tree: ast.AST) -> dict[str, set[int]]:
    """Return at which positions the functions of a module take a code, `self` not counted."""
    found: dict[str, set[int]] = {}
    for node in functions(tree):
        names = [one.arg for one in node.args.args if one.arg != "self"]
        if "code" in names and MAKES_PROBLEMS.fullmatch(node.name):
            found.setdefault(node.name, set()).add(names.index("code"))
    return found


PUBLIC: dict[str, set[int]] = {name: {at} for name, at in CLASSES.items()}
for one in TREES.values():
    for function, places in positions(one).items():
        if not function.startswith("_"):
            PUBLIC.setdefault(function, set()).update(places)


def spread(call: ast.Call, scope: ast.AST) -> list[ast.expr | None]:
    """Return a call's arguments, each tuple that a name stands for in their place."""
    tuples = {
        target.id: node.value.elts
        for node in ast.walk(scope)
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Tuple)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    found: list[ast.expr | None] = []
    for one in call.args:
        if isinstance(one, ast.Starred):
            inside = one.value
            known = tuples.get(inside.id) if isinstance(inside, ast.Name) else None
            found += known if known is not None else [None] * 9
        else:
            found.append(one)
    return found


def given(call: ast.Call, scope: ast.AST, known: dict[str, set[int]]) -> Iterator[ast.expr]:
    """Yield what a call gives for a code."""
    yield from (word.value for word in call.keywords if word.arg == "code")
    name = getattr(call.func, "attr", getattr(call.func, "id", ""))
    arguments = spread(call, scope) if name in known else []
    for at in known.get(name, ()):
        yield from (one for one in arguments[at : at + 1] if one is not None)


def used() -> Iterator[tuple[str, str]]:
    """Yield every code that is written down in the source, with its place."""
    for path, tree in TREES.items():
        known = {**PUBLIC, **positions(tree)}
        for scope in functions(tree):
            defaults = zip(scope.args.args[::-1], scope.args.defaults[::-1], strict=False)
            makes = MAKES_PROBLEMS.fullmatch(scope.name) is not None
            values = [value for one, value in defaults if makes and one.arg == "code"]
            for call in (node for node in ast.walk(scope) if isinstance(node, ast.Call)):
                values += given(call, scope, known)
            for value in values:
                if isinstance(value, ast.Constant) and CODE.fullmatch(str(value.value)):
                    yield str(value.value), f"{path.name}:{value.lineno}"


def test_the_search_finds_codes_in_every_way_of_giving_them() -> None:
    found = {code for code, _ in used()}
    assert found >= {"value", "identity", "unit", "kind", "error", "fingerprint", "plan", "seen"}


def test_every_code_that_is_used_is_explained() -> None:
    assert {(code, place) for code, place in used() if code not in CODES} == set()


def test_every_code_that_is_explained_is_used() -> None:
    words = {
        node.value
        for tree in TREES.values()
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    assert set(CODES) <= words


def test_every_code_has_an_example() -> None:
    assert set(EXAMPLES) == set(CODES), "add one to tests/code_examples.py, then: make docs"


@pytest.fixture(scope="module")
def examples() -> dict[str, Problem]:
    return {code: code_examples.example(code) for code in CODES}


def test_an_example_is_as_grave_as_its_code_can_be(examples: dict[str, Problem]) -> None:
    odd = [code for code, one in examples.items() if one.severity not in CODES[code].severities]
    assert odd == []


def test_every_example_can_be_acted_on(examples: dict[str, Problem]) -> None:
    for problem in examples.values():
        assert all((problem.file, problem.found, problem.expected, problem.remedy))
        assert problem.remedy.endswith((".", "WHY YOU KNOW"))


def test_the_page_of_codes_is_the_one_that_is_made(examples: dict[str, Problem]) -> None:
    made = page_of_codes({code: str(problem) for code, problem in examples.items()})
    assert PAGE.read_text(encoding="utf-8") == made, "make docs"


def test_the_page_of_codes_shows_a_foreign_text_as_it_is() -> None:
    page = page_of_codes(dict.fromkeys(CODES, "<b>*x*</b> [a](b)\nand more"))
    assert r"> \<b\>\*x\*\</b\> \[a\](b)" in page
    assert "\n> and more" in page


def test_every_meaning_and_action_is_a_sentence() -> None:
    for code in CODES.values():
        for words in (code.meaning, code.action):
            assert re.fullmatch(r"[A-Z].*\.", words), words
