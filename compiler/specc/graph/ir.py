"""The intermediate representation: an immutable tree of scopes whose nodes are wired by values.

    Graph ── root: Scope ── nodes: Node ── body: Scope ── …
                  │                └─ inputs, outputs: Value (name, type)
                  └─ inputs, outputs: Value

A scope is what becomes an `nn.Module` (the network, a block, a group, a repeat); a node is a layer of it. A leaf node
has an `op`, a composite one a `body`. Every use of a block has a scope of its own with its own shapes: the tree is the
network as it runs, `definition` says which scopes come from the same text.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from specc.diagnostics import Span
from specc.ops.call import Bound
from specc.ops.declare import Op, Owned, Saved
from specc.record import NOTHING, Record
from specc.shapes.constraints import Condition
from specc.shapes.dim import Dim
from specc.shapes.tensor import TensorType, Type

if TYPE_CHECKING:
    from specc.source.nodes import Mapping as SourceMapping
    from specc.source.nodes import Node as SourceNode


class Value(Record, eq=False):
    """A tensor that flows: identity is the object. `producer` is None for an input of the scope."""

    name: str  # the input's name, the layer's, or `layer.field` for a further output
    type: Type
    producer: str | None  # path of the node that makes it
    port: int = 0  # which output of the producer
    span: Span | None = None


class Input(Record, eq=False):
    """What a node reads: a value of its scope, at a port by PyTorch's name of the argument."""

    port: str
    value: Value


class Node(Record, eq=False):
    """A layer. Exactly one of `op` and `body` is set, unless `error` says that neither could be found."""

    name: str  # unique in its scope
    path: str  # the submodule's path in PyTorch, `layer1.0.conv1`; unique
    op: type[Op] | None
    body: Scope | None
    args: Mapping[str, Bound]  # every argument of the op; for a block, its params as bound by this use
    inputs: tuple[Input, ...]
    outputs: tuple[Value, ...]
    span: Span | None
    # What it plays in a residual block: "body", "shortcut", "sum" or "activation"; in a parallel: "branch" or "merge";
    # else "".
    role: str = ""
    index: int | None = None  # the `i` of a copy in a repeat
    condition: ast.expr | None = None  # its `when`, over the scope's names (it held); None also for `auto`
    optional: bool = False  # other uses of the same definition may lack this node (it has a `when`, or `auto` decides)
    parameters: Mapping[str, Owned] = NOTHING  # a leaf's own, by local name; a parameter that is a layer: ""
    buffers: Mapping[str, Owned] = NOTHING
    macs: Dim | None = None  # multiply-adds of a leaf; None where unknown
    saved: Saved | None = None  # what autograd keeps of a leaf; None where unknown
    shares: bool = False  # a leaf's outputs are its first input's memory
    share: str = ""  # the layer of this scope that it is applied by: its weights are that layer's
    module: str = ""  # the path of the submodule it is in PyTorch, where that is another's
    borrows: bool = False  # a leaf with trained parameters that are another's: it owns nothing
    frozen: Bound | None = None  # `freeze`: whether its parameters, and those below, are not trained
    doc: str = ""
    error: str | None = None  # the message of the first diagnostic at this layer, for diagrams of broken networks

    @property
    def kind(self) -> str:
        """The op's or block's name, as people call it."""
        if self.op is not None:
            return self.op.name
        return self.body.title if self.body is not None else "?"


class Scope(Record, eq=False):
    """A module: the network, one use of a block, an inline group, or the copies of a repeat."""

    kind: str  # "network", "block", "group" or "repeat"
    title: str  # the network's or block's name; "" for a group or a repeat
    definition: str  # scopes of equal definition come from the same text: "BasicBlock", "layers.stem", …
    params: Mapping[str, Bound]  # its params; `expr` is over the names of the scope it is used in
    inputs: tuple[Value, ...]
    nodes: tuple[Node, ...]  # in order of execution
    outputs: tuple[tuple[str, Value], ...]  # (name, value)
    numbered: bool = False  # children are called 0, 1, 2 …
    span: Span | None = None
    symbols: Mapping[str, tuple[str, int]] = NOTHING  # name → (input, axis) where it is bound
    # Sizes that layers find in the data, by the names expressions here have for them: name → (value, axis).
    fresh: Mapping[str, tuple[str, int]] = NOTHING
    absent: tuple[tuple[str, ast.expr | None], ...] = ()  # layers that a `when` (None: `auto`) removed here
    # What was read of a layer with a `when`, and what is read in its stead where the `when` does not hold.
    instead: tuple[tuple[Value, Value], ...] = ()
    residual: bool = False
    shared: bool = False  # of a "repeat": every copy is the same module
    container: str = ""  # "Sequential", "ModuleList" or "ModuleDict", where it is to be that one of PyTorch
    repeat: Bound | None = None  # of a "repeat": the count, its expr over the names of the scope it is used in
    input_types: Mapping[str, tuple[Dim | None, ...]] = NOTHING

    def walk(self) -> Iterator[Node]:
        """Every node below, depth first, a composite before its children."""
        for node in self.nodes:
            yield node
            if node.body is not None:
                yield from node.body.walk()

    def node(self, name: str) -> Node | None:
        return next((node for node in self.nodes if node.name == name), None)


class Initializer(Record, eq=False):
    """One `init` rule: the parameter `parameter` (`weight`) of every layer of an op, or at a path, is filled so."""

    op: str  # "" for any
    parameter: str
    function: str  # of `torch.nn.init`, `kaiming_normal_`
    args: Mapping[str, object]
    span: Span | None = None
    path: str = ""  # the layers whose path it describes, `*` being any text; "" for all


class Graph(Record, eq=False):
    """A compiled spec."""

    name: str
    description: str
    file: str  # as the user named it
    written: str  # what it was compiled from: the text of the spec, of the files it reads, and, a line each, overrides
    params: Mapping[str, Bound]  # of the network; `expr` is None
    where: tuple[Condition, ...]
    requirements: tuple[Condition, ...]  # what else must hold for the sizes left open (a kernel must fit)
    root: Scope
    init: tuple[Initializer, ...]
    train: SourceNode | None  # the `train` section as written
    source: SourceMapping | None = None  # the whole document: what it reads put together, overrides applied
    reads: tuple[str, ...] = ()  # the files that `use` and `extends` brought, from the folder of the spec

    @property
    def digest(self) -> str:
        """SHA-256 of what it was compiled from, in hexadecimal."""
        import hashlib  # it loads OpenSSL: `specc check` does without

        return hashlib.sha256(self.written.encode("utf-8", "surrogatepass")).hexdigest()

    @property
    def class_name(self) -> str:
        """The network's name as a Python class: `resnet18` → `ResNet18` where the pieces are known, else CamelCase."""
        from specc.emit.naming import class_name

        return class_name(self.name)

    def leaves(self) -> Iterator[Node]:
        return (node for node in self.root.walk() if node.op is not None)

    @property
    def inputs(self) -> dict[str, TensorType]:
        return {v.name: v.type for v in self.root.inputs if isinstance(v.type, TensorType)}

    @property
    def outputs(self) -> dict[str, TensorType]:
        return {name: v.type for name, v in self.root.outputs if isinstance(v.type, TensorType)}

    @property
    def symbols(self) -> tuple[str, ...]:
        """The names of all sizes left open: the inputs' symbols, then what layers find in the data."""
        types = [value.type for node in self.leaves() for value in node.outputs]
        found = (n for t in types if isinstance(t, TensorType) for dim in t.shape for n in sorted(dim.fresh))
        return tuple(dict.fromkeys([*self.root.symbols, *found]))

    @property
    def parameter_count(self) -> int:
        """Trainable numbers in all parameters."""
        return sum(_numel(o) for node in self.leaves() for o in node.parameters.values() if o.trained)

    @property
    def macs(self) -> Dim:
        """Multiply-adds of one forward pass, where all leaves know theirs."""
        total = Dim.of(0)
        for node in self.leaves():
            if node.macs is not None:
                total = total + node.macs
        return total


def _numel(owned: Owned) -> int:
    count = 1
    for size in owned.shape:
        count *= size
    return count
