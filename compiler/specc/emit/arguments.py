"""The few arguments of a layer that say what it does, as short as people write them on a whiteboard: `64, 7×7 /2`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from specc.diagnostics.escape import visible, width
from specc.graph.ir import Node
from specc.ops.declare import Family

_WIDEST = 40  # columns, then an ellipsis
_SIZES = ("out_channels", "out_features", "embed_dim", "d_model", "hidden_size", "embedding_dim")  # said by the value
_HEADS = ("num_heads", "nhead")
# What the shapes, the family or PyTorch's default already say, or what no reader of a diagram looks for.
_SILENT = frozenset(
    [
        "in_channels",
        "in_features",
        "num_features",
        "normalized_shape",
        "input_size",
        "kdim",
        "vdim",
        "in1_features",
        "in2_features",
        "num_channels",
        "bias",
        "inplace",
        "eps",
        "momentum",
        "affine",
        "elementwise_affine",
        "track_running_stats",
        "padding",
        "padding_mode",
        "output_padding",
        "ceil_mode",
        "count_include_pad",
        "return_indices",
        "batch_first",
        "align_corners",
        "device",
        "dtype",
        "init",
        "antialias",
        "stride",
        "kernel_size",
        "output_size",
        "num_embeddings",
        "need_weights",
        "average_attn_weights",
        "recompute_scale_factor",
    ]
)


def brief(node: Node) -> str:
    """The arguments of a leaf worth a place in a diagram; "" where its name says it all."""
    if node.op is None:
        return ""
    text = ", ".join(_pieces(node)).replace(", /", " /")
    return cut(text, _WIDEST)


def cut(text: str, columns: int) -> str:
    """The text in at most so many columns, made visible; an ellipsis stands for what was cut."""
    text = visible(text)
    if width(text) <= columns:
        return text
    kept = ""
    for character in text:
        if width(kept + character) >= columns:
            break
        kept += character
    return kept.rstrip() + "…"


def _pieces(node: Node) -> Iterator[str]:
    assert node.op is not None
    args = {name: bound.value for name, bound in node.args.items()}
    spatial = node.op.spatial
    if "num_embeddings" in args and "embedding_dim" in args:
        yield f"{value_text(args['num_embeddings'])} × {value_text(args.pop('embedding_dim'))}"
    for name in _SIZES:
        if name in args:
            yield value_text(args[name])
    for name in _HEADS:
        if name in args:
            yield f"{value_text(args[name])} heads"
    for name in ("kernel_size", "output_size"):
        if args.get(name) is not None:
            yield _sizes(args[name], spatial)
    stride = args.get("stride")
    if stride is None and node.op.family is Family.POOLING:
        stride = args.get("kernel_size")  # PyTorch's pools step by their kernel
    if stride is not None and any(step != 1 for step in _many(stride)):
        yield f"/{'×'.join(value_text(s) for s in _uniform(stride))}"
    told = {*_SIZES, *_HEADS, *_SILENT}
    for name, value in args.items():
        if name in told or value is None or not _worth_telling(node, name):
            continue
        declared = node.op.args.get(name)
        label = declared.label(value) if declared is not None else None
        if label is not None:
            yield label
            continue
        yield f"×{value_text(value)}" if name == "scale_factor" else f"{_word(name)} {value_text(value)}"


def _worth_telling(node: Node, name: str) -> bool:
    assert node.op is not None
    declared = node.op.args.get(name)
    if declared is None:
        return node.args[name].given
    return node.args[name].given and node.args[name].value != declared.default


def value_text(value: Any) -> str:
    """An evaluated argument as text, the same in every emitter."""
    if isinstance(value, tuple | list):
        return f"({', '.join(value_text(item) for item in value)})"
    if isinstance(value, bool) or value is None:
        return str(value).lower() if isinstance(value, bool) else "none"
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, type):
        return getattr(value, "name", value.__name__)
    return str(value)


def _word(name: str) -> str:
    return {"num_layers": "layers", "dropout": "dropout", "start_dim": "from", "end_dim": "to"}.get(name, name)


def _many(value: Any) -> tuple[Any, ...]:
    return tuple(value) if isinstance(value, tuple | list) else (value,)


def _uniform(value: Any) -> tuple[Any, ...]:
    values = _many(value)
    return values[:1] if len(set(values)) == 1 else values


def _sizes(value: Any, spatial: int) -> str:
    values = _many(value)
    if len(values) == 1:
        values *= max(spatial, 1)
    return "×".join("·" if item is None else value_text(item) for item in values)
