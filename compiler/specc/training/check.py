"""The `train` section against PyTorch's names and against the network, without importing torch.

The schema has seen to the section's structure; here are the names and arguments, the sample's shape against the input,
the classes against the output, and the last layer against the loss.
"""

from __future__ import annotations

from specc.diagnostics import Note, Sink, Span, closest
from specc.graph.ir import Graph, Value
from specc.shapes.tensor import TensorType
from specc.source.nodes import Mapping, Plain, Scalar, Sequence, plain
from specc.source.nodes import Node as SourceNode
from specc.training import catalogue
from specc.training.catalogue import sample_of, sample_shape_after
from specc.training.loss import Data, check_loss
from specc.training.names import checked, known, named


def check_training(graph: Graph, train: SourceNode, sink: Sink) -> None:
    """Reports what of the section cannot work; `graph` may hold errors, whose types are unknown and stay quiet."""
    if not isinstance(train, Mapping):
        return
    loss = named(train.get("loss"))
    checked(train.get("optimizer"), "optimizer", catalogue.OPTIMIZERS, sink)
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
    if loss is not None and known(loss, "loss", catalogue.LOSSES, sink):
        check_loss(graph, loss, data, sink)


def _second(graph: Graph) -> Span | None:
    """Where the input or output stands that is one too many."""
    if len(graph.root.inputs) > 1:
        return graph.root.inputs[1].span
    outputs = graph.source.get("outputs") if graph.source is not None else None
    return outputs.entries[1].key.span if isinstance(outputs, Mapping) and len(outputs.entries) > 1 else None


# Names ---------------------------------------------------------------------------------------------------------------


def _scheduler(node: SourceNode | None, sink: Sink) -> None:
    found = checked(node, "scheduler", catalogue.SCHEDULERS, sink)
    inner = found.args.get("schedulers") if found is not None and found.args is not None else None
    if isinstance(inner, Sequence):
        for item in inner.items:
            _scheduler(item, sink)


def _transforms(node: SourceNode | None, sink: Sink) -> None:
    for item in node.items if isinstance(node, Sequence) else [node]:
        found = checked(item, "transform", catalogue.TRANSFORMS, sink)
        inner = found.args.get("transforms") if found is not None and found.args is not None else None
        if inner is not None:
            _transforms(inner, sink)


def _metrics(node: SourceNode | None, sink: Sink) -> None:
    if not isinstance(node, Sequence):
        return
    for item in node.items:
        if isinstance(item, Scalar) and isinstance(item.value, str) and item.value not in catalogue.METRICS:
            near = closest(item.value, catalogue.METRICS)
            known = "one of " + ", ".join(catalogue.METRICS)
            sink.error("T601", f"there is no metric `{item.value}`", item.span, near=near, help=known)


def _length(train: Mapping, sink: Sink) -> None:
    steps = train.entry("steps")
    if steps is not None and train.get("epochs") is not None:
        sink.error("L204", "`steps` stands beside `epochs`", steps.key.span, help="write one of them")


# Data ----------------------------------------------------------------------------------------------------------------


def _data(node: Mapping, sink: Sink) -> Data | None:
    _transforms(node.get("augment"), sink)
    _transforms(node.get("transform"), sink)
    target = node.entry("target")
    if target is not None:
        return None  # a dataset of one's own: the runtime looks at its first sample
    table = {name: entry.arguments for name, entry in catalogue.DATASETS.items()}
    found = checked(node.get("dataset"), "dataset", table, sink)
    if found is None:
        if node.get("dataset") is None:
            sink.error("L202", "`data` has no `dataset`", node.span, help="write `dataset: Digits`, for instance")
        return None
    if found.name not in table:
        return None
    given = plain(found.args) if found.args is not None else {}
    sample, classes = sample_of(found.name, given if isinstance(given, dict) else {})
    return Data(found.name, found.span, sample, classes, True)


def _sample(into: Value, data: Data, node: Mapping, sink: Sink) -> None:
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
