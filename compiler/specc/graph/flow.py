"""Which leaf makes what another reads, seen through the scopes between them."""

from __future__ import annotations

from typing import NamedTuple

from specc.graph.ir import Graph, Node, Scope, Value


class Flow(NamedTuple):
    """Values stand for themselves where a leaf makes them or the network is given them: those of composites and of
    the inputs of scopes are looked up in `origin`."""

    origin: dict[Value, Value]
    maker: dict[Value, Node]  # the leaf of a value; none of the network's inputs
    readers: dict[Value, list[Node]]  # leaves, in order
    given: frozenset[Value]  # what the network gives

    def source(self, node: Node, position: int = 0) -> Value | None:
        """What the node reads at a position."""
        if position >= len(node.inputs):
            return None
        value = node.inputs[position].value
        return self.origin.get(value, value)

    def before(self, node: Node) -> Node | None:
        """The leaf whose first output the node's first input is."""
        value = self.source(node)
        maker = None if value is None else self.maker.get(value)
        return maker if maker is not None and maker.outputs[0] is value else None

    def only_reader(self, node: Node) -> bool:
        """Whether one layer alone reads the node's first output, and the network does not give it."""
        value = node.outputs[0]
        return len(self.readers.get(value, ())) == 1 and value not in self.given


def flow(graph: Graph) -> Flow:
    """The flow of a graph without errors."""
    origin: dict[Value, Value] = {}
    maker: dict[Value, Node] = {}
    readers: dict[Value, list[Node]] = {}
    _walk(graph.root, origin, maker, readers)
    return Flow(origin, maker, readers, frozenset(origin.get(value, value) for _, value in graph.root.outputs))


def _walk(scope: Scope, origin: dict[Value, Value], maker: dict[Value, Node], readers: dict[Value, list[Node]]) -> None:
    for node in scope.nodes:
        given = [origin.get(item.value, item.value) for item in node.inputs]
        if node.body is None:
            for value in given:
                readers.setdefault(value, []).append(node)
            for value in node.outputs:
                maker[value] = node
            continue
        ports = {item.port: value for item, value in zip(node.inputs, given, strict=True)}
        for value in node.body.inputs:
            if value.name in ports:
                origin[value] = ports[value.name]
        _walk(node.body, origin, maker, readers)
        for outer, (_, inner) in zip(node.outputs, node.body.outputs, strict=False):
            origin[outer] = origin.get(inner, inner)
