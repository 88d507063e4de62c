"""Provenance of sizes across the border of a scope: where a dimension came from, in the names of the scope it is in.

Inside a scope the sizes of its inputs are `x.shape[1]`; outside, the sizes of its outputs are said in the outer names.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from typing import Any

from specc.ops.call import Bound
from specc.shapes.dim import Dim
from specc.shapes.origin import MAX_SOURCES, Origin, Source
from specc.shapes.tensor import TensorType, Type

_UNLIKELY_LONG = 120  # nodes; an expression beyond this is no help to a reader


def input_size(name: str, axis: int) -> ast.expr:
    """`x.shape[axis]` as a tree."""
    shape = ast.Attribute(ast.Name(name, ast.Load()), "shape", ast.Load())
    return ast.Subscript(shape, ast.Constant(axis), ast.Load())


def as_input_size(tree: ast.AST) -> tuple[str, int] | None:
    """(input, axis) where the tree is `x.shape[axis]`."""
    if (
        isinstance(tree, ast.Subscript)
        and isinstance(tree.value, ast.Attribute)
        and tree.value.attr == "shape"
        and isinstance(tree.value.value, ast.Name)
        and isinstance(tree.slice, ast.Constant)
        and isinstance(tree.slice.value, int)
    ):
        return tree.value.value.id, tree.slice.value
    return None


def entering(name: str, type: Type) -> Type:
    """The type of the scope's input `name`, its sizes known as `name.shape[k]`."""
    if not isinstance(type, TensorType):
        return type
    return TensorType(
        tuple(
            dim.with_origin(Origin(input_size(name, axis), dim.origin.sources if dim.origin else ()))
            for axis, dim in enumerate(type.shape)
        ),
        type.dtype,
    )


def leaving(type: Type, params: Mapping[str, Bound], inputs: Mapping[str, Type]) -> Type:
    """The type of a scope's output said in the outer names: `params` are what its names stand for outside."""
    if not isinstance(type, TensorType):
        return type

    def outer(tree: ast.expr) -> ast.expr | None:
        size = as_input_size(tree)
        if isinstance(tree, ast.Name):
            bound = params.get(tree.id)
            if bound is None:
                return tree
            # A symbol stands for a size of an input of this scope, which is said outside as any other.
            size = as_input_size(bound.expr) if bound.value is None and bound.expr is not None else None
            if size is None:
                return bound.expr or constant(bound.value)
        if size is None:
            return tree
        given = inputs.get(size[0])
        if not isinstance(given, TensorType) or size[1] >= len(given.shape):
            return None
        return _of(given.shape[size[1]])

    return TensorType(tuple(_renamed(dim, outer, params) for dim in type.shape), type.dtype)


def _of(dim: Dim) -> ast.expr | None:
    if dim.origin is not None:
        return dim.origin.expr  # None where it was computed in a way that no expression says: not a constant
    return ast.Constant(dim.value) if dim.is_const else None


def constant(value: object) -> ast.expr | None:
    """A plain value as a tree; None for what has no literal."""
    if isinstance(value, bool | int | float | str | None):
        return ast.Constant(value)
    if isinstance(value, tuple):
        items = [constant(item) for item in value]
        return None if any(item is None for item in items) else ast.Tuple([i for i in items if i], ast.Load())
    return None


def _renamed(dim: Dim, outer: Callable[[ast.expr], ast.expr | None], params: Mapping[str, Bound]) -> Dim:
    if dim.origin is None or dim.origin.expr is None:
        return dim
    tree = substitute(dim.origin.expr, outer)
    if tree is not None and sum(1 for _ in ast.walk(tree)) > _UNLIKELY_LONG:
        tree = None
    said = tuple(_use(name, params[name]) for name in _params(dim.origin.expr, params))
    sources = tuple(dict.fromkeys((*said, *dim.origin.sources)))[:MAX_SOURCES] if said else dim.origin.sources
    return dim.with_origin(Origin(tree, sources))


def _params(tree: ast.expr, params: Mapping[str, Bound]) -> list[str]:
    """Those that the use of a block gave, among the names of an expression inside it."""
    if not params or isinstance(tree, ast.Constant):
        return []
    names = dict.fromkeys(node.id for node in ast.walk(tree) if isinstance(node, ast.Name))
    return [name for name in names if name in params and params[name].given and params[name].span is not None]


def _use(name: str, bound: Bound) -> Source:
    """Where the block is used is nearer to the cause than the layer inside, which is the same in every use."""
    said = ast.unparse(bound.expr) if bound.expr is not None else bound.value
    return Source(f"{name}: {said}", bound.span)


_UNEXPLAINED = "?"  # no name of the expression language


def unexplaining(value: int, causes: list[ast.expr]) -> ast.expr:
    """A size that is `value` now and depends on `causes` in a way that no expression says."""
    return ast.Call(ast.Name(_UNEXPLAINED, ast.Load()), [ast.Constant(value), *causes], [])


def unexplained(tree: ast.AST) -> tuple[ast.Constant, list[ast.expr]] | None:
    """(value, causes) where the tree is such a size."""
    if isinstance(tree, ast.Call) and isinstance(tree.func, ast.Name) and tree.func.id == _UNEXPLAINED:
        value, *causes = tree.args
        assert isinstance(value, ast.Constant)
        return value, causes
    return None


def substitute(tree: ast.expr, replace: Callable[[ast.expr], ast.expr | None]) -> ast.expr | None:
    """The tree with its names and input sizes replaced, constants folded; None where one has no replacement."""
    if isinstance(tree, ast.Name) or as_input_size(tree) is not None:
        return replace(tree)
    if isinstance(tree, ast.Constant):
        return tree
    fields: dict[str, Any] = {}
    for field, value in ast.iter_fields(tree):
        if isinstance(tree, ast.Call) and field == "func":
            fields[field] = value
        elif isinstance(value, ast.expr):
            inner = substitute(value, replace)
            if inner is None:
                return None
            fields[field] = inner
        elif isinstance(value, list) and value and isinstance(value[0], ast.expr):
            items = [substitute(item, replace) for item in value]
            if any(item is None for item in items):
                return None
            fields[field] = items
        else:
            fields[field] = value
    return simplified(type(tree)(**fields))


def simplified(tree: ast.expr) -> ast.expr:
    """One level of folding: a decided `a if c else b`, comparisons and arithmetic of constants."""
    if isinstance(tree, ast.IfExp) and isinstance(tree.test, ast.Constant):
        return tree.body if tree.test.value else tree.orelse
    if isinstance(tree, ast.BinOp) and _is(tree.left, 1) and isinstance(tree.op, ast.Mult):
        return tree.right
    if isinstance(tree, ast.BinOp) and _is(tree.right, 1) and isinstance(tree.op, ast.Mult | ast.FloorDiv):
        return tree.left
    if isinstance(tree, ast.BinOp) and _is(tree.right, 0) and isinstance(tree.op, ast.Add | ast.Sub):
        return tree.left
    if isinstance(tree, ast.BinOp) and _is(tree.left, 0) and isinstance(tree.op, ast.Add):
        return tree.right
    parts: list[ast.expr] = []
    if isinstance(tree, ast.BinOp):
        parts = [tree.left, tree.right]
    elif isinstance(tree, ast.Compare):
        parts = [tree.left, *tree.comparators]
    elif isinstance(tree, ast.BoolOp):
        parts = tree.values
    elif isinstance(tree, ast.UnaryOp):
        parts = [tree.operand]
    elif isinstance(tree, ast.Subscript):
        parts = [tree.value, tree.slice]
    elif isinstance(tree, ast.Call) and unexplained(tree) is None:
        parts = tree.args
    if parts and all(_literal(part) for part in parts):
        from specc.language.expressions import EvaluationError, evaluate
        from specc.shapes.constraints import Facts

        try:
            folded = constant(evaluate(tree, {}, Facts.none()))
        except EvaluationError:
            return tree
        return folded or tree
    return tree


def _literal(tree: ast.expr) -> bool:
    if isinstance(tree, ast.Tuple | ast.List):
        return all(_literal(item) for item in tree.elts)
    return isinstance(tree, ast.Constant)


def _is(tree: ast.expr, value: int) -> bool:
    return isinstance(tree, ast.Constant) and tree.value == value and not isinstance(tree.value, bool)
