"""Scopes with other nodes: what every style does to the tree of a graph."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from specc.graph.ir import Node, Scope


def renamed(node: Node, prefix: str, name: str, body: Scope | None) -> Node:
    """The node as `name` below `prefix` (a path that ends in a dot, or nothing), with that body."""
    return node._replace(name=name, path=f"{prefix}{name}", body=body)


def below(nodes: Sequence[Node], prefix: str, rewrite: Callable[[Scope, str], Scope]) -> tuple[Node, ...]:
    """The nodes below `prefix`, their bodies rewritten; `rewrite` is given a body and the prefix of what is in it."""
    return tuple(
        renamed(n, prefix, n.name, rewrite(n.body, f"{prefix}{n.name}.") if n.body is not None else None) for n in nodes
    )
