"""How elements lie in memory, and when a reshape copies them.

Source: https://docs.pytorch.org/docs/stable/generated/torch.Tensor.view.html, the rule on strides.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise

from specc.shapes.dim import Dim

Axis = tuple[Dim, Dim]  # size and stride, in elements


def laid_out(shape: Sequence[Dim]) -> list[Axis]:
    """The axes of a contiguous tensor."""
    axes, step = [], Dim.of(1)
    for size in reversed(shape):
        axes.append((size, step))
        step = step * size
    return axes[::-1]


def merge(axes: Iterable[Axis]) -> bool:
    """Whether axes can become one without a copy: each steps over the whole of the next. Symbols count as 2 or more."""
    wide = [axis for axis in axes if axis[0] != 1]
    return all(outer[1] == inner[1] * inner[0] for outer, inner in pairwise(wide))


def expanded(axis: Axis, size: Dim) -> Axis:
    """An axis of size 1 taken as larger: every step stays in place."""
    return (size, Dim.of(0)) if axis[0] == 1 and size != 1 else axis
