"""`parameter` and `buffer`: tensors of the network's own, which stand among the layers and are read by name."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

from specc.diagnostics import Span, closest
from specc.graph.arguments import entry_span
from specc.graph.frame import Frame
from specc.graph.ir import Node, Value
from specc.graph.patterns import meant_dtype
from specc.ops.arguments import shown, source
from specc.ops.call import Bound
from specc.ops.declare import Owned, Saved
from specc.ops.own import Buffer, Own, Parameter
from specc.shapes.dim import Dim
from specc.shapes.dtype import is_complex, is_floating
from specc.shapes.origin import Origin, Source
from specc.shapes.tensor import UNKNOWN, TensorType, Type
from specc.source.explain import check
from specc.source.nodes import Entry, Scalar, Sequence, plain
from specc.source.nodes import Mapping as SourceMapping
from specc.source.nodes import Node as SourceNode
from specc.source.schema import section_schema
from specc.training.catalogue import INITIALISERS, arguments

if TYPE_CHECKING:
    from specc.graph.build import Builder

_ANY_DTYPE: Final = frozenset({"zeros_", "ones_", "constant_", "eye_", "dirac_"})  # of the rest only floats are drawn
# The numbers of axes that torch's function takes, and how a message says so.
_RANKS: Final = {
    **dict.fromkeys(("eye_", "sparse_"), ((2, 2), "2 axes")),
    "dirac_": ((3, 5), "3, 4 or 5 axes"),
    **dict.fromkeys(
        ("kaiming_normal_", "kaiming_uniform_", "orthogonal_", "xavier_normal_", "xavier_uniform_"),
        ((2, 99), "at least 2 axes"),
    ),
}


def tensor(builder: Builder, frame: Frame, name: str, key: Span, node: SourceMapping) -> Node:
    """The node of a parameter or buffer; its output is unknown where its shape is."""
    kind: type[Own] = Parameter if "parameter" in node else Buffer
    path = frame.path + name
    check(section_schema(kind.name), node, builder.sink, what=f"{kind.name} `{name}`", at=key)
    if name.isdigit():
        builder.sink.error(
            "L208",
            f"a {kind.name} needs a name, which a list of layers does not give",
            key,
            help="write the layers as a mapping: `class_token: {parameter: [1, 1, 768]}`",
        )
    size = _size(builder, frame, kind, name, node)
    word = node.get("dtype")
    dtype = meant_dtype(word) or "float32"
    if kind is Parameter and not (is_floating(dtype) or is_complex(dtype)):
        builder.sink.error(
            "S307",
            f"the parameter `{name}` cannot be trained: its dtype is {dtype}",
            word.span if word is not None else key,
            help="torch has gradients of floats only; write `buffer:` for a tensor that is not trained",
        )
    args = {arg.name: Bound(arg.default) for arg in kind.args.values()}
    args["dtype"] = Bound(dtype, given=word is not None)
    entry = node.entry("init")
    if entry is not None:
        args["init"] = Bound(_init(builder, name, entry, dtype, size), given=True)
    if kind is Buffer:
        args |= _held(builder, frame, name, node, size, dtype)
    type_: Type = UNKNOWN
    owned: dict[str, Owned] = {}
    if size is not None:
        args["size"] = size
        type_ = TensorType(tuple(_dims(size, name)), dtype)
        if "persistent" not in args or args["persistent"].value:
            owned = {"": Owned(size.value, dtype)}
    value = Value(name, type_, path, 0, key)
    return Node(
        name,
        path,
        kind,
        None,
        args,
        (),
        (value,),
        key,
        parameters=owned if kind is Parameter else {},
        buffers=owned if kind is Buffer else {},
        macs=Dim.of(0),
        saved=Saved(),
        shares=True,  # what it gives is its own memory
    )


def _size(builder: Builder, frame: Frame, kind: type[Own], name: str, node: SourceMapping) -> Bound | None:
    """The shape, all of whose sizes are numbers; None after a report."""
    entry = node.entry(kind.name)
    assert entry is not None
    if not isinstance(entry.value, Sequence):
        return None  # the schema said so
    found = [_number(builder, frame, kind, name, item) for item in entry.value.items]
    sizes = [each for each in found if each is not None]
    if len(sizes) < len(found):
        return None
    trees = [tree or ast.Constant(size) for size, tree in sizes]
    written = ast.Tuple(trees, ast.Load()) if any(tree is not None for _, tree in sizes) else None
    return Bound(tuple(size for size, _ in sizes), written, entry_span(entry), given=True)


def _number(
    builder: Builder, frame: Frame, kind: type[Own], name: str, item: SourceNode
) -> tuple[int, ast.expr | None] | None:
    result = builder.evaluator(frame).value(item, lambda text: False)
    if result is None:
        return None
    size, tree = result
    if isinstance(size, Dim) and size.is_const:
        size = size.value
    if isinstance(size, Dim):
        text = item.text if isinstance(item, Scalar) else size
        builder.sink.error(
            "E209",
            f"the sizes of `{name}` must be known when the network is built, but `{text}` is known only when it runs",
            item.span,
            help="give that dimension of the input a number",
        )
    elif isinstance(size, bool) or not isinstance(size, int) or size < 0:
        if not builder.reported(item.span):
            builder.sink.error(
                "L204", f"a size of `{name}` ({kind.name}) must be a whole number, not {shown(size)}", item.span
            )
    else:
        return size, tree
    return None


def _dims(size: Bound, name: str) -> Iterator[Dim]:
    """The sizes, each with the expression that it was written as."""
    for place, number in enumerate(size.value):
        expr = size.expr.elts[place] if isinstance(size.expr, ast.Tuple) else ast.Constant(number)
        said = f"`{ast.unparse(expr)}` of `{name}`"
        yield Dim.of(number).with_origin(Origin(expr, (Source(said, size.span),)))


def _init(builder: Builder, name: str, entry: Entry, dtype: str, size: Bound | None) -> str:
    """The call as `normal_(std=0.02)`; `zeros_()` after a report."""
    node = entry.value
    word = node.get("op") if isinstance(node, SourceMapping) else node
    function = str(word.value) if isinstance(word, Scalar) else ""
    if function not in INITIALISERS:
        near = closest(function, INITIALISERS)
        builder.sink.error(
            "L204",
            f"`torch.nn.init` has no function `{function}`" if function else "`init` names no function",
            word.span if word is not None else node.span,
            near=near,
            help="write `init: zeros_`, or `init: {op: normal_, std: 0.02}`",
        )
        return str(Own.args["init"].default)
    known, required = arguments(INITIALISERS[function])
    given: dict[str, Any] = {}
    for item in node.entries if isinstance(node, SourceMapping) else ():
        argument = str(item.key.value)
        if argument == "op":
            continue
        if argument in known:
            given[argument] = plain(item.value)
            continue
        near = closest(argument, known)
        takes = ", ".join(f"`{arg}`" for arg in known)
        builder.sink.error(
            "L201",
            f"unknown argument `{argument}` of {function}",
            item.key.span,
            near=near,
            help=f"it takes {takes}" if takes else "it takes none",
        )
    for argument in required:
        if argument not in given:
            builder.sink.error(
                "L202",
                f"`{function}` needs `{argument}`",
                entry.key.span,
                help=f"write `init: {{op: {function}, {argument}: …}}`",
            )
    place = word.span if word is not None else node.span
    (least, most), said = _RANKS.get(function, ((0, 99), ""))
    if size is not None and not least <= len(size.value) <= most:
        builder.sink.error("L204", f"`{function}` fills tensors of {said}, and `{name}` has {len(size.value)}", place)
    if function not in _ANY_DTYPE and not is_floating(dtype):
        builder.sink.error("S307", f"`{function}` draws floats, and `{name}` is {dtype}", place)
    return (
        f"{function}({', '.join(f'{argument}={source(given[argument])}' for argument in known if argument in given)})"
    )


def _held(
    builder: Builder, frame: Frame, name: str, node: SourceMapping, size: Bound | None, dtype: str
) -> dict[str, Bound]:
    """`value` and `persistent` of a buffer."""
    args: dict[str, Bound] = {}
    flag = node.get("persistent")
    if isinstance(flag, Scalar) and isinstance(flag.value, bool):
        args["persistent"] = Bound(flag.value, given=True)
    entry = node.entry("value")
    if entry is None:
        return args
    if "init" in node:
        builder.sink.error(
            "L201", f"`{name}` has a `value` and an `init`", entry.key.span, help="one of them says how it begins"
        )
    result = builder.evaluator(frame).value(entry.value, lambda text: False)
    if result is None:
        return args
    value, tree = result
    shape = _shape(value)
    if shape is None:
        builder.sink.error(
            "L203", f"`value` of `{name}` must be a number, or lists of numbers of one length", entry.value.span
        )
    elif isinstance(value, tuple) and size is not None and shape != size.value:
        builder.sink.error(
            "L204",
            f"`value` of `{name}` has the shape {list(shape)}, and the buffer {list(size.value)}",
            entry.value.span,
            help="write lists in the buffer's shape, or one number to fill it with",
        )
    elif not is_floating(dtype) and any(isinstance(number, float) for number in _numbers(value)):
        builder.sink.error("L204", f"`value` of `{name}` holds fractions, and the buffer is {dtype}", entry.value.span)
    else:
        args["value"] = Bound(value, tree, given=True)
    return args


def _numbers(value: Any) -> Iterator[Any]:
    if isinstance(value, tuple):
        for item in value:
            yield from _numbers(item)
    else:
        yield value


def _shape(value: Any) -> tuple[int, ...] | None:
    """The shape of nested lists of numbers; None for anything else."""
    if not isinstance(value, tuple):
        return () if isinstance(value, bool | int | float) else None
    inner = {_shape(item) for item in value}
    if not inner:
        return (0,)
    only = inner.pop()
    return None if inner or only is None else (len(value), *only)
