"""Identical neighbours: which nodes of a scope may be drawn once with a count."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from specc.emit.arguments import value_text
from specc.graph.ir import Node, Scope, Value

Signature = tuple[object, ...]


def runs(scope: Scope) -> Iterator[tuple[Node, ...]]:
    """The nodes in order, in runs of the same computation applied again and again to its own result.

    Equal definition, arguments and shapes, the same type in and out, each reading only the one before (and what all
    read), nothing in between read from outside. A leaf is folded only as a copy of a repeat.
    """
    readers = _readers(scope)
    run: list[Node] = []
    for node in scope.nodes:
        if run and _continues(scope, run[-1], node, readers):
            run.append(node)
            continue
        if run:
            yield tuple(run)
        run = [node]
    if run:
        yield tuple(run)


def broken(node: Node) -> bool:
    """Whether the node or one below is in error."""
    return node.error is not None or (node.body is not None and any(n.error is not None for n in node.body.walk()))


def signature(node: Node) -> Signature:
    """What a copy has in common with its equals: all but its name, its index and its weights."""
    args = tuple((name, value_text(bound.value)) for name, bound in node.args.items())
    types = tuple(_type(value) for value in node.outputs)
    read = tuple((i.port, _type(i.value)) for i in node.inputs)
    if node.body is None:
        return (node.kind, args, read, types)
    inner = tuple((n.name, n.role, *signature(n)) for n in node.body.nodes)
    return (node.body.kind, node.body.definition, args, read, types, inner)


def _continues(scope: Scope, last: Node, node: Node, readers: dict[Value, list[Node | None]]) -> bool:
    if node.body is None and scope.kind != "repeat":
        return False
    if not last.inputs or not node.inputs or node.inputs[0].value not in last.outputs:
        return False
    if any(readers.get(value, []) not in ([], [node]) for value in last.outputs):
        return False
    if [i.value for i in last.inputs[1:]] != [i.value for i in node.inputs[1:]]:
        return False
    if _type(last.inputs[0].value) != _type(node.inputs[0].value) or broken(last) or broken(node):
        return False
    return signature(last) == signature(node)


def _readers(scope: Scope) -> dict[Value, list[Node | None]]:
    """Who reads each value of the scope: its nodes once each, None for the scope's outputs."""
    readers: dict[Value, list[Node | None]] = {}
    for node in scope.nodes:
        for value in dict.fromkeys(i.value for i in node.inputs):
            readers.setdefault(value, []).append(node)
    for _, value in scope.outputs:
        readers.setdefault(value, []).append(None)
    return readers


def _type(value: Value) -> str:
    return f"{value.type} {getattr(value.type, 'dtype', '')}"


def is_chain(scope: Scope) -> bool:
    """Whether the scope is leaves in a row, each reading only the one before, the last being its output."""
    if len(scope.inputs) != 1 or len(scope.outputs) != 1 or not scope.nodes:
        return False
    if any(node.body is not None for node in scope.nodes):
        return False
    first = all(i.value is scope.inputs[0] for i in scope.nodes[0].inputs)
    linked = all(all(i.value in a.outputs for i in b.inputs) for a, b in pairwise(scope.nodes))
    return first and linked and scope.outputs[0][1] in scope.nodes[-1].outputs
