"""A second, plain reading of a graph, node by node: it holds the generated `forward` to the wiring.

Shapes alone cannot tell `layer(x, y)` from `layer(x, x)`; values can.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from specc.graph.ir import Graph, Node, Scope
from specc.ops.declare import Sample
from specc.shapes.dim import Dim
from tests.oracle import judge
from tests.oracle.judge import names_for, texts

Env = Mapping[str, int]


def outputs(graph: Graph, network: nn.Module, given: list[Tensor], env: Env) -> tuple[Tensor, ...]:
    """The network's outputs in eval mode, computed from the graph with the weights of `network`."""
    weights = {**dict(network.named_buffers()), **network.state_dict()}
    with torch.no_grad():
        return tuple(_scope(graph.root, weights, given, env))


def _scope(scope: Scope, weights: Mapping[str, Tensor], given: list[Tensor], env: Env) -> list[Tensor]:
    known = {id(value): tensor for value, tensor in zip(scope.inputs, given, strict=True)}
    for node in scope.nodes:
        read = [known[id(item.value)] for item in node.inputs]
        results = _scope(node.body, weights, read, env) if node.body is not None else _leaf(node, weights, read, env)
        # A module with weights off has fewer results than the op has outputs.
        known.update({id(value): tensor for value, tensor in zip(node.outputs, results, strict=False)})
    return [known[id(value)] for _, value in scope.outputs]


def _leaf(node: Node, weights: Mapping[str, Tensor], read: list[Tensor], env: Env) -> list[Tensor]:
    op = node.op
    assert op is not None
    place = node.module or node.path
    if op.own:
        return [weights[place]]
    values = {name: _number(bound.value, env) for name, bound in node.args.items()}
    by_port: dict[str, list[Tensor]] = {}
    for item, tensor in zip(node.inputs, read, strict=True):
        by_port.setdefault(item.port, []).append(tensor)
    flat: list[Tensor | None] = []
    for port, _, variadic in op.ports():
        flat += by_port.get(port, [] if variadic else [None])
    sample = Sample({}, tuple(None if tensor is None else (tuple(tensor.shape), "") for tensor in flat))
    construct, call = texts(op, values, sample)
    names = names_for(training=False)
    names |= {f"x{k}": tensor for k, tensor in enumerate(flat) if tensor is not None}
    if construct:
        layer = eval(construct, dict(names)).eval()
        prefix = f"{place}."
        layer.load_state_dict({k.removeprefix(prefix): v for k, v in weights.items() if k.startswith(prefix)})
        names["layer"] = layer
    return judge.flat(eval(call, names))


def _number(value: Any, env: Env) -> Any:
    if isinstance(value, tuple):
        return tuple(_number(item, env) for item in value)
    return value.evaluate(env) if isinstance(value, Dim) else value
