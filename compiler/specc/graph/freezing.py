"""`freeze`: parameters that are not trained."""

from __future__ import annotations

from typing import TYPE_CHECKING

from specc.graph.frame import Frame
from specc.graph.ir import Node
from specc.ops.arguments import shown
from specc.ops.call import Bound
from specc.source.nodes import Mapping as SourceMapping

if TYPE_CHECKING:
    from specc.graph.build import Builder


def frozen(builder: Builder, frame: Frame, node: SourceMapping, made: Node, index: int | None) -> Node:
    """The layer as its `freeze` has it; in a repeat it may depend on `i`."""
    entry = node.entry("freeze")
    if entry is None:
        return made
    evaluator = builder.evaluator(frame) if index is None else builder.evaluator(frame, i=index)
    result = evaluator.value(entry.value, lambda text: False)
    if result is None:
        return made
    value, tree = result
    if not isinstance(value, bool):
        if not builder.reported(entry.value.span):
            builder.sink.error("L203", f"`freeze` must be true or false, not {shown(value)}", entry.value.span)
        return made
    if not value and tree is None:
        return made
    return (_untrained(made) if value else made)._replace(frozen=Bound(value, tree, given=True))


def _untrained(node: Node) -> Node:
    parameters = {name: owned._replace(trained=False) for name, owned in node.parameters.items()}
    node = node._replace(parameters=parameters, borrows=False)
    if node.body is None:
        return node
    return node._replace(body=node.body._replace(nodes=tuple(map(_untrained, node.body.nodes))))
