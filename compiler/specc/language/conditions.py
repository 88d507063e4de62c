"""Conditions on symbols: the items of `where`, as the algebra's own form."""

from __future__ import annotations

import ast

from specc.diagnostics import Sink, Span
from specc.language.expressions import Env, EvaluationError, evaluate
from specc.shapes.constraints import And, Comparison, Condition, Facts, In, Or
from specc.shapes.dim import Dim

_SIGNS = {ast.Eq: "==", ast.NotEq: "!=", ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">="}


def condition(tree: ast.expr, env: Env, span: Span, sink: Sink) -> Condition | None:
    """The condition a checked tree states: comparisons of sizes, joined by `and` and `or`; reports E208 for others."""
    try:
        return _condition(tree, env)
    except EvaluationError as wrong:
        sink.error(wrong.code, wrong.message, span, help=wrong.help)
        return None


def _condition(tree: ast.expr, env: Env) -> Condition:
    if isinstance(tree, ast.BoolOp):
        parts = tuple(_condition(part, env) for part in tree.values)
        return And(parts) if isinstance(tree.op, ast.And) else Or(parts)
    if isinstance(tree, ast.Compare) and all(type(op) in _SIGNS for op in tree.ops):
        sizes = [_size(part, env) for part in (tree.left, *tree.comparators)]
        parts = tuple(
            Comparison(left, _SIGNS[type(op)], right)
            for left, op, right in zip(sizes, tree.ops, sizes[1:], strict=False)
        )
        return parts[0] if len(parts) == 1 else And(parts)
    if isinstance(tree, ast.Compare) and isinstance(tree.ops[0], ast.In | ast.NotIn) and len(tree.ops) == 1:
        values = evaluate(tree.comparators[0], env, Facts.none())
        if isinstance(values, tuple) and all(isinstance(v, int) and not isinstance(v, bool) for v in values):
            return In(_size(tree.left, env), tuple(sorted(values)), isinstance(tree.ops[0], ast.In))
    raise EvaluationError(
        "E208", f"`{ast.unparse(tree)}` states nothing about sizes", "write a comparison, such as `H % 16 == 0`"
    )


def _size(tree: ast.expr, env: Env) -> Dim:
    value = evaluate(tree, env, Facts.none())
    if isinstance(value, bool) or not isinstance(value, int | Dim):
        raise EvaluationError("E208", f"`{ast.unparse(tree)}` is not a size")
    return Dim.of(value)
