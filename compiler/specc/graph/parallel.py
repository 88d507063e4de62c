"""Parallel branches: layers over one input, and how what they give is put together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from specc.diagnostics import Span
from specc.graph.frame import Frame
from specc.graph.ir import Input, Value
from specc.graph.leaves import leaf
from specc.language.expressions import names
from specc.ops import OPS
from specc.ops.call import Bound
from specc.ops.evaluate import bind
from specc.shapes.tensor import UNKNOWN
from specc.source.nodes import Mapping as SourceMapping
from specc.source.nodes import Scalar

if TYPE_CHECKING:
    from specc.graph.build import Builder

_MERGES: Final = ("cat", "add", "mul", "stack")


def build(builder: Builder, frame: Frame, text: SourceMapping) -> None:
    """Adds the branches to their frame, each reading the first input unless its `from` says otherwise, and the merge.

    A branch of several outputs is merged by its first; one that a `when` removes is not merged.
    """
    entry = text.entry("parallel")
    assert entry is not None
    x = frame.current
    start = len(frame.nodes)
    builder.layers(frame, entry.value, entry.key.span, over=x)
    branches = [frame.mark(node.outputs[0]) for node in frame.nodes[start:] if node.outputs]
    if x is not None:
        frame.mark(x)
    if not branches:
        if frame.removed:
            builder.sink.error(
                "N403",
                "no branch of this `parallel` exists: none of their `when` holds",
                entry.key.span,
                help="keep one that has no `when`",
            )
        frame.current, frame.broken = Value("parallel", UNKNOWN, None), True
        return
    _merge(builder, frame, text, branches, entry.key.span)


def _merge(builder: Builder, frame: Frame, text: SourceMapping, branches: list[Value], span: Span) -> None:
    merge, dim = text.entry("merge"), text.entry("dim")
    kind = merge.value.value if merge is not None and isinstance(merge.value, Scalar) else "cat"
    if kind not in _MERGES:  # the schema said so
        frame.current, frame.broken = Value("parallel", UNKNOWN, None), True
        return
    op = OPS[str(kind)]
    given: dict[str, Bound] = {}
    arg = op.argument("dim")
    if dim is not None and arg is None:
        builder.sink.error(
            "L201",
            f"`merge: {kind}` takes no `dim`: it goes element by element",
            dim.key.span,
            help="remove it, or merge by `cat` or `stack`, which go along a dimension",
        )
    elif dim is not None and arg is not None:
        bound = builder.evaluator(frame).argument(arg, dim, "parallel")
        if bound is not None and arg.refuse(bound.value, op) is None:
            given["dim"] = bound
            frame.ask(names(bound.expr) if bound.expr is not None else ())
    if len(branches) == 1 and kind != "stack":
        frame.current = branches[0]  # one tensor is put together with none
        return
    args = bind(op, given, builder.sink, "parallel", None)
    assert args is not None, "neither `dim` nor any other argument of these is required"
    name = frame.free(op.name)
    port = op.ports()[0][0]
    inputs = tuple(Input(port, value) for value in branches)
    place = merge.value.span if merge is not None else span
    frame.add(leaf(builder, op, name, frame.path + name, args, inputs, place, label="merge", role="merge"), (), place)
