"""Lints: what is odd is told where it is so in every use, and what is usual is not."""

from pathlib import Path

import pytest
import torch

from specc.compiler import compile_file, compile_text
from specc.source.edits import applied
from tests.emit.python.running import compiled as running
from tests.emit.python.running import module
from tests.graph.reading import HEAD, codes, problems

IMAGE = "inputs: {x: [N, 4, 16, 16]}\nlayers:\n"


@pytest.mark.parametrize(
    ("layers", "found"),
    [
        ("  a: {op: Conv2d, out_channels: 4, kernel_size: 1}\n  b: BatchNorm2d\n", ["W515"]),
        ("  a: {op: ConvTranspose2d, out_channels: 4, kernel_size: 2}\n  b: BatchNorm2d\n", ["W515"]),
        ("  a: {op: Conv2d, out_channels: 4, kernel_size: 1, bias: false}\n  b: BatchNorm2d\n", []),
        ("  a: {op: Conv2d, out_channels: 4, kernel_size: 1}\n  b: {op: GroupNorm, num_groups: 2}\n", []),
        ("  a: {op: Conv2d, out_channels: 4, kernel_size: 1}\n  b: FrozenBatchNorm2d\n", []),
        ("  a: {op: Conv2d, out_channels: 4, kernel_size: 1}\n  b: ReLU\n  c: BatchNorm2d\n", []),
        # Another layer reads what has the bias.
        (
            "  a: {op: Conv2d, out_channels: 4, kernel_size: 1}\n  b: BatchNorm2d\n  c: {op: add, from: [a, b]}\n",
            [],
        ),
        # The channels of the norm are another axis than the features.
        ("  f: {op: flatten, start_dim: 2}\n  a: {op: Linear, out_features: 8}\n  b: BatchNorm1d\n", []),
        ("  g: {layers: [{op: Conv2d, out_channels: 4, kernel_size: 1}]}\n  b: BatchNorm2d\n", ["W515"]),
        ("  a: {op: Dropout, p: 0}\n  b: BatchNorm2d\n", []),
        ("  a: Dropout2d\n  r: ReLU\n  b: BatchNorm2d\n", ["W516"]),
        ("  b: BatchNorm2d\n  a: Dropout2d\n", []),
        (
            "  a: Dropout\n  c: {op: Conv2d, out_channels: 4, kernel_size: 1, bias: false}\n  b: BatchNorm2d\n",
            [],
        ),
        ("  a: ReLU\n  b: relu\n", ["W517"]),
        ("  a: ReLU\n  i: Identity\n  b: ReLU6\n", []),
        ("  a: ReLU6\n  b: ReLU\n", ["W517"]),
        ("  a: {op: Softmax, dim: 2}\n  b: {op: Softmax, dim: 3}\n", []),
        ("  a: {op: Softmax, dim: 2}\n  b: {op: softmax, dim: 2}\n", ["W517"]),
        ("  a: Softplus\n  b: Tanh\n  c: {op: mul, from: [x, b]}\n", []),
        ("  a: {op: ReLU, repeat: 3}\n", []),
    ],
)
def test_layers_that_undo_each_other(layers: str, found: list[str]) -> None:
    assert codes(IMAGE + layers) == found


@pytest.mark.parametrize(
    ("layers", "found"),
    [
        ("  a: {op: MaxPool2d, kernel_size: 1, stride: 2}\n", ["W518"]),
        ("  a: {op: AvgPool2d, kernel_size: 2, stride: [1, 3]}\n", ["W518"]),
        ("  a: {op: MaxPool2d, kernel_size: 3, stride: 2}\n", []),
        ("  a: {op: MaxPool2d, kernel_size: 11}\n", ["W518"]),
        ("  a: {op: MaxPool2d, kernel_size: 11, ceil_mode: true}\n", []),
        ("  a: {op: Conv2d, out_channels: 4, kernel_size: 3, stride: 2, dilation: 2}\n", ["W518"]),
        ("  a: {op: Conv2d, out_channels: 4, kernel_size: 3, stride: 3, dilation: 2, padding: 2}\n", []),
        ("  a: {op: Conv2d, out_channels: 4, kernel_size: 3, padding: same}\n", []),
        ("  a: {op: MaxPool2d, kernel_size: 1, stride: 2}\n  b: {op: sum, from: x}\noutputs: {a: a, b: b}\n", []),
        # Two layers that skip the same.
        (
            "  a: {op: MaxPool2d, kernel_size: 1, stride: 2}\n"
            "  b: {op: AvgPool2d, kernel_size: 1, stride: 2, from: x}\n  c: {op: add, from: [a, b]}\n",
            ["W518"],
        ),
    ],
)
def test_positions_that_nothing_reads(layers: str, found: list[str]) -> None:
    assert codes(IMAGE + layers) == found


def test_an_open_size_is_told_of_gaps_alone() -> None:
    text = "inputs: {x: [N, 4, H, H]}\nwhere: [H >= 16]\nlayers:\n"
    assert codes(text + "  a: {op: MaxPool2d, kernel_size: 11}\n") == []
    assert codes(text + "  a: {op: MaxPool2d, kernel_size: 1, stride: 2}\n") == ["W518"]


BLOCK = """inputs: {x: [N, 4, 16, 16]}
blocks:
  Unit:
    params: {width: 4}
    residual:
      conv: {op: Conv2d, out_channels: width, kernel_size: 3, padding: 1, bias: false}
      bn: BatchNorm2d
    shortcut: SHORTCUT
layers:
  one: Unit
  two: {op: Unit, width: WIDTH}
"""


@pytest.mark.parametrize(
    ("shortcut", "width", "found"),
    [
        ("{op: Conv2d, out_channels: width, kernel_size: 1}", 4, ["W519"]),
        ("{op: Conv2d, out_channels: width, kernel_size: 1}", 8, []),  # one use needs it
        ("{layers: [{op: Conv2d, out_channels: width, kernel_size: 1}, ReLU]}", 4, []),
        ("{op: Conv2d, out_channels: width, kernel_size: 3, padding: 1}", 4, []),
        ("auto", 8, []),
    ],
)
def test_a_shortcut_that_one_use_needs_stays(shortcut: str, width: int, found: list[str]) -> None:
    assert codes(BLOCK.replace("SHORTCUT", shortcut).replace("WIDTH", str(width))) == found


def test_every_dead_branch_is_told_once() -> None:
    text = IMAGE + (
        "  a: Tanh\n  b: {op: Sigmoid, from: x}\n  c: {op: add, from: [a, b]}\n  d: {op: abs, from: x}\n"
        "  e: sqrt\n  f: {op: sub, from: [a, x]}\n"
    )
    found = [d.message for d in compile_text(HEAD + text).diagnostics if d.code == "W520"]
    assert found == ["`b` leads to `c` alone, which nothing reads", "`d` leads to `e` alone, which nothing reads"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("  a: ReLU\n  b: ReLU\nallow: {W517: why}\n", []),
        ("  a: ReLU\n  b: {op: ReLU, allow: {W517: why}}\n", []),
        ("  a: {op: ReLU, allow: {W517: why}}\n  b: ReLU\n", [("W521", 3, 25), ("W517", 4, 3)]),
        ("  g: {layers: [ReLU, ReLU], allow: {W517: why}}\n", []),
        ("  g: {layers: [ReLU, ReLU], allow: {W515: why, W517: why}}\n", [("W521", 3, 37)]),
        ("  g: {residual: {a: ReLU, b: ReLU}, allow: {W517: why}}\n", []),
        ("  a: ReLU\nallow: {W999: why}\n", [("L210", 4, 9)]),
        ("  a: ReLU\nallow: {S301: why}\n", [("L210", 4, 9)]),
        ("  a: ReLU\nallow: {W517: 3}\n", [("L203", 4, 15)]),
        # With an error it is not known what there would be to allow.
        ("  a: {op: Conv2d, kernel_size: 1}\nallow: {W517: why}\n", [("L202", 3, 11)]),
    ],
)
def test_an_allow_is_about_the_text_it_stands_in(text: str, found: list[tuple[str, int, int]]) -> None:
    assert problems(IMAGE + text) == found


def test_an_allow_in_a_block_is_about_the_block() -> None:
    text = BLOCK.replace("SHORTCUT", "{op: Conv2d, out_channels: width, kernel_size: 1}").replace("WIDTH", "4")
    assert codes(text.replace("    residual:", "    allow: {W519: as in the paper}\n    residual:")) == []
    assert codes(text + "allow: {W519: as in the paper}\n") == []
    assert codes(text.replace("one: Unit", "one: {op: Unit, allow: {W519: why}}")) == ["W519", "W521"]


@pytest.mark.parametrize(
    "layers",
    [
        "  a: {op: Conv2d, out_channels: 4, kernel_size: 1}\n  b: BatchNorm2d\n",
        "  a:\n    op: Conv2d\n    out_channels: 4\n    kernel_size: 1\n  b: BatchNorm2d\n",
        "  a: {op: Conv2d, bias: true, out_channels: 4, kernel_size: 1}\n  b: BatchNorm2d\n",
        "  a: ReLU\n  b: relu\n  c: Tanh\n",
        "  a: ReLU\n  b: Tanh\nallow: {W517: stale, W511: stale}\n",
    ],
)
def test_an_edit_does_what_the_help_says(layers: str) -> None:
    text = HEAD + IMAGE + layers
    found = compile_text(text).diagnostics
    assert found
    for one in found:
        text = applied(one.edits, text) if one is found[-1] or len(found) == 1 else text
    assert len(compile_text(text).diagnostics) == len(found) - 1


def test_without_the_bias_the_network_is_the_same() -> None:
    """In training and in eval mode, after steps that move the statistics."""
    text = "name: net\ninputs: {x: [N, 4]}\nlayers:\n  a: {op: Linear, out_features: 3BIAS}\n  b: BatchNorm1d\n"
    first, second = (module(running(text.replace("BIAS", bias))) for bias in ("", ", bias: false"))
    second.load_state_dict({name: tensor for name, tensor in first.state_dict().items() if name != "a.bias"})
    for mode in (True, False):
        for _ in range(300 if mode else 1):
            x = torch.randn(16, 4)
            one, other = (network.train(mode)(x) for network in (first, second))
        torch.testing.assert_close(one, other, rtol=1e-3, atol=1e-4)


def test_an_allow_of_another_file_may_be_for_another_spec(tmp_path: Path) -> None:
    """Its own stale ones are told, and what it allows in its own text is not."""
    unit = "{layers: [ReLU, ReLU], allow: {W517: why, W515: for others}}"
    (tmp_path / "blocks.yaml").write_text(f"specc: 1\nblocks:\n  Unit: {unit}\n")
    spec = tmp_path / "net.yaml"
    spec.write_text(HEAD + "use: [blocks.yaml]\ninputs: {x: [N, 4]}\nlayers: {a: Unit}\nallow: {W511: why}\n")
    found = compile_file(str(spec)).diagnostics
    assert [(d.code, d.span.file, d.span.line) for d in found if d.span] == [("W521", str(spec), 6)]
    derived = tmp_path / "derived.yaml"
    derived.write_text("specc: 1\nextends: net.yaml\n")
    assert compile_file(str(derived)).diagnostics == ()
