"""Activations and dropout: what a person reads when one does not fit, and what autograd keeps of them."""

from __future__ import annotations

from typing import Any

import pytest

from specc.diagnostics import Sink
from specc.ops import OPS
from specc.ops.evaluate import Outcome, evaluate
from specc.shapes.dim import Dim
from specc.shapes.tensor import TensorType

Shape = list[int | str]


def _judged(op: str, args: dict[str, Any], shapes: list[Shape], dtype: str) -> tuple[Outcome, Sink]:
    sink = Sink()
    return evaluate(OPS[op], args, [TensorType.of(shape, dtype) for shape in shapes], sink=sink), sink


@pytest.mark.parametrize(
    ("op", "args", "shapes", "dtype", "code", "message"),
    [
        (
            "PReLU", {"num_parameters": 8}, [["N", 16, "H", "W"]], "float32", "S303",
            "`layer` (PReLU) has 8 slopes, but its input has 16 channels",
        ),
        ("PReLU", {"num_parameters": 8}, [[]], "float32", "S303",
         "`layer` (PReLU) has 8 slopes, but its input is 0-d"),
        (
            "prelu", {}, [["N", 16], [8]], "float32", "S303",
            "`layer` (prelu) has 8 slopes, but its input has 16 channels",
        ),
        (
            "GLU", {}, [["N", 7]], "float32", "S308",
            "`layer` (GLU) needs an even size of axis 1, but its input has 7",
        ),
        ("GLU", {"dim": 2}, [["N", 8]], "float32", "S309",
         "`dim: 2` of `layer` is out of range for a 2-d input (it may be -2 to 1)"),
        ("CELU", {"alpha": 0}, [["N", 8]], "float32", "L204",
         "`alpha` of `layer` (CELU) must not be 0: x is divided by it"),
        ("RReLU", {"lower": 0.5, "upper": 0.25}, [["N", 8]], "float32", "S310",
         "`lower: 0.5` of `layer` (RReLU) is more than `upper: 0.25`"),
        ("Threshold", {"threshold": 0, "value": 300}, [["N", 8]], "int8", "S310",
         "`value: 300` of `layer` (Threshold) does not fit the int8 input"),
        ("hardtanh", {"min_val": 2, "max_val": 1}, [["N", 8]], "float32", "S310",
         "`max_val` of `layer` must be at least `min_val`"),
        ("Softmax2d", {}, [["N", 8]], "float32", "S302",
         "`layer` (Softmax2d) needs a 3-d or 4-d input [N, C, H, W], but its input is 2-d"),
        ("softmax", {"dtype": "int64"}, [["N", 8]], "float32", "S307",
         "`dtype: int64` of `layer` (softmax) must be a floating one"),
        ("gumbel_softmax", {"hard": True}, [["N", 0]], "float32", "S306",
         "`layer` (gumbel_softmax) draws one of the 0 categories of axis 1"),
        ("Dropout", {}, [["N", 8]], "int64", "S307",
         "`layer` (Dropout) needs a floating-point input to scale when it trains, but its input is int64"),
        ("Dropout2d", {}, [[8]], "float32", "S302",
         "`layer` (Dropout2d) needs an input with channels when it trains, but it is 1-d"),
    ],
)  # fmt: skip
def test_message(op: str, args: dict[str, Any], shapes: list[Shape], dtype: str, code: str, message: str) -> None:
    outcome, sink = _judged(op, args, shapes, dtype)
    assert not outcome.ok
    assert [(d.code, d.message) for d in sink.diagnostics] == [(code, message)]


def test_glu_of_an_open_size_names_the_condition() -> None:
    outcome, sink = _judged("GLU", {}, [["N", "D"]], "float32")
    assert not outcome.ok
    assert [(d.code, d.help) for d in sink.diagnostics] == [
        ("S305", "holds when D % 2 == 0; add `where: [D % 2 == 0]`")
    ]
    even, _ = _judged("GLU", {}, [["N", "2 * D"]], "float32")
    assert str(even.outputs[0]) == "[N, D]"


def test_in_place_shares_and_keeps_a_copy_where_the_input_is_needed() -> None:
    """ReLU needs its output, LeakyReLU reads the sign of it, SiLU needs the input it has overwritten."""
    n = Dim.symbol("N")
    for op, extra in (("ReLU", Dim.of(0)), ("LeakyReLU", Dim.of(0)), ("SiLU", n * 32)):
        apart, _ = _judged(op, {}, [["N", 8]], "float32")
        inside, _ = _judged(op, {"inplace": True}, [["N", 8]], "float32")
        assert not apart.shares
        assert inside.shares
        assert apart.saved is not None
        assert Dim.of(apart.saved.extra) == 0
        assert inside.saved is not None
        assert Dim.of(inside.saved.extra) == extra


def test_dropout_of_nothing_is_the_input() -> None:
    """Torch gives the input itself for p = 0, and keeps a single 0 for p = 1."""
    none, _ = _judged("Dropout2d", {"p": 0}, [["N", 8, "H", "W"]], "float32")
    some, _ = _judged("Dropout2d", {"p": 0.5}, [["N", 8, "H", "W"]], "float32")
    all_, _ = _judged("Dropout2d", {"p": 1}, [["N", 8, "H", "W"]], "float32")
    assert (none.shares, some.shares, all_.shares) == (True, False, False)
    assert [Dim.of(o.saved.extra) for o in (none, some, all_) if o.saved] == [0, Dim.symbol("N") * 32, 4]
