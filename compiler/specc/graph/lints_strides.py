"""The lint of strides: positions that no layer looks at."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from specc.diagnostics import Diagnostic, Note, Severity
from specc.graph.flow import Flow
from specc.graph.ir import Node, Value
from specc.shapes.tensor import TensorType

_WINDOWS: Final = frozenset(
    f"{name}{axes}d" for name in ("Conv", "MaxPool", "AvgPool", "LPPool", "max_pool", "avg_pool") for axes in (1, 2, 3)
)
_LONGEST: Final = 4096  # an axis up to which positions are counted one by one
_SHARE: Final = 4  # what is lost at the end of an axis is told from a quarter of it on


class _Window(NamedTuple):
    kernel: int
    stride: int
    padding: int
    dilation: int
    ceil: bool

    def residues(self) -> set[int]:
        """The positions read, modulo the stride."""
        return {(j * self.dilation - self.padding) % self.stride for j in range(min(self.kernel, self.stride))}

    def positions(self, size: int) -> set[int]:
        """The positions read of an axis of `size`."""
        span = self.dilation * (self.kernel - 1) + 1
        count = (size + 2 * self.padding - span + (self.stride - 1 if self.ceil else 0)) // self.stride + 1
        starts = range(-self.padding, -self.padding + count * self.stride, self.stride)
        return {p for start in starts for p in range(start, start + span, self.dilation) if 0 <= p < size}


def skipped(through: Flow) -> Iterator[Diagnostic]:
    """Layers that step over positions which nothing else reads (W518).

    A 1×1 convolution of stride 2 beside the body of a residual is none: the body reads what it skips. A border shorter
    than a quarter of the axis, left over because the stride does not divide it, is none either.
    """
    for value, readers in through.readers.items():
        if value in through.given or not all(node.kind in _WINDOWS for node in readers):
            continue
        if all(node.args["stride"].value == 1 for node in readers):
            continue
        found = _skip(value, readers)
        if found is not None:
            yield found


def _skip(value: Value, readers: list[Node]) -> Diagnostic | None:
    assert readers[0].op is not None
    axes = readers[0].op.spatial or int(readers[0].kind[-2])
    if not isinstance(value.type, TensorType) or value.type.rank <= axes:
        return None
    for axis in range(axes):
        windows = [_window(node, axis) for node in readers]
        if any(window is None for window in windows):
            return None
        known = [window for window in windows if window is not None]
        place = value.type.rank - axes + axis
        size = value.type.shape[place]
        stride = known[0].stride
        gaps = stride - len(set().union(*(w.residues() for w in known))) if len({w.stride for w in known}) == 1 else 0
        if not size.is_const:
            if gaps:
                return _told(readers, value, f"{gaps} of every {stride} positions", place, gaps=True)
        elif size.value <= _LONGEST:
            lost = size.value - len(set().union(*(window.positions(size.value) for window in known)))
            if (lost and gaps) or (lost > 1 and lost * _SHARE >= size.value):
                return _told(readers, value, f"{lost} of the {size} positions", place, gaps=bool(gaps))
    return None


def _window(node: Node, axis: int) -> _Window | None:
    kernel = _size(node, "kernel_size", axis, 1)
    if kernel is None:
        return None
    found = [_size(node, "stride", axis, kernel), _size(node, "padding", axis, 0), _size(node, "dilation", axis, 1)]
    if any(each is None for each in found):
        return None
    stride, padding, dilation = (each or 0 for each in found)
    ceil = node.args.get("ceil_mode")
    return _Window(kernel, stride, padding, dilation, bool(ceil is not None and ceil.value))


def _size(node: Node, name: str, axis: int, default: int) -> int | None:
    """The argument along an axis; None where it is a word (`same`)."""
    bound = node.args.get(name)
    value = None if bound is None else bound.value
    if value is None or value == ():
        return default
    if isinstance(value, tuple):
        value = value[axis] if len(value) > 1 else value[0]
    return value if isinstance(value, int) else None


def _told(readers: list[Node], value: Value, what: str, place: int, *, gaps: bool) -> Diagnostic:
    node = readers[0]
    bound = node.args["stride"]
    others = ", ".join(f"`{other.name}`" for other in readers[1:])
    notes = (Note(f"{others} read `{value.name}` too, and skip them as well", None),) if others else ()
    if gaps:
        help = "take a kernel as large as the stride, or put the stride where the kernel is larger"
    elif "ceil_mode" in node.args:
        help = "write `ceil_mode: true`, or a smaller stride"
    else:
        help = "add `padding`, or take a smaller stride"
    where = bound.span if bound.given and bound.span is not None else node.span
    message = f"`{node.name}` ({node.kind}) never reads {what} of dimension {place} of `{value.name}`"
    return Diagnostic("W518", message, where, notes, help, Severity.WARNING)
