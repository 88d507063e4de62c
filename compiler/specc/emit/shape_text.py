"""Shapes for people's eyes: `64 × 56 × 56`, without the batch."""

from __future__ import annotations

from specc.emit.binding import Binding
from specc.shapes.dim import Dim
from specc.shapes.tensor import TensorType, Type


def shape_text(type_: Type, bound: Binding, *, batch: bool = False) -> str:
    """The shape with the caller's sizes put in; a leading batch is left out unless asked for; `?` where unknown."""
    if not isinstance(type_, TensorType):
        return "?"
    dims = list(type_.shape)
    leading = dims and bound.batch is not None and dims[0].as_symbol == bound.batch
    if leading and not batch:
        shown = [bound.shown(dim) for dim in dims[1:]]
    elif leading:
        shown = [dims[0], *(bound.shown(dim) for dim in dims[1:])]
    else:
        shown = [bound.shown(dim) for dim in dims]
    if not shown:
        return "one number" if not leading else "one number each"
    return " × ".join(_factor(dim, len(shown) > 1) for dim in shown)


def typed_text(type_: Type, bound: Binding) -> str:
    """With the batch, and the dtype where it is not float32: for inputs and outputs."""
    text = shape_text(type_, bound, batch=True)
    if isinstance(type_, TensorType) and type_.dtype != "float32":
        text += f" {type_.dtype}"
    return text


def _factor(dim: Dim, among: bool) -> str:
    text = str(dim)
    return f"({text})" if among and " " in text else text
