"""Comparisons, logic, and choices by a condition."""

from __future__ import annotations

from typing import TYPE_CHECKING

from specc.ops.arguments import Bool, Float, Number
from specc.ops.broadcast import Scalar, broadcast, scalar_dtype
from specc.ops.call import Call
from specc.ops.declare import Sample, Saved
from specc.ops.operands import (
    SOME,
    Binary,
    Pointwise,
    common_dtype,
    is_complex_into_real,
    require_fit,
    shapes,
    tensors,
    trains,
)
from specc.ops.write import Comparison, Method, Operator, Placed, Writer
from specc.shapes.tensor import TensorType

if TYPE_CHECKING:
    import random


class _Compared(Binary, abstract=True):
    positional = 1
    other = Number("what is compared with, where one layer is read", None)
    numbers = (0, 0.5, 1, True)
    keeps = Saved()

    @classmethod
    def result(cls, dtype: str) -> str:
        return "bool"


class eq(_Compared):
    """Whether elements are equal, of two tensors or of a tensor and a number, broadcast."""

    python = Comparison("==", "eq")
    formula = "y = (input = other)"
    example = ("[N, C], [N, C]", "eq")


class ne(_Compared):
    """Whether elements differ, of two tensors or of a tensor and a number, broadcast."""

    python = Comparison("!=", "ne")
    formula = "y = (input ≠ other)"
    example = ("[N, C], [N, C]", "ne")


class _Ordered(_Compared, abstract=True):
    refuses = ("complex",)


class lt(_Ordered):
    """Whether elements are smaller than those of another tensor or a number, broadcast."""

    python = Comparison("<", "lt")
    formula = "y = (input < other)"
    example = ("[N, C]", "{op: lt, other: 0}")


class le(_Ordered):
    """Whether elements are not larger than those of another tensor or a number, broadcast."""

    python = Comparison("<=", "le")
    formula = "y = (input ≤ other)"
    example = ("[N, C]", "{op: le, other: 0}")


class gt(_Ordered):
    """Whether elements are larger than those of another tensor or a number, broadcast."""

    python = Comparison(">", "gt")
    formula = "y = (input > other)"
    example = ("[N, C]", "{op: gt, other: 0}")


class ge(_Ordered):
    """Whether elements are not smaller than those of another tensor or a number, broadcast."""

    python = Comparison(">=", "ge")
    formula = "y = (input ≥ other)"
    example = ("[N, C]", "{op: ge, other: 0}")


class isclose(Pointwise):
    """Whether elements of two tensors of one dtype are nearly equal."""

    python = Writer("torch.isclose")
    formula = "y = (|input − other| ≤ atol + rtol · |other|)"
    inputs = ("input", "other")
    rtol = Float("relative tolerance", 1e-5, min=0)
    atol = Float("absolute tolerance", 1e-8, min=0)
    equal_nan = Bool("whether NaN counts as equal to NaN", False)
    example = ("[N, C], [N, C]", "isclose")
    keeps = Saved()

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        a, b = call.input("input"), call.input("other")
        if a.dtype != b.dtype:
            call.reject("S307", f"`{call.label}` (isclose) needs inputs of one dtype, but has {a.dtype} and {b.dtype}")
        return TensorType(broadcast(call, [a, b]), "bool")

    @classmethod
    def sample(cls, rng: random.Random) -> Sample:
        args: dict[str, object] = {name: rng.choice([0, 0.5, 1e-3]) for name in ("rtol", "atol") if rng.random() < 0.4}
        if rng.random() < 0.4:
            args["equal_nan"] = rng.random() < 0.7
        dtype = rng.choice(SOME)
        return Sample(args, tuple((shape, rng.choice([dtype] * 9 + ["float64"])) for shape in shapes(rng, 2)))


class _Logic(Binary, abstract=True):
    inputs = ("input", "other")
    keeps = Saved()

    @classmethod
    def result(cls, dtype: str) -> str:
        return "bool"


class logical_and(_Logic):
    """Whether both of two elements are not 0."""

    python = Writer("torch.logical_and")
    formula = "y = (input ≠ 0) ∧ (other ≠ 0)"
    example = ("[N, C] bool, [N, C] bool", "logical_and")


class logical_or(_Logic):
    """Whether one of two elements is not 0, or both."""

    python = Writer("torch.logical_or")
    formula = "y = (input ≠ 0) ∨ (other ≠ 0)"
    example = ("[N, C] bool, [N, C] bool", "logical_or")


class logical_xor(_Logic):
    """Whether exactly one of two elements is not 0."""

    python = Writer("torch.logical_xor")
    formula = "y = (input ≠ 0) ⊕ (other ≠ 0)"
    example = ("[N, C] bool, [N, C] bool", "logical_xor")


class _Bitwise(Binary, abstract=True):
    """Of integers, bit by bit; of booleans the logical operation."""

    positional = 1
    other = Number("the second operand, where one layer is read", None)
    refuses = ("floating", "complex")
    numbers = (1, 2, 3, True, True, 0.5)
    keeps = Saved()

    @classmethod
    def sample(cls, rng: random.Random) -> Sample:
        sample = super().sample(rng)
        kinds = ("int64", "int32", "uint8", "bool", "bool", "int64", "int64", "bool", "float32")
        return sample._replace(inputs=tuple(x and (x[0], rng.choice(kinds)) for x in sample.inputs))


class bitwise_and(_Bitwise):
    """The bits that both operands have; of booleans whether both are true."""

    python = Operator("&", "bitwise_and")
    formula = "y = input ∧ other, bit by bit"
    example = ("[N, C] bool, [N, C] bool", "bitwise_and")


class bitwise_or(_Bitwise):
    """The bits that either operand has; of booleans whether one is true, or both."""

    python = Operator("|", "bitwise_or")
    formula = "y = input ∨ other, bit by bit"
    example = ("[N, C] bool, [N, C] bool", "bitwise_or")


class bitwise_xor(_Bitwise):
    """The bits that one operand alone has; of booleans whether they differ."""

    python = Operator("^", "bitwise_xor")
    formula = "y = input ⊕ other, bit by bit"
    example = ("[N, C] bool, [N, C] bool", "bitwise_xor")


def _require_mask(call: Call, port: str) -> None:
    call.require_dtype(
        ("bool",),
        f"a boolean `{port}`",
        port,
        help="compare to get one: `{op: ne, other: 0}`",
    )


class where(Pointwise):
    """The first choice where the condition is true, the second where it is false, broadcast.

    Either choice is a tensor that the layer reads or a number: `from: {condition: mask, input: x}` and `other: 0`.
    """

    python = Placed("torch.where", ("condition", "input", "other"))
    formula = "y = input where condition, else other"
    inputs = ("condition", "input?", "other?")
    input = Number("the first choice, where no layer gives it", None)
    other = Number("the second choice, where no layer gives it", None)
    example = ("[N, C] bool, [N, C]", "{op: where, other: 0}")

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        _require_mask(call, "condition")
        found: list[TensorType] = []
        numbers: list[Scalar] = []
        for name in ("input", "other"):
            if call.has(name) == (call[name] is not None):
                both = call.has(name)
                call.reject(
                    "L204" if both else "L202",
                    f"`{call.label}` (where) needs one `{name}`: a tensor or a number{', not both' if both else ''}",
                    help=f"read it (`from: {{condition: mask, {name}: x}}`), or give a number (`{name}: 0`)",
                )
            if call.has(name):
                found.append(call.input(name))
            else:
                numbers.append(call[name])
        dtype = common_dtype(call, found, numbers) if found else scalar_dtype(numbers)
        return TensorType(broadcast(call, [call.input("condition"), *found]), dtype)

    @classmethod
    def saved(cls, call: Call) -> Saved:
        return Saved(("condition",))

    @classmethod
    def sample(cls, rng: random.Random) -> Sample:
        found: list[tuple[tuple[int, ...], str] | None] = list(tensors(rng, 3))
        assert found[0] is not None
        found[0] = (found[0][0], "bool" if rng.random() < 0.95 else rng.choice(SOME))
        args: dict[str, object] = {}
        for k, name in enumerate(("input", "other"), 1):
            if rng.random() < 0.4:
                found[k] = None
                args[name] = rng.choice([0, 0.5, 2, True])
        return Sample(args, tuple(found))


class masked_fill(Pointwise):
    """A number in the places that a boolean mask names; the mask broadcasts. The number may be a 0-d tensor."""

    python = Method("masked_fill")
    formula = "y = value where mask, else input"
    inputs = ("input", "mask", "value?")
    positional = 1
    value = Number("the number, where no layer gives it", None)
    example = ("[N, T, T], [T, T] bool", "{op: masked_fill, value: -.inf}")

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        _require_mask(call, "mask")
        name, x = f"`{call.label}` (masked_fill)", call.x
        if call.has("value") == (call["value"] is not None):
            call.reject(
                "L204" if call.has("value") else "L202",
                f"{name} needs one `value`: a number or a third input, which is 0-d",
                help="write `value: 0`",
            )
        if call.has("value"):
            value = call.input("value")
            if value.rank:
                call.reject("S302", f"{name} fills with one number, but its `value` is {value.rank}-d")
            if is_complex_into_real(value.dtype, x.dtype):
                call.reject("S307", f"{name} cannot fill {x.dtype} with {value.dtype}")
        else:
            require_fit(call, "value", x.dtype)
        return x.with_shape(broadcast(call, [x, call.input("mask")]))

    @classmethod
    def saved(cls, call: Call) -> Saved:
        return Saved(("mask",)) if trains(call.x) or call.has("value") else Saved()

    @classmethod
    def sample(cls, rng: random.Random) -> Sample:
        (a, dtype), (b, _) = tensors(rng, 2)
        mask = (b, "bool" if rng.random() < 0.93 else rng.choice(SOME))
        if rng.random() < 0.7:
            return Sample({"value": rng.choice([0, -1, 0.5, True, 300, float("-inf")])}, ((a, dtype), mask))
        return Sample({}, ((a, dtype), mask, (() if rng.random() < 0.9 else (1,), rng.choice(SOME))))
