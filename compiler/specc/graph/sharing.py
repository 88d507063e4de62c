"""`share` and `shared`: a layer applied again with its weights.

What shares is built as the layer was, for its own inputs, and held to it: the same submodules, made by the same
arguments. It owns no parameters; `module` says whose they are.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from specc.diagnostics import Note, Severity, Span, closest
from specc.graph import repeats
from specc.graph.frame import Frame
from specc.graph.ir import Node
from specc.graph.sinks import OnceSink
from specc.language.expressions import names
from specc.ops.declare import Owned
from specc.record import NOTHING
from specc.shapes.tensor import TensorType
from specc.source.explain import check
from specc.source.nodes import Mapping as SourceMapping
from specc.source.nodes import Scalar
from specc.source.schema import section_schema

if TYPE_CHECKING:
    from specc.graph.build import Builder

_OF_THE_USE = ("from", "when", "doc")  # keys of the layer that do not go with its weights


def share(
    builder: Builder, frame: Frame, name: str, key: Span, node: SourceMapping
) -> tuple[Node, tuple[str, ...]] | None:
    """The layer that `share` names, applied once more; None after a report."""
    if not check(section_schema("share"), node, builder.sink, what=f"`{name}`", at=key) and not isinstance(
        node.get("share"), Scalar
    ):
        return None
    word = node.get("share")
    assert isinstance(word, Scalar)
    target = _target(builder, frame, name, word)
    if target is None:
        frame.broken = True
        return None
    if not _agrees(builder, target, node):
        return None
    text, place = frame.texts[target.name]
    own = tuple(e for e in node.entries if e.key.value == "from")
    rest = tuple(e for e in text.entries if e.key.value not in _OF_THE_USE)
    sources = builder.sources(frame, name, node)
    path = frame.path + name
    built: tuple[Node, tuple[str, ...]] | None
    outer, builder.sink = builder.sink, OnceSink()
    before = builder.sink
    inside = frame.scratch(builder.sink)
    again = SourceMapping((*rest, *own), text.span)
    try:
        if "repeat" in text:
            repeated = repeats.copies(builder, inside, target.name, place, again, path, sources)
            built = None if repeated is None else (repeated, ())
        else:
            built = builder.one(inside, target.name, place, again, path, sources, None)
    finally:
        builder.sink = outer
    frame.read |= inside.read
    frame.broken |= inside.broken
    wrong = next((d for d in before.diagnostics if d.severity is Severity.ERROR), None)
    source = node.get("from")
    at = source.span if source is not None else key
    if wrong is not None:
        if target.error is None:
            message = f"`{target.name}` cannot be applied to what `{name}` reads: {wrong.message}"
            builder.sink.error(wrong.code, message, at, notes=wrong.notes)
        return None
    if built is None:
        return None
    made, fields = built
    if all(isinstance(item.value.type, TensorType) for n in (target, made) for item in n.inputs):
        different = next(differences(target, made), None)
        if different is not None:
            builder.sink.error(
                "S301",
                f"`{name}` cannot have the weights of `{target.name}`: {different}",
                at,
                notes=(*_reads(target, "the first time it"), *_reads(made, "here it")),
                help=f"give both inputs of one shape, or `{name}` weights of its own",
            )
            return None
    outputs = tuple(v._replace(name=name + v.name.removeprefix(target.name), span=key) for v in made.outputs)
    made = relocated(made, path, target.module or target.path, owning=False)
    return made._replace(name=name, outputs=outputs, span=key, share=target.name), fields


def _target(builder: Builder, frame: Frame, name: str, word: Scalar) -> Node | None:
    """The layer whose weights are meant; for one that shares itself, the layer it has them from."""
    wanted = word.text if isinstance(word.value, int) else str(word.value)
    target = next((node for node in frame.nodes if node.name == wanted), None)
    if target is None:
        near = closest(wanted, [node.name for node in frame.nodes])
        if wanted in frame.later:
            message, help = f"`{wanted}` comes later: a layer can only share one above it", "move it up"
            builder.sink.error("N402", message, word.span, help=help)
        elif wanted in frame.removed:
            message = f"`{wanted}` does not exist here: its `when` does not hold"
            builder.sink.error(
                "N403", message, word.span, notes=(Note(f"`{wanted}` has a `when`", frame.removed[wanted]),)
            )
        elif wanted in frame.outputs:
            builder.sink.error("N410", f"`{wanted}` is an input: it has no weights to share", word.span)
        else:
            scope = f"`{frame.title}`" if frame.title else "this group"
            help = f"did you mean `{near}`?" if near else "a layer shares one of its own scope"
            builder.sink.error("N401", f"there is no layer `{wanted}` in {scope}", word.span, help=help)
        return None
    while target.share:
        target = next(node for node in frame.nodes if node.name == target.share)
    if target.op is not None and target.op.own:
        message = f"`{wanted}` is a {target.kind}: it is read, not applied"
        builder.sink.error("N410", message, word.span, help=f"read it by its name: `from: {wanted}`")
        return None
    if _function(target):
        message = f"`{wanted}` ({target.kind or 'a repeat of functions'}) is a function: it has no weights to share"
        builder.sink.error("N410", message, word.span, help="write the op again")
        return None
    if (target.op is None and target.body is None) or target.name not in frame.texts:
        return None  # it is in error itself
    return target


def _function(node: Node) -> bool:
    if node.op is not None:
        return not node.op.stateful
    return node.body is not None and node.body.kind == "repeat" and all(map(_function, node.body.nodes))


def _agrees(builder: Builder, target: Node, node: SourceMapping) -> bool:
    """Whether an `op` beside `share` is that of the layer."""
    op = node.get("op")
    if not isinstance(op, Scalar):
        return True
    first = target
    while first.body is not None and first.body.kind == "repeat" and first.body.nodes:
        first = first.body.nodes[0]
    if op.value == first.kind:
        return True
    builder.sink.error(
        "N410",
        f"`{target.name}` is a `{first.kind or 'group'}`, not a `{op.value}`",
        op.span,
        help="leave `op` out: the layer that is shared says it",
    )
    return False


def _reads(node: Node, when: str) -> Iterator[Note]:
    shapes = ", ".join(str(item.value.type) for item in node.inputs)
    yield Note(f"{when} reads {shapes}", node.inputs[0].value.span if node.inputs else None)


def differences(one: Node, other: Node, below: str = "") -> Iterator[str]:
    """How the modules of two nodes of one text differ, as messages say it."""
    label = f"`{below}`" if below else "it"
    if one.op is not other.op or (one.body is None) is not (other.body is None):
        yield f"{label} would be another layer"
        return
    if one.body is not None and other.body is not None:
        own, others = ([node.name for node in body.nodes] for body in (one.body, other.body))
        if own != others:
            odd = next((n for n in (*own, *others) if (n in own) is not (n in others)), "")
            yield f"`{f'{below}.{odd}'.strip('.')}` would be there in one of them only"
            return
        for a, b in zip(one.body.nodes, other.body.nodes, strict=True):
            yield from differences(a, b, f"{below}.{a.name}".strip("."))
        return
    for kind in ("parameters", "buffers"):
        for owned, shape in _shapes(getattr(one, kind)).items():
            wanted = _shapes(getattr(other, kind)).get(owned)
            if wanted != shape:
                yield f"`{f'{below}.{owned}'.strip('.')}` is {shape}, and would have to be {wanted}"
    for name, bound in one.args.items():
        against = other.args.get(name)
        fixed = one.op is not None and one.op.stateful and (name not in one.op.args or not one.op.args[name].forward)
        counts = bound.expr is not None and "i" in names(bound.expr)  # it differs from copy to copy
        if against is None or bound.value == against.value or not (fixed or counts or bound.expr is None):
            continue
        yield f"`{name}` of {label} is {bound.value}, and would have to be {against.value}"


def _shapes(owned: Mapping[str, Owned]) -> dict[str, list[int]]:
    return {name: list(each.shape) for name, each in owned.items()}


def relocated(node: Node, path: str, module: str, *, owning: bool) -> Node:
    """The node as the submodule at `module` rather than at its own path; with nothing of its own unless `owning`."""
    place = module + (node.module or node.path)[len(path) :]
    node = node._replace(module=place) if place != node.path else node
    if not owning:
        trained = node.borrows or any(owned.trained for owned in node.parameters.values())
        node = node._replace(parameters=NOTHING, buffers=NOTHING, borrows=trained)
    if node.body is None:
        return node
    inner = tuple(relocated(child, path, module, owning=owning) for child in node.body.nodes)
    return node._replace(body=node.body._replace(nodes=inner))


def one_module(builder: Builder, name: str, path: str, copies: list[Node], at: Span) -> list[Node] | None:
    """The copies of a repeat as one submodule at the repeat's own path, owned by the first; None after a report.

    Functions have no weights: a repeat of them is given back as it is.
    """
    first, *others = copies
    if _function(first):
        return copies
    for copy in others:
        if any(not isinstance(item.value.type, TensorType) for node in (first, copy) for item in node.inputs):
            continue
        different = next(differences(first, copy), None)
        if different is not None:
            builder.sink.error(
                "S301",
                f"the copies of `{name}` cannot be one: {different}",
                at,
                notes=(*_reads(first, "the first copy"), *_reads(copy, f"copy {copy.name}")),
                help="give them inputs of one shape and equal arguments, or remove `shared`",
            )
            return None
    return [relocated(copy, copy.path, path, owning=copy is first) for copy in copies]
