"""Diagonals taken out and put in, and triangles of matrices."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from specc.ops.arguments import Int
from specc.ops.axes import Axes
from specc.ops.call import Call
from specc.ops.declare import Sample
from specc.ops.sampling import a_dim, a_dtype, a_shape
from specc.ops.write import Method, Writer
from specc.shapes.dim import Dim
from specc.shapes.tensor import TensorType

if TYPE_CHECKING:
    import random


def _require_plane(call: Call) -> None:
    if call.x.rank < 2:
        call.reject(
            "S302",
            f"`{call.label}` ({call.op.name}) needs an input with at least two axes, but its input is {call.x.rank}-d",
        )


class _Triangle(Axes, abstract=True):
    """A triangle of the last two axes; the rest becomes 0."""

    same_shape = True
    positional = 1
    diagonal = Int("the last diagonal that belongs to it: 0 the main one, 1 the one above it, -1 below", 0)

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        _require_plane(call)
        return call.x

    @classmethod
    def sample(cls, rng: random.Random) -> Sample:
        shape = a_shape(rng, 1 if rng.random() < 0.2 else 2, 4)
        return Sample({"diagonal": rng.randint(-4, 4)} if rng.random() < 0.7 else {}, ((shape, a_dtype(rng)),))


class tril(_Triangle):
    """The lower triangle of matrices; what lies above it becomes 0: a causal mask of ones."""

    python = Method("tril")
    formula = "out[…, i, j] = x[…, i, j] where j ≤ i + diagonal, else 0"
    example = ("[T, T]", "tril")


class triu(_Triangle):
    """The upper triangle of matrices; what lies below it becomes 0."""

    python = Method("triu")
    formula = "out[…, i, j] = x[…, i, j] where j ≥ i + diagonal, else 0"
    example = ("[T, T]", "{op: triu, diagonal: 1}")


def _length(rows: Dim, columns: Dim, offset: int) -> Dim:
    """The length of a diagonal: 0 where it lies outside."""
    if offset >= 0:
        columns = columns - offset
    else:
        rows = rows + offset
    shorter = rows if rows == columns else Dim.minimum(rows, columns)
    return Dim.maximum(shorter, 0)


class diagonal(Axes):
    """The diagonal of the plane of two axes, as a new last axis."""

    python = Method("diagonal")
    view = True
    formula = "out[…, i] = x[…, i + max(0, −offset), …, i + max(0, offset), …]"
    offset = Int("which diagonal: 0 the main one, positive above it, negative below", 0)
    dim1 = Int("the axis of the rows", 0)
    dim2 = Int("the axis of the columns", 1)
    example = ("[N, 8, 8]", "{op: diagonal, dim1: 1, dim2: 2}")

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        if not call.x.rank:
            _require_plane(call)
        one, other = (call.axis(call[arg], call.x.rank, arg=arg) for arg in ("dim1", "dim2"))
        if one == other:
            call.reject("S309", f"`dim1` and `dim2` of `{call.label}` (diagonal) are both axis {one}", arg="dim2")
        length = _length(call.x.shape[one], call.x.shape[other], call["offset"])
        return call.x.with_shape([*(d for k, d in enumerate(call.x.shape) if k not in (one, other)), length])

    @classmethod
    def sample(cls, rng: random.Random) -> Sample:
        shape = a_shape(rng, 1 if rng.random() < 0.1 else 2, 4)
        args = {"offset": rng.randint(-4, 4)} if rng.random() < 0.6 else {}
        args |= {name: a_dim(rng, len(shape)) for name in ("dim1", "dim2") if rng.random() < 0.6}
        return Sample(args, ((shape, a_dtype(rng)),))


class diag(Axes):
    """The diagonal of a matrix; of a vector, the matrix that has it as its diagonal."""

    python = Method("diag")
    positional = 1
    formula = "of a matrix: out[i] = x[i, i + diagonal]; of a vector: out[i, i + diagonal] = x[i], else 0"
    diagonal = Int("which diagonal: 0 the main one, positive above it, negative below", 0)
    example = ("[D]", "diag")

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        call.require_rank(1, 2)
        if call.x.rank == 2:
            return call.x.with_shape((_length(call.x.shape[0], call.x.shape[1], call["diagonal"]),))
        size = call.x.shape[0] + abs(call["diagonal"]) if call["diagonal"] else call.x.shape[0]
        return call.x.with_shape((size, size))

    @classmethod
    def sample(cls, rng: random.Random) -> Sample:
        shape = a_shape(rng, 0 if rng.random() < 0.1 else 1, 3 if rng.random() < 0.1 else 2)
        return Sample({"diagonal": rng.randint(-4, 4)} if rng.random() < 0.7 else {}, ((shape, a_dtype(rng)),))


class diag_embed(Axes):
    """Matrices that have the last axis as their diagonal, and 0 elsewhere."""

    python = Writer("torch.diag_embed")
    formula = "out[…, i + max(0, −offset), i + max(0, offset)] = x[…, i], else 0"
    offset = Int("which diagonal: 0 the main one, positive above it, negative below", 0)
    dim1 = Int("where the axis of the rows goes", -2)
    dim2 = Int("where the axis of the columns goes", -1)
    example = ("[N, D]", "diag_embed")

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        if not call.x.rank:
            call.reject(
                "S302", f"`{call.label}` (diag_embed) needs an input with at least one axis, but its input is 0-d"
            )
        rank, offset = call.x.rank + 1, call["offset"]
        one, other = (call.axis(call[arg], call.x.rank, arg=arg, extra=1) for arg in ("dim1", "dim2"))
        if one == other:
            call.reject("S309", f"`dim1` and `dim2` of `{call.label}` (diag_embed) are both axis {one}", arg="dim2")
        size = call.x.shape[-1] + abs(offset) if offset else call.x.shape[-1]
        rest = iter(call.x.shape[:-1])
        return call.x.with_shape([size if k in (one, other) else next(rest) for k in range(rank)])

    @classmethod
    def sample(cls, rng: random.Random) -> Sample:
        shape = a_shape(rng, 0 if rng.random() < 0.1 else 1, 3)
        args: dict[str, Any] = {"offset": rng.randint(-3, 3)} if rng.random() < 0.6 else {}
        args |= {name: a_dim(rng, len(shape) + 1) for name in ("dim1", "dim2") if rng.random() < 0.5}
        return Sample(args, ((shape, a_dtype(rng)),))
