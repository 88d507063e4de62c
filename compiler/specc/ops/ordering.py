"""Elements put in order, the first of an order, and where values belong in one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from specc.ops.arguments import Bool, Choice, Int, Size
from specc.ops.call import Call
from specc.ops.declare import Family, Function, Sample, Saved
from specc.ops.operands import SOME, common_dtype, refuse, trains
from specc.ops.write import Method, Named, Writer
from specc.shapes.dim import Dim
from specc.shapes.dtype import bytes_of
from specc.shapes.tensor import TensorType

if TYPE_CHECKING:
    import random

_ALONG = "axis to go along"
_DESCENDING = "whether the largest comes first"
_STABLE = "whether equal elements keep their order"


class _Order(Function, abstract=True):
    family = Family.MATH

    @classmethod
    def macs(cls, call: Call) -> int:
        return 0

    @classmethod
    def sample(cls, rng: random.Random) -> Sample:
        shape = tuple(rng.choice([0, 1, 2, 3, 4]) for _ in range(rng.randint(0, 3)))
        rank = len(shape) or 1
        args: dict[str, object] = {}
        if "dim" in cls.args and rng.random() < 0.7:
            args["dim"] = rng.randint(-rank, rank - (rng.random() < 0.9))
        if "k" in cls.args:
            args["k"] = rng.choice([0, 1, 1, 1, 2, 2, 3, 5])
        for name, arg in cls.args.items():
            if isinstance(arg, Bool) and rng.random() < 0.4:
                args[name] = rng.random() < 0.5
        return Sample(args, ((shape, rng.choice(SOME)),))


def _compared(call: Call, *kinds: str) -> None:
    """Complex numbers have no order, and some kernels none of booleans."""
    refuse(call, call.x.dtype, "complex", *kinds)


def _selected(call: Call, least: int) -> tuple[int, Dim]:
    """The axis, and `k`, of which the axis must have so many elements (S306)."""
    axis = call.axis(call["dim"], call.x.rank)
    size = call.x.shape[axis] if call.x.rank else Dim.of(1)
    k = call.dim("k")
    name = f"`k: {k}` of `{call.label}` ({call.op.name})"
    call.require_at_least(k, least, f"{name} must be at least {least}", code="L204", arg="k")
    call.require_at_least(size, k, f"{name} asks for more than the {size} elements of axis {axis}", arg="k")
    return axis, k


class topk(_Order):
    """The `k` largest elements along an axis, or the smallest, and where they are."""

    python = Method("topk")
    formula = "values = the k largest elements of the axis in order, indices = their places"
    outputs = ("values", "indices")
    positional = 1
    k = Size("how many")
    dim = Int(_ALONG, -1)
    largest = Bool("whether the largest are taken, rather than the smallest", True)
    sorted = Bool("whether they come in order", True)
    example = ("[N, C]", "{op: topk, k: 5}")
    keeps = Saved((), (1,))

    @classmethod
    def infer(cls, call: Call) -> tuple[TensorType, TensorType]:
        _compared(call, "bool")
        axis, k = _selected(call, 0)
        values = call.x.with_dim(axis, k) if call.x.rank else call.x
        return values, values.with_dtype("int64")


class kthvalue(_Order):
    """The `k`-th smallest element along an axis, and where it is."""

    python = Method("kthvalue")
    formula = "values = the k-th smallest element of the axis, indices = its place"
    outputs = ("values", "indices")
    positional = 1
    k = Size("which, counted from 1")
    dim = Int(_ALONG, -1)
    keepdim = Bool("whether the axis stays with size 1", False)
    example = ("[N, C]", "{op: kthvalue, k: 2}")
    keeps = Saved((), (1,))

    @classmethod
    def infer(cls, call: Call) -> tuple[TensorType, TensorType]:
        if call.x.rank:  # a single element is compared with none
            _compared(call, "bool")
        axis, _ = _selected(call, 1)
        shape = list(call.x.shape)
        if shape:
            shape[axis : axis + 1] = [Dim.of(1)] if call["keepdim"] else []
        values = call.x.with_shape(shape)
        return values, values.with_dtype("int64")


class sort(_Order):
    """The elements along an axis in order, and where each was."""

    python = Method("sort")
    formula = "values[i] = x[indices[i]], values[i] ≤ values[i + 1]"
    outputs = ("values", "indices")
    dim = Int(_ALONG, -1)
    descending = Bool(_DESCENDING, False)
    stable = Bool(_STABLE, False)
    example = ("[N, T]", "{op: sort, dim: 1}")
    keeps = Saved((), (1,))

    @classmethod
    def infer(cls, call: Call) -> tuple[TensorType, TensorType]:
        call.axis(call["dim"], call.x.rank)
        _compared(call)
        return call.x, call.x.with_dtype("int64")


class argsort(_Order):
    """The places that put the elements along an axis in order."""

    python = Method("argsort")
    formula = "x[y[i]] ≤ x[y[i + 1]]"
    dim = Int(_ALONG, -1)
    descending = Bool(_DESCENDING, False)
    stable = Bool(_STABLE, False)
    example = ("[N, T]", "{op: argsort, dim: 1}")
    keeps = Saved()

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        call.axis(call["dim"], call.x.rank)
        _compared(call)
        return call.x.with_dtype("int64")


class msort(_Order):
    """The elements along the first axis in order."""

    python = Method("msort")
    formula = "y[i] ≤ y[i + 1], the elements of x along its first axis"
    example = ("[N, T]", "msort")

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        _compared(call)
        return call.x

    @classmethod
    def saved(cls, call: Call) -> Saved:
        return Saved((), (), call.x.numel * bytes_of("int64") if trains(call.x) else 0)


class _Search(Function, abstract=True):
    """Values of any numbers, looked up in a sequence of any numbers."""

    family = Family.MATH
    out_int32 = Bool("whether the places are int32 rather than int64", False)
    right = Bool("whether a value goes after those equal to it", False)
    keeps = Saved()

    @classmethod
    def macs(cls, call: Call) -> int:
        return 0

    @classmethod
    def places(cls, call: Call, sequence: TensorType) -> TensorType:
        """The type of the places of the values."""
        values = call.input("input")
        refuse(call, common_dtype(call, [sequence.with_shape((1,)), values.with_shape((1,))]), "bool", "complex")
        return values.with_dtype("int32" if call["out_int32"] else "int64")


class searchsorted(_Search):
    """Where values belong in a sorted sequence; the sequence has one axis, or all but the last of the values' axes.

    `sorter` (int64) is the order of a sequence that is not sorted.
    """

    python = Named("torch.searchsorted", 2, ("sorter",))
    formula = "sequence[y − 1] < x ≤ sequence[y]; with `right`: sequence[y − 1] ≤ x < sequence[y]"
    inputs = ("sorted_sequence", "input", "sorter?")
    side = Choice("`left` or `right`, as `right` says", ("left", "right"), None)
    order = ("out_int32", "right", "side")
    example = ("[K], [N, T]", "searchsorted")

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        sequence, values = call.x, call.input("input")
        name = f"`{call.label}` (searchsorted)"
        if not sequence.rank:
            call.reject("S302", f"{name} needs a sequence with at least one axis, but it is 0-d")
        if sequence.rank > 1:
            if values.rank != sequence.rank:
                call.reject(
                    "S302",
                    f"{name} has a sequence of {sequence.rank} axes and values of {values.rank}",
                    help="give them as many axes, or a sequence of one axis",
                )
            for axis, (a, b) in enumerate(zip(sequence.shape[:-1], values.shape[:-1], strict=True)):
                call.require_equal(a, b, f"{name} has sizes {a} and {b} of axis {axis}")
        if call["side"] == "left" and call["right"]:
            call.reject("S310", f"`side: left` and `right: true` of {name} contradict each other", arg="side")
        if call.has("sorter"):
            sorter = call.input("sorter")
            call.require_dtype(("int64",), "an int64 `sorter`", "sorter")
            if sorter.rank != sequence.rank:
                call.reject("S302", f"{name} has a sequence of {sequence.rank} axes, but a `sorter` of {sorter.rank}")
            for axis, (a, b) in enumerate(zip(sequence.shape, sorter.shape, strict=True)):
                call.require_equal(a, b, f"{name} has a sequence with {a} of axis {axis}, but a `sorter` with {b}")
        return cls.places(call, sequence)

    @classmethod
    def sample(cls, rng: random.Random) -> Sample:
        lead = [rng.randint(0, 3) for _ in range(rng.choice([0, 0, 1, 2]))]
        sequence = (*lead, rng.randint(0, 5))
        values = [*lead, rng.randint(0, 4)]
        if not lead:
            values = [rng.randint(0, 3) for _ in range(rng.randint(0, 3))]
        elif rng.random() < 0.1:
            values[0] += 1
        args: dict[str, object] = {name: rng.random() < 0.6 for name in ("out_int32", "right") if rng.random() < 0.4}
        if rng.random() < 0.3:
            args["side"] = rng.choice(["left", "right"])
        sorter = (sequence, "int64") if rng.random() < 0.3 else None
        # The places in a sorter are checked: 0 is one of every sequence.
        return Sample(args, ((sequence, rng.choice(SOME)), (tuple(values), rng.choice(SOME)), sorter), high=1)


class bucketize(_Search):
    """The bucket that each value falls in, given the sorted boundaries between them."""

    python = Writer("torch.bucketize")
    formula = "boundaries[y − 1] < x ≤ boundaries[y]; with `right`: boundaries[y − 1] ≤ x < boundaries[y]"
    inputs = ("input", "boundaries")
    example = ("[N, T], [K]", "bucketize")

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        call.require_rank(1, port="boundaries", layout="of boundaries")
        return cls.places(call, call.input("boundaries"))

    @classmethod
    def sample(cls, rng: random.Random) -> Sample:
        shape = tuple(rng.randint(0, 3) for _ in range(rng.randint(0, 3)))
        boundaries = (rng.randint(0, 5),) if rng.random() < 0.93 else (2, 2)
        args: dict[str, object] = {name: rng.random() < 0.6 for name in ("out_int32", "right") if rng.random() < 0.4}
        return Sample(args, ((shape, rng.choice(SOME)), (boundaries, rng.choice(SOME))))
