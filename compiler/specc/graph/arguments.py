"""What a spec wrote for an argument or a param, evaluated."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Collection, Mapping
from typing import Any, Final, NamedTuple

from specc.diagnostics import Edit, Sink, Span, closest
from specc.graph.reserved import check_name
from specc.language.expressions import FUNCTIONS, EvaluationError, evaluate, names, parse
from specc.ops.arguments import Arg, Choice, shown
from specc.ops.call import Bound
from specc.shapes.constraints import Facts
from specc.shapes.dim import Dim
from specc.source.nodes import Entry, Node, Scalar, Sequence
from specc.source.nodes import Mapping as SourceMapping

PARAM_TYPES: Final = {
    "int": "an integer",
    "float": "a number",
    "bool": "true or false",
    "str": "a string",
    "list": "a list",
    "op": "the name of an op",
}


def entry_span(entry: Entry) -> Span:
    """From the key to the end of the value; the key where the value is written elsewhere (an alias, an override)."""
    key, value = entry.key.span, entry.value.span
    if value.file != key.file or (value.line, value.column) < (key.line, key.column):
        return key
    return Span(key.file, key.line, key.column, value.end_line, value.end_column)


class Evaluator:
    """Evaluates values in one scope: its names, the facts about symbols, and where reports go."""

    def __init__(self, env: Mapping[str, Any], facts: Facts, sink: Sink, beyond: Collection[str] = ()) -> None:
        self.env = env
        self.facts = facts
        self.sink = sink
        self.beyond = beyond  # names of sizes that a scope around this one sees

    def expression(self, text: str, span: Span) -> tuple[Any, ast.expr] | None:
        """The value and the tree of an expression; None after a report."""
        tree = parse(text, span, self.sink)
        if tree is None:
            return None
        try:
            return evaluate(tree, self.env, self.facts), tree
        except EvaluationError as wrong:
            hidden = next((n for n in sorted(names(tree)) if n in self.beyond and n not in self.env), None)
            help = wrong.help
            if wrong.code == "E206" and hidden is not None:
                help = f"a group sees its own sizes only: give it `inputs`, a pattern that names `{hidden}`"
            edits: tuple[Edit, ...] = ()
            if wrong.meant is not None and help == wrong.help and re.fullmatch(r"[\w +*/%()-]*", text):
                edits = (Edit(span, re.sub(rf"\b{wrong.meant[0]}\b", wrong.meant[1], text)),)
            self.sink.error(wrong.code, wrong.message, span, help=help, edits=edits)
            return None

    def value(
        self, node: Node, literal: Callable[[str], bool], rewritten: Callable[[str], str] = str
    ) -> tuple[Any, ast.expr | None] | None:
        """The value of a node, and its tree where expressions were written; `literal` says which strings are plain,
        `rewritten` what expression the others stand for.
        """
        if isinstance(node, Sequence):
            items = [self.value(item, literal, rewritten) for item in node.items]
            if any(item is None for item in items):
                return None
            values = tuple(item[0] for item in items if item is not None)
            trees = [item[1] for item in items if item is not None]
            if all(tree is None for tree in trees):
                return values, None
            full = [tree or ast.Constant(value) for tree, value in zip(trees, values, strict=True)]
            return values, ast.Tuple(full, ast.Load())
        if isinstance(node, SourceMapping):
            self.sink.error("L203", "a mapping cannot stand here", node.span)
            return None
        if isinstance(node.value, str) and not literal(node.value):
            return self.expression(rewritten(node.value), node.span)
        return node.value, None

    def argument(self, arg: Arg, entry: Entry, label: str) -> Bound | None:
        """An op's argument as written; None after a report."""
        node = entry.value
        if isinstance(arg, Choice) and isinstance(node, Scalar) and isinstance(node.value, str):
            wrong = self._no_choice(arg, node, label)
            if wrong:
                return None
        result = self.value(node, arg.literal, arg.rewritten)
        if result is None:
            return None
        value, tree = result
        if not arg.runtime and _symbolic(value):
            self.sink.error(
                "E209",
                f"`{arg.name}` of `{label}` must be known when the network is built, "
                f"but `{_text(node)}` is `{value}`, known only when it runs",
                node.span,
                help=f"a constructor needs a number: {_number(value)}",
            )
            return None
        return Bound(value, tree, entry_span(entry), given=True)

    def _no_choice(self, arg: Choice, node: Scalar, label: str) -> bool:
        """Reports a word that is none of the choice's and no name in sight."""
        text = str(node.value)
        if text in arg.words or not text.isidentifier() or text in self.env:
            return False
        near = closest(text, arg.words)
        self.sink.error(
            "L204",
            f"`{arg.name}` of `{label}` must be {arg.kind}, not `{text}`",
            node.span,
            near=near,
        )
        return True


def _symbolic(value: Any) -> bool:
    return any(map(_symbolic, value)) if isinstance(value, tuple) else isinstance(value, Dim)


def _number(value: Any) -> str:
    """How a symbolic size may become one."""
    sizes = value if isinstance(value, tuple) else (value,)
    if any(isinstance(size, Dim) and size.fresh for size in sizes):
        return "the data decide that size"
    return "give that dimension of the input one"


def _text(node: Node) -> str:
    return node.text if isinstance(node, Scalar) else "this value"


class Param(NamedTuple):
    """A declared param; `default` is None where it is required."""

    name: str
    type: str | None  # of PARAM_TYPES, None where only a default was written
    default: Node | None
    span: Span
    key: Span
    computed: bool = False  # the default is an expression over params before it: `mid: channels // 2`

    @property
    def required(self) -> bool:
        return self.default is None

    def literal(self, text: str) -> bool:
        """Whether a string given to it is meant as itself."""
        if self.type is not None:
            return self.type in ("str", "op")
        return isinstance(self.default, Scalar) and isinstance(self.default.value, str) and not self.computed

    def refuse(self, value: Any) -> str | None:
        """Why the value is not of the declared type, or None."""
        number = isinstance(value, int | float) and not isinstance(value, bool)
        fits = {
            None: True,
            "int": number and isinstance(value, int),
            "float": number,
            "bool": isinstance(value, bool),
            "str": isinstance(value, str),
            "list": isinstance(value, tuple),
            "op": isinstance(value, str),
        }[self.type]
        if fits or isinstance(value, Dim) or (value is None and self.default is not None and _is_null(self.default)):
            return None
        return f"must be {PARAM_TYPES[self.type or 'int']}, not {shown(value)}"


def _is_null(node: Node) -> bool:
    return isinstance(node, Scalar) and node.value is None


def declared(node: Node | None, sink: Sink) -> dict[str, Param]:
    """The params a `params` section declares; what is wrong with one is reported and it is left out."""
    params: dict[str, Param] = {}
    for entry in node.entries if isinstance(node, SourceMapping) else ():
        name = str(entry.key.value)
        if not check_name(name, entry.key.span, sink, "param"):
            continue
        if name in FUNCTIONS or name == "i":
            meaning = "the index of a `repeat`" if name == "i" else "a function of the expression language"
            sink.error("L208", f"`{name}` cannot name a param: it is {meaning}", entry.key.span)
            continue
        kind, default = _declaration(entry.value, sink)
        computed = kind is None and _computed(default, params)
        params[name] = Param(name, kind, default, entry_span(entry), entry.key.span, computed)
    return params


def _computed(default: Node | None, known: Mapping[str, Param]) -> bool:
    """Whether an untyped default is computed from other params; else a string is meant as itself."""
    if not isinstance(default, Scalar) or not isinstance(default.value, str):
        return False
    tree = parse(default.value, default.span, Sink())
    read = names(tree) if tree is not None else set()
    return bool(read) and read <= known.keys()


def _declaration(node: Node, sink: Sink) -> tuple[str | None, Node | None]:
    if isinstance(node, SourceMapping):
        kind, default = node.get("type"), node.get("default")
        return (_type(kind, sink) if kind is not None else None), default
    if isinstance(node, Scalar) and isinstance(node.value, str) and _alias(node.value) in PARAM_TYPES:
        return _alias(node.value), None
    return None, node


def _alias(word: str) -> str:
    return {"string": "str", "number": "float", "boolean": "bool", "integer": "int"}.get(word, word)


def _type(node: Node, sink: Sink) -> str | None:
    word = _alias(str(node.value)) if isinstance(node, Scalar) else ""
    if word in PARAM_TYPES:
        return word
    near = closest(word, PARAM_TYPES)
    sink.error(
        "L206",
        f"`{word}` is not a type of a param" if word else "the type of a param is a word",
        node.span,
        near=near,
        help="types are " + ", ".join(f"`{t}`" for t in PARAM_TYPES),
    )
    return None


def bound_param(param: Param, node: Node, evaluator: Evaluator, *, given: bool, span: Span, label: str) -> Bound | None:
    """The value of a param, from what its use or its declaration wrote; None after a report."""

    def literal(text: str) -> bool:
        if param.type == "op":
            # A param of the scope comes before an op of its name (`norm`): it may hold an op or a block.
            return not isinstance(evaluator.env.get(text), str)
        return param.literal(text) and text not in evaluator.env

    result = evaluator.value(node, literal)
    if result is None:
        return None
    value, tree = result
    if _symbolic(value):
        evaluator.sink.error(
            "E209",
            f"`{param.name}` of `{label}` must be known when the network is built, "
            f"but `{_text(node)}` is `{value}`, known only when it runs",
            node.span,
            help=f"a param needs a number: {_number(value)}",
        )
        return None
    why = param.refuse(value)
    if why is not None:
        if any(d.span == node.span for d in evaluator.sink.diagnostics):
            return None  # the schema said so already
        evaluator.sink.error("L203", f"`{param.name}` of `{label}` {why}", node.span)
        return None
    return Bound(value, tree, span, given)
