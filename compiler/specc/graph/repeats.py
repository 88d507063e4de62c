"""`repeat`: copies of a layer, a block or a group, one after another."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

from specc.diagnostics import Span
from specc.graph.arguments import entry_span
from specc.graph.frame import Frame
from specc.graph.ir import Input, Node, Scope, Value
from specc.graph.limits import NODE_LIMIT, REPEAT_LIMIT
from specc.graph.origins import entering, leaving
from specc.ops import OPS
from specc.ops.call import Bound
from specc.shapes.tensor import UNKNOWN, Type
from specc.source.nodes import Mapping as SourceMapping
from specc.source.nodes import Scalar

if TYPE_CHECKING:
    from specc.graph.build import Builder


def repeat(
    builder: Builder, frame: Frame, name: str, key: Span, node: SourceMapping, condition: Any, role: str, before: int
) -> None:
    made = copies(builder, frame, name, key, node, frame.path + name, builder.sources(frame, name, node))
    if made is None:
        builder.placeholder(frame, name, key, before, role)
        return
    made = made._replace(role=role, condition=condition, optional=condition is not None)
    builder.add(frame, made, (), key, before)


def copies(
    builder: Builder,
    frame: Frame,
    name: str,
    key: Span,
    node: SourceMapping,
    path: str,
    sources: list[Value] | dict[str, list[Value]] | None,
) -> Node | None:
    """The node of a repeat, as the submodule at `path`; None where its copies could not be made."""
    entry = node.entry("repeat")
    assert entry is not None
    result = builder.evaluator(frame).value(entry.value, lambda text: False)
    count = result[0] if result is not None else None
    if result is not None and (isinstance(count, bool) or not isinstance(count, int) or count < 0):
        if not builder.reported(entry.value.span):
            builder.sink.error("L203", f"`repeat` must be a whole number, not `{count}`", entry.value.span)
        count = None
    if isinstance(count, int) and count > REPEAT_LIMIT:
        builder.sink.error("L302", f"`repeat: {count}` is too much; the limit is {REPEAT_LIMIT:,}", entry.value.span)
        count = None
    if count is None:
        return None
    if isinstance(sources, dict):
        sources = _in_order(builder, frame, node, sources)
    outer = _sources(frame, sources)
    inner = {port: [Value(port, entering(port, value.type), None, 0, value.span)] for port, value in outer}
    current = next(iter(inner.values()))[0] if inner else None
    scope_inputs = tuple(value[0] for value in inner.values())
    started = builder.count
    made: list[Node] = []
    types: Type = current.type if current else UNKNOWN
    for k in range(count):
        # A copy is built in the frame around the repeat: it sees that scope's params and `i`, and chains.
        copy = _copy(builder, frame, str(k), key, node, f"{path}.{k}", inner, current, sources, k)
        if copy is None:
            return None
        if k == 0 and builder.count + (builder.count - started) * (count - 1) > NODE_LIMIT:
            builder.too_large(entry.value.span)  # at once, rather than after building them
        made.append(copy)
        current = copy.outputs[0] if copy.outputs else None
        types = leaving(current.type, {"i": Bound(k)}, {p: v[0].type for p, v in inner.items()}) if current else UNKNOWN
        if current is not None:
            current = current._replace(type=types)
            made[-1] = copy._replace(outputs=(current, *copy.outputs[1:]))
    together = node.entry("shared")
    shared = together is not None and isinstance(together.value, Scalar) and together.value.value is True
    if shared and together is not None and made:
        from specc.graph.sharing import one_module

        merged = one_module(builder, name, path, made, together.key.span)
        if merged is None:
            return None
        shared, made = merged is not made, merged
    inputs = tuple(Input(port, value) for port, value in outer)
    given = {port: value.type for port, value in outer}
    out = leaving(types, {}, given)
    bound = Bound(count, result[1] if result else None, entry_span(entry), True)
    scope = Scope(
        "repeat",
        "",
        f"{frame.definition}.{name}",
        {p: Bound(v, ast.Name(p, ast.Load())) for p, v in frame.params.items()},
        scope_inputs,
        tuple(made),
        (("", current),) if current is not None else (),
        numbered=True,
        span=key,
        shared=shared and bool(made),
        repeat=bound,
    )
    value = Value(name, out, path, 0, key)
    return Node(name, path, None, scope, {}, inputs, (value,), key)


def _sources(frame: Frame, sources: list[Value] | dict[str, list[Value]] | None) -> list[tuple[str, Value]]:
    if sources is None:
        current = frame.chained()
        return [] if current is None else [("x", current)]
    if isinstance(sources, dict):
        return [(port, value) for port, values in sources.items() for value in values]
    return [("x" if k == 0 else f"x{k}", value) for k, value in enumerate(sources)]


def _in_order(
    builder: Builder, frame: Frame, node: SourceMapping, sources: dict[str, list[Value]]
) -> dict[str, list[Value]]:
    """The inputs in the order of the block or op that is repeated: the first of these is the one that is chained."""
    word = node.get("op")
    kind = str(word.value) if isinstance(word, Scalar) else ""
    kind = str(frame.params.get(kind, kind))
    block = builder.blocks.get(kind)
    if block is not None:
        order = list(block.inputs or ())
    else:
        order = [port for port, _, _ in OPS[kind].ports()] if kind in OPS else []
    return {port: sources[port] for port in [*order, *sources] if port in sources}


def _copy(
    builder: Builder,
    frame: Frame,
    name: str,
    key: Span,
    node: SourceMapping,
    path: str,
    inner: dict[str, list[Value]],
    current: Value | None,
    sources: list[Value] | dict[str, list[Value]] | None,
    k: int,
) -> Node | None:
    further = [value for values in inner.values() for value in values][1:]
    given: list[Value] | dict[str, list[Value]] | None
    if isinstance(sources, dict):
        ports = list(inner)
        given = {port: ([current] if port == ports[0] and current else inner[port]) for port in ports}
    else:
        given = [current, *further] if current is not None else None
    layer = SourceMapping(tuple(e for e in node.entries if e.key.value not in ("repeat", "when", "from")), node.span)
    inside = frame.copy(k, current)
    built = builder.one(inside, name, key, layer, path, given, k)
    return None if built is None else built[0]._replace(index=k)
