"""Nodes that rest on a guess, built under two; `specc.graph.holes` says why."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from specc.diagnostics import Sink
from specc.graph.holes import GUESSES, agreed, contradicted, merged, solutions
from specc.graph.ir import Node
from specc.graph.sinks import OnceSink
from specc.shapes.tensor import UNKNOWN, Type

if TYPE_CHECKING:
    from specc.graph.build import Builder


def guessed(
    builder: Builder, build: Callable[[int], Node], holes: list[Type] | None = None, written: list[int] | None = None
) -> Node:
    """A node that rests on a guess, built under both; see `specc.graph.holes`.

    `holes` are the types of an op's inputs where nothing else is guessed; `written` the sizes the spec says they
    have: `build` takes these, beyond the guesses, as further fillings.
    """
    sinks = [OnceSink(), OnceSink()]
    nodes: list[Node] = []
    outer = (builder.sink, builder.guessing, builder.requirements)
    builder.guessing, builder.requirements = True, []
    try:
        for guess in GUESSES:
            builder.sink = sinks[guess]
            count = builder.count
            nodes.append(build(guess))
            builder.count = count if guess else builder.count
    finally:
        builder.sink, builder.guessing, builder.requirements = outer
    for diagnostic in agreed(sinks[0], sinks[1]):
        builder.sink.report(diagnostic)
    if holes is not None and written:
        sizes = solutions(written, holes)
        if not sizes or sizes[0] > 1:  # 0 and 1 stand for the guesses; a size of 1 is no mistake for certain
            for diagnostic in contradicted(sinks[0], sinks[1], _tried(builder, build, sizes), holes):
                builder.sink.report(diagnostic)
    first, second = nodes
    if len(first.outputs) != len(second.outputs):
        return first._replace(outputs=tuple(v._replace(type=UNKNOWN) for v in first.outputs), macs=None)
    outputs = tuple(
        a._replace(type=merged(a.type, b.type, fillings=holes is not None))
        for a, b in zip(first.outputs, second.outputs, strict=True)
    )
    return first._replace(outputs=outputs, macs=None)


def _tried(builder: Builder, build: Callable[[int], Node], sizes: list[int]) -> list[Sink]:
    """What is reported under each of the further fillings."""
    outer, found = (builder.sink, builder.requirements), list[Sink]()
    try:
        for size in sizes:
            builder.sink, builder.requirements = OnceSink(), []
            build(size)
            found.append(builder.sink)
    finally:
        builder.sink, builder.requirements = outer
    return found
