"""What becomes a class of the generated file: its uses laid over each other, its layers, its constructor arguments."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field

from specc.emit.python.places import Leaf, Place, Use, known
from specc.emit.python.tree import Hole, Tree
from specc.graph.ir import Scope
from specc.graph.origins import input_size
from specc.ops.call import Bound
from specc.ops.declare import Op

Ref = tuple[str, int]  # a layer's name, or "" for an input of the class; and which output, or which input


@dataclass(slots=True, eq=False)
class Argument:
    """An argument of a constructor. `leaf` is the param or size it carries, or a number for what only the uses know."""

    name: str
    leaf: Leaf | int
    values: dict[int, Bound]  # by the scope's identity
    type: str = "int"
    default: object = ...  # `...` where there is none

    @property
    def optional(self) -> bool:
        return self.default is not ...

    @property
    def tree(self) -> ast.expr:
        """How an expression of the class names it."""
        if isinstance(self.leaf, tuple):
            return input_size(*self.leaf)
        return ast.Name(self.leaf if isinstance(self.leaf, str) else f"+{self.leaf}", ast.Load())

    def bound(self, use: Use) -> Bound:
        """What it is in a use, its expression over the class's own names."""
        if isinstance(self.leaf, int):
            return self.values[id(use.scope)]
        given = isinstance(self.leaf, str) and use.scope.params[self.leaf].given
        return Bound(known(self.leaf, use.scope), self.tree, given=given)


@dataclass(slots=True, eq=False)
class Layer:
    """A layer of a class, over all of its uses; `places` holds None for a use that lacks it."""

    name: str
    places: list[Place | None]
    tree: Tree | None  # how its module is constructed; None for a function
    op: type[Op] | None
    role: str
    doc: str
    called: list[Hole] = field(default_factory=list)  # the arguments given at the call
    reads: list[tuple[str, Ref]] = field(default_factory=list)  # (port, what)
    count: Hole | None = None  # of a loop in `forward`
    steps: list[Layer] = field(default_factory=list)  # the functions of a repeat
    share: str = ""  # the layer whose module it is called by; it constructs none
    shared: bool = False  # a repeat of one module, which `forward` calls `count` times
    # Of a layer that some uses lack: whether it is there (a condition, or a flag), and what is read in the stead of its
    # outputs; of none that only layers read which come and go with it.
    optional: bool = False
    condition: Hole | None = None
    instead: dict[int, Ref] = field(default_factory=dict)

    @property
    def module(self) -> str:
        """The child that it is called by."""
        return self.share or self.name

    @property
    def place(self) -> Place:
        return next(place for place in self.places if place is not None)

    @property
    def outputs(self) -> int:
        return len(self.place.node.outputs)


@dataclass(slots=True, eq=False)
class Class:
    """A class to be written."""

    name: str
    base: str  # "nn.Module", "nn.Sequential" or "nn.ModuleDict"
    uses: list[Use]
    layers: list[Layer]
    outputs: list[Ref]
    baked: frozenset[Leaf]
    root: bool
    args: list[Argument] = field(default_factory=list)
    adding: bool = False  # a Sequential that is filled by `add_module`

    @property
    def scope(self) -> Scope:
        return self.uses[0].scope

    def layer(self, name: str) -> Layer:
        return next(layer for layer in self.layers if layer.name == name)
