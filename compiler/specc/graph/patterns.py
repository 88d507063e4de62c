"""`inputs` as written: for each a pattern of its shape and a dtype."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import Any, NamedTuple

from specc.diagnostics import Sink, Span
from specc.graph.reserved import check_name
from specc.language.expressions import EvaluationError, evaluate, names, parse
from specc.shapes.dim import Dim
from specc.shapes.dtype import DTYPES
from specc.shapes.facts import Facts
from specc.shapes.pattern import ELLIPSIS, DimPattern
from specc.source.nodes import Mapping as SourceMapping
from specc.source.nodes import Node, Scalar, Sequence


class Pattern(NamedTuple):
    """The declared form of an input; `dims` and `dtype` are None where nothing is said of them."""

    text: str  # as written, for messages
    dims: tuple[DimPattern, ...] | None
    dtype: str | None
    span: Span  # of the name
    items: tuple[Span, ...] = ()  # of each dimension


def read_inputs(node: Node | None, params: Mapping[str, Any], sink: Sink) -> dict[str, Pattern]:
    """The declared inputs in order; one that cannot be read is reported and matches anything."""
    patterns: dict[str, Pattern] = {}
    for entry in node.entries if isinstance(node, SourceMapping) else ():
        name, value = str(entry.key.value), entry.value
        if not check_name(name, entry.key.span, sink, "input"):
            continue
        dtype = None
        if isinstance(value, SourceMapping):
            dtype = meant_dtype(value.get("dtype"))
            value = value.get("shape") or value
        dims = read_shape(value, params, sink)
        items = tuple(item.span for item in value.items) if isinstance(value, Sequence) else ()
        patterns[name] = Pattern(shape_text(value), dims, dtype, entry.key.span, items)
    return patterns


def meant_dtype(node: Node | None) -> str | None:
    """The dtype as written, or of those that there are the one meant: the schema has reported what is none."""
    if not isinstance(node, Scalar):
        return None
    written = str(node.value)
    if written in DTYPES:
        return written
    from specc.diagnostics.suggest import closest

    return closest(written, DTYPES)


def shape_text(node: Node) -> str:
    if isinstance(node, Sequence):
        return f"[{', '.join(item.text if isinstance(item, Scalar) else '?' for item in node.items)}]"
    return "any shape"


def read_shape(node: Node, params: Mapping[str, Any], sink: Sink) -> tuple[DimPattern, ...] | None:
    """The dimensions of a written shape; None after a report, or where none is written."""
    if not isinstance(node, Sequence):
        return None
    found = [read_dim(item, params, sink, first=k == 0) for k, item in enumerate(node.items)]
    return None if any(dim is None for dim in found) else tuple(dim for dim in found if dim is not None)


def read_dim(node: Node, params: Mapping[str, Any], sink: Sink, *, first: bool) -> DimPattern | None:
    """One dimension: an integer, `...`, a symbol, or an expression over params and symbols."""
    if not isinstance(node, Scalar) or isinstance(node.value, bool | float | None):
        sink.error("L203", "a dimension is an integer, a symbol, an expression or `...`", node.span)
        return None
    if isinstance(node.value, int):
        if node.value < 0:
            sink.error("L204", f"a dimension cannot be {node.value}", node.span, help="name a size that varies: `N`")
            return None
        return Dim.of(node.value)
    text = node.value.strip()
    if text == "...":
        if not first:
            sink.error("L204", "`...` may stand only first in a shape", node.span)
            return None
        return ELLIPSIS
    tree = parse(text, node.span, sink)
    if tree is None:
        return None
    if isinstance(tree, ast.Name) and tree.id not in params:
        return tree.id
    env = {**{name: Dim.symbol(name) for name in names(tree) if name not in params}, **params}
    try:
        value = evaluate(tree, env, Facts.none())
    except EvaluationError as wrong:
        sink.error(wrong.code, wrong.message, node.span, help=wrong.help)
        return None
    if isinstance(value, bool) or not isinstance(value, int | Dim) or (isinstance(value, int) and value < 0):
        sink.error("L203", f"`{text}` is `{value}`, which is no size", node.span)
        return None
    return Dim.of(value)
