"""`pre: true`: the order of He et al. 2016, *Identity Mappings in Deep Residual Networks*.

What follows a layer with weights in the order of 2015 goes before it: conv, norm, act, conv, norm, the sum, act become
norm, act, conv, norm, act, conv, the sum. A body that begins with its normalisation or activation has that order.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from specc.graph.blocks import Block
from specc.graph.bodies import BODIES
from specc.graph.frame import Frame
from specc.graph.ir import Node, Value
from specc.ops import OPS
from specc.ops.declare import Family
from specc.source.nodes import Entry, Scalar, Sequence
from specc.source.nodes import Mapping as SourceMapping
from specc.source.nodes import Node as SourceNode

if TYPE_CHECKING:
    from specc.graph.build import Builder

_BEFORE: Final = (Family.NORMALIZATION, Family.ACTIVATION)
_WEIGHTS: Final = (Family.CONVOLUTION, Family.LINEAR, Family.EMBEDDING, Family.RECURRENT, Family.ATTENTION)

Layer = tuple[Scalar, SourceNode]


def arranged(builder: Builder, frame: Frame, body: Entry, activation: Entry | None) -> SourceNode:
    """The layers of the body in the order they run, the activation among them: before the last layer with weights."""
    layers = _layers(body.value)
    if not layers:
        return body.value
    known: dict[str, str] = {}
    roles = [_role(builder, layer, frame.params, known) for _, layer in layers]
    first = next((role for role in roles if role != "beside"), "")
    if first == "before":
        if activation is not None:
            builder.sink.error(
                "L211",
                "nothing follows the sum in the pre-activation order, which this body has already",
                activation.key.span,
                help="move the activation into the body, before a layer with weights",
            )
        return body.value
    wired = [layer.entry("from") for _, layer in layers if isinstance(layer, SourceMapping) and "from" in layer]
    if wired and wired[0] is not None:
        builder.sink.error(
            "L211",
            "`pre: true` puts a chain of layers in order, but this layer has a `from`",
            wired[0].key.span,
            help="write the body in the order it runs, its normalisation or activation first",
        )
        return body.value
    moved = _moved(layers, roles)
    if activation is not None:
        last = max((k for k, (_, role) in enumerate(moved) if role == "weights"), default=0)
        name = frame.free("activation")
        moved.insert(last, ((Scalar(name, name, activation.key.span), activation.value), "before"))
    if isinstance(body.value, Sequence):
        return Sequence(tuple(layer for (_, layer), _ in moved), body.value.span)
    return SourceMapping(tuple(Entry(key, layer) for (key, layer), _ in moved), body.value.span)


def _layers(node: SourceNode | None) -> list[Layer] | None:
    if isinstance(node, SourceMapping):
        return [(entry.key, entry.value) for entry in node.entries]
    if isinstance(node, Sequence):
        return [(Scalar(str(k), str(k), item.span), item) for k, item in enumerate(node.items)]
    return None


def _moved(layers: list[Layer], roles: list[str]) -> list[tuple[Layer, str]]:
    """What follows a layer with weights, put before it; the rest (a dropout, a pooling) stays behind it."""
    out: list[tuple[Layer, str]] = []
    weights = 0  # where the last layer with weights stands
    for layer, role in zip(layers, roles, strict=True):
        if role == "before":
            out.insert(weights, (layer, role))
            weights += 1
            continue
        if role == "weights":
            weights = len(out)
        out.append((layer, role))
    return out


def _role(builder: Builder, layer: SourceNode, params: Mapping[str, Any], known: dict[str, str]) -> str:
    """What a layer is here: with "weights", a normalisation or activation ("before"), or neither ("beside").

    `known` holds it for blocks with their params, so that each is looked into once.
    """
    word = layer.get("op") if isinstance(layer, SourceMapping) else layer
    kind = str(word.value) if isinstance(word, Scalar) else ""
    chosen = params.get(kind)  # a param of type `op`, which comes before an op of its name
    if isinstance(chosen, str) and kind not in builder.blocks and (chosen in OPS or chosen in builder.blocks):
        kind = chosen
    block = builder.blocks.get(kind)
    if block is not None:
        inside = _given(layer, block, params)
        key = f"{block.name} {sorted(inside.items())}"
        if key not in known:
            known[key] = "weights"  # as it is to itself, should it contain itself
            known[key] = _whole(builder, block.text, inside, known)
        return known[key]
    if isinstance(layer, SourceMapping) and any(body in layer for body in BODIES):
        return _whole(builder, layer, params, known)
    op = OPS.get(kind)
    if op is None or op.family in _WEIGHTS:
        return "weights"
    return "before" if op.family in _BEFORE else "beside"


def _whole(builder: Builder, text: SourceMapping, params: Mapping[str, Any], known: dict[str, str]) -> str:
    """What a block or group is: what all of its layers are."""
    inner = [layer for body in BODIES for _, layer in _layers(text.get(body)) or ()]
    found = {_role(builder, layer, params, known) for layer in inner}
    return found.pop() if len(found) == 1 else "weights" if "weights" in found or not found else "beside"


def _given(layer: SourceNode, block: Block, params: Mapping[str, Any]) -> dict[str, str]:
    """The block's params that are names of ops, for this use."""
    found: dict[str, str] = {}
    for name, param in block.params.items():
        value = layer.get(name) if isinstance(layer, SourceMapping) else None
        value = param.default if value is None else value
        chosen = params.get(str(value.value), value.value) if isinstance(value, Scalar) else None
        if isinstance(chosen, str):
            found[name] = chosen
    return found


def given(nodes: list[Node]) -> Value | None:
    """What the normalisation and activation at the head of a body give: a projection reads it. None without any."""
    found: Value | None = None
    for node in nodes:
        if not node.outputs or not all(_is_before(inner) for inner in (node, *(node.body.walk() if node.body else ()))):
            break
        found = node.outputs[0]
    return found


def _is_before(node: Node) -> bool:
    return node.body is not None or (node.op is not None and node.op.family in _BEFORE)
