"""Arithmetic, element by element: what Python has an operator for, and what belongs beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from specc.ops.arguments import Choice, Number
from specc.ops.broadcast import broadcast, result_dtype
from specc.ops.call import Call
from specc.ops.declare import Sample, Saved
from specc.ops.operands import (
    Binary,
    Pointwise,
    as_float,
    common_dtype,
    kept_of_quotient,
    kind,
    operands,
    refuse,
    require_fit,
    tensors,
    trains,
)
from specc.ops.write import Operator, Writer
from specc.shapes.dim import Dim
from specc.shapes.tensor import TensorType

if TYPE_CHECKING:
    import random


class _Chain(Pointwise, abstract=True):
    """An operator over one tensor and a number, or over any number of tensors."""

    inputs = ("*tensors",)
    positional = 1
    other = Number("the second operand, where one layer is read", None)

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        found, scalars = operands(call)
        # Operators are applied from the left, and 0-d tensors yield to others: the dtype goes the same way.
        sofar = found[0].with_dtype(common_dtype(call, found[:1], scalars))
        for other in found[1:]:
            sofar = TensorType(broadcast(call, [sofar, other]), common_dtype(call, [sofar, other]))
        return sofar

    @classmethod
    def sample(cls, rng: random.Random) -> Sample:
        if rng.random() < 0.4:
            return Sample({"other": rng.choice([0.5, 2, 3, True])}, tensors(rng, 1))
        return Sample({}, tensors(rng, rng.choice([2, 2, 3])))


def _check_alpha(call: Call, dtype: str) -> None:
    """`alpha` is a number of the kind that the sum has."""
    alpha = call["alpha"]
    if alpha == 1 and not isinstance(alpha, bool):
        return
    name = f"`alpha` of `{call.label}` ({call.op.name})"
    count = sum(len(given) for given in call.operands.values())
    if count > 2:
        call.reject("S310", f"{name} scales the second of two operands, but there are {count}", arg="alpha")
    if isinstance(alpha, bool) != (dtype == "bool") and isinstance(alpha, bool | float):
        call.reject("S310", f"{name} is {alpha}, but the result is {dtype}", arg="alpha")
    if isinstance(alpha, float) and kind(dtype) == "integer":
        call.reject(
            "S310", f"{name} is {alpha}, but the result is {dtype}", arg="alpha", help="give an integer, or read floats"
        )
    require_fit(call, "alpha", dtype)


def _with_alpha(rng: random.Random, sample: Sample) -> Sample:
    if rng.random() < 0.3:
        sample.args["alpha"] = rng.choice([2, 2, -1, 0.5, 0.5, True])
    return sample


class add(_Chain):
    """The sum of tensors, or of a tensor and a number, broadcast."""

    python = Operator("+", "add")
    formula = "y = input + alpha · other"
    alpha = Number("what the second of two operands is multiplied by", 1)
    example = ("[N, C]", "{op: add, other: 1}")
    keeps = Saved()

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        result = super().infer(call)
        _check_alpha(call, result.dtype)
        return result

    @classmethod
    def sample(cls, rng: random.Random) -> Sample:
        return _with_alpha(rng, super().sample(rng))


class mul(_Chain):
    """The product of tensors, or of a tensor and a number, element by element and broadcast."""

    python = Operator("*", "mul")
    formula = "y = input · other"
    example = ("[N, C]", "{op: mul, other: 0.5}")

    @classmethod
    def saved(cls, call: Call) -> Saved:
        factors = call.types("tensors")
        sofar, inputs, extra = factors[0], False, Dim.of(0)
        for k, factor in enumerate(factors[1:]):
            inputs |= trains(sofar) or (k == 0 and trains(factor))
            if k and trains(factor):  # a product of those before it
                extra = extra + sofar.nbytes
            shape = broadcast(call, [sofar, factor])
            sofar = TensorType(shape, result_dtype([sofar, factor]))
        return Saved(("tensors",) if inputs else (), (), extra)


class sub(Binary):
    """The difference of two tensors, or of a tensor and a number, broadcast."""

    python = Operator("-", "sub")
    formula = "y = input − alpha · other"
    positional = 1
    other = Number("what is subtracted, where one layer is read", None)
    alpha = Number("what the second operand is multiplied by", 1)
    example = ("[N, C]", "{op: sub, other: 0.5}")
    numbers = (0.5, 2, 3, -1, True)
    keeps = Saved()

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        found, scalars = operands(call)
        if any(t.dtype == "bool" for t in found) or any(isinstance(s, bool) for s in scalars):
            refuse(call, "bool", "bool")
        result = super().infer(call)
        _check_alpha(call, result.dtype)
        return result

    @classmethod
    def sample(cls, rng: random.Random) -> Sample:
        return _with_alpha(rng, super().sample(rng))


class _Division(Binary, abstract=True):
    """Integers divided without a remainder cannot be divided by 0, which torch finds when it runs."""

    positional = 1
    other = Number("the divisor, where one layer is read", None)

    @classmethod
    def check_divisor(cls, call: Call, dtype: str) -> None:
        other = call["other"]
        if kind(dtype) == "integer" and other is not None and other == 0:
            call.reject(
                "L204",
                f"`{call.label}` ({cls.name}) divides integers by 0",
                arg="other",
                help="write `other: 0.0` where infinities are wanted",
            )

    @classmethod
    def sample(cls, rng: random.Random) -> Sample:
        return super().sample(rng)._replace(low=1)


class div(_Division):
    """The quotient of two tensors, or of a tensor and a number, broadcast; of integers it is a float."""

    python = Operator("/", "div")
    formula = "y = input / other, rounded towards zero (`trunc`) or down (`floor`)"
    rounding_mode = Choice("how the quotient is rounded", ("trunc", "floor"), None)
    example = ("[N, C]", "{op: div, other: 255}")

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        found, scalars = operands(call)
        dtype = common_dtype(call, found, scalars)
        if call["rounding_mode"] is None:
            dtype = as_float(dtype)
        else:
            refuse(call, dtype, "bool", "complex")
            cls.check_divisor(call, dtype)
        return TensorType(broadcast(call, found), dtype)

    @classmethod
    def saved(cls, call: Call) -> Saved:
        return kept_of_quotient(call, "input", "other")

    @classmethod
    def sample(cls, rng: random.Random) -> Sample:
        sample = super().sample(rng)
        if rng.random() < 0.4:
            sample.args["rounding_mode"] = rng.choice(["trunc", "floor"])
        return sample


class true_divide(_Division):
    """The quotient of two tensors, or of a tensor and a number, broadcast: `div` by its other name."""

    python = Operator("/", "true_divide")
    formula = "y = input / other"
    example = ("[N, C]", "{op: true_divide, other: 255}")

    @classmethod
    def result(cls, dtype: str) -> str:
        return as_float(dtype)

    @classmethod
    def saved(cls, call: Call) -> Saved:
        return kept_of_quotient(call, "input", "other")


class _Whole(_Division, abstract=True):
    refuses = ("bool", "complex")

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        result = super().infer(call)
        cls.check_divisor(call, result.dtype)
        return result


class floor_divide(_Whole):
    """The quotient rounded down, of two tensors or of a tensor and a number, broadcast."""

    python = Operator("//", "floor_divide")
    formula = "y = ⌊input / other⌋"
    example = ("[N, C]", "{op: floor_divide, other: 2}")
    keeps = Saved()


class _Rest(_Whole, abstract=True):
    @classmethod
    def saved(cls, call: Call) -> Saved:
        return Saved(("input", "other")) if call.has("other") and trains(call.input("other")) else Saved()


class remainder(_Rest):
    """What is left by a division rounded down: it has the divisor's sign, as Python's `%`."""

    python = Operator("%", "remainder")
    formula = "y = input − ⌊input / other⌋ · other"
    example = ("[N, C]", "{op: remainder, other: 2}")


class fmod(_Rest):
    """What is left by a division rounded towards zero: it has the dividend's sign, as C's `fmod`."""

    python = Writer("torch.fmod")
    formula = "y = input − trunc(input / other) · other"
    example = ("[N, C]", "{op: fmod, other: 2}")


class pow(Binary):
    """A tensor to the power of a number or of another tensor, broadcast."""

    python = Operator("**", "pow")
    formula = "y = input^exponent"
    inputs = ("input", "exponent?")
    positional = 1
    exponent = Number("the power, where one layer is read", None)
    example = ("[N, C]", "{op: pow, exponent: 2}")
    refuses = ("bool",)
    numbers = (0.5, 2, 3, -1, -0.5, True)

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        result = super().infer(call)
        exponent = call["exponent"]
        if exponent is not None and kind(result.dtype) == "integer" and exponent < 0:
            call.reject(
                "S307",
                f"`{call.label}` (pow) cannot raise integers to the negative power {exponent}",
                arg="exponent",
                help=f"write `exponent: {float(exponent)}`, which gives floats",
            )
        require_fit(call, "exponent", result.dtype)
        return result

    @classmethod
    def saved(cls, call: Call) -> Saved:
        return Saved(("input", "exponent"), (0,)) if call.has("exponent") else Saved(("input",))
