"""Sizes that windows and factors compute keep the params behind them, and hold for other values of these."""

import inspect
import itertools
import re

import pytest
import torch

from specc.emit.python import to_python
from tests.emit.python.running import compiled, module

SPEC = """
name: windowed
params: {{k: 3, s: 2, size: 32}}
inputs: {{image: [N, 3, size, 9]}}
layers:
  window: {layer}
  flat: {{op: flatten, start_dim: 1}}
  fc: {{op: Linear, out_features: 2}}
outputs: {{y: fc}}
"""

WINDOWS = [
    "{op: Conv2d, out_channels: 4, kernel_size: k, stride: s, padding: 1}",
    "{op: Conv2d, out_channels: 4, kernel_size: k, dilation: 2, stride: s, padding: k // 2}",
    "{op: ConvTranspose2d, out_channels: 4, kernel_size: k, stride: s}",
    "{op: MaxPool2d, kernel_size: k, stride: s}",
    "{op: AvgPool2d, kernel_size: k}",
    "{op: Upsample, scale_factor: 1.5}",
]


@pytest.mark.parametrize("layer", WINDOWS)
def test_a_size_names_the_params_of_its_window(layer: str) -> None:
    text = SPEC.format(layer=layer)
    made = module(compiled(text))
    names = [name for name in ("k", "s", "size") if name == "size" or re.search(rf"\b{name}\b", layer)]
    assert set(names) <= set(inspect.signature(type(made)).parameters)
    for k, s, size in itertools.product((1, 2, 3), (1, 2), (16, 33)):
        given = {name: value for name, value in (("k", k), ("s", s), ("size", size)) if name in names}
        assert type(made)(**given)(torch.rand(2, 3, size, 9)).shape == (2, 2)


@pytest.mark.parametrize(
    "layer",
    [
        "{op: MaxPool2d, kernel_size: k, stride: s, ceil_mode: true}",  # other values may take another branch
        "{op: Upsample, scale_factor: s + 0.5}",
        "{op: Upsample, scale_factor: 0.7}",  # 90 · 0.7 is rounded down
    ],
)
def test_a_size_without_an_expression_fixes_its_params(layer: str) -> None:
    """What would be right for these values alone is no argument."""
    made = module(compiled(SPEC.format(layer=layer)))
    assert not {"k", "s", "size"} & set(inspect.signature(type(made)).parameters)
    assert made(torch.rand(2, 3, 32, 9)).shape == (2, 2)


def test_a_size_too_long_to_read_is_a_number() -> None:
    layers = "\n".join(
        f"  c{n}: {{op: Conv2d, out_channels: 4, kernel_size: k, stride: s, padding: k // 2}}" for n in range(4)
    )
    text = SPEC.format(layer="Identity").replace("  flat:", f"{layers}\n  flat:")
    source = to_python(compiled(text))
    assert "nn.Linear(8, 2)" in source
    assert all(len(line) <= 120 for line in source.splitlines())
