"""The uses of a definition as one class, or as several where their structure differs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from specc.emit.python.classes import Class, Layer, Ref
from specc.emit.python.construct import Builder
from specc.emit.python.modules import is_chain, is_function_repeat, is_module, is_numbered
from specc.emit.python.places import Leaf, Place, Use, leaves, only_first
from specc.emit.python.presence import Differs, Weave, decide, named, together
from specc.emit.python.tree import Chain, Copies, Hole, Tree, expanded, kind, overlay, written_as
from specc.graph.ir import Graph, Node, Scope


@dataclass(slots=True)
class _Built:
    """One use, its trees by layer."""

    use: Use
    trees: dict[str, Tree]
    builder: Builder

    @property
    def names(self) -> list[str]:
        return [node.name for node in self.use.scope.nodes]


def merged(uses: list[Use], classes: dict[int, Class], graph: Graph, fixed: set[Leaf]) -> list[Class]:
    """The classes of a definition, without names and arguments yet.

    `classes` holds those of the scopes below, `fixed` names params of the network that are written as their values.
    """
    built = [_build(use, classes) for use in uses]
    for one in built:
        one.builder.baked |= fixed if one.use.place is None else set()
    _align(built)
    groups: dict[object, list[_Built]] = {}
    flexible = _flexible(built)
    for one in built:
        groups.setdefault(_skeleton(one, flexible), []).append(one)
    out: list[Class] = []
    for group in groups.values():
        try:
            out.append(_overlaid(group, graph))
        except Differs:
            exact: dict[object, list[_Built]] = {}
            for one in group:
                exact.setdefault(_exact(one), []).append(one)
            out += [_overlaid(part, graph) for part in exact.values()]
    return out


def _build(use: Use, classes: dict[int, Class]) -> _Built:
    builder = Builder(use, classes)
    trees = {
        # What is shared is built for its form alone: it constructs nothing, so that nothing follows for the class.
        node.name: (Builder(use, classes) if node.share else builder).build(Place(use.scope, None, node))
        for node in use.scope.nodes
        if is_module(node)
    }
    return _Built(use, trees, builder)


def _align(built: list[_Built]) -> None:
    """Copies become a list where another use of the same repeat needs one."""
    for name in dict.fromkeys(name for one in built for name in one.trees):
        forms = [one.trees[name] for one in built if name in one.trees]
        if len({kind(tree) for tree in forms}) == 1 or not all(_repeated(tree) for tree in forms):
            continue
        for one in built:
            tree = one.trees.get(name)
            if isinstance(tree, Chain | Copies):
                copies = [tree, *tree.items] if isinstance(tree, Chain) else [tree]
                for copy in copies:
                    if isinstance(copy, Copies):
                        one.builder.bake(copy.count.bounds[0][1].expr)
                one.trees[name] = expanded(tree)


def _repeated(tree: Tree) -> bool:
    return isinstance(tree, Copies) or (isinstance(tree, Chain) and tree.copies)


def _flexible(built: list[_Built]) -> set[str]:
    """The layers that may come and go between uses."""
    names = {name for one in built for name, _ in one.use.scope.absent}
    return names | {node.name for one in built for node in one.use.scope.nodes if node.optional}


def _skeleton(one: _Built, flexible: set[str]) -> object:
    return tuple(_what(node, one) for node in one.use.scope.nodes if node.name not in flexible)


def _what(node: Node, one: _Built) -> object:
    if node.share:
        return node.name, "share", node.share
    if node.body is not None and node.body.shared:
        return node.name, "shared", kind(one.trees[node.name])
    tree = one.trees.get(node.name)
    if tree is not None:
        return node.name, kind(tree)
    if node.op is not None:
        return node.name, node.op.name
    assert node.body is not None
    # a repeat of functions: their number is a loop's where the copies are alike, which they are but for arguments
    inner = tuple(child.op.name for child in node.body.nodes[:1] if child.op is not None)
    return node.name, "loop", inner


def _exact(one: _Built) -> object:
    scope = one.use.scope
    refs = _refs(scope)
    wiring = tuple(tuple((i.port, refs[id(i.value)]) for i in node.inputs) for node in scope.nodes)
    inputs = tuple(value.name for value in scope.inputs)
    counts = tuple(len(node.body.nodes) for node in scope.nodes if is_function_repeat(node) and node.body is not None)
    outputs = tuple(refs[id(value)] for _, value in scope.outputs)
    return inputs, tuple(_what(node, one) for node in scope.nodes), wiring, counts, outputs


def _refs(scope: Scope) -> dict[int, Ref]:
    refs: dict[int, Ref] = {id(value): ("", k) for k, value in enumerate(scope.inputs)}
    for node in scope.nodes:
        refs.update({id(value): (node.name, k) for k, value in enumerate(node.outputs)})
    return refs


def _overlaid(group: list[_Built], graph: Graph) -> Class:
    """One class of uses that share a skeleton. Raises `Differs` where more than arguments and presence differ."""
    scopes = [one.use.scope for one in group]
    if len({tuple(value.name for value in scope.inputs) for scope in scopes}) > 1:
        raise Differs
    baked: set[Leaf] = set()
    layers = [_layer(name, group) for name in _order(group)]
    by_name = {layer.name: layer for layer in layers}
    order = {name: position for position, name in enumerate(by_name)}
    refs = [_refs(scope) for scope in scopes]
    weave = Weave(by_name, order, named(scopes, refs))
    for layer in layers:
        _wire(layer, refs, weave)
    outputs = [
        weave.resolve([(n, refs[n][id(scope.outputs[k][1])]) for n, scope in enumerate(scopes)])
        for k in range(len(scopes[0].outputs))
    ]
    unsure = weave.fall_back()
    together(layers)
    for layer in layers:
        decide(layer, layers, outputs, [(one.use, one.builder) for one in group], unsure)
    for name, condition in {item[0]: item[1] for scope in scopes for item in scope.absent}.items():
        if name not in by_name and condition is not None:
            group[0].builder.bake(condition)
    baked |= {leaf for one in group for leaf in one.builder.baked}
    _drop_unread(layers, outputs)
    root = group[0].use.place is None
    return Class("", _base(scopes, layers), [one.use for one in group], layers, outputs, frozenset(baked), root)


def _drop_unread(layers: list[Layer], outputs: list[Ref]) -> None:
    """Leaves out functions of whose result nothing is read, nor a size."""
    while True:
        sizes = {leaf[0] for layer in layers for leaf in _asked(layer)}
        read = {ref[0] for layer in layers for _, ref in layer.reads} | {ref[0] for ref in outputs}
        read |= {ref[0] for layer in layers for ref in layer.instead.values()}
        read |= {layer.name for layer in layers if sizes & {value.name for value in layer.place.node.outputs}}
        unread = [layer for layer in layers if layer.tree is None and layer.name not in read]
        if not unread:
            return
        for layer in unread:
            layers.remove(layer)


def _asked(layer: Layer) -> Iterator[tuple[str, int]]:
    """The sizes that the call of a layer names."""
    steps = [hole for step in layer.steps for hole in step.called]
    for hole in [*layer.called, *steps, *([layer.count] if layer.count is not None else [])]:
        for _, bound in hole.bounds:
            if bound.expr is not None:
                yield from (leaf for leaf in leaves(bound.expr) if isinstance(leaf, tuple))


def _base(scopes: list[Scope], layers: list[Layer]) -> str:
    first = scopes[0]
    if all(scope.container == "Sequential" and is_chain(scope) for scope in scopes):
        return "nn.Sequential"
    if any(layer.optional for layer in layers) or not all(map(is_numbered, scopes)) or not first.numbered:
        return "nn.ModuleDict" if first.numbered or any(layer.name.isdigit() for layer in layers) else "nn.Module"
    return "nn.Sequential" if all(map(is_chain, scopes)) else "nn.ModuleDict"


def _order(group: list[_Built]) -> list[str]:
    """The layers of all uses, in an order that agrees with each of them; where they leave it open, that of the text."""
    after: dict[str, set[str]] = {}  # the layers that come before one
    written: dict[str, tuple[int, int]] = {}
    for one in group:
        for before, node in zip([None, *one.names], one.use.scope.nodes, strict=False):
            after.setdefault(node.name, set()).update(() if before is None else (before,))
            place = (node.span.line, node.span.column) if node.span is not None else (0, 0)
            written.setdefault(node.name, place)
    order: list[str] = []
    while after:
        free = [name for name, befores in after.items() if befores <= set(order)]
        if not free:
            raise Differs
        first = min(free, key=lambda name: written[name])
        order.append(first)
        del after[first]
    return order


def _layer(name: str, group: list[_Built]) -> Layer:
    places: list[Place | None] = []
    for one in group:
        node = one.use.scope.node(name)
        places.append(None if node is None else Place(one.use.scope, None, node))
    present = [(one, place) for one, place in zip(group, places, strict=True) if place is not None]
    if len({_what(place.node, one) for one, place in present}) > 1:
        raise Differs
    node = present[0][1].node
    trees = [one.trees[name] for one, _ in present if name in one.trees]
    layer = Layer(name, places, overlay(trees) if trees else None, node.op, node.role, node.doc)
    layer.share = node.share
    if node.op is not None:
        each = [one.builder.arguments(place, node.op, forward=True) for one, place in present]
        layer.called = _laid(each)
    elif node.body is not None and node.body.shared:
        _again(layer, present)
    elif is_function_repeat(node):
        _loop(layer, present)
    elif isinstance(layer.tree, Chain | Copies) and layer.tree.listed:
        _called(layer, present)
    return layer


def _laid(each: list[list[Hole]]) -> list[Hole]:
    first = each[0]
    for others in each[1:]:
        for hole, other in zip(first, others, strict=True):
            hole.bounds += other.bounds
    return first


def _loop(layer: Layer, present: list[tuple[_Built, Place]]) -> None:
    """A repeat of functions: a loop where its copies are alike, else one line after the other."""
    bodies = [place.node.body for _, place in present]
    copies: list[list[list[Hole]]] = []
    for (one, place), body in zip(present, bodies, strict=True):
        assert body is not None
        copies.append(
            [
                one.builder.arguments(Place(body, place, child), child.op, forward=True)
                for child in body.nodes
                if child.op
            ]
        )
    alike = all(
        [written_as(hole.bounds[0][1]) for hole in copy] == [written_as(hole.bounds[0][1]) for hole in use[0]]
        for use in copies
        for copy in use
    )
    first = bodies[0]
    assert first is not None
    counted = [place.node.body.repeat for _, place in present if place.node.body is not None]
    varies = any(bound is not None and bound.expr is not None and any(leaves(bound.expr)) for bound in counted)
    alike = alike and (not varies or all(one.builder.steady(place, 0) for one, place in present))
    alike = alike and not (varies and any(not only_first(tree) for one, _ in present for tree in one.builder.indexed))
    if not alike and len({len(use) for use in copies}) > 1:
        raise Differs
    for number, child in enumerate(first.nodes[:1] if alike else first.nodes):
        step = Layer(child.name, [Place(first, present[0][1], child)], None, child.op, "", child.doc)
        step.called = _laid([use[number] for use in copies])
        layer.steps.append(step)
    if alike:
        counts = [one.builder.hole("count", place.node.body.repeat, place) for one, place in present]  # type: ignore[union-attr, arg-type]  # a repeat has both
        layer.count = _laid([[count] for count in counts])[0]
    else:
        for one, place in present:
            assert place.node.body is not None
            one.builder.bake(place.node.body.repeat.expr if place.node.body.repeat else None)


def _again(layer: Layer, present: list[tuple[_Built, Place]]) -> None:
    """A repeat of one module: `forward` calls it in a loop."""
    layer.shared = True
    counts: list[list[Hole]] = []
    calls: list[list[Hole]] = []
    for one, place in present:
        body = place.node.body
        assert body is not None
        assert body.repeat is not None
        counts.append([one.builder.hole("count", body.repeat, place)])
        first = Place(body, place, body.nodes[0])
        calls.append(one.builder.arguments(first, first.node.op, forward=True) if first.node.op else [])
    layer.count = _laid(counts)[0]
    body = present[0][1].node.body
    assert body is not None
    child = body.nodes[0]
    step = Layer(child.name, [Place(body, present[0][1], child)], None, child.op, "", child.doc)
    step.called = _laid(calls)
    layer.steps.append(step)


def _called(layer: Layer, present: list[tuple[_Built, Place]]) -> None:
    """How `forward` calls the copies of a repeat that is no chain: in a loop where their arguments are alike."""
    copies: list[list[list[Hole]]] = []
    for one, place in present:
        assert place.node.body is not None
        inner = [Place(place.node.body, place, child) for child in place.node.body.nodes]
        copies.append([one.builder.arguments(at, at.node.op, forward=True) if at.node.op else [] for at in inner])
    body = next((place.node.body for _, place in present if place.node.body and place.node.body.nodes), None)
    if body is None:
        return
    alike = all(
        [written_as(hole.bounds[0][1]) for hole in copy] == [written_as(hole.bounds[0][1]) for hole in use[0]]
        for use in copies
        for copy in use
    )
    if not alike:
        if len({len(use) for use in copies}) > 1:
            raise Differs
        for one, place in present:
            repeat = place.node.body.repeat if place.node.body is not None else None
            one.builder.bake(repeat.expr if repeat is not None else None)
    for number, child in enumerate(body.nodes[:1] if alike else body.nodes):
        step = Layer(child.name, [Place(body, present[0][1], child)], None, child.op, "", child.doc)
        step.called = _laid([use[number] for use in copies if use])
        layer.steps.append(step)


def _wire(layer: Layer, refs: list[dict[int, Ref]], weave: Weave) -> None:
    present = [(n, place.node) for n, place in enumerate(layer.places) if place is not None]
    ports = {tuple(i.port for i in node.inputs) for _, node in present}
    if len(ports) > 1:
        raise Differs
    for k, port in enumerate(next(iter(ports))):
        found = [(n, refs[n][id(node.inputs[k].value)]) for n, node in present]
        layer.reads.append((port, weave.resolve(found)))
