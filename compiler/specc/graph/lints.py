"""Lints of a network that is otherwise right: layers that undo each other, or do nothing.

A rule looks at one leaf and says what is odd about a layer. The text of a block stands for all its uses: what is said
of a layer is reported only where it holds in every use, for else its mend would be wrong in another.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from specc.diagnostics import Diagnostic, Edit, Note, Severity, Sink, Span
from specc.graph.flow import Flow, flow
from specc.graph.ir import Graph, Node
from specc.graph.lints_scopes import dead_branches, needless_shortcuts
from specc.graph.lints_strides import skipped
from specc.ops.call import Bound
from specc.shapes.tensor import TensorType

Finding = tuple[Node, Diagnostic]  # the layer that it is said of
_Place = tuple[Span | None, str, bool]  # what comes from one text: the copies of a repeat are told from the whole

_BATCH_NORMS: Final = ("BatchNorm1d", "BatchNorm2d", "BatchNorm3d", "SyncBatchNorm")
_DROPOUTS: Final = frozenset({
    "Dropout", "Dropout1d", "Dropout2d", "Dropout3d", "AlphaDropout", "FeatureAlphaDropout", "dropout", "dropout1d",
    "dropout2d", "dropout3d", "alpha_dropout", "feature_alpha_dropout",
})  # fmt: skip
_RELUS: Final = frozenset({"relu", "relu6"})
_NOT_NEGATIVE: Final = frozenset({"relu", "relu6", "sigmoid", "hardsigmoid", "softplus", "softmax", "softmax2d"})
_BETWEEN: Final = frozenset({"Identity", "Flatten", "flatten"})  # what passes every number on


def lint(graph: Graph, sink: Sink) -> None:
    """Reports W515 to W520. Nothing where there are errors: what is missing may be what would make it right."""
    if not sink.ok:
        return
    through = flow(graph)
    shared = {node.module for node in graph.root.walk() if node.module}
    every: dict[_Place, int] = {}
    found: dict[tuple[_Place, str], list[Diagnostic]] = {}
    for node in graph.root.walk():
        place = _place(node)
        every[place] = every.get(place, 0) + 1
        rule = _RULES.get(node.kind) if node.op is not None else None
        for layer, diagnostic in rule(node, through) if rule is not None else ():
            if layer.path not in shared and not layer.module:
                found.setdefault((_place(layer), diagnostic.code), []).append(diagnostic)
    for layer, diagnostic in (*needless_shortcuts(graph.root), *dead_branches(graph.root)):
        found.setdefault((_place(layer), diagnostic.code), []).append(diagnostic)
    for (place, _), diagnostics in found.items():
        if len(diagnostics) >= every[place]:
            sink.report(diagnostics[0])
    for diagnostic in skipped(through):
        sink.report(diagnostic)


def _called(node: Node, other: Node) -> str:
    """The layer's name; its path where the other's is the same."""
    return node.name if node.name != other.name else node.path


def _place(node: Node) -> _Place:
    return node.span, node.kind, node.index is None


def _warning(code: str, message: str, span: Span | None, help: str, note: Note, edit: Edit | None = None) -> Diagnostic:
    return Diagnostic(code, message, span, (note,), help, Severity.WARNING, () if edit is None else (edit,))


def _batch_norm(norm: Node, through: Flow) -> Iterator[Finding]:
    yield from _bias(norm, through)
    yield from _dropout(norm, through)


def _bias(norm: Node, through: Flow) -> Iterator[Finding]:
    """A convolution or linear layer whose bias the batch norm after it subtracts with the mean (W515)."""
    layer = through.before(norm)
    if layer is None or layer.op is None or "bias" not in layer.parameters or not through.only_reader(layer):
        return
    type_ = layer.outputs[0].type
    rank = {"Linear": 2, "Bilinear": 2}.get(layer.kind, layer.op.spatial + 2 if "Conv" in layer.kind else 0)
    if not isinstance(type_, TensorType) or type_.rank != rank:  # the norm's channels are another axis
        return
    bound = layer.args["bias"]
    written = bound.given and bound.span is not None
    yield (
        layer,
        _warning(
            "W515",
            f"`{_called(layer, norm)}` has a bias that `{_called(norm, layer)}` ({norm.kind}) takes out again",
            bound.span if written else layer.span,
            "write `bias: false`" if written else f"add `bias: false` to `{_called(layer, norm)}`",
            Note(f"`{_called(norm, layer)}` subtracts the mean of every channel, and has a bias of its own", norm.span),
            _without_bias(layer, bound),
        ),
    )


def _without_bias(layer: Node, bias: Bound) -> Edit | None:
    """`bias: false` in the place of what is written, or behind the layer's last argument."""
    if bias.given and bias.span is not None:
        return Edit(bias.span, "bias: false")
    spans = [bound.span for bound in layer.args.values() if bound.given and bound.span is not None]
    last = max(spans, key=lambda span: (span.line, span.column), default=None)
    return None if last is None else Edit(last, "bias: false", "add")


def _dropout(norm: Node, through: Flow) -> Iterator[Finding]:
    """A dropout whose output, weights apart, is what a batch norm takes its statistics of (W516)."""
    layer = through.before(norm)
    while layer is not None and (layer.kind in _BETWEEN or layer.kind in _ACTIVATIONS):
        layer = through.before(layer)
    if layer is None or layer.kind not in _DROPOUTS or layer.args["p"].value == 0:
        return
    first, then = _called(layer, norm), _called(norm, layer)
    yield (
        layer,
        _warning(
            "W516",
            f"`{first}` ({layer.kind}) comes before `{then}` ({norm.kind})",
            layer.span,
            f"put `{first}` behind `{then}` and its activation",
            Note(f"the variance that `{then}` learns with values dropped is not that of eval mode", norm.span),
        ),
    )


def _word(node: Node) -> str:
    return node.kind.casefold().replace("_", "")


def _twice(node: Node, through: Flow) -> Iterator[Finding]:
    """An activation of what is an activation's output (W517)."""
    first = through.before(node)
    while first is not None and first.kind == "Identity":
        first = through.before(first)
    if first is None or first.op is None:
        return
    same = _word(first) == _word(node) and _dim(first) == _dim(node)
    here, there = _called(node, first), _called(first, node)
    if same and _word(node) in _RELUS:
        message = f"`{here}` ({node.kind}) changes nothing: `{there}` is a {first.kind} already"
    elif _word(node) == "relu" and _word(first) in _NOT_NEGATIVE:
        message = f"`{here}` ({node.kind}) changes nothing: `{there}` ({first.kind}) gives no negative number"
    elif same:
        message = f"`{here}` applies {node.kind} to what `{there}` ({first.kind}) gives"
    else:
        return
    edit = None if node.span is None else Edit(node.span, "", "drop")
    note = Note(f"`{there}` stands before it", first.span)
    yield (
        node,
        _warning("W517", message, node.span, f"remove `{here}`", note, edit),
    )


def _dim(node: Node) -> object:
    return node.args["dim"].value if "dim" in node.args else None


_ACTIVATIONS: Final = frozenset({
    "CELU", "ELU", "GELU", "GLU", "Hardshrink", "Hardsigmoid", "Hardswish", "Hardtanh", "LeakyReLU", "LogSigmoid",
    "LogSoftmax", "Mish", "PReLU", "RReLU", "ReLU", "ReLU6", "SELU", "SiLU", "Sigmoid", "Softmax", "Softmax2d",
    "Softmin", "Softplus", "Softshrink", "Softsign", "Tanh", "Tanhshrink", "Threshold", "celu", "elu", "gelu", "glu",
    "hardshrink", "hardsigmoid", "hardswish", "hardtanh", "leaky_relu", "log_softmax", "logsigmoid", "mish", "prelu",
    "relu", "relu6", "rrelu", "selu", "sigmoid", "silu", "softmax", "softmin", "softplus", "softshrink", "softsign",
    "tanh", "tanhshrink", "threshold",
})  # fmt: skip
_RULES: Final[Mapping[str, Callable[[Node, Flow], Iterator[Finding]]]] = {
    **dict.fromkeys(_BATCH_NORMS, _batch_norm),
    **dict.fromkeys(_ACTIVATIONS, _twice),
}
