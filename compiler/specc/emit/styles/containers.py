"""A class over containers: what runs in a row stands in one, and a repeat in a `ModuleList`.

In a class with an explicit `forward`, modules that are called one after the other are put in a `Sequential` (or, as
asked, in a `ModuleList` or a `ModuleDict` over which `forward` loops). It is called `body` in a residual, else
`layers`, or `layers1`, `layers2` … where there are several. The copies of a repeat are a `ModuleList`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from specc.emit.naming import unique
from specc.emit.python.gather import Definition, definition
from specc.emit.python.modules import is_chain, is_listed, is_module
from specc.emit.styles.rebuild import below
from specc.graph.ir import Input, Node, Scope, Value

_SHORTEST = 2  # so many modules in a row make a container
Run = tuple[str, ...]  # the names of the layers


def contained(root: Scope, kind: str) -> Scope:
    """The network over containers; what runs in a row is put in one of that kind."""
    return _Writer(root, kind).inside(root, "")


def _runs(scope: Scope) -> tuple[Run, ...]:
    """Modules one after the other, each read by the next alone."""
    readers: dict[int, int] = {}
    for value in [given.value for node in scope.nodes for given in node.inputs]:
        readers[id(value)] = readers.get(id(value), 0) + 1
    for value in [*(value for _, value in scope.outputs), *(v for pair in scope.instead for v in pair)]:
        readers[id(value)] = readers.get(id(value), 0) + 2
    shared = {node.share for node in scope.nodes if node.share}
    runs: list[Run] = []
    current: list[Node] = []
    for node in scope.nodes:
        fits = node.name not in shared and _plain(node)
        last = current[-1] if current else None
        if fits and last is not None and _follows(last, node, readers):
            current.append(node)
            continue
        if len(current) >= _SHORTEST:
            runs.append(tuple(each.name for each in current))
        current = [node] if fits else []
    if len(current) >= _SHORTEST:
        runs.append(tuple(each.name for each in current))
    return tuple(runs)


def _follows(last: Node, node: Node, readers: Mapping[int, int]) -> bool:
    """Whether the node alone reads what the last gives, in the same part of a block."""
    value = last.outputs[0]
    return node.inputs[0].value is value and readers[id(value)] == 1 and node.role == last.role


def _plain(node: Node) -> bool:
    """Whether a layer is a module that a container can hold and call with one tensor, in all uses."""
    if not is_module(node) or node.optional or node.condition is not None or node.share or node.module:
        return False
    if len(node.inputs) != 1 or len(node.outputs) != 1 or (node.body is not None and node.body.kind == "repeat"):
        return False
    op = node.op
    if op is None:
        return True
    given = any(arg.forward and not arg.is_default(node.args[name].value) for name, arg in op.args.items())
    return not (op.own or op.packed(1) or given) and op.ports()[0][0] == node.inputs[0].port


class _Writer:
    def __init__(self, root: Scope, kind: str) -> None:
        self.kind = kind
        self.runs: dict[Definition, set[tuple[Run, ...]]] = {definition(root): {_runs(root)}}
        self.chains: dict[Definition, bool] = {}
        for node in root.walk():
            if node.body is not None:
                name = definition(node.body)
                self.runs.setdefault(name, set()).add(_runs(node.body))
                self.chains[name] = self.chains.get(name, True) and is_chain(node.body)

    def inside(self, scope: Scope, prefix: str) -> Scope:
        """A scope that is a class: its runs in containers, its repeats in lists."""
        found = self.runs[definition(scope)]
        runs = next(iter(found)) if len(found) == 1 else ()
        taken = {node.name for node in scope.nodes} | {value.name for value in scope.inputs} | scope.params.keys()
        names = [unique(name, taken) for name in self._names(scope, runs)]
        starts = {run[0]: (name, run) for name, run in zip(names, runs, strict=True)}
        members = {name for run in runs for name in run}
        nodes: list[Node] = []
        for node in scope.nodes:
            if node.name in starts:
                name, run = starts[node.name]
                nodes.append(self._container(scope, name, [n for n in scope.nodes if n.name in run], prefix))
            elif node.name not in members:
                nodes += below([node], prefix, self._listed)
        return scope._replace(nodes=tuple(nodes), numbered=scope.numbered and not runs)

    def _names(self, scope: Scope, runs: Sequence[Run]) -> list[str]:
        roles = [next(node.role for node in scope.nodes if node.name == run[0]) for run in runs]
        plain = [role for role in roles if role != "body"]
        number = 0
        out = []
        for role in roles:
            number += role != "body"
            out.append("body" if role == "body" else "layers" if len(plain) == 1 else f"layers{number}")
        return out

    def _container(self, scope: Scope, name: str, nodes: Sequence[Node], prefix: str) -> Node:
        """A run as one layer, which gives what its last does."""
        first, last = nodes[0], nodes[-1]
        outer = first.inputs[0].value
        # No name of the scope around: expressions in the run are over that scope's names, and stay so.
        inner = Value("", outer.type, None, 0, outer.span)
        path = f"{prefix}{name}"
        held = list(below(nodes, f"{path}.", self._body))
        held[0] = held[0]._replace(inputs=(Input(first.inputs[0].port, inner),))
        numbered = self.kind == "ModuleList" or (self.kind == "Sequential" and first.name.isdigit())
        if numbered:
            held = [self._moved(node, f"{path}.", str(k)) for k, node in enumerate(held)]
        where = f"{scope.definition}.{name}"
        outputs = (("", last.outputs[0]),)
        body = Scope("group", "", where, {}, (inner,), tuple(held), outputs, numbered, container=self.kind)
        return Node(name, path, None, body, {}, (Input("input", outer),), last.outputs, first.span, role=first.role)

    def _moved(self, node: Node, prefix: str, name: str) -> Node:
        """The node by another name, and what is below it."""
        body = node.body
        if body is not None:
            body = body._replace(nodes=tuple(self._moved(n, f"{prefix}{name}.", n.name) for n in body.nodes))
        return node._replace(name=name, path=f"{prefix}{name}", body=body)

    def _listed(self, scope: Scope, prefix: str) -> Scope:
        """The body of a layer of a class: a repeat becomes a list."""
        if scope.kind == "repeat" and all(map(is_module, scope.nodes)):
            return scope._replace(nodes=below(scope.nodes, prefix, self._body), container="ModuleList")
        return self._body(scope, prefix)

    def _body(self, scope: Scope, prefix: str) -> Scope:
        """The body of a layer that is called: a chain of its own is a `Sequential`."""
        if scope.kind == "repeat" or is_listed(scope):
            return scope._replace(nodes=below(scope.nodes, prefix, self._body))
        if scope.kind == "group" and self.chains[definition(scope)]:
            return scope._replace(nodes=below(scope.nodes, prefix, self._body), container="Sequential")
        return self.inside(scope, prefix)
