"""What autograd keeps of attention in training on the CPU.

Two ways to compute it: *flash* (`_scaled_dot_product_flash_attention_for_cpu`) keeps its operands, its output, the mask
and one number for every query; the *products* one by one keep the weights as well, and once more with dropout. torch
takes flash without dropout, where no weights are asked for.
"""

from __future__ import annotations

from typing import NamedTuple

from specc.ops.call import Call
from specc.shapes.dim import Dim

FLOAT = 4  # bytes; weights are float32


class Heads(NamedTuple):
    """The sizes of an attention with projections around it."""

    batch: Dim
    length: Dim  # of the query
    source: Dim  # of the key and the value
    features: int
    heads: int
    added: int = 0  # keys and values that are appended

    @property
    def query(self) -> Dim:
        return self.batch * self.length * self.features

    @property
    def key(self) -> Dim:
        return self.batch * (self.source + self.added) * self.features

    @property
    def weights(self) -> Dim:
        return self.batch * self.length * (self.source + self.added) * self.heads


class Mask(NamedTuple):
    """What flash keeps of the masks: those given as they are, by their ports, and floats of what is made of them."""

    ports: tuple[str, ...] = ()
    floats: Dim | int = 0


def dropped(size: Dim, p: float) -> Dim:
    """Floats that a dropout of so many elements keeps: its mask; with probability 1 a single zero."""
    return Dim.of(0) if p == 0 else Dim.of(1) if p == 1 else size


def swaps(batch_first: bool, *sizes: Dim) -> bool:
    """Whether `batch_first` swaps the axes of a batch: those of length 1 may be swapped in place."""
    return batch_first and all(size != 1 for size in sizes)


def inner(at: Heads, dropout: float, *, weights: bool, shared: int, mask: Mask) -> Dim:
    """Floats kept between the projections into and the one out of an attention.

    `shared`: how many of query, key and value are one tensor (3, or 2: the key and the value), projected by one matrix
    into one memory, which is kept if any part of it is.
    """
    joined = shared if at.added == 0 else 0  # what is appended to makes new memory
    kept = at.query  # what the last projection reads
    if not weights and dropout == 0:
        kept = kept + at.batch * at.heads * at.length + mask.floats
        if joined == 3:
            return kept + at.query * 3
        return kept + at.query * (3 if shared == 3 else 1) + at.key * 2
    kept = kept + at.query + at.weights  # the query scaled, and the weights
    if dropout:
        kept = kept + dropped(at.weights, dropout) + at.weights
    if not weights:
        kept = kept + at.key  # the key scaled; of the projections only the value is kept
        return kept + (at.query * 3 if joined == 3 else at.key * (2 if joined == 2 else 1))
    return kept + (at.query * 3 if joined == 3 else at.key * 2)


def masks(call: Call, at: Heads, mask: str, padding: str, *, causal: bool, converted: bool = False) -> Mask:
    """What flash keeps of a mask and a padding mask; a causal one alone is passed over.

    Booleans are made numbers; `converted` says that this was done before, and counted there.
    """
    source = at.source + at.added

    def made(port: str, size: Dim) -> Mask:
        if at.added or call.input(port).dtype == "bool":
            return Mask((), Dim.of(0) if converted and not at.added else size)
        return Mask((port,))

    if call.has(padding):
        if call.has(mask):
            return Mask((), at.weights)
        # spread over the heads; over those of a single sequence, without a copy
        if at.heads == 1 or at.batch == 1:
            return made(padding, at.batch * source)
        return Mask((), at.batch * source * at.heads)
    if not call.has(mask) or causal:
        return Mask()
    each = at.length * source
    return made(mask, each if call.input(mask).rank == 2 else each * at.batch * at.heads)


def same(call: Call, *ports: str) -> bool:
    """Whether the ports read one tensor that torch projects at once: it takes unbatched ones for different.

    Only a spec can say so: types given by hand stand for different tensors.
    """
    first = call.operands[ports[0]][0]
    return first.type.rank == 3 and first.span is not None and all(call.operands[port][0] == first for port in ports)
