"""Layers that are applied again with their weights."""

import json

import pytest
import torch

from specc import to_python
from specc.emit.json import to_graph_json
from specc.emit.summary import summarize, to_text
from tests.emit.python.running import compiled, faithful, module

NETWORKS = {
    "a layer": ("  a: {op: Linear, out_features: 4}\n  r: ReLU\n  b: {share: a}\n", 20),
    "a block": ("  a: Block\n  b: {share: a}\n  c: {share: b, from: x}\n  d: {op: add, from: [b, c]}\n", 20),
    "a group": ("  a: {layers: {fc: {op: Linear, out_features: 4}, y: {op: relu}}}\n  b: {share: a}\n", 20),
    "a plain chain": ("  a: {layers: [{op: Linear, out_features: 4}, ReLU]}\n  b: {share: a}\n", 20),
    "a repeat": ("  a: {op: Linear, out_features: 4, repeat: 3}\n  b: {share: a}\n", 60),
    "a repeat in a list of modules": (
        "  a: {op: Bilinear, out_features: 4, repeat: 3, from: [x, x]}\n  b: {share: a, from: [a, x]}\n", 204
    ),
    "within a block": ("  a: Twice\n  b: {op: Twice, out: 5}\n  c: {share: b}\n", 40 + 25 + 24),
    "a layer with statistics": ("  a: BatchNorm1d\n  b: {share: a}\n", 8),
    "several outputs": (
        "  u: {op: unsqueeze, dim: 1}\n  a: {op: GRU, hidden_size: 4, batch_first: true}\n"
        "  b: {share: a, from: [a.output, a.h_n]}\n  c: {op: squeeze, dim: 1, from: b.output}\n", 120
    ),
}  # fmt: skip
BLOCKS = """\
blocks:
  Block: {layers: {fc: {op: Linear, out_features: 4}, relu: ReLU}}
  Twice:
    params: {out: 4}
    layers:
      fc: {op: Linear, out_features: out}
      back: {op: Linear, out_features: 4}
      again: {share: fc}
      last: {share: back}
"""


def _spec(layers: str) -> str:
    return f"name: net\ninputs: {{x: [N, 4]}}\n{BLOCKS}layers:\n{layers}"


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("name", NETWORKS)
def test_what_is_shared_is_one_module(name: str) -> None:
    layers, parameters = NETWORKS[name]
    graph = compiled(_spec(layers))
    network = module(graph)
    faithful(graph, network)
    assert graph.parameter_count == sum(p.numel() for p in network.parameters())
    assert graph.parameter_count == parameters


def test_a_shared_layer_may_be_left_out() -> None:
    blocks = "blocks:\n  B:\n    params: {twice: true}\n    layers:\n      fc: {op: Linear, out_features: 4}\n"
    blocks += "      again: {share: fc, when: twice}\n      y: {op: neg, from: again or fc}\n"
    graph = compiled(f"name: net\ninputs: {{x: [N, 4]}}\n{blocks}layers:\n  a: B\n  b: {{op: B, twice: false}}\n")
    network = module(graph)
    faithful(graph, network)
    assert list(network.state_dict()) == ["a.fc.weight", "a.fc.bias", "b.fc.weight", "b.fc.bias"]


def test_both_uses_train_and_cost() -> None:
    """The weights and their gradients are held once; multiply-adds and activations count for every use."""
    once = summarize(compiled("name: net\ninputs: {x: [N, 4]}\nlayers:\n  a: {op: Linear, out_features: 4}\n"))
    graph = compiled(_spec(NETWORKS["a layer"][0]))
    twice = summarize(graph)
    assert twice.parameters == once.parameters
    assert isinstance(once.macs, int)
    assert twice.macs == 2 * once.macs
    assert twice.training is not None
    assert twice.training.gradients == 4 * once.parameters
    assert "b      Linear of a" in to_text(twice)
    first, *_, last = json.loads(to_graph_json(graph))["root"]["nodes"]
    assert (last["share"], last["module"], last["parameters"]) == ("a", "a", {})
    assert "share" not in first


def test_gradients_of_both_uses_add_up() -> None:
    text = "name: net\ninputs: {x: [N, 4], y: [N, 4]}\nlayers:\n  a: {op: Linear, out_features: 4, from: x}\n"
    network = module(compiled(text + "  b: {share: a, from: y}\n  s: {op: add, from: [a, b]}\n"))
    x, y = torch.rand(2, 3, 4)
    network(x, y).sum().backward()
    weight = network.get_parameter("a.weight")
    assert weight.grad is not None
    torch.testing.assert_close(weight.grad[0], (x + y).sum(0))


def test_the_class_is_written_once() -> None:
    source = to_python(compiled(_spec("  a: Block\n  b: {share: a}\n")))
    assert source.count("class Block") == 1
    assert source.count("Block(4)") == 1
