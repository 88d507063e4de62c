"""What an `__init__` constructs: a tree of constructor calls with holes where arguments go.

A tree is built for every use of a class; those of all uses are then laid over each other, so that a hole knows what
stands in it in each of them.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from specc.emit.python.places import Use
from specc.emit.python.text import text
from specc.ops.arguments import Arg
from specc.ops.call import Bound
from specc.ops.declare import Op

if TYPE_CHECKING:
    from specc.emit.python.classes import Class


@dataclass(slots=True, eq=False)
class Hole:
    """Where an argument goes: its value and expression (over the class's names) in each use that has it."""

    label: str
    bounds: list[tuple[Use, Bound]]
    arg: Arg | None = None  # how a plain value is written
    runtime: bool = False  # in `forward`, where sizes are asked of the tensors
    tree: ast.expr | None = None  # what is written, over the class's names; None: the plain value


@dataclass(slots=True, eq=False)
class Make:
    """A constructor call: of an op, or of a class of this file."""

    op: type[Op] | None
    cls: Class | None
    holes: list[Hole]
    frozen: Hole | None = None  # whether its parameters are not trained


@dataclass(slots=True, eq=False)
class Chain:
    """Modules written one by one in a container."""

    items: list[Tree]
    listed: bool = False  # a ModuleList, or with `keys` a ModuleDict; else a Sequential
    copies: bool = False  # of one repeat
    keys: tuple[str, ...] = ()  # what the modules are called in it; none where it numbers them
    frozen: Hole | None = None  # whether their parameters are not trained


@dataclass(slots=True, eq=False)
class Copies:
    """The same module several times over, as a comprehension."""

    item: Tree
    count: Hole
    listed: bool
    spread: bool = False  # within the container around it, not in one of its own


Tree = Make | Chain | Copies


def once(count: Hole) -> bool:
    """Whether a count is a plain 1: no loop is written for it."""
    return count.tree is None and count.bounds[0][1].value == 1


def alike(items: Sequence[Tree], start: int) -> bool:
    """Whether the copies of a repeat are written alike from `start` on."""
    later = items[start:]
    return bool(later) and all(key(item) == key(later[0]) for item in later[1:])


def kind(tree: Tree) -> tuple[object, ...]:
    """What two uses must share to be one class: all but the arguments."""
    if isinstance(tree, Make):
        return ("make", tree.op.name if tree.op is not None else id(tree.cls), tree.frozen is None)
    if isinstance(tree, Chain):
        return ("chain", tree.listed, tree.keys, tree.frozen is None, *map(kind, tree.items))
    return ("copies", tree.listed, tree.spread, kind(tree.item))


def key(tree: Tree) -> tuple[object, ...]:
    """`kind` and what stands in the holes of the first use."""
    return (kind(tree), *(written_as(hole.bounds[0][1]) for hole in holes(tree)))


def written_as(bound: Bound) -> str:
    return repr(bound.value) if bound.expr is None else text(bound.expr)


def holes(tree: Tree) -> Iterator[Hole]:
    """All holes, in the order of the text."""
    if isinstance(tree, Make):
        yield from tree.holes
        if tree.frozen is not None:
            yield tree.frozen
    elif isinstance(tree, Chain):
        for item in tree.items:
            yield from holes(item)
        if tree.frozen is not None:
            yield tree.frozen
    else:
        yield from holes(tree.item)
        yield tree.count


def classes(tree: Tree) -> Iterator[Class]:
    """The classes of the file that it calls."""
    if isinstance(tree, Make):
        if tree.cls is not None:
            yield tree.cls
    else:
        for item in tree.items if isinstance(tree, Chain) else [tree.item]:
            yield from classes(item)


def expanded(tree: Chain | Copies) -> Chain:
    """With copies written one by one."""
    items: list[Tree] = []
    for item in tree.items if isinstance(tree, Chain) else [tree]:
        if isinstance(item, Copies):
            items += [_copied(item.item) for _ in range(item.count.bounds[0][1].value)]
        else:
            items.append(item)
    return Chain(items, tree.listed, copies=True)


def _copied(tree: Tree) -> Tree:
    if isinstance(tree, Make):
        return Make(tree.op, tree.cls, [_copy(hole) for hole in tree.holes], _frozen(tree))
    if isinstance(tree, Chain):
        return Chain([_copied(item) for item in tree.items], tree.listed, tree.copies, tree.keys, _frozen(tree))
    return Copies(_copied(tree.item), _copy(tree.count), tree.listed, tree.spread)


def _frozen(tree: Make | Chain) -> Hole | None:
    return None if tree.frozen is None else _copy(tree.frozen)


def _copy(hole: Hole) -> Hole:
    return Hole(hole.label, list(hole.bounds), hole.arg, hole.runtime)


def overlay(trees: Sequence[Tree]) -> Tree:
    """The trees of several uses as one, whose holes know all of them; they are of one kind."""
    first = trees[0]
    rest = [list(holes(tree)) for tree in trees[1:]]
    for position, hole in enumerate(holes(first)):
        for others in rest:
            hole.bounds += others[position].bounds
    return first
