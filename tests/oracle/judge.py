"""What torch makes of a configuration: the text the op would be written as, run on `meta` and on the CPU.

Modules are judged in eval mode: what only training refuses (batch statistics of a single value) is not an error of the
architecture. A configuration is valid when both devices accept it; `meta` alone is too lenient, as it checks no values.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import einops
import torch
import torchvision
from torch import nn
from torch.nn import functional
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

from specc.ops import Op
from specc.ops.arguments import Value
from specc.ops.declare import Sample
from specc.ops.write import arguments
from tests.oracle.fatal import fatal

Types = tuple[tuple[tuple[int, ...], str], ...]

# Judged by the CPU alone: torch and torchvision have no kernels for `meta` where the data decide a size on the way, nor
# for the overlap of rotated boxes.
CPU_ONLY = frozenset({
    "nonzero", "argwhere", "masked_select", "unique", "nms", "batched_nms", "remove_small_boxes", "box_iou",
    "generalized_box_iou_loss", "distance_box_iou_loss", "complete_box_iou_loss",
    "GaussianNLLLoss", "gaussian_nll_loss", "CTCLoss", "ctc_loss", "AdaptiveLogSoftmaxWithLoss",
    "norm", "vector_norm",  # on `meta` the emptiness of a negative axis is looked up at another
    "l1_loss",  # drops its weights where a mode such as `torch.device` is on
    # the kernels for `meta` give a loss for each sample another shape than those for CPU and GPU
    "MultiMarginLoss", "multi_margin_loss", "MultiLabelMarginLoss", "multilabel_margin_loss",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Observed:
    """Torch's verdict: `error` is None for a valid configuration."""

    text: str
    error: str | None = None
    outputs: Types = ()
    parameters: dict[str, tuple[tuple[int, ...], str]] = field(default_factory=dict)
    buffers: dict[str, tuple[tuple[int, ...], str]] = field(default_factory=dict)
    macs: int = 0


def texts(op: type[Op], values: Mapping[str, Value], sample: Sample) -> tuple[str, str]:
    """The constructor's text (empty for a function), and the text of the call on `x0`, `x1`, …"""
    written, known = op.written(values), op.arguments(values)
    pairs = [(name, known[name].python(values[name])) for name in written if not known[name].forward]
    later = [(name, known[name].python(values[name])) for name in written if known[name].forward]
    inputs, gap = [], False
    ports = iter(op.ports())
    port, variadic = "", False
    for k, given in enumerate(sample.inputs):
        if not variadic:
            port, _, variadic = next(ports)
        if given is None:
            gap = True
        else:
            inputs.append(f"{port}=x{k}" if gap else f"x{k}")
    if op.stateful:
        return op.python.construct(arguments(pairs, op.leading())), op.python.apply(
            "layer", inputs, arguments(later, ())
        )
    return "", op.python.call(inputs, arguments([*pairs, *later], op.leading()))


def observe(op: type[Op], values: Mapping[str, Value], sample: Sample) -> Observed:
    """Runs the configuration; `values` holds every argument, the inferred ones filled."""
    construct, call = texts(op, values, sample)
    text = f"{construct} | {call}" if construct else call
    if fatal(op.name, values, sample):
        return Observed(text, "the CPU: the process dies")
    seen: list[Observed] = []
    for device in ("cpu",) if op.name in CPU_ONLY else ("meta", "cpu"):
        try:
            with warnings.catch_warnings(), torch.no_grad():
                warnings.simplefilter("ignore")
                seen.append(_run(op, construct, call, sample, device, text, counted=not seen))
        except Exception as error:  # whatever torch raises is its verdict
            if device == "meta" and "on meta tensors" in str(error):
                continue  # it looks at values: whether a mask is causal
            return Observed(text, f"{device}: {type(error).__name__}: {str(error).strip()[:200]}")
    on_meta, on_cpu = seen[0], seen[-1]
    if on_meta.outputs != on_cpu.outputs:
        return Observed(text, f"meta gives {on_meta.outputs}, the CPU {on_cpu.outputs}")
    return on_meta


def _run(op: type[Op], construct: str, call: str, sample: Sample, device: str, text: str, *, counted: bool) -> Observed:
    names = names_for(training=False)
    torch.default_generator.manual_seed(0)
    with torch.device(device) if device != "cpu" else nullcontext():  # its mode hides arguments from some functions
        layer = eval(construct, names).eval() if construct else None
        names |= {f"x{k}": x for k, x in enumerate(drawn(op, sample)) if x is not None}
        names["layer"] = layer
        if counted:
            with FlopCounterMode(display=False) as counter, _plain_kernels():
                result = eval(call, names)
            flops = counter.get_total_flops()
        else:
            result, flops = eval(call, names), 0
    parameters = dict(layer.named_parameters()) if layer is not None else {}
    persistent = layer.state_dict() if layer is not None else {}
    buffers = {name: tensor for name, tensor in persistent.items() if name not in parameters}
    return Observed(text, None, tuple(map(_type, flat(result))), _types(parameters), _types(buffers), flops // 2)


@contextmanager
def _plain_kernels() -> Iterator[None]:
    """Recurrent layers step by step and attention by its products: the flop counter knows no fused kernel of theirs."""
    fast = torch.backends.mha.get_fastpath_enabled()
    torch.backends.mha.set_fastpath_enabled(False)
    try:
        with torch.backends.mkldnn.flags(enabled=False), sdpa_kernel(SDPBackend.MATH):
            yield
    finally:
        torch.backends.mha.set_fastpath_enabled(fast)


def names_for(*, training: bool) -> dict[str, Any]:
    """What a generated module may name."""
    modules = {"torch": torch, "torchvision": torchvision, "einops": einops, "nn": nn, "F": functional}
    return {**modules, "self": SimpleNamespace(training=training)}


def drawn(op: type[Op], sample: Sample) -> list[torch.Tensor | None]:
    """Random inputs as the sample wants them."""
    ports = [name for name, _, variadic in op.ports() for _ in range(len(sample.inputs) if variadic else 1)]
    pairs = zip(ports, sample.inputs, strict=False)
    return [None if given is None else _tensor(*given, sample, port) for port, given in pairs]


def _tensor(shape: tuple[int, ...], dtype: str, sample: Sample, port: str) -> torch.Tensor:
    values = _values(shape, dtype, sample.high, sample.low)
    if port.endswith("padding_mask") and shape:
        values[..., :1] = 0  # no sequence is all padding, at which nested tensors fail
    elif port.endswith("mask") and shape[-2:] == (1, 1):
        values[...] = 1  # a 0 would be a causal mask, of which torch may keep nothing
    return values.sort(-1).values if sample.ascending and shape and not values.is_complex() else values


def _values(shape: tuple[int, ...], dtype: str, high: int, low: int) -> torch.Tensor:
    kind = getattr(torch, dtype)
    if kind.is_floating_point or kind.is_complex:
        return torch.rand(shape, dtype=kind)
    return torch.randint(low, 2 if dtype == "bool" else max(high, low + 1), shape).to(kind)


def flat(result: Any) -> list[torch.Tensor]:
    """The tensors of a result in order; nested tuples (the states of an LSTM) are opened, None is left out."""
    if isinstance(result, torch.Tensor):
        return [result]
    return [tensor for part in result if part is not None for tensor in flat(part)]


def _type(tensor: torch.Tensor) -> tuple[tuple[int, ...], str]:
    return tuple(tensor.shape), str(tensor.dtype).removeprefix("torch.")


def _types(tensors: Mapping[str, torch.Tensor]) -> dict[str, tuple[tuple[int, ...], str]]:
    return {name: _type(tensor) for name, tensor in tensors.items()}
