"""What the element-wise operations of one, two or three operands share: a number may stand for a tensor."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from specc.ops.broadcast import Scalar, broadcast, result_dtype
from specc.ops.call import Call
from specc.ops.declare import Family, Function, Sample, Saved
from specc.ops.scalars import fits
from specc.shapes.dtype import is_complex, is_floating
from specc.shapes.tensor import TensorType

if TYPE_CHECKING:
    import random
    from collections.abc import Sequence

# Mostly float32, and every kind.
SOME = ("float32", "float32", "float32", "float64", "bfloat16", "int64", "int32", "uint8", "bool", "complex64")
_NOUNS = {"bool": "booleans", "integer": "integers", "floating": "floats", "complex": "complex numbers"}


class Pointwise(Function, abstract=True):
    """Element-wise work counts no multiply-adds."""

    family = Family.MATH

    @classmethod
    def macs(cls, call: Call) -> int:
        return 0


class Binary(Pointwise, abstract=True):
    """Two operands, broadcast. Where the second port may be left out, the argument of its name is a number instead."""

    inputs = ("input", "other?")
    refuses: ClassVar[tuple[str, ...]] = ()  # kinds of result that torch does not compute
    numbers: ClassVar[tuple[Scalar, ...]] = (0.5, 2, 3, True)  # for samples

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        tensors, scalars = operands(call)
        dtype = common_dtype(call, tensors, scalars)
        refuse(call, dtype, *cls.refuses)
        return TensorType(broadcast(call, tensors), cls.result(dtype))

    @classmethod
    def result(cls, dtype: str) -> str:
        """The dtype of the output, of that which the operands share."""
        return dtype

    @classmethod
    def sample(cls, rng: random.Random) -> Sample:
        port = cls.inputs[1]
        if not port.endswith("?"):
            return Sample({}, tensors(rng, 2))
        if rng.random() < 0.4:
            return Sample({port.rstrip("?"): rng.choice(cls.numbers)}, tensors(rng, 1))
        return Sample({}, tensors(rng, 2))


def as_float(dtype: str) -> str:
    """The dtype where integers and booleans give floats."""
    return dtype if is_floating(dtype) or is_complex(dtype) else "float32"


def kind(dtype: str) -> str:
    """`bool`, `integer`, `floating` or `complex`."""
    if dtype == "bool":
        return dtype
    return "floating" if is_floating(dtype) else "complex" if is_complex(dtype) else "integer"


def trains(tensor: TensorType) -> bool:
    """Whether a gradient flows to it."""
    return kind(tensor.dtype) in ("floating", "complex")


def refuse(call: Call, dtype: str, *kinds: str) -> None:
    """The op does not compute what is of one of the kinds (S307)."""
    found = kind(dtype)
    if found in kinds:
        call.reject("S307", f"`{call.label}` ({call.op.name}) does not take {_NOUNS[found]}")


def is_complex_into_real(value: str, dtype: str) -> bool:
    """Whether a value of one dtype would lose its imaginary part in the other."""
    return is_complex(value) and not is_complex(dtype)


def common_dtype(call: Call, tensors: Sequence[TensorType], scalars: Sequence[Scalar] = ()) -> str:
    """The dtype that the operands share (S307 where it would be complex in half precision)."""
    dtype = result_dtype(tensors, scalars)
    if dtype == "complex32":
        call.reject(
            "S307",
            f"`{call.label}` ({call.op.name}) would be complex in half precision, in which little is computed",
            help="read float32 beside complex numbers",
        )
    return dtype


def require_fit(call: Call, arg: str, dtype: str) -> None:
    """The number `arg`, where there is one, must be a value of the dtype (S310)."""
    value = call[arg]
    if value is not None and not fits(value, dtype):
        call.reject(
            "S310",
            f"`{arg}: {value}` of `{call.label}` ({call.op.name}) is no {dtype}, which it computes in",
            arg=arg,
        )


def operands(call: Call) -> tuple[list[TensorType], list[Scalar]]:
    """The tensors of a binary op, and the number where it stands for the second (L202, L204)."""
    tensors = [operand.type for port in call.op.ports() for operand in call.operands.get(port[0], [])]
    scalar = next((name for name in call.op.args if name in ("other", "exponent", "weight")), None)
    value: Scalar | None = call[scalar] if scalar is not None else None
    if scalar is not None and value is None and len(tensors) < 2:
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


def kept_of_product(call: Call, first: str, second: str) -> Saved:
    """Each factor is kept for the gradient of the other."""
    a, b = call.operands.get(first), call.operands.get(second)
    if not a or not b:
        return Saved()
    return Saved((*([first] if trains(b[0].type) else []), *([second] if trains(a[0].type) else [])))


def kept_of_quotient(call: Call, first: str, second: str) -> Saved:
    """The divisor is kept for both gradients, the dividend for the divisor's."""
    a, b = call.operands.get(first), call.operands.get(second)
    if not a or not b or not (trains(a[0].type) or trains(b[0].type)):
        return Saved()
    return Saved((*([first] if trains(b[0].type) else []), second))


def shapes(rng: random.Random, count: int) -> list[tuple[int, ...]]:
    """Shapes that mostly broadcast together."""
    full = [rng.randint(0, 4) for _ in range(rng.randint(0, 4))]
    found = []
    for _ in range(count):
        kept = full[rng.choice([0, 0, 0, *range(len(full) + 1)]) :]
        found.append(tuple(1 if rng.random() < 0.25 else d + (rng.random() < 0.04) for d in kept))
    return found


def tensors(rng: random.Random, count: int, dtypes: tuple[str, ...] = SOME) -> tuple[tuple[tuple[int, ...], str], ...]:
    """So many, mostly broadcast together."""
    return tuple((shape, rng.choice(dtypes)) for shape in shapes(rng, count))
