"""Rules over symbols, what only the language refuses, how calls are written, and the costs torch does not count."""

from __future__ import annotations

from typing import Any

import pytest

from specc.diagnostics import Sink
from specc.ops import OPS
from specc.ops.evaluate import Outcome, evaluate
from specc.ops.write import Named, Nested, Operator, Packed, Range
from specc.shapes.dim import Dim
from specc.shapes.tensor import TensorType

N = Dim.symbol("N")


def _run(op: str, args: dict[str, Any], *shapes: list[int | str], dtype: str = "float32") -> tuple[Outcome, Sink]:
    sink = Sink()
    return evaluate(OPS[op], args, [TensorType.of(shape, dtype) for shape in shapes], sink=sink), sink


@pytest.mark.parametrize(
    ("op", "args", "shapes", "outputs"),
    [
        ("reshape", {"shape": [N, -1]}, [["N", 16, 7, 7]], ["[N, 784]"]),
        ("reshape", {"shape": [N, 4, -1]}, [["N", 16, "H", "W"]], ["[N, 4, 4 * H * W]"]),
        ("reshape", {"shape": [-1, 64]}, [["N", "T", 64]], ["[N * T, 64]"]),
        ("view", {"size": [-1, 8, 64]}, [["N", "T", 512]], ["[N * T, 8, 64]"]),
        ("unflatten", {"dim": -1, "sizes": [8, -1]}, [["N", "T", 512]], ["[N, T, 8, 64]"]),
        ("permute", {"dims": [0, 2, 1]}, [["N", "T", 64]], ["[N, 64, T]"]),
        ("squeeze", {"dim": [2, 3]}, [["N", 64, 1, 1]], ["[N, 64]"]),
        ("cat", {"dim": 1}, [["N", 64, "H"], ["N", "C", "H"]], ["[N, C + 64, H]"]),
        ("stack", {"dim": 1}, [["N", "T"], ["N", "T"]], ["[N, 2, T]"]),
        ("chunk", {"chunks": 3, "dim": -1}, [["N", "T", "3 * D"]], ["[N, T, D]"] * 3),
        ("chunk", {"chunks": 4, "dim": 1}, [["N", 6]], ["[N, 2]"] * 3),
        ("split", {"split_size_or_sections": [2, 4], "dim": 1}, [["N", 6]], ["[N, 2]", "[N, 4]"]),
        ("expand", {"size": [N, -1, -1]}, [[1, 1, 64]], ["[N, 1, 64]"]),
        ("repeat", {"repeats": [N, 1]}, [["T", 64]], ["[N * T, 64]"]),
        ("arange", {"end": N}, [], ["[N]"]),
        ("pad", {"pad": [1, 2]}, [["N", "W"]], ["[N, W + 3]"]),
        ("add", {}, [["N", 1, "T"], ["T"]], ["[N, 1, T]"]),
        ("matmul", {}, [["N", 8, "T", 64], ["N", 8, 64, "S"]], ["[N, 8, T, S]"]),
        ("max", {"dim": 1}, [["N", "T"]], ["[N]", "[N]"]),
        (
            "LSTM", {"hidden_size": 8, "num_layers": 2, "bidirectional": True, "batch_first": True}, [["N", "T", 4]],
            ["[N, T, 16]", "[4, N, 8]", "[4, N, 8]"],
        ),
        (
            "MultiheadAttention", {"num_heads": 2, "batch_first": True}, [["N", "T", 8], ["N", "S", 6], ["N", "S", 4]],
            ["[N, T, 8]", "[N, T, S]"],
        ),
    ],
)  # fmt: skip
def test_shapes_with_symbols(op: str, args: dict[str, Any], shapes: list[list[int | str]], outputs: list[str]) -> None:
    outcome, sink = _run(op, args, *shapes)
    assert outcome.ok, sink.diagnostics
    assert [str(t) for t in outcome.outputs] == outputs


@pytest.mark.parametrize(
    ("op", "args", "shapes", "code", "message"),
    [
        (
            "reshape", {"shape": [-1, 49]}, [[3072]], "S311",
            "`layer` (reshape) cannot give 3072 elements the shape [-1, 49]: 3072 is not divisible by 49",
        ),
        (
            "reshape", {"shape": [2, 7]}, [[3, 5]], "S311",
            "`layer` (reshape) cannot give 15 elements the shape [2, 7], which has 14",
        ),
        (
            "cat", {"dim": 1}, [[2, 64, 28], [2, 32, 27]], "S303",
            "`layer` (cat) joins along axis 1, but axis 2 has sizes 28 and 27",
        ),
        ("unbind", {}, [["N", 4]], "S304", "`layer` (unbind) gives as many tensors as axis 0 is long, which is `N`"),
        (
            "chunk", {"chunks": 2}, [["N", 4]], "S304",
            "`layer` (chunk) cannot tell how many pieces `chunks: 2` of axis size `N` makes",
        ),
        (
            "squeeze", {}, [["N", 1]], "S304",
            "`layer` (squeeze) drops axis 0 only when it is 1, and its size is `N`",
        ),
        ("add", {}, [["N", 4]], "L202", "`layer` (add) has one input and no `other`"),
        ("mul", {"other": 2}, [[4], [4]], "L204", "`layer` (mul) has 2 inputs and a number as well"),
        ("pow", {}, [[4]], "L202", "`layer` (pow) has one input and no `exponent`"),
        (
            "add", {}, [[2, 64], [2, 32]], "S303",
            "`layer` (add) cannot match sizes 64 and 32 of axis 1, counted over 2",
        ),
        ("matmul", {}, [[2, 8], [4, 2]], "S303", "`layer` (matmul) multiplies rows of 8 by columns of 4"),
        (
            "MultiheadAttention", {"num_heads": 3}, [[5, 2, 8]] * 3, "S308",
            "`num_heads: 3` of `layer` does not divide its 8 features",
        ),
        (
            "LSTM", {"hidden_size": 4, "proj_size": 4}, [[5, 2, 8]], "L204",
            "`proj_size: 4` of `layer` must be smaller than its `hidden_size`, which is 4",
        ),
        ("Embedding", {"num_embeddings": 9, "embedding_dim": 4}, [[5]], "S307",
         "`layer` (Embedding) looks up integers, but its input is float32"),
    ],
)  # fmt: skip
def test_refusals(op: str, args: dict[str, Any], shapes: list[list[int | str]], code: str, message: str) -> None:
    outcome, sink = _run(op, args, *shapes)
    assert not outcome.ok
    assert [(d.code, d.message) for d in sink.diagnostics] == [(code, message)]


def test_open_sizes_name_the_condition() -> None:
    """Two symbols that broadcast only when equal: the condition is said, and the mend."""
    _, sink = _run("add", {}, ["N", "T"], ["N", "S"])
    (found,) = sink.diagnostics
    assert found.code == "S305"
    assert found.help is not None
    assert "add `where:" in found.help


def test_a_symbol_against_nothing_broadcasts_when_it_is_one() -> None:
    _, sink = _run("add", {}, ["N"], [0])
    assert "N == 1" in sink.diagnostics[0].message


def test_features_of_key_and_value_are_inferred_only_where_they_differ() -> None:
    outcome, _ = _run("MultiheadAttention", {"num_heads": 2}, [5, 2, 8], [5, 2, 6], [5, 2, 8])
    assert (outcome.call["embed_dim"], outcome.call["kdim"], outcome.call["vdim"]) == (8, 6, None)


def test_encoder_keeps_its_length_where_a_padding_mask_is_read() -> None:
    """PyTorch's nested tensors are padded to the length of the input again."""
    types = [TensorType.of(["N", "T", 8]), None, TensorType.of(["N", "T"], "bool")]
    args = {"nhead": 2, "num_layers": 1, "batch_first": True}
    for given in (args, args | {"enable_nested_tensor": False}):
        outcome = evaluate(OPS["TransformerEncoder"], given, types)
        assert outcome.ok
        assert outcome.outputs == (types[0],)


@pytest.mark.parametrize(
    ("op", "args", "shapes", "macs"),
    [
        # 5 steps of 2 sequences; 4 gates of 3 over 4 inputs and 3 states
        ("LSTM", {"hidden_size": 3}, [[5, 2, 4]], 10 * 4 * 3 * (4 + 3)),
        # the state of 3 is projected to 2, and the second layer reads 2
        ("LSTM", {"hidden_size": 3, "proj_size": 2, "num_layers": 2}, [[5, 2, 4]],
         10 * (4 * 3 * (4 + 2) + 3 * 2 + 4 * 3 * (2 + 2) + 3 * 2)),
        ("GRU", {"hidden_size": 3, "bidirectional": True}, [[5, 2, 4]], 2 * 10 * 3 * 3 * (4 + 3)),
        ("RNN", {"hidden_size": 3, "num_layers": 2}, [[5, 4]], 5 * 3 * (4 + 3 + 3 + 3)),
        # projections of 2·5 queries, keys, values and outputs; scores and sums over 5 positions
        ("MultiheadAttention", {"num_heads": 2}, [[5, 2, 8]] * 3, 4 * 10 * 64 + 2 * 10 * 5 * 8),
        ("TransformerEncoderLayer", {"nhead": 2, "dim_feedforward": 16}, [[5, 2, 8]],
         4 * 10 * 64 + 2 * 10 * 5 * 8 + 2 * 10 * 8 * 16),
        ("TransformerEncoder", {"nhead": 2, "dim_feedforward": 16, "num_layers": 3}, [[5, 2, 8]],
         3 * (4 * 10 * 64 + 2 * 10 * 5 * 8 + 2 * 10 * 8 * 16)),
        # a memory of 3 · 2: its keys and values are projected
        ("TransformerDecoderLayer", {"nhead": 2, "dim_feedforward": 16}, [[5, 2, 8], [3, 2, 8]],
         4 * 10 * 64 + 2 * 10 * 5 * 8 + 2 * (10 + 6) * 64 + 2 * 10 * 3 * 8 + 2 * 10 * 8 * 16),
        ("matmul", {}, [[4], [4]], 4),
        ("matmul", {}, [[2, 3, 4], [4]], 2 * 3 * 4),
    ],
)  # fmt: skip
def test_costs_torch_does_not_count(op: str, args: dict[str, Any], shapes: list[list[int | str]], macs: int) -> None:
    outcome, sink = _run(op, args, *shapes)
    assert outcome.ok, sink.diagnostics
    assert outcome.macs == macs


def test_operators_and_their_named_forms() -> None:
    plus = Operator("/", "div")
    assert plus.call(["a", "b", "c"], []) == "a / b / c"
    assert plus.call(["a"], ["2"]) == "a / 2"
    assert plus.call(["a", "b"], ['rounding_mode="floor"']) == 'a.div(b, rounding_mode="floor")'


def test_states_are_packed() -> None:
    lstm = Packed("nn.LSTM")
    assert lstm.apply("self.lstm", ["x"], []) == "self.lstm(x)"
    assert lstm.apply("self.lstm", ["x", "h", "c"], []) == "self.lstm(x, (h, c))"
    assert OPS["LSTM"].unpack.format(output="x", h_n="_", c_n="c") == "x, (_, c)"


def test_later_inputs_are_named() -> None:
    attention = Named("nn.MultiheadAttention", 3, ("key_padding_mask", "attn_mask"))
    assert attention.apply("self.a", ["q", "k", "v", "p", "m"], ["need_weights=False"]) == (
        "self.a(q, k, v, key_padding_mask=p, attn_mask=m, need_weights=False)"
    )
    assert attention.apply("self.a", ["q", "k", "v", "attn_mask=m"], []) == "self.a(q, k, v, attn_mask=m)"


def test_layers_inside_a_module() -> None:
    nested = OPS["TransformerEncoder"].python
    assert isinstance(nested, Nested)
    assert nested.construct(["512", "8", "norm_first=True", "num_layers=6"]) == (
        "nn.TransformerEncoder(nn.TransformerEncoderLayer(512, 8, norm_first=True), num_layers=6)"
    )
    assert nested.construct(
        ["width", "8", "layer_norm_eps=1e-06", "bias=False", "num_layers=6", 'norm="LayerNorm"']
    ) == (
        "nn.TransformerEncoder(nn.TransformerEncoderLayer(width, 8, layer_norm_eps=1e-06, bias=False), num_layers=6, "
        "norm=nn.LayerNorm(width, eps=1e-06, bias=False))"
    )
    assert nested.construct(["512", "8", "num_layers=6", "norm=last"]).endswith(
        "num_layers=6, norm=nn.LayerNorm(512) if last else None)"
    )


def test_ranges() -> None:
    arange = Range("torch.arange")
    assert arange.call([], ["end=T"]) == "torch.arange(T)"
    assert arange.call([], ["start=1", "end=T"]) == "torch.arange(1, T)"
    assert arange.call([], ["end=T", "step=2", "dtype=torch.int32"]) == "torch.arange(0, T, 2, dtype=torch.int32)"
