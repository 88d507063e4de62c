"""Functions of two and three operands, element by element and broadcast."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from specc.ops.arguments import Number
from specc.ops.broadcast import broadcast
from specc.ops.call import Call
from specc.ops.declare import Sample, Saved
from specc.ops.operands import (
    SOME,
    Binary,
    Pointwise,
    as_float,
    common_dtype,
    kept_of_product,
    kept_of_quotient,
    refuse,
    require_fit,
    tensors,
    trains,
)
from specc.ops.write import Writer
from specc.shapes.dim import Dim
from specc.shapes.dtype import is_complex
from specc.shapes.tensor import TensorType

if TYPE_CHECKING:
    import random


class _Pair(Binary, abstract=True):
    """Two tensors, both kept for the gradients."""

    inputs = ("input", "other")
    refuses: ClassVar[tuple[str, ...]] = ("complex",)
    keeps = Saved(("input", "other"))


class maximum(_Pair):
    """The larger of two tensors, element by element and broadcast."""

    python = Writer("torch.maximum")
    formula = "y = max(input, other), NaN where either is"
    example = ("[N, C], [N, C]", "maximum")


class minimum(_Pair):
    """The smaller of two tensors, element by element and broadcast."""

    python = Writer("torch.minimum")
    formula = "y = min(input, other), NaN where either is"
    example = ("[N, C], [N, C]", "minimum")


class fmax(_Pair):
    """The larger of two tensors, element by element and broadcast; a NaN loses against a number."""

    python = Writer("torch.fmax")
    formula = "y = max(input, other), NaN only where both are"
    example = ("[N, C], [N, C]", "fmax")


class fmin(_Pair):
    """The smaller of two tensors, element by element and broadcast; a NaN loses against a number."""

    python = Writer("torch.fmin")
    formula = "y = min(input, other), NaN only where both are"
    example = ("[N, C], [N, C]", "fmin")


class atan2(_Pair):
    """The angle of the point (other, input) from the positive first axis, in radians."""

    python = Writer("torch.atan2")
    formula = "y = arctan(input / other) in the right quadrant, −π < y ≤ π"
    example = ("[N, C], [N, C]", "atan2")

    @classmethod
    def result(cls, dtype: str) -> str:
        return as_float(dtype)


class hypot(_Pair):
    """The hypotenuse of a right triangle with the given legs."""

    python = Writer("torch.hypot")
    formula = "y = √(input² + other²)"
    example = ("[N, C], [N, C]", "hypot")
    refuses = ("bool", "integer", "complex")

    @classmethod
    def saved(cls, call: Call) -> Saved:
        return Saved(tuple(port for port in cls.inputs if trains(call.input(port))), (0,))


class logaddexp(_Pair):
    """The logarithm of a sum of exponentials, without overflow."""

    python = Writer("torch.logaddexp")
    formula = "y = ln(exp(input) + exp(other))"
    example = ("[N, C], [N, C]", "logaddexp")
    refuses = ("bool", "integer")


class logaddexp2(_Pair):
    """The logarithm to base 2 of a sum of powers of 2, without overflow."""

    python = Writer("torch.logaddexp2")
    formula = "y = log₂(2^input + 2^other)"
    example = ("[N, C], [N, C]", "logaddexp2")
    refuses = ("bool", "integer", "complex")


class copysign(Binary):
    """The magnitude of the first operand with the sign of the second, a tensor or a number."""

    python = Writer("torch.copysign")
    formula = "y = |input| where other ≥ 0, −|input| where other < 0 or −0"
    positional = 1
    other = Number("what gives the sign, where one layer is read", None)
    example = ("[N, C], [N, C]", "copysign")
    refuses = ("complex",)
    numbers = (0.5, -2, -0.5, True)

    @classmethod
    def result(cls, dtype: str) -> str:
        return as_float(dtype)

    @classmethod
    def saved(cls, call: Call) -> Saved:
        return Saved(("input",) if trains(call.x) else (), (0,))


class xlogy(Binary):
    """The first operand times the logarithm of the second, 0 where the first is; the second may be a number."""

    python = Writer("torch.xlogy")
    formula = "y = 0 where input = 0, else input · ln(other)"
    positional = 1
    other = Number("what the logarithm is of, where one layer is read", None)
    example = ("[N, C], [N, C]", "xlogy")
    refuses = ("complex",)
    keeps = Saved(("input", "other"))

    @classmethod
    def result(cls, dtype: str) -> str:
        return as_float(dtype)


class float_power(Binary):
    """A tensor to the power of a number or of another tensor, computed in double precision."""

    python = Writer("torch.float_power")
    formula = "y = input^exponent, in float64 or complex128"
    inputs = ("input", "exponent?")
    positional = 1
    exponent = Number("the power, where one layer is read", None)
    example = ("[N, C]", "{op: float_power, exponent: 2}")
    numbers = (0.5, 2, 3, -1, -0.5, True)

    @classmethod
    def result(cls, dtype: str) -> str:
        return "complex128" if is_complex(dtype) else "float64"

    @classmethod
    def saved(cls, call: Call) -> Saved:
        """Operands of another precision are converted first, and the copies kept."""
        wide = call.output[0].dtype
        ports = [port for port in ("input", "exponent") if call.has(port)]
        extra = Dim.of(0)
        for port in ports:
            if call.input(port).dtype != wide:
                extra = extra + call.input(port).with_dtype(wide).nbytes
        same = tuple(port for port in ports if call.input(port).dtype == wide)
        return Saved(same, (0,) if len(ports) > 1 else (), extra)


class lerp(Pointwise):
    """The straight line from one tensor to another, at `weight`: a number, or a tensor of the same dtype."""

    python = Writer("torch.lerp")
    formula = "y = input + weight · (end − input)"
    inputs = ("input", "end", "weight?")
    positional = 1
    weight = Number("how far to go, where no layer says it", None)
    example = ("[N, C], [N, C]", "{op: lerp, weight: 0.5}")

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        start, end = call.input("input"), call.input("end")
        name = f"`{call.label}` (lerp)"
        if call.has("weight") != (call["weight"] is None):
            call.reject(
                "L202" if call["weight"] is None else "L204",
                f"{name} needs one `weight`: a third input or a number",
                help="give it a number (`weight: 0.5`), or read three layers",
            )
        weight = call.input("weight") if call.has("weight") else None
        alike = [end] if weight is None or not weight.rank else [end, weight]
        for other in alike:
            if other.dtype != start.dtype:
                call.reject("S307", f"{name} needs inputs of one dtype, but has {start.dtype} and {other.dtype}")
        found = [start, end, *([weight] if weight is not None else [])]
        dtype = common_dtype(call, found)
        refuse(call, dtype, "bool", "integer")
        return TensorType(broadcast(call, found), dtype)

    @classmethod
    def saved(cls, call: Call) -> Saved:
        if not call.has("weight"):
            return Saved()
        ends = ("input", "end") if trains(call.input("weight")) else ()
        return Saved((*ends, "weight"))

    @classmethod
    def sample(cls, rng: random.Random) -> Sample:
        dtype = rng.choice(SOME)
        found = [(shape, rng.choice([dtype] * 9 + ["float64"])) for shape, _ in tensors(rng, 3)]
        if rng.random() < 0.5:
            return Sample({}, tuple(found))
        return Sample({"weight": rng.choice([0.5, 2, 0.1])}, tuple(found[:2]))


class _Compound(Pointwise, abstract=True):
    inputs = ("input", "tensor1", "tensor2")
    value = Number("what the second term is multiplied by", 1)

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        found = [call.input(port) for port in cls.inputs]
        dtype = common_dtype(call, found)
        refuse(call, dtype, "bool")
        require_fit(call, "value", "float32" if dtype in ("float16", "bfloat16") else dtype)
        return TensorType(broadcast(call, found), dtype)

    @classmethod
    def sample(cls, rng: random.Random) -> Sample:
        args = {"value": rng.choice([2, -1, 0.5])} if rng.random() < 0.5 else {}
        return Sample(args, tensors(rng, 3))


class addcmul(_Compound):
    """A tensor plus the product of two others, broadcast."""

    python = Writer("torch.addcmul")
    formula = "y = input + value · tensor1 · tensor2"
    example = ("[N, C], [N, C], [N, C]", "{op: addcmul, value: 0.5}")

    @classmethod
    def saved(cls, call: Call) -> Saved:
        return kept_of_product(call, "tensor1", "tensor2")


class addcdiv(_Compound):
    """A tensor plus the quotient of two others, broadcast."""

    python = Writer("torch.addcdiv")
    formula = "y = input + value · tensor1 / tensor2"
    example = ("[N, C], [N, C], [N, C]", "{op: addcdiv, value: 0.5}")

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        result = super().infer(call)
        if not trains(result) or not any(trains(call.input(port)) for port in ("tensor1", "tensor2")):
            call.reject("S307", f"`{call.label}` (addcdiv) does not divide integers")
        return result

    @classmethod
    def saved(cls, call: Call) -> Saved:
        return kept_of_quotient(call, "tensor1", "tensor2")
