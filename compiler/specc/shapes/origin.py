"""Where a dimension comes from: an expression for generated code, and the places in the spec behind it."""

from __future__ import annotations

import ast
from typing import NamedTuple

from specc.diagnostics import Span

MAX_SOURCES = 6

_SYMBOL = {"+": ast.Add(), "-": ast.Sub(), "*": ast.Mult(), "//": ast.FloorDiv(), "%": ast.Mod()}


class Source(NamedTuple):
    """One place that had a hand in a dimension, as a note for a diagnostic: "`width` = 64"."""

    text: str
    span: Span | None


class Origin(NamedTuple):
    """Provenance of a dimension; never part of its equality.

    `expr`, evaluated in the scope the dimension lives in, gives the dimension; None where no such expression is known.
    """

    expr: ast.expr | None
    sources: tuple[Source, ...]


def combine(
    op: str, left: Origin | None, left_value: int | None, right: Origin | None, right_value: int | None
) -> Origin | None:
    """The origin of `left op right`; a side's value is given where it is constant. None where neither has an origin."""
    if left is None and right is None:
        return None
    sources = (left.sources if left else ()) + (right.sources if right else ())
    kept = tuple(dict.fromkeys(sources))[:MAX_SOURCES]
    return Origin(_binary(op, _side(left, left_value), _side(right, right_value)), kept)


def negated(origin: Origin | None, value: int | None) -> Origin | None:
    """The origin of `-dim`."""
    if origin is None or origin.expr is None:
        return origin
    expr = origin.expr
    if (folded := _integer(expr)) is not None:
        return Origin(ast.Constant(-folded), origin.sources)
    if isinstance(expr, ast.UnaryOp) and isinstance(expr.op, ast.USub):
        return Origin(expr.operand, origin.sources)
    return Origin(ast.UnaryOp(ast.USub(), expr), origin.sources)


def _side(origin: Origin | None, value: int | None) -> ast.expr | None:
    if origin is not None:
        return origin.expr
    return None if value is None else ast.Constant(value)


def _integer(expr: ast.expr) -> int | None:
    return expr.value if isinstance(expr, ast.Constant) and type(expr.value) is int else None


def _binary(op: str, left: ast.expr | None, right: ast.expr | None) -> ast.expr | None:
    """`left op right` with constants folded and neutral elements dropped."""
    if left is None or right is None:
        return None
    a, b = _integer(left), _integer(right)
    if a is not None and b is not None:
        return ast.Constant(_fold(op, a, b))
    if b is not None:
        return _by_constant(op, left, b)
    if a is not None and ((op == "+" and a == 0) or (op == "*" and a == 1)):
        return right
    if a == 0 and op == "*":
        return ast.Constant(0)
    return ast.BinOp(left, _SYMBOL[op], right)


def _by_constant(op: str, left: ast.expr, b: int) -> ast.expr:
    if op in "+-":
        shift = b if op == "+" else -b
        base, before = _shifted(left)
        total = before + shift
        if total == 0:
            return base
        return ast.BinOp(base, _SYMBOL["+" if total > 0 else "-"], ast.Constant(abs(total)))
    if op == "*" and b == 0:
        return ast.Constant(0)
    if op in ("*", "//") and b == 1:
        return left
    scaled = _scaled(left)
    if scaled is not None and op == "*":
        return _by_constant("*", scaled[0], scaled[1] * b)
    if scaled is not None and op == "//" and b != 0 and scaled[1] % b == 0:
        return _by_constant("*", scaled[0], scaled[1] // b)
    return ast.BinOp(left, _SYMBOL[op], ast.Constant(b))


def _shifted(expr: ast.expr) -> tuple[ast.expr, int]:
    """`x + 3` as (x, 3), `x - 3` as (x, -3), anything else as (itself, 0)."""
    if isinstance(expr, ast.BinOp) and isinstance(expr.op, ast.Add | ast.Sub):
        shift = _integer(expr.right)
        if shift is not None:
            return expr.left, shift if isinstance(expr.op, ast.Add) else -shift
    return expr, 0


def _scaled(expr: ast.expr) -> tuple[ast.expr, int] | None:
    """`x * 3` and `3 * x` as (x, 3)."""
    if isinstance(expr, ast.BinOp) and isinstance(expr.op, ast.Mult):
        if (factor := _integer(expr.right)) is not None:
            return expr.left, factor
        if (factor := _integer(expr.left)) is not None:
            return expr.right, factor
    return None


def _fold(op: str, a: int, b: int) -> int:
    if op == "+":
        return a + b
    if op == "-":
        return a - b
    if op == "*":
        return a * b
    return a // b if op == "//" else a % b
