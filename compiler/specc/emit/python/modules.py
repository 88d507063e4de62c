"""Which layers become submodules, and which scopes are modules in a row."""

from __future__ import annotations

from specc.graph.ir import Node, Scope
from specc.ops.declare import Op


def is_module(node: Node) -> bool:
    return node.op.stateful if node.op is not None else not is_function_repeat(node)


def is_function_repeat(node: Node) -> bool:
    """A repeat of functions: nothing in it is a submodule."""
    body = node.body
    if body is None or body.kind != "repeat":
        return False
    return bool(body.nodes) and all(not is_module(child) for child in body.nodes)


def is_chain(scope: Scope) -> bool:
    """Whether the scope is modules one after the other, each called with the tensor before it and nothing else."""
    if len(scope.inputs) != 1 or len(scope.outputs) != 1 or scope.absent or not scope.nodes or scope.shared:
        return False
    current = scope.inputs[0]
    for node in scope.nodes:
        if not is_module(node) or node.share or node.optional or node.condition is not None or len(node.inputs) != 1:
            return False
        if node.inputs[0].value is not current or len(node.outputs) != 1:
            return False
        if node.body is not None and is_listed(node.body):
            return False
        op = node.op
        if op is not None and (op.packed(1) or op.ports()[0][0] != node.inputs[0].port or _called_with(node, op)):
            return False
        current = node.outputs[0]
    return scope.outputs[0][1] is current


def is_listed(scope: Scope) -> bool:
    """Whether the scope is a ModuleList or ModuleDict, which cannot be called: `forward` calls its children."""
    if scope.container:
        return scope.container != "Sequential"
    return scope.kind == "repeat" and not is_chain(scope)


def _called_with(node: Node, op: type[Op]) -> bool:
    return any(arg.forward and not arg.is_default(node.args[name].value) for name, arg in op.args.items())


def is_numbered(scope: Scope) -> bool:
    """Whether the children are called 0, 1, 2 … without a gap, as `nn.Sequential` calls them."""
    return [node.name for node in scope.nodes] == [str(n) for n in range(len(scope.nodes))]


def keys(scope: Scope) -> tuple[str, ...]:
    """What the children of a container are called in it; none where it numbers them."""
    if is_numbered(scope) and scope.container != "ModuleDict":
        return ()
    return tuple(node.name for node in scope.nodes)
