"""What autograd keeps of the layers of a transformer in training on the CPU (see `attention_memory`).

Query, key and value of a batch are projected by one matrix; torch takes unbatched ones for different tensors.
Whether the norms come first or last, a layer keeps the same number of floats beside its input: what each norm and each
linear map reads, the inside of the attentions, and the masks of the dropouts.
"""

from __future__ import annotations

from specc.ops.attention_memory import FLOAT, Heads, Mask, dropped, inner, masks, swaps
from specc.ops.call import Call
from specc.shapes.dim import Dim, product
from specc.shapes.tensor import TensorType

# The ports of an attention's two masks, and the argument that says that the first is causal.
Masked = tuple[str, str, str]


def heads(call: Call, query: TensorType, source: TensorType) -> Heads:
    """The sizes of the attention of `query` over `source`."""
    features, count = call["d_model"], call["nhead"]
    if query.rank == 2:
        return Heads(Dim.of(1), query.shape[0], source.shape[0], features, count)
    time = 1 if call["batch_first"] else 0
    return Heads(query.shape[1 - time], query.shape[time], source.shape[time], features, count)


def copied(call: Call, tensor: TensorType) -> bool:
    """Whether a projection reads a copy of `tensor`, its axes swapped."""
    return tensor.rank == 3 and swaps(call["batch_first"], tensor.shape[0], tensor.shape[1])


def encoder_layer(call: Call, x: TensorType, mask: Mask) -> Dim:
    """Floats kept by a layer with self-attention, beside its input."""
    rows = product(x.shape[:-1])
    kept = inner(heads(call, x, x), call["dropout"], weights=False, shared=3 if x.rank == 3 else 0, mask=mask)
    return kept + dropped(x.numel, call["dropout"]) * 2 + _feedforward(call, rows) + x.numel * 3 + rows * 4


def decoder_layer(call: Call, x: TensorType, memory: TensorType, own: Mask, across: Mask) -> Dim:
    """Floats kept by a layer with self-attention and an attention over `memory`, beside these two."""
    over = heads(call, x, memory)
    kept = encoder_layer(call, x, own)
    kept = kept + inner(over, call["dropout"], weights=False, shared=2 if x.rank == 3 else 0, mask=across)
    return kept + dropped(x.numel, call["dropout"]) + x.numel * 2 + product(x.shape[:-1]) * 2


def encoder(call: Call, x: TensorType, layers: int, where: Masked, *, norm: bool) -> Dim:
    """Floats kept by a stack of encoder layers, beside its input (and the port of a mask)."""
    mask, padding, causal = where
    at = heads(call, x, x)
    once, each = (
        masks(call, at, mask, padding, causal=bool(call[causal]), converted=converted) for converted in (False, True)
    )
    kept = encoder_layer(call, x, each) * layers
    if call["dropout"] == 0:  # the stack makes booleans numbers, for all of its layers
        kept = kept + (Dim.of(once.floats) - each.floats)
    return kept + _above(call, x, layers, norm=norm)


def decoder(
    call: Call, x: TensorType, memory: TensorType, layers: int, own: Masked, across: Masked, *, norm: bool
) -> Dim:
    """Floats kept by a stack of decoder layers, beside its inputs (and the ports of masks)."""
    masked = (
        masks(call, heads(call, x, source), where[0], where[1], causal=bool(call[where[2]]))
        for source, where in ((x, own), (memory, across))
    )
    kept = decoder_layer(call, x, memory, *masked) * layers
    if copied(call, memory):
        kept = kept + memory.numel * layers
    return kept + _above(call, x, layers, norm=norm)


def mask_ports(call: Call, query: TensorType, source: TensorType, where: Masked) -> tuple[str, ...]:
    """The ports of masks that an attention keeps."""
    if call["dropout"]:
        return ()
    mask, padding, causal = where
    return masks(call, heads(call, query, source), mask, padding, causal=bool(call[causal])).ports


def entrance(call: Call, port: str) -> tuple[tuple[str, ...], Dim]:
    """How the first layer's input is kept: by its port, or the floats of a copy."""
    given = call.input(port)
    if call["norm_first"] or not copied(call, given):
        return (port,), Dim.of(0)
    return (), given.numel


def _above(call: Call, x: TensorType, layers: int, *, norm: bool) -> Dim:
    """What the layers after the first read, and the norm at the end."""
    last = x.numel + product(x.shape[:-1]) * 2
    return x.numel * (layers - 1) + (last if norm else 0)


def _feedforward(call: Call, rows: Dim) -> Dim:
    """Between the two linear maps: what the activation gives (or `gelu` is given), and what the second map reads."""
    wide = rows * call["dim_feedforward"]
    plain = call["activation"] == "relu" and call["dropout"] == 0  # both are one
    kept: Dim = dropped(wide, call["dropout"]) + wide * (1 if plain else 2)
    return kept


def gradients(call: Call, x: TensorType) -> Dim:
    """Bytes that the backward pass of a layer takes for a while: inside the feed-forward network, where it begins, the
    gradients before and after the activation. By then what a dropout gave is free again.
    """
    wide: Dim = product(x.shape[:-1]) * call["dim_feedforward"]
    return wide * ((1 if call["dropout"] else 2) * FLOAT)
