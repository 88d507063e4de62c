"""The `train` section against small graphs: what is reported, and where."""

from types import SimpleNamespace
from typing import Any, cast

import pytest

from specc.diagnostics import Diagnostic, Sink, Span
from specc.graph.ir import Graph, Input, Node, Scope, Value
from specc.shapes.tensor import TensorType
from specc.source.nodes import Entry, Mapping, Scalar, Sequence
from specc.source.nodes import Node as SourceNode
from specc.training.check import check_training

GOOD: dict[str, Any] = {
    "data": {"dataset": "Digits"},
    "loss": "CrossEntropyLoss",
    "optimizer": {"op": "SGD", "lr": 0.1},
    "epochs": 1,
}


def source(value: Any, line: list[int]) -> SourceNode:
    """Nodes of a plain value, a new line for every scalar."""
    line[0] += 1
    span = Span("it.yaml", line[0], 1, line[0], 9)
    if isinstance(value, dict):
        return Mapping(tuple(Entry(cast(Scalar, source(k, line)), source(v, line)) for k, v in value.items()), span)
    if isinstance(value, list):
        return Sequence(tuple(source(v, line) for v in value), span)
    return Scalar(value, str(value), span)


def graph(
    sample: tuple[int | str, ...] = (1, 8, 8),
    classes: int = 10,
    last: str = "Linear",
    inputs: int = 1,
    more: tuple[int, ...] = (),
    dtype: str = "float32",
) -> Graph:
    into = [Value(f"in{i}", TensorType.of(("N", *sample)), None) for i in range(inputs)]
    span = Span("it.yaml", 900, 3, 900, 9)
    out = Value("head", TensorType.of(("N", classes, *more), dtype), "head")
    op = cast(Any, SimpleNamespace(name=last, own=False))
    nodes = (Node("head", "head", op, None, {}, (Input("input", into[0]),), (out,), span),)
    scope = Scope("network", "net", "net", {}, tuple(into), nodes, (("out", out),))
    return Graph("net", "", "it.yaml", "", {}, (), (), scope, (), None)


def found(net: Graph, **changes: Any) -> list[Diagnostic]:
    sink = Sink()
    check_training(net, source({**GOOD, **changes}, [0]), sink)
    return sink.in_order()


def test_a_good_section_is_quiet() -> None:
    assert found(graph()) == []
    assert found(graph(("C", "H", "H")), scheduler="OneCycleLR") != []  # max_lr is missing
    assert found(graph((1, "H", "H")), scheduler={"op": "OneCycleLR", "max_lr": 1}, metrics=["accuracy", "f1"]) == []
    assert found(graph(last="LogSoftmax"), loss="NLLLoss") == []
    weighted = {"op": "CrossEntropyLoss", "weight": [1, 2] * 5, "label_smoothing": 0.1}
    assert found(graph(), loss=weighted) == []
    resized = {"dataset": "CIFAR10", "transform": ["Grayscale", {"op": "Resize", "size": [8, 8]}]}
    assert found(graph(), data=resized) == []


@pytest.mark.parametrize(
    ("net", "changes", "code", "text"),
    [
        ({}, {"loss": "CrossEntropyLos"}, "T601", "did you mean `CrossEntropyLoss`?"),
        ({}, {"optimizer": "LBFGS"}, "T601", "several times a step"),
        ({}, {"optimizer": {"op": "SGD", "learning_rate": 1}}, "L201", "`learning_rate`"),
        ({}, {"optimizer": {"op": "SGD", "lr": "fast"}}, "L203", "not `fast`"),
        ({}, {"scheduler": {"op": "StepLR"}}, "L202", "`step_size`"),
        ({}, {"metrics": ["accurcy"]}, "T601", "did you mean `accuracy`?"),
        ({}, {"steps": 3}, "L204", "`steps`"),
        ({}, {"data": {"dataset": "Digit"}}, "T601", "did you mean `Digits`?"),
        ({}, {"data": {"dataset": "EMNIST"}}, "L202", "`split`"),
        ({}, {"data": {"dataset": "Digits", "augment": ["RandomFlip", "CutMix"]}}, "T601", "works on batches"),
        ({}, {"data": {"dataset": "MNIST"}}, "T602", "{op: Resize, size: [8, 8]}"),
        ({}, {"data": {"dataset": "CIFAR10"}}, "T602", "Grayscale"),
        ({}, {"data": {"dataset": "Digits", "augment": {"op": "Pad", "padding": 2}}}, "T602", "training sample"),
        (
            {"sample": (1, "H", "H")},
            {"data": {"dataset": "CLEVRClassification", "transform": "Grayscale"}},
            "T602",
            "480",
        ),
        ({"sample": (64,)}, {}, "T602", "[1, 8, 8]"),
        ({"classes": 9}, {}, "T603", "9 outputs"),
        ({"classes": 12}, {}, "W503", "12 outputs"),
        ({"last": "Softmax"}, {}, "W501", "log-softmax itself"),
        ({"last": "log_softmax"}, {}, "W501", "remove `head`"),
        ({}, {"loss": "NLLLoss"}, "W504", "log-probabilities"),
        ({}, {"loss": "MSELoss"}, "T604", "int64"),
        ({}, {"loss": {"op": "CrossEntropyLoss", "label_smoothing": 1.5}}, "L204", "must be at most 1, not 1.5"),
        ({}, {"loss": {"op": "CrossEntropyLoss", "label_smoothing": "much"}}, "L203", "not `much`"),
        ({}, {"loss": {"op": "CrossEntropyLoss", "smoothing": 0.1}}, "L201", "did you mean `label_smoothing`?"),
        ({}, {"loss": {"op": "CrossEntropyLoss", "size_average": True}}, "L201", "no argument `size_average`"),
        ({}, {"loss": {"op": "CrossEntropyLoss", "reduction": "avg"}}, "L204", "one of `mean`, `sum`, `none`"),
        ({}, {"loss": {"op": "CrossEntropyLoss", "reduction": "sum"}}, "L204", "must be `mean`"),
        ({}, {"loss": {"op": "CrossEntropyLoss", "weight": [1, 2, 3]}}, "T604", "has 3 weights for 10 classes"),
        ({}, {"loss": {"op": "MultiMarginLoss", "p": 3}}, "L204", "must be at most 2, not 3"),
        ({}, {"loss": "CTCLoss"}, "T601", "the lengths of inputs and targets"),
        ({"more": (5,)}, {}, "T604", "needs a target [N, 5] for scores [N, 10, 5], but its target is [N]"),
        ({"more": (5,)}, {}, "T604", "`Digits` gives [N] int64 class numbers"),
        ({"dtype": "int64"}, {}, "T604", "the output `out` is int64"),
        ({"last": "Sigmoid"}, {"loss": "BCEWithLogitsLoss"}, "W502", "sigmoid itself"),
        ({"inputs": 2}, {}, "T605", "one input"),
    ],
    ids=str,
)
def test_what_is_reported(net: dict[str, Any], changes: dict[str, Any], code: str, text: str) -> None:
    reports = found(graph(**net), **changes)
    chosen = [d for d in reports if d.code == code]
    assert chosen, reports
    assert any(text in f"{d.message} {d.help} {d.notes}" for d in chosen), chosen
    assert all(d.span is not None for d in reports)
    assert all(not d.message.endswith(".") for d in reports)


def test_a_softmax_is_blamed_at_its_own_line() -> None:
    (warning,) = found(graph(last="Softmax"))
    assert warning.span == Span("it.yaml", 900, 3, 900, 9)
