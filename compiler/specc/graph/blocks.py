"""`blocks` as declared: their params, inputs and text, and what a missing param may have been."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from specc.diagnostics import Diagnostic, Sink, Span
from specc.graph.arguments import Param, declared
from specc.graph.bodies import BODIES
from specc.graph.ir import Value
from specc.graph.patterns import Pattern, read_inputs
from specc.graph.reserved import check_name
from specc.shapes.dim import Dim
from specc.shapes.tensor import TensorType
from specc.source.explain import check
from specc.source.nodes import Mapping as SourceMapping
from specc.source.nodes import Node as SourceNode
from specc.source.nodes import Scalar, Sequence
from specc.source.schema import layer_schema, section_schema


class Block(NamedTuple):
    """A block as declared: its params, its inputs, and its text."""

    name: str
    params: dict[str, Param]
    inputs: dict[str, Pattern] | None  # None: one input `x` of any shape
    text: SourceMapping
    key: Span
    problems: tuple[Diagnostic, ...] = ()


def guess(param: Param, block: Block, given: list[tuple[str, Value]]) -> tuple[Any, Any]:
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
    "float": (0.5, 0.25),
    "bool": (False, True),
    "str": ("", " "),
    "op": ("Identity", "ReLU"),
    "list": ((1, 1), (2, 2)),
}


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


def block_schema(block: Block) -> dict[str, Any]:
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
            sink.error("L203", f"block `{name}` must be a mapping with `layers`, `residual` or `parallel`", text.span)
            continue
        check_name(name, entry.key.span, sink, "block")
        check(section_schema("block"), text, sink, what=f"block `{name}`", at=entry.key.span)
        bodies = [body for body in BODIES if body in text]
        if not bodies:
            sink.error(
                "L202",
                f"block `{name}` has no layers",
                entry.key.span,
                help="write `layers:`, `residual:` or `parallel:`",
            )
        params = declared(text.get("params"), sink)
        symbolic = {name: Dim.symbol(name) for name in params}
        inputs = read_inputs(text.get("inputs"), symbolic, sink) if text.get("inputs") else None
        blocks[name] = Block(name, params, inputs, text, entry.key.span)
    return blocks
