"""Reductions over axes, and products of matrices."""

from __future__ import annotations

from typing import TYPE_CHECKING

from specc.ops.arguments import Bool, Int, Ints
from specc.ops.broadcast import broadcast
from specc.ops.call import Call
from specc.ops.declare import Family, Function, Sample
from specc.ops.write import Method, Operator, Writer
from specc.shapes.dim import Dim
from specc.shapes.dtype import is_complex, is_floating
from specc.shapes.tensor import TensorType

if TYPE_CHECKING:
    import random


class _Reduction(Function, abstract=True):
    """Over the axes `dim`; `keepdim` leaves them with size 1."""

    family = Family.MATH

    @classmethod
    def macs(cls, call: Call) -> int:
        return 0

    @classmethod
    def sample(cls, rng: random.Random) -> Sample:
        shape = tuple(rng.choice([0, 1, 2, 3, 4, 3, 2]) for _ in range(rng.randint(0, 4)))
        rank = len(shape) or 1
        args: dict[str, object] = {}
        one = cls.args["dim"].default is not None and not isinstance(cls.args["dim"], Ints)
        if one or rng.random() < 0.8:
            args["dim"] = rng.randint(-rank, rank - (rng.random() < 0.85))
        if isinstance(cls.args["dim"], Ints) and rng.random() < 0.4:
            args["dim"] = [rng.randint(-rank, rank - 1) for _ in range(rng.randint(0, 2))]
        if rng.random() < 0.4:
            args["keepdim"] = rng.random() < 0.7
        dtypes = ["float32", "float32", "float32", "bfloat16", "int64", "uint8", "bool"]
        return Sample(args, ((shape, rng.choice(dtypes)),))


def _axes(call: Call) -> list[int]:
    """The axes `dim` names, all of them where it is left out or empty."""
    rank, dim = call.x.rank, call["dim"]
    if dim is None or dim == ():
        return list(range(rank))
    axes = [call.axis(d, rank) for d in (dim if isinstance(dim, tuple) else (dim,))]
    for k, axis in enumerate(axes):
        if axis in axes[:k]:
            call.reject("S309", f"`dim` of `{call.label}` ({call.op.name}) names axis {axis} twice", arg="dim")
    return axes if rank else []


def _reduced(call: Call, axes: list[int]) -> TensorType:
    keep = call["keepdim"]
    sizes = [Dim.of(1) if k in axes else d for k, d in enumerate(call.x.shape) if keep or k not in axes]
    return TensorType(tuple(sizes), call.x.dtype)


def _require_dim(call: Call) -> None:
    """`keepdim` does not go without `dim` in PyTorch's signature."""
    if call["dim"] is None and call["keepdim"]:
        call.reject("L202", f"`{call.label}` ({call.op.name}) needs `dim` beside `keepdim`", arg="keepdim")


def _require_elements(call: Call, axes: list[int]) -> None:
    """There is no largest of no elements."""
    for axis in axes:
        call.require_at_least(
            call.x.shape[axis], 1, f"`{call.label}` ({call.op.name}) reduces axis {axis}, which is empty"
        )


class mean(_Reduction):
    """The mean over axes, or over all."""

    python = Method("mean")
    dim = Ints("axis or axes to reduce; all if left out", None, scalar=True)
    keepdim = Bool("whether the reduced axes stay with size 1", False)
    example = ("[N, T, D]", "{op: mean, dim: 1}")

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        call.require_floating()
        _require_dim(call)
        return _reduced(call, _axes(call))


class sum(_Reduction):
    """The sum over axes, or over all; integers and booleans add up to int64."""

    python = Method("sum")
    dim = Ints("axis or axes to reduce; all if left out", None, scalar=True)
    keepdim = Bool("whether the reduced axes stay with size 1", False)
    example = ("[N, T, D]", "{op: sum, dim: 1}")

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        _require_dim(call)
        dtype = call.x.dtype
        wide = dtype if is_floating(dtype) or is_complex(dtype) else "int64"
        return _reduced(call, _axes(call)).with_dtype(wide)


class _Most(_Reduction, abstract=True):
    dim = Ints("axis or axes to reduce; all if left out", (), scalar=True)
    keepdim = Bool("whether the reduced axes stay with size 1", False)

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        axes = _axes(call)
        _require_elements(call, axes)
        return _reduced(call, axes)


class amax(_Most):
    """The largest element over axes, or over all."""

    python = Method("amax")
    example = ("[N, C, H, W]", "{op: amax, dim: [2, 3]}")


class amin(_Most):
    """The smallest element over axes, or over all."""

    python = Method("amin")
    example = ("[N, C, H, W]", "{op: amin, dim: [2, 3]}")


class _Ranked(_Reduction, abstract=True):
    """The values, and the index of each."""

    outputs = ("values", "indices")
    dim = Int("axis to reduce")
    keepdim = Bool("whether the reduced axis stays with size 1", False)

    @classmethod
    def infer(cls, call: Call) -> tuple[TensorType, TensorType]:
        axes = _axes(call)
        _require_elements(call, axes)
        values = _reduced(call, axes)
        return values, values.with_dtype("int64")


class max(_Ranked):
    """The largest element along an axis, and where it is."""

    python = Method("max")
    example = ("[N, T, D]", "{op: max, dim: 1}")


class min(_Ranked):
    """The smallest element along an axis, and where it is."""

    python = Method("min")
    example = ("[N, T, D]", "{op: min, dim: 1}")


class argmax(_Reduction):
    """The index of the largest element along an axis, or in the flattened input."""

    python = Method("argmax")
    dim = Int("axis to reduce; the flattened input if left out", None)
    keepdim = Bool("whether the reduced axes stay with size 1", False)
    example = ("[N, C]", "{op: argmax, dim: 1}")

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        axes = _axes(call)
        if call.x.dtype == "bool":
            call.reject("S307", f"`{call.label}` (argmax) does not take booleans")
        _require_elements(call, axes)
        return _reduced(call, axes).with_dtype("int64")


def _require_same_dtype(call: Call, a: TensorType, b: TensorType) -> None:
    if a.dtype != b.dtype:
        call.reject(
            "S307", f"`{call.label}` ({call.op.name}) needs inputs of one dtype, but they are {a.dtype} and {b.dtype}"
        )
    if a.dtype == "bool":
        call.reject("S307", f"`{call.label}` ({call.op.name}) does not take booleans")


def _dtypes(rng: random.Random, *sizes: int) -> tuple[str, str]:
    """Mostly equal ones. Booleans are refused, also where torch multiplies nothing and so does not notice."""
    usual = ["float32"] * 6 + ["float64", "int64"] + ["bool"] * all(sizes)
    first = rng.choice(usual)
    return first, "int64" if rng.random() < 0.05 else first


def _inner(call: Call, a: Dim, b: Dim) -> None:
    call.require_equal(
        a,
        b,
        f"`{call.label}` ({call.op.name}) multiplies rows of {a} by columns of {b}",
        help="the last axis of the first input must equal the last but one of the second: transpose one of them?",
    )


class matmul(Function):
    """The product of matrices, batched over the axes before the last two and broadcast; a 1-d input is a vector."""

    family = Family.MATH
    python = Operator("@", "matmul")
    inputs = ("input", "other")
    example = ("[N, T, D], [N, D, S]", "matmul")

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        a, b = call.input("input"), call.input("other")
        if not a.rank or not b.rank:
            call.reject("S302", f"`{call.label}` (matmul) needs inputs with at least one axis; `mul` takes 0-d tensors")
        _require_same_dtype(call, a, b)
        _inner(call, a.shape[-1], b.shape[-2] if b.rank > 1 else b.shape[-1])
        lead = broadcast(call, [a.with_shape(a.shape[:-2]), b.with_shape(b.shape[:-2])])
        rows = a.shape[-2:-1] if a.rank > 1 else ()
        columns = b.shape[-1:] if b.rank > 1 else ()
        return a.with_shape((*lead, *rows, *columns))

    @classmethod
    def macs(cls, call: Call) -> Dim:
        return call.output[0].numel * call.input("input").shape[-1]

    @classmethod
    def sample(cls, rng: random.Random) -> Sample:
        rows, inner, columns = (rng.randint(0, 4) for _ in range(3))
        lead = [rng.randint(0, 3) for _ in range(rng.randint(0, 2))]

        def batch() -> list[int]:
            kept = lead[rng.randint(0, len(lead)) :] if rng.random() < 0.4 else lead
            return [1 if rng.random() < 0.2 else d + (rng.random() < 0.03) for d in kept]

        a = (*batch(), rows, inner) if rng.random() < 0.8 else (inner,)
        other = inner + (rng.random() < 0.1)
        b = (*batch(), other, columns) if rng.random() < 0.8 else (other,)
        dtypes = _dtypes(rng, *a, *b)
        if rng.random() < 0.05:
            a = ()
        return Sample({}, ((a, dtypes[0]), (b, dtypes[1])))


class bmm(Function):
    """The products of two batches of matrices: [B, N, K] by [B, K, M]."""

    family = Family.MATH
    python = Writer("torch.bmm")
    inputs = ("input", "mat2")
    example = ("[N, T, D], [N, D, S]", "bmm")

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        for port in cls.inputs:
            call.require_rank(3, port=port, layout="[B, N, M]")
        a, b = call.input("input"), call.input("mat2")
        _require_same_dtype(call, a, b)
        call.require_equal(
            a.shape[0], b.shape[0], f"`{call.label}` (bmm) has batches of {a.shape[0]} and of {b.shape[0]} matrices"
        )
        _inner(call, a.shape[2], b.shape[1])
        return a.with_dim(2, b.shape[2])

    @classmethod
    def macs(cls, call: Call) -> Dim:
        return call.output[0].numel * call.input("input").shape[2]

    @classmethod
    def sample(cls, rng: random.Random) -> Sample:
        batch, rows, inner, columns = (rng.randint(0, 4) for _ in range(4))
        a = (batch, rows, inner)
        b: tuple[int, ...] = (batch + (rng.random() < 0.05), inner + (rng.random() < 0.08), columns)
        if rng.random() < 0.05:
            b = b[1:]
        dtypes = _dtypes(rng, *a, *b)
        return Sample({}, ((a, dtypes[0]), (b, dtypes[1])))
