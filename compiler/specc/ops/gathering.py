"""Elements read and written at places that a tensor of indices names.

What the indices must be is known only when the network runs; their shapes are checked here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from specc.ops.arguments import Int, Number
from specc.ops.call import Call
from specc.ops.declare import Family, Function, Sample, Saved
from specc.ops.sampling import a_dim, a_dtype, a_full_shape
from specc.ops.write import Along, Writer
from specc.shapes.constraints import Refuted
from specc.shapes.dim import Dim
from specc.shapes.dtype import is_integral
from specc.shapes.tensor import TensorType

if TYPE_CHECKING:
    import random

_INDICES = ("int64", "int32")


class _Indexed(Function, abstract=True):
    """Mostly the indices are kept for the gradient, nothing else."""

    family = Family.SHAPE

    @classmethod
    def macs(cls, call: Call) -> int:
        return 0

    keeps = Saved(("index",))


def _axes(operand: TensorType) -> tuple[Dim, ...]:
    """The sizes; a number counts as an axis of one."""
    return operand.shape or (Dim.of(1),)


def _require_places(call: Call, size: Dim, index: TensorType, axis: int) -> None:
    """An axis that is indexed has a place to find (S306)."""
    if index.numel != 0:
        call.require_at_least(size, 1, f"`{call.label}` ({call.op.name}) indexes axis {axis}, which is empty")


def _require_ranks(call: Call, *ports: str, loose: bool = False) -> None:
    """The inputs have one rank; `loose`: a number counts as an axis of one (S302)."""
    first, *others = ports
    for port in others:
        ranks = [len(_axes(call.input(each))) for each in (port, first)]
        if loose and ranks[0] == ranks[1]:
            continue
        if call.input(port).rank != call.input(first).rank:
            call.reject(
                "S302",
                f"`{call.label}` ({call.op.name}) needs `{port}` and `{first}` of one rank, "
                f"but they are {call.input(port).rank}-d and {call.input(first).rank}-d",
            )


class index_select(_Indexed):
    """The slices along an axis that a list of indices names, in its order."""

    python = Along("index_select")
    inputs = ("input", "index")
    positional = 1
    formula = "out[…, i, …] = x[…, index[i], …]"
    dim = Int("the axis")
    example = ("[N, T, D], [K] int64", "{op: index_select, dim: 1, from: [x, order]}")

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        index = call.input("index")
        call.require_dtype(_INDICES, "integers as indices", "index")
        call.require_rank(0, 1, port="index", layout="[K]")
        axis = call.axis(call["dim"], call.x.rank)
        if not call.x.rank:
            call.require_equal(
                _axes(index)[0],
                Dim.of(1),
                f"`{call.label}` (index_select) takes one element of a 0-d input, not several",
            )
            return call.x
        _require_places(call, call.x.shape[axis], index, axis)
        return call.x.with_dim(axis, _axes(index)[0])

    @classmethod
    def sample(cls, rng: random.Random) -> Sample:
        shape = a_full_shape(rng)
        index = (rng.randint(0, 4),) if rng.random() < 0.9 else rng.choice([(), (2, 2)])
        dtype = rng.choice(_INDICES) if rng.random() < 0.95 else "float32"
        return Sample({"dim": a_dim(rng, len(shape))}, ((shape, a_dtype(rng)), (index, dtype)), high=1)


class gather(_Indexed):
    """Along an axis, the elements that a tensor of indices names: one for each of its elements."""

    keeps = Saved(("input", "index"))
    python = Along("gather")
    inputs = ("input", "index")
    positional = 1
    formula = "dim = 1: out[i, j, k] = x[i, index[i, j, k], k]"
    dim = Int("the axis")
    example = ("[N, T, D], [N, K, D] int64", "{op: gather, dim: 1, from: [x, places]}")

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        index = call.input("index")
        axis = call.axis(call["dim"], call.x.rank)
        if index.numel == 0:
            return call.x.with_shape(index.shape)
        call.require_dtype(_INDICES, "integers as indices", "index")
        _require_ranks(call, "index", "input", loose=True)
        for k, (wanted, size) in enumerate(zip(_axes(index), _axes(call.x), strict=True)):
            if k != axis:
                call.require_at_least(
                    size,
                    wanted,
                    f"`{call.label}` (gather) reads {wanted} places of axis {k}, which has size {size}",
                    code="S303",
                    help="the indices may be fewer than the input along the other axes, not more",
                )
        _require_places(call, _axes(call.x)[axis], index, axis)
        return call.x.with_shape(index.shape)

    @classmethod
    def sample(cls, rng: random.Random) -> Sample:
        shape = a_full_shape(rng)
        dim = a_dim(rng, len(shape))
        index = _fewer(rng, shape, dim)
        dtype = rng.choice(_INDICES) if rng.random() < 0.95 else "float32"
        return Sample({"dim": dim}, ((shape, a_dtype(rng)), (index, dtype)), high=1)


def _fewer(rng: random.Random, shape: tuple[int, ...], dim: int) -> tuple[int, ...]:
    """A shape of indices into `shape` along the axis `dim`."""
    index = [rng.randint(min(size, 1), size) for size in shape]
    if -len(shape) <= dim < len(shape):
        index[dim] = rng.randint(0, 5)
    if index and rng.random() < 0.06:
        index[rng.randrange(len(index))] += 1
    return tuple(index if rng.random() < 0.96 else index[1:])


class take_along_dim(_Indexed):
    """Along an axis, the elements that a tensor of indices names, as `argmax` or `argsort` gives them; the other axes
    broadcast.
    """

    python = Writer("torch.take_along_dim")
    inputs = ("input", "indices")
    formula = "dim = 1: out[i, j, k] = x[i, indices[i, j, k], k], x and indices broadcast along the other axes"
    dim = Int("the axis; the flattened input if left out", None)
    example = ("[N, T, D], [N, 1, D] int64", "{op: take_along_dim, dim: 1, from: [x, best]}")

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        indices, dim = call.input("indices"), call["dim"]
        call.require_dtype(_INDICES if dim is None else _INDICES[:1], "int64 as indices", "indices")
        if dim is None:
            _require_places(call, call.x.numel, indices, 0)
            return call.x.with_shape((indices.numel,))
        _require_ranks(call, "indices", "input")
        axis = call.axis(dim, call.x.rank)
        if not call.x.rank:
            return call.x
        shape = []
        for k, (size, wanted) in enumerate(zip(call.x.shape, indices.shape, strict=True)):
            shape.append(wanted if k == axis else _common(call, size, wanted, k))
        out = call.x.with_shape(shape)
        _require_places(call, call.x.shape[axis], out, axis)
        return out

    @classmethod
    def saved(cls, call: Call) -> Saved:
        """Along an axis the indices are kept as a copy of the output's shape, in which none is negative."""
        if call["dim"] is None:
            return Saved(("input", "indices"))
        return Saved(("input",), extra=call.output[0].numel * 8)

    @classmethod
    def sample(cls, rng: random.Random) -> Sample:
        shape = a_full_shape(rng, 1, 4)
        if rng.random() < 0.15:
            return Sample({}, ((shape, a_dtype(rng)), (a_full_shape(rng), "int64")), high=1)
        dim = a_dim(rng, len(shape))
        indices = [1 if rng.random() < 0.2 else size for size in shape]
        if -len(shape) <= dim < len(shape):
            indices[dim] = rng.randint(0, 4)
        if rng.random() < 0.06:
            indices[rng.randrange(len(indices))] += 1
        dtype = "int64" if rng.random() < 0.95 else "int32"
        return Sample({"dim": dim}, ((shape, a_dtype(rng)), (tuple(indices), dtype)), high=1)


def _common(call: Call, a: Dim, b: Dim, axis: int) -> Dim:
    """The common size of two that broadcast."""
    if a == 1 or b == 1:
        return b if a == 1 else a
    message = f"`{call.label}` ({call.op.name}) cannot match sizes {a} and {b} of axis {axis}"
    if isinstance(call.decide(a, b), Refuted):
        for size, other in ((a, b), (b, a)):
            if not isinstance(call.decide(size, Dim.of(1)), Refuted):
                call.require_equal(size, Dim.of(1), message)
                return other
    call.require_equal(a, b, message, help="sizes must be equal, or one of them 1")
    return a


class _Scatter(_Indexed, abstract=True):
    """The input with elements written, along an axis, where a tensor of indices says."""

    positional = 1

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        index = call.input("index")
        axis = call.axis(call["dim"], call.x.rank)
        source = call.input("src") if call.has("src") else None
        if source is not None and source.dtype != call.x.dtype:
            call.reject(
                "S307",
                f"`{call.label}` ({cls.name}) writes {source.dtype} into {call.x.dtype}: they must be of one dtype",
            )
        if index.numel == 0:
            return call.x
        call.require_dtype(_INDICES, "integers as indices", "index")
        _require_ranks(call, "index", "input", loose=True)
        if source is not None:
            _require_ranks(call, "index", "src", loose=True)
        for k, wanted in enumerate(_axes(index)):
            for port, operand in (("input", call.x), ("src", source)):
                if operand is None or (port == "input" and k == axis):
                    continue
                call.require_at_least(
                    _axes(operand)[k],
                    wanted,
                    f"`{call.label}` ({cls.name}) has {wanted} indices along axis {k}, "
                    f"but `{port}` has only {_axes(operand)[k]}",
                    code="S303",
                )
        _require_places(call, _axes(call.x)[axis], index, axis)
        return call.x

    @classmethod
    def sample(cls, rng: random.Random) -> Sample:
        shape = a_full_shape(rng)
        dim = a_dim(rng, len(shape))
        index = _fewer(rng, shape, dim)
        source = tuple(size + rng.choice([0, 0, 0, 1]) for size in index)
        if source and rng.random() < 0.06:
            source = (*source[:-1], max(source[-1] - 1, 0))
        dtype = a_dtype(rng)
        kind = rng.choice(_INDICES) if rng.random() < 0.95 else "float32"
        return Sample(
            {"dim": dim}, ((shape, dtype), (index, kind), (source, dtype if rng.random() < 0.95 else "int64")), high=1
        )


class scatter(_Scatter):
    """The input with elements replaced, along an axis, where a tensor of indices says: by `src`, or by a number."""

    same_shape = True
    python = Along("scatter")
    inputs = ("input", "index", "src?")
    formula = "dim = 1: out = x, then out[i, index[i, j, k], k] = src[i, j, k]"
    dim = Int("the axis")
    value = Number("what is written, where no `src` is read", None)
    example = ("[N, C], [N, 1] int64", "{op: scatter, dim: 1, value: 1, from: [x, labels]}")

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        if call.has("src") == (call["value"] is not None):
            call.reject(
                "S310" if call.has("src") else "L202",
                f"`{call.label}` (scatter) "
                + ("reads `src` and has a `value` as well" if call.has("src") else "has nothing to write"),
                arg="value",
                help="read a third layer (`from: [x, index, src]`), or give a number (`value: 1`)",
            )
        return super().infer(call)

    @classmethod
    def sample(cls, rng: random.Random) -> Sample:
        made = super().sample(rng)
        if rng.random() < 0.5:
            return made
        return made._replace(args={**made.args, "value": rng.choice([0, 1, 2])}, inputs=made.inputs[:2])


class scatter_add(_Scatter):
    """The input with the elements of `src` added, along an axis, where a tensor of indices says."""

    same_shape = True
    python = Along("scatter_add")
    inputs = ("input", "index", "src")
    formula = "dim = 1: out = x, then out[i, index[i, j, k], k] += src[i, j, k]"
    dim = Int("the axis")
    example = ("[N, C], [N, T] int64, [N, T]", "{op: scatter_add, dim: 1, from: [x, classes, scores]}")


class index_add(_Indexed):
    """The input with slices of `source` added, along an axis, to the slices that a list of indices names."""

    keeps = Saved(("index", "source"))
    same_shape = True
    python = Along("index_add")
    inputs = ("input", "index", "source")
    positional = 1
    formula = "out = x, then out[…, index[i], …] += alpha · source[…, i, …]"
    dim = Int("the axis")
    alpha = Number("what `source` is multiplied by", 1)
    example = ("[M, D], [N] int64, [N, D]", "{op: index_add, dim: 0, from: [nodes, target, messages]}")

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        index, source, name = call.input("index"), call.input("source"), f"`{call.label}` (index_add)"
        call.require_dtype(_INDICES, "integers as indices", "index")
        call.require_rank(0, 1, port="index", layout="[K]")
        axis = call.axis(call["dim"], call.x.rank)
        if source.dtype != call.x.dtype:
            call.reject("S307", f"{name} adds {source.dtype} to {call.x.dtype}: they must be of one dtype")
        if isinstance(call["alpha"], float) and is_integral(call.x.dtype):
            call.reject("S310", f"`alpha: {call['alpha']}` of `{call.label}` makes no {call.x.dtype}", arg="alpha")
        if source.rank != call.x.rank:
            _require_ranks(call, "source", "input")
        for k, (wanted, size) in enumerate(zip(_axes(source), _axes(call.x), strict=True)):
            other = _axes(index)[0] if k == axis else size
            what = "indices" if k == axis else "the input"
            call.require_equal(wanted, other, f"{name} has {wanted} along axis {k} of `source`, but {other} of {what}")
        if not call.x.rank:
            call.require_equal(_axes(index)[0], Dim.of(1), f"{name} adds to a 0-d input once, not several times")
        if call.x.rank == 1:  # of more axes torch looks at no index where there is nothing to add to
            _require_places(call, call.x.shape[0], index, 0)
        return call.x

    @classmethod
    def sample(cls, rng: random.Random) -> Sample:
        shape = a_full_shape(rng)
        dim, count = a_dim(rng, len(shape)), rng.randint(0, 4)
        source = list(shape)
        if -len(shape) <= dim < len(shape):
            source[dim] = count
        if source and rng.random() < 0.06:
            source[rng.randrange(len(source))] += 1
        dtype = a_dtype(rng)
        args: dict[str, Any] = {"dim": dim}
        if rng.random() < 0.3:
            args["alpha"] = rng.choice([0, 2, -1, 0.5])
        given = ((shape, dtype), ((count,), rng.choice(_INDICES)), (tuple(source), dtype))
        return Sample(args, given, high=1)


class one_hot(_Indexed):
    """Class numbers as vectors with a 1 at the class and 0 elsewhere (int64).

    PyTorch finds the number of classes in the data where it is left out; a network needs it written.
    """

    python = Writer("F.one_hot")
    inputs = ("tensor",)
    positional = 1
    formula = "out[…, c] = 1 where x[…] = c, else 0"
    keeps = Saved()
    num_classes = Int("how many classes there are; -1 as many as the data have, which no shape can tell", -1)
    example = ("[N] int64", "{op: one_hot, num_classes: 10}")

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        classes = call["num_classes"]
        call.require_dtype(("int64",), "class numbers (int64)", "tensor")
        if classes == -1:
            call.reject(
                "L202",
                f"`{call.label}` (one_hot) needs `num_classes`: without it the data decide the size",
                help="write how many classes there are: `num_classes: 10`",
            )
        if classes < 1:
            call.reject("L204", f"`num_classes` of `{call.label}` must be at least 1, not {classes}", arg="num_classes")
        return call.x.with_shape((*call.x.shape, classes))

    @classmethod
    def sample(cls, rng: random.Random) -> Sample:
        classes = rng.randint(1, 4) if rng.random() < 0.9 else rng.choice([0, -1, -2])
        dtype = "int64" if rng.random() < 0.95 else a_dtype(rng)
        return Sample({"num_classes": classes}, ((a_full_shape(rng), dtype),), high=1)
