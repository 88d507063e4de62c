"""Params of the network that could change what `auto` decides for a shortcut: the flags in the file would be wrong.

`auto` compares the sizes of a residual's input with those of its body. Where the comparison comes out the same for all
values of the params (`width` and `width`, `width` and `2 * width`), the flag is right for all of them; else the params
behind it are written as their values.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from specc.emit.python.places import Leaf, Place, Use, leaves, leaving, outward, said, settled
from specc.emit.python.text import polynomial
from specc.graph.ir import Node, Scope
from specc.shapes.dim import Dim
from specc.shapes.tensor import TensorType

# Arguments that decide the size of an axis which is known only when the network runs.
_WINDOW = frozenset(
    {"kernel_size", "stride", "padding", "dilation", "output_padding", "scale_factor", "size", "output_size"}
)


def undecided(uses: Sequence[Use]) -> set[Leaf]:
    """The network's params that an `auto` may depend on, over all uses of all classes."""
    enclosing = {id(use.scope): use for use in uses}
    found: set[Leaf] = set()
    for use in uses:
        total = next((node for node in use.scope.nodes if node.role == "sum"), None)
        shortcut = next((node for node in use.scope.nodes if node.role == "shortcut"), None)
        present = shortcut is not None and shortcut.optional and shortcut.condition is None
        absent = shortcut is None and any(condition is None for _, condition in use.scope.absent)
        if total is not None and total.inputs and use.scope.inputs and (present or absent):
            found |= _causes(use, total, present, enclosing)
    return found


def _causes(use: Use, total: Node, present: bool, enclosing: dict[int, Use]) -> set[Leaf]:
    """What one decision may depend on; empty where it is the same for all values."""
    before, after = use.scope.inputs[0].type, total.inputs[0].value.type
    if not isinstance(before, TensorType) or not isinstance(after, TensorType) or before.rank != after.rank:
        return set()
    everything: set[Leaf] = set()
    for tree in _windows(use.scope, None):
        everything |= _named(_outside(tree, use, enclosing), use, enclosing)
    # An axis of unknown size differs, or not, by the windows alone: surely so where no param decides them.
    differs = not everything and any(a != b for a, b in zip(before.shape, after.shape, strict=True) if not a.is_const)
    for a, b in zip(before.shape, after.shape, strict=True):
        if not a.is_const or not b.is_const:
            continue
        one, other = (_outside(said(dim), use, enclosing) for dim in (a, b))
        names = _named(one, use, enclosing) | _named(other, use, enclosing)
        gap = _gap(one, other)
        if present and gap is not None and _never_zero(gap):
            differs = True
        if present or gap is None or gap != Dim.of(0):
            everything |= names
    return set() if differs else everything


def _outside(tree: ast.expr | None, use: Use, enclosing: dict[int, Use]) -> ast.expr | None:
    """An expression over the names of a class in those of the network."""
    while tree is not None and use.place is not None:
        tree = leaving(tree, use)
        place = use.place
        while place.outer is not None:
            place = place.outer
        use = enclosing[id(place.scope)]
    return tree


def _named(tree: ast.expr | None, use: Use, enclosing: dict[int, Use]) -> set[Leaf]:
    """The network's names in an expression; all of them where it is not known."""
    if tree is None:
        root = next(one for one in enclosing.values() if one.place is None)
        return set(root.scope.params)
    plain, causes = settled(tree)
    return set(leaves(plain)) | causes


def _gap(one: ast.expr | None, other: ast.expr | None) -> Dim | None:
    if one is None or other is None:
        return None
    symbols: list[ast.expr] = []
    left, right = polynomial(one, symbols), polynomial(other, symbols)
    return None if left is None or right is None else left - right


def _never_zero(gap: Dim) -> bool:
    """Whether the difference of two sizes has one sign for all positive values of its symbols."""
    signs = {coefficient > 0 for coefficient in gap.terms.values()}
    plain = all(isinstance(atom, str) for atom in gap.atoms)
    return plain and len(signs) == 1


def _windows(scope: Scope, outer: Place | None) -> Iterator[ast.expr]:
    """The expressions that decide the windows of a body, over the names of the class around it."""
    for node in scope.nodes:
        place = Place(scope, outer, node)
        if node.body is not None and node.role != "shortcut":
            yield from _windows(node.body, place)
        for name, bound in node.args.items() if node.op is not None else ():
            if name in _WINDOW and bound.expr is not None:
                tree = outward(bound.expr, place)
                if tree is not None:
                    yield tree
