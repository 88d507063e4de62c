"""The memory of a training step: what counts once, what is told, and that the peak is what torch takes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from bench.memory import MODELS, Model, estimate, graph_of, start, tensors_peak

import specc
from specc.emit.binding import binding
from specc.emit.memory import Memory, training_memory
from specc.emit.summary import summarize, to_json, to_text
from specc.graph.ir import Graph
from tests import graphs

HEAD = "specc: 1\nname: net\ninputs: {x: [N, 8]}\n"


def compiled(folder: Path, layers: str, head: str = HEAD, train: str = "") -> Graph:
    spec = folder / "net.yaml"
    spec.write_text(head + "layers:\n" + layers + (f"train: {train}\n" if train else ""), encoding="utf-8")
    return specc.compile(spec)


def memory(graph: Graph, **sizes: int) -> Memory:
    bound = binding(graph, sizes)
    return training_memory(graph, bound.counting, bound.batch)


# What is kept ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("layers", "kept"),
    [
        # the input of the first is the network's, which counts as such; the second keeps the first's output
        ("  a: {op: Linear, out_features: 8}\n  b: {op: Linear, out_features: 8}\n", 1),
        # ReLU keeps what it gives, and so does the layer that reads it: one tensor
        ("  a: {op: Linear, out_features: 8}\n  r: ReLU\n  b: {op: Linear, out_features: 8}\n", 1),
        # two layers that read the same
        (
            "  a: {op: Linear, out_features: 8}\n  b: {op: Linear, out_features: 8}\n"
            "  c: {op: Linear, from: a, out_features: 8}\n  sum: {op: add, from: [b, c]}\n",
            1,
        ),
        # a view is its input's memory
        ("  a: {op: Linear, out_features: 8}\n  f: Flatten\n  b: {op: Linear, out_features: 8}\n", 1),
        # nothing flows back through what has no weights before it
        ("  r: Sigmoid\n  s: Sigmoid\n  a: {op: Linear, out_features: 8}\n", 1),
    ],
)
def test_a_memory_that_is_kept_counts_once(tmp_path: Path, layers: str, kept: int) -> None:
    found = memory(compiled(tmp_path, layers), N=4)
    assert found.activations == kept * 4 * 8 * 4
    assert found.inputs == 4 * 8 * 4


def test_labels_are_inputs_and_the_loss_keeps(tmp_path: Path) -> None:
    layers = "  a: {op: Linear, out_features: 8}\n"
    found = memory(compiled(tmp_path, layers, train="{data: {dataset: Digits}, loss: CrossEntropyLoss}"), N=4)
    assert found.inputs == 4 * 8 * 4 + 4 * 8
    assert found.activations == 4 * 8 * 4 + 4  # the log-probabilities, and the sum of the weights of classes


def test_weights_gradients_and_state(tmp_path: Path) -> None:
    layers = "  a: {op: Linear, out_features: 8}\n  b: BatchNorm1d\n"
    graph = compiled(tmp_path, layers, train="{data: {dataset: Digits}, optimizer: {op: Adam, amsgrad: true}}")
    found = memory(graph, N=4)
    numbers = 8 * 8 + 8 + 8 + 8
    assert (found.parameters, found.gradients) == (4 * numbers, 4 * numbers)
    assert found.optimizer == 3 * 4 * numbers + 4 * 4  # and four counts of steps
    assert found.buffers == 4 * 16 + 8


def test_accumulating_holds_the_gradients_all_along(tmp_path: Path) -> None:
    layers = "  a: {op: Linear, out_features: 64}\n"
    train = "{data: {dataset: Digits}, loss: CrossEntropyLoss"
    once = memory(compiled(tmp_path, layers, train=train + "}"), N=256)
    more = memory(compiled(tmp_path, layers, train=train + ", accumulate: 2}"), N=256)
    assert once.peak is not None
    assert more.peak is not None
    assert more.peak.size == once.peak.size + once.gradients


# What is told ----------------------------------------------------------------------------------------------------


def test_the_batch_is_the_callers_or_that_of_the_data(tmp_path: Path) -> None:
    layers = "  a: {op: Linear, out_features: 8}\n"
    graph = compiled(tmp_path, layers, train="{data: {dataset: Digits, batch_size: 32}, optimizer: Adam}")
    for bind, batch in ((None, 32), ({"N": 2}, 2)):
        summary = summarize(graph, bind)
        assert summary.training is not None
        assert summary.training.batch == batch
        assert f"training memory at N = {batch}\n" in to_text(summary)
    assert summarize(compiled(tmp_path, layers)).trained_at.counting == {"N": 1}
    assert summarize(graph).bound.counting == {"N": 1}, "the other totals count one sample"


def test_json_has_the_parts_and_the_peak(tmp_path: Path) -> None:
    layers = "  a: {op: Linear, out_features: 8}\n  b: {op: Linear, out_features: 8}\n"
    data = json.loads(to_json(summarize(compiled(tmp_path, layers), {"N": 4})))["training"]
    numbers = 2 * (64 + 8)
    assert data == {
        "at": {"N": 4},
        "batch": 4,
        "parameter_bytes": 4 * numbers,
        "buffer_bytes": 0,
        "gradient_bytes": 4 * numbers,
        "optimizer": None,
        "optimizer_bytes": 0,
        "input_bytes": 128,
        "kept_bytes": 128,
        # the weights twice, for their gradients are all there when `a` goes back; the input; the output, which the
        # loop holds; the gradient of what `a` gives
        "peak_bytes": 8 * numbers + 3 * 128,
        "peak_in": "backward",
        "peak_at": "a",
        "unknown": None,
    }


def test_an_optimizer_of_ones_own_leaves_the_peak_unknown(tmp_path: Path) -> None:
    layers = "  a: {op: Linear, out_features: 8}\n"
    graph = compiled(tmp_path, layers, train="{data: {dataset: Digits}, optimizer: {target: 'lib:Lion', args: {}}}")
    found = memory(graph)
    assert (found.optimizer, found.peak) == (None, None)
    assert found.activations == 0
    text = to_text(summarize(graph))
    assert "optimizer        ?  lib:Lion" in text
    assert "peak             ?" in text


def test_a_network_with_errors_has_no_training() -> None:
    summary = summarize(graphs.broken())
    assert summary.training is None
    assert json.loads(to_json(summary))["training"] is None
    assert "training" not in to_text(summary)


# What torch takes ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("model", "batch"), [(m, b) for m in MODELS for b in m.batches[:2]], ids=lambda v: getattr(v, "name", str(v))
)
def test_the_peak_is_that_of_torch(model: Model, batch: int) -> None:
    """Within 2 %, weights included, in bytes of the tensors alive at once."""
    graph = graph_of(model)
    said = estimate(graph, {**model.sizes, "N": batch})
    took = tensors_peak(start(graph, model, batch))
    assert said == pytest.approx(took, rel=0.02)
