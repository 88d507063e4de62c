"""Reads a dimension from Python source."""

from __future__ import annotations

import ast

from specc.shapes.dim import Dim


def parse_dim(text: str) -> Dim:
    """The dimension that `text` writes: integers, names, `+ - * // %`, `max(a, b)`, `min(a, b)`.

    Raises ValueError for anything else and for a division by zero. It is made for text that a `Dim` printed; the spec's
    own expressions go through the language's evaluator.
    """
    try:
        return _dim(ast.parse(text.strip(), mode="eval").body)
    except (SyntaxError, RecursionError, MemoryError, ZeroDivisionError) as cause:
        raise ValueError(f"`{text}` is not a dimension") from cause


def _dim(node: ast.expr) -> Dim:
    match node:
        case ast.Constant(value=int(value)) if not isinstance(value, bool):
            return Dim.of(value)
        case ast.Name(id=name):
            return Dim.symbol(name)
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return -_dim(operand)
        case ast.BinOp(left=left, op=op, right=right):
            return _binary(_dim(left), op, _dim(right))
        case ast.Call(func=ast.Name(id="max"), args=[left, right], keywords=[]):
            return Dim.maximum(_dim(left), _dim(right))
        case ast.Call(func=ast.Name(id="min"), args=[left, right], keywords=[]):
            return Dim.minimum(_dim(left), _dim(right))
        case _:
            raise ValueError(f"`{ast.unparse(node)}` is not a dimension")


def _binary(left: Dim, op: ast.operator, right: Dim) -> Dim:
    match op:
        case ast.Add():
            return left + right
        case ast.Sub():
            return left - right
        case ast.Mult():
            return left * right
        case ast.FloorDiv():
            return left // right
        case ast.Mod():
            return left % right
        case _:
            raise ValueError(f"`{type(op).__name__}` is not an operation on dimensions")
