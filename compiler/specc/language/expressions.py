"""Expressions: a whitelist over Python's `ast`, never `eval`.

A string where a number is due is an expression over params, bound dimensions and `i`. Its tree is kept: the generated
module is written from it (`2 * width`, not `128`).
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from typing import Any, Final

from specc.diagnostics import Sink, Span, closest
from specc.shapes.constraints import Comparison, Facts, Proved, Refuted, decide
from specc.shapes.dim import Dim

LENGTH_LIMIT: Final = 1000  # characters
NODE_LIMIT: Final = 200
MAGNITUDE_LIMIT: Final = 2**62
TERM_LIMIT: Final = 40  # of a polynomial in the symbols

Env = Mapping[str, Any]  # name → int, float, bool, str, None, tuple or Dim


class EvaluationError(Exception):
    """What is wrong with an expression, without its place: the caller knows that."""

    def __init__(self, code: str, message: str, help: str | None = None, meant: tuple[str, str] | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.help = help
        self.meant = meant  # a name of the expression, and the one that was most likely meant by it


_BINARY: Final[dict[type[ast.operator], Callable[[Any, Any], Any]]] = {
    ast.Add: lambda a, b: a + b,
    ast.Sub: lambda a, b: a - b,
    ast.Mult: lambda a, b: a * b,
    ast.Div: lambda a, b: a / b,
    ast.FloorDiv: lambda a, b: a // b,
    ast.Mod: lambda a, b: a % b,
}
_COMPARE: Final[dict[type[ast.cmpop], str]] = {
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
}
_PLAIN_COMPARE: Final[dict[str, Callable[[Any, Any], bool]]] = {
    "==": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}
FUNCTIONS: Final[dict[str, Callable[..., Any]]] = {
    "min": min,
    "max": max,
    "abs": abs,
    "round": round,
    "int": int,
    "float": float,
    "len": len,
    "sum": sum,
}
_ALLOWED: Final = (
    ast.Expression, ast.BinOp, ast.UnaryOp, ast.BoolOp, ast.Compare, ast.IfExp, ast.Call, ast.Name, ast.Load,
    ast.Constant, ast.List, ast.Tuple, ast.Subscript, *_BINARY, ast.Pow, *_COMPARE, ast.In, ast.NotIn, ast.And, ast.Or,
    ast.Not, ast.USub, ast.UAdd,
)  # fmt: skip


def parse(text: str, span: Span, sink: Sink) -> ast.expr | None:
    """The tree of an expression, checked against the whitelist; reports E201 (syntax), E202 (refused), E203 (size)."""
    if len(text) > LENGTH_LIMIT:
        sink.error("E203", f"this expression is {len(text)} characters long; the limit is {LENGTH_LIMIT}", span)
        return None
    try:
        tree = ast.parse(text.strip(), mode="eval").body
        count = 0
        for node in ast.walk(tree):
            count += 1
            wrong = _forbidden(node)
            if wrong:
                sink.error(
                    "E202",
                    f"{wrong} is not part of the expression language",
                    span,
                    help="an expression has numbers, params, bound dimensions, `i`, + - * / // % **, comparisons, "
                    "`and`/`or`/`not`, `a if c else b`, and " + ", ".join(f"`{f}`" for f in FUNCTIONS),
                )
                return None
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        sink.error("E201", f"`{text}` is not an expression", span, help=_syntax_help(text))
        return None
    if count > NODE_LIMIT:
        sink.error("E203", f"this expression has {count} parts; the limit is {NODE_LIMIT}", span)
        return None
    return tree


def _syntax_help(text: str) -> str | None:
    if "&&" in text or "||" in text:
        return "write `and` and `or`"
    if "?" in text:
        return "write `a if condition else b`"
    return None


def _forbidden(node: ast.AST) -> str | None:
    if isinstance(node, ast.Call):
        if not isinstance(node.func, ast.Name) or node.func.id not in FUNCTIONS or node.keywords:
            return f"the call `{ast.unparse(node)[:40]}`"
        return None
    if isinstance(node, ast.Constant) and not isinstance(node.value, bool | int | float | str | None):
        return f"`{ast.unparse(node)[:40]}`"
    if isinstance(node, _ALLOWED):
        return None
    if isinstance(node, ast.expr):
        return f"`{ast.unparse(node)[:40]}`"
    return f"`{type(node).__name__}`"


def names(tree: ast.expr) -> set[str]:
    """The names an expression reads; functions are none."""
    called = {id(n.func) for n in ast.walk(tree) if isinstance(n, ast.Call)}
    return {n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and id(n) not in called}


def evaluate(tree: ast.expr, env: Env, facts: Facts) -> Any:
    """The value of a checked tree: int, float, bool, str, None, tuple or (where symbols remain) Dim.

    Raises `EvaluationError` with the code of what is wrong.
    """
    value = _Evaluator(env, facts).visit(tree)
    return value.value if isinstance(value, Dim) and value.is_const else value


class _Evaluator:
    def __init__(self, env: Env, facts: Facts) -> None:
        self.env = env
        self.facts = facts

    def visit(self, node: ast.expr) -> Any:
        result = getattr(self, f"_{type(node).__name__}")(node)
        return self._bounded(result)

    def _bounded(self, value: Any) -> Any:
        if isinstance(value, int) and abs(value) > MAGNITUDE_LIMIT:
            raise EvaluationError("E205", "a number in this expression is too large")
        if isinstance(value, Dim):
            if value.is_const:
                return self._bounded(value.value)
            if len(value.terms) > TERM_LIMIT:
                raise EvaluationError("E205", f"a size in this expression has more than {TERM_LIMIT} terms")
        elif isinstance(value, complex):
            raise EvaluationError("E204", "this expression has no real value")
        return value

    def _Constant(self, node: ast.Constant) -> Any:
        return node.value

    def _Name(self, node: ast.Name) -> Any:
        if node.id in self.env:
            return self.env[node.id]
        near = closest(node.id, self.env)
        visible = ", ".join(f"`{n}`" for n in self.env) or "no names"
        raise EvaluationError(
            "E206",
            f"`{node.id}` is not a name that this expression can see",
            f"did you mean `{near}`?" if near else f"visible here: {visible}",
            (node.id, near) if near else None,
        )

    def _List(self, node: ast.List | ast.Tuple) -> Any:
        return tuple(self.visit(item) for item in node.elts)

    _Tuple = _List

    def _Subscript(self, node: ast.Subscript) -> Any:
        items, index = self.visit(node.value), self.visit(node.slice)
        if not isinstance(items, tuple) or not isinstance(index, int):
            raise EvaluationError("E204", "only a list can be indexed, and only by an integer")
        if not -len(items) <= index < len(items):
            raise EvaluationError("E204", f"index {index} is out of range for a list of {len(items)}")
        return items[index]

    def _UnaryOp(self, node: ast.UnaryOp) -> Any:
        value = self.visit(node.operand)
        if isinstance(node.op, ast.Not):
            return not self._truth(value)
        self._numbers(value)
        return -value if isinstance(node.op, ast.USub) else value

    def _BinOp(self, node: ast.BinOp) -> Any:
        left, right = self.visit(node.left), self.visit(node.right)
        self._numbers(left, right)
        if isinstance(node.op, ast.Pow):
            return self._power(left, right)
        try:
            if isinstance(node.op, ast.Div) and isinstance(left, Dim) | isinstance(right, Dim):
                raise EvaluationError("E204", "`/` of a symbolic size is no size; use `//`")
            return _BINARY[type(node.op)](left, right)
        except (ZeroDivisionError, OverflowError):
            raise EvaluationError("E204", "division by zero") from None

    def _power(self, base: Any, exponent: Any) -> Any:
        if isinstance(exponent, Dim):
            raise EvaluationError("E204", "an exponent must be a number, not a symbolic size")
        if isinstance(base, Dim):
            if not isinstance(exponent, int) or not 0 <= exponent <= 4:
                raise EvaluationError("E204", "the power of a symbolic size must be 0 to 4")
            result = Dim.of(1)
            for _ in range(exponent):
                result = result * base
            return result
        whole = isinstance(base, int) and isinstance(exponent, int) and exponent > 0
        if whole and base.bit_length() * exponent > 128:  # before computing: 9**9**9 takes minutes
            raise EvaluationError("E205", "a number in this expression is too large")
        try:
            return base**exponent
        except (ZeroDivisionError, OverflowError):
            raise EvaluationError("E204", f"`{base} ** {exponent}` has no value") from None

    def _BoolOp(self, node: ast.BoolOp) -> Any:
        value: Any = None
        for operand in node.values:
            value = self.visit(operand)
            if self._truth(value) != isinstance(node.op, ast.And):
                break
        return value

    def _IfExp(self, node: ast.IfExp) -> Any:
        return self.visit(node.body if self._truth(self.visit(node.test)) else node.orelse)

    def _Compare(self, node: ast.Compare) -> Any:
        left = self.visit(node.left)
        for op, comparator in zip(node.ops, node.comparators, strict=True):
            right = self.visit(comparator)
            if not self._holds(left, op, right):
                return False
            left = right
        return True

    def _holds(self, left: Any, op: ast.cmpop, right: Any) -> bool:
        if isinstance(op, ast.In | ast.NotIn):
            if not isinstance(right, tuple):
                raise EvaluationError("E204", "`in` needs a list at its right")
            return (left in right) == isinstance(op, ast.In)
        sign = _COMPARE[type(op)]
        if isinstance(left, Dim) or isinstance(right, Dim):
            self._numbers(left, right)
            verdict = decide(Comparison(Dim.of(left), sign, Dim.of(right)), self.facts)
            if isinstance(verdict, Proved):
                return True
            if isinstance(verdict, Refuted):
                return False
            raise EvaluationError(
                "E207",
                f"whether `{left} {sign} {right}` cannot be known when the network is built",
                "a condition may use params and sizes that are numbers; `where` can state what holds of symbols",
            )
        if sign in ("==", "!="):
            return bool(left == right) == (sign == "==")
        if isinstance(left, str) != isinstance(right, str) or isinstance(left, tuple | None):
            raise EvaluationError("E204", f"`{left}` and `{right}` cannot be ordered")
        return _PLAIN_COMPARE[sign](left, right)

    def _Call(self, node: ast.Call) -> Any:
        assert isinstance(node.func, ast.Name)
        name, args = node.func.id, [self.visit(arg) for arg in node.args]
        if any(isinstance(a, Dim) for a in args):
            self._numbers(*args)
            if name in ("min", "max") and len(args) == 2:
                a, b = (Dim.of(arg) for arg in args)
                return Dim.maximum(a, b) if name == "max" else -Dim.maximum(-a, -b)
            if name == "int" and len(args) == 1:
                return args[0]
            raise EvaluationError("E204", f"`{name}` of a symbolic size has no value when the network is built")
        try:
            return FUNCTIONS[name](*args)
        except (TypeError, ValueError, OverflowError) as problem:
            raise EvaluationError("E204", f"`{ast.unparse(node)}`: {problem}") from None

    def _truth(self, value: Any) -> bool:
        if isinstance(value, Dim):
            raise EvaluationError("E204", f"the symbolic size `{value}` is no condition; compare it with something")
        return bool(value)

    @staticmethod
    def _numbers(*values: Any) -> None:
        for value in values:
            if isinstance(value, bool) or not isinstance(value, int | float | Dim):
                shown = "null" if value is None else repr(value)
                raise EvaluationError("E204", f"arithmetic needs numbers, not {shown}")
            if isinstance(value, float) and any(isinstance(v, Dim) for v in values):
                raise EvaluationError("E204", f"a size is an integer: `{value}` cannot take part")
