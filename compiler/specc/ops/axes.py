"""Functions that reorder, drop, add, pick and repeat axes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from specc.ops.arguments import Int, Ints, Size, SizeList
from specc.ops.call import Call
from specc.ops.declare import Family, Function, Sample
from specc.ops.write import Method
from specc.shapes.constraints import Proved, Refuted
from specc.shapes.dim import Dim
from specc.shapes.tensor import TensorType

if TYPE_CHECKING:
    import random


class _Axes(Function, abstract=True):
    family = Family.SHAPE

    @classmethod
    def macs(cls, call: Call) -> int:
        return 0


def _shape(rng: random.Random, low: int = 0, high: int = 4) -> tuple[int, ...]:
    return tuple(rng.choice([0, 1, 1, 2, 3, 4]) for _ in range(rng.randint(low, high)))


def _dim(rng: random.Random, rank: int) -> int:
    """An axis of a tensor of that rank, now and then one beyond."""
    span = rank or 1
    return rng.randint(-span, span - 1) if rng.random() < 0.92 else rng.choice([-span - 1, span])


def _require_axes(call: Call) -> None:
    if not call.x.rank:
        call.reject(
            "S302", f"`{call.label}` ({call.op.name}) needs an input with at least one axis, but its input is 0-d"
        )


def _distinct(call: Call, dims: tuple[int, ...], arg: str) -> list[int]:
    """The axes counted from the front, none twice (S309)."""
    axes = [call.axis(d, call.x.rank, arg=arg) for d in dims]
    for k, axis in enumerate(axes):
        if axis in axes[:k]:
            call.reject("S309", f"`{arg}` of `{call.label}` ({call.op.name}) names axis {axis} twice", arg=arg)
    return axes


class permute(_Axes):
    """The axes in another order: output axis k is input axis `dims[k]`."""

    python = Method("permute", splat=True)
    positional = 1
    dims = Ints("every axis, in the new order")
    example = ("[N, H, W, C]", "{op: permute, dims: [0, 3, 1, 2]}")

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        _require_axes(call)
        dims, rank = call["dims"], call.x.rank
        if len(dims) != rank:
            call.reject(
                "S310", f"`dims` of `{call.label}` (permute) names {len(dims)} axes of a {rank}-d input", arg="dims"
            )
        return call.x.with_shape(call.x.shape[axis] for axis in _distinct(call, dims, "dims"))

    @classmethod
    def sample(cls, rng: random.Random) -> Sample:
        shape = _shape(rng, 1)
        dims = [k - len(shape) * (rng.random() < 0.3) for k in rng.sample(range(len(shape)), len(shape))]
        if rng.random() < 0.1:
            dims[0] = rng.randint(-5, 4)
        if rng.random() < 0.05:
            dims.append(0)
        return Sample({"dims": dims}, ((shape, "float32"),))


class transpose(_Axes):
    """Two axes exchanged."""

    python = Method("transpose")
    positional = 2
    dim0 = Int("one axis")
    dim1 = Int("the other")
    example = ("[N, T, D]", "{op: transpose, dim0: 1, dim1: 2}")

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        first = call.axis(call["dim0"], call.x.rank, arg="dim0")
        second = call.axis(call["dim1"], call.x.rank, arg="dim1")
        if not call.x.rank:
            return call.x
        return call.x.with_dim(first, call.x.shape[second]).with_dim(second, call.x.shape[first])

    @classmethod
    def sample(cls, rng: random.Random) -> Sample:
        shape = _shape(rng)
        return Sample({name: _dim(rng, len(shape)) for name in ("dim0", "dim1")}, ((shape, "int64"),))


class squeeze(_Axes):
    """Axes of size 1 dropped: those named, or all. A named axis of another size stays."""

    python = Method("squeeze")
    positional = 1
    dim = Ints("axis or axes to drop; all of size 1 if left out", None, scalar=True)
    example = ("[N, 512, 1, 1]", "{op: squeeze, dim: [2, 3]}")

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        dim, rank = call["dim"], call.x.rank
        axes = list(range(rank)) if dim is None else _distinct(call, dim if isinstance(dim, tuple) else (dim,), "dim")
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
                    help=f"name the axes of size 1 with `dim`, or add `where: [{size} >= 2]`",
                )
            kept.append(size)
        return call.x.with_shape(kept)

    @classmethod
    def sample(cls, rng: random.Random) -> Sample:
        shape = _shape(rng)
        args: dict[str, Any] = {}
        if rng.random() < 0.8:
            args["dim"] = _dim(rng, len(shape))
            if rng.random() < 0.4:
                args["dim"] = [_dim(rng, len(shape)) for _ in range(rng.randint(0, 2))]
        return Sample(args, ((shape, "float32"),))


class unsqueeze(_Axes):
    """A new axis of size 1."""

    python = Method("unsqueeze")
    positional = 1
    dim = Int("where the new axis goes")
    example = ("[N, T]", "{op: unsqueeze, dim: 1}")

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        axis = call.axis(call["dim"], call.x.rank, extra=1)
        return call.x.with_shape((*call.x.shape[:axis], 1, *call.x.shape[axis:]))

    @classmethod
    def sample(cls, rng: random.Random) -> Sample:
        shape = _shape(rng)
        return Sample({"dim": _dim(rng, len(shape) + 1)}, ((shape, "bool"),))


class expand(_Axes):
    """Axes of size 1 taken as larger, and new leading axes, without a copy; -1 keeps a size."""

    python = Method("expand", splat=True)
    positional = 1
    size = SizeList("the sizes to expand to")
    example = ("[1, 1, D]", "{op: expand, size: [8, -1, -1]}")

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        size, rank = call["size"], call.x.rank
        if len(size) < rank:
            call.reject(
                "S310", f"`size` of `{call.label}` (expand) has {len(size)} sizes for a {rank}-d input", arg="size"
            )
        out = []
        for k, wanted in enumerate(size):
            axis = k - (len(size) - rank)
            if isinstance(wanted, int) and wanted < 0:
                if wanted < -1 or axis < 0:
                    call.reject(
                        "L204", f"{wanted} in `size` of `{call.label}` (expand) names no size to keep", arg="size"
                    )
                out.append(call.x.shape[axis])
                continue
            target = call.dim("size", k)
            own = call.x.shape[axis] if axis >= 0 else Dim.of(1)
            if own != 1:
                message = f"`{call.label}` (expand) cannot make axis {axis} of size {own} into {target}: only 1 expands"
                may_be_one = isinstance(call.decide(own, target), Refuted) and not isinstance(
                    call.decide(own, Dim.of(1)), Refuted
                )
                call.require_equal(own, Dim.of(1) if may_be_one else target, message, arg="size")
            out.append(target)
        return call.x.with_shape(out)

    @classmethod
    def sample(cls, rng: random.Random) -> Sample:
        shape = _shape(rng)
        size = [rng.choice([-1, d, 3 if d == 1 else d]) for d in shape]
        size = [rng.randint(0, 3) for _ in range(rng.randint(0 if size else 1, 2))] + size
        if rng.random() < 0.12:
            size[rng.randrange(len(size))] = rng.choice([5, 6])
        elif rng.random() < 0.06 and 0 not in size and len(size) > len(shape):
            size[0] = -1  # beside a 0, PyTorch gives a shape with -1 in it; likewise for -2, which is nothing
        if rng.random() < 0.05 and len(size) > 1:
            size = size[1:]
        return Sample({"size": size}, ((shape, "float32"),))


class roll(_Axes):
    """Elements shifted along axes; what leaves at one end comes in at the other."""

    same_shape = True
    python = Method("roll")
    positional = 1
    shifts = Ints("by how much, for every axis of `dims`", scalar=True)
    dims = Ints("the axes; the flattened input if left out", (), scalar=True)
    example = ("[N, H, W, C]", "{op: roll, shifts: [-3, -3], dims: [1, 2]}")

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        shifts = call["shifts"] if isinstance(call["shifts"], tuple) else (call["shifts"],)
        dims = call["dims"] if isinstance(call["dims"], tuple) else (call["dims"],)
        if len(shifts) != (len(dims) or 1):
            call.reject(
                "S310",
                f"`{call.label}` (roll) has {len(shifts)} `shifts` for {len(dims)} `dims`",
                arg="shifts",
                notes=(),
            )
        if dims:
            _require_axes(call)
        for d in dims:
            call.axis(d, call.x.rank, arg="dims")
        return call.x

    @classmethod
    def sample(cls, rng: random.Random) -> Sample:
        shape = _shape(rng, 1)
        dims = [_dim(rng, len(shape)) for _ in range(rng.randint(1, 2))]
        args: dict[str, Any] = {"shifts": [rng.randint(-3, 3) for _ in dims], "dims": dims}
        if len(dims) == 1 and rng.random() < 0.5:
            args = {"shifts": args["shifts"][0], "dims": dims[0]}
        if rng.random() < 0.2:
            del args["dims"]
        if 0 in shape:  # PyTorch then looks at neither
            args = {"shifts": 1}
        return Sample(args, ((shape, "float32"),))


class flip(_Axes):
    """The order of elements reversed along axes."""

    same_shape = True
    python = Method("flip")
    positional = 1
    dims = Ints("the axes to reverse", scalar=True)
    example = ("[N, T, D]", "{op: flip, dims: 1}")

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        dims = call["dims"]
        _distinct(call, dims if isinstance(dims, tuple) else (dims,), "dims")
        return call.x

    @classmethod
    def sample(cls, rng: random.Random) -> Sample:
        shape = _shape(rng)
        dims: Any = [_dim(rng, len(shape)) for _ in range(rng.randint(0, 2))]
        if len(dims) == 1 and rng.random() < 0.6:
            dims = dims[0]
        return Sample({"dims": dims}, ((shape, "float32"),))


class select(_Axes):
    """One slice along an axis, which is dropped: `x[:, 0]`."""

    python = Method("select")
    positional = 2
    dim = Int("the axis")
    index = Int("which slice; negative counts from the end")
    example = ("[N, T, D]", "{op: select, dim: 1, index: 0}")

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        _require_axes(call)
        axis, index = call.axis(call["dim"], call.x.rank), call["index"]
        size = call.x.shape[axis]
        least = index + 1 if index >= 0 else -index
        call.require_at_least(
            size,
            least,
            f"`{call.label}` (select) takes index {index} of axis {axis}, which has size {size}",
            arg="index",
        )
        return call.x.with_shape((*call.x.shape[:axis], *call.x.shape[axis + 1 :]))

    @classmethod
    def sample(cls, rng: random.Random) -> Sample:
        shape = tuple(rng.randint(0, 6) for _ in range(rng.choice([0, 1, 2, 2, 3, 3])))
        return Sample({"dim": _dim(rng, len(shape)), "index": rng.choice([0, 0, -1, 1, 2, -3])}, ((shape, "float32"),))


class narrow(_Axes):
    """`length` slices along an axis from `start` on."""

    python = Method("narrow")
    positional = 3
    dim = Int("the axis")
    start = Size("the first slice; negative counts from the end")
    length = Size("how many slices")
    example = ("[N, T, D]", "{op: narrow, dim: 1, start: 0, length: 1}")

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        _require_axes(call)
        axis = call.axis(call["dim"], call.x.rank)
        size, start, length = call.x.shape[axis], call["start"], call.dim("length")
        if length.is_const and length.value < 0:
            call.reject("L204", f"`length` of `{call.label}` must not be negative", arg="length", notes=())
        what = f"`{call.label}` (narrow) takes {length} from {start} on of axis {axis}, which has size {size}"
        if isinstance(start, int) and start < 0:
            call.require_at_least(size, -start, what, arg="start")
            call.require_at_least(Dim.of(-start), length, what, arg="length")
        else:
            call.require_at_least(size, length + start, what, arg="length")
        return call.x.with_dim(axis, length)

    @classmethod
    def sample(cls, rng: random.Random) -> Sample:
        shape = tuple(rng.randint(0, 6) for _ in range(rng.choice([0, 1, 2, 2, 3, 3])))
        length = rng.choice([0, 1, 1, 1, 2, 3]) if rng.random() < 0.97 else -1
        args = {"dim": _dim(rng, len(shape)), "start": rng.choice([0, 0, 1, 2, -1, -2]), "length": length}
        return Sample(args, ((shape, "float32"),))


class contiguous(_Axes):
    """The same tensor, its elements laid out in order (after `permute`, before `view`)."""

    same_shape = True
    python = Method("contiguous")
    example = ("[N, T, D]", "contiguous")

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        return call.x

    @classmethod
    def sample(cls, rng: random.Random) -> Sample:
        return Sample({}, ((_shape(rng), rng.choice(["float32", "bool", "int64"])),))
