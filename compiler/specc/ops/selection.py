"""Selections whose size the data decide: what is nonzero, what a mask marks, what is unique."""

from __future__ import annotations

from typing import TYPE_CHECKING

from specc.ops.broadcast import broadcast
from specc.ops.call import Call
from specc.ops.declare import Family, Function, Sample, Saved
from specc.ops.write import Writer
from specc.shapes.tensor import DTYPES, TensorType

if TYPE_CHECKING:
    import random

_NO_ORDER = ("complex64", "complex128", "complex32")


class _Selection(Function, abstract=True):
    family = Family.SHAPE
    keeps = Saved()

    @classmethod
    def macs(cls, call: Call) -> int:
        return 0


class _Nonzero(_Selection, abstract=True):
    """The indices of the elements that are not 0, one row for each: their number is known only at run time."""

    formula = "out = the indices (i₁, …, i_d) with x[i₁, …, i_d] ≠ 0, in lexicographic order, as rows"

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        return TensorType.of((call.fresh("K", call.x.numel), call.x.rank), "int64")

    @classmethod
    def sample(cls, rng: random.Random) -> Sample:
        shape = tuple(rng.randint(0, 4) for _ in range(rng.randint(0, 4)))
        return Sample({}, ((shape, rng.choice(DTYPES)),))


class nonzero(_Nonzero):
    """The indices of the elements that are not 0, one row for each.

    How many there are is known only when the network runs: the size is a symbol of its own.
    """

    python = Writer("torch.nonzero")
    example = ("[H, W]", "nonzero")


class argwhere(_Nonzero):
    """The indices of the elements that are not 0, one row for each: `nonzero` by NumPy's name."""

    python = Writer("torch.argwhere")
    example = ("[H, W] bool", "argwhere")


class masked_select(_Selection):
    """The elements that a boolean mask marks, as one axis; input and mask broadcast.

    How many there are is known only when the network runs: the size is a symbol of its own.
    """

    python = Writer("torch.masked_select")
    inputs = ("input", "mask")
    formula = "out = the elements x[i] with mask[i], in order"
    example = ("[N, T], [N, T] bool", "{op: masked_select, from: [x, mask]}")

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        call.require_dtype(("bool",), "a boolean mask", "mask")
        shape = broadcast(call, [call.x, call.input("mask")])
        return TensorType.of((call.fresh("K", call.x.with_shape(shape).numel),), call.x.dtype)

    @classmethod
    def saved(cls, call: Call) -> Saved:
        return Saved(inputs=("input", "mask"))

    @classmethod
    def sample(cls, rng: random.Random) -> Sample:
        shape = tuple(rng.randint(0, 4) for _ in range(rng.randint(0, 4)))
        mask = tuple(1 if rng.random() < 0.15 else size for size in shape[rng.choice([0, 0, 0, 1]) :])
        if rng.random() < 0.1:
            mask = (*mask[:-1], 5)
        dtype = "bool" if rng.random() < 0.9 else rng.choice(DTYPES)
        return Sample({}, ((shape, rng.choice(DTYPES)), (mask, dtype)))
