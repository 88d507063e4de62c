"""Functions that reverse, rotate and shift the elements along axes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from specc.ops.arguments import Int, Ints
from specc.ops.axes import Axes, as_tuple, distinct, require_axes
from specc.ops.call import Call
from specc.ops.declare import Sample
from specc.ops.sampling import a_dim, a_dtype, a_shape
from specc.ops.write import Method, Writer
from specc.shapes.tensor import TensorType

if TYPE_CHECKING:
    import random


class roll(Axes):
    """Elements shifted along axes; what leaves at one end comes in at the other."""

    same_shape = True
    formula = "out[…, (i + shift) mod n, …] = x[…, i, …] for every axis of dims"
    python = Method("roll")
    positional = 1
    shifts = Ints("by how much, for every axis of `dims`", scalar=True)
    dims = Ints("the axes; the flattened input if left out", (), scalar=True)
    example = ("[N, H, W, C]", "{op: roll, shifts: [-3, -3], dims: [1, 2]}")

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        shifts, dims = as_tuple(call["shifts"]), as_tuple(call["dims"])
        if len(shifts) != (len(dims) or 1):
            call.reject(
                "S310",
                f"`{call.label}` (roll) has {len(shifts)} `shifts` for {len(dims)} `dims`",
                arg="shifts",
                notes=(),
            )
        if dims:
            require_axes(call)
        for d in dims:
            call.axis(d, call.x.rank, arg="dims")
        return call.x

    @classmethod
    def sample(cls, rng: random.Random) -> Sample:
        shape = a_shape(rng, 1)
        dims = [a_dim(rng, len(shape)) for _ in range(rng.randint(1, 2))]
        args: dict[str, Any] = {"shifts": [rng.randint(-3, 3) for _ in dims], "dims": dims}
        if len(dims) == 1 and rng.random() < 0.5:
            args = {"shifts": args["shifts"][0], "dims": dims[0]}
        if rng.random() < 0.2:
            del args["dims"]
        return Sample(args, ((shape, a_dtype(rng)),))


class flip(Axes):
    """The order of elements reversed along axes."""

    same_shape = True
    formula = "out[…, i, …] = x[…, n − 1 − i, …] for every axis of dims"
    python = Method("flip")
    positional = 1
    dims = Ints("the axes to reverse", scalar=True)
    example = ("[N, T, D]", "{op: flip, dims: 1}")

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        distinct(call, as_tuple(call["dims"]), "dims")
        return call.x

    @classmethod
    def sample(cls, rng: random.Random) -> Sample:
        shape = a_shape(rng)
        dims: Any = [a_dim(rng, len(shape)) for _ in range(rng.randint(0, 2))]
        if len(dims) == 1 and rng.random() < 0.6:
            dims = dims[0]
        return Sample({"dims": dims}, ((shape, a_dtype(rng)),))


class _Flip(Axes, abstract=True):
    """One axis of a matrix reversed."""

    same_shape = True
    needs = 1  # axes

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        if call.x.rank < cls.needs:
            call.reject(
                "S302",
                f"`{call.label}` ({cls.name}) needs an input with at least {cls.needs} axes, "
                f"but its input is {call.x.rank}-d",
            )
        return call.x

    @classmethod
    def sample(cls, rng: random.Random) -> Sample:
        return Sample({}, ((a_shape(rng), a_dtype(rng)),))


class fliplr(_Flip):
    """The second axis reversed: a matrix from left to right."""

    needs = 2
    python = Writer("torch.fliplr")
    formula = "out[i, j, …] = x[i, n₁ − 1 − j, …]"
    example = ("[H, W]", "fliplr")


class flipud(_Flip):
    """The first axis reversed: a matrix upside down."""

    python = Writer("torch.flipud")
    formula = "out[i, …] = x[n₀ − 1 − i, …]"
    example = ("[H, W]", "flipud")


class rot90(Axes):
    """A rotation by `k` times 90 degrees in the plane of two axes, from the first towards the second."""

    python = Method("rot90")
    positional = 2
    formula = "k = 1: out[…, i, …, j, …] = x[…, j, …, n − 1 − i, …]; k = 2: both axes reversed; k times in all"
    k = Int("how many quarter turns; negative turns back", 1)
    dims = Ints("the two axes of the plane", (0, 1))
    example = ("[N, C, H, W]", "{op: rot90, k: 1, dims: [2, 3]}")

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        dims, rank = call["dims"], call.x.rank
        if len(dims) != 2:
            call.reject("S310", f"`dims` of `{call.label}` (rot90) must be two axes, not {len(dims)}", arg="dims")
        if rank < 2:
            call.reject("S302", f"`{call.label}` (rot90) turns a plane, but its input is {rank}-d")
        one, other = distinct(call, dims, "dims")
        if call["k"] % 2 == 0:
            return call.x
        return call.x.with_dim(one, call.x.shape[other]).with_dim(other, call.x.shape[one])

    @classmethod
    def sample(cls, rng: random.Random) -> Sample:
        shape = a_shape(rng, 1, 4) if rng.random() < 0.2 else a_shape(rng, 2, 4)
        args: dict[str, Any] = {"k": rng.randint(-5, 5)} if rng.random() < 0.8 else {}
        if rng.random() < 0.8:
            args["dims"] = [a_dim(rng, len(shape)) for _ in range(2 + (rng.random() < 0.05))]
        return Sample(args, ((shape, a_dtype(rng)),))
