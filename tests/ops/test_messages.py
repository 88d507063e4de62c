"""What a person reads when a layer does not fit: the layer, both sizes, and the mend."""

from __future__ import annotations

from typing import Any

import pytest

from specc.diagnostics import Diagnostic, Sink
from specc.ops import OPS
from specc.ops.evaluate import evaluate
from specc.shapes.tensor import TensorType


def _only(op: str, args: dict[str, Any], *shapes: list[int | str], dtype: str = "float32") -> Diagnostic:
    sink = Sink()
    outcome = evaluate(OPS[op], args, [TensorType.of(shape, dtype) for shape in shapes], sink=sink)
    assert not outcome.ok
    (found,) = sink.diagnostics
    return found


@pytest.mark.parametrize(
    ("op", "args", "shape", "code", "message", "help"),
    [
        (
            "Linear", {"in_features": 784, "out_features": 10}, ["N", 3090], "S301",
            "`layer` expects 784 input features, but its input has 3090",
            "remove `in_features` (it is inferred), or write `in_features: 3090`",
        ),
        (
            "BatchNorm1d", {}, ["N", 64, "H", "W"], "S302",
            "`layer` (BatchNorm1d) needs a 2-d or 3-d input [N, C] or [N, C, L], but its input is 4-d",
            "use `BatchNorm2d` for images [N, C, H, W]",
        ),
        (
            "Conv2d", {"out_channels": 8, "kernel_size": 3}, ["N", 3, "L"], "S304",
            "`layer` needs a fixed size for `in_channels`, but its input has `N`",
            "give that dimension of the input a number instead of the symbol `N`",
        ),
        (
            "Conv2d", {"out_channels": 8, "kernel_size": 7}, ["N", 3, 5, 9], "S306",
            "the kernel of `layer` spans 7, but its padded input has only 5",
            "use a smaller kernel, pad the input, or let fewer layers shrink it",
        ),
        (
            "Conv2d", {"out_channels": 8, "kernel_size": 0}, ["N", 3, 5, 9], "L204",
            "`kernel_size` of `layer` must be at least 1, not 0", None,
        ),
        (
            "Conv2d", {"out_channels": 8, "kernel_size": [3, 3, 3]}, ["N", 3, 5, 9], "L203",
            "`kernel_size` of `layer` must be an integer or a list of 2, not a list of 3", None,
        ),
        (
            "GroupNorm", {"num_groups": 5}, ["N", 64, "H", "W"], "S308",
            "`num_groups: 5` of `layer` does not divide its 64 channels",
            "64 channels can be split into 1, 2, 4, 8, 16, 32, 64 groups",
        ),
        (
            "MaxPool2d", {"kernel_size": 3, "padding": 2}, ["N", 64, "H", "W"], "S310",
            "`padding: 2` of `layer` is more than half of its kernel of 3",
            "torch pads a pooling by at most half of its kernel: write `padding: 1`",
        ),
        (
            "max_pool2d", {"kernel_size": 3}, ["N", 64, "D", "H", "W"], "S302",
            "`layer` (max_pool2d) needs a 3-d or 4-d input [N, C, H, W], but its input is 5-d",
            "use `max_pool3d` for volumes [N, C, D, H, W]",
        ),
        (
            "MaxPool2d",
            {"kernel_size": 3},
            ["N", 64, "D", "H", "W"],
            "S302",
            "`layer` (MaxPool2d) needs a 3-d or 4-d input [N, C, H, W], but its input is 5-d",
            "use `MaxPool3d` for volumes [N, C, D, H, W]",
        ),
        (
            "GroupNorm",
            {"num_groups": 4},
            [1, 4],
            "S306",
            "`layer` (GroupNorm) needs more than one value per group, but has 1",
            None,
        ),
        (
            "Softmax", {"dim": 2}, ["N", 10], "S309",
            "`dim: 2` of `layer` is out of range for a 2-d input (it may be -2 to 1)", None,
        ),
        (
            "Upsample", {}, ["N", 3, 8, 8], "S310",
            "`layer` (Upsample) has neither `size` nor `scale_factor`; it takes one of them", None,
        ),
        (
            "interpolate", {"scale_factor": 2, "mode": "bilinear"}, ["N", 3, "L"], "S302",
            "`mode: bilinear` of `layer` (interpolate) needs a 4-d input, but its input is 3-d",
            "use `mode: linear`",
        ),
        ("GELU", {"approximate": "erf"}, ["N"], "L204",
         "`approximate` of `layer` must be one of `none`, `tanh`, not `erf`", None),
        ("ReLU", {"in_place": True}, ["N"], "L201", "`ReLU` has no argument `in_place`", None),
        ("Linear", {}, ["N", 3], "L202",
         "`layer` (Linear) needs `out_features`: size of the last axis of the output", None),
    ],
)  # fmt: skip
def test_message(op: str, args: dict[str, Any], shape: list[int | str], code: str, message: str, help: str) -> None:
    found = _only(op, args, shape)
    assert (found.code, found.message, found.help) == (code, message, help)


def test_dtype_is_named() -> None:
    found = _only("Linear", {"out_features": 3}, ["N", 4], dtype="int64")
    assert found.message == "`layer` (Linear) needs a float32 input, as its weights are, but its input is int64"
    assert found.notes[0].text == "from: input gives [N, 4]"
    found = _only("MaxPool2d", {"kernel_size": 2}, ["N", 3, 8, 8], dtype="bool")
    assert found.message == "`layer` (MaxPool2d) needs numbers, but its input is bool"


def test_open_sizes_are_requirements_not_errors() -> None:
    """A kernel on an image of any size is right for the sizes that hold it: the network says for which."""
    outcome = evaluate(OPS["Conv2d"], {"out_channels": 8, "kernel_size": 7}, [TensorType.of(["N", 3, "H", "W"])])
    assert outcome.ok
    assert [str(condition) for condition in outcome.call.requirements] == ["H >= 7", "W >= 7"]


def test_inputs_are_counted() -> None:
    one = TensorType.of(["N", 4])
    sink = Sink()
    assert not evaluate(OPS["Linear"], {"out_features": 3}, [], sink=sink).ok
    assert not evaluate(OPS["Linear"], {"out_features": 3}, [one, one], sink=sink).ok
    assert [d.code for d in sink.diagnostics] == ["N404", "N404"]
