"""Sums of products with what is added to them, products of every pair of elements, and contractions of axes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from specc.ops.arguments import Arg, Int, Json, Number, Value, shown
from specc.ops.broadcast import broadcast, result_dtype
from specc.ops.call import Call
from specc.ops.declare import Family, Function, Sample, Saved
from specc.ops.matmul import Product, product_dtypes, require_inner, require_same_dtype
from specc.ops.operands import kept_of_product
from specc.ops.sampling import a_dtype, a_shape
from specc.ops.strides import laid_out, merge
from specc.ops.tiling import enlarged
from specc.ops.write import Writer
from specc.shapes.constraints import Proved, Refuted
from specc.shapes.dim import Dim
from specc.shapes.dtype import is_integral
from specc.shapes.tensor import TensorType

if TYPE_CHECKING:
    import random


class _Added(Product, abstract=True):
    """A product beside which something is added, broadcast to its shape: beta · input + alpha · product."""

    layouts: ClassVar[tuple[str, str]]
    summed: ClassVar[bool] = False  # over the batch
    beta = Number("what the input is multiplied by", 1)
    alpha = Number("what the product is multiplied by", 1)

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        for port, layout in zip(cls.factors, cls.layouts, strict=True):
            call.require_rank(layout.count(",") + 1, port=port, layout=layout)
        require_same_dtype(call, *cls.inputs)
        a, b = (call.input(port) for port in cls.factors)
        if a.rank == 3:
            call.require_equal(
                a.shape[0],
                b.shape[0],
                f"`{call.label}` ({cls.name}) has batches of {a.shape[0]} and of {b.shape[0]} matrices",
            )
        require_inner(call, a.shape[-1], b.shape[-2] if b.rank > 1 else b.shape[-1])
        shape = (*a.shape[:-1], *(b.shape[-1:] if b.rank > 1 else ()))
        shape = shape[1:] if cls.summed else shape
        # Where there is no product, only beta · input is left, which must be of the dtype.
        if a.numel * b.numel == 0 and isinstance(call["beta"], float) and is_integral(a.dtype):
            call.reject("S310", f"`beta: {call['beta']}` of `{call.label}` makes no {a.dtype}", arg="beta")
        return _broadcast_onto(call, shape)

    @classmethod
    def macs(cls, call: Call) -> Dim:
        a, b = (call.input(port) for port in cls.factors)
        return a.numel * b.shape[-1] if b.rank > 1 else a.numel

    @classmethod
    def sample(cls, rng: random.Random) -> Sample:
        sizes = {letter: rng.randint(0, 4) for letter in "BNMP"}
        found = []
        for layout in cls.layouts:
            shape = [sizes[letter] + (rng.random() < 0.04) for letter in layout if letter.isalpha()]
            found.append(tuple(shape if rng.random() < 0.97 else shape[1:]))
        letters = [letter for layout in cls.layouts for letter in layout if letter.isalpha() and letter != "M"]
        out = [sizes[letter] for letter in dict.fromkeys(letters) if letter != "B" or not cls.summed]
        return _with_input(rng, out, found)


def _with_input(rng: random.Random, out: list[int], found: list[tuple[int, ...]]) -> Sample:
    """With what is added: mostly of the output's shape, or broadcast."""
    kept = out[rng.choice([0, 0, 0, *range(len(out) + 1)]) :]
    added = tuple(1 if rng.random() < 0.2 else size + (rng.random() < 0.04) for size in kept)
    numbers = {name: rng.choice([0, 1, 2, -1, 0.5]) for name in ("beta", "alpha") if rng.random() < 0.3}
    dtypes = product_dtypes(rng, 1 + len(found))
    return Sample(numbers, tuple(zip([added, *found], dtypes, strict=True)))


def _broadcast_onto(call: Call, shape: tuple[Dim, ...]) -> TensorType:
    """What is added, taken as the product's shape (S302, S303)."""
    added = call.input("input")
    new = len(shape) - added.rank
    if new < 0:
        call.reject(
            "S302",
            f"`{call.label}` ({call.op.name}) adds a {added.rank}-d input to a product of {len(shape)} axes",
            recover=added.with_shape(shape),
        )
    for k, own in enumerate(added.shape):
        enlarged(call, own, shape[k + new], k + new)
    return added.with_shape(shape)


class addmm(_Added):
    """The product of two matrices, and what is added to it."""

    python = Writer("torch.addmm")
    inputs = ("input", "mat1", "mat2")
    factors = ("mat1", "mat2")
    layouts = ("[N, M]", "[M, P]")
    formula = "out[i, j] = beta · x[i, j] + alpha · Σ_k mat1[i, k] · mat2[k, j]"
    example = ("[S], [N, D], [D, S]", "{op: addmm, from: [bias, x, weight]}")


class baddbmm(_Added):
    """The products of two batches of matrices, and what is added to them: scores of attention with their bias."""

    python = Writer("torch.baddbmm")
    inputs = ("input", "batch1", "batch2")
    factors = ("batch1", "batch2")
    layouts = ("[B, N, M]", "[B, M, P]")
    formula = "out[b, i, j] = beta · x[b, i, j] + alpha · Σ_k batch1[b, i, k] · batch2[b, k, j]"
    example = ("[N, T, S], [N, T, D], [N, D, S]", "{op: baddbmm, from: [mask, q, k]}")


class addbmm(_Added):
    """The sum over a batch of products of matrices, and what is added to it."""

    python = Writer("torch.addbmm")
    inputs = ("input", "batch1", "batch2")
    factors = ("batch1", "batch2")
    layouts = ("[B, N, M]", "[B, M, P]")
    summed = True
    formula = "out[i, j] = beta · x[i, j] + alpha · Σ_b Σ_k batch1[b, i, k] · batch2[b, k, j]"
    example = ("[T, S], [N, T, D], [N, D, S]", "{op: addbmm, from: [bias, a, b]}")


class _Pairs(Function, abstract=True):
    """Products of elements, nothing summed: no multiply-adds, as those of other element-wise work."""

    family = Family.MATH

    @classmethod
    def macs(cls, call: Call) -> int:
        return 0

    @classmethod
    def saved(cls, call: Call) -> Saved:
        return kept_of_product(call, *cls.inputs)


class outer(_Pairs):
    """The products of every element of one vector and every element of another."""

    python = Writer("torch.outer")
    inputs = ("input", "vec2")
    formula = "out[i, j] = x[i] · vec2[j]"
    example = ("[N], [M]", "outer")

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        for port in cls.inputs:
            call.require_rank(1, port=port, layout="[N]")
        a, b = (call.input(port) for port in cls.inputs)
        return TensorType((*a.shape, *b.shape), result_dtype([a, b]))

    @classmethod
    def sample(cls, rng: random.Random) -> Sample:
        return Sample({}, tuple((a_shape(rng, 1, 1 + (rng.random() < 0.1)), a_dtype(rng)) for _ in range(2)))


class kron(_Pairs):
    """The Kronecker product: every element of the first times the whole of the second, in blocks."""

    python = Writer("torch.kron")
    inputs = ("input", "other")
    formula = "out[i · m + k, j · n + l] = x[i, j] · y[k, l], likewise over any number of axes"
    example = ("[N, N], [M, M]", "kron")

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        a, b = (call.input(port) for port in cls.inputs)
        rank = max(a.rank, b.rank)
        first, second = ([Dim.of(1)] * (rank - t.rank) + list(t.shape) for t in (a, b))
        sizes = [_times(one, other) for one, other in zip(first, second, strict=True)]
        return TensorType(tuple(sizes), result_dtype([a.with_shape(first), b.with_shape(second)]))

    @classmethod
    def sample(cls, rng: random.Random) -> Sample:
        return Sample({}, tuple((a_shape(rng, 0, 3), a_dtype(rng)) for _ in range(2)))


def _times(a: Dim, b: Dim) -> Dim:
    if a == 1:
        return b
    return a if b == 1 else a * b


class cross(_Pairs):
    """The vector product along an axis of size 3; the others broadcast."""

    python = Writer("torch.cross")
    inputs = ("input", "other")
    formula = "out = (a₁b₂ − a₂b₁, a₂b₀ − a₀b₂, a₀b₁ − a₁b₀) along the axis"
    dim = Int("the axis of the three components; the first of size 3 if left out", None)
    example = ("[N, 3], [N, 3]", "{op: cross, dim: -1}")

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        a, b = (call.input(port) for port in cls.inputs)
        if a.rank != b.rank:
            call.reject(
                "S302", f"`{call.label}` (cross) needs inputs of one rank, but they are {a.rank}-d and {b.rank}-d"
            )
        require_same_dtype(call, *cls.inputs)
        axis = _three(call, a) if call["dim"] is None else call.axis(call["dim"], a.rank)
        if not a.rank:
            call.reject("S302", f"`{call.label}` (cross) needs an axis of size 3, but its inputs are 0-d")
        for operand in (a, b):
            call.require_equal(
                operand.shape[axis],
                Dim.of(3),
                f"`{call.label}` (cross) needs three components along axis {axis}, but it has {operand.shape[axis]}",
            )
        return a.with_shape(broadcast(call, [a, b]))

    @classmethod
    def sample(cls, rng: random.Random) -> Sample:
        shape = [rng.randint(0, 4) for _ in range(rng.randint(1, 4))]
        axis = rng.randrange(len(shape))
        shape[axis] = 3 if rng.random() < 0.95 else 2
        other = [1 if rng.random() < 0.1 and k != axis else size for k, size in enumerate(shape)]
        args = {"dim": axis - len(shape) * (rng.random() < 0.5)} if rng.random() < 0.7 else {}
        first = rng.choice(["float32"] * 6 + [a_dtype(rng)])
        dtypes = (first, first if rng.random() < 0.95 else a_dtype(rng))
        return Sample(args, ((tuple(shape), dtypes[0]), (tuple(other), dtypes[1])))


def _three(call: Call, operand: TensorType) -> int:
    """The first axis of size 3."""
    verdicts = [call.decide(size, Dim.of(3)) for size in operand.shape]
    axis = next((k for k, verdict in enumerate(verdicts) if not isinstance(verdict, Refuted)), None)
    if axis is None:
        call.reject("S310", f"`{call.label}` (cross) needs an axis of size 3, but its input {operand} has none")
    if not isinstance(verdicts[axis], Proved):
        call.reject(
            "S304",
            f"`{call.label}` (cross) takes the first axis of size 3, and whether `{operand.shape[axis]}` is 3 is open",
            help="say which axis: `dim: -1`",
        )
    return axis


class inner(Function):
    """The products summed over the last axis of both, for every pair of rows; a 0-d input scales the other."""

    family = Family.MATH
    python = Writer("torch.inner")
    inputs = ("input", "other")
    formula = "out[…, i, …, j] = Σ_k a[…, i, k] · b[…, j, k]"
    example = ("[N, D], [M, D]", "inner")

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        a, b = (call.input(port) for port in cls.inputs)
        if not a.rank or not b.rank:
            return TensorType((*a.shape, *b.shape), result_dtype([a, b]))
        require_same_dtype(call, *cls.inputs)
        call.require_equal(
            a.shape[-1],
            b.shape[-1],
            f"`{call.label}` (inner) multiplies rows of {a.shape[-1]} by rows of {b.shape[-1]}",
            help="the last axes of both inputs must agree; `matmul` takes the columns of the second",
        )
        return a.with_shape((*a.shape[:-1], *b.shape[:-1]))

    @classmethod
    def macs(cls, call: Call) -> Dim | int:
        a, b = (call.input(port) for port in cls.inputs)
        return call.output[0].numel * a.shape[-1] if a.rank and b.rank else 0

    @classmethod
    def saved(cls, call: Call) -> Saved:
        """Rows of one element are summed, which makes a copy of the first."""
        a, b = (call.input(port) for port in cls.inputs)
        if a.rank and b.rank and a.shape[-1] == 1:
            return Saved(("other",), extra=a.nbytes)
        return kept_of_product(call, *cls.inputs)

    @classmethod
    def sample(cls, rng: random.Random) -> Sample:
        size = rng.randint(0, 4)
        shapes = [(*a_shape(rng, 0, 2), size + (rng.random() < 0.04)) if rng.random() < 0.9 else () for _ in range(2)]
        return Sample({}, tuple(zip(shapes, product_dtypes(rng, 2), strict=True)))


class AxisPairs(Arg):
    """A number of axes, or two lists of them that belong together."""

    __slots__ = ()
    kind = "an integer or two lists of integers"

    def options(self) -> list[Json]:
        one = {"type": "array", "items": {"type": "integer"}}
        return [{"type": "integer", "minimum": 0}, {"type": "array", "items": one, "minItems": 2, "maxItems": 2},
                {"type": "string", "minLength": 1}]  # fmt: skip

    def _refuse(self, value: Value, owner: Any) -> str | None:
        if isinstance(value, int) and not isinstance(value, bool):
            return None if value >= 0 else f"must be at least 0, not {value}"
        pair = value if isinstance(value, tuple) and len(value) == 2 else ()
        whole = [
            isinstance(v, int) and not isinstance(v, bool) for each in pair if isinstance(each, tuple) for v in each
        ]
        if pair and all(isinstance(each, tuple) for each in pair) and all(whole):
            return None
        return f"must be {self.kind}, not {shown(value)}"


class tensordot(Function):
    """The products summed over pairs of axes: the last of the first with the first of the second, or as listed."""

    family = Family.MATH
    python = Writer("torch.tensordot")
    inputs = ("a", "b")
    positional = 1
    formula = "out[i…, j…] = Σ_{k…} a[i…, k…] · b[k…, j…], with k at the axes that dims pairs"
    dims = AxisPairs("how many axes, or the axes of the first and those of the second", 2)
    example = ("[N, T, D], [D, H, E]", "{op: tensordot, dims: 1}")

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        a, b = call.input("a"), call.input("b")
        first, second = _paired(call)
        require_same_dtype(call, *cls.inputs)
        for one, other in zip(first, second, strict=True):
            if a.shape[one] == 1 or b.shape[other] == 1:
                continue
            size, wanted = a.shape[one], b.shape[other]
            if isinstance(call.decide(size, wanted), Refuted):  # a size of 1 goes with any
                may_be_one = [each for each in (size, wanted) if not isinstance(call.decide(each, Dim.of(1)), Refuted)]
                size, wanted = (may_be_one[0], Dim.of(1)) if may_be_one else (size, wanted)
            call.require_equal(
                size,
                wanted,
                f"`{call.label}` (tensordot) pairs axis {one} of {a.shape[one]} with axis {other} of {b.shape[other]}",
                arg="dims",
            )
        left = [size for k, size in enumerate(a.shape) if k not in first]
        return a.with_shape([*left, *(size for k, size in enumerate(b.shape) if k not in second)])

    @classmethod
    def macs(cls, call: Call) -> Dim:
        a, b = call.input("a"), call.input("b")
        total = call.output[0].numel
        for one, other in zip(*_paired(call), strict=True):
            if a.shape[one] != 1 and b.shape[other] != 1:
                total = total * a.shape[one]
        return total

    @classmethod
    def saved(cls, call: Call) -> Saved:
        """An input that is summed or whose axes must be reordered is kept as a copy."""
        first, second = _paired(call)
        kept, extra = [], Dim.of(0)
        single = call.output[0].numel == 1  # computed as the sum of an element-wise product
        for port, own, theirs in (("a", first, second), ("b", second, first)):
            operand, other = call.input(port), call.input("b" if port == "a" else "a")
            alone = [k for k, far in zip(own, theirs, strict=True) if other.shape[far] == 1]
            if port == "b":  # two sizes of 1 are summed in the first
                alone = [
                    k for k, far in zip(own, theirs, strict=True) if other.shape[far] == 1 and operand.shape[k] != 1
                ]
            axes = laid_out(operand.shape)
            rest = [axes[k] for k in range(operand.rank) if k not in own]
            if not alone and (single or (merge(rest) and merge([axes[k] for k in own]))):
                kept.append(port)
            else:
                shape = [Dim.of(1) if k in alone else size for k, size in enumerate(operand.shape)]
                extra = extra + operand.with_shape(shape).nbytes
        return Saved(tuple(kept), extra=extra)

    @classmethod
    def sample(cls, rng: random.Random) -> Sample:
        shared = [rng.randint(0, 3) for _ in range(rng.randint(0, 2))]
        a, b = list(a_shape(rng, 0, 2)), list(a_shape(rng, 0, 2))
        args: dict[str, Any] = {"dims": len(shared)}
        if rng.random() < 0.5:
            places: list[list[int]] = []
            for shape in (a, b):
                at = rng.sample(range(len(shape) + len(shared)), len(shared))
                for k, size in sorted(zip(at, shared, strict=True)):
                    shape.insert(k, size)
                places.append([k - len(shape) * (rng.random() < 0.3) for k in at])
            args["dims"] = places
        else:
            a, b = [*a, *shared], [*shared, *b]
        for shape in (a, b):
            if shape and rng.random() < 0.08:
                shape[rng.randrange(len(shape))] = rng.choice([1, 2])
        if rng.random() < 0.1:
            args = rng.choice([{}, {"dims": 3}, {"dims": [[0], [0, 1]]}])
        return Sample(args, tuple(zip((tuple(a), tuple(b)), product_dtypes(rng, 2), strict=True)))


def _paired(call: Call) -> tuple[list[int], list[int]]:
    """The axes of both inputs that belong together, counted from the front."""
    a, b, dims = call.input("a"), call.input("b"), call["dims"]
    if isinstance(dims, int):
        if dims > min(a.rank, b.rank):
            call.reject(
                "S310",
                f"`dims: {dims}` of `{call.label}` (tensordot) is more than the axes of its inputs {a} and {b}",
                arg="dims",
            )
        return list(range(a.rank - dims, a.rank)), list(range(dims))
    if len(dims[0]) != len(dims[1]):
        call.reject(
            "S310",
            f"`dims` of `{call.label}` (tensordot) pairs {len(dims[0])} axes with {len(dims[1])}",
            arg="dims",
            notes=(),
        )
    found = []
    for port, listed in zip(("a", "b"), dims, strict=True):
        rank = call.input(port).rank
        if listed and not rank:
            call.reject(
                "S309", f"`dims` of `{call.label}` (tensordot) names axes of input `{port}`, which is 0-d", arg="dims"
            )
        axes = [call.axis(d, rank, arg="dims") for d in listed]
        if len(set(axes)) < len(axes):
            call.reject(
                "S309", f"`dims` of `{call.label}` (tensordot) names an axis of input `{port}` twice", arg="dims"
            )
        found.append(axes)
    return found[0], found[1]
