"""The op library: one declaration per op, one family a file."""

from specc.ops import (
    activation,
    arithmetic,
    attention,
    axes,
    convolution,
    dropout,
    embedding,
    joining,
    linear,
    normalization,
    padding,
    pooling,
    recurrent,
    reduction,
    shape,
    transformer,
    vision,
)
from specc.ops.call import Bound, Call, Operand, Rejected
from specc.ops.declare import Family, Function, Module, Op, Owned, Sample, registered

OPS = registered()

__all__ = [
    "OPS",
    "Bound",
    "Call",
    "Family",
    "Function",
    "Module",
    "Op",
    "Operand",
    "Owned",
    "Rejected",
    "Sample",
    "activation",
    "arithmetic",
    "attention",
    "axes",
    "convolution",
    "dropout",
    "embedding",
    "joining",
    "linear",
    "normalization",
    "padding",
    "pooling",
    "recurrent",
    "reduction",
    "shape",
    "transformer",
    "vision",
]
