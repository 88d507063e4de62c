"""Layers that come and go between the uses of a class: what is read in their stead, and on what they depend."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass

from specc.emit.python.classes import Layer, Ref
from specc.emit.python.construct import Builder
from specc.emit.python.places import Place, Use, outward
from specc.emit.python.tree import Hole
from specc.graph.ir import Scope
from specc.ops.call import Bound


class Differs(Exception):
    """The uses do not fit in one class."""


@dataclass(slots=True)
class Weave:
    """Reads that differ between uses: `downsample` where it is there, else what stands in for it."""

    layers: dict[str, Layer]
    order: dict[str, int]
    # What the text reads in the stead of a layer's output, by use: several where its readers name several.
    named: dict[Ref, dict[int, set[Ref]]]

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
            if there:
                rest += [(use, other) for other in self.named.get(last, {}).get(use, ())]
            else:
                rest.append((use, ref))
        instead = self.resolve(rest)
        if layer.instead.setdefault(last[1], instead) != instead:
            raise Differs
        return last

    def fall_back(self) -> set[str]:
        """Has layers with a `when` left out as the text says, where no use of the class leaves them out.

        Gives the names of those for which readers of one output name several stand-ins, or one that is not there yet.
        """
        unsure = set()
        for (name, port), found in self.named.items():
            layer = self.layers[name]
            if layer.place.node.condition is None:
                continue
            later = any(self.order.get(ref[0], -1) > self.order[name] for each in found.values() for ref in each)
            if later or any(len(each) > 1 for each in found.values()):
                unsure.add(name)
            elif port not in layer.instead:
                layer.instead[port] = self.resolve([(use, ref) for use, each in found.items() for ref in each])
        return unsure


def named(scopes: Sequence[Scope], refs: Sequence[dict[int, Ref]]) -> dict[Ref, dict[int, set[Ref]]]:
    """What the text reads in the stead of an output of a layer with a `when`, by output and number of the use."""
    out: dict[Ref, dict[int, set[Ref]]] = {}
    for use, scope in enumerate(scopes):
        for value, other in scope.instead:
            ref, instead = refs[use].get(id(value)), refs[use].get(id(other))
            if ref is not None and instead is not None and ref[0]:
                out.setdefault(ref, {}).setdefault(use, set()).add(instead)
    return out


def together(layers: list[Layer]) -> None:
    """Layers that come and go together, one after the other: what stands in for the last does so for all of them.

    Each is then skipped by itself: `a` where `b`, which reads it, is left out; and what `a` reads where it is.
    """
    by_name = {layer.name: layer for layer in layers}

    def leads(ref: Ref, end: Ref, layer: Layer) -> bool:
        """Whether `end` is what is left of a value where the layer, and all that come and go with it, are left out."""
        while ref != end:
            inner = by_name.get(ref[0])
            if inner is None or not _go_together(inner, layer) or ref[1] not in inner.instead:
                return False
            ref = inner.instead[ref[1]]
        return True

    for layer in layers:
        readers = [other for other in layers if any(ref[0] == layer.name for _, ref in other.reads)]
        open_ = _comes_and_goes(layer) and not layer.instead and layer.outputs == 1 and len(layer.reads) == 1
        if open_ and len(readers) == 1 and _go_together(readers[0], layer):
            layer.instead[0] = layer.reads[0][1]
    for layer in reversed(layers):
        if layer.outputs == 1 and layer.instead:
            found = (ref for _, ref in layer.reads if leads(ref, layer.instead[0], layer))
            layer.instead[0] = next(found, layer.instead[0])


def _comes_and_goes(layer: Layer) -> bool:
    return None in layer.places or layer.place.node.condition is not None


def _go_together(one: Layer, other: Layer) -> bool:
    """Whether two layers are there in the same uses, and would be in any other."""
    if not (_comes_and_goes(one) and _comes_and_goes(other)):
        return False
    conditions = [ast.dump(c) if (c := layer.place.node.condition) is not None else "" for layer in (one, other)]
    there = [[place is not None for place in layer.places] for layer in (one, other)]
    return conditions[0] == conditions[1] and there[0] == there[1]


def decide(
    layer: Layer,
    layers: list[Layer],
    outputs: Sequence[Ref],
    group: Sequence[tuple[Use, Builder]],
    unsure: set[str],
) -> None:
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
    if layer.name in unsure or not _replaced(layer, layers, outputs):
        if not always:
            raise Differs  # each use reads it, or none does: nothing stands in for it
        for _, builder in group:
            builder.bake(tree)
        return
    layer.optional = True
    bounds = []
    for use, there, condition in conditions:
        expr = outward(condition or tree, Place(use.scope, None, layer.place.node)) if tree is not None else None
        bounds.append((use, Bound(there, expr, given=True)))
    layer.condition = Hole(layer.name, bounds)


def _replaced(layer: Layer, layers: Sequence[Layer], outputs: Sequence[Ref]) -> bool:
    """Whether every output that is read has a stand-in, or is read only where the layer is there."""
    bare = {(layer.name, port) for port in range(layer.outputs) if port not in layer.instead}
    if bare & set(outputs) or any(ref in bare for other in layers for ref in other.instead.values()):
        return False
    readers = [other for other in layers if any(ref in bare for _, ref in other.reads)]
    return all(_go_together(other, layer) for other in readers)
