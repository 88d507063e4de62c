"""Graph → JSON for machines: the whole tree with its wires, nothing left out that other tools may ask for."""

from __future__ import annotations

import ast
import json
from collections.abc import Mapping
from typing import Any

from specc.emit.costs import numel
from specc.graph.ir import Graph, Node, Scope, Value
from specc.ops.call import Bound
from specc.ops.declare import Owned
from specc.shapes.dim import Dim
from specc.shapes.tensor import TensorType, Type

SCHEMA = 1


def to_graph_json(graph: Graph) -> str:
    """The graph as JSON text; the same graph gives the same bytes, keys in this order.

        {"schema": 1, "name", "description", "spec", "sha256", "params": {name: plain},
         "where": ["H >= 32"], "requirements": […], "parameters": 11689512, "macs": count,
         "root": scope}
        scope:  {"kind": "network" | "block" | "group" | "repeat", "title", "definition", "params",
                 "inputs": [{"name", "type": tensor}], "nodes": [node],
                 "outputs": [{"name", "value": reference, "type": tensor}]}
        node:   {"path", "op": name or null, "args": {name: plain}, "inputs": [{"port", "value": reference}],
                 "outputs": [{"name", "type": tensor}], "parameters": {name: owned}, "buffers": {name: owned},
                 "macs": count, "body": scope or null}, and where they say something "role", "share", "module",
                 (the path in PyTorch, where it is another's), "index", "optional",
                 "condition", "doc", "error"
        of a spec that `use`s or `extends` others, "reads" after "spec": their paths from its folder
        owned:  {"shape": [64, 3, 7, 7], "dtype": "float32"}, with "trained": false where it is frozen
        tensor: {"shape": ["N", 64, "(H - 1) // 2 + 1"], "dtype": "float32"}, null where unknown

    A reference names a value of the node's own scope: `{"input": name}`, or `{"node": name, "port": 0}`. A count is a
    number, the text of its expression where sizes are open, or null where unknown. A plain value is what JSON has;
    a symbolic size is its text.
    """
    data = {
        "schema": SCHEMA,
        "name": graph.name,
        "description": graph.description,
        "spec": graph.file,
        **({"reads": list(graph.reads)} if graph.reads else {}),
        "sha256": graph.digest,
        "params": _args(graph.params),
        "where": [str(condition) for condition in graph.where],
        "requirements": [str(condition) for condition in graph.requirements],
        "parameters": sum(numel(o) for n in graph.root.walk() for o in n.parameters.values()),
        "macs": _count(graph.macs),
        "root": _scope(graph.root),
    }
    return json.dumps(data, ensure_ascii=False, indent=1) + "\n"


def _scope(scope: Scope) -> dict[str, Any]:
    names = _references(scope)
    return {
        "kind": scope.kind,
        "title": scope.title,
        "definition": scope.definition,
        "params": _args(scope.params),
        "inputs": [{"name": value.name, "type": _tensor(value.type)} for value in scope.inputs],
        "nodes": [_node(node, names) for node in scope.nodes],
        "outputs": [
            {"name": name, "value": names.get(value), "type": _tensor(value.type)} for name, value in scope.outputs
        ],
    }


def _node(node: Node, names: Mapping[Value, Any]) -> dict[str, Any]:
    data: dict[str, Any] = {
        "path": node.path,
        "op": node.op.name if node.op is not None else None,
        "args": _args(node.args),
        "inputs": [{"port": i.port, "value": names.get(i.value)} for i in node.inputs],
        "outputs": [{"name": value.name, "type": _tensor(value.type)} for value in node.outputs],
        "parameters": {name: _owned(owned) for name, owned in node.parameters.items()},
        "buffers": {name: _owned(owned) for name, owned in node.buffers.items()},
        "macs": _count(node.macs) if node.body is None else None,
        "body": _scope(node.body) if node.body is not None else None,
    }
    said = {
        "role": node.role or None,
        "share": node.share or None,
        "module": node.module or None,
        "index": node.index,
        "optional": node.optional or None,
        "condition": ast.unparse(node.condition) if node.condition is not None else None,
        "doc": node.doc or None,
        "error": node.error,
    }
    return data | {key: value for key, value in said.items() if value is not None}


def _references(scope: Scope) -> dict[Value, Any]:
    names: dict[Value, Any] = {value: {"input": value.name} for value in scope.inputs}
    for node in scope.nodes:
        names.update({value: {"node": node.name, "port": port} for port, value in enumerate(node.outputs)})
    return names


def _args(args: Mapping[str, Bound]) -> dict[str, Any]:
    return {name: plain_value(bound.value) for name, bound in args.items()}


def plain_value(value: Any) -> Any:
    """An evaluated argument in JSON's own terms; a size is its number or text, an op its name."""
    if isinstance(value, Dim):
        return value.value if value.is_const else str(value)
    if isinstance(value, tuple | list):
        return [plain_value(item) for item in value]
    if isinstance(value, Mapping):
        return {str(key): plain_value(item) for key, item in value.items()}
    if isinstance(value, float) and (value != value or value in (float("inf"), float("-inf"))):
        return str(value)  # JSON has no word for these
    if value is None or isinstance(value, bool | int | float | str):
        return value
    return str(getattr(value, "name", value))


def _owned(owned: Owned) -> dict[str, Any]:
    return {"shape": list(owned.shape), "dtype": owned.dtype, **({} if owned.trained else {"trained": False})}


def _tensor(type_: Type) -> dict[str, object] | None:
    return type_.to_json() if isinstance(type_, TensorType) else None


def _count(count: Dim | None) -> int | str | None:
    if count is None:
        return None
    return count.value if count.is_const else str(count)
