"""Products of vectors and matrices."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from specc.ops.broadcast import broadcast
from specc.ops.call import Call
from specc.ops.declare import Family, Function, Sample, Saved
from specc.ops.strides import expanded, laid_out, merge
from specc.ops.write import Method, Operator, Writer
from specc.shapes.dim import Dim
from specc.shapes.dtype import DTYPES
from specc.shapes.tensor import TensorType

if TYPE_CHECKING:
    import random


def require_same_dtype(call: Call, *ports: str) -> None:
    """torch's products mix no dtypes, and take no booleans (S307)."""
    dtypes = list(dict.fromkeys(call.input(port).dtype for port in ports))
    if len(dtypes) > 1:
        call.reject(
            "S307",
            f"`{call.label}` ({call.op.name}) needs inputs of one dtype, but they are {' and '.join(dtypes)}",
            help="convert one: `{op: to, dtype: " + dtypes[0] + "}`",
        )
    if dtypes[0] == "bool":
        call.reject("S307", f"`{call.label}` ({call.op.name}) does not take booleans")


def require_inner(call: Call, a: Dim, b: Dim) -> None:
    """The rows of the first are as long as the columns of the second (S303)."""
    call.require_equal(
        a,
        b,
        f"`{call.label}` ({call.op.name}) multiplies rows of {a} by columns of {b}",
        help="the last axis of the first input must equal the last but one of the second: transpose one of them?",
    )


def product_dtypes(rng: random.Random, count: int) -> list[str]:
    """Mostly equal ones."""
    first = rng.choice(["float32"] * 8 + [*DTYPES])
    return [first if rng.random() < 0.96 else rng.choice(DTYPES) for _ in range(count)]


class Product(Function, abstract=True):
    """Multiplies two of its inputs, which are kept: each for the gradient of the other."""

    family = Family.MATH
    factors: ClassVar[tuple[str, str]]

    @classmethod
    def saved(cls, call: Call) -> Saved:
        return Saved(cls.factors)


class matmul(Product):
    """The product of matrices, batched over the axes before the last two and broadcast; a 1-d input is a vector."""

    python = Operator("@", "matmul")
    inputs = ("input", "other")
    factors = ("input", "other")
    formula = "out[…, i, j] = Σ_k a[…, i, k] · b[…, k, j]"
    example = ("[N, T, D], [N, D, S]", "matmul")

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        a, b = call.input("input"), call.input("other")
        if not a.rank or not b.rank:
            call.reject("S302", f"`{call.label}` (matmul) needs inputs with at least one axis; `mul` takes 0-d tensors")
        require_same_dtype(call, *cls.inputs)
        require_inner(call, a.shape[-1], b.shape[-2] if b.rank > 1 else b.shape[-1])
        lead = broadcast(call, [a.with_shape(a.shape[:-2]), b.with_shape(b.shape[:-2])])
        rows = a.shape[-2:-1] if a.rank > 1 else ()
        columns = b.shape[-1:] if b.rank > 1 else ()
        return a.with_shape((*lead, *rows, *columns))

    @classmethod
    def macs(cls, call: Call) -> Dim:
        return call.output[0].numel * call.input("input").shape[-1]

    @classmethod
    def saved(cls, call: Call) -> Saved:
        """Batches that are broadcast are copied, and so is the larger input where the first is a single matrix."""
        a, b = call.input("input"), call.input("other")
        if b.rank <= 2:
            return Saved(cls.factors)
        if a.rank <= 2 or (
            a.rank == b.rank == 3 and a.shape[0] == 1
        ):  # computed as bᵀ aᵀ, all rows of bᵀ below each other
            *lead, _, columns = laid_out(b.shape)
            return Saved(cls.factors) if merge([*lead, columns]) else Saved(("input",), extra=b.nbytes)
        lead_out = call.output[0].shape[:-2]
        kept, extra = [], Dim.of(0)
        for port, operand in (("input", a), ("other", b)):
            own = operand.shape[:-2]
            axes = laid_out([*[Dim.of(1)] * (len(lead_out) - len(own)), *operand.shape])[: len(lead_out)]
            wide = [expanded(axis, size) for axis, size in zip(axes, lead_out, strict=True)]
            if merge(wide):
                kept.append(port)
            else:
                extra = extra + operand.with_shape((*lead_out, *operand.shape[-2:])).nbytes
        return Saved(tuple(kept), extra=extra)

    @classmethod
    def sample(cls, rng: random.Random) -> Sample:
        rows, inner, columns = (rng.randint(0, 4) for _ in range(3))
        lead = [rng.randint(0, 3) for _ in range(rng.randint(0, 3))]

        def batch() -> list[int]:
            kept = lead[rng.randint(0, len(lead)) :] if rng.random() < 0.4 else lead
            return [1 if rng.random() < 0.2 else d + (rng.random() < 0.03) for d in kept]

        a = (*batch(), rows, inner) if rng.random() < 0.8 else (inner,)
        other = inner + (rng.random() < 0.1)
        b = (*batch(), other, columns) if rng.random() < 0.8 else (other,)
        dtypes = product_dtypes(rng, 2)
        if rng.random() < 0.05:
            a = ()
        return Sample({}, ((a, dtypes[0]), (b, dtypes[1])))


class _Ranked(Product, abstract=True):
    """Each input has a rank of its own: [B, N, M] by [B, M, P]."""

    layouts: ClassVar[tuple[str, str]]

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
        return a.with_shape((*a.shape[:-1], *(b.shape[-1:] if b.rank > 1 else ())))

    @classmethod
    def macs(cls, call: Call) -> Dim:
        return call.output[0].numel * call.input(cls.factors[0]).shape[-1]

    @classmethod
    def sample(cls, rng: random.Random) -> Sample:
        dtypes = product_dtypes(rng, 2)
        return Sample({}, tuple(zip(cls.operands(rng), dtypes, strict=True)))

    @classmethod
    def operands(cls, rng: random.Random) -> list[tuple[int, ...]]:
        """The shapes of the two factors."""
        sizes = {letter: rng.randint(0, 4) for letter in "BNMP"}
        found = []
        for layout in cls.layouts:
            shape = [sizes[letter] + (rng.random() < 0.04) for letter in layout if letter.isalpha()]
            found.append(tuple(shape if rng.random() < 0.97 else shape[1:]))
        return found


class bmm(_Ranked):
    """The products of two batches of matrices: [B, N, M] by [B, M, P]."""

    python = Writer("torch.bmm")
    inputs = ("input", "mat2")
    factors = ("input", "mat2")
    layouts = ("[B, N, M]", "[B, M, P]")
    formula = "out[b, i, j] = Σ_k x[b, i, k] · mat2[b, k, j]"
    example = ("[N, T, D], [N, D, S]", "bmm")


class mm(_Ranked):
    """The product of two matrices."""

    python = Writer("torch.mm")
    inputs = ("input", "mat2")
    factors = ("input", "mat2")
    layouts = ("[N, M]", "[M, P]")
    formula = "out[i, j] = Σ_k x[i, k] · mat2[k, j]"
    example = ("[N, D], [D, S]", "mm")


class mv(_Ranked):
    """The product of a matrix and a vector."""

    python = Writer("torch.mv")
    inputs = ("input", "vec")
    factors = ("input", "vec")
    layouts = ("[N, M]", "[M]")
    formula = "out[i] = Σ_k x[i, k] · vec[k]"
    example = ("[N, D], [D]", "mv")


class dot(_Ranked):
    """The product of two vectors: one number."""

    python = Method("dot")
    inputs = ("input", "tensor")
    factors = ("input", "tensor")
    layouts = ("[M]", "[M]")
    formula = "out = Σ_k x[k] · tensor[k]"
    example = ("[D], [D]", "dot")
