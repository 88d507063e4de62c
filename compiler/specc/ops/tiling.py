"""Functions that repeat elements: by a view of memory (expand) or by a copy (tile)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from specc.ops.arguments import Int, Size, SizeList
from specc.ops.axes import Axes, require_axes
from specc.ops.call import Call
from specc.ops.declare import Sample
from specc.ops.sampling import a_dim, a_dtype, a_shape
from specc.ops.write import Method
from specc.shapes.constraints import Refuted
from specc.shapes.dim import Dim
from specc.shapes.tensor import TensorType

if TYPE_CHECKING:
    import random


class _Expand(Axes, abstract=True):
    """Sizes of 1 taken as larger, without a copy."""

    view = True
    positional = 1
    formula = "out[…, i, …] = x[…, i, …], or x[…, 0, …] along an axis of size 1 that is taken as larger"

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        (arg,) = cls.args
        size, rank = call[arg], call.x.rank
        if len(size) < rank:
            call.reject(
                "S310",
                f"`{arg}` of `{call.label}` ({cls.name}) has {len(size)} sizes for a {rank}-d input",
                arg=arg,
                help="write one for every axis; -1 keeps a size",
            )
        new = len(size) - rank
        out = []
        for k, wanted in enumerate(size):
            if isinstance(wanted, int) and wanted < 0:
                if wanted < -1 or k < new:
                    call.reject(
                        "L204", f"{wanted} in `{arg}` of `{call.label}` ({cls.name}) names no size to keep", arg=arg
                    )
                out.append(call.x.shape[k - new])
            else:
                out.append(
                    enlarged(call, call.x.shape[k - new] if k >= new else Dim.of(1), call.dim(arg, k), k - new, arg)
                )
        return call.x.with_shape(out)

    @classmethod
    def sample(cls, rng: random.Random) -> Sample:
        shape = a_shape(rng)
        size = [rng.choice([-1, d, 3 if d == 1 else d]) for d in shape]
        size = [rng.randint(0, 3) for _ in range(rng.randint(0, 2))] + size
        if size and rng.random() < 0.12:
            size[rng.randrange(len(size))] = rng.choice([5, 6])
        elif size and rng.random() < 0.06:
            size[0] = -1
        if rng.random() < 0.05 and len(size) > 1:
            size = size[1:]
        (arg,) = cls.args
        return Sample({arg: size}, ((shape, a_dtype(rng)),))


def enlarged(call: Call, own: Dim, target: Dim, axis: int, arg: str | None = None) -> Dim:
    """`target`, which `own` must be, or 1."""
    if own != 1:
        message = f"`{call.label}` ({call.op.name}) cannot make axis {axis} of size {own} into {target}: only 1 expands"
        may_be_one = isinstance(call.decide(own, target), Refuted) and not isinstance(
            call.decide(own, Dim.of(1)), Refuted
        )
        call.require_equal(own, Dim.of(1) if may_be_one else target, message, arg=arg)
    return target


class expand(_Expand):
    """Axes of size 1 taken as larger, and new leading axes, without a copy; -1 keeps a size."""

    python = Method("expand", splat=True)
    size = SizeList("the sizes to expand to")
    example = ("[1, 1, D]", "{op: expand, size: [8, -1, -1]}")


class broadcast_to(_Expand):
    """Axes of size 1 taken as larger, and new leading axes, without a copy: `expand` by NumPy's name."""

    python = Method("broadcast_to")
    size = SizeList("the sizes to expand to")
    example = ("[1, 1, D]", "{op: broadcast_to, size: [8, 4, -1]}")


class expand_as(Axes):
    """Axes of size 1 taken as another tensor's, without a copy."""

    python = Method("expand_as")
    inputs = ("input", "other")
    view = True
    formula = _Expand.formula
    example = ("[N, 1, D], [N, T, D]", "{op: expand_as, from: [x, tokens]}")

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        other = call.input("other")
        new = other.rank - call.x.rank
        if new < 0:
            call.reject(
                "S302",
                f"`{call.label}` (expand_as) cannot make a {call.x.rank}-d input {other.rank}-d: axes are only added",
            )
        sizes = zip([Dim.of(1)] * new + list(call.x.shape), other.shape, strict=True)
        return call.x.with_shape([enlarged(call, own, target, k - new) for k, (own, target) in enumerate(sizes)])

    @classmethod
    def sample(cls, rng: random.Random) -> Sample:
        other = a_shape(rng)
        shape = tuple(1 if rng.random() < 0.3 else d for d in other[rng.choice([0, 0, *range(len(other) + 1)]) :])
        if rng.random() < 0.1:
            shape = (2, *shape)
        return Sample({}, ((shape, a_dtype(rng)), (other, a_dtype(rng))))


class tile(Axes):
    """The tensor repeated along its axes; the counts are those of the last axes, or add leading ones."""

    python = Method("tile", splat=True)
    positional = 1
    formula = "out[i₁, …, i_d] = x[i₁ mod n₁, …, i_d mod n_d]"
    dims = SizeList("how often, for every axis from the last back")
    example = ("[1, T, D]", "{op: tile, dims: [4, 1, 1]}")

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        return call.x.with_shape(tiled(call, "dims", last=True))

    @classmethod
    def sample(cls, rng: random.Random) -> Sample:
        dims = [rng.randint(0, 3) for _ in range(rng.randint(0, 4))]
        if rng.random() < 0.1 and dims:
            dims[0] = -1
        return Sample({"dims": dims}, ((a_shape(rng), a_dtype(rng)),))


class repeat_interleave(Axes):
    """Every element repeated in place: [a, b] becomes [a, a, b, b]."""

    python = Method("repeat_interleave")
    positional = 1
    formula = "out[…, i, …] = x[…, ⌊i / repeats⌋, …]"
    repeats = Size("how often")
    dim = Int("the axis; the flattened input if left out", None)
    output_size = Size("the size of the axis in the output, where it is known", None)
    example = ("[N, 8, T, D]", "{op: repeat_interleave, repeats: 4, dim: 1}")

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        repeats = call.dim("repeats")
        if repeats.is_const and repeats.value < 0:
            call.reject(
                "L204", f"`repeats` of `{call.label}` must be at least 0, not {repeats}", arg="repeats", notes=()
            )
        whole = call["dim"] is None
        if not whole:
            require_axes(call)
        axis = 0 if whole else call.axis(call["dim"], call.x.rank)
        size = call.x.numel if whole else call.x.shape[axis]
        longer = size if repeats == 1 else size * repeats
        if call["output_size"] is not None:
            call.require_equal(
                call.dim("output_size"),
                longer,
                f"`output_size` of `{call.label}` is {call['output_size']}, but {repeats} times {size} is {longer}",
                arg="output_size",
            )
        return call.x.with_shape((longer,)) if whole else call.x.with_dim(axis, longer)

    @classmethod
    def sample(cls, rng: random.Random) -> Sample:
        shape = a_shape(rng)
        args: dict[str, Any] = {"repeats": rng.randint(0, 4) - (rng.random() < 0.05)}
        size = 1
        for one in shape:
            size *= one
        if rng.random() < 0.7:
            args["dim"] = a_dim(rng, len(shape))
            size = shape[args["dim"]] if -len(shape) <= args["dim"] < len(shape) else 1
        if rng.random() < 0.25:
            args["output_size"] = args["repeats"] * size + (rng.random() < 0.2)
        return Sample(args, ((shape, a_dtype(rng)),))


def tiled(call: Call, arg: str, *, last: bool = False) -> list[Dim]:
    """The sizes with every axis repeated as often as `arg` says; more counts than axes add leading axes.

    Fewer are those of the `last` axes, or an error.
    """
    counts, rank = call[arg], call.x.rank
    if len(counts) < rank and not last:
        call.reject(
            "S310", f"`{arg}` of `{call.label}` ({call.op.name}) has {len(counts)} counts for a {rank}-d input", arg=arg
        )
    if any(isinstance(count, int) and count < 0 for count in counts):
        call.reject("L204", f"a count in `{arg}` of `{call.label}` must not be negative", arg=arg, notes=())
    kept = list(call.x.shape[: max(rank - len(counts), 0)])
    sizes = [Dim.of(1)] * (len(counts) - rank) + list(call.x.shape[len(kept) :])
    # A count of 1 keeps the size as it is, with its provenance.
    return kept + [size if counts[k] == 1 else size * call.dim(arg, k) for k, size in enumerate(sizes)]
