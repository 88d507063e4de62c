"""Expressions as Python source, formatted as `ruff format` does."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable

from specc.ops.arguments import source
from specc.shapes.dim import Dim

_IF, _OR, _AND, _NOT, _COMPARE, _SUM, _PRODUCT, _SIGN, _POWER, _PLAIN = range(10)
_BINARY: dict[type[ast.operator], tuple[str, int]] = {
    ast.Add: ("+", _SUM), ast.Sub: ("-", _SUM), ast.Mult: ("*", _PRODUCT), ast.Div: ("/", _PRODUCT),
    ast.FloorDiv: ("//", _PRODUCT), ast.Mod: ("%", _PRODUCT), ast.Pow: ("**", _POWER),
}  # fmt: skip
_SIGNS: dict[type[ast.cmpop], str] = {
    ast.Eq: "==", ast.NotEq: "!=", ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.In: "in",
    ast.NotIn: "not in",
}  # fmt: skip
_EXACT: dict[type[ast.operator], Callable[[Dim, Dim], Dim]] = {
    ast.Add: lambda a, b: a + b,
    ast.Sub: lambda a, b: a - b,
    ast.Mult: lambda a, b: a * b,
    ast.FloorDiv: lambda a, b: a // b,
}
_SIMPLE = re.compile(r"-?(\w+(\.\w+)*|\d+\.\d*)", re.UNICODE)


def text(tree: ast.expr) -> str:
    """Source of a tree of the expression language; a name may hold dots (`self.heads`). ValueError for other trees."""
    return _text(tree)[0]


def _text(tree: ast.expr) -> tuple[str, int]:
    if isinstance(tree, ast.Name):
        return tree.id, _PLAIN
    if isinstance(tree, ast.Constant):
        negative = isinstance(tree.value, int | float) and not isinstance(tree.value, bool) and tree.value < 0
        return source(tree.value), _SIGN if negative else _PLAIN
    if isinstance(tree, ast.BinOp):
        return _binary(tree)
    if isinstance(tree, ast.UnaryOp):
        if isinstance(tree.op, ast.Not):
            return f"not {_inside(tree.operand, _NOT)}", _NOT
        return f"{'-' if isinstance(tree.op, ast.USub) else '+'}{_inside(tree.operand, _SIGN)}", _SIGN
    if isinstance(tree, ast.BoolOp):
        word, level = ("and", _AND) if isinstance(tree.op, ast.And) else ("or", _OR)
        return f" {word} ".join(_inside(value, level + 1) for value in tree.values), level
    if isinstance(tree, ast.Compare):
        out = _inside(tree.left, _COMPARE + 1)
        for op, right in zip(tree.ops, tree.comparators, strict=True):
            out += f" {_SIGNS[type(op)]} {_inside(right, _COMPARE + 1)}"
        return out, _COMPARE
    if isinstance(tree, ast.IfExp):
        body, test = _inside(tree.body, _IF + 1), _inside(tree.test, _IF + 1)
        return f"{body} if {test} else {_inside(tree.orelse, _IF)}", _IF
    if isinstance(tree, ast.Tuple):
        items = [text(item) for item in tree.elts]
        return f"({', '.join(items)}{',' if len(items) == 1 else ''})", _PLAIN
    if isinstance(tree, ast.List):
        return f"[{', '.join(text(item) for item in tree.elts)}]", _PLAIN
    if isinstance(tree, ast.Call):
        return f"{_inside(tree.func, _PLAIN)}({', '.join(text(arg) for arg in tree.args)})", _PLAIN
    if isinstance(tree, ast.Subscript):
        return f"{_inside(tree.value, _PLAIN)}[{text(tree.slice)}]", _PLAIN
    if isinstance(tree, ast.Attribute):
        return f"{_inside(tree.value, _PLAIN)}.{tree.attr}", _PLAIN
    raise ValueError(f"{type(tree).__name__} is not part of the expression language")


def _binary(tree: ast.BinOp) -> tuple[str, int]:
    sign, level = _BINARY[type(tree.op)]
    if level == _POWER:  # binds to the right, tighter than a sign at its left and looser than one at its right
        return power(_inside(tree.left, _PLAIN), _inside(tree.right, _SIGN)), level
    return f"{_inside(tree.left, level)} {sign} {_inside(tree.right, level + 1)}", level


def operand(code: str, sign: str) -> str:
    """An expression's source as the right operand of an infix `sign`: in parentheses where it binds less tightly."""
    level = next((level for written, level in _BINARY.values() if written == sign), None)
    if level is None:  # a comparison, or `&`, `|`, `^`, which stand between comparisons and sums
        needed = _COMPARE + 1 if sign in _SIGNS.values() else _SUM
    else:
        needed = _SIGN if level == _POWER else level + 1
    return code if _text(ast.parse(code, mode="eval").body)[1] >= needed else f"({code})"


def power(base: str, exponent: str) -> str:
    """`base ** exponent`, without spaces where both are simple."""
    simple = _SIMPLE.fullmatch(base) and _SIMPLE.fullmatch(exponent)
    return f"{base}**{exponent}" if simple else f"{base} ** {exponent}"


def _inside(tree: ast.expr, level: int) -> str:
    """In parentheses where it binds less tightly than `level`."""
    inner, own = _text(tree)
    return inner if own >= level else f"({inner})"


def polynomial(tree: ast.expr, leaves: list[ast.expr]) -> Dim | None:
    """The expression in the algebra's normal form, the n-th of `leaves` as the symbol `sn`; None where it has none.

    Names and sizes that are not among the leaves yet are added.
    """
    from specc.graph.origins import as_input_size

    if isinstance(tree, ast.Constant):
        return Dim.of(tree.value) if type(tree.value) is int else None
    if isinstance(tree, ast.Name) or as_input_size(tree) is not None:
        known = [k for k, leaf in enumerate(leaves) if text(leaf) == text(tree)]
        if not known:
            leaves.append(tree)
        return Dim.symbol(f"s{known[0] if known else len(leaves) - 1}")
    if isinstance(tree, ast.BinOp):
        left, right = polynomial(tree.left, leaves), polynomial(tree.right, leaves)
        if left is None or right is None or type(tree.op) not in _EXACT:
            return None
        if right == Dim.of(0) and isinstance(tree.op, ast.FloorDiv):
            return None
        return _EXACT[type(tree.op)](left, right)
    return None


def tidy(tree: ast.expr) -> ast.expr:
    """An expression that inference put together, shorter where the algebra knows a shorter form: `2 * w`, not `w + w`.

    Its names must stand for positive integers.
    """
    leaves: list[ast.expr] = []
    found = polynomial(tree, leaves)
    if found is None:
        return tree

    class Back(ast.NodeTransformer):
        def visit_Name(self, node: ast.Name) -> ast.expr:
            return leaves[int(node.id[1:])]

    shorter = Back().visit(ast.parse(str(found), mode="eval").body)
    assert isinstance(shorter, ast.expr)
    return shorter if len(text(shorter)) < len(text(tree)) else tree
