"""Convolutions, poolings and resizing: what a person reads where they do not fit, and the indices of a pooling."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch.nn import functional

from specc.compiler import compile_text
from specc.diagnostics import Severity, Sink
from specc.ops import OPS
from specc.ops.evaluate import evaluate
from specc.shapes.dim import Dim
from specc.shapes.tensor import TensorType
from tests.emit.python.running import compiled, module

Shapes = list[list[int | str]]
IMAGE: list[int | str] = ["N", 3, "H", "W"]


@pytest.mark.parametrize(
    ("op", "args", "shapes", "code", "message", "help"),
    [
        (
            "conv2d", {}, [IMAGE, [8, 4, 3, 3]], "S303",
            "`layer` (conv2d) has 3 input channels, but its weight is made for 4", None,
        ),
        (
            "conv2d", {"groups": 3}, [IMAGE, [8, 1, 3, 3]], "S308",
            "`groups: 3` of `layer` does not divide its 8 output channels", None,
        ),
        (
            "ConvTranspose2d", {"out_channels": 4, "kernel_size": 2, "stride": 2, "output_size": [10, 9]},
            [["N", 3, 4, 4]], "S306", "`output_size` of `layer` asks for 10, but must be between 8 and 9", None,
        ),
        (
            "linear", {}, [["N", 784], [10, 782]], "S303",
            "`layer` (linear) has 784 input features, but its weight is made for 782", "the weight is [out, in]",
        ),
        (
            "LPPool2d", {"norm_type": 0, "kernel_size": 2}, [IMAGE], "L204",
            "`norm_type` of `layer` must not be 0", None,
        ),
        (
            "AdaptiveMaxPool2d", {"output_size": 2}, [["N", 64]], "S302",
            "`layer` (AdaptiveMaxPool2d) needs a 3-d or 4-d input [N, C, H, W], but its input is 2-d",
            "features [N, C] have no H, W: give them axes with `reshape`, or leave `flatten` out before",
        ),
        (
            "FractionalMaxPool2d", {"kernel_size": 3, "output_size": 4}, [["N", 3, 5, 9]], "S306",
            "`layer` (FractionalMaxPool2d) takes 4 windows of 3, which needs a size of at least 6, but its input has 5",
            "use a smaller kernel or a smaller output",
        ),
        (
            "fractional_max_pool2d", {"kernel_size": 2, "output_ratio": 0.5}, [IMAGE], "S310",
            "`output_ratio` of `layer` must be a list of 2: PyTorch's fractional_max_pool2d takes no single number "
            "there",
            "write `output_ratio: [0.5, 0.5]`",
        ),
        (
            "interpolate", {"size": 8, "mode": "lanczos"}, [IMAGE], "S310",
            "`mode: lanczos` of `layer` needs `antialias: true`", None,
        ),
        (
            "UpsamplingBilinear2d", {"scale_factor": 2}, [["N", 3, "L"]], "S302",
            "`layer` (UpsamplingBilinear2d) needs a 4-d input [N, C, H, W], but its input is 3-d", None,
        ),
        (
            "interpolate", {"scale_factor": 0.7}, [["N", 3, "H", 8]], "S304",
            "`scale_factor: 0.7` of `layer` has no exact size for the symbolic dimension `H`: 90 × 0.7 is "
            "62.99999999999999 in floating point, and is rounded down",
            "write the output's size, give that dimension a number, or add `where: [H < 90]`",
        ),
        (
            "ChannelShuffle", {"groups": 3}, [["N", 8, "H", "W"]], "S308",
            "`layer` needs channels divisible by 3, but its input has 8", "the nearest is 6 or 9",
        ),
        (
            "Fold", {"output_size": 4, "kernel_size": 2}, [["N", 12, 8]], "S303",
            "`layer` (Fold) puts 3 × 3 blocks into an image of 4 × 4, but its input has 8", None,
        ),
        (
            "grid_sample", {}, [IMAGE, ["N", 8, 8, 3]], "S303",
            "`grid` of `layer` (grid_sample) must be [N, H_out, W_out, 2], but its last axis has size 3", None,
        ),
        (
            "affine_grid", {"size": [2, 3, 8, 8]}, [[2, 3, 3]], "S303",
            "`layer` (affine_grid) needs maps [N, 2, 3] for a `size` of 4, but its input is [2, 3, 3]", None,
        ),
    ],
)  # fmt: skip
def test_message(op: str, args: dict[str, Any], shapes: Shapes, code: str, message: str, help: str | None) -> None:
    sink = Sink()
    outcome = evaluate(OPS[op], args, [TensorType.of(shape) for shape in shapes], sink=sink)
    assert not outcome.ok
    (found,) = sink.diagnostics
    assert (found.code, found.message, found.help) == (code, message, help)


def test_an_affine_grid_of_symbols() -> None:
    """The batch of the maps is the first of the sizes; the grid has the image's axes."""
    size = tuple(map(Dim.symbol, "NCHW"))
    outcome = evaluate(OPS["affine_grid"], {"size": size}, [TensorType.of(["N", 2, 3])])
    assert outcome.ok
    assert str(outcome.outputs[0]) == "[N, H, W, 2]"
    other = evaluate(OPS["affine_grid"], {"size": size}, [TensorType.of(["M", 2, 3])], sink=(sink := Sink()))
    assert not other.ok
    assert [d.code for d in sink.diagnostics] == ["S305"]


CODER = """
name: coder
inputs: {{image: [N, 3, H, W]}}
layers:
  pool: {{op: MaxPool2d, kernel_size: 2{asked}}}
  relu: {{op: ReLU}}
  back: {{op: MaxUnpool2d, kernel_size: 2, output_size: [H, W], from: {{input: relu, indices: pool.{field}}}}}
outputs: {{y: back}}
"""


@pytest.mark.parametrize("field", ["indices", "1"])
def test_the_indices_of_a_pooling_undo_it(field: str) -> None:
    """They are the second output, by name or by number; the size is that before the pooling."""
    network = module(compiled(CODER.format(asked=", return_indices: true", field=field)))
    image = torch.rand(2, 3, 5, 8)
    values, places = functional.max_pool2d(image, 2, return_indices=True)
    assert torch.equal(network(image), functional.max_unpool2d(values, places, (2, 2), output_size=(5, 8)))


def test_indices_must_be_asked_for() -> None:
    result = compile_text(CODER.format(asked="", field="indices"), "coder.yaml")
    (found,) = [d for d in result.diagnostics if d.severity is Severity.ERROR]
    assert (found.code, found.help) == ("N405", "`return_indices: true` makes it one")


def test_a_pooling_without_indices_gives_no_tuple() -> None:
    network = module(compiled(CODER.split("  back")[0].format(asked="") + "outputs: {y: relu}\n"))
    assert network(torch.rand(2, 3, 6, 6)).shape == (2, 3, 3, 3)
