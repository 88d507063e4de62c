"""Distances and similarities between vectors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from specc.ops.arguments import Bool, Choice, Float, Int
from specc.ops.broadcast import broadcast, result_dtype
from specc.ops.call import Call
from specc.ops.declare import Family, Function, Module, Op, Owned, Sample, Saved
from specc.ops.operands import common_dtype
from specc.ops.write import Writer
from specc.shapes.constraints import Proved, at_least
from specc.shapes.dim import Dim
from specc.shapes.dtype import FLOATING, is_floating, promote, real
from specc.shapes.tensor import DTYPES, TensorType

if TYPE_CHECKING:
    import random


def between(call: Call, one: TensorType, other: TensorType, p: float) -> TensorType:
    """The p-norms of differences along the last axis, which goes: what `pairwise_distance` gives of two types."""
    shape = broadcast(call, [one, other])
    dtype = common_dtype(call, [one, other], [1.0])
    if shape and (p < 0 or p == float("inf")):
        call.require_at_least(
            shape[-1], 1, f"`{call.label}` ({call.op.name}) has vectors of size 0, which have no norm of p = {p}"
        )
    return TensorType(shape[:-1], real(dtype))


def require_numbers(call: Call, *ports: str) -> None:
    """Differences are defined of all numbers, not of booleans (S307)."""
    call.require_dtype([dtype for dtype in DTYPES if dtype != "bool"], "numbers", *ports)


class _Distance(Op, abstract=True):
    family = Family.DISTANCE
    inputs: ClassVar[tuple[str, ...]] = ("x1", "x2")

    @classmethod
    def parameters(cls, call: Call) -> dict[str, Owned]:
        return {}

    @classmethod
    def macs(cls, call: Call) -> Dim | int:
        return 0

    @classmethod
    def sample(cls, rng: random.Random) -> Sample:
        shape = tuple(rng.randint(0, 3) for _ in range(rng.randint(0, 4)))
        other = tuple(1 if rng.random() < 0.15 else size + (rng.random() < 0.05) for size in shape)
        other = other[rng.randint(0, len(other)) :] if rng.random() < 0.2 else other
        first = rng.choice(["float32"] * 6 + list(DTYPES))
        pair = [(shape, first), (other, first if rng.random() < 0.7 else rng.choice(DTYPES))]
        rng.shuffle(pair)
        values: dict[str, list[Any]] = {
            "dim": list(range(-3, 4)),
            "eps": [1e-6, 0.1, 0],
            "p": [1.0, 2, 0, 0.5, -1, float("inf"), 3.0],
            "keepdim": [True, False],
        }
        args = {name: rng.choice(values[name]) for name in cls.args if rng.random() < 0.6}
        return Sample(args, tuple(pair))


class _Cosine(_Distance, abstract=True):
    formula = "out = x1 · x2 / (max(‖x1‖, eps) · max(‖x2‖, eps)), along `dim`"
    dim = Int("the axis that holds the vectors, counted over both inputs broadcast", 1)
    eps = Float("the least length a vector counts with", 1e-8, min=0)

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        shape = broadcast(call, [call.input("x1"), call.input("x2")])
        # Both are converted first: here a 0-d tensor counts as much as any other.
        dtype = promote(call.input("x1").dtype, call.input("x2").dtype)
        axis = call.axis(call["dim"], len(shape))
        if not is_floating(dtype):
            call.reject("S307", f"`{call.label}` ({call.op.name}) takes floats, but its inputs are {dtype}")
        return TensorType(shape[:axis] + shape[axis + 1 :], dtype)

    @classmethod
    def saved(cls, call: Call) -> Saved:
        """Of each input its length, before and after `eps`, and the other's unit vectors."""
        types = [call.input("x1"), call.input("x2")]
        shape, common = broadcast(call, types), promote(types[0].dtype, types[1].dtype)
        kept, extra = [], Dim.of(0)
        for port, own, other in (("x1", types[0], types[1]), ("x2", types[1], types[0])):
            if is_floating(own.dtype):
                kept.append(port)
                lengths = call.output[0].with_dtype(own.dtype)
                unit = TensorType(shape, other.dtype if is_floating(other.dtype) else common)
                extra = extra + 2 * lengths.nbytes + unit.nbytes
        return Saved(tuple(kept), extra=extra)


class CosineSimilarity(_Cosine, Module):
    """The cosine of the angle between two vectors, 1 where they point the same way."""

    example = ("[N, 128], [N, 128]", "{op: CosineSimilarity, from: [a, b]}")


class cosine_similarity(_Cosine, Function):
    """The cosine of the angle between two vectors: the function of `CosineSimilarity`."""

    python = Writer("F.cosine_similarity")
    example = ("[N, 128], [N, 128]", "{op: cosine_similarity, from: [a, b]}")


class _Pairwise(_Distance, abstract=True):
    formula = "out = ‖x1 − x2 + eps‖_p = (Σ |x1 − x2 + eps|^p)^(1/p), along the last axis"
    p = Float("p of the p-norm", 2.0)
    eps = Float("added to each difference, so that the gradient of a distance of 0 is finite", 1e-6)
    keepdim = Bool("whether the last axis stays, with size 1", False)

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        require_numbers(call, "x1", "x2")
        x1, x2 = call.input("x1"), call.input("x2")
        distance = between(call, x1, x2, call["p"])
        kept = call["keepdim"] and max(x1.rank, x2.rank) > 0
        return TensorType((*distance.shape, Dim.of(1)), distance.dtype) if kept else distance

    @classmethod
    def saved(cls, call: Call) -> Saved:
        pair = [call.input("x1"), call.input("x2")]
        return Saved(outputs=(0,), extra=TensorType(broadcast(call, pair), result_dtype(pair, [1.0])).nbytes)


class PairwiseDistance(_Pairwise, Module):
    """The distance of each vector of one input from its counterpart in the other."""

    example = ("[N, 128], [N, 128]", "{op: PairwiseDistance, from: [a, b]}")


class pairwise_distance(_Pairwise, Function):
    """The distance of each vector from its counterpart in the other input: the function of `PairwiseDistance`."""

    python = Writer("F.pairwise_distance")
    example = ("[N, 128], [N, 128]", "{op: pairwise_distance, from: [a, b]}")


_KERNEL = ("float32", "float64")
_MODES = ("use_mm_for_euclid_dist_if_necessary", "use_mm_for_euclid_dist", "donot_use_mm_for_euclid_dist")


class cdist(_Distance, Function):
    """The distance of every vector of one input from every vector of the other: [*, P, M] and [*, R, M] to [*, P, R].

    Euclidean distances of more than 25 vectors are computed by a matrix product, which is fast and less exact.
    """

    formula = "out[…, i, j] = ‖x1[…, i] − x2[…, j]‖_p = (Σ_m |x1[…, i, m] − x2[…, j, m]|^p)^(1/p)"
    python = Writer("torch.cdist")
    p = Float("p of the p-norm", 2.0, min=0)
    compute_mode = Choice("whether Euclidean distances are computed by a matrix product", _MODES, _MODES[0])
    example = ("[N, P, 64], [N, R, 64]", "{op: cdist, from: [a, b]}")

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        x1, x2 = call.input("x1"), call.input("x2")
        product = call["p"] == 2 and call["compute_mode"] == "use_mm_for_euclid_dist"
        call.require_dtype(FLOATING if product else _KERNEL, "float32 or float64", "x1", "x2")
        for port in ("x1", "x2"):
            if call.input(port).rank < 2:
                call.reject(
                    "S302", f"`{call.label}` (cdist) needs vectors [*, P, M], but its `{port}` is {call.input(port)}"
                )
        if x1.dtype != x2.dtype:
            call.reject(
                "S307", f"`{call.label}` (cdist) needs inputs of one dtype, and they are {x1.dtype} and {x2.dtype}"
            )
        call.require_equal(
            x1.shape[-1],
            x2.shape[-1],
            f"`{call.label}` (cdist) compares vectors of size {x1.shape[-1]} and {x2.shape[-1]}",
        )
        batch = broadcast(call, [TensorType(x1.shape[:-2], x1.dtype), TensorType(x2.shape[:-2], x2.dtype)])
        return TensorType((*batch, x1.shape[-2], x2.shape[-2]), x1.dtype)

    @classmethod
    def saved(cls, call: Call) -> Saved:
        """Both inputs; the matrix product is given copies where they are broadcast."""
        sides = [call.input(port).shape[-2] for port in cls.inputs]
        large = any(isinstance(at_least(side, Dim.of(26), call.facts), Proved) for side in sides)
        mode = _MODES.index(call["compute_mode"])
        if call["p"] != 2 or not (mode == 1 or (mode == 0 and large)):
            return Saved(cls.inputs, (0,))
        kept, extra, batch = [], Dim.of(0), call.output[0].shape[:-2]
        for port in cls.inputs:
            given = call.input(port)
            whole = TensorType((*batch, *given.shape[-2:]), given.dtype)
            if whole.numel == given.numel:
                kept.append(port)
            else:
                extra = extra + whole.nbytes
        return Saved(tuple(kept), (0,), extra)

    @classmethod
    def sample(cls, rng: random.Random) -> Sample:
        batch = tuple(rng.randint(0, 3) for _ in range(rng.randint(0, 2)))
        other = tuple(1 if rng.random() < 0.2 else size for size in batch)[rng.choice([0, 0, len(batch)]) :]
        size = rng.randint(0, 3)
        dtype = rng.choice(["float32"] * 6 + ["float64", "float16", "int64"])
        first = (*batch, rng.randint(0, 4), size)
        second = (*other, rng.randint(0, 4), size + (rng.random() < 0.1))
        values: dict[str, list[Any]] = {"p": [1.0, 2, 0, 3.5, float("inf"), -1], "compute_mode": list(_MODES)}
        args = {name: rng.choice(values[name]) for name in cls.args if rng.random() < 0.6}
        return Sample(args, ((first, dtype), (second, dtype)))


class pdist(_Distance, Function):
    """The distance between every two vectors of [N, M], each pair once: [N·(N − 1)/2]."""

    formula = "out[k] = ‖input[i] − input[j]‖_p, over i < j: (0, 1), (0, 2), …, (N − 2, N − 1)"
    inputs = ("input",)
    keeps = Saved(("input",), (0,))
    python = Writer("F.pdist")
    p = Float("p of the p-norm", 2.0, min=0)
    example = ("[N, 64]", "pdist")

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        call.require_dtype(_KERNEL, "float32 or float64")
        call.require_rank(2, layout="[N, M]")
        count = call.x.shape[0]
        if count.is_const and count.value == 0:
            return TensorType((count,), call.x.dtype)
        return TensorType((count * (count - 1) // 2,), call.x.dtype)

    @classmethod
    def sample(cls, rng: random.Random) -> Sample:
        shape = tuple(rng.randint(0, 4) for _ in range(rng.choice([1, 2, 2, 2, 2, 2, 3])))
        dtype = rng.choice(["float32"] * 6 + ["float64", "float16", "int64"])
        args = {"p": rng.choice([1.0, 2, 0, 3.5, float("inf"), -1])} if rng.random() < 0.6 else {}
        return Sample(args, ((shape, dtype),))
