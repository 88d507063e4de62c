"""Copies, and tensors of another dtype."""

from __future__ import annotations

from typing import TYPE_CHECKING

from specc.ops.arguments import Bool, DType
from specc.ops.axes import Axes
from specc.ops.call import Call
from specc.ops.declare import Op, Sample
from specc.ops.sampling import a_dtype, a_shape
from specc.ops.write import Method
from specc.shapes.dtype import DTYPES
from specc.shapes.tensor import TensorType

if TYPE_CHECKING:
    import random


class _Same(Axes, abstract=True):
    """The same elements in the same shape."""

    same_shape = True
    formula = "out[…] = x[…]"

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        return call.x

    @classmethod
    def sample(cls, rng: random.Random) -> Sample:
        return Sample({}, ((a_shape(rng), a_dtype(rng)),))


class contiguous(_Same):
    """The same tensor, its elements laid out in order (after `permute`, before `view`)."""

    python = Method("contiguous")
    view = True
    example = ("[N, T, D]", "contiguous")


class clone(_Same):
    """A copy with memory of its own; gradients flow through it."""

    python = Method("clone")
    example = ("[N, T, D]", "clone")


class detach(_Same):
    """The same tensor, through which no gradient flows."""

    python = Method("detach")
    view = True
    example = ("[N, T, D]", "detach")


class to(_Same):
    """The elements in another dtype; of the same dtype, the tensor itself."""

    python = Method("to")
    positional = 1
    formula = "out[…] = x[…] rounded to the dtype (towards 0 where it holds integers)"
    dtype = DType("what the elements become")
    copy = Bool("whether a tensor of that dtype already is copied", False)
    example = ("[N, T] int64", "{op: to, dtype: float32}")

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        return call.x.with_dtype(call["dtype"])

    @classmethod
    def shares(cls, call: Call) -> bool:
        return call["dtype"] == call.x.dtype and not call["copy"]

    @classmethod
    def sample(cls, rng: random.Random) -> Sample:
        args: dict[str, object] = {"dtype": rng.choice(cls.args["dtype"].words)}  # type: ignore[attr-defined]  # words
        if rng.random() < 0.3:
            args["copy"] = rng.random() < 0.7
        return Sample(args, ((a_shape(rng), a_dtype(rng)),))


class _Cast(_Same, abstract=True):
    """The elements in the dtype that the method is called by."""

    dtype_: str = ""

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        return call.x.with_dtype(cls.dtype_)

    @classmethod
    def shares(cls, call: Call) -> bool:
        return call.x.dtype == cls.dtype_


def _cast(name: str, dtype: str, what: str) -> type[Op]:
    rounding = "" if dtype not in DTYPES or dtype[0] not in "iu" else ", fractions cut off"
    return type(
        name,
        (_Cast,),
        {
            "__doc__": f"The elements as {what} ({dtype}); of that dtype already, the tensor itself.",
            "__module__": __name__,
            "python": Method(name),
            "dtype_": dtype,
            "formula": f"out[…] = x[…] as {dtype}{rounding}" if dtype != "bool" else "out[…] = x[…] ≠ 0",
            "example": ("[N, T]" if dtype != "float32" else "[N, T] int64", name),
        },
    )


half = _cast("half", "float16", "floats of 16 bits")
bfloat16 = _cast("bfloat16", "bfloat16", "floats of 16 bits with the range of float32")
float_ = _cast("float", "float32", "floats of 32 bits")
double = _cast("double", "float64", "floats of 64 bits")
bool_ = _cast("bool", "bool", "booleans")
byte = _cast("byte", "uint8", "integers from 0 to 255")
char = _cast("char", "int8", "integers of 8 bits")
short = _cast("short", "int16", "integers of 16 bits")
int_ = _cast("int", "int32", "integers of 32 bits")
long = _cast("long", "int64", "integers of 64 bits")


class type_as(_Same):
    """The elements in the dtype of another tensor."""

    python = Method("type_as")
    inputs = ("input", "other")
    formula = "out[…] = x[…] in the dtype of other"
    example = ("[N, T] int64, [N, D]", "{op: type_as, from: [ids, x]}")

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        return call.x.with_dtype(call.input("other").dtype)

    @classmethod
    def shares(cls, call: Call) -> bool:
        return call.x.dtype == call.input("other").dtype

    @classmethod
    def sample(cls, rng: random.Random) -> Sample:
        return Sample({}, tuple((a_shape(rng), a_dtype(rng)) for _ in range(2)))
