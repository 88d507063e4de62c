"""What a person reads when a recurrent layer, an attention or a transformer does not fit."""

from __future__ import annotations

from typing import Any

import pytest

from specc.diagnostics import Sink
from specc.ops import OPS
from specc.ops.evaluate import evaluate
from specc.shapes.tensor import TensorType


@pytest.mark.parametrize(
    ("op", "args", "inputs", "code", "message", "help"),
    [
        (
            "LSTM", {"hidden_size": 8}, ["T, N, 4", "1, N, 8"], "N201",
            "`layer` (LSTM) is given `h_0` without `c_0`",
            "name both in `from`, `{…, h_0: …, c_0: …}`, or neither: then both are zeros",
        ),
        (
            "LSTMCell", {"hidden_size": 8}, ["N, 4", "N, 7", "N, 8"], "S303",
            "`h_0` of `layer` (LSTMCell) must be [N, 8], not [N, 7]", None,
        ),
        (
            "GRUCell", {"hidden_size": 8}, ["T, N, 4"], "S302",
            "`layer` (GRUCell) needs a 1-d or 2-d input [features] or [N, features], but its input is 3-d", None,
        ),
        (
            "GRU", {"hidden_size": 8}, ["T, N, 0"], "S306",
            "`layer` (GRU) needs at least one feature, but its input has none", None,
        ),
        (
            "MultiheadAttention", {"num_heads": 3}, ["T, N, 8"] * 3, "S308",
            "`num_heads: 3` of `layer` does not divide its 8 features",
            "8 features can be split among 1, 2, 4, 8 heads",
        ),
        (
            "MultiheadAttention", {"num_heads": 2, "vdim": None}, ["T, N, 8", "S, N, 8", "S, N, 6"], "S301",
            "`vdim: null` of `layer` stands for its 8 features, but that input has 6",
            "remove `vdim`: it is inferred",
        ),
        (
            "MultiheadAttention", {"num_heads": 2}, ["T, N, 8"] * 3 + ["", "T, T float16"], "S307",
            "`attn_mask` of `layer` must be bool or float32, not float16", None,
        ),
        (
            "TransformerEncoderLayer", {"nhead": 2, "is_causal": True}, ["T, N, 8"], "N201",
            "`is_causal` of `layer` is a hint about `src_mask`, which is missing",
            "remove `is_causal`, or give a causal mask: `from: {…, src_mask: …}`",
        ),
        (
            "TransformerDecoder", {"nhead": 2, "num_layers": 2}, ["T, N, 8", "S, N, 6"], "S303",
            "`layer` (TransformerDecoder) has 8 features, but its memory has 6",
            "a `Linear` with `out_features: 8` gives the memory the features of the target",
        ),
        (
            "Transformer", {"nhead": 2, "batch_first": True}, ["3, S, 8", "4, T, 8"], "S303",
            "`layer` (Transformer) has a batch of 3, but its target one of 4", None,
        ),
        (
            "scaled_dot_product_attention", {"is_causal": True}, ["N, 8, T, 64"] * 3 + ["T, T bool"], "S310",
            "`layer` (scaled_dot_product_attention) takes `attn_mask` or `is_causal`, not both",
            "remove `is_causal`: the mask can be causal itself",
        ),
    ],
)  # fmt: skip
def test_messages(op: str, args: dict[str, Any], inputs: list[str], code: str, message: str, help: str | None) -> None:
    sink = Sink()
    types = []
    for text in inputs:
        shape, _, dtype = text.rpartition(" ") if text.endswith(("bool", "float16")) else (text, "", "float32")
        sizes = [int(size) if size.isdigit() else size for size in shape.split(", ")]
        types.append(TensorType.of(sizes, dtype) if text else None)
    assert not evaluate(OPS[op], args, types, sink=sink).ok
    (found,) = sink.diagnostics
    assert (found.code, found.message, found.help) == (code, message, help)
