"""Builds the tree of constructor calls of one use of a class."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from specc.emit.python.modules import is_listed, keys
from specc.emit.python.places import Leaf, Place, Use, agrees, leaves, leaving, only_first, outward, said, settled
from specc.emit.python.text import text, tidy
from specc.emit.python.tree import Chain, Copies, Hole, Make, Tree, alike, key
from specc.graph.ir import Node
from specc.graph.origins import input_size, simplified
from specc.ops.arguments import INFERRED, Arg, source
from specc.ops.call import Bound
from specc.ops.declare import Op
from specc.shapes.dim import Dim
from specc.shapes.tensor import TensorType, Type

if TYPE_CHECKING:
    from specc.emit.python.classes import Class


_LONGEST = 100  # characters of a size that inference put together: a longer one fills more than a line


@dataclass(slots=True)
class Builder:
    """Builds the trees of one use, and notes the params and sizes that a structure was fixed for (`baked`)."""

    use: Use
    classes: dict[int, Class]  # by the scope's identity
    baked: set[Leaf] = field(default_factory=set)
    indexed: list[ast.expr] = field(default_factory=list)  # expressions in which `i` was replaced

    def build(self, place: Place) -> Tree:
        """The constructor of a layer that is a module."""
        tree = self._build(place)
        if place.node.frozen is not None:
            assert not isinstance(tree, Copies), "each copy of a repeat has a `freeze` of its own"
            tree.frozen = self.hole("freeze", place.node.frozen, place)
        return tree

    def _build(self, place: Place) -> Tree:
        node = place.node
        if node.op is not None:
            return Make(node.op, None, self.arguments(place, node.op, forward=False))
        assert node.body is not None, "a layer in error is never emitted"
        cls = self.classes.get(id(node.body))
        if cls is not None:
            return self._call(cls, Use(node.body, place))
        before = len(self.indexed)
        children = node.body.nodes[:1] if node.body.shared else node.body.nodes
        items = [self.build(Place(node.body, place, child)) for child in children]
        if node.body.shared:
            return items[0]
        if node.body.kind != "repeat":
            return Chain(items, is_listed(node.body), keys=keys(node.body))
        count = self.hole("count", node.body.repeat or Bound(len(items)), place)
        return self._repeat(place, items, count, self.indexed[before:])

    def _repeat(self, place: Place, items: list[Tree], count: Hole, indexed: list[ast.expr]) -> Tree:
        """As a comprehension where the copies are alike (but for the first), for any count that is an expression."""
        scope = place.node.body
        assert scope is not None
        listed = is_listed(scope)
        bound = count.bounds[0][1]
        if bound.expr is None or not any(leaves(bound.expr)):
            if items and all(key(item) == key(items[0]) for item in items[1:]):
                return Copies(items[0], count, listed)
        elif all(map(only_first, indexed)):
            if self.steady(place, 0) and alike(items, 0):
                return Copies(items[0], count, listed)
            if self.steady(place, 1) and alike(items, 1):
                fewer = Bound(bound.value - 1, simplified(ast.BinOp(bound.expr, ast.Sub(), ast.Constant(1))))
                rest = Copies(items[1], Hole("count", [(self.use, fewer)]), listed, spread=True)
                return Chain([items[0], rest], listed, copies=True)
        self.bake(bound.expr)
        return Chain(items, listed, copies=True)

    def steady(self, place: Place, start: int) -> bool:
        """Whether the copies of a repeat, from `start` on, give what they are given: so would further ones.

        Looks at the sizes that are numbers, which alone can become arguments further on.
        """
        scope = place.node.body
        assert scope is not None
        if len(scope.nodes) <= start or any(not node.inputs for node in scope.nodes):
            return False
        copies = [Place(scope, place, node) for node in scope.nodes[start:]]
        types = [(copies[0], copies[0].node.inputs[0].value.type)]
        types += [(copy, copy.node.outputs[0].type) for copy in copies]
        return len({self._sizes(*each) for each in types}) == 1

    def _sizes(self, place: Place, type_: Type) -> tuple[str, ...]:
        if not isinstance(type_, TensorType):
            return ()
        out = []
        for dim in type_.shape:
            tree = outward(said(dim), place) if dim.is_const else None
            out.append(("" if not dim.is_const else str(dim)) + (f" {text(tree)}" if tree is not None else ""))
        return tuple(out)

    def arguments(self, place: Place, op: type[Op], *, forward: bool) -> list[Hole]:
        """The holes of an op's own arguments: the constructor's, or those given at the call."""
        holes = []
        for name, arg in op.arguments(place.node.args).items():
            if (arg.forward or not op.stateful) is not forward or name not in place.node.args:
                continue
            bound = place.node.args[name]
            if bound.value is INFERRED:
                continue
            if arg.inferred and not bound.given and bound.expr is None and _lost(place.node):
                self.fix()
            hole = self.hole(name, bound, place)
            hole.arg, hole.runtime = arg, forward
            if _own_writing(arg, bound):
                self.bake(hole.bounds[0][1].expr)
                hole.bounds[0] = (self.use, Bound(bound.value))
            holes.append(hole)
        return holes

    def hole(self, label: str, bound: Bound, place: Place) -> Hole:
        expr = self._said(bound, outward(bound.expr, place, self.indexed))
        return Hole(label, [(self.use, Bound(bound.value, expr, given=bound.given))])

    def _said(self, bound: Bound, expr: ast.expr | None) -> ast.expr | None:
        """An expression that holds beyond this use; else None, and what the value may depend on is fixed."""
        if bound.expr is None:
            return None
        if expr is not None:
            expr, causes = settled(expr)
            self.baked |= causes
            if agrees(bound, expr, self.use.scope):
                if bound.given or len(text(tidy(expr))) <= _LONGEST:
                    return expr
                self.bake(expr)  # what it depends on is known, and nothing else need be fixed
                return None
        self.fix()
        return None

    def fix(self) -> None:
        """Fixes all that the class could be given: a size depends on some of it, and it is not known how."""
        scope = self.use.scope
        self.baked |= set(scope.params)
        for value in scope.inputs:
            if isinstance(value.type, TensorType):
                self.baked |= {(value.name, axis) for axis, dim in enumerate(value.type.shape) if dim.is_const}

    def bake(self, tree: ast.expr | None) -> None:
        if tree is not None:
            self.baked |= set(leaves(tree))

    def _call(self, cls: Class, used: Use) -> Make:
        for leaf in sorted(cls.baked, key=str):
            self.bake(leaving(_tree(leaf), used))
        holes = []
        for arg in cls.args:
            bound = arg.bound(used)
            expr = self._said(bound, leaving(bound.expr, used, self.indexed))
            holes.append(Hole(arg.name, [(self.use, Bound(bound.value, expr, given=bound.given))]))
        return Make(None, cls, holes)


def _lost(node: Node) -> bool:
    """Whether a size that the node is given is known only as a number, though it was computed from others."""
    types = [given.value.type for given in node.inputs]
    dims = [dim for type_ in types if isinstance(type_, TensorType) for dim in type_.shape]
    return any(dim.is_const and dim.origin is not None and dim.origin.expr is None for dim in dims)


def _tree(leaf: Leaf) -> ast.expr:
    return ast.Name(leaf, ast.Load()) if isinstance(leaf, str) else input_size(*leaf)


def _own_writing(arg: Arg, bound: Bound) -> bool:
    """Whether a value is written otherwise than a plain one (a dtype), so that no variable can stand for it."""
    if bound.expr is None or isinstance(bound.value, Dim):
        return False
    return arg.python(bound.value) != source(bound.value)
