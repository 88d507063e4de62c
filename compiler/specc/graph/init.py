"""`init`: how the parameters of every layer of an op, or of those at a path, begin."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final, NamedTuple

from specc.diagnostics import Note, Sink, Span, closest
from specc.graph.ir import Initializer, Node, Scope
from specc.ops import OPS
from specc.shapes.tensor import TensorType
from specc.source.nodes import Entry, Mapping, Scalar, Sequence, plain
from specc.source.nodes import Node as SourceNode
from specc.training.catalogue import INITIALISERS, arguments

_OWN: Final = ("op", "path")  # keys of a rule that are neither a parameter nor an argument
_ANY_SHAPE: Final = ("constant_", "normal_", "ones_", "trunc_normal_", "uniform_", "zeros_")
_USUAL: Final = frozenset({"weight", "bias"})  # names that are meant as parameters, whether or not they are there


class _Chosen(NamedTuple):
    """The layers that a rule is about: how messages call them, and the parameters they own."""

    label: str
    layers: tuple[Node, ...]
    parameters: frozenset[str]


def initializers(node: SourceNode | None, root: Scope, sink: Sink) -> tuple[Initializer, ...]:
    """The rules in order; a later one overrides an earlier.

    `{op: Conv2d, weight: kaiming_normal_, mode: fan_out}` or `{path: "layer4.*", weight: zeros_}`: a parameter's name
    gives the function, by its name or as `{op: normal_, std: 0.02}`; the other keys are the functions' arguments. In a
    path `*` stands for any text, dots included. A rule with both `op` and `path` is about the layers that fit both.
    """
    rules: list[Initializer] = []
    items = node.items if isinstance(node, Sequence) else ()
    nodes = tuple(root.walk()) if items else ()
    for item in items:
        if isinstance(item, Mapping):
            chosen = _chosen(item, nodes, sink)
            if chosen is not None:
                rules += _rule(item, chosen, sink)
    return tuple(rules)


def matches(pattern: str, path: str) -> bool:
    """Whether the pattern describes the path: `*` stands for any text, everything else for itself."""
    if "*" not in pattern:
        return pattern == path
    return re.fullmatch(".*".join(re.escape(piece) for piece in pattern.split("*")), path) is not None


def owners(rule: Initializer, leaves: Iterable[Node]) -> list[Node]:
    """The layers whose parameter the rule fills."""
    return [
        node
        for node in leaves
        if rule.parameter in node.parameters
        and (not rule.op or node.kind == rule.op)
        and (not rule.path or matches(rule.path, node.path))
    ]


def _chosen(rule: Mapping, nodes: tuple[Node, ...], sink: Sink) -> _Chosen | None:
    op, path = rule.entry("op"), rule.entry("path")
    if op is None and path is None:
        sink.error(
            "L202",
            "an `init` rule needs `op` or `path`",
            rule.span,
            help='write `{op: Conv2d, weight: kaiming_normal_}` or `{path: "layer4.*", weight: zeros_}`',
        )
        return None
    leaves = [node for node in nodes if _owns(node)]
    label = ""
    if op is not None:
        if not isinstance(op.value, Scalar):
            return None  # the schema said so
        kind = label = str(op.value.value)
        every = dict.fromkeys(node.kind for node in leaves)
        leaves = [node for node in leaves if node.kind == kind]
        if not leaves:
            _no_such_op(kind, op, list(every), sink)
            return None
    if path is not None:
        if not isinstance(path.value, Scalar):
            return None
        pattern = label = str(path.value.value)
        candidates = leaves
        leaves = [node for node in candidates if matches(pattern, node.path)]
        if not leaves:
            broken = any(node.op is None and node.body is None and matches(pattern, node.path) for node in nodes)
            if not broken:
                _no_such_path(pattern, path, candidates, nodes, sink)
            return None
    return _Chosen(label, tuple(leaves), frozenset(name for node in leaves for name in node.parameters))


def _owns(node: Node) -> bool:
    """Whether it is a layer with parameters, or one whose parameters an error has hidden."""
    if node.op is None or not node.op.stateful or "" in node.parameters:  # "": a parameter that is a layer
        return False
    return bool(node.parameters) or any(not isinstance(value.type, TensorType) for value in node.outputs)


def _no_such_op(kind: str, entry: Entry, every: list[str], sink: Sink) -> None:
    near = closest(kind, every) or (None if kind in OPS else closest(kind, OPS))
    have = ", ".join(f"`{name}`" for name in every)
    sink.error(
        "N409",
        f"`init` names `{kind}`, but the network has no such layer with parameters",
        entry.value.span,
        near=near,
        help=f"it has {have}" if have else None,
    )


def _no_such_path(pattern: str, entry: Entry, candidates: list[Node], nodes: tuple[Node, ...], sink: Sink) -> None:
    """A pattern that describes no layer: most often it names a group, or the parameter too."""
    paths = [node.path for node in candidates]
    stem, _, last = pattern.rpartition(".")
    if any(node.body is not None and node.path == pattern for node in nodes):
        help = f"`{pattern}.*` is every layer in `{pattern}`"
    elif stem in paths:
        help = f"write `path: {stem}, {last}: …`: a path names a layer, and the key beside it the parameter"
    else:
        near = closest(pattern, paths)
        help = f"did you mean `{near}`?" if near else "`*` stands for any text: `layer4.*`, `*.bn2`"
    sink.error("N409", f"`init` names `{pattern}`, but no layer with parameters is there", entry.value.span, help=help)


def _rule(node: Mapping, chosen: _Chosen, sink: Sink) -> list[Initializer]:
    entries = {str(e.key.value): e for e in node.entries if e.key.value not in _OWN}
    # An error may have left a layer without its parameters: then any name may be one.
    known = chosen.parameters or _USUAL
    functions = {name: entry for name, entry in entries.items() if name in known | _USUAL}
    rest = {name: entry for name, entry in entries.items() if name not in functions}
    rules: list[Initializer] = []
    taken: set[str] = set()
    for name, entry in functions.items():
        if name in known:
            rule = _function(node, chosen, name, entry, rest, taken, sink)
            rules += [] if rule is None else [rule]
        else:
            sink.error(
                "N409",
                f"`{chosen.label}` has no parameter `{name}`",
                entry.key.span,
                help="it owns " + ", ".join(f"`{p}`" for p in sorted(known)),
            )
    if not functions and not rest:
        owned = ", ".join(f"`{name}`" for name in sorted(known))
        sink.error(
            "L202",
            "this `init` rule names no parameter",
            node.span,
            help=f"write `weight: kaiming_normal_`; it owns {owned}",
        )
    for name, entry in rest.items():
        if name not in taken:
            takes = sorted({arg for rule in rules for arg in arguments(INITIALISERS[rule.function]).names})
            near = closest(name, [*takes, *sorted(known)])
            own = takes or sorted(known)
            sink.error(
                "L201",
                f"unknown argument `{name}` of this `init` rule",
                entry.key.span,
                near=near,
                help=f"it takes {', '.join(f'`{k}`' for k in own)}",
            )
    return rules


def _function(
    node: Mapping,
    chosen: _Chosen,
    parameter: str,
    entry: Entry,
    rest: dict[str, Entry],
    taken: set[str],
    sink: Sink,
) -> Initializer | None:
    value, own = entry.value, {}
    if isinstance(value, Mapping):
        own = {str(e.key.value): e for e in value.entries if e.key.value != "op"}
        value = value.get("op") or value
    name = str(value.value) if isinstance(value, Scalar) else ""
    if name not in INITIALISERS:
        near = closest(name, INITIALISERS) or closest(f"{name}_", INITIALISERS)
        sink.error(
            "L204",
            f"`torch.nn.init` has no function `{name}`" if name else f"`{parameter}` names no function",
            value.span,
            near=near,
            help="`kaiming_normal_` is He's, `xavier_uniform_` Glorot's",
        )
        taken.update(rest)
        return None
    known, required = arguments(INITIALISERS[name])
    given: dict[str, Entry] = {}
    for word, item in own.items():
        if word in known:
            given[word] = item
            continue
        near = closest(word, known)
        takes = ", ".join(f"`{arg}`" for arg in known)
        sink.error(
            "L201",
            f"unknown argument `{word}` of {name}",
            item.key.span,
            near=near,
            help=f"it takes {takes}" if takes else "it takes none",
        )
    for word, item in rest.items():
        if word in known:
            taken.add(word)
            given.setdefault(word, item)
    for word in required:
        if word not in given:
            sink.error("L202", f"`{name}` needs `{word}`", entry.key.span, help=f"add `{word}`")
    args = _values(name, given, sink)
    if name not in _ANY_SHAPE:
        _fits(name, args, chosen, parameter, value.span, sink)
    return Initializer(_text(node.get("op")), parameter, name, args, entry.key.span, _text(node.get("path")))


def _values(function: str, given: dict[str, Entry], sink: Sink) -> dict[str, object]:
    """The arguments; one that will not do is reported and left out."""
    if not given:
        return {}
    from specc.training.initialisers import WORDS, contradiction, refused

    args: dict[str, object] = {}
    for word, item in given.items():
        value = plain(item.value)
        why = refused(word, value)
        if why is None:
            args[word] = value
            continue
        code, said = why
        near = closest(value, WORDS.get(word, ())) if isinstance(value, str) else None
        help = f"did you mean `{near}`?" if near else None
        sink.error(code, f"`{word}` of `{function}` {said}", item.value.span, help=help)
    empty = contradiction(function, args)
    if empty is not None:
        sink.error("L204", f"`{function}` {empty}", given["a" if "a" in given else "b"].value.span)
    return args


def _fits(function: str, args: dict[str, object], chosen: _Chosen, parameter: str, place: Span, sink: Sink) -> None:
    """Reports the first layer whose parameter the function cannot fill (L204)."""
    from specc.training.initialisers import unfit

    reasons = [
        (node, unfit(function, node.parameters[parameter].shape, args))
        for node in chosen.layers
        if parameter in node.parameters
    ]
    node, why = next((each for each in reasons if each[1] is not None), (None, None))
    if node is None:
        return
    fine = next((other.kind for other, why in reasons if why is None and other.kind != node.kind), None)
    sink.error(
        "L204",
        f"`{function}` {why}, and `{parameter}` of `{node.path}` is {list(node.parameters[parameter].shape)}",
        place,
        notes=(Note(f"`{node.path}` is a {node.kind}", node.span),),
        help=f"add `op: {fine}` to fill those alone"
        if fine
        else "`zeros_`, `ones_`, `normal_` and `uniform_` fill any",
    )


def _text(node: SourceNode | None) -> str:
    return str(node.value) if isinstance(node, Scalar) else ""
