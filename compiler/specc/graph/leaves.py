"""Layers that are ops: which op is meant, its arguments, and its rule."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from specc.diagnostics import Edit, Sink, Span
from specc.diagnostics.suggest import closest_argument
from specc.graph import meant, scopes, wiring
from specc.graph.admitted import admitted
from specc.graph.frame import Frame
from specc.graph.guesses import guessed
from specc.graph.holes import GUESSES, filled, filled_by, has_holes
from specc.graph.ir import Input, Node, Value
from specc.graph.sinks import OnceSink
from specc.language.expressions import names
from specc.ops import OPS
from specc.ops.arguments import Arg
from specc.ops.call import Bound, Call, Operand
from specc.ops.declare import Op
from specc.ops.evaluate import apply, bind, unknown_outputs
from specc.shapes.tensor import TensorType, Type
from specc.source.explain import check
from specc.source.nodes import Mapping as SourceMapping
from specc.source.nodes import Scalar
from specc.source.schema import LAYER_KEYS, op_schema

if TYPE_CHECKING:
    from specc.graph.build import Builder


def named(
    builder: Builder,
    frame: Frame,
    name: str,
    key: Span,
    node: SourceMapping,
    word: Scalar,
    path: str,
    sources: list[Value] | dict[str, list[Value]] | None,
    index: int | None,
) -> tuple[Node, tuple[str, ...]] | None:
    kind = str(word.value)
    chosen = frame.params.get(kind)  # a param of type `op`; it comes before an op of its name (`norm`)
    if isinstance(chosen, str) and kind not in builder.blocks:
        kind = chosen if kind not in OPS or chosen in OPS or chosen in builder.blocks else kind
    if kind in builder.blocks:
        return scopes.block(builder, frame, name, key, node, builder.blocks[kind], path, sources, index)
    if kind not in OPS:
        near = meant.near(builder, kind, frame, sources)
        advice = meant.advice(builder, kind, near)
        builder.sink.error(
            "L205",
            f"there is no op or block `{kind}`",
            word.span,
            near=near if advice is None else None,
            help=advice or "`specc ops` lists the ops",
            edits=(Edit(word.span, near),) if near is not None else (),
        )
        return None if near is None else _as_meant(builder, near, frame, name, key, node, word, path, sources, index)
    owner = meant.owner(OPS[kind], node, frame, sources)
    if owner is not None:
        read = ", ".join(f"`{port}`" for port, _, _ in OPS[kind].ports())
        builder.sink.error(
            "L205",
            f"`{kind}` is the function, which reads {read}; the layer with these arguments is `{owner}`",
            word.span,
            near=owner,
        )
        return _as_meant(builder, owner, frame, name, key, node, word, path, sources, index)
    return _leaf_of(builder, OPS[kind], frame, name, key, node, word, path, sources, index)


def _as_meant(
    builder: Builder,
    kind: str,
    frame: Frame,
    name: str,
    key: Span,
    node: SourceMapping,
    word: Scalar,
    path: str,
    sources: list[Value] | dict[str, list[Value]] | None,
    index: int | None,
) -> tuple[Node, tuple[str, ...]] | None:
    """The layer as if `kind` had been written. Where its arguments do not fit, something else was meant."""
    outer, builder.sink = builder.sink, OnceSink()
    try:
        if kind in builder.blocks:
            built = scopes.block(builder, frame, name, key, node, builder.blocks[kind], path, sources, index)
        else:
            built = _leaf_of(builder, OPS[kind], frame, name, key, node, word, path, sources, index)
        found = builder.sink.diagnostics
    finally:
        builder.sink = outer
    if any(d.code == "L202" or (d.code == "L201" and not (d.help or "").startswith("did you mean")) for d in found):
        return None
    for diagnostic in found:
        if diagnostic.code != "S302":  # another op of the family may be the one
            builder.sink.report(diagnostic)
    return built


def _leaf_of(
    builder: Builder,
    op: type[Op],
    frame: Frame,
    name: str,
    key: Span,
    node: SourceMapping,
    word: Scalar,
    path: str,
    sources: list[Value] | dict[str, list[Value]] | None,
    index: int | None,
) -> tuple[Node, tuple[str, ...]] | None:
    check(op_schema(op), node, builder.sink, what=op.name, at=word.span)
    args, guesses = _arguments(builder, frame, op, node, name, index)
    inputs = wiring.op_inputs(builder, frame, op, name, key, sources, node)
    if args is None or inputs is None:
        return _unknown(builder, op, name, path, key, inputs or ()), op.fields()
    if not guesses or any(not isinstance(i.value.type, TensorType) for i in inputs):
        return leaf(builder, op, name, path, args, inputs, key, index), op.fields()

    def build(guess: int) -> Node:
        chosen = {**args, **{arg: Bound(values[guess]) for arg, values in guesses.items()}}
        return leaf(builder, op, name, path, chosen, tuple(_filled(i, guess) for i in inputs), key, index)

    return guessed(builder, build)._replace(inputs=inputs), op.fields()


def _unknown(builder: Builder, op: type[Op], name: str, path: str, span: Span, inputs: tuple[Input, ...]) -> Node:
    outputs = _values(op, name, path, span, unknown_outputs(op))
    return Node(name, path, op, None, {}, inputs, outputs, span)


def _values(op: type[Op], name: str, path: str, span: Span | None, types: tuple[Type, ...]) -> tuple[Value, ...]:
    labels = op.fields() if len(op.outputs) == len(types) else tuple(str(k) for k in range(len(types)))
    return tuple(
        Value(name if port == 0 else f"{name}.{labels[port]}", type, path, port, span)
        for port, type in enumerate(types)
    )


def _arguments(
    builder: Builder, frame: Frame, op: type[Op], node: SourceMapping, name: str, index: int | None
) -> tuple[dict[str, Bound] | None, dict[str, tuple[Any, Any]]]:
    """The arguments as written; a misspelt one (it was reported) counts as what was meant.

    With them two guesses for each that is missing or wrong; None where there is nothing to guess.
    """
    given: dict[str, Bound] = {}
    more: dict[str, Any] = {} if index is None else {"i": index}
    evaluator = builder.evaluator(frame, **more)
    written = [e for e in node.entries if str(e.key.value) != "op" and str(e.key.value) not in LAYER_KEYS]
    wrong: set[str] = set()
    for entry in written:
        word = str(entry.key.value)
        if op.argument(word) is None:
            near = closest_argument(word, op.args)
            word = word if near is None or near in node else near
        arg = op.argument(word)
        if arg is None:
            continue
        if word != entry.key.value:  # it was meant as this one, if its value fits
            bound = builder.evaluator(frame, sink=Sink(), **more).argument(arg, entry, name)
            if bound is not None and arg.refuse(bound.value, op) is None:
                given[word] = bound
            wrong.add(word)
            continue
        problems = len(builder.sink.diagnostics)
        bound = evaluator.argument(arg, entry, name)
        if bound is None or len(builder.sink.diagnostics) > problems:
            wrong.add(word)
        elif arg.refuse(bound.value, op) is not None and builder.reported(entry.value.span):
            wrong.add(word)  # the schema said so already
        else:
            given[word] = bound
    frame.ask(word for bound in given.values() if bound.expr is not None for word in names(bound.expr))
    absent = [arg for arg in op.args.values() if arg.required and arg.name not in given]
    guesses = {arg.name: pair for arg in absent if (pair := _pair(arg, op)) is not None}
    for word in wrong - given.keys():
        arg = op.argument(word)
        pair = _pair(arg, op) if arg is not None else None
        if pair is not None:
            guesses[word] = pair
    if not absent:
        return bind(op, given, builder.sink, name, None), guesses
    if not all(arg.name in wrong or _reported_missing(builder, node) for arg in absent):
        bind(op, given, builder.sink, name, node.span)
    if any(arg.name not in guesses for arg in absent):
        return None, {}
    return bind(
        op, {**given, **{arg: Bound(pair[0]) for arg, pair in guesses.items()}}, builder.sink, name, None
    ), guesses


def _reported_missing(builder: Builder, node: SourceMapping) -> bool:
    return any(d.code == "L202" and d.span is not None and _inside(d.span, node.span) for d in builder.sink.diagnostics)


def leaf(
    builder: Builder,
    op: type[Op],
    name: str,
    path: str,
    args: dict[str, Bound],
    inputs: tuple[Input, ...],
    span: Span | None,
    index: int | None = None,
    *,
    label: str | None = None,
    role: str = "",
) -> Node:
    """A node of an op, its rule run; quiet where an input is unknown."""
    if any(has_holes(i.value.type) for i in inputs):

        def build(guess: int) -> Node:
            given = tuple(_filled(i, guess) for i in inputs)
            return leaf(builder, op, name, path, dict(args), given, span, index, label=label, role=role)

        holes = [i.value.type for i in inputs]
        inferred = {name for name, arg in op.args.items() if arg.inferred}
        sizes = [b.value for a, b in args.items() if a in inferred and b.given and isinstance(b.value, int)]
        return guessed(builder, build, holes, sizes)._replace(inputs=inputs)
    if any(not isinstance(i.value.type, TensorType) for i in inputs):
        outputs = _values(op, name, path, span, unknown_outputs(op))
        return Node(name, path, op, None, args, inputs, outputs, span, role=role, index=index)
    operands: dict[str, list[Operand]] = {}
    for item in inputs:
        assert isinstance(item.value.type, TensorType)
        operands.setdefault(item.port, []).append(Operand(item.value.type, item.value.name, item.value.span))
    call = Call(
        op,
        args,
        operands,
        builder.facts,
        builder.sink,
        label or name,
        span,
        lambda letter: builder.fresh_name(path, op.name, letter),
    )
    outcome = apply(call)
    if not builder.guessing:  # a guess may be behind what bounds them
        for condition in call.found:
            builder.facts = builder.facts.assume(condition)
    builder.requirements += call.requirements
    types = admitted(call.args, [i.value.type for i in inputs], outcome.outputs)
    outputs = _values(op, name, path, span, types)
    return Node(
        name,
        path,
        op,
        None,
        call.args,
        inputs,
        outputs,
        span,
        role=role,
        index=index,
        parameters=outcome.parameters,
        buffers=outcome.buffers,
        macs=outcome.macs,
        saved=outcome.saved,
        shares=outcome.shares,
    )


def _pair(arg: Arg, op: type[Op]) -> tuple[Any, Any] | None:
    """Two values the argument might have had; None where none can be guessed, and its default will do if it has one."""
    pairs: list[tuple[Any, Any]] = [(1, 2), (False, True)]
    return next((pair for pair in pairs if all(arg.refuse(guess, op) is None for guess in pair)), None)


def _filled(item: Input, guess: int) -> Input:
    """The input under the first or second guess, or with its holes filled by a size beyond these numbers."""
    fill = filled if guess in GUESSES else filled_by
    return Input(item.port, item.value._replace(type=fill(item.value.type, guess)))


def _inside(inner: Span, outer: Span) -> bool:
    return (outer.line, outer.column) <= (inner.line, inner.column) <= (outer.end_line, outer.end_column)
