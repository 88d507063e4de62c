"""Faults made by chance: one node of a rule's syntax tree is changed, as mutation testing does."""

from __future__ import annotations

import ast
import copy
import random
from collections.abc import Iterator

from tests.mutants.faults import Fault
from tests.mutants.patch import source_of

_RULES = ("infer", "parameters", "buffers", "macs", "saved", "shares")
_COMPARED: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Is: ast.IsNot, ast.IsNot: ast.Is,
}  # fmt: skip
_ARITHMETIC: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Add, ast.FloorDiv: ast.Mult,
}  # fmt: skip


def random_faults(file: str, rng: random.Random) -> Iterator[Fault]:
    """Endless faults in the rules of `specc.ops.<file>`, each judged by ops that derive from the faulty class."""
    module = f"specc.ops.{file}"
    source = source_of(module)
    tree = ast.parse(source)
    places = [
        (cls.name, rule, k)
        for cls in tree.body
        if isinstance(cls, ast.ClassDef)
        for rule in cls.body
        if isinstance(rule, ast.FunctionDef) and rule.name in _RULES
        for k, node in enumerate(ast.walk(rule))
        if _mutable(node)
    ]
    while places:
        owner, rule, k = rng.choice(places)
        changed = copy.deepcopy(rule)
        node = list(ast.walk(changed))[k]
        before = ast.unparse(node)
        _mutate(node, rng)
        first = rule.body[0].lineno - 1
        lines = source.splitlines(keepends=True)
        old = "".join(lines[first : rule.end_lineno])
        new = "".join(f"        {line}\n" for part in changed.body for line in ast.unparse(part).splitlines())
        what = f"{owner}.{rule.name}, line {getattr(node, 'lineno', first)}: `{before}` is `{ast.unparse(node)}`"
        yield Fault("random", what, f"{module}:{owner}", module, old, new, "".join(lines[first - 1 : first]))


def _mutable(node: ast.AST) -> bool:
    if isinstance(node, ast.Constant):
        return isinstance(node.value, int) and not isinstance(node.value, bool)
    if isinstance(node, ast.Compare):
        return type(node.ops[0]) in _COMPARED
    if isinstance(node, ast.BinOp):
        return type(node.op) in _ARITHMETIC and not isinstance(node.left, ast.JoinedStr)
    return isinstance(node, ast.BoolOp)


def _mutate(node: ast.AST, rng: random.Random) -> None:
    if isinstance(node, ast.Constant):
        node.value = node.value + rng.choice([-1, 1])  # type: ignore[operator]  # `_mutable` lets integers pass only
    elif isinstance(node, ast.Compare):
        node.ops[0] = _COMPARED[type(node.ops[0])]()
    elif isinstance(node, ast.BinOp):
        node.op = _ARITHMETIC[type(node.op)]()
    elif isinstance(node, ast.BoolOp):
        node.op = ast.Or() if isinstance(node.op, ast.And) else ast.And()
