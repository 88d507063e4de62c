"""Norms over axes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from specc.ops.arguments import Bool, DType, Float, FloatOr, Ints
from specc.ops.call import Call
from specc.ops.declare import Sample, Saved
from specc.ops.operands import kind, refuse
from specc.ops.reducing import DIMS, KEEP, Reduction, axes, reduced, require_elements
from specc.ops.write import Method, Writer
from specc.shapes.dtype import promote, real
from specc.shapes.tensor import TensorType

if TYPE_CHECKING:
    import random

_FORMULA = (
    "y = (Σ |x|^p)^(1/p) over the axes\n"
    "p = ∞: y = max |x|; p = −∞: y = min |x|; p = 0: y = the number of elements that are not 0"
)
_CONVERTED = "what the input is converted to first, which must hold its values"


def _normed(call: Call, order: float) -> TensorType:
    """The type of a norm: real, and of nothing only where the order allows it (S306, S307)."""
    x, dtype, name = call.x, call["dtype"], f"`{call.label}` ({call.op.name})"
    refuse(call, x.dtype, "bool", "integer")
    if dtype is not None and (kind(dtype) != kind(x.dtype) or promote(x.dtype, dtype) != dtype):
        call.reject("S307", f"{name} cannot convert {x.dtype} to {dtype}", arg="dtype")
    over = axes(call)
    if order < 0 or order == float("inf"):
        require_elements(call, over)
    return reduced(call, over).with_dtype(real(dtype or x.dtype))


class _Norm(Reduction, abstract=True):
    keeps = Saved(("input",), (0,))

    @classmethod
    def sample(cls, rng: random.Random) -> Sample:
        sample = super().sample(rng)
        args: dict[str, Any] = sample.args
        if rng.random() < 0.6:
            args["ord" if "ord" in cls.args else "p"] = rng.choice([0, 1, 2, 3, 0.5, -1, float("inf"), float("-inf")])
        if "dtype" in args:
            args["dtype"] = rng.choice(["float32", "float64", "float64", "bfloat16", "int64"])
        return sample


class norm(_Norm):
    """The norm of the vectors along axes, or of all elements as one vector."""

    python = Method("norm")
    formula = f"{_FORMULA}; p = fro: p = 2"
    p = FloatOr("the order of the norm: a number, or `fro`", ("fro",), "fro")
    dim = Ints(DIMS, None, scalar=True)
    keepdim = Bool(KEEP, False)
    dtype = DType(_CONVERTED, None)
    example = ("[N, T, D]", "{op: norm, dim: -1}")

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        return _normed(call, 2.0 if call["p"] == "fro" else call["p"])


class vector_norm(_Norm):
    """The norm of the vectors along axes, or of all elements as one vector."""

    python = Writer("torch.linalg.vector_norm")
    formula = _FORMULA.replace("p", "ord")
    ord = Float("the order of the norm", 2)
    dim = Ints(DIMS, None, scalar=True)
    keepdim = Bool(KEEP, False)
    dtype = DType(_CONVERTED, None)
    example = ("[N, T, D]", "{op: vector_norm, dim: -1}")

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        return _normed(call, call["ord"])
