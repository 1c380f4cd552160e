"""A closed little language in which a recipe re-derives a printed number from the tables.

A recipe is one expression that ends in a number, such as

- ``count(good_or_better_pct >= 75)``: rows of the table `collaborations` where this is true;
- ``share(n_outstanding == 0)``: the same in per cent of the rows;
- ``sum(n_schools, where=known(funding_2012_13_gbp))``: only rows where the condition is true;
- ``sum(members, of=coverage)``: another table than `collaborations`;
- ``value(members, of=coverage, where=phase == 'PRU')``: the one row that the condition names;
- ``100 * printed('p16-improved') / printed('p16-base')``: numbers that the report prints.

Known words:

================================== ===========================================================
``count(c)``                       number of rows where the condition is true
``share(c)``                       the same in per cent of the rows, unknown ones included
``sum(x)``, ``mean(x)``            over the rows with a value
``lowest(x)``, ``highest(x)``      over the rows with a value; also ``lowest(count(..), 3)``
``value(x, where=c)``              the value in the only row where the condition is true
``different(x)``                   number of different values
``known(x)``                       condition: the row has a value
``filled(x)``                      the column with 0 for each blank, as absent money
``rounded(x, 1)``                  to so many decimals, a half away from zero
``printed('claim-id')``            the printed number of a claim
``of=``, ``where=``                table and condition of the functions that take rows
================================== ===========================================================

Columns, numbers, texts in quotation marks, ``+ - * /``, comparisons, ``and``, ``or``, ``not``
and brackets make the rest; nothing else is read, and nothing is ever run as Python. A blank is
unknown: ``not``, ``!=`` and sums keep it unknown, and unknown is never counted as true. So
``a + b`` is unknown where one of both is blank; ``filled(a) + filled(b)`` is not. Two numbers
that agree to nine digits are equal.
"""

from __future__ import annotations

import ast
import difflib
import functools
import math
import operator
import warnings
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from analysis.tables.logic import (
    Condition,
    Mask,
    Numbers,
    RecipeError,
    Value,
    Words,
    blank,
    cells,
    compare,
)
from analysis.tables.printed import round_half_up

FIRST_TABLE = "collaborations"
LONGEST_RECIPE = 1000
_TOO_LARGE = 1e15
_SHOWN = 80
_NAMES = ("collaboration", "name", "phase")
_ARITHMETIC: dict[type[ast.operator], Callable[[Numbers, Numbers], Numbers]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}
_SIGNS: dict[type[ast.cmpop], str] = {
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
}
_ROW_WORDS = ("known", "filled", "rounded")
_TABLE_WORDS = ("count", "share", "sum", "mean", "lowest", "highest", "value", "different")
KNOWN_WORDS = (*_TABLE_WORDS, *_ROW_WORDS, "printed")


@dataclass(frozen=True)
class Rederived:
    """What a recipe gives.

    Parameters
    ----------
    value : float
        The number; nan where the cells that it needs are blank.
    rows : tuple of str
        Names of the rows behind it, in the tables' order.
    tables : tuple of str
        Tables that were looked at.
    cites : tuple of str
        Claims whose printed numbers were used.
    """

    value: float
    rows: tuple[str, ...]
    tables: tuple[str, ...]
    cites: tuple[str, ...]


@dataclass(frozen=True)
class _Scope:
    name: str
    frame: pd.DataFrame
    chosen: Mask
    outermost: bool


@dataclass
class _Trace:
    rows: dict[str, None] = field(default_factory=dict)
    tables: dict[str, None] = field(default_factory=dict)
    cites: dict[str, None] = field(default_factory=dict)


def evaluate(
    recipe: str, tables: Mapping[str, pd.DataFrame], printed: Mapping[str, float] | None = None
) -> Rederived:
    """Return the number that `recipe` gives, with the rows behind it.

    Parameters
    ----------
    recipe : str
        One expression of the language that this module describes.
    tables : mapping of str to DataFrame
        Tables by the name that ``of=`` takes.
    printed : mapping of str to float, optional
        Printed numbers by claim, for ``printed(...)``.

    Raises
    ------
    RecipeError
        If the recipe holds anything that the language does not know.
    """
    follower = _Follower(tables, printed or {})
    try:
        value = follower.number(parse(recipe), None)
    except RecursionError:
        raise RecipeError("a recipe nested too deeply", "a shorter expression") from None
    trace = follower.trace
    return Rederived(float(value), tuple(trace.rows), tuple(trace.tables), tuple(trace.cites))


def parse(recipe: str) -> ast.expr:
    """Return the recipe's syntax tree; the words in it are checked when it is followed.

    Raises
    ------
    RecipeError
        If the text is no single expression or longer than `LONGEST_RECIPE` characters.
    """
    if len(recipe) > LONGEST_RECIPE:
        raise RecipeError(f"{len(recipe)} characters", f"at most {LONGEST_RECIPE}")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            return ast.parse(recipe.strip(), mode="eval").body
    except (SyntaxError, ValueError, MemoryError, Warning):
        expected = "one expression, such as count(good_or_better_pct >= 75)"
        raise RecipeError(repr(recipe[:_SHOWN]), expected) from None


def _refuse(node: ast.AST) -> RecipeError:
    known = "columns, numbers, texts, + - * /, comparisons, and, or, not, "
    found = f"{ast.unparse(node)[:_SHOWN]!r} ({type(node).__name__})"
    return RecipeError(found, f"{known}{', '.join(KNOWN_WORDS)}")


def _unknown(kind: str, name: str, known: Iterable[str]) -> RecipeError:
    names = [str(one) for one in known] or ["none"]
    near = difflib.get_close_matches(name, names, n=1)
    hint = f"{near[0]!r}, or another" if near else "one"
    return RecipeError(f"the unknown {kind} {name!r}", f"{hint} of {', '.join(names)}")


class _Follower:
    """Walks a recipe's tree; keeps which rows, tables and claims it used."""

    def __init__(self, tables: Mapping[str, pd.DataFrame], printed: Mapping[str, float]) -> None:
        self.tables, self.printed, self.trace = tables, printed, _Trace()

    def value(self, node: ast.AST, scope: _Scope | None) -> Value:
        match node:
            case ast.Constant():
                return self._constant(node)
            case ast.Name():
                return self._named(node.id, scope)
            case ast.UnaryOp(op=ast.Not()):
                return ~self.condition(node.operand, scope)
            case ast.UnaryOp(op=ast.USub()):
                return -self.numbers(node.operand, scope)
            case ast.BinOp() if type(node.op) in _ARITHMETIC:
                return self._arithmetic(node, scope)
            case ast.BoolOp():
                return self._joined(node, scope)
            case ast.Compare():
                return self._compared(node, scope)
            case ast.Call(func=ast.Name(id=name)):
                return self._called(node, name, scope)
        raise _refuse(node)

    def numbers(self, node: ast.AST, scope: _Scope | None) -> Numbers:
        value = self.value(node, scope)
        if isinstance(value, Condition):
            raise RecipeError(
                f"the condition {ast.unparse(node)!r}", "a number or a column of them"
            )
        if value.dtype == object:
            raise RecipeError(f"the text {ast.unparse(node)!r}", "a number or a column of them")
        return np.asarray(value, dtype=float)

    def number(self, node: ast.AST, scope: _Scope | None) -> float:
        value = self.numbers(node, scope)
        if value.ndim:
            expected = "one number: put the column into count(...), sum(...) or their like"
            raise RecipeError(f"a whole column, {ast.unparse(node)!r}", expected)
        return float(value)

    def condition(self, node: ast.AST, scope: _Scope | None) -> Condition:
        value = self.value(node, scope)
        if not isinstance(value, Condition):
            expected = "a condition, such as n_good > 0 or known(area)"
            raise RecipeError(f"{ast.unparse(node)!r}", expected)
        return value

    def _constant(self, node: ast.Constant) -> Value:
        if isinstance(node.value, str):
            text: Words = np.asarray(node.value, dtype=object)
            return text
        number = node.value
        if isinstance(number, bool) or not isinstance(number, int | float):
            raise _refuse(node)
        if abs(number) < _TOO_LARGE:
            return np.asarray(float(number))
        raise _refuse(node)

    def _named(self, name: str, scope: _Scope | None) -> Value:
        if scope is None:
            expected = "columns only in the brackets of count(...), sum(...) or their like"
            raise RecipeError(f"{name!r} by itself", expected)
        if name not in scope.frame.columns:
            raise _unknown(f"column of {scope.name}", name, scope.frame.columns)
        return cells(scope.frame[name])

    def _arithmetic(self, node: ast.BinOp, scope: _Scope | None) -> Numbers:
        left, right = self.numbers(node.left, scope), self.numbers(node.right, scope)
        with np.errstate(all="ignore"):
            answer = np.asarray(_ARITHMETIC[type(node.op)](left, right), dtype=float)
        return np.where(np.isfinite(answer), answer, np.nan)

    def _joined(self, node: ast.BoolOp, scope: _Scope | None) -> Condition:
        parts = [self.condition(part, scope) for part in node.values]
        join = operator.and_ if isinstance(node.op, ast.And) else operator.or_
        return functools.reduce(join, parts)

    def _compared(self, node: ast.Compare, scope: _Scope | None) -> Condition:
        sides = [self.value(side, scope) for side in (node.left, *node.comparators)]
        answer = Condition(np.asarray(True), np.asarray(False))
        for left, operation, right in zip(sides, node.ops, sides[1:], strict=False):
            sign = _SIGNS.get(type(operation))
            if sign is None or isinstance(left, Condition) or isinstance(right, Condition):
                expected = f"columns, numbers or texts compared with {' '.join(_SIGNS.values())}"
                raise RecipeError(f"{ast.unparse(node)!r}", expected)
            answer = answer & compare(sign, left, right)
        return answer

    def _called(self, node: ast.Call, name: str, scope: _Scope | None) -> Value:
        if name in _TABLE_WORDS:
            return np.asarray(self._of_table(name, node, scope))
        if node.keywords:
            raise RecipeError(f"{ast.unparse(node)!r}", f"no of= or where= in {name}(...)")
        if name == "printed":
            return np.asarray(self._printed(node))
        if name == "rounded":
            return self._rounded(node, scope)
        if name not in _ROW_WORDS:
            raise _unknown("function", name, KNOWN_WORDS)
        inside = self.value(_only(node), scope)
        if isinstance(inside, Condition):
            raise RecipeError(f"{ast.unparse(node)!r}", f"a column in {name}(...)")
        absent = blank(inside)
        if name == "known":
            return Condition(~absent, absent)
        return np.where(absent, 0.0, self.numbers(_only(node), scope))

    def _printed(self, node: ast.Call) -> float:
        name = _only(node)
        if not (isinstance(name, ast.Constant) and isinstance(name.value, str)):
            raise RecipeError(f"{ast.unparse(node)!r}", "a claim in quotes: printed('p9-groups')")
        if name.value not in self.printed:
            raise _unknown("claim with a printed number", name.value, self.printed)
        self.trace.cites[name.value] = None
        return self.printed[name.value]

    def _rounded(self, node: ast.Call, scope: _Scope | None) -> Numbers:
        match node.args:
            case [column, ast.Constant(value=int(decimals))] if 0 <= decimals <= 6:
                pass
            case _:
                raise RecipeError(f"{ast.unparse(node)!r}", "such as rounded(n_good / 3, 1)")
        column_values = self.numbers(column, scope)
        flat = [
            one if math.isnan(one) else round_half_up(one, decimals) for one in column_values.flat
        ]
        return np.asarray(flat, dtype=float).reshape(column_values.shape)

    def _of_table(self, name: str, node: ast.Call, scope: _Scope | None) -> float:
        if name in ("lowest", "highest") and len(node.args) > 1 and not node.keywords:
            ends = [self.number(argument, scope) for argument in node.args]
            return float(np.min(ends) if name == "lowest" else np.max(ends))
        inner = self._scope(node, scope)
        if name in ("count", "share"):
            true = np.broadcast_to(self.condition(_only(node), inner).true, inner.chosen.shape)
            true = true & inner.chosen
            self._keep(inner, true)
            number, rows = float(true.sum()), float(inner.chosen.sum())
            return number if name == "count" else _ratio(100 * number, rows)
        return self._summary(name, node, inner)

    def _summary(self, name: str, node: ast.Call, scope: _Scope) -> float:
        column = self.value(_only(node), scope)
        if isinstance(column, Condition) or column.ndim == 0:
            raise RecipeError(f"{ast.unparse(node)!r}", f"a column in {name}(...)")
        used = scope.chosen & ~blank(column)
        if name == "different":
            self._keep(scope, used)
            return float(len(set(column[used])))
        numbers = self.numbers(_only(node), scope)
        if name == "value" and scope.chosen.sum() != 1:
            found = f"{int(scope.chosen.sum())} rows for {ast.unparse(node)!r}"
            raise RecipeError(found, "a where= that holds in exactly one row")
        answer = _SUMMARIES[name](numbers[used]) if used.any() else math.nan
        if name in ("lowest", "highest"):
            used = used & (numbers == answer)
        self._keep(scope, used)
        return answer

    def _scope(self, node: ast.Call, outer: _Scope | None) -> _Scope:
        given = {keyword.arg: keyword.value for keyword in node.keywords}
        if not set(given) <= {"of", "where"} or len(given) < len(node.keywords):
            raise RecipeError(f"{ast.unparse(node)!r}", "no other names in brackets than of, where")
        name = FIRST_TABLE if outer is None else outer.name
        if "of" in given:
            name = ast.unparse(given["of"])
        if name not in self.tables:
            raise _unknown("table", name, self.tables)
        self.trace.tables[name] = None
        frame = self.tables[name]
        every = _Scope(name, frame, np.ones(len(frame), dtype=bool), outermost=False)
        chosen = every.chosen
        if "where" in given:
            chosen = np.broadcast_to(self.condition(given["where"], every).true, chosen.shape)
        return _Scope(name, frame, chosen, outermost=outer is None)

    def _keep(self, scope: _Scope, used: Mask) -> None:
        if not scope.outermost:
            return
        named = [name for name in _NAMES if name in scope.frame.columns]
        for row in np.flatnonzero(used):
            name = scope.frame[named[0]].iloc[row] if named else f"row {row + 1} of {scope.name}"
            self.trace.rows[str(name)] = None


def _only(node: ast.Call) -> ast.expr:
    if len(node.args) != 1:
        raise RecipeError(f"{ast.unparse(node)!r}", "one thing in the brackets")
    return node.args[0]


def _ratio(above: float, below: float) -> float:
    return above / below if below else math.nan


_SUMMARIES: dict[str, Callable[[Numbers], float]] = {
    "sum": lambda numbers: math.fsum(numbers),
    "mean": lambda numbers: math.fsum(numbers) / len(numbers),
    "lowest": lambda numbers: float(numbers.min()),
    "highest": lambda numbers: float(numbers.max()),
    "value": lambda numbers: float(numbers[0]),
}
