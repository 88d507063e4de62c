"""Functions that join tensors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from specc.ops.arguments import Int
from specc.ops.broadcast import result_dtype
from specc.ops.call import Call
from specc.ops.declare import Function, Sample
from specc.ops.sampling import USUAL
from specc.ops.shape import Layout
from specc.ops.write import Writer
from specc.shapes.dim import Dim
from specc.shapes.tensor import TensorType

if TYPE_CHECKING:
    import random


class _Join(Layout, Function, abstract=True):
    inputs = ("*tensors",)


def joined(call: Call, tensors: Sequence[TensorType], axis: int, *, help: str) -> TensorType:
    """Tensors of one rank side by side along an axis; tensors of shape [0] count for nothing."""
    kept = [t for t in tensors if t.rank != 1 or t.shape[0] != 0] or tensors
    first, name = kept[0], f"`{call.label}` ({call.op.name})"
    for other in kept[1:]:
        if other.rank != first.rank:
            call.reject("S302", f"{name} needs inputs of one rank, but they are {first.rank}-d and {other.rank}-d")
    shape = list(first.shape)
    for other in kept[1:]:
        for k in range(first.rank):
            if k == axis:
                shape[k] = shape[k] + other.shape[k]
                continue
            call.require_equal(
                first.shape[k],
                other.shape[k],
                f"{name} joins along axis {axis}, but axis {k} has sizes {first.shape[k]} and {other.shape[k]}",
                help=help,
            )
    return TensorType(tuple(shape), result_dtype(tensors))


class _Along(_Join, abstract=True):
    """Joins tensors along an axis they all have; the other axes agree."""

    formula = "out = the tensors one after the other along axis dim; n_dim = Σ_k n_dim of tensor k"
    dim = Int("axis to join along", 0)

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        tensors = call.types("tensors")
        if any(t.rank == 0 for t in tensors):
            call.reject(
                "S302", f"`{call.label}` ({cls.name}) joins along an axis, but an input is 0-d", help="use `stack`"
            )
        rank = next((t.rank for t in tensors if t.rank != 1 or t.shape[0] != 0), 1)
        return joined(call, tensors, call.axis(call["dim"], rank), help="the axes other than `dim` must agree")

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
                own = rng.choice([[], [0], [0], own[1:]])
            inputs.append((tuple(own), rng.choice(USUAL)))
        args = {} if axis == 0 and rng.random() < 0.7 else {"dim": rng.choice([axis, axis - rank])}
        if rng.random() < 0.05:
            args["dim"] = rank
        return Sample(args, tuple(inputs))


class cat(_Along):
    """Joins tensors along an axis they all have; the other axes agree."""

    python = Writer("torch.cat", listed=True)
    example = ("[N, 64, H, W], [N, 32, H, W]", "{op: cat, dim: 1}")


class concat(_Along):
    """Joins tensors along an axis they all have: `cat` by another name."""

    python = Writer("torch.concat", listed=True)
    example = ("[N, 64, H, W], [N, 32, H, W]", "{op: concat, dim: 1}")


class concatenate(_Along):
    """Joins tensors along an axis they all have: `cat` by NumPy's name."""

    python = Writer("torch.concatenate", listed=True)
    example = ("[N, 64, H, W], [N, 32, H, W]", "{op: concatenate, dim: 1}")


class stack(_Join):
    """Joins tensors of one shape along a new axis."""

    python = Writer("torch.stack", listed=True)
    formula = "out[…, k, …] = tensor k [… , …], with k at axis dim"
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
            inputs.append((tuple(own), rng.choice(USUAL)))
        args = {"dim": rng.randint(-rank - 1, rank + (rng.random() < 0.1))} if rng.random() < 0.7 else {}
        return Sample(args, tuple(inputs))


class _Stacked(_Join, abstract=True):
    """Tensors joined along a given axis, after axes of size 1 are added where there are too few."""

    low = 1  # the least number of axes

    @classmethod
    def shaped(cls, shape: tuple[Dim, ...]) -> tuple[Dim, ...]:
        """The shape as it is joined."""
        one = Dim.of(1)
        if len(shape) >= cls.low:
            return shape
        if cls.low < 3:
            return (one,) * (cls.low - len(shape)) + shape
        return (*(one,) * (len(shape) < 2), *(shape or (one,)), one)

    @classmethod
    def axis(cls, tensors: list[TensorType]) -> int:
        return cls.low - 1

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        tensors = [t.with_shape(cls.shaped(t.shape)) for t in call.types("tensors")]
        return joined(call, tensors, cls.axis(tensors), help="the other axes must agree")

    @classmethod
    def sample(cls, rng: random.Random) -> Sample:
        rank = rng.randint(0, 4)
        shape = [rng.randint(0, 4) for _ in range(rank)]
        inputs = []
        for _ in range(rng.randint(1, 3)):
            own = list(shape)
            if own and rng.random() < 0.5:
                axis = min(cls.low - 1, rank - 1) if rng.random() < 0.8 else rng.randrange(rank)
                own[axis] = rng.randint(0, 4)
            if rng.random() < 0.12:
                own = own[1:]
            if rng.random() < 0.05:
                own = [0]
            inputs.append((tuple(own), rng.choice(USUAL)))
        return Sample({}, tuple(inputs))


class hstack(_Stacked):
    """Joins tensors along the second axis, vectors along their only one."""

    python = Writer("torch.hstack", listed=True)
    formula = "out = cat of the tensors along axis 1; vectors (and numbers) along axis 0"
    example = ("[N, 64], [N, 32]", "hstack")

    @classmethod
    def axis(cls, tensors: list[TensorType]) -> int:
        return 0 if tensors[0].rank == 1 else 1


class vstack(_Stacked):
    """Joins tensors along the first axis; a vector counts as a row."""

    low = 2
    python = Writer("torch.vstack", listed=True)
    formula = "out = cat of the tensors along axis 0, a vector as [1, N]"
    example = ("[N, 64], [M, 64]", "vstack")

    @classmethod
    def axis(cls, tensors: list[TensorType]) -> int:
        return 0


class dstack(_Stacked):
    """Joins tensors along the third axis; axes of size 1 are added where there are too few."""

    low = 3
    python = Writer("torch.dstack", listed=True)
    formula = "out = cat of the tensors along axis 2, [H, W] as [H, W, 1] and [N] as [1, N, 1]"
    example = ("[H, W], [H, W]", "dstack")


class column_stack(_Stacked):
    """Joins tensors along the second axis; a vector counts as a column."""

    low = 2
    python = Writer("torch.column_stack", listed=True)
    formula = "out = cat of the tensors along axis 1, a vector as [N, 1]"
    example = ("[N], [N, 64]", "column_stack")

    @classmethod
    def shaped(cls, shape: tuple[Dim, ...]) -> tuple[Dim, ...]:
        one = Dim.of(1)
        return shape if len(shape) > 1 else (*(shape or (one,)), one)
