"""Recurrent layers, attention and transformers at the sizes people train them: what is kept, and what is computed."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from specc.compiler import compile_text
from specc.emit.python import to_python
from specc.graph.ir import Value
from specc.ops import OPS
from specc.ops.declare import Sample, Saved
from specc.ops.evaluate import evaluate
from specc.shapes.dim import Dim
from specc.shapes.tensor import TensorType
from tests.oracle.memory import measured

N, T, S, D = 16, 128, 100, 256
X, MEMORY = ((N, T, D), "float32"), ((N, S, D), "float32")
SLIM, SLIM_MEMORY = ((N, T, 64), "float32"), ((N, S, 64), "float32")  # for stacks, to be quick
CAUSAL, PADDING = ((T, T), "float32"), ((N, T), "bool")


@pytest.fixture(autouse=True, scope="module")
def _one_thread() -> None:
    torch.set_num_threads(1)


@pytest.mark.parametrize(
    ("op", "args", "inputs"),
    [
        ("LSTM", {"hidden_size": 256, "batch_first": True}, (X, None, None)),
        ("LSTM", {"hidden_size": 256, "num_layers": 2, "dropout": 0.1, "batch_first": True}, (X, None, None)),
        ("LSTM", {"hidden_size": 128, "num_layers": 2, "bidirectional": True}, (X, None, None)),
        ("LSTM", {"hidden_size": 256, "proj_size": 64, "batch_first": True}, (X, None, None)),
        ("GRU", {"hidden_size": 256, "num_layers": 2, "dropout": 0.1, "batch_first": True}, (X, None)),
        ("RNN", {"hidden_size": 256, "bidirectional": True, "batch_first": True}, (X, None)),
        ("MultiheadAttention", {"num_heads": 8, "batch_first": True}, (X, MEMORY, MEMORY, None, None)),
        ("MultiheadAttention", {"num_heads": 8, "dropout": 0.1, "batch_first": True}, (X, X, X, PADDING, CAUSAL)),
        ("MultiheadAttention", {"num_heads": 8, "need_weights": False}, (X, X, X, None, None)),
        ("TransformerEncoderLayer", {"nhead": 8, "batch_first": True, "dim_feedforward": 512}, (X, None, None)),
        ("TransformerEncoderLayer", {"nhead": 8, "batch_first": True, "norm_first": True, "activation": "gelu",
                                     "dropout": 0.0}, (X, CAUSAL, None)),
        ("TransformerEncoder", {"nhead": 8, "num_layers": 3, "batch_first": True, "dim_feedforward": 128,
                                "norm": "LayerNorm"}, (SLIM, None, PADDING)),
        ("TransformerDecoderLayer", {"nhead": 8, "batch_first": True, "dim_feedforward": 128},
         (SLIM, SLIM_MEMORY, None, None, None, None)),
        ("TransformerDecoder", {"nhead": 8, "num_layers": 2, "batch_first": True, "dim_feedforward": 128},
         (SLIM, SLIM_MEMORY, CAUSAL, None, PADDING, None)),
        ("Transformer", {"nhead": 8, "num_encoder_layers": 2, "num_decoder_layers": 2, "batch_first": True,
                         "dim_feedforward": 128}, (SLIM_MEMORY, SLIM, None, None, None, None, None, None)),
    ],
)  # fmt: skip
def test_what_is_kept_at_the_sizes_of_a_training(op: str, args: dict[str, Any], inputs: tuple[Any, ...]) -> None:
    """Exactly what torch keeps; oneDNN's workspace for an LSTM may differ by the processor, by no more than a tenth."""
    types = [None if given is None else TensorType.of(*given) for given in inputs]
    outcome = evaluate(OPS[op], args, types)
    assert outcome.saved is not None
    values = {name: bound.value for name, bound in outcome.call.args.items()}
    kept = measured(OPS[op], values, Sample(args, inputs))
    assert kept is not None
    extra = _bytes(outcome.saved)
    assert abs(extra - kept.extra) <= (kept.extra / 10 if op == "LSTM" else 0)
    given = {port for port, operands in outcome.call.operands.items() if operands}
    assert given.intersection(outcome.saved.inputs) == kept.inputs
    assert frozenset(outcome.saved.outputs) == kept.outputs


@pytest.mark.parametrize("batch_first", [False, True])
@pytest.mark.parametrize("args", ["", "dropout: 0.1", "need_weights: false", "need_weights: false, dropout: 0.1",
                                  "add_zero_attn: true", "average_attn_weights: false"])  # fmt: skip
@pytest.mark.parametrize(("inputs", "source"), [
    ("x: [5, 3, 8]", "{query: x, key: x, value: x}"),
    ("x: [5, 3, 8], y: [5, 3, 8]", "{query: x, key: y, value: y}"),
    ("x: [5, 3, 8], y: [5, 3, 6]", "{query: x, key: y, value: y}"),
    ("x: [5, 8]", "{query: x, key: x, value: x}"),
])  # fmt: skip
def test_one_tensor_read_at_several_ports_is_projected_at_once(
    inputs: str, source: str, args: str, batch_first: bool
) -> None:
    """What a spec reads by one name is one tensor, of which torch keeps one projection."""
    settings = ", ".join(each for each in (args, f"batch_first: {str(batch_first).lower()}") if each)
    layer = f"{{op: MultiheadAttention, num_heads: 2, {settings}, from: {source}}}"
    text = f"name: a\ninputs: {{{inputs}}}\nlayers:\n  a: {layer}\n"
    graph = compile_text(text, "a.yaml").graph
    assert graph is not None
    (node,) = graph.root.nodes
    assert node.saved is not None
    names: dict[str, Any] = {"__name__": "a"}
    exec(to_python(graph), names)
    network: nn.Module = names[graph.class_name]()
    given = [torch.rand(_type(value).evaluate({}), requires_grad=True) for value in graph.root.inputs]
    kept: list[Tensor] = []

    def keep(x: Tensor) -> Tensor:
        kept.append(x)
        return x

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda x: x):
        network(*given)
    own = {_memory(t) for t in (*network.parameters(), *given)}
    others = {_memory(t): t.untyped_storage().nbytes() for t in kept if _memory(t) not in own}
    outputs = [_type(node.outputs[place]).nbytes.value for place in node.saved.outputs]
    assert sum(others.values()) == _bytes(node.saved) + sum(outputs)


def test_kept_of_symbols() -> None:
    """A batch that is a symbol is taken for more than one sequence."""
    outcome = evaluate(OPS["GRU"], {"hidden_size": 3}, [TensorType.of(["T", "N", 4])])
    assert outcome.saved is not None
    n, t = Dim.symbol("N"), Dim.symbol("T")
    assert outcome.saved.extra == 4 * n * (18 * t + 3 * (t - 1) + 3)


def test_costs_by_hand() -> None:
    """The flop counter is shown the products one by one; here they are counted without it."""
    x, memory = TensorType.of([5, 2, 8]), TensorType.of([3, 2, 8])
    args = {"nhead": 2, "dim_feedforward": 16, "num_encoder_layers": 2, "num_decoder_layers": 3}
    outcome = evaluate(OPS["Transformer"], args, [memory, x])
    encoder = 4 * 6 * 64 + 2 * 6 * 3 * 8 + 2 * 6 * 8 * 16
    decoder = 4 * 10 * 64 + 2 * 10 * 5 * 8 + 2 * (10 + 6) * 64 + 2 * 10 * 3 * 8 + 2 * 10 * 8 * 16
    assert outcome.macs == 2 * encoder + 3 * decoder
    # two sequences, four gates of 3 over 8 inputs and 3 states
    assert evaluate(OPS["LSTMCell"], {"hidden_size": 3}, [TensorType.of([2, 8])]).macs == 2 * 4 * 3 * (8 + 3)


def _type(value: Value) -> TensorType:
    assert isinstance(value.type, TensorType)
    return value.type


def _bytes(saved: Saved) -> int:
    return saved.extra.value if isinstance(saved.extra, Dim) else saved.extra


def _memory(x: Tensor) -> int:
    return x.untyped_storage().data_ptr()
