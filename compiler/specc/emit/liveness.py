"""Which tensors are alive when, through one training step: forward, backward, and the peak of both.

The network is laid out as the steps it runs, one a leaf. A tensor's memory (a storage; views share one) is alive
- while a layer that reads it is still to run, a block counting as one layer to the code around it;
- from the moment an operation keeps it for its backward pass, until that operation's backward pass is over. A storage
  kept twice is held once;
- to the end of the step, if it is an input or an output of the network: the training loop holds these.

Backward runs the steps in reverse. It holds the gradient of every tensor whose producer is still to come, one sum
where several readers send one, and the gradients of the parameters reached so far.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from specc.emit.costs import numel
from specc.graph.ir import Node, Scope
from specc.shapes.dim import Dim
from specc.shapes.dtype import is_complex, is_floating
from specc.shapes.tensor import TensorType, Type

# The output is the input with its axes in another order, in the same memory ...
_REORDERS = frozenset(
    {"permute", "Permute", "transpose", "movedim", "moveaxis", "swapaxes", "swapdims", "adjoint", "t", "rearrange"}
)
# ... which these cannot keep: they copy.
_ORDERS = frozenset(["reshape", "reshape_as", "flatten", "Flatten", "ravel", "contiguous", "rearrange"])
# The gradient of an input is a part of that of the output, or the same expanded: it takes no memory. So does that of
# `add` and of a view of the whole input, where nothing was broadcast.
_PASSES = frozenset({"cat", "stack", "sum"})


@dataclass(slots=True, eq=False)
class Storage:
    """The memory of a tensor and its views; `kept` is the earliest step that keeps it for its backward pass."""

    size: int
    read: int = -1  # the last step that reads it, or during which code around it still holds it
    kept: int | None = None
    held: bool = False  # the training loop holds it


@dataclass(slots=True, eq=False)
class Tensor:
    storage: Storage
    size: int
    floating: bool
    trains: bool  # a gradient flows back through it
    reordered: bool = False  # a view with its axes in another order


@dataclass(slots=True, eq=False)
class Step:
    """A leaf as it runs. `extra`: bytes of tensors it keeps that are neither inputs nor outputs; `forward`, `backward`:
    those it takes for a while, see `Saved`.
    """

    path: str
    reads: list[Tensor]
    makes: list[Tensor]
    extra: int = 0
    forward: int = 0
    backward: int = 0
    parameters: int = 0
    recorded: bool = False  # autograd records it
    passes: Sequence[bool] = ()  # for each input, whether its gradient takes no memory of its own
    own: bool = False  # a parameter itself: its gradient is that of what it makes


class Unknown(Exception):
    """What a layer keeps, or the size of a tensor, is not known; the message names the layer."""


class Peak(NamedTuple):
    """The most bytes alive at once, and where: "forward", "backward" or "optimizer", and the layer's path."""

    size: int
    phase: str
    path: str


@dataclass(slots=True)
class Program:
    """The steps in order, and the storages that they and the inputs have."""

    env: Mapping[str, int]
    steps: list[Step] = field(default_factory=list)
    born: list[tuple[int, Storage]] = field(default_factory=list)  # by the step that makes it, -1 for an input
    ends: list[Tensor] = field(default_factory=list)  # where the backward pass begins

    def input(self, type_: Type, name: str) -> Tensor:
        """A tensor that the training loop gives, and holds."""
        tensor = self.tensor(type_, False, name)
        _, storage = self.born.pop()
        storage.held = True
        self.born.append((-1, storage))
        return tensor

    def tensor(self, type_: Type, trains: bool, where: str) -> Tensor:
        """A tensor of its own memory, made by the next step."""
        if not isinstance(type_, TensorType):
            raise Unknown(where)
        floating = is_floating(type_.dtype) or is_complex(type_.dtype)
        storage = Storage(self.number(type_.nbytes, where))
        self.born.append((len(self.steps), storage))
        return Tensor(storage, storage.size, floating, trains and floating)

    def run(self, scope: Scope, known: dict[int, Tensor]) -> None:
        """Adds the steps of a scope. `known` maps the values of the scope (by identity) to tensors."""
        for node in scope.nodes:
            reads = [known[id(item.value)] for item in node.inputs]
            if node.body is None:
                step = self.step(node, reads)
                known.update((id(value), tensor) for value, tensor in zip(node.outputs, step.makes, strict=True))
            else:
                inner = {id(value): tensor for value, tensor in zip(node.body.inputs, reads, strict=True)}
                self.run(node.body, inner)
                for value, (_, result) in zip(node.outputs, node.body.outputs, strict=True):
                    known[id(value)] = inner[id(result)]
            for tensor in reads:
                tensor.storage.read = max(tensor.storage.read, len(self.steps) - 1)

    def step(self, node: Node, reads: list[Tensor]) -> Step:
        """Adds a leaf. Raises `Unknown` where its declaration does not say what autograd keeps of it."""
        if node.op is None:
            raise Unknown(node.path)
        owned = sum(4 * numel(parameter) for parameter in node.parameters.values() if parameter.trained)
        trains = owned > 0 or node.borrows or any(tensor.trains for tensor in reads)
        copies = node.op.name in _ORDERS and bool(reads) and reads[0].reordered
        shared = node.shares and bool(reads) and not copies
        step = Step(node.path, reads, [], parameters=owned)
        for value in node.outputs:
            tensor = self.tensor(value.type, trains, node.path)
            if node.op.own:
                self.born.pop()  # it counts among the parameters or buffers
                tensor.trains = step.own = owned > 0
            if shared:
                self.born.pop()
                tensor.storage = reads[0].storage
                tensor.reordered = reads[0].reordered or node.op.name in _REORDERS
            step.makes.append(tensor)
        step.recorded = trains and any(tensor.floating for tensor in step.makes)
        whole = len(step.makes) == 1 and (shared or node.op.name == "add")
        step.passes = [node.op.name in _PASSES or (whole and x.size == step.makes[0].size) for x in reads]
        if step.recorded:
            self._keep(step, node)
        self.steps.append(step)
        return step

    def _keep(self, step: Step, node: Node) -> None:
        if node.saved is None:
            raise Unknown(node.path)
        kept = [t.storage for item, t in zip(node.inputs, step.reads, strict=True) if item.port in node.saved.inputs]
        kept += [step.makes[place].storage for place in node.saved.outputs]
        sizes = (node.saved.extra, node.saved.forward, node.saved.backward)
        step.extra, step.forward, step.backward = (self.number(Dim.of(size), node.path) for size in sizes)
        self.keep(kept)

    def keep(self, storages: Iterable[Storage]) -> None:
        """The next step keeps them for its backward pass."""
        here = len(self.steps)
        for storage in storages:
            storage.kept = here if storage.kept is None else min(storage.kept, here)

    def number(self, dim: Dim, where: str) -> int:
        """The dimension at the program's sizes. Raises `Unknown` where a symbol is left open."""
        bound = dim.substitute(dict(self.env))
        if not bound.is_const:
            raise Unknown(where)
        return bound.value


def kept(program: Program) -> int:
    """Bytes that are alive between forward and backward for the latter's sake; the network's inputs are not in it."""
    own = sum(s.size for at, s in program.born if at >= 0 and s.kept is not None)
    return own + sum(step.extra for step in program.steps)


def forward_peak(program: Program) -> Peak:
    """The most bytes of activations and inputs while the steps run."""
    steps = program.steps
    change = [step.extra for step in steps] + [0]  # of the bytes alive, from one step to the next
    alive = 0
    for at, storage in program.born:
        if at < 0:
            alive += storage.size
        else:
            change[at] += storage.size
        if not storage.held and storage.kept is None:
            change[max(storage.read, at) + 1] -= storage.size
    peak = Peak(0, "forward", "")
    for here, step in enumerate(steps):
        alive += change[here]
        if alive + step.forward > peak.size:
            peak = Peak(alive + step.forward, "forward", step.path)
    return peak


def backward_peak(program: Program, accumulating: bool) -> Peak:
    """The most bytes of activations, inputs and gradients while the steps run backward.

    `accumulating`: gradients of parameters are there from an earlier batch (and count elsewhere), so that each new one
    is alive only until it is added.
    """
    gradients = _Gradients()
    for tensor in program.ends:
        if tensor.trains:
            gradients.receive(tensor)
    released = [step.extra for step in program.steps]  # what goes when a step's backward pass is over
    alive = sum(released)
    for _, storage in program.born:
        if storage.held or storage.kept is not None:
            alive += storage.size
        if not storage.held and storage.kept is not None:
            released[storage.kept] += storage.size
    peak = Peak(0, "backward", "")
    for step, gone in zip(reversed(program.steps), reversed(released), strict=True):
        if step.recorded and any(tensor in gradients for tensor in step.makes):
            if step.own:
                gradients.back(step)
            alive += step.parameters
            most = alive + max(gradients.alive + step.backward, gradients.back(step))
            if most > peak.size:
                peak = Peak(most, "backward", step.path)
            alive -= step.parameters if accumulating else 0
        alive -= gone
    return peak


class _Gradients:
    """The gradients of tensors alive in a backward pass; one memory may serve several."""

    def __init__(self) -> None:
        self.of: dict[Tensor, int] = {}  # the memory it is in
        self.sizes: dict[int, int] = {}
        self.users: dict[int, int] = {}
        self.alive = 0  # bytes
        self.next = 0

    def __contains__(self, tensor: Tensor) -> bool:
        return tensor in self.of

    def receive(self, tensor: Tensor) -> None:
        """Its gradient is there, in a memory of its own."""
        self.of[tensor] = self._memory(tensor.size)
        self.users[self.of[tensor]] = 1

    def _memory(self, size: int) -> int:
        memory, self.next = self.next, self.next + 1
        self.sizes[memory], self.users[memory] = size, 0
        self.alive += size
        return memory

    def back(self, step: Step) -> int:
        """Sends the gradients of what a step made to what it read; the most bytes alive on the way."""
        given = [self.of.pop(tensor) for tensor in step.makes if tensor in self.of]
        sent: list[tuple[Tensor, int]] = []
        for place, tensor in enumerate(step.reads):
            if not tensor.trains:
                continue
            passes = bool(step.passes) and step.passes[place]
            memory = given[0] if passes else self._memory(tensor.size)
            self.users[memory] += 1
            sent.append((tensor, memory))
        most = self.alive
        for memory in given:
            self._drop(memory)
        for tensor, memory in sent:
            most = max(most, self._add(tensor, memory))
        return most

    def _add(self, tensor: Tensor, memory: int) -> int:
        """A gradient arrives: the first stays, a further one is added, in place where nobody else uses the sum."""
        before = self.of.get(tensor)
        if before is None:
            self.of[tensor] = memory
            return self.alive
        if self.users[before] > 1:  # a new memory for the sum
            self.receive(tensor)
            most = self.alive
            self._drop(before)
            self._drop(memory)
            return most
        self._drop(memory)
        return self.alive

    def _drop(self, memory: int) -> None:
        self.users[memory] -= 1
        if not self.users[memory]:
            self.alive -= self.sizes.pop(memory)
            del self.users[memory]
