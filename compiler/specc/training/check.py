"""The `train` section against PyTorch's names and against the network, without importing torch.

The schema has seen to the section's structure; here are the names and arguments, the sample's shape against the input,
the classes against the output, and the last layer against the loss.
"""

from __future__ import annotations

from collections.abc import Mapping as MappingABC
from typing import NamedTuple

from specc.diagnostics import Note, Sink, Span, closest
from specc.graph.ir import Graph, Node, Value
from specc.shapes.dtype import is_floating
from specc.shapes.tensor import TensorType
from specc.source.nodes import Mapping, Plain, Scalar, Sequence, plain
from specc.source.nodes import Node as SourceNode
from specc.training import catalogue
from specc.training.catalogue import arguments, sample_of, sample_shape_after

_PASSES_ON = frozenset({"Dropout", "Identity", "Flatten", "flatten", "squeeze", "reshape", "view", "contiguous"})
_NUMBERS = frozenset({
    "lr", "momentum", "dampening", "weight_decay", "eps", "gamma", "p", "label_smoothing", "step_size", "T_max", "T_0",
    "eta_min", "alpha", "rho", "factor", "patience", "total_iters", "power", "margin", "beta", "delta", "total_steps",
    "epochs", "steps_per_epoch", "pct_start", "div_factor", "final_div_factor",
})  # fmt: skip


class _Named(NamedTuple):
    """A name with its arguments: as nodes, for spans."""

    name: str
    span: Span
    args: Mapping | None


class _Data(NamedTuple):
    """What the dataset gives: `sample` None where it is not known at all, `classes` likewise."""

    label: str
    span: Span
    sample: catalogue.Shape | None
    classes: int | None
    images: bool


def check_training(graph: Graph, train: SourceNode, sink: Sink) -> None:
    """Reports what of the section cannot work; `graph` may hold errors, whose types are unknown and stay quiet."""
    if not isinstance(train, Mapping):
        return
    losses = {name: loss.arguments for name, loss in catalogue.LOSSES.items()}
    loss = _checked(train.get("loss"), "loss", losses, sink)
    _checked(train.get("optimizer"), "optimizer", catalogue.OPTIMIZERS, sink)
    _scheduler(train.get("scheduler"), sink)
    _metrics(train.get("metrics"), sink)
    _length(train, sink)
    source = train.get("data")
    data = _data(source, sink) if isinstance(source, Mapping) else None
    if len(graph.root.inputs) != 1 or len(graph.root.outputs) != 1:
        sink.error(
            "T605",
            f"training needs a network with one input and one output; `{graph.name}` has "
            f"{len(graph.root.inputs)} and {len(graph.root.outputs)}",
            _second(graph) or train.span,
            help="train it from Python: `specc_runtime.load` gives the module",
        )
    elif data is not None and data.images and isinstance(source, Mapping):
        _sample(graph.root.inputs[0], data, source, sink)
    if loss is None or loss.name not in catalogue.LOSSES:
        return
    if len(graph.root.outputs) == 1:
        _output(graph, graph.root.outputs[0], loss, data, sink)
    else:
        _outputs(graph, loss, data, sink)


def _second(graph: Graph) -> Span | None:
    """Where the input or output stands that is one too many."""
    if len(graph.root.inputs) > 1:
        return graph.root.inputs[1].span
    outputs = graph.source.get("outputs") if graph.source is not None else None
    return outputs.entries[1].key.span if isinstance(outputs, Mapping) and len(outputs.entries) > 1 else None


def _outputs(graph: Graph, loss: _Named, data: _Data | None, sink: Sink) -> None:
    """Of several outputs it is not known which is for the loss: where one of them has the classes, it is that."""
    verdicts = []
    for output in graph.root.outputs:
        own = Sink()
        _output(graph, output, loss, data, own)
        classes = [d for d in own.diagnostics if d.code in ("T603", "W503")]
        verdicts.append(classes)
        for diagnostic in own.diagnostics:
            if diagnostic.code not in ("T603", "T604", "W503"):
                sink.report(diagnostic)
    if verdicts and all(verdicts):
        for diagnostic in verdicts[0]:
            sink.report(diagnostic)


# Names and arguments -------------------------------------------------------------------------------------------------


def _named(node: SourceNode | None) -> _Named | None:
    if isinstance(node, Scalar) and isinstance(node.value, str):
        return _Named(node.value, node.span, None)
    if isinstance(node, Mapping):
        op = node.get("op")
        if isinstance(op, Scalar) and isinstance(op.value, str):
            return _Named(op.value, op.span, node)
    return None


def _checked(node: SourceNode | None, kind: str, table: MappingABC[str, str], sink: Sink) -> _Named | None:
    """Reports an unknown name, unknown and missing arguments; a `target:` of one's own is left alone."""
    named = _named(node)
    if named is None:
        return None
    if named.name not in table:
        reason = catalogue.REFUSED.get(kind, {}).get(named.name)
        if reason is not None:
            sink.error("T601", f"the {kind} `{named.name}` cannot be used here: {reason}", named.span)
        else:
            near = closest(named.name, table)
            mend = f"did you mean `{near}`?" if near else None
            sink.error("T601", f"PyTorch has no {kind} `{named.name}`", named.span, help=mend)
        return named
    listed = arguments(table[named.name])
    given = [] if named.args is None else [e for e in named.args.entries if e.key.value != "op"]
    for entry in given:
        key = str(entry.key.value)
        if key not in listed.names:
            near = closest(key, listed.names)
            takes = ", ".join(f"`{n}`" for n in listed.names) or "no arguments"
            sink.error(
                "L201",
                f"`{named.name}` has no argument `{key}`",
                entry.key.span,
                notes=() if near else (Note(f"it takes {takes}"),),
                help=f"did you mean `{near}`?" if near else None,
            )
        elif key in _NUMBERS and isinstance(entry.value, Scalar) and not _number(entry.value.value):
            sink.error("L203", f"`{key}` of `{named.name}` is a number, not `{entry.value.text}`", entry.value.span)
    filled = catalogue.SCHEDULER_FILLS.get(named.name, frozenset()) if kind == "scheduler" else frozenset()
    written = {str(e.key.value) for e in given}
    for key in listed.required:
        if key not in written and key not in filled:
            mend = f"write `{{op: {named.name}, {key}: …}}`"
            sink.error("L202", f"`{named.name}` needs `{key}`", named.span, help=mend)
    return named


def _number(value: Plain) -> bool:
    return value is None or (isinstance(value, int | float) and not isinstance(value, bool))


def _scheduler(node: SourceNode | None, sink: Sink) -> None:
    named = _checked(node, "scheduler", catalogue.SCHEDULERS, sink)
    inner = named.args.get("schedulers") if named is not None and named.args is not None else None
    if isinstance(inner, Sequence):
        for item in inner.items:
            _scheduler(item, sink)


def _transforms(node: SourceNode | None, sink: Sink) -> None:
    for item in node.items if isinstance(node, Sequence) else [node]:
        named = _checked(item, "transform", catalogue.TRANSFORMS, sink)
        inner = named.args.get("transforms") if named is not None and named.args is not None else None
        if inner is not None:
            _transforms(inner, sink)


def _metrics(node: SourceNode | None, sink: Sink) -> None:
    if not isinstance(node, Sequence):
        return
    for item in node.items:
        if isinstance(item, Scalar) and isinstance(item.value, str) and item.value not in catalogue.METRICS:
            near = closest(item.value, catalogue.METRICS)
            mend = f"did you mean `{near}`?" if near else "one of " + ", ".join(catalogue.METRICS)
            sink.error("T601", f"there is no metric `{item.value}`", item.span, help=mend)


def _length(train: Mapping, sink: Sink) -> None:
    steps = train.entry("steps")
    if steps is not None and train.get("epochs") is not None:
        sink.error("L204", "`steps` stands beside `epochs`", steps.key.span, help="write one of them")


# Data ----------------------------------------------------------------------------------------------------------------


def _data(node: Mapping, sink: Sink) -> _Data | None:
    _transforms(node.get("augment"), sink)
    _transforms(node.get("transform"), sink)
    target = node.entry("target")
    if target is not None:
        return None  # a dataset of one's own: the runtime looks at its first sample
    table = {name: entry.arguments for name, entry in catalogue.DATASETS.items()}
    named = _checked(node.get("dataset"), "dataset", table, sink)
    if named is None:
        if node.get("dataset") is None:
            sink.error("L202", "`data` has no `dataset`", node.span, help="write `dataset: Digits`, for instance")
        return None
    if named.name not in table:
        return None
    given = plain(named.args) if named.args is not None else {}
    sample, classes = sample_of(named.name, given if isinstance(given, dict) else {})
    return _Data(named.name, named.span, sample, classes, True)


def _sample(into: Value, data: _Data, node: Mapping, sink: Sink) -> None:
    if not isinstance(into.type, TensorType) or data.sample is None:
        return
    note = (Note(f"the input `{into.name}` is {into.type} {into.type.dtype}", into.span),)
    if into.type.dtype != "float32":
        sink.error("T604", f"`{data.label}` gives float32 images, and `{into.name}` is {into.type.dtype}", data.span,
                   notes=note)  # fmt: skip
        return
    transform, augment = _plain_list(node.get("transform")), _plain_list(node.get("augment"))
    for steps, split in ((transform, "test"), ([*augment, *transform], "training")):
        shape = sample_shape_after(data.sample, steps)
        if shape is not None and not _fits(into.type, shape):
            text = ", ".join("?" if size is None else str(size) for size in shape)
            after = " after its transforms" if steps else ""
            sink.error(
                "T602",
                f"a {split} sample of `{data.label}` is [{text}]{after}, and the input `{into.name}` takes "
                f"[{', '.join(str(d) for d in into.type.shape[1:])}]",
                data.span,
                notes=note,
                help=_sample_help(into.type, shape),
            )
            return


def _fits(type_: TensorType, shape: catalogue.Shape) -> bool:
    sizes = type_.shape[1:]
    if len(sizes) != len(shape):
        return False
    bound: dict[str, int] = {}
    for dim, size in zip(sizes, shape, strict=True):
        if size is None:
            continue
        if dim.is_const:
            if dim.value != size:
                return False
        elif str(dim).isidentifier() and bound.setdefault(str(dim), size) != size:
            return False
    return True


def _sample_help(type_: TensorType, shape: catalogue.Shape) -> str:
    sizes = type_.shape[1:]
    if len(sizes) == 3:
        (channels, height, width), edits = sizes, []
        if height.is_const and width.is_const and (height.value, width.value) != shape[1:]:
            edits.append(f"{{op: Resize, size: [{height}, {width}]}}")
        if channels.is_const and channels.value == 3 and shape[0] != 3:
            edits.append("RGB")
        if channels.is_const and channels.value == 1 and shape[0] != 1:
            edits.append("Grayscale")
        if edits:
            return f"add `transform: [{', '.join(edits)}]` to `data`, or change the input"
    return f"write the input as `[N, {', '.join('?' if s is None else str(s) for s in shape)}]`"


def _plain_list(node: SourceNode | None) -> list[Plain]:
    if node is None:
        return []
    value = plain(node)
    return value if isinstance(value, list) else [value]


# The output and the loss ---------------------------------------------------------------------------------------------


def _output(graph: Graph, output: tuple[str, Value], loss: _Named, data: _Data | None, sink: Sink) -> None:
    name, value = output
    entry = catalogue.LOSSES[loss.name]
    last = _last(graph, value)
    if last is not None:
        _activation(last, loss, entry.output, sink)
    if not isinstance(value.type, TensorType):
        width = _width(graph, value)
        if data is not None and entry.target == "classes" and width is not None and last is not None:
            _classes(width, data, Note(f"`{last.path}` is the last layer", last.span), sink)
        return
    made = Note(
        f"`{last.path if last else name}` gives {value.type} {value.type.dtype}", last.span if last else value.span
    )
    if not is_floating(value.type.dtype):
        sink.error("T604", f"`{loss.name}` takes floats, and the output `{name}` is {value.type.dtype}", loss.span,
                   notes=(made,))  # fmt: skip
        return
    if data is None:
        return
    if entry.target not in ("classes", "binary") or (entry.target == "binary" and data.classes not in (2, None)):
        needs = "labels 0 and 1" if entry.target == "binary" else "a target of the output's shape"
        what = f"{data.classes} classes" if data.classes is not None else "class numbers"
        sink.error(
            "T604",
            f"`{loss.name}` takes {needs}, and `{data.label}` gives {what} as int64 numbers",
            loss.span,
            help="use `CrossEntropyLoss` on logits, or `NLLLoss` on log-probabilities",
        )
        return
    shape = value.type.shape
    if entry.target == "binary":
        if len(shape) not in (1, 2) or (len(shape) == 2 and shape[1].is_const and shape[1].value != 1):
            sink.error("T604", f"`{loss.name}` with labels 0 and 1 takes an output [N] or [N, 1], and `{name}` is "
                       f"{value.type}", loss.span, notes=(made,))  # fmt: skip
        return
    if len(shape) != 2:
        sink.error("T604", f"`{loss.name}` takes an output [N, classes], and `{name}` is {value.type}", loss.span,
                   notes=(made,))  # fmt: skip
        return
    if shape[1].is_const:
        _classes(shape[1].value, data, made, sink)


def _classes(count: int, data: _Data, made: Note, sink: Sink) -> None:
    """The outputs against the classes of the dataset (T603, W503)."""
    if data.classes is None or count == data.classes:
        return
    help = f"give the last layer {data.classes} outputs"
    if count < data.classes:
        sink.error("T603", f"`{data.label}` has {data.classes} classes, and the network has {count} outputs", data.span,
                   notes=(made,), help=help)  # fmt: skip
    else:
        sink.warning("W503", f"the network has {count} outputs for the {data.classes} classes of `{data.label}`",
                     data.span, notes=(made,), help=help)  # fmt: skip


def _activation(last: Node, loss: _Named, wants: str, sink: Sink) -> None:
    kind = last.kind.casefold().replace("_", "")
    if loss.name == "CrossEntropyLoss" and kind in ("softmax", "logsoftmax", "softmax2d"):
        sink.warning(
            "W501",
            f"`{last.path}` is a {last.kind} before `CrossEntropyLoss`",
            last.span,
            help=f"remove `{last.path}`: CrossEntropyLoss applies log-softmax itself",
        )
    elif loss.name in ("BCEWithLogitsLoss", "MultiLabelSoftMarginLoss") and kind in ("sigmoid", "logsigmoid"):
        sink.warning(
            "W502",
            f"`{last.path}` is a {last.kind} before `{loss.name}`",
            last.span,
            help=f"remove `{last.path}`: {loss.name} applies the sigmoid itself",
        )
    elif wants == "log_probabilities" and kind not in ("logsoftmax", "logsigmoid", "adaptivelogsoftmaxwithloss"):
        sink.warning(
            "W504",
            f"`{loss.name}` takes log-probabilities, and `{last.path}` is a {last.kind}",
            last.span,
            help="end with `{op: LogSoftmax, dim: 1}`, or use `CrossEntropyLoss` on logits",
        )


def _width(graph: Graph, value: Value) -> int | None:
    """How many outputs a layer of unknown input gives: a Linear says it by itself."""
    last = _last(graph, value, beyond=frozenset({"Softmax", "LogSoftmax", "softmax", "log_softmax"}))
    bound = last.args.get("out_features") if last is not None else None
    return bound.value if bound is not None and bound.given and isinstance(bound.value, int) else None


def _last(graph: Graph, value: Value, beyond: frozenset[str] = frozenset()) -> Node | None:
    """The layer that makes the output, those that only pass values on (and the ops `beyond`) left aside; None where it
    is an input."""
    scope = graph.root
    while True:
        node = next((n for n in scope.nodes if n.path == value.producer), None)
        if node is None:
            return None
        if node.body is not None:
            if not node.body.outputs:
                return None
            scope, value = node.body, node.body.outputs[min(value.port, len(node.body.outputs) - 1)][1]
        elif node.kind in _PASSES_ON | beyond and node.inputs:
            value = node.inputs[0].value
        else:
            return node
