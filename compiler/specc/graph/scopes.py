"""Uses of blocks, and inline groups: scopes with names of their own inside the one they are used in."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from specc.diagnostics import Sink, Span, closest
from specc.graph import matching, wiring
from specc.graph.arguments import Evaluator, Param, bound_param, entry_span
from specc.graph.blocks import Block, block_schema, guess
from specc.graph.bodies import BODIES
from specc.graph.frame import Frame
from specc.graph.guesses import guessed
from specc.graph.holes import filled, has_holes
from specc.graph.ir import Input, Node, Scope, Value
from specc.graph.limits import NESTING_LIMIT
from specc.graph.origins import entering, leaving
from specc.graph.patterns import Pattern, read_inputs
from specc.graph.sinks import Muffled
from specc.ops import OPS
from specc.ops.call import Bound
from specc.shapes.tensor import TensorType
from specc.source.explain import check
from specc.source.nodes import Entry, Scalar, Sequence
from specc.source.nodes import Mapping as SourceMapping
from specc.source.nodes import Node as SourceNode
from specc.source.schema import LAYER_KEYS

if TYPE_CHECKING:
    from specc.graph.build import Builder


def block(
    builder: Builder,
    frame: Frame,
    name: str,
    key: Span,
    node: SourceMapping,
    block: Block,
    path: str,
    sources: list[Value] | dict[str, list[Value]] | None,
    index: int | None,
) -> tuple[Node, tuple[str, ...]] | None:
    builder.used.add(block.name)
    if block.name in builder.stack or len(builder.stack) >= NESTING_LIMIT:
        _too_deep(builder, block, key)
        return None
    check(block_schema(block), node, builder.sink, what=f"block `{block.name}`", at=_op_span(node) or key)
    given = _block_inputs(builder, frame, name, key, block, sources, node)
    if given is None:
        return None
    bound, guesses = _bound(builder, frame, block, node, name, index, given)

    def build(guess: int) -> Node:
        params = {**bound, **{param: Bound(values[guess]) for param, values in guesses.items()}}
        return _block_node(builder, block, params, given, path, name, key, index, guess)

    made = _opened(builder, build, bool(guesses), given)
    return made, tuple(label for label, _ in made.body.outputs) if made.body is not None else ()


def _too_deep(builder: Builder, block: Block, key: Span) -> None:
    if block.name in builder.stack:
        chain = " → ".join(f"`{b}`" for b in (*builder.stack[builder.stack.index(block.name) :], block.name))
        hides = "a block hides the op of its name: give the block another one"
        help = hides if block.name in OPS else "a block cannot use itself"
        builder.sink.error("L303", f"`{block.name}` contains itself: {chain}", key, help=help)
    else:
        builder.sink.error(
            "L303",
            f"blocks are nested more than {NESTING_LIMIT} deep here",
            key,
            help="write the layers of some of them where they are used",
        )


def _opened(builder: Builder, build: Callable[[int], Node], missing: bool, given: list[tuple[str, Value]]) -> Node:
    """The node of a scope. Where it rests on a guess (a param is missing, an input has holes) it is built twice."""
    if not missing and not any(has_holes(value.type) for _, value in given):
        return build(0)
    if not builder.guessing:
        return guessed(builder, build)
    outer, builder.sink = builder.sink, Sink()  # a guess within a guess: nothing it says is certain
    try:
        return build(0)
    finally:
        builder.sink = outer


def _block_node(
    builder: Builder,
    block: Block,
    bound: dict[str, Bound],
    given: list[tuple[str, Value]],
    path: str,
    name: str,
    key: Span,
    index: int | None,
    guess: int,
) -> Node:
    inside = [(port, value._replace(type=filled(value.type, guess))) for port, value in given]
    outer_sink, builder.sink = builder.sink, _muffled(builder, inside)
    builder.stack.append(block.name)
    try:
        scope, outputs = _use(builder, block, bound, inside, path, name, key)
    finally:
        builder.stack.pop()
        builder.sink = outer_sink
    types = {port: value.type for port, value in inside}
    params = {**bound, **_symbol_bounds(scope)}
    values = tuple(
        Value(name if k == 0 else f"{name}.{label}", leaving(value.type, params, types), path, k, key)
        for k, (label, value) in enumerate(outputs)
    )
    wired = tuple(Input(port, value) for port, value in given)
    return Node(name, path, None, scope, bound, wired, values, key, index=index)


def _symbol_bounds(scope: Scope) -> dict[str, Bound]:
    """What a symbol of the scope stands for: the size it is bound to, said as `x.shape[k]`."""
    from specc.graph.origins import input_size

    return {name: Bound(None, input_size(*place)) for name, place in scope.symbols.items()}


def _block_inputs(
    builder: Builder,
    frame: Frame,
    name: str,
    key: Span,
    block: Block,
    sources: list[Value] | dict[str, list[Value]] | None,
    node: SourceMapping,
) -> list[tuple[str, Value]] | None:
    ports = list(block.inputs) if block.inputs is not None else ["x"]
    return wiring.scope_inputs(builder, frame, name, f"block `{block.name}`", ports, key, sources, node)


def _bound(
    builder: Builder,
    frame: Frame,
    block: Block,
    node: SourceMapping,
    name: str,
    index: int | None,
    given: list[tuple[str, Value]],
) -> tuple[dict[str, Bound], dict[str, tuple[Any, Any]]]:
    """The params of one use, and for those that are missing or wrong two guesses, so that checking can go on."""
    more: dict[str, Any] = {} if index is None else {"i": index}
    outer = builder.evaluator(frame, **more)
    inner: dict[str, Any] = {}
    bounds: dict[str, Bound] = {}
    guesses: dict[str, tuple[Any, Any]] = {}
    written = {str(e.key.value): e for e in node.entries}
    for param in block.params.values():
        entry = written.get(param.name) or _misspelt(param, block, written)
        bound = None
        if entry is not None:
            bound = bound_param(param, entry.value, outer, given=True, span=entry_span(entry), label=name)
        elif param.default is not None:
            defaults = Evaluator(inner, builder.facts, builder.sink)
            bound = bound_param(param, param.default, defaults, given=False, span=param.span, label=block.name)
            if bound is not None:
                bound = bound._replace(expr=None)  # said in the block's names; outside it is only its value
        if bound is None:
            guesses[param.name] = guess(param, block, given)
            bound = Bound(guesses[param.name][0])
        bounds[param.name] = bound
        inner[param.name] = bound.value
    return bounds, guesses


def _misspelt(param: Param, block: Block, written: dict[str, Entry]) -> Entry | None:
    """The unknown key that was meant as this param, if the param is otherwise missing (it was reported)."""
    unknown = [word for word in written if word not in block.params and word not in LAYER_KEYS and word != "op"]
    if param.name in written:
        return None
    return next((written[word] for word in unknown if closest(word, block.params) == param.name), None)


def _muffled(builder: Builder, given: list[tuple[str, Value]]) -> Sink:
    """Where the layers of a scope report to, given its inputs."""
    unknown = any(not isinstance(value.type, TensorType) for _, value in given)
    return Muffled(builder.sink.diagnostics) if unknown else builder.sink


def _use(
    builder: Builder,
    block: Block,
    bound: dict[str, Bound],
    given: list[tuple[str, Value]],
    path: str,
    name: str,
    key: Span,
) -> tuple[Scope, list[tuple[str, Value]]]:
    inputs = tuple(Value(port, entering(port, value.type), None, 0, value.span) for port, value in given)
    params = {p: b.value for p, b in bound.items()}
    kinds = [f"{p}={params[p]}" for p, decl in block.params.items() if decl.type == "op"]
    definition = block.name + (f"[{', '.join(kinds)}]" if kinds else "")
    frame = Frame(builder.sink, f"{path}.", definition, params, {}, inputs, block.name)
    patterns = read_inputs(block.text.get("inputs"), params, Sink())  # its own mistakes were reported once
    problems = len(builder.sink.diagnostics)
    symbols = matching.match_inputs(builder, frame, patterns, name, key)
    if len(builder.sink.diagnostics) > problems:  # what follows inside from such an input is no news
        builder.sink = frame.sink = Muffled(builder.sink.diagnostics)
    return _close(builder, frame, "block", block.name, block.text, symbols, bound, block.key)


def group(
    builder: Builder,
    frame: Frame,
    name: str,
    key: Span,
    node: SourceMapping,
    path: str,
    sources: list[Value] | dict[str, list[Value]] | None,
    index: int | None,
) -> tuple[Node, tuple[str, ...]] | None:
    inside = {**frame.params, **({} if index is None else {"i": index})}
    patterns = read_inputs(node.get("inputs"), inside, builder.sink)
    ports = list(patterns) if patterns else list(sources) if isinstance(sources, dict) else ["x"]
    given = wiring.scope_inputs(builder, frame, name, "this group", ports, key, sources, node)
    if given is None:
        return None

    def build(guess: int) -> Node:
        inputs = [(port, value._replace(type=filled(value.type, guess))) for port, value in given]
        return _group_node(builder, frame, name, key, node, path, inputs, patterns, inside, index)

    made = _opened(builder, build, False, given)
    assert made.body is not None
    wired = tuple(Input(port, value) for port, value in given)
    return made._replace(inputs=wired), tuple(label for label, _ in made.body.outputs)


def _group_node(
    builder: Builder,
    frame: Frame,
    name: str,
    key: Span,
    node: SourceMapping,
    path: str,
    given: list[tuple[str, Value]],
    patterns: dict[str, Pattern],
    inside: dict[str, Any],
    index: int | None,
) -> Node:
    inputs = tuple(Value(port, entering(port, value.type), None, 0, value.span) for port, value in given)
    definition = f"{frame.definition}.{name}" if index is None else frame.definition + ".copy"
    outer_sink, builder.sink = builder.sink, _muffled(builder, given)
    inner = Frame(builder.sink, f"{path}.", definition, inside, {}, inputs, "")
    inner.beyond = {*frame.beyond, *frame.symbols}
    try:
        problems = len(builder.sink.diagnostics)
        symbols = matching.match_inputs(builder, inner, patterns, name, key)
        if len(builder.sink.diagnostics) > problems:
            builder.sink = inner.sink = Muffled(builder.sink.diagnostics)
        bound = {p: Bound(v, ast.Name(p, ast.Load())) for p, v in inside.items()}
        scope, outputs = _close(builder, inner, "group", "", node, symbols, bound, key)
    finally:
        builder.sink = outer_sink
    types = {port: value.type for port, value in given}
    outer = _symbol_bounds(scope)
    values = tuple(
        Value(name if k == 0 else f"{name}.{label}", leaving(value.type, outer, types), path, k, key)
        for k, (label, value) in enumerate(outputs)
    )
    wired = tuple(Input(port, value) for port, value in given)
    return Node(name, path, None, scope, {}, wired, values, key, index=index)


def _close(
    builder: Builder,
    frame: Frame,
    kind: str,
    title: str,
    text: SourceMapping,
    symbols: dict[str, tuple[str, int]],
    bound: Mapping[str, Bound],
    span: Span,
) -> tuple[Scope, list[tuple[str, Value]]]:
    """Builds the layers of a block or group and makes its scope."""
    texts = [text.get(body) for body in BODIES]
    builder.declare_later(frame, *texts)
    builder.body(frame, text, span)
    outputs = _outputs(builder, frame, text.get("outputs"))
    builder.finish(frame, outputs)
    scope = Scope(
        kind,
        title,
        frame.definition,
        bound,
        frame.inputs,
        tuple(frame.nodes),
        tuple(outputs),
        numbered=any(isinstance(layers, Sequence) for layers in texts),
        span=span,
        symbols=symbols,
        absent=tuple(frame.absent),
        instead=tuple(frame.instead),
        fresh=frame.found(),
        residual="residual" in text,
    )
    return scope, outputs


def _outputs(builder: Builder, frame: Frame, node: SourceNode | None) -> list[tuple[str, Value]]:
    """The outputs of a block or group: as written, or its last layer."""
    if isinstance(node, SourceMapping):
        found = []
        for entry in node.entries:
            source = entry.value.get("from") if isinstance(entry.value, SourceMapping) else entry.value
            if isinstance(source, Scalar):
                found.append((str(entry.key.value), frame.reference(source)))
        return found
    if isinstance(node, Scalar):
        return [("", frame.reference(node))]
    last = frame.chained()
    return [] if last is None else [("", last)]


def _op_span(node: SourceMapping) -> Span | None:
    op = node.get("op")
    return op.span if op is not None else None
