"""What autograd keeps of a configuration, measured: the tensors that torch saves for the backward pass on the CPU."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from specc.ops import Op
from specc.ops.arguments import Value
from specc.ops.declare import Sample
from specc.ops.evaluate import Outcome
from specc.shapes.dim import Dim
from tests.oracle.judge import drawn, flat, names_for, texts

# What a declaration says to within a part of the whole: op → (tolerance, why).
ROUGH: Mapping[str, tuple[float, str]] = {
    "CTCLoss": (30, "the data say how long the longest target is, and the oracle's are empty"),
    "ctc_loss": (30, "the data say how long the longest target is, and the oracle's are empty"),
    "complete_box_iou_loss": (0.3, "the data say how many pairs of boxes overlap"),
    "distance_box_iou_loss": (0.3, "the data say how many pairs of boxes overlap"),
    "generalized_box_iou_loss": (0.3, "the data say how many pairs of boxes overlap"),
    "LSTM": (0.1, "the workspace of oneDNN is its own affair, and may differ by the processor"),
}


@dataclass(frozen=True, slots=True)
class Kept:
    """Ports and outputs whose memory is kept, the bytes of other tensors, and whether the outputs share memory."""

    inputs: frozenset[str]
    outputs: frozenset[int]
    extra: int
    shares: bool


def measured(op: type[Op], values: Mapping[str, Value], sample: Sample) -> Kept | None:
    """None where training refuses the configuration, or nothing of it can be trained."""
    construct, call = texts(op, values, sample)
    names = names_for(training=True)
    torch.default_generator.manual_seed(0)
    kept: list[Tensor] = []
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            layer = eval(construct, names).train() if construct else None
            given = drawn(op, sample)
            ports = [name for name, _, variadic in op.ports() for _ in range(len(given) if variadic else 1)]
            # not leaves, so that an operation in place may change them
            given = [
                x.requires_grad_().clone() if x is not None and _trains(x, port) else x
                for port, x in zip(ports, given, strict=False)
            ]
            names |= {f"x{k}": x for k, x in enumerate(given) if x is not None}
            names["layer"] = layer
            with torch.autograd.graph.saved_tensors_hooks(lambda x: kept.append(x) or x, lambda x: x):
                results = flat(eval(call, names))
    except Exception:  # what only training refuses is not the architecture's error
        return None
    if not results or not any(result.requires_grad for result in results):
        return None
    if any(x.numel() == 0 for x in [*results, *(x for x in given if x is not None)]):
        return None  # an empty tensor has no memory to be told by
    owned = {_memory(t) for t in (*layer.parameters(), *layer.buffers())} if layer is not None else set()
    inputs = {_memory(x): port for port, x in zip(ports, given, strict=False) if x is not None}
    outputs = {_memory(result): place for place, result in reversed(list(enumerate(results)))}
    first = next((x for x in given if x is not None), None)
    shares = first is not None and all(_memory(result) == _memory(first) for result in results)
    others = {_memory(t): t.untyped_storage().nbytes() for t in kept}
    return Kept(
        frozenset(inputs[m] for m in others if m in inputs),
        frozenset(outputs[m] for m in others if m in outputs and m not in inputs),
        sum(size for m, size in others.items() if m not in inputs and m not in outputs and m not in owned),
        shares,
    )


def difference(op: type[Op], values: Mapping[str, Value], sample: Sample, outcome: Outcome) -> str | None:
    """Where the declaration's answer is not what torch keeps."""
    if outcome.saved is None:
        return None
    kept = measured(op, values, sample)
    if kept is None:
        return None
    ours = Kept(
        frozenset(outcome.saved.inputs), frozenset(outcome.saved.outputs), _bytes(outcome.saved.extra), outcome.shares
    )
    if ours.shares:  # what is kept of the outputs is the input's memory
        first = op.ports()[0][0]
        ours = Kept(ours.inputs | ({first} if ours.outputs else frozenset()), frozenset(), ours.extra, True)
    given = {port for port, operands in outcome.call.operands.items() if operands}
    ours = Kept(ours.inputs & given, ours.outputs, ours.extra, ours.shares)
    tolerance, _ = ROUGH.get(op.name, (0.0, ""))
    if abs(ours.extra - kept.extra) <= tolerance * kept.extra and ours == replace(kept, extra=ours.extra):
        return None
    return f"keeps {ours}, torch {kept}"


def _trains(x: Tensor, port: str) -> bool:
    """A mask that is added to scores is no more trained than a boolean one."""
    return (x.is_floating_point() or x.is_complex()) and not port.endswith("mask")


def _memory(x: Tensor) -> int:
    return x.untyped_storage().data_ptr()


def _bytes(size: Dim | int) -> int:
    return size.value if isinstance(size, Dim) else size
