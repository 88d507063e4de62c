"""Functions and modules that give the same elements another shape."""

from __future__ import annotations

from typing import TYPE_CHECKING

from specc.ops.arguments import Int, Ints, SizeList
from specc.ops.call import Call
from specc.ops.declare import Family, Function, Module, Op, Owned, Sample, Saved
from specc.ops.sampling import a_dtype, a_shape
from specc.ops.write import Method, Writer
from specc.shapes.dim import Dim, product
from specc.shapes.tensor import TensorType

if TYPE_CHECKING:
    import random


_ORDER = "the elements of x in their order (the last index runs fastest), in another shape"


class Layout(Op, abstract=True):
    """Nothing is computed, nothing owned, nothing kept."""

    family = Family.SHAPE
    keeps = Saved()

    @classmethod
    def parameters(cls, call: Call) -> dict[str, Owned]:
        return {}

    @classmethod
    def macs(cls, call: Call) -> int:
        return 0


class _Flatten(Layout, abstract=True):
    """Joins the axes from `start_dim` to `end_dim`."""

    positional = 2
    view = True
    formula = "out[…, i, …] = x[…, i_s, …, i_e, …] with i = (…(i_s · n_{s+1} + i_{s+1}) · … ) · n_e + i_e"

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        rank = call.x.rank
        start = call.axis(call["start_dim"], rank, arg="start_dim")
        end = call.axis(call["end_dim"], rank, arg="end_dim")
        if start > end:
            call.reject("S309", f"`start_dim` of `{call.label}` comes after its `end_dim`", arg="start_dim")
        if start == end and rank:
            return call.x
        joined = product(call.x.shape[start : end + 1])
        return call.x.with_shape((*call.x.shape[:start], joined, *call.x.shape[end + 1 :]))

    @classmethod
    def sample(cls, rng: random.Random) -> Sample:
        shape = tuple(rng.randint(0, 4) for _ in range(rng.randint(0, 5)))
        args = {name: rng.randint(-5, 5) for name in ("start_dim", "end_dim") if rng.random() < 0.5}
        return Sample(args, ((shape, a_dtype(rng)),))


class flatten(_Flatten, Function):
    """Joins the axes from `start_dim` to `end_dim` into one."""

    python = Method("flatten")
    start_dim = Int("first axis to join", 0)
    end_dim = Int("last axis to join", -1)
    example = ("[N, 512, 7, 7]", "{op: flatten, start_dim: 1}")


class Flatten(_Flatten, Module):
    """Joins the axes from `start_dim` to `end_dim` into one; by default all but the batch."""

    start_dim = Int("first axis to join", 1)
    end_dim = Int("last axis to join", -1)
    example = ("[N, 512, 7, 7]", "Flatten")


def fitted(call: Call, total: Dim, arg: str) -> tuple[Dim, ...]:
    """The sizes of `arg`, one of which may be -1 (inferred), for `total` elements (S310, S311)."""
    written = call[arg]
    open_at = [k for k, size in enumerate(written) if size == -1]
    name = f"`{call.label}` ({call.op.name})"
    for size in written:
        if isinstance(size, int) and size < -1:
            call.reject(
                "L204", f"a size in `{arg}` of `{call.label}` must be at least -1, not {size}", arg=arg, notes=()
            )
    if len(open_at) > 1:
        call.reject("S310", f"`{arg}` of `{call.label}` may leave only one size to be inferred (-1)", arg=arg, notes=())
    sizes = [Dim.of(1) if k in open_at else call.dim(arg, k) for k in range(len(written))]
    known = product(sizes)
    shown = ", ".join(str(size) for size in written)
    if not open_at:
        message = f"{name} cannot give {total} elements the shape [{shown}], which has {known}"
        call.require_equal(known, total, message, code="S311", arg=arg, help=_flat(call))
        return tuple(sizes)
    beside = f"{name} cannot infer -1 in [{shown}]: any size would do beside a 0"
    if known == 0:
        call.reject("S311", beside, arg=arg)
    call.require_at_least(known, 1, beside, code="S311", arg=arg)  # open only where the data may decide on 0
    quotient = total // known
    message = f"{name} cannot give {total} elements the shape [{shown}]: {total} is not divisible by {known}"
    call.require_equal((quotient * known).without_origin(), total.without_origin(), message, code="S311", arg=arg,
                       help=_flat(call))  # fmt: skip
    sizes[open_at[0]] = quotient
    return tuple(sizes)


def _flat(call: Call) -> str | None:
    first, *rest = call.x.shape or (Dim.of(1),)
    each = product(rest)
    return (
        f"each of the {first} along the first axis has {each} elements: `[-1, {each}]` flattens them" if rest else None
    )


class _Reshape(Layout, Function, abstract=True):
    positional = 1
    view = True
    formula = _ORDER

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        (arg,) = cls.args
        return call.x.with_shape(fitted(call, call.x.numel, arg))

    @classmethod
    def sample(cls, rng: random.Random) -> Sample:
        factors = [rng.randint(0 if rng.random() < 0.2 else 1, 4) for _ in range(rng.randint(1, 4))]
        shape, sizes = list(factors), list(factors)
        rng.shuffle(sizes)
        if len(sizes) > 1 and rng.random() < 0.5:
            sizes[:2] = [sizes[0] * sizes[1]]
        if rng.random() < 0.3:
            sizes.insert(rng.randint(0, len(sizes)), 1)
        if rng.random() < 0.15:
            sizes[0] += 1
        if rng.random() < 0.6:
            sizes[rng.randrange(len(sizes))] = -1
        if rng.random() < 0.05:
            sizes.append(rng.choice([-1, -2]))
        (arg,) = cls.args
        return Sample({arg: sizes}, ((tuple(shape), a_dtype(rng)),))


class reshape(_Reshape):
    """The same elements in another shape; one size may be -1 and is inferred."""

    python = Method("reshape", splat=True)
    shape = SizeList("the new sizes")
    example = ("[N, 16, 7, 7]", "{op: reshape, shape: [N, 4, -1]}")


class view(_Reshape):
    """The same elements in another shape, sharing memory; PyTorch refuses a permuted input, where `reshape` copies."""

    python = Method("view", splat=True)
    size = SizeList("the new sizes")
    example = ("[N, 16, 7, 7]", "{op: view, size: [N, 4, -1]}")


class _As(Layout, Function, abstract=True):
    """The shape is another tensor's."""

    inputs = ("input", "other")
    view = True
    formula = _ORDER

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        other = call.input("other")
        have, need = call.x.numel, other.numel
        message = f"`{call.label}` ({cls.name}) cannot give {have} elements the shape {other}, which has {need}"
        call.require_equal(have, need, message, code="S311")
        return call.x.with_shape(other.shape)

    @classmethod
    def sample(cls, rng: random.Random) -> Sample:
        shape = list(a_shape(rng, 0, 4))
        other = list(shape)
        rng.shuffle(other)
        if len(other) > 1 and rng.random() < 0.5:
            other[:2] = [other[0] * other[1]]
        if rng.random() < 0.3:
            other.insert(rng.randint(0, len(other)), 1)
        if other and rng.random() < 0.1:
            other[0] += 1
        return Sample({}, ((tuple(shape), a_dtype(rng)), (tuple(other), a_dtype(rng))))


class view_as(_As):
    """The same elements in the shape of another tensor, sharing memory."""

    python = Method("view_as")
    example = ("[N, 16, 49], [N, 16, 7, 7]", "{op: view_as, from: [x, image]}")


class reshape_as(_As):
    """The same elements in the shape of another tensor."""

    python = Method("reshape_as")
    example = ("[N, 16, 49], [N, 16, 7, 7]", "{op: reshape_as, from: [x, image]}")


class ravel(Layout, Function):
    """All elements along one axis."""

    python = Method("ravel")
    view = True
    formula = _ORDER
    example = ("[3, H, W]", "ravel")

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        return call.x if call.x.rank == 1 else call.x.with_shape((call.x.numel,))

    @classmethod
    def sample(cls, rng: random.Random) -> Sample:
        return Sample({}, ((a_shape(rng), a_dtype(rng)),))


class _AtLeast(Layout, Function, abstract=True):
    """Axes of size 1 are added where there are too few."""

    view = True

    @classmethod
    def sample(cls, rng: random.Random) -> Sample:
        return Sample({}, ((a_shape(rng), a_dtype(rng)),))


class atleast_1d(_AtLeast):
    """The tensor, a 0-d one as an axis of one element."""

    python = Writer("torch.atleast_1d")
    formula = "out = x where x has an axis, else [x]"
    example = ("[]", "atleast_1d")

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        return call.x if call.x.rank else call.x.with_shape((1,))


class atleast_2d(_AtLeast):
    """The tensor with at least two axes; new ones of size 1 come first."""

    python = Writer("torch.atleast_2d")
    formula = "out = x where x has two axes, else x[None] (a 0-d x: [[x]])"
    example = ("[N]", "atleast_2d")

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        return call.x.with_shape([*[1] * (2 - call.x.rank), *call.x.shape]) if call.x.rank < 2 else call.x


class atleast_3d(_AtLeast):
    """The tensor with at least three axes: [N] becomes [1, N, 1], and [N, M] becomes [N, M, 1]."""

    python = Writer("torch.atleast_3d")
    formula = "out = x where x has three axes, else x[:, :, None], x[None, :, None] or [[[x]]]"
    example = ("[H, W]", "atleast_3d")

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        if call.x.rank > 2:
            return call.x
        return call.x.with_shape((*[1] * (call.x.rank < 2), *(call.x.shape or [1]), 1))


class _Unflatten(Layout, abstract=True):
    """Splits one axis."""

    positional = 2
    view = True
    formula = "out[…, i₁, …, i_k, …] = x[…, i, …] with i = (…(i₁ · n₂ + i₂) · … ) · n_k + i_k"

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        arg = list(cls.args)[1]
        axis = call.axis(call["dim"], call.x.rank)
        if not call[arg]:
            call.reject("S310", f"`{arg}` of `{call.label}` is empty", arg=arg, notes=())
        if not call.x.rank:
            call.reject("S302", f"`{call.label}` ({cls.name}) splits an axis, but its input has none")
        sizes = fitted(call, call.x.shape[axis], arg)
        return call.x.with_shape((*call.x.shape[:axis], *sizes, *call.x.shape[axis + 1 :]))

    @classmethod
    def sample(cls, rng: random.Random) -> Sample:
        sizes = [rng.randint(0 if rng.random() < 0.2 else 1, 4) for _ in range(rng.randint(1, 3))]
        size = 1
        for factor in sizes:
            size *= factor
        shape = [rng.randint(0, 3) for _ in range(rng.randint(0, 3))]
        axis = rng.randint(0, len(shape))
        shape.insert(axis, size + (rng.random() < 0.1))
        if rng.random() < 0.5:
            sizes[rng.randrange(len(sizes))] = -1
        dim = axis if rng.random() < 0.5 else axis - len(shape)
        if rng.random() < 0.1:
            dim += rng.choice([-2, 1])
        if rng.random() < 0.03:
            sizes = []
        return Sample({"dim": dim, list(cls.args)[1]: sizes}, ((tuple(shape), a_dtype(rng)),))


class unflatten(_Unflatten, Function):
    """Splits the axis `dim` into axes of the given sizes, one of which may be -1."""

    python = Method("unflatten")
    dim = Int("axis to split")
    sizes = SizeList("the sizes it is split into")
    example = ("[N, T, 512]", "{op: unflatten, dim: -1, sizes: [8, 64]}")


class Unflatten(_Unflatten, Module):
    """Splits the axis `dim` into axes of the given sizes, one of which may be -1."""

    dim = Int("axis to split")
    unflattened_size = Ints("the sizes it is split into")
    example = ("[N, 784]", "{op: Unflatten, dim: 1, unflattened_size: [1, 28, 28]}")
