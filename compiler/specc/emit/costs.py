"""What a node costs: parameters, buffers, multiply-adds and bytes, of a leaf or of all leaves below."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from specc.graph.ir import Node
from specc.ops.declare import Owned
from specc.shapes.dim import Dim
from specc.shapes.tensor import TensorType


def leaves(node: Node) -> Iterator[Node]:
    """The leaf itself, or the leaves below."""
    if node.body is None:
        yield node
    else:
        yield from (inner for inner in node.body.walk() if inner.body is None)


def parameters(nodes: Iterable[Node]) -> int:
    """Numbers in the parameters the leaves own."""
    return sum(numel(owned) for node in nodes for owned in node.parameters.values())


def frozen(nodes: Iterable[Node]) -> int:
    """Numbers in those of their parameters that are not trained."""
    return sum(numel(owned) for node in nodes for owned in node.parameters.values() if not owned.trained)


def buffers(nodes: Iterable[Node]) -> int:
    """Numbers in their buffers."""
    return sum(numel(owned) for node in nodes for owned in node.buffers.values())


def numel(owned: Owned) -> int:
    count = 1
    for size in owned.shape:
        count *= size
    return count


def macs(nodes: Iterable[Node]) -> Dim | None:
    """Multiply-adds of one forward pass; None where a leaf does not know its own."""
    total = Dim.of(0)
    for node in nodes:
        if node.macs is None:
            return None
        total = total + node.macs
    return total


def activation_bytes(nodes: Iterable[Node]) -> Dim | None:
    """Bytes of every leaf's outputs, but those that are an input's memory; None where a type is unknown."""
    total = Dim.of(0)
    for node in nodes:
        if node.shares:
            continue
        for output in node.outputs:
            if not isinstance(output.type, TensorType):
                return None
            total = total + output.type.nbytes
    return total


def value_of(dim: Dim | None, env: Mapping[str, int]) -> int | Dim | None:
    """A number where the symbols have values, the dimension with what is known put in where they have not."""
    if dim is None:
        return None
    bound = dim.substitute(dict(env)) if env else dim
    return bound.value if bound.is_const else bound
