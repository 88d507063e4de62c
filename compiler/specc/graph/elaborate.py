"""Document → Graph: the whole of a spec, its network built and checked."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from typing import Any

from specc.diagnostics import Edit, Sink, Span
from specc.graph.allowances import silence
from specc.graph.arguments import Evaluator, Param, bound_param, declared
from specc.graph.blocks import declared_blocks
from specc.graph.build import Builder, TooLarge
from specc.graph.frame import Frame
from specc.graph.init import initializers
from specc.graph.ir import Graph, Scope, Value
from specc.graph.lints import lint
from specc.graph.outputs import network_outputs
from specc.graph.patterns import Pattern, read_inputs
from specc.graph.sinks import OnceSink
from specc.language.conditions import condition
from specc.language.expressions import names, parse
from specc.ops.call import Bound
from specc.shapes.conditions import Condition
from specc.shapes.dim import Dim
from specc.shapes.facts import Facts
from specc.shapes.tensor import UNKNOWN, TensorType, Type
from specc.source.explain import check
from specc.source.nodes import Mapping as SourceMapping
from specc.source.nodes import Node, Scalar, Sequence
from specc.source.schema import section_schema


def elaborate(
    document: SourceMapping,
    file: str,
    written: str,
    sink: Sink,
    stem: str = "network",
    reads: tuple[str, ...] = (),
) -> Graph:
    """The graph of a spec. Problems go to `sink`; the graph holds what is known in spite of them.

    `written` is the text it was read from, overrides included; `stem` is the name where it gives none (its file's);
    `reads` are the other files it was read from.
    """
    own = OnceSink(sink.diagnostics)
    check(section_schema("spec"), _without_empty(document, "outputs"), own, what="the spec")
    _later(document, own)
    declarations = declared(document.get("params"), own)
    params = _network_params(declarations, own)
    values = {name: bound.value for name, bound in params.items()}
    patterns = read_inputs(document.get("inputs"), values, own)
    inputs, symbols = _inputs(patterns, own)
    sizes = _sizes(inputs, symbols)
    where = _where(document.get("where"), {**values, **sizes}, own)
    facts = Facts.of(where)
    if where and facts.contradictory:
        entry = document.entry("where")
        own.error("S316", "no sizes satisfy all of `where`", entry.value.span if entry else None)
        facts = Facts.none()
    builder = Builder(own, facts, declared_blocks(document.get("blocks"), own))
    builder.taken = {*values, *sizes}
    name = _text(document.get("name")) or stem
    frame = Frame(own, "", "network", values, sizes, inputs, name)
    layers = document.get("layers")
    builder.declare_later(frame, layers)
    outputs: list[tuple[str, Value]] = []
    try:
        if "layers" in document:
            builder.layers(frame, layers, document.span)
        outputs = network_outputs(builder, frame, document.entry("outputs"), document.entry("layers"))
        builder.finish(frame, outputs)
        _unused(builder, declarations, document, file, frame, own)
    except TooLarge:
        pass
    root = Scope(
        "network",
        name,
        "network",
        params,
        inputs,
        tuple(frame.nodes),
        tuple(outputs),
        numbered=isinstance(layers, Sequence),
        span=document.span,
        symbols=symbols,
        absent=tuple(frame.absent),
        instead=tuple(frame.instead),
        fresh=frame.found(),
    )
    graph = Graph(
        name=name,
        description=_text(document.get("description")) or "",
        file=file,
        written=written,
        reads=reads,
        params=params,
        where=tuple(where),
        requirements=tuple(dict.fromkeys(builder.requirements)),
        root=root,
        init=initializers(document.get("init"), root, own),
        train=document.get("train"),
        source=document,
    )
    lint(graph, own)
    if graph.train is not None:
        from specc.training.check import check_training

        check(section_schema("train"), graph.train, own, what="train")
        check_training(graph, graph.train, own)
    silence(document, own)
    return graph


def _without_empty(document: SourceMapping, word: str) -> SourceMapping:
    """The document without a section that holds nothing, which has a diagnostic of its own."""
    node = document.get(word)
    empty = (isinstance(node, SourceMapping) and not node.entries) or (isinstance(node, Scalar) and node.value is None)
    if not empty:
        return document
    return SourceMapping(tuple(e for e in document.entries if e.key.value != word), document.span)


def _text(node: Node | None) -> str | None:
    return str(node.value) if isinstance(node, Scalar) and node.value is not None else None


def _later(document: SourceMapping, sink: Sink) -> None:
    for word in ("extern",):
        entry = document.entry(word)
        if entry is not None:
            sink.error("L207", f"`{word}` is not supported by this version of specc", entry.key.span)


def _network_params(declarations: Mapping[str, Param], sink: Sink) -> dict[str, Bound]:
    """The network's params with their values: each needs one, here or by `--set`."""
    params: dict[str, Bound] = {}
    known: dict[str, Any] = {}
    for param in declarations.values():
        bound = None
        if param.default is None:
            sink.error(
                "L202",
                f"the network's param `{param.name}` has no value",
                param.span,
                help=f"give it one here, or by `--set params.{param.name}=…`",
            )
        else:
            evaluator = Evaluator(known, Facts.none(), sink)
            bound = bound_param(param, param.default, evaluator, given=True, span=param.span, label="the network")
        params[param.name] = Bound(1, None, param.span) if bound is None else Bound(bound.value, None, param.span, True)
        known[param.name] = params[param.name].value
    return params


def _inputs(patterns: Mapping[str, Pattern], sink: Sink) -> tuple[tuple[Value, ...], dict[str, tuple[str, int]]]:
    """The network's inputs, and where each symbol first stands by itself."""
    values: list[Value] = []
    symbols: dict[str, tuple[str, int]] = {}
    for name, pattern in patterns.items():
        type: Type = UNKNOWN
        if pattern.dims is not None:
            shape: list[Dim] = []
            for axis, dim in enumerate(pattern.dims):
                if isinstance(dim, str):
                    symbols.setdefault(dim, (name, axis))
                    shape.append(Dim.symbol(dim))
                elif isinstance(dim, Dim):
                    shape.append(dim)
                else:
                    sink.error(
                        "L204",
                        f"the network's input `{name}` needs its number of dimensions",
                        pattern.items[axis],
                        help="`...` stands in the inputs of blocks; write the leading dimensions: `[N, …]`",
                    )
            if len(shape) == len(pattern.dims):
                type = TensorType(tuple(shape), pattern.dtype or "float32")
        values.append(Value(name, _located(type, name, pattern), None, 0, pattern.span))
    return tuple(values), symbols


def _located(type: Type, name: str, pattern: Pattern) -> Type:
    """The type with each size remembering the input it is of."""
    from specc.graph.origins import input_size
    from specc.shapes.origin import Origin, Source

    if not isinstance(type, TensorType):
        return type
    dims = []
    for axis, dim in enumerate(type.shape):
        span = pattern.items[axis] if axis < len(pattern.items) else pattern.span
        source = Source(f"dimension {axis} of the input `{name}`", span)
        expr: ast.expr = ast.Constant(dim.value) if dim.is_const else input_size(name, axis)
        written = span.file and _expression(pattern, axis)
        dims.append(dim.with_origin(Origin(written or expr, (source,))))
    return TensorType(tuple(dims), type.dtype)


def _expression(pattern: Pattern, axis: int) -> ast.expr | None:
    """The dimension as an expression over params, where it was written as one."""
    text = pattern.text.strip("[]").split(",")
    dim = pattern.dims[axis] if pattern.dims else None
    if not isinstance(dim, Dim) or not dim.is_const or len(text) != len(pattern.items):
        return None
    tree = parse(text[axis].strip(), pattern.span, Sink())
    return tree if tree is not None and names(tree) else None


def _sizes(inputs: tuple[Value, ...], symbols: Mapping[str, tuple[str, int]]) -> dict[str, Dim]:
    del inputs
    return {name: Dim.symbol(name) for name in symbols}


def _where(node: Node | None, env: Mapping[str, Any], sink: Sink) -> list[Condition]:
    conditions: list[Condition] = []
    items = node.items if isinstance(node, Sequence) else (node,) if isinstance(node, Scalar) else ()
    for item in items:
        if not isinstance(item, Scalar) or not isinstance(item.value, str):
            sink.error("L203", "a condition is an expression, such as `H % 16 == 0`", item.span)
            continue
        tree = parse(item.value, item.span, sink)
        found = condition(tree, env, item.span, sink) if tree is not None else None
        if found is not None:
            conditions.append(found)
    return conditions


def _unused(
    builder: Builder,
    declarations: Mapping[str, Param],
    document: SourceMapping,
    file: str,
    frame: Frame,
    sink: Sink,
) -> None:
    """Lints: blocks nobody uses (W513), inputs nobody reads (W511), params nobody names (W512)."""
    if frame.broken or builder.partial:
        return
    for value in frame.inputs:
        if not frame.was_read(value.name):
            sink.warning(
                "W511", f"nothing reads the input `{value.name}`", value.span, help=f"read it with `from: {value.name}`"
            )
    if not sink.ok:  # what is missing may be what would use them
        return
    for block in builder.blocks.values():
        own = block.key.file == file or block.key.file.startswith("--set ")  # another file's are there for others too
        if own and block.name not in builder.used:
            sink.warning("W513", f"nothing uses block `{block.name}`", block.key, help="remove it",
                         edits=(Edit(block.key, "", "remove"),))  # fmt: skip
    _unused_params(declarations, document, file, sink)


def _unused_params(declarations: Mapping[str, Param], document: SourceMapping, file: str, sink: Sink) -> None:
    words: set[str] = set()
    for entry in document.entries:
        _words(entry.value, words)
    for param in declarations.values():
        if param.name not in words:
            own = param.key.file == file  # else it is of a spec that this one extends
            mend = "remove it" if own else f"remove it here: `params: {{{param.name}: null}}`"
            edits = (Edit(param.key, "", "remove"),) if own else ()
            sink.warning("W512", f"nothing uses the param `{param.name}`", param.key, help=mend, edits=edits)


def _words(node: Node, words: set[str]) -> None:
    if isinstance(node, Scalar):
        if isinstance(node.value, str):
            tree = _tree(node.value)
            parts = re.findall(r"\w+", node.value) if ":" in node.value else [node.value]  # a subscript: `:, start:`
            words.update(names(tree) if tree is not None else parts)
    elif isinstance(node, Sequence):
        for item in node.items:
            _words(item, words)
    else:
        for entry in node.entries:
            _words(entry.value, words)


def _tree(text: str) -> ast.expr | None:
    return parse(text, Span("", 1, 1, 1, 1), Sink()) if len(text) < 1000 else None
