"""Functions that take tensors apart."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from specc.ops.arguments import Int, Ints, SizeList
from specc.ops.axes import require_axes
from specc.ops.call import Call
from specc.ops.declare import Function, Sample
from specc.ops.sampling import a_dtype, a_shape
from specc.ops.shape import Layout
from specc.ops.slices import slice_length
from specc.ops.write import Method
from specc.shapes.constraints import Proved
from specc.shapes.dim import Dim
from specc.shapes.tensor import TensorType

if TYPE_CHECKING:
    import random


def _axis(call: Call) -> int:
    require_axes(call)
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
    """Pieces of a tensor, which share its memory."""

    view = True
    many = True

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
    formula = "out[k] = x[…, k · s : (k + 1) · s, …] with s = ⌈n / chunks⌉, for as many k as give one"
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
            {"chunks": rng.randint(1, 5) - (rng.random() < 0.05), **cls._dim(rng, shape)}, ((shape, a_dtype(rng)),)
        )


class split(_Part):
    """Pieces of a given size along an axis (the last may be smaller), or of the sizes listed."""

    python = Method("split")
    positional = 1
    formula = "out[k] = x[…, s₀ + … + s_{k−1} : s₀ + … + s_k, …]"
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
            return Sample({"split_size_or_sections": rng.randint(0, 4), **dim}, ((shape, a_dtype(rng)),))
        sizes, left = [], shape[axis]
        while left > 0:
            sizes.append(rng.randint(0, left))
            left -= sizes[-1]
        if rng.random() < 0.15:
            sizes.append(rng.choice([1, -1]))
        return Sample({"split_size_or_sections": sizes, **dim}, ((shape, a_dtype(rng)),))


class unbind(_Part):
    """Every slice along an axis, which is dropped."""

    python = Method("unbind")
    formula = "out[k] = x[…, k, …]"
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
        return Sample({**cls._dim(rng, shape)}, ((shape, a_dtype(rng)),))


class _Sections(_Part, abstract=True):
    """Pieces along an axis: so many, or cut before the places listed."""

    formula = "sections: out[k] has ⌈(n − k) / sections⌉ of the axis; places p: out[k] = x[…, p_{k−1} : p_k, …]"
    positional = 1

    @classmethod
    def cut(cls, call: Call, axis: int, *, even: bool) -> tuple[TensorType, ...]:
        """`even`: the sections are of one size (S308)."""
        (arg, *_), size = cls.args, call.x.shape[axis]
        wanted = call[arg]
        if isinstance(wanted, tuple):
            places = [None, *wanted, None]
            return _pieces(
                call,
                axis,
                [slice_length(call, size, places[k], places[k + 1], arg=arg) for k in range(len(wanted) + 1)],
            )
        if wanted < 1:
            call.reject("L204", f"`{arg}` of `{call.label}` must be at least 1, not {wanted}", arg=arg, notes=())
        if even:
            piece = size // wanted
            call.require_equal(
                (piece * wanted).without_origin(),
                size.without_origin(),
                f"`{call.label}` ({cls.name}) cannot cut axis {axis} of size {size} into {wanted} equal pieces",
                code="S308",
                arg=arg,
                help="`tensor_split` makes pieces that differ by one",
            )
            return _pieces(call, axis, [piece] * wanted)
        return _pieces(call, axis, [(size + (wanted - 1 - k)) // wanted for k in range(wanted)])

    @classmethod
    def sample(cls, rng: random.Random) -> Sample:
        shape = a_shape(rng, getattr(cls, "needs", 1), 4) if rng.random() < 0.8 else cls._shape(rng)
        arg, *more = cls.args
        args: dict[str, Any] = cls._dim(rng, shape) if more else {}
        args[arg] = rng.randint(1, 4) - (rng.random() < 0.06)
        if rng.random() < 0.5:
            args[arg] = [rng.randint(-2, 5) for _ in range(rng.randint(0, 3))]
        return Sample(args, ((shape, a_dtype(rng)),))


class tensor_split(_Sections):
    """So many pieces along an axis, of sizes that differ by at most one, or cut before the places listed."""

    python = Method("tensor_split")
    indices_or_sections = Ints("how many pieces, or a list of the places before which to cut", scalar=True)
    dim = Int("axis to cut", 0)
    example = ("[N, T, 768]", "{op: tensor_split, indices_or_sections: 5, dim: -1}")

    @classmethod
    def infer(cls, call: Call) -> tuple[TensorType, ...]:
        return cls.cut(call, _axis(call), even=False)


class _Fixed(_Sections, abstract=True):
    """Pieces along an axis that the name says."""

    needs = 1  # axes

    @classmethod
    def infer(cls, call: Call) -> tuple[TensorType, ...]:
        rank = call.x.rank
        if rank < cls.needs:
            call.reject(
                "S302",
                f"`{call.label}` ({cls.name}) needs an input with at least {cls.needs} axes, but its input is {rank}-d",
            )
        return cls.cut(call, cls.along(rank), even=True)

    @classmethod
    def along(cls, rank: int) -> int:
        return cls.needs - 1


class hsplit(_Fixed):
    """Pieces along the second axis, of a vector along its only one: so many equal ones, or cut at the places listed."""

    python = Method("hsplit")
    indices_or_sections = Ints("how many pieces, or a list of the places before which to cut", scalar=True)
    example = ("[N, 64]", "{op: hsplit, indices_or_sections: 2}")

    @classmethod
    def along(cls, rank: int) -> int:
        return min(rank - 1, 1)


class vsplit(_Fixed):
    """Pieces along the first axis: so many equal ones, or cut at the places listed."""

    needs = 2
    python = Method("vsplit")
    indices_or_sections = Ints("how many pieces, or a list of the places before which to cut", scalar=True)
    example = ("[64, D]", "{op: vsplit, indices_or_sections: 2}")

    @classmethod
    def along(cls, rank: int) -> int:
        return 0


class dsplit(_Fixed):
    """Pieces along the third axis: so many equal ones, or cut at the places listed."""

    needs = 3
    python = Method("dsplit")
    indices_or_sections = Ints("how many pieces, or a list of the places before which to cut", scalar=True)
    example = ("[N, C, 64]", "{op: dsplit, indices_or_sections: 2}")
