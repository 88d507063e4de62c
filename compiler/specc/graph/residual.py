"""Residual blocks: a body, a shortcut beside it, their sum, and what follows it."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Final, NamedTuple

from specc.diagnostics import Edit, Note, Span
from specc.graph.bodies import BODIES
from specc.graph.frame import Frame
from specc.graph.holes import has_holes, is_open
from specc.graph.ir import Input, Node, Scope, Value
from specc.graph.leaves import leaf
from specc.graph.origins import entering, leaving
from specc.ops import OPS
from specc.ops.call import Bound
from specc.ops.declare import Family
from specc.shapes.conditions import mend, stated
from specc.shapes.constraints import Holds, Proved, equal
from specc.shapes.dim import Dim
from specc.shapes.tensor import TensorType
from specc.source.nodes import Entry, Scalar
from specc.source.nodes import Mapping as SourceMapping
from specc.source.nodes import Node as SourceNode

if TYPE_CHECKING:
    from specc.graph.build import Builder

_STRIDE_LIMIT: Final = 32
_CONV: Final = {3: "Conv1d", 4: "Conv2d", 5: "Conv3d"}


class _Shortcut(NamedTuple):
    """`shortcut` as written: the name of its child, and `identity`, `auto` or its layers."""

    name: str
    kind: str
    text: SourceNode | None
    key: Span


def build(builder: Builder, frame: Frame, text: SourceMapping, span: Span) -> None:
    """Adds the nodes of a residual to its frame: body(x) + shortcut(x), then the activation.

    With `pre: true` the activation is in the body, and a shortcut with layers reads the body's pre-activation.
    """
    entry = text.entry("residual")
    assert entry is not None
    x = frame.current
    shortcut = _written(builder, text.entry("shortcut"), span)
    frame.later.add(shortcut.name)
    start = len(frame.nodes)
    activation = text.entry("activation")
    if activation is not None and isinstance(activation.value, Scalar) and activation.value.value is None:
        activation = None
    written = text.get("pre")
    pre = isinstance(written, Scalar) and written.value is True
    layers = entry.value
    if pre:
        from specc.graph import preactivation

        layers = preactivation.arranged(builder, frame, entry, activation)
    builder.layers(frame, layers, entry.key.span)
    body = frame.nodes[start:]
    frame.nodes[start:] = [node._replace(role=node.role or "body") for node in body]
    out = frame.current
    if x is None or out is None:
        return
    frame.mark(out)
    frame.mark(x)
    before = preactivation.given(body) if pre else None
    beside = _beside(builder, frame, shortcut, x, out, frame.nodes[start:], before)
    _sum(builder, frame, out, beside, entry.key.span, shortcut)
    if activation is not None and not pre:
        name = frame.free("activation")
        frame.mark(frame.current) if frame.current else None
        builder.layer(frame, name, activation.key.span, activation.value, role="activation")


def _written(builder: Builder, entry: Entry | None, span: Span) -> _Shortcut:
    if entry is None:
        return _Shortcut("shortcut", "identity", None, span)
    return _read(builder, "shortcut", entry.value, entry.key.span)


def _read(builder: Builder, name: str, node: SourceNode, key: Span) -> _Shortcut:
    if isinstance(node, Scalar):
        if node.value in ("identity", "auto", None):
            return _Shortcut(name, str(node.value or "identity"), None, key)
        return _Shortcut(name, "layer", node, key)
    if isinstance(node, SourceMapping):
        if any(word in node for word in ("op", *BODIES)):
            return _Shortcut(name, "layer", node, key)
        if len(node.entries) == 1:
            inner = node.entries[0]
            return _read(builder, str(inner.key.value), inner.value, inner.key.span)
    builder.sink.error(
        "L203",
        "`shortcut` must be `identity`, `auto`, or layers",
        node.span,
        help="write `shortcut: auto`, or `shortcut: {layers: [...]}`, or `{downsample: auto}` to name it",
    )
    return _Shortcut(name, "unknown", None, key)


def _beside(
    builder: Builder,
    frame: Frame,
    shortcut: _Shortcut,
    x: Value,
    out: Value,
    body: list[Node],
    before: Value | None,
) -> Value | None:
    """The value that is added to the body's; None where it is unknown and nothing more is to be said.

    `before` is what layers of the shortcut read in place of `x`: it was normalised already.
    """
    if shortcut.kind == "unknown":
        return None
    if shortcut.kind == "layer":
        assert shortcut.text is not None
        frame.later.discard(shortcut.name)
        frame.current = x if before is None else before
        builder.layer(frame, shortcut.name, shortcut.key, shortcut.text, role="shortcut")
        if frame.nodes and frame.nodes[-1].name == shortcut.name:
            if frame.current in frame.before:
                frame.before[frame.current] = x  # where its `when` does not hold: the identity
            return frame.current
        return x  # its `when` does not hold: the identity
    frame.later.discard(shortcut.name)
    if shortcut.kind == "identity" or not isinstance(x.type, TensorType) or not isinstance(out.type, TensorType):
        return x
    if has_holes(x.type) or has_holes(out.type):
        return Value(shortcut.name, out.type, None, 0, shortcut.key)  # a projection may be needed: of what is open
    if _same(builder, x.type, out.type):
        frame.absent.append((shortcut.name, None))
        return x
    if before is not None and isinstance(before.type, TensorType):
        return _projection(builder, frame, shortcut, before, out, body, normalised=True)
    return _projection(builder, frame, shortcut, x, out, body, normalised=False)


def _same(builder: Builder, a: TensorType, b: TensorType) -> bool:
    return a.rank == b.rank and all(
        isinstance(equal(p, q, builder.facts), Proved) for p, q in zip(a.shape, b.shape, strict=True)
    )


def _sum(builder: Builder, frame: Frame, out: Value, beside: Value | None, key: Span, shortcut: _Shortcut) -> None:
    name = frame.free("sum")
    path = frame.path + name
    error = None
    if beside is not None and isinstance(out.type, TensorType) and isinstance(beside.type, TensorType):
        error = _differ(builder, out, beside, key, shortcut)
    args = {arg.name: Bound(arg.default) for arg in OPS["add"].args.values()}
    port = OPS["add"].ports()[0][0]
    inputs = tuple(Input(port, frame.follow(value)) for value in (out, beside) if value is not None)
    if error is not None or beside is None:
        value = Value(name, out.type, path, 0, key)
        node = Node(name, path, OPS["add"], None, args, inputs, (value,), key, role="sum", error=error)
    else:
        node = leaf(builder, OPS["add"], name, path, args, inputs, key, role="sum")
        node = node._replace(outputs=(node.outputs[0]._replace(type=out.type),))  # equal, and the body's own sizes
    frame.add(node, (), key)


def _differ(builder: Builder, out: Value, beside: Value, key: Span, shortcut: _Shortcut) -> str | None:
    """Reports a body and a shortcut whose shapes are not equal; unlike `add`, a residual does not broadcast."""
    assert isinstance(out.type, TensorType)
    assert isinstance(beside.type, TensorType)
    same_rank = out.type.rank == beside.type.rank
    pairs = list(zip(out.type.shape, beside.type.shape, strict=False)) if same_rank else []
    pairs = [(a, b) for a, b in pairs if not is_open(a) and not is_open(b)]
    verdicts = [equal(a, b, builder.facts) for a, b in pairs]
    if same_rank and all(isinstance(v, Proved) for v in verdicts):
        return None
    open_ = [v.when for v in verdicts if isinstance(v, Holds)]
    refuted = not same_rank or any(not isinstance(v, Proved | Holds) for v in verdicts)
    what = "the input" if shortcut.kind == "identity" else f"`{shortcut.name}`"
    message = f"the body of this residual gives {out.type}, but {what} is {beside.type}"
    notes = (
        Note(f"from: {out.name} gives {out.type}", out.span),
        Note(f"from: {beside.name} gives {beside.type}", beside.span),
    )
    if not refuted:
        when = " and ".join(str(c) for c in open_)
        message += f": they are equal only when {when}"
        help = f"holds when {when}; {mend(open_, when)}"
        if shortcut.kind == "identity":
            help = f"write `shortcut: auto` for a projection of the right shape; as it is, it {help}"
        edits = stated(open_, key) if shortcut.kind != "identity" else ()
        builder.sink.error("S305", message, key, notes=notes, help=help, edits=edits)
        return message
    advice = "write `shortcut: auto` for a projection of the right shape" if shortcut.kind == "identity" else None
    edits = (Edit(key, "shortcut: auto", "add"),) if advice is not None else ()
    builder.sink.error("S314", message, key, notes=notes, help=advice, edits=edits)
    return message


# `auto` ----------------------------------------------------------------------------------------------------------


def _projection(
    builder: Builder, frame: Frame, shortcut: _Shortcut, x: Value, out: Value, body: list[Node], *, normalised: bool
) -> Value | None:
    """A 1×1 convolution of the right stride and channels, and a normalisation of the body's kind.

    None follows where `x` was normalised: the sum of the pre-activation order is of convolutions.
    """
    assert isinstance(x.type, TensorType)
    assert isinstance(out.type, TensorType)
    rank = x.type.rank
    norm = next(
        (node for node in _leaves(body) if node.op is not None and node.op.family is Family.NORMALIZATION), None
    )
    stride: Bound | None = None
    linear = (rank == out.type.rank and rank not in _CONV) or (rank == 3 and not _has(body, Family.CONVOLUTION))
    if linear and x.type.rank == out.type.rank:
        op, axis = OPS["Linear"], rank - 1
    elif rank in _CONV and out.type.rank == rank:
        op, axis = OPS[_CONV[rank]], 1
        stride = _stride(builder, x.type, out.type, body)
    else:
        stride, op, axis = None, None, 0
    if op is None or (op.name != "Linear" and stride is None):
        builder.sink.error(
            "S315",
            f"`auto` finds no projection from {x.type} to {out.type}",
            shortcut.key,
            notes=(Note(f"the body gives {out.type}", out.span), Note(f"its input is {x.type}", x.span)),
            help="write the shortcut's layers: `shortcut: {layers: [...]}`",
        )
        return None
    path = frame.path + shortcut.name
    inner = Value("x", entering("x", x.type), None, 0, x.span)
    width = out.type.shape[axis]
    args = {arg.name: Bound(arg.default) for arg in op.args.values()}
    if not width.is_const:
        builder.sink.error(
            "S304", f"`auto` needs a fixed number of channels, but the body gives `{width}`", shortcut.key
        )
        return None
    wide = Bound(width.value, width.origin.expr if width.origin else None, None, True)
    args["out_features" if op.name == "Linear" else "out_channels"] = wide
    if op.name != "Linear":
        args["kernel_size"] = Bound(1, None, None, True)
        if stride is not None and (stride.value != 1 or stride.expr is not None):
            args["stride"] = stride
    if norm is not None:
        args["bias"] = Bound(False, None, None, True)
    label = shortcut.name
    first = leaf(builder, op, "0", f"{path}.0", args, (Input("input", inner),), shortcut.key, label=label)
    nodes = [first]
    if norm is not None and norm.op is not None and not normalised:
        own = {name: (b if b.given else Bound(norm.op.args[name].default)) for name, b in norm.args.items()}
        own = {n: (Bound(norm.op.args[n].default) if norm.op.args[n].inferred else b) for n, b in own.items()}
        nodes.append(
            leaf(
                builder, norm.op, "1", f"{path}.1", own, (Input("input", first.outputs[0]),), shortcut.key, label=label
            )
        )
    last = nodes[-1].outputs[0]
    params = {name: Bound(value, ast.Name(name, ast.Load())) for name, value in frame.params.items()}
    scope = Scope(
        "group",
        "",
        f"{frame.definition}.{shortcut.name}",
        params,
        (inner,),
        tuple(nodes),
        (("", last),),
        numbered=True,
        span=shortcut.key,
    )
    value = Value(shortcut.name, leaving(last.type, {}, {"x": x.type}), path, 0, shortcut.key)
    node = Node(
        shortcut.name,
        path,
        None,
        scope,
        {},
        (Input("x", frame.mark(x)),),
        (value,),
        shortcut.key,
        role="shortcut",
        optional=True,
    )
    frame.add(node, (), shortcut.key)
    return value


def _leaves(nodes: list[Node]) -> list[Node]:
    found = []
    for node in nodes:
        found += [node] if node.body is None else _leaves(list(node.body.nodes))
    return found


def _has(nodes: list[Node], family: Family) -> bool:
    return any(node.op is not None and node.op.family is family for node in _leaves(nodes))


def _stride(builder: Builder, x: TensorType, out: TensorType, body: list[Node]) -> Bound | None:
    """The stride that takes every spatial size of the input to the body's: one for all axes, or one each."""
    strides: list[int] = []
    for before, after in zip(x.shape[2:], out.shape[2:], strict=True):
        found = _step(builder, before, after)
        if found is None:
            return None
        strides.append(found)
    # An axis of one element takes any stride: let the others, or the body's own stride, decide.
    own = [node.args["stride"] for node in body if node.op is not None and "stride" in node.args]
    spoken = [bound for bound in own if bound.given and bound.value != 1] or [b for b in own if b.expr is not None]
    if len(spoken) == 1 and _fits(builder, x, out, spoken[0]):
        return spoken[0]
    if len(set(strides)) == 1:
        return Bound(strides[0], None, None, True)
    return Bound(tuple(strides), None, None, True)


def _fits(builder: Builder, x: TensorType, out: TensorType, bound: Bound) -> bool:
    steps = bound.value if isinstance(bound.value, tuple) else (bound.value,) * (x.rank - 2)
    if len(steps) != x.rank - 2 or not all(isinstance(step, int) and step > 0 for step in steps):
        return False  # it was refused where it is written
    return all(
        isinstance(equal((before - 1) // step + 1, after, builder.facts), Proved)
        for before, after, step in zip(x.shape[2:], out.shape[2:], steps, strict=True)
    )


def _step(builder: Builder, before: Dim, after: Dim) -> int | None:
    for step in range(1, _STRIDE_LIMIT + 1):
        if isinstance(equal((before - 1) // step + 1, after, builder.facts), Proved):
            return step
    return None
