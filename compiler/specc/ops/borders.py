"""What a border does to a shape: the rule that `pad` and the padding modules share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from specc.ops.call import Call
from specc.ops.declare import Saved
from specc.ops.scalars import fits
from specc.ops.spatial import require_filled
from specc.shapes.tensor import DTYPES, TensorType

if TYPE_CHECKING:
    from collections.abc import Sequence

    from specc.shapes.dim import Dim

MODES = ("constant", "reflect", "replicate", "circular")
_NUMBERS = tuple(d for d in DTYPES if d != "bool")


def bordered(call: Call, sides: Sequence[int], mode: str, arg: str) -> TensorType:
    """The input with borders: `sides` has two sizes for every axis from the last, the start first; negative ones cut.

    `arg` is the argument that says them. The rank is checked by the caller for `constant`, here for the other modes.
    """
    x, axes = call.x, len(sides) // 2
    if mode != "constant":
        call.require_rank(axes + 2, axes + 1, layout=f"[N, C, {'…' if axes > 1 else 'L'}]")
    if mode in ("reflect", "replicate"):
        call.require_dtype(_NUMBERS, "numbers")
        require_filled(call, x.rank - axes - 1)
    shape = list(x.shape)
    for k in range(axes):
        axis = x.rank - 1 - k
        shape[axis] = _sized(call, x.shape[axis], axis, sides[2 * k : 2 * k + 2], mode, arg)
    return x.with_shape(shape)


def _sized(call: Call, size: Dim, axis: int, sides: Sequence[int], mode: str, arg: str) -> Dim:
    """One axis with its border."""
    name, most = f"`{call.label}` ({call.op.name})", max(*sides, 0)
    rest = size + (min(sides[0], 0) + min(sides[1], 0))
    if mode == "reflect":
        call.require_at_least(
            size,
            most + 1,
            f"{name} reflects {most} elements at the border of axis {axis}, which has only {size}",
            arg=arg,
            help="the border itself is not repeated, so the axis must have more elements than are added",
        )
    wrapped = mode == "circular" and most > 0
    if wrapped:
        call.require_at_least(
            rest,
            most,
            f"{name} wraps {most} elements around axis {axis}, which has only {rest}",
            arg=arg,
            help="an axis can be wrapped around once, so at most its own size is added on each side",
        )
    padded = size + sum(sides)
    least = 1 if mode in ("reflect", "replicate") else 0
    what = f"`{arg}` of {name} cuts axis {axis}, which has {size}, to"
    if not (least or wrapped) and rest != padded:
        call.require_at_least(rest, 0, f"{what} {rest} before it adds a border", arg=arg)
    if sum(sides) < 0:
        call.require_at_least(padded, least, f"{what} {padded}", arg=arg)
    return padded


def check_value(call: Call, value: float | None, sides: Sequence[int]) -> None:
    """The constant must be a value of the input's dtype, where there is a border to hold it (S310)."""
    dtype = call.x.dtype
    if value is not None and any(side > 0 for side in sides) and not fits(float(value), dtype):
        call.report("S310", f"`value: {value}` of `{call.label}` ({call.op.name}) is no {dtype}", arg="value")


def kept(mode: str) -> Saved:
    """`reflect` and `replicate` keep their input, of which the backward pass needs only the size."""
    return Saved(("input",)) if mode in ("reflect", "replicate") else Saved()
