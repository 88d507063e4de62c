"""Repeats of one module."""

import pytest

from specc.emit.dot import to_dot
from specc.emit.summary import summarize, to_text
from tests.emit.python.running import compiled, faithful, module

BLOCKS = """\
blocks:
  Block: {layers: {fc: {op: Linear, out_features: 8}, relu: ReLU}}
  Mixed:
    inputs: {x: [N, D], y: [N, D]}
    layers:
      fc: {op: Linear, out_features: D}
      add: {op: add, from: [fc, y]}
  Deep:
    params: {times: 2}
    layers:
      fc: {op: Linear, out_features: 8, repeat: times, shared: true}
      relu: ReLU
"""
LAYERS = {
    "a layer": ("{op: Linear, out_features: 8, repeat: 4, shared: true}", ["a.weight", "a.bias"]),
    "once": ("{op: Linear, out_features: 8, repeat: 1, shared: true}", ["a.weight", "a.bias"]),
    "a block": ("{op: Block, repeat: 3, shared: true}", ["a.fc.weight", "a.fc.bias"]),
    "further inputs": ("{op: Mixed, repeat: 3, shared: true, from: [x, y]}", ["a.fc.weight", "a.fc.bias"]),
    "a chain": (
        "{repeat: 2, shared: true, layers: [{op: Linear, out_features: 8}, ReLU]}", ["a.0.weight", "a.0.bias"]
    ),
    "of frozen weights": ("{op: Block, repeat: 3, shared: true, freeze: true}", ["a.fc.weight", "a.fc.bias"]),
    "a shared repeat within another": ("{op: Deep, repeat: 3, shared: true}", ["a.fc.weight", "a.fc.bias"]),
    "within copies of their own": (
        "{op: Deep, repeat: 2, times: 2 + i}", ["a.0.fc.weight", "a.0.fc.bias", "a.1.fc.weight", "a.1.fc.bias"]
    ),
    "functions, which share nothing": ("{op: neg, repeat: 3, shared: true}", []),
    "no copies": ("{op: Linear, out_features: 8, repeat: 0, shared: true}", []),
}  # fmt: skip


@pytest.mark.parametrize("name", LAYERS)
def test_the_copies_are_one_submodule(name: str) -> None:
    layer, names = LAYERS[name]
    graph = compiled(f"name: net\ninputs: {{x: [N, 8], y: [N, 8]}}\n{BLOCKS}layers:\n  a: {layer}\n")
    network = module(graph)
    faithful(graph, network)
    assert list(network.state_dict()) == names


def test_a_shared_repeat_is_shared_again() -> None:
    text = f"name: net\ninputs: {{x: [N, 8]}}\n{BLOCKS}layers:\n  a: {LAYERS['a block'][0]}\n  b: {{share: a}}\n"
    graph = compiled(text)
    network = module(graph)
    faithful(graph, network)
    assert list(network.state_dict()) == ["a.fc.weight", "a.fc.bias"]


def test_the_count_is_an_argument() -> None:
    text = f"name: net\nparams: {{depth: 2}}\ninputs: {{x: [N, 8]}}\n{BLOCKS}layers:\n"
    text += "  a: {op: Block, repeat: depth, shared: true}\n"
    graph = compiled(text, {"depth": 5})
    faithful(graph, module(compiled(text), depth=5))


def test_its_parameters_count_once() -> None:
    text = f"name: net\ninputs: {{x: [N, 8]}}\n{BLOCKS}layers:\n  a: {LAYERS['a block'][0]}\n"
    graph = compiled(text)
    summary = summarize(graph)
    assert (summary.parameters, summary.macs) == (72, 3 * 64)
    assert "a         Block, 3 times" in to_text(summary)
    assert "72 parameters each" not in to_dot(graph)
    assert "216" not in to_dot(graph).replace("2160", "")
