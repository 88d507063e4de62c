"""What fuzzing found: specs that ended in an exception, took minutes, or passed for good, until they were mended."""

from __future__ import annotations

from pathlib import Path

import pytest

from specc.compiler import compile_text
from tests.fuzz.generate import Input
from tests.fuzz.judge import judge

FOUND = {
    "a dtype that is none, in a summary": "inputs: {x: {shape: [N, C], dtype: x if N else H}}\nlayers: {a: neg}\n",
    "the dtype of an input that is a symbol": "inputs: {x: {shape: [N], dtype: N}}\nlayers: {a: neg}\n",
    "a mistake in every copy of a repeat": (
        "inputs: {x: [N, 8]}\nblocks: {B: {layers: {a: {op: ConvBNReLU6}}}}\nlayers: {a: {op: B, repeat: 10000}}\n"
    ),
    "an argument whose value is written above its key": (
        "inputs: {x: []}\nlayers:\n  a: {op: broadcast_to, size: &size\n    [8, -1]}\n"
        "  b: {op: broadcast_to, size: *size, from: x}\n"
    ),
    "a layer that is named by a number with a fraction": (
        "inputs: {x: [N, 8, H, W], mean: [8], var: [8]}\nlayers: [{op: batch_norm, from: [x, mean, var, -0.0]}]\n"
    ),
}


@pytest.mark.parametrize("spec", FOUND.values(), ids=FOUND)
def test_it_is_mended(spec: str, tmp_path: Path) -> None:
    assert judge(Input(spec, {}, ()), tmp_path) is False


def test_the_first_output_of_a_numbered_layer_may_be_read() -> None:
    """To YAML, `0.0` is a number like any other."""
    spec = "inputs: {x: [N, 8]}\nlayers: [{op: split, split_size_or_sections: 4, dim: 1}, {op: ReLU, from: 0.0}]\n"
    result = compile_text(spec)
    assert result.ok
    assert result.graph is not None
    assert str(result.graph.root.outputs[0][1].type) == "[N, 4]"
