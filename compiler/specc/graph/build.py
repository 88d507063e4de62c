"""Layers → nodes. The builder walks the text of a scope once for every use of it, with that use's params and shapes."""

from __future__ import annotations

import ast
import re
from typing import Any, Final, NoReturn

from specc.diagnostics import Severity, Sink, Span, closest
from specc.graph import leaves, repeats, residual, scopes
from specc.graph.arguments import Evaluator
from specc.graph.blocks import Block
from specc.graph.bodies import BODIES, check_body
from specc.graph.frame import Frame
from specc.graph.ir import Input, Node, Value
from specc.graph.limits import NODE_LIMIT
from specc.graph.reserved import check_name
from specc.graph.sinks import OnceSink
from specc.shapes.conditions import Condition
from specc.shapes.facts import Facts
from specc.shapes.tensor import UNKNOWN
from specc.source.explain import check
from specc.source.nodes import Entry, Scalar, Sequence, plain
from specc.source.nodes import Mapping as SourceMapping
from specc.source.nodes import Node as SourceNode
from specc.source.schema import section_schema

LATER: Final = ("tie", "names", "container")  # keys whose meaning is not built yet


class TooLarge(Exception):
    """The network has more layers than the limit; it was reported."""


class Builder:
    """State of one compilation: the blocks, the facts, the reports, and how many nodes there are."""

    def __init__(self, sink: Sink, facts: Facts, blocks: dict[str, Block]) -> None:
        self.sink = sink
        self.facts = facts
        self.blocks = blocks
        self.requirements: list[Condition] = []
        self.used: set[str] = set()  # blocks
        self.count = 0
        self.stack: list[str] = []  # blocks being built
        self.partial = any(d.code[0] == "Y" and d.code != "Y102" for d in sink.diagnostics)  # YAML dropped something
        self.guessing = False  # what is built rests on a guess already
        self.taken: set[str] = set()  # names of the network's params and symbols
        self.fresh: dict[tuple[str, str], str] = {}  # symbols of sizes that the data decide, by path and letter

    # Scopes ----------------------------------------------------------------------------------------------------

    def body(self, frame: Frame, text: SourceMapping, span: Span) -> None:
        """Builds the layers of a scope, whichever of `layers`, `residual` and `parallel` its text has."""
        check_body(text, self.sink)
        if "residual" in text:
            residual.build(self, frame, text, span)
        elif "parallel" in text:
            from specc.graph import parallel

            parallel.build(self, frame, text)
        else:
            self.layers(frame, text.get("layers"), span)

    def layers(self, frame: Frame, node: SourceNode | None, span: Span, *, over: Value | None = None) -> None:
        """Builds layers in order; they join the frame. As branches `over` a value, each reads it by default."""
        found = self._named(node, span)
        again = {e.key.span: e for e in node.repeated} if isinstance(node, SourceMapping) else {}
        if again:
            found += [(str(entry.key.value), place, entry.value) for place, entry in again.items()]
            found.sort(key=lambda layer: (layer[1].line, layer[1].column))
        for name, key, value in found:
            if over is not None:
                frame.current = over
            if key in again:
                self._again(frame, name, key, value, node)
                continue
            if name in frame.outputs:
                other = f"{name}_"
                self.sink.error(
                    "L209",
                    f"`{name}` is already an input of this scope",
                    key,
                    help=f"give the layer another name, such as `{other}`",
                )
                name = other  # the input keeps its name, and the layer is checked all the same
            frame.later.discard(name)
            self.layer(frame, name, key, value, role="branch" if over is not None else "")

    def _again(self, frame: Frame, name: str, key: Span, value: SourceNode, node: SourceNode | None) -> None:
        """A layer whose name was taken (Y102). Most likely another layer was meant: what follows reads it, if it is
        no mere repetition, and works."""
        first = node.get(name) if isinstance(node, SourceMapping) else None
        if first is None or plain(first) == plain(value) or name not in frame.outputs:
            return
        outer = (self.sink, frame.sink, frame.current, frame.outputs[name], frame.spans.get(name), frame.broken)
        known = len(frame.nodes)
        self.sink = frame.sink = OnceSink()
        self.layer(frame, name, key, value)
        fine = self.sink.ok and len(frame.nodes) > known
        self.sink, frame.sink, current, outputs, place, frame.broken = outer
        if fine:
            made = frame.nodes.pop()
            path = f"{made.path} (again)"  # apart from the first in graphs of what is known
            values = tuple(v._replace(producer=path) for v in made.outputs)
            frame.nodes.append(made._replace(path=path, outputs=values))
            frame.outputs[name] = [
                (label, frame.mark(v)) for (label, _), v in zip(frame.outputs[name], values, strict=True)
            ]
            frame.current = values[0]
            return
        del frame.nodes[known:]
        frame.current, frame.outputs[name] = current, outputs
        if place is not None:
            frame.spans[name] = place

    def _named(self, node: SourceNode | None, span: Span) -> list[tuple[str, Span, SourceNode]]:
        if isinstance(node, SourceMapping):
            found = [(str(e.key.value), e.key.span, e.value) for e in node.entries]
            for name, key, _ in found:
                check_name(name, key, self.sink)  # a layer of a bad name is built all the same: others read it
        elif isinstance(node, Sequence):
            found = [(str(k), item.span, item) for k, item in enumerate(node.items)]
        else:
            found = []
        if not found and not (isinstance(node, Scalar) and node.value is not None):
            self.sink.error(
                "N408",
                "there are no layers here",
                node.span if node is not None else span,
                help="write at least one: `layers: {fc: {op: Linear, out_features: 10}}`",
            )
        return found

    def declare_later(self, frame: Frame, *nodes: SourceNode | None) -> None:
        """Tells the frame which layers its text has, so that reading one too early is known for what it is."""
        for node in nodes:
            if isinstance(node, SourceMapping):
                frame.later.update(node.keys())

    def finish(self, frame: Frame, outputs: list[tuple[str, Value]]) -> None:
        """Reports the layers nobody reads (W511)."""
        for _, value in outputs:
            frame.mark(value)
        if frame.broken or self.partial:
            return
        for node in frame.nodes:
            if node.role not in ("", "body") or frame.was_read(node.name):
                continue
            self.sink.warning(
                "W511",
                f"nothing reads `{node.name}`",
                frame.spans[node.name],
                help=f"remove it, or read it with `from: {node.name}`",
            )

    # Layers ----------------------------------------------------------------------------------------------------

    def layer(self, frame: Frame, name: str, key: Span, node: SourceNode, role: str = "") -> None:
        """Builds one layer, in whichever form it is written."""
        before = len(self.sink.diagnostics)
        if isinstance(node, Scalar) and isinstance(node.value, str):
            entry = Entry(Scalar("op", "op", node.span), node)
            node = SourceMapping((entry,), node.span)
        if not isinstance(node, SourceMapping):
            self.sink.error(
                "L203",
                f"`{name}` must be an op, a block or a mapping",
                node.span,
                help="write `name: ReLU`, or `name: {op: Linear, out_features: 10}`",
            )
            self.placeholder(frame, name, key, before, role)
            return
        condition = self._when(frame, name, node)
        if condition is _ABSENT:
            frame.removed[name] = key
            when = node.get("when")
            frame.absent.append((name, _tree(when, self.sink)))
            return
        frame.texts[name] = node, key
        unsupported = [e for e in node.entries if str(e.key.value) in LATER]
        for entry in unsupported:
            word = entry.key.value
            self.sink.error("L207", f"`{word}` is not supported by this version of specc", entry.key.span)
        if "op" not in node and ("parameter" in node or "buffer" in node):
            from specc.graph.tensors import tensor

            made = tensor(self, frame, name, key, node)
            if "freeze" in node:
                from specc.graph.freezing import frozen

                made = frozen(self, frame, node, made, None)
            made = made._replace(role=role, condition=condition, optional=condition is not None)
            self.add(frame, made, (), key, before)
            return
        alone = node.entry("shared") if "repeat" not in node else None
        if alone is not None and "share" not in node:
            self.sink.error(
                "L201", "`shared` says nothing without `repeat`", alone.key.span, help="add `repeat`, or remove it"
            )
        if "repeat" in node and "share" not in node:
            repeats.repeat(self, frame, name, key, node, condition, role, before)
            return
        if "share" in node:
            from specc.graph.sharing import share

            built = share(self, frame, name, key, node)
        else:
            built = self.one(frame, name, key, node, frame.path + name, self.sources(frame, name, node), None)
        if built is None:
            self.placeholder(frame, name, key, before, role, chained="from" not in node)
            return
        node_, fields = built
        self.add(
            frame, node_._replace(role=role, condition=condition, optional=condition is not None), fields, key, before
        )

    def add(self, frame: Frame, node: Node, fields: tuple[str, ...], key: Span, before: int) -> None:
        frame.add(node._replace(error=self._first_error(before)), fields, key)

    def _first_error(self, before: int) -> str | None:
        errors = [d for d in self.sink.diagnostics[before:] if d.severity is Severity.ERROR]
        return errors[0].message if errors else None

    def placeholder(self, frame: Frame, name: str, key: Span, before: int, role: str, *, chained: bool = True) -> None:
        """A layer that could not be understood: what it gives is unknown, and its input counts as read."""
        inputs = () if frame.current is None or not chained else (Input("input", frame.mark(frame.current)),)
        value = Value(name, UNKNOWN, frame.path + name, 0, key)
        node = Node(name, frame.path + name, None, None, {}, inputs, (value,), key, role=role)
        self.add(frame, node, (), key, before)

    def _when(self, frame: Frame, name: str, node: SourceMapping) -> ast.expr | object | None:
        entry = node.entry("when")
        if entry is None:
            return None
        if isinstance(entry.value, Scalar) and isinstance(entry.value.value, bool):
            return ast.Constant(True) if entry.value.value else _ABSENT
        result = self.evaluator(frame).value(entry.value, lambda text: False)
        if result is None:
            return None
        value, tree = result
        return (tree or ast.Constant(True)) if value else _ABSENT

    def evaluator(self, frame: Frame, *, sink: Sink | None = None, **more: Any) -> Evaluator:
        return Evaluator({**frame.env, **more}, self.facts, self.sink if sink is None else sink, frame.beyond)

    def sources(self, frame: Frame, name: str, node: SourceMapping) -> list[Value] | dict[str, list[Value]] | None:
        """What the layer reads; None for the layer before it (so that a layer that reads nothing does not mark it)."""
        source = node.get("from")
        return None if source is None else frame.sources(source)

    def too_large(self, span: Span) -> NoReturn:
        self.sink.error("L301", f"the network has more than {NODE_LIMIT:,} layers", span)
        raise TooLarge

    def one(
        self,
        frame: Frame,
        name: str,
        key: Span,
        node: SourceMapping,
        path: str,
        sources: list[Value] | dict[str, list[Value]] | None,
        index: int | None,
    ) -> tuple[Node, tuple[str, ...]] | None:
        """One copy of a layer: a leaf, a use of a block, or a group. With it the names of its outputs."""
        built = self._one(frame, name, key, node, path, sources, index)
        if built is None or "freeze" not in node:
            return built
        from specc.graph.freezing import frozen

        return frozen(self, frame, node, built[0], index), built[1]

    def _one(
        self,
        frame: Frame,
        name: str,
        key: Span,
        node: SourceMapping,
        path: str,
        sources: list[Value] | dict[str, list[Value]] | None,
        index: int | None,
    ) -> tuple[Node, tuple[str, ...]] | None:
        self.count += 1
        if self.count > NODE_LIMIT:
            self.too_large(key)
        if any(body in node for body in BODIES):
            check(section_schema("group"), node, self.sink, what=f"group `{name}`", at=key)
            return scopes.group(self, frame, name, key, node, path, sources, index)
        entry = node.entry("op")
        if entry is None:
            near = closest("op", node.keys())
            self.sink.error(
                "L202",
                f"`{name}` has no `op`",
                key,
                help=f"did you mean `op` for `{near}`?" if near else "write `op:`, or `layers:` for a group",
            )
            return None
        if not isinstance(entry.value, Scalar) or not isinstance(entry.value.value, str):
            self.sink.error("L203", f"the `op` of `{name}` must be a name", entry.value.span)
            return None
        return leaves.named(self, frame, name, key, node, entry.value, path, sources, index)

    def fresh_name(self, path: str, kind: str, letter: str) -> str:
        """The symbol of a size that the layer at `path` finds: `head.keep` gives `head_keep_K`.

        The same for the same layer, however often it is built; unlike any other of the network.
        """
        known = self.fresh.get((path, letter))
        if known is not None:
            return known
        stem = re.sub(r"\W", "_", path)
        stem = f"{kind}_{stem}" if stem[:1].isdigit() else stem
        name, number = f"{stem}_{letter}", 1
        while name in self.taken:
            number += 1
            name = f"{stem}_{letter}{number}"
        self.taken.add(name)
        self.fresh[path, letter] = name
        return name

    def reported(self, span: Span) -> bool:
        return any(d.span == span for d in self.sink.diagnostics)


_ABSENT: Final = object()


def _tree(node: SourceNode | None, sink: Sink) -> ast.expr | None:
    from specc.language.expressions import parse

    if isinstance(node, Scalar) and isinstance(node.value, str):
        return parse(node.value, node.span, Sink())
    return None
