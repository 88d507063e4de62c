"""Parameters and buffers that stand in a spec as layers."""

import pytest
import torch

from specc.emit.summary import summarize, to_text
from tests.emit.python.running import compiled, faithful, module

INITIALISERS = {
    "zeros_": "torch.zeros(4, 4)",
    "ones_": "torch.ones(4, 4)",
    "normal_": "torch.randn(4, 4)",
    "uniform_": "torch.rand(4, 4)",
    "eye_": "nn.init.eye_(torch.empty(4, 4))",
    "{op: constant_, val: 2}": "torch.full((4, 4), 2, dtype=torch.float32)",
    "{op: normal_, std: 0.02}": "nn.init.normal_(torch.empty(4, 4), std=0.02)",
    "{op: trunc_normal_, std: 0.02, a: -1}": "nn.init.trunc_normal_(torch.empty(4, 4), std=0.02, a=-1)",
    "{op: kaiming_uniform_, nonlinearity: relu}": 'nn.init.kaiming_uniform_(torch.empty(4, 4), nonlinearity="relu")',
    "{op: sparse_, sparsity: 0.5}": "nn.init.sparse_(torch.empty(4, 4), sparsity=0.5)",
}


def _network(init: str, kind: str = "parameter") -> str:
    return (
        "name: net\ninputs: {x: [N, 4]}\nlayers:\n"
        f"  weight: {{{kind}: [4, 4], init: {init}}}\n  y: {{op: matmul, from: [x, weight]}}\n"
    )


@pytest.mark.parametrize(("init", "written"), INITIALISERS.items())
def test_a_tensor_begins_as_torchs_function_fills_it(init: str, written: str) -> None:
    from specc import to_python

    graph = compiled(_network(init))
    assert f"self.weight = nn.Parameter({written})\n" in to_python(graph)
    faithful(graph, module(graph))
    buffered = compiled(_network(init, "buffer"))
    assert f'self.register_buffer("weight", {written})\n' in to_python(buffered)
    faithful(buffered, module(buffered))


@pytest.mark.parametrize("kind", ["parameter", "buffer"])
def test_a_tensor_may_be_left_out(kind: str) -> None:
    text = (
        "name: net\ninputs: {x: [N, 4]}\nblocks:\n  Scale:\n    params: {scaled: true}\n    layers:\n"
        f"      gamma: {{{kind}: [4], init: ones_, when: scaled}}\n      relu: ReLU\n"
        "      y: {op: mul, from: [relu, gamma], when: scaled}\n      z: {op: neg, from: y or relu}\n"
        "layers:\n  a: Scale\n  b: {op: Scale, scaled: false}\n"
    )
    graph = compiled(text)
    network = module(graph)
    faithful(graph, network)
    assert list(network.state_dict()) == ["a.gamma"]


def test_the_state_holds_persistent_buffers_alone() -> None:
    text = (
        "name: net\ninputs: {x: [N, 4]}\nlayers:\n  a: {buffer: [4], value: 2}\n"
        "  b: {buffer: [4], value: [1, 2, 3, 4], persistent: false}\n  y: {op: add, from: [x, a, b]}\n"
    )
    network = module(compiled(text))
    assert list(network.state_dict()) == ["a"]
    assert network(torch.zeros(1, 4)).tolist() == [[3.0, 4.0, 5.0, 6.0]]


def test_the_memory_of_a_parameter_is_counted_once() -> None:
    """As a weight, not as an activation; its gradient is no second one."""
    graph = compiled(_network("zeros_"))
    summary = summarize(graph)
    assert (summary.parameters, summary.activations) == (16, 16)
    assert summary.training is not None
    assert (summary.training.parameters, summary.training.gradients) == (64, 64)
    assert "weight  parameter  4 × 4           16" in to_text(summary)


def test_a_size_carries_its_expression_into_the_layers_below() -> None:
    from specc import to_python

    text = (
        "name: net\nparams: {width: 4}\ninputs: {x: [N, 4]}\nlayers:\n  w: {parameter: [4, 3 * width], init: ones_}\n"
        "  y: {op: matmul, from: [x, w]}\n  z: {op: Linear, out_features: width}\n"
    )
    assert "nn.Linear(3 * width, width)" in to_python(compiled(text))
