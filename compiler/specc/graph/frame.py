"""A scope while it is being built: its names, what was read, and how `from` is resolved."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from specc.diagnostics import Edit, Note, Sink, Span, closest
from specc.graph.ir import Node, Value
from specc.shapes.dim import Fresh
from specc.shapes.tensor import UNKNOWN, TensorType
from specc.source.nodes import Mapping as SourceMapping
from specc.source.nodes import Node as SourceNode
from specc.source.nodes import Scalar, Sequence


def _names_something(node: Scalar) -> bool:
    if isinstance(node.value, bool) or node.value is None:
        return False
    # To YAML `1.0`, the first output of layer 1, is a number; to the schema it is an integer, and 1.5 none.
    return isinstance(node.value, str) or (node.value >= 0 and node.value == int(node.value))


class Frame:
    """Names and nodes of one scope, in the order of the text."""

    def __init__(
        self, sink: Sink, path: str, definition: str, params: dict[str, Any], symbols: dict[str, Any],
        inputs: tuple[Value, ...], title: str,
    ) -> None:  # fmt: skip
        self.sink = sink
        self.path = path  # prefix of the paths of its layers: "" or "layer1.0."
        self.definition = definition
        self.params = params  # what expressions may name, without the symbols
        self.symbols = symbols
        self.beyond: set[str] = set()  # sizes of the scopes around a group, which it does not see
        self.inputs = inputs
        self.title = title
        self.outputs = {value.name: [("", value)] for value in inputs}  # by name: (field, value) in order
        self.later: set[str] = set()  # layers the text has, not yet built
        self.removed: dict[str, Span] = {}  # by a `when`
        self.nodes: list[Node] = []
        self.spans: dict[str, Span] = {}  # of the layers' keys
        self.read: set[int] = set()
        self.fresh: dict[str, tuple[Value, int]] = {}  # sizes that layers find in the data, by the names used here
        self.asked: set[int] = set()  # values whose such size an expression names
        self.absent: list[tuple[str, Any]] = []
        self.texts: dict[str, tuple[SourceMapping, Span]] = {}  # of its layers, with their keys: for `share`
        self.before: dict[Value, Value] = {}  # of a layer with a `when`: what came before it
        self.instead: dict[tuple[Value, Value], None] = {}  # what was read, and what is where its layer is left out
        self.current = inputs[0] if inputs else None  # what a layer without `from` reads
        self.broken = False  # a reference could not be resolved: what looks unread may be meant by it

    def copy(self, index: int, current: Value | None) -> Frame:
        """What copy `index` of a repeat sees: all of this scope and `i`. What it reads is not marked as read here."""
        inside = Frame.__new__(Frame)
        inside.__dict__.update(self.__dict__)
        inside.params = {**self.params, "i": index}
        inside.current = current
        inside.read = set()
        inside.broken = False
        return inside

    def scratch(self, sink: Sink) -> Frame:
        """The same names for what is built beside the layers of this scope, with reports of its own."""
        inside = Frame.__new__(Frame)
        inside.__dict__.update(self.__dict__)
        inside.sink, inside.read, inside.broken = sink, set(), False
        return inside

    @property
    def env(self) -> dict[str, Any]:
        return {**self.params, **self.symbols}

    def names(self) -> list[str]:
        return list(self.outputs)

    def free(self, name: str) -> str:
        """The name, or with `_` behind it where a layer has it."""
        while name in self.outputs or name in self.later:
            name += "_"
        return name

    def mark(self, value: Value) -> Value:
        self.read.add(id(value))
        return value

    def was_read(self, name: str) -> bool:
        return any(id(value) in self.read or id(value) in self.asked for _, value in self.outputs[name])

    # References ------------------------------------------------------------------------------------------------

    def chained(self) -> Value | None:
        """What a layer without `from` reads: the layer before it, or the scope's first input."""
        return self.follow(self.current) if self.current is not None else None

    def follow(self, value: Value) -> Value:
        """Marks what is read because it comes before: where its layer is left out, that is what came before that."""
        self.mark(value)
        last = value
        while last in self.before and (last, self.before[last]) not in self.instead:
            self.instead[last, self.before[last]] = None
            last = self.before[last]
        return value

    def sources(self, node: SourceNode) -> list[Value] | dict[str, list[Value]]:
        """What a `from` names: values in order, or by port. A name that cannot be resolved gives an unknown value."""
        if isinstance(node, SourceMapping):
            return {str(e.key.value): list(self._each(e.value)) for e in node.entries}
        return list(self._each(node))

    def _each(self, node: SourceNode) -> Iterator[Value]:
        for item in node.items if isinstance(node, Sequence) else (node,):
            if isinstance(item, Scalar) and _names_something(item):
                yield self.reference(item)
            else:
                yield self._unknown(item.text if isinstance(item, Scalar) else "?")  # the schema says what is wrong

    def reference(self, node: Scalar) -> Value:
        """The value that `a`, `a.field` or `a or b` names."""
        text = str(node.value) if isinstance(node.value, str | bool) else node.text
        alternatives = [part.strip() for part in text.split(" or ")]
        for place, alternative in enumerate(alternatives):
            name, _, _ = alternative.partition(".")
            if name in self.outputs:
                value = self._field(alternative, node.span)
                self._fall_back(value, alternatives[place + 1 :])
                return value
        for alternative in alternatives:
            name = alternative.partition(".")[0]
            if name not in self.removed:
                return self._unresolved(alternative, name, node.span, alone=len(alternatives) == 1)
        gone = alternatives[-1].partition(".")[0]
        self.sink.error(
            "N403",
            f"`{gone}` does not exist here: its `when` does not hold",
            node.span,
            notes=(Note(f"`{gone}` has a `when`", self.removed[gone]),),
            help=f"name what stands in for it: `from: {gone} or …`",
        )
        return self._unknown(gone)

    def _fall_back(self, value: Value, alternatives: list[str]) -> None:
        """Notes what is read where the layers of `a or b or c` are left out one after the other."""
        for alternative in alternatives:
            name, _, wanted = alternative.partition(".")
            for position, (label, other) in enumerate(self.outputs.get(name, ())):
                if wanted in ("", label, str(position)):
                    self.instead[value, other] = None
                    value = other
                    break

    def _unknown(self, name: str) -> Value:
        self.broken = True
        return Value(name, UNKNOWN, None)

    def _unresolved(self, text: str, name: str, span: Span, *, alone: bool) -> Value:
        if name in self.later:
            self.sink.error(
                "N402",
                f"`{name}` comes later: a layer can only read layers above it",
                span,
                help="layers run from top to bottom; move it up",
            )
            return self._unknown(name)
        near = None if name.isdigit() else closest(name, self.outputs)
        known = ", ".join(f"`{n}`" for n in list(self.outputs)[-8:])
        where = f"`{self.title}`" if self.title else "this group"
        self.sink.error(
            "N401",
            f"there is no layer or input `{name}` in {where}",
            span,
            help=f"did you mean `{near}`?" if near else f"it has {known}" if known else None,
            edits=(Edit(span, near + text[len(name) :]),) if near and alone else (),
        )
        if near is None:
            return self._unknown(name)
        return self.mark(self.outputs[near][0][1])  # go on as if it had been meant

    def _field(self, text: str, span: Span) -> Value:
        name, dot, wanted = text.partition(".")
        outputs = self.outputs[name]
        if not dot:
            return self.mark(outputs[0][1])
        for position, (label, value) in enumerate(outputs):
            if wanted == label or wanted == str(position):
                return self.mark(value)
        if not isinstance(outputs[0][1].type, TensorType):  # how many outputs it has may follow from what is unknown
            return self._unknown(text)
        labels = [label for label, _ in outputs if label]
        near = closest(wanted, labels)
        have = ", ".join(f"`{name}.{label}`" for label in labels) if labels else f"one output, `{name}`"
        self.sink.error(
            "N405",
            f"`{name}` has no output `{wanted}`",
            span,
            help=self._asking(name, wanted) or (f"did you mean `{name}.{near}`?" if near else f"it has {have}"),
        )
        self.mark(outputs[0][1])
        return self._unknown(text)

    def _asking(self, name: str, wanted: str) -> str | None:
        """The help for an output that an argument asks for."""
        op = next((node.op for node in self.nodes if node.name == name), None)
        asks = f"return_{wanted}"
        return f"`{asks}: true` makes it one" if op is not None and asks in op.args else None

    # Growth ----------------------------------------------------------------------------------------------------

    def add(self, node: Node, fields: tuple[str, ...], key: Span) -> None:
        """A layer is done: later ones may read it, and the next one does unless it says otherwise."""
        self.nodes.append(node)
        self.spans[node.name] = key
        labels = fields[: len(node.outputs)] or tuple("" for _ in node.outputs)  # an argument may leave the last out
        self.outputs[node.name] = list(zip(labels, node.outputs, strict=True))
        if node.outputs and not (node.op is not None and node.op.own):  # a parameter is read by its name alone
            # A branch left out is not merged: nothing stands in for it.
            if node.condition is not None and node.role != "branch" and self.current is not None:
                self.before[node.outputs[0]] = self.current
            self.current = node.outputs[0]
        self._name_sizes(node)

    def _name_sizes(self, node: Node) -> None:
        """A size that the layer finds in the data gets a name here: `keep_K`, or as it is shown where that is taken."""
        types = [i.value.type for i in node.inputs]
        known = {n for t in types if isinstance(t, TensorType) for dim in t.shape for n in dim.fresh}
        for value in node.outputs:
            for axis, dim in enumerate(value.type.shape if isinstance(value.type, TensorType) else ()):
                name = dim.as_symbol
                if not isinstance(name, Fresh) or name in known:
                    continue
                known.add(name)
                stem = f"{node.kind}_{node.name}" if node.name.isdigit() else node.name
                wanted = f"{stem}_{name.rpartition('_')[2]}"
                said = wanted if wanted not in self.env else str(name)
                if said not in self.env:
                    self.fresh[said] = (value, axis)
                    self.symbols[said] = dim

    def found(self) -> dict[str, tuple[str, int]]:
        """Where each such size is: the value's name and the axis."""
        return {name: (value.name, axis) for name, (value, axis) in self.fresh.items()}

    def ask(self, names: Iterable[str]) -> None:
        """An expression names these: the layers whose sizes are among them count as read."""
        self.asked.update(id(self.fresh[name][0]) for name in names if name in self.fresh)
