"""Functions that reorder, drop and add axes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from specc.ops.arguments import Int, Ints
from specc.ops.call import Call
from specc.ops.declare import Family, Function, Sample, Saved
from specc.ops.sampling import a_dim, a_dtype, a_shape
from specc.ops.write import Method
from specc.shapes.constraints import Proved, Refuted
from specc.shapes.dim import Dim
from specc.shapes.tensor import TensorType

if TYPE_CHECKING:
    import random


class Axes(Function, abstract=True):
    """Elements are moved at most: nothing is computed, nothing kept."""

    family = Family.SHAPE
    keeps = Saved()

    @classmethod
    def macs(cls, call: Call) -> int:
        return 0


def require_axes(call: Call) -> None:
    if not call.x.rank:
        call.reject(
            "S302", f"`{call.label}` ({call.op.name}) needs an input with at least one axis, but its input is 0-d"
        )


def distinct(call: Call, dims: tuple[int, ...], arg: str) -> list[int]:
    """The axes counted from the front, none twice (S309)."""
    axes = [call.axis(d, call.x.rank, arg=arg) for d in dims]
    for k, axis in enumerate(axes):
        if axis in axes[:k]:
            call.reject("S309", f"`{arg}` of `{call.label}` ({call.op.name}) names axis {axis} twice", arg=arg)
    return axes


def as_tuple(value: int | tuple[int, ...]) -> tuple[int, ...]:
    return value if isinstance(value, tuple) else (value,)


class permute(Axes):
    """The axes in another order: output axis k is input axis `dims[k]`."""

    python = Method("permute", splat=True)
    view = True
    formula = "out[i_{dims[0]}, …, i_{dims[d−1]}] = x[i₀, …, i_{d−1}]"
    positional = 1
    dims = Ints("every axis, in the new order")
    example = ("[N, H, W, C]", "{op: permute, dims: [0, 3, 1, 2]}")

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        require_axes(call)
        dims, rank = call["dims"], call.x.rank
        if len(dims) != rank:
            call.reject(
                "S310", f"`dims` of `{call.label}` (permute) names {len(dims)} axes of a {rank}-d input", arg="dims"
            )
        return call.x.with_shape(call.x.shape[axis] for axis in distinct(call, dims, "dims"))

    @classmethod
    def sample(cls, rng: random.Random) -> Sample:
        shape = a_shape(rng, 1)
        dims = [k - len(shape) * (rng.random() < 0.3) for k in rng.sample(range(len(shape)), len(shape))]
        if rng.random() < 0.1:
            dims[0] = rng.randint(-5, 4)
        if rng.random() < 0.05:
            dims.append(0)
        return Sample({"dims": dims}, ((shape, a_dtype(rng)),))


class _Exchange(Axes, abstract=True):
    """Two axes exchanged."""

    view = True
    formula = "out[…, j, …, i, …] = x[…, i, …, j, …], with i and j at the two axes"
    positional = 2

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        one, other = (call.axis(call[arg], call.x.rank, arg=arg) for arg in cls.args)
        if not call.x.rank:
            return call.x
        return call.x.with_dim(one, call.x.shape[other]).with_dim(other, call.x.shape[one])

    @classmethod
    def sample(cls, rng: random.Random) -> Sample:
        shape = a_shape(rng)
        return Sample({name: a_dim(rng, len(shape)) for name in cls.args}, ((shape, a_dtype(rng)),))


class transpose(_Exchange):
    """Two axes exchanged."""

    python = Method("transpose")
    dim0 = Int("one axis")
    dim1 = Int("the other")
    example = ("[N, T, D]", "{op: transpose, dim0: 1, dim1: 2}")


class swapdims(_Exchange):
    """Two axes exchanged: `transpose` by another name."""

    python = Method("swapdims")
    dim0 = Int("one axis")
    dim1 = Int("the other")
    example = ("[N, T, D]", "{op: swapdims, dim0: 1, dim1: 2}")


class swapaxes(_Exchange):
    """Two axes exchanged: `transpose` by NumPy's name."""

    python = Method("swapaxes")
    axis0 = Int("one axis")
    axis1 = Int("the other")
    example = ("[N, T, D]", "{op: swapaxes, axis0: 1, axis1: 2}")


class _Move(Axes, abstract=True):
    """Axes moved to other places; the others keep their order."""

    view = True
    formula = "axis source[k] of x is axis destination[k] of the output; the other axes fill the places left, in order"
    positional = 2
    source = Ints("axis or axes to move", scalar=True)
    destination = Ints("where each goes", scalar=True)

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        given = {arg: as_tuple(call[arg]) for arg in cls.args}
        source, destination = given.values()
        if isinstance(call["source"], tuple) != isinstance(call["destination"], tuple):
            call.reject(
                "S310",
                f"`source` and `destination` of `{call.label}` ({cls.name}) must both be axes, or both lists of axes",
                arg="destination",
                notes=(),
            )
        if len(source) != len(destination):
            call.reject(
                "S310",
                f"`{call.label}` ({cls.name}) moves {len(source)} axes to {len(destination)} places",
                arg="destination",
                notes=(),
            )
        taken, placed = (distinct(call, dims, arg) for arg, dims in given.items())
        if not call.x.rank:
            return call.x
        moved = dict(zip(placed, taken, strict=True))
        rest = iter(axis for axis in range(call.x.rank) if axis not in taken)
        return call.x.with_shape(call.x.shape[moved[k] if k in moved else next(rest)] for k in range(call.x.rank))

    @classmethod
    def sample(cls, rng: random.Random) -> Sample:
        shape = a_shape(rng)
        if rng.random() < 0.4 or not shape:
            return Sample({name: a_dim(rng, len(shape)) for name in cls.args}, ((shape, a_dtype(rng)),))
        count = rng.randint(1, len(shape))
        args = {name: [a - len(shape) * (rng.random() < 0.3) for a in rng.sample(range(len(shape)), count)]
                for name in cls.args}  # fmt: skip
        if rng.random() < 0.1:
            args["source"][0] = rng.randint(-5, 4)
        return Sample(args, ((shape, a_dtype(rng)),))


class movedim(_Move):
    """Axes moved to other places; the others keep their order."""

    python = Method("movedim")
    example = ("[N, H, W, C]", "{op: movedim, source: 3, destination: 1}")


class moveaxis(_Move):
    """Axes moved to other places: `movedim` by NumPy's name."""

    python = Method("moveaxis")
    example = ("[N, H, W, C]", "{op: moveaxis, source: -1, destination: 1}")


class t(Axes):
    """A matrix transposed; a vector stays as it is."""

    python = Method("t")
    view = True
    formula = "out[j, i] = x[i, j]"
    example = ("[N, D]", "t")

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        if call.x.rank > 2:
            call.reject(
                "S302",
                f"`{call.label}` (t) transposes a matrix, but its input is {call.x.rank}-d",
                help="`transpose` exchanges two axes of any tensor",
            )
        return call.x.with_shape(reversed(call.x.shape))

    @classmethod
    def sample(cls, rng: random.Random) -> Sample:
        return Sample({}, ((a_shape(rng, 0, 3 if rng.random() < 0.3 else 2), a_dtype(rng)),))


class adjoint(Axes):
    """The last two axes exchanged, and complex numbers conjugated."""

    python = Method("adjoint")
    view = True
    formula = "out[…, j, i] = conj(x[…, i, j])"
    example = ("[N, T, D]", "adjoint")

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        if call.x.rank == 1:
            call.reject("S302", f"`{call.label}` (adjoint) needs matrices, but its input is 1-d")
        if not call.x.rank:
            return call.x
        return call.x.with_shape((*call.x.shape[:-2], call.x.shape[-1], call.x.shape[-2]))

    @classmethod
    def sample(cls, rng: random.Random) -> Sample:
        return Sample({}, ((a_shape(rng), a_dtype(rng)),))


class squeeze(Axes):
    """Axes of size 1 dropped: those named, or all. A named axis of another size stays."""

    python = Method("squeeze")
    view = True
    formula = "the elements of x, without indices that can only be 0"
    positional = 1
    dim = Ints("axis or axes to drop; all of size 1 if left out", None, scalar=True)
    example = ("[N, 512, 1, 1]", "{op: squeeze, dim: [2, 3]}")

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        dim, rank = call["dim"], call.x.rank
        axes = list(range(rank)) if dim is None else distinct(call, dim if isinstance(dim, tuple) else (dim,), "dim")
        kept = []
        for k, size in enumerate(call.x.shape):
            verdict = call.decide(size, Dim.of(1)) if k in axes else None
            if isinstance(verdict, Proved):
                continue
            if verdict is not None and not isinstance(verdict, Refuted):
                call.reject(
                    "S304",
                    f"`{call.label}` (squeeze) drops axis {k} only when it is 1, and its size is `{size}`",
                    arg="dim",
                    help="name the axes of size 1 with `dim`"
                    + ("" if size.fresh else f", or add `where: [{size} >= 2]`"),
                )
            kept.append(size)
        return call.x.with_shape(kept)

    @classmethod
    def sample(cls, rng: random.Random) -> Sample:
        shape = a_shape(rng)
        args: dict[str, Any] = {}
        if rng.random() < 0.8:
            args["dim"] = a_dim(rng, len(shape))
            if rng.random() < 0.4:
                args["dim"] = [a_dim(rng, len(shape)) for _ in range(rng.randint(0, 2))]
        return Sample(args, ((shape, a_dtype(rng)),))


class unsqueeze(Axes):
    """A new axis of size 1."""

    python = Method("unsqueeze")
    view = True
    formula = "out[…, 0, …] = x[…, …]"
    positional = 1
    dim = Int("where the new axis goes")
    example = ("[N, T]", "{op: unsqueeze, dim: 1}")

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        axis = call.axis(call["dim"], call.x.rank, extra=1)
        return call.x.with_shape((*call.x.shape[:axis], 1, *call.x.shape[axis:]))

    @classmethod
    def sample(cls, rng: random.Random) -> Sample:
        shape = a_shape(rng)
        return Sample({"dim": a_dim(rng, len(shape) + 1)}, ((shape, a_dtype(rng)),))
