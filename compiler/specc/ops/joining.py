"""Functions that join tensors and take them apart."""

from __future__ import annotations

from typing import TYPE_CHECKING

from specc.ops.arguments import Int, SizeList
from specc.ops.broadcast import result_dtype
from specc.ops.call import Call
from specc.ops.declare import Function, Sample
from specc.ops.shape import Layout
from specc.ops.write import Method, Writer
from specc.shapes.constraints import Proved
from specc.shapes.dim import Dim
from specc.shapes.tensor import TensorType

if TYPE_CHECKING:
    import random


class _Join(Layout, Function, abstract=True):
    inputs = ("*tensors",)


class cat(_Join):
    """Joins tensors along an axis they all have; the other axes agree."""

    python = Writer("torch.cat", listed=True)
    dim = Int("axis to join along", 0)
    example = ("[N, 64, H, W], [N, 32, H, W]", "{op: cat, dim: 1}")

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        tensors = call.types("tensors")
        # PyTorch passes over tensors of shape [0], whatever the rank of the others.
        kept = [t for t in tensors if t.rank != 1 or t.shape[0] != 0] or tensors
        first = kept[0]
        if any(t.rank == 0 for t in tensors):
            call.reject("S302", f"`{call.label}` (cat) joins along an axis, but an input is 0-d", help="use `stack`")
        for other in kept[1:]:
            if other.rank != first.rank:
                call.reject(
                    "S302",
                    f"`{call.label}` (cat) needs inputs of one rank, but they are {first.rank}-d and {other.rank}-d",
                )
        axis = call.axis(call["dim"], first.rank)
        shape = list(first.shape)
        for other in kept[1:]:
            for k in range(first.rank):
                if k == axis:
                    shape[k] = shape[k] + other.shape[k]
                    continue
                call.require_equal(
                    first.shape[k],
                    other.shape[k],
                    f"`{call.label}` (cat) joins along axis {axis}, but axis {k} has sizes "
                    f"{first.shape[k]} and {other.shape[k]}",
                    help="the axes other than `dim` must agree",
                )
        return TensorType(tuple(shape), result_dtype(tensors))

    @classmethod
    def sample(cls, rng: random.Random) -> Sample:
        rank = rng.randint(1, 4)
        shape = [rng.randint(0, 4) for _ in range(rank)]
        axis = rng.randrange(rank)
        inputs = []
        for _ in range(rng.randint(1, 3)):
            own = [d if k != axis else rng.randint(0, 4) for k, d in enumerate(shape)]
            if rng.random() < 0.08:
                own[rng.randrange(rank)] += 1
            if rng.random() < 0.06:
                own = rng.choice([[], [0], own[1:]])
            inputs.append((tuple(own), rng.choice(["float32"] * 5 + ["int64", "float64", "bool"])))
        args = {} if axis == 0 and rng.random() < 0.7 else {"dim": rng.choice([axis, axis - rank])}
        if rng.random() < 0.05:
            args["dim"] = rank
        if all(shape == (0,) for shape, _ in inputs):
            args = {}  # PyTorch then does not look at `dim`
        return Sample(args, tuple(inputs))


class stack(_Join):
    """Joins tensors of one shape along a new axis."""

    python = Writer("torch.stack", listed=True)
    dim = Int("where the new axis goes", 0)
    example = ("[N, D], [N, D]", "{op: stack, dim: 1}")

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        first, *others = tensors = call.types("tensors")
        axis = call.axis(call["dim"], first.rank, extra=1)
        for other in others:
            if other.rank != first.rank:
                call.reject(
                    "S302",
                    f"`{call.label}` (stack) needs inputs of one shape, but they are {first.rank}-d and {other.rank}-d",
                )
            for k, (a, b) in enumerate(zip(first.shape, other.shape, strict=True)):
                call.require_equal(
                    a,
                    b,
                    f"`{call.label}` (stack) needs inputs of one shape, but axis {k} has sizes {a} and {b}",
                    help="`cat` joins along an axis that may differ",
                )
        shape = (*first.shape[:axis], Dim.of(len(tensors)), *first.shape[axis:])
        return TensorType(shape, result_dtype([t.with_shape((1,)) for t in tensors]))

    @classmethod
    def sample(cls, rng: random.Random) -> Sample:
        rank = rng.randint(0, 3)
        shape = [rng.randint(0, 4) for _ in range(rank)]
        inputs = []
        for _ in range(rng.randint(1, 3)):
            own = list(shape)
            if rng.random() < 0.06:
                own = [*own, 1]
            elif own and rng.random() < 0.06:
                own[0] += 1
            inputs.append((tuple(own), rng.choice(["float32"] * 5 + ["int64", "float64"])))
        args = {"dim": rng.randint(-rank - 1, rank + (rng.random() < 0.1))} if rng.random() < 0.7 else {}
        return Sample(args, tuple(inputs))


def _axis(call: Call) -> int:
    if not call.x.rank:
        call.reject(
            "S302", f"`{call.label}` ({call.op.name}) needs an input with at least one axis, but its input is 0-d"
        )
    return call.axis(call["dim"], call.x.rank)


def _pieces(call: Call, axis: int, sizes: list[Dim]) -> tuple[TensorType, ...]:
    return tuple(call.x.with_dim(axis, size) for size in sizes)


def _cut(call: Call, size: Dim, piece: Dim, what: str) -> list[Dim]:
    """`size` in pieces of `piece`, the last one smaller if need be; their number must be known (S304)."""
    if size.is_const and piece.is_const:
        full, rest = divmod(size.value, piece.value)
        return [piece] * full + [Dim.of(rest)] * (rest > 0)
    count = size // piece
    if not count.is_const or not isinstance(call.decide(count * piece, size), Proved):
        call.reject(
            "S304",
            f"`{call.label}` ({call.op.name}) cannot tell how many pieces {what} of axis size `{size}` makes",
            help="give that dimension of the input a number",
        )
    return [piece] * count.value


class _Part(Layout, Function, abstract=True):
    @classmethod
    def _dim(cls, rng: random.Random, shape: tuple[int, ...]) -> dict[str, int]:
        rank = max(len(shape), 1)
        if rng.random() < 0.3:
            return {}
        return {"dim": rng.randint(-rank, rank - 1) + rank * 2 * (rng.random() < 0.08)}

    @classmethod
    def _shape(cls, rng: random.Random) -> tuple[int, ...]:
        return tuple(rng.randint(0, 6) for _ in range(rng.choice([0, 1, 2, 3, 1, 2, 3, 2])))


class chunk(_Part):
    """At most `chunks` pieces of equal size along an axis; the last may be smaller."""

    python = Method("chunk")
    positional = 1
    chunks = Int("how many pieces", min=1)
    dim = Int("axis to cut", 0)
    example = ("[N, T, 768]", "{op: chunk, chunks: 3, dim: -1}")

    @classmethod
    def infer(cls, call: Call) -> tuple[TensorType, ...]:
        axis = _axis(call)
        size, chunks = call.x.shape[axis], call["chunks"]
        piece = (size + (chunks - 1)) // chunks
        if size == 0 or (not size.is_const and isinstance(call.decide(piece * chunks, size), Proved)):
            return _pieces(call, axis, [piece] * chunks)
        return _pieces(call, axis, _cut(call, size, piece, f"`chunks: {chunks}`"))

    @classmethod
    def sample(cls, rng: random.Random) -> Sample:
        shape = cls._shape(rng)
        return Sample(
            {"chunks": rng.randint(1, 5) - (rng.random() < 0.05), **cls._dim(rng, shape)}, ((shape, "float32"),)
        )


class split(_Part):
    """Pieces of a given size along an axis (the last may be smaller), or of the sizes listed."""

    python = Method("split")
    positional = 1
    split_size_or_sections = SizeList("size of every piece, or a list of the sizes", scalar=True)
    dim = Int("axis to cut", 0)
    example = ("[N, T, 768]", "{op: split, split_size_or_sections: 256, dim: -1}")

    @classmethod
    def infer(cls, call: Call) -> tuple[TensorType, ...]:
        axis = _axis(call)
        size, wanted = call.x.shape[axis], call["split_size_or_sections"]
        arg = "split_size_or_sections"
        for value in wanted if isinstance(wanted, tuple) else (wanted,):
            if isinstance(value, int) and value < 0:
                call.reject("L204", f"a size in `{arg}` of `{call.label}` must not be negative", arg=arg, notes=())
        if not isinstance(wanted, tuple):
            piece = call.dim(arg)
            if piece == 0:
                if size != 0:
                    call.reject("L204", f"`{arg}` of `{call.label}` is 0, but axis {axis} has {size}", arg=arg)
                return (call.x,)
            return _pieces(call, axis, _cut(call, size, piece, f"`{arg}: {wanted}`") or [size])
        sizes = [call.dim(arg, k) for k in range(len(wanted))]
        total = Dim.of(0)
        for piece in sizes:
            total = total + piece
        call.require_equal(
            total, size, f"the sizes of `{call.label}` (split) add up to {total}, but axis {axis} has {size}", arg=arg
        )
        return _pieces(call, axis, sizes)

    @classmethod
    def sample(cls, rng: random.Random) -> Sample:
        shape = cls._shape(rng)
        dim = cls._dim(rng, shape)
        axis = dim.get("dim", 0)
        if rng.random() < 0.5 or not -len(shape) <= axis < len(shape):
            return Sample({"split_size_or_sections": rng.randint(0, 4), **dim}, ((shape, "float32"),))
        sizes, left = [], shape[axis]
        while left > 0:
            sizes.append(rng.randint(0, left))
            left -= sizes[-1]
        if rng.random() < 0.15:
            sizes.append(rng.choice([1, -1]))
        return Sample({"split_size_or_sections": sizes, **dim}, ((shape, "float32"),))


class unbind(_Part):
    """Every slice along an axis, which is dropped."""

    python = Method("unbind")
    dim = Int("axis to take apart", 0)
    example = ("[3, N, D]", "unbind")

    @classmethod
    def infer(cls, call: Call) -> tuple[TensorType, ...]:
        axis = _axis(call)
        size = call.x.shape[axis]
        if not size.is_const:
            call.reject(
                "S304",
                f"`{call.label}` (unbind) gives as many tensors as axis {axis} is long, which is `{size}`",
                help="give that dimension of the input a number",
            )
        piece = call.x.with_shape((*call.x.shape[:axis], *call.x.shape[axis + 1 :]))
        return (piece,) * size.value

    @classmethod
    def sample(cls, rng: random.Random) -> Sample:
        shape = cls._shape(rng)
        return Sample({**cls._dim(rng, shape)}, ((shape, "float32"),))
