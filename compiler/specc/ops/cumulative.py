"""Sums, products and extremes of what comes before along an axis, and differences of neighbours."""

from __future__ import annotations

from typing import TYPE_CHECKING

from specc.ops.arguments import DType, Int
from specc.ops.broadcast import result_dtype
from specc.ops.call import Call
from specc.ops.declare import Family, Function, Sample, Saved
from specc.ops.operands import SOME, kind, refuse
from specc.ops.write import Method, Named
from specc.shapes.constraints import Holds, Refuted, at_least
from specc.shapes.dim import Dim
from specc.shapes.tensor import TensorType

if TYPE_CHECKING:
    import random

_INPUT_AND_OUTPUT = Saved(("input",), (0,))


class _Running(Function, abstract=True):
    """The output has the input's shape."""

    family = Family.MATH
    same_shape = True
    positional = 1
    dim = Int("axis to go along")

    @classmethod
    def macs(cls, call: Call) -> int:
        return 0

    @classmethod
    def sample(cls, rng: random.Random) -> Sample:
        shape = tuple(rng.choice([0, 1, 2, 3, 4]) for _ in range(rng.randint(0, 4)))
        rank = len(shape) or 1
        args: dict[str, object] = {"dim": rng.randint(-rank, rank - (rng.random() < 0.9))}
        if "dtype" in cls.args and rng.random() < 0.4:
            args["dtype"] = rng.choice(["float32", "float64", "int64", "bfloat16", "uint8", "bool"])
        return Sample(args, ((shape, rng.choice(SOME)),))


class _Total(_Running, abstract=True):
    dtype = DType("what the input is converted to first; int64 for integers if left out", None)

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        call.axis(call["dim"], call.x.rank)
        dtype = call["dtype"]
        if dtype == "bool" and call.x.rank:  # a single element is its own sum
            call.reject("S307", f"`{call.label}` ({cls.name}) gives no booleans", arg="dtype", help="write `int64`")
        return call.x.with_dtype(dtype or ("int64" if kind(call.x.dtype) in ("bool", "integer") else call.x.dtype))


class cumsum(_Total):
    """The sums of the elements up to each along an axis."""

    python = Method("cumsum")
    formula = "y[i] = Σ_{j ≤ i} x[j]"
    example = ("[N, T]", "{op: cumsum, dim: 1}")
    keeps = Saved()


class cumprod(_Total):
    """The products of the elements up to each along an axis."""

    python = Method("cumprod")
    formula = "y[i] = Π_{j ≤ i} x[j]"
    example = ("[N, T]", "{op: cumprod, dim: 1}")
    keeps = _INPUT_AND_OUTPUT


class logcumsumexp(_Running):
    """The logarithms of the sums of exponentials up to each element along an axis, without overflow."""

    python = Method("logcumsumexp")
    formula = "y[i] = ln Σ_{j ≤ i} exp(x[j])"
    example = ("[N, T]", "{op: logcumsumexp, dim: 1}")
    keeps = _INPUT_AND_OUTPUT

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        call.axis(call["dim"], call.x.rank)
        refuse(call, call.x.dtype, "bool", "integer")
        return call.x


class _Record(_Running, abstract=True):
    outputs = ("values", "indices")
    keeps = Saved(("input",), (1,))

    @classmethod
    def infer(cls, call: Call) -> tuple[TensorType, TensorType]:
        call.axis(call["dim"], call.x.rank)
        if call.x.rank:  # a single element is compared with none
            refuse(call, call.x.dtype, "complex")
        return call.x, call.x.with_dtype("int64")


class cummax(_Record):
    """The largest of the elements up to each along an axis, and where it is."""

    python = Method("cummax")
    formula = "values[i] = max_{j ≤ i} x[j], indices[i] = the place of it"
    example = ("[N, T]", "{op: cummax, dim: 1}")


class cummin(_Record):
    """The smallest of the elements up to each along an axis, and where it is."""

    python = Method("cummin")
    formula = "values[i] = min_{j ≤ i} x[j], indices[i] = the place of it"
    example = ("[N, T]", "{op: cummin, dim: 1}")


class diff(Function):
    """The differences of neighbours along an axis, `n` times over; of booleans whether they differ.

    `prepend` and `append` are put before and after the input along that axis.
    """

    family = Family.MATH
    python = Named("torch.diff", 1, ("prepend", "append"))
    formula = "y[i] = x[i + 1] − x[i], n times\nL_out = max(0, L + L_prepend + L_append − n)"
    inputs = ("input", "prepend?", "append?")
    n = Int("how many times", 1, min=0)
    dim = Int("axis to go along", -1)
    example = ("[N, T]", "diff")
    keeps = Saved()

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        x, name = call.x, f"`{call.label}` (diff)"
        if not x.rank:
            call.reject("S302", f"{name} needs an input with at least one axis, but its input is 0-d")
        if not (call["n"] or call.has("prepend") or call.has("append")):
            return x  # torch does not look at the other arguments
        axis = call.axis(call["dim"], x.rank)
        parts = [call.input(port) for port in ("prepend", "input", "append") if call.has(port)]
        size = Dim.of(0)
        for part in parts:
            if part.rank != x.rank:
                call.reject("S302", f"{name} joins tensors of {x.rank} and {part.rank} axes")
            for k, (a, b) in enumerate(zip(x.shape, part.shape, strict=True)):
                if k != axis:
                    call.require_equal(a, b, f"{name} joins along axis {axis}, but axis {k} has sizes {a} and {b}")
            size = size + part.shape[axis]
        dtype = result_dtype(parts) if call["n"] else x.dtype
        return TensorType(x.with_dim(axis, cls.left(call, size, x.shape[axis])).shape, dtype)

    @classmethod
    def macs(cls, call: Call) -> int:
        return 0

    @classmethod
    def left(cls, call: Call, size: Dim, unjoined: Dim) -> Dim:
        """What is left of an axis after `n` differences (S305 where that depends on whether it has so many)."""
        n: int = call["n"]
        if not n:
            return unjoined
        verdict = at_least(size, Dim.of(n), call.facts)
        if isinstance(verdict, Holds):
            call.reject(
                "S305",
                f"`{call.label}` (diff) takes {n} differences of {size}: nothing is left unless {verdict.when}",
                help=f"add `where: [{verdict.when}]`",
            )
        return Dim.of(0) if isinstance(verdict, Refuted) else size - n

    @classmethod
    def sample(cls, rng: random.Random) -> Sample:
        shape = [rng.choice([0, 1, 2, 3, 4]) for _ in range(rng.randint(0, 3) or 1)]
        rank = len(shape)
        args: dict[str, object] = {}
        if rng.random() < 0.5:
            args["n"] = rng.choice([0, 1, 1, 2, 3])
        axis = -1
        if rng.random() < 0.6:
            axis = args["dim"] = rng.randint(-rank, rank - (rng.random() < 0.9))
        found: list[tuple[tuple[int, ...], str] | None] = [(tuple(shape), rng.choice(SOME))]
        for _ in range(2):
            other = list(shape)
            other[axis % rank] = rng.randint(0, 2)
            if rng.random() < 0.05:
                other.append(1)
            found.append((tuple(other), rng.choice(SOME)) if rng.random() < 0.3 else None)
        return Sample(args, tuple(found))
