"""Arithmetic, element by element: operators and functions of one or more tensors."""

from __future__ import annotations

from typing import TYPE_CHECKING

from specc.ops.arguments import Choice, Number
from specc.ops.broadcast import Scalar, broadcast, result_dtype
from specc.ops.call import Call
from specc.ops.declare import Family, Function, Sample
from specc.ops.write import Method, Operator, Prefix, Writer
from specc.shapes.dtype import is_complex, is_floating
from specc.shapes.tensor import TensorType

if TYPE_CHECKING:
    import random

_DTYPES = ("float32", "float32", "float32", "float64", "bfloat16", "int64", "int32", "uint8", "bool")


class _Arithmetic(Function, abstract=True):
    """Element-wise work counts no multiply-adds."""

    family = Family.MATH

    @classmethod
    def macs(cls, call: Call) -> int:
        return 0


def _operands(call: Call, scalar: str) -> tuple[list[TensorType], list[Scalar]]:
    """The tensors of a binary op, and the number where it stands for the second (L202, L204)."""
    tensors = [operand.type for port in call.op.ports() for operand in call.operands.get(port[0], [])]
    value: Scalar | None = call[scalar]
    if value is None and len(tensors) < 2:
        call.reject(
            "L202",
            f"`{call.label}` ({call.op.name}) has one input and no `{scalar}`",
            help=f"read two layers (`from: [a, b]`), or give a number (`{scalar}: 2`)",
            recover=tensors[0],
        )
    if value is not None and len(tensors) > 1:
        call.reject(
            "L204",
            f"`{call.label}` ({call.op.name}) has {len(tensors)} inputs and a number as well",
            arg=scalar,
            help=f"remove `{scalar}`, or read one layer",
            recover=tensors[0],
        )
    return tensors, [] if value is None else [value]


def _refuse_bool(call: Call, dtype: str) -> None:
    if dtype == "bool":
        call.reject("S307", f"`{call.label}` ({call.op.name}) does not take booleans")


def _shapes(rng: random.Random, count: int) -> list[tuple[int, ...]]:
    """Shapes that mostly broadcast together."""
    full = [rng.randint(0, 4) for _ in range(rng.randint(0, 4))]
    shapes = []
    for _ in range(count):
        kept = full[rng.choice([0, 0, 0, *range(len(full) + 1)]) :]
        shapes.append(tuple(1 if rng.random() < 0.25 else d + (rng.random() < 0.04) for d in kept))
    return shapes


def _binary_sample(
    rng: random.Random, scalar: str, most: int = 2, numbers: tuple[Scalar, ...] = (0.5, 2, 3, True)
) -> Sample:
    # Neither or both of a number and a second tensor are refused by the language, not by torch: tested apart.
    count = 1 if rng.random() < 0.4 else rng.randint(2, most)
    args = {scalar: rng.choice(numbers)} if count == 1 else {}
    return Sample(args, tuple((shape, rng.choice(_DTYPES)) for shape in _shapes(rng, count)))


class _Chain(_Arithmetic, abstract=True):
    """An operator over one tensor and a number, or over any number of tensors."""

    inputs = ("*tensors",)
    positional = 1
    other = Number("the second operand, where one layer is read", None)

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        tensors, scalars = _operands(call, "other")
        # Operators are applied from the left, and 0-d tensors yield to others: the dtype goes the same way.
        sofar = tensors[0].with_dtype(result_dtype(tensors[:1], scalars))
        for other in tensors[1:]:
            sofar = TensorType(broadcast(call, [sofar, other]), result_dtype([sofar, other]))
        return sofar

    @classmethod
    def sample(cls, rng: random.Random) -> Sample:
        return _binary_sample(rng, "other", 3)


class add(_Chain):
    """The sum of tensors, or of a tensor and a number, broadcast."""

    python = Operator("+", "add")
    example = ("[N, C]", "{op: add, other: 1}")


class mul(_Chain):
    """The product of tensors, or of a tensor and a number, element by element and broadcast."""

    python = Operator("*", "mul")
    example = ("[N, C]", "{op: mul, other: 0.5}")


class sub(_Arithmetic):
    """The difference of two tensors, or of a tensor and a number, broadcast."""

    python = Operator("-", "sub")
    inputs = ("input", "other?")
    positional = 1
    other = Number("what is subtracted, where one layer is read", None)
    example = ("[N, C]", "{op: sub, other: 0.5}")

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        tensors, scalars = _operands(call, "other")
        if any(t.dtype == "bool" for t in tensors) or any(isinstance(s, bool) for s in scalars):
            _refuse_bool(call, "bool")
        return TensorType(broadcast(call, tensors), result_dtype(tensors, scalars))

    @classmethod
    def sample(cls, rng: random.Random) -> Sample:
        return _binary_sample(rng, "other", numbers=(0.5, 2, 3, -1, True))


class div(_Arithmetic):
    """The quotient of two tensors, or of a tensor and a number, broadcast."""

    python = Operator("/", "div")
    inputs = ("input", "other?")
    positional = 1
    other = Number("the divisor, where one layer is read", None)
    rounding_mode = Choice("how the quotient is rounded", ("trunc", "floor"), None)
    example = ("[N, C]", "{op: div, other: 255}")

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        tensors, scalars = _operands(call, "other")
        dtype = result_dtype(tensors, scalars)
        if call["rounding_mode"] is not None:
            _refuse_bool(call, dtype)
        elif not is_floating(dtype) and not is_complex(dtype):
            dtype = "float32"
        return TensorType(broadcast(call, tensors), dtype)

    @classmethod
    def sample(cls, rng: random.Random) -> Sample:
        sample = _binary_sample(rng, "other", numbers=(0.5, 2, 3, True))
        if rng.random() < 0.7:
            return sample
        sample.args["rounding_mode"] = rng.choice(["trunc", "floor"])
        # Rounded division of integers by a tensor fails on a zero in it, which is a matter of values.
        floats = ("float32", "float64", "bfloat16")
        inputs = (
            sample.inputs if len(sample.inputs) == 1 else tuple(x and (x[0], rng.choice(floats)) for x in sample.inputs)
        )
        return Sample(sample.args, inputs)


class pow(_Arithmetic):
    """A tensor to the power of a number or of another tensor, broadcast."""

    python = Operator("**", "pow")
    inputs = ("input", "exponent?")
    positional = 1
    exponent = Number("the power, where one layer is read", None)
    example = ("[N, C]", "{op: pow, exponent: 2}")

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        tensors, scalars = _operands(call, "exponent")
        dtype = result_dtype(tensors, scalars)
        _refuse_bool(call, dtype)
        if scalars and not is_floating(dtype) and not is_complex(dtype) and scalars[0] < 0:
            call.reject(
                "S307",
                f"`{call.label}` (pow) cannot raise integers to the negative power {scalars[0]}",
                arg="exponent",
                help=f"write `exponent: {float(scalars[0])}`, which gives floats",
            )
        return TensorType(broadcast(call, tensors), dtype)

    @classmethod
    def sample(cls, rng: random.Random) -> Sample:
        return _binary_sample(rng, "exponent", numbers=(0.5, 2, 3, -1, -0.5, True))


class _Extremum(_Arithmetic, abstract=True):
    inputs = ("input", "other")

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        tensors = [call.input("input"), call.input("other")]
        return TensorType(broadcast(call, tensors), result_dtype(tensors))

    @classmethod
    def sample(cls, rng: random.Random) -> Sample:
        return Sample({}, tuple((shape, rng.choice(_DTYPES)) for shape in _shapes(rng, 2)))


class maximum(_Extremum):
    """The larger of two tensors, element by element and broadcast."""

    python = Writer("torch.maximum")
    example = ("[N, C], [N, C]", "maximum")


class minimum(_Extremum):
    """The smaller of two tensors, element by element and broadcast."""

    python = Writer("torch.minimum")
    example = ("[N, C], [N, C]", "minimum")


class _Unary(_Arithmetic, abstract=True):
    same_shape = True

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        return call.x

    @classmethod
    def sample(cls, rng: random.Random) -> Sample:
        return Sample({}, ((_shapes(rng, 1)[0], rng.choice(_DTYPES)),))


class _Real(_Unary, abstract=True):
    """Integers and booleans give floats."""

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        dtype = call.x.dtype
        return call.x if is_floating(dtype) or is_complex(dtype) else call.x.with_dtype("float32")


class _Signed(_Unary, abstract=True):
    @classmethod
    def infer(cls, call: Call) -> TensorType:
        _refuse_bool(call, call.x.dtype)
        return call.x


class neg(_Signed):
    """-x, element by element."""

    python = Prefix("-", "neg")
    example = ("[N, C]", "neg")


class abs(_Signed):
    """|x|, element by element."""

    python = Method("abs")
    example = ("[N, C]", "abs")


class exp(_Real):
    """eˣ, element by element."""

    python = Method("exp")
    example = ("[N, C]", "exp")


class log(_Real):
    """The natural logarithm, element by element."""

    python = Method("log")
    example = ("[N, C]", "log")


class sqrt(_Real):
    """The square root, element by element."""

    python = Method("sqrt")
    example = ("[N, C]", "sqrt")


class clamp(_Unary):
    """Every element moved into [`min`, `max`]."""

    python = Method("clamp")
    min = Number("lower bound", None)
    max = Number("upper bound", None)
    example = ("[N, C]", "{op: clamp, min: 0, max: 6}")

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        limits = [call[name] for name in ("min", "max") if call[name] is not None]
        if not limits:
            call.reject("L202", f"`{call.label}` (clamp) needs `min` or `max`, or both", notes=())
        dtype = result_dtype([call.x], limits)
        _refuse_bool(call, dtype)
        return call.x.with_dtype(dtype)

    @classmethod
    def sample(cls, rng: random.Random) -> Sample:
        args = {name: rng.choice([0, 1, 0.5, 6, True]) for name in ("min", "max") if rng.random() < 0.6}
        return Sample(args, super().sample(rng).inputs)
