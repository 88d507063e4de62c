"""Where a node stands, and how an expression over the names there is said in the class around it.

Blocks, most groups and the network become classes. Repeats and plain chains do not: their layers are written in the
`__init__` of the class around them, so the expressions in them are carried outward.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator
from dataclasses import dataclass

from specc.graph.ir import Node, Scope
from specc.graph.origins import as_input_size, constant, input_size, substitute, unexplained
from specc.ops.call import Bound
from specc.shapes.dim import Dim
from specc.shapes.tensor import TensorType, Type


@dataclass(frozen=True, slots=True, eq=False)
class Place:
    """A node, the scope it is in, and the place of the node whose body that scope is.

    `outer` is None where `scope` is the one that becomes the class.
    """

    scope: Scope
    outer: Place | None
    node: Node


@dataclass(frozen=True, slots=True, eq=False)
class Use:
    """One scope that becomes (a use of) a class, and where: `place` is None for the network."""

    scope: Scope
    place: Place | None


Leaf = str | tuple[str, int]  # a param's name, or (input, axis) of a size


def leaves(tree: ast.expr) -> Iterator[Leaf]:
    """The names and input sizes an expression depends on."""
    size = as_input_size(tree)
    if size is not None:
        yield size
    elif isinstance(tree, ast.Name):
        yield tree.id
    else:
        for field, value in ast.iter_fields(tree):
            if isinstance(tree, ast.Call) and field == "func":
                continue
            for part in value if isinstance(value, list) else (value,):
                if isinstance(part, ast.expr):
                    yield from leaves(part)


def settled(tree: ast.expr) -> tuple[ast.expr, set[Leaf]]:
    """The expression with its unexplained sizes as numbers, and what these depend on."""
    causes: set[Leaf] = set()

    class Settle(ast.NodeTransformer):
        def visit_Call(self, node: ast.Call) -> ast.AST:
            found = unexplained(node)
            if found is None:
                return self.generic_visit(node)
            value, parts = found
            causes.update(leaf for part in parts for leaf in leaves(part))
            return value

    if not any(unexplained(node) for node in ast.walk(tree)):
        return tree, causes
    plain = Settle().visit(copy.deepcopy(tree))
    assert isinstance(plain, ast.expr)
    return plain, causes


def outward(tree: ast.expr | None, place: Place, indexed: list[ast.expr] | None = None) -> ast.expr | None:
    """An expression over the names at `place`, over those of its class; None where it has no such form.

    Expressions that depend on the `i` of a repeat, which becomes a number, are added to `indexed`.
    """
    tree = _indexed(tree, place, indexed)
    while tree is not None and place.outer is not None:
        tree = crossing(tree, place.scope, place.outer.node)
        place = place.outer
        tree = _indexed(tree, place, indexed)
    return None if tree is None else _sized(tree, place.scope)


def leaving(tree: ast.expr | None, use: Use, indexed: list[ast.expr] | None = None) -> ast.expr | None:
    """An expression over the names of a class, in those of the class that uses it."""
    if tree is None or use.place is None:
        return None
    return outward(crossing(tree, use.scope, use.place.node), use.place, indexed)


def crossing(tree: ast.expr, scope: Scope, node: Node) -> ast.expr | None:
    """One border outward: `node` is the layer whose body is `scope`."""

    def outer(leaf: ast.expr) -> ast.expr | None:
        size = as_input_size(leaf)
        if isinstance(leaf, ast.Name):
            bound = scope.params.get(leaf.id)
            if bound is not None:
                return bound.expr or constant(bound.value)
            size = scope.symbols.get(leaf.id)
        if size is None:
            return leaf
        names = [value.name for value in scope.inputs]
        if size[0] not in names or names.index(size[0]) >= len(node.inputs):
            return leaf
        return said(dim_at(node.inputs[names.index(size[0])].value.type, size[1]))

    return substitute(tree, outer)


def _indexed(tree: ast.expr | None, place: Place, indexed: list[ast.expr] | None) -> ast.expr | None:
    """With the `i` of a copy as its number."""
    index = place.node.index
    if tree is None or index is None or place.scope.kind != "repeat":
        return tree
    if indexed is not None and "i" in leaves(tree):
        indexed.append(tree)
    return substitute(tree, lambda leaf: ast.Constant(index) if _is_index(leaf) else leaf)


def only_first(tree: ast.expr) -> bool:
    """Whether an expression asks of `i` no more than whether it is the first: `i == 0`, `i > 0`."""
    if isinstance(tree, ast.Compare) and len(tree.ops) == 1 and _is_index(tree.left):
        against = tree.comparators[0]
        wanted = {ast.Eq: 0, ast.NotEq: 0, ast.Gt: 0, ast.GtE: 1, ast.Lt: 1}.get(type(tree.ops[0]))
        return isinstance(against, ast.Constant) and against.value == wanted
    if isinstance(tree, ast.Name):
        return tree.id != "i"
    return all(only_first(part) for part in ast.iter_child_nodes(tree) if isinstance(part, ast.expr))


def _is_index(leaf: ast.expr) -> bool:
    return isinstance(leaf, ast.Name) and leaf.id == "i"


def _sized(tree: ast.expr, scope: Scope) -> ast.expr | None:
    """With the symbols that the inputs bind as sizes of those, and what layers find as sizes of their outputs."""
    places = {**scope.fresh, **scope.symbols}

    def sized(leaf: ast.expr) -> ast.expr:
        if isinstance(leaf, ast.Name) and leaf.id in places and leaf.id not in scope.params:
            return input_size(*places[leaf.id])
        return leaf

    return substitute(tree, sized)


def dim_at(type_: Type, axis: int) -> Dim | None:
    if not isinstance(type_, TensorType) or not -type_.rank <= axis < type_.rank:
        return None
    return type_.shape[axis]


def said(dim: Dim | None) -> ast.expr | None:
    """A size as an expression over the names of the scope it is in."""
    if dim is None:
        return None
    if dim.origin is not None:
        return dim.origin.expr  # None where no expression says how it came about
    return ast.Constant(dim.value) if dim.is_const else None


def known(leaf: Leaf, scope: Scope) -> object:
    """The value of a param or input size in this use; None where it is not known."""
    if isinstance(leaf, str):
        bound = scope.params.get(leaf)
        return None if bound is None else bound.value
    for value in scope.inputs:
        if value.name == leaf[0]:
            dim = dim_at(value.type, leaf[1])
            return dim.value if dim is not None and dim.is_const else None
    return None


def folded(tree: ast.expr, scope: Scope, only: frozenset[Leaf] | None = None) -> ast.expr | None:
    """With the params and sizes (of `only`, where given) as this use's values."""

    def value(leaf: ast.expr) -> ast.expr | None:
        key: Leaf = leaf.id if isinstance(leaf, ast.Name) else as_input_size(leaf) or ""
        if only is not None and key not in only:
            return leaf
        if isinstance(key, str) and key not in scope.params:
            return leaf
        found = known(key, scope)
        return leaf if found is None and not isinstance(key, str) else constant(found)

    return substitute(tree, value)


def agrees(bound: Bound, tree: ast.expr, scope: Scope) -> bool:
    """Whether the expression gives the argument's value in this use."""
    if _symbolic(bound.value):
        return True  # known at run time only, when the same expression is evaluated
    result = folded(tree, scope)
    try:
        value = ast.literal_eval(result) if result is not None else None
    except (ValueError, TypeError):
        return False
    if result is None or isinstance(value, list):
        return False
    return type(value) is type(bound.value) and bool(value == bound.value)


def _symbolic(value: object) -> bool:
    return isinstance(value, Dim) or (isinstance(value, tuple) and any(map(_symbolic, value)))
