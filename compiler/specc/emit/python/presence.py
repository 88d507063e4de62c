"""Layers that come and go between the uses of a class: what is read in their stead, and on what they depend."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from specc.emit.python.classes import Layer, Ref
from specc.emit.python.construct import Builder
from specc.emit.python.places import Place, Use, outward
from specc.emit.python.tree import Hole
from specc.graph.ir import Graph
from specc.ops.call import Bound
from specc.source.nodes import Mapping, Scalar
from specc.source.nodes import Node as SourceNode
from specc.source.nodes import Sequence as SourceSequence


class Differs(Exception):
    """The uses do not fit in one class."""


@dataclass(slots=True)
class Weave:
    """Reads that differ between uses: `downsample` where it is there, else what stands in for it."""

    layers: dict[str, Layer]
    order: dict[str, int]

    def resolve(self, found: list[tuple[int, Ref]]) -> Ref:
        """What is read, given what each use (by number) reads. Raises `Differs` where presence does not explain it."""
        candidates = {ref for _, ref in found}
        if len(candidates) == 1:
            return found[0][1]
        last = max(candidates, key=lambda ref: self.order.get(ref[0], -1))
        layer = self.layers.get(last[0])
        if layer is None or None not in layer.places:
            raise Differs
        rest = []
        for use, ref in found:
            there = layer.places[use] is not None
            if there != (ref == last):
                raise Differs
            if not there:
                rest.append((use, ref))
        instead = self.resolve(rest)
        if layer.instead not in (None, instead):
            raise Differs
        layer.instead = instead
        return last


def together(layers: list[Layer]) -> None:
    """Layers that come and go together, one after the other: what stands in for the last does so for all of them.

    Each is then skipped by itself: `a` where `b`, which reads it, is left out; and what `a` reads where it is.
    """
    by_name = {layer.name: layer for layer in layers}
    for layer in layers:
        readers = [other for other in layers if any(ref[0] == layer.name for _, ref in other.reads)]
        open_ = None in layer.places and layer.instead is None and len(layer.reads) == 1
        if open_ and len(readers) == 1 and _presence_of(readers[0]) == _presence_of(layer):
            layer.instead = layer.reads[0][1]
    for layer in reversed(layers):
        if layer.instead is None or len(layer.reads) != 1:
            continue
        before = layer.reads[0][1]
        base: Ref | None = before
        while base is not None and base != layer.instead:
            inner = by_name.get(base[0])
            same = inner is not None and _presence_of(inner) == _presence_of(layer)
            base = inner.instead if inner is not None and same else None
        if base is not None:
            layer.instead = before


def _presence_of(layer: Layer) -> list[bool]:
    return [place is not None for place in layer.places]


def decide(layer: Layer, layers: list[Layer], group: Sequence[tuple[Use, Builder]], graph: Graph) -> None:
    """Decides whether the layer is written under a condition, a flag, or always."""
    conditions: list[tuple[Use, bool, ast.expr | None]] = []
    for (use, _), place in zip(group, layer.places, strict=True):
        if place is not None:
            conditions.append((use, True, place.node.condition))
        else:
            conditions += [(use, False, tree) for name, tree in use.scope.absent if name == layer.name]
    tree = next((condition for _, _, condition in conditions if condition is not None), None)
    always = None not in layer.places
    if always and tree is None:
        return
    if always:
        layer.instead = _before(layer, layers, graph)
        if layer.instead is None:
            for _, builder in group:
                builder.bake(tree)
            return
    elif layer.instead is None and _is_read(layer, layers):
        raise Differs  # each use reads it, or none does: nothing stands in for it
    layer.optional = True
    bounds = []
    for use, there, condition in conditions:
        expr = outward(condition or tree, Place(use.scope, None, layer.place.node)) if tree is not None else None
        bounds.append((use, Bound(there, expr, given=True)))
    layer.condition = Hole(layer.name, bounds)


def _is_read(layer: Layer, layers: list[Layer]) -> bool:
    return any(ref[0] == layer.name for other in layers for _, ref in other.reads)


def _before(layer: Layer, layers: list[Layer], graph: Graph) -> Ref | None:
    """What is read in the stead of a conditional layer where that is left out; None where it is not known.

    Without `from` it is the layer before; where a `from` names an alternative (`drop or x`), that.
    """
    if graph.source is None or layer.role == "branch":  # a branch left out is not merged: that is another structure
        return None
    place = layers.index(layer)
    inputs = [value.name for value in layer.place.scope.inputs]
    chained: Ref | None = (layers[place - 1].name, 0) if place else ("", 0) if inputs else None
    named = [other for text in _strings(graph.source) for other in _alternatives(layer.name, text)]
    if not named:
        return chained
    known: dict[str, Ref] = {name: ("", k) for k, name in enumerate(inputs)}
    known |= {other.name: (other.name, 0) for other in layers[:place]}
    refs = {known.get(other) for other in named}
    readers = [ref for other in layers for _, ref in other.reads if ref[0] == layer.name]
    if len(refs) == 1 and (refs == {chained} or len(readers) == len(named)):
        return refs.pop()
    return None


def _alternatives(name: str, text: str) -> list[str]:
    """What a `from` reads where the layer `name` is left out."""
    found = re.fullmatch(rf"{re.escape(name)}(\.\w+)?\s+or\s+(.+)", text.strip())
    if found is not None:
        return [found[2].strip()]
    return [text] if re.search(rf"(^|\W){re.escape(name)}(\.\w+)?\s+or\s", text) else []


def _strings(node: SourceNode) -> Iterator[str]:
    if isinstance(node, Scalar):
        if isinstance(node.value, str):
            yield node.value
    elif isinstance(node, SourceSequence):
        for item in node.items:
            yield from _strings(item)
    elif isinstance(node, Mapping):
        for entry in node.entries:
            yield from _strings(entry.value)
