"""What reductions share: the axes they name, the shape that is left, samples."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from specc.ops.arguments import Ints
from specc.ops.call import Call
from specc.ops.declare import Family, Function, Sample
from specc.ops.operands import SOME
from specc.shapes.dim import Dim
from specc.shapes.tensor import TensorType

if TYPE_CHECKING:
    import random

DIMS = "axis or axes to reduce; all if left out"
ONE = "axis to reduce; all elements if left out"
KEEP = "whether the reduced axes stay with size 1"


class Reduction(Function, abstract=True):
    """Over the axes `dim`; `keepdim` leaves them with size 1."""

    family = Family.MATH
    empty_is_none: ClassVar[bool] = False  # whether `dim: []` names no axis, rather than all

    @classmethod
    def macs(cls, call: Call) -> int:
        return 0

    @classmethod
    def sample(cls, rng: random.Random) -> Sample:
        shape = tuple(rng.choice([0, 1, 2, 3, 4, 3, 2]) for _ in range(rng.randint(0, 4)))
        rank = len(shape) or 1
        args: dict[str, object] = {}
        dim = cls.args["dim"]
        if dim.required or rng.random() < 0.8:
            args["dim"] = rng.randint(-rank, rank - (rng.random() < 0.85))
        if isinstance(dim, Ints) and rng.random() < 0.4:
            args["dim"] = [rng.randint(-rank, rank - 1) for _ in range(rng.randint(0, 2))]
        if "keepdim" in cls.args and rng.random() < 0.4:
            args["keepdim"] = rng.random() < 0.7
        if "dtype" in cls.args and rng.random() < 0.3:
            args["dtype"] = rng.choice(["float32", "float64", "float64", "bfloat16", "int64", "uint8", "bool"])
        return Sample(args, ((shape, rng.choice(SOME)),))


def axes(call: Call) -> list[int]:
    """The axes `dim` names, all of them where it is left out or, for most reductions, empty."""
    rank, dim = call.x.rank, call["dim"]
    if dim is None or (dim == () and not getattr(call.op, "empty_is_none", False)):
        return list(range(rank))
    found = [call.axis(d, rank) for d in (dim if isinstance(dim, tuple) else (dim,))]
    for k, axis in enumerate(found):
        if axis in found[:k]:
            call.reject("S309", f"`dim` of `{call.label}` ({call.op.name}) names axis {axis} twice", arg="dim")
    return found if rank else []


def reduced(call: Call, over: list[int]) -> TensorType:
    """The input without the axes, or with size 1 in their place."""
    keep = "keepdim" in call.args and call["keepdim"]
    sizes = [Dim.of(1) if k in over else d for k, d in enumerate(call.x.shape) if keep or k not in over]
    return TensorType(tuple(sizes), call.x.dtype)


def require_dim(call: Call) -> None:
    """`keepdim` does not go without `dim` in some of PyTorch's signatures (L202)."""
    if call["dim"] is None and call["keepdim"]:
        call.reject("L202", f"`{call.label}` ({call.op.name}) needs `dim` beside `keepdim`", arg="keepdim")


def require_elements(call: Call, over: list[int]) -> None:
    """There is no largest of no elements (S306)."""
    for axis in over:
        call.require_at_least(
            call.x.shape[axis], 1, f"`{call.label}` ({call.op.name}) reduces axis {axis}, which is empty"
        )
