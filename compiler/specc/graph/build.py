"""Layers → nodes. The builder walks the text of a scope once for every use of it, with that use's params and shapes."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple, NoReturn

from specc.diagnostics import Diagnostic, Note, Severity, Sink, Span, closest
from specc.graph import residual
from specc.graph.admitted import admitted
from specc.graph.arguments import Evaluator, Param, bound_param, declared, entry_span
from specc.graph.frame import Frame
from specc.graph.holes import GUESSES, agreed, contradicted, filled, filled_by, has_holes, merged, solutions
from specc.graph.ir import Input, Node, Scope, Value
from specc.graph.origins import entering, leaving
from specc.graph.patterns import Pattern, read_inputs
from specc.graph.reserved import check_name
from specc.ops import OPS
from specc.ops.arguments import Arg
from specc.ops.call import Bound, Call, Operand
from specc.ops.declare import Op
from specc.ops.evaluate import apply, bind, unknown_outputs
from specc.shapes.conditions import Condition
from specc.shapes.constraints import Holds
from specc.shapes.dim import Dim
from specc.shapes.facts import Facts
from specc.shapes.pattern import match
from specc.shapes.tensor import UNKNOWN, TensorType, Type
from specc.source.explain import check
from specc.source.nodes import Entry, Mapping as SourceMapping
from specc.source.nodes import Node as SourceNode
from specc.source.nodes import Scalar, Sequence, plain
from specc.source.schema import LAYER_KEYS, layer_schema, op_schema, section_schema

NODE_LIMIT: Final = 20_000
REPEAT_LIMIT: Final = 10_000
NESTING_LIMIT: Final = 32

LATER: Final = ("share", "tie", "shared", "freeze", "names", "container")  # keys whose meaning is not built yet
BODIES: Final = ("layers", "residual", "parallel")


class TooLarge(Exception):
    """The network has more layers than the limit; it was reported."""


class Block(NamedTuple):
    """A block as declared: its params, its inputs, and its text."""

    name: str
    params: dict[str, Param]
    inputs: dict[str, Pattern] | None  # None: one input `x` of any shape
    text: SourceMapping
    key: Span
    problems: tuple[Diagnostic, ...] = ()


class OnceSink(Sink):
    """Drops what was said of the same place under the same code: a block used ten times is wrong once."""

    def report(self, diagnostic: Diagnostic) -> None:
        repeats = diagnostic.code[0] in "SNE" and diagnostic.span is not None
        if repeats and any(self._same(diagnostic, other) for other in self.diagnostics):
            return
        Sink.report(self, diagnostic)

    @staticmethod
    def _same(a: Diagnostic, b: Diagnostic) -> bool:
        # Open equalities differ in the condition that closes them: each axis of a `cat` has its own.
        return (a.code, a.span) == (b.code, b.span) and (a.code != "S305" or a.help == b.help)


class Muffled(OnceSink):
    """For a scope with an unknown input: what follows from not knowing its sizes is no news."""

    def report(self, diagnostic: Diagnostic) -> None:
        if diagnostic.code[0] != "S" and diagnostic.code not in ("E204", "E206", "E207", "E209"):
            OnceSink.report(self, diagnostic)


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
        self.guessing = False  # what is built rests on a guess already

    # Scopes ----------------------------------------------------------------------------------------------------

    def body(self, frame: Frame, text: SourceMapping, span: Span) -> None:
        """Builds the layers of a scope, whichever of `layers` and `residual` its text has."""
        if "residual" in text.keys():
            residual.build(self, frame, text, span)
        elif "parallel" in text.keys():
            entry = text.entry("parallel")
            assert entry is not None
            self.sink.error("L207", "`parallel` is not supported by this version of specc", entry.key.span,
                            help="write the branches as layers with `from`, and join them with `cat` or `add`")  # fmt: skip
            frame.current = Value("parallel", UNKNOWN, None)
            frame.broken = True
        else:
            self.layers(frame, text.get("layers"), span)

    def layers(self, frame: Frame, node: SourceNode | None, span: Span) -> None:
        """Builds layers in order; they join the frame."""
        found = self._named(node, span)
        again = {e.key.span: e for e in node.repeated} if isinstance(node, SourceMapping) else {}
        if again:
            found += [(str(entry.key.value), place, entry.value) for place, entry in again.items()]
            found.sort(key=lambda layer: (layer[1].line, layer[1].column))
        for name, key, value in found:
            if key in again:
                self._again(frame, name, key, value, node)
                continue
            if name in frame.outputs or name in frame.removed:
                self.sink.error("L209", f"`{name}` is already an input of this scope", key,
                                help="give the layer another name")  # fmt: skip
                continue
            frame.later.discard(name)
            self.layer(frame, name, key, value)

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
            frame.outputs[name] = [(label, frame.mark(v)) for (label, _), v in zip(frame.outputs[name], values, strict=True)]
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
            self.sink.error("N408", "there are no layers here", node.span if node is not None else span,
                            help="write at least one: `layers: {fc: {op: Linear, out_features: 10}}`")  # fmt: skip
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
        if frame.broken:
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
            self.sink.error("L203", f"`{name}` must be an op, a block or a mapping", node.span,
                            help="write `name: ReLU`, or `name: {op: Linear, out_features: 10}`")  # fmt: skip
            self._placeholder(frame, name, key, before, role)
            return
        condition = self._when(frame, name, node)
        if condition is _ABSENT:
            frame.removed[name] = key
            when = node.get("when")
            frame.absent.append((name, _tree(when, self.sink)))
            return
        unsupported = [e for e in node.entries if str(e.key.value) in LATER]
        for entry in unsupported:
            word = entry.key.value
            self.sink.error("L207", f"`{word}` is not supported by this version of specc", entry.key.span)
        if len(unsupported) and "share" in node.keys():
            self._placeholder(frame, name, key, before, role)
            return
        if "repeat" in node.keys():
            self._repeat(frame, name, key, node, condition, role, before)
            return
        built = self._one(frame, name, key, node, frame.path + name, self._inputs(frame, name, node), None)
        if built is None:
            self._placeholder(frame, name, key, before, role, chained="from" not in node.keys())
            return
        node_, fields = built
        self._add(frame, node_._replace(role=role, condition=condition, optional=condition is not None), fields, key, before)

    def _add(self, frame: Frame, node: Node, fields: tuple[str, ...], key: Span, before: int) -> None:
        frame.add(node._replace(error=self._first_error(before)), fields, key)

    def _first_error(self, before: int) -> str | None:
        errors = [d for d in self.sink.diagnostics[before:] if d.severity is Severity.ERROR]
        return errors[0].message if errors else None

    def _placeholder(
        self, frame: Frame, name: str, key: Span, before: int, role: str, *, chained: bool = True
    ) -> None:
        """A layer that could not be understood: what it gives is unknown, and its input counts as read."""
        inputs = () if frame.current is None or not chained else (Input("input", frame.mark(frame.current)),)
        value = Value(name, UNKNOWN, frame.path + name, 0, key)
        node = Node(name, frame.path + name, None, None, {}, inputs, (value,), key, role=role)
        self._add(frame, node, (), key, before)

    def _when(self, frame: Frame, name: str, node: SourceMapping) -> ast.expr | None | object:
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
        return Evaluator({**frame.env, **more}, self.facts, self.sink if sink is None else sink)

    def _inputs(self, frame: Frame, name: str, node: SourceMapping) -> list[Value] | dict[str, list[Value]] | None:
        """What the layer reads; None for the layer before it (so that a layer that reads nothing does not mark it)."""
        source = node.get("from")
        return None if source is None else frame.sources(source)

    def _too_large(self, span: Span) -> NoReturn:
        self.sink.error("L301", f"the network has more than {NODE_LIMIT:,} layers", span)
        raise TooLarge

    def _one(
        self, frame: Frame, name: str, key: Span, node: SourceMapping, path: str,
        sources: list[Value] | dict[str, list[Value]] | None, index: int | None,
    ) -> tuple[Node, tuple[str, ...]] | None:  # fmt: skip
        """One copy of a layer: a leaf, a use of a block, or a group. With it the names of its outputs."""
        self.count += 1
        if self.count > NODE_LIMIT:
            self._too_large(key)
        if any(body in node.keys() for body in BODIES):
            check(section_schema("group"), node, self.sink, what=f"group `{name}`", at=key)
            return self._group(frame, name, key, node, path, sources, index)
        entry = node.entry("op")
        for tensor in ("parameter", "buffer"):
            if tensor in node.keys():
                self.sink.error("L207", f"`{tensor}` is not supported by this version of specc", key)
                return None
        if entry is None:
            near = closest("op", node.keys())
            self.sink.error("L202", f"`{name}` has no `op`", key,
                            help=f"did you mean `op` for `{near}`?" if near else "write `op:`, or `layers:` for a group")  # fmt: skip
            return None
        if not isinstance(entry.value, Scalar) or not isinstance(entry.value.value, str):
            self.sink.error("L203", f"the `op` of `{name}` must be a name", entry.value.span)
            return None
        return self._named_op(frame, name, key, node, entry.value, path, sources, index)

    def _named_op(
        self, frame: Frame, name: str, key: Span, node: SourceMapping, word: Scalar, path: str,
        sources: list[Value] | dict[str, list[Value]] | None, index: int | None,
    ) -> tuple[Node, tuple[str, ...]] | None:  # fmt: skip
        kind = str(word.value)
        if kind not in OPS and kind not in self.blocks and isinstance(frame.params.get(kind), str):
            kind = frame.params[kind]  # a param of type `op`
        if kind in self.blocks:
            return self._block(frame, name, key, node, self.blocks[kind], path, sources, index)
        if kind not in OPS:
            near = self._meant(kind, frame, sources)
            self.sink.error(
                "L205",
                f"there is no op or block `{kind}`",
                word.span,
                help=f"did you mean `{near}`?" if near else "`specc ops` lists the ops",
            )
            return None if near is None else self._as_meant(near, frame, name, key, node, word, path, sources, index)
        return self._op(OPS[kind], frame, name, key, node, word, path, sources, index)

    def _meant(self, kind: str, frame: Frame, sources: list[Value] | dict[str, list[Value]] | None) -> str | None:
        """The op or block that an unknown name most likely means; of `Conv1d` and `Conv2d` the one its input fits."""
        near = closest(kind, [*OPS, *self.blocks])
        if near is None or not near[-2:-1].isdigit() or kind[-2:-1].isdigit():
            return near
        first = sources[0] if isinstance(sources, list) and sources else frame.current
        rank = first.type.rank if first is not None and isinstance(first.type, TensorType) else None
        sibling = f"{near[:-2]}{rank - 2}d" if rank is not None else near
        return sibling if sibling in OPS else near

    def _as_meant(
        self, kind: str, frame: Frame, name: str, key: Span, node: SourceMapping, word: Scalar, path: str,
        sources: list[Value] | dict[str, list[Value]] | None, index: int | None,
    ) -> tuple[Node, tuple[str, ...]] | None:  # fmt: skip
        """The layer as if `kind` had been written. Where its arguments do not fit, something else was meant."""
        outer, self.sink = self.sink, OnceSink()
        try:
            if kind in self.blocks:
                built = self._block(frame, name, key, node, self.blocks[kind], path, sources, index)
            else:
                built = self._op(OPS[kind], frame, name, key, node, word, path, sources, index)
            found = self.sink.diagnostics
        finally:
            self.sink = outer
        if any(d.code == "L202" or (d.code == "L201" and not (d.help or "").startswith("did you mean")) for d in found):
            return None
        for diagnostic in found:
            if diagnostic.code != "S302":  # another op of the family may be the one
                self.sink.report(diagnostic)
        return built

    def _op(
        self, op: type[Op], frame: Frame, name: str, key: Span, node: SourceMapping, word: Scalar, path: str,
        sources: list[Value] | dict[str, list[Value]] | None, index: int | None,
    ) -> tuple[Node, tuple[str, ...]] | None:  # fmt: skip
        check(op_schema(op), node, self.sink, what=op.name, at=word.span)
        args, guesses = self._arguments(frame, op, node, name, index)
        inputs = self._ports(frame, op, name, key, sources, node)
        if args is None or inputs is None:
            return self._leaf_unknown(op, name, path, key, inputs or ()), op.outputs
        if not guesses or any(not isinstance(i.value.type, TensorType) for i in inputs):
            return self.leaf(op, name, path, args, inputs, key, index), op.outputs

        def build(guess: int) -> Node:
            chosen = {**args, **{arg: Bound(values[guess]) for arg, values in guesses.items()}}
            return self.leaf(op, name, path, chosen, tuple(_filled(i, guess) for i in inputs), key, index)

        return self._guessed(build)._replace(inputs=inputs), op.outputs

    def _leaf_unknown(self, op: type[Op], name: str, path: str, span: Span, inputs: tuple[Input, ...]) -> Node:
        outputs = self._values(op, name, path, span, unknown_outputs(op))
        return Node(name, path, op, None, {}, inputs, outputs, span)

    @staticmethod
    def _values(op: type[Op], name: str, path: str, span: Span | None, types: tuple[Type, ...]) -> tuple[Value, ...]:
        labels = op.outputs if len(op.outputs) == len(types) else tuple(str(k) for k in range(len(types)))
        return tuple(
            Value(name if port == 0 else f"{name}.{labels[port]}", type, path, port, span)
            for port, type in enumerate(types)
        )

    def _arguments(
        self, frame: Frame, op: type[Op], node: SourceMapping, name: str, index: int | None
    ) -> tuple[dict[str, Bound] | None, dict[str, tuple[Any, Any]]]:
        """The arguments as written; a misspelt one (it was reported) counts as what was meant.

        With them two guesses for each that is missing or wrong; None where there is nothing to guess.
        """
        given: dict[str, Bound] = {}
        more: dict[str, Any] = {} if index is None else {"i": index}
        evaluator = self.evaluator(frame, **more)
        written = [e for e in node.entries if str(e.key.value) != "op" and str(e.key.value) not in LAYER_KEYS]
        wrong: set[str] = set()
        for entry in written:
            word = str(entry.key.value)
            if word not in op.args:
                near = closest(word, op.args)
                word = word if near is None or near in node else near
            arg = op.args.get(word)
            if arg is None:
                continue
            if word != entry.key.value:  # it was meant as this one, if its value fits
                bound = self.evaluator(frame, sink=Sink(), **more).argument(arg, entry, name)
                if bound is not None and arg.refuse(bound.value, op) is None:
                    given[word] = bound
                wrong.add(word)
                continue
            problems = len(self.sink.diagnostics)
            bound = evaluator.argument(arg, entry, name)
            if bound is None or len(self.sink.diagnostics) > problems:
                wrong.add(word)
            elif arg.refuse(bound.value, op) is not None and self._reported(entry.value.span):
                wrong.add(word)  # the schema said so already
            else:
                given[word] = bound
        absent = [arg for arg in op.args.values() if arg.required and arg.name not in given]
        guesses = {arg.name: pair for arg in absent if (pair := _pair(arg, op)) is not None}
        for word in wrong - given.keys():
            pair = _pair(op.args[word], op)
            if pair is not None:
                guesses[word] = pair
        if not absent:
            return bind(op, given, self.sink, name, None), guesses
        if not all(arg.name in wrong or self._reported_missing(node) for arg in absent):
            bind(op, given, self.sink, name, node.span)
        if any(arg.name not in guesses for arg in absent):
            return None, {}
        return bind(op, {**given, **{arg: Bound(pair[0]) for arg, pair in guesses.items()}}, self.sink, name, None), guesses

    def _reported(self, span: Span) -> bool:
        return any(d.span == span for d in self.sink.diagnostics)

    def _reported_missing(self, node: SourceMapping) -> bool:
        return any(d.code == "L202" and d.span is not None and _inside(d.span, node.span) for d in self.sink.diagnostics)

    def _ports(
        self, frame: Frame, op: type[Op], name: str, key: Span,
        sources: list[Value] | dict[str, list[Value]] | None, node: SourceMapping,
    ) -> tuple[Input, ...] | None:  # fmt: skip
        """What the op reads at each port; None after a report."""
        ports = op.ports()
        if not ports and sources is None:
            return ()
        if sources is None:
            current = frame.chained()
            sources = [] if current is None else [current]
        source = node.get("from")
        span = source.span if source is not None else key
        names = [port for port, _, _ in ports]
        wanted = ", ".join(f"`{port}`" + (" (optional)" if optional else "") for port, optional, _ in ports) or "no input"
        if isinstance(sources, dict):
            return self._by_name(sources, names, ports, name, op, span, wanted)
        inputs: list[Input] = []
        rest = list(sources)
        for port, optional, variadic in ports:
            taken = rest if variadic else rest[:1]
            rest = rest[len(taken) :]
            inputs += [Input(port, value) for value in taken]
            if not taken and not optional:
                self.sink.error("N404", f"`{name}` ({op.name}) needs an input for `{port}`", span,
                                help=f"it reads {wanted}: name them with `from: [a, b]`")  # fmt: skip
                return None
        if rest:
            self.sink.error("N404", f"`{name}` ({op.name}) reads {len(ports)} input{'s' * (len(ports) != 1)}, "
                            f"but `from` names {len(sources)}", span, help=f"it reads {wanted}")  # fmt: skip
            return None
        return tuple(inputs)

    def _by_name(
        self, sources: dict[str, list[Value]], names: list[str], ports: list[tuple[str, bool, bool]], name: str,
        op: type[Op], span: Span, wanted: str,
    ) -> tuple[Input, ...] | None:  # fmt: skip
        for port in sources:
            if port not in names:
                near = closest(port, names)
                self.sink.error("N404", f"`{name}` ({op.name}) has no input `{port}`", span,
                                help=f"did you mean `{near}`?" if near else f"it reads {wanted}")  # fmt: skip
                return None
        for port, optional, _ in ports:
            if port in sources and not sources[port]:
                return None  # what stands there names nothing; it was reported
            if port not in sources and not optional:
                self.sink.error("N404", f"`{name}` ({op.name}) needs an input for `{port}`", span,
                                help=f"it reads {wanted}")  # fmt: skip
                return None
        return tuple(Input(port, value) for port in names for value in sources.get(port, []))

    def leaf(
        self, op: type[Op], name: str, path: str, args: dict[str, Bound], inputs: tuple[Input, ...],
        span: Span | None, index: int | None = None, *, label: str | None = None, role: str = "",
    ) -> Node:  # fmt: skip
        """A node of an op, its rule run; quiet where an input is unknown."""
        if any(has_holes(i.value.type) for i in inputs):

            def build(guess: int) -> Node:
                given = tuple(_filled(i, guess) for i in inputs)
                return self.leaf(op, name, path, dict(args), given, span, index, label=label, role=role)

            holes = [i.value.type for i in inputs]
            sizes = [
                b.value for a, b in args.items() if op.args[a].inferred and b.given and isinstance(b.value, int)
            ]
            return self._guessed(build, holes, sizes)._replace(inputs=inputs)
        if any(not isinstance(i.value.type, TensorType) for i in inputs):
            outputs = self._values(op, name, path, span, unknown_outputs(op))
            return Node(name, path, op, None, args, inputs, outputs, span, role=role, index=index)
        operands: dict[str, list[Operand]] = {}
        for item in inputs:
            assert isinstance(item.value.type, TensorType)
            operands.setdefault(item.port, []).append(Operand(item.value.type, item.value.name, item.value.span))
        call = Call(op, args, operands, self.facts, self.sink, label or name, span)
        outcome = apply(call)
        self.requirements += call.requirements
        types = admitted(call.args, [i.value.type for i in inputs], outcome.outputs)
        outputs = self._values(op, name, path, span, types)
        return Node(
            name, path, op, None, call.args, inputs, outputs, span, role=role, index=index,
            parameters=outcome.parameters, buffers=outcome.buffers, macs=outcome.macs,
        )  # fmt: skip

    def _guessed(
        self, build: Callable[[int], Node], holes: list[Type] | None = None, written: list[int] | None = None
    ) -> Node:
        """A node that rests on a guess, built under both; see `specc.graph.holes`.

        `holes` are the types of an op's inputs where nothing else is guessed; `written` the sizes the spec says they
        have: `build` takes these, beyond the guesses, as further fillings.
        """
        sinks = [OnceSink(), OnceSink()]
        nodes: list[Node] = []
        outer = (self.sink, self.guessing, self.requirements)
        self.guessing, self.requirements = True, []
        try:
            for guess in GUESSES:
                self.sink = sinks[guess]
                count = self.count
                nodes.append(build(guess))
                self.count = count if guess else self.count
        finally:
            self.sink, self.guessing, self.requirements = outer
        for diagnostic in agreed(sinks[0], sinks[1]):
            self.sink.report(diagnostic)
        if holes is not None and written:
            sizes = solutions(written, holes)
            if not sizes or sizes[0] > 1:  # 0 and 1 stand for the guesses; a size of 1 is no mistake for certain
                for diagnostic in contradicted(sinks[0], sinks[1], self._tried(build, sizes), holes):
                    self.sink.report(diagnostic)
        first, second = nodes
        if len(first.outputs) != len(second.outputs):
            return first._replace(outputs=tuple(v._replace(type=UNKNOWN) for v in first.outputs), macs=None)
        outputs = tuple(
            a._replace(type=merged(a.type, b.type, fillings=holes is not None))
            for a, b in zip(first.outputs, second.outputs, strict=True)
        )
        return first._replace(outputs=outputs, macs=None)

    def _tried(self, build: Callable[[int], Node], sizes: list[int]) -> list[Sink]:
        """What is reported under each of the further fillings."""
        outer, found = (self.sink, self.requirements), list[Sink]()
        try:
            for size in sizes:
                self.sink, self.requirements = OnceSink(), []
                build(size)
                found.append(self.sink)
        finally:
            self.sink, self.requirements = outer
        return found

    # Repeats ---------------------------------------------------------------------------------------------------

    def _repeat(
        self, frame: Frame, name: str, key: Span, node: SourceMapping, condition: Any, role: str, before: int
    ) -> None:
        entry = node.entry("repeat")
        assert entry is not None
        result = self.evaluator(frame).value(entry.value, lambda text: False)
        count = result[0] if result is not None else None
        if result is not None and (isinstance(count, bool) or not isinstance(count, int) or count < 0):
            if not self._reported(entry.value.span):
                self.sink.error("L203", f"`repeat` must be a whole number, not `{count}`", entry.value.span)
            count = None
        if isinstance(count, int) and count > REPEAT_LIMIT:
            self.sink.error("L302", f"`repeat: {count}` is too much; the limit is {REPEAT_LIMIT:,}", entry.value.span)
            count = None
        sources = self._inputs(frame, name, node)
        if count is None:
            self._placeholder(frame, name, key, before, role)
            return
        path = frame.path + name
        outer = self._repeat_sources(frame, sources)
        inner = {port: [Value(port, entering(port, value.type), None, 0, value.span)] for port, value in outer}
        current = next(iter(inner.values()))[0] if inner else None
        scope_inputs = tuple(value[0] for value in inner.values())
        started = self.count
        copies: list[Node] = []
        types: Type = current.type if current else UNKNOWN
        for k in range(count):
            # A copy is built in the frame around the repeat: it sees that scope's params and `i`, and chains.
            copy = self._copy(frame, str(k), key, node, f"{path}.{k}", inner, current, sources, k)
            if copy is None:
                self._placeholder(frame, name, key, before, role)
                return
            if k == 0 and self.count + (self.count - started) * (count - 1) > NODE_LIMIT:
                self._too_large(entry.value.span)  # at once, rather than after building them
            copies.append(copy)
            current = copy.outputs[0] if copy.outputs else None
            types = leaving(current.type, {"i": Bound(k)}, {p: v[0].type for p, v in inner.items()}) if current else UNKNOWN
            if current is not None:
                current = current._replace(type=types)
                copies[-1] = copy._replace(outputs=(current, *copy.outputs[1:]))
        inputs = tuple(Input(port, value) for port, value in outer)
        given = {port: value.type for port, value in outer}
        out = leaving(types, {}, given)
        bound = Bound(count, result[1] if result else None, entry_span(entry), True)
        scope = Scope(
            "repeat", "", f"{frame.definition}.{name}", {p: Bound(v, ast.Name(p, ast.Load())) for p, v in frame.params.items()},
            scope_inputs, tuple(copies), (("", current),) if current is not None else (), numbered=True, span=key, repeat=bound,
        )  # fmt: skip
        value = Value(name, out, path, 0, key)
        made = Node(name, path, None, scope, {}, inputs, (value,), key, role=role, condition=condition,
                    optional=condition is not None)  # fmt: skip
        self._add(frame, made, (), key, before)

    @staticmethod
    def _repeat_sources(frame: Frame, sources: list[Value] | dict[str, list[Value]] | None) -> list[tuple[str, Value]]:
        if sources is None:
            current = frame.chained()
            return [] if current is None else [("x", current)]
        if isinstance(sources, dict):
            return [(port, value) for port, values in sources.items() for value in values]
        return [("x" if k == 0 else f"x{k}", value) for k, value in enumerate(sources)]

    def _copy(
        self, frame: Frame, name: str, key: Span, node: SourceMapping, path: str, inner: dict[str, list[Value]],
        current: Value | None, sources: list[Value] | dict[str, list[Value]] | None, k: int,
    ) -> Node | None:  # fmt: skip
        further = [value for values in inner.values() for value in values][1:]
        given: list[Value] | dict[str, list[Value]] | None
        if isinstance(sources, dict):
            ports = list(inner)
            given = {port: ([current] if port == ports[0] and current else inner[port]) for port in ports}
        else:
            given = [current, *further] if current is not None else None
        layer = SourceMapping(tuple(e for e in node.entries if e.key.value not in ("repeat", "when", "from")), node.span)
        inside = frame.copy(k, current)
        built = self._one(inside, name, key, layer, path, given, k)
        return None if built is None else built[0]._replace(index=k)

    # Blocks and groups -----------------------------------------------------------------------------------------

    def _block(
        self, frame: Frame, name: str, key: Span, node: SourceMapping, block: Block, path: str,
        sources: list[Value] | dict[str, list[Value]] | None, index: int | None,
    ) -> tuple[Node, tuple[str, ...]] | None:  # fmt: skip
        self.used.add(block.name)
        if block.name in self.stack or len(self.stack) >= NESTING_LIMIT:
            self._too_deep(block, key)
            return None
        check(_block_schema(block), node, self.sink, what=f"block `{block.name}`", at=_op_span(node) or key)
        given = self._block_inputs(frame, name, key, block, sources, node)
        if given is None:
            return None
        bound, guesses = self._bound(frame, block, node, name, index, given)

        def build(guess: int) -> Node:
            params = {**bound, **{param: Bound(values[guess]) for param, values in guesses.items()}}
            return self._block_node(block, params, given, path, name, key, index, guess)

        made = self._opened(build, bool(guesses), given)
        return made, tuple(label for label, _ in made.body.outputs) if made.body is not None else ()

    def _too_deep(self, block: Block, key: Span) -> None:
        if block.name in self.stack:
            chain = " → ".join(f"`{b}`" for b in (*self.stack[self.stack.index(block.name) :], block.name))
            self.sink.error("L303", f"`{block.name}` contains itself: {chain}", key, help="a block cannot use itself")
        else:
            self.sink.error("L303", f"blocks are nested more than {NESTING_LIMIT} deep here", key,
                            help="write the layers of some of them where they are used")  # fmt: skip

    def _opened(self, build: Callable[[int], Node], missing: bool, given: list[tuple[str, Value]]) -> Node:
        """The node of a scope. Where it rests on a guess (a param is missing, an input has holes) it is built twice."""
        if not missing and not any(has_holes(value.type) for _, value in given):
            return build(0)
        if not self.guessing:
            return self._guessed(build)
        outer, self.sink = self.sink, Sink()  # a guess within a guess: nothing it says is certain
        try:
            return build(0)
        finally:
            self.sink = outer

    def _block_node(
        self, block: Block, bound: dict[str, Bound], given: list[tuple[str, Value]], path: str, name: str, key: Span,
        index: int | None, guess: int,
    ) -> Node:  # fmt: skip
        inside = [(port, value._replace(type=filled(value.type, guess))) for port, value in given]
        outer_sink, self.sink = self.sink, self._muffled(inside)
        self.stack.append(block.name)
        try:
            scope, outputs = self._use(block, bound, inside, path, name, key)
        finally:
            self.stack.pop()
            self.sink = outer_sink
        types = {port: value.type for port, value in inside}
        params = {**bound, **self._symbol_bounds(scope)}
        values = tuple(
            Value(name if k == 0 else f"{name}.{label}", leaving(value.type, params, types), path, k, key)
            for k, (label, value) in enumerate(outputs)
        )
        wired = tuple(Input(port, value) for port, value in given)
        return Node(name, path, None, scope, bound, wired, values, key, index=index)

    @staticmethod
    def _symbol_bounds(scope: Scope) -> dict[str, Bound]:
        """What a symbol of the scope stands for: the size it is bound to, said as `x.shape[k]`."""
        from specc.graph.origins import input_size

        return {name: Bound(None, input_size(*place)) for name, place in scope.symbols.items()}

    def _block_inputs(
        self, frame: Frame, name: str, key: Span, block: Block,
        sources: list[Value] | dict[str, list[Value]] | None, node: SourceMapping,
    ) -> list[tuple[str, Value]] | None:  # fmt: skip
        ports = list(block.inputs) if block.inputs is not None else ["x"]
        return self._scope_inputs(frame, name, f"block `{block.name}`", ports, key, sources, node)

    def _scope_inputs(
        self, frame: Frame, name: str, what: str, ports: list[str], key: Span,
        sources: list[Value] | dict[str, list[Value]] | None, node: SourceMapping,
    ) -> list[tuple[str, Value]] | None:  # fmt: skip
        if sources is None:
            current = frame.chained()
            sources = [] if current is None else [current]
        source = node.get("from")
        span = source.span if source is not None else key
        wanted = ", ".join(f"`{port}`" for port in ports)
        if isinstance(sources, dict):
            given = {port: values[0] for port, values in sources.items() if values}
            unknown = next((port for port in given if port not in ports), None)
            missing = next((port for port in ports if port not in given), None)
            if unknown is None and missing is None:
                return [(port, given[port]) for port in ports]
            near = closest(unknown, ports) if unknown is not None else None
            message = f"has no input `{unknown}`" if unknown is not None else f"needs an input for `{missing}`"
            self.sink.error("N404", f"`{name}` ({what}) {message}", span,
                            help=f"did you mean `{near}`?" if near else f"it reads {wanted}")  # fmt: skip
            return None
        if len(sources) != len(ports):
            self.sink.error("N404", f"`{name}` ({what}) reads {len(ports)} input{'s' * (len(ports) != 1)}, "
                            f"but is given {len(sources)}", span, help=f"it reads {wanted}")  # fmt: skip
            return None
        return list(zip(ports, sources, strict=True))

    def _bound(
        self, frame: Frame, block: Block, node: SourceMapping, name: str, index: int | None,
        given: list[tuple[str, Value]],
    ) -> tuple[dict[str, Bound], dict[str, tuple[Any, Any]]]:  # fmt: skip
        """The params of one use, and for those that are missing or wrong two guesses, so that checking can go on."""
        more: dict[str, Any] = {} if index is None else {"i": index}
        outer = self.evaluator(frame, **more)
        inner: dict[str, Any] = {}
        bounds: dict[str, Bound] = {}
        guesses: dict[str, tuple[Any, Any]] = {}
        written = {str(e.key.value): e for e in node.entries}
        for param in block.params.values():
            entry = written.get(param.name) or self._misspelt(param, block, written)
            bound = None
            if entry is not None:
                bound = bound_param(param, entry.value, outer, given=True, span=entry_span(entry), label=name)
            elif param.default is not None:
                defaults = Evaluator(inner, self.facts, self.sink)
                bound = bound_param(param, param.default, defaults, given=False, span=param.span, label=block.name)
                if bound is not None:
                    bound = bound._replace(expr=None)  # said in the block's names; outside it is only its value
            if bound is None:
                guesses[param.name] = _guess(param, block, given)
                bound = Bound(guesses[param.name][0])
            bounds[param.name] = bound
            inner[param.name] = bound.value
        return bounds, guesses

    @staticmethod
    def _misspelt(param: Param, block: Block, written: dict[str, Entry]) -> Entry | None:
        """The unknown key that was meant as this param, if the param is otherwise missing (it was reported)."""
        for word, entry in written.items():
            if word not in block.params and word not in LAYER_KEYS and word != "op":
                if closest(word, block.params) == param.name and param.name not in written:
                    return entry
        return None

    def _muffled(self, given: list[tuple[str, Value]]) -> Sink:
        """Where the layers of a scope report to, given its inputs."""
        unknown = any(not isinstance(value.type, TensorType) for _, value in given)
        return Muffled(self.sink.diagnostics) if unknown else self.sink

    def _use(
        self, block: Block, bound: dict[str, Bound], given: list[tuple[str, Value]], path: str, name: str, key: Span
    ) -> tuple[Scope, list[tuple[str, Value]]]:
        inputs = tuple(Value(port, entering(port, value.type), None, 0, value.span) for port, value in given)
        params = {p: b.value for p, b in bound.items()}
        kinds = [f"{p}={params[p]}" for p, decl in block.params.items() if decl.type == "op"]
        definition = block.name + (f"[{', '.join(kinds)}]" if kinds else "")
        frame = Frame(self.sink, f"{path}.", definition, params, {}, inputs, block.name)
        patterns = read_inputs(block.text.get("inputs"), params, Sink())  # its own mistakes were reported once
        problems = len(self.sink.diagnostics)
        symbols = self.match_inputs(frame, patterns, name, key)
        if len(self.sink.diagnostics) > problems:  # what follows inside from such an input is no news
            self.sink = frame.sink = Muffled(self.sink.diagnostics)
        return self._close(frame, "block", block.name, block.text, symbols, bound, block.key)

    def _group(
        self, frame: Frame, name: str, key: Span, node: SourceMapping, path: str,
        sources: list[Value] | dict[str, list[Value]] | None, index: int | None,
    ) -> tuple[Node, tuple[str, ...]] | None:  # fmt: skip
        inside = {**frame.params, **({} if index is None else {"i": index})}
        patterns = read_inputs(node.get("inputs"), inside, self.sink)
        ports = list(patterns) if patterns else list(sources) if isinstance(sources, dict) else ["x"]
        given = self._scope_inputs(frame, name, "this group", ports, key, sources, node)
        if given is None:
            return None

        def build(guess: int) -> Node:
            inputs = [(port, value._replace(type=filled(value.type, guess))) for port, value in given]
            return self._group_node(frame, name, key, node, path, inputs, patterns, inside, index)

        made = self._opened(build, False, given)
        assert made.body is not None
        wired = tuple(Input(port, value) for port, value in given)
        return made._replace(inputs=wired), tuple(label for label, _ in made.body.outputs)

    def _group_node(
        self, frame: Frame, name: str, key: Span, node: SourceMapping, path: str, given: list[tuple[str, Value]],
        patterns: dict[str, Pattern], inside: dict[str, Any], index: int | None,
    ) -> Node:  # fmt: skip
        inputs = tuple(Value(port, entering(port, value.type), None, 0, value.span) for port, value in given)
        definition = f"{frame.definition}.{name}" if index is None else frame.definition + ".copy"
        outer_sink, self.sink = self.sink, self._muffled(given)
        inner = Frame(self.sink, f"{path}.", definition, inside, {}, inputs, "")
        try:
            problems = len(self.sink.diagnostics)
            symbols = self.match_inputs(inner, patterns, name, key)
            if len(self.sink.diagnostics) > problems:
                self.sink = inner.sink = Muffled(self.sink.diagnostics)
            bound = {p: Bound(v, ast.Name(p, ast.Load())) for p, v in inside.items()}
            scope, outputs = self._close(inner, "group", "", node, symbols, bound, key)
        finally:
            self.sink = outer_sink
        types = {port: value.type for port, value in given}
        outer = self._symbol_bounds(scope)
        values = tuple(
            Value(name if k == 0 else f"{name}.{label}", leaving(value.type, outer, types), path, k, key)
            for k, (label, value) in enumerate(outputs)
        )
        wired = tuple(Input(port, value) for port, value in given)
        return Node(name, path, None, scope, {}, wired, values, key, index=index)

    def _close(
        self, frame: Frame, kind: str, title: str, text: SourceMapping, symbols: dict[str, tuple[str, int]],
        bound: Mapping[str, Bound], span: Span,
    ) -> tuple[Scope, list[tuple[str, Value]]]:  # fmt: skip
        """Builds the layers of a block or group and makes its scope."""
        self.declare_later(frame, text.get("layers"), text.get("residual"))
        self.body(frame, text, span)
        outputs = self.scope_outputs(frame, text.get("outputs"))
        self.finish(frame, outputs)
        scope = Scope(
            kind, title, frame.definition, bound, frame.inputs, tuple(frame.nodes), tuple(outputs),
            numbered=isinstance(text.get("layers"), Sequence) or isinstance(text.get("residual"), Sequence),
            span=span, symbols=symbols, absent=tuple(frame.absent), residual="residual" in text.keys(),
        )  # fmt: skip
        return scope, outputs

    def scope_outputs(self, frame: Frame, node: SourceNode | None) -> list[tuple[str, Value]]:
        """The outputs of a block or group: as written, or its last layer."""
        if isinstance(node, SourceMapping):
            found = []
            for entry in node.entries:
                source = entry.value.get("from") if isinstance(entry.value, SourceMapping) else entry.value
                if isinstance(source, Scalar):
                    found.append((str(entry.key.value), frame.reference(source)))
            return found
        if isinstance(node, Scalar):
            return [("", frame.reference(node))]
        return [] if frame.current is None else [("", frame.current)]

    def match_inputs(
        self, frame: Frame, patterns: Mapping[str, Pattern], name: str, span: Span
    ) -> dict[str, tuple[str, int]]:
        """Matches the inputs against their patterns; the symbols join the frame. Returns where each is bound."""
        places: dict[str, tuple[str, int]] = {}
        for value in frame.inputs:
            pattern = patterns.get(value.name)
            if pattern is None or pattern.dims is None or not isinstance(value.type, TensorType):
                continue
            found = match(pattern.dims, value.type, frame.symbols, self.facts)
            if found.rank is not None:
                self.sink.error(
                    "S313",
                    f"`{name}` expects `{value.name}` of shape {pattern.text}, but it is {value.type}",
                    span,
                    notes=(Note(f"`{value.name}: {pattern.text}` is declared here", pattern.span),),
                )
            for wrong in found.mismatches:
                when = f": they are equal only when {wrong.verdict.when}" if isinstance(wrong.verdict, Holds) else ""
                self.sink.error(
                    "S305" if when else "S313",
                    f"`{name}` expects `{value.name}` of shape {pattern.text}, but dimension {wrong.axis} is "
                    f"`{wrong.actual}`, not `{wrong.expected}`{when}",
                    span,
                    notes=(
                        Note(f"`{value.name}` is {value.type}", value.span),
                        Note(f"`{value.name}: {pattern.text}` is declared here", pattern.span),
                    ),
                    help=f"add `where: [{wrong.verdict.when}]`" if isinstance(wrong.verdict, Holds) else None,
                )
            for axis, dim in enumerate(value.type.shape):
                lead = value.type.rank - len(pattern.dims)
                label = pattern.dims[axis - lead] if axis >= lead else None
                if isinstance(label, str) and label in found.bindings and label not in places:
                    places[label] = (value.name, axis)
                    frame.symbols[label] = dim.value if dim.is_const else dim
            if pattern.dtype is not None and pattern.dtype != value.type.dtype:
                self.sink.error("S307", f"`{name}` expects `{value.name}` of dtype {pattern.dtype}, "
                                f"but it is {value.type.dtype}", span,
                                notes=(Note(f"`{value.name}` is declared here", pattern.span),))  # fmt: skip
        return places


_ABSENT: Final = object()


def _pair(arg: Arg, op: type[Op]) -> tuple[Any, Any] | None:
    """Two values the argument might have had; None where none can be guessed, and its default will do if it has one."""
    pairs: list[tuple[Any, Any]] = [(1, 2), (False, True)]
    return next((pair for pair in pairs if all(arg.refuse(guess, op) is None for guess in pair)), None)


def _filled(item: Input, guess: int) -> Input:
    """The input under the first or second guess, or with its holes filled by a size beyond these numbers."""
    fill = filled if guess in GUESSES else filled_by
    return Input(item.port, item.value._replace(type=fill(item.value.type, guess)))


def _tree(node: SourceNode | None, sink: Sink) -> ast.expr | None:
    from specc.language.expressions import parse

    if isinstance(node, Scalar) and isinstance(node.value, str):
        return parse(node.value, node.span, Sink())
    return None


def _inside(inner: Span, outer: Span) -> bool:
    return (outer.line, outer.column) <= (inner.line, inner.column) <= (outer.end_line, outer.end_column)


def _op_span(node: SourceMapping) -> Span | None:
    op = node.get("op")
    return op.span if op is not None else None


def _guess(param: Param, block: Block, given: list[tuple[str, Value]]) -> tuple[Any, Any]:
    """Two values that a missing param might have: of an integer the channels of the input, the likeliest."""
    if param.type in _GUESSES:
        return _GUESSES[param.type]
    if _counts(block.text, param.name):
        return 1, 2
    for _, value in given:
        if isinstance(value.type, TensorType) and value.type.rank > 1 and value.type.shape[1].is_const:
            channels = value.type.shape[1].value
            return channels, 2 * channels
    return 16, 32


_GUESSES: Final[dict[str | None, tuple[Any, Any]]] = {
    "float": (0.5, 0.25), "bool": (False, True), "str": ("", " "), "op": ("Identity", "ReLU"), "list": ((1, 1), (2, 2)),
}  # fmt: skip


def _counts(node: SourceNode, name: str) -> bool:
    """Whether the param says how often something is repeated: then a guess must be small."""
    if isinstance(node, SourceMapping):
        return any(
            _names(entry.value, name) if entry.key.value == "repeat" else _counts(entry.value, name)
            for entry in node.entries
        )
    return isinstance(node, Sequence) and any(_counts(item, name) for item in node.items)


def _names(node: SourceNode, name: str) -> bool:
    return isinstance(node, Scalar) and isinstance(node.value, str) and name in node.value


def _block_schema(block: Block) -> dict[str, Any]:
    anything = {"description": "a param of the block"}
    return layer_schema(
        {
            "properties": {name: _param_schema(p) or anything for name, p in block.params.items()},
            "required": [name for name, p in block.params.items() if p.required],
        }
    )


def _param_schema(param: Param) -> dict[str, Any]:
    kinds = {"int": "integer", "float": "number", "bool": "boolean"}
    if param.type in kinds:
        return {
            "anyOf": [{"type": kinds[param.type]}, {"type": "string", "minLength": 1}],
            "description": f"a param of type {param.type}",
        }
    return {"description": "a param of the block"}


def declared_blocks(node: SourceNode | None, sink: Sink) -> dict[str, Block]:
    """The blocks of a spec; what is wrong with a declaration is reported, and the rest of it kept."""
    blocks: dict[str, Block] = {}
    for entry in node.entries if isinstance(node, SourceMapping) else ():
        name, text = str(entry.key.value), entry.value
        if not isinstance(text, SourceMapping):
            sink.error("L203", f"block `{name}` must be a mapping with `layers` or `residual`", text.span)
            continue
        check_name(name, entry.key.span, sink, "block")
        if name in OPS:
            sink.error("L209", f"`{name}` is an op; a block needs a name of its own", entry.key.span)
            continue
        check(section_schema("block"), text, sink, what=f"block `{name}`", at=entry.key.span)
        bodies = [body for body in BODIES if body in text.keys()]
        if not bodies:
            sink.error("L202", f"block `{name}` has no layers", entry.key.span, help="write `layers:` or `residual:`")
        params = declared(text.get("params"), sink)
        symbolic = {name: Dim.symbol(name) for name in params}
        inputs = read_inputs(text.get("inputs"), symbolic, sink) if text.get("inputs") else None
        blocks[name] = Block(name, params, inputs, text, entry.key.span)
    return blocks

