"""Normalisation: what a person reads, which statistics are of a single value, and the functions' texts."""

from __future__ import annotations

from typing import Any

import pytest

from specc.diagnostics import Sink
from specc.ops import OPS
from specc.ops.evaluate import Outcome, evaluate
from specc.ops.write import Named, Statistics
from specc.shapes.tensor import TensorType

Shape = list[int | str]
IMAGE: Shape = ["N", 64, "H", "W"]


def _judged(op: str, args: dict[str, Any], shapes: list[Shape | None]) -> tuple[Outcome, Sink]:
    sink = Sink()
    types = [None if shape is None else TensorType.of(shape) for shape in shapes]
    return evaluate(OPS[op], args, types, sink=sink), sink


@pytest.mark.parametrize(
    ("op", "args", "shapes", "code", "message"),
    [
        ("BatchNorm2d", {"eps": 0}, [IMAGE], "L204", "`eps` of `layer` must be greater than 0 to train"),
        (
            "BatchNorm1d", {"track_running_stats": False}, [[1, 8]], "S306",
            "`layer` (BatchNorm1d) needs more than one value per channel, but has 1",
        ),
        (
            "InstanceNorm2d", {}, [["N", 8, 1, 1]], "S306",
            "`layer` (InstanceNorm2d) needs more than one value per channel of a sample, but has 1",
        ),
        (
            "InstanceNorm1d", {}, [IMAGE], "S302",
            "`layer` (InstanceNorm1d) needs a 2-d or 3-d input [N, C, L], but its input is 4-d",
        ),
        (
            "LocalResponseNorm", {"size": 5}, [["N", 64]], "S302",
            "`layer` (LocalResponseNorm) needs an input [N, C, L, …], but its input is 2-d",
        ),
        (
            "batch_norm", {}, [IMAGE, [64], None], "N201",
            "`layer` (batch_norm) is given `running_mean` without `running_var`",
        ),
        (
            "batch_norm", {}, [IMAGE, [64], [32]], "S303",
            "`running_var` of `layer` (batch_norm) has 32 elements, but the input has 64 channels",
        ),
        (
            "group_norm", {"num_groups": 5}, [IMAGE], "S308",
            "`num_groups: 5` of `layer` does not divide its 64 channels",
        ),
        (
            "layer_norm", {"normalized_shape": [32]}, [["N", "T", 64]], "S301",
            "`normalized_shape` of `layer` has 32 for axis -1, but its input has 64",
        ),
        (
            "layer_norm", {"normalized_shape": [64]}, [["N", "T", 64], [8, 8]], "S302",
            "`weight` of `layer` (layer_norm) must have the 1 axes that are normalised, but it is 2-d",
        ),
        ("normalize", {"dim": [1, -3]}, [IMAGE], "S309", "`dim` of `layer` (normalize) names an axis twice"),
    ],
)  # fmt: skip
def test_message(op: str, args: dict[str, Any], shapes: list[Shape | None], code: str, message: str) -> None:
    outcome, sink = _judged(op, args, shapes)
    assert not outcome.ok
    assert [(d.code, d.message) for d in sink.diagnostics] == [(code, message)]


@pytest.mark.parametrize(
    ("op", "shapes", "warned"),
    [
        ("BatchNorm2d", [[1, 64, 1, 1]], True),
        ("BatchNorm2d", [["N", 64, 1, 1]], False),
        ("BatchNorm2d", [[1, 64, 2, 1]], False),
        ("SyncBatchNorm", [[1, 64]], True),
        ("batch_norm", [[1, 64], [64], [64]], True),
        ("instance_norm", [["N", 64, 1], [64], [64]], True),
        ("instance_norm", [["N", 64, 2], [64], [64]], False),
    ],
)
def test_one_value_per_channel(op: str, shapes: list[Shape | None], warned: bool) -> None:
    """A warning only where every batch is refused in training."""
    outcome, sink = _judged(op, {}, shapes)
    assert outcome.ok
    assert [d.code for d in sink.diagnostics] == ["W514"] * warned


def test_sizes_of_a_function_may_be_open() -> None:
    """What a module would own needs numbers; a function reads its weights, whose sizes may be symbols."""
    outcome, sink = _judged("layer_norm", {"normalized_shape": [TensorType.of(["W"]).shape[0]]}, [IMAGE, ["W"]])
    assert outcome.ok, sink.diagnostics
    outcome, sink = _judged("group_norm", {"num_groups": 4}, [["N", "C", "L"]])
    assert [d.help for d in sink.diagnostics] == ["holds when C % 4 == 0; add `where: [C % 4 == 0]`"]


def test_infinite_norms() -> None:
    """The largest of nothing is undefined; torch says so for the p-norms without a neutral element."""
    assert _judged("normalize", {"p": float("inf")}, [["N", 8]])[0].ok
    assert not _judged("normalize", {"p": float("inf")}, [["N", 0]])[0].ok
    assert _judged("normalize", {"p": 2}, [["N", 0]])[0].ok


def test_statistics_are_written_with_the_mode() -> None:
    """With running statistics the module's mode decides, without them it is always the batch."""
    batch = Statistics("F.batch_norm", "training", {"running_mean": "None", "running_var": "None", "training": "True"})
    assert batch.call(["x", "m", "v"], ["eps=0.1"]) == "F.batch_norm(x, m, v, eps=0.1, training=self.training)"
    assert batch.call(["x", "weight=w"], []) == "F.batch_norm(x, None, None, weight=w, training=True)"
    instance = Statistics("F.instance_norm", "use_input_stats", {})
    assert instance.call(["x"], []) == "F.instance_norm(x)"
    assert instance.call(["x", "m", "v"], []) == "F.instance_norm(x, m, v, use_input_stats=self.training)"


def test_arguments_stand_before_named_inputs() -> None:
    norm = Named("F.layer_norm", 1, ("weight", "bias"))
    assert norm.call(["x", "w", "b"], ["(8,)", "eps=0.1"]) == "F.layer_norm(x, (8,), weight=w, bias=b, eps=0.1)"
    assert norm.call(["x", "bias=b"], ["(8,)"]) == "F.layer_norm(x, (8,), bias=b)"
