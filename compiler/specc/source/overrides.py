"""`--set key.path=value`: changes to the tree of a spec before it is checked, so that the result is checked as a whole.

Spans of what an override writes have the override itself as their file (`--set params.width=16`), whose one line is
`params.width=16`; the renderer shows that line.
"""

from __future__ import annotations

import re
from collections.abc import Sequence as Items

from specc.diagnostics.model import Sink, Span
from specc.source.limits import DEFAULT
from specc.source.nodes import Entry, Mapping, Node, Scalar, Sequence
from specc.source.yaml import parse, refuse_characters, short


def apply(document: Node, overrides: Items[str], sink: Sink) -> Node:
    """The document with every override that can be applied; the others are reported (Y301, Y302).

    The value is YAML. Missing keys are made, `null` removes a key; a number addresses an item of a list. A key that
    holds a dot cannot be addressed.
    """
    for override in overrides:
        document = _apply_one(document, override, sink)
    return document


def _apply_one(document: Node, override: str, sink: Sink) -> Node:
    file = f"--set {override}"
    path, equals, text = override.partition("=")
    place = _Path(path, file)
    whole = Span(file, 1, 1, 1, len(path) + 1)
    if not equals or not path or not all(place.steps):
        sink.error("Y301", f"`{short(override)}` is not of the form `key.path=value`", whole)
        return document
    if len(place.steps) > DEFAULT.depth:
        sink.error("Y301", f"the path has more than {DEFAULT.depth} steps", whole)
        return document
    if refuse_characters(path, file, sink):
        return document
    if re.search(r"\s", path):
        sink.error("Y301", "the path holds blanks", whole)
        return document
    value = _value(text, file, len(path) + 1, sink)
    if value is None:
        return document
    try:
        return _set(document, place, 0, value)
    except _NoSuchPlace as error:
        sink.error("Y302", str(error), error.span, help=error.help)
        return document


def _value(text: str, file: str, offset: int, sink: Sink) -> Node | None:
    if not text.strip():
        return Scalar(None, "", Span(file, 1, offset + 1, 1, offset + 1 + len(text)))
    own = Sink()
    # The blanks put the value into the columns that it has in the override.
    value = parse(" " * offset + text, file, own)
    for diagnostic in own.diagnostics:
        if diagnostic.code == "Y107":
            diagnostic = diagnostic._replace(
                code="Y301",
                message="the value is only a comment",
                span=Span(file, 1, offset + 1, 1, offset + 1 + len(text)),
                help="put a value that begins with `#` in quotes, for YAML and for the shell",
            )
        sink.report(diagnostic)
    return value


class _Path:
    """The steps of `a.b.0` and where each is written."""

    def __init__(self, path: str, file: str) -> None:
        self.steps = path.split(".")
        self.file = file

    def span(self, index: int) -> Span:
        column = sum(len(step) + 1 for step in self.steps[:index]) + 1
        return Span(self.file, 1, column, 1, column + len(self.steps[index]))

    def until(self, index: int) -> str:
        return ".".join(self.steps[:index]) or "the spec"


class _NoSuchPlace(Exception):
    def __init__(self, message: str, span: Span, help: str | None = None) -> None:
        super().__init__(message)
        self.span = span
        self.help = help


def _set(node: Node, path: _Path, index: int, value: Node) -> Node:
    """`node` with the value at the steps from `index` on. Recursion is as deep as the path, at most 64."""
    step, last = path.steps[index], index == len(path.steps) - 1
    if isinstance(node, Sequence):
        number = _item(node, path, index)
        new = value if last else _set(node.items[number], path, index + 1, value)
        return Sequence((*node.items[:number], new, *node.items[number + 1 :]), node.span)
    if isinstance(node, Scalar):
        if node.value is not None or index == 0:
            raise _no_keys(node, path, index)
        node = Mapping((), node.span)  # `train:` with nothing in it is as good as no `train`
    known = node.entry(step)
    if last and isinstance(value, Scalar) and value.value is None:
        if known is None:
            raise _NoSuchPlace(f"`{short(path.until(index))}` has no key `{short(step)}` to remove", path.span(index),
                               _near(step, node))  # fmt: skip
        return Mapping(tuple(e for e in node.entries if e is not known), node.span)
    if known is not None:
        new = value if last else _set(known.value, path, index + 1, value)
        return Mapping(tuple(Entry(e.key, new) if e is known else e for e in node.entries), node.span)
    key = Scalar(step, step, path.span(index))
    new = value if last else _set(Mapping((), path.span(index)), path, index + 1, value)
    return Mapping((*node.entries, Entry(key, new)), node.span)


def _item(node: Sequence, path: _Path, index: int) -> int:
    step = path.steps[index]
    count = len(node.items)
    # The length is looked at first: `int` refuses thousands of digits.
    if re.fullmatch("[0-9]+", step) and len(step) <= 9 and int(step) < count:
        return int(step)
    held = f"items 0 to {count - 1}" if count > 1 else "item 0" if count else "no items"
    raise _NoSuchPlace(
        f"`{short(path.until(index))}` is a list with {held}, and `{short(step)}` is none of them", path.span(index)
    )


def _no_keys(node: Scalar, path: _Path, index: int) -> _NoSuchPlace:
    where = path.until(index)
    return _NoSuchPlace(
        f"`{short(where)}` is the value `{short(node.text)}` and has no keys",
        path.span(index),
        f"set `{short(where)}` as a whole: `--set '{short(where)}={{…}}'`" if index else None,
    )


def _near(step: str, node: Mapping) -> str | None:
    from specc.diagnostics.suggest import closest

    near = closest(step, node.keys())
    return f"did you mean `{short(near)}`?" if near else None
