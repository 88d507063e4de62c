"""What a person reads when boxes, regions or bricks of torchvision do not fit; and figures the oracle cannot see."""

from __future__ import annotations

from typing import Any

import pytest

from specc.compiler import compile_text
from specc.diagnostics import Diagnostic, Sink
from specc.emit.python import to_python
from specc.ops import OPS
from specc.ops.declare import Owned
from specc.ops.evaluate import Outcome, evaluate
from specc.shapes.dim import Dim
from specc.shapes.tensor import TensorType

Given = list[int | str]


def _tried(op: str, args: dict[str, Any], *shapes: Given | None, sink: Sink | None = None) -> Outcome:
    return evaluate(OPS[op], args, [None if s is None else TensorType.of(s) for s in shapes], sink=sink)


def _only(op: str, args: dict[str, Any], *shapes: Given | None) -> Diagnostic:
    sink = Sink()
    assert not _tried(op, args, *shapes, sink=sink).ok
    (found,) = sink.diagnostics
    return found


@pytest.mark.parametrize(
    ("op", "args", "shapes", "code", "message", "help"),
    [
        (
            "nms", {"iou_threshold": 0.5}, [["N", 5], ["N"]], "S303",
            "`layer` (nms) needs 4 numbers for a box, but the last axis of `boxes` has 5", None,
        ),
        (
            "nms", {"iou_threshold": 0.5}, [[10, 4], [9]], "S303", "`layer` (nms) has 9 `scores` for 10 boxes", None,
        ),
        (
            "nms", {"iou_threshold": 0.5}, [["B", "N", 4], ["N"]], "S302",
            "`layer` (nms) needs boxes [N, 4], but `boxes` is 3-d", None,
        ),
        (
            "box_convert", {"in_fmt": "xyxy", "out_fmt": "cxcywhr"}, [["N", 4]], "S310",
            "`layer` (box_convert) cannot turn `xyxy` into `cxcywhr`",
            "boxes with and without an angle are not converted into each other",
        ),
        (
            "clip_boxes_to_image", {"size": [224]}, [["N", 4]], "L203",
            "`size` of `layer` must be a height and a width, not [224]", None,
        ),
        (
            "RoIAlign", {"output_size": 7, "spatial_scale": 1.0, "sampling_ratio": 2}, [["N", 8, "H", "W"], ["K", 4]],
            "S303", "`layer` (RoIAlign) needs 5 numbers for a box, but the last axis of `rois` has 4",
            "they are the index of the image, x1, y1, x2, y2",
        ),
        (
            "ps_roi_pool", {"output_size": 3}, [["N", 8, "H", "W"], ["K", 5]], "S308",
            "`layer` (ps_roi_pool) has 8 channels for 9 cells: they must be a multiple", None,
        ),
        (
            "DeformConv2d", {"out_channels": 8, "kernel_size": 3}, [[1, 4, 8, 8], [1, 9, 6, 6], None], "S303",
            "`offset` of `layer` (DeformConv2d) has 9 channels: it needs a multiple of 18, two for each of the "
            "kernel's 9 taps", None,
        ),
        (
            "DeformConv2d", {"out_channels": 8, "kernel_size": 3}, [[1, 4, 8, 8], [1, 18, 8, 6], None], "S303",
            "axis 2 of `offset` of `layer` (DeformConv2d) has size 8, not 6", None,
        ),
        (
            "Conv2dNormActivation", {"out_channels": 8, "activation_layer": "GELU"}, [["N", 3, 8, 8]], "S310",
            "`GELU` of `layer` (Conv2dNormActivation) does not work in place", "write `inplace: null`",
        ),
        (
            "MLP", {"hidden_channels": [8, 4], "activation_layer": None}, [["N", 3]], "S310",
            "`layer` (MLP) needs an activation between its 2 layers", "write `activation_layer: Identity` for none",
        ),
        (
            "SqueezeExcitation", {"squeeze_channels": 4, "activation": "Swish"}, [["N", 3, 8, 8]], "L204", None, None,
        ),
        (
            "sigmoid_focal_loss", {"alpha": -0.5}, [["N"], ["N"]], "L204",
            "`alpha` of `layer` must be between 0 and 1, or -1, not -0.5", None,
        ),
    ],
)  # fmt: skip
def test_message(
    op: str, args: dict[str, Any], shapes: list[Given | None], code: str, message: str | None, help: str | None
) -> None:
    found = _only(op, args, *shapes)
    assert found.code == code
    if message is not None:
        assert (found.message, found.help) == (message, help)


def test_deformable_cost() -> None:
    """As that of a convolution of the same shape (the flop counter does not see it)."""
    outcome = _tried(
        "DeformConv2d", {"out_channels": 8, "kernel_size": 3, "groups": 2}, ["N", 4, 9, 9], ["N", 18, 7, 7], None
    )
    assert outcome.macs == Dim.symbol("N") * (8 * 7 * 7 * 2 * 9)
    assert outcome.parameters == {"weight": Owned((8, 2, 3, 3)), "bias": Owned((8,))}


def test_a_composite_is_the_sum_of_its_parts() -> None:
    """Parameters by the names of the submodules, buffers, cost: a convolution without bias, a norm, an activation."""
    outcome = _tried(
        "Conv2dNormActivation", {"out_channels": 8, "activation_layer": "PReLU", "inplace": None}, ["N", 3, 8, 8]
    )
    assert list(outcome.parameters) == ["0.weight", "1.weight", "1.bias", "2.weight"]
    assert list(outcome.buffers) == ["1.running_mean", "1.running_var", "1.num_batches_tracked"]
    assert outcome.macs == Dim.symbol("N") * (8 * 64 * 27)


def test_the_requirements_of_parts_are_those_of_the_whole() -> None:
    outcome = _tried("Conv2dNormActivation", {"out_channels": 8, "kernel_size": 5, "padding": 0}, ["N", 3, "H", "W"])
    assert outcome.ok
    assert [str(c) for c in outcome.call.requirements] == ["H >= 5", "W >= 5"]


def test_a_class_may_be_a_param() -> None:
    """Of type `op`; it is written as the class, and a use with another one has a class of its own."""
    result = compile_text("""\
name: net
inputs: {x: [N, 8, H, W]}
blocks:
  B:
    params: {act: {type: op, default: ReLU}}
    layers: {se: {op: SqueezeExcitation, squeeze_channels: 4, activation: act}}
layers: {a: {op: B}, b: {op: B, act: SiLU}}
""")
    assert result.ok
    assert result.graph is not None
    source = to_python(result.graph)
    assert "self.se = torchvision.ops.SqueezeExcitation(input_channels, 4)" in source
    assert "self.se = torchvision.ops.SqueezeExcitation(input_channels, 4, activation=nn.SiLU)" in source
