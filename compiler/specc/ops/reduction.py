"""Sums, means, variances and the like over axes."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from specc.ops.arguments import Bool, DType, Float, Ints
from specc.ops.call import Call
from specc.ops.declare import Family, Function, Sample, Saved
from specc.ops.operands import as_float, kind, refuse
from specc.ops.reducing import DIMS, KEEP, ONE, Reduction, axes, reduced, require_dim
from specc.ops.write import Method, Writer
from specc.shapes.dtype import bytes_of, real
from specc.shapes.tensor import TensorType

if TYPE_CHECKING:
    import random

_ACCUMULATED = "what the input is converted to first; its own dtype if left out"


def _wide(dtype: str) -> str:
    """What integers and booleans add up to."""
    return "int64" if kind(dtype) in ("bool", "integer") else dtype


def _averaged(call: Call) -> str:
    """The dtype of a mean, which is none of integers (S307)."""
    dtype: str = call["dtype"] or call.x.dtype
    if kind(dtype) in ("bool", "integer"):
        call.reject(
            "S307",
            f"`{call.label}` ({call.op.name}) gives no {dtype}",
            arg="dtype" if call["dtype"] else None,
            help="write `dtype: float32`",
        )
    return dtype


class mean(Reduction):
    """The mean over axes, or over all."""

    python = Method("mean")
    formula = "y = 1/n · Σ x over the n elements of the axes"
    dim = Ints(DIMS, None, scalar=True)
    keepdim = Bool(KEEP, False)
    dtype = DType(_ACCUMULATED, None)
    example = ("[N, T, D]", "{op: mean, dim: 1}")
    keeps = Saved()

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        dtype = _averaged(call)
        require_dim(call)
        return reduced(call, axes(call)).with_dtype(dtype)


class sum(Reduction):
    """The sum over axes, or over all; integers and booleans add up to int64."""

    python = Method("sum")
    formula = "y = Σ x over the axes"
    dim = Ints(DIMS, None, scalar=True)
    keepdim = Bool(KEEP, False)
    dtype = DType(_ACCUMULATED, None)
    example = ("[N, T, D]", "{op: sum, dim: 1}")
    keeps = Saved()

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        require_dim(call)
        return reduced(call, axes(call)).with_dtype(call["dtype"] or _wide(call.x.dtype))


class nansum(Reduction):
    """The sum over axes, or over all, where NaN counts as 0."""

    python = Method("nansum")
    formula = "y = Σ x over the axes, without NaN"
    dim = Ints(DIMS, None, scalar=True)
    keepdim = Bool(KEEP, False)
    dtype = DType(_ACCUMULATED, None)
    example = ("[N, T, D]", "{op: nansum, dim: 1}")
    keeps = Saved(("input",))

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        refuse(call, call.x.dtype, "complex")
        return reduced(call, axes(call)).with_dtype(call["dtype"] or _wide(call.x.dtype))


class nanmean(Reduction):
    """The mean over axes, or over all, of what is not NaN."""

    python = Method("nanmean")
    formula = "y = 1/n · Σ x over the n elements of the axes that are not NaN"
    dim = Ints(DIMS, None, scalar=True)
    keepdim = Bool(KEEP, False)
    dtype = DType(_ACCUMULATED, None)
    example = ("[N, T, D]", "{op: nanmean, dim: 1}")

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        refuse(call, call.x.dtype, "bool", "integer", "complex")
        return reduced(call, axes(call)).with_dtype(_averaged(call))

    @classmethod
    def saved(cls, call: Call) -> Saved:
        return Saved(("input",), (), call.output[0].numel * bytes_of("int64"))


class prod(Reduction):
    """The product over one axis, or over all; of integers and booleans it is int64."""

    python = Method("prod")
    formula = "y = Π x over the axis"
    dim = Ints(ONE, None, scalar=True)
    keepdim = Bool(KEEP, False)
    dtype = DType(_ACCUMULATED, None)
    example = ("[N, T, D]", "{op: prod, dim: 1}")
    keeps = Saved(("input",), (0,))

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        require_dim(call)
        if isinstance(call["dim"], tuple):
            call.reject("L203", f"`dim` of `{call.label}` (prod) must be an integer: one axis, or none", arg="dim")
        return reduced(call, axes(call)).with_dtype(call["dtype"] or _wide(call.x.dtype))


class _Spread(Reduction, abstract=True):
    """Of complex numbers the variance is real."""

    dim = Ints(DIMS, None, scalar=True)
    correction = Float("what is taken from the number of elements: 1 makes the estimate unbiased", 1)
    keepdim = Bool(KEEP, False)

    @classmethod
    def spread(cls, call: Call) -> tuple[TensorType, TensorType]:
        """The types of the variance and of the mean."""
        refuse(call, call.x.dtype, "bool", "integer")
        found = reduced(call, axes(call))
        return found.with_dtype(real(found.dtype)), found

    @classmethod
    def sample(cls, rng: random.Random) -> Sample:
        sample = super().sample(rng)
        if rng.random() < 0.4:
            sample.args["correction"] = rng.choice([0, 1, 2, 0.5])
        return sample


class var(_Spread):
    """The variance over axes, or over all."""

    python = Method("var")
    formula = "y = 1/max(0, n − correction) · Σ |x − mean|² over the n elements of the axes"
    example = ("[N, T, D]", "{op: var, dim: 1}")
    keeps = Saved(("input",))

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        return cls.spread(call)[0]


class std(_Spread):
    """The standard deviation over axes, or over all."""

    python = Method("std")
    formula = "y = √(1/max(0, n − correction) · Σ |x − mean|²) over the n elements of the axes"
    example = ("[N, T, D]", "{op: std, dim: 1}")
    keeps = Saved(("input",), (0,))

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        return cls.spread(call)[0]


class var_mean(_Spread):
    """The variance and the mean over axes, or over all."""

    python = Writer("torch.var_mean")
    formula = "mean = 1/n · Σ x, var = 1/max(0, n − correction) · Σ |x − mean|² over the n elements of the axes"
    outputs = ("var", "mean")
    example = ("[N, T, D]", "{op: var_mean, dim: 1}")
    keeps = Saved(("input",))

    @classmethod
    def infer(cls, call: Call) -> tuple[TensorType, TensorType]:
        return cls.spread(call)


class std_mean(_Spread):
    """The standard deviation and the mean over axes, or over all."""

    python = Writer("torch.std_mean")
    formula = "mean = 1/n · Σ x, std = √(1/max(0, n − correction) · Σ |x − mean|²) over the n elements of the axes"
    outputs = ("std", "mean")
    example = ("[N, T, D]", "{op: std_mean, dim: 1}")
    keeps = Saved(("input",), (0,))

    @classmethod
    def infer(cls, call: Call) -> tuple[TensorType, TensorType]:
        return cls.spread(call)


class _Truth(Reduction, abstract=True):
    """Of uint8 the answer is uint8."""

    dim = Ints(f"{DIMS}, none if empty", None, scalar=True)
    keepdim = Bool(KEEP, False)
    empty_is_none: ClassVar[bool] = True
    keeps = Saved()

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        return reduced(call, axes(call)).with_dtype("uint8" if call.x.dtype == "uint8" else "bool")


class all(_Truth):
    """Whether all elements over axes are true, that is not 0."""

    python = Method("all")
    formula = "y = (x ≠ 0) for every element of the axes"
    example = ("[N, T] bool", "{op: all, dim: 1}")


class any(_Truth):
    """Whether any element over axes is true, that is not 0."""

    python = Method("any")
    formula = "y = (x ≠ 0) for at least one element of the axes"
    example = ("[N, T] bool", "{op: any, dim: 1}")


class count_nonzero(Reduction):
    """How many elements over axes, or over all, are not 0."""

    python = Method("count_nonzero")
    formula = "y = the number of elements of the axes with x ≠ 0"
    positional = 1
    dim = Ints(DIMS, None, scalar=True)
    example = ("[N, T]", "{op: count_nonzero, dim: 1}")
    keeps = Saved()

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        return reduced(call, axes(call)).with_dtype("int64")


class logsumexp(Reduction):
    """The logarithm of a sum of exponentials over axes, without overflow."""

    python = Method("logsumexp")
    formula = "y = ln Σ exp(x) over the axes"
    dim = Ints("axis or axes to reduce", scalar=True)
    keepdim = Bool(KEEP, False)
    example = ("[N, T, D]", "{op: logsumexp, dim: 1}")
    keeps = Saved(("input",), (0,))

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        if call["dim"] == ():
            call.reject("L204", f"`dim` of `{call.label}` (logsumexp) must name an axis", arg="dim")
        return reduced(call, axes(call)).with_dtype(as_float(call.x.dtype))


class trace(Function):
    """The sum of a matrix's diagonal; of integers it is int64."""

    family = Family.MATH
    python = Method("trace")
    formula = "y = Σ_i x[i, i]"
    example = ("[D, D]", "trace")
    keeps = Saved()

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        call.require_rank(2, layout="[N, M]")
        refuse(call, call.x.dtype, "bool")
        return TensorType((), _wide(call.x.dtype))

    @classmethod
    def macs(cls, call: Call) -> int:
        return 0

    @classmethod
    def sample(cls, rng: random.Random) -> Sample:
        shape = tuple(rng.randint(0, 4) for _ in range(2 if rng.random() < 0.9 else rng.randint(0, 3)))
        return Sample({}, ((shape, rng.choice(["float32", "float32", "float64", "int32", "uint8", "complex64"])),))
