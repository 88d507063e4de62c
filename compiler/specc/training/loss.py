"""The loss of `train`: its arguments, and the network's output against it and against the data's labels.

What a loss takes is its op's to say: the arguments are checked as those of a layer are, and the op's rule is run on the
output and on the labels that the dataset gives. Only what the rule cannot know is said here: how many classes there
are, and which activation the output has had.
"""

from __future__ import annotations

from typing import NamedTuple

from specc.diagnostics import Edit, Note, Sink, Span
from specc.graph.ir import Graph, Node, Value
from specc.ops import OPS
from specc.ops.call import Bound, Call, Operand
from specc.ops.evaluate import apply, bind, frozen
from specc.shapes.constraints import Facts
from specc.shapes.dtype import is_floating
from specc.shapes.tensor import TensorType
from specc.source.nodes import plain
from specc.training import catalogue
from specc.training.names import Named, unknown_argument

_PASSES_ON = frozenset({"Dropout", "Identity", "Flatten", "flatten", "squeeze", "reshape", "view", "contiguous"})


class Data(NamedTuple):
    """What the dataset gives: `sample` None where it is not known at all, `classes` likewise."""

    label: str
    span: Span
    sample: catalogue.Shape | None
    classes: int | None
    images: bool


def check_loss(graph: Graph, loss: Named, data: Data | None, sink: Sink) -> None:
    """Reports what of the loss cannot work; its name is one of `catalogue.LOSSES`."""
    args = _arguments(loss, sink)
    if len(graph.root.outputs) == 1:
        _output(graph, graph.root.outputs[0], loss, args, data, sink)
    else:
        _outputs(graph, loss, args, data, sink)


def _arguments(loss: Named, sink: Sink) -> dict[str, Bound] | None:
    """The arguments as the loss's op has them; None where one of them will not do, which is reported."""
    op, own = OPS[loss.name], Sink()
    given: dict[str, Bound] = {}
    for entry in loss.given:
        name = str(entry.key.value)
        if name not in op.args:
            unknown_argument(loss, entry, op.args, own)
            continue
        value = frozen(plain(entry.value))
        why = op.args[name].refuse(value, op)
        if why is not None:
            code = "L204" if why.startswith(("must be at", "must be one of")) else "L203"
            own.error(code, f"`{name}` of `{loss.name}` {why}", entry.value.span)
        elif name == "reduction" and value != "mean":
            own.error(
                "L204",
                f"training takes one loss for a batch: `reduction` of `{loss.name}` must be `mean`, not `{value}`",
                entry.value.span,
                help="remove `reduction`",
            )
        given[name] = Bound(value, span=entry.value.span, given=True)
    for diagnostic in own.diagnostics:
        sink.report(diagnostic)
    return bind(op, given, sink, loss.name, loss.span) if own.ok else None


def _outputs(graph: Graph, loss: Named, args: dict[str, Bound] | None, data: Data | None, sink: Sink) -> None:
    """Of several outputs it is not known which is for the loss: where one of them has the classes, it is that."""
    verdicts = []
    for output in graph.root.outputs:
        own = Sink()
        _output(graph, output, loss, args, data, own)
        classes = [d for d in own.diagnostics if d.code in ("T603", "W503")]
        verdicts.append(classes)
        for diagnostic in own.diagnostics:
            if diagnostic.code not in ("T603", "T604", "W503"):
                sink.report(diagnostic)
    if verdicts and all(verdicts):
        for diagnostic in verdicts[0]:
            sink.report(diagnostic)


def _output(
    graph: Graph,
    output: tuple[str, Value],
    loss: Named,
    args: dict[str, Bound] | None,
    data: Data | None,
    sink: Sink,
) -> None:
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
    if entry.target == "binary" and (
        len(shape) not in (1, 2) or (len(shape) == 2 and shape[1].is_const and shape[1].value != 1)
    ):
        sink.error("T604", f"`{loss.name}` with labels 0 and 1 takes an output [N] or [N, 1], and `{name}` is "
                   f"{value.type}", loss.span, notes=(made,))  # fmt: skip
        return
    if args is not None and not _accepted(loss, args, value.type, entry.target, data, made, sink):
        return
    if entry.target == "classes" and len(shape) == 2 and shape[1].is_const:
        _classes(shape[1].value, data, made, sink)


def _accepted(
    loss: Named, args: dict[str, Bound], output: TensorType, target: str, data: Data, made: Note, sink: Sink
) -> bool:
    """Whether the loss's own rule takes the output beside the labels; what it says is reported (T604).

    Training gives a loss its output as float32, and class numbers [N], or for two classes what has the output's shape.
    """
    op = OPS[loss.name]
    scores = output.with_dtype("float32")
    labels = TensorType(output.shape[:1], "int64") if target == "classes" else scores
    own = Sink()
    ports = [name for name, _, _ in op.ports()]
    operands = {ports[0]: [Operand(scores)], ports[1]: [Operand(labels)]}
    apply(Call(op, args, operands, Facts.none(), own, "loss", loss.span))
    given = Note(f"`{data.label}` gives {labels} int64 class numbers", data.span)
    for found in own.diagnostics:
        if not found.code.startswith("S"):
            sink.report(found)  # of the arguments
        else:
            notes = (made, given) if target == "classes" else (made,)
            sink.error("T604", found.message, found.span, notes=notes, help=found.help)
    return own.ok


def _classes(count: int, data: Data, made: Note, sink: Sink) -> None:
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


def _activation(last: Node, loss: Named, wants: str, sink: Sink) -> None:
    kind = last.kind.casefold().replace("_", "")
    if loss.name == "CrossEntropyLoss" and kind in ("softmax", "logsoftmax", "softmax2d"):
        sink.warning(
            "W501",
            f"`{last.path}` is a {last.kind} before `CrossEntropyLoss`",
            last.span,
            help=f"remove `{last.path}`: CrossEntropyLoss applies log-softmax itself",
            edits=_without(last),
        )
    elif loss.name in ("BCEWithLogitsLoss", "MultiLabelSoftMarginLoss") and kind in ("sigmoid", "logsigmoid"):
        sink.warning(
            "W502",
            f"`{last.path}` is a {last.kind} before `{loss.name}`",
            last.span,
            help=f"remove `{last.path}`: {loss.name} applies the sigmoid itself",
            edits=_without(last),
        )
    elif wants == "log_probabilities" and kind not in ("logsoftmax", "logsigmoid", "adaptivelogsoftmaxwithloss"):
        sink.warning(
            "W504",
            f"`{loss.name}` takes log-probabilities, and `{last.path}` is a {last.kind}",
            last.span,
            help="end with `{op: LogSoftmax, dim: 1}`, or use `CrossEntropyLoss` on logits",
        )


def _without(layer: Node) -> tuple[Edit, ...]:
    return (Edit(layer.span, "", "drop"),) if layer.span is not None else ()


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
