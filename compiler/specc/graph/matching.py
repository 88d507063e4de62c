"""The inputs of a scope against their declared patterns."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from specc.diagnostics import Note, Span
from specc.graph.frame import Frame
from specc.graph.patterns import Pattern
from specc.shapes.conditions import mend, stated
from specc.shapes.constraints import Holds
from specc.shapes.pattern import match
from specc.shapes.tensor import TensorType

if TYPE_CHECKING:
    from specc.graph.build import Builder


def match_inputs(
    builder: Builder, frame: Frame, patterns: Mapping[str, Pattern], name: str, span: Span
) -> dict[str, tuple[str, int]]:
    """Matches the inputs against their patterns; the symbols join the frame. Returns where each is bound."""
    places: dict[str, tuple[str, int]] = {}
    for value in frame.inputs:
        pattern = patterns.get(value.name)
        if pattern is None or pattern.dims is None or not isinstance(value.type, TensorType):
            continue
        found = match(pattern.dims, value.type, frame.symbols, builder.facts)
        if found.rank is not None:
            builder.sink.error(
                "S313",
                f"`{name}` expects `{value.name}` of shape {pattern.text}, but it is {value.type}",
                span,
                notes=(Note(f"`{value.name}: {pattern.text}` is declared here", pattern.span),),
            )
        for wrong in found.mismatches:
            when = f": they are equal only when {wrong.verdict.when}" if isinstance(wrong.verdict, Holds) else ""
            builder.sink.error(
                "S305" if when else "S313",
                f"`{name}` expects `{value.name}` of shape {pattern.text}, but dimension {wrong.axis} is "
                f"`{wrong.actual}`, not `{wrong.expected}`{when}",
                span,
                notes=(
                    Note(f"`{value.name}` is {value.type}", value.span),
                    Note(f"`{value.name}: {pattern.text}` is declared here", pattern.span),
                ),
                help=mend([wrong.verdict.when]) if isinstance(wrong.verdict, Holds) else None,
                edits=stated([wrong.verdict.when], span) if isinstance(wrong.verdict, Holds) else (),
            )
        for axis, dim in enumerate(value.type.shape):
            lead = value.type.rank - len(pattern.dims)
            label = pattern.dims[axis - lead] if axis >= lead else None
            if isinstance(label, str) and label in found.bindings and label not in places:
                places[label] = (value.name, axis)
                frame.symbols[label] = dim.value if dim.is_const else dim
        if pattern.dtype is not None and pattern.dtype != value.type.dtype:
            builder.sink.error(
                "S307",
                f"`{name}` expects `{value.name}` of dtype {pattern.dtype}, but it is {value.type.dtype}",
                span,
                notes=(Note(f"`{value.name}` is declared here", pattern.span),),
            )
    return places
