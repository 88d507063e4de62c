"""What a training step takes: weights, gradients, optimizer state, activations, and the peak of it all.

The definition: bytes of tensors, each memory once, of a step in float32 on one device as the training loop runs it —
forward, loss, backward, optimizer — when earlier steps have made the optimizer's state.

- `gradients`: one for every parameter that is trained. They appear during backward and go before the next forward pass
  (unless `train` accumulates several batches: then they stay).
- `activations`: what is kept for the backward pass between forward and backward, inputs of the network not counted;
  `inputs`: these, and the labels.
- `peak`: the most that is alive at once, after a walk over every layer forward and backward and the optimizer's step.
  It is less than the sum of the parts: activations go while gradients come.

Not in it: what a kernel takes while it runs (workspaces of convolutions, copies in another layout), and the allocator's
rounding and fragmentation. `python -m bench.memory` compares with torch.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from specc.emit.costs import numel
from specc.emit.liveness import Peak, Program, Step, Tensor, Unknown, backward_peak, forward_peak, kept
from specc.graph.ir import Graph
from specc.ops.declare import Saved
from specc.shapes.dim import Dim
from specc.shapes.tensor import UNKNOWN, TensorType, Type
from specc.source.nodes import Plain, plain


@dataclass(frozen=True, slots=True)
class Memory:
    """Bytes of one training step; see the module. What is not known is None, and `unknown` says why."""

    batch: int | None
    parameters: int
    gradients: int
    buffers: int
    optimizer: int | None  # its state
    optimizer_name: str
    inputs: int | None
    activations: int | None
    peak: Peak | None
    unknown: str = ""


def training_memory(graph: Graph, counting: Mapping[str, int], batch: str | None) -> Memory:
    """The memory at the sizes of `counting`, which holds that of the symbol `batch` too."""
    train = _section(graph)
    name, args = _named(train.get("optimizer"))
    owned = [p for node in graph.leaves() for p in node.parameters.values()]
    parameters = sum(4 * numel(p) for p in owned)
    trained = [p for p in owned if p.trained]
    gradients = sum(4 * numel(p) for p in trained)
    buffers = sum(
        TensorType.of(b.shape, b.dtype).nbytes.value for node in graph.leaves() for b in node.buffers.values()
    )
    state, step = _optimizer(name, args, [p.shape for p in trained])
    accumulating = isinstance(train.get("accumulate"), int) and train["accumulate"] != 1
    activations, inputs, peak, unknown = None, None, None, ""
    try:
        program = Program(counting)
        known = {id(value): program.input(value.type, value.name) for value in graph.root.inputs}
        loss, given = _named(train.get("loss"))
        if len(graph.root.outputs) != 1:
            loss = ""  # it is not known which output is for the loss
        output = graph.root.outputs[0][1].type if graph.root.outputs else UNKNOWN
        labels = _labels(loss, output)
        if loss:
            program.input(labels, "labels")
        inputs = sum(s.size for _, s in program.born)
        _run(program, graph, known)
        if loss:
            _loss(program, output, labels, loss, given)
        activations = kept(program)
        if state is not None:
            fixed = parameters + buffers + state + (gradients if accumulating else 0)
            ends = sum(s.size for _, s in program.born if s.held)
            after = Peak(ends + (0 if accumulating else gradients) + step, "optimizer", "")
            walked = [forward_peak(program), backward_peak(program, accumulating), after]
            peak = max((p._replace(size=p.size + fixed) for p in walked), key=lambda p: p.size)
    except Unknown as stop:
        unknown = str(stop)
    size = counting.get(batch) if batch is not None else None
    return Memory(size, parameters, gradients, buffers, state, name, inputs, activations, peak, unknown)


def batch_of(graph: Graph) -> int | None:
    """The batch size of `train.data`."""
    data = _section(graph).get("data")
    size = data.get("batch_size") if isinstance(data, dict) else None
    return size if isinstance(size, int) and size > 0 else None


def _run(program: Program, graph: Graph, known: dict[int, Tensor]) -> None:
    """Lays out the network; the training loop holds its outputs, and backward begins at them."""
    program.run(graph.root, known)
    program.ends = [known[id(value)] for _, value in graph.root.outputs]
    for output in program.ends:
        output.storage.held = True


def _labels(loss: str, output: Type) -> Type:
    """What the loss compares the output with: class numbers, or values in the output's shape."""
    from specc.training.catalogue import LOSSES

    entry = LOSSES.get(loss)
    if isinstance(output, TensorType) and entry is not None and entry.target == "classes":
        return TensorType((*output.shape[:1], *output.shape[2:]), "int64")
    return output


def _loss(program: Program, type_: Type, labels: Type, name: str, args: Mapping[str, Plain]) -> None:
    """The loss of the network's output: `CrossEntropyLoss` is a `log_softmax` and a choice, and so it is taken here."""
    (output,) = program.ends
    extra = 4  # the sum of the weights of classes
    if name == "CrossEntropyLoss":
        logs = program.tensor(type_, output.trains, name)
        program.keep([logs.storage])
        program.steps.append(Step(name, [output], [logs], recorded=output.trains))
        output = logs
    else:
        saved = _saved(name, args, type_, labels)
        if saved is None:
            raise Unknown(name)
        extra = program.number(Dim.of(saved.extra), name)
    program.keep([output.storage])
    result = program.tensor(TensorType(()), output.trains, name)
    program.steps.append(Step(name, [output], [result], extra=extra, recorded=output.trains))
    program.ends = [result]


def _saved(name: str, args: Mapping[str, Plain], *types: Type) -> Saved | None:
    """What the loss keeps by the declaration of its op; None for one of the user's own, or one that is in error."""
    from specc.ops import OPS
    from specc.ops.evaluate import evaluate

    if name not in OPS or not all(isinstance(type_, TensorType) for type_ in types):
        return None
    given = {key: value for key, value in args.items() if key in OPS[name].args and not isinstance(value, list | dict)}
    return evaluate(OPS[name], given, [type_ for type_ in types if isinstance(type_, TensorType)]).saved


def _optimizer(name: str, args: Mapping[str, Plain], shapes: Iterable[tuple[int, ...]]) -> tuple[int | None, int]:
    """What it keeps, and the most its step takes."""
    from specc.training.optimizers import state_bytes, step_bytes

    if not name:
        return 0, 0
    found = [(state_bytes(name, args, shape), step_bytes(name, args, shape)) for shape in shapes]
    if any(state is None for state, _ in found):
        return None, 0
    return sum(state or 0 for state, _ in found), max((step or 0 for _, step in found), default=0)


def _section(graph: Graph) -> Mapping[str, Plain]:
    section = plain(graph.train) if graph.train is not None else None
    return section if isinstance(section, dict) else {}


def _named(value: Plain) -> tuple[str, Mapping[str, Plain]]:
    """The name and the arguments of an optimizer or a loss as a spec writes it; ("", {}) where there is none.

    One of the user's own (`target: pkg.mod:Name`) has a name that no table knows.
    """
    if isinstance(value, str):
        return value, {}
    if isinstance(value, dict):
        return str(value.get("op") or value.get("target") or ""), value
    return "", {}
