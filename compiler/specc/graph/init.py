"""`init`: how the parameters of every layer of an op begin."""

from __future__ import annotations

from typing import Final

from specc.diagnostics import Sink, closest
from specc.graph.ir import Initializer, Scope
from specc.ops import OPS
from specc.source.nodes import Entry, Mapping, Node, Scalar, Sequence, plain
from specc.training.catalogue import INITIALISERS, arguments

_NOT_PARAMETERS: Final = ("op",)


def initializers(node: Node | None, root: Scope, sink: Sink) -> tuple[Initializer, ...]:
    """The rules in order. `{op: Conv2d, weight: kaiming_normal_, mode: fan_out}`: a parameter's name gives the
    function, by its name or as `{op: normal_, std: 0.02}`; the other keys are the functions' arguments."""
    rules: list[Initializer] = []
    owned = _owned(root)
    for item in node.items if isinstance(node, Sequence) else ():
        if isinstance(item, Mapping):
            rules += _rule(item, owned, sink)
    return tuple(rules)


def _owned(root: Scope) -> dict[str, set[str]]:
    """For every op of the network, the names of the parameters its layers own."""
    found: dict[str, set[str]] = {}
    for node in root.walk():
        if node.op is not None and node.op.stateful:
            found.setdefault(node.op.name, set()).update(node.parameters)
    return found


def _rule(node: Mapping, owned: dict[str, set[str]], sink: Sink) -> list[Initializer]:
    op = node.get("op")
    if not isinstance(op, Scalar):
        return []
    kind = str(op.value)
    if kind not in owned:
        near = closest(kind, owned) or (None if kind in OPS else closest(kind, OPS))
        have = ", ".join(f"`{name}`" for name in owned)
        sink.error(
            "N409",
            f"`init` names `{kind}`, but the network has no such layer with parameters",
            op.span,
            help=f"did you mean `{near}`?" if near else f"it has {have}" if have else None,
        )
        return []
    names = {str(e.key.value): e for e in node.entries}
    # An error may have left a layer without its parameters: then any name may be one.
    parameters = owned[kind] or {"weight", "bias"}
    chosen = {name: entry for name, entry in names.items() if name in parameters | {"weight", "bias"} and name != "op"}
    rest = {name: entry for name, entry in names.items() if name not in chosen and name not in _NOT_PARAMETERS}
    rules: list[Initializer] = []
    taken: set[str] = set()
    for name, entry in chosen.items():
        if name not in parameters:
            if names.get(name) is not None and owned[kind]:
                sink.error(
                    "N409",
                    f"`{kind}` has no parameter `{name}`",
                    entry.key.span,
                    help="it owns " + ", ".join(f"`{p}`" for p in sorted(parameters)),
                )
            continue
        rule = _function(kind, name, entry, rest, taken, sink)
        if rule is not None:
            rules.append(rule)
    for name, entry in rest.items():
        if name not in taken:
            known = sorted({arg for rule in rules for arg in arguments(INITIALISERS[rule.function]).names})
            near = closest(name, [*known, *parameters])
            sink.error(
                "L201",
                f"unknown argument `{name}` of this `init` rule",
                entry.key.span,
                help=f"did you mean `{near}`?" if near else f"it takes {', '.join(f'`{k}`' for k in known)}",
            )
    return rules


def _function(
    op: str, parameter: str, entry: Entry, rest: dict[str, Entry], taken: set[str], sink: Sink
) -> Initializer | None:
    value, own = entry.value, {}
    if isinstance(value, Mapping):
        own = {str(e.key.value): e for e in value.entries if e.key.value != "op"}
        value = value.get("op") or value
    name = str(value.value) if isinstance(value, Scalar) else ""
    if name not in INITIALISERS:
        near = closest(name, INITIALISERS)
        sink.error(
            "L204",
            f"`torch.nn.init` has no function `{name}`",
            value.span,
            help=f"did you mean `{near}`?" if near else None,
        )
        taken.update(rest)
        return None
    known, required = arguments(INITIALISERS[name])
    args: dict[str, object] = {}
    for word, item in own.items():
        if word not in known:
            near = closest(word, known)
            sink.error(
                "L201",
                f"unknown argument `{word}` of {name}",
                item.key.span,
                help=f"did you mean `{near}`?" if near else None,
            )
            continue
        args[word] = plain(item.value)
    for word, item in rest.items():
        if word in known:
            taken.add(word)
            args[word] = plain(item.value)
    for word in required:
        if word not in args:
            sink.error("L202", f"`{name}` needs `{word}`", entry.key.span, help=f"add `{word}`")
    return Initializer(op, parameter, name, args, entry.key.span)
