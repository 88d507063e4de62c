"""Functions as the modules of the same effect: `flatten` as `nn.Flatten`, `relu` as `nn.ReLU`."""

from __future__ import annotations

from specc.graph.ir import Node
from specc.ops import OPS
from specc.ops.declare import Op


def counterpart(node: Node) -> type[Op] | None:
    """The module that does what a function does with the arguments given; None where there is none."""
    op = node.op
    assert op is not None
    plain = op.name.replace("_", "")
    for name in OPS:
        if name.lower() == plain and name != op.name:
            module = OPS[name]
            extra = [a for a, arg in op.args.items() if a not in module.args and not arg.is_default(node.args[a].value)]
            if module.stateful and _same_rule(op, module) and not extra and not module.args.keys() - node.args.keys():
                return module
    return None


def lifted(node: Node, module: type[Op]) -> Node:
    """The node as a call of the module."""
    port = module.ports()[0][0]
    args = {name: node.args[name] for name in module.args}
    return node._replace(op=module, args=args, inputs=(node.inputs[0]._replace(port=port),))


def _same_rule(op: type[Op], module: type[Op]) -> bool:
    """Whether one rule serves both: equal names alone do not make `torch.Tensor.unfold` an `nn.Unfold`."""
    return op.infer.__func__ is module.infer.__func__  # type: ignore[attr-defined]  # a class method has it
