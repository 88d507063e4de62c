"""How tensors of different shapes and dtypes meet element by element.

Shapes: https://pytorch.org/docs/stable/notes/broadcasting.html; dtypes:
https://pytorch.org/docs/stable/tensor_attributes.html#type-promotion-doc.
"""

from __future__ import annotations

from collections.abc import Sequence

from specc.ops.call import Call
from specc.shapes.constraints import Refuted
from specc.shapes.dim import Dim
from specc.shapes.dtype import is_complex, is_floating, promote
from specc.shapes.tensor import TensorType

Scalar = bool | int | float


def broadcast(call: Call, tensors: Sequence[TensorType]) -> tuple[Dim, ...]:
    """The common shape: axes are matched from the last, and a size of 1 takes the other's (S303, S305)."""
    shape = tensors[0].shape
    for other in tensors[1:]:
        shape = _pair(call, shape, other.shape)
    return shape


def _pair(call: Call, a: tuple[Dim, ...], b: tuple[Dim, ...]) -> tuple[Dim, ...]:
    rank = max(len(a), len(b))
    out = []
    for axis in range(-rank, 0):
        if -axis > len(a):
            out.append(b[axis])
        elif -axis > len(b) or b[axis] == 1:
            out.append(a[axis])
        elif a[axis] == 1:
            out.append(b[axis])
        else:
            out.append(_met(call, a[axis], b[axis], axis + rank, rank))
    return tuple(out)


def _met(call: Call, a: Dim, b: Dim, axis: int, rank: int) -> Dim:
    """The common size of two that are not 1 for sure."""
    where = f"`{call.label}` ({call.op.name}) cannot match sizes {a} and {b} of axis {axis}, counted over {rank}"
    if isinstance(call.decide(a, b), Refuted):
        for size, other in ((a, b), (b, a)):
            if not isinstance(call.decide(size, Dim.of(1)), Refuted):
                call.require_equal(size, Dim.of(1), where)
                return other
    call.require_equal(a, b, where, help="sizes must be equal, or one of them 1")
    return b if a.origin is None and b.is_const else a


def result_dtype(tensors: Sequence[TensorType], scalars: Sequence[Scalar] = ()) -> str:
    """The dtype of an element-wise result: tensors with axes outrank 0-d tensors, which outrank Python's scalars.

    Half-precision tensors with a complex 0-d one give `complex32`, which torch hardly computes in: none of `DTYPES`.
    """
    dims = _joined([t.dtype for t in tensors if t.rank])
    zeros = _joined([t.dtype for t in tensors if not t.rank])
    wrapped = _joined([_of_scalar(s) for s in scalars])
    found = _outrank(dims, _outrank(zeros, wrapped))
    assert found is not None  # there is at least one operand
    return found


def scalar_dtype(scalars: Sequence[Scalar]) -> str:
    """The dtype of a tensor made of Python's scalars alone."""
    found = _joined([_of_scalar(s) for s in scalars])
    assert found is not None  # there is at least one
    return found


def _joined(dtypes: list[str]) -> str | None:
    if not dtypes:
        return None
    joined = dtypes[0]
    for dtype in dtypes[1:]:
        joined = promote(joined, dtype)
    return joined


def _of_scalar(value: Scalar) -> str:
    if isinstance(value, bool):
        return "bool"
    return "int64" if isinstance(value, int) else "float32"


def _outrank(high: str | None, low: str | None) -> str | None:
    """The dtype of `high` unless `low` is of a wider category (bool, integer, float, complex)."""
    if high is None or low is None:
        return high or low
    if is_complex(high):
        return high
    if is_floating(high):
        if not is_complex(low):
            return high
        return "complex32" if high in ("float16", "bfloat16") else promote(high, "complex64")
    if high == "bool" or is_floating(low) or is_complex(low):
        return promote(high, low)
    return high
