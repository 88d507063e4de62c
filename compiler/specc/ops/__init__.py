"""The op library: one declaration per op, one family a file."""

from specc.ops.call import Bound, Call, Operand, Rejected
from specc.ops.declare import Family, Function, Module, Op, Owned, Sample
from specc.ops.library import OPS

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
]
