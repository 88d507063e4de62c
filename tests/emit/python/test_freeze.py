"""Parameters that are not trained."""

import json

import torch

from specc.emit.json import to_graph_json
from specc.emit.summary import summarize, to_json, to_text
from tests.emit.python.running import compiled, faithful, module

TEXT = """\
name: tuned
params: {tune: false}
inputs: {x: [N, 8]}
blocks:
  B: {layers: {fc: {op: Linear, out_features: 8}, relu: ReLU}}
layers:
  scale: {parameter: [8], init: ones_, freeze: not tune}
  stem: {op: Linear, out_features: 8, freeze: true}
  body: {op: B, repeat: 3, freeze: i < 2}
  chain: {freeze: true, layers: [{op: Linear, out_features: 8}, ReLU]}
  neck: {op: B, freeze: not tune}
  again: {share: stem}
  mul: {op: mul, from: [again, scale]}
  head: {op: Linear, out_features: 2}
"""


def _trained(network: torch.nn.Module) -> list[str]:
    return [name for name, parameter in network.named_parameters() if parameter.requires_grad]


def test_what_is_frozen_requires_no_gradient() -> None:
    graph = compiled(TEXT)
    network = module(graph)
    faithful(graph, network)
    own = ["body.2.fc.weight", "body.2.fc.bias", "head.weight", "head.bias"]
    assert _trained(network) == own
    assert graph.parameter_count == sum(p.numel() for p in network.parameters() if p.requires_grad)
    tuned = [*_trained(module(graph, tune=True))]
    assert tuned == ["scale", *own[:2], "neck.fc.weight", "neck.fc.bias", *own[2:]]


def test_summary_and_json_tell_trained_from_frozen() -> None:
    graph = compiled(TEXT)
    summary = summarize(graph)
    assert (summary.parameters, summary.frozen) == (8 + 6 * 72 + 18, 8 + 5 * 72)
    assert "90 trainable, 368 frozen" in to_text(summary)
    assert json.loads(to_json(summary))["frozen"] == 368
    stem = json.loads(to_graph_json(graph))["root"]["nodes"][1]
    assert stem["parameters"]["weight"] == {"shape": [8, 8], "dtype": "float32", "trained": False}


def test_frozen_parameters_have_no_gradients_and_no_optimizer_state() -> None:
    text = TEXT + "train: {data: {dataset: FakeData}, loss: CrossEntropyLoss, optimizer: {op: Adam, lr: 1e-3}}\n"
    from specc.compiler import compile_text

    graph = compile_text(text, "spec.yaml").graph
    assert graph is not None
    memory = summarize(graph).training
    assert memory is not None
    assert (memory.parameters, memory.gradients) == (4 * 458, 4 * 90)
    assert memory.optimizer is not None
    assert 8 * 90 <= memory.optimizer < 8 * 90 + 64


def test_nothing_flows_back_into_what_is_frozen_from_the_start() -> None:
    """Only what the trained part needs is kept for the backward pass."""
    frozen = "name: net\ninputs: {x: [N, 8]}\nlayers:\n  a: {op: Linear, out_features: 8, freeze: FLAG}\n  b: Tanh\n"
    frozen += "  c: {op: Linear, out_features: 8}\n"
    kept = [summarize(compiled(frozen.replace("FLAG", flag))).training for flag in ("true", "false")]
    assert kept[0] is not None
    assert kept[1] is not None
    assert kept[0].activations == 32  # the input of `c`
    assert kept[1].activations == 32  # which is the output of `b`, too
    assert kept[0].gradients == 4 * 72
