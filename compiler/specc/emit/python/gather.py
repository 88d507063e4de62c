"""Which scopes become classes, in the order they are written: a class after those it uses, the network last."""

from __future__ import annotations

from collections.abc import Iterator

from specc.diagnostics import Span
from specc.emit.naming import class_name
from specc.emit.python.modules import is_chain, is_numbered
from specc.emit.python.places import Place, Use
from specc.graph.ir import Graph, Scope

Definition = tuple[str, str, Span | None]


def definition(scope: Scope) -> Definition:
    """What tells apart the texts that scopes come from."""
    return scope.kind, scope.definition, scope.span


def gather(graph: Graph) -> list[tuple[Definition, list[Use]]]:
    """Every definition that becomes a class with all its uses in the network."""
    inline = _inlined(graph.root)
    root = Use(graph.root, None)
    uses: dict[Definition, list[Use]] = {}
    below: dict[Definition, list[Definition]] = {}
    queue = [root]
    for use in queue:
        name = definition(use.scope)
        uses.setdefault(name, []).append(use)
        found = list(_inner(use.scope, None, inline))
        below.setdefault(name, []).extend(definition(inner.scope) for inner in found)
        queue.extend(found)
    order: list[Definition] = []
    _visit(definition(graph.root), below, order, set())
    return [(name, uses[name]) for name in order]


def _visit(
    name: Definition, below: dict[Definition, list[Definition]], order: list[Definition], seen: set[Definition]
) -> None:
    if name in seen:
        return
    seen.add(name)
    for inner in below[name]:
        _visit(inner, below, order, seen)
    order.append(name)


def _inner(scope: Scope, outer: Place | None, inline: set[Definition]) -> Iterator[Use]:
    """The classes that a class uses itself, within what it writes in line too."""
    for node in scope.nodes:
        if node.body is None:
            continue
        place = Place(scope, outer, node)
        if node.body.kind == "repeat" or definition(node.body) in inline:
            yield from _inner(node.body, place, inline)
        else:
            yield Use(node.body, place)


def _inlined(root: Scope) -> set[Definition]:
    """The groups that are numbered chains in all of their uses."""
    verdicts: dict[Definition, bool] = {}
    for node in root.walk():
        if node.body is not None and node.body.kind == "group":
            name = definition(node.body)
            plain = is_chain(node.body) and (is_numbered(node.body) or bool(node.body.container))
            verdicts[name] = verdicts.get(name, True) and plain
    return {name for name, plain in verdicts.items() if plain}


def title(use: Use, graph: Graph) -> str:
    """The name of the class that a scope becomes."""
    scope = use.scope
    if use.place is None:
        return class_name(graph.name)
    if scope.title:
        return class_name(scope.title)
    node, place = use.place.node, use.place
    while node.name.isdigit() and place.outer is not None:  # a copy is named after its repeat
        place = place.outer
        node = place.node
    return class_name(f"layer_{node.name}" if node.name.isdigit() else node.name)
