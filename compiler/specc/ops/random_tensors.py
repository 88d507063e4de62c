"""Random tensors, and samples of distributions. They are drawn anew at every call, in training or not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from specc.ops.arguments import Bool, DType, Int, Size, SizeList
from specc.ops.call import Call
from specc.ops.creation import FLOAT_DTYPE, Creation, Like, count, made
from specc.ops.declare import Family, Function, Sample, Saved
from specc.ops.operands import kind, refuse
from specc.ops.scalars import fits
from specc.ops.write import Writer
from specc.shapes.dim import Dim
from specc.shapes.tensor import TensorType

if TYPE_CHECKING:
    import random


def _fraction(call: Call, dtype: str) -> str:
    """The dtype, which must hold fractions (S307)."""
    if kind(dtype) in ("bool", "integer"):
        call.reject(
            "S307",
            f"`{call.label}` ({call.op.name}) draws no {dtype}",
            arg="dtype" if call["dtype"] else None,
            help="write `dtype: float32`, or use `randint`",
        )
    return dtype


class _Random(Creation, abstract=True):
    size = SizeList("its sizes", scalar=True)
    dtype = DType(FLOAT_DTYPE, None)
    positional = 1

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        return TensorType(made(call), _fraction(call, call["dtype"] or "float32"))


class rand(_Random):
    """Random numbers, uniform in [0, 1)."""

    python = Writer("torch.rand")
    formula = "y ~ U(0, 1)"
    example = ("", "{op: rand, size: [1, 64]}")


class randn(_Random):
    """Random numbers of the standard normal distribution."""

    python = Writer("torch.randn")
    formula = "y ~ N(0, 1)"
    example = ("", "{op: randn, size: [1, 64]}")


class _RandomLike(Like, abstract=True):
    @classmethod
    def infer(cls, call: Call) -> TensorType:
        result = super().infer(call)
        _fraction(call, result.dtype)
        return result


class rand_like(_RandomLike):
    """Random numbers, uniform in [0, 1), in the shape of another tensor."""

    python = Writer("torch.rand_like")
    formula = "y ~ U(0, 1)"
    example = ("[N, C]", "rand_like")


class randn_like(_RandomLike):
    """Random numbers of the standard normal distribution, in the shape of another tensor."""

    python = Writer("torch.randn_like")
    formula = "y ~ N(0, 1)"
    example = ("[N, C]", "randn_like")


class randint(Creation):
    """Random integers from `low` to before `high`."""

    python = Writer("torch.randint")
    formula = "y ~ U{low, …, high − 1}"
    positional = 3
    low = Int("the least", 0)
    high = Int("the first beyond the greatest")
    size = SizeList("its sizes")
    dtype = DType("its dtype; int64 if left out", None)
    example = ("", "{op: randint, high: 10, size: [1, 64]}")

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        low, high, dtype = call["low"], call["high"], call["dtype"] or "int64"
        shape, name = made(call), f"`{call.label}` (randint)"
        if low >= high:
            call.reject("L204", f"`high: {high}` of {name} must be greater than `low`, which is {low}", arg="high")
        for arg, value in (("low", low), ("high", high - 1)):
            if (dtype == "bool" and value not in (0, 1)) or (dtype == "uint8" and value < 0) or not fits(value, dtype):
                call.reject("S310", f"{name} draws up to {value}, which is no {dtype}", arg=arg)
        return TensorType(shape, dtype)

    @classmethod
    def drawn(cls, rng: random.Random, name: str) -> Any:
        return rng.randint(-3, 3) if name == "low" else rng.choice([1, 2, 3, 5, 300])


class randperm(Creation):
    """The integers from 0 to `n` − 1 in random order."""

    python = Writer("torch.randperm")
    formula = "y = a permutation of 0, …, n − 1"
    positional = 1
    n = Size("how many")
    dtype = DType("its dtype; int64 if left out", None)
    example = ("", "{op: randperm, n: 16}")

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        n, dtype = count(call, "n"), call["dtype"] or "int64"
        name = f"`{call.label}` (randperm)"
        if dtype == "bool":
            call.reject("S307", f"{name} counts, which booleans cannot", arg="dtype")
        most = {"float16": 2**11 + 1, "float32": 2**24 + 1}.get(dtype, n.value if n.is_const else 0)
        if n.is_const and (n.value > most or not fits(n.value, dtype)):
            call.reject("S310", f"{name} counts to {n}, which {dtype} cannot", arg="dtype")
        return TensorType((n,), dtype)

    @classmethod
    def drawn(cls, rng: random.Random, name: str) -> Any:
        return rng.choice([-1, 0, 1, 2, 5, 9, 300])


class bernoulli(Function):
    """Zeros and ones: a one with the probability that the input gives, which must lie in [0, 1]."""

    family = Family.MATH
    python = Writer("torch.bernoulli")
    formula = "y = 1 with probability x, else 0"
    example = ("[N, C]", "bernoulli")
    same_shape = True
    keeps = Saved()

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        refuse(call, call.x.dtype, "bool", "integer", "complex")
        return call.x

    @classmethod
    def macs(cls, call: Call) -> int:
        return 0

    @classmethod
    def sample(cls, rng: random.Random) -> Sample:
        shape = tuple(rng.randint(0, 4) for _ in range(rng.randint(0, 4)))
        return Sample({}, ((shape, rng.choice(["float32", "float32", "float64", "bfloat16", "int64"])),))


class multinomial(Function):
    """Indices drawn with the probabilities of a row, which need not add up to 1 but must not be negative."""

    family = Family.MATH
    python = Writer("torch.multinomial")
    formula = "y = num_samples indices i, each with probability x[i] / Σ x"
    positional = 1
    num_samples = Size("how many of each row")
    replacement = Bool("whether an index may be drawn again", False)
    example = ("[N, C]", "{op: multinomial, num_samples: 1}")
    keeps = Saved()

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        call.require_rank(1, 2, layout="[C] or [N, C]")
        refuse(call, call.x.dtype, "bool", "integer", "complex")
        samples, categories = call.dim("num_samples"), call.x.shape[-1]
        name = f"`num_samples: {samples}` of `{call.label}` (multinomial)"
        call.require_at_least(samples, 1, f"{name} must be at least 1", code="L204", arg="num_samples")
        least = Dim.of(1) if call["replacement"] else samples
        call.require_at_least(
            categories,
            least,
            f"{name} is more than the {categories} categories that there are",
            arg="num_samples",
            help=None if call["replacement"] else "write `replacement: true` to draw one again",
        )
        return call.x.with_dim(-1, samples).with_dtype("int64")

    @classmethod
    def macs(cls, call: Call) -> int:
        return 0

    @classmethod
    def sample(cls, rng: random.Random) -> Sample:
        shape = tuple(rng.randint(0, 4) for _ in range(rng.choice([1, 2, 2, 2, 0, 3])))
        args: dict[str, object] = {"num_samples": rng.choice([1, 1, 2, 3, 0])}
        if rng.random() < 0.5:
            args["replacement"] = rng.random() < 0.8
        return Sample(args, ((shape, rng.choice(["float32"] * 8 + ["float64", "int64"])),))
