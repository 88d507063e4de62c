"""`reset_parameters`: the initial values that the spec's `init` asks for."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import groupby

from specc.emit.python import layout
from specc.emit.python.layout import Call
from specc.graph.init import matches, owners
from specc.graph.ir import Graph, Initializer, Node
from specc.ops import OPS
from specc.ops.arguments import source


def reset(graph: Graph) -> list[str]:
    """The method that fills parameters by the `init` rules, in their order; none where no rule finds a layer.

    Rules of ops look at every module, as those of a path where they name an op too; the others go by the names of the
    parameters. What a rule fills is what the graph says: a test on names that would find more is not written.
    """
    leaves = [node for node in graph.leaves() if node.parameters and "" not in node.parameters]
    rules = [_shorter(rule, leaves) for rule in graph.init if owners(rule, leaves)]
    if not rules:
        return []
    out = ["    def reset_parameters(self) -> None:"]
    for kind, some in groupby(rules, _kind):
        out += _LOOPS[kind](list(some), leaves)
    return out


def _shorter(rule: Initializer, leaves: list[Node]) -> Initializer:
    """Without a path that says no more than the op."""
    of_op = rule._replace(path="")
    return of_op if rule.op and rule.path and owners(rule, leaves) == owners(of_op, leaves) else rule


def _kind(rule: Initializer) -> str:
    if not rule.path:
        return "ops"
    if "*" not in rule.path:
        return "one"
    return "both" if rule.op else "names"


def _ops(rules: list[Initializer], leaves: list[Node]) -> list[str]:
    by_op: dict[str, list[Initializer]] = {}
    for rule in rules:
        by_op.setdefault(rule.op, []).append(rule)
    bodies: list[tuple[str, list[str]]] = []
    for op, own in by_op.items():
        every = [node for node in leaves if node.kind == op]
        body = [line for rule in own for line in _filled(rule, len(owners(rule, leaves)) < len(every))]
        bodies.append((OPS[op].python.target, body))
    out = ["        for module in self.modules():"]
    for body, alike in groupby(bodies, lambda each: each[1]):
        word = "elif" if len(out) > 1 else "if"
        out.append(f"            {word} isinstance(module, {' | '.join(target for target, _ in alike)}):")
        out += body
    return out


def _filled(rule: Initializer, perhaps: bool) -> list[str]:
    """The call on `module`; where the parameter is `perhaps` not there, behind a test."""
    target = f"module.{rule.parameter}"
    if perhaps:
        return [f"                if {target} is not None:", *_call(rule, target, 5)]
    return _call(rule, target, 4)


def _call(rule: Initializer, target: str, depth: int) -> list[str]:
    args = tuple(f"{name}={source(value)}" for name, value in rule.args.items())
    return layout.lines("", Call(f"nn.init.{rule.function}", (target, *args)), depth)


def _one(rules: list[Initializer], leaves: list[Node]) -> list[str]:
    """Rules of one layer each."""
    del leaves
    out = []
    for rule in rules:
        name = f"{rule.path}.{rule.parameter}"
        plain = all(piece.isidentifier() for piece in name.split("."))
        out += _call(rule, f"self.{name}" if plain else f'self.get_parameter("{name}")', 2)
    return out


def _both(rules: list[Initializer], leaves: list[Node]) -> list[str]:
    """Rules of the layers of an op at paths that a pattern describes."""
    out = ["        for name, module in self.named_modules():"]
    for (op, path), some in groupby(rules, lambda rule: (rule.op, rule.path)):
        paths = {node.path for node in leaves if node.kind == op}
        wanted = {each for each in paths if matches(path, each)}
        out.append(f"            if isinstance(module, {OPS[op].python.target}) and {_test(path, paths, wanted)}:")
        for rule in some:
            out += _filled(rule, {node.path for node in owners(rule, leaves)} < wanted)
    return out


def _names(rules: list[Initializer], leaves: list[Node]) -> list[str]:
    """Rules of whatever layers are at paths that a pattern describes."""
    names = {f"{node.path}.{parameter}" for node in leaves for parameter in node.parameters}
    out = ["        for name, parameter in self.named_parameters():"]
    for rule in rules:
        wanted = {f"{node.path}.{rule.parameter}" for node in owners(rule, leaves)}
        test = _test(f"{rule.path}.{rule.parameter}", names, wanted)
        out += [f"            if {test}:", *_call(rule, "parameter", 4)]
    return out


def _within(piece: str, name: str) -> bool:
    return piece in name


def _test(pattern: str, names: set[str], wanted: set[str]) -> str:
    """What is true of `name` for those `wanted` among `names`, and no other."""
    first, *middle, last = pattern.split("*")
    tests: list[tuple[str, Callable[[str], bool]]] = []
    if first:
        tests.append((f"name.startswith({source(first)})", lambda name: name.startswith(first)))
    for piece in filter(None, middle):
        tests.append((f"{source(piece)} in name", partial(_within, piece)))
    if last:
        tests.append((f"name.endswith({source(last)})", lambda name: name.endswith(last)))
    if tests and {name for name in names if all(holds(name) for _, holds in tests)} == wanted:
        return " and ".join(text for text, _ in tests)
    return f"name in {{{', '.join(source(name) for name in sorted(wanted))}}}"


_LOOPS: dict[str, Callable[[list[Initializer], list[Node]], list[str]]] = {
    "ops": _ops,
    "one": _one,
    "both": _both,
    "names": _names,
}
